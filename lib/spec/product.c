#include "base/df.h"

#include <string.h>

#include "spec/spec.h"

/* The ProductSpec record, E-001: schemas/product-spec.json. */

static jv
text(jv o, const char *name, const struct df_value *v)
{
	return v->n ? df_jset_strn(o, name, v->s, v->n) : o;
}

static jv
texts(const struct df_values *t)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < t->n; i++)
		a = jv_array_append(a, jv_string_sized(t->v[i].s,
		    (int)t->v[i].n));
	return a;
}

static jv
ids(const struct df_refs *r, int derived)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!derived || r->v[i].derived)
			a = jv_array_append(a, jv_string(r->v[i].id));
	return a;
}

static jv
item(const struct df_item *it)
{
	jv o = df_jset_str(jv_object(), "id", it->id);

	o = df_jset_str(o, "title", it->title);
	return df_jset_int(o, "line", it->at.line);
}

static jv
priority(jv o, int p)
{
	static const char *const name[] = { "P0", "P1", "P2", "P3" };

	return p < 0 ? o : df_jset_str(o, "priority", name[p]);
}

static jv
fields(const struct df_fields *f)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < f->n; i++) {
		x = df_jset_str(jv_object(), "name", f->v[i].key);
		x = df_jset_str(x, "value", f->v[i].value.s);
		a = jv_array_append(a, x);
	}
	return a;
}

static jv
version(jv o, const struct df_doc *d)
{
	o = text(o, "version", &d->meta.version);
	return text(o, "status", &d->meta.status);
}

static jv
constitution(const struct df_spec *sp)
{
	const struct df_d1 *d = &sp->d1;
	jv o = version(jv_object(), &sp->doc[1]), a = jv_array(), x;
	size_t i;

	for (i = 0; i < d->articles; i++) {
		const struct df_article *r = &d->article[i];

		x = df_jset_int(jv_object(), "number", r->number);
		x = df_jset_str(x, "name", r->item.title);
		x = text(x, "rule", &r->rule);
		x = text(x, "why", &r->why);
		x = text(x, "test", &r->test);
		x = text(x, "violations", &r->violations);
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "articles", a);
	x = df_jset(jv_object(), "always", texts(&d->always));
	x = df_jset(x, "ask_first", texts(&d->ask_first));
	x = df_jset(x, "never", texts(&d->never));
	o = df_jset(o, "boundaries", x);
	return df_jset(o, "workflow", texts(&d->workflow));
}

/* A clause and its ANDs as one text. */
static jv
clause(jv o, const char *name, const struct df_values *t)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	if (t->n == 0)
		return o;
	for (i = 0; i < t->n; i++)
		df_buf_fmt(&b, "%s%s", i ? " AND " : "", t->v[i].s);
	o = df_jset_strn(o, name, b.s, b.n);
	df_buf_release(&b);
	return o;
}

static jv
specification(const struct df_spec *sp)
{
	const struct df_d2 *d = &sp->d2;
	jv o = version(jv_object(), &sp->doc[2]), a = jv_array(), x;
	size_t i;

	o = text(o, "purpose", &d->purpose);
	o = df_jset(o, "is_not", texts(&d->is_not));
	for (i = 0; i < d->scenarios; i++) {
		const struct df_scenario *s = &d->scenario[i];

		x = priority(item(&s->item), s->priority);
		x = text(x, "source", &s->source);
		x = clause(x, "given", &s->given);
		x = clause(x, "when", &s->when);
		x = clause(x, "then", &s->then);
		x = text(x, "testing", &s->testing);
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "scenarios", a);
	a = jv_array();
	for (i = 0; i < d->ndeferred; i++) {
		const struct df_deferred *f = &d->deferred[i];

		x = text(item(&f->item), "what", &f->what);
		x = text(x, "why", &f->why);
		x = text(x, "trigger", &f->trigger);
		x = text(x, "impact", &f->impact);
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "deferred", a);
	return df_jset(o, "success_criteria", texts(&d->criteria));
}

static jv
data_model(const struct df_spec *sp)
{
	const struct df_d3 *d = &sp->d3;
	jv o = version(jv_object(), &sp->doc[3]), a = jv_array(), x, t, f;
	size_t i, k, m;

	for (i = 0; i < d->entities; i++) {
		const struct df_entity *e = &d->entity[i];

		x = text(item(&e->item), "scope", &e->scope);
		x = text(x, "used_by", &e->used_by);
		x = text(x, "source", &e->source);
		x = text(x, "description", &e->description);
		t = jv_array();
		for (k = 0; k < e->tables; k++)
			for (m = 0; m < e->table[k].n; m++) {
				const struct df_efield *r = &e->table[k].v[m];

				f = df_jset_str(jv_object(), "name",
				    r->name.s);
				if (k)
					f = text(f, "of",
					    &e->table[k].caption);
				f = text(f, "type", &r->type);
				f = text(f, "required", &r->required);
				f = text(f, "description", &r->description);
				f = text(f, "constraints", &r->constraints);
				t = jv_array_append(t, f);
			}
		x = df_jset(x, "fields", t);
		x = df_jset(x, "invariants", texts(&e->invariants));
		a = jv_array_append(a, x);
	}
	return df_jset(o, "entities", a);
}

