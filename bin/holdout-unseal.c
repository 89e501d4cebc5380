#include "base/df.h"

#include <stdlib.h>

#include "holdout.h"
#include "spec/attest.h"
#include "work/unseal.h"

int
df_holdout_unseal(struct df_evaluation *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	struct df_buf age = DF_BUF_INIT, c = DF_BUF_INIT, plain = DF_BUF_INIT;
	size_t i;
	int ret;

	ret = df_run_get(r, "holdout.age", DF_RUN_BLOB_MAX, &age, e);
	if (ret == 0)
		ret = df_run_get(r, "commitment.json", DF_RUN_BLOB_MAX, &c,
		    e);
	if (ret == 0)
		ret = df_unseal(&age, DF_ROLE_HOLDOUT, &plain, e);
	if (ret == 0)
		ret = df_sealed_take(&w->suite, &plain, c.s, c.n, e);
	if (ret == 0) {
		df_sha256(c.s, c.n, &w->commitment);
		ret = df_attest_run(r, &w->suite, e);
	}
	if (ret == 0) {
		ret = df_suite_frame(&w->frame, &w->suite.item[0], e);
		w->item = df_calloc(w->suite.n, sizeof(*w->item));
	}
	for (i = 1; ret == 0 && i < w->suite.n; i++)
		ret = df_suite_item(&w->item[i - 1], &w->suite.item[i], e);
	df_buf_release(&age);
	df_buf_release(&c);
	df_buf_wipe(&plain);
	return ret;
}

void
df_holdout_release(struct df_evaluation *w)
{
	size_t i, k;

	for (i = 0; w->scored && i + 1 < w->suite.n; i++) {
		for (k = 0; w->scored[i].run && k < (size_t)w->item[i].runs;
		    k++)
			df_buf_wipe(&w->scored[i].run[k].output);
		free(w->scored[i].run);
	}
	for (i = 0; w->item && i + 1 < w->suite.n; i++)
		df_suite_item_release(&w->item[i]);
	free(w->item);
	free(w->scored);
	free(w->seen);
	jv_free(w->frame.j);
	df_judge_close(&w->judge);
	if (w->suite.n)
		df_sealed_release(&w->suite);
}

void
df_holdout_score(struct df_evaluation *w, struct df_score *s)
{
	s->v = w->scored;
	s->n = w->suite.n - 1;
	s->disclosed = w->seen;
	s->ndisclosed = w->nseen;
	s->evaluation = w->evaluation;
	s->tree = w->tree;
	s->commitment = w->commitment;
	s->run = w->step.run.state.genesis;
	s->level = df_run_setting_str(&w->step.run, "sandbox.level", "bwrap");
	s->partial = w->partial || w->step.run.state.partial;
	df_score_verdict(s, &w->frame);
}
