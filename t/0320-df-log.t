#!/bin/sh
# df-log: show, follow, export; what may be appended, by whom, and when.

# shellcheck disable=SC2119,SC2120,SC2317 # arguments that may be given
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout df-log \
	df-store df-verify
needs_prog jq ssh-keygen
keys
cheap
kept=$DF_RUN
DF_RUN=$tmp/run

# fresh [RUN]: a copy of it
fresh() {
	rm -rf "$DF_RUN"
	cp -a "${1:-$kept}" "$DF_RUN"
	log=$DF_RUN/log.jsonl
}

# append ROLE TYPE DATA: with that key
append() {
	df-log append --role "$1" --data "$3" "$2"
}

# legal NAME ROLE TYPE DATA, illegal CODE NAME ROLE TYPE DATA: the log grows by
# a line, or not at all
legal() {
	was=$(lines)
	legal_name=$1
	shift
	exits 0 "$legal_name" append "$@"
	is "$(($(lines) - was))" 1 "$legal_name: a line"
}

illegal() {
	was=$(cksum <"$log")
	illegal_code=$1 illegal_name=$2
	shift 2
	run append "$@"
	tap_seen="$tap_seen df-log=$rc"
	is "$rc $(cksum <"$log")" "$illegal_code $was" \
		"$illegal_name: exit $illegal_code, and the log is what it was"
}

me='"actor":"alice+operator"'
note='{"purpose":"see","result":"ok"}'
fresh

# ---- the interface ----

exits 0 'help' df-log --help
has "$out" 'usage: df-log'
exits 0 'version' df-log --version
exits 2 'no verb' df-log
exits 2 'an unknown verb' df-log bogus
exits 2 'an unknown option' df-log --bogus show
exits 2 'no run' env DF_RUN= df-log show
exits 2 'show two ranges' df-log show 1 2
for i in 0 x 1..x 3..2 ..3 1...2 1.2 ''; do
	exits 2 "show $i" df-log show "$i"
done
exits 2 'follow with an operand' df-log follow 1
exits 2 'export with an operand' df-log export 1
exits 2 'append nothing' df-log append
exits 2 'append two' df-log append run.paused run.paused
exits 2 'append many, without a role' from /dev/null df-log append -
exits 2 'append many, with data' df-log append --role df-run --data '{}' -
exits 2 'a role that there is not' df-log append --role df-boss run.paused
exits 2 'several roles may' df-log append --data "{$me,\"reason\":\"x\"}" run.paused
has "$err" '--role'
exits 3 'no such run' df-log -C nowhere show
exits 3 'a directory that is no run' df-log -C spec show
exits 3 'append to no run' df-log -C nowhere append --role df-run run.paused

# ---- show ----

exits 0 'show' df-log show
is "$(wc -l <"$out")" "$(lines)" 'a line each'
is "$(cut -f 1 "$out" | tr '\n' ' ')" "$(seq "$(lines)" | tr '\n' ' ')" \
	'numbered'
is "$(cut -f 3 "$out")" "$(jq -r .type "$log")" 'the types'
is "$(cut -f 2,6 "$out")" "$(jq -r '"\(.time)\t\(.dfactor)"' "$log")" \
	'times, keys'
is "$(sed -n 3p "$out" | cut -f 3-5)" 'stage.started	handoff 1	df-run' \
	'stage and attempt, role'
exits 0 'one line' df-log show 2
is "$(cut -f 3 "$out")" run.started 'is that line'
exits 0 'some' df-log show 2..3
is "$(cut -f 1 "$out" | tr '\n' ' ')" '2 3 ' 'from, to'
exits 0 'from one on' df-log show 3..
is "$(wc -l <"$out")" $(($(lines) - 2)) 'the rest'
exits 1 'a line that there is not' df-log show 99
exits 1 'nor from there on' df-log show 99..
exits 0 'as JSON' df-log --json show 1..2
is "$(cat "$out")" "$(head -n 2 "$log")" 'the lines, byte for byte'
exits 9 'stdout is full' into /dev/full df-log show

