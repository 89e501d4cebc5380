#!/bin/sh
# layers.sh: a file of lib/ includes its own layer and those below, and no
# object refers to a symbol that is defined only above or beside it; each
# foreign library has one place; every file of lib/ is in an archive.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
O=${O:-build}
make=${MAKE:-make}
o=$O/lint/plain
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found".*' EXIT
trap 'exit 2' HUP INT TERM

# What each layer may use, itself included.
below='base: base
evidence: evidence base
run: run evidence base
spec: spec run evidence base
work: work run evidence base
flow: flow run evidence base
bin: bin spec work flow run evidence base'

# Headers of foreign libraries, and where they may be included.
cat >"$found.foreign" <<'END'
nettle/ lib/base/hash.h lib/base/hash.c
jv.h lib/base/json.h lib/base/json.c
jq.h lib/work/jq.c
sodium lib/evidence/
yaml.h lib/spec/
archive bin/df-archive.c
curl/ bin/
END

find lib bin -name '*.[ch]' | sort >"$found.files"

# ---- includes ----

xargs grep -nE '^[[:space:]]*#[[:space:]]*include' <"$found.files" |
awk -v below="$below" -v foreign="$found.foreign" '
BEGIN {
	n = split(below, l, "\n")
	for (i = 1; i <= n; i++) {
		m = split(l[i], w, /[: ]+/)
		for (k = 2; k <= m; k++)
			may[w[1], w[k]] = layer[w[1]] = 1
	}
	while ((getline line < foreign) > 0) {
		split(line, w, " ")
		where[w[1]] = substr(line, length(w[1]) + 2)
	}
}
function allowed(file, places,    i, n, p) {
	n = split(places, p, " ")
	for (i = 1; i <= n; i++)
		if (index(file, p[i]) == 1)
			return 1
	return 0
}
{
	split($0, f, ":")
	file = f[1]
	at = f[1] ":" f[2] ": "
	name = $0
	if (!sub(/^.*include[ \t]*[<"]/, "", name) || !sub(/[>"].*$/, "", name))
		next
	own = file
	sub(/^lib\//, "", own)
	sub(/\/.*/, "", own)
	if (file ~ /\.c$/ && !seen[file]++ && name != "base/df.h")
		print at "base/df.h is not included first"
	if ($0 ~ /include[ \t]*</) {
		for (h in where)
			if (index(name, h) == 1 && !allowed(file, where[h]))
				print at "<" name "> may be included only in " \
				    where[h]
		next
	}
	to = name
	if (own == "bin" && to !~ /\//)	# of the same tool
		next
	if (!sub(/\/.*/, "", to) || !(to in layer) || to == "bin")
		print at "\"" name "\" is not named by its layer"
	else if (!((own, to) in may))
		print at own " may not include \"" name "\""
	else if (name ~ /-internal\.h$/ && own != to)
		print at "\"" name "\" is internal to " to
}' >>"$found"

# ---- what no archive has ----

for layer in $("$make" -s --no-print-directory print-LAYERS); do
	"$make" -s --no-print-directory "print-${layer}_SRC" | tr ' ' '\n' |
	    sed -n "s,..*,lib/$layer/&.c,p"
done | sort >"$found.built"
grep '^lib/.*\.c$' "$found.files" | comm -23 - "$found.built" |
    sed 's,$,:1: is in no archive,' >>"$found"

# ---- calls ----

# Without optimisation and built-ins, so that each call is a reference.
objects=$(sed -n "s,\.c$,.o,p" "$found.files" |
    sed -e 's,^lib/,,' -e "s,^,$o/obj/,")
# shellcheck disable=SC2086 # names without blanks
"$make" -s -k -j2 O="$o" CFLAGS='-O0 -fno-builtin' CPPFLAGS=-U_FORTIFY_SOURCE \
	$objects >/dev/null 2>"$found.err" || {
	grep 'error:' "$found.err" >&2
	echo 'Makefile:1: not all objects could be made' >>"$found"
}
find "$o/obj" -name '*.o' -exec nm -A -P {} + |
awk -v below="$below" -v prefix="$o/obj/" '
BEGIN {
	n = split(below, l, "\n")
	for (i = 1; i <= n; i++) {
		m = split(l[i], w, /[: ]+/)
		for (k = 2; k <= m; k++)
			may[w[1], w[k]] = 1
	}
}
{
	file = substr($1, length(prefix) + 1)
	sub(/:$/, "", file)
	own = file
	sub(/\/.*/, "", own)
	if (own == "t" || own == "gen")
		next
	sub(/\.o$/, ".c", file)
	if (own != "bin")
		file = "lib/" file
	if ($3 == "U") {
		use[++uses] = file
		from[uses] = own
		what[uses] = $2
	} else if ($3 ~ /[TDBRVW]/ && !((own, $2) in def)) {
		def[own, $2] = 1
		places[$2] = places[$2] " " own
	}
}
END {
	for (i = 1; i <= uses; i++) {
		n = split(places[what[i]], p, " ")
		good = n == 0
		for (k = 1; k <= n; k++)
			good = good || (from[i], p[k]) in may
		if (!good)
			print use[i], what[i], p[1]
	}
}' | while read -r file symbol layer; do
	[ -f "$file" ] || continue
	line=$(grep -nw "$symbol" "$file" | head -n 1)
	echo "$file:${line%%:*}: calls $symbol of $layer"
done >>"$found"

sort -t : -k 1,1 -k 2,2n "$found"
[ ! -s "$found" ]
