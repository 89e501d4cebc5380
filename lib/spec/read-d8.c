#include "base/df.h"

#include <stdlib.h>

#include "spec/read-internal.h"

static const char *const task_keys[] = {
	"phase", "phase + name", "phase and name", "parallel/serial",
	"serial/parallel", "dependency", "dependencies", "depends on", "scope",
	"scenarios satisfied", "scenarios", "contracts implemented",
	"contracts", "acceptance criteria", "description", "files", "notes",
	NULL
};

static int
digit(int c)
{
	return c >= '0' && c <= '9';
}

/* Past spaces and what parts a phase's number from its name. */
static struct df_str
past_mark(struct df_str t)
{
	for (;;) {
		if (t.n && strchr(" =:.-", t.s[0])) {
			t.s++;
			t.n--;
		} else if (t.n >= 3 && (memcmp(t.s, "\xe2\x80\x94", 3) == 0 ||
		    memcmp(t.s, "\xe2\x80\x93", 3) == 0)) {
			t.s += 3;
			t.n -= 3;
		} else
			return t;
	}
}

/*
 * "0 - Foundation", "Phase 0 - X", "1 = Core Logic: X", "0 Foundation | X":
 * the number (-1 without one), the phase's name, and the task's title X.
 */
static int
phase_of(struct df_str t, struct df_str *name, struct df_str *title)
{
	int n = -1, named = 0;
	const char *p;
	size_t i;

	t = df_md_bare(t);
	if (df_str_word(t, "phase")) {
		t.s += 5;
		t.n -= 5;
		t = df_str_trim(t);
	}
	for (i = 0; i < t.n && i < 4 && digit(t.s[i]); i++)
		n = (n < 0 ? 0 : n * 10) + (t.s[i] - '0');
	t.s += i;
	t.n -= i;
	t = df_str_trim(t);
	if (n >= 0) {
		named = t.n && t.s[0] == '=';
		t = past_mark(t);
	}
	*name = *title = df_md_bare(t);
	p = df_str_find(t, " | ");
	i = 3;
	if (p == NULL && named) {
		p = df_str_find(t, ": ");
		i = 2;
	}
	if (p) {
		name->s = t.s;
		name->n = (size_t)(p - t.s);
		*name = df_md_bare(*name);
		title->s = p + i;
		title->n = (size_t)(t.s + t.n - title->s);
		*title = df_md_bare(*title);
	}
	return n;
}

static void
read_phase(struct rd *r, const struct rd_def *x, const struct rd_fields *f,
    const struct df_section *above, struct df_task *t)
{
	const struct rd_field *p;
	struct df_str name = { "", 0 }, title = { "", 0 };

	t->phase = -1;
	if ((p = rd_field(f, "phase + name|phase and name")) != NULL) {
		t->phase = phase_of(p->value, &name, &title);
		if (*t->item.title == 0)
			t->item.title = rd_str(r, title);
	} else if ((p = rd_field(f, "phase")) != NULL)
		t->phase = phase_of(p->value, &name, &title);
	else if (x->phase.n)
		t->phase = phase_of(x->phase, &name, &title);
	else if (above)
		t->phase = phase_of(df_str(above->title), &name, &title);
	t->phase_name = rd_str(r, name);
}

static char
scope_of(struct df_str t)
{
	static const struct {
		const char *word;
		char is;
	} word[] = {
		{ "S", 'S' }, { "M", 'M' }, { "L", 'L' }, { "small", 'S' },
		{ "medium", 'M' }, { "large", 'L' }
	};
	size_t i;

	for (i = 0; i < DF_LEN(word); i++)
		if (df_str_word(t, word[i].word))
			return word[i].is;
	return 0;
}

static int
contains(struct df_str t, const char *word)
{
	size_t i, n = strlen(word);

	for (i = 0; i + n <= t.n; i++)
		if (df_str_word((struct df_str){ t.s + i, n }, word))
			return 1;
	return 0;
}

/* "None", "None (can start at once)", "-": no set of tasks is meant. */
static int
is_none(struct df_str t)
{
	return t.n == 0 || df_str_eq(t, "-") ||
	    df_str_eq(t, "\xe2\x80\x94") || df_str_ieq(t, "n/a") ||
	    df_str_word(t, "none");
}

/*
 * Does a text that begins with None name tasks all the same?  "None (depends
 * only on T-001)" does, "None (parallel with T-001)" does not.
 */