all=$(lines)
for i in 1 3 "$all"; do
	rm -rf sig
	mkdir sig
	exits 0 "the signature of line $i" df-log show --sig "$i" -o sig
	is "$(cat "$out")" "sig/event-$i.json
sig/event-$i.json.sig" 'two files'
	like "$err" '^df-log: ssh-keygen -Y verify ' 'how to check it'
	ok 'ssh-keygen agrees' from sig/event-"$i".json ssh-keygen -Y verify \
		-f "$DF_RUN/trust/allowed_signers" -I alice+operator \
		-n df-run -s "sig/event-$i.json.sig"
	is "$(cat "sig/event-$i.json")" "$(sed -n "${i}p" "$log" |
		jq -cS 'del(.dfsig)')" 'what is signed is the event without it'
done
no 'in no other role' from "sig/event-$all.json" ssh-keygen -Y verify \
	-f "$DF_RUN/trust/allowed_signers" -I alice+operator -n df-build \
	-s "sig/event-$all.json.sig"
exits 1 'of a line that there is not' df-log show --sig 99
exits 3 'into a directory that is not there' df-log show --sig 1 -o nowhere
exits 0 'here' within sig df-log -C "$DF_RUN" show --sig 2
ok 'is here' test -s sig/event-2.json.sig

# ---- export ----

exits 0 'export' df-log export
ok 'is the log' cmp "$out" "$log"
exits 0 'from a line on' df-log export --from 3
is "$(jq -r .id "$out" | head -n 1) $(wc -l <"$out")" "3 $((all - 2))" 'the rest'
exits 0 'from behind its end' df-log export --from 99
is "$(cat "$out")" '' 'nothing'
exits 0 'a batch' df-log export --batch
is "$(jq -c '.[]' "$out" | cksum)" "$(jq -c . "$log" | cksum)" \
	'one array of all'
is "$(wc -l <"$out")" 1 'one line'
exits 0 'an empty batch' df-log export --batch --from 99
is "$(cat "$out")" '[]' 'is an array'
exits 0 'renamed' df-log export --type-prefix org.example.
is "$(jq -r '.type | select(startswith("org.example.") | not)' "$out")" '' \
	'each type'
is "$(jq -r 'select(has("dfsig") or has("dfprev")) | .id' "$out")" '' \
	'nothing that claims to be signed'
is "$(jq -c '[.specversion, .id, .source, (.type | length > 0)]' "$out" |
	head -n 1)" "[\"1.0\",\"1\",\"/runs/$(jq -r .run "$DF_RUN/run.json")\",true]" \
	'what CloudEvents asks for'
exits 9 'stdout is full' into /dev/full df-log export

# ---- append: what is written ----

legal 'an event' df-run evidence.resolved "$note"
is "$(cat "$out")" "$(lines)	$(tail -n 1 "$log" >last; digest_of last)" \
	'its number and digest'
is "$(jq -cS . last)" "$(cat last)" 'the line is canonical'
is "$(jq -r '"\(.dfseq) \(.id) \(.dfrole) \(.type) \(.dfprev)"' last)" \
	"$(lines) $(lines) df-run evidence.resolved $(tail -n 2 "$log" |
	head -n 1 >before; digest_of before)" 'chained'
exits 0 'as JSON' df-log --json append --role df-admin --data "$note" \
	evidence.resolved
is "$(cat "$out")" "{\"digest\":\"$(tail -n 1 "$log" >last
	digest_of last)\",\"seq\":$(lines)}" 'one object'
is "$(jq -r .dfrole last)" df-admin 'in the role that was asked for'
exits 0 'the role that alone may' df-log append --data \
	'{"action_type":"look","actor":"alice+operator","reason":"x","result":"noop"}' \
	admin.action
is "$(tail -n 1 "$log" | jq -r .dfrole)" df-admin 'signs'
exits 0 'another key of it' df-log append -k keys/df-run --role df-run \
	--data "$note" evidence.resolved
exits 0 'members in any order, blanks' df-log append --role df-run --data \
	'  { "result" : "ok",
  "purpose" : "s\u0065e \u00e9" }' evidence.resolved
