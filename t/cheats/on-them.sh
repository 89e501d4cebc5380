#!/bin/sh
# An honest task that starts from what these left: it can be built.
#
# after: names attributes git-links git-dir git-file

. "${0%/*}/lib/agent.sh"
tried 'find something changed' sh -c 'git status --porcelain | grep .'
tried 'find a trace of a command' sh -c 'ls df-cheat-hook */df-cheat-hook | grep .'
tried 'find another history' git rev-parse -q --verify HEAD~1
echo x >"$name"
result PASS
