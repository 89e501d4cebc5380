#!/bin/sh
# df-validate on what is no specification: records, adapters, profiles, suites,
# policies, templates, the documents of a run.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-validate df-sign df-boot

# ---- what is shipped ----

for f in "$top"/share/profiles/*.json "$top"/share/agents/*.json \
	"$top"/share/pipelines/*.json "$top"/share/contracts/*.json \
	"$top"/share/policy/*.jq "$top"/share/templates/*.md \
	"$top"/examples/*/profiles/*.json "$top"/examples/*/*.json; do
	exits 0 "${f#"$top"/}" df-validate "$f"
done

# ---- records that authors write ----

printf '{"schema":"df.adapter/1",\n "nmae":"x"}\n' >x.json
exits 1 'an adapter with a misspelt member' df-validate x.json
has "$out" 'FAIL adapter: x.json'
is "$(sed -n 1p "$err")" \
	'x.json:2:2: error: member "nmae" is not allowed [schema]' \
	'the place, as an editor wants it'
is "$(sed -n 2p "$err")" '    hint: did you mean "name"?' 'and a hint'
exits 1 'JSON' df-validate --json x.json
has "$out" '"kind":"adapter"'
has "$out" '"rule":"schema","status":"FAIL"'
printf '{"a":1,\n}\n' >x.json
exits 3 'no JSON' df-validate x.json
has "$err" 'x.json:2:1: error: '
echo '{"a":1,"a":2}' >x.json
exits 3 'a member twice' df-validate x.json
echo '{"a":1}' >x.json
exits 3 'a record that names no schema' df-validate -v x.json
has "$err" '--schema NAME'
exits 3 'a schema that is not there' df-validate --schema nothing x.json
exits 1 'a schema that it does not fit' df-validate --schema submission x.json
echo '{"execution_mode":"local","priority":"standard",
	"requested_by":"alice","run_id":"RUN-20260101-001"}' >x.json
exits 0 'one that it does' df-validate --schema submission x.json
exits 3 'no such file' df-validate nowhere.json
mkfifo fifo
exits 3 'a fifo' df-validate fifo
exits 9 'stdout is full' into /dev/full df-validate \
	"$top/share/profiles/default.json"

printf '# df-policy mine 1.0.0\n.a | {name: "a", status: "PASS"}\n' >p.jq
exits 0 'a policy' df-validate p.jq
has "$out" 'PASS policy: p.jq'
printf '# df-policy mine 1.0.0\n.a |\n' >p.jq
exits 1 'one that does not compile' df-validate p.jq
printf '.a\n' >p.jq
exits 1 'one without name and version' df-validate p.jq
has "$err" 'p.jq:1:1: error: no "# df-policy NAME VERSION"'
printf '# df-policy mine 1.0.0\nimport "x" as x; .a\n' >p.jq
exits 1 'one that looks elsewhere' df-validate p.jq
has "$err" 'import is not available here'

printf '{{! df-template handoff 1.0.0 }}\n# {{name}}\n' >t.md
exits 0 'a template' df-validate t.md
printf '{{! df-template handoff 1.0.0 }}\n{{#a}}\n' >t.md
exits 1 'one with an open section' df-validate t.md

# ---- suites ----

mkdir -p suite/sub
suite() {
	printf '{"schema":"df.suite/1","name":"s","version":"1.0.0",' \
		>suite/suite.json
	printf '"scenarios":[{"id":"HS-001","title":"t","priority":"P0",' \
		>>suite/suite.json
	printf '"program":"%s","plan":1}]}\n' "$1" >>suite/suite.json
}
suite a.t
exits 1 'a suite without its program' df-validate suite
has "$err" 'a.t is not an executable file'
printf '#!/bin/sh\necho 1..1\necho ok 1\n' >suite/sub/b.t
chmod 755 suite/sub/b.t
ln -s sub/b.t suite/a.t
exits 0 'a link inside' df-validate suite
has "$out" 'PASS suite: suite'
rm suite/a.t
ln -s /bin/true suite/a.t
exits 1 'a link out of it' df-validate suite
suite ../../bin/true
exits 1 'a path out of it' df-validate suite

# ---- a run ----

keys
tiny_spec spec
boot --spec spec
exits 0 'the documents of a run' df-validate -C "$DF_RUN"
has "$out" 'PASS d8_no_dependency_cycles: 3 tasks, 0 cycles'
has "$err" 'as validation.json says'
exits 0 'the same, in the environment' df-validate
exits 0 'as JSON' df-validate --json
has "$out" '"withheld":["D9"]'
exits 2 'a run and an operand' df-validate -C "$DF_RUN" spec
exits 3 'no run' df-validate -C spec
for f in run.json validation.json boot.host.json commitment.json \
	config/profile/default.json; do
	exits 0 "$f" df-validate "$DF_RUN/$f"
done
cp -a "$DF_RUN" bad
f=$(readlink -f bad/validation.json)
chmod u+w "$f"
sed 's/PASS/FAIL/' "$f" >new
cp new "$f"
exits 6 'a validation.json that was changed' df-validate -C bad

tiny_spec there
exits 7 'a specification where one is to be made' df-validate --init there
mkdir waivers
echo '{}' >waivers/none.json
exits 5 'a waiver without a signature' df-validate --waivers waivers there
all_exits df-validate
done_testing
