#!/bin/sh
# A revoked key: what it signed stands where a factory's log anchored it in
# time, and nowhere else, whatever time it says.

# shellcheck disable=SC2016,SC2119,SC2317 # jq; judged; `ok' runs them
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-verify df-log
needs_prog jq ssh-keygen
keys
mkdir factory
DF_FACTORY=$tmp/factory
export DF_FACTORY

# seq: of the last line of the factory's log
seq_of() {
	tail -n 1 "$DF_FACTORY/log.jsonl" | jq .dfseq
}

# revoke COPY KEY SEQ: trust.COPY is the trust directory without that key; the
# factory's log is as it was (log.true), and says so
revoke() {
	rm -rf "trust.$1"
	cp -R trust "trust.$1"
	cp log.true factory/log.jsonl
	must df-sign -q --trust "trust.$1" trust revoke -m stolen \
		--suspect-from "$3" "keys/$2.pub"
}
mkdir elsewhere

# row WORD: of the last verdict
row() {
	sed -n "s/^$1  *//p" "$out"
}

built
bare=$DF_RUN
cp -a "$DF_RUN" built
must df-holdout -q
cp -a "$DF_RUN" judged
must df-decide -q approve -m 'fine'
must df-freeze -q
run=$DF_RUN name=$(basename "$DF_RUN")
at=$(seq_of)
is "$(tail -n 1 factory/log.jsonl | jq -r .type)" run.anchored \
	'the factory has anchored the run'
cp factory/log.jsonl log.true

# ---- what stands, what is void ----

exits 0 'nothing is revoked' df-verify "$run"
revoke later df-approve $((at + 1))
exits 0 'revoked later than it was anchored' df-verify --trust trust.later "$run"
like "$out" "^VERIFIED anchored:$(lines "$run") $name\$" 'the run is verified'
line=$(jq 'select(.type == "run.approved").dfseq' "$run/log.jsonl")
has "$err" "note: log.jsonl: key $(fp keys/df-approve.pub) is revoked; what it signed at $line was anchored before"
exits 0 'as JSON' df-verify --json --trust trust.later "$run"
jq -cS . "$out" >said
ok 'it fits its schema' df-validate -q --schema verify said
is "$(jq -c .revocations said)" "[{\"key\":\"$(fp keys/df-approve.pub)\",\"reason\":\"stolen\",\"stands\":\"$line\",\"suspect_from_seq\":$((at + 1)),\"void\":\"\"}]" \
	'which lines stand'
exits 5 'without a factory nothing has a position' \
	env DF_FACTORY= df-verify --trust trust.later "$run"
like "$out" "^CONSISTENT unanchored $name\$" 'the run is only consistent'
has "$err" "CONSISTENT: log.jsonl: line $line is void: key $(fp keys/df-approve.pub) is revoked, and no anchor before line $((at + 1)) of a factory's log covers them"
hasnot "$out" alice 'nobody is named'
mkdir seen
run env DF_FACTORY= XDG_STATE_HOME="$tmp/seen" df-verify \
	--trust trust.later "$run"
no 'an end that may be forged is not remembered' test -e \
	"seen/darkfactory/heads/$(head -n 1 "$run/log.jsonl" | sha256sum |
	cut -c 1-64)"
run env XDG_STATE_HOME="$tmp/seen" df-verify --trust trust.later "$run"
ok 'the true one is' test -e \
	"seen/darkfactory/heads/$(head -n 1 "$run/log.jsonl" | sha256sum |
	cut -c 1-64)"
exits 0 '--self: that is enough' env DF_FACTORY= df-verify --self \
	--trust trust.later "$run"
has "$err" "line $line is void" 'it is said all the same'
for i in $at 1 0; do
	revoke now df-approve "$i"
	exits 5 "suspected from line $i" df-verify --trust trust.now "$run"
	has "$err" "line $line is void: key $(fp keys/df-approve.pub)"
done
has "$err" 'was never to be trusted'
exits 5 'as JSON' df-verify --json --trust trust.now "$run"
is "$(jq -c '[.verdict, .findings[0].code, .revocations[0].void]' "$out")" \
	"[\"CONSISTENT\",\"revoked.void\",\"$line\"]" 'which lines are void'
