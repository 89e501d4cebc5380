#!/bin/sh
# df-inside: what it reports before and after a command, how it ends one, and
# what the command gets and does not get.

# shellcheck disable=SC2016,SC2317 # scripts for others; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$build/libexec/darkfactory:$PATH
has_prog df-inside || plan skip_all 'df-inside is not built'
needs_prog jq perl setsid setpriv

# inside ARGUMENT...: with the report in $tmp/report
inside() {
	df-inside -r 5 "$@" 5>"$tmp/report"
}

# before FILTER, after FILTER: of a line of the report
before() {
	sed -n 1p report | jq -c "$1"
}

after() {
	sed -n 2p report | jq -c "$1"
}

# usage NAME ARGUMENT...: exit 2, and nothing is run or reported
usage() {
	usage_name=$1
	shift
	rm -f ran report
	exits 2 "$usage_name" inside "$@"
	has "$err" 'usage: df-inside' "$usage_name: it says how to call it"
	is "$(ls ran 2>/dev/null)$(cat report)" '' "$usage_name: nothing was run"
}

# ---- the interface ----

exits 0 'help' df-inside --help
has "$out" 'usage: df-inside'
is "$(cat "$err")" '' 'nothing on stderr'
exits 0 'version' df-inside --version
like "$out" '^df-inside \(darkfactory\) [0-9]' 'which it is'
exits 2 'nothing' df-inside
exits 2 'no report' df-inside -- touch ran
usage 'no command'
usage 'no command behind --' --
usage 'an unknown option' -x -- touch ran
usage 'a long option' --bogus -- touch ran
usage 'help is the first argument only' -t 0 --help -- touch ran
usage 'stdout is no report' -r 1 -- touch ran
usage 'a report that is no number' -r five -- touch ran
usage 'a report beyond all descriptors' -r 4294967301 -- touch ran
usage 'a negative descriptor' -k -1 -- touch ran
usage 'no descriptor' -k '' -- touch ran
usage 'a time that is no number' -t 1s -- touch ran
usage 'an octal number' -p 010 -- touch ran
usage 'a network for nobody' -n -- touch ran
usage 'no command before --then' -- --then touch ran
usage 'no command behind --then' -- touch ran --then
eight='3 3 3 3 3 3 3 3'
# shellcheck disable=SC2046,SC2086 # words
exits 0 'eight descriptors' inside $(printf -- '-k %s ' $eight) -- true 3<report
# shellcheck disable=SC2046,SC2086
usage 'a ninth' $(printf -- '-k %s ' $eight 3) -- touch ran
# shellcheck disable=SC2046,SC2086
exits 0 'eight directories' inside $(printf -- '-o none%s ' $eight) -- true
# shellcheck disable=SC2046,SC2086
usage 'a ninth directory' $(printf -- '-o none%s ' $eight 3) -- touch ran
exits 9 'a command that is not there' inside -- ./nowhere
has "$err" 'df-inside: cannot run ./nowhere'
is "$(grep -c '' report)" 1 'the first report is there'
: >text
exits 9 'a command that cannot be executed' inside -- ./text
exits 9 'a report that is not open' df-inside -r 7 -- touch ran
exits 9 'a report that is full' sh -c 'df-inside -r 7 -- touch ran 7>/dev/full'
no 'nothing was run' test -e ran

# ---- before ----

mkdir here
exits 0 'a command' within here env ALICE=secret-value \
	df-inside -r 5 -- sh -c 'echo out; echo err >&2; cat; exit 7' \
	5>report </dev/null
is "$(cat "$out")$(cat "$err")" outerr 'has our descriptors'
is "$(grep -c '' report)" 2 'two lines'
is "$(before keys_unsorted)" "$(printf '%s' '["capabilities","cwd",' \
	'"descriptors","environment","gid","gid_map","mounts","network",' \
	'"no_new_privs","uid","uid_map"]')" 'the members of the first'
is "$(before '[.cwd, .uid, .gid]')" \
	"[\"$tmp/here\",$(id -u),$(id -g)]" 'where, and who'
is "$(before '.mounts | length')" "$(grep -c '' /proc/self/mountinfo)" \
	'each mount'
is "$(before '.mounts[0] | keys')" \
	'["dev","options","point","root","source","type"]' 'of which this is said'
