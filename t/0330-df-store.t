#!/bin/sh
# df-store: blobs, trees, names; what it checks before it gives anything out,
# and what never leaves its directory.

# shellcheck disable=SC2119,SC2317 # arguments that may be given; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout df-store
needs_prog jq
keys
judged
kept=$DF_RUN
DF_RUN=$tmp/run

# fresh: the run, as it was
fresh() {
	[ ! -d "$DF_RUN" ] || chmod -R u+rwX "$DF_RUN"
	rm -rf "$DF_RUN"
	cp -a "$kept" "$DF_RUN"
}

# blob NAME: the file behind it
blob() {
	readlink -f "$DF_RUN/$1"
}

# spoil FILE: it gets a byte more
spoil() {
	chmod u+w "$1"
	echo >>"$1"
	chmod 444 "$1"
}

# put ARGUMENT...: its digest
put() {
	must df-store put "$@"
	cat "$out"
}

# made TEXT: the digest of a blob that holds it
made() {
	printf '%s\n' "$1" >made.text
	put made.text
}

# same A B: directories hold the same
same() {
	diff -r --no-dereference "$1" "$2"
}

# nothing_new: no directory that was begun is left here
nothing_new() {
	[ ! -e there ] && [ -z "$(find . -name '.df-new-*')" ]
}
fresh

# ---- the interface ----

exits 0 'help' df-store --help
has "$out" 'usage: df-store'
exits 0 'version' df-store --version
exits 2 'no verb' df-store
exits 2 'an unknown verb' df-store bogus
exits 2 'an unknown option' df-store --bogus ls
exits 2 'put nothing' df-store put
exits 2 'get nothing' df-store get
exits 2 'get two' df-store get run.json run.json
exits 2 'no tree' df-store tree
exits 2 'no directory to check out into' df-store checkout base.tree
exits 2 'a directory with a slash at its end' df-store checkout base.tree x/
exits 2 'names with an operand' df-store names run.json
exits 2 'fsck with an operand' df-store fsck run.json
exits 2 'no run' env DF_RUN= df-store ls
exits 3 'no such run' df-store -C nowhere ls
exits 3 'a directory that is no run' df-store -C spec ls

# ---- put ----

printf 'some bytes' >file
exits 0 'put' df-store put file
is "$(cat "$out")" "$(digest_of file)" 'the digest is what sha256sum says'
b=$DF_RUN/blobs/sha256/$(sed s/sha256:// "$out")
ok 'the blob has the bytes' cmp "$b" file
is "$(stat -c %a "$b")" 444 'its mode'
exits 0 'again' df-store put file
is "$(cat "$out")" "$(digest_of file)" 'says the same'
exits 0 'from stdin' from file df-store put -
is "$(cat "$out")" "$(digest_of file)" 'the same'
: >empty
head -c 262143 /dev/zero >short
head -c 262144 /dev/zero >exact
head -c 3000000 /dev/urandom >long
exits 0 'several' df-store put empty short exact long
is "$(cat "$out")" "$(for i in empty short exact long; do digest_of $i; done)" \
	'one digest a line'
for i in empty short exact long; do
	cmp -s "$i" "$DF_RUN/blobs/sha256/$(sha256sum <$i | cut -c 1-64)" || break
done
is "$i" long 'all are there, whatever their size'
exits 0 'as JSON' df-store --json put file
is "$(cat "$out")" "{\"digest\":\"$(digest_of file)\",\"file\":\"file\"}" \
	'one object'
echo other >other
(umask 077 && must df-store put other) || bail 'umask'
is "$(stat -c %a "$DF_RUN/blobs/sha256/$(sha256sum <other | cut -c 1-64)")" \
	444 'the umask has no say'
chmod u+w "$b"
printf some >"$b"
exits 0 'a blob that a crash cut short' df-store put file
ok 'is whole afterwards' cmp "$b" file
exits 3 'a file that there is not' df-store put nowhere
exits 3 'a directory' df-store put spec
has "$err" '--tree'
exits 9 'stdout is full' into /dev/full df-store put file
if is_root; then
	skip 1 'root may read all'
else
	cp file secret
	chmod 0 secret
	exits 3 'a file that we may not read' df-store put secret
fi
if has_mount; then
	exits 9 'no room' crowded "$DF_RUN" df-store -C small/run put long
	like small.after '^VERIFIED|^CONSISTENT' 'the run is as it was'
else
	skip 2 'cannot mount'
fi
exits 0 'what nobody names breaks nothing' df-verify

# ---- put --tree ----

mkdir -p tree/sub/deep tree/none
printf 'echo a\n' >tree/run.sh
chmod 755 tree/run.sh
echo b >tree/sub/b
echo c >tree/sub/deep/c
ln -s sub/b tree/link
ln -s ../b tree/sub/deep/up
exits 0 'a directory' df-store put --tree tree
t=$(cat "$out")
exits 0 'its entries' df-store tree "$t"
is "$(cut -f 1,3- "$out")" "$(printf '%s\t%s\t%s\n' 120000 0 'link	sub/b' \
	040000 0 none 100755 7 run.sh 040000 \
	"$(wc -c <"$DF_RUN/blobs/sha256/$(grep '	sub$' "$out" |
	    cut -f 2 | cut -c 8-)")" sub 100644 2 sub/b 040000 \
	"$(wc -c <"$DF_RUN/blobs/sha256/$(grep '	sub/deep$' "$out" |
	    cut -f 2 | cut -c 8-)")" sub/deep 100644 2 sub/deep/c \
	120000 0 'sub/deep/up	../b')" 'in order, with mode and size'
