#!/bin/sh
# df-dispatch: agents over prompts: order, failures, what agents are given,
# what is taken of what they leave, merging, dying.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch
needs_prog git flock
needs_bwrap
keys
tiny_spec spec
mkdir base
echo base >base/file

# job SCRIPT [MEMBERS [ARGV]]: a run that is ready for this agent; $opts are
# further options of df-boot, $spec the specification.  Runs of the same inputs
# are copies of one, for only the agent itself differs.
spec=spec opts='' jobs=0
job() {
	adapter job "$1" "$2" "$3"
	prepare
}

prepare() {
	job_key=$({ cat "$adapter"; echo "$spec $opts"; ls -lR base; } | cksum |
		tr ' ' .)
	if [ ! -d "ready.$job_key" ]; then
		# shellcheck disable=SC2086 # words
		ready "$adapter" --spec "$spec" --base base $opts
		mv "$DF_RUN" "ready.$job_key"
	fi
	jobs=$((jobs + 1))
	DF_RUN=jobs/$jobs
	mkdir -p jobs
	cp -a "ready.$job_key" "$DF_RUN"
}

# record TASK ATTEMPT [host]: its file
record() {
	echo "$DF_RUN/dispatch/$1/$2${3:+.$3}.json"
}

# status TASK ATTEMPT: of the record, with the code of an error
status() {
	sed 's/.*"status":"\([A-Z]*\)".*/\1/' "$(record "$1" "$2")"
	sed -n 's/.*"error_code":"\([a-z._]*\)".*/\1/p' "$(record "$1" "$2")"
}

# order: the stages of the log as they began (+) and ended (- or !)
order() {
	sed -n 's/.*"stage":"\([^"]*\)".*"type":"stage\.\([a-z]*\)".*/\2 \1/p' \
		"$DF_RUN/log.jsonl" | sed '/ handoff$/d; / prompt$/d
		s/started dispatch./+/; s/completed dispatch./-/
		s/failed dispatch./!/; s/completed merge/=/; s/failed merge/#/
		/started merge/d' | tr '\n' ' '
}

# one NAME CODE STATUS SCRIPT [MEMBERS]: T-001 alone with this agent
one() {
	one_name=$1 one_code=$2 one_status=$3
	shift 3
	job "$@"
	exits "$one_code" "$one_name" df-dispatch T-001
	is "$(status T-001 1 | tr '\n' ' ')" "$one_status " "$one_name: $one_status"
}

# all of the run's blobs and its log
blobs() {
	cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl"
}

# shellcheck disable=SC2317 # `ok' runs it
empty_scratch() {
	[ -z "$(find "$DF_SCRATCH" -mindepth 2)" ]
}

# ---- the interface, and what has to be there ----

exits 0 'help' df-dispatch --help
has "$out" 'usage: df-dispatch'
exits 0 'version' df-dispatch --version
exits 2 'no run' df-dispatch
exits 2 'an unknown option' df-dispatch --bogus
exits 2 'no attempt at a time' df-dispatch -j 0
exits 3 'no such run' df-dispatch -C nowhere
boot --spec spec
must df-handoff -q
must df-prompt -q
exits 4 'a run without an adapter' df-dispatch -v
has "$err" 'agent.adapter'
builder
boot --spec spec --set "agent.adapter=$adapter"
exits 4 'no handoff' df-dispatch
has "$err" 'T-001 has no handoff: no PASS, no read'
must df-handoff -q
exits 4 'no prompt' df-dispatch -v
has "$err" 'hint: df-prompt T-001'
exits 4 'an empty stdin' sh -c 'df-prompt -C nowhere 2>/dev/null | df-dispatch -'
must df-prompt -q
exits 3 'a task that there is not' df-dispatch T-004
exits 5 'a key of another role' df-dispatch -k keys/df-run
chmod 644 keys/df-build
exits 5 'a key that others can read' df-dispatch
chmod 600 keys/df-build
exits 4 'a task whose dependency was not asked for' df-dispatch T-002
has "$err" 'T-002 BLOCKED by T-001'
exits 0 'what would be done' df-dispatch -n
is "$(cat "$out")" 'dispatch/T-001/1.json
dispatch/T-002/1.json
dispatch/T-003/1.json' 'names of records'
is "$(order)" '' 'nothing was dispatched'

# ---- a run ----

exits 0 'a pipeline' sh -c 'df-handoff -q | df-prompt -q - | df-dispatch -'
is "$(cat "$out")" "$(printf 'dispatch/T-00%s/1.json\nresult/T-00%s/1.tree\n' \
	1 1 2 2 3 3)
result/merged.tree
result/merged.patch" 'names of what holds'
is "$(order)" '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 = ' 'the order'
is "$(tree result/merged.tree)" '100644 count.sh
100644 greet.sh
100644 part.sh' 'what was merged'
is "$(tree result/T-002/1.tree)" '100644 greet.sh
100644 part.sh' 'a task starts from what it depends on'
is "$(cd "$DF_RUN" && echo dispatch/T-001/* result/T-001/*)" \
	'dispatch/T-001/1.host.json dispatch/T-001/1.json result/T-001/1.md result/T-001/1.patch result/T-001/1.tree' \
	'what there is of an attempt'
