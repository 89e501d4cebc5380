#!/bin/sh
# df-validate: what it accepts, what it refuses, and in which words.

absolute() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

tool=$(absolute "${DF_BUILD:-build}/bin/df-validate")
gen=$(absolute "$(dirname "$0")/gen-spec.sh")
man=$(absolute "$(dirname "$0")/../man/df-validate.1")
corpus=$(absolute "${DF_CORPUS:-../shared/corpus}")
[ -x "$tool" ] || {
	echo "1..0 # SKIP $tool is not built"
	exit 0
}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/df-0200-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
LC_ALL=C
export LC_ALL
unset DF_RUN DF_FACTORY
n=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		head -40 out err 2>/dev/null | sed 's/^/# /'
	fi
}

# exits CODE NAME COMMAND...: output in out and err
exits() {
	want=$1 what=$2
	shift 2
	"$@" >out 2>err
	got=$?
	[ "$got" -eq "$want" ]
	result $? "$what: exit $got"
}

has() {		# FILE TEXT
	grep -Fq -e "$2" "$1"
	result $? "$1 has: $2"
}

hasnot() {
	! grep -Fq -e "$2" "$1"
	result $? "$1 has not: $2"
}

# A fresh copy of a specification that passes, as ./s.
fresh() {
	rm -rf s
	cp -R good s
}

# mutant RULE NAME: s now fails, with a finding of that rule
mutant() {
	exits 1 "$2" "$tool" s
	has err "[$1]"
}

# warned RULE NAME: s passes with a finding of that rule
warned() {
	exits 0 "$2" "$tool" s
	has err "[$1]"
}

edit() {	# FILE SED-SCRIPT
	sed "$2" "s/$1" >new
	if cmp -s new "s/$1"; then
		result 1 "sed changed $1"
	fi
	mv new "s/$1"
}

sh "$gen" 7 good

# ---- the interface ----

exits 2 'no operand' "$tool"
[ ! -s out ]
result $? 'nothing on stdout'
exits 2 'an unknown option' "$tool" --no-such
exits 2 'an unknown rule' "$tool" --explain d8.cicle
has err 'did you mean d8.cycle?'
exits 0 'a rule explained' "$tool" --explain d8.cycle
has out 'd8.cycle (error): '
exits 0 'help' "$tool" --help
has out 'usage: df-validate'
exits 0 'version' "$tool" --version
exits 0 'a good specification' "$tool" good
has out 'PASS all_documents_present: 10/10 documents found'
has out 'PASS d6_no_open_items: 0 OPEN clarifications'
has out 'PASS d2_scenarios_covered: 7/7 scenarios covered by D8'
has out 'PASS d4_contracts_covered: 4/4 contracts assigned to D8 tasks'
has out 'PASS d9_minimum_holdouts: 7 holdout scenarios (>= 3)'
has out 'PASS d8_no_dependency_cycles: 7 tasks, 0 cycles'
hasnot err ': warning:'
exits 0 'quiet' "$tool" -q good
[ ! -s out ] && [ ! -s err ]
result $? 'quiet says nothing'
exits 0 'JSON' "$tool" --json -q good
has out '"status":"PASS"'
has out '"summary":{"documents":10,"holdouts":7,"scenarios":7,"tasks":7}'
[ "$(wc -l <out)" -eq 1 ]
result $? 'one line'
cp out first
mv good elsewhere
exits 0 'the same from elsewhere' "$tool" --json -q elsewhere
mv elsewhere good
sed 's/"spec_dir":"elsewhere"/"spec_dir":"good"/' out | cmp -s - first
result $? 'equal specifications give equal bytes'
exits 0 'ProductSpec' "$tool" --product good
has out '"schema":"df.product-spec/1"'
exits 0 'several directories' "$tool" good good
exits 3 'no such directory' "$tool" nowhere
exits 0 'a record' "$tool" first
echo hello >hello.txt
exits 3 'a file that is neither' "$tool" hello.txt
mkdir empty
exits 3 'a directory without documents' "$tool" empty
has err 'holds no specification'
exits 3 'one of several cannot be read' "$tool" good empty
exits 3 'errors as JSON' "$tool" --json empty
has err '"exit":3'

