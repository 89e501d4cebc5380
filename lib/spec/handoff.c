#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "spec/brief.h"
#include "spec/handoff.h"

const struct df_handoff_max df_handoff_max = {
	.components = 12,
	.related = 12,
	.files = 40,
	.entities = 8,
	.decisions = 8,
	.rules = 24,
	.principles = 4,
	.existing = 16,
	.commands = 12,
	.testing = 20,
	.diagram = 60,
};

/*
 * Two values are built side by side: view, which the template reads, and rec,
 * the record.  A list of the record has its places in src under the same name;
 * what stands in the text but in no list of the record has them in cited.
 */
struct make {
	const struct df_spec *sp;
	const struct df_task *t;
	struct df_xref *x;
	struct df_scope sc;
	const struct df_handoff_max *max;
	jv view, rec, src, cited, omitted;
	struct df_buf b;
};

/* ---- small things ---- */

static void
view(struct make *m, const char *name, jv v)
{
	m->view = df_jset(m->view, name, v);
}

static void
rec(struct make *m, const char *name, jv v)
{
	m->rec = df_jset(m->rec, name, v);
}

static void
both(struct make *m, const char *name, jv v)
{
	view(m, name, jv_copy(v));
	rec(m, name, v);
}

/* A list of the view; has_NAME says whether there is something in it. */
static void
list(struct make *m, const char *name, jv v)
{
	char has[64];

	snprintf(has, sizeof(has), "has_%s", name);
	view(m, has, jv_bool(jv_array_length(jv_copy(v)) > 0));
	view(m, name, v);
}

/* Something that stands in the text, and where it comes from. */
static void
cited(struct make *m, const char *in, const char *what, struct df_span at)
{
	jv o = df_jset_str(brief_source(at), "in", in);

	m->cited = jv_array_append(m->cited, df_jset_str(o, "what", what));
}

/* A string list of the record that grows: its strings and their places. */
struct strings {
	jv v, src;
};

static struct strings
strings(void)
{
	struct strings l = { jv_array(), jv_array() };

	return l;
}

static void
add(struct strings *l, jv text, struct df_span at)
{
	l->v = jv_array_append(l->v, text);
	l->src = jv_array_append(l->src, brief_source(at));
}

/* A string that the contract says, not a document. */
static void
add_contract(struct strings *l, jv text, const char *cite)
{
	l->v = jv_array_append(l->v, text);
	l->src = jv_array_append(l->src, df_jset_int(df_jset_str(jv_object(),
	    "doc", cite), "line", 0));
}

static void
rec_strings(struct make *m, const char *name, struct strings l)
{
	rec(m, name, l.v);
	m->src = df_jset(m->src, name, l.src);
}

/* The view's note that n more stand elsewhere; null without any. */
static void
more(struct make *m, const char *list, size_t n, unsigned doc,
    const char *section)
{
	char name[64], where[128];
	jv v;

	snprintf(name, sizeof(name), "%s_more", list);
	if (n == 0) {
		view(m, name, jv_null());
		return;
	}
	snprintf(where, sizeof(where), "%s, section %s", brief_doc(doc),
	    section);
	v = df_jset_int(df_jset_str(jv_object(), "where", where), "n",
	    (int64_t)n);
	view(m, name, jv_copy(v));
	m->omitted = jv_array_append(m->omitted, df_jset_str(v, "list", list));
}

static jv
buf_jv(struct make *m)
{
	return brief_buf(&m->b);
}

/* {key, line, block}: one of line and block is "". */
static jv
field(const char *key, const struct df_value *v)
{
	jv s = brief_value(v), f = df_jset_str(jv_object(), "key", key);
	int lines = strchr(jv_string_value(s), '\n') != NULL;

	f = df_jset(f, lines ? "block" : "line", s);
	return df_jset_str(f, lines ? "line" : "block", "");
}

static jv
add_field(jv list, const char *key, const struct df_value *v)
{
	return v->n ? jv_array_append(list, field(key, v)) : list;
}

/* {text, source} for each picked one of a list of values. */
static jv
picked(const struct df_picks *p, const struct df_values *v)
{
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < p->n; i++) {
		o = df_jset(jv_object(), "text",
		    brief_value(&v->v[p->v[i].index]));
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(v->v[p->v[i].index].at)));
	}
	return list;
}

/* The items that a list of {text, source} holds, into a string list. */
static void
add_list(struct strings *l, jv list, const char *before)
{
	struct df_buf b = DF_BUF_INIT;
	jv o, s;
	int i, n = jv_array_length(jv_copy(list));

	for (i = 0; i < n; i++) {
		o = jv_array_get(jv_copy(list), i);
		df_buf_str(&b, before);
		df_buf_str(&b, df_jv_str(o, "text"));
		s = jv_string_sized(b.s, (int)b.n);
		df_buf_reset(&b);
		l->v = jv_array_append(l->v, s);
		l->src = jv_array_append(l->src, df_jv_get(o, "source"));
		jv_free(o);
	}
	df_buf_release(&b);
}

/* ---- header and 1 mission ---- */

static jv
ref_ids(const struct df_refs *f)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to)
			list = jv_array_append(list,
			    jv_string(f->v[i].to->id));
	return list;
}

static jv
item_ids(const struct df_item *const *v, size_t n, struct df_buf *b)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < n; i++) {
		list = jv_array_append(list, jv_string(v[i]->id));
		df_buf_fmt(b, "%s%s", i ? ", " : "", v[i]->id);
	}
	return list;
}

static jv
ref_sources(const struct df_refs *f)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to)
			list = jv_array_append(list,
			    brief_source(f->v[i].to->at));
	return list;
}

