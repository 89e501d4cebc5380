#!/bin/sh
# Suites sealed beforehand: df-holdout seal, df-boot --sealed.  Alice operates
# and never has D9; eve evaluates.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-holdout df-verify df-validate df-report
needs_prog age jq ssh-keygen
persons
tiny_spec spec
cp -R spec public
rm public/D9_*

# refuses CODE WORD NAME COMMAND...: with that code and word; no run appears
refuses() {
	word=$2 what=$3
	run_code=$1
	shift 3
	exits "$run_code" "$what" "$@"
	like "$err" "$word" "and says $word"
	no 'and makes no run' test -e runs
}

# copied NAME: the sealed suite under another name, to be changed
copied() {
	rm -rf "$1"
	cp -R sealed "$1"
}

# signed DIR JQ: findings.json as jq makes it, signed again by eve
signed() {
	jq -cS "$2" sealed/findings.json >"$1/findings.json"
	rm "$1/findings.json.sig"
	must as eve df-sign sign -q -n df-holdout -k keys.eve/df-holdout \
		"$1/findings.json"
}

# ---- sealing ----

exits 2 'seal without a specification' as eve df-holdout seal
exits 2 'seal with an operand' as eve df-holdout seal --spec spec more
exits 2 'a suite id that is too short' as eve df-holdout seal --spec spec \
	--suite-id 00
exits 2 'an output that is no name' as eve df-holdout seal --spec spec -o ..
exits 3 'no specification there' as eve df-holdout seal --spec nowhere
exits 5 'a key of another role' as alice df-holdout seal --spec spec \
	-k keys.alice/df-run
exits 3 'no key at all' as alice df-holdout seal --spec spec
exits 1 'without D9 nothing is sealed' as eve df-holdout seal --spec public
has "$err" 'doc.missing'
cp -R spec bad
printf '%s\n' "who='zenobia of palmyra'" 'export who' \
	'mkdir -p palmyra/zenobia' >block
sed -e "/^who=/r block" -e "/^who=/d" spec/D9_*.md \
	>bad/D9_HOLDOUT_SCENARIOS.md
{
	printf '\n```bash\n'
	cat block
	printf '```\n'
} >>bad/D7_PLAN.md
exits 4 'a block of D9 in a public document' as eve df-holdout seal \
	--spec bad -o bad.out
has "$err" 'leak.block'
cp spec/D7_PLAN.md bad
printf '\nThe word is quodlibet-7f3a9c51e2d84b06.\n' >>bad/D7_PLAN.md
exits 4 'its canary there' as eve df-holdout seal --spec bad -o bad.out
edit bad/D7_PLAN.md '$d'
edit bad/D9_HOLDOUT_SCENARIOS.md '/^### HS-003/,/^---/d'
exits 1 'too few scenarios' as eve df-holdout seal --spec bad -o bad.out
no 'nothing was made' test -e bad.out
exits 0 'what would be sealed' as eve df-holdout seal -n --spec spec
like "$err" '3 scenarios \(1 P0\)' 'is said'
no 'and not made' test -e sealed
exits 0 'a suite is sealed' as eve df-holdout seal --spec spec
is "$(cat "$out")" sealed 'its directory is printed'
is "$(find sealed -type f | sort | tr '\n' ' ')" 'sealed/commitment.json '\
'sealed/findings.json sealed/findings.json.sig sealed/holdout.age ' \
	'what is in it'
exits 7 'not where there is something' as eve df-holdout seal --spec spec
is "$(find . -name '.df-new-*')" '' 'and nothing is left of it'
id=0123456789abcdef0123456789abcdef
exits 0 'with an id, as JSON' as eve df-holdout seal --json --spec spec \
	--suite-id $id -o out.d/one/
is "$(jq -r .suite "$out")" $id 'the id'
is "$(jq -r .suite out.d/one/findings.json)" $id 'is in the findings'
ok 'stock ssh-keygen verifies the findings' from sealed/findings.json \
	ssh-keygen -q -Y verify -n df-holdout -I eve+evaluator \
	-f trust/allowed_signers -s sealed/findings.json.sig
exits 0 'findings fit their schema' df-validate sealed/findings.json
is "$(jq -cS . sealed/findings.json)" "$(cat sealed/findings.json)" \
	'they are canonical'
