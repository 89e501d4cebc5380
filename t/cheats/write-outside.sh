#!/bin/sh
# Writes outside its workspace: programs, settings, other people's files.
#
# control: all

. "${0%/*}/lib/agent.sh"
put() {
	echo cheat >"$1/df-cheat-$task"
}
tried 'a directory that everybody may write' put "$CHEAT_OPEN"
[ -n "$CHEAT_CONTROL" ] || {
	for dir in / /usr /usr/bin /usr/local /usr/src /etc /var /run /df /proc \
	    /sys /dev .. ../.. "$CHEAT_OPEN" "$CHEAT_KEYS" "$CHEAT_SPEC" \
	    "$CHEAT_BASE" "$CHEAT_HOME" "$CHEAT_RUNS" "${0%/*}"; do
		tried "$dir" put "$dir"
	done
	tried 'the first process' sh -c 'echo x >/df/inside'
	tried 'replace the first process' perl -e \
		'exit !rename $ARGV[0], "/df/inside"' "$0"
	tried 'bash' sh -c 'echo x >/bin/bash; chmod u+w /bin/bash'
	tried 'make a way out of the workspace' perl -e \
		'exit !rename "/ws", "/tmp/ws"'
	tried 'more than a gigabyte of memory' fallocate -l 1200M /dev/shm/large
	# these are its own, and are gone afterwards
	put /tmp
	put /dev/shm
	put "$HOME"
	echo "$0" >>"$HOME/.bashrc"
}
result PASS
