#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "spec/handoff-internal.h"

/* ---- 2 critical constraints ---- */

/* What the contract says to every handoff. */
static void
standing(struct hand *h)
{
	struct df_buf *src = &h->src[HAND_CONSTRAINTS];
	jv v = df_jv_get(h->contract, "constraints"), o;
	int i, n = jv_array_length(jv_copy(v));
	size_t name;

	df_buf_str(&h->b, df_jv_str(h->contract, "name"));
	df_buf_ch(&h->b, ' ');
	df_buf_str(&h->b, df_jv_str(h->contract, "version"));
	df_buf_ch(&h->b, ' ');
	name = h->b.n;
	for (i = 0; i < n; i++) {
		o = jv_array_get(jv_copy(v), i);
		brief_next(&h->rec[HAND_CONSTRAINTS]);
		brief_puts(&h->rec[HAND_CONSTRAINTS], "", df_jv_str(o,
		    "text"));
		df_buf_str(&h->b, df_jv_str(o, "id"));
		brief_next(src);
		brief_put(src, "{\"doc\":", h->b.s, h->b.n);
		df_buf_str(src, ",\"line\":0}");
		df_buf_cut(&h->b, name);
		jv_free(o);
	}
	df_buf_reset(&h->b);
	hand_view(h, "standing", v);
}

/* What h->b holds, as the next item of a list of the record. */
static void
add_buf(struct hand *h, enum hand_member m, struct df_span at)
{
	hand_add(h, m, h->b.s, h->b.n, at);
	df_buf_reset(&h->b);
}

static void
article_head(struct hand *h, const struct df_article *a)
{
	brief_item(&h->b, &a->item, 1);
	df_buf_str(&h->b, ": ");
}

/* Rule or why of the articles picked: {id, title, text}, made once. */
static jv
article(struct hand *h, uint32_t i)
{
	const struct df_article *a = &h->sp->d1.article[i];
	jv *made = df_xref_made(h->x, DF_K_ARTICLE, i), o;

	if (jv_is_valid(*made))
		return jv_copy(*made);
	o = df_jset_str(jv_object(), "id", a->item.id);
	o = df_jset_str(o, "title", a->item.title);
	o = df_jset(o, "rule", a->rule.n ? brief_value(&a->rule) :
	    brief_body(h->sp, &a->item));
	*made = df_jset(o, "why", brief_value(&a->why));
	return jv_copy(*made);
}

static void
boundary(struct hand *h, enum df_kind kind, const struct df_values *v,
    const char *name, const char *before)
{
	struct df_picks *p = &h->sc.kind[kind];
	size_t left = df_picks_best(p, h->max->rules), i;

	for (i = 0; i < p->n; i++) {
		df_buf_str(&h->b, before);
		df_buf_str(&h->b, v->v[p->v[i].index].s);
		add_buf(h, HAND_CONSTRAINTS, v->v[p->v[i].index].at);
	}
	hand_list(h, name, hand_texts(h, kind, v));
	hand_more(h, name, left, 1, "Boundaries");
}

/* The same thing to use, whatever the marks and the case? */
static int
same_use(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '`' || *a == ' ')
			a++;
		while (*b == '`' || *b == ' ')
			b++;
		if ((*a | 32) != (*b | 32))
			return 0;
		if (*a == '\0')
			return 1;
	}
}

static jv
tool(struct hand *h, enum df_kind kind, uint32_t i, const struct df_value *use,
    const struct df_value *instead_of, const struct df_value *why)
{
	jv *made = df_xref_made(h->x, kind, i), o;

	hand_cite(h, "critical_constraints", "tools", use->at);
	if (jv_is_valid(*made))
		return jv_copy(*made);
	o = df_jset(jv_object(), "use", brief_value(use));
	o = df_jset(o, "instead_of", brief_value(instead_of));
	o = df_jset(o, "why", brief_value(why));
	*made = df_jset_str(o, "doc", brief_doc(use->at.doc));
	return jv_copy(*made);
}

