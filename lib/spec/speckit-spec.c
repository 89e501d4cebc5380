#include "base/df.h"

#include <stdlib.h>

#include "spec/speckit-internal.h"

/* spec.md: stories, acceptance scenarios, requirements, and the lists. */

/* ---- stories ---- */

/* "(Priority: P1)", "(P0)": the number; the title ends before it. */
static int
priority(struct df_str *t)
{
	struct df_str in;
	size_t i, j;
	int p;

	for (i = t->n; i-- > 0 && t->n - i < 200; ) {
		if (t->s[i] != '(')
			continue;
		for (j = i; j < t->n && t->s[j] != ')'; j++)
			;
		in = df_md_bare((struct df_str){ t->s + i + 1, j - i - 1 });
		if (df_str_word(in, "priority")) {
			in = df_str_trim(sk_skip(in, 8));
			if (in.n && in.s[0] == ':')
				in = sk_skip(in, 1);
			in = df_md_bare(in);
		}
		if (in.n < 2 || (in.s[0] | 32) != 'p' || !sk_digit(in.s[1]) ||
		    (in.n > 2 && sk_alnum(in.s[2])))
			continue;
		p = in.s[1] - '0';
		t->n = i;
		*t = df_str_trim(*t);
		return p;
	}
	return -1;
}

/* Does line l begin a story, as a heading or alone in bold? */
static int
story_head(const struct df_md_line *l, struct df_str *num, struct df_str *rest)
{
	struct df_str t = sk_line(l);
	size_t n;

	if (l->kind == DF_MD_TEXT && (l->mark || l->n < 4 || l->s[0] != '*' ||
	    l->s[1] != '*' || l->s[l->n - 1] != '*'))
		return 0;
	if ((l->kind != DF_MD_HEADING || l->level < 2) &&
	    l->kind != DF_MD_TEXT)
		return 0;
	t = df_md_bare(t);
	n = sk_story_id(t, num);
	if (n == 0 || (n < t.n && t.s[n] == '+'))
		return 0;
	*rest = sk_past_sep(sk_skip(t, n));
	return 1;
}

static uint32_t
story_end(const struct df_md *md, uint32_t i)
{
	unsigned level = md->line[i].level ? md->line[i].level : 6;
	struct df_str num, rest;

	for (i++; i < md->lines; i++) {
		if (md->line[i].kind == DF_MD_HEADING &&
		    md->line[i].level <= level)
			break;
		if (story_head(&md->line[i], &num, &rest))
			break;
	}
	return i;
}

/* The prose before the first field, list or heading of a story. */
static struct df_sktext
about(struct skr *r, uint32_t a, uint32_t b)
{
	struct df_md_kv kv;
	uint32_t i;

	for (i = a; i < b; i++) {
		const struct df_md_line *l = &r->md->line[i];

		if (l->kind == DF_MD_HEADING || l->kind == DF_MD_RULE ||
		    l->mark)
			break;
		if (l->kind == DF_MD_TEXT && df_str_word(sk_unmarked(
		    sk_line(l)), "given"))
			break;
		if (l->kind == DF_MD_TEXT && df_md_kv(sk_line(l), &kv) &&
		    kv.bold)
			break;
	}
	return sk_block(r, a, i);
}

/* ---- clauses ---- */

enum { GIVEN = 0, WHEN, THEN, AND, CLAUSES };
static const char *const clause[] = { "given", "when", "then", "and", "but" };

enum mode { M_NONE = 0, M_PLAIN, M_UPPER, M_BOLD };

static int
upper_is(struct df_str t, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (i >= t.n || t.s[i] != word[i] - 32)
			return 0;
	return i == t.n || !sk_alnum(t.s[i]);
}

/* The clause that begins at t.s[i], or -1; *n: its bytes, marks included. */
static int
clause_at(struct df_str t, size_t i, enum mode m, size_t *n)
{
	struct df_str u = sk_skip(t, i);
	size_t mark = 0, k;
	unsigned c;

	while (mark < u.n && mark < 4 && (u.s[mark] == '*' ||
	    u.s[mark] == '_'))
		mark++;
	if (m == M_BOLD && mark < 2)
		return -1;
	if (m != M_BOLD && mark)
		return -1;
	u = sk_skip(u, mark);
	for (c = 0; c < DF_LEN(clause); c++) {
		if (m == M_UPPER ? !upper_is(u, clause[c]) :
		    !df_str_word(u, clause[c]))
			continue;
		k = strlen(clause[c]);
		while (k < u.n && k < 12 && (u.s[k] == '*' ||
		    u.s[k] == '_' || u.s[k] == ':'))
			k++;
		*n = mark + k;
		return c >= AND ? AND : (int)c;
	}
	return -1;
}

