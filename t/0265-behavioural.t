#!/bin/sh
# Behavioural scenarios: a test program for each, in any language, by TAP or by
# exit status; so many runs, of which so many have to pass; what is flaky, and
# what has no program.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-validate
needs_prog age jq perl prove
needs_bwrap
todo=TO'DO'	# of TAP
keys
tiny_spec spec
adapter noop 'mkdir -p .df; result PASS' '"workspace":"none"'
noop=$adapter
mkdir base
echo 'echo "hello $1"' >base/greet.sh

# built ARGUMENT...: a run whose agents did nothing, so base is judged
built() {
	ready "$noop" --base base "$@"
	must df-dispatch -q -j 3
}

# suite [PROTOCOL]: s, without a scenario, and no programs
suite() {
	rm -rf s tests
	cp -R spec s
	mkdir tests
	d9=s/D9_HOLDOUT_SCENARIOS.md hs=0
	{
		printf '# D9: Holdout Scenarios - Greeter\n\n'
		printf '**Component:** Greeter\n\n## Run Protocol\n\n%s\n\n' \
			"${1:-Order: P0 first, then P1.}"
		printf '## Scenario Coverage Matrix\n\n%s\n%s\n%s\n%s\n%s\n\n' \
			'| D2 Scenario | Priority | Holdout Coverage | Notes |' \
			'|---|---|---|---|' '| SC-001 | P0 | HS-003 | |' \
			'| SC-002 | P1 | HS-001 | |' '| SC-003 | P1 | HS-002 | |'
		printf '## Scenarios\n\n'
	} >$d9
}

# hs PRIORITY CRITERIA [NAME PROGRAM]: one more scenario, judged by that program
# if there is one: tests/HS-00nNAME.  CRITERIA are lines of pass_criteria.
hs() {
	hs=$((hs + 1))
	id=$(printf 'HS-%03d' $hs)
	{
		printf '```yaml\nscenario_id: "%s"\ntitle: "Number %s of them"\n' \
			"$id" "$hs"
		printf 'priority: %s\nauthority:\n  d2_scenarios: [SC-00%d]\n' \
			"$1" $((hs % 3 + 1))
		printf '  d4_contracts: [IN-001]\ncategory: happy-path\n'
		printf 'setup:\n  description: Nothing is there\n'
		printf 'action:\n  description: Say it\nexpected_outcome:\n'
		printf '  description: It is said\n  assertions:\n'
		printf '    - subject: it\n      condition: always\n'
		printf '      observable: is said\n'
		[ -z "$2" ] || printf 'pass_criteria:\n%s\n' "$2"
		printf 'evidence_to_collect:\n  - what is said\n```\n\n'
	} >>$d9
	[ $# -gt 2 ] || return 0
	printf '%s\n' "$4" >"tests/$id$3"
	chmod 755 "tests/$id$3"
}

# sh_hs PRIORITY CRITERIA LINE...: by exit status of a program of sh
sh_hs() {
	tap_pri=$1 tap_crit=$2
	shift 2
	hs "$tap_pri" "$tap_crit" .sh "$(printf '%s\n' '#!/bin/sh' "$@")"
}

# tap_hs CRITERIA LINE...: of P1, named .t
tap_hs() {
	tap_crit=$1
	shift
	hs P1 "$tap_crit" .t "$(printf '%s\n' '#!/bin/sh' "$@")"
}

of3='  runs_required: 3
  pass_threshold: "2 of 3"'

# marks: each scenario, what became of it, passed/runs
marks() {
	jq -r '.holdouts[] | [.holdout_id, .status, .failure // "-",
		if .runs then "\(.passed)/\(.runs)" else "-" end] | join(" ")' \
		"$DF_RUN/holdout/1.json"
}

mark() {
	marks | sed -n "s/^$1 //p"
}

# ---- any language ----

