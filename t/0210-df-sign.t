#!/bin/sh
# df-sign: keys, trust directories, signatures, and what it refuses.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign
needs_prog ssh-keygen age-keygen
id -un >/dev/null 2>&1 || plan skip_all 'ssh-keygen needs a user with a name'

mode() {
	stat -c %a "$1"
}

# fingerprint FILE: as ssh-keygen prints it
fingerprint() {
	ssh-keygen -l -f "$1" | cut -d ' ' -f 2
}

# stock PRINCIPAL NAMESPACE FILE: ssh-keygen verifies FILE.sig
# shellcheck disable=SC2317 # `ok' runs it
stock() {
	from "$3" ssh-keygen -Y verify -f trust/allowed_signers -I "$1" \
		-n "$2" -s "$3.sig"
}

# foreign KEY OPTION...: bad.sig by ssh-keygen
foreign() {
	rm -f bad bad.sig
	cp file bad
	signer=$1
	shift
	ssh-keygen -q -Y sign -f "$signer" -n file "$@" bad 2>/dev/null
}

# ---- the interface ----

exits 2 'no verb' df-sign
exits 2 'an unknown verb' df-sign bogus
exits 2 'an unknown option' df-sign sign --bogus
exits 0 'help' df-sign --help
has "$out" 'usage: df-sign'
exits 0 'version' df-sign --version
exits 2 'keygen without a file' df-sign keygen
exits 2 'keygen of two files' df-sign keygen a b
exits 2 'keygen of a directory' df-sign keygen a/
exits 2 'init with an operand' df-sign init alice
exits 2 'trust with an operand' df-sign trust trust
exits 2 'sign without a namespace' df-sign sign -k key file
exits 2 'sign nothing' df-sign sign -n file -k key
exits 2 'sign in a foreign namespace, no key named' df-sign sign -n file file
exits 2 'verify without a namespace' df-sign verify file
exits 2 'verify two files' df-sign verify -n file a b
no 'no keys were made' test -e keys

# ---- keygen ----

exits 0 'a key' df-sign keygen -c 'alice at work' key
is "$(cat "$out")" "$(fingerprint key.pub)" \
	'it prints the fingerprint that ssh-keygen has'
is "$(fingerprint key)" "$(fingerprint key.pub)" 'the halves belong together'
is "$(mode key) $(mode key.pub)" '600 644' 'modes'
is "$(ssh-keygen -y -f key)" "$(cat key.pub)" 'ssh-keygen reads it, comment too'
like key.pub '^ssh-ed25519 [A-Za-z0-9+/]+ alice at work$' 'the comment'
cp key kept
exits 7 'the same file again' df-sign keygen key
ok 'the key is what it was' cmp key kept
rm kept
: >half.pub
exits 7 'its public half is there' df-sign keygen half
no 'no private half is made then' test -e half
exits 3 'a directory that is not there' df-sign keygen no/key
exits 3 'a comment of two lines' df-sign keygen -c 'a
b' two
no 'no key is made then' test -e two
exits 0 'as JSON' df-sign --json keygen js
like "$out" '^\{"file":"js","key":"SHA256:[A-Za-z0-9+/]{43}"\}$' 'one object'
exits 9 'stdout is full' into /dev/full df-sign keygen full
exits 9 'a directory that takes no file' df-sign keygen /proc/key

exits 0 'an age identity' df-sign keygen --age id
is "$(cat "$out")" "$(age-keygen -y id)" 'age-keygen reads its recipient'
is "$(mode id)" 600 'its mode'
exits 7 'again' df-sign keygen --age id

# ---- init ----

exits 3 'a person that has a blank' df-sign init --person 'al ice'
no 'makes no keys' test -e keys/df-run
rm -rf keys

exits 0 'init' df-sign init --person alice
root=$(cat "$out")
is "$root" "$(fingerprint keys/df-root.pub)" "it prints the root's fingerprint"
is "$(mode keys)" 700 'the mode of the directory of keys'
is "$(ls keys)" "$(printf '%s\n' df-admin df-admin.pub df-approve \
	df-approve.age df-approve.pub df-build df-build.pub df-holdout \
	df-holdout.age df-holdout.pub df-root df-root.pub df-run df-run.pub)" \
	'a key for each role, two identities'
