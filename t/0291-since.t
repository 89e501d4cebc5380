#!/bin/sh
# Incremental bundles: what a run has behind a line of its log, added to a copy
# of the run that ends there, and to no other.

# shellcheck disable=SC2317 # `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-boot df-handoff df-prompt df-dispatch df-holdout df-decide \
	df-freeze df-verify df-log df-store
needs_prog bsdtar jq zstd
keys

# line N: "N:DIGEST" of it
line() {
	echo "$1:$(sed -n "$1p" "$DF_RUN/log.jsonl" | sha256sum |
		sed 's/ .*//; s/^/sha256:/')"
}

# copies are taken of the run while it goes on
cheap
mkdir copies
cp -a "$DF_RUN" copies/early
early=$(lines)
must df-dispatch -q -j 3
cp -a "$DF_RUN" copies/built
built=$(lines)
must df-holdout -q
must df-decide -q approve -m ok
must df-freeze -q --bundle whole
cp -a "$DF_RUN" copies/sealed
sealed=$(lines)
must df-decide -q amend -m 'seen again' --effect note
must df-freeze -q
name=${DF_RUN##*/}

# ---- writing --------------------------------------------------------------

exits 0 'what is new since a line' df-freeze --bundle "since-$early" \
	--since "$early"
is "$(tail -n 1 "$out")" "since-$early" 'its name is written'
exits 0 'the line with its digest' df-freeze -q --bundle b2 \
	--since "$(line "$early")"
ok 'is the same' cmp "since-$early" b2
digest=$(line "$early")
exits 0 'the digest alone' df-freeze -q --bundle b3 --since "${digest#*:}"
ok 'too' cmp "since-$early" b3
exits 0 'another umask, zone and directory' sh -c "umask 077 && cd / &&
	DF_RUN=$tmp/$DF_RUN TZ=Asia/Kathmandu LC_ALL=C.UTF-8 \
	    df-freeze -q --bundle '$tmp/b4' --since $early"
ok 'and again' cmp "since-$early" b4
must df-freeze -q --bundle "since-$built" --since "$built"
must df-freeze -q --bundle "since-$sealed" --since "$sealed"
must df-freeze -q --bundle now
ok 'it is smaller than the run' test "$(stat -c %s "since-$sealed")" -lt \
	"$(($(stat -c %s now) / 4))"
bsdtar -tf "since-$sealed" >listed
is "$(grep -vc blobs/sha256/. listed)" 5 'three directories, two records'
has listed "$name/since.json"
bsdtar -xOf "since-$sealed" "$name/since.jsonl" >rest
tail -n +$((sealed + 1)) "$DF_RUN/log.jsonl" >want
ok 'its log begins behind the line' cmp rest want
bsdtar -xOf "since-$sealed" "$name/since.json" >record
is "$(jq -r .head.seq record)" "$sealed" 'which the record names'

exits 1 'no such line' df-freeze -q --bundle no --since 4711
has "$err" 'no line of the log is 4711'
exits 1 'a line with the digest of another' df-freeze -q --bundle no \
	--since "$early:${digest#*:sha256:}"
exits 1 'one with a wrong digest' df-freeze -q --bundle no \
	--since "$((early + 1)):${digest#*:}"
exits 1 'no line at all' df-freeze -q --bundle no --since HEAD
exits 2 '--since without --bundle' df-freeze -q --since 3
ok 'nothing was written' test ! -e no

# ---- adding ---------------------------------------------------------------

run=$DF_RUN
unset DF_RUN
for copy in early built sealed; do
	case $copy in
	early) at=$early ;;
	built) at=$built ;;
	sealed) at=$sealed ;;
	esac
	cp -a copies/$copy mine
	exits 0 "$copy: thaw" df-freeze --thaw "since-$at" -C mine
	is "$(cat "$out")" mine "$copy: the copy is named"
	has "$err" VERIFIED "$copy: by whose word"
	ok "$copy: it is the run" env DF_RUN="$run" diff -r --no-dereference \
		"$run" mine
	exits 0 "$copy: it verifies" df-verify mine
	exits 0 "$copy: again" df-freeze --thaw "since-$at" -C mine
	has "$err" 'has it already' "$copy: which is said"
	is "$(find . -name '.df-new*')" '' "$copy: nothing is left over"
	rm -rf mine
