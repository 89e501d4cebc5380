#include "base/df.h"

#include <stdlib.h>

#include "spec/graph.h"
#include "spec/read-internal.h"

static const char *const docname[DF_DOCS] = {
	NULL, "D1_CONSTITUTION.md", "D2_SPECIFICATION.md", "D3_DATA_MODEL.md",
	"D4_CONTRACTS.md", "D5_RESEARCH.md", "D6_GAP_ANALYSIS.md",
	"D7_PLAN.md", "D8_TASKS.md", "D9_HOLDOUT_SCENARIOS.md",
	"D10_AGENT_CONTEXT.md"
};

const char *
df_spec_docname(unsigned n)
{
	return n < DF_DOCS ? docname[n] : NULL;
}

unsigned
df_spec_docnumber(const char *name)
{
	size_t n = strlen(name);
	unsigned d;

	if (n < 6 || name[0] != 'D' || strcmp(name + n - 3, ".md") != 0)
		return 0;
	if (name[1] == '1' && name[2] == '0') {
		d = 10;
		name += 3;
	} else if (name[1] >= '1' && name[1] <= '9') {
		d = (unsigned)(name[1] - '0');
		name += 2;
	} else
		return 0;
	return *name == '_' || *name == '-' ? d : 0;
}

const char *
df_status_name(enum df_status s)
{
	switch (s) {
	case DF_STATUS_OPEN:
		return "OPEN";
	case DF_STATUS_RESOLVED:
		return "RESOLVED";
	case DF_STATUS_ASSUMED:
		return "ASSUMED";
	case DF_STATUS_NONE:
	case DF_STATUS_OTHER:
		break;
	}
	return "UNKNOWN";
}

const struct df_value *
df_field_get(const struct df_fields *f, const char *name)
{
	static const struct df_value none = { "", 0, { 0, 0, 0, 0 } };
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0)
			return &f->v[i].value;
	return &none;
}

const struct df_item *
df_spec_find(const struct df_spec *sp, const char *id, size_t n)
{
	size_t i = df_map_get(&sp->ids, id, n);

	return i == DF_MAP_NONE ? NULL : sp->items[i];
}

void
df_spec_cut(const struct df_spec *sp, struct df_span at, struct df_buf *b)
{
	if (at.len)
		df_buf_add(b, sp->doc[at.doc].s + at.off, at.len);
}

void
df_spec_text(const struct df_spec *sp, struct df_span at, struct df_buf *b)
{
	const struct df_doc *d = &sp->doc[at.doc];
	const struct df_md_line *l;
	uint32_t i, end, k;

	if (at.len == 0)
		return;
	i = df_md_line_at(d->md, at.off) - 1;
	end = df_md_line_at(d->md, at.off + at.len - 1);
	if (d->md->line[i].off != at.off) {
		df_spec_cut(sp, at, b);	/* part of a line */
		return;
	}
	for (; i < end; i++) {
		l = &d->md->line[i];
		if (l->kind == DF_MD_COMMENT)
			continue;
		if (l->n && (l->s < d->s || l->s >= d->s + d->n)) {
			/* a comment was taken out of it */
			for (k = 0; k < l->indent; k++)
				df_buf_ch(b, ' ');
			for (k = 0; k < l->level; k++)
				df_buf_ch(b, '#');
			if (l->level)
				df_buf_ch(b, ' ');
			df_buf_add(b, l->s, l->n);
		} else
			df_buf_add(b, d->s + l->off, l->len);
		df_buf_ch(b, '\n');
	}
}

/* ---- one document ---- */

