#include "base/df.h"

#include <stdlib.h>

#include "spec/read-internal.h"

/* ---- D1 ---- */

static const char *const article_keys[] = {
	"rule", "why", "test", "violations", NULL
};

struct head {
	uint32_t line;
	unsigned number, level;
	struct df_str title;
};

/* Does a field Rule or Why follow line i? */
static int
has_rule(const struct df_md *md, uint32_t i, uint32_t b)
{
	struct df_md_kv kv;

	while (++i < b && md->line[i].kind == DF_MD_BLANK)
		;
	return i < b && md->line[i].kind == DF_MD_TEXT &&
	    df_md_kv(rd_line(&md->line[i]), &kv) &&
	    (df_md_key(kv.key, "rule") || df_md_key(kv.key, "why"));
}

/* "Article 4: Name", "Art. 4 - Name": the number, or 0; *t becomes the name. */
static unsigned
article_head(struct df_str *t)
{
	struct df_str u = *t;
	unsigned n = 0;
	size_t i;

	if (df_str_word(u, "article"))
		i = 7;
	else if (df_str_word(u, "art"))
		i = 3;
	else
		return 0;
	while (i < u.n && (u.s[i] == ' ' || u.s[i] == '.'))
		i++;
	for (; i < u.n && u.s[i] >= '0' && u.s[i] <= '9' && n < 10000; i++)
		n = n * 10 + (unsigned)(u.s[i] - '0');
	if (n == 0)
		return 0;
	u.s += i;
	u.n -= i;
	u = df_str_trim(u);
	if (u.n && (u.s[0] == ':' || u.s[0] == '-' || u.s[0] == '.')) {
		u.s++;
		u.n--;
	} else if (u.n >= 3 && (memcmp(u.s, "\xe2\x80\x94", 3) == 0 ||
	    memcmp(u.s, "\xe2\x80\x93", 3) == 0)) {
		u.s += 3;
		u.n -= 3;
	}
	*t = df_md_bare(u);
	return n;
}

/* "1. SPLITTING" as a heading's text. */
static unsigned
numbered_head(struct df_str *t)
{
	struct df_md_line l = { 0 };
	unsigned n = 0;
	size_t i;

	for (i = 0; i < t->n && t->s[i] >= '0' && t->s[i] <= '9' && i < 4; i++)
		n = n * 10 + (unsigned)(t->s[i] - '0');
	if (n == 0 || i + 1 >= t->n || (t->s[i] != '.' && t->s[i] != ')'))
		return 0;
	l.s = t->s;
	l.n = (uint32_t)t->n;
	l.mark = '1';
	*t = df_md_bare(df_md_item(&l));
	return n;
}

