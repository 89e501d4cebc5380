# crontab.sh - crontab files

. tests/tap.sh

tab=$(printf '\t')
from=2026-05-01T12:00

# lines STATUS OUT ERR [ARG...]: a point about the crontab in $tmp/tab
lines() {
	want_status=$1 want_out=$2 want_err=$3
	shift 3
	run -c "$tmp/tab" -f "$from" "$@"
	out=$(cat "$tmp/out")
	err=$(sed "s|^cronnext: $tmp/||" "$tmp/err")
	ok '[ "$status" -eq "$want_status" ] && [ "$out" = "$want_out" ] &&
	    [ "$err" = "$want_err" ]' "$name"
}

cat >"$tmp/tab" <<'END'
# backups
SHELL=/bin/sh
MAILTO = "alice"
"QUOTED NAME"=1

30 6 * * mon	backup  --all
  @hourly rotate %Y
@reboot start
END
name='comments, settings, blank lines, entries'
lines 1 "2026-05-04T06:30 Mon${tab}6${tab}backup  --all
2026-05-01T13:00 Fri${tab}7${tab}rotate %Y" \
    'tab:4:1: minute: a number was expected'

printf '%s\n' "'A_1'='x'" '@daily one' '0 0 1 1 * two' >"$tmp/tab"
name='two times each'
lines 0 "2026-05-02T00:00 Sat${tab}2${tab}one
2026-05-03T00:00 Sun${tab}2${tab}one
2027-01-01T00:00 Fri${tab}3${tab}two
2028-01-01T00:00 Sat${tab}3${tab}two" '' -n 2

printf '%s\n' '0 0 30 2 * a' '* 7-6 * * * b' '@daily' '5 5 5 5 5' '1 2 3' \
    'hello there' '@daily c' >"$tmp/tab"
name='every fault is said, the rest is listed'
lines 1 "2026-05-02T00:00 Sat${tab}7${tab}c" \
    'tab:1: never fires again before the year 10000
tab:2:3: hour: the range runs backwards
tab:3:7: command: missing
tab:4:10: command: missing
tab:5:6: month: missing
tab:6:1: minute: a number was expected'

echo '  @daily ' >"$tmp/tab"
name='a missing command alone'
lines 1 '' 'tab:1:10: command: missing'

printf '@daily a\tb\033[1m\177 \303\251\r\n@daily last' >"$tmp/tab"
name='no control characters; the last line needs no end'
lines 0 "2026-05-02T00:00 Sat${tab}1${tab}a b?[1m? $(printf '\303\251')?
2026-05-02T00:00 Sat${tab}2${tab}last" ''

printf '@daily a\000b\n@daily c\n' >"$tmp/tab"
name='a NUL byte is a fault'
lines 1 "2026-05-02T00:00 Sat${tab}2${tab}c" 'tab:1:9: a NUL byte'

: >"$tmp/tab"
name='an empty file'
lines 0 '' ''

echo '@daily from a pipe' | ./cronnext -c - -f "$from" >"$tmp/out"
status=$?
out=$(cat "$tmp/out")
ok '[ "$status" -eq 0 ] &&
    [ "$out" = "2026-05-02T00:00 Sat${tab}1${tab}from a pipe" ]' \
    '- is standard input'
echo 'x' | ./cronnext -c - >"$tmp/out" 2>"$tmp/err"
err=$(cat "$tmp/err")
ok '[ "$err" = "cronnext: -:1:1: minute: a number was expected" ]' \
    'and is called -'

try 2 '' "$tmp/none: No such file or directory" -c "$tmp/none"
run -c "$tmp"
ok '[ "$status" -eq 2 ]' 'a directory cannot be read'
usage='usage: cronnext [-x] [-n COUNT] [-f TIME] EXPRESSION'
try 2 '' "-c takes neither -x nor an expression|$usage" -x -c "$tmp/tab"
try 2 '' "-c takes neither -x nor an expression|$usage" -c "$tmp/tab" @daily

end
