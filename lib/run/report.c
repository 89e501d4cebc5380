#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "run/ledger.h"
#include "run/report.h"

#define CELL_MAX 300		/* bytes of foreign text in one place */

/* ---- reading ---- */

static int
count(jv list)
{
	return jv_get_kind(list) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(list)) : 0;
}

static const char *
str(jv o, const char *name)
{
	const char *s = df_jv_str(o, name);

	return s ? s : "";
}

/* Call fn for each element of report.NAME. */
static int
each(jv o, const char *name, void (*fn)(struct df_buf *b, jv one),
    struct df_buf *b)
{
	jv list = df_jv_get(o, name), one;
	int i, n = count(list);

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		fn(b, one);
		jv_free(one);
	}
	jv_free(list);
	return n;
}

/* ---- Markdown ---- */

/* Foreign text in a table cell or behind other text on a line. */
static void
cell(struct df_buf *b, const char *s)
{
	struct df_buf t = DF_BUF_INIT;
	size_t i;

	df_text_foreign(&t, s, strlen(s), DF_TEXT_LINE, 0, CELL_MAX);
	for (i = 0; i < t.n; i++) {
		if (strchr("|`*_<>[]\\&", t.s[i]))
			df_buf_ch(b, '\\');
		df_buf_ch(b, t.s[i]);
	}
	df_buf_release(&t);
}

/* Strings of a list, by commas. */
static void
words(struct df_buf *b, jv o, const char *name)
{
	jv list = df_jv_get(o, name), one;
	int i, n = count(list);

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		df_buf_str(b, i ? ", " : "");
		if (jv_get_kind(one) == JV_KIND_STRING)
			cell(b, jv_string_value(one));
		jv_free(one);
	}
	jv_free(list);
}

static void
seconds(struct df_buf *b, int64_t ms)
{
	df_buf_fmt(b, "%lld.%03lld s", (long long)(ms / 1000),
	    (long long)(ms % 1000));
}

static void
md_dispatch(struct df_buf *b, jv d)
{
	jv m = df_jv_get(d, "measured"), c = df_jv_get(d, "cached_from");
	int64_t tokens = df_jv_int(d, "tokens_used", -1);

	df_buf_fmt(b, "| %s | ", str(d, "task_id"));
	if (df_jv_int(d, "attempt", 0))
		df_buf_fmt(b, "%lld", (long long)df_jv_int(d, "attempt", 0));
	df_buf_fmt(b, " | %s%s | %s | ", str(d, "status"),
	    jv_is_valid(c) ? " (taken over)" : "",
	    str(d, "results_status"));
	if (df_jv_int(m, "wall_ms", -1) >= 0)
		seconds(b, df_jv_int(m, "wall_ms", 0));
	df_buf_str(b, " | ");
	if (tokens >= 0)
		df_buf_fmt(b, "%lld", (long long)tokens);
	df_buf_fmt(b, " | %s | ", str(m, "isolation"));
	cell(b, *str(d, "error") ? str(d, "error") : *str(d, "message") ?
	    str(d, "message") : str(d, "blocked_by"));
	df_buf_str(b, " |\n");
	jv_free(m);
	jv_free(c);
}

static void
md_trace(struct df_buf *b, jv t)
{
	df_buf_fmt(b, "- %s, attempt %lld: ", str(t, "task_id"),
	    (long long)df_jv_int(t, "attempt", 0));
	cell(b, str(t, "text"));
	df_buf_ch(b, '\n');
}

/* " 2/3, flaky" behind the status of a scenario that was judged more than
   once. */
static void
times(struct df_buf *b, jv h)
{
	int64_t runs = df_jv_int(h, "runs", 0), passed = df_jv_int(h,
	    "passed", 0);

	if (runs > 1)
		df_buf_fmt(b, " %lld/%lld%s", (long long)passed,
		    (long long)runs, strcmp(str(h, "status"), "PASS") == 0 &&
		    passed < runs ? ", flaky" : "");
}

