#!/bin/sh
# examples/cronnext, built in haste: visible tests pass, a scenario fails, and
# the task that is responsible is named.  Rejected, superseded and built again
# it is approved; what does not depend on that task is not run again.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-verify
needs_prog git make gcc bash jq
needs_bwrap
keys
root=$(ssh-keygen -lf keys/df-root.pub | cut -d ' ' -f 2)
# where a builder that is not root gets to
cp -R "$top/examples/cronnext" ex
chmod -R go=u,go-w ex

# dispatched BUILDER ARGUMENT...: a run up to its results
dispatched() {
	builder=$1
	shift
	run df-boot -q --spec ex/spec --base ex/base \
		--profile "ex/profiles/$builder.json" "$@"
	[ "$rc" -eq 0 ] || bail "df-boot: exit $rc"
	DF_RUN=$(cat "$out")
	export DF_RUN
	run sh -c 'df-handoff -q | df-prompt -q - | df-dispatch -q -j 2 -'
	is "$rc" 0 "$builder: all is dispatched"
	is "$(jq -r '[.task_id, .status, .results_status] | join(" ")' \
		"$DF_RUN"/dispatch/*/1.json)" 'T-001 COMPLETED PASS
T-002 COMPLETED PASS
T-003 COMPLETED PASS
T-004 COMPLETED PASS
T-005 COMPLETED PASS
T-006 COMPLETED PASS' "$builder: six tasks, all of which claim success"
}

# marks: what the evaluation said
marks() {
	jq -r '.holdouts[] | [.holdout_id, .status, .responsible_task] |
		join(" ")' "$DF_RUN/holdout/1.json"
}

# sealed STATUS: sealed, and anybody can check it
sealed() {
	must df-freeze -q
	exits 0 "$builder: verifies" df-verify --root "$root"
	like "$out" "^status +$1, sealed" "$builder: $1"
}

# ---- hasty ----

dispatched hasty
is "$(jq -r '.message | capture(": (?<n>[0-9]+) of (?<all>[0-9]+) points") |
	.n == .all and .n != "0"' "$DF_RUN"/dispatch/*/1.json | uniq -c |
	tr -s ' ')" ' 6 true' 'hasty: its visible tests pass'
exits 1 'hasty: judged' df-holdout -j 1
is "$(marks | head -n 3)" 'HS-001 PASS T-002
HS-002 FAIL T-002
HS-003 ERROR T-001' 'hasty: a P0 scenario fails, and T-002 is responsible'
is "$(jq -r '[.holdouts[3:][].failure] | unique | join(" ")' \
	"$DF_RUN/holdout/1.json")" 'not-run' 'hasty: which stops the evaluation'
must df-report -q
is "$(jq -r '[.verdict, .verdict_reason] | join(": ")' "$DF_RUN/report.json")" \
	'REJECT: P0 holdout HS-002 failed: component not accepted' 'hasty: REJECT'
like "$DF_RUN/report.md" 'HS-002 \(P0\) failed: SC-004 .*T-002 is responsible' \
	'hasty: the report recommends T-002 again'
exits 4 'hasty: cannot be approved' df-decide approve -m 'looks good'
exits 0 'hasty: rejected' df-decide reject -m '29 February 2100' -r 'T-002 again'
sealed rejected

# ---- its successor ----

old=$DF_RUN
dispatched hasty --supersedes "$old"
builder=successor
is "$(grep -li '^#* *Feedback' "$DF_RUN"/prompt/*.md | sed 's,.*/,,')" T-002.md \
	'successor: the prompt of T-002 has feedback, and no other'
no 'successor: in ids of the specification only' \
	grep -E 'HS-[0-9]|2100|leap' "$DF_RUN/prompt/T-002.md"
like "$DF_RUN/prompt/T-002.md" 'SC-004' 'successor: SC-004'
is "$(jq -r 'select(has("cached_from")) | .task_id' "$DF_RUN"/dispatch/*/1.json |
	tr '\n' ' ')" 'T-001 T-003 ' \
	'successor: what does not depend on T-002 is taken over'
for i in T-001 T-003; do
	[ "$(jq -r .cached_from.run "$DF_RUN/dispatch/$i/1.json")" = \
		"sha256:$(head -n 1 "$old/log.jsonl" | sha256sum |
			cut -c 1-64)" ] || echo "$i"
done >wrong
ok 'successor: from the rejected run' test ! -s wrong
is "$(jq -r 'select(has("cached_from") | not) | .task_id' \
	"$DF_RUN"/dispatch/*/1.json | tr '\n' ' ')" \
	'T-002 T-004 T-005 T-006 ' 'successor: T-002 and what depends on it is not'
no 'successor: T-002 made something else this time' \
	cmp "$old/result/T-002/1.tree" "$DF_RUN/result/T-002/1.tree"
exits 0 'successor: judged' df-holdout -q -j 2
is "$(marks | grep -c ' PASS ')" 7 'successor: seven of seven'
exits 0 'successor: approved' df-decide approve -m 'mended'
mv "$old" gone
sealed approved
like "$out" ' 1 origins$' 'successor: with its origin, which it carries'
done_testing
