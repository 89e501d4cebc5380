# lib.sh - what the scripted builders have in common
#
# A builder is started in its workspace with the prompt as its only argument.
# It finds .df/handoff.md and .df/prompt.md there and writes
# .df/13Q_ANSWERS.md and $FACTORY_RESULTS_PATH (.df/RESULTS.md).  Its work is
# not thought up but copied: for each task, solution/T-NNN has
#
#	answers		13 lines, one for each question of a prompt
#	files/		files that the task creates
#	patch		changes to files that are there
#
# Usage numbers are made up from the sizes of what was read and written, so
# that they are the same in every run.

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

say() {
	printf '%s\n' "$task: $*"
}

# begin PROMPT: find the task
begin() {
	[ -f .df/prompt.md ] || die 'there is no .df/prompt.md here'
	prompt=${1:-$(cat .df/prompt.md)}
	results=${FACTORY_RESULTS_PATH:-.df/RESULTS.md}
	task=$(printf '%s\n' "$prompt" | grep -o 'T-[0-9][0-9][0-9]' | head -n 1)
	[ -n "$task" ] || die 'the prompt names no task'
	solution=$here/solution/$task
	[ -d "$solution" ] || die "$task is not a task that this builder knows"
}

# has_feedback: true if the task is done again after a rejection
has_feedback() {
	printf '%s\n' "$prompt" | grep -q '^[#* ]*Feedback'
}

hash_of() {
	sha256sum <"$1" | sed 's/^\([0-9a-f]*\).*/sha256:\1/'
}

# answer: one line for each numbered question of the prompt
answer() {
	version=$(sed -n 's/.*Prompt Contract Version:[* ]*\([0-9.]*[0-9]\).*/\1/p' \
	    .df/prompt.md | head -n 1)
	{
		echo "# 13Q Answers: $task"
		echo
		[ -z "$version" ] ||
			printf 'Builder Prompt Contract Version: %s\n\n' "$version"
		grep -o '^[0-9][0-9]*\. ' .df/prompt.md | tr -d '. ' |
		while read -r n; do
			echo "$n. $(sed -n "${n}p" "$solution/answers")"
		done
	} >.df/13Q_ANSWERS.md
	say "answered $(grep -c '^[0-9][0-9]*\. ' .df/13Q_ANSWERS.md) questions"
}

# change PATCH: apply it to the tree
change() {
	sed -n 's|^+++ b/||p' "$1" >.df/names
	while read -r name; do
		printf '%s %s\n' "$name" "$(hash_of "$name")"
	done <.df/names >>.df/before
	git -c safe.directory='*' apply --whitespace=nowarn "$1" ||
		die "${1##*/} does not apply"
	say "changed $(tr '\n' ' ' <.df/names)"
}

# work: the files and changes of the task
work() {
	: >.df/before
	if [ -d "$solution/files" ]; then
		(cd "$solution/files" && find . -type f | sort | cut -c 3-) \
		    >.df/created
		while read -r name; do
			mkdir -p "$(dirname "$name")"
			cp "$solution/files/$name" "$name"
			chmod u+w "$name"
			say "wrote $name"
		done <.df/created
	fi
	[ ! -f "$solution/patch" ] || change "$solution/patch"
}

# check: run the visible tests; $status is PASS or FAIL, $passed of $total
check() {
	if make >.df/make.log 2>&1 && make -s check >.df/check.log 2>&1; then
		status=PASS
	else
		status=FAIL
	fi
	passed=$(grep -c '^    ok ' .df/check.log)
	failed=$(grep -c '^    not ok ' .df/check.log)
	total=$((passed + failed))
	say "make check: $passed of $total points passed: $status"
}

# report NOTE: write the results file
report() {
	{
		echo "# Results: $task"
		echo
		echo "Status: $status"
		echo
		echo '## Files Created'
		while read -r name; do
			echo "- $name $(hash_of "$name")"
		done <.df/created
		echo
		echo '## Files Modified'
		sort -u -k 1,1 .df/before | while read -r name hash; do
			grep -qxF "$name" .df/created ||
				echo "- $name $hash -> $(hash_of "$name")"
		done
		echo
		echo '## Test Results'
		echo '- Command: make check'
		echo "- Total: $total"
		echo "- Passed: $passed"
		echo "- Failed: $failed"
		echo '- Skipped: 0'
		echo
		echo '## Full Regression'
		echo "All tests of the tree were run; new failures: $failed"
		echo
		echo '## Notes for Reviewer'
		echo "$1"
	} >"$results"
	say "wrote $results"
}

# finish: the last line of the transcript
finish() {
	in=$(($(printf '%s' "$prompt" | wc -c) / 4 + $(wc -c <.df/handoff.md) / 4))
	out=$(($(cat .df/13Q_ANSWERS.md "$results" | wc -c) / 4))
	printf '{"type":"result","session":"%s-%s","tokens":{"in":%d,"out":%d},' \
	    "${0##*/}" "$task" "$in" "$out"
	printf '"message":"%s %s: %d of %d points passed"}\n' \
	    "$task" "$status" "$passed" "$total"
}
