#include "base/df.h"

#include "spec/read-internal.h"

/*
 * Why not libyaml: one reader must take what authors wrote, and some of that
 * is not YAML ("- Read it back (expected: 4)." over two lines is a mapping
 * where none may be).  Reading with libyaml first and with this second would
 * be two readers that can disagree.  So the subset that scenarios use is read
 * here, by indentation: block mappings and sequences, flow sequences, plain,
 * quoted, folded and literal scalars.  A sequence entry is a mapping only when
 * it begins with one of the keys below, else it is text, colons and all.
 */

#define DEPTH 16

static const char *const entry_key[] = {
	"subject", "condition", "observable", "description", "id", "name",
	"statement", "assertion", "expected", NULL
};

struct cur {
	struct rd *r;
	uint32_t i, b;		/* this line, end */
	size_t col;		/* where it begins for us; 0: its indentation */
	unsigned depth;
	uint32_t odd;
	const char *why;
};

struct yline {
	struct df_str t;	/* from the first byte that counts */
	size_t indent;
};

static void
odd(struct cur *c, uint32_t i, const char *why)
{
	if (c->odd == 0) {
		c->odd = i + 1;
		c->why = why;
	}
}

/* Is there another line?  Blank lines and comments are passed over. */
static int
peek(struct cur *c, struct yline *y)
{
	for (; c->i < c->b; c->i++, c->col = 0) {
		const struct df_md_line *l = &c->r->md->line[c->i];
		size_t n = 0;

		if (c->col) {
			y->t.s = l->s + c->col;
			y->t.n = l->n - c->col;
			y->indent = c->col;
			y->t = df_str_trim(y->t);
			return 1;
		}
		while (n < l->n && l->s[n] == ' ')
			n++;
		if (n < l->n && l->s[n] == '\t')
			odd(c, c->i, "a tab in the indentation");
		y->t.s = l->s + n;
		y->t.n = l->n - n;
		y->t = df_str_trim(y->t);
		y->indent = n;
		if (y->t.n && y->t.s[0] != '#' && !df_str_eq(y->t, "---"))
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

/* "key:" or "key: value": length of the key, else 0. */
static size_t
key_len(struct df_str t)
{
	size_t n = 0;

	while (n < t.n && ((t.s[n] >= 'a' && t.s[n] <= 'z') ||
	    (t.s[n] >= 'A' && t.s[n] <= 'Z') || t.s[n] == '_' ||
	    (n && ((t.s[n] >= '0' && t.s[n] <= '9') || t.s[n] == '-'))))
		n++;
	if (n == 0 || n >= t.n || t.s[n] != ':' ||
	    (n + 1 < t.n && t.s[n + 1] != ' '))
		return 0;
	return n;
}

static int
is_entry(struct df_str t)
{
	return t.n && t.s[0] == '-' && (t.n == 1 || t.s[1] == ' ');
}

/* Is the rest of an entry a mapping? */
static int
is_entry_map(struct df_str t)
{
	size_t n = key_len(t), i;

	for (i = 0; n && entry_key[i]; i++)
		if (df_str_eq((struct df_str){ t.s, n }, entry_key[i]))
			return 1;
	return 0;
}

static struct rd_ynode *
node(struct cur *c, enum rd_ykind kind)
{
	struct rd_ynode *y;

	(void)rd_take(c->r, 1);
	y = df_arena_alloc(&c->r->sp->arena, sizeof(*y));
	y->kind = kind;
	y->text = rd_none();
	y->line = c->i + 1;
	return y;
}

/* Cut " # comment". */
static struct df_str
no_comment(struct df_str t)
{
	size_t i;

	for (i = 1; i < t.n; i++)
		if (t.s[i] == '#' && t.s[i - 1] == ' ') {
			t.n = i;
			break;
		}
	return df_str_trim(t);
}

static int
colon_space(struct df_str t)
{
	return df_str_find(t, ": ") != NULL || (t.n && t.s[t.n - 1] == ':');
}

/* The quoted scalar at t: appends what it means; the bytes used. */
static size_t
quoted(struct df_buf *b, struct df_str t, char quote, int *closed)
{
	size_t i;

	*closed = 0;
	for (i = 0; i < t.n; i++) {
		if (t.s[i] == quote && quote == '\'' && i + 1 < t.n &&
		    t.s[i + 1] == '\'') {
			df_buf_ch(b, '\'');
			i++;
		} else if (t.s[i] == quote) {
			*closed = 1;
			return i + 1;
		} else if (t.s[i] == '\\' && quote == '"' && i + 1 < t.n) {
			i++;
			df_buf_ch(b, t.s[i] == 'n' ? '\n' :
			    t.s[i] == 't' ? '\t' : t.s[i]);
		} else
			df_buf_ch(b, t.s[i]);
	}
	return i;
}

static void
set_text(struct cur *c, struct rd_ynode *y, struct df_buf *b, uint32_t first)
{
	while (b->n && (b->s[b->n - 1] == '\n' || b->s[b->n - 1] == ' '))
		df_buf_cut(b, b->n - 1);
	y->kind = RD_YTEXT;
	y->text.s = rd_str(c->r, (struct df_str){ b->s, b->n });
	y->text.n = b->n;
	y->text.at = rd_span(c->r, first, c->i);
	y->line = first + 1;
	df_buf_release(b);
}

/* ">" or "|": the lines that are indented more than parent. */
static void
block_scalar(struct cur *c, struct rd_ynode *y, size_t parent, int folded)
{
	struct df_buf b = DF_BUF_INIT;
	uint32_t first = c->i;
	size_t own = 0, n;

	next(c);
	for (; c->i < c->b; c->i++) {
		const struct df_md_line *l = &c->r->md->line[c->i];
		struct df_str t;

		for (n = 0; n < l->n && l->s[n] == ' '; n++)
			;
		t.s = l->s + n;
		t.n = l->n - n;
		t = df_str_trim(t);
		if (t.n == 0) {
			if (b.n)
				df_buf_ch(&b, '\n');
			continue;
		}
		if (n <= parent)
			break;
		if (own == 0)
			own = n;
		if (b.n && b.s[b.n - 1] != '\n')
			df_buf_ch(&b, folded ? ' ' : '\n');
		if (!folded && n > own)
			df_buf_fmt(&b, "%*s", (int)(n - own), "");
		df_buf_add(&b, t.s, t.n);
	}
	set_text(c, y, &b, first);
}

/* "[SC-001, SC-002]", perhaps over lines: a list of texts. */
static void
flow_list(struct cur *c, struct rd_ynode *y, struct df_str t)
{
	struct rd_ynode **tail = &y->child, *x;
	struct df_buf b = DF_BUF_INIT, one = DF_BUF_INIT;
	uint32_t first = c->i;
	struct yline more;
	size_t i;
	int closed, done = 0;

	df_buf_add(&b, t.s, t.n);
	next(c);
	while (memchr(t.s, ']', t.n) == NULL && peek(c, &more)) {
		if (is_entry(more.t) || key_len(more.t))
			break;
		t = more.t;
		df_buf_ch(&b, ' ');
		df_buf_add(&b, t.s, t.n);
		next(c);
	}
	y->kind = RD_YLIST;
	for (i = 1; i < b.n && !done; ) {
		struct df_str s;

		while (i < b.n && (b.s[i] == ' ' || b.s[i] == ','))
			i++;
		df_buf_reset(&one);
		if (i < b.n && (b.s[i] == '"' || b.s[i] == '\'')) {
			i++;
			i += quoted(&one, (struct df_str){ b.s + i, b.n - i },
			    b.s[i - 1], &closed);
		}
		while (i < b.n && b.s[i] != ',' && b.s[i] != ']')
			df_buf_ch(&one, b.s[i++]);
		done = i < b.n && b.s[i] == ']';
		s = df_str_trim((struct df_str){ one.s, one.n });
		if (s.n == 0)
			continue;
		x = node(c, RD_YTEXT);
		x->text.s = rd_str(c->r, s);
		x->text.n = s.n;
		x->text.at = rd_span(c->r, first, first + 1);
		x->line = first + 1;
		*tail = x;
		tail = &x->next;
		if (c->r->full)
			break;
	}
	if (!done)
		odd(c, first, "a list in brackets that does not end");
	df_buf_release(&b);
	df_buf_release(&one);
}

/*
 * A scalar that begins with t on this line; lines that are indented more than
 * parent continue it.
 */
static void
scalar(struct cur *c, struct rd_ynode *y, struct df_str t, size_t parent)
{
	struct df_buf b = DF_BUF_INIT;
	uint32_t first = c->i;
	struct yline more;
	int closed = 1;
	char quote = 0;
	size_t n;

	if (t.s[0] == '"' || t.s[0] == '\'') {
		quote = t.s[0];
		t.s++;
		t.n--;
		n = quoted(&b, t, quote, &closed);
		t.s += n;
		t.n -= n;
		if (closed && no_comment(t).n && df_str_trim(t).s[0] != '#') {
			odd(c, c->i, "text behind a quoted scalar");
			df_buf_add(&b, t.s, t.n);
		}
	} else {
		if (strchr("@`*%", t.s[0]))
			odd(c, c->i, "a plain scalar that begins with a "
			    "reserved character");
		t = no_comment(t);
		df_buf_add(&b, t.s, t.n);
	}
	next(c);
	while (peek(c, &more) && more.indent > parent) {
		df_buf_ch(&b, ' ');
		if (quote && !closed) {
			n = quoted(&b, more.t, quote, &closed);
			df_buf_add(&b, more.t.s + n, more.t.n - n);
		} else {
			if (quote)
				odd(c, c->i, "text behind a quoted scalar");
			else if (colon_space(more.t))
				odd(c, c->i, "\": \" inside a plain scalar");
			more.t = no_comment(more.t);
			df_buf_add(&b, more.t.s, more.t.n);
		}
		next(c);
	}
	if (!closed)
		odd(c, first, "a quoted scalar that does not end");
	set_text(c, y, &b, first);
}

static void
value(struct cur *c, struct rd_ynode *y, struct df_str t, size_t parent)
{
	if (t.s[0] == '[')
		flow_list(c, y, t);
	else if ((t.s[0] == '>' || t.s[0] == '|') && (t.n == 1 ||
	    (t.n <= 3 && strchr("+-123456789 ", t.s[1]))))
		block_scalar(c, y, parent, t.s[0] == '>');
	else
		scalar(c, y, t, parent);
}

static struct rd_ynode *block(struct cur *c, size_t indent);

#define KEYS 64		/* keys of one mapping that are compared */

/* Does an earlier node of the mapping have this key? */
static int
twice(const struct rd_ynode *first, const struct rd_ynode *x)
{
	unsigned n;

	for (n = 0; first != x && n < KEYS; first = first->next, n++)
		if (first->key.n == x->key.n &&
		    memcmp(first->key.s, x->key.s, x->key.n) == 0)
			return 1;
	return 0;
}

/* Lines that fit nowhere in a mapping belong to the text before them. */
static void
misfits(struct cur *c, struct rd_ynode *last, size_t indent)
{
	struct df_buf b = DF_BUF_INIT;
	struct yline l;

	while (peek(c, &l) && (l.indent > indent ||
	    (l.indent == indent && !is_entry(l.t) && key_len(l.t) == 0))) {
		odd(c, c->i, key_len(l.t) ? "an indentation that fits "
		    "nothing" : "a line that is no \"key: value\"");
		df_buf_ch(&b, ' ');
		df_buf_add(&b, l.t.s, l.t.n);
		next(c);
	}
	if (last && last->kind == RD_YTEXT) {
		struct df_buf all = DF_BUF_INIT;

		df_buf_add(&all, last->text.s, last->text.n);
		df_buf_add(&all, b.s, b.n);
		set_text(c, last, &all, last->line - 1);
	}
	df_buf_release(&b);
}

static void
map(struct cur *c, struct rd_ynode *y, size_t indent)
{
	struct rd_ynode **tail = &y->child, *x, *last = NULL, *in;
	struct yline l, more;
	size_t n;

	while (!c->r->full && peek(c, &l) && l.indent >= indent) {
		if (l.indent == indent && is_entry(l.t))
			break;
		n = key_len(l.t);
		if (n == 0 || l.indent > indent) {
			misfits(c, last, indent);
			continue;
		}
		x = node(c, RD_YNONE);
		x->key.s = l.t.s;
		x->key.n = n;
		*tail = x;
		tail = &x->next;
		last = x;
		if (twice(y->child, x))
			odd(c, c->i, "a key that stands twice");
		l.t.s += n + 1;
		l.t.n -= n + 1;
		l.t = df_str_trim(l.t);
		if (l.t.n && l.t.s[0] != '#') {
			if (l.t.s[0] != '"' && l.t.s[0] != '\'' &&
			    l.t.s[0] != '[' && colon_space(l.t))
				odd(c, c->i, "\": \" inside a plain scalar");
			value(c, x, l.t, indent);
			continue;
		}
		next(c);
		if (!peek(c, &more) || more.indent < indent ||
		    (more.indent == indent && !is_entry(more.t)))
			continue;
		if (c->depth >= DEPTH) {
			odd(c, c->i, "nesting that is too deep");
			scalar(c, x, more.t, indent);
			continue;
		}
		c->depth++;
		in = block(c, more.indent);
		c->depth--;
		x->kind = in->kind;
		x->child = in->child;
		x->text = in->text;
	}
}

static void
list(struct cur *c, struct rd_ynode *y, size_t indent)
{
	struct rd_ynode **tail = &y->child, *x;
	struct yline l;
	size_t skip;

	while (!c->r->full && peek(c, &l) && l.indent == indent &&
	    is_entry(l.t)) {
		struct df_str t = l.t;

		for (skip = 1; skip < t.n && t.s[skip] == ' '; skip++)
			;
		t.s += skip;
		t.n -= skip;
		x = node(c, RD_YNONE);
		*tail = x;
		tail = &x->next;
		if (t.n == 0) {
			struct yline more;

			next(c);
			if (peek(c, &more) && more.indent > indent)
				scalar(c, x, more.t, indent);
		} else if (is_entry_map(t) && c->depth < DEPTH) {
			c->col = indent + skip;
			c->depth++;
			x->kind = RD_YMAP;
			map(c, x, c->col);
			c->depth--;
		} else
			value(c, x, t, indent);
	}
}

/* The mapping, sequence or text whose lines begin at indent. */
static struct rd_ynode *
block(struct cur *c, size_t indent)
{
	struct rd_ynode *y = node(c, RD_YNONE);
	struct yline l;

	if (!peek(c, &l))
		return y;
	if (is_entry(l.t)) {
		y->kind = RD_YLIST;
		list(c, y, indent);
	} else if (key_len(l.t)) {
		y->kind = RD_YMAP;
		map(c, y, indent);
	} else
		scalar(c, y, l.t, indent ? indent - 1 : 0);
	return y;
}

struct rd_ynode *
rd_yaml(struct rd *r, uint32_t a, uint32_t b, uint32_t *oddline,
    const char **why)
{
	struct cur c = { r, a, b, 0, 0, 0, "" };
	struct rd_ynode *y, **tail, *more;
	struct yline l;

	y = node(&c, RD_YMAP);
	tail = &y->child;
	while (!r->full && peek(&c, &l)) {
		if (key_len(l.t)) {
			more = node(&c, RD_YMAP);
			map(&c, more, l.indent);
			*tail = more->child;
			while (*tail)
				tail = &(*tail)->next;
		} else {
			odd(&c, c.i, "a line that is no \"key: value\"");
			next(&c);
		}
	}
	*oddline = c.odd;
	*why = c.why;
	return y;
}

const struct rd_ynode *
rd_ychild(const struct rd_ynode *y, const char *key)
{
	const struct rd_ynode *x;

	for (x = y ? y->child : NULL; x; x = x->next)
		if (df_str_eq(x->key, key))
			return x;
	return NULL;
}
