#!/bin/sh
# kill -9 at any instant: what was committed holds, what was not never was,
# the same command finishes the work, and no agent lives on.

# shellcheck disable=SC2016,SC2317 # dollars are for others; `scenes' runs them
if [ -z "$own_pids" ]; then
	[ "$(id -u)" -eq 0 ] || user='--user --map-current-user'
	# shellcheck disable=SC2086 # words
	if unshare $user --pid --fork --mount-proc --kill-child true 2>/dev/null
	then
		exec env own_pids=1 unshare $user --pid --fork --mount-proc \
			--kill-child sh "$0"
	fi
	echo '1..0 # SKIP no process namespace here'
	exit 0
fi
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/fault/fault.sh
. "$t/fault/fault.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-log df-store df-status df-verify
needs_prog ssh-keygen timeout
needs_fault
keys
states

# ---- at each call --------------------------------------------------------

# status: what df-status says of run/
status() {
	[ ! -e run ] || df-status 2>&1 | cut -f 2
}

shift=0

# murder PROGRAM STATE COMMAND...: before a sample of its calls, in the middle
# of some of its writes, and behind its last call
murder() {
	program=$1 state=$2
	shift 2
	restore
	before=$(status)
	run fault "$program:0:count" "$@"
	want=$rc after=$(status)
	deeds >"$tmp/deeds"
	cp "$tmp/fault" "$tmp/calls"
	shift=$((shift + 1))
	{
		sample 8 "$shift" <"$tmp/calls" | sed 's/^/kill /'
		grep ' write ' "$tmp/calls" | sample 3 "$shift" |
			sed 's/^/torn /'
		tail -n 1 "$tmp/calls" | sed 's/^/after /'
	} >"$tmp/points"
	: >"$tmp/wrong"
	while read -r how at rest; do
		restore
		run fault "$program:$at:$how" "$@" </dev/null
		died
		holds
		case $(status) in
		"$before" | "$after" | "${after%,sealed}") ;;
		*) wrong "df-status: $(status)" ;;
		esac
		again "$@" </dev/null
		finished
		[ -n "$before" ] && [ "$(status)" != "$after" ] &&
			wrong "df-status in the end: $(status)"
	done <"$tmp/points"
	cd "$tmp" || exit 1
	is "$(cat "$tmp/wrong")" '' "killed at $(wc -l <"$tmp/points") of $(
		wc -l <"$tmp/calls") calls of $program: $(echo "$@" |
		tr '\n\t' '  ')"
}

