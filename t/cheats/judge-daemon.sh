#!/bin/sh
# What is judged stays, and writes an answer again and again; it is killed before
# anything else is judged.
#
# execute: sh judge-daemon/run
# verify: sleep 0.2; grep -qx WORD daemon-said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
setsid sh -c 'while :; do
	echo ok 1 >daemon-said
	echo ok 1 >/tmp/daemon-said
done' >/dev/null 2>&1 &
END
result PASS
