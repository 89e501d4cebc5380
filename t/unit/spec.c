/*
 * The specification reader: the forms that authors use, and the checks.
 * Whole sets are in sets.c, YAML in yaml.c, changes to sets in mutate.c.
 */
#include "base/df.h"

#include "docs.h"

/* ---- the forms that authors use ---- */

static struct df_spec sp;
#define read_docs(...) docs_read(&sp, __VA_ARGS__)
static struct df_check ck;

#define S3 "## Scenarios\n#### SC-001: a\n#### SC-002: b\n#### SC-003: c\n"
#define C4 "### IN-001: a\n- Scenarios: SC-001\n### IN-002\n### OUT-001\n" \
	"### SIDE-001\n### ERR-001\n"

static void
want_task(const char *body, const char *sc, const char *ct, const char *dep)
{
	char d8[4096], name[256];
	size_t i;

	snprintf(name, sizeof(name), "%s", body);
	for (i = 0; name[i]; i++)
		if (name[i] == '\n')
			name[i] = '/';
	snprintf(d8, sizeof(d8), "#### T-001: x\n- Dependency: None\n"
	    "#### T-002: x\n- Dependency: None\n#### T-003: y\n%s\n", body);
	read_docs(2, S3, 4, C4, 8, d8, 0);
	if (sp.d8.tasks != 3) {
		ok(0, "three tasks: %s", body);
		return;
	}
	if (sc)
		is_str(join(&sp.d8.task[2].scenarios), sc, name);
	if (ct)
		is_str(join(&sp.d8.task[2].contracts), ct, name);
	if (dep)
		is_str(join(&sp.d8.task[2].deps), dep, name);
}

static void
references(void)
{
	want_task("- Scenarios Satisfied: D2 SC-001, SC-003 (all of it)",
	    "SC-001 SC-003", "", "");
	want_task("**Scenarios Satisfied:** SC-001 through SC-003",
	    "SC-001 SC-002~ SC-003", NULL, NULL);
	want_task("**Scenarios Satisfied:** SC-001..SC-003", "SC-001 SC-002~ "
	    "SC-003", NULL, NULL);
	want_task("**Scenarios Satisfied:** SC-001..003", "SC-001 SC-002~ "
	    "SC-003~", NULL, NULL);
	want_task("**Scenarios Satisfied:** SC-001\xe2\x80\x93" "003",
	    "SC-001 SC-002~ SC-003~", NULL, NULL);
	want_task("**Scenarios Satisfied:** SC-001,002, 003", "SC-001 SC-002~ "
	    "SC-003~", NULL, NULL);
	want_task("**Scenarios Satisfied:** SC-001 (2 of 3), 100 times",
	    "SC-001", NULL, NULL);
	want_task("- Scenarios Satisfied: All 3 D2 scenarios (P0)",
	    "SC-001~ SC-002~ SC-003~", NULL, NULL);
	want_task("- Scenarios Satisfied: All (integration)",
	    "SC-001~ SC-002~ SC-003~", NULL, NULL);
	want_task("- Scenarios Satisfied: SC-002 and all others (All)",
	    "SC-002", NULL, NULL);
	want_task("- Scenarios Satisfied: all except SC-002", "SC-001~ "
	    "SC-003~", NULL, NULL);
	want_task("- Scenarios Satisfied: Precondition for errors (SC-001, "
	    "all validation scenarios)", "SC-001", NULL, NULL);
	want_task("- Scenarios Satisfied: Foundation for all scenarios", "",
	    NULL, NULL);
	ok(sp.d8.task[2].foundation, "a foundation");
	want_task("- Scenarios Satisfied: All D1 articles", "", NULL, NULL);
	want_task("- Contracts Implemented: D4 full contract set", NULL,
	    "IN-001~ IN-002~ OUT-001~ SIDE-001~ ERR-001~", NULL);
	want_task("- Contracts Implemented: Validation of all contracts",
	    NULL, "IN-001~ IN-002~ OUT-001~ SIDE-001~ ERR-001~", NULL);
	want_task("- Contracts Implemented: all D4 contracts", NULL,
	    "IN-001~ IN-002~ OUT-001~ SIDE-001~ ERR-001~", NULL);
	want_task("- Contracts Implemented: All error contracts", NULL,
	    "ERR-001~", NULL);
	want_task("- Contracts Implemented: D3 E-001, D4 IN-001/OUT-001", NULL,
	    "IN-001 OUT-001", NULL);
	is_str(join(&sp.d8.task[2].others), "E-001", "what else is named");
	want_task("- Dependency: T-001 and T-002 (both)", NULL, NULL,
	    "T-001 T-002");
	want_task("- Depends On: T-001 (a), T-002 (b)", NULL, NULL,
	    "T-001 T-002");
	want_task("- Dependencies: T-001 through T-002", NULL, NULL,
	    "T-001 T-002");
	want_task("- Dependency: None (can start with T-001, in parallel)",
	    NULL, NULL, "");
	want_task("- Dependency: None (depends only on T-001)", NULL, NULL,
	    "T-001");
	want_task("- Dependency: All previous tasks", NULL, NULL,
	    "T-001~ T-002~");
	want_task("- Dependency: PKG-T-001 and XT-002", NULL, NULL, "");
	want_task("- Scenarios Satisfied:\n  - SC-001\n  - SC-002", "SC-001 "
	    "SC-002", NULL, NULL);
	want_task("- Scenarios Satisfied: SC-001, SC-002,\n  SC-003",
	    "SC-001 SC-002 SC-003", NULL, NULL);
	want_task("- Scenarios Satisfied: SC-001 through SC-999999999",
	    "SC-001 SC-999999999", NULL, NULL);
}

static void
task(const char *d8, size_t n, const char *id, const char *title, int phase)
{
	read_docs(8, d8, 0);
	if (sp.d8.tasks != n) {
		is_int(sp.d8.tasks, n, d8);
		return;
	}
	ok(strcmp(sp.d8.task[n - 1].item.id, id) == 0 &&
	    strcmp(sp.d8.task[n - 1].item.title, title) == 0 &&
	    sp.d8.task[n - 1].phase == phase, "task %s \"%s\" in phase %d",
	    id, title, phase);
	if (strcmp(sp.d8.task[n - 1].item.title, title) != 0 ||
	    sp.d8.task[n - 1].phase != phase)
		printf("# got \"%s\" phase %d\n",
		    sp.d8.task[n - 1].item.title, sp.d8.task[n - 1].phase);
}

