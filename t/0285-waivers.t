#!/bin/sh
# Waivers: a person lets a finding of df-validate stand, signed and recorded;
# what may not be waived, whose waiver does not count, what a run keeps of it.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-validate df-boot df-decide df-verify df-log df-handoff
needs_prog jq ssh-keygen
persons
tiny_spec spec
chmod -R u+w spec
sed -i 's/^## Testable Surface/#### OUT-002: A count\n\n**Consumer:** operator\n'\
'**Scenarios:** SC-003\n\n&/' spec/D4_CONTRACTS.md

run df-validate spec
is "$rc" 1 'a contract that no task implements'
has "$err" 'OUT-002 not assigned to any D8 task [d4.uncovered]'
exits 1 'it becomes no run' df-boot --spec spec

# ---- signing one ---------------------------------------------------------

exits 2 'waive: of nothing' as bob df-decide waive -m why --spec spec
exits 2 'waive: without a reason' as bob df-decide waive --spec spec \
	d4.uncovered
exits 2 'waive: of no specification' as bob df-decide waive -m why d4.uncovered
exits 2 'waive: of no rule' as bob df-decide waive -m why --spec spec d4.none
exits 2 'waive: until no time' as bob df-decide waive -m why --spec spec \
	--expires tomorrow d4.uncovered
exits 1 'waive: what is not found' as bob df-decide waive -m why --spec spec \
	d4.uncovered:OUT-003
exits 3 'waive: of what is no specification' as bob df-decide waive -m why \
	--spec nowhere d4.uncovered
exits 5 'waive: with a key that may not' df-decide waive -m why \
	-k "$tmp/keys.eve/df-holdout" --spec spec d4.uncovered
exits 0 'waive: what would be' as bob df-decide waive -n -m why --spec spec \
	d4.uncovered
no 'and nothing is written' test -e waivers
exits 0 'waive' as bob df-decide waive -m 'count.sh prints it anyway' \
	--spec spec d4.uncovered:OUT-002
w=$(cat "$out")
like "$out" '^waivers/d4\.uncovered-OUT-002-[0-9a-f]{8}\.json$' 'its name'
has "$err" 'D4_CONTRACTS.md:' 'and what it lets stand'
is "$(jq -r '.rule, .item, .document, .package, .reason' "$w")" \
	'd4.uncovered
OUT-002
D4_CONTRACTS.md
PKG-GREETER-001
count.sh prints it anyway' 'the record'
ok 'it follows its schema' df-validate -q "$w"
jq -cS '{document, item, message, package, rule}' "$w" >named
is "sha256:$(sha256sum <named | cut -c 1-64)" "$(jq -r .finding "$w")" \
	'finding is the digest of what it names'
ok 'ssh-keygen verifies it' from "$w" ssh-keygen -q -Y verify \
	-f "$DF_TRUST/allowed_signers" -I bob+approver -n df-approve -s "$w.sig"
exits 7 'a second one of the same' as bob df-decide waive -m 'again' \
	--spec spec d4.uncovered

# ---- checking with it ----------------------------------------------------

exits 0 'df-validate with it' df-validate --waivers waivers spec
has "$err" 'waived: '
has "$err" 'count.sh prints it anyway'
is "$(df-validate -q --json --waivers waivers spec | jq -c \
	'[.status, .waived]')" '["PASS",1]' 'and in JSON'
is "$(df-validate -q --format=sarif --waivers waivers spec | jq -c \
	'[.runs[].results[] | select(.ruleId == "d4.uncovered").suppressions]
	| length')" 1 'and in SARIF: suppressed'
exits 3 'df-validate: whose, it must be known' env DF_TRUST=nowhere \
	df-validate --waivers waivers spec
exits 3 'df-validate: no directory' df-validate --waivers nowhere spec
exits 2 'df-validate: not for a feature' df-validate --waivers waivers \
	--profile speckit spec

rm -rf bad && mkdir bad
cp "$w" bad
exits 5 'df-validate: not signed' df-validate --waivers bad spec
has "$err" '[d4.uncovered]'

# ---- a run with it -------------------------------------------------------

exits 4 'a profile without waivers refuses' df-boot --spec spec \
	--waivers waivers
has "$err" 'policy.max_waivers is 0'
boot --spec spec --waivers waivers --set policy.max_waivers=1
is "$(jq -r '.status, .waived' "$DF_RUN/validation.json")" 'PASS
1' 'the specification passes'
is "$(jq -r '.findings[] | select(.rule == "d4.uncovered").waiver' \
	"$DF_RUN/validation.json")" "sha256:$(sha256sum <"$w" | cut -c 1-64)" \
	'the finding stays, and names the waiver'
is "$(jq -c '.checks[] | select(.check_name == "d4_contracts_covered") |
	[.status, .details]' "$DF_RUN/validation.json")" '["PASS",null]' \
	'its check passes'
ok 'the run keeps it' cmp "$w" "$DF_RUN/waiver/1.json"
ok 'and its signature' cmp "$w.sig" "$DF_RUN/waiver/1.json.sig"
exits 0 'df-verify' df-verify "$DF_RUN"
must df-handoff -q
ok 'df-validate -C finds the same' df-validate -q -C "$DF_RUN"
with=$DF_RUN