is "$(tail -n 1 "$log" | jq -cS .)" "$(tail -n 1 "$log")" 'are made canonical'
has "$log" '{"purpose":"see é","result":"ok"}' 'as text'
exits 0 'a subject' df-log append --role df-run --subject 'stage/build/2' \
	--data "$note" evidence.resolved
is "$(tail -n 1 "$log" | jq -r .subject)" stage/build/2 'is one'
was=$(lines)
exits 0 'what would be done' df-log append -n --role df-run --data "$note" \
	evidence.resolved
is "$(cat "$out")$(lines)" "$was" 'is not done'
exits 9 'stdout is full' into /dev/full df-log append --role df-run \
	--data "$note" evidence.resolved
exits 0 'the run' df-verify
has "$out" 'VERIFIED' 'holds'

# what a terminal must not see
exits 0 'a subject that acts on terminals' df-log append --role df-run \
	--subject "$(printf 'a\177b\302\233c\342\200\256d')" --data "$note" \
	evidence.resolved
exits 0 'and one in show' df-log show "$(lines)"
no 'does not reach one' grep -q "$(printf '\177\|\302\233\|\342\200\256')" "$out"
has "$out" 'a\x7fb'
fresh

# ---- append: what is refused, for its form ----

bad() {
	illegal 3 "$1" df-run evidence.resolved "$2"
}
bad 'no JSON' 'x'
bad 'no object' '[]'
bad 'an object and more' "$note$note"
bad 'a name twice' '{"purpose":"a","purpose":"b","result":"ok"}'
bad 'half an object' '{"purpose":"a"'
bad 'a member too few' '{"purpose":"a"}'
bad 'a member too many' '{"purpose":"a","result":"b","more":1}'
bad 'another type' '{"purpose":1,"result":"b"}'
bad 'a fraction' '{"purpose":1.5,"result":"b"}'
bad 'a number that is too large' '{"purpose":9007199254740992,"result":"b"}'
bad 'a NaN' '{"purpose":NaN,"result":"b"}'
bad 'bytes that are no text' "$(printf '{"purpose":"\377","result":"b"}')"
bad 'a raw control character' "$(printf '{"purpose":"\033","result":"b"}')"
bad 'a lone surrogate' '{"purpose":"\ud800","result":"b"}'
bad 'nothing' ''
bad 'much depth' "{\"purpose\":$(printf '[%.0s' $(seq 200))$(
	printf ']%.0s' $(seq 200)),\"result\":\"b\"}"
bad 'a line of 70,000 bytes' "{\"purpose\":\"$(head -c 70000 /dev/zero |
	tr '\0' x)\",\"result\":\"b\"}"
illegal 3 'an event that there is not' df-run run.bogus '{}'
illegal 3 'an event of a factory' df-run run.booted '{}'
illegal 3 'a name that acts on terminals' df-run "$(printf 'run.\033[31m')" '{}'
no 'does not reach one' grep -q "$(printf '\033')" "$err"
exits 3 'a subject of 256 bytes' df-log append --role df-run --data "$note" \
	--subject "$(head -c 256 /dev/zero | tr '\0' x)" evidence.resolved
exits 3 'a subject of two lines' df-log append --role df-run --data "$note" \
	--subject 'a
b' evidence.resolved
exits 3 'a subject that is no text' df-log append --role df-run --data "$note" \
	--subject "$(printf 'a\377')" evidence.resolved
exits 0 'a subject of 255 bytes' df-log append --role df-run --data "$note" \
	--subject "$(head -c 255 /dev/zero | tr '\0' x)" evidence.resolved
is "$(tail -n 1 "$log" | jq '.subject | length')" 255 'is whole'
exits 3 'an error as JSON' df-log --json append --role df-run --data x \
	evidence.resolved
is "$(jq -c '[.error.exit, (.error | has("code") and has("message"))]' "$err" |
	head -n 1)" '[3,true]' 'one object'
fresh

# ---- append: who may ----

