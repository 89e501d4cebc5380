#include "base/df.h"

#include <stdlib.h>

#include "base/err.h"
#include "spec/scope-internal.h"

#define CARRIED 4096		/* references looked at for a foundation */

struct pass {
	struct df_xref *x;
	struct df_xref_in *in;
	const struct df_task *t;
	int own;		/* the text is the task's own */
	int schema;		/* it is one of its contracts */
	int title;		/* it is its title */
	int whole;		/* more than the files are wanted */
	uint16_t step;
};

static void
mark(struct pass *p, uint32_t unit, unsigned by)
{
	struct scope_mark *m = &p->in->mark[unit];

	if (m->stamp != p->in->now) {
		memset(m, 0, sizeof(*m));
		m->stamp = p->in->now;
		*PUSH(p->in->touched) = unit;
	}
	m->by |= (uint8_t)by;
	if (m->step == 0 && by == DF_BY_NAME)
		m->step = p->step;
}

/* What is the task's own when its text or its contracts name it. */
static void
mark_named(struct pass *p, uint32_t unit)
{
	mark(p, unit, DF_BY_NAME);
	if (p->own || p->schema)
		p->in->mark[unit].own |= p->own ? DF_OWN_TEXT | 1 : 1;
}

static uint32_t
unit_of(const struct df_xref_in *in, enum df_kind k, size_t i)
{
	return in->base[k] + (uint32_t)i;
}

static enum df_kind
kind_of(const struct df_xref_in *in, uint32_t unit)
{
	int k = 0;

	while (unit >= in->base[k + 1])
		k++;
	return (enum df_kind)k;
}

/* ---- the task's text ---- */

/* The kind that an item of the documents is a unit of; DF_KINDS: none. */
static enum df_kind
item_kind(const struct df_item *it)
{
	switch (it->family) {
	case DF_E:
		return DF_K_ENTITY;
	case DF_TD:
		return DF_K_DOUBLE;
	case DF_RQ:
		return DF_K_RESEARCH;
	case DF_CLR:
		return DF_K_CLAR;
	case DF_GAP:
		return DF_K_GAP;
	case DF_DEF:
		return DF_K_DEFERRED;
	default:
		return DF_KINDS;
	}
}

/* Where the stamp of a scenario or contract is; NULL for other items. */
static uint32_t *
item_stamp(struct df_xref_in *in, const struct df_item *it)
{
	if (it->family == DF_SC)
		return &in->scenario[it->index];
	if (it->family >= DF_IN && it->family <= DF_ERR)
		return &in->contract[it->index];
	return NULL;
}

/* An id in the text: what it means is selected, or at least mentioned. */
static void
name_item(struct pass *p, const struct df_item *it)
{
	struct df_xref_in *in = p->in;
	enum df_kind k = item_kind(it);
	uint32_t *stamp = item_stamp(in, it);

	if (k != DF_KINDS)
		mark_named(p, unit_of(in, k, it->index));
	if (stamp && *stamp / 2 != in->now && p->whole && in->mention.n <
	    DF_XREF_COMMON) {
		*stamp = in->now * 2;
		*PUSH(in->mention) = it;
	}
}

/* What a word of the text is the name of. */
static void
name_units(struct pass *p, const struct scope_token *t, uint32_t term)
{
	struct df_xref_in *in = p->in;
	const struct scope_post *q = in->post.v + in->term.v[term].first;
	const struct scope_post *end = q + in->term.v[term].n;
	const char *path;

	for (; q < end && q->unit < in->base[DF_K_NAMED]; q++) {
		if (q->how == SCOPE_CITES)
			continue;
		switch (kind_of(in, q->unit)) {
		case DF_K_COMPONENT:
			if (p->own)
				mark(p, q->unit, q->how == SCOPE_CALLED ||
				    p->title ? DF_BY_NAME : DF_BY_USE);
			break;
		case DF_K_FILE:
			path = p->x->file[q->unit - in->base[DF_K_FILE]].path;
			if (p->own && scope_same_file(path, strlen(path), t->s,
			    t->n))
				mark(p, q->unit, DF_BY_NAME);
			break;
		case DF_K_ENTITY:
			mark_named(p, q->unit);
			break;
		case DF_K_ACTIVE:
			if (p->own)
				mark(p, q->unit, DF_BY_NAME);
			break;
		default:
			mark(p, q->unit, DF_BY_NAME);
		}
	}
}