static void
tasks(void)
{
	task("## Phase 2: Core\n\n#### T-001: A b\n**Scope:** M (medium)\n",
	    1, "T-001", "A b", 2);
	is_int(sp.d8.task[0].scope, 'M', "scope");
	is_str(sp.d8.task[0].phase_name, "Core", "the phase's name");
	task("### Phase 1 \xe2\x80\x94 Core\n#### T-001 \xe2\x80\x94 A b\n",
	    1, "T-001", "A b", 1);
	task("**T-001: A b**\n- Phase: 0 \xe2\x80\x94 Base\n", 1, "T-001",
	    "A b", 0);
	task("### T-001\n- Phase + name: Phase 0 \xe2\x80\x94 Make it\n", 1,
	    "T-001", "Make it", 0);
	task("### T-001\n- Phase + name: 1 = Core Logic: Make it\n", 1,
	    "T-001", "Make it", 1);
	is_str(sp.d8.task[0].phase_name, "Core Logic", "the phase's name");
	task("### T-001\n- Phase + name: 0 Foundation | Make it\n", 1,
	    "T-001", "Make it", 0);
	task("- Phase 0 Foundation: T-001 Make it\n  Parallel/Serial: Serial\n"
	    "  Dependency: None\n  Scope: S\n  Scenarios Satisfied: SC-001\n"
	    "  Acceptance Criteria:\n  1. one\n  2. two\n"
	    "- Phase 1 Core: T-002 Then that\n  Dependency: T-001\n", 2,
	    "T-002", "Then that", 1);
	ok(sp.d8.task[0].criteria == 2 && sp.d8.task[0].scope == 'S',
	    "fields of a task in a list item");
	is_str(join(&sp.d8.task[1].deps), "T-001", "its dependency");
	task("- T-001: Do a.\n- T-002: Do b.\n", 2, "T-002", "Do b.", -1);
	task("## Phase 1: a\n\n## Phase 2: b\n\n### T-001: x\n", 1, "T-001",
	    "x", 2);
	task("## MVP\n- T-001: in\n- T-002: in\n\n## Tasks\n### T-001: x\n"
	    "### T-002: y\n", 2, "T-002", "y", -1);
	is_int(sp.remarks, 0, "a list of tasks before them defines nothing");
	read_docs(8, "## MVP Scope\n- T-001: in\n- T-002: in\n## Tasks\n", 0);
	is_int(sp.d8.tasks, 0, "nor where it is all there is");
	task("## Notes\n- T-003: later\n## Tasks\n### T-001: x\n- Scope: S\n"
	    "- T-002: y\n", 2, "T-002", "y", -1);
	task("### T-001: x\n- Acceptance Criteria:\n  9. SC-001: genesis\n"
	    "  10. T-002: later\n", 1, "T-001", "x", -1);
	is_int(sp.d8.task[0].criteria, 2, "criteria that look like items");
	is_int(sp.d8.task[0].criterion[0].number, 9, "and their numbers");
	task("#### T-001: A b\n- **Scope:** M\n- **Acceptance Criteria:**\n"
	    "- Unit tests: 5\n- Scope: none left\n- **Dependency:** None\n",
	    1, "T-001", "A b", -1);
	is_int(sp.d8.task[0].criteria, 2, "criteria beside their label");
	task("### T-001: x\n**Acceptance Criteria:**\n- Verify: a\n"
	    "- Section 1 (Mission): b\n  - nested\n- Scope c\n\n### T-002: y\n",
	    2, "T-002", "y", -1);
	is_int(sp.d8.task[0].criteria, 3, "criteria that look like fields");
	is_str(sp.d8.task[0].criterion[1].text.s,
	    "Section 1 (Mission): b\n  - nested", "a nested criterion");
	task("### T-001: x\n\nWhat it is for.\n\n- Scope: S\n"
	    "- Acceptance Criteria:\n  1. check:\n     ```bash\n"
	    "     # T-003: no\n     ```\n  2. more\n", 1, "T-001", "x", -1);
	is_str(sp.d8.task[0].description.s, "What it is for.", "description");
	ok(sp.d8.task[0].criteria == 2 &&
	    sp.d8.task[0].criterion[0].codes.n == 1 &&
	    strcmp(sp.d8.task[0].criterion[0].codes.v[0].s, "# T-003: no\n")
	    == 0, "code in a criterion");
	task("```\nT-009: in a fence\n```\n### T-001: x\n", 1, "T-001", "x",
	    -1);
	read_docs(8, "### T-001: x\n### T-002: y\n### T-001: z\n", 0);
	ok(sp.d8.tasks == 2 && sp.remarks == 1 &&
	    strcmp(sp.remark[0].rule, "id.duplicate") == 0 &&
	    sp.remark[0].at.line == 3, "a second definition is remarked");
}

static void
scenario(const char *d2, size_t n, const char *id, const char *title)
{
	read_docs(2, d2, 0);
	ok(sp.d2.scenarios == n && n &&
	    strcmp(sp.d2.scenario[n - 1].item.id, id) == 0 &&
	    strcmp(sp.d2.scenario[n - 1].item.title, title) == 0,
	    "scenario %s \"%s\"", id, title);
}

