#!/bin/sh
# df-validate on one defect at a time: the exit code, the rule, and the line
# and column that it points at.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-validate
good=$t/data/sets/classic tiny=$t/data/tiny

# mutant NAME FILE SED-SCRIPT: s is a copy of the good set with one change
mutant() {
	name=$1
	rm -rf s
	cp -R "$good" s
	chmod -R u+w s
	[ "$2" ] || return 0
	sed "$3" "$good/$2" >"s/$2"
	no "$name: something was changed" cmp -s "$good/$2" "s/$2"
}

# gives CODE
gives() {
	exits "$1" "$name" df-validate s
}

# line FILE PATTERN [N]: the number of the line that matches, the N-th
line() {
	grep -n -e "$2" "s/$1" | sed -n "${3:-1}s/:.*//p"
}

# says FILE LINE COLUMN SEVERITY RULE [TEXT]
says() {
	grep -F "s/$1:$2:$3: $4: " "$err" | grep -F "[$5]" >line
	has line "${6:-$5}" "$name: $1:$2:$3: $4 $5"
}

# only NUMBER: of errors
only() {
	is "$(grep -c ': error: ' "$err")" "$1" "$name: $1 errors and no more"
}

name=unchanged
mutant unchanged ''
gives 0
only 0
rm -rf s
cp -R "$tiny" s
name=minimal
gives 0
only 0

# ---- documents ----

mutant 'a missing document' ''
rm s/D3_DATA_MODEL.md
gives 1
has "$err" 's: error: Missing required document: D3_DATA_MODEL.md [doc.missing]'
has "$out" 'FAIL all_documents_present: 9/10 documents found'
mutant 'empty documents' ''
for f in s/D*.md; do
	: >"$f"
done
gives 1
has "$out" 'PASS all_documents_present: 10/10 documents found'
is "$(grep -c '\[doc.empty\]' "$err")" 10 'each of ten empty documents is named'
has "$err" 's/D10_AGENT_CONTEXT.md: error: D10 has no content [doc.empty]'
mutant 'a byte of Latin-1' D4_CONTRACTS.md "s/a name was seen/caf$(printf '\351')/"
gives 3
has "$err" "s/D4_CONTRACTS.md:$(line D4_CONTRACTS.md 'caf'):17: "
has "$err" 'not UTF-8: byte 0xe9 at offset '
is "$(cat "$out")" '' 'and nothing is decided'
mutant 'zero scenarios' D2_SPECIFICATION.md '/^#### SC-/,/^\*\*Testing/d'
gives 1
has "$err" 's/D2_SPECIFICATION.md: error: D2 defines no scenario [d2.no-scenarios]'
has "$out" 'FAIL d2_scenarios_covered: 0 scenarios: D2 defines none'
mutant 'zero tasks' D8_TASKS.md '/^#### T-/,$d'
gives 1
has "$out" 'FAIL d8_no_dependency_cycles: 0 tasks: D8 defines none'

# ---- open items ----

d6=D6_GAP_ANALYSIS.md
mutant 'an open clarification' $d6 's/RESOLVED(0)/OPEN/'
gives 1
has "$out" 'FAIL d6_no_open_items: D6 has 1 OPEN clarification(s): CLR-001 [Is 0 a count?]. Resolve before proceeding.'
says $d6 "$(line $d6 '^\*\*Status:')" 13 error d6.open
says $d6 6 17 error d6.contradiction 'the header says 0 unresolved'
mutant 'a status in parentheses' $d6 's/RESOLVED(0)/(OPEN)/'
gives 1
says $d6 "$(line $d6 '^\*\*Status:')" 14 error d6.open
mutant 'a status in small letters' $d6 's/RESOLVED(0)/open, still/'
gives 1
says $d6 "$(line $d6 '^\*\*Status:')" 13 error d6.open
mutant 'a status that nobody filled in' $d6 \
    's/RESOLVED(0)/[OPEN | RESOLVED(answer) | ASSUMED]/'
