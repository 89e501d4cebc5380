# shellcheck shell=sh
# fault.sh - for the tests that make programs fail or kill them at one call
# after the other; read after lib.sh.
#
#	$tmp/at/STATE/	a directory with a run in that state, or without one
#	$tmp/now/	a copy of one, in which commands work; its run is run/
#	$tmp/fault	what fault.so says: a line "N CALL PATH" for each call
#	$tmp/wrong	what was not as it has to be: one line each
#
# A test sets $how, $program, $state and $want (the exit status of what nobody
# disturbs, whose deeds are in $tmp/deeds).  FAULTS=all in the environment: all
# calls instead of a sample.  Forks are dear here: the shell does what it can.

fault_so=$build/t/fault/fault.so
faults=${FAULTS:-} fault_eighths=8	# of each sample
! instrumented || fault_eighths=3
: >"$tmp/fault"
chmod 666 "$tmp/fault"		# whom root becomes writes to it too

# needs_fault: the library can be preloaded
needs_fault() {
	[ -f "$fault_so" ] || plan skip_all "$fault_so is not built"
	run fault df-sign:1:count df-sign --version
	[ "$rc" -eq 0 ] || plan skip_all 'fault.so cannot be preloaded here'
}

# fault PROGRAM:N:HOW COMMAND...: see fault.c; COMMAND is a program
fault() {
	: >"$tmp/fault"
	(
		LD_PRELOAD=$fault_so
		DF_FAULT=$1 DF_FAULT_LOG=$tmp/fault
		ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
		export LD_PRELOAD DF_FAULT DF_FAULT_LOG ASAN_OPTIONS
		shift
		exec "$@"
	)
}

# sample MAX SHIFT: so many of the lines on stdin, evenly
sample() {
	awk -v max="$(($1 * fault_eighths / 8))" -v shift="$2" \
		-v all="$faults" '{ line[NR - 1] = $0 }
	END {
		if (all != "" || max > NR)
			max = NR
		for (i = 0; i < max; i++)
			print line[(int(i * NR / max) + shift) % NR] }'
}

# first FILE, last FILE: its first, its last line in $line
first() {
	line=''
	read -r line <"$1" || :		# it may lack its LF
}

last() {
	line=''
	while read -r next || [ -n "$next" ]; do
		line=$next
	done <"$1"
}

# ---- runs in each state --------------------------------------------------

# $tmp/at/*: of one run, whose agents do nothing, and what else commands need
states() {
	cheap -o "$tmp"
	rm -rf "$DF_RUN"
	mkdir -p at/empty at/booted at/file at/factory/factory \
		at/trusted/factory
	cp -R "$DF_TRUST" at/trusted/trust
	echo 'sign me' >at/file/file
	must df-sign keygen -q at/file/mine
	must within at/booted df-boot -q -o . --spec "$tmp/spec" \
		--base "$tmp/base" --profile solo --set sandbox.level=none \
		--set "agent.adapter=$tmp/agents/idle.json" \
		--set policy.require_isolation=false \
		--set limits.max_attempts=9 --set limits.max_eval_attempts=9
	mv at/booted/r-* at/booted/run
	state handed booted df-handoff -q
	state prompted handed df-prompt -q
	state dispatched prompted df-dispatch -q
	state judged dispatched df-holdout -q
	state decided judged df-decide -q approve -m ok
	state frozen decided df-freeze -q
	cp -a at/frozen at/bundled
	must within at/bundled df-freeze -q -C run --bundle bundle
	mkdir at/bundled/thawed
	cp -a at/prompted at/copied
	must within at/bundled df-freeze -q -C run --bundle ../copied/more \
		--since "$(grep -c . at/copied/run/log.jsonl)"
	DF_RUN=run
	export DF_RUN
}

# state NEW OLD COMMAND...
state() {
	state=$1
	cp -a "at/$2" "at/$1"
	shift 2
	DF_RUN=run must within "at/$state" "$@"
}

# restore: now/ is as at/$state, scratch is empty
restore() {
	rm -rf "$tmp/now" "$DF_SCRATCH"
	cp -a "$tmp/at/$state" "$tmp/now"
	mkdir "$DF_SCRATCH"
	cd "$tmp/now" || bail "no $state"
}

