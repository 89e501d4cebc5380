#!/bin/sh
# df-status: the state of a run from its first event to its last, in our words
# and in those of others; runs of a factory.

# shellcheck disable=SC2016,SC2119,SC2317 # for others; as they are; `ok' runs it
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-log df-status df-validate
needs_prog jq perl ssh-keygen base64 flock
keys
me='"actor":"alice+operator","reason":"lunch"'

# cell N: of the first line that df-status writes
cell() {
	head -n 1 "$out" | cut -f "$1"
}

# state NAME STATUS TASKS VERDICT DECISION WORDS: what it says of the run, and
# what others would call that: SPEC-250, SR, MF, RO, recomp, batch, level 4,
# attractor, the factory report; - is null
state() {
	run df-status
	is "$rc $(head -n 1 "$out" | cut -f 2-5 | tr '\t' ' ')" \
		"0 $2 $3 $4 $5" "$1: $2"
	run df-status --json
	cp "$out" status.json
	ok "$1: its record is valid" df-validate -q --schema status status.json
	is "$(jq -r '.projections | [.["spec250.state"], .["sr.state"],
		.["mf.state"], .["ro.job_status"], .["recomp.final_status"],
		.["batch.state"], .["level4.decision"], .["attractor.outcome"],
		.["factory_report.verdict"]] | map(. // "-") | join(" ")' \
		status.json)" "$6" "$1: in other words"
	run df-status --as spec250
	cp "$out" other.json
	ok "$1: so is that of SPEC-250" \
		df-validate -q --schema spec250-status other.json
	is "$(jq -r .state other.json)" "${6%% *}" "$1: its state"
}

# field FILTER VALUE: of the last record
field() {
	is "$(jq -c "$1" status.json)" "$2" "$1"
}

