#!/bin/sh
# Goes on changing a file into a link and a fifo until it is killed, from many
# processes that nobody waits for; what is there when the last one dies is read.
#
# ends: FAILED tree.entry, FAILED tree.link, COMPLETED

. "${0%/*}/lib/agent.sh"
result PASS
mkdir "$name"
for i in 1 2 3; do
	setsid sh -c 'while :; do
		ln -sfn "$CHEAT_SPEC/D9_HOLDOUT_SCENARIOS.md" "$1/f"
		mkfifo "$1/g$2"
		mv -fT "$1/g$2" "$1/f"
		echo regular >"$1/h$2"
		mv -fT "$1/h$2" "$1/f"
	done' sh "$name" "$i" >/dev/null 2>&1 &
done
sleep 0.1