# lines may move, the finding stays
cp -R spec moved
sed -i '1a\
\
A remark.' moved/D4_CONTRACTS.md
boot --spec moved --waivers waivers --set policy.max_waivers=1
is "$(jq .waived "$DF_RUN/validation.json")" 1 'lines may move'
# what was found may not change
cp -R spec other
sed -i 's/OUT-002/OUT-003/' other/D4_CONTRACTS.md
exits 1 'it is for no other item' df-boot --spec other --waivers waivers \
	--set policy.max_waivers=1
has "$err" 'a waiver for d4.uncovered meets no finding'
cp -R spec other2
sed -i 's/PKG-GREETER-001/PKG-OTHER-001/' other2/*.md
exits 1 'nor for another package' df-boot --spec other2 --waivers waivers \
	--set policy.max_waivers=1

# ---- what does not count -------------------------------------------------

# changed FILTER NAME: the waiver with other content under the old signature
changed() {
	rm -rf bad
	mkdir bad
	jq -cS "$1" "$w" >bad/w.json
	cp "$w.sig" bad/w.json.sig
	exits "$3" "$2" df-boot --spec spec --waivers bad \
		--set policy.max_waivers=9
}
changed '.reason = "other"' 'a reason that was not signed' 5
changed '.item = "OUT-001"' 'an item that was not signed' 5
changed '.more = 1' 'a member that no waiver has' 3
changed '. ' 'the same is the same' 0
cp "$w" bad/w.json
echo >>bad/w.json
exits 3 'not canonical' df-boot --spec spec --waivers bad
rm bad/w.json.sig
cp "$w" bad/w.json
exits 5 'not signed' df-boot --spec spec --waivers bad
has "$err" 'is not signed'
# signed by somebody who may not
rm -rf bad && mkdir bad
cp "$w" bad/w.json
ok 'eve signs it' ssh-keygen -q -Y sign -f "$tmp/keys.eve/df-holdout" \
	-n df-approve bad/w.json
exits 5 'by a key without the role' df-boot --spec spec --waivers bad
rm bad/w.json.sig
ok 'bob signs it as something else' ssh-keygen -q -Y sign \
	-f "$tmp/keys.bob/df-approve" -n file bad/w.json
exits 5 'in another namespace' df-boot --spec spec --waivers bad
exits 3 'no directory' df-boot --spec spec --waivers nowhere
mkdir none
exits 1 'none in it' df-boot --spec spec --waivers none
# an end
as bob df-decide waive -q -o ended -m why --spec spec \
	--expires 2026-01-01T00:00:00Z d4.uncovered >/dev/null
exits 5 'an expired one' env SOURCE_DATE_EPOCH=1767225600 \
	df-boot --spec spec --waivers ended --set policy.max_waivers=1
has "$err" 'it expired at 2026-01-01T00:00:00Z'
exits 0 'one second before' env SOURCE_DATE_EPOCH=1767225599 \
	df-boot --spec spec --waivers ended --set policy.max_waivers=1

# ---- what may not be waived ----------------------------------------------

# never SPEC RULE[:ITEM] NAME
never() {
	exits 4 "$3" as bob df-decide waive -o never -m why --spec "$1" "$2"
	no "$3: nothing is written" test -e never
}
cp -R spec gap
rm gap/D5_RESEARCH.md
never gap doc.missing 'a missing document'
cp -R spec open
printf '\n#### CLR-009: Which word?\n\n**Status:** OPEN\n' >>open/D6_GAP_ANALYSIS.md
never open d6.open 'an open clarification'
cp -R spec few
sed -i '/^### HS-002/,$d' few/D9_HOLDOUT_SCENARIOS.md
never few d9.few 'what concerns D9'
cp -R spec p0
sed -i 's/^\*\*Scenarios Satisfied:\*\* SC-001/**Scenarios Satisfied:** SC-002/' \
	p0/D8_TASKS.md
has p0/D2_SPECIFICATION.md '**Priority:** P0' 'a scenario of P0'
never p0 d2.uncovered:SC-001 'that nobody builds it'

# ---- by whom -------------------------------------------------------------

# one person in all roles
DF_KEYS=$tmp/one.keys DF_TRUST=$tmp/one.trust
keys
must df-decide waive -q -o mine -m 'I say so' --spec spec d4.uncovered
exits 5 'who boots does not waive' df-boot --spec spec --waivers mine \
	--set policy.max_waivers=1
has "$err" 'who boots the run signed the waiver'
exits 0 'unless the profile lets a person alone decide' df-boot --spec spec \
	--waivers mine --set policy.max_waivers=1 \
	--set policy.allow_self_approval=true
exits 5 'another root knows nothing of bob' df-boot --spec spec \
	--waivers waivers --set policy.max_waivers=1

# ---- what df-verify sees -------------------------------------------------

DF_KEYS=$tmp/keys.alice DF_TRUST=$tmp/trust
exits 0 'df-verify: all is well' df-verify "$with"
cp -a "$with" cut
chmod -R u+w cut
b=cut/blobs/sha256/$(sha256sum <"$w.sig" | cut -c 1-64)
printf 'x' >"$b"
exits 6 'df-verify: another signature' df-verify cut

done_testing