is "$(jq -r '"\(.scenarios) \(.priorities.P0) \(.priorities.P1) \(
	.executable) \(.programs) \(.minimum) \(.kind) \(.coverage.covered)/\(
	.coverage.scenarios) \(.checks | length) \(.documents | length)"' \
	sealed/findings.json)" '3 1 2 3 0 3 d9 3/3 4 9' 'what they count'
is "$(jq -r .holdout.digest,.commitment.digest sealed/findings.json)" \
	"$(digest_of sealed/holdout.age; digest_of sealed/commitment.json)" \
	'what they name'
grep -E '.{16}' spec/D9_HOLDOUT_SCENARIOS.md | sed 's/^#* *//; s/^[-*| ]*//' |
	while IFS= read -r line; do
		grep -qF -e "$line" public/*.md || printf '%s\n' "$line"
	done >lines
ok 'there is something to look for' test -s lines
no 'no line of D9 is in what is public of it' grep -aF -f lines \
	sealed/findings.json sealed/commitment.json sealed/findings.json.sig
no 'no id of it' grep -a HS- sealed/findings.json
no 'nor its digest' grep -aF \
	"$(sha256sum <spec/D9_HOLDOUT_SCENARIOS.md | cut -d ' ' -f 1)" \
	sealed/findings.json sealed/commitment.json
ok 'age opens it for the evaluator' age -d -i keys.eve/df-holdout.age \
	-o plain sealed/holdout.age
has plain quodlibet-7f3a9c51e2d84b06 'and it is the suite'
# Another text with the same counts gives the same findings.
cp -R spec like
edit like/D9_HOLDOUT_SCENARIOS.md 's/zenobia of palmyra/aurelian of rome/
	s/11 \]/12 ]/; s/quodlibet/quotlibet/; s/single letter/long row/'
must as eve df-holdout seal -q --spec like -o like.sealed
for d in sealed like.sealed; do
	jq -S 'del(.suite, .holdout, .commitment)' $d/findings.json >$d.said
done
ok 'the same counts are the same findings' cmp sealed.said like.sealed.said
rm -r like like.sealed
# What has D9 in the clear is away from here on, encrypted to eve.
rm -r bad plain
mkdir away
mv spec lines block away
pk=$(grep -A1 eve trust/recipients | tail -n 1)
must into away.tar tar -c away
must age -r "$pk" -o away.age away.tar
rm -r away away.tar
: >"$out"
: >"$err"
no 'D9 is nowhere here' grep -rqE 'quodlibet|zenobia|sh count.sh a b' .

# ---- refusals of df-boot ----

refuses 2 'no --tests' '--sealed with tests' df-boot --spec public \
	--sealed sealed --tests public
refuses 2 'no --holdouts' '--sealed with D9' df-boot --spec public \
	--sealed sealed --holdouts public
refuses 3 'sealed suite nowhere' 'no such suite' df-boot --spec public \
	--sealed nowhere
cp -R public with
echo '# D9: Holdout Scenarios - Greeter' >with/D9_HOLDOUT_SCENARIOS.md
refuses 4 'here is a D9' 'a D9 in the specification' df-boot --spec with \
	--sealed sealed
rm with/D9_*
mkdir -p deep/specs deep/.holdouts/public
cp -R public deep/specs
echo '# D9: Holdout Scenarios - Greeter' >deep/.holdouts/public/D9_X.md
refuses 4 'here is a D9' 'a D9 beside it' df-boot --spec deep/specs/public \
	--sealed sealed
printf '\nmore\n' >>with/D4_CONTRACTS.md
printf '\nmore\n' >>with/D7_PLAN.md
refuses 4 'D4 is another one' 'another D4' df-boot --json --spec with \
	--sealed sealed
is "$(jq -r .error.code <"$err")" sealed.d4 'the first that differs is named'
cp public/D4* public/D7* with
rm with/D10*
refuses 4 'there is none' 'no D10' df-boot --spec with --sealed sealed
copied forged
rm forged/findings.json.sig
refuses 5 'not signed' 'no signature' df-boot --spec public --sealed forged
copied forged
edit forged/findings.json 's/"minimum":3/"minimum":4/'
refuses 5 'findings.json' 'findings that were changed' df-boot --spec public \
	--sealed forged
copied forged
rm forged/findings.json.sig
must df-sign sign -q -n df-run -k keys.alice/df-run forged/findings.json
refuses 5 'signed as df-run' 'another role' df-boot --spec public \
	--sealed forged
rm forged/findings.json.sig
must ssh-keygen -q -Y sign -n df-holdout -f keys.alice/df-run \
	forged/findings.json
refuses 5 'may not sign as df-holdout' 'the operator as evaluator' df-boot \
	--spec public --sealed forged
must ssh-keygen -q -t ed25519 -N '' -f stranger
rm forged/findings.json.sig
must ssh-keygen -q -Y sign -n df-holdout -f stranger forged/findings.json
refuses 5 'not in allowed_signers' 'a stranger' df-boot --spec public \
	--sealed forged
cp -R trust late
edit late/allowed_signers '/df-holdout/s/ ssh-/,valid-before="20200101Z" ssh-/'
must df-sign trust -q --trust late -k keys.alice/df-root
refuses 5 'was valid until' 'a key whose time is over' df-boot --trust late \
	--spec public --sealed sealed
cp -R trust gone
must df-sign -q --trust gone -k keys.alice/df-root trust revoke -m stolen \
	--suspect-from 0 keys.eve/df-holdout.pub
refuses 5 'is revoked' 'a key that was revoked' df-boot --trust gone \
	--spec public --sealed sealed
copied forged
edit forged/findings.json.sig '2s/$/ /'
refuses 6 'not as it was written' 'a signature in another form' df-boot \
	--spec public --sealed forged
echo signed >forged/findings.json.sig
refuses 3 'not an armored' 'a signature that is none' df-boot --spec public \
	--sealed forged
for f in holdout.age commitment.json; do
	copied forged
	flip forged/$f 90
	refuses 6 "$f is not the one" "another $f" df-boot --spec public \
		--sealed forged
done
cp out.d/one/holdout.age forged
refuses 6 'is not the one' 'holdout.age of another suite' df-boot \
	--spec public --sealed forged
copied forged
signed forged '.priorities.P0 = 2 | .priorities.P1 = 1'
refuses 6 'do not count the same' 'another count' df-boot --spec public \
	--sealed forged
signed forged '.scenarios = 4 | .priorities.P1 = 3'
refuses 6 'do not count the same' 'more scenarios' df-boot --spec public \
	--sealed forged
signed forged '.recipients += ["age1x"]'
refuses 6 'not encrypted to as many' 'a further recipient' df-boot \
	--spec public --sealed forged
must df-sign keygen -q --age "$tmp/other.age"
other=$(cat "$out")
signed forged ".recipients = [\"$other\"]"
refuses 4 'whom recipients does not name' 'a recipient that is not trusted' \
	df-boot --spec public --sealed forged
approver=$(grep -A1 bob trust/recipients | tail -n 1)
signed forged ".recipients = [\"$approver\"]"
refuses 4 'to no evaluator' 'only an approver' df-boot --spec public \
	--sealed forged
jq -cS '.title = "x"' sealed/findings.json >forged/findings.json
rm forged/findings.json.sig
must ssh-keygen -q -Y sign -n df-holdout -f keys.eve/df-holdout \
	forged/findings.json
refuses 3 'title' 'a member that there is not' df-boot --spec public \
	--sealed forged

# ---- booting ----

adapter idle 'result PASS' '"workspace":"none"'
mkdir base
echo 'echo "hello $1"' >base/greet.sh
echo 'echo "goodbye $1"' >base/part.sh
echo 'echo $#' >base/count.sh
usual="--base base --set agent.adapter=$adapter --set sandbox.level=none
	--set policy.require_isolation=false"
no 'the operator has no identity' test -e keys.alice/df-holdout.age
chmod 0 keys.eve
mv keys.eve .eve
# shellcheck disable=SC2086
exits 0 'the operator boots it' df-boot --spec public --sealed sealed $usual
DF_RUN=$(cat "$out")
export DF_RUN
for f in holdout.age commitment.json; do
	ok "$f is the same" cmp sealed/$f "$DF_RUN/$f"
done
ok 'the findings too' cmp sealed/findings.json "$DF_RUN/suite/findings.json"
no 'nothing of D9 came to be' grep -rqE 'quodlibet|zenobia|sh count.sh a b' .
mv .eve keys.eve
chmod 700 keys.eve
must age -d -i keys.eve/df-holdout.age -o away.tar away.age
must tar -xf away.tar
mv away/* .
ok 'and their signature' cmp sealed/findings.json.sig \
	"$DF_RUN/suite/findings.json.sig"
is "$(event run.created | jq -r .data.suite)" \
	"$(jq -r .suite sealed/findings.json)" 'line 1 has the id of the suite'
is "$(jq -r .holdout.inputs "$DF_RUN/run.json")" 'not scanned at boot' \
	'the record says what was not done'
is "$(jq -c '[.checks[] | select(.source) | .check_name] | length' \
	"$DF_RUN/validation.json")" 4 'whose word four checks are'
must df-sign keygen -q outside
must df-log export --intoto -k outside
is "$(jq -r .payload "$out" | sed -n 1p | base64 -d | jq -c '.predicate |
	[(.df_attested | length), (.passedTests - .df_attested ==
	.passedTests)]')" '[4,true]' 'an export does not take it for its own'
is "$(jq -c '.summary.holdouts' "$DF_RUN/validation.json")" 3 'holdouts'
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'no line of D9 is in the run' grep -aF -f lines all
exits 0 'df-verify' df-verify
like "$out" '^suite .* sealed beforehand; findings by eve\+evaluator$' \
	'says whose findings they are'
mv trust trust.away
exits 0 'without the trust directory' df-verify --self
like "$out" '^suite .* findings by SHA256:' 'it names no person'
mv trust.away trust
run df-verify --json
is "$(jq -r '"\(.suite.by) \(.suite.id)"' "$out")" \
	"eve+evaluator $(jq -r .suite sealed/findings.json)" 'as JSON'
exits 0 'df-validate -C' df-validate -C "$DF_RUN"
like "$err" 'word of suite/findings.json: PASS d9_scenarios_covered' \
	'says what it did not check'
exits 5 'when the key is revoked afterwards' df-verify --trust gone
has "$err" 'line 1 is void' 'what it signed counts no more'
first=$DF_RUN
# shellcheck disable=SC2086
exits 0 'a second run of it' df-boot --spec public --sealed sealed $usual
DF_RUN=$(cat "$out")
is "${DF_RUN##*/}" "$(basename "${first%-1}")-2" 'is the next instance'
is "$(cmp "$DF_RUN/holdout.age" "$first/holdout.age" &&
	cmp "$DF_RUN/commitment.json" "$first/commitment.json" && echo same)" \
	same 'of the same suite'
