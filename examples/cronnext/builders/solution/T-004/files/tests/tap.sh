# tap.sh - TAP for tests in sh: "run" and "try" start ./cronnext, "ok" and
# "try" are test points, "end" is last

n=0 bad=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cronnext.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT

# ok CONDITION NAME: a point that passes if the shell command CONDITION does
ok() {
	n=$((n + 1))
	if eval "$1"; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		bad=$((bad + 1))
	fi
}

# run ARG...: $status, $tmp/out and $tmp/err are what came of it
run() {
	./cronnext "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

# try STATUS OUT ERR ARG...: a point that passes if exactly this comes of it;
# ERR is a message or "message|first line of the usage"
try() {
	want_status=$1 want_out=$2 want_err=${3:+cronnext: $3}
	shift 3
	run "$@"
	out=$(cat "$tmp/out")
	err=$(head -n 2 "$tmp/err" | tr '\n' '|')
	err=${err%|}
	ok '[ "$status" -eq "$want_status" ] && [ "$out" = "$want_out" ] &&
	    [ "$err" = "$want_err" ]' "cronnext $*"
}

end() {
	echo "1..$n"
	exit "$((bad > 0))"
}
