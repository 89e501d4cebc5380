#!/bin/sh
# df-boot: what becomes a run, what does not, and what is left in either case.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot
needs_prog git
keys
tiny_spec spec

# All names below our directory; what `run' writes does not count, nor that
# there is a place for scratch directories.
names() {
	find . \( -path ./out -o -path ./err -o -path './.look*' \
	    -o -path './scratch/df-*[!/]' ! -path './scratch/df-*/*' \) \
	    -o -print | sort >".look.$1"
}

# refuses CODE NAME COMMAND...: with that code, and nothing is left of it
refuses() {
	names 1
	exits "$@"
	names 2
	is "$(diff .look.1 .look.2 | head -n 4)" '' 'and leaves nothing'
	rmdir runs 2>/dev/null
	[ "$1" -eq "$rc" ] || rm -rf runs
}

# booted NAME COMMAND...: a run; its directory is $DF_RUN
booted() {
	exits 0 "$@"
	DF_RUN=$(cat "$out")
}

# key RUN: the part of its name that says what it was made of
key() {
	key=${1##*/r-}
	echo "${key%-*}"
}

# locked PATH: somebody holds a lock on it
# shellcheck disable=SC2317 # `await' runs it
locked() {
	! flock -n "$1" true
}

# ---- the interface ----

exits 0 'help' df-boot --help
has "$out" 'usage: df-boot'
exits 0 'version' df-boot --version
refuses 2 'no specification named' df-boot
refuses 2 'an operand' df-boot --spec spec more
refuses 2 'an unknown option' df-boot --spek spec
has "$err" 'did you mean --spec?'
refuses 2 'an unknown setting' df-boot -v --spec spec --set limits.tokns=1
has "$err" 'did you mean limits.tokens?'
refuses 2 'a setting without a value' df-boot --spec spec --set limits.tokens
refuses 2 'a setting out of range' df-boot --spec spec \
	--set limits.max_attempts=0
refuses 2 'a setting that is no word of its list' df-boot --spec spec \
	--set sandbox.level=chroot
refuses 2 'a nonce that is too short' df-boot --spec spec --nonce 00

# ---- a run ----

booted 'the smallest run' df-boot --spec spec
like "$out" '^runs/r-[0-9a-f]{16}-1$' 'its directory is printed'
is "$(ls "$DF_RUN")" "$(printf '%s\n' base.tree blobs boot.host.json \
	commitment.json config holdout.age log.jsonl run.json spec.tree trust \
	validation.json)" 'what is in it'
is "$(stat -c %a "$DF_RUN" "$DF_RUN/blobs/sha256" "$DF_RUN/log.jsonl" \
	"$DF_RUN/run.json" | tr '\n' ' ')" '755 755 644 777 ' 'modes'
is "$(stat -c %a "$DF_RUN"/blobs/sha256/* | sort -u)" 444 'modes of blobs'
is "$(cd "$DF_RUN/blobs/sha256" && sha256sum ./* |
	awk '$1 != substr($2, 3)')" '' 'blobs have their digest as name'
is "$(wc -l <"$DF_RUN/log.jsonl")" 2 'two events'
is "$(events run.created) $(events run.started)" '1 1' 'run.created, run.started'
is "$(find "$DF_RUN" -type l ! -exec test -e {} \; -print)" '' 'no dead link'
is "$(find runs -maxdepth 1 -name '.*')" '' 'nothing beside it'
tree spec.tree >got
no 'D9 is not in the public tree' grep D9 got
is "$(wc -l <got)" 9 'the other nine documents are'
has "$DF_RUN/run.json" '"base":{"source":"empty"'
has "$DF_RUN/run.json" '"holdout":{"digest":"sha256:'
has "$DF_RUN/run.json" '"kind":"d9","p0":1,'
has "$DF_RUN/run.json" '"requested_by":"alice+operator"'
has "$DF_RUN/commitment.json" '"p0":1,"schema":"df.commitment/1"'
is "$(grep -o '[0-9a-f]\{64\}' "$DF_RUN/commitment.json" | wc -l)" 4 \
	'four items: the frame and three scenarios'
# What D9 says is in no blob: its lines, titles, canary, not its digest either.
grep -E '.{24}' spec/D9_HOLDOUT_SCENARIOS.md | sed 's/^#* *//; s/^[-*| ]*//' |
	grep -Ev '^(:?-|Holdout Scen|D9: Hol|.{0,20}$)' >needles
grep -v '^--*|' needles >lines
cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
no 'no line of D9 is in the run' grep -aF -f lines all
no 'nor its canary' grep -a quodlibet all
no 'nor its digest' grep -aF \
	"$(sha256sum <spec/D9_HOLDOUT_SCENARIOS.md | cut -d ' ' -f 1)" all
if has_prog age; then
	age -d -i keys/df-holdout.age -o plain "$DF_RUN/holdout.age" 2>"$err"
	like plain '^\{"items":\[' 'age opens holdout.age for the evaluator'
	has plain 'HS-002'
	has plain 'quodlibet-7f3a9c51e2d84b06'
	no 'not for the approver' age -d -i keys/df-approve.age \
		"$DF_RUN/holdout.age"
else
	skip 4 'no age'
