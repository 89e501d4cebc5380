#include "base/df.h"

#include <stdlib.h>

#include "spec/speckit-internal.h"

/* tasks.md: phases, tasks, and what a task's text says. */

struct tasks {
	struct skr *r;
	SK_VEC(struct df_skphase) phase;
	SK_VEC(struct df_sktask) task;
	struct df_map ids;
	uint32_t heading;	/* line of the level 2 heading above */
	uint32_t now;		/* the phase, or DF_SK_NONE */
	uint32_t hint;		/* story of the heading above */
	unsigned hintlevel;
};

/* ---- phases ---- */

/* "Phase 3: User Story 1", "Phase N: Polish" */
static int
phase_head(struct df_str t, int *number, struct df_str *title)
{
	size_t n = 0;
	int x = 0;

	t = df_md_bare(t);
	if (!df_str_word(t, "phase") || t.n < 7 || t.s[5] != ' ')
		return 0;
	t = sk_skip(t, 6);
	while (n < t.n && n < 4 && sk_digit(t.s[n]))
		x = x * 10 + (t.s[n++] - '0');
	if (n == 0 && !(t.s[0] == 'N' && t.n > 1 && !sk_alnum(t.s[1])))
		return 0;
	*number = n ? x : -1;
	*title = df_md_bare(sk_past_sep(sk_skip(t, n ? n : 1)));
	return 1;
}

/* The line behind what is said of a phase: it ends where the next begins. */
static uint32_t
phase_end(const struct df_md *md, uint32_t i)
{
	struct df_str title;
	int number;

	for (i++; i < md->lines; i++)
		if (md->line[i].kind == DF_MD_HEADING &&
		    (md->line[i].level <= 2 || (md->line[i].level == 3 &&
		    phase_head(sk_line(&md->line[i]), &number, &title))))
			break;
	return i;
}

static void
open_phase(struct tasks *t, uint32_t i, int number, struct df_str title)
{
	struct skr *r = t->r;
	struct df_skphase *p;
	uint32_t end;

	if (!sk_take(r, 1))
		return;
	end = phase_end(r->md, i);
	p = SK_PUSH(t->phase);
	p->number = number;
	p->title = sk_str(r, title);
	p->at = sk_at(r, i, sk_line(&r->md->line[i]));
	p->goal = sk_field(r, i + 1, end, "goal");
	if (p->goal.n == 0)
		p->goal = sk_field(r, i + 1, end, "purpose");
	p->test = sk_field(r, i + 1, end, "independent test");
	p->checkpoint = sk_field(r, i + 1, end, "checkpoint");
	t->now = (uint32_t)t->phase.n - 1;
}

static uint32_t
story_of(struct skr *r, struct df_str t)
{
	struct df_str num;
	size_t i;

	for (i = 0; i < t.n; i++)
		if ((t.s[i] | 32) == 'u' && sk_begins(t, i) &&
		    sk_story_id(sk_skip(t, i), &num))
			return sk_story(r, num);
	return DF_SK_NONE;
}

static void
heading(struct tasks *t, uint32_t i)
{
	struct skr *r = t->r;
	const struct df_md_line *l = &r->md->line[i];
	struct df_str title;
	uint32_t story;
	int number;

	if (l->level <= 3 && phase_head(sk_line(l), &number, &title)) {
		open_phase(t, i, number, title);
		t->heading = DF_SK_NONE;
		t->hint = story_of(r, title);
		t->hintlevel = l->level;
		return;
	}
	if (l->level <= 2) {
		t->heading = i;
		t->now = DF_SK_NONE;
	}
	story = story_of(r, sk_line(l));
	if (story != DF_SK_NONE || l->level <= t->hintlevel) {
		/* a phase keeps its story under "### Implementation" */
		if (story == DF_SK_NONE && t->now != DF_SK_NONE)
			story = story_of(r, df_str(
			    t->phase.v[t->now].title));
		t->hint = story;
		t->hintlevel = l->level;
	}
}

/* ---- files that a text names ---- */

static int
path_char(int c)
{
	return sk_alnum(c) || (c && strchr("_./-@+~$*[]", c) != NULL);
}

/* "c" of "src/a.c", when it is like the extension of a file */
static int
extension(struct df_str t)
{
	size_t i = t.n, n;

	while (i && t.s[i - 1] != '.' && t.s[i - 1] != '/')
		i--;
	n = t.n - i;
	return i > 1 && t.s[i - 1] == '.' && n && n <= 10 &&
	    sk_alpha(t.s[i]) && sk_alnum(t.s[t.n - 1]) && t.s[i - 2] != '.';
}

