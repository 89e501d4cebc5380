#!/bin/sh
# share/compat/factory: the original's command line.  Each command by itself,
# with relative paths that have blanks in them: what it writes, what is on
# standard output, how it ends.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-validate df-boot df-handoff df-prompt df-dispatch \
	df-holdout df-report df-store df-verify
needs_prog jq age git
unset DF_KEYS DF_TRUST DF_SCRATCH ANTHROPIC_API_KEY
factory=$build/share/darkfactory/compat/factory
# what it leaves in there would be seen
TMPDIR=$tmp/temporary
DF_SCRATCH=$tmp/scratch
export TMPDIR DF_SCRATCH
mkdir "$TMPDIR" 'a b' .factory
chmod 755 "$TMPDIR"
tiny_spec 'a b/spec'
level=bwrap
has_bwrap || level=none
[ $level = bwrap ] || export DF_SANDBOX_LEVEL=none

# json FILTER: of what the last command wrote
json() {
	jq -c "$1" "$out" 2>&1
}

# files DIR: what is in it, without runs
files() {
	(cd "$1" && find . -path ./.df -prune -o ! -type d -print | sort)
}

# agent NAME SCRIPT: a program that plays claude, whose prompt is its last
# argument
agent() {
	printf '%s\n' '#!/bin/sh' 'for prompt; do :; done' \
		'say() { echo "Status: $1" >"$FACTORY_RESULTS_PATH"; }' "$2" \
		>"a b/$1"
	chmod 755 "a b/$1"
}

# ---- usage ---------------------------------------------------------------

exits 2 'no command' "$factory"
is "$(cat "$out")" '' 'no command: nothing on stdout'
has "$err" 'usage: factory validate --spec-dir DIR'
exits 2 'another command' "$factory" build
has "$err" 'no such command: build'
exits 2 'no argument' "$factory" validate
has "$err" '--spec-dir is required'
exits 2 'no value' "$factory" validate --spec-dir
exits 2 'an empty value' "$factory" validate --spec-dir=
exits 2 'an option of another command' "$factory" validate --spec-dir x \
	--output-dir y
exits 2 'an operand' "$factory" validate --spec-dir x y
exits 2 'no output directory' "$factory" generate --spec-dir 'a b/spec'
exits 2 'no handoffs' "$factory" prompts --spec-dir 'a b/spec'
exits 2 'no install root' "$factory" holdout --spec-dir 'a b/spec'
exits 2 'another backend' "$factory" run --spec-dir 'a b/spec' \
	--output-dir o --agent-backend abacus
has "$err" 'abacus'
no 'and nothing was made' test -e o
exits 0 '--help' "$factory" --help
like "$out" '^usage: factory validate' '--help: on stdout'
exits 0 'of a command' "$factory" run --help
exits 0 '--version' "$factory" --version
is "$(cat "$out")" "factory $(df-validate --version | sed 's/[^ ]* //')" \
	'--version: the one of the programs'

# ---- the programs --------------------------------------------------------

mkdir bin other
for i in df-validate df-verify; do
	ln -s "$build/bin/$i" bin
done
for i in sh dirname readlink; do
	ln -s "$(command -v "$i")" other
done
cp "$factory" script
exits 1 'a copy finds none' env PATH="$tmp/other" sh ./script --version
has "$err" 'df-validate is necessary, and not in PATH'
exits 0 'but those of DF_BIN' env PATH="$tmp/other" DF_BIN=bin sh ./script \
	--version
exits 1 'DF_BIN without them' env DF_BIN=other "$factory" --version
exits 1 'no jq' env PATH="$tmp/other" DF_BIN=bin sh ./script validate \
	--spec-dir 'a b/spec'
has "$err" 'jq is necessary'
mkdir -p prefix/share/darkfactory/compat
cp "$factory" prefix/share/darkfactory/compat
ln -s "$build/bin" prefix/bin
exits 0 'installed' env PATH=/usr/bin:/bin \
	prefix/share/darkfactory/compat/factory --version
