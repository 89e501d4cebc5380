#!/bin/sh
# df-store gc: what may go of which run and when; the event first; and that
# pruned and missing are told apart by whoever looks.

# shellcheck disable=SC2119,SC2317 # arguments that may be given; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-freeze df-store df-verify df-log
needs_prog jq
keys
heads
builder
tiny_spec "$tmp/spec"
mkdir base
echo 'a readme' >base/README

# a real run: bulk that nothing else has
run_of() {
	ready "$adapter" --spec "$tmp/spec" --base "$tmp/base" --profile solo \
		--set sandbox.level=none --set policy.require_isolation=false \
		"$@"
	must df-dispatch -q -j 2
	run df-holdout -q
}

# at DAYS: that many days after now
at() {
	date -u -d "+$1 days" +%Y-%m-%dT%H:%M:%SZ
}

blobs() {
	find "$1/blobs/sha256" -type f | wc -l
}

field() {
	df-verify --json "${2:-$DF_RUN}" | jq -c "$1"
}

# ---- a rejected run and what supersedes it ----

run_of
old=$DF_RUN
exits 4 'a live run' df-store gc --now "$(at 1000)"
has "$err" 'it is not sealed'
must df-decide -q reject -m no -r more
exits 4 'a run that is not sealed' df-store gc --now "$(at 1000)"
must df-freeze -q
was=$(blobs "$old")
exits 4 'too young' df-store gc --now "$(at 89)"
has "$err" 'it is kept for 90 days, and 8'
exits 4 'nothing supersedes it' df-store gc --now "$(at 91)"
has "$err" 'nothing that is sealed supersedes it'
run_of --supersedes "$old"
new=$DF_RUN
exits 4 'its successor is at work' df-store gc --now "$(at 91)" "$old"
has "$err" 'supersedes it and is not sealed'
must df-decide -q approve -m yes
must df-freeze -q
DF_RUN=$old
exits 2 'which day?' df-store gc --now tomorrow
exits 2 'no reason' df-store gc -m ' '
exits 4 'by the clock' df-store gc
is "$(blobs "$old")" "$was" 'nothing went'

# ---- what would go ----

lines=$(lines)
exits 0 'a dry run' df-store gc -n --now "$(at 91)"
is "$(blobs "$old") $(lines)" "$was $lines" 'removes nothing'
cp "$out" would
is "$(cut -f 1 would | sort -u)" "$old" 'each line says of which run'
for i in result/merged.tree result/merged.patch result/T-001/1.tree \
    'result/T-00./1.md' prompt/T-001.md; do
	like would "	$i\$" "$i would go"
done
unlike would '	(run|log|report|seal|decision|holdout|dispatch|handoff|trust|config|commitment|validation|base|spec)' \
	'no other name would'
exits 0 'as JSON' df-store gc -n --json --now "$(at 91)"
is "$(jq -rs 'map(.size) | add' "$out")" \
	"$(cut -f 3 would | awk '{ n += $1 } END { print n }')" 'the same sizes'
kept=$(content base.tree README "$old" | sha256sum | cut -c 1-64)
hasnot would "$kept" 'a file of the base that is in results too stays'

# ---- the sweep ----

must df-sign keygen -q stranger
exits 5 'somebody else' df-store gc -k stranger --now "$(at 91)"
exits 5 'another role' df-store gc -k keys/df-run --now "$(at 91)"
is "$(blobs "$old") $(lines)" "$was $lines" 'nothing went'
cp -a "$old" whole
exits 0 'a sweep' df-store gc -m 'space' --now "$(at 91)"
ok 'it says what would go' cmp "$out" would
is "$(event gc.swept | jq -r '[.dfrole, .data.actor, .data.reason] |
	join(" ")')" 'df-admin alice+operator space' 'the event'
list=$old/blobs/sha256/$(event gc.swept | jq -r '.data.removed[7:]')
is "$(jq -r '.blobs[].digest' "$list")" "$(cut -f 2 would)" \
	'names the list of digests'
is "$(jq -r '[.schema, .rule, .run] | join(" ")' "$list")" \
	"df.gc/1 superseded $(field .run | tr -d '"')" 'which says why'
is "$(blobs "$old")" $((was + 1 - $(wc -l <would))) 'the files are gone'
cut -f 2 would | cut -c 8- | while read -r i; do
	[ ! -e "$old/blobs/sha256/$i" ] || echo "$i"
done >left
is "$(cat left)" '' 'all of them'
no 'the names too' ls -d "$old/result/merged.tree"
ok 'others stay' [ -e "$old/report.json" ]
exits 0 'once more: nothing to do' df-store gc --now "$(at 91)"
is "$(cat "$out")$(lines)" $((lines + 1)) 'and no second event'

