#!/bin/sh
# Ends everything that it can see, first of all who started it.

. "${0%/*}/lib/agent.sh"
result PASS
tried 'signal the operator' kill -0 "$CHEAT_PID"
for sig in TERM STOP KILL ABRT; do
	kill -s "$sig" 1 "$PPID" "$CHEAT_PID" -1 2>/dev/null
done
echo 'tried: end everything: nothing'
