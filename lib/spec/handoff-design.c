#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/handoff-internal.h"

/* ---- components and diagrams of D7 ---- */

static jv
component(struct hand *h, const struct df_pick *p, int own)
{
	const struct df_component *c = &h->sp->d7.component[p->index];
	jv o = df_jset_str(jv_object(), "name", c->name), f = jv_array();

	o = df_jset_str(o, "file", strstr(c->name, c->file.s) ? "" :
	    c->file.s);
	hand_because(h, p, c);
	o = df_jset(o, "because", hand_buf(h));
	if (own) {
		f = hand_field(f, "Responsibility", &c->responsibility);
		f = hand_field(f, "Implements", &c->implements);
		f = hand_field(f, "Depends on", &c->depends);
	}
	f = hand_field(f, "Exposes", &c->exposes);
	hand_cite(h, "architecture", c->name, c->at);
	return df_jset(o, "fields", f);
}

static void
components(struct hand *h)
{
	const struct df_picks *all = &h->sc.kind[DF_K_COMPONENT];
	struct df_pick *room = df_calloc(all->n, sizeof(*room));
	const char *name;
	struct df_picks p = { 0 };
	size_t i, left;
	jv v;
	int own;

	for (own = 1; own >= 0; own--) {
		p.v = room;
		for (i = p.n = 0; i < all->n; i++)
			if (all->v[i].own == own)
				p.v[p.n++] = all->v[i];
		left = df_picks_best(&p, own ? h->max->components :
		    h->max->related);
		v = jv_array();
		for (i = 0; i < p.n; i++)
			v = jv_array_append(v, component(h, &p.v[i], own));
		name = own ? "components" : "related";
		hand_list(h, name, v);
		hand_more(h, name, left, 7, "Component Responsibilities");
	}
	free(room);
}

/*
 * One block of a diagram: whole when it is short; else the lines that name
 * something of the task and two on each side, at most max lines, with a line
 * for what is left out in between.
 */
static void
diagram_lines(struct hand *h, size_t from, size_t to)
{
	const struct df_picks *p = &h->sc.kind[DF_K_DIAGRAM];
	const struct df_xline *l = h->x->diagram;
	size_t i, k, skip = 0, shown = 0;
	int near, whole = to - from <= h->max->diagram;

	for (i = from, k = 0; i < to; i++) {
		while (k < p->n && p->v[k].index + 2 < i)
			k++;
		near = k < p->n && p->v[k].index <= i + 2;
		if (!whole && (!near || shown == h->max->diagram)) {
			skip++;
			continue;
		}
		if (skip)
			df_buf_fmt(&h->b, "[... %zu lines]\n", skip);
		skip = 0;
		shown++;
		df_buf_add(&h->b, l[i].s.s, l[i].s.n);
		df_buf_ch(&h->b, '\n');
	}
	if (skip)
		df_buf_fmt(&h->b, "[... %zu lines]\n", skip);
	while (h->b.n && (h->b.s[h->b.n - 1] == '\n' ||
	    h->b.s[h->b.n - 1] == ' '))
		df_buf_cut(&h->b, h->b.n - 1);
}

/* The blocks that name something of the task; without any, a single one. */
static jv
diagrams(struct hand *h)
{
	const struct df_picks *p = &h->sc.kind[DF_K_DIAGRAM];
	const struct df_xline *l = h->x->diagram;
	size_t n = h->x->ndiagram, from, to, k = 0;
	struct df_span at = h->sp->d7.architecture;
	jv v = jv_array();

	for (; k < p->n || (p->n == 0 && k == 0 && n > 0); k++) {
		from = p->n ? p->v[k].index : 0;
		to = from;
		while (from > 0 && l[from - 1].block == l[to].block)
			from--;
		while (to < n && l[to].block == l[from].block)
			to++;
		if (p->n == 0 && (to < n || to > h->max->diagram))
			break;
		diagram_lines(h, from, to);
		v = jv_array_append(v, jv_string_sized(h->b.s,
		    (int)h->b.n));
		df_buf_reset(&h->b);
		at.line = l[from].line;
		hand_cite(h, "architecture", "diagram", at);
		while (k + 1 < p->n && p->v[k + 1].index < to)
			k++;
	}
	return v;
}