is "$(grep run.sh "$out" | cut -f 2)" "$(digest_of tree/run.sh)" 'the digest'
is "$(head -n 1 "$DF_RUN/blobs/sha256/${t#sha256:}")" \
	'{"mode":"120000","name":"link","target":"sub/b"}' 'a line of the manifest'
cp -R tree other.tree
touch -d 2001-01-01 other.tree/run.sh
chmod 700 other.tree/run.sh other.tree/sub
chmod 600 other.tree/sub/b
is "$(put --tree other.tree)" "$t" \
	'neither times nor other bits of modes are part of it'
exits 0 'entries as JSON' df-store --json tree "$t"
is "$(head -n 1 "$out")" '{"mode":"120000","path":"link","target":"sub/b"}' \
	'a link'
is "$(jq -r 'select(.path == "run.sh") | "\(.mode) \(.size) \(.digest)"' \
	"$out")" "100755 7 $(digest_of tree/run.sh)" 'a file'
exits 3 'a file' df-store put --tree file

# refused NAME COMMAND...: a tree with what the command makes is no tree
refused() {
	refused_name=$1
	shift
	rm -rf bad.tree
	mkdir -p bad.tree/sub
	within bad.tree/sub "$@"
	exits 3 "$refused_name" df-store put --tree bad.tree
	has "$err" 'sub/it' 'is named'
}
refused 'a fifo' mkfifo it
refused 'a link out' ln -s ../../file it
refused 'an absolute link' ln -s /etc/passwd it
refused 'a link out by a detour' ln -s x/../../../file it
refused 'a link to what the tree is in' ln -s ../.. it
if is_root; then
	refused 'a device' mknod it c 1 3
else
	skip 2 'not root'
fi
rm -rf bad.tree
mkdir bad.tree
(cd bad.tree && i=0 && while [ "$i" -lt 140 ]; do
	mkdir d && cd d || exit
	i=$((i + 1))
done)
exits 3 'a tree that is 140 directories deep' df-store put --tree bad.tree
rm -rf bad.tree

# names that are no text, or do something to a terminal
mkdir odd.tree
(
	cd odd.tree || exit
	e=$(printf '\033[31m') f=$(printf '\377\376')
	echo x >"a${e}b"
	echo x >"$f"
	echo x >'new
line	tab'
	ln -s "$f" l
)
exits 0 'odd names' df-store put --tree odd.tree
t2=$(cat "$out")
exits 0 'are shown' df-store tree "$t2"
no 'no byte of them acts on a terminal' grep -q "$(printf '\033')" "$out"
is "$(wc -l <"$out")" 4 'one line each'
has "$out" 'new\x0aline\x09tab'
exits 0 'as JSON too' df-store --json tree "$t2"
ok 'which is JSON' jq . "$out"
exits 0 'and written' df-store checkout "$t2" odd.copy
ok 'byte for byte' same odd.tree odd.copy

# ---- get ----

exits 0 'get a name' df-store get run.json
ok 'its bytes' cmp "$out" "$DF_RUN/run.json"
exits 0 'get a digest' df-store get "$(digest_of long)"
ok 'its bytes' cmp "$out" long
exits 0 'get bare hex' df-store get "$(sha256sum <long | cut -c 1-64)"
ok 'its bytes' cmp "$out" long
exits 0 'get nothing at all' df-store get "$(digest_of empty)"
ok 'no bytes' test ! -s "$out"
exits 1 'a name that was not given' df-store get report.json
has "$err" 'the run has no report.json'
exits 1 'a digest that there is not' df-store get "sha256:$(printf %064d 7)"
exits 1 'a path of the directory' df-store get log.jsonl
exits 1 'a path out of it' df-store get ../../spec/D1_CONSTITUTION.md
exits 1 'a name that acts on terminals' df-store get "$(printf '\033[31m')"
no 'is escaped' grep -q "$(printf '\033')" "$err"
exits 9 'stdout is full' into /dev/full df-store get "$(digest_of long)"
spoil "$DF_RUN/blobs/sha256/$(sha256sum <long | cut -c 1-64)"
exits 6 'a blob that was changed' df-store get "$(digest_of long)"
ok 'not one byte of it is written' test ! -s "$out"
has "$err" "$(sha256sum <long | cut -c 1-64)"

# ---- ls ----

exits 0 'ls' df-store ls
is "$(cut -f 1 "$out")" "$(cd "$DF_RUN" && find . -path ./blobs -prune -o \
	-path ./work -prune -o ! -type d -print | sed 's,^\./,,' |
	grep -vx log.jsonl | LC_ALL=C sort)" 'every name, sorted'
