#!/bin/sh
# df-archive: what it packs it unpacks, the same bytes each time, and a failing
# pack leaves nothing behind.  t/0290-df-freeze.t shows what it refuses to
# unpack.

# shellcheck disable=SC2317 # `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$build/libexec/darkfactory:$PATH
has_prog df-archive || plan skip_all 'df-archive is not built'
needs_prog perl tar zstd
name=r-0123456789abcdef-1

# blob FILE: it becomes one of run's, $blob
blob() {
	blob=$(digest_of "$1")
	blob=blobs/sha256/${blob#sha256:}
	mv "$1" "run/$blob"
}

# list PATH...: what is to be packed
list() {
	printf '%s\0' "$@" >"$tmp/list"
}

# sorted RUN: what is to be packed of it
sorted() {
	(cd "$1" && find . ! -type d -printf '%P\0' | sort -z) >"$tmp/list"
}

# pack FILE [RUN]: below the run's name
pack() {
	within "${2:-run}" from "$tmp/list" df-archive pack "$name" "$1"
}

# fails CODE WHAT [RUN]: a pack of the list; no file appears
fails() {
	exits "$1" "$2" within "${3:-run}" from "$tmp/list" df-archive pack \
		$name "$tmp/to/bundle"
	is "$(ls -A to)" '' "$2: nothing is left"
}

# unpacks CODE WHAT FILE [OPTION...]: into new/, which is empty before
unpacks() {
	[ ! -d new ] || chmod -R u+w new
	rm -rf new
	mkdir new
	unpacks_code=$1 unpacks_name=$2 unpacks_file=$3
	shift 3
	exits "$unpacks_code" "$unpacks_name" from "$unpacks_file" \
		df-archive unpack "$@" new
}

# what RUN: types, modes, sizes, links and contents
what() {
	(cd "$1" && find . ! -type d -printf '%P %y %m %l\n' | sort
	find . -mindepth 1 -type d -printf '%P %m\n' | sort
	find . -type f -exec sha256sum {} + | sort)
}

mkdir -p run/blobs/sha256 run/handoff run/dispatch/T-001 to
: >text
blob text
ln -s "$blob" run/run.json
# beyond one read, and nothing that could be compressed
perl -e 'srand 7; print chr int rand 256 for 1 .. 300000' >text
blob text
big=$blob
ln -s "../$big" run/handoff/T-001.json
echo text >text
blob text
ln -s "../../$blob" run/dispatch/T-001/1.json
printf 'line 1\nline 2\n' >run/log.jsonl
chmod -R go= run
chmod 444 run/blobs/sha256/*
chmod 644 run/log.jsonl
sorted run

# ---- the interface ----

exits 0 'help' df-archive --help
has "$out" 'usage: df-archive'
exits 0 'version' df-archive --version
exits 2 'no verb' df-archive
exits 2 'an unknown verb' df-archive list
exits 2 'an unknown option' df-archive pack --max-bytes 1 $name to/bundle
exits 2 'pack without a file' within run df-archive pack $name
exits 2 'pack into two' df-archive pack $name to/a to/b
exits 2 'unpack nowhere' df-archive unpack
exits 2 'unpack into two' df-archive unpack a b
exits 2 'no bytes at all' df-archive unpack --max-bytes 0 new
exits 2 'a limit that is no number' df-archive unpack --max-entries many new
is "$(ls -A to)" '' 'nothing was made'

# ---- pack and unpack ----

exits 0 'pack' pack "$tmp/bundle"
is "$(cat "$out" "$err")" '' 'says nothing'
ok 'it is compressed' zstd -qt bundle
tar -tvf bundle --zstd --numeric-owner --full-time --utc >listed
is "$(sed 's/  */ /g' listed | cut -d ' ' -f 2,4,5 | sort -u)" \
	'0/0 1970-01-01 00:00:00' 'no owners, no times'
is "$(sed 's/.* 00:00:00 //; s/ -> .*//' listed | sed "s,^$name/,,; s,/\$,," |
	grep . | sort)" "$(cd run && find . -mindepth 1 -printf '%P\n' | sort)" \
	'tar finds what is in the run'
is "$(sed 's/ .*//' listed | sort | uniq -c | sed 's/^ *//')" \
	"3 -r--r--r--
1 -rw-r--r--
6 drwxr-xr-x
3 lrwxrwxrwx" 'with these modes'