ln -s "$tmp/prefix/share/darkfactory/compat/factory" 'a b/link'
exits 0 'a link to it' env PATH=/usr/bin:/bin 'a b/link' --version
if [ -x /usr/bin/python3 ]; then
	exits 0 'as a module of Python' env PATH=/usr/bin:/bin \
		PYTHONPATH="$build/share/darkfactory/compat/python" \
		/usr/bin/python3 -m factory validate --spec-dir 'a b/spec'
	is "$(json .status)" '"PASS"' 'as a module of Python: the same'
	exits 2 'whose status is that of the script' env \
		PYTHONPATH="$build/share/darkfactory/compat/python" \
		/usr/bin/python3 -m factory
else
	skip 3 'no /usr/bin/python3'
fi

# ---- validate ------------------------------------------------------------

exits 0 'validate' "$factory" validate --spec-dir 'a b/spec'
is "$(json keys_unsorted)" \
	'["status","spec_dir","component_name","checks","summary"]' \
	'validate: the published members'
is "$(json '[.status, .spec_dir, .component_name, .summary]')" \
	'["PASS","a b/spec","Greeter",{"documents":10,"holdouts":3,"scenarios":3,"tasks":3}]' \
	'validate: and what is in them'
is "$(json '[.checks[].check_name][:6]')" \
	'["all_documents_present","d6_no_open_items","d2_scenarios_covered","d4_contracts_covered","d9_minimum_holdouts","d8_no_dependency_cycles"]' \
	'validate: six checks, in their order'
has "$out" '"status": "PASS"' 'validate: indented'
is "$(cat "$err")" '' 'validate: nothing on stderr'
exits 0 'an argument behind =' "$factory" validate '--spec-dir=a b/spec'

cp -R 'a b/spec' gap
rm gap/D5*
exits 1 'without D5' "$factory" validate --spec-dir gap
is "$(json '.status, .summary, .checks[0].details[]' | tr '\n' ' ')" \
	'"FAIL" null "Missing required document: D5_RESEARCH.md" ' \
	'without D5: which is named'
exits 1 'no directory' "$factory" validate --spec-dir nowhere
is "$(json '.status, .checks[0].check_name' | tr '\n' ' ')" \
	'"FAIL" "all_documents_present" ' 'no directory: a ValidationResult'
exits 1 'a file' "$factory" validate --spec-dir "$t/data/tiny/D1_CONSTITUTION.md"
is "$(json .status)" '"FAIL"' 'a file: too'
mkdir suite
echo '{}' >suite/suite.json
exits 1 'something else that df-validate knows' "$factory" validate \
	--spec-dir suite
cp -R 'a b/spec' latin
printf '\351\n' >>latin/D2_SPECIFICATION.md
exits 1 'not UTF-8' "$factory" validate --spec-dir latin
is "$(json '.checks[0].check_name')" '"documents_readable"' \
	'not UTF-8: a ValidationResult'
has "$out" 'not UTF-8' 'not UTF-8: which says so'
is "$(ls "$TMPDIR")" '' 'validate: no temporary files'

# ---- generate ------------------------------------------------------------

exits 0 'generate' "$factory" generate --spec-dir 'a b/spec' \
	--output-dir 'a b/one'
is "$(json .)" '{"status":"OK","handoffs":3,"output_dir":"a b/one"}' \
	'generate: says how many'
is "$(files 'a b/one')" './H-FACTORY-001/H-FACTORY-001_BUILDER_HANDOFF.md
./H-FACTORY-002/H-FACTORY-002_BUILDER_HANDOFF.md
./H-FACTORY-003/H-FACTORY-003_BUILDER_HANDOFF.md
./handoff_index.json
./validation.json' 'generate: one for each task, and an index'
no 'generate: no run is kept' test -e 'a b/one/.df'
is "$(jq -c '.spec_dir, .component_name, .handoffs[1]' \
	'a b/one/handoff_index.json')" '"a b/spec"
