#!/bin/sh
# The six holdouts of the orchestrator's own specification, asked of our tools:
# first one by one, by our command lines; then by df-holdout, as they were
# published and mended, of a tree that holds our tools behind the command line
# that they call (python3 -m factory), which is share/compat.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
corpus specs/ho1-synthetic
ho1=$corpus
corpus specs/dark-factory-fixed
needs_tool df-sign df-validate df-boot df-handoff df-prompt df-dispatch \
	df-holdout df-report df-status
needs_prog jq git perl
keys
# the test/ specification that they speak of
mkdir test
cp "$ho1"/D*.md test
chmod -R u+w test

# ---- HS-001: a complete specification, and one without D5 ----

exits 0 'HS-001: complete' df-validate --json test
is "$(jq -r .status "$out")" PASS 'HS-001: PASS'
cp -R test gap
rm gap/D5_RESEARCH.md
run df-validate --json gap
is "$rc $(jq -r .status "$out")" '1 FAIL' 'HS-001: without D5, FAIL'
has "$err" 'Missing required document: D5_RESEARCH.md' \
	'HS-001: which is named, for people'
is "$(jq -r '.checks[0] | .check_name, .message, .details[]' "$out")" \
	'all_documents_present
9/10 documents found
Missing required document: D5_RESEARCH.md' 'HS-001: and for programs'

# ---- HS-002: handoffs say nothing of what is not shown ----

# two peers of phase 2; the one of T-003 says FAIL, by the prompt in its argv
adapter mock 'case "$*" in
*T-003* | *TraceWriter*) echo "Status: FAIL" >"$FACTORY_RESULTS_PATH" ;;
*) echo "Status: PASS" >"$FACTORY_RESULTS_PATH" ;;
esac
exit 0' '' '"{prompt}"'
boot --spec test --profile solo --set "agent.adapter=$adapter" \
	--set sandbox.level=none --set policy.require_isolation=false
must df-handoff
is "$(find "$DF_RUN/handoff" -name '*.md' | wc -l)" 7 'HS-002: seven handoffs'
run sh -c 'grep -ri "HS-\|holdout\|Malformed JSON from LLM" \
	"$DF_RUN"/handoff/*.md "$DF_RUN"/handoff/*.json'
is "$rc" 1 'HS-002: no id, no word, no title of what judges them'

# ---- HS-003: traceability ----

is "$(jq -rs '[.[].scenarios[]] | unique | .[]' "$DF_RUN"/handoff/*.json)" \
	"$(sed -n 's/^#### \(SC-[0-9]*\):.*/\1/p' test/D2_SPECIFICATION.md |
		sort)" 'HS-003: handoffs cover exactly the scenarios of D2'
