#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "base/text.h"
#include "spec/brief.h"
#include "spec/prompt.h"

#define QUOTE 260		/* bytes quoted in a question */
#define FILES 4			/* files named in a question */
#define IDS 10			/* ids named in a question */
#define VERIFICATION 10

struct question {
	struct df_buf text, expected;
	struct df_buf sources;		/* a JSON list, not closed */
};

struct make {
	const struct df_spec *sp;
	const struct df_task *t;
	const struct df_prompt_in *in;
	struct df_xref *x;
	struct df_scope sc;
	struct question q[DF_QUESTIONS];
	unsigned n;			/* questions made */
	struct df_buf text, expected, sources;	/* of the one being made */
	const struct df_contract *side;	/* kept for question 10 */
	int never_asked, end_asked;
	jv names;			/* what contract texts may name */
	struct df_buf b;
};

/* ---- one question ---- */

static void
cite(struct make *m, struct df_span at)
{
	if (at.line == 0)
		return;
	brief_next(&m->sources);
	df_buf_ch(&m->sources, '{');
	brief_source(&m->sources, at);
	df_buf_ch(&m->sources, '}');
}

static void
drop(struct make *m)
{
	df_buf_reset(&m->text);
	df_buf_reset(&m->expected);
	df_buf_reset(&m->sources);
}

/* Take the question that was made, unless it names another task. */
static int
take(struct make *m)
{
	struct question *q = &m->q[m->n];

	if (m->text.n == 0 || brief_other_task(m->t, m->text.s, m->text.n)) {
		drop(m);
		return 0;
	}
	df_buf_add(&q->text, m->text.s, m->text.n);
	df_buf_add(&q->expected, m->expected.s, m->expected.n);
	df_buf_add(&q->sources, m->sources.s, m->sources.n);
	m->n++;
	drop(m);
	return 1;
}

/* The candidates in their order; the last one always serves. */
static void
ask(struct make *m, int (*const *from)(struct make *))
{
	for (;; from++)
		if ((*from)(m) && take(m))
			return;
		else
			drop(m);	/* of what did not serve */
}

/* " (title)" when there is one. */
static void
titled(struct df_buf *b, const struct df_item *it)
{
	brief_item(b, it, 1);
}

/* At most max bytes of a value in whole sentences, in quotes; 0: none. */
static int
quote(struct make *m, struct df_buf *b, const struct df_value *v)
{
	size_t n = b->n;

	df_buf_ch(b, '"');
	if (!brief_sentences(b, m->t, v->s, v->n, QUOTE) ||
	    b->n - n > (size_t)QUOTE * 2) {
		df_buf_cut(b, n);
		return 0;
	}
	df_buf_str(b, strchr(".!?:", b->s[b->n - 1]) ? "\"" : "\".");
	return 1;
}

/* "Key: value. " of a contract's field, and where it is. */
static int
expect_field(struct make *m, const struct df_fields *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0 && f->v[i].value.n)
			break;
	if (i == f->n)
		return 0;
	df_buf_fmt(&m->expected, "%s%s: %s", m->expected.n ? " " : "",
	    f->v[i].key, f->v[i].value.s);
	if (!strchr(".!?:", m->expected.s[m->expected.n - 1]))
		df_buf_ch(&m->expected, '.');
	cite(m, f->v[i].value.at);
	return 1;
}

static void
subject(struct make *m, struct df_buf *b)
{
	df_task_oneline(m->t, b);
}

/*
 * "`a.py`, `b.py` and 2 more" of the task's files: what is created or modified
 * before what is only there, and what D7 does not have behind both.  0 without
 * any.
 */
static size_t
name_files(struct make *m, struct df_buf *b)
{
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	size_t all = p->n + m->sc.nunplanned, i, n, k = 0;
	int reuse;

	n = all > FILES ? FILES - 1 : all;
	for (reuse = 0; reuse < 2; reuse++)
		for (i = 0; i < p->n && k < n; i++) {
			if ((p->v[i].action == DF_REUSE) != reuse)
				continue;
			df_buf_fmt(b, "%s`%s`", k == 0 ? "" : k + 1 == all ?
			    " and " : ", ", m->x->file[p->v[i].index].base);
			k++;
		}
	for (i = 0; k < n; i++, k++)
		df_buf_fmt(b, "%s`%.*s`", k == 0 ? "" : k + 1 == all ?
		    " and " : ", ", (int)m->sc.unplanned[i].n,
		    m->sc.unplanned[i].path);
	if (all > n)
		df_buf_fmt(b, " and %zu more", all - n);
	return all;
}

/* "SC-001, IN-002"; of many only how many. */
static void
name_ids(struct make *m, struct df_buf *b)
{
	const struct df_refs *s = &m->t->scenarios, *c = &m->t->contracts;

	if (s->n + c->n > IDS) {
		df_buf_fmt(b, "its %zu scenarios and %zu contracts", s->n,
		    c->n);
		return;
	}
	brief_refs(b, s, 0);
	if (s->n && c->n)
		df_buf_str(b, ", ");
	brief_refs(b, c, 0);
	if (s->n + c->n == 0)
		df_buf_str(b, "the steps of section 4");
}

/* ---- 1 to 3: scope ---- */

static int
q_purpose(struct make *m)
{
	const struct df_value *v = &m->sp->d2.purpose;
	const struct df_scenario *s;
	size_t i;

	if (v->n) {
		df_buf_fmt(&m->text, "D2 says what %s is for: ",
		    m->sp->component);
		if (!quote(m, &m->text, v))
			df_buf_reset(&m->text);
		else
			df_buf_ch(&m->text, ' ');
		cite(m, v->at);
	}
	df_buf_str(&m->text, "What exactly does this task, ");
	subject(m, &m->text);
	df_buf_fmt(&m->text, ", add%s, and what can be observed when it is "
	    "done that cannot be observed now?", v->n ? " to that" : "");
	df_task_mission(m->sp, m->t, &m->expected);
	cite(m, m->t->item.at);
	for (i = 0; i < m->t->scenarios.n && i < FILES; i++) {
		if (m->t->scenarios.v[i].to == NULL)
			continue;
		s = df_scenario_of(m->t->scenarios.v[i].to);
		if (s->then.n == 0)
			continue;
		df_buf_fmt(&m->expected, " %s: %s", s->item.id,
		    s->then.v[0].s);
		cite(m, s->then.v[0].at);
	}
	return 1;
}