"Greeter"
{"handoff_id":"H-FACTORY-002","task_id":"T-002","scenarios":["SC-002"],"contracts":["IN-001","OUT-001"],"output_path":"H-FACTORY-002/H-FACTORY-002_BUILDER_HANDOFF.md"}' \
	'generate: the index'
is "$(jq -r '.status' 'a b/one/validation.json')" PASS \
	'generate: the ValidationResult as a file'
is "$(ls "$TMPDIR")" '' 'generate: no temporary files'

exits 1 'generate: from a gap' "$factory" generate --spec-dir gap \
	--output-dir two
is "$(json '[.status, .error_code, .retryable, (.checks | length > 6)]')" \
	'["FAIL","SPEC_INCOMPLETE",false,true]' 'generate: from a gap: an error'
no 'generate: from a gap: nothing is made' test -e two
: >occupied
exits 1 'generate: nowhere to write' "$factory" generate \
	--spec-dir 'a b/spec' --output-dir occupied
is "$(json '[.status, .error_code]')" '["FAIL","GENERATION_FAILED"]' \
	'generate: nowhere to write: an error'

# ---- prompts -------------------------------------------------------------

exits 1 'prompts: without handoffs' "$factory" prompts --handoffs-dir two \
	--spec-dir 'a b/spec'
is "$(json .error_code)" '"GENERATION_FAILED"' 'prompts: an error'
exits 0 'prompts' "$factory" prompts --handoffs-dir 'a b/one' \
	--spec-dir 'a b/spec'
is "$(json .)" '{"status":"OK","prompts":3,"output_dir":"a b/one"}' \
	'prompts: says how many'
is "$(files 'a b/one' | grep -c '_AGENT_PROMPT.md$') $(files 'a b/one' |
	grep -c '_EXPECTED_ANSWERS.md$')" '3 3' 'prompts: two files each'
for i in 'a b'/one/*/*_AGENT_PROMPT.md; do
	grep -cP '^\d+\.' "$i"
done >counts
is "$(sort counts | uniq -c | tr -s ' ')" ' 3 13' \
	'prompts: thirteen questions'
for i in 'a b'/one/*/*_EXPECTED_ANSWERS.md; do
	grep -c '^Expected Answer:$' "$i"
done >counts
is "$(sort counts | uniq -c | tr -s ' ')" ' 3 13' 'prompts: as many answers'
no 'prompts: which are in no prompt' grep -ril 'expected answer' \
	'a b/one' --include='*_AGENT_PROMPT.md' --include='*_HANDOFF.md'
is "$(stat -c %a 'a b'/one/*/*_EXPECTED_ANSWERS.md | sort -u)" 600 \
	'prompts: and are for their owner'

# the same in another directory, at another time, by another path
must "$factory" generate --spec-dir 'a b/spec' --output-dir "$tmp/two"
must "$factory" prompts --handoffs-dir two/ --spec-dir 'a b/spec'
ok 'two output directories are the same' diff -r 'a b/one' two
cp -R two before

# ---- once more -----------------------------------------------------------

cp -R 'a b/spec' less
perl -0 -pi -e 's/\n#### T-003.*?(?=\n#|\z)//s or die;
	s/(\*\*Total Tasks:\*\*) 3/$1 2/;
	s/(T-002.*?Scenarios Satisfied:\*\*) SC-002/$1 SC-002, SC-003/s or die' \
	less/D8_TASKS.md
echo mine >two/H-FACTORY-002/notes
exits 0 'another specification' "$factory" generate --spec-dir less \
	--output-dir two
is "$(files two | grep -v '^./H-FACTORY-001')" \
	'./H-FACTORY-002/H-FACTORY-002_BUILDER_HANDOFF.md
./H-FACTORY-002/notes
./handoff_index.json
./validation.json' 'what is not of it goes, what is not ours stays'
is "$(jq '.handoffs | length' two/handoff_index.json)" 2 \
	'and the index is the new one'

# ---- holdout -------------------------------------------------------------

mkdir 'a b/root'
echo 'echo "hello $1"' >'a b/root/greet.sh'
echo 'echo "goodbye $1"' >'a b/root/part.sh'
echo 'echo $#' >'a b/root/count.sh'
exits 0 'holdout' "$factory" holdout --spec-dir 'a b/spec' \
	--install-root 'a b/root'