static jv
contracts(const struct df_spec *sp)
{
	static const struct {
		const char *name;
		enum df_family f;
	} kind[] = {
		{ "inbound", DF_IN }, { "outbound", DF_OUT },
		{ "side_effects", DF_SIDE }, { "errors", DF_ERR }
	};
	const struct df_d4 *d = &sp->d4;
	jv o = version(jv_object(), &sp->doc[4]), a, x;
	size_t i, k;

	for (k = 0; k < DF_LEN(kind); k++) {
		a = jv_array();
		for (i = 0; i < d->contracts; i++) {
			const struct df_contract *c = &d->contract[i];

			if (c->item.family != kind[k].f)
				continue;
			x = df_jset(item(&c->item), "scenarios",
			    ids(&c->scenarios, 0));
			x = df_jset(x, "fields", fields(&c->fields));
			a = jv_array_append(a, x);
		}
		o = df_jset(o, kind[k].name, a);
	}
	a = jv_array();
	for (i = 0; i < d->errcodes; i++) {
		x = df_jset_str(jv_object(), "code", d->errcode[i].code.s);
		x = text(x, "meaning", &d->errcode[i].meaning);
		x = text(x, "retryable", &d->errcode[i].retryable);
		a = jv_array_append(a, x);
	}
	return df_jset(o, "error_codes", a);
}

static jv
research(const struct df_spec *sp)
{
	const struct df_d5 *d = &sp->d5;
	jv o = version(jv_object(), &sp->doc[5]), a = jv_array(), x;
	size_t i;

	for (i = 0; i < d->nresearch; i++) {
		const struct df_research *q = &d->research[i];

		x = df_jset_bool(item(&q->item), "blocking", q->blocking);
		x = text(x, "prompted_by", &q->prompted_by);
		x = text(x, "decision", &q->decision);
		x = text(x, "rationale", &q->rationale);
		a = jv_array_append(a, x);
	}
	return df_jset(o, "questions", a);
}

static jv
gaps(const struct df_gap *g, size_t n)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < n; i++) {
		x = df_jset_str(item(&g[i].item), "status",
		    df_status_name(g[i].status));
		x = text(x, "category", &g[i].category);
		x = text(x, "found_during", &g[i].found_during);
		x = text(x, "question", &g[i].question);
		x = text(x, "resolution", &g[i].resolution);
		x = text(x, "blocks", &g[i].blocks);
		a = jv_array_append(a, x);
	}
	return a;
}

static jv
gap_analysis(const struct df_spec *sp)
{
	const struct df_d6 *d = &sp->d6;
	jv o = version(jv_object(), &sp->doc[6]), a = jv_array(), x, y;
	size_t i, k;

	o = df_jset(o, "gaps", gaps(d->gap, d->gaps));
	o = df_jset(o, "clarifications", gaps(d->clar, d->clars));
	for (i = 0; i < d->categories; i++) {
		x = jv_array();
		for (k = 0; k < d->category[i].rows; k++) {
			y = df_jset_str(jv_object(), "boundary",
			    d->category[i].row[k].name.s);
			y = df_jset_str(y, "status", df_status_name(
			    d->category[i].row[k].status));
			x = jv_array_append(x, y);
		}
		y = df_jset_str(jv_object(), "name", d->category[i].name);
		a = jv_array_append(a, df_jset(y, "rows", x));
	}
	o = df_jset(o, "categories", a);
	if (d->gate == DF_GATE_PASS || d->gate == DF_GATE_FAIL)
		o = df_jset_str(o, "gate", d->gate == DF_GATE_PASS ? "PASS" :
		    "FAIL");
	return o;
}

static jv
plan(const struct df_spec *sp)
{
	const struct df_d7 *d = &sp->d7;
	jv o = version(jv_object(), &sp->doc[7]), a = jv_array(), x;
	size_t i;

	o = text(o, "summary", &d->summary);
	for (i = 0; i < d->components; i++) {
		const struct df_component *c = &d->component[i];

		x = df_jset_str(jv_object(), "name", c->name);
		x = text(x, "file", &c->file);
		x = text(x, "responsibility", &c->responsibility);
		x = text(x, "depends", &c->depends);
		x = text(x, "exposes", &c->exposes);
		x = df_jset(x, "implements", ids(&c->refs, 0));
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "components", a);
	a = jv_array();
	for (i = 0; i < d->files; i++) {
		x = df_jset_str(jv_object(), "path", d->file[i].path);
		x = df_jset_str(x, "comment", d->file[i].comment);
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "files", a);
	return text(o, "testing", &d->testing);
}

