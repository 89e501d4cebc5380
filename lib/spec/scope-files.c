#include "base/df.h"

#include <stdlib.h>
#include <strings.h>

#include "spec/scope-internal.h"

/* ---- files ---- */

static struct df_xfile *
add_file(struct df_xref *x, const char *path, const char *comment,
    uint32_t component, struct df_span at)
{
	struct df_xfile *f = &x->file[x->files++];

	f->path = path;
	f->base = scope_behind(path, strlen(path), '/');
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
	VEC(struct scope_pair) has = { 0 };
	struct scope_pair *q;
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
			base = scope_behind(path, t.n, '/');
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
	in->has = scope_lists_of(in, has.v, has.n, d->components);
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
	const char *dot = scope_behind(base, n, '.');

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
	VEC(struct scope_pair) p = { 0 };
	uint32_t *next = df_calloc(x->files, sizeof(*next));
	const char *s;
	size_t i, n, at, tries;
	struct scope_pair *q;

	for (i = x->files; i-- > 0;) {
		next[i] = UINT32_MAX;
		if (tested(x->file[i].base, &s))
			continue;
		s = scope_behind(x->file[i].base, strlen(x->file[i].base), '.');
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
	x->in->tests = scope_lists_of(x->in, p.v, p.n, x->files);
	free(p.v);
	free(next);
	df_map_release(&stems);
}

/* The files of D7 that the components of D10 are in. */
static void
read_planned(struct df_xref *x)
{
	const struct df_d10 *d = &x->sp->d10;
	uint32_t *planned = df_arena_alloc(&x->in->arena, (d->actives + 1) *
	    sizeof(*planned));
	struct df_map bases = { 0 };
	struct scope_reader r;
	struct scope_token t;
	const char *base;
	size_t i, at;

	for (i = x->files; i-- > 0;)
		(void)df_map_set(&bases, x->file[i].base,
		    strlen(x->file[i].base), i);
	for (i = 0; i < d->actives; i++) {
		planned[i] = UINT32_MAX;
		r = scope_read(d->active[i].where.s, d->active[i].where.n);
		while (planned[i] == UINT32_MAX && scope_token(&r, &t)) {
			base = scope_behind(t.s, t.n, '/');
			at = df_map_get(&bases, base, (size_t)(t.s + t.n -
			    base));
			if (at != DF_MAP_NONE && scope_same_file(
			    x->file[at].path, strlen(x->file[at].path), t.s,
			    t.n))
				planned[i] = (uint32_t)at;
		}
	}
	x->in->planned = planned;
	df_map_release(&bases);
}

/* Does D7 say that it was there before all tasks: "given; ..."? */
static int
is_given(const struct df_xfile *f)
{
	static const char *const word[] = { "given", "existing", "exists",
	    "present" };
	size_t n = 0, i;

	while (scope_alnum(f->comment[n]))
		n++;
	for (i = 0; i < DF_LEN(word); i++)
		if (strlen(word[i]) == n && strncasecmp(f->comment, word[i],
		    n) == 0)
			return 1;
	return 0;
}

int
scope_is_there(const struct df_xref *x, int kind, uint32_t index)
{
	const struct df_xref_in *in = x->in;
	uint32_t file = kind == DF_K_FILE ? index : UINT32_MAX;

	if (kind == DF_K_ACTIVE) {
		file = in->planned[index];
		if (file == UINT32_MAX || in->queue.n >= DF_XREF_BACK)
			return 1;	/* who can say */
	}
	return file != UINT32_MAX && (in->fileof[file] == in->filenow ||
	    is_given(&x->file[file]));
}

/* ---- lines ---- */

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

/* No heading, in bold too, no code, rule or blank line. */
static int
says_something(const struct df_str *l, int *code)
{
	const char *s = l->s, *end = l->s + l->n;

	while (s < end && *s == ' ')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == ':'))
		end--;
	if (end - s >= 3 && (memcmp(s, "```", 3) == 0 ||
	    memcmp(s, "~~~", 3) == 0)) {
		*code = !*code;
		return 0;
	}
	return s < end && !*code && *s != '#' && (end - s < 3 ||
	    memcmp(s, "---", 3) != 0) && (end - s < 4 || memcmp(s, "**", 2) !=
	    0 || memcmp(end - 2, "**", 2) != 0);
}

void
scope_read_d7(struct df_xref *x)
{
	const struct df_d7 *d = &x->sp->d7;
	VEC(struct df_xline) t = { 0 }, g = { 0 };
	size_t i, k, w;
	int code = 0;

	read_files(x);
	read_tests(x);
	read_planned(x);
	read_lines(x, d->testing_at, 0, &t.v, &t.n, &t.cap);
	for (i = w = 0; i < t.n; i++)
		if (says_something(&t.v[i].s, &code))
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
