#!/bin/sh
# What is judged stops the judge as a debugger does and lets it go on with a
# call of exit(0).
#
# execute: perl judge-ptrace/run; :
# verify: grep -qx WORD said
# judged: FAIL verify
# naive: fooled x86_64

. "${0%/*}/lib/agent.sh"
leave run <<'END'
my $pid = getppid;
syscall(101, 16, $pid, 0, 0) == 0 or exit 1;	# attach
waitpid $pid, 0x40000000;
my $regs = "\0" x 216;
syscall(101, 12, $pid, 0, $regs);
my @r = unpack "q27", $regs;
$r[10] = 231;		# rax: exit_group
$r[14] = 0;		# rdi
$r[15] = -1;		# of no call
$r[16] -= 2;		# rip, before the instruction that it waits in
$regs = pack "q27", @r;
syscall(101, 13, $pid, 0, $regs);
syscall(101, 17, $pid, 0, 0);
sleep 5;
END
result PASS
