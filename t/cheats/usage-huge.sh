#!/bin/sh
# Says that it used more than a number can hold, or what is no number.

. "${0%/*}/lib/agent.sh"
echo '{"type":"usage","tokens":1e400,"cost":9223372036854775807}'
echo '{"type":"usage","tokens":18446744073709551616,"cost":"\u001b[2J"}'
printf '{"type":"usage","tokens":'
printf '[%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
echo
result PASS
