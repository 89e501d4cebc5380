#!/bin/sh
# examples/pipeline: a run under make.  What holds is not done again, what has
# changed is, and what failed does not look done.

# shellcheck disable=SC2016,SC2317 # dollars are meant for others; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-verify
needs_prog make git jq bash
needs_bwrap
keys
tiny_spec spec
mkdir base
echo 'some text' >base/text
builder
cat >profile.json <<END
{"schema":"df.profile/1","name":"mine","version":"1.0.0","pipeline":"d1-d10@1.0.0",
"settings":{"agent.adapter":"$adapter","policy.allow_self_approval":true},
"policies":["default"]}
END
cp "$top/examples/pipeline/Makefile" Makefile

# pipe [TARGET or VARIABLE...]: make, with our inputs
pipe() {
	make SPEC=spec BASE=base PROFILE=profile.json ADAPTER="$adapter" \
		STATE=state "$@"
}

# current: the run that counts
current() {
	DF_RUN=$tmp/state/$(readlink state/run)
	export DF_RUN
}

# dispatched: tasks whose agents were run in it, in order; taken: those that
# were taken over from the run before
dispatched() {
	jq -r 'select(.data.stage // "" | startswith("dispatch/")) |
		select(.type == "stage.completed" or .type == "stage.failed") |
		.data.stage[9:] + " " + (.data.attempt | tostring)' \
		"$DF_RUN/log.jsonl" | while read -r task attempt; do
		[ "$(jq 'has("cached_from")' \
			"$DF_RUN/dispatch/$task/$attempt.json")" = "$1" ] &&
			echo "$task"
	done | sort | tr '\n' ' '
}

# touched: everything below state, with times
touched() {
	find state -printf '%p %T@ %l\n' | sort
}

runs() {
	find state -maxdepth 1 -name 'r-*' | wc -l
}

# newer FILE: a change that is later than all that was made (some file systems
# count in coarse steps)
newer() {
	while touch "$1" && ! is_newer "$1" state/booted; do
		sleep 0.02
	done
}

is_newer() {
	[ -n "$(find "$1" -maxdepth 0 -newer "$2")" ]
}

# ---- from nothing ----

exits 0 'make' pipe
like "$out" '^1\.\.3$' 'it ends with the verdict'
current
is "$(dispatched false)" 'T-001 T-002 T-003 ' 'three tasks were dispatched'
ok 'a report is written' test -s state/run/report.md
is "$(runs)" 1 'one run'
touched >before
exits 0 'make again' pipe
like "$out" "^make: Nothing to be done for 'all'" 'nothing to do'
touched | cmp -s before -
is $? 0 'nothing was touched'
exits 0 'in parallel' pipe -j 4
touched | cmp -s before -
is $? 0 'nothing either'
exits 0 'make -q agrees' pipe -q

# ---- a change ----

sed -i 's/`count.sh` prints a number/`count.sh` prints one number/' \
	spec/D8_TASKS.md
newer spec/D8_TASKS.md
old=$DF_RUN
run pipe -q
is "$rc" 1 'a changed task is something to do'
exits 0 'make after it' pipe -j 2
current
ok 'a successor took its place' test "$old" != "$DF_RUN"
is "$(jq -r 'select(.dfseq == 1).data.origin.name' "$DF_RUN/log.jsonl")" \
	"${old##*/}" 'of the run before'
is "$(dispatched false)" 'T-003 ' 'which dispatched what changed'
is "$(dispatched true)" 'T-001 T-002 ' 'and took over what did not'
exits 0 'the run before is sealed' df-verify -q "$old"
exits 0 'once more' pipe
like "$out" 'Nothing to be done' 'nothing to do'
# a file that is gone
rm base/text
run pipe -q
is "$rc" 1 'a file less is something to do'
exits 0 'make after it' pipe
current
is "$(dispatched false)" 'T-001 T-002 T-003 ' 'all tasks, for all start from it'
# a change of no consequence
newer base
exits 0 'touched only' pipe
current
is "$(dispatched false)" '' 'no task is dispatched'
is "$(dispatched true)" 'T-001 T-002 T-003 ' 'all are taken over'
ok 'and judged again' test -s state/run/holdout/1.json

# ---- what fails does not look done ----

# a specification with an error: the run that counts stays as it is
old=$DF_RUN
cp spec/D8_TASKS.md D8.good
sed -i 's/^\*\*Dependency:\*\* None/**Dependency:** T-003/' spec/D8_TASKS.md
newer spec/D8_TASKS.md
runs >before
run pipe
is "$rc" 2 'a cycle in D8: make fails'
has "$err" 'cycle'
current
is "$DF_RUN $(runs)" "$old $(cat before)" 'the run that counts is the same'
like "$DF_RUN/log.jsonl" '"type":"holdout.completed"' 'and was not closed'
is "$(events run.canceled)" 0 'nor canceled'
no 'it is still to be done' pipe -q
cp D8.good spec/D8_TASKS.md
newer spec/D8_TASKS.md

