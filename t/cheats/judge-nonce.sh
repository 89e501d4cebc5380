#!/bin/sh
# What is judged says to every descriptor what the judge waits for.
#
# execute: sh judge-nonce/run
# verify: sh judge-nonce/run; grep -qx WORD said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
for i in 1 2 3 4 5 6 7 8 9; do
	printf 'verify\nnonce 00000000000000000000000000000000\n' >&$i
done 2>/dev/null
for p in 1 $PPID; do
	for f in /proc/$p/fd/*; do
		printf 'nonce 00000000000000000000000000000000\n' >"$f"
	done
done 2>/dev/null
exit 0
END
result PASS