# ---- pruned, not missing ----

exits 0 'the run holds' df-verify
like "$err" 'gc\.clock' 'the day was not that of the clock'
is "$(wc -l <"$err")" 1 'that is all there is to say'
like "$out" "^pruned    $(wc -l <would) blobs" 'but how much was removed'
like "$out" '1 events after the seal' 'and that the seal is older'
is "$(field '[.verdict, .checks.pruned]')" "[\"VERIFIED\",$(wc -l <would)]" \
	'as JSON'
exits 0 'fsck' df-store fsck
has "$err" "$(wc -l <would) of the blobs that are named were pruned"
exits 1 'get a name' df-store get result/merged.patch
has "$err" "result/merged.patch was removed: gc.swept, log line $((lines + 1))"
exits 1 'get a digest' df-store get "$(sed -n 1p would | cut -f 2)"
has "$err" 'was removed: gc.swept'
exits 1 'a tree' df-store tree result/merged.tree
exits 0 'ls' df-store ls result/merged.patch
like "$out" '	pruned$' 'says so'
exits 0 'ls as JSON' df-store ls --json result/merged.patch
is "$(jq .pruned "$out")" true 'says so'
exits 0 'names' df-store names
is "$(cat "$out")" '' 'makes none of them again'
exits 4 'a successor of it' df-boot -q --supersedes "$old" --spec spec \
	--base base --profile solo --set "agent.adapter=$adapter" \
	--set sandbox.level=none --set policy.require_isolation=false
has "$err" 'of the superseded run was removed'

exits 0 'sealed again' df-freeze
is "$(field '[.verdict, .after_seal, .checks.pruned]')" \
	"[\"VERIFIED\",0,$(wc -l <would)]" 'it holds to the end'
no 'no name came back' ls -d "$old/result/merged.tree"
exits 0 'a bundle' df-freeze -q --bundle run.tar.zst
exits 0 'holds' df-verify run.tar.zst
like "$out" '^pruned    ' 'as the run does'
exits 0 'a bundle of what came after the seal' df-freeze -q --bundle \
	since.tar.zst --since "$lines"
cp -a whole later
exits 0 'goes to a copy from before' df-freeze -q --thaw since.tar.zst \
	-C later
is "$(field .verdict later)" '"VERIFIED"' 'which holds'
exits 0 'an image layout' df-freeze -q --oci layout
exits 0 'replayed, as far as it goes' df-verify --replay
like "$out" 'not replayed.*what it is made of was pruned' 'the rest is said'
like "$out" 'replayed.*prompt' 'prompts are made again'

# what is not listed has to be there; and what is no bulk, whatever is listed
for i in report.json holdout/1.json "$(basename "$list")"; do
	cp -a "$old" lost
	case $i in
	*/* | *.json) f=$(readlink -f "lost/$i") ;;
	*) f=lost/blobs/sha256/$i ;;
	esac
	rm -f "$f"
	exits 6 "missing: $(printf %.14s "$i")" df-verify lost
	exits 6 "missing: $(printf %.14s "$i"): fsck" df-store fsck -C lost
	rm -rf lost
done

# a list of the admin's own: df-verify holds it against the rules, and a record
# on it is missed
f=$(readlink -f whole/holdout/1.json)
cut -f 2 would >would.digests
tree=$(readlink -f whole/result/merged.tree)
child=$(jq -r ".sha256 | \"sha256:\" + ." "$tree" | grep -Fxf - would.digests | head -n 1)
forge() {
	rm -rf forged
	cp -a whole forged
	jq -cS --arg d "sha256:${f##*/}" --argjson s "$(wc -c <"$f")" \
		--arg t "sha256:${tree##*/}" --arg now "$(at 89)" "$1" \
		"$list" >forged.list
	forge=$(sha256sum <forged.list | cut -c 1-64)
	cp forged.list "forged/blobs/sha256/$forge"
	chmod 444 "forged/blobs/sha256/$forge"
	must env XDG_STATE_HOME="$tmp/.stateless" df-log append -q -C forged \
		--data "{\"actor\":\"alice+operator\",\"reason\":\"x\",
		\"removed\":\"sha256:$forge\"}" gc.swept
}
for i in 'gc.class .blobs += [{digest: $d, size: $s}]' \
    'gc.rule .rule = "approved"' 'gc.age .now = $now' \
    'gc.age .now = "yesterday, or before"'; do
	forge "${i#* }"
	exits 6 "against the rules: ${i#* }" env \
		XDG_STATE_HOME="$tmp/.stateless" df-verify --json forged
	is "$(jq -r '.findings[0].code' "$out")" "${i%% *}" 'says why'
