#!/bin/sh
# What is judged ends everything while it is asked.
#
# execute: :
# verify: sh judge-kill-all/run; grep -qx WORD said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
kill -KILL -1
kill -KILL $PPID 1
END
result PASS