static void
header(struct make *m)
{
	const struct df_task *t = m->t;
	jv list;

	both(m, "task_id", jv_string(t->item.id));
	df_task_oneline(t, &m->b);
	both(m, "title", buf_jv(m));
	brief_phase(&m->b, t);
	both(m, "phase", buf_jv(m));
	both(m, "size", t->scope == 0 ? jv_string("") :
	    jv_string_sized(&t->scope, 1));
	both(m, "component", jv_string(m->sp->component));
	both(m, "package", jv_string(m->sp->package));

	brief_refs(&m->b, &t->scenarios, 0);
	view(m, "scenario_ids", buf_jv(m));
	brief_refs(&m->b, &t->contracts, 0);
	view(m, "contract_ids", buf_jv(m));
	brief_refs(&m->b, &t->deps, 1);
	view(m, "dependencies", buf_jv(m));
	rec(m, "dependencies", ref_ids(&t->deps));
	rec(m, "contracts", ref_ids(&t->contracts));
	m->src = df_jset(m->src, "contracts", ref_sources(&t->contracts));

	list = item_ids(m->sc.carried, m->sc.ncarried, &m->b);
	view(m, "carried", buf_jv(m));
	rec(m, "foundation_for", jv_copy(list));
	if (t->scenarios.n == 0) {
		rec(m, "scenarios", list);
		m->src = df_jset(m->src, "scenarios", jv_array());
	} else {
		jv_free(list);
		rec(m, "scenarios", ref_ids(&t->scenarios));
		m->src = df_jset(m->src, "scenarios",
		    ref_sources(&t->scenarios));
	}
}

static void
mission(struct make *m)
{
	const struct df_spec *sp = m->sp;
	struct df_picks *p = &m->sc.kind[DF_K_NOT];
	size_t left;
	jv list;

	df_task_mission(sp, m->t, &m->b);
	both(m, "mission", buf_jv(m));
	m->src = df_jset(m->src, "mission", brief_source(m->t->item.at));
	view(m, "purpose", brief_value(&sp->d2.purpose));
	left = df_picks_best(p, m->max->rules);
	list = picked(p, &sp->d2.is_not);
	detail(m, "is_not", list);
	view(m, "has_not", jv_bool(p->n > 0));
	more(m, "is_not", left, 2, "What This Component Is NOT");
}

/* ---- 2 critical constraints ---- */

static jv
articles(struct make *m, const struct df_picks *p)
{
	const struct df_article *a;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < p->n; i++) {
		a = &m->sp->d1.article[p->v[i].index];
		o = df_jset_str(jv_object(), "id", a->item.id);
		o = df_jset_str(o, "title", a->item.title);
		o = df_jset(o, "text", a->rule.n ? brief_value(&a->rule) :
		    brief_body(m->sp, &a->item));
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(a->item.at)));
	}
	return list;
}

static void
boundary(struct make *m, struct strings *l, enum df_kind kind,
    const struct df_values *v, const char *name, const char *before)
{
	struct df_picks *p = &m->sc.kind[kind];
	size_t left = df_picks_best(p, m->max->rules);
	jv list = picked(p, v);
	char has[32];

	snprintf(has, sizeof(has), "has_%s", name);
	view(m, has, jv_bool(p->n > 0));
	add_list(l, list, before);
	detail(m, name, list);
	more(m, name, left, 1, "Boundaries");
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
tool(const struct df_value *use, const struct df_value *instead_of,
    const struct df_value *why, const char *doc)
{
	jv o = df_jset(jv_object(), "use", brief_value(use));

	o = df_jset(o, "instead_of", brief_value(instead_of));
	o = df_jset(o, "why", brief_value(why));
	o = df_jset_str(o, "doc", doc);
	return df_jset(o, "source", brief_source(use->at));
}

/* D1's tooling constraints and D10's tool rules in one table; what both have
   is shown once, with D10's reason. */
static jv
tools(struct make *m)
{
	const struct df_table *t = &m->sp->d1.tooling;
	struct df_picks *p = &m->sc.kind[DF_K_TOOLING];
	struct df_picks *r = &m->sc.kind[DF_K_RULE];
	const struct df_rule *rule = m->sp->d10.rule;
	const struct df_value *c;
	jv list = jv_array();
	size_t i, k, left;

	left = df_picks_best(r, m->max->rules);
	if (t->cols >= 3) {
		left += df_picks_best(p, m->max->rules);
		for (i = 0; i < p->n; i++) {
			c = &t->cell[p->v[i].index * t->cols];
			for (k = 0; k < r->n; k++)
				if (same_use(c[1].s,
				    rule[r->v[k].index].use.s))
					break;
			if (k == r->n)
				list = jv_array_append(list, tool(&c[1],
				    &c[2], &c[0], "D1"));
		}
	}
	for (k = 0; k < r->n; k++)
		list = jv_array_append(list, tool(&rule[r->v[k].index].use,
		    &rule[r->v[k].index].instead_of,
		    &rule[r->v[k].index].why, "D10"));
	more(m, "tools", left, 10, "Tool Rules");
	return list;
}

static int
standing(struct make *m, jv contract, struct strings *l, struct df_err *e)
{
	jv list = df_jv_get(contract, "constraints"), o, out = jv_array();
	const char *id, *title, *text;
	char cite[128];
	int i, n = 0, rc = 0;

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		n = jv_array_length(jv_copy(list));
	for (i = 0; i < n && rc == 0; i++) {
		o = jv_array_get(jv_copy(list), i);
		id = df_jv_str(o, "id");
		title = df_jv_str(o, "title");
		text = df_jv_str(o, "text");
		if (id && title && text) {
			snprintf(cite, sizeof(cite), "%s %s %s",
			    df_jv_str(contract, "name"),
			    df_jv_str(contract, "version"), id);
			df_buf_fmt(&m->b, "%s: %s", title, text);
			add_contract(l, buf_jv(m), cite);
			out = jv_array_append(out, df_jset_int(jv_copy(o), "n",
			    i + 1));
		} else {
			rc = df_fail(e, DF_INPUT, "contract.member",
			    "contract %s: constraints/%d has no id, title "
			    "or text", df_jv_str(contract, "name"), i);
		}
		jv_free(o);
	}
	if (n == 0)
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "contract %s has no constraints",
		    df_jv_str(contract, "name"));
	view(m, "standing", out);
	jv_free(list);
	return rc;
}

