#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>

#include "spec/read-internal.h"

/* ---- where scenarios begin ---- */

static int
is_yaml(const struct df_md_line *l)
{
	return l->kind == DF_MD_FENCE &&
	    (df_str_word(rd_line(l), "yaml") ||
	    df_str_word(rd_line(l), "yml"));
}

/* The value of a key at the margin of a YAML block. */
static int
yaml_has(const struct df_md *md, uint32_t fence, const char *key,
    struct df_str *value)
{
	size_t n = strlen(key), k, quote, colon;
	const char *p;
	uint32_t i;

	for (i = fence + 1; i < md->lines && md->line[i].kind == DF_MD_CODE;
	    i++) {
		struct df_str t = rd_line(&md->line[i]);

		for (k = 0; k < md->line[fence].indent && t.n &&
		    t.s[0] == ' '; k++)
			t = rd_advance(t, 1);
		quote = t.n && (t.s[0] == '"' || t.s[0] == '\'');
		if (t.n <= n + 2 * quote || memcmp(t.s + quote, key, n) != 0)
			continue;
		for (colon = n + 2 * quote; colon < t.n &&
		    (t.s[colon] == ' ' || t.s[colon] == '\t'); colon++)
			;
		if (colon == t.n || t.s[colon] != ':')
			continue;
		*value = rd_advance(t, colon + 1);
		if ((p = df_str_find(*value, " #")) != NULL)
			value->n = (size_t)(p - value->s);
		*value = df_str_trim(*value);
		if (value->n >= 2 && (value->s[0] == '"' ||
		    value->s[0] == '\'') &&
		    value->s[value->n - 1] == value->s[0]) {
			value->s++;
			value->n -= 2;
		}
		return 1;
	}
	return 0;
}

/* Does a YAML block begin a scenario on its own? */
static int
yaml_header(const struct df_md *md, uint32_t fence)
{
	static const char *const key[] = {
		"title", "scenario", "scenario_slug", "component",
		"authority", "expected_outcome"
	};
	struct df_str v;
	size_t i;

	if (!yaml_has(md, fence, "priority", &v))
		return 0;
	for (i = 0; i < DF_LEN(key); i++)
		if (yaml_has(md, fence, key[i], &v))
			return 1;
	return 0;
}

struct starts {
	VEC(struct rd_start) v;
	struct rd_start *cur;	/* NULL: outside scenarios */
};

static struct rd_start *
begin(struct starts *s, uint32_t line)
{
	struct rd_start *x;

	if (s->cur && s->cur->end == 0)
		s->cur->end = line;
	x = PUSH(s->v);
	x->line = line;
	x->body = line;
	x->yaml = RD_NOLINE;
	s->cur = x;
	return x;
}

/*
 * A heading directly above a YAML block that begins a scenario is its own,
 * but not the heading of them all: "Scenarios", "Holdout scenarios (P0)".
 */
static uint32_t
own_heading(const struct df_md *md, uint32_t fence)
{
	static const char all[] = "scenarios";
	const struct df_md_line *l;
	struct df_str t;
	const char *p;
	uint32_t i = fence;

	while (i && md->line[i - 1].kind == DF_MD_BLANK)
		i--;
	if (i == 0)
		return fence;
	l = &md->line[i - 1];
	if (l->kind != DF_MD_HEADING || l->level < 3)
		return fence;
	t = df_md_bare(rd_line(l));
	if ((p = memchr(t.s, '(', t.n)) != NULL)
		t.n = (size_t)(p - t.s);
	t = df_str_trim(t);
	if (t.n >= sizeof(all) - 1 && df_str_ieq((struct df_str){
	    t.s + t.n - (sizeof(all) - 1), sizeof(all) - 1 }, all))
		return fence;
	return i - 1;
}

static void
yaml_start(struct rd *r, struct starts *s, uint32_t i)
{
	const struct df_md *md = r->md;
	struct df_str id = { "", 0 };
	enum df_family f;
	struct rd_start *x;
	uint32_t at;
	int known;

	known = yaml_has(md, i, "scenario_id", &id) &&
	    df_spec_id(id.s, id.n, &f) == id.n && id.n && f == DF_HS;
	if (s->cur && s->cur->yaml == RD_NOLINE) {
		if (!known && !yaml_header(md, i))
			return;		/* some other YAML */
		if (known && s->cur->id.n && (s->cur->id.n != id.n ||
		    memcmp(s->cur->id.s, id.s, id.n) != 0))
			rd_remark(r, "d9.id-mismatch", rd_at(r, id, i),
			    "the block says %.*s, the heading above it %.*s",
			    (int)id.n, id.s, (int)s->cur->id.n, s->cur->id.s);
		s->cur->yaml = i;
		return;
	}
	if ((!known && !yaml_header(md, i)) || !rd_take(r, 20))
		return;
	at = own_heading(md, i);
	x = begin(s, at);
	x->yaml = i;
	x->body = i;
	if (known)
		x->id = id;
	if (at != i)
		x->title = df_md_bare(rd_line(&md->line[at]));
}