static void
scenarios(void)
{
	const struct df_scenario *s;

	scenario("#### SC-001: A b\n", 1, "SC-001", "A b");
	scenario("#### SC-001 \xe2\x80\x94 A b\n", 1, "SC-001", "A b");
	scenario("**SC-001 - A `b`**\n", 1, "SC-001", "A `b`");
	scenario("**SC-EC-001 \xe2\x80\x94 A b**\n", 1, "SC-EC-001", "A b");
	scenario("SC-001\n- Priority: P1\n", 1, "SC-001", "");
	scenario("- SC-001\n  - Priority: P1\n- SC-002\n  - Priority: P2\n",
	    2, "SC-002", "");
	is_int(sp.d2.scenario[1].priority, 2, "nested fields");
	scenario("- SC-001: It says so.\n- SC-002: And that.\n", 2, "SC-002",
	    "And that.");
	scenario("### Primary (3-7, SC-### IDs, e.g. SC-001)\n#### SC-101\n"
	    "- GIVEN a WHEN b THEN c is so, always\n", 1, "SC-101",
	    "c is so");
	is_str(sp.d2.scenario[0].group, "Primary (3-7, SC-### IDs, e.g. "
	    "SC-001)", "the group");
	read_docs(2, "#### SC-001: x\n**Priority:** P0 (blocker)\n"
	    "**GIVEN** a\n**WHEN** b\n**THEN** c\n**AND** d\n\n"
	    "**Testing Approach:** GIVEN nothing\n", 0);
	s = &sp.d2.scenario[0];
	ok(s->priority == 0 && s->given.n == 1 && s->when.n == 1 &&
	    s->then.n == 2 && strcmp(s->then.v[1].s, "d") == 0 &&
	    s->then.v[1].at.line == 6, "bold clauses");
	is_str(s->testing.s, "GIVEN nothing", "testing approach");
	read_docs(2, "## 4. User Scenarios\n#### __SC-001: x__\n"
	    "__Priority:__ P1\n__GIVEN__ a\n__WHEN__ b\n__THEN__ c_d\n", 0);
	s = &sp.d2.scenario[0];
	ok(sp.d2.scenarios == 1 && strcmp(s->item.title, "x") == 0 &&
	    s->priority == 1 && s->given.n == 1 && s->when.n == 1 &&
	    s->then.n == 1 && strcmp(s->then.v[0].s, "c_d") == 0,
	    "underscores for asterisks");
	read_docs(2, "SC-001\n- GIVEN a `WHEN` b AND c WHEN d\n  goes on\n"
	    "  THEN e AND f\n- Testing Approach: x AND y\n", 0);
	s = &sp.d2.scenario[0];
	ok(s->given.n == 2 && s->when.n == 1 && s->then.n == 2,
	    "clauses in one bullet");
	is_str(s->given.v[0].s, "a `WHEN` b", "no clause word in code");
	is_str(s->when.v[0].s, "d goes on", "a clause over two lines");
	read_docs(2, "#### SC-001: x\n- Given: a\n- When: b\n- Then: c\n", 0);
	s = &sp.d2.scenario[0];
	ok(s->given.n == 1 && s->when.n == 1 && s->then.n == 1 &&
	    strcmp(s->then.v[0].s, "c") == 0, "clauses as fields");
	read_docs(2, "## Deferred\n- DEF-001: What: a thing | Why Deferred: "
	    "time\n### DEF-002\n- What: b\n**DEF-003 \xe2\x80\x94 T**\n"
	    "- Trigger to add: c\n", 0);
	ok(sp.d2.ndeferred == 3 &&
	    strcmp(sp.d2.deferred[0].why.s, "time") == 0 &&
	    strcmp(sp.d2.deferred[1].what.s, "b") == 0 &&
	    strcmp(sp.d2.deferred[2].item.title, "T") == 0 &&
	    strcmp(sp.d2.deferred[2].trigger.s, "c") == 0, "deferred");
	read_docs(2, "## NOT\n\nIt is NOT a.\nIt does not b.\n\nIt is NOT c."
	    "\n\n## Success Criteria\n- [ ] one\n- [x] two\n", 0);
	ok(sp.d2.is_not.n == 2 && sp.d2.criteria.n == 2 &&
	    strcmp(sp.d2.is_not.v[0].s, "It is NOT a. It does not b.") == 0 &&
	    strcmp(sp.d2.criteria.v[1].s, "two") == 0,
	    "paragraphs and check boxes");
}

static void
status(const char *item, enum df_status want)
{
	const struct df_gap *g;

	read_docs(6, item, 0);
	g = sp.d6.gaps ? sp.d6.gap : sp.d6.clar;
	ok(sp.d6.gaps + sp.d6.clars == 1 && g->status == want, "%s: %.*s",
	    df_status_name(want), (int)strcspn(item, "\n"), item);
	if (sp.d6.gaps + sp.d6.clars == 1 && g->status != want)
		printf("# got %s\n", df_status_name(g->status));
}