/* The number in a task's id: it decides among equals, so that tasks do not
   all get the same question. */
static unsigned
number(const struct df_task *t)
{
	const char *s = t->item.id;
	unsigned n = 0;

	for (; *s; s++)
		if (*s >= '0' && *s <= '9')
			n = n * 10 + (unsigned)(*s - '0');
	return n;
}

/* The boundary that has most to do with the task. */
static int
boundary(struct make *m, enum df_kind kind, const struct df_values *v,
    const char *before)
{
	const struct df_pick *top = df_picks_top(&m->sc.kind[kind],
	    number(m->t));

	if (top == NULL)
		return 0;
	df_buf_str(&m->text, before);
	if (!quote(m, &m->text, &v->v[top->index]))
		return 0;
	df_buf_str(&m->expected, v->v[top->index].s);
	cite(m, v->v[top->index].at);
	return 1;
}

static int
q_is_not(struct make *m)
{
	if (!boundary(m, DF_K_NOT, &m->sp->d2.is_not,
	    "D2 says what the product is not: "))
		return 0;
	df_buf_str(&m->text, " Which part of ");
	subject(m, &m->text);
	df_buf_str(&m->text, " comes closest to that line, and where do you "
	    "stop?");
	df_buf_fmt(&m->expected, " The task ends with its %zu steps (D8).",
	    m->t->criteria);
	cite(m, m->t->item.at);
	return 1;
}

static int
q_never(struct make *m)
{
	if (m->never_asked || !boundary(m, DF_K_NEVER, &m->sp->d1.never,
	    "D1 forbids: "))
		return 0;
	df_buf_str(&m->text, " Where in this task could that happen by "
	    "mistake, and what prevents it?");
	m->never_asked = 1;
	return 1;
}

static int
q_deferred(struct make *m)
{
	const struct df_deferred *d;

	if (m->sp->d2.ndeferred == 0)
		return 0;
	d = &m->sp->d2.deferred[0];
	df_buf_str(&m->text, "D2 defers ");
	titled(&m->text, &d->item);
	df_buf_str(&m->text, ". What of it could slip into ");
	subject(m, &m->text);
	df_buf_str(&m->text, ", and how do you keep it out?");
	df_buf_fmt(&m->expected, "%s is not built: %s", d->item.id,
	    d->what.n ? d->what.s : d->item.title);
	cite(m, d->item.at);
	return 1;
}

/* A contract of the task that scenarios of others name too. */
static int
q_shared(struct make *m)
{
	const struct df_refs *f = &m->t->contracts;
	const struct df_contract *c;
	size_t i, k, n = 0;

	for (i = 0; i < f->n && n == 0; i++) {
		if (f->v[i].to == NULL)
			continue;
		c = df_contract_of(f->v[i].to);
		for (k = 0; k < c->scenarios.n; k++) {
			if (c->scenarios.v[k].to == NULL ||
			    df_scope_owns(m->x, c->scenarios.v[k].to))
				continue;
			if (n++ == 0) {
				titled(&m->text, &c->item);
				df_buf_str(&m->text, " also serves ");
				df_buf_fmt(&m->expected, "%s serves %s.",
				    c->item.id, c->scenarios_text.n ?
				    c->scenarios_text.s : "scenarios of "
				    "others");
				cite(m, c->item.at);
			} else {
				df_buf_str(&m->text, ", ");
			}
			df_buf_str(&m->text, c->scenarios.v[k].to->id);
		}
	}
	if (n == 0)
		return 0;
	df_buf_fmt(&m->text, ", which %s not yours. Which part of it do you "
	    "implement, and what must keep working for the rest?",
	    n == 1 ? "is" : "are");
	df_buf_str(&m->expected, " Of this task are: ");
	if (m->t->scenarios.n)
		brief_refs(&m->expected, &m->t->scenarios, 1);
	else
		df_buf_str(&m->expected, "none");
	df_buf_ch(&m->expected, '.');
	cite(m, m->t->item.at);
	return 1;
}

/* A file that is there already. */
static int
q_reuse(struct make *m)
{
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_xfile *f;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].action != DF_CREATE)
			break;
	if (i == p->n)
		return 0;
	f = &m->x->file[p->v[i].index];
	df_buf_fmt(&m->text, "`%s` is there when you start. What may ",
	    f->path);
	subject(m, &m->text);
	df_buf_str(&m->text, " change in it, and what of it must stay as it "
	    "is?");
	df_buf_fmt(&m->expected, "%s: %s. Only what a step asks for is "
	    "changed; its tests keep passing.", f->path,
	    p->v[i].action == DF_MODIFY ? "to be modified" :
	    "to be reused");
	cite(m, f->at);
	return 1;
}

/* The criterion to ask about: longest that is not too long to quote. */
static size_t
step_to_ask(struct make *m)
{
	const struct df_task *t = m->t;
	size_t i, best = SIZE_MAX, len = 0, n;
	const char *lf;

	for (i = 0; i < t->criteria; i++) {
		lf = memchr(t->criterion[i].text.s, '\n',
		    t->criterion[i].text.n);
		n = lf ? (size_t)(lf - t->criterion[i].text.s) :
		    t->criterion[i].text.n;
		if (n > QUOTE || n <= len || brief_other_task(t,
		    t->criterion[i].text.s, n) ||
		    brief_counts_tests(t->criterion[i].text.s, n))
			continue;
		best = i;
		len = n;
	}
	return best;
}

static void
put_step(struct make *m, struct df_buf *b, size_t i)
{
	const struct df_value *v;
	const char *lf;
	size_t n;

	if (i >= m->t->criteria) {
		subject(m, b);
		return;
	}
	v = &m->t->criterion[i].text;
	lf = memchr(v->s, '\n', v->n);
	n = lf ? (size_t)(lf - v->s) : v->n;
	while (n && (v->s[n - 1] == ':' || v->s[n - 1] == ' '))
		n--;
	df_buf_add(b, v->s, n);
}

