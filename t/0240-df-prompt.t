#!/bin/sh
# df-prompt: which prompts it makes, what is in them, what it refuses.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt
keys
tiny_spec spec

broken() {
	rm -rf bad
	cp -a "$DF_RUN" bad
}

# change NAME: a byte more in the blob behind a name of bad
change() {
	blob=$(readlink -f "bad/$1")
	chmod 644 "$blob"
	echo >>"$blob"
}

# ---- the interface ----

exits 0 'help' df-prompt --help
has "$out" 'usage: df-prompt'
exits 0 'version' df-prompt --version
exits 2 'no run' df-prompt
exits 2 'an unknown option' df-prompt --all
exits 3 'no such run' df-prompt -C nowhere

# ---- no PASS, no read ----

boot --spec spec
exits 4 'no handoff' df-prompt -v
has "$err" 'T-001 has no handoff: no PASS, no read'
has "$err" 'hint: df-handoff T-001'
exits 4 'a pipeline whose first program refuses' sh -c \
	'df-handoff -C nowhere 2>/dev/null | df-prompt -'
has "$err" 'refused or failed'
must df-handoff -q T-001
exits 4 'one of two has no handoff' df-prompt T-001 T-002
is "$(lines "$DF_RUN")" 4 'nothing happened'
no 'no file' test -e "$DF_RUN/prompt"

# ---- making them ----

exits 0 'what would be made' df-prompt -n T-001
is "$(cat "$out")" 'prompt/T-001.json
prompt/T-001.md' 'its names'
is "$(lines "$DF_RUN")" 4 'nothing happened'
exits 0 'one task' df-prompt T-001
is "$(cat "$out")" 'prompt/T-001.json
prompt/T-001.md' 'its two names that are no secret'
is "$(ls "$DF_RUN/prompt")" 'T-001.answers.age
T-001.json
T-001.md' 'its three links'
is "$(lines "$DF_RUN")" 6 'two events'
has "$DF_RUN/log.jsonl" '"outcome":"success","stage":"prompt","tasks":1'
has "$DF_RUN/log.jsonl" "{\"digest\":\"sha256:$(sha256sum \
	<"$DF_RUN/handoff/T-001.json" | cut -d ' ' -f 1)\",\"name\":\"handoff/T-001.json\"}" \
	'the handoff is among its inputs'
exits 0 'a pipeline' sh -c 'df-handoff -q | df-prompt -'
is "$(cat "$out")" "$(printf 'prompt/T-00%s.json\nprompt/T-00%s.md\n' \
	1 1 2 2 3 3)" 'all names, also of what held'
no 'what held was not made again' sh -c \
	"tail -n 1 '$DF_RUN/log.jsonl' | grep -q prompt/T-001"
exits 4 'an empty stdin' from /dev/null df-prompt -
exits 3 'a task that there is not' df-prompt -v T-004
has "$err" 'hint: did you mean T-00'

# ---- nothing to do ----

before=$(lines "$DF_RUN")
cp -RL "$DF_RUN/prompt" kept
exits 0 'again' df-prompt
is "$(lines "$DF_RUN")" "$before" 'no event'
touch -h -d 2020-01-01 "$DF_RUN/prompt/T-001.md"
rm "$DF_RUN/prompt/T-002.md" "$DF_RUN/prompt/T-003.json"
exits 0 'where links are old or gone' df-prompt
ok 'the old one is new' test -n \
	"$(find "$DF_RUN/prompt/T-001.md" -newermt 2021-01-01)"
ok 'the others are there' diff -r kept "$DF_RUN/prompt"
rm "$DF_RUN/prompt/T-001.answers.age"
exits 0 'the link of the answers is gone' df-prompt
ok 'it is there' test -s "$DF_RUN/prompt/T-001.answers.age"
exits 0 'as JSON' df-prompt --json T-001
has "$out" "{\"digest\":\"sha256:$(sha256sum <"$DF_RUN/prompt/T-001.md" |
	cut -d ' ' -f 1)\",\"name\":\"prompt/T-001.md\",\"size\":$(wc -c \
	<"$DF_RUN/prompt/T-001.md"),\"task\":\"T-001\"}"
exits 9 'stdout is full' into /dev/full df-prompt

# ---- what is in them ----