suite
sh_hs P0 "$of3" 'test "$(sh greet.sh a)" = "hello a"'
hs P1 "$of3" .py '#!/usr/bin/env python3
import subprocess, sys
out = subprocess.run(["sh", "greet.sh", "b"], stdout=subprocess.PIPE, text=True)
sys.exit(out.stdout != "hello b\n")'
hs P1 "$of3" .pl '#!/usr/bin/perl
my $said = `sh greet.sh c`;
print "TAP version 13\n1..2\n", $said eq "hello c\n" ? "ok 1 - said\n" :
    "not ok 1\n", "ok 2\n";'
hs P1 "$of3" .t '#!/usr/bin/env perl
use Test::More;
is(`sh greet.sh d`, "hello d\n", "said");
ok(! -e "other", "alone");
done_testing();'
hs P1 "$of3" '' "$(printf '%s\n' '#!/bin/bash' '[[ $(sh greet.sh e) == "hello e" ]]')"
want='HS-001 PASS - 3/3
HS-002 PASS - 3/3
HS-003 PASS - 3/3
HS-004 PASS - 3/3
HS-005 PASS - 3/3'
if has_prog cc; then
	hs P1 "$of3"
	cat >judge.c <<'END'
#include <stdio.h>
#include <string.h>

int
main(void)
{
	char line[100] = "";
	FILE *f = popen("sh greet.sh f", "r");

	return f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    pclose(f) != 0 || strcmp(line, "hello f\n") != 0;
}
END
	must cc -o tests/HS-006.bin judge.c
	want="$want
HS-006 PASS - 3/3"
fi
[ -x /usr/bin/python3 ] || want=$(echo "$want" |
	sed 's/^HS-002.*/HS-002 ERROR program 0\/3/')
built --spec s --tests tests
run df-holdout -v -j 2
is "$(marks)" "$want" 'sh, python3, perl, bash and C, three runs each'
is "$(jq -r '[.flaky, .passed] | join(" ")' "$DF_RUN/holdout/1.json")" \
	"0 $(echo "$want" | grep -c PASS)" 'none is flaky'
is "$(jq -r '.holdouts[] | .class' "$DF_RUN/holdout/1.json" | sort | uniq -c |
	tr -s ' ' | tr '\n' ' ')" " $(($(echo "$want" | wc -l) - 1)) exec  1 tap " \
	'by their status, and one by its name by TAP'
like "$err" 'HS-001 run [123]/3 PASS' 'each run is said'
ok 'no workspace is left' test -z "$(find "$DF_SCRATCH" -mindepth 2)"

# ---- so many runs, of which so many ----

# on 'RUN...' : the runs of a program that pass
on() {
	printf 'case $DF_HOLDOUT_RUN in\n%s) exit 0 ;;\nesac\nexit 1' "$1"
}
# skips 'RUN' 'RUN': the runs that are ERROR, and those that pass
skips() {
	printf 'echo 1..1\ncase $DF_HOLDOUT_RUN in\n%s) %s ;;\n%s) %s ;;\n*) %s ;;\nesac' \
		"$1" 'echo "ok 1 # SKIP today"' "$2" 'echo ok 1' 'echo not ok 1'
}
suite 'Overall pass: all P0 pass, P1 2/10.'
sh_hs P0 "$of3" "$(on '2|3')"
sh_hs P1 "$of3" "$(on 3)"
sh_hs P1 "$of3" "$(on none)"
tap_hs "$of3" "$(skips '1|2' 3)"
tap_hs "$of3" "$(skips 1 '2|3')"
tap_hs "$of3" "$(skips 2 none)"
tap_hs "$of3" "$(skips 1 2)"
sh_hs P1 '  runs_required: 3' "$(on '1|2')"
sh_hs P1 "$of3" 'test ! -e mark -a ! -e ~/mark -a ! -e /tmp/mark || exit 1' \
	'touch mark /tmp/mark' 'echo "run $DF_HOLDOUT_RUN"'