fi
has "$DF_RUN/log.jsonl" "$(sha256sum <"$DF_RUN/holdout.age" |
	cut -d ' ' -f 1)" 'line 1 binds holdout.age'
has "$DF_RUN/log.jsonl" "$(sha256sum <"$DF_RUN/commitment.json" |
	cut -d ' ' -f 1)" 'and the commitment'

first=$DF_RUN
booted 'the same again' df-boot --spec spec
is "$(key "$DF_RUN") ${DF_RUN##*-}" "$(key "$first") 2" 'is instance 2'
cp -R spec elsewhere
booted 'the same from elsewhere' df-boot --spec elsewhere
is "$(key "$DF_RUN") ${DF_RUN##*-}" "$(key "$first") 3" 'is instance 3'
rm -r elsewhere
booted 'otherwise at another place' df-boot -o out.d/a --spec spec
is "$DF_RUN" "out.d/a/r-$(key "$first")-1" 'is instance 1 there'
booted 'as JSON' df-boot --json -o out.d/b --spec spec
is "$(cat "$out")" "{\"path\":\"out.d/b/r-$(key "$first")-1\",\"run\":\"r-$(key \
	"$first")-1\"}" 'one object'
rm -r out.d
cp -R spec other
edit other/D2_SPECIFICATION.md 's/three scripts/Three scripts/;s/^Three/Some/'
booted 'another specification' df-boot --spec other
no 'has another name' [ "$(key "$DF_RUN")" = "$(key "$first")" ]
rm -r other
booted 'another setting' df-boot --spec spec --set judge.seconds=61
no 'has another name' [ "$(key "$DF_RUN")" = "$(key "$first")" ]
mkdir copy
adapter plain 'result PASS'
cp -R agents copy
booted 'an adapter' df-boot --spec spec --set "agent.adapter=$adapter"
with=$DF_RUN
booted 'the same bytes by another path' df-boot --spec spec \
	--set "agent.adapter=$tmp/copy/agents/plain.json"
is "$(key "$DF_RUN")" "$(key "$with")" 'are the same inputs'
rm -r copy

nonce=000102030405060708090a0b0c0d0e0f
booted 'a nonce' df-boot --spec spec --nonce "$nonce"
has "$DF_RUN/log.jsonl" "\"nonce\":\"$nonce\"" 'is in line 1'
SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH
booted 'a time' df-boot --spec spec
unset SOURCE_DATE_EPOCH
like "$DF_RUN/log.jsonl" '"time":"2023-11-14T22:13:20(.000)?Z"' 'is data'
rm -r runs

# Several at the same time: dense instances, nothing lost.
for i in 1 2 3 4 5 6; do
	df-boot -q --spec spec >"got.$i" 2>&1 &
done
wait
is "$(cat got.? | sort)" "$(for i in 1 2 3 4 5 6; do
	echo "runs/r-$(key "$first")-$i"
done)" 'six boots at the same time are instances 1 to 6'
is "$(find runs -maxdepth 1 -name '.*')" '' 'nothing beside them'
rm -r runs got.?

# What a killed boot left is swept, what a living one has is not.
mkdir -p runs/.df-new-0123456789abcdef/blobs
booted 'where a killed one left its directory' df-boot --spec spec
is "$(find runs -maxdepth 1 -name '.*')" '' 'it is gone'
mkdir runs/.df-new-0123456789abcdef
bg flock -F runs/.df-new-0123456789abcdef sleep 60
await 5 locked runs/.df-new-0123456789abcdef
exits 0 'where one lives' df-boot -q --spec spec
ok 'its directory stays' test -d runs/.df-new-0123456789abcdef
kill "$pid"
rm -r runs

# ---- settings ----

exits 0 'nothing but the answer' df-boot -n --spec spec
no 'no run' test -e runs
has "$out" 'limits.max_attempts=3	default'
has "$out" 'sandbox.level=bwrap	default'
has "$err" '3 tasks, 3 scenarios (1 P0)'
cat >strict.json <<'END'
{"schema":"df.profile/1","name":"strict","version":"1.2.3",
 "settings":{"limits.max_attempts":5,"limits.tokens":1000,
 "sandbox.allow_network":true}}
END
exits 0 'a profile from a file' df-boot -n --spec spec --profile ./strict.json
has "$out" 'limits.max_attempts=5	profile strict'
has "$out" 'sandbox.allow_network=true	profile strict'
exits 0 'the environment wins over it' env DF_LIMITS_MAX_ATTEMPTS=6 \
	DF_SANDBOX_ALLOW_NETWORK=false df-boot -n --spec spec \
	--profile strict.json
has "$out" 'limits.max_attempts=6	$DF_LIMITS_MAX_ATTEMPTS'
has "$out" 'sandbox.allow_network=false	$DF_SANDBOX_ALLOW_NETWORK'
has "$out" 'limits.tokens=1000	profile strict'
exits 0 'an option over both' env DF_LIMITS_MAX_ATTEMPTS=6 df-boot -n \
	--spec spec --profile strict.json --set limits.max_attempts=7
has "$out" 'limits.max_attempts=7	--set'
exits 0 'the last one of two' df-boot -n --spec spec --set judge.seconds=8 \
	--set judge.seconds=9
