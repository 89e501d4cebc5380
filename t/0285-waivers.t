#!/bin/sh
# Waivers: a person lets a finding of df-validate stand, signed and recorded;
# what may not be waived, whose waiver does not count, what a run keeps of it.

# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
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
jq -cS '{document, item, message, package, rule, text}' "$w" >named
is "sha256:$(sha256sum <named | cut -c 1-64)" "$(jq -r .finding "$w")" \
	'finding is the digest of what it names'
awk '/^#### OUT-002/ { on = 1 } /^## Testable/ { on = 0 } on' \
	spec/D4_CONTRACTS.md >item
is "$(jq -r .text "$w")" "sha256:$(sha256sum <item | cut -c 1-64)" \
	'text is the digest of the item'
ok 'ssh-keygen verifies it' from "$w" ssh-keygen -q -Y verify \
	-f "$DF_TRUST/allowed_signers" -I bob+approver -n df-approve -s "$w.sig"
exits 7 'a second one of the same' as bob df-decide waive -m 'again' \
	--spec spec d4.uncovered
cp "$w" kept
exits 0 'the same command again' as bob df-decide waive \
	-m 'count.sh prints it anyway' --spec spec d4.uncovered:OUT-002
is "$(cat "$out")" "$w" 'says what there is'
ok 'and leaves it' cmp kept "$w"

# several at once, cut short, and alike
cp -R spec two
sed -i 's/^#### OUT-002/#### OUT-003: Another\n\n**Consumer:** [Who reads'\
' it]\n**Producer:** [Who reads it]\n**Scenarios:** SC-003\n\n&/' two/D4_CONTRACTS.md
two='d4.uncovered fill.placeholder'
# shellcheck disable=SC2086 # two operands
exits 0 'several' as bob df-decide waive -q -o all -m why --spec two $two
sort "$out" >names
is "$(wc -l <names)" 3 'one of each; of those that are alike one'
exits 0 'which is for both' df-validate -q --waivers all two
f=$(grep OUT-003 names | head -n 1)
rm "$f"
# shellcheck disable=SC2086
exits 0 'one was cut short: it is finished' as bob df-decide waive -q -o all \
	-m why --spec two $two
