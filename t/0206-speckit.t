#!/bin/sh
# df-validate --profile speckit, and share/import/speckit: what is read of a
# feature directory, what is said about it, and the specification made of it.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_prog jq
needs_tool df-validate df-sign df-boot df-handoff
data=$t/data/speckit
kit=$top/share/import/speckit
unset SPECIFY_FEATURE_DIRECTORY
cp -R "$data" here
shelf=here/shelf odd=here/odd/specs/007-rooms

# findings FILE: "place rule" a line, without hints and the last line
findings() {
	sed -n 's/^\(here[^ ]*\): \(error\|warning\|note\): .* \[\(.*\)\]$/\1 \3/p' "$1"
}

# names DIR: what is in it
names() {
	find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '
}

# ---- checking ----

exits 0 'a clean feature' df-validate -v --profile speckit \
	"$shelf/specs/001-lend"
is "$(findings "$err")" 'here/shelf/specs/001-lend speckit.no-holdouts' \
	'it lacks nothing but holdouts'
has "$err" 'no holdouts: a factory cannot approve'
has "$out" 'PASS d2_scenarios_covered: 3 scenarios, 2/2 stories served by tasks'
has "$out" 'PASS d1_constitution_complete: 3 principles, 3 of them checked'

exits 1 'a feature with every irregularity' df-validate -v \
	--profile speckit "$odd"
is "$(findings "$err")" "\
$odd speckit.no-holdouts
$odd/checklists/ux.md speckit.checklist
$odd/contracts/api.json speckit.contract
$odd/plan.md:10:1 speckit.clarification
$odd/plan.md:14:5 speckit.not-compliant
$odd/spec.md:39:16 speckit.duplicate
$odd/spec.md:41:5 speckit.priority
$odd/spec.md:41:5 speckit.story-scenario
$odd/spec.md:41:5 speckit.story-task
$odd/spec.md:49:3 speckit.requirement
$odd/spec.md:53:5 speckit.duplicate
$odd/tasks.md speckit.claimed
$odd/tasks.md:9:7 speckit.parallel
$odd/tasks.md:10:7 speckit.dropped
$odd/tasks.md:11:7 speckit.unnumbered
$odd/tasks.md:16:7 speckit.no-story
$odd/tasks.md:16:7 speckit.task-ref
$odd/tasks.md:17:7 speckit.duplicate
$odd/tasks.md:17:13 speckit.story-ref
$odd/tasks.md:21:7 speckit.cycle
$odd/tasks.md.bak speckit.stray" 'each of them has its finding and its place'
has "$err" 'tasks wait for each other: T012 → T012a → T013 → T012'
has "$err" 'did you mean US1?'

exits 1 'a feature that is only begun' df-validate -v --profile speckit \
	"$shelf/specs/002-return"
begun=$shelf/specs/002-return
is "$(findings "$err")" "\
$begun speckit.missing
$begun speckit.missing
$begun speckit.no-holdouts
$begun/spec.md speckit.no-first
$begun/spec.md:3:22 speckit.placeholder
$begun/spec.md:5:14 speckit.placeholder
$begun/spec.md:11:5 speckit.priority
$begun/spec.md:13:29 speckit.clarification
$begun/spec.md:17:4 speckit.gwt
$begun/spec.md:19:5 speckit.story-scenario
$begun/spec.md:26:3 speckit.placeholder
$begun/spec.md:29:15 speckit.placeholder" 'what is missing and what is not filled'

for rule in $(df-validate --explain all | cut -f 1 | grep '^speckit\.'); do
	df-validate --explain "$rule" >text || echo "$rule" >>unexplained
	[ "$(wc -l <text)" -gt 1 ] || echo "$rule" >>unexplained
	echo "$rule" >>rules
done
is "$(wc -l <rules)" 29 'the rules are there'
no 'every rule is explained' test -e unexplained

# ---- which feature ----

run df-validate --profile speckit "$shelf"
has "$err" 'here/shelf/specs/001-lend' 'feature.json names the feature'
run env SPECIFY_FEATURE_DIRECTORY=specs/002-return \
	df-validate --profile speckit "$shelf"
has "$err" 'here/shelf/specs/002-return' 'the environment goes before it'
run env SPECIFY_FEATURE_DIRECTORY=specs/002-return \
	df-validate --profile speckit "$shelf/specs/001-lend"
has "$err" 'here/shelf/specs/001-lend: PASS' 'and an operand before both'
mv "$shelf/.specify/feature.json" kept
exits 3 'two features and no choice' df-validate --profile speckit "$shelf"
has "$err" '001-lend, 002-return'
printf '{"feature_directory":"../odd/specs/007-rooms"}\n' \
	>"$shelf/.specify/feature.json"