is "$(before '[.network[]] | sort')" "$(sed -n 's/^ *\([^ :]*\):.*/\1/p' \
	/proc/self/net/dev | jq -R . | jq -sc sort)" 'each network interface'
for i in ambient:Amb bounding:Bnd effective:Eff permitted:Prm; do
	is "$(before ".capabilities.${i%:*}")" \
		"\"$(sed -n "s/^Cap${i#*:}:[[:space:]]*//p" /proc/self/status)\"" \
		"capabilities: ${i%:*}"
done
is "$(before '.uid_map[0] | [.inside, .outside, .count]')" \
	"$(sed -n '1s/  */ /gp' /proc/self/uid_map |
	jq -Rc 'ltrimstr(" ") | split(" ") | map(tonumber)')" 'the map of uids'
is "$(before '.environment | index("ALICE") != null and . == sort')" true \
	'names of variables'
hasnot report secret-value 'and no value'
exits 0 'no new privileges' setpriv --no-new-privs \
	df-inside -r 5 -- true 5>report
is "$(before .no_new_privs)" true 'is reported'

# ---- after ----

exits 0 'a command that fails' inside -- sh -c 'exit 7'
is "$(after keys_unsorted)" "$(printf '%s' '["cpu_ms","duration_ms","exit",' \
	'"maxrss_kib","observed","outside","survivors","timeout"]')" \
	'the members of the second'
is "$(after .)" "$(sed -n 2p report)" 'as jq writes it'
is "$(after '[.exit, .timeout, .survivors, .outside]')" "$(printf '%s' \
	'[7,false,{"count":0,"names":[]},{"count":0,"paths":[]}]')" 'how it ended'
exits 0 'one that is killed' inside -- sh -c 'kill -9 $$'
is "$(after '[.signal, .exit, .timeout]')" '[9,null,false]' 'has a signal'
exits 0 'one that takes a while' inside -- sh -c \
	'sleep 0.3; i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); done'
is "$(after '.duration_ms >= 300 and .duration_ms < 60000 and .cpu_ms > 0 and
	.cpu_ms < .duration_ms and .maxrss_kib > 0')" true 'time and size'

# ---- descriptors ----

echo kept >kept
exits 0 'descriptors' inside -k 4 -- sh -c \
	'cat <&4; ls /proc/self/fd | tr "\n" " "' 3<kept 4<kept </dev/null
is "$(cat "$out")" 'kept
0 1 2 3 4 ' 'only those of -k; ls has one of its own'
is "$(before '[.descriptors[] | [.fd, .to]]')" \
	"[[0,\"/dev/null\"],[1,\"$out\"],[2,\"$err\"],[4,\"$tmp/kept\"]]" \
	'what is reported of them'
exits 0 'nothing writes into the report' inside -- \
	sh -c 'echo forged >&5' 2>/dev/null
hasnot report forged

# ---- what it may ----

exits 0 'limits' inside -p 345 -- cat /proc/self/limits
like "$out" '^Max processes +345 +345 ' 'processes'
like "$out" '^Max core file size +0 +0 ' 'no core files'
exits 0 'signals' sh -c 'trap "" HUP INT TERM && exec df-inside -r 5 -- \
	grep ^SigIgn: /proc/self/status 5>report'
like "$out" '^SigIgn:	0+$' 'are as by default'
exits 0 'its session' inside -- sh -c 'cut -d " " -f 1,6 /proc/$$/stat'
is "$(cut -d ' ' -f 1 "$out")" "$(cut -d ' ' -f 2 "$out")" 'is its own'

# As somebody whom the kernel does not let read everything.
cp "$(command -v df-inside)" .
nobody() {
	if is_root; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}
if nobody ./df-inside --version >/dev/null 2>&1; then
	exits 0 'what runs cannot look at it' nobody ./df-inside -r 5 -- sh -c \
		'cat /proc/$PPID/environ; ls /proc/$PPID/fd' 5>report
	is "$(cat "$out")" '' 'nor at its descriptors'
	has "$err" 'ermission denied'
else
	skip 3 'nobody cannot run anything here'
fi

# ---- time ----

exits 0 'a command that never ends' inside -t 300 -- sleep 1000
is "$(after '[.signal, .timeout, .exit, .duration_ms >= 300,
	.duration_ms < 5000]')" '[15,true,null,true,true]' 'is ended'
exits 0 'one that does not want to' inside -t 300 -- \
	sh -c 'trap "" TERM; while :; do sleep 1002; done'