ok 'and all are named' sh -c 'sort "$1" | cmp - names' . "$out"
exits 0 'all hold' df-validate -q --waivers all two
rm "$f" "$f.sig"
cp all/*OUT-002* .
# shellcheck disable=SC2086
exits 7 'another one is in the way' as bob df-decide waive -q -o all -m other \
	--spec two $two
no 'nothing was written' test -e "$f"
exits 0 'as JSON' as bob df-decide waive --json -q -o all -m why --spec two \
	d4.uncovered:OUT-003
is "$(jq -c 'keys' "$out")" '["name"]' 'an object'

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
cp -R spec text
sed -i '/^#### OUT-002/,/^## /s/^\*\*Consumer:\*\* operator/&, bank/' \
	text/D4_CONTRACTS.md
exits 1 'nor when the item says something else' df-boot --spec text \
	--waivers waivers --set policy.max_waivers=1
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
rm -rf bad
cp -R all bad
sh -c 'mv "$1" x; mv "$2" "$1"; mv x "$2"' . bad/*.sig 2>sh.err
exits 5 'signatures of each other' df-validate -q --waivers bad two
rm -rf bad && mkdir bad bad/w.json
exits 3 'a directory in it' df-boot --spec spec --waivers bad
rmdir bad/w.json
mkfifo bad/w.json
exits 3 'a pipe in it' timeout 20 df-boot --spec spec --waivers bad
rm bad/w.json
ln -s nowhere bad/w.json
exits 3 'a link to nothing' df-boot --spec spec --waivers bad
rm bad/w.json
head -c 70000 /dev/zero | tr '\0' ' ' >bad/w.json
exits 3 'a long one' df-boot --spec spec --waivers bad
sed 's/^{/{"rule":"doc.missing",/' "$w" >bad/w.json
cp "$w.sig" bad/w.json.sig
exits 3 'a member twice' df-boot --spec spec --waivers bad
rm bad/*
for i in $(seq 1001); do
	: >"bad/$i.json"
done
exits 3 'too many' df-boot --spec spec --waivers bad
has "$err" 'more than 1000 waivers'
if ! is_root; then
	chmod 0 bad
	exits 9 'a directory that cannot be read' df-boot --spec spec \
		--waivers bad
	chmod 700 bad
fi
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
exits 0 'it held when the run was made' df-verify "$(cat "$out")"

# what was said of D9
title=$(sed -n 's/^### HS-002: //p' spec/D9_HOLDOUT_SCENARIOS.md)
as bob df-decide waive -q -o leak -m "see the scenario $title" --spec spec \
	d4.uncovered >leaks
exits 4 'a reason that quotes D9' df-boot --spec spec --waivers leak \
	--set policy.max_waivers=1
has "$err" 'the reason of the waiver for d4.uncovered'
# two findings, one waiver
# shellcheck disable=SC2086
exits 4 'findings are counted, not waivers' df-boot --spec two --waivers all \
	--set policy.max_waivers=3
has "$err" '4 findings are waived; policy.max_waivers is 3'
# a key that the roster has no more
cp -R "$DF_TRUST" revoked
chmod -R u+w revoked
sed -i '/df-approve/d' revoked/allowed_signers
sed -i '/df-approve/,+1d' revoked/recipients
must df-sign trust -q -k "$tmp/keys.alice/df-root" --trust revoked
exits 5 'a key that was taken out' df-validate --trust revoked \
	--waivers waivers spec

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

# other FILE NAME: a run in which the blob of FILE is another one
other() {
	chmod -R u+w cut 2>/dev/null
	rm -rf cut
	cp -a "$with" cut
	chmod -R u+w cut
	printf 'x' >"cut/blobs/sha256/$(sha256sum <"$1" | cut -c 1-64)"
	exits 6 "df-verify: $2" df-verify cut
}
other "$w" 'another waiver'
other "$w.sig" 'another signature'
other "$with/validation.json" 'another validation.json'
exits 6 'df-validate -C: another validation.json' df-validate -q -C cut
chmod u+w cut/waiver
rm cut/waiver/1.json.sig
exits 6 'df-verify: and no link' df-verify cut

# stored RUN: what is on stdin as a blob; its digest
stored() {
	cat >blob
	tap_h=$(sha256sum <blob | cut -c 1-64)
	[ -e "$1/blobs/sha256/$tap_h" ] || cp blob "$1/blobs/sha256/$tap_h"
	echo "$tap_h"
}

# What the person with the key of df-run can make of it the others see.
# forged FILTER NAME SAID [WAIVER]: a run whose validation.json is what jq made
# of it, and whose waiver is another one
forged() {
	chmod -R u+w cut
	rm -rf cut
	cp -a "$with" cut
	chmod -R u+w cut
	v=$(jq -cS "$1" "$with/validation.json" | stored cut)
	vn=$(wc -c <"cut/blobs/sha256/$v")
	x=$(stored cut <"${4:-$w}")
	xn=$(wc -c <"cut/blobs/sha256/$x")
	relog cut "${6:-.} | if .dfseq == 1 then .data.artifacts |= map(
		if .name == \"validation.json\"
		then .digest = \"sha256:$v\" | .size = $vn
		elif .name == \"waiver/1.json\"
		then .digest = \"sha256:$x\" | .size = $xn
		else . end) else . end"
	rm cut/validation.json cut/waiver/1.json
	ln -s "blobs/sha256/$v" cut/validation.json
	ln -s "../blobs/sha256/$x" cut/waiver/1.json
	exits "${5:-6}" "df-verify: $2" df-verify cut
	[ -z "$3" ] || has "$err" "$3"
}
forged . 'it can be made again' '' "$w" 0
forged '.findings |= map(if .waiver then .item = "OUT-001" else . end)' \
	'a finding of another item' 'no waiver of the run is for it'
forged 'del(.findings[].waiver)' 'no finding' \
	'it is for no finding of validation.json'
forged '.findings |= map(if .waiver then (., .) else . end)' 'two for one' \
	'2 findings are waived; policy.max_waivers is 1'
forged . 'one with another number' 'names are of no waiver' "$w" 6 \
	'if .dfseq == 1 then .data.artifacts |= map(
	if .name == "waiver/1.json" then ., (.name = "waiver/3.json")
	else . end) else . end'
jq -cS '.reason = "other"' "$w" >unsigned
forged '.findings |= map(if .waiver then
	.waiver = "sha256:" + "0" * 64 else . end)' 'a waiver of nobody' \
	'no waiver of the run is for it' unsigned

# ---- sealed, sent, succeeded ---------------------------------------------

# alice alone: the roles of one person, and bob's waiver would be of another
DF_KEYS=$tmp/one.keys DF_TRUST=$tmp/one.trust
judged --waivers mine --set policy.max_waivers=1
has "$DF_RUN/validation.json" '"waived":1' 'a run with one'
must df-decide approve -q -m fine
must df-freeze -q --bundle run.bundle
is "$(df-verify "$DF_RUN" | head -n 1 | cut -d ' ' -f 1)" VERIFIED 'sealed'
exits 0 'the bundle holds' df-verify run.bundle
old=$DF_RUN
mkdir thawed
must df-freeze -q --thaw run.bundle -o thawed
ok 'and keeps the waiver' cmp "$old/waiver/1.json" \
	"thawed/${old##*/}/waiver/1.json"
exits 0 'which is looked at there too' df-verify "thawed/${old##*/}"
boot --spec spec --base base --profile solo --supersedes "$old" \
	--set "agent.adapter=$tmp/agents/idle.json" --set sandbox.level=none \
	--set policy.require_isolation=false --set policy.max_waivers=1 \
	--waivers mine
exits 0 'a successor with it' df-verify "$DF_RUN"
is "$(jq -r .run_key "$DF_RUN/run.json")" "$(jq -r .run_key "$old/run.json")" \
	'a waiver is no input: the key of the run is the same'
exits 1 'a successor inherits none' df-boot --spec spec --base base \
	--profile solo --supersedes "$old" --set policy.max_waivers=1
done_testing