must df-handoff -q
must df-prompt -q
must df-dispatch -q -j 3
exits 3 'the operator cannot judge' df-holdout -q -k keys.eve/df-holdout
exits 0 'the evaluator can' as eve df-holdout -q
is "$(grep -c '^ok ' "$out")" 3 'all scenarios'
exits 0 'a report' df-report -q
has "$DF_RUN/report.md" 'Sealed beforehand as suite'
is "$(jq -r .suite.sealed.by "$DF_RUN/report.json")" \
	"$(ssh-keygen -lf keys.eve/df-holdout.pub | cut -d ' ' -f 2)" \
	'names the key'
hasnot "$DF_RUN/report.md" 'eve' 'and no person'
exits 0 'the approver approves' as bob df-decide approve -q -m 'as D2 says'
exits 0 'the run is sealed' df-freeze -q
exits 0 'and verifies' df-verify
cp -a "$DF_RUN" run
flip run/suite/findings.json 100
exits 6 'another byte in the findings' df-verify run
rm -rf run
cp -a "$DF_RUN" run
rm -f run/suite/findings.json.sig
exits 0 'a link that is gone' df-verify run
has "$err" 'suite/findings.json.sig' 'is said'
must df-freeze -q --bundle run.tar.zst
exits 0 'a bundle of it' df-verify run.tar.zst
old=$DF_RUN
# shellcheck disable=SC2086
exits 0 'a successor, of the same suite' df-boot --spec public \
	--sealed sealed $usual --supersedes "$old"