is "$(grep '^result/merged.tree	' "$out")" "$(printf '%s\t' \
	result/merged.tree "$(digest_of "$DF_RUN/result/merged.tree")" \
	"$(wc -c <"$DF_RUN/result/merged.tree")" "$(grep -n '"stage":"merge"' \
	"$DF_RUN/log.jsonl" | tail -n 1 | cut -d : -f 1)"
	)application/vnd.df.tree.v1+jsonl" 'digest, size, line of the log, type'
exits 0 'some' df-store ls holdout result/T-001/1.tree
is "$(cut -f 1 "$out" | tr '\n' ' ')" \
	'holdout/1.full.age holdout/1.json holdout/1.tap result/T-001/1.tree ' \
	'a name, and what is below one'
exits 0 'as JSON' df-store --json ls run.json
is "$(jq -r '"\(.name) \(.seq) \(.size) \(.digest) \(.media_type)"' "$out")" \
	"run.json 1 $(wc -c <"$DF_RUN/run.json") $(digest_of \
	"$DF_RUN/run.json") application/json" 'one object a line'
exits 1 'none of that name' df-store ls hold
is "$(cat "$out")" '' 'nothing'

# ---- tree and checkout of what the run has ----

exits 0 'a tree by its name' df-store tree result/merged.tree
is "$(cut -f 1,4 "$out" | tr '\t\n' '  ')" \
	'100644 count.sh 100644 greet.sh 100644 part.sh ' 'its entries'
exits 1 'a tree that there is not' df-store tree result/T-009/1.tree
exits 3 'a name of something else' df-store tree run.json
has "$err" 'run.json is no tree'
exits 3 'the same for checkout' df-store checkout run.json there
ok 'makes nothing' nothing_new
exits 0 'checkout' df-store checkout result/merged.tree there
is "$(cat "$out")" there 'its name'
ok 'its files' same there base
rm -r there
exits 0 'as JSON' df-store --json checkout base.tree "$tmp/there"
is "$(cat "$out")" "{\"name\":\"$tmp/there\"}" 'one object'
is "$(stat -c %a there there/greet.sh | tr '\n' ' ')" '755 644 ' 'modes'
exits 7 'a directory that is there' df-store checkout base.tree there
ok 'is what it was' same there base
rm -r there
: >there
exits 7 'a file that is there' df-store checkout base.tree there
rm there
exits 3 'below a directory that is not there' \
	df-store checkout base.tree nowhere/there
exits 3 'below a file' df-store checkout base.tree file/there
exits 0 'a tree with all there is' sh -c \
	'umask 077 && exec df-store checkout "$1" there' sh "$t"
ok 'is what was put' same there tree
is "$(cd there && stat -c '%a %n' run.sh sub none sub/b | tr '\n' ' ')" \
	'755 run.sh 755 sub 755 none 644 sub/b ' 'whatever the umask'
