#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/out.h"
#include "base/schema.h"
#include "run/head.h"
#include "holdout.h"

static jv
disclosed_data(const struct df_evaluation *w, const struct df_disclosed *d)
{
	jv v = jv_object(), p = df_jset_str(jv_object(), "name", d->name);

	if (d->line)
		p = df_jset_int(p, "line", d->line);
	v = df_jset_int(v, "evaluation", w->evaluation);
	v = df_jset_str(v, "kind", d->kind);
	v = df_jset_int(v, "n", d->n);
	v = df_jset(v, "place", p);
	return df_jset_str(v, "task", d->task);
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The ledger first: what is killed behind it is counted. */
static int
tell_ledger(struct df_evaluation *w, struct df_err *e)
{
	uint32_t *item = df_calloc(w->nseen + 1, sizeof(*item));
	size_t i, n = 0;
	int r;

	if (df_ledger_open(&w->ledger, &w->step.run, w->evaluation, e) < 0 ||
	    df_ledger_evaluated(&w->ledger, w->step.key, w->step.role, e) < 0)
	{
		free(item);
		return -1;
	}
	if (w->ledger.suite[0] && !w->ledger.known)
		df_warn("the factory that knows the suite is not at hand (-F):"
		    " it does not count this evaluation");
	for (i = 0; i < w->nseen; i++)
		item[i] = w->seen[i].n;
	qsort(item, w->nseen, sizeof(*item), by_number);
	for (i = 0; i < w->nseen; i++)
		if (n == 0 || item[n - 1] != item[i])
			item[n++] = item[i];
	r = df_ledger_disclosed(&w->ledger, "found", item, n, w->step.key,
	    w->step.role, e);
	if (r == 0 && n && w->ledger.known)
		r = df_ledger_read(&w->ledger, e);
	free(item);
	return r;
}

int
df_holdout_begin(struct df_evaluation *w, struct df_err *e)
{
	const struct df_run *r = &w->step.run;
	struct df_commit *c;
	size_t n = 0, i;
	int ret;

	w->evaluation = r->state.evaluations + 1;
	if (tell_ledger(w, e) < 0)
		return -1;
	c = df_calloc(w->nseen + 2, sizeof(*c));
	if (r->state.status == DF_ST_EXECUTING) {
		df_commit_init(&c[n], "run.evaluating", NULL);
		c[n].data = df_jset_bool(c[n].data, "partial", w->partial);
		c[n].data = df_jset(c[n].data, "tree",
		    df_digest_json(&w->tree));
		df_commit_input(&c[n++], "result/merged.tree", &w->tree);
	}
	df_commit_init(&c[n], "holdout.started", NULL);
	c[n].data = df_jset(c[n].data, "commitment",
	    df_digest_json(&w->commitment));
	c[n].data = df_jset_int(c[n].data, "evaluation", w->evaluation);
	c[n].data = df_jset_str(c[n].data, "level", df_run_setting_str(r,
	    "sandbox.level", "bwrap"));
	c[n].data = df_jset(c[n].data, "tree", df_digest_json(&w->tree));
	df_commit_input(&c[n++], "commitment.json", &w->commitment);
	for (i = 0; i < w->nseen; i++) {
		df_commit_init(&c[n], "holdout.disclosed", NULL);
		jv_free(c[n].data);
		c[n++].data = disclosed_data(w, &w->seen[i]);
	}
	ret = df_step_commit(&w->step, c, n, e);
	while (n--)
		df_commit_release(&c[n]);
	free(c);
	return ret;
}

static int
put_full(struct df_evaluation *w, struct df_commit *c, const char *name,
    const struct df_score *s, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT, age = DF_BUF_INIT;
	int r;

	r = df_schema_write(&plain, df_score_json(s, 1), "holdout-full", e);
	if (r == 0)
		r = df_trust_encrypt(&w->step.run.trust, 0, plain.s, plain.n,
		    &age, e);
	if (r == 0)
		r = df_commit_put(&w->step, c, name, DF_MEDIA_AGE, age.s,
		    age.n, e);
	df_buf_wipe(&plain);
	df_buf_release(&age);
	return r;
}

int
df_holdout_complete(struct df_evaluation *w, const struct df_score *s,
    struct df_buf *tap, struct df_err *e)
{
	static const char *const verdict[] = { "pass", "fail", "error" };
	struct df_commit c;
	struct df_buf text = DF_BUF_INIT;
	char name[64];
	int r;
	jv uses;

	df_commit_init(&c, "holdout.completed", NULL);
	c.data = df_jset_int(c.data, "errored", (int64_t)s->errored);
	c.data = df_jset_int(c.data, "evaluation", w->evaluation);
	c.data = df_jset_int(c.data, "failed", (int64_t)s->failed);
	c.data = df_jset_int(c.data, "passed", (int64_t)s->passed);
	uses = df_ledger_json(&w->ledger);
	if (jv_is_valid(uses))
		c.data = df_jset(c.data, "suite", jv_copy(uses));
	df_ledger_text(&text, uses);
	df_note("suite: %s", text.s);
	df_buf_release(&text);
	c.data = df_jset_int(c.data, "total", (int64_t)s->n);
	c.data = df_jset_str(c.data, "verdict", verdict[s->verdict]);
	df_score_tap(s, tap);
	snprintf(name, sizeof(name), "holdout/%lld.json",
	    (long long)w->evaluation);
	r = df_commit_record(&w->step, &c, name, "holdout",
	    df_score_json(s, 0), e);
	snprintf(name, sizeof(name), "holdout/%lld.tap",
	    (long long)w->evaluation);
	if (r == 0)
		r = df_commit_put(&w->step, &c, name, DF_MEDIA_TAP, tap->s,
		    tap->n, e);
	snprintf(name, sizeof(name), "holdout/%lld.full.age",
	    (long long)w->evaluation);
	if (r == 0)
		r = put_full(w, &c, name, s, e);
	if (r == 0)
		r = df_step_commit(&w->step, &c, 1, e);
	df_commit_release(&c);
	return r;
}
