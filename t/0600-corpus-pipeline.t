#!/bin/sh
# Specifications that we did not write, from end to end: boot, handoff, prompt,
# dispatch, holdout, report, decide, freeze, verify.  The agent builds nothing
# and says so: for each task it leaves a note of what it was asked.  What the
# suites make of that is their word, scenario by scenario.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
corpus specs
needs_tool df-sign df-validate df-boot df-handoff df-prompt df-dispatch \
	df-holdout df-report df-decide df-freeze df-verify df-status df-store
needs_prog git jq bash
needs_bwrap
persons
root=$(ssh-keygen -lf keys.alice/df-root.pub | cut -d ' ' -f 2)
adapter noter 'mkdir -p notes
sed -n 1p .df/handoff.md >"notes/$task"
result PASS
echo "Nothing was built; notes/$task says what was asked." \
	>>"$FACTORY_RESULTS_PATH"'

# made SPEC: everything up to dispatch, and that it is what the independent
# reader of the corpus found
made() {
	spec=$corpus/$1
	exits 0 "$1: valid" df-validate -q "$spec"
	find "$spec" -type f -exec cat {} + | sha256sum >"$1.before"
	run df-boot --spec "$spec" --set "agent.adapter=$adapter"
	is "$rc" 0 "$1: booted"
	DF_RUN=$(cat "$out")
	export DF_RUN
	jq -c --arg d "$1" 'select(.dir == $d)' "$corpus/expected.jsonl" \
		>expected
	is "$(jq -c '[.tasks[] | {id, depends}]' "$DF_RUN/run.json")" \
		"$(jq -c '[.tasks[] | {id, depends: .dep}]' expected)" \
		"$1: its tasks and what they need"
	is "$(jq -r '.holdout | "\(.scenarios) \(.p0)"' "$DF_RUN/run.json")" \
		"$(jq -r '.holdouts | "\(length) \(map(select(.priority == "P0"))
			| length)"' expected)" "$1: its scenarios"
	tasks=$(jq -r '.tasks[].id' expected)
	many=$(echo "$tasks" | wc -l)
	exits 0 "$1: the pipeline" sh -c \
		'df-handoff -q | df-prompt -q - | df-dispatch -q -j 2 -'
	# a task without ids of its own is foundation, and has those of all
	jq -c '.SC as $all | .tasks[] | if .sc == [] then [$all, .ct, true]
		else [.sc, .ct, false] end' expected >wanted
	for i in $tasks; do
		jq -c '[(.scenarios | sort), (.contracts | sort), .foundation]' \
			"$DF_RUN/handoff/$i.json"
	done >got
	ok "$1: each handoff has its scenarios and contracts" cmp wanted got
	is "$(grep -cE '^[0-9]+\.' "$DF_RUN"/prompt/*.md | sed 's/.*://' |
		sort | uniq -c | tr -s ' ')" " $many 13" \
		"$1: 13 questions in each prompt"
	is "$(jq -c '[.task_id, .status, .results_status]' \
		"$DF_RUN"/dispatch/*/1.json)" "$(for i in $tasks; do
			echo "[\"$i\",\"COMPLETED\",\"PASS\"]"; done)" \
		"$1: all tasks were dispatched, once"
	# no task began before what it needs had ended
	jq -r '.tasks[] | .id as $t | .dep[] | . + " " + $t' expected >needs
	jq -r 'select(.data.stage // "" | startswith("dispatch/")) |
		"\(.dfseq) \(.type) \(.data.stage[9:])"' "$DF_RUN/log.jsonl" >seqs
	awk 'FNR == NR { at[$2 " " $3] = $1; next }
		at["stage.completed " $1] > at["stage.started " $2] ||
		!at["stage.completed " $1] { print; bad = 1 }
		END { exit bad }' seqs needs >early
	ok "$1: in the order of its dependencies" test ! -s early
	is "$(tree result/merged.tree | sed 's/^100644 //' | tr '\n' ' ')" \
		"$(for i in $tasks; do printf 'notes/%s ' "$i"; done)" \
		"$1: the merged tree has all notes"
}

# marks: what the evaluation said, a scenario a line
marks() {
	jq -r '.holdouts[] | [.holdout_id, .priority, .status, .failure // "-",
		.responsible_task] | join(" ")' "$DF_RUN/holdout/1.json"
}