/* D1's tooling constraints and D10's tool rules in one table; what both have
   is shown once, with D10's reason. */
static void
tools(struct hand *h)
{
	const struct df_table *t = &h->sp->d1.tooling;
	struct df_picks *p = &h->sc.kind[DF_K_TOOLING];
	struct df_picks *r = &h->sc.kind[DF_K_RULE];
	const struct df_rule *rule = h->sp->d10.rule;
	const struct df_value *c;
	jv v = jv_array();
	size_t i, k, left;
	uint32_t at;

	left = df_picks_best(r, h->max->rules);
	if (t->cols >= 3)
		left += df_picks_best(p, h->max->rules);
	for (i = 0; t->cols >= 3 && i < p->n; i++) {
		at = p->v[i].index;
		c = &t->cell[(size_t)at * t->cols];
		for (k = 0; k < r->n; k++)
			if (same_use(c[1].s, rule[r->v[k].index].use.s))
				break;
		if (k == r->n)
			v = jv_array_append(v, tool(h, DF_K_TOOLING, at,
			    &c[1], &c[2], &c[0]));
	}
	for (k = 0; k < r->n; k++) {
		at = r->v[k].index;
		v = jv_array_append(v, tool(h, DF_K_RULE, at, &rule[at].use,
		    &rule[at].instead_of, &rule[at].why));
	}
	hand_list(h, "tools", v);
	hand_more(h, "tools", left, 10, "Tool Rules");
}

void
hand_constraints(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_ARTICLE];
	const struct df_d1 *d = &h->sp->d1;
	const struct df_article *a;
	size_t left = df_picks_best(p, h->max->rules), i;
	jv v = jv_array(), o;

	standing(h);
	for (i = 0; i < p->n; i++) {
		a = &d->article[p->v[i].index];
		o = article(h, p->v[i].index);
		article_head(h, a);
		df_buf_str(&h->b, df_jv_str(o, "rule"));
		add_buf(h, HAND_CONSTRAINTS, a->item.at);
		v = jv_array_append(v, o);
	}
	hand_list(h, "articles", v);
	hand_more(h, "articles", left, 1, "Articles");
	boundary(h, DF_K_NEVER, &d->never, "never", "NEVER: ");
	boundary(h, DF_K_ASK, &d->ask_first, "ask_first", "ASK FIRST: ");
	boundary(h, DF_K_ALWAYS, &d->always, "always", "ALWAYS: ");
	tools(h);
}

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
		o = df_jset(o, "rest", brief_str(c->text.s + n,
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
	jv o = df_jset_str(jv_object(), "file", f->base);

	hand_because(h, p, f->component == DF_NOCOMPONENT ? NULL :
	    &h->sp->d7.component[f->component]);
	brief_next(b);
	brief_puts(b, "{\"action\":", name[p->action]);
	brief_put(b, ",\"because\":", h->b.s, h->b.n);
	brief_puts(b, ",\"file\":", f->base);
	brief_put(b, ",\"location\":", f->path, (size_t)(f->base - f->path));
	df_buf_ch(b, '}');
	hand_at(h, HAND_FILES, f->at);
	o = df_jset_strn(o, "location", f->path, (size_t)(f->base - f->path));
	o = df_jset_str(o, "action", name[p->action]);
	return df_jset(o, "because", hand_buf(h));
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
	for (i = 0; i < p->n && n < h->max->components; i++) {
		c = &h->sp->d7.component[p->v[i].index];
		if (!p->v[i].own || c->depends.n == 0)
			continue;
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
	size_t i, left = df_picks_best(p, h->max->files), wide = 0, len;
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
		len = strlen(f->path);
		wide = len > wide && len < 60 ? len : wide;
	}
	brief_puts(b, "],\"package_id\":", h->sp->package);
	df_buf_ch(b, '}');
	for (i = 0; i < p->n; i++) {
		f = &h->x->file[p->v[i].index];
		df_buf_str(&h->b, f->path);
		for (len = strlen(f->path); *f->comment && len < wide + 2;
		    len++)
			df_buf_ch(&h->b, ' ');
		df_buf_str(&h->b, f->comment);
		df_buf_ch(&h->b, '\n');
	}
	hand_view(h, "tree", hand_buf(h));
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
	o = df_jset(o, "name", brief_buf(&name));
	o = df_jset_str(o, "priority", priority);
	list = clauses(jv_array(), "GIVEN", &s->given);
	list = clauses(list, "WHEN", &s->when);
	o = df_jset(o, "clauses", clauses(list, "THEN", &s->then));
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
	jv counts = jv_array(), o, first = jv_string(""), last = jv_string("");
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
		if (i == 0) {
			jv_free(first);
			first = hand_buf(h);
		} else if (i + 1 == t->criteria) {
			jv_free(last);
			last = hand_buf(h);
		}
		df_buf_reset(&h->b);
		if (!brief_counts_tests(c->text.s, c->text.n))
			continue;
		o = df_jset_int(jv_object(), "n", (int64_t)i + 1);
		counts = jv_array_append(counts, df_jset(o, "text",
		    brief_value(&c->text)));
	}
	hand_view(h, "first_step", first);
	hand_view(h, "last_step", last);
	hand_list(h, "test_counts", counts);
}

