#include "base/df.h"

#include <stdlib.h>

#include "spec/scope-internal.h"

/* ---- words ---- */

static int
alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
alnum(char c)
{
	return alpha(c) || (c >= '0' && c <= '9');
}

static int
upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char
low(char c)
{
	return (char)(upper(c) ? c - 'A' + 'a' : c);
}

struct scope_reader
scope_read(const char *s, size_t n)
{
	struct scope_reader r = { s, s + n, 0 };

	return r;
}

int
scope_token(struct scope_reader *r, struct scope_token *t)
{
	const char *s = r->s;

	for (; s < r->end && !alnum(*s) && *s != '_' &&
	    !(*s == '.' && s + 1 < r->end && alnum(s[1])); s++) {
		if (*s == '`')
			r->code = !r->code;
		else if (*s == '\n')
			r->code = 0;
	}
	if (s == r->end)
		return 0;
	t->s = s;
	while (s < r->end && (alnum(*s) || *s == '_' || *s == '.' ||
	    *s == '/' || *s == '-'))
		s++;
	r->s = s;
	while (s[-1] == '.' || s[-1] == '/' || s[-1] == '-')
		s--;
	t->n = (size_t)(s - t->s);
	t->code = r->code;
	t->call = s < r->end && *s == '(';
	return 1;
}

size_t
scope_id(const struct scope_token *t, size_t *i)
{
	enum df_family f;
	size_t n;

	for (; *i + 2 < t->n; ++*i) {
		if (!upper(t->s[*i]) || (*i && (alnum(t->s[*i - 1]) ||
		    t->s[*i - 1] == '-' || t->s[*i - 1] == '_')))
			continue;
		n = df_spec_id(t->s + *i, t->n - *i, &f);
		if (n)
			return n;
	}
	return 0;
}

int
scope_word(const struct scope_token *t, size_t *i, char w[SCOPE_WORD_MAX],
    size_t *n)
{
	size_t k;

	for (; *i < t->n; *i += k ? k : 1) {
		for (k = 0; *i + k < t->n && alpha(t->s[*i + k]); k++)
			if (k < SCOPE_WORD_MAX)
				w[k] = low(t->s[*i + k]);
		if (k < SCOPE_WORD_MIN || k > SCOPE_WORD_MAX)
			continue;
		*n = k;
		*i += k;
		return 1;
	}
	return 0;
}

/* Like a name of a program rather than a word of prose? */
static int
programmed(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && s[i] != '-')
			return 1;
	return 0;
}

/* What is behind the last c of the word; the word itself without one. */
static const char *
behind(const char *s, size_t n, char c)
{
	const char *p = s + n;

	while (p > s && p[-1] != c)
		p--;
	return p;
}

static void
lower(struct df_buf *b, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		df_buf_ch(b, low(s[i]));
}

/* The term of a name of several words that begins with t. */
static int
phrase(struct df_xref_in *in, const struct scope_reader *r,
    const struct scope_token *t, uint32_t *term)
{
	struct scope_reader ahead = *r;
	struct scope_token u;
	size_t end[SCOPE_PHRASE], at, len;
	unsigned n, k, tries;

	if (in->phrase.n == 0)
		return 0;
	df_buf_reset(&in->tmp);
	lower(&in->tmp, t->s, t->n);
	at = df_map_get(&in->starts, in->tmp.s, in->tmp.n);
	if (at == DF_MAP_NONE)
		return 0;
	end[0] = in->tmp.n;
	for (n = 1; n < SCOPE_PHRASE && scope_token(&ahead, &u); n++) {
		df_buf_ch(&in->tmp, ' ');
		lower(&in->tmp, u.s, u.n);
		end[n] = in->tmp.n;
	}
	for (tries = 0; at && tries < DF_XREF_COMMON; tries++) {
		len = strlen(in->phrase.v[at].s);
		for (k = 0; k < n; k++)
			if (end[k] == len && memcmp(in->tmp.s,
			    in->phrase.v[at].s, len) == 0) {
				*term = in->phrase.v[at].term;
				return 1;
			}
		at = in->phrase.v[at].next;
	}
	return 0;
}

void
scope_squash(struct df_xref_in *in, const char *s)
{
	df_buf_reset(&in->tmp);
	df_buf_ch(&in->tmp, 1);		/* no text has this */
	for (; *s; s++)
		if (alnum(*s))
			df_buf_ch(&in->tmp, low(*s));
}