f=$(record T-002 1)
has "$f" '"schema":"df.attempt/1"'
has "$f" '"status":"COMPLETED"'
has "$f" '"results_status":"PASS"'
has "$f" '"from":["T-001"]'
has "$f" '"sandbox":{"level":"bwrap","network":"none"}'
has "$f" '"handoff_id":"H-FACTORY-002"'
has "$f" "\"start\":\"sha256:$(tap_hex result/T-001/1.tree "$DF_RUN")\""
like "$f" '"dispatch_id":"[0-9a-f]{8}-[0-9a-f]{4}-8' 'a dispatch id'
ok 'the scratch directory is empty' empty_scratch
before=$(wc -l <"$DF_RUN/log.jsonl")
exits 0 'nothing to do' df-dispatch
is "$(wc -l <"$out")" 8 'all names are passed on'
is "$(wc -l <"$DF_RUN/log.jsonl")" "$before" 'no event'
exits 0 'one task of it' df-dispatch T-003
is "$(head -n 2 "$out")" 'dispatch/T-003/1.json
result/T-003/1.tree' 'its names'
exits 0 'as JSON' df-dispatch --json T-003
like "$out" '^\{"digest":"sha256:[0-9a-f]{64}","name":"dispatch/T-003/1.json","size":[0-9]+,"task":"T-003"\}$' \
	'objects'
exits 9 'stdout is full' into /dev/full df-dispatch

# ---- order, and several at the same time ----

cp -R spec wide
more_tasks wide 'T-004 T-002, T-003' 'T-005 None'
job 'sleep 0.1; result PASS'
exits 0 'one at a time' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 = ' 'is one at a time'
spec=wide
job 'case $task in T-001) sleep 0.3 ;; *) sleep 0.2 ;; esac; result PASS'
exits 0 'two at a time' df-dispatch -j 2
is "$(order | cut -d ' ' -f 1-2)" '+T-001 +T-005' 'what needs nothing starts'
is "$(order | tr ' ' '\n' | grep -n '^[+-]T-00[234]' | cut -d : -f 2 |
	sed 's/-T-00[23]/-T-x/' | tr '\n' ' ')" \
	'+T-002 +T-003 -T-x -T-x +T-004 -T-004 ' 'then what needs that, together'

# The record is on disk before the process is there.
spec=spec
job 'echo >"$task.pid"; sleep 20; result PASS'
bg df-dispatch -q T-001
# shellcheck disable=SC2317 # `await' runs it
workspace() {
	find "$DF_SCRATCH" -name T-001.pid | grep -q .
}
await 10 workspace
has "$DF_RUN/log.jsonl" '"type":"stage.started"' 'an attempt that runs is in the log'
exits 7 'a second dispatcher' df-dispatch
has "$err" "dispatcher"
# ---- signals ----
kill -TERM "$pid"
wait "$pid"
is $? 9 'a dispatcher that is told to end: exit 9'
is "$(status T-001 1 | tr '\n' ' ')" 'FAILED interrupted ' 'closes its attempt'
ok 'and leaves no workspace' empty_scratch
sed -i 's/sleep 20;//' agents/job.d/agent
exits 0 'again' df-dispatch
is "$(order)" '+T-001 !T-001 +T-001 -T-001 +T-002 -T-002 +T-003 -T-003 = ' \
	'finishes the work'
job "sleep 3141.$$; result PASS"
bg df-dispatch -q
await 10 running "3141.$$"
ok 'an agent runs' running "3141.$$"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# shellcheck disable=SC2317 # `await' runs it
dead() {
	! running "3141.$$"
}
ok 'when its dispatcher is killed it is dead' await 5 dead
is "$(order)" '+T-001 ' 'its attempt is open'
sed -i "s/3141.$$/0.01/" agents/job.d/agent
exits 0 'again' df-dispatch
has "$err" 'T-001 lost: attempt 1'
is "$(order)" '+T-001 !T-001 +T-001 -T-001 +T-002 -T-002 +T-003 -T-003 = ' \
	'closes it and goes on'
has "$DF_RUN/log.jsonl" '"code":"lost"'
ok 'the stale workspace is gone' empty_scratch
no 'no lock of an attempt is left' sh -c 'ls "$1" | grep attempt' sh \
	"$DF_RUN/work"

# no room for workspaces, only for their beginning
if has_mount; then
	mkdir -p small
	head -c 2000000 /dev/urandom >base/large
	job 'result PASS'
	run unshare --mount sh -c 'mount -t tmpfs -o size=1000k none small &&
		DF_SCRATCH=$PWD/small exec df-dispatch' sh
	is "$rc" 9 'a full scratch directory'
	is "$(order)" '+T-001 !T-001 ' 'is tried once'
	exits 0 'with room it goes on' df-dispatch
	is "$(order)" \
	    '+T-001 !T-001 +T-001 -T-001 +T-002 -T-002 +T-003 -T-003 = ' \
	    'where it was'
	rm -r base/large small
else
	skip 4 'nothing can be mounted'
fi

# ---- results ----

one 'no results file' 1 'FAILED results.missing' ':'
exits 1 'with those that need it' df-dispatch
has "$err" 'T-002 BLOCKED by T-001'
has "$err" 'T-003 BLOCKED by T-001'
is "$(order)" '+T-001 !T-001 +T-001 !T-001 ' 'attempts are dense'
one 'FAIL' 1 'FAILED results.status' 'result FAIL'
has "$err" 'FAIL'
has "$(record T-001 1)" '"results_status":"FAIL"'
ok 'the results file is kept' test -s "$DF_RUN/result/T-001/1.md"
one 'PARTIAL' 1 'FAILED results.status' 'result PARTIAL'
one 'no status' 1 'FAILED results.status' 'echo done >"$FACTORY_RESULTS_PATH"'
one 'the form, not filled in' 1 'FAILED results.status' \
	'result "PASS | FAIL | PARTIAL"'
one 'two words' 1 'FAILED results.status' 'result "not PASS"'
one 'an empty file' 1 'FAILED results.status' ': >"$FACTORY_RESULTS_PATH"'
one 'no text' 1 'FAILED results.status' 'head -c 100 /dev/urandom >.df/RESULTS.md'
one 'a link' 1 'FAILED results.missing' \
	'echo "Status: PASS" >x; ln -s ../x .df/RESULTS.md'