static void
score(struct pass *p, const char *w, size_t n)
{
	struct df_xref_in *in = p->in;
	size_t at = df_map_get(&in->words, w, n);
	const struct scope_post *q, *end, *k;
	uint32_t lim;

	if (at == DF_MAP_NONE || in->wordstamp[at] == in->now)
		return;
	in->wordstamp[at] = in->now;
	q = in->wpost.v + in->word.v[at].first;
	for (end = q + in->word.v[at].n; q < end; q = k) {
		lim = in->base[kind_of(in, q->unit) + 1];
		for (k = q; k < end && k->unit < lim; k++)
			;
		for (n = (size_t)(k - q); q < k; q++) {
			mark(p, q->unit, 0);
			in->mark[q->unit].score += SCOPE_WORD_COMMON /
			    (uint32_t)n;
		}
	}
}

/* Like the name of a source file? */
static int
source_file(const char *s, size_t n)
{
	static const char *const ext[] = { "c", "cc", "cpp", "css", "go", "h",
	    "hpp", "html", "java", "js", "json", "kt", "md", "php", "proto",
	    "py", "rb", "rs", "sh", "sql", "swift", "t", "toml", "ts", "tsx",
	    "yaml", "yml" };
	const char *e = s + n;
	size_t i, k;

	while (e > s && e[-1] != '.' && e[-1] != '/')
		e--;
	if (e < s + 2 || e[-1] != '.')
		return 0;
	k = (size_t)(s + n - e);
	for (i = 0; i < DF_LEN(ext); i++)
		if (strlen(ext[i]) == k && memcmp(e, ext[i], k) == 0)
			return 1;
	return 0;
}

/* A path in code marks that D7 does not have; the results file is ours. */
static void
unplanned(struct pass *p, const struct scope_token *t)
{
	struct df_xref_in *in = p->in;
	struct df_unplanned *u;
	size_t i, n = t->n;
	const char *base = t->s + n;

	while (base > t->s && base[-1] != '/')
		base--;
	n -= (size_t)(base - t->s);
	if (!source_file(base, n) || df_map_get(&in->names, base, n) !=
	    DF_MAP_NONE || (n == 10 && memcmp(base, "RESULTS.md", n) == 0))
		return;
	for (i = 0; i < in->unplanned.n; i++) {
		u = &in->unplanned.v[i];
		if (scope_same_file(u->path, u->n, t->s, t->n))
			return;
	}
	if (in->unplanned.n == DF_XREF_COMMON)
		return;
	u = PUSH(in->unplanned);
	u->path = t->s;
	u->n = t->n;
	u->step = p->step;
	u->at = p->t->criterion[p->step - 1].text.at;
}

/* "Article 2" */
static void
article(struct pass *p, const char *s, const char *end)
{
	const struct df_d1 *d = &p->x->sp->d1;
	unsigned n = 0;
	size_t i;

	while (s < end && *s == ' ')
		s++;
	for (; s < end && *s >= '0' && *s <= '9' && n < DF_XREF_ARTICLES; s++)
		n = n * 10 + (unsigned)(*s - '0');
	if (!p->own && !p->schema)
		return;
	for (i = 0; n && i < d->articles && i < DF_XREF_ARTICLES; i++)
		if (d->article[i].number == n)
			mark_named(p, unit_of(p->in, DF_K_ARTICLE, i));
}

