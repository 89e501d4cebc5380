#!/bin/sh
# warnings.sh: every C source compiles without a warning, with gcc and with
# clang, with the flags of the Makefile; and every header compiles alone.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
O=${O:-build}
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found.err"' EXIT
trap 'exit 2' HUP INT TERM

# All sources, also those that no list of the Makefile names yet.
objects() {
	find lib bin t/unit t/fuzz -name '*.c' | sort |
	    sed -e 's,^lib/,,' -e "s,^,$1/obj/," -e 's,c$,o,'
}

for cc in gcc clang; do
	command -v "$cc" >/dev/null || {
		echo "warnings.sh: no $cc" >&2
		continue
	}
	o=$O/lint/$cc
	# shellcheck disable=SC2046 # names without blanks
	"${MAKE:-make}" -s -k -O -j2 O="$o" CC="$cc" CFLAGS=-O2 DEVELOPER=1 \
		$(objects "$o") >/dev/null 2>"$found.err"
	status=$?
	sed -n "s/^\([^ :]*:[0-9]*\):[0-9]*: [a-z ]*\(error\|warning\): /\1: $cc: /p" \
		"$found.err" >>"$found"
	if [ $status -ne 0 ] && ! grep -q ": $cc: " "$found"; then
		grep -v '^make' "$found.err" >&2
		echo "Makefile:1: $cc: the sources cannot be compiled" >>"$found"
	fi

	stamp=$o/headers
	[ -z "$(find lib t -name '*.h' -newer "$stamp" 2>&1)" ] && continue
	mkdir -p "$o"
	clean=1
	for h in lib/*/*.h t/*/*.h; do
		"$cc" -std=c11 -D_POSIX_C_SOURCE=200809L -Ilib -Wall -Wextra \
			-Wno-unused-function -Werror -fsyntax-only -x c \
			-include "$h" /dev/null 2>"$found.err" && continue
		clean=
		sed -n "s/^\([^ :]*:[0-9]*\):[0-9]*: [a-z ]*\(error\|warning\): /\1: $cc: alone: /p" \
			"$found.err" >>"$found"
	done
	[ -z "$clean" ] || : >"$stamp"
done
sort -u "$found"
[ ! -s "$found" ]