unsigned
scope_terms(struct df_xref_in *in, const struct scope_reader *r,
    const struct scope_token *t, uint32_t v[SCOPE_TERMS + 1])
{
	const char *base = behind(t->s, t->n, '/'), *dot;
	size_t at, n = (size_t)(t->s + t->n - base);
	unsigned k = 0;

	/* a path means its file; else the word as it is */
	at = df_map_get(&in->names, base, n);
	if (at != DF_MAP_NONE && (!in->term.v[at].plain || t->code ||
	    t->call || base > t->s))
		v[k++] = (uint32_t)at;
	if (base > t->s)
		return k;
	/* Outer.inner means inner() too; and Outer, but only as a component or
	   a file when something is called Outer.inner */
	dot = memchr(t->s, '.', t->n);
	if (dot && dot > t->s && programmed(t->s, (size_t)(dot - t->s))) {
		at = df_map_get(&in->names, t->s, (size_t)(dot - t->s));
		if (at != DF_MAP_NONE && (k == 0 || in->term.v[at].thing))
			v[k++] = (uint32_t)at;
	}
	if (t->call) {
		dot = behind(t->s, t->n, '.');
		df_buf_reset(&in->tmp);
		df_buf_add(&in->tmp, dot, (size_t)(t->s + t->n - dot));
		df_buf_str(&in->tmp, "()");
		at = df_map_get(&in->names, in->tmp.s, in->tmp.n);
		if (at != DF_MAP_NONE)
			v[k++] = (uint32_t)at;
	}
	return k + (unsigned)phrase(in, r, t, &v[k]);
}

/* ---- what units are called, say and cite ---- */

/* A number and a member of its list, in any order; members keep theirs. */
struct pair {
	uint32_t from, to;
};

struct build {
	struct df_xref *x;
	struct df_xref_in *in;
	uint32_t unit;
	VEC(uint32_t) owns;
	int product;		/* what is named is the product itself */
};

static uint32_t
intern(struct df_xref_in *in, const char *s, size_t n)
{
	size_t at = df_map_get(&in->names, s, n);

	if (at == DF_MAP_NONE) {
		at = in->term.n;
		(void)PUSH(in->term);
		df_map_set(&in->names, df_arena_str(&in->arena, s, n), n, at);
	}
	return (uint32_t)at;
}

static void
post(struct build *b, uint32_t term, enum scope_how how)
{
	struct scope_post *p = PUSH(b->in->post);

	p->term = term;
	p->unit = b->unit;
	p->how = (uint8_t)how;
}

static void
called_term(struct build *b, uint32_t term, enum scope_how how)
{
	if (how == SCOPE_CALLED && b->unit < b->in->base[DF_K_ENTITY] &&
	    !b->product)
		b->in->term.v[term].thing = 1;
	post(b, term, how);
	*PUSH(b->owns) = term;
}

static void
called(struct build *b, const char *s, size_t n, enum scope_how how)
{
	uint32_t t = intern(b->in, s, n);

	if (!programmed(s, n))
		b->in->term.v[t].plain = 1;
	called_term(b, t, how);
}

/* A name of several words, in lower case in in->tmp, the first start long. */
static void
called_phrase(struct build *b, size_t start)
{
	struct df_xref_in *in = b->in;
	struct scope_phrase *p;
	size_t at;

	if (in->phrase.n == 0)
		(void)PUSH(in->phrase);
	p = PUSH(in->phrase);
	p->s = df_arena_str(&in->arena, in->tmp.s, in->tmp.n);
	p->term = intern(in, in->tmp.s, in->tmp.n);
	at = df_map_get(&in->starts, p->s, start);
	p->next = at == DF_MAP_NONE ? 0 : (uint32_t)at;
	df_map_set(&in->starts, p->s, start, in->phrase.n - 1);
	called_term(b, p->term, SCOPE_CALLED);
}

/* Is a component's name in the product's name?  What "the Ledger" must do is
   then no rule for a component Ledger alone. */
static int
is_product(const struct df_spec *sp, const char *s)
{
	const char *p = strstr(sp->component, s);
	size_t n = strlen(s);

	return p && n && (p == sp->component || !alnum(p[-1])) &&
	    !alnum(p[n]);
}

