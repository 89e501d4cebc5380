/*
 * df-holdout - unseal the suite, look for it in what builders saw and wrote,
 * run its scenarios on the merged result, speak TAP.
 *
 * Plaintext of the suite lives in this process, in the judge's memory files
 * and in its sandboxes, and nowhere else.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "run/gate.h"
#include "run/select.h"
#include "work/disclose.h"
#include "holdout.h"

static int64_t o_jobs = 1;
static int o_partial;
static const char *o_message;

/* ---- the tool ---- */

static int
verdict_exit(enum df_run_verdict v)
{
	return v == DF_V_PASS ? DF_OK : v == DF_V_FAIL ? DF_NO : DF_INPUT;
}

/* What is decided already is said again. */
static int
print_held(struct df_evaluation *w, struct df_err *e)
{
	static const char *const kind[] = { "json", "tap", "full.age" };
	struct df_run *r = &w->step.run;
	struct df_buf b = DF_BUF_INIT;
	char name[64];
	size_t i;

	snprintf(name, sizeof(name), "holdout/%u.%s", r->state.evaluations,
	    df_args.json ? "json" : "tap");
	if (df_run_get(r, name, DF_RUN_BLOB_MAX, &b, e) < 0)
		return -1;
	for (i = 0; i < DF_LEN(kind); i++) {
		snprintf(name, sizeof(name), "holdout/%u.%s",
		    r->state.evaluations, kind[i]);
		df_touch_name(r, name);
	}
	df_note("evaluation %u holds: %s", r->state.evaluations,
	    df_run_verdict_name(r->state.verdict));
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return verdict_exit(r->state.verdict);
}

static int
may_evaluate(const struct df_evaluation *w, struct df_err *e)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_stage *m = df_state_stage(s, "merge");

	if (s->status != DF_ST_EXECUTING && s->status != DF_ST_EVALUATING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: nothing is judged any more",
		    df_run_status_name(s->status));
	if (s->status == DF_ST_EXECUTING && !o_partial && s->done < s->ntask)
		return df_fail(e, DF_REFUSED, "task.incomplete",
		    "%zu of %zu tasks are not COMPLETED", s->ntask - s->done,
		    s->ntask);
	if (m == NULL || m->status != DF_STAGE_DONE) {
		(void)df_fail(e, DF_REFUSED, "merge.missing",
		    "the tasks' results are not merged");
		return df_hint(e, "df-dispatch%s", o_partial ? " --merge" :
		    "");
	}
	if (s->max_evaluations && s->evaluations >= s->max_evaluations)
		return df_fail(e, DF_EXHAUSTED, "budget.evaluations",
		    "evaluation budget exhausted (%u)", s->max_evaluations);
	return 0;
}

static int
evaluate(struct df_evaluation *w, struct df_err *e)
{
	const struct df_name *tree = df_run_find(&w->step.run,
	    "result/merged.tree");
	struct df_score s = { 0 };
	struct df_buf tap = DF_BUF_INIT, json = DF_BUF_INIT;

	if (tree == NULL)
		return df_fail(e, DF_INTEGRITY, "merge.missing",
		    "the run has no result/merged.tree");
	w->tree = tree->digest;
	if (df_holdout_unseal(w, e) < 0 || df_holdout_scan(w, e) < 0)
		return -1;
	if (df_args.dry) {
		df_note("%zu scenarios would be judged on %zu tasks' results",
		    w->suite.n - 1, w->step.run.state.done);
		return DF_OK;
	}
	w->scored = df_calloc(w->suite.n, sizeof(*w->scored));
	if (df_holdout_open(w, e) < 0 || df_holdout_begin(w, e) < 0)
		return -1;
	df_holdout_judge(w);
	df_holdout_score(w, &s);
	if (df_holdout_complete(w, &s, &tap, e) < 0)
		return -1;
	if (df_args.json) {
		df_json_line(&json, df_score_json(&s, 0));
		df_out_raw(json.s, json.n);
	} else {
		df_out_raw(tap.s, tap.n);
	}
	df_buf_release(&tap);
	df_buf_release(&json);
	return verdict_exit(s.verdict == DF_MARK_PASS ? DF_V_PASS : s.verdict
	    == DF_MARK_FAIL ? DF_V_FAIL : DF_V_ERROR);
}

static int
is_settled(const struct df_evaluation *w)
{
	return w->step.run.state.verdict == DF_V_PASS ||
	    w->step.run.state.verdict == DF_V_FAIL;
}

/* What another judge wrote until it let go is not believed either. */
static int
hold(struct df_evaluation *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	uint64_t seq = r->state.seq;
	struct df_gate g;

	if (df_hold_take(&w->hold, r, "holdout", "the run's judge", e) < 0)
		return -1;
	return r->state.seq == seq ? 0 : df_gate_pass(r, &g, e);
}