is "$(stat -c %a keys/* | sort -u | tr '\n' ' ')" '600 644 ' 'their modes'
is "$(ls trust)" "$(printf '%s\n' allowed_signers allowed_signers.sig \
	recipients recipients.sig trust.json trust.json.sig)" \
	'the trust directory'
for f in allowed_signers recipients; do
	ok "ssh-keygen verifies $f" stock alice+root df-root "trust/$f"
done
is "$(cut -d ' ' -f 1,2 trust/allowed_signers)" \
	"$(printf 'alice+%s namespaces="%s"\n' operator df-run \
	    operator df-build operator df-admin evaluator df-holdout \
	    approver df-approve root df-root)" 'who may sign as what'
is "$(grep -v '^#' trust/recipients)" \
	"$(age-keygen -y keys/df-holdout.age; age-keygen -y keys/df-approve.age)" \
	'who may open'
cat keys/* trust/* >kept
exits 7 'init again' df-sign init --person bob
cat keys/* trust/* >now
ok 'nothing has changed' cmp now kept
is "$(find . -maxdepth 1 -name '.df-*')" '' 'nothing is left beside it'

# an init that was interrupted goes on with the keys that it made
cp -R trust trust.kept
rm -r trust keys/df-root keys/df-root.pub
exits 0 'init where some keys are' df-sign init --person alice
is "$(head -n 5 trust/allowed_signers)" "$(head -n 5 trust.kept/allowed_signers)" \
	'uses them'
is "$(cat "$out")" "$(fingerprint keys/df-root.pub)" 'and makes the rest'
rm -r trust.kept
chmod 755 keys
exits 5 'a directory of keys that others can read' \
	env DF_TRUST="$tmp/trust2" df-sign init --person alice
no 'makes no trust directory' test -e trust2
chmod 700 keys
exits 0 'as JSON, elsewhere' env DF_KEYS="$tmp/bob" df-sign --json init \
	--person bob --trust "$tmp/deep/er/trust"
like "$out" '^\{"root":"SHA256:[A-Za-z0-9+/]{43}","trust":"[^"]*/deep/er/trust"\}$' \
	'one object'

# ---- sign, verify ----

printf 'one line\n' >file
exits 0 'sign a file' df-sign sign -n file -k key file
is "$(cat "$out")" file.sig 'it prints the name of what it wrote'
mv file.sig ours.sig
ssh-keygen -q -Y sign -f key -n file file 2>/dev/null
ok 'ssh-keygen makes the same bytes' cmp file.sig ours.sig
ok 'ssh-keygen checks it' from file ssh-keygen -Y check-novalidate -n file \
	-s ours.sig
exits 7 'the signature is there already' df-sign sign -n file -k key file
ok 'and is what it was' cmp file.sig ours.sig
exits 3 'no such file' df-sign sign -n file -k key nowhere
exits 3 'no such key' df-sign sign -n file -k nowhere file
cp file second
cp file file2
exits 0 'several files' df-sign sign -n git -k key second file2
is "$(cat "$out")" 'second.sig
file2.sig' 'a line for each'
cp file js
rm -f js.sig
exits 0 'as JSON' df-sign --json sign -n file -k key js
like "$out" '^\{.*js\.sig' 'an object'
exits 0 'the key from the environment' env DF_KEY=key df-sign sign -n e file2.sig
exits 2 'a namespace with a blank' df-sign sign -n 'a b' -k key key.pub

exits 5 'nobody in the roster has the key' df-sign verify -n file file
printf 'bob namespaces="df-run" %s\n' "$(cut -d ' ' -f 1,2 key.pub)" >signers
exits 0 'a roster of its own' df-sign verify -n file --signers signers file
is "$(cat "$out")" bob 'prints the principal'
exits 0 'as JSON' df-sign --json verify -n file --signers signers file
is "$(cat "$out")" \
	"{\"key\":\"$(fingerprint key.pub)\",\"principal\":\"bob\"}" 'one object'
exits 0 'a signature of another name' df-sign verify -n file -s ours.sig \
	--signers signers file2
