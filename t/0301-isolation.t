#!/bin/sh
# df-verify --isolation: what each attempt could reach, from its record.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-verify
needs_prog git jq
needs_bwrap
keys
tiny_spec spec
mkdir base
echo base >base/file
make='case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
'
key=$(ssh-keygen -lf keys/df-build.pub | cut -d ' ' -f 2)

# again FILTER: the record of T-001 as if df-dispatch had recorded it so; the
# keys are ours
again() {
	rm -rf forged
	cp -a "$DF_RUN" forged
	old=$(basename "$(readlink forged/dispatch/T-001/1.host.json)")
	jq -cS "$1" "forged/blobs/sha256/$old" >new.json
	new=$(sha256sum <new.json | cut -c 1-64)
	size=$(wc -c <new.json)
	cp new.json "forged/blobs/sha256/$new"
	chmod 444 "forged/blobs/sha256/$new"
	rm -f "forged/blobs/sha256/$old"
	ln -sfn "../../blobs/sha256/$new" forged/dispatch/T-001/1.host.json
	relog forged "(.data.artifacts[]? |
		select(.digest == \"sha256:$old\")) |=
		(.digest = \"sha256:$new\" | .size = $size)" \
		"$(grep -n "sha256:$old" forged/log.jsonl | head -n 1 |
		cut -d : -f 1)"
}

# ---- isolated ----

adapter builder "$make result PASS"
ready "$adapter" --spec spec --base base --profile solo
exits 1 'no attempt yet' df-verify --isolation
has "$out" 'NONE' 'is none'
must df-dispatch -q
must df-holdout -q
exits 0 'a run at level bwrap' df-verify --isolation
is "$(sed -n '/^T-/,$p' "$out")" "T-001 1 ISOLATED bwrap
T-002 1 ISOLATED bwrap
T-003 1 ISOLATED bwrap
judge 1 PROTECTED bwrap
ISOLATED on the word of $key (alice+operator)" 'each attempt, the judge, all of it'
like "$out" '^VERIFIED ' 'behind the verdict'
exits 0 'as JSON' df-verify --isolation --json
is "$(jq -c '[.verdict, .isolation.word, (.isolation.attempts | length),
	.isolation.attempts[0].task]' "$out")" \
	'["VERIFIED","ISOLATED",3,"T-001"]' 'the same'
exits 0 'without it' df-verify --json
is "$(jq .isolation "$out")" null 'it is not looked for'
exits 5 'who does not know the root' df-verify --isolation --root \
	"SHA256:$(printf '%043d' 0)"
hasnot "$out" '(alice' 'learns no name'

# ---- records that say otherwise ----

again .
cmp -s new.json "$DF_RUN/dispatch/T-001/1.host.json" ||
	bail 'the record is not written as jq does'
again '.protected[0] as $p | .inside.mounts += [.inside.mounts[0] |
	.dev = $p.mount | .root = $p.fs | .point = "/x"]'
exits 1 'a protected path was mounted' df-verify --isolation forged
like "$out" '^T-001 1 EXPOSED bwrap protected path /' 'is named'
like "$out" '^EXPOSED on the word of ' 'all of it is'
again 'del(.inside.mounts)'
exits 1 'a record without mounts' df-verify --isolation forged
has "$out" 'T-001 1 UNKNOWN bwrap the record does not say: mounts'
again '.isolation = "EXPOSED"'
exits 0 'its own word' df-verify --isolation forged
has "$out" 'T-001 1 ISOLATED bwrap' 'does not count'
rm -rf forged
cp -a "$DF_RUN" forged
flip "forged/blobs/sha256/$(basename "$(readlink \
	forged/dispatch/T-001/1.host.json)")" 100
exits 6 'a record that was changed without the keys' df-verify --isolation \
	forged
is "$(cat "$out")" BROKEN 'nothing is said of it'

# ---- other attempts, other levels ----

adapter second "$make"'[ -e "$HOME/x" ] || [ "$task" != T-001 ] || {
	result FAIL; exit; }
result PASS'
ready "$adapter" --spec spec --base base --profile solo \
	--set sandbox.level=none