cp -R trust trust.all
exits 0 'from the first line on' env DF_FACTORY="$tmp/elsewhere" df-sign \
	--trust trust.all trust revoke -m why keys/df-admin.pub
has "$err" 'nothing stands that key' 'which it says'
revoke operator df-run 0
exits 5 'the key of the operator' df-verify --trust trust.operator "$run"
last=$(lines "$run")
like "$err" "lines 1-[0-9,-]*,$((last - 1))?-?$last are void" 'line 1 to the seal'
revoke build df-build $((at + 1))
exits 0 'the key of the builder, anchored in time' df-verify \
	--trust trust.build "$run"
revoke other df-admin 0
exits 0 'a key that signed nothing here' df-verify --trust trust.other "$run"
unlike "$err" 'revoked' 'is not spoken of'
exits 0 'a root alone: nothing is known of revocations' df-verify \
	--root "$(fp keys/df-root.pub)" "$run"
has "$out" 'revoked   unknown'
exits 0 'as JSON' df-verify --json --root "$(fp keys/df-root.pub)" "$run"
is "$(jq .revocations "$out")" null 'which it says'

# ---- who could have written another log for the factory ----

cp log.true factory/log.jsonl
cp -R trust trust.silent
must env DF_FACTORY="$tmp/elsewhere" df-sign -q --trust trust.silent trust \
	revoke -m stolen --suspect-from $((at + 9)) keys/df-approve.pub
exits 5 'a log that does not know of the revocation' df-verify \
	--trust trust.silent "$run"
has "$err" "line $line is void: key $(fp keys/df-approve.pub) is revoked, and no line of the factory's log behind their anchor says so"
must df-sign -q --trust trust.silent trust
exits 0 'trust says it there' df-verify --trust trust.silent "$run"
relog factory 'if .type == "trust.changed" then .data.reason = "y" else .
	end' $((at + 1))
exits 0 'a line of the root again' df-verify --trust trust.silent "$run"
(
	DF_KEYS=$tmp/keys.mallory DF_TRUST=$tmp/trust.mallory
	export DF_KEYS DF_TRUST
	must df-sign init -q --person mallory
	relog factory . $((at + 1))
) || exit 1
exits 6 'a line of another root' df-verify --trust trust.silent "$run"

# ---- each anchor is of this run ----

cp log.true factory/log.jsonl
cp -a judged other
must df-log append -q -C other --data '{"seq":1}' checkpoint.saved
must df-decide -q -C other reject -m no -r more
must df-freeze -q -C other
exits 6 'another end, anchored later' df-verify --anchor --json other
is "$(jq -r '.findings[].code' "$out")" anchor.head 'the first one was seen'
rm -rf other

# ---- origins ----

cp log.true factory/log.jsonl
judged
old=$DF_RUN
must df-decide -q reject -m no -r more
must df-freeze -q
at=$(seq_of)
cp factory/log.jsonl log.true
line=$(jq 'select(.type == "run.rejected").dfseq' "$old/log.jsonl")
boot --set sandbox.level=none --spec spec --profile solo --supersedes "$old"
cp factory/log.jsonl log.true
exits 0 'a run that supersedes another' df-verify
revoke origin df-approve "$at"
exits 5 'its origin was rejected with a key that is revoked' df-verify \
	--trust trust.origin
has "$err" "CONSISTENT: origin/1/log.jsonl: line $line of origin/1/log.jsonl is void: key $(fp keys/df-approve.pub)"
exits 5 'as JSON' df-verify --json --trust trust.origin
jq -cS . "$out" >said
ok 'it fits its schema' df-validate -q --schema verify said
is "$(jq -c '.revocations[] | [.origin, .void]' "$out")" "[1,\"$line\"]" \
	'which line of which origin'
exits 1 'each run that was touched' df-verify --revoked --trust trust.origin
has "$out" "$(basename "$DF_RUN")	$(fp keys/df-approve.pub)	origin/1:$line	void" \
	'it is one of them'
revoke origin df-approve $((at + 1))
exits 0 'the origin was anchored before' df-verify --trust trust.origin
has "$err" "origin/1/log.jsonl: key $(fp keys/df-approve.pub) is revoked; what it signed at $line was anchored before"
cp log.true factory/log.jsonl

# ---- backdating, and anchors of a thief ----

