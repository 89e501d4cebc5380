#!/bin/sh
# Who may decide: k of n persons, none of whom produced what is decided, with
# keys that hold; and what no approval helps.  Each refusal, and that it leaves
# nothing behind.

# shellcheck disable=SC2016,SC2317 # jq; `ok' runs them
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-verify df-log
needs_prog jq ssh-keygen
keys
# bob and carol approve, bob with two keys; alice operates, and approves too
for i in bob:approver:bob bob:lead:bob2 carol:approver:carol \
    dave:approver:expired; do
	p=${i%:*} k=${i##*:}
	must df-sign keygen -q "keys/$k"
	set --
	[ "$k" != expired ] || set -- --before 20200101Z
	must df-sign trust add -q "$@" "${p%:*}+${p#*:}" df-approve "keys/$k.pub"
done
must df-sign keygen -q keys/eve
must df-sign trust add -q eve+operator df-admin keys/eve.pub
judged --set policy.allow_self_approval=false --set policy.approvals=2
cp -a "$DF_RUN" judged
DF_RUN=$tmp/run

fresh() {
	rm -rf "$DF_RUN"
	cp -a "${1:-judged}" "$DF_RUN"
}

# refused CODE NAME ARGUMENT...: of df-decide; no event
refused() {
	was=$(cksum <"$DF_RUN/log.jsonl")
	code=$1 what=$2
	shift 2
	exits "$code" "$what" df-decide -q "$@"
	is "$(cksum <"$DF_RUN/log.jsonl")" "$was" "$what: no event"
}

# forged CODE NAME KEY DATA...: the same by hand, with jq on the line that
# df-decide would write
forged() {
	was=$(cksum <"$DF_RUN/log.jsonl")
	exits "$1" "$2" df-log append -q -k "keys/$3" --role df-approve \
		--data "$4" "$5"
	is "$(cksum <"$DF_RUN/log.jsonl")" "$was" "$2: no event"
}

# ---- before anybody has approved ----

fresh
refused 5 'who produced it' -k keys/df-approve approve -m why
has "$err" 'separation of duties'
refused 5 'who may not approve' -k keys/eve approve -m why
has "$err" 'may not sign as df-approve'
refused 5 'a key that has expired' -k keys/expired approve -m why
has "$err" 'was valid until 2020-01-01T00:00:00Z'
cp -R trust trust.without
must df-sign trust revoke -q --trust trust.without -m lost keys/bob.pub
refused 5 'a key that is revoked' --trust trust.without -k keys/bob approve -m why
has "$err" 'is revoked in your trust directory'
refused 5 'a key of nobody' -k "$(df-sign keygen -q stranger >/dev/null
	echo stranger)" approve -m why

# ---- two of three ----

exits 0 'bob' df-decide -q -k keys/bob approve -m 'I looked'
is "$(event decision.recorded | jq -r .data.actor)" bob+approver 'is the first'
is "$(events run.approved)" 0 'one is not enough'
cp -a "$DF_RUN" one
refused 7 'bob again' -k keys/bob approve -m why
refused 7 'bob, by another key and name' -k keys/bob2 approve -m why
has "$err" 'this person has approved already'
refused 5 'alice, who produced it' -k keys/df-approve approve -m why
refused 5 'eve, who may not' -k keys/eve approve -m why
refused 5 'dave, whose key has expired' -k keys/expired approve -m why
refused 5 'carol, when bob is revoked' --trust trust.without -k keys/carol \
	approve -m why
has "$err" 'is void: key'
run df-freeze -q
is "$rc" 4 'it is not sealed meanwhile'
data=$(event decision.recorded | jq -c '.data | del(.artifacts, .inputs)')
forged 3 'an approval that names no record' carol "$(printf '%s' "$data" |
	jq -c '.actor = "carol+approver" | .n = 2 | .approvals = 2 |
	del(.decision)')" run.approved
exits 0 'carol' df-decide -q -k keys/carol approve -m 'I looked too'
is "$(event run.approved | jq -r '.data | [.actor, .approvals] | join(" ")')" \
	'carol+approver 2' 'is the second'
exits 0 'the run' df-verify
has "$out" 'decision  approve by bob+approver, carol+approver'
refused 4 'a third one, who rejects' -k keys/bob2 reject -m why -r again

# the second one decides otherwise
fresh one
exits 0 'carol rejects' df-decide -q -k keys/carol reject -m no -r again
is "$(event run.rejected | jq -r .data.actor)" carol+approver 'that decides'
refused 4 'bob approves again' -k keys/bob2 approve -m why
exits 0 'the run' df-verify -q

# the verdict that was approved is the one that counts
fresh one
exits 0 'nothing is evaluated again' df-holdout -q
is "$(events run.evaluating)" 1 'between two approvals'

# a line that says something else
fresh
must df-decide -q -k keys/bob approve -m why
jq -c 'if .type == "decision.recorded" then .data.self_approved = true else . end' \
	"$DF_RUN/log.jsonl" >edited
cp edited "$DF_RUN/log.jsonl"
exits 6 'an approval that was changed' df-verify "$DF_RUN"

# ---- waivers ----

cp -R spec gap
sed -i 's/^## Testable Surface/#### OUT-002: A count\n\n**Consumer:** operator\n**Scenarios:** SC-003\n\n&/' \
	gap/D4_CONTRACTS.md
exits 5 'a waiver with a key that has expired' df-decide waive -m why \
	-k keys/expired --spec gap -o none d4.uncovered
no 'is not written' test -e none
exits 0 'with one that holds' df-decide waive -q -m why -k keys/carol \
	--spec gap -o waivers d4.uncovered
exits 4 'more waivers than the policy allows' df-boot --spec gap \
	--waivers waivers --set sandbox.level=none
has "$err" 'policy.max_waivers is 0'
must df-sign keygen -q keys/eve2
must df-sign trust rotate -q --before 20200101Z keys/carol.pub keys/eve2.pub
sed -i 's/^\*\*Scenarios Satisfied:\*\* SC-001/**Scenarios Satisfied:** SC-002/' \
	gap/D8_TASKS.md
exits 4 'what concerns P0' df-decide waive -m why -k keys/eve2 --spec gap \
	-o none d2.uncovered:SC-001
has "$err" 'priority P0'

done_testing
