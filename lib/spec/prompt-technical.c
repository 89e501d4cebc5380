#include "base/df.h"

#include <string.h>

#include "spec/prompt-internal.h"

#define TRIES 32		/* facts of a kind that are tried */

/* ---- contracts ---- */

/* Rows of a field table whose Required cell says yes. */
static size_t
required(struct ask *m, const struct df_contract *c)
{
	const struct df_table *t;
	const struct df_value *row;
	size_t i, k, col, n = 0;

	for (k = 0; k < c->tables.n; k++) {
		t = &c->tables.v[k];
		for (col = 1; col < t->cols; col++)
			if (strncmp(t->head[col].s, "Req", 3) == 0)
				break;
		if (col >= t->cols)
			continue;
		for (i = 0; i < t->rows; i++) {
			row = &t->cell[i * t->cols];
			if (strncmp(row[col].s, "yes", 3) != 0 &&
			    strncmp(row[col].s, "Yes", 3) != 0)
				continue;
			df_buf_fmt(&m->expected, "%s%s (%s)", n++ ? ", " :
			    "Required: ", row[0].s, row[1].s);
		}
		if (n) {
			ask_cite(m, t->at);
			break;
		}
	}
	if (n)
		df_buf_ch(&m->expected, '.');
	return n;
}

static void
q_inbound(struct ask *m, const struct df_contract *c)
{
	brief_item(&m->text, &c->item, 1);
	if (required(m, c))
		df_buf_str(&m->text, ": which fields must be given, of which "
		    "type, and what happens when one is missing or wrong?");
	else
		df_buf_str(&m->text, ": who calls it, on what occasion, and "
		    "what may the caller rely on afterwards?");
	(void)ask_field(m, &c->fields, "caller");
	(void)ask_field(m, &c->fields, "trigger");
	(void)ask_field(m, &c->fields, "constraints");
}

static void
q_outbound(struct ask *m, const struct df_contract *c)
{
	df_buf_str(&m->text, "What exactly does ");
	brief_item(&m->text, &c->item, 1);
	df_buf_str(&m->text, " give, in which shape, and who reads it?");
	(void)ask_field(m, &c->fields, "response shape");
	(void)ask_field(m, &c->fields, "consumer");
	(void)required(m, c);
}

void
ask_side(struct ask *m, const struct df_contract *c)
{
	brief_item(&m->text, &c->item, 1);
	df_buf_str(&m->text, ": what is written where, in which order with "
	    "respect to what triggers it, and what happens when the write "
	    "fails?");
	(void)ask_field(m, &c->fields, "target system");
	(void)ask_field(m, &c->fields, "trigger");
	(void)ask_field(m, &c->fields, "write shape");
	(void)ask_field(m, &c->fields, "ordering guarantee");
	(void)ask_field(m, &c->fields, "failure behavior");
}

static void
q_error(struct ask *m, const struct df_contract *c)
{
	const struct df_errcode *k;
	size_t i;

	df_buf_str(&m->text, "When exactly does ");
	brief_item(&m->text, &c->item, 1);
	df_buf_str(&m->text, " occur, how does the caller recognise it, and "
	    "what is the caller to do?");
	(void)ask_field(m, &c->fields, "condition");
	(void)ask_field(m, &c->fields, "caller action");
	(void)ask_field(m, &c->fields, "retryable");
	for (i = 0; i < m->sp->d4.errcodes; i++) {
		k = &m->sp->d4.errcode[i];
		if (strcmp(k->code.s, c->item.title) != 0)
			continue;
		df_buf_fmt(&m->expected, " %s: %s; retryable: %s.", k->code.s,
		    k->meaning.s, k->retryable.s);
		ask_cite(m, k->code.at);
		break;
	}
}

/* A question about the k-th contract of that family; 0 when there is none. */
static int
q_contract(struct ask *m, enum df_family family, size_t k)
{
	const struct df_refs *f = &m->t->contracts;
	const struct df_contract *c = NULL;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to && f->v[i].family == family && k-- == 0) {
			c = df_contract_of(f->v[i].to);
			break;
		}
	if (c == NULL || c == m->side)
		return 0;
	if (family == DF_IN)
		q_inbound(m, c);
	else if (family == DF_OUT)
		q_outbound(m, c);
	else if (family == DF_SIDE)
		ask_side(m, c);
	else
		q_error(m, c);
	if (m->expected.n == 0)
		ask_body(m, &c->item);
	ask_cite(m, c->item.at);
	return 1;
}

/* ---- other facts ---- */

/* The k-th of those that the handoff shows whole, most likely the first ones:
   named by the task's own text, then by its contracts. */
static const struct df_entity *
own_entity(const struct ask *m, size_t k)
{
	const struct df_picks *p = &m->sc.kind[DF_K_ENTITY];
	int text;
	size_t i;

	for (text = 1; text >= 0; text--)
		for (i = 0; i < p->n; i++)
			if (p->v[i].own && text == ((p->v[i].own &
			    DF_OWN_TEXT) != 0) && k-- == 0)
				return &m->sp->d3.entity[p->v[i].index];
	return NULL;
}

