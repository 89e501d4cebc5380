#!/bin/sh
# A finished run in the hands of programs that know nothing of us: sha256sum,
# ssh-keygen, age, openssl, prove, jq, tar, zstd, bsdtar, xmllint, git.  They
# find what we say, and what they make is taken.

# shellcheck disable=SC2016,SC2317 # dollars are meant for others; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-verify df-store df-log
needs_prog jq git ssh-keygen age age-keygen sha256sum tar
persons
root=$(ssh-keygen -lf keys.alice/df-root.pub | cut -d ' ' -f 2)

# ---- a run: three persons, and all kinds of files in its result ----

tiny_spec spec
mkdir base base/old
echo 'echo "hello $1"' >base/greet.sh
seq 200 >base/numbers
echo gone >base/old/file
printf '\0\1\2\377' >base/bytes
cp -R base base.first
adapter maker 'mkdir -p "un ü"
case $task in
T-001) echo "exec echo \"hello \$1\"" >greet.sh; chmod 755 greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh; rm -r old; : >"un ü/empty"
	printf "\0\1\3\376" >bytes ;;
T-003) echo "echo \$#" >count.sh; ln -s ../count.sh "un ü/link"
	sed "100s/.*/one hundred/" numbers >n; mv n numbers
	printf "no line end" >"un ü/end" ;;
esac
result PASS'
boot --spec spec --base base --set "agent.adapter=$adapter" \
	--set sandbox.level=none --set policy.require_isolation=false
must df-handoff -q
must df-prompt -q
must df-dispatch -q -j 2
must as eve df-holdout -q
cp "$out" judged.tap
must df-report -q
must as bob df-decide -q approve -m 'as specified'
must df-freeze -q
DF_RUN=$tmp/$DF_RUN
exits 0 'the run is finished' df-verify --root "$root"
like "$out" '^decision  approve by bob\+approver$' 'two persons'
r=$DF_RUN

# ---- sha256sum ----

(cd "$r/blobs/sha256" && for i in *; do echo "$i  $i"; done) >sums
ok 'sha256sum: every blob has the bytes of its name' \
	within "$r/blobs/sha256" sha256sum --quiet -c "$tmp/sums"
jq -r '.names | to_entries[] | .value[7:] + "  " + .key' \
	"$r/seal/1.json" >sums
is "$(wc -l <sums)" "$(($(find "$r" -type l | wc -l) - 2))" \
	'the seal lists all names but its own'
ok 'sha256sum: and their digests' within "$r" sha256sum --quiet -c "$tmp/sums"
jq -r '.data.artifacts | arrays | .[] | .digest[7:] + "  " + .name' \
	"$r/log.jsonl" | grep -v '  report' >sums
ok 'sha256sum: the log names the same, and the seal' \
	within "$r" sha256sum --quiet -c "$tmp/sums"
# what README says to do
sed -n '/^And in the directory of a sealed/,/^Scenarios/s/^    //p' "$top/README" |
	sed 's/-i df-holdout/-i "$DF_KEYS.eve"\/df-holdout/' >readme.sh
exits 0 'README: its lines, as they stand' within "$r" \
	env DF_KEYS="$tmp/keys" sh -e "$tmp/readme.sh"
is "$(grep -c ': OK$' "$out")" "$(jq '.names | length' "$r/seal/1.json")" \
	'every name is OK'
has "$out" 'Good "df-run" signature for alice+operator' 'and so is the seal'
prev=''
while IFS= read -r line; do
	printf '%s %s\n' "$(printf '%s\n' "$line" | jq -r '.dfprev // ""')" \
		"$prev"
	prev=sha256:$(printf '%s\n' "$line" | sha256sum | cut -c 1-64)
done <"$r/log.jsonl" >chain
is "$(awk 'NR == 1 && NF == 0 || $1 == $2' chain | wc -l)" "$(lines "$r")" \
	'sha256sum: each line names the one before'
is "$(jq -r '.head.digest' "$r/seal/1.json")" \
	"sha256:$(sed '$d' "$r/log.jsonl" | tail -n 1 | sha256sum |
		cut -c 1-64)" 'and the seal the last before its own'
is "$(jq -r .run "$r/seal/1.json" "$r/decision/1.json" | sort -u)" \
	"sha256:$(head -n 1 "$r/log.jsonl" | sha256sum | cut -c 1-64)" \
	'the first line is the identity of the run'