static int
constraints(struct make *m, jv contract, struct df_err *e)
{
	struct df_picks *p = &m->sc.kind[DF_K_ARTICLE];
	const struct df_d1 *d = &m->sp->d1;
	const struct df_article *a;
	struct strings l = strings();
	size_t left, i;
	jv list;
	int rc;

	rc = standing(m, contract, &l, e);
	/* the principles of section 10 are chosen from the same list */
	left = df_picks_best(p, m->max->rules);
	list = articles(m, p);
	for (i = 0; i < p->n; i++) {
		a = &d->article[p->v[i].index];
		df_buf_fmt(&m->b, "%s (%s): %s", a->item.id, a->item.title,
		    a->rule.s);
		add(&l, buf_jv(m), a->item.at);
	}
	view(m, "has_articles", jv_bool(p->n > 0));
	detail(m, "articles", list);
	more(m, "articles", left, 1, "Articles");
	boundary(m, &l, DF_K_NEVER, &d->never, "never", "NEVER: ");
	boundary(m, &l, DF_K_ASK, &d->ask_first, "ask_first", "ASK FIRST: ");
	boundary(m, &l, DF_K_ALWAYS, &d->always, "always", "ALWAYS: ");
	list = tools(m);
	view(m, "has_tools", jv_bool(jv_array_length(jv_copy(list)) > 0));
	detail(m, "tools", list);
	rec_strings(m, "critical_constraints", l);
	return rc;
}

/* ---- 3 architecture ---- */

/* Why a component or file is here: "named in step 2; SC-001, IN-003". */
static void
because(struct make *m, const struct df_pick *p, const struct df_component *c)
{
	const struct df_item *it;
	size_t i, n = 0, k;

	if (p->by & DF_BY_NAME) {
		if (p->step)
			df_buf_fmt(&m->b, "named in step %u", p->step);
		else
			df_buf_str(&m->b, "named by the task");
	}
	for (i = 0; c && i < c->refs.n && (p->by & DF_BY_ID); i++) {
		it = c->refs.v[i].to;
		if (it == NULL)
			continue;
		for (k = 0; k < m->t->others.n; k++)
			if (m->t->others.v[k].to == it)
				break;
		if (k == m->t->others.n && !df_scope_owns(m->x, it))
			continue;
		df_buf_fmt(&m->b, "%s%s", n++ ? ", " : m->b.n ?
		    "; implements " : "implements ", it->id);
	}
	if (m->b.n == 0 && (p->by & DF_BY_TEST))
		df_buf_str(&m->b, "tests a file of this task");
	if (m->b.n == 0)
		df_buf_str(&m->b, p->by & DF_BY_ID ?
		    "shares an id with the task" : "used by this task");
}

static jv
component(struct make *m, const struct df_pick *p, int full)
{
	const struct df_component *c = &m->sp->d7.component[p->index];
	jv o = df_jset_str(jv_object(), "name", c->name), f = jv_array();

	o = df_jset(o, "file", brief_value(&c->file));
	because(m, p, c);
	o = df_jset(o, "because", buf_jv(m));
	if (full) {
		f = add_field(f, "Responsibility", &c->responsibility);
		f = add_field(f, "Implements", &c->implements);
		f = add_field(f, "Depends on", &c->depends);
	}
	f = add_field(f, "Exposes", &c->exposes);
	o = df_jset(o, "fields", f);
	return df_jset(o, "source", brief_source(c->at));
}

static void
components(struct make *m)
{
	const struct df_picks *all = &m->sc.kind[DF_K_COMPONENT];
	struct df_pick *room = df_calloc(all->n, sizeof(*room));
	struct df_picks p = { 0 };
	jv list;
	size_t i, left;
	int own;

	for (own = 1; own >= 0; own--) {
		p.v = room;
		for (i = p.n = 0; i < all->n; i++)
			if (all->v[i].own == own)
				p.v[p.n++] = all->v[i];
		left = df_picks_best(&p, own ? m->max->components :
		    m->max->related);
		list = jv_array();
		for (i = 0; i < p.n; i++)
			list = jv_array_append(list, component(m, &p.v[i],
			    own));
		view(m, own ? "has_components" : "has_related",
		    jv_bool(p.n > 0));
		detail(m, own ? "components" : "related", list);
		more(m, own ? "components" : "related", left, 7,
		    "Component Responsibilities");
	}
	free(room);
}

/*
 * One block of a diagram: whole when it is short; else the lines that name
 * something of the task and two on each side, at most max lines, with a line
 * for what is left out in between.
 */
static void
diagram_lines(struct make *m, size_t from, size_t to,
    const struct df_picks *p)
{
	const struct df_xline *l = m->x->diagram;
	size_t i, k, skip = 0, shown = 0;
	int near, whole = to - from <= m->max->diagram;

	for (i = from, k = 0; i < to; i++) {
		while (k < p->n && p->v[k].index + 2 < i)
			k++;
		near = k < p->n && p->v[k].index <= i + 2;
		if (!whole && (!near || shown == m->max->diagram)) {
			skip++;
			continue;
		}
		if (skip)
			df_buf_fmt(&m->b, "[... %zu lines]\n", skip);
		skip = 0;
		shown++;
		df_buf_add(&m->b, l[i].s.s, l[i].s.n);
		df_buf_ch(&m->b, '\n');
	}
	if (skip)
		df_buf_fmt(&m->b, "[... %zu lines]\n", skip);
}