static int
q_end(struct make *m)
{
	if (m->end_asked++)
		return 0;
	df_buf_str(&m->text, "Section 4 of the specification has ");
	df_buf_fmt(&m->text, "%zu step%s. Name something that is near to ",
	    m->t->criteria, m->t->criteria == 1 ? "" : "s");
	subject(m, &m->text);
	df_buf_fmt(&m->text, " in %s and that no step asks for. Why do you "
	    "leave it out?", m->sp->component);
	df_buf_str(&m->expected, "Anything that neither a step nor ");
	if (m->t->scenarios.n)
		brief_refs(&m->expected, &m->t->scenarios, 0);
	else
		df_buf_str(&m->expected, "a contract of the task");
	df_buf_str(&m->expected, " asks for.");
	cite(m, m->t->item.at);
	return 1;
}

static int
q_order(struct make *m)
{
	if (m->t->criteria == 0)
		return 0;
	df_buf_fmt(&m->text, "In which order do you work on the %zu step%s of ",
	    m->t->criteria, m->t->criteria == 1 ? "" : "s");
	subject(m, &m->text);
	df_buf_str(&m->text, ", and what that somebody may expect behind the "
	    "last one is not part of it?");
	df_buf_str(&m->expected, "Section 4 has the steps; nothing follows "
	    "the last one.");
	cite(m, m->t->criterion[0].text.at);
	return 1;
}

/* ---- 4 to 6: technical ---- */

/* Rows of a field table whose Required cell says yes. */
static size_t
required(struct make *m, const struct df_contract *c)
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
			cite(m, t->at);
			break;
		}
	}
	if (n)
		df_buf_ch(&m->expected, '.');
	return n;
}

static int
q_inbound(struct make *m, const struct df_contract *c)
{
	titled(&m->text, &c->item);
	if (required(m, c))
		df_buf_str(&m->text, ": which fields must be given, of which "
		    "type, and what happens when one is missing or wrong?");
	else
		df_buf_str(&m->text, ": who calls it, on what occasion, and "
		    "what may the caller rely on afterwards?");
	(void)expect_field(m, &c->fields, "caller");
	(void)expect_field(m, &c->fields, "trigger");
	(void)expect_field(m, &c->fields, "constraints");
	return 1;
}

static int
q_outbound(struct make *m, const struct df_contract *c)
{
	df_buf_str(&m->text, "What exactly does ");
	titled(&m->text, &c->item);
	df_buf_str(&m->text, " give, in which shape, and who reads it?");
	(void)expect_field(m, &c->fields, "response shape");
	(void)expect_field(m, &c->fields, "consumer");
	(void)required(m, c);
	return 1;
}

static int
q_side(struct make *m, const struct df_contract *c)
{
	titled(&m->text, &c->item);
	df_buf_str(&m->text, ": what is written where, in which order with "
	    "respect to what triggers it, and what happens when the write "
	    "fails?");
	(void)expect_field(m, &c->fields, "target system");
	(void)expect_field(m, &c->fields, "trigger");
	(void)expect_field(m, &c->fields, "write shape");
	(void)expect_field(m, &c->fields, "ordering guarantee");
	(void)expect_field(m, &c->fields, "failure behavior");
	return 1;
}

static int
q_error(struct make *m, const struct df_contract *c)
{
	const struct df_errcode *k;
	size_t i;

	df_buf_str(&m->text, "When exactly does ");
	titled(&m->text, &c->item);
	df_buf_str(&m->text, " occur, how does the caller recognise it, and "
	    "what is the caller to do?");
	(void)expect_field(m, &c->fields, "condition");
	(void)expect_field(m, &c->fields, "caller action");
	(void)expect_field(m, &c->fields, "retryable");
	for (i = 0; i < m->sp->d4.errcodes; i++) {
		k = &m->sp->d4.errcode[i];
		if (strcmp(k->code.s, c->item.title) != 0)
			continue;
		df_buf_fmt(&m->expected, " %s: %s; retryable: %s.", k->code.s,
		    k->meaning.s, k->retryable.s);
		cite(m, k->code.at);
		break;
	}
	return 1;
}

static void
put_body(struct make *m, const struct df_item *it)
{
	jv s = brief_body(m->sp, it);

	df_buf_str(&m->expected, jv_string_value(s));
	if (m->expected.n == 0)
		df_buf_fmt(&m->expected, "D4 says no more than %s.", it->id);
	jv_free(s);
}

/* A question about the k-th contract of that family; 0 when there is none. */
static int
q_contract(struct make *m, enum df_family family, size_t k)
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
		(void)q_inbound(m, c);
	else if (family == DF_OUT)
		(void)q_outbound(m, c);
	else if (family == DF_SIDE)
		(void)q_side(m, c);
	else
		(void)q_error(m, c);
	if (m->expected.n == 0)
		put_body(m, &c->item);
	cite(m, c->item.at);
	return 1;
}

static int
q_entity(struct make *m, size_t k)
{
	const struct df_picks *p = &m->sc.kind[DF_K_ENTITY];
	const struct df_entity *en;
	const struct df_efield *f;
	size_t i, n = 0;

	if (k >= p->n)
		return 0;
	en = &m->sp->d3.entity[p->v[k].index];
	if (en->invariants.n == 0 && (en->tables == 0 || en->table[0].n == 0))
		return 0;
	titled(&m->text, &en->item);
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
		cite(m, en->invariants.v[i].at);
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
	cite(m, en->item.at);
	return 1;
}

static void
expect_all(struct make *m, const char *what, const struct df_values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		df_buf_fmt(&m->expected, "%s%s %s.", m->expected.n ? " " : "",
		    i ? "AND" : what, v->v[i].s);
		cite(m, v->v[i].at);
	}
}

static int
q_scenario(struct make *m, size_t k)
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
	titled(&m->text, &s->item);
	df_buf_str(&m->text, ": what has to be the case before, what can be "
	    "observed after, and which of your tests fails first if it "
	    "breaks?");
	expect_all(m, "GIVEN", &s->given);
	expect_all(m, "WHEN", &s->when);
	expect_all(m, "THEN", &s->then);
	cite(m, s->item.at);
	return 1;
}

static int
q_interface(struct make *m, size_t k)
{
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_component *c;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].own && m->sp->d7.component[p->v[i].index].exposes.n && k-- == 0)
			break;
	if (i == p->n)
		return 0;
	c = &m->sp->d7.component[p->v[i].index];
	df_buf_fmt(&m->text, "Which interface does %s expose, with which "
	    "types, and what of it does this task touch?", c->name);
	df_buf_str(&m->expected, c->exposes.s);
	cite(m, c->exposes.at);
	return 1;
}

