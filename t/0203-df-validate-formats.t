#!/bin/sh
# df-validate --format: annotations, SARIF, JSON and text; what is on stdout,
# that the formats tell the same, and that foreign text stays text.

# shellcheck disable=SC2016 # dollars are jq's
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-validate
needs_prog jq
unset GITHUB_WORKSPACE SPECIFY_FEATURE_DIRECTORY
sh "$t/gen-spec.sh" 7 good || bail 'no specification'

fresh() {
	rm -rf s
	cp -R good s
}

# jq_is FILE PROGRAM WANTED NAME
jq_is() {
	is "$(jq -r "$2" "$1" 2>&1)" "$3" "$4"
}

# Six errors, two warnings and three notes.
fresh
sed 's/^\*\*Dependency:\*\* T-003/**Dependency:** T-033/
s/SC-007/SC-099/' good/D8_TASKS.md >s/D8_TASKS.md
printf '\n%s\n' 'See [Component Name] and {capability}, SC-055.' >>s/D7_PLAN.md
sed 's/3\/3/4\/4/' good/D9_HOLDOUT_SCENARIOS.md >s/D9_HOLDOUT_SCENARIOS.md
echo 'As HS-003.' >>s/D8_TASKS.md

# ---- the option ----

exits 1 'text' df-validate --format text s
cp "$out" text.out
cp "$err" text.err
exits 1 'without the option' df-validate s
ok 'it is the default' cmp "$out" text.out
ok 'on stderr too' cmp "$err" text.err
errors=$(grep -c ': error: ' text.err)
warnings=$(grep -c ': warning: ' text.err)
is "$errors $warnings" '6 2' 'errors and warnings'
exits 1 'JSON' df-validate --format=json s
cp "$out" json.out
exits 1 'JSON in the short way' df-validate --json s
ok 'is the same' cmp "$out" json.out
exits 2 'no such format' df-validate --format=xml s
has "$err" 'text, json, github or sarif'
exits 2 'two formats' df-validate --json --format=sarif s
exits 2 'annotations and the ProductSpec' df-validate --format=github \
	--product s
exits 2 'annotations of a run' df-validate --format=github -C run
exits 2 'annotations of a rule' df-validate --format=github --explain d8.cycle
exits 2 'SARIF and --init' df-validate --format=sarif --init new
no 'which makes nothing' test -e new
exits 2 'no such profile' df-validate --profile d1-d9 s
exits 0 'the usual profile' df-validate --profile d1-d10 -q good
exits 0 'a rule and its check' df-validate --explain d8.cycle
has "$out" 'd8_no_dependency_cycles and may not be waived'
exits 0 'one that may be waived' df-validate --explain d2.gwt
has "$out" 'and may be waived'

# ---- annotations ----

exits 1 'annotations' df-validate --format=github s
cp "$out" github.out
is "$(grep -c '^::error file=s/D[0-9]*_[A-Z_]*.md,line=[0-9]*,col=[0-9]*,title=[a-z0-9.-]*::' github.out)" \
	"$errors" 'each error is one'
is "$(grep -c '^::warning file=' github.out)" "$warnings" 'each warning'
is "$(grep -cv '^::' github.out)" 0 'nothing else on stdout'
is "$(cat "$err")" "df-validate: s: FAIL, 6 errors, 2 warnings" \
	'on stderr only the result'
has github.out '::error file=s/D8_TASKS.md,line=92,col=17,title=ref.dangling::T-006 depends on T-033, which D8 does not define%0Ahint: did you mean T-003?'
exits 1 'errors only' df-validate --format=github -q s
is "$(cut -d ' ' -f 1 "$out" | sort -u)" '::error' 'no warning'
is "$(cat "$err")" '' 'nothing on stderr'
exits 1 'notes too' df-validate --format=github -v s
has "$out" '::notice file=s/D7_PLAN.md,line='
exits 0 'of a good one' df-validate --format=github good
is "$(cat "$out")" '' 'none'

mkdir -p repo/docs/part
cp -R s repo/docs/part/spec
exits 1 'paths of the repository' env GITHUB_WORKSPACE="$tmp/repo" \
	df-validate --format=github "$tmp/repo/docs/../docs/part//spec/"
is "$(grep -c '^::[a-z]* file=docs/part/spec/D' "$out")" 8 'are relative to it'
exits 1 'from inside' within repo/docs env GITHUB_WORKSPACE="$tmp/repo" \
	df-validate --format=github part/spec