/* The blocks that name something of the task; without any, a single one. */
static void
diagrams(struct make *m)
{
	const struct df_picks *p = &m->sc.kind[DF_K_DIAGRAM];
	const struct df_xline *l = m->x->diagram;
	size_t n = m->x->ndiagram, from, to, k = 0;
	jv list = jv_array(), o;
	struct df_span at = m->sp->d7.architecture;
	const char *s, *end;

	for (; k < p->n || (p->n == 0 && k == 0 && n > 0); k++) {
		from = p->n ? p->v[k].index : 0;
		for (to = from; from > 0 && l[from - 1].block == l[to].block;)
			from--;
		while (to < n && l[to].block == l[from].block)
			to++;
		if (p->n == 0 && (to < n || to > m->max->diagram))
			break;
		diagram_lines(m, from, to, p);
		s = m->b.s;
		end = s + m->b.n;
		while (end > s && (end[-1] == '\n' || end[-1] == ' '))
			end--;
		at.line = l[from].line;
		o = df_jset_strn(jv_object(), "text", s, (size_t)(end - s));
		df_buf_reset(&m->b);
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(at)));
		while (k + 1 < p->n && p->v[k + 1].index < to)
			k++;
	}
	detail(m, "diagrams", list);
}

static jv
pairs(const struct df_fields *f, size_t max, size_t *left)
{
	jv list = jv_array();
	size_t i, n = 0;

	*left = 0;
	for (i = 0; i < f->n; i++) {
		if (f->v[i].value.n == 0)
			continue;
		if (n == max) {
			++*left;
			continue;
		}
		n++;
		list = jv_array_append(list, df_jset(field(f->v[i].key,
		    &f->v[i].value), "source",
		    brief_source(f->v[i].value.at)));
	}
	return list;
}

static void
contracts(struct make *m)
{
	const struct df_refs *f = &m->t->contracts;
	const struct df_item *it;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < f->n; i++) {
		it = f->v[i].to;
		if (it == NULL)
			continue;
		o = df_jset_str(jv_object(), "id", it->id);
		o = df_jset_str(o, "title", it->title);
		o = df_jset(o, "text", brief_body(m->sp, it));
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(it->at)));
	}
	view(m, "has_contracts", jv_bool(f->n > 0));
	detail(m, "contract_details", list);
}

static jv
table_of(const struct df_etable *t)
{
	jv rows = jv_array(), r, o;
	size_t i;

	for (i = 0; i < t->n; i++) {
		r = df_jset(jv_object(), "name", brief_value(&t->v[i].name));
		r = df_jset(r, "type", brief_value(&t->v[i].type));
		r = df_jset(r, "required", brief_value(&t->v[i].required));
		r = df_jset(r, "description",
		    brief_value(&t->v[i].description));
		rows = jv_array_append(rows, df_jset(r, "constraints",
		    brief_value(&t->v[i].constraints)));
	}
	o = df_jset(jv_object(), "caption", brief_value(&t->caption));
	return df_jset(o, "rows", rows);
}

static jv
entity(struct make *m, const struct df_entity *en)
{
	jv o = df_jset_str(jv_object(), "id", en->item.id), list = jv_array();
	size_t i;

	o = df_jset_str(o, "title", en->item.title);
	o = df_jset(o, "scope", brief_value(&en->scope));
	o = df_jset(o, "description", brief_value(&en->description));
	for (i = 0; i < en->tables; i++)
		if (en->table[i].n)
			list = jv_array_append(list, table_of(&en->table[i]));
	o = df_jset(o, "tables", list);
	list = jv_array();
	for (i = 0; i < en->invariants.n; i++)
		list = jv_array_append(list,
		    brief_value(&en->invariants.v[i]));
	o = df_jset(o, "has_invariants", jv_bool(en->invariants.n > 0));
	o = df_jset(o, "invariants", list);
	o = df_jset(o, "text", en->tables || en->description.n ?
	    jv_string("") : brief_body(m->sp, &en->item));
	return df_jset(o, "source", brief_source(en->item.at));
}

static void
entities(struct make *m)
{
	struct df_picks *p = &m->sc.kind[DF_K_ENTITY];
	jv list = jv_array(), ids = jv_array();
	size_t i, left;
	const struct df_entity *en;
	jv src = jv_array();

	left = df_picks_best(p, m->max->entities);
	for (i = 0; i < p->n; i++) {
		en = &m->sp->d3.entity[p->v[i].index];
		list = jv_array_append(list, entity(m, en));
		ids = jv_array_append(ids, jv_string(en->item.id));
		src = jv_array_append(src, brief_source(en->item.at));
		df_buf_fmt(&m->b, "%s%s", i ? ", " : "", en->item.id);
	}
	view(m, "entity_ids", buf_jv(m));
	rec(m, "entities", ids);
	m->src = df_jset(m->src, "entities", src);
	view(m, "has_entities", jv_bool(p->n > 0));
	detail(m, "entity_details", list);
	more(m, "entity_details", left, 3, "Entities");
}

static void
errcodes(struct make *m)
{
	struct df_picks *p = &m->sc.kind[DF_K_ERRCODE];
	const struct df_errcode *c;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < p->n; i++) {
		c = &m->sp->d4.errcode[p->v[i].index];
		o = df_jset(jv_object(), "code", brief_value(&c->code));
		o = df_jset(o, "meaning", brief_value(&c->meaning));
		o = df_jset(o, "retryable", brief_value(&c->retryable));
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(c->code.at)));
	}
	view(m, "has_errcodes", jv_bool(p->n > 0));
	detail(m, "errcodes", list);
}