hs P1 "$of3"
sh_hs P1 '' 'test "$DF_HOLDOUT_RUN" = 1'
built --spec s --tests tests
exits 0 'runs' df-holdout -j 4
is "$(marks)" 'HS-001 PASS - 2/3
HS-002 FAIL verify 1/3
HS-003 FAIL verify 0/3
HS-004 ERROR tap 1/3
HS-005 PASS - 2/3
HS-006 FAIL verify 0/3
HS-007 ERROR tap 1/3
HS-008 FAIL verify 2/3
HS-009 PASS - 3/3
HS-010 ERROR no-executable-verify -
HS-011 PASS - -' 'what the runs of a scenario make of it'
j=$DF_RUN/holdout/1.json
is "$(jq -c '.holdouts[] | select(.runs) |
	[.holdout_id[5:], .errored, .need, .passed]' "$j" | tr '\n' ' ')" \
	'["1",0,2,2] ["2",0,2,1] ["3",0,2,0] ["4",2,2,1] ["5",1,2,2] ["6",1,2,0] ["7",1,2,1] ["8",0,3,2] ["9",0,2,3] ' \
	'errors, what is needed, what passed'
is "$(jq -r '[.flaky, .passed, .failed, .errored] | join(" ")' "$j")" \
	'2 4 4 3' 'two are flaky'
like "$out" '^# ACCEPT: .*, 2 of them not in every run$' 'which the verdict says'
cp "$out" tap
must df-decide --json show
is "$(jq -c '.facts.verdict | .flaky, (.holdouts[] | select(.id == "HS-004") |
	[.errored, .need, .passed, .runs])' "$out" | tr '\n' ' ')" \
	'2 [2,2,1,3] ' 'policies find it in the facts'
must df-decide show
like "$out" '^verdict .* 4 of 11 holdouts passed, 2 flaky ' 'so does the approver'
# the TAP of it
cp tap "$out"
is "$(grep -E '^(not )?ok' "$out")" 'ok 1 - HS-001 (flaky: 2/3)
not ok 2 - HS-002
not ok 3 - HS-003
not ok 4 - HS-004 # ERROR tap
ok 5 - HS-005 (flaky: 2/3)
not ok 6 - HS-006
not ok 7 - HS-007 # ERROR tap
not ok 8 - HS-008
ok 9 - HS-009
not ok 10 - HS-010 # ERROR no-executable-verify
ok 11 - HS-011' 'a flake is shown'
is "$(sed -n '/ HS-005/,/\.\.\./p' "$out")" 'ok 5 - HS-005 (flaky: 2/3)
  ---
  class: tap
  contracts: [IN-001]
  errored: 1
  need: 2
  passed: 2
  priority: P1
  runs: 3
  scenarios: [SC-003]
  task: T-003
  ...' 'its YAML has the numbers'
is "$(sed -n '/ HS-011/,/\.\.\./p' "$out" | grep -c 'runs:')" 0 \
	'that of one run has none'
printf 'cat "%s"\n' "$DF_RUN/holdout/1.tap" >look.t
run prove --exec sh look.t
like "$out" 'Failed 7/11 subtests' 'prove counts the same'
unlike "$out" "Parse errors|skipped|$todo" 'and takes nothing for a directive'
perl -MTAP::Parser -e 'my $p = TAP::Parser->new({ source => shift });
	while (my $r = $p->next) { next unless $r->is_test;
	print $r->description, "|", $r->directive, "|\n" if $r->number == 1 }' \
	"$DF_RUN/holdout/1.tap" >parsed
is "$(cat parsed)" '- HS-001 (flaky: 2/3)||' 'to a parser it is a description'
# the whole record
ok 'the whole record opens' full
ok 'and follows its schema' df-validate -q --schema holdout-full full
is "$(jq -c '.holdouts[] | select(.holdout_id == "HS-001").run_results[] |
	[.run, .status, .failure, .exit]' full | tr '\n' ' ')" \
	'[1,"FAIL","verify",1] [2,"PASS",null,0] [3,"PASS",null,0] ' 'has each run'
is "$(jq -r '.holdouts[] | select(.holdout_id == "HS-009").run_results[] |
	.actual_output' full | tr '\n' ' ' | tr -s ' ')" 'run 1 run 2 run 3 ' \
	'in their order, with what it wrote'