/* The lines of D7's testing strategy that are for this task or for all. */
static void
strategy(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_TESTING];
	size_t left = df_picks_best(p, h->max->testing), i;
	const struct df_str *l;

	for (i = 0; i < p->n; i++) {
		l = &h->x->testing[p->v[i].index].s;
		df_buf_add(&h->b, l->s, l->n);
		df_buf_ch(&h->b, '\n');
	}
	if (p->n)
		hand_cite(h, "test_plan", "testing strategy",
		    h->sp->d7.testing_at);
	hand_view(h, "testing", hand_buf(h));
	hand_more(h, "testing", left, 7, "Testing Strategy");
}

static void
doubles(struct hand *h)
{
	const struct df_d4 *d = &h->sp->d4;
	jv v = jv_array(), o;
	size_t i, left;

	for (i = 0; i < d->twins && i < h->max->existing; i++) {
		o = df_jset_str(jv_object(), "id", d->twin[i].item.id);
		o = df_jset_str(o, "title", d->twin[i].item.title);
		v = jv_array_append(v, df_jset(o, "fields",
		    hand_fields(&d->twin[i].fields, h->max->rules, &left)));
		hand_cite(h, "test_plan", d->twin[i].item.id,
		    d->twin[i].item.at);
	}
	hand_list(h, "doubles", v);
	hand_more(h, "doubles", d->twins - i, 4, "Testable Surface");
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

/* A row; why is in h->b. */
static jv
existing_row(struct hand *h, const char *what, const char *where,
    struct df_span at)
{
	struct df_buf *b = &h->rec[HAND_EXISTING];
	jv o = df_jset_str(jv_object(), "what", what);

	brief_next(b);
	brief_puts(b, "{\"what\":", what);
	brief_puts(b, ",\"where\":", where);
	brief_put(b, ",\"why\":", h->b.s, h->b.n);
	df_buf_ch(b, '}');
	hand_at(h, HAND_EXISTING, at);
	o = df_jset_str(o, "where", where);
	return df_jset(o, "why", hand_buf(h));
}

/* Is it in a file that this task creates? */
static int
made_here(const struct hand *h, const struct df_active *a)
{
	const struct df_picks *p = &h->sc.kind[DF_K_FILE];
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].action == DF_CREATE && strstr(a->where.s,
		    h->x->file[p->v[i].index].base))
			return 1;
	return 0;
}