one 'a directory' 1 'FAILED results.type' 'mkdir .df/RESULTS.md'
one 'a fifo' 1 'FAILED results.type' 'mkfifo .df/RESULTS.md'
one 'a file of 2 MiB' 1 'FAILED file.size' \
	'result PASS; head -c 2097152 /dev/zero | tr "\0" x >>.df/RESULTS.md'
one '.df replaced by a link' 1 'FAILED results.missing' \
	'mkdir d; mv .df old; ln -s d .df; result PASS'
one 'an agent that ends with 3' 0 COMPLETED 'result PASS; exit 3'
has "$(record T-001 1)" '"agent":{"exit":3,"timeout":false}' 'it is recorded'
one 'an agent that is killed' 0 COMPLETED 'result PASS; kill -KILL $$'
has "$(record T-001 1)" '"agent":{"signal":9,"timeout":false}' 'it is recorded'
one 'another place for results' 0 COMPLETED 'result PASS' \
	'"results":".df/OTHER.md"'

job 'case $task in T-002) result FAIL ;; *) result PASS ;; esac'
exits 1 'one fails' df-dispatch -j 2
is "$(status T-003 1)" COMPLETED 'what does not need it goes on'
is "$(grep -c merged "$out")" 0 'nothing is merged'

# ---- retries, budgets ----

mkdir -m 777 open
again='n=$(($(cat OPEN/n 2>/dev/null || echo 0) + 1)); echo $n >OPEN/n
[ $n -ge 3 ] && result PASS || result FAIL'
again=$(echo "$again" | sed "s|OPEN|$tmp/open|g")
opts='--set retry.failures=all --set sandbox.level=none'
job "$again"
exits 0 'an agent that succeeds at last' df-dispatch T-001
is "$(order)" '+T-001 !T-001 +T-001 !T-001 +T-001 -T-001 ' 'third attempt'
is "$(grep -c 'T-001 failed, once more: ' "$err")" 2 'said with the reason'
has "$(record T-001 1)" '"retryable":true'
is "$(head -n 1 "$out")" dispatch/T-001/3.json 'the name is that of the third'
ok 'the failed ones are there' test -s "$(record T-001 2)"
rm -f open/n
opts="$opts --set limits.max_attempts=2"
job "$again"
exits 1 'two attempts are not enough' df-dispatch T-001
is "$(order)" '+T-001 !T-001 +T-001 !T-001 ' 'two attempts'
exits 8 'asked again' df-dispatch
has "$err" 'all 2 attempts are used up'
has "$err" 'T-002 BLOCKED by T-001'
is "$(order)" '+T-001 !T-001 +T-001 !T-001 ' 'no third'

rm -f open/n
opts='--set sandbox.level=none --set retry.failures=none'
job "$again"
exits 1 'no retries' df-dispatch T-001
exits 1 'but when asked' df-dispatch T-001
exits 0 'and again' df-dispatch T-001
is "$(order)" '+T-001 !T-001 +T-001 !T-001 +T-001 -T-001 ' 'dense attempts'

opts=''
adapter job 'result PASS'
prepare
rm agents/job.d/agent
exits 9 'a program that is not there' df-dispatch T-001
is "$(order)" '+T-001 !T-001 +T-001 !T-001 +T-001 !T-001 ' \
	'is tried as often as allowed: nobody of the builders did that'
is "$(status T-001 3 | tr '\n' ' ')" 'FAILED agent.exec ' 'agent.exec'
opts='--set retry.failures=none'
job 'result PASS'
rm agents/job.d/agent
exits 9 'without retries' df-dispatch T-001
is "$(order)" '+T-001 !T-001 ' 'once'

opts='--set limits.attempt_seconds=1'
one 'no end' 8 'FAILED agent.timeout' 'result PASS; sleep 20'
has "$(record T-001 1)" '"timeout":true'
has "$err" 'no end after 1 seconds'
opts='--set limits.tokens=150'
job 'result PASS; echo "{\"tokens\":100}"' '"usage":"{tokens: .[0].tokens}"'
exits 8 'tokens are used up' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 ' 'after two attempts'
has "$err" 'limits.tokens'
exits 8 'and stay so' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 ' 'no attempt more'
opts=''

# ---- what an agent is given ----

look='
{ pwd; ls -A; ls -A .df; cat .df/handoff.md | cksum
  printf "%s" "$2" | cksum; cksum <.df/prompt.md; cat | cksum
  echo "args $# $3 $4 $5 $6"; env | sort; id -u
} >/tmp/seen 2>&1
mv /tmp/seen .; result PASS'
job "$look" '"stdin":"prompt","env":{"COLOUR":"blue"}' \
	'"{task}","{prompt}","{prompt_file}","{handoff_file} {results_file}","{model}.","{x}{"'
exits 0 'an agent that looks around' df-dispatch T-001
must content result/T-001/1.tree seen
cp "$out" seen
has seen '/ws' 'it is in /ws'
is "$(sed -n 5,6p seen | tr '\n' ' ')" 'handoff.md prompt.md ' '.df is fresh'
is "$(sed -n 7p seen)" "$(cksum <"$DF_RUN/handoff/T-001.md")" 'the handoff'
for i in 8:argument 9:file 10:stdin; do
	is "$(sed -n "${i%%:*}p" seen)" "$(cksum <"$DF_RUN/prompt/T-001.md")" \
		"the prompt by ${i#*:}"
done
has seen 'args 6 .df/prompt.md .df/handoff.md .df/RESULTS.md . {x}{' \
	'arguments; other braces stay'
is "$(sed -n '/^[A-Z_]*=/p' seen | grep -v '^PWD=' | tr '\n' ' ')" \
	'COLOUR=blue FACTORY_RESULTS_PATH=/ws/.df/RESULTS.md HOME=/home/agent LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TERM=dumb ' \
	'its whole environment'