has "$out" 'judge.seconds=9	--set'
exits 0 'as JSON' df-boot -n --json --spec spec
has "$out" '"limits.max_attempts":{"origin":"default","value":3}'
booted 'a run with it' env DF_LIMITS_MAX_ATTEMPTS=6 df-boot --spec spec \
	--profile strict.json
has "$DF_RUN/run.json" '"limits.max_attempts":6'
has "$DF_RUN/run.json" '"limits.max_attempts":"$DF_LIMITS_MAX_ATTEMPTS"'
has "$DF_RUN/run.json" '"name":"profile/strict","version":"1.2.3"'
ok 'the profile is in the run as it came' \
	cmp strict.json "$DF_RUN/config/profile/strict.json"
rm -r runs
refuses 2 'a bad value in the environment' env DF_LIMITS_TOKENS=many \
	df-boot --spec spec
has "$err" '$DF_LIMITS_TOKENS'
refuses 3 'no such profile' df-boot --spec spec --profile nobody
sed 's/max_attempts/max_atempts/' strict.json >bad.json
refuses 3 'a profile with an unknown setting' df-boot -v --spec spec \
	--profile bad.json
has "$err" 'did you mean limits.max_attempts?'
sed 's/:5/:"5"/' strict.json >bad.json
refuses 3 'a profile with a number in quotes' df-boot --spec spec \
	--profile bad.json
sed 's/"name":"strict",/&"name":"strict",/' strict.json >bad.json
refuses 3 'a profile with a member twice' df-boot --spec spec --profile bad.json
sed 's/"version"/"more":1,"version"/' strict.json >bad.json
refuses 3 'a profile with an unknown member' df-boot --spec spec \
	--profile bad.json

# ---- policies, pipeline: compatibility ----

{
	echo '# df-policy more 1.0.0'
	echo '{name: "more", status: "PASS", message: "always"}'
} >more.jq
booted 'a further policy' df-boot --spec spec --policy ./more.jq
has "$DF_RUN/run.json" '"name":"policy/more","version":"1.0.0"'
rm -r runs
sed 's/more 1/default 1/' more.jq >default.jq
refuses 7 'a policy of a name that is taken' df-boot --spec spec \
	--policy ./default.jq
tail -n 1 more.jq >bad.jq
refuses 3 'a policy without name and version' df-boot --spec spec \
	--policy ./bad.jq

# profile MEMBERS: p.json
profile() {
	printf '{"schema":"df.profile/1","name":"p","version":"1.0.0",%s}\n' \
		"$1" >p.json
}
profile '"pipeline":"d1-d10@2.0.0"'
refuses 4 'another version of the pipeline' df-boot --spec spec --profile p.json
profile '"pipeline":"none@1.0.0"'
refuses 3 'no such pipeline' df-boot --spec spec --profile p.json
profile '"capabilities":["handoff","prompt"]'
refuses 4 'a profile that lacks a capability' df-boot --spec spec \
	--profile p.json
has "$err" 'needs capability dispatch'

# ---- preflight ----

profile '"commands":["sh","df-no-such-command","df-nor-this"]'
refuses 4 'commands that are not there' df-boot --spec spec --profile p.json
has "$err" 'df-no-such-command, df-nor-this'
profile '"environment":["HOME","DF_TEST_NOT_SET"]'
refuses 4 'environment names that are not set' df-boot --spec spec \
	--profile p.json
has "$err" 'DF_TEST_NOT_SET'
exits 0 'the same when it is set' env DF_TEST_NOT_SET=1 df-boot -n \
	--spec spec --profile p.json

# adapted CODE NAME MEMBERS [OPTION...]: boot with an adapter with MEMBERS
adapted() {
	code=$1 what=$2
	adapter plain 'result PASS' "$3"
	shift 3
	refuses "$code" "$what" df-boot -v --spec spec \
		--set "agent.adapter=$adapter" "$@"
}
refuses 3 'no such adapter' df-boot --spec spec --set agent.adapter=nobody
adapted 3 'an adapter with an unknown member' '"more":1'
adapted 3 'results outside of .df' '"results":"RESULTS.md"'
adapted 4 'an adapter that needs what is not set' \
	'"pass_env":["DF_TEST_NOT_SET"]'
adapted 4 'a path that is not there' '"path":["/no/such/bin"]'
adapted 4 'a file of HOME that is not there' '"home":[".no/such"]'
adapted 4 "the host's network, not allowed" '"net":"host"'
has "$err" 'sandbox.allow_network=true'
exits 0 'allowed' df-boot -n --spec spec --set "agent.adapter=$adapter" \
	--set sandbox.allow_network=true
mkdir ro
# see NAME PATH: an adapter that wants to see PATH is refused
see() {
	adapter plain 'result PASS'
	edit "$adapter" "s|\"ro\":\[|&\"$2\",|"
	refuses 4 "an adapter that sees $1" df-boot --spec spec \
		--set "agent.adapter=$adapter"
}
see 'the specification' "$tmp/spec"
see 'what is above it' "$tmp"
see 'what is in it' "$tmp/spec/D9_HOLDOUT_SCENARIOS.md"
see 'everything' /
ln -s "$tmp/spec" ro/link
see 'a link to it' "$tmp/ro/link"
see 'the keys' "$tmp/keys"
see 'one key' "$tmp/keys/df-run"
git init -q repo
cp -R spec repo/spec
mkdir repo/other
adapter plain 'result PASS'
edit "$adapter" "s|\"ro\":\[|&\"$tmp/repo/.git\",|"
refuses 4 "an adapter that sees the specification's repository" df-boot \
	--spec repo/spec --set "agent.adapter=$adapter"
