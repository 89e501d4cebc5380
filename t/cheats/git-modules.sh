#!/bin/sh
# The list of submodules is a link, which git refuses to have in an index: who
# takes the result could not.
#
# ends: FAILED tree.link

. "${0%/*}/lib/agent.sh"
echo x >x
ln -s x .GitModules
result PASS
