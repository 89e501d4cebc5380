#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>

#include "spec/read-internal.h"

static struct df_str
line_text(const struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };

	return t;
}

/* ---- where scenarios begin ---- */

#define NOLINE UINT32_MAX

struct start {
	struct df_str id;	/* n 0: implied */
	struct df_str title;
	uint32_t line, end;
	uint32_t body;		/* first line behind a heading of its own */
	uint32_t yaml;		/* its opening fence; NOLINE: none yet */
	uint8_t level;
};

static const char *const block_name[4] = {
	"setup", "execute", "verify", "cleanup"
};

/*
 * Is line i the label of a block: "**Setup:**", "Setup:", "**Setup**",
 * "- Execute: prose", "#### Verify"?  0 to 3, or -1.  *rest gets what follows.
 */
static int
block_label(const struct df_md *md, uint32_t i, struct df_str *rest)
{
	const struct df_md_line *l = &md->line[i];
	struct df_str t = line_text(l);
	struct df_md_kv kv;
	int k;

	rest->s = "";
	rest->n = 0;
	if (l->kind == DF_MD_HEADING) {
		t = df_md_bare(t);
		if (t.n && t.s[t.n - 1] == ':')
			t.n--;
		for (k = 0; k < 4; k++)
			if (df_str_ieq(t, block_name[k]))
				return k;
		return -1;
	}
	if (l->kind != DF_MD_TEXT || l->indent > 3 || l->mark == '1')
		return -1;
	if (df_md_kv(t, &kv)) {
		*rest = kv.value;
		for (k = 0; k < 4; k++)
			if (df_md_key(kv.key, block_name[k]))
				return k;
		return -1;
	}
	if (t.n < 5 || t.s[0] != '*' || t.s[1] != '*')
		return -1;
	t = df_md_bare(t);
	for (k = 0; k < 4; k++)
		if (df_str_ieq(t, block_name[k]))
			return k;
	return -1;
}

static int
is_yaml(const struct df_md_line *l)
{
	return l->kind == DF_MD_FENCE &&
	    (df_str_word(line_text(l), "yaml") ||
	    df_str_word(line_text(l), "yml"));
}

static uint32_t
fence_end(const struct df_md *md, uint32_t i)
{
	while (++i < md->lines && md->line[i].kind == DF_MD_CODE)
		;
	return i;
}

/* The value of a key at the beginning of a line of a YAML block. */
static int
yaml_has(const struct df_md *md, uint32_t fence, const char *key,
    struct df_str *value)
{
	size_t n = strlen(key);
	uint32_t i;

	for (i = fence + 1; i < md->lines && md->line[i].kind == DF_MD_CODE;
	    i++) {
		struct df_str t = line_text(&md->line[i]);

		if (t.n <= n || t.s[n] != ':' || memcmp(t.s, key, n) != 0)
			continue;
		value->s = t.s + n + 1;
		value->n = t.n - n - 1;
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
	VEC(struct start) v;
	struct start *cur;	/* NULL: outside scenarios */
};

static struct start *
begin(struct starts *s, uint32_t line)
{
	struct start *x;

	if (s->cur && s->cur->end == 0)
		s->cur->end = line;
	x = PUSH(s->v);
	x->line = line;
	x->body = line;
	x->yaml = NOLINE;
	s->cur = x;
	return x;
}

/* A heading directly above a YAML block that begins a scenario is its own. */
static uint32_t
own_heading(const struct df_md *md, uint32_t fence)
{
	uint32_t i = fence;

	while (i && md->line[i - 1].kind == DF_MD_BLANK)
		i--;
	return i && md->line[i - 1].kind == DF_MD_HEADING &&
	    md->line[i - 1].level >= 3 ? i - 1 : fence;
}

static void
yaml_start(struct rd *r, struct starts *s, uint32_t i)
{
	const struct df_md *md = r->md;
	struct df_str id = { "", 0 };
	enum df_family f;
	struct start *x;
	uint32_t at;
	int known;

	known = yaml_has(md, i, "scenario_id", &id) &&
	    df_spec_id(id.s, id.n, &f) == id.n && id.n && f == DF_HS;
	if (s->cur && s->cur->yaml == NOLINE) {
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
		x->title = df_md_bare(line_text(&md->line[at]));
}

static void
find_starts(struct rd *r, struct starts *s)
{
	const struct df_md *md = r->md;
	const struct df_md_line *l;
	struct rd_defs def;
	struct start *x;
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
			continue;
		}
		if (l->kind == DF_MD_HEADING && s->cur) {
			if (block_label(md, i, &rest) >= 0)
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
			i = fence_end(md, i);
			if (i < md->lines && md->line[i].kind != DF_MD_FENCE_END)
				i--;
		}
	}
	if (s->cur && s->cur->end == 0)
		s->cur->end = md->lines;
}

