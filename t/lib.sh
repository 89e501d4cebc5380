# shellcheck shell=sh
# lib.sh - what the shell tests share.  A test begins with
#
#	# shellcheck source=t/lib.sh
#	. "$(dirname "$0")/lib.sh"
#
# and is then in an empty directory of its own, $tmp, which goes away when it
# ends (DF_KEEP=1 keeps it).  HOME, DF_KEYS, DF_TRUST, DF_SCRATCH and
# XDG_STATE_HOME lie below it; the last is no directory, for copies of a run
# that go different ways are forks to who remembers heads (see heads).  All
# other DF_*, GIT_* and make variables are unset, and PATH begins with the
# programs of the build: $DF_BUILD, or build/ beside t/.
#
# Here stand:
#
#	$top $t $build $tmp	the source, its tests, the build, our directory
#	$out $err $rc		what the last `run' or `exits' wrote and said
#	$n			tests so far
#
# Functions that test something print one line of TAP.  What a test needs and
# what is not there skips the whole file with the reason (needs_*, corpus).

# ---- where we are --------------------------------------------------------

t=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
top=${t%/*}
build=${DF_BUILD:-$top/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
tap_corpus=${DF_CORPUS:-$top/../shared/corpus}
case $tap_corpus in
/*) ;;
*) tap_corpus=$PWD/$tap_corpus ;;
esac
tap_keep=${DF_KEEP:-}
n=0 tap_bad=0 tap_plan='' tap_pids='' tap_seen=''

for tap_name in $(env | sed -n 's/^\(\(DF\|GIT\)_[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$tap_name"
done
unset tap_name MAKEFLAGS MAKELEVEL MFLAGS SOURCE_DATE_EPOCH SSH_AUTH_SOCK \
	SSH_ASKPASS BASH_ENV ENV CDPATH NO_COLOR XDG_CONFIG_HOME
LC_ALL=C
TERM=dumb
export LC_ALL TERM
umask 022

tap_base=${0##*/}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/df-${tap_base%%-*}.XXXXXX") || exit 1
tmp=$(CDPATH='' cd -- "$tmp" && pwd -P) || exit 1
chmod 755 "$tmp"	# whom root becomes has to get through

tap_end() {
	tap_rc=$?
	trap - EXIT
	for tap_pid in $tap_pids; do
		kill -9 "$tap_pid" 2>/dev/null
	done
	cd / || exit 1
	if [ -n "$tap_keep" ]; then
		echo "# kept: $tmp" >&2
	else
		chmod -R u+rwX "$tmp" 2>/dev/null
		rm -rf "$tmp"
	fi
	exit "$tap_rc"
}
trap tap_end EXIT
trap 'exit 1' HUP INT TERM

out=$tmp/out err=$tmp/err rc=0
HOME=$tmp/home
DF_KEYS=$tmp/keys
DF_TRUST=$tmp/trust
DF_SCRATCH=$tmp/scratch
XDG_STATE_HOME=$tmp/.stateless
PATH=$build/bin:$PATH
export HOME DF_KEYS DF_TRUST DF_SCRATCH XDG_STATE_HOME PATH
mkdir "$HOME" "$DF_SCRATCH" || exit 1
printf '[user]\n\tname = alice\n\temail = alice@example.org\n' \
	>"$HOME/.gitconfig"
: >"$out"
: >"$err"
: >"$XDG_STATE_HOME"
cd "$tmp" || exit 1

# ---- TAP -----------------------------------------------------------------

# plan N, or plan skip_all REASON (which ends the test)
plan() {
	if [ "$1" = skip_all ]; then
		echo "1..0 # SKIP $2"
		exit 0
	fi
	tap_plan=$1
	echo "1..$1"
}

done_testing() {
	[ -n "$tap_plan" ] || echo "1..$n"
	[ "$tap_bad" -eq 0 ] || exit 1
	exit 0
}

bail() {
	echo "Bail out!  $*"
	tap_show
	exit 255
}

tap_file() {
	[ -s "$2" ] || return 0
	echo "# $1:"
	head -n 30 "$2" | cut -c 1-300 | sed 's/^/#   /'
}

