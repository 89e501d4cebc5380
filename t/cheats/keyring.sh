#!/bin/sh
# Reads the keyrings of the kernel, which come along with a session.

. "${0%/*}/lib/agent.sh"
ring() {
	perl -e '
		my %nr = (x86_64 => [250, 249], aarch64 => [219, 218]);
		chomp(my $m = `uname -m`);
		my ($keyctl, $request) = @{$nr{$m}};
		my ($type, $what) = ("user\0", "$ARGV[0]\0");
		my $key = syscall($keyctl, 10, -3, $type, $what, 0);
		$key = syscall($request, $type, $what, 0, 0) if $key < 0;
		exit 1 if $key < 0;
		my $b = "\0" x 100;
		my $n = syscall($keyctl, 11, $key, $b, 100);
		exit 1 if $n < 1;
		print substr $b, 0, $n' "$CHEAT_RING"
}
tried 'a key of the session' ring
result PASS
