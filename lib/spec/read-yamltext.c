#include "base/df.h"

#include "spec/read-yaml.h"

/*
 * A YAML block that libyaml refuses, by its indentation: block lists and
 * mappings, and everything else is text, colons and all.
 */

#define PIECES 10000	/* values of one block that libyaml is asked for */

struct cur {
	struct rd_ybuild *y;
	uint32_t i, b;		/* this line, end */
	size_t col;		/* where it begins for us; 0: its indentation */
	unsigned pieces;
};

struct yline {
	struct df_str t;	/* from the first byte that counts */
	long indent;
};

static struct yline
line_of(const struct df_md_line *l)
{
	struct yline y = { { l->s, l->n }, 0 };

	for (; y.t.n && (y.t.s[0] == ' ' || y.t.s[0] == '\t');
	    y.t = rd_advance(y.t, 1))
		y.indent += y.t.s[0] == '\t' ? 4 - y.indent % 4 : 1;
	y.t = df_str_trim(y.t);
	return y;
}

static const struct df_md_line *
line(const struct cur *c, uint32_t i)
{
	return &c->y->r->md->line[i];
}

static size_t
line_end(const struct cur *c, uint32_t i)
{
	return line(c, i)->off + line(c, i)->len;
}

static struct df_span
span(const struct cur *c, uint32_t i, struct df_str t, size_t end)
{
	return rd_yspan(c->y->r, i, (size_t)(t.s - c->y->r->md->s), end);
}

/* "---" and "..." at the margin: the end, unless nothing came before it. */
static int
document_end(struct cur *c, const struct yline *l)
{
	if (l->indent || (!df_str_eq(l->t, "---") && !df_str_eq(l->t, "...")))
		return 0;
	if (c->y->top->child == NULL)
		return 1;
	c->y->more = span(c, c->i, l->t, line_end(c, c->i));
	c->b = c->i;
	return 1;
}

/* Is there another line?  Blank lines and comments are passed over. */
static int
peek(struct cur *c, struct yline *l)
{
	for (; c->i < c->b; c->i++) {
		if (c->col) {
			l->t.s = line(c, c->i)->s + c->col;
			l->t.n = line(c, c->i)->n - c->col;
			l->t = df_str_trim(l->t);
			l->indent = (long)c->col;
			return 1;
		}
		*l = line_of(line(c, c->i));
		if (l->t.n && l->t.s[0] != '#' && !document_end(c, l))
			return 1;
	}
	return 0;
}

static void
next(struct cur *c)
{
	c->i++;
	c->col = 0;
}

static int
is_gap(int ch)
{
	return ch == ' ' || ch == '\t';
}

/* "key:", "key : value", "\"key\": value": the key, and the bytes up to the
   value; 0 when t does not begin with one. */
static size_t
key_len(struct df_str t, struct df_str *key)
{
	size_t n = 0, quote = t.n && (t.s[0] == '"' || t.s[0] == '\'');

	key->s = t.s + quote;
	for (n = quote; n < t.n && (rd_wordchar(t.s[n]) ||
	    (n > quote && t.s[n] == '-')); n++)
		;
	key->n = n - quote;
	if (quote && (n == t.n || t.s[n++] != t.s[0]))
		return 0;
	while (n < t.n && is_gap(t.s[n]))
		n++;
	if (key->n == 0 || n >= t.n || t.s[n] != ':' ||
	    (n + 1 < t.n && !is_gap(t.s[n + 1])))
		return 0;
	return n + 1;
}

static int
is_entry(struct df_str t)
{
	return t.n && t.s[0] == '-' && (t.n == 1 || is_gap(t.s[1]));
}

/*
 * The value that begins with t on this line: it goes on as long as lines are
 * indented more than parent.
 */
static void
value(struct cur *c, struct df_str t, long parent)
{
	struct rd_ybuild *y = c->y;
	uint32_t first = c->i, j;
	struct df_span at;
	struct yline l;

	next(c);
	for (j = c->i; j < c->b; j++) {
		l = line_of(line(c, j));
		if (l.t.n == 0)
			continue;
		if (l.indent <= parent)
			break;
		c->i = j + 1;
	}
	at = span(c, first, t, line_end(c, c->i - 1));
	if (strchr("\"'[{|>", t.s[0]) && c->pieces < PIECES) {
		c->pieces++;
		if (rd_ylib(y, at, 1) == 0)
			return;
	}
	rd_yscalar(y, rd_yfold(y->r, at, 1), 1, at);
}