/* May a clause in plain words begin at t.s[i]? */
static int
plain_begin(struct df_str t, size_t i)
{
	return i == 0 || t.s[i - 1] == '\n' || (i > 1 && t.s[i - 1] == ' ' &&
	    strchr(",.;", t.s[i - 2]) != NULL);
}

static enum mode
mode_of(struct df_str t)
{
	enum mode m = M_NONE;
	size_t i, n;

	for (i = 0; i < t.n; i++) {
		if (!sk_begins(t, i) && t.s[i] != '*')
			continue;
		if (t.s[i] == '*' && clause_at(t, i, M_BOLD, &n) >= 0)
			return M_BOLD;
		if (m < M_UPPER && clause_at(t, i, M_UPPER, &n) >= 0)
			m = M_UPPER;
		if (m < M_PLAIN && plain_begin(t, i) &&
		    clause_at(t, i, M_PLAIN, &n) == GIVEN)
			m = M_PLAIN;
	}
	return m;
}

struct clauses {
	SK_VEC(struct df_sktext) list[3];
};

static void
end_clause(struct skr *r, struct clauses *c, int which, struct df_str t,
    struct df_skplace at)
{
	t = df_str_trim(t);
	while (t.n && (t.s[0] == ',' || t.s[0] == ' ' || t.s[0] == '\n'))
		t = sk_skip(t, 1);
	while (t.n && strchr(", \n-", t.s[t.n - 1]))
		t.n--;
	if (which < 0 || t.n == 0 || !sk_take(r, 1))
		return;
	*SK_PUSH(c->list[which]) = sk_piece(r, t, at);
}

static void
read_clauses(struct skr *r, struct df_skscenario *s)
{
	struct df_str t = sk_s(&s->text);
	enum mode m = mode_of(t);
	struct clauses c;
	size_t i, from = 0, n = 0;
	int now = -1, k, in_code = 0;

	memset(&c, 0, sizeof(c));
	for (i = 0; m != M_NONE && i < t.n; i++) {
		if (t.s[i] == '`')
			in_code = !in_code;
		if (in_code || (m == M_PLAIN && !plain_begin(t, i)) ||
		    (m == M_UPPER && !sk_begins(t, i)))
			continue;
		k = clause_at(t, i, m, &n);
		if (k < 0 || (k == AND && now < 0))
			continue;
		if (now >= 0)
			end_clause(r, &c, now, (struct df_str){ t.s + from,
			    i - from }, s->at);
		now = k == AND ? now : k;
		i += n - 1;
		from = i + 1;
	}
	if (now >= 0)
		end_clause(r, &c, now, sk_skip(t, from), s->at);
	SK_KEEP(r, c.list[GIVEN], &s->given.v, &s->given.n);
	SK_KEEP(r, c.list[WHEN], &s->when.v, &s->when.n);
	SK_KEEP(r, c.list[THEN], &s->then.v, &s->then.n);
}

/* ---- acceptance scenarios ---- */

static void
scenario(struct skr *r, uint32_t story, uint32_t a, uint32_t b,
    unsigned *count)
{
	const struct df_md_line *l = &r->md->line[a];
	struct df_skscenario *s;

	if (!sk_take(r, 1))
		return;
	s = SK_PUSH(r->scenario);
	s->story = story;
	s->text = sk_join(r, df_md_item(l), a, b);
	s->at = sk_at(r, a, df_md_item(l));
	s->text.at = s->at;
	++*count;
	s->id = story == DF_SK_NONE ? sk_fmt(r, "AS%u", *count) :
	    sk_fmt(r, "%s.AS%u", r->sk->story[story].id, *count);
	read_clauses(r, s);
}

/* Does a line begin with Given, marked or (when any) plain? */
static int
is_given(const struct df_md_line *l, int any)
{
	struct df_str t = df_md_item(l);
	size_t n;

	return l->kind == DF_MD_TEXT &&
	    (clause_at(t, 0, M_BOLD, &n) == GIVEN ||
	    clause_at(t, 0, M_UPPER, &n) == GIVEN ||
	    (any && clause_at(t, 0, M_PLAIN, &n) == GIVEN));
}

