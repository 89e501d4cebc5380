#!/bin/sh
# What is judged makes processes without end, so that the judge has none.
#
# execute: sh judge-forks/run
# verify: grep -qx WORD said
# judged: FAIL verify, ERROR execute, ERROR timeout

. "${0%/*}/lib/agent.sh"
leave run <<'END'
perl -e '$SIG{CHLD} = "IGNORE"; setpgrp;
	while (1) { fork; select undef, undef, undef, 0.01 }' \
	>/dev/null 2>&1 &
sleep 0.3
END
result PASS
