#!/bin/sh
# A name that is no .git here, and is one elsewhere.
#
# ends: FAILED tree.entry

. "${0%/*}/lib/agent.sh"
mkdir -p "$name/git~1/hooks" "$name/.git " "$name/.git::\$INDEX_ALLOCATION"
echo 'exit 1' >"$name/git~1/hooks/pre-commit"
echo x >"$name/.git /config"
echo x >"$name/.git::\$INDEX_ALLOCATION/config"
result PASS