# records KIND SCHEMA: those of `--as ro', one a file in ro/; each is valid
records() {
	rm -rf ro
	mkdir ro
	jq -c "select(has(\"$1\")) | .$1" ro.json | awk '{
		print >sprintf("ro/%03d.json", NR) }'
	ok "$1: every one is valid" df-validate -q --schema "$2" ro/*.json
	ok "$1: there are some" test -s ro/001.json
}

# ---- the interface ----

exits 0 'help' df-status --help
has "$out" 'usage: df-status'
exits 0 'version' df-status --version
exits 2 'an unknown option' df-status --bogus
exits 2 'no run and no factory' df-status
has "$err" 'which run?'
exits 3 'no such run' df-status nowhere
exits 3 'nor with -C' df-status -C nowhere
exits 3 'no such factory' df-status -F nowhere
tiny_spec spec
exits 3 'a directory that is no run' df-status spec
exits 3 'a file' df-status spec/D1_CONSTITUTION.md

# ---- a run that ends well ----

cheap
exits 2 'an unknown system' df-status --as cobol
exits 0 'a new run' df-status
is "$(cell 1)" "$(basename "$DF_RUN")" 'its name'
is "$(cell 6)" "$(jq -r .time "$DF_RUN/log.jsonl" | tail -n 1)" 'its last event'
is "$(wc -l <"$out")" 1 'one line'
before=$(cd "$DF_RUN" && find . -printf '%p %T@ %m %l\n' | sort | cksum)
state new executing 0/3 - - 'running EXECUTING RUNNING RUNNING - running - - -'
is "$(cd "$DF_RUN" && find . -printf '%p %T@ %m %l\n' | sort | cksum)" \
	"$before" 'nothing of the run was touched'
field .tasks '{"blocked":0,"completed":0,"failed":0,"open":0,"total":3}'
field '[.seq, .sealed, .paused, .evaluations, .retries, .after_seal]' \
	"[$(lines),false,false,0,0,0]"
field .head "\"$(tail -n 1 "$DF_RUN/log.jsonl" >last; digest_of last)\""
field .digest "\"$(head -n 1 "$DF_RUN/log.jsonl" >last; digest_of last)\""
field '[.current_stage, .stage_attempt]' '["prompt",1]'
field '[.verdict, .policy, .decision, .effective_decision, .failure_domain]' \
	'[null,null,null,null,null]'
exits 0 'with its tasks' df-status -v
is "$(tail -n 3 "$out" | cut -f 1-3 | tr '\t\n' '  ')" \
	'T-001 waiting 0 T-002 waiting 0 T-003 waiting 0 ' 'none was tried'
cp -a "$DF_RUN" new

must df-log append --role df-admin --data "{$me}" run.paused
state paused executing,paused 0/3 - - \
	'blocked EXECUTING RUNNING PAUSED - needs_review - - -'
field .paused true
rm -rf "$DF_RUN"
cp -a new "$DF_RUN"
must df-log append --role df-run --data '{"gate":"ship"}' run.awaiting_human
state 'asking a person' awaiting_human 0/3 - - \
	'blocked EXECUTING RUNNING WAITING - needs_review - - -'
field .interventions 1
rm -rf "$DF_RUN"
cp -a new "$DF_RUN"

must df-dispatch -q -j 3
state built executing 3/3 - - \
	'running EXECUTING RUNNING RUNNING - running - - -'
field '[.tasks.completed, .current_stage]' '[3,"merge"]'
exits 0 'with its tasks' df-status -v
is "$(tail -n 3 "$out" | cut -f 1-3 | tr '\t\n' '  ')" \
	'T-001 COMPLETED 1 T-002 COMPLETED 1 T-003 COMPLETED 1 ' 'all are done'

must df-holdout -q
cp -a "$DF_RUN" judged
state judged evaluating 3/3 pass - \
	'running VERIFYING EVAL_READY RUNNING - running - - -'
field '[.verdict, .evaluations]' '["pass",1]'

must df-decide -q approve -m 'as specified'
state approved approved 3/3 pass approve \
	'succeeded VERIFYING PASS SUCCEEDED passed passed approved success ACCEPT'
field '[.policy, .decision, .effective_decision]' '["pass","approve","approve"]'
must df-freeze -q
state sealed approved,sealed 3/3 pass approve \
	'succeeded READY PUBLISH_PENDING SUCCEEDED passed passed approved success ACCEPT'
field .sealed true
cp -a "$DF_RUN" sealed
must df-decide -q amend -m 'it was not' --effect reversed
state amended approved,sealed 3/3 pass reject,amended \
	'succeeded READY PUBLISH_PENDING SUCCEEDED passed passed approved success ACCEPT'
field '[.decision, .effective_decision, .after_seal]' '["approve","reject",1]'
field '.projections["level4.decision_reversed"]' true

# ---- runs that do not ----

again() {
	rm -rf "$DF_RUN"
	cp -a "$1" "$DF_RUN"
}
again judged
must df-decide -q reject -m 'not what we want' -r 'say so in D2'
state rejected rejected 3/3 pass reject \
	'failed FAILED FAIL FAILED failed failed rejected fail REJECT'
again new
must df-freeze -q --cancel -m 'no need any more'
state canceled canceled,sealed 0/3 - - \
	'failed FAILED FAIL CANCELED needs_review failed - fail REJECT'
again new
must df-freeze -q --failed -m 'the builder is gone'
state failed failed,sealed 0/3 - - \
	'failed FAILED FAIL FAILED failed failed failed fail REJECT'
field .failure_domain '"EXEC_FAILURE"'
again new
must df-log append --role df-run \
	--data '{"domain":"INTEGRITY_FAILURE","reason":"a disk"}' run.failed
state damaged failed 0/3 - - \
	'failed QUARANTINED FAIL FAILED needs_review failed failed fail REJECT'

# a task that fails is tried again, and blocks those that need it
adapter failing 'result FAIL' '"workspace":"none"'
cheap --set "agent.adapter=$adapter" --set retry.failures=all \
	--set limits.max_attempts=2
run df-dispatch -q
state 'a task failed' executing 0/3 - - \
	'running EXECUTING RUNNING RUNNING - running - - -'
field '[.tasks, .retries, .stage_attempt]' \
	'[{"blocked":2,"completed":0,"failed":1,"open":0,"total":3},1,2]'
exits 0 'with its tasks' df-status -v
is "$(tail -n 3 "$out" | head -n 1)" 'T-001	FAILED	2	results.status' \
	'attempts, and the error'
must df-freeze -q --failed -m 'not to be had'
state 'tried and failed' failed,sealed 0/3 - - \
	'failed FAILED FAIL FAILED exhausted failed failed fail REJECT'
exits 0 'its attempts' df-status --as ro
cp "$out" ro.json
records JobAttemptRecord job-attempt
is "$(jq -c '[.status, .error_code, .retryable]' ro/001.json ro/002.json |
	tr '\n' ' ')" \
	'["FAILED","results.status",true] ["FAILED","results.status",false] ' \
	'are both there'

# a scenario that fails
mkdir base.bad
cp base/* base.bad
echo 'echo "bye $1"' >base.bad/part.sh
judged --base base.bad
state 'a scenario failed' evaluating 3/3 fail - \
	'running VERIFYING EVAL_READY RUNNING - running - - -'

# ---- an attempt that runs, and one that is lost ----

adapter waiting "sleep 1731.$$"
cheap --set "agent.adapter=$adapter"
bg df-dispatch -q T-001
ok 'an agent runs' await 10 running "1731.$$"
exits 0 'its run' df-status -v
is "$(sed -n 2p "$out" | cut -f 1-3 | tr '\t' ' ')" 'T-001 running 1' 'says so'
exits 0 'as a record' df-status --as ro
cp "$out" ro.json
records JobAttemptRecord job-attempt
is "$(jq -r .status ro/*.json)" RUNNING 'that it runs'
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# gone: nobody holds the lock of the attempt
gone() {
	flock -n "$DF_RUN/work/dispatch.lock" true
}
ok 'its dispatcher is killed' await 5 gone
exits 0 'its run' df-status -v
is "$(sed -n 2p "$out" | cut -f 2)" 'running (lost)' 'says so'
run df-status --json
cp "$out" status.json
field .tasks.open 1
exits 0 'as a record' df-status --as ro
cp "$out" ro.json
records JobAttemptRecord job-attempt
is "$(jq -r '"\(.status) \(.error_code)"' ro/*.json)" 'FAILED lost' \
	'that it is lost'

# ---- in the words of others ----

again sealed
name=$(jq -r .run "$DF_RUN/run.json")
exits 0 'a resource orchestrator' df-status --as ro
cp "$out" ro.json
is "$(jq -r 'keys | join(" ")' ro.json | sort -u | tr '\n' ' ')" \
	'ArtifactRef ConfigVersionRef JobAttemptRecord ' 'three kinds of records'
records ArtifactRef artifact-ref
cat ro/*.json >refs
is "$(jq -r .name refs | sort)" "$(cd "$DF_RUN" && find . -type l |
	sed 's,^\./,,' | sort)" 'one for each name'
jq -r '"\(.name) \(.digest) \(.size_bytes)"' refs | sort >have
(cd "$DF_RUN" && find . -type l -printf '%P\n' | sort | while read -r i; do
	echo "$i $(digest_of "$i") $(wc -c <"$i")"
done) >want
ok 'its digest, its size' cmp have want
is "$(jq -r 'select(.ref != "artifact://" + .digest or .digest_alg !=
	"sha256") | .name' refs)" '' 'its reference'
is "$(jq -r 'select(.name == "run.json") | .schema_version' refs)" df.run/1 \
	'its schema'
records JobAttemptRecord job-attempt
is "$(jq -r '"\(.job_id) \(.status)"' ro/*.json | sort | sed "s,.*/,,")" \
	'T-001 SUCCEEDED
