#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern-internal.h"
#include "base/text.h"

/*
 * The expression becomes a program for a set of threads (Thompson), and the
 * sets that occur become the states of a deterministic automaton over classes
 * of characters that no set of the expression tells apart.  A state is made
 * when it is first reached: that takes the lock, while reading a transition
 * needs none.  When a pattern has used up its room for states, the rest of
 * that string is run on sets of threads.
 */
enum op { OP_SET, OP_SPLIT, OP_JUMP, OP_BOL, OP_EOL, OP_MATCH };

struct inst {
	uint8_t op;
	uint16_t x, y;
};

/*
 * A transition holds one of these or where the row of the next state begins.
 * The last column is for the end of the text.
 */
enum { ST_UNKNOWN, ST_DEAD, ST_MATCH, ST_FIRST };

#define DFA_CELLS UINT16_MAX
#define DFA_THREADS ((size_t)1 << 18)	/* in the lists of all states */

struct threads {
	uint64_t *mark;
	uint16_t *list, *stack;
	size_t n;
};

/* The characters from here to where the next one begins. */
struct from {
	uint32_t cp, sym;
};

struct state {
	const uint16_t *list;	/* its threads */
	uint16_t n;
	uint16_t chain;		/* states of the same hash */
};

struct dfa {
	struct inst *prog;
	size_t nprog, nset;
	const struct set **set;
	uint16_t ascii[128];	/* symbol of a character */
	struct from *high;	/* of the others */
	size_t nhigh;
	size_t nsym;
	uint8_t *in;		/* [set * nsym + symbol] */
	struct threads restart;	/* an unanchored search begins anew */
	_Atomic uint16_t *next;	/* [state * width + symbol] */
	size_t width;		/* nsym + 1 */
	struct state *state;
	size_t nstate, cap, nthread;
	uint16_t start;
	uint16_t *hash, nhash;	/* chains of states; 0 ends one */
	struct threads work;
	struct df_patterns *all;
};

static struct inst *
emit1(struct dfa *d, enum op op)
{
	d->prog[d->nprog].op = (uint8_t)op;
	return &d->prog[d->nprog++];
}

static void
emit(struct dfa *d, const struct re *re)
{
	const struct re *kid;
	struct inst *at;
	uint16_t end;
	size_t i;

	switch (re->op) {
	case RE_SET:
		d->set[re->set->no] = re->set;
		emit1(d, OP_SET)->x = (uint16_t)re->set->no;
		break;
	case RE_BOL:
		emit1(d, OP_BOL);
		break;
	case RE_EOL:
		emit1(d, OP_EOL);
		break;
	case RE_CAT:
		for (kid = re->kid; kid; kid = kid->next)
			emit(d, kid);
		break;
	case RE_ALT:
		end = (uint16_t)(d->nprog + re->size);
		for (kid = re->kid; kid; kid = kid->next) {
			at = emit1(d, OP_SPLIT);
			at->x = (uint16_t)d->nprog;
			at->y = kid->next ? (uint16_t)(d->nprog + kid->size +
			    1) : at->x;
			emit(d, kid);
			emit1(d, OP_JUMP)->x = end;
		}
		break;
	case RE_REP:
		for (i = 0; i < re->min; i++)
			emit(d, re->kid);
		if (re->max == RE_MANY) {
			end = (uint16_t)d->nprog;
			at = emit1(d, OP_SPLIT);
			at->x = (uint16_t)d->nprog;
			at->y = (uint16_t)(d->nprog + re->kid->size + 1);
			emit(d, re->kid);
			emit1(d, OP_JUMP)->x = end;
			break;
		}
		end = (uint16_t)(d->nprog + (re->max - re->min) *
		    (re->kid->size + 1));
		for (; i < re->max; i++) {
			at = emit1(d, OP_SPLIT);
			at->x = (uint16_t)d->nprog;
			at->y = end;
			emit(d, re->kid);
		}
		break;
	}
}

static int
cut_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Where a range begins or ends, ascending; cut[*n] is behind all. */
static uint32_t *
cuts(const struct dfa *d, size_t *n)
{
	uint32_t *cut;
	size_t i, k, r, all = 1;

	for (k = 0; k < d->nset; k++)
		all += 2 * d->set[k]->n;
	cut = df_calloc(all + 1, sizeof(*cut));
	for (i = 1, k = 0; k < d->nset; k++)
		for (r = 0; r < d->set[k]->n; r++) {
			cut[i++] = d->set[k]->r[r].lo;
			cut[i++] = d->set[k]->r[r].hi + 1;
		}
	qsort(cut, all, sizeof(*cut), cut_cmp);
	for (i = 1, k = 1; i < all; i++)
		if (cut[i] != cut[k - 1] && cut[i] <= UNICODE_MAX)
			cut[k++] = cut[i];
	cut[k] = UNICODE_MAX + 1;
	*n = k;
	return cut;
}