gives 1
says $d6 "$(line $d6 '^\*\*Status:')" 14 error d6.open
says $d6 "$(line $d6 '^\*\*Status:')" 13 error fill.placeholder
mutant 'the word in the key' $d6 \
    's/^\*\*Status:\*\* .*/- Status (OPEN|RESOLVED|ASSUMED): OPEN/'
gives 1
says $d6 "$(line $d6 '^- Status')" 35 error d6.open
mutant 'no status' $d6 '/^\*\*Status:/d'
gives 1
says $d6 "$(line $d6 '^#### CLR-001')" 6 error d6.open
mutant 'OPEN in a table' $d6 's/| CLEAR |/| OPEN: ask |/'
gives 1
says $d6 "$(line $d6 'OPEN: ask')" 31 error d6.row
has "$out" 'D6 has 1 OPEN boundary(s): Data Out [Standard output].'
mutant 'OPEN in a table without a header' $d6 '/^| Boundary/d;/^|--/d;s/| CLEAR |/| OPEN |/'
gives 1
says $d6 "$(line $d6 '| OPEN |')" 31 error d6.row
mutant 'OPEN in a title' $d6 's/(RESOLVED)$/(OPEN)/'
gives 1
says $d6 "$(line $d6 '^#### GAP-001')" 33 error d6.gap
mutant 'OPEN in a resolution' $d6 's/ (RESOLVED)$//
s/^\*\*Resolution:.*/**Resolution:** OPEN - 80 or 100/'
gives 1
says $d6 "$(line $d6 '^\*\*Resolution')" 17 error d6.gap
mutant 'a gap without a status' $d6 's/ (RESOLVED)$//
/^\*\*Resolution:/d'
gives 0
says $d6 "$(line $d6 '^#### GAP-001')" 6 warning d6.unknown
mutant 'a header that counts more' $d6 's/Unresolved:\*\* 0/Unresolved:** 3/'
gives 1
says $d6 6 17 error d6.contradiction 'the header says 3 unresolved'
mutant 'rows that count more' $d6 's/| Data In | 1 | 0 | 1 | 0 |/| Data In | 1 | 0 | 0 | 1 |/'
gives 1
says $d6 "$(line $d6 '^| TOTAL')" 3 error d6.contradiction
mutant 'a verdict that says no' $d6 's/verdict: PASS/verdict: FAIL/'
gives 1
says $d6 "$(line $d6 'Gate verdict')" 17 error d6.contradiction

# ---- references ----

d8=D8_TASKS.md
mutant 'a dangling scenario' $d8 's/ SC-003 (names/ SC-033 (names/'
gives 1
says $d8 "$(line $d8 'SC-033')" 34 error ref.dangling \
    'T-002 satisfies SC-033, which D2 does not define'
has "$err" '    hint: did you mean SC-003?'
mutant 'a dangling dependency' $d8 's/T-002 and T-003/T-002 and T-030/'
gives 1
says $d8 "$(line $d8 'T-030')" 27 error ref.dangling \
    'T-004 depends on T-030, which D8 does not define'
mutant 'a dangling contract' $d8 's/SIDE-001, ERR-001/SIDE-001, ERR-002/'
gives 1
says $d8 "$(line $d8 'ERR-002')" 38 error ref.dangling
mutant 'a dangling scenario in D4' D4_CONTRACTS.md 's/SC-001, SC-003/SC-001, SC-004/'
gives 1
says D4_CONTRACTS.md "$(line D4_CONTRACTS.md SC-004)" 24 error ref.dangling
mutant 'a dangling scenario in D9' D9_HOLDOUT_SCENARIOS.md 's/:\*\* SC-002$/:** SC-022/'
gives 1
says D9_HOLDOUT_SCENARIOS.md "$(line D9_HOLDOUT_SCENARIOS.md SC-022)" 16 \
    error ref.holdout
mutant 'a dangling scenario in D7' D7_PLAN.md 's/D2 SC-001, D4/D2 SC-009, D4/'
gives 0
says D7_PLAN.md "$(line D7_PLAN.md SC-009)" 20 warning ref.other \
    'Store implements SC-009, which D2 does not define'
mutant 'a task twice' $d8 's/^#### T-003:/#### T-002:/'
gives 1
says $d8 "$(line $d8 '^#### T-002' 2)" 6 error id.duplicate
mutant 'a scenario twice' D2_SPECIFICATION.md 's/^#### SC-003:/#### SC-001:/'
gives 1
says D2_SPECIFICATION.md "$(line D2_SPECIFICATION.md '^#### SC-001' 2)" 6 \
    error id.duplicate
mutant 'a holdout twice' D9_HOLDOUT_SCENARIOS.md 's/^### HS-003:/### HS-001:/'
gives 1
says D9_HOLDOUT_SCENARIOS.md \
    "$(line D9_HOLDOUT_SCENARIOS.md '^### HS-001' 2)" 5 error id.duplicate
mutant 'a cycle' $d8 's/^\*\*Dependency:\*\* None.*/**Dependency:** T-004/'
gives 1
says $d8 "$(line $d8 '^\*\*Dependency' 1)" 17 error d8.cycle \
    'Dependency cycle detected in D8: T-001 → T-004 → T-002 → T-001'