no 'it is not root' grep -qx 0 seen
opts='--set agent.model=m-7'
job 'echo "$2" >seen; result PASS' '' '"{task}","--model={model}"'
must df-dispatch -q T-001
is "$(content result/T-001/1.tree seen)" '--model=m-7' 'the model'
opts=''

git='git log --format=%H | wc -l; git remote; git reflog 2>&1 | wc -l
git status --porcelain; git log -1 --format=%an; ls -A .git/hooks 2>/dev/null'
job "{ $git; } >/tmp/seen 2>&1; mv /tmp/seen seen; result PASS"
must df-dispatch -q T-001
is "$(content result/T-001/1.tree seen | tr -s ' \n' ' ')" '1 0 darkfactory ' \
	'a repository of one commit: no remote, reflog, change or hook'
job 'ls -A >seen; result PASS' '"workspace":"tree"'
must df-dispatch -q T-001
is "$(content result/T-001/1.tree seen | tr '\n' ' ')" '.df file seen ' \
	'a tree: no repository'
one 'no workspace' 0 COMPLETED 'echo "{\"message\":\"it is $(ls -A)\"}"; result PASS' \
	'"workspace":"none","usage":".[0]"'
has "$(record T-001 1)" '"message":"it is .df"' 'an empty directory'
is "$(tap_hex result/T-001/1.tree "$DF_RUN")" "$(tap_hex base.tree "$DF_RUN")" \
	'the result is what it started from'

# a path, files of HOME
mkdir -p tools "$HOME/.agent/d"
printf '#!/bin/sh\necho our own tool\n' >tools/df-test-tool
chmod 755 tools/df-test-tool
echo credentials >"$HOME/.agent/d/key"
echo other >"$HOME/.agent/d/other"
job 'df-test-tool >seen; cat ~/.agent/d/key >>seen; echo x >~/.agent/d/key
ls -A ~/.agent/d >>seen; echo x >>"$(command -v df-test-tool)"; result PASS' \
	'"path":["{here}/../tools"],"home":[".agent/d/key"]'
sed -i 's|"ro":\[|&"{here}/../tools",|' "$adapter"
prepare
must df-dispatch -q T-001
is "$(content result/T-001/1.tree seen | tr '\n' ' ')" \
	'our own tool credentials key ' 'a path, a file of HOME'
is "$(cat "$HOME/.agent/d/key") $(wc -l <tools/df-test-tool)" 'credentials 2' \
	'both are as they were'

# secrets
DF_TEST_SECRET='Tr0ub4dor&3/correct+horse'
export DF_TEST_SECRET
secret=$DF_TEST_SECRET
pass='"pass_env":["DF_TEST_SECRET"],"usage":".[0]"'
job 's=$DF_TEST_SECRET
echo "raw $s"; echo "err $s" >&2; printf %s "$s" | base64
printf "xx%s" "$s" | base64; printf %s "$s" | od -An -tx1 | tr -d " \n"; echo
echo "Tr0ub4dor%263%2Fcorrect%2Bhorse"
echo "{\"message\":\"it is $s\",\"session\":\"$s\"}"
printf "# Results\n\n## Status: PASS\n\n$s\n" >.df/RESULTS.md' "$pass"
exits 0 'an agent that tells its secret' df-dispatch T-001
has "$DF_RUN/result/T-001/1.log" '[secret]'
like "$(record T-001 1)" '"masked":[1-9]' 'how often is recorded'
blobs >all
b64=$(printf %s "$secret" | base64)
hex=$(printf %s "$secret" | od -An -tx1 | tr -d ' \n')
for i in "$secret" "${b64%??????}" "$(printf 'xx%s' "$secret" | base64 |
    cut -c 5-28)" "$hex" 'Tr0ub4dor%263%2Fcorrect'; do
	no 'the secret is nowhere in the run' grep -aFq -e "$i" all
done
has "$DF_RUN/boot.host.json" '"adapter":{' 'but the adapter is recorded'
one 'an agent that leaves it in a file' 1 'FAILED secret.leak' \
	'echo "key=$DF_TEST_SECRET" >config; result PASS' "$pass"
has "$err" 'config holds a secret'
blobs >all
no 'it is nowhere in the run' grep -aFq -e "$secret" all
one 'or in the name of a file' 1 'FAILED secret.leak' \
	': >"$(printf %s "$DF_TEST_SECRET" | tr / _)"; : >"x$(printf %s "$DF_TEST_SECRET" | od -An -tx1 | tr -d " \n")"; result PASS' \
	"$pass"
blobs >all
no 'it is nowhere in the run' grep -aFq -e "$hex" all
job 'result PASS' "$pass"
unset DF_TEST_SECRET
exits 4 'a variable that is not set any more' df-dispatch T-001
has "$err" 'DF_TEST_SECRET'

# what it says of itself
one 'usage' 0 COMPLETED 'result PASS
echo "some text"
echo "{\"n\":1,\"in\":5,\"out\":7,\"cost\":0.25,\"id\":\"s-1\",\"said\":\"done\"}"' \
	'"usage":"last | {tokens: (.in + .out), cost_microusd: (.cost * 1000000), session: .id, message: .said}"'
for i in '"tokens_used":12' '"cost_microusd":250000' '"session":"s-1"' \
    '"message":"done"'; do
	has "$(record T-001 1)" "$i"
done
has "$DF_RUN/log.jsonl" '"tokens":12'
one 'a program that fails' 0 COMPLETED 'result PASS' '"usage":"error(\"no\")"'
like "$(record T-001 1)" '"usage_error":"' 'its error is recorded'
for i in env.HOME input_filename; do
	one "usage: $i" 0 COMPLETED 'result PASS' \
		"\"usage\":\"{message: ($i | tostring)}\""
	has "$(record T-001 1)" '"message":"null"' 'gives nothing'
