#!/bin/sh
# A full disk, and one that fails: at each call with which a tool changes
# files, it ends with the code of the table, says which file it was, leaves
# nothing that is half there, and does its work when it is called again.

# shellcheck disable=SC2016,SC2317 # dollars are for others; `scenes' runs them
if [ -z "$own_mounts" ] && unshare --mount mount -t tmpfs none /mnt 2>/dev/null
then
	exec env own_mounts=1 unshare --mount sh "$0"
fi
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/fault/fault.sh
. "$t/fault/fault.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-log df-store df-verify
needs_prog ssh-keygen
needs_fault
keys
states

# ---- at each call --------------------------------------------------------

enospc='No space left on device' eio='Input/output error' shift=0

# spoil PROGRAM STATE COMMAND...: both at a sample of its calls
spoil() {
	program=$1 state=$2
	shift 2
	restore
	run fault "$program:0:count" "$@"
	want=$rc
	deeds >"$tmp/deeds"
	cp "$tmp/fault" "$tmp/calls"
	for how in enospc eio; do
		shift=$((shift + 1))
		sample 8 "$shift" <"$tmp/calls" >"$tmp/points"
		: >"$tmp/wrong"
		while read -r at rest; do
			restore
			run fault "$program:$at:$how" "$@" </dev/null
			said_why
			left
			holds
			again "$@" </dev/null
			finished
		done <"$tmp/points"
		cd "$tmp" || exit 1
		is "$(cat "$tmp/wrong")" '' "$how at $(wc -l <"$tmp/points") of $(
			wc -l <"$tmp/calls") calls of $program: $(echo "$@" |
			tr '\n\t' '  ')"
	done
}

# said_why: which file, and what about it
said_why() {
	[ -s "$tmp/fault" ] || wrong "call $at $rest did not come"
	# of several lines, the first is of what failed
	said=$(grep -F -m 1 -e "$enospc" -e "$eio" "$err") || {
		last "$err"
		said=$line
	}
	first "$tmp/fault"
	case $rc:$said in
	9:*\ a\ file:* | 9:*\ a\ directory:* | 9:*\ a\ blob:*)
		wrong "which file? $said"
		;;
	9:*"$enospc"*) [ "$how" = enospc ] || wrong "why? $said" ;;
	9:*"$eio"*) [ "$how" = eio ] || wrong "why? $said" ;;
	9:*) wrong "why? $said" ;;
	*) forgiven || wrong "exit $rc: $said" ;;
	esac
}

# forgiven: may it go on all the same after $line?
forgiven() {
	case $line in
	# names come after the event; what is not needed any more is only litter
	*\ symlinkat\ * | *\ mkdirat\ */run/* | *\ mkdirat\ */.df-new-*/* | \
	    *\ unlinkat\ * | *\ renameat2\ */.df-rm-*)
		[ "$rc" -eq "$want" ]
		;;
	# which heads were seen is remembered where that can be
	*/.stateless/*) [ "$rc" -eq "$want" ] ;;
	# an attempt that fails may be tried again; a scenario is an ERROR
	*/scratch/* | */memfd:*)
		case $program in
		df-dispatch) [ "$rc" -eq 0 ] ;;
		df-holdout) [ "$rc" -eq 3 ] || [ "$rc" -eq 0 ] ;;
		*) false ;;
		esac
		;;
	*) false ;;
	esac
}

# left: no temporary file is, unless its removal was what failed
left() {
	case $line in
	*\ unlinkat\ *) return ;;
	esac
	find . -name '.tmp-*' -o -name '.df-new-*' -o -name '*.tmp-*' \
		>"$tmp/said"
	first "$tmp/said"
	[ -z "$line" ] || wrong "left: $line"
}

scenes spoil

# ---- standard output -----------------------------------------------------

state=booted
restore
exits 9 'stdout is full' sh -c 'df-handoff >/dev/full'
has "$err" "cannot write to stdout: $enospc"
is "$(grep -c '"type":"stage.completed"' run/log.jsonl)" 1 'the work is done'
exits 0 'and said when there is room' df-handoff
has "$out" 'handoff/T-001.json'
exits 9 'what only writes to stdout' sh -c 'df-log show >/dev/full'
cd "$tmp" || exit 1

# ---- on a file system that is full ---------------------------------------

# crowd PROGRAM STATE COMMAND...: it has no room left, then it has
crowd() {
	program=$1 state=$2
	shift 2
	: >"$tmp/wrong"
	echo "a full disk" >"$tmp/fault"
	rm -rf "$tmp"/small/*
	cp -a "$tmp/at/$state" "$tmp/small/now"
	mkdir "$DF_SCRATCH"
	cd "$tmp/small/now" || bail 'no small/now'
	cat /dev/zero >../fill 2>/dev/null
	run "$@" </dev/null
	if [ "$rc" -ne 9 ]; then
		# the rest of a page is room too
		[ "$rc" -eq "$want" ] || wrong "exit $rc: $(tail -n 1 "$err")"
	elif ! grep -q "$enospc" "$err"; then
		wrong "why? $(tail -n 1 "$err")"
	fi
	holds
	rm ../fill
	again "$@" </dev/null
	finished
	cd "$tmp" || exit 1
	is "$(cat "$tmp/wrong")" '' "a full disk: $(echo "$@" |
		tr '\n\t' '  ')"
}

# undisturbed PROGRAM STATE COMMAND...: what it does when there is room
undisturbed() {
	program=$1 state=$2
	shift 2
	restore
	run "$@"
	want=$rc
	deeds >"$tmp/deeds"
	crowd "$program" "$state" "$@"
}

if [ -z "$own_mounts" ]; then
	skip 23 'not root, or nothing can be mounted'
	done_testing
fi
how=full
mkdir small
mount -t tmpfs -o size=6m none small || bail 'cannot mount'
scratch=$DF_SCRATCH
DF_SCRATCH=$tmp/small/scratch
scenes undisturbed
umount small
DF_SCRATCH=$scratch
done_testing
