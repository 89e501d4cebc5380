#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "spec/handoff-internal.h"

/* ---- 4 implementation steps ---- */

void
hand_steps(struct hand *h)
{
	const struct df_task *t = h->t;
	const struct df_criterion *c;
	jv v = jv_array(), o, codes, code;
	const char *lf;
	size_t i, k, n;

	for (i = 0; i < t->criteria; i++) {
		c = &t->criterion[i];
		hand_add(h, HAND_STEPS, c->text.s, c->text.n, c->text.at);
		lf = memchr(c->text.s, '\n', c->text.n);
		n = lf ? (size_t)(lf - c->text.s) : c->text.n;
		o = df_jset_int(jv_object(), "n", (int64_t)i + 1);
		o = df_jset(o, "text", brief_str(c->text.s, n));
		o = df_jset(o, "rest", brief_lines(c->text.s + n,
		    c->text.n - n));
		codes = jv_array();
		for (k = 0; k < c->codes.n; k++) {
			code = df_jset_str(jv_object(), "lang",
			    c->codes.v[k].lang);
			codes = jv_array_append(codes, df_jset_strn(code,
			    "text", c->codes.v[k].s, c->codes.v[k].n));
		}
		v = jv_array_append(v, df_jset(o, "codes", codes));
	}
	hand_view(h, "steps", v);
}

/* ---- 5 package plan and 9 files ---- */

static jv
file_row(struct hand *h, const struct df_xfile *f, const struct df_pick *p)
{
	static const char *const name[] = { "CREATE", "MODIFY", "REUSE" };
	struct df_buf *b = &h->rec[HAND_FILES];
	jv o = df_jset_str(jv_object(), "path", f->path);

	hand_because(h, p, f->component == DF_NOCOMPONENT ? NULL :
	    &h->sp->d7.component[f->component]);
	brief_next(b);
	brief_puts(b, "{\"action\":", name[p->action]);
	brief_put(b, ",\"because\":", h->b.s, h->b.n);
	brief_puts(b, ",\"file\":", f->base);
	brief_put(b, ",\"location\":", f->path, (size_t)(f->base - f->path));
	df_buf_ch(b, '}');
	hand_at(h, HAND_FILES, f->at);
	df_buf_reset(&h->b);
	o = df_jset_str(o, "action", name[p->action]);
	return df_jset(o, "comment", brief_str(f->comment,
	    strlen(f->comment)));
}

static size_t
file_size(const void *arg, uint32_t i)
{
	const struct df_xfile *f = (const struct df_xfile *)arg + i;

	return strlen(f->path) + strlen(f->comment) + 8;
}

/* What the components need; starts the record's package plan. */
static jv
depends(struct hand *h)
{
	const struct df_picks *p = &h->sc.kind[DF_K_COMPONENT];
	struct df_buf *b = &h->rec[HAND_PLAN];
	const struct df_component *c;
	jv v = jv_array(), o;
	size_t i, n = 0;

	df_buf_str(b, "{\"depends_on\":[");
	for (i = 0; i < p->n && n < h->max->components.n; i++) {
		c = &h->sp->d7.component[p->v[i].index];
		if (!p->v[i].own || c->depends.n == 0)
			continue;
		hand_cite(h, "package_plan", c->name, c->depends.at);
		o = df_jset_str(jv_object(), "component", c->name);
		v = jv_array_append(v, df_jset(o, "depends_on",
		    brief_value(&c->depends)));
		brief_puts(b, n++ ? ",{\"component\":" : "{\"component\":",
		    c->name);
		brief_putv(b, ",\"depends_on\":", &c->depends);
		df_buf_ch(b, '}');
	}
	df_buf_ch(b, ']');
	return v;
}