static void
read_sections(struct rd *r, struct df_doc *d)
{
	VEC(struct df_section) s = { 0 };
	VEC(uint32_t) start = { 0 };
	uint32_t open[7] = { 0 };	/* section number + 1 by level */
	uint32_t i, k;

	for (i = 0; i <= r->md->lines; i++) {
		const struct df_md_line *l = &r->md->line[i];
		unsigned level = 1;
		struct df_section *x;

		if (i < r->md->lines) {
			if (l->kind != DF_MD_HEADING)
				continue;
			level = l->level;
		}
		if (s.n)
			s.v[s.n - 1].body = rd_span(r, start.v[s.n - 1] + 1, i);
		for (k = level; k <= 6; k++) {
			if (open[k] == 0)
				continue;
			x = &s.v[open[k] - 1];
			x->whole = rd_span(r, start.v[open[k] - 1], i);
			open[k] = 0;
		}
		if (i == r->md->lines || !rd_take(r, 1))
			break;
		x = PUSH(s);
		x->level = level;
		x->title = rd_str(r, df_md_bare((struct df_str){ l->s, l->n }));
		x->head = rd_span(r, i, i + 1);
		open[level] = (uint32_t)s.n;
		*PUSH(start) = i;
	}
	free(start.v);
	KEEP(r, s, &d->section, &d->sections);
}

static const char *const meta_keys[] = {
	"component", "package id", "package", "spec version", "version",
	"status", "author", "design sources", "constitution", "data model",
	"plan version", "total tasks", "parallel opportunities",
	"shared entities", "shared gaps", "private gaps", "unresolved",
	"open questions", "contracts", "last run", "ratified", "last amended",
	"design authority", "updated", "gap analysis", NULL
};

static int
meta_key(struct df_str key)
{
	size_t i;

	for (i = 0; meta_keys[i]; i++)
		if (df_md_key(key, meta_keys[i]))
			return 1;
	return 0;
}

struct metas {
	VEC(struct rd_field) v;
};

static void
add_meta(struct rd *r, struct metas *m, struct df_str key,
    struct df_str value, uint32_t line)
{
	struct rd_field *x;

	if (!rd_take(r, 1))
		return;
	x = PUSH(m->v);
	x->key = key;
	x->value = value;
	x->line = line;
	x->end = line + 1;
}

/* "Meta: k:v | k:v": the parts are parted by " | " and cut at the first ":". */
static void
meta_line(struct rd *r, struct df_str t, uint32_t i, struct metas *m)
{
	struct df_str part, value;
	const char *p, *c;

	while (t.n) {
		p = df_str_find(t, " | ");
		part.s = t.s;
		part.n = p ? (size_t)(p - t.s) : t.n;
		t.s += part.n;
		t.n -= part.n;
		if (p) {
			t.s += 3;
			t.n -= 3;
		}
		part = df_str_trim(part);
		c = part.n ? memchr(part.s, ':', part.n) : NULL;
		if (c == NULL)
			continue;
		value.s = c + 1;
		value.n = (size_t)(part.s + part.n - value.s);
		part.n = (size_t)(c - part.s);
		add_meta(r, m, df_md_bare(part), df_str_trim(value), i);
	}
}

static struct df_value
cut_text(struct rd *r, struct df_value t, size_t from, size_t n)
{
	struct df_str s = { t.s + from, n };

	s = df_str_trim(s);
	t.at.off += (uint32_t)(s.s - t.s);
	t.at.len = (uint32_t)s.n;
	t.s = rd_str(r, s);
	t.n = s.n;
	return t;
}

static void
read_title(struct rd *r, struct df_meta *m, uint32_t i)
{
	static const char *const sep[] = {
		" \xe2\x80\x94 ", " \xe2\x80\x93 ", " - "
	};
	const struct df_md_line *l = &r->md->line[i];
	struct df_str t = { l->s, l->n };
	const char *p = NULL;
	size_t k, n = 0, colon;

	m->title = rd_text(r, t, i);
	for (k = 1; k < m->title.n && m->title.s[k] >= '0' &&
	    m->title.s[k] <= '9'; k++)
		;
	colon = 0;
	if (m->title.n && m->title.s[0] == 'D' && k > 1) {
		colon = k;
		if (m->title.s[k] == ':')
			colon++;
		if (strtoul(m->title.s + 1, NULL, 10) != r->doc)
			rd_remark(r, "doc.number", m->title.at,
			    "the title says %.*s, the file's name D%u",
			    (int)k, m->title.s, r->doc);
	}
	for (k = 0; k < DF_LEN(sep); k++) {
		const char *q = strstr(m->title.s + colon, sep[k]);

		if (q && (p == NULL || q < p)) {
			p = q;
			n = strlen(sep[k]);
		}
	}
	if (p == NULL) {
		m->doctype = cut_text(r, m->title, colon, m->title.n - colon);
		return;
	}
	k = (size_t)(p - m->title.s);
	m->doctype = cut_text(r, m->title, colon, k - colon);
	m->component = cut_text(r, m->title, k + n, m->title.n - k - n);
}