static int
q_step(struct make *m, size_t k)
{
	const struct df_value *v;

	if (k >= m->t->criteria)
		return 0;
	v = &m->t->criterion[k].text;
	df_buf_fmt(&m->text, "Step %zu: ", k + 1);
	if (!quote(m, &m->text, v))
		return 0;
	df_buf_str(&m->text, " How do you show that it holds?");
	df_buf_add(&m->expected, v->s, v->n);
	cite(m, v->at);
	return 1;
}

/* What always can be asked. */
static int
q_task(struct make *m)
{
	df_buf_fmt(&m->text, "Question %u of %s: what do you have to know "
	    "about ", m->n + 1, m->t->item.id);
	subject(m, &m->text);
	df_buf_str(&m->text, " that the specification does not say, and what "
	    "do you assume?");
	df_buf_str(&m->expected, "The documents say no more than: ");
	df_task_mission(m->sp, m->t, &m->expected);
	cite(m, m->t->item.at);
	return 1;
}

/* The k-th of the n-th kind of technical question. */
static int
technical(struct make *m, unsigned kind, size_t k)
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
	default:
		return q_step(m, k);
	}
}

static void
technicals(struct make *m, unsigned upto)
{
	unsigned kind;
	size_t k, most = m->t->criteria + m->t->contracts.n + 3;

	for (k = 0; k < most && m->n < upto; k++)
		for (kind = 0; kind < 8 && m->n < upto; kind++) {
			if (technical(m, kind, k))
				(void)take(m);
			drop(m);
		}
	while (m->n < upto) {
		(void)q_task(m);
		if (!take(m))
			DF_BUG("a question about the task names another");
	}
}

/* ---- 7 and 8: packaging ---- */

static void
in_package(struct make *m, const char *before)
{
	const char *package = brief_package(m->sp);

	if (package == NULL)
		return;
	df_buf_str(&m->text, before);
	df_buf_str(&m->text, package);
}

static int
q_files(struct make *m)
{
	static const char *const action[] = { "create", "modify", "reuse" };
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_unplanned *u = m->sc.unplanned;
	const struct df_xfile *f;
	size_t i, all = p->n + m->sc.nunplanned;

	if (all == 0)
		return 0;
	df_buf_str(&m->text, all == 1 ? "Is " : "Which of ");
	(void)name_files(m, &m->text);
	df_buf_str(&m->text, all == 1 ? " a file that you create or one that "
	    "is there, what goes into it, and where does it lie" : " do you "
	    "create, which are there already, where do they lie, and in which "
	    "order do you work on them");
	in_package(m, " in the package ");
	df_buf_ch(&m->text, '?');
	for (i = 0; i < p->n; i++) {
		f = &m->x->file[p->v[i].index];
		df_buf_fmt(&m->expected, "%s%s %s%s%s%s", i ? "; " : "",
		    action[p->v[i].action], f->path, *f->comment ? " (" : "",
		    f->comment, *f->comment ? ")" : "");
		cite(m, f->at);
	}
	for (i = 0; i < m->sc.nunplanned; i++) {
		df_buf_fmt(&m->expected, "%s%.*s (step %u; not in D7)",
		    m->expected.n ? "; " : "", (int)u[i].n, u[i].path,
		    u[i].step);
		cite(m, u[i].at);
	}
	df_buf_ch(&m->expected, '.');
	return 1;
}

static int
q_no_files(struct make *m)
{
	size_t i = step_to_ask(m);

	df_buf_str(&m->text, "D7 names no file for this task. Where");
	in_package(m, " in the package ");
	df_buf_str(&m->text, " do you put what ");
	if (i == SIZE_MAX) {
		subject(m, &m->text);
	} else {
		df_buf_fmt(&m->text, "step %zu (\"", i + 1);
		put_step(m, &m->text, i);
		df_buf_str(&m->text, "\")");
	}
	df_buf_str(&m->text, " asks for, and what is listed in the results?");
	df_buf_str(&m->expected, "A place that agrees with the file tree of "
	    "D7; every file that was created, with its digest.");
	cite(m, m->sp->d7.tree);
	cite(m, m->t->item.at);
	return 1;
}

static int
q_depends(struct make *m)
{
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_component *c;
	size_t i, n = 0;

	for (i = 0; i < p->n && n < FILES; i++) {
		c = &m->sp->d7.component[p->v[i].index];
		if (!p->v[i].own || c->depends.n == 0)
			continue;
		df_buf_fmt(&m->b, "%s%s", n ? ", " : "", c->name);
		df_buf_fmt(&m->expected, "%s%s: %s.", n ? " " : "", c->name,
		    c->depends.s);
		cite(m, c->depends.at);
		n++;
	}
	if (n == 0)
		return 0;
	df_buf_fmt(&m->text, "What %s %s depend on, which of that is there "
	    "when you start, and which dependency must not be added?",
	    n == 1 ? "does" : "do", m->b.s);
	df_buf_reset(&m->b);
	return 1;
}

static int
q_context(struct make *m)
{
	const struct df_fields *f = &m->sp->d7.context_fields;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strstr(f->v[i].name, "depend") && f->v[i].value.n)
			break;
	if (i == f->n)
		return 0;
	df_buf_fmt(&m->text, "D7 fixes the dependencies of %s. Which of them "
	    "does ", m->sp->component);
	subject(m, &m->text);
	df_buf_str(&m->text, " use, and how do you make sure that no other "
	    "one gets in?");
	df_buf_fmt(&m->expected, "%s: %s", f->v[i].key, f->v[i].value.s);
	cite(m, f->v[i].value.at);
	return 1;
}

static int
q_digests(struct make *m)
{
	df_buf_str(&m->text, "Which files of ");
	subject(m, &m->text);
	df_buf_fmt(&m->text, " are listed in the results, in which form are "
	    "their digests written, and does %s have a manifest that must "
	    "list them too?", brief_package(m->sp) ? m->sp->package :
	    m->sp->component);
	df_buf_str(&m->expected, "Every file that was created or changed, "
	    "each as sha256: and 64 hexadecimal digits.");
	cite(m, m->t->item.at);
	return 1;
}

/* ---- 9 and 10 ---- */