for i in 'df-build evidence.resolved' 'df-build run.paused' \
    'df-run run.approved' 'df-build run.approved' 'df-run run.rejected' \
    'df-run decision.recorded' 'df-run decision.amended' \
    'df-run run.evaluating' 'df-run holdout.started' \
    'df-approve holdout.completed' 'df-run holdout.shown' \
    'df-run stage.started' 'df-holdout run.canceled' 'df-admin run.failed' \
    'df-admin run.completed' 'df-run gc.swept' 'df-run incident.linked' \
    'df-root run.paused' 'df-build run.created' 'df-build artifact.stored'; do
	case ${i#* } in
	run.approved | run.rejected | decision.*) data='{"actor":"alice+approver",
		"n":1,"rationale":"x","remediation":"x","policy":"pass",
		"self_approved":true,"verdict":"pass","tree":"'$(
		printf 'sha256:%064d' 1)'","artifacts":[]}' ;;
	stage.*) data='{"attempt":1,"stage":"dispatch/T-001"}' ;;
	*) data=$note ;;
	esac
	was=$(cksum <"$log")
	run append "${i%% *}" "${i#* }" "$data"
	is "$(cksum <"$log")" "$was" "$i"
	no 'is refused' test "$rc" -eq 0
done
illegal 5 'dispatch is not for df-run' df-run stage.started \
	'{"attempt":1,"stage":"dispatch/T-001"}'
illegal 5 'handoff is not for df-build' df-build stage.started \
	'{"attempt":2,"stage":"handoff"}'
illegal 5 'the operator is not the admin' df-run gc.swept \
	"{$me,\"reason\":\"x\",\"removed\":\"$(printf 'sha256:%064d' 1)\"}"
illegal 5 'another actor than who signs' df-run run.paused \
	'{"actor":"bob+operator","reason":"x"}'
illegal 5 'another role of the same person' df-run run.paused \
	'{"actor":"alice+approver","reason":"x"}'
exits 5 'a key of another role' df-log append -k keys/df-build \
	--role df-run --data "$note" evidence.resolved
must df-sign keygen -q stranger
exits 5 'a key that the roster does not have' df-log append -k stranger \
	--role df-run --data "$note" evidence.resolved
exits 3 'no key' df-log append -k nowhere --role df-run --data "$note" \
	evidence.resolved
chmod 644 keys/df-run
exits 5 'a key that others can read' df-log append --role df-run \
	--data "$note" evidence.resolved
chmod 600 keys/df-run
ok 'the log is what it was' cmp "$log" "$kept/log.jsonl"

# ---- append: when ----

pause="{$me,\"reason\":\"lunch\"}"
illegal 4 'a second run.created' df-run run.started '{"preflight":"PASS"}'
illegal 4 'unpaused, and it was not paused' df-run run.unpaused "$pause"
legal 'paused' df-run run.paused "$pause"
illegal 4 'paused again' df-run run.paused "$pause"
exits 4 'and nothing starts' df-dispatch -q
legal 'unpaused' df-admin run.unpaused "$pause"
illegal 4 'attempts are dense' df-build stage.started \
	'{"attempt":2,"stage":"dispatch/T-001"}'
illegal 4 'what was not begun cannot end' df-build stage.failed '{"attempt":1,
	"error":{"code":"x","message":"x","retryable":false},
	"outcome":"fail","stage":"dispatch/T-001"}'
illegal 4 'no decision without a verdict' df-approve run.rejected "$(
	jq -cn --arg d "$(digest_of "$DF_RUN/run.json")" \
	--arg s "$(wc -c <"$DF_RUN/run.json")" '{actor: "alice+approver", n: 1,
	rationale: "x", remediation: "x", artifacts: [{digest: $d,
	media_type: "text/plain", name: "decision/1.other",
	size: ($s | tonumber)}]}')"
illegal 4 'no evaluation before it is built' df-holdout run.evaluating \
	"{\"tree\":\"$(digest_of "$DF_RUN/base.tree")\"}"
illegal 4 'not completed while it runs' df-run run.completed "$(
	jq -cn --arg d "$(digest_of "$DF_RUN/run.json")" \
	--arg s "$(wc -c <"$DF_RUN/run.json")" '{n: 1, status: "approved",
	artifacts: [{digest: $d, media_type: "text/plain",
	name: "seal/1.json.sig", size: ($s | tonumber)}]}')"
