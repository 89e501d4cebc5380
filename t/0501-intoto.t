#!/bin/sh
# in-toto statements in DSSE envelopes: those of df-log export --intoto before
# openssl and python3-securesystemslib, and those that others make before
# df-sign verify --dsse.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-log df-boot df-dispatch df-holdout df-report df-decide \
	df-freeze
needs_prog jq openssl sha256sum ssh-keygen xxd
python=/usr/bin/python3
if $python -c 'import nacl, securesystemslib.signer' 2>/dev/null; then
	sslib=1
else
	sslib=
fi
intoto=application/vnd.in-toto+json

# ---- envelopes of others ----

# pae TYPE FILE: what DSSE signs
pae() {
	printf 'DSSEv1 %s %s %s ' "${#1}" "$1" "$(wc -c <"$2")"
	cat "$2"
}

# theirs TYPE FILE KEY...: an envelope by openssl and jq alone
theirs() {
	pae "$1" "$2" >.pae
	base64 -w 0 <"$2" >.payload
	jq -n --arg t "$1" --rawfile p .payload \
		'{payloadType: $t, payload: $p, signatures: []}' >.env
	shift 2
	for k; do
		openssl pkeyutl -sign -rawin -inkey "$k" -in .pae -out .sig ||
			bail "openssl $k"
		jq --arg s "$(base64 -w 0 <.sig)" \
			'.signatures += [{sig: $s, keyid: ""}]' .env >.env2
		mv .env2 .env
	done
	cat .env
}

for i in a b c; do
	openssl genpkey -algorithm ed25519 -out $i.pem 2>/dev/null || bail key
	openssl pkey -in $i.pem -pubout -out $i.pub.pem || bail key
done
printf '{"_type":"https://in-toto.io/Statement/v1","predicate":{},' >s.json
printf '"predicateType":"https://example.org/x","subject":[]}' >>s.json
theirs $intoto s.json a.pem >one.json
theirs $intoto s.json a.pem b.pem >two.json
theirs $intoto s.json a.pem a.pem >same.json
exits 0 'an envelope of openssl and jq' \
	df-sign verify --dsse -p a.pub.pem one.json
fp=$(sed -n 's/^signer\ta.pub.pem\t//p' "$out")
is "$(cat "$out")" "type	$intoto
predicate	https://example.org/x
signer	a.pub.pem	$fp" 'what it is and who signed'
exits 0 'its payload' df-sign verify --dsse -p a.pub.pem --payload p one.json
ok 'is what was signed' cmp p s.json
exits 7 'never over another file' \
	df-sign verify --dsse -p a.pub.pem --payload p one.json
exits 0 'or on standard output' \
	df-sign verify --dsse -p a.pub.pem --payload - one.json
ok 'alone' cmp "$out" s.json
exits 0 'the type that is asked for' \
	df-sign verify --dsse -p a.pub.pem --type $intoto one.json
exits 5 'another' df-sign verify --dsse -p a.pub.pem --type text/plain one.json
exits 5 'another key' df-sign verify --dsse -p b.pub.pem one.json
has "$err" 'none of its 1 signatures is by one of the 1 keys' 'it says'
exits 5 'one signature for two' df-sign verify --dsse --threshold 2 \
	-p a.pub.pem -p b.pub.pem one.json
exits 0 'two for two' df-sign verify --dsse --threshold 2 \
	-p a.pub.pem -p b.pub.pem -p c.pub.pem two.json
is "$(grep -c '^signer' "$out")" 2 'both are named'
exits 5 'not three' df-sign verify --dsse --threshold 3 \
	-p a.pub.pem -p b.pub.pem -p c.pub.pem two.json
exits 5 'one key twice is one' df-sign verify --dsse --threshold 2 \
	-p a.pub.pem -p b.pub.pem same.json
cp a.pub.pem copy.pem
exits 5 'by two names too' df-sign verify --dsse --threshold 2 \
	-p a.pub.pem -p copy.pem two.json
exits 0 'as JSON' df-sign --json verify --dsse -p a.pub.pem one.json
is "$(jq -r '[.type, .predicate, .signers[0].key] | join(" ")' "$out")" \
	"$intoto https://example.org/x $fp" 'an object'