static void
md_holdout(struct df_buf *b, jv h)
{
	df_buf_fmt(b, "| %s | %s | %s", str(h, "holdout_id"),
	    str(h, "priority"), str(h, "status"));
	times(b, h);
	df_buf_fmt(b, " | %s | %s | ", str(h, "failure"),
	    str(h, "responsible_task"));
	words(b, h, "validates_scenarios");
	df_buf_fmt(b, " | %s%s |\n", str(h, "class"),
	    df_jv_bool(h, "independent") ? "" : ", not independent");
}

static void
md_pair(struct df_buf *b, jv p)
{
	df_buf_fmt(b, "%s %s (%s); ", str(p, "id"), str(p, "status"),
	    str(p, "evidence"));
}

static void
md_row(struct df_buf *b, jv r)
{
	static const char *const list[] = { "tasks", "holdouts" };
	size_t i, at;

	df_buf_fmt(b, "| %s ", str(r, "requirement"));
	cell(b, str(r, "title"));
	df_buf_fmt(b, " | %s | ", str(r, "priority"));
	for (i = 0; i < DF_LEN(list); i++) {
		at = b->n;
		(void)each(r, list[i], md_pair, b);
		if (b->n > at)
			df_buf_cut(b, b->n - 2);
		df_buf_str(b, " | ");
	}
	df_buf_fmt(b, "%s |\n", str(r, "evidence"));
}

static void
md_recommendation(struct df_buf *b, jv r)
{
	df_buf_str(b, "- ");
	cell(b, str(r, "text"));
	df_buf_ch(b, '\n');
}

static void
md_output(struct df_buf *b, jv o, const char *name, const char *title)
{
	const char *s = str(o, name);

	if (*s == '\0')
		return;
	df_buf_fmt(b, "\n%s:\n\n", title);
	df_text_fence(b, s, strlen(s), 16384);
}

static void
md_reason(struct df_buf *b, jv o)
{
	if (*str(o, "error_message") == '\0')
		return;
	df_buf_str(b, "\nReason: ");
	cell(b, str(o, "error_message"));
	df_buf_ch(b, '\n');
}

static void
md_run(struct df_buf *b, jv r)
{
	df_buf_fmt(b, "\n#### Run %lld: %s\n", (long long)df_jv_int(r, "run",
	    0), str(r, "status"));
	md_reason(b, r);
	md_output(b, r, "actual_output", "Actual");
}

static void
md_full(struct df_buf *b, jv h)
{
	df_buf_fmt(b, "\n### %s ", str(h, "holdout_id"));
	cell(b, str(h, "title"));
	df_buf_fmt(b, ": %s", str(h, "status"));
	times(b, h);
	df_buf_ch(b, '\n');
	if (df_jv_int(h, "runs", 0) < 2)
		md_reason(b, h);
	md_output(b, h, "expected_output", "Expected");
	if (each(h, "run_results", md_run, b) == 0)
		md_output(b, h, "actual_output", "Actual");
}

static void
md_head(jv r, struct df_buf *b)
{
	jv run = df_jv_get(r, "run"), d = df_jv_get(r, "decision");

	df_buf_str(b, "# ");
	cell(b, str(r, "component_name"));
	df_buf_fmt(b, ": %s\n\n", str(r, "verdict"));
	cell(b, str(r, "verdict_reason"));
	df_buf_fmt(b, "\n\n- Run: %s, `%s`\n- Status: %s\n", str(run, "name"),
	    str(run, "digest"), str(r, "status"));
	if (jv_get_kind(d) == JV_KIND_OBJECT)
		df_buf_fmt(b, "- Decision: %s%s%s\n", str(d, "kind"),
		    df_jv_bool(d, "self_approved") ? ", self-approved" : "",
		    *str(d, "effective") ? ", amended" : "");
	else
		df_buf_str(b, "- Decision: none\n");
	df_buf_fmt(b, "- Tokens: %lld, time: ", (long long)df_jv_int(r,
	    "total_tokens", 0));
	seconds(b, df_jv_int(r, "total_duration_ms", 0));
	df_buf_ch(b, '\n');
	jv_free(run);
	jv_free(d);
}

