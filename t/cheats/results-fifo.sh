#!/bin/sh
# The results file is a fifo, into which nobody writes.
#
# ends: FAILED results.type

. "${0%/*}/lib/agent.sh"
mkfifo .df/RESULTS.md