DF_RUN=$(cat "$out")
must df-handoff -q
must df-prompt -q
must df-dispatch -q
exits 0 'which takes over its attempts' as eve df-holdout -q
exits 0 'and verifies' df-verify

# ---- what was not scanned at boot ----

# hit NAME BOOT-ARGUMENT...: the suite stands in an input: whose, $place
hit() {
	what=$1
	shift
	# shellcheck disable=SC2086
	must df-boot -q --spec public --sealed sealed "$@"
	DF_RUN=$(cat "$out")
	must df-handoff -q
	must df-prompt -q
	must df-dispatch -q -j 3
	exits 1 "$what" as eve df-holdout -q
	is "$(jq -r '[.disclosed[] | "\(.name) \(.task)"] | unique | .[]' \
		"$DF_RUN/holdout/1.json")" "$place null" \
		'the input is named, and no task'
	is "$(event holdout.disclosed | jq -r .data.place.name)" "$place" \
		'it is an event'
	exits 0 'the run verifies' df-verify
}
signed forged '.programs = 1'
# shellcheck disable=SC2086
must df-boot -q --spec public --sealed forged $usual
DF_RUN=$(cat "$out")
must df-handoff -q
must df-prompt -q
must df-dispatch -q -j 3
exits 6 'findings that the suite does not bear out' as eve df-holdout -q
has "$err" 'not what its findings say'
exits 0 'which one without an identity cannot see' df-verify
exits 6 'and one who has it can' df-verify -i keys.eve/df-holdout.age
has "$err" 'sealed.findings'