/* Is c in the set?  *r, at first 0, moves on: ask for ascending c. */
static int
in_set(const struct set *set, size_t *r, uint32_t c)
{
	while (*r < set->n && c > set->r[*r].hi)
		++*r;
	return *r < set->n && c >= set->r[*r].lo;
}

/*
 * Give each character its symbol: cut the characters where a range begins or
 * ends, then let set after set part the pieces it has from those it has not.
 */
static void
symbols(struct dfa *d)
{
	struct df_arena *a = &d->all->a;
	uint32_t *cut, *sym, *to, c;
	size_t i, k, r, n, fresh;

	cut = cuts(d, &n);
	sym = df_calloc(n, sizeof(*sym));
	to = df_calloc(2 * n, sizeof(*to));
	d->nsym = 1;
	for (k = 0; k < d->nset; k++) {
		memset(to, 0, 2 * n * sizeof(*to));
		fresh = d->nsym;
		for (i = 0, r = 0; i < n; i++) {
			if (!in_set(d->set[k], &r, cut[i]))
				continue;
			if (to[sym[i]] == 0)
				to[sym[i]] = (uint32_t)fresh++;
			sym[i] = to[sym[i]];
		}
		/* an id that was taken over whole is free again */
		memset(to, 0, 2 * n * sizeof(*to));
		for (d->nsym = 0, i = 0; i < n; i++) {
			if (to[sym[i]] == 0)
				to[sym[i]] = (uint32_t)++d->nsym;
			sym[i] = to[sym[i]] - 1;
		}
	}

	d->in = df_arena_alloc(a, d->nset * d->nsym + 1);
	for (k = 0; k < d->nset; k++)
		for (i = 0, r = 0; i < n; i++)
			if (in_set(d->set[k], &r, cut[i]))
				d->in[k * d->nsym + sym[i]] = 1;
	d->high = df_arena_alloc(a, n * sizeof(*d->high));
	for (i = 0; i < n; i++) {
		for (c = cut[i]; c < cut[i + 1] && c < 128; c++)
			d->ascii[c] = (uint16_t)sym[i];
		if (cut[i + 1] > 128)
			d->high[d->nhigh++] = (struct from){ cut[i], sym[i] };
	}
	free(cut);
	free(sym);
	free(to);
}

/* The symbol of the character at *s, which moves behind it. */
static size_t
symbol(const struct dfa *d, const char **s, const char *end)
{
	size_t lo = 0, hi = d->nhigh, mid;
	unsigned len;
	uint32_t cp;

	len = df_utf8(*s, (size_t)(end - *s), &cp);
	if (len == 0) {
		len = 1;
		cp = 0xfffd;
	}
	*s += len;
	if (cp < 128)
		return d->ascii[cp];
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (d->high[mid].cp <= cp)
			lo = mid;
		else
			hi = mid;
	}
	return d->high[lo].sym;
}

static void
threads_init(const struct dfa *d, struct threads *w, struct df_arena *a)
{
	w->mark = df_arena_alloc(a, (d->nprog + 63) / 64 * 8);
	w->list = df_arena_alloc(a, d->nprog * sizeof(*w->list));
	w->stack = df_arena_alloc(a, (2 * d->nprog + 2) * sizeof(*w->stack));
}

enum { AT_START = 1, AT_END = 2 };

/* Mark what is reached from pc without reading a character. */
static void
spread(const struct dfa *d, struct threads *w, uint16_t pc, unsigned where)
{
	const struct inst *in;
	size_t n = 0;

	w->stack[n++] = pc;
	while (n) {
		pc = w->stack[--n];
		if (w->mark[pc / 64] >> pc % 64 & 1)
			continue;
		w->mark[pc / 64] |= (uint64_t)1 << pc % 64;
		in = &d->prog[pc];
		switch (in->op) {
		case OP_SPLIT:
			w->stack[n++] = in->y;
			w->stack[n++] = in->x;
			break;
		case OP_JUMP:
			w->stack[n++] = in->x;
			break;
		case OP_BOL:
			if (where & AT_START)
				w->stack[n++] = (uint16_t)(pc + 1);
			break;
		case OP_EOL:
			if (where & AT_END)
				w->stack[n++] = (uint16_t)(pc + 1);
			break;
		}
	}
}

static void
unmark(const struct dfa *d, struct threads *w)
{
	memset(w->mark, 0, (d->nprog + 63) / 64 * 8);
}

