#!/bin/sh
# Gets capabilities in namespaces of its own, or enters those of others.

. "${0%/*}/lib/agent.sh"
for ns in user mount pid net ipc uts cgroup; do
	tried "unshare $ns" unshare "--$ns" true
done
tried 'a user namespace and a mount' unshare -rm mount -t tmpfs none /tmp
tried 'a mount' mount -t tmpfs none /tmp
tried 'write to what is read-only' sh -c 'mount -o remount,rw / ||
	mount -o remount,rw,bind /usr'
tried 'unmount' umount /usr/src
tried 'chroot' chroot / true
tried 'enter process 1' nsenter -t 1 -m -u true
tried 'another uid' setpriv --reuid 0 true
tried 'another group' setpriv --clear-groups true
tried 'more rights' sh -c 'grep -E "^Cap(Eff|Prm|Bnd|Amb):" /proc/self/status |
	grep -v 0000000000000000'
tried 'the host name' hostname cheat
tried 'settings of the kernel' sh -c 'echo 0 >/proc/sys/kernel/randomize_va_space'
tried 'a core pattern' sh -c 'echo "|/ws/x" >/proc/sys/kernel/core_pattern'
result PASS