static void
find_starts(struct rd *r, struct starts *s)
{
	const struct df_md *md = r->md;
	const struct df_md_line *l;
	struct rd_defs def;
	struct rd_start *x;
	struct df_str rest;
	uint32_t i;
	size_t k = 0;

	rd_defs(r, FAM(DF_HS), &def);
	for (i = 0; i < md->lines && !r->full; i++) {
		l = &md->line[i];
		while (k < def.n && (def.v[k].line < i || def.v[k].mention))
			k++;
		if (k < def.n && def.v[k].line == i) {
			if (!rd_take(r, 20))
				break;
			x = begin(s, i);
			x->id = def.v[k].id;
			x->title = def.v[k].title;
			x->level = def.v[k].level;
			x->body = i + 1;
			x->twice = def.v[k].twice;
			continue;
		}
		if (l->kind == DF_MD_HEADING && s->cur) {
			if (rd_block_label(md, i, &rest) >= 0)
				continue;
			if (l->level == 1) {
				rd_remark(r, "d9.heading", rd_span(r, i, i + 1),
				    "a heading of level 1 inside a scenario "
				    "does not end it");
				continue;
			}
			if (s->cur->level && l->level > s->cur->level)
				continue;
			s->cur->end = i;
			s->cur = NULL;
		} else if (is_yaml(l)) {
			yaml_start(r, s, i);
			i = rd_fence_end(md, i);
			if (i < md->lines &&
			    md->line[i].kind != DF_MD_FENCE_END)
				i--;
		}
	}
	if (s->cur && s->cur->end == 0)
		s->cur->end = md->lines;
}

static void
read_holdouts(struct rd *r, struct starts *s)
{
	struct df_d9 *d = &r->sp->d9;
	VEC(struct df_holdout) v = { 0 };
	struct df_holdout *h;
	char id[32];
	size_t k;
	unsigned n = 0;

	for (k = 0; k < s->v.n && !r->full; k++) {
		struct rd_start *x = &s->v.v[k];

		h = PUSH(v);
		n++;
		if (x->id.n)
			h->item.id = rd_intern(r, x->id.s, x->id.n);
		else {
			snprintf(id, sizeof(id), "HS-%03u", n);
			h->item.id = rd_intern(r, id, strlen(id));
			h->item.implied = 1;
		}
		rd_holdout(r, x, h);
		h->item.index = (uint32_t)v.n - 1;
	}
	KEEP(r, v, &d->holdout, &d->holdouts);
	for (k = 0; k < d->holdouts; k++) {
		h = &d->holdout[k];
		if (!s->v.v[k].twice && df_spec_find(r->sp, h->item.id,
		    strlen(h->item.id)))
			rd_remark(r, "id.duplicate", h->item.implied ||
			    s->v.v[k].id.n == 0 ? h->item.at :
			    rd_at(r, s->v.v[k].id, h->item.at.line - 1),
			    "%s is defined a second time", h->item.id);
		rd_index(r, &h->item);
	}
}

/* ---- frame ---- */

static int
frame_heading(const struct df_md_line *l)
{
	static const char *const name[] = {
		"coverage", "scenario coverage", "run protocol", "evaluator",
		"environment", "harness", "purpose", "scenarios", "shared",
		"prerequisites", "rules", "authoring", "setup environment"
	};
	size_t i;

	for (i = 0; i < DF_LEN(name); i++)
		if (df_md_title(rd_line(l), name[i]))
			return 1;
	return 0;
}

/* Has the scenario a label without the code that belongs to it? */
static int
is_cut(const struct df_holdout *h)
{
	return (h->setup.there && h->setup.fences == 0) ||
	    (h->execute.there && h->execute.fences == 0) ||
	    (h->verify.there && h->verify.fences == 0);
}

/*
 * Code behind a scenario, under a heading that is none of the frame's: with a
 * label, or without when the scenario lacks some.
 */
static void
find_stray(struct rd *r, uint32_t a, uint32_t b, const struct df_holdout *h)
{
	struct df_d9 *d = &r->sp->d9;
	const struct df_md_line *l;
	struct df_str rest;
	uint32_t i, label = 0;
	int known = 0;

	for (i = a; i < b && d->stray == 0; i++) {
		l = &r->md->line[i];
		if (rd_block_label(r->md, i, &rest) >= 0)
			label = i + 1;
		else if (l->kind == DF_MD_HEADING) {
			known = frame_heading(l);
			label = 0;
		} else if (l->kind == DF_MD_FENCE && !known &&
		    (label || is_cut(h)) &&
		    (df_str_word(rd_line(l), "bash") ||
		    df_str_word(rd_line(l), "sh") ||
		    df_str_word(rd_line(l), "shell")))
			d->stray = label ? label : i + 1;
	}
}

