#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/handoff-internal.h"

/* ---- components and diagrams of D7 ---- */

/* Does the header say all that the component implements? */
static int
implements_own(const struct hand *h, const struct df_component *c)
{
	size_t i;

	for (i = 0; i < c->refs.n; i++)
		if (c->refs.v[i].to == NULL ||
		    !df_scope_owns(h->x, c->refs.v[i].to))
			return 0;
	return c->refs.n > 0;
}

static jv
component(struct hand *h, const struct df_pick *p)
{
	const struct df_component *c = &h->sp->d7.component[p->index];
	jv o = df_jset_str(jv_object(), "name", c->name), f = jv_array();

	o = df_jset_str(o, "file", strstr(c->name, c->file.s) ? "" :
	    c->file.s);
	if (p->own)
		f = hand_field(f, "Responsibility", &c->responsibility);
	if (p->own && !implements_own(h, c))
		f = hand_field(f, "Implements", &c->implements);
	f = hand_field(f, "Exposes", &c->exposes);
	hand_cite(h, "architecture", c->name, c->at);
	return df_jset(o, "fields", f);
}

static size_t
component_size(const void *arg, uint32_t i)
{
	const struct df_spec *sp = arg;
	const struct df_component *c = &sp->d7.component[i];

	return strlen(c->name) + c->file.n + c->exposes.n;
}

/* Those that are own or are not; of the latter not those of section 7. */
static void
components(struct hand *h)
{
	const struct df_picks *all = &h->sc.kind[DF_K_COMPONENT];
	struct df_pick *room = df_calloc(all->n, sizeof(*room));
	struct df_picks p = { 0 };
	const char *name;
	size_t i, left;
	jv v;
	int own;

	for (own = 1; own >= 0; own--) {
		p.v = room;
		for (i = p.n = 0; i < all->n; i++)
			if (all->v[i].own == own && (own || !hand_offered(h,
			    h->sp->d7.component[all->v[i].index].file.s)))
				p.v[p.n++] = all->v[i];
		left = df_picks_fit(&p, own ? h->max->components :
		    h->max->related, component_size, h->sp);
		v = jv_array();
		for (i = 0; i < p.n; i++)
			v = jv_array_append(v, component(h, &p.v[i]));
		name = own ? "components" : "related";
		hand_list(h, name, v);
		hand_more(h, name, left, 7, "Component Responsibilities");
	}
	free(room);
}

/*
 * One block of a diagram: whole when it is short; else the lines that name
 * something of the task and one on each side.  Those that follow each other
 * are one text.  Returns how many lines were left out; max shrinks by the
 * others.
 */
static size_t
diagram_lines(struct hand *h, jv *v, struct df_limit *max, size_t from,
    size_t to)
{
	const struct df_picks *p = &h->sc.kind[DF_K_DIAGRAM];
	const struct df_xline *l = h->x->diagram;
	struct df_span at = h->sp->d7.architecture;
	size_t i, k, shown = 0, bytes = 0;
	int near, whole;

	for (i = from; i < to; i++)
		bytes += l[i].s.n + 1;
	whole = to - from <= max->n && bytes <= max->bytes;
	for (i = from, k = 0, bytes = 0; i <= to; i++) {
		while (k < p->n && p->v[k].index + 1 < i)
			k++;
		near = i < to && (whole || (k < p->n && p->v[k].index <=
		    i + 1 && shown < max->n && bytes + l[i].s.n <=
		    max->bytes));
		if (near) {
			if (h->b.n == 0) {
				at.line = l[i].line;
				hand_cite(h, "architecture", "diagram", at);
			}
			shown++;
			bytes += l[i].s.n + 1;
			df_buf_add(&h->b, l[i].s.s, l[i].s.n);
			df_buf_ch(&h->b, '\n');
		} else if (h->b.n) {
			while (h->b.n && strchr("\n ", h->b.s[h->b.n - 1]))
				df_buf_cut(&h->b, h->b.n - 1);
			*v = jv_array_append(*v, jv_string_sized(h->b.s,
			    (int)h->b.n));
			df_buf_reset(&h->b);
		}
	}
	max->n -= (unsigned)shown;
	max->bytes -= bytes < max->bytes ? (unsigned)bytes : max->bytes;
	return to - from - shown;
}