is "$(jq -r '.holdouts[] | select(.holdout_id == "HS-004").error_message' full)" \
	'test 1 is skipped or to do' 'the first that ended so says why'
# the report
must df-report -q
is "$(jq -r '.suite.flaky' "$DF_RUN/report.json")" 2 'the report counts them'
has "$DF_RUN/report.md" '| HS-001 | P0 | PASS 2/3, flaky |'
has "$DF_RUN/report.md" '| HS-004 | P1 | ERROR 1/3 | tap |'
has "$DF_RUN/report.md" '| HS-009 | P1 | PASS 3/3 |'
has "$DF_RUN/report.md" '| HS-011 | P1 | PASS | '
has "$DF_RUN/report.md" 'Flaky: 2 scenarios passed, but not in every run'
has "$DF_RUN/report.md" 'HS-005 is flaky: it passed in 2 of 3 runs'
has "$DF_RUN/report.xml" '<system-out>passed in 2 of 3 runs: flaky</system-out>'
has "$DF_RUN/report.xml" '<system-out>passed in 1 of 3 runs</system-out>'
ok 'report.xml is XML' perl -0777 -ne 'my @open; while (m{<(/?)([a-z-]+)[^>]*?(/?)>}g)
	{ next if $3; $1 ? (pop @open eq $2 or die $2) : push @open, $2 }
	die "@open" if @open' "$DF_RUN/report.xml"
must df-report -q --full --format md -m 'what each run said'
is "$(grep -c '^#### Run [123]: ' "$out")" 27 'in full it has each run'

# a P0 that is flaky enough passes; one that is not stops, but has its runs
suite
sh_hs P0 "$of3" "$(on 2)"
sh_hs P0 "$of3" 'exit 0'
sh_hs P1 "$of3" 'exit 0'
built --spec s --tests tests
exits 1 'a P0 that passes once' df-holdout
is "$(marks)" 'HS-001 FAIL verify 1/3
HS-002 ERROR not-run -
HS-003 ERROR not-run -' 'stops, after all its runs'
suite
sh_hs P0 "$of3" 'exit 0'
tap_hs "$of3" "$(skips '1|2|3' none)"
sh_hs P1 "$of3" "$(on 1)"
built --spec s --tests tests
exits 1 'a failure and errors' df-holdout -j 9
is "$(marks)" 'HS-001 PASS - 3/3
HS-002 ERROR tap 0/3
HS-003 FAIL verify 1/3' 'the failure decides'

# ---- who says how often ----

# runs WANTED NAME: of the scenarios of s
runs() {
	built --spec s --tests tests
	run df-holdout -j 4
	is "$(jq -r '.holdouts | sort_by(.holdout_id)[] |
		"\(.need // 1)/\(.runs // 1)"' "$DF_RUN/holdout/1.json" |
		tr '\n' ' ')" "$1" "$2"
}
several() {
	sh_hs P1 '' 'exit 0'
	sh_hs P1 '  runs_required: 5' 'exit 0'
	sh_hs P1 '  runs_required: 3' 'exit 0'
	sh_hs P1 '  pass_threshold: 3 out of 4' 'exit 0'
	sh_hs P1 '  pass_threshold: "1/2"' 'exit 0'
	sh_hs P1 '  runs_required: 1' 'exit 0'
	sh_hs P1 '  runs_required: 4
  pass_threshold: all' 'exit 0'
	sh_hs P1 '  pass_threshold: 2' 'exit 0'
}
suite
several
runs '1/1 5/5 3/3 3/4 1/2 1/1 4/4 2/2 ' 'each says it itself'
suite 'Order: P0 first.
Scenario pass: 2 of 3 runs.
Overall pass: all P0 pass, all P1 pass, overall >= 90%.'
several
printf '### HS-009: It is code\n\n**Validates:** SC-001\n**Priority:** P1\n\n%s\n' \
	'**Verify:**
