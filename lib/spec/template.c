#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "spec/template.h"

enum kind {
	LIT = 0,
	LINE, CELL, BLOCK, FENCE,
	OPEN, NOT, CLOSE
};

struct op {
	uint8_t kind;
	uint32_t line;
	uint32_t from, len;	/* LIT: text; BLOCK, FENCE: what is repeated */
	uint32_t key, keys;	/* name: keys[key..key + keys); 0 keys: "." */
	uint32_t to;		/* OPEN, NOT: the op behind its CLOSE; CLOSE:
				   the op behind its OPEN */
	uint32_t info, ninfo;	/* FENCE: text; or with ninfo UINT32_MAX the
				   next op, which is a LINE */
};

struct df_template {
	char *what, *text, *name, *version;
	struct op *op;
	size_t n, cap;
	jv *key;
	size_t nkey, keycap;
};

/* ---- compile ---- */

struct compile {
	struct df_template *t;
	const char *s;
	size_t n, i;		/* i: not yet compiled */
	uint32_t line;		/* of i */
	uint32_t open[DF_TEMPLATE_DEPTH];
	unsigned depth;
	struct df_err *e;
};

/* A tag: s[from..end) with its braces. */
struct tag {
	size_t from, end;
	size_t name, nend;
	char sigil;		/* 0: none */
};

static int
wrong(const struct df_template *t, uint32_t line, const char *code,
    struct df_err *e, const char *what, const char *name, size_t n)
{
	struct df_buf b = DF_BUF_INIT;

	df_text_foreign(&b, name, n, DF_TEXT_LINE, 0, 60);
	df_fail(e, DF_INPUT, code, "%s:%u: %s%s%s", t->what, (unsigned)line,
	    what, n ? ": " : "", b.s);
	df_buf_release(&b);
	return -1;
}

static int
syntax(const struct compile *c, const char *what, size_t from, size_t end)
{
	return wrong(c->t, c->line, "template.syntax", c->e, what,
	    c->s + from, end - from);
}

static struct op *
emit(struct compile *c, enum kind kind)
{
	struct df_template *t = c->t;
	struct op *o;

	DF_GROW(t->op, t->n, t->cap);
	o = &t->op[t->n++];
	memset(o, 0, sizeof(*o));
	o->kind = (uint8_t)kind;
	o->line = c->line;
	return o;
}

static void
literal(struct compile *c, size_t from, size_t end)
{
	struct op *o;

	if (from == end)
		return;
	o = emit(c, LIT);
	o->from = (uint32_t)from;
	o->len = (uint32_t)(end - from);
}

static void
count(struct compile *c, size_t to)
{
	for (; c->i < to; c->i++)
		if (c->s[c->i] == '\n')
			c->line++;
}

static int
blank(const char *s, size_t from, size_t end)
{
	for (; from < end; from++)
		if (s[from] != ' ' && s[from] != '\t')
			return 0;
	return 1;
}

static int
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
name_ok(const char *s, size_t n)
{
	size_t i;
	int start = 1;

	if (n == 1 && s[0] == '.')
		return 1;
	for (i = 0; i < n; i++) {
		if (start ? !letter(s[i]) : !letter(s[i]) && s[i] != '.' &&
		    !(s[i] >= '0' && s[i] <= '9'))
			return 0;
		start = s[i] == '.';
	}
	return n > 0 && !start;
}

/* The tag that begins at from ("{{"). */
static int
scan(struct compile *c, size_t from, struct tag *g)
{
	const char *s = c->s, *end;

	memset(g, 0, sizeof(*g));
	g->from = from;
	g->name = from + 2;
	end = memchr(s + g->name, '}', c->n - g->name);
	if (end == NULL || end + 1 == s + c->n || end[1] != '}')
		return syntax(c, "a tag does not end", from, from + 2);
	g->nend = (size_t)(end - s);
	g->end = g->nend + 2;
	if (g->name < g->nend && strchr("!#^/|&~", s[g->name]))
		g->sigil = s[g->name++];
	if (g->sigil == '!')
		return 0;
	while (g->name < g->nend && s[g->name] == ' ')
		g->name++;
	while (g->nend > g->name && s[g->nend - 1] == ' ')
		g->nend--;
	if (!name_ok(s + g->name, g->nend - g->name))
		return syntax(c, "not a name", g->name, g->nend);
	return 0;
}