jq -r --slurp '.[] | select(.size) | .sha256 + "  " + (.size | tostring)' \
	"$r/result/merged.tree" >entries
ok 'jq reads the tree' test -s entries
while read -r hex size; do
	[ "$(wc -c <"$r/blobs/sha256/$hex")" -eq "$size" ] || echo "$hex"
done <entries >wrong
ok 'and sizes are true' test ! -s wrong

# ---- ssh-keygen ----

# stock PRINCIPAL NAMESPACE FILE [SIGNATURE]: under the roster of the run
stock() {
	from "$3" ssh-keygen -Y verify -f "$r/trust/allowed_signers" -I "$1" \
		-n "$2" -s "${4:-$3.sig}"
}

# refused ARGUMENT...: the same, and it says no
refused() {
	! stock "$@"
}

ok 'ssh-keygen: the seal' stock alice+operator df-run "$r/seal/1.json"
ok 'ssh-keygen: not in another role' \
	refused alice+operator df-build "$r/seal/1.json"
sed 's/approved/rejected/' "$r/seal/1.json" >seal.json
ok 'ssh-keygen: not with another status' \
	refused alice+operator df-run seal.json "$r/seal/1.json.sig"
is "$(ssh-keygen -Y find-principals -f "$r/trust/allowed_signers" \
	-s "$r/seal/1.json.sig" 2>&1)" alice+operator 'and who that is'
for i in allowed_signers recipients; do
	ok "ssh-keygen: the run's $i, under the root that we know" \
		from "$r/trust/$i" ssh-keygen -Y verify \
		-f trust/allowed_signers -I alice+operator -n df-root \
		-s "$r/trust/$i.sig"
done
# Every line of the log, by what df-log writes; who may have signed it comes
# from the roster.
signed=0
for i in $(seq "$(lines "$r")"); do
	must df-log show --sig "$i" -o .
	read -r role type <<-END
		$(sed -n "${i}p" "$r/log.jsonl" | jq -r '.dfrole + " " + .type')
	END
	who=$(awk -v r="namespaces=\"$role\"" '$2 == r { print $1 }' \
		"$r/trust/allowed_signers")
	stock "$who" "$role" "event-$i.json" >/dev/null 2>&1 &&
		signed=$((signed + 1))
	case $type in
	stage.started) started=$i ;;
	holdout.completed) is "$who" eve+evaluator "$type is eve's" ;;
	run.approved) is "$who" bob+approver "$type is bob's"; approved=$i ;;
	esac
done
is "$signed" "$(lines "$r")" 'ssh-keygen: the events, every one'
is "$(sed -n "${started}p" "$r/log.jsonl" | sed 's/"dfsig":"[^"]*",//')" \
	"$(cat "event-$started.json")" 'what is signed is the line without dfsig'
ok 'ssh-keygen: an event is not that of another line' \
	refused alice+operator df-build "event-$started.json" event-1.json.sig
# The decision: its line names the record by digest, and bob signed the line.
has "event-$approved.json" "\"digest\":\"$(digest_of "$r/decision/1.json")\"" \
	'the signed line of the decision names the record'
is "$(jq -r '.actor.principal + " " + .actor.key' "$r/decision/1.json")" \
	"bob+approver $(ssh-keygen -lf keys.bob/df-approve.pub |
		cut -d ' ' -f 2)" 'which names the key as ssh-keygen does'
# The recipe of df-log(5), without any program of ours.
line=$(grep 'namespaces="df-approve"' "$r/trust/allowed_signers")
{
	echo '-----BEGIN SSH SIGNATURE-----'
	{
		printf 'SSHSIG\0\0\0\1\0\0\0\063'
		echo "${line##* }" | base64 -d
		printf '\0\0\0\012df-approve'
		printf '\0\0\0\0\0\0\0\006sha512\0\0\0\123'
		sed -n "${approved}p" "$r/log.jsonl" | jq -r .dfsig | base64 -d
	} | base64 -w 70
	echo '-----END SSH SIGNATURE-----'
} >by-hand.sig
ok 'a signature made by hand of dfsig is the one of df-log' \
	cmp by-hand.sig "event-$approved.json.sig"

# ---- age ----

ok 'age: the evaluator opens the suite' \
	age -d -i keys.eve/df-holdout.age -o suite "$r/holdout.age"
