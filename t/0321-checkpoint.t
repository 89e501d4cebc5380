#!/bin/sh
# Checkpoints: what df-log signs is what RFC 6962 and the C2SP formats say, as
# other programs compute and verify it; and what df-verify makes of one.

# shellcheck disable=SC2119,SC2120 # arguments that may be given
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-log df-verify df-freeze
needs_prog jq python3 openssl ssh-agent
keys

append() {
	must df-log append -q "$@" --data '{"seq":1}' checkpoint.saved
}

# python's own idea of the root over the lines that parse, as base64
cat >root.py <<'END'
import base64, hashlib, json, sys

def mth(d):
    if len(d) == 0:
        return hashlib.sha256(b"").digest()
    if len(d) == 1:
        return hashlib.sha256(b"\0" + d[0]).digest()
    k = 1
    while k * 2 < len(d):
        k *= 2
    return hashlib.sha256(b"\1" + mth(d[:k]) + mth(d[k:])).digest()

lines = []
for line in open(sys.argv[1], "rb").read().split(b"\n"):
    try:
        if json.loads(line):
            lines.append(line)
    except ValueError:
        pass
print(len(lines))
print(base64.b64encode(mth(lines)).decode())
END

# note FILE VKEY: openssl and python verify it
cat >note.py <<'END'
import base64, hashlib, subprocess, sys

text, sigs = open(sys.argv[1], encoding="utf-8").read().rsplit("\n\n", 1)
name, keyid, key = sys.argv[2].split("+", 2)
key = base64.b64decode(key)
assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == keyid
dash, who, sig = sigs.split("\n")[0].split(" ")
sig = base64.b64decode(sig)
assert (dash, who, sig[:4].hex()) == ("\u2014", name, keyid)
open("o.key", "wb").write(bytes.fromhex("302a300506032b6570032100") + key[1:])
open("o.sig", "wb").write(sig[4:])
open("o.text", "wb").write((text + "\n").encode())
sys.exit(subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin",
    "-keyform", "DER", "-inkey", "o.key", "-in", "o.text", "-sigfile",
    "o.sig"]).returncode)
END

# anchored N NAME: the second word of the verdict
anchored() {
	is "$(head -n 1 "$out" | cut -d ' ' -f 2)" "anchored:$1" "$2"
}

# ---- writing ----

cheap
gen=$(head -n 1 "$DF_RUN/log.jsonl" | sha256sum | cut -c 1-64)
was=$(cksum <"$DF_RUN/log.jsonl")
exits 0 'a checkpoint' df-log checkpoint -o first
is "$(cat "$out")" first 'says where it is'
exits 0 'on standard output' df-log checkpoint
ok 'the same' cmp "$out" first
is "$(cksum <"$DF_RUN/log.jsonl")" "$was" 'nothing is appended'
is "$(sed -n 1p first)" "darkfactory/$gen" 'its origin names the run'
is "$(sed -n 2,3p first)" "$(python3 root.py "$DF_RUN/log.jsonl")" \
	'size and root are what another program computes'
is "$(sed -n 4p first)" '' 'an empty line'
is "$(wc -l <first)" 5 'one signature'
exits 0 'the key that verifies it' df-log checkpoint --vkey
ok 'with which openssl does' python3 note.py first "$(cat "$out")"
exits 0 'an origin' df-log checkpoint --origin example.org/logs/7 -o named
is "$(sed -n 1p named)" example.org/logs/7 'is the first line'
has named '— example.org/logs/7 ' 'and the name of the key'
must df-log checkpoint --vkey --origin example.org/logs/7 -o vkey
ok 'openssl verifies it' python3 note.py named "$(cat vkey)"
for i in '' 'a b' a+b SSHSIG DSSEv1x "$(printf 'a\nb')" "$(printf %0201d 0)"; do
	exits 2 "no origin: $(printf %.20s "$i" | tr '\n' /)" \
		df-log checkpoint --origin "$i"
done
exits 2 'operands' df-log checkpoint x
exits 4 'a file in the run' df-log checkpoint -o "$DF_RUN/checkpoint"
exits 3 'no such directory' df-log checkpoint -o nowhere/x
exits 5 'a key of another role' df-log checkpoint -k keys/df-build
must df-sign keygen -q stranger
exits 5 'nobody whom the run knows' df-log checkpoint -k stranger
eval "$(ssh-agent -s)" >agent
tap_pids="$tap_pids $SSH_AGENT_PID"
must ssh-add -q keys/df-run
exits 0 'a key that the agent holds' df-log checkpoint -k keys/df-run.pub
ok 'gives the same' cmp "$out" first

# ---- verifying ----

had=$(lines)
exits 0 'a checkpoint of the whole log' df-verify --checkpoint first
anchored "$had" 'anchors it'
cp -R trust trust.gone
must df-sign -q --trust trust.gone trust revoke -m stolen keys/df-run.pub
exits 5 'by a key that is revoked' df-verify --trust trust.gone \
	--checkpoint first
has "$err" 'first: no signature of a df-run key' 'it is taken for none'
append
append
exits 0 'the log goes on' df-verify --checkpoint first
anchored "$had" 'it anchors what it is of'
must df-log checkpoint -o later
exits 0 'a later one' df-verify --json --checkpoint later
is "$(jq -r '.verdict + " " + (.anchored | tostring)' "$out")" \
	"VERIFIED $((had + 2))" 'as JSON'
