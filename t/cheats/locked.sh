#!/bin/sh
# Takes away all rights to its workspace and its home, from itself too.
#
# ends: FAILED tree.entry, FAILED results.missing, COMPLETED

. "${0%/*}/lib/agent.sh"
mkdir "$name"
echo x >"$name/x"
result PASS
chmod 0 "$name/x" "$name" .df/RESULTS.md .df "$HOME" .