static int
q_tests(struct make *m)
{
	const struct df_task *t = m->t;
	const struct df_item *first = NULL;
	size_t i, n = 0, s = 0;

	for (i = 0; i < t->scenarios.n; i++)
		if (t->scenarios.v[i].to && s++ == 0)
			first = t->scenarios.v[i].to;
	for (i = 0; i < t->criteria; i++) {
		if (!brief_counts_tests(t->criterion[i].text.s,
		    t->criterion[i].text.n))
			continue;
		df_buf_fmt(&m->expected, "%sStep %zu: %s", n++ ? " " : "",
		    i + 1, t->criterion[i].text.s);
		cite(m, t->criterion[i].text.at);
	}
	df_buf_fmt(&m->text, n ? "How many tests do the acceptance criteria "
	    "of %s ask for, how many do you plan, and which of them " :
	    "The acceptance criteria of %s give no number of tests. How many "
	    "do you plan, and which of them ", t->item.id);
	if (first) {
		df_buf_str(&m->text, "proves ");
		brief_item(&m->text, first, 1);
	} else {
		df_buf_str(&m->text, "proves step 1");
	}
	df_buf_ch(&m->text, '?');
	df_buf_fmt(&m->expected, "%sAt least one for each of %zu scenario%s "
	    "and %zu step%s", n ? ". " : "", s, s == 1 ? "" : "s",
	    t->criteria, t->criteria == 1 ? "" : "s");
	if (first) {
		df_buf_str(&m->expected, "; ");
		brief_test_name(&m->expected, first->id, first->title);
		df_buf_fmt(&m->expected, " proves %s", first->id);
	}
	df_buf_ch(&m->expected, '.');
	cite(m, t->item.at);
	return 1;
}

static int
q_side_effect(struct make *m)
{
	const struct df_refs *f = &m->t->contracts;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].to && f->v[i].family == DF_SIDE)
			break;
	if (i == f->n)
		return 0;
	(void)q_side(m, df_contract_of(f->v[i].to));
	if (m->expected.n == 0)
		put_body(m, f->v[i].to);
	cite(m, f->v[i].to->at);
	return 1;
}

static int
q_builds_on(struct make *m)
{
	const struct df_given *g = m->sc.given;
	size_t i, n = 0;

	if (m->t->deps.n == 0)
		return 0;
	subject(m, &m->text);
	df_buf_str(&m->text, " starts from work that is done");
	for (i = 0; i < m->sc.ngiven && n < FILES - 1; i++, n++)
		df_buf_fmt(&m->text, "%s`%s`", n ? ", " : " (",
		    m->x->file[g[i].file].path);
	df_buf_str(&m->text, n ? "). Which of its interfaces do you call, " :
	    ". Which interface of it do you call, ");
	df_buf_str(&m->text, "and what do you do if one does not keep its "
	    "contract?");
	df_buf_str(&m->expected, "It builds on ");
	brief_refs(&m->expected, &m->t->deps, 1);
	df_buf_str(&m->expected, ". A broken contract is reported, not "
	    "worked around.");
	cite(m, m->t->deps_text.at);
	return 1;
}

static int
q_used_by(struct make *m)
{
	const struct df_refs *f = &m->t->contracts;
	const struct df_contract *c;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].to == NULL)
			continue;
		c = df_contract_of(f->v[i].to);
		if (!expect_field(m, &c->fields, "consumer") &&
		    !expect_field(m, &c->fields, "caller"))
			continue;
		df_buf_str(&m->text, "Who depends on ");
		titled(&m->text, &c->item);
		df_buf_str(&m->text, ", and how do you show that your result "
		    "fits them?");
		cite(m, c->item.at);
		return 1;
	}
	return 0;
}

static int
q_connected(struct make *m)
{
	const struct df_d10 *d = &m->sp->d10;

	df_buf_str(&m->text, "Which command of section 8 shows that ");
	subject(m, &m->text);
	df_buf_fmt(&m->text, " works together with the rest of %s, and what "
	    "does it print then?", m->sp->component);
	if (d->commands) {
		df_buf_str(&m->expected, d->command[d->commands - 1].text.s);
		cite(m, d->command[d->commands - 1].text.at);
	} else {
		df_buf_str(&m->expected, "The project's full test run.");
	}
	cite(m, m->t->item.at);
	return 1;
}

/* ---- 11 to 13 ---- */

static void
name(struct make *m, const char *key)
{
	m->names = df_jset(m->names, key, brief_buf(&m->b));
}

/* The names that texts of the contract may use. */
static void
names(struct make *m, const char *handoff, const char *version)
{
	const struct df_spec *sp = m->sp;
	const struct df_task *t = m->t;
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_pick *k;
	const struct df_component *c;
	const struct df_rule *r;
	size_t i, n = 0;
	jv step = jv_object();

	m->names = df_jset_str(jv_object(), "handoff_id", handoff);
	m->names = df_jset_str(m->names, "version", version);
	m->names = df_jset_str(m->names, "task_id", t->item.id);
	subject(m, &m->b);
	name(m, "subject");
	name_ids(m, &m->b);
	name(m, "ids");
	if (name_files(m, &m->b) == 0)
		subject(m, &m->b);
	name(m, "work");
	for (i = 0; i < p->n && n == 0; i++) {
		c = &sp->d7.component[p->v[i].index];
		if (p->v[i].own)
			n = (size_t)brief_sentences(&m->b, t, c->depends.s,
			    c->depends.n, QUOTE);
	}
	if (brief_other_task(t, m->b.s, m->b.n) || m->b.n > QUOTE)
		df_buf_reset(&m->b);
	name(m, "needs");
	brief_refs(&m->b, &t->deps, 1);
	name(m, "builds_on");

	i = step_to_ask(m);
	put_step(m, &m->b, i);
	step = df_jset(step, "text", brief_buf(&m->b));
	step = df_jset_int(step, "n", i == SIZE_MAX ? 1 : (int64_t)i + 1);
	m->names = df_jset(m->names, "step", step);

	k = df_picks_top(&m->sc.kind[DF_K_COMMAND], 0);
	if (k || sp->d10.commands)
		df_buf_fmt(&m->b, "`%s`", sp->d10.command[k ? k->index :
		    sp->d10.commands - 1].text.s);
	if (m->b.n == 0 || m->b.n > QUOTE) {
		df_buf_reset(&m->b);
		df_buf_str(&m->b, "the full test run");
	}
	name(m, "command");

	k = df_picks_top(&m->sc.kind[DF_K_RULE], number(t));
	r = k ? &sp->d10.rule[k->index] : NULL;
	if (r && r->use.n + r->instead_of.n < QUOTE)
		df_buf_fmt(&m->b, "the rule to use %s and not %s", r->use.s,
		    r->instead_of.s);
	else
		df_buf_str(&m->b, "the rules of section 2");
	name(m, "tool");
	if (r)
		df_buf_str(&m->b, r->why.s);
	name(m, "tool_reason");
}

