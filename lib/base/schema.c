#include "base/df.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/schema.h"
#include "base/text.h"

#define IN_PLACE 32		/* schemas applied to one value, nested */
#define PATH_LIMIT 4096		/* bytes of a place in a schema */
#define WORK_BASE ((uint64_t)1 << 24)
#define WORK_TOKEN 256

struct str {
	const char *s;
	size_t n;
};

static int
str_cmp(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	int r = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);

	return r ? r : (x->n > y->n) - (x->n < y->n);
}

/* Read 2 n hex digits of either case. */
static int
unhex(uint8_t *out, size_t n, const char *s)
{
	char low[4];
	size_t i;

	for (i = 0; i < 2 * n; i++)
		low[i] = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] | 32) :
		    s[i];
	return df_unhex(out, n, low, 2 * n);
}

/* ---- numbers: exact decimals ---- */

/* sign * 0.d[0]d[1].. * 10^mag; d neither begins nor ends with a zero. */
struct num {
	int sign;
	int64_t mag;
	const char *d;
	size_t n;
	struct str raw;		/* of a limit: as written, for messages */
};

#define EXP_LIMIT ((int64_t)1 << 50)

static int64_t
exponent(const char *s, const char *end)
{
	int neg = *s == '-';
	int64_t v = 0;

	for (s += neg || *s == '+'; s < end && v < EXP_LIMIT; s++)
		v = v * 10 + (*s - '0');
	return neg ? -v : v;
}

/* Read the JSON number s[0..n); its digits stay in s or go to b. */
static void
num_read(struct num *o, const char *s, size_t n, struct df_buf *b)
{
	const char *end = s + n, *p, *dot = NULL;

	o->sign = *s == '-' ? -1 : 1;
	s += *s == '-';
	for (p = s; p < end && *p != 'e' && *p != 'E'; p++)
		if (*p == '.')
			dot = p;
	o->mag = (dot ? dot : p) - s;
	if (p < end)
		o->mag += exponent(p + 1, end);
	n = (size_t)(p - s);
	if (dot) {
		df_buf_reset(b);
		df_buf_add(b, s, (size_t)(dot - s));
		df_buf_add(b, dot + 1, (size_t)(p - dot - 1));
		s = b->s;
		n = b->n;
	}
	for (; n && *s == '0'; s++, n--)
		o->mag--;
	while (n && s[n - 1] == '0')
		n--;
	o->d = s;
	o->n = n;
	if (n == 0) {
		o->sign = 0;
		o->mag = 0;
	}
}

static int
num_cmp(const struct num *a, const struct num *b)
{
	int r;

	if (a->sign != b->sign)
		return a->sign < b->sign ? -1 : 1;
	if (a->mag != b->mag)
		return a->mag < b->mag ? -a->sign : a->sign;
	r = memcmp(a->d, b->d, a->n < b->n ? a->n : b->n);
	if (r == 0)
		r = (a->n > b->n) - (a->n < b->n);
	return r < 0 ? -a->sign : r > 0 ? a->sign : 0;
}

static int
num_whole(const struct num *a)
{
	return a->mag >= (int64_t)a->n;
}

/* A whole number of at least 0; what is beyond 32 bits becomes UINT32_MAX,
   which no text of ours has of anything. */
static int
num_count(const struct num *a, uint32_t *out)
{
	uint64_t v = 0;
	int64_t i;

	if (a->sign < 0 || !num_whole(a))
		return -1;
	for (i = 0; i < a->mag && v < UINT32_MAX; i++)
		v = v * 10 + (i < (int64_t)a->n ? (uint64_t)(a->d[i] - '0') :
		    0);
	*out = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
	return 0;
}

#define MULTIPLE_DIGITS 18
#define MULTIPLE_EXP 400

/*
 * Is x a multiple of m, of at most MULTIPLE_DIGITS digits?  Neither digit
 * string ends in a zero, so an x with more decimal places than m is not.
 */
static int
num_multiple(const struct num *x, const struct num *m)
{
	int64_t k = (x->mag - (int64_t)x->n) - (m->mag - (int64_t)m->n);
	uint64_t of = 0, r = 0;
	size_t i;

	if (x->sign == 0)
		return 1;
	if (k < 0)
		return 0;
	for (i = 0; i < m->n; i++)
		of = of * 10 + (uint64_t)(m->d[i] - '0');
	for (i = 0; i < x->n; i++)
		r = (r * 10 + (uint64_t)(x->d[i] - '0')) % of;
	for (; r && k > 0; k--)
		r = r * 10 % of;
	return r == 0;
}

/* ---- patterns: the expression ---- */

#define RE_LIMIT 4096		/* bytes of a pattern, instructions of one */
#define RE_DEPTH 32
#define RE_MANY UINT32_MAX
#define UNICODE_MAX 0x10ffff

struct range {
	uint32_t lo, hi;
};

struct set {
	struct range *r;	/* ascending, disjoint */
	size_t n;
	unsigned no;
};

enum re_op { RE_SET, RE_BOL, RE_EOL, RE_CAT, RE_ALT, RE_REP };

struct re {
	enum re_op op;
	struct set *set;
	struct re *kid, *next;	/* parts of CAT, ALT and REP; siblings */
	uint32_t min, max;
	size_t size;		/* instructions */
};

struct pattern {
	struct str text;
	struct re *re;
	size_t nset;
	_Atomic(struct dfa *) dfa;	/* made at the first match */
	struct pool *pool;
};

struct parse {
	struct df_arena *a;
	const char *s;
	size_t n, i;
	unsigned depth;
	unsigned nset;
	char why[96];
};

static struct re *
no(struct parse *p, const char *why)
{
	if (p->why[0] == '\0')
		snprintf(p->why, sizeof(p->why), "%s at byte %zu", why,
		    p->i + 1);
	return NULL;
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
re_escape(struct parse *p, int in_class, uint32_t *cp)
{
	uint8_t b[2];
	char c, why[64];

	if (p->i + 1 >= p->n) {
		no(p, "lone \\");
		return -1;
	}
	c = p->s[p->i + 1];
	if (c == 'u') {
		if (p->n - p->i < 6 || unhex(b, 2, p->s + p->i + 2) < 0 ||
		    (b[0] >= 0xd8 && b[0] <= 0xdf)) {
			no(p, "\\u that is not four hex digits of a character");
			return -1;
		}
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
		no(p, why);
		return -1;
	}
	*cp = (unsigned char)c;
	p->i += 2;
	return 0;
}

/* One character of a class; the text is UTF-8. */
static int
class_char(struct parse *p, uint32_t *cp)
{
	char c = p->s[p->i];

	if (c == '\\')
		return re_escape(p, 1, cp);
	if (c == '[') {
		no(p, "[ in a class (write \\[)");
		return -1;
	}
	p->i += df_utf8(p->s + p->i, p->n - p->i, cp);
	return 0;
}

static struct re *
re_class(struct parse *p)
{
	struct range *r = NULL, one;
	size_t n = 0, cap = 0, first;
	struct re *re = NULL;
	int not = 0;

	p->i++;
	if (p->i < p->n && p->s[p->i] == '^') {
		not = 1;
		p->i++;
	}
	for (first = p->i; ; ) {
		if (p->i >= p->n) {
			no(p, "class without ]");
			break;
		}
		if (p->s[p->i] == ']') {
			if (n == 0) {
				no(p, "empty class");
				break;
			}
			p->i++;
			re = re_set(p, r, n, not);
			if (re->set->n == 0)
				re = no(p, "class of no character");
			break;
		}
		if (p->s[p->i] == '-' && p->i != first &&
		    !(p->i + 1 < p->n && p->s[p->i + 1] == ']')) {
			no(p, "- between characters of a class (write \\-)");
			break;
		}
		if (class_char(p, &one.lo) < 0)
			break;
		one.hi = one.lo;
		if (p->i + 1 < p->n && p->s[p->i] == '-' &&
		    p->s[p->i + 1] != ']') {
			p->i++;
			if (class_char(p, &one.hi) < 0)
				break;
			if (one.hi < one.lo) {
				no(p, "range in the wrong order");
				break;
			}
		}
		DF_GROW(r, n, cap);
		r[n++] = one;
	}
	free(r);
	return re;
}

static struct re *re_alt(struct parse *p);

static struct re *
re_atom(struct parse *p)
{
	/* ECMA-262: any character but a line terminator */
	struct range dot[] = { { '\n', '\n' }, { '\r', '\r' },
	    { 0x2028, 0x2029 } }, one;
	struct re *re;

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
		if (p->i + 1 < p->n && p->s[p->i + 1] == '?')
			return no(p, "(? is not supported");
		if (++p->depth > RE_DEPTH)
			return no(p, "nested too deeply");
		p->i++;
		re = re_alt(p);
		p->depth--;
		if (re == NULL)
			return NULL;
		if (p->i >= p->n)
			return no(p, "( without )");
		p->i++;
		return re;
	case '*': case '+': case '?':
		return no(p, "nothing to repeat");
	case '{': case '}': case ']':
		return no(p, "special character without \\");
	case '\\':
		if (re_escape(p, 0, &one.lo) < 0)
			return NULL;
		break;
	default:
		p->i += df_utf8(p->s + p->i, p->n - p->i, &one.lo);
	}
	one.hi = one.lo;
	return re_set(p, &one, 1, 0);
}

/* {m}, {m,} and {m,n} */
static int
re_braces(struct parse *p, uint32_t *min, uint32_t *max)
{
	uint32_t v[2] = { 0, RE_MANY };
	size_t from;
	int k;

	for (k = 0; k < 2; k++) {
		from = ++p->i;
		if (k == 1 && p->i < p->n && p->s[p->i] == '}')
			break;
		for (v[k] = 0; p->i < p->n && p->s[p->i] >= '0' &&
		    p->s[p->i] <= '9' && v[k] <= RE_LIMIT; p->i++)
			v[k] = v[k] * 10 + (uint32_t)(p->s[p->i] - '0');
		if (v[k] > RE_LIMIT) {
			no(p, "repeated too often");
			return -1;
		}
		if (p->i == from || p->i >= p->n ||
		    (p->s[p->i] != '}' && (k == 1 || p->s[p->i] != ','))) {
			no(p, "bad {}");
			return -1;
		}
		if (p->s[p->i] == '}') {
			if (k == 0)
				v[1] = v[0];
			break;
		}
	}
	p->i++;
	if (v[1] < v[0]) {
		no(p, "{} in the wrong order");
		return -1;
	}
	*min = v[0];
	*max = v[1];
	return 0;
}