static void
set_name(struct compile *c, struct op *o, const struct tag *g)
{
	struct df_template *t = c->t;
	const char *s = c->s + g->name, *dot;
	size_t n = g->nend - g->name, k;

	o->key = (uint32_t)t->nkey;
	if (n == 1 && s[0] == '.')
		return;
	for (; n > 0; n -= k, s += k) {
		dot = memchr(s, '.', n);
		k = dot ? (size_t)(dot - s) : n;
		DF_GROW(t->key, t->nkey, t->keycap);
		t->key[t->nkey++] = jv_string_sized(s, (int)k);
		o->keys++;
		if (dot)
			k++;
	}
}

/* The end of the line (its LF, or the end of the text) when nothing but
   blanks is before it, else SIZE_MAX. */
static size_t
rest_blank(const struct compile *c, size_t i)
{
	while (i < c->n && (c->s[i] == ' ' || c->s[i] == '\t'))
		i++;
	return i == c->n || c->s[i] == '\n' ? i : SIZE_MAX;
}

static int
section(struct compile *c, const struct tag *g)
{
	struct df_template *t = c->t;
	const struct op *open;
	uint32_t at;
	struct op *o;

	if (g->sigil != '/') {
		if (c->depth == DF_TEMPLATE_DEPTH)
			return syntax(c, "sections are nested too deep", 0, 0);
		o = emit(c, g->sigil == '#' ? OPEN : NOT);
		set_name(c, o, g);
		c->open[c->depth++] = (uint32_t)(t->n - 1);
		return 0;
	}
	if (c->depth == 0)
		return syntax(c, "closes a section that is not open", g->name,
		    g->nend);
	at = c->open[--c->depth];
	o = emit(c, CLOSE);
	set_name(c, o, g);
	open = &t->op[at];
	if (o->keys != open->keys)
		return syntax(c, "closes another section", g->name, g->nend);
	for (; o->keys; o->keys--, t->nkey--) {
		if (!jv_equal(jv_copy(t->key[open->key + o->keys - 1]),
		    jv_copy(t->key[t->nkey - 1])))
			return syntax(c, "closes another section", g->name,
			    g->nend);
		jv_free(t->key[t->nkey - 1]);
	}
	o->to = at + 1;
	t->op[at].to = (uint32_t)t->n;
	return 0;
}

static int
word(char c)
{
	return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
	    c == '.';
}

/* {{&x}} and {{~x}}: bol is where the line begins, or before lit when there
   is another tag on it. */
static int
lines(struct compile *c, const struct tag *g, size_t bol, size_t lit)
{
	size_t end = g->end;
	struct tag info;
	struct op *o;
	uint32_t at;

	if (bol < lit)
		return syntax(c, "a tag before it on its line", g->from,
		    g->end);
	if (g->sigil == '&' && blank(c->s, bol, g->from))
		return syntax(c, "nothing before it on its line", g->from,
		    g->end);
	literal(c, lit, bol);
	o = emit(c, g->sigil == '&' ? BLOCK : FENCE);
	at = (uint32_t)(c->t->n - 1);
	o->from = (uint32_t)bol;
	o->len = (uint32_t)(g->from - bol);
	set_name(c, o, g);
	if (g->sigil == '~' && c->n - end > 2 &&
	    memcmp(c->s + end, "{{", 2) == 0) {
		if (scan(c, end, &info) == -1)
			return -1;
		if (info.sigil)
			return syntax(c, "neither a word nor a name", end,
			    info.end);
		c->t->op[at].ninfo = UINT32_MAX;
		set_name(c, emit(c, LINE), &info);
		end = info.end;
	} else if (g->sigil == '~') {
		while (end < c->n && word(c->s[end]))
			end++;
		c->t->op[at].info = (uint32_t)g->end;
		c->t->op[at].ninfo = (uint32_t)(end - g->end);
	}
	end = rest_blank(c, end);
	if (end == SIZE_MAX)
		return syntax(c, "more behind it on its line", g->from,
		    g->end);
	count(c, end < c->n ? end + 1 : end);
	return 0;
}

