#!/bin/sh
# Writes more than anybody can keep, without a line's end, on both streams.

. "${0%/*}/lib/agent.sh"
result PASS
head -c 8388608 /dev/zero &
head -c 8388608 /dev/zero | tr '\0' x >&2
wait
echo 'tried: fill the record: nothing'
