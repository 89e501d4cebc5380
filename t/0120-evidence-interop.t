#!/bin/sh
# Signatures and age files against ssh-keygen, ssh-agent, age and age-keygen.

tool=${DF_BUILD:-build}/t/unit/evidence-tool
for p in ssh-keygen ssh-agent ssh-add age age-keygen; do
	command -v "$p" >/dev/null 2>&1 || {
		echo "1..0 # SKIP no $p"
		exit 0
	}
done
[ -x "$tool" ] || {
	echo "1..0 # SKIP $tool is not built"
	exit 0
}
case $tool in
/*) ;;
*) tool=$PWD/$tool ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/df-0120-XXXXXX") || exit 1
trap 'rm -rf "$tmp"; [ -z "$agent" ] || kill "$agent"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
unset SSH_AUTH_SOCK DF_TRUST DF_KEYS
umask 077
n=0

# check NAME COMMAND...: success
check() {
	what=$1
	shift
	n=$((n + 1))
	if "$@" >out 2>err; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what (exit $?)"
		sed 's/^/# /' out err
	fi
}

# also NAME COMMAND...: success, about what the last command has left in
# the files out and err
also() {
	what=$1
	shift
	n=$((n + 1))
	if "$@" >look 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what (exit $?)"
		sed 's/^/# /' look out err
	fi
}

# fails CODE NAME COMMAND...: that exit code
fails() {
	want=$1 what=$2
	shift 2
	n=$((n + 1))
	"$@" >out 2>err
	got=$?
	if [ $got -eq "$want" ]; then
		echo "ok $n - $what: $(head -n 1 err)"
	else
		echo "not ok $n - $what (exit $got, not $want)"
		sed 's/^/# /' out err
	fi
}

# Data from file $1 to the rest.
from() {
	file=$1
	shift
	"$@" <"$file"
}

# ssh-keygen -Y verify of data under namespace $1 at time $2, signature $3
stock() {
	ssh-keygen -Y verify -f signers -I alice+operator -n "$1" \
		-Overify-time="$2" -s "$3" <data
}
# ours
ours() {
	from data "$tool" verify signers "$2" "$3" "$1"
}

# ---- keys ----

check 'make a key' "$tool" keygen . ours 'alice@example.org at work'
fp=$(cat out)
ssh-keygen -y -f ours >y 2>err
check 'ssh-keygen -y prints our public file' cmp y ours.pub
ssh-keygen -l -f ours.pub >l 2>err
check 'ssh-keygen -l prints our fingerprint' grep -qF " $fp alice@" l
ssh-keygen -l -f ours >l2 2>err
check 'also of the private file' cmp l l2
ssh-keygen -q -t ed25519 -N '' -C 'bob' -f theirs
check 'we read a key of ssh-keygen' from theirs "$tool" sign theirs df-run
fpt=$("$tool" fp theirs.pub)
ssh-keygen -l -f theirs.pub >l
check 'and print its fingerprint' grep -qF " $fpt " l
cp ours copy
ssh-keygen -q -p -N secret -P '' -f copy >/dev/null
fails 5 'an encrypted key is refused' from theirs "$tool" sign copy df-run
also 'with a hint' grep -q 'hint: ssh-add copy' err
ssh-keygen -q -p -N '' -P secret -f copy >/dev/null
check 'ssh-keygen writes our key back' from theirs "$tool" sign copy df-run
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
fails 3 'an RSA key is refused' from theirs "$tool" sign rsa df-run

# ---- signatures ----

printf 'run.created\n' >data
{
	echo '# operators'
	printf '%s namespaces="df-run,df-build",' alice+operator
	printf 'valid-after="20260101Z",valid-before="20270101120000Z" '
	cat ours.pub
	printf 'bob namespaces="df-approve" '
	cat theirs.pub
} >signers
check 'sign' from data "$tool" sign ours df-run
cp out ours.sig
ssh-keygen -q -Y sign -f ours -n df-run <data >theirs.sig 2>/dev/null
check 'ssh-keygen makes the same signature' cmp ours.sig theirs.sig
now=20260601Z
check 'ssh-keygen verifies it' stock df-run $now ours.sig
check 'we verify it' ours df-run 2026-06-01T00:00:00Z ours.sig
also 'and name the principal' grep -qx alice+operator out
fails 255 'ssh-keygen: another namespace' stock df-build $now ours.sig
fails 5 'we: another namespace' ours df-build 2026-06-01T00:00:00Z ours.sig
check 'sign in a role that is not ours' from data "$tool" sign ours df-approve
cp out wrong.sig
fails 255 'ssh-keygen: a role that is not listed' \
	stock df-approve $now wrong.sig
fails 5 'we: a role that is not listed' \
	ours df-approve 2026-06-01T00:00:00Z wrong.sig
ssh-keygen -q -Y sign -f theirs -n df-approve <data >bob.sig 2>/dev/null
check "another person's key" ours df-approve 2026-06-01T00:00:00Z bob.sig

# Both bounds belong to the window.
for t in \
	'20251231235959 2025-12-31T23:59:59Z 255 5' \
	'20260101000000 2026-01-01T00:00:00Z 0 0' \
	'20270101120000 2027-01-01T12:00:00Z 0 0' \
	'20270101120001 2027-01-01T12:00:01Z 255 5'; do
	# shellcheck disable=SC2086 # four words
	set -- $t
	fails "$3" "ssh-keygen at $1" stock df-run "$1"Z ours.sig
	fails "$4" "we at $2" ours df-run "$2" ours.sig
done
# The base64 of a namespace of 40 characters ends with a full line.
long=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn
check 'a full last line' from data "$tool" sign ours $long
cp out ours.sig2
ssh-keygen -q -Y sign -f ours -n $long <data >theirs.sig2 2>/dev/null
check 'as ssh-keygen writes it' cmp ours.sig2 theirs.sig2

# What ssh-keygen takes too, and what only it takes: the file is refused.
key=$(cat ours.pub)
for l in 'alice+operator '"$key" \
	'alice+operator namespaces="df-*" '"$key" \
	'alice+* namespaces="df-run" '"$key" \
	'alice+operator NAMESPACES="df-run" '"$key" \
	'alice+operator namespaces="df-run",valid-after="20260101" '"$key"; do
	printf '%s\n' "$l" >signers
	check "ssh-keygen takes: ${l%% ssh-*}" stock df-run $now ours.sig
	fails 3 'we do not' ours df-run 2026-06-01T00:00:00Z ours.sig
done

# ---- the trust directory, signed by ssh-keygen ----

mkdir trust
printf 'alice+root namespaces="df-root" %s\n' "$key" >trust/allowed_signers
age-keygen -o id 2>/dev/null
rec=$(age-keygen -y id)
printf '# bob+evaluator namespaces="df-holdout"\n%s\n' "$rec" \
	>trust/recipients
fails 5 'an unsigned trust directory' "$tool" trust trust
(cd trust && ssh-keygen -q -Y sign -f ../ours -n df-root allowed_signers &&
	ssh-keygen -q -Y sign -f ../ours -n df-root recipients) 2>/dev/null
check 'a signed one' "$tool" trust trust
also 'its root' grep -qxF -e "$fp" out
check 'the root that was named' "$tool" trust trust "$fp"
fails 5 'another one' "$tool" trust trust "$fpt"
check 'age reads our recipients file' \
	from data age -R trust/recipients -o sealed

# ---- the agent ----

eval "$(ssh-agent -s)" >/dev/null
agent=$SSH_AGENT_PID
fails 5 'a key that the agent does not hold' \
	from data "$tool" sign ours.pub df-run
also 'with a hint' grep -q 'hint: ssh-add ours' err
ssh-add -q theirs ours 2>/dev/null
check 'sign through the agent' from data "$tool" sign ours.pub df-run
also 'the same signature' cmp out ours.sig
ssh-add -q -D 2>/dev/null
ssh-keygen -q -p -N secret -P '' -f copy >/dev/null
printf '#!/bin/sh\necho secret\n' >askpass
chmod +x askpass
SSH_ASKPASS=$tmp/askpass SSH_ASKPASS_REQUIRE=force ssh-add -q copy 2>/dev/null
cp ours.pub copy.pub
check 'an encrypted key by way of the agent' \
	from data "$tool" sign copy.pub df-run
also 'the same signature' cmp out ours.sig
kill "$agent"
agent=

# ---- age ----

age-keygen -o id2 2>/dev/null
rec2=$(age-keygen -y id2)
check 'make an identity' "$tool" age-keygen
cp out id3
rec3=$(sed -n 's/^# public key: //p' id3)
age-keygen -y id3 >y
check 'age-keygen -y prints our recipient' grep -qxF -e "$rec3" y
for size in 0 1 65535 65536 65537 1048576; do
	head -c $size /dev/urandom >plain
	age -r "$rec" -o one plain
	age -r "$rec" -r "$rec2" -r "$rec3" -o three plain
	age -a -r "$rec3" -o armored plain
	from one "$tool" age-open id >got
	check "$size bytes of age, one recipient" cmp got plain
	for i in id id2 id3; do
		from three "$tool" age-open $i >got
		check "$size bytes of age, three recipients, $i" cmp got plain
	done
	from armored "$tool" age-open id3 >got
	check "$size bytes of age, armored" cmp got plain
	from plain "$tool" age-seal "$rec" >one
	from plain "$tool" age-seal "$rec" "$rec2" "$rec3" >three
	age -d -i id one >got
	check "$size bytes of ours, one recipient" cmp got plain
	for i in id id2 id3; do
		age -d -i $i three >got
		check "$size bytes of ours, three recipients, $i" \
			cmp got plain
	done
done
check 'count stanzas' from three "$tool" age-count
also 'three of X25519' grep -qx '3 0' out
fails 5 'a file for somebody else' from one "$tool" age-open id2
age -R ours.pub -r "$rec" -o mixed data
check 'an SSH recipient beside ours' from mixed "$tool" age-open id
also 'is what was sealed' cmp out data
check 'count both' from mixed "$tool" age-count
also 'one and one' grep -qx '1 1' out

echo "1..$n"