/* "package.json", but not "ctx.status" */
static int
common(struct df_str t)
{
	static const char *const end[] = { "c", "cc", "cfg", "conf", "cpp",
	    "cs", "css", "csv", "go", "gradle", "h", "hpp", "html", "ini",
	    "java", "js", "json", "jsx", "kt", "lock", "md", "mjs", "mod",
	    "php", "proto", "py", "rb", "rs", "sh", "sql", "sum", "svg",
	    "swift", "tf", "toml", "ts", "tsx", "txt", "xml", "yaml", "yml" };
	size_t i, k = t.n;

	while (k && t.s[k - 1] != '.')
		k--;
	for (i = 0; i < DF_LEN(end); i++)
		if (df_str_eq(sk_skip(t, k), end[i]))
			return 1;
	return 0;
}

static int
is_path(struct df_str t, int code)
{
	int slash = memchr(t.s, '/', t.n) != NULL;

	if (t.n < 3 || t.n > 512 || t.s[0] == '/' || t.s[0] == '-' ||
	    t.s[0] == '$' || t.s[0] == '@' || memchr(t.s, '*', t.n))
		return 0;
	if (df_str_find(t, "//") || df_str_find(t, ".."))
		return 0;
	return extension(t) ? slash || (code && common(t)) :
	    slash && t.s[t.n - 1] == '/';
}

static void
read_files(struct skr *r, struct df_sktask *t)
{
	struct df_str x = sk_s(&t->text), p;
	SK_VEC(struct df_sktext) v = { 0 };
	size_t i, j, k;
	int code = 0;

	for (i = 0; i < x.n; i = j) {
		j = i + 1;
		if (x.s[i] == '`')
			code = !code;
		if (!path_char(x.s[i]))
			continue;
		while (j < x.n && path_char(x.s[j]))
			j++;
		/* of an address or an option's value: no file */
		if ((j < x.n && (x.s[j] == ':' && j + 1 < x.n &&
		    x.s[j + 1] == '/')) || (i && x.s[i - 1] == ':'))
			continue;
		p.s = x.s + i;
		p.n = j - i;
		while (p.n && p.s[p.n - 1] == '.')
			p.n--;
		if (p.n > 2 && p.s[0] == '.' && p.s[1] == '/')
			p = sk_skip(p, 2);
		if (!is_path(p, code))
			continue;
		for (k = 0; k < v.n && k < 64; k++)
			if (df_str_eq(p, v.v[k].s))
				break;
		if (k < v.n || !sk_take(r, 1))
			continue;
		*SK_PUSH(v) = sk_piece(r, p, t->at);
	}
	SK_KEEP(r, v, &t->files.v, &t->files.n);
}

/* ---- tasks ---- */

/* "T012a": its length, or 0. */
static size_t
task_id(struct df_str t)
{
	size_t n;

	if (t.n < 2 || t.s[0] != 'T' || !sk_digit(t.s[1]))
		return 0;
	for (n = 1; n < t.n && n < 10 && sk_digit(t.s[n]); n++)
		;
	while (n < t.n && n < 12 && sk_alpha(t.s[n]))
		n++;
	return n < t.n && (sk_alnum(t.s[n]) || t.s[n] == '_') ? 0 : n;
}

/* "[ ] ", "[x]", "[-]": 1 open, 2 ticked, 3 dropped, 0 none; *t gets what
   follows. */
static int
box(struct df_str *t)
{
	int is;

	if (t->n < 3 || t->s[0] != '[' || t->s[2] != ']' ||
	    strchr(" xX-~", t->s[1]) == NULL)
		return 0;
	is = (t->s[1] | 32) == 'x' ? 2 : t->s[1] == ' ' ? 1 : 3;
	*t = df_str_trim(sk_skip(*t, 3));
	return is;
}

static void
story_tag(struct skr *r, uint32_t from, struct df_str tag, uint32_t line)
{
	struct df_str num;
	size_t i, n;
	struct df_skrel *x;

	for (i = 0; i < tag.n; i += n ? n : 1) {
		n = 0;
		if ((tag.s[i] | 32) != 'u' || !sk_begins(tag, i))
			continue;
		n = sk_story_id(sk_skip(tag, i), &num);
		if (n == 0 || !sk_take(r, 1))
			continue;
		x = SK_PUSH(r->rel);
		x->kind = DF_SK_TASK_STORY;
		x->from = from;
		x->to = sk_story(r, num);
		x->order = (uint32_t)r->rel.n;
		x->id = sk_fmt(r, "US%.*s", (int)num.n, num.s);
		x->at = sk_at(r, line, sk_skip(tag, i));
	}
}

/* The tags behind the id: [P], [US1], [US1][US2]. */
static struct df_str
tags(struct skr *r, struct df_sktask *t, uint32_t from, struct df_str x,
    uint32_t line)
{
	struct df_str tag;
	const char *p;

	for (;;) {
		while (x.n && strchr(" *:`", x.s[0]))
			x = sk_skip(x, 1);
		if (x.n < 3 || x.s[0] != '[' ||
		    (p = memchr(x.s, ']', x.n)) == NULL || p - x.s > 40)
			return x;
		tag.s = x.s + 1;
		tag.n = (size_t)(p - x.s) - 1;
		if (df_str_ieq(tag, "p"))
			t->parallel = 1;
		else if ((tag.s[0] | 32) == 'u' && tag.n > 2 &&
		    df_str_find(tag, "(") == NULL)
			story_tag(r, from, tag, line);
		else if (!df_str_ieq(tag, "story"))
			return x;
		x = sk_skip(x, tag.n + 2);
	}
}