is "$(json 'del(.holdouts)')" '{"p0_pass":true,"p0_total":1,"p0_passed":1,"verdict":"ACCEPT","verdict_reason":"all 1 P0 and 2 of 2 other holdouts passed","recommendations":[]}' \
	'holdout: ACCEPT'
is "$(json '.holdouts[1]')" '{"holdout_id":"HS-002","priority":"P1","status":"PASS","validates_scenarios":["SC-002"],"validates_contracts":["OUT-001"],"responsible_task":"T-002"}' \
	'holdout: the published members'
has "$err" "factory: sandbox level $level" 'holdout: says where it judged'
is "$(files 'a b/root' | tr '\n' ' ')" './count.sh ./greet.sh ./part.sh ' \
	'holdout: leaves the install root as it is'

# what is not committed counts, and the specification in there is no leak
cp -R 'a b/root' work
git init -q work
cp -R 'a b/spec' work/spec
echo 'echo nobody' >work/greet.sh
echo greet.sh >work/.gitignore
exits 1 'holdout: a P0 that fails' "$factory" holdout --spec-dir work/spec \
	--install-root work
is "$(json '[.p0_pass, .p0_total, .p0_passed, .verdict]')" \
	'[false,1,0,"REJECT"]' 'holdout: REJECT'
is "$(json '.holdouts[0] | [.status, .responsible_task,
	(.actual_output | type), (.expected_output | length > 0)]')" \
	'["FAIL","T-001","string",true]' 'holdout: with what was expected'
is "$(json '.recommendations[0] | test("T-001")')" true \
	'holdout: and what to do'
is "$(json '.holdouts[2] | [.status, .error_message[:7]]')" \
	'["ERROR","not-run"]' 'holdout: and no further'
cp 'a b/root/greet.sh' work
rm work/count.sh
exits 1 'holdout: one that cannot be run' "$factory" holdout \
	--spec-dir work/spec --install-root work
is "$(json '[.verdict, .p0_pass, .holdouts[2].status]')" \
	'["PARTIAL",true,"ERROR"]' 'holdout: PARTIAL'
exits 1 'holdout: nothing to judge' "$factory" holdout --spec-dir work/spec \
	--install-root nowhere
is "$(json '[.error_code, .retryable]')" '["HOLDOUT_EXECUTION_ERROR",true]' \
	'holdout: nothing to judge: an error'
exits 1 'holdout: by a gap' "$factory" holdout --spec-dir gap \
	--install-root work
is "$(json .error_code)" '"SPEC_INCOMPLETE"' 'holdout: by a gap: an error'
exits 1 'holdout: at no level' env DF_SANDBOX_LEVEL=low "$factory" holdout \
	--spec-dir 'a b/spec' --install-root 'a b/root'
has "$err" 'sandbox.level' 'holdout: at no level: says which'
exits 0 'holdout: without a sandbox, as asked' env DF_SANDBOX_LEVEL=none \
	"$factory" holdout --spec-dir 'a b/spec' --install-root 'a b/root'
has "$err" 'factory: sandbox level none: nothing is isolated' \
	'holdout: without a sandbox: which is said'
if [ $level = bwrap ]; then
	mkdir broken
	printf '#!/bin/sh\nexit 1\n' >broken/bwrap
	chmod 755 broken/bwrap
	exits 1 'holdout: no sandbox can be made' env PATH="$tmp/broken:$PATH" \
		"$factory" holdout --spec-dir 'a b/spec' \
		--install-root 'a b/root'
	has "$err" 'factory: DF_SANDBOX_LEVEL=none does without a sandbox' \
		'holdout: no sandbox can be made: what to do'
	is "$(json .error_code)" '"HOLDOUT_EXECUTION_ERROR"' \
		'holdout: no sandbox can be made: an error'
else
	skip 3 'no sandbox'
