#!/bin/sh
# gen-spec.sh N DIR: a valid specification with N tasks, N scenarios, about
# N / 5 contracts and 7 holdouts, in the classic form.  For tests and benchmarks.
set -eu
LC_ALL=C
export LC_ALL
case ${1:-}:${2:-} in
[1-9]*:?*) ;;
*) echo "usage: gen-spec.sh N DIR" >&2; exit 2 ;;
esac
n=$1 dir=$2
mkdir -p "$dir"

head() {	# number, type, further fields
	printf '# D%s: %s -- Generated component\n\n' "$1" "$2" |
	    sed 's/ -- / - /'
	printf '**Component:** Generated component\n'
	shift 2
	for f; do
		printf '**%s\n' "$f"
	done
	printf '\n---\n\n'
}

{
	head 1 Constitution 'Version:** 1.0.0'
	cat <<-'X'
	## Articles

	### Article 1: Only what the specification says

	**Rule:** The component MUST do what its scenarios say and nothing else.

	**Why:** What nobody asked for is judged by nobody.

	**Test:** Every function is named by a contract.

	**Violations:** No exceptions.

	## Boundary Definitions

	### ALWAYS

	- Run the tests before handing over

	### ASK FIRST

	- Add a dependency

	### NEVER

	- Use the network

	## Development Workflow Constraints

	- One commit a task

	## Tooling Constraints

	| Operation | USE THIS | NOT THIS |
	|-----------|----------|----------|
	| Build | make | a script of one's own |
	X
} >"$dir/D1_CONSTITUTION.md"

{
	head 2 Specification 'Package ID:** PKG-GENERATED-001' \
	    'Spec Version:** 1.0.0'
	cat <<-'X'
	## Component Purpose

	A component that exists to be counted.

	## What This Component Is NOT

	- It is NOT useful. It does not do anything.

	## User Scenarios

	### Primary Scenarios

	X
	awk -v n="$n" 'BEGIN {
		for (i = 1; i <= n; i++) {
			printf "#### SC-%03d: Step number %d is done\n\n", i, i
			printf "**Priority:** P%d\n", i <= 3 ? 0 : i <= 7 ? 1 : 2
			printf "**Source:** step %d of the plan\n\n", i
			printf "**GIVEN** step %d was not done\n", i
			printf "**WHEN** the operator runs `step %d`\n", i
			printf "**THEN** it prints `done %d`\n", i
			printf "**AND** it exits with 0\n\n"
			printf "**Testing Approach:** run it and compare\n\n"
		}
	}'
	printf '## Success Criteria\n\n- [ ] every step is done\n'
} >"$dir/D2_SPECIFICATION.md"

{
	head 3 'Data Model' 'Spec Version:** 1.0.0 (matches D2)'
	cat <<-'X'
	## Entities

	### E-001: Step (PRIVATE)

	**Scope:** PRIVATE
	**Source:** D2 SC-001
	**Description:** What one step is.

	| Field | Type | Required | Description | Constraints |
	|-------|------|----------|-------------|-------------|
	| number | int | yes | which step | >= 1 |

	**Example:**
	```json
	{"number": 1}
	```

	**Invariants:**
	- number is never 0
	X
} >"$dir/D3_DATA_MODEL.md"

{
	head 4 Contracts 'Spec Version:** 1.0.0 (matches D2)'
	printf '## Contracts\n\n'
	awk -v n="$n" 'BEGIN {
		m = int(n / 20) + 1
		split("IN OUT SIDE ERR", kind, " ")
		for (k = 1; k <= 4; k++)
			for (i = 1; i <= m; i++) {
				printf "#### %s-%03d: Group %d\n\n", kind[k], i, i
				printf "**Caller:** operator\n"
				printf "**Scenarios:** SC-%03d\n\n", (i > n) ? n : i
			}
	}'
	printf '## Testable Surface\n\nNo test doubles required.\n'
} >"$dir/D4_CONTRACTS.md"

{
	head 5 Research 'Status:** Complete'
	cat <<-'X'
	## Research Log

	#### RQ-001: How is a step counted?

	**Prompted By:** D2 SC-001
	**Priority:** Blocking
	**Decision:** In decimal.
	**Rationale:** People read it.
	X
} >"$dir/D5_RESEARCH.md"

{
	head 6 'Gap Analysis' 'Unresolved:** 0'
	cat <<-'X'
	## Boundary Analysis

	### 1. Data In

	| Boundary | Classification | Status |
	|----------|----------------|--------|
	| Command line | PRIVATE | RESOLVED - D4 IN-001 |

	**Gaps found:** None.

	## Clarification Log

	#### CLR-001: Where does counting begin?

	**Found During:** D2
	**Question:** At 0 or at 1?
	**Status:** RESOLVED(at 1)
	**Blocks:** D7

	## Summary

	| Category | Gaps Found | Shared | Resolved | Remaining |
	|----------|------------|--------|----------|-----------|
	| Data In | 0 | 0 | 0 | 0 |

	**Gate verdict: PASS - zero open items.**
	X
} >"$dir/D6_GAP_ANALYSIS.md"