is "$(after '[.signal, .timeout, .duration_ms >= 5300,
	.duration_ms < 15000]')" '[9,true,true,true]' 'is killed 5 seconds later'
exits 0 'one that ends in time' inside -t 60000 -- true
is "$(after '[.exit, .timeout]')" '[0,false]' 'is left alone'
exits 0 'no time at all is any' inside -t 0 -- sleep 0.2
is "$(after '[.exit, .timeout]')" '[0,false]' 'as without -t'

# ---- what is left ----

# A program of its own, whose name nothing else has.
nap=nap$$
cp "$(command -v sleep)" "$nap"
PATH=$tmp:$PATH
export nap

# naps COUNT: that many of them run
naps() {
	[ "$(grep -lx "$nap" /proc/[0-9]*/comm 2>/dev/null | wc -l)" -eq "$1" ]
}

# the same as a program, which waits until it is so
cat >naps <<'END'
#!/bin/sh
until [ "$(grep -lx "$nap" /proc/[0-9]*/comm 2>/dev/null | wc -l)" -eq "$1" ]
do
	sleep 0.05
done
END
chmod 755 naps

exits 0 'a command that leaves daemons' inside -t 60000 -- sh -c \
	'setsid $nap 1000 & setsid sh -c "setsid $nap 1000 &" & ./naps 2'
is "$(after .survivors)" "{\"count\":2,\"names\":[\"$nap\",\"$nap\"]}" \
	'they are told of'
ok 'none is left' naps 0
exits 0 'one that leaves many' inside -t 60000 -- sh -c \
	'i=0; while [ $i -lt 25 ]; do setsid $nap 1000 & i=$((i + 1)); done
	./naps 25'
is "$(after '[.survivors.count, (.survivors.names | length)]')" '[25,20]' \
	'twenty are named'
ok 'none of them is left' naps 0
exits 0 'one whose time is over' inside -t 1000 -- \
	sh -c '$nap 1000 & $nap 1000; echo >ran'
is "$(after '[.signal, .timeout]')" '[15,true]' 'is ended'
ok 'with what it started' naps 0
no 'at once' test -e ran
: >report
bg sh -c 'exec df-inside -r 5 -- sh -c "setsid $nap 1003 & setsid sh -c \
	\"setsid $nap 1003 &\"; $nap 1003" 5>report'
must await 20 naps 3
kill "$pid"
ok 'one that gets SIGTERM ends them all' await 5 naps 0
must await 5 test -s report
wait "$pid"
is "$(after '[.interrupted, .signal, .survivors.count >= 2, .timeout]')" \
	'[true,9,true,false]' 'and says so'
exits 0 'one that what it runs sends SIGTERM' inside -- \
	sh -c 'kill $PPID; sleep 0.2; exit 4'
is "$(after '[.interrupted, .exit]')" '[null,4]' 'goes on'
: >report
bg sh -c 'df-inside -r 5 -- sh -c "setsid $nap 1004 & $nap 1004" 5>report; :'
must await 20 naps 2
kill -9 "$pid"
ok 'when who started it is killed they are' await 5 naps 0
exits 0 'a process without a name' inside -t 60000 -- perl -e 'my $prctl =
	`uname -m` =~ /x86/ ? 157 : 167;
	my $name = "\0";
	fork and exit;
	syscall $prctl, 15, $name, 0, 0, 0;
	setpgrp; close STDOUT; close STDERR; sleep 1005'
is "$(after .survivors.count)" 1 'counts too'
bg "$nap" 1000
exits 0 'a process of others' inside -- true
ok 'lives on' kill -0 "$pid"
kill "$pid"
must await 20 naps 0
bg sh -c 'exec df-inside -r 5 -- "$nap" 1001 5>report'
must await 20 naps 1
kill -9 "$pid"
ok 'what kills it kills the command' await 20 naps 0

# ---- files ----

mkdir -p seen/a/b seen/empty beside
exits 0 'files' inside -o seen -o nowhere -- sh -c 'echo x >seen/a/b/file
	ln -s /etc/passwd seen/link; mkfifo seen/pipe; echo x >beside/file'
is "$(after '.outside | [.count, (.paths | sort)]')" \
	'[3,["seen/a/b/file","seen/link","seen/pipe"]]' \
	'that are below it, and no directories'
