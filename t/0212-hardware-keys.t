#!/bin/sh
# Keys in hardware, with OpenSSH's own programs and a security key in software;
# and keys that are named by file, fingerprint or principal.

# shellcheck disable=SC2016,SC2031,SC2119,SC2317 # jq; arguments; `ok' runs them
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-verify df-log
needs_prog jq ssh-keygen ssh-agent ssh-add
provider=$build/t/sk/skprovider.so
[ -e "$provider" ] || plan skip_all "$provider is not built"
[ -x "${SSH_SK_HELPER:-/usr/lib/openssh/ssh-sk-helper}" ] ||
	plan skip_all 'no ssh-sk-helper'
provider=$(readlink -f "$provider")
id -un >/dev/null 2>&1 || plan skip_all 'ssh-keygen needs a user with a name'

# enroll NAME OPTION...: a key in hardware
enroll() {
	name=$1
	shift
	ssh-keygen -q -t ed25519-sk -w "$provider" -N '' -C "$name" \
		-f "keys/$name" "$@" >enrolled 2>&1
}

# hold NAME: the agent has it
hold() {
	ssh-add -q -S "$provider" "keys/$1" 2>held
}

keys
if ! enroll hw; then
	cat enrolled >&2
	plan skip_all 'ssh-keygen does not load the provider'
fi
exits 5 'a key in hardware, and no agent' df-sign sign -v -n file -k keys/hw \
	spec
has "$err" 'is a hardware key'
has "$err" 'hint: ssh-add'
eval "$(ssh-agent -s -P "$provider")" >/dev/null
tap_pids="$tap_pids $SSH_AGENT_PID"
exits 5 'an agent that does not hold it' df-sign sign -n file -k keys/hw spec
hold hw || {
	cat held >&2
	bail 'ssh-add does not take the key'
}

# ---- files ----

echo text >file
exits 0 'sign with it' df-sign sign -n file -k keys/hw.pub file
ok 'ssh-keygen takes that' from file ssh-keygen -Y check-novalidate -n file \
	-s file.sig
rm file.sig
exits 0 'by the file of its handle too' df-sign sign -n file -k keys/hw file
printf 'bob+approver namespaces="file" %s\n' "$(cut -d ' ' -f 1,2 keys/hw.pub)" \
	>signers
ok 'ssh-keygen verifies it' from file ssh-keygen -Y verify -f signers \
	-I bob+approver -n file -s file.sig
rm file.sig
ok 'ssh-keygen signs with it' ssh-keygen -q -Y sign -f keys/hw.pub -n file file
must df-sign trust add -q bob+approver df-approve,df-run,df-build keys/hw.pub
exits 0 'we verify that' df-sign verify -n file file
is "$(cat "$out")" bob+approver 'and know whose it is'

# ---- a decision ----

judged --set policy.allow_self_approval=false
exits 0 'approve with it' df-decide -q -k keys/hw.pub approve -m 'fine'
is "$(event run.approved | jq -r '.dfactor, .data.actor' | tr '\n' ' ')" \
	"$(fp keys/hw.pub) bob+approver " 'the event is signed by it'
exits 0 'the run' df-verify
like "$out" '^VERIFIED' 'is verified'
has "$out" 'decision  approve by bob+approver'
at=$(lines)
mkdir sig
must df-log show --sig "$at" -o sig
ok 'ssh-keygen verifies the event' from "sig/event-$at.json" ssh-keygen \
	-Y verify -f "$DF_RUN/trust/allowed_signers" -I bob+approver \
	-n df-approve -s "sig/event-$at.json.sig"
exits 0 'freeze with another' df-freeze -q
exits 0 'the sealed run' df-verify -q

# ---- all of a run ----

boot --spec spec --base base --profile solo -k keys/hw.pub \
	--set sandbox.level=none --set policy.require_isolation=false
is "$(jq -r .dfactor "$DF_RUN/log.jsonl" | sort -u)" "$(fp keys/hw.pub)" \
	'a run that was booted with it'
exits 0 'handoffs' df-handoff -q -k keys/hw.pub
exits 0 'it is verified' df-verify -q

# ---- without a touch ----

enroll lazy -O no-touch-required || bail 'no lazy key'
hold lazy || bail 'ssh-add does not take the lazy key'
exits 5 'nobody was there: it does not sign' df-sign sign -n file -k keys/lazy.pub \
	signers