T-002 SUCCEEDED
T-003 SUCCEEDED' 'one for each attempt'
is "$(jq -r .attempt_id ro/001.json)" \
	"$(jq -r .dispatch_id "$DF_RUN/dispatch/T-001/1.json")" 'by its id'
is "$(jq -c '.correlation_ids | [.task_id, .handoff_id, .run_id]' ro/001.json)" \
	"[\"T-001\",\"H-FACTORY-001\",\"$name\"]" 'what it belongs to'
records ConfigVersionRef config-version-ref
is "$(cat ro/*.json | jq -r '"\(.config_name) \(.config_version) \(.digest)"' |
	sort)" "$(jq -r '.config[] | "\(.name) \(.version) \(.digest)"' \
	"$DF_RUN/run.json" | sort)" 'what run.json says'

exits 0 'SPEC-250' df-status --as spec250
is "$(jq -r .run_id "$out")" "$name" 'the run'
is "$(jq -r '.artifacts[]' "$out" | sort -u)" \
	"$(jq -r .ref refs | sort -u)" 'its artifacts'
is "$(jq -r '[.started_at, .updated_at] | join(" ")' "$out")" \
	"$(jq -r 'select(.type == "run.started") | .time' "$DF_RUN/log.jsonl"
	) $(jq -r .time "$DF_RUN/log.jsonl" | tail -n 1)" 'its times'
for i in sr mf recomp level4 attractor batch darkfactorio factory_report; do
	exits 0 "$i" df-status --as "$i"
	is "$(jq -r "[.run, (keys - [\"run\"] | map(startswith(\"$i.\")) |
		[all, length > 0])] | tojson" "$out")" \
		"[\"$name\",[true,true]]" 'its members alone'
done
printf '%s' '{"execution_mode":"local","priority":"high","requested_by":"bob",
	"run_id":"REQ-7"}' >submission.json
boot --spec spec --submission submission.json
exits 0 'a run that was submitted' df-status --as spec250
is "$(jq -r '"\(.run_id) \(.state) \(.current_stage) \(.stage_attempt)"' \
	"$out")" 'REQ-7 running boot 0' 'has the name of the submission'

# ---- which run ----