{
	head 7 Plan 'Spec Version:** 1.0.0 (matches D2)'
	cat <<-'X'
	## Summary

	One program, one file a step.

	## Technical Context

	```
	Language:  sh
	Testing:   prove
	```

	## Constitution Check

	| Article | Principle | Compliant | Notes |
	|---------|-----------|-----------|-------|
	| Art 1 | Only what the specification says | YES | nothing else is planned |

	## Architecture Overview

	```
	operator -> step -> stdout
	```

	### Component Responsibilities

	#### Stepper (`step.sh`)

	**Responsibility:** Does the steps.
	**Implements:** SC-001
	**Exposes:** `step N`

	### File Creation Order

	```
	gen/
	X
	awk -v n="$n" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "+-- step%03d.sh    # step %d\n", i, i
	}'
	cat <<-'X'
	```

	### Testing Strategy

	#### Unit Tests
	- every step alone
	X
} >"$dir/D7_PLAN.md"

{
	head 8 Tasks "Total Tasks:** $n"
	printf '## MVP Scope\n\nAll of it.\n\n'
	awk -v n="$n" 'BEGIN {
		m = int(n / 20) + 1
		split("IN OUT SIDE ERR", kind, " ")
		last = -1
		for (i = 1; i <= n; i++) {
			p = int((i - 1) * 4 / n)
			if (p != last)
				printf "## Phase %d: Part %d\n\n", p, p
			last = p
			printf "#### T-%03d: Do step number %d\n\n", i, i
			printf "**Phase:** %d - Part %d\n", p, p
			printf "**Parallel/Serial:** %s\n", i % 2 ? "Serial" : "Parallel"
			if (i == 1)
				d = "None"
			else {
				d = sprintf("T-%03d (comes before)", int(i / 2))
				if (i % 10 == 0)
					d = d sprintf(", T-%03d", i - 1)
			}
			printf "**Dependency:** %s\n**Scope:** S\n", d
			printf "**Scenarios Satisfied:** SC-%03d\n", i
			c = ""
			if (i <= m)
				for (k = 1; k <= 4; k++)
					c = c (k > 1 ? ", " : "") \
					    sprintf("%s-%03d", kind[k], i)
			else
				c = sprintf("IN-%03d", (i - 1) % m + 1)
			printf "**Contracts Implemented:** %s\n\n", c
			printf "**Acceptance Criteria:**\n"
			printf "- `step%03d.sh` prints `done %d`\n", i, i
			printf "- it exits with 0\n- Unit tests: 2\n\n"
		}
	}'
	printf '**Total: %s tasks in 4 phases.**\n' "$n"
} >"$dir/D8_TASKS.md"

{
	head 9 'Holdout Scenarios' 'Contracts:** D4 1.0.0'
	printf '## Scenarios\n\n'
	awk -v n="$n" 'BEGIN {
		for (i = 1; i <= 7; i++) {
			s = i > n ? n : i
			printf "### HS-%03d: Behaviour of part %d seen from outside\n\n", i, i
			printf "```yaml\ncomponent: generated\nscenario: part-%d\n", i
			printf "priority: P%d\n```\n\n", i <= 3 ? 0 : 1
			printf "**Validates:** SC-%03d\n**Contracts:** IN-001\n", s
			printf "**Type:** Happy path\n\n"
			printf "**Setup:**\n```bash\n# scratch\ntmp=$(mktemp -d)\n```\n\n"
			printf "**Execute:**\n```bash\n"
			printf "sh step%03d.sh >\"$tmp/out\"\n```\n\n", s
			printf "**Verify:**\n\n"
			printf "| Check | What to Examine | PASS Condition | FAIL Condition |\n"
			printf "|-------|-----------------|----------------|----------------|\n"
			printf "| 1 | output | `done %d` | anything else |\n\n", s
			printf "```bash\ngrep -qx \"done %d\" \"$tmp/out\"\n```\n\n", s
			printf "**Cleanup:**\n```bash\nrm -rf \"$tmp\"\n```\n\n"
		}
		printf "## Scenario Coverage Matrix\n\n"
		printf "| D2 Scenario | Priority | Holdout Coverage | Notes |\n"
		printf "|-------------|----------|------------------|-------|\n"
		for (s = 1; s <= n && s <= 7; s++) {
			h = sprintf("HS-%03d", s)
			if (s == n)
				for (i = s + 1; i <= 7; i++)
					h = h sprintf(", HS-%03d", i)
			printf "| SC-%03d | P%d | %s | |\n", s, s <= 3 ? 0 : 1, h
		}
	}'
	cat <<-'X'

	## Run Protocol

	**Run order:** P0 first. If any P0 fails, stop. Then P1.
	**Pass threshold:** All P0 pass (3/3). All P1 pass (4/4).
	X
} >"$dir/D9_HOLDOUT_SCENARIOS.md"

{
	head 10 'Agent Context' 'Package:** PKG-GENERATED-001'
	cat <<-'X'
	## What This Project Does

	It does steps.

	## Commands

	```bash
	# Run one step
	sh step001.sh
	```

	## Tool Rules

	| USE THIS | NOT THIS | WHY |
	|----------|----------|-----|
	| sh | anything larger | D1 |

	## Coding Conventions

	- POSIX sh

	## Submission Protocol

	1. Build.
	2. Write the results file.

	## Active Components

	| Component | Where | Interface |
	|-----------|-------|-----------|
	| Stepper | step.sh | `step N` |
	X
} >"$dir/D10_AGENT_CONTEXT.md"