static void
text(struct pass *p, const char *s, size_t len)
{
	struct df_xref_in *in = p->in;
	struct scope_reader r = scope_read(s, len);
	const struct df_item *it;
	struct scope_token t;
	uint32_t v[SCOPE_TERMS + 1];
	char w[SCOPE_WORD_MAX];
	unsigned k, m;
	size_t i, n;

	while (scope_token(&r, &t)) {
		if (t.n == 7 && memcmp(t.s, "Article", 7) == 0)
			article(p, t.s + t.n, r.end);
		m = scope_terms(in, &r, &t, v);
		for (k = 0; k < m; k++)
			name_units(p, &t, v[k]);
		for (i = 0; (n = scope_id(&t, &i)) > 0; i += n) {
			it = df_spec_find(p->x->sp, t.s + i, n);
			if (it)
				name_item(p, it);
		}
		if (m == 0 && t.code && p->step && p->whole)
			unplanned(p, &t);
		for (i = 0; p->whole && scope_word(&t, &i, w, &n);)
			score(p, w, n);
	}
}

static void
text_of(struct pass *p, const struct df_value *x)
{
	text(p, x->s, x->n);
}

static void
texts_of(struct pass *p, const struct df_values *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		text_of(p, &x->v[i]);
}

static void
own_text(struct pass *p)
{
	const struct df_task *t = p->t;
	size_t i, k;

	p->own = p->title = 1;
	text(p, t->item.title, strlen(t->item.title));
	p->title = 0;
	text_of(p, &t->description);
	text_of(p, &t->scenarios_text);
	text_of(p, &t->contracts_text);
	for (i = 0; i < t->criteria; i++) {
		p->step = (uint16_t)(i < UINT16_MAX ? i + 1 : UINT16_MAX);
		text_of(p, &t->criterion[i].text);
		for (k = 0; k < t->criterion[i].codes.n; k++)
			text(p, t->criterion[i].codes.v[k].s,
			    t->criterion[i].codes.v[k].n);
	}
	p->step = 0;
	p->own = 0;
}

static void
wider_text(struct pass *p)
{
	const struct df_spec *sp = p->x->sp;
	const struct df_scenario *s;
	const struct df_item *it;
	size_t i;

	for (i = 0; i < p->in->item.n; i++) {
		it = p->in->item.v[i];
		if (it->family == DF_SC) {
			s = df_scenario_of(it);
			text(p, it->title, strlen(it->title));
			texts_of(p, &s->given);
			texts_of(p, &s->when);
			texts_of(p, &s->then);
		} else if (df_family_doc[it->family] == 4) {
			p->schema = 1;
			text(p, it->title, strlen(it->title));
			if (it->body.doc == 4 && sp->doc[4].s)
				text(p, sp->doc[4].s + it->body.off,
				    it->body.len);
			p->schema = 0;
		}
	}
}

/* ---- from one thing to the next ---- */

static void
add_refs(struct pass *p, const struct df_refs *f)
{
	const struct df_item *it;
	enum df_kind k;
	uint32_t *stamp;
	size_t i;

	for (i = 0; i < f->n; i++) {
		it = f->v[i].to;
		if (it == NULL || it->family == DF_HS || it->family == DF_T)
			continue;
		*PUSH(p->in->item) = it;
		stamp = item_stamp(p->in, it);
		if (stamp)
			*stamp = p->in->now * 2 + 1;
		k = item_kind(it);
		if (k == DF_KINDS)
			continue;
		mark(p, unit_of(p->in, k, it->index), DF_BY_NAME);
		p->in->mark[unit_of(p->in, k, it->index)].own =
		    DF_OWN_TEXT | 1;
	}
}