tap_show() {
	tap_file stdout "$out"
	tap_file stderr "$err"
}

tap_pass() {
	n=$((n + 1))
	echo "ok $n - $1"
}

tap_fail() {
	n=$((n + 1)) tap_bad=$((tap_bad + 1))
	echo "not ok $n - $1"
	tap_show
}

# skip COUNT REASON: in place of COUNT tests
skip() {
	tap_left=$1
	while [ "$tap_left" -gt 0 ]; do
		tap_left=$((tap_left - 1)) n=$((n + 1))
		echo "ok $n # SKIP $2"
	done
}

# ok NAME COMMAND...: it succeeds
ok() {
	tap_what=$1
	shift
	if "$@" >"$tmp/.look" 2>&1; then
		tap_pass "$tap_what"
	else
		tap_fail "$tap_what"
		tap_file "$*" "$tmp/.look"
	fi
}

# no NAME COMMAND...: it fails
no() {
	tap_what=$1
	shift
	if "$@" >"$tmp/.look" 2>&1; then
		tap_fail "$tap_what"
		tap_file "$*" "$tmp/.look"
	else
		tap_pass "$tap_what"
	fi
}

# is GOT WANTED NAME
is() {
	if [ "$1" = "$2" ]; then
		tap_pass "$3"
	else
		tap_fail "$3"
		printf 'got:    %s\nwanted: %s\n' "$1" "$2" | sed 's/^/# /'
	fi
}

# like FILE ERE NAME: a line of it matches; unlike: none does
like() {
	if grep -Eq -e "$2" "$1"; then
		tap_pass "$3"
	else
		tap_fail "$3"
		echo "# no match: $2"
		tap_file "$1" "$1"
	fi
}

unlike() {
	if [ -e "$1" ] && ! grep -Eq -e "$2" "$1"; then
		tap_pass "$3"
	else
		tap_fail "$3"
		grep -En -e "$2" "$1" | head -n 5 | cut -c 1-300 | sed 's/^/# /'
	fi
}

# has FILE TEXT [NAME]: the text stands in it; hasnot: nowhere
has() {
	if grep -Fq -e "$2" "$1"; then
		tap_pass "${3:-${1##*/} has: $2}"
	else
		tap_fail "${3:-${1##*/} has: $2}"
		[ -z "$3" ] || echo "# not there: $2"
		tap_file "$1" "$1"
	fi
}

hasnot() {
	if [ -e "$1" ] && ! grep -Fq -e "$2" "$1"; then
		tap_pass "${3:-${1##*/} has not: $2}"
	else
		tap_fail "${3:-${1##*/} has not: $2}"
	fi
}

# ---- running -------------------------------------------------------------

# run COMMAND...: stdout into the file $out, stderr into $err, status into $rc
run() {
	"$@" >"$out" 2>"$err"
	rc=$?
}

# exits CODE NAME COMMAND...: run, and look at the status
exits() {
	tap_want=$1 tap_what=$2
	shift 2
	run "$@"
	for tap_word; do
		case $tap_word in
		df-*) tap_seen="$tap_seen $tap_word=$rc"; break ;;
		esac
	done
	if [ "$rc" -eq "$tap_want" ]; then
		tap_pass "$tap_what: exit $rc"
	else
		tap_fail "$tap_what: exit $rc, not $tap_want"
	fi
}

# all_exits TOOL: each code that its table lists was seen by an `exits' above
all_exits() {
	tap_left=''
	for tap_word in $("$1" --df-options |
	    awk -F '\t' '$1 == "exit" { print $2 }'); do
		case "$tap_seen " in
		*" $1=$tap_word "*) ;;
		*) tap_left="$tap_left $tap_word" ;;
		esac
	done
	is "$tap_left" '' "every exit code of $1 was shown"
}

# must COMMAND...: without it there is no point in going on
must() {
	run "$@"
	[ "$rc" -eq 0 ] || bail "exit $rc: $*"
}