static struct re *
re_repeat(struct parse *p)
{
	struct re *atom = re_atom(p), *re;
	uint32_t min, max;

	if (atom == NULL || p->i >= p->n ||
	    strchr("*+?{", p->s[p->i]) == NULL || p->s[p->i] == '\0')
		return atom;
	if (atom->op == RE_BOL || atom->op == RE_EOL)
		return no(p, "nothing to repeat");
	if (p->s[p->i] == '{') {
		if (re_braces(p, &min, &max) < 0)
			return NULL;
	} else {
		min = p->s[p->i] == '+';
		max = p->s[p->i] == '?' ? 1 : RE_MANY;
		p->i++;
	}
	if (p->i < p->n && p->s[p->i] && strchr("*+?{", p->s[p->i]))
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

	while (p->i < p->n && p->s[p->i] != '|' && p->s[p->i] != ')') {
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
		if (p->i >= p->n || p->s[p->i] != '|')
			break;
		p->i++;
	}
	if (alt->size > RE_LIMIT)
		return no(p, "too large");
	return alt->kid->next ? alt : alt->kid;
}

/* The text must outlive the arena. */
static struct re *
re_parse(struct parse *p, struct df_arena *a, struct str text)
{
	struct re *re;

	memset(p, 0, sizeof(*p));
	p->a = a;
	p->s = text.s;
	p->n = text.n;
	if (p->n > RE_LIMIT)
		return no(p, "too large");
	re = re_alt(p);
	if (re && p->i < p->n)
		return no(p, ") without (");
	return re;
}

/* ---- patterns: the automaton ---- */

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

/* All automata of a schema are made in one arena, under one lock. */
struct pool {
	pthread_mutex_t lock;
	struct df_arena a;
};

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
	struct pool *pool;
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

/*
 * Give each character its symbol: cut the characters where a range begins or
 * ends, then let set after set part the pieces it has from those it has not.
 */
static void
symbols(struct dfa *d)
{
	uint32_t *cut, *sym, *to, id, c;
	size_t i, k, r, n = 1, fresh;

	for (k = 0; k < d->nset; k++)
		n += 2 * d->set[k]->n;
	cut = df_calloc(n + 1, sizeof(*cut));
	for (n = 1, k = 0; k < d->nset; k++)
		for (r = 0; r < d->set[k]->n; r++) {
			cut[n++] = d->set[k]->r[r].lo;
			cut[n++] = d->set[k]->r[r].hi + 1;
		}
	qsort(cut, n, sizeof(*cut), cut_cmp);
	for (i = 1, k = 1; i < n; i++)
		if (cut[i] != cut[k - 1] && cut[i] <= UNICODE_MAX)
			cut[k++] = cut[i];
	n = k;
	cut[n] = UNICODE_MAX + 1;

	sym = df_calloc(n, sizeof(*sym));
	to = df_calloc(2 * n, sizeof(*to));
	d->nsym = 1;
	for (k = 0; k < d->nset; k++) {
		memset(to, 0, 2 * n * sizeof(*to));
		fresh = d->nsym;
		for (i = 0, r = 0; i < n && r < d->set[k]->n; i++) {
			if (cut[i] > d->set[k]->r[r].hi && ++r ==
			    d->set[k]->n)
				break;
			if (cut[i] < d->set[k]->r[r].lo)
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

	d->in = df_arena_alloc(&d->pool->a, d->nset * d->nsym + 1);
	for (k = 0; k < d->nset; k++)
		for (i = 0, r = 0; i < n; i++) {
			while (r < d->set[k]->n && cut[i] > d->set[k]->r[r].hi)
				r++;
			if (r < d->set[k]->n && cut[i] >= d->set[k]->r[r].lo)
				d->in[k * d->nsym + sym[i]] = 1;
		}
	d->high = df_arena_alloc(&d->pool->a, n * sizeof(*d->high));
	for (i = 0; i < n; i++) {
		id = sym[i];
		for (c = cut[i]; c < cut[i + 1] && c < 128; c++)
			d->ascii[c] = (uint16_t)id;
		if (cut[i + 1] > 128)
			d->high[d->nhigh++] = (struct from){ cut[i], id };
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
	uint32_t cp;

	*s += df_utf8(*s, (size_t)(end - *s), &cp);
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
	list = df_arena_alloc(&d->pool->a, bytes);
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

	pthread_mutex_lock(&d->pool->lock);
	step(d, &d->work, st->list, st->n, sym);
	to = state(d, 0);
	atomic_store_explicit(&d->next[from + sym], to, memory_order_release);
	pthread_mutex_unlock(&d->pool->lock);
	return to;
}

static struct dfa *
dfa_new(const struct re *re, size_t nset, struct pool *pool)
{
	static const struct set none;	/* of what is repeated 0 times */
	struct dfa *d = df_arena_alloc(&pool->a, sizeof(*d));
	size_t i;

	d->pool = pool;
	d->nset = nset;
	d->set = df_arena_alloc(&pool->a, nset * sizeof(*d->set) + 1);
	for (i = 0; i < nset; i++)
		d->set[i] = &none;
	d->prog = df_arena_alloc(&pool->a, (re->size + 1) * sizeof(*d->prog));
	emit(d, re);
	emit1(d, OP_MATCH);
	symbols(d);
	threads_init(d, &d->work, &pool->a);
	threads_init(d, &d->restart, &pool->a);
	spread(d, &d->restart, 0, 0);
	gather(d, &d->restart);

	/* as many as a pattern without alternatives needs, and some more */
	d->cap = d->nprog + 64;
	d->width = d->nsym + 1;
	if (d->cap > DFA_CELLS / d->width)
		d->cap = DFA_CELLS / d->width;
	d->nhash = (uint16_t)(d->cap / 2 + 1);
	d->next = df_arena_alloc(&pool->a, d->cap * d->width *
	    sizeof(*d->next));
	d->state = df_arena_alloc(&pool->a, (d->cap + 1) * sizeof(*d->state));
	d->hash = df_arena_alloc(&pool->a, d->nhash * sizeof(*d->hash));
	d->nstate = ST_FIRST;
	spread(d, &d->work, 0, AT_START);
	gather(d, &d->work);
	d->start = state(d, 1);
	return d;
}

static struct dfa *
dfa_get(struct pattern *p)
{
	struct dfa *d = atomic_load_explicit(&p->dfa, memory_order_acquire);

	if (d)
		return d;
	pthread_mutex_lock(&p->pool->lock);
	d = atomic_load_explicit(&p->dfa, memory_order_relaxed);
	if (d == NULL) {
		d = dfa_new(p->re, p->nset, p->pool);
		atomic_store_explicit(&p->dfa, d, memory_order_release);
	}
	pthread_mutex_unlock(&p->pool->lock);
	return d;
}

/* Run what is left of a text on sets of threads, from a state's. */
static int
simulate(const struct dfa *d, const struct state *from, const char *s,
    const char *end, uint64_t *left)
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
		if (*left < cost) {
			*left = 0;
			goto end;
		}
		*left -= cost;
		step(d, &w[k], list, n, symbol(d, &s, end));
		list = w[k].list;
		n = w[k].n;
	}
	r = matched(d, list, n) || ends(d, &w[k], list, n, 0);
end:
	df_arena_release(&a);
	return r;
}

/* Does the pattern match somewhere in s?  -1: the work is used up. */
static int
matches(struct pattern *p, const char *s, size_t n, uint64_t *left)
{
	const char *end = s + n, *at;
	struct dfa *d = dfa_get(p);
	_Atomic uint16_t *next = d->next;
	size_t st = d->start, to, sym;

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
			    left);
		st = to;
	}
	return st == ST_MATCH;
}

/* ---- the compiled schema ---- */

enum { HAS_STRING = 1, HAS_NUMBER = 2, HAS_ARRAY = 4, HAS_OBJECT = 8,
	HAS_MORE = 16 };

#define T_INTEGER 8		/* a bit behind those of enum df_jtype */

/* The values of enum or const: strings apart, as text; all others in the form
   that canon() writes.  Both are sorted. */
struct values {
	unsigned types;		/* 1 << enum df_jtype */
	struct str *text, *other;
	size_t ntext, nother;
	struct str *raw;	/* as written, for messages */
	size_t nraw;
};

struct list {
	struct node **v;
	size_t n;
};

struct member {
	struct str name;
	struct node *schema;	/* or NULL: only required */
	int required;
};

struct matching {
	struct pattern *pattern;
	struct node *schema;
};

struct dependent {
	struct str name;
	struct str *needs;
	size_t n;
	struct node *schema;
};

struct node {
	struct node *alias;	/* nothing but a $ref */
	struct values *only, *among;
	uint16_t types;		/* 1 << enum df_jtype; 0: any */
	uint8_t has;
	uint8_t never;		/* false */

	uint32_t min_length, max_length;
	struct pattern *pattern;

	struct num *minimum, *maximum, *above, *below, *multiple;

	uint32_t min_items, max_items, min_contains, max_contains;
	int unique;
	struct list prefix;
	struct node *items, *contains;

	uint32_t min_members, max_members;
	struct member *member;	/* sorted by name */
	size_t nmember, nrequired;
	struct matching *matching;
	size_t nmatching;
	struct node *additional, *names;
	struct dependent *dependent;
	size_t ndependent;

	struct node *ref;
	struct list all, any, one;
	struct node *not, *test, *then, *otherwise;

	const char *title;
	const char *place;	/* JSON Pointer in the schema */
	struct node *link;	/* all nodes */
	int colour, height;
};

struct df_schema {
	struct df_arena a;
	struct node *root;
	const char *id;
	struct pool pool;
};

/* ---- compiling ---- */

enum how {
	KW_ANY, KW_ARRAY, KW_STRING,	/* annotations */
	KW_DIALECT, KW_ID, KW_TITLE, KW_DEFS, KW_REF,
	KW_TYPE, KW_ENUM, KW_CONST, KW_COUNT, KW_LIMIT, KW_MULTIPLE,
	KW_PATTERN, KW_UNIQUE, KW_SCHEMA, KW_LIST,
	KW_PROPERTIES, KW_REQUIRED, KW_MATCHING, KW_NEEDS, KW_DEPENDENT
};

struct keyword {
	const char *name;
	enum how how;
	uint8_t has;
	size_t at;		/* in struct node */
};

#define AT(m) offsetof(struct node, m)

