#!/bin/sh
# Takes away the limits of the process that watches it, so that it can neither
# see what is left nor say so.

. "${0%/*}/lib/agent.sh"
result PASS
echo x >/tmp/df-cheat-hidden
setsid sleep 1000 &
for limit in nofile=0 as=4096 cpu=1 fsize=0 nproc=0 data=4096; do
	tried "$limit" prlimit "--pid=1" "--$limit"
done
true
