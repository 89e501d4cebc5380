#!/bin/sh
# What is judged leaves a fifo where its answer is looked for.
#
# execute: sh judge-fifo/run
# verify: grep -qx WORD fifo-said
# judged: ERROR timeout

. "${0%/*}/lib/agent.sh"
leave run <<'END'
mkfifo fifo-said
END
result PASS
