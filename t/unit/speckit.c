/* Spec Kit's feature directories: the forms that authors use. */
#include "base/df.h"

#include <unistd.h>

#include "base/text.h"
#include "spec/speckit.h"
#include "tap.h"

static struct df_speckit sk;

/* Read files: name, text, name, text, ..., NULL. */
static int
read_files(const char *const *arg)
{
	struct df_speckit_file file[8];
	struct df_err e;
	size_t n = 0;

	for (; arg[0]; arg += 2, n++) {
		memset(&file[n], 0, sizeof(file[n]));
		file[n].name = arg[0];
		file[n].s = arg[1];
		file[n].n = strlen(arg[1]);
		file[n].constitution = strcmp(arg[0], "constitution.md") == 0;
	}
	if (df_speckit_read(&sk, file, n, &e) == 0)
		return 0;
	printf("# %s\n", e.msg);
	return -1;
}

#define READ(...) \
	((void)ok(read_files((const char *const[]){ __VA_ARGS__, NULL }) == \
	    0, "read"))

static const char *
texts(const struct df_sktexts *t)
{
	static char out[512];
	size_t i;

	out[0] = 0;
	for (i = 0; i < t->n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s",
		    i ? "|" : "", t->v[i].s);
	return out;
}

/* "US1.AS1: given|..; when; then" of the only scenario of a text. */
static const char *
clauses(const char *item)
{
	static char out[1024], doc[1024];

	snprintf(doc, sizeof(doc), "### User Story 1 - x (Priority: P1)\n\n"
	    "**Acceptance Scenarios**:\n\n%s\n", item);
	READ("spec.md", doc);
	snprintf(out, sizeof(out), "%zu", sk.scenarios);
	if (sk.scenarios) {
		snprintf(out, sizeof(out), "%zu %s: %s;", sk.scenarios,
		    sk.scenario[0].id, texts(&sk.scenario[0].given));
		snprintf(out + strlen(out), sizeof(out) - strlen(out), " %s;",
		    texts(&sk.scenario[0].when));
		snprintf(out + strlen(out), sizeof(out) - strlen(out), " %s",
		    texts(&sk.scenario[0].then));
	}
	df_speckit_release(&sk);
	return out;
}

static void
scenarios(void)
{
	is_str(clauses("1. **Given** a, **When** b, **Then** c"),
	    "1 US1.AS1: a; b; c", "in bold");
	is_str(clauses("1. **GIVEN** a **WHEN** b **THEN** c **AND** d"),
	    "1 US1.AS1: a; b; c|d", "bold capitals, without commas");
	is_str(clauses("- GIVEN a WHEN b AND c THEN d"),
	    "1 US1.AS1: a; b|c; d", "capitals");
	is_str(clauses("1. Given a, when b, then c"),
	    "1 US1.AS1: a; b; c", "plain words");
	is_str(clauses("1. Given what was given, when it is when, then then"),
	    "1 US1.AS1: what was given; it is when; then",
	    "plain words inside a clause");
	is_str(clauses("1. **Given** a,\n   **When** b,\n   **Then** c"),
	    "1 US1.AS1: a; b; c", "over lines");
	is_str(clauses("**Given** a\n\n**When** b\n\n**Then** c\n\nMore."),
	    "1 US1.AS1: a; b; c", "over paragraphs");
	is_str(clauses("1. **Given** a, **When** b, **Then** c:\n"
	    "   - d\n   - e"), "1 US1.AS1: a; b; c:\n- d\n- e",
	    "with a list of its own");
	is_str(clauses("1. **Given** `**When** x`, **When** b, **Then** c"),
	    "1 US1.AS1: `**When** x`; b; c", "not in code");
	is_str(clauses("1. It works"), "1 US1.AS1: ; ; ", "without clauses");
	is_str(clauses("Given that it matters, we care."), "1 US1.AS1: that "
	    "it matters, we care.; ; ", "below the label, a sentence");
	is_str(clauses("1. **Given** a, **When** b, **Then** c\n"
	    "2. **Given** d, **When** e, **Then** f"), "2 US1.AS1: a; b; c",
	    "two of them");
}