static void
read_frame(struct rd *r, const struct starts *s)
{
	struct df_d9 *d = &r->sp->d9;
	VEC(struct df_span) v = { 0 };
	uint32_t from = 0, to;
	size_t k;

	for (k = 0; k <= s->v.n; k++) {
		to = k < s->v.n ? s->v.v[k].line : r->md->lines;
		if (to > from) {
			*PUSH(v) = rd_span(r, from, to);
			if (k && k <= d->holdouts)
				find_stray(r, from, to, &d->holdout[k - 1]);
		}
		if (k < s->v.n)
			from = s->v.v[k].end;
	}
	KEEP(r, v, &d->frame, &d->frames);
}

/* ---- coverage matrix ---- */

static void
read_matrix(struct rd *r)
{
	struct df_d9 *d = &r->sp->d9;
	struct rd_range in = rd_whole(r,
	    rd_section(r, "scenario coverage matrix|coverage matrix"));
	VEC(struct df_cover) v = { 0 };
	struct df_tables t;
	struct df_refs one;
	size_t i, k;
	int c;

	rd_tables(r, in.a, in.b, &t);
	for (i = 0; i < t.n; i++) {
		c = rd_column(&t.v[i], "holdout");
		if (c < 0)
			c = rd_column(&t.v[i], "holdouts");
		for (k = 0; k < t.v[i].rows && !r->full; k++) {
			struct df_cover *x = PUSH(v);

			x->scenario = *rd_cell(&t.v[i], k, 0);
			x->priority = *rd_cell(&t.v[i], k,
			    rd_column(&t.v[i], "priority"));
			x->coverage = *rd_cell(&t.v[i], k, c < 0 ? 2 : c);
			x->notes = *rd_cell(&t.v[i], k,
			    rd_column(&t.v[i], "notes"));
			rd_refs(r, rd_textstr(&x->scenario), x->scenario.at,
			    FAM(DF_SC) | FAM_CONTRACT, 0, &one, NULL);
			x->to.id = "";
			if (one.n)
				x->to = one.v[0];
			rd_refs(r, rd_textstr(&x->coverage),
			    x->coverage.at, FAM(DF_HS), 0, &x->holdouts, NULL);
		}
	}
	KEEP(r, v, &d->cover, &d->covers);
	for (i = 0; i < d->covers; i++)
		d->cover[i].to.to = df_spec_find(r->sp, d->cover[i].to.id,
		    strlen(d->cover[i].to.id));
}

/* A holdout that does not say what it validates: the matrix does. */
static void
from_matrix(struct rd *r)
{
	struct df_d9 *d = &r->sp->d9;
	struct pair { VEC(struct df_ref) sc, ct; } *p;
	const struct df_item *it;
	struct df_holdout *h;
	size_t i, k;

	if (d->holdouts == 0)
		return;
	p = df_calloc(d->holdouts, sizeof(*p));
	for (i = 0; i < d->covers; i++) {
		const struct df_cover *c = &d->cover[i];

		if (*c->to.id == 0)
			continue;
		for (k = 0; k < c->holdouts.n; k++) {
			it = df_spec_find(r->sp, c->holdouts.v[k].id,
			    strlen(c->holdouts.v[k].id));
			if (it == NULL || !rd_take(r, 1))
				continue;
			if (c->to.family == DF_SC)
				*PUSH(p[it->index].sc) = c->to;
			else
				*PUSH(p[it->index].ct) = c->to;
		}
	}
	for (i = 0; i < d->holdouts; i++) {
		h = &d->holdout[i];
		if (h->validates.n == 0 && p[i].sc.n) {
			KEEP(r, p[i].sc, &h->validates.v, &h->validates.n);
			h->from_matrix = 1;
		}
		if (h->contracts.n == 0 && p[i].ct.n)
			KEEP(r, p[i].ct, &h->contracts.v, &h->contracts.n);
		free(p[i].sc.v);
		free(p[i].ct.v);
	}
	free(p);
}

void
rd_d9(struct rd *r)
{
	struct starts s;

	memset(&s, 0, sizeof(s));
	find_starts(r, &s);
	read_holdouts(r, &s);
	read_frame(r, &s);
	free(s.v.v);
	read_matrix(r);
	from_matrix(r);
	rd_protocol(r);
}