done
must df-freeze -q --thaw whole -o .
exits 0 'a bundle, and what came since' df-freeze -q --thaw "since-$sealed" \
	-C "$name"
ok 'is the run' diff -r --no-dereference "$run" "$name"
rm -rf "$name"

# one that is further than the bundle's head, but not at its end
cp -a copies/built mine
exits 0 'a copy that is further' df-freeze -q --thaw "since-$early" -C mine
ok 'gets the rest' diff -r --no-dereference "$run" mine
rm -rf mine

# what a killed one of us left
cp -a copies/built mine
tail -n +$((built + 1)) "$run/log.jsonl" | head -c 5000 >>mine/log.jsonl
cp -n "$run"/blobs/sha256/* mine/blobs/sha256
exits 0 'a copy whose last addition was cut short' df-freeze -q \
	--thaw "since-$early" -C mine
ok 'gets the rest' diff -r --no-dereference "$run" mine
rm -rf mine

# ---- refusing -------------------------------------------------------------

# refused CODE NAME TEXT COPY BUNDLE: and the copy is as it was
refused() {
	cp -a "$4" before
	exits "$1" "$2" df-freeze --thaw "$5" -C "$4"
	has "$err" "$3" "$2: why"
	ok "$2: nothing changed" diff -r --no-dereference before "$4"
	is "$(find . -name '.df-new*')" '' "$2: nothing is left"
	rm -rf before
}

exits 2 'without a copy' df-freeze -q --thaw "since-$early"
has "$err" 'name your copy' 'it is asked for'
exits 3 'an increment is no run' df-verify "since-$early"
has "$err" "it continues $name" 'df-verify says of which'
refused 4 'a copy that ends before' 'ends with line' copies/early \
	"since-$sealed"

# another run of the same inputs
DF_RUN=$run
cheap
cp -a "$DF_RUN" copies/other
unset DF_RUN
refused 4 'another run' 'does not continue' copies/other "since-$early"

# a copy that went on by itself
cp -a copies/early copies/forked
must df-log append -q -C copies/forked --data '{"seq":1}' checkpoint.saved
refused 6 'a copy that went on' 'went on otherwise' copies/forked \
	"since-$early"
while [ "$(lines copies/forked)" -le "$built" ]; do
	must df-log append -q -C copies/forked --data '{"seq":2}' \
		checkpoint.saved
done
refused 6 'and whose line is another' \
	'is another one than the bundle continues' copies/forked "since-$built"

# altered TEXT COMMAND...: since-$early, with COMMAND done where it is unpacked
altered() {
	rm -rf x
	mkdir x
	bsdtar -xf "since-$early" -C x
	chmod -R u+w x
	within "x/$name" "$@"
	bsdtar -cf altered --format pax -C x "$name"
}
cp -a copies/early copies/mine
altered true
exits 0 'one that was packed by others' df-freeze -q --thaw altered \
	-C copies/mine
rm -rf copies/mine
altered sed -i 's/"attempt":1/"attempt":2/' since.jsonl
refused 6 'another byte in its log' 'log line' copies/early altered
altered sed -i '$d' since.jsonl
cp -a copies/early copies/mine
exits 0 'a log that ends early, without its seal' df-freeze -q --thaw altered \
	-C copies/mine
ok 'the rest can be added' df-freeze -q --thaw "since-$early" -C copies/mine
ok 'and then it is the run' diff -r --no-dereference "$run" copies/mine
altered sh -c 'rm "$(find blobs -type f | head -n 1)"'
refused 6 'a blob is missing' 'blob' copies/early altered
altered sh -c 'for b in blobs/sha256/*; do echo >>"$b"; break; done'
refused 6 'a blob has other bytes' 'blob' copies/early altered
altered sed -i 's/"seq":[0-9]*/"seq":0/' since.json
refused 3 'a record that is none' 'since.json' copies/early altered
altered rm since.json
refused 3 'no record at all' 'no log.jsonl' copies/early altered
altered sh -c 'cp since.jsonl log.jsonl'
refused 3 'two logs' 'log.jsonl' copies/early altered
done_testing
