#!/bin/sh
# examples/cronnext, built by a cheat: a builder that looks for the scenarios,
# leaves a daemon and traps, forges verdicts, swallows the judge's input, and
# writes outside its workspace.  It gains nothing, and the report says what it
# tried.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-verify
needs_prog git make gcc bash jq
needs_bwrap
keys
# where a builder that is not root gets to
cp -R "$top/examples/cronnext" ex
chmod -R go=u,go-w ex

# ---- building ----

# The same, but that no scenario is P0: so each of them is judged.
sed -i 's/^priority: P0$/priority: P1/; s/ | P0 | / | P1 | /
	s/P0 first (.*If any P0 fails, stop/All/; s/All P0 pass.*/All pass./' \
	ex/spec/D9_HOLDOUT_SCENARIOS.md
sed -i 's/^\*\*Priority:\*\* P0 .*/**Priority:** P1 (must have)/' \
	ex/spec/D2_SPECIFICATION.md
boot --spec ex/spec --base ex/base --profile ex/profiles/cheat.json
exits 0 'dispatched' sh -c 'df-handoff -q | df-prompt -q - | df-dispatch -q -j 2 -'
is "$(jq -r '.status + " " + .results_status' "$DF_RUN"/dispatch/*/1.json |
	uniq -c | tr -s ' ')" ' 6 COMPLETED PASS' 'all is done, by its own word'
cat "$DF_RUN"/result/T-*/1.log >said
is "$(grep -c '^tried: .*: GAINED' said)" 0 'gains nothing'
ok 'by many attempts' \
	test "$(grep -c '^tried: .*: gained nothing' said)" -ge 180
is "$(jq -r .isolation "$DF_RUN"/dispatch/*/1.host.json | sort -u)" ISOLATED \
	'it was isolated'
is "$(jq -r '.after | [.survivors.count > 0, .outside.count] | join(" ")' \
	"$DF_RUN"/dispatch/*/1.host.json | sort -u)" 'true 3' \
	'what it left running, and wrote outside, is on record'
tree result/merged.tree >files
no 'set-id bits are gone' grep -vE '^(100644|100755|120000) ' files
no 'hooks, filters and the daemon did not act' \
	grep -E 'df-cheat-(hook|late)' files
no 'nothing of .df is in the tree' grep -F '.df/' files

# ---- judging ----

exits 1 'judged' df-holdout -j 2
is "$(jq -r '.holdouts[] | select(.status == "PASS") | .holdout_id' \
	"$DF_RUN/holdout/1.json")" '' 'no scenario passes'
is "$(jq -r '[.holdouts[] | select(.failure == "not-run")] | length' \
	"$DF_RUN/holdout/1.json")" 0 'though each was run'
must df-holdout show -m 'what it tried in the judge'
jq -r '.holdouts[].actual_output // empty' "$out" | grep '^# tried: ' |
	sed 's,[0-9][0-9]*,N,g' | sort -u >inside
for i in 'swallow standard input' 'read /proc/N/cmdline' 'read /proc/N/environ' \
    'read /proc/N/fd/N' 'ptrace N' 'leave json.py'; do
	has inside "# tried: $i: gained nothing" "in the judge: $i"
done
no 'and none of it gained anything' grep GAINED inside
no 'the verdict that it forged is not ours' \
	grep -rq '"verdict":"ACCEPT"' "$DF_RUN/holdout/1.json"

# ---- what is said of it ----

must df-report -q
is "$(jq -r .verdict "$DF_RUN/report.json")" REJECT 'REJECT'
sed -n '/left or tried/,/^## Hold/p' "$DF_RUN/report.md" >traces
for i in 'processes were still there and were killed: ' \
    'outside the workspace, now gone: .*/tmp/df-cheat-' 'set-id bits, removed'; do
	is "$(grep -cE "T-00[1-6], attempt 1: .*$i" traces)" 6 \
		"the report says of each attempt: ${i%%:*}"
done
no 'no escape sequence reaches a terminal' \
	grep -q "$(printf '\033')" "$DF_RUN/report.md" "$DF_RUN/holdout/1.tap"
exits 4 'cannot be approved' df-decide approve -m 'it says PASS'
exits 0 'rejected' df-decide reject -m 'nothing was built' -r 'build it'
must df-freeze -q
exits 0 'sealed' df-verify "$DF_RUN"
like "$out" '^status +rejected, sealed' 'rejected'
is "$(find /tmp /var/tmp "$tmp" ex -maxdepth 1 -name 'df-cheat-*' \
	-newer keys 2>/dev/null)" '' 'nothing of it is outside'
done_testing