static jv
decision(const struct df_item *it, const struct df_value *said,
    const char *doc)
{
	jv o = df_jset_str(jv_object(), "id", it->id);

	o = df_jset_str(o, "title", it->title);
	o = df_jset(o, "text", brief_value(said));
	o = df_jset_str(o, "doc", doc);
	return df_jset(o, "source", brief_source(it->at));
}

static void
decisions(struct make *m)
{
	static const enum df_kind kinds[] = { DF_K_RESEARCH, DF_K_CLAR,
	    DF_K_GAP, DF_K_DEFERRED };
	const struct df_spec *sp = m->sp;
	const struct df_research *r;
	const struct df_gap *g;
	const struct df_deferred *d;
	struct df_picks *p;
	jv list = jv_array();
	size_t i, k, left = 0;
	uint32_t at;

	for (k = 0; k < DF_LEN(kinds); k++) {
		p = &m->sc.kind[kinds[k]];
		left += df_picks_best(p, m->max->decisions);
		for (i = 0; i < p->n; i++) {
			at = p->v[i].index;
			if (kinds[k] == DF_K_RESEARCH) {
				r = &sp->d5.research[at];
				list = jv_array_append(list, decision(&r->item,
				    &r->decision, "D5"));
			} else if (kinds[k] == DF_K_DEFERRED) {
				d = &sp->d2.deferred[at];
				list = jv_array_append(list, decision(&d->item,
				    &d->what, "D2, deferred: not to be built"));
			} else {
				g = kinds[k] == DF_K_CLAR ? &sp->d6.clar[at] :
				    &sp->d6.gap[at];
				list = jv_array_append(list, decision(&g->item,
				    g->resolution.n ? &g->resolution :
				    &g->status_text, "D6"));
			}
		}
	}
	view(m, "has_decisions",
	    jv_bool(jv_array_length(jv_copy(list)) > 0));
	detail(m, "decisions", list);
	more(m, "decisions", left, 5, "Research Log, and D6");
}

static void
mentions(struct make *m)
{
	const struct df_item *it;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < m->sc.mentions; i++) {
		it = m->sc.mention[i];
		o = df_jset_str(jv_object(), "id", it->id);
		o = df_jset_str(o, "title", it->title);
		o = df_jset_str(o, "doc", brief_doc(it->at.doc));
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(it->at)));
	}
	view(m, "has_mentions", jv_bool(m->sc.mentions > 0));
	detail(m, "mentions", list);
}

/* The record's architecture: the same as text. */
static void
architecture_text(struct make *m)
{
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_component *c;
	size_t i;
	jv list, o;
	int k, n;

	for (i = 0; i < p->n && i < m->max->components; i++) {
		if (!p->v[i].own)
			continue;
		c = &m->sp->d7.component[p->v[i].index];
		df_buf_fmt(&m->b, "%s (%s): %s", c->name, c->file.s,
		    c->responsibility.s);
		if (c->depends.n)
			df_buf_fmt(&m->b, " Depends on: %s.", c->depends.s);
		if (c->exposes.n)
			df_buf_fmt(&m->b, " Exposes: %s", c->exposes.s);
		df_buf_ch(&m->b, '\n');
	}
	list = df_jv_get(m->view, "diagrams");
	n = jv_array_length(jv_copy(list));
	for (k = 0; k < n; k++) {
		o = jv_array_get(jv_copy(list), k);
		df_buf_fmt(&m->b, "\n%s\n", df_jv_str(o, "text"));
		jv_free(o);
	}
	jv_free(list);
	m->src = df_jset(m->src, "architecture",
	    brief_source(m->sp->d7.architecture));
	rec(m, "architecture", buf_jv(m));
}

static void
architecture(struct make *m)
{
	size_t left;
	jv list = pairs(&m->sp->d7.context_fields, m->max->rules, &left);

	view(m, "has_context", jv_bool(jv_array_length(jv_copy(list)) > 0));
	detail(m, "context", list);
	more(m, "context", left, 7, "Technical Context");
	components(m);
	diagrams(m);
	contracts(m);
	entities(m);
	errcodes(m);
	decisions(m);
	mentions(m);
	architecture_text(m);
}

/* ---- 4 implementation steps ---- */

static void
steps(struct make *m)
{
	const struct df_task *t = m->t;
	const struct df_criterion *c;
	struct strings l = strings();
	jv list = jv_array(), o, codes, code;
	const char *lf;
	size_t i, k, n;

	for (i = 0; i < t->criteria; i++) {
		c = &t->criterion[i];
		add(&l, brief_value(&c->text), c->text.at);
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
		list = jv_array_append(list, df_jset(o, "codes", codes));
	}
	view(m, "steps", list);
	rec_strings(m, "implementation_steps", l);
}

/* ---- 5 package plan and 9 files ---- */