static int
compile(struct compile *c)
{
	const char *s = c->s, *p;
	size_t lit = 0, bol, at, end;
	struct tag g;
	int alone;

	while (c->i < c->n) {
		p = memchr(s + c->i, '{', c->n - c->i);
		at = p ? (size_t)(p - s) : c->n;
		count(c, at);
		if (at + 1 >= c->n || s[at + 1] != '{') {
			c->i = at < c->n ? at + 1 : at;
			continue;
		}
		if (scan(c, at, &g) == -1)
			return -1;
		for (bol = at; bol > 0 && s[bol - 1] != '\n'; bol--)
			if (bol == lit)
				break;
		/* a tag ends at lit: then the line begins before it */
		if (bol == lit && bol > 0 && s[bol - 1] != '\n')
			bol = lit - 1;
		if (g.sigil == '&' || g.sigil == '~') {
			if (lines(c, &g, bol, lit) == -1)
				return -1;
			lit = c->i;
			continue;
		}
		end = rest_blank(c, g.end);
		alone = g.sigil && g.sigil != '|' && bol >= lit &&
		    blank(s, bol, at) && end != SIZE_MAX;
		literal(c, lit, alone ? bol : at);
		if (g.sigil == '#' || g.sigil == '^' || g.sigil == '/') {
			if (section(c, &g) == -1)
				return -1;
		} else if (g.sigil != '!') {
			set_name(c, emit(c, g.sigil ? CELL : LINE), &g);
		}
		if (alone)
			count(c, end < c->n ? end + 1 : end);
		else
			count(c, g.end);
		lit = c->i;
	}
	literal(c, lit, c->n);
	if (c->depth) {
		c->line = c->t->op[c->open[c->depth - 1]].line;
		return syntax(c, "a section is not closed", 0, 0);
	}
	return 0;
}

int
df_semver_ok(const char *s)
{
	unsigned part;
	const char *p;

	for (part = 0; part < 3; part++) {
		for (p = s; *p >= '0' && *p <= '9'; p++)
			;
		if (p == s || p - s > 9 || (*s == '0' && p - s > 1) ||
		    *p != (part < 2 ? '.' : '\0'))
			return 0;
		s = p + 1;
	}
	return 1;
}

/* "{{! df-template NAME VERSION }}" */
static int
first_line(struct compile *c)
{
	static const char head[] = "{{! df-template ";
	struct df_template *t = c->t;
	const char *s = c->s, *p, *q;

	if (strncmp(s, head, sizeof(head) - 1) != 0)
		return 0;
	s += sizeof(head) - 1;
	for (p = s; letter(*p) || *p == '-' || (*p >= '0' && *p <= '9'); p++)
		;
	if (p == s || *p != ' ')
		return syntax(c, "not a template's name", (size_t)(s - c->s),
		    (size_t)(p - c->s));
	t->name = df_strndup(s, (size_t)(p - s));
	for (q = ++p; *q && *q != ' ' && *q != '}' && *q != '\n'; q++)
		;
	t->version = df_strndup(p, (size_t)(q - p));
	if (!df_semver_ok(t->version))
		return syntax(c, "not a version", (size_t)(p - c->s),
		    (size_t)(q - c->s));
	return 0;
}

struct df_template *
df_template_compile(const char *s, size_t n, const char *what,
    struct df_err *e)
{
	struct df_template *t = df_calloc(1, sizeof(*t));
	struct compile c = { 0 };