is "$(grep -c '^::[a-z]* file=docs/part/spec/D' "$out")" 8 'too'
exits 1 'elsewhere' env GITHUB_WORKSPACE="$tmp/repo" \
	df-validate --format=github s
is "$(grep -c "^::[a-z]* file=$tmp/s/D" "$out")" 8 'they are absolute'
ln -s repo link
exits 1 'through a link' env GITHUB_WORKSPACE="$tmp/link" \
	df-validate --format=github repo/docs/part/spec
is "$(grep -c '^::[a-z]* file=' "$out")" 8 'they are there'

# Foreign text, and a path like a command.
odd='x,y:z%0A
::error::w'
cp -R good "$odd"
sed 's/^\*\*Dependency:\*\* T-003.*/**Dependency:** %0A::stop-commands::x ##[add-mask]a/' \
	good/D8_TASKS.md >"$odd/D8_TASKS.md"
printf '\n[\033[31m%s] [Component Name]\n' 'Evil ::error::x — ' \
	>>"$odd/D7_PLAN.md"
exits 1 'foreign text' df-validate --format=github "$odd"
unlike "$out" '^[^:]|^:[^:]|^::[^ew]' 'begins no line'
hasnot "$out" '##['
is "$(tr -d '\n\040-\176\200-\377' <"$out" | wc -c)" 0 'no control character'
like "$out" 'file=x%2Cy%3Az%250A\\x0a%3A%3Aerror%3A%3Aw/D8_TASKS.md,' \
	'a path is escaped'
like "$out" '::T-00.: "%250A::stop-commands::x ## \[add-mask\]a" names no task' \
	'a message too'
is "$(grep -c '^::' "$out")" "$(wc -l <"$out")" 'one line each'

# ---- SARIF ----

exits 1 'SARIF' df-validate --format=sarif s
cp "$out" sarif.out
is "$(wc -l <sarif.out)" 1 'one line'
ok 'canonical' sh -c 'jq -cS . sarif.out | cmp - sarif.out'
is "$(cat "$err")" 'df-validate: s: FAIL, 6 errors, 2 warnings' \
	'on stderr only the result'
jq_is sarif.out '.version, (.runs | length), .runs[0].columnKind,
	.runs[0].tool.driver.name, .runs[0].invocations[0].executionSuccessful' \
	'2.1.0
1
unicodeCodePoints
df-validate
true' 'one run of this tool'
jq_is sarif.out '[.runs[0].results[] | .level] | group_by(.) |
	map("\(.[0]) \(length)") | join(", ")' 'error 6, note 3, warning 2' \
	'all findings, notes too'
jq_is sarif.out '.runs[0] as $r | [$r.results[] |
	$r.tool.driver.rules[.ruleIndex].id == .ruleId and
	(.message.text | length > 0) and (.locations | length == 1) and
	(.locations[0].physicalLocation |
	    .artifactLocation.uri and .artifactLocation.uriBaseId == "%SRCROOT%" and
	    .region.startLine >= 1 and .region.startColumn >= 1 and
	    .region.endColumn > .region.startColumn)] | all' true \
	'each has a rule, a message and a place'
jq_is sarif.out '[.runs[0].tool.driver.rules[] | (.id | length > 0) and
	(.shortDescription.text | length > 0) and
	(.fullDescription.text | length > 0) and (.help.text | length > 0) and
	(.defaultConfiguration.level | IN("error", "warning", "note"))] | all' \
	true 'each rule is described'
jq_is sarif.out '.runs[0].tool.driver.rules | length == (unique_by(.id) |
	length)' true 'once'
jq_is sarif.out '.runs[0] | [.results[].ruleId] | unique | length' \
	"$(jq '.runs[0].tool.driver.rules | length' sarif.out)" \
	'and only if it spoke'
jq_is sarif.out '[.runs[0].results[].partialFingerprints["df/v1"]] |
	length == (unique | length)' true 'fingerprints differ'
jq_is sarif.out '.runs[0].results[] | select(.ruleId == "ref.dangling" and
	.locations[0].logicalLocations[0].name == "T-006") |
	.locations[0].physicalLocation.region |
	"\(.startLine):\(.startColumn)-\(.endColumn) \(.snippet.text)"' \
	'92:17-22 **Dependency:** T-033 (comes before)' 'a place in full'
jq_is sarif.out '.runs[0].results[] | select(.ruleId == "fill.placeholder") |
	.message.text' 'unfilled placeholder: [Component Name]
unfilled placeholder: {{capability}}' 'braces are doubled'
jq_is sarif.out '[.runs[0].results[] | select(.locations[0].physicalLocation
	| (.artifactLocation.uri | test("D9_")) and .region.snippet)] | length' \
	0 'no line of D9'
