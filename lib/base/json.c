#define _GNU_SOURCE
#include "base/df.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* ---- the scanner ---- */

struct scan {
	struct df_json *j;
	const char *what;
	struct df_err *e;
	size_t i;
	unsigned flags, depth;
	int cut;		/* the text ended inside the value */
	int wide;		/* the last string is not all ASCII */
	df_json_fn *each;	/* of the elements of the outermost array */
	void *arg;
};

static int
bad(struct scan *c, size_t at, const char *why)
{
	size_t i, line = 1, bol = 0;

	if (at >= c->j->n)
		c->cut = 1;
	if (c->flags & DF_JSON_PREFIX)
		return -1;
	for (i = 0; i < at && i < c->j->n; i++)
		if (c->j->s[i] == '\n') {
			line++;
			bol = i + 1;
		}
	return df_fail_at(c->e, "json", c->what, line, at - bol + 1, "%s",
	    why);
}

static inline uint32_t
push(struct scan *c, enum df_jtype type, size_t start)
{
	struct df_json *j = c->j;
	struct df_jtok *t;

	DF_GROW(j->tok, j->ntok, j->cap);
	t = &j->tok[j->ntok];
	t->type = (uint8_t)type;
	t->esc = 0;
	t->start = (uint32_t)start;
	t->end = 0;
	t->next = 0;
	t->n = 0;
	return (uint32_t)j->ntok++;
}

static void
space(struct scan *c)
{
	const char *s = c->j->s;

	if (c->flags & DF_JSON_CANON)
		return;
	while (c->i < c->j->n && (s[c->i] == ' ' || s[c->i] == '\t' ||
	    s[c->i] == '\n' || s[c->i] == '\r'))
		c->i++;
}

static int
hex4(struct scan *c, size_t at, unsigned *out)
{
	const char *s = c->j->s;
	unsigned v = 0, k;
	char ch;

	for (k = 0; k < 4; k++) {
		if (at + k >= c->j->n)
			return bad(c, c->j->n, "unfinished escape");
		ch = s[at + k];
		v <<= 4;
		if (ch >= '0' && ch <= '9')
			v |= (unsigned)(ch - '0');
		else if (ch >= 'a' && ch <= 'f')
			v |= (unsigned)(ch - 'a' + 10);
		else if (ch >= 'A' && ch <= 'F')
			v |= (unsigned)(ch - 'A' + 10);
		else
			return bad(c, at + k, "bad \\u escape");
	}
	*out = v;
	return 0;
}

static int
escape(struct scan *c)
{
	const char *s = c->j->s;
	size_t at = c->i;
	unsigned v, lo;

	if (at + 1 >= c->j->n)
		return bad(c, c->j->n, "unfinished string");
	switch (s[at + 1]) {
	case '"':
	case '\\':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		c->i += 2;
		return 0;
	}
	if (s[at + 1] == '/' && !(c->flags & DF_JSON_CANON)) {
		c->i += 2;
		return 0;
	}
	if (s[at + 1] != 'u')
		return bad(c, at, "bad escape");
	if (hex4(c, at + 2, &v) < 0)
		return -1;
	c->i += 6;
	if (c->flags & DF_JSON_CANON) {
		if (v >= 0x20 || strchr("\b\f\n\r\t", (int)v + (v == 0)) ||
		    (s[at + 5] >= 'A' && s[at + 5] <= 'F'))
			return bad(c, at, "escape is not canonical");
		return 0;
	}
	if (v >= 0xdc00 && v <= 0xdfff)
		return bad(c, at, "lone surrogate");
	if (v >= 0xd800 && v <= 0xdbff) {
		if (c->i + 1 >= c->j->n || s[c->i] != '\\' ||
		    s[c->i + 1] != 'u')
			return bad(c, at, "lone surrogate");
		if (hex4(c, c->i + 2, &lo) < 0)
			return -1;
		if (lo < 0xdc00 || lo > 0xdfff)
			return bad(c, at, "lone surrogate");
		c->i += 6;
	}
	return 0;
}