has "$out" 'FAIL d8_no_dependency_cycles: Dependency cycle detected in D8: T-001 → T-004 → T-002 → T-001'
mutant 'a heading without a blank' $d8 's/^#### T-003:/####T-003:/'
gives 1
says $d8 "$(line $d8 'T-002 and T-003')" 27 error ref.dangling
says $d8 4 18 warning total.tasks 'the header says 4 tasks, D8 defines 3'

# ---- coverage ----

mutant 'a scenario of no task' $d8 's/^\*\*Scenarios Satisfied:\*\* .*/**Scenarios Satisfied:** SC-001/'
gives 1
says D2_SPECIFICATION.md "$(line D2_SPECIFICATION.md '^#### SC-003')" 6 \
    error d2.uncovered 'D2 SC-003 not covered by any D8 task'
only 2
mutant 'a contract of no task' $d8 's/SIDE-001, ERR-001/ERR-001/
s/^\*\*Contracts Implemented:\*\* All/**Contracts Implemented:** None/'
gives 1
says D4_CONTRACTS.md "$(line D4_CONTRACTS.md '^#### SIDE-001')" 6 \
    error d4.uncovered 'D4 SIDE-001 not assigned to any D8 task'
mutant 'a blocking question without an answer' D5_RESEARCH.md '/^\*\*Decision/d'
gives 1
says D5_RESEARCH.md "$(line D5_RESEARCH.md '^#### RQ-001')" 6 error d5.undecided
mutant 'a scenario of P1 without a holdout' D9_HOLDOUT_SCENARIOS.md \
    's/:\*\* SC-002$/:** SC-001/;s/^| SC-002 .*/| SC-002 | P1 | None | |/'
gives 0
says D2_SPECIFICATION.md "$(line D2_SPECIFICATION.md '^#### SC-002')" 6 \
    warning d9.uncovered
mutant 'a total that is wrong' $d8 's/Total: 4 tasks/Total: 5 tasks/'
gives 0
says $d8 "$(line $d8 'Total: 5')" 10 warning total.tasks

