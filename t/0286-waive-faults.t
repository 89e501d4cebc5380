#!/bin/sh
# df-decide waive, killed or without disk at one call after the other: what is
# there holds, what was said is there, and the same command ends it.

# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/../t/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/fault/fault.sh
. "$t/fault/fault.sh"
needs_tool df-sign df-validate df-decide
needs_fault
persons
tiny_spec spec
chmod -R u+w spec
sed -i 's/^## Testable/#### OUT-002: A count\n\n**Consumer:** [Who reads it]\n'\
'**Scenarios:** SC-003\n\n&/' spec/D4_CONTRACTS.md
DF_KEYS=$tmp/keys.bob

# waive [N:HOW]: both findings
waive() {
	fault "df-decide:${1:-1:count}" df-decide waive -q -m why --spec spec \
		d4.uncovered fill.placeholder
}

# try N:HOW: what is then wrong
try() {
	rm -rf waivers
	waive "$1" >said 2>/dev/null
	while read -r f; do
		[ -f "$f" ] && [ -f "$f.sig" ] || echo "$1: $f was only said"
	done <said
	[ ! -d waivers ] || df-validate -q --waivers waivers spec 2>&1 |
		grep '^df-validate:'
	waive >said 2>&1 || echo "$1: again: $(cat said)"
	[ "$(wc -l <said)" = 2 ] || echo "$1: not all are named"
	df-validate -q --waivers waivers spec >said 2>&1 ||
		echo "$1: not ended: $(cat said)"
}

waive >said
calls=$(wc -l <fault)
ok 'calls are counted' test "$calls" -gt 15
for how in kill after torn enospc eio; do
	k=0
	while [ $((k += 1)) -le "$calls" ]; do
		try "$k:$how"
	done >wrong
	is "$(cat wrong)" '' "$how"
done
done_testing
