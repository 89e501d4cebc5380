#include "base/df.h"

#include "spec/scope-internal.h"

static int
alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int
scope_alnum(char c)
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

	for (; s < r->end && !scope_alnum(*s) && *s != '_' &&
	    !(*s == '.' && s + 1 < r->end && scope_alnum(s[1])); s++) {
		if (*s == '`')
			r->code = !r->code;
		else if (*s == '\n')
			r->code = 0;
	}
	if (s == r->end)
		return 0;
	t->s = s;
	while (s < r->end && (scope_alnum(*s) || *s == '_' || *s == '.' ||
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
		if (!upper(t->s[*i]) || (*i && (scope_alnum(t->s[*i - 1]) ||
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

int
scope_programmed(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && s[i] != '-')
			return 1;
	return 0;
}

const char *
scope_behind(const char *s, size_t n, char c)
{
	const char *p = s + n;

	while (p > s && p[-1] != c)
		p--;
	return p;
}

void
scope_lower(struct df_buf *b, const char *s, size_t n)
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
	scope_lower(&in->tmp, t->s, t->n);
	at = df_map_get(&in->starts, in->tmp.s, in->tmp.n);
	if (at == DF_MAP_NONE)
		return 0;
	end[0] = in->tmp.n;
	for (n = 1; n < SCOPE_PHRASE && scope_token(&ahead, &u); n++) {
		df_buf_ch(&in->tmp, ' ');
		scope_lower(&in->tmp, u.s, u.n);
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
		if (scope_alnum(*s))
			df_buf_ch(&in->tmp, low(*s));
}

unsigned
scope_terms(struct df_xref_in *in, const struct scope_reader *r,
    const struct scope_token *t, uint32_t v[SCOPE_TERMS + 1])
{
	const char *base = scope_behind(t->s, t->n, '/'), *dot;
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
	if (dot && dot > t->s && scope_programmed(t->s, (size_t)(dot - t->s))) {
		at = df_map_get(&in->names, t->s, (size_t)(dot - t->s));
		if (at != DF_MAP_NONE && (k == 0 || in->term.v[at].thing))
			v[k++] = (uint32_t)at;
	}
	if (t->call) {
		dot = scope_behind(t->s, t->n, '.');
		df_buf_reset(&in->tmp);
		df_buf_add(&in->tmp, dot, (size_t)(t->s + t->n - dot));
		df_buf_str(&in->tmp, "()");
		at = df_map_get(&in->names, in->tmp.s, in->tmp.n);
		if (at != DF_MAP_NONE)
			v[k++] = (uint32_t)at;
	}
	return k + (unsigned)phrase(in, r, t, &v[k]);
}

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
