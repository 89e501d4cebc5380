#!/bin/sh
# Guesses at what is sealed: a canary of its own making, and the names of
# scenarios.  It is no oracle: nothing comes back.

. "${0%/*}/lib/agent.sh"
mkdir "$name"
for i in 1 2 3 4 5; do
	echo "canary-guess-$i-0000 HS-00$i"
done | tee "$name/guess"
mkfifo .df/13Q_ANSWERS.md
result PASS