jq -r '.findings[] | "\(.rule) \(.line // 1)"' json.out | sort >a
jq -r '.runs[0].results[] | "\(.ruleId) \(
	.locations[0].physicalLocation.region.startLine)"' sarif.out | sort >b
ok 'JSON and SARIF tell the same' cmp a b

for d in s/D*.md; do
	{ head -n 1 "$d"; printf '\n\n'; sed 1d "$d"; } >new
	mv new "$d"
done
df-validate --format=sarif s >moved 2>/dev/null
jq '[.runs[0].results[].partialFingerprints]' sarif.out >a
jq '[.runs[0].results[].partialFingerprints]' moved >b
ok 'fingerprints stay when lines move' cmp a b
no 'and lines did move' cmp sarif.out moved

exits 1 'several operands' df-validate --format=sarif good s good
jq_is "$out" '.runs | length' 1 'one run'
jq_is "$out" '.runs[0].results | length' 11 'with what they all have'
exits 0 'a good one' df-validate --format=sarif good
jq_is "$out" '.runs[0] | "\(.results) \(.tool.driver.rules)"' '[] []' 'nothing'
exits 1 'foreign text' df-validate --format=sarif "$odd"
ok 'is JSON' jq -e '.runs[0].results | length > 0' "$out"
jq_is "$out" '[.. | .uri? // empty | test("^[A-Za-z0-9/._~%-]*$")] | all' \
	true 'URIs are percent-encoded'
jq_is "$out" '[.runs[0].results[].message.text | test("[\\x00-\\x08\\x0b-\\x1f]")] |
	any' false 'messages hold no control character'
exits 1 'a path outside' within repo df-validate --format=sarif ../s
is "$(jq -r '.runs[0].results[0].locations[0].physicalLocation |
	.artifactLocation | "\(.uri) \(.uriBaseId)"' "$out")" \
	"file://$tmp/s/D2_SPECIFICATION.md null" 'is absolute'

# ---- what cannot be read ----

fresh
printf '\n  caf\351\n' >>s/D2_SPECIFICATION.md
line=$(($(wc -l <s/D2_SPECIFICATION.md)))
exits 3 'a document in Latin-1, text' df-validate s
is "$(cat "$out")" '' 'nothing is decided'
exits 3 'as annotation' df-validate --format=github s
like "$out" "^::error file=s/D2_SPECIFICATION.md,line=$line,col=6,title=.*UTF-8" \
	'at its place'
exits 3 'as SARIF' df-validate --format=sarif s
jq_is "$out" '.runs[0] | .invocations[0].executionSuccessful,
	(.results[0].locations[0].physicalLocation |
	"\(.artifactLocation.uri):\(.region.startLine):\(.region.startColumn)"),
	.results[0].level' "false
s/D2_SPECIFICATION.md:$line:6
error" 'at its place'
like "$err" "^s/D2_SPECIFICATION.md:$line:6: error: " 'on stderr as well'
exits 3 'as JSON' df-validate --format=json s
is "$(cat "$out")" '' 'nothing on stdout'
jq_is "$err" '.error.exit' 3 'an object on stderr'
exits 3 'no such directory, annotated' df-validate --format=github nowhere
has "$out" '::error file=nowhere,title='
exits 3 'one of two, as SARIF' df-validate --format=sarif good nowhere
jq_is "$out" '.runs[0].results | map(.locations[0].physicalLocation |
	"\(.artifactLocation.uri):\(.region.startLine)") | join(" ")' \
	'nowhere:1' 'is a result'

# ---- what is no specification ----

printf '%s\n' '{"schema":"df.adapter/1",' ' "nmae":"x"}' >a.json
exits 1 'a record, annotated' df-validate --format=github a.json
like "$out" '^::error file=a.json,line=2,col=2,title=schema::.*nmae' \
	'at its place'
is "$(wc -l <"$out")" 1 'nothing else'
exits 1 'a record, as SARIF' df-validate --format=sarif a.json
jq_is "$out" '.runs[0] | .results[0].ruleId, .tool.driver.rules[0].id,
	.invocations[0].executionSuccessful,
	.results[0].locations[0].physicalLocation.region.startLine' \
	'schema
schema
true
2' 'is a result'
df-validate --format=json good >good.json 2>/dev/null
exits 0 'a good record' df-validate --format=github good.json
is "$(cat "$out")" '' 'says nothing'

# ---- another profile ----