static void
files(struct make *m)
{
	static const char *const action[] = { "CREATE", "MODIFY", "REUSE" };
	struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_xfile *f;
	const struct df_component *c;
	jv list = jv_array(), plan = jv_array(), o, src = jv_array(), deps;
	enum df_action *act = df_calloc(m->x->files, sizeof(*act));
	size_t i, left, wide = 0, n;

	for (i = 0; i < p->n; i++)
		act[p->v[i].index] = m->sc.action[i];
	left = df_picks_best(p, m->max->files);
	for (i = 0; i < p->n; i++) {
		n = strlen(m->x->file[p->v[i].index].path);
		wide = n > wide && n < 60 ? n : wide;
	}
	deps = jv_array();
	for (i = 0; i < p->n; i++) {
		f = &m->x->file[p->v[i].index];
		c = f->component == DF_NOCOMPONENT ? NULL :
		    &m->sp->d7.component[f->component];
		o = df_jset_str(jv_object(), "file", f->base);
		o = df_jset_strn(o, "location", f->path,
		    (size_t)(f->base - f->path));
		o = df_jset_str(o, "action", action[act[p->v[i].index]]);
		because(m, &p->v[i], c);
		o = df_jset(o, "because", buf_jv(m));
		list = jv_array_append(list, o);
		src = jv_array_append(src, brief_source(f->at));
		o = df_jset_str(jv_object(), "path", f->path);
		plan = jv_array_append(plan, df_jset_str(o, "comment",
		    f->comment));
	}
	for (i = 0; i < p->n; i++) {
		f = &m->x->file[p->v[i].index];
		if (*f->comment)
			df_buf_fmt(&m->b, "%-*s  %s\n", (int)wide, f->path,
			    f->comment);
		else
			df_buf_fmt(&m->b, "%s\n", f->path);
	}
	view(m, "tree", buf_jv(m));
	for (i = 0; i < m->sc.kind[DF_K_COMPONENT].n && i <
	    m->max->components; i++) {
		c = &m->sp->d7.component[m->sc.kind[DF_K_COMPONENT]
		    .v[i].index];
		if (!m->sc.kind[DF_K_COMPONENT].v[i].own ||
		    c->depends.n == 0)
			continue;
		o = df_jset_str(jv_object(), "component", c->name);
		deps = jv_array_append(deps, df_jset(o, "depends_on",
		    brief_value(&c->depends)));
	}
	view(m, "has_files", jv_bool(p->n > 0));
	view(m, "has_depends", jv_bool(jv_array_length(jv_copy(deps)) > 0));
	view(m, "depends", jv_copy(deps));
	o = df_jset_str(jv_object(), "package_id", m->sp->package);
	o = df_jset(o, "files", plan);
	rec(m, "package_plan", df_jset(o, "depends_on", deps));
	both(m, "files_summary", list);
	m->src = df_jset(m->src, "files_summary", src);
	more(m, "files_summary", left, 7, "File Creation Order");
	free(act);
}

/* ---- 6 test plan ---- */

static jv
values(const struct df_values *v)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < v->n; i++)
		list = jv_array_append(list, brief_value(&v->v[i]));
	return list;
}

static jv
test_entry(jv name, jv description, jv expected, const char *from)
{
	jv o = df_jset(jv_object(), "name", name);

	o = df_jset(o, "description", description);
	o = df_jset(o, "expected", expected);
	return df_jset_str(o, "from", from);
}

static jv
add_clauses(jv list, const char *word, const struct df_values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		list = jv_array_append(list, df_jset(df_jset_str(jv_object(),
		    "word", i ? "AND" : word), "text",
		    brief_value(&v->v[i])));
	return list;
}

static jv
clauses(const struct df_scenario *s)
{
	jv list = add_clauses(jv_array(), "GIVEN", &s->given);

	list = add_clauses(list, "WHEN", &s->when);
	return add_clauses(list, "THEN", &s->then);
}

static void
scenario_tests(struct make *m, jv *plan, jv *src)
{
	const struct df_refs *f = &m->t->scenarios;
	const struct df_scenario *s;
	jv list = jv_array(), shown = jv_array(), o, name;
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].to == NULL)
			continue;
		s = df_scenario_of(f->v[i].to);
		brief_test_name(&m->b, s->item.id, s->item.title);
		name = buf_jv(m);
		for (k = 0; k < s->then.n; k++)
			df_buf_fmt(&m->b, "%s%s", k ? "\n" : "",
			    s->then.v[k].s);
		*plan = jv_array_append(*plan, test_entry(jv_copy(name),
		    jv_string(s->item.title), m->b.n ? buf_jv(m) :
		    brief_body(m->sp, &s->item), s->item.id));
		*src = jv_array_append(*src, brief_source(s->item.at));

		o = df_jset_str(jv_object(), "id", s->item.id);
		o = df_jset_str(o, "title", s->item.title);
		o = df_jset(o, "name", name);
		o = df_jset(o, "priority", s->priority < 0 ? jv_string("") :
		    jv_string_fmt("P%d", s->priority));
		o = df_jset(o, "given", values(&s->given));
		o = df_jset(o, "when", values(&s->when));
		o = df_jset(o, "then", values(&s->then));
		o = df_jset(o, "testing", brief_value(&s->testing));
		o = df_jset(o, "text", s->then.n ? jv_string("") :
		    brief_body(m->sp, &s->item));
		o = df_jset(o, "source", brief_source(s->item.at));
		list = jv_array_append(list, jv_copy(o));
		shown = jv_array_append(shown, df_jset(o, "clauses",
		    clauses(s)));
	}
	view(m, "has_scenarios", jv_bool(f->n > 0));
	view(m, "scenario_details", shown);
	m->details = df_jset(m->details, "scenario_details", list);
}

