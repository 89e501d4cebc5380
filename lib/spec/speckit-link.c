#include "base/df.h"

#include <stdlib.h>

#include "spec/speckit-internal.h"

/* What belongs to what: relations between things. */

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

struct df_skrel *
sk_relate(struct skr *r, enum df_skrelkind kind, enum df_evidence evidence,
    uint32_t from, uint32_t to, struct df_skplace at)
{
	struct df_skrel *x;

	if (!sk_take(r, 1))
		return NULL;
	x = SK_PUSH(r->rel);
	x->kind = (uint8_t)kind;
	x->evidence = (uint8_t)evidence;
	x->from = from;
	x->to = to;
	x->order = (uint32_t)r->rel.n;
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
		/* many of one name cost as much as relations do */
		for (n = 0; k != DF_MAP_NONE && k && !l->r->full;
		    k = l->chain.v[k - 1].next)
			if (++n % 64 == 0 && !sk_take(l->r, 1))
				break;
			else if (method_is(&l->sk->contract[
			    l->chain.v[k - 1].to], verb))
				fn(l, from, &l->chain.v[k - 1], at);
		verb.n = 0;
	}
}

static void
task_contract(struct link *l, uint32_t from, const struct chain *c,
    struct df_skplace at)
{
	sk_relate(l->r, DF_SK_TASK_CONTRACT, c->whole ? DF_STATED : DF_INFERRED,
	    from, c->to, at);
}

static void
story_contract(struct link *l, uint32_t from, const struct chain *c,
    struct df_skplace at)
{
	sk_relate(l->r, DF_SK_CONTRACT_STORY, c->whole ? DF_STATED :
	    DF_INFERRED, c->to, from, at);
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
				sk_relate(l->r, DF_SK_REQ_STORY, DF_STATED,
				    (uint32_t)k, from, at);
			else
				sk_relate(l->r, DF_SK_TASK_REQ, DF_STATED, from,
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
		sk_relate(l->r, x.kind == DF_SK_TASK_REQ ? DF_SK_REQ_STORY :
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
				sk_relate(l->r, DF_SK_REQ_STORY, DF_INFERRED,
				    (uint32_t)i, to, sk->req[i].at);
			continue;
		}
		to = by_words(l, df_str(sk->contract[i - sk->reqs].name), 1);
		if (to != DF_SK_NONE)
			sk_relate(l->r, DF_SK_CONTRACT_STORY, DF_INFERRED,
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
				sk_relate(l->r, DF_SK_REQ_STORY, DF_STATED,
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
			sk_relate(r, DF_SK_TASK_STORY, DF_INFERRED, (uint32_t)i,
			    t->hint, t->at);
		cites(&l, (uint32_t)i, sk_s(&t->text), t->at, 0);
		mentions(&l, (uint32_t)i, sk_s(&t->text), t->at,
		    task_contract);
	}
	sk_wait(r, &l.tasks);
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
		sk_waves(sk);
	df_map_release(&l.tasks);
	df_map_release(&l.reqs);
	df_map_release(&l.names);
	df_map_release(&l.words);
	free(l.chain.v);
	free(l.hits);
	free(l.stamp);
	free(tagged);
}
