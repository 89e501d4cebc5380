#!/bin/sh
# df-report: the verdict and its reason, what each requirement rests on, what
# foreign text does in it; the full report, who may have it and what it costs.

# shellcheck disable=SC2016,SC2119,SC2317 # for others; arguments; `ok' runs it
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-report df-freeze df-log df-store df-verify df-validate
needs_prog jq age age-keygen ssh-keygen base64
keys

# xml FILE: it is well-formed
if has_prog xmllint; then
	xml() {
		xmllint --noout "$1"
	}
elif python3 -c 'import xml.dom.minidom' 2>/dev/null; then
	xml() {
		python3 -c 'import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])' "$1"
	}
else
	xml() {
		perl -MXML::Parser -e 'XML::Parser->new->parsefile(shift)' "$1"
	}
fi

# report NAME VERDICT REASON: it is made, and valid in all three forms
report() {
	exits 0 "$1" df-report
	is "$(cat "$out")" 'report.json
report.md
report.xml' "$1: its names"
	j=$DF_RUN/report.json md=$DF_RUN/report.md
	is "$(jq -r .verdict "$j")" "$2" "$1: $2"
	like "$j" "\"verdict_reason\":\"$3" "$1: its reason"
	like "$err" "^df-report: $2: $3" "$1: is said"
	ok "$1: the record is valid" df-validate -q "$j"
	ok "$1: the XML is well-formed" xml "$DF_RUN/report.xml"
	is "$(head -n 1 "$md")" "# Greeter: $2" "$1: the Markdown begins with it"
}

# field FILTER VALUE [NAME]: of the report
field() {
	is "$(jq -c "$1" "$j")" "$2" "${3:-$1}"
}

# evidence: each requirement and what it rests on
evidence() {
	jq -r '.matrix[] | "\(.requirement) \(.evidence)"' "$j" | tr '\n' ' '
}

# suite: the counts of report.xml
suite() {
	sed -n 's/^ *<testsuite[s]* name="\([^"]*\)" tests="\([0-9]*\)" failures="\([0-9]*\)" errors="\([0-9]*\)">/\1 \2 \3 \4/p' \
		"$DF_RUN/report.xml" | tr '\n' ' '
}

# ---- the interface ----

exits 0 'help' df-report --help
has "$out" 'usage: df-report'
exits 0 'version' df-report --version
exits 2 'an unknown option' df-report --bogus
exits 2 'an operand' df-report report.json
exits 2 'no run' df-report
exits 2 'full without a reason' df-report --full
exits 2 'a reason that is none' df-report --full -m "$(printf ' \t')"
exits 3 'one that is no text' df-report --full -m "$(printf '\377')"
exits 2 'a format that there is not' df-report --full -m why --format html
exits 3 'no such run' df-report -C nowhere
tiny_spec spec
exits 3 'a directory that is no run' df-report -C spec

# ---- as a run goes on ----

cheap
report 'a new run' PARTIAL '0 of 3 tasks COMPLETED, 0 failed; not evaluated'
field '[.dispatches[] | [.task_id, .status, .blocked_by]]' \
	'[["T-001","PENDING",null],["T-002","BLOCKED","T-001"],["T-003","BLOCKED","T-001"]]' \
	'what its tasks wait for'
is "$(evidence)" 'SC-001 none SC-002 none SC-003 none IN-001 none OUT-001 none ' \
	'nothing is there for any requirement'
field .decision null
was=$(lines)
exits 0 'again' df-report -v
is "$(wc -l <"$out") $(lines)" "3 $was" 'holds, without an event'
exits 0 'as JSON' df-report --json
is "$(jq -r '"\(.name) \(.digest) \(.size)"' "$out")" "$(cd "$DF_RUN" &&
	for i in report.json report.md report.xml; do
		echo "$i $(digest_of $i) $(wc -c <$i)"
	done)" 'an object each'
exits 9 'stdout is full' into /dev/full df-report
cp -a "$DF_RUN" new

