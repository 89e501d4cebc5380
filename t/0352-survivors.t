#!/bin/sh
# At every level, as root and as an ordinary user: the same small runs, with
# agents that leave daemons.  No process of an attempt outlives it, nothing
# that it wrote lies outside its workspace, and the record says what was left.

# shellcheck disable=SC2016,SC2317 # dollars for others; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout
needs_prog git jq setsid setpriv

# A program of its own, whose name nothing else has.
nap=nap$$
mkdir bin
cp "$(command -v sleep)" "bin/$nap"

naps() {
	[ "$(grep -lx "$nap" /proc/[0-9]*/comm 2>/dev/null | wc -l)" -eq "$1" ]
}

nothing_left() {
	[ -z "$(find "$DF_SCRATCH" -mindepth 2)" ]
}

# leave: what an agent does to leave two daemons, each with a session of its
# own, and a file
leave='setsid NAP 1000 >/dev/null 2>&1 &
setsid sh -c "setsid NAP 1000 &" >/dev/null 2>&1
echo left >"${TMPDIR:-/tmp}/left"
until [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -cx NAME)" -ge 2 ] ||
	[ -n "$blind" ]; do sleep 0.05; done
'

# job NAME LEVEL SCRIPT OPTION...: a run whose first task does that
job() {
	job_name=$1 job_level=$2 job_script=$3
	shift 3
	[ "$job_level" != landlock ] || job_script="blind=1
$job_script"
	adapter "$job_name" "$(printf '%s\n' "$job_script" | sed \
		"s|NAP|$tmp/bin/$nap|g; s|NAME|$nap|g")"
	jq -c --arg d "$tmp/bin" '.ro += [$d]' "$adapter" >"$adapter.new" &&
		mv "$adapter.new" "$adapter"
	ready "$adapter" --spec spec --base base --profile solo \
		--set "sandbox.level=$job_level" \
		--set policy.require_isolation=false "$@"
	host=$DF_RUN/dispatch/T-001/1.host.json
}

# one LEVEL: all of it
one() {
	level=$1 observed=true
	[ "$level" != bwrap ] || observed=false
	case $level in
	bwrap) word=ISOLATED ;;
	landlock) word=CONFINED ;;
	none) word=UNISOLATED ;;
	esac

	job builder "$level" 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS'
	exits 0 "$level: a run" df-dispatch -q -j 2
	is "$(jq -r '[.isolation, .level] | @tsv' "$host")" "$word	$level" \
		"$level: the word for it"
	no "$level: as nobody who matters" test "$(jq .uid "$host")" = 0
	exits 0 "$level: is judged" df-holdout -q
	is "$(jq -r .level "$DF_RUN/holdout/1.json")" "$level" \
		"$level: at the same level"

	job daemon "$level" "$leave result PASS"
	exits 0 "$level: daemons are left" df-dispatch -q T-001
	ok "$level: they are dead" naps 0
	is "$(jq -c '[.after | .survivors.count > 0, .observed]' "$host")" \
		"[true,$observed]" "$level: the record has them"
	is "$(jq .after.outside.count "$host")" 1 \
		"$level: and what was written elsewhere"
	ok "$level: nothing is left" nothing_left

	job late "$level" "$leave sleep 1000" --set limits.attempt_seconds=1
	exits 8 "$level: time is over" df-dispatch -q T-001
	ok "$level: and they are dead" naps 0
	is "$(jq -c '.after | [.timeout, .survivors.count > 0]' "$host")" \
		'[true,true]' "$level: as the record says"
	ok "$level: then nothing is left" nothing_left

	job stuck "$level" "$leave sleep 1000"
	bg df-dispatch -q T-001
	ok "$level: an agent at work" await 20 naps 2
	kill -INT "$pid" && wait "$pid"
	is "$?" 9 "$level: its dispatcher is interrupted"
	ok "$level: with it they die" naps 0
	has "$DF_RUN/log.jsonl" '"code":"interrupted"' "$level: it is said"
	ok "$level: and nothing is left" nothing_left
	bg df-dispatch -q T-001
	must await 20 naps 2
	kill -KILL "$pid" && wait "$pid" 2>/dev/null
	ok "$level: when it is killed they die" await 5 naps 0

	[ "$level" = bwrap ] && return
	# Their parent in the attempt, which is what kills them.
	job killed "$level" "$leave sleep 1000" --set retry.failures=none
	bg df-dispatch -q T-001
	must await 20 naps 2
	# shellcheck disable=SC2046 # words
	kill -KILL $(grep -lx inside /proc/[0-9]*/comm | while read -r i; do
		i=${i%/comm}
		grep -q "^PPid:	$pid\$" "$i/status" && echo "${i#/proc/}"
	done)
	wait "$pid"
	ok "$level: when what watches them is killed they die" naps 0
	is "$(jq '.orphans >= 2' "$host")" true "$level: and are counted"
}

keys
tiny_spec spec
mkdir base
echo base >base/file
if has_bwrap; then
	one bwrap
else
	skip 19 'bwrap cannot make a sandbox here'
fi
if has_landlock; then
	one landlock
else
	skip 21 'level landlock does not work here'
fi
one none

# ---- and as an ordinary user ---------------------------------------------

if ! is_root; then
	done_testing
fi
mkdir plain
chown 65534:65534 plain
if ! plain sh -c 'test -r "$1" && "$2/bin/df-sign" --version' sh "$t/${0##*/}" \
    "$build" >/dev/null 2>&1; then
	skip 1 'an ordinary user cannot get at the programs'
	done_testing
fi
plain env TMPDIR="$tmp/plain" HOME="$tmp/plain" DF_BUILD="$build" \
	sh "$t/${0##*/}" >plain.tap 2>plain.err
is "$?" 0 'the same as an ordinary user'
grep -A 20 '^not ok\|^Bail' plain.tap | sed 's/^/# /'
no 'in which something was tested' grep '^1\.\.0' plain.tap
done_testing
