#!/bin/sh
# df-verify: what it says of a run, under whose root, and of one that is not
# what it says.

# shellcheck disable=SC2016,SC2119,SC2317 # for others; arguments; `ok' runs it
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-report df-freeze df-verify df-log df-store df-validate
needs_prog jq perl ssh-keygen base64
keys
judged
cp -a "$DF_RUN" judged
must df-decide -q approve -m 'as specified'
cp -a "$DF_RUN" approved
must df-freeze -q --bundle "$tmp/bundle"
cp -a "$DF_RUN" sealed
name=$(jq -r .run sealed/run.json)
root=$(ssh-keygen -lf keys/df-root.pub | cut -d ' ' -f 2)
all=$(lines sealed)
DF_RUN=$tmp/run

# fresh [RUN]: a copy of it, the sealed one
fresh() {
	rm -rf "$DF_RUN"
	cp -a "${1:-sealed}" "$DF_RUN"
}

# line N [RUN]: its digest
line() {
	sed -n "${1}p" "${2:-$DF_RUN}/log.jsonl" >last
	digest_of last
}

# row WORD: a row of what it wrote
row() {
	sed -n "s/^$1  *//p" "$out"
}

# record: its JSON is valid, in the file record
record() {
	cp "$out" record
	ok "$1: its record is valid" df-validate -q --schema verify record
}

# field FILTER VALUE: of the last record
field() {
	is "$(jq -c "$1" record)" "$2" "$1"
}

# ---- the interface ----

exits 0 'help' df-verify --help
has "$out" 'usage: df-verify'
exits 0 'version' df-verify --version
exits 2 'an unknown option' df-verify --bogus
exits 2 'two runs' df-verify sealed judged
exits 2 'no run' env DF_RUN= df-verify
for i in '' x SHA256: sha256:"$(printf %064d 1)" "$root"x; do
	exits 2 "the root '$i'" df-verify --root "$i" sealed
done
exits 3 'no such run' df-verify nowhere
exits 3 'a directory that is no run' df-verify spec
exits 3 'a file that is no bundle' df-verify spec/D1_CONSTITUTION.md
exits 3 'no such run, as JSON' df-verify --json nowhere
is "$(jq .error.exit "$err")" 3 'an error object'

# ---- VERIFIED ----

