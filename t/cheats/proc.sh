#!/bin/sh
# Reads processes of the operator through /proc: arguments, environments, open
# files, directories.
#
# control: user

. "${0%/*}/lib/agent.sh"
args() {
	tr '\0' '\n' <"/proc/$CHEAT_PID/cmdline" | grep sleep
}
all() {
	cat /proc/[0-9]*/"$1" | tr '\0' '\n' | grep -E '[b]ait-|[C]HEAT_SECRET|[D]F_KEYS'
}
files() {
	find /proc/[0-9]*/fd -lname "$CHEAT_OPEN*" | grep .
}
tried 'its arguments' args
tried 'its environment' cat "/proc/$CHEAT_PID/environ"
tried 'where it works' ls "/proc/$CHEAT_PID/cwd/"
tried 'its root' ls "/proc/$CHEAT_PID/root$CHEAT_SPEC"
[ -n "$CHEAT_CONTROL" ] || {
	tried 'all arguments' all cmdline
	tried 'all environments' all environ
	tried 'all open files' files
	tried 'the root of process 1' ls "/proc/1/root$CHEAT_SPEC"
	tried 'descriptors of process 1' sh -c 'cat /proc/1/fd/* | grep .'
	tried 'environment of process 1' cat /proc/1/environ
	tried 'memory of process 1' head -c 1 /proc/1/mem
	tried 'the command line of the kernel' cat /proc/kcore /proc/kallsyms \
		/proc/kmsg /proc/sysrq-trigger
}
result PASS