void
hand_files(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_FILE];
	size_t i, left = df_picks_fit(p, h->max->files, file_size, h->x->file);
	struct df_buf *b = &h->rec[HAND_PLAN];
	const struct df_unplanned *u;
	const struct df_xfile *f;
	jv v = jv_array();

	hand_view(h, "depends", depends(h));
	df_buf_str(b, ",\"files\":[");
	for (i = 0; i < p->n; i++) {
		f = &h->x->file[p->v[i].index];
		v = jv_array_append(v, file_row(h, f, &p->v[i]));
		brief_puts(b, i ? ",{\"comment\":" : "{\"comment\":",
		    f->comment);
		brief_puts(b, ",\"path\":", f->path);
		df_buf_ch(b, '}');
	}
	brief_puts(b, "],\"package_id\":", h->sp->package);
	df_buf_ch(b, '}');
	hand_view(h, "nfiles", jv_number((double)p->n));
	hand_list(h, "files", v);
	v = jv_array();
	for (i = 0; i < h->sc.nunplanned; i++) {
		u = &h->sc.unplanned[i];
		v = jv_array_append(v, df_jset_int(df_jset_strn(jv_object(),
		    "path", u->path, u->n), "step", u->step));
		df_buf_add(&h->b, u->path, u->n);
		hand_cite(h, "files_summary", h->b.s, u->at);
		df_buf_reset(&h->b);
	}
	hand_list(h, "unplanned", v);
	hand_more(h, "files", left, 7, "File Creation Order");
}

/* ---- 6 test plan ---- */

static void
test(struct hand *h, const char *name, size_t nname, const char *about,
    const char *expected, size_t n, const char *from, struct df_span at)
{
	struct df_buf *b = &h->rec[HAND_TESTS];

	brief_next(b);
	brief_puts(b, "{\"description\":", about);
	brief_put(b, ",\"expected\":", expected, n);
	brief_puts(b, ",\"from\":", from);
	brief_put(b, ",\"name\":", name, nname);
	df_buf_ch(b, '}');
	hand_at(h, HAND_TESTS, at);
}

static jv
clauses(jv list, const char *word, const struct df_values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		list = jv_array_append(list, df_jset(df_jset_str(jv_object(),
		    "word", i ? "AND" : word), "text",
		    brief_value(&v->v[i])));
	return list;
}

static jv
scenario(struct hand *h, const struct df_scenario *s)
{
	jv o = df_jset_str(jv_object(), "id", s->item.id), list, text;
	struct df_buf name = DF_BUF_INIT;
	char priority[16] = "";
	size_t i;

	brief_test_name(&name, s->item.id, s->item.title);
	for (i = 0; i < s->then.n; i++) {
		df_buf_str(&h->b, i ? "\n" : "");
		df_buf_str(&h->b, s->then.v[i].s);
	}
	text = brief_body(h->sp, &s->item);
	if (s->then.n)
		test(h, name.s, name.n, s->item.title, h->b.s, h->b.n,
		    s->item.id, s->item.at);
	else
		test(h, name.s, name.n, s->item.title, jv_string_value(text),
		    (size_t)jv_string_length_bytes(jv_copy(text)), s->item.id,
		    s->item.at);
	df_buf_reset(&h->b);
	if (s->then.n) {
		jv_free(text);
		text = jv_string("");
	}
	if (s->priority >= 0)
		snprintf(priority, sizeof(priority), "P%d", s->priority);
	o = df_jset_str(o, "title", s->item.title);
	o = df_jset_str(o, "priority", priority);
	list = jv_array();
	if (s->then.n) {	/* else its text says them */
		list = clauses(list, "GIVEN", &s->given);
		list = clauses(list, "WHEN", &s->when);
		list = clauses(list, "THEN", &s->then);
	}
	o = df_jset(o, "clauses", list);
	o = df_jset(o, "testing", brief_value(&s->testing));
	df_buf_release(&name);
	return df_jset(o, "text", text);
}

/* One test a criterion; those that say how many there must be. */
static void
step_tests(struct hand *h)
{
	const struct df_task *t = h->t;
	const struct df_criterion *c;
	jv counts = jv_array();
	char about[64];
	size_t i;

	for (i = 0; i < t->criteria; i++) {
		c = &t->criterion[i];
		brief_test_name(&h->b, t->item.id, "step");
		df_buf_fmt(&h->b, "_%zu", i + 1);
		snprintf(about, sizeof(about), "step %zu of section 4 holds",
		    i + 1);
		test(h, h->b.s, h->b.n, about, c->text.s, c->text.n,
		    t->item.id, c->text.at);
		df_buf_reset(&h->b);
		if (brief_counts_tests(c->text.s, c->text.n))
			counts = jv_array_append(counts, df_jset_int(
			    jv_object(), "n", (int64_t)i + 1));
	}
	hand_list(h, "test_counts", counts);
}