static const struct keyword keyword[] = {
	{ "$comment", KW_STRING, 0, 0 },
	{ "$defs", KW_DEFS, 0, 0 },
	{ "$id", KW_ID, 0, 0 },
	{ "$ref", KW_REF, HAS_MORE, 0 },
	{ "$schema", KW_DIALECT, 0, 0 },
	{ "additionalProperties", KW_SCHEMA, HAS_OBJECT, AT(additional) },
	{ "allOf", KW_LIST, HAS_MORE, AT(all) },
	{ "anyOf", KW_LIST, HAS_MORE, AT(any) },
	{ "const", KW_CONST, 0, AT(only) },
	{ "contains", KW_SCHEMA, HAS_ARRAY, AT(contains) },
	{ "default", KW_ANY, 0, 0 },
	{ "dependentRequired", KW_NEEDS, HAS_OBJECT, 0 },
	{ "dependentSchemas", KW_DEPENDENT, HAS_OBJECT, 0 },
	{ "description", KW_STRING, 0, 0 },
	{ "else", KW_SCHEMA, HAS_MORE, AT(otherwise) },
	{ "enum", KW_ENUM, 0, AT(among) },
	{ "examples", KW_ARRAY, 0, 0 },
	{ "exclusiveMaximum", KW_LIMIT, HAS_NUMBER, AT(below) },
	{ "exclusiveMinimum", KW_LIMIT, HAS_NUMBER, AT(above) },
	{ "format", KW_STRING, 0, 0 },
	{ "if", KW_SCHEMA, HAS_MORE, AT(test) },
	{ "items", KW_SCHEMA, HAS_ARRAY, AT(items) },
	{ "maxContains", KW_COUNT, HAS_ARRAY, AT(max_contains) },
	{ "maxItems", KW_COUNT, HAS_ARRAY, AT(max_items) },
	{ "maxLength", KW_COUNT, HAS_STRING, AT(max_length) },
	{ "maxProperties", KW_COUNT, HAS_OBJECT, AT(max_members) },
	{ "maximum", KW_LIMIT, HAS_NUMBER, AT(maximum) },
	{ "minContains", KW_COUNT, HAS_ARRAY, AT(min_contains) },
	{ "minItems", KW_COUNT, HAS_ARRAY, AT(min_items) },
	{ "minLength", KW_COUNT, HAS_STRING, AT(min_length) },
	{ "minProperties", KW_COUNT, HAS_OBJECT, AT(min_members) },
	{ "minimum", KW_LIMIT, HAS_NUMBER, AT(minimum) },
	{ "multipleOf", KW_MULTIPLE, HAS_NUMBER, AT(multiple) },
	{ "not", KW_SCHEMA, HAS_MORE, AT(not) },
	{ "oneOf", KW_LIST, HAS_MORE, AT(one) },
	{ "pattern", KW_PATTERN, HAS_STRING, 0 },
	{ "patternProperties", KW_MATCHING, HAS_OBJECT, 0 },
	{ "prefixItems", KW_LIST, HAS_ARRAY, AT(prefix) },
	{ "properties", KW_PROPERTIES, HAS_OBJECT, 0 },
	{ "propertyNames", KW_SCHEMA, HAS_OBJECT, AT(names) },
	{ "required", KW_REQUIRED, HAS_OBJECT, 0 },
	{ "then", KW_SCHEMA, HAS_MORE, AT(then) },
	{ "title", KW_TITLE, 0, 0 },
	{ "type", KW_TYPE, 0, 0 },
	{ "uniqueItems", KW_UNIQUE, HAS_ARRAY, 0 },
};

static const char dialect[] = "https://json-schema.org/draft/2020-12/schema";

static const struct {
	const char *name, *text;
	unsigned bits;
} type_name[] = {
	{ "null", "null", 1 << DF_JNULL },
	{ "boolean", "a boolean", 1 << DF_JTRUE | 1 << DF_JFALSE },
	{ "integer", "an integer", 1 << T_INTEGER },
	{ "number", "a number", 1 << DF_JNUMBER },
	{ "string", "a string", 1 << DF_JSTRING },
	{ "array", "an array", 1 << DF_JARRAY },
	{ "object", "an object", 1 << DF_JOBJECT },
};

struct ref {
	struct node *from;
	struct str to;		/* the text of $ref */
	struct ref *link;
};

struct comp {
	struct df_schema *s;
	struct df_json j;
	const char *what;
	struct df_err *e;
	struct df_buf path;	/* of the value at hand */
	struct df_buf tmp;
	struct df_map node;	/* place -> index in all */
	struct node **all;
	size_t nall, cap;
	struct df_map pattern;	/* text -> index in pat */
	struct pattern **pat;
	size_t npat, patcap;
	struct ref *ref;
};

static int bad(struct comp *, const char *, const char *, ...) DF_PRINTF(3, 4);
static struct node *schema(struct comp *, uint32_t);

static int
bad(struct comp *c, const char *code, const char *fmt, ...)
{
	struct df_buf b = DF_BUF_INIT;
	va_list ap;

	df_text_foreign(&b, c->path.s, c->path.n, DF_TEXT_LINE, 0, 200);
	if (b.n)
		df_buf_str(&b, ": ");
	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	df_fail(c->e, DF_INPUT, code, "%s: %s", c->what, b.s);
	df_buf_release(&b);
	return -1;
}

/* Add one reference token to a JSON Pointer. */
static void
pointer(struct df_buf *b, const char *s, size_t n)
{
	size_t i;

	df_buf_ch(b, '/');
	for (i = 0; i < n; i++)
		if (s[i] == '~' || s[i] == '/')
			df_buf_str(b, s[i] == '~' ? "~0" : "~1");
		else
			df_buf_ch(b, s[i]);
}

static void
pointer_index(struct df_buf *b, size_t i)
{
	df_buf_fmt(b, "/%zu", i);
}

static uint16_t
type_of(const struct df_json *j, uint32_t t)
{
	return j->tok[t].type;
}

/* The unescaped string of token t, kept. */
static struct str
keep(struct comp *c, uint32_t t)
{
	struct str s;

	df_buf_reset(&c->tmp);
	df_jtext(&c->j, t, &c->tmp);
	s.n = c->tmp.n;
	s.s = df_arena_str(&c->s->a, c->tmp.s, c->tmp.n);
	return s;
}

static struct num *
number(struct comp *c, uint32_t t)
{
	const struct df_jtok *k = &c->j.tok[t];
	struct num *o;

	if (k->type != DF_JNUMBER) {
		bad(c, "schema.value", "must be a number");
		return NULL;
	}
	o = df_arena_alloc(&c->s->a, sizeof(*o));
	num_read(o, c->j.s + k->start, k->end - k->start, &c->tmp);
	o->d = df_arena_str(&c->s->a, o->d, o->n);
	o->raw = (struct str){ c->j.s + k->start, k->end - k->start };
	return o;
}

/* Compile what is at t below the name that is pushed, then pop the name. */
static struct node *
below(struct comp *c, uint32_t t, size_t pop)
{
	struct node *n = schema(c, t);

	if (n)
		df_buf_cut(&c->path, pop);
	return n;
}

static struct node *
member_schema(struct comp *c, struct str name, uint32_t t)
{
	size_t was = c->path.n;

	pointer(&c->path, name.s, name.n);
	return below(c, t, was);
}

static int
schema_list(struct comp *c, uint32_t t, struct list *l)
{
	size_t was = c->path.n;
	uint32_t k;

	if (type_of(&c->j, t) != DF_JARRAY || c->j.tok[t].n == 0)
		return bad(c, "schema.value",
		    "must be an array of at least one schema");
	l->v = df_arena_alloc(&c->s->a, c->j.tok[t].n * sizeof(*l->v));
	for (k = df_jfirst(&c->j, t); l->n < c->j.tok[t].n;
	    k = df_jnext(&c->j, k)) {
		pointer_index(&c->path, l->n);
		l->v[l->n] = below(c, k, was);
		if (l->v[l->n++] == NULL)
			return -1;
	}
	return 0;
}

/* An array of different strings, sorted. */
static struct str *
strings(struct comp *c, uint32_t t, size_t *count)
{
	uint32_t i, k, n = c->j.tok[t].n;
	struct str *v;

	if (type_of(&c->j, t) != DF_JARRAY) {
		bad(c, "schema.value", "must be an array of strings");
		return NULL;
	}
	v = df_arena_alloc(&c->s->a, (n + (size_t)1) * sizeof(*v));
	for (i = 0, k = df_jfirst(&c->j, t); i < n;
	    i++, k = df_jnext(&c->j, k)) {
		if (type_of(&c->j, k) != DF_JSTRING) {
			bad(c, "schema.value", "must be an array of strings");
			return NULL;
		}
		v[i] = keep(c, k);
	}
	qsort(v, n, sizeof(*v), str_cmp);
	for (i = 1; i < n; i++)
		if (str_cmp(&v[i - 1], &v[i]) == 0) {
			bad(c, "schema.value", "has a string twice");
			return NULL;
		}
	*count = n;
	return v;
}

static int
kw_type(struct comp *c, struct node *n, uint32_t t)
{
	uint32_t i, k = t, count = 1;
	unsigned bits;
	size_t w;

	if (type_of(&c->j, t) == DF_JARRAY) {
		count = c->j.tok[t].n;
		k = df_jfirst(&c->j, t);
	}
	if (count == 0)
		return bad(c, "schema.value", "names no type");
	for (i = 0; i < count; i++, k = df_jnext(&c->j, k)) {
		for (w = 0; w < DF_LEN(type_name); w++)
			if (df_jis(&c->j, k, type_name[w].name))
				break;
		if (w == DF_LEN(type_name))
			return bad(c, "schema.value", "is no type");
		bits = type_name[w].bits;
		if (n->types & bits)
			return bad(c, "schema.value", "has a type twice");
		n->types = (uint16_t)(n->types | bits);
	}
	return 0;
}

static void canon(const struct df_json *, uint32_t, struct df_buf *,
	struct df_buf *);

static int
kw_values(struct comp *c, struct values **to, uint32_t t, int list)
{
	struct values *v = df_arena_alloc(&c->s->a, sizeof(*v));
	uint32_t i, k = t, n = 1;
	struct df_buf b = DF_BUF_INIT;
	const struct df_jtok *tok;
	size_t q;

	if (list) {
		if (type_of(&c->j, t) != DF_JARRAY)
			return bad(c, "schema.value", "must be an array");
		n = c->j.tok[t].n;
		k = df_jfirst(&c->j, t);
	}
	v->text = df_arena_alloc(&c->s->a, n * sizeof(*v->text) + 1);
	v->other = df_arena_alloc(&c->s->a, n * sizeof(*v->other) + 1);
	v->raw = df_arena_alloc(&c->s->a, n * sizeof(*v->raw) + 1);
	for (i = 0; i < n; i++, k = df_jnext(&c->j, k)) {
		tok = &c->j.tok[k];
		q = tok->type == DF_JSTRING;
		v->types |= 1u << tok->type;
		v->raw[v->nraw].s = c->j.s + tok->start - q;
		v->raw[v->nraw++].n = tok->end - tok->start + 2 * q;
		if (q) {
			v->text[v->ntext++] = keep(c, k);
			continue;
		}
		df_buf_reset(&b);
		canon(&c->j, k, &b, &c->tmp);
		v->other[v->nother].s = df_arena_str(&c->s->a, b.s, b.n);
		v->other[v->nother++].n = b.n;
	}
	df_buf_release(&b);
	qsort(v->text, v->ntext, sizeof(*v->text), str_cmp);
	qsort(v->other, v->nother, sizeof(*v->other), str_cmp);
	*to = v;
	return 0;
}