fi
cp -R 'a b/spec' curious
perl -0 -pi -e 's/(### HS-001.*?\*\*Verify:\*\*\s*```bash\n)/$1test "\$NAME-\$OTHER" = alice-bob || exit 1\n/s or die' \
	curious/D9_HOLDOUT_SCENARIOS.md
exits 1 'holdout: nothing of our environment' env NAME=alice OTHER=bob \
	"$factory" holdout --spec-dir curious --install-root 'a b/root'
exits 0 'holdout: but what is asked for' env NAME=alice \
	FACTORY_JUDGE_ENV='NAME OTHER=bob' \
	"$factory" holdout --spec-dir curious --install-root 'a b/root'
is "$(ls "$TMPDIR")" '' 'holdout: no temporary files'

# ---- run -----------------------------------------------------------------

agent right 'case $prompt in
*"Task: T-001**"*) echo "echo \"hello \$1\"" >greet.sh ;;
*"Task: T-002**"*) echo "echo \"goodbye \$1\"" >part.sh ;;
*"Task: T-003**"*) echo "echo \$#" >count.sh ;;
esac
say PASS'
exits 0 'run' env FACTORY_CLAUDE_PATH='a b/right' "$factory" run \
	--spec-dir 'a b/spec' --output-dir 'a b/one' --agent-backend claude-code
is "$(json keys_unsorted)" \
	'["spec_dir","component_name","validation","dispatches","holdouts","verdict","verdict_reason","total_tokens","total_duration_ms","recommendations","run"]' \
	'run: the published members, and two'
is "$(json '[.verdict, .validation.status, .spec_dir, .total_tokens,
	(.holdouts | map(.status))]')" \
	'["ACCEPT","PASS","a b/spec",0,["PASS","PASS","PASS"]]' 'run: ACCEPT'
is "$(json '.dispatches[2] | del(.dispatch_id, .timestamp_dispatched,
	.timestamp_completed)')" \
	'{"handoff_id":"H-FACTORY-003","task_id":"T-003","status":"COMPLETED","tokens_used":null,"results_path":"H-FACTORY-003/H-FACTORY-003_RESULTS.md"}' \
	'run: a record of each dispatch'
ok 'run: the report as a file' cmp "$out" 'a b/one/factory_report.json'
like 'a b/one/factory_report.md' '^# Greeter: ACCEPT' 'run: and for people'
is "$(cat 'a b/one/H-FACTORY-003/H-FACTORY-003_RESULTS.md')" 'Status: PASS' \
	'run: the results file'
ok 'run: what was built' diff -r 'a b/root' 'a b/one/result/'
ok 'run: handoffs and prompts are those that were there' diff -r -x .df \
	-x result -x 'factory_report.*' -x '*.jsonl' -x '*_RESULTS.md' \
	before 'a b/one'
is "$(files 'a b/one' | grep -c '_EXPECTED_ANSWERS.md$')" 3 \
	'run: with expected answers'
is "$(stat -c %a 'a b/one/.df' 'a b/one/.df/keys' | tr '\n' ' ')" '700 700 ' \
	'run: keys are for their owner'
ok 'run: it verifies' df-verify --trust 'a b/one/.df/trust' \
	"a b/one/$(jq -r .run "$out")"
is "$(ls "$TMPDIR")" '' 'run: no temporary files'
is "$(ls .factory)" '' 'run: a factory around us hears nothing of it'

exits 0 'run: again' env FACTORY_CLAUDE_PATH="$tmp/a b/right" "$factory" run \
	--spec-dir 'a b/spec' --output-dir 'a b/one'
is "$(wc -l <'a b/one/dispatch_ledger.jsonl') $(jq -r .run \
	'a b/one/dispatch_ledger.jsonl' | sort -u | wc -l)" '12 2' \
	'run: again: the ledger only grows'
is "$(find 'a b/one/.df/runs' -mindepth 1 -maxdepth 1 | wc -l)" 2 \
	'run: again: another run'

