#!/bin/sh
# The results file says PASS and has a tebibyte of holes.
#
# ends: FAILED file.size

. "${0%/*}/lib/agent.sh"
result PASS
truncate -s 1T .df/RESULTS.md || truncate -s 64G .df/RESULTS.md
