#!/bin/sh
# Reads the scenarios where the operator keeps them, or finds them by name.
#
# control: all
# landlock: see that it is there

. "${0%/*}/lib/agent.sh"
search() {
	timeout 2 find / -xdev -path /proc -prune -o -name 'D9_*' -print -quit |
		grep .
}
tried 'read D9' cat "$CHEAT_SPEC/D9_HOLDOUT_SCENARIOS.md"
tried 'list the specification' ls "$CHEAT_SPEC"
tried 'see that it is there' test -e "$CHEAT_SPEC/D9_HOLDOUT_SCENARIOS.md"
[ -n "$CHEAT_CONTROL" ] || tried 'find D9 by name' search
result PASS