static int
is_parallel(struct df_str t)
{
	return is_none(t) && contains(t, "parallel") &&
	    !contains(t, "depends") && !contains(t, "needs") &&
	    !contains(t, "requires") && !contains(t, "after");
}

static void
merge(struct rd *r, struct df_refs *to, const struct df_refs *a,
    const struct df_refs *b)
{
	to->n = a->n + b->n;
	to->v = a->n ? a->v : b->v;
	if (a->n == 0 || b->n == 0)
		return;
	to->v = df_arena_alloc(&r->sp->arena, to->n * sizeof(*to->v));
	memcpy(to->v, a->v, a->n * sizeof(*to->v));
	memcpy(to->v + a->n, b->v, b->n * sizeof(*to->v));
	*PUSH(r->lists) = *to;
}

static void
read_criteria(struct rd *r, const struct rd_fields *f, struct df_task *t)
{
	const struct rd_field *x = rd_field(f, "acceptance criteria");

	if (x == NULL)
		return;
	rd_criteria(r, x->line + 1, x->end, &t->criterion, &t->criteria);
	if (t->criteria == 0 && x->end > x->line && rd_take(r, 1)) {
		struct df_value v = rd_fieldtext(r, f, "acceptance criteria");

		if (v.n == 0)
			return;
		t->criterion = df_arena_alloc(&r->sp->arena,
		    sizeof(*t->criterion));
		t->criterion->text = v;
		t->criterion->number = 1;
		t->criteria = 1;
	}
}

static void
read_task(struct rd *r, const struct rd_def *x,
    const struct df_section *above, struct df_task *t)
{
	static const char *const base[] = {
		"foundation", "prerequisite", "precondition", "infrastructure"
	};
	struct df_refs o1 = { 0 }, o2 = { 0 };
	struct rd_fields f;
	struct df_str s;
	size_t i;

	rd_item(r, x, &t->item);
	rd_fields(r, x->line + 1, x->end, task_keys, &f);
	rd_keepfields(r, &f, &t->fields);
	read_phase(r, x, &f, above, t);
	t->parallel_text = rd_fieldtext(r, &f,
	    "parallel/serial|serial/parallel");
	s = rd_textstr(&t->parallel_text);
	t->parallel = df_str_word(s, "parallel") ? 1 :
	    df_str_word(s, "serial") ? 0 : -1;
	t->scope_text = rd_fieldtext(r, &f, "scope");
	t->scope = scope_of(rd_textstr(&t->scope_text));
	t->deps_text = rd_fieldtext(r, &f,
	    "dependency|dependencies|depends on");
	if (!is_parallel(rd_textstr(&t->deps_text)))
		rd_fieldrefs(r, &f, "dependency|dependencies|depends on",
		    FAM(DF_T), 0, &t->deps, NULL);
	t->scenarios_text = rd_fieldtext(r, &f,
	    "scenarios satisfied|scenarios");
	rd_fieldrefs(r, &f, "scenarios satisfied|scenarios", FAM(DF_SC), 1,
	    &t->scenarios, &o1);
	t->contracts_text = rd_fieldtext(r, &f,
	    "contracts implemented|contracts");
	rd_fieldrefs(r, &f, "contracts implemented|contracts", FAM_CONTRACT,
	    1, &t->contracts, &o2);
	merge(r, &t->others, &o1, &o2);
	s = rd_textstr(&t->scenarios_text);
	for (i = 0; i < DF_LEN(base); i++)
		if (contains(s, base[i]))
			t->foundation = 1;
	read_criteria(r, &f, t);
	t->description = rd_fieldtext(r, &f, "description");
	if (t->description.n == 0)
		t->description = rd_block(r, x->line + 1,
		    f.n ? f.v[0].line : x->end, 0);
	if (t->description.n == 0) {
		t->description.s = t->item.title;
		t->description.n = strlen(t->item.title);
		t->description.at = rd_span(r, x->line, x->line + 1);
	}
}

/*
 * Dependencies that name no task but a set: "all Phase 0 tasks", "all
 * previous tasks".
 */
