#!/bin/sh
# Takes away all rights to its workspace alone.
#
# ends: FAILED tree.entry, FAILED results.missing, COMPLETED

. "${0%/*}/lib/agent.sh"
result PASS
chmod 0 .