p=$DF_RUN/prompt
for i in 1 2 3; do
	is "$(grep -Ec '^[0-9]+\.' "$p/T-00$i.md")" 13 "T-00$i: 13 questions"
	is "$(grep -Ec '^ [0-9]\. \*\*' "$p/T-00$i.md")" 7 '7 rules'
	unlike "$p/T-00$i.md" '[Hh]oldout|HS-[0-9]|[Ee]xpected.[Aa]nswer' \
		'nothing of scenarios that judge, or of answers'
	unlike "$p/T-00$i.json" '[Hh]oldout|HS-[0-9]|expected_answers' \
		'nor in the JSON'
	unlike "$p/T-00$i.md" "$tmp|r-[0-9a-f]{16}|:[0-9]+:" \
		'no path, no run, no line'
	has "$p/T-00$i.md" "T-00$i"
	others="T-001 T-002 T-003"
	for k in $others; do
		[ "$k" = "T-00$i" ] || echo "$k"
	done >ids
	[ "$i" = 1 ] && no 'no other task is named' grep -F -f ids "$p/T-00$i.md"
done
hasnot "$p/T-002.md" 'count.sh' 'a task beside it is not named'
hasnot "$p/T-002.md" 'T-003'
has "$p/T-002.md" '.df/RESULTS.md'
has "$p/T-002.md" '.df/13Q_ANSWERS.md'
has "$p/T-002.json" '"schema":"df.prompt/1"'
unlike "$p/T-002.md" '[Ff]eedback' 'no feedback in a first run'