static void
set_deps(struct rd *r, struct df_d8 *d, struct df_task *t)
{
	struct df_str s = rd_textstr(&t->deps_text);
	VEC(struct df_ref) v = { 0 };
	struct df_ref *ref;
	size_t i, k, sets = 0;
	int before, phase;

	if (t->deps.n || is_none(s))
		return;
	before = df_str_word(s, "all") && (s.n == 3 ||
	    contains(s, "previous") || contains(s, "prior") ||
	    contains(s, "preceding") ||
	    contains(s, "earlier") || contains(s, "other"));
	for (i = 0; (i < s.n || before) && sets < 16; i++) {
		phase = -1;
		if (!before) {
			if (s.n - i < 7 || memcmp(s.s + i, "Phase ", 6) != 0 ||
			    !digit(s.s[i + 6]))
				continue;
			phase = s.s[i + 6] - '0';
			sets++;
		}
		for (k = 0; k < d->tasks && !r->full; k++) {
			const struct df_task *o = &d->task[k];

			if (o == t || (before ? o > t : o->phase != phase) ||
			    !rd_take(r, 1))
				continue;
			ref = PUSH(v);
			ref->id = o->item.id;
			ref->family = DF_T;
			ref->derived = 1;
			ref->at = t->deps_text.at;
		}
		if (before)
			break;
	}
	KEEP(r, v, &t->deps.v, &t->deps.n);
	if (t->deps.n)
		*PUSH(r->lists) = t->deps;
}

static int64_t
number_at(struct df_str t)
{
	int64_t n = -1;
	size_t i;

	t = df_md_bare(t);
	for (i = 0; i < t.n && i < 9 && digit(t.s[i]); i++)
		n = (n < 0 ? 0 : n * 10) + (t.s[i] - '0');
	return n;
}

static void
read_totals(struct rd *r, struct df_d8 *d)
{
	const struct df_value *v;
	struct df_md_kv kv;
	uint32_t i;

	v = df_field_get(&r->sp->doc[r->doc].meta.fields, "total tasks");
	d->total = number_at(rd_textstr(v));
	d->total_at = *v;
	for (i = 0; i < r->md->lines; i++) {
		const struct df_md_line *l = &r->md->line[i];

		if (l->kind != DF_MD_TEXT || l->mark ||
		    !df_md_kv((struct df_str){ l->s, l->n }, &kv) ||
		    !df_md_key(kv.key, "total") ||
		    number_at(kv.value) < 0 || !contains(kv.value, "task"))
			continue;
		d->total_line = number_at(kv.value);
		d->total_at = rd_text(r, kv.value, i);
	}
}

static void
read_mentions(struct rd *r, struct df_d8 *d)
{
	struct rd_range in;
	struct df_value v;
	struct df_table t;
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	in = rd_whole(r, rd_section(r, "task dependency graph|"
	    "dependency graph"));
	v = rd_block(r, in.a, in.b, 1);
	rd_refs(r, rd_textstr(&v), v.at, FAM(DF_T), 0, &d->graph, NULL);
	in = rd_whole(r, rd_section(r, "summary"));
	if (!rd_first_table(r, in.a, in.b, &t))
		return;
	for (i = 0; i < t.rows; i++) {
		df_buf_str(&b, rd_cell(&t, i, 0)->s);
		df_buf_ch(&b, '\n');
	}
	rd_refs(r, (struct df_str){ b.s, b.n }, t.at, FAM(DF_T), 0,
	    &d->summary, NULL);
	df_buf_release(&b);
}

void
rd_d8(struct rd *r)
{
	struct df_d8 *d = &r->sp->d8;
	VEC(struct df_task) v = { 0 };
	const struct df_section *above;
	struct rd_path path = { 0 };
	struct rd_range in;
	struct rd_defs def;
	size_t k;

	rd_defs(r, FAM(DF_T), &def);
	for (k = 0; k < def.n && !r->full; k++) {
		const struct rd_def *x = &def.v[k];

		above = rd_above(r, &path, x->line + 1, x->level);
		if (above && !df_md_title(df_str(above->title), "phase"))
			above = NULL;
		read_task(r, x, above, PUSH(v));
	}
	KEEP(r, v, &d->task, &d->tasks);
	for (k = 0; k < d->tasks; k++) {
		d->task[k].item.index = (uint32_t)k;
		rd_index(r, &d->task[k].item);
	}
	for (k = 0; k < d->tasks && !r->full; k++)
		set_deps(r, d, &d->task[k]);
	read_totals(r, d);
	in = rd_whole(r, rd_section(r, "mvp scope|mvp"));
	d->mvp = rd_block(r, in.a, in.b, 1);
	read_mentions(r, d);
}