done
for i in '$ENV.HOME' 'input' 'now' '$__prog_args' 'import \"a\" as a; .' 'include \"a\"; .'; do
	one "usage: $i" 0 COMPLETED 'result PASS' \
		"\"usage\":\"{message: (($i) | tostring)}\""
	hasnot "$(record T-001 1)" '"message"' 'gives nothing'
done
one 'a message with a terminal escape' 0 COMPLETED \
	'result PASS; echo "{\"message\":\"\\u001b[31mred\\u202e\"}"' \
	'"usage":".[0]"'
has "$(record T-001 1)" 'red'
unlike "$(record T-001 1)" '\\u001b' 'is escaped'

# ---- what is taken of what it leaves ----

one 'modes' 0 COMPLETED '
echo a >plain; echo b >exec; echo c >group; echo d >setid; echo e >hard
chmod 600 plain; chmod 700 exec; chmod 661 group; chmod 6755 setid; ln hard hard2
ln -s plain link; ln -s nowhere dangling; mkdir d empty; ln -s ../plain d/up
echo f >d/.hidden; mkdir .git/x sub sub/.git sub/.GIT d/.Git; echo g >sub/.git/x
echo g >sub/.GIT/x; echo g >d/.Git/x; echo h >.df/more; mkdir sub/.df
echo i >sub/.df/kept; result PASS'
is "$(tree result/T-001/1.tree)" '100644 d/.hidden
120000 d/up
120000 dangling
100755 exec
100644 file
100644 group
100644 hard
100644 hard2
120000 link
100644 plain
100755 setid
100644 sub/.df/kept' 'what is in the tree, what not'
has "$(record T-001 1)" '"hardlinks":2,' 'hard links are counted'
has "$(record T-001 1)" '"setid":1,' 'set-id bits too'
one 'nothing changed' 0 COMPLETED 'result PASS'
is "$(wc -c <"$DF_RUN/result/T-001/1.patch")" 0 'an empty patch'
one 'everything deleted' 0 COMPLETED 'rm -rf .git file; result PASS'
is "$(tree result/T-001/1.tree)" '' 'an empty tree'
one 'strange names' 0 COMPLETED 'echo 1 >"a b"; echo 2 >"-n"; echo 3 >"q\"q"
echo 4 >"$(printf "x\ny")"; echo 5 >"$(printf "\377")"; echo 6 >"back\\slash"
result PASS'
has "$(record T-001 1)" '"entries":7,' 'are taken'
exits 0 'and merged' df-dispatch
is "$(tap_hex result/merged.tree "$DF_RUN")" \
	"$(tap_hex result/T-001/1.tree "$DF_RUN")" 'as they are'
one 'a fifo' 1 'FAILED tree.entry' 'mkdir d; mkfifo d/pipe; result PASS'
has "$err" 'd/pipe'
ok 'no tree is kept' test ! -e "$DF_RUN/result/T-001/1.tree"
if has_prog perl; then
	one 'a socket' 1 'FAILED tree.entry' 'perl -MIO::Socket::UNIX \
	    -e "IO::Socket::UNIX->new(Local => q(sock), Listen => 1)"
result PASS'
	has "$err" 'sock'
else
	skip 3 'no perl'
fi
one 'an absolute link' 1 'FAILED tree.link' 'ln -s /etc/passwd abs; result PASS'
has "$err" 'abs'
one 'a link that leaves the tree' 1 'FAILED tree.link' \
	'mkdir d; ln -s ../../x d/up; result PASS'
has "$err" 'd/up'
one 'a link that leaves it by a detour' 1 'FAILED tree.link' \
	'mkdir d; ln -s d/../../x up; result PASS'
one 'directories 200 deep' 1 'FAILED tree.limit' 'i=0
while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i + 1)); done; echo x >x
result PASS'
if is_root; then
	one 'a directory that nobody can enter' 0 COMPLETED \
		'mkdir d; echo x >d/x; chmod 0 d; echo y >y; chmod 0 y; result PASS'
	is "$(tree result/T-001/1.tree | wc -l)" 3 'is read all the same'
else
	one 'a directory that nobody can enter' 1 'FAILED tree.entry' \
		'mkdir d; echo x >d/x; chmod 0 d; echo y >y; chmod 0 y; result PASS'
	has "$err" 'workspace: d: '
fi
ok 'its workspace is gone' empty_scratch
opts='--set limits.tree_entries=5'
one 'six entries where five are allowed' 1 'FAILED tree.limit' \
	'touch 1 2 3 4 5; result PASS'
opts='--set limits.tree_bytes=1000'
one 'a sparse file' 1 'FAILED tree.limit' 'truncate -s 1T big; result PASS'
opts='--set limits.output_bytes=4096'
one 'much output' 0 COMPLETED 'head -c 1000000 /dev/zero | tr "\0" x; echo; echo end
result PASS'
ok 'is cut' test "$(wc -c <"$DF_RUN/result/T-001/1.log")" -lt 6000
like "$DF_RUN/result/T-001/1.log" '^end$' 'but its end is kept'
has "$(record T-001 1 host)" '"output_bytes":1000005'
opts=''

