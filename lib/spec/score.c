#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "run/head.h"
#include "spec/score.h"

#define OUTPUT_MAX ((size_t)65536)	/* of a scenario in the record */
#define OUTPUT_ALL (DF_JSON_MAX / 2)	/* of all of them, as JSON */

static const char *const mark_name[] = { "PASS", "FAIL", "ERROR" };
static const char *const verdict_name[] = { "ACCEPT", "REJECT", "ERROR" };

/* ---- the runs of a scenario ---- */

void
df_score_runs(struct df_scored *x)
{
	size_t need = (size_t)x->item->need, i;

	x->passed = x->errored = 0;
	for (i = 0; i < x->runs; i++) {
		x->passed += x->run[i].mark == DF_MARK_PASS;
		x->errored += x->run[i].mark == DF_MARK_ERROR;
	}
	x->mark = x->passed >= need ? DF_MARK_PASS :
	    x->passed + x->errored >= need ? DF_MARK_ERROR : DF_MARK_FAIL;
	for (i = 0; i + 1 < x->runs && x->run[i].mark != x->mark; i++)
		;
	x->as = i;
	x->failure = x->run[i].failure;
	x->why = x->run[i].why;
}

/* At most so many bytes are needed for that one in JSON. */
static size_t
json_bytes(int ch)
{
	return ch < ' ' || ch == 0x7f ? 6 : ch >= 0x80 ? 3 : ch == '"' ||
	    ch == '\\' ? 2 : 1;
}

void
df_score_output(struct df_scored_run *r, const struct df_buf *output,
    const struct df_suite_item *item, size_t scenarios)
{
	size_t runs = (size_t)item->runs, max = OUTPUT_MAX / runs;
	/* of several runs one stands there twice */
	size_t left = OUTPUT_ALL / scenarios / (runs > 1 ? runs + 1 : 1);
	size_t cut = output->n, n;

	for (; cut > 0 && output->n - cut < max; cut--) {
		n = json_bytes((unsigned char)output->s[cut - 1]);
		if (n > left)
			break;
		left -= n;
	}
	df_buf_add(&r->output, output->s + cut, output->n - cut);
}

int
df_score_flaky(const struct df_scored *x)
{
	return x->mark == DF_MARK_PASS && x->passed < x->runs;
}

/* ---- the verdict ---- */

static void
decide(struct df_score *s, enum df_mark v, const char *fmt, ...)
    DF_PRINTF(3, 4);

static void
decide(struct df_score *s, enum df_mark v, const char *fmt, ...)
{
	va_list ap;

	s->verdict = v;
	va_start(ap, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
	va_end(ap);
}

static const struct df_scored *
first_p0(const struct df_score *s, enum df_mark mark)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].item->priority == 0 && s->v[i].mark == mark)
			return &s->v[i];
	return NULL;
}

static void
count(struct df_score *s)
{
	size_t i;

	s->passed = s->failed = s->errored = s->p0 = s->p0_passed = 0;
	s->flaky = 0;
	for (i = 0; i < s->n; i++) {
		s->passed += s->v[i].mark == DF_MARK_PASS;
		s->failed += s->v[i].mark == DF_MARK_FAIL;
		s->errored += s->v[i].mark == DF_MARK_ERROR;
		s->flaky += (size_t)df_score_flaky(&s->v[i]);
		s->p0 += s->v[i].item->priority == 0;
		s->p0_passed += s->v[i].item->priority == 0 &&
		    s->v[i].mark == DF_MARK_PASS;
	}
}

/* Enough of those below P0, and of all? 1 yes, 0 no, -1 errors decide. */
static int
thresholds(const struct df_score *s, const struct df_suite_frame *f,
    size_t *passed, size_t *need)
{
	size_t total = s->n - s->p0, errored = s->errored, i;

	*passed = s->passed - s->p0_passed;
	for (i = 0; i < s->n; i++)
		errored -= s->v[i].item->priority == 0 &&
		    s->v[i].mark == DF_MARK_ERROR;
	*need = f->p1_need < 0 || (size_t)f->p1_need > total ? total :
	    (size_t)f->p1_need;
	if (*passed < *need)
		return *passed + errored >= *need ? -1 : 0;
	if (f->percent < 0 || s->passed * 100 >= (size_t)f->percent * s->n)
		return 1;
	return (s->passed + s->errored) * 100 >= (size_t)f->percent * s->n ?
	    -1 : 0;
}

