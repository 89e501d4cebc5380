#include "base/df.h"

#include <stdlib.h>

#include "spec/graph.h"
#include "spec/speckit-internal.h"

/* What belongs to what: relations between things, and the order of tasks. */

struct link {
	struct skr *r;
	struct df_speckit *sk;
	struct df_map tasks, reqs;	/* id -> index */
	struct df_map names;		/* what names a contract -> chain */
	struct df_map words;		/* of story titles -> chain */
	SK_VEC(struct chain) chain;
	uint32_t *hits, *stamp;		/* a story each */
	uint32_t round;
};

struct chain {			/* of what one name stands for */
	uint32_t to, next;	/* next: index + 1; 0 ends */
	uint8_t whole;		/* it names the whole contract */
};

static struct df_skrel *
relate(struct link *l, enum df_skrelkind kind, enum df_evidence evidence,
    uint32_t from, uint32_t to, struct df_skplace at)
{
	struct df_skrel *x;

	if (!sk_take(l->r, 1))
		return NULL;
	x = SK_PUSH(l->r->rel);
	x->kind = (uint8_t)kind;
	x->evidence = (uint8_t)evidence;
	x->from = from;
	x->to = to;
	x->order = (uint32_t)l->r->rel.n;
	x->id = "";
	x->at = at;
	return x;
}

static void
chain(struct link *l, struct df_map *m, const char *key, size_t n,
    uint32_t to, int whole)
{
	struct chain *c;
	size_t before;

	if (!sk_take(l->r, 1))
		return;
	c = SK_PUSH(l->chain);
	c->to = to;
	c->whole = (uint8_t)whole;
	before = df_map_set(m, key, n, l->chain.n);
	c->next = before == DF_MAP_NONE ? 0 : (uint32_t)before;
}

/* ---- tasks that wait for tasks ---- */

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
task_of(const struct link *l, struct df_str id)
{
	size_t k = df_map_get(&l->tasks, id.s, id.n);

	return k == DF_MAP_NONE ? DF_SK_NONE : (uint32_t)k;
}

static void
depends(struct link *l, uint32_t from, struct df_str id, uint32_t to,
    struct df_skplace at)
{
	struct df_skrel *x = relate(l, DF_SK_TASK_TASK, DF_STATED, from, to,
	    at);

	if (x)
		x->id = sk_str(l->r, id);
}

/*
 * The ids that follow t.s[i], for each of the n tasks in from.  A range is of
 * the tasks of the document between its ends.
 */