/* A name as people write it: a word, paths, several words. */
static void
named(struct build *b, const char *s)
{
	struct scope_reader r = scope_read(s, strlen(s));
	struct df_buf *tmp = &b->in->tmp;
	struct scope_token t, first = { 0 };
	size_t words = 0, paths = 0, start = 0;
	const char *base;

	b->product = is_product(b->x->sp, s);
	df_buf_reset(tmp);
	while (scope_token(&r, &t)) {
		if (memchr(t.s, '/', t.n) || memchr(t.s, '.', t.n)) {
			base = behind(t.s, t.n, '/');
			called(b, base, (size_t)(t.s + t.n - base),
			    SCOPE_CALLED);
			paths++;
		}
		if (words++)
			df_buf_ch(tmp, ' ');
		else
			first = t;
		lower(tmp, t.s, t.n);
		if (words == 1)
			start = tmp->n;
	}
	if (paths)
		words = 0;
	if (words == 1)
		called(b, first.s, first.n, SCOPE_CALLED);
	else if (words > 1 && words <= SCOPE_PHRASE)
		called_phrase(b, start);
	b->product = 0;
}

/* "`Client.append(x) -> int`" exposes Client.append, append() and Client. */
static void
exposes(struct build *b, const struct df_value *x)
{
	struct scope_reader r = scope_read(x->s, x->n);
	struct scope_token t;
	const char *last;
	size_t n;

	while (scope_token(&r, &t)) {
		if (t.code ? t.s[-1] != '`' : !t.call)
			continue;
		last = behind(t.s, t.n, '.');
		n = (size_t)(t.s + t.n - last);
		if (n > 1 && *last == '_')
			continue;
		if (programmed(t.s, t.n))
			called(b, t.s, t.n, SCOPE_EXPOSES);
		if (t.call && n > 1) {
			df_buf_reset(&b->in->tmp);
			df_buf_add(&b->in->tmp, last, n);
			df_buf_str(&b->in->tmp, "()");
			called(b, b->in->tmp.s, n + 2, SCOPE_EXPOSES);
		}
		n = last > t.s ? (size_t)(last - t.s) - 1 : 0;
		if (n && programmed(t.s, n))
			called(b, t.s, n, SCOPE_EXPOSES);
	}
}

static void
cites(struct build *b, const struct df_value *x)
{
	struct scope_reader r = scope_read(x->s, x->n);
	struct scope_token t;
	size_t i, n;

	while (scope_token(&r, &t))
		for (i = 0; (n = scope_id(&t, &i)) > 0; i += n)
			post(b, intern(b->in, t.s + i, n), SCOPE_CITES);
}

static void
cites_refs(struct build *b, const struct df_refs *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		post(b, intern(b->in, f->v[i].id, strlen(f->v[i].id)),
		    SCOPE_CITES);
}

static void
says(struct build *b, const char *s, size_t len)
{
	struct df_xref_in *in = b->in;
	struct scope_reader r = scope_read(s, len);
	struct scope_token t;
	struct scope_post *p;
	uint32_t v[SCOPE_TERMS + 1];
	char w[SCOPE_WORD_MAX];
	unsigned k, m;
	size_t i, n, at;

	while (scope_token(&r, &t)) {
		m = scope_terms(in, &r, &t, v);
		for (k = 0; k < m; k++) {
			post(b, v[k], SCOPE_SAYS);
			if (in->term.v[v[k]].thing)
				in->special[b->unit] = 1;
		}
		for (i = 0; (n = scope_id(&t, &i)) > 0; i += n)
			post(b, intern(in, t.s + i, n), SCOPE_SAYS);
		for (i = 0; b->unit < in->base[DF_K_TESTING] &&
		    scope_word(&t, &i, w, &n);) {
			at = df_map_get(&in->words, w, n);
			if (at == DF_MAP_NONE) {
				at = in->word.n;
				(void)PUSH(in->word);
				df_map_set(&in->words, df_arena_str(&in->arena,
				    w, n), n, at);
			}
			p = PUSH(in->wpost);
			p->term = (uint32_t)at;
			p->unit = b->unit;
		}
	}
}

static void
says_text(struct build *b, const struct df_value *x)
{
	says(b, x->s, x->n);
}

/*
 * Postings by term (units are in order already), each unit once, without
 * those that more than max units of one kind share.
 */
