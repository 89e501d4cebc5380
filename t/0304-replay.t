#!/bin/sh
# df-verify --replay: every step that follows from what a run holds is taken
# again; what somebody with all keys put in its place is named, with the first
# byte.

# shellcheck disable=SC2016,SC2119,SC2317 # for others; arguments; `ok' runs it
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-report df-freeze df-verify df-store df-validate
needs_prog git jq perl ssh-keygen base64 age
keys
id=$tmp/keys/df-holdout.age

# steps [ARGUMENT...]: the rows of a replay, without those of what is not
steps() {
	run df-verify --replay -q "$@"
	sed -n '/^replayed\|^differs/p' "$out"
}

# row ERE NAME: a row of the last replay
row() {
	like "$out" "^$1\$" "$2"
}

# ---- a run as the tools made it ----

tiny_spec spec
mkdir base
for i in a b; do
	seq 1 40 >base/$i
done
# T-002 and T-003 edit the same file, at other places; T-001 deletes another
adapter edits 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh; rm -f b ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh; sed -i s/^2$/two/ a ;;
T-003) echo "echo \$#" >count.sh; sed -i s/^39$/more/ a ;;
esac
result PASS'
ready "$adapter" --spec spec --base base --profile solo \
	--set sandbox.level=none --set policy.require_isolation=false
cp -a "$DF_RUN" prompted
must df-dispatch -q -j 1
must df-report -q
must df-holdout -q
cp -a "$DF_RUN" judged
must df-decide -q approve -m 'as specified'
must df-freeze -q --bundle "$tmp/bundle"
cp -a "$DF_RUN" sealed
DF_RUN=$tmp/run

before=$(find sealed -printf '%p %m %s %T@ %l\n' | sort | cksum)
steps sealed >all
is "$rc" 0 'a sealed run: all of it follows'
is "$(grep -c ^differs all)" 0 'nothing differs'
is "$(sed 's/ files*$//' all)" 'replayed validation.json public rows 1
replayed handoff 6
replayed prompt 6
replayed dispatch/T-001/1 start 1
replayed result/T-001/1.patch 1
replayed dispatch/T-002/1 start 1
replayed result/T-002/1.patch 1
replayed dispatch/T-003/1 start 1
replayed result/T-003/1.patch 1
replayed merge 2
replayed report 3
replayed decision/1 2
replayed report 3' 'the steps'
row 'not replayed validation.json rows of D9: no identity opens the suite' \
	'what is not replayed is said: D9'
row 'not replayed prompt answers: they are encrypted' 'answers'
row 'not replayed holdout/1: no identity opens the suite' 'evaluations'
row 'not replayed dispatch/T-002/1: an agent' 'agents'
row 'not replayed seal/1.json.sig: a signature' 'signatures'
row 'not replayed decision/1: what a person said' 'persons'
is "$(find sealed -printf '%p %m %s %T@ %l\n' | sort | cksum)" "$before" \
	'nothing of the run was touched'
is "$(find scratch -mindepth 2)" '' 'nothing is left of it'
steps -i "$id" sealed >whole
is "$rc" 0 'with an identity: all of it follows'
is "$(diff all whole | sed -n 's/^> //p')" \
	'replayed validation.json rows of D9 1 file
replayed prompt 9 files
replayed holdout/1 2 files' 'D9, answers and evaluations too'
unlike "$out" 'no identity|encrypted$' 'nothing is closed'
must df-verify --replay -q -j 3 -i "$id" "$tmp/bundle"
is "$(grep -c '^replayed' "$out")" "$(wc -l <whole)" 'a bundle, several at a time'
exits 5 'with a key that opens nothing' df-verify --replay -q \
	-i keys/df-approve.age judged
exits 0 'a run that goes on' df-verify --replay -q prompted
exits 0 'as JSON' df-verify --replay --json -i "$id" sealed
cp "$out" record
ok 'its record is valid' df-validate -q --schema verify record
is "$(jq -c '.replay | [.by == .made_by, (.steps | map(select(.result ==
	"replayed") | .files) | add)]' record)" '[true,35]' 'with every step'
exits 5 'under its own root' df-verify --replay --trust nowhere sealed
exits 0 'which is enough' df-verify --replay --self --trust nowhere sealed
exits 2 'so many at a time' df-verify --replay -j 0 sealed
mkdir -p theirs
for i in "$(id -u)" 1684406273; do
	mkdir -m 0777 "theirs/df-$i"
done
exits 0 'where there is no room for it' env DF_SCRATCH="$tmp/theirs" \
	df-verify --replay -q sealed
row 'not replayed dispatch/T-001: .*belongs to somebody else or is open to others' \
	'what needs it is not replayed'
