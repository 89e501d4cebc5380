#!/bin/sh
# A sealed run in which one thing is not as it was: df-verify never says
# VERIFIED, ends with 6, and names what it is.
#
# A bit of every byte of a small run: of the log and of small files df-verify
# sees each, of large blobs each 31st, and what it hashes them with each.
# FAULTS=all in the environment: it sees every byte of all.  A build with
# sanitizers sees fewer.

# shellcheck disable=SC2016,SC2119,SC2317 # for others; as they are; run by `ok'
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-log df-verify
needs_prog jq perl
tamper=$build/t/fault/tamper
[ -x "$tamper" ] || plan skip_all "$tamper is not built"
keys

# tampered NAME VERB RUN [N...]: see tamper.c
tampered() {
	name=$1
	shift
	ok "$name" "$tamper" "$@"
	tail -n 1 "$tmp/.look" | sed 's/^/# /'
}

# ---- a small run ---------------------------------------------------------

tiny_spec spec
boot --spec spec --base spec --profile solo --set sandbox.level=none
must df-freeze -q --cancel -m 'no need'
exits 0 'a sealed run' df-verify
has "$out" VERIFIED
cp -a "$DF_RUN" was
small=$DF_RUN
if [ -n "$FAULTS" ]; then
	tampered 'a bit of every byte' flip "$small" 1
elif instrumented; then
	tampered 'a bit of many bytes' flip "$small" 101
else
	tampered 'a bit of every byte' flip "$small" 31 512
fi
tampered 'each file and each directory' files "$small"
tampered 'each name' names "$small"
ok 'it is as it was' diff -r --no-dereference was "$small"
exits 0 'and holds' df-verify

# ---- one that was approved -----------------------------------------------

judged
must df-decide approve -q -m 'as it should be'
must df-freeze -q
exits 0 'an approved run' df-verify
has "$out" 'approved, sealed'
tampered 'a bit of a byte of each file' flip "$DF_RUN" 997
cp "$DF_RUN/log.jsonl" log
lines=$(lines)

# each PROGRAM: of awk, with n for each line; all are found
each() {
	i=1
	while [ "$i" -le "$lines" ]; do
		awk -v n="$i" "$1" log >"$DF_RUN/log.jsonl"
		df-verify >"$out" 2>"$err"
		case $?:$(head -n 1 "$out"):$(head -n 1 "$err") in
		6:BROKEN:*'log line '* | 6:BROKEN:*'[closed.lost]' | \
		    6:BROKEN:*'the log has no event'*) ;;
		*) echo "line $i: $(head -n 1 "$err")" ;;
		esac
		i=$((i + 1))
	done
	cp log "$DF_RUN/log.jsonl"
}

is "$(each 'NR != n')" '' 'each line removed'
is "$(each 'NR < n')" '' 'each line and all behind it removed'
is "$(each 'NR == n { print } { print }')" '' 'each line twice'
is "$(each 'NR == n && n < '"$lines"' { was = $0; next } { print }
	NR == n + 1 { print was } NR == 1 && n == '"$lines"' { print }')" '' \
	'each two lines swapped'
is "$(each 'NR == n { sub(/"time":"20/, "\"time\":\"21") } { print }')" '' \
	'the time of each line'
exits 0 'as it was' df-verify

# ---- how it is said ------------------------------------------------------

blob=$(readlink "$DF_RUN/report.json")
blob=${blob##*/}
flip "$DF_RUN/$(readlink "$DF_RUN/report.json")" 100
exits 6 'a report with another byte' df-verify
is "$(head -n 1 "$out")" BROKEN 'BROKEN is the first word'
has "$err" "blob $blob does not hold the bytes of its name"
exits 6 'with --json' df-verify --json
is "$(jq -r .verdict "$out")" BROKEN 'the verdict'
is "$(jq -r '.findings[].message' "$out" | grep -c "$blob")" 1 'the blob'
exits 6 'df-decide does not take it' df-decide amend -m why --effect note
exits 6 'nor df-freeze' df-freeze
flip "$DF_RUN/$(readlink "$DF_RUN/report.json")" 100
ln -sf blobs/sha256/"$blob" "$DF_RUN/result/merged.patch"
exits 6 'a name that leads elsewhere' df-verify
has "$err" 'BROKEN: result/merged.patch: the link is not the one that the log'
exits 6 'with --json' df-verify --json
is "$(jq -r '.findings[].place' "$out")" result/merged.patch 'the place'
done_testing