static struct df_value
first_word(struct rd *r, struct df_value t)
{
	size_t n = 0;

	while (n < t.n && t.s[n] != ' ' && t.s[n] != ',' && t.s[n] != ';')
		n++;
	return n == t.n ? t : cut_text(r, t, 0, n);
}

static void
read_meta(struct rd *r, struct df_doc *d)
{
	struct df_meta *m = &d->meta;
	struct rd_fields f;
	struct metas all;
	struct df_md_kv kv;
	struct df_value t;
	const struct df_md_line *l;
	uint32_t i;
	int title = 0;

	memset(&all, 0, sizeof(all));
	for (i = 0; i < r->md->lines; i++) {
		struct df_str s;

		l = &r->md->line[i];
		if (l->kind == DF_MD_HEADING) {
			if (title || l->level > 1)
				break;
			title = 1;
			read_title(r, m, i);
			continue;
		}
		if (l->kind == DF_MD_RULE && title)
			break;
		if (l->kind != DF_MD_TEXT)
			continue;
		s.s = l->s;
		s.n = l->n;
		if (!df_md_kv(s, &kv))
			continue;
		if (df_md_key(kv.key, "meta"))
			meta_line(r, kv.value, i, &all);
		else if (!df_md_key(kv.key, "critical") &&
		    (kv.bold || meta_key(kv.key)))
			add_meta(r, &all, kv.key, kv.value, i);
	}
	KEEP(r, all.v, &f.v, &f.n);
	t = rd_fieldtext(r, &f, "component");
	if (t.n)
		m->component = t;
	m->package = rd_fieldtext(r, &f, "package id|package|pkg");
	m->version = first_word(r,
	    rd_fieldtext(r, &f, "spec version|version|v"));
	m->status = rd_fieldtext(r, &f, "status");
	rd_keepfields(r, &f, &m->fields);
}

static int
read_doc(struct rd *r, unsigned n, const struct df_spec_doc *in, size_t max,
    struct df_err *e)
{
	struct df_doc *d = &r->sp->doc[n];

	d->path = rd_str(r, df_str(in->path ? in->path : docname[n]));
	if (in->n > max)
		return df_fail(e, DF_INPUT, "spec.size",
		    "%s: %zu bytes, at most %zu are read", d->path, in->n,
		    max);
	d->md = df_arena_alloc(&r->sp->arena, sizeof(*d->md));
	if (df_md_read(d->md, &r->sp->arena, in->s, in->n, d->path, e) == -1)
		return -1;
	d->s = in->s;
	d->n = in->n;
	r->sp->have |= DF_SPEC_BIT(n);
	r->doc = n;
	r->md = d->md;
	read_sections(r, d);
	read_meta(r, d);
	if (d->md->open_fence)
		rd_remark(r, "doc.fence", rd_span(r, d->md->open_fence - 1,
		    d->md->open_fence), "the code block that begins here is "
		    "never closed: the rest of the document is code");
	if (d->md->inner_fence)
		rd_remark(r, "doc.fence-inside", rd_span(r,
		    d->md->inner_fence - 1, d->md->inner_fence),
		    "a code block seems to begin here, inside another one");
	if (d->md->open_comment)
		rd_remark(r, "doc.comment", rd_span(r,
		    d->md->open_comment - 1, d->md->open_comment),
		    "the comment that begins here is never closed: the rest "
		    "of the document is hidden");
	return 0;
}

