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
fail='' builds=''
for i in $(names all); do
	[ -z "$(head_of "$i" judged)" ] || continue
	case $(head_of "$i" ends) in
	FAILED*) fail="$fail $i" ;;
	*) builds="$builds $i" ;;
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
cheats_run $builds
is "$rc" 0 'all is done, by their own word: exit 0'
cheats_said
cheats_over

# record NAME FILTER: what is recorded of its attempt
record() {
	jq -r "$2" "$DF_RUN/dispatch/$(task_of "$1")/1.json"
}

# host NAME FILTER: and measured
host() {
	jq -r "$2" "$DF_RUN/dispatch/$(task_of "$1")/1.host.json"
}
is "$(jq -r .isolation "$DF_RUN"/dispatch/*/1.host.json | sort -u)" ISOLATED \
	'each was isolated'
is "$(host limits '.after | [.survivors.count > 0, (.outside.paths |
	index("/tmp/df-cheat-hidden") != null)] | join(" ")')" 'true true' \
	'what it would hide is on record'
ok 'so are daemons' test "$(host daemons .after.survivors.count)" -ge 3
is "$(content "result/$(task_of daemons)/1.tree" daemons/file)" last \
	'and they changed nothing'
is "$(record set-id .result.setid)" 3 'set-id bits are on record'
is "$(cat "$DF_RUN"/blobs/sha256/* | grep -aoE '^\{"mode":"[0-9]+"' | sort -u |
	tr -dc '0-9\n' | tr '\n' ' ')" '040000 100644 100755 120000 ' 'and gone'
is "$(record hard-links .result.hardlinks)" 2 'so are hard links'
no 'nobody ran what was planted' grep -arqF df-cheat-hook \
	"$DF_RUN/result/$(task_of on-them)/1.tree"
is "$(jq -s 'map(.tokens_used // 0) | min' "$DF_RUN"/dispatch/*/1.json)" 0 \
	'nothing was used less than not at all'
exits 0 'the run verifies' df-verify "$DF_RUN"
done_testing