```bash
[ "$(sh greet.sh x)" = "hello x" ] && [ -z "$DF_HOLDOUT_RUN" ]
```' >>$d9
runs '2/3 5/5 2/3 3/4 1/2 1/1 4/4 2/3 2/3 ' \
	'or the run protocol, also for scenarios of code'
is "$(mark HS-009)" 'PASS - 3/3' 'which are not told which run it is'

# refused RULE-TEXT NAME: boot says where
refused() {
	exits 3 "$2" df-boot -q --spec s --tests tests -o none
	like "$err" "$1" 'with its place'
	no 'and there is no run' test -e none
}
at='^(.*/)?D9_HOLDOUT_SCENARIOS\.md:[0-9]+:1: error: '
# bounds CRITERIA TEXT NAME
bounds() {
	suite
	sh_hs P0 "$of3" 'exit 0'
	sh_hs P0 "$of3" 'exit 0'
	sh_hs P0 "$1" 'exit 0'
	refused "$at$2" "$3"
}
bounds '  runs_required: 0
  pass_threshold: 0 of 0' 'HS-003: 0 runs, which is not 1 to 100' 'no run'
is "$(sed -n 's/.*SCENARIOS\.md:\([0-9]*\):.*/\1/p' "$err")" \
	"$(grep -n 'runs_required: 0' $d9 | sed 's/:.*//')" 'on its line'
bounds '  runs_required: 101
  pass_threshold: 2' 'HS-003: 101 runs, which is not 1 to 100' 'too many runs'
bounds '  runs_required: 3
  pass_threshold: 4 of 3' 'HS-003: 4 of 3 runs have to pass' 'more than all'
bounds '  runs_required: 3
  pass_threshold: 0 of 3' 'HS-003: 0 of 3 runs have to pass' 'none of them'
bounds '  runs_required: 3
  pass_threshold: "2 of 5"' 'HS-003: a threshold of 5 runs, and 3 runs' \
	'two numbers of runs'
bounds '  runs_required: 3
  pass_threshold: 67%' 'HS-003: 67 of 3 runs have to pass' 'a percentage'
is "$(sed -n 's/.*SCENARIOS\.md:\([0-9]*\):.*/\1/p' "$err")" \
	"$(grep -n '67%' $d9 | sed 's/:.*//')" 'on its line'
suite 'Scenario pass: 0 of 3 runs.'
several
refused "${at}the run protocol: 0 of 3 runs have to pass" 'a protocol of none'
suite 'Scenario pass: 2 of 200 runs.'
several
refused "${at}the run protocol: 200 runs, which is not 1 to 100" \
	'a protocol of too many'

# ---- no program ----

suite
sh_hs P0 "$of3" 'exit 0'
hs P1 "$of3"
hs P1 "$of3"
touch tests/HS-002x tests/README
run df-boot -n --spec s --tests tests
has "$err" '2 of 3 scenarios will be ERROR, nothing in them can be executed: HS-002, HS-003 [d9.behaviour]' \
	'df-boot names two without a program'
built --spec s --tests tests
exits 3 'two without a program' df-holdout
is "$(marks)" 'HS-001 PASS - 3/3
HS-002 ERROR no-executable-verify -
HS-003 ERROR no-executable-verify -' 'are ERROR, and it is no verdict'
has "$out" 'not ok 2 - HS-002 # ERROR no-executable-verify'
is "$(jq -c '.holdout_findings[] | select(.rule == "d9.behaviour") |
	[.severity, .count]' "$DF_RUN/validation.json")" '["warning",1]' \
	'of which the validation has a warning'
echo 'exit 0' >tests/HS-002
exits 3 'a program that cannot be executed' df-boot -q --spec s --tests tests -o none
has "$err" 'tests/HS-002 is not an executable file'
rm -r tests
built --spec s
exits 3 'none at all' df-holdout
is "$(mark HS-001)" 'ERROR no-executable-verify -' 'no PASS'

# ---- what a program needs of the environment ----

suite 'Order: P0 first, then P1.

