#!/bin/sh
# A socket in the result.
#
# ends: FAILED tree.entry

. "${0%/*}/lib/agent.sh"
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "s", Listen => 1)'
result PASS
