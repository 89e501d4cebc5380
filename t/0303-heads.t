#!/bin/sh
# Remembered heads: a log that does not extend what was seen of it is refused,
# by who appends and by who verifies; and what it costs when there is no place
# to remember anything.

# shellcheck disable=SC2119,SC2120,SC2317 # arguments that may be given; `ok' runs it
# shellcheck disable=SC2031,SC2034 # as() is a subshell; a counter
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-log df-verify df-freeze df-status
needs_prog jq
keys
heads

# append [ARGUMENT...]: one event
append() {
	df-log append -q "$@" --data '{"seq":1}' checkpoint.saved
}

# seen [RUN]: the number of the line that is remembered
seen() {
	cut -d ' ' -f 2 "$(file "${1:-$DF_RUN}")" | sed 's/^0*//'
}

# last: the number of the last event, whatever was torn before it
last() {
	tail -n 1 "$DF_RUN/log.jsonl" | jq .dfseq
}

file() {
	echo "$tmp/state/darkfactory/heads/$(head -n 1 "$1/log.jsonl" |
		sha256sum | cut -c 1-64)"
}

# cut_to N: a copy of the run, short, whose log ends with line N
cut_to() {
	rm -rf "$tmp/short"
	cp -a "$DF_RUN" "$tmp/short"
	head -n "$1" "$DF_RUN/log.jsonl" >"$tmp/short/log.jsonl"
}

# ---- what is remembered ----

cheap
f=$(file "$DF_RUN")
is "$(seen)" "$(lines)" 'who appends remembers the head'
is "$(stat -c %a "$f" "$tmp/state/darkfactory" | tr '\n' ' ')" '600 700 ' \
	'for this user alone'
is "$(cat "$f")" "sha256:$(basename "$f") $(printf %010d "$(lines)") sha256:$(
	tail -n 1 "$DF_RUN/log.jsonl" | sha256sum | cut -c 1-64) $(
	printf %015d "$(stat -c %s "$DF_RUN/log.jsonl")") $(basename \
	"$DF_RUN")" 'run, line, digest, where it ends, name'
for i in df-status 'df-log show' 'df-log append -n'; do
	rm -f "$f"
	case $i in
	*append*) must append -n ;;
	*) # shellcheck disable=SC2086 # a verb
		must $i ;;
	esac
	ok "$i does not" [ ! -e "$f" ]
done
must df-verify
is "$(seen)" "$(lines)" 'who verifies does'
must append
is "$(seen)" "$(lines)" 'and who appends again'
is "$(find "$tmp/state/darkfactory/heads" -type f | wc -l)" 1 'one file a run'

# ---- a log that has lost its end ----

had=$(lines)
cut_to $((had - 1))
cp short/log.jsonl before
for i in 'append -C short' 'df-verify short' 'df-handoff -C short' \
    'df-holdout -C short'; do
	# shellcheck disable=SC2086 # arguments
	exits 6 "${i%% *}: a log that lost its end" $i
	has "$err" "the log ends with line $((had - 1)), sha256:$(tail -n 1 \
		before | sha256sum | cut -c 1-64); line $had of it, sha256:$(
		tail -n 1 "$DF_RUN/log.jsonl" | sha256sum | cut -c 1-64), was"
done
ok 'nobody appended' cmp before short/log.jsonl
exits 6 'the code' df-verify --json short
is "$(jq -r '.verdict + " " + .findings[0].code' "$out")" \
	'BROKEN heads.rewound' 'is heads.rewound'
exits 6 'the hint' append -v -C short
has "$err" 'df-verify --forget short'
is "$(seen)" "$had" 'what was seen stays'
exits 0 'df-status only reads' df-status -C short
exits 0 'df-log show too' df-log show -C short

# ---- another log with the same beginning ----

