#include "base/df.h"

#include "spec/scope-internal.h"

/* ---- terms ---- */

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
post(struct scope_build *b, uint32_t term, enum scope_how how)
{
	struct scope_post *p = PUSH(b->in->post);

	p->term = term;
	p->unit = b->unit;
	p->how = (uint8_t)how;
}

static void
called_term(struct scope_build *b, uint32_t term, enum scope_how how)
{
	if (how == SCOPE_CALLED && b->unit < b->in->base[DF_K_ENTITY] &&
	    !b->product)
		b->in->term.v[term].thing = 1;
	post(b, term, how);
	*PUSH(b->owns) = term;
}

void
scope_called(struct scope_build *b, const char *s, size_t n,
    enum scope_how how)
{
	uint32_t t = intern(b->in, s, n);

	if (!scope_programmed(s, n))
		b->in->term.v[t].plain = 1;
	called_term(b, t, how);
}

/* A name of several words, in lower case in in->tmp, the first start long. */
static void
called_phrase(struct scope_build *b, size_t start)
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

/* ---- names ---- */

/* Is a component's name in the product's name?  What "the Ledger" must do is
   then no rule for a component Ledger alone. */
static int
is_product(const struct df_spec *sp, const char *s)
{
	const char *p = strstr(sp->component, s);
	size_t n = strlen(s);

	return p && n && (p == sp->component || !scope_alnum(p[-1])) &&
	    !scope_alnum(p[n]);
}

void
scope_named(struct scope_build *b, const char *s)
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
			base = scope_behind(t.s, t.n, '/');
			scope_called(b, base, (size_t)(t.s + t.n - base),
			    SCOPE_CALLED);
			paths++;
		}
		if (words++)
			df_buf_ch(tmp, ' ');
		else
			first = t;
		scope_lower(tmp, t.s, t.n);
		if (words == 1)
			start = tmp->n;
	}
	if (paths)
		words = 0;
	if (words == 1)
		scope_called(b, first.s, first.n, SCOPE_CALLED);
	else if (words > 1 && words <= SCOPE_PHRASE)
		called_phrase(b, start);
	b->product = 0;
}

void
scope_exposes(struct scope_build *b, const struct df_value *x)
{
	struct scope_reader r = scope_read(x->s, x->n);
	struct scope_token t;
	const char *last;
	size_t n;

	while (scope_token(&r, &t)) {
		if (t.code ? t.s[-1] != '`' : !t.call)
			continue;
		last = scope_behind(t.s, t.n, '.');
		n = (size_t)(t.s + t.n - last);
		if (n > 1 && *last == '_')
			continue;
		if (scope_programmed(t.s, t.n))
			scope_called(b, t.s, t.n, SCOPE_EXPOSES);
		if (t.call && n > 1) {
			df_buf_reset(&b->in->tmp);
			df_buf_add(&b->in->tmp, last, n);
			df_buf_str(&b->in->tmp, "()");
			scope_called(b, b->in->tmp.s, n + 2, SCOPE_EXPOSES);
		}
		n = last > t.s ? (size_t)(last - t.s) - 1 : 0;
		if (n && scope_programmed(t.s, n))
			scope_called(b, t.s, n, SCOPE_EXPOSES);
	}
}

/* ---- texts ---- */

void
scope_cites(struct scope_build *b, const struct df_value *x)
{
	struct scope_reader r = scope_read(x->s, x->n);
	struct scope_token t;
	size_t i, n;

	while (scope_token(&r, &t))
		for (i = 0; (n = scope_id(&t, &i)) > 0; i += n)
			post(b, intern(b->in, t.s + i, n), SCOPE_CITES);
}

void
scope_cites_refs(struct scope_build *b, const struct df_refs *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		post(b, intern(b->in, f->v[i].id, strlen(f->v[i].id)),
		    SCOPE_CITES);
}

void
scope_cites_like(struct scope_build *b, const char *s)
{
	scope_squash(b->in, s);
	post(b, intern(b->in, b->in->tmp.s, b->in->tmp.n), SCOPE_CITES);
}

void
scope_says(struct scope_build *b, const char *s, size_t len)
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
		for (i = 0; b->unit < in->base[DF_K_DIAGRAM] &&
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
