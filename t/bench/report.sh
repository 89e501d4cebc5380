# shellcheck shell=sh
# report.sh - run a series, compare its rows with a budget, say so.
#
# A series is what bench wrote, in the file $got: one row a command, with its
# name.

got=series

# here PROGRAM: is it installed?
here() {
	command -v "$1" >/dev/null 2>&1
}

# series [-n RUNS] [-w WARM] NAME [-p PREPARE] COMMAND... [::: ...]: into $got
series() {
	"$bench" "$@" >"$got" 2>"$got.err" && return
	tail -n 5 "$got.err" >&2
	return 1
}

# lost NAME: it could not be measured; fails
lost() {
	printf '%-28s could not be measured\n' "$1"
	echo "$1" >>lost
	return 1
}

# line NAME METRIC KIND LIMIT ROW PEER [OURS [THEIRS]]: judge and print
#
# METRIC is wall, cpu or rss, a column of the rows ROW and PEER (which may be
# ''); or, for what OURS and THEIRS are, us (microseconds), KiB or number.  KIND
# is x (OURS at most LIMIT times PEER), max (OURS at most LIMIT) or - (nothing
# is promised).  A PEER without a row is not here.
line() {
	awk -v name="$1" -v metric="$2" -v kind="$3" -v limit="$4" \
		-v row="$5" -v peer="$6" -v ours="${7-}" -v theirs="${8-}" \
		-v json="$json" -f "$here/line.awk" "$got" || lost "$1"
}