illegal 4 'a failure of another phase' df-run run.failed \
	'{"domain":"EVAL_FAILURE","reason":"x"}'
fresh

# ---- append: artifacts ----

# given NAME DIGEST SIZE [MEDIA]: data of artifact.stored
given() {
	printf '{"artifacts":[{"digest":"%s","media_type":"%s","name":"%s","size":%s}]}' \
		"$2" "${4:-text/markdown; charset=utf-8}" "$1" "$3"
}
echo 'my own report' >report
must df-store put report
d=$(cat "$out")
legal 'a name, given by a script' df-run artifact.stored "$(given report.md "$d" 14)"
ok 'is a link' cmp report "$DF_RUN/report.md"
like "$DF_RUN/log.jsonl" "\"name\":\"report.md\",\"size\":14" 'is in the log'
illegal 3 'another size' df-run artifact.stored "$(given report.md "$d" 15)"
illegal 6 'a blob that there is not' df-run artifact.stored \
	"$(given report.md "$(printf 'sha256:%064d' 1)" 14)"
illegal 4 'a name that belongs to another event' df-run artifact.stored \
	"$(given result/merged.tree "$d" 14)"
illegal 4 'a name that there is not' df-run artifact.stored \
	"$(given notes.md "$d" 14)"
for i in ../x /etc/passwd a/../b .hidden 'a b' a//b; do
	illegal 3 "the name $i" df-run artifact.stored "$(given "$i" "$d" 14)"
done
illegal 3 'a record that does not fit its schema' df-run artifact.stored \
	"$(given report.json "$d" 14 application/json)"
illegal 3 'a digest that is none' df-run artifact.stored \
	"$(given report.md sha256:12 14)"
illegal 4 'an input that no event gave' df-run artifact.stored \
	"{\"artifacts\":[{\"digest\":\"$d\",\"media_type\":\"text/markdown\",\"name\":\"report.md\",\"size\":14}],\"inputs\":[{\"digest\":\"$d\",\"name\":\"run.json\"}]}"
exits 0 'the run' df-verify
has "$out" VERIFIED 'holds'
fresh

# ---- append: many ----

event() {
	printf '{"type":"evidence.resolved","data":{"purpose":"%s","result":"ok"}}\n' \
		"$1"
}
for i in 1 2 3; do event $i; done >many
was=$(lines)
exits 0 'many' from many df-log append --role df-run -
is "$(cut -f 1 "$out") $(($(lines) - was))" "$(lines) 3" \
	'the number of the last'
is "$(tail -n 3 "$log" | jq -r .data.purpose | tr '\n' ' ')" '1 2 3 ' \
	'in their order'
printf '\n{"data":%s,"subject":"\\u00e9","type":"evidence.resolved"}' \
	"$note" >many
exits 0 'an empty line, no LF at the end' from many df-log append --role df-run -
is "$(tail -n 1 "$log" | jq -r .subject)" 'é' 'a subject is text'
{ event 1; event 2; echo '{"type":"run.unpaused","data":'"$pause"'}'; } >many
was=$(cksum <"$log")
exits 4 'one of them is not legal' from many df-log append --role df-run -
is "$(cksum <"$log")" "$was" 'none is appended'
# many_bad NAME LINE
many_bad() {
	{ event 1; printf '%s\n' "$2"; } >many
	exits 3 "$1" from many df-log append --role df-run -
	like "$err" 'stdin:2' 'its line is named'
}
many_bad 'no JSON' x
many_bad 'no object' '[1]'
many_bad 'no data' '{"type":"evidence.resolved"}'
many_bad 'a member that we do not know' \
	'{"type":"evidence.resolved","time":"now","data":{}}'
many_bad 'a subject that is too long' '{"type":"evidence.resolved","subject":"'"$(
	head -c 300 /dev/zero | tr '\0' x)"'","data":{}}'
