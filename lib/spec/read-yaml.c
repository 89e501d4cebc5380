#include "base/df.h"

#include <yaml.h>

#include "spec/read-yaml.h"

/* ---- places ---- */

struct df_span
rd_yspan(struct rd *r, uint32_t i, size_t from, size_t to)
{
	struct df_span s = { (uint8_t)r->doc, i + 1, (uint32_t)from, 0 };

	if (to > from)
		s.len = (uint32_t)(to - from);
	return s;
}

static size_t
block_end(const struct rd_ybuild *y)
{
	const struct df_md *md = y->r->md;

	return y->b < md->lines ? md->line[y->b].off : md->n;
}

/*
 * The byte that a mark means: marks count characters and come in the order of
 * the text, so that each line is walked once.
 */
static size_t
mark_off(struct rd_ybuild *y, const yaml_mark_t *m, uint32_t *line)
{
	const struct df_md *md = y->r->md;
	size_t end = block_end(y);
	uint32_t i = y->a + (uint32_t)m->line;

	if (i >= y->b) {
		*line = y->b > y->a ? y->b - 1 : y->a;
		return end;
	}
	*line = i;
	if (y->line != i || y->col > m->column || y->off == 0) {
		y->line = i;
		y->col = 0;
		y->off = md->line[i].off;
	}
	while (y->col < m->column && y->off < end) {
		y->off++;
		while (y->off < end &&
		    ((unsigned char)md->s[y->off] & 0xc0) == 0x80)
			y->off++;
		y->col++;
	}
	return y->off;
}

static struct df_span
mark_span(struct rd_ybuild *y, const yaml_mark_t *from, const yaml_mark_t *to)
{
	uint32_t line, last;
	size_t a = mark_off(y, from, &line);

	return rd_yspan(y->r, line, a, mark_off(y, to, &last));
}

struct df_str
rd_yfold(struct rd *r, struct df_span at, int strip)
{
	struct df_str t, rest = { r->md->s + at.off, at.len };
	const char *nl;
	size_t i, gaps = 0;

	df_buf_reset(&r->tmp);
	while (rest.n) {
		nl = memchr(rest.s, '\n', rest.n);
		t.s = rest.s;
		t.n = nl ? (size_t)(nl - rest.s) : rest.n;
		rest = rd_advance(rest, t.n + (nl != NULL));
		t = df_str_trim(t);
		for (i = 0; strip && i < t.n; i++)
			if (t.s[i] == '#' && (i == 0 || t.s[i - 1] == ' ' ||
			    t.s[i - 1] == '\t')) {
				if (i == 0)
					gaps--;		/* a line of its own */
				t.n = i;
				t = df_str_trim(t);
				break;
			}
		if (t.n == 0) {
			gaps++;
			continue;
		}
		for (i = 0; r->tmp.n && i < gaps; i++)
			df_buf_ch(&r->tmp, '\n');
		if (r->tmp.n && gaps == 0)
			df_buf_ch(&r->tmp, ' ');
		gaps = 0;
		df_buf_add(&r->tmp, t.s, t.n);
	}
	t.s = rd_str(r, (struct df_str){ r->tmp.s, r->tmp.n });
	t.n = r->tmp.n;
	return t;
}

/* ---- the tree ---- */

struct rd_ynode *
rd_yadd(struct rd_ybuild *y, enum rd_ykind kind, struct df_span at)
{
	struct rd_ylevel *l = y->depth ? &y->level[y->depth - 1] : NULL;
	struct rd_ynode *x;

	(void)rd_take(y->r, 2);
	x = df_arena_alloc(&y->r->sp->arena, sizeof(*x));
	x->kind = kind;
	x->text = rd_none();
	x->text.at = at;
	if (l == NULL) {
		if (y->top == NULL)
			y->top = x;
		return x;
	}
	if (l->keyed)
		x->key = l->key;
	l->keyed = 0;
	*l->tail = x;
	l->tail = &x->next;
	l->last = x;
	return x;
}