/* Could a UTF-8 sequence of more than n bytes begin like that? */
static int
begins_utf8(const char *s, size_t n)
{
	static const char *const rest[] = { "\x80\x80\x80",
	    "\xbf\xbf\xbf" };
	uint32_t cp;
	char q[4];
	size_t i;

	for (i = 0; i < DF_LEN(rest) && n < sizeof(q); i++) {
		memcpy(q, s, n);
		memcpy(q + n, rest[i], sizeof(q) - n);
		if (df_utf8(q, sizeof(q), &cp) > n)
			return 1;
	}
	return 0;
}

#define EACH(b) (UINT64_C(0x0101010101010101) * (b))

/*
 * How many of the next eight bytes come before the first that ends a string,
 * escapes, or needs a look?  The subtractions borrow from bytes behind that
 * one only.
 */
static unsigned
plain8(const char *s)
{
	uint64_t w, quote, slash;

	memcpy(&w, s, sizeof(w));
	w = le64toh(w);
	quote = w ^ EACH('"');
	slash = w ^ EACH('\\');
	w = ((w - EACH(0x20)) | (quote - EACH(1)) | (slash - EACH(1)) | w) &
	    EACH(0x80);
	return w ? (unsigned)__builtin_ctzll(w) / 8 : 8;
}

static int
string(struct scan *c, uint32_t *tok)
{
	const char *s = c->j->s;
	size_t n = c->j->n;
	uint32_t t, cp;
	unsigned char ch;
	unsigned k;

	t = push(c, DF_JSTRING, ++c->i);
	c->wide = 0;
	for (;;) {
		for (k = 8; k == 8 && n - c->i >= 8; c->i += k)
			k = plain8(s + c->i);
		while (c->i < n) {
			ch = (unsigned char)s[c->i];
			if (ch < 0x20 || ch == '"' || ch == '\\' || ch >= 0x80)
				break;
			c->i++;
		}
		if (c->i >= n)
			return bad(c, n, "unfinished string");
		ch = (unsigned char)s[c->i];
		if (ch == '"')
			break;
		if (ch == '\\') {
			c->j->tok[t].esc = 1;
			if (escape(c) < 0)
				return -1;
		} else if (ch < 0x20) {
			return bad(c, c->i, "control character in a string");
		} else {
			k = df_utf8(s + c->i, n - c->i, &cp);
			if (k == 0) {
				if ((c->flags & DF_JSON_PREFIX) &&
				    begins_utf8(s + c->i, n - c->i))
					return bad(c, n, "");
				return bad(c, c->i, "not UTF-8");
			}
			c->i += k;
			c->wide = 1;
		}
	}
	c->j->tok[t].end = (uint32_t)c->i++;
	c->j->tok[t].next = (uint32_t)c->j->ntok;
	*tok = t;
	return 0;
}

static size_t
digits(struct scan *c)
{
	size_t from = c->i;

	while (c->i < c->j->n && c->j->s[c->i] >= '0' && c->j->s[c->i] <= '9')
		c->i++;
	return c->i - from;
}

static int
no_integer(struct scan *c, size_t at)
{
	return bad(c, at, "not an integer of at most 2^53 - 1 in canonical "
	    "form");
}

static int
number(struct scan *c)
{
	const char *s = c->j->s;
	size_t from = c->i, n;
	uint32_t t = push(c, DF_JNUMBER, from);
	char tmp[64], *copy = tmp;
	double d;
	int whole = 1, neg = s[c->i] == '-';

	c->i += (size_t)neg;
	n = digits(c);
	if (n == 0)
		return bad(c, c->i, "bad number");
	if (n > 1 && s[from + (size_t)neg] == '0')
		return bad(c, from, "leading zero");
	if ((c->flags & DF_JSON_CANON) && c->i < c->j->n && (s[c->i] == '.' ||
	    s[c->i] == 'e' || s[c->i] == 'E'))
		return no_integer(c, from);
	if (c->i < c->j->n && s[c->i] == '.') {
		whole = 0;
		c->i++;
		if (digits(c) == 0)
			return bad(c, c->i, "bad number");
	}
	if (c->i < c->j->n && (s[c->i] == 'e' || s[c->i] == 'E')) {
		whole = 0;
		c->i++;
		if (c->i < c->j->n && (s[c->i] == '+' || s[c->i] == '-'))
			c->i++;
		if (digits(c) == 0)
			return bad(c, c->i, "bad number");
	}
	c->j->tok[t].end = (uint32_t)c->i;
	c->j->tok[t].next = (uint32_t)c->j->ntok;
	if (whole && n < 16 && !(neg && s[from + 1] == '0'))
		return 0;
	/* Not obviously a small integer: see what value it has. */
	n = c->i - from;
	if (n >= sizeof(tmp))
		copy = df_malloc(n + 1);
	memcpy(copy, s + from, n);
	copy[n] = '\0';
	errno = 0;
	d = strtod(copy, NULL);
	if (copy != tmp)
		free(copy);
	if (!isfinite(d))
		return bad(c, from, "number out of range");
	if (!whole || (neg && d == 0) || d > (double)DF_JSON_INT ||
	    d < -(double)DF_JSON_INT) {
		if (c->flags & DF_JSON_CANON)
			return no_integer(c, from);
		c->j->tok[t].esc = 1;
	}
	return 0;
}