static int
is_clause(const struct df_md_line *l)
{
	struct df_str t = df_md_item(l);
	size_t n;

	return l->kind == DF_MD_TEXT && (clause_at(t, 0, M_BOLD, &n) >= 0 ||
	    clause_at(t, 0, M_UPPER, &n) >= 0 ||
	    clause_at(t, 0, M_PLAIN, &n) >= 0);
}

/* Where a scenario ends that begins on line i: clauses may follow blanks. */
static uint32_t
scenario_end(const struct df_md *md, uint32_t i, uint32_t b)
{
	unsigned indent = md->line[i].indent;
	const struct df_md_line *l;
	uint32_t last = i + 1;
	int blank = 0;

	for (i++; i < b; i++) {
		l = &md->line[i];
		if (l->kind == DF_MD_HEADING || l->kind == DF_MD_RULE ||
		    is_given(l, 1))
			break;
		if (l->kind == DF_MD_BLANK || l->kind == DF_MD_COMMENT) {
			blank = 1;
			continue;
		}
		if (is_clause(l)) {
			last = i + 1;
			blank = 0;
			continue;
		}
		if ((blank && l->indent <= indent) ||
		    (l->mark && l->indent <= indent) ||
		    (l->s[0] == '*' && l->n > 1 && l->s[1] == '*' &&
		    l->indent <= indent))
			break;
		last = i + 1;
		blank = 0;
	}
	return last;
}

/* "**Acceptance Scenarios**:", "#### Acceptance Criteria", "Scenario: x" */
static int
acceptance(const struct df_md_line *l)
{
	struct df_str t = sk_unmarked(sk_line(l));

	return (l->kind == DF_MD_HEADING || (l->kind == DF_MD_TEXT &&
	    l->mark == 0 && l->s[0] == '*')) &&
	    (df_str_word(t, "acceptance") || df_str_word(t, "scenario") ||
	    df_str_word(t, "scenarios"));
}

static void
scenarios(struct skr *r, uint32_t story, uint32_t a, uint32_t b,
    unsigned *count)
{
	const struct df_md *md = r->md;
	int inside = 0;
	uint32_t i, end;

	for (i = a; i < b && !r->full; i = end) {
		const struct df_md_line *l = &md->line[i];

		end = i + 1;
		if (acceptance(l)) {
			inside = 1;
			continue;
		}
		if (is_given(l, inside || l->mark) ||
		    (inside && l->kind == DF_MD_TEXT && l->mark == '1')) {
			end = scenario_end(md, i, b);
			scenario(r, story, i, end, count);
		} else if (l->kind == DF_MD_HEADING ||
		    l->kind == DF_MD_RULE ||
		    (l->kind == DF_MD_TEXT && l->s[0] == '*' && !l->mark))
			inside = 0;
	}
}

static void
read_stories(struct skr *r)
{
	const struct df_md *md = r->md;
	SK_VEC(struct df_skstory) v = { 0 };
	struct df_str num, rest;
	struct df_skstory *s;
	uint32_t i;
	size_t k;

	for (i = 0; i < md->lines && !r->full; i++) {
		if (!story_head(&md->line[i], &num, &rest))
			continue;
		while (num.n > 1 && num.s[0] == '0' && sk_digit(num.s[1]))
			num = sk_skip(num, 1);
		if (df_map_get(&r->stories, num.s, num.n) != DF_MAP_NONE) {
			struct df_sktext *x = SK_PUSH(r->repeated);

			*x = sk_text(r, num, i);
			x->s = sk_fmt(r, "US%s", x->s);
			x->n += 2;
			continue;
		}
		if (!sk_take(r, 4))
			break;
		s = SK_PUSH(v);
		s->id = sk_fmt(r, "US%.*s", (int)num.n, num.s);
		df_map_set(&r->stories, s->id + 2, num.n, v.n - 1);
		s->priority = priority(&rest);
		s->title = sk_str(r, df_md_bare(rest));
		s->at = sk_at(r, i, sk_line(&md->line[i]));
		s->end = story_end(md, i);
		s->about = about(r, i + 1, s->end);
		s->why = sk_field(r, i + 1, s->end, "why this priority");
		s->test = sk_field(r, i + 1, s->end, "independent test");
	}
	SK_KEEP(r, v, &r->sk->story, &r->sk->stories);
	for (k = 0; k < r->sk->stories; k++) {
		unsigned count = 0;

		s = &r->sk->story[k];
		s->first = (uint32_t)r->scenario.n;
		scenarios(r, (uint32_t)k, s->at.line, s->end, &count);
		s->scenarios = count;
	}
}

