#include "base/df.h"

#include <stdlib.h>

#include "spec/read-internal.h"

const char *const df_family_name[DF_FAMILIES] = {
	"", "SC", "DEF", "E", "IN", "OUT", "SIDE", "ERR", "TD", "RQ", "GAP",
	"CLR", "T", "HS"
};
const uint8_t df_family_doc[DF_FAMILIES] = {
	0, 2, 2, 3, 4, 4, 4, 4, 4, 5, 6, 6, 8, 9
};

size_t
df_spec_id(const char *s, size_t n, enum df_family *family)
{
	size_t i, k;
	unsigned f;

	for (i = 0; i < n && rd_upper(s[i]); i++)
		;
	if (i == 0 || i > 4 || i + 1 >= n || s[i] != '-')
		return 0;
	for (f = 1; f < DF_FAMILIES; f++)
		if (strlen(df_family_name[f]) == i &&
		    memcmp(df_family_name[f], s, i) == 0)
			break;
	if (f == DF_FAMILIES)
		return 0;
	i++;
	if (rd_upper(s[i])) {
		for (k = 0; i + k < n && rd_upper(s[i + k]); k++)
			;
		if (k > 4 || i + k >= n || s[i + k] != '-')
			return 0;
		i += k + 1;
	}
	for (k = 0; i + k < n && rd_digit(s[i + k]); k++)
		;
	if (k == 0 || k > 9)
		return 0;
	i += k;
	if (i < n && s[i] >= 'a' && s[i] <= 'z')
		i++;
	if (i < n && rd_wordchar(s[i]) &&
	    (i + 1 == n || s[i] != '_' || s[i + 1] != '_'))
		return 0;
	*family = (enum df_family)f;
	return i;
}

struct df_str
rd_textstr(const struct df_value *t)
{
	struct df_str s = { t->s, t->n };

	return s;
}

size_t
rd_id_number(struct rd *r, const char *s, size_t n)
{
	size_t i = df_map_get(&r->idmap, s, n);
	struct rd_id *id;

	if (i != DF_MAP_NONE)
		return i;
	i = r->id.n;
	id = PUSH(r->id);
	id->s = df_arena_str(&r->sp->arena, s, n);
	df_map_set(&r->idmap, id->s, n, i);
	return i;
}

const char *
rd_intern(struct rd *r, const char *s, size_t n)
{
	size_t i = rd_id_number(r, s, n);	/* may move r->id.v */

	return r->id.v[i].s;
}

/* ---- definitions ---- */

enum strength { MENTION = 0, FIELDED, HEADED };

struct cand {
	struct rd_def d;
	enum strength strength;
	uint32_t section;	/* line of the heading of level 2 above */
	char form;		/* '#', 'b'old, 'l'ist, '.' bare */
	uint8_t taken;
};

/* Dashes that part an id from its title; 0 when t begins with none. */
static size_t
dash(struct df_str t)
{
	if (rd_starts(t, "\xe2\x80\x94") || rd_starts(t, "\xe2\x80\x93"))
		return 3;
	if (rd_starts(t, "--") && !rd_starts(t, "-->"))
		return 2;
	return rd_starts(t, "-") && !rd_starts(t, "->") ? 1 : 0;
}

/*
 * What follows the id on a definition's line: sets the title and returns 1, or
 * 0 when the line only mentions the id.
 */
static int
title_of(struct df_str rest, int heading, const char *bold,
    struct df_str *title)
{
	struct df_str t = rest, after = { "", 0 };
	const char *close;
	enum df_family f;
	size_t n;

	if (bold && (close = df_str_find(t, bold)) != NULL) {
		after.s = close + 2;
		after.n = (size_t)(t.s + t.n - after.s);
		t.n = (size_t)(close - t.s);
	}
	if (df_str_trim(t).n == 0)
		t = after;
	if (t.n && t.s[0] != ' ' && t.s[0] != ':' && t.s[0] != '\t' &&
	    !(heading && (t.s[0] == '.' || t.s[0] == ')' || dash(t))))
		return 0;
	if (t.n && (t.s[0] == ':' || t.s[0] == '.' || t.s[0] == ')')) {
		t = rd_spaces(rd_advance(t, 1));
		/* "**SC-001:** Title" */
		if (t.n == 0)
			t = rd_spaces(after);
		*title = df_md_bare(t);
		return 1;
	}
	t = rd_spaces(t);
	if (t.n && (n = dash(t)) != 0) {
		if (n < t.n && t.s[n] != ' ' && !heading)
			return 0;
		*title = df_md_bare(rd_spaces(rd_advance(t, n)));
		/* "SC-001 - SC-009" is a range, no title */
		return df_spec_id(title->s, title->n, &f) == 0 || heading;
	}
	*title = df_md_bare(t);
	if (t.n == 0)
		return 1;
	if (df_str_word(t, "through") || df_str_word(t, "to") ||
	    df_str_word(t, "and") || df_str_word(t, "or"))
		return 0;
	if (heading)
		return t.s[0] != '/' && t.s[0] != '+' && t.s[0] != '&';
	return rd_upper(t.s[0]) || t.s[0] == '`' || t.s[0] == '"' ||
	    t.s[0] == '[' || t.s[0] == '*';
}

