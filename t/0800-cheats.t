#!/bin/sh
# Agents that cheat (t/cheats), each as an agent of a real run: those whose
# attempt fails, and those that build something all the same.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/cheats/lib/run.sh
. "$t/cheats/lib/run.sh"
cheats_ready
cheats_adapter ''
limits='--set retry.failures=none --set limits.processes=150
	--set limits.tree_entries=1000 --set limits.output_bytes=65536'
fail='' build=''
for i in $(names all); do
	[ -z "$(head_of "$i" judged)" ] || continue
	case $(head_of "$i" ends) in
	FAILED*) fail="$fail $i" ;;
	*) build="$build $i" ;;
	esac
done

# ---- whose attempt fails ----

opts="$limits --set limits.attempt_seconds=4"
# shellcheck disable=SC2086 # words
cheats_run $fail
is "$rc" 8 'one took too long: exit 8'
cheats_said
cheats_over
exits 0 'the run verifies' df-verify "$DF_RUN"

# ---- who builds something ----

opts=$limits
# shellcheck disable=SC2086
cheats_run $build
is "$rc" 0 'all is done, by their own word: exit 0'
cheats_said
cheats_over
done_testing