edit "$adapter" 's|repo/.git|repo/other|'
exits 0 'what is beside it may be seen' df-boot -n --spec repo/spec \
	--set "agent.adapter=$adapter"
rm -rf repo
if is_root && mkdir bound && mount --bind spec bound 2>/dev/null; then
	see 'the specification by another mount' "$tmp/bound"
	umount bound
else
	skip 2 'no bind mount'
fi
rmdir bound 2>/dev/null
rm -r ro agents

# no bwrap, no git: programs that are not there
mkdir path
for i in sh git bash env; do
	ln -s "$(command -v "$i")" path
done
refuses 9 'no bwrap' env PATH="$tmp/path" "$build/bin/df-boot" -v --spec spec
has "$err" 'sandbox.level=none'
rm path/git
refuses 9 'no git' env PATH="$tmp/path" "$build/bin/df-boot" --spec spec
exits 9 'a place where nothing can be made' df-boot --spec spec -o /proc/df
exits 9 'stdout is full' into /dev/full df-boot --spec spec
rm -rf runs path
if is_root; then
	mkdir -m 755 scratch2 scratch2/df-$((0x64660001))
	refuses 5 "a scratch directory of somebody else" \
		env DF_SCRATCH="$tmp/scratch2" df-boot --spec spec
	rm -r scratch2
else
	mkdir scratch2 && mkdir -m 755 "scratch2/df-$(id -u)"
	refuses 5 'a scratch directory that is open to others' \
		env DF_SCRATCH="$tmp/scratch2" df-boot --spec spec
	rm -r scratch2
fi

# ---- keys and roles ----

refuses 3 'no trust directory' env DF_TRUST="$tmp/none" df-boot -v --spec spec
has "$err" 'df-sign init'
refuses 3 'no key' env DF_KEYS="$tmp/none" df-boot --spec spec
refuses 5 'a key of another role' df-boot --spec spec -k keys/df-build
df-sign keygen -q stranger >/dev/null
refuses 5 'a key of nobody' df-boot --spec spec -k stranger
chmod 640 keys/df-run
refuses 5 'a key that others can read' df-boot --spec spec
chmod 600 keys/df-run
cp -R trust good
echo '# a remark' >>trust/allowed_signers
refuses 5 'a roster that was edited' df-boot --spec spec
rm -r trust
cp -R good trust
{
	echo '-----BEGIN SSH SIGNATURE-----'
	grep -v -e '-----' good/recipients.sig | tr -d '\n' | fold -w 40
	printf '\n-----END SSH SIGNATURE-----\n'
} >trust/recipients.sig
refuses 6 'a signature that is not as it was written' df-boot --spec spec
# roster SED-FOR-SIGNERS SED-FOR-RECIPIENTS: signed
roster() {
	rm -r trust
	cp -R good trust
	sed "$1" good/allowed_signers >trust/allowed_signers
	sed "$2" good/recipients >trust/recipients
	must df-sign trust -q
}
for i in df-build df-holdout df-approve; do
	roster "/\"$i\"/d" ''
	refuses 4 "nobody may sign as $i" df-boot --spec spec
	has "$err" "$i"
done
roster '' '/df-holdout/,+1d'
refuses 4 'nobody may open the suite' df-boot --spec spec
rm -r trust
mv good trust

# ---- the specification ----

refuses 3 'no such directory' df-boot --spec nowhere
mkdir empty
refuses 3 'no documents' df-boot --spec empty
rmdir empty
cp -R spec bad
edit bad/D6_GAP_ANALYSIS.md 's/RESOLVED(hello)/OPEN/'
refuses 1 'a specification that does not pass' df-boot --spec bad
has "$err" 'd6.open'
exits 1 'nor with -n' df-boot -n --spec bad
rm -r bad
cp -R spec bad
rm bad/D9_HOLDOUT_SCENARIOS.md
refuses 1 'without D9' df-boot --spec bad
mkdir held
cp spec/D9_HOLDOUT_SCENARIOS.md held/D9_HOLDOUT_SCENARIOS.md
booted 'D9 in a directory of its own' df-boot --spec bad --holdouts held
is "$(key "$DF_RUN")" "$(key "$first")" 'is the same run'
booted 'D9 as a file' df-boot --spec bad \
	--holdouts held/D9_HOLDOUT_SCENARIOS.md
like "$DF_RUN/boot.host.json" "\"path\":\"$tmp/held[^\"]*\",\"why\":\"holdouts\"" \
	'it is protected'
refuses 3 'D9 that is not there' df-boot --spec bad --holdouts nowhere
rm -r bad held runs

# errors of several kinds as JSON
exits 3 'errors as JSON' df-boot --json --spec nowhere
like "$err" '^\{"error":\{"code":"[a-z.]+","exit":3,"message":"' 'one object'
rm -rf runs

# ---- external dependencies ----

