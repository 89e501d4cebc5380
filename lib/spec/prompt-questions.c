#include "base/df.h"

#include <string.h>

#include "spec/prompt-internal.h"

#define FILES 4			/* files named in a question */
#define IDS 10			/* ids named in a question */
#define TRIES 32		/* facts of a kind that are tried */

/* ---- one question ---- */

void
ask_cite(struct ask *m, struct df_span at)
{
	if (at.line == 0)
		return;
	brief_next(&m->sources);
	df_buf_ch(&m->sources, '{');
	brief_source(&m->sources, at);
	df_buf_ch(&m->sources, '}');
}

static void
drop(struct ask *m)
{
	df_buf_reset(&m->text);
	df_buf_reset(&m->expected);
	df_buf_reset(&m->sources);
}

/* Take the question that was made, unless it names another task. */
int
ask_take(struct ask *m)
{
	struct ask_question *q = &m->q[m->n];

	if (m->text.n == 0 || brief_other_task(m->t, m->text.s, m->text.n)) {
		drop(m);
		return 0;
	}
	if (brief_blank(m->expected.s, m->expected.n)) {
		df_buf_reset(&m->expected);
		df_buf_str(&m->expected, "What the documents say there.");
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
ask(struct ask *m, int (*const *from)(struct ask *))
{
	for (;; from++)
		if ((*from)(m) && ask_take(m))
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
quote(struct ask *m, struct df_buf *b, const struct df_value *v)
{
	size_t n = b->n;

	df_buf_ch(b, '"');
	if (!brief_sentences(b, m->t, v->s, v->n, ASK_QUOTE) ||
	    b->n - n > (size_t)ASK_QUOTE * 2) {
		df_buf_cut(b, n);
		return 0;
	}
	df_buf_str(b, strchr(".!?:", b->s[b->n - 1]) ? "\"" : "\".");
	return 1;
}

/* "Key: value. " of a contract's field, and where it is. */
static int
expect_field(struct ask *m, const struct df_fields *f, const char *name)
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
	ask_cite(m, f->v[i].value.at);
	return 1;
}

void
ask_subject(struct ask *m, struct df_buf *b)
{
	df_task_oneline(m->t, b);
}

/*
 * "`a.py`, `b.py` and 2 more" of the task's files: what is created or modified
 * before what is only there, and what D7 does not have behind both.  0 without
 * any.
 */
size_t
ask_files(struct ask *m, struct df_buf *b)
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
void
ask_ids(struct ask *m, struct df_buf *b)
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
q_purpose(struct ask *m)
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
		ask_cite(m, v->at);
	}
	df_buf_str(&m->text, "What exactly does this task, ");
	ask_subject(m, &m->text);
	df_buf_fmt(&m->text, ", add%s, and what can be observed when it is "
	    "done that cannot be observed now?", v->n ? " to that" : "");
	df_task_mission(m->sp, m->t, &m->expected);
	ask_cite(m, m->t->item.at);
	for (i = 0; i < m->t->scenarios.n && i < FILES; i++) {
		if (m->t->scenarios.v[i].to == NULL)
			continue;
		s = df_scenario_of(m->t->scenarios.v[i].to);
		if (s->then.n == 0)
			continue;
		df_buf_fmt(&m->expected, " %s: %s", s->item.id,
		    s->then.v[0].s);
		ask_cite(m, s->then.v[0].at);
	}
	return 1;
}

/* The number in a task's id: it decides among equals, so that tasks do not
   all get the same question. */
unsigned
ask_number(const struct df_task *t)
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
boundary(struct ask *m, enum df_kind kind, const struct df_values *v,
    const char *before)
{
	const struct df_pick *top = df_picks_top(&m->sc.kind[kind],
	    ask_number(m->t));

	if (top == NULL)
		return 0;
	df_buf_str(&m->text, before);
	if (!quote(m, &m->text, &v->v[top->index]))
		return 0;
	df_buf_str(&m->expected, v->v[top->index].s);
	ask_cite(m, v->v[top->index].at);
	return 1;
}