/* Scenarios that stand in no story. */
static void
read_loose(struct skr *r)
{
	const struct df_speckit *sk = r->sk;
	uint32_t a = 0, b;
	unsigned count = 0;
	size_t k;

	for (k = 0; k <= sk->stories; k++) {
		b = k < sk->stories ? sk->story[k].at.line - 1 : r->md->lines;
		if (a < b)
			scenarios(r, DF_SK_NONE, a, b, &count);
		a = k < sk->stories ? sk->story[k].end : b;
	}
}

/* ---- requirements and success criteria ---- */

/* "FR-001", "NFR-2", "SC-001": its length; *criterion. */
static size_t
req_id(struct df_str t, int *criterion)
{
	static const char *const family[] = { "FR-", "NFR-", "SC-" };
	size_t i, k, n;

	for (i = 0; i < DF_LEN(family); i++) {
		k = strlen(family[i]);
		if (t.n <= k || memcmp(t.s, family[i], k) != 0)
			continue;
		n = sk_number(sk_skip(t, k));
		if (n == 0 || (k + n < t.n && t.s[k + n] == '-'))
			return 0;
		*criterion = i == 2;
		return k + n;
	}
	return 0;
}

static struct df_str
req_rest(struct df_str t, size_t n)
{
	t = sk_skip(t, n);
	while (t.n && (strchr("*`~ ", t.s[0])))
		t = sk_skip(t, 1);
	return sk_past_sep(t);
}

static void
read_reqs(struct skr *r)
{
	const struct df_md *md = r->md;
	SK_VEC(struct df_skreq) v[2] = { { 0 }, { 0 } };
	struct df_str cell[DF_MD_CELLS_MAX], t;
	struct df_map seen = { 0 };
	struct df_skreq *q;
	uint32_t i, end;
	size_t n;
	int criterion;

	for (i = 0; i < md->lines && !r->full; i++) {
		const struct df_md_line *l = &md->line[i];
		struct df_str rest;

		if (l->kind == DF_MD_TABLE) {
			if (df_md_cells(sk_line(l), 0, cell) < 2)
				continue;
			t = sk_unmarked(cell[0]);
		} else if (l->kind == DF_MD_TEXT || l->kind == DF_MD_HEADING)
			t = sk_unmarked(df_md_item(l));
		else
			continue;
		if (t.n > 2 && t.s[0] == '~' && t.s[1] == '~')
			t = sk_unmarked(sk_skip(t, 2));
		n = req_id(t, &criterion);
		if (n == 0 || (n < t.n && t.s[n] == ','))
			continue;
		/* "FR-001 and FR-002 ..." is a sentence */
		rest = req_rest(t, n);
		if (l->kind == DF_MD_TEXT && l->mark == 0 && l->s[0] != '*')
			continue;
		if (df_map_get(&seen, t.s, n) != DF_MAP_NONE) {
			*SK_PUSH(r->repeated) = sk_text(r, (struct df_str){
			    t.s, n }, i);
			continue;
		}
		if (!sk_take(r, 1))
			break;
		q = SK_PUSH(v[criterion]);
		q->id = sk_str(r, (struct df_str){ t.s, n });
		q->at = sk_at(r, i, t);
		df_map_set(&seen, q->id, n, 1);
		if (l->kind == DF_MD_TABLE) {
			rest = sk_line(l);
			if (rest.n && rest.s[rest.n - 1] == '|')
				rest.n--;
			rest = sk_skip(rest, (size_t)(cell[1].s - rest.s));
			q->text = sk_text(r, rest, i);
			continue;
		}
		end = l->kind == DF_MD_HEADING ?
		    sk_section_end(md, i, md->lines) :
		    sk_item_end(md, i, md->lines);
		q->text = sk_join(r, rest, i, end);
	}
	df_map_release(&seen);
	SK_KEEP(r, v[0], &r->sk->req, &r->sk->reqs);
	SK_KEEP(r, v[1], &r->sk->criterion, &r->sk->criteria);
}

/* ---- lists ---- */

static void
list_of(struct skr *r, const char *name, struct df_sktexts *out)
{
	uint32_t i = sk_heading(r, 0, r->md->lines, name);

	if (i != DF_SK_NONE)
		sk_list(r, i + 1, sk_section_end(r->md, i, r->md->lines), out);
}

