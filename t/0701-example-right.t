#!/bin/sh
# examples/cronnext, built right: a scripted builder as an agent, sandboxed,
# through the normal adapter path, to an approved and sealed run, and the
# product taken from it.

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

boot --spec ex/spec --base ex/base --profile ex/profiles/right.json
exits 0 'dispatched' sh -c \
	'df-handoff -q | df-prompt -q - | df-dispatch -q -j 2 -'
is "$(jq -r '.status + " " + .results_status' "$DF_RUN"/dispatch/*/1.json |
	uniq -c | tr -s ' ')" ' 6 COMPLETED PASS' 'six tasks are done'
is "$(jq -r '[.level, .isolation, (.inside.network | map(.name? // .) |
	join(",")), .inside.capabilities.effective] | join(" ")' \
	"$DF_RUN"/dispatch/*/1.host.json | uniq -c | tr -s ' ')" \
	' 6 bwrap ISOLATED lo 0000000000000000' 'in isolation'
# the diamond: T-002 and T-003 side by side from T-001, T-004 from both
jq -r '.task_id + ":" + (.from | join(","))' "$DF_RUN"/dispatch/*/1.json |
	tr '\n' ' ' >from
is "$(cat from)" \
	'T-001: T-002:T-001 T-003:T-001 T-004:T-002,T-003 T-005:T-004 T-006:T-004 ' \
	'each task starts from what it depends on'
exits 0 'judged' df-holdout -j 2
is "$(jq -r '.holdouts[].status' "$DF_RUN/holdout/1.json" | grep -c PASS)" 7 \
	'seven of seven'
is "$(jq -r '[.p0_total, .p0_passed, .level] | join(" ")' \
	"$DF_RUN/holdout/1.json")" '3 3 bwrap' 'three of them P0'
must df-report -q
is "$(jq -r '.verdict, .isolation.attempts, (.traces | length),
	([.matrix[] | select(.requirement[:2] == "SC") | .evidence] |
	group_by(.) | map("\(.[0]) \(length)") | join(" "))' \
	"$DF_RUN/report.json" | tr '\n' ' ')" 'ACCEPT ISOLATED 0 claimed 1 judged 12 ' \
	'the report: 12 of 13 requirements judged, nothing to reproach'
exits 0 'approved' df-decide approve -m 'behaves as specified; 7/7 holdouts'
has "$err" 'self-approved' 'which is said to be by the same person'
must df-freeze -q
exits 0 'it verifies' df-verify --root "$root"
like "$out" '^status +approved, sealed' 'approved and sealed'
like "$out" '^decision +approve by alice\+approver, self-approved' \
	'openly'
# what was approved is what one takes, and it works
cp -R ex/base product
git -C product -c init.defaultBranch=main init -q
git -C product add -A
git -C product commit -qm base
ok 'the patch applies to the base' git -C product apply --index \
	"$tmp/$DF_RUN/result/merged.patch"
ok 'the product builds and passes its tests' \
	make -s -C product check CC=gcc
is "$(product/cronnext -n 3 -f 2096-03-01T00:00 '0 12 29 2 *')" \
	'2104-02-29T12:00 Fri
2108-02-29T12:00 Wed
2112-02-29T12:00 Mon' 'and knows that 2100 has no 29 February'
done_testing