static void
settle(const struct df_xref_in *in, struct scope_post **posts, size_t n,
    struct scope_term *term, size_t nterm, size_t max)
{
	struct scope_post *from = *posts, *to = df_calloc(n, sizeof(*to));
	struct scope_term *t;
	uint32_t i, j, k, w, end, kind, lim;

	for (i = 0; i < n; i++)
		term[from[i].term].n++;
	for (i = 0, w = 0; i < nterm; i++) {
		term[i].first = w;
		w += term[i].n;
		term[i].n = 0;
	}
	for (i = 0; i < n; i++) {
		t = &term[from[i].term];
		k = t->first + t->n;
		if (t->n && to[k - 1].unit == from[i].unit) {
			if (from[i].how < to[k - 1].how)
				to[k - 1].how = from[i].how;
			continue;
		}
		to[k] = from[i];
		t->n++;
	}
	for (t = term; t < term + nterm; t++) {
		w = k = t->first;
		end = k + t->n;
		for (kind = 0; k < end; k = j) {
			while (to[k].unit >= in->base[kind + 1])
				kind++;
			lim = in->base[kind + 1];
			for (j = k; j < end && to[j].unit < lim; j++)
				;
			if (j - k > max)
				continue;
			memmove(to + w, to + k, (j - k) * sizeof(*to));
			w += j - k;
		}
		t->n = w - t->first;
	}
	free(from);
	*posts = to;
}

static struct scope_lists
lists(struct df_xref_in *in, const struct pair *p, size_t n, size_t of)
{
	struct scope_lists l;
	uint32_t *next;
	size_t i;

	l.first = df_arena_alloc(&in->arena, (of + 1) * sizeof(*l.first));
	l.v = df_arena_alloc(&in->arena, n * sizeof(*l.v) + 1);
	for (i = 0; i < n; i++)
		l.first[p[i].from + 1]++;
	for (i = 0; i < of; i++)
		l.first[i + 1] += l.first[i];
	next = df_malloc((of + 1) * sizeof(*next));
	memcpy(next, l.first, (of + 1) * sizeof(*next));
	for (i = 0; i < n; i++)
		l.v[next[p[i].from]++] = p[i].to;
	free(next);
	return l;
}

/* ---- files and lines of D7 ---- */

int
scope_same_file(const char *a, size_t n, const char *b, size_t m)
{
	const char *t;
	size_t k;

	if (n < m) {
		t = a;
		a = b;
		b = t;
		k = n;
		n = m;
		m = k;
	}
	return m > 0 && memcmp(a + n - m, b, m) == 0 &&
	    (n == m || a[n - m - 1] == '/');
}

static struct df_xfile *
add_file(struct df_xref *x, const char *path, const char *comment,
    uint32_t component, struct df_span at)
{
	struct df_xfile *f = &x->file[x->files++];

	f->path = path;
	f->base = behind(path, strlen(path), '/');
	f->comment = comment;
	f->component = component;
	f->at = at;
	return f;
}

/* The tree's files, each with its component, then those it does not have. */
static void
read_files(struct df_xref *x)
{
	const struct df_d7 *d = &x->sp->d7;
	struct df_xref_in *in = x->in;
	struct df_map bases = { 0 };
	VEC(struct pair) has = { 0 };
	struct pair *q;
	uint32_t *next;
	struct scope_reader r;
	struct scope_token t;
	const char *base, *path;
	size_t i, at, n, max = d->files, tries, first;

	for (i = 0; i < d->components; i++)
		for (r = scope_read(d->component[i].file.s,
		    d->component[i].file.n); scope_token(&r, &t);)
			max++;
	x->file = df_arena_alloc(&in->arena, max * sizeof(*x->file) + 1);
	next = df_calloc(max, sizeof(*next));
	for (i = 0; i < d->files; i++) {
		if (d->file[i].dir)
			continue;
		(void)add_file(x, d->file[i].path, d->file[i].comment,
		    DF_NOCOMPONENT, d->file[i].at);
	}
	for (i = x->files; i-- > 0;) {
		base = x->file[i].base;
		at = df_map_set(&bases, base, strlen(base), i);
		next[i] = at == DF_MAP_NONE ? UINT32_MAX : (uint32_t)at;
	}
	for (i = 0; i < d->components; i++) {
		r = scope_read(d->component[i].file.s, d->component[i].file.n);
		first = has.n;
		while (has.n - first < DF_XREF_COMMON && scope_token(&r, &t)) {
			if (!memchr(t.s, '.', t.n) && !memchr(t.s, '/', t.n) &&
			    t.n != d->component[i].file.n)
				continue;
			path = df_arena_str(&in->arena, t.s, t.n);
			base = behind(path, t.n, '/');
			n = strlen(base);
			at = df_map_get(&bases, base, n);
			for (tries = 0; at < x->files && tries <
			    DF_XREF_COMMON && !scope_same_file(x->file[at].path,
			    strlen(x->file[at].path), path, t.n); tries++)
				at = next[at];
			if (at >= x->files || tries == DF_XREF_COMMON) {
				at = x->files;
				(void)add_file(x, path, "", (uint32_t)i,
				    d->component[i].file.at);
				next[at] = UINT32_MAX;
				df_map_set(&bases, x->file[at].base, n, at);
			} else if (x->file[at].component == DF_NOCOMPONENT) {
				x->file[at].component = (uint32_t)i;
			}
			q = PUSH(has);
			q->from = (uint32_t)i;
			q->to = (uint32_t)at;
		}
	}
	in->has = lists(in, has.v, has.n, d->components);
	free(has.v);
	df_map_release(&bases);
	free(next);
}