static int
q_is_not(struct ask *m)
{
	if (!boundary(m, DF_K_NOT, &m->sp->d2.is_not,
	    "D2 says what the product is not: "))
		return 0;
	df_buf_str(&m->text, " Which part of ");
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " comes closest to that line, and where do you "
	    "stop?");
	df_buf_fmt(&m->expected, " The task ends with its %zu steps (D8).",
	    m->t->criteria);
	ask_cite(m, m->t->item.at);
	return 1;
}

static int
q_never(struct ask *m)
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
q_deferred(struct ask *m)
{
	const struct df_deferred *d;

	if (m->sp->d2.ndeferred == 0)
		return 0;
	d = &m->sp->d2.deferred[0];
	df_buf_str(&m->text, "D2 defers ");
	titled(&m->text, &d->item);
	df_buf_str(&m->text, ". What of it could slip into ");
	ask_subject(m, &m->text);
	df_buf_str(&m->text, ", and how do you keep it out?");
	df_buf_fmt(&m->expected, "%s is not built: %s", d->item.id,
	    d->what.n ? d->what.s : d->item.title);
	ask_cite(m, d->item.at);
	return 1;
}

/* A contract of the task that scenarios of others name too. */
static int
q_shared(struct ask *m)
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
				ask_cite(m, c->item.at);
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
	ask_cite(m, m->t->item.at);
	return 1;
}

/* A file that is there already. */
static int
q_reuse(struct ask *m)
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
	    f->base);
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " change in it, and what of it must stay as it "
	    "is?");
	df_buf_fmt(&m->expected, "%s: %s. Only what a step asks for is "
	    "changed; its tests keep passing.", f->path,
	    p->v[i].action == DF_MODIFY ? "to be modified" :
	    "to be reused");
	ask_cite(m, f->at);
	return 1;
}

/* The criterion to ask about: longest that is not too long to quote. */
size_t
ask_step(struct ask *m)
{
	const struct df_task *t = m->t;
	size_t i, best = SIZE_MAX, len = 0, n;
	const char *lf;

	for (i = 0; i < t->criteria; i++) {
		lf = memchr(t->criterion[i].text.s, '\n',
		    t->criterion[i].text.n);
		n = lf ? (size_t)(lf - t->criterion[i].text.s) :
		    t->criterion[i].text.n;
		if (n > ASK_QUOTE || n <= len || brief_other_task(t,
		    t->criterion[i].text.s, n) ||
		    brief_counts_tests(t->criterion[i].text.s, n))
			continue;
		best = i;
		len = n;
	}
	return best;
}

void
ask_put_step(struct ask *m, struct df_buf *b, size_t i)
{
	const struct df_value *v;
	const char *lf;
	size_t n;

	if (i >= m->t->criteria) {
		ask_subject(m, b);
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
q_end(struct ask *m)
{
	if (m->end_asked++)
		return 0;
	df_buf_str(&m->text, "Section 4 of the specification has ");
	df_buf_fmt(&m->text, "%zu step%s. Name something that is near to ",
	    m->t->criteria, m->t->criteria == 1 ? "" : "s");
	ask_subject(m, &m->text);
	df_buf_fmt(&m->text, " in %s and that no step asks for. Why do you "
	    "leave it out?", m->sp->component);
	df_buf_str(&m->expected, "Anything that neither a step nor ");
	if (m->t->scenarios.n)
		brief_refs(&m->expected, &m->t->scenarios, 0);
	else
		df_buf_str(&m->expected, "a contract of the task");
	df_buf_str(&m->expected, " asks for.");
	ask_cite(m, m->t->item.at);
	return 1;
}

static int
q_order(struct ask *m)
{
	if (m->t->criteria == 0)
		return 0;
	df_buf_fmt(&m->text, "In which order do you work on the %zu step%s of ",
	    m->t->criteria, m->t->criteria == 1 ? "" : "s");
	ask_subject(m, &m->text);
	df_buf_str(&m->text, ", and what that somebody may expect behind the "
	    "last one is not part of it?");
	df_buf_str(&m->expected, "Section 4 has the steps; nothing follows "
	    "the last one.");
	ask_cite(m, m->t->criterion[0].text.at);
	return 1;
}

/* ---- 4 to 6: technical ---- */

/* What is in some other form than the expected one is quoted whole. */
static void
put_body(struct ask *m, const struct df_item *it)
{
	jv s = brief_body(m->sp, it);

	df_buf_str(&m->expected, jv_string_value(s));
	jv_free(s);
}

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

static int
q_inbound(struct ask *m, const struct df_contract *c)
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
q_outbound(struct ask *m, const struct df_contract *c)
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
q_side(struct ask *m, const struct df_contract *c)
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
q_error(struct ask *m, const struct df_contract *c)
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
		ask_cite(m, k->code.at);
		break;
	}
	return 1;
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
		(void)q_inbound(m, c);
	else if (family == DF_OUT)
		(void)q_outbound(m, c);
	else if (family == DF_SIDE)
		(void)q_side(m, c);
	else
		(void)q_error(m, c);
	if (m->expected.n == 0)
		put_body(m, &c->item);
	ask_cite(m, c->item.at);
	return 1;
}