static void
stories(void)
{
	static const struct {
		const char *head, *id, *title;
		int priority;
	} form[] = {
		{ "### User Story 1 - See it (Priority: P2)", "US1", "See it",
		    2 },
		{ "#### User Story 12 \xe2\x80\x94 See it (P0)", "US12",
		    "See it", 0 },
		{ "### User Story 5a: See it", "US5a", "See it", -1 },
		{ "### US-3: See it (all) (Priority: P1) MVP", "US3",
		    "See it (all)", 1 },
		{ "## Story 4", "US4", "", -1 },
		{ "**User Story 7 - See it (Priority: P3)**", "US7", "See it",
		    3 }
	};
	char doc[256];
	size_t i;

	for (i = 0; i < DF_LEN(form); i++) {
		snprintf(doc, sizeof(doc), "# Feature Specification: X\n\n"
		    "%s\n\nText.\n", form[i].head);
		READ("spec.md", doc);
		is_int(sk.stories, 1, form[i].head);
		if (sk.stories) {
			is_str(sk.story[0].id, form[i].id, "its id");
			is_str(sk.story[0].title, form[i].title, "its title");
			is_int(sk.story[0].priority, form[i].priority,
			    "its priority");
		}
		df_speckit_release(&sk);
	}
	READ("spec.md", "# X\n\n1. **Given** a, **When** b, **Then** c\n");
	ok(sk.stories == 0 && sk.scenarios == 1, "a scenario in no story");
	is_str(sk.scenario[0].id, "AS1", "its id");
	df_speckit_release(&sk);
	READ("spec.md", "# X\n\nUser Story 1 is what matters.\n\n"
	    "```\n### User Story 2 - no\n```\n"
	    "<!--\n### User Story 3 - no\n-->\n");
	is_int(sk.stories, 0, "neither in text nor code nor comments");
	df_speckit_release(&sk);
}

/* "T002<T001 T003<T001": what depends on what */
static const char *
depends(const char *list)
{
	static char out[512];
	size_t i;

	READ("tasks.md", list);
	out[0] = 0;
	for (i = 0; i < sk.rels; i++)
		if (sk.rel[i].kind == DF_SK_TASK_TASK)
			snprintf(out + strlen(out), sizeof(out) - strlen(out),
			    "%s%s<%s%s", *out ? " " : "",
			    sk.task[sk.rel[i].from].id, sk.rel[i].id,
			    sk.rel[i].to == DF_SK_NONE ? "?" : "");
	df_speckit_release(&sk);
	return out;
}

#define THREE "- [ ] T001 a\n- [ ] T002 b\n- [ ] T003 c\n"

