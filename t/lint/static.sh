#!/bin/sh
# static.sh: what cppcheck and clang-tidy find.  Both remember in $O/lint what
# they have seen: the first time takes minutes, after that it is what changed.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
O=${O:-build}

# bugprone-* and clang-analyzer-*, but not
#   narrowing-conversions	-Wconversion says which
#   easily-swappable-parameters	most functions have two sizes
#   reserved-identifier		_GNU_SOURCE is one
#   not-null-terminated-result	memcpy() of what is no string
#   sizeof-expression		arrays of pointers have sizeof(*p)
#   ...BufferHandling		wants memcpy_s(), which nobody has
#   Padding			of structs of which there is one
#   valist			does not know va_start() of this compiler
#   CallAndMessage ... DivideZero	take every function of another file for
#		one that may succeed and not fill what it promises to fill
checks='-*,bugprone-*,clang-analyzer-*'
for c in bugprone-narrowing-conversions \
	bugprone-easily-swappable-parameters bugprone-reserved-identifier \
	bugprone-not-null-terminated-result bugprone-sizeof-expression \
	clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
	clang-analyzer-optin.performance.Padding 'clang-analyzer-valist.*' \
	clang-analyzer-core.CallAndMessage \
	clang-analyzer-core.NullDereference \
	clang-analyzer-core.NonNullParamChecker \
	clang-analyzer-core.UndefinedBinaryOperatorResult \
	'clang-analyzer-core.uninitialized.*' clang-analyzer-core.DivideZero; do
	checks=$checks,-$c
done
flags='-std=c11 -Ilib -It/unit -D_POSIX_C_SOURCE=200809L'
# A quarter of the analyzer's default finds the same in half the time.
nodes='-Xclang -analyzer-config -Xclang max-nodes=60000'

# tidy FILE: keep what clang-tidy says of it, under a name and with a key.
tidy() {
	kept=$O/lint/tidy/$(printf '%s' "$1" | tr / -)
	# shellcheck disable=SC2086 # words
	key=$({ echo "$checks $flags $nodes"; clang-tidy --version
		clang $flags -E "$1"; } 2>&1 | sha256sum)
	if [ -f "$kept" ] && read -r was <"$kept" && [ "$was" = "$key" ]; then
		return
	fi
	# shellcheck disable=SC2086 # words
	clang-tidy --quiet --checks="$checks" "$1" -- $flags $nodes \
		2>"$kept.err" >"$kept.out"
	{
		echo "$key"
		sed -n "s,^$PWD/\([^:]*:[0-9]*\):[0-9]*: \(warning\|error\): ,\1: ,p" \
			"$kept.out"
		# a file that clang cannot read is the compilers' affair
	} >"$kept.new"
	rm -f "$kept.err" "$kept.out"
	mv "$kept.new" "$kept"
}

if [ "${1:-}" = --one ]; then
	shift
	for f; do
		tidy "$f"
	done
	exit 0
fi

found=$(mktemp) || exit 2
trap 'rm -f "$found"' EXIT
trap 'exit 2' HUP INT TERM
mkdir -p "$O/lint/cppcheck" "$O/lint/tidy" || exit 2

# Not
#   ctuuninitvar	takes a pointer that is kept for a use of what it points to
#   arrayIndexThenCheck	any two conditions that have an index in common
#   uninitvar in df-inside.c: qsort() of the first n, of which there may be none
if command -v cppcheck >/dev/null; then
	cppcheck -q -j2 --enable=warning,performance,portability --std=c11 \
		--inline-suppr --cppcheck-build-dir="$O/lint/cppcheck" \
		--suppress=ctuuninitvar --suppress=arrayIndexThenCheck \
		--suppress=uninitvar:bin/df-inside.c \
		--template='{file}:{line}: {message} [{id}]' \
		-Ilib -It/unit -D_POSIX_C_SOURCE=200809L \
		lib bin t/unit t/fuzz 2>>"$found" >/dev/null
else
	echo 'static.sh: no cppcheck' >&2
fi

if command -v clang-tidy >/dev/null && command -v clang >/dev/null; then
	find lib bin t/unit t/fuzz -name '*.c' | sort |
	    O=$O xargs -n 4 -P "${J:-2}" sh t/lint/static.sh --one
	for f in "$O"/lint/tidy/*; do
		name=$(sed -n '2s/^\([^:]*\):.*/\1/p' "$f")
		[ -z "$name" ] || [ ! -f "$name" ] || sed 1d "$f"
	done >>"$found"
else
	echo 'static.sh: no clang-tidy' >&2
fi
sort -t : -k 1,1 -k 2,2n -u "$found"
[ ! -s "$found" ]
