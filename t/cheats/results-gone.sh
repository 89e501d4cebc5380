#!/bin/sh
# Says everywhere but in the results file that all is well, and ends with 0.
#
# ends: FAILED results.missing

. "${0%/*}/lib/agent.sh"
echo 'Status: PASS' | tee RESULTS.md .df/STATUS .df/results.md
echo '{"type":"result","status":"PASS","exit":0}'
exit 0
