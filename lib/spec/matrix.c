#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/matrix.h"

struct cell {
	jv holdouts;
	uint32_t *task;			/* those that name it, by D8 order */
	size_t ntask, captask;
	const char *evidence;
	int covered;			/* by a task that is COMPLETED */
};

struct df_matrix {
	const struct df_spec *sp;
	struct cell *cell;
	size_t n;
	uint8_t *done;			/* by task of D8 */
};

/* The number of the requirement that an item is, or -1. */
static long
number(const struct df_spec *sp, const struct df_item *it)
{
	if (it == NULL)
		return -1;
	if (it->family == DF_SC)
		return (long)(df_scenario_of(it) - sp->d2.scenario);
	if (df_family_doc[it->family] == 4 && it->family != DF_TD)
		return (long)(sp->d2.scenarios + (size_t)(df_contract_of(it) -
		    sp->d4.contract));
	return -1;
}

static void
link_tasks(struct df_matrix *m)
{
	const struct df_d8 *d8 = &m->sp->d8;
	const struct df_refs *refs[2];
	struct cell *c;
	size_t i, k, j;
	long at;

	for (i = 0; i < d8->tasks; i++) {
		refs[0] = &d8->task[i].scenarios;
		refs[1] = &d8->task[i].contracts;
		for (k = 0; k < 2; k++)
			for (j = 0; j < refs[k]->n; j++) {
				at = number(m->sp, refs[k]->v[j].to);
				if (at < 0)
					continue;
				c = &m->cell[at];
				DF_GROW(c->task, c->ntask, c->captask);
				c->task[c->ntask++] = (uint32_t)i;
			}
	}
}

struct df_matrix *
df_matrix_new(const struct df_spec *sp)
{
	struct df_matrix *m = df_calloc(1, sizeof(*m));
	size_t i;

	m->sp = sp;
	m->n = sp->d2.scenarios + sp->d4.contracts;
	m->cell = df_calloc(m->n, sizeof(*m->cell));
	m->done = df_calloc(sp->d8.tasks, 1);
	for (i = 0; i < m->n; i++) {
		m->cell[i].holdouts = jv_array();
		m->cell[i].evidence = "none";
	}
	link_tasks(m);
	return m;
}

void
df_matrix_free(struct df_matrix *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++) {
		jv_free(m->cell[i].holdouts);
		free(m->cell[i].task);
	}
	free(m->cell);
	free(m->done);
	free(m);
}

/* From weak to strong: a failure outweighs everything. */
static const char *
stronger(const char *a, const char *b)
{
	static const char *const order[] = { "none", "claimed", "error",
	    "tested", "judged", "failed" };
	size_t i, x = 0, y = 0;

	for (i = 0; i < DF_LEN(order); i++) {
		x = strcmp(order[i], a) == 0 ? i : x;
		y = strcmp(order[i], b) == 0 ? i : y;
	}
	return order[x > y ? x : y];
}

void
df_matrix_done(struct df_matrix *m, const char *id)
{
	const struct df_item *it = df_spec_find(m->sp, id, strlen(id));
	const struct df_task *t;
	const struct df_refs *refs[2];
	size_t k, j;
	long at;

	if (it == NULL || it->family != DF_T)
		return;
	t = df_task_of(it);
	m->done[t - m->sp->d8.task] = 1;
	refs[0] = &t->scenarios;
	refs[1] = &t->contracts;
	for (k = 0; k < 2; k++)
		for (j = 0; j < refs[k]->n; j++) {
			at = number(m->sp, refs[k]->v[j].to);
			if (at < 0)
				continue;
			m->cell[at].covered = 1;
			m->cell[at].evidence = stronger(m->cell[at].evidence,
			    "claimed");
		}
}

/* ---- holdouts ---- */

static jv
pair(const char *id, const char *status, const char *evidence)
{
	jv v = df_jset_str(jv_object(), "evidence", evidence);

	return df_jset_str(df_jset_str(v, "id", id), "status", status);
}

/* What a scenario's result is worth for what it validates. */
static const char *
worth(jv h)
{
	const char *status = df_jv_str(h, "status");
	const char *class = df_jv_str(h, "class");

	if (strcmp(status, "PASS") != 0)
		return strcmp(status, "FAIL") == 0 ? "failed" : "error";
	return strcmp(class, "script") == 0 && df_jv_bool(h, "independent") ?
	    "judged" : "tested";
}

static void
add_holdout(struct df_matrix *m, jv h, const char *member)
{
	jv ids = df_jv_get(h, member), one;
	const struct df_item *it;
	int i, n = jv_array_length(jv_copy(ids));
	struct cell *c;
	long at;

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(ids), i);
		it = df_spec_find(m->sp, jv_string_value(one),
		    strlen(jv_string_value(one)));
		jv_free(one);
		at = number(m->sp, it);
		if (at < 0)
			continue;
		c = &m->cell[at];
		c->holdouts = jv_array_append(c->holdouts, pair(df_jv_str(h,
		    "holdout_id"), df_jv_str(h, "status"), worth(h)));
		c->evidence = stronger(c->evidence, worth(h));
	}
	jv_free(ids);
}

void
df_matrix_judged(struct df_matrix *m, jv record)
{
	jv list = df_jv_get(record, "holdouts"), h;
	int i, n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(
	    jv_copy(list)) : 0;

	for (i = 0; i < n; i++) {
		h = jv_array_get(jv_copy(list), i);
		add_holdout(m, h, "validates_scenarios");
		add_holdout(m, h, "validates_contracts");
		jv_free(h);
	}
	jv_free(list);
}

/* ---- rows ---- */

static jv
row(const struct df_matrix *m, const struct cell *c,
    const struct df_item *it, int priority)
{
	jv v = jv_object(), tasks = jv_array();
	char p[16] = "";
	size_t i;
	int done;

	if (priority >= 0)
		snprintf(p, sizeof(p), "P%d", priority);
	for (i = 0; i < c->ntask; i++) {
		done = m->done[c->task[i]];
		tasks = jv_array_append(tasks, pair(
		    m->sp->d8.task[c->task[i]].item.id, done ? "COMPLETED" :
		    "not COMPLETED", done ? "claimed" : "none"));
	}
	v = df_jset_str(v, "evidence", c->evidence);
	v = df_jset(v, "holdouts", jv_copy(c->holdouts));
	v = df_jset_str(v, "priority", p);
	v = df_jset_str(v, "requirement", it->id);
	v = df_jset(v, "tasks", tasks);
	return df_jset_str(v, "title", it->title);
}

jv
df_matrix_json(struct df_matrix *m)
{
	const struct df_spec *sp = m->sp;
	jv list = jv_array();
	size_t i;

	for (i = 0; i < sp->d2.scenarios; i++)
		list = jv_array_append(list, row(m, &m->cell[i],
		    &sp->d2.scenario[i].item, sp->d2.scenario[i].priority));
	for (i = 0; i < sp->d4.contracts; i++)
		list = jv_array_append(list, row(m,
		    &m->cell[sp->d2.scenarios + i],
		    &sp->d4.contract[i].item, -1));
	return list;
}

const char *
df_matrix_uncovered(const struct df_matrix *m)
{
	const struct df_d2 *d2 = &m->sp->d2;
	size_t i;

	for (i = 0; i < d2->scenarios; i++)
		if (d2->scenario[i].priority <= 1 && !m->cell[i].covered)
			return d2->scenario[i].item.id;
	return NULL;
}
