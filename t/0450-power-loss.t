#!/bin/sh
# The power goes away after each call that changes a file: whatever of it the
# disk has, the runs on it verify, nothing that was committed is lost, and the
# same commands finish the work.

# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-boot df-handoff df-prompt df-dispatch df-holdout df-report \
	df-decide df-freeze df-verify
needs_prog ssh-keygen
record=$build/t/fault/record.so
powerloss=$build/t/fault/powerloss
for line in "$record" "$powerloss"; do
	[ -x "$line" ] || plan skip_all "$line is not built"
done

keys
tiny_spec spec
mkdir base runs now
# shellcheck disable=SC2016
for line in 'greet.sh echo "hello $1"' 'part.sh echo "goodbye $1"' \
    'count.sh echo $#'; do
	echo "${line#* }" >"base/${line%% *}"
done
adapter idle 'result PASS' '"workspace":"none"'

# The whole pipeline, and what may follow the seal.
cat >all <<'EOF'
#!/bin/sh
# all RUNS: what is done in one of a run's life, as far as it is not done
set -e
run=$(ls -d "$1"/r-* 2>/dev/null | head -n 1)
[ -n "$run" ] || run=$(df-boot -q -o "$1" --spec "$tmp/spec" \
	--base "$tmp/base" --profile solo --set sandbox.level=none \
	--set "agent.adapter=$tmp/agents/idle.json" \
	--set policy.require_isolation=false --set limits.max_attempts=9 \
	--set limits.max_eval_attempts=9)
DF_RUN=$run
export DF_RUN
is() {
	df-status | cut -f 2 | grep -qx "$1"
}
if is executing; then
	df-handoff -q
	df-prompt -q
	df-dispatch -q -j1
	df-holdout -q
fi
if is evaluating; then
	grep -q '"type":"holdout.completed"' "$run/log.jsonl" || df-holdout -q
	df-report -q
	df-decide -q approve -m ok
fi
df-freeze -q
grep -q '"type":"decision.amended"' "$run/log.jsonl" ||
	df-decide -q amend -m 'seen again' --effect note
df-freeze -q
EOF
cat >again <<'EOF'
#!/bin/sh
# again: the same commands, on a copy of the disk
set -e
rm -rf "$tmp/copy"
cp -a . "$tmp/copy"
cd "$tmp"
"$tmp/all" copy
df-verify -q copy/r-* | grep -q '^VERIFIED'
[ "$(ls -A copy)" = "$(ls copy)" ]
EOF
chmod 755 all again
export tmp

env LD_PRELOAD="$record" DF_RECORD="$tmp/record" \
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
	./all runs >"$out" 2>"$err" || bail 'the recording failed'
must df-verify -q runs/r-*
n_sync=$(grep -ac '^[FS]' record)
ok 'programs synced what they wrote' test "$n_sync" -gt 20

# What is on the last disk is what is there.
run "$powerloss" record runs now 20 again
is "$rc" 0 'every disk verifies, and the work can be finished on it'
sed 's/^/# /' "$out"
(cd now && find . ! -type d | sort) >left
(cd runs && find . ! -type d | sort) >right
ok 'the last disk is the run' cmp left right

# A disk that is never told to sync loses what it was told to keep.
grep -av '^F [0-9]*$' record | grep -avx S >lazy
rm -rf now
mkdir now
run "$powerloss" lazy runs now
is "$rc" 1 'without syncs that would not be so'
has "$out" 'a log that is not synced when its program has ended'
done_testing