exits 0 'a link in place of a directory' sh -c \
	'ln -s seen through; exec df-inside -r 5 -o through -- true 5>report'
is "$(after .outside.count)" 0 'is not followed'
mkdir many
exits 0 'many files' inside -o many -- sh -c \
	'i=0; while [ $i -lt 30 ]; do echo >many/$i; i=$((i + 1)); done'
is "$(after '[.outside.count, (.outside.paths | length)]')" '[30,20]' \
	'twenty are named'
exits 0 'a name that is none' inside -o here -- sh -c \
	'touch "here/$(printf "a\"b\\\\c\nd")"'
is "$(after '.outside.paths[0]')" '"here/a\"b\\c\nd"' 'is escaped'
deep=deep/1/2/3/4/5/6/7/8
mkdir -p "$deep/9"
exits 0 'deep directories' inside -o deep -- touch "$deep/in" "$deep/9/out"
is "$(after .outside)" "{\"count\":1,\"paths\":[\"$deep/in\"]}" 'to the eighth'
if has_mount; then
	mkdir -p mounted/on
	exits 0 'what is mounted there' unshare --mount sh -c '
		mount -t tmpfs none mounted/on && echo >mounted/on/file &&
		echo >bound && echo >mounted/bound &&
		mount --bind bound mounted/bound && echo >mounted/file &&
		exec df-inside -r 5 -o mounted -- true 5>report'
	is "$(after .outside)" '{"count":1,"paths":["mounted/file"]}' \
		'is none of it'
else
	skip 2 'we cannot mount'
fi

if has_mount; then
	mkdir 'a b' "$(printf 'c\\d\te')"
	exits 0 'names that mountinfo(5) escapes' unshare --mount sh -c '
		mount -t tmpfs "a source" "a b" && mkdir "a b/x y" &&
		mount --bind "a b/x y" "$1" &&
		exec df-inside -r 5 -- true 5>report' sh \
		"$(printf 'c\\d\te')"
	is "$(before ".mounts[-2:] | map([.root, .point[${#tmp}:], .source])")" \
		'[["/","/a b","a source"],["/x y","/c\\d\te","a source"]]' \
		'are as they are'
else
	skip 2 'we cannot mount'
fi

exits 4 'no sandbox of ours' df-inside --left "$$" ''
exits 2 'whose are left' df-inside --left
exits 2 'no process' df-inside --left none ''

# ---- sockets and pipes ----

mkdir -p look/a/b
echo >look/a/file
ln -s ../nowhere look/link
mkfifo outside-pipe
ln -s ../outside-pipe look/to-pipe
exits 0 'a directory without sockets' inside -l look -l none -- touch ran
is "$(before .channels)" '[]' 'has none; links are not followed'
rm ran
mkfifo look/a/b/pipe
exits 4 'a pipe below one' inside -l look -- touch ran
has "$err" 'df-inside: look/a/b/pipe is a socket or a pipe'
is "$(before .channels)" '["look/a/b/pipe"]' 'is reported'
no 'and nothing is run' test -e ran
exits 4 'a pipe itself' inside -l outside-pipe -- touch ran
rm look/a/b/pipe
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "look/s",
	Listen => 1) or die'
exits 4 'a socket' inside -l none -l look -- touch ran
is "$(before .channels)" '["look/s"]' 'is reported too'
no 'and runs nothing' test -e ran

# ---- then ----

exits 0 'and then' inside -k 4 -- sh -c 'echo first; exit 7' --then \
	sh -c 'cat <&4; echo "$@"; exit 3' sh a 'b  c' 4<kept
is "$(cat "$out")" 'first
kept
a b  c' 'the second runs behind the first'
is "$(after .exit)" 7 'how it ends is of no consequence'
exits 0 'when the first is over its time' inside -t 300 -- sleep 1000 --then \
	sh -c 'echo then >seen/then'
is "$(after .timeout)$(cat seen/then)" truethen 'too'
exits 0 'one that is not there' inside -- true --then ./nowhere
is "$(after .exit)" 0 'is passed over'
exits 0 'what the second leaves' inside -o seen -- rm seen/then --then sh -c \
	'setsid $nap 1000 & ./naps 1; echo >seen/a/then'
is "$(after '[.survivors.count, .outside.count]')" '[1,4]' 'counts'
ok 'and is killed' naps 0

done_testing
