#!/bin/sh
# tools.sh: each program has its source, its manual page and a test; it answers
# --help and --version on stdout; its options, verbs and exit codes are those
# of its page, and README gives it no others; and each page is one of a program
# or of the others listed here.
#
# On a page, the arguments of Fl are options ("-json" is --json, "qv" are -q
# and -v) and those of Cm may be verbs, unless Xr or another program's Nm
# stands before them on the line; the EXIT STATUS section has items that are
# numbers.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C
export LC_ALL
O=${O:-build}
make=${MAKE:-make}
others='df-run.5 df-log.5 df-spec.5 df-args.7 df-compat.7 df-speckit.7 darkfactory.7'
found=$(mktemp) || exit 2
trap 'rm -f "$found" "$found".*' EXIT
trap 'exit 2' HUP INT TERM
unset DF_RUN DF_FACTORY DF_KEY DF_TRUST DF_IDENTITY

say() {
	echo "$*" >>"$found"
}

tools=$("$make" -s --no-print-directory print-TOOLS)
libexec=$("$make" -s --no-print-directory print-LIBEXEC)
# The further sources of a tool TOOL are TOOL_SRC.
# shellcheck disable=SC2046,SC2086 # names without blanks
parts=$("$make" -s --no-print-directory $(printf 'print-%s_SRC ' $tools \
	$libexec) | tr '\n' ' ')
"$make" -s -k -j2 O="$O" all >/dev/null 2>&1

# page FILE NAME: "opt LINE --x", "cm LINE word", "exit LINE 0"
page() {
	awk -v name="$2" '
	function opts(w,    i) {
		if (w ~ /^-/)
			print "opt", FNR, "-" w
		else
			for (i = 1; i <= length(w); i++)
				print "opt", FNR, "-" substr(w, i, 1)
	}
	/^\.Sh / {
		section = substr($0, 5)
		next
	}
	/^\./ {
		what = ""
		foreign = 0
		for (i = 1; i <= NF; i++) {
			w = $i
			if (i == 1)
				w = substr(w, 2)
			gsub(/"/, "", w)
			if (w ~ /^[A-Z][a-z]$/) {
				what = w
				if (w == "Xr" || (w == "Nm" && i < NF &&
				    $(i + 1) ~ /^[a-z]/ && $(i + 1) != name))
					foreign = 1
				continue
			}
			if (w ~ /^[][,.;:()|?!]+$/ || w == "\\&")
				continue
			if (what == "Fl" && !foreign)
				opts(w)
			else if (what == "Cm" && !foreign)
				print "cm", FNR, w
			else if (what == "It" && section == "EXIT STATUS" &&
			    w ~ /^[0-9]+$/)
				print "exit", FNR, w
		}
	}' "$1"
}

# What a program of our table of options says; of another, its --help.
table() {
	if "$1" --df-options >"$found.opts" 2>/dev/null </dev/null; then
		return
	fi
	"$1" --help 2>/dev/null </dev/null | awk '
	/^exit status:/ {
		exits = 1
		next
	}
	exits && /^  [0-9]/ {
		printf "exit\t%s\t\n", $1
	}
	!exits && /^  +-/ {
		for (i = 1; i <= NF && $i ~ /^-/; i++) {
			sub(/,$/, "", $i)
			if ($i ~ /^--/)
				printf "opt\t\t\t%s\t\t\n", $i
			else
				printf "opt\t\t%s\t\t\t\n", $i
		}
	}' >"$found.opts"
}

tab=$(printf '\t')
check() {
	name=$1 prog=$2
	[ -f "bin/$name.c" ] || say "Makefile:1: bin/$name.c does not exist"
	grep -lwq -e "$name" t/*.t || say "bin/$name.c:1: no test names it"
	if [ ! -x "$prog" ]; then
		say "bin/$name.c:1: is not built"
		return
	fi
	for o in --help --version; do
		"$prog" "$o" >"$found.out" 2>"$found.err" </dev/null
		status=$?
		[ $status -eq 0 ] ||
		    say "bin/$name.c:1: $o ends with $status"
		[ -s "$found.out" ] ||
		    say "bin/$name.c:1: $o writes nothing to stdout"
		[ ! -s "$found.err" ] ||
		    say "bin/$name.c:1: $o writes to stderr"
	done
	man=man/$name.1
	if [ ! -f "$man" ]; then
		say "bin/$name.c:1: $man does not exist"
		return
	fi
	table "$prog"
	page "$man" "$name" >"$found.page"
	{
		grep '^opt' "$found.opts" | cut -f 3,4 | tr '\t' '\n'
		printf '%s\n' --help --version
	} | grep '^-' | sort -u >"$found.have"
	while read -r o; do
		grep -q -e "^opt [0-9]* $o\$" "$found.page" ||
		    say "$man:1: option $o is missing"
	done <"$found.have"
	grep '^opt ' "$found.page" | while read -r _ line o; do
		grep -qx -e "$o" "$found.have" ||
		    say "$man:$line: $name has no option $o"
	done
	grep '^verb' "$found.opts" | cut -f 2 | tr ' ' '\n' | sort -u |
	    while read -r verb; do
		grep -q "^cm [0-9]* $verb\$" "$found.page" ||
		    say "$man:1: verb $verb is missing"
	done
	grep '^exit' "$found.opts" | cut -f 2 | while read -r code; do
		grep -q "^exit [0-9]* $code\$" "$found.page" ||
		    say "$man:1: exit status $code is missing"
	done
	grep '^exit ' "$found.page" | while read -r _ line code; do
		grep -q "^exit$tab$code$tab" "$found.opts" ||
		    say "$man:$line: $name does not end with $code"
	done
}

for t in $tools; do
	check "$t" "$O/bin/$t"
done
for t in $libexec; do
	check "$t" "$O/libexec/darkfactory/$t"
done
# The options that README gives a program, up to the next one.
sed -n -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' -e 's/#.*//' -e '/^    /p' README |
    tr '|(' '[\n*]' | grep -oE 'df-[a-z]+ .*' |
    while read -r name words; do
	for o in $words; do
		case $o in
		--*) "$O/bin/$name" --df-options | cut -f 4 |
		    grep -qx -e "${o%%=*}" ||
		    say "README:$(grep -nF -m 1 -e "$o" README |
			cut -d : -f 1): $name has no option $o" ;;
		esac
	done
done
for f in man/*; do
	name=${f#man/}
	case " $tools $libexec " in
	*" ${name%.1} "*) continue ;;
	esac
	case " $others " in
	*" $name "*) ;;
	*) say "$f:1: is the page of no program" ;;
	esac
done
for name in $others; do
	[ -f "man/$name" ] || say "Makefile:1: man/$name does not exist"
done
for f in bin/*.c; do
	name=${f#bin/}
	case " $tools $libexec $parts " in
	*" ${name%.c} "*) ;;
	*) say "$f:1: is in neither TOOLS nor LIBEXEC, nor part of a tool" ;;
	esac
done
for name in $parts; do
	[ -f "bin/$name.c" ] || say "Makefile:1: bin/$name.c does not exist"
done
sort -t : -k 1,1 -k 2,2n "$found"
[ ! -s "$found" ]