static int
q_entity(struct ask *m, size_t k)
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
		put_body(m, &en->item);
	ask_cite(m, en->item.at);
	return 1;
}

static void
expect_all(struct ask *m, const char *what, const struct df_values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		df_buf_fmt(&m->expected, "%s%s %s.", m->expected.n ? " " : "",
		    i ? "AND" : what, v->v[i].s);
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
	titled(&m->text, &s->item);
	df_buf_str(&m->text, ": what has to be the case before, what can be "
	    "observed after, and which of your tests fails first if it "
	    "breaks?");
	expect_all(m, "GIVEN", &s->given);
	expect_all(m, "WHEN", &s->when);
	expect_all(m, "THEN", &s->then);
	if (m->expected.n == 0)
		put_body(m, &s->item);
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
	df_buf_fmt(&m->text, "Step %zu: ", k + 1);
	if (!quote(m, &m->text, v))
		return 0;
	df_buf_str(&m->text, " How do you show that it holds?");
	df_buf_add(&m->expected, v->s, v->n);
	ask_cite(m, v->at);
	return 1;
}

/* What always can be asked. */
static int
q_task(struct ask *m)
{
	df_buf_fmt(&m->text, "Question %u of %s: what do you have to know "
	    "about ", m->n + 1, m->t->item.id);
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " that the specification does not say, and what "
	    "do you assume?");
	df_buf_str(&m->expected, "The documents say no more than: ");
	df_task_mission(m->sp, m->t, &m->expected);
	ask_cite(m, m->t->item.at);
	return 1;
}

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
	default:
		return q_step(m, k);
	}
}

static void
technicals(struct ask *m, unsigned upto)
{
	unsigned kind;
	size_t k;

	for (k = 0; k < TRIES && m->n < upto; k++)
		for (kind = 0; kind < 8 && m->n < upto; kind++) {
			if (technical(m, kind, k))
				(void)ask_take(m);
			drop(m);
		}
	while (m->n < upto) {
		(void)q_task(m);
		if (!ask_take(m))
			DF_BUG("a question about the task names another");
	}
}

/* ---- 7 and 8: packaging ---- */

static void
in_package(struct ask *m, const char *before)
{
	const char *package = brief_package(m->sp);

	if (package == NULL)
		return;
	df_buf_str(&m->text, before);
	df_buf_str(&m->text, package);
}

static int
q_files(struct ask *m)
{
	static const char *const action[] = { "create", "modify", "reuse" };
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_unplanned *u = m->sc.unplanned;
	const struct df_xfile *f;
	size_t i, all = p->n + m->sc.nunplanned;

	if (all == 0)
		return 0;
	df_buf_str(&m->text, all == 1 ? "Is " : "Which of ");
	(void)ask_files(m, &m->text);
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
		ask_cite(m, f->at);
	}
	for (i = 0; i < m->sc.nunplanned; i++) {
		df_buf_fmt(&m->expected, "%s%.*s (step %u; not in D7)",
		    m->expected.n ? "; " : "", (int)u[i].n, u[i].path,
		    u[i].step);
		ask_cite(m, u[i].at);
	}
	df_buf_ch(&m->expected, '.');
	return 1;
}