# scenes FUNCTION: FUNCTION PROGRAM STATE COMMAND... for everything that
# writes; it works in now/
scenes() {
	"$1" df-sign empty df-sign keygen -q key
	"$1" df-sign empty env DF_KEYS=keys DF_TRUST=trust \
		df-sign init -q --person alice
	"$1" df-sign file df-sign sign -q -k mine -n text file
	"$1" df-sign trusted env DF_FACTORY=factory df-sign -q --trust trust \
		trust revoke -m why "$DF_KEYS/df-admin.pub"
	"$1" df-boot empty df-boot -q -o . --spec "$tmp/spec" --base "$tmp/base" \
		--profile solo --set sandbox.level=none
	"$1" df-boot factory df-boot -q -F factory --spec "$tmp/spec" \
		--profile solo --set sandbox.level=none
	"$1" df-handoff booted df-handoff -q
	"$1" df-prompt handed df-prompt -q
	"$1" df-dispatch prompted df-dispatch -q
	"$1" df-holdout dispatched df-holdout -q
	"$1" df-holdout judged df-holdout open -q -m why 1 T-001
	"$1" df-report judged df-report -q
	"$1" df-decide judged df-decide -q approve -m ok
	"$1" df-decide frozen df-decide -q amend -m 'seen again' --effect note
	"$1" df-freeze decided df-freeze -q
	"$1" df-report decided df-freeze -q
	"$1" df-freeze booted df-freeze -q --cancel -m 'no need'
	"$1" df-log prompted df-log append --data '{"seq":1}' checkpoint.saved
	"$1" df-log prompted df-log show -q --sig 1
	"$1" df-store prompted df-store put "$tmp/spec/D1_CONSTITUTION.md"
	"$1" df-store prompted df-store checkout base.tree copy
	"$1" df-store frozen df-store gc -q --unsuperseded \
		--now 2099-01-01T00:00:00Z run
	"$1" df-freeze bundled df-freeze -q --thaw bundle -o thawed
	"$1" df-freeze copied df-freeze -q --thaw more -C run
	PATH=$PATH:$build/libexec/darkfactory
	"$1" df-archive bundled sh -c 'cd run && { echo log.jsonl
		find blobs -type f; find . -type l; } | sed "s,^\./,," | sort |
		tr "\n" "\0" | df-archive pack name ../again'
	"$1" df-archive bundled sh -c 'rm -rf new && mkdir new &&
		exec df-archive unpack new <bundle'
}

# ---- what has to hold ----------------------------------------------------

# wrong TEXT: about the call that failed
wrong() {
	first "$tmp/fault"
	echo "$how at $line: $*" >>"$tmp/wrong"
}

# deeds: what has happened in run/ for good, whatever attempts it took; tasks
# that were completed one behind the other are sorted
deeds() {
	[ ! -e run/log.jsonl ] || sed -n '
		/"type":"\(stage\.\(started\|failed\)\|holdout\.started\)"}$/d
		/"verdict":"error"}.*"type":"holdout\.completed"}$/d
		s/.*"stage":"\([^"]*\)".*"type":"\(stage\.completed\)"}$/\2 \1/p
		t
		s/.*"type":"\([^"]*\)"}$/\1/p' run/log.jsonl |
		awk '{ is = /^stage\.completed dispatch\//
			n += !(is && was); was = is; print n "\t" $0 }' |
		sort -t "$(printf '\t')" -k 1,1n -k 2 | cut -f 2
}

# holds: what was there is there, and nothing is half there
holds() {
	if [ -e run ]; then
		cmp -s "$tmp/at/$state/run/log.jsonl" run/log.jsonl ||
			cmp "$tmp/at/$state/run/log.jsonl" run/log.jsonl 2>&1 |
			grep -q "^cmp: EOF on $tmp" ||
			wrong 'the log has lost something'
		verified run
	fi
	find . -path './new' -prune -o -path '*/blobs/sha256/*' -type f \
		! -name '.*' -exec sha256sum {} + | awk '{
		n = split($2, part, "/")
		if ($1 != part[n]) print $2 }' >"$tmp/said"
	for f in key keys/df-*; do
		case $f in
		*'*' | *.pub | *.age) ;;
		*)
			[ ! -e "$f" ] || grep -q 'END OPENSSH PRIVATE' "$f" ||
				echo "$f"
			;;
		esac
	done >>"$tmp/said"
	[ ! -d trust ] || df-sign trust show -q --trust trust 2>&1 \
		>/dev/null | head -n 1 >>"$tmp/said"
	if [ -f file.sig ]; then
		ssh-keygen -q -Y check-novalidate -n text -s file.sig \
			<file >/dev/null 2>&1 || echo file.sig
	fi >>"$tmp/said"
	first "$tmp/said"
	[ -z "$line" ] || wrong "half there: $line"
}

# verified RUN
verified() {
	df-verify "$1" >"$tmp/said" 2>"$tmp/notes" || {
		v=$?
		last "$tmp/notes"
		wrong "df-verify $1: exit $v: $line"
	}
}

# noted CODE: did df-verify say that?
noted() {
	while read -r line; do
		case $line in
		*"[$1]") return 0 ;;
		esac
	done <"$tmp/notes"
	return 1
}

# again COMMAND...: the same once more; one that would add to what it has done
# already is not asked to
again() {
	case "$*" in
	*\ amend\ * | *\ append\ *)
		deeds | cmp -s - "$tmp/deeds" && return
		;;
	esac
	run "$@"
	if [ "$rc" -ne "$want" ] && [ "$rc" -ne 7 ]; then
		last "$err"
		wrong "again: exit $rc: $line"
	fi
}

# finished: now/ is as the command leaves it
finished() {
	deeds | cmp -s - "$tmp/deeds" || wrong "not what happens otherwise: $(
		deeds | diff "$tmp/deeds" - | grep '^[<>]' | tr '\n' ' ')"
	for r in run r-* thawed/r-* factory/runs/r-*; do
		[ -e "$r" ] || continue
		verified "$r"
		noted closed.missing || continue
		df-store names -q -C "$r" >/dev/null 2>"$tmp/said" ||
			wrong "df-store names: $(cat "$tmp/said")"
		verified "$r"
		! noted closed.missing || wrong "$line"
	done
	for f in .df-new-* */.df-new-* */*/.df-new-*; do
		[ ! -e "$f" ] || wrong "left: $f"
	done
}