static void
read_articles(struct rd *r)
{
	const struct df_section *sec = rd_section(r, "articles");
	VEC(struct head) h = { 0 };
	VEC(struct df_article) v = { 0 };
	struct rd_range in = rd_whole(r, sec);
	const struct df_md_line *l;
	struct head *x;
	uint32_t i;
	size_t k;
	unsigned n, next = 1;
	int headings = 0, ruled = 0;

	if (sec == NULL) {
		in.a = 0;
		in.b = r->md->lines;
	}
	for (i = in.a; i < in.b; i++) {
		struct df_str t;

		l = &r->md->line[i];
		if (l->kind != DF_MD_HEADING)
			continue;
		t = df_md_bare(rd_line(l));
		n = article_head(&t);
		if (n == 0 && sec)
			n = numbered_head(&t);
		if (n == 0 || !rd_take(r, 20))
			continue;
		x = PUSH(h);
		x->line = i;
		x->number = n;
		x->level = l->level;
		x->title = t;
		headings = 1;
	}
	/* a numbered line is an article, but a step of a Test may be one too */
	for (i = in.a; !headings && !ruled && i < in.b; i++)
		ruled = r->md->line[i].mark == '1' && has_rule(r->md, i, in.b);
	for (i = in.a; !headings && i < in.b; i++) {
		struct df_str t;

		l = &r->md->line[i];
		if (l->kind != DF_MD_TEXT || l->indent > 1)
			continue;
		t = df_md_bare(df_md_item(l));
		if (l->mark == '1' && sec && (ruled ?
		    l->num >= next && has_rule(r->md, i, in.b) :
		    l->num == next))
			n = l->num;
		else if (l->mark == '1')
			continue;
		else {
			t = rd_unmarked(t);
			n = article_head(&t);
			while (t.n && (t.s[t.n - 1] == '*' ||
			    t.s[t.n - 1] == '_'))
				t.n--;
		}
		if (n == 0 || !rd_take(r, 20))
			continue;
		next = n + 1;
		x = PUSH(h);
		x->line = i;
		x->number = n;
		x->title = t;
	}
	for (k = 0; k < h.n; k++) {
		struct df_article *a = PUSH(v);
		struct rd_fields f;
		struct df_buf id = DF_BUF_INIT;
		uint32_t end = k + 1 < h.n ? h.v[k + 1].line : in.b;

		x = &h.v[k];
		for (i = x->line + 1; i < end; i++)
			if (r->md->line[i].kind == DF_MD_HEADING &&
			    r->md->line[i].level <= (x->level ? x->level : 6))
				break;
		df_buf_fmt(&id, "Article %u", x->number);
		a->item.id = rd_str(r, (struct df_str){ id.s, id.n });
		df_buf_release(&id);
		a->item.title = rd_str(r, x->title);
		a->item.index = (uint32_t)k;
		a->item.at = rd_span(r, x->line, i);
		a->item.body = rd_span(r, x->line + 1, i);
		a->number = x->number;
		rd_fields(r, x->line + 1, i, article_keys, &f);
		a->rule = rd_fieldtext(r, &f, "rule");
		a->why = rd_fieldtext(r, &f, "why");
		a->test = rd_fieldtext(r, &f, "test");
		a->violations = rd_fieldtext(r, &f, "violations|violation");
	}
	free(h.v);
	KEEP(r, v, &r->sp->d1.article, &r->sp->d1.articles);
}

/* The three lists of the boundaries, under headings or bold labels. */
static void
read_boundaries(struct rd *r)
{
	static const char *const name[3] = { "always", "ask first", "never" };
	struct df_d1 *d = &r->sp->d1;
	struct df_values *to[3] = { &d->always, &d->ask_first, &d->never };
	struct rd_range in = rd_whole(r,
	    rd_section(r, "boundary definitions|boundaries|boundary"));
	uint32_t from = 0, i;
	int now = -1, k, label;

	for (i = in.a; i <= in.b && in.b; i++) {
		struct df_str t = { "", 0 };

		label = -1;
		if (i < in.b) {
			const struct df_md_line *l = &r->md->line[i];

			if (l->kind != DF_MD_HEADING &&
			    (l->kind != DF_MD_TEXT || l->indent > 1))
				continue;
			t = rd_unmarked(df_md_item(l));
			for (k = 0; k < 3; k++)
				if (df_md_title(t, name[k]))
					label = k;
			/* in text only a label in capitals, alone */
			if (l->kind != DF_MD_HEADING && label >= 0 &&
			    (t.s[1] < 'A' || t.s[1] > 'Z' ||
			    (l->mark && t.n > 24)))
				label = -1;
			if (label < 0 && l->kind != DF_MD_HEADING)
				continue;
		}
		if (now >= 0 && to[now]->n == 0)
			rd_list(r, from, i, to[now]);
		now = label;
		from = i + 1;
	}
}

