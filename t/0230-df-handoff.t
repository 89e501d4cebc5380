#!/bin/sh
# df-handoff: which handoffs it makes, what is in them, what it refuses.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff
keys
tiny_spec spec

# broken: a copy of the run, as bad
broken() {
	rm -rf bad
	cp -a "$DF_RUN" bad
}

# blob NAME RUN: the file behind it
blob() {
	readlink -f "$2/$1"
}

# ---- the interface ----

exits 0 'help' df-handoff --help
has "$out" 'usage: df-handoff'
exits 0 'version' df-handoff --version
exits 2 'no run' df-handoff -v
has "$err" 'give -C RUN, or set DF_RUN'
exits 2 'an unknown option' df-handoff --all
exits 3 'no such run' df-handoff -C nowhere
exits 3 'a directory that is no run' df-handoff -C spec

# ---- making them ----

boot --spec spec
exits 0 'all that would be made' df-handoff -n
is "$(cat "$out")" "$(printf 'handoff/T-00%s.json\nhandoff/T-00%s.md\n' \
	1 1 2 2 3 3)" 'their names'
is "$(lines "$DF_RUN")" 2 'nothing happened'
no 'no file' test -e "$DF_RUN/handoff"
exits 0 'one task' df-handoff T-002
is "$(cat "$out")" 'handoff/T-002.json
handoff/T-002.md' 'its two names'
is "$(lines "$DF_RUN")" 4 'two events'
has "$DF_RUN/log.jsonl" '"attempt":1,"outcome":"success","stage":"handoff","tasks":1'
is "$(ls "$DF_RUN/handoff")" 'T-002.json
T-002.md' 'its two links'
cp "$DF_RUN/handoff/T-002.md" kept
exits 0 'by the name of something else of it, and another one' \
	df-handoff prompt/T-002.md T-001
is "$(cat "$out")" "$(printf 'handoff/T-00%s.json\nhandoff/T-00%s.md\n' \
	1 1 2 2)" 'all selected ones that hold, in the order of D8'
has "$DF_RUN/log.jsonl" '"attempt":2,"outcome":"success","stage":"handoff","tasks":1'
no 'what held was not made again' sh -c \
	"tail -n 1 '$DF_RUN/log.jsonl' | grep -q handoff/T-002"
is "$(lines "$DF_RUN")" 6 'two more events'
printf 'result/T-003/7.tree\n\nT-003\n' >in
exits 0 'names on stdin' from in df-handoff -
is "$(cat "$out")" 'handoff/T-003.json
handoff/T-003.md' 'a task named twice is made once'
is "$(lines "$DF_RUN")" 8 'two more events'
exits 4 'an empty stdin' from /dev/null df-handoff -
has "$err" 'no name on stdin'
exits 3 'a task that there is not' df-handoff -v T-004
has "$err" 'hint: did you mean T-00'
exits 3 'a name on stdin that there is not' sh -c 'echo x/T-001.md | df-handoff -'
printf 'T-001\0\n' >in
exits 3 'NUL on stdin' from in df-handoff -

# ---- nothing to do ----

before=$(lines "$DF_RUN")
exits 0 'again' df-handoff
is "$(wc -l <"$out")" 6 'all names'
is "$(lines "$DF_RUN")" "$before" 'no event'
ok 'the same bytes' cmp kept "$DF_RUN/handoff/T-002.md"
touch -h -d 2020-01-01 "$DF_RUN/handoff/T-001.md"
rm "$DF_RUN/handoff/T-002.json"
rm "$DF_RUN/handoff/T-002.md"
ln -s ../log.jsonl "$DF_RUN/handoff/T-002.md"
rm "$DF_RUN/handoff/T-003.md"
mkdir "$DF_RUN/handoff/T-003.md"
exits 0 'where links are old, gone, wrong' df-handoff T-001 T-002
ok 'the old one is new' test -n \
	"$(find "$DF_RUN/handoff/T-001.md" -newermt 2021-01-01)"
