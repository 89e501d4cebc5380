#!/bin/sh
# The ledger of a factory: evaluations and disclosures by suite, under an id
# that says nothing of it; what a builder saw of a suite; that a retry is told
# ids of the specification and nothing else.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-status df-verify
needs_prog age jq python3
keys
tiny_spec spec

# uses: what the last evaluation has of its suite
uses() {
	event holdout.completed | jq -c '.data.suite'
}

# suite: its id in line 1
suite() {
	head -n 1 "$DF_RUN/log.jsonl" | jq -r '.data.suite'
}

# entries TYPE: the data of these events of the factory
entries() {
	jq -c "select(.type == \"$1\") | .data" "$DF_FACTORY/log.jsonl"
}

# ---- without a factory ----

judged
is "$(suite) $(uses)" 'null null' 'no factory: no id, no uses'
run df-holdout -v
must df-report -q
is "$(jq -r .suite.earlier "$DF_RUN/report.json")" unknown 'report.json: unknown'
has "$DF_RUN/report.md" 'earlier uses of the suite: unknown'
run df-status -v
like "$out" '^suite	unknown$' 'df-status: unknown'
cheap --set policy.max_suite_evaluations=5
must df-dispatch -q
must df-holdout -q
exits 4 'a limit that nobody can check refuses' df-decide approve -m good
has "$err" 'default/suite_evaluations'

# ---- a suite's id ----

mkdir .factory other
DF_FACTORY=$tmp/.factory
export DF_FACTORY
judged
first=$DF_RUN id=$(suite)
is "$(stat -c '%a %s' .factory/suite.key)" '600 32' 'the key of the factory'
ok 'an id' expr "$id" : '^[0-9a-f]\{32\}$'
age -d -i keys/df-holdout.age -o plain "$DF_RUN/holdout.age"
is "$(python3 - <<'EOF'
import hashlib, hmac, json
p = json.load(open("plain", encoding="utf-8"))
m = b"df-suite/1\0" + b"".join(json.dumps(i, ensure_ascii=False,
    sort_keys=True, separators=(",", ":")).encode() + b"\n"
    for i in p["items"])
key = open(".factory/suite.key", "rb").read()
print(hmac.new(key, m, hashlib.sha256).hexdigest()[:32])
EOF
)" "$id" 'is what its manual says'
is "$(uses)" '{"disclosed":0,"evaluations":0,"runs":0}' 'not used before'
is "$(entries suite.evaluated | jq -c '[.evaluation, .name, .suite]')" \
	"[1,\"${first##*/}\",\"$id\"]" 'the factory counts it'
is "$(jq -r 'select(.type == "suite.evaluated") | .dfrole' \
	.factory/log.jsonl)" df-holdout 'signed by who judged'
# the same specification elsewhere
boot --spec spec -F other -o elsewhere --set agent.adapter="$adapter"
no 'another id in another factory' test "$(suite)" = "$id"
is "$(jq -r .run_key "$DF_RUN/run.json")" \
	"$(boot --spec spec -o o2 --set agent.adapter="$adapter"
	jq -r .run_key "$DF_RUN/run.json")" 'it is no part of run_key'
cp -R spec changed
sed -i 's/eleven/twelve/' changed/D9_HOLDOUT_SCENARIOS.md
boot --spec changed
no 'another suite has another id' test "$(suite)" = "$id"

# ---- counting ----

DF_RUN=$first
exits 0 'shown' df-holdout show -m 'to learn why'
is "$(entries suite.disclosed | jq -c '[.items, .kind, .suite]')" \
	"[[1,2,3],\"shown\",\"$id\"]" 'a disclosure of each item'
exits 0 'opened' df-holdout open -q -m 'for the paper' 2 T-001
is "$(entries suite.disclosed | tail -n 1 | jq -c '[.items, .kind]')" \
	'[[2],"opened"]' 'one of the item that was opened'
exits 0 'the answers of a task' df-holdout open -q -m 'for the paper' T-002
is "$(entries suite.disclosed | wc -l)" 2 'are none of the suite'
judged --set policy.max_suite_evaluations=2 --set policy.max_disclosed=2
is "$(suite)" "$id" 'the same suite in the next run: the same id'
is "$(uses)" '{"disclosed":3,"evaluations":1,"runs":1}' 'used before'
second=$DF_RUN
cp -a "$second" copy
exits 0 'decide show' df-decide show
like "$out" '^suite +evaluated 1 time before in 1 run, 3 items disclosed$' \
	'says it'
exits 4 'three items where two are allowed' df-decide approve -m good
has "$err" 'default/suite_disclosed'
hasnot "$err" 'suite_evaluations' 'two evaluations where two are'
must df-report -q
is "$(jq -c .suite.earlier "$DF_RUN/report.json")" \
	'{"disclosed":3,"evaluations":1,"runs":1}' 'report.json'
has "$DF_RUN/report.md" \
	'earlier uses of the suite: evaluated 1 time before in 1 run, 3 items'