mkdir -p project/specs/001-words
printf '%s\n\n' '# Feature Specification: Words' \
	'- **FR-001**: It MUST count [NEEDS CLARIFICATION: what?]' \
	>project/specs/001-words/spec.md
exits 1 'a feature, annotated' df-validate --profile speckit \
	--format=github project/specs/001-words
has "$out" '::error file=project/specs/001-words/spec.md,line=3,col=29,title=speckit.clarification::'
exits 1 'beside a record, as SARIF' df-validate --profile speckit \
	--format=sarif project/specs/001-words a.json
jq_is "$out" '[.runs[0].results[] | .ruleId | select(. == "schema" or
	. == "speckit.clarification")] | join(" ")' \
	'speckit.clarification schema' 'in one document'
exits 2 'D9 belongs to the other profile' df-validate --profile speckit \
	--holdouts x project/specs/001-words
exits 2 'and so does --init' df-validate --profile speckit --init new

# ---- many ----

fresh
awk 'BEGIN { for (i = 0; i < 700; i++) print "- [Component Name]" }' \
	>>s/D7_PLAN.md
df-validate s >"$out" 2>"$err"
is "$(grep -c ': error: ' "$err")" 700 'hundreds of errors, text'
df-validate --format=github s >"$out" 2>"$err"
is "$(grep -c '^::error ' "$out")" 700 'annotations'
df-validate --format=json s >"$out" 2>"$err"
jq_is "$out" '.findings | length' 700 'JSON'
df-validate --format=sarif s >"$out" 2>"$err"
jq_is "$out" '.runs[0].results | length' 700 'SARIF'
jq_is "$out" '[.runs[0].results[].partialFingerprints["df/v1"]] | unique |
	length' 700 'each with its fingerprint'
awk 'BEGIN { for (i = 0; i < 11000; i++) print "- [Component Name]" }' \
	>>s/D7_PLAN.md
for f in text github json sarif; do
	exits 1 "more than are kept, $f" timeout 20 df-validate --format=$f s
	case $f in
	text) grep -c ': error: ' "$err" ;;
	github) grep -c '^::error ' "$out" ;;
	json) jq '.findings | length' "$out" ;;
	sarif) jq '.runs[0].results | length' "$out" ;;
	esac >count
	is "$(cat count)" 10000 'those that are kept'
	case $f in
	text) grep '1700 more findings' "$err" ;;
	github) grep '^::warning::1700 more findings' "$out" ;;
	json) jq -e '.findings_cut == 1700' "$out" ;;
	sarif) jq -e '.runs[0].invocations[0].toolExecutionNotifications[0]
		| .message.text | startswith("1700 more")' "$out" ;;
	esac >count
	ok 'and how many are not' test -s count
done

# ---- a terminal ----

if has_prog script && script -qec true /dev/null >/dev/null 2>&1; then
	fresh
	printf '\n%s\n' 'Über [Component Name] x' >>s/D7_PLAN.md
	# terminal ENVIRONMENT... COMMAND: into $out
	terminal() {
		script -qec "$*" /dev/null </dev/null | tr -d '\r' >"$out"
	}
	terminal "TERM=xterm df-validate s >/dev/null"
	esc=$(printf '\033')
	has "$out" '    Über [Component Name] x' 'the line'
	has "$out" "         ${esc}[1;32m^~~~~~~~~~~~~~~~${esc}[0m" \
		'with a mark, in colour'
	terminal "TERM=xterm NO_COLOR=1 df-validate s >/dev/null"
	has "$out" '         ^~~~~~~~~~~~~~~~' 'without colour'
	hasnot "$out" "$esc" 'really'
	terminal "TERM=dumb df-validate s >/dev/null"
	has "$out" '         ^~~~~~~~~~~~~~~~' 'on a simple terminal'
	hasnot "$out" "$esc" 'no colour there'
	terminal "TERM=xterm df-validate -q s >/dev/null"
	hasnot "$out" '^~' 'quiet: no line'
	terminal "TERM=xterm df-validate --format=github s 2>&1"
	hasnot "$out" '^~' 'nor in annotations'
else
	skip 8 'no script(1)'
fi

# standard error is read for commands too
printf '{"schema":"df.waiver/1","##[set-output name=a]b":1}' >evil.json
run df-validate --format=github evil.json
hasnot "$err" '##['
hasnot "$out" '##['
mkdir 'x##[add-mask]y'
cp "$t"/data/tiny/*.md 'x##[add-mask]y'
run df-validate --format=github 'x##[add-mask]y'
hasnot "$err" '##['
has "$err" 'x# [add-mask]y'

done_testing