static int
word(struct scan *c, const char *w, enum df_jtype type)
{
	size_t n = strlen(w), left = c->j->n - c->i;
	uint32_t t;

	if (left < n && memcmp(c->j->s + c->i, w, left) == 0)
		return bad(c, c->j->n, "unfinished value");
	if (left < n || memcmp(c->j->s + c->i, w, n) != 0)
		return bad(c, c->i, "unknown word");
	t = push(c, type, c->i);
	c->i += n;
	c->j->tok[t].end = (uint32_t)c->i;
	c->j->tok[t].next = (uint32_t)c->j->ntok;
	return 0;
}

/* Member names a and b: memcmp order of the raw bytes (no escapes). */
static int
name_cmp(const struct df_json *j, uint32_t a, uint32_t b)
{
	const struct df_jtok *x = &j->tok[a], *y = &j->tok[b];
	size_t n = x->end - x->start, m = y->end - y->start;
	int r = 0;

	if (n && m)		/* most differ at once */
		r = (unsigned char)j->s[x->start] -
		    (unsigned char)j->s[y->start];
	if (r == 0)
		r = memcmp(j->s + x->start, j->s + y->start, n < m ? n : m);
	return r ? r : (n > m) - (n < m);
}

struct member {
	char *s;
	size_t n;
};

static int
member_cmp(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int r = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);

	return r ? r : (x->n > y->n) - (x->n < y->n);
}

/* Names were not in ascending order: sort copies and compare neighbours. */
static int
duplicates(struct scan *c, uint32_t obj)
{
	struct df_json *j = c->j;
	size_t i, n = j->tok[obj].n;
	struct member *m = df_calloc(n, sizeof(*m));
	struct df_buf b = DF_BUF_INIT;
	uint32_t t = df_jfirst(j, obj);
	int twice = 0;

	for (i = 0; i < n; i++) {
		df_buf_reset(&b);
		df_jtext(j, t, &b);
		m[i].n = b.n;
		m[i].s = df_strndup(b.s, b.n);
		t = df_jnext(j, df_jnext(j, t));
	}
	qsort(m, n, sizeof(*m), member_cmp);
	for (i = 1; i < n; i++)
		if (member_cmp(&m[i - 1], &m[i]) == 0)
			twice = 1;
	for (i = 0; i < n; i++)
		free(m[i].s);
	free(m);
	df_buf_release(&b);
	if (twice)
		return bad(c, j->tok[obj].start, "a member name occurs twice");
	return 0;
}

static int value(struct scan *c);

static int
array(struct scan *c)
{
	struct df_json *j = c->j;
	uint32_t t = push(c, DF_JARRAY, c->i), n = 0;

	c->i++;
	space(c);
	if (c->i < j->n && j->s[c->i] == ']')
		goto end;
	for (;;) {
		if (value(c) < 0)
			return -1;
		if (c->each && t == 0) {
			if (c->each(c->arg, j, 1, c->e) < 0)
				return -1;
			j->ntok = 1;
		}
		n++;
		space(c);
		if (c->i >= j->n)
			return bad(c, j->n, "unfinished array");
		if (j->s[c->i] == ']')
			break;
		if (j->s[c->i] != ',')
			return bad(c, c->i, "expected , or ]");
		c->i++;
		space(c);
	}
end:
	c->i++;
	j->tok[t].n = n;
	j->tok[t].end = (uint32_t)c->i;
	j->tok[t].next = (uint32_t)j->ntok;
	return 0;
}

