#!/bin/sh
# minisign(1) and df-sign --minisign take what the other has signed; a key of
# the roster signs nothing without a type.

# shellcheck disable=SC2119 # no arguments for `judged'
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-freeze df-decide df-report df-holdout df-boot
needs_prog minisign ssh-keygen
keys
judged
must df-report -q
must df-decide -q approve -m 'as specified'
must df-freeze -q --bundle run.tar.zst
must df-sign keygen -q release
must df-sign pubkey --minisign release
cp "$out" release.minipub

# ---- ours, by minisign ----

exits 0 'sign a bundle' df-sign sign --minisign -k release run.tar.zst
is "$(cat "$out")" run.tar.zst.minisig 'its name'
exits 0 'minisign takes it' minisign -Vm run.tar.zst -p release.minipub
like "$out" 'Signature and comment signature verified' 'it says so'
like "$out" 'file:run.tar.zst' 'and the trusted comment'
ok 'a key on the command line too' minisign -Vm run.tar.zst \
	-P "$(tail -n 1 release.minipub)"
is "$(minisign -VQm run.tar.zst -p release.minipub)" \
	"$(printf 'file:run.tar.zst\thashed')" 'no time is in it'
cp run.tar.zst.minisig first
rm run.tar.zst.minisig
must df-sign sign --minisign -k release run.tar.zst
ok 'signed again it is the same' cmp first run.tar.zst.minisig
exits 7 'it is never replaced' df-sign sign --minisign -k release run.tar.zst
exits 0 'df-sign takes it' \
	df-sign verify --minisign -p release.minipub run.tar.zst
is "$(cat "$out")" 'file:run.tar.zst\x09hashed' 'and says the comment, escaped'
cp run.tar.zst changed
cp run.tar.zst.minisig changed.minisig
printf x >>changed
no 'minisign refuses another bundle' minisign -Vm changed -p release.minipub
exits 5 'so does df-sign' df-sign verify --minisign -p release.minipub changed
sed '3s/run/sun/' first >changed.minisig
exits 5 'and another comment' \
	df-sign verify --minisign -p release.minipub -s changed.minisig \
	run.tar.zst
rm first run.tar.zst.minisig
must df-sign sign --minisign -k release -c 'run 7' run.tar.zst
is "$(minisign -VQm run.tar.zst -p release.minipub)" 'run 7' 'a comment'
: >empty
must df-sign sign --minisign -k release empty
ok 'an empty file' minisign -Vm empty -p release.minipub
exits 3 'no comment of two lines' \
	df-sign sign --minisign -k release -c 'a
b' spec/D1_CONSTITUTION.md
exits 3 'no directory' df-sign sign --minisign -k release spec

# ---- theirs, by df-sign ----

ok 'minisign makes a key' minisign -GW -p their.pub -s their.key
ok 'and signs' minisign -Sm run.tar.zst -s their.key -x their.sig \
	-t 'by minisign'
exits 0 'df-sign takes it' \
	df-sign verify --minisign -p their.pub -s their.sig run.tar.zst
is "$(cat "$out")" 'by minisign' 'and says the trusted comment'
exits 0 'as JSON' \
	df-sign --json verify --minisign -p their.pub -s their.sig run.tar.zst
has "$out" '{"comment":"by minisign"}' 'an object'
tail -n 1 their.pub >bare.pub
exits 0 'a key without its comment line' \
	df-sign verify --minisign -p bare.pub -s their.sig run.tar.zst
exits 5 'not over another file' \
	df-sign verify --minisign -p their.pub -s their.sig empty
exits 5 'not by another key' \
	df-sign verify --minisign -p release.minipub -s their.sig run.tar.zst
has "$err" 'by another key' 'which is said'
if minisign -S -l -m run.tar.zst -s their.key -x old.sig >/dev/null 2>&1; then
	exits 3 'the older kind is refused' \
		df-sign verify --minisign -p their.pub -s old.sig run.tar.zst
	has "$err" 'older kind' 'which is said'
else
	skip 2 'this minisign makes no older signatures'
fi
if has_prog signify-openbsd; then
	signify-openbsd -Gn -p sig.pub -s sig.key >/dev/null 2>&1
	signify-openbsd -S -s sig.key -m run.tar.zst -x sig.sig >/dev/null 2>&1
	exits 3 'one of signify is of that kind' \
		df-sign verify --minisign -p sig.pub -s sig.sig run.tar.zst
else
	skip 1 'no signify-openbsd'
fi

# ---- no key of a role ----

for i in df-run df-approve df-root; do
	exits 4 "$i signs no bare bytes" \
		df-sign sign --minisign -k "keys/$i" empty
done
has "$err" 'is in the roster: minisign signs bytes without a type' 'it says'
cp keys/df-build keys/df-build.pub .
chmod 600 df-build
exits 4 'nor a copy of it elsewhere' env DF_KEYS="$tmp/none" \
	df-sign sign --minisign -k df-build empty
exits 4 'nor is the lack of a roster of use' env DF_TRUST="$tmp/none" \
	df-sign sign --minisign -k df-build empty
rm empty.minisig
exits 0 \
	'a key that nobody lists is taken without a trust directory' \
	env DF_TRUST="$tmp/none" DF_KEYS="$tmp/none" \
	df-sign sign --minisign -k release empty
rm empty.minisig
must df-sign keygen -q former
cp -R trust revoked
must df-sign trust add -q --trust revoked carol+operator df-run former.pub
exits 4 'one that was just listed is refused' \
	env DF_TRUST="$tmp/revoked" df-sign sign --minisign -k former empty
must df-sign trust revoke -q --trust revoked -m lost former.pub
exits 4 'and one that was listed and is revoked' \
	env DF_TRUST="$tmp/revoked" df-sign sign --minisign -k former empty
mkdir broken
echo x >broken/allowed_signers
exits 5 'one that is broken is no excuse' env DF_TRUST="$tmp/broken" \
	df-sign sign --minisign -k release empty
ok 'nothing was written' test ! -e empty.minisig
if has_prog ssh-agent && has_prog ssh-add; then
	eval "$(ssh-agent)" >/dev/null
	tap_pids="$tap_pids $SSH_AGENT_PID"
	ssh-add -q release && mv release elsewhere
	exits 0 'a key in the agent signs' \
		df-sign sign --minisign -k release.pub empty
	ok 'minisign takes it' minisign -Vm empty -p release.minipub
else
	skip 2 'no ssh-agent'
fi

# ---- the invocation ----

exits 2 'a key is needed' df-sign sign --minisign empty
exits 2 'and no namespace' df-sign sign --minisign -n x -k release empty
exits 2 'a public one to verify' df-sign verify --minisign empty
exits 2 '-c is its own' df-sign sign -n x -c y -k release empty
exits 3 'no such signature' df-sign verify --minisign -p their.pub spec
exits 2 'one form of a key' df-sign pubkey --pem --minisign release.pub
must df-sign pubkey release.pub
is "$(cat "$out")" "$(cut -d ' ' -f 1-2 release.pub)" 'that of OpenSSH'
done_testing
