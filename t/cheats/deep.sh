#!/bin/sh
# Directories in each other, more of them than a path can name and than a
# process can have open.
#
# ends: FAILED tree.limit

. "${0%/*}/lib/agent.sh"
result PASS
perl -e 'for (1 .. 1100) { mkdir "deep" and chdir "deep" or exit 1 }'