/* The name that a test file is called for: test_x.py, x_test.go, x.spec.ts,
   XTest.java, x.t; 0 when it is not called as a test. */
static size_t
tested(const char *base, const char **s)
{
	static const char *const front[] = { "test_", "test-" };
	static const char *const back[] = { "_test", "-test", ".test",
	    "_spec", "-spec", ".spec", "Test" };
	size_t n = strlen(base), i, k;
	const char *dot = behind(base, n, '.');

	if (dot > base)
		n = (size_t)(dot - base) - 1;
	*s = base;
	for (i = 0; i < DF_LEN(front); i++) {
		k = strlen(front[i]);
		if (n > k && memcmp(base, front[i], k) == 0) {
			*s = base + k;
			return n - k;
		}
	}
	for (i = 0; i < DF_LEN(back); i++) {
		k = strlen(back[i]);
		if (n > k && memcmp(base + n - k, back[i], k) == 0)
			return n - k;
	}
	return strcmp(dot, "t") == 0 ? n : 0;
}

static void
read_tests(struct df_xref *x)
{
	struct df_map stems = { 0 };
	VEC(struct pair) p = { 0 };
	uint32_t *next = df_calloc(x->files, sizeof(*next));
	const char *s;
	size_t i, n, at, tries;
	struct pair *q;

	for (i = x->files; i-- > 0;) {
		next[i] = UINT32_MAX;
		if (tested(x->file[i].base, &s))
			continue;
		s = behind(x->file[i].base, strlen(x->file[i].base), '.');
		n = s > x->file[i].base ? (size_t)(s - x->file[i].base) - 1 :
		    strlen(x->file[i].base);
		at = df_map_set(&stems, x->file[i].base, n, i);
		next[i] = at == DF_MAP_NONE ? UINT32_MAX : (uint32_t)at;
	}
	for (i = 0; i < x->files; i++) {
		n = tested(x->file[i].base, &s);
		if (n == 0)
			continue;
		x->file[i].test = 1;
		at = df_map_get(&stems, s, n);
		for (tries = 0; at < x->files && tries < DF_XREF_COMMON;
		    tries++) {
			q = PUSH(p);
			q->from = (uint32_t)at;
			q->to = (uint32_t)i;
			at = next[at];
		}
	}
	x->in->tests = lists(x->in, p.v, p.n, x->files);
	free(p.v);
	free(next);
	df_map_release(&stems);
}

/* The lines of a span that are not blank. */
static void
read_lines(struct df_xref *x, struct df_span at, uint32_t block,
    struct df_xline **v, size_t *n, size_t *cap)
{
	const struct df_doc *d;
	const char *s, *end, *lf;
	struct df_xline *l;
	uint32_t line = at.line;

	if (at.line == 0 || at.doc == 0 || at.doc >= DF_DOCS)
		return;
	d = &x->sp->doc[at.doc];
	s = d->s + at.off;
	for (end = s + at.len; s < end; s = lf + 1, line++) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		DF_GROW(*v, *n, *cap);
		l = &(*v)[(*n)++];
		l->s.s = s;
		l->s.n = (size_t)(lf - s);
		while (l->s.n && (s[l->s.n - 1] == ' ' ||
		    s[l->s.n - 1] == '\r' || s[l->s.n - 1] == '\t'))
			l->s.n--;
		l->line = line;
		l->block = block;
	}
}

