#include "base/df.h"

#include <string.h>

#include "spec/prompt-internal.h"

static int
q_purpose(struct ask *m)
{
	const struct df_value *v = &m->sp->d2.purpose;
	const struct df_scenario *s;
	size_t i;
	int said;

	if (v->n) {
		df_buf_str(&m->text, "D2 says what ");
		ask_component(m, &m->text);
		df_buf_str(&m->text, " is for: ");
		if (!ask_quote(m, &m->text, v))
			df_buf_reset(&m->text);
		else
			df_buf_ch(&m->text, ' ');
		ask_cite(m, v->at);
	}
	said = m->text.n != 0;
	df_buf_str(&m->text, "What exactly does this task, ");
	ask_subject(m, &m->text);
	df_buf_fmt(&m->text, ", add%s, and what can be observed when it is "
	    "done that cannot be observed now?", said ? " to that" : "");
	df_task_mission(m->sp, m->t, &m->expected);
	ask_cite(m, m->t->item.at);
	for (i = 0; i < m->t->scenarios.n && i < ASK_FILES; i++) {
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
	if (!ask_quote(m, &m->text, &v->v[top->index]))
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
	brief_item(&m->text, &d->item, 1);
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
	const struct df_contract *c = NULL;
	const struct df_item *it;
	size_t i, k, n = 0, own = 0;

	for (i = 0; i < f->n && n == 0; i++) {
		if (f->v[i].to == NULL)
			continue;
		c = df_contract_of(f->v[i].to);
		for (k = 0; k < c->scenarios.n; k++) {
			if (c->scenarios.v[k].to == NULL ||
			    df_scope_owns(m->x, c->scenarios.v[k].to))
				continue;
			if (n++ == 0) {
				brief_item(&m->text, &c->item, 1);
				df_buf_str(&m->text, " also serves ");
				df_buf_fmt(&m->expected, "%s serves %s.",
				    c->item.id, c->scenarios_text.n ?
				    c->scenarios_text.s : "scenarios of "
				    "others");
				ask_cite(m, c->item.at);
				ask_cite(m, c->scenarios_text.at);
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
	df_buf_str(&m->expected, " Of these are this task's: ");
	for (k = 0; k < c->scenarios.n; k++) {
		it = c->scenarios.v[k].to;
		if (it == NULL || !df_scope_owns(m->x, it))
			continue;
		df_buf_str(&m->expected, own++ ? ", " : "");
		brief_item(&m->expected, it, 1);
	}
	df_buf_str(&m->expected, own ? "." : "none.");
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

static int
q_end(struct ask *m)
{
	if (m->end_asked++)
		return 0;
	df_buf_str(&m->text, "Section 4 of the specification has ");
	df_buf_fmt(&m->text, "%zu step%s. Name something that is near to ",
	    m->t->criteria, m->t->criteria == 1 ? "" : "s");
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " in ");
	ask_component(m, &m->text);
	df_buf_str(&m->text, " and that no step asks for. Why do you leave it "
	    "out?");
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

void
ask_scope(struct ask *m)
{
	static int (*const first[])(struct ask *) = { q_purpose, ask_task };
	static int (*const second[])(struct ask *) = { q_is_not, q_never,
	    q_deferred, q_end, ask_task };
	static int (*const third[])(struct ask *) = { q_shared, q_reuse,
	    q_never, q_deferred, q_end, q_order, ask_task };

	ask_first(m, first);
	ask_first(m, second);
	ask_first(m, third);
}
