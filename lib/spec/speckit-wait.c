#include "base/df.h"

#include <stdlib.h>

#include "spec/graph.h"
#include "spec/speckit-internal.h"

/* Tasks that wait for tasks, and their order. */

#define GAP_MAX 64	/* bytes between two ids of one list */

struct wait {
	struct skr *r;
	const struct df_map *tasks;	/* id -> index */
};

/* "T012a" at t.s[i]: its length, or 0. */
static size_t
task_id_at(struct df_str t, size_t i)
{
	size_t n = i;

	if (i + 1 >= t.n || t.s[i] != 'T' || !sk_digit(t.s[i + 1]) ||
	    (!sk_begins(t, i) && t.s[i - 1] != '-'))
		return 0;
	for (n++; n < t.n && sk_digit(t.s[n]); n++)
		;
	while (n < t.n && sk_alpha(t.s[n]))
		n++;
	return n - i > 12 ? 0 : n - i;
}

static int
is_range(struct df_str t)
{
	t = df_str_trim(t);
	return df_str_eq(t, "-") || df_str_eq(t, "..") ||
	    df_str_eq(t, "\xe2\x80\x93") || df_str_eq(t, "\xe2\x80\x94") ||
	    df_str_ieq(t, "to") || df_str_ieq(t, "through");
}

/* What may stand between two ids of one list. */
static int
is_between(struct df_str t)
{
	size_t i;

	t = df_str_trim(t);
	for (i = 0; i < t.n; i++) {
		if (strchr(" ,&+/*`()", t.s[i]))
			continue;
		if (df_str_word(sk_skip(t, i), "and"))
			i += 2;
		else if (df_str_word(sk_skip(t, i), "or"))
			i++;
		else
			return 0;
	}
	return 1;
}

static uint32_t
task_of(const struct wait *l, struct df_str id)
{
	size_t k = df_map_get(l->tasks, id.s, id.n);

	return k == DF_MAP_NONE ? DF_SK_NONE : (uint32_t)k;
}

static void
depends(struct wait *l, uint32_t from, struct df_str id, uint32_t to,
    struct df_skplace at)
{
	struct df_skrel *x = sk_relate(l->r, DF_SK_TASK_TASK, DF_STATED, from,
	    to, at);

	if (x)
		x->id = sk_str(l->r, id);
}

/*
 * The ids that follow t.s[i], for each of the n tasks in from.  A range is of
 * the tasks of the document between its ends.
 */
static void
targets(struct wait *l, const uint32_t *from, size_t n, struct df_str t,
    size_t i, struct df_skplace at)
{
	struct df_str id, last = { "", 0 }, gap;
	uint32_t to, first = DF_SK_NONE, x;
	size_t k, end = i, len;

	for (; i < t.n && i - end <= GAP_MAX; i++) {
		len = task_id_at(t, i);
		if (len == 0)
			continue;
		gap.s = t.s + end;
		gap.n = i - end;
		id.s = t.s + i;
		id.n = len;
		to = task_of(l, id);
		if (last.n && is_range(gap)) {
			for (x = first; first != DF_SK_NONE &&
			    to != DF_SK_NONE && x + 1 < to && !l->r->full; )
				for (x++, k = 0; k < n; k++)
					depends(l, from[k], df_str(
					    l->r->sk->task[x].id), x, at);
		} else if (!is_between(gap))
			return;
		for (k = 0; k < n; k++)
			if (n == 1 || from[k] != to)
				depends(l, from[k], id, to, at);
		last = id;
		first = to;
		i += len - 1;
		end = i + 1;
		if (l->r->full)
			return;
	}
}

/* Where ids follow that something waits for, behind from; t.n: nowhere. */
static size_t
phrase(struct df_str t, size_t from, size_t *begin)
{
	static const char *const word[] = { "depends on", "depend on",
	    "depends only on", "depend only on", "depends upon",
	    "dependent on", "waits for", "wait for", "waits on", "blocked by",
	    "dependencies:", "dependency:", "depends:" };
	size_t i, k, n;

	for (i = from; i < t.n; i++) {
		if (strchr("dwbDWB", t.s[i]) == NULL || !sk_begins(t, i))
			continue;
		for (k = 0; k < DF_LEN(word); k++) {
			n = strlen(word[k]);
			if (i + n > t.n || !df_str_ieq((struct df_str){
			    t.s + i, n }, word[k]))
				continue;
			/* "does not depend on" */
			if (i > 4 && memcmp(t.s + i - 4, "not ", 4) == 0)
				continue;
			*begin = i;
			return i + n;
		}
	}
	return t.n;
}

static size_t
past_marks(struct df_str t, size_t i)
{
	while (i < t.n && strchr(" :*`(", t.s[i]))
		i++;
	return i;
}