int
rd_yopen(struct rd_ybuild *y, enum rd_ykind kind, struct df_span at)
{
	struct rd_ylevel *l;
	struct rd_ynode *x;

	if (y->depth == RD_YDEPTH)
		return 0;
	x = rd_yadd(y, kind, at);
	l = &y->level[y->depth++];
	memset(l, 0, sizeof(*l));
	l->node = x;
	l->tail = &x->child;
	l->number = y->maps++;
	return 1;
}

void
rd_yclose(struct rd_ybuild *y, size_t end)
{
	struct df_span *at = &y->level[--y->depth].node->text.at;

	at->len = end > at->off ? (uint32_t)(end - at->off) : 0;
}

void
rd_ykey(struct rd_ybuild *y, struct df_str key, struct df_span at)
{
	struct rd_ylevel *l = &y->level[y->depth - 1];
	char *s = df_arena_alloc(&y->r->sp->arena,
	    sizeof(l->number) + key.n + 1);

	memcpy(s, &l->number, sizeof(l->number));
	memcpy(s + sizeof(l->number), key.s, key.n);
	l->key.s = s + sizeof(l->number);
	l->key.n = key.n;
	l->keyed = 1;
	if (df_map_set(&y->keys, s, sizeof(l->number) + key.n, 1) !=
	    DF_MAP_NONE && y->twice.line == 0)
		y->twice = at;
}

void
rd_yscalar(struct rd_ybuild *y, struct df_str t, int plain, struct df_span at)
{
	struct rd_ynode *x;

	while (t.n && (t.s[t.n - 1] == '\n' || t.s[t.n - 1] == ' '))
		t.n--;
	if (plain && (t.n == 0 || df_str_eq(t, "~") || df_str_eq(t, "null"))) {
		(void)rd_yadd(y, RD_YNONE, at);
		return;
	}
	x = rd_yadd(y, RD_YTEXT, at);
	x->text.s = rd_str(y->r, t);
	x->text.n = t.n;
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

/* ---- libyaml ---- */

static int
refuse(struct rd_ybuild *y, struct df_span at, const char *why)
{
	y->at = at;
	y->context = NULL;
	y->problem = why;
	return -1;
}

static int
refuse_error(struct rd_ybuild *y, const yaml_parser_t *p, struct df_span block)
{
	const yaml_mark_t *m;
	struct df_span at;
	size_t off;

	if (p->error == YAML_MEMORY_ERROR)
		df_diex(DF_EXTERNAL, "memory", "out of memory");
	if (p->error == YAML_READER_ERROR) {
		off = block.off + (p->problem_offset < block.len ?
		    p->problem_offset : 0);
		at = rd_yspan(y->r, df_md_line_at(y->r->md, off) - 1, off,
		    off);
	} else {	/* what never ends is shown where it begins */
		m = p->context && y->a + p->problem_mark.line >= y->b ?
		    &p->context_mark : &p->problem_mark;
		at = mark_span(y, m, m);
	}
	(void)refuse(y, at, p->problem ? p->problem : "an error");
	y->context = p->context;
	return -1;
}

static int
one_event(struct rd_ybuild *y, const yaml_event_t *ev, struct df_span at)
{
	struct rd_ylevel *l = y->depth ? &y->level[y->depth - 1] : NULL;
	int wants_key = l && l->node->kind == RD_YMAP && !l->keyed, map;
	const yaml_char_t *anchor = NULL, *tag = NULL;
	struct df_str t;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return refuse(y, at, "aliases are not expanded");
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		rd_yclose(y, (size_t)at.off + at.len);
		return 0;
	default:
		return 0;
	}
	if (anchor)
		return refuse(y, at, "anchors are not read");
	if (tag && y->tag.line == 0)
		y->tag = at;
	if (ev->type == YAML_SCALAR_EVENT) {
		t.s = (const char *)ev->data.scalar.value;
		t.n = ev->data.scalar.length;
		if (memchr(t.s, 0, t.n))
			return refuse(y, at, "a NUL in a text");
		if (wants_key)
			rd_ykey(y, t, at);
		else
			rd_yscalar(y, t, ev->data.scalar.style ==
			    YAML_PLAIN_SCALAR_STYLE, at);
		return 0;
	}
	if (wants_key)
		return refuse(y, at, "a key that is no text");
	map = ev->type == YAML_MAPPING_START_EVENT;
	if (!rd_yopen(y, map ? RD_YMAP : RD_YLIST, at))
		return refuse(y, at, "nesting that is too deep");
	return 0;
}