jq -c '.payload |= (@base64d | sub("x\"";"y\"") | @base64)' one.json >bad.json
exits 5 'another payload' df-sign verify --dsse -p a.pub.pem bad.json
jq -c '.payloadType = "text/plain"' one.json >bad.json
exits 5 'another type of it' df-sign verify --dsse -p a.pub.pem bad.json
sed 's/"payload":/"payload":"","payload":/' one.json >bad.json
exits 3 'two payloads' df-sign verify --dsse -p a.pub.pem bad.json
{
	cat one.json
	echo '{}'
} >bad.json
exits 3 'something behind it' df-sign verify --dsse -p a.pub.pem bad.json
jq -c . one.json two.json >lines
exits 0 'many, a line each' df-sign verify --dsse -p a.pub.pem lines
is "$(grep -c '^type' "$out")" 2 'both are checked'
exits 5 'all or none' df-sign verify --dsse -p b.pub.pem lines
exits 2 'no payload of many' \
	df-sign verify --dsse -p a.pub.pem --payload q lines
exits 3 'no envelope' df-sign verify --dsse -p a.pub.pem s.json
exits 3 'no key' df-sign verify --dsse -p s.json one.json
openssl ecparam -name prime256v1 -genkey -noout -out ec.pem 2>/dev/null
openssl ec -in ec.pem -pubout -out ec.pub.pem 2>/dev/null
exits 3 'one of another kind' df-sign verify --dsse -p ec.pub.pem one.json
exits 2 '--payload is for --dsse' df-sign verify -n x --payload y s.json
exits 2 'a list or keys' \
	df-sign verify --dsse -p a.pub.pem --signers list one.json
corpus=$tap_corpus/vectors/df-interop
if [ -d "$corpus" ]; then
	exits 0 'the envelope of the vectors' df-sign verify --dsse \
		-p "$corpus/key/ed.pub.pem" "$corpus/statement.dsse.json"
	exits 0 'by the key of OpenSSH' df-sign verify --dsse \
		-p "$corpus/key/id_ed25519.pub" --payload p2 \
		"$corpus/statement.dsse.json"
	ok 'with its payload' cmp p2 "$corpus/statement.json"
	jq .dsseEnvelope "$corpus/statement.sigstore.json" >sigstore.json
	exits 0 'the one in a Sigstore bundle' df-sign verify --dsse \
		-p "$corpus/key/ed.pub.pem" sigstore.json
else
	skip 4 "no corpus: $corpus"
fi
if [ -n "$sslib" ]; then
	$python - >ss.json <<-'END' || bail securesystemslib
	import base64, json
	from securesystemslib.keys import generate_ed25519_key, create_signature
	key = generate_ed25519_key()
	body = open("s.json", "rb").read()
	kind = b"application/vnd.in-toto+json"
	pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
	sig = create_signature(key, pae)
	print(json.dumps({"payload": base64.b64encode(body).decode(),
	    "payloadType": kind.decode(), "signatures": [{"keyid":
	    sig["keyid"], "sig": base64.urlsafe_b64encode(
	    bytes.fromhex(sig["sig"])).decode()}]}, indent=2))
	spki = bytes.fromhex("302a300506032b6570032100")
	spki += bytes.fromhex(key["keyval"]["public"])
	open("ss.pem", "w").write("-----BEGIN PUBLIC KEY-----\n%s\n"
	    "-----END PUBLIC KEY-----\n" % base64.b64encode(spki).decode())
	END
	exits 0 'an envelope of securesystemslib' \
		df-sign verify --dsse -p ss.pem --payload p3 ss.json
	ok 'with its payload' cmp p3 s.json
else
	skip 2 'no python3-securesystemslib, or no python3-nacl'
fi

# ---- ours ----

persons
mkdir base
printf 'echo "hello $1"\n' >base/greet.sh
tiny_spec spec
adapter maker 'case $task in
T-002) echo "echo \"goodbye \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac
result PASS'
boot --spec spec --base base --set "agent.adapter=$adapter" \
	--set sandbox.level=none --set policy.require_isolation=false
must df-handoff -q
must df-prompt -q
must df-dispatch -q -j 2
must as eve df-holdout -q
must df-report -q
must as bob df-decide -q approve -m 'as specified'
must df-freeze -q
r=$DF_RUN
run=sha256:$(head -n 1 "$r/log.jsonl" | sha256sum | cut -c 1-64)

# a key that is in no roster signs all
must df-sign keygen -q outside
exits 0 'a key of nobody exports the run' \
	df-log export --intoto -k outside