static void
tasks(void)
{
	READ("spec.md", "### User Story 1 - See\n### User Story 2 - Book\n",
	    "tasks.md", "## Phase 1: Setup\n\n"
	    "- [X] T001 Make `a.c`\n  and b/c.h, see GET /x and e.g. this\n"
	    "- [ ] **T002** [P] [US1] in src/[id]/x.ts\n"
	    "- [ ] T003a [P] [US1, US2] y\n"
	    "* [ ] T004 [US2][P]: z\n"
	    "- [-] T005 no\n- [ ] T006x7 no\n- T007 no\n"
	    "### Implementation for User Story 2\n"
	    "- [ ] T008 here\n");
	is_int(sk.tasks, 5, "tasks");
	is_str(sk.task[0].text.s, "Make `a.c` and b/c.h, see GET /x and e.g. "
	    "this", "a text over two lines");
	is_str(texts(&sk.task[0].files), "a.c|b/c.h", "its files");
	ok(sk.task[0].claimed && !sk.task[1].claimed, "a tick is a claim");
	is_str(sk.task[1].id, "T002", "an id in bold");
	is_str(texts(&sk.task[1].files), "src/[id]/x.ts", "a file in brackets");
	is_str(sk.task[3].text.s, "z", "tags in any order");
	ok(sk.task[3].parallel, "[P] behind the story");
	is_int(sk.dropped.n, 1, "one is dropped");
	is_int(sk.unnumbered.n, 1, "one has no id");
	ok(sk.task[4].hint == 1, "the story of the heading");
	is_int(sk.rel[sk.rels - 1].evidence, DF_INFERRED, "is inferred");
	is_int(sk.task[0].wave, 0, "the first");
	ok(sk.task[1].wave == 1 && sk.task[3].wave == 1,
	    "neighbours with [P]");
	is_int(sk.task[4].wave, 2, "the next");
	df_speckit_release(&sk);

	is_str(depends("- [ ] T001 a\n- [ ] T002 b (depends on T001)\n"),
	    "T002<T001", "depends on");
	is_str(depends(THREE "- [ ] T004 d, depends on T001, T002 and T9\n"),
	    "T004<T001 T004<T002 T004<T9?", "a list with one that is not");
	is_str(depends(THREE "- [ ] T004 d (depends on **T001-T003**)\n"),
	    "T004<T001 T004<T002 T004<T003", "a range");
	is_str(depends(THREE "- [ ] T004 d (depends on T001; T002 may run)\n"),
	    "T004<T001", "up to the clause's end");
	is_str(depends(THREE "- [ ] T004 d, does not depend on T001\n"), "",
	    "does not depend");
	is_str(depends(THREE "\nT002 and T003 depend on T001.\n"),
	    "T002<T001 T003<T001", "a sentence");
	is_str(depends(THREE "\n- T001 first; T003 waits for T002.\n"),
	    "T003<T002", "its last clause");
	is_str(depends(THREE "\n- T002 is independent of T001.\n"), "",
	    "independent");
	READ("tasks.md", "- [ ] T001 a (depends on T003)\n- [ ] T002 b\n"
	    "- [ ] T003 c\n");
	ok(sk.task[0].wave == 3 && sk.task[2].wave == 2,
	    "what a task says goes before the document's order");
	df_speckit_release(&sk);
	READ("tasks.md", "- [ ] T001 a (depends on T002)\n"
	    "- [ ] T002 b (depends on T001)\n- [ ] T003 c\n");
	ok(sk.task[0].wave == 0 && sk.task[2].wave == 0,
	    "in a circle there is no order");
	df_speckit_release(&sk);
}

static const char *
stories_of(enum df_skrelkind kind, uint32_t from)
{
	static char out[256];
	size_t i;

	out[0] = 0;
	for (i = 0; i < sk.rels; i++)
		if (sk.rel[i].kind == kind && sk.rel[i].from == from)
			snprintf(out + strlen(out), sizeof(out) - strlen(out),
			    "%s%s %s", *out ? " " : "",
			    sk.story[sk.rel[i].to].id,
			    df_evidence_name[sk.rel[i].evidence]);
	return out;
}

static void
relations(void)
{
	READ("spec.md", "### User Story 1 - Reserve seats\n\nMeets FR-002.\n\n"
	    "### User Story 2 - Print tickets\n\n## Requirements\n\n"
	    "- **FR-001**: x (US2)\n- **FR-002**: y\n- **FR-003**: z\n"
	    "- **FR-004**: a ticket can be printed\n- **FR-005**: q\n",
	    "tasks.md", "- [ ] T001 [US1] FR-003 by POST /seats/:id\n"
	    "- [ ] T002 [US2] getSeat\n- [ ] T003 as b.ts says\n",
	    "contracts/a.yaml", "paths:\n  /api/v2/seats/{seatId}:\n"
	    "    post:\n      x: y\n    get:\n      operationId: getSeat\n",
	    "contracts/b.ts", "export type Other = 1;\n"
	    "export interface TicketFile {}\n");
	is_str(stories_of(DF_SK_REQ_STORY, 0), "US2 stated", "by its text");
	is_str(stories_of(DF_SK_REQ_STORY, 1), "US1 stated", "by the story");
	is_str(stories_of(DF_SK_REQ_STORY, 2), "US1 inferred", "by a task");
	is_str(stories_of(DF_SK_REQ_STORY, 3), "", "one word is not enough");
	is_str(stories_of(DF_SK_REQ_STORY, 4), "", "by nothing");
	is_int(sk.contracts, 4, "contracts");
	is_str(stories_of(DF_SK_CONTRACT_STORY, 0), "US1 inferred",
	    "a route and its method");
	is_str(stories_of(DF_SK_CONTRACT_STORY, 1), "US2 inferred",
	    "an operationId");
	is_str(stories_of(DF_SK_CONTRACT_STORY, 2), "", "an export");
	is_str(stories_of(DF_SK_CONTRACT_STORY, 3), "US2 inferred",
	    "a word of the name");
	df_speckit_release(&sk);
}