exits 0 'another origin' df-verify --checkpoint named
exits 0 'without one' df-verify
is "$(head -n 1 "$out" | cut -d ' ' -f 2)" unanchored 'nothing is anchored'
exits 5 'under no root' df-verify --trust nowhere --checkpoint later
is "$(head -n 1 "$out" | cut -d ' ' -f 1,2)" "CONSISTENT anchored:$((had +
	2))" 'is as the run brought it'

for i in "$(cat vkey)" vkey; do
	exits 0 "by a verifier key, $(printf %.8s "$i")" \
		df-verify --checkpoint named --checkpoint-key "$i"
	exits 5 'which is of one name' \
		df-verify --checkpoint first --checkpoint-key "$i"
done
exits 0 'by a public key' \
	df-verify --checkpoint first --checkpoint-key keys/df-run.pub
exits 5 'of somebody else' \
	df-verify --checkpoint first --checkpoint-key stranger.pub
is "$(cat "$out")" '' 'no verdict'
exits 3 'no key' df-verify --checkpoint first --checkpoint-key nowhere
exits 3 'no verifier key' df-verify --checkpoint first --checkpoint-key \
	"$(tr '[:lower:]' '[:upper:]' <vkey)"
exits 3 'no key in it' df-verify --checkpoint first --checkpoint-key first
exits 2 'a key for nothing' df-verify --checkpoint-key vkey
exits 3 'no checkpoint' df-verify --checkpoint nowhere
exits 3 'a log is none' df-verify --checkpoint "$DF_RUN/log.jsonl"
is "$(cat "$out")" '' 'and the run is not broken by that'
sed 2d later >bad
exits 3 'a line less' df-verify --checkpoint bad
has "$err" 'no checkpoint: origin, size and root are not its lines'

# a witness signs too
{
	cat later
	printf '— example.org/witness %s\n' "$(head -c 76 /dev/zero |
		base64 -w 0)"
} >cosigned
exits 0 'a cosignature' df-verify -v --checkpoint cosigned
has "$err" '1 signatures of others'
sed '/darkfactory/!b;/—/d' cosigned >alone
exits 5 'alone it is not enough' df-verify --checkpoint alone

# somebody else's, and changed ones
for i in "2s/.*/$((had + 1))/" '1s/$/x/' '4i more'; do
	sed "$i" later >bad
	exits 5 "changed: $i" df-verify --checkpoint bad
done
# another FILE LINE BYTE: a character of base64 is another one
another() {
	perl -pe 'BEGIN { ($line, $at) = splice @ARGV, 0, 2 }
		substr($_, $at, 1) =~ tr{A-Za-z0-9+/}{B-Za-z0-9+/A}
		if $. == $line' "$2" "$3" "$1"
}
another later 3 0 >bad
exits 5 'another root' df-verify --checkpoint bad
another later 5 130 >bad
no 'it is another one' cmp later bad
exits 5 'another signature' df-verify --checkpoint bad

# ---- a log that is not what the checkpoint says ----

cp -a "$DF_RUN" cut
head -n "$had" "$DF_RUN/log.jsonl" >cut/log.jsonl
exits 0 'a log that lost its end' df-verify cut
exits 6 'against a checkpoint' df-verify --checkpoint later cut
has "$err" "the checkpoint is of $((had + 2)) lines; the log ends before"
exits 0 'not against an older one' df-verify --checkpoint first cut
append -C cut
append -C cut
append -C cut
exits 0 'another end' df-verify cut
exits 6 'against a checkpoint' df-verify --json --checkpoint later cut
is "$(jq -r '.verdict + " " + .findings[0].code' "$out")" \
	'BROKEN checkpoint.root' 'is said'

# ---- torn writes are no leaves ----

printf '{"cut":"sh' >>"$DF_RUN/log.jsonl"
exits 0 'behind a torn write' df-log checkpoint -o torn
is "$(sed -n 2p torn)" $((had + 2)) 'the log is as long as before'
append
must df-log checkpoint -o torn
is "$(sed -n 2,3p torn)" "$(python3 root.py "$DF_RUN/log.jsonl")" \
	'recovered, size and root leave it out'
exits 0 'and hold' df-verify --checkpoint torn
anchored $((had + 3)) 'to the end'

# ---- sealed, in a bundle, in a factory ----

mkdir .factory
exits 1 'a factory that does not know it' df-verify --anchor
is "$(head -n 1 "$out" | cut -d ' ' -f 1,2)" 'VERIFIED unanchored' \
	'the verdict stands'
has "$err" 'has no anchor of this run'
exits 0 'and is enough if no anchor is wanted' df-verify -F .factory
must df-freeze -q --cancel -m enough -F "$tmp/.factory"
end=$(tail -n 1 "$DF_RUN/log.jsonl" | jq .dfseq)
mkdir below
exits 0 'a factory that does, found upwards' within below df-verify --anchor \
	"$tmp/$DF_RUN"
anchored "$end" 'anchors it'
exits 0 'with a checkpoint' df-verify --anchor --checkpoint later
anchored "$end" 'the greater counts'
exits 0 'of a sealed run' df-log checkpoint -o sealed
must df-freeze -q --bundle run.tar.zst
exits 0 'a bundle' df-verify --checkpoint sealed run.tar.zst
anchored "$end" 'is anchored too'
rm -r .factory
exits 3 'no factory' df-verify --anchor
has "$err" 'which factory?'
exits 3 'not that one' df-verify --anchor -F nowhere
done_testing
