#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "work/combine.h"

struct result {
	uint32_t node;		/* NONE: there is no result */
	uint32_t *from;
	uint32_t n;
};
#define NONE UINT32_MAX

struct df_combine {
	const struct df_state *s;
	struct df_merger *m;
	struct result *of;	/* by task */
};

struct df_combine *
df_combine_open(const struct df_state *s, struct df_merger *m)
{
	struct df_combine *c = df_calloc(1, sizeof(*c));
	size_t i;

	c->s = s;
	c->m = m;
	c->of = df_calloc(s->ntask, sizeof(*c->of));
	for (i = 0; i < s->ntask; i++)
		c->of[i].node = NONE;
	return c;
}

void
df_combine_free(struct df_combine *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->s->ntask; i++)
		free(c->of[i].from);
	free(c->of);
	free(c);
}

void
df_combine_add(struct df_combine *c, size_t task,
    const struct df_digest *tree, const uint32_t *from, size_t n)
{
	struct result *r = &c->of[task];
	uint32_t *parent = df_calloc(n, sizeof(*parent));
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (c->of[from[i]].node != NONE)
			parent[k++] = c->of[from[i]].node;
	free(r->from);
	r->from = df_calloc(n, sizeof(*r->from));
	if (n)
		memcpy(r->from, from, n * sizeof(*from));
	r->n = (uint32_t)n;
	r->node = df_merger_add(c->m, tree, parent, k);
	free(parent);
}

uint32_t
df_combine_node(const struct df_combine *c, size_t task)
{
	return c->of[task].node;
}

void
df_combine_forget(struct df_combine *c, size_t task)
{
	c->of[task].node = NONE;
}

/* ---- merging ---- */

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Tasks in D8 order into a node. */
static int
merge(struct df_combine *c, const uint32_t *task, size_t n, uint32_t *node,
    struct df_clash *clash, struct df_err *e)
{
	uint32_t *list = df_calloc(n, sizeof(*list));
	struct df_conflict why;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		list[i] = c->of[task[i]].node;
	r = df_merger_merge(c->m, list, n, node, &why, e);
	if (r == 1) {
		clash->task = task[why.at];
		clash->paths = why.paths;
		clash->n = why.n;
	} else {
		df_buf_release(&why.paths);
	}
	free(list);
	return r;
}

static size_t
dependencies(const struct df_combine *c, size_t task, uint32_t *from)
{
	const struct df_state_task *t = &c->s->task[task];
	size_t i, n = 0;

	for (i = 0; i < t->ndep; i++)
		if (c->of[t->dep[i]].node != NONE)
			from[n++] = t->dep[i];
	if (n)
		qsort(from, n, sizeof(*from), by_number);
	return n;
}

static size_t
all_before(const struct df_combine *c, size_t task, uint32_t *from)
{
	const struct df_state_task *t = &c->s->task[task];
	uint8_t *in = df_calloc(c->s->ntask, 1);
	size_t i, n = 0;

	for (i = 0; i < t->ndep; i++)	/* D8 may name them later */
		in[t->dep[i]] = 1;
	for (i = 0; i < c->s->ntask; i++)
		if (c->of[i].node != NONE && (i < task || in[i]))
			from[n++] = (uint32_t)i;
	free(in);
	return n;
}

int
df_combine_start(struct df_combine *c, size_t task, uint32_t *node,
    uint32_t **from, size_t *n, struct df_clash *clash, struct df_err *e)
{
	const struct df_stage *st = df_state_dispatch(c->s, task);
	int rebase = st && st->rebase, r;

	*from = df_calloc(rebase ? c->s->ntask : c->s->task[task].ndep,
	    sizeof(**from));
	*n = rebase ? all_before(c, task, *from) : dependencies(c, task,
	    *from);
	r = merge(c, *from, *n, node, clash, e);
	if (r != 0) {
		free(*from);
		*from = NULL;
	}
	return r;
}

int
df_combine_all(struct df_combine *c, uint32_t *node, struct df_clash *clash,
    struct df_err *e)
{
	size_t total = c->s->ntask, i, k, n = 0;
	uint8_t *inner = df_calloc(total, 1);
	uint32_t *task = df_calloc(total, sizeof(*task));
	int r;

	/* What another result started from is in that one already. */
	for (i = 0; i < total; i++)
		for (k = 0; c->of[i].node != NONE && k < c->of[i].n; k++)
			inner[c->of[i].from[k]] = 1;
	for (i = 0; i < total; i++)
		if (c->of[i].node != NONE && !inner[i])
			task[n++] = (uint32_t)i;
	r = merge(c, task, n, node, clash, e);
	free(inner);
	free(task);
	return r;
}

size_t
df_combine_reopens(const struct df_combine *c, size_t t, uint32_t **out)
{
	size_t total = c->s->ntask, i, k, n = 0, edges = 0, at;
	uint32_t *first = df_calloc(total + 2, sizeof(*first)), *users;
	uint8_t *seen = df_calloc(total, 1);

	for (i = 0; i < total; i++)
		for (k = 0; c->of[i].node != NONE && k < c->of[i].n; k++) {
			first[c->of[i].from[k] + 2]++;
			edges++;
		}
	for (i = 2; i < total + 2; i++)
		first[i] += first[i - 1];
	users = df_calloc(edges, sizeof(*users));
	for (i = 0; i < total; i++)
		for (k = 0; c->of[i].node != NONE && k < c->of[i].n; k++)
			users[first[c->of[i].from[k] + 1]++] = (uint32_t)i;
	*out = df_calloc(total, sizeof(**out));
	(*out)[n++] = (uint32_t)t;
	seen[t] = 1;
	for (i = 0; i < n; i++)
		for (at = first[(*out)[i]]; at < first[(*out)[i] + 1]; at++) {
			if (seen[users[at]])
				continue;
			seen[users[at]] = 1;
			(*out)[n++] = users[at];
		}
	free(first);
	free(users);
	free(seen);
	return n;
}