mutant 'a task without dependencies' $d8 '/^\*\*Dependency:\*\* T-002/d'
gives 0
says $d8 "$(line $d8 '^#### T-004')" 6 warning d8.field 'T-004 has no Dependency'
mutant 'a lost heading' $d8 '/^#### T-003/d
s/^\*\*Dependency:\*\* T-002.*/**Dependency:** T-002/'
gives 0
says $d8 "$(line $d8 '^\*\*Dependency' 3)" 1 warning item.merged \
    'Dependency stands twice in T-002'
mutant 'a lost first heading' D5_RESEARCH.md '/^#### RQ-001/d'
gives 0
says D5_RESEARCH.md "$(line D5_RESEARCH.md '^.*Prompted By')" 1 warning \
    item.orphan 'Prompted By belongs to no item'

mutant 'a row that does not add up' $d6 's/| Data In | 1 | 0 | 1 | 0 |/| Data In | 2 | 0 | 1 | 0 |/'
gives 0
says $d6 "$(line $d6 '^| Data In | 2')" 3 warning total.gaps \
    '2 found are not 1 resolved and 0 remaining'
says $d6 "$(line $d6 '^| TOTAL')" 3 warning total.gaps \
    'the TOTAL row says 1 found, the rows above it 2'
mutant 'a header of D3' D3_DATA_MODEL.md 's/Shared Entities:\*\* 1/Shared Entities:** 2/'
gives 0
says D3_DATA_MODEL.md 5 22 warning total.entities
mutant 'a header of D6' $d6 's/Private Gaps:\*\* 1/Private Gaps:** 4/'
gives 0
says $d6 5 19 warning total.gaps
mutant 'a threshold of D9' D9_HOLDOUT_SCENARIOS.md 's/(2\/2)/(3\/3)/'
gives 0
says D9_HOLDOUT_SCENARIOS.md \
    "$(line D9_HOLDOUT_SCENARIOS.md 'Pass Threshold')" 21 warning \
    total.holdouts 'the run protocol counts 3 P1 holdouts, D9 has 2'
mutant 'a row of the matrix less' D9_HOLDOUT_SCENARIOS.md '/^| SC-003 /d'
gives 0
says D2_SPECIFICATION.md "$(line D2_SPECIFICATION.md '^#### SC-003')" 6 \
    warning d9.matrix 'the matrix has no row for SC-003'
mutant 'another priority in the matrix' D9_HOLDOUT_SCENARIOS.md 's/^| SC-003 | P2/| SC-003 | P1/'
gives 0
says D9_HOLDOUT_SCENARIOS.md \
    "$(line D9_HOLDOUT_SCENARIOS.md '^| SC-003')" 12 warning d9.matrix \
    'the matrix says P1 for SC-003, D2 says P2'
mutant 'an article of another number' D7_PLAN.md 's/^| Article 2 /| Article 3 /'
gives 0
says D7_PLAN.md "$(line D7_PLAN.md '^| Article 3')" 3 warning d7.verdicts
mutant 'an article that is broken' D7_PLAN.md 's/| No surprise | YES |/| No surprise | NO |/'
gives 1
says D7_PLAN.md "$(line D7_PLAN.md '^| Article 2')" 29 error d7.not-compliant

# ---- holdouts ----

d9=D9_HOLDOUT_SCENARIOS.md
mutant 'comments in code' $d9 's/^# Look/# Look\
## twice\
### HS-009: no scenario/'
gives 0
has "$out" '3 holdouts: 2 with code, 1 with only a table, 0 behavioural'
mutant 'variables of another block' $d9 's/^test "\$EXIT_CODE".*/test "$EXIT_CODE" = 0 \&\& test -d "$store"/'
gives 0
has "$out" '3 holdouts: 2 with code'
mutant 'a process in the background' $d9 's/^store=.*/sleep 100 \&/'
gives 0
has "$out" '3 holdouts: 2 with code'
mutant 'Verify is a table' $d9 '/^### HS-003/,/^## Scenario/{
/^sh tally.sh show/d
/^\*\*Verify/,/^## Scenario/{
/^```/d
}
s/^\*\*Verify:\*\*/&\
\
| Check | PASS |\
| 1 | 1 |/
}'
gives 0
says $d9 "$(line $d9 '^\*\*Verify' 3)" 1 warning d9.table
mutant 'Verify is prose' $d9 '/^### HS-003/,/^## Scenario/{
/^\*\*Verify/,/^## Scenario/{
/^```/d
}
s/^sh tally.sh show.*/Run `touch PWNED` and look./
}'
gives 1
says $d9 "$(line $d9 '^\*\*Verify' 3)" 1 error d9.no-verify
no 'and what it names is not run' test -e PWNED -o -e s/PWNED
mutant 'no Verify' $d9 '/^### HS-003/,/^## Scenario/{
/^\*\*Verify/,/^```$/d
}'
gives 1
says $d9 "$(line $d9 '^### HS-003')" 5 error d9.no-verify
mutant 'a heading between blocks' $d9 '/^### HS-003/,/^## Scenario/{
s/^\*\*Verify:\*\*/# Note\
\
&/
s/^sh tally.sh show.*/false/
}'
gives 0
says $d9 "$(line $d9 '^# Note')" 1 warning d9.heading
has "$out" '3 holdouts: 2 with code'
mutant 'a heading that cuts a scenario' $d9 '/^### HS-003/,/^## Scenario/{
s/^\*\*Verify:\*\*/## Note\
\
&/
}'
gives 1
says $d9 "$(line $d9 '^\*\*Verify' 3)" 1 error d9.stray
mutant 'a label that is lost' $d9 '/^### HS-003/,/^## Scenario/{
/^\*\*Execute/d
}'
gives 0
says $d9 "$(line $d9 '^```bash' 7)" 1 warning d9.unlabelled
mutant 'a holdout without contracts' $d9 '/^\*\*Contracts:\*\* ERR-001/d'
gives 0
says $d9 "$(line $d9 '^### HS-003')" 5 warning d9.no-contract
mutant 'two holdouts' $d9 '/^### HS-003/,/^## Scenario/{
/^## Scenario/!d
}'
gives 1
has "$err" "s/$d9: error: D9 has 2 holdout scenarios, at least 3 are required [d9.few]"
mutant 'an id of D9 in D2' D2_SPECIFICATION.md 's/^It is NOT a log/&/
s/^- It is NOT a log\./- It is NOT a log, see HS-002./'
gives 0
says D2_SPECIFICATION.md "$(line D2_SPECIFICATION.md HS-002)" 24 warning leak.id
mutant 'a title of D9 in D7' D7_PLAN.md 's/^The program has one file\./Pears are counted up in one file./'
gives 0
says D7_PLAN.md "$(line D7_PLAN.md 'Pears are')" 1 warning leak.title
mutant 'code of D9 in D10' ''
sed -n '/^# Make a store/,/^store=/p' "$good/$d9" >block
{
	printf '\n```\n'
	cat block
	printf '```\n'
} >>s/D10_AGENT_CONTEXT.md
gives 1
says D10_AGENT_CONTEXT.md "$(line D10_AGENT_CONTEXT.md '^store=')" 1 \
    error leak.block

# ---- placeholders ----

mutant 'a placeholder' D7_PLAN.md 's/^One program, one file\./[What is built, and from what]/'
gives 1
says D7_PLAN.md "$(line D7_PLAN.md 'What is built')" 1 error fill.placeholder
mutant 'a placeholder in a cell' D3_DATA_MODEL.md 's/| how often |/| [Description] |/'
gives 1
says D3_DATA_MODEL.md "$(line D3_DATA_MODEL.md 'Description\]')" 23 \
    error fill.placeholder

# ---- the environment that scenarios want ----

mutant 'a variable without a default' D9_HOLDOUT_SCENARIOS.md \
    '0,/^---$/s//---\n\n## Environment\n\n- `DF_TEST_PLACE`: where it is/'
gives 0
says D9_HOLDOUT_SCENARIOS.md "$(line D9_HOLDOUT_SCENARIOS.md DF_TEST_PLACE)" \
    4 warning d9.unset
done_testing
