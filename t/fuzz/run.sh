#!/bin/sh
# run.sh NAME: run the fuzzer $O/t/fuzz/NAME for $FUZZ_TIME seconds, on the
# seeds in t/fuzz/seeds/NAME, what the corpus has for it, and what earlier runs
# found ($O/corpus/NAME).  With LIBFUZZER set it is one of clang's, else it is
# linked with main.c.  An input that fails is left in $O/crash-NAME*.
set -u
LC_ALL=C
export LC_ALL
name=$1 time=${FUZZ_TIME:-20}
o=${O:-build/fuzz} data=${DF_CORPUS:-../shared/corpus}
seeds=t/fuzz/seeds/$name from=$o/seeds/$name found=$o/corpus/$name
sep=$(printf '\036')

# from FILE: a file of the corpus as it is, unless it is large
plain() {
	for f; do
		[ -f "$f" ] || continue
		[ "$(wc -c <"$f")" -le 20000 ] || continue
		cp "$f" "$from/$(printf '%s' "$f" | tr -c 'A-Za-z0-9._' '-')"
	done
}

# behind TEXT FILE...: files with a text before them
behind() {
	text=$1
	shift
	for f; do
		[ -f "$f" ] || continue
		{
			printf '%s' "$text"
			cat "$f"
		} >"$from/$(printf '%s' "$f" | tr -c 'A-Za-z0-9._' '-')"
	done
}

# A document of a specification: the byte of its number, then its text.
documents() {
	for f; do
		[ -f "$f" ] || continue
		d=${f##*/D}
		d=${d%%_*}
		case $d in
		[1-9] | 10) ;;
		*) continue ;;
		esac
		{
			# shellcheck disable=SC2059 # an octal escape is made
			printf "\\$(printf '%o' "$d")"
			cat "$f"
		} >"$from/$(printf '%s' "$f" | tr -c 'A-Za-z0-9._' '-')"
	done
}

# Pairs of a schema and a document, from the official suite.
pairs() {
	command -v jq >/dev/null || return 0
	for f; do
		[ -f "$f" ] || continue
		jq -c '.[] | .schema as $s | .tests[0:2][] | [$s, .data]' "$f"
	done | awk -v d="$from" -v sep="$sep" '{
		print > (d "/pair-" NR)
		close(d "/pair-" NR)
	}'
	for f in "$from"/pair-*; do
		[ -f "$f" ] || continue
		jq -j --arg sep "$sep" '(.[0] | tojson) + $sep +
		    (.[1] | tojson)' "$f" >"$f.x" && mv "$f.x" "$f"
	done
}

mkdir -p "$from" "$found" || exit 1
if [ ! -e "$o/seeds/$name.done" ] && [ -d "$data" ]; then
	case $name in
	json) plain "$data"/vectors/jcs/*/*.json "$data"/unified/*/*.json \
		schemas/*.json ;;
	schema) pairs "$data"/vectors/json-schema/tests/*/[a-p]*.json ;;
	log) behind "0 99999
" "$data"/unified/vectors/*.ndjson ;;
	results) plain "$data"/results/*.md ;;
	template) plain share/templates/*.md ;;
	age) for f in "$data"/vectors/age/testdata/*; do
		sed '1,/^$/d' "$f" >"$from/${f##*/}"
	done ;;
	dsse) plain "$data"/vectors/df-interop/* \
		"$data"/vectors/df-interop/key/* ;;
	key) plain "$data"/vectors/df-interop/* \
		"$data"/vectors/openssh-sshsig/regress/*/*/*/* ;;
	signers) plain "$data"/*/*/allowed_signers ;;
	spec) documents "$data"/specs/*/D*.md examples/*/spec/D*.md \
		t/data/sets/*/D*.md ;;
	esac
	: >"$o/seeds/$name.done"
fi
if [ "${LIBFUZZER:-}" ]; then
	set -- "$found" "$from"
	[ ! -d "$seeds" ] || set -- "$@" "$seeds"
	"$o/t/fuzz/$name" -max_total_time="$time" -timeout=20 \
		-rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="$o/crash-$name-" "$@" >"$o/$name.log" 2>&1
else
	set -- "$from"
	[ ! -d "$seeds" ] || set -- "$@" "$seeds"
	"$o/t/fuzz/$name" -t "$time" -s "${FUZZ_SEED:-$(date +%s)}" \
		-o "$o/crash-$name" "$@" >"$o/$name.log" 2>&1
fi
status=$?
if [ $status -eq 0 ]; then
	n=$(sed -n 's/^stat::number_of_executed_units: //p' "$o/$name.log")
	echo "$name: ${n:+$n inputs }$([ "$n" ] || cat "$o/$name.log")"
else
	echo "$name: failed ($status), see $o/$name.log:"
	grep -E 'does not hold|ERROR:|SUMMARY|runtime error|takes too|failed:' \
		"$o/$name.log" | head -n 5 | sed 's/^/	/'
fi
exit $status