must df-dispatch -q -j 3
was=$(find "$DF_RUN" | wc -l)
exits 0 'what would be done' df-report -n
has "$err" 'PARTIAL: 3 of 3 tasks'
is "$(find "$DF_RUN" | wc -l)" "$was" 'is not done, not even in part'
report 'a built run' PARTIAL '3 of 3 tasks COMPLETED, 0 failed; not evaluated'
is "$(evidence)" \
	'SC-001 claimed SC-002 claimed SC-003 claimed IN-001 claimed OUT-001 claimed ' \
	'only its builder says so'
cp -a "$DF_RUN" built

must df-holdout -q
cp -a "$DF_RUN" judged
k=$(lines)
report 'a judged run' ACCEPT '3 of 3 tasks COMPLETED; all 1 P0 and 2 of 2 '
is "$(evidence)" \
	'SC-001 judged SC-002 judged SC-003 judged IN-001 judged OUT-001 judged ' \
	'an independent scenario passed'
field '.matrix[1]' '{"evidence":"judged","holdouts":[{"evidence":"judged","id":"HS-002","status":"PASS"}],"priority":"P1","requirement":"SC-002","tasks":[{"evidence":"claimed","id":"T-002","status":"COMPLETED"}],"title":"A person is seen off"}' \
	'a requirement, its tasks, its scenarios'
has "$md" '| SC-002 A person is seen off | P1 | T-002 COMPLETED (claimed) | HS-002 PASS (judged) | judged |'
field '[.head.seq, .head.digest]' "[$k,\"$(tail -n 1 judged/log.jsonl >last
	digest_of last)\"]" 'the head that it is of'
field '[.run.digest, .run.name, .run.instance]' "[\"$(head -n 1 \
	judged/log.jsonl >last; digest_of last)\",\"$(jq -r .run \
	"$DF_RUN/run.json")\",1]" 'the run'
field '[.component_name, .package_id, .status]' \
	'["Greeter","PKG-GREETER-001","evaluating"]'
field '.validation.status' '"PASS"'
field .isolation '{"attempts":"UNISOLATED","judge":"none"}'
has "$md" 'Attempts: UNISOLATED; judge: none'
field '[.dispatches[] | [.task_id, .attempt, .status, .results_status,
	.measured.isolation, .last]]' '[["T-001",1,"COMPLETED","PASS","UNISOLATED",true],["T-002",1,"COMPLETED","PASS","UNISOLATED",true],["T-003",1,"COMPLETED","PASS","UNISOLATED",true]]' \
	'attempts'
field '[.dispatches[].measured.wall_ms | type == "number"] | all' true \
	'with their time'
ok 'a total' test "$(jq .total_duration_ms "$j")" -ge 0
field '[.holdouts[] | [.holdout_id, .status, .responsible_task]]' \
	'[["HS-001","PASS","T-001"],["HS-002","PASS","T-002"],["HS-003","PASS","T-003"]]' \
	'scenarios'
field '[.suite.scenarios, .suite.p0, .suite.evaluations, .suite.shown,
	.suite.earlier]' '[3,1,1,0,"unknown"]' 'how often the suite was used'
field .suite.commitment "\"$(digest_of "$DF_RUN/commitment.json")\""
field '[.recommendations, .traces]' '[[],[]]'
is "$(suite)" 'Greeter 6 0 0 holdouts 3 0 0 tasks 3 0 0 ' 'counts of the XML'
no 'no title of a scenario is in it' grep -E 'blank inside|single letter' \
	"$j" "$md" "$DF_RUN/report.xml"
is "$(tail -n 1 "$DF_RUN/log.jsonl" | jq -r '"\(.type) \(.dfrole)"')" \
	'artifact.stored df-run' 'one event'
cp "$md" before.md

must df-decide -q approve -m 'as specified'
report 'a decided run' ACCEPT '3 of 3'
field .decision '{"approvals":1,"kind":"approve","self_approved":true}'
has "$md" '- Decision: approve, self-approved'
must df-freeze -q
cp -a "$DF_RUN" sealed
was=$(lines)
exits 0 'a sealed run' df-report
is "$(wc -l <"$out") $(lines)" "3 $was" 'has its last one'
exits 0 'the run' df-verify -q