ok 'the one that was gone is there' test -s "$DF_RUN/handoff/T-002.json"
ok 'the wrong one is right' cmp kept "$DF_RUN/handoff/T-002.md"
run df-handoff T-003
has "$err" 'T-003.md' 'a directory in its place is said'
rmdir "$DF_RUN/handoff/T-003.md" 2>/dev/null
must df-handoff
exits 0 'as JSON' df-handoff --json T-001
is "$(wc -l <"$out")" 2 'one object a line'
has "$out" "{\"digest\":\"sha256:$(sha256sum <"$DF_RUN/handoff/T-001.md" |
	cut -d ' ' -f 1)\",\"name\":\"handoff/T-001.md\",\"size\":$(wc -c \
	<"$DF_RUN/handoff/T-001.md"),\"task\":\"T-001\"}"
exits 3 'errors as JSON' df-handoff --json T-009
like "$err" '^\{"error":\{"code":"select.unknown","exit":3,' 'one object'
exits 9 'stdout is full' into /dev/full df-handoff

# ---- what is in them ----

h=$DF_RUN/handoff
for i in 1 2 3; do
	is "$(grep -c '^## [0-9]*\. ' "$h/T-00$i.md")" 10 "T-00$i: ten sections"
	unlike "$h/T-00$i.md" '[Hh]oldout|HS-[0-9]' \
		"T-00$i: nothing of scenarios that judge"
	unlike "$h/T-00$i.md" "$tmp|r-[0-9a-f]{16}" 'no path, no run'
done
has "$h/T-002.md" '# H-FACTORY-002: Write part.sh'
has "$h/T-002.md" '- **SC-002** A person is seen off'
has "$h/T-002.md" 'WHEN the operator runs `sh part.sh NAME`'
has "$h/T-002.md" 'Never (D1)'
hasnot "$h/T-002.md" 'count.sh'
hasnot "$h/T-002.md" 'sh greet.sh NAME'
has "$h/T-002.json" '"dependencies":["T-001"]'
has "$h/T-002.json" '"schema":"df.handoff/1"'
first=$h
cp -R spec elsewhere
DF_KEYS=$tmp/keys2 DF_TRUST=$tmp/trust2
export DF_KEYS DF_TRUST
must df-sign init -q --person bob
SOURCE_DATE_EPOCH=1000000000
export SOURCE_DATE_EPOCH
boot --spec elsewhere --set judge.seconds=7 -o out.d
must df-handoff -q
unset SOURCE_DATE_EPOCH
DF_KEYS=$tmp/keys DF_TRUST=$tmp/trust
ok 'another run of the same inputs has the same handoffs, byte for byte' \
	diff -r "$first" "$DF_RUN/handoff"
rm -rf elsewhere out.d keys2 trust2

# text of the specification that would act on a terminal
cp -R spec evil
sed "s/A person is seen off/A person $(printf '\342\200\256')is seen off/" \
	spec/D2_SPECIFICATION.md >evil/D2_SPECIFICATION.md
boot --spec evil
exits 0 'bidirectional text in a title' df-handoff
no 'does not reach a handoff' grep -q "$(printf '\342\200\256')" \
	"$DF_RUN/handoff/T-002.md"
has "$DF_RUN/handoff/T-002.md" '\u{202e}is seen off' 'but as what it is'
rm -r evil

# ---- templates of one's own ----

mkdir -p plant/.factory/template/handoff
cp -R spec plant/spec
tmpl=plant/.factory/template/handoff/9.0.0.md
printf '{{! df-template handoff 9.0.0 }}\nDo %s, nothing else.\n' '{{title}}' \
	>"$tmpl"
exits 0 'a factory' within plant df-boot -q --spec spec
DF_RUN=$(cat "$out")
exits 0 'with a template' df-handoff
is "$(cat "$DF_RUN/handoff/T-002.md")" 'Do Write part.sh, nothing else.' \
	'it is used'
has "$DF_RUN/handoff/T-002.json" \
	'"template":{"name":"handoff","version":"9.0.0"}'
ok 'it is in the run' cmp "$tmpl" "$DF_RUN/config/template/handoff.md"
# a run does not look at the factory afterwards
echo 'changed' >>"$tmpl"
rm "$DF_RUN/handoff/T-001.md"
exits 0 'a template that is changed later' df-handoff T-001
is "$(cat "$DF_RUN/handoff/T-001.md")" 'Do Write greet.sh, nothing else.' \
	'is not looked at'
printf '{{! df-template handoff 9.1.0 }}\n%s\n' '{{#each scenarios}}' \
	>plant/.factory/template/handoff/9.1.0.md