static void
read_d7(struct df_xref *x)
{
	const struct df_d7 *d = &x->sp->d7;
	VEC(struct df_xline) t = { 0 }, g = { 0 };
	size_t i, k, w;

	read_files(x);
	read_tests(x);
	read_lines(x, d->testing_at, 0, &t.v, &t.n, &t.cap);
	for (i = w = 0; i < t.n; i++)
		if (t.v[i].s.n && !(t.v[i].s.n >= 3 &&
		    memcmp(t.v[i].s.s, "---", 3) == 0))
			t.v[w++] = t.v[i];
	x->testing = t.v;
	x->ntesting = w;
	for (i = 0; i < d->diagrams.n; i++) {
		k = g.n;
		read_lines(x, d->diagrams.v[i].at, (uint32_t)i, &g.v, &g.n,
		    &g.cap);
		while (g.n > k && g.v[g.n - 1].s.n == 0)
			g.n--;
	}
	x->diagram = g.v;
	x->ndiagram = g.n;
}

/* ---- the index ---- */

static size_t
kind_size(const struct df_xref *x, enum df_kind k)
{
	const struct df_spec *sp = x->sp;

	switch (k) {
	case DF_K_COMPONENT:
		return sp->d7.components;
	case DF_K_FILE:
		return x->files;
	case DF_K_ENTITY:
		return sp->d3.entities;
	case DF_K_ERRCODE:
		return sp->d4.errcodes;
	case DF_K_DOUBLE:
		return sp->d4.twins;
	case DF_K_RESEARCH:
		return sp->d5.nresearch;
	case DF_K_CLAR:
		return sp->d6.clars;
	case DF_K_GAP:
		return sp->d6.gaps;
	case DF_K_DEFERRED:
		return sp->d2.ndeferred;
	case DF_K_ACTIVE:
		return sp->d10.actives;
	case DF_K_ARTICLE:
		return sp->d1.articles;
	case DF_K_ALWAYS:
		return sp->d1.always.n;
	case DF_K_ASK:
		return sp->d1.ask_first.n;
	case DF_K_NEVER:
		return sp->d1.never.n;
	case DF_K_TOOLING:
		return sp->d1.tooling.rows;
	case DF_K_NOT:
		return sp->d2.is_not.n;
	case DF_K_PATTERN:
		return sp->d10.patterns.n;
	case DF_K_RULE:
		return sp->d10.rules;
	case DF_K_CONVENTION:
		return sp->d10.conventions.n;
	case DF_K_COMMAND:
		return sp->d10.commands;
	case DF_K_TESTING:
		return x->ntesting;
	case DF_K_DIAGRAM:
		return x->ndiagram;
	case DF_KINDS:
		break;
	}
	return 0;
}

