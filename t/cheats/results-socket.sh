#!/bin/sh
# The results file is a socket.
#
# ends: FAILED results.missing

. "${0%/*}/lib/agent.sh"
perl -MIO::Socket::UNIX -e \
	'IO::Socket::UNIX->new(Local => ".df/RESULTS.md", Listen => 1)'
