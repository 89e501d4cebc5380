#!/bin/sh
# More files than are allowed.
#
# ends: FAILED tree.limit

. "${0%/*}/lib/agent.sh"
perl -e 'for (1 .. 1100) { open my $f, ">", "f$_" }'
result PASS
