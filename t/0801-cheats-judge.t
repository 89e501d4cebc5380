#!/bin/sh
# What agents that cheat (t/cheats) leave for their judge to run: no scenario
# passes, though a simpler judge would have been fooled.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/cheats/lib/run.sh
. "$t/cheats/lib/run.sh"
cheats_ready
cheats_adapter ''

# ---- somebody honest, and somebody who does nothing ----

builder
tiny_spec spec
ready "$adapter" --spec spec
must df-dispatch -q
exits 0 'what is built well is accepted' df-holdout -q
mkdir wrong
for i in greet part count; do
	echo 'echo no' >"wrong/$i.sh"
done
adapter idle 'result PASS'
ready "$adapter" --spec spec --base wrong
must df-dispatch -q
exits 1 'nothing is not' df-holdout -q
rm -rf spec

# ---- cheats ----

adapter=$tmp/agents/cheats.json
opts='--set judge.seconds=3 --set judge.processes=100
	--set judge.output_bytes=65536'
builds=''
for i in $(names judged); do
	# shellcheck disable=SC2046 # words
	set -- $(head_of "$i" needs)
	[ -z "$1" ] || [ -x "/usr/bin/$1" ] || continue
	builds="$builds $i"
done
# shellcheck disable=SC2086 # words
cheats_run $builds results-inject forge set-id names
is "$rc" 0 'all is done, by their own word: exit 0'
cheats_said
watched >before
exits 1 'judged' operator df-holdout -j 4
cp "$err" judging
: >"$out"
cheats_judged
cheats_over
cheats_naive

# ---- what is said of it ----

must df-report -q
has "$DF_RUN/report.md" cheat-html 'what they wrote is in the report'
is "$(jq -r .verdict "$DF_RUN/report.json")" REJECT 'REJECT'
cheats_shown
unlike "$DF_RUN/report.md" '(^|[^\\])<(b|img|script)\>' 'no markup either'
exits 4 'cannot be approved' df-decide approve -m 'they say PASS'
exits 0 'rejected' df-decide reject -m 'nothing was built' \
	-r 'build it'
must df-freeze -q
exits 0 'sealed' df-verify "$DF_RUN"
done_testing
