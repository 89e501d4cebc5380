#!/bin/sh
# run.sh [--list] [--json FILE] [NAME...]: measure what is promised about time
# and memory (make bench B='NAME...'); without a name, all of it.
#
# Ours and a peer run alternately in one series (see bench.c), and medians are
# compared, so that a loaded machine spoils both alike; a peer that is not
# installed is "not here".  With root all of it happens on a new ext4 file
# system in a loop image that only these processes see, for a used one can be
# many times slower; else below TMPDIR.  Nothing is removed before the end.
#
# A line for each measurement:
#
#	NAME OURS PEER RATIO BUDGET   WALL MIN +- CPU RSS
#
# OURS and PEER are the medians of what stands after NAME: processor time, all
# children included, of what never waits, for others do not lengthen it; wall
# time of what does; the largest resident set; or nothing, and then NAME says
# what was made of several medians.  BUDGET ends with ok or OVER; a line without
# one is there to compare.  Then follow, for ours, the median of wall time, the
# least, the distance of the quartiles, processor time and resident set.  --json
# writes the same as records, times in microseconds and sizes in KiB.
#
# Exit status: 0 all budgets met; 1 one was missed; 2 usage; 9 something could
# not be measured.
set -u
LC_ALL=C
export LC_ALL
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 9
top=${here%/t/bench}
build=${DF_BUILD:-$top/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
corpus=${DF_CORPUS:-$top/../shared/corpus}
bench=$build/t/bench/bench

# shellcheck source=t/bench/report.sh
. "$here/report.sh"
# shellcheck source=t/bench/things.sh
. "$here/things.sh"
# shellcheck source=t/bench/budgets.sh
. "$here/budgets.sh"

# ---- the command line ----------------------------------------------------

usage() {
	echo "usage: run.sh [--list] [--json FILE] [NAME...]" >&2
	exit 2
}

json='' work='' names=''
while [ $# -gt 0 ]; do
	case $1 in
	--list)
		list
		exit 0
		;;
	--json)
		[ $# -ge 2 ] || usage
		json=$2
		case $json in
		/*) ;;
		*) json=$PWD/$json ;;
		esac
		shift
		;;
	--in)	# where all happens: we are in our own mount namespace
		[ $# -ge 2 ] || usage
		work=$2
		shift
		;;
	-*) usage ;;
	*)
		list | cut -f 1 | grep -Fqx -e "$1" || {
			echo "run.sh: no such budget: $1 (--list)" >&2
			exit 2
		}
		names="$names $1"
		;;
	esac
	shift
done
names=${names:-$(list | cut -f 1)}

# ---- the place -----------------------------------------------------------

if [ -z "$work" ]; then
	work=$(mktemp -d "${TMPDIR:-/tmp}/df-bench.XXXXXX") || exit 9
	chmod 755 "$work"
	trap 'rm -rf "$work"' EXIT
	trap 'exit 9' HUP INT TERM
	[ -z "$json" ] || : >"$json" || exit 9
	# shellcheck disable=SC2086 # words
	set -- sh "$here/run.sh" --in "$work" ${json:+--json "$json"} $names
	if new_fs "$work/image"; then
		unshare --mount "$@"
	else
		"$@"
	fi
	exit
fi

enter "$work"
head_lines
for name in $names; do
	"budget_$name"
done
foot_lines
[ ! -s lost ] || exit 9
[ ! -s over ]