static void
read_entities(struct skr *r)
{
	const struct df_md *md = r->md;
	uint32_t i = sk_heading(r, 0, md->lines, "key entities"), b, end;
	struct df_md_kv kv;
	struct df_str t;

	if (i == DF_SK_NONE)
		return;
	b = sk_section_end(md, i, md->lines);
	for (i++; i < b; i = end) {
		const struct df_md_line *l = &md->line[i];

		end = i + 1;
		if (l->kind != DF_MD_TEXT || (l->mark == 0 && l->s[0] != '*'))
			continue;
		end = sk_item_end(md, i, b);
		t = df_md_item(l);
		if (df_md_kv(t, &kv) && kv.bold)
			sk_entity(r, kv.key, sk_join(r, kv.value, i, end),
			    sk_at(r, i, kv.key));
		else if (t.n > 4 && t.s[0] == '*' && t.s[1] == '*') {
			const char *p = df_str_find(sk_skip(t, 2), "**");
			struct df_str name = sk_skip(t, 2);

			if (p == NULL)
				continue;
			name.n = (size_t)(p - name.s);
			if (name.n && name.s[name.n - 1] == ':')
				name.n--;
			t = sk_past_sep(sk_skip(t, (size_t)(p - t.s)));
			sk_entity(r, name, sk_join(r, t, i, end),
			    sk_at(r, i, name));
		}
	}
}

/* "- Q: how long? -> A: a day" under Clarifications. */
static void
read_answers(struct skr *r)
{
	uint32_t i = sk_heading(r, 0, r->md->lines, "clarifications");
	SK_VEC(struct df_skanswer) v = { 0 };
	struct df_sktexts list;
	size_t k, at;

	if (i == DF_SK_NONE)
		return;
	sk_list(r, i + 1, sk_section_end(r->md, i, r->md->lines), &list);
	for (k = 0; k < list.n && sk_take(r, 1); k++) {
		struct df_str q = sk_s(&list.v[k]), a;
		struct df_skanswer *x;

		at = sk_word_at(q, "A:", 0);
		if (at == q.n || !df_str_word(sk_unmarked(q), "Q"))
			continue;
		a = df_str_trim(sk_skip(q, at + 2));
		q.n = at;
		while (q.n && (strchr(" -=>\n*", q.s[q.n - 1]) != NULL))
			q.n--;
		if (q.n >= 3 && memcmp(q.s + q.n - 3, "\xe2\x86\x92", 3) == 0)
			q.n -= 3;
		q = sk_unmarked(q);
		q = df_str_trim(sk_skip(q, q.n > 1 ? 2 : 0));
		x = SK_PUSH(v);
		x->question = sk_piece(r, q, list.v[k].at);
		x->answer = sk_piece(r, a, list.v[k].at);
	}
	SK_KEEP(r, v, &r->sk->answer, &r->sk->answers);
}

static struct df_sktext
section(struct skr *r, const char *name)
{
	uint32_t i = sk_heading(r, 0, r->md->lines, name);

	return i == DF_SK_NONE ? sk_none() : sk_block(r, i + 1,
	    sk_section_end(r->md, i, r->md->lines));
}

static void
read_head(struct skr *r)
{
	const struct df_md *md = r->md;
	struct df_speckit *sk = r->sk;
	struct df_str t;
	uint32_t i, b;

	for (i = 0; i < md->lines; i++)
		if (md->line[i].kind == DF_MD_HEADING &&
		    md->line[i].level == 1)
			break;
	b = i;
	if (i < md->lines) {
		t = df_md_bare(sk_line(&md->line[i]));
		if (df_str_word(t, "feature specification"))
			t = sk_past_sep(sk_skip(t, 21));
		else if (df_str_word(t, "feature spec"))
			t = sk_past_sep(sk_skip(t, 12));
		sk->title = sk_str(r, df_str_trim(t));
		for (b = i + 1; b < md->lines; b++)
			if (md->line[b].kind == DF_MD_HEADING)
				break;
	} else
		i = 0;
	sk->input = sk_field(r, i, b, "input");
	if (sk->input.n == 0)
		sk->input = section(r, "overview");
	if (sk->input.n == 0)
		sk->input = section(r, "summary");
	sk->status = sk_field(r, i, b, "status");
	sk->created = sk_field(r, i, b, "created");
	sk->branch = sk_field(r, i, b, "feature branch");
}

void
sk_spec(struct skr *r)
{
	read_head(r);
	read_stories(r);
	read_loose(r);
	read_reqs(r);
	read_entities(r);
	read_answers(r);
	list_of(r, "edge cases", &r->sk->edges);
	list_of(r, "assumptions", &r->sk->assumptions);
	list_of(r, "out of scope", &r->sk->excluded);
}