run within plant df-boot -q --spec spec
if [ "$rc" -eq 0 ]; then
	DF_RUN=$(cat "$out")
	exits 3 'a template that does not compile' df-handoff
	is "$(lines "$DF_RUN")" 2 'nothing happened'
else
	is "$rc" 3 'a template that does not compile is refused at boot'
	skip 1 'no run'
fi
rm -rf plant

# ---- keys ----

boot --spec spec
exits 5 'a key of another role' df-handoff -k keys/df-build
exits 3 'no key' df-handoff -k nowhere
df-sign keygen -q stranger >/dev/null
exits 5 'a key of nobody' env DF_KEY=stranger df-handoff
chmod 644 keys/df-run
exits 5 'a key that others can read' df-handoff
chmod 600 keys/df-run
is "$(lines "$DF_RUN")" 2 'nothing happened'

# ---- a run that was tampered with ----

broken
d2=$(sed -n 's/.*"name":"D2_SPECIFICATION.md","sha256":"\([0-9a-f]*\)".*/\1/p' \
	bad/spec.tree)
chmod 644 "bad/blobs/sha256/$d2"
echo more >>"bad/blobs/sha256/$d2"
exits 6 'a document was changed' df-handoff -C bad
broken
rm "bad/blobs/sha256/$d2"
exits 6 'a document is gone' df-handoff -C bad
broken
f=$(blob config/template/handoff.md bad)
chmod 644 "$f"
sed -i 's/^## 1/## 0/' "$f"
exits 6 'the template was changed' df-handoff -C bad
broken
f=$(blob run.json bad)
chmod 644 "$f"
sed -i 's/Write part.sh/Write  part.sh/' "$f"
exits 6 'the envelope was changed' df-handoff -C bad
broken
sed -i '1s/"nonce":"./"nonce":"g/' bad/log.jsonl
exits 6 'line 1 was changed' df-handoff -C bad
broken
sed -i '2s/"dfseq":2/"dfseq":3/' bad/log.jsonl
exits 6 'line 2 has another number' df-handoff -C bad
broken
sed -i 2d bad/log.jsonl
exits 4 'line 2 is missing: the run never started' df-handoff -C bad
broken
: >bad/log.jsonl
exits 6 'no line' df-handoff -C bad
broken
sed '2p' "$DF_RUN/log.jsonl" >bad/log.jsonl
exits 6 'line 2 twice' df-handoff -C bad
broken
printf '{"data":{}' >>bad/log.jsonl
exits 0 'a torn line' df-handoff -C bad
has bad/log.jsonl '"torn":{"bytes":10,' 'is committed to'
broken
ln -sf "$(basename "$(blob base.tree bad)")" bad/spec.tree
exits 0 'a name that points elsewhere is not looked at' df-handoff -C bad
ok 'the same handoffs' cmp kept bad/handoff/T-002.md
rm -rf bad

# ---- two at the same time ----

i=0
while [ "$i" -lt 8 ]; do
	i=$((i + 1))
	cp -a "$DF_RUN" two
	df-handoff -q -C two >a.out 2>a.err &
	a=$!
	df-handoff -q -C two >b.out 2>b.err
	echo $?
	wait "$a"
	echo $?
	df-handoff -q -C two >/dev/null 2>&1 || echo again
	sed 's/.*"dfseq":\([0-9]*\).*/\1/' two/log.jsonl | tr '\n' ' ' |
		grep -q '^1 2 3 4 \(5 6 \)*$' || echo log
	rm -rf two
done >both
is "$(grep -vx '0\|7' both)" '' 'two at the same time: done, or 7'

# ---- a run that goes on ----

if [ -x "$build/bin/df-holdout" ] && [ -x "$build/bin/df-dispatch" ] &&
    has_bwrap; then
	builder
	boot --spec spec --set "agent.adapter=$adapter"
	must df-handoff -q T-001
	must df-prompt -q T-001
	must df-dispatch -q T-001
	must df-dispatch -q --merge T-001
	run df-holdout -q --partial
	exits 4 'when the run is judged' df-handoff T-002
	has "$err" 'the run is evaluating'
	exits 0 'what is there still holds' df-handoff T-001
else
	skip 3 'no judge'
fi

all_exits df-handoff
done_testing