static int
kw_limit(struct comp *c, struct num **to, uint32_t t, int multiple)
{
	struct num *o = number(c, t);

	if (o == NULL)
		return -1;
	if (multiple && o->sign <= 0)
		return bad(c, "schema.value", "must be greater than 0");
	if (multiple && (o->n > MULTIPLE_DIGITS || o->mag > MULTIPLE_EXP ||
	    o->mag < -MULTIPLE_EXP))
		return bad(c, "schema.value", "must have at most %d digits "
		    "and lie between 1e-%d and 1e%d", MULTIPLE_DIGITS,
		    MULTIPLE_EXP, MULTIPLE_EXP);
	*to = o;
	return 0;
}

static struct pattern *
pattern(struct comp *c, struct str text)
{
	size_t known = df_map_get(&c->pattern, text.s, text.n);
	struct pattern *p;
	struct parse parse;
	struct df_buf b = DF_BUF_INIT;

	if (known != DF_MAP_NONE)
		return c->pat[known];
	p = df_arena_alloc(&c->s->a, sizeof(*p));
	p->text = text;
	p->re = re_parse(&parse, &c->s->a, text);
	if (p->re == NULL) {
		df_text_foreign(&b, text.s, text.n, DF_TEXT_LINE, 0, 120);
		bad(c, "schema.pattern", "%s%s%s", b.s, b.n ? ": " : "",
		    parse.why);
		df_buf_release(&b);
		return NULL;
	}
	p->nset = parse.nset;
	p->pool = &c->s->pool;
	DF_GROW(c->pat, c->npat, c->patcap);
	df_map_set(&c->pattern, text.s, text.n, c->npat);
	c->pat[c->npat++] = p;
	return p;
}

static int
kw_matching(struct comp *c, struct node *n, uint32_t t)
{
	uint32_t i, k, count = c->j.tok[t].n;
	size_t was = c->path.n;
	struct str name;

	n->matching = df_arena_alloc(&c->s->a, count * sizeof(*n->matching) +
	    1);
	for (i = 0, k = df_jfirst(&c->j, t); i < count;
	    i++, k = df_jnext(&c->j, k + 1)) {
		name = keep(c, k);
		pointer(&c->path, name.s, name.n);
		n->matching[i].pattern = pattern(c, name);
		if (n->matching[i].pattern == NULL)
			return -1;
		n->matching[i].schema = below(c, k + 1, was);
		if (n->matching[i].schema == NULL)
			return -1;
	}
	n->nmatching = count;
	return 0;
}

/* dependentRequired and dependentSchemas, whose entries are kept together. */
static int
kw_dependent(struct comp *c, struct node *n, uint32_t t, int schemas)
{
	uint32_t i, k, count = c->j.tok[t].n;
	struct dependent *v, *d;
	size_t was = c->path.n;

	v = df_arena_alloc(&c->s->a, (n->ndependent + count) * sizeof(*v) + 1);
	if (n->ndependent)
		memcpy(v, n->dependent, n->ndependent * sizeof(*v));
	n->dependent = v;
	for (i = 0, k = df_jfirst(&c->j, t); i < count;
	    i++, k = df_jnext(&c->j, k + 1)) {
		d = &v[n->ndependent++];
		d->name = keep(c, k);
		if (schemas) {
			d->schema = member_schema(c, d->name, k + 1);
			if (d->schema == NULL)
				return -1;
			continue;
		}
		pointer(&c->path, d->name.s, d->name.n);
		d->needs = strings(c, k + 1, &d->n);
		if (d->needs == NULL)
			return -1;
		df_buf_cut(&c->path, was);
	}
	return 0;
}

static int
member_cmp(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return str_cmp(&x->name, &y->name);
}

/* One table of what properties (token p) and required (token r) name. */
static int
members(struct comp *c, struct node *n, uint32_t p, uint32_t r)
{
	uint32_t i, k, np = p ? c->j.tok[p].n : 0;
	size_t was = c->path.n, nr = 0, m = 0, o;
	struct str *need = NULL;
	struct member *v;

	if (r) {
		df_buf_str(&c->path, "/required");
		need = strings(c, r, &nr);
		if (need == NULL)
			return -1;
		df_buf_cut(&c->path, was);
	}
	v = df_arena_alloc(&c->s->a, (np + nr) * sizeof(*v) + 1);
	if (p)
		df_buf_str(&c->path, "/properties");
	for (i = 0, k = df_jfirst(&c->j, p); i < np;
	    i++, k = df_jnext(&c->j, k + 1)) {
		v[i].name = keep(c, k);
		v[i].schema = member_schema(c, v[i].name, k + 1);
		if (v[i].schema == NULL)
			return -1;
	}
	df_buf_cut(&c->path, was);
	for (o = 0; o < nr; o++) {
		v[np + o].name = need[o];
		v[np + o].required = 1;
	}
	qsort(v, np + nr, sizeof(*v), member_cmp);
	for (o = 0; o < np + nr; o++) {
		if (m && member_cmp(&v[m - 1], &v[o]) == 0) {
			v[m - 1].required = 1;
			if (v[o].schema)
				v[m - 1].schema = v[o].schema;
		} else {
			v[m++] = v[o];
		}
	}
	n->member = v;
	n->nmember = m;
	n->nrequired = nr;
	return 0;
}

static int
kw_root(struct comp *c, uint32_t t, enum how how)
{
	struct str s = { "", 0 };
	size_t i;

	if (strchr(c->path.s + 1, '/'))
		return bad(c, "schema.keyword", "is supported only at the "
		    "root of a schema");
	if (type_of(&c->j, t) == DF_JSTRING)
		s = keep(c, t);
	if (how == KW_DIALECT) {
		if (!df_jis(&c->j, t, dialect))
			return bad(c, "schema.dialect", "must be \"%s\"",
			    dialect);
		return 0;
	}
	/* RFC 3986: scheme ":" ..., without a fragment */
	for (i = 0; i < s.n; i++)
		if (!((s.s[i] | 32) >= 'a' && (s.s[i] | 32) <= 'z') &&
		    (i == 0 || s.s[i] == '\0' ||
		    strchr("0123456789+-.", s.s[i]) == NULL))
			break;
	if (i == 0 || i + 1 >= s.n || s.s[i] != ':')
		return bad(c, "schema.id", "must be an absolute URI");
	for (; i < s.n; i++)
		if (s.s[i] <= ' ' || s.s[i] >= 0x7f || s.s[i] == '#')
			return bad(c, "schema.id",
			    "must be a URI without a fragment");
	c->s->id = s.s;
	return 0;
}

static int
kw_defs(struct comp *c, uint32_t t)
{
	uint32_t i, k, n = c->j.tok[t].n;

	for (i = 0, k = df_jfirst(&c->j, t); i < n;
	    i++, k = df_jnext(&c->j, k + 1))
		if (member_schema(c, keep(c, k), k + 1) == NULL)
			return -1;
	return 0;
}

static int
kw_ref(struct comp *c, struct node *n, uint32_t t)
{
	struct ref *r;

	if (type_of(&c->j, t) != DF_JSTRING)
		return bad(c, "schema.value", "must be a string");
	r = df_arena_alloc(&c->s->a, sizeof(*r));
	r->from = n;
	r->to = keep(c, t);
	r->link = c->ref;
	c->ref = r;
	if (r->to.n == 0 || r->to.s[0] != '#' ||
	    (r->to.n > 1 && r->to.s[1] != '/'))
		return bad(c, "schema.ref", "must be # or #/... : a place in "
		    "the same schema");
	return 0;
}

static int
kw_count(struct comp *c, uint32_t *to, uint32_t t)
{
	struct num *o = number(c, t);

	if (o == NULL)
		return -1;
	if (num_count(o, to) < 0)
		return bad(c, "schema.value",
		    "must be a whole number of at least 0");
	return 0;
}

static int
kw(struct comp *c, const struct keyword *k, struct node *n, uint32_t t)
{
	unsigned type = type_of(&c->j, t);
	void *at = (char *)n + k->at;

	n->has = (uint8_t)(n->has | k->has);
	switch (k->how) {
	case KW_STRING:
	case KW_TITLE:
	case KW_PATTERN:
		if (type != DF_JSTRING)
			return bad(c, "schema.value", "must be a string");
		if (k->how == KW_TITLE)
			n->title = keep(c, t).s;
		if (k->how == KW_PATTERN)
			return (n->pattern = pattern(c, keep(c, t))) ? 0 : -1;
		break;
	case KW_ARRAY:
		if (type != DF_JARRAY)
			return bad(c, "schema.value", "must be an array");
		break;
	case KW_UNIQUE:
		if (type != DF_JTRUE && type != DF_JFALSE)
			return bad(c, "schema.value", "must be a boolean");
		n->unique = type == DF_JTRUE;
		break;
	case KW_DEFS:
	case KW_PROPERTIES:
	case KW_MATCHING:
	case KW_NEEDS:
	case KW_DEPENDENT:
		if (type != DF_JOBJECT)
			return bad(c, "schema.value", "must be an object");
		if (k->how == KW_DEFS)
			return kw_defs(c, t);
		if (k->how == KW_MATCHING)
			return kw_matching(c, n, t);
		if (k->how != KW_PROPERTIES)
			return kw_dependent(c, n, t,
			    k->how == KW_DEPENDENT);
		break;
	case KW_DIALECT:
	case KW_ID:
		return kw_root(c, t, k->how);
	case KW_REF:
		return kw_ref(c, n, t);
	case KW_TYPE:
		return kw_type(c, n, t);
	case KW_ENUM:
	case KW_CONST:
		return kw_values(c, at, t, k->how == KW_ENUM);
	case KW_COUNT:
		return kw_count(c, at, t);
	case KW_LIMIT:
	case KW_MULTIPLE:
		return kw_limit(c, at, t, k->how == KW_MULTIPLE);
	case KW_SCHEMA:
		return (*(struct node **)at = schema(c, t)) ? 0 : -1;
	case KW_LIST:
		return schema_list(c, t, at);
	case KW_ANY:
	case KW_REQUIRED:
		break;
	}
	return 0;
}

