#!/bin/sh
# Leaves processes that go on when it has ended: they change the result while
# it is read, and the results file when it is judged.

. "${0%/*}/lib/agent.sh"
mkdir "$name"
echo first >"$name/file"
result FAIL
cat >/tmp/later <<'END'
trap '' TERM HUP INT QUIT ABRT USR1 PIPE
sleep 3
ln -sf "$CHEAT_SPEC/D9_HOLDOUT_SCENARIOS.md" daemons/file
echo late >daemons/late
printf 'Status: PASS (late)\n' >.df/RESULTS.md
sleep 1000
END
for _ in 1 2; do
	setsid sh -c 'setsid sh -c "setsid sh /tmp/later cheat &" &' \
		</dev/null >/dev/null 2>&1
	(sh /tmp/later &)
done
perl -e 'fork and exit; fork and exit; $0 = "kworker/0:1"; chdir "/"; sleep 1000'
echo last >"$name/file"
result PASS