/* One unit's names, references and text. */
static void
add_unit(struct build *b, enum df_kind kind, size_t i)
{
	const struct df_spec *sp = b->x->sp;
	const struct df_component *c;
	const struct df_article *a;
	size_t k;

	switch (kind) {
	case DF_K_COMPONENT:
		c = &sp->d7.component[i];
		named(b, c->name);
		named(b, c->file.s);
		exposes(b, &c->exposes);
		cites_refs(b, &c->refs);
		break;
	case DF_K_FILE:
		called(b, b->x->file[i].base, strlen(b->x->file[i].base),
		    SCOPE_CALLED);
		break;
	case DF_K_ENTITY:
		named(b, sp->d3.entity[i].item.title);
		cites(b, &sp->d3.entity[i].source);
		break;
	case DF_K_ERRCODE:
		named(b, sp->d4.errcode[i].code.s);
		scope_squash(b->in, sp->d4.errcode[i].code.s);
		post(b, intern(b->in, b->in->tmp.s, b->in->tmp.n),
		    SCOPE_CITES);
		break;
	case DF_K_ACTIVE:
		named(b, sp->d10.active[i].name.s);
		named(b, sp->d10.active[i].where.s);
		break;
	case DF_K_ARTICLE:
		a = &sp->d1.article[i];
		says(b, a->item.title, strlen(a->item.title));
		says_text(b, &a->rule);
		says_text(b, &a->why);
		says_text(b, &a->test);
		break;
	case DF_K_ALWAYS:
		says_text(b, &sp->d1.always.v[i]);
		break;
	case DF_K_ASK:
		says_text(b, &sp->d1.ask_first.v[i]);
		break;
	case DF_K_NEVER:
		says_text(b, &sp->d1.never.v[i]);
		break;
	case DF_K_TOOLING:
		for (k = 0; k < sp->d1.tooling.cols; k++)
			says_text(b, &sp->d1.tooling.cell[i *
			    sp->d1.tooling.cols + k]);
		break;
	case DF_K_NOT:
		says_text(b, &sp->d2.is_not.v[i]);
		break;
	case DF_K_PATTERN:
		says_text(b, &sp->d10.patterns.v[i]);
		break;
	case DF_K_RULE:
		says_text(b, &sp->d10.rule[i].use);
		says_text(b, &sp->d10.rule[i].instead_of);
		says_text(b, &sp->d10.rule[i].why);
		break;
	case DF_K_CONVENTION:
		says_text(b, &sp->d10.conventions.v[i]);
		break;
	case DF_K_COMMAND:
		says_text(b, &sp->d10.command[i].label);
		says_text(b, &sp->d10.command[i].text);
		break;
	case DF_K_TESTING:
		says(b, b->x->testing[i].s.s, b->x->testing[i].s.n);
		break;
	case DF_K_DIAGRAM:
		says(b, b->x->diagram[i].s.s, b->x->diagram[i].s.n);
		break;
	default:	/* selected by their id alone */
		break;
	}
}

static void
read_units(struct build *b)
{
	struct df_xref_in *in = b->in;
	size_t i, k, n, units;

	for (k = 0; k < DF_KINDS; k++)
		in->base[k + 1] = in->base[k] +
		    (uint32_t)kind_size(b->x, (enum df_kind)k);
	units = in->base[DF_KINDS];
	in->special = df_arena_alloc(&in->arena, units + 1);
	in->made = df_calloc(units, sizeof(*in->made));
	for (i = 0; i < units; i++)
		in->made[i] = jv_invalid();
	in->mark = df_arena_alloc(&in->arena, (units + 1) *
	    sizeof(*in->mark));
	in->owns.first = df_arena_alloc(&in->arena, (units + 1) *
	    sizeof(*in->owns.first));
	for (k = 0; k < DF_KINDS; k++) {
		n = in->base[k + 1] - in->base[k];
		if (k >= DF_K_NAMED)
			in->general[k] = df_arena_alloc(&in->arena,
			    DF_XREF_COMMON * sizeof(*in->general[k]));
		for (i = 0; i < n; i++) {
			b->unit = in->base[k] + (uint32_t)i;
			add_unit(b, (enum df_kind)k, i);
			in->owns.first[b->unit + 1] = (uint32_t)b->owns.n;
			if (k < DF_K_NAMED || in->special[b->unit])
				continue;
			if (in->ngeneral[k] < DF_XREF_COMMON)
				in->general[k][in->ngeneral[k]] = b->unit;
			in->ngeneral[k]++;
		}
	}
	in->owns.v = b->owns.v;
	settle(in, &in->post.v, in->post.n, in->term.v, in->term.n,
	    DF_XREF_COMMON);
	settle(in, &in->wpost.v, in->wpost.n, in->word.v, in->word.n,
	    SCOPE_WORD_COMMON);
}

/* Which components a component says that it depends on. */
static void
read_needs(struct df_xref *x)
{
	const struct df_d7 *d = &x->sp->d7;
	struct df_xref_in *in = x->in;
	VEC(struct pair) p = { 0 };
	const struct scope_term *term;
	struct scope_reader r;
	struct scope_token t;
	uint32_t v[SCOPE_TERMS + 1], i, j;
	struct pair *q;
	unsigned k, m;

	for (i = 0; i < d->components; i++) {
		r = scope_read(d->component[i].depends.s,
		    d->component[i].depends.n);
		while (scope_token(&r, &t)) {
			m = scope_terms(in, &r, &t, v);
			for (k = 0; k < m; k++) {
				term = &in->term.v[v[k]];
				for (j = term->first; j < term->first +
				    term->n && in->post.v[j].unit <
				    in->base[DF_K_FILE]; j++) {
					if (in->post.v[j].how != SCOPE_CALLED)
						continue;
					q = PUSH(p);
					q->from = i;
					q->to = in->post.v[j].unit;
				}
			}
		}
	}
	in->needs = lists(in, p.v, p.n, d->components);
	free(p.v);
}