# ignore rules: those of the base, not what the agent makes of them
mkdir -p ignore/sub
printf '*.o\n/out/\n' >ignore/.gitignore
echo '!keep.o' >ignore/sub/.gitignore
echo object >ignore/tracked.o
echo c >ignore/a.c
mv base plain
mv ignore base
leave='echo "*.c" >>.gitignore; echo x >a.o; echo x >b.c; mkdir out; echo x >out/x
echo x >sub/keep.o; echo x >sub/no.o; printf "*\n" >.git/info/exclude; result PASS'
job "$leave"
exits 0 'ignored files' df-dispatch T-001
is "$(tree result/T-001/1.tree)" '100644 .gitignore
100644 a.c
100644 b.c
100644 sub/.gitignore
100644 sub/keep.o
100644 tracked.o' 'are left out, but not what the base has'
has "$(record T-001 1)" '"ignored":3,' 'and counted'
job "$leave"
exits 0 'kept when asked' df-dispatch --keep-ignored T-001
is "$(tree result/T-001/1.tree | wc -l)" 9 'all are there'
rm -r base
mv plain base

# ---- what stays alive, what is written elsewhere ----

one 'a daemon' 0 COMPLETED "setsid sh -c 'sleep 2718.$$' >/dev/null 2>&1 &
(sleep 2718.$$ &)
sleep 0.1; result PASS"
no 'is dead' running "2718.$$"
like "$(record T-001 1 host)" '"survivors":\{"count":[1-9]' 'and recorded'
one 'a daemon that would change the results' 1 'FAILED results.status' \
	'(sleep 0.5; result PASS; echo late >late) & result FAIL'
sleep 0.6
no 'is dead' grep -q '"PASS"' "$(record T-001 1)"
one 'writes elsewhere' 0 COMPLETED 'echo x >/tmp/tmp.x; mkdir -p ~/a; echo x >~/a/home.x
echo x >/dev/shm/shm.x; echo x >/usr/x; echo x >/x; echo x >/etc/x; echo x >/df/x
result PASS'
has "$(record T-001 1 host)" \
	'"outside":{"count":3,"paths":["/tmp/tmp.x","/dev/shm/shm.x","/home/agent/a/home.x"]}' \
	'are recorded'
is "$(tree result/T-001/1.tree)" '100644 file' 'and no part of the result'
no 'nothing is outside' sh -c "ls /tmp/tmp.x /dev/shm/shm.x /usr/x /x /etc/x"

# ---- isolation, and its record ----

see="for i in $tmp/spec $tmp/spec/D9_HOLDOUT_SCENARIOS.md $tmp/keys $tmp/keys/df-build \
    \"$DF_SCRATCH\" $tmp/runs $HOME $tmp/trust $top /root/.ssh /etc/passwd \
    /usr/local/bin /var/tmp/df-x; do
	[ -e \"\$i\" ] && echo \"sees \$i\"
done >seen
grep -c . /proc/net/route >routes 2>&1
ls -d /proc/[0-9]* | wc -l >procs
ls /proc/self/fd | tr '\\n' ' ' >fds
unshare -U true 2>/dev/null && echo userns >>seen
chmod u+s /usr/bin/sh 2>/dev/null && echo chmod >>seen
result PASS"
one 'an agent that looks for more' 0 COMPLETED "$see"
is "$(content result/T-001/1.tree seen | grep -v '/usr/local/bin$')" '' \
	'sees none of it'
ok 'few processes' test "$(content result/T-001/1.tree procs)" -lt 10
h=$(record T-001 1 host)
has "$h" '"isolation":"ISOLATED"'
has "$h" '"level":"bwrap"'
has "$h" '"network":["lo"]' 'no network but its own'
has "$h" '"effective":"0000000000000000"' 'no capability'
has "$h" '"bounding":"0000000000000000"'
has "$h" '"no_new_privs":true'
is "$(grep -o '"fd":[0-9]*' "$h" | tr '\n' ' ')" '"fd":0 "fd":1 "fd":2 ' \
	'three descriptors'
unlike "$h" "\"(root|source|point)\":\"[^\"]*$tmp/(spec|keys|runs)" \
	'no protected path among its mounts'
has "$h" "\"protected\":[" 'which are named'
has "$h" "\"$tmp/spec\""
has "$h" "\"$tmp/keys\""
like "$h" '"wall_ms":[0-9]+' 'measured facts stand apart'
unlike "$(record T-001 1)" 'wall_ms|mounts' 'from the record'
opts='--set sandbox.allow_network=true'
job "ls /sys/class/net >seen 2>&1; cat /proc/net/dev | tail -n +3 | wc -l >n; result PASS" \
	'"net":"host"'
must df-dispatch -q T-001
is "$(content result/T-001/1.tree n)" "$(tail -n +3 /proc/net/dev | wc -l)" \
	"the host's network, when allowed"
has "$(record T-001 1)" '"sandbox":{"level":"bwrap+net","network":"host"}'
has "$(record T-001 1 host)" '"level":"bwrap+net"'
opts='--set sandbox.level=none'
one 'no sandbox' 0 COMPLETED 'pwd >seen; id -u >id; result PASS'
has "$(record T-001 1)" '"sandbox":{"level":"none","network":"none"}'
has "$(record T-001 1 host)" '"isolation":"UNISOLATED"'
has "$DF_RUN/run.json" '"sandbox.level":"none"'
like "$DF_RUN/run.json" '"sandbox.level":"--set"' 'asked for by an option'
if is_root; then
	no 'but root is not kept' grep -qx 0 "$(readlink -f "$DF_RUN/result/T-001/1.tree")"
	is "$(content result/T-001/1.tree id)" $((0x64660001)) 'it is nobody'
else
	skip 2 'not root'
fi
opts=''

# ---- merging ----

# A diamond, and what git is for: renames, modes, deletes, binary files.
seq 40 >base/numbers
echo gone >base/gone
head -c 300 /dev/zero >base/binary
printf 'a\r\nb\r\n' >base/crlf
printf '* text=auto eol=lf -diff merge=ours filter=x\n' >base/.gitattributes
spec=wide
job 'case $task in
T-001) echo one >one ;;
T-002) mv numbers moved; chmod 755 file ;;
T-003) sed -i "s/^20$/twenty/" numbers; rm gone; echo more >>file ;;
T-004) ls -A >four; cat moved >>four ;;
T-005) printf "\001\002\377" >>binary; printf "c\r\n" >>crlf ;;
esac
result PASS'
exits 0 'a diamond' df-dispatch -j 4
is "$(tree result/merged.tree)" '100644 .gitattributes
100644 binary
100644 crlf
100755 file
100644 four
100644 moved
100644 one' 'is merged'
must content result/merged.tree moved
like "$out" '^twenty$' 'an edit follows a rename'
is "$(content result/merged.tree file | tr '\n' ' ')" 'base more ' \
	'an edit and a mode'