is "$(jq -r '.items[1:][] | .id' suite | tr '\n' ' ')" \
	'HS-001 HS-002 HS-003 ' 'jq lists the scenarios'
no 'age: the approver does not' \
	age -d -i keys.bob/df-approve.age "$r/holdout.age"
for i in keys.eve/df-holdout keys.bob/df-approve; do
	for f in holdout/1.full prompt/T-001.answers; do
		ok "age: $i opens $f" age -d -i "$i.age" -o opened "$r/$f.age"
		ok 'which is JSON' jq -e .schema opened
	done
done
age-keygen -o other.age 2>/dev/null
no 'age: nobody else does' age -d -i other.age "$r/prompt/T-001.answers.age"
if has_prog openssl && has_prog xxd; then
	hmac() {
		openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r
	}
	commits=''
	for i in 0 1 2 3; do
		key=$(printf 'df-item-key/1\0\0\0\0%b' "\\0$i" |
			hmac "$(jq -r .master suite)" | cut -c 1-64)
		jq -cj ".items[$i]" suite >item
		commits="$commits $({
			printf 'df-item/1\0'
			printf %016x "$(wc -c <item)" | xxd -r -p
			cat item
		} | hmac "$key" | cut -c 1-64)"
	done
	is "${commits# }" "$(jq -r '.items | join(" ")' "$r/commitment.json")" \
		'openssl: the suite is what was committed to'
else
	skip 1 'no openssl, or no xxd'
fi

# The other way round: recipients of age-keygen, a suite sealed by stock age.
boot --spec spec --base base --set "agent.adapter=$adapter" \
	--set sandbox.level=none --set policy.require_isolation=false
old=$(tap_hex holdout.age "$DF_RUN") env=$(tap_hex run.json "$DF_RUN")
# rename NAME FILE: its bytes are the file's now
rename() {
	hex=$(sha256sum <"$2" | cut -c 1-64)
	cp "$2" "$DF_RUN/blobs/sha256/$hex"
	chmod 444 "$DF_RUN/blobs/sha256/$hex"
	rm -f "$DF_RUN/blobs/sha256/$(tap_hex "$1" "$DF_RUN")"
	ln -sfn "blobs/sha256/$hex" "$DF_RUN/$1"
}
age -d -i keys.eve/df-holdout.age -o suite2 "$DF_RUN/holdout.age"
age -r "$(age-keygen -y keys.eve/df-holdout.age)" -o sealed.age suite2
rename holdout.age sealed.age
sed "s/$old/$hex/" "$DF_RUN/run.json" >run.json
size=$(wc -c <sealed.age) new=$hex
rename run.json run.json
relog "$DF_RUN" "(.. | strings) |= gsub(\"$old\"; \"$new\") |
	(.. | strings) |= gsub(\"$env\"; \"$hex\") |
	if .data.artifacts then (.data.artifacts[] |
	select(.name == \"holdout.age\").size) = $size else . end"
must df-handoff -q
must df-prompt -q
must df-dispatch -q -j 2
exits 0 'a suite that age has sealed is judged' as eve df-holdout -q
is "$(jq -r .verdict "$DF_RUN/holdout/1.json")" ACCEPT 'with the same verdict'
exits 0 'df-verify finds nothing in that run' df-verify --root "$root"
other=$DF_RUN DF_RUN=$r

# ---- prove ----

if has_prog prove; then
	run prove -v --exec cat "$r/holdout/1.tap"
	is "$rc" 0 'prove: the TAP of the run'
	like "$out" '^Files=1, Tests=3' 'three tests'
	ok 'which is what df-holdout wrote' cmp judged.tap "$r/holdout/1.tap"
	# Live, and the answer is no: part.sh says something else.
	adapter wrong '[ "$task" != T-002 ] || echo "echo bye" >part.sh
		result PASS'
	cp base/greet.sh base/part.sh
	echo 'exit 0' >base/count.sh
	boot --spec spec --base base --set "agent.adapter=$adapter" \
		--set sandbox.level=none --set policy.require_isolation=false
	must df-handoff -q
	must df-prompt -q
	must df-dispatch -q -j 2
	echo "exec df-holdout -q -C '$DF_RUN'" >live.t
	run as eve prove --merge --exec sh live.t
	is "$rc" 1 'prove: df-holdout itself, which says no'
	like "$out" 'Failed tests?: *2-3' 'the two that fail'
	unlike "$out" 'Parse error|Bad plan|No plan|skipped' \
		'and nothing is wrong with the TAP'
	run prove --exec cat "$DF_RUN/holdout/1.tap"
	is "$rc" 1 'prove: nor with that of the record'
	DF_RUN=$r
else
	skip 7 'no prove'
fi

# ---- xmllint ----

must df-store get report.xml
if has_prog xmllint; then
	ok 'xmllint: the report is well-formed' xmllint --noout "$out"
	is "$(xmllint --xpath 'concat(count(//testcase), " ",
		/testsuites/@tests, " ", /testsuites/@failures)' "$out")" \
		'6 6 0' 'three scenarios, three tasks'
else
	skip 2 'no xmllint'
fi

# ---- git ----

# repository DIR: one of git, with everything that is in it
repository() {
	git -C "$1" -c init.defaultBranch=main init -q &&
		git -C "$1" add -Af && git -C "$1" commit -qm all
}

must df-store checkout base.tree co.base
ok 'the base is what it was' diff -r base.first co.base
must df-store checkout result/merged.tree co.merged
cp -R base.first repo
ok 'git: the base' repository repo
ok 'git: the merged tree' repository co.merged
ok 'git apply --index: the patch' \
	git -C repo apply --index "$r/result/merged.patch"
is "$(git -C repo write-tree)" "$(git -C co.merged rev-parse 'HEAD^{tree}')" \
	'base and patch are the merged tree'
is "$(git -C co.merged -c core.quotePath=false ls-tree -r HEAD |
	sed 's/ .*\t/ /')" '100644 bytes
100644 count.sh
100755 greet.sh
100644 numbers
100644 part.sh
100644 un ü/empty
100644 un ü/end
120000 un ü/link' 'with all kinds of files'
is "$(from "$r/result/merged.patch" git -C repo apply --numstat - |
	sed -n 's/\tbytes$//p')" '-	-' 'bytes are in it as such'
