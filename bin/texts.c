#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/opt.h"
#include "texts.h"

int
df_texts_open(struct df_texts *t, const char *stage,
    const char *const *suffix, size_t n, const struct df_list *names,
    struct df_err *e)
{
	memset(t, 0, sizeof(*t));
	t->stage = stage;
	t->suffix = suffix;
	t->nsuffix = n;
	t->hold.dir = t->hold.lock = -1;
	t->contract = jv_invalid();
	df_commit_init(&t->commit[0], "stage.started", NULL);
	df_commit_init(&t->commit[1], "stage.completed", NULL);
	return df_step_open(&t->step, DF_ROLE_RUN, DF_RUN_TEXTS, e) < 0 ? -1 :
	    df_select(&t->step.run.state, names, &t->sel, e);
}

void
df_texts_release(struct df_texts *t)
{
	df_xref_free(t->xref);
	df_template_free(t->tmpl);
	jv_free(t->contract);
	if (t->public.spec.have)
		df_public_release(&t->public);
	df_commit_release(&t->commit[0]);
	df_commit_release(&t->commit[1]);
	df_selection_release(&t->sel);
	df_hold_drop(&t->hold);
	df_step_close(&t->step);
}

int
df_texts_hold(const struct df_texts *t, size_t task)
{
	char name[DF_NAME_MAX + 1];
	size_t k;

	for (k = 0; k < t->nsuffix; k++) {
		snprintf(name, sizeof(name), "%s/%s.%s", t->stage,
		    t->step.run.state.task[task].id, t->suffix[k]);
		if (df_run_find(&t->step.run, name) == NULL)
			return 0;
	}
	return 1;
}

static size_t
missing(const struct df_texts *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->step.run.state.ntask; i++)
		n += t->sel.in[i] && !df_texts_hold(t, i);
	return n;
}

int
df_texts_input(struct df_texts *t, const char *name, struct df_buf *b,
    struct df_err *e)
{
	const struct df_name *n = df_run_find(&t->step.run, name);

	if (df_run_get(&t->step.run, name, DF_RUN_BLOB_MAX, b, e) < 0)
		return -1;
	df_commit_input(&t->commit[0], name, &n->digest);
	return 0;
}

/* What all texts of the run are made of. */
static int
load(struct df_texts *t, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const struct df_name *tree;
	char name[80];
	int r;

	snprintf(name, sizeof(name), "config/contract/%s.json", t->stage);
	r = df_texts_input(t, name, &b, e);
	if (r == 0) {
		t->contract = df_json_parse(b.s, b.n, 0, name, e);
		r = jv_is_valid(t->contract) ? 0 : -1;
	}
	df_buf_reset(&b);
	snprintf(name, sizeof(name), "config/template/%s.md", t->stage);
	if (r == 0)
		r = df_texts_input(t, name, &b, e);
	if (r == 0) {
		t->tmpl = df_template_compile(b.s, b.n, name, e);
		r = t->tmpl ? 0 : -1;
	}
	df_buf_reset(&b);
	if (r == 0)
		r = df_texts_input(t, "spec.tree", &b, e);
	df_buf_release(&b);
	if (r < 0)
		return -1;
	tree = df_run_find(&t->step.run, "spec.tree");
	if (df_public_read(&t->public, &t->step.run.store, &tree->digest, e)
	    < 0)
		return -1;
	t->xref = df_xref_new(&t->public.spec);
	return 0;
}

int
df_texts_begin(struct df_texts *t, size_t *n, struct df_err *e)
{
	struct df_run *r = &t->step.run;

	if ((*n = missing(t)) == 0)
		return 0;
	if (r->state.status != DF_ST_EXECUTING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: no %ss are made any more",
		    df_run_status_name(r->state.status), t->stage);
	if (!df_args.dry && df_hold_take(&t->hold, r, t->stage, NULL, e) < 0)
		return -1;
	if ((*n = missing(t)) == 0)
		return 0;
	return load(t, e) < 0 ? -1 : 1;
}

const struct df_item *
df_texts_task(struct df_texts *t, const char *id, struct df_err *e)
{
	const struct df_item *it = df_spec_find(&t->public.spec, id,
	    strlen(id));

	if (it && it->family == DF_T)
		return it;
	(void)df_fail(e, DF_INTEGRITY, "spec.task",
	    "D8 of the run has no task %s", id);
	return NULL;
}

int
df_texts_put(struct df_texts *t, const char *id, const char *suffix,
    const char *media, const struct df_buf *b, struct df_err *e)
{
	char name[DF_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s/%s.%s", t->stage, id, suffix);
	return df_commit_put(&t->step, &t->commit[1], name, media, b->s,
	    b->n, e);
}

int
df_texts_commit(struct df_texts *t, size_t made, struct df_err *e)
{
	struct df_stage *st = df_state_stage(&t->step.run.state, t->stage);
	int64_t n = st ? st->attempts + 1 : 1;
	struct df_commit *c = t->commit;
	size_t i;

	for (i = 0; i < 2; i++) {
		c[i].data = df_jset_int(c[i].data, "attempt", n);
		c[i].data = df_jset_str(c[i].data, "stage", t->stage);
	}
	c[1].data = df_jset_str(c[1].data, "outcome", "success");
	c[1].data = df_jset_int(c[1].data, "tasks", (int64_t)made);
	return df_step_commit(&t->step, c, 2, e);
}