has "$err" 'ssh-agent returned a signature that does not verify'
echo lazy >lazy
ok 'ssh-keygen signs' ssh-keygen -q -Y sign -f keys/lazy.pub -n file lazy
printf 'eve namespaces="df-run" %s\n' "$(cut -d ' ' -f 1,2 keys/lazy.pub)" \
	>lazy.signers
exits 5 'we do not take it' df-sign verify -n file --signers lazy.signers lazy
ssh-keygen -q -Y sign -f keys/hw.pub -n file <lazy >touched.sig 2>/dev/null
sed 's/^\([^ ]* [^ ]*\).*/eve namespaces="df-run" \1/' keys/hw.pub \
	>hw.signers
exits 0 'the same with a touch we do' df-sign verify -n file \
	--signers hw.signers -s touched.sig lazy

# a key of a browser
if enroll web -O application=ssh:web && hold web; then
	exits 0 'another application of ssh' df-sign sign -n file -k keys/web.pub \
		signers
else
	skip 1 'no key for ssh:web'
fi

# ---- by file, fingerprint, principal ----

# sign_as KEY: whose signature it is
sign_as() {
	rm -f file.sig
	exits 0 "-k $1" df-sign sign -n file -k "$1" file
	ssh-keygen -Y find-principals -s file.sig -f trust/allowed_signers \
		>last 2>/dev/null
}
sign_as "$(fp keys/hw.pub)"
is "$(cat last)" bob+approver 'a fingerprint'
sign_as bob+approver
is "$(cat last)" bob+approver 'a principal, whose only key is in the agent'
mv keys/hw.pub keys/hw elsewhere 2>/dev/null || {
	mkdir elsewhere
	mv keys/hw.pub keys/hw elsewhere/
}
sign_as bob+approver
is "$(cat last)" bob+approver 'and nowhere else'
sign_as alice+approver
is "$(cat last)" alice+approver 'a principal whose key is a file'
sign_as "$(fp keys/df-run.pub)"
is "$(cat last)" alice+operator 'a fingerprint of a file'
rm -f file.sig
exits 3 'a principal with several keys' df-sign sign -n file -k alice+operator file
has "$err" 'alice+operator has 3 keys here: name one of SHA256:'
exits 5 'a principal without one' df-sign sign -n df-run -k alice+approver file
has "$err" 'alice+approver has no key that may sign as df-run'
exits 3 'nobody' df-sign sign -n file -k carol file
has "$err" 'there is no such file, and nobody of that name is listed'
exits 5 'a fingerprint of nobody' df-sign sign -n file -k "SHA256:$(
	printf '%043d' 0)" file
has "$err" 'or in the ssh-agent'
must df-sign keygen -q carol
must df-sign trust add -q carol+approver df-approve carol.pub
exits 5 'a key that is elsewhere' df-sign sign -n file -k carol+approver file
has "$err" "no key of carol+approver is in $DF_KEYS or in the ssh-agent"
cp carol carol.pub keys/
sign_as carol+approver
mv keys/carol.pub carol.pub
sign_as carol+approver
is "$(cat last)" carol+approver 'a private half alone'
judged --set policy.allow_self_approval=false
exits 0 'df-decide -k PRINCIPAL' df-decide -q -k carol+approver approve -m why
is "$(event run.approved | jq -r .data.actor)" carol+approver 'by its key'
is "$(df-log show "$(lines)" >/dev/null; df-verify | sed -n 's/^decision  *//p')" \
	'approve by carol+approver' 'says the run'
exits 0 'DF_KEY, by role' env DF_KEY=alice+operator df-freeze -q
exits 0 'the key of the role, of three' df-verify -q

# revoked or expired keys are not meant
must df-sign keygen -q keys/carol2
must df-sign trust rotate -q --before 20200101Z carol+approver keys/carol2.pub
judged --set policy.allow_self_approval=false
exits 0 'an expired key is not meant' df-decide -q -k carol+approver approve -m why
is "$(event run.approved | jq -r .dfactor)" "$(fp keys/carol2.pub)" 'the new one is'

kill "$SSH_AGENT_PID"
unset SSH_AUTH_SOCK SSH_AGENT_PID
sign_as carol+approver
done_testing
