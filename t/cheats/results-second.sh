#!/bin/sh
# Says FAIL where a person looks and PASS behind it, and the other way round in
# a comment.
#
# ends: FAILED results.status

. "${0%/*}/lib/agent.sh"
printf '# Results\n\n<!-- nothing -->\n## Status: FAIL\n\n## Status: PASS\nStatus: PASS\n' \
	>.df/RESULTS.md
