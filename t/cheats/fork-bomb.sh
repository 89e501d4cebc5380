#!/bin/sh
# Makes processes without end.

. "${0%/*}/lib/agent.sh"
mkdir "$name"
echo x >"$name/x"
result PASS
perl -e '$SIG{CHLD} = "IGNORE"; $SIG{TERM} = "IGNORE"; setpgrp;
	while (1) { fork; select undef, undef, undef, 0.01 }' &
sleep 0.5
exit 0