ok 'git apply -R: and back' git -C repo apply -R --index \
	"$r/result/merged.patch"
is "$(git -C repo write-tree)" "$(git -C repo rev-parse 'HEAD^{tree}')" \
	'it is the base again'
DF_RUN=$other
find co.merged -path '*/.git' -prune -o -type f -print | while read -r f; do
	must df-store put "$f"
	echo "$(cat "$out")  $f"
done | sed 's/^sha256://' >sums
ok 'sha256sum: df-store put says the same' sha256sum --quiet -c sums
DF_RUN=$r

# ---- tar, zstd, bsdtar ----

must df-freeze -q --bundle bundle
name=${r##*/}
# whole DIR: the run in it is the one that was packed
whole() {
	df-verify --root "$root" "$1/$name" && diff -r --no-dereference \
		"$r" "$1/$name"
}

if has_prog zstd; then
	ok 'zstd: the bundle' zstd -qdc -o bundle.tar bundle
	run tar -tvf bundle.tar
	is "$rc" 0 'tar: lists it'
	is "$(grep -vc "^[-dl][rwx-]* 0/0 .*1970-01-01 00:00 $name/" "$out")" 0 \
		'no owners, no times, one directory'
	run tar -tf bundle.tar
	ok 'in order' sort -c "$out"
	mkdir x.tar
	ok 'tar: unpacks it' tar -xf bundle.tar -C x.tar
	ok 'and it is the run, byte for byte' whole x.tar
	# what another program has packed is taken
	tar --zstd -cf theirs.tar.zst -C "${r%/*}" "$name" || bail tar
	exits 0 'df-verify: a bundle by tar' \
		df-verify -q --root "$root" theirs.tar.zst
	must df-freeze -q --thaw theirs.tar.zst -o .
	ok 'thawed it is the run' whole .
else
	skip 9 'no zstd'
fi
if has_prog bsdtar; then
	mkdir x.bsd
	ok 'bsdtar: unpacks it' bsdtar -xf bundle -C x.bsd
	ok 'and it is the run' whole x.bsd
else
	skip 2 'no bsdtar'
fi
# copied by what keeps bytes but neither links nor modes
cp -RL "$r" copy
exits 0 'a copy without links' df-verify --root "$root" copy
done_testing
