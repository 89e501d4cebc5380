#!/bin/sh
# Level landlock: what a confined program cannot do, what the record says of
# it, and that it is never taken for isolation.

# shellcheck disable=SC2016,SC2317 # dollars for others; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_prog jq perl setpriv unshare
needs_landlock

# ---- df-inside -----------------------------------------------------------

cp "$build/libexec/darkfactory/df-inside" .
mkdir ws secret
echo holdout >secret/file
echo public >beside
echo mine >theirs
chmod 755 . secret
chmod 644 secret/file beside theirs
if is_root; then
	chown 65534 ws theirs
fi

# confined ARGUMENT...: with the allow-list of a usual machine, the report in
# $tmp/report
confined() {
	# shellcheck disable=SC2046 # words
	plain ./df-inside -r 5 -c $(for i in /usr/* /bin /lib* /etc/ld.so.cache
	do
		[ "$i" = /usr/local ] || echo "-x $i"
	done) -w /dev/null -w "$tmp/ws" "$@" 5>report
}

# try NAME SCRIPT: sh says no; try_perl NAME SCRIPT: perl dies
try() {
	exits 0 "$1" confined -- sh -c "cd ws && $2"
	no "$1: it does not" test "$(after .exit)" = 0
}

try_perl() {
	exits 0 "$1" confined -- perl -MSocket -e "$2"
	no "$1: it does not" test "$(after .exit)" = 0
}

# can NAME COMMAND...: it does
can() {
	can_name=$1
	shift
	exits 0 "$can_name" confined -- "$@"
	is "$(after .exit)" 0 "$can_name: it does"
}

before() {
	sed -n 1p report | jq -c "$1"
}

after() {
	sed -n 2p report | jq -c "$1"
}

root_confined() {
	./df-inside -r 5 -c -x /usr -- true 5>report
}

exits 2 'a rule without -c' plain ./df-inside -r 5 -x /usr -- true
exits 2 'the network without -c' plain ./df-inside -r 5 -n -- true
if is_root; then
	exits 9 'root' root_confined
	has "$err" 'root cannot be confined'
else
	skip 2 'not root'
fi
exits 0 'a rule for what is not there' confined -x "$tmp/nowhere" -- true
hasnot report nowhere
exits 9 'a program that no rule names' confined -- "$tmp/df-inside" --version
has "$err" 'cannot run'

can 'its workspace' sh -c 'cd ws && mkdir d && echo x >d/f && mv d/f g &&
	ln -s g l && cat l && rm -r d g l && echo x >/dev/null'
can 'its own part of /proc' perl -e 'open F, "/proc/self/status" or die'
can 'processes' sh -c '(exit 3) | cat; x=$(echo y); [ $x = y ]'
can 'a pair of sockets' perl -MSocket -e 'socketpair A, B, AF_UNIX,
	SOCK_STREAM, 0 or die $!; syswrite A, "x"; sysread B, $x, 1 or die'

try 'to read a file' "cat '$tmp/secret/file'"
try 'to list a directory' "ls '$tmp/secret'"
try 'to list the root' 'ls /'
try 'a link that it made' "ln -s '$tmp/secret/file' l; cat l"
try 'a hard link' "ln '$tmp/theirs' h"
try 'to write to its own file elsewhere' "echo x >>'$tmp/theirs'"
try 'to cut its own file elsewhere' "perl -e \
	'truncate \"$tmp/theirs\", 0 or die'"
try 'to remove' "rm -f '$tmp/theirs'"
try 'to rename out' "echo x >f && mv f '$tmp/ws2'"
try '/tmp' 'echo x >/tmp/df-landlock-test'
try '/dev/shm' 'echo x >/dev/shm/df-landlock-test'
try 'processes of others' 'cat /proc/1/status'
try 'what they were called with' "cat /proc/$$/cmdline"
try 'signals to others' "kill -0 $$"
try 'a user namespace' 'unshare --user true'
try 'any namespace' 'unshare --user --map-root-user --mount true'
try '/etc/passwd' 'cat /etc/passwd'
is "$(cat theirs secret/file)" 'mine
holdout' 'files of others are as they were'

try_perl 'a TCP socket' 'socket S, AF_INET, SOCK_STREAM, 0 or exit 1'
try_perl 'UDP' 'socket S, AF_INET, SOCK_DGRAM, 0 or exit 1'
try_perl 'IPv6' 'socket S, AF_INET6, SOCK_STREAM, 0 or exit 1'
try_perl 'netlink' 'socket S, 16, SOCK_RAW, 0 or exit 1'
try_perl 'a Unix socket' 'socket S, AF_UNIX, SOCK_STREAM, 0 or exit 1'
try_perl 'a pair of datagram sockets' \
	'socketpair A, B, AF_UNIX, SOCK_DGRAM, 0 or exit 1'
with_net() {
	exits 0 "$1" confined -n -- perl -MSocket -e "$2"
}
with_net 'the host'\''s network: TCP' 'socket S, AF_INET, SOCK_STREAM, 0 or
	die; bind S, sockaddr_in(0, INADDR_LOOPBACK) or die $!'
is "$(after .exit)" 0 'is there when it is asked for'
is "$(before .confinement.network)" '"host"' 'and reported'
with_net 'a Unix socket' 'socket S, AF_UNIX, SOCK_STREAM, 0 or exit 1'
is "$(after .exit)" 1 'is not'

# number NAME: of a system call
number() {
	case $(uname -m).$1 in
	x86_64.keyctl) echo 250 ;;
	x86_64.ptrace) echo 101 ;;
	x86_64.bpf) echo 321 ;;
	x86_64.shmget) echo 29 ;;
	x86_64.prlimit64) echo 302 ;;
	x86_64.process_vm_readv) echo 310 ;;
	x86_64.fanotify_init) echo 300 ;;
	aarch64.keyctl) echo 219 ;;
	aarch64.ptrace) echo 117 ;;
	aarch64.bpf) echo 280 ;;
	aarch64.shmget) echo 194 ;;
	aarch64.prlimit64) echo 261 ;;
	aarch64.process_vm_readv) echo 270 ;;
	aarch64.fanotify_init) echo 262 ;;
	*.io_uring_setup) echo 425 ;;
	*.pidfd_getfd) echo 438 ;;
	esac
}

# call NAME ARGUMENT...: errno is EPERM
call() {
	call_name=$1
	shift
	exits 0 "$call_name" confined -- perl -e \
		'$! = 0; syscall shift, map { $_ + 0 } @ARGV; exit $!' \
		"$(number "$call_name")" "$@"
	is "$(after .exit)" 1 "$call_name: is refused"
}

call io_uring_setup 1 0
call keyctl 0 0 0
call ptrace 16 "$$" 0 0
call bpf 0 0 0
call shmget 0 4096 950
call prlimit64 "$$" 7 0 0
call process_vm_readv "$$" 0 0 0 0 0
call pidfd_getfd 0 0 0
call fanotify_init 512 0
# getpid by the numbers of x32
if [ "$(uname -m)" = x86_64 ]; then
	exits 0 'x32' confined -- perl -e 'syscall 0x40000027; exit 0'
	is "$(after .signal)" 31 'ends the process'
else
	skip 2 'not this machine'
fi

is "$(before '.confinement | [.abi > 0, .network, (.seccomp | length > 0),
	(.gaps | index("stat") != null)]')" '[true,"none",true,true]' \
	'what is reported of it'
is "$(before '.confinement.rules | map(select(.path == "'"$tmp/ws"'")) |
	[.[].access]')" '["rw"]' 'and its rules'
is "$(before '[.no_new_privs, (.capabilities |
	.effective, .permitted, .ambient)] | unique')" \
	'[true,"0000000000000000"]' 'no privileges'

# ---- a run ---------------------------------------------------------------

needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide
keys
tiny_spec spec
mkdir base
echo base >base/file
adapter spy 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
{
	cat "$SPY"/spec/D9* "$SPY"/keys/*
	ls "$SPY" "$SPY/runs"
	cat /etc/passwd /proc/1/environ
	echo x >"$SPY/scratch/x"
} 2>/dev/null
[ -n "$TMPDIR" ] && [ -z "$(ls -A "$TMPDIR")" ] && echo x >"$TMPDIR/x" &&
	[ -z "$SSH_AUTH_SOCK" ] && git status --short >/dev/null && result PASS' \
	"\"env\":{\"SPY\":\"$tmp\"}"
SSH_AUTH_SOCK=$tmp/agent.sock
export SSH_AUTH_SOCK
ready "$adapter" --spec spec --base base --profile solo \
	--set sandbox.level=landlock
exits 0 'a run at level landlock' df-dispatch
host=$DF_RUN/dispatch/T-001/1.host.json
is "$(cat "$DF_RUN"/result/T-001/1.log 2>/dev/null)" '' \
	'its agents read nothing that is none of theirs'
is "$(jq -c '[.isolation, .level]' "$host")" '["CONFINED","landlock"]' \
	'the word for it'
is "$(jq -c '.gaps | index("survivors") != null and index("stat") != null' \
	"$host")" true 'the record has the gaps'
is "$(jq -c '.after.outside.count' "$host")" 1 \
	'and what was written to its own temporary directory'
is "$(find "$DF_SCRATCH" -mindepth 2)" '' 'nothing of it is left'
no 'no part of /usr/local' sh -c 'jq -r ".inside.confinement.rules[].path" \
	"$1" | grep "^/usr/local\|^/usr$\|^/$"' sh "$host"
exits 0 'judged at the same level' df-holdout -q
is "$(jq -r .level "$DF_RUN/holdout/1.json")" landlock 'as the record says'
exits 4 'approve' df-decide approve -m 'looks good'
has "$err" 'default/isolation'

# An adapter that shows what is protected.
mkdir -p "$tmp/shown"
cp -R spec "$tmp/shown/spec"
adapter shows 'result PASS'
jq -c --arg d "$tmp/shown" '.ro += [$d]' "$adapter" >adapter.new &&
	mv adapter.new "$adapter"
exits 4 'a rule for what holds the specification' df-boot -q --spec \
	shown/spec --base base --profile solo --set "agent.adapter=$adapter" \
	--set sandbox.level=landlock
has "$err" 'would show'

done_testing