many_bad 'a subject with a NUL' \
	'{"type":"evidence.resolved","subject":"a\u0000b","data":{}}'
{ event 1; echo '{"data":{},"type":"run.bogus"}'; } >many
exits 3 'an event that there is not' from many df-log append --role df-run -
is "$(cksum <"$log")" "$was" 'none is appended'
: >many
exits 4 'nothing on stdin' from many df-log append --role df-run -

# ---- budgets, conflicts ----

cheap --set limits.max_attempts=1
log=$DF_RUN/log.jsonl
start='{"attempt":1,"stage":"dispatch/T-001"}'
legal 'an attempt' df-build stage.started "$start"
illegal 4 'while it is open' df-build stage.started "$start"
legal 'fails' df-build stage.failed '{"attempt":1,"error":{"code":"x",
	"message":"x","retryable":false},"outcome":"fail","stage":"dispatch/T-001"}'
illegal 8 'one more than allowed' df-build stage.started \
	'{"attempt":2,"stage":"dispatch/T-001"}'
exits 0 'the stage shown' df-log show "$(lines)"
is "$(cut -f 3-5 "$out")" 'stage.failed	dispatch/T-001 1	df-build' 'its row'

judged --set policy.approvals=2
log=$DF_RUN/log.jsonl
record=$(jq -cn --arg d "$(digest_of "$DF_RUN/base.tree")" \
	--arg s "$(wc -c <"$DF_RUN/base.tree")" '{actor: "alice+approver", n: 1,
	decision: "approve", rationale: "x", remediation: "x", policy: "pass",
	self_approved: true, artifacts: [{digest: $d, media_type: "text/plain",
	name: "decision/1.json", size: ($s | tonumber)}]}')
illegal 3 'a decision that is no record' df-approve decision.recorded "$record"
jq -cnS --arg fp "$(ssh-keygen -lf keys/df-approve.pub | cut -d ' ' -f 2)" \
    --arg head "$(tail -n 1 "$log" >last; digest_of last)" --argjson n "$(lines)" \
    --arg run "$(head -n 1 "$log" >last; digest_of last)" \
    --arg name "$(jq -r .run "$DF_RUN/run.json")" '{actor: {key: $fp,
	principal: "alice+approver"}, evidence: {}, head: {digest: $head,
	seq: $n}, kind: "approve", n: 1, rationale: "x", run: $run,
	run_name: $name, schema: "df.decision/1", self_approved: true,
	time: "2026-01-01T00:00:00Z"}' >record
must df-store put record
record() {
	jq -c --arg d "$(digest_of record)" --argjson s "$(wc -c <record)" \
		--argjson n "$1" '.artifacts[0].digest = $d | .n = $n |
		.artifacts[0].name = "decision/\($n).json" |
		.artifacts[0].size = $s' <<-END
		$record
	END
}
legal 'a decision by a script' df-approve decision.recorded "$(record 1)"
illegal 7 'the same person again' df-approve decision.recorded "$(record 2)"
illegal 7 'another decision' df-approve decision.recorded "$(record 2 |
	jq -c '.decision = "reject"')"
illegal 4 'the last of two, and there is one' df-run artifact.stored \
	"$(given decision/1.json "$(digest_of record)" "$(wc -c <record)")"
fresh

# ---- two at the same time ----

for i in 1 2 3 4 5 6; do
	(for j in 1 2 3 4 5; do
		df-log -q append --role df-run --data "{\"purpose\":\"$i.$j\",\"result\":\"ok\"}" \
			evidence.resolved >/dev/null || echo "$i.$j" >>failed
	done) &
	tap_pids="$tap_pids $!" pids="$pids $!"
done
# shellcheck disable=SC2086 # words
wait $pids
no 'thirty, by six at a time' test -e failed
is "$(jq -r 'select(.type == "evidence.resolved") | .data.purpose' "$log" |
	sort -u | wc -l)" 30 'are all there'
exits 0 'the run' df-verify
has "$out" VERIFIED 'holds'

# ---- torn ----

