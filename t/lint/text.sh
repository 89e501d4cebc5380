#!/bin/sh
# text.sh: what is in the repository as text: blanks and line ends, lengths,
# marks of unfinished work, paths of this machine, headers' first lines, the
# schemas' names, and no products.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found".*' EXIT
trap 'exit 2' HUP INT TERM

if [ -e .git ]; then
	git ls-files -co --exclude-standard
else
	find . -name 'build*' -prune -o -type f -print | sed 's,^\./,,'
fi | sort -u | while read -r f; do
	[ -f "$f" ] && [ ! -h "$f" ] && echo "$f"
done >"$found.all"

# Bytes that stand for something else, as they came.
grep -vE '^t/(data|fuzz/seeds)/' "$found.all" >"$found.files"

# ---- lines ----

tab=$(printf '\t')
cr=$(printf '\r')
patch='^[^:]*[./]patch:'	# diffs have blanks of their own
list() {	# files whose names fit, one a line
	grep -E "$1" "$found.files"
}
say() {		# grep's file:line:text becomes a finding
	sed "s/^\([^:]*:[0-9]*\):.*/\1: $1/" >>"$found"
}
xargs grep -nI "[ $tab]\$" <"$found.files" | grep -v "$patch" |
    say 'ends with a blank'
xargs grep -nI "$cr" <"$found.files" | say 'has a CR'
xargs grep -nI "^ *$tab* *  *$tab" <"$found.files" |
    grep -v "$patch" | say 'a blank stands before a tab'
list '\.[ch]$' | xargs grep -nE "^$tab* {8}" | say '8 blanks instead of a tab'
while read -r f; do
	[ -s "$f" ] || continue
	[ -z "$(tail -c 1 "$f")" ] || ! grep -qI . "$f" ||
	    echo "$f:$(grep -c '' "$f"): does not end with a newline"
done <"$found.files" >>"$found"
list '\.[ch]$' | xargs awk '
{
	n = 0
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		if (c == "\t")
			n += 8 - n % 8
		else if (c < "\200" || c >= "\300")
			n++
	}
	if (n > 80)
		print FILENAME ":" FNR ": " n " columns"
}' >>"$found"
list '^(lib|bin)/.*\.[ch]$' | while read -r f; do
	n=$(grep -c '' "$f")
	[ "$n" -le 900 ] || echo "$f:900: $n lines"
done >>"$found"

# ---- words ----

# SKIP and TODO are words of TAP, which its reader and pages have to name.
list '^(Makefile|README|COPYING|\.ci/|bin/|lib/|man/|schemas/|share/|t/)' |
    grep -v '^t/lint/text\.sh$' |
    xargs grep -nIE '\b(TODO|FIXME|XXX|HACK)\b|\b[Ff]or now\b' |
    grep -vE 'SKIP.*TODO|TODO.*SKIP|^lib/work/(judge|tap)\.[ch]:.*TODO' |
    sed -E 's/^([^:]*:[0-9]*):.*\b(TODO|FIXME|XXX|HACK|[Ff]or now)\b.*/\1: says \2/' \
    >>"$found"

# ---- paths of one machine ----

# /home/agent is the home in a sandbox, alice and bob are nobody.
xargs grep -nIE '(^|[^][A-Za-z0-9_.})$/*{-])/(work|home|Users)/' \
	<"$found.files" | grep -vE '/home/(agent|alice|bob)\b' |
    grep -vE "$patch|^t/lint/text\.sh:" |
    sed 's,^\([^:]*:[0-9]*\):.*\(/\(work\|home\|Users\)/[^ "]*\).*,\1: a path of one machine: \2,' \
    >>"$found"
# What begins with a random name is made where it is used.  In t/ such paths
# are those inside a sandbox.
list '^(Makefile|README|\.ci/|bin/|lib/|share/|man/)' |
    xargs grep -nIE '/tmp/[A-Za-z]' | grep -vE 'XXXXXX' |
    sed 's,^\([^:]*:[0-9]*\):.*\(/tmp/[^ "]*\).*,\1: a path of one machine: \2,' \
    >>"$found"
list '^(t|examples|\.ci)/' | grep -v '^t/lint/text\.sh$' |
    xargs grep -nIE '(mktemp|mkdir).* /tmp/' |
    say 'does not ask TMPDIR'

# ---- headers, schemas, products ----

list '\.h$' | while read -r f; do
	name=${f##*/}
	{
		read -r a
		read -r b
	} <"$f"
	case "$a|$b" in
	"/*|* $name - "?*) ;;
	*) echo "$f:1: does not begin with \"/*\" and \" * $name - \"" ;;
	esac
done >>"$found"
if command -v jq >/dev/null; then
	list '^schemas/.*\.json$' | while read -r f; do
		name=${f#schemas/}
		id=$(jq -r '."$id"' "$f" 2>/dev/null) || {
			echo "$f:1: is no JSON"
			continue
		}
		[ "$id" = "urn:df:schema:${name%.json}:1" ] ||
		    echo "$f:1: its \$id is $id"
	done >>"$found"
	list '^(share|examples)/.*\.json$' | while read -r f; do
		jq empty "$f" 2>/dev/null || echo "$f:1: is no JSON"
	done >>"$found"
else
	echo 'text.sh: no jq' >&2
fi
[ ! -e .git ] || git ls-files -- 'build*' '*.o' '*.a' '*.so' '*.orig' '*~' |
    sed 's,$,:1: is a product,' >>"$found"

sort -t : -k 1,1 -k 2,2n -u "$found"
[ ! -s "$found" ]
