#!/bin/sh
# df-sign trust: versions of a trust directory, what changes one, what a
# factory's log says of it, and that an older one is refused.

# shellcheck disable=SC2016,SC2317 # jq; `ok' runs them
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/fault/fault.sh
. "$t/fault/fault.sh"
needs_tool df-sign df-boot df-verify df-log
needs_prog jq ssh-keygen age-keygen

# record FILTER: of trust.json
record() {
	jq -r "$1" trust/trust.json
}

# changed FILTER: of the last event of the factory's log
changed() {
	tail -n 1 .factory/log.jsonl | jq -r "$1"
}

# same CODE NAME COMMAND...: it ends so and leaves the directory as it is
same() {
	cat trust/* >same.before
	exits "$@"
	cat trust/* >same.after
	ok "$2: nothing has changed" cmp same.before same.after
}

heads
memory=$XDG_STATE_HOME/darkfactory/trust
keys
for i in bob bob2 bob3 carol dave run2 root2 eve; do
	must df-sign keygen -q "keys/$i"
done

# ---- versions ----

is "$(record '[.version, .previous, (.revoked | length)] | tojson')" '[1,null,0]' \
	'init makes version 1'
is "$(record .files.allowed_signers) $(record .files.recipients)" \
	"$(digest_of trust/allowed_signers) $(digest_of trust/recipients)" \
	'which names the files'
ok 'ssh-keygen verifies it' from trust/trust.json ssh-keygen -Y verify \
	-f trust/allowed_signers -I alice+root -n df-root \
	-s trust/trust.json.sig
ok 'it fits its schema' df-validate --schema trust trust/trust.json
same 0 'nothing to sign' df-sign trust
first=$(digest_of trust/trust.json)
cp -R trust v1
exits 0 'a key is added' df-sign --json trust add bob+approver df-approve \
	keys/bob.pub
is "$(cat "$out")" "{\"root\":\"$(fp keys/df-root.pub)\",\"trust\":\"$tmp/trust\",\"version\":2}" \
	'it prints root and version'
is "$(record .previous)" "$first" 'version 2 names version 1'
ok 'ssh-keygen knows the key' grep -q "^bob+approver namespaces=\"df-approve\" $(
	cut -d ' ' -f 1,2 keys/bob.pub)\$" trust/allowed_signers
no 'there is no factory, and none is made' test -e .factory

# ---- what changes it ----

mkdir .factory
same 7 'a key that is listed' df-sign trust add eve df-run keys/bob.pub
same 3 'a role that there is not' df-sign trust add eve df-none keys/eve.pub
same 3 'no principal' df-sign trust add 'e ve' df-run keys/eve.pub
same 3 'no public key' df-sign trust add eve df-run keys/eve
same 3 'no such file' df-sign trust add eve df-run keys/nobody.pub
same 3 'no time' df-sign trust add --after 2026 eve df-run keys/eve.pub
same 3 'a window that is none' df-sign trust add --after 20270101Z \
	--before 20260101Z eve df-run keys/eve.pub
same 5 'signed by a key that is no root' df-sign -k keys/df-run trust add eve \
	df-run keys/eve.pub
same 2 'a verb that there is not' df-sign trust ad eve df-run keys/eve.pub
same 2 'add: no key' df-sign trust add eve df-run
same 2 'remove what?' df-sign trust remove
same 2 'rotate into what?' df-sign trust rotate keys/bob.pub
same 2 'revoke without a reason' df-sign trust revoke keys/bob.pub
same 1 'remove: not listed' df-sign trust remove keys/eve.pub
same 1 'remove: nobody' df-sign trust remove eve+nobody
same 3 'remove: two keys of one principal' df-sign trust remove alice+operator
has "$err" 'alice+operator has 3 keys'
same 5 'remove the root that signs' df-sign trust remove keys/df-root.pub
same 5 'revoke the root that signs' df-sign trust revoke -m why \
	keys/df-root.pub
no 'nothing is in the log of the factory' test -s .factory/log.jsonl

exits 0 'add with a window' df-sign -q trust add --after 20260101Z \
	--before 20300101Z carol+approver df-approve,df-admin keys/carol.pub
is "$(changed '.type, .dfrole, .dfactor' | tr '\n' ' ')" \
	"trust.changed df-root $(fp keys/df-root.pub) " \
	'the log of the factory says it, signed by the root'
is "$(changed '.data | [.action, .version, .digest, .fingerprint, .principal,
	(.roles | join("+"))] | join(" ")')" \
	"add 3 $(digest_of trust/trust.json) $(fp keys/carol.pub) carol+approver df-approve+df-admin" \
	'what, which, whose'
is "$(changed .data.key)" "$(cut -d ' ' -f 1,2 keys/carol.pub)" 'and the key'
exits 0 'rotate' df-sign -q trust rotate --before 20310101Z carol+approver \
	keys/dave.pub
is "$(grep -c '^carol+approver' trust/allowed_signers)" 2 'both are listed'
has trust/allowed_signers "valid-before=\"20310101Z\" $(cut -d ' ' -f 1,2 \
	keys/carol.pub)" 'the old one until then'
is "$(changed '.data | [.action, .fingerprint, .replaced_by] | join(" ")')" \
	"rotate $(fp keys/carol.pub) $(fp keys/dave.pub)" 'the log says it'
exits 0 'remove' df-sign -q trust remove "$(fp keys/carol.pub)"
hasnot trust/allowed_signers "$(cut -d ' ' -f 2 keys/carol.pub)"
is "$(changed '.data | [.action, .key] | join(" ")')" \
	"remove $(cut -d ' ' -f 1,2 keys/carol.pub)" 'the log keeps the key'
must df-sign keygen -q --age carol.age
age=$(cat "$out")
exits 0 'add a recipient' df-sign -q trust add carol+approver df-approve "$age"
is "$(tail -n 2 trust/recipients)" "# carol+approver namespaces=\"df-approve\"
$age" 'it is listed'
exits 0 'remove a recipient' df-sign -q trust remove "$age"
ok 'it is what it was' cmp trust/recipients v1/recipients
exits 0 'revoke' df-sign -q trust revoke -m 'laptop stolen' --suspect-from 7 \
	bob+approver keys/bob2.pub
is "$(record '.revoked | tojson')" "[{\"fingerprint\":\"$(fp keys/bob.pub)\",\"reason\":\"laptop stolen\",\"replaced_by\":\"$(
	fp keys/bob2.pub)\",\"suspect_from_seq\":7}]" 'the record says why'
is "$(cat trust/revoked)" "$(cut -d ' ' -f 1,2 keys/bob.pub)" \
	'and the file has the key'
is "$(changed '.data | [.action, .reason, .suspect_from_seq] | join(" ")')" \
	'revoke laptop stolen 7' 'the log too'
printf x >file
ssh-keygen -q -Y sign -f keys/bob -n df-approve file 2>/dev/null
no 'ssh-keygen -r refuses its signatures' from file ssh-keygen -Y verify \
	-f trust/allowed_signers -I bob+approver -n df-approve -s file.sig \
	-r trust/revoked
exits 5 'we too' df-sign verify -n df-approve file
has "$err" "key $(fp keys/bob.pub) is revoked"
same 7 'revoke again' df-sign trust revoke -m why keys/bob.pub
same 4 'rotate what is revoked' df-sign trust rotate keys/bob.pub keys/bob3.pub
same 1 'revoke what is not listed' df-sign trust revoke -m why \
	"$(fp keys/eve.pub)"
exits 0 'by its file that is possible' df-sign -q trust revoke -m why \
	keys/eve.pub
same 4 'a revoked key is not added again' df-sign trust add eve df-run \
	keys/eve.pub
is "$(jq -r .dfseq .factory/log.jsonl | tr '\n' ' ')" '1 2 3 4 5 6 7 ' \
	'one event a version'
exits 0 'show' df-sign trust show
is "$(head -n 1 "$out")" "version	$(record .version)	$(digest_of \
	trust/trust.json)	$(fp keys/df-root.pub)" 'which version'
has "$out" "$(fp keys/bob.pub)	bob+approver	df-approve	-	-	revoked"
has "$out" "$(fp keys/dave.pub)	carol+approver	df-approve,df-admin	-	-	valid"
has "$out" "revoked	$(fp keys/bob.pub)	7	$(fp keys/bob2.pub)	laptop stolen"
exits 9 'stdout is full' into /dev/full df-sign trust show
exits 0 'as JSON' df-sign --json trust show
is "$(jq -s 'length' "$out")" "$(df-sign trust show | wc -l)" 'a line each'

# ---- an edited directory ----

cp -R trust good
echo '# a remark' >>trust/allowed_signers
same 5 'a verb on an edited directory' df-sign -v trust add eve df-run \
	keys/run2.pub
has "$err" 'df-sign trust signs an edited directory'
exits 0 'is signed' df-sign -q trust
is "$(record .version) $(changed .data.action)" '10 signed' 'a version, an event'
is "$(record '.revoked | length')" 2 'what is revoked stays so'
ok 'the file too' cmp trust/revoked good/revoked
tail -n 1 .factory/log.jsonl >last
sed -i '$d' .factory/log.jsonl
exits 0 'an event that was lost' df-sign -q trust
is "$(changed '.data | [.action, .version] | join(" ")')" 'signed 10' 'is written again'
is "$(wc -l <.factory/log.jsonl)" 8 'and not twice'

# ---- files that are not of one version ----

# mixed CODE NAME COMMAND...: the directory is refused then
mixed() {
	mixed_code=$1 mixed_name=$2
	rm -rf mix
	cp -R trust mix
	shift 2
	within mix "$@"
	exits "$mixed_code" "$mixed_name" df-sign --trust mix trust show
}
mixed 5 'another record' cp ../good/trust.json .
mixed 6 'an older list, signed as it was' \
	sh -c 'cp ../good/allowed_signers* .'
mixed 6 'the list of revoked keys is missing' rm revoked
mixed 6 'or shorter' sed -i 1d revoked
mixed 5 'the record is missing' rm trust.json
mixed 5 'its signature is missing' rm trust.json.sig
mixed 5 'both are missing, the keys are there' rm trust.json trust.json.sig
mixed 6 'all of it is missing: version 0' rm trust.json trust.json.sig revoked
has "$err" 'the trust directory is version 0; version 10 was seen'
ssh-keygen -q -Y sign -f keys/df-run -n df-root <trust/trust.json >other.sig \
	2>/dev/null
mixed 5 'the record signed by another key' cp ../other.sig trust.json.sig

# ---- an older version ----

exits 6 'an older version' df-sign --trust v1 trust show
has "$err" "the trust directory is version 1; version 10 was seen under root $(
	fp keys/df-root.pub)"
exits 6 'nor is it signed again' df-sign --trust v1 trust add eve df-run \
	keys/run2.pub
is "$(cat "$memory")" \
	"$(fp keys/df-root.pub) 10 $(digest_of trust/trust.json)" \
	'what is remembered'
rm -f "$memory"
cp -R good fork
exits 0 'another version 10, elsewhere' env XDG_STATE_HOME="$tmp/elsewhere" \
	df-sign -q --trust fork trust add frank df-run keys/run2.pub
exits 0 'this one was seen' df-sign trust show
exits 6 'the other one is refused then' df-sign --trust fork trust show
has "$err" 'another version 10 of the trust directory was seen'
mkdir -p broken/darkfactory
echo 'not a line' >broken/darkfactory/trust
exits 3 'a memory that is none' env XDG_STATE_HOME="$tmp/broken" \
	df-sign trust show
has "$err" 'line 1 is not FINGERPRINT VERSION DIGEST'
exits 0 'nowhere to remember' env XDG_STATE_HOME=/proc df-sign trust show

# a new root: what the old one signed before is older under both
cp -R trust before
exits 0 'a root is added' df-sign -q trust add alice+root2 df-root keys/root2.pub
exits 0 'and signs' df-sign -q -k keys/root2 trust remove keys/bob2.pub
exits 6 'what the old one signed is refused' df-sign --trust before trust show

# ---- hand-made, version 0 ----

mkdir hand
for i in allowed_signers recipients; do
	cp "v1/$i" hand/
	ssh-keygen -q -Y sign -f keys/df-root -n df-root <"hand/$i" >"hand/$i.sig" \
		2>/dev/null
done
exits 0 'a directory made by hand is version 0' \
	env XDG_STATE_HOME="$tmp/hand.home" df-sign --trust hand trust show
is "$(head -n 1 "$out" | cut -f 1-3)" 'version	0	-' 'it says so'
no 'nothing is remembered of it' \
	test -s "$tmp/hand.home/darkfactory/trust"
exits 0 'the next is version 1' env XDG_STATE_HOME="$tmp/hand.home" \
	df-sign -q --trust hand trust
is "$(jq -c '[.version, .previous]' hand/trust.json)" '[1,null]' 'without a former'

# ---- all files or none ----

if [ -e "$build/t/fault/fault.so" ]; then
	cp -R trust cut
	restore_cut() {
		chmod -R u+w cut
		rm -rf cut "$memory"
		cp -R trust cut
	}
	restore_cut
	mkdir none
	DF_FACTORY=$tmp/none
	export DF_FACTORY
	run fault df-sign:0:count df-sign -q -k keys/root2 --trust cut \
		trust add frank df-run keys/run2.pub
	calls=$(wc -l <fault) bad='' old=0 new=0 at=0
	while [ "$at" -lt "$calls" ]; do
		at=$((at + 1))
		restore_cut
		rm -f none/*
		run fault "df-sign:$at:kill" df-sign -q -k keys/root2 \
			--trust cut trust add frank df-run keys/run2.pub
		if ! df-sign --trust cut trust show >shown 2>&1; then
			bad="$bad $at"
		elif grep -q frank shown; then
			new=$((new + 1))
		else
			old=$((old + 1))
		fi
		df-sign -q -k keys/root2 --trust cut trust \
			>/dev/null 2>last || bad="$bad again:$at"
		[ ! -e cut/next.json ] || bad="$bad rest:$at"
		! grep -q frank cut/allowed_signers ||
			from cut/trust.json ssh-keygen -Y verify -q \
			    -f cut/allowed_signers -I alice+root2 -n df-root \
			    -s cut/trust.json.sig >/dev/null 2>&1 ||
			bad="$bad sig:$at"
	done
	is "$bad" '' "killed at any of $calls calls, it is one version or the other"
	ok 'before it is said the old one, then the new one' \
		test "$old" -gt 2 -a "$new" -gt 2
	unset DF_FACTORY
	rm -f "$memory"
else
	skip 2 'no build/t/fault/fault.so'
fi

# ---- a run carries its version ----

tiny_spec spec
DF_KEYS=$tmp/keys
boot --set sandbox.level=none --spec spec
is "$(cd "$DF_RUN/trust" && echo ./* | sed 's/$/ /; s;\./;;g')" \
	'allowed_signers allowed_signers.sig recipients recipients.sig revoked trust.json trust.json.sig ' \
	'all files'
is "$(jq -c '.trust | [.version, .record]' "$DF_RUN/run.json")" \
	"[12,\"$(digest_of trust/trust.json)\"]" 'its version and the digest'
exits 0 'it is verified' df-verify -q
exits 5 'a revoked key signs nothing' df-log append -q -k keys/bob \
	--role df-approve --data '{"incident":"x","critical":false}' \
	incident.linked

all_exits df-sign
done_testing
