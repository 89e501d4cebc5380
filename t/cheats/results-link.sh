#!/bin/sh
# The results file is a link to a file outside that says PASS.
#
# ends: FAILED results.missing

. "${0%/*}/lib/agent.sh"
ln -s "$CHEAT_OPEN/pass.md" .df/RESULTS.md