# into FILE COMMAND..., from FILE COMMAND...: redirected, for the ones above
into() {
	tap_to=$1
	shift
	"$@" >"$tap_to"
}

from() {
	tap_from=$1
	shift
	"$@" <"$tap_from"
}

# within DIR COMMAND...: there
within() (
	cd "$1" || exit 99
	shift
	"$@"
)

# bg COMMAND...: in the background, its process in $pid; ends with the test
bg() {
	"$@" &
	pid=$!
	tap_pids="$tap_pids $pid"
}

# await SECONDS COMMAND...: until it succeeds; fails when time is over
await() {
	tap_tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tap_tries=$((tap_tries - 1))
		[ "$tap_tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# contain COMMAND...: in a process namespace of its own, so that whatever it
# leaves dies with it
contain() {
	if is_root; then
		unshare --pid --fork --mount-proc --kill-child "$@"
	else
		unshare --user --map-current-user --pid --fork --mount-proc \
			--kill-child "$@"
	fi
}

# running WORD: does a process have this word on its command line?
running() {
	for tap_proc in /proc/[0-9]*/cmdline; do
		if tr '\0' '\n' <"$tap_proc" 2>/dev/null | grep -Fqx -e "$1"
		then
			return 0
		fi
	done
	return 1
}

# ---- needs ---------------------------------------------------------------

is_root() {
	[ "$(id -u)" -eq 0 ]
}

has_prog() {
	command -v "$1" >/dev/null 2>&1
}

has_bwrap() {
	has_prog bwrap && bwrap --unshare-user --unshare-pid --unshare-net \
		--ro-bind / / --proc /proc --dev /dev true >/dev/null 2>&1
}

needs_prog() {
	for tap_prog; do
		has_prog "$tap_prog" || plan skip_all "no $tap_prog"
	done
}

needs_bwrap() {
	has_bwrap || plan skip_all 'bwrap cannot make a sandbox here'
}

# plain COMMAND...: as somebody who is not root
plain() {
	if is_root; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# has_landlock: does level landlock work here?
has_landlock() {
	has_prog setpriv && [ -x "$build/libexec/darkfactory/df-inside" ] ||
		return
	cp "$build/libexec/darkfactory/df-inside" "$tmp/.inside" &&
		plain "$tmp/.inside" -r 5 -c -x /usr -x /bin -x /lib \
			-x /lib64 -x /etc/ld.so.cache -- true \
			5>/dev/null >/dev/null 2>&1
	tap_rc=$?
	rm -f "$tmp/.inside"
	return "$tap_rc"
}

needs_landlock() {
	has_landlock || plan skip_all 'level landlock does not work here'
}

# instrumented: is it a build with sanitizers?  There, what the plain one does
# at each of many places is done at fewer, and what does not run it is left out.
instrumented() {
	grep -q __asan_init "$build/bin/df-sign"
}

# needs_tool NAME...: they are built
needs_tool() {
	for tap_prog; do
		[ -x "$build/bin/$tap_prog" ] ||
			plan skip_all "$build/bin/$tap_prog is not built"
	done
}

# corpus NAME: $corpus is its path
corpus() {
	corpus=$tap_corpus/$1
	[ -e "$corpus" ] || plan skip_all "no corpus: $corpus"
}

# ---- persons and keys ----------------------------------------------------

# keys: alice has them all
keys() {
	must df-sign init -q --person alice
}

# persons: alice operates, eve evaluates, bob approves; each has keys of their
# own ($tmp/keys.alice ...), the trust directory is one
persons() {
	mkdir "$tmp/trust"
	: >"$tmp/trust/allowed_signers"
	: >"$tmp/trust/recipients"
	tap_person alice operator df-run df-build df-admin df-root
	tap_person eve evaluator df-holdout
	tap_person bob approver df-approve
	must df-sign trust -q -k "$tmp/keys.alice/df-root"
	DF_KEYS=$tmp/keys.alice
}

tap_person() {
	tap_dir=$tmp/keys.$1 tap_who=$1+$2
	mkdir -m 700 "$tap_dir"
	shift 2
	for tap_role; do
		must df-sign keygen -q "$tap_dir/$tap_role"
		printf '%s namespaces="%s" %s\n' "$tap_who" "$tap_role" \
			"$(cut -d ' ' -f 1-2 "$tap_dir/$tap_role.pub")" \
			>>"$tmp/trust/allowed_signers"
		case $tap_role in
		df-holdout | df-approve) ;;
		*) continue ;;
		esac
		must df-sign keygen -q --age "$tap_dir/$tap_role.age"
		printf '# %s namespaces="%s"\n%s\n' "$tap_who" "$tap_role" \
			"$(cat "$out")" >>"$tmp/trust/recipients"
	done
}

# heads: from here on heads of runs are remembered
heads() {
	XDG_STATE_HOME=$tmp/state
}

# as PERSON COMMAND...: with that person's keys
as() (
	DF_KEYS=$tmp/keys.$1
	export DF_KEYS
	shift
	"$@"
)

# ---- specifications, agents, runs ----------------------------------------

# tiny_spec DIR: D1 to D10 with three tasks (T-002 and T-003 need T-001) and
# three holdouts (HS-001 is P0)
tiny_spec() {
	mkdir -p "$1"
	cp "$t"/data/tiny/*.md "$1" || bail 'no tiny_spec'
}

# more_tasks DIR 'T-004 T-002, T-003' ...: further tasks: id, dependencies
more_tasks() {
	tap_spec=$1
	shift
	for tap_task; do
		printf '\n#### %s: Look at what is there\n\n' "${tap_task%% *}"
		printf '**Phase:** 0 - Words\n**Parallel/Serial:** Parallel\n'
		printf '**Dependency:** %s\n**Scope:** S\n' "${tap_task#* }"
		printf '**Scenarios Satisfied:** SC-001\n'
		printf '**Contracts Implemented:** IN-001\n\n'
		printf '**Acceptance Criteria:**\n- it is looked at\n'
	done >>"$tap_spec/D8_TASKS.md"
	sed "s/^\*\*Total Tasks:\*\* 3/**Total Tasks:** $((3 + $#))/" \
		"$tap_spec/D8_TASKS.md" >"$tap_spec/new" &&
		mv "$tap_spec/new" "$tap_spec/D8_TASKS.md"
}

# adapter NAME SCRIPT [MEMBERS [ARGV]]: a program of sh that plays an agent,
# and the adapter file for it, $adapter.  SCRIPT finds the task in $task, and
# `result PASS' writes the results file.  MEMBERS are further members of the
# JSON object; ARGV replaces the arguments ("{task}").
adapter() {
	adapter=$tmp/agents/$1.json tap_argv='"{task}"'
	[ -z "$4" ] || tap_argv=$4
	mkdir -p "$tmp/agents/$1.d"
	{
		printf '%s\n' '#!/bin/sh' "task=\$1" 'result() {' \
			"	printf '# Results\n\n## Status: %s\n' \"\$1\" \\" \
			"	    >\"\$FACTORY_RESULTS_PATH\"" '}'
		printf '%s\n' "$2"
	} >"$tmp/agents/$1.d/agent"
	chmod 755 "$tmp/agents/$1.d/agent"
	{
		printf '{"schema":"df.adapter/1","name":"%s",' "$1"
		printf '"version":"1.0.0",%s"argv":["{here}/%s.d/agent",%s],' \
			"${3:+$3,}" "$1" "$tap_argv"
		printf '"ro":["{here}/%s.d"]}\n' "$1"
	} >"$adapter"
}

# builder: an adapter that builds what tiny_spec() asks for
builder() {
	# shellcheck disable=SC2016
	adapter builder 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS'
}

# boot ARGUMENT...: a run, whose directory is $DF_RUN
boot() {
	must df-boot -q "$@"
	DF_RUN=$(cat "$out")
	export DF_RUN
}

# ready ADAPTER ARGUMENT...: a run with handoffs and prompts
ready() {
	tap_adapter=$1
	shift
	boot --set "agent.adapter=$tap_adapter" "$@"
	must df-handoff -q
	must df-prompt -q
}

# events TYPE: how many of them the run's log has
events() {
	grep -Fc "\"type\":\"$1\"" "$DF_RUN/log.jsonl"
}

# event TYPE: the last one, a line
event() {
	grep -F "\"type\":\"$1\"" "$DF_RUN/log.jsonl" | tail -n 1
}

# tree DIGEST-OR-NAME [RUN]: the paths of a tree with their modes, sorted
tree() {
	tap_tree "$(tap_hex "$1" "${2:-$DF_RUN}")" '' "${2:-$DF_RUN}" |
		sort -k 2
}

tap_hex() {
	case $1 in
	sha256:*) echo "${1#sha256:}" ;;
	*) basename "$(readlink "$2/$1")" ;;
	esac
}

tap_tree() (
	sed -n 's/^{"mode":"\([0-9]*\)","name":"\([^"]*\)",\(.*\)}$/\1 \2 \3/p' \
		"$3/blobs/sha256/$1" | while read -r mode name rest; do
		case $mode in
		040000)
			hex=${rest#\"sha256\":\"}
			tap_tree "${hex%%\"*}" "$2$name/" "$3"
			;;
		*) echo "$mode $2$name" ;;
		esac
	done
)

# content NAME PATH [RUN]: a file of a tree
content() (
	run=${3:-$DF_RUN} hex=$(tap_hex "$1" "${3:-$DF_RUN}") path=$2
	while :; do
		line=$(grep -F "\"name\":\"${path%%/*}\"" \
			"$run/blobs/sha256/$hex") || exit 1
		hex=${line#*\"sha256\":\"}
		hex=${hex%%\"*}
		case $path in
		*/*) path=${path#*/} ;;
		*) break ;;
		esac
	done
	cat "$run/blobs/sha256/$hex"
)