## Environment Variables

- `GREETER_WORD`: the word, required'
sh_hs P0 "$of3" 'exit 0'
sh_hs P1 "$of3" 'test "$GREETER_WORD" = hi'
tap_hs '' 'echo 1..1' 'test -z "$(env | grep GREETER)" || printf "not "' 'echo ok 1'
built --spec s --tests tests --set limits.max_eval_attempts=2
exits 3 'a variable that is not set' df-holdout
is "$(marks)" 'HS-001 PASS - 3/3
HS-002 ERROR environment -
HS-003 PASS - -' 'is an ERROR of the program that names it'

# what the judge sets itself is nobody else's
suite 'Order: P0 first, then P1.

## Environment Variables

- `PATH`: where `greet` is, required
- `HOME`: is empty, required
- `TMPDIR`: required
- `DF_HOLDOUT_RUN`: the run, default 7'
sh_hs P1 '' 'test "$PATH" = /usr/bin:/bin:/usr/sbin:/sbin' \
	'test "$TMPDIR $DF_HOLDOUT_RUN" = "/tmp 1" && test ! -w "$HOME"'
tap_hs '' 'echo 1..1' 'test "$(greet x)" = hello || printf "not "' 'echo ok 1'
sh_hs P1 '' 'exit 0'
printf '#!/bin/sh\necho hello\n' >base/greet
chmod 755 base/greet
built --spec s --tests tests
run env PATH=".:$PATH" DF_HOLDOUT_RUN=9 TMPDIR="$tmp" df-holdout
is "$(marks)" 'HS-001 PASS - -
HS-002 FAIL verify -
HS-003 PASS - -' 'what is judged is not found by a PATH of ours'
rm base/greet

# ---- what cannot be run, and what is run in the same shell ----

suite 'P1 0/40.'
hs P1 '' '' 'exit 0'
hs P1 '' .sh ''
hs P1 '' .t 'echo 1..1; echo ok 1'
sh_hs P1 '' 'if true; then . ./greet.sh; fi'
sh_hs P1 '' 'true' 'if ! command . ./greet.sh; then exit 1; fi'
sh_hs P1 '' 'if test -e evaluate; then sourced; fi' 'exit 0'
built --spec s --tests tests
run df-holdout
is "$(marks)" 'HS-001 ERROR program -
HS-002 ERROR program -
HS-003 ERROR program -
HS-004 PASS - -
HS-005 PASS - -
HS-006 PASS - -' 'a file that is no program says nothing of the result'
is "$(jq -c '[.holdouts[] | .independent]' "$DF_RUN/holdout/1.json")" \
	'[true,true,true,false,false,true]' \
	'behind a word of the shell a file is sourced as well'

# ---- more runs at a time than descriptors ----

suite
sh_hs P1 '  runs_required: 30' 'sleep 0.2'
sh_hs P1 '' 'exit 0'
sh_hs P1 '' 'exit 0'
built --spec s --tests tests
(
	# shellcheck disable=SC3045 # the shells that there are have it
	ulimit -S -n 160
	run df-holdout -q -j 256
)
is "$(mark HS-001)" 'PASS - 30/30' 'all runs are made'

# ---- so much output that a record could not hold it ----

suite
i=0
while [ $i -lt 25 ]; do
	i=$((i + 1))
	sh_hs P1 '  runs_required: 2' 'sh greet.sh' 'exit 1'
done
mv base/greet.sh greet.sh
echo 'head -c 70000 /dev/zero' >base/greet.sh
built --spec s --tests tests
exits 1 'output without end prevents no verdict' df-holdout -q -j 4
is "$(mark HS-025)" 'FAIL verify 0/2' 'nor that of a scenario'
ok 'and the whole record opens' full
mv greet.sh base/greet.sh

# ---- TAP or exit status ----