cp -R factory factory.before
revoke thief df-run $(($(seq_of) + 9))
cp log.true factory/log.jsonl
DF_RUN=''
(
	SOURCE_DATE_EPOCH=1500000000
	export SOURCE_DATE_EPOCH
	unset DF_FACTORY
	boot --set sandbox.level=none --spec spec --profile solo -o forged
	echo "$DF_RUN" >forged.run
)
forged=$(cat forged.run)
exits 5 'a run with times of long ago' df-verify --trust trust.thief "$forged"
has "$err" 'lines 1-2 are void'
cp -a "$forged" alive
must df-freeze -q -C "$forged" --cancel -m why
is "$(tail -n 1 factory/log.jsonl | jq -r '.type, .data.name' | tr '\n' ' ')" \
	"run.anchored $(basename "$forged") " 'the thief anchors it'
exits 5 'that does not count in a log that was cut' df-verify \
	--trust trust.thief "$forged"
has "$err" "lines 1-$(lines "$forged") are void"
revoke thief df-run "$(seq_of)"
rm -rf "$forged"
mv alive "$forged"
must df-freeze -q -C "$forged" --cancel -m why
exits 5 'nor behind what the root says' df-verify --trust trust.thief "$forged"
has "$err" "lines 1-$(lines "$forged") are void"
like "$out" '^CONSISTENT unanchored' 'nor is it anchored'
exits 0 'before the key was revoked it does' df-verify "$forged"
rm -r factory
mv factory.before factory

# ---- gates ----

# gate NAME KEY RUN COMMAND...: refused, and nothing is written
gate() {
	gate_name=$1
	revoke gate "$2" 0
	rm -rf "$bare.gate"
	cp -a "$3" "$bare.gate"
	shift 3
	exits 5 "$gate_name" env DF_RUN="$bare.gate" DF_TRUST="$tmp/trust.gate" "$@"
	like "$err" 'is void: key|are void: key|is revoked' "$gate_name: why"
	is "$(lines "$bare.gate")" "$gate_lines" "$gate_name: no event"
}
gate_lines=$(lines built)
gate 'df-holdout' df-build built df-holdout -q
gate_lines=$(lines judged)
gate 'df-decide' df-holdout judged df-decide -q approve -m why
gate 'df-decide, its own key' df-approve judged df-decide -q approve -m why
gate 'df-freeze' df-build judged df-freeze -q --cancel -m why
gate_lines=$(lines "$run")
must env DF_RUN="$run" df-verify -q
gate 'df-boot --supersedes' df-holdout "$run" df-boot -q --spec spec \
	--set sandbox.level=none --supersedes "$run" -o again
no 'no run was made' test -e again
gate_lines=$(lines judged)
gate 'a step with a revoked key' df-run judged df-log append -q \
	--data '{"gate":"x"}' run.awaiting_human
has "$err" "key $(fp keys/df-run.pub) is revoked in your trust directory"

rm -r "$bare.gate"

# ---- trust that is older, or signed by who is revoked ----

must df-sign keygen -q keys/root2
cp -R trust trust.root
must env DF_FACTORY=elsewhere df-sign -q --trust trust.root trust add alice+root df-root \
	keys/root2.pub
must sh -c 'echo "# by another root" >>trust.root/allowed_signers'
must env DF_FACTORY=elsewhere df-sign -q -k keys/root2 --trust trust.root trust
exits 0 'a directory of a new root that lists the old one' df-verify \
	--trust trust.root "$run"
like "$out" '^VERIFIED' 'verifies what was made under the old one'
must env DF_FACTORY=elsewhere df-sign -q -k keys/root2 --trust trust.root trust revoke -m why \
	keys/df-root.pub
exits 5 'unless it is revoked' df-verify --trust trust.root "$run"
has "$err" 'line 1 is void'

# ---- windows ----

