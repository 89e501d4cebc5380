#!/bin/sh
# df-handoff and df-prompt of many tasks: made on all cores, they are what one
# core makes; what would be done is not done.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-verify
needs_prog jq
keys
sh "$t/gen-spec.sh" 100 spec || bail 'no specification'
boot --spec spec --nonce 00000000000000000000000000000000
all=$DF_RUN
cp -a "$all" "$tmp/few"

exits 0 'what would be made' df-handoff -n
is "$(grep -c . "$out")" 200 'names for all of them'
is "$(find "$all/blobs" -type f | wc -l)" \
	"$(find few/blobs -type f | wc -l)" 'nothing is stored'
exits 0 'a hundred handoffs' df-handoff
is "$(grep -c . "$out")" 200 'their names'
is "$(sed -n 2p "$out")" handoff/T-001.md 'in D8 order'
exits 0 'a hundred prompts' df-prompt -q
is "$(find "$all/prompt" -type l | wc -l)" 300 'and the answers'
exits 0 'df-verify' df-verify "$all"
exits 4 'no prompt without its handoff' df-prompt -C few T-001
has "$err" 'T-001 has no handoff'

# ten at a time, which one thread makes
seq 1 100 | sed 's/^/00/; s/.*\(...\)$/T-\1/' | xargs -n 10 >tens
while read -r ids; do
	# shellcheck disable=SC2086 # ten words
	must df-handoff -q -C few $ids
	# shellcheck disable=SC2086
	must df-prompt -q -C few $ids
done <tens
for i in handoff prompt; do
	for k in json md; do
		cat "$all/$i"/*.$k >all.bytes
		cat few/$i/*.$k >few.bytes
		# a prompt's record names its answers, which age makes anew
		if [ $i.$k = prompt.json ]; then
			jq -c 'del(.answers)' all.bytes >all.jq
			jq -c 'del(.answers)' few.bytes >few.jq
			mv all.jq all.bytes
			mv few.jq few.bytes
		fi
		ok "$i.$k: the same bytes" cmp all.bytes few.bytes
	done
done
is "$(jq -r 'select(.type == "stage.completed" and
	.data.stage == "handoff").data.tasks' few/log.jsonl | xargs)" \
	'10 10 10 10 10 10 10 10 10 10' 'ten times ten'

done_testing
