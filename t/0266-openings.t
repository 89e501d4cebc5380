#!/bin/sh
# Openings: an item of the suite, or a task's expected answers, is published
# with its key; anybody checks it against what was committed to, and a holder
# of an evaluator's identity checks all of them.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-verify df-freeze df-decide
needs_prog age age-keygen jq openssl python3
keys
judged --set judge.seconds=60
cp -a "$DF_RUN" fresh

# hmac KEY-HEX: of stdin
hmac() {
	openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r | cut -c 1-64
}

# commitment FILE: of an opening, by stock programs
commitment() {
	jq -cSj .item "$1" >item.bytes
	{
		printf 'df-item/1\0'
		printf %016x "$(wc -c <item.bytes)" | xxd -r -p
		cat item.bytes
	} | hmac "$(jq -r .key "$1")"
}

# by_python FILE: the same with python3
by_python() {
	python3 - "$1" <<'EOF'
import hashlib, hmac, json, struct, sys
o = json.load(open(sys.argv[1], encoding="utf-8"))
item = json.dumps(o["item"], ensure_ascii=False, sort_keys=True,
    separators=(",", ":")).encode()
m = b"df-item/1\0" + struct.pack(">Q", len(item)) + item
print(hmac.new(bytes.fromhex(o["key"]), m, hashlib.sha256).hexdigest())
EOF
}

# ---- the interface ----

exits 2 'without a reason' df-holdout open 1
exits 2 'a reason that is none' df-holdout open -m ' ' 1
exits 2 'nothing to open' df-holdout open -m why
exits 3 'an item that there is not' df-holdout open -m why 4
has "$err" '4: the suite has no such item'
exits 3 'a task that there is not' df-holdout open -m why T-009
exits 3 'neither' df-holdout open -m why HS-001
exits 3 'a number that is none' df-holdout open -m why -- -1
exits 5 'by another key' df-holdout open -k keys/df-approve -m why 1
age-keygen -o id 2>/dev/null
exits 5 'with another identity' df-holdout open -m why -i id 1
exits 4 'no name came' sh -c 'df-holdout open -m why - </dev/null'
is "$(events holdout.opened)" 0 'nothing was opened'

# ---- opening items ----

before=$(lines "$DF_RUN")
exits 0 'what would be opened' df-holdout open -n -m why 2 T-003
has "$err" 'opened/2.json would be published'
has "$err" 'opened/T-003.answers.json would be published'
is "$(lines "$DF_RUN") $(ls "$DF_RUN/opened" 2>/dev/null)" "$before " 'nothing happened'
exits 0 'an item' df-holdout open -m 'bob asked for it' 2
is "$(cat "$out")" 'opened/2.json' 'its name'
o=$DF_RUN/opened/2.json
is "$(event holdout.opened | jq -cS '.data | del(.artifacts)')" \
	'{"actor":"alice+evaluator","items":[2],"reason":"bob asked for it"}' \
	'the event says who, why and what'
is "$(event holdout.opened | jq -r '.data.artifacts[].name')" opened/2.json \
	'and names it'
is "$(jq -r '"\(.n) \(.item.n) \(.schema)"' "$o")" '2 2 df.opening/1' 'the item'
is "$(commitment "$o")" "$(jq -r '.items[2]' "$DF_RUN/commitment.json")" \
	'openssl computes its commitment'
is "$(by_python "$o")" "$(jq -r '.items[2]' "$DF_RUN/commitment.json")" \
	'python3 too'
before=$(lines "$DF_RUN")
exits 0 'again, and the answers of a task, and the frame' \
	df-holdout open -m 'all of it' 2 T-003 0 T-003
is "$(tr '\n' ' ' <"$out")" \
	'opened/0.json opened/2.json opened/T-003.answers.json ' 'names'
has "$err" 'opened/2.json: opened before'
is "$(($(lines "$DF_RUN") - before))" 1 'one event'
is "$(event holdout.opened | jq -c '.data | [.items, .tasks]')" \
	'[[0],["T-003"]]' 'of what was not open yet'
before=$(lines "$DF_RUN")
exits 0 'once more' df-holdout open -m 'again' opened/0.json \
	opened/T-003.answers.json
is "$(lines "$DF_RUN")" "$before" 'no event'
is "$(tr '\n' ' ' <"$out")" 'opened/0.json opened/T-003.answers.json ' \
	'but names'
a=$DF_RUN/opened/T-003.answers.json
is "$(commitment "$a")" "$(jq -r .answers "$DF_RUN/prompt/T-003.json")" \
	'the answers match what the prompt has'
is "$(by_python "$a")" "$(jq -r .answers "$DF_RUN/prompt/T-003.json")" \
	'by python3 too'
is "$(jq -r '.item.expected_answers | length' "$a")" 13 '13 of them'
exits 0 'as JSON' df-holdout open --json -m why 2
is "$(jq -r .name "$out")" opened/2.json 'the name'

# ---- what leaves, and what does not ----

age -d -i keys/df-holdout.age -o plain "$DF_RUN/holdout.age"
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'the master key is not in the run' grep -qaF "$(jq -r .master plain)" all
for i in 1 3; do
	jq -r ".items[$i].title" plain >title
	no "the title of item $i is not" grep -qaF -f title all
	ok "though item $i is sealed" test -s title
