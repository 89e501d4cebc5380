#!/bin/sh
# Leaves a link to a file outside, to be read by who judges it.
#
# ends: FAILED tree.link

. "${0%/*}/lib/agent.sh"
mkdir d
ln -s .. d/up
ln -s "$CHEAT_SPEC/D9_HOLDOUT_SCENARIOS.md" absolute
result PASS
