#!/bin/sh
# The end of the log after a crash, and a log that no crash leaves: what was
# committed holds and the next writer goes on, or it is refused; always it is
# said.

# shellcheck disable=SC2016,SC2059,SC2119,SC2317 # for others; texts are
# formats; as they are; run by `ok'
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-decide df-freeze df-log \
	df-status df-verify
needs_prog jq perl
tamper=$build/t/fault/tamper
[ -x "$tamper" ] || plan skip_all "$tamper is not built"
keys
cheap
must df-log append --data '{"seq":1}' checkpoint.saved
must df-log append --data '{"seq":2}' checkpoint.saved
cp -a "$DF_RUN" was
DF_RUN=run
log=run/log.jsonl

# fresh: run/ as it was, $lines of log, the last from byte $from to $size
fresh() {
	rm -rf run
	cp -a was run
}

fresh
lines=$(lines) size=$(stat -c %s $log)
from=$((size - $(tail -n 1 $log | wc -c)))

# append: the next writer
append() {
	df-log append --data '{"seq":3}' checkpoint.saved
}

# recovers NAME BYTES: so many are behind the last event, which df-verify says;
# the next writer commits to them
recovers() {
	exits 0 "$1" df-verify
	has "$err" "note: log.jsonl: $2 bytes behind the last event" \
		"$1: df-verify says it"
	tail -c "$2" $log >torn
	had=$(df-log show -q --json | wc -l)
	exits 0 "$1: the next writer" append
	is "$(tail -n 1 $log | jq -c .data.torn)" \
		"{\"bytes\":$2,\"digest\":\"$(digest_of torn)\"}" \
		"$1: commits to the bytes"
	is "$(df-verify --json | jq -c '[.verdict, .torn_bytes, .events]')" \
		"[\"VERIFIED\",$2,$((had + 1))]" "$1: and the run holds"
}

# refused NAME [TEXT]: df-verify and the next writer, who changes nothing
refused() {
	cp $log before
	exits 6 "$1" df-verify
	is "$(head -n 1 "$out")" BROKEN "$1: BROKEN"
	has "$err" "${2:-log}" "$1: ${2:-it names the log}"
	exits 6 "$1: the next writer" append
	ok "$1: nothing is changed" cmp before $log
}

# ---- a last line that was cut short --------------------------------------

ok 'cut at each byte of the last line' "$tamper" cut run
sed 's/^/# /' "$tmp/.look"
for k in 1 2 3 10 100 333 $((size - from - 3)) $((size - from - 2)); do
	fresh
	truncate -s $((from + k)) $log
	recovers "cut after $k bytes" "$k"
done

fresh
truncate -s $((size - 1)) $log
exits 0 'a line without its LF' df-verify
has "$err" "$((size - 1 - from)) bytes behind the last event"
exits 0 'which df-log shows' df-log show
is "$(wc -l <"$out")" $((lines - 1)) 'up to the line before'
has "$err" 'torn write'
exits 0 'the next writer' append
ok 'it gave it its LF' cmp -n "$size" was/log.jsonl $log
is "$(lines)" $((lines + 1)) 'and goes on'
hasnot $log '"torn"' 'nothing was torn'
exits 0 'the run holds' df-verify

# ---- a recovery that was cut short itself --------------------------------

fresh
truncate -s $((from + 200)) $log
must append
ok 'cut at each byte of the recovery' "$tamper" cut run $((from + 200))
sed 's/^/# /' "$tmp/.look"
second=$(stat -c %s $log)
cp -a run recovered
for k in 200 201 202 300 $((second - from - 2)); do
	rm -rf run
	cp -a recovered run
	truncate -s $((from + k)) $log
	recovers "a recovery that ends after $k bytes" "$k"
done
rm -rf run
cp -a recovered run
truncate -s $((second - 1)) $log
exits 0 'a recovery without its LF' append
is "$(df-verify --json | jq -c '[.verdict, .torn_bytes, .events]')" \
	"[\"VERIFIED\",200,$((lines + 1))]" 'counts'
rm -rf run
cp -a recovered run
flip $log $((from + 100))
refused 'another byte in what was torn'

# ---- what else a crash may leave -----------------------------------------

# behind NAME BYTES TEXT: it stands behind the last line
behind() {
	fresh
	printf "$3" >>$log
	recovers "$1" "$2"
}

