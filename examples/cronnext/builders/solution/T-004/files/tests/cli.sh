# cli.sh - the command line

. tests/tap.sh

try 0 '2026-05-04T06:30 Mon' '' -f 2026-05-01T12:00 '30 6 * * mon'
try 0 '2026-05-04T06:30 Mon
2026-05-11T06:30 Mon' '' -n 2 -f 2026-05-01T12:00 '30 6 * * mon'
try 0 'At 06:30 on Monday.' '' -x '30 6 * * mon'
try 0 'At 06:30 on Monday.
2026-05-04T06:30 Mon' '' -xn1 -f2026-05-01T12:00 '30 6 * * mon'
try 0 '1970-01-01T00:01 Thu' '' -f 1970-01-01T00:00 '* * * * *'
try 0 '2026-05-01T12:05 Fri' '' -f 2026-05-01T12:00 -- '5 * * * *'

try 1 '' 'column 3: hour: 99 is not in 0-23' '6 99 * * *'
try 1 '' 'column 3: hour: 99 is not in 0-23' -x '6 99 * * *'
try 1 '' 'column 1: unknown nickname' @sometimes
try 1 '' 'never fires again before the year 10000' '0 0 31 6 *'
try 1 '' 'never fires again before the year 10000' \
    -f 9999-01-01T00:00 @yearly
try 0 'At 00:00 on day 31 of the month, in June.' '' -x '0 0 31 6 *'

usage='usage: cronnext [-x] [-n COUNT] [-f TIME] EXPRESSION'
try 2 '' "an expression was expected|$usage"
try 2 '' "one expression was expected; quote it|$usage" 6 7 '*' '*' '*'
try 2 '' "unknown option|$usage" -q @daily
try 2 '' "an option lacks its argument|$usage" -n
for count in 0 10000 99999999999999999999 -1 3x ''; do
	try 2 '' "-n: a number from 1 to 9999 was expected|$usage" \
	    -n "$count" @daily
done
no='-f: no such time (YYYY-MM-DDTHH:MM, years 1970 to 9999)'
for time in 2026-05-01 2026-02-29T00:00 2026-05-01T25:00 1969-12-31T23:59 \
    now; do
	try 2 '' "$no|$usage" -f "$time" @daily
done

run -h
first=$(sed -n 1p "$tmp/out")
ok '[ "$status" -eq 0 ] && [ "$first" = "$usage" ]' '-h writes the usage'

# Without -f it is now; the minute may pass between the two programs.
before=$(date -u +%Y-%m-%dT%H:%M)
run '* * * * *'
after=$(date -u +%Y-%m-%dT%H:%M)
got=$(cut -d ' ' -f 1 "$tmp/out")
run -f "$before" '* * * * *'
one=$(cut -d ' ' -f 1 "$tmp/out")
run -f "$after" '* * * * *'
two=$(cut -d ' ' -f 1 "$tmp/out")
ok '[ "$got" = "$one" ] || [ "$got" = "$two" ]' 'without -f it is now'

if [ -c /dev/full ]; then
	./cronnext @daily >/dev/full 2>"$tmp/err"
	status=$?
	ok '[ "$status" -eq 2 ] && grep -q "standard output" "$tmp/err"' \
	    'output that is lost is an error'
fi
read -r line <<END
$(printf 'a line\n' | { ./cronnext @daily >/dev/null; cat; })
END
ok '[ "$line" = "a line" ]' 'standard input is left alone'

end
