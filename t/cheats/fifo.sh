#!/bin/sh
# A fifo in the place of a file: who opens it waits for ever.
#
# ends: FAILED tree.entry

. "${0%/*}/lib/agent.sh"
mkdir d
mkfifo d/data.json
result PASS
