#include "base/df.h"

#include <stdlib.h>

#include "base/text.h"
#include "spec/read-internal.h"

/* ---- D5 ---- */

static const char *const research_keys[] = {
	"prompted by", "priority", "sources consulted", "problem statement",
	"question", "findings", "options considered", "options", "decision",
	"rationale", NULL
};

/* The header may stand behind the label: "Options: | Option | Pros |". */
static void
options_table(struct rd *r, const struct rd_field *f, struct df_table *t)
{
	if (f->value.n && f->value.s[0] == '|')
		rd_rows(r, f->value, f->line, f->line + 1, f->end, t);
	else
		rd_first_table(r, f->line + 1, f->end, t);
}

/* "Decision - B", "### Decision": what begins with the word, no field. */
static struct df_value
plain_decision(struct rd *r, const struct rd_def *x)
{
	const struct df_md_line *l;
	struct df_md_kv kv;
	struct df_str t;
	uint32_t i;

	for (i = x->line + 1; i < x->end; i++) {
		l = &r->md->line[i];
		if (l->kind != DF_MD_TEXT && l->kind != DF_MD_HEADING)
			continue;
		t = rd_unmarked(df_md_item(l));
		if (!df_str_word(t, "decision") ||
		    df_md_kv(rd_line(l), &kv))
			continue;
		if (l->kind == DF_MD_HEADING)
			return rd_block(r, i + 1, x->end, 0);
		return rd_value(r, t, i, x->end, l->indent);
	}
	return rd_none();
}

static void
read_research(struct rd *r, const struct rd_def *x, struct df_research *q)
{
	struct rd_fields f;
	const struct rd_field *o;

	rd_item(r, x, &q->item);
	if (x->level == 0 && df_str_find(x->title, " | ")) {
		rd_defpipes(r, x, &f);
		q->item.title = "";
	} else
		rd_fields(r, x->line + 1, x->end, research_keys, &f);
	rd_keepfields(r, &f, &q->fields);
	q->prompted_by = rd_fieldtext(r, &f, "prompted by");
	q->priority = rd_fieldtext(r, &f, "priority");
	q->blocking = df_str_word(rd_textstr(&q->priority), "blocking");
	q->decision = rd_fieldtext(r, &f, "decision");
	q->rationale = rd_fieldtext(r, &f, "rationale");
	if (q->decision.n == 0)
		q->decision = plain_decision(r, x);
	q->options.caption = rd_none();
	o = rd_field(&f, "options considered|options");
	if (o)
		options_table(r, o, &q->options);
	if (*q->item.title == 0) {
		struct df_value t = rd_fieldtext(r, &f,
		    "question|problem statement");

		q->item.title = t.s;
	}
}

void
rd_d5(struct rd *r)
{
	struct df_d5 *d = &r->sp->d5;
	VEC(struct df_research) v = { 0 };
	struct rd_defs def;
	size_t k;

	rd_defs(r, FAM(DF_RQ), &def);
	for (k = 0; k < def.n && !r->full; k++)
		read_research(r, &def.v[k], PUSH(v));
	KEEP(r, v, &d->research, &d->nresearch);
	for (k = 0; k < d->nresearch; k++) {
		d->research[k].item.index = (uint32_t)k;
		rd_index(r, &d->research[k].item);
	}
}

/* ---- D6: statuses ---- */

static const struct {
	const char *word;
	enum df_status is;
	int row;		/* only in a boundary table */
} status_word[] = {
	{ "OPEN", DF_STATUS_OPEN, 0 },
	{ "RESOLVED", DF_STATUS_RESOLVED, 0 },
	{ "ASSUMED", DF_STATUS_ASSUMED, 0 },
	{ "CLEAR", DF_STATUS_RESOLVED, 1 },
	{ "COMPLETE", DF_STATUS_RESOLVED, 1 },
	{ "MATCHES", DF_STATUS_RESOLVED, 1 },
	{ "MATCH", DF_STATUS_RESOLVED, 1 },
	{ "CLOSED", DF_STATUS_RESOLVED, 1 },
	{ "NONE", DF_STATUS_RESOLVED, 1 }
};