# how the agent is called, and what it sees
agent curious 'say PASS
printf "%s|" "$1" "$2" "$3" "$4"
pwd
printenv ANTHROPIC_API_KEY
cat '"'$tmp/a b/three'"'/*/*_EXPECTED_ANSWERS.md
ls -a '"'$tmp/a b/three'"
exits 1 'run: nothing built' env FACTORY_CLAUDE_PATH='a b/curious' "$factory" \
	run --spec-dir 'a b/spec' --output-dir 'a b/three'
is "$(json .verdict)" '"PARTIAL"' 'run: nothing built: cannot be judged'
log="a b/three/$(jq -r .run "$out")/result/T-002/1.log"
like "$log" '^--print\|--allowedTools\|Read,Write,Edit,Bash,Glob,Grep\|-p\|/' \
	'run: the published arguments'
unlike "$log" "^--print.*$tmp/a b" 'run: not in the output directory'
if [ $level = bwrap ]; then
	unlike "$log" 'Expected Answer|handoff_index' \
		'run: nothing of which it sees'
	exits 1 'run: with a key' env FACTORY_CLAUDE_PATH='a b/curious' \
		ANTHROPIC_API_KEY=sk-ant-0123456789 "$factory" run \
		--spec-dir 'a b/spec' --output-dir 'a b/three'
	log="a b/three/$(jq -r .run "$out")"
	like "$log/result/T-001/1.log" '\[secret\]' 'run: which it gets'
	is "$(jq -r .sandbox.network "$log/dispatch/T-001/1.json")" host \
		'run: and the network'
else
	skip 4 'no sandbox'
fi

# ---- failures ------------------------------------------------------------

agent fails 'case $prompt in
*"Task: T-003**"*) say FAIL ;;
*) say PASS ;;
esac'
cp -R 'a b/spec' chain
more_tasks chain 'T-004 T-001' 'T-005 T-003'
must "$factory" generate --spec-dir chain --output-dir 'a b/four'
exits 1 'a task fails' env FACTORY_CLAUDE_PATH='a b/fails' "$factory" run \
	--spec-dir chain --output-dir 'a b/four'
is "$(json '[.dispatches[].status]')" \
	'["COMPLETED","COMPLETED","FAILED","COMPLETED","BLOCKED"]' \
	'a task fails: its dependent is BLOCKED, its peer is not'
is "$(json '.dispatches[2] | [.error, .error_code]')" \
	'["the results file says FAIL: FAIL","BUILDER_TASK_FAILED"]' \
	'a task fails: why'
is "$(json '.dispatches[4] | [.handoff_id, .dispatch_id, .error]')" \
	'["H-FACTORY-005",null,"blocked by T-003"]' 'a task fails: by what'
is "$(json '[.verdict, .holdouts]')" '["REJECT",[]]' \
	'a task fails: nothing is judged'
is "$(jq -r '.task_id + " " + .status' 'a b/four/dispatch_ledger.jsonl' |
	tr '\n' ',')" \
	'T-001 DISPATCHED,T-001 COMPLETED,T-002 DISPATCHED,T-002 COMPLETED,T-003 DISPATCHED,T-003 FAILED,T-004 DISPATCHED,T-004 COMPLETED,' \
	'a task fails: the ledger, each before and after'
is "$(jq -r .dispatch_id 'a b/four/dispatch_ledger.jsonl' | sort | uniq -c |
	grep -cE '^ +2 [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')" 4 \
	'a task fails: by one id each'
is "$(jq -s 'all(.timestamp_completed == null or
	.timestamp_completed >= .timestamp_dispatched)' \
	'a b/four/dispatch_ledger.jsonl')" true 'a task fails: and in time'
is "$(cat 'a b/four/H-FACTORY-003/H-FACTORY-003_RESULTS.md')" 'Status: FAIL' \
	'a task fails: its results file'
no 'a task fails: no result' test -e 'a b/four/result'
agent refuses 'say FAIL'
exits 1 'it fails where all went well' env FACTORY_CLAUDE_PATH='a b/refuses' \
	"$factory" run --spec-dir 'a b/spec' --output-dir 'a b/one'
is "$(json '[.dispatches[].status]')" '["FAILED","BLOCKED","BLOCKED"]' \
	'it fails where all went well: nothing is built'
is "$(files 'a b/one' | grep '_RESULTS.md$')" \
	./H-FACTORY-001/H-FACTORY-001_RESULTS.md \
	'no results file there is of the run before'
no 'and no result' test -h 'a b/one/result'

exits 1 'run: of a gap' env FACTORY_CLAUDE_PATH='a b/right' "$factory" run \
	--spec-dir gap --output-dir five
is "$(json '[.verdict, .validation.status, .dispatches, .holdouts,
	(.verdict_reason | startswith("SPEC_INCOMPLETE: "))]')" \
	'["REJECT","FAIL",[],[],true]' 'run: of a gap: a report'
ok 'run: of a gap: as a file' cmp "$out" five/factory_report.json
has five/factory_report.md 'Missing required document: D5_RESEARCH.md'
no 'run: of a gap: no run' test -e five/.df
chmod 644 'a b/right'
exits 1 'run: an agent that is no program' env \
	FACTORY_CLAUDE_PATH='a b/right' "$factory" run --spec-dir 'a b/spec' \
	--output-dir six
like "$out" 'DISPATCH_FAILED: the agent .* cannot be executed' \
	'run: an agent that is no program: a report'
exits 1 'run: no agent' env PATH=/usr/bin:/bin "$factory" run \
	--spec-dir 'a b/spec' --output-dir six
has "$out" 'DISPATCH_FAILED: there is no agent' 'run: no agent: a report'
exits 1 'run: the other backend' "$factory" run --spec-dir 'a b/spec' \
	--output-dir six --agent-backend=claude-api
has "$out" 'DISPATCH_FAILED: the backend claude-api does not exist'
no 'run: none of them is a run' test -e six/.df

# the user's keys, if there are some
chmod 755 'a b/right'
DF_KEYS=$tmp/keys DF_TRUST=$tmp/trust
export DF_KEYS DF_TRUST
keys
exits 0 'run: with keys' env FACTORY_CLAUDE_PATH='a b/right' "$factory" run \
	--spec-dir 'a b/spec' --output-dir seven
no 'run: with keys: none are made' test -e seven/.df/keys
ok 'run: with keys: it verifies' df-verify "seven/$(jq -r .run "$out")"
is "$(files seven | grep -c '_EXPECTED_ANSWERS.md$')" 3 \
	'run: with keys: expected answers are opened'
mv keys/df-holdout.age keys/hidden
exits 1 'run: without the identity' env FACTORY_CLAUDE_PATH='a b/right' \
	"$factory" run --spec-dir 'a b/spec' --output-dir eight
has "$err" 'expected answers stay in'
is "$(json '[.verdict, (.dispatches | map(.status) | unique)]')" \
	'["PARTIAL",["COMPLETED"]]' 'run: without the identity: nothing judges'
is "$(files eight | grep -c '_EXPECTED_ANSWERS.md$')" 0 \
	'run: without the identity: no expected answers'
unset DF_KEYS DF_TRUST

# ---- signals -------------------------------------------------------------

nap=60.$$
agent slow "case \$prompt in
*'Task: T-002**'*) sleep $nap ;;
esac
say PASS"
bg env FACTORY_CLAUDE_PATH='a b/slow' "$factory" run --spec-dir 'a b/spec' \
	--output-dir nine >"$out" 2>"$err"
ok 'a run that goes on' await 30 running $nap
sleep 0.2
kill -TERM "$pid"
wait "$pid"
is "$?" 143 'a signal ends it'
is "$(jq -r '.task_id + " " + .status' nine/dispatch_ledger.jsonl |
	tr '\n' ',')" \
	'T-001 DISPATCHED,T-001 COMPLETED,T-002 DISPATCHED,T-002 FAILED,' \
	'a signal: and the ledger says so'
is "$(ls "$TMPDIR")" '' 'a signal: no temporary files'
no 'a signal: nor in the output directory' sh -c 'ls -d nine/.new*'
done_testing