/* A text of the contract with the names filled in. */
static int
filled(struct make *m, jv text, struct df_buf *out, struct df_err *e)
{
	const struct df_template *t;

	if (jv_get_kind(text) != JV_KIND_STRING) {
		jv_free(text);
		return df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract has something that is no text");
	}
	if (strstr(jv_string_value(text), "{{") == NULL) {
		df_buf_str(out, jv_string_value(text));
		jv_free(text);
		return 0;
	}
	t = df_xref_template(m->x, text, "prompt contract", e);
	return t ? df_template_render(t, jv_copy(m->names), 0, out, e) : -1;
}

static int
adversarial(struct make *m, struct df_err *e)
{
	jv sets = df_jv_get(m->in->contract, "adversarial"), list, o;
	int i, rc = 0;

	list = df_jv_get(sets, m->in->adversarial);
	jv_free(sets);
	if (jv_get_kind(list) != JV_KIND_ARRAY ||
	    jv_array_length(jv_copy(list)) != DF_QUESTIONS - VERIFICATION)
		rc = df_fail(e, DF_INPUT, "prompt.adversarial",
		    "the prompt contract has no adversarial set %s of three",
		    m->in->adversarial);
	for (i = 0; i < DF_QUESTIONS - VERIFICATION && rc == 0; i++) {
		o = jv_array_get(jv_copy(list), i);
		if (df_jv_str(o, "title"))
			df_buf_fmt(&m->text, "%s: ", df_jv_str(o, "title"));
		rc = filled(m, df_jv_get(o, "text"), &m->text, e);
		if (rc == 0)
			rc = filled(m, df_jv_get(o, "expected"), &m->expected,
			    e);
		cite(m, m->t->item.at);
		if (rc == 0 && !take(m))
			rc = df_fail(e, DF_INPUT, "prompt.adversarial",
			    "adversarial question %d would name another task",
			    i + 1);
		jv_free(o);
	}
	jv_free(list);
	return rc;
}

static void
verification(struct make *m)
{
	static int (*const scope1[])(struct make *) = { q_purpose, q_task };
	static int (*const scope2[])(struct make *) = { q_is_not, q_never,
	    q_deferred, q_end, q_task };
	static int (*const scope3[])(struct make *) = { q_shared, q_reuse,
	    q_never, q_deferred, q_end, q_order, q_task };
	static int (*const packaging1[])(struct make *) = { q_files,
	    q_no_files, q_task };
	static int (*const packaging2[])(struct make *) = { q_depends,
	    q_context, q_digests, q_task };
	static int (*const count[])(struct make *) = { q_tests, q_task };
	static int (*const integration[])(struct make *) = { q_side_effect,
	    q_builds_on, q_used_by, q_connected, q_task };
	const struct df_refs *f = &m->t->contracts;
	size_t i;

	for (i = 0; i < f->n && m->side == NULL; i++)
		if (f->v[i].to && f->v[i].family == DF_SIDE)
			m->side = df_contract_of(f->v[i].to);
	ask(m, scope1);
	ask(m, scope2);
	ask(m, scope3);
	technicals(m, 6);
	ask(m, packaging1);
	ask(m, packaging2);
	ask(m, count);
	ask(m, integration);
}

/* ---- the prompt ---- */

/* The rules, numbered for the view and as a JSON list for the record. */
static int
make_rules(struct make *m, jv from, jv *list, struct df_buf *record,
    struct df_err *e)
{
	const char *title, *text;
	int i, rc = 0;
	jv o;

	if (jv_get_kind(from) != JV_KIND_ARRAY ||
	    jv_array_length(jv_copy(from)) != DF_PROMPT_RULES)
		return df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract has not %d rules", DF_PROMPT_RULES);
	for (i = 0; i < DF_PROMPT_RULES && rc == 0; i++) {
		o = jv_array_get(jv_copy(from), i);
		title = df_jv_str(o, "title");
		text = df_jv_str(o, "text");
		if (title && text) {
			df_buf_fmt(&m->b, "%s: %s", title, text);
			brief_next(record);
			brief_put(record, "", m->b.s, m->b.n);
			df_buf_reset(&m->b);
			*list = jv_array_append(*list, df_jset_int(jv_copy(o),
			    "n", i + 1));
		} else {
			rc = df_fail(e, DF_INPUT, "contract.member",
			    "rule %d of the prompt contract has no title or "
			    "text", i + 1);
		}
		jv_free(o);
	}
	df_buf_ch(record, ']');
	return rc;
}

/* {from, list, record}: of the contract's rules, made once. */
static int
rules(struct make *m, jv *v, struct df_err *e)
{
	jv from = df_jv_get(m->in->contract, "rules"), list;
	struct df_buf record = DF_BUF_INIT;
	int rc;

	if (jv_identical(df_jv_get(m->x->base[1], "from"), jv_copy(from))) {
		jv_free(from);
		*v = jv_copy(m->x->base[1]);
		return 0;
	}
	list = jv_array();
	rc = make_rules(m, from, &list, &record, e);
	*v = df_jset(df_jset(jv_object(), "from", from), "list", list);
	*v = df_jset(*v, "record", brief_buf(&record));
	df_buf_release(&record);
	if (rc == 0) {
		jv_free(m->x->base[1]);
		m->x->base[1] = jv_copy(*v);
	}
	return rc;
}

/* A list of texts of the contract, filled in: a list, or lines. */
static int
texts(struct make *m, jv from, int lines, jv *out, struct df_err *e)
{
	int i, n = 0, rc = 0;

	*out = jv_array();
	if (jv_get_kind(from) == JV_KIND_ARRAY)
		n = jv_array_length(jv_copy(from));
	if (n == 0)
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract lacks work or results");
	for (i = 0; i < n && rc == 0; i++) {
		rc = filled(m, jv_array_get(jv_copy(from), i), &m->b, e);
		if (lines)
			df_buf_ch(&m->b, '\n');
		else
			*out = jv_array_append(*out, brief_buf(&m->b));
	}
	if (lines) {
		jv_free(*out);
		*out = brief_buf(&m->b);
	}
	df_buf_reset(&m->b);
	jv_free(from);
	return rc;
}