exits 3 'a feature outside the project' df-validate --profile speckit "$shelf"
has "$err" 'names a directory outside the project'
mv kept "$shelf/.specify/feature.json"
exits 1 'the only one there is' df-validate --profile speckit here/odd
mkdir empty
exits 3 'no feature' df-validate --profile speckit empty
exits 3 'no directory' df-validate --profile speckit nowhere

# ---- hostile directories ----

cp -R "$shelf/specs/001-lend" bad
ln -s /etc/hostname bad/notes.md
exits 3 'a link that leads out' df-validate --profile speckit bad
has "$err" 'bad/notes.md is a link that leads out'
rm bad/notes.md
ln -s spec.md bad/notes.md
exits 0 'a link inside' df-validate --profile speckit bad
has "$err" '[speckit.no-constitution]' 'nothing above has a constitution'
rm bad/notes.md
ln -s contracts bad/more
exits 3 'a link to a directory' df-validate --profile speckit bad
rm bad/more
mkfifo bad/pipe
exits 3 'a pipe' df-validate --profile speckit bad
rm bad/pipe
printf 'x\377\n' >>bad/tasks.md
exits 3 'what is not UTF-8' df-validate --profile speckit bad
has "$err" 'bad/tasks.md:47:2'

# ---- the records ----

exits 0 'the reading' df-validate -q --profile speckit --product "$shelf"
cp "$out" reading
is "$(jq -r '[.stories, .scenarios, .requirements, .criteria, .entities,
	.contracts, .tasks, .phases, .constitution.principles] |
	map(length) | join(" ")' reading)" '2 3 3 2 2 2 7 5 3' \
	'what it has of each kind'
is "$(jq -c '[.scenarios[1] | .id, .given, .when, .then, .line]' reading)" \
	'["US1.AS2",["a book that bob has"],["alice lends it"],["the command fails","the list is unchanged"],25]' \
	'a scenario over two lines'
is "$(jq -c '[.tasks[] | [.id, .wave]]' reading)" \
	'[["T001",0],["T002",1],["T003",2],["T004",3],["T005",4],["T006",5],["T007",6]]' \
	'the order of the tasks'
is "$(jq -r '.files[] | .digest[7:] + "  " + .path' reading |
	sha256sum -c --quiet 2>&1)" '' 'digests are those of sha256sum'
run df-validate -q --profile speckit --product "$odd"
is "$(jq -c '[.contracts[] | [.name, .form]]' "$out")" \
	'[["GET /guests","operation"],["DELETE /guests","operation"],["Error codes","section"],["notes.proto","file"],["GET /api/v1/rooms","operation"],["POST /api/v1/rooms/{roomId}/book","operation"],["RoomBooking","export"],["BookingResponse","export"],["BookingError","export"],["Kind","export"],["book","export"],["main","export"]]' \
	'contracts of five kinds of files'
is "$(jq -c '[.tasks[] | select(.claimed_done) | .id]' "$out")" \
	'["T001","T002"]' 'ticks are claims'
is "$(jq -c '.tasks[] | select(.id == "T006") | .contracts' "$out")" \
	'[{"evidence":"stated","index":4}]' 'a route without its version'
exits 1 'the result as JSON' df-validate --json --profile speckit "$odd"
is "$(jq -r '.schema, .status' "$out" | tr '\n' ' ')" \
	'df.validation/1 FAIL ' 'is a ValidationResult'

# ---- the import ----

cd here || exit 1
exits 2 'no operand' "$kit"
exits 2 'an unknown option' "$kit" -x shelf
exits 3 'no feature to import' "$kit" ../empty
no 'and nothing is left behind' test -e spec
mkdir full
: >full/x
exits 7 'a directory that is not empty' "$kit" -o full shelf
is "$(ls -A full)" x 'stays as it is'
mkdir nojq
for p in sh dirname sha256sum df-validate; do
	ln -s "$(command -v $p)" "nojq/$p"
done
exits 9 'without jq' env PATH="$PWD/nojq" "$kit" shelf
has "$err" 'needs jq'
exits 0 'a clean feature' "$kit" -o spec shelf
is "$(cat "$out")" spec 'its name is printed'
has "$err" 'no holdouts: write D9 (someone who is not the builder)'
is "$(names spec)" 'D10_AGENT_CONTEXT.md D1_CONSTITUTION.md D2_SPECIFICATION.md D3_DATA_MODEL.md D4_CONTRACTS.md D5_RESEARCH.md D6_GAP_ANALYSIS.md D7_PLAN.md D8_TASKS.md ids.tsv source ' \
	'all documents but D9'
is "$(names .)" 'full nojq odd shelf spec ' 'and nothing else'
ok 'the originals are there' diff -r shelf/specs/001-lend \
	spec/source/feature