done
forge '.blobs += [{digest: $d, size: $s}]'
rm -f "forged/blobs/sha256/${f##*/}"
exits 6 'a record that is listed and gone' env \
	XDG_STATE_HOME="$tmp/.stateless" df-verify forged
has "$err" '[store.missing]' 'is missing'
forge '.blobs |= map(select(.digest == $t))'
exits 0 'a tree is listed, and there' env \
	XDG_STATE_HOME="$tmp/.stateless" df-verify forged
rm -f "forged/blobs/sha256/${child#sha256:}"
exits 6 'what it holds is not listed' env \
	XDG_STATE_HOME="$tmp/.stateless" df-verify forged
has "$err" '[store.missing]' 'is missing too'
(
	XDG_STATE_HOME=$tmp/.stateless
	cp -a whole bad
	df-log append -C bad --data "{\"actor\":\"alice+operator\",
		\"reason\":\"x\",\"removed\":\"sha256:$(printf %064d 1)\"}" \
		gc.swept >bad.out 2>&1
	echo "exit $?" >>bad.out
)
like bad.out '^exit [36]$' 'a list that is not there is refused'

# ---- interrupted between the event and the files ----

(
	XDG_STATE_HOME=$tmp/.stateless
	export XDG_STATE_HOME
	cp -a whole cut
	head -n $((lines + 1)) "$old/log.jsonl" >cut/log.jsonl
	cp -p "$list" cut/blobs/sha256
	df-verify cut >cut.1 2>&1
	echo "exit $?" >>cut.1
	f=$(readlink -f cut/result/merged.tree)
	rm -f "$f"
	df-verify cut >cut.2 2>&1
	echo "exit $?" >>cut.2
	df-store gc -q --now "$(at 0)" cut >cut.3 2>&1
	echo "exit $?" >>cut.3
	df-verify cut >cut.4 2>&1
	echo "exit $?" >>cut.4
)
like cut.1 '^exit 0$' 'listed and still there: it holds'
has cut.1 'gc.swept lists it, and it is still there'
like cut.2 '^exit 0$' 'some gone'
like cut.3 '^exit 0$' 'gc finishes it, whatever the day'
is "$(lines cut)" $((lines + 1)) 'without another event'
like cut.4 "^pruned    $(wc -l <would) blobs" 'then all are gone'
f=$(sed -n 1p would | cut -f 2)
(
	XDG_STATE_HOME=$tmp/.stateless
	echo spoilt >"cut/blobs/sha256/${f#sha256:}"
	chmod 444 "cut/blobs/sha256/${f#sha256:}"
	df-verify -q cut >cut.5 2>&1
	echo "exit $?" >>cut.5
)
like cut.5 '^exit 6$' 'a listed blob with other bytes breaks the run'

# ---- approved runs, holds, a factory ----

DF_RUN=$new
exits 4 'approved, 91 days' df-store gc --now "$(at 91)"
has "$err" 'approved: it is kept for 365 days'
cp -a "$new" published
must df-log append -q -C published --data '{"target":"main"}' \
	artifact.published
exits 4 'published' df-store gc --now "$(at 400)" published
has "$err" 'it is published'
must df-verify --forget published
exits 0 'approved, 366 days' df-store gc -q --now "$(at 366)"
exits 0 'the successor holds' df-verify
like "$out" '^pruned ' 'without its results'
ok 'it keeps what it took over' [ -e "$new/origin/1/log.jsonl" ]
unset DF_RUN

mkdir -p fact/runs
DF_FACTORY=$tmp/fact
export DF_FACTORY
for i in 1 2 3; do
	cheap
	[ "$i" != 2 ] || must df-log append -q --data '{"actor":
		"alice+operator","action_type":"legal_hold","reason":"x",
		"result":"applied"}' admin.action
	[ "$i" = 3 ] || must df-freeze -q --cancel -m enough
done
unset DF_RUN
exits 0 'a factory' df-store gc --now "$(at 91)"
is "$(cat "$out")" '' 'nothing is superseded'
exits 0 'what nothing supersedes too' df-store gc --unsuperseded \
	--now "$(at 91)"
is "$(cut -f 1 "$out" | sort -u | wc -l)" 1 'one run of three'
like "$err" 'r-.*-2 is kept: a legal hold is on it' 'one is held'
like "$err" 'r-.*-3 is kept: it is not sealed' 'one is alive'
for i in fact/runs/*; do
	exits 0 "${i##*-} holds" df-verify "$i"
done
exits 3 'no runs' df-store gc -F base
exits 3 'no run' df-store gc nowhere
unset DF_FACTORY
exits 2 'nothing to look at' df-store gc
done_testing