void
rd_d1(struct rd *r)
{
	struct df_d1 *d = &r->sp->d1;
	struct rd_range in;

	read_articles(r);
	read_boundaries(r);
	in = rd_whole(r, rd_section(r, "development workflow constraints|"
	    "dev workflow constraints|workflow constraints"));
	rd_list(r, in.a, in.b, &d->workflow);
	in = rd_whole(r, rd_section(r, "tooling constraints"));
	rd_first_table(r, in.a, in.b, &d->tooling);
}

/* ---- D2 ---- */

static const char *const scenario_keys[] = {
	"priority", "source", "testing approach", "notes", NULL
};
static const char *const deferred_keys[] = {
	"what", "why deferred", "why", "trigger", "trigger to add",
	"impact if never added", "impact", NULL
};

enum clause { C_NONE = 0, C_GIVEN, C_WHEN, C_THEN };

struct gwt {
	struct rd *r;
	enum clause state;
	VEC(struct df_value) part[4];
	struct df_buf text;		/* of the open clause */
	uint32_t line;			/* where it begins */
	const char *at;
	uint32_t last;			/* its last line */
};

/* "GIVEN** text", "text **": without what is left of a pair of marks. */
static struct df_str
half_marked(struct df_str s, const char *mark)
{
	while (rd_starts(s, mark) && !df_str_find(rd_advance(s, 2), mark))
		s = df_str_trim(rd_advance(s, 2));
	while (s.n >= 2 && memcmp(s.s + s.n - 2, mark, 2) == 0 &&
	    !df_str_find((struct df_str){ s.s, s.n - 2 }, mark))
		s.n -= 2;
	return df_str_trim(s);
}

static void
clause_end(struct gwt *g)
{
	struct df_value *t;
	struct df_str s = { g->text.s, g->text.n };

	if (g->state == C_NONE)
		return;
	s = half_marked(half_marked(df_str_trim(s), "**"), "__");
	if (rd_take(g->r, 1)) {
		t = PUSH(g->part[g->state]);
		t->s = rd_str(g->r, s);
		t->n = s.n;
		t->at = rd_span(g->r, g->line, g->last + 1);
		if (g->at >= g->r->md->s &&
		    g->at < g->r->md->s + g->r->md->n) {
			uint32_t off = (uint32_t)(g->at - g->r->md->s);

			t->at.len -= off - t->at.off;
			t->at.off = off;
		}
	}
	df_buf_reset(&g->text);
}

static const char *const clause_name[] = { "AND", "GIVEN", "WHEN", "THEN" };

/* The clause word that t begins with, in capitals or (any) not; 4: none. */
static unsigned
clause_word(struct df_str t, int any)
{
	unsigned i;

	for (i = 0; i < DF_LEN(clause_name); i++)
		if (df_str_word(t, clause_name[i]) && (any ||
		    memcmp(t.s, clause_name[i], strlen(clause_name[i])) == 0))
			break;
	return i;
}

/* What a clause word means in a state; C_NONE: it is just a word. */
static enum clause
clause_of(unsigned word, enum clause state, int first)
{
	if (word > C_THEN)
		return C_NONE;
	if (word == 0)
		return state;			/* AND */
	if (state == C_NONE)
		return first || word == C_GIVEN ? (enum clause)word : C_NONE;
	return word > state ? (enum clause)word : C_NONE;
}

/* At the beginning of a line "**Given**" and "Given:" are clause words too. */
static unsigned
first_word(struct df_str t)
{
	struct df_str u = rd_unmarked(t);
	unsigned w = clause_word(u, 1);
	size_t n;

	if (w > C_THEN)
		return w;
	n = strlen(clause_name[w]);
	if (u.n != t.n || (n < u.n && u.s[n] == ':'))
		return w;
	return clause_word(u, 0);
}