/* Is line i the definition of an item of a family in mask? */
static int
candidate(struct rd *r, uint32_t i, unsigned mask, struct cand *c)
{
	const struct df_md_line *l = &r->md->line[i];
	struct df_str t = { l->s, l->n };
	const char *p, *bold = NULL;
	size_t n;

	if (l->kind == DF_MD_HEADING) {
		c->form = '#';
		c->d.level = l->level;
		t = df_md_unnumbered(t);
	} else if (l->kind == DF_MD_TEXT && l->indent <= 1 && l->mark != '1') {
		c->form = l->mark ? 'l' : '.';
		c->d.level = 0;
		t = df_md_item(l);
	} else
		return 0;
	if (rd_starts(t, "**") || rd_starts(t, "__")) {
		bold = t.s[0] == '*' ? "**" : "__";
		t = rd_advance(t, 2);
		if (c->form != '#')
			c->form = 'b';
	}
	c->d.phase.n = 0;
	if (rd_starts(t, "Phase ") && t.n > 6 && rd_digit(t.s[6]) &&
	    (p = memchr(t.s, ':', t.n)) != NULL) {
		c->d.phase.s = t.s;
		c->d.phase.n = (size_t)(p - t.s);
		t = rd_spaces(rd_advance(t, c->d.phase.n + 1));
	}
	if (rd_starts(t, "`"))
		t = rd_advance(t, 1);
	n = df_spec_id(t.s, t.n, &c->d.family);
	if (n == 0 || !(mask & FAM(c->d.family)))
		return 0;
	c->d.id.s = t.s;
	c->d.id.n = n;
	c->d.line = i;
	t = rd_advance(t, n);
	if (c->d.id.s > l->s && c->d.id.s[-1] == '`' && rd_starts(t, "`"))
		t = rd_advance(t, 1);
	return title_of(t, c->form == '#' || c->d.phase.n, bold, &c->d.title);
}

/* Does the item have a body of its own, or does the line only name it? */
static enum strength
strength(struct rd *r, const struct cand *c)
{
	const struct df_md_line *l;
	struct df_md_kv kv;
	enum df_family f;
	struct df_str t;
	uint32_t j;

	if (c->form == '#')
		return HEADED;
	if (df_str_find(c->d.title, " | ") &&
	    memchr(c->d.title.s, ':', c->d.title.n))
		return FIELDED;
	for (j = c->d.line + 1; j < r->md->lines &&
	    r->md->line[j].kind == DF_MD_BLANK; j++)
		;
	if (j == r->md->lines)
		return MENTION;
	l = &r->md->line[j];
	if (l->kind == DF_MD_FENCE)
		return FIELDED;
	if (l->kind != DF_MD_TEXT)
		return MENTION;
	t = rd_unmarked(df_md_item(l));
	if (df_str_word(t, "GIVEN"))
		return FIELDED;
	t.s = l->s;
	t.n = l->n;
	if (l->mark == '1' || !df_md_kv(t, &kv) ||
	    df_spec_id(kv.key.s, kv.key.n, &f))
		return MENTION;
	return FIELDED;
}

/*
 * A line that only names an item defines it in documents that define all of
 * a family that way; in others only where fuller definitions stand too.  The
 * list of an MVP never does.
 */
static void
drop_mentions(struct rd *r, struct cand *c, size_t n)
{
	uint32_t where[DF_FAMILIES] = { 0 };	/* section + 1 of the last */
	uint8_t full[DF_FAMILIES] = { 0 };
	struct df_map in = { 0 };		/* family and section */
	struct place { uint32_t family, section; } *p;
	size_t k;

	p = df_calloc(n + 1, sizeof(*p));
	for (k = 0; k < n; k++) {
		p[k].family = c[k].d.family;
		p[k].section = c[k].section;
		if (c[k].strength == MENTION)
			continue;
		full[c[k].d.family] = 1;
		if (where[c[k].d.family] == c[k].section + 1)
			continue;
		where[c[k].d.family] = c[k].section + 1;
		df_map_set(&in, (const char *)&p[k], sizeof(p[k]), 1);
	}
	for (k = 0; k < n; k++) {
		if (c[k].strength != MENTION || !c[k].taken)
			continue;
		if ((full[c[k].d.family] && df_map_get(&in,
		    (const char *)&p[k], sizeof(p[k])) == DF_MAP_NONE) ||
		    df_md_title(rd_line(&r->md->line[c[k].section]), "mvp"))
			c[k].taken = 0;
	}
	df_map_release(&in);
	free(p);
}