# ---- runs that cost little, and what is done to them ---------------------

# cheap ARGUMENT...: a run with handoffs and prompts, whose agents do nothing
# and whose base, $tmp/base, is what $tmp/spec asks for.  Nothing is isolated,
# and who makes it may approve it.
cheap() {
	[ -d "$tmp/spec" ] || tiny_spec "$tmp/spec"
	if [ ! -d "$tmp/base" ]; then
		mkdir "$tmp/base"
		# shellcheck disable=SC2016
		for tap_line in 'greet.sh echo "hello $1"' \
		    'part.sh echo "goodbye $1"' 'count.sh echo $#'; do
			echo "${tap_line#* }" >"$tmp/base/${tap_line%% *}"
		done
	fi
	[ -f "$tmp/agents/idle.json" ] ||
		adapter idle 'result PASS' '"workspace":"none"'
	boot --spec "$tmp/spec" --base "$tmp/base" --profile solo \
		--set "agent.adapter=$tmp/agents/idle.json" \
		--set sandbox.level=none --set policy.require_isolation=false \
		"$@"
	must df-handoff -q
	must df-prompt -q
}

# built ARGUMENT...: and dispatched; judged ARGUMENT...: and evaluated, which
# may say no
built() {
	cheap "$@"
	must df-dispatch -q -j 3
}