/* Of the blocks that name something of the task. */
static jv
diagrams(struct hand *h)
{
	const struct df_picks *p = &h->sc.kind[DF_K_DIAGRAM];
	const struct df_xline *l = h->x->diagram;
	struct df_limit max = h->max->diagrams;
	size_t n = h->x->ndiagram, from, to, k, left = n;
	jv v = jv_array();

	for (k = 0; k < p->n; k++) {
		from = to = p->v[k].index;
		while (from > 0 && l[from - 1].block == l[to].block)
			from--;
		while (to < n && l[to].block == l[from].block)
			to++;
		left -= to - from - diagram_lines(h, &v, &max, from,
		    to);
		while (k + 1 < p->n && p->v[k + 1].index < to)
			k++;
	}
	hand_more(h, "diagrams", left, 7, "Architecture Overview");
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

/* Is the line the field that says which scenarios the contract has, when the
   header says that too? */
static int
scenarios_line(const struct hand *h, const struct df_contract *c,
    const char *s, size_t n)
{
	static const char key[] = "cenarios";
	const struct df_span at = c->scenarios_text.at;
	const char *said = h->sp->doc[4].s;
	size_t i;

	if (c->scenarios.n == 0 || said == NULL ||
	    c->scenarios_text.s[strspn(c->scenarios_text.s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789, ")])
		return 0;
	for (i = 0; i < n && strchr("-*+ Ss", s[i]); i++)
		;
	if (n - i < sizeof(key) - 1 + at.len ||
	    memcmp(s + i, key, sizeof(key) - 1) != 0)
		return 0;
	while (n && s[n - 1] == '\r')
		n--;
	if (at.len == 0 || at.len > n || memcmp(s + n - at.len, said + at.off,
	    at.len) != 0)
		return 0;
	for (i = 0; i < c->scenarios.n; i++)
		if (c->scenarios.v[i].to == NULL ||
		    !df_scope_owns(h->x, c->scenarios.v[i].to))
			return 0;
	return 1;
}

/* The contract's text without that line. */
static jv
contract_text(struct hand *h, const struct df_item *it)
{
	jv text = brief_body(h->sp, it), shorter;
	const char *s = jv_string_value(text), *lf, *end;
	size_t n;

	for (end = s; *end; end = lf + 1) {
		lf = strchr(end, '\n');
		n = lf ? (size_t)(lf - end) : strlen(end);
		if (scenarios_line(h, df_contract_of(it), end, n))
			break;
		if (lf == NULL)
			return text;
	}
	if (*end == '\0')
		return text;
	df_buf_add(&h->b, s, (size_t)(end - s));
	df_buf_str(&h->b, lf ? lf + 1 : "");
	shorter = brief_lines(h->b.s, h->b.n);
	df_buf_reset(&h->b);
	jv_free(text);
	return shorter;
}

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
		    contract_text(h, it)));
		hand_cite(h, "architecture", it->id, it->at);
	}
	return v;
}

/* Rows, and which of the columns hold something. */
static jv
rows(jv table, const struct df_etable *t)
{
	const struct df_efield *f;
	jv v = jv_array(), r;
	size_t i, required = 0, about = 0, limits = 0;

	for (i = 0; i < t->n; i++) {
		f = &t->v[i];
		r = df_jset(jv_object(), "name", brief_value(&f->name));
		r = df_jset(r, "type", brief_value(&f->type));
		r = df_jset(r, "required", brief_value(&f->required));
		r = df_jset(r, "description", brief_value(&f->description));
		v = jv_array_append(v, df_jset(r, "constraints",
		    brief_value(&f->constraints)));
		required += f->required.n;
		about += f->description.n;
		limits += f->constraints.n;
	}
	table = df_jset(table, "col_required", jv_bool(required > 0));
	table = df_jset(table, "col_description", jv_bool(about > 0));
	table = df_jset(table, "col_constraints", jv_bool(limits > 0));
	return df_jset(table, "rows", v);
}

/* "SHARED" of "SHARED - read by others". */
static size_t
first_word(const char *s)
{
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz");
}

