#!/bin/sh
# df-decide: what may be approved, by whom, on which evidence; what is shown
# before a key is used, and what is recorded.

# shellcheck disable=SC2016,SC2119,SC2317 # jq; arguments; `ok' runs it
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-verify df-log df-store df-status df-validate
needs_prog jq ssh-keygen base64
keys

# policy NAME TEXT: a policy, NAME.jq
policy() {
	printf '# df-policy %s 1.0.0\n%s\n' "$1" "$2" >"$1.jq"
}
policy endless '{name: "x", status: "PASS"}, (1 | until(. < 0; . + 1))'
judged --policy endless.jq
bg df-decide -C "$DF_RUN" show >late.out 2>late.err
late=$pid

cheap
cp -a "$DF_RUN" new
must df-dispatch -q -j 3
cp -a "$DF_RUN" built
must df-holdout -q
cp -a "$DF_RUN" judged
name=$(jq -r .run judged/run.json)
DF_RUN=$tmp/run

# fresh [RUN]: a copy of it, the judged one
fresh() {
	rm -rf "$DF_RUN"
	cp -a "${1:-judged}" "$DF_RUN"
}

# refused CODE NAME ARGUMENT...: no event
refused() {
	was=$(cksum <"$DF_RUN/log.jsonl")
	refused_code=$1 refused_name=$2
	shift 2
	exits "$refused_code" "$refused_name" df-decide "$@"
	is "$(cksum <"$DF_RUN/log.jsonl")" "$was" "$refused_name: no event"
	is "$(cat "$out")" '' "$refused_name: no name"
}

# row WORD FILE: a row of what is shown
row() {
	sed -n "s/^$1  *//p" "$2"
}

# data: of the last event
data() {
	tail -n 1 "$DF_RUN/log.jsonl" | jq -r "$1"
}

# field FILTER VALUE: of the record
field() {
	is "$(jq -c "$1" "$DF_RUN/decision/1.json")" "$2" "$1"
}

# ---- the interface ----

exits 0 'help' df-decide --help
has "$out" 'usage: df-decide'
exits 0 'version' df-decide --version
exits 2 'no verb' df-decide
exits 2 'an unknown verb' df-decide bogus
exits 2 'an unknown option' df-decide --bogus show
exits 2 'no run' env DF_RUN= df-decide show
exits 2 'show with an operand' df-decide show x
exits 2 'approve with an operand' df-decide approve -m why x
exits 2 'reject with an operand' df-decide reject -m why -r what x
exits 2 'amend with an operand' df-decide amend -m why --effect note x
exits 3 'no such run' df-decide -C nowhere show
exits 3 'a directory that is no run' df-decide -C spec approve -m why
fresh
refused 2 'no rationale' approve
refused 2 'a rationale that is none' approve -m "$(printf ' \t\r\n')"
refused 2 'an empty one' approve -m ''
refused 2 'reject without a rationale' reject -r again
refused 2 'reject without a remediation' reject -m no
refused 2 'a remediation that is none' reject -m no -r ' '
refused 2 'a class that there is not' reject -m no -r again --class weather
refused 2 'amend without a rationale' amend --effect note
refused 2 'amend without an effect' amend -m why
refused 2 'an effect that there is not' amend -m why --effect undone
refused 3 'a rationale that is no text' approve -m "$(printf 'a\377b')"
refused 3 'a rationale of 70,000 bytes' approve -q -m "$(head -c 70000 \
	/dev/zero | tr '\0' x)"

# ---- show ----

exits 0 'show' df-decide show
cp "$out" shown
is "$(row run shown)" "$name $(head -n 1 run/log.jsonl >last; digest_of last)" \
	'which run'
is "$(row status shown)" 'evaluating, 3 of 3 tasks COMPLETED' 'its state'
is "$(row verdict shown)" 'pass, 3 of 3 holdouts passed (evaluation 1)' \
	'the verdict'
