#include "base/df.h"

#include <string.h>

#include "spec/prompt-internal.h"

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
	ask_stop(&m->expected);
	df_buf_fmt(&m->expected, "%sAt least one for each of %zu scenario%s "
	    "and %zu step%s", n ? " " : "", s, s == 1 ? "" : "s",
	    t->criteria, t->criteria == 1 ? "" : "s");
	if (first) {
		df_buf_fmt(&m->expected, "; for %s one such as ", first->id);
		brief_test_name(&m->expected, first->id, first->title);
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
	ask_side(m, df_contract_of(f->v[i].to));
	if (m->expected.n == 0)
		ask_body(m, f->v[i].to);
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
	for (i = 0; i < m->sc.ngiven && n < ASK_FILES - 1; i++, n++)
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
		if (!ask_field(m, &c->fields, "consumer") &&
		    !ask_field(m, &c->fields, "caller"))
			continue;
		df_buf_str(&m->text, "Who depends on ");
		brief_item(&m->text, &c->item, 1);
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
	df_buf_str(&m->text, " works together with the rest of ");
	ask_component(m, &m->text);
	df_buf_str(&m->text, ", and what does it print then?");
	if (d->commands) {
		df_buf_str(&m->expected, d->command[d->commands - 1].text.s);
		ask_cite(m, d->command[d->commands - 1].text.at);
	} else {
		df_buf_str(&m->expected, "The project's full test run.");
	}
	ask_cite(m, m->t->item.at);
	return 1;
}

void
ask_integration(struct ask *m)
{
	static int (*const count[])(struct ask *) = { q_tests, ask_task };
	static int (*const integration[])(struct ask *) = { q_side_effect,
	    q_builds_on, q_used_by, q_connected, ask_task };

	ask_first(m, count);
	ask_first(m, integration);
}