cp "$out" all.intoto.jsonl
jq -r '.payload | @base64d | fromjson | [.predicateType,
	.predicate.df_event.role, (.subject | map(.name) | join(","))] |
	join(" ")' all.intoto.jsonl >kinds
sed 's/ .*//' kinds | sort | uniq -c | sed 's/^ *//' >counts
is "$(cat counts)" '2 https://in-toto.io/attestation/test-result/v0.1
4 https://slsa.dev/provenance/v1
1 https://slsa.dev/verification_summary/v1
1 urn:df:predicate:handoff:1
1 urn:df:predicate:prompt:1' 'a statement for each step and the decision'
has kinds 'result/T-002/1.patch,result/T-002/1.tree' 'what a task made'
has kinds 'df-holdout result/merged.tree' 'what was judged'
is "$(jq -r '.payload | @base64d | fromjson | ._type' all.intoto.jsonl |
	sort -u)" https://in-toto.io/Statement/v1 'Statement v1'
is "$(jq -r '.payload | @base64d | fromjson | .predicate.df_event.run' \
	all.intoto.jsonl | sort -u)" "$run" 'of this run'
is "$(jq -r '.signatures[].keyid' all.intoto.jsonl | sort -u)" \
	"$(df-sign pubkey --keyid outside.pub)" 'by this key'
exits 0 'again' df-log export --intoto -k outside
ok 'the bytes are the same: no clock is in them' cmp "$out" all.intoto.jsonl
exits 0 'df-sign: every envelope holds' \
	df-sign verify --dsse -p outside.pub --type $intoto all.intoto.jsonl
is "$(grep -c '^signer' "$out")" 9 'nine of them'

# every digest is that of what it names
jq -r '.payload | @base64d | fromjson | [.. | objects |
	select(.digest.sha256? and .name?)] | .[] |
	.digest.sha256 + "  " + .name' all.intoto.jsonl | sort -u >named
while read -r hex name; do
	[ "$(sha256sum <"$r/blobs/sha256/$hex" | cut -c 1-64)" = "$hex" ] &&
		{ [ ! -e "$r/$name" ] || cmp -s "$r/$name" \
		"$r/blobs/sha256/$hex"; } || echo "$name"
done <named >wrong
ok 'every digest is that of what it names' test -s named -a ! -s wrong
jq -r '.payload | @base64d' all.intoto.jsonl >statements
jq -cS . statements >sorted
ok 'payloads are canonical' cmp statements sorted
awk 'length >= 250000' statements >long
ok 'and short enough for an agent' test ! -s long

# the hidden tests stay hidden
unlike statements 'HS-00|SC-00|greet|goodbye' \
	'no scenario, and nothing of one, is in them'

# SLSA provenance v1
jq -c 'select(.subject[].name == "result/T-003/1.tree")' statements >t3
is "$(jq -r '[.predicate.buildDefinition.buildType,
	.predicate.buildDefinition.externalParameters.stage,
	.predicate.buildDefinition.internalParameters.sandbox.level] |
	join(" ")' t3)" 'urn:df:build:dispatch:1 dispatch/T-003 none' \
	'provenance: how it was built'
is "$(jq -r '.predicate.buildDefinition.resolvedDependencies[].name' t3)" \
	'handoff/T-003.md
prompt/T-003.md
start.tree
adapter/maker' 'provenance: of what'
is "$(jq -r '.predicate.runDetails | .builder.id + " " +
	.metadata.invocationId' t3)" \
	"urn:df:key:$(ssh-keygen -lf keys.alice/df-build.pub |
	cut -d ' ' -f 2) urn:df:run:$run:dispatch/T-003/1" 'provenance: by whom'
is "$(jq -r '.predicate.runDetails.byproducts[].name' t3 | tr '\n' ' ')" \
	'dispatch/T-003/1.host.json dispatch/T-003/1.json result/T-003/1.md ' \
	'provenance: and what was said about it'

# the decision
jq -c 'select(.predicateType | test("summary"))' statements >vsa
is "$(jq -r '.predicate | [.verificationResult, .verifier.id,
	.resourceUri] | join(" ")' vsa)" \
	"PASSED urn:df:key:$(ssh-keygen -lf keys.bob/df-approve.pub |
	cut -d ' ' -f 2) urn:df:run:$run" 'the decision is bob'"'"'s'