static int
keyword_cmp(const void *name, const void *k)
{
	return strcmp(name, ((const struct keyword *)k)->name);
}

static struct node *
schema(struct comp *c, uint32_t t)
{
	struct node *n = df_arena_alloc(&c->s->a, sizeof(*n));
	uint32_t i, k, properties = 0, required = 0;
	unsigned type = type_of(&c->j, t);
	size_t was = c->path.n;
	const struct keyword *w;
	struct str name;

	if (was > PATH_LIMIT) {
		df_buf_cut(&c->path, 0);
		bad(c, "schema.depth", "a schema's place has more than %d "
		    "bytes", PATH_LIMIT);
		return NULL;
	}
	n->place = df_arena_str(&c->s->a, c->path.s, was);
	DF_GROW(c->all, c->nall, c->cap);
	df_map_set(&c->node, n->place, was, c->nall);
	c->all[c->nall++] = n;
	n->max_length = n->max_items = n->max_contains = n->max_members =
	    UINT32_MAX;
	n->min_contains = 1;
	if (type == DF_JTRUE)
		return n;
	if (type == DF_JFALSE) {
		n->never = 1;
		n->types = 1;		/* the bit of no type */
		return n;
	}
	if (type != DF_JOBJECT) {
		bad(c, "schema.value", "a schema is an object or a boolean");
		return NULL;
	}
	for (i = 0, k = df_jfirst(&c->j, t); i < c->j.tok[t].n;
	    i++, k = df_jnext(&c->j, k + 1)) {
		name = keep(c, k);
		pointer(&c->path, name.s, name.n);
		w = memchr(name.s, '\0', name.n) ? NULL :
		    bsearch(name.s, keyword, DF_LEN(keyword),
		    sizeof(*keyword), keyword_cmp);
		if (w == NULL) {
			bad(c, "schema.keyword", "keyword is not supported");
			return NULL;
		}
		if (kw(c, w, n, k + 1) < 0)
			return NULL;
		if (w->how == KW_PROPERTIES)
			properties = k + 1;
		if (w->how == KW_REQUIRED)
			required = k + 1;
		df_buf_cut(&c->path, was);
	}
	if ((properties || required) &&
	    members(c, n, properties, required) < 0)
		return NULL;
	return n;
}

/* Undo %XX.  What remains is compared with places as they are written. */
static int
unpercent(struct str s, struct df_buf *b)
{
	uint8_t v;
	size_t i;

	df_buf_reset(b);
	for (i = 0; i < s.n; i++) {
		if (s.s[i] != '%') {
			df_buf_ch(b, s.s[i]);
			continue;
		}
		if (s.n - i < 3 || unhex(&v, 1, s.s + i + 1) < 0)
			return -1;
		df_buf_ch(b, v);
		i += 2;
	}
	return 0;
}

static int
link_refs(struct comp *c)
{
	struct df_buf b = DF_BUF_INIT;
	struct ref *r;
	size_t to = 0;

	for (r = c->ref; r; r = r->link) {
		to = unpercent((struct str){ r->to.s + 1, r->to.n - 1 },
		    &c->tmp) < 0 ? DF_MAP_NONE :
		    df_map_get(&c->node, c->tmp.s, c->tmp.n);
		if (to == DF_MAP_NONE)
			break;
		r->from->ref = c->all[to];
	}
	if (r == NULL)
		return 0;
	df_buf_reset(&c->path);
	df_buf_str(&c->path, r->from->place);
	df_buf_str(&c->path, "/$ref");
	df_text_foreign(&b, r->to.s, r->to.n, DF_TEXT_LINE, 0, 200);
	bad(c, "schema.ref", "%s is no schema in this text", b.s);
	df_buf_release(&b);
	return -1;
}

enum { WHITE, GREY, BLACK };

static int height(struct comp *, struct node *, int);

static int
higher(struct comp *c, struct node *n, struct node *kid, int depth)
{
	int h;

	if (kid == NULL)
		return 0;
	h = height(c, kid, depth + 1);
	if (h >= n->height)
		n->height = h + 1;
	return h < 0 ? -1 : 0;
}

static int
higher_list(struct comp *c, struct node *n, const struct list *l, int depth)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (higher(c, n, l->v[i], depth) < 0)
			return -1;
	return 0;
}

/*
 * How many schemas are nested in place, that is applied to one value one
 * inside the other.  A circle among them would never end.
 */
static int
height(struct comp *c, struct node *n, int depth)
{
	size_t i;

	if (n->colour == BLACK && depth + n->height <= IN_PLACE)
		return n->height;
	df_buf_reset(&c->path);
	df_buf_str(&c->path, n->place);
	if (n->colour == GREY)
		return bad(c, "schema.loop",
		    "applies itself to the same value without end");
	if (depth > IN_PLACE || n->colour == BLACK)
		return bad(c, "schema.depth", "more than %d schemas apply to "
		    "one value, nested", IN_PLACE);
	n->colour = GREY;
	if (higher(c, n, n->ref, depth) < 0 ||
	    higher(c, n, n->not, depth) < 0 ||
	    higher(c, n, n->test, depth) < 0 ||
	    higher(c, n, n->then, depth) < 0 ||
	    higher(c, n, n->otherwise, depth) < 0 ||
	    higher_list(c, n, &n->all, depth) < 0 ||
	    higher_list(c, n, &n->any, depth) < 0 ||
	    higher_list(c, n, &n->one, depth) < 0)
		return -1;
	for (i = 0; i < n->ndependent; i++)
		if (higher(c, n, n->dependent[i].schema, depth) < 0)
			return -1;
	n->colour = BLACK;
	return n->height;
}

static void
alias(struct node *n)
{
	if (n->ref && n->has == HAS_MORE && n->types == 0 &&
	    n->only == NULL && n->among == NULL && n->all.n == 0 &&
	    n->any.n == 0 && n->one.n == 0 && n->not == NULL &&
	    n->test == NULL)
		n->alias = n->ref;
}

/* ---- equality ---- */

struct name {
	struct str s;
	uint32_t t;
};

static void
raw(struct df_buf *b, size_t v)
{
	uint32_t u = (uint32_t)v;

	df_buf_add(b, &u, sizeof(u));
}

/*
 * Is each name of the object greater than the one before, as it stands in
 * the text?
 */
static int
in_order(const struct df_json *j, uint32_t t)
{
	struct str a, b = { NULL, 0 };
	const struct df_jtok *k;
	uint32_t i, m = df_jfirst(j, t);

	for (i = 0; i < j->tok[t].n; i++, m = df_jnext(j, m + 1)) {
		k = &j->tok[m];
		a = b;
		b = (struct str){ j->s + k->start, k->end - k->start };
		if (k->esc || (i && str_cmp(&a, &b) >= 0))
			return 0;
	}
	return 1;
}

/* The members of an object, sorted by name; the names are in b. */
static struct name *
sorted(const struct df_json *j, uint32_t t, struct df_buf *b)
{
	uint32_t i, n = j->tok[t].n, m = df_jfirst(j, t);
	struct name *v = df_calloc(n, sizeof(*v));
	size_t at;

	df_buf_room(b, j->tok[t].end - j->tok[t].start);
	for (i = 0; i < n; i++, m = df_jnext(j, m + 1)) {
		at = b->n;
		df_jtext(j, m, b);
		v[i].s = (struct str){ b->s + at, b->n - at };
		v[i].t = m;
	}
	qsort(v, n, sizeof(*v), str_cmp);
	return v;
}

/* At most this many bytes more than the text of a value has. */
#define CANON_MORE 16		/* a token */

/*
 * Append a form of the value that two values share when JSON Schema calls
 * them equal: numbers by value, strings unescaped, members in order.
 */
static void
canon(const struct df_json *j, uint32_t t, struct df_buf *b,
    struct df_buf *tmp)
{
	const struct df_jtok *k = &j->tok[t];
	struct df_buf names = DF_BUF_INIT;
	struct name *v = NULL;
	struct num x;
	uint32_t i, m;
	size_t at;

	df_buf_ch(b, k->type == DF_JNUMBER ? '#' : '0' + k->type);
	switch (k->type) {
	case DF_JNUMBER:
		num_read(&x, j->s + k->start, k->end - k->start, tmp);
		df_buf_ch(b, '1' + x.sign);
		df_buf_add(b, &x.mag, sizeof(x.mag));
		raw(b, x.n);
		df_buf_add(b, x.d, x.n);
		break;
	case DF_JSTRING:
		raw(b, 0);
		at = b->n;
		df_jtext(j, t, b);
		i = (uint32_t)(b->n - at);
		memcpy(b->s + at - sizeof(i), &i, sizeof(i));
		break;
	case DF_JARRAY:
		raw(b, k->n);
		for (i = 0, m = df_jfirst(j, t); i < k->n;
		    i++, m = df_jnext(j, m))
			canon(j, m, b, tmp);
		break;
	case DF_JOBJECT:
		raw(b, k->n);
		if (!in_order(j, t))
			v = sorted(j, t, &names);
		for (i = 0, m = df_jfirst(j, t); i < k->n;
		    i++, m = df_jnext(j, m + 1)) {
			if (v)
				m = v[i].t;
			canon(j, m, b, tmp);
			canon(j, m + 1, b, tmp);
		}
		free(v);
		df_buf_release(&names);
		break;
	}
}

/* ---- checking ---- */

enum rule {
	R_NEVER, R_TYPE, R_CONST, R_ENUM,
	R_MIN_LENGTH, R_MAX_LENGTH, R_PATTERN,
	R_MINIMUM, R_MAXIMUM, R_ABOVE, R_BELOW, R_MULTIPLE,
	R_MIN_ITEMS, R_MAX_ITEMS, R_TUPLE, R_UNIQUE, R_MIN_CONTAINS,
	R_MAX_CONTAINS,
	R_MIN_MEMBERS, R_MAX_MEMBERS, R_EXTRA, R_REQUIRED, R_NEEDS,
	R_ANY, R_ONE, R_BOTH, R_NOT
};

struct fault {
	enum rule rule;
	const struct node *n;
	uint32_t t;
	size_t a, b;		/* what the rule is about */
	unsigned depth;
};

struct check {
	const struct df_json *j;
	struct df_buf text, tmp, canon;
	uint64_t left;		/* work */
	int stop;		/* it is used up */
	/*
	 * A document is checked for yes or no first.  Only after a no is it
	 * checked again, with explain, to find the fault that says most.
	 */
	int explain;
	unsigned depth;
	struct fault fault;
};

static int check(struct check *, const struct node *, uint32_t);