unpacks 0 'unpack' bundle
is "$(cat "$out")" "$name" 'it says which run'
find run -type d -exec chmod 755 {} +
is "$(what new)" "$(what run)" 'all is as it was'
mv new old
umask 077
unpacks 0 'with another umask' bundle
umask 022
is "$(what new)" "$(what run)" 'the modes are the same'
zstd -qd bundle -o plain
unpacks 0 'one that is not compressed' plain
is "$(what new)" "$(what run)" 'is the same run'

# ---- the same bytes ----

must pack "$tmp/again"
ok 'again' cmp bundle again
cp -rP run other
find other -type f -exec chmod 600 {} +
find other -exec touch -h -d '2001-02-03 04:05:06' {} +
exits 0 'a copy with other times, modes and zone' \
	env TZ=Asia/Kathmandu HOME=/ sh -c 'umask 077 &&
	cd other && exec df-archive pack "$1" ../third <../list' sh $name
ok 'gives the same' cmp bundle third
is "$(stat -c %a third)" 600 'but for the umask'
exits 0 'what was unpacked' pack "$tmp/fourth" old
ok 'too' cmp bundle fourth

# ---- what is not packed ----

list log.jsonl blobs/sha256/x
fails 2 'a list that is not sorted'
list log.jsonl log.jsonl
fails 2 'a path that is there twice'
list ../log.jsonl
fails 2 'a path that leads out'
list "$tmp/log.jsonl"
fails 2 'an absolute path'
list log.jsonl ''
fails 2 'an empty path'
list log.jsonl run.json z
fails 6 'a path that is missing'
has "$err" 'z is missing'
list dispatch log.jsonl
fails 6 'a directory'
mkfifo run/pipe
list log.jsonl pipe
fails 6 'a fifo'
rm run/pipe
has "$err" 'pipe is neither file nor link'
sorted run
: >there
exits 7 'a file that is there' within run from "$tmp/list" df-archive pack \
	$name "$tmp/there"
is "$(stat -c %s there) $(ls there*)" '0 there' 'stays as it was'
exits 9 'a directory that is not there' within run from "$tmp/list" \
	df-archive pack $name "$tmp/nowhere/bundle"

# 100 KiB are room for what comes first, and not for all
cat >"$tmp/tight" <<'END'
trap '' XFSZ
ulimit -f 200 && cd "$1" && exec df-archive pack "$2" "$3" <"$4"
END
exits 9 'no room for it' sh tight run "$name" "$tmp/to/bundle" \
	"$tmp/list"
is "$(ls -A to)" '' 'nothing is left'
like "$err" '^df-archive: .*: .*File too large' 'it says why'
if is_root; then
	skip 2 'root can read all'
else
	chmod 0 "run/$big"
	fails 9 'a file that cannot be read'
	chmod 444 "run/$big"
fi

# ---- what is not unpacked ----

: >nothing
unpacks 3 'no bytes' nothing
unpacks 3 'no bundle' run/log.jsonl
head -c 100000 bundle >first
unpacks 3 'the first half' first
list run.json
must pack "$tmp/nolog"
unpacks 3 'one without a log' nolog
has "$err" 'no log.jsonl'
must within run from "$tmp/list" df-archive pack other "$tmp/noname"
unpacks 3 'one whose name is none of a run' noname
mkdir used
must from bundle df-archive unpack used
exits 3 'a directory that is not empty' from bundle df-archive unpack used
exits 9 'a directory that is not there' from bundle df-archive unpack nowhere
mkdir full
exits 9 'stdout is full' into /dev/full from bundle df-archive unpack full

# ---- limits ----

size=$(find run -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
unpacks 0 'as many bytes as allowed' bundle --max-bytes "$size"
unpacks 3 'one more' bundle --max-bytes $((size - 1))
has "$err" 'more bytes than allowed'
entries=$(grep -c '' listed)
unpacks 0 'as many entries as allowed' bundle --max-entries "$entries"
unpacks 3 'one more' bundle --max-entries $((entries - 1))
has "$err" 'more entries than allowed'
truncate -s 70M zero
blob zero
list "$blob" log.jsonl
must pack "$tmp/bomb"
unpacks 3 'far more bytes than there were' bomb
has "$err" 'far more than any run'
unpacks 0 'when that is allowed' bomb --max-ratio 1000000
is "$(stat -c %s "new/$blob")" 73400320 'they are there'

all_exits df-archive
done_testing