static void
by_term(struct pass *p, const char *s, size_t n)
{
	struct df_xref_in *in = p->in;
	const struct scope_post *q, *end;
	size_t at = df_map_get(&in->names, s, n);

	if (at == DF_MAP_NONE)
		return;
	q = in->post.v + in->term.v[at].first;
	for (end = q + in->term.v[at].n; q < end; q++)
		if (q->how >= SCOPE_SAYS)
			mark(p, q->unit, DF_BY_ID);
}

/* Units that name or cite the task's ids. */
static void
by_ids(struct pass *p)
{
	struct df_xref_in *in = p->in;
	const struct df_item *it;
	size_t i;

	for (i = 0; i < in->item.n; i++) {
		it = in->item.v[i];
		by_term(p, it->id, strlen(it->id));
		if (it->family != DF_ERR)
			continue;
		scope_squash(in, it->title);
		by_term(p, in->tmp.s, in->tmp.n);
	}
}

/* A file of a component, for the component's reasons. */
static void
add_file(struct pass *p, uint32_t file, uint32_t component, int own)
{
	struct df_xref_in *in = p->in;
	struct scope_mark *m;
	uint32_t u = in->base[DF_K_FILE] + file;

	mark(p, u, in->mark[component].by);
	m = &in->mark[u];
	m->own |= (uint8_t)own;
	if (m->step == 0)
		m->step = in->mark[component].step;
}

/* Which components and files are the task's own, and what goes with them. */
static void
by_components(struct pass *p)
{
	struct df_xref_in *in = p->in;
	size_t n = in->touched.n, i;
	uint32_t u, k, file = in->base[DF_K_FILE];
	struct scope_mark *m;
	unsigned want = DF_BY_ID;

	for (i = 0; i < n; i++)
		if (in->touched.v[i] < file &&
		    (in->mark[in->touched.v[i]].by & DF_BY_NAME))
			want = DF_BY_NAME;
	for (i = 0; i < n; i++) {
		u = in->touched.v[i];
		m = &in->mark[u];
		if (u >= file) {
			if (u < in->base[DF_K_ENTITY] && m->by)
				m->own = 1;
			continue;
		}
		m->own = (m->by & want) != 0;
		SCOPE_LIST(&in->has, u, k)
			if (m->own || (p->whole && (m->by & DF_BY_ID) &&
			    in->fileof[in->has.v[k]] == in->filenow))
				add_file(p, in->has.v[k], u, m->own);
		if (m->own && p->whole)
			SCOPE_LIST(&in->needs, u, k)
				mark(p, in->needs.v[k], DF_BY_USE);
	}
	for (i = 0, n = in->touched.n; i < n; i++) {
		u = in->touched.v[i];
		if (u < file || u >= in->base[DF_K_ENTITY] ||
		    !in->mark[u].own)
			continue;
		SCOPE_LIST(&in->tests, u - file, k) {
			if (k - in->tests.first[u - file] == DF_XREF_COMMON)
				break;
			mark(p, file + in->tests.v[k], DF_BY_TEST);
			in->mark[file + in->tests.v[k]].own = 1;
		}
	}
}

/* The entities that are called by a term. */
static void
used(struct pass *p, uint32_t term)
{
	struct df_xref_in *in = p->in;
	const struct scope_post *q = in->post.v + in->term.v[term].first;
	const struct scope_post *end = q + in->term.v[term].n;

	for (; q < end; q++)
		if (q->how == SCOPE_CALLED && q->unit >= in->base[DF_K_ENTITY]
		    && q->unit < in->base[DF_K_ERRCODE])
			mark(p, q->unit, DF_BY_USE);
}

/* Entities that the task's components take or give. */
static void
by_interface(struct pass *p)
{
	struct df_xref_in *in = p->in;
	const struct df_component *c = p->x->sp->d7.component;
	struct scope_reader r;
	struct scope_token t;
	uint32_t v[SCOPE_TERMS + 1], u;
	size_t i, n = in->touched.n;
	unsigned k, m;

	for (i = 0; i < n; i++) {
		u = in->touched.v[i];
		if (u >= in->base[DF_K_FILE] || !in->mark[u].own)
			continue;
		r = scope_read(c[u].exposes.s, c[u].exposes.n);
		while (scope_token(&r, &t)) {
			m = scope_terms(in, &r, &t, v);
			for (k = 0; k < m; k++)
				used(p, v[k]);
		}
	}
}