is "$(jq -r '.predicate.policy.digest.sha256' vsa)" \
	"$(tap_hex run.json "$r")" 'under what the envelope asks for'
is "$(jq -r '.subject[] | .name + " " + .digest.sha256' vsa)" \
	"result/merged.patch $(tap_hex result/merged.patch "$r")
result/merged.tree $(tap_hex result/merged.tree "$r")" 'about the result'

# by programs that know nothing of us
df-sign pubkey --pem outside.pub >outside.pem || bail pem
n_ok=0
while read -r line; do
	printf '%s\n' "$line" | jq -r .payload | base64 -d >body
	printf '%s\n' "$line" | jq -r '.signatures[0].sig' | base64 -d >sig
	pae $intoto body >.pae
	openssl pkeyutl -verify -rawin -pubin -inkey outside.pem -in .pae \
		-sigfile sig >/dev/null 2>&1 && n_ok=$((n_ok + 1))
done <all.intoto.jsonl
is "$n_ok" 9 'openssl: every signature'
if [ -n "$sslib" ]; then
	cat >check.py <<-'END'
	import base64, json, subprocess, sys
	from securesystemslib.signer import Signature
	from securesystemslib.keys import format_keyval_to_metadata
	from securesystemslib import formats, hash as hashes
	try:
	    from securesystemslib.signer import SSlibKey
	except ImportError:
	    from securesystemslib.signer import Key as SSlibKey
	public = sys.argv[1]
	keyid = sys.argv[2]
	key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public})
	good = bad = 0
	for line in open(sys.argv[3], "rb"):
	    env = json.loads(line)
	    kind = env["payloadType"].encode()
	    body = base64.b64decode(env["payload"])
	    for tamper in (False, True):
	        if tamper:
	            body = body.replace(b"sha256", b"sha257", 1)
	        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
	        for s in env["signatures"]:
	            sig = Signature(s["keyid"],
	                base64.b64decode(s["sig"]).hex())
	            try:
	                key.verify_signature(sig, pae)
	                if tamper:
	                    bad += 1
	                else:
	                    good += 1
	            except Exception as e:
	                if not tamper:
	                    print(repr(e))
	print(good, bad)
	END
	is "$($python check.py "$(openssl pkey -pubin -in outside.pem \
		-outform DER | tail -c 32 | xxd -p -c 64)" \
		"$(df-sign pubkey --keyid outside.pub)" all.intoto.jsonl 2>&1)" \
		'9 0' 'securesystemslib: all of them, and none that was changed'
else
	skip 1 'no python3-securesystemslib'
fi

# ---- role by role ----

exits 3 'without all keys there is no export of all' df-log export --intoto
ok 'and nothing is written' test ! -s "$out"
has "$err" 'df-holdout' 'whose is missing'
exits 0 'alice: what she did' df-log export --intoto --role df-build
cp "$out" build.jsonl
is "$(wc -l <build.jsonl)" 4 'three tasks and the merge'
exits 0 'eve: the verdict' as eve df-log export --intoto --role df-holdout
cp "$out" verdict.jsonl
exits 0 'bob: the decision' as bob df-log export --intoto --role df-approve
cp "$out" decision.jsonl
exits 0 'df-sign: by the roster, in the role' \
	df-sign verify --dsse -n df-approve decision.jsonl
has "$out" 'bob+approver' 'bob'
exits 5 'not in another' df-sign verify --dsse -n df-run decision.jsonl
cp -R trust revoked
must df-sign trust revoke -q --trust revoked -k keys.alice/df-root -m lost \
	keys.bob/df-approve.pub
exits 5 'not by a key that is revoked' df-sign verify --dsse \
	--trust revoked -n df-approve decision.jsonl
exits 0 'or listed at all' df-sign verify --dsse build.jsonl
exits 0 'by the roster that the run carries' df-sign verify --dsse \
	--signers "$r/trust/allowed_signers" -n df-holdout verdict.jsonl
exits 5 'a key of the roster does not sign what another role did' \
	df-log export --intoto -k keys.alice/df-run --role df-approve
has "$err" 'may not sign what df-approve did' 'it says'
exits 5 'not even in the end' df-log export --intoto -k keys.alice/df-run
must df-sign keygen -q keys.eve/df-build
exits 5 'a key that is only called so' \
	as eve df-log export --intoto --role df-build