static jv
further(const struct df_prompt_in *in)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < in->npaths; i++)
		list = jv_array_append(list, df_jset_str(df_jset_str(
		    jv_object(), "path", in->path[i * 2]), "what",
		    in->path[i * 2 + 1]));
	return list;
}

static jv
questions(const struct make *m, unsigned from, unsigned to)
{
	jv list = jv_array();
	unsigned i;

	for (i = from; i < to; i++)
		list = jv_array_append(list, df_jset_int(df_jset_strn(
		    jv_object(), "text", m->q[i].text.s, m->q[i].text.n), "n",
		    i + 1));
	return list;
}

/* The same as a member of a record. */
static void
put_questions(struct df_buf *b, const struct make *m, const char *name,
    unsigned from, unsigned to)
{
	unsigned i;

	df_buf_fmt(b, "\"%s\":", name);
	for (i = from; i < to; i++)
		brief_put(b, i == from ? "[" : ",", m->q[i].text.s,
		    m->q[i].text.n);
	df_buf_ch(b, ']');
}

struct parts {			/* of the prompt, besides the questions */
	const char *id, *version;
	jv rules, work, results;
};

static int
parts(struct make *m, struct parts *p, struct df_err *e)
{
	jv work = df_jv_get(m->in->contract, "work");
	int rc;

	rc = rules(m, &p->rules, e);
	if (rc == 0)
		rc = texts(m, df_jv_get(work, m->in->phases == 2 ? "two" :
		    "one"), 0, &p->work, e);
	if (rc == 0)
		rc = texts(m, df_jv_get(m->in->contract, "results"), 1,
		    &p->results, e);
	jv_free(work);
	return rc;
}

static jv
feedback(const struct make *m)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < m->in->nfeedback; i++)
		list = jv_array_append(list, df_jset_str(df_jset_str(
		    jv_object(), "id", m->in->feedback[i].id), "failure",
		    m->in->feedback[i].failure));
	return list;
}

static int
write_prompt(struct make *m, const struct parts *p, struct df_buf *md,
    struct df_err *e)
{
	jv v = jv_copy(m->names);

	brief_product(&m->b, m->sp);
	v = df_jset(v, "product", brief_buf(&m->b));
	v = df_jset_str(v, "adversarial", m->in->adversarial);
	v = df_jset(v, "rules", df_jv_get(p->rules, "list"));
	v = df_jset(v, "work", jv_copy(p->work));
	v = df_jset(v, "results", jv_copy(p->results));
	v = df_jset(v, "feedback", feedback(m));
	v = df_jset_bool(v, "has_feedback", m->in->nfeedback > 0);
	v = df_jset(v, "further", further(m->in));
	v = df_jset(v, "verification_questions", questions(m, 0,
	    VERIFICATION));
	v = df_jset(v, "adversarial_questions", questions(m, VERIFICATION,
	    DF_QUESTIONS));
	return df_template_render(m->in->tmpl, v, 0, md, e);
}

static int
check(const struct df_buf *b, size_t from, const char *schema,
    struct df_err *e)
{
	struct df_json j = { 0 };
	int rc = df_schema_scan(&j, b->s + from, b->n - from, DF_JSON_CANON,
	    schema, schema, e);

	df_json_release(&j);
	return rc;
}

static int
write_answers(const struct make *m, const struct parts *p, struct df_buf *b,
    struct df_err *e)
{
	size_t was = b->n;
	unsigned i;

	brief_puts(b, "{\"adversarial_set\":", m->in->adversarial);
	brief_puts(b, ",\"contract_version\":", p->version);
	df_buf_str(b, ",\"expected_answers\":");
	for (i = 0; i < DF_QUESTIONS; i++)
		brief_put(b, i ? "," : "[", m->q[i].expected.s,
		    m->q[i].expected.n);
	brief_puts(b, "],\"handoff_id\":", p->id);
	df_buf_ch(b, ',');
	put_questions(b, m, "questions", 0, DF_QUESTIONS);
	df_buf_str(b, ",\"schema\":\"df.answers/1\",\"sources\":");
	for (i = 0; i < DF_QUESTIONS; i++) {
		df_buf_str(b, i ? "," : "[");
		df_buf_add(b, m->q[i].sources.s, m->q[i].sources.n);
		df_buf_str(b, m->q[i].sources.n ? "]" : "[]");
	}
	brief_puts(b, "],\"task_id\":", m->t->item.id);
	df_buf_str(b, "}\n");
	return check(b, was, "answers", e);
}

static int
write_record(const struct make *m, const struct parts *p, const char *md,
    size_t nmd, const struct df_digest *answers, struct df_buf *b,
    struct df_err *e)
{
	const struct df_feedback *f = m->in->feedback;
	size_t was = b->n, i;
	char digest[DF_DIGEST_STR];

	df_buf_ch(b, '{');
	put_questions(b, m, "adversarial_questions", VERIFICATION,
	    DF_QUESTIONS);
	brief_puts(b, ",\"adversarial_set\":", m->in->adversarial);
	brief_puts(b, ",\"answers\":", df_digest_str(answers, digest));
	brief_puts(b, ",\"contract_version\":", p->version);
	df_buf_str(b, ",\"feedback\":[");
	for (i = 0; i < m->in->nfeedback; i++) {
		brief_puts(b, i ? ",{\"failure\":" : "{\"failure\":",
		    f[i].failure);
		brief_puts(b, ",\"id\":", f[i].id);
		df_buf_ch(b, '}');
	}
	brief_puts(b, "],\"handoff\":", df_digest_str(&m->in->handoff_digest,
	    digest));
	brief_puts(b, ",\"handoff_id\":", p->id);
	df_buf_str(b, ",\"mandatory_rules\":");
	df_buf_str(b, df_jv_str(p->rules, "record"));
	brief_puts(b, ",\"mission_oneliner\":", df_jv_str(m->names,
	    "subject"));
	df_buf_fmt(b, ",\"phases\":%u,\"prompt_text\":", m->in->phases);
	df_text_json(b, md, nmd);
	df_buf_str(b, ",\"schema\":\"df.prompt/1\"");
	brief_puts(b, ",\"task_id\":", m->t->item.id);
	brief_puts(b, ",\"template\":{\"name\":",
	    df_template_name(m->in->tmpl));
	brief_puts(b, ",\"version\":", df_template_version(m->in->tmpl));
	df_buf_str(b, "},");
	put_questions(b, m, "verification_questions", 0, VERIFICATION);
	df_buf_str(b, "}\n");
	return check(b, was, "prompt", e);
}