if has_prog age && has_prog perl; then
	age -d -i keys/df-holdout.age -o eve "$p/T-002.answers.age"
	ok 'age opens the answers for the evaluator' test -s eve
	age -d -i keys/df-approve.age -o bob "$p/T-002.answers.age"
	ok 'and for the approver' cmp eve bob
	age-keygen -o id 2>/dev/null
	no 'not for another identity' age -d -i id "$p/T-002.answers.age"
	has eve '"schema":"df.answers/1"'
	perl -MJSON::PP -0777 -ne 'my $a = decode_json($_)->{expected_answers};
	    print scalar(@$a), "\n"; print "$_\n" for @$a' eve >answers
	is "$(head -n 1 answers)" 13 'there are 13'
	sed 1d answers | awk 'length > 30' >long
	cat "$DF_RUN"/blobs/sha256/* >all
	ok 'long ones among them' test -s long
	no 'none is in the prompt' grep -F -f long "$p/T-002.md"
	no 'none in the JSON of it' grep -F -f long "$p/T-002.json"
else
	skip 8 'no age, no perl'
fi

cp -RL "$p" first
boot --spec spec -o out.d
must df-handoff -q
must df-prompt -q
for i in 1 2 3; do
	ok "another run, T-00$i: the same prompt" \
		cmp "first/T-00$i.md" "$DF_RUN/prompt/T-00$i.md"
	sed 's/"answers":"[0-9a-f]*",//' "first/T-00$i.json" >one.json
	sed 's/"answers":"[0-9a-f]*",//' "$DF_RUN/prompt/T-00$i.json" >two.json
	ok 'the same JSON but for' cmp one.json two.json
	no 'what binds the answers' cmp -s "first/T-00$i.json" \
		"$DF_RUN/prompt/T-00$i.json"
	no 'other bytes of the answers' cmp -s "first/T-00$i.answers.age" \
		"$DF_RUN/prompt/T-00$i.answers.age"
done
rm -r out.d

for i in a.d b.d; do
	boot --spec spec --nonce 00112233445566778899aabbccddeeff -o "$i"
	must df-handoff -q
	must df-prompt -q
	cp -L "$DF_RUN/prompt/T-003.json" "$i/3.json"
done
ok 'with the same nonce and key all of it is the same' cmp a.d/3.json b.d/3.json
rm -r a.d b.d

boot --spec spec --set prompt.adversarial=infrastructure
must df-handoff -q
must df-prompt -q T-001
has "$DF_RUN/prompt/T-001.md" 'Adversarial (infrastructure)'
is "$(grep -Ec '^[0-9]+\.' "$DF_RUN/prompt/T-001.md")" 13 'still 13 questions'
boot --spec spec --set prompt.phases=2
must df-handoff -q
must df-prompt -q T-001
no 'two phases: another prompt' cmp -s first/T-001.md "$DF_RUN/prompt/T-001.md"
is "$(grep -Ec '^[0-9]+\.' "$DF_RUN/prompt/T-001.md")" 13 'still 13 questions'

# ---- templates of one's own ----

mkdir -p plant/.factory/template/prompt
cp -R spec plant/spec
printf '{{! df-template prompt 2.0.0 }}\nDo %s!\n' '{{subject}}' \
	>plant/.factory/template/prompt/2.0.0.md
exits 0 'a factory' within plant df-boot -q --spec spec
DF_RUN=$(cat "$out")
must df-handoff -q
exits 0 'with a template' df-prompt
is "$(cat "$DF_RUN/prompt/T-002.md")" 'Do Write part.sh!' 'it is used'
has "$DF_RUN/prompt/T-002.json" '"template":{"name":"prompt","version":"2.0.0"}'
printf '{{! df-template prompt 2.1.0 }}\n%s\n' '{{#each rules}}' \
	>plant/.factory/template/prompt/2.1.0.md
run within plant df-boot -q --spec spec
if [ "$rc" -eq 0 ]; then
	DF_RUN=$(cat "$out")
	must df-handoff -q
	exits 3 'a template that does not compile' df-prompt
else
	is "$rc" 3 'a template that does not compile is refused at boot'
fi
rm -rf plant

# ---- keys ----

boot --spec spec
must df-handoff -q
exits 5 'a key of another role' df-prompt -k keys/df-holdout
exits 3 'no key' env DF_KEYS="$tmp/none" df-prompt
chmod 640 keys/df-run
exits 5 'a key that others can read' df-prompt
chmod 600 keys/df-run
is "$(lines "$DF_RUN")" 4 'nothing happened'

# ---- a run that was tampered with ----

broken
change handoff/T-002.json
exits 6 'a handoff was changed' df-prompt -C bad
exits 0 'another one was not' df-prompt -C bad T-001
broken
change config/template/prompt.md
exits 6 'the template was changed' df-prompt -C bad
broken
change config/contract/prompt.json
exits 6 'the contract was changed' df-prompt -C bad
broken
change trust/recipients
exits 6 'the recipients were changed' df-prompt -C bad
broken
ln -sf ../log.jsonl bad/handoff/T-002.json
exits 0 'a name that points elsewhere is not looked at' df-prompt -C bad
ok 'the same prompt' cmp first/T-002.md bad/prompt/T-002.md
broken
sed -i '4s/"tasks":3/"tasks":4/' bad/log.jsonl
exits 5 'the signature of the line that gave the handoffs does not hold' \
	df-prompt -C bad
broken
sed -i '3s/"attempt":1/"attempt":2/' bad/log.jsonl
exits 6 'a line before the last was changed' df-prompt -C bad
rm -rf bad

# ---- two at the same time ----

i=0
while [ "$i" -lt 8 ]; do
	i=$((i + 1))
	cp -a "$DF_RUN" two
	df-prompt -q -C two >a.out 2>a.err &
	a=$!
	df-prompt -q -C two >b.out 2>b.err
	echo $?
	wait "$a"
	echo $?
	df-prompt -q -C two >/dev/null 2>&1 || echo again
	rm -rf two
done >both
is "$(grep -vx '0\|7' both)" '' 'two at the same time: done, or 7'

# ---- a run that goes on, and its successor ----

if [ -x "$build/bin/df-holdout" ] && [ -x "$build/bin/df-dispatch" ] &&
    has_bwrap; then
	builder
	boot --spec spec --set "agent.adapter=$adapter"
	must df-handoff -q
	must df-prompt -q T-001
	must df-dispatch -q T-001
	must df-dispatch -q --merge T-001
	run df-holdout -q --partial
	exits 4 'when the run is judged' df-prompt T-002
	has "$err" 'the run is evaluating'
	exits 0 'what is there still holds' df-prompt T-001
else
	skip 3 'no judge'
fi
if [ -x "$build/bin/df-freeze" ] && [ -x "$build/bin/df-decide" ] &&
    has_bwrap; then
	adapter wrong 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"farewell \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS'
	ready "$adapter" --spec spec
	must df-dispatch -q
	run df-holdout -q
	must df-decide reject -m 'not what was asked for' \
		--remediation 'do T-002 again'
	must df-freeze -q
	boot --spec spec --set "agent.adapter=$adapter" --supersedes "$DF_RUN"
	must df-handoff -q
	exits 0 'in a successor' df-prompt
	like "$DF_RUN/prompt/T-002.md" '[Ff]eedback' \
		'the responsible task gets feedback'
	has "$DF_RUN/prompt/T-002.md" 'SC-002'
	unlike "$DF_RUN/prompt/T-002.md" \
		'HS-[0-9]|[Hh]oldout|single letter|goodbye q|\[ "\$said"' \
		'of nothing but ids of the specification'
	for i in 1 3; do
		ok "the prompt of T-00$i is what it was" \
			cmp "first/T-00$i.md" "$DF_RUN/prompt/T-00$i.md"
	done
	rm -rf first
	cp -RL "$DF_RUN/prompt" first
	must df-prompt -q
	ok 'again: the same bytes' diff -r first "$DF_RUN/prompt"
else
	skip 7 'df-decide or df-freeze is not built'
fi

all_exits df-prompt
done_testing
