#include "base/df.h"

#include <stdarg.h>
#include <stdlib.h>

#include "spec/read-internal.h"

#define PARTS_MAX ((size_t)20 * DF_SPEC_ITEMS_MAX)
#define REMARKS_MAX 10000

int
rd_take(struct rd *r, size_t n)
{
	if (r->full || n > PARTS_MAX || r->sp->used + n > PARTS_MAX) {
		r->full = 1;
		return 0;
	}
	r->sp->used += n;
	return 1;
}

void *
rd_keep(struct rd *r, void *p, size_t n)
{
	void *q = NULL;

	if (n) {
		q = df_arena_alloc(&r->sp->arena, n);
		memcpy(q, p, n);
	}
	free(p);
	return q;
}

const char *
rd_str(struct rd *r, struct df_str t)
{
	return t.n ? df_arena_str(&r->sp->arena, t.s, t.n) : "";
}

void
rd_remark(struct rd *r, const char *rule, struct df_span at,
    const char *fmt, ...)
{
	struct df_spec *sp = r->sp;
	struct df_buf b = DF_BUF_INIT;
	struct df_remark *m;
	va_list ap;

	if (sp->remarks == REMARKS_MAX) {
		sp->remarks_cut++;
		return;
	}
	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	DF_GROW(sp->remark, sp->remarks, sp->remarkcap);
	m = &sp->remark[sp->remarks++];
	m->rule = rule;
	m->msg = df_arena_str(&sp->arena, b.s, b.n);
	m->at = at;
	df_buf_release(&b);
}

/* ---- places and texts ---- */

struct df_span
rd_span(struct rd *r, uint32_t a, uint32_t b)
{
	const struct df_md *md = r->md;
	struct df_span s = { (uint8_t)r->doc, 0, 0, 0 };
	size_t end;

	if (a >= b || a >= md->lines)
		return s;
	end = b < md->lines ? md->line[b].off : md->n;
	s.line = a + 1;
	/* the first one has a byte order mark too: spans cover every byte */
	s.off = a ? md->line[a].off : 0;
	s.len = (uint32_t)end - s.off;
	return s;
}

struct df_span
rd_at(struct rd *r, struct df_str t, uint32_t i)
{
	const struct df_md *md = r->md;
	struct df_span s = { (uint8_t)r->doc, i + 1, 0, 0 };

	if (t.s >= md->s && t.s + t.n <= md->s + md->n) {
		s.off = (uint32_t)(t.s - md->s);
		s.len = (uint32_t)t.n;
	} else {
		s.off = md->line[i].off;
		s.len = md->line[i].len;
	}
	return s;
}

struct df_value
rd_none(void)
{
	struct df_value x = { "", 0, { 0, 0, 0, 0 } };

	return x;
}

struct df_value
rd_text(struct rd *r, struct df_str t, uint32_t i)
{
	struct df_value x;

	t = df_md_bare(t);
	x.s = rd_str(r, t);
	x.n = t.n;
	x.at = rd_at(r, t, i);
	return x;
}

/* The text in r->tmp, which came from lines a to b - 1. */
static struct df_value
built(struct rd *r, uint32_t a, uint32_t b)
{
	struct df_value x;
	struct df_str t = { r->tmp.s, r->tmp.n };

	while (t.n && (t.s[t.n - 1] == '\n' || t.s[t.n - 1] == ' '))
		t.n--;
	if (memchr(t.s, '\n', t.n) == NULL)
		t = df_md_bare(t);
	x.s = rd_str(r, t);
	x.n = t.n;
	x.at = rd_span(r, a, b);
	return x;
}

static void
add(struct rd *r, struct df_str t)
{
	if (t.n)
		df_buf_add(&r->tmp, t.s, t.n);
}