static jv
entity(struct hand *h, const struct df_entity *en)
{
	jv o = df_jset_str(jv_object(), "id", en->item.id), v = jv_array();
	jv t;
	size_t i;

	o = df_jset_str(o, "title", en->item.title);
	o = df_jset(o, "scope", brief_str(en->scope.s, first_word(
	    en->scope.s)));
	o = df_jset(o, "description", brief_value(&en->description));
	for (i = 0; i < en->tables; i++) {
		if (en->table[i].n == 0)
			continue;
		t = rows(jv_object(), &en->table[i]);
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

/* An entity in a line: what it is, and names and types of its fields. */
static jv
entity_line(struct hand *h, const struct df_entity *en)
{
	const struct df_etable *t = en->tables ? &en->table[0] : NULL;
	jv o = df_jset_str(jv_object(), "id", en->item.id);
	size_t i;

	o = df_jset_str(o, "title", en->item.title);
	(void)brief_first(&h->b, en->description.s, en->description.n,
	    BRIEF_WHY);
	o = df_jset(o, "description", hand_buf(h));
	for (i = 0; t && i < t->n; i++) {
		df_buf_str(&h->b, i ? ", " : "");
		df_buf_add(&h->b, t->v[i].name.s, t->v[i].name.n);
		if (t->v[i].type.n)
			df_buf_fmt(&h->b, ": %s", t->v[i].type.s);
	}
	return df_jset(o, "fields", hand_buf(h));
}

static size_t
entity_size(const void *arg, uint32_t i)
{
	const struct df_spec *sp = arg;

	return sp->d3.entity[i].item.at.len;
}

static size_t
entity_line_size(const void *arg, uint32_t i)
{
	const struct df_spec *sp = arg;
	const struct df_entity *en = &sp->d3.entity[i];
	size_t n = strlen(en->item.title) + 16, k;

	for (k = 0; en->tables && k < en->table[0].n; k++)
		n += en->table[0].v[k].name.n + en->table[0].v[k].type.n + 4;
	return n;
}

/* Move the picks that fit and are as own as that from p to the end of to. */
static void
take(struct hand *h, struct df_picks *p, struct df_picks *to, unsigned own,
    struct df_limit max)
{
	struct df_picks some = { 0 };
	size_t i, k, n = 0;

	some.v = df_calloc(p->n, sizeof(*some.v));
	for (i = 0; i < p->n; i++)
		if ((p->v[i].own & own) == own)
			some.v[some.n++] = p->v[i];
	(void)df_picks_fit(&some, max, own ? entity_size : entity_line_size,
	    h->sp);
	for (i = k = 0; i < p->n; i++) {
		if (k < some.n && p->v[i].index == some.v[k].index)
			to->v[to->n++] = some.v[k++];
		else
			p->v[n++] = p->v[i];
	}
	p->n = n;
	free(some.v);
}

/* Whole those that the task's text names, then those that its contracts do;
   of the others a line each. */
static void
entities(struct hand *h)
{
	struct df_picks p = h->sc.kind[DF_K_ENTITY], shown = { 0 };
	struct df_limit max = h->max->schemas;
	const struct df_entity *en;
	jv v = jv_array();
	size_t i, whole, examples = 0;

	shown.v = df_calloc(p.n, sizeof(*shown.v));
	take(h, &p, &shown, DF_OWN_TEXT, h->max->entities);
	max.n -= shown.n < max.n ? (unsigned)shown.n : max.n;
	take(h, &p, &shown, 1, max);
	whole = shown.n;
	take(h, &p, &shown, 0, h->max->others);
	for (i = 0; i < shown.n; i++) {
		if (i == whole) {
			hand_list(h, "entities", v);
			v = jv_array();
		}
		en = &h->sp->d3.entity[shown.v[i].index];
		examples += i < whole ? en->examples.n : 0;
		v = jv_array_append(v, i < whole ? entity(h, en) :
		    entity_line(h, en));
		hand_add(h, HAND_ENTITIES, en->item.id, strlen(en->item.id),
		    en->item.at);
	}
	for (i = 0; i < shown.n; i++)
		df_buf_fmt(&h->b, "%s%s", i ? ", " : "",
		    h->sp->d3.entity[shown.v[i].index].item.id);
	hand_view(h, "entity_ids", hand_buf(h));
	hand_list(h, shown.n > whole ? "other_entities" : "entities", v);
	hand_more(h, "examples", examples, 3, "Entities");
	hand_more(h, "entities", p.n + p.beyond, 3, "Entities");
	free(shown.v);
}

/* Is it one of the task's error contracts that has the code as its title? */
static int
own_error(const struct hand *h, const struct df_value *code)
{
	const struct df_refs *f = &h->t->contracts;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to && f->v[i].family == DF_ERR &&
		    strcmp(f->v[i].to->title, code->s) == 0)
			return 1;
	return 0;
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
		o = df_jset(o, "meaning", own_error(h, &c->code) ?
		    jv_string("") : brief_value(&c->meaning));
		v = jv_array_append(v, df_jset(o, "retryable",
		    brief_value(&c->retryable)));
		hand_cite(h, "architecture", c->code.s, c->code.at);
	}
	return v;
}

