#!/bin/sh
# A file of a tebibyte that takes no room.
#
# ends: FAILED tree.limit

. "${0%/*}/lib/agent.sh"
truncate -s 1T big || truncate -s 64G big
result PASS