	t->what = df_strdup(what);
	c.t = t;
	c.n = n;
	c.line = 1;
	c.e = e;
	if (n > DF_TEMPLATE_MAX) {
		df_fail(e, DF_INPUT, "template.size",
		    "%s: larger than %zu bytes", what, DF_TEMPLATE_MAX);
		goto fail;
	}
	if (df_utf8_bad(s, n) < n || memchr(s, '\0', n) ||
	    memchr(s, '\r', n)) {
		df_fail(e, DF_INPUT, "template.syntax",
		    "%s: is not UTF-8 text with LF line ends", what);
		goto fail;
	}
	c.s = t->text = df_strndup(s, n);
	if (first_line(&c) == -1 || compile(&c) == -1)
		goto fail;
	return t;
fail:
	df_template_free(t);
	return NULL;
}

void
df_template_free(struct df_template *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nkey; i++)
		jv_free(t->key[i]);
	free(t->key);
	free(t->op);
	free(t->text);
	free(t->what);
	free(t->name);
	free(t->version);
	free(t);
}

const char *
df_template_name(const struct df_template *t)
{
	return t->name ? t->name : "";
}

const char *
df_template_version(const struct df_template *t)
{
	return t->version ? t->version : "";
}

/* ---- render ---- */

struct frame {
	jv v;			/* what names are looked up in */
	jv list;		/* the array that is gone through, or invalid */
	int at, n;
};

struct render {
	const struct df_template *t;
	struct frame f[DF_TEMPLATE_DEPTH + 1];
	unsigned depth;		/* f[0] is the root */
	struct df_buf *out;
	size_t max;		/* out->n may become that */
	struct df_err *e;
};

static int
bad(struct render *r, const struct op *o, const char *code, const char *what)
{
	const struct df_template *t = r->t;
	struct df_buf b = DF_BUF_INIT;
	uint32_t i;

	for (i = 0; i < o->keys; i++)
		df_buf_fmt(&b, "%s%s", i ? "." : "",
		    jv_string_value(t->key[o->key + i]));
	if (o->keys == 0)
		df_buf_ch(&b, '.');
	wrong(t, o->line, code, r->e, what, b.s, b.n);
	df_buf_release(&b);
	return -1;
}

/* A counted reference to what the op names. */
static int
look(struct render *r, const struct op *o, jv *v)
{
	const struct df_template *t = r->t;
	unsigned d = r->depth;
	uint32_t i;

	if (o->keys == 0) {
		*v = jv_copy(r->f[d].v);
		return 0;
	}
	for (;; d--) {
		if (jv_get_kind(r->f[d].v) == JV_KIND_OBJECT) {
			*v = jv_object_get(jv_copy(r->f[d].v),
			    jv_copy(t->key[o->key]));
			if (jv_is_valid(*v))
				break;
			jv_free(*v);
		}
		if (d == 0)
			return bad(r, o, "template.name", "unknown name");
	}
	for (i = 1; i < o->keys; i++) {
		if (jv_get_kind(*v) != JV_KIND_OBJECT) {
			jv_free(*v);
			return bad(r, o, "template.name", "unknown name");
		}
		*v = jv_object_get(*v, jv_copy(t->key[o->key + i]));
		if (!jv_is_valid(*v)) {
			jv_free(*v);
			return bad(r, o, "template.name", "unknown name");
		}
	}
	return 0;
}

/* Is there something visible of ours or of others on the current line? */
static int
line_begun(const struct df_buf *b)
{
	size_t i;

	for (i = b->n; i > 0 && b->s[i - 1] != '\n'; i--)
		if (b->s[i - 1] != ' ' && b->s[i - 1] != '\t')
			return 1;
	return 0;
}

/* Foreign text with line ends and tabs as spaces; plain ASCII is most of it
   and is copied in runs. */
static void
put_line(struct df_buf *b, const char *s, size_t n, int cell)
{
	size_t i = 0, from;
	unsigned char c;
	uint32_t cp;
	unsigned k;

	while (i < n) {
		for (from = i; i < n; i++) {
			c = (unsigned char)s[i];
			if (c < 0x20 || c >= 0x7f || (cell && c == '|'))
				break;
		}
		df_buf_add(b, s + from, i - from);
		if (i == n)
			break;
		c = (unsigned char)s[i];
		if (c == '|') {
			for (k = 0; k < i && s[i - k - 1] == '\\'; k++)
				;
			df_buf_str(b, k % 2 ? "|" : "\\|");
			i++;
		} else if (c == '\n' || c == '\t') {
			df_buf_ch(b, ' ');
			i++;
		} else {
			k = df_utf8(s + i, n - i, &cp);
			k = k ? k : 1;
			df_text_foreign(b, s + i, k, DF_TEXT_LINE, 0, 0);
			i += k;
		}
	}
}