static void
step_tests(struct make *m, jv *plan, jv *src)
{
	const struct df_task *t = m->t;
	const struct df_criterion *c;
	jv counts = jv_array(), o;
	char desc[64];
	size_t i;

	for (i = 0; i < t->criteria; i++) {
		c = &t->criterion[i];
		brief_test_name(&m->b, t->item.id, "step");
		df_buf_fmt(&m->b, "_%zu", i + 1);
		if (i == 0 || i + 1 == t->criteria)
			view(m, i ? "last_step" : "first_step",
			    jv_string_sized(m->b.s, (int)m->b.n));
		snprintf(desc, sizeof(desc), "Step %zu of section 4 holds",
		    i + 1);
		*plan = jv_array_append(*plan, test_entry(buf_jv(m),
		    jv_string(desc), brief_value(&c->text), t->item.id));
		*src = jv_array_append(*src, brief_source(c->text.at));
		if (!brief_counts_tests(c->text.s, c->text.n))
			continue;
		o = df_jset_int(jv_object(), "n", (int64_t)i + 1);
		counts = jv_array_append(counts, df_jset(o, "text",
		    brief_value(&c->text)));
	}
	if (t->criteria == 0)
		view(m, "first_step", jv_string(""));
	if (t->criteria < 2)
		view(m, "last_step", jv_string(""));
	view(m, "test_counts", counts);
}

static void
test_plan(struct make *m)
{
	struct df_picks *p = &m->sc.kind[DF_K_TESTING];
	const struct df_xline *l = m->x->testing;
	const struct df_double *d;
	jv plan = jv_array(), src = jv_array(), list = jv_array(), o;
	size_t i, left = 0;

	scenario_tests(m, &plan, &src);
	step_tests(m, &plan, &src);
	rec(m, "test_plan", plan);
	m->src = df_jset(m->src, "test_plan", src);

	if (p->n == 0 && m->x->ntesting <= m->max->testing) {
		for (i = 0; i < m->x->ntesting; i++) {
			df_buf_add(&m->b, l[i].s.s, l[i].s.n);
			df_buf_ch(&m->b, '\n');
		}
	} else {
		left = df_picks_best(p, m->max->testing);
		for (i = 0; i < p->n; i++) {
			df_buf_add(&m->b, l[p->v[i].index].s.s,
			    l[p->v[i].index].s.n);
			df_buf_ch(&m->b, '\n');
		}
	}
	view(m, "testing", buf_jv(m));
	more(m, "testing", left, 7, "Testing Strategy");

	for (i = 0; i < m->sp->d4.twins && i < m->max->existing; i++) {
		d = &m->sp->d4.twin[i];
		o = df_jset_str(jv_object(), "id", d->item.id);
		o = df_jset_str(o, "title", d->item.title);
		o = df_jset(o, "fields", pairs(&d->fields, m->max->rules,
		    &left));
		list = jv_array_append(list, df_jset(o, "source",
		    brief_source(d->item.at)));
	}
	view(m, "has_doubles", jv_bool(m->sp->d4.twins > 0));
	view(m, "no_doubles", jv_bool(m->sp->d4.no_doubles));
	detail(m, "doubles", list);
	more(m, "doubles", m->sp->d4.twins - i, 4, "Testable Surface");
}

/* ---- 7 existing code, 8 verification, 10 principles ---- */

static jv
existing_row(jv what, jv where, jv why)
{
	jv o = df_jset(jv_object(), "what", what);

	return df_jset(df_jset(o, "where", where), "why", why);
}

/* Is it in a file that this task creates? */
static int
made_here(const struct make *m, const struct df_active *a)
{
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_xfile *f;
	size_t i, n;

	for (i = 0; i < p->n; i++) {
		f = &m->x->file[p->v[i].index];
		n = strlen(f->base);
		if (m->sc.action[i] == DF_CREATE && a->where.n >= n &&
		    strstr(a->where.s, f->base))
			return 1;
	}
	return 0;
}

/* What the tasks before made, then D10's active components. */
static void
existing(struct make *m)
{
	struct df_picks *p = &m->sc.kind[DF_K_ACTIVE];
	const struct df_picks *own = &m->sc.kind[DF_K_FILE];
	const struct df_active *a;
	const struct df_given *g;
	const struct df_xfile *f;
	jv list = jv_array(), src = jv_array();
	size_t i, k, n = 0, left = 0;

	for (i = 0, k = 0; i < m->sc.ngiven; i++) {
		g = &m->sc.given[i];
		f = &m->x->file[g->file];
		while (k < own->n && own->v[k].index < g->file)
			k++;
		if (f->test || (k < own->n && own->v[k].index == g->file))
			continue;
		if (n == m->max->existing) {
			left++;
			continue;
		}
		n++;
		df_buf_fmt(&m->b, "from %s, which this task builds on",
		    g->task->item.id);
		list = jv_array_append(list, existing_row(jv_string(
		    f->component == DF_NOCOMPONENT ? f->base :
		    m->sp->d7.component[f->component].name),
		    jv_string(f->path), buf_jv(m)));
		src = jv_array_append(src, brief_source(f->at));
	}
	left += df_picks_best(p, m->max->existing);
	for (i = 0; i < p->n; i++) {
		a = &m->sp->d10.active[p->v[i].index];
		df_buf_fmt(&m->b, "interface%s: %s", made_here(m, a) ?
		    ", made by this task" : "", a->interface.s);
		list = jv_array_append(list, existing_row(
		    brief_value(&a->name), brief_value(&a->where),
		    buf_jv(m)));
		src = jv_array_append(src, brief_source(a->name.at));
	}
	view(m, "has_existing",
	    jv_bool(jv_array_length(jv_copy(list)) > 0));
	both(m, "existing_code_refs", list);
	m->src = df_jset(m->src, "existing_code_refs", src);
	more(m, "existing_code_refs", left, 10, "Active Components");
}

static void
command(struct make *m, const struct df_command *c, struct strings *l,
    struct df_buf *all)
{
	const char *s = c->label.s, *lf;
	size_t n;