for i in "$((had - 2)) shorter, then longer" "$((had - 1)) as long"; do
	cut_to "${i%% *}"
	rm -rf other
	(
		XDG_STATE_HOME=$tmp/other
		must append -C short
		must append -C short
		case $i in *longer) must append -C short ;; esac
	) || exit 1
	cp short/log.jsonl before
	exits 6 "a fork, ${i#* }" append -C short
	exits 6 "a fork, ${i#* }: df-verify" df-verify --json short
	is "$(jq -r '.findings[0].code' "$out")" heads.forked 'is heads.forked'
	exits 6 "a fork, ${i#* }: who decides" df-decide -C short \
		reject -m no -r more
	ok 'nobody appended' cmp before short/log.jsonl
done
exits 0 'who saw only the fork takes it' env XDG_STATE_HOME="$tmp/other" \
	df-verify short
is "$(seen short)" "$had" 'each user has seen what he has seen'

# ---- forgetting ----

exits 0 'forget' df-verify --forget short
is "$(cat "$out")" "sha256:$(basename "$f")" 'says of which run'
exits 1 'nothing is left to forget' df-verify --forget short
exits 0 'the other log is taken' df-verify short
exits 6 'and the first one is not' df-verify
exits 0 'forget, by the digest of line 1' df-verify --forget \
	"sha256:$(basename "$f")"
exits 0 'now the first one is' df-verify
exits 2 'forget what?' env -u DF_RUN df-verify --forget
exits 3 'no run' df-verify --forget nowhere
printf '{"a":1}\n{"b":2}\n' >short/log.jsonl
exits 6 'no log' df-verify --forget short

# ---- torn writes ----

printf '{"cut":"sh' >>"$DF_RUN/log.jsonl"
exits 0 'a torn write behind what was seen' df-verify
must append
is "$(seen)" "$(last)" 'and the line that recovers it'
exits 0 'extend it' df-verify

# ---- the file ----

cp "$f" good
for i in 's/^sha256/sha255/' 's/ 00/ 0/' 's/$/ /' '1p' 's/ [^ ]*$//' \
    's/^sha256:./sha256:g/' 's/-[0-9]*$/&'"$(printf %0400d 0)/"; do
	sed "$i" good >"$f"
	case $i in 1p) cat good good >"$f" ;; esac
	exits 3 "a damaged file ($(echo "$i" | cut -c 1-20)): who appends" \
		append
	has "$err" "$f: not the head of a run"
done
exits 3 'a damaged file: df-verify' df-verify
hasnot "$out" BROKEN 'is nothing that the run has done'
must df-verify --forget "$DF_RUN"
mkdir "$f"
exits 3 'a directory' append
rmdir "$f"
: >"$f"
exits 0 'an empty file says nothing' append
is "$(seen)" "$(last)" 'and is filled'
sed 's/sha256:[0-9a-f]/sha256:0/' good >"$f"
[ "$(cut -c 8 good)" = 0 ] && sed 's/sha256:[0-9a-f]/sha256:1/' good >"$f"
exits 3 'the file of another run' append
rm "$f"

# ---- no place ----

exits 0 'no HOME' env -u HOME -u XDG_STATE_HOME df-log append \
	-k "$DF_KEYS/df-run" --data '{"seq":1}' checkpoint.saved
is "$(cat "$err")" '' 'is not said'
exits 0 'no HOME, -v' env -u HOME -u XDG_STATE_HOME df-log append -v \
	-k "$DF_KEYS/df-run" --data '{"seq":1}' checkpoint.saved
has "$err" 'no HOME: the heads of runs are not remembered'
exits 0 'no directory' env XDG_STATE_HOME="$tmp/.stateless" df-verify -q
is "$(cat "$err")" '' 'is not said'
exits 0 'no directory, -v' env XDG_STATE_HOME="$tmp/.stateless" df-verify -v
has "$err" 'the head is not remembered: cannot'
exits 0 'a relative XDG_STATE_HOME counts as none' \
	env XDG_STATE_HOME=relative df-verify
