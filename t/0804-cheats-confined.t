#!/bin/sh
# Agents that cheat (t/cheats) where nothing isolates them: at level landlock
# they gain what its record says that it leaves open, and no more; at level none
# they gain what they want, so these tests can fail.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/cheats/lib/run.sh
. "$t/cheats/lib/run.sh"
cheats_ready
control=''
for i in $(names control); do
	[ "$(head_of "$i" control)" = user ] && is_root && continue
	control="$control $i"
done

# ---- none ----

cheats_adapter CHEAT_CONTROL
opts='--set retry.failures=none --set sandbox.level=none
	--set policy.require_isolation=false'
# shellcheck disable=SC2086 # words
cheats_run $control
while read -r id name; do
	like "$DF_RUN/result/$id/1.log" ': GAINED$' \
		"$name gains something at level none"
done <agents/cheats/map
grep -ahoFf "$secrets" "$DF_RUN"/result/T-*/1.log | sort -u >seen
for i in canary-heliotrope bait-tcp bait-unix bait-shm; do
	has seen "$i" "and has it: $i"
done
if is_root; then
	skip 1 'root is not who runs them'
else
	has seen bait-ssh 'and has it: bait-ssh'
fi
ok 'it wrote where everybody may' sh -c 'ls bait/open/df-cheat-T-*'
rm -f bait/open/df-cheat-*
ok 'the keyring has its key' operator grep -q "$ring" /proc/keys
no 'no process is left' alive

# ---- landlock ----

has_landlock || {
	skip 1 'level landlock does not work here'
	done_testing
}
cheats_adapter ''
opts='--set retry.failures=none --set sandbox.level=landlock
	--set policy.require_isolation=false --set limits.processes=200'
# shellcheck disable=SC2046 # words
cheats_run $(names control) keyring descriptors environment namespaces devices
while read -r id name; do
	grep -as ': GAINED$' "$DF_RUN/result/$id/1.log" |
		sed 's/^tried: //; s/: GAINED$//' >got
	head_of "$name" landlock >known
	is "$(grep -vxFf known got)" '' "$name at level landlock"
done <agents/cheats/map
cheats_over
done_testing