is "$(row isolation shown)" 'attempts UNISOLATED, judge none' 'the levels'
is "$(row disclosures shown)" 'found 0, shown 0, opened 0' 'disclosures'
is "$(row 'merged tree' shown)" "$(digest_of run/result/merged.tree)" 'the tree'
is "$(row 'merged patch' shown)" "$(digest_of run/result/merged.patch)" \
	'the patch'
is "$(sed -n '/^policy/,/^approvals/s/^[a-z ]*PASS \([a-z/]*\):.*/\1/p' shown |
	tr '\n' ' ')" 'default/validation default/tasks default/holdouts default/isolation default/disclosures ' \
	'what each policy says'
is "$(row approvals shown) $(row decision shown)" '0 of 1 none' 'nobody decided'
is "$(row log shown)" \
	"VERIFIED, root $(ssh-keygen -lf keys/df-root.pub | cut -d ' ' -f 2)" \
	'under which root'
exits 0 'show needs no key' env DF_KEYS=nowhere df-decide show
ok 'it is the same' cmp "$out" shown
exits 0 'and no root' df-decide --trust nowhere show
is "$(row log "$out" | cut -d , -f 1)" CONSISTENT 'which it says'
exits 0 'as JSON' df-decide --json show
jq -cS .facts "$out" >facts
jq -cS .policy "$out" >said
ok 'facts that are valid' df-validate -q --schema facts facts
ok 'and what policies say' df-validate -q --schema policy-result said
is "$(jq -r .trusted "$out")" VERIFIED 'and how far it is trusted'
exits 9 'stdout is full' into /dev/full df-decide show
exits 0 'of a run that nobody judged' df-decide -C new show
is "$(row verdict "$out")" none 'no verdict'
like "$out" 'FAIL default/holdouts: nothing was evaluated' 'the policy says so'
is "$(lines)" "$(lines judged)" 'nothing was recorded'

# ---- approve ----

exits 0 'what would be done' df-decide -n approve -m why
is "$(cat "$out") $(lines)" "decision/1.json $(lines judged)" 'is not done'
exits 0 'approve' df-decide approve -m 'as specified; 3/3' \
	--statement 'it greets'
is "$(cat "$out")" decision/1.json 'the name of the record'
grep -v '^df-decide: ' "$err" >said.before
ok 'what is decided is shown' cmp said.before shown
is "$(grep '^df-decide' "$err")" \
	'df-decide: self-approved: alice+approver produced what is decided' \
	'who approves what they made, is told'
is "$(($(lines) - $(lines judged)))" 1 'one line'
is "$(data .type) $(data .dfrole)" 'run.approved df-approve' 'in its role'
is "$(data '.data | [.n, .approvals, .policy, .verdict, .self_approved,
	.actor, .rationale] | tojson')" \
	'[1,1,"pass","pass",true,"alice+approver","as specified; 3/3"]' 'the event'
is "$(data .data.tree)" "$(digest_of run/result/merged.tree)" 'and the tree'
is "$(data '[.data.artifacts[].name] | tojson')" \
	'["decision/1.json","decision/1.facts.json","decision/1.policy.json"]' \
	'the line names the record and what it rests on'
ok 'the record is valid' df-validate -q run/decision/1.json
field '[.kind, .n, .rationale, .behavior_statement, .self_approved, .run_name]' \
	"[\"approve\",1,\"as specified; 3/3\",\"it greets\",true,\"$name\"]"
field .actor "{\"key\":\"$(ssh-keygen -lf keys/df-approve.pub |
	cut -d ' ' -f 2)\",\"principal\":\"alice+approver\"}"
field .levels '{"attempts":"UNISOLATED","judge":"none"}'
field '[.head.seq, .head.digest]' "[$(lines judged),\"$(tail -n 1 \
	judged/log.jsonl >last; digest_of last)\"]"