# ---- each verdict ----

mkdir bad
cp base/* bad
echo 'echo "bye $1"' >bad/part.sh
judged --base bad
report 'a scenario failed' REJECT '[^"]*1'
is "$(evidence)" \
	'SC-001 judged SC-002 failed SC-003 judged IN-001 judged OUT-001 failed ' \
	'a failure outweighs everything'
field '[.recommendations[].holdout]' '["HS-002"]'
like "$j" 'HS-002 \(P1\) failed: SC-002 is not met; T-002 is responsible' \
	'what to do'
like "$md" '^- HS-002 \(P1\) failed' 'in the Markdown too'
is "$(suite)" 'Greeter 6 1 0 holdouts 3 1 0 tasks 3 0 0 ' 'counts of the XML'
like "$DF_RUN/report.xml" '<failure type="[a-z-]+" message="task T-002"/>' \
	'whose failure'
unlike "$md" 'bye' 'nothing of what came'
cp -a "$DF_RUN" failed

cp -R spec errs
sed -i 's/^who=.*/false/' errs/D9_HOLDOUT_SCENARIOS.md
judged --spec errs
report 'a scenario could not be judged' PARTIAL '3 of 3 tasks COMPLETED, 0 failed; '
is "$(evidence)" 'SC-001 error SC-002 judged SC-003 judged IN-001 error OUT-001 judged ' \
	'that is no judgement'
has "$md" 'HS-001 could not be judged (setup)'
is "$(suite)" 'Greeter 6 0 1 holdouts 3 0 1 tasks 3 0 0 ' 'counts of the XML'

# a scenario that sources what the artifact wrote is worth less
cp -R spec near
sed -i 's/^said=$(sh part.sh q)/set -- q; said=$(. .\/part.sh)/' \
	near/D9_HOLDOUT_SCENARIOS.md
judged --spec near
report 'one that is not independent' ACCEPT '3 of 3'
is "$(evidence | cut -d ' ' -f 3-4)" 'SC-002 tested' 'tests, and does not judge'
like "$md" '\| HS-002 \| P1 \| PASS .* script, not independent \|' 'and is said'

# tasks that fail: one that is needed, one that nobody needs
# fails TASK ARGUMENT...: a run in which that one fails
fails() {
	adapter fails "[ \"\$task\" = $1 ] && result FAIL || result PASS" \
		'"workspace":"none"'
	shift
	cheap --set "agent.adapter=$adapter" --set retry.failures=all \
		--set limits.max_attempts=2 "$@"
	run df-dispatch -q
}
fails T-002
report 'a task failed' REJECT \
	'a critical task failed: no COMPLETED task covers SC-002'
field '[.dispatches[] | [.task_id, .attempt, .status, .last]]' \
	'[["T-001",1,"COMPLETED",true],["T-002",1,"FAILED",false],["T-002",2,"FAILED",true],["T-003",1,"COMPLETED",true]]' \
	'every attempt is there'
field '[.recommendations[].task]' '["T-002"]'
has "$md" 'its transcript is result/T-002/2.log'
is "$(suite)" 'Greeter 3 1 0 holdouts 0 0 0 tasks 3 1 0 ' 'counts of the XML'
has "$DF_RUN/report.xml" '<failure type="results.status"'
cp -R spec minor
awk '/SC-003: Persons/ { on = 1 } on && /Priority:/ { sub(/P1/, "P2"); on = 0 }
	{ print }' spec/D2_SPECIFICATION.md >minor/D2_SPECIFICATION.md
fails T-003 --spec minor
report 'a task that is not critical failed' PARTIAL \
	'2 of 3 tasks COMPLETED, 1 failed; not evaluated'
must df-dispatch -q --merge
run df-holdout -q --partial
report 'a part that was judged' PARTIAL '2 of 3 tasks COMPLETED, 1 failed; '
exits 0 'the run' df-verify -q

# ---- what agents said and left ----