static void
statuses(void)
{
	status("#### CLR-001: x\n**Status:** RESOLVED(so)\n",
	    DF_STATUS_RESOLVED);
	status("#### CLR-001: x\n**Status:** OPEN\n", DF_STATUS_OPEN);
	status("#### CLR-001: x\n**Status:** (OPEN)\n", DF_STATUS_OPEN);
	status("#### CLR-001: x\n**Status:** Open, asked Bob\n",
	    DF_STATUS_OPEN);
	status("CLR-001\n- Status: ASSUMED\n", DF_STATUS_ASSUMED);
	status("**CLR-001: x**\n- Status: RESOLVED \xe2\x80\x94 ASSUMED: y\n",
	    DF_STATUS_ASSUMED);
	status("### CLR-001\n- Status (OPEN|RESOLVED|ASSUMED): ASSUMED\n",
	    DF_STATUS_ASSUMED);
	status("### CLR-001\n- Status (OPEN|RESOLVED|ASSUMED): OPEN\n",
	    DF_STATUS_OPEN);
	status("#### CLR-001: x\n**Question:** y\n", DF_STATUS_OPEN);
	status("#### CLR-001: x\n**Status:** [OPEN | RESOLVED(answer)]\n",
	    DF_STATUS_OPEN);
	status("#### CLR-001: x\n**Status:** waiting for Alice\n",
	    DF_STATUS_OPEN);
	status("#### GAP-001: x (RESOLVED)\n**Resolution:** prose, OPEN\n",
	    DF_STATUS_RESOLVED);
	status("#### GAP-001: x (OPEN)\n**Resolution:** RESOLVED\n",
	    DF_STATUS_OPEN);
	status("### GAP-001 \xe2\x80\x94 x\n- Resolution: RESOLVED (ASSUMED) "
	    "\xe2\x80\x94 y\n", DF_STATUS_ASSUMED);
	status("**GAP-1: x**\n- Resolution: ASSUMED \xe2\x80\x94 y\n",
	    DF_STATUS_ASSUMED);
	status("**GAP-1: x**\n- Resolution: OPEN \xe2\x80\x94 y\n",
	    DF_STATUS_OPEN);
	status("**GAP-1: x**\n- Existing Contract: marks this OPEN\n"
	    "- Resolution: RESOLVED, was OPEN\n", DF_STATUS_RESOLVED);
	status("### GAP-001 - x\n- Category: y\n", DF_STATUS_NONE);
	status("### GAP-001 - x (open file handles)\n", DF_STATUS_NONE);
	status("### GAP-001 - x\n- Resolution: Open the file first.\n",
	    DF_STATUS_OTHER);
	status("### GAP-001 - x\n- Resolution: Resolved, see D4.\n",
	    DF_STATUS_RESOLVED);
	status("- **CLR-001: x**\n- **Options:**\n  - OPEN\n  - shut\n"
	    "- Status: RESOLVED\n", DF_STATUS_RESOLVED);
	status("__CLR-001: x__\n__Status__: OPEN\n", DF_STATUS_OPEN);
	status("#### GAP-001: x\n**Shared?** YES - all\n**Resolution:** OPEN"
	    "\n", DF_STATUS_OPEN);
	is_int(sp.d6.gap[0].shared, 1, "a question in bold");
	status("GAP-001: Data In | Need: a |\n  Shared?: NO |\n"
	    "  Resolution: OPEN\n", DF_STATUS_OPEN);
	status("GAP-001: Data In | Need: a | Shared?: YES | Existing:NONE | "
	    "Resolution: ASSUMED in D3\n", DF_STATUS_ASSUMED);
	is_int(sp.d6.gap[0].shared, 1, "shared");
	is_str(sp.d6.gap[0].category.s, "Data In", "category");
	status("- GAP-001: Data In | Need: a | Resolution: RESOLVED\n",
	    DF_STATUS_RESOLVED);
	read_docs(6, "# D6: Gap Analysis - x\nMeta: v:1 | unresolved:0 - MUST "
	    "be 0\n## Boundary Analysis\n1. Data In\n- Boundary table:\n\n"
	    "| Boundary | Classification | Status |\n| a | b | CLEAR |\n"
	    "| c | d | OPEN - why |\n\n2. Data Out\n| Boundary | Status |\n"
	    "| e | `x | y` is RESOLVED |\n| f | RESOLVED (assumed): z |\n"
	    "## Other check\n| What | Match status |\n| g | MATCHES |\n"
	    "## Summary\n| Category | Gaps Found | Remaining |\n| a | 1 | 1 |\n"
	    "Gate verdict: FAIL (1 open)\n", 0);
	ok(sp.d6.categories == 3 && sp.d6.category[0].rows == 2 &&
	    sp.d6.category[0].number == 1 &&
	    sp.d6.category[0].row[0].status == DF_STATUS_RESOLVED &&
	    sp.d6.category[0].row[1].status == DF_STATUS_OPEN &&
	    sp.d6.category[1].row[1].status == DF_STATUS_ASSUMED &&
	    sp.d6.category[2].row[0].status == DF_STATUS_RESOLVED,
	    "boundary tables");
	read_docs(6, "## Boundary Analysis\n### 1. Data In\n"
	    "| Boundary | Status |\n| a | Open-source licence |\n| b | open |\n"
	    "| c | not OPEN yet |\n", 0);
	ok(sp.d6.category[0].row[0].status == DF_STATUS_OTHER &&
	    sp.d6.category[0].row[1].status == DF_STATUS_OPEN &&
	    sp.d6.category[0].row[2].status == DF_STATUS_OTHER,
	    "cells that begin with open, and that do not");
	read_docs(6, "## Boundary Analysis\n### 1. Data In\n| a | OPEN |\n"
	    "| b | CLEAR |\n| c | OPEN: who? |\n### 2. Data Out\n"
	    "| d | Open-source |\n| e | opened |\n", 0);
	ok(sp.d6.categories == 2 && sp.d6.category[0].rows == 2 &&
	    sp.d6.category[0].row[1].status_text.at.line == 5 &&
	    sp.d6.category[1].rows == 0, "open rows without a header");
	read_docs(6, "# D6: x\nMeta: unresolved:0\n## Summary\n"
	    "| Category | Remaining |\n| a | 1 |\nGate verdict: FAIL\n", 0);
	ok(sp.d6.unresolved == 0 && sp.d6.gate == DF_GATE_FAIL &&
	    sp.d6.sums == 1 && sp.d6.sum[0].remaining == 1,
	    "what D6 says about itself");
	read_docs(6, "## Boundary Analysis\n### 1. Data In\n"
	    "| Boundary | Status |\n| a | CLEAR |\n## GAP-001: x (RESOLVED)\n"
	    "| b | Status |\n| c | OPEN |\n### 2. Data Out\n"
	    "| Boundary | Status |\n| d | OPEN |\n", 0);
	ok(sp.d6.categories == 2 && sp.d6.gaps == 1 &&
	    sp.d6.category[1].rows == 1 &&
	    sp.d6.category[1].row[0].status == DF_STATUS_OPEN,
	    "a category below a gap of a higher level");
	read_docs(6, "# D6: x\nNo gaps. Gate verdict: PASS\n", 0);
	ok(sp.d6.gate == DF_GATE_PASS && sp.d6.gate_text.at.line == 2,
	    "a verdict behind other words");
}

static void
articles(const char *d1, size_t n, const char *name, const char *rule)
{
	read_docs(1, d1, 0);
	ok(sp.d1.articles == n && n &&
	    strcmp(sp.d1.article[n - 1].item.title, name) == 0 &&
	    strcmp(sp.d1.article[n - 1].rule.s, rule) == 0 &&
	    sp.d1.article[n - 1].number == n, "%zu articles, the last \"%s\"",
	    n, name);
}

static void
constitution(void)
{
	articles("## Articles\n### Article 1: A\n**Rule:** r\n### Article 2: B"
	    "\n**Rule:** s\n", 2, "B", "s");
	articles("## Articles (5-10)\n### Article 1 \xe2\x80\x94 A (x)\n"
	    "- Rule: r\n- Why: w\n", 1, "A (x)", "r");
	articles("## Articles\n1. FIRST\n- Rule: r\n- Test:\n  1. do\n  2. "
	    "that\n\n2. SECOND\n- Rule: s\n", 2, "SECOND", "s");
	articles("## Articles\n1. Only this.\n2. And that.\n3. No more.\n", 3,
	    "No more.", "");
	articles("## Articles\n1. FIRST\n- Rule: r\n- Test:\n1. do\n2. that\n"
	    "\n2. SECOND\n- Rule: s\n", 2, "SECOND", "s");
	read_docs(1, "## Boundaries (unlisted: ask)\n### ALWAYS - x\n- a\n"
	    "### ASK FIRST (y)\n- b\n- c\n### NEVER\n- d\n## Other\n"
	    "### Never here\n- e\n## Dev Workflow Constraints\n1. f\n2. g\n"
	    "## Tooling Constraints\n| Op | USE | NOT |\n| h | i | j |\n", 0);
	ok(sp.d1.always.n == 1 && sp.d1.ask_first.n == 2 &&
	    sp.d1.never.n == 1 && sp.d1.workflow.n == 2 &&
	    sp.d1.tooling.rows == 1 && sp.d1.tooling.cols == 3,
	    "boundaries, workflow, tooling");
}