# an agent that fails
cp "${adapter%.json}.d/agent" agent.good
sed 's/^result PASS/result FAIL/' agent.good >"${adapter%.json}.d/agent"
sed -i 's/"1.0.0"/"1.0.1"/' "$adapter"
newer "$adapter"
run pipe
is "$rc" 2 'an agent that fails: make fails'
current
no 'there is no verdict' test -e "$DF_RUN/holdout/1.json"
no 'there is no merged tree' test -e "$DF_RUN/result/merged.tree"
no 'judged is older than the run' is_newer state/judged state/booted
no 'it is still to be done' pipe -q
cp agent.good "${adapter%.json}.d/agent"
before=$(runs)
exits 0 'when it is mended, the same run goes on' pipe
is "$(runs)" "$before" 'no new one'
is "$(jq -r .attempt "$DF_RUN/dispatch/T-001/2.json")" 2 'with another attempt'

# a verdict that is no
sed 's/\\$#/12/' agent.good >"${adapter%.json}.d/agent"
sed -i 's/"1.0.1"/"1.0.2"/' "$adapter"
newer "$adapter"
run pipe
is "$rc" 2 'a scenario that fails: make fails'
like "$out" '^not ok 3 - HS-003$' 'and says which'
current
has "$DF_RUN/report.md" 'REJECT' 'the report says so'
no 'it is still to be done' pipe -q
run pipe
is "$rc" 2 'asked again, it says the same'
is "$(events holdout.started)" 1 'without judging again'
run pipe approve WHY=yes
is "$rc" 2 'it cannot be approved'
is "$(events run.approved)" 0 'and was not'
exits 0 'it can be rejected' pipe reject WHY='twelve is wrong' FIX='count them'
exits 0 'sealed' df-verify -q "$DF_RUN"
cp agent.good "${adapter%.json}.d/agent"
old=$DF_RUN
exits 0 'then a successor' pipe -j 2
current
is "$(dispatched false)" 'T-003 ' 'does again what the verdict holds responsible'
is "$(dispatched true)" 'T-001 T-002 ' 'and that only'
ok 'of the rejected one' test "$(jq -r 'select(.dfseq == 1).data.origin.name' \
	"$DF_RUN/log.jsonl")" = "${old##*/}"

# ---- the decision ----

run pipe approve
is "$rc" 2 'no approval without a reason'
is "$(events run.approved)" 0 'nothing is decided'
exits 0 'approved' pipe approve WHY='as specified'
exits 0 'it verifies' df-verify "$DF_RUN"
like "$out" '^status +approved, sealed' 'approved and sealed'
touched >before
exits 0 'make after it' pipe
like "$out" 'Nothing to be done' 'nothing to do'
touched | cmp -s before -
is $? 0 'nothing was touched'
newer spec/D1_CONSTITUTION.md
exits 0 'and a change makes its successor' pipe
current
is "$(dispatched true)" 'T-001 T-002 ' 'which takes over what it can'
is "$(dispatched false)" 'T-003 ' 'but what was built by a prompt with feedback'

# ---- interrupted ----

# killed in the middle of a task, make goes on where it was
sed 's/^case/[ "$task" != T-002 ] || sleep 60\n&/' agent.good \
	>"${adapter%.json}.d/agent"
sed -i 's/"1.0.2"/"1.0.3"/' "$adapter"
newer "$adapter"
setsid make SPEC=spec BASE=base PROFILE=profile.json ADAPTER="$adapter" \
	STATE=state -j 2 >killed 2>&1 &
pid=$!
t3_done() {
	current
	[ "$DF_RUN" != "$old" ] && [ -e "$DF_RUN/dispatch/T-003/1.json" ]
}
old=$DF_RUN
await 20 t3_done || bail 'T-003 was not done'
kill -9 "-$pid"
wait "$pid" 2>/dev/null
cp agent.good "${adapter%.json}.d/agent"
no 'killed: it is still to be done' pipe -q
exits 0 'killed: make goes on' pipe
is "$(events holdout.completed)" 1 'to the verdict'
is "$(jq -rs '[.[] | select(.type == "stage.completed" and
	.data.stage == "dispatch/T-001")] | length' "$DF_RUN/log.jsonl")" 1 \
	'without doing again what was done'

# ---- as it is ----

run within "$top/examples/pipeline" make -n STATE="$tmp/state2"
is "$rc" 0 'its own defaults'
has "$out" '--spec ../cronnext/spec --base ../cronnext/base --profile ../cronnext/profiles/right.json'
ok 'are there' within "$top/examples/pipeline" \
	test -f ../cronnext/right.json -a -f ../cronnext/profiles/right.json \
	-a -d ../cronnext/spec -a -d ../cronnext/base
no 'and make -n made nothing' test -e "$top/examples/pipeline/.factory-state"
done_testing