adapter said 'if [ "$task" = T-001 ]; then
	printf "%s\n" "{\"tokens\":70,\"cost_microusd\":30,\"message\":\"done | <b>x</b> \`y\` [z](http://z) \\u001b[31m \\u202e \\n# A heading &amp; \\u2028 end\"}"
	result PASS
else
	echo "{\"tokens\":7}"; printf "# R\n\n## Status: FAIL\n" >"$FACTORY_RESULTS_PATH"
fi' '"workspace":"none","usage":".[0]"'
cp -R spec 'odd'
sed -i 's/^#### SC-001: .*/#### SC-001: A <script>alert(1)<\/script> | `is` \&lt; "greeted"/
	s/Greeter/Greeter \&<i>"x"/' odd/*.md
cheap --spec odd --set "agent.adapter=$adapter" --set retry.failures=none
run df-dispatch -q
exits 0 'foreign text' df-report
j=$DF_RUN/report.json md=$DF_RUN/report.md
field '[.total_tokens, .total_cost_microusd]' '[84,30]'
field '[.dispatches[].tokens_used]' '[70,7,7]'
ok 'the record is valid' df-validate -q "$j"
ok 'the XML is well-formed' xml "$DF_RUN/report.xml"
for i in report.json report.md report.xml; do
	no "$i: nothing acts on a terminal" grep -q "$(
		printf '\033\|\342\200\256\|\342\200\250')" "$DF_RUN/$i"
done
has "$md" 'done \| \<b\>x\</b\> \`y\` \[z\](http://z)'
unlike "$md" '^# A heading' 'it begins no line'
unlike "$md" '[^\\]<(b|i|script)' 'it is no HTML'
is "$(grep '^| T-001' "$md" | sed 's/\\|//g' | tr -cd '|' | wc -c)" 9 \
	'nor a cell of its own'
has "$md" 'A \<script\>alert(1)\</script\> \| \`is\`'
has "$DF_RUN/report.xml" 'name="Greeter &amp;&lt;i&gt;&quot;x&quot;"'

if has_bwrap; then
	adapter tries 'if [ "$task" = T-001 ]; then
	setsid sh -c "sleep 2718" >/dev/null 2>&1 &
	echo x >/tmp/left; sleep 0.1
fi
[ "$task" = T-002 ] && { echo x >s; chmod u+s s; }
result PASS'
	cheap --set "agent.adapter=$adapter" --set sandbox.level=bwrap
	must df-dispatch -q -j 3
	exits 0 'what builders left' df-report -q
	j=$DF_RUN/report.json md=$DF_RUN/report.md
	like "$md" '^- T-001, attempt 1: [1-9][0-9]* processes were still there' \
		'processes'
	has "$md" '- T-001, attempt 1: 1 files outside the workspace, now gone: /tmp/left'
	has "$md" '- T-002, attempt 1: set-id bits, removed'
	field '[.traces[].task_id]' '["T-001","T-001","T-002"]'
	field .isolation.attempts '"ISOLATED"'
	is "$(jq -r '.dispatches[].measured.level' "$j" | sort -u)" bwrap 'levels'
else
	skip 7 'no bwrap'
fi

# an attempt whose dispatcher died
DF_RUN=$tmp/lost
cp -a new "$DF_RUN"
must df-log append -q --role df-build --data \
	'{"attempt":1,"stage":"dispatch/T-001"}' stage.started
report 'an attempt without an end' PARTIAL '0 of 3 tasks COMPLETED, 0 failed'
field '.dispatches[0] | [.status, .error_code]' '["DISPATCHED","lost"]'

# what a superseded run gave
rm -rf "$DF_RUN"
cp -a failed "$DF_RUN"
must df-decide -q reject -m 'bye' -r 'goodbye'
must df-freeze -q
cheap --base bad --supersedes "$tmp/lost"
must df-dispatch -q -j 3
report 'a successor' PARTIAL '3 of 3'
has "$md" '| T-001 | 1 | COMPLETED (taken over) |'

# ---- in full ----

