#!/bin/sh
# What is judged ends its judge before it can say no.
#
# execute: sh judge-kill/run
# verify: grep -qx WORD said
# judged: ERROR signal

. "${0%/*}/lib/agent.sh"
leave run <<'END'
kill -HUP $PPID
kill -TERM $PPID
kill -KILL $PPID
END
result PASS
