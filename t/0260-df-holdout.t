#!/bin/sh
# df-holdout: what passes, fails and errs; what is said of it and to whom; what
# an artifact can do about it.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout
needs_prog age age-keygen perl prove
needs_bwrap
todo=TO'DO'	# of TAP
keys
tiny_spec spec
adapter noop 'mkdir -p .df; result PASS' '"workspace":"none"'
noop=$adapter
mkdir base
echo 'echo "hello $1"' >base/greet.sh
echo 'echo "goodbye $1"' >base/part.sh
echo 'echo $#' >base/count.sh

# built ARGUMENT...: a run whose agents did nothing, so base is judged
built() {
	ready "$noop" --base base "$@"
	must df-dispatch -q -j 3
}

# suite: the D9 of s begins; hs adds scenarios; matrix ends it
suite() {
	rm -rf s
	cp -R spec s
	d9=s/D9_HOLDOUT_SCENARIOS.md hs=0
	printf '# D9: Holdout Scenarios - Greeter\n\n' >$d9
	printf '**Component:** Greeter\n**Canary:** %s\n' \
		canary-zyzzyva-4711 >>$d9
	[ $# -eq 0 ] || printf '\n## Environment\n\n%s\n' "$1" >>$d9
	printf '\n---\n\n## Scenarios\n\n' >>$d9
}

# hs PRIORITY TITLE SETUP EXECUTE VERIFY CLEANUP; VERIFY may be "table", or
# "prose": what somebody else has to make a program of
prose='category: happy
setup:
  description: Nothing is there
action:
  description: Run `touch pwned` and $(touch pwned)
expected_outcome:
  description: It is there
  assertions:
    - observable: a file
pass_criteria:
  runs_required: 3
  pass_threshold: 2
evidence_to_collect:
  - the file'
hs() {
	hs=$((hs + 1))
	{
		printf '### HS-%03d: %s\n\n' "$hs" "$2"
		[ "$5" != prose ] || printf '```yaml\npriority: %s\n%s\n```\n' \
			"$1" "$prose"
		printf '**Validates:** SC-00%d\n**Contracts:** IN-001\n' \
			$((hs % 3 + 1))
		printf '**Priority:** %s\n**Type:** Edge case\n\n' "$1"
		block Setup "$3"
		block Execute "$4"
		if [ "$5" = table ]; then
			printf '**Verify:**\n\n| Check | PASS Condition |\n'
			printf '|---|---|\n| 1 | it looks good |\n\n'
		elif [ "$5" != prose ]; then
			block Verify "$5"
		fi
		block Cleanup "$6"
	} >>$d9
}

block() {
	[ -z "$2" ] || printf '**%s:**\n```bash\n%s\n```\n\n' "$1" "$2"
}

# matrix [PROTOCOL]
matrix() {
	printf '## Scenario Coverage Matrix\n\n%s\n%s\n%s\n%s\n%s\n\n' \
		'| D2 Scenario | Priority | Holdout Coverage | Notes |' \
		'|---|---|---|---|' '| SC-001 | P0 | HS-003 | |' \
		'| SC-002 | P1 | HS-001 | |' '| SC-003 | P1 | HS-002 | |' >>$d9
	printf '## Run Protocol\n\n%s\n' \
		"${1:-**Run order:** P0 first, then P1.}" >>$d9
}

# marks [N]: each scenario of an evaluation and what became of it
marks() {
	sed -n 's/^ok [0-9]* - \(HS-[0-9]*\)$/\1 PASS/p
		s/^not ok [0-9]* - \(HS-[0-9]*\)$/\1 FAIL/p
		s/^not ok [0-9]* - \(HS-[0-9]*\) # ERROR \(.*\)/\1 ERROR \2/p' \
		"$DF_RUN/holdout/${1:-1}.tap"
}

mark() {
	marks | sed -n "s/^$1 //p"
}

# said ID: what a scenario wrote
said() {
	perl -MJSON::PP -0777 -C2 -e 'my $id = shift; my $r = decode_json(<>);
	    $_->{holdout_id} eq $id and print $_->{actual_output} // ""
	    for @{$r->{holdouts}}' "$1" full
}

# ---- the interface, and what has to be there ----

exits 0 'help' df-holdout --help
has "$out" 'usage: df-holdout'
exits 0 'version' df-holdout --version
exits 2 'no run' df-holdout
exits 2 'an operand' df-holdout -C spec HS-001
exits 2 'an unknown option' df-holdout --bogus
exits 2 'no scenario at a time' df-holdout -j 0
exits 2 'show without a reason' df-holdout show
exits 2 'a reason that is none' df-holdout show -m ' '
exits 3 'no such run' df-holdout -C nowhere
builder
ready "$adapter" --spec spec
exits 4 'nothing is built' df-holdout
has "$err" '3 of 3 tasks are not COMPLETED'
must df-dispatch -q T-001
exits 4 'one of three is' df-holdout
has "$err" '2 of 3 tasks are not COMPLETED'
exits 4 'a part of it, not merged' df-holdout -v --partial
has "$err" 'df-dispatch --merge'
cp -a "$DF_RUN" part

# ---- a verdict ----

must df-dispatch -q
before=$(lines "$DF_RUN")
exits 0 'what would be judged' df-holdout -n
has "$err" '3 scenarios'
is "$(lines "$DF_RUN")" "$before" 'nothing happened'
exits 0 'all is well' df-holdout
is "$(marks)" 'HS-001 PASS
HS-002 PASS
HS-003 PASS' 'three pass'
ok 'stdout is the TAP of the run' cmp "$out" "$DF_RUN/holdout/1.tap"
is "$(head -n 2 "$out")" 'TAP version 13
1..3' 'version and plan come first'
j=$DF_RUN/holdout/1.json
for i in '"verdict":"ACCEPT"' '"p0_total":1' '"p0_passed":1' '"passed":3' \
    '"level":"bwrap"' '"disclosed":[]' '"partial":false' \
    "\"tree\":\"sha256:$(tap_hex result/merged.tree "$DF_RUN")\""; do
	has "$j" "$i"
done
has "$j" '"responsible_task":"T-002","status":"PASS","validates_contracts":["OUT-001"],"validates_scenarios":["SC-002"]'
is "$(events run.evaluating) $(events holdout.started) $(events \
	holdout.completed)" '1 1 1' 'three events'
ok 'no workspace is left' test -z "$(find "$DF_SCRATCH" -mindepth 2)"
before=$(lines "$DF_RUN")
cp "$out" kept
exits 0 'again' df-holdout
ok 'says the same' cmp "$out" kept
is "$(lines "$DF_RUN")" "$before" 'without an event'
exits 0 'as JSON' df-holdout --json
ok 'is the record' cmp "$out" "$j"
exits 9 'stdout is full' into /dev/full df-holdout

# ---- who sees what ----

no 'titles are in no record' grep -rE 'blank inside|single letter|eleven' \
	"$DF_RUN/holdout/1.json" "$DF_RUN/holdout/1.tap"
grep -E '.{24}' spec/D9_HOLDOUT_SCENARIOS.md |
	sed 's/^[-#*| ]*//; s/^HS-00[0-9]: //' |
	grep -Ev '^(Holdout Scenarios|D9: Holdout|Component|--)|^.{0,19}$' >needles
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'no line of D9 is in the run' grep -aF -f needles all
no 'nor its canary' grep -aF quodlibet all
for i in df-holdout df-approve; do
	ok "age opens the whole record with the identity of $i" \
		age -d -i "keys/$i.age" -o "full.$i" "$DF_RUN/holdout/1.full.age"
done
ok 'the same' cmp full.df-holdout full.df-approve
age-keygen -o id 2>/dev/null
no 'not with another' age -d -i id "$DF_RUN/holdout/1.full.age"
has full.df-holdout 'Greeting of a name with a blank inside'
has full.df-holdout '"schema":"df.holdout-full/1"'
before=$(lines "$DF_RUN")
exits 0 'shown' df-holdout show -m 'alice wants to know'
ok 'is the whole record' cmp "$out" full.df-holdout
has "$DF_RUN/log.jsonl" '"reason":"alice wants to know","what":"holdout/1.full.age"'
is "$(events holdout.shown) $(($(lines "$DF_RUN") - before))" '1 1' 'a disclosure, an event'
exits 2 'no evaluation' df-holdout show -m why x
exits 1 'one that there is not' df-holdout show -m why 2
exits 5 'with another identity' df-holdout show -m why -i id
is "$(events holdout.shown)" 1 'is no disclosure'

# ---- keys ----

ready "$noop" --spec spec
must df-dispatch -q
cp -a "$DF_RUN" fresh
exits 5 'a key of another role' df-holdout -k keys/df-run
exits 5 'another identity' df-holdout -i id
exits 5 'the identity of the approver' df-holdout -i keys/df-approve.age
exits 3 'no identity' df-holdout -i nowhere
exits 5 'an identity from the environment' env DF_IDENTITY=id df-holdout
exits 5 'a command that cannot' env DF_UNSEAL='cat >/dev/null; exit 1' df-holdout
exits 3 'a command that gives something else' env DF_UNSEAL='cat >/dev/null; echo x' \
	df-holdout
chmod 644 keys/df-holdout.age
exits 5 'an identity that others can read' df-holdout
chmod 600 keys/df-holdout.age
df-sign init -q --person bob --trust other >/dev/null 2>&1
DF_KEYS=$tmp/keys3 df-sign init -q --person bob --trust other2 >/dev/null
exits 5 'a root that is not ours' df-holdout --trust other2
has "$err" 'which your trust directory does not have'
exits 5 'no trust directory' df-holdout --trust nowhere
is "$(events holdout.started)" 0 'nothing was judged'
exits 0 'a command that can' env DF_UNSEAL="age -d -i $tmp/keys/df-holdout.age" \
	DF_KEYS="$tmp/keys" df-holdout -n

# ---- a run that was tampered with ----

# tampered NAME: the blob behind it has a byte more
tampered() {
	rm -rf bad
	cp -a fresh bad
	f=$(readlink -f "bad/$1")
	chmod 644 "$f"
	echo >>"$f"
	exits 6 "$1 was changed" df-holdout -C bad
}
for i in holdout.age commitment.json result/merged.tree result/T-002/1.tree \
    dispatch/T-003/1.json handoff/T-001.md run.json trust/recipients; do
	tampered "$i"
done
rm -rf bad
cp -a fresh bad
f=$(readlink -f bad/prompt/T-001.answers.age)
rm -f "$f"
exits 6 'a blob that nobody reads is missing' df-holdout -C bad
rm -rf bad
cp -a fresh bad
sed -i 's/"stage":"handoff","tasks":3/"stage":"handoff","tasks":2/' bad/log.jsonl
exits 6 'a line was changed' df-holdout -C bad
rm -rf bad
cp -a fresh bad
sed -i '$s/"tasks":3/"tasks":2/' bad/log.jsonl
exits 5 'the last line was changed' df-holdout -C bad
rm -rf bad fresh

# ---- persons ----

mv trust kept.trust
persons
built --spec spec
exits 3 'an operator has no key for it' df-holdout
exits 5 'nor may she use one that she has' df-holdout -k keys.alice/df-run
exits 3 'an approver has none' as bob df-holdout
exits 5 'nor may he open the suite' df-holdout -k keys.eve/df-holdout \
	-i keys.bob/df-approve.age
exits 0 'an evaluator has' as eve df-holdout
exits 5 'the operator cannot read the whole record' df-holdout show -m why \
	-k keys.alice/df-run -i keys.eve/df-holdout.age
exits 0 'the evaluator can' as eve df-holdout show -m why
ok 'so can the approver' age -d -i keys.bob/df-approve.age -o full.bob \
	"$DF_RUN/holdout/1.full.age"
rm -r trust
mv kept.trust trust
DF_KEYS=$tmp/keys

# ---- each way to end ----

suite
hs P1 'The first one is not the most important' '' 'x=1' '[ "$x" = 1 ]'
hs P0 'A greeting is what it was meant to be' 'who=bob' \
	'got=$(sh greet.sh $who)' '[ "$got" = "hello bob" ]' \
	'echo "cleaned $who-up in its own shell"; exit 1'
hs P1 'Verify says no' '' 'sh part.sh zed' '[ "$(sh part.sh q)" = "so long q" ]' \
	'exit 0'
hs P1 'Setup ends with a status' 'false' 'touch executed' '[ ! -e executed ]'
hs P1 'Execute ends with a status' '' 'sh -c "exit 7"' '[ 1 = 1 ]'
hs P1 'Setup stops at the first command that fails' 'set -e
false
touch after' ':' '[ ! -e after ]'
hs P1 'Verify stops at the first command that fails' '' ':' 'set -e
false
true'
hs P1 'Execute ends the shell with success' '' 'exit 0' '[ 1 = 2 ]'
hs P1 'Verify ends the shell with success' '' ':' 'exit 0'
hs P1 'Verify ends the shell with a status' '' ':' 'exit 1'
hs P1 'Nothing but a table to look at' '' 'sh greet.sh' table
hs P1 'All blocks are of one shell' 'v=1; f() { echo "f$v"; }; mkdir d; cd d
set -o pipefail; a=(x y)' 'v=2; export W=3' \
	'[ "$(f)" = f2 ] && [ "${PWD##*/}" = d ] && [ "${a[1]}" = y ] &&
	! { false | true; } && [ "$(sh -c "echo \$W")" = 3 ]'
hs P1 'The shell kills itself in execute' '' 'kill -9 $$' '[ 1 = 1 ]'
hs P1 'The shell kills itself in verify' '' ':' 'kill -9 $$'
hs P1 'Verify becomes another program' '' ':' 'exec true'
hs P1 'A trap at exit turns no into yes' '' ':' 'trap "exit 0" EXIT
false'
hs P1 'A process stays behind' '' '(sleep 60 &) ; sleep 60 &' '[ 1 = 1 ]'
hs P1 'Nothing is on stdin' '' 'read -r line && touch got; true' \
	'[ ! -e got ] && [ ! -t 0 ]'
hs P1 'What the judge is given' 'env >seen; ls -A ~ >home' ':' \
	'[ "$(grep -c "^DF_\|^SSH_\|^BASH_ENV\|^GIT_DIR" seen)" = 0 ] && [ ! -s home ] &&
	grep -qx "PATH=/usr/bin:/bin:/usr/sbin:/sbin" seen && [ "$(pwd)" = /ws ] &&
	[ "$(id -u)" != 0 ] && [ ! -e .git ] && [ ! -e .df ]'
hs P1 'Each has a copy of its own' '' 'ls' '[ ! -e executed ] && [ ! -e d ]'
hs P1 'What the artifact wrote is sourced' '' ':' '. ./count.sh; [ 1 = 1 ]'
hs P1 'Much is written' '' 'head -c 3000000 /dev/zero | tr "\0" y' '[ 1 = 1 ]'
hs P1 'The result is used up' 'rm -rf ./*' ':' '[ ! -e greet.sh ]'
hs P1 'A syntax error in verify' '' ':' 'if true; then ( ; fi'
hs P1 'Bytes that are no text' '' 'printf "\377\376\033[31m\000x\n"' '[ 1 = 2 ]'
hs P1 'Nothing but prose' '' '' prose
matrix
built --spec s --set judge.seconds=10
exits 1 'many scenarios' df-holdout -j 2
is "$(marks)" 'HS-002 PASS
HS-001 PASS
HS-003 FAIL
HS-004 ERROR setup
HS-005 ERROR execute
HS-006 ERROR setup
HS-007 FAIL
HS-008 ERROR ended-early
HS-009 ERROR ended-early
HS-010 FAIL
HS-011 ERROR no-executable-verify
HS-012 PASS
HS-013 ERROR signal
HS-014 FAIL
HS-015 ERROR ended-early
HS-016 ERROR ended-early
HS-017 PASS
HS-018 PASS
HS-019 PASS
HS-020 PASS
HS-021 PASS
HS-022 PASS
HS-023 PASS
HS-024 FAIL
HS-025 FAIL
HS-026 ERROR no-executable-verify' 'what became of each, P0 first'
cp "$DF_RUN/holdout/1.tap" kept
has "$DF_RUN/holdout/1.json" '"verdict":"REJECT"'
is "$(grep -c 'independent: false' kept)" 1 'one is not independent'
is "$(sed -n '/HS-021/,/\.\.\./p' kept | grep -c 'independent: false')" 1 \
	'the one that sources what the artifact wrote'
is "$(sed -n '/HS-003/,/\.\.\./p' kept | sed -n 's/^  task: //p')" T-001 \
	'a responsible task'
ok 'the whole record opens' full
is "$(said HS-002)" 'cleaned -up in its own shell' \
	'cleanup ran, in a shell of its own'
like full 'goodbye zed' 'what a scenario wrote is there'
ok 'but not all of much' test "$(wc -c <full)" -lt 1500000
no 'no byte of it acts on a terminal' grep -aq "$(printf '\033')" full
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'what scenarios wrote is nowhere else' grep -aF -e 'goodbye zed' \
	-e 'cleaned ' all
no 'nor text of D9' grep -aF -e zyzzyva -e 'turns no into yes' -e 'so long' all
exits 1 'again' df-holdout
ok 'says the same' cmp "$out" kept
is "$(events holdout.started)" 1 'one evaluation'
has "$err" 'evaluation 1 holds: fail'

# TAP as others read it
printf 'cat "%s"\n' "$DF_RUN/holdout/1.tap" >look.t
run prove --exec sh look.t
is "$rc" 1 'prove: failed'
like "$out" 'Failed 16/26 subtests' 'with the right counts'
unlike "$out" "Parse errors|skipped|$todo" 'and understands all of it'

# ---- order, thresholds ----

suite
hs P1 'Would pass if it were run' '' ':' '[ 1 = 1 ]'
hs P0 'Passes and is the first' '' ':' '[ 1 = 1 ]'
hs P0 'Fails and is the second' '' ':' '[ 1 = 2 ]'
hs P0 'Comes after the failure' '' ':' '[ 1 = 1 ]'
matrix
built --spec s
exits 1 'a P0 that fails' df-holdout
is "$(marks)" 'HS-002 PASS
HS-003 FAIL
HS-004 ERROR not-run
HS-001 ERROR not-run' 'stops'
has "$DF_RUN/holdout/1.json" 'P0 holdout HS-003 failed'
suite
hs P0 'Cannot be judged' 'false' ':' '[ 1 = 1 ]'
hs P1 'Passes' '' ':' '[ 1 = 1 ]'
hs P1 'Passes too' '' ':' '[ 1 = 1 ]'
matrix
built --spec s --set limits.max_eval_attempts=2
exits 3 'a P0 that cannot be judged' df-holdout
is "$(marks)" 'HS-001 ERROR setup
HS-002 PASS
HS-003 PASS' 'does not stop, and is no verdict'
has "$DF_RUN/holdout/1.json" '"verdict":"ERROR"'
exits 3 'a second evaluation' df-holdout
is "$(marks 2 | head -n 1)" 'HS-001 ERROR setup' 'is one'
exits 8 'a third' df-holdout
has "$err" 'evaluation budget exhausted (2)'
is "$(events holdout.started)" 2 'is none'
exits 0 'the second can be shown' df-holdout show -m why 2
# passing NAME CODE PROTOCOL: five of P1, of which three pass and one errs
threshold() {
	suite
	hs P0 'Passes' '' ':' '[ 1 = 1 ]'
	for i in 1 2 3; do
		hs P1 "Passes as number $i" '' ':' '[ 1 = 1 ]'
	done
	hs P1 'Fails as number 4' '' ':' '[ 1 = 2 ]'
	hs P1 'Cannot be judged as number 5' 'false' ':' '[ 1 = 1 ]'
	matrix "**Pass threshold:** $3"
	built --spec s
	exits "$2" "$1" df-holdout
}
threshold 'all of P1' 1 'All P0 pass (1/1). All P1 pass (5/5).'
threshold 'three of five' 0 'All P0 pass (1/1). P1: 3/5.'
has "$DF_RUN/holdout/1.json" '"verdict":"ACCEPT"'
threshold 'four of five, where one is open' 3 'P0 1/1, P1 4/5.'
threshold 'two of five, but 90 percent of all' 1 'P1: 2/5. Overall 90%.'
threshold 'two of five, and 60 percent of all' 0 'P1: 2/5. Overall 60%.'

# ---- the environment that D9 declares ----

suite '- `GREETER_WORD`: the word, required
- `GREETER_MARK`: the mark (default: `!`)'
hs P0 'Needs nothing' '' ':' '[ 1 = 1 ]'
hs P1 'Needs a word' '' 'got=$GREETER_WORD' '[ "$got" = hi ]'
hs P1 'Needs a mark' '' ':' '[ -z "$GREETER_MARK" ] || [ "$GREETER_MARK" = "!" ]'
matrix
built --spec s
exits 3 'a variable that is not set' env OTHER=1 df-holdout
is "$(mark HS-002)" 'ERROR environment' 'is an error of who needs it'
is "$(mark HS-003)" 'PASS' 'not of who has a default'
exits 0 'set' env GREETER_WORD=hi df-holdout

# ---- in part ----

DF_RUN=part
exits 0 'what there is is merged' df-dispatch -q --merge
exits 3 'and judged' df-holdout --partial
is "$(marks | head -n 1)" 'HS-001 PASS' 'its part passes'
has part/holdout/1.json '"partial":true'
suite
for i in 1 2 3; do
	hs P1 "Passes as number $i" '' ':' '[ 1 = 1 ]'
done
matrix
ready "$noop" --spec s --base base
must df-dispatch -q T-001
must df-dispatch -q --merge T-001
exits 3 'all pass, but in part' df-holdout --partial
is "$(marks | grep -c PASS)" 3 'all pass'
has "$DF_RUN/log.jsonl" '"verdict":"error"' 'and it is no PASS'

# ---- what runs on ----

suite
hs P0 'What Execute left is gone, what the scenario started is there' \
	'(sleep 61 & echo $! >setup)' \
	'sh -c "setsid sleep 62 & echo \$! >foreground"
sleep 63 & own=$!
sh -c "sleep 64 & echo \$! >grandchild; wait" &
while [ ! -s grandchild ]; do sleep 0.05; done' \
	'alive() { [ "$(cut -d " " -f 3 "/proc/$1/stat")" != Z ]; }
alive "$(cat setup)" && alive "$own" && alive "$(cat grandchild)" &&
	! alive "$(cat foreground)"'
hs P1 'Nothing was left' '' ':' '[ 1 = 1 ]'
hs P1 'A shell with settings' 'set -eu' 'IFS=/; f() { :; }; f' '[ 1 = 1 ]'
matrix
built --spec s
exits 0 'Verify runs without what Execute left' df-holdout -q

# ---- programs ----

suite
hs P0 'A block' '' ':' '[ 1 = 1 ]'
hs P1 'A program that says yes' '' ':' '[ 1 = 2 ]'
hs P1 'A program that says no' '' ':' '[ 1 = 1 ]'
hs P1 'A program where there is but a table' '' ':' table
hs P1 'A program that is killed' '' ':' '[ 1 = 1 ]'
hs P1 'A program that is none' '' ':' '[ 1 = 1 ]'
matrix
mkdir tests
printf '#!/bin/sh\nread x && exit 3\nls -A ~ | grep . && exit 4\n[ "$(sh greet.sh a)" = "hello a" ]\n' \
	>tests/HS-002.sh
printf '#!/usr/bin/perl\nprint "not today\\n"; exit 2;\n' >tests/HS-003.pl
printf '#!/bin/sh\ntest -e count.sh\n' >tests/HS-004
printf '#!/bin/sh\nkill -9 $$\n' >tests/HS-005.sh
printf '#!/no/such/interpreter\n' >tests/HS-006.sh
chmod 755 tests/*
built --spec s --tests tests
exits 1 'programs' df-holdout -j 2
is "$(marks)" 'HS-001 PASS
HS-002 PASS
HS-003 FAIL
HS-004 PASS
HS-005 FAIL
HS-006 ERROR program' 'judge by their exit status'
has "$DF_RUN/holdout/1.json" '"class":"exec"'
rm -r tests

# tap NAME PRIORITY PLAN PROGRAM...: a program of the manifest
manifest=''
tap() {
	mkdir -p tests
	id=$1 priority=$2 plan=$3
	shift 3
	{ echo '#!/bin/sh'; printf '%s\n' "$@"; } >"tests/$id.t"
	chmod 755 "tests/$id.t"
	manifest="$manifest${manifest:+,}{\"id\":\"HS-$id\",\"priority\":\"$priority\",\"program\":\"$id.t\",\"plan\":$plan,\"title\":\"Program $id of the suite\",\"validates\":[\"SC-002\"]}"
}
tap 001 P0 2 'echo 1..2' 'echo ok 1 - a' 'echo ok 2 - b'
tap 002 P1 2 'echo TAP version 13' 'echo 1..2' 'echo "ok 1"' 'echo "  ---"' \
	'echo "  not ok: 3"' 'echo "  ..."' 'echo "# not ok 2"' 'echo ok'
tap 003 P1 1 'echo ok 1' 'echo 1..1'
tap 004 P1 2 'echo 1..2' 'echo ok 1' 'echo not ok 2 - no'
tap 005 P1 2 'echo 1..2' 'echo ok 1' 'echo "ok 2 # SKIP no network"'
tap 006 P1 2 'echo 1..2' 'echo ok 1' "echo \"not ok 2 # $todo later\""
tap 007 P1 2 'echo 1..2' 'echo ok 1'
tap 008 P1 2 'echo 1..2' 'echo ok 1' 'echo ok 1' 'echo ok 2'
tap 009 P1 2 'echo 1..2' 'echo ok 1' 'echo "Bail out!  no"' 'echo ok 2'
tap 010 P1 2 'echo 1..3' 'echo ok 1' 'echo ok 2' 'echo ok 3'
tap 011 P1 1 'echo 1..1' 'echo ok 1' 'exit 1'
tap 012 P1 2 'echo 1..0 "# SKIP nothing here"'
tap 013 P1 3 'echo 1..3' 'echo ok 2' 'echo ok 1' 'echo ok 3'
tap 014 P1 2 'echo 1..2' 'echo ok 1' 'echo ok 3'
tap 015 P1 1 ':'
tap 016 P1 1 'echo 1..1' 'echo "ok 1 - with \\# SKIP in its name"'
tap 017 P1 1 'echo 1..1' 'echo "ok 1 # skip: lower case"'
tap 018 P1 1 'echo 1..1' 'echo "ok 1" >&2'
tap 019 P1 1 'printf "1..1\r\nok 1\r\n"'
tap 020 P1 1 'echo 1..1' 'echo ok 1' 'echo 1..2'
printf '{"schema":"df.suite/1","name":"greeter","version":"1.0.0","scenarios":[%s]}\n' \
	"$manifest" >tests/suite.json
rm -f s/D9_HOLDOUT_SCENARIOS.md
built --spec s --tests tests
exits 1 'a suite of TAP programs' df-holdout -j 2
is "$(marks)" 'HS-001 PASS
HS-002 PASS
HS-003 PASS
HS-004 FAIL
HS-005 ERROR tap
HS-006 ERROR tap
HS-007 ERROR tap
HS-008 ERROR tap
HS-009 ERROR tap
HS-010 ERROR tap
HS-011 FAIL
HS-012 ERROR tap
HS-013 PASS
HS-014 ERROR tap
HS-015 ERROR tap
HS-016 PASS
HS-017 ERROR tap
HS-018 ERROR tap
HS-019 PASS
HS-020 ERROR tap' 'its plan is that of the manifest, nothing is skipped'
has "$DF_RUN/holdout/1.json" '"responsible_task":"T-002"'
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'no title of it is in the run' grep -aE 'Program 0[0-9]* of' all
no 'no program either' grep -aF 'with \\# SKIP' all
printf 'cat "%s"\n' "$DF_RUN/holdout/1.tap" >look.t
run prove --exec sh look.t
like "$out" 'Failed 14/20 subtests' 'prove counts the same'
unlike "$out" "Parse errors|skipped|$todo" 'and understands all of it'
rm -r tests

# ---- what builders saw or wrote ----

suite
hs P0 'Greeting of the queen of Palmyra' '' ':' '[ 1 = 1 ]'
hs P1 'Farewell to somebody with a single letter' \
	'declare -a farewell_words=(one two three)' \
	'sh part.sh q | tee farewell.log | wc -c >farewell.count' \
	'test "$(cat farewell.count)" -gt 3 && grep -c goodbye farewell.log'
hs P1 'Counting of eleven people' '' ':' '[ 1 = 1 ]'
matrix
# discloses NAME ITEM TASK KIND PLACE SCRIPT: an agent that knows D9
discloses() {
	adapter spy "$6
result PASS"
	ready "$adapter" --spec s --base base
	must df-dispatch -q
	exits 1 "$1" df-holdout
	sed 's/"line":[0-9]*,//g' "$DF_RUN/holdout/1.json" >found
	has found "{\"kind\":\"$4\",\"n\":$2,\"name\":\"$5\",\"task\":\"$3\"}" \
		'is found, with the task'
	has "$DF_RUN/log.jsonl" '"type":"holdout.disclosed"'
	has "$DF_RUN/holdout/1.json" '"verdict":"REJECT"'
}
# nobody's agent file may hold it: it is put together
discloses 'a title in what an agent says' 2 T-002 title result/T-002/1.log '
[ "$task" = T-002 ] && echo "farewell to SOMEBODY with a" single "letter!"'
discloses 'the canary in a results file' 0 T-001 canary result/T-001/1.md '
[ "$task" = T-001 ] && { result PASS; echo "canary-zyz""zyva 4711" >>.df/RESULTS.md
	exit; }'
discloses 'a title in what an agent builds' 3 T-003 title result/T-003/1.tree '
[ "$task" = T-003 ] && echo "# Counting of eleven" people >notes'
discloses 'a line of code in what an agent builds' 2 T-002 text result/T-002/1.tree '
[ "$task" = T-002 ] && { echo "sh part.sh q |"; echo "  tee farewell.log | wc -c >farewell.count"; } >x.sh'
adapter spy '[ "$task" = T-003 ] && echo "HS-002 HS-003" >notes; result PASS'
ready "$adapter" --spec s --base base
must df-dispatch -q
exits 0 'ids are no secret' df-holdout
has "$DF_RUN/holdout/1.json" '"disclosed":[]'

# ---- what an artifact can do about its judge ----

# Each of these ends with a verify that only a judge that was fooled passes.
mkdir -p base/a
cat >base/a/peek.sh <<'END'
for p in 1 2 3 4 $PPID; do
	for f in cmdline environ maps mem stack auxv fd/0 fd/3 fd/4 fd/5 fd/10 \
	    fd/11 fd/255 root/df/bash; do
		timeout 0.1 head -c 100000 "/proc/$p/$f" 2>/dev/null |
			tr -d '\000'
	done
	ls -l "/proc/$p/fd" 2>/dev/null
done
for i in 3 4 5 6 7 8 9; do
	timeout 0.1 cat <&$i
done 2>/dev/null
head -c 100000 /df/bash 2>/dev/null | tr -d '\000'
env
echo peeked
END
cat >base/a/guess.sh <<'END'
for i in 3 4 5 6 7 8 9; do
	printf 'verify\nnonce 00000000000000000000000000000000\n' >&$i
done 2>/dev/null
for p in 1 2 3 $PPID; do
	for f in /proc/$p/fd/*; do
		printf 'nonce 00000000000000000000000000000000\n' >"$f"
	done
done 2>/dev/null
echo 'nonce 00000000000000000000000000000000'
echo 'ok 1'
true
END
cat >base/a/killall.sh <<'END'
for p in /proc/[0-9]*; do
	p=${p#/proc/}
	[ "$p" = $$ ] || kill -9 "$p" 2>/dev/null
done
END
cat >base/a/trace.pl <<'END'
my %call = (x86_64 => 101, aarch64 => 117);
chomp(my $m = `uname -m`);
for my $p (1, 2, 3, getppid) {
	$! = 0;
	my $r = syscall($call{$m}, 16, $p, 0, 0);
	next if $r != 0;
	print "ATTACHED $p\n";
	waitpid $p, 0x40000000;
	syscall($call{$m}, 17, $p, 0, 0);
}
open my $f, '+<', '/proc/' . getppid . '/mem' and print "MEMORY\n";
END
cat >base/a/home.sh <<'END'
t='touch /ws/never'
for f in .bashrc .profile .bash_profile .bash_login .bash_logout .shrc \
    .zshenv .kshrc; do
	echo "$t" >~/"$f"
done
mkdir -p ~/.config/git ~/bin ~/.local/bin
printf '[core]\n\tpager = %s\n\tfsmonitor = %s\n[alias]\n\tversion = !%s\n\tx = !%s\n' \
	"$t" "$t" "$t" "$t" | tee ~/.gitconfig >~/.config/git/config
for d in ~/.local/lib/python3.*/site-packages \
    ~/.local/lib/"$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])' \
    2>/dev/null)"/site-packages .; do
	mkdir -p "$d"
	for m in usercustomize sitecustomize json os; do
		echo 'open("/ws/never", "w")' >"$d/$m.py"
	done
done 2>/dev/null
for f in grep cat test '[' git python3 bash sh; do
	printf '#!/bin/sh\n%s\nexit 0\n' "$t" >"./$f"
	chmod 755 "./$f"
	cp "./$f" ~/bin
	cp "./$f" ~/.local/bin
	cp "./$f" /tmp
done
echo /tmp/x.so >/etc/ld.so.preload
echo "$t" >/df/bash
echo "$t" >/df/empty/.bashrc
rm -f /df/bash
true
END
cat >base/a/program.sh <<'END'
# a program of the suite that is a script: what follows is changed
for p in /tmp/judge.*/program; do
	chmod 700 "$p"
	printf '%s\n' '#!/bin/bash' 'sh a/program.sh' 'exit 0' >"$p.new"
	head -c 2000 /dev/zero | tr '\0' '\n' >>"$p.new"
	cat "$p.new" >"$p"
done 2>/dev/null
END
cat >base/a/stop.sh <<'END'
kill -STOP $PPID
END
suite
hs P0 'Looks for what the judge knows' '' 'sh a/peek.sh >/dev/null' \
	'sh a/peek.sh # opaque-verify-text
[ "$(sh greet.sh x)" = "hello x" ]'
never='[ -e never ] # opaque'
hs P1 'Swallows stdin' '' 'cat; cat >/dev/null; sh -c "cat; cat"' "$never"
hs P1 'Guesses what the judge waits for' '' 'sh a/guess.sh' "sh a/guess.sh; $never"
hs P1 'Kills the judge before verify' '' 'sh -c "kill -9 \$PPID"' "$never"
hs P1 'Kills the judge in verify' '' ':' 'sh -c "kill -9 \$PPID"
'"$never"
hs P1 'Kills all there is, before' '' 'sh a/killall.sh' "$never"
hs P1 'Kills all there is, in verify' '' ':' 'sh a/killall.sh
'"$never"
hs P1 'Traces the judge' '' 'perl a/trace.pl' 'perl a/trace.pl
'"$never"
hs P1 'Leaves things at home' '' 'sh a/home.sh' 'bash -lc :; bash -c :; sh -c :
grep -q x /dev/null; git version; git x; git -C . status; echo x | cat
python3 -c "import json, os" ; python3 -c :; env -i HOME="$HOME" bash -lc :
'"$never"
hs P1 'Is judged by a program that is a script' '' ':' '[ 1 = 2 ]'
hs P1 'Ends the judge by a signal that can be caught' '' \
	'for s in TERM HUP INT USR1 PIPE; do sh -c "kill -$s \$PPID"; done' "$never"
hs P1 'Stops the judge' '' 'sh a/stop.sh' "$never"
hs P1 'Never ends' '' 'trap "" TERM; sleep 30' '[ 1 = 1 ]'
hs P1 'Never ends in verify' '' ':' 'sleep 30; [ 1 = 1 ]'
hs P1 'Fills the place of descriptors' '' 'exec 7>&1 8>&1 9>&1 10>&1 11>&1' \
	"$never"
matrix
mkdir tests
printf '%s\n' '#!/bin/bash' 'sh a/program.sh' '[ -e never ] || exit 1' 'exit 0' \
	>tests/HS-010.sh
chmod 755 tests/HS-010.sh
built --spec s --tests tests --set judge.seconds=4
exits 1 'an artifact that attacks its judge' contain df-holdout -j 8
is "$(marks | grep -v 'FAIL\|ERROR')" 'HS-001 PASS' 'gains nothing'
is "$(mark HS-002) $(mark HS-003) $(mark HS-009)" 'FAIL FAIL FAIL' \
	'what can be judged is judged'
is "$(mark HS-004)" 'ERROR signal' 'a judge that is killed before verify: ERROR'
is "$(mark HS-005)" 'FAIL' 'a judge that is killed in verify: FAIL'
is "$(mark HS-012) $(mark HS-013) $(mark HS-014)" \
	'ERROR timeout ERROR timeout ERROR timeout' 'no end: ERROR timeout'
full
said HS-001 >seen
has seen 'peeked'
no 'nothing of D9 is seen' grep -aE 'opaque|zyzzyva|hello x' seen
no 'no nonce' grep -aE '[0-9a-f]{32}' seen
no 'no environment but the fixed one' grep -aE '^(DF_|SSH_|GREETER)' seen
said HS-008 >seen
no 'nothing is traced' grep -E 'ATTACHED|MEMORY' seen
ok 'nothing is left' test -z "$(find "$DF_SCRATCH" -mindepth 2)"
rm -r tests

# ---- two at the same time, and one that is killed ----

suite
for i in 1 2 3; do
	hs P1 "Takes its time as number $i" '' 'sleep 1.5' '[ 1 = 1 ]'
done
matrix
built --spec s --set limits.max_eval_attempts=3
bg df-holdout -q -j 3 >a.out 2>a.err
# shellcheck disable=SC2317 # `await' runs it
started() {
	[ "$(events holdout.started)" -gt 0 ]
}
await 20 started
exits 7 'a second one at the same time' df-holdout -q
wait "$pid"
is $? 0 'the first one ends well'
is "$(events holdout.started)" 1 'one evaluation'
suite
for i in 1 2 3; do
	hs P1 "Takes its time as number $i" '' "sleep 4.$$" '[ 1 = 1 ]'
done
matrix
built --spec s --set limits.max_eval_attempts=2
bg df-holdout -q -j 3 >a.out 2>a.err
ok 'one is at work' await 20 running "4.$$"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# shellcheck disable=SC2317 # `await' runs it
dead() {
	! running "4.$$"
}
ok 'when it is killed, so is what it judges' await 20 dead
is "$(events holdout.completed)" 0 'nothing is decided'
exits 0 'the next one' df-holdout -q -j 3
is "$(marks 2 | grep -c PASS)" 3 'is the second evaluation'
ok 'nothing is left of the first' test -z "$(find "$DF_SCRATCH" -mindepth 2)"

# ---- where there is no sandbox ----

mkdir path
for i in sh git bash env; do
	ln -s "$(command -v "$i")" path
done
built --spec spec
exits 9 'no bwrap' env PATH="$tmp/path" "$build/bin/df-holdout"
is "$(events holdout.started)" 0 'is no evaluation'

all_exits df-holdout
done_testing
