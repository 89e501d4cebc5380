#include "base/df.h"

#include <stdio.h>

#include "reporting.h"
#include "work/facts.h"

int
df_reporting_load(struct df_reporting *w, struct df_run *r, struct df_err *e)
{
	const struct df_name *n = df_run_find(r, "spec.tree");
	const struct df_stage *st;
	char name[64];
	size_t i;

	if (n == NULL)
		return df_fail(e, DF_INTEGRITY, "run.spec",
		    "the run has no spec.tree");
	if (df_public_read(&w->public, &r->store, &n->digest, e) < 0)
		return -1;
	w->have_public = 1;
	w->facts = df_facts(r, e);
	snprintf(name, sizeof(name), "holdout/%u.json", r->state.evaluations);
	if (r->state.verdict != DF_V_NONE)
		w->holdout = df_run_json(r, name, "holdout", e);
	else
		w->holdout = jv_null();
	if (!jv_is_valid(w->facts) || !jv_is_valid(w->holdout))
		return -1;
	w->matrix = df_matrix_new(&w->public.spec);
	for (i = 0; i < r->state.ntask; i++) {
		st = df_state_dispatch(&r->state, i);
		if (st && st->status == DF_STAGE_DONE)
			df_matrix_done(w->matrix, r->state.task[i].id);
	}
	df_matrix_judged(w->matrix, w->holdout);
	return 0;
}

void
df_reporting_release(struct df_reporting *w)
{
	jv_free(w->facts);
	jv_free(w->holdout);
	df_matrix_free(w->matrix);
	if (w->have_public)
		df_public_release(&w->public);
}

jv
df_reporting_make(struct df_reporting *w, struct df_run *r, struct df_err *e)
{
	struct df_report_in in = { w->facts, w->holdout,
	    df_matrix_json(w->matrix), df_matrix_uncovered(w->matrix) };
	jv v = df_report_make(r, &in, e);

	jv_free(in.matrix);
	return v;
}