like "$(must content result/merged.tree four; echo "$out")" '^twenty$' \
	'the task at its end started from both'
is "$(content result/merged.tree crlf | od -c | head -n 1)" \
	"$(printf 'a\r\nb\r\nc\r\n' | od -c | head -n 1)" 'bytes are what they are'
rm -rf apply
cp -R base apply
git -C apply init -q
git -C apply add -A --renormalize . 2>/dev/null
rm apply/.gitattributes
printf '* -text -filter\n' >apply/.git/info/attributes
git -C apply add -A
ok 'git apply takes the patch' git -C apply apply --index \
	--exclude=.gitattributes "$(readlink -f "$DF_RUN/result/merged.patch")"
is "$(cd apply && git ls-files | tr '\n' ' ')" \
	'binary crlf file four moved one ' 'and has the merged tree'
is "$(cksum <apply/binary)" "$(content result/merged.tree binary | cksum)" \
	'binary files too'
like "$DF_RUN/result/merged.patch" '^index [0-9a-f]{40}\.\.[0-9a-f]{40}' \
	'full index lines'
has "$DF_RUN/log.jsonl" "\"stage\":\"merge\",\"tasks\":5,\"tree\":\"sha256:$(tap_hex \
	result/merged.tree "$DF_RUN")\""
rm -r apply base
mkdir base
echo base >base/file

# Two that do not fit together: the later one is done again, on top.
both='case $task in
T-002 | T-003) if [ -e shared ]; then echo "$task again" >>shared
	else echo "$task" >shared; fi ;;
T-004) cp shared four ;;
esac
result PASS'
spec=spec
job "$both"
exits 0 'a conflict' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 # +T-003 -T-003 = ' \
	'opens the later one again'
is "$(content result/merged.tree shared)" 'T-002
T-003 again' 'which starts from the results before it'
has "$err" 'T-003 opened again'
like "$DF_RUN/log.jsonl" '"conflict":\{"paths":\["shared"\],"task":"T-003"\}' \
	'it is recorded'
has "$(record T-003 2)" '"from":["T-001","T-002"]'
spec=wide
job "$both"
exits 0 'a conflict before the end' df-dispatch -j 3
is "$(content result/merged.tree four)" 'T-002
T-003 again' 'the task that needs both gets both'
is "$(order | grep -o '#' | wc -l)" 1 'one conflict'
is "$(order | tr ' ' '\n' | grep -c '^+T-002')" 1 'the earlier one stands'
is "$(order | tr ' ' '\n' | grep -c '^+T-004')" 1 'its end ran once'
job "[ \"\$task\" != T-005 ] || { result FAIL; exit; }
$both"
exits 1 'a conflict, and a task that failed' df-dispatch -j 3
is "$(order | tr ' ' '\n' | grep -c '^+T-005')" 1 \
	'is no reason to try that again'
spec=spec
opts='--set limits.max_attempts=1'
job "$both"
exits 8 'a conflict, and no attempt left' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 # ' 'ends there'
no 'nothing is merged' test -e "$DF_RUN/result/merged.tree"
exits 8 'and again' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 # ' 'without an event'
opts=''
job 'case $task in
T-002 | T-003) if [ -e shared ]; then result FAIL; else echo "$task" >shared
	result PASS; fi ;;
*) result PASS ;;
esac'
exits 1 'a conflict that the builder does not solve' df-dispatch
is "$(order)" '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 # +T-003 !T-003 ' \
	'is a task that failed'
no 'nothing is merged' test -e "$DF_RUN/result/merged.tree"
exits 0 'what is there can be' df-dispatch --merge
is "$(tree result/merged.tree)" '100644 file
100644 shared' 'merged in part'
has "$DF_RUN/log.jsonl" '"outcome":"partial_success","partial":true,"stage":"merge","tasks":2'

# killed between a conflict and what follows: the rebase is remembered
job "$both"
sed -i 's/^T-002 | T-003) if/&/; s/again" >>shared/&; sleep 9/' agents/job.d/agent
bg df-dispatch -q
# shellcheck disable=SC2317 # `await' runs it
again() {
	[ "$(order)" = '+T-001 -T-001 +T-002 -T-002 +T-003 -T-003 # +T-003 ' ]
}
ok 'a conflict, and on top of it' await 10 again
kill -KILL "$pid"
wait "$pid" 2>/dev/null
sed -i 's/; sleep 9//' agents/job.d/agent
exits 0 'a dispatcher that is killed' df-dispatch
is "$(content result/merged.tree shared)" 'T-002
T-003 again' 'the next one goes on from there'

# a merge over some, without handoffs for others
adapter job 'result PASS'
boot --set "agent.adapter=$adapter" --spec spec
must df-handoff -q T-001
must df-prompt -q T-001
must df-dispatch -q T-001
exits 0 'merge what there is' df-dispatch --merge
is "$(tail -n 2 "$out")" 'result/merged.tree
result/merged.patch' 'names'

# ---- a successor ----