exits 5 'another namespace' df-sign verify -n git --signers signers file
echo more >>file2
exits 5 'another file' df-sign verify -n file -s ours.sig --signers signers file2
exits 3 'no signature' df-sign verify -n file --signers signers key.pub
exits 3 'no file' df-sign verify -n file --signers signers nowhere
exits 3 'no roster' df-sign verify -n file --signers nowhere file
exits 3 'no trust directory' env DF_TRUST=nowhere df-sign verify -n file file
echo '-----BEGIN SSH SIGNATURE-----' >bad.sig
exits 3 'half a signature' df-sign verify -n file -s bad.sig --signers signers \
	file
# the same signature in other words
{
	echo '-----BEGIN SSH SIGNATURE-----'
	grep -v -e '-----' ours.sig | tr -d '\n' | fold -w 60
	printf '\n-----END SSH SIGNATURE-----\n'
} >bad.sig
ok 'ssh-keygen takes a signature that was folded otherwise' \
	from file ssh-keygen -Y check-novalidate -n file -s bad.sig
exits 6 'we do not' df-sign verify -n file -s bad.sig --signers signers file
{ cat ours.sig; echo; } >bad.sig
exits 6 'nor one with a line behind it' df-sign verify -n file -s bad.sig \
	--signers signers file
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
foreign rsa
exits 3 'an RSA signature' df-sign verify -n file -s bad.sig --signers signers file
foreign key -O hashalg=sha256
exits 3 'a signature over SHA-256' df-sign verify -n file -s bad.sig \
	--signers signers file

# ---- keys that are refused ----

for m in 644 640 604 660; do
	cp key loose
	chmod "$m" loose
	exits 5 "a key of mode $m" df-sign sign -n file -k loose second.sig
done
no 'nothing is signed' test -e second.sig.sig
exits 3 'an RSA key' df-sign sign -n file -k rsa second.sig
cp key locked
chmod 600 locked
ssh-keygen -q -p -N secret -P '' -f locked >/dev/null
exits 5 'an encrypted key' df-sign sign -v -n file -k locked second.sig
has "$err" 'hint: ssh-add locked'
{ cat key; echo; cat key; } >loose
chmod 600 loose
exits 3 'a file with two keys' df-sign sign -n file -k loose second.sig
exits 5 'a public key, and no agent' df-sign sign -n file -k key.pub second.sig

if has_prog ssh-agent; then
	eval "$(ssh-agent -s)" >/dev/null
	tap_pids="$tap_pids $SSH_AGENT_PID"
	exits 5 'an agent that does not hold the key' \
		df-sign sign -n file -k key.pub second.sig
	ssh-add -q key 2>/dev/null
	cp file agent
	exits 0 'an agent that does' df-sign sign -n file -k key.pub agent
	ok 'makes the same signature' cmp agent.sig ours.sig
	kill "$SSH_AGENT_PID"
	unset SSH_AUTH_SOCK SSH_AGENT_PID
else
	skip 3 'no ssh-agent'
fi

# ---- namespaces of roles ----

echo '{"a":1}' >any.json
for ns in df-run df-build df-holdout df-approve df-admin; do
	exits 4 "any JSON as $ns" df-sign sign -n "$ns" any.json
done
exits 4 'a trust file as df-root' df-sign sign -n df-root -k keys/df-root any.json
exits 4 'a namespace df-* that is no role' df-sign sign -n df-new -k key any.json
exits 3 'plain text as df-run' df-sign sign -n df-run file
no 'nothing is signed' test -e any.json.sig

if [ -x "$build/bin/df-boot" ]; then
	tiny_spec spec
	boot --set sandbox.level=none --spec spec
	cat "$DF_RUN/run.json" >run.json
	exits 0 'a record of a run as df-run' df-sign sign -n df-run run.json
	ok 'ssh-keygen verifies it' stock alice+operator df-run run.json
	exits 0 'we do, by the trust directory' df-sign verify -n df-run run.json
	is "$(cat "$out")" alice+operator 'and name who it was'
	sed 's/"schema"/ "schema"/' run.json >loose.json
	exits 3 'the record with a blank' df-sign sign -n df-run loose.json
	sed 's/"instance":1/"instance":1,"more":1/' run.json >loose.json
	exits 3 'the record with a member more' df-sign sign -n df-run loose.json
	# what is signed in a log: an event without dfsig
	sed -n '1s/,"dfsig":"[^"]*"//p' "$DF_RUN/log.jsonl" >event.json
	exits 4 'an event of a log' df-sign sign -n df-run event.json
	# a signature under a role that its key does not have
	cp run.json other.json
	exits 0 'signed with a key of another role' \
		df-sign sign -n df-run -k keys/df-build other.json
	exits 5 'is not valid' df-sign verify -n df-run other.json
	unset DF_RUN