struct df_value
rd_value(struct rd *r, struct df_str t, uint32_t i, uint32_t b,
    unsigned indent)
{
	const struct df_md_line *l;
	struct df_value x;
	uint32_t j;

	df_buf_reset(&r->tmp);
	add(r, t);
	for (j = i + 1; j < b; j++) {
		l = &r->md->line[j];
		if (l->kind != DF_MD_TEXT)
			break;
		if (l->mark && l->indent <= indent)
			break;
		if (r->tmp.n)
			df_buf_ch(&r->tmp, l->mark ? '\n' : ' ');
		add(r, rd_line(l));
	}
	if (r->tmp.n == 0)
		return rd_none();
	if (j == i + 1)
		return rd_text(r, t, i);
	x = built(r, i, j);
	if (t.n && t.s >= r->md->s && t.s < r->md->s + r->md->n) {
		uint32_t off = (uint32_t)(t.s - r->md->s);

		x.at.len -= off - x.at.off;
		x.at.off = off;
	}
	return x;
}

struct df_value
rd_block(struct rd *r, uint32_t a, uint32_t b, int all)
{
	const struct df_md_line *l;
	struct df_str raw;
	int gap = 0;	/* blank lines since the last text */
	int own = 1;	/* the next text begins a line */
	uint32_t i, first = b, last = a;
	unsigned k;

	df_buf_reset(&r->tmp);
	for (i = a; i < b; i++) {
		l = &r->md->line[i];
		if (l->kind == DF_MD_BLANK || l->kind == DF_MD_RULE ||
		    l->kind == DF_MD_COMMENT) {
			gap = 1;
			continue;
		}
		if (l->kind != DF_MD_TEXT && l->kind != DF_MD_HEADING && !all) {
			gap = own = 1;
			continue;
		}
		if (r->tmp.n) {
			if (gap && !(l->mark && r->md->line[last - 1].mark))
				df_buf_str(&r->tmp, "\n\n");
			else if (own || l->mark || l->kind != DF_MD_TEXT)
				df_buf_ch(&r->tmp, '\n');
			else
				df_buf_ch(&r->tmp, ' ');
		}
		own = gap = 0;
		if (l->kind == DF_MD_TEXT) {
			if (l->mark)
				for (k = 0; k < l->indent && k < 8; k++)
					df_buf_ch(&r->tmp, ' ');
			add(r, rd_line(l));
		} else if (l->kind == DF_MD_HEADING) {
			for (k = 0; k < l->level; k++)
				df_buf_ch(&r->tmp, '#');
			df_buf_ch(&r->tmp, ' ');
			add(r, rd_line(l));
			own = 1;
		} else if (l->kind == DF_MD_TABLE) {
			add(r, rd_line(l));
			own = 1;
		} else {
			raw.s = r->md->s + l->off;
			raw.n = l->len;
			add(r, raw);
			own = 1;
		}
		if (first == b)
			first = i;
		last = i + 1;
	}
	if (r->tmp.n == 0)
		return rd_none();
	return built(r, first, last);
}

/* ---- tables ---- */

static struct df_value
cell_text(struct rd *r, struct df_str t, uint32_t i)
{
	struct df_value x = rd_text(r, t, i);
	size_t k, n = 0;
	char *s;

	if (strstr(x.s, "\\|") == NULL)
		return x;
	s = df_arena_str(&r->sp->arena, x.s, x.n);
	for (k = 0; k < x.n; k++) {
		if (s[k] == '\\' && s[k + 1] == '|')
			continue;
		s[n++] = s[k];
	}
	s[n] = 0;
	x.s = s;
	x.n = n;
	return x;
}

static void
fill_row(struct rd *r, struct df_str row, uint32_t i, unsigned cols,
    struct df_value *to)
{
	struct df_str cell[DF_MD_CELLS_MAX];
	unsigned n, k;

	n = df_md_cells(row, cols, cell);
	if (n > cols) {
		/* more cells than columns: the last column has the rest */
		const char *end = cell[n - 1].s + cell[n - 1].n;

		cell[cols - 1].n = (size_t)(end - cell[cols - 1].s);
		n = cols;
	}
	for (k = 0; k < cols; k++)
		to[k] = k < n ? cell_text(r, cell[k], i) : rd_none();
}