static void
meta(void)
{
	read_docs(2, "# D2: Specification - A - b\n**Component:** C\n"
	    "**Package:** PKG-X-001\n**CRITICAL: not a field**\n"
	    "**Spec Version:** 1.2.3 (x)\n\n---\n**Status:** no\n", 0);
	ok(strcmp(sp.component, "C") == 0 &&
	    strcmp(sp.package, "PKG-X-001") == 0 &&
	    strcmp(sp.doc[2].meta.version.s, "1.2.3") == 0 &&
	    strcmp(sp.doc[2].meta.component.s, "C") == 0 &&
	    strcmp(sp.doc[2].meta.doctype.s, "Specification") == 0 &&
	    sp.doc[2].meta.status.n == 0 && sp.doc[2].meta.fields.n == 3,
	    "bold metadata");
	read_docs(2, "# D2: Specification \xe2\x80\x94 Ledger (X)\n"
	    "Meta: pkg:FMWK-1 | v:1.0.0 (matches) | sources:a: b, c | "
	    "gap_analysis:D6 PASS | amended:\xe2\x80\x94\n", 0);
	ok(strcmp(sp.component, "Ledger (X)") == 0 &&
	    strcmp(sp.package, "FMWK-1") == 0 &&
	    strcmp(df_field_get(&sp.doc[2].meta.fields, "sources")->s,
	    "a: b, c") == 0 && strcmp(df_field_get(&sp.doc[2].meta.fields,
	    "gap analysis")->s, "D6 PASS") == 0, "a Meta line");
	read_docs(3, "# D4: Data Model - x\n", 0);
	ok(sp.remarks == 1 && strcmp(sp.package, "TBD") == 0,
	    "a title with another number; no package");
	ok(df_spec_docnumber("D1_X.md") == 1 &&
	    df_spec_docnumber("D10-Y.md") == 10 &&
	    df_spec_docnumber("D1X.md") == 0 &&
	    df_spec_docnumber("D11_X.md") == 0 &&
	    df_spec_docnumber("D0_X.md") == 0 &&
	    df_spec_docnumber("D9_X.txt") == 0 &&
	    df_spec_docnumber("xD9_X.md") == 0, "names of documents");
}

static void
contracts(void)
{
	read_docs(2, S3, 4, "## Inputs/Outputs\n- IN-001: ping() (SC-001)\n"
	    "- OUT-001: pong\n## Errors\n### ERR-001 \xe2\x80\x94 [List] (x)\n"
	    "- Scenarios (D2 SC-001, SC-002)\n- Caller Action: stop\n"
	    "SIDE-001\n- Scenarios: All\nWrite Shape:\n```\n# IN-009: no\n```\n"
	    "## Error Code Enum\n| Code | Meaning | Retryable |\n"
	    "| ERR-009 | x | no |\n## Testable Surface Declaration\n"
	    "| double_id | name |\n| TD-001 | clock |\n", 0);
	is_int(sp.d4.contracts, 4, "contracts in four forms");
	is_str(join(&sp.d4.contract[0].scenarios), "SC-001", "in the title");
	is_str(join(&sp.d4.contract[2].scenarios), "SC-001 SC-002",
	    "without a colon");
	is_str(sp.d4.contract[2].item.title, "[List] (x)", "a title");
	is_str(join(&sp.d4.contract[3].scenarios), "SC-001~ SC-002~ SC-003~",
	    "all scenarios");
	is_str(df_field_get(&sp.d4.contract[2].fields, "caller action")->s,
	    "stop", "a field");
	ok(sp.d4.errcodes == 1 && sp.d4.twins == 1 && !sp.d4.no_doubles &&
	    strcmp(sp.d4.twin[0].item.title, "clock") == 0,
	    "error codes and test doubles");
	read_docs(3, "E-001 Ping `x`\n- Scope: PRIVATE\n\n| Field | Type | "
	    "Required | Description | Constraints |\n| value:string | "
	    "Type:string | Req:yes | Desc:what | Constraint:none |\n\n"
	    "```json\n{}\n```\n\nInvariants: one. two.\n"
	    "### E-002 - Pong (SHARED)\n**First fields:**\n\n| Field | Type |\n"
	    "|--|--|\n| a | b |\n**More:**\n| Field |\n| c |\n", 0);
	ok(sp.d3.entities == 2 && sp.d3.entity[0].tables == 1 &&
	    sp.d3.entity[0].examples.n == 1 &&
	    sp.d3.entity[0].invariants.n == 1 &&
	    strcmp(sp.d3.entity[0].table[0].v[0].name.s, "value") == 0 &&
	    strcmp(sp.d3.entity[0].table[0].v[0].constraints.s, "none") == 0,
	    "a bare entity with canonical cells");
	ok(strcmp(sp.d3.entity[1].item.title, "Pong") == 0 &&
	    strcmp(sp.d3.entity[1].scope.s, "SHARED") == 0 &&
	    sp.d3.entity[1].tables == 2 &&
	    strcmp(sp.d3.entity[1].table[1].caption.s, "More") == 0,
	    "two tables and their captions");
}

static void
research(void)
{
	read_docs(5, "#### RQ-001: What?\n**Priority:** Blocking (x)\n"
	    "**Decision:** That.\n**Rationale:** So.\n\n### RQ-002\n"
	    "- Priority: Informational\n- Options Considered: | A | B |\n"
	    "  | c | d |\n### RQ-003 - x\n- Priority: Blocking\n", 0);
	ok(sp.d5.nresearch == 3 && sp.d5.research[0].blocking &&
	    !sp.d5.research[1].blocking && sp.d5.research[2].blocking &&
	    strcmp(sp.d5.research[0].decision.s, "That.") == 0 &&
	    sp.d5.research[2].decision.n == 0, "research questions");
	ok(sp.d5.research[1].options.cols == 2 &&
	    sp.d5.research[1].options.rows == 1 &&
	    strcmp(sp.d5.research[1].options.head[1].s, "B") == 0,
	    "a table that begins behind its label");
	read_docs(5, "#### 1. RQ-001: What?\n- **Findings:**\nIt is so.\n"
	    "Seen in tests:\n- `**Status:**` lines\n- Decision: a word\n\n"
	    "- **Decision:** That.\n- **Rationale:** So.\n", 0);
	ok(sp.d5.nresearch == 1 &&
	    strcmp(sp.d5.research[0].item.title, "What?") == 0 &&
	    strcmp(sp.d5.research[0].decision.s, "That.") == 0 &&
	    strcmp(sp.d5.research[0].rationale.s, "So.") == 0,
	    "items in bold are labels, others are not");
}

