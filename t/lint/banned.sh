#!/bin/sh
# banned.sh: no object calls a function of the list in t/lint/banned, but
# where the list has it.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
O=${O:-build}
o=$O/lint/plain
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found".*' EXIT
trap 'exit 2' HUP INT TERM

# Without optimisation and built-ins: gcc makes a strcpy() of a constant
# something else.
objects=$(find lib bin t/unit t/fuzz -name '*.c' | sort |
    sed -e 's,^lib/,,' -e "s,^,$o/obj/," -e 's,c$,o,')
# shellcheck disable=SC2086 # names without blanks
"${MAKE:-make}" -s -k -j2 O="$o" CFLAGS='-O0 -fno-builtin' \
	CPPFLAGS=-U_FORTIFY_SOURCE $objects >/dev/null 2>"$found.err" || {
	grep 'error:' "$found.err" >&2
	echo 'Makefile:1: not all objects could be made' >>"$found"
}
find "$o/obj" -name '*.o' -exec nm -A -P -u {} + |
awk -v prefix="$o/obj/" '
NR == FNR {
	if ($0 ~ /^#/)
		next
	if (split($0, f, "\t") != 3 || f[3] == "") {
		print FILENAME, FNR, "a line is: name, places or -, reason"
		next
	}
	where[f[1]] = f[2]
	why[f[1]] = f[3]
	next
}
{
	file = substr($1, length(prefix) + 1)
	sub(/\.o:$/, ".c", file)
	if (file !~ /^(bin|t)\//)
		file = "lib/" file
	name = $2
	sub(/^__isoc[0-9]+_/, "", name)
	if (name ~ /^__.*_chk$/) {
		sub(/^__/, "", name)
		sub(/_chk$/, "", name)
	}
	if (!(name in where))
		next
	n = split(where[name], p, " ")
	for (i = 1; i <= n; i++)
		if (index(file, p[i]) == 1)
			next
	print file, name, why[name]
}' t/lint/banned - | while read -r file name why; do
	[ -f "$file" ] || continue
	case $file in
	t/lint/banned)
		echo "$file:$name: $why"
		continue ;;
	esac
	line=$(grep -nE "(^|[^A-Za-z0-9_])${name}[[:space:]]*\(" "$file" |
	    head -n 1)
	line=${line%%:*}
	echo "$file:${line:-1}: $name() is banned: $why"
done >>"$found"
sort -t : -k 1,1 -k 2,2n "$found"
[ ! -s "$found" ]