for i in tree:result/merged.tree patch:result/merged.patch \
    verdict:holdout/1.json validation:validation.json \
    facts:decision/1.facts.json policy:decision/1.policy.json; do
	field ".evidence.${i%%:*}" "\"$(digest_of "run/${i#*:}")\""
done
ok 'the facts are those that were shown' cmp facts run/decision/1.facts.json
ok 'the policies too' cmp said run/decision/1.policy.json
exits 0 'again' df-decide approve -m 'again'
is "$(cat "$out") $(lines)" "decision/1.json $(($(lines judged) + 1))" \
	'says the same, without an event'
refused 4 'another decision' reject -m no -r again
has "$err" 'the run is approved'
exits 0 'the run' df-verify
has "$out" 'decision  approve by alice+approver, self-approved'
cp -a run approved

fresh
exits 0 'as JSON, quiet' df-decide --json -q approve -m why
is "$(cat "$out")" '{"name":"decision/1.json"}' 'an object'
unlike "$err" 'verdict' 'nothing is shown'
fresh
exits 9 'stdout is full' into /dev/full df-decide -q approve -m why
is "$(events run.approved)" 1 'it is decided all the same'
fresh
exits 0 'a rationale that acts on terminals' df-decide approve \
	-m "$(printf 'a\033[31m\nb')"
is "$(data .data.rationale)" "$(printf 'a\033[31m\nb')" 'is what it was'
no 'and reaches none' grep -q "$(printf '\033')" "$err"

# ---- reject ----

fresh
exits 0 'reject' df-decide reject -m 'not what we want' -r 'say so in D2' \
	--class spec_ambiguity
is "$(cat "$out")" decision/1.json 'the name of the record'
is "$(data '.type, .data.remediation, .data.self_approved' | tr '\n' ' ')" \
	'run.rejected say so in D2 true ' 'the event'
ok 'the record is valid' df-validate -q run/decision/1.json
field '[.kind, .remediation]' \
	'["reject",{"class":"spec_ambiguity","text":"say so in D2"}]'
exits 0 'again' df-decide reject -m x -r y
is "$(lines)" $(($(lines judged) + 1)) 'one event'
refused 4 'another decision' approve -m why
exits 0 'the run' df-verify -q
cp -a run rejected
for i in implementation_defect environment scenario_gap; do
	fresh
	exits 0 "$i" df-decide -q reject -m x -r y --class $i
	field .remediation.class "\"$i\""
done
fresh
must df-decide -q reject -m x -r y
field .remediation.class '"implementation_defect"'

# ---- when ----

fresh new
refused 4 'a run that is executing' approve -m why
has "$err" 'the run is executing: there is nothing to decide'
refused 4 'it is not rejected either' reject -m x -r y
fresh built
must df-log append -q --role df-holdout --data \
	"{\"tree\":\"$(digest_of run/result/merged.tree)\"}" run.evaluating
refused 4 'a run without a verdict' approve -m why
has "$err" 'no scenario result, no decision'
refused 4 'it is not rejected either' reject -m x -r y
fresh
must df-log append -q --role df-admin --data \
	'{"actor":"alice+operator","reason":"lunch"}' run.paused
refused 4 'a run that is paused' approve -m why
has "$err" 'paused'
has "$err" 'verdict       pass' 'what would be decided was shown before'
cp -R base bad
echo 'echo bye' >bad/part.sh
judged --base bad
refused 4 'a scenario failed' approve -m why
has "$err" 'unresolved scenario failures: the verdict is fail'
has "$err" 'df-decide: '
exits 0 'it can be rejected' df-decide -q reject -m x -r y
DF_RUN=$tmp/run
cp -R spec errs
sed -i 's/^who=.*/false/' errs/D9_HOLDOUT_SCENARIOS.md
judged --spec errs
refused 4 'a scenario that could not be judged' approve -m why
has "$err" 'the verdict is error'
exits 0 'it can be rejected' df-decide -q reject -m x -r y
adapter two '[ "$task" = T-003 ] && result FAIL || result PASS' \
	'"workspace":"none"'
cheap --set "agent.adapter=$adapter"
run df-dispatch -q
must df-dispatch -q --merge
run df-holdout -q --partial
is "$(jq .partial "$DF_RUN/holdout/1.json")" true 'a part is judged'
refused 4 'which is never approved' approve -m why
exits 0 'it can be rejected' df-decide -q reject -m x -r y
DF_RUN=$tmp/run

# ---- policies ----

judged --set policy.require_isolation=true
refused 4 'the policy asks for isolation' approve -v -m why
has "$err" 'policies do not allow it: default/isolation'
exits 0 'show' df-decide show
has "$out" 'FAIL default/isolation: attempts UNISOLATED, judge none'
exits 0 'a rejection asks no policy' df-decide -q reject -m x -r y
is "$(data .data.policy)" fail 'but says what they say'
exits 0 'the run' df-verify -q

policy strict '{name: "few-tasks", status: (if (.tasks | length) < 3 then "PASS"
	else "FAIL" end), message: "\(.tasks | length) tasks \u001b[31mred\nlines"},
	{name: "cheap", status: "PASS"}'