/* Texts that name a component or a file of the task (of the testing strategy
   and diagrams: one of its own); or an entity, and no component or file. */
static void
by_names(struct pass *p)
{
	struct df_xref_in *in = p->in;
	const struct scope_post *q, *end;
	size_t i, n = in->touched.n;
	uint32_t u, k, term;

	for (i = 0; i < n; i++) {
		u = in->touched.v[i];
		if (u >= in->base[DF_K_ERRCODE] || !in->mark[u].by)
			continue;
		SCOPE_LIST(&in->owns, u, k) {
			term = in->owns.v[k];
			q = in->post.v + in->term.v[term].first;
			for (end = q + in->term.v[term].n; q < end; q++)
				if (q->unit >= in->base[DF_K_ACTIVE] &&
				    (q->unit >= in->base[DF_K_TESTING] ?
				    u < in->base[DF_K_ENTITY] &&
				    in->mark[u].own :
				    u < in->base[DF_K_ENTITY] ||
				    !in->special[q->unit]))
					mark(p, q->unit, DF_BY_NAME);
		}
	}
}

static void
by_rule(struct pass *p)
{
	struct df_xref_in *in = p->in;
	size_t k, i;

	for (k = DF_K_ARTICLE; k <= DF_K_TESTING; k++)
		for (i = 0; i < in->ngeneral[k] && i < DF_XREF_COMMON; i++)
			mark(p, in->general[k][i], DF_BY_RULE);
}

static void
begin(struct pass *p)
{
	struct df_xref_in *in = p->in;

	if (++in->now == UINT32_MAX / 2)
		DF_BUG("more selections than a stamp can count");
	in->touched.n = 0;
	in->item.n = 0;
	in->mention.n = 0;
	in->unplanned.n = 0;
	add_refs(p, &p->t->scenarios);
	add_refs(p, &p->t->contracts);
	add_refs(p, &p->t->others);
	own_text(p);
}