rm -r there
if has_mount; then
	mkdir -p room
	exits 9 'no room' unshare --mount sh -c 'mount -t tmpfs -o size=16k \
		none room && df-store checkout "$1" room/there; rc=$?
		ls -A room >room.left; exit $rc' df-store "$(
		mkdir big && head -c 100000 /dev/urandom >big/x && put --tree big)"
	is "$(cat room.left)" '' 'leaves nothing'
else
	skip 2 'cannot mount'
fi

# ---- trees that no df-store made ----

h=$(sha256sum <"$DF_RUN/base.tree" | cut -c 1-64)
size=$(wc -c <"$DF_RUN/base.tree")
f='"sha256":"'$h'","size":'$size
# forged NAME MANIFEST: neither shown whole nor written
forged() {
	forged_tree=$(made "$2")
	exits 6 "$1: checkout" df-store checkout "$forged_tree" there
	ok "$1: nothing is left" nothing_new
	exits 6 "$1: tree" df-store tree "$forged_tree"
}
forged 'a name with ..' '{"mode":"100644","name":"..",'"$f}"
forged 'a name with a slash' '{"mode":"100644","name":"a/b",'"$f}"
forged 'an empty name' '{"mode":"100644","name":"",'"$f}"
forged 'a link out' '{"mode":"120000","name":"a","target":"../x"}'
forged 'an absolute link' '{"mode":"120000","name":"a","target":"/etc"}'
forged 'a set-id bit' '{"mode":"104755","name":"a",'"$f}"
forged 'not in order' '{"mode":"100644","name":"b",'"$f}
"'{"mode":"100644","name":"a",'"$f}"
forged 'a name twice' '{"mode":"100644","name":"a",'"$f}
"'{"mode":"100755","name":"a",'"$f}"
forged 'a link, and what lies below it' \
	'{"mode":"120000","name":"a","target":"b"}
{"mode":"040000","name":"a",'"$f}"
forged 'not canonical' '{"mode":"100644", "name":"a",'"$f}"
forged 'a member more' '{"mode":"100644","more":1,"name":"a",'"$f}"
forged 'text in base64' '{"mode":"100644","name64":"YQ==",'"$f}"
forged 'no blob of it' '{"mode":"040000","name":"a","sha256":"'"$(
	printf %064d 5)"'","size":7}'
forged 'a directory that is none' '{"mode":"040000","name":"a","sha256":"'"$(
	sha256sum <file | cut -c 1-64)"'","size":10}'
exits 6 'another size: checkout' df-store checkout "$(
	made '{"mode":"100644","name":"a","sha256":"'"$h"'","size":1}')" there
ok 'nothing is left' nothing_new
# the bytes of a file in a tree, changed
spoil "$DF_RUN/blobs/sha256/$(sha256sum <tree/sub/b | cut -c 1-64)"
exits 6 'a file that was changed' df-store checkout "$t" there
ok 'nothing is left' nothing_new

# ---- names ----

fresh
exits 0 'nothing to do' df-store names
is "$(cat "$out")" '' 'and nothing done'
wanted=$(cd "$DF_RUN" && find . -type l -printf '%p %l\n' | LC_ALL=C sort)
cd "$DF_RUN" || bail cd
rm holdout/1.tap
ln -sfn ../blobs/sha256/"$h" holdout/1.json
rm run.json
cp base.tree run.json
rm -r handoff
cd "$tmp" || bail cd
exits 0 'what would be made' df-store names -n
n1=$(cat "$out")
is "$(sort "$out" | tr '\n' ' ')" "$(printf '%s ' handoff/T-001.json \
	handoff/T-001.md handoff/T-002.json handoff/T-002.md \
	handoff/T-003.json handoff/T-003.md holdout/1.json holdout/1.tap \
	run.json)" \
	'missing, other, and no links'
no 'none is made' test -e "$DF_RUN/handoff"
exits 0 'made' df-store --json names
is "$(jq -r .name "$out")" "$n1" 'as JSON, the same names'
is "$(cd "$DF_RUN" && find . -type l -printf '%p %l\n' | LC_ALL=C sort)" \
	"$wanted" 'all are what they were'
rm "$DF_RUN/run.json"
mkdir "$DF_RUN/run.json"
exits 7 'a directory in the place of a name' df-store names
has "$err" 'run.json is a directory'
fresh
mkdir outside
rm -r "$DF_RUN/holdout"
ln -s ../outside "$DF_RUN/holdout"
run df-store names
is "$(ls -A outside)" '' 'a link in the place of a directory leads nowhere'
no 'and is an error' test "$rc" -eq 0