fresh
before=$(find run -printf '%p %m %s %T@ %l\n' | sort | cksum)
exits 0 'a sealed run' df-verify run
is "$(head -n 1 "$out")" "VERIFIED unanchored $name" 'the verdict'
is "$(row run)" "$(line 1)" 'the run is the digest of its first line'
is "$(row head)" "$all $(line "$all")" 'the head'
is "$(row root)" "$root" 'the root'
is "$(row status)" "approved, sealed at $all" 'the status'
is "$(row decision)" 'approve by alice+approver, self-approved' 'who decided'
is "$(row checked)" "$all lines, $all signatures, $(find run/blobs -type f |
	wc -l) blobs ($(cat run/blobs/sha256/* | wc -c) bytes), $(find run \
	-type l | wc -l) names, 1 decisions replayed, 0 origins" 'what was checked'
is "$(cat "$err")" '' 'and nothing else'
is "$(find run -printf '%p %m %s %T@ %l\n' | sort | cksum)" "$before" \
	'nothing of it was touched'
exits 0 'as JSON' df-verify --json run
record 'VERIFIED'
field .verdict '"VERIFIED"'
field '[.run, .run_name, .root, .status]' \
	"[\"$(line 1)\",\"$name\",\"$root\",\"approved\"]"
field '[.head.seq, .head.digest, .events, .sealed_at, .after_seal]' \
	"[$all,\"$(line "$all")\",$all,$all,0]"
field '[.anchored, .findings, .torn_bytes]' '[null,[],0]'
field .decision '{"by":["alice+approver"],"decision":"approve","effective":"approve","self_approved":true}'
field '.checks | [.lines, .signatures, .guards, .names, .policies, .origins]' \
	"[$all,$all,$all,$(find run -type l | wc -l),1,0]"
exits 0 '-C' df-verify -C run
exits 0 'DF_RUN' df-verify
exits 0 'nothing but the directory' env -i PATH="$PATH" "$build/bin/df-verify" \
	--root "$root" run
is "$(head -n 1 "$out")" "VERIFIED unanchored $name" 'is needed'
exits 0 'a run that goes on' df-verify judged
is "$(row status)" 'evaluating, not sealed' 'is one too'
unlike "$out" '^decision' 'nobody has decided'
exits 9 'stdout is full' into /dev/full df-verify run
exits 9 'as JSON too' into /dev/full df-verify --json run

# ---- under whose root ----

# consistent NAME ARGUMENT...: it holds, but only under its own roster
consistent() {
	consistent_name=$1
	shift
	exits 5 "$consistent_name" df-verify "$@"
	is "$(head -n 1 "$out")" "CONSISTENT unanchored $name" \
		"$consistent_name: CONSISTENT"
	unlike "$out" 'alice' "$consistent_name: no names of people"
}
other=SHA256:$(printf 'A%.0s' $(seq 43))
env DF_KEYS="$tmp/keys.bob" DF_TRUST="$tmp/trust.bob" \
	df-sign init -q --person bob >/dev/null
consistent 'another root' --root "$other" sealed
is "$(row root)" "$root (brought by the run itself)" 'the root is said'
is "$(row decision)" 'approve, self-approved' 'the decision without a name'
exits 0 'the root itself' df-verify --trust nowhere --root "$root" sealed
exits 5 'which wins over a trust directory' df-verify --root "$other" \
	--trust trust sealed
consistent 'no trust directory' --trust nowhere sealed
consistent 'the trust directory of somebody else' --trust trust.bob sealed
cp -R trust trust.bad
echo '# more' >>trust.bad/allowed_signers
consistent 'one whose signature does not hold' --trust trust.bad sealed
consistent 'the one of the run' --trust sealed/trust sealed
has "$err" 'comes with the run'
mkdir -p factory/runs
cp -R trust factory
cp -a sealed "factory/runs/$name"
: >factory/log.jsonl
consistent 'the one of a factory above it' --trust factory/trust \
	"factory/runs/$name"
exits 0 'good enough when asked' df-verify --self --trust nowhere sealed
is "$(head -n 1 "$out")" "CONSISTENT unanchored $name" 'and said'
exits 5 'as JSON' df-verify --json --trust nowhere sealed
record CONSISTENT
field '[.verdict, .decision.by]' '["CONSISTENT",[]]'

# forged whole, with other keys
(
	DF_KEYS=$tmp/keys.bob DF_TRUST=$tmp/trust.bob
	export DF_KEYS DF_TRUST
	judged --nonce "$(printf %032d 7)"
	must df-decide -q approve -m 'trust me'
	must df-freeze -q
	mv "$DF_RUN" forged
) || bail 'forged'
exits 5 'a run that is forged whole' df-verify forged
like "$out" '^CONSISTENT unanchored' 'is CONSISTENT, never VERIFIED'
unlike "$out" 'bob' 'whoever made it'

# ---- what is only said ----

# said CODE NAME COMMAND...: a note, and it holds
said() {
	fresh
	said_code=$1 said_name=$2
	shift 2
	within run "$@"
	exits 0 "$said_name" df-verify run
	like "$err" "^note: .*\[$said_code\]\$" "$said_name: is said"
	is "$(head -n 1 "$out")" "VERIFIED unanchored $name" "$said_name: it holds"
	exits 0 "$said_name" df-verify -q run
	is "$(cat "$err")" '' "$said_name: not when quiet"
}
said closed.missing 'a name without its link' rm -f holdout/1.tap
said closed.copy 'a copy in the place of a link' sh -c \
	'cp run.json x; mv x run.json; chmod 444 run.json'
printf 'more\n' >debris
said closed.debris 'a blob that no event names' sh -c 'chmod u+w blobs/sha256
	h=$(sha256sum <../debris | cut -c 1-64)
	cp ../debris "blobs/sha256/$h"; chmod 444 "blobs/sha256/$h"'
fresh judged
: >"$DF_RUN/notes"
exits 0 'a file in a run that is not sealed' df-verify
has "$err" 'note: notes: no event names this [closed.extra]'

# ---- BROKEN ----

# broken FROM CODE PLACE NAME COMMAND...: in a copy of FROM.  CODE and PLACE
# are what is said of it, text for a regular expression.
broken() {
	fresh "$1"
	broken_code=$2 broken_place=$3 broken_name=$4
	shift 4
	within run "$@"
	exits 6 "$broken_name" df-verify run
	is "$(cat "$out")" BROKEN "$broken_name: BROKEN"
	like "$err" "^BROKEN: .*$broken_place.*\[($broken_code)\]\$" \
		"$broken_name: is named"
}

# detail: the same as JSON
detail() {
	exits 6 "$broken_name, as JSON" df-verify --json --self run
	is "$(jq -c "[.verdict, (.findings | map(.code) |
		any(test(\"^($broken_code)\$\")))]" "$out")" '["BROKEN",true]' \
		"$broken_name: is named there too"
	record "$broken_name"
}

hex=$(tap_hex holdout/1.json sealed)
tree=$(tap_hex result/merged.tree sealed)

# the log
broken sealed log.line 'log line 6' 'a line was changed' \
	sed -i '5s/"time":"2/"time":"1/' log.jsonl
detail
broken sealed 'log.line' 'log line [45]' 'a line is missing' sed -i 4d log.jsonl
broken sealed 'log.line' 'log line 5' 'a line is there twice' sed -i 4p log.jsonl
broken sealed 'log.line' 'log line 4' 'two lines have changed places' \
	sed -i '4{h;d};5G' log.jsonl
broken sealed 'log.line' "log line $((all + 1))" 'an old line at the end' \
	sh -c 'sed -n 7p log.jsonl >x; cat x >>log.jsonl; rm x'
broken sealed 'log.line' 'log line 1' 'the first line is missing' \
	sed -i 1d log.jsonl
broken sealed 'log.line' 'log line 3' 'a line that is not canonical' \
	sed -i '3s/{"data"/{ "data"/' log.jsonl
broken sealed 'log.line|log.torn' "log line $((all + 1))" \
	'a line that is no event' sh -c 'echo "{}" >>log.jsonl'
broken sealed 'log.empty' '' 'no line at all' truncate -s 0 log.jsonl
broken sealed 'sign.bad' "log line $all" 'the last line was changed' \
	sed -i '$s/"time":"2/"time":"1/' log.jsonl
broken sealed 'sign.bad|log.sig' "log line $all" 'a signature was changed' \
	perl -pi -e 's/("dfsig":"[^"]{50})(.)/$1 . ($2 eq "A" ? "B" : "A")/e
	if eof' log.jsonl
broken sealed 'closed.lost|closed.extra' 'seal' 'the last line is missing' \
	sed -i '$d' log.jsonl
broken approved 'closed.lost' 'decision' 'the decision is missing' \
	sed -i '$d' log.jsonl
broken judged 'closed.lost' 'holdout' 'the verdict is missing' \
	sed -i '$d' log.jsonl
broken sealed 'log.open' 'log.jsonl' 'the log is a link' \
	sh -c 'mv log.jsonl ../log; ln -s ../log log.jsonl'

# blobs
for i in run.json holdout.age trust/allowed_signers result/T-003/1.tree \
    decision/1.json seal/1.json.sig; do
	broken sealed 'store.digest' "$(tap_hex $i sealed)" "$i was changed" \
		sh -c 'f=$(readlink -f "$1"); chmod u+w "$f"; echo >>"$f"
		chmod 444 "$f"' sh "$i"
done
detail
broken sealed store.digest "$hex" 'a blob was emptied' \
	sh -c 'f=$(readlink -f holdout/1.json); chmod u+w "$f"; : >"$f"
	chmod 444 "$f"'
broken sealed store.missing "$hex" 'a blob is missing' rm -f "blobs/sha256/$hex"
broken sealed store.missing "$tree" 'a tree is missing' \
	rm -f "blobs/sha256/$tree"
broken sealed 'store.open|store.type|store.missing' "$hex" 'a blob is a link' \
	sh -c 'mv "blobs/sha256/$1" ../blob; ln -s ../../../blob "blobs/sha256/$1"' \
	sh "$hex"
broken sealed closed.blob "$(printf %064d 1)" 'a blob that is none of it' \
	sh -c 'echo x >"blobs/sha256/$1"; chmod 444 "blobs/sha256/$1"' sh \
	"$(printf %064d 1)"
broken sealed store.open 'blobs' 'the store is missing' rm -r blobs
broken sealed store.open 'blobs' 'the store is a link' \
	sh -c 'rm -rf ../blobs; mv blobs ../blobs; ln -s ../blobs blobs'

# the closed set
broken sealed closed.extra 'notes' 'a file more' touch notes
detail
broken sealed closed.extra 'blobs/sha256/notes' 'a file more in the store' \
	sh -c ': >blobs/sha256/notes'
broken sealed closed.extra 'blobs/notes' 'a file more beside it' touch blobs/notes
broken sealed closed.extra 'empty' 'a directory more' mkdir empty
broken sealed closed.extra 'work' 'work/' mkdir work
broken sealed closed.extra 'evil' 'a link more' ln -s /etc/passwd evil
broken sealed closed.extra 'fifo' 'a fifo' mkfifo fifo
broken sealed 'closed.lost|closed.extra' 'seal/2.json' 'a seal more' \
	sh -c 'cp -P seal/1.json seal/2.json'
broken sealed closed.link 'report.md' 'a link to another blob' \
	sh -c 'ln -sfn "$(readlink run.json)" report.md'
detail
broken sealed closed.link 'report.md' 'a link out' \
	ln -sfn ../../spec/D1_CONSTITUTION.md report.md
broken sealed closed.name 'report.md' 'other bytes in the place of a link' \
	sh -c 'rm report.md; echo "# ACCEPT" >report.md; chmod 444 report.md'
broken sealed 'closed.name|closed.extra' 'seal' 'a file in the place of a directory' \
	sh -c 'rm -r seal; : >seal'
broken sealed closed.mode "$hex" 'the mode of a blob' \
	chmod 644 "blobs/sha256/$hex"
detail
broken sealed closed.mode 'log.jsonl' 'the mode of the log' chmod 600 log.jsonl
broken sealed closed.mode 'result/T-001' 'the mode of a directory' \
	chmod 700 result/T-001
broken sealed closed.extra 'a.x1b.31mb' 'a name that acts on terminals' \
	touch "$(printf 'a\033[31mb')"
exits 6 'again' df-verify run
no 'is escaped' grep -q "$(printf '\033')" "$err"
exits 6 'two at the same time' sh -c 'mkdir run/empty; exec df-verify run' df-verify
like "$err" '^BROKEN: empty' 'both are named'
like "$err" '^BROKEN: a.x1b' 'both'
broken judged closed.lost 'report.json' 'a name that the log never gave' \
	sh -c 'ln -s "$(readlink run.json)" report.json'

# ---- what only those with keys can do ----

# forged FILTER FROM NAME CODE PLACE [RUN]: the log of the run, the approved
# one, signed again from line FROM on
forged() {
	fresh "${6:-approved}"
	relog "$DF_RUN" "$1" "$2"
	exits 6 "$3" df-verify
	like "$err" "^BROKEN: .*$5.*\[($4)\]\$" "$3: is named"
}
k=$(lines approved)
fresh approved
relog "$DF_RUN" . "$k"
exits 0 'a line that was signed again' df-verify -q
decided='if .type == "run.approved" then'
forged "$decided .data.self_approved = false else . end" "$k" \
	'a self-approval that is not called one' replay.separation "line $k"
forged "$decided .data.policy = \"fail\" else . end" "$k" \
	'an approval where policies said no' gate.policy "policy"
forged "$decided .data.artifacts |= map(if .name == \"decision/1.facts.json\"
	then .digest = \"sha256:$(tap_hex run.json approved)\" |
	.size = $(wc -c <approved/run.json) else . end) else . end" "$k" \
	'other facts' 'replay.facts|record.schema' 'decision/1.facts.json|facts'
forged "$decided .data.artifacts |= map(select(.name != \"decision/1.json\"))
	else . end" "$k" 'an approval without its record' name.unknown decision/1.json
forged 'select(.type != "holdout.completed")' $((k - 1)) \
	'an approval without a verdict' gate.no_result \
	"log line $((k - 1)).*no scenario result"
forged 'if .type == "holdout.completed" then .data.verdict = "fail" else . end' \
	$((k - 1)) 'an approval of what failed' gate.scenarios 'verdict is fail'
k2=$(grep -n '"stage":"dispatch/T-002"' judged/log.jsonl | tail -n 1 |
	cut -d : -f 1)
size='if .type == "stage.completed" and .data.stage == "dispatch/T-002"
	then .data.artifacts |= map(if .name == "NAME" then
	.size += 1 else . end) else . end'
forged "$(echo "$size" | sed s,NAME,dispatch/T-002/1.json,)" "$k2" \
	'another size' store.size "$(tap_hex dispatch/T-002/1.json judged)" judged
forged "$(echo "$size" | sed s,NAME,result/T-002/1.tree,)" "$k2" \
	'another size of what another line has with the right one' store.size \
	"$(tap_hex base.tree judged)" judged
forged 'if .type == "holdout.completed" then .dfrole = "df-run" else . end' \
	$((k - 1)) 'a verdict in another role' event.role 'holdout.completed'
forged 'if .type == "run.approved" then .data.actor = "bob+approver" else . end' \
	"$k" 'an approval in the name of another' gate.actor "line $k"
forged 'if .type == "run.started" then .data.preflight = "FAIL" else . end' 2 \
	'a start without a preflight' '[a-z.]*' 'preflight'

# a verdict of another tree
fresh judged
jq -cS '.tree = "sha256:'"$(printf %064d 1)"'"' "$DF_RUN/holdout/1.json" >verdict
must df-store put verdict
relog "$DF_RUN" "if .type == \"holdout.completed\" then .data.artifacts |=
	map(if .name == \"holdout/1.json\" then .digest = \"$(digest_of verdict)\" |
	.size = $(wc -c <verdict) else . end) else . end" "$(lines)"
must df-store names
exits 6 'a verdict on another tree' df-verify
like "$err" 'BROKEN: holdout/1.json: .*\[record.tree\]' 'is named'

# ---- after the seal, torn ----

fresh
must df-decide -q amend -m 'see incident 7' --effect reversed
exits 0 'an amendment' df-verify
is "$(row status)" "approved, sealed at $all, 1 events after the seal" 'is said'
is "$(row decision)" 'approve by alice+approver, self-approved, amended' \
	'what holds now, too'
exits 0 'as JSON' df-verify --json
record 'after the seal'
field '[.after_seal, .decision.decision, .decision.effective]' \
	'[1,"approve","reject"]'
fresh judged
printf '{"data":{' >>"$DF_RUN/log.jsonl"
exits 0 'half a line at the end' df-verify
must df-log append -q --role df-run --data '{"purpose":"see","result":"ok"}' \
	evidence.resolved
exits 0 'that a line commits to' df-verify --json
record torn
field '[.verdict, .torn_bytes]' '["VERIFIED",9]'

# ---- anchors ----

mkdir fact
fresh approved
must df-freeze -q -F fact
cp -a "$DF_RUN" anchored
exits 0 'a factory that has seen it' df-verify -F fact
is "$(head -n 1 "$out")" "VERIFIED anchored:$(lines) $name" 'anchored'
exits 0 'as JSON' df-verify --json -F fact
record anchored
field .anchored "$(lines)"
exits 0 'DF_FACTORY' env DF_FACTORY=fact df-verify
like "$out" "^VERIFIED anchored:$(lines) " 'anchored'
must df-decide -q amend -m 'a note' --effect note
exits 0 'a log that grew' df-verify -F fact
like "$out" "^VERIFIED anchored:$(lines anchored) " 'is anchored up to there'
exits 0 'a factory that has not' df-verify -F factory sealed
is "$(head -n 1 "$out")" "VERIFIED unanchored $name" 'unanchored'
exits 3 'no such factory' df-verify -F nowhere
mkdir nofact
exits 0 'a directory that is none' df-verify -F nofact
is "$(ls -A nofact)" '' 'does not become one'
mkdir .factory
cp fact/log.jsonl .factory
exits 0 'a factory above it' df-verify
like "$out" '^VERIFIED unanchored' 'is not asked'
fresh approved
exits 6 'a log that has lost its end' df-verify -F fact
has "$err" '[anchor.length]'
must df-freeze -q
exits 6 'another end' df-verify -F fact
has "$err" '[anchor.head]'

# ---- bundles ----

find "$DF_SCRATCH" -mindepth 2 >scratch.before
exits 0 'a bundle' df-verify bundle
is "$(cat "$out")" "$(df-verify sealed)" 'is the run'
exits 0 'as JSON' df-verify --json bundle
record bundle
field .verdict '"VERIFIED"'
exits 5 'under another root' df-verify --root "$other" bundle
flip bundle 9000
run df-verify bundle
like "$(echo "$rc" >last; echo last)" '^[36]$' 'a byte of it was changed'
flip bundle 9000
head -c 9000 bundle >part
exits 3 'a part of it' df-verify part
exits 3 'as JSON' df-verify --json part
is "$(jq .error.exit "$err")" 3 'an error object'
: >zero
exits 3 'no bytes' df-verify zero
ok 'nothing of them is left' sh -c 'find "$1" -mindepth 2 | cmp - scratch.before' \
	sh "$DF_SCRATCH"

# ---- several who approve; an origin ----

persons() (
	for i in carol dave; do
		df-sign keygen -q "keys/$i" >/dev/null
		printf '%s+approver namespaces="df-approve" %s\n' "$i" \
			"$(cut -d ' ' -f 1-2 "keys/$i.pub")" >>trust/allowed_signers
	done
	df-sign trust -q -k keys/df-root >/dev/null
)
persons
judged --set policy.approvals=2 --set policy.allow_self_approval=false
must df-decide -q -k keys/carol approve -m 'good'
must df-decide -q -k keys/dave approve -m 'good too'
exits 0 'two who approved' df-verify
is "$(row decision)" 'approve by carol+approver, dave+approver' 'both are named'
like "$out" ' 2 decisions replayed' 'both decisions are replayed'

# shellcheck disable=SC2016 # the agent's
adapter builder 'case $task in
T-001) echo "echo \"hello \$1\"" >greet.sh ;;
T-002) if grep -qi feedback .df/prompt.md; then w=goodbye; else w=bye; fi
	echo "echo \"$w \$1\"" >part.sh ;;
T-003) echo "echo \$#" >count.sh ;;
esac; result PASS'
mkdir void
for i in first second; do
	cheap --base void --set "agent.adapter=$adapter" \
		${old:+--supersedes "$old"}
	must df-dispatch -q -j 3
	run df-holdout -q
	[ $i = second ] || must df-decide -q reject -m 'bye' -r 'goodbye'
	[ $i = second ] || must df-freeze -q
	old=$DF_RUN
done
exits 0 'a successor' df-verify
like "$out" ' 1 origins$' 'its origin is checked'
cp -a "$DF_RUN" successor
f=$(readlink -f "$DF_RUN"/origin/1/log.jsonl)
chmod u+w "$f"
sed -i '$s/"time":"2/"time":"1/' "$f"
exits 6 'a log of its origin was changed' df-verify
has "$err" "$(basename "$f")" 'is named'

exits 1 'no head is remembered' df-verify --forget run

# ---- what holds and does not follow: t/0304-replay.t has the rest ----

fresh judged
must df-report -q
echo x >other
must df-store put other
relog "$DF_RUN" "if .data.artifacts then .data.artifacts |= map(if .name ==
	\"report.md\" then .digest = \"$(digest_of other)\" | .size = 2
	else . end) else . end" "$(lines)"
must df-store names
exits 0 'another report, well signed: it holds' df-verify -q
exits 1 'it does not follow' df-verify -q --replay

all_exits df-verify
done_testing