void
df_score_verdict(struct df_score *s, const struct df_suite_frame *f)
{
	const struct df_scored *bad;
	size_t passed, need;
	char flaky[60] = "";
	int enough;

	count(s);
	if (s->flaky)
		snprintf(flaky, sizeof(flaky), ", %zu of them not in every "
		    "run", s->flaky);
	enough = thresholds(s, f, &passed, &need);
	if (s->n == 0)
		decide(s, DF_MARK_ERROR, "the suite has no scenario");
	else if ((bad = first_p0(s, DF_MARK_FAIL)) != NULL)
		decide(s, DF_MARK_FAIL, "P0 holdout %s failed: component not "
		    "accepted", bad->item->id);
	else if (s->ndisclosed)
		decide(s, DF_MARK_FAIL, "text of the suite stands in what "
		    "builders saw or wrote (%zu places)", s->ndisclosed);
	else if ((bad = first_p0(s, DF_MARK_ERROR)) != NULL)
		decide(s, DF_MARK_ERROR, "P0 holdout %s could not be judged "
		    "(%s)", bad->item->id, bad->failure);
	else if (enough == 0)
		decide(s, DF_MARK_FAIL, "%zu of %zu holdouts below P0 "
		    "passed, %zu of all %zu: below the threshold", passed,
		    s->n - s->p0, s->passed, s->n);
	else if (enough < 0)
		decide(s, DF_MARK_ERROR, "%zu holdouts could not be judged, "
		    "and the threshold depends on them", s->errored);
	else if (s->partial)
		decide(s, DF_MARK_ERROR, "%zu of %zu holdouts passed on a "
		    "part of the tasks only", s->passed, s->n);
	else
		decide(s, DF_MARK_PASS, "all %zu P0 and %zu of %zu other "
		    "holdouts passed%s", s->p0, passed, s->n - s->p0, flaky);
}

/* ---- records ---- */

static jv
ids(const struct df_suite_item *it, const char *name)
{
	jv v = df_jv_get(it->j, name);

	return jv_is_valid(v) ? v : jv_array();
}

/* How often, of a scenario that was judged more than once. */
static jv
times(jv o, const struct df_scored *x)
{
	if (x->runs < 2)
		return o;
	o = df_jset_int(o, "errored", (int64_t)x->errored);
	o = df_jset_int(o, "need", x->item->need);
	o = df_jset_int(o, "passed", (int64_t)x->passed);
	return df_jset_int(o, "runs", (int64_t)x->runs);
}

/* What a run said and how it ended. */
static jv
ended(jv o, const struct df_scored_run *r)
{
	o = df_jset_strn(o, "actual_output", r->output.s, r->output.n);
	if (*r->why)
		o = df_jset_str(o, "error_message", r->why);
	if (*r->stage)
		o = df_jset_str(o, "stage", r->stage);
	if (r->exit >= 0)
		o = df_jset_int(o, "exit", r->exit);
	if (r->signal > 0)
		o = df_jset_int(o, "signal", r->signal);
	return o;
}

static jv
run_results(const struct df_scored *x, int64_t *ms)
{
	jv list = jv_array(), o;
	size_t i;

	for (*ms = 0, i = 0; i < x->runs; i++) {
		*ms += x->run[i].ms;
		o = df_jset_int(jv_object(), "duration_ms", x->run[i].ms);
		if (*x->run[i].failure)
			o = df_jset_str(o, "failure", x->run[i].failure);
		o = df_jset_int(o, "run", (int64_t)i + 1);
		o = df_jset_str(o, "status", mark_name[x->run[i].mark]);
		list = jv_array_append(list, ended(o, &x->run[i]));
	}
	return list;
}

static jv
scored(const struct df_scored *x, int full)
{
	const struct df_suite_item *it = x->item;
	char pri[8];
	int64_t ms;
	jv o = jv_object(), each;

	snprintf(pri, sizeof(pri), "P%d", it->priority);
	o = df_jset_str(o, "class", df_class_name(it->class));
	if (*x->failure)
		o = df_jset_str(o, "failure", x->failure);
	o = df_jset_str(o, "holdout_id", it->id);
	o = df_jset_bool(o, "independent", it->independent);
	o = df_jset_int(o, "item", x->n);
	o = df_jset_str(o, "priority", pri);
	o = df_jset(o, "responsible_task", it->responsible ?
	    jv_string(it->responsible) : jv_null());
	o = df_jset_str(o, "status", mark_name[x->mark]);
	o = df_jset(o, "validates_contracts", ids(it, "contracts"));
	o = df_jset(o, "validates_scenarios", ids(it, "validates"));
	o = times(o, x);
	if (!full)
		return o;
	o = df_jset_str(o, "title", it->title);
	if (x->mark == DF_MARK_FAIL && it->expected)
		o = df_jset_str(o, "expected_output", it->expected);
	each = run_results(x, &ms);
	if (x->runs)
		o = ended(o, &x->run[x->as]);
	else if (*x->why)
		o = df_jset_str(o, "error_message", x->why);
	if (x->runs > 1)
		o = df_jset(o, "run_results", each);
	else
		jv_free(each);
	return df_jset_int(o, "duration_ms", ms);
}