/* Texts are never NULL, also those of documents that are not there. */
static void
blank_model(struct df_spec *sp)
{
	struct df_value none = rd_none();
	unsigned n;

	for (n = 0; n < DF_DOCS; n++) {
		struct df_meta *m = &sp->doc[n].meta;

		sp->doc[n].path = docname[n] ? docname[n] : "";
		m->title = m->doctype = m->component = m->package =
		    m->version = m->status = none;
	}
	sp->dir = sp->component = sp->package = "";
	sp->d1.tooling.caption = none;
	sp->d2.purpose = none;
	sp->d4.surface = none;
	sp->d6.total.category = sp->d6.gate_text = none;
	sp->d6.unresolved = sp->d6.shared_gaps = sp->d6.private_gaps = -1;
	sp->d7.summary = sp->d7.testing = none;
	sp->d8.total = sp->d8.total_line = -1;
	sp->d8.total_at = sp->d8.mvp = none;
	sp->d9.protocol.order = sp->d9.protocol.threshold = none;
	sp->d10.purpose = sp->d10.branch = sp->d10.commit =
	    sp->d10.results = none;
}

static void (*const reader[DF_DOCS])(struct rd *) = {
	NULL, rd_d1, rd_d2, rd_d3, rd_d4, rd_d5, rd_d6, rd_d7, rd_d8, rd_d9,
	rd_d10
};

static void
link_refs(struct rd *r)
{
	struct df_ref *x;
	size_t i, k;

	for (i = 0; i < r->lists.n; i++)
		for (k = 0; k < r->lists.v[i].n; k++) {
			x = &r->lists.v[i].v[k];
			x->to = df_spec_find(r->sp, x->id, strlen(x->id));
		}
}

static void
name_component(struct df_spec *sp)
{
	const struct df_meta *m = &sp->doc[2].meta;
	unsigned n;

	sp->component = sp->have & DF_SPEC_BIT(2) ? m->component.s : "";
	for (n = 1; n < DF_DOCS && *sp->component == 0; n++)
		if ((sp->have & DF_SPEC_BIT(n)) && n != 9)
			sp->component = sp->doc[n].meta.component.s;
	sp->package = "TBD";
	if ((sp->have & DF_SPEC_BIT(2)) && m->package.n)
		sp->package = m->package.s;
}

int
df_spec_read(struct df_spec *sp, const struct df_spec_doc doc[DF_DOCS],
    unsigned withheld, size_t max, struct df_err *e)
{
	struct rd r;
	unsigned n;
	int rc = 0;

	memset(sp, 0, sizeof(*sp));
	memset(&r, 0, sizeof(r));
	df_buf_init(&r.tmp);
	r.sp = sp;
	blank_model(sp);
	sp->withheld = withheld;
	for (n = 1; n < DF_DOCS && rc == 0; n++)
		if (doc[n].s)
			rc = read_doc(&r, n, &doc[n], max ? max :
			    DF_SPEC_DOC_MAX, e);
	for (n = 1; n < DF_DOCS && rc == 0; n++) {
		if (!(sp->have & DF_SPEC_BIT(n)))
			continue;
		r.doc = n;
		r.md = sp->doc[n].md;
		reader[n](&r);
	}
	if (rc == 0 && r.full)
		rc = df_fail(e, DF_INPUT, "spec.size",
		    "the specification is too large: more than %d items, or "
		    "twenty times as many references, fields and cells",
		    DF_SPEC_ITEMS_MAX);
	if (rc == 0) {
		link_refs(&r);
		df_spec_assign(sp);
		name_component(sp);
	}
	df_buf_release(&r.tmp);
	df_map_release(&r.idmap);
	free(r.id.v);
	free(r.lists.v);
	if (rc == -1)
		df_spec_release(sp);
	return rc;
}

void
df_spec_release(struct df_spec *sp)
{
	unsigned n;

	if (sp->own) {
		for (n = 0; n < DF_DOCS; n++)
			df_buf_release(&sp->own[n]);
		free(sp->own);
	}
	free(sp->items);
	free(sp->remark);
	df_map_release(&sp->ids);
	df_arena_release(&sp->arena);
	memset(sp, 0, sizeof(*sp));
}
