#!/bin/sh
# shell.sh: shellcheck has nothing to say about any shell script, which is a
# file whose first line says so.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
command -v shellcheck >/dev/null || {
	echo 'shell.sh: no shellcheck' >&2
	exit 0
}
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found".*' EXIT
trap 'exit 2' HUP INT TERM

if [ -e .git ]; then
	git ls-files -co --exclude-standard
else
	find . -name 'build*' -prune -o -type f -print | sed 's,^\./,,'
fi | sort | while read -r f; do
	if [ ! -f "$f" ] || [ -h "$f" ] || ! read -r line <"$f"; then
		continue
	fi
	case $line in
	'#!/bin/sh' | '#!/bin/sh '* | '#!/bin/bash'* | '#!'*'/env sh' | \
	    '#!'*'/env bash')
		echo "$f" ;;
	esac
done >"$found.files" 2>/dev/null
# A program for awk, jq or sh stands in single quotes with its own $ (SC2016),
# and what appends to one file need not stand together (SC2129).
xargs shellcheck -x -P SCRIPTDIR -e SC2016,SC2129 -f gcc <"$found.files" >"$found.out" 2>&1
sed -e 's/^\([^:]*:[0-9]*\):[0-9]*: [a-z]*: /\1: /' "$found.out" >"$found"
# One that is named as if it could be run can be.
while read -r f; do
	case $f in
	*.sh | *.t) ;;
	*) [ -x "$f" ] || echo "$f:1: is not executable" ;;
	esac
done <"$found.files" >>"$found"
cat "$found"
[ ! -s "$found" ]
