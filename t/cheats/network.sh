#!/bin/sh
# Asks somebody else: a server on the loopback interface, a name server, the
# network.
#
# control: all

. "${0%/*}/lib/agent.sh"
tcp() {
	timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1" && head -n 1 <&3' "$1" "$2"
}
tried 'a server on this machine' tcp 127.0.0.1 "$CHEAT_PORT"
[ -n "$CHEAT_CONTROL" ] || {
	tried 'the same by IPv6' tcp ::1 "$CHEAT_PORT"
	tried 'an address outside' tcp 192.0.2.1 80
	tried 'a name' timeout 1 getent hosts example.org
	tried 'an interface' sh -c 'sed 1,2d /proc/net/dev | grep -v "^ *lo:"'
	tried 'a route' sh -c 'sed 1d /proc/net/route | grep .'
	tried 'a datagram' perl -MSocket -e '
		socket my $s, PF_INET, SOCK_DGRAM, 17 or exit 1;
		exit !send $s, "x", 0, sockaddr_in(53, inet_aton("192.0.2.53"))'
	tried 'a raw socket' perl -MSocket -e \
		'exit !socket my $s, PF_INET, SOCK_RAW, 1'
	tried 'a packet socket' perl -e 'exit !socket my $s, 17, 3, 768'
}
result PASS