row 'replayed handoff 6 files' 'and all else is'

# ---- what those with keys put in the place of it ----

# instead NAME FILE RUN: in a copy of RUN, FILE in the place of NAME, by a log
# that was signed again
instead() {
	rm -rf "$DF_RUN"
	cp -a "$3" "$DF_RUN"
	instead_was=sha256:$(tap_hex "$1" "$DF_RUN")
	must df-store put "$2"
	relog "$DF_RUN" "(.. | select(type == \"object\" and
		.digest == \"$instead_was\")) |= (.digest =
		\"$(digest_of "$2")\" | if .size then .size =
		$(wc -c <"$2") else . end)" "$(grep -n -m 1 -F \
		"\"name\":\"$1\"" "$3/log.jsonl" | cut -d : -f 1)"
	ln -sfn "$(dirname "$(readlink "$DF_RUN/$1")")/$(digest_of "$2" |
		cut -c 8-)" "$DF_RUN/$1"
}

# altered NAME RUN OFFSET CODE: another byte there
altered() {
	cat "$2/$1" >altered
	chmod u+w altered
	perl -e 'open my $f, "+<", "altered" or die; seek $f, $ARGV[0], 0;
	    print $f "@"' "$3"
	instead "$1" altered "$2"
}

altered handoff/T-002.md prompted 300
exits 0 'another handoff, well signed: it holds' df-verify -q
exits 1 'it does not follow' df-verify --replay -q
row 'differs handoff/T-002.md offset 300: line [0-9]+: "@.*" is there, ".*" was made again' \
	'which is said, with the place'
row 'replayed handoff 5 files' 'the others do'
row 'replayed prompt 6 files' 'prompts name its record only'
altered prompt/T-003.md prompted 0
exits 1 'another prompt' df-verify --replay -q
row 'differs prompt/T-003.md offset 0: line 1: "@.*' 'is named'
{ cat prompted/prompt/T-001.md; echo 'And be kind.'; } >longer.md
instead prompt/T-001.md longer.md prompted
exits 1 'a line more' df-verify --replay -q
row "differs prompt/T-001.md offset $(wc -c <prompted/prompt/T-001.md): line [0-9]+: \"And be kind.*\" is there, the end was made again" \
	'is named'
# whose commitment fits
age -d -i "$id" prompted/prompt/T-001.answers.age |
	jq -cS '.expected_answers[0] = .expected_answers[1]' >other