/* List the marked threads that wait for something. */
static void
gather(const struct dfa *d, struct threads *w)
{
	size_t i;
	uint64_t m;

	w->n = 0;
	for (i = 0; i < (d->nprog + 63) / 64; i++)
		for (m = w->mark[i]; m; m &= m - 1) {
			size_t pc = i * 64 + (size_t)__builtin_ctzll(m);

			if (d->prog[pc].op == OP_SET ||
			    d->prog[pc].op == OP_EOL ||
			    d->prog[pc].op == OP_MATCH)
				w->list[w->n++] = (uint16_t)pc;
		}
}

static void
step(const struct dfa *d, struct threads *w, const uint16_t *list, size_t n,
    size_t sym)
{
	size_t i;

	unmark(d, w);
	for (i = 0; i < n; i++)
		if (d->prog[list[i]].op == OP_SET &&
		    d->in[d->prog[list[i]].x * d->nsym + sym])
			spread(d, w, (uint16_t)(list[i] + 1), 0);
	for (i = 0; i < d->restart.n; i++)
		w->mark[d->restart.list[i] / 64] |=
		    (uint64_t)1 << d->restart.list[i] % 64;
	gather(d, w);
}

/* OP_MATCH is the last instruction and the lists ascend. */
static int
matched(const struct dfa *d, const uint16_t *list, size_t n)
{
	return n && list[n - 1] == d->nprog - 1;
}

static int
ends(const struct dfa *d, struct threads *w, const uint16_t *list, size_t n,
    unsigned where)
{
	size_t i, last = d->nprog - 1;

	unmark(d, w);
	for (i = 0; i < n; i++)
		if (d->prog[list[i]].op == OP_EOL)
			spread(d, w, list[i], where | AT_END);
	return (int)(w->mark[last / 64] >> last % 64 & 1);
}

/*
 * The transition to the threads in d->work; ST_UNKNOWN when there is no room
 * for another state.  The first state is never shared: only there does ^ hold.
 */
static uint16_t
state(struct dfa *d, int first)
{
	struct threads *w = &d->work;
	size_t i, no = d->nstate, bytes = w->n * sizeof(*w->list);
	struct state *st = &d->state[no];
	uint32_t h = 0;
	uint16_t *list, *chain, row = (uint16_t)(no * d->width);

	if (w->n == 0)
		return ST_DEAD;
	if (matched(d, w->list, w->n))
		return ST_MATCH;
	for (i = 0; i < w->n; i++)
		h = (h ^ w->list[i]) * 0x9e3779b1u;
	chain = &d->hash[(h >> 16) % d->nhash];
	for (i = *chain; i && !first; i = d->state[i].chain)
		if (d->state[i].n == w->n &&
		    memcmp(d->state[i].list, w->list, bytes) == 0)
			return (uint16_t)(i * d->width);
	if (no == d->cap || d->nthread + w->n > DFA_THREADS)
		return ST_UNKNOWN;
	list = df_arena_alloc(&d->all->a, bytes);
	memcpy(list, w->list, bytes);
	st->list = list;
	st->n = (uint16_t)w->n;
	atomic_store_explicit(&d->next[row + d->nsym], ends(d, w, list, w->n,
	    first ? AT_START : 0) ? ST_MATCH : ST_DEAD, memory_order_relaxed);
	if (!first) {
		st->chain = *chain;
		*chain = (uint16_t)no;
	}
	d->nthread += w->n;
	d->nstate++;
	return row;
}

static uint16_t
transition(struct dfa *d, size_t from, size_t sym)
{
	const struct state *st = &d->state[from / d->width];
	uint16_t to;

	pthread_mutex_lock(&d->all->lock);
	step(d, &d->work, st->list, st->n, sym);
	to = state(d, 0);
	atomic_store_explicit(&d->next[from + sym], to, memory_order_release);
	pthread_mutex_unlock(&d->all->lock);
	return to;
}

static struct dfa *
dfa_new(const struct df_pattern *p)
{
	static const struct set none;	/* of what is repeated 0 times */
	struct df_arena *a = &p->all->a;
	struct dfa *d = df_arena_alloc(a, sizeof(*d));
	size_t i;

	d->all = p->all;
	d->nset = p->nset;
	d->set = df_arena_alloc(a, d->nset * sizeof(*d->set) + 1);
	for (i = 0; i < d->nset; i++)
		d->set[i] = &none;
	d->prog = df_arena_alloc(a, (p->re->size + 1) * sizeof(*d->prog));
	emit(d, p->re);
	emit1(d, OP_MATCH);
	symbols(d);
	threads_init(d, &d->work, a);
	threads_init(d, &d->restart, a);
	spread(d, &d->restart, 0, 0);
	gather(d, &d->restart);

	/* as many as a pattern without alternatives needs, and some more */
	d->cap = d->nprog + 64;
	d->width = d->nsym + 1;
	if (d->cap > DFA_CELLS / d->width)
		d->cap = DFA_CELLS / d->width;
	d->nhash = (uint16_t)(d->cap / 2 + 1);
	d->next = df_arena_alloc(a, d->cap * d->width * sizeof(*d->next));
	d->state = df_arena_alloc(a, (d->cap + 1) * sizeof(*d->state));
	d->hash = df_arena_alloc(a, d->nhash * sizeof(*d->hash));
	d->nstate = ST_FIRST;
	spread(d, &d->work, 0, AT_START);
	gather(d, &d->work);
	d->start = state(d, 1);
	return d;
}