static int
events(struct rd_ybuild *y, yaml_parser_t *p, struct df_span block, int piece)
{
	unsigned base = y->depth, docs = 0;
	struct df_span at = block;
	yaml_event_t ev;
	int rc, type;

	do {
		if (!yaml_parser_parse(p, &ev))
			return refuse_error(y, p, block);
		type = (int)ev.type;
		if (!piece)
			at = mark_span(y, &ev.start_mark, &ev.end_mark);
		rc = one_event(y, &ev, at);
		yaml_event_delete(&ev);
		if (rc == -1)
			return -1;
		if (type == YAML_DOCUMENT_START_EVENT && docs++ == 1) {
			if (piece)
				return refuse(y, at, "more than one document");
			y->more = at;
			return 0;
		}
		if (y->r->full)
			return 0;
	} while (type != YAML_STREAM_END_EVENT && y->depth >= base);
	return 0;
}

/* Does a line end inside that Markdown does not know, so that lines would be
   counted in two ways? */
static int
other_breaks(const char *s, size_t n)
{
	struct df_str t = { s, n };
	const char *p, *end = s + n;

	for (p = s; (p = memchr(p, '\r', (size_t)(end - p))) != NULL; p++)
		if (p + 1 == end || p[1] != '\n')
			return 1;
	return df_str_find(t, "\xc2\x85") || df_str_find(t, "\xe2\x80\xa8") ||
	    df_str_find(t, "\xe2\x80\xa9");
}

int
rd_ylib(struct rd_ybuild *y, struct df_span at, int piece)
{
	const char *s = y->r->md->s + at.off;
	struct rd_ylevel *l = y->depth ? &y->level[y->depth - 1] : NULL;
	struct rd_ynode **tail = l ? l->tail : &y->top;
	struct rd_ynode *last = l ? l->last : NULL;
	int keyed = l && l->keyed, rc;
	unsigned depth = y->depth;
	yaml_parser_t p;

	if (!piece && other_breaks(s, at.len))
		return refuse(y, at, "a line separator that is none of "
		    "Markdown's");
	if (!yaml_parser_initialize(&p))
		df_diex(DF_EXTERNAL, "memory", "out of memory");
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)s, at.len);
	rc = events(y, &p, at, piece);
	yaml_parser_delete(&p);
	if (rc == 0)
		return 0;
	y->depth = depth;
	*tail = NULL;
	if (l) {
		l->tail = tail;
		l->last = last;
		l->keyed = keyed;
	}
	return -1;
}

static void
remarks(const struct rd_ybuild *y, int strict)
{
	struct rd *r = y->r;

	if (!strict)
		rd_remark(r, "d9.yaml", y->at, "not valid YAML, but read: "
		    "%s%s%s", y->context ? y->context : "",
		    y->context ? ": " : "", y->problem);
	if (y->twice.line)
		rd_remark(r, "d9.yaml", y->twice, "a key that stands twice: "
		    "the first one counts");
	if (y->more.line)
		rd_remark(r, "d9.yaml", y->more, "a second document begins "
		    "here: only the first one is read");
	if (y->tag.line)
		rd_remark(r, "d9.yaml", y->tag, "a tag, which means nothing "
		    "here");
}

struct rd_ynode *
rd_yaml(struct rd *r, uint32_t a, uint32_t b, int *strict)
{
	struct rd_ybuild y, text;
	struct rd_ynode *top;

	memset(&y, 0, sizeof(y));
	y.r = r;
	y.a = a;
	y.b = b;
	*strict = rd_ylib(&y, rd_span(r, a, b), 0) == 0;
	if (!*strict) {
		memset(&text, 0, sizeof(text));
		text.r = r;
		text.a = a;
		text.b = b;
		rd_ytext(&text);
		text.at = y.at;
		text.context = y.context;
		text.problem = y.problem;
		df_map_release(&y.keys);
		y = text;
	}
	remarks(&y, *strict);
	df_map_release(&y.keys);
	top = y.top;
	return top ? top : df_arena_alloc(&r->sp->arena, sizeof(*top));
}
