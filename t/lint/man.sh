#!/bin/sh
# man.sh: mandoc has no warning about a manual page; what a page refers to is
# there; nothing that it shows as it is goes beyond 80 columns; and each DF_*
# variable that a program reads is in a section ENVIRONMENT, no other is.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found".*' EXIT
trap 'exit 2' HUP INT TERM

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning man/* 2>&1 |
	    sed -E 's/^mandoc: ([^:]*:[0-9]+):[0-9]+: [A-Z]+: /\1: /' \
	    >>"$found"
	for f in man/*; do
		mandoc -T ascii -O width=78 "$f" 2>/dev/null | col -b -x |
		    awk 'length($0) > 80' | while read -r line; do
			at=$(grep -nF -e "$line" "$f" | head -n 1)
			at=${at%%:*}
			echo "$f:${at:-1}: more than 80 columns: $line"
		done
	done >>"$found"
else
	echo 'man.sh: no mandoc' >&2
fi

# ---- references: the first of each kind on a page ----

awk '
/^\./ {
	for (i = 1; i + 2 <= NF; i++) {
		w = $i
		sub(/^\./, "", w)
		if (w == "Xr" && !seen[FILENAME, $(i + 1), $(i + 2)]++)
			print FILENAME, FNR, $(i + 1), $(i + 2)
	}
}' man/* | while read -r f line name section; do
	case $name in
	df-* | darkfactory)
		[ -f "man/$name.$section" ] ||
		    echo "$f:$line: there is no $name($section)" ;;
	esac
done >>"$found"

# ---- environment ----

# Read by name, or through the table of settings.
{
	find lib bin -name '*.c' -exec grep -HnoE 'getenv\("DF_[A-Z0-9_]+"' {} + |
	    sed 's/^\([^:]*:[0-9]*\):getenv("\(.*\)"$/\2 \1/'
	grep -nE '^[[:space:]]*\{ "[a-z_.]+", DF_SET_' lib/run/settings.c |
	    sed 's/^\([0-9]*\):[^"]*"\([a-z_.]*\)".*/\2 \1/' |
	    while read -r key line; do
		echo "DF_$(echo "$key" | tr 'a-z.' 'A-Z_')" \
			"lib/run/settings.c:$line"
	done
} | sort -u >"$found.read"
awk '
/^\.Sh / {
	here = $2 == "ENVIRONMENT"
}
here && /^\./ {
	for (i = 1; i < NF; i++) {
		w = $i
		sub(/^\./, "", w)
		if (w == "Ev")
			for (k = i + 1; k <= NF && $k !~ /^[A-Z][a-z]$/; k++)
				if ($k ~ /^DF_/)
					print $k, FILENAME ":" FNR
	}
}' man/* | sort -u >"$found.said"
cut -d ' ' -f 1 "$found.said" | sort -u >"$found.names"
sort -u -k 1,1 "$found.read" | while read -r name at; do
	grep -qx "$name" "$found.names" ||
	    echo "$at: $name is in no section ENVIRONMENT"
done >>"$found"
# Scripts of ours, and what a program sets for another, count as well.
while read -r name at; do
	grep -q "^$name " "$found.read" ||
	    grep -rqw "$name" lib bin share ||
	    echo "$at: nothing reads $name"
done <"$found.said" >>"$found"
sort -t : -k 1,1 -k 2,2n -u "$found"
[ ! -s "$found" ]