static void
md_suite(jv r, struct df_buf *b)
{
	jv s = df_jv_get(r, "suite"), i = df_jv_get(r, "isolation");
	jv by = df_jv_get(s, "sealed"), open;

	df_buf_fmt(b, "\n## Isolation and suite\n\n- Attempts: %s; judge: %s\n",
	    str(i, "attempts"), str(i, "judge"));
	df_buf_fmt(b, "- Suite: %lld scenarios, %lld of them P0, committed "
	    "as `%s`\n", (long long)df_jv_int(s, "scenarios", 0),
	    (long long)df_jv_int(s, "p0", 0), str(s, "commitment"));
	if (jv_get_kind(by) == JV_KIND_OBJECT)
		df_buf_fmt(b, "- Sealed beforehand as suite `%s`; what was "
		    "found in it is the word of key `%s`; inputs %s\n",
		    str(by, "id"), str(by, "by"), str(by, "inputs"));
	if (df_jv_int(s, "flaky", 0))
		df_buf_fmt(b, "- Flaky: %lld scenarios passed, but not in "
		    "every run\n", (long long)df_jv_int(s, "flaky", 0));
	df_buf_fmt(b, "- Evaluations of this run: %lld; earlier uses of the "
	    "suite: ", (long long)df_jv_int(s, "evaluations", 0));
	df_ledger_text(b, df_jv_get(s, "earlier"));
	df_buf_ch(b, '\n');
	df_buf_fmt(b, "- Disclosures: found %lld, shown %lld, opened %lld\n",
	    (long long)df_jv_int(s, "found", 0),
	    (long long)df_jv_int(s, "shown", 0),
	    (long long)df_jv_int(s, "opened", 0));
	open = df_jv_get(s, "opened_names");
	if (count(open)) {
		df_buf_str(b, "- Open to everybody: ");
		words(b, s, "opened_names");
		df_buf_ch(b, '\n');
	}
	jv_free(open);
	jv_free(by);
	jv_free(s);
	jv_free(i);
}

void
df_report_markdown(jv r, struct df_buf *b)
{
	jv full = df_jv_get(r, "full"), traces = df_jv_get(r, "traces");
	jv rec = df_jv_get(r, "recommendations");

	md_head(r, b);
	df_buf_str(b, "\n## Tasks\n\n| Task | Attempt | Status | Results | "
	    "Time | Tokens | Isolation | Said |\n|---|---|---|---|---|---|"
	    "---|---|\n");
	(void)each(r, "dispatches", md_dispatch, b);
	if (count(traces)) {
		df_buf_str(b, "\n## What builders left or tried\n\n");
		(void)each(r, "traces", md_trace, b);
	}
	df_buf_str(b, "\n## Holdouts\n\n| Scenario | Priority | Status | "
	    "Failure | Task | Validates | Class |\n|---|---|---|---|---|---|"
	    "---|\n");
	(void)each(r, "holdouts", md_holdout, b);
	df_buf_str(b, "\n## Requirements\n\n| Requirement | Priority | Tasks |"
	    " Holdouts | Evidence |\n|---|---|---|---|---|\n");
	(void)each(r, "matrix", md_row, b);
	df_buf_str(b, "\nEvidence: judged - an independent scenario passed; "
	    "tested - a program passed, or a scenario that is not "
	    "independent; claimed - only its builder says so; failed; "
	    "error - could not be judged; none.\n");
	md_suite(r, b);
	if (count(rec)) {
		df_buf_str(b, "\n## What to do\n\n");
		(void)each(r, "recommendations", md_recommendation, b);
	}
	if (count(full)) {
		df_buf_str(b, "\n## The scenarios in full\n");
		(void)each(r, "full", md_full, b);
	}
	jv_free(full);
	jv_free(traces);
	jv_free(rec);
}

/* ---- JUnit ---- */

static void
xml(struct df_buf *b, const char *s)
{
	struct df_buf t = DF_BUF_INIT;
	size_t i;

	df_text_foreign(&t, s, strlen(s), DF_TEXT_LINE, 0, CELL_MAX);
	for (i = 0; i < t.n; i++)
		switch (t.s[i]) {
		case '<':
			df_buf_str(b, "&lt;");
			break;
		case '>':
			df_buf_str(b, "&gt;");
			break;
		case '&':
			df_buf_str(b, "&amp;");
			break;
		case '"':
			df_buf_str(b, "&quot;");
			break;
		default:
			df_buf_ch(b, t.s[i]);
		}
	df_buf_release(&t);
}

