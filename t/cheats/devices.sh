#!/bin/sh
# Makes devices, and looks for some that are there: memory, disks, terminals.

. "${0%/*}/lib/agent.sh"
for type in 'b 8 0' 'c 1 1' 'c 1 3' 'c 5 0'; do
	# shellcheck disable=SC2086 # words
	tried "mknod $type" mknod dev $type
	rm -f dev
done
tried 'a device of the host' sh -c 'ls /dev | grep -E "^(mem|kmem|kmsg|port|sd|vd|nvme|loop|fuse|kvm|tty[0-9]|input|dri)"'
tried 'a terminal' sh -c 'exec 3<>/dev/tty'
tried 'characters into the terminal' perl -e \
	'for (0 .. 2) { open my $t, "<&=", $_; $n++ if ioctl $t, 0x5412, "x" } exit !$n'
result PASS