/* The same for a line of a block: tabs stay. */
static void
put_raw(struct df_buf *b, const char *s, size_t n)
{
	const char *tab;
	size_t k;

	for (; n > 0; s += k, n -= k) {
		tab = memchr(s, '\t', n);
		k = tab ? (size_t)(tab - s) : n;
		put_line(b, s, k, 0);
		if (tab) {
			df_buf_ch(b, '\t');
			k++;
		}
	}
}

/* Each line of s behind pre; a last LF ends the last line. */
static void
put_lines(struct df_buf *b, const char *pre, size_t npre, const char *s,
    size_t n)
{
	const char *end;
	size_t k, cut;

	for (; n > 0; s += k, n -= k) {
		end = memchr(s, '\n', n);
		k = end ? (size_t)(end - s) : n;
		cut = k && s[k - 1] == '\r' ? k - 1 : k;
		df_buf_add(b, pre, npre);
		put_raw(b, s, cut);
		while (b->n > 0 && b->s[b->n - 1] == ' ')
			df_buf_cut(b, b->n - 1);
		df_buf_ch(b, '\n');
		if (end)
			k++;
	}
}

static void
put_fence(struct df_buf *b, const char *pre, size_t npre, const char *s,
    size_t n, const char *info, size_t ninfo)
{
	size_t i, run = 0, longest = 2, k;

	for (i = 0; i < n; i++) {
		run = s[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	df_buf_add(b, pre, npre);
	for (i = 0; i <= longest; i++)
		df_buf_ch(b, '`');
	for (k = 0; k < ninfo && word(info[k]); k++)
		df_buf_ch(b, info[k]);
	df_buf_ch(b, '\n');
	put_lines(b, pre, npre, s, n);
	df_buf_add(b, pre, npre);
	for (i = 0; i <= longest; i++)
		df_buf_ch(b, '`');
	df_buf_ch(b, '\n');
}

/* The text of a string, an integer or null. */
static int
text_of(struct render *r, const struct op *o, jv v, char num[32],
    const char **s, size_t *n)
{
	double d;
	int64_t i;
	size_t k = 31;
	int minus;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		*s = jv_string_value(v);
		*n = (size_t)jv_string_length_bytes(jv_copy(v));
		return 0;
	case JV_KIND_NULL:
		*s = "";
		*n = 0;
		return 0;
	case JV_KIND_NUMBER:
		d = jv_number_value(v);
		if (!(d >= -(double)DF_JSON_INT && d <= (double)DF_JSON_INT) ||
		    d != (double)(int64_t)d)
			break;
		i = (int64_t)d;
		minus = i < 0;
		if (minus)
			i = -i;
		do
			num[--k] = (char)('0' + i % 10);
		while ((i /= 10) > 0);
		if (minus)
			num[--k] = '-';
		*s = num + k;
		*n = 31 - k;
		return 0;
	default:
		break;
	}
	return bad(r, o, "template.value", "neither a string nor an integer");
}

static int
large(struct render *r, const struct op *o)
{
	return df_fail(r->e, DF_INPUT, "template.size",
	    "%s:%u: the output is larger than allowed", r->t->what,
	    (unsigned)o->line);
}

static int
value(struct render *r, const struct op *o)
{
	const struct df_template *t = r->t;
	const char *s, *is = NULL;
	size_t n, in = 0;
	char num[32], inum[32];
	jv v, iv = jv_null();
	int rc = -1;

	if (look(r, o, &v) == -1)
		return -1;
	if (text_of(r, o, v, num, &s, &n) == -1)
		goto out;
	if (n > r->max) {		/* do not even begin */
		rc = large(r, o);
		goto out;
	}
	switch (o->kind) {
	case LINE:
	case CELL:
		if (jv_get_kind(v) != JV_KIND_NUMBER && !line_begun(r->out)) {
			bad(r, o, "template.value",
			    "a text would begin a line");
			goto out;
		}
		put_line(r->out, s, n, o->kind == CELL);
		break;
	case BLOCK:
		put_lines(r->out, t->text + o->from, o->len, s, n);
		break;
	default:
		is = t->text + o->info;
		in = o->ninfo;
		if (in == UINT32_MAX) {
			jv_free(iv);
			iv = jv_null();
			if (look(r, o + 1, &iv) == -1 ||
			    text_of(r, o + 1, iv, inum, &is, &in) == -1)
				goto out;
		}
		if (n)
			put_fence(r->out, t->text + o->from, o->len, s, n, is,
			    in);
	}
	rc = r->out->n > r->max ? large(r, o) : 0;
out:
	jv_free(v);
	jv_free(iv);
	return rc;
}

static int
truth(jv v)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		return jv_string_length_bytes(jv_copy(v)) > 0;
	case JV_KIND_ARRAY:
		return jv_array_length(jv_copy(v)) > 0;
	case JV_KIND_NULL:
	case JV_KIND_FALSE:
		return 0;
	default:
		return 1;
	}
}