ok 'the usual place' [ -s "$HOME/.local/state/darkfactory/heads/${f##*/}" ]
ok 'nothing beside' [ ! -e relative ]
if has_mount; then
	must df-verify
	was=$(seen)
	# shellcheck disable=SC2016
	exits 0 'a file system that is full' unshare --mount sh -c '
		mount -t tmpfs -o size=64k,mode=755 none "$1" || exit 99
		mkdir -p "$1/darkfactory/heads"
		cat /dev/zero >"$1/fill" 2>/dev/null
		XDG_STATE_HOME=$1 df-verify -q
		rc=$?
		find "$1/darkfactory/heads" -type f
		exit $rc' sh "$HOME/.local/state"
	is "$(sed 1,8d "$out" | grep -c heads)" 0 'leaves no half file'
	mkdir ro
	cp -a state/darkfactory ro
	# shellcheck disable=SC2016
	exits 0 'one that is read-only' unshare --mount sh -c '
		mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" ||
		exit 99
		XDG_STATE_HOME=$1 df-log append -q \
			--data "{\"seq\":1}" checkpoint.saved' sh "$tmp/ro"
	cut_to $((was - 1))
	# shellcheck disable=SC2016
	exits 6 'which still knows what was seen' unshare --mount sh -c '
		mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" ||
		exit 99
		XDG_STATE_HOME=$1 df-verify -q "$2"' sh "$tmp/ro" short
else
	skip 4 'cannot mount here'
fi

# ---- many at once ----

must df-verify
for i in 1 2 3 4; do
	(
		for k in 1 2 3 4 5 6; do
			append || exit 1
		done
	) &
	tap_pids="$tap_pids $!"
done
wait
is "$(seen)" "$(last)" 'four writers: the last line is what is remembered'
exits 0 'and the run holds' df-verify

# ---- a whole run, and copies of it ----

must df-dispatch -q -j 2
run df-holdout -q
must df-decide -q reject -m 'not yet' --remediation 'more' \
	--class implementation_defect
must df-freeze -q
is "$(seen)" "$(last)" 'a sealed run'
must df-freeze -q --bundle run.tar.zst
cp -a "$DF_RUN" copy
exits 0 'a copy' df-verify copy
exits 0 'a bundle' df-verify run.tar.zst
must df-decide -q amend --effect note -m 'looked at again'
exits 0 'the run goes on' df-verify
exits 6 'its copy has lost its end' df-verify copy
exits 6 'and the bundle' df-verify run.tar.zst
has "$err" "line $(last) of it"
boot --spec "$tmp/spec" --base "$tmp/base" --profile solo --set \
	"agent.adapter=$tmp/agents/idle.json" --set sandbox.level=none \
	--set policy.require_isolation=false
is "$(find "$tmp/state/darkfactory/heads" -type f | wc -l)" 2 'the next run has its own file'

# ---- a boot that fails ----

# shellcheck source=t/fault/fault.sh
. "$t/fault/fault.sh"
full() {
	rm -rf full
	mkdir full
	run fault "df-boot:$1" df-boot -q -F full --spec "$tmp/spec" --base \
		"$tmp/base" --profile solo --set \
		"agent.adapter=$tmp/agents/idle.json" --set \
		sandbox.level=none --set policy.require_isolation=false
}
if [ -f "$fault_so" ]; then
	full 0:count
	had=$(find "$tmp/state/darkfactory/heads" -type f | wc -l)
	full "$(sed -n 's,^\([0-9]*\) write .*/full/log.jsonl$,\1,p' \
		"$tmp/fault" | tail -n 1):eio"
	is "$rc" 9 'the factory cannot be told of a run'
	is "$(find "$tmp/state/darkfactory/heads" -type f | wc -l)" "$had" \
		'no head of it is left'
else
	skip 2 "$fault_so is not built"
fi
done_testing
