#!/bin/sh
# Links files of others into its workspace, so that they are read with it or
# that their modes are changed with it.
#
# control: user

. "${0%/*}/lib/agent.sh"
tried 'a key' ln "$CHEAT_HOME/.ssh/id_ed25519" key
[ -n "$CHEAT_CONTROL" ] || {
	for file in /etc/ld.so.cache /etc/nsswitch.conf /usr/bin/env /df/inside \
	    "$0" "$CHEAT_SPEC/D9_HOLDOUT_SCENARIOS.md"; do
		tried "$file" ln "$file" linked
		rm -f linked
	done
	echo one >"$name"
	ln "$name" "$name.2"
}
rm -f key
result PASS
