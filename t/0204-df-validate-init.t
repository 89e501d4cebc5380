#!/bin/sh
# df-validate --init: it writes a set of documents, all of it or none; what is
# then to be filled is listed, no more and no less; and once it is filled, with
# whatever words, the set passes and becomes runs, handoffs and prompts.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-validate df-sign df-boot df-handoff df-prompt
share=$top/share/templates/spec
docs=$(for k in 1 2 3 4 5 6 7 8 9 10; do
	(cd "$share" && echo "D${k}"_*.md)
done)

# ---- writing it ----

exits 0 'a new directory' df-validate --init spec
is "$(cat "$out")" "$(echo "$docs" | sed 's,^,spec/,')" 'its paths'
# shellcheck disable=SC2012 # names of ours
is "$(ls -A spec | wc -l)" 10 'and nothing else'
for d in $docs; do
	cmp -s "$share/$d" "spec/$d" || echo "$d"
done >differ
is "$(cat differ)" '' 'the installed templates'
cp -R spec kept
exits 7 'a directory that holds one' df-validate --init spec
has "$err" 'spec holds D'
ok 'which stays as it is' diff -r kept spec
mkdir part
: >part/D3_OLD.md
exits 7 'a directory that holds one document' df-validate --init part
is "$(ls -A part)" 'D3_OLD.md' 'nothing is added'
mkdir other
: >other/README
exits 0 'a directory with other files, as JSON' df-validate --json -q \
	--init other/
is "$(head -n 1 "$out")" '{"path":"other/D1_CONSTITUTION.md"}' 'one object each'
ok 'the other file stays' test -e other/README
exits 3 'no directory above' df-validate --init no/where
exits 3 'a file' df-validate --init differ
exits 2 'an operand too' df-validate --init a b
exits 2 'no name' df-validate --init ''
no 'nothing was made' test -e a
exits 9 'no templates' env DF_SHARE="$tmp/nowhere" df-validate --init a
no 'nothing was made' test -e a
mkdir -p half/templates/spec
cp "$share"/D[1-8]_* half/templates/spec
exits 9 'not all templates' env DF_SHARE="$tmp/half" df-validate --init a
no 'nothing was made' test -e a
mkdir short
: >short/README
exits 9 'no room for all' sh -c 'ulimit -f 4; trap "" XFSZ
	exec df-validate --init short'
is "$(ls -A short)" 'README' 'nothing is left'
if is_root; then
	skip 2 'root may write anywhere'
else
	mkdir locked
	chmod 555 locked
	exits 9 'a directory that cannot be written' df-validate --init locked
	is "$(ls -A locked)" '' 'nothing is there'
fi

# ---- what is to be filled ----

exits 1 'an empty set' df-validate spec
cp "$err" findings
hasnot findings ': warning:'
is "$(grep ': error:' findings | grep -cv '\[fill.placeholder\]$')" 3 \
	'besides placeholders'
is "$(grep -c '\[d9.no-verify\]$' findings)" 3 'three empty Verify blocks'
# Every text in brackets outside comments and code, at its place.
for d in $docs; do
	awk -v file="spec/$d" '
	/<!--/ { comment = 1 }
	!comment && /^```/ { code = !code }
	!comment && !code {
		for (at = 1; match(substr($0, at), /\[[A-Z][^]]*\]/);
		    at += RSTART + RLENGTH - 1)
			printf "%s:%d:%d %s\n", file, FNR, at + RSTART - 1,
			    substr($0, at + RSTART - 1, RLENGTH)
	}
	/-->/ { comment = 0 }' "spec/$d"
done >blanks
sed -n 's/^\([^ ]*\): error: unfilled placeholder: \(.*\) \[fill.placeholder\]$/\1 \2/p' \
	findings >said
ok 'each blank is said, at its place' cmp blanks said
ok 'there are many' test "$(wc -l <said)" -gt 100
is "$(grep -v '^df-validate' findings | cut -d : -f 1-3 | sort | uniq -d)" '' \
	'no place is said twice'

# ---- filling it ----

# fill DIR CODE: each placeholder that was said becomes words of its own, or
# code where it asks for some and CODE is 1; an empty Verify gets a command.
fill() {
	awk -v dir="$1" -v code="$2" '
	NR == FNR {
		if ($0 !~ /\[fill.placeholder\]$/)
			next
		split($0, at, ":")
		text = $0
		sub(/^.*: unfilled placeholder: /, "", text)
		sub(/ \[fill.placeholder\]$/, "", text)
		k = ++count[at[1], at[2]]
		blank[at[1], at[2], k] = text
		next
	}
	{
		for (k = 1; k <= count[FILENAME, FNR]; k++) {
			text = blank[FILENAME, FNR, k]
			i = index($0, text)
			with = "words number " ++words
			if (code && text ~ /Bash block/)
				with = "```bash\nsh run.sh " words "\n```"
			if (code && text ~ /Tree/)
				with = "```\nsrc/\n+-- run.sh  # all\n```"
			$0 = substr($0, 1, i - 1) with \
			    substr($0, i + length(text))
		}
		print >(FILENAME ".new")
		if (/^\*\*Verify/)
			verify = 1
		if (verify && /^# /) {
			print "test -e run.sh && test " ++words \
			    >(FILENAME ".new")
			verify = 0
		}
	}' findings "$1"/D*.md
	for f in "$1"/*.new; do
		mv "$f" "${f%.new}"
	done
}

keys
export SOURCE_DATE_EPOCH=1790000000
for code in 0 1; do
	rm -rf spec
	cp -R kept spec
	fill spec "$code"
	exits 0 "filled, code $code" df-validate -v spec
	is "$(cat "$err")" 'df-validate: spec: PASS, 0 errors, 0 warnings' \
		'no finding at all'
	[ "$code" = 0 ] || has "$out" '3 with code'
	exits 0 'a run' df-boot -q --spec spec
	DF_RUN=$(tail -n 1 "$out")
	export DF_RUN
	exits 0 'handoffs' df-handoff -q
	is "$(cat "$out")" 'handoff/T-001.json
handoff/T-001.md' 'of its task'
	hasnot "$DF_RUN/handoff/T-001.md" '[What'
	exits 0 'prompts' df-prompt -q
	exits 0 'the run again' df-validate -q -C "$DF_RUN"
	unset DF_RUN
done

done_testing