static int
in_word(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static void
clause_text(struct gwt *g, const char *s, size_t n, uint32_t i)
{
	if (g->state == C_NONE || n == 0)
		return;
	if (g->text.n)
		df_buf_ch(&g->text, ' ');
	df_buf_add(&g->text, s, n);
	g->last = i;
}

static void
clause_line(struct gwt *g, uint32_t i, struct df_str t)
{
	const char *start = rd_unmarked(t).s, *close;
	size_t k = (size_t)(start - t.s), from = 0;
	struct df_str u;
	enum clause is;
	unsigned w;

	for (; k < t.n; k++) {
		u.s = t.s + k;
		u.n = t.n - k;
		if (u.s[0] == '`' && (close = memchr(u.s + 1, '`', u.n - 1))) {
			k += (size_t)(close - u.s);
			continue;
		}
		if (u.s > start && in_word(u.s[-1]))
			continue;
		w = u.s == start ? first_word(t) : clause_word(u, 0);
		is = clause_of(w, g->state, u.s == start);
		if (is == C_NONE)
			continue;
		clause_text(g, t.s + from, k - from, i);
		clause_end(g);
		g->state = is;
		g->line = g->last = i;
		k += strlen(clause_name[w]);
		while (k < t.n && strchr("*_: ", t.s[k]))
			k++;
		g->at = t.s + k;
		from = k--;
	}
	clause_text(g, t.s + from, t.n - from, i);
}

/* Is the line the label of a field, which ends the clauses? */
static int
labels_field(const struct rd_fields *f, uint32_t i, size_t *next)
{
	while (*next < f->n && f->v[*next].line < i)
		++*next;
	return *next < f->n && f->v[*next].line == i;
}

static void
read_gwt(struct rd *r, uint32_t a, uint32_t b, const struct rd_fields *f,
    struct df_scenario *sc)
{
	struct gwt g;
	const struct df_md_line *l;
	struct df_values *to[4] = { NULL, &sc->given, &sc->when, &sc->then };
	uint32_t i;
	size_t next = 0;
	int open = 1, k;

	memset(&g, 0, sizeof(g));
	df_buf_init(&g.text);
	g.r = r;
	for (i = a; i < b; i++) {
		struct df_str t;

		l = &r->md->line[i];
		if (l->kind == DF_MD_BLANK || l->kind == DF_MD_COMMENT) {
			open = g.state == C_NONE;
			continue;
		}
		if (l->kind != DF_MD_TEXT || labels_field(f, i, &next)) {
			open = 0;
			continue;
		}
		t = df_md_item(l);
		if (!open && clause_of(first_word(t), g.state, 1) == C_NONE)
			continue;
		open = 1;
		clause_line(&g, i, t);
	}
	clause_end(&g);
	df_buf_release(&g.text);
	for (k = 1; k < 4; k++)
		KEEP(r, g.part[k], &to[k]->v, &to[k]->n);
}

/* The name of a scenario without one: the first clause of its THEN. */
static const char *
then_title(struct rd *r, const struct df_scenario *sc)
{
	struct df_str t;
	size_t n;

	if (sc->then.n == 0)
		return "";
	t = rd_textstr(&sc->then.v[0]);
	for (n = 0; n < t.n; n++)
		if ((t.s[n] == ',' || t.s[n] == ';' || t.s[n] == '.') &&
		    (n + 1 == t.n || t.s[n + 1] == ' '))
			break;
	t.n = n;
	return rd_str(r, t);
}

static void
read_scenarios(struct rd *r)
{
	struct df_d2 *d = &r->sp->d2;
	VEC(struct df_scenario) sc = { 0 };
	VEC(struct df_deferred) de = { 0 };
	const struct df_section *above;
	struct rd_path path = { 0 };
	struct rd_defs def;
	struct rd_fields f;
	size_t k;

	rd_defs(r, FAM(DF_SC) | FAM(DF_DEF), &def);
	for (k = 0; k < def.n && !r->full; k++) {
		const struct rd_def *x = &def.v[k];

		if (x->family == DF_SC) {
			struct df_scenario *s = PUSH(sc);

			rd_item(r, x, &s->item);
			s->item.index = (uint32_t)sc.n - 1;
			rd_fields(r, x->line + 1, x->end, scenario_keys, &f);
			rd_keepfields(r, &f, &s->fields);
			s->priority_text = rd_fieldtext(r, &f, "priority");
			s->priority =
			    df_md_priority(rd_textstr(&s->priority_text));
			s->source = rd_fieldtext(r, &f, "source");
			s->testing = rd_fieldtext(r, &f,
			    "testing approach|testing|test approach");
			read_gwt(r, x->line + 1, x->end, &f, s);
			above = rd_above(r, &path, x->line + 1, x->level);
			s->group = above ? above->title : "";
			if (*s->item.title == 0)
				s->item.title = then_title(r, s);
		} else {
			struct df_deferred *s = PUSH(de);

			rd_item(r, x, &s->item);
			s->item.index = (uint32_t)de.n - 1;
			if (df_str_find(x->title, " | ")) {
				rd_defpipes(r, x, &f);
				s->item.title = "";
			} else
				rd_fields(r, x->line + 1, x->end,
				    deferred_keys, &f);
			rd_keepfields(r, &f, &s->fields);
			s->what = rd_fieldtext(r, &f, "what");
			s->why = rd_fieldtext(r, &f, "why deferred|why");
			s->trigger = rd_fieldtext(r, &f,
			    "trigger|trigger to add");
			s->impact = rd_fieldtext(r, &f,
			    "impact if never added|impact");
		}
	}
	KEEP(r, sc, &d->scenario, &d->scenarios);
	KEEP(r, de, &d->deferred, &d->ndeferred);
	for (k = 0; k < d->scenarios; k++)
		rd_index(r, &d->scenario[k].item);
	for (k = 0; k < d->ndeferred; k++)
		rd_index(r, &d->deferred[k].item);
}

static void
read_criteria(struct rd *r)
{
	struct df_values *t = &r->sp->d2.criteria;
	struct rd_range in = rd_whole(r, rd_section(r, "success criteria"));
	size_t i;

	rd_list(r, in.a, in.b, t);
	for (i = 0; i < t->n; i++) {
		struct df_value *x = &t->v[i];

		if (x->n > 4 && x->s[0] == '[' && x->s[2] == ']' &&
		    x->s[3] == ' ') {
			x->s += 4;
			x->n -= 4;
		}
	}
}

static int
has_marker(const struct df_md_line *l)
{
	return (l->kind == DF_MD_TEXT || l->kind == DF_MD_HEADING ||
	    l->kind == DF_MD_TABLE) &&
	    df_str_find(rd_line(l), "[NEEDS CLARIFICATION") != NULL;
}

static void
read_markers(struct rd *r)
{
	struct df_values *to = &r->sp->d2.markers;
	VEC(struct df_value) v = { 0 };
	const struct df_md_line *l;
	uint32_t i, j;

	for (i = 0; i < r->md->lines; i = j) {
		l = &r->md->line[i];
		j = i + 1;
		if (!has_marker(l) || !rd_take(r, 1))
			continue;
		while (l->kind == DF_MD_TEXT && j < r->md->lines &&
		    r->md->line[j].kind == DF_MD_TEXT &&
		    !has_marker(&r->md->line[j]))
			j++;
		*PUSH(v) = rd_value(r, df_md_item(l), i, j, l->indent);
	}
	KEEP(r, v, &to->v, &to->n);
}

void
rd_d2(struct rd *r)
{
	struct df_d2 *d = &r->sp->d2;
	struct rd_range in;

	in = rd_whole(r, rd_section(r, "component purpose|purpose"));
	d->purpose = rd_block(r, in.a, in.b, 0);
	in = rd_whole(r, rd_section(r, "what this component is not|"
	    "what it is not|what this is not|not"));
	rd_list(r, in.a, in.b, &d->is_not);
	read_scenarios(r);
	read_criteria(r);
	read_markers(r);
}