static int
by_line(const void *a, const void *b)
{
	const struct rd_def *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

void
rd_defs(struct rd *r, unsigned mask, struct rd_defs *out)
{
	VEC(struct cand) c = { 0 };
	VEC(struct rd_def) d = { 0 };
	VEC(uint32_t) best = { 0 };	/* by id number: candidate + 1 */
	struct cand one, *x, *b;
	uint32_t i, section = 0, end;
	size_t k, num;

	for (i = 0; i < r->md->lines; i++) {
		const struct df_md_line *l = &r->md->line[i];

		if (l->kind == DF_MD_HEADING && l->level <= 2)
			section = i;
		memset(&one, 0, sizeof(one));
		if (!candidate(r, i, mask, &one))
			continue;
		one.strength = strength(r, &one);
		one.d.mention = one.strength == MENTION;
		one.section = section;
		if (!rd_take(r, 1))
			break;
		*PUSH(c) = one;
	}
	for (k = 0; k < c.n; k++) {
		x = &c.v[k];
		num = rd_id_number(r, x->d.id.s, x->d.id.n);
		while (best.n <= num)
			*PUSH(best) = 0;
		if (best.v[num] == 0) {
			best.v[num] = (uint32_t)k + 1;
			x->taken = 1;
			continue;
		}
		b = &c.v[best.v[num] - 1];
		if (x->strength > b->strength) {
			b->taken = 0;
			x->taken = 1;
			best.v[num] = (uint32_t)k + 1;
		} else if (x->strength == b->strength &&
		    (x->strength == HEADED || (x->form == b->form &&
		    x->section == b->section))) {
			x->taken = 2;
			rd_remark(r, "id.duplicate",
			    rd_at(r, x->d.id, x->d.line),
			    "%.*s is defined a second time; the first is in "
			    "line %u", (int)x->d.id.n, x->d.id.s,
			    b->d.line + 1);
		}
	}
	drop_mentions(r, c.v, c.n);
	for (k = 0; k < c.n; k++)
		if (c.v[k].taken)
			*PUSH(d) = c.v[k].d;
	if (d.n)
		qsort(d.v, d.n, sizeof(*d.v), by_line);
	for (k = 0; k < d.n; k++) {
		end = k + 1 < d.n ? d.v[k + 1].line : r->md->lines;
		for (i = d.v[k].line + 1; i < end; i++) {
			const struct df_md_line *l = &r->md->line[i];

			if (l->kind == DF_MD_HEADING &&
			    (d.v[k].level == 0 || l->level <= d.v[k].level))
				break;
		}
		d.v[k].end = i;
	}
	/* what is defined twice bounds its neighbours, and is dropped now */
	for (i = 0, k = 0; k < d.n; k++) {
		num = rd_id_number(r, d.v[k].id.s, d.v[k].id.n);
		d.v[k].twice = c.v[best.v[num] - 1].d.line != d.v[k].line;
		if (!d.v[k].twice || d.v[k].family == DF_HS)
			d.v[i++] = d.v[k];
	}
	d.n = i;
	free(c.v);
	free(best.v);
	KEEP(r, d, &out->v, &out->n);
}

void
rd_item(struct rd *r, const struct rd_def *d, struct df_item *it)
{
	(void)rd_take(r, 20);
	it->id = rd_intern(r, d->id.s, d->id.n);
	it->title = rd_str(r, d->title);
	it->family = (uint8_t)d->family;
	it->at = rd_span(r, d->line, d->end);
	it->body = rd_span(r, d->line + 1, d->end);
	if (it->body.line == 0)
		it->body.line = d->line + 1;
}

void
rd_index(struct rd *r, const struct df_item *it)
{
	struct df_spec *sp = r->sp;

	if (df_map_get(&sp->ids, it->id, strlen(it->id)) != DF_MAP_NONE)
		return;
	DF_GROW(sp->items, sp->nitems, sp->itemcap);
	sp->items[sp->nitems] = it;
	df_map_set(&sp->ids, it->id, strlen(it->id), sp->nitems);
	sp->nitems++;
}