exits 0 'the key by whose it is' \
	as bob df-log export --intoto -k bob+approver --role df-approve
ok 'is the same one' cmp "$out" decision.jsonl
mkdir files
exits 3 'all keys are needed' df-log export --intoto -o files
is "$(ls files)" '' 'for any file'
exits 0 'a file each' df-log export --intoto --role df-build -o files
is "$(xargs cat <"$out")" "$(cat build.jsonl)" 'the same lines'
exits 0 'from a line on' df-log export --intoto -k outside --from 17
is "$(wc -l <"$out")" 2 'verdict and decision'

# a run that does not hold is signed by nobody
cp -a "$r" broken
flip "broken/$(readlink "$r/report.md")" 5
exits 6 'a run that was changed' \
	df-log export -C broken --intoto -k outside
exits 5 'one of a root that nobody knows' \
	env DF_TRUST="$tmp/none" df-log export --intoto -k outside

# ---- agents, hardware ----

if has_prog ssh-agent && has_prog ssh-add; then
	eval "$(ssh-agent)" >/dev/null
	tap_pids="$tap_pids $SSH_AGENT_PID"
	ssh-add -q outside
	exits 0 'a key in the agent' df-log export --intoto -k outside.pub
	ok 'gives the same bytes' cmp "$out" all.intoto.jsonl
else
	skip 2 'no ssh-agent'
fi
# A hardware key in an agent: it is there, and would sign SSH data.
cat >agent.pl <<-'END'
	use Socket;
	my ($path, $pub) = @ARGV;
	socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
	bind($s, pack_sockaddr_un($path)) && listen($s, 5) or die;
	$SIG{PIPE} = 'IGNORE';
	my $blob = pack('N/a N/a N/a', 'sk-ssh-ed25519@openssh.com', $pub =
	    pack('H*', $pub), 'ssh:');
	open my $f, '>', 'sk.pub' or die;
	require MIME::Base64;
	print $f 'sk-ssh-ed25519@openssh.com ',
	    MIME::Base64::encode_base64($blob, ''), "\n";
	close $f;
	while (accept(my $c, $s)) {
		sysread $c, my $head, 4;
		sysread $c, my $what, unpack('N', $head);
		my $m = ord($what) == 11 ? pack('C N N/a N/a', 12, 1, $blob,
		    'key') : chr 5;
		syswrite $c, pack('N/a', $m);
	}
END
if has_prog perl; then
	bg perl agent.pl "$tmp/sock" "$(openssl pkey -pubin \
		-in outside.pem -outform DER | tail -c 32 | xxd -p -c 64)"
	await 5 test -s sk.pub || bail 'no agent'
	exits 4 'a hardware key makes no envelope' \
		env SSH_AUTH_SOCK="$tmp/sock" df-log export --intoto -k sk.pub
	has "$err" 'a hardware key signs SSH data only, nothing else' 'it says'
else
	skip 2 'no perl'
fi

# ---- decisions that were turned ----

must as bob df-decide -q amend --effect reversed -m 'it was wrong'
exits 0 'amended' df-log export --intoto -k outside --role df-approve
is "$(jq -r '.payload | @base64d | fromjson |
	.predicate.verificationResult' "$out")" FAILED 'what was reversed has not passed'

# ---- many tasks: lists that are blobs ----

cp -R spec many
set --
for i in $(seq 4 110); do
	set -- "$@" "T-$(printf %03d "$i") T-001"
done
more_tasks many "$@"
boot --spec many --base base --set "agent.adapter=$adapter" \
	--set sandbox.level=none --set policy.require_isolation=false
must df-handoff -q
exits 0 'a run that goes on, of 110 tasks' \
	df-log export --intoto -k outside --from 2
jq -r '.payload | @base64d' "$out" >st
hex=$(jq -r '.subject[] | select(.name == "artifacts") | .digest.sha256' st)
is "$(jq length "$DF_RUN/blobs/sha256/$hex")" 220 \
	'the list of artifacts is the subject'

# ---- the invocation ----

exits 2 'no CloudEvents' df-log export --intoto --batch
exits 2 'no such role' df-log export --intoto --role df-cook
exits 2 '--role is for --intoto' df-log export --role df-run
exits 3 'no such directory' df-log export --intoto -k outside -o nowhere
done_testing