judged --policy strict.jq
exits 0 'a policy of our own' df-decide show
has "$out" 'FAIL strict/few-tasks: 3 tasks \x1b[31mred\x0alines'
no 'whose text reaches no terminal' grep -q "$(printf '\033')" "$out"
like "$out" '^ *PASS strict/cheap: $' 'a message may be absent'
like "$out" '^policy +PASS default/validation' 'beside the one of the profile'
refused 4 'refuses' approve -m why
has "$err" 'policies do not allow it: strict/few-tasks'
policy generous '{name: "any", status: "PASS", message: .run.component}'
judged --policy generous.jq
exits 0 'one that does not' df-decide -q approve -m why
is "$(jq -r '.checks[-1] | "\(.policy) \(.name) \(.message)"' \
	"$DF_RUN/decision/1.policy.json")" 'generous any Greeter' 'is recorded'
exits 0 'and replayed' df-verify -q
# odd NAME CHECKS: is a check that fails
odd() {
	policy odd "$2"
	judged --policy odd.jq
	refused 4 "$1" approve -m why
	has "$err" 'odd/malformed' "$1: a failed check"
}
odd 'a policy that says nothing' empty
odd 'one that says something else' '"PASS"'
odd 'one that knows another status' '{name: "x", status: "WARN"}'
odd 'one without a name' '{status: "PASS"}'
policy broken '{name: "x", status: "PASS"}, error("no\u001b[31m")'
judged --policy broken.jq
refused 3 'one that ends with an error' approve -m why
no 'which reaches no terminal' grep -q "$(printf '\033')" "$err"
policy curious '{name: (env | tostring), status: "PASS"},
	{name: ([., now] | tostring), status: "PASS"}'
judged --policy curious.jq
refused 3 'one that asks for the time' approve -m why
policy quiet '{name: "env", status: (if env == {} then "PASS" else "FAIL" end)}'
judged --policy quiet.jq
exits 0 'no environment is there' df-decide -q approve -m why
printf '%s' '{"schema":"df.profile/1","name":"none","version":"1.0.0",
	"settings":{"policy.allow_self_approval":true},"policies":[],
	"pipeline":"d1-d10@1.0.0"}' >none.json
judged --profile none.json
refused 4 'a run without a policy' approve -m why
has "$err" 'booted without a policy'
DF_RUN=$tmp/run

# a validation that did not pass: only somebody with all keys gets that far
fresh
jq -cS '.status = "FAIL" | .outcome = "FAIL" | .summary = null | .checks[0].status = "FAIL"' run/validation.json >failed
must df-store put failed
relog run "if .type == \"run.created\" then .data.artifacts |= map(
	if .name == \"validation.json\" then .digest = \"$(digest_of failed)\" |
	.size = $(wc -c <failed) else . end) else . end"
must df-store names
refused 4 'a specification that did not pass' approve -m why
has "$err" 'policies do not allow it: default/validation'

# ---- a log that is not what it was ----

# tampered CODE NAME COMMAND...
tampered() {
	fresh
	tampered_code=$1 tampered_name=$2
	shift 2
	within run "$@"
	refused "$tampered_code" "$tampered_name" approve -m why
	exits "$tampered_code" "$tampered_name: show" df-decide show
}
change='f=$(readlink -f "$1"); chmod u+w "$f"; echo >>"$f"'
for i in result/merged.tree holdout/1.json dispatch/T-002/1.json holdout.age; do
	tampered 6 "$i was changed" sh -c "$change" sh $i