static void
task_says(struct wait *l, uint32_t from)
{
	const struct df_sktask *x = &l->r->sk->task[from];
	struct df_str t = sk_s(&x->text);
	size_t i = 0, begin;

	while ((i = phrase(t, i, &begin)) < t.n && !l->r->full)
		targets(l, &from, 1, t, past_marks(t, i), x->at);
}

/* "T004 and T005 depend on T001": those before the words wait. */
static void
sentence_says(struct wait *l, const struct sk_said *s)
{
	struct df_str t = s->text;
	uint32_t from[16], x, last = DF_SK_NONE, to;
	size_t i, k, n, end, begin, start = 0, at = 0, len;
	struct df_str gap;

	while ((at = phrase(t, at, &begin)) < t.n && !l->r->full) {
		/* the clause that they stand in */
		for (i = start; i < begin; i++)
			if (t.s[i] == ';' || (t.s[i] == '.' &&
			    i + 1 < t.n && t.s[i + 1] == ' '))
				start = i + 1;
		n = 0;
		end = start;
		for (i = start; i < begin && n < DF_LEN(from); i++) {
			len = task_id_at(t, i);
			if (len == 0)
				continue;
			gap.s = t.s + end;
			gap.n = i - end;
			to = task_of(l, (struct df_str){ t.s + i, len });
			/* only the last list before the words is meant */
			if (n && !is_range(gap) && !is_between(gap))
				n = 0;
			if (n && is_range(gap))
				for (x = last; last != DF_SK_NONE &&
				    to != DF_SK_NONE && x + 1 < to &&
				    n < DF_LEN(from); )
					from[n++] = ++x;
			if (to != DF_SK_NONE && n < DF_LEN(from))
				from[n++] = to;
			last = to;
			i += len - 1;
			end = i + 1;
		}
		k = past_marks(t, at);
		if (n && k < t.n)
			targets(l, from, n, t, k, (struct df_skplace){
			    l->r->sk->doc[DF_SK_TASKS], s->line + 1, 1 });
		start = at;
	}
}

void
sk_wait(struct skr *r, const struct df_map *tasks)
{
	struct wait l = { r, tasks };
	size_t i;

	for (i = 0; i < r->sk->tasks && !r->full; i++)
		task_says(&l, (uint32_t)i);
	for (i = 0; i < r->said.n && !r->full; i++)
		sentence_says(&l, &r->said.v[i]);
}

void
sk_graph(const struct df_speckit *sk, struct df_arena *a, struct df_spec *g)
{
	struct df_ref *ref;
	size_t i, n = 0;

	memset(g, 0, sizeof(*g));
	g->d8.tasks = sk->tasks;
	g->d8.task = df_arena_alloc(a, (sk->tasks + 1) *
	    sizeof(*g->d8.task));
	for (i = 0; i < sk->tasks; i++) {
		g->d8.task[i].item.id = sk->task[i].id;
		g->d8.task[i].item.index = (uint32_t)i;
	}
	for (i = 0; i < sk->rels; i++)
		n += sk->rel[i].kind == DF_SK_TASK_TASK;
	ref = df_arena_alloc(a, (n + 1) * sizeof(*ref));
	for (i = 0; i < sk->rels; i++) {
		const struct df_skrel *x = &sk->rel[i];
		struct df_refs *d;

		if (x->kind != DF_SK_TASK_TASK)
			continue;
		d = &g->d8.task[x->from].deps;
		if (d->n == 0)
			d->v = ref;
		d->n++;
		ref->id = x->id;
		ref->to = x->to == DF_SK_NONE ? NULL :
		    &g->d8.task[x->to].item;
		ref++;
	}
}

/*
 * Phases come one after the other; in a phase a task waits for what stands
 * before it, but neighbours with [P] do not wait for each other.  What a task
 * says goes before that: it moves behind all that it waits for.
 */
void
sk_waves(struct df_speckit *sk)
{
	struct df_arena a = { 0 };
	struct df_spec g;
	uint32_t *order = df_calloc(sk->tasks + 1, sizeof(*order)), w = 0;
	size_t i, k, n;

	for (i = 0; i < sk->tasks; i++) {
		struct df_sktask *t = &sk->task[i];

		if (i && !(t->parallel && t[-1].parallel &&
		    t->phase == t[-1].phase))
			w++;
		t->wave = w;
	}
	sk_graph(sk, &a, &g);
	n = df_spec_order(&g, order) == 0 ? sk->tasks : 0;
	/* where a circle is, an order would only hide it */
	for (i = n; i < sk->tasks; i++)
		sk->task[i].wave = 0;
	for (i = 0; i < n; i++) {
		struct df_sktask *t = &sk->task[order[i]];
		const struct df_refs *d = &g.d8.task[order[i]].deps;

		for (k = 0; k < d->n; k++)
			if (d->v[k].to && t->wave <=
			    sk->task[d->v[k].to->index].wave)
				t->wave = sk->task[d->v[k].to->index].wave + 1;
	}
	free(order);
	df_arena_release(&a);
}