# Each rule is in the manual, and the manual names no other.
exits 0 'all rules' "$tool" --explain all
cut -f1 out | sort >rules
if [ -f "$man" ]; then
	sed -n 's/^\.It Sy \([a-z0-9]*\.[a-z-]*\).*/\1/p' "$man" | sort >listed
	cmp -s rules listed
	result $? 'df-validate(1) lists every rule'
fi

# ---- missing documents ----

for d in D1_CONSTITUTION D2_SPECIFICATION D3_DATA_MODEL D4_CONTRACTS \
    D5_RESEARCH D6_GAP_ANALYSIS D7_PLAN D8_TASKS D9_HOLDOUT_SCENARIOS \
    D10_AGENT_CONTEXT; do
	fresh
	rm "s/$d.md"
	exits 1 "without $d" "$tool" --json s
	has err "Missing required document: $d.md"
	has out "Missing required document: $d.md"
done
has out '"message":"9/10 documents found"'
has out '"outcome":"BLOCKED"'
has out '"summary":null'

# ---- D9 elsewhere ----

fresh
mkdir -p work/frame .holdouts/part
mv s/D9_HOLDOUT_SCENARIOS.md .holdouts/part/
mv s work/frame/part
(cd work/frame && exits 1 'D9 is not beside' "$tool" part)
n=$((n + 1))
rm -rf work2
mkdir -p work2/.holdouts work2/frame
mv work/frame/part work2/frame/part
mv .holdouts/part work2/.holdouts/part
exits 0 'D9 in ../../.holdouts' "$tool" work2/frame/part
(cd work2/frame/part && exits 0 'the same from inside' "$tool" .)
n=$((n + 1))
mv work2/.holdouts kept
exits 0 'D9 named as a directory' "$tool" --holdouts kept/part \
    work2/frame/part
exits 0 'D9 named as a file' "$tool" \
    --holdouts kept/part/D9_HOLDOUT_SCENARIOS.md work2/frame/part
exits 3 'D9 named, but not there' "$tool" --holdouts kept work2/frame/part
has err 'holds no D9'

# ---- defects ----

fresh
edit D6_GAP_ANALYSIS.md 's/RESOLVED(at 1)/OPEN/'
mutant d6.open 'an open clarification'
has out 'D6 has 1 OPEN clarification(s): CLR-001 [Where does counting begin?]. Resolve before proceeding.'
fresh
edit D6_GAP_ANALYSIS.md 's/RESOLVED(at 1)/(OPEN)/'
mutant d6.open 'a status in parentheses'
fresh
edit D6_GAP_ANALYSIS.md '/^\*\*Status:\*\* RES/d'
mutant d6.open 'a clarification without a status'
fresh
edit D6_GAP_ANALYSIS.md 's/| RESOLVED - D4 IN-001 |/| OPEN - ask |/'
mutant d6.row 'an open row of a boundary table'
has out 'OPEN boundary'
fresh
edit D6_GAP_ANALYSIS.md 's/^## Clarification Log/#### GAP-001: Form\
\
**Resolution:** OPEN - nobody knows\
\
&/'
mutant d6.gap 'an open gap, in its resolution'
fresh
edit D6_GAP_ANALYSIS.md 's/^## Clarification Log/#### GAP-001: Form\
\
**Category:** Data In\
\
&/'
warned d6.unknown 'a gap without a status'
fresh
edit D6_GAP_ANALYSIS.md 's/RESOLVED(at 1)/ASSUMED(at 1)/'
warned d6.assumed 'an assumption'
fresh
edit D6_GAP_ANALYSIS.md 's/Unresolved:\*\* 0/Unresolved:** 2/'
mutant d6.contradiction 'a header that counts open items'
fresh
edit D6_GAP_ANALYSIS.md 's/verdict: PASS/verdict: FAIL/'
mutant d6.contradiction 'a gate verdict FAIL without open items'
fresh
edit D6_GAP_ANALYSIS.md 's/| 0 | 0 | 0 | 0 |/| 1 | 0 | 0 | 1 |/'
mutant d6.contradiction 'a summary with remaining items'