static size_t
line_size(const void *arg, uint32_t i)
{
	return ((const struct df_xline *)arg + i)->s.n;
}

/* The lines of D7's testing strategy that are for this task or for all. */
static void
strategy(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_TESTING];
	size_t left = df_picks_fit(p, h->max->testing, line_size,
	    h->x->testing), i;
	struct df_span at = h->sp->d7.testing_at;
	const struct df_xline *l;

	for (i = 0; i < p->n; i++) {
		l = &h->x->testing[p->v[i].index];
		df_buf_add(&h->b, l->s.s, l->s.n);
		df_buf_ch(&h->b, '\n');
		at.line = l->line;
		hand_cite(h, "test_plan", "testing strategy", at);
	}
	hand_view(h, "testing", brief_lines(h->b.s, h->b.n));
	df_buf_reset(&h->b);
	hand_more(h, "testing", left, 7, "Testing Strategy");
}

static size_t
double_size(const void *arg, uint32_t i)
{
	return ((const struct df_double *)arg + i)->item.at.len;
}

/* The test doubles that the text names; when it names none, the first ones. */
static void
doubles(struct hand *h)
{
	static const struct df_limit all_of_it = { UINT32_MAX, UINT32_MAX };
	const struct df_d4 *d = &h->sp->d4;
	struct df_picks *p = &h->sc.kind[DF_K_DOUBLE], all = { 0 };
	const struct df_double *twin;
	jv v = jv_array(), o;
	size_t i, less;

	all.v = df_calloc(p->n + h->max->doubles.n, sizeof(*all.v));
	for (i = 0; i < p->n; i++)
		all.v[all.n++] = p->v[i];
	for (i = 0; p->n == 0 && i < d->twins && i < h->max->doubles.n; i++)
		all.v[all.n++].index = (uint32_t)i;
	(void)df_picks_fit(&all, h->max->doubles, double_size, d->twin);
	for (i = 0; i < all.n; i++) {
		twin = &d->twin[all.v[i].index];
		o = df_jset_str(jv_object(), "id", twin->item.id);
		o = df_jset_str(o, "title", twin->item.title);
		hand_cite(h, "test_plan", twin->item.id, twin->item.at);
		v = jv_array_append(v, df_jset(o, "fields", hand_fields(h,
		    &twin->fields, "test_plan", all_of_it, &less)));
	}
	hand_list(h, "doubles", v);
	hand_more(h, "doubles", d->twins - all.n, 4, "Testable Surface");
	free(all.v);
}

void
hand_tests(struct hand *h)
{
	const struct df_refs *f = &h->t->scenarios;
	jv v = jv_array();
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to)
			v = jv_array_append(v, scenario(h,
			    df_scenario_of(f->v[i].to)));
	hand_list(h, "scenarios", v);
	step_tests(h);
	strategy(h);
	doubles(h);
}

/* ---- 7 existing code ---- */

/* A row: what, where, by which task or by none so far, how it is used. */
static jv
existing_row(struct hand *h, const char *what, const char *where,
    const char *by, int missing, const char *interface, struct df_span at)
{
	struct df_buf *b = &h->rec[HAND_EXISTING];
	jv o = df_jset_str(jv_object(), "what", what);

	brief_next(b);
	brief_puts(b, "{\"what\":", what);
	brief_puts(b, ",\"where\":", where);
	df_buf_str(&h->b, *by ? "made by " : missing ? "made by no task "
	    "before this one" : "");
	df_buf_str(&h->b, by);
	df_buf_str(&h->b, h->b.n && *interface ? "; " : "");
	df_buf_str(&h->b, interface);
	brief_put(b, ",\"why\":", h->b.s, h->b.n);
	df_buf_reset(&h->b);
	df_buf_ch(b, '}');
	hand_at(h, HAND_EXISTING, at);
	o = df_jset_str(o, "where", where);
	o = df_jset_str(o, "by", by);
	o = df_jset_bool(o, "missing", missing);
	return df_jset_str(o, "interface", interface);
}

