#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern-internal.h"
#include "base/text.h"

#define RE_DEPTH 32

struct parse {
	struct df_arena *a;
	const char *s;
	size_t n, i;
	unsigned depth;
	unsigned nset;
	struct df_err *e;
};

static int
fail(struct parse *p, const char *why)
{
	return df_fail(p->e, DF_INPUT, "pattern", "%s at byte %zu", why,
	    p->i + 1);
}

static struct re *
no(struct parse *p, const char *why)
{
	fail(p, why);
	return NULL;
}

/* Is the next byte this one? */
static int
is(const struct parse *p, char c)
{
	return p->i < p->n && p->s[p->i] == c;
}

/* Does the next byte repeat what is before it? */
static int
repeats(const struct parse *p)
{
	return is(p, '*') || is(p, '+') || is(p, '?') || is(p, '{');
}

static struct re *
re_new(struct parse *p, enum re_op op, size_t size)
{
	struct re *re = df_arena_alloc(p->a, sizeof(*re));

	re->op = op;
	re->size = size;
	return re;
}

static int
range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

/* Sort and join the ranges, turn them round when asked, and keep them. */
static struct re *
re_set(struct parse *p, struct range *r, size_t n, int not)
{
	struct re *re = re_new(p, RE_SET, 1);
	struct set *set = df_arena_alloc(p->a, sizeof(*set));
	uint32_t from = 0;
	size_t i, k = 0;

	qsort(r, n, sizeof(*r), range_cmp);
	for (i = 1; i < n; i++)
		if (r[i].lo <= r[k].hi + 1) {
			if (r[i].hi > r[k].hi)
				r[k].hi = r[i].hi;
		} else {
			r[++k] = r[i];
		}
	n = k + 1;
	set->r = df_arena_alloc(p->a, (n + 1) * sizeof(*r));
	if (not) {
		for (i = 0; i < n; i++) {
			if (r[i].lo > from)
				set->r[set->n++] = (struct range){ from,
				    r[i].lo - 1 };
			from = r[i].hi + 1;
		}
		if (from <= UNICODE_MAX)
			set->r[set->n++] = (struct range){ from, UNICODE_MAX };
	} else {
		memcpy(set->r, r, n * sizeof(*r));
		set->n = n;
	}
	set->no = p->nset++;
	re->set = set;
	return re;
}

static int
escape(struct parse *p, int in_class, uint32_t *cp)
{
	uint8_t b[2];
	char c, why[64];

	if (p->i + 1 >= p->n)
		return fail(p, "lone \\");
	c = p->s[p->i + 1];
	if (c == 'u') {
		if (p->n - p->i < 6 ||
		    df_unhex_any(b, 2, p->s + p->i + 2, 4) < 0 ||
		    (b[0] >= 0xd8 && b[0] <= 0xdf))
			return fail(p, "\\u that is not four hex digits of a "
			    "character");
		*cp = (uint32_t)b[0] << 8 | b[1];
		p->i += 6;
		return 0;
	}
	if (c == '\0' || (strchr("^$\\.*+?()[]{}|/", c) == NULL &&
	    !(in_class && c == '-'))) {
		if (c == 'd' || c == 'w')
			snprintf(why, sizeof(why), "\\%c is not supported "
			    "(write [%s])", c, c == 'd' ? "0-9" :
			    "A-Za-z0-9_");
		else if (c > ' ' && c < 0x7f)
			snprintf(why, sizeof(why), "\\%c is not supported", c);
		else
			snprintf(why, sizeof(why), "bad escape");
		return fail(p, why);
	}
	*cp = (unsigned char)c;
	p->i += 2;
	return 0;
}

static int
class_char(struct parse *p, uint32_t *cp)
{
	if (is(p, '\\'))
		return escape(p, 1, cp);
	if (is(p, '['))
		return fail(p, "[ in a class (write \\[)");
	p->i += df_utf8(p->s + p->i, p->n - p->i, cp);
	return 0;
}