fresh
edit D8_TASKS.md 's/^\*\*Scenarios Satisfied:\*\* SC-003/**Scenarios Satisfied:** SC-002/'
mutant d2.uncovered 'a scenario without a task'
has err 'D2 SC-003 not covered by any D8 task'
has out 'FAIL d2_scenarios_covered: 1 scenario not covered by D8'
fresh
edit D8_TASKS.md 's/SIDE-001, //'
mutant d4.uncovered 'a contract without a task'
has err 'D4 SIDE-001 not assigned to any D8 task'
fresh
edit D8_TASKS.md 's/SC-007/SC-099/'
mutant ref.dangling 'a scenario that does not exist'
has err 'T-007 satisfies SC-099, which D2 does not define'
hasnot err 'did you mean'
for i in SC-0007 SC-7 SC-070 SC-06; do
	fresh
	edit D8_TASKS.md "s/SC-007/$i/"
	mutant ref.dangling "a slip: $i"
	has err "hint: did you mean SC-00"
done
fresh
edit D8_TASKS.md 's/^\*\*Dependency:\*\* T-003/**Dependency:** T-033/'
mutant ref.dangling 'a dependency that does not exist'
fresh
edit D8_TASKS.md 's/^#### T-005:/#### T-004:/'
mutant id.duplicate 'a task that is defined twice'
fresh
edit D8_TASKS.md 's/^\*\*Dependency:\*\* T-001 .*/**Dependency:** T-003 (x)/'
mutant d8.cycle 'a cycle'
has err 'Dependency cycle detected in D8: T-003 → T-003'
fresh
printf '# D8: Tasks - Generated component\n\n## Tasks\n\nNone yet.\n' \
    >s/D8_TASKS.md
mutant d8.no-tasks 'no tasks'
has out 'FAIL d8_no_dependency_cycles'
fresh
printf '# D2: Specification - Generated component\n\n## Purpose\n\nx\n' \
    >s/D2_SPECIFICATION.md
mutant d2.no-scenarios 'no scenarios'
has out 'FAIL d2_scenarios_covered'
fresh
: >s/D5_RESEARCH.md
mutant doc.empty 'an empty document'
has out 'PASS all_documents_present: 10/10'
fresh
printf '# D5: Research - x\n**Status:** Complete\n\n## Research Log\n' \
    >s/D5_RESEARCH.md
mutant doc.empty 'a document of headings'
fresh
edit D5_RESEARCH.md '/^\*\*Decision/d'
mutant d5.undecided 'a blocking question without a decision'
fresh
edit D5_RESEARCH.md 's/^\*\*Decision.*/**Decision:**/'
mutant d5.undecided 'a decision without words'
fresh
edit D7_PLAN.md 's/| YES |/| NO |/'
mutant d7.not-compliant 'a plan that breaks an article'
fresh
edit D2_SPECIFICATION.md 's/^\*\*Source:\*\* step 4.*/**Source:** [Design doc section]/'
mutant fill.placeholder 'a placeholder'
has err 'D2_SPECIFICATION.md:'
fresh
edit D8_TASKS.md 's/^- it exits with 0/```\
&/'
mutant doc.fence 'a code block that never ends'
fresh
printf '\n```\nmake\n\n```bash\nmake check\n```\n' >>s/D10_AGENT_CONTEXT.md
warned doc.fence-inside 'a code block that ends with the next one'
fresh
edit D8_TASKS.md 's/^## MVP Scope/<!-- &/'
mutant doc.comment 'a comment that never ends'
fresh
cp s/D8_TASKS.md s/D8_TASKS_OLD.md
mutant doc.twice 'two files for one document'
fresh
cp s/D1_CONSTITUTION.md s/TASK.md
exits 0 'other files do not matter' "$tool" s
fresh
printf 'caf\351\n' >>s/D2_SPECIFICATION.md
exits 3 'a document in Latin-1' "$tool" s
has err 'D2_SPECIFICATION.md:'
has err 'not UTF-8'
[ ! -s out ]
result $? 'and nothing is decided'
fresh
printf '\357\273\277' >new
awk '{ printf "%s\r\n", $0 }' s/D8_TASKS.md >>new
mv new s/D8_TASKS.md
exits 0 'a byte order mark and CR LF' "$tool" s
hasnot err ': warning:'

# ---- holdouts ----

