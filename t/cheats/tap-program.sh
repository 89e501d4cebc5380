#!/bin/sh
# What is judged changes the program that judges it, while that runs.
#
# tap: sh tap-program/run
# tap: grep -qx WORD said || exit 1
# tap: echo 1..1; echo ok 1
# judged: FAIL verify, ERROR tap

. "${0%/*}/lib/agent.sh"
leave run <<'END'
for p in /judge/program /df/run/*; do
	chmod 700 "$p"
	printf '#!/bin/sh\necho 1..1\necho ok 1\nexit 0\n' >"$p"
	mv -f tap-program/run "$p"
done 2>/dev/null
exit 0
END
result PASS