/* ---- blocks ---- */

static int
runs(const char *lang)
{
	return strcmp(lang, "bash") == 0 || strcmp(lang, "sh") == 0 ||
	    strcmp(lang, "shell") == 0;
}

/* Is there a command in it, and not only comments? */
static int
has_command(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n'))
			i++;
		if (i < n && s[i] != '#')
			return 1;
		while (i < n && s[i] != '\n')
			i++;
	}
	return 0;
}

static void
read_block(struct rd *r, uint32_t a, uint32_t b, struct df_str rest,
    struct df_block *to)
{
	struct df_codes c;
	struct df_buf all = DF_BUF_INIT;
	size_t i;

	to->at = rd_span(r, a, b);
	rd_codes(r, a, b, NULL, &c);
	for (i = 0; i < c.n; i++) {
		if (!runs(c.v[i].lang)) {
			to->foreign++;
			continue;
		}
		if (to->fences++ == 0)
			to->line = c.v[i].at.line;
		df_buf_add(&all, c.v[i].s, c.v[i].n);
	}
	/* a label that stands twice continues its block */
	if (to->there && to->n) {
		struct df_buf both = DF_BUF_INIT;

		df_buf_add(&both, to->code, to->n);
		df_buf_add(&both, all.s, all.n);
		df_buf_release(&all);
		all = both;
	}
	to->code = rd_str(r, (struct df_str){ all.s, all.n });
	to->n = all.n;
	df_buf_release(&all);
	if (!to->there || to->prose.n == 0)
		to->prose = rd_value(r, rest, a, b,
		    r->md->line[a].indent);
	if (to->prose.n == 0)
		to->prose = rd_block(r, a + 1, b, 0);
	to->there = 1;
}

static const char *const holdout_keys[] = {
	"validates", "contracts", "type", "priority", "setup", "execute",
	"verify", "cleanup", "authority basis", "notes for evaluator", NULL
};

static void
read_blocks(struct rd *r, uint32_t a, uint32_t b, const struct rd_fields *f,
    struct df_holdout *h)
{
	struct df_block *to[4] = { &h->setup, &h->execute, &h->verify,
	    &h->cleanup };
	uint32_t i, end, from[4], last = a;
	struct df_str rest, hold = { "", 0 };
	size_t k = 0;
	int label, now = -1;

	for (i = 0; i < 4; i++) {
		to[i]->code = "";
		to[i]->prose = rd_none();
		from[i] = NOLINE;
	}
	for (i = a; i <= b; i++) {
		label = -1;
		end = i == b;
		if (!end) {
			label = block_label(r->md, i, &rest);
			while (k < f->n && f->v[k].line < i)
				k++;
			/* any other field or heading ends the block too */
			end = label >= 0 || (r->md->line[i].kind ==
			    DF_MD_HEADING && r->md->line[i].level > 1) ||
			    (now >= 0 && k < f->n && f->v[k].line == i);
		}
		if (!end)
			continue;
		if (now >= 0)
			read_block(r, last, i, hold, to[now]);
		now = label;
		last = i;
		hold = rest;
		if (label >= 0 && from[label] == NOLINE)
			from[label] = i;
	}
	h->how = DF_VERIFY_NONE;
	if (h->verify.there) {
		struct rd_range in = rd_lines(r, h->verify.at);

		if (rd_first_table(r, in.a, in.b, &h->checks))
			h->how = DF_VERIFY_TABLE;
		if (has_command(h->verify.code, h->verify.n))
			h->how = DF_VERIFY_CODE;
	}
}

/* ---- YAML ---- */

static struct df_value
ytext(const struct rd_ynode *y, const char *key)
{
	const struct rd_ynode *x = rd_ychild(y, key);

	return x && x->kind == RD_YTEXT ? x->text : rd_none();
}