run df-dispatch -q
run df-dispatch -q
exits 1 'a run at level none' df-verify --isolation
has "$out" 'T-001 1 UNISOLATED none'
has "$out" 'T-001 2 UNISOLATED none' 'failed attempts too'
like "$out" '^UNISOLATED on the word of ' 'all of it is'
if has_landlock; then
	adapter builder "$make result PASS"
	ready "$adapter" --spec spec --base base --profile solo \
		--set sandbox.level=landlock
	must df-dispatch -q
	must df-holdout -q
	exits 1 'a run at level landlock' df-verify --isolation
	has "$out" 'T-001 1 CONFINED landlock'
	has "$out" 'judge 1 UNPROTECTED landlock'
	again '.protected[0] as $p | .inside.confinement.rules += [{
		access: "ro", dev: "1:1", ino: 1, path: $p.path}]'
	exits 1 'a rule for a protected path' df-verify --isolation forged
	like "$out" '^T-001 1 EXPOSED landlock protected path /' 'is named'
else
	skip 5 'level landlock does not work here'
fi

# ---- what else is beside it ----

adapter builder "$make result PASS"
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local =>
	"agents/builder.d/s", Listen => 1) or die'
exits 4 'a socket in what an adapter declares' df-boot -q --spec spec \
	--base base --profile solo --set "agent.adapter=$adapter"
has "$err" 'agents/builder.d/s is a socket or a pipe'
rm agents/builder.d/s
ready "$adapter" --spec spec --base base --profile solo \
	--set retry.failures=none
mkfifo agents/builder.d/p
exits 9 'one that came after that' df-dispatch -q T-001
is "$(jq -r .error_code "$DF_RUN/dispatch/T-001/1.json")" sandbox.channel \
	'is a reason of its own'
is "$(jq -r '.isolation, .after' "$DF_RUN/dispatch/T-001/1.host.json")" \
	'EXPOSED
null' 'and the agent was not run'
rm agents/builder.d/p

cat >serve <<'END'
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Local => "\0$ARGV[0]", Listen => 9) or die;
open my $f, ">", "ready";
close $f;
while (my $c = $s->accept) { print $c "abstract-bait\n"; close $c }
END
bg perl serve "$tmp/abstract"
await 5 test -e ready
talk="perl -MIO::Socket::UNIX -e 'my \$s = IO::Socket::UNIX->new(Peer =>
	\"\\0$tmp/abstract\"); print \$s ? <\$s> : \"none\\n\"'
	perl -MIO::Socket::UNIX -e '
	my \$s = IO::Socket::UNIX->new(Local => \"\\0own\", Listen => 1);
	my \$c = IO::Socket::UNIX->new(Peer => \"\\0own\") and print \"own\\n\"'
	result PASS"
adapter online "$talk" '"net":"host"'
ready "$adapter" --spec spec --base base --profile solo \
	--set sandbox.allow_network=true
must df-dispatch -q T-001
if [ "$(jq .inside.guard.abstract "$DF_RUN/dispatch/T-001/1.host.json")" = \
    true ]; then
	hasnot "$DF_RUN/result/T-001/1.log" abstract-bait \
		'no abstract socket of the host is in reach of its network'
else
	has "$DF_RUN/result/T-001/1.log" abstract-bait 'an old kernel'
fi
has "$DF_RUN/result/T-001/1.log" own 'its own are'
again 'del(.inside.guard)'
exits 0 'where nothing was said of them' df-verify --isolation forged
has "$out" 'T-001 1 ISOLATED bwrap+net abstract sockets of the host'

if has_mount; then
	mkdir -p 'a b' 'm n'
	cp -R spec 'a b/spec'
	exits 0 'a specification whose mount has a space in its name' \
		unshare --mount sh -c 'mount --bind "a b" "m n" && shift &&
		exec df-boot -q -o spaced "$@"' sh x --spec 'm n/spec' \
		--base base --profile solo --set "agent.adapter=$adapter" \
		--set sandbox.allow_network=true
	ok 'is protected under the name that it has in its file system' \
		sh -c 'jq -e "[.protected[] | select(.path | endswith(\"/m n/spec\"))
		| .fs | endswith(\"/a b/spec\")] == [true]" \
		"$(echo spaced/r-*/boot.host.json)" >/dev/null'
else
	skip 2 'we cannot mount'
fi

# ---- taken over ----

adapter builder "$make result PASS"
ready "$adapter" --spec spec --base base --profile solo
must df-dispatch -q
must df-holdout -q
must df-decide reject -q -m 'once more' --class environment --remediation x
must df-freeze -q
origin=$(sed -n 1p "$DF_RUN/log.jsonl" | sha256sum | cut -c 1-64)
boot --supersedes "$DF_RUN" --spec spec --base base --profile solo \
	--set "agent.adapter=$adapter"
must df-handoff -q
must df-prompt -q
must df-dispatch -q
exits 0 'attempts that were taken over' df-verify --isolation
has "$out" "T-001 1 ISOLATED bwrap (attempt of sha256:$origin)" \
	'have the record that they had'
done_testing