/* Is the component of D10 in that file? */
static int
is_in(const struct df_active *a, const char *file)
{
	const char *base = strrchr(file, '/');

	base = base ? base + 1 : file;
	return *base && strstr(a->where.s, base) != NULL;
}

int
hand_offered(const struct hand *h, const char *file)
{
	const struct df_picks *p = &h->sc.kind[DF_K_ACTIVE];
	size_t i;

	for (i = 0; i < p->n && i < h->max->existing.n; i++)
		if (is_in(&h->sp->d10.active[p->v[i].index], file))
			return 1;
	return 0;
}

/* Does section 3 say what its component exposes?  1; 2 when this task makes
   the file that it is in. */
static int
exposed(const struct hand *h, const struct df_active *a)
{
	const struct df_picks *p = &h->sc.kind[DF_K_FILE];
	const struct df_xfile *f;
	size_t i;

	for (i = 0; i < p->n; i++) {
		f = &h->x->file[p->v[i].index];
		if (p->v[i].own && f->component != DF_NOCOMPONENT &&
		    h->sp->d7.component[f->component].exposes.n &&
		    is_in(a, f->base))
			return p->v[i].action == DF_CREATE ? 2 : 1;
	}
	return 0;
}

/* Does section 9 say that this task makes the file that it is in? */
static int
makes(const struct hand *h, const struct df_active *a)
{
	const struct df_picks *p = &h->sc.kind[DF_K_FILE];
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].own && is_in(a, h->x->file[p->v[i].index].base))
			return 1;
	return 0;
}

static size_t
active_size(const void *arg, uint32_t i)
{
	const struct df_active *a = (const struct df_active *)arg + i;

	return a->name.n + a->where.n + a->interface.n;
}

/* What the tasks made that this one builds on, then D10's components. */
void
hand_existing(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_ACTIVE];
	const struct df_picks *own = &h->sc.kind[DF_K_FILE];
	const struct df_active *active = h->sp->d10.active, *a;
	const struct df_given *g;
	const struct df_xfile *f;
	jv v = jv_array();
	size_t i, j, k, n = 0, left = 0, used = 0;

	for (i = j = 0; i < p->n; i++)
		if (exposed(h, &active[p->v[i].index]) < 2)
			p->v[j++] = p->v[i];
	p->n = j;
	left = df_picks_fit(p, h->max->existing, active_size, active);
	for (i = 0, k = 0; i < h->sc.ngiven; i++) {
		g = &h->sc.given[i];
		f = &h->x->file[g->file];
		while (k < own->n && own->v[k].index < g->file)
			k++;
		if (f->test || (k < own->n && own->v[k].index == g->file))
			continue;
		for (j = 0; j < p->n; j++)
			if (is_in(&active[p->v[j].index], f->base))
				break;
		if (j < p->n)
			continue;	/* a row of D10 says more */
		used += strlen(f->path);
		if (n == h->max->given.n || (n && used > h->max->given.bytes)) {
			left++;
			continue;
		}
		n++;
		v = jv_array_append(v, existing_row(h, f->component ==
		    DF_NOCOMPONENT ? f->base :
		    h->sp->d7.component[f->component].name, f->path,
		    g->task->item.id, 0, "", f->at));
	}
	for (i = 0; i < p->n; i++) {
		a = &active[p->v[i].index];
		for (j = 0; j < h->sc.ngiven; j++)
			if (is_in(a, h->x->file[h->sc.given[j].file].base))
				break;
		v = jv_array_append(v, existing_row(h, a->name.s, a->where.s,
		    j < h->sc.ngiven ? h->sc.given[j].task->item.id : "",
		    j == h->sc.ngiven && p->v[i].action == DF_CREATE &&
		    !makes(h, a),
		    exposed(h, a) ? "" : a->interface.s, a->name.at));
	}
	hand_list(h, "existing", v);
	hand_more(h, "existing", left, 10, "Active Components");
}