static int
q_entity(struct ask *m, size_t k)
{
	const struct df_entity *en = own_entity(m, k);
	const struct df_efield *f;
	size_t i, n = 0;

	if (en == NULL)
		return 0;
	if (en->invariants.n == 0 && (en->tables == 0 || en->table[0].n == 0))
		return 0;
	brief_item(&m->text, &en->item, 1);
	if (en->invariants.n)
		df_buf_str(&m->text, ": what is always true of it, and where "
		    "in your code could that break?");
	else
		df_buf_str(&m->text, ": which fields does it have to have, "
		    "and which of their constraints is broken most easily?");
	for (i = 0; i < en->invariants.n; i++) {
		df_buf_fmt(&m->expected, "%s%s%s", i ? " " : "",
		    en->invariants.v[i].s, en->invariants.v[i].n &&
		    en->invariants.v[i].s[en->invariants.v[i].n - 1] == '.' ?
		    "" : ".");
		ask_cite(m, en->invariants.v[i].at);
	}
	for (i = 0; en->tables && i < en->table[0].n; i++) {
		f = &en->table[0].v[i];
		if (strncmp(f->required.s, "yes", 3) != 0 &&
		    strncmp(f->required.s, "Yes", 3) != 0)
			continue;
		df_buf_fmt(&m->expected, "%s%s (%s%s%s)", n++ ? ", " :
		    m->expected.n ? " Required: " : "Required: ", f->name.s,
		    f->type.s, f->constraints.n ? "; " : "",
		    f->constraints.s);
	}
	if (n)
		df_buf_ch(&m->expected, '.');
	if (m->expected.n == 0)
		ask_body(m, &en->item);
	ask_cite(m, en->item.at);
	return 1;
}

static void
expect_all(struct ask *m, const char *what, const struct df_values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		df_buf_fmt(&m->expected, "%s%s %s", m->expected.n ? " " : "",
		    i ? "AND" : what, v->v[i].s);
		ask_stop(&m->expected);
		ask_cite(m, v->v[i].at);
	}
}

static int
q_scenario(struct ask *m, size_t k)
{
	const struct df_refs *f = &m->t->scenarios;
	const struct df_scenario *s = NULL;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to && k-- == 0) {
			s = df_scenario_of(f->v[i].to);
			break;
		}
	if (s == NULL)
		return 0;
	brief_item(&m->text, &s->item, 1);
	df_buf_str(&m->text, ": what has to be the case before, what can be "
	    "observed after, and which of your tests fails first if it "
	    "breaks?");
	expect_all(m, "GIVEN", &s->given);
	expect_all(m, "WHEN", &s->when);
	expect_all(m, "THEN", &s->then);
	if (m->expected.n == 0)
		ask_body(m, &s->item);
	ask_cite(m, s->item.at);
	return 1;
}

static int
q_interface(struct ask *m, size_t k)
{
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_component *c;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].own && m->sp->d7.component[p->v[i].index]
		    .exposes.n && k-- == 0)
			break;
	if (i == p->n)
		return 0;
	c = &m->sp->d7.component[p->v[i].index];
	df_buf_fmt(&m->text, "Which interface does %s expose, with which "
	    "types, and what of it does this task touch?", c->name);
	df_buf_str(&m->expected, c->exposes.s);
	ask_cite(m, c->exposes.at);
	return 1;
}

static int
q_step(struct ask *m, size_t k)
{
	const struct df_value *v;

	if (k >= m->t->criteria)
		return 0;
	v = &m->t->criterion[k].text;
	if (brief_counts_tests(v->s, v->n))
		return 0;		/* question 9 does */
	df_buf_fmt(&m->text, "Step %zu: ", k + 1);
	if (!ask_quote(m, &m->text, v))
		return 0;
	df_buf_str(&m->text, " How do you show that it holds?");
	df_buf_add(&m->expected, v->s, v->n);
	ask_cite(m, v->at);
	return 1;
}

static int
q_article(struct ask *m, size_t k)
{
	const struct df_picks *p = &m->sc.kind[DF_K_ARTICLE];
	const struct df_article *a;

	if (k >= p->n)
		return 0;
	a = &m->sp->d1.article[p->v[k].index];
	if (a->rule.n == 0)
		return 0;
	brief_item(&m->text, &a->item, 1);
	df_buf_str(&m->text, ": ");
	if (!ask_quote(m, &m->text, &a->rule))
		return 0;
	df_buf_str(&m->text, " Where in this task does that decide "
	    "something, and how do you show that it is kept?");
	df_buf_add(&m->expected, a->rule.s, a->rule.n);
	ask_cite(m, a->rule.at);
	return 1;
}

/* ---- 4 to 6 ---- */

/* The k-th of the n-th kind of technical question. */
static int
technical(struct ask *m, unsigned kind, size_t k)
{
	switch (kind) {
	case 0:
		return q_contract(m, DF_IN, k);
	case 1:
		return q_entity(m, k);
	case 2:
		return q_contract(m, DF_ERR, k);
	case 3:
		return q_contract(m, DF_OUT, k);
	case 4:
		return q_scenario(m, k);
	case 5:
		return q_contract(m, DF_SIDE, k);
	case 6:
		return q_interface(m, k);
	case 7:
		return q_step(m, k);
	default:
		return q_article(m, k);
	}
}

void
ask_technical(struct ask *m, unsigned upto)
{
	unsigned kind;
	size_t k;

	for (k = 0; k < TRIES && m->n < upto; k++)
		for (kind = 0; kind < 9 && m->n < upto; kind++) {
			if (technical(m, kind, k))
				(void)ask_take(m);
			ask_drop(m);
		}
	while (m->n < upto) {
		(void)ask_task(m);
		if (!ask_take(m))
			DF_BUG("a question about the task names another");
	}
}