else
	skip 10 'df-boot is not built'
fi

# ---- the trust directory ----

cp -R trust good
restore() {
	rm -rf trust
	cp -R good trust
}

printf 'bob+approver namespaces="df-approve" %s\n' \
	"$(cut -d ' ' -f 1,2 key.pub)" >>trust/allowed_signers
exits 5 'an edited trust directory' df-sign verify -n df-run file
exits 0 'signed again' df-sign trust
is "$(cat "$out")" "$(fingerprint keys/df-root.pub)" 'prints the root'
ok 'ssh-keygen verifies it' stock alice+root df-root trust/allowed_signers
cp file note
ssh-keygen -q -Y sign -f key -n note note 2>/dev/null
exits 0 'bob is in it' df-sign verify -n note note
is "$(cat "$out")" bob+approver 'by his name'
exits 5 'signed by a key that is no root' df-sign trust -k keys/df-run
exits 5 'by a root that the files do not list' df-sign trust -k bob/df-root
ok 'the signature is as it was' stock alice+root df-root trust/allowed_signers
exits 3 'no such directory' df-sign trust --trust nowhere
restore
rm trust/recipients.sig
exits 5 'one file is not signed' df-sign verify -n note note
restore
echo '# a remark' >>trust/recipients
exits 5 'recipients were edited' df-sign verify -n note note
restore
ssh-keygen -q -Y sign -f keys/df-run -n df-root <trust/recipients \
	>trust/recipients.sig 2>/dev/null
exits 5 'one file is signed by another key' df-sign verify -n note note
restore

# What is not the strict subset is refused whole, and is not signed.
pub=$(cut -d ' ' -f 1,2 key.pub)
strict() {
	restore
	printf '%b\n' "$2" >>trust/allowed_signers
	exits 3 "allowed_signers: $1" df-sign trust
	like "$err" '^df-sign: allowed_signers:[0-9]+: ' 'said with file and line'
	ok 'the signature is as it was' \
		cmp trust/allowed_signers.sig good/allowed_signers.sig
}
strict 'no namespaces' "bob $pub"
strict 'a wildcard in namespaces' "bob namespaces=\"df-*\" $pub"
strict 'a wildcard in the principal' "bob* namespaces=\"df-run\" $pub"
strict 'two principals' "bob,eve namespaces=\"df-run\" $pub"
strict 'a role that there is not' "bob namespaces=\"df-none\" $pub"
strict 'a CA' "bob cert-authority,namespaces=\"df-run\" $pub"
strict 'an option in capitals' "bob NAMESPACES=\"df-run\" $pub"
strict 'a time without Z' \
	"bob namespaces=\"df-run\",valid-after=\"20260101\" $pub"
strict 'a day that there is not' \
	"bob namespaces=\"df-run\",valid-after=\"20260230Z\" $pub"
strict 'an RSA key' "bob namespaces=\"df-run\" $(cut -d ' ' -f 1,2 rsa.pub)"
strict 'a key twice' \
	"bob namespaces=\"df-run\" $pub\\neve namespaces=\"df-build\" $pub"
strict 'CR' "bob namespaces=\"df-run\" $pub\\r"
strict 'a tab' "bob\\tnamespaces=\"df-run\" $pub"
strict 'NUL' "bob namespaces=\"df-run\" $pub\\0000"
strict 'a terminal escape' "bob\\0033[31m namespaces=\"df-run\" $pub"
no 'it does not reach the terminal' grep -q "$(printf '\033')" "$err"
restore
printf '# bob namespaces="df-holdout"\nage1qqqq\n' >>trust/recipients
exits 3 'recipients: no age recipient' df-sign trust
restore
printf '%s\n' "$(age-keygen -y id)" >>trust/recipients
exits 3 'recipients: nobody named' df-sign trust

all_exits df-sign
done_testing