static void block(struct cur *c, long parent);

/* Lines that fit nowhere belong to the text before them, once: more of them
   are a text of their own, so that no text is read again and again. */
static void
misfits(struct cur *c, long indent)
{
	struct rd_ylevel *level = &c->y->level[c->y->depth - 1];
	struct rd_ynode *x = level->last;
	struct df_str t, key;
	struct yline l;
	uint32_t first = c->i;

	if (!peek(c, &l))
		return;
	t = l.t;
	do
		next(c);
	while (peek(c, &l) && (l.indent > indent || (l.indent == indent &&
	    key_len(l.t, &key) == 0)));
	if (x == NULL || (x->kind != RD_YTEXT && x->kind != RD_YNONE) ||
	    x == level->longer)
		x = rd_yadd(c->y, RD_YTEXT, span(c, first, t, 0));
	else if (x->kind == RD_YNONE)
		x->text.at = span(c, first, t, 0);
	level->longer = x;
	x->kind = RD_YTEXT;
	x->text.at.len = (uint32_t)(line_end(c, c->i - 1) - x->text.at.off);
	t = rd_yfold(c->y->r, x->text.at, 1);
	x->text.s = t.s;
	x->text.n = t.n;
}

static void
map(struct cur *c, long indent)
{
	struct rd_ybuild *y = c->y;
	struct df_str key;
	struct yline l, more;
	size_t n;

	while (!y->r->full && peek(c, &l) && l.indent >= indent) {
		if (l.indent == indent && is_entry(l.t))
			break;
		n = key_len(l.t, &key);
		if (n == 0 || l.indent > indent) {
			misfits(c, indent);
			continue;
		}
		rd_ykey(y, key, span(c, c->i, key, (size_t)(key.s + key.n -
		    y->r->md->s)));
		l.t = rd_spaces(rd_advance(l.t, n));
		if (l.t.n && l.t.s[0] != '#') {
			value(c, l.t, indent);
			continue;
		}
		next(c);
		if (peek(c, &more) && (more.indent > indent ||
		    (more.indent == indent && is_entry(more.t))))
			block(c, is_entry(more.t) ? indent - 1 : indent);
		else
			rd_yscalar(y, df_str(""), 1, span(c, c->i - 1, l.t,
			    0));
	}
}

static void
list(struct cur *c, long indent)
{
	struct rd_ybuild *y = c->y;
	struct df_str t, key;
	struct yline l;

	while (!y->r->full && peek(c, &l) && l.indent == indent &&
	    is_entry(l.t)) {
		t = rd_spaces(rd_advance(l.t, 1));
		if (t.n && t.s[0] != '#' && (is_entry(t) ||
		    key_len(t, &key))) {
			c->col = (size_t)(t.s - line(c, c->i)->s);
			block(c, indent);
		} else if (t.n && t.s[0] != '#')
			value(c, t, indent);
		else {
			next(c);
			if (peek(c, &l) && l.indent > indent)
				block(c, indent);
			else
				rd_yscalar(y, df_str(""), 1,
				    span(c, c->i - 1, t, 0));
		}
	}
}

/* The mapping, list or text that begins on this line, inside of parent. */
static void
block(struct cur *c, long parent)
{
	struct df_str key;
	struct yline l;
	int entry;

	if (!peek(c, &l))
		return;
	entry = is_entry(l.t);
	if ((!entry && key_len(l.t, &key) == 0) ||
	    !rd_yopen(c->y, entry ? RD_YLIST : RD_YMAP,
	    span(c, c->i, l.t, 0))) {
		value(c, l.t, parent);
		return;
	}
	if (entry)
		list(c, l.indent);
	else
		map(c, l.indent);
	rd_yclose(c->y, line_end(c, c->i - 1));
}

void
rd_ytext(struct rd_ybuild *y)
{
	struct cur c = { y, y->a, y->b, 0, 0 };
	struct df_str key;
	struct yline l;

	(void)rd_yopen(y, RD_YMAP, rd_span(y->r, y->a, y->b));
	while (!y->r->full && peek(&c, &l)) {
		if (key_len(l.t, &key))
			map(&c, l.indent);
		else
			misfits(&c, l.indent);
	}
	y->depth = 0;
}