static jv
disclosed(const struct df_disclosed *d)
{
	jv o = df_jset_str(jv_object(), "kind", d->kind);

	if (d->line)
		o = df_jset_int(o, "line", d->line);
	o = df_jset_int(o, "n", d->n);
	o = df_jset_str(o, "name", d->name);
	return df_jset_str(o, "task", d->task);
}

jv
df_score_json(const struct df_score *s, int full)
{
	jv v = jv_object(), list = jv_array(), seen = jv_array();
	size_t i;

	for (i = 0; i < s->n; i++)
		list = jv_array_append(list, scored(&s->v[i], full));
	for (i = 0; i < s->ndisclosed; i++)
		seen = jv_array_append(seen, disclosed(&s->disclosed[i]));
	v = df_jset(v, "commitment", df_digest_json(&s->commitment));
	v = df_jset(v, "disclosed", seen);
	v = df_jset_int(v, "errored", (int64_t)s->errored);
	v = df_jset_int(v, "evaluation", s->evaluation);
	v = df_jset_int(v, "failed", (int64_t)s->failed);
	v = df_jset_int(v, "flaky", (int64_t)s->flaky);
	v = df_jset(v, "holdouts", list);
	v = df_jset_str(v, "level", s->level);
	v = df_jset_bool(v, "p0_pass", s->p0_passed == s->p0);
	v = df_jset_int(v, "p0_passed", (int64_t)s->p0_passed);
	v = df_jset_int(v, "p0_total", (int64_t)s->p0);
	v = df_jset_bool(v, "partial", s->partial);
	v = df_jset_int(v, "passed", (int64_t)s->passed);
	if (full)
		v = df_jset(v, "run", df_digest_json(&s->run));
	v = df_jset_str(v, "schema", full ? "df.holdout-full/1" :
	    "df.holdout/1");
	v = df_jset_int(v, "total", (int64_t)s->n);
	v = df_jset(v, "tree", df_digest_json(&s->tree));
	v = df_jset_str(v, "verdict", verdict_name[s->verdict]);
	return df_jset_str(v, "verdict_reason", s->reason);
}

/* ---- TAP ---- */

/* "  scenarios: [SC-001, SC-002]": ids need no quoting. */
static void
yaml_ids(struct df_buf *b, const char *name, jv list)
{
	int i, n = jv_array_length(jv_copy(list));
	jv one;

	if (n)
		df_buf_fmt(b, "  %s: [", name);
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		df_buf_fmt(b, "%s%s", i ? ", " : "", jv_string_value(one));
		jv_free(one);
	}
	if (n)
		df_buf_str(b, "]\n");
	jv_free(list);
}

void
df_score_tap(const struct df_score *s, struct df_buf *b)
{
	const struct df_scored *x;
	size_t i;

	df_buf_fmt(b, "TAP version 13\n1..%zu\n", s->n);
	for (i = 0; i < s->n; i++) {
		x = &s->v[i];
		df_buf_fmt(b, "%s %zu - %s%s%s", x->mark == DF_MARK_PASS ?
		    "ok" : "not ok", i + 1, x->item->id, x->mark ==
		    DF_MARK_ERROR ? " # ERROR " : "", x->mark ==
		    DF_MARK_ERROR ? x->failure : "");
		/* No "#": to no reader is it a directive. */
		if (df_score_flaky(x))
			df_buf_fmt(b, " (flaky: %zu/%zu)", x->passed,
			    x->runs);
		df_buf_fmt(b, "\n  ---\n  class: %s\n",
		    df_class_name(x->item->class));
		yaml_ids(b, "contracts", ids(x->item, "contracts"));
		if (x->runs > 1)
			df_buf_fmt(b, "  errored: %zu\n", x->errored);
		if (*x->failure)
			df_buf_fmt(b, "  failure: %s\n", x->failure);
		if (!x->item->independent)
			df_buf_str(b, "  independent: false\n");
		if (x->runs > 1)
			df_buf_fmt(b, "  need: %lld\n  passed: %zu\n",
			    (long long)x->item->need, x->passed);
		df_buf_fmt(b, "  priority: P%d\n", x->item->priority);
		if (x->runs > 1)
			df_buf_fmt(b, "  runs: %zu\n", x->runs);
		yaml_ids(b, "scenarios", ids(x->item, "validates"));
		if (x->item->responsible)
			df_buf_fmt(b, "  task: %s\n", x->item->responsible);
		df_buf_str(b, "  ...\n");
	}
	df_buf_fmt(b, "# %s: %s\n", verdict_name[s->verdict], s->reason);
}