static int
fault(struct check *c, enum rule rule, const struct node *n, uint32_t t,
    size_t a, size_t b)
{
	if (c->explain) {
		c->fault.rule = rule;
		c->fault.n = n;
		c->fault.t = t;
		c->fault.a = a;
		c->fault.b = b;
		c->fault.depth = c->depth;
	}
	return -1;
}

static int
spend(struct check *c, uint64_t work)
{
	if (c->left < work) {
		c->left = 0;
		c->stop = 1;
		return -1;
	}
	c->left -= work;
	return 0;
}

/* The unescaped string; good until the next call. */
static struct str
text(struct check *c, uint32_t t)
{
	const struct df_jtok *k = &c->j->tok[t];

	if (!k->esc)
		return (struct str){ c->j->s + k->start, k->end - k->start };
	df_buf_reset(&c->text);
	df_jtext(c->j, t, &c->text);
	return (struct str){ c->text.s, c->text.n };
}

/* The value of a member, or 0. */
static uint32_t
find(struct check *c, uint32_t obj, struct str name)
{
	const struct df_json *j = c->j;
	uint32_t i, m = df_jfirst(j, obj);
	struct str s;

	for (i = 0; i < j->tok[obj].n; i++, m = df_jnext(j, m + 1)) {
		s = text(c, m);
		if (s.n == name.n && memcmp(s.s, name.s, s.n) == 0)
			return m + 1;
	}
	return 0;
}

static int
sorted_has(const struct str *v, size_t n, const struct str *s)
{
	if (n == 1)
		return s->n == v->n && memcmp(s->s, v->s, s->n) == 0;
	return n && bsearch(s, v, n, sizeof(*v), str_cmp);
}

static int
is_among(struct check *c, const struct values *v, uint32_t t)
{
	const struct df_jtok *k = &c->j->tok[t];
	struct str s;

	if ((v->types >> k->type & 1) == 0)
		return 0;
	if (k->type == DF_JSTRING) {
		s = text(c, t);
		return sorted_has(v->text, v->ntext, &s);
	}
	if (spend(c, k->next - t) < 0)
		return 0;
	df_buf_reset(&c->canon);
	canon(c->j, t, &c->canon, &c->tmp);
	s = (struct str){ c->canon.s, c->canon.n };
	return sorted_has(v->other, v->nother, &s);
}

static void
read_number(struct check *c, uint32_t t, struct num *o)
{
	const struct df_jtok *k = &c->j->tok[t];

	num_read(o, c->j->s + k->start, k->end - k->start, &c->tmp);
}

static int
is_whole(struct check *c, uint32_t t)
{
	struct num x;

	if (!c->j->tok[t].esc)
		return 1;
	read_number(c, t, &x);
	return num_whole(&x);
}

static size_t
characters(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	return n;
}

static int
check_string(struct check *c, const struct node *n, uint32_t t)
{
	struct str s = text(c, t);
	size_t len;
	int r;

	/* a character has one to four bytes */
	if (s.n > n->max_length || (s.n + 3) / 4 < n->min_length) {
		len = characters(s);
		if (len < n->min_length)
			return fault(c, R_MIN_LENGTH, n, t, 0, 0);
		if (len > n->max_length)
			return fault(c, R_MAX_LENGTH, n, t, 0, 0);
	}
	if (n->pattern) {
		r = matches(n->pattern, s.s, s.n, &c->left);
		if (r < 0)
			return spend(c, 1);
		if (r == 0)
			return fault(c, R_PATTERN, n, t, 0, 0);
	}
	return 0;
}

static int
check_number(struct check *c, const struct node *n, uint32_t t)
{
	struct num x;

	read_number(c, t, &x);
	if (n->minimum && num_cmp(&x, n->minimum) < 0)
		return fault(c, R_MINIMUM, n, t, 0, 0);
	if (n->maximum && num_cmp(&x, n->maximum) > 0)
		return fault(c, R_MAXIMUM, n, t, 0, 0);
	if (n->above && num_cmp(&x, n->above) <= 0)
		return fault(c, R_ABOVE, n, t, 0, 0);
	if (n->below && num_cmp(&x, n->below) >= 0)
		return fault(c, R_BELOW, n, t, 0, 0);
	if (n->multiple && !num_multiple(&x, n->multiple))
		return fault(c, R_MULTIPLE, n, t, 0, 0);
	return 0;
}

#define FEW 16

/* Finds two equal items: sets *a and *b and returns 1. */
static int
equal_items(struct check *c, uint32_t t, size_t *a, size_t *b)
{
	const struct df_jtok *k = &c->j->tok[t];
	uint32_t i, q, m = df_jfirst(c->j, t);
	struct df_buf *v = &c->canon;
	struct df_map map = { 0 };
	size_t at[FEW + 1], was;

	/* this much room, so that what the map points to never moves */
	df_buf_reset(v);
	df_buf_room(v, k->end - k->start + (size_t)(k->next - t) * CANON_MORE);
	for (i = 0; i < k->n; i++, m = df_jnext(c->j, m)) {
		was = v->n;
		canon(c->j, m, v, &c->tmp);
		*b = i;
		if (k->n > FEW) {
			*a = df_map_get(&map, v->s + was, v->n - was);
			if (*a != DF_MAP_NONE)
				break;
			df_map_set(&map, v->s + was, v->n - was, i);
			continue;
		}
		at[i] = was;
		at[i + 1] = v->n;
		for (q = 0; q < i; q++)
			if (at[q + 1] - at[q] == v->n - was &&
			    memcmp(v->s + at[q], v->s + was, v->n - was) == 0)
				break;
		*a = q;
		if (q < i)
			break;
	}
	df_map_release(&map);
	return i < k->n;
}

static int
check_items(struct check *c, const struct node *n, uint32_t t)
{
	const struct df_json *j = c->j;
	const struct node *s;
	uint32_t i, m = df_jfirst(j, t);

	for (i = 0; i < j->tok[t].n; i++, m = df_jnext(j, m)) {
		s = i < n->prefix.n ? n->prefix.v[i] : n->items;
		if (s == NULL)
			break;
		if (s == n->items && s->never)
			return fault(c, R_TUPLE, n, t, 0, 0);
		if (check(c, s, m) < 0)
			return -1;
	}
	return 0;
}

/* How many items match, counted as far as it matters. */
static uint32_t
count_contains(struct check *c, const struct node *n, uint32_t t)
{
	uint32_t i, found = 0, m = df_jfirst(c->j, t);
	uint32_t enough = n->max_contains == UINT32_MAX ? n->min_contains :
	    n->max_contains + 1;

	for (i = 0; i < c->j->tok[t].n && found < enough && !c->stop;
	    i++, m = df_jnext(c->j, m))
		found += check(c, n->contains, m) == 0;
	return found;
}

static int
check_array(struct check *c, const struct node *n, uint32_t t)
{
	uint32_t count = c->j->tok[t].n, found;
	size_t a = 0, b = 0;
	int r;

	if (count < n->min_items)
		return fault(c, R_MIN_ITEMS, n, t, 0, 0);
	if (count > n->max_items)
		return fault(c, R_MAX_ITEMS, n, t, 0, 0);
	if (n->prefix.n || n->items) {
		c->depth++;
		r = check_items(c, n, t);
		c->depth--;
		if (r < 0)
			return -1;
	}
	if (n->contains) {
		c->depth++;
		found = count_contains(c, n, t);
		c->depth--;
		if (c->stop)
			return -1;
		if (found < n->min_contains)
			return fault(c, R_MIN_CONTAINS, n, t, 0, 0);
		if (found > n->max_contains)
			return fault(c, R_MAX_CONTAINS, n, t, 0, 0);
	}
	if (n->unique && count > 1) {
		if (spend(c, c->j->tok[t].next - t) < 0)
			return -1;
		if (equal_items(c, t, &a, &b))
			return fault(c, R_UNIQUE, n, t, a, b);
	}
	return 0;
}

/*
 * The entry of a name, or NULL.  Documents that we write have their names in
 * order, as the table has, so that the entry is mostly at *at or soon after.
 */
static const struct member *
lookup(const struct node *n, const struct str *name, size_t *at)
{
	size_t lo = 0, hi = n->nmember, k = *at;
	int r = 1;

	for (; k < n->nmember && k < *at + 3 && r > 0; k += r > 0) {
		r = str_cmp(name, &n->member[k].name);
		if (r == 0) {
			*at = k + 1;
			return &n->member[k];
		}
	}
	if (k == 0 || (k > *at && (r < 0 || k == n->nmember))) {
		*at = k;
		return NULL;
	}
	while (lo < hi) {
		k = lo + (hi - lo) / 2;
		r = str_cmp(name, &n->member[k].name);
		if (r == 0) {
			*at = k + 1;
			return &n->member[k];
		}
		if (r < 0)
			hi = k;
		else
			lo = k + 1;
	}
	*at = lo;
	return NULL;
}

/* Member m (its name's token) of object t. */
static int
check_member(struct check *c, const struct node *n, uint32_t t, uint32_t m,
    size_t *at, size_t *required)
{
	struct str name = text(c, m);
	const struct member *e = NULL;
	int known = 0, r;
	size_t i;

	if (n->nmember)
		e = lookup(n, &name, at);
	if (e) {
		*required += (size_t)e->required;
		if (e->schema) {
			known = 1;
			if (check(c, e->schema, m + 1) < 0)
				return -1;
		}
	}
	for (i = 0; i < n->nmatching; i++) {
		name = text(c, m);
		r = matches(n->matching[i].pattern, name.s, name.n, &c->left);
		if (r < 0)
			return spend(c, 1);
		known |= r;
		if (r && check(c, n->matching[i].schema, m + 1) < 0)
			return -1;
	}
	if (!known && n->additional) {
		if (n->additional->never)
			return fault(c, R_EXTRA, n, t, m, 0);
		if (check(c, n->additional, m + 1) < 0)
			return -1;
	}
	return n->names ? check(c, n->names, m) : 0;
}

static int
check_dependent(struct check *c, const struct node *n, uint32_t t)
{
	const struct dependent *d;
	size_t i, k;

	for (i = 0; i < n->ndependent; i++) {
		d = &n->dependent[i];
		if (find(c, t, d->name) == 0)
			continue;
		for (k = 0; k < d->n; k++)
			if (find(c, t, d->needs[k]) == 0)
				return fault(c, R_NEEDS, n, t, i, k);
		if (d->schema && check(c, d->schema, t) < 0)
			return -1;
	}
	return 0;
}

