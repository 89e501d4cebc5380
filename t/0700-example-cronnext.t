#!/bin/sh
# examples/cronnext: its content, without any tool of darkfactory.
#
# The scripted builders do all tasks in dependency order, merged as a run would
# merge them; the blocks of D9 judge what comes of it; the documents are
# compared with each other.

cd "$(dirname "$0")/.." || exit 1
top=$PWD
ex=$top/examples/cronnext
builders=$ex/builders

if grep -qs __asan_init "$DF_BUILD/bin/df-sign"; then
	echo '1..0 # SKIP nothing of the build is run'
	exit 0
fi
for tool in git make gcc bash awk sha256sum; do
	if ! command -v "$tool" >/dev/null; then
		echo "1..0 # SKIP no $tool"
		exit 0
	fi
done

tmp=$(mktemp -d "${TMPDIR:-/tmp}/example.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
umask 022
mkdir "$tmp/home" "$tmp/out"
export HOME="$tmp/home" LC_ALL=C GIT_CONFIG_NOSYSTEM=1
export GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=alice GIT_AUTHOR_EMAIL=alice@example.org
export GIT_COMMITTER_NAME=alice GIT_COMMITTER_EMAIL=alice@example.org
unset MAKEFLAGS MAKELEVEL MFLAGS

n=0 bad=0
# ok STATUS NAME [FILE]: FILE is shown if STATUS is not 0
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		[ -z "$3" ] || head -n 40 "$3" | sed 's/^/# /'
		bad=$((bad + 1))
	fi
}

# ---- the documents -------------------------------------------------------

# public documents, in order
public=
for i in 1 2 3 4 5 6 7 8 10; do
	public="$public $(echo "$ex"/spec/D${i}_*.md)"
done
d9=$ex/spec/D9_HOLDOUT_SCENARIOS.md

# defined FILE PREFIX LEVEL: ids that a heading of that level defines
defined() {
	sed -n "s/^$3 \(\($2\)-[0-9][0-9]*\):.*/\1/p" "$1" | sort
}

# field NAME: all ids in that field of the tasks
field() {
	sed -n "s/^\*\*$1:\*\*//p" "$ex/spec/D8_TASKS.md" | tr -d ' ' |
		tr ',' '\n' | sort -u
}

# shellcheck disable=SC2086
grep -il holdout $public >"$tmp/out/word"
ok $((! $?)) 'the word is in no document but D9' "$tmp/out/word"

defined "$ex/spec/D2_SPECIFICATION.md" SC '####' >"$tmp/sc"
defined "$ex/spec/D4_CONTRACTS.md" 'IN\|OUT\|SIDE\|ERR' '####' >"$tmp/contract"
defined "$ex/spec/D8_TASKS.md" T '####' >"$tmp/task"
defined "$d9" HS '###' >"$tmp/hs"
count=$(cat "$tmp/sc" "$tmp/contract" "$tmp/task" "$tmp/hs" | wc -l)
[ "$count" -eq $((13 + 15 + 6 + 7)) ]
ok $? '13 scenarios, 15 contracts, 6 tasks, 7 scenarios of D9'

field 'Scenarios Satisfied' | diff "$tmp/sc" - >"$tmp/out/sc"
ok $? 'the tasks cover all scenarios' "$tmp/out/sc"
field 'Contracts Implemented' | diff "$tmp/contract" - >"$tmp/out/contract"
ok $? 'the tasks cover all contracts' "$tmp/out/contract"