static struct dfa *
dfa_get(struct df_pattern *p)
{
	struct dfa *d = atomic_load_explicit(&p->dfa, memory_order_acquire);

	if (d)
		return d;
	pthread_mutex_lock(&p->all->lock);
	d = atomic_load_explicit(&p->dfa, memory_order_relaxed);
	if (d == NULL) {
		d = dfa_new(p);
		atomic_store_explicit(&p->dfa, d, memory_order_release);
	}
	pthread_mutex_unlock(&p->all->lock);
	return d;
}

/* Run what is left of a text on sets of threads, from a state's. */
static int
simulate(const struct dfa *d, const struct state *from, const char *s,
    const char *end, uint64_t *work)
{
	struct df_arena a = { 0 };
	struct threads w[2];
	const uint16_t *list = from->list;
	size_t n = from->n, k = 0;
	uint64_t cost;
	int r = -1;

	threads_init(d, &w[0], &a);
	threads_init(d, &w[1], &a);
	for (; n && !matched(d, list, n) && s < end; k = !k) {
		cost = n + d->nprog / 16 + 1;
		if (*work < cost) {
			*work = 0;
			goto end;
		}
		*work -= cost;
		step(d, &w[k], list, n, symbol(d, &s, end));
		list = w[k].list;
		n = w[k].n;
	}
	r = matched(d, list, n) || ends(d, &w[k], list, n, 0);
end:
	df_arena_release(&a);
	return r;
}

/* ---- runs ---- */

#define RUNS 16			/* more are left to the automaton */

void
df_pattern_runs(struct df_pattern *p)
{
	const struct re *re = p->re->kid, *set;
	struct run *run = NULL, **end = &run;
	size_t n, length = 0, i, count = 0;
	uint32_t c;

	if (p->re->op != RE_CAT || re->op != RE_BOL)
		return;
	for (re = re->next; re && re->op != RE_EOL; re = re->next) {
		set = re->op == RE_REP ? re->kid : re;
		n = re->op == RE_REP ? re->min : 1;
		if (count++ == RUNS || set->op != RE_SET || (re->op == RE_REP &&
		    re->max != re->min) || set->set->n == 0 ||
		    set->set->r[set->set->n - 1].hi > 127)
			return;
		*end = df_arena_alloc(&p->all->a, sizeof(**end));
		for (i = 0; i < set->set->n; i++)
			for (c = set->set->r[i].lo; c <= set->set->r[i].hi;
			    c++)
				(*end)->in[c] = 1;
		(*end)->n = n;
		length += n;
		end = &(*end)->next;
	}
	if (re == NULL || re->next)
		return;
	p->run = run;
	p->length = length;
}

static int
match_runs(const struct run *run, const char *s)
{
	unsigned yes = 1;
	size_t i;

	for (; run && yes; run = run->next) {
		for (i = 0; i < run->n; i++)
			yes &= run->in[(unsigned char)s[i]];
		s += run->n;
	}
	return (int)yes;
}

int
df_pattern_match(struct df_pattern *p, const char *s, size_t n, uint64_t *work)
{
	const char *end = s + n, *at;
	_Atomic uint16_t *next;
	size_t st, to, sym;
	struct dfa *d;

	if (p->run)
		return n == p->length && match_runs(p->run, s);
	d = dfa_get(p);
	next = d->next;
	st = d->start;
	while (st >= ST_FIRST) {
		at = s;
		if (s == end)
			sym = d->nsym;
		else if ((unsigned char)*s < 128)
			sym = d->ascii[(unsigned char)*s++];
		else
			sym = symbol(d, &s, end);
		to = atomic_load_explicit(&next[st + sym],
		    memory_order_acquire);
		if (to == ST_UNKNOWN)
			to = transition(d, st, sym);
		if (to == ST_UNKNOWN)
			return simulate(d, &d->state[st / d->width], at, end,
			    work);
		st = to;
	}
	return st == ST_MATCH;
}