DF_RUN=$tmp/full
cp -a failed "$DF_RUN"
age -d -i keys/df-holdout.age -o whole "$DF_RUN/holdout/1.full.age"
was=$(lines)
exits 0 'what would be done' df-report -n --full -m why
has "$err" 'holdout/1.full.age would be disclosed'
is "$(cat "$out")$(lines)" "$was" 'is not done'
exits 0 'in full' df-report --full -m 'why does it fail?'
cp "$out" full.md
is "$(tail -n 1 "$DF_RUN/log.jsonl" | jq -c '[.type, .dfrole, .data]')" \
	'["holdout.shown","df-holdout",{"actor":"alice+evaluator","reason":"why does it fail?","what":"holdout/1.full.age"}]' \
	'is an event that says who and why'
has full.md '### HS-002 Farewell to a name of a single letter: FAIL' 'titles'
has full.md 'Expected:' 'what was expected'
has full.md 'goodbye q' 'what was expected'
is "$(events artifact.stored)" "$(grep -c '"type":"artifact.stored"' \
	failed/log.jsonl)" 'it is nothing of the run'
exits 0 'as JSON' df-report --full -m why --format json
cp "$out" full.json
jq -cS .full full.json >one
jq -cS .holdouts whole >two
ok 'the whole record is in it' cmp one two
jq -cS 'del(.full)' full.json >rest.json
ok 'and the report' df-validate -q rest.json
exits 0 'as JUnit' df-report --full -m why --format junit
cp "$out" full.xml
ok 'well-formed' xml full.xml
exits 0 'into a file' sh -c 'umask 0; exec df-report --full -m why -o here.md'
is "$(cat "$out")$(stat -c %a here.md)" 600 'for our eyes'
ok 'the same' sh -c 'grep -v "^- Disc\|time:" here.md >a
	grep -v "^- Disc\|time:" full.md | cmp - a'
exits 0 'the next report' df-report -q
is "$(jq .suite.shown "$DF_RUN/report.json")" 4 'counts what was shown'
has "$DF_RUN/report.md" 'Disclosures: found 0, shown 4, opened 0'
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'the run knows nothing of it' grep -aqE 'single letter|blank inside' all
was=$(lines)
exits 7 'a file that is there' df-report --full -m why -o here.md
exits 7 'a link that leads nowhere' sh -c 'ln -s nowhere link
	exec df-report --full -m why -o link' df-report
exits 4 'a file in the run' df-report --full -m why -o "$DF_RUN/full.md"
exits 4 'below it' df-report --full -m why -o "$DF_RUN/holdout/full.md"
ln -s "$DF_RUN" alias
exits 4 'in another way' df-report --full -m why -o alias/full.md
exits 4 'from within' within "$DF_RUN" df-report --full -m why -o full.md
exits 3 'a directory that is not there' df-report --full -m why -o no/full.md
is "$(lines)" "$was" 'none of these discloses anything'
exits 9 'stdout is full' into /dev/full df-report --full -m why
is "$(lines)" $((was + 1)) 'is recorded all the same'
exits 0 'the run' df-verify -q

# what a scenario printed
cp -R spec loud
cat >block <<'END'
printf '```\n# A heading\n\033[31mred\342\200\256\n````\n<b>x</b>\n'
END
sed -i -e '/^said=$(sh part.sh q)/r block' loud/D9_HOLDOUT_SCENARIOS.md
judged --spec loud --base bad
exits 0 'what a scenario printed' df-report --full -m why
has "$out" 'Actual:' 'is there'
no 'acts on no terminal' grep -q "$(printf '\033\|\342\200\256')" "$out"
awk '/^`````+/ { on = !on; next } on' "$out" >fenced
has fenced '# A heading' 'stands in a fence'
grep -vxFf fenced "$out" >rest
unlike rest '^# A heading|^<b>' 'and nowhere else'