if [ -x "$build/bin/df-freeze" ] && [ -x "$build/bin/df-decide" ] &&
    [ -x "$build/bin/df-holdout" ]; then
	# Told what was wrong, T-002 is done right.
	adapter job 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) if grep -qi feedback .df/prompt.md; then w=goodbye; else w=bye; fi
	echo "echo \"$w \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS; echo "{\"tokens\":5}"' '"usage":".[0]"'
	ready "$adapter" --spec spec
	must df-dispatch -q
	exits 1 'a verdict' df-holdout -q
	must df-decide reject -m 'T-002 says bye' --remediation 'goodbye'
	must df-freeze -q
	old=$DF_RUN
	boot --spec spec --set "agent.adapter=$adapter" --supersedes "$old"
	new=$DF_RUN
	must df-handoff -q
	must df-prompt -q
	cp -a "$new" fresh
	mv "$old" gone
	exits 0 'a successor' df-dispatch -v -j 3
	has "$err" 'T-001 taken over: attempt 1 of the superseded run'
	has "$err" 'T-003 taken over'
	has "$err" 'T-002 completed'
	is "$(order)" '+T-001 -T-001 +T-002 +T-003 -T-003 -T-002 = ' \
		'one task is done again'
	like "$(record T-001 1)" '"cached_from":\{"run":"sha256:[0-9a-f]{64}","seq":[0-9]+\}' \
		'where it was taken from is recorded'
	has "$(record T-001 1)" "\"run\":\"sha256:$(head -n 1 gone/log.jsonl |
		sha256sum | cut -d ' ' -f 1)\"" 'line 1 of the old log'
	unlike "$(record T-002 1)" cached_from 'not of the other'
	has "$DF_RUN/result/T-001/1.log" tokens 'its transcript came along'
	is "$(grep -c '"tokens":5' "$DF_RUN/log.jsonl")" 1 \
		'tokens are counted where they were used'
	exits 0 'the verdict' df-holdout -q
	DF_RUN=fresh
	exits 0 'nothing taken over when asked' df-dispatch --fresh
	no 'each was done again' grep -rq cached_from fresh/dispatch
	mv gone "$old"
	# another adapter, another spec: other stage keys
	adapter other "$(sed 1,6d agents/job.d/agent)" '"usage":".[0]"'
	ready "$adapter" --spec spec --supersedes "$old"
	exits 0 'with another adapter' df-dispatch
	no 'nothing is taken over' grep -rq cached_from "$DF_RUN/dispatch"
	cp -R spec other
	sed -i 's/`count.sh` prints a number/`count.sh` prints one number/' \
		other/D8_TASKS.md
	ready agents/job.json --spec other --supersedes "$old"
	exits 0 'with another task' df-dispatch
	is "$(grep -rlc cached_from "$DF_RUN"/dispatch/*/1.json)" \
		"$DF_RUN/dispatch/T-001/1.json" 'what it is not is taken over'
	rm -rf other fresh
else
	skip 18 'df-decide or df-freeze is not built'
fi

# ---- many ----

sh "$t/gen-spec.sh" 150 many
adapter job 'result PASS' '"workspace":"none"'
boot --set "agent.adapter=$adapter" --spec many --set sandbox.level=none
must df-handoff -q
must df-prompt -q
sed -i 's/^result PASS/mkdir -p .df; &/' agents/job.d/agent
exits 0 '150 tasks' df-dispatch -q -j 8
is "$(sed -n 's/.*"id":"\(T-[0-9]*\)".*/\1/p' "$DF_RUN/run.json" | wc -l)" 1 \
	'one envelope'
order | tr ' ' '\n' | awk '
	/^-/ { done[substr($0, 2)] = 1 }
	/^[+]/ {
		i = substr($0, 4) + 0
		if (i > 1 && !done[sprintf("T-%03d", int(i / 2))]) bad = 1
		n++
	}
	END { exit bad || n != 150 }'
is $? 0 'each after what it depends on'
before=$(date +%s%N)
exits 0 'nothing to do' df-dispatch
took=$((($(date +%s%N) - before) / 1000000))
ok "is quick ($took ms)" test "$took" -lt 250

# ---- a run that was tampered with ----

spec=spec
job 'result PASS'
cp -a "$DF_RUN" kept
# tamper NAME: the blob behind it gets a byte more
tamper() {
	f=$(readlink -f "$DF_RUN/$1")
	chmod 644 "$f"
	echo >>"$f"
}
for i in prompt/T-001.md handoff/T-001.md base.tree config/adapter/job.json \
    boot.host.json trust/allowed_signers; do
	rm -rf "$DF_RUN"
	cp -a kept "$DF_RUN"
	tamper "$i"
	exits 6 "$i was changed" df-dispatch
	is "$(order)" '' 'nothing is dispatched'
done
rm -rf "$DF_RUN"
cp -a kept "$DF_RUN"
must df-dispatch -q T-001
tamper result/T-001/1.tree
exits 6 'a result was changed' df-dispatch
rm -rf kept

# ---- a judged run, another machine ----

mkdir path
for i in sh git bash env; do
	ln -s "$(command -v "$i")" path
done
opts='--set retry.failures=none'
job 'result PASS'
exits 9 'no bwrap' env PATH="$tmp/path" "$build/bin/df-dispatch" T-001
is "$(status T-001 1 | tr '\n' ' ')" 'FAILED sandbox.bwrap ' 'is recorded'
opts=''
if [ -x "$build/bin/df-holdout" ]; then
	job 'result PASS'
	must df-dispatch -q T-001
	must df-dispatch -q --merge T-001
	run df-holdout -q --partial
	exits 4 'a run that is judged' df-dispatch
	has "$err" 'the run is evaluating'
	exits 0 'what it has still holds' df-dispatch T-001
else
	skip 3 'no judge'
fi

all_exits df-dispatch
done_testing
