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
	df_commit_init(&t->commit[0], "stage.started", NULL);
	df_commit_init(&t->commit[1], "stage.completed", NULL);
	return df_step_open(&t->step, DF_ROLE_RUN, DF_RUN_TEXTS, e) < 0 ? -1 :
	    df_select(&t->step.run.state, names, &t->sel, e);
}

void
df_texts_release(struct df_texts *t)
{
	if (t->source.run)
		df_source_release(&t->source);
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

/* What all texts of the run are made of: the stage's inputs. */
static int
load(struct df_texts *t, struct df_err *e)
{
	struct df_run *r = &t->step.run;
	const char *name;
	size_t i;

	if (df_source_load(&t->source, r, t->kind->stage, e) < 0)
		return -1;
	for (i = 0; i < t->source.inputs.n; i++) {
		name = t->source.inputs.v[i];
		df_commit_input(&t->commit[0], name, &df_run_find(r,
		    name)->digest);
	}
	return 0;
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
	int (*make)(struct df_maker *m, size_t task, struct df_err *e);
};

static int
make_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct work *w = arg;
	struct df_maker m = { .t = w->t, .age = DF_BUF_INIT };
	int r = 0;

	m.writer = df_writer_new(&w->t->source, e);
	if (m.writer == NULL)
		return -1;
	for (m.at = from; m.at < to && r == 0; m.at++)
		r = w->make(&m, w->t->todo[m.at], e);
	df_buf_release(&m.age);
	df_writer_free(m.writer);
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
df_texts_make(struct df_texts *t, int (*make)(struct df_maker *m, size_t task,
    struct df_err *e), struct df_err *e)
{
	struct work w = { t, make };

	t->made = df_calloc(t->ntodo * t->nsuffix, sizeof(*t->made));
	if (df_parallel(t->ntodo, THREADS_FROM, make_range, &w, e) < 0)
		return -1;
	return df_args.dry ? 0 : commit(t, e);
}