for i in "$DF_RUN"/handoff/*.md; do
	grep -c '^## [0-9]*\. ' "$i"
done >sections
is "$(sort sections | uniq -c | tr -s ' ')" ' 7 10' \
	'HS-003: each has ten sections'

# ---- HS-004: a cycle ----

cp -R test cycle
sed -i 's/\*\*Dependency:\*\* T-001 (ContractLoader available)/**Dependency:** T-005/' \
	cycle/D8_TASKS.md
run df-validate cycle
no 'HS-004: a cycle is refused' test "$rc" -eq 0
cat "$out" "$err" >both
like both '[Cc]ycle.*T-00[0-9].*T-00[0-9]' 'HS-004: and its tasks named'
exits 1 'HS-004: it becomes no run' df-boot --spec cycle

# ---- HS-005: a builder that fails ----

must df-prompt
run df-dispatch -j 2
is "$rc" 1 'HS-005: a task failed'
must df-report
jq -r '.dispatches[] | .task_id + " " + .status' "$DF_RUN/report.json" >tasks
is "$(sed -n 's/^T-00[345] //p' tasks | tr '\n' ' ')" \
	'FAILED COMPLETED BLOCKED ' \
	'HS-005: T-003 FAILED, its peer COMPLETED, T-005 BLOCKED'
is "$(sed -n 's/^T-00[67] //p' tasks | tr '\n' ' ')" 'COMPLETED BLOCKED ' \
	'HS-005: what needs only the peer goes on'
must df-status --json
is "$(jq -c .tasks "$out")" \
	'{"blocked":2,"completed":4,"failed":1,"open":0,"total":7}' \
	'HS-005: df-status counts them so'
# the ledger: dispatched before, ended after
for i in T-003 T-004; do
	jq -r --arg s "dispatch/$i" 'select(.data.stage == $s).type' \
		"$DF_RUN/log.jsonl" | tr '\n' ' '
done >ledger
is "$(cat ledger)" \
	'stage.started stage.failed stage.started stage.completed ' \
	'HS-005: the log has both, each before and after'
is "$(grep -c '"stage":"dispatch/T-005"' "$DF_RUN/log.jsonl")" 0 \
	'HS-005: and none of the blocked one'
no 'HS-005: T-003 is in no prompt but its own' \
	grep -lE 'T-003|TraceWriter' "$DF_RUN/prompt/T-004.md" \
	"$DF_RUN/prompt/T-006.md"
exits 4 'HS-005: nothing is judged' df-holdout
is "$(jq -r '.verdict, .verdict_reason' "$DF_RUN/report.json" | tr '\n' ' ')" \
	'REJECT a critical task failed: no COMPLETED task covers SC-003 ' \
	'HS-005: a critical task, for nothing else has its scenario'

# ---- HS-006: thirteen questions ----

for i in "$DF_RUN"/prompt/*.md; do
	grep -cP '^\d+\.' "$i"
done >counts
is "$(sort counts | uniq -c | tr -s ' ')" ' 7 13' \
	'HS-006: thirteen numbered lines in each prompt'
is "$(find "$DF_RUN/prompt" -name '*.answers.age' | wc -l)" 7 \
	'HS-006: expected answers for each, encrypted'
no 'HS-006: and none in a prompt' grep -li 'expected answer' \
	"$DF_RUN"/prompt/*.md "$DF_RUN"/prompt/*.json

# ---- as they stand, in the judge ----

if ! has_bwrap || ! [ -x /usr/bin/python3 ] || ! [ -x /usr/bin/jq ] ||
    ! [ -x /usr/bin/age ]; then
	skip 1 'bwrap cannot make a sandbox here, or no python3, jq or age'
	done_testing
fi
# An installation, and the specification that they speak of.
mkdir -p base/tools/bin base/tools/libexec base/tools/share \
	base/_design/docs/templates
for i in df-sign df-validate df-boot df-handoff df-prompt df-dispatch \
    df-holdout df-report df-store; do
	cp "$build/bin/$i" base/tools/bin
done
cp -RL "$build/libexec/darkfactory" base/tools/libexec
cp -RL "$build/share/darkfactory" base/tools/share
rm -rf base/tools/share/darkfactory/templates/spec	# has ids of a suite
strip base/tools/bin/* base/tools/libexec/*/* 2>/dev/null
cp -R test base/_design/docs/templates/test
# That specification has a suite of its own.  What the two have in common, ids
# and the heads of tables, df-boot would find in the base.
sed -i 's/HS-00/HS-01/Ig; /^| Check | What/,/^$/d; /^| D2 Scen/,/^$/d' \
	base/_design/docs/templates/test/D9*
adapter idle 'result PASS' '"workspace":"none"'
# "factory CLI installed", says their run protocol.  The judge lets nobody
# install anything, and its python3 takes no module from the current directory
# (an artifact's json.py would judge itself), so a variable says where it is.
# There is no sandbox in a sandbox, which another one says.  Nor is there one
# program that looks into another's memory: a sanitizer cannot look for leaks.
cat >judge.json <<'END'
{
 "schema": "df.profile/1",
 "name": "judge",
 "version": "1.0.0",
 "judge_environment": ["PYTHONPATH", "DF_SANDBOX_LEVEL", "ASAN_OPTIONS"],
 "policies": ["default"],
 "pipeline": "d1-d10@1.0.0"
}
END

# verdict SPEC [PROFILE [JOBS]]: of its suite on that base, in $rc; a scenario
# a line
verdict() {
	ready "$adapter" --spec "$1" --base base --profile "${2:-./judge.json}"
	must df-dispatch -q -j 2
	run env PYTHONPATH=tools/share/darkfactory/compat/python \
		DF_SANDBOX_LEVEL=none ASAN_OPTIONS=detect_leaks=0 \
		df-holdout -q -j "${3:-2}"
	jq -r '.holdouts[] | [.holdout_id, .status, .failure // "-"] |
		join(" ")' "$DF_RUN/holdout/1.json" >verdict
}

verdict "$corpus" default
is "$(sed -n 's/^\(HS-00[23]\) //p' verdict | tr '\n' ' ')" \
	'ERROR execute ERROR setup ' 'not installed, the program is not found'
verdict "$corpus"
is "$(cat verdict)" 'HS-001 ERROR no-executable-verify
HS-002 PASS -
HS-003 ERROR execute
HS-004 PASS -
HS-005 ERROR no-executable-verify
HS-006 FAIL verify' 'as published: two pass, two are tables, two cannot pass'
is "$rc $(jq -r '.verdict + " " + .level' "$DF_RUN/holdout/1.json")" \
	'3 ERROR bwrap' 'as published: nobody can pass that suite'