# depends MODE [OPTION...]: a spec that has one
depends() {
	rm -rf bad
	cp -R spec bad
	printf '\n## External Dependencies\n\n%s\n%s\n%s\n' \
		'| Dependency | Mode | Notes |' '|---|---|---|' \
		"| ledger | $1 | kept by others |" >>bad/D10_AGENT_CONTEXT.md
}
depends ''
refuses 4 'a dependency that is declared neither real nor twin' \
	df-boot --spec bad
has "$err" 'ledger'
depends real
refuses 4 'a real dependency' df-boot -v --spec bad
has "$err" 'dependencies.allow is "twin"'
booted 'that the profile allows' df-boot --spec bad \
	--set dependencies.allow=twin,real
has "$DF_RUN/run.json" '"dependencies":[{"mode":"real","name":"ledger"}]'
exits 0 'by name' df-boot -n --spec bad --set dependencies.allow=real:ledger
refuses 4 'another name' df-boot --spec bad --set dependencies.allow=real:ledge
depends twin
booted 'a twin' df-boot --spec bad
has "$DF_RUN/run.json" '"dependencies":[{"mode":"twin","name":"ledger"}]'
refuses 4 'a twin that the profile does not allow' df-boot --spec bad \
	--set dependencies.allow=real
rm -r bad runs

# ---- submissions ----

submission() {
	cat <<-END
	{"run_id":"R-2026-7","execution_mode":"$1",
	 "module_manifest":"artifact://0a","config_manifest":"artifact://0b",
	 "provenance_manifest":"artifact://0c",
	 "requested_by":"bob","priority":"urgent"$2}
	END
}
submission local >s.json
booted 'a submission' df-boot --spec spec --submission s.json
has "$DF_RUN/run.json" '"run_id":"R-2026-7"'
has "$DF_RUN/run.json" '"requested_by":"bob"'
has "$DF_RUN/run.json" '"priority":"urgent"'
has "$DF_RUN/run.json" '"execution_mode":"local"'
ok 'is in the run as it came' cmp s.json "$DF_RUN/submission.json"
rm -r runs
for i in cloud hybrid; do
	submission "$i" >s.json
	refuses 4 "execution mode $i" df-boot --spec spec --submission s.json
done
submission nowhere >s.json
refuses 3 'an execution mode that there is not' df-boot --spec spec \
	--submission s.json
submission local ',"more":1' >s.json
refuses 3 'a submission with an unknown member' df-boot --spec spec \
	--submission s.json
refuses 3 'no such submission' df-boot --spec spec --submission nowhere

# ---- the base tree ----

mkdir -p base/sub base/.git/objects base/sub/.GIT base/.factory
echo one >base/one
printf '#!/bin/sh\n' >base/sub/two
chmod 755 base/sub/two
ln -s sub/two base/link
echo no | tee base/.git/objects/x base/sub/.GIT/x base/.factory/x >/dev/null
printf 'one\n' >base/.gitignore
cp -R spec base/spec
booted 'a directory' df-boot --spec base/spec --base base
is "$(tree base.tree)" '100644 .gitignore
120000 link
100644 one
100755 sub/two' 'all files, but no .git in any case, no factory, no spec'
has "$DF_RUN/run.json" '"base":{"source":"directory"'
plain=$DF_RUN
booted 'with a run inside' df-boot --spec base/spec --base base -o base/runs
booted 'again' df-boot --spec base/spec --base base -o base/runs
is "${DF_RUN##*/}" "$(key "$plain" | sed 's/.*/r-&-2/')" \
	'runs are never taken'
rm -r base/runs
cp -R base base2
refuses 4 'a base with a copy of the specification that is named' df-boot \
	--spec spec --base base2
rm -r base2 runs
refuses 3 'a base that is not there' df-boot --spec spec --base nowhere
refuses 3 'a base of more entries than allowed' df-boot --spec spec \
	--base base --set limits.tree_entries=3
refuses 3 'of more bytes' df-boot --spec spec --base base --set limits.tree_bytes=5
mkfifo base/fifo
refuses 3 'a fifo' df-boot --spec spec --base base
has "$err" 'fifo'
rm base/fifo
ln -s /etc/passwd base/abs
refuses 3 'an absolute link' df-boot --spec spec --base base
rm base/abs
ln -s ../../x base/sub/up
refuses 3 'a link that leaves the tree' df-boot --spec spec --base base
rm -r base/sub/up base/.git base/sub/.GIT base/.factory base/spec base/link

# a git work tree
git -C base init -q
git -C base add -f one sub .gitignore
git -C base commit -q -m one
echo one >>base/one
echo three >base/three
echo two >base/.gitignore.x
mkdir base/runs
booted 'a git work tree' df-boot --spec spec --base base
is "$(tree base.tree)" '100644 .gitignore
100644 one
100755 sub/two' 'has the tracked files of HEAD'
is "$(content base.tree one)" one 'as they are there'
has "$DF_RUN/run.json" '"source":"git"'
has "$DF_RUN/run.json" "\"commit\":\"$(git -C base rev-parse HEAD)\"" \
	'the commit is recorded'