static void
enter(struct render *r, jv v)
{
	struct frame *f = &r->f[++r->depth];

	f->at = 0;
	f->n = 1;
	f->list = jv_null();
	f->v = v;
	if (jv_get_kind(v) == JV_KIND_ARRAY) {
		f->list = v;
		f->n = jv_array_length(jv_copy(v));
		f->v = jv_array_get(jv_copy(v), 0);
	}
}

/* The next element: 1, or 0 and the section is left. */
static int
next(struct render *r)
{
	struct frame *f = &r->f[r->depth];

	jv_free(f->v);
	f->v = jv_null();
	if (++f->at < f->n) {
		f->v = jv_array_get(jv_copy(f->list), f->at);
		return 1;
	}
	jv_free(f->list);
	r->depth--;
	return 0;
}

static int
run(struct render *r)
{
	const struct df_template *t = r->t;
	const struct op *o;
	size_t i = 0;
	jv v;
	int yes;

	while (i < t->n) {
		o = &t->op[i];
		switch (o->kind) {
		case LIT:
			df_buf_add(r->out, t->text + o->from, o->len);
			if (r->out->n > r->max)
				return large(r, o);
			i++;
			break;
		case OPEN:
		case NOT:
			if (look(r, o, &v) == -1)
				return -1;
			yes = truth(v);
			if (yes == (o->kind == NOT)) {
				jv_free(v);
				i = o->to;
				break;
			}
			i++;
			enter(r, v);
			if (o->kind == NOT) {
				/* names mean what they meant outside */
				jv_free(r->f[r->depth].v);
				r->f[r->depth].v =
				    jv_copy(r->f[r->depth - 1].v);
			}
			break;
		case CLOSE:
			i = next(r) ? o->to : i + 1;
			break;
		default:
			if (value(r, o) == -1)
				return -1;
			i += o->kind == FENCE && o->ninfo == UINT32_MAX ? 2 : 1;
		}
	}
	return 0;
}

int
df_template_render(const struct df_template *t, jv root, size_t max,
    struct df_buf *out, struct df_err *e)
{
	struct render r = { 0 };
	size_t was = out->n;
	int rc;

	r.t = t;
	r.out = out;
	r.max = was + (max ? max : DF_TEMPLATE_OUT);
	r.e = e;
	r.f[0].v = root;
	r.f[0].list = jv_null();
	(void)df_buf_room(out, strlen(t->text));
	rc = run(&r);
	for (; r.depth > 0; r.depth--) {
		jv_free(r.f[r.depth].v);
		jv_free(r.f[r.depth].list);
	}
	jv_free(root);
	if (rc == -1)
		df_buf_cut(out, was);
	return rc;
}