run df-status -v
like "$out" '^suite	evaluated 1 time before in 1 run, 3 items disclosed$' \
	'df-status'
is "$(df-status --json | jq -c .suite)" \
	'{"disclosed":3,"evaluations":1,"runs":1}' 'df-status --json'
exits 0 'df-report --full' df-report --full -q -m 'all of it' -o full.md
is "$(entries suite.disclosed | tail -n 1 | jq -c '[.items, .kind]')" \
	'[[1,2,3],"shown"]' 'is a disclosure too'
has "$first/log.jsonl" '"items":[2]' 'the run has its own events'
DF_RUN=$first
must df-report -q
has "$DF_RUN/report.md" 'Open to everybody: opened/2.json, opened/T-001.answers'
is "$(jq -c .suite.opened_names "$DF_RUN/report.json")" \
	'["opened/2.json","opened/T-001.answers.json","opened/T-002.answers.json"]' \
	'which items are open'

# ---- limits that are kept; the decision is replayed from the run alone ----

built --set policy.max_suite_evaluations=3 --set policy.max_disclosed=3
cp -a "$DF_RUN" before
exits 0 'the third one' df-holdout -q
is "$(uses)" '{"disclosed":3,"evaluations":2,"runs":2}' 'counts two'
run df-decide approve -m 'within the limits'
is "$rc" 0 'is approved'
is "$(jq -c .suite "$DF_RUN/decision/1.facts.json")" \
	'{"disclosed":3,"evaluations":2,"runs":2}' 'by these facts'
must df-freeze -q
third=$DF_RUN
exits 0 'it verifies' df-verify
unset DF_FACTORY
mv .factory away
exits 0 'without the factory too' df-verify "away/runs/${third##*/}"
mv away .factory
DF_FACTORY=$tmp/.factory
export DF_FACTORY
rm -rf bad
cp -a "$second" bad
relog bad 'if .type == "holdout.completed" then .data.suite.disclosed = 0
	else . end' "$(grep -n '"type":"holdout.completed"' bad/log.jsonl |
	cut -d : -f 1)"
exits 0 'a key holder can write another number' df-verify bad

# ---- an evaluation that was killed counts, once ----