suite 'P1 0/40.'
# said LINE...: a program that ends with 0 after that, named .sh; its_tap: .t
said() {
	sh_hs P1 '' "$@"
}
its_tap() {
	tap_hs '' "$@"
}
said 'echo TAP version 14' 'echo 1..1' 'echo ok 1'
said 'echo 1..2' 'echo ok' 'echo ok'
said 'echo 1..1' 'echo not ok 1'
said 'echo starting' 'echo 1..2' 'echo ok 1' 'echo not ok 2'
said 'printf "no newline"' 'echo 1..2' 'echo ok 1' 'echo not ok 2'
said 'echo 1..2' 'echo ok 1'
said 'echo 1..1' 'echo "ok 1 # SKIP no network"'
said 'echo 1..1' "echo \"not ok 1 # $todo later\""
said 'echo 1..0 "# SKIP nothing"'
said 'echo 1..1' 'echo ok 1' 'exit 1'
said 'echo "Bail out!"' 'echo 1..1' 'exit 3'
said 'echo ok' 'echo "1.. and so on"'
said 'echo ok 1' 'echo ok 2' 'echo 1..2'
said 'echo 1..2000000000' 'echo ok 1'
said 'echo 1..1' 'echo ok 1' 'echo 1..1'
said 'echo ok 1' 'echo 1..2' 'echo ok 2'
said 'echo 1..1' 'head -c 3000000 /dev/zero | tr "\0" "\n"' 'echo ok 1'
said 'head -c 3000000 /dev/zero | tr "\0" "\n"'
its_tap 'exit 0'
its_tap 'echo it is well'
its_tap 'echo ok 1'
its_tap 'exit 1'
its_tap 'echo 1..1' 'echo ok 1' 'exit 1'
its_tap 'echo 1..1' 'echo ok 1 - fine'
its_tap 'echo 1..3 "# SKIP all"' 'echo ok 1' 'echo ok 2' 'echo ok 3'
built --spec s --tests tests
run df-holdout -j 4
is "$(marks | sed 's/ -$//; s/ -$//')" 'HS-001 PASS
HS-002 PASS
HS-003 FAIL verify
HS-004 FAIL verify
HS-005 ERROR tap
HS-006 ERROR tap
HS-007 ERROR tap
HS-008 ERROR tap
HS-009 ERROR tap
HS-010 FAIL verify
HS-011 FAIL verify
HS-012 PASS
HS-013 PASS
HS-014 ERROR tap
HS-015 ERROR tap
HS-016 ERROR tap
HS-017 ERROR tap
HS-018 PASS
HS-019 ERROR tap
HS-020 ERROR tap
HS-021 ERROR tap
HS-022 ERROR tap
HS-023 FAIL verify
HS-024 PASS
HS-025 ERROR tap' 'TAP takes a PASS away and makes none'

# what an artifact writes between the lines of its judge
suite 'P1 0/40.'
printf '%s\n' 'printf "1..1\nok 1 - all is well\n# "' >base/lies.sh
printf '%s\n' 'echo "hello $1"' 'exit 0' >base/ends.sh
said 'sh lies.sh' 'test -e never'
its_tap 'sh lies.sh' 'echo 1..1' 'echo not ok 1' 'exit 1'
its_tap 'echo 1..2' 'echo ok 1' '. ./ends.sh' 'echo not ok 2'
its_tap 'echo 1..1' 'test "$(sh lies.sh)" = "hello" && echo ok 1 || echo not ok 1'
said '. ./ends.sh' 'exit 1'
said 'sh ends.sh >/dev/null' 'exit 0'
built --spec s --tests tests
run df-holdout
is "$(marks | sed 's/ -$//; s/ -$//' | head -n 4)" 'HS-001 FAIL verify
HS-002 ERROR tap
HS-003 ERROR tap
HS-004 FAIL verify' 'makes no PASS'
is "$(jq -c '[.holdouts[] | .independent]' "$DF_RUN/holdout/1.json")" \
	'[true,true,false,true,false,true]' \
	'a program of sh that sources what it judges is not independent'
rm base/lies.sh base/ends.sh

# ---- a manifest ----

