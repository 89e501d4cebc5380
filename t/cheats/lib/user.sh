# shellcheck shell=sh
# user.sh - another test, run by somebody who is not root.

# as_user TEST: become that test, with a uid that nobody has
as_user() {
	is_root || plan skip_all "not root: t/$1 is this test"
	needs_prog setpriv
	tap_who='--reuid 64123 --regid 64123 --clear-groups --inh-caps=-all'
	# shellcheck disable=SC2086 # words
	setpriv $tap_who sh -c 'test -r "$1" && "$2" --version' sh "$t/$1" \
		"$build/bin/df-boot" >/dev/null 2>&1 ||
		plan skip_all 'others cannot read the source or the build'
	trap - EXIT
	cd / && rm -rf "$tmp" || exit 1
	# shellcheck disable=SC2086
	exec setpriv $tap_who env DF_BUILD="$build" DF_KEEP="$tap_keep" \
		sh "$t/$1"
}