age -r "$(age-keygen -y "$id")" -o other.age other
c=$(jq -cjS 'del(.key)' other | perl -MDigest::SHA=hmac_sha256_hex -e '$/ = undef;
	my $s = <STDIN>; print hmac_sha256_hex("df-item/1\0" .
	    pack("Q>", length $s) . $s, pack("H*", $ARGV[0]))' \
	"$(jq -r .key other)")
jq -cS --arg c "$c" '.answers = $c' prompted/prompt/T-001.json >other.json
instead prompt/T-001.json other.json prompted
mv run once
instead prompt/T-001.answers.age other.age once
exits 0 'other answers, without an identity' df-verify --replay -q
exits 1 'and with one' df-verify --replay -q -i "$id"
row 'differs prompt/T-001.answers.age: other answers were encrypted' 'is named'
jq -cS '.verdict_reason = "all is well"' judged/report.json >other
sed 's/.*/all is well/' judged/report.md >other.md
instead report.md other.md judged
exits 1 'another report' df-verify --replay -q
row 'differs report.md offset 0: .*' 'is named'
row 'replayed report 2 files' 'its record is right'
instead report.json other judged
exits 1 'another record of it' df-verify --replay -q
row 'differs report.json offset [0-9]+: line 1: .*' 'is named'
altered result/T-002/1.patch judged 20
exits 1 'another patch' df-verify --replay -q
row 'differs result/T-002/1.patch offset 20: .*' 'is named'
altered result/merged.patch judged 30
exits 1 'another merged patch' df-verify --replay -q
row 'differs result/merged.patch offset 30: .*' 'is named'

# a tree of other files
tree_of() {
	mkdir tree
	for i in a greet.sh part.sh count.sh; do
		content result/merged.tree $i judged >tree/$i
	done
	"$@"
	for i in tree/*; do
		must env DF_RUN="$tmp/judged.tree" df-store put "$i"
	done
	(cd tree && for i in *; do
		printf '{"mode":"100644","name":"%s","sha256":"%s","size":%s}\n' \
			"$i" "$(digest_of "$i" | cut -c 8-)" "$(wc -c <"$i")"
	done) >"$tmp/tree.blob"
	rm -rf tree
}
cp -a judged judged.tree
tree_of sed -i s/^20$/TWENTY/ tree/a
merged=$(tap_hex result/merged.tree judged)
sed "s/$merged/$(digest_of tree.blob | cut -c 8-)/g" judged/holdout/1.json >v.json
is "$(grep -c "$merged" judged/holdout/1.json)" 1 'the verdict names the tree'
rm -rf run
cp -a judged.tree run
must df-store put tree.blob v.json
k=$(grep -n '"name":"result/merged.tree"' judged/log.jsonl | head -n 1 |
	cut -d : -f 1)
relog run "walk(if . == \"sha256:$merged\" then \"$(digest_of tree.blob)\"
	elif . == \"$(digest_of judged/holdout/1.json)\" then
	\"$(digest_of v.json)\" else . end) | if .data.artifacts then
	.data.artifacts |= map(if .name == \"result/merged.tree\" then
	.size = $(wc -c <tree.blob) else . end) else . end" "$k"
must df-store names
run df-verify -q run
is "$rc" 0 'another merged tree, judged, well signed: it holds'
exits 1 'it does not follow' df-verify --replay -q run
row 'differs result/merged.tree offset 50: a line 20: "TWENTY.x0a21.*" is there, "20.x0a21.*" was made again' \
	'the path in it and the byte'

# ---- conflicts, other versions, what is nondeterministic ----

rm -rf base
mkdir base
echo x >base/x
adapter both 'case $task in
T-001) ;;
*) if [ -e shared ]; then echo "$task again" >>shared
else echo "$task" >shared; fi ;;
esac
result PASS'
ready "$adapter" --spec spec --base base --set sandbox.level=none
must df-dispatch -q -j 2
steps >all
is "$rc" 0 'results that did not fit'
is "$(grep -c 'merge conflict' all)" 1 'do not fit again'
row 'replayed dispatch/T-003/2 start 1 file' 'and the later one starts over'

boot --spec spec
jq -cS '.tools.version = "0.0.1"' "$DF_RUN/run.json" >other
mkdir old
cp -a "$DF_RUN" old/
old=old/${DF_RUN##*/}
instead run.json other "$old"
exits 0 'a run of another version' df-verify --replay
has "$err" 'the run was made by 0.0.1'
exits 0 'as JSON' df-verify --replay --json
is "$(jq -r .replay.made_by "$out")" 0.0.1 'says so'
# a check that said something else
jq -cS '.checks[0].status = "FAIL"' "$old/validation.json" >other
instead validation.json other "$old"
run df-verify --self --replay -q
like "$out" '^differs validation.json offset [0-9]+: all_documents_present' \
	'another validation'

# a scenario looks at what is no part of the artifact
: >flag
rm -r base
sed -i "s,^\[ \"\$said\" = 11 \]\$,&\n[ -e $tmp/flag ]," spec/D9*.md
must grep -q "$tmp/flag" spec/D9*.md
judged
exits 0 'judged again' df-verify --replay -q -i "$id"
row 'replayed holdout/1 2 files' 'the same'
rm flag
exits 1 'judged again when something else has changed' df-verify --replay -q \
	-i "$id"
row 'differs holdout/1: HS-003 was PASS, is FAIL now: nondeterministic' \
	'the scenario is named'

# ---- a successor ----

must df-decide -q reject -m 'not so' --remediation T-003
must df-freeze -q
adapter=$tmp/agents/idle.json
boot --supersedes "$DF_RUN" --spec spec --base base --profile solo \
	--set "agent.adapter=$adapter" --set sandbox.level=none \
	--set policy.require_isolation=false
must df-handoff -q
must df-prompt -q
must df-dispatch -q
steps -i "$id" >all
is "$rc" 0 'a successor'
is "$(grep -c '^differs' all)" 0 'all of it follows'

# ---- a full disk ----

if has_mount && has_bwrap; then
	mkdir -p base small
	head -c 1000000 /dev/zero >base/large
	adapter builder 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS'
	tiny_spec plain
	ready "$adapter" --spec plain --base base --profile solo
	must df-dispatch -q
	must df-holdout -q
	size=$(cat /bin/bash "$build/libexec/darkfactory/df-inside" | wc -c)
	exits 0 'a disk that has room for the judge only' unshare --mount \
		sh -c 'mount -t tmpfs -o "size=$1" none small &&
		DF_SCRATCH=$PWD/small exec df-verify --replay -q -i "$2" \
		"$DF_RUN"' sh $((size + 500000)) "$id"
	row 'not replayed holdout/1: HS-001: its sandbox failed' \
		'is no other result'
else
	skip 2 'we cannot mount, or make a sandbox'
fi
done_testing