DF_RUN='' && export DF_RUN
exits 0 'an operand' df-status sealed
is "$(cell 2)" approved,sealed 'is the run'
exits 0 '-C' df-status -C sealed
is "$(cell 2)" approved,sealed 'is the run'
exits 0 'DF_RUN' env DF_RUN=sealed df-status
is "$(cell 2)" approved,sealed 'is the run'
exits 0 'an operand' env DF_RUN=sealed df-status -C sealed new
is "$(cell 2)" executing 'wins over both'
exits 0 'several' df-status new judged sealed
is "$(cut -f 2 "$out" | tr '\n' ' ')" 'executing evaluating approved,sealed ' \
	'in their order'
exits 3 'one of them is none' df-status new nowhere sealed
is "$(cut -f 2 "$out" | tr '\n' ' ')" 'executing approved,sealed ' \
	'the others are said'
exits 9 'stdout is full' into /dev/full df-status sealed

# ---- a factory ----

mkdir factory elsewhere
cheap -F factory
one=$DF_RUN
cheap -F factory
two=$DF_RUN
DF_RUN=''
is "${one%/*}" factory/runs 'runs are made in it'
exits 0 'a factory' df-status -F factory
is "$(cut -f 1,2 "$out")" "$(basename "$one")	executing
$(basename "$two")	executing" 'its runs'
exits 0 'DF_FACTORY' env DF_FACTORY=factory df-status
is "$(wc -l <"$out")" 2 'its runs'
mkdir -p work/deep
mv factory work/.factory
exits 0 'one that lies above' within work/deep df-status
is "$(wc -l <"$out")" 2 'its runs'
exits 0 'as JSON' within work/deep df-status --json
is "$(jq -r .run "$out" | sort)" "$(basename "$one")
$(basename "$two")" 'an object each'
mv work/.factory factory
rm -rf "$two"
exits 0 'a run that is not there' df-status -F factory
is "$(sed -n 2p "$out")" "$(basename "$two")	abandoned	-	-	-	-" \
	'was abandoned'
exits 0 'as JSON' df-status -F factory --json
is "$(sed -n 2p "$out" | jq -c '[.run, .status]')" \
	"[\"$(basename "$two")\",\"abandoned\"]" 'says so'
sed -i '3s/2/3/' "$one/log.jsonl"
exits 6 'one that is broken' df-status -F factory
is "$(cut -f 2 "$out")" abandoned 'does not hide the others'
exits 6 'a broken factory' sh -c 'echo "{}" >>factory/log.jsonl
	exec df-status -F factory' df-status
mkdir empty
run df-status -F empty
is "$(ls -A empty)" '' 'what is no factory does not become one by looking'

# ---- what is not what it says ----

# broken CODE NAME COMMAND...: of a copy of the sealed run, as run
broken() {
	broken_code=$1 broken_name=$2
	shift 2
	rm -rf run
	cp -a sealed run
	chmod -R u+w run
	"$@"
	exits "$broken_code" "$broken_name" df-status run
	is "$(cat "$out")" '' 'says nothing of it'
}
broken 6 'no log line' truncate -s 0 run/log.jsonl
broken 6 'a line is missing' sed -i 3d run/log.jsonl
broken 6 'a line is there twice' sed -i 3p run/log.jsonl
broken 6 'a line was changed' sed -i '5s/df-run/df-new/' run/log.jsonl
broken 6 'bytes that are no text' sed -i '5s/df-run/\xff\xfe/' run/log.jsonl
broken 6 'a line of 70,000 bytes' sh -c 'head -c 70000 /dev/zero | tr "\0" x \
	>>run/log.jsonl; echo >>run/log.jsonl'
broken 6 'the envelope is gone' sh -c 'rm -f "$(readlink -f run/run.json)"'
broken 6 'the envelope was changed' sh -c 'echo >>"$(readlink -f run/run.json)"'
broken 6 'the log is a link' sh -c 'mv run/log.jsonl log; ln -s ../log run/log.jsonl'
broken 3 'no log' rm -f run/log.jsonl
rm -rf run
cp -a new run
printf '{"data":{"' >>run/log.jsonl
exits 0 'half a line at the end' df-status run
is "$(cell 2)" executing 'is no line'
exits 3 'a path that acts on terminals' df-status "$(printf 'no\033[31m')"
no 'is escaped' grep -q "$(printf '\033')" "$err"
rm -rf run
cp -a judged run
k=$(grep -n '"stage":"dispatch/T-002"' run/log.jsonl | tail -n 1 | cut -d : -f 1)
perl -pi -e 's/("dfsig":"[^"]{40})(.)/$1 . ($2 eq "A" ? "B" : "A")/e
	if $. == '"$k" run/log.jsonl
relog run '.' "$((k + 1))"
exits 0 'a signature that does not hold' df-status run
exits 5 'is no record for others' df-status --as ro run
has "$err" "log line $k"

all_exits df-status
done_testing
