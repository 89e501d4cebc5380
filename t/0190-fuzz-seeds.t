#!/bin/sh
# Every harness of t/fuzz on its seeds and on 2000 mutations of them, which are
# the same each time; make fuzz does it for longer.

here=$(cd "$(dirname "$0")" && pwd) || exit 1
bin=${DF_BUILD:-build}/t/fuzz
tmp=$(mktemp -d "${TMPDIR:-/tmp}/df-0190-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
n=0

[ -d "$bin" ] || {
	echo "1..0 # SKIP $bin is not built"
	exit 0
}
for f in "$here"/fuzz/*.c; do
	name=${f##*/}
	name=${name%.c}
	[ "$name" != main ] || continue
	n=$((n + 1))
	if TMPDIR=$tmp "$bin/$name" -n 2000 -s 1 -o "$tmp/input" \
		"$here/fuzz/seeds/$name" >"$tmp/out" 2>&1; then
		echo "ok $n - $name: $(tail -n 1 "$tmp/out")"
	else
		echo "not ok $n - $name"
		head -n 40 "$tmp/out" | sed 's/^/# /'
		[ ! -f "$tmp/input" ] ||
			od -A x -t x1z "$tmp/input" | head -n 64 |
			sed 's/^/# /'
	fi
done
echo "1..$n"