/* What the tasks made that this one builds on, then D10's components. */
void
hand_existing(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_ACTIVE];
	const struct df_picks *own = &h->sc.kind[DF_K_FILE];
	const struct df_active *a;
	const struct df_given *g;
	const struct df_xfile *f;
	jv v = jv_array();
	size_t i, k, n = 0, left = 0;

	for (i = 0, k = 0; i < h->sc.ngiven; i++) {
		g = &h->sc.given[i];
		f = &h->x->file[g->file];
		while (k < own->n && own->v[k].index < g->file)
			k++;
		if (f->test || (k < own->n && own->v[k].index == g->file))
			continue;
		if (n++ >= h->max->existing) {
			left++;
			continue;
		}
		df_buf_fmt(&h->b, "made by %s, which this task builds on",
		    g->task->item.id);
		v = jv_array_append(v, existing_row(h, f->component ==
		    DF_NOCOMPONENT ? f->base :
		    h->sp->d7.component[f->component].name, f->path, f->at));
	}
	left += df_picks_best(p, h->max->existing);
	for (i = 0; i < p->n; i++) {
		a = &h->sp->d10.active[p->v[i].index];
		df_buf_str(&h->b, made_here(h, a) ?
		    "to be made by this task: " : "interface: ");
		df_buf_str(&h->b, a->interface.s);
		v = jv_array_append(v, existing_row(h, a->name.s, a->where.s,
		    a->name.at));
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

void
hand_commands(struct hand *h)
{
	const struct df_d10 *d = &h->sp->d10;
	struct df_picks *p = &h->sc.kind[DF_K_COMMAND];
	size_t i, left = 0;

	if (d->commands <= h->max->commands) {
		for (i = 0; i < d->commands; i++)
			command(h, &d->command[i]);
	} else {
		left = df_picks_best(p, h->max->commands);
		for (i = 0; i < p->n; i++)
			command(h, &d->command[p->v[i].index]);
	}
	hand_view(h, "commands", hand_buf(h));
	hand_more(h, "commands", left, 10, "Commands");
}

/* ---- 10 design principles ---- */

/* Why the articles exist that have most to do with the task, and the patterns
   of D10 that do. */
void
hand_principles(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_ARTICLE];
	const struct df_value *pat = h->sp->d10.patterns.v;
	const struct df_article *a;
	jv v = jv_array();
	size_t i, left;

	/* without a note: the rules are in section 2 */
	(void)df_picks_best(p, h->max->principles);
	for (i = 0; i < p->n; i++) {
		a = &h->sp->d1.article[p->v[i].index];
		if (a->why.n == 0)
			continue;
		article_head(h, a);
		df_buf_str(&h->b, a->why.s);
		add_buf(h, HAND_PRINCIPLES, a->why.at);
		v = jv_array_append(v, article(h, p->v[i].index));
	}
	hand_view(h, "principles", v);
	p = &h->sc.kind[DF_K_PATTERN];
	left = df_picks_best(p, h->max->principles);
	for (i = 0; i < p->n; i++)
		hand_add(h, HAND_PRINCIPLES, pat[p->v[i].index].s,
		    pat[p->v[i].index].n, pat[p->v[i].index].at);
	hand_list(h, "patterns", hand_texts(h, DF_K_PATTERN,
	    &h->sp->d10.patterns));
	hand_more(h, "patterns", left, 10, "Key Patterns");
	hand_view(h, "has_principles",
	    jv_bool(h->rec[HAND_PRINCIPLES].n > 0));

	p = &h->sc.kind[DF_K_CONVENTION];
	left = df_picks_best(p, h->max->rules);
	for (i = 0; i < p->n; i++)
		hand_cite(h, "existing_code_refs", "conventions",
		    h->sp->d10.conventions.v[p->v[i].index].at);
	hand_list(h, "conventions", hand_texts(h, DF_K_CONVENTION,
	    &h->sp->d10.conventions));
	hand_more(h, "conventions", left, 10, "Coding Conventions");
}