uint32_t
rd_rows(struct rd *r, struct df_str head, uint32_t line, uint32_t a,
    uint32_t b, struct df_table *t)
{
	struct df_str cell[DF_MD_CELLS_MAX];
	struct df_value *v;
	uint32_t end, i;
	size_t rows = 0;

	memset(t, 0, sizeof(*t));
	t->caption = rd_none();
	for (end = a; end < b && r->md->line[end].kind == DF_MD_TABLE; end++)
		rows += !df_md_delim(rd_line(&r->md->line[end]));
	t->cols = df_md_cells(head, 0, cell);
	if (!rd_take(r, (rows + 1) * t->cols)) {
		t->cols = 0;
		return end;
	}
	v = df_arena_alloc(&r->sp->arena, (rows + 1) * t->cols * sizeof(*v));
	t->head = v;
	t->cell = v + t->cols;
	fill_row(r, head, line, t->cols, v);
	v += t->cols;
	for (i = a; i < end; i++) {
		if (df_md_delim(rd_line(&r->md->line[i])))
			continue;
		fill_row(r, rd_line(&r->md->line[i]), i, t->cols, v);
		v += t->cols;
	}
	t->rows = rows;
	t->at = rd_span(r, line, end);
	return end;
}

uint32_t
rd_table(struct rd *r, uint32_t a, uint32_t b, struct df_table *t)
{
	return rd_rows(r, rd_line(&r->md->line[a]), a, a + 1, b, t);
}

static struct df_value
caption(struct rd *r, uint32_t a, uint32_t i)
{
	struct df_md_kv kv;
	struct df_str t;

	while (i > a && r->md->line[i - 1].kind == DF_MD_BLANK)
		i--;
	if (i == a || r->md->line[i - 1].kind != DF_MD_TEXT)
		return rd_none();
	t = rd_line(&r->md->line[i - 1]);
	if (df_md_kv(t, &kv) && kv.value.n == 0)
		return rd_text(r, kv.key, i - 1);
	if (t.s[t.n - 1] == ':') {
		t.n--;
		return rd_text(r, t, i - 1);
	}
	if (df_md_bare(t).n != t.n)
		return rd_text(r, t, i - 1);
	return rd_none();
}

void
rd_tables(struct rd *r, uint32_t a, uint32_t b, struct df_tables *out)
{
	VEC(struct df_table) t = { 0 };
	uint32_t i = a;

	while (i < b && !r->full) {
		struct df_table *x;

		if (r->md->line[i].kind != DF_MD_TABLE) {
			i++;
			continue;
		}
		x = PUSH(t);
		i = rd_table(r, i, b, x);
		x->caption = caption(r, a, x->at.line ? x->at.line - 1 : a);
	}
	KEEP(r, t, &out->v, &out->n);
}

int
rd_first_table(struct rd *r, uint32_t a, uint32_t b, struct df_table *t)
{
	memset(t, 0, sizeof(*t));
	t->caption = rd_none();
	for (; a < b; a++)
		if (r->md->line[a].kind == DF_MD_TABLE) {
			rd_table(r, a, b, t);
			return 1;
		}
	return 0;
}

int
rd_column(const struct df_table *t, const char *name)
{
	unsigned i;

	for (i = 0; i < t->cols; i++)
		if (df_md_title(rd_textstr(&t->head[i]), name))
			return (int)i;
	return -1;
}

const struct df_value *
rd_cell(const struct df_table *t, size_t row, int c)
{
	static const struct df_value none = { "", 0, { 0, 0, 0, 0 } };

	if (c < 0 || (unsigned)c >= t->cols || row >= t->rows)
		return &none;
	return &t->cell[row * t->cols + (unsigned)c];
}

/* ---- code ---- */

/* The fenced block that begins at line a; returns the line behind it. */
static uint32_t
one_code(struct rd *r, uint32_t a, uint32_t b, struct df_code *c)
{
	const struct df_md_line *fence = &r->md->line[a], *l;
	struct df_str info = rd_line(fence);
	size_t n, k;
	uint32_t i;
	char *lang;

	for (n = 0; n < info.n && info.s[n] != ' ' && info.s[n] != '\t'; n++)
		;
	lang = df_arena_str(&r->sp->arena, info.s, n);
	for (k = 0; k < n; k++)
		if (lang[k] >= 'A' && lang[k] <= 'Z')
			lang[k] += 32;
	c->lang = lang;
	df_buf_reset(&r->tmp);
	for (i = a + 1; i < b && r->md->line[i].kind == DF_MD_CODE; i++) {
		l = &r->md->line[i];
		for (k = 0; k < fence->indent && k < l->n && l->s[k] == ' ';
		    k++)
			;
		df_buf_add(&r->tmp, l->s + k, l->n - k);
		df_buf_ch(&r->tmp, '\n');
	}
	c->s = df_arena_str(&r->sp->arena, r->tmp.s, r->tmp.n);
	c->n = r->tmp.n;
	c->at = rd_span(r, a + 1, i);
	if (c->at.line == 0) {
		c->at.line = a + 2;
		c->at.off = fence->off + fence->len;
	}
	if (i < b && r->md->line[i].kind == DF_MD_FENCE_END)
		i++;
	return i;
}