done
tampered 6 'a blob that nobody reads is missing' \
	sh -c 'rm -f "$(readlink -f prompt/T-001.answers.age)"'
tampered 6 'a line was changed' sed -i '5s/"time":"2/"time":"1/' log.jsonl
tampered 6 'a line is missing' sed -i 5d log.jsonl
tampered 5 'the verdict was changed' sed -i '$s/"passed":3/"passed":4/' log.jsonl
fresh
rm run/holdout/1.json
printf '{"verdict":"ACCEPT"}\n' >run/holdout/1.json
exits 0 'what lies in the place of a name' df-decide -q approve -m why
field .evidence.verdict "\"$(digest_of judged/holdout/1.json)\""

# ---- whose root, whose key ----

fresh
exits 5 'a key of another role' df-decide -k keys/df-run approve -m why
exits 3 'no key' df-decide -k nowhere approve -m why
chmod 644 keys/df-approve
exits 5 'a key that others can read' df-decide approve -m why
chmod 600 keys/df-approve
env DF_KEYS="$tmp/keys.bob" DF_TRUST="$tmp/trust.bob" \
	df-sign init -q --person bob >/dev/null
refused 5 'a root that is not ours' --trust trust.bob approve -m why
has "$err" 'which your trust directory does not have'
refused 5 'no trust directory' --trust nowhere approve -m why
refused 5 "another's key" -k keys.bob/df-approve approve -m why
refused 5 'the root of the run itself' --trust run/trust approve -m why

# ---- persons ----

judged --set policy.allow_self_approval=false
refused 5 'who produced it does not approve it' approve -v -m why
has "$err" 'separation of duties'
has "$err" 'policy.allow_self_approval=true'
exits 0 'but may reject it' df-decide -q reject -m x -r y

