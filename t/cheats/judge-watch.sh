#!/bin/sh
# What is judged stays until Verify, reads the answer among the arguments of a
# program that looks for it, stops that, writes the answer and lets it go on.
#
# execute: sh judge-watch/run
# verify: sleep 0.1; grep -qx WORD watch-said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
echo no >watch-said
setsid perl -e '
	for (1 .. 2000000) {
		for my $p ($$ + 1 .. $$ + 12) {
			open my $f, "<", "/proc/$p/cmdline" or next;
			my ($name, undef, $word) = split /\0/, <$f> // "";
			next unless ($name // "") =~ /grep$/ && defined $word;
			kill "STOP", $p;
			open my $o, ">", "watch-said";
			print $o "$word\n";
			close $o;
			kill "CONT", $p;
			exit
		}
	}' >/dev/null 2>&1 &
END
result PASS