void
rd_codes(struct rd *r, uint32_t a, uint32_t b, const char *lang,
    struct df_codes *out)
{
	VEC(struct df_code) c = { 0 };
	struct df_code one;
	uint32_t i = a;

	while (i < b) {
		if (r->md->line[i].kind != DF_MD_FENCE) {
			i++;
			continue;
		}
		if (!rd_take(r, 1))
			break;
		i = one_code(r, i, b, &one);
		if (lang == NULL || strcmp(one.lang, lang) == 0)
			*PUSH(c) = one;
	}
	KEEP(r, c, &out->v, &out->n);
}

/* ---- lists ---- */

void
rd_criteria(struct rd *r, uint32_t a, uint32_t b, struct df_criterion **out,
    size_t *n)
{
	VEC(struct df_criterion) c = { 0 };
	const struct df_md_line *l;
	struct df_criterion *now;
	unsigned base = 255, k;
	uint32_t i = a, from, j;

	while (i < b && !r->full) {
		l = &r->md->line[i];
		if (l->kind != DF_MD_TEXT || l->mark == 0) {
			i++;
			continue;
		}
		if (l->indent < base || base == 255)
			base = l->indent;
		if (!rd_take(r, 1))
			break;
		now = PUSH(c);
		now->number = l->mark == '1' ? l->num : (unsigned)c.n;
		df_buf_reset(&r->tmp);
		add(r, df_md_item(l));
		from = i;
		for (j = i + 1; j < b; j++) {
			l = &r->md->line[j];
			if (l->kind == DF_MD_TEXT && l->mark &&
			    l->indent <= base + 1)
				break;
			if (l->kind == DF_MD_HEADING || l->kind == DF_MD_RULE)
				break;
			if (l->kind == DF_MD_TEXT && l->mark == 0 &&
			    r->md->line[j - 1].kind == DF_MD_BLANK &&
			    l->indent <= base)
				break;
			if (l->kind == DF_MD_TABLE && l->indent <= base)
				break;
			if (l->kind == DF_MD_FENCE && l->indent <= base &&
			    r->md->line[j - 1].kind == DF_MD_BLANK)
				break;
			if (l->kind != DF_MD_TEXT && l->kind != DF_MD_TABLE)
				continue;
			if (l->mark || l->kind == DF_MD_TABLE) {
				df_buf_ch(&r->tmp, '\n');
				for (k = base; k < l->indent; k++)
					df_buf_ch(&r->tmp, ' ');
			} else
				df_buf_ch(&r->tmp, ' ');
			add(r, rd_line(l));
		}
		while (j > from + 1 && r->md->line[j - 1].kind == DF_MD_BLANK)
			j--;
		now->text = built(r, from, j);
		rd_codes(r, from, j, NULL, &now->codes);
		i = j;
	}
	KEEP(r, c, out, n);
}

void
rd_list(struct rd *r, uint32_t a, uint32_t b, struct df_values *out)
{
	VEC(struct df_value) t = { 0 };
	struct df_criterion *c;
	size_t n, k;
	uint32_t i, j;

	rd_criteria(r, a, b, &c, &n);
	for (k = 0; k < n; k++)
		*PUSH(t) = c[k].text;
	for (i = a; n == 0 && i < b && !r->full; i = j) {
		j = i + 1;
		if (r->md->line[i].kind != DF_MD_TEXT)
			continue;
		while (j < b && r->md->line[j].kind == DF_MD_TEXT)
			j++;
		if (rd_take(r, 1))
			*PUSH(t) = rd_block(r, i, j, 0);
	}
	KEEP(r, t, &out->v, &out->n);
}