static int
check_object(struct check *c, const struct node *n, uint32_t t)
{
	const struct df_json *j = c->j;
	uint32_t i, m = df_jfirst(j, t), count = j->tok[t].n;
	size_t at = 0, required = 0, k;
	int r = 0;

	if (count < n->min_members)
		return fault(c, R_MIN_MEMBERS, n, t, 0, 0);
	if (count > n->max_members)
		return fault(c, R_MAX_MEMBERS, n, t, 0, 0);
	if (n->nmember || n->nmatching || n->additional || n->names) {
		c->depth++;
		for (i = 0; i < count && r == 0; i++, m = df_jnext(j, m + 1))
			r = check_member(c, n, t, m, &at, &required);
		c->depth--;
		if (r < 0)
			return -1;
	}
	/* no name occurs twice: the scanner has seen to that */
	if (required < n->nrequired) {
		for (k = 0; c->explain && k < n->nmember; k++)
			if (n->member[k].required &&
			    find(c, t, n->member[k].name) == 0)
				break;
		return fault(c, R_REQUIRED, n, t, k, 0);
	}
	return n->ndependent ? check_dependent(c, n, t) : 0;
}

/* Does the value have one of the types of n? */
static int
has_type(struct check *c, const struct node *n, uint32_t t)
{
	unsigned type = type_of(c->j, t);

	return n->types == 0 || n->types >> type & 1 ||
	    (type == DF_JNUMBER && n->types >> T_INTEGER & 1 &&
	    is_whole(c, t));
}

/*
 * Is n meant for a value like this one?  Yes, when type and constants agree,
 * and for an object those of its members.
 */
static int
meant(struct check *c, const struct node *n, uint32_t t)
{
	const struct node *s;
	uint32_t v;
	size_t i;

	if (spend(c, 1) < 0 || !has_type(c, n, t) ||
	    (n->only && !is_among(c, n->only, t)) ||
	    (n->among && !is_among(c, n->among, t)) ||
	    (n->ref && !meant(c, n->ref, t)))
		return 0;
	for (i = 0; i < n->all.n; i++)
		if (!meant(c, n->all.v[i], t))
			return 0;
	if (type_of(c->j, t) != DF_JOBJECT)
		return 1;
	for (i = 0; i < n->nmember; i++) {
		for (s = n->member[i].schema; s && s->alias; s = s->alias)
			;
		if (s == NULL || (s->only == NULL && s->among == NULL))
			continue;
		v = find(c, t, n->member[i].name);
		if (v && ((s->only && !is_among(c, s->only, v)) ||
		    (s->among && !is_among(c, s->among, v))))
			return 0;
	}
	return 1;
}

/*
 * anyOf, and oneOf as far as one must match.  When all fail, the fault is
 * that of the one alternative meant for such a value, or of the one that
 * went deepest, or that none matches.
 */
static int
check_alternatives(struct check *c, const struct node *n,
    const struct list *l, uint32_t t, int one)
{
	struct fault best = { .depth = 0 };
	size_t i, for_it = 0, first = l->n;

	for (i = 0; i < l->n; i++) {
		if (check(c, l->v[i], t) == 0) {
			if (!one)
				return 0;
			if (first < l->n)
				return fault(c, R_BOTH, n, t, first, i);
			first = i;
		} else if (c->stop) {
			return -1;
		} else if (c->explain && first == l->n) {
			struct fault f = c->fault;

			if (!meant(c, l->v[i], t))
				continue;
			if (for_it++ == 0 || f.depth > best.depth)
				best = f;
		}
	}
	if (first < l->n)
		return 0;
	if (c->explain && for_it && (for_it == 1 || best.depth > c->depth)) {
		c->fault = best;
		return -1;
	}
	return fault(c, one ? R_ONE : R_ANY, n, t, 0, 0);
}

/* What applies other schemas to the same value. */
static int
check_more(struct check *c, const struct node *n, uint32_t t)
{
	const struct node *branch;
	size_t i;

	if (n->ref && check(c, n->ref, t) < 0)
		return -1;
	for (i = 0; i < n->all.n; i++)
		if (check(c, n->all.v[i], t) < 0)
			return -1;
	if (n->any.n && check_alternatives(c, n, &n->any, t, 0) < 0)
		return -1;
	if (n->one.n && check_alternatives(c, n, &n->one, t, 1) < 0)
		return -1;
	if (n->not) {
		if (check(c, n->not, t) == 0)
			return fault(c, R_NOT, n, t, 0, 0);
		if (c->stop)
			return -1;
	}
	if (n->test && (n->then || n->otherwise)) {
		branch = check(c, n->test, t) == 0 ? n->then : n->otherwise;
		if (c->stop || (branch && check(c, branch, t) < 0))
			return -1;
	}
	return 0;
}

static int
check(struct check *c, const struct node *n, uint32_t t)
{
	unsigned type = type_of(c->j, t);

	while (n->alias)
		n = n->alias;
	if (spend(c, 1) < 0)
		return -1;
	if (n->types && !has_type(c, n, t))
		return fault(c, n->never ? R_NEVER : R_TYPE, n, t, 0, 0);
	if (n->only && !is_among(c, n->only, t))
		return fault(c, R_CONST, n, t, 0, 0);
	if (n->among && !is_among(c, n->among, t))
		return fault(c, R_ENUM, n, t, 0, 0);
	if (n->has & HAS_STRING && type == DF_JSTRING &&
	    check_string(c, n, t) < 0)
		return -1;
	if (n->has & HAS_NUMBER && type == DF_JNUMBER &&
	    check_number(c, n, t) < 0)
		return -1;
	if (n->has & HAS_ARRAY && type == DF_JARRAY &&
	    check_array(c, n, t) < 0)
		return -1;
	if (n->has & HAS_OBJECT && type == DF_JOBJECT &&
	    check_object(c, n, t) < 0)
		return -1;
	return n->has & HAS_MORE ? check_more(c, n, t) : 0;
}

/* ---- saying what is wrong ---- */

/*
 * Append the JSON Pointer of token t.  When t is the name of a member, that
 * is the place of the object, and the result is 1.
 */
static int
place(struct df_buf *b, const struct df_json *j, uint32_t t)
{
	struct df_buf name = DF_BUF_INIT;
	uint32_t at = 0, m;
	size_t i;

	while (at != t) {
		if (j->tok[at].type == DF_JARRAY) {
			for (i = 0, m = at + 1; df_jnext(j, m) <= t; i++)
				m = df_jnext(j, m);
			pointer_index(b, i);
			at = m;
			continue;
		}
		for (m = at + 1; df_jnext(j, m + 1) <= t; )
			m = df_jnext(j, m + 1);
		if (m == t)
			break;
		df_buf_reset(&name);
		df_jtext(j, m, &name);
		pointer(b, name.s, name.n);
		at = m + 1;
	}
	df_buf_release(&name);
	return at != t;
}

#define QUOTE 64		/* bytes of foreign text in a message */

static void
quote(struct df_buf *b, struct str s)
{
	df_buf_ch(b, '"');
	df_text_foreign(b, s.s, s.n, DF_TEXT_LINE, 0, QUOTE);
	df_buf_ch(b, '"');
}

static void
quote_token(struct df_buf *b, const struct df_json *j, uint32_t t)
{
	struct df_buf s = DF_BUF_INIT;

	df_jtext(j, t, &s);
	quote(b, (struct str){ s.s, s.n });
	df_buf_release(&s);
}

static void
bare(struct df_buf *b, struct str s)
{
	df_text_foreign(b, s.s, s.n, DF_TEXT_LINE, 0, 2 * QUOTE);
}

static void
say_types(struct df_buf *b, const struct node *n)
{
	unsigned left = n->types;
	size_t i;
	int some = 0;

	for (i = 0; i < DF_LEN(type_name); i++) {
		if ((left & type_name[i].bits) == 0)
			continue;
		left &= ~type_name[i].bits;
		df_buf_str(b, !some ? "" : left ? ", " : " or ");
		df_buf_str(b, type_name[i].text);
		some = 1;
	}
}

static void
say_values(struct df_buf *b, const struct values *v)
{
	size_t i, from = b->n;

	for (i = 0; i < v->nraw; i++) {
		if (b->n - from > 3 * QUOTE) {
			df_buf_fmt(b, " or %zu others", v->nraw - i);
			return;
		}
		df_buf_str(b, i ? ", " : "");
		bare(b, v->raw[i]);
	}
}

/* Say in a few words what values n is for. */
static void
describe(struct df_buf *b, const struct node *n, size_t no)
{
	const struct node *s;
	size_t i;

	while (n->ref && n->title == NULL && n->types == 0)
		n = n->ref;
	if (n->title) {
		bare(b, (struct str){ n->title, strlen(n->title) });
		return;
	}
	if (n->only || n->among) {
		say_values(b, n->only ? n->only : n->among);
		return;
	}
	if (n->types && !n->never)
		say_types(b, n);
	else if (n->nmember)
		df_buf_str(b, "an object");
	else
		df_buf_fmt(b, "alternative %zu", no + 1);
	for (i = 0; i < n->nmember; i++) {
		for (s = n->member[i].schema; s && s->alias; s = s->alias)
			;
		if (s == NULL || s->only == NULL)
			continue;
		df_buf_str(b, " with ");
		quote(b, n->member[i].name);
		df_buf_str(b, ": ");
		say_values(b, s->only);
		return;
	}
	for (i = 0; i < n->nmember; i++)
		if (n->member[i].required) {
			df_buf_str(b, " with ");
			quote(b, n->member[i].name);
			return;
		}
}

static void
say_limit(struct df_buf *b, const char *rule, const struct num *x)
{
	df_buf_str(b, rule);
	bare(b, x->raw);
}

static void
say_count(struct df_buf *b, const char *has, uint32_t n, const char *what)
{
	df_buf_fmt(b, "%s %u %s%s", has, n, what, n == 1 ? "" : "s");
}

static void
say_type_fault(struct df_buf *b, const struct df_json *j,
    const struct fault *f)
{
	const struct df_jtok *k = &j->tok[f->t];
	size_t i;

	df_buf_str(b, "must be ");
	say_types(b, f->n);
	df_buf_str(b, ", not ");
	if (k->type == DF_JNUMBER) {
		bare(b, (struct str){ j->s + k->start, k->end - k->start });
		return;
	}
	for (i = 0; i < DF_LEN(type_name); i++)
		if (type_name[i].bits >> k->type & 1)
			df_buf_str(b, type_name[i].text);
}

static void
say_alternatives(struct df_buf *b, const struct list *l)
{
	size_t i, from = b->n;

	for (i = 0; i < l->n; i++) {
		if (b->n - from > 4 * QUOTE) {
			df_buf_fmt(b, " or %zu others", l->n - i);
			return;
		}
		df_buf_str(b, i == 0 ? "" : i + 1 == l->n ? " or " : ", ");
		describe(b, l->v[i], i);
	}
}