judged() {
	built "$@"
	run df-holdout -q
	[ "$rc" -eq 0 ] || [ "$rc" -eq 1 ] || [ "$rc" -eq 3 ] ||
		bail "df-holdout: exit $rc"
}

# full: the whole record of the first evaluation, as the file full
full() {
	rm -f full
	age -d -i "$DF_KEYS/df-holdout.age" -o full \
		"$DF_RUN/holdout/1.full.age" 2>/dev/null
}

# lines [RUN]: of its log
lines() {
	wc -l <"${1:-$DF_RUN}/log.jsonl"
}

# digest_of FILE: sha256:...
digest_of() {
	sha256sum <"$1" | sed 's/ .*//; s/^/sha256:/'
}

# fp FILE: the fingerprint of a key
fp() {
	ssh-keygen -lf "$1" | cut -d ' ' -f 2
}

# edit FILE SED: in place, and changed
edit() {
	sed "$2" "$1" >"$tmp/.edit"
	! cmp -s "$tmp/.edit" "$1" || bail "no change: $1"
	mv "$tmp/.edit" "$1"
}

# relog RUN FILTER [FROM]: the lines of its log through a program of jq, from
# line FROM on chained again and signed again with the keys of DF_KEYS, as one
# who holds them all can do.  A line without a result is dropped.
relog() {
	tap_n=0 tap_prev='' tap_keys=$(printenv DF_KEYS)
	jq -c "$2" "$1/log.jsonl" >"$tmp/.relog" || bail "relog: $2"
	for tap_role in $(jq -r .dfrole "$tmp/.relog" | sort -u); do
		ssh-keygen -lf "$tap_keys/$tap_role.pub" |
			sed "s/^[0-9]* \([^ ]*\).*/{\"$tap_role\":\"\1\"}/"
	done >"$tmp/.actors"
	jq -csS --slurpfile fp "$tmp/.actors" '($fp | add) as $fp |
		to_entries[] | (.key + 1) as $n | .value |
		.dfseq = $n | .id = ($n | tostring) | .dfactor = $fp[.dfrole] |
		.dfsig = "@sig" | if $n == 1 then del(.dfprev)
		else .dfprev = "@prev" end' "$tmp/.relog" >"$tmp/.relog.new" ||
		bail "relog: $2"
	mv "$1/log.jsonl" "$tmp/.relog.old"
	while IFS= read -r tap_line; do
		tap_n=$((tap_n + 1))
		IFS= read -r tap_old <&3
		if [ "$tap_n" -lt "${3:-1}" ]; then
			tap_line=$tap_old
		else
			tap_sign
		fi
		printf '%s\n' "$tap_line" >>"$1/log.jsonl"
		tap_prev=sha256:$(printf '%s\n' "$tap_line" | sha256sum)
		tap_prev=${tap_prev%% *}
	done <"$tmp/.relog.new" 3<"$tmp/.relog.old"
}