/* Read up to and with the ].  The caller frees set->r. */
static int
class_ranges(struct parse *p, struct set *set)
{
	size_t cap = 0, first = p->i;
	struct range one;

	while (p->i < p->n && !is(p, ']')) {
		if (is(p, '-') && p->i != first &&
		    !(p->i + 1 < p->n && p->s[p->i + 1] == ']'))
			return fail(p, "- between characters of a class "
			    "(write \\-)");
		if (class_char(p, &one.lo) < 0)
			return -1;
		one.hi = one.lo;
		if (is(p, '-') && p->i + 1 < p->n && p->s[p->i + 1] != ']') {
			p->i++;
			if (class_char(p, &one.hi) < 0)
				return -1;
			if (one.hi < one.lo)
				return fail(p, "range in the wrong order");
		}
		DF_GROW(set->r, set->n, cap);
		set->r[set->n++] = one;
	}
	if (p->i >= p->n)
		return fail(p, "class without ]");
	if (set->n == 0)
		return fail(p, "empty class");
	p->i++;
	return 0;
}

static struct re *
re_class(struct parse *p)
{
	struct set set = { 0 };
	struct re *re = NULL;
	int not;

	p->i++;
	not = is(p, '^');
	p->i += (size_t)not;
	if (class_ranges(p, &set) == 0) {
		re = re_set(p, set.r, set.n, not);
		if (re->set->n == 0)
			re = no(p, "class of no character");
	}
	free(set.r);
	return re;
}

static struct re *re_alt(struct parse *p);

static struct re *
re_group(struct parse *p)
{
	struct re *re;

	if (p->i + 1 < p->n && p->s[p->i + 1] == '?')
		return no(p, "(? is not supported");
	if (++p->depth > RE_DEPTH)
		return no(p, "nested too deeply");
	p->i++;
	re = re_alt(p);
	if (re == NULL)
		return NULL;
	if (!is(p, ')'))
		return no(p, "( without )");
	p->i++;
	p->depth--;
	return re;
}

static struct re *
re_atom(struct parse *p)
{
	/* ECMA-262: any character but a line terminator */
	struct range dot[] = { { '\n', '\n' }, { '\r', '\r' },
	    { 0x2028, 0x2029 } }, one;

	switch (p->s[p->i]) {
	case '^':
		p->i++;
		return re_new(p, RE_BOL, 1);
	case '$':
		p->i++;
		return re_new(p, RE_EOL, 1);
	case '.':
		p->i++;
		return re_set(p, dot, DF_LEN(dot), 1);
	case '[':
		return re_class(p);
	case '(':
		return re_group(p);
	case '*': case '+': case '?':
		return no(p, "nothing to repeat");
	case '{': case '}': case ']':
		return no(p, "special character without \\");
	case '\\':
		if (escape(p, 0, &one.lo) < 0)
			return NULL;
		break;
	default:
		p->i += df_utf8(p->s + p->i, p->n - p->i, &one.lo);
	}
	one.hi = one.lo;
	return re_set(p, &one, 1, 0);
}

static int
times(struct parse *p, uint32_t *v)
{
	size_t from = p->i;

	for (*v = 0; p->i < p->n && p->s[p->i] >= '0' && p->s[p->i] <= '9' &&
	    *v <= RE_LIMIT; p->i++)
		*v = *v * 10 + (uint32_t)(p->s[p->i] - '0');
	if (*v > RE_LIMIT)
		return fail(p, "repeated too often");
	return p->i > from ? 0 : fail(p, "bad {}");
}

/* {m}, {m,} and {m,n} */
static int
braces(struct parse *p, uint32_t *min, uint32_t *max)
{
	p->i++;
	if (times(p, min) < 0)
		return -1;
	*max = *min;
	if (is(p, ',')) {
		p->i++;
		*max = RE_MANY;
		if (!is(p, '}') && times(p, max) < 0)
			return -1;
	}
	if (!is(p, '}'))
		return fail(p, "bad {}");
	p->i++;
	return *max < *min ? fail(p, "{} in the wrong order") : 0;
}