booted 'dirty' df-boot --spec spec --base base --dirty
is "$(tree base.tree)" '100644 .gitignore
100644 .gitignore.x
100644 one
100755 sub/two
100644 three' 'has what is tracked or not ignored'
is "$(content base.tree one)" 'one
one' 'as it is in the work tree'
has "$DF_RUN/run.json" '"source":"git-dirty"'
no 'no commit' grep -q '"commit"' "$DF_RUN/run.json"
booted 'a directory of it' df-boot --spec spec --base base/sub
is "$(tree base.tree)" '100755 two' 'has what is below'
git -C base add three
git -C base commit -q -m two
booted 'a revision' within base df-boot --spec ../spec --base HEAD~1: -o ../runs
DF_RUN=runs/${DF_RUN##*/}
is "$(tree base.tree)" '100644 .gitignore
100644 one
100755 sub/two' 'has that tree'
has "$DF_RUN/run.json" "\"commit\":\"$(git -C base rev-parse HEAD~1)\""
booted 'a revision and a path' within base df-boot --spec ../spec \
	--base HEAD:sub -o ../runs
DF_RUN=runs/${DF_RUN##*/}
is "$(tree base.tree)" '100755 two' 'has what is below'
refuses 3 'no such revision' within base df-boot --spec ../spec --base none: \
	-o ../runs
# What the user configured for git does not matter.
cp "$HOME/.gitconfig" gitconfig
printf '[core]\n\tautocrlf = true\n\tattributesFile = %s\n' \
	"$tmp/attributes" >>"$HOME/.gitconfig"
echo '* text eol=crlf export-ignore' >attributes
booted 'with another configuration of git' df-boot --spec spec --base base
is "$(content base.tree one | od -c | head -n 1)" \
	"$(printf 'one\n' | od -c | head -n 1)" 'bytes are what they are'
mv gitconfig "$HOME/.gitconfig"
rm attributes
cp -R spec base/spec
git -C base add spec
git -C base commit -q -m spec
booted 'the specification in it' df-boot --spec base/spec --base base
no 'is not taken' grep -q '"spec"' "$DF_RUN/base.tree"
git init -q none
refuses 3 'a repository without a commit' df-boot --spec spec --base none
git init -q sub
git -C sub commit -q --allow-empty -m sub
git -C none -c protocol.file.allow=always submodule --quiet add "$tmp/sub" \
	sub >/dev/null 2>&1
git -C none commit -q -m sub
refuses 3 'a submodule' df-boot --spec spec --base none
has "$err" 'sub is a submodule'
rm -rf runs base none sub

# ---- what builders could read ----

mkdir base
# leaks NAME: base is refused, and nothing of D9 is said
leaks() {
	refuses 4 "$1" df-boot --spec spec --base base
	unlike "$err" 'zenobia|quodlibet|blank inside|eleven invited' \
		'without a word of it'
}
cp spec/D9_HOLDOUT_SCENARIOS.md base/notes.md
leaks 'D9 in the base'
echo 'see QUODLIBET_7f3a9c51e2d84b06' >base/notes.md
leaks 'the canary in the base'
echo '/* Counting of eleven invited persons */' >base/notes.md
leaks 'a title'
echo '* Farewell, to a NAME of a "single"' >base/notes.md
echo '  letter' >>base/notes.md
leaks 'a title over two lines'
: >base/notes.md
mkdir base/d
: >'base/d/counting-of-eleven-invited-persons.txt'
leaks 'a title as the name of a file'
rm -r base/d base/notes.md
ln -s 'counting of eleven invited persons' base/link
leaks 'a title as the target of a link'
rm base/link
head -c 100000 /dev/zero | tr '\0' 'x' >base/long
grep quodlibet spec/D9_HOLDOUT_SCENARIOS.md >>base/long
head -c 100000 /dev/zero >>base/long
leaks 'the canary in a long file'
rm base/long
echo 'the word HS-002' >base/notes.md
leaks 'the id of a scenario'
rm -r base
cp -R spec bad
echo 'quodlibet-7f3a9c51e2d84b06' >>bad/D5_RESEARCH.md
refuses 4 'the canary in D5' df-boot --spec bad
rm -r bad
cp -R spec bad
echo 'Counting of eleven invited persons, as in HS-003' >>bad/D5_RESEARCH.md
booted 'a title and an id in D5' df-boot --spec bad
mkdir base
cp bad/D5_RESEARCH.md base
booted 'are no secret any more' df-boot --spec bad --base base
rm -r bad base runs
adapter plain '# Counting of eleven invited persons' \
	'"description":"Counting of eleven invited persons"'
refuses 4 'a title in an adapter' df-boot --spec spec \
	--set "agent.adapter=$adapter"
profile '"description":"quodlibet-7f3a9c51e2d84b06"'
refuses 4 'the canary in a profile' df-boot --spec spec --profile p.json

# D9 outside, where nobody named it
mkdir -p deep/er .holdouts/spec
cp -R spec deep/er
mv deep/er/spec/D9_HOLDOUT_SCENARIOS.md .holdouts/spec
mkdir -p deep/.holdouts && mv .holdouts/spec deep/.holdouts && rmdir .holdouts
booted 'D9 where it is looked for' df-boot --spec deep/er/spec
has "$DF_RUN/boot.host.json" "\"path\":\"$tmp/deep/.holdouts/spec\"" \
	'its directory is protected'
rm -r deep runs

# ---- tests ----

mkdir tests
printf '#!/bin/sh\n[ "$(sh part.sh zz)" = "goodbye zz" ]\n' >tests/HS-002.sh
refuses 3 'a test program that is not executable' df-boot --spec spec \
	--tests tests
chmod 755 tests/HS-002.sh
booted 'a test program' df-boot --spec spec --tests tests
has "$DF_RUN/run.json" '"kind":"mixed"'
has "$DF_RUN/boot.host.json" "\"path\":\"$tmp/tests\",\"why\":\"tests\"" \
	'its directory is protected'
cat "$DF_RUN"/blobs/sha256/* >all
no 'its text is not in the run' grep -aF 'goodbye zz' all
cp tests/HS-002.sh tests/HS-002.py
refuses 3 'two programs for one scenario' df-boot --spec spec --tests tests
rm tests/HS-002.py
refuses 3 'no such directory' df-boot --spec spec --tests nowhere
rm -r tests runs

# manifest SCENARIOS: tests/suite.json
manifest() {
	mkdir -p tests
	printf '{"schema":"df.suite/1","name":"greeter","version":"1.0.0",' \
		>tests/suite.json
	printf '"scenarios":[%s]}\n' "$1" >>tests/suite.json
}
printf '#!/bin/sh\necho 1..1\necho ok 1\n' >one.sh
mkdir tests
mv one.sh tests
chmod 755 tests/one.sh
cp -R spec nod9
rm nod9/D9_HOLDOUT_SCENARIOS.md
one='{"id":"HS-001","priority":"P0","program":"one.sh","plan":1,"validates":["SC-001"]}'
manifest "$one"
booted 'a suite of TAP programs, no D9' df-boot --spec nod9 --tests tests
has "$DF_RUN/run.json" '"kind":"tap","p0":1,'
has "$DF_RUN/run.json" '"scenarios":1'
manifest ''
refuses 3 'a manifest without scenarios' df-boot --spec nod9 --tests tests
manifest '{"id":"HS-001","priority":"P0","program":"none.sh","plan":1}'
refuses 3 'a program that is not there' df-boot --spec nod9 --tests tests
manifest '{"id":"HS-001","priority":"P0","program":"../one.sh","plan":1}'
refuses 3 'a program elsewhere' df-boot --spec nod9 --tests tests
cp tests/one.sh .
manifest '{"id":"HS-001","priority":"P0","program":"x/../../one.sh","plan":1}'
mkdir tests/x
refuses 3 'a program elsewhere, by a detour' df-boot --spec nod9 --tests tests
rm -r one.sh tests/x
manifest '{"id":"HS-001","priority":"P0","program":"one.sh","plan":0}'
refuses 3 'a plan of nothing' df-boot --spec nod9 --tests tests
manifest "$one,$one"
refuses 3 'a scenario twice' df-boot --spec nod9 --tests tests
mkdir -p f/.factory/pipeline/d1-d10
sed 's/"kind": *\["d9", "tap"\]/"kind": ["d9"]/; s/1\.0\.0/1.1.0/' \
	"$top/share/pipelines/d1-d10.json" >f/.factory/pipeline/d1-d10/1.1.0.json
profile '"pipeline":"d1-d10@1.1.0"'
manifest "$one"
exits 4 'a pipeline that takes no such suite' within f df-boot \
	--spec ../nod9 --tests ../tests --profile ../p.json
has "$err" 'suite of kind tap'
rm -rf tests nod9 runs f

# ---- superseding ----

booted 'a run to supersede' df-boot --spec spec
old=$DF_RUN
refuses 4 'one that is not sealed' df-boot -v --spec spec --supersedes "$old"
has "$err" 'df-freeze'
refuses 3 'one that is not there' df-boot --spec spec --supersedes nowhere
refuses 3 'what is no run' df-boot --spec spec --supersedes spec
cp -R "$old" broken
sed '1s/"instance":1/"instance":2/' "$old/log.jsonl" >broken/log.jsonl
refuses 6 'one whose log was changed' df-boot --spec spec --supersedes broken
: >broken/log.jsonl
refuses 6 'one whose log is empty' df-boot --spec spec --supersedes broken
rm -rf runs broken
if [ -x "$build/bin/df-freeze" ]; then
	booted 'a run' df-boot --spec spec
	old=$DF_RUN
	must df-freeze -q -C "$old" --cancel -m 'no more'
	booted 'the successor of one that was canceled' df-boot --spec spec \
		--supersedes "$old"
	is "${DF_RUN##*-}" 2 'is the next instance'
	has "$DF_RUN/log.jsonl" "\"origin\":{\"head\":{\"digest\":\"sha256:$(tail \
		-n 1 "$old/log.jsonl" | sha256sum | cut -d ' ' -f 1)\""
	ok 'it carries the old log' \
		cmp "$old/log.jsonl" "$DF_RUN/origin/1/log.jsonl"
	must df-freeze -q -C "$DF_RUN" --cancel -m 'no more'
	booted 'and its successor' df-boot --spec spec --supersedes "$DF_RUN"
	ok 'both logs' cmp "$old/log.jsonl" "$DF_RUN/origin/2/log.jsonl"
	cp -a "$old" copy
	f=$(readlink -f copy/config/template/prompt.md)
	chmod 644 "$f"
	echo >>"$f"
	refuses 6 'one whose blob was changed' df-boot --spec spec \
		--supersedes copy
	rm -rf copy
	DF_KEYS=$tmp/keys2 DF_TRUST=$tmp/trust2 df-sign init -q --person bob \
		>/dev/null
	refuses 5 'one made under another root' env DF_KEYS="$tmp/keys2" \
		DF_TRUST="$tmp/trust2" df-boot --spec spec --supersedes "$old"
	rm -rf keys2 trust2
	if [ -x "$build/bin/df-decide" ]; then
		builder
		ready "$adapter" --spec spec --profile solo
		must df-dispatch -q
		must df-holdout -q
		must df-decide approve -m 'as specified'
		must df-freeze -q
		booted 'the successor of one that was approved' df-boot \
			--spec spec --supersedes "$DF_RUN"
		rm -rf agents
	else
		skip 2 'df-decide is not built'
	fi
	rm -rf runs
else
	skip 15 'df-freeze is not built'
fi

# ---- a factory ----

mkdir -p plant/.factory plant/deep/er
cp -R spec plant/spec
log=plant/.factory/log.jsonl
exits 0 'nothing but the answer' within plant df-boot -n --spec spec
is "$(ls plant/.factory)" '' 'and the factory is as it was'
booted 'a factory found upwards' within plant/deep/er df-boot \
	--spec ../../spec
like "$out" '/plant/.factory/runs/r-[0-9a-f]{16}-1$' 'has the run'
is "$(grep -c run.booted "$log")" 1 'and a line for it'
has "$log" "\"run\":\"sha256:$(head -n 1 "$DF_RUN/log.jsonl" |
	sha256sum | cut -d ' ' -f 1)\"" 'that names line 1 of its log'
has "$log" "\"name\":\"${DF_RUN##*/}\""
booted 'named' df-boot -F plant/.factory --spec plant/spec
is "${DF_RUN##*-}" 2 'instance 2'
booted 'by the environment' env DF_FACTORY="$tmp/plant/.factory" df-boot \
	--spec plant/spec
is "${DF_RUN##*-}" 3 'instance 3'
# a run that never appeared, or is gone: its name is not given again
rm -r "$DF_RUN"
booted 'after a run that is gone' within plant df-boot --spec spec
is "${DF_RUN##*-}" 4 'instance 4'
booted 'elsewhere' within plant df-boot --spec spec -o here
is "${DF_RUN##*-}" 5 'instance 5'
is "$(grep -c run.booted "$log")" 5 'five lines'
exits 1 'a boot that fails' within plant df-boot --spec spec \
	--holdouts ../p.json
exits 4 'and one that is refused' within plant df-boot --spec spec \
	--set agent.adapter=claude --set sandbox.allow_network=false
like "$log" '"type":"boot.failed"' 'is remembered'
has "$log" '"exit":4'
is "$(grep -c run.booted "$log")" 5 'no further run'
is "$(find plant/.factory/runs -maxdepth 1 -name '.*')" '' 'nothing beside'
for i in 1 2 3; do
	within plant df-boot -q --spec spec --nonce "0000000000000000000000000000000$i" \
		>"got.$i" 2>&1 &
done
wait
is "$(sed 's/.*-//' got.? | sort -n | tr '\n' ' ')" '6 7 8 ' \
	'three at the same time'
rm got.?
sed -n '$p' "$log" | grep -q '"dfseq"'
is "$(sed 's/.*"dfseq":\([0-9]*\).*/\1/' "$log" | tr '\n' ' ')" \
	"$(seq "$(wc -l <"$log")" | tr '\n' ' ')" 'its log is dense'

# versioned resources
mkdir -p plant/.factory/profile/strict
for i in 1.2.0 1.10.0 1.9.9; do
	printf '{"schema":"df.profile/1","name":"strict","version":"%s"}\n' \
		"$i" >"plant/.factory/profile/strict/$i.json"
done
booted 'a resource of the factory' within plant df-boot --spec spec \
	--profile strict
has "$DF_RUN/run.json" '"name":"profile/strict","version":"1.10.0"' \
	'in its highest version'
booted 'in a version' within plant df-boot --spec spec --profile strict@1.2.0
has "$DF_RUN/run.json" '"name":"profile/strict","version":"1.2.0"'
exits 3 'in one that there is not' within plant df-boot --spec spec \
	--profile strict@9.9.9
exits 4 'one of ours in a version that it has not' within plant df-boot \
	--spec spec --profile solo@9.9.9
mkdir -p plant/.factory/template/prompt
printf '{{! df-template prompt 3.0.0 }}\nOur own: {{task.id}}\n' \
	>plant/.factory/template/prompt/3.0.0.md
booted 'a template of the factory' within plant df-boot --spec spec
has "$DF_RUN/run.json" '"name":"template/prompt","version":"3.0.0"'
cp "$log" kept
sed '2s/"dfseq":2/"dfseq":3/' kept >"$log"
exits 6 'a broken log of a factory' within plant df-boot --spec spec
exits 3 'a factory that is not there' df-boot -F nowhere --spec spec

all_exits df-boot
done_testing
