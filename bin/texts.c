#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/par.h"
#include "texts.h"

#define THREADS_FROM 64		/* fewer texts are not worth a thread */

int
df_texts_open(struct df_texts *t, const struct df_texts_kind *kind,
    const struct df_list *names, struct df_err *e)
{
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	while (kind->suffix[t->nsuffix])
		t->nsuffix++;
	t->hold.dir = t->hold.lock = -1;
	df_buf_init(&t->contract);
	df_buf_init(&t->tmpl);
	df_commit_init(&t->commit[0], "stage.started", NULL);
	df_commit_init(&t->commit[1], "stage.completed", NULL);
	return df_step_open(&t->step, DF_ROLE_RUN, DF_RUN_TEXTS, e) < 0 ? -1 :
	    df_select(&t->step.run.state, names, &t->sel, e);
}

void
df_texts_release(struct df_texts *t)
{
	df_buf_release(&t->contract);
	df_buf_release(&t->tmpl);
	if (t->public.spec.have)
		df_public_release(&t->public);
	free(t->todo);
	free(t->made);
	df_commit_release(&t->commit[0]);
	df_commit_release(&t->commit[1]);
	df_selection_release(&t->sel);
	df_hold_drop(&t->hold);
	df_step_close(&t->step);
}

static void
name_of(const struct df_texts *t, size_t task, size_t k,
    char name[DF_NAME_MAX + 1])
{
	snprintf(name, DF_NAME_MAX + 1, "%s/%s.%s", t->kind->stage,
	    t->step.run.state.task[task].id, t->kind->suffix[k]);
}

/* Are all names of that task there? */
static int
holds(const struct df_texts *t, size_t task)
{
	char name[DF_NAME_MAX + 1];
	size_t k;

	for (k = 0; k < t->nsuffix; k++) {
		name_of(t, task, k, name);
		if (df_run_find(&t->step.run, name) == NULL)
			return 0;
	}
	return 1;
}

static void
find_todo(struct df_texts *t)
{
	size_t i, n = t->step.run.state.ntask;

	free(t->todo);
	t->todo = df_calloc(n + 1, sizeof(*t->todo));
	t->ntodo = 0;
	for (i = 0; i < n; i++)
		if (t->sel.in[i] && !holds(t, i))
			t->todo[t->ntodo++] = (uint32_t)i;
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

	snprintf(name, sizeof(name), "config/contract/%s.json",
	    t->kind->stage);
	r = df_texts_input(t, name, &t->contract, e);
	snprintf(name, sizeof(name), "config/template/%s.md", t->kind->stage);
	if (r == 0)
		r = df_texts_input(t, name, &t->tmpl, e);
	if (r == 0)
		r = df_texts_input(t, "spec.tree", &b, e);
	df_buf_release(&b);
	if (r < 0)
		return -1;
	tree = df_run_find(&t->step.run, "spec.tree");
	return df_public_read(&t->public, &t->step.run.store, &tree->digest,
	    e);
}

int
df_texts_begin(struct df_texts *t, struct df_err *e)
{
	struct df_run *r = &t->step.run;

	find_todo(t);
	if (t->ntodo == 0)
		return 0;
	if (r->state.status != DF_ST_EXECUTING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: no %ss are made any more",
		    df_run_status_name(r->state.status), t->kind->stage);
	if (!df_args.dry && df_hold_take(&t->hold, r, t->kind->stage, NULL,
	    e) < 0)
		return -1;
	find_todo(t);
	if (t->ntodo == 0)
		return 0;
	return load(t, e) < 0 ? -1 : 1;
}

const struct df_item *
df_texts_task(const struct df_texts *t, size_t task, struct df_err *e)
{
	const char *id = t->step.run.state.task[task].id;
	const struct df_item *it = df_spec_find(&t->public.spec, id,
	    strlen(id));

	if (it && it->family == DF_T)
		return it;
	(void)df_fail(e, DF_INTEGRITY, "spec.task",
	    "D8 of the run has no task %s", id);
	return NULL;
}

/* ---- making them ---- */

int
df_texts_put(struct df_maker *m, size_t k, const struct df_buf *b,
    struct df_err *e)
{
	struct df_texts *t = m->t;
	struct df_text_made *made = &t->made[m->at * t->nsuffix + k];

	made->size = b->n;
	return df_args.dry ? 0 : df_store_write(&t->step.run.store, b->s,
	    b->n, &made->digest, e);
}

struct work {
	struct df_texts *t;
	const struct df_texts_how *how;
};

static int
open_maker(struct df_maker *m, struct work *w, struct df_err *e)
{
	struct df_texts *t = w->t;

	memset(m, 0, sizeof(*m));
	m->t = t;
	m->arg = w->how->arg;
	m->contract = df_json_parse(t->contract.s, t->contract.n, 0,
	    "the contract", e);
	if (!jv_is_valid(m->contract))
		return -1;
	m->tmpl = df_template_compile(t->tmpl.s, t->tmpl.n, "the template",
	    e);
	if (m->tmpl == NULL)
		return -1;
	m->xref = df_xref_new(&t->public.spec);
	return w->how->begin ? w->how->begin(m, e) : 0;
}

static int
make_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct work *w = arg;
	struct df_maker m;
	int r = open_maker(&m, w, e);

	for (m.at = from; m.at < to && r == 0; m.at++)
		r = w->how->make(&m, w->t->todo[m.at], e);
	if (w->how->end)
		w->how->end(&m);
	if (m.xref)
		df_xref_free(m.xref);
	df_template_free(m.tmpl);
	jv_free(m.contract);
	return r;
}

static int
commit(struct df_texts *t, struct df_err *e)
{
	struct df_stage *st = df_state_stage(&t->step.run.state,
	    t->kind->stage);
	int64_t n = st ? st->attempts + 1 : 1;
	struct df_commit *c = t->commit;
	const struct df_text_made *made = t->made;
	char name[DF_NAME_MAX + 1];
	size_t i, k;

	for (i = 0; i < t->ntodo; i++)
		for (k = 0; k < t->nsuffix; k++, made++) {
			name_of(t, t->todo[i], k, name);
			df_store_keep(&t->step.run.store, &made->digest);
			if (df_commit_name(&t->step, &c[1], name,
			    t->kind->media[k], &made->digest, made->size,
			    e) < 0)
				return -1;
		}
	for (i = 0; i < 2; i++) {
		c[i].data = df_jset_int(c[i].data, "attempt", n);
		c[i].data = df_jset_str(c[i].data, "stage", t->kind->stage);
	}
	c[1].data = df_jset_str(c[1].data, "outcome", "success");
	c[1].data = df_jset_int(c[1].data, "tasks", (int64_t)t->ntodo);
	if (df_step_commit(&t->step, c, 2, e) < 0)
		return -1;
	for (i = 0; i < t->ntodo; i++)
		t->sel.in[t->todo[i]] = DF_SELECTED_NEW;
	return 0;
}

int
df_texts_make(struct df_texts *t, const struct df_texts_how *how,
    struct df_err *e)
{
	struct work w = { t, how };

	t->made = df_calloc(t->ntodo * t->nsuffix, sizeof(*t->made));
	if (df_parallel(t->ntodo, THREADS_FROM, make_range, &w, e) < 0)
		return -1;
	return df_args.dry ? 0 : commit(t, e);
}