static int
is_task(const struct df_md_line *l)
{
	struct df_str x = df_md_item(l);

	return l->kind == DF_MD_TEXT && l->mark && box(&x) &&
	    task_id(sk_unmarked(x)) > 0;
}

static void
read_task(struct tasks *ts, uint32_t i, struct df_str x, size_t n, int ticked)
{
	struct skr *r = ts->r;
	struct df_sktask *t;
	const struct df_md_line *l = &r->md->line[i];
	struct df_str id = { x.s, n };
	uint32_t k;

	if (ts->now == DF_SK_NONE && ts->heading != DF_SK_NONE) {
		open_phase(ts, ts->heading, -1,
		    df_md_bare(sk_line(&r->md->line[ts->heading])));
		ts->heading = DF_SK_NONE;
	}
	if (!sk_take(r, 2))
		return;
	t = SK_PUSH(ts->task);
	t->id = sk_str(r, id);
	t->at = sk_at(r, i, x);
	t->claimed = ticked == 2;
	t->phase = ts->now;
	t->hint = ts->hint;
	x = tags(r, t, (uint32_t)ts->task.n - 1, sk_skip(x, n), i);
	while (x.n && strchr(":- ", x.s[0]))
		x = sk_skip(x, 1);
	t->end = l->kind == DF_MD_HEADING ?
	    sk_section_end(r->md, i, r->md->lines) :
	    sk_item_end(r->md, i, r->md->lines);
	for (k = i + 1; k < t->end; k++)
		if (is_task(&r->md->line[k]))
			t->end = k;
	t->text = sk_join(r, x, i, t->end);
	t->text.at = sk_at(r, i, x);
	read_files(r, t);
	if (df_map_get(&ts->ids, t->id, n) != DF_MAP_NONE) {
		t->twice = 1;
		*SK_PUSH(r->repeated) = sk_piece(r, id, t->at);
	} else
		df_map_set(&ts->ids, t->id, n, ts->task.n - 1);
	if (t->claimed)
		r->sk->claimed++;
	if (ts->now != DF_SK_NONE)
		ts->phase.v[ts->now].tasks++;
}

/* A line that may say what depends on what: kept for later. */
static void
sentence(struct skr *r, uint32_t i)
{
	struct df_str t = sk_line(&r->md->line[i]);
	struct sk_said *s;

	if (sk_word_at(t, "depends", 0) == t.n &&
	    sk_word_at(t, "depend", 0) == t.n &&
	    sk_word_at(t, "waits", 0) == t.n &&
	    sk_word_at(t, "blocked", 0) == t.n)
		return;
	if (!sk_take(r, 1))
		return;
	s = SK_PUSH(r->said);
	s->text = t;
	s->line = i;
}

void
sk_tasks(struct skr *r)
{
	const struct df_md *md = r->md;
	struct tasks t;
	struct df_str x;
	uint32_t i, inside = 0;
	size_t n;
	int ticked;

	memset(&t, 0, sizeof(t));
	t.r = r;
	t.heading = t.now = t.hint = DF_SK_NONE;
	for (i = 0; i < md->lines && !r->full; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind == DF_MD_HEADING) {
			x = df_md_bare(sk_line(l));
			n = l->level > 2 ? task_id(x) : 0;
			if (n) {
				read_task(&t, i, x, n, 0);
				inside = 0;
			} else
				heading(&t, i);
			continue;
		}
		if (l->kind != DF_MD_TEXT)
			continue;
		x = df_md_item(l);
		ticked = l->mark ? box(&x) : 0;
		x = sk_unmarked(x);
		n = ticked ? task_id(x) : 0;
		if (n && ticked == 3) {
			if (sk_take(r, 1))
				*SK_PUSH(r->dropped) = sk_text(r,
				    (struct df_str){ x.s, n }, i);
		} else if (n) {
			read_task(&t, i, x, n, ticked);
			if (t.task.n)
				inside = t.task.v[t.task.n - 1].end;
		} else if (ticked && ticked < 3 && i >= inside && sk_take(r, 1))
			*SK_PUSH(r->unnumbered) = sk_text(r, x, i);
		else if (i >= inside)
			sentence(r, i);
	}
	df_map_release(&t.ids);
	SK_KEEP(r, t.phase, &r->sk->phase, &r->sk->phases);
	SK_KEEP(r, t.task, &r->sk->task, &r->sk->tasks);
}