static void
ylist(struct rd *r, const struct rd_ynode *x, struct df_values *to)
{
	VEC(struct df_value) v = { 0 };
	const struct rd_ynode *c;

	if (x && x->kind == RD_YTEXT)
		*PUSH(v) = x->text;
	for (c = x ? x->child : NULL; c; c = c->next)
		if (c->kind == RD_YTEXT)
			*PUSH(v) = c->text;
	KEEP(r, v, &to->v, &to->n);
}

/* A list of ids, or a text that names them, as references. */
static struct df_value
yrefs(struct rd *r, const struct rd_ynode *x, unsigned mask,
    struct df_refs *to)
{
	struct df_value t = rd_none();
	struct df_values v;
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	if (x == NULL)
		return t;
	ylist(r, x, &v);
	for (i = 0; i < v.n; i++) {
		if (i)
			df_buf_str(&b, ", ");
		df_buf_add(&b, v.v[i].s, v.v[i].n);
	}
	t.s = rd_str(r, (struct df_str){ b.s, b.n });
	t.n = b.n;
	t.at = rd_span(r, x->line - 1, x->line);
	df_buf_release(&b);
	rd_refs(r, rd_textstr(&t), x->line - 1, mask, 1, to, NULL);
	return t;
}

static int64_t
number_in(struct df_str t)
{
	int64_t n = -1;
	size_t i;

	for (i = 0; i < t.n && (t.s[i] < '0' || t.s[i] > '9'); i++)
		;
	for (; i < t.n && t.s[i] >= '0' && t.s[i] <= '9' && n < 100000; i++)
		n = (n < 0 ? 0 : n * 10) + (t.s[i] - '0');
	return n;
}

static void
read_behaviour(struct rd *r, const struct rd_ynode *y, struct df_behaviour *b)
{
	const struct rd_ynode *s = rd_ychild(y, "setup"),
	    *a = rd_ychild(y, "action"), *o = rd_ychild(y, "expected_outcome"),
	    *p = rd_ychild(y, "pass_criteria"), *c;
	VEC(struct df_assertion) v = { 0 };
	struct df_value t;

	b->category = ytext(y, "category");
	b->setup = ytext(s, "description");
	b->action = ytext(a, "description");
	b->outcome = ytext(o, "description");
	ylist(r, rd_ychild(s, "preconditions"), &b->preconditions);
	ylist(r, rd_ychild(a, "steps"), &b->steps);
	ylist(r, rd_ychild(o, "negative_assertions"), &b->negative);
	ylist(r, rd_ychild(y, "evidence_to_collect"), &b->evidence);
	c = rd_ychild(o, "assertions");
	for (c = c ? c->child : NULL; c; c = c->next) {
		struct df_assertion *x = PUSH(v);

		x->subject = ytext(c, "subject");
		x->condition = ytext(c, "condition");
		x->observable = ytext(c, "observable");
		if (c->kind == RD_YTEXT)
			x->observable = c->text;
	}
	KEEP(r, v, &b->assertion, &b->assertions);
	t = ytext(p, "runs_required");
	b->runs = number_in(rd_textstr(&t));
	t = ytext(p, "pass_threshold");
	b->need = number_in(rd_textstr(&t));
}

static struct df_value
first_of(struct df_value a, struct df_value b)
{
	return a.n ? a : b;
}

static void
blank_behaviour(struct df_behaviour *b)
{
	b->category = b->setup = b->action = b->outcome = rd_none();
	b->runs = b->need = -1;
}