must df-holdout show -m 'why two cannot pass'
is "$(jq -r '.holdouts[] | select(.holdout_id == "HS-003").actual_output' \
	"$out" | grep '^NameError')" "NameError: name 'json' is not defined" \
	'as published: HS-003 lacks an import'
exits 4 'as published: it leads to no approval' df-decide approve -m 'well'

# The two tables written as what they say.  A run that is to fail ends with a
# status, which Execute of HS-005 has to keep, as that of HS-004 does.
mkdir tables
cp "$corpus"/*.md "$corpus"/*.yaml tables
chmod -R u+w tables
perl -0 -pi -e '
	s{(\| 4 \| JSON output for test 2.*?\n)}{$1
```bash
grep -qx EXIT_PASS=0 /tmp/holdout_hs001_codes.txt &&
grep -q \x27"status": "PASS"\x27 /tmp/holdout_hs001_pass.json &&
grep -qx EXIT_FAIL=1 /tmp/holdout_hs001_codes.txt &&
grep -q "Missing required document: D5_RESEARCH.md" /tmp/holdout_hs001_fail.json
```
} or die "HS-001";
	s{(> /tmp/holdout_hs005_report.json 2>&1\n)}{$1EXIT_CODE=\$?\n} or
		die "Execute";
	s{(\| 4 \| Dispatch ledger .*?\n)}{$1
```bash
status() {
	python3 -c "
import json, sys
tasks = json.load(open(sys.argv[1] + \x27/factory_report.json\x27))[\x27dispatches\x27]
print([t[\x27status\x27] for t in tasks if t[\x27task_id\x27] == sys.argv[2]][0])" "\$OUTPUT_DIR" \$1
}
test "\$EXIT_CODE" -eq 1 && test \$(status T-003) = FAILED &&
test \$(status T-005) = BLOCKED && test \$(status T-004) = COMPLETED &&
grep -q T-003 "\$OUTPUT_DIR/dispatch_ledger.jsonl" &&
grep -q T-004 "\$OUTPUT_DIR/dispatch_ledger.jsonl"
```
} or die "HS-005"' tables/D9_HOLDOUT_SCENARIOS.md || bail 'no tables'
verdict tables
is "$(cat verdict)" 'HS-001 PASS -
HS-002 PASS -
HS-003 ERROR execute
HS-004 PASS -
HS-005 PASS -
HS-006 FAIL verify' 'with tables that can be run: four pass'

# One word each: the import, and \d read as Perl does.
cp -R tables mended
perl -0 -pi -e 's/^import re$/import json, re/m or die "import";
	s/grep -cE (.\^\\d)/grep -cP $1/ or die "grep"' \
	mended/D9_HOLDOUT_SCENARIOS.md || bail 'not mended'
verdict mended
is "$(cat verdict)" 'HS-001 PASS -
HS-002 PASS -
HS-003 PASS -
HS-004 PASS -
HS-005 PASS -
HS-006 PASS -' 'mended: all six pass'
is "$rc $(jq -r .verdict "$DF_RUN/holdout/1.json")" '0 ACCEPT' \
	'mended: ACCEPT'
# The same asked of the command line itself, which asks what it is a part of.
run env FACTORY_JUDGE_ENV='DF_SANDBOX_LEVEL=none ASAN_OPTIONS=detect_leaks=0
	PYTHONPATH=tools/share/darkfactory/compat/python' \
	"$build/share/darkfactory/compat/factory" holdout --spec-dir mended \
	--install-root base
is "$rc $(jq -c '[.verdict, .p0_passed, (.holdouts | map(.status))]' "$out")" \
	'0 ["ACCEPT",4,["PASS","PASS","PASS","PASS","PASS","PASS"]]' \
	'mended: factory holdout says so too'
# A tree whose orchestrator lets a gap pass does not.
perl -0 -pi -e 's/check \|\| code=1/check || :/ or die' \
	base/tools/share/darkfactory/compat/factory || bail 'no lie'
verdict mended ./judge.json 1
is "$(grep -v PASS verdict | tr '\n' ' ')" \
	'HS-001 FAIL verify HS-002 ERROR not-run HS-003 ERROR not-run HS-004 ERROR not-run HS-005 ERROR not-run HS-006 ERROR not-run ' \
	'mended: and one that lies about a gap fails, at the first of P0'
is "$rc $(jq -r '.holdouts[0].responsible_task' "$DF_RUN/holdout/1.json")" \
	'1 T-002' 'mended: T-002 is responsible'
done_testing