static void
plan(void)
{
	read_docs(1, "### Article 1: x\n", 7, "## Technical Context\n"
	    "Language: C | Key Dependencies: none | Platform\n"
	    "## Constitution Check\n| Article | Compliant |\n| 1: x | NO |\n"
	    "## Architecture Overview\n```\nbox\n```\n### Flow\ntext\n"
	    "### Component Responsibilities\n- File: `a/b.c`\n"
	    "  - Responsibility | Implements (D2 SC-001) | Depends On: none | "
	    "Exposes: `f(x|y)`\n- File: `c.c`\n  - Responsibility: r\n"
	    "### File Creation Order\n```\nroot/\n|-- src\n|   |-- a.c  # one\n"
	    "|   `-- b.c   two words\n\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 "
	    "README \xe2\x86\x90 last\n```\n### Testing Strategy\n"
	    "#### Unit\n- a\n", 0);
	is_str(df_field_get(&sp.d7.context_fields, "key dependencies")->s,
	    "none", "context on one line");
	ok(sp.d7.verdicts == 1 && sp.d7.verdict[0].yes == 0 &&
	    sp.d7.verdict[0].number == 1, "a verdict");
	ok(sp.d7.components == 2 && sp.d7.diagrams.n == 1 &&
	    strcmp(sp.d7.component[0].name, "b.c") == 0 &&
	    strcmp(sp.d7.component[0].file.s, "a/b.c") == 0 &&
	    strcmp(sp.d7.component[0].exposes.s, "f(x|y)") == 0 &&
	    strcmp(sp.d7.component[1].responsibility.s, "r") == 0,
	    "components by file");
	is_str(join(&sp.d7.component[0].refs), "SC-001", "and their ids");
	ok(sp.d7.files == 5 &&
	    strcmp(sp.d7.file[1].path, "root/src/") == 0 &&
	    sp.d7.file[1].dir &&
	    strcmp(sp.d7.file[2].path, "root/src/a.c") == 0 &&
	    strcmp(sp.d7.file[2].comment, "one") == 0 &&
	    strcmp(sp.d7.file[3].comment, "two words") == 0 &&
	    strcmp(sp.d7.file[4].path, "root/README") == 0 &&
	    strcmp(sp.d7.file[4].comment, "last") == 0, "the file tree");
	ok(strstr(sp.d7.testing.s, "#### Unit") != NULL,
	    "the testing strategy has its deeper headings");
}

static void
holdouts(void)
{
	const struct df_holdout *h;

	read_docs(2, S3, 9, "# D9: x\nCRITICAL: y\n\n```yaml\ncomponent: c\n"
	    "scenario_slug: one\npriority: P0\n```\nValidates: D2 SC-001\n"
	    "Setup:\n```bash\n# comment\na=1\n```\nExecute:\n```bash\n:\n```\n"
	    "Verify:\n| Check | x |\n|--|--|\n| 1 | y |\n\n```bash\n"
	    "test $a = 1\n```\nCleanup:\nnothing\n\n```yaml\ncomponent: c\n"
	    "scenario_slug: two\npriority: P1\nvalidates: [SC-002]\n```\n"
	    "**Verify**\n```sh\nb\n```\n## Coverage Matrix\n"
	    "| D2 | P | Holdout |\n| SC-003 - c | P1 | HS-002 |\n"
	    "## Run Protocol\nThreshold: All P0 (1/1). P1: 2 of 3.\n", 0);
	ok(sp.d9.holdouts == 2 &&
	    strcmp(sp.d9.holdout[1].item.id, "HS-002") == 0 &&
	    sp.d9.holdout[0].item.implied &&
	    sp.d9.holdout[0].how == DF_VERIFY_CODE &&
	    sp.d9.holdout[0].checks.rows == 1, "ids that stand nowhere");
	h = &sp.d9.holdout[0];
	ok(strcmp(h->setup.code, "# comment\na=1\n") == 0 &&
	    h->setup.line == 12 && h->cleanup.there && h->cleanup.n == 0 &&
	    strcmp(h->cleanup.prose.s, "nothing") == 0 &&
	    strcmp(h->slug.s, "one") == 0, "blocks");
	is_str(join(&sp.d9.holdout[1].validates), "SC-002",
	    "validates in the header");
	ok(sp.d9.protocol.p0_need == 1 && sp.d9.protocol.p1_need == 2 &&
	    sp.d9.protocol.p1_total == 3 && sp.d9.protocol.percent == -1,
	    "thresholds");
	check_frame(&sp, "implied ids: all of D9");

	read_docs(2, S3, 9, "## HS-001: A\n### HS-002\n```yaml\nscenario_id: "
	    "\"HS-002\"\npriority: P2\n```\n- Execute: run it\n#### Verify\n"
	    "```python\nassert 1\n```\n# Note\nVerify:\n```bash\nfalse\n```\n"
	    "### HS-003: C\n```yaml\nscenario_id: \"HS-004\"\npriority: P1\n"
	    "```\n## Environment Variables\n```\nA_HOST  # default: here\n"
	    "B_CMD   # how\n```\n- `ROOT` (default `$(pwd)`)\n## Other\n"
	    "**Verify:**\n```bash\nx\n```\n", 0);
	ok(sp.d9.holdouts == 3 && sp.d9.holdout[1].priority == 2 &&
	    sp.d9.holdout[1].execute.there &&
	    strcmp(sp.d9.holdout[1].execute.prose.s, "run it") == 0,
	    "headings of two levels");
	ok(sp.d9.holdout[1].verify.foreign == 1 &&
	    sp.d9.holdout[1].verify.fences == 1 &&
	    strcmp(sp.d9.holdout[1].verify.code, "false\n") == 0,
	    "a heading of level 1 hides no Verify");
	ok(sp.d9.envs == 3 && strcmp(sp.d9.env[0].fallback, "here") == 0 &&
	    sp.d9.env[1].fallback == NULL &&
	    strcmp(sp.d9.env[2].fallback, "$(pwd)") == 0, "environment");
	read_docs(9, "# D9: x\nSet `A_CMD` (default: `b c`) and $D_DIR.\n\n"
	    "## Scenarios\n### HS-001: A\nVerify:\n```bash\nx `E_E`\n```\n"
	    "## Run Protocol\n**Setup:**\n```bash\ny\n```\n", 0);
	ok(sp.d9.envs == 2 && strcmp(sp.d9.env[0].fallback, "b c") == 0 &&
	    strcmp(sp.d9.env[1].name, "D_DIR") == 0,
	    "environment above the first section");
	is_int(sp.d9.stray, 0, "code of the run protocol is not stray");
	read_docs(9, "## HS-001: A\nVerify:\n```bash\nx\n```\n"
	    "## Other\n**Verify:**\n```bash\nx\n```\n", 0);
	is_int(sp.d9.stray, 7, "a block outside scenarios");
	check_frame(&sp, "headings: all of D9");
	read_docs(9, "### HS-001: A\nVerify:\n```bash\nx\n```\n### HS-001: B\n"
	    "```yaml\ncomponent: c\npriority: P1\n```\n```sh\nz\n```\nVerify:\n"
	    "```bash\ny\n```\n### HS-002: C\n", 0);
	ok(sp.d9.holdouts == 3 && sp.remarks == 1 &&
	    strcmp(sp.remark[0].rule, "id.duplicate") == 0 &&
	    sp.remark[0].at.line == 6 &&
	    strcmp(sp.d9.holdout[1].verify.code, "y\n") == 0,
	    "a holdout twice is remarked once and keeps its code");
	ok(sp.d9.holdout[0].unlabelled.line == 0 &&
	    sp.d9.holdout[1].unlabelled.line == 11, "code under no label");
	check_frame(&sp, "twice: all of D9");
}