cp -R base told
{
	echo '# quodlibet-7f3a9c51e2d84b06'
	cat block
} >>told/README
place=base.tree
# shellcheck disable=SC2086
hit 'the suite in the base tree' $usual --base told
jq '.description = "about quodlibet-7f3a9c51e2d84b06"' \
	"$build/share/darkfactory/profiles/solo.json" >told.json
place=config/profile/$(jq -r .name told.json).json
# shellcheck disable=SC2086
hit 'the suite in the profile' $usual --profile ./told.json
jq '.argv += ["quodlibet-7f3a9c51e2d84b06"]' "$adapter" \
	>agents/told.json
place=config/adapter/idle.json
# shellcheck disable=SC2086
hit 'the suite in the adapter' $usual \
	--set "agent.adapter=$tmp/agents/told.json"

# ---- what agrees no more ----

# wrong NAME JQ WORD: line 1 as jq makes it, signed again
broken() {
	rm -rf run
	cp -a "$first" run
	relog run "$2"
	exits 6 "$1" df-verify run
	has "$err" "$3"
}
broken 'another suite in line 1' \
	'if .type == "run.created" then .data.suite = "'$id'" else . end' \
	sealed.suite
broken 'findings that are not named' 'if .type == "run.created" then
	.data.artifacts |= map(select(.name | startswith("suite/") | not))
	else . end' sealed.missing

# ---- waivers ----

cp -R spec two
sed 's/^## Testable Surface/#### OUT-002: A count\n\n**Consumer:** operator\n'\
'**Scenarios:** SC-003\n\n&/' spec/D4_CONTRACTS.md >two/D4_CONTRACTS.md
exits 1 'what does not pass is not sealed' as eve df-holdout seal --spec two \
	-o two.sealed
must as bob df-decide waive -q -m 'count.sh prints it' --spec two \
	d4.uncovered:OUT-002
exits 3 'no waivers there' as eve df-holdout seal --spec two -o two.sealed \
	--waivers nowhere
exits 0 'but with a waiver' as eve df-holdout seal --spec two -o two.sealed \
	--waivers waivers
rm two/D9_*
exits 1 'which does not boot without it' df-boot --spec two \
	--sealed two.sealed
exits 4 'nor where none is allowed' df-boot --spec two --sealed two.sealed \
	--waivers waivers
exits 0 'where it is it does' df-boot --spec two --sealed two.sealed \
	--waivers waivers --set policy.max_waivers=1
exits 0 'and verifies' df-verify "$(cat "$out")"

# ---- a suite of programs ----

mkdir tests
printf '#!/bin/sh\n[ "$(sh greet.sh bob)" = "hello bob" ]\n' >tests/HS-001
printf '#!/bin/sh\necho 1..1\n[ "$(sh count.sh 1 2)" = 2 ] || exit 1
echo ok 1\n' >tests/HS-002.t
chmod 755 tests/*
exits 0 'with programs' as eve df-holdout seal --spec spec \
	--tests tests -o mixed
is "$(jq -r '"\(.kind) \(.programs)"' mixed/findings.json)" 'mixed 2' \
	'which are counted'
cat >tests/suite.json <<'EOF'
{"schema": "df.suite/1", "name": "greeter", "version": "1.0.0",
 "scenarios": [{"id": "HS-001", "priority": "P0", "program": "HS-002.t",
 "plan": 1, "title": "Greetings", "validates": ["SC-001"]}]}
EOF
exits 0 'a manifest, and no D9' as eve df-holdout seal --spec public \
	--tests tests -o tap
is "$(jq -r '"\(.kind) \(.scenarios) \(.checks | length) \(
	.coverage.covered)"' tap/findings.json)" 'tap 1 0 1' 'what it counts'
exits 0 'boots' df-boot --spec public --sealed tap
is "$(jq -r .holdout.kind "$(cat "$out")/run.json")" tap 'as a suite of TAP'

done_testing
