#!/bin/sh
# Several at once: locks hold, the chain stays dense and linked, each thing
# happens once, and who comes too late says so with the code of the table.

# shellcheck disable=SC2016,SC2119,SC2317 # for others; as they are; run by `ok'
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-log df-store df-status df-verify
needs_prog flock
keys

# together N COMMAND...: N of it at once; their exit statuses, sorted, in
# $codes
together() {
	rm -f code.*
	i=$1
	shift
	while [ "$i" -gt 0 ]; do
		{
			"$@" >"out.$i" 2>"err.$i"
			echo $? >"code.$i"
		} &
		i=$((i - 1))
	done
	wait
	codes=$(sort code.* | tr '\n' ' ')
}

# codes ALLOWED NAME: one of them at least was 0, and all are allowed
codes() {
	case $codes in
	*0*) ;;
	*)
		tap_fail "$2: exits $codes: nobody did it"
		cat err.*
		return
		;;
	esac
	if [ -z "$(printf %s "$codes" | tr -d "$1 ")" ]; then
		tap_pass "$2: exits $codes"
	else
		tap_fail "$2: exits $codes"
		cat err.* | sed 's/^/# /'
	fi
}

# once TYPE [WHAT]: it stands in the log once
once() {
	is "$(grep -F "${2:-\"type\":}" "$DF_RUN/log.jsonl" |
		grep -Fc "\"type\":\"$1\"")" 1 "one $1 ${2:+of $2}"
}

# linked NAME: the log is dense and linked, the run holds
linked() {
	n_lines=$(lines)
	is "$(sed -n 's/.*"dfseq":\([0-9]*\),.*/\1/p' "$DF_RUN/log.jsonl" |
		awk '$1 != NR { exit 1 } END { print NR }')" "$n_lines" \
		"$1: no line is missing"
	exits 0 "$1: the run holds" df-verify -q
}

# ---- runs ----------------------------------------------------------------

tiny_spec spec
mkdir base factory
echo 'echo "hello $1"' >base/greet.sh
echo 'echo "goodbye $1"' >base/part.sh
echo 'echo $#' >base/count.sh
adapter waits 'while [ ! -e '"$tmp/go"' ]; do sleep 0.02; done
result PASS' '"workspace":"none"'
together 4 df-boot -q -F factory --spec spec --base base --profile solo \
	--set sandbox.level=none --set "agent.adapter=$adapter" \
	--set policy.require_isolation=false
is "$codes" '0 0 0 0 ' 'four df-boot'
is "$(sort out.* | sed 's/.*-//' | tr '\n' ' ')" '1 2 3 4 ' 'four instances'
is "$(find factory/runs -mindepth 1 -maxdepth 1 ! -name 'r-*')" '' \
	'and nothing else'
for run in factory/runs/*-[1234]; do
	genesis=$(head -n 1 "$run/log.jsonl" | sha256sum | cut -c 1-64)
	grep '"type":"run.booted"' factory/log.jsonl | grep -c "$genesis"
done >known
is "$(tr '\n' ' ' <known)" '1 1 1 1 ' 'the factory knows each of them'
exits 0 'its log holds' df-log show -C factory
for run in factory/runs/*-[1234]; do
	df-verify -q "$run" >"$out" 2>"$err" || echo "$run"
done >broken
is "$(cat broken)" '' 'each of them holds'
DF_RUN=$(echo factory/runs/*-1)
export DF_RUN

together 4 df-handoff -q
codes 07 'four df-handoff'
once stage.completed '"stage":"handoff"'
together 4 df-prompt -q
codes 07 'four df-prompt'
once stage.completed '"stage":"prompt"'
linked 'made at once'

# ---- one works, others come ----------------------------------------------

bg into dispatched df-dispatch -q -j 2
first=$pid
ok 'df-dispatch has begun' await 10 grep -q '"stage":"dispatch/T-001"' \
	"$DF_RUN/log.jsonl"
exits 7 'a second df-dispatch' df-dispatch
has "$err" "the run's dispatcher is locked by another process"
exits 7 'df-freeze' df-freeze --cancel -m 'too early'
has "$err" "the run's dispatcher is locked by another process"
exits 4 'df-decide' df-decide approve -m 'too early'
exits 4 'df-holdout' df-holdout
exits 0 'df-report' df-report -q
exits 0 'df-handoff, which has nothing to do' df-handoff -q
exits 0 'df-status' df-status
exits 0 'df-verify' df-verify -q

# ---- two loops of appends beside it, and who reads -----------------------

# loop N: so many events
loop() {
	i=0
	while [ "$i" -lt 25 ]; do
		df-log append --data '{"seq":1}' checkpoint.saved \
			>/dev/null 2>>"loop.$1" || echo "exit $?" >>"loop.$1"
		i=$((i + 1))
	done
	: >"loop.$1.done"
}

: >loop.1
: >loop.2
loop 1 &
loop 2 &
: >readers
while [ ! -e loop.1.done ] || [ ! -e loop.2.done ]; do
	df-verify -q >"$out" 2>&1 || tail -n 1 "$out"
	df-status >"$out" 2>&1 || tail -n 1 "$out"
done >>readers
: >go
wait "$first"
is $? 0 'the first df-dispatch is done'
wait
is "$(cat loop.1 loop.2)" '' 'nobody was refused in the two loops'
is "$(cat readers)" '' 'who reads meanwhile is never wrong'
is "$(events checkpoint.saved)" 50 'twice 25 events are there'
for task in T-001 T-002 T-003 ; do
	once stage.completed "\"stage\":\"dispatch/$task\""
done
linked 'two loops and df-dispatch'

# ---- the log's lock ------------------------------------------------------

before=$(lines)
bg flock "$DF_RUN/log.jsonl" -c 'touch held
	while [ ! -e let_go ]; do sleep 0.02; done'
await 10 test -e held
bg into appended df-log append --data '{"seq":1}' checkpoint.saved
sleep 0.2
is "$(lines)" "$before" 'who finds the log locked waits'
: >let_go
wait "$pid"
is "$? $(lines)" "0 $((before + 1))" 'and goes on then'
together 3 df-store put spec/D1_CONSTITUTION.md
is "$codes" '0 0 0 ' 'the same blob three times'
exits 0 'it is whole' df-store fsck

# ---- what happens once ---------------------------------------------------

together 3 df-holdout -q
codes 0137 'three df-holdout'
once holdout.completed
linked 'judged at once'
together 3 df-report -q
codes 07 'three df-report'
together 3 df-decide -q approve -m 'all at once'
codes 047 'three df-decide'
once run.approved
linked 'decided at once'
together 3 df-freeze -q
codes 047 'three df-freeze'
once run.completed
linked 'sealed at once'
exits 0 'df-freeze once more' df-freeze -q
has "$out" 'seal/1.json'
exits 0 'sealed' df-verify
has "$out" 'approved, sealed'
together 3 df-decide -q amend -m 'and again' --effect note
codes 047 'three amendments'
linked 'amended at once'
done_testing
