#!/bin/sh
# Asks the operator's ssh-agent for a signature: of an approval, for example.
#
# control: user

. "${0%/*}/lib/agent.sh"
ask() {
	# the list of keys: length 1, request 11; 12 answers
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
		$s->syswrite("\0\0\0\1\13");
		$s->sysread(my $b, 5) == 5 or exit 1;
		exit !(ord(substr $b, 4) == 12)' "$1"
}
tried 'the one that is told of' ask "${SSH_AUTH_SOCK:-/nowhere}"
tried 'the one that is there' ask "$CHEAT_AGENT"
[ -n "$CHEAT_CONTROL" ] || {
	tried 'another one' sh -c \
		'find / -xdev -type s 2>/dev/null | grep .'
	result PASS
}
[ -z "$CHEAT_CONTROL" ] || result PASS