static void
context(void)
{
	read_docs(10, "## Commands\n```bash\n# Build it\ncd x && make\n\n"
	    "make check \\\n  V=1\n# Last\nls\n```\n## Tool Rules\n"
	    "| USE | NOT | WHY |\n| `a | b` | c | d |\n"
	    "## Coding Conventions\n| Convention | Rule |\n| Exit | 0 |\n"
	    "## Submission Protocol\n1. Do\n2. Branch naming: `f/x`\n"
	    "```\nCommit:  \"m\"\n```\n## External Dependencies\n"
	    "| name | mode |\n| db | twin |\n| mail | real |\n", 0);
	ok(sp.d10.commands == 3 &&
	    strcmp(sp.d10.command[0].label.s, "Build it") == 0 &&
	    strcmp(sp.d10.command[1].text.s, "make check \\\nV=1") == 0 &&
	    strcmp(sp.d10.command[2].label.s, "Last") == 0, "commands");
	ok(sp.d10.rules == 1 &&
	    strcmp(sp.d10.rule[0].use.s, "a | b") == 0, "tool rules");
	ok(sp.d10.conventions.n == 1 &&
	    strcmp(sp.d10.conventions.v[0].s, "Exit: 0") == 0 &&
	    sp.d10.protocol.n == 2 &&
	    strcmp(sp.d10.branch.s, "f/x") == 0 &&
	    strcmp(sp.d10.commit.s, "\"m\"") == 0, "conventions, submission");
	ok(sp.d10.externals == 2 && sp.d10.external[0].twin == 1 &&
	    sp.d10.external[1].twin == 0, "external dependencies");
}

/* ---- checks ---- */

static int
found(const char *rule)
{
	size_t i;
	int n = 0;

	for (i = 0; i < ck.n; i++)
		n += strcmp(ck.diag[i].rule->id, rule) == 0;
	return n;
}

static void
check_now(void)
{
	df_check_release(&ck);
	df_check_run(&ck, &sp);
}

static void
checks(void)
{
	size_t i;
	uint32_t order[8];
	jv v;

	for (i = 0; i + 1 < df_nrules; i++)
		if (strcmp(df_rules[i].id, df_rules[i + 1].id) >= 0)
			break;
	ok(i + 1 == df_nrules && df_rule_find("d8.cycle") &&
	    df_rule_find("no.such") == NULL, "the rules are sorted");

	read_docs(8, "### T-001: a\n- Dependency: T-003\n### T-002: b\n"
	    "- Dependency: T-001, T-004\n### T-003: c\n- Dependency: T-002\n"
	    "### T-004: d\n- Dependency: T-004\n", 0);
	check_now();
	is_str(ck.row[DF_CHECK_CYCLES].msg, "Dependency cycle detected in D8: "
	    "T-001 \xe2\x86\x92 T-003 \xe2\x86\x92 T-002 \xe2\x86\x92 T-001",
	    "a cycle");
	is_int(found("d8.cycle"), 2, "and one of a task with itself");
	is_int(df_spec_order(&sp, order), -1, "no order");
	ok(!ck.row[DF_CHECK_CYCLES].pass && ck.blocked && !ck.pass,
	    "it fails, and documents are missing");
	ok(found("doc.missing") == 9 && !ck.row[DF_CHECK_HOLDOUTS].ran &&
	    !ck.row[DF_CHECK_SCENARIOS].ran,
	    "checks without their documents are not made");

	read_docs(8, "### T-001: a\n- Dependency: T-003\n### T-002: b\n"
	    "- Dependency: None\n### T-003: c\n- Dependency: T-009\n", 0);
	ok(df_spec_order(&sp, order) == 0 && order[0] == 1 &&
	    order[1] == 2 && order[2] == 0, "an order");
	check_now();
	is_int(found("ref.dangling"), 1, "a dependency on nothing");

	read_docs(2, S3, 4, C4 "### ERR-002\n- Scenarios: SC-001\n", 8,
	    "### T-001: base\n- Scenarios Satisfied: Foundation (SC-001)\n"
	    "### T-002: a\n- Scenarios Satisfied: SC-001\n"
	    "### T-003: b\n- Dependency: T-002\n- Scenarios Satisfied: SC-001\n"
	    "- Contracts Implemented: IN-001, ERR-002\n"
	    "### T-004: all\n- Scenarios Satisfied: All\n", 0);
	is_str(df_spec_responsible(&sp, df_spec_find(&sp, "SC-001", 6))
	    ->item.id, "T-003", "who is responsible: most contracts");
	is_str(df_spec_responsible(&sp, df_spec_find(&sp, "SC-002", 6))
	    ->item.id, "T-004", "or whoever covers it at all");

	read_docs(9, "### HS-001: A title of five words\n```yaml\n"
	    "priority: P0\ntitle: x\n```\nVerify:\n```bash\nls one\n"
	    "ls two\nls three four\n```\n### HS-002: b\n"
	    "### HS-003: c\n- Verify: prose `rm x`\n", 7,
	    "## Summary\nHS-001\n\n    ls one\n    ls two\n    ls three four\n"
	    "\nA title of five words\n", 0);
	check_now();
	ok(found("d9.no-verify") == 2 && found("leak.block") == 1 &&
	    found("leak.title") == 1 && found("leak.id") == 1,
	    "what D9 lacks and what leaks");
	v = df_check_result(&ck, &sp, DF_RESULT_PUBLIC);
	{
		jv s = jv_dump_string(v, 0);

		ok(strstr(jv_string_value(s), "five") == NULL &&
		    strstr(jv_string_value(s), "HS-") == NULL &&
		    strstr(jv_string_value(s), "\"leak.block\"") != NULL,
		    "a public result quotes nothing of D9");
		jv_free(s);
	}
	for (i = 0; i < ck.n; i++)
		if (ck.diag[i].doc == 9 && !ck.diag[i].d9)
			break;
	is_int(i, ck.n, "findings in D9 are marked");
	df_check_release(&ck);
	memset(&ck, 0, sizeof(ck));
}