static void
checks(void)
{
	struct df_check c;

	READ("spec.md", "# X\n");
	df_speckit_check(&c, &sk);
	is_str(c.row[DF_CHECK_CYCLES].name, "d8_no_dependency_cycles",
	    "rows have the names of any specification's");
	ok(c.row[DF_CHECK_DOCUMENTS].ran && !c.row[DF_CHECK_RESEARCH].ran &&
	    !c.row[DF_CHECK_JUDGE].ran, "those are made that mean something");
	ok(!c.pass && c.blocked, "an empty feature does not pass");
	df_check_release(&c);
	df_speckit_release(&sk);
}

/* What costs as much as it is long, and no more: head, then n times text,
   beside another tasks.md.  Read or refused as too large, but not in hours. */
static void
hostile(const char *name, const char *head, const char *text, size_t n,
    const char *other, const char *what)
{
	struct df_speckit_file file[2] = { { .name = "tasks.md", .s = other,
	    .n = strlen(other) }, { .name = name } };
	struct df_buf b = DF_BUF_INIT;
	struct df_err e = { 0 };
	int r;

	df_buf_str(&b, head);
	while (n--)
		df_buf_str(&b, text);
	file[1].s = b.s;
	file[1].n = b.n;
	r = df_speckit_read(&sk, strcmp(name, "tasks.md") ? file : file + 1,
	    strcmp(name, "tasks.md") ? 2 : 1, &e);
	ok(r == 0 || strcmp(e.code, "speckit.size") == 0, "%s", what);
	if (r == 0)
		df_speckit_release(&sk);
	df_buf_release(&b);
}

static void
linear(void)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	alarm(120);
	hostile("spec.md", "", "[DATE] ", 90000, "", "blanks in one line");
	hostile("spec.md", "", "[NEEDS CLARIFICATION] ", 90000, "",
	    "markers in one line");
	hostile("tasks.md", "", "### Phase 1: x\n", 90000, "", "phases");
	hostile("tasks.md", "- [ ] T001 ", "depends on ", 300000, "",
	    "a task that depends on nothing, often");
	hostile("tasks.md", "T001 ", "depends on ", 300000, "",
	    "a sentence that does");
	df_buf_str(&b, "- [ ] T001 ");
	for (i = 0; i < 100000; i++)
		df_buf_str(&b, "POST /a ");
	hostile("contracts/a.yaml", "paths:\n", "  /a:\n    get:\n", 30000, b.s,
	    "operations of one name that is named often");
	df_buf_release(&b);
	alarm(0);
}

/* A message is cut where a character ends. */
static void
cut(void)
{
	struct df_check c;
	struct df_buf b = DF_BUF_INIT;
	size_t i, k;

	for (k = 0; k < 2; k++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "[NEEDS CLARIFICATION: %s", k ? "x" : "");
		for (i = 0; i < 300; i++)
			df_buf_str(&b, "\xc3\xa9");
		df_buf_str(&b, "]\n");
		READ("spec.md", b.s);
		df_speckit_check(&c, &sk);
		for (i = 0; i < c.n; i++)
			if (df_utf8_bad(c.diag[i].msg, strlen(
			    c.diag[i].msg)) != strlen(c.diag[i].msg))
				break;
		ok(i == c.n, "all messages are UTF-8");
		df_check_release(&c);
		df_speckit_release(&sk);
	}
	df_buf_release(&b);
}

int
main(void)
{
	scenarios();
	stories();
	tasks();
	relations();
	checks();
	linear();
	cut();
	return tap_done();
}