static jv
tasks(const struct df_spec *sp)
{
	const struct df_d8 *d = &sp->d8;
	jv o = version(jv_object(), &sp->doc[8]), a = jv_array(), x, y;
	char scope[2] = "";
	size_t i, k;

	for (i = 0; i < d->tasks; i++) {
		const struct df_task *t = &d->task[i];

		x = item(&t->item);
		if (t->phase >= 0)
			x = df_jset_int(x, "phase", t->phase);
		scope[0] = t->scope;
		if (t->scope)
			x = df_jset_str(x, "scope", scope);
		if (t->parallel >= 0)
			x = df_jset_bool(x, "parallel", t->parallel);
		x = df_jset(x, "depends_on", ids(&t->deps, 0));
		x = df_jset(x, "scenarios", ids(&t->scenarios, 0));
		x = df_jset(x, "contracts", ids(&t->contracts, 0));
		y = jv_array_concat(ids(&t->scenarios, 1),
		    ids(&t->contracts, 1));
		x = df_jset(x, "derived", y);
		x = text(x, "description", &t->description);
		y = jv_array();
		for (k = 0; k < t->criteria; k++)
			y = jv_array_append(y,
			    jv_string(t->criterion[k].text.s));
		x = df_jset(x, "acceptance_criteria", y);
		a = jv_array_append(a, x);
	}
	return df_jset(o, "tasks", a);
}

static jv
block(jv o, const char *name, const struct df_block *b)
{
	return b->n ? df_jset_strn(o, name, b->code, b->n) : o;
}

static jv
holdouts_doc(const struct df_spec *sp)
{
	static const char *const how[] = { "none", "table", "code" };
	const struct df_d9 *d = &sp->d9;
	jv o = version(jv_object(), &sp->doc[9]), a = jv_array(), x;
	size_t i;

	for (i = 0; i < d->holdouts; i++) {
		const struct df_holdout *h = &d->holdout[i];

		x = priority(item(&h->item), h->priority);
		x = text(x, "type", &h->type);
		x = df_jset(x, "validates", ids(&h->validates, 0));
		x = df_jset(x, "contracts", ids(&h->contracts, 0));
		x = df_jset_str(x, "verify_by", h->behaviour.yaml.line ?
		    "behaviour" : how[h->how]);
		x = block(x, "setup", &h->setup);
		x = block(x, "execute", &h->execute);
		x = block(x, "verify", &h->verify);
		x = block(x, "cleanup", &h->cleanup);
		a = jv_array_append(a, x);
	}
	return df_jset(o, "scenarios", a);
}

static jv
agent_context(const struct df_spec *sp)
{
	const struct df_d10 *d = &sp->d10;
	jv o = version(jv_object(), &sp->doc[10]), a = jv_array(), x;
	size_t i;

	o = text(o, "purpose", &d->purpose);
	for (i = 0; i < d->commands; i++) {
		x = text(jv_object(), "label", &d->command[i].label);
		x = df_jset_str(x, "command", d->command[i].text.s);
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "commands", a);
	a = jv_array();
	for (i = 0; i < d->rules; i++) {
		x = df_jset_str(jv_object(), "use", d->rule[i].use.s);
		x = text(x, "not", &d->rule[i].instead_of);
		x = text(x, "why", &d->rule[i].why);
		a = jv_array_append(a, x);
	}
	o = df_jset(o, "tool_rules", a);
	o = df_jset(o, "conventions", texts(&d->conventions));
	o = df_jset(o, "submission_protocol", texts(&d->protocol));
	a = jv_array();
	for (i = 0; i < d->actives; i++) {
		x = df_jset_str(jv_object(), "name", d->active[i].name.s);
		x = text(x, "where", &d->active[i].where);
		x = text(x, "interface", &d->active[i].interface);
		a = jv_array_append(a, x);
	}
	return df_jset(o, "active_components", a);
}

jv
df_spec_product(const struct df_spec *sp, int holdouts)
{
	jv o = df_jset_str(jv_object(), "schema", "df.product-spec/1");

	o = df_jset_str(o, "spec_dir", sp->dir);
	o = df_jset_str(o, "component_name", sp->component);
	o = df_jset_str(o, "package_id", sp->package);
	o = df_jset(o, "constitution", constitution(sp));
	o = df_jset(o, "specification", specification(sp));
	o = df_jset(o, "data_model", data_model(sp));
	o = df_jset(o, "contracts", contracts(sp));
	o = df_jset(o, "research", research(sp));
	o = df_jset(o, "gap_analysis", gap_analysis(sp));
	o = df_jset(o, "plan", plan(sp));
	o = df_jset(o, "tasks", tasks(sp));
	if (holdouts)
		o = df_jset(o, "holdouts", holdouts_doc(sp));
	return df_jset(o, "agent_context", agent_context(sp));
}