/* ---- 8 verification ---- */

static void
command(struct hand *h, const struct df_command *c)
{
	const char *s = c->label.s, *lf;
	size_t n;

	hand_add(h, HAND_COMMANDS, c->text.s, c->text.n, c->text.at);
	if (c->label.n)
		hand_cite(h, "verification_commands", "label", c->label.at);
	if (h->b.n)
		df_buf_ch(&h->b, '\n');
	for (; *s; s += n + (lf != NULL)) {
		lf = strchr(s, '\n');
		n = lf ? (size_t)(lf - s) : strlen(s);
		df_buf_str(&h->b, "# ");
		df_buf_add(&h->b, s, n);
		df_buf_ch(&h->b, '\n');
	}
	df_buf_add(&h->b, c->text.s, c->text.n);
	df_buf_ch(&h->b, '\n');
}

static size_t
command_size(const void *arg, uint32_t i)
{
	const struct df_command *c = (const struct df_command *)arg + i;

	return c->label.n + c->text.n;
}

/* Does it test?  A path that ends so does not. */
static int
tests(const struct df_command *c)
{
	static const char *const word[] = { "test", "tests", "regression",
	    "pytest", "unittest", "ctest", "check", "prove", "jest" };
	const char *s = c->label.n ? c->label.s : c->text.s, *before = s;
	size_t n, i;

	for (; *s; before = s, s += n ? n : 1) {
		n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (n == 0 || *before == '/' || s[n] == '/')
			continue;
		for (i = 0; i < DF_LEN(word); i++)
			if (strlen(word[i]) == n && strncasecmp(s, word[i], n)
			    == 0)
				return 1;
	}
	return 0;
}

/* Does it run a file that the steps name and D7 does not have? */
static int
runs_unplanned(struct hand *h, const struct df_command *c)
{
	const struct df_unplanned *u;
	const char *base;
	size_t i;
	int found = 0;

	for (i = 0; i < h->sc.nunplanned && !found; i++) {
		u = &h->sc.unplanned[i];
		for (base = u->path + u->n; base > u->path && base[-1] != '/';
		    base--)
			;
		df_buf_add(&h->b, base, (size_t)(u->path + u->n - base));
		found = strstr(c->text.s, h->b.s) != NULL;
		df_buf_reset(&h->b);
	}
	return found;
}

/* Those that name something of the task, that test, or that speak of the same;
   when none does, the first ones. */
void
hand_commands(struct hand *h)
{
	const struct df_d10 *d = &h->sp->d10;
	struct df_picks *p = &h->sc.kind[DF_K_COMMAND], some = *p;
	size_t i, n;

	some.v = df_calloc(p->n, sizeof(*some.v));
	for (i = some.n = 0; i < p->n; i++) {
		n = command_size(d->command, p->v[i].index);
		if (tests(&d->command[p->v[i].index]))
			p->v[i].by = DF_BY_NAME;
		/* one about the task alone before one about everything */
		p->v[i].score = p->v[i].score * 1024 / ((uint32_t)n + 1);
		if (runs_unplanned(h, &d->command[p->v[i].index])) {
			p->v[i].by = DF_BY_NAME;
			p->v[i].score = UINT32_MAX;
		}
		if (p->v[i].score == 0 && !(p->v[i].by & ~DF_BY_RULE))
			continue;
		some.v[some.n] = p->v[i];
		/* one that leaves no room for others last */
		if (n > h->max->commands.bytes / 2)
			some.v[some.n].by = DF_BY_RULE;
		some.n++;
	}
	(void)df_picks_fit(some.n ? &some : p, h->max->commands, command_size,
	    d->command);
	if (some.n)
		p = &some;
	for (i = 0; i < p->n; i++)
		command(h, &d->command[p->v[i].index]);
	hand_view(h, "commands", hand_buf(h));
	hand_more(h, "commands", d->commands - p->n, 10, "Commands");
	free(some.v);
}