# died: it, or one of its children, which is no reason for it to die
died() {
	[ -s "$tmp/fault" ] || wrong "call $at $rest did not come"
	case $rc in
	137) return ;;
	esac
	first "$tmp/fault"
	case $program:$line in
	df-report:*) [ "$rc" -eq 9 ] ;;
	df-dispatch:*/scratch/*) [ "$rc" -eq 0 ] ;;
	df-holdout:*/scratch/*) [ "$rc" -eq 3 ] ;;
	*) false ;;
	esac || wrong "exit $rc"
}

scenes murder
if has_bwrap; then
	builder
	mkdir at/real
	must within at/real df-boot -q -o . --spec "$tmp/spec" \
		--base "$tmp/base" --profile solo \
		--set "agent.adapter=$adapter" --set limits.max_attempts=9
	mv at/real/r-* at/real/run
	must within at/real df-handoff -q
	must within at/real df-prompt -q
	murder df-dispatch real df-dispatch -q
else
	skip 1 'bwrap cannot make a sandbox here'
fi

# ---- agents --------------------------------------------------------------

# It says when it begins, in the list of calls.
adapter marks 'echo "agent $task" >>'"$tmp/fault"'
result PASS' '"workspace":"none"'
mkdir at/marks
must within at/marks df-boot -q -o . --spec "$tmp/spec" --base "$tmp/base" \
	--profile solo --set sandbox.level=none --set limits.max_attempts=9 \
	--set "agent.adapter=$adapter" --set policy.require_isolation=false
mv at/marks/r-* at/marks/run
must within at/marks df-handoff -q
must within at/marks df-prompt -q
state=marks how=count

# durable: no agent has begun before its line was on disk
durable() {
	awk '$2 == "write" && /log\.jsonl$/ { dirty = 1 }
	$2 == "fdatasync" && /log\.jsonl$/ { dirty = 0; synced = 1 }
	$1 == "agent" { n++; if (dirty || !synced) exit 1 }
	END { exit n != 3 }' "$tmp/fault"
}

restore
must fault df-dispatch:0:count df-dispatch -q
ok 'no agent begins before its attempt is on disk' durable
cp "$tmp/fault" "$tmp/calls"
: >"$tmp/wrong"
grep -v '^agent' "$tmp/calls" | sample 16 0 >"$tmp/points"
while read -r at rest; do
	restore
	run fault "df-dispatch:$at:kill" df-dispatch -q </dev/null
	while read -r word task; do
		[ "$word" != agent ] || grep -q \
			"\"stage\":\"dispatch/$task\".*\"type\":\"stage.started\"" \
			run/log.jsonl || wrong "$task has begun before its line"
	done <"$tmp/fault"
	run df-dispatch -q
	[ "$rc" -eq 0 ] || wrong "again: exit $rc: $(tail -n 1 "$err")"
	verified run
done <"$tmp/points"
cd "$tmp" || exit 1
is "$(cat "$tmp/wrong")" '' 'killed: who has begun is in the log'

# orphan LEVEL SCRIPT: df-dispatch is killed while an agent is at work; nothing
# of it lives on, and the next df-dispatch goes on
orphan() {
	adapter stays "$2" "${3:-\"workspace\":\"none\"}"
	rm -rf orphans
	mkdir orphans
	must within orphans df-boot -q -o . --spec "$tmp/spec" \
		--base "$tmp/base" --profile solo --set "sandbox.level=$1" \
		--set "agent.adapter=$adapter" \
		--set policy.require_isolation=false
	DF_RUN=$(echo orphans/r-*)
	must df-handoff -q
	must df-prompt -q
	rm -f here
	bg df-dispatch -q
	ok "$1: an agent is at work" await 10 running 98765
	kill -9 "$pid"
	ok "$1: nothing of it lives on" await 10 gone 98765
	ok "$1: the run holds" df-verify -q
	sed -i 's/exec sleep 98765//' agents/stays.d/agent
	exits 0 "$1: df-dispatch again" df-dispatch -q
	is "$(ls "$DF_RUN/dispatch/T-001")" '2.host.json
2.json' "$1: attempt 1 is lost, 2 is good"
	has "$DF_RUN/log.jsonl" '"attempt":1,"error":{"code":"lost"' \
		"$1: the log says that it was lost"
	ok "$1: it holds" df-verify -q
	DF_RUN=run
}

gone() {
	! running "$1"
}

orphan none 'exec sleep 98765
result PASS'
if has_bwrap; then
	orphan bwrap '(setsid sleep 98765 >/dev/null 2>&1 &)
exec sleep 98765
result PASS' '"workspace":"tree"'
else
	skip 7 'bwrap cannot make a sandbox here'
fi

# ---- at any time ---------------------------------------------------------

# storm COMMAND...: killed a little later each time, then not
storm() {
	for ms in 003 006 009 012 016 020 025 030 040 050; do
		timeout -s KILL "0.$ms" "$@" >/dev/null 2>&1 && break
		[ ! -e "$DF_RUN/log.jsonl" ] || df-verify -q >"$out" 2>"$err" ||
			echo "$1: $(tail -n 1 "$err")"
	done >>storm
	run "$@"
	[ "$rc" -eq 0 ] || echo "$1: exit $rc: $(tail -n 1 "$err")" >>storm
}

rm -rf now
mkdir storms
DF_RUN=storms/run
: >storm
storm df-boot -q -o storms --spec "$tmp/spec" --base "$tmp/base" \
	--profile solo --set "agent.adapter=$tmp/agents/idle.json" \
	--set sandbox.level=none --set policy.require_isolation=false \
	--set limits.max_attempts=99 --set limits.max_eval_attempts=99
mv "$(cat "$out")" "$DF_RUN"
for f in storms/* storms/.[!.]*; do
	case $f in
	storms/run | *'*') ;;
	*) df-verify -q "$f" >/dev/null 2>"$err" || echo "$f: $(cat "$err")" ;;
	esac
done >>storm
storm df-handoff -q
storm df-prompt -q
storm df-dispatch -q -j 3
storm df-holdout -q
storm df-report -q
storm df-decide approve -q -m ok
storm df-freeze -q
is "$(cat storm)" '' 'the run holds all the time, and every tool gets there'
exits 0 'after all that' df-verify
has "$out" 'VERIFIED'
has "$out" 'approved, sealed'
is "$(grep -c '"type":"run.approved"' storms/run/log.jsonl)" 1 'approved once'
is "$(grep -c '"type":"run.completed"' storms/run/log.jsonl)" 1 'sealed once'
done_testing