static void
read_holdout(struct rd *r, const struct start *x, struct df_holdout *h)
{
	const struct rd_ynode *y = NULL, *auth, *n;
	struct rd_fields f;
	uint32_t odd = 0, end;
	const char *why = "";
	struct df_value t, title = rd_none();

	h->item.title = rd_str(r, x->title);
	h->item.family = DF_HS;
	h->item.at = rd_span(r, x->line, x->end);
	h->item.body = rd_span(r, x->body, x->end);
	h->checks.caption = rd_none();
	blank_behaviour(&h->behaviour);
	rd_fields(r, x->body, x->end, holdout_keys, &f);
	rd_keepfields(r, &f, &h->fields);
	if (x->yaml != NOLINE) {
		end = fence_end(r->md, x->yaml);
		y = rd_yaml(r, x->yaml + 1, end, &odd, &why);
		h->header = rd_span(r, x->yaml + 1, end);
		if (rd_ychild(y, "expected_outcome") ||
		    rd_ychild(y, "authority") || rd_ychild(y, "action")) {
			h->behaviour.yaml = h->header;
			h->behaviour.strict = odd == 0;
			read_behaviour(r, y, &h->behaviour);
		}
		if (odd)
			rd_remark(r, "d9.yaml", rd_span(r, odd - 1, odd),
			    "not valid YAML, but read: %s", why);
		title = ytext(y, "title");
	}
	if (*h->item.title == 0)
		h->item.title = title.s;
	t = first_of(ytext(y, "priority"), rd_fieldtext(r, &f, "priority"));
	h->priority = df_md_priority(rd_textstr(&t));
	h->slug = first_of(ytext(y, "scenario_slug"), ytext(y, "scenario"));
	h->type = first_of(first_of(ytext(y, "type"),
	    rd_fieldtext(r, &f, "type")), h->behaviour.category);
	auth = rd_ychild(y, "authority");
	n = rd_ychild(auth, "d2_scenarios");
	h->validates_text = yrefs(r, n ? n : rd_ychild(y, "validates"),
	    FAM(DF_SC), &h->validates);
	if (h->validates.n == 0) {
		h->validates_text = first_of(rd_fieldtext(r, &f, "validates"),
		    h->validates_text);
		rd_fieldrefs(r, &f, "validates", FAM(DF_SC), 1,
		    &h->validates, NULL);
	}
	n = rd_ychild(auth, "d4_contracts");
	h->contracts_text = yrefs(r, n ? n : rd_ychild(y, "contracts"),
	    FAM_CONTRACT, &h->contracts);
	if (h->contracts.n == 0) {
		h->contracts_text = first_of(rd_fieldtext(r, &f, "contracts"),
		    h->contracts_text);
		rd_fieldrefs(r, &f, "contracts", FAM_CONTRACT, 1,
		    &h->contracts, NULL);
	}
	read_blocks(r, x->body, x->end, &f, h);
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
		struct start *x = &s->v.v[k];

		h = PUSH(v);
		n++;
		if (x->id.n)
			h->item.id = rd_intern(r, x->id.s, x->id.n);
		else {
			snprintf(id, sizeof(id), "HS-%03u", n);
			h->item.id = rd_intern(r, id, strlen(id));
			h->item.implied = 1;
		}
		read_holdout(r, x, h);
		h->item.index = (uint32_t)v.n - 1;
	}
	KEEP(r, v, &d->holdout, &d->holdouts);
	for (k = 0; k < d->holdouts; k++) {
		h = &d->holdout[k];
		if (df_spec_find(r->sp, h->item.id, strlen(h->item.id)))
			rd_remark(r, "id.duplicate", h->item.at,
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
		if (df_md_title(line_text(l), name[i]))
			return 1;
	return 0;
}

/* Code that looks like a scenario's but stands in none. */
static void
find_stray(struct rd *r, uint32_t a, uint32_t b, int after)
{
	struct df_d9 *d = &r->sp->d9;
	const struct df_md_line *l;
	struct df_str rest;
	uint32_t i, label = 0;
	int known = !after;

	for (i = a; i < b && d->stray == 0; i++) {
		l = &r->md->line[i];
		if (block_label(r->md, i, &rest) >= 0)
			label = i + 1;
		else if (l->kind == DF_MD_HEADING) {
			known = frame_heading(l);
			label = 0;
		} else if (l->kind == DF_MD_FENCE && (label || !known) &&
		    (df_str_word(line_text(l), "bash") ||
		    df_str_word(line_text(l), "sh") ||
		    df_str_word(line_text(l), "shell")))
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
			find_stray(r, from, to, k > 0);
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
			uint32_t line;

			x->scenario = *rd_cell(&t.v[i], k, 0);
			line = x->scenario.at.line ? x->scenario.at.line - 1 :
			    in.a;
			x->priority = *rd_cell(&t.v[i], k,
			    rd_column(&t.v[i], "priority"));
			x->coverage = *rd_cell(&t.v[i], k, c < 0 ? 2 : c);
			x->notes = *rd_cell(&t.v[i], k,
			    rd_column(&t.v[i], "notes"));
			rd_refs(r, rd_textstr(&x->scenario), line,
			    FAM(DF_SC) | FAM_CONTRACT, 0, &one, NULL);
			x->to.id = "";
			if (one.n)
				x->to = one.v[0];
			rd_refs(r, rd_textstr(&x->coverage), line, FAM(DF_HS),
			    0, &x->holdouts, NULL);
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