# who
DF_RUN=$tmp/full
was=$(lines)
age-keygen -o id 2>/dev/null
exits 5 'another identity' df-report --full -m why -i id
exits 5 'from the environment' env DF_IDENTITY=id df-report --full -m why
exits 3 'no identity' df-report --full -m why -i nowhere
exits 5 'a command that cannot' env DF_UNSEAL='exit 1' df-report --full -m why
exits 5 'a key of another role' df-report --full -m why -k keys/df-run
mkdir alone
cp keys/df-run keys/df-run.pub keys/df-holdout.age alone
chmod 700 alone
exits 3 'an operator with a stolen identity has no key' \
	env DF_KEYS=alone df-report --full -m why
exits 5 'nor does hers do' env DF_KEYS=alone df-report --full -m why \
	-k alone/df-run
is "$(lines)" "$was" 'nothing is disclosed'
exits 0 'a command that can' env DF_UNSEAL="age -d -i $tmp/keys/df-holdout.age" \
	df-report --full -m why
cp keys/df-approve keys/df-approve.pub keys/df-approve.age alone
rm alone/df-holdout.age
exits 0 'an approver' env DF_KEYS=alone df-report --full -m why
is "$(tail -n 1 "$DF_RUN/log.jsonl" | jq -r '"\(.dfrole) \(.data.actor)"')" \
	'df-approve alice+approver' 'says so'
rm -rf "$DF_RUN"
cp -a built "$DF_RUN"
exits 1 'a run that nobody judged' df-report --full -m why
is "$(lines)" "$(lines built)" 'nothing is disclosed'
rm -rf "$DF_RUN"
cp -a sealed "$DF_RUN"
exits 0 'a sealed run' df-report --full -m why
is "$(events holdout.shown)" 1 'a disclosure too'
exits 0 'the run' df-verify
has "$out" '1 events after the seal'

# ---- who, and what is not what it says ----

# fresh RUN: a copy of it
fresh() {
	rm -rf "$DF_RUN"
	cp -a "$1" "$DF_RUN"
}
fresh built
exits 5 'a key of another role' df-report -k keys/df-build
exits 3 'no key' df-report -k nowhere
chmod 644 keys/df-run
exits 5 'a key that others can read' df-report
chmod 600 keys/df-run
for i in dispatch/T-002/1.json dispatch/T-001/1.host.json spec.tree \
    validation.json run.json; do
	fresh judged
	f=$(readlink -f "$DF_RUN/$i")
	chmod u+w "$f"
	echo >>"$f"
	exits 6 "$i was changed" df-report
	is "$(lines)" "$(lines judged)" 'no report'
done
fresh judged
sed -i '$s/"passed":3/"passed":4/' "$DF_RUN/log.jsonl"
exits 5 'a verdict whose line was changed' df-report
fresh judged
sed -i '5s/"time":"2/"time":"1/' "$DF_RUN/log.jsonl"
exits 6 'a line was changed' df-report
exits 6 'in full' df-report --full -m why
fresh judged
f=$(readlink -f "$DF_RUN/holdout/1.full.age")
chmod u+w "$f"
echo >>"$f"
exits 6 'the sealed results were changed' df-report --full -m why

# sealed by a script that made no report
cp -a sealed other
cheap
must df-log append -q --role df-run --data \
	'{"actor":"alice+operator","reason":"a test"}' run.canceled
for i in seal/1.json seal/1.json.sig; do
	must df-store put "other/$i"
done
must df-log append -q --role df-run --data "$(jq -cn \
	--arg a "$(digest_of other/seal/1.json)" \
	--arg b "$(digest_of other/seal/1.json.sig)" \
	--argjson c "$(wc -c <other/seal/1.json)" \
	--argjson d "$(wc -c <other/seal/1.json.sig)" '{n: 1, status: "canceled",
	artifacts: [{digest: $a, media_type: "application/json",
	name: "seal/1.json", size: $c}, {digest: $b, media_type: "text/plain",
	name: "seal/1.json.sig", size: $d}]}')" run.completed
exits 4 'a run that was sealed without a report' df-report

if has_mount; then
	DF_RUN=$tmp/full
	fresh judged
	exits 9 'no room' crowded "$DF_RUN" df-report -q -C small/run
	like small.after '^VERIFIED|^CONSISTENT' 'what was committed holds'
else
	skip 2 'cannot mount'
fi

all_exits df-report
done_testing
