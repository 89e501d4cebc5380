#!/bin/sh
# Reads this run, and other runs: records, the sealed suite, what others built.
#
# control: all

. "${0%/*}/lib/agent.sh"
runs() {
	cat "$CHEAT_RUNS"/*/run.json "$CHEAT_RUNS"/*/commitment.json
}
tried 'read runs' runs
tried 'list the runs' ls "$CHEAT_RUNS"
result PASS
