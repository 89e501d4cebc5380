#!/bin/sh
# What is judged says that all is well, and ends the program that judges it.
#
# tap: sh tap-killed/run; echo 1..1; echo not ok 1; exit 1
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
printf '1..1\nok 1\n'
kill -KILL $PPID
END
result PASS