static int
by_unit(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* ---- other tasks ---- */

static size_t
number(const struct df_xref *x, const struct df_task *t)
{
	return (size_t)(t - x->sp->d8.task);
}

/* The own files of a task, found once. */
static const struct scope_files *
files_of(struct df_xref *x, const struct df_task *t)
{
	struct df_xref_in *in = x->in;
	struct scope_files *f = &in->files[number(x, t)];
	uint32_t u, file = in->base[DF_K_FILE];
	struct pass p = { 0 };
	size_t i, n = 0;

	if (f->known)
		return f;
	p.x = x;
	p.in = in;
	p.t = t;
	begin(&p);
	by_ids(&p);
	by_components(&p);
	for (i = 0; i < in->touched.n; i++) {
		u = in->touched.v[i];
		if (u >= file && u < in->base[DF_K_ENTITY] && in->mark[u].own)
			in->touched.v[n++] = u - file;
	}
	f->v = df_arena_alloc(&in->arena, n * sizeof(*f->v) + 1);
	if (n)
		memcpy(f->v, in->touched.v, n * sizeof(*f->v));
	f->n = n;
	f->known = 1;
	return f;
}

static int
by_file(const void *a, const void *b)
{
	const struct df_given *x = a, *y = b;

	return x->file < y->file ? -1 : x->file > y->file;
}

/* Stamp the files that the tasks behind this one have; those of the tasks
   that it names as its dependencies are given. */
static void
earlier_files(struct df_xref *x, const struct df_task *t)
{
	struct df_xref_in *in = x->in;
	const struct scope_files *f;
	const struct df_task *u = t;
	const struct df_ref *d;
	struct df_given *g;
	size_t i, k, direct = 0;

	in->filenow++;
	in->given.n = 0;
	in->seenow++;
	in->queue.n = 0;
	in->seen[number(x, t)] = in->seenow;
	for (i = 0;; i++) {
		for (k = 0; k < u->deps.n && in->queue.n < DF_XREF_BACK; k++) {
			d = &u->deps.v[k];
			if (d->to == NULL || d->family != DF_T ||
			    in->seen[d->to->index] == in->seenow)
				continue;
			in->seen[d->to->index] = in->seenow;
			*PUSH(in->queue) = d->to->index;
		}
		if (i == 0)
			direct = in->queue.n;
		if (i == in->queue.n)
			break;
		u = &x->sp->d8.task[in->queue.v[i]];
		f = files_of(x, u);
		for (k = 0; k < f->n; k++) {
			if (i < direct && in->fileof[f->v[k]] != in->filenow) {
				g = PUSH(in->given);
				g->file = f->v[k];
				g->task = u;
			}
			in->fileof[f->v[k]] = in->filenow;
		}
	}
	if (in->given.n)
		qsort(in->given.v, in->given.n, sizeof(*in->given.v), by_file);
}

/* The scenarios of the tasks that build on this one. */
static void
carry(struct df_xref *x, const struct df_task *t)
{
	struct df_xref_in *in = x->in;
	const struct df_task *u = t;
	size_t i, k, looked = 0;
	uint32_t j;

	in->carried.n = 0;
	if (!t->foundation || t->scenarios.n)
		return;
	in->seenow++;
	in->queue.n = 0;
	in->seen[number(x, t)] = in->seenow;
	for (i = 0;; i++) {
		SCOPE_LIST(&in->children, number(x, u), j) {
			if (in->queue.n == DF_XREF_BACK)
				break;
			if (in->seen[in->children.v[j]] == in->seenow)
				continue;
			in->seen[in->children.v[j]] = in->seenow;
			*PUSH(in->queue) = in->children.v[j];
		}
		if (i == in->queue.n)
			break;
		u = &x->sp->d8.task[in->queue.v[i]];
		for (k = 0; k < u->scenarios.n && looked < CARRIED; k++) {
			looked++;
			if (u->scenarios.v[k].to)
				*PUSH(in->carried) = u->scenarios.v[k].to;
		}
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct df_item *x = *(const struct df_item *const *)a;
	const struct df_item *y = *(const struct df_item *const *)b;

	if (x->at.doc != y->at.doc)
		return x->at.doc < y->at.doc ? -1 : 1;
	return x->at.off < y->at.off ? -1 : x->at.off > y->at.off;
}

static void
sort_items(const struct df_item **v, size_t *n)
{
	size_t i, w = 0;

	if (*n == 0)
		return;
	qsort(v, *n, sizeof(*v), by_place);
	for (i = 1; i < *n; i++)
		if (v[i] != v[w])
			v[++w] = v[i];
	*n = w + 1;
}

/* ---- the selection ---- */

static void
collect(struct df_xref *x, struct df_scope *sc)
{
	struct df_xref_in *in = x->in;
	const struct scope_mark *m;
	struct df_pick *k;
	size_t i, at = 0;
	int kind;
	uint32_t u;

	qsort(in->touched.v, in->touched.n, sizeof(*in->touched.v), by_unit);
	in->pick.n = 0;
	for (i = 0; i < in->touched.n; i++)
		(void)PUSH(in->pick);
	for (i = 0, kind = 0; kind < DF_KINDS; kind++) {
		sc->kind[kind].v = in->pick.v + at;
		sc->kind[kind].beyond = in->ngeneral[kind] > DF_XREF_COMMON ?
		    in->ngeneral[kind] - DF_XREF_COMMON : 0;
		for (; i < in->touched.n && in->touched.v[i] <
		    in->base[kind + 1]; i++) {
			u = in->touched.v[i];
			m = &in->mark[u];
			if (m->by == 0)
				continue;
			k = &in->pick.v[at++];
			k->index = u - in->base[kind];
			k->score = m->score;
			k->by = m->by;
			k->own = m->own;
			k->step = m->step;
			sc->kind[kind].n++;
			if (scope_is_there(x, kind, k->index))
				k->action = kind == DF_K_FILE && m->by &
				    DF_BY_NAME ? DF_MODIFY : DF_REUSE;
		}
	}
}

void
df_scope_make(struct df_xref *x, const struct df_task *t, struct df_scope *sc)
{
	struct df_xref_in *in = x->in;
	struct pass p = { 0 };

	memset(sc, 0, sizeof(*sc));
	earlier_files(x, t);
	p.x = x;
	p.in = in;
	p.t = t;
	p.whole = 1;
	begin(&p);
	wider_text(&p);
	by_ids(&p);
	by_components(&p);
	by_names(&p);
	by_interface(&p);
	by_rule(&p);
	collect(x, sc);
	carry(x, t);

	sc->task = t;
	sc->unplanned = in->unplanned.v;
	sc->nunplanned = in->unplanned.n;
	sc->given = in->given.v;
	sc->ngiven = in->given.n;
	sort_items(in->mention.v, &in->mention.n);
	sort_items(in->carried.v, &in->carried.n);
	sc->mention = in->mention.v;
	sc->mentions = in->mention.n;
	sc->carried = in->carried.v;
	sc->ncarried = in->carried.n;
}

int
df_scope_owns(const struct df_xref *x, const struct df_item *it)
{
	const struct df_xref_in *in = x->in;
	const uint32_t *stamp = item_stamp(x->in, it);
	enum df_kind k = item_kind(it);
	const struct scope_mark *m;

	if (stamp)
		return *stamp == in->now * 2 + 1;
	if (k == DF_KINDS)
		return 0;
	m = &in->mark[unit_of(in, k, it->index)];
	return m->stamp == in->now && m->own;
}

/* ---- picks ---- */

/* NAME 5, ID 4, TEST 3, USE 2, RULE 1 */
static unsigned
rank(const struct df_pick *p)
{
	unsigned by = p->by, n = 5;

	for (; by && !(by & 1); by >>= 1)
		n--;
	return n;
}

static int
better(const void *a, const void *b)
{
	const struct df_pick *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) > rank(y) ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int
by_index(const void *a, const void *b)
{
	const struct df_pick *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

size_t
df_picks_fit(struct df_picks *p, struct df_limit max,
    size_t (*size)(const void *arg, uint32_t index), const void *arg)
{
	size_t left = p->beyond, used = 0, n = 0, i, k;
	struct df_pick pick;

	if (p->n > 1)
		qsort(p->v, p->n, sizeof(*p->v), better);
	for (i = 0; i < p->n; i++) {
		k = n < max.n ? size(arg, p->v[i].index) : 0;
		if (n == max.n || (n > 0 && used + k > max.bytes)) {
			left++;
			continue;
		}
		used += k;
		pick = p->v[n];
		p->v[n++] = p->v[i];
		p->v[i] = pick;
	}
	p->n = n;
	if (n > 1)
		qsort(p->v, n, sizeof(*p->v), by_index);
	return left;
}

const struct df_pick *
df_picks_top(const struct df_picks *p, unsigned n)
{
	uint32_t most = 0;
	size_t i, k = 0;

	for (i = 0; i < p->n; i++) {
		if (p->v[i].score > most) {
			most = p->v[i].score;
			k = 0;
		}
		k += p->v[i].score == most;
	}
	if (k == 0)
		return NULL;
	k = n % k;
	for (i = 0; p->v[i].score != most || k-- > 0; i++)
		;
	return &p->v[i];
}