/* ---- what other documents say to names in the text ---- */

static jv
remark(struct hand *h, const struct df_item *it, const struct df_value *said,
    int deferred)
{
	jv o = df_jset_str(jv_object(), "id", it->id);

	o = df_jset_str(o, "title", it->title);
	o = df_jset_str(o, "doc", brief_doc(it->at.doc));
	o = df_jset(o, "deferred", jv_bool(deferred));
	hand_cite(h, "architecture", it->id, it->at);
	return df_jset(o, "text", brief_value(said));
}

/* What is said of number i of a kind, and what it is. */
static const struct df_value *
said(const struct df_spec *sp, enum df_kind kind, uint32_t i,
    const struct df_item **it)
{
	const struct df_gap *g;

	switch (kind) {
	case DF_K_RESEARCH:
		*it = &sp->d5.research[i].item;
		return &sp->d5.research[i].decision;
	case DF_K_DEFERRED:
		*it = &sp->d2.deferred[i].item;
		return &sp->d2.deferred[i].what;
	default:
		g = kind == DF_K_CLAR ? &sp->d6.clar[i] : &sp->d6.gap[i];
		*it = &g->item;
		return g->resolution.n ? &g->resolution : &g->status_text;
	}
}

struct of_kind {
	const struct df_spec *sp;
	enum df_kind kind;
};

static size_t
said_size(const void *arg, uint32_t i)
{
	const struct of_kind *k = arg;
	const struct df_item *it;

	return said(k->sp, k->kind, i, &it)->n;
}

/* Named by text of the task, but not its own; the next of h->b. */
static void
mention(struct hand *h, const struct df_item *it)
{
	df_buf_str(&h->b, h->b.n ? ", " : "");
	brief_item(&h->b, it, 1);
	hand_cite(h, "architecture", it->id, it->at);
}

/* Those that the task's text or a contract names; others are mentioned. */
static void
decisions(struct hand *h)
{
	static const enum df_kind kinds[] = { DF_K_RESEARCH, DF_K_CLAR,
	    DF_K_GAP, DF_K_DEFERRED };
	struct of_kind of = { h->sp, DF_KINDS };
	const struct df_value *text;
	const struct df_item *it;
	struct df_picks *p;
	jv v = jv_array();
	size_t i, k, n, left = 0;

	for (k = 0; k < DF_LEN(kinds); k++) {
		of.kind = kinds[k];
		p = &h->sc.kind[kinds[k]];
		for (i = n = 0; i < p->n; i++) {
			if (p->v[i].own) {
				p->v[n++] = p->v[i];
				continue;
			}
			(void)said(h->sp, kinds[k], p->v[i].index, &it);
			mention(h, it);
		}
		p->n = n;
		left += df_picks_fit(p, h->max->decisions, said_size, &of);
		for (i = 0; i < p->n; i++) {
			text = said(h->sp, kinds[k], p->v[i].index, &it);
			v = jv_array_append(v, remark(h, it, text,
			    kinds[k] == DF_K_DEFERRED));
		}
	}
	hand_list(h, "decisions", v);
	hand_more(h, "decisions", left, 5, "Research Log, and D6");
}

void
hand_architecture(struct hand *h)
{
	size_t left, i;
	jv v = hand_fields(h, &h->sp->d7.context_fields, "architecture",
	    h->max->context, &left);

	hand_list(h, "context", v);
	hand_more(h, "context", left, 7, "Technical Context");
	components(h);
	v = diagrams(h);
	as_text(h, v);
	hand_list(h, "diagrams", v);
	hand_list(h, "contracts", contracts(h));
	entities(h);
	hand_list(h, "errcodes", errcodes(h));
	for (i = 0; i < h->sc.mentions; i++)
		mention(h, h->sc.mention[i]);
	decisions(h);
	hand_view(h, "mentions", hand_buf(h));
}