# carol is an approver; so is dave, with two keys
for i in carol:approver:carol dave:approver:dave dave:lead:dave2; do
	must df-sign keygen -q "keys/${i##*:}"
	p=${i%:*}
	printf '%s namespaces="df-approve" %s\n' "${p%:*}+${p#*:}" \
		"$(cut -d ' ' -f 1-2 "keys/${i##*:}.pub")" >>trust/allowed_signers
done
must df-sign trust -q -k keys/df-root
judged --set policy.allow_self_approval=false
exits 0 'somebody else approves' df-decide -k keys/carol approve -m why
unlike "$err" 'self-approved' 'nothing of their own'
is "$(data '.data | [.actor, .self_approved] | tojson')" \
	'["carol+approver",false]' 'the event'
exits 0 'the run' df-verify
is "$(row decision "$out")" 'approve by carol+approver' 'says by whom'

judged --set policy.allow_self_approval=false --set policy.approvals=2
cp -a "$DF_RUN" two
refused 5 'who produced it is none of two' approve -m why
exits 0 'the first of two' df-decide -q -k keys/dave approve -m 'fine'
is "$(data .type) $(data '.data | [.decision, .n, .actor] | tojson')" \
	'decision.recorded ["approve",1,"dave+approver"]' 'is recorded'
is "$(df-status | cut -f 2,5)" 'evaluating	-' 'and decides nothing'
exits 0 'show' df-decide show
is "$(row approvals "$out")" '1 of 2' 'says how many'
refused 7 'the same person' -k keys/dave approve -m 'fine'
has "$err" 'this person has approved already'
refused 7 'with another key' -k keys/dave2 approve -m 'fine'
cp -a "$DF_RUN" three
exits 0 'one rejection then' df-decide -q -C three -k keys/carol reject -m no \
	-r again
is "$(DF_RUN=three data .type)" run.rejected 'decides'
exits 0 'that run' df-verify three
rm -rf three
exits 0 'the second' df-decide -q -k keys/carol approve -m 'fine too'
is "$(cat "$out") $(data .type) $(data .data.approvals)" \
	'decision/2.json run.approved 2' 'decides'
is "$(lines)" $(($(lines two) + 2)) 'one line each'
ok 'the facts are the same, whoever decides' \
	cmp "$DF_RUN/decision/1.facts.json" "$DF_RUN/decision/2.facts.json"
exits 0 'the run' df-verify
is "$(row decision "$out")" 'approve by dave+approver, carol+approver' \
	'says by whom'
DF_RUN=$tmp/run
fresh two
exits 0 'one rejection is enough' df-decide -q -k keys/carol reject -m no -r again
is "$(data .type)" run.rejected 'it decides'

# two at the same time, of whom one is enough
judged --set policy.allow_self_approval=false
for i in carol dave; do
	(df-decide -q -k keys/$i approve -m "by $i" >"$i.out" 2>"$i.err"
	echo $? >"$i.rc") &
	tap_pids="$tap_pids $!" pids="$pids $!"
done
# shellcheck disable=SC2086 # words
wait $pids
is "$(events run.approved) $(lines)" "1 $(($(lines two) + 1))" \
	'two at the same time: one decides'
like "$(cat carol.rc dave.rc | sort | tr '\n' ' ' >last; echo last)" '^0 [047] ' \
	'one did, the other was told'
exits 0 'the run' df-verify -q
DF_RUN=$tmp/run

# ---- amend ----

fresh approved
refused 4 'an amendment before the seal' amend -m why --effect note
must df-freeze -q
cp -a run sealed
exits 0 'what would be done' df-decide -n amend -m why --effect note
ok 'is not done' diff -r --no-dereference run sealed
exits 0 'a note' df-decide --json amend -m 'see incident 7' --effect note
is "$(cat "$out")" '{"name":"decision/2.json"}' 'a record'
ok 'which is valid' df-validate -q run/decision/2.json
is "$(jq -c '[.kind, .effect, .amends, .rationale, .n]' run/decision/2.json)" \
	"[\"amend\",\"note\",\"$(digest_of run/decision/1.json)\",\"see incident 7\",2]" \
	'of which decision'
is "$(data .type) $(data .data.effect)" 'decision.amended note' 'an event'
is "$(df-status | cut -f 5)" approve 'that changes nothing'
exits 0 'reversed' df-decide -q amend -m 'it was wrong' --effect reversed
is "$(cat "$out") $(df-status | cut -f 5)" 'decision/3.json reject,amended' \
	'is reversed'
is "$(jq -r .amends run/decision/3.json)" "$(digest_of run/decision/1.json)" \
	'the decision, not the note'
exits 0 'reinstated' df-decide -q amend -m 'it was right' --effect reinstated
is "$(df-status | cut -f 5)" approve 'is good again'
exits 0 'the run' df-verify
has "$out" '3 events after the seal'
exits 5 'not with a key of another role' df-decide -k keys/df-run amend -m why \
	--effect note
must df-freeze -q
exits 0 'sealed again' df-decide -q amend -m 'a last word' --effect note
fresh rejected
must df-freeze -q
for i in reversed reinstated; do
	refused 4 "a rejection is not $i" amend -m why --effect $i
	refused 4 "a rejection is not $i, only asked" -n amend -m why --effect $i
done
exits 0 'a note on it' df-decide -q amend -m why --effect note
fresh new
must df-freeze -q --cancel -m why
refused 4 'a canceled run has no decision' amend -m why --effect note

# ---- no room ----

if has_mount; then
	fresh
	exits 9 'no room' crowded run df-decide -q -C small/run approve -m why
	like small.after '^VERIFIED|^CONSISTENT' 'nothing is broken by that'
else
	skip 2 'cannot mount'
fi

# ---- the policy that does not end ----

wait "$late"
rc=$?
tap_seen="$tap_seen df-decide=$rc"
is "$rc" 8 'a policy that does not end: exit 8'
has late.err 'took more than'

# ---- waivers: 0285 ----

exits 1 'waive: what is not found' df-decide waive -m why \
	--spec "$t/data/tiny" d4.uncovered

all_exits df-decide
done_testing