static int
run(char **operand, size_t n)
{
	struct df_evaluation w;
	struct df_gate g;
	struct df_err e;
	int r;

	(void)operand;
	if (n)
		df_usage("df-holdout takes no operand");
	memset(&w, 0, sizeof(w));
	w.jobs = (size_t)o_jobs;
	w.partial = o_partial;
	w.frame.j = jv_invalid();
	w.judge.scratch_fd = w.judge.own_fd = w.hold.dir = w.hold.lock = -1;
	w.ledger.factory.dir = w.ledger.factory.log.fd = -1;
	if (df_step_open(&w.step, DF_ROLE_HOLDOUT, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&w.step.run, &g, &e) < 0 ||
	    (!is_settled(&w) && !df_args.dry && hold(&w, &e) < 0))
		df_die(&e);
	if (is_settled(&w))
		r = print_held(&w, &e);
	else
		r = may_evaluate(&w, &e) < 0 ? -1 : evaluate(&w, &e);
	df_holdout_release(&w);
	df_ledger_close(&w.ledger);
	df_hold_drop(&w.hold);
	df_step_close(&w.step);
	if (r < 0)
		df_die(&e);
	return r;
}

/* ---- show: a disclosure ---- */

/* Write what evaluators and approvers may see, after the event is on disk. */
static int
show(char **operand, size_t n)
{
	struct df_buf plain = DF_BUF_INIT;
	struct df_step step;
	struct df_err e;
	char name[64];
	int64_t k;

	if (o_message == NULL || o_message[strspn(o_message, " \t\n")] == '\0')
		df_usage("a disclosure needs a reason: -m WHY");
	if (n > 1)
		df_usage("show one evaluation");
	if (df_step_open(&step, DF_ROLE_HOLDOUT, 0, &e) < 0)
		df_die(&e);
	k = step.run.state.evaluations;
	if (n && df_number(operand[0], 1, INT32_MAX, &k) < 0)
		df_usage("%s is no evaluation", operand[0]);
	if (df_disclose_read(&step, k, name, &plain, &e) < 0)
		df_die(&e);
	if (df_args.dry) {
		df_note("%s would be shown and the disclosure recorded", name);
		df_buf_wipe(&plain);
		df_step_close(&step);
		return DF_OK;
	}
	if (df_disclose_record(&step, name, &plain, o_message, &e) < 0)
		df_die(&e);
	df_out_raw(plain.s, plain.n);
	df_buf_wipe(&plain);
	df_step_close(&step);
	return DF_OK;
}

static const struct df_opt show_opts[] = {
	{ 'm', "message", "WHY", "the reason; it is recorded", DF_OPT_STR,
	    &o_message, 0, 0 },
	DF_ARG_END
};
static int
open_items(char **operand, size_t n)
{
	if (o_message == NULL || o_message[strspn(o_message, " \t\n")] == '\0')
		df_usage("a disclosure needs a reason: -m WHY");
	if (n == 0)
		df_usage("which items? numbers of the suite's, or tasks whose "
		    "answers");
	return df_holdout_disclose(operand, n, o_message);
}

static const struct df_opt open_opts[] = {
	{ 'm', "message", "WHY", "the reason; it is recorded", DF_OPT_STR,
	    &o_message, 0, 0 },
	DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "show", "-m WHY [N]",
	    "write the whole record of an evaluation: a disclosure",
	    show_opts, show },
	{ "seal", "--spec DIR [-o DIR]",
	    "seal a suite beforehand, with signed findings",
	    df_holdout_seal_opts, df_holdout_seal },
	{ "open", "-m WHY N|TASK...",
	    "publish key and bytes of items: a disclosure", open_opts,
	    open_items },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	{ 'j', "jobs", "N", "runs of scenarios at the same time", DF_OPT_INT,
	    &o_jobs, 1, 256 },
	{ 0, "partial", NULL, "judge what is COMPLETED; never a PASS",
	    DF_OPT_FLAG, &o_partial, 0, 0 },
	DF_ARG_RUN, DF_ARG_FACTORY, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_IDENTITY,
	DF_ARG_DRY, DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-holdout", "[options] | show -m WHY [N] | open -m WHY N|TASK... | "
	    "seal --spec DIR [-o DIR]",
	"Judge the merged result by the sealed scenarios.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXHAUSTED) | DF_EXIT(DF_EXTERNAL),
	run
};

int
main(int argc, char **argv)
{
	df_no_core();
	return df_out_end(df_opt_run(&tool, argc, argv));
}