# ---- fsck ----

fresh
exits 0 'fsck' df-store fsck
i=$(find "$DF_RUN/blobs/sha256" -type f | wc -l)
like "$err" "$i blobs, $(cat "$DF_RUN"/blobs/sha256/* | wc -c) bytes, $i named, 0 wrong" \
	'counts'
is "$(cat "$out")" '' 'nothing to say'
# broken CODE PLACE NAME: it says so, in text and in JSON
broken() {
	exits 6 "$3" df-store fsck
	like "$err" "^[^ ]*$2: .*\[$1\]\$" 'is named'
	run df-store --json -q fsck
	is "$(jq -r "select(.code == \"$1\") | .place" "$out" |
		grep -c "$2")" 1 'as JSON too'
	is "$(cat "$err")" '' 'and nothing else'
	fresh
}
hex=$(basename "$(blob holdout/1.json)")
spoil "$(blob holdout/1.json)"
broken store.digest "$hex" 'a blob that was changed'
: >zero
chmod u+w "$(blob holdout/1.json)"
cp zero "$(blob holdout/1.json)"
broken store.digest "$hex" 'a blob that was emptied'
rm -f "$(blob holdout/1.json)"
broken store.missing "$hex" 'a blob that is gone'
rm -f "$DF_RUN/blobs/sha256/$hex"
ln -s "$kept/blobs/sha256/$hex" "$DF_RUN/blobs/sha256/$hex"
broken store.open "$hex" 'a link in the place of a blob'
rm -f "$DF_RUN/blobs/sha256/$hex"
mkfifo "$DF_RUN/blobs/sha256/$hex"
broken store.type "$hex" 'a fifo in the place of a blob'
: >"$DF_RUN/blobs/sha256/notes"
broken store.name notes 'a file that is no blob'
: >"$DF_RUN/blobs/sha256/$(echo "$hex" | tr a-f A-F)"
broken store.name "$(echo "$hex" | tr a-f A-F)" 'a name in capital letters'
: >"$DF_RUN/blobs/sha256/$(printf 'e\033[31m')"
exits 6 'a name that acts on terminals' df-store fsck
no 'is escaped' grep -q "$(printf '\033')" "$err"
has "$err" 'e\x1b[31m: is no name'
fresh
spoil "$(blob holdout/1.json)"
spoil "$(blob result/merged.tree)"
exits 6 'a tree and another blob were changed' df-store fsck
has "$err" "$hex: " 'the one is named'
has "$err" "$(basename "$(blob result/merged.tree)"): " 'so is the other'
fresh
: >"$DF_RUN/blobs/sha256/.tmp-1-1"
exits 0 'what a killed writer left is no damage' df-store fsck
fresh
rm -f "$(blob holdout/1.tap)"
exits 6 'damage, and stdout is full' into /dev/full df-store --json fsck
fresh

# ---- a run that is not what it says ----

sed -i '$s/"passed":3/"passed":2/' "$DF_RUN/log.jsonl"
exits 5 'a name whose line was changed' df-store get holdout/1.tap
is "$(cat "$out")" '' 'is not given out'
exits 0 'one of another line is' df-store get result/merged.patch
fresh
sed -i '5s/2/3/' "$DF_RUN/log.jsonl"
exits 6 'a log that does not chain' df-store ls
fresh
spoil "$(blob run.json)"
exits 6 'another envelope' df-store ls
fresh
mv "$DF_RUN/log.jsonl" log.jsonl
ln -s ../log.jsonl "$DF_RUN/log.jsonl"
exits 6 'a log that is a link' df-store ls
fresh
rm -rf blobs
mv "$DF_RUN/blobs" blobs
ln -s ../blobs "$DF_RUN/blobs"
exits 6 'blobs that are a link' df-store put file
fresh

# ---- a sealed run ----

if [ -x "$build/bin/df-freeze" ]; then
	must df-freeze -q --cancel -m 'it is only a test'
	exits 4 'put into a sealed run' df-store put file
	exits 0 'get from one' df-store get seal/1.json
	ok 'its bytes' cmp "$out" "$DF_RUN/seal/1.json"
	exits 0 'fsck of one' df-store fsck
else
	skip 4 'no df-freeze'
fi

all_exits df-store
done_testing