# manifest MEMBERS...: of scenarios of P1
manifest() {
	rm -rf tests
	mkdir tests
	printf '%s\n' '#!/bin/sh' 'echo 1..1' \
		'test "$DF_HOLDOUT_RUN" = 1 && echo not ok 1 || echo ok 1' \
		>tests/first
	chmod 755 tests/first
	i=0
	for m; do
		i=$((i + 1))
		printf '%s{"id":"HS-00%d","plan":1,"priority":"P1","program":"first"%s}' \
			"$([ $i -eq 1 ] || echo ,)" $i "$m"
	done >list
	printf '{"schema":"df.suite/1","name":"a","version":"1.0.0","scenarios":[%s]}\n' \
		"$(cat list)" >tests/suite.json
}
manifest ',"runs":3,"need":2' ',"runs":3' '' ',"need":1' ',"runs":100,"need":99'
rm $d9
built --spec s --tests tests
exits 1 'a manifest with runs' df-holdout -j 4
is "$(marks)" 'HS-001 PASS - 2/3
HS-002 FAIL verify 2/3
HS-003 FAIL verify -
HS-004 FAIL verify -
HS-005 PASS - 99/100' 'which are made'
ok 'its record follows the schema' df-validate -q "$DF_RUN/holdout/1.json"
manifest ''
printf '%s\n' '#!/bin/sh' 'echo 1..1' '. ./greet.sh' 'echo ok 1' >tests/first
built --spec s --tests tests
run df-holdout
is "$(mark HS-001) $(jq '.holdouts[0].independent' "$DF_RUN/holdout/1.json")" \
	'PASS - - false' 'one that sources what it judges is not independent'
for i in '"runs":0' '"runs":101' '"runs":3,"need":0' '"runs":3,"need":4' \
    '"need":2' '"runs":"3"'; do
	manifest ",$i"
	exits 3 "$i" df-boot -q --spec s --tests tests -o none
	like "$err" 'suite\.json' 'of which it is said where'
done
no 'there is no run' test -e none

# ---- specifications that we did not write ----

# real SPEC COUNT: that many scenarios, each with a program
real() {
	spec=$tap_corpus/specs/$1
	if ! [ -d "$spec" ]; then
		skip 5 "no corpus: $1"
		return
	fi
	rm -rf tests
	mkdir tests
	sed -n 's/^scenario_id: "\(HS-[0-9]*\)".*/\1/p' "$spec"/D9*.md |
	    while read -r i; do
		case $i in
		*1) printf '%s\n' '#!/usr/bin/perl' 'print "1..1\n";' \
			'print -e "greet.sh" ? "ok 1\n" : "not ok 1\n";' \
			>"tests/$i.t" ;;
		*2) printf '%s\n' '#!/bin/sh' \
			'test -e greet.sh && test $DF_HOLDOUT_RUN != 2' \
			>"tests/$i.sh" ;;
		*) printf '%s\n' '#!/bin/sh' 'exec test -e greet.sh' \
			>"tests/$i" ;;
		esac
	done
	chmod 755 tests/*
	built --spec "$spec" --tests tests
	exits 0 "$1" df-holdout -q -j 4
	is "$(jq -r '[.total, .passed, .verdict] | join(" ")' \
		"$DF_RUN/holdout/1.json")" "$2 $2 ACCEPT" "$1: $2 scenarios pass"
	is "$(jq -r '.holdouts[] | "\(.need) of \(.runs)"' \
		"$DF_RUN/holdout/1.json" | sort -u)" '2 of 3' "$1: 2 of 3"
	is "$(jq -r '.flaky' "$DF_RUN/holdout/1.json")" \
		"$(find tests -name '*2.sh' | wc -l)" "$1: flakes are counted"
	rm "$(find tests -name '*3' | head -n 1)"
	built --spec "$spec" --tests tests
	run df-holdout -q -j 4
	is "$(jq -r .errored "$DF_RUN/holdout/1.json")" 1 "$1: without one of them an ERROR"
}
real FMWK-900-sawmill-smoke 4
real FMWK-001-ledger 11
done_testing