ok 'with their digests' within spec/source sha256sum --quiet -c SHA256SUMS
has spec/ids.tsv "SC-002	scenario	spec.md	25	inferred	US1.AS2"
has spec/ids.tsv "T-005	depends on T002	tasks.md	29	stated	T005"
has spec/D2_SPECIFICATION.md '| SC-003 | US2.AS1 | spec.md:40 | stated |'
has spec/D2_SPECIFICATION.md '- [ ] Success-001: A loan is recorded'
has spec/D8_TASKS.md '**Dependency:** T-002 (stated), T-004'
has spec/D8_TASKS.md 'Success-001 can be measured'
# invented SPEC: words of its documents that neither a source has nor a frame
invented() {
	cat "$1"/D*.md | sed 's/sha256:[0-9a-f]*//' | words >said.words
	find "$1/source" -type f -exec cat {} + |
		cat - "$kit.jq" "$1/ids.tsv" | words |
		comm -13 - said.words | tr '\n' ' '
}
words() {
	tr -cs 'A-Za-z' '\n' | tr '[:upper:]' '[:lower:]' | grep -E '^.{3,}$' | sort -u
}
is "$(invented spec)" '' 'no word is invented'
exits 1 'it lacks D9' df-validate spec
has "$err" 'Missing required document: D9_HOLDOUT_SCENARIOS.md'
is "$(grep -c ': error:' "$err")" 1 'and nothing else'

# counts READING SPEC: of both
counts() {
	df-validate -q --product "$2" >product 2>said
	jq -nc --slurpfile a "$1" --slurpfile b product '
		$a[0] as $a | $b[0] as $b |
		[[$a.scenarios, $b.specification.scenarios],
		 [$a.tasks, $b.tasks.tasks],
		 [$a.contracts, [$b.contracts | .. | objects | select(.id)]],
		 [$a.entities, $b.data_model.entities],
		 [$a.constitution.principles, $b.constitution.articles]]
		| map(map(length)) | map(.[0] == .[1])'
}
is "$(counts ../reading spec)" '[true,true,true,true,true]' \
	'what was read is what is there'
is "$(jq -c '[.tasks.tasks[] | [.id, .scenarios_satisfied // .scenarios]] |
	map(select(.[1] | length > 0))' product)" \
	'[["T-004",["SC-001","SC-002"]],["T-005",["SC-001","SC-002"]],["T-006",["SC-003"]]]' \
	'tasks serve the scenarios of their stories'

# ---- and what becomes of it ----

{
	echo '# D9: Holdout Scenarios - Lend Books'
	echo
	echo '**Component:** Lend Books'
	for i in 1 2 3; do
		printf '\n### HS-00%s: Something unseen, number %s\n\n' $i $i
		printf '```yaml\ncomponent: shelf\nscenario: s%s\n' $i
		printf 'priority: P1\n```\n\n**Validates:** SC-00%s\n' $i
		printf '**Contracts:** IN-001\n\n**Execute:**\n```bash\n'
		printf 'said=$(sh bin/lend.sh zoe q%s)\n```\n\n' $i
		printf '**Verify:**\n```bash\n[ -n "$said" ]\n```\n'
	done
} >spec/D9_HOLDOUT_SCENARIOS.md
exits 0 'with D9 it passes' df-validate spec
cd .. || exit 1
keys
mkdir base
must df-boot -q --spec here/spec --base base --profile solo \
	--set sandbox.level=none --set policy.require_isolation=false
DF_RUN=$(cat "$out")
export DF_RUN
exits 0 'it boots, and handoffs are made' df-handoff
is "$(grep -c '\.json$' "$out")" 7 'one a task'

# ---- gaps ----

exits 0 'a feature with every irregularity' "$kit" -o rooms here/odd
run df-validate -q --profile speckit --product here/odd
cp "$out" reading
is "$(counts reading rooms)" '[true,true,true,true,true]' \
	'nothing of it is lost'
run df-validate rooms
for gap in 'US3 has no acceptance scenario' \
    'Tasks name stories that do not exist' \
    'Tasks depend on tasks that do not exist' \
    'Identifiers are defined twice' '2 tasks are ticked' \
    '1 task is marked as dropped' '1 task serves the story' \
    'Tasks wait for each other in a circle' 'The plan breaks 1 principle' \
    'Tasks marked [P] name the same file' '1 story has no priority' \
    '1 file was not read' 'The package has no id'; do
	has "$err" "$gap" "a gap: $gap"
done
has "$err" 'a clarification is OPEN: CLR-001'
has "$err" 'T-012 → T-012a → T-013 → T-012' 'a circle stays one'
has "$err" 'T-099, which D8 does not define'
has rooms/D8_TASKS.md '#### T-012a: Store bookings'
has rooms/D8_TASKS.md '#### T-015: The same again' \
	'an id that is taken gets a new number'