# behind NAME: an event is appended behind what is there
behind() {
	exits 0 "$1: an event behind it" append df-run evidence.resolved "$note"
	is "$(events evidence.resolved) $(tail -n 1 "$log" | jq -r .dfseq)" \
		"1 $((all + 1))" 'is the next one'
	exits 0 'show' df-log show
	is "$(wc -l <"$out")" $((all + 1)) 'has all of them'
	exits 0 'the run' df-verify --json
	is "$(jq -c '[.verdict, .torn_bytes]' "$out")" "[\"VERIFIED\",$2]" \
		'holds'
}
fresh
all=$(lines)
printf '{"data":{"purpose":"half of' >>"$log"
exits 0 'half a line at the end' df-log show
is "$(wc -l <"$out")" "$all" 'is no line'
has "$err" '27 bytes of a torn write'
behind 'half a line' 27
is "$(tail -n 1 "$log" | jq -c .data.torn)" \
	"{\"bytes\":27,\"digest\":\"$(printf '{"data":{"purpose":"half of' >last
	digest_of last)\"}" 'which commits to it'
fresh
printf '\377\000\001' >>"$log"
behind 'bytes that are no text' 3
fresh
truncate -s -1 "$log"
exits 0 'a last line without its LF' df-log show
behind 'a last line without its LF' 0
is "$(wc -l <"$log")" $((all + 1)) 'which completes it'
no 'nothing was torn' grep -q '"torn"' "$log"
fresh
head -c 70000 /dev/zero | tr '\0' x >>"$log"
illegal 6 'more than any write' df-run evidence.resolved "$note"
exits 6 'nor is it shown to its end' df-log show
fresh
tail -n 1 "$log" >last
cat last >>"$log"
illegal 6 'a line again' df-run evidence.resolved "$note"
fresh
echo "$note" >>"$log"
illegal 6 'a line that is no event' df-run evidence.resolved "$note"
fresh
sed -i '2s/{"data"/{ "data"/' "$log"
illegal 6 'a line that is not canonical' df-run evidence.resolved "$note"
exits 6 'show' df-log show
has "$err" 'log line 2'
exits 6 'export' df-log export
exits 6 'follow' df-log follow
fresh
sed -i 2d "$log"
exits 6 'a line less' df-log show
fresh
: >"$log"
exits 6 'no line at all' df-log append --role df-run --data "$note" evidence.resolved
fresh

# ---- follow ----

bg df-log follow >follow.out
# followed WORD: it has come out
followed() {
	grep -q "$1" follow.out
}
ok 'follow' await 5 followed "^$(lines)	"
must append df-run run.paused "$pause"
ok 'says what comes' await 5 followed run.paused
must append df-run run.unpaused "$pause"
ok 'and what comes then' await 5 followed run.unpaused
ok 'and goes on' kill -0 "$pid"
if [ -x "$build/bin/df-freeze" ]; then
	must df-freeze -q --cancel -m 'enough of it'
	ok 'until the run is sealed' await 5 followed run.completed
	wait "$pid"
	is $? 0 'then it ends'
	is "$(cut -f 1 follow.out | tr '\n' ' ')" \
		"$(seq "$(lines)" | tr '\n' ' ')" 'each line once'
	exits 0 'a sealed run' df-log --json follow --from 3
	is "$(cat "$out")" "$(sed -n '3,$p' "$log")" 'its lines'
	illegal 4 'sealed: nothing is paused' df-run run.paused "$pause"
	illegal 4 'sealed: nothing is stored' df-run artifact.stored \
		"$(given report.md "$(digest_of "$DF_RUN/report.md")" \
		"$(wc -c <"$DF_RUN/report.md")")"
	illegal 4 'canceled: nothing is published' df-run artifact.published \
		'{"target":"somewhere"}'
	legal 'sealed: an incident is linked' df-admin incident.linked \
		'{"critical":true,"incident":"INC-1"}'
	exits 0 'the run' df-verify
	has "$out" '1 events after the seal' 'says so'
else
	kill "$pid"
	skip 17 'no df-freeze'
fi
exits 9 'stdout is full' into /dev/full df-log follow

# ---- a factory's log ----

mkdir -p factory
DF_RUN='' && export DF_RUN
cheap -F factory
exits 0 'the log of a factory' df-log -C factory show
is "$(cut -f 3 "$out")" run.booted 'is shown'

all_exits df-log
done_testing