static struct re *
re_repeat(struct parse *p)
{
	struct re *atom = re_atom(p), *re;
	uint32_t min, max;

	if (atom == NULL || !repeats(p))
		return atom;
	if (atom->op == RE_BOL || atom->op == RE_EOL)
		return no(p, "nothing to repeat");
	if (is(p, '{')) {
		if (braces(p, &min, &max) < 0)
			return NULL;
	} else {
		min = is(p, '+');
		max = is(p, '?') ? 1 : RE_MANY;
		p->i++;
	}
	if (repeats(p))
		return no(p, "repetition of a repetition");
	re = re_new(p, RE_REP, min * atom->size + (max == RE_MANY ?
	    atom->size + 2 : (max - min) * (atom->size + 1)));
	if (re->size > RE_LIMIT)
		return no(p, "too large");
	re->kid = atom;
	re->min = min;
	re->max = max;
	return re;
}

static struct re *
re_cat(struct parse *p)
{
	struct re *cat = re_new(p, RE_CAT, 0), **end = &cat->kid;

	while (p->i < p->n && !is(p, '|') && !is(p, ')')) {
		*end = re_repeat(p);
		if (*end == NULL)
			return NULL;
		cat->size += (*end)->size;
		end = &(*end)->next;
	}
	if (cat->kid == NULL)
		return no(p, "empty expression");
	if (cat->size > RE_LIMIT)
		return no(p, "too large");
	return cat;
}

static struct re *
re_alt(struct parse *p)
{
	struct re *alt = re_new(p, RE_ALT, 0), **end = &alt->kid;

	for (;;) {
		*end = re_cat(p);
		if (*end == NULL)
			return NULL;
		alt->size += (*end)->size + 2;
		end = &(*end)->next;
		if (!is(p, '|'))
			break;
		p->i++;
	}
	if (alt->size > RE_LIMIT)
		return no(p, "too large");
	return alt->kid->next ? alt : alt->kid;
}

static struct df_pattern *
parse(struct df_patterns *ps, const char *s, size_t n, struct df_err *e)
{
	struct parse p = { .a = &ps->a, .s = s, .n = n, .e = e };
	struct df_pattern *o;
	struct re *re;

	if (n > RE_LIMIT) {
		fail(&p, "too large");
		return NULL;
	}
	p.i = df_utf8_bad(s, n);
	if (p.i < n) {
		fail(&p, "not UTF-8");
		return NULL;
	}
	p.i = 0;
	re = re_alt(&p);
	if (re && p.i < n)
		re = no(&p, ") without (");
	if (re == NULL)
		return NULL;
	o = df_arena_alloc(&ps->a, sizeof(*o));
	o->all = ps;
	o->re = re;
	o->nset = p.nset;
	df_pattern_runs(o);
	df_map_set(&ps->known, df_arena_str(&ps->a, s, n), n,
	    (size_t)(uintptr_t)o);
	return o;
}

struct df_pattern *
df_pattern_new(struct df_patterns *ps, const char *s, size_t n,
    struct df_err *e)
{
	struct df_pattern *p;
	size_t known;

	pthread_mutex_lock(&ps->lock);
	known = df_map_get(&ps->known, s, n);
	p = known == DF_MAP_NONE ? parse(ps, s, n, e) :
	    (struct df_pattern *)(uintptr_t)known;
	pthread_mutex_unlock(&ps->lock);
	return p;
}

struct df_patterns *
df_patterns_new(void)
{
	struct df_patterns *ps = df_calloc(1, sizeof(*ps));

	pthread_mutex_init(&ps->lock, NULL);
	return ps;
}

void
df_patterns_free(struct df_patterns *ps)
{
	if (ps == NULL)
		return;
	pthread_mutex_destroy(&ps->lock);
	df_map_release(&ps->known);
	df_arena_release(&ps->a);
	free(ps);
}