static void
junit_holdout(struct df_buf *b, jv h)
{
	const char *status = str(h, "status");
	long long runs = df_jv_int(h, "runs", 0);
	long long passed = df_jv_int(h, "passed", 0);

	df_buf_fmt(b, "    <testcase classname=\"%s\" name=\"%s\"",
	    str(h, "priority"), str(h, "holdout_id"));
	if (runs < 2 && strcmp(status, "PASS") == 0) {
		df_buf_str(b, "/>\n");
		return;
	}
	df_buf_str(b, ">\n");
	if (strcmp(status, "PASS") != 0)
		df_buf_fmt(b, "      <%s type=\"%s\" message=\"task %s\"/>\n",
		    strcmp(status, "FAIL") == 0 ? "failure" : "error",
		    str(h, "failure"), str(h, "responsible_task"));
	if (runs > 1)
		df_buf_fmt(b, "      <system-out>passed in %lld of %lld runs%s"
		    "</system-out>\n", passed, runs, strcmp(status, "PASS")
		    == 0 && passed < runs ? ": flaky" : "");
	df_buf_str(b, "    </testcase>\n");
}

static void
junit_task(struct df_buf *b, jv d)
{
	jv m = df_jv_get(d, "measured");
	int64_t ms = df_jv_int(m, "wall_ms", 0);

	jv_free(m);
	if (!df_jv_bool(d, "last"))
		return;
	df_buf_fmt(b, "    <testcase classname=\"task\" name=\"%s attempt "
	    "%lld\" time=\"%lld.%03lld\"", str(d, "task_id"),
	    (long long)df_jv_int(d, "attempt", 0), (long long)(ms / 1000),
	    (long long)(ms % 1000));
	if (strcmp(str(d, "status"), "COMPLETED") == 0) {
		df_buf_str(b, "/>\n");
		return;
	}
	df_buf_fmt(b, ">\n      <failure type=\"%s\" message=\"", str(d,
	    "error_code"));
	xml(b, *str(d, "error") ? str(d, "error") : str(d, "status"));
	df_buf_str(b, "\"/>\n    </testcase>\n");
}

/* How many elements of report.LIST have that status (NULL: all); of attempts
   the last of each task counts. */
static int
number(jv r, const char *name, const char *status)
{
	int attempts = strcmp(name, "dispatches") == 0;
	jv list = df_jv_get(r, name), one;
	int i, k = count(list), n = 0;

	for (i = 0; i < k; i++) {
		one = jv_array_get(jv_copy(list), i);
		if (!attempts || df_jv_bool(one, "last"))
			n += status == NULL || strcmp(str(one, "status"),
			    status) == 0;
		jv_free(one);
	}
	jv_free(list);
	return n;
}

void
df_report_junit(jv r, struct df_buf *b)
{
	int hold = number(r, "holdouts", NULL), task = number(r, "dispatches",
	    NULL);
	int failed = number(r, "holdouts", "FAIL"), errors = number(r,
	    "holdouts", "ERROR");
	int bad = task - number(r, "dispatches", "COMPLETED");

	df_buf_fmt(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites name=\"");
	xml(b, str(r, "component_name"));
	df_buf_fmt(b, "\" tests=\"%d\" failures=\"%d\" errors=\"%d\">\n",
	    hold + task, failed + bad, errors);
	df_buf_fmt(b, "  <testsuite name=\"holdouts\" tests=\"%d\" "
	    "failures=\"%d\" errors=\"%d\">\n", hold, failed, errors);
	(void)each(r, "holdouts", junit_holdout, b);
	df_buf_fmt(b, "  </testsuite>\n  <testsuite name=\"tasks\" "
	    "tests=\"%d\" failures=\"%d\" errors=\"0\">\n", task, bad);
	(void)each(r, "dispatches", junit_task, b);
	df_buf_str(b, "  </testsuite>\n</testsuites>\n");
}