# $tap_line behind $tap_prev, signed
tap_sign() {
	case $tap_line in
	*@prev*) tap_line=${tap_line%%@prev*}$tap_prev${tap_line#*@prev} ;;
	esac
	tap_role=${tap_line##*'"dfrole":"'}
	tap_role=${tap_role%%'"'*}
	printf '%s\n' "${tap_line%%'"dfsig":'*}${tap_line#*@sig'",'}" \
		>"$tmp/.message"
	# of SSHSIG the last string but for its length
	tap_sig=$(ssh-keygen -q -Y sign -f "$tap_keys/$tap_role" -n "$tap_role" \
		<"$tmp/.message" 2>/dev/null | sed '/^---/d' | base64 -d |
		tail -c 83 | base64 -w 0)
	tap_line=${tap_line%%@sig*}$tap_sig${tap_line#*@sig}
}

# flip FILE OFFSET: another byte there; the mode stays
flip() {
	tap_mode=$(stat -c %a "$1")
	chmod u+w "$1"
	perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, $ARGV[1], 0;
	    read $f, my $c, 1 or die; seek $f, $ARGV[1], 0;
	    print $f $c ^ "\1"' "$1" "$2" || bail "flip $1 $2"
	chmod "$tap_mode" "$1"
}

# has_mount: can we mount something that only we see?
has_mount() {
	is_root && unshare --mount mount -t tmpfs none /mnt 2>/dev/null
}

# crowded RUN COMMAND...: with a copy of RUN, $tmp/small/run, on a file system
# that has no room left.  When the command is done there is room again, and
# $tmp/small.after is what df-verify --self then says of the copy.
crowded() {
	mkdir -p "$tmp/small"
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount -t tmpfs -o size=4m none "$1/small" &&
		cp -a "$2" "$1/small/run" || exit 99
		cat /dev/zero >"$1/small/fill" 2>/dev/null
		work=$1
		shift 2
		"$@"
		rc=$?
		rm "$work/small/fill"
		df-verify --self "$work/small/run" >"$work/small.after" 2>&1
		echo "exit $?" >>"$work/small.after"
		exit $rc' sh "$tmp" "$@"
}