	add(l, brief_value(&c->text), c->text.at);
	if (all->n)
		df_buf_ch(all, '\n');
	for (; *s; s += n + (lf != NULL)) {
		lf = strchr(s, '\n');
		n = lf ? (size_t)(lf - s) : strlen(s);
		df_buf_str(all, "# ");
		df_buf_add(all, s, n);
		df_buf_ch(all, '\n');
	}
	df_buf_add(all, c->text.s, c->text.n);
	df_buf_ch(all, '\n');
	(void)m;
}

static void
verification(struct make *m)
{
	const struct df_d10 *d = &m->sp->d10;
	struct df_picks *p = &m->sc.kind[DF_K_COMMAND];
	struct strings l = strings();
	struct df_buf all = DF_BUF_INIT;
	size_t i, left = 0;

	if (d->commands <= m->max->commands) {
		for (i = 0; i < d->commands; i++)
			command(m, &d->command[i], &l, &all);
	} else {
		left = d->commands - p->n + df_picks_best(p,
		    m->max->commands);
		for (i = 0; i < p->n; i++)
			command(m, &d->command[p->v[i].index], &l, &all);
	}
	view(m, "commands", jv_string_sized(all.s, (int)all.n));
	df_buf_release(&all);
	rec_strings(m, "verification_commands", l);
	more(m, "commands", left, 10, "Commands");
}

static void
principles(struct make *m)
{
	struct df_picks *p = &m->sc.kind[DF_K_ARTICLE];
	const struct df_article *a;
	struct strings l = strings();
	jv list = jv_array(), o;
	size_t i;

	/* no note: the rules themselves stand in section 2 */
	(void)df_picks_best(p, m->max->principles);
	for (i = 0; i < p->n; i++) {
		a = &m->sp->d1.article[p->v[i].index];
		if (a->why.n == 0)
			continue;
		df_buf_fmt(&m->b, "%s (%s): %s", a->item.id, a->item.title,
		    a->why.s);
		add(&l, buf_jv(m), a->why.at);
		o = df_jset_str(jv_object(), "id", a->item.id);
		o = df_jset_str(o, "title", a->item.title);
		list = jv_array_append(list, df_jset(o, "text",
		    brief_value(&a->why)));
	}
	view(m, "principles", list);
	p = &m->sc.kind[DF_K_PATTERN];
	more(m, "patterns", df_picks_best(p, m->max->principles), 10,
	    "Key Patterns");
	list = picked(p, &m->sp->d10.patterns);
	add_list(&l, list, "");
	view(m, "patterns", list);
	p = &m->sc.kind[DF_K_CONVENTION];
	more(m, "conventions", df_picks_best(p, m->max->rules), 10,
	    "Coding Conventions");
	list = picked(p, &m->sp->d10.conventions);
	view(m, "has_conventions", jv_bool(p->n > 0));
	detail(m, "conventions", list);
	view(m, "has_principles", jv_bool(jv_array_length(jv_copy(l.v)) > 0));
	rec_strings(m, "design_principles", l);
}

/* ---- the whole ---- */

char *
df_handoff_id(unsigned ordinal, char out[DF_HANDOFF_ID])
{
	snprintf(out, DF_HANDOFF_ID, "H-FACTORY-%03u", ordinal);
	return out;
}

static jv
named_version(const char *name, const char *version)
{
	return df_jset_str(df_jset_str(jv_object(), "name", name), "version",
	    version);
}

static int
fill(struct make *m, const struct df_handoff_in *in, struct df_err *e)
{
	const char *name = df_jv_str(in->contract, "name");
	const char *version = df_jv_str(in->contract, "version");
	char id[DF_HANDOFF_ID];

	if (name == NULL || version == NULL || !df_semver_ok(version))
		return df_fail(e, DF_INPUT, "contract.member",
		    "the handoff contract has no name and version");
	rec(m, "schema", jv_string("df.handoff/1"));
	both(m, "handoff_id", jv_string(df_handoff_id(in->ordinal, id)));
	both(m, "contract", named_version(name, version));
	both(m, "template", named_version(df_template_name(in->tmpl),
	    df_template_version(in->tmpl)));
	df_buf_fmt(&m->b, "handoff/%s.md", m->t->item.id);
	rec(m, "output_path", buf_jv(m));
	header(m);
	mission(m);
	if (constraints(m, in->contract, e) == -1)
		return -1;
	architecture(m);
	steps(m);
	test_plan(m);
	existing(m);
	files(m);
	verification(m);
	principles(m);
	rec(m, "sources", jv_copy(m->src));
	rec(m, "details", jv_copy(m->details));
	rec(m, "omitted", jv_copy(m->omitted));
	return 0;
}

int
df_handoff_make(const struct df_spec *sp, const struct df_task *task,
    const struct df_handoff_in *in, struct df_buf *json, struct df_buf *md,
    struct df_err *e)
{
	struct make m = { 0 };
	size_t was = md->n;
	int rc;

	m.sp = sp;
	m.t = task;
	m.x = in->xref ? in->xref : df_xref_new(sp);
	m.max = in->max ? in->max : &df_handoff_max;
	m.view = jv_object();
	m.rec = jv_object();
	m.src = jv_object();
	m.details = jv_object();
	m.omitted = jv_array();
	df_buf_init(&m.b);
	df_scope_make(m.x, task, &m.sc);
	rc = fill(&m, in, e);
	if (rc == 0)
		rc = df_template_render(in->tmpl, jv_copy(m.view), 0, md, e);
	if (rc == 0)
		rc = df_schema_write(json, jv_copy(m.rec), "handoff", e);
	if (rc == -1)
		df_buf_cut(md, was);
	jv_free(m.view);
	jv_free(m.rec);
	jv_free(m.src);
	jv_free(m.details);
	jv_free(m.omitted);
	df_buf_release(&m.b);
	if (in->xref == NULL)
		df_xref_free(m.x);
	return rc;
}