/* The record's architecture: own components and diagrams as text. */
static void
as_text(struct hand *h, jv shown)
{
	const struct df_picks *p = &h->sc.kind[DF_K_COMPONENT];
	const struct df_component *c;
	size_t i;
	int k, n = jv_array_length(jv_copy(shown));
	jv s;

	for (i = 0; i < p->n; i++) {
		if (!p->v[i].own)
			continue;
		c = &h->sp->d7.component[p->v[i].index];
		df_buf_str(&h->b, c->name);
		if (c->file.n)
			df_buf_fmt(&h->b, " (%s)", c->file.s);
		df_buf_fmt(&h->b, ": %s\n", c->responsibility.s);
		if (c->depends.n)
			df_buf_fmt(&h->b, "Depends on: %s\n", c->depends.s);
		if (c->exposes.n)
			df_buf_fmt(&h->b, "Exposes: %s\n", c->exposes.s);
	}
	for (k = 0; k < n; k++) {
		s = jv_array_get(jv_copy(shown), k);
		df_buf_fmt(&h->b, "\n%s\n", jv_string_value(s));
		jv_free(s);
	}
	hand_set(h, HAND_ARCHITECTURE, h->b.s, h->b.n);
	hand_at(h, HAND_ARCHITECTURE, h->sp->d7.architecture);
	df_buf_reset(&h->b);
}

/* ---- contracts of D4, entities of D3 ---- */

static jv
contracts(struct hand *h)
{
	const struct df_refs *f = &h->t->contracts;
	const struct df_item *it;
	jv v = jv_array(), o;
	size_t i;

	for (i = 0; i < f->n; i++) {
		it = f->v[i].to;
		if (it == NULL)
			continue;
		o = df_jset_str(jv_object(), "id", it->id);
		o = df_jset_str(o, "title", it->title);
		v = jv_array_append(v, df_jset(o, "text",
		    brief_body(h->sp, it)));
		hand_cite(h, "architecture", it->id, it->at);
	}
	return v;
}

static jv
rows(const struct df_etable *t)
{
	jv v = jv_array(), r;
	size_t i;

	for (i = 0; i < t->n; i++) {
		r = df_jset(jv_object(), "name", brief_value(&t->v[i].name));
		r = df_jset(r, "type", brief_value(&t->v[i].type));
		r = df_jset(r, "required", brief_value(&t->v[i].required));
		r = df_jset(r, "description",
		    brief_value(&t->v[i].description));
		v = jv_array_append(v, df_jset(r, "constraints",
		    brief_value(&t->v[i].constraints)));
	}
	return v;
}

static jv
entity(struct hand *h, const struct df_entity *en)
{
	jv o = df_jset_str(jv_object(), "id", en->item.id), v = jv_array();
	jv t;
	size_t i;

	o = df_jset_str(o, "title", en->item.title);
	o = df_jset(o, "scope", brief_value(&en->scope));
	o = df_jset(o, "description", brief_value(&en->description));
	for (i = 0; i < en->tables; i++) {
		if (en->table[i].n == 0)
			continue;
		t = df_jset(jv_object(), "rows", rows(&en->table[i]));
		v = jv_array_append(v, df_jset(t, "caption",
		    brief_value(&en->table[i].caption)));
	}
	o = df_jset(o, "tables", v);
	v = jv_array();
	for (i = 0; i < en->invariants.n; i++)
		v = jv_array_append(v, brief_value(&en->invariants.v[i]));
	o = df_jset(o, "has_invariants", jv_bool(en->invariants.n > 0));
	o = df_jset(o, "invariants", v);
	/* what is written in some other form is shown as it is */
	return df_jset(o, "text", en->tables || en->description.n ?
	    jv_string("") : brief_body(h->sp, &en->item));
}