has rooms/D6_GAP_ANALYSIS.md 'RESOLVED(one year)'
has rooms/D7_PLAN.md '| Art 1 | Small answers | NO |'
sed 's/^\*\*Goal\*\*: Books can be lent/**Goal**: T005 makes books lendable/
	s/^- \[ \] T007 Say/- [ ] T007 T006: say/' \
	here/shelf/specs/001-lend/tasks.md >new
mv new here/shelf/specs/001-lend/tasks.md
sed 's/^Anyone asks/Anyone [NEEDS CLARIFICATION: also guests?] asks/' \
	here/shelf/specs/001-lend/spec.md >new
mv new here/shelf/specs/001-lend/spec.md
must "$kit" -o open here/shelf
cp here/spec/D9_HOLDOUT_SCENARIOS.md open
exits 1 'a question is open' df-validate open
has "$err" 'a clarification is OPEN: CLR-001'
hasnot "$err" 'id.duplicate' 'a text that begins with an id defines nothing'
has open/D8_TASKS.md 'Text: T-005 makes books lendable'
has open/D8_TASKS.md '- Text: T-006: say in README.md'
has open/D6_GAP_ANALYSIS.md '**Gate verdict: FAIL - 1 open item.**'
sed -e 's/^\*\*Status:\*\* OPEN/**Status:** RESOLVED(yes)/' \
	-e 's/^\*\*Unresolved:\*\* 1/**Unresolved:** 0/' \
	-e 's/^| Clarifications | 1 | 0 | 0 | 1 |/| Clarifications | 1 | 0 | 1 | 0 |/' \
	-e 's/^\*\*Gate verdict: .*/**Gate verdict: PASS - zero open items.**/' \
	open/D6_GAP_ANALYSIS.md >new
mv new open/D6_GAP_ANALYSIS.md
exits 0 'and passes when it is answered' df-validate open
is "$(invented rooms)" '' 'no word of it is invented'
exits 0 'a feature that is only begun' "$kit" -o begun \
	here/shelf/specs/002-return
is "$(invented begun)" '' 'nor of this'
hasnot begun/D7_PLAN.md '**Design Sources:**' 'a source that is not there'
run df-validate begun
has "$err" 'GAP-001 There is no plan.md'
for gap in '1 scenario lacks Given, When or Then' 'No entity is named' \
    'No decision is recorded' 'No commands are named'; do
	has "$err" "$gap" "a gap: $gap"
done
has "$err" 'unfilled placeholder: [Write the plan: there is no plan.md]'
has "$err" 'unfilled placeholder: [Write the tasks: there is none]'

# ---- names, and what comes between ----

mkdir names
cd names || exit 1
cp -R ../here/shelf/specs/001-lend ./-n
exits 0 'names that begin with a dash' "$kit" -o -x/ -- -n
is "$(cat "$out")" ./-x 'its name'
ok 'it is there' test -f ./-x/D8_TASKS.md
no 'and nothing of it elsewhere' test -e spec
for name in "$(printf 'a\nb')" "$(printf 'a\377b')" "$(printf 'a\033[31mb')" \
    'a\b' "$(printf 'a\302\233b')"; do
	rm -rf f out1
	cp -R ./-n f
	: >"f/$name"
	exits 3 'a name that is no line of text' "$kit" -o out1 f
	hasnot "$err" "$(printf '\033')"
	no 'nothing is written' test -e out1
done
rm -rf f
cp -R ./-n f
: >'f/two  blanks $(x) '"'"
exits 0 'a name with blanks and quotes' "$kit" -o out1 f
ok 'which is kept' diff -r f out1/source/feature
# somebody makes OUT meanwhile
mkdir slow
cat >slow/jq <<'END'
#!/bin/sh
case $* in
*speckit.jq*) [ -z "$MEANWHILE" ] || eval "$MEANWHILE" ;;
esac
exec "$JQ" "$@"
END
chmod +x slow/jq
# shellcheck disable=SC2317 # `exits' runs it
slow() {
	env JQ="$(command -v jq)" PATH="$PWD/slow:$PATH" MEANWHILE="$1" \
		"$kit" -o out2 f
}
exits 7 'OUT appears with something in it' slow 'mkdir out2; : >out2/x'
is "$(ls -A out2)" x 'which stays as it is'
rm -rf out2
exits 0 'OUT appears empty' slow 'mkdir out2'
ok 'it is filled' test -f out2/D8_TASKS.md
no 'and nothing is in a directory below' test -e out2/out
rm -rf out2
exits 9 'the feature changes' slow 'echo more >>f/spec.md'
exits 9 'killed' slow 'kill -TERM $PPID'
no 'nothing is there' test -e out2
is "$(find . -maxdepth 1 -name '.speckit-*')" '' 'nothing is left'
done_testing