static int
object(struct scan *c)
{
	struct df_json *j = c->j;
	uint32_t t = push(c, DF_JOBJECT, c->i), n = 0, name, last = 0;
	int sorted = 1;

	c->i++;
	space(c);
	if (c->i < j->n && j->s[c->i] == '}')
		goto end;
	for (;;) {
		if (c->i >= j->n)
			return bad(c, j->n, "unfinished object");
		if (j->s[c->i] != '"')
			return bad(c, c->i, "expected a member name");
		if (string(c, &name) < 0)
			return -1;
		if ((c->flags & DF_JSON_CANON) && (c->wide ||
		    j->tok[name].esc))
			return bad(c, j->tok[name].start,
			    "member name is not plain ASCII");
		if (j->tok[name].esc || (last && name_cmp(j, last, name) >= 0))
			sorted = 0;
		if (!sorted && (c->flags & DF_JSON_CANON))
			return bad(c, j->tok[name].start,
			    "member names are not in order");
		last = name;
		space(c);
		if (c->i >= j->n)
			return bad(c, j->n, "unfinished object");
		if (j->s[c->i] != ':')
			return bad(c, c->i, "expected :");
		c->i++;
		space(c);
		if (value(c) < 0)
			return -1;
		n++;
		space(c);
		if (c->i >= j->n)
			return bad(c, j->n, "unfinished object");
		if (j->s[c->i] == '}')
			break;
		if (j->s[c->i] != ',')
			return bad(c, c->i, "expected , or }");
		c->i++;
		space(c);
	}
end:
	c->i++;
	j->tok[t].n = n;
	j->tok[t].end = (uint32_t)c->i;
	j->tok[t].next = (uint32_t)j->ntok;
	return sorted ? 0 : duplicates(c, t);
}

static int
value(struct scan *c)
{
	uint32_t t;
	int r;

	if (c->i >= c->j->n)
		return bad(c, c->j->n, "expected a value");
	switch (c->j->s[c->i]) {
	case '{':
	case '[':
		if (++c->depth > DF_JSON_DEPTH)
			return bad(c, c->i, "nested too deeply");
		r = c->j->s[c->i] == '{' ? object(c) : array(c);
		c->depth--;
		return r;
	case '"':
		return string(c, &t);
	case 't':
		return word(c, "true", DF_JTRUE);
	case 'f':
		return word(c, "false", DF_JFALSE);
	case 'n':
		return word(c, "null", DF_JNULL);
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return number(c);
	}
	return bad(c, c->i, "expected a value");
}

static int
scan(struct scan *c, const char *s, size_t n)
{
	struct df_json *j = c->j;

	j->s = s;
	j->n = n;
	j->ntok = 0;
	if (n > DF_JSON_MAX)
		return df_fail(c->e, DF_INPUT, "json.size",
		    "%s: %zu bytes of JSON are more than %zu", c->what, n,
		    DF_JSON_MAX);
	/* As many as records have mostly: to grow is to copy. */
	if (c->each == NULL && j->cap < n / 12) {
		free(j->tok);
		j->cap = n / 12;
		j->tok = df_malloc(j->cap * sizeof(*j->tok));
	}
	if (c->flags & DF_JSON_PREFIX) {
		if (n && s[0] != '{')
			return -1;
		return value(c) < 0 && c->cut ? 0 : -1;
	}
	space(c);
	if (value(c) < 0)
		return -1;
	space(c);
	if (c->flags & DF_JSON_CANON) {
		if (c->i + 1 != n || s[c->i] != '\n')
			return bad(c, c->i, "expected one newline at the end");
		return 0;
	}
	if (c->i != n)
		return bad(c, c->i, "something follows the value");
	return 0;
}

int
df_json_scan(struct df_json *j, const char *s, size_t n, unsigned flags,
    const char *what, struct df_err *e)
{
	struct scan c = { .j = j, .what = what, .e = e, .flags = flags };

	return scan(&c, s, n);
}

int
df_json_each(struct df_json *j, const char *s, size_t n, unsigned flags,
    const char *what, df_json_fn *fn, void *arg, struct df_err *e)
{
	struct scan c = { .j = j, .what = what, .e = e, .flags = flags,
	    .each = fn, .arg = arg };

	return scan(&c, s, n);
}

void
df_json_release(struct df_json *j)
{
	free(j->tok);
	memset(j, 0, sizeof(*j));
}