static void
entities(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_ENTITY];
	size_t left = df_picks_best(p, h->max->entities), i;
	const struct df_entity *en;
	jv v = jv_array();

	for (i = 0; i < p->n; i++) {
		en = &h->sp->d3.entity[p->v[i].index];
		v = jv_array_append(v, entity(h, en));
		hand_add(h, HAND_ENTITIES, en->item.id, strlen(en->item.id),
		    en->item.at);
		df_buf_fmt(&h->b, "%s%s", i ? ", " : "", en->item.id);
	}
	hand_view(h, "entity_ids", hand_buf(h));
	hand_list(h, "entities", v);
	hand_more(h, "entities", left, 3, "Entities");
}

static jv
errcodes(struct hand *h)
{
	const struct df_picks *p = &h->sc.kind[DF_K_ERRCODE];
	const struct df_errcode *c;
	jv v = jv_array(), o;
	size_t i;

	for (i = 0; i < p->n; i++) {
		c = &h->sp->d4.errcode[p->v[i].index];
		o = df_jset(jv_object(), "code", brief_value(&c->code));
		o = df_jset(o, "meaning", brief_value(&c->meaning));
		v = jv_array_append(v, df_jset(o, "retryable",
		    brief_value(&c->retryable)));
		hand_cite(h, "architecture", c->code.s, c->code.at);
	}
	return v;
}

/* ---- what other documents say to names in the text ---- */

static jv
remark(struct hand *h, const struct df_item *it, const struct df_value *said,
    const char *doc)
{
	jv o = df_jset_str(jv_object(), "id", it->id);

	o = df_jset_str(o, "title", it->title);
	o = df_jset_str(o, "doc", doc);
	hand_cite(h, "architecture", it->id, it->at);
	return said ? df_jset(o, "text", brief_value(said)) : o;
}

static void
decisions(struct hand *h)
{
	static const enum df_kind kinds[] = { DF_K_RESEARCH, DF_K_CLAR,
	    DF_K_GAP, DF_K_DEFERRED };
	const struct df_spec *sp = h->sp;
	const struct df_gap *g;
	struct df_picks *p;
	jv v = jv_array();
	size_t i, k, left = 0;
	uint32_t at;

	for (k = 0; k < DF_LEN(kinds); k++) {
		p = &h->sc.kind[kinds[k]];
		left += df_picks_best(p, h->max->decisions);
		for (i = 0; i < p->n; i++) {
			at = p->v[i].index;
			if (kinds[k] == DF_K_RESEARCH) {
				v = jv_array_append(v, remark(h,
				    &sp->d5.research[at].item,
				    &sp->d5.research[at].decision, "D5"));
			} else if (kinds[k] == DF_K_DEFERRED) {
				v = jv_array_append(v, remark(h,
				    &sp->d2.deferred[at].item,
				    &sp->d2.deferred[at].what,
				    "D2, deferred: not to be built"));
			} else {
				g = kinds[k] == DF_K_CLAR ? &sp->d6.clar[at] :
				    &sp->d6.gap[at];
				v = jv_array_append(v, remark(h, &g->item,
				    g->resolution.n ? &g->resolution :
				    &g->status_text, "D6"));
			}
		}
	}
	hand_list(h, "decisions", v);
	hand_more(h, "decisions", left, 5, "Research Log, and D6");
}

void
hand_architecture(struct hand *h)
{
	size_t left, i;
	jv v = hand_fields(&h->sp->d7.context_fields, h->max->rules, &left);

	if (jv_array_length(jv_copy(v)) > 0)
		hand_cite(h, "architecture", "technical context",
		    h->sp->d7.context);
	hand_list(h, "context", v);
	hand_more(h, "context", left, 7, "Technical Context");
	components(h);
	v = diagrams(h);
	as_text(h, v);
	hand_list(h, "diagrams", v);
	hand_list(h, "contracts", contracts(h));
	entities(h);
	hand_list(h, "errcodes", errcodes(h));
	decisions(h);
	v = jv_array();
	for (i = 0; i < h->sc.mentions; i++)
		v = jv_array_append(v, remark(h, h->sc.mention[i], NULL,
		    brief_doc(h->sc.mention[i]->at.doc)));
	hand_list(h, "mentions", v);
}