# finished SPEC STATUS: sealed and verified, and the same from a bundle
finished() {
	must df-freeze -q
	exits 0 "$1: verified" df-verify --root "$root"
	is "$(sed -n 1p "$out")" "VERIFIED unanchored ${DF_RUN##*/}" \
		"$1: by the root that we know"
	like "$out" "^status +$2, sealed" "$1: $2"
	must df-freeze -q --bundle "$1.bundle"
	exits 0 "$1: so does its bundle" df-verify -q --root "$root" "$1.bundle"
	must df-status
	has "$out" "$2"
	find "$spec" -type f -exec cat {} + | sha256sum | cmp -s - "$1.before"
	is $? 0 "$1: the specification was not touched"
	# what no builder may see is in no file of the run
	cat "$DF_RUN"/blobs/sha256/* "$DF_RUN/log.jsonl" >all
}

# ---- a suite that asks nothing of what is built ----

made ho1-synthetic
no 'ho1-synthetic: no handoff speaks of what is not shown' \
	grep -Eil 'holdout|HS-[0-9]' "$DF_RUN"/handoff/*.md
exits 0 'ho1-synthetic: judged' as eve df-holdout
is "$(marks)" 'HS-001 P0 PASS - T-004
HS-002 P0 PASS - T-005
HS-003 P0 PASS - T-002
HS-004 P0 PASS - T-003
HS-005 P1 PASS - T-006
HS-006 P1 PASS - T-005
HS-007 P1 PASS - T-001' 'ho1-synthetic: all pass, for they look at what they made themselves'
like "$out" '^# ACCEPT: all 4 P0 and 3 of 3' 'ho1-synthetic: ACCEPT'
exits 0 'ho1-synthetic: report' df-report
is "$(jq -r '[.verdict, .component_name] | join(" ")' "$DF_RUN/report.json")" \
	'ACCEPT HO1 Cognitive Process' 'ho1-synthetic: of HO1'
is "$(jq -r '.matrix[] | select(.evidence == "claimed") | .requirement' \
	"$DF_RUN/report.json" | grep SC | tr '\n' ' ')" 'SC-002 SC-005 ' \
	'ho1-synthetic: two scenarios are only claimed'
hasnot "$DF_RUN/report.md" 'left or tried' \
	'ho1-synthetic: builders are reproached nothing'
exits 0 'ho1-synthetic: approved' as bob df-decide approve -m 'the suite passed'
finished ho1-synthetic approved
no 'ho1-synthetic: nothing of D9 is in the run' \
	grep -aqE 'secret-input-00|HS_TMP' all

# ---- a suite that asks for a program ----

made dark-factory-fixed
exits 3 'dark-factory-fixed: not judged' as eve df-holdout
is "$(marks)" 'HS-001 P0 ERROR no-executable-verify T-002
HS-002 P0 ERROR execute T-003
HS-003 P0 ERROR setup T-003
HS-004 P0 ERROR setup T-002
HS-005 P1 ERROR no-executable-verify T-005
HS-006 P1 ERROR setup T-004' \
	'dark-factory-fixed: two are only tables, the others find no program'
must as eve df-holdout show -m 'what was missing'
is "$(jq -r '.holdouts[] | select(.holdout_id == "HS-002").actual_output' \
	"$out" | grep -c 'factory\|python3')" 1 \
	'dark-factory-fixed: python3 -m factory is not there'
exits 4 'dark-factory-fixed: cannot be approved' \
	as bob df-decide approve -m 'it looks good'
has "$err" 'the verdict is error'
exits 0 'dark-factory-fixed: report' df-report
is "$(jq -r '[.verdict, .component_name] | join(" ")' "$DF_RUN/report.json")" \
	'PARTIAL Dark Factory Orchestrator' \
	'dark-factory-fixed: complete, and not judged'
is "$(jq -r '.recommendations | length' "$DF_RUN/report.json")" 6 \
	'dark-factory-fixed: a recommendation for each scenario'
exits 0 'dark-factory-fixed: rejected' as bob df-decide reject \
	-m 'nothing was built' -r 'build it' --class implementation_defect
finished dark-factory-fixed rejected
no 'dark-factory-fixed: nothing of D9 is in the run' \
	grep -aqE 'factory_holdout_hs00|mock_claude' all

# ---- the original, which does not pass its own check ----

exits 1 'dark-factory: is refused by df-validate' \
	df-validate "$corpus/dark-factory"
like "$out" '^FAIL d4_contracts_covered: ' 'by the check of contracts'
has "$err" 'error: D4 SIDE-002 not assigned to any D8 task [d4.uncovered]'
exits 1 'dark-factory: and by df-boot' \
	df-boot --spec "$corpus/dark-factory" -o none
has "$err" 'BOOT_FAILURE: no run was made'
no 'which made no directory' find none
done_testing