/* Feedback may name what the specification defines, and nothing else. */
static int
feedback_ok(const struct make *m, struct df_err *e)
{
	const struct df_feedback *f;
	const struct df_item *it;
	const char *s;
	size_t i;

	for (i = 0; i < m->in->nfeedback; i++) {
		f = &m->in->feedback[i];
		it = df_spec_find(m->sp, f->id, strlen(f->id));
		for (s = f->failure; (*s >= 'a' && *s <= 'z') || *s == '-' ||
		    (*s >= '0' && *s <= '9'); s++)
			;
		if (it == NULL || (df_family_doc[it->family] > 4 &&
		    it != &m->t->item) || *s || s == f->failure ||
		    s - f->failure > 32)
			return df_fail(e, DF_INPUT, "prompt.feedback",
			    "feedback %s %s is not an id of D2 to D4 and a "
			    "class of failure", f->id, f->failure);
	}
	return 0;
}

/* The handoff's id when it is the record of this task's, else NULL. */
static char *
handoff_id(const struct make *m, struct df_err *e)
{
	const struct df_json *h = m->in->handoff;
	char *id = df_jstr(h, df_jget(h, 0, "handoff_id"));

	if (id && df_jis(h, df_jget(h, 0, "task_id"), m->t->item.id))
		return id;
	free(id);
	df_fail(e, DF_INPUT, "prompt.task", "the handoff is not one of task "
	    "%s", m->t->item.id);
	return NULL;
}

static int
make(struct make *m, struct df_buf *json, struct df_buf *md,
    struct df_buf *answers, struct df_err *e)
{
	struct parts p = { 0 };
	size_t nmd = md->n, nanswers = answers->n, njson = json->n;
	char *id = handoff_id(m, e);
	struct df_digest d;
	int rc = id ? feedback_ok(m, e) : -1;

	p.id = id;
	p.version = df_jv_str(m->in->contract, "version");
	p.rules = p.work = p.results = jv_null();
	if (rc == 0 && (p.version == NULL || !df_semver_ok(p.version)))
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract has no version");
	if (rc == 0) {
		names(m, id, p.version);
		verification(m);
		rc = adversarial(m, e);
	}
	if (rc == 0)
		rc = parts(m, &p, e);
	if (rc == 0)
		rc = write_prompt(m, &p, md, e);
	if (rc == 0)
		rc = write_answers(m, &p, answers, e);
	if (rc == 0) {
		df_sha256(answers->s + nanswers, answers->n - nanswers, &d);
		rc = write_record(m, &p, md->s + nmd, md->n - nmd, &d, json,
		    e);
	}
	if (rc == -1) {
		df_buf_cut(md, nmd);
		df_buf_cut(answers, nanswers);
		df_buf_cut(json, njson);
	}
	jv_free(p.rules);
	jv_free(p.work);
	jv_free(p.results);
	free(id);
	return rc;
}

int
df_prompt_make(const struct df_spec *sp, const struct df_task *task,
    const struct df_prompt_in *in, struct df_buf *json, struct df_buf *md,
    struct df_buf *answers, struct df_err *e)
{
	struct make m = { 0 };
	unsigned i;
	int rc;

	if (in->phases != 1 && in->phases != 2)
		return df_fail(e, DF_INPUT, "prompt.phases",
		    "a prompt has one phase or two, not %u", in->phases);
	m.sp = sp;
	m.t = task;
	m.in = in;
	m.x = in->xref ? in->xref : df_xref_new(sp);
	m.names = jv_object();
	df_buf_init(&m.text);
	df_buf_init(&m.expected);
	df_buf_init(&m.sources);
	df_buf_init(&m.b);
	for (i = 0; i < DF_QUESTIONS; i++) {
		df_buf_init(&m.q[i].text);
		df_buf_init(&m.q[i].expected);
		df_buf_init(&m.q[i].sources);
	}
	df_scope_make(m.x, task, &m.sc);
	rc = make(&m, json, md, answers, e);
	for (i = 0; i < DF_QUESTIONS; i++) {
		df_buf_release(&m.q[i].text);
		df_buf_release(&m.q[i].expected);
		df_buf_release(&m.q[i].sources);
	}
	df_buf_release(&m.text);
	df_buf_release(&m.expected);
	df_buf_release(&m.sources);
	df_buf_release(&m.b);
	jv_free(m.names);
	if (in->xref == NULL)
		df_xref_free(m.x);
	return rc;
}

/* ---- what the reviewer reads ---- */

int
df_answers_text(const struct df_json *answers, const struct df_template *tmpl,
    struct df_buf *md, struct df_err *e)
{
	jv v = df_json_jv(answers, 0), list = jv_array(), o, q, a, s;
	int i, n;

	q = df_jv_get(v, "questions");
	a = df_jv_get(v, "expected_answers");
	s = df_jv_get(v, "sources");
	if (jv_get_kind(q) != JV_KIND_ARRAY ||
	    jv_get_kind(a) != JV_KIND_ARRAY ||
	    jv_get_kind(s) != JV_KIND_ARRAY) {
		jv_free(q);
		jv_free(a);
		jv_free(s);
		jv_free(list);
		jv_free(v);
		return df_fail(e, DF_INPUT, "prompt.answers",
		    "this is no answer key");
	}
	n = jv_array_length(jv_copy(q));
	for (i = 0; i < n; i++) {
		o = df_jset_int(jv_object(), "n", i + 1);
		o = df_jset(o, "question", jv_array_get(jv_copy(q), i));
		o = df_jset(o, "expected", jv_array_get(jv_copy(a), i));
		o = df_jset(o, "sources", jv_array_get(jv_copy(s), i));
		list = jv_array_append(list, o);
	}
	jv_free(q);
	jv_free(a);
	jv_free(s);
	return df_template_render(tmpl, df_jset(v, "answers", list), 0, md,
	    e);
}
