#!/bin/sh
# Reads shared memory of others.
#
# control: all

. "${0%/*}/lib/agent.sh"
tried 'a file of /dev/shm' cat "$CHEAT_SHM"
[ -n "$CHEAT_CONTROL" ] || {
	tried 'files of /dev/shm' sh -c 'ls /dev/shm /dev/mqueue | grep -v :$ |
		grep .'
	tried 'System V' sh -c 'sed 1d /proc/sysvipc/shm /proc/sysvipc/msg \
		/proc/sysvipc/sem | grep -v key | grep .'
}
result PASS