static void
targets(struct link *l, const uint32_t *from, size_t n, struct df_str t,
    size_t i, struct df_skplace at)
{
	struct df_str id, last = { "", 0 }, gap;
	uint32_t to, first = DF_SK_NONE, x;
	size_t k, end = i, len;

	for (; i < t.n; i++) {
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
					depends(l, from[k],
					    df_str(l->sk->task[x].id), x, at);
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
task_says(struct link *l, uint32_t from)
{
	const struct df_sktask *x = &l->sk->task[from];
	struct df_str t = sk_s(&x->text);
	size_t i = 0, begin;

	while ((i = phrase(t, i, &begin)) < t.n && !l->r->full)
		targets(l, &from, 1, t, past_marks(t, i), x->at);
}

/* "T004 and T005 depend on T001": those before the words wait. */
static void
sentence_says(struct link *l, const struct sk_said *s)
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
			    l->sk->doc[DF_SK_TASKS], s->line + 1, 1 });
		start = at;
	}
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
static void
waves(struct link *l)
{
	struct df_speckit *sk = l->sk;
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

/* ---- what texts name ---- */

static int
token_char(int c)
{
	return sk_alnum(c) || (c && strchr("_./{}:$-[]<>", c) != NULL);
}

/* "/rooms/{roomId}", "/rooms/:id": "/rooms/{}"; and without "/api/v1". */
static size_t
route(struct df_str t, char *out, size_t max)
{
	size_t i, n = 0;
	int in = 0;

	for (i = 0; i < t.n && n + 3 < max; i++) {
		if (t.s[i] == '?')
			break;
		if (in) {
			in = in == ':' ? t.s[i] != '/' ? in : 0 :
			    t.s[i] != in ? in : 0;
			if (in || t.s[i] != '/')
				continue;
		}
		if (i && t.s[i - 1] == '/' && strchr("{:[<", t.s[i])) {
			in = t.s[i] == '{' ? '}' : t.s[i] == '[' ? ']' :
			    t.s[i] == '<' ? '>' : ':';
			out[n++] = '{';
			out[n++] = '}';
			continue;
		}
		out[n++] = t.s[i];
	}
	while (n > 1 && strchr("/.:", out[n - 1]))
		n--;
	return n;
}

static size_t
without_base(const char *s, size_t n)
{
	size_t i = 0;

	if (n > 5 && memcmp(s, "/api/", 5) == 0)
		i = 4;
	if (n > i + 3 && s[i] == '/' && s[i + 1] == 'v' &&
	    sk_digit(s[i + 2])) {
		size_t k = i + 3;

		while (k < n && sk_digit(s[k]))
			k++;
		if (k < n && s[k] == '/')
			i = k;
	}
	return i;
}

static void
name_contracts(struct link *l)
{
	const struct df_speckit *sk = l->sk;
	char buf[320];
	const char *s, *base;
	size_t i, n, skip;

	for (i = 0; i < sk->contracts; i++) {
		const struct df_skcontract *c = &sk->contract[i];
		const struct df_skfile *f = &sk->file[c->at.file];
		uint32_t to = (uint32_t)i;
		/* of one contract the file's name is the contract's */
		int whole = (i == 0 || sk->contract[i - 1].at.file !=
		    c->at.file) && (i + 1 == sk->contracts ||
		    sk->contract[i + 1].at.file != c->at.file);

		base = strrchr(f->name, '/');
		base = base ? base + 1 : f->name;
		chain(l, &l->names, base, strlen(base), to, whole);
		if (strlen(c->key) >= 4)
			chain(l, &l->names, c->key, strlen(c->key), to, 1);
		if (c->form == DF_SK_EXPORT && strlen(c->name) >= 4)
			chain(l, &l->names, c->name, strlen(c->name), to, 1);
		if (c->form != DF_SK_OPERATION)
			continue;
		s = strchr(c->name, ' ');
		n = s ? route(df_str(s + 1), buf, sizeof(buf)) : 0;
		if (n < 2)
			continue;
		skip = without_base(buf, n);
		s = sk_str(l->r, (struct df_str){ buf + skip, n - skip });
		chain(l, &l->names, s, n - skip, to, 1);
	}
}

typedef void mention_fn(struct link *l, uint32_t from, const struct chain *c,
    struct df_skplace at);

static int
method_is(const struct df_skcontract *c, struct df_str m)
{
	return m.n == 0 || c->form != DF_SK_OPERATION ||
	    (strncmp(c->name, m.s, m.n) == 0 && c->name[m.n] == ' ');
}

static int
is_method(struct df_str t)
{
	static const char *const method[] = { "GET", "POST", "PUT", "PATCH",
	    "DELETE", "HEAD", "OPTIONS", "TRACE" };
	size_t i;

	for (i = 0; i < DF_LEN(method); i++)
		if (df_str_eq(t, method[i]))
			return 1;
	return 0;
}

/* Every contract that t names. */
static void
mentions(struct link *l, uint32_t from, struct df_str t,
    struct df_skplace at, mention_fn *fn)
{
	struct df_str tok, verb = { "", 0 };
	char buf[320];
	const char *slash;
	size_t i, j, n, k, skip;

	for (i = 0; i < t.n; i = j) {
		j = i + 1;
		if (!token_char(t.s[i]))
			continue;
		while (j < t.n && token_char(t.s[j]))
			j++;
		tok.s = t.s + i;
		tok.n = j - i;
		while (tok.n && strchr(".:-", tok.s[tok.n - 1]))
			tok.n--;
		if (tok.n > 300 || tok.n == 0)
			continue;
		if (is_method(tok)) {
			verb = tok;
			continue;
		}
		if (tok.s[0] == '/' || (tok.n > 4 &&
		    memcmp(tok.s, "api/", 4) == 0)) {
			buf[0] = '/';
			n = tok.s[0] == '/' ? route(tok, buf, sizeof(buf)) :
			    1 + route(tok, buf + 1, sizeof(buf) - 1);
			skip = without_base(buf, n);
			k = df_map_get(&l->names, buf + skip, n - skip);
		} else {
			slash = tok.s + tok.n;
			while (slash > tok.s && slash[-1] != '/')
				slash--;
			n = (size_t)(tok.s + tok.n - slash);
			k = df_map_get(&l->names, slash, n);
		}
		for (; k != DF_MAP_NONE && k && !l->r->full;
		    k = l->chain.v[k - 1].next)
			if (method_is(&l->sk->contract[
			    l->chain.v[k - 1].to], verb))
				fn(l, from, &l->chain.v[k - 1], at);
		verb.n = 0;
	}
}

static void
task_contract(struct link *l, uint32_t from, const struct chain *c,
    struct df_skplace at)
{
	relate(l, DF_SK_TASK_CONTRACT, c->whole ? DF_STATED : DF_INFERRED,
	    from, c->to, at);
}

static void
story_contract(struct link *l, uint32_t from, const struct chain *c,
    struct df_skplace at)
{
	relate(l, DF_SK_CONTRACT_STORY, c->whole ? DF_STATED : DF_INFERRED,
	    c->to, from, at);
}

/* Requirements that t names: of a task, or of a story. */
static void
cites(struct link *l, uint32_t from, struct df_str t, struct df_skplace at,
    int story)
{
	size_t i, n, k;

	for (i = 0; i < t.n; i++) {
		if ((t.s[i] != 'F' && t.s[i] != 'N') || !sk_begins(t, i))
			continue;
		for (n = i; n < t.n && (sk_alnum(t.s[n]) || t.s[n] == '-');
		    n++)
			;
		k = df_map_get(&l->reqs, t.s + i, n - i);
		if (k != DF_MAP_NONE) {
			if (story)
				relate(l, DF_SK_REQ_STORY, DF_STATED,
				    (uint32_t)k, from, at);
			else
				relate(l, DF_SK_TASK_REQ, DF_STATED, from,
				    (uint32_t)k, at);
		}
		i = n - 1;
	}
}

/* ---- words ---- */

static int
is_common(const char *s, size_t n)
{
	static const char *const word[] = { "able", "page", "that", "their",
	    "them", "then", "this", "user", "when", "with", "from", "into",
	    "must", "should", "system", "have", "each", "more", "only",
	    "data", "list", "view", "create", "update", "delete", "manage",
	    "request", "response", "result", "type", "item", "name" };
	size_t i;

	for (i = 0; i < DF_LEN(word); i++)
		if (strlen(word[i]) == n && memcmp(word[i], s, n) == 0)
			return 1;
	return 0;
}

/* The next word of t behind *i, in lower case, without a plural s; its
   length, 0 at the end.  "RoomList" has two. */
static size_t
next_word(struct df_str t, size_t *i, char out[32])
{
	size_t n;

	for (;;) {
		while (*i < t.n && !sk_alpha(t.s[*i]))
			++*i;
		if (*i == t.n)
			return 0;
		for (n = 0; *i < t.n && sk_alpha(t.s[*i]); ++*i) {
			if (n && t.s[*i] < 'a' && t.s[*i - 1] >= 'a')
				break;
			if (n < 31)
				out[n++] = (char)(t.s[*i] | 32);
		}
		if (n > 4 && out[n - 1] == 's')
			n--;
		if (n >= 4 && !is_common(out, n))
			return n;
	}
}

static void
title_words(struct link *l)
{
	char w[32];
	const char *key;
	size_t i, k, n;

	for (i = 0; i < l->sk->stories; i++) {
		struct df_str t = df_str(l->sk->story[i].title);

		for (k = 0; (n = next_word(t, &k, w)) != 0; ) {
			key = sk_str(l->r, (struct df_str){ w, n });
			chain(l, &l->words, key, n, (uint32_t)i, 0);
		}
	}
}

/* The one story whose title shares the most words with t, at least need. */
static uint32_t
by_words(struct link *l, struct df_str t, uint32_t need)
{
	uint32_t best = DF_SK_NONE, most = 0, equal = 0, to;
	size_t i = 0, n, k, steps;
	char w[32];

	l->round++;
	while ((n = next_word(t, &i, w)) != 0) {
		k = df_map_get(&l->words, w, n);
		for (steps = 0; k != DF_MAP_NONE && k && steps < 64; steps++,
		    k = l->chain.v[k - 1].next) {
			to = l->chain.v[k - 1].to;
			if (l->stamp[to] != l->round) {
				l->stamp[to] = l->round;
				l->hits[to] = 0;
			}
			l->hits[to]++;
			if (l->hits[to] > most) {
				most = l->hits[to];
				best = to;
				equal = 0;
			} else if (l->hits[to] == most && to != best)
				equal = 1;
		}
	}
	return most >= need && !equal ? best : DF_SK_NONE;
}

/* ---- the whole ---- */

static int
by_relation(const void *a, const void *b)
{
	const struct df_skrel *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->evidence != y->evidence)
		return x->evidence < y->evidence ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Sorted, each relation once, the stated one of two. */
static void
tidy(struct link *l)
{
	struct df_skrel *v = l->r->rel.v;
	size_t n = l->r->rel.n, i, to = 0, most, group = 0;
	uint32_t *seen;

	if (n == 0)
		return;
	qsort(v, n, sizeof(*v), by_relation);
	most = l->sk->stories + l->sk->tasks + l->sk->reqs + l->sk->contracts;
	seen = df_calloc(most + 1, sizeof(*seen));
	for (i = 0; i < n; i++) {
		if (i == 0 || v[i].kind != v[to - 1].kind ||
		    v[i].from != v[to - 1].from)
			group++;
		if (v[i].to != DF_SK_NONE) {
			if (seen[v[i].to] == group)
				continue;
			seen[v[i].to] = (uint32_t)group;
		}
		v[to++] = v[i];
	}
	l->r->rel.n = to;
	free(seen);
}

/* Relations of what has a story in another: a task's story is its
   requirements' and its contracts'. */
static void
through_tasks(struct link *l)
{
	size_t n = l->r->rel.n, i, k, tasks = l->sk->tasks;
	uint32_t *first = df_calloc(tasks + 1, sizeof(*first));

	/* the first story of each task, stated or not */
	for (i = 0; i < n; i++) {
		const struct df_skrel *x = &l->r->rel.v[i];

		if (x->kind == DF_SK_TASK_STORY && x->to != DF_SK_NONE &&
		    first[x->from] == 0)
			first[x->from] = x->to + 1;
	}
	for (k = 0; k < n && !l->r->full; k++) {
		struct df_skrel x = l->r->rel.v[k];

		if ((x.kind != DF_SK_TASK_REQ &&
		    x.kind != DF_SK_TASK_CONTRACT) || first[x.from] == 0)
			continue;
		relate(l, x.kind == DF_SK_TASK_REQ ? DF_SK_REQ_STORY :
		    DF_SK_CONTRACT_STORY, DF_INFERRED, x.to,
		    first[x.from] - 1, x.at);
	}
	free(first);
}

/* Which requirements and contracts have a story by now? */
static void
by_title(struct link *l)
{
	struct df_speckit *sk = l->sk;
	uint8_t *has = df_calloc(sk->reqs + sk->contracts + 1, 1);
	uint32_t to;
	size_t i;

	for (i = 0; i < l->r->rel.n; i++) {
		const struct df_skrel *x = &l->r->rel.v[i];

		if (x->kind == DF_SK_REQ_STORY)
			has[x->from] = 1;
		if (x->kind == DF_SK_CONTRACT_STORY)
			has[sk->reqs + x->from] = 1;
	}
	for (i = 0; i < sk->reqs + sk->contracts && !l->r->full; i++) {
		if (has[i])
			continue;
		if (i < sk->reqs) {
			to = by_words(l, sk_s(&sk->req[i].text), 2);
			if (to != DF_SK_NONE)
				relate(l, DF_SK_REQ_STORY, DF_INFERRED,
				    (uint32_t)i, to, sk->req[i].at);
			continue;
		}
		to = by_words(l, df_str(sk->contract[i - sk->reqs].name), 1);
		if (to != DF_SK_NONE)
			relate(l, DF_SK_CONTRACT_STORY, DF_INFERRED,
			    (uint32_t)(i - sk->reqs), to,
			    sk->contract[i - sk->reqs].at);
	}
	free(has);
}

static void
of_stories(struct link *l)
{
	const struct df_speckit *sk = l->sk;
	struct df_str num, t;
	uint32_t i, to;
	size_t k, j;

	for (k = 0; k < sk->stories; k++) {
		const struct df_skstory *s = &sk->story[k];
		const struct df_md *md = sk->file[s->at.file].md;

		for (i = s->at.line; i < s->end; i++) {
			if (md->line[i].kind != DF_MD_TEXT &&
			    md->line[i].kind != DF_MD_TABLE)
				continue;
			t = sk_line(&md->line[i]);
			cites(l, (uint32_t)k, t, (struct df_skplace){
			    s->at.file, i + 1, 1 }, 1);
			mentions(l, (uint32_t)k, t, (struct df_skplace){
			    s->at.file, i + 1, 1 }, story_contract);
		}
	}
	for (k = 0; k < sk->reqs; k++) {
		t = sk_s(&sk->req[k].text);
		for (j = 0; j < t.n; j++) {
			if ((t.s[j] | 32) != 'u' || !sk_begins(t, j) ||
			    !sk_story_id(sk_skip(t, j), &num))
				continue;
			to = sk_story(l->r, num);
			if (to != DF_SK_NONE)
				relate(l, DF_SK_REQ_STORY, DF_STATED,
				    (uint32_t)k, to, sk->req[k].at);
		}
	}
}

void
sk_link(struct skr *r)
{
	struct df_speckit *sk = r->sk;
	struct link l;
	uint8_t *tagged = df_calloc(sk->tasks + 1, 1);
	size_t i;

	memset(&l, 0, sizeof(l));
	l.r = r;
	l.sk = sk;
	l.hits = df_calloc(sk->stories + 1, sizeof(*l.hits));
	l.stamp = df_calloc(sk->stories + 1, sizeof(*l.stamp));
	for (i = sk->tasks; i-- > 0; )
		df_map_set(&l.tasks, sk->task[i].id, strlen(sk->task[i].id),
		    i);
	for (i = 0; i < sk->reqs; i++)
		df_map_set(&l.reqs, sk->req[i].id, strlen(sk->req[i].id), i);
	name_contracts(&l);
	title_words(&l);
	for (i = 0; i < r->rel.n; i++)
		tagged[r->rel.v[i].from] = 1;
	for (i = 0; i < sk->tasks && !r->full; i++) {
		const struct df_sktask *t = &sk->task[i];

		if (!tagged[i] && t->hint != DF_SK_NONE)
			relate(&l, DF_SK_TASK_STORY, DF_INFERRED, (uint32_t)i,
			    t->hint, t->at);
		task_says(&l, (uint32_t)i);
		cites(&l, (uint32_t)i, sk_s(&t->text), t->at, 0);
		mentions(&l, (uint32_t)i, sk_s(&t->text), t->at,
		    task_contract);
	}
	for (i = 0; i < r->said.n && !r->full; i++)
		sentence_says(&l, &r->said.v[i]);
	of_stories(&l);
	through_tasks(&l);
	by_title(&l);
	tidy(&l);
	sk->rel = r->rel.v;
	sk->rels = r->rel.n;
	for (i = 0; i < sk->rels; i++) {
		const struct df_skrel *x = &sk->rel[i];

		if (x->kind == DF_SK_TASK_STORY && x->to != DF_SK_NONE)
			sk->story[x->to].tasks++;
	}
	if (!r->full)
		waves(&l);
	df_map_release(&l.tasks);
	df_map_release(&l.reqs);
	df_map_release(&l.names);
	df_map_release(&l.words);
	free(l.chain.v);
	free(l.hits);
	free(l.stamp);
	free(tagged);
}