done
jq -r '.items[2].title' plain >title
ok 'that of item 2 is' grep -qaF -f title all
age -d -i keys/df-holdout.age -o answers "$DF_RUN/prompt/T-001.answers.age"
no 'no key of answers that are sealed' grep -qaF "$(jq -r .key answers)" all
is "$(jq -r .key answers | grep -c '^[0-9a-f]\{64\}$')" 1 'though it has one'

# ---- df-verify, without any key ----

mkdir nokeys
exits 0 'verified without a key' env DF_KEYS="$tmp/nokeys" df-verify
like "$out" '^holdouts +4 items committed, 2 opened$' 'items'
like "$out" '^answers +of 3 tasks committed, 1 opened$' 'answers'
run df-verify --json
is "$(jq -c .holdouts "$out")" \
	'{"all":false,"answers":3,"items":4,"opened":2,"opened_answers":1}' 'JSON'
exits 0 'df-validate knows the record' df-validate "$o"

# ---- df-verify with an identity ----

exits 0 'verified with an identity' df-verify -i keys/df-holdout.age
like "$out" '^holdouts +4 items match the commitment, 2 opened$' 'all items'
like "$out" '^answers +of 3 tasks match the commitments, 1 opened$' \
	'all answers'
exits 5 'with another identity' df-verify -i id
hasnot "$out" BROKEN 'which says nothing of the run'
exits 3 'no such identity' df-verify -i nowhere
exits 0 'none from the environment' env DF_IDENTITY="$tmp/id" df-verify
like "$out" '4 items committed' 'is taken'

# ---- what a holder of keys could do ----

# reopened FILE FILTER: the opening in a copy is another one, signed again
reopened() {
	rm -rf bad
	cp -a "$DF_RUN" bad
	jq -cS "$2" "bad/$1" >new
	old=$(digest_of "bad/$1")
	new=$(digest_of new)
	cp new "bad/blobs/sha256/${new#sha256:}"
	chmod 444 "bad/blobs/sha256/${new#sha256:}"
	rm -f "bad/blobs/sha256/${old#sha256:}"
	ln -sf "$(dirname "$(readlink "bad/$1")")/${new#sha256:}" "bad/$1"
	relog bad ".data.artifacts |= (if . then map(if .digest == \"$old\"
		then .digest = \"$new\" | .size = $(wc -c <new) else . end)
		else . end) | if .data.artifacts == null then del(.data.artifacts)
		else . end" "$(grep -nF "$old" bad/log.jsonl | head -n 1 |
		cut -d : -f 1)"
}
key=$(jq -r .key "$o")
reopened opened/2.json '.item.title = "Another"'
exits 6 'another item' df-verify bad
has "$err" 'opened/2.json: key and item do not give the commitment it says'
# one that agrees with itself
jq -cS '.item.title = "Another"' "$o" >forged
c=$(by_python forged)
reopened opened/2.json ".item.title = \"Another\" | .commitment = \"$c\""
exits 6 'another item, which agrees with itself' df-verify bad
has "$err" 'item 2 is not what was committed to'
jq -cS '.item.expected_answers[0] = "Nothing"' "$a" >forged
c=$(by_python forged)
reopened opened/T-003.answers.json \
	".item.expected_answers[0] = \"Nothing\" | .commitment = \"$c\""
exits 6 'other answers' df-verify bad
has "$err" 'the answers of T-003 are not what was committed to'
reopened opened/2.json '.n = 3'
exits 6 'the opening of another item' df-verify bad
has "$err" 'opened/3.json'
reopened holdout/1.json '.holdouts[0].priority = "P2"'
exits 0 'a verdict of another priority: nobody sees it' df-verify bad
exits 6 'but an evaluator' df-verify -i keys/df-holdout.age bad
has "$err" 'another id, priority or class'
reopened holdout/1.json 'del(.holdouts[2])'
exits 6 'a verdict without one scenario' df-verify -i keys/df-holdout.age bad
has "$err" 'it has 2 scenarios, the suite 3'
reopened prompt/T-001.json ".answers = \"$key\""
exits 6 'another commitment to answers' df-verify -i keys/df-holdout.age bad
has "$err" 'prompt/T-001.answers.age: the answers are not what was committed'
rm -rf bad

# ---- after the seal ----

must df-decide approve -q -m 'as specified'
must df-freeze -q
exits 0 'in a sealed run' df-holdout open -m 'asked after the fact' 1
exits 0 'it verifies' df-verify
like "$out" 'sealed at [0-9]+, 1 events after the seal' 'behind the seal'
like "$out" '4 items committed, 3 opened' 'and counted'
must df-freeze -q
exits 0 'sealed again' df-verify
unlike "$out" 'after the seal' 'covered'
before=$(lines "$DF_RUN")
exits 0 'and again' df-holdout open -m again 1
is "$(lines "$DF_RUN")" "$before" 'is open already'

# ---- two at once: one event ----

DF_RUN=$tmp/fresh
(df-holdout open -q -m one 1 >/dev/null 2>&1; echo $? >one) &
df-holdout open -q -m two 1 >/dev/null 2>&1
echo $? >two
wait
is "$(events holdout.opened)" 1 'two at once make one event'
ok 'the other one says conflict, or that it is open' \
	grep -qE '^[07]$' one two
exits 0 'and the run holds' df-verify
done_testing