/* A name in brackets is a placeholder, unless it is an entity's. */
static void
brackets(void)
{
	read_docs(3, "### E-001: Count\n", 4, "#### OUT-001: [Count] (x)\n"
	    "#### OUT-002: [Summary] (y)\n", 0);
	check_now();
	ok(found("fill.placeholder") == 1, "a list of an entity");
	df_check_release(&ck);
	memset(&ck, 0, sizeof(ck));
}

static int
set_here(const char *name)
{
	return strcmp(name, "A_DIR") == 0;
}

static void
environment(void)
{
	size_t i;

	read_docs(9, "# D9: x\n\n## Environment Variables\n- `A_DIR`: where\n"
	    "- `B_CMD` and `C_DIR` (default: `/c`)\n## HS-001: a\n", 0);
	ok(sp.d9.envs == 3 && sp.d9.env[1].fallback == NULL &&
	    strcmp(sp.d9.env[2].fallback, "/c") == 0,
	    "a default belongs to the name before it");
	check_now();
	ok(found("d9.env") == 2 && found("d9.unset") == 0,
	    "what is set is not asked for unless wanted");
	sp.env_is_set = set_here;
	check_now();
	ok(found("d9.env") == 1 && found("d9.unset") == 1, "one is not set");
	for (i = 0; i < ck.n; i++)
		if (strcmp(ck.diag[i].rule->id, "d9.unset") == 0)
			break;
	ok(i < ck.n && ck.diag[i].line == 5 && ck.diag[i].col == 4 &&
	    strcmp(ck.diag[i].msg, "B_CMD is declared without a default and "
	    "is not set") == 0, "which one, and where");
	df_check_release(&ck);
	memset(&ck, 0, sizeof(ck));
}

/* D9 may be kept back: nothing that needs it is found or missed. */
static void
withheld(void)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_err e;
	char text[DF_DOCS][64];
	unsigned n;

	memset(doc, 0, sizeof(doc));
	for (n = 1; n < DF_DOCS; n++) {
		snprintf(text[n], sizeof(text[n]), "# D%u: x - y\n\ntext\n", n);
		doc[n].s = n == 9 ? NULL : text[n];
		doc[n].n = strlen(text[n]);
	}
	df_spec_release(&sp);
	is_int(df_spec_read(&sp, doc, DF_SPEC_BIT(9), 0, &e), 0,
	    "nine documents");
	check_now();
	ok(found("doc.missing") == 0 && !ck.blocked &&
	    !ck.row[DF_CHECK_HOLDOUTS].ran && !ck.row[DF_CHECK_JUDGE].ran,
	    "D9 is not missed");
	is_str(ck.row[DF_CHECK_DOCUMENTS].msg, "9/9 documents found",
	    "nine of nine");
	df_check_release(&ck);
	memset(&ck, 0, sizeof(ck));
}

/* Bounds hold, and what exceeds them is refused with exit 3. */
static void
bounds(void)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_spec s;
	struct df_err e;
	struct df_buf b = DF_BUF_INIT;
	int i;

	memset(doc, 0, sizeof(doc));
	doc[8].s = "x";
	doc[8].n = 1;
	for (i = 0; i < 100001; i++)
		df_buf_fmt(&b, "### T-%d: x\n", i);
	doc[8].s = b.s;
	doc[8].n = b.n;
	ok(df_spec_read(&s, doc, 0, 0, &e) == -1 && e.exit == DF_INPUT,
	    "100,001 tasks");
	df_buf_reset(&b);
	for (i = 0; i < 40000; i++)
		df_buf_str(&b, "|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|\n");
	df_buf_str(&b, "## Summary\n");
	doc[8].s = b.s;
	doc[8].n = b.n;
	is_int(df_spec_read(&s, doc, 0, 0, &e), 0, "a table nobody reads");
	df_spec_release(&s);
	doc[6] = doc[8];
	doc[8].s = NULL;
	df_buf_reset(&b);
	df_buf_str(&b, "## Boundary Analysis\n### 1. Data In\n");
	for (i = 0; i < 120000; i++)
		df_buf_str(&b, "|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|Status|\n");
	doc[6].s = b.s;
	doc[6].n = b.n;
	is_int(df_spec_read(&s, doc, 0, (size_t)8 << 20, &e), -1,
	    "two million cells");
	is_int(df_spec_read(&s, doc, 0, 0, &e), -1, "more than 4 MiB");
	df_buf_release(&b);
}

int
main(void)
{
	references();
	tasks();
	scenarios();
	statuses();
	constitution();
	meta();
	contracts();
	research();
	plan();
	holdouts();
	context();
	checks();
	brackets();
	environment();
	withheld();
	bounds();
	df_spec_release(&sp);
	return tap_done();
}
