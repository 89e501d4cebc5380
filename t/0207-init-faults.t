#!/bin/sh
# df-validate --init, killed or without disk at one call after the other: a new
# directory is there with all ten documents or not at all; one that was there
# has none of them, or the same command ends what was begun.

# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/../t/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/fault/fault.sh
. "$t/fault/fault.sh"
needs_tool df-validate
needs_fault
share=$top/share/templates/spec

# whole DIR: are the ten of them there, and nothing else of ours?
whole() {
	[ "$(cd "$1" && echo D*.md .df*)" = \
		"$(cd "$share" && echo D*.md) .df*" ] || return 1
	for f in "$1"/D*.md; do
		cmp -s "$f" "$share/${f##*/}" || return 1
	done
}

# try WHAT N HOW: what is then wrong
try() {
	rm -rf now
	mkdir now
	[ "$1" = new ] || mkdir now/spec
	[ "$1" = new ] || : >now/spec/README
	fault "df-validate:$2:$3" df-validate -q --init now/spec >/dev/null 2>&1
	code=$?
	case $1-$3 in
	new-*)
		[ ! -e now/spec ] || whole now/spec ||
			echo "$* left a part" ;;
	there-enospc | there-eio)
		# what fails takes away what it did, if it can
		[ "$code" = 0 ] || [ "$code" = 9 ] || echo "$*: $code" ;;
	esac
	if [ "$1" = new ] && [ -e now/spec ]; then
		df-validate -q --init now/spec >/dev/null 2>&1
		[ $? = 7 ] || echo "$*: made twice"
		return
	fi
	[ "$code" != 0 ] || return
	df-validate -q --init now/spec >said 2>&1
	code=$?
	# it may have been done but for the word
	[ "$code" = 0 ] || { [ "$code" = 7 ] && ! grep -q begun said; } ||
		echo "$*: again: $code"
	whole now/spec || echo "$* is not ended by the next"
	# shellcheck disable=SC2012 # names of ours
	[ "$(ls -A now | wc -l)" = 1 ] || echo "$* leaves something"
}

for what in new there; do
	rm -rf now
	mkdir now
	[ "$what" = new ] || mkdir now/spec
	fault df-validate:1:count df-validate -q --init now/spec >/dev/null
	calls=$(wc -l <fault)
	ok 'calls are counted' test "$calls" -gt 30
	for how in kill after torn enospc eio; do
		seq "$calls" | sample 15 0 >at.list
		while read -r k; do
			try "$what" "$k" "$how"
		done <at.list >wrong
		is "$(cat wrong)" '' "$what, $how"
	done
done

# what was begun and then changed is left alone
rm -rf now
mkdir -p now/.df-init
cp "$share"/D1_* now
exits 0 'begun' df-validate -q --init now
ok 'ended' whole now
rm -rf now
mkdir -p now/.df-init
echo mine >now/D1_CONSTITUTION.md
exits 7 'begun, and somebody wrote' df-validate -q --init now
has "$err" 'now holds D1_CONSTITUTION.md already, and the rest of a set'
is "$(cat now/D1_CONSTITUTION.md)" mine 'which stays'
rm -rf now
mkdir now
exits 7 'another one is at it' flock now df-validate -q --init now
done_testing
