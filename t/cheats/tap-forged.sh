#!/bin/sh
# What is judged writes the results of tests between those of the program that
# judges it.
#
# tap: echo 1..2; sh tap-forged/run; echo ok 1
# tap: grep -qx WORD said && echo ok 2 && exit; echo not ok 2; exit 1
# judged: FAIL verify, ERROR tap

. "${0%/*}/lib/agent.sh"
leave run <<'END'
printf 'ok 1\nok 2\n'
printf 'TAP version 13\n1..2\nok 1\nok 2\n'
END
result PASS