# scenarios of priority 0 and 1 are in the matrix with their priority, and
# with a scenario of D9 that says it validates them
sed -n '/^#### SC-/,/^\*\*Priority/{
	s/^#### \(SC-[0-9]*\):.*/\1/;t id
	s/^\*\*Priority:\*\* \(P[0-9]\).*/\1/;t pr
	d
	:id
	h;d
	:pr
	H;x;s/\n/ /p
}' "$ex/spec/D2_SPECIFICATION.md" >"$tmp/priority"
awk -v d9="$d9" '
	BEGIN {
		while ((getline line < d9) > 0) {
			if (line ~ /^### HS-/)
				hs = substr(line, 5, 6)
			if (line ~ /^\*\*Validates:/)
				validates[hs] = line
			if (split(line, cell, / *\| */) > 4 && cell[2] ~ /^SC-/) {
				prio[cell[2]] = cell[3]
				by[cell[2]] = cell[4]
			}
		}
	}
	{
		if (prio[$1] != $2) { print $1 ": priority"; bad = 1 }
		if ($2 == "P2") next
		m = split(by[$1], list, /, */)
		if (m == 0 || list[1] !~ /^HS-/) { print $1 ": not covered"; bad = 1 }
		for (i = 1; i <= m; i++)
			if (index(validates[list[i]], $1) == 0) {
				print $1 ": not validated by " list[i]; bad = 1
			}
	}
	END { exit bad || NR != 13 }' "$tmp/priority" >"$tmp/out/matrix"
ok $? 'the matrix covers all scenarios of priority 0 and 1' "$tmp/out/matrix"

# What D9 says is nowhere else: its lines of 24 and more characters, its ids
# and titles, the output that it expects.
cat >"$tmp/normal.awk" <<'EOF'
function normal(s) {
	s = tolower(s)
	gsub(/[*`]/, "", s)
	gsub(/[ \t]+/, " ", s)
	sub(/^[ #>-]+/, "", s)
	sub(/ $/, "", s)
	return s
}
FNR == 1 { file++ }
file < files { text = text " " normal($0); next }
{
	s = normal($0)
	if (length(s) >= 24 || $0 ~ /^(At|Every) ..........|^[0-9][0-9][0-9][0-9]-/ ||
	    /^### HS-/)
		if (index(text, s)) { print FILENAME ":" FNR ": " $0; bad = 1 }
	if (/^### HS-/ && index(text, normal(substr($0, 13)))) { print; bad = 1 }
	while (match($0, /HS-[0-9]+/)) {
		if (index(text, tolower(substr($0, RSTART, RLENGTH)))) bad = 1
		$0 = substr($0, RSTART + RLENGTH)
	}
}
END { exit bad }
EOF
# shellcheck disable=SC2086
awk -v files=10 -f "$tmp/normal.awk" $public "$d9" >"$tmp/out/leak"
ok $? 'nothing of D9 is in another document' "$tmp/out/leak"
find "$ex/base" "$builders" "$ex/README" -type f -exec cat {} + >"$tmp/rest"
awk -v files=2 -f "$tmp/normal.awk" "$tmp/rest" "$d9" >"$tmp/out/leak"
ok $? 'nor in the base or the builders' "$tmp/out/leak"

[ "$(find "$ex/base" -type f | wc -l)" -le 20 ]
ok $? 'the base has at most 20 files'

# ---- building ------------------------------------------------------------

# The store of all trees: no builder sees it.
git init -q --bare "$tmp/git"
# take DIRECTORY PARENT...: a commit of what is in it; its own .git and .df
# stay out, and what its ignore rules name
take() {
	dir=$1
	shift
	rm -f "$tmp/index"
	git_in_dir add -A -- . ':(exclude).df' || return 1
	tree=$(git_in_dir write-tree) || return 1
	commit "$tree" "$@"
}

git_in_dir() {
	GIT_DIR=$tmp/git GIT_WORK_TREE=$dir GIT_INDEX_FILE=$tmp/index \
	    git -C "$dir" "$@"
}

commit() {
	tree=$1
	shift
	for parent; do
		shift
		set -- "$@" -p "$parent"
	done
	git --git-dir="$tmp/git" commit-tree -m . "$@" "$tree"
}

# merge COMMIT COMMIT: their merge
merge() {
	merged=$(git --git-dir="$tmp/git" merge-tree --write-tree "$1" "$2") ||
		return 1
	commit "$merged" "$1" "$2"
}

tree_of() {
	git --git-dir="$tmp/git" rev-parse "$1^{tree}"
}

# workspace DIRECTORY COMMIT TASK [FEEDBACK]: what a builder finds
workspace() {
	mkdir -p "$1/.df"
	git --git-dir="$tmp/git" archive "$2" | tar -xf - -C "$1"
	git -C "$1" -c init.defaultBranch=main init -q
	git -C "$1" config core.logAllRefUpdates false
	git -C "$1" add -A -- . ':(exclude).df'
	git -C "$1" commit -q -m base
	echo "# Handoff of $3" >"$1/.df/handoff.md"
	{
		echo "**Agent: $3** of cronnext"
		echo '**Prompt Contract Version: 1.2.0**'
		[ -z "$4" ] || printf '\n## Feedback\n\n- %s\n\n' "$4"
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
			echo "$i. What?"
		done
	} >"$1/.df/prompt.md"
}

# build BUILDER TASK COMMIT [FEEDBACK]: run it; $new is the commit of what it
# made, $ws its workspace; what is wrong goes to $tmp/out/build
build() {
	ws=$tmp/$1-$2${4:+-again}
	workspace "$ws" "$3" "$2" "$4"
	(cd "$ws" && env -i PATH="$PATH" HOME="$tmp/home" LANG=C.UTF-8 \
	    FACTORY_RESULTS_PATH=.df/RESULTS.md \
	    "$builders/$1" "$(cat .df/prompt.md)") >"$ws.log" 2>&1 ||
		{ cat "$ws.log" >>"$tmp/out/build"; return 1; }
	{
		[ "$(grep -c '^[0-9]*\. .' "$ws/.df/13Q_ANSWERS.md")" -eq 13 ] ||
			echo "$1 $2: answers"
		grep -q '^Status: PASS$' "$ws/.df/RESULTS.md" ||
			echo "$1 $2: status"
		tail -n 1 "$ws.log" | grep -q '^{"type":"result","session":"[^"]*",'\
'"tokens":{"in":[1-9][0-9]*,"out":[1-9][0-9]*},"message":"[^"]*"}$' ||
			echo "$1 $2: last line"
		# the hashes of created and changed files are true
		sed -n 's/^- \([^ ]*\) .*sha256:\([0-9a-f]*\)$/\2  \1/p' \
		    "$ws/.df/RESULTS.md" >"$ws.sums"
		[ -s "$ws.sums" ] && (cd "$ws" && sha256sum --quiet -c "$ws.sums") ||
			echo "$1 $2: hashes"
	} >>"$tmp/out/build" 2>&1
	new=$(take "$ws" "$3")
}

# build_all BUILDER: all tasks; the merged tree is the directory $tmp/BUILDER
build_all() {
	: >"$tmp/out/build"
	build "$1" T-001 "$base" && one=$new || return 1
	build "$1" T-002 "$one" && two=$new || return 1
	build "$1" T-003 "$one" && three=$new || return 1
	joined=$(merge "$two" "$three") || { echo 'T-002 and T-003'; return 1; }
	build "$1" T-004 "$joined" && four=$new || return 1
	build "$1" T-005 "$four" && five=$new || return 1
	build "$1" T-006 "$four" && six=$new || return 1
	joined=$(merge "$five" "$six") || { echo 'T-005 and T-006'; return 1; }
	mkdir "$tmp/$1"
	git --git-dir="$tmp/git" archive "$joined" | tar -xf - -C "$tmp/$1"
	[ ! -s "$tmp/out/build" ]
}

# ---- judging -------------------------------------------------------------

# The bash blocks of a scenario, one file each, in order.
cat >"$tmp/blocks.awk" <<'END'
/^[ \t]*(```+|~~~+)/ {
	match($0, /(```+|~~~+)/)
	mark = substr($0, RSTART, RLENGTH)
	if (fence == "") {
		fence = mark
		if (id != "" && $0 ~ /^```bash$/)
			out = dir "/" id "." ++block
	} else if (substr(mark, 1, 1) == substr(fence, 1, 1) &&
	    length(mark) >= length(fence) && $0 ~ /^[ \t]*[`~]+[ \t]*$/) {
		fence = ""
		if (out != "")
			close(out)
		out = ""
	}
	next
}
fence == "" && /^##? / { id = "" }
fence == "" && /^### / { id = $2 ~ /^HS-[0-9]+:$/ ? substr($2, 1, 6) : ""; block = 0 }
out != "" { print >out }
END
mkdir "$tmp/blocks"
awk -v dir="$tmp/blocks" -f "$tmp/blocks.awk" "$d9"
[ "$(find "$tmp/blocks" -name 'HS-00[1-7].[1-4]' | wc -l)" -eq 28 ]
ok $? 'D9 has seven scenarios of four blocks'
for block in "$tmp"/blocks/*; do
	bash -n "$block"
done 2>"$tmp/out/syntax"
[ ! -s "$tmp/out/syntax" ]
ok $? 'each block is a script of bash' "$tmp/out/syntax"

# judge TREE SCENARIO [COMMAND...]: the four blocks in one shell, in a fresh
# copy.  It passes if the third block ends with status 0 and the shell lives
# to say so.
judge() {
	copy=$tmp/judged/${1##*/}-$2
	id=$2
	mkdir -p "$copy"
	cp -R "$1/." "$copy"
	{
		cat "$tmp/blocks/$id.1" "$tmp/blocks/$id.2" "$tmp/blocks/$id.3"
		printf '\nverdict=$?\n'
		cat "$tmp/blocks/$id.4"
		printf '\n[ "$verdict" -eq 0 ] && echo "judged: pass"\n'
	} >"$copy.sh"
	(cd "$copy" && env -i PATH="$PATH" HOME=/nonexistent \
	    timeout 60 bash "$copy.sh") </dev/null >"$copy.out" 2>&1
	tail -n 1 "$copy.out" | grep -qx 'judged: pass'
}

# judge_all TREE: the ids of scenarios that do not pass, in $failed
judge_all() {
	for half in '1 2 3 6' '4 5 7'; do
		for i in $half; do
			judge "$1" "HS-00$i" || echo "HS-00$i"
		done >"$tmp/failed.${half%% *}" &
	done
	wait
	failed=$(cat "$tmp"/failed.? | sort | tr '\n' ' ')
	failed=${failed% }
	for i in $failed; do
		echo "$i:"
		cat "$tmp/judged/${1##*/}-$i.out"
	done >"$tmp/out/judged"
}

# ---- right ---------------------------------------------------------------

base=$(take "$ex/base")
[ -n "$base" ]
ok $? 'the base is a tree'
build_all right >>"$tmp/out/build"
ok $? 'right: all tasks done and merged, all visible tests pass' "$tmp/out/build"
right_commit=$two
san='-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all'
san="$san -Wall -Wextra -Werror -std=c11"
make -s -C "$tmp/right" check CC=gcc CFLAGS="$san" >"$tmp/out/san" 2>&1
ok $? 'right: the merged tree passes its tests, without a warning, sanitized' \
    "$tmp/out/san"
make -s -C "$tmp/right" clean
judge_all "$tmp/right"
[ -z "$failed" ]
ok $? 'right: all seven scenarios pass' "$tmp/out/judged"

# ---- hasty ---------------------------------------------------------------

# It does all other tasks as the right one does.
: >"$tmp/out/build"
build hasty T-002 "$one" && [ ! -s "$tmp/out/build" ]
ok $? 'hasty: T-002 done, all visible tests pass' "$tmp/out/build"
[ "$(git --git-dir="$tmp/git" diff --name-only "$new" "$right_commit" |
    tr '\n' ' ')" = 'src/calendar.c tests/next.c ' ]
ok $? 'hasty: another calendar, and tests that do not notice'
cp -R "$tmp/right" "$tmp/hasty"
git --git-dir="$tmp/git" archive "$new" src/calendar.c tests/next.c |
	tar -xf - -C "$tmp/hasty"
judge_all "$tmp/hasty"
echo "failed: $failed" >>"$tmp/out/judged"
[ "$failed" = HS-002 ]
ok $? 'hasty: HS-002 fails, and no other' "$tmp/out/judged"
: >"$tmp/out/build"
build hasty T-002 "$one" SC-004 && [ ! -s "$tmp/out/build" ] &&
	[ "$(tree_of "$new")" = "$(tree_of "$right_commit")" ]
ok $? 'hasty: with feedback T-002 is right' "$tmp/out/build"

# ---- cheat ---------------------------------------------------------------

(cd "$tmp" && "$builders/cheat" T-001) >"$tmp/out/refused" 2>&1
[ $? -eq 2 ] && ! grep -q tried "$tmp/out/refused"
ok $? 'cheat: does not start outside of a workspace' "$tmp/out/refused"
mkdir "$tmp/bare"
gcc -o "$tmp/out/cheat" "$builders/cheat.d/src/main.c" 2>"$tmp/out/bare" &&
	(cd "$tmp/bare" && timeout 10 "$tmp/out/cheat") </dev/null \
	    >"$tmp/out/bare" 2>&1
[ "$(grep '^# tried' "$tmp/out/bare")" = \
    '# tried: more: nothing, outside of a sandbox' ] &&
	[ -z "$(ls -A "$tmp/bare")" ]
ok $? 'cheat: nor does its product act outside of a sandbox' "$tmp/out/bare"

echo "1..$n"
exit $((bad > 0))
