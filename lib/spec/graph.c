#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/graph.h"

/* ---- order ---- */

/* Kahn's algorithm with a heap, so that equal tasks keep their order. */
struct heap {
	uint32_t *v;
	size_t n;
};

static void
push(struct heap *h, uint32_t x)
{
	size_t i = h->n++;

	while (i && h->v[(i - 1) / 2] > x) {
		h->v[i] = h->v[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->v[i] = x;
}

static uint32_t
pop(struct heap *h)
{
	uint32_t top = h->v[0], x = h->v[--h->n];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < h->n) {
		if (k + 1 < h->n && h->v[k + 1] < h->v[k])
			k++;
		if (h->v[k] >= x)
			break;
		h->v[i] = h->v[k];
		i = k;
	}
	h->v[i] = x;
	return top;
}

int
df_spec_order(const struct df_spec *sp, uint32_t *order)
{
	const struct df_task *t = sp->d8.task;
	size_t n = sp->d8.tasks, i, k, edges = 0, done = 0;
	uint32_t *wait, *first, *next, *to;
	struct heap h;

	wait = df_calloc(n + 1, sizeof(*wait));
	first = df_calloc(n + 1, sizeof(*first));
	for (i = 0; i < n; i++)
		edges += t[i].deps.n;
	next = df_calloc(edges + 1, sizeof(*next));
	to = df_calloc(edges + 1, sizeof(*to));
	h.v = df_calloc(n + 1, sizeof(*h.v));
	h.n = 0;
	edges = 0;
	for (i = 0; i < n; i++)
		for (k = 0; k < t[i].deps.n; k++) {
			const struct df_item *d = t[i].deps.v[k].to;

			if (d == NULL)
				continue;
			edges++;
			to[edges] = (uint32_t)i;
			next[edges] = first[d->index];
			first[d->index] = (uint32_t)edges;
			wait[i]++;
		}
	for (i = 0; i < n; i++)
		if (wait[i] == 0)
			push(&h, (uint32_t)i);
	while (h.n) {
		uint32_t x = pop(&h), e;

		order[done++] = x;
		for (e = first[x]; e; e = next[e])
			if (--wait[to[e]] == 0)
				push(&h, to[e]);
	}
	free(wait);
	free(first);
	free(next);
	free(to);
	free(h.v);
	return done == n ? 0 : -1;
}

/* ---- cycles: Tarjan's components, then a breadth-first search in each ---- */

struct scc {
	const struct df_task *t;
	size_t n;
	uint32_t *num, *low, *stack, *comp;	/* num 0: not seen */
	uint32_t *call, *edge;			/* the recursion, laid out */
	size_t nstack, ncall;
	uint32_t count, comps;
};

static void
components(struct scc *s, uint32_t root)
{
	s->call[s->ncall] = root;
	s->edge[s->ncall++] = 0;
	s->num[root] = s->low[root] = ++s->count;
	s->stack[s->nstack++] = root;
	while (s->ncall) {
		uint32_t v = s->call[s->ncall - 1];
		const struct df_refs *d = &s->t[v].deps;
		uint32_t e = s->edge[s->ncall - 1];

		if (e < d->n) {
			const struct df_item *it = d->v[e].to;

			s->edge[s->ncall - 1]++;
			if (it == NULL)
				continue;
			if (s->num[it->index] == 0) {
				uint32_t w = it->index;

				s->num[w] = s->low[w] = ++s->count;
				s->stack[s->nstack++] = w;
				s->call[s->ncall] = w;
				s->edge[s->ncall++] = 0;
			} else if (s->comp[it->index] == 0 &&
			    s->num[it->index] < s->low[v])
				s->low[v] = s->num[it->index];
			continue;
		}
		if (s->low[v] == s->num[v]) {
			uint32_t w;

			s->comps++;
			do {
				w = s->stack[--s->nstack];
				s->comp[w] = s->comps;
			} while (w != v);
		}
		if (--s->ncall) {
			uint32_t up = s->call[s->ncall - 1];

			if (s->low[v] < s->low[up])
				s->low[up] = s->low[v];
		}
	}
}

/*
 * The shortest way from root back to itself inside its component; num and low
 * serve as queue and predecessors.  Its length, 0 when there is none.
 */
static size_t
shortest(struct scc *s, uint32_t root, uint32_t *from, uint32_t *queue)
{
	size_t head = 0, tail = 0, n, k;
	uint32_t v, w;

	queue[tail++] = root;
	while (head < tail) {
		v = queue[head++];
		for (k = 0; k < s->t[v].deps.n; k++) {
			const struct df_item *it = s->t[v].deps.v[k].to;

			if (it == NULL || s->comp[it->index] != s->comp[root])
				continue;
			w = it->index;
			if (w == root) {
				/* turn the chain of predecessors round */
				for (n = 1, w = v; w != root; w = from[w])
					n++;
				for (k = n, w = v; k--; w = from[w])
					queue[k] = w;
				return n;
			}
			if (from[w] == UINT32_MAX) {
				from[w] = v;
				queue[tail++] = w;
			}
		}
	}
	return 0;
}

size_t
df_spec_cycles(const struct df_spec *sp,
    void (*f)(void *arg, const struct df_task *const *cycle, size_t n),
    void *arg)
{
	struct scc s;
	const struct df_task **cycle;
	uint32_t *mem, *from, *queue;
	uint8_t *done;
	size_t n = sp->d8.tasks, i, k, len, found = 0;

	memset(&s, 0, sizeof(s));
	s.t = sp->d8.task;
	s.n = n;
	mem = df_calloc(8 * (n + 1), sizeof(*mem));
	s.num = mem;
	s.low = mem + (n + 1);
	s.stack = mem + 2 * (n + 1);
	s.comp = mem + 3 * (n + 1);
	s.call = mem + 4 * (n + 1);
	s.edge = mem + 5 * (n + 1);
	from = mem + 6 * (n + 1);
	queue = mem + 7 * (n + 1);
	cycle = df_calloc(n + 1, sizeof(*cycle));
	done = df_calloc(n + 2, 1);
	for (i = 0; i < n; i++) {
		if (s.num[i] == 0)
			components(&s, (uint32_t)i);
		from[i] = UINT32_MAX;
	}
	for (i = 0; i < n; i++) {
		if (done[s.comp[i]])
			continue;
		done[s.comp[i]] = 1;
		len = shortest(&s, (uint32_t)i, from, queue);
		if (len == 0)
			continue;
		for (k = 0; k < len; k++)
			cycle[k] = &s.t[queue[k]];
		f(arg, cycle, len);
		found++;
	}
	free(mem);
	free(cycle);
	free(done);
	return found;
}

/* ---- who is responsible ---- */

void
df_spec_assign(struct df_spec *sp)
{
	uint32_t *order = df_calloc(sp->d8.tasks + 1, sizeof(*order));
	uint32_t *shared = df_calloc(sp->d2.scenarios + 1, sizeof(*shared));
	uint32_t *top = df_calloc(sp->d2.scenarios + 1, sizeof(*top));
	size_t i, k, m;

	if (df_spec_order(sp, order) == -1)
		for (i = 0; i < sp->d8.tasks; i++)
			order[i] = (uint32_t)i;
	for (i = 0; i < sp->d8.tasks; i++) {
		const struct df_task *t = &sp->d8.task[order[i]];

		/* how many of its contracts name each scenario */
		for (k = 0; k < t->contracts.n; k++) {
			const struct df_item *c = t->contracts.v[k].to;
			const struct df_refs *s;

			if (c == NULL || t->contracts.v[k].derived)
				continue;
			s = &df_contract_of(c)->scenarios;
			for (m = 0; m < s->n; m++)
				if (s->v[m].to)
					shared[s->v[m].to->index]++;
		}
		for (k = 0; k < t->scenarios.n; k++) {
			const struct df_ref *r = &t->scenarios.v[k];
			struct df_scenario *s;
			uint32_t score;

			if (r->to == NULL)
				continue;
			s = &sp->d2.scenario[r->to->index];
			/* 1: it covers it at all */
			score = r->derived || t->foundation ? 1 :
			    2 + shared[r->to->index];
			if (score > top[r->to->index]) {
				top[r->to->index] = score;
				s->responsible = t;
			}
		}
		for (k = 0; k < t->contracts.n; k++) {
			const struct df_item *c = t->contracts.v[k].to;
			const struct df_refs *s;

			if (c == NULL || t->contracts.v[k].derived)
				continue;
			s = &df_contract_of(c)->scenarios;
			for (m = 0; m < s->n; m++)
				if (s->v[m].to)
					shared[s->v[m].to->index] = 0;
		}
	}
	free(order);
	free(shared);
	free(top);
}

const struct df_task *
df_spec_responsible(const struct df_spec *sp, const struct df_item *scenario)
{
	return sp->d2.scenario[scenario->index].responsible;
}

void
df_cycle_path(struct df_buf *b, const struct df_task *const *cycle, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < 50; i++)
		df_buf_fmt(b, "%s \xe2\x86\x92 ", cycle[i]->item.id);
	if (i < n)
		df_buf_fmt(b, "(%zu more) \xe2\x86\x92 ", n - i);
	df_buf_str(b, cycle[0]->item.id);
}
