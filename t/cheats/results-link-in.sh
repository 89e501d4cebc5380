#!/bin/sh
# The results file is a link to a file that is part of the result.
#
# ends: FAILED results.missing

. "${0%/*}/lib/agent.sh"
echo 'Status: PASS' >pass.md
ln -s ../pass.md .df/RESULTS.md
