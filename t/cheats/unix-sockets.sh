#!/bin/sh
# Talks to servers of the host on Unix sockets, with and without a name in the
# file system; one of them would start a process for it outside.
#
# control: all

. "${0%/*}/lib/agent.sh"
talk() {
	perl -MIO::Socket::UNIX -e '
		my $name = $ARGV[0];
		$name =~ s/^\@/\0/;
		my $s = IO::Socket::UNIX->new(Peer => $name) or exit 1;
		sysread $s, my $b, 100 or exit 1; print $b' "$1"
}
tried 'a socket that has a path' talk "$CHEAT_SOCK"
tried 'an abstract one' talk "@$CHEAT_SOCK"
[ -n "$CHEAT_CONTROL" ] || {
	for sock in /run/docker.sock /var/run/docker.sock \
	    /run/containerd/containerd.sock /run/podman/podman.sock \
	    /run/dbus/system_bus_socket "/run/user/$(id -u)/bus" \
	    /run/systemd/private /run/systemd/notify; do
		tried "$sock" talk "$sock"
	done
	tried 'what sockets there are' grep @ /proc/net/unix
}
result PASS
