#!/bin/sh
# examples/batch/rerun: one specification over many profiles.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-verify
needs_prog git jq bash
needs_bwrap
keys
tiny_spec 'the spec'
mkdir 'the base'
echo 'some text' >'the base/text'
rerun=$top/examples/batch/rerun
ok 'it can be run' test -x "$rerun"

# profile NAME [SETTINGS]: with the adapter of that name
profile() {
	printf '{"schema":"df.profile/1","name":"%s","version":"1.0.0",' "$1"
	printf '"pipeline":"d1-d10@1.0.0","policies":["default"],"settings":{'
	printf '"agent.adapter":"%s","policy.allow_self_approval":true%s}}\n' \
		"$tmp/agents/$1.json" "${2:+,$2}"
} >"$1.json"

use='"usage":"map(select(.tokens)) | last"'
build='case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS
echo "{\"tokens\":7}"'
adapter good "$build" "$use"
profile good
adapter miscounts "$(echo "$build" | sed 's/\\$#/12/')" "$use"
profile miscounts
adapter rude "$(echo "$build" | sed 's/hello/what/')" "$use"
profile rude
adapter lazy 'test "$task" = T-001 && result PASS || result FAIL'
profile lazy '"retry.failures":"none"'
profile nobody

# cells: the table without times and runs
cells() {
	cut -f 1-4 "$out" | tr '\t' '|'
}

exits 0 'five profiles, one good' "$rerun" -o "my runs" 'the spec' 'the base' \
	good.json ./miscounts.json "$tmp/rude.json" lazy.json nobody.json
is "$(cells)" 'profile|verdict|holdouts|tokens
good.json|ACCEPT|3/3|21
miscounts.json|REJECT|2/3|21
rude.json|REJECT|0/3|21
lazy.json|REJECT|0/3|0
nobody.json|not booted|-|-' 'the table'
has "$err" 'agents/nobody.json' 'why one did not boot'
cut -f 6 "$out" | sed '1d; /^-$/d' >names
find "my runs" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort >dirs
is "$(sort names)" "$(cat dirs)" 'the runs are those of the table'
is "$(sort -u names | wc -l)" 4 'a run each'
like "$out" '	[0-9.]+s	r-' 'times are in seconds'
while read -r i; do
	df-verify "my runs/$i" >/dev/null || echo "$i"
done <names >broken
ok 'each of them verifies' test ! -s broken
# the same suite, sealed for each run apart
while read -r i; do
	age -d -i keys/df-holdout.age "my runs/$i/holdout.age" |
		jq -c '[.items[].text, .items[].id]' | sha256sum
done <names | sort -u >suites
if has_prog age; then
	is "$(wc -l <suites)" 1 'all were judged by the same suite'
else
	skip 1 'no age'
fi
while read -r i; do
	jq -r .commitment "my runs/$i/run.json"
done <names | sort -u >commitments
is "$(wc -l <commitments)" 4 'committed to in each run apart'

# what passed waits for a person, who may take it; the rest stays
DF_RUN="my runs/$(sed -n 1p names)"
is "$(events run.approved)" 0 'nothing is decided'
exits 0 'a person decides' df-decide -C "$DF_RUN" approve -m 'the only one'
exits 0 'and seals' df-freeze -C "$DF_RUN"
exits 4 'what was rejected by the suite cannot be approved' \
	df-decide -C "my runs/$(sed -n 2p names)" approve -m 'well'

# ---- again ----

exits 0 'again, with two at a time' "$rerun" -j 2 -o "my runs" \
	'the spec' 'the base' good.json
is "$(cut -f 6 "$out" | sed 1d)" "$(sed -n '1s/-1$/-2/p' names)" \
	'the same inputs have the same name, and the next number'
mkdir public
cp 'the spec'/*.md public
must df-holdout seal -q --spec 'the spec' -o 'a suite'
rm public/D9_*
exits 0 'by a suite that was sealed beforehand' "$rerun" -o sealed \
	-s 'a suite' public 'the base' good.json
ok 'it judges the run' cmp 'a suite/holdout.age' \
	"sealed/$(cut -f 6 "$out" | sed 1d)/holdout.age"
exits 1 'none that passes' "$rerun" -o other 'the spec' 'the base' \
	miscounts.json nobody.json
is "$(cells | sed 1d)" 'miscounts.json|REJECT|2/3|21
nobody.json|not booted|-|-' 'its table'
rm 'the spec/D5_RESEARCH.md'
exits 1 'a specification that does not pass' "$rerun" -o none 'the spec' \
	'the base' good.json
is "$(cells | sed 1d)" 'good.json|not booted|-|-' 'boots nowhere'
has "$err" 'Missing required document: D5_RESEARCH.md'
no 'and leaves nothing' find none -name 'r-*'

exits 2 'no profile' "$rerun" 'the spec' 'the base'
has "$err" 'usage: rerun'
exits 2 'an unknown option' "$rerun" -x
exits 2 'no number' "$rerun" -j
done_testing