behind 'one byte' 1 x
behind 'garbage' 12 'gar\377b\001ag\033[0m'
behind 'a NUL byte' 1 '\0'
behind 'a line that is no event' 2 'x\n'
behind 'an empty line' 1 '\n'
behind 'garbage and the beginning of a recovery' 12 'x\n{"data":{"'
fresh
head -c 4096 /dev/zero >>$log
recovers 'a page of NUL bytes' 4096
fresh
truncate -s "$from" $log
head -c $((size - from)) /dev/zero >>$log
recovers 'NUL bytes in the place of the last line' $((size - from))
fresh
head -c 65536 /dev/zero >>$log
recovers '64 KiB' 65536
fresh
head -c 65537 /dev/zero >>$log
refused 'more than 64 KiB' 'more than 64 KiB'

# ---- what no crash leaves ------------------------------------------------

# no_crash NAME TEXT: it stands behind the last line
no_crash() {
	fresh
	printf "$2" >>$log
	refused "$1"
}

no_crash 'a JSON value without LF' '{"a":1}'
no_crash 'a JSON value' '{"a":1}\n'
no_crash 'a number' 7
no_crash 'two lines of garbage' 'x\ny'
fresh
tail -n 1 was/log.jsonl >>$log
refused 'the last line twice' "log line $((lines + 1)): is out of sequence"
fresh
head -n 1 was/log.jsonl >>$log
refused 'the first line again' "log line $((lines + 1)): is out of sequence"
fresh
truncate -s $((size - 1)) $log
printf '\r\n' >>$log
refused 'CR before LF' "log line $lines"
fresh
{ printf '\357\273\277'; cat was/log.jsonl; } >$log
refused 'a byte order mark' 'log line 1'
fresh
: >$log
refused 'nothing' 'the log has no event'

# each PROGRAM: of awk, with n for each line but the last; all are refused.
# What makes one of the last two lines, which gave no names, is as good as torn.
each() {
	i=1
	while [ "$i" -lt "$lines" ]; do
		awk -v n="$i" "$1" was/log.jsonl >$log
		df-verify >"$out" 2>"$err"
		case $?:$(head -n 1 "$err") in
		"6:BROKEN: log line "*) ;;
		"0:note: log.jsonl: "*) [ "$i" -eq $((lines - 1)) ] ;;
		*) false ;;
		esac || echo "line $i: $(head -n 1 "$err")"
		i=$((i + 1))
	done
}

fresh
is "$(each 'NR != n')" '' 'each line but the last removed'
is "$(each 'NR == n { was = $0; next } { print } NR == n + 1 { print was }')" \
	'' 'each two lines swapped'
is "$(each '{ print } NR == n { print }')" '' 'each line twice'
is "$(each 'NR == n { printf "%s", $0; next } { print }')" '' \
	'each LF but the last removed'
is "$(each '{ print } NR == n { print "" }')" '' 'an empty line behind each'
is "$(each 'NR == n { $0 = substr($0, 1, length($0) / 2) } { print }')" '' \
	'each line cut in half'
awk 'NR == 1' was/log.jsonl >$log
exits 6 'the first line alone' df-verify
has "$err" 'a name that no event of the log has given [closed.lost]'

# ---- one byte of the last line -------------------------------------------

fresh
ok 'a bit of each byte of the last line' "$tamper" line run
sed 's/^/# /' "$tmp/.look"

# ---- an event that gave names --------------------------------------------

cp -a was named
(DF_RUN=named; must df-freeze -q --cancel -m 'no need')
rm -rf run
cp -a named run
truncate -s -100 $log
exits 6 'an event is torn whose names are there' df-verify
has "$err" 'a name that no event of the log has given'
has "$err" 'seal/1.json'

# ---- a sealed run --------------------------------------------------------

# sealed NAME CODE TEXT: it stands behind the last line
sealed() {
	rm -rf run
	cp -a named run
	printf "$3" >>$log
	exits "$2" "sealed: $1" df-verify
	has "$err" 'log.jsonl: ' "sealed, $1: it is said"
	exits 0 "sealed, $1: the next writer" df-log append --role df-admin \
		--data '{"critical":false,"incident":"INC-1"}' incident.linked
	exits 0 "sealed, $1: it holds again" df-verify
}

sealed 'the beginning of an event' 0 '{"data":{"critical"'
sealed 'and of its recovery' 0 '{"data":{"critical"\n{"data":{"'
# Where the length of a write is on disk and its bytes are not:
sealed 'NUL bytes' 0 '\0\0'
sealed 'the beginning of an event, NUL bytes' 0 '{"data":{"crit\0\0'
sealed 'garbage' 6 x
sealed 'garbage, NUL' 6 'x\0'
sealed 'NUL bytes and more' 6 '\0\0{'
sealed 'an empty line' 6 '\n'
sealed 'the beginning of an event, LF' 6 '{"data":{"critical"\n'
done_testing