cp -R trust kept
must df-sign keygen -q keys/short
must df-sign -q trust add --before 20260601Z alice+operator df-admin keys/short.pub
(
	SOURCE_DATE_EPOCH=1770000000
	export SOURCE_DATE_EPOCH
	boot --set sandbox.level=none --spec spec --profile solo
	must df-log append -q -k keys/short --role df-admin \
		--data '{"actor":"alice+operator","reason":"lunch"}' run.paused
	echo "$DF_RUN" >short.run
)
short=$(cat short.run)
exits 0 'a key within its window, says its event' df-verify "$short"
is "$(row time)" claimed 'that is claimed'
SOURCE_DATE_EPOCH=1775000000 must df-freeze -q -C "$short" --cancel -m why
exits 0 'anchored in time' df-verify "$short"
is "$(row time)" anchored 'that is the time of the anchor'
(
	SOURCE_DATE_EPOCH=1770000000
	export SOURCE_DATE_EPOCH
	boot --set sandbox.level=none --spec spec --profile solo
	must df-log append -q -k keys/short --role df-admin \
		--data '{"actor":"alice+operator","reason":"lunch"}' run.paused
	echo "$DF_RUN" >short.run
)
late=$(cat short.run)
SOURCE_DATE_EPOCH=1790000000 must df-freeze -q -C "$late" --cancel -m why
exits 5 'anchored when the window was over' df-verify "$late"
has "$err" "line 3 is void: key $(fp keys/short.pub) was outside its window"
exits 0 'without the factory it is the word of the event' \
	env DF_FACTORY= df-verify "$late"
is "$(row time)" claimed 'which is said'
exits 0 'a key that is not there any more' df-sign -q trust remove keys/short.pub
exits 0 'the runs it signed in carry it' df-verify "$short"

# ---- who signs the factory's log ----

must df-sign keygen -q keys/run2
must df-sign -q trust add alice+operator df-run keys/run2.pub
exits 0 'a new key of the operator' df-freeze -q -C judged --cancel -m x -n
boot --set sandbox.level=none --spec spec --profile solo -k keys/run2
second=$DF_RUN
must df-freeze -q -k keys/run2 --cancel -m why
exits 0 'the log has lines of both keys' df-verify "$run"
like "$out" "^VERIFIED anchored:$(lines "$run") " 'an older run is anchored in it'
must df-sign -q trust remove keys/run2.pub
exits 0 'the new one is gone' df-verify "$run"
like "$out" '^VERIFIED anchored' 'its lines before that count'
exits 0 'the run it made' df-verify "$second"
like "$out" '^VERIFIED anchored' 'is anchored'
cp -R factory cut
jq -c 'select(.data.action != "remove" or .data.fingerprint != "'"$(
	fp keys/run2.pub)"'")' factory/log.jsonl >cut/log.jsonl
exits 6 'a factory that keeps that silent' env DF_FACTORY=cut df-verify "$run"

# ---- every run that was touched ----

exits 0 'nothing is revoked' df-verify --revoked
is "$(cat "$out")" '' 'no run is touched'
has "$err" '0 keys are revoked'
must df-sign -q trust revoke -m 'laptop stolen' --suspect-from $((at + 1)) \
	"$(fp keys/df-run.pub)"
exits 1 'a key is revoked' df-verify --revoked
has "$out" "$name	$(fp keys/df-run.pub)	1-" 'each run is listed'
is "$(grep "^$name	" "$out" | cut -f 4,5)" 'stands	laptop stolen' 'this stands'
is "$(grep "^$(basename "$late")	" "$out" | cut -f 4 | sort -u)" 'void' \
	'what was anchored later is void'
is "$(grep -c "^$(basename "$second")	" "$out")" 0 'who did not sign is not there'
exits 1 'as JSON' df-verify --json --revoked
is "$(jq -r 'select(.run_name == "'"$name"'") | .state' "$out")" stands 'an object a run'
mv "$late" elsewhere/late
mv "$forged" elsewhere/forged
exits 1 'a run that is elsewhere' df-verify --revoked
has "$err" "$(basename "$late") is not in $tmp/factory/runs"
mkdir factory/runs/junk
exits 3 'what is no run' df-verify --revoked
rmdir factory/runs/junk
mkdir keep
for i in factory/runs/*; do
	[ "$i" = "factory/runs/$name" ] || mv "$i" keep/
done
exits 0 'only what stands' df-verify --revoked
exits 2 'without a factory' env -u DF_FACTORY df-verify --revoked
exits 2 'with a run' df-verify --revoked "$run"
exits 3 'a factory that is not there' df-verify --revoked -F nowhere
exits 3 'no trust directory' df-verify --revoked --trust nowhere

done_testing