static int
q_no_files(struct ask *m)
{
	size_t i = ask_step(m);

	df_buf_str(&m->text, "D7 names no file for this task. Where");
	in_package(m, " in the package ");
	df_buf_str(&m->text, " do you put what ");
	if (i == SIZE_MAX) {
		ask_subject(m, &m->text);
	} else {
		df_buf_fmt(&m->text, "step %zu (\"", i + 1);
		ask_put_step(m, &m->text, i);
		df_buf_str(&m->text, "\")");
	}
	df_buf_str(&m->text, " asks for, and what is listed in the results?");
	df_buf_str(&m->expected, "A place that agrees with the file tree of "
	    "D7; every file that was created, with its digest.");
	ask_cite(m, m->sp->d7.tree);
	ask_cite(m, m->t->item.at);
	return 1;
}

static int
q_depends(struct ask *m)
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
		ask_cite(m, c->depends.at);
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
q_context(struct ask *m)
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
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " use, and how do you make sure that no other "
	    "one gets in?");
	df_buf_fmt(&m->expected, "%s: %s", f->v[i].key, f->v[i].value.s);
	ask_cite(m, f->v[i].value.at);
	return 1;
}

static int
q_digests(struct ask *m)
{
	df_buf_str(&m->text, "Which files of ");
	ask_subject(m, &m->text);
	df_buf_fmt(&m->text, " are listed in the results, in which form are "
	    "their digests written, and does %s have a manifest that must "
	    "list them too?", brief_package(m->sp) ? m->sp->package :
	    m->sp->component);
	df_buf_str(&m->expected, "Every file that was created or changed, "
	    "each as sha256: and 64 hexadecimal digits.");
	ask_cite(m, m->t->item.at);
	return 1;
}

/* ---- 9 and 10 ---- */

static int
q_tests(struct ask *m)
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
		ask_cite(m, t->criterion[i].text.at);
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
	ask_cite(m, t->item.at);
	return 1;
}

static int
q_side_effect(struct ask *m)
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
	ask_cite(m, f->v[i].to->at);
	return 1;
}

static int
q_builds_on(struct ask *m)
{
	const struct df_given *g = m->sc.given;
	size_t i, n = 0;

	if (m->t->deps.n == 0)
		return 0;
	ask_subject(m, &m->text);
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
	ask_cite(m, m->t->deps_text.at);
	return 1;
}

static int
q_used_by(struct ask *m)
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
		ask_cite(m, c->item.at);
		return 1;
	}
	return 0;
}

static int
q_connected(struct ask *m)
{
	const struct df_d10 *d = &m->sp->d10;

	df_buf_str(&m->text, "Which command of section 8 shows that ");
	ask_subject(m, &m->text);
	df_buf_fmt(&m->text, " works together with the rest of %s, and what "
	    "does it print then?", m->sp->component);
	if (d->commands) {
		df_buf_str(&m->expected, d->command[d->commands - 1].text.s);
		ask_cite(m, d->command[d->commands - 1].text.at);
	} else {
		df_buf_str(&m->expected, "The project's full test run.");
	}
	ask_cite(m, m->t->item.at);
	return 1;
}

/* ---- all ten ---- */

void
ask_verification(struct ask *m)
{
	static int (*const scope1[])(struct ask *) = { q_purpose, q_task };
	static int (*const scope2[])(struct ask *) = { q_is_not, q_never,
	    q_deferred, q_end, q_task };
	static int (*const scope3[])(struct ask *) = { q_shared, q_reuse,
	    q_never, q_deferred, q_end, q_order, q_task };
	static int (*const packaging1[])(struct ask *) = { q_files,
	    q_no_files, q_task };
	static int (*const packaging2[])(struct ask *) = { q_depends,
	    q_context, q_digests, q_task };
	static int (*const count[])(struct ask *) = { q_tests, q_task };
	static int (*const integration[])(struct ask *) = { q_side_effect,
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
