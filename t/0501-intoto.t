#!/bin/sh
# in-toto statements in DSSE envelopes: those of df-log export --intoto before
# openssl and python3-securesystemslib, and those that others make before
# df-sign verify --dsse.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-log df-boot df-dispatch df-holdout df-report df-decide \
	df-freeze
needs_prog jq openssl ssh-keygen
python=/usr/bin/python3
if $python -c 'import nacl, securesystemslib.signer' 2>/dev/null; then
	sslib=1
else
	sslib=
fi
needs_prog sha256sum
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
else
	skip 3 "no corpus: $corpus"
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
done_testing
