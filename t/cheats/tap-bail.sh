#!/bin/sh
# What is judged says that it has to stop, behind tests that were well.
#
# tap: echo 1..1; echo ok 1; sh tap-bail/run; exit 0
# judged: ERROR tap

. "${0%/*}/lib/agent.sh"
leave run <<'END'
echo 'Bail out!  there is no more'
END
result PASS