rm -rf "$third"
mv before "$third"
exits 0 'the same evaluation again' df-holdout -q -C "$third"
is "$(entries suite.evaluated | jq -r .name | grep -c "^${third##*/}$")" 2 \
	'the factory has two lines of it'
judged
is "$(uses)" '{"disclosed":3,"evaluations":3,"runs":3}' 'and counts one'

# ---- a line of a stranger ----

cp -a .factory kept
(
	DF_KEYS=$tmp/mallory DF_TRUST=$tmp/mallory.trust
	export DF_KEYS DF_TRUST
	must env DF_FACTORY=other df-sign init -q --person mallory
	relog .factory "if .dfseq == $(wc -l <.factory/log.jsonl) then
		(., (.type = \"suite.evaluated\" | .dfrole = \"df-holdout\" |
		.data = {evaluation: 9, name: \"r-0123456789abcdef-1\",
		run: (\"sha256:\" + \"5\" * 64), suite: \"$id\"})) else . end" \
		$(($(wc -l <.factory/log.jsonl) + 1))
) || exit 1
is "$(wc -l <.factory/log.jsonl)" $(($(wc -l <kept/log.jsonl) + 1)) \
	'a stranger adds an evaluation'
cheap
must df-dispatch -q
run df-holdout
has "$err" '1 lines about the suite are signed by nobody who is listed'
is "$(uses | jq -c .evaluations)" 4 'it does not count'
rm -rf "$DF_RUN" .factory
mv kept .factory

# ---- which factory ----

cheap
must df-dispatch -q
mkdir nowhere
DF_FACTORY=$tmp/other
exits 0 'a factory that does not know the run' within nowhere df-holdout
has "$err" 'warning: the factory that knows the suite is not at hand'
is "$(uses)" null 'knows nothing of its suite'
unset DF_FACTORY
cheap
must df-dispatch -q
exits 0 'from elsewhere' within / df-holdout -q
DF_FACTORY=$tmp/.factory
is "$(uses | jq -c .evaluations)" 4 'the factory of the run is found by its place'

# ---- what is in a factory's log ----

cheap
must df-dispatch -q
cp -a .factory kept
for i in '.dfrole = "df-run"' '.data.items = []' '.data.extra = 1' \
    '.type = "suite.lost"'; do
	rm -rf .factory
	cp -a kept .factory
	relog .factory "if .type == \"suite.disclosed\" then $i else . end" \
		"$(grep -n -m 1 suite.disclosed .factory/log.jsonl |
		cut -d : -f 1)"
	run df-holdout -q
	ok "a log that has $i is not used" test "$rc" -ge 3
	is "$(events holdout.started)" 0 'and nothing is judged'
done
rm -rf .factory
mv kept .factory
chmod 644 .factory/suite.key
exits 5 'a key that others can read' df-boot --spec spec
chmod 600 .factory/suite.key
echo >.factory/suite.key
exits 3 'a key that is none' df-boot --spec spec
rm -rf .factory
mkdir .factory

# ---- what builders saw: an event, before anything is judged ----

title='Greeting of a name with a blank inside'
grep -qF "$title" spec/D9_HOLDOUT_SCENARIOS.md || bail 'tiny_spec has changed'
adapter leak '[ "$task" = T-002 ] && echo "Greeting of a name with" \
	"a blank inside"; result PASS' '"workspace":"none"'
idle=$tmp/agents/idle.json
mv "$idle" "$idle.real"
sed 's/leak/idle/' "$adapter" >"$idle"
cp -R "$tmp/agents/leak.d" "$tmp/agents/idle.d.new"
rm -rf "$tmp/agents/idle.d"
mv "$tmp/agents/idle.d.new" "$tmp/agents/idle.d"
sed -i 's/leak\.d/idle.d/g' "$idle"
DF_FACTORY=$tmp/.factory
cheap
must df-dispatch -q
exits 1 'a builder that knows a title' df-holdout -q
age -d -i keys/df-holdout.age -o plain2 "$DF_RUN/holdout.age"
item=$(jq --arg t "$title" '.items[] | select(.title == $t) | .n' plain2)
is "$(event holdout.disclosed | jq -c '.data | [.n, .kind, .place.name, .task]')" \
	"[$item,\"title\",\"result/T-002/1.log\",\"T-002\"]" 'an event says where'
is "$(jq -r .type "$DF_RUN/log.jsonl" | tail -n 3 | tr '\n' ' ')" \
	'holdout.started holdout.disclosed holdout.completed ' \
	'before anything was judged'
is "$(jq -r '[.holdouts[].status] | unique | join(" ")' \
	"$DF_RUN/holdout/1.json") $(jq -r .verdict "$DF_RUN/holdout/1.json")" \
	'PASS REJECT' 'all pass, and the verdict fails'
is "$(jq -c '.disclosed | map([.n, .task])' "$DF_RUN/holdout/1.json")" \
	"[[$item,\"T-002\"]]" 'the task is responsible'
is "$(entries suite.disclosed | jq -c '[.items, .kind]')" "[[$item],\"found\"]" \
	'the factory marks the item'
is "$(uses)" '{"disclosed":1,"evaluations":0,"runs":0}' 'and counts it'
before=$(lines "$DF_RUN")
exits 0 'no attempt is opened again' df-dispatch -q T-002
exits 1 'nor is it judged again' df-holdout -q
is "$(lines "$DF_RUN")" "$before" 'nothing happened'
exits 4 'nor approved' df-decide approve -m 'all pass'

# ---- a retry is told ids, even of what is open to everybody ----

exits 0 'shown' df-holdout show -m 'to learn why'
must df-holdout open -q -m 'for all to see' 0 1 2 3 T-001 T-002 T-003
must df-decide reject -q -m 'it knew' -r 'build it without'
must df-freeze -q
old=$DF_RUN
mv "$idle.real" "$idle"
boot --spec spec --base base --profile solo --supersedes "$old" \
	--set "agent.adapter=$idle" --set sandbox.level=none \
	--set policy.require_isolation=false
must df-handoff -q
must df-prompt -q
is "$(jq -c .feedback "$DF_RUN/prompt/T-002.json")" \
	'[{"failure":"disclosed","id":"T-002"}]' 'T-002 is told that it knew'
is "$(cat "$DF_RUN"/prompt/T-00[13].json | jq -c .feedback | sort -u)" '[]' \
	'and no other'
jq -r '.items[1:][] | .title, .text' plain2 | sed 's/^[-#*| ]*//' |
	awk 'length > 23' >needles
cat "$old"/opened/T-00?.answers.json | jq -r '.item.expected_answers[]' |
	awk 'length > 40' >answers
ok 'there is something to look for' test -s needles -a -s answers
# what the public documents say themselves is no secret
cat spec/D[1-8]*.md spec/D10*.md >public
grep -vF -f public needles >secret 2>/dev/null || cp needles secret
cat "$DF_RUN"/prompt/*.md "$DF_RUN"/prompt/*.json "$DF_RUN"/handoff/* >texts
no 'no line of the suite is in a prompt or handoff' grep -F -f secret texts
no 'no expected answer is in a prompt' grep -F -f answers \
	"$DF_RUN/prompt/T-001.md" "$DF_RUN/prompt/T-002.md" "$DF_RUN/prompt/T-003.md"
cat "$DF_RUN"/blobs/sha256/* >all
jq -r ".items[1:][] | select(.n != $item) | .title" plain2 >titles
is "$(wc -l <titles)" 2 'two items of which no builder knew'
ok 'are open in the old run' grep -qF -f titles "$old"/opened/[123].json
no 'and are not in the successor' grep -aF -f titles all
no 'nor is an opening' grep -aF '"schema":"df.opening/1"' all
done_testing