static void
say(struct df_buf *b, const struct df_json *j, const struct fault *f)
{
	const struct node *n = f->n;
	const struct dependent *d;

	switch (f->rule) {
	case R_NEVER:
		df_buf_str(b, "is not allowed");
		break;
	case R_TYPE:
		say_type_fault(b, j, f);
		break;
	case R_CONST:
		df_buf_str(b, "must be ");
		say_values(b, n->only);
		break;
	case R_ENUM:
		df_buf_str(b, n->among->nraw ? "must be one of " :
		    "no value is allowed");
		say_values(b, n->among);
		break;
	case R_MIN_LENGTH:
		if (n->min_length == 1)
			df_buf_str(b, "must not be empty");
		else
			say_count(b, "is shorter than", n->min_length,
			    "character");
		break;
	case R_MAX_LENGTH:
		say_count(b, "is longer than", n->max_length, "character");
		break;
	case R_PATTERN:
		quote_token(b, j, f->t);
		df_buf_str(b, " does not match ");
		bare(b, n->pattern->text);
		break;
	case R_MINIMUM:
		say_limit(b, "must be at least ", n->minimum);
		break;
	case R_MAXIMUM:
		say_limit(b, "must be at most ", n->maximum);
		break;
	case R_ABOVE:
		say_limit(b, "must be greater than ", n->above);
		break;
	case R_BELOW:
		say_limit(b, "must be less than ", n->below);
		break;
	case R_MULTIPLE:
		say_limit(b, "must be a multiple of ", n->multiple);
		break;
	case R_MIN_ITEMS:
		say_count(b, "has fewer than", n->min_items, "item");
		break;
	case R_MAX_ITEMS:
		say_count(b, "has more than", n->max_items, "item");
		break;
	case R_TUPLE:
		say_count(b, "has more than", (uint32_t)n->prefix.n, "item");
		break;
	case R_UNIQUE:
		df_buf_fmt(b, "items %zu and %zu are equal", f->a, f->b);
		break;
	case R_MIN_CONTAINS:
	case R_MAX_CONTAINS:
		if (f->rule == R_MIN_CONTAINS)
			say_count(b, "has fewer than", n->min_contains,
			    "item");
		else
			say_count(b, "has more than", n->max_contains,
			    "item");
		df_buf_str(b, " matching \"contains\"");
		break;
	case R_MIN_MEMBERS:
		say_count(b, "has fewer than", n->min_members, "member");
		break;
	case R_MAX_MEMBERS:
		say_count(b, "has more than", n->max_members, "member");
		break;
	case R_EXTRA:
		df_buf_str(b, "member ");
		quote_token(b, j, (uint32_t)f->a);
		df_buf_str(b, " is not allowed");
		break;
	case R_REQUIRED:
		df_buf_str(b, "member ");
		quote(b, n->member[f->a].name);
		df_buf_str(b, " is missing");
		break;
	case R_NEEDS:
		d = &n->dependent[f->a];
		df_buf_str(b, "member ");
		quote(b, d->needs[f->b]);
		df_buf_str(b, " is missing, which ");
		quote(b, d->name);
		df_buf_str(b, " requires");
		break;
	case R_ANY:
	case R_ONE:
		df_buf_str(b, "must be ");
		say_alternatives(b, f->rule == R_ANY ? &n->any : &n->one);
		break;
	case R_BOTH:
		df_buf_str(b, "matches two alternatives that exclude each "
		    "other: ");
		describe(b, n->one.v[f->a], f->a);
		df_buf_str(b, " and ");
		describe(b, n->one.v[f->b], f->b);
		break;
	case R_NOT:
		df_buf_str(b, "must not be ");
		if (n->not->title || n->not->types || n->not->nmember ||
		    n->not->only || n->not->among)
			describe(b, n->not, 0);
		else
			df_buf_str(b, "what \"not\" describes");
		break;
	}
}

/* The word that was probably meant, for a name or a value that is unknown. */
static void
hint(const struct df_json *j, const struct fault *f, struct df_err *e)
{
	size_t i, n = 0, max = f->n->nmember;
	const char **word, *found;
	struct df_buf b = DF_BUF_INIT;

	if (f->rule == R_ENUM)
		max = j->tok[f->t].type == DF_JSTRING ? f->n->among->ntext : 0;
	else if (f->rule != R_EXTRA)
		return;
	word = df_calloc(max, sizeof(*word));
	for (i = 0; i < max; i++)
		if (f->rule == R_ENUM)
			word[n++] = f->n->among->text[i].s;
		else if (f->n->member[i].schema)
			word[n++] = f->n->member[i].name.s;
	df_jtext(j, f->rule == R_ENUM ? f->t : (uint32_t)f->a, &b);
	found = memchr(b.s, '\0', b.n) ? NULL : df_suggest(b.s, word, n);
	df_buf_reset(&b);
	if (found) {
		quote(&b, (struct str){ found, strlen(found) });
		df_hint(e, "did you mean %s?", b.s);
	}
	df_buf_release(&b);
	free(word);
}

static int
report(const struct df_json *j, const struct fault *f, const char *what,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, at = DF_BUF_INIT;
	int name;

	name = place(&at, j, f->t);
	if (at.n) {
		df_text_foreign(&b, at.s, at.n, DF_TEXT_LINE, 0, 4 * QUOTE);
		df_buf_str(&b, ": ");
	}
	if (name) {
		df_buf_str(&b, "member name ");
		if (f->rule != R_PATTERN) {
			quote_token(&b, j, f->t);
			df_buf_str(&b, ": ");
		}
	}
	say(&b, j, f);
	df_fail(e, DF_INPUT, "schema", "%s: %s", what, b.s);
	if (e)
		hint(j, f, e);
	df_buf_release(&at);
	df_buf_release(&b);
	return -1;
}

int
df_schema_check(const struct df_schema *s, const struct df_json *j, uint32_t t,
    const char *what, struct df_err *e)
{
	struct check c = { .j = j, .text = DF_BUF_INIT, .tmp = DF_BUF_INIT,
	    .canon = DF_BUF_INIT };
	uint64_t work = WORK_BASE + WORK_TOKEN * (uint64_t)(j->tok[t].next -
	    t);
	int r;

	c.left = work;
	r = check(&c, s->root, t);
	if (r < 0 && !c.stop && e) {
		c.left = 2 * work;
		c.explain = 1;
		check(&c, s->root, t);
	}
	df_buf_release(&c.text);
	df_buf_release(&c.tmp);
	df_buf_release(&c.canon);
	if (r == 0)
		return 0;
	if (c.stop)
		return df_fail(e, DF_INPUT, "schema.work", "%s: checking it "
		    "against its schema takes too long", what);
	return e ? report(j, &c.fault, what, e) : -1;
}

/* ---- all together ---- */

static int
compile(struct comp *c, const char *text, size_t n)
{
	size_t i;

	/* messages quote from it */
	text = df_arena_str(&c->s->a, text, n);
	if (df_json_scan(&c->j, text, n, 0, c->what, c->e) < 0)
		return -1;
	c->s->root = schema(c, 0);
	if (c->s->root == NULL || link_refs(c) < 0)
		return -1;
	for (i = 0; i < c->nall; i++)
		if (height(c, c->all[i], 0) < 0)
			return -1;
	for (i = 0; i < c->nall; i++)
		alias(c->all[i]);
	return 0;
}

struct df_schema *
df_schema_compile(const char *text, size_t n, const char *what,
    struct df_err *e)
{
	struct comp c = { .what = what, .e = e, .path = DF_BUF_INIT,
	    .tmp = DF_BUF_INIT };
	int r;

	c.s = df_calloc(1, sizeof(*c.s));
	pthread_mutex_init(&c.s->pool.lock, NULL);
	r = compile(&c, text, n);
	df_json_release(&c.j);
	df_buf_release(&c.path);
	df_buf_release(&c.tmp);
	df_map_release(&c.node);
	df_map_release(&c.pattern);
	free(c.all);
	free(c.pat);
	if (r == 0)
		return c.s;
	df_schema_free(c.s);
	return NULL;
}

void
df_schema_free(struct df_schema *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->pool.lock);
	df_arena_release(&s->pool.a);
	df_arena_release(&s->a);
	free(s);
}

const char *
df_schema_id(const struct df_schema *s)
{
	return s->id;
}

static _Atomic(struct df_schema *) *built;	/* by index in the table */
static size_t nbuilt;

static void
built_init(void)
{
	while (df_schema_text[nbuilt].name)
		nbuilt++;
	built = df_calloc(nbuilt, sizeof(*built));
}

static int
text_cmp(const void *name, const void *t)
{
	return strcmp(name, ((const struct df_schema_text *)t)->name);
}

const struct df_schema *
df_schema_get(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const struct df_schema_text *t;
	struct df_schema *s, *mine;
	struct df_err e;
	size_t i;

	pthread_once(&once, built_init);
	t = bsearch(name, df_schema_text, nbuilt, sizeof(*t), text_cmp);
	if (t == NULL)
		return NULL;
	i = (size_t)(t - df_schema_text);
	s = atomic_load_explicit(&built[i], memory_order_acquire);
	if (s)
		return s;
	mine = df_schema_compile(t->text, t->n, name, &e);
	if (mine == NULL)
		DF_BUG(e.msg);
	if (atomic_compare_exchange_strong(&built[i], &s, mine))
		return mine;
	df_schema_free(mine);
	return s;
}

static int
check_named(const struct df_json *j, const char *name, const char *what,
    struct df_err *e)
{
	const struct df_schema *s = df_schema_get(name);

	if (s == NULL)
		return df_fail(e, DF_INPUT, "schema.unknown",
		    "%s: no schema is named %s", what, name);
	return df_schema_check(s, j, 0, what, e);
}

int
df_schema_scan(struct df_json *j, const char *s, size_t n, unsigned flags,
    const char *name, const char *what, struct df_err *e)
{
	if (df_json_scan(j, s, n, flags, what, e) < 0)
		return -1;
	return check_named(j, name, what, e);
}

int
df_schema_write(struct df_buf *b, jv v, const char *name, struct df_err *e)
{
	struct df_json j = { 0 };
	size_t was = b->n;
	int r;

	r = df_json_write(b, v, e);
	if (r == 0) {
		df_buf_ch(b, '\n');
		r = df_schema_scan(&j, b->s + was, b->n - was, DF_JSON_CANON,
		    name, name, e);
	}
	if (r < 0)
		df_buf_cut(b, was);
	df_json_release(&j);
	return r;
}