static int
letter(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Where a status stands decides how strictly it is read. */
enum strict {
	S_FIELD,	/* "Status: open": the first word in any case */
	S_PROSE,	/* Resolution: "Open the file" is no status */
	S_TITLE,	/* "(open files)": capitals only */
	S_ROW		/* the first word of a cell, and nothing behind it */
};

/* The status that the word at t is, first in its text or not. */
static enum df_status
status_at(struct df_str t, enum strict how, int first, size_t *n)
{
	size_t i;
	int any;

	for (i = 0; i < DF_LEN(status_word); i++) {
		*n = strlen(status_word[i].word);
		if ((status_word[i].row && how != S_ROW) ||
		    !df_str_word(t, status_word[i].word))
			continue;
		any = first && (how == S_FIELD || (how != S_TITLE &&
		    status_word[i].is != DF_STATUS_OPEN) ||
		    (how == S_ROW && t.n == *n));
		if (any || memcmp(t.s, status_word[i].word, *n) == 0)
			return status_word[i].is;
	}
	return DF_STATUS_NONE;
}

/*
 * The first of OPEN, RESOLVED and ASSUMED in t; ASSUMED directly behind
 * RESOLVED is what counts.
 */
static enum df_status
status_of(struct df_str t, enum strict how)
{
	enum df_status is = DF_STATUS_NONE, second;
	size_t i = 0, n = 0;
	int first = 1;

	while (i < t.n) {
		if (!letter(t.s[i]) || (i && letter(t.s[i - 1]))) {
			i++;
			continue;
		}
		is = status_at((struct df_str){ t.s + i, t.n - i }, how,
		    first, &n);
		if (is != DF_STATUS_NONE || how == S_ROW)
			break;
		first = 0;
		i++;
	}
	if (is != DF_STATUS_RESOLVED)
		return is;
	for (i += n; i < t.n && !letter(t.s[i]); i++)
		;
	second = status_at((struct df_str){ t.s + i, t.n - i }, S_FIELD, 1,
	    &n);
	return second == DF_STATUS_ASSUMED ? second : is;
}

/* "(RESOLVED)" at the end of a title; the title loses it. */
static enum df_status
title_status(struct rd *r, struct df_item *it)
{
	struct df_str t = df_str(it->title);
	enum df_status s;
	size_t i;

	if (t.n == 0 || t.s[t.n - 1] != ')')
		return DF_STATUS_NONE;
	for (i = t.n; i && t.s[i - 1] != '('; i--)
		;
	if (i == 0)
		return DF_STATUS_NONE;
	s = status_of((struct df_str){ t.s + i, t.n - i - 1 }, S_TITLE);
	if (s != DF_STATUS_NONE) {
		t.n = i - 1;
		it->title = rd_str(r, df_str_trim(t));
	}
	return s;
}

/* ---- D6: gaps and clarifications ---- */

static const char *const gap_keys[] = {
	"category", "what is needed", "need", "existing contract", "existing",
	"gap description", "shared", "recommendation", "resolution",
	"impact if unresolved", "impact", "found during", "question",
	"options", "status", "blocks", NULL
};

static void
read_gap(struct rd *r, const struct rd_def *x, struct df_gap *g)
{
	struct rd_fields f;
	struct df_value t;
	enum df_status title, field;

	rd_item(r, x, &g->item);
	if (df_str_find(x->title, " | ")) {
		rd_defpipes(r, x, &f);
		g->item.title = "";
	} else
		rd_fields(r, x->line + 1, x->end, gap_keys, &f);
	rd_keepfields(r, &f, &g->fields);
	g->category = rd_fieldtext(r, &f, "category");
	if (*g->item.title == 0 && f.n && f.v[0].line == x->line &&
	    f.v[0].value.n == 0)
		g->category = rd_text(r, f.v[0].key, x->line);
	g->found_during = rd_fieldtext(r, &f, "found during");
	g->question = rd_fieldtext(r, &f, "question");
	g->options = rd_fieldtext(r, &f, "options");
	g->need = rd_fieldtext(r, &f, "what is needed|need");
	g->resolution = rd_fieldtext(r, &f, "resolution");
	g->impact = rd_fieldtext(r, &f, "impact if unresolved|impact");
	g->blocks = rd_fieldtext(r, &f, "blocks");
	t = rd_fieldtext(r, &f, "shared");
	g->shared = df_str_word(rd_textstr(&t), "yes") ? 1 :
	    df_str_word(rd_textstr(&t), "no") ? 0 : -1;
	title = title_status(r, &g->item);
	g->status_text = rd_fieldtext(r, &f, "status");
	field = status_of(rd_textstr(&g->status_text), S_FIELD);
	if (field == DF_STATUS_NONE && g->status_text.n)
		field = DF_STATUS_OTHER;
	if (field == DF_STATUS_NONE && title == DF_STATUS_NONE &&
	    x->family == DF_GAP) {
		g->status_text = g->resolution;
		field = status_of(rd_textstr(&g->resolution), S_PROSE);
		if (field == DF_STATUS_NONE && g->resolution.n)
			field = DF_STATUS_OTHER;
	}
	g->status = title != DF_STATUS_NONE && field != DF_STATUS_OPEN ?
	    title : field;
	/* a clarification that nobody answered is open */
	if (x->family == DF_CLR && (g->status == DF_STATUS_NONE ||
	    g->status == DF_STATUS_OTHER))
		g->status = DF_STATUS_OPEN;
	if (g->status_text.at.line == 0)
		g->status_text.at = rd_span(r, x->line, x->line + 1);
}

/* ---- D6: boundary tables ---- */

static int
status_column(const struct df_table *t)
{
	unsigned i;

	for (i = t->cols; i--; )
		if (df_str_find(rd_textstr(&t->head[i]), "Status") ||
		    df_str_find(rd_textstr(&t->head[i]), "status") ||
		    df_str_find(rd_textstr(&t->head[i]), "STATUS"))
			return (int)i;
	return -1;
}

struct rows {
	VEC(struct df_boundary) v;
};

/* Without a column Status, and perhaps without a header: what is OPEN in the
   last column is open all the same. */
static void
add_open(const struct df_table *t, struct rows *rows)
{
	const struct df_value *row, *last;
	struct df_boundary *b;
	size_t i;

	for (i = 0; i <= t->rows && t->cols > 1; i++) {
		row = i == 0 ? t->head : rd_cell(t, i - 1, 0);
		last = &row[t->cols - 1];
		if (status_of(rd_textstr(last), S_ROW) != DF_STATUS_OPEN)
			continue;
		b = PUSH(rows->v);
		b->name = *row;
		b->status_text = *last;
		b->status = DF_STATUS_OPEN;
	}
}

static void
add_rows(const struct df_table *t, struct rows *rows)
{
	int col = status_column(t);
	struct df_boundary *b;
	size_t i;

	if (col < 0)
		add_open(t, rows);
	for (i = 0; i < t->rows && col >= 0; i++) {
		b = PUSH(rows->v);
		b->name = *rd_cell(t, i, 0);
		b->status_text = *rd_cell(t, i, col);
		b->status = status_of(rd_textstr(&b->status_text), S_ROW);
		if (b->status == DF_STATUS_NONE && b->status_text.n)
			b->status = DF_STATUS_OTHER;
	}
}

/* The number before a title; 0 when there is none. */
static unsigned
title_number(struct df_str t)
{
	struct df_str name = df_md_unnumbered(t);
	unsigned n = 0;

	for (; name.s > t.s && rd_digit(*t.s); t.s++)
		n = n * 10 + (unsigned)(*t.s - '0');
	return n;
}

/* Is line i inside one of the items (sorted by line)?  Moves *k on. */
static int
in_item(const struct rd_defs *d, uint32_t i, size_t *k)
{
	while (*k < d->n && d->v[*k].end <= i)
		++*k;
	return *k < d->n && i >= d->v[*k].line;
}

static void
read_categories(struct rd *r, const struct rd_defs *def)
{
	struct df_d6 *d = &r->sp->d6;
	const struct df_section *ba = rd_section(r, "boundary analysis");
	const struct df_section *sum = rd_section(r, "summary");
	struct rd_range in = rd_whole(r, ba), out = rd_whole(r, sum);
	VEC(struct df_category) v = { 0 };
	struct df_category *c = NULL;
	struct rows rows;
	struct df_md_kv kv;
	struct df_table t;
	struct df_str name;
	const struct df_md_line *l;
	uint32_t i, next = 1, freed = 0;
	unsigned top = ba && title_number(df_str(ba->title)) ? ba->level : 1;
	size_t k = 0;

	memset(&rows, 0, sizeof(rows));
	for (i = 0; i < r->md->lines && !r->full; i++) {
		int numbered;

		l = &r->md->line[i];
		if (i >= out.a && i < out.b)
			continue;
		if (in_item(def, i, &k) && i >= freed) {
			/* a category below an item of a higher level */
			if (l->kind != DF_MD_HEADING || title_number(
			    df_md_bare(rd_line(l))) == 0 ||
			    i == def->v[k].line)
				continue;
			freed = def->v[k].end;
		}
		numbered = l->kind == DF_MD_TEXT && l->mark == '1' &&
		    l->indent <= 1 && i >= in.a && i < in.b && l->num == next;
		if ((l->kind == DF_MD_HEADING && l->level > 1) || numbered) {
			if (!rd_take(r, 2))
				break;
			if (c)
				KEEP(r, rows.v, &c->row, &c->rows);
			c = PUSH(v);
			name = df_md_bare(rd_line(l));
			c->name = rd_str(r, df_md_unnumbered(name));
			/* the number of a section is none of a category */
			if (numbered || l->level > top)
				c->number = title_number(name);
			if (numbered || (c->number == next && i >= in.a))
				next++;
			c->at = rd_span(r, i, i + 1);
			c->gaps = rd_none();
			continue;
		}
		if (c == NULL)
			continue;
		if (l->kind == DF_MD_TABLE) {
			i = rd_table(r, i, r->md->lines, &t) - 1;
			add_rows(&t, &rows);
		} else if (l->kind == DF_MD_TEXT &&
		    df_md_kv(rd_line(l), &kv) &&
		    df_md_key(kv.key, "gaps found"))
			c->gaps = rd_value(r, kv.value, i, r->md->lines,
			    l->indent);
	}
	if (c)
		KEEP(r, rows.v, &c->row, &c->rows);
	/* headings that are no category and hold no table are of no use */
	for (i = 0, k = 0; k < v.n; k++)
		if (v.v[k].number || v.v[k].rows)
			v.v[i++] = v.v[k];
	v.n = i;
	KEEP(r, v, &d->category, &d->categories);
}

/* ---- D6: what the document says about itself ---- */

static int64_t
leading_number(struct df_str t)
{
	int64_t n = -1;
	size_t i;

	t = df_md_bare(t);
	for (i = 0; i < t.n && i < 9 && t.s[i] >= '0' && t.s[i] <= '9'; i++)
		n = (n < 0 ? 0 : n * 10) + (t.s[i] - '0');
	return n;
}

static int64_t
meta_number(struct rd *r, const char *name)
{
	const struct df_value *t =
	    df_field_get(&r->sp->doc[r->doc].meta.fields, name);

	return leading_number(rd_textstr(t));
}

static void
read_summary(struct rd *r)
{
	struct df_d6 *d = &r->sp->d6;
	struct rd_range in = rd_whole(r, rd_section(r, "summary"));
	VEC(struct df_gapsum) v = { 0 };
	struct df_gapsum s;
	struct df_table t;
	int c[4];
	size_t i;

	if (!rd_first_table(r, in.a, in.b, &t))
		return;
	c[0] = rd_column(&t, "gaps found");
	if (c[0] < 0)
		c[0] = rd_column(&t, "found");
	c[1] = rd_column(&t, "shared");
	c[2] = rd_column(&t, "resolved");
	c[3] = rd_column(&t, "remaining");
	for (i = 0; i < t.rows; i++) {
		s.category = *rd_cell(&t, i, 0);
		s.found = leading_number(rd_textstr(rd_cell(&t, i, c[0])));
		s.shared = leading_number(rd_textstr(rd_cell(&t, i, c[1])));
		s.resolved = leading_number(rd_textstr(rd_cell(&t, i, c[2])));
		s.remaining =
		    leading_number(rd_textstr(rd_cell(&t, i, c[3])));
		if (df_str_word(rd_textstr(&s.category), "total"))
			d->total = s;
		else
			*PUSH(v) = s;
	}
	KEEP(r, v, &d->sum, &d->sums);
}

/* "Gate verdict: PASS", also behind other words of its line. */
static int
gate_line(const struct df_md_line *l, struct df_str *value)
{
	struct df_str t = rd_line(l);
	struct df_md_kv kv;
	const char *p;

	if (l->kind != DF_MD_HEADING && l->kind != DF_MD_TEXT)
		return 0;
	if (l->kind == DF_MD_HEADING)
		t = df_md_bare(t);
	else if ((p = df_str_find(t, "Gate verdict:")) != NULL)
		t = rd_advance(t, (size_t)(p - t.s));
	if (!df_md_kv(t, &kv) || !df_md_key(kv.key, "gate verdict"))
		return 0;
	*value = kv.value;
	return 1;
}

static void
read_gate(struct rd *r)
{
	struct df_d6 *d = &r->sp->d6;
	struct df_str t;
	uint32_t i;

	for (i = r->md->lines; i--; ) {
		if (!gate_line(&r->md->line[i], &t))
			continue;
		d->gate_text = rd_value(r, t, i, r->md->lines,
		    r->md->line[i].indent);
		t = rd_textstr(&d->gate_text);
		while (t.n && !letter(t.s[0])) {
			t.s++;
			t.n--;
		}
		d->gate = df_str_word(t, "PASS") ? DF_GATE_PASS :
		    df_str_word(t, "FAIL") ? DF_GATE_FAIL : DF_GATE_OTHER;
		return;
	}
}

void
rd_d6(struct rd *r)
{
	struct df_d6 *d = &r->sp->d6;
	VEC(struct df_gap) gap = { 0 };
	VEC(struct df_gap) clar = { 0 };
	struct rd_defs def;
	size_t k;

	rd_defs(r, FAM(DF_GAP) | FAM(DF_CLR), &def);
	for (k = 0; k < def.n && !r->full; k++)
		read_gap(r, &def.v[k], def.v[k].family == DF_GAP ?
		    PUSH(gap) : PUSH(clar));
	KEEP(r, gap, &d->gap, &d->gaps);
	KEEP(r, clar, &d->clar, &d->clars);
	for (k = 0; k < d->gaps; k++) {
		d->gap[k].item.index = (uint32_t)k;
		rd_index(r, &d->gap[k].item);
	}
	for (k = 0; k < d->clars; k++) {
		d->clar[k].item.index = (uint32_t)k;
		rd_index(r, &d->clar[k].item);
	}
	read_categories(r, &def);
	d->unresolved = meta_number(r, "unresolved");
	d->shared_gaps = meta_number(r, "shared gaps");
	d->private_gaps = meta_number(r, "private gaps");
	read_summary(r);
	read_gate(r);
}