static void
read_children(struct df_xref *x)
{
	const struct df_d8 *d = &x->sp->d8;
	VEC(struct pair) p = { 0 };
	const struct df_ref *f;
	struct pair *q;
	size_t i, k;

	for (i = 0; i < d->tasks; i++)
		for (k = 0; k < d->task[i].deps.n; k++) {
			f = &d->task[i].deps.v[k];
			if (f->to == NULL || f->family != DF_T)
				continue;
			q = PUSH(p);
			q->from = f->to->index;
			q->to = (uint32_t)i;
		}
	x->in->children = lists(x->in, p.v, p.n, d->tasks);
	free(p.v);
}

struct df_xref *
df_xref_new(const struct df_spec *sp)
{
	struct df_xref *x = df_calloc(1, sizeof(*x));
	struct df_xref_in *in = df_calloc(1, sizeof(*in));
	struct build b = { 0 };

	x->sp = sp;
	x->in = in;
	x->base[0] = x->base[1] = jv_invalid();
	df_buf_init(&in->tmp);
	b.x = x;
	b.in = in;
	read_d7(x);
	read_units(&b);
	read_needs(x);
	read_children(x);
	in->files = df_arena_alloc(&in->arena, (sp->d8.tasks + 1) *
	    sizeof(*in->files));
	in->seen = df_arena_alloc(&in->arena, (sp->d8.tasks + 1) *
	    sizeof(*in->seen));
	in->fileof = df_arena_alloc(&in->arena, (x->files + 1) *
	    sizeof(*in->fileof));
	in->scenario = df_arena_alloc(&in->arena, (sp->d2.scenarios + 1) *
	    sizeof(*in->scenario));
	in->contract = df_arena_alloc(&in->arena, (sp->d4.contracts + 1) *
	    sizeof(*in->contract));
	in->wordstamp = df_arena_alloc(&in->arena, (in->word.n + 1) *
	    sizeof(*in->wordstamp));
	return x;
}

jv *
df_xref_made(struct df_xref *x, enum df_kind kind, uint32_t index)
{
	return &x->in->made[x->in->base[kind] + index];
}

const struct df_template *
df_xref_template(struct df_xref *x, jv text, const char *what,
    struct df_err *e)
{
	struct df_xref_in *in = x->in;
	struct df_template *t;
	struct scope_text *k;
	size_t i;

	/* the same string, not an equal one: a reference is kept */
	for (i = 0; i < in->text.n; i++)
		if (jv_identical(jv_copy(in->text.v[i].text),
		    jv_copy(text))) {
			jv_free(text);
			return in->text.v[i].t;
		}
	t = df_template_compile(jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)), what, e);
	if (t == NULL) {
		jv_free(text);
		return NULL;
	}
	if (in->text.n == DF_XREF_COMMON) {
		jv_free(in->text.v[0].text);
		df_template_free(in->text.v[0].t);
		in->text.v[0] = in->text.v[--in->text.n];
	}
	k = PUSH(in->text);
	k->text = text;
	k->t = t;
	return t;
}

void
df_xref_free(struct df_xref *x)
{
	struct df_xref_in *in;
	uint32_t i;

	if (x == NULL)
		return;
	in = x->in;
	jv_free(x->base[0]);
	jv_free(x->base[1]);
	for (i = 0; i < in->base[DF_KINDS]; i++)
		jv_free(in->made[i]);
	free(in->made);
	for (i = 0; i < in->text.n; i++) {
		jv_free(in->text.v[i].text);
		df_template_free(in->text.v[i].t);
	}
	free(in->text.v);
	free(x->testing);
	free(x->diagram);
	df_map_release(&in->names);
	df_map_release(&in->words);
	df_map_release(&in->starts);
	free(in->term.v);
	free(in->word.v);
	free(in->post.v);
	free(in->wpost.v);
	free(in->phrase.v);
	free(in->owns.v);
	free(in->touched.v);
	free(in->queue.v);
	free(in->item.v);
	free(in->carried.v);
	free(in->mention.v);
	free(in->pick.v);
	free(in->given.v);
	free(in->unplanned.v);
	df_buf_release(&in->tmp);
	df_arena_release(&in->arena);
	free(in);
	free(x);
}