fresh
edit D9_HOLDOUT_SCENARIOS.md '/^### HS-003/,/^## Scenario Coverage/d'
mutant d9.few 'two holdouts'
has out 'FAIL d9_minimum_holdouts: 2 holdout scenarios (< 3)'
fresh
edit D9_HOLDOUT_SCENARIOS.md '/^### HS-002/,/^### HS-003/{
/^\*\*Verify/,/^\*\*Cleanup/d
}'
mutant d9.no-verify 'no Verify at all'
fresh
edit D9_HOLDOUT_SCENARIOS.md '/^### HS-002/,/^### HS-003/{
/^\*\*Verify/,/^\*\*Cleanup/{
/^```/d
/^grep/d
}
}'
warned d9.table 'Verify is only a table'
fresh
# shellcheck disable=SC2016
edit D9_HOLDOUT_SCENARIOS.md '/^### HS-002/,/^### HS-003/{
/^\*\*Verify/,/^\*\*Cleanup/{
/^|/d
/^```/d
s/^grep.*/Run `touch PWNED` and look./
}
}'
mutant d9.no-verify 'Verify is prose'
[ ! -e PWNED ]
result $? 'and is not run'
fresh
edit D9_HOLDOUT_SCENARIOS.md 's/^grep -qx "done 2".*/true/'
warned d9.vacuous 'Verify always succeeds'
fresh
edit D9_HOLDOUT_SCENARIOS.md '/^### HS-002/,/^### HS-003/s/^\*\*Verify:\*\*/# Note\
\
&/'
warned d9.heading 'a heading of level 1 in a scenario hides nothing'
has out '7 with code'
fresh
edit D9_HOLDOUT_SCENARIOS.md '/^### HS-002/,/^### HS-003/s/^\*\*Verify:\*\*/### Note\
\
&/'
mutant d9.stray 'a heading that cuts a scenario in two'
fresh
edit D9_HOLDOUT_SCENARIOS.md 's/^\*\*Validates:\*\* SC-002/**Validates:** SC-022/'
mutant ref.holdout 'a holdout of a scenario that does not exist'
fresh
edit D2_SPECIFICATION.md 's/^\*\*Priority:\*\* P2/**Priority:** P1/;s/P1/P0/'
edit D9_HOLDOUT_SCENARIOS.md 's/^\*\*Validates:\*\* SC-007/**Validates:** SC-001/'
warned d9.uncovered 'a scenario of P1 without a holdout'
fresh
edit D9_HOLDOUT_SCENARIOS.md 's/(3\/3)/(4\/4)/'
warned total.holdouts 'a threshold that counts otherwise'
fresh
{
	printf '\n## Example\n\n```\nset -e\nsh step002.sh >out\n'
	printf 'grep -qx "done 2" out\n```\n'
} >>s/D7_PLAN.md
edit D9_HOLDOUT_SCENARIOS.md 's/^sh step002.*/set -e\
sh step002.sh >out\
grep -qx "done 2" out/'
mutant leak.block 'code of D9 in D7'
fresh
echo 'As in HS-003.' >>s/D8_TASKS.md
warned leak.id 'a holdout named in D8'
fresh
edit D8_TASKS.md 's/^\*\*Total: 7 tasks/**Total: 8 tasks/'
warned total.tasks 'a total that is wrong'

# ---- real sets ----

if [ -d "$corpus/specs/dark-factory" ]; then
	for s in "$corpus"/specs/*/; do
		s=${s%/}
		case $s in
		*/dark-factory) want=1 ;;
		*) want=0 ;;
		esac
		exits "$want" "${s##*/}" "$tool" "$s"
	done
	exits 1 'its own specification' "$tool" "$corpus/specs/dark-factory"
	has err 'D4 SIDE-002 not assigned to any D8 task'
	[ "$(grep -c ': error: ' err)" -eq 1 ]
	result $? 'and that is the only error'
	for s in "$corpus"/templates/* "$corpus"/templates/*/compressed; do
		[ -f "$s/D8_TASKS.md" ] || continue
		exits 1 "unfilled: ${s#"$corpus"/templates/}" "$tool" "$s"
		has err 'unfilled placeholder'
	done
fi

echo "1..$n"
