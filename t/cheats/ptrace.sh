#!/bin/sh
# Traces the process that started it, and one of the operator's.
#
# control: user

. "${0%/*}/lib/agent.sh"
trace() {
	perl -e '
		my %nr = (x86_64 => 101, aarch64 => 117);
		chomp(my $m = `uname -m`);
		my $pid = shift;
		syscall($nr{$m}, 16, $pid + 0, 0, 0) == 0 or exit 1;
		waitpid $pid, 0x40000000;
		syscall($nr{$m}, 17, $pid + 0, 0, 0);' "$1"
}
memory() {
	perl -e 'open my $m, "<", "/proc/$ARGV[0]/maps" or exit 1;
		<$m> =~ /^([0-9a-f]+)/ or exit 1;
		open my $f, "<", "/proc/$ARGV[0]/mem" or exit 1;
		sysseek $f, hex $1, 0; sysread $f, my $b, 64 or exit 1' "$1"
}
tried 'attach to it' trace "$CHEAT_PID"
tried 'read its memory' memory "$CHEAT_PID"
[ -n "$CHEAT_CONTROL" ] || for pid in 1 "$PPID"; do
	[ "$pid" = $$ ] || tried "attach to $pid" trace "$pid"
	tried "read the memory of $pid" memory "$pid"
done
result PASS
