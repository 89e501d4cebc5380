#!/bin/sh
# Does not end when it is asked to.
#
# ends: FAILED agent.timeout

trap '' TERM HUP INT
. "${0%/*}/lib/agent.sh"
result PASS
while :; do
	sleep 100
done
