#!/bin/sh
# Reads from descriptors that it was started with: df-dispatch was started
# with one that is open on a secret.

. "${0%/*}/lib/agent.sh"
bytes() {
	perl -e 'for (3 .. 200) {
		open my $f, "<&=", $_ or next;
		sysread $f, my $b, 4096 and print "$_: $b\n" and $n++
	} exit !$n'
}
tried 'read from another' bytes
tried 'write to another' perl -e 'for (3 .. 200) {
	open my $f, ">&=", $_ or next;
	syswrite $f, qq({"exit":0}\n) and $n++ } exit !$n'
tried 'standard input' sh -c 'cat | grep .'
result PASS
