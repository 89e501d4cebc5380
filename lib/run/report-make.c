#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "run/head.h"
#include "run/ledger.h"
#include "run/report-internal.h"
#include "run/sealing.h"

/* ---- verdict, recommendations ---- */

static const char *
verdict(const struct df_making *w, char reason[300])
{
	const struct df_state *s = &w->run->state;
	const char *why = df_jv_str(w->in->holdout, "verdict_reason"), *missing;
	size_t i, failed = 0;

	for (i = 0; i < s->ntask; i++) {
		const struct df_stage *st = df_state_dispatch(s, i);

		failed += st && st->status == DF_STAGE_FAILED;
	}
	/* A failed task is critical when what it was to do is needed. */
	missing = failed ? w->in->uncovered : NULL;
	if (s->verdict == DF_V_FAIL) {
		snprintf(reason, 300, "%s", why);
		return "REJECT";
	}
	if (s->verdict == DF_V_PASS && s->done == s->ntask) {
		snprintf(reason, 300, "%zu of %zu tasks COMPLETED; %s",
		    s->done, s->ntask, why);
		return "ACCEPT";
	}
	if (missing) {
		snprintf(reason, 300, "a critical task failed: no COMPLETED "
		    "task covers %.100s", missing);
		return "REJECT";
	}
	snprintf(reason, 300, "%zu of %zu tasks COMPLETED, %zu failed; %s",
	    s->done, s->ntask, failed, why ? why : "not evaluated");
	return "PARTIAL";
}

static void
advise_holdouts(struct df_making *w)
{
	jv list = df_jv_get(w->in->holdout, "holdouts"), h, ids, one;
	const char *id, *task, *failure;
	struct df_buf b = DF_BUF_INIT;
	int64_t runs, passed;
	int i, k, n = df_report_count(list);

	for (i = 0; i < n; i++) {
		h = jv_array_get(jv_copy(list), i);
		id = df_jv_str(h, "holdout_id");
		task = df_jv_str(h, "responsible_task");
		failure = df_jv_str(h, "failure");
		df_buf_reset(&b);
		ids = df_jv_get(h, "validates_scenarios");
		for (k = 0; k < df_report_count(ids); k++) {
			one = jv_array_get(jv_copy(ids), k);
			df_buf_fmt(&b, "%s%s", k ? ", " : "",
			    jv_string_value(one));
			jv_free(one);
		}
		jv_free(ids);
		if (strcmp(df_jv_str(h, "status"), "FAIL") == 0)
			df_report_advise(w, "holdout", id, "%s (%s) failed: "
			    "%s is not met; %s is responsible. Reject, and "
			    "let a successor (df-boot --supersedes) do that "
			    "task again, or correct the scenario if it asks "
			    "for what D2 does not say", id, df_jv_str(h,
			    "priority"), b.n ? b.s : "its requirement",
			    task ? task : "no task");
		else if (strcmp(df_jv_str(h, "status"), "ERROR") == 0 &&
		    failure && strcmp(failure, "not-run") != 0)
			df_report_advise(w, "holdout", id, "%s could not be "
			    "judged (%s): mend the scenario or its "
			    "environment and evaluate again; df-holdout show "
			    "has the details",
			    id, failure);
		runs = df_jv_int(h, "runs", 0);
		passed = df_jv_int(h, "passed", 0);
		if (strcmp(df_jv_str(h, "status"), "PASS") == 0 &&
		    passed < runs)
			df_report_advise(w, "holdout", id, "%s is flaky: it "
			    "passed in %lld of %lld runs, which is enough. "
			    "Find out whether the product or the test depends "
			    "on time or order; df-holdout show has each run",
			    id, (long long)passed, (long long)runs);
		jv_free(h);
	}
	df_buf_release(&b);
	jv_free(list);
}

/* ---- the whole ---- */

/* A suite that was sealed beforehand: whose word its checks are.  A report
   names no person. */
static jv
sealed(struct df_run *r)
{
	struct df_sealing s;
	struct df_err ignored;
	jv v;

	if (df_sealing_of(r, &s, &ignored) <= 0)
		return jv_null();
	v = df_jset_str(jv_object(), "by", s.by);
	v = df_jset(v, "id", df_jv_get(s.v, "suite"));
	v = df_jset_str(v, "inputs", DF_SEALING_NOT_SCANNED);
	df_sealing_release(&s);
	return v;
}

/* Which items, and whose answers, are open: by their names. */
static jv
opened(const struct df_run *r)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < r->nname; i++)
		if (strncmp(r->name[i].name, "opened/", 7) == 0)
			list = jv_array_append(list,
			    jv_string(r->name[i].name));
	return list;
}

static jv
suite(struct df_making *w)
{
	const struct df_run *r = w->run;
	const struct df_state *s = &r->state;
	jv in = df_jv_get(r->env, "holdout"), v = jv_object(), by, uses;

	v = df_jset(v, "commitment", df_jv_get(r->env, "commitment"));
	uses = df_ledger_of(s);
	v = df_jset(v, "earlier", jv_is_valid(uses) ? uses :
	    jv_string("unknown"));
	v = df_jset_int(v, "evaluations", s->evaluations);
	if (df_jv_int(w->in->holdout, "flaky", -1) >= 0)
		v = df_jset_int(v, "flaky", df_jv_int(w->in->holdout, "flaky",
		    0));
	v = df_jset_int(v, "found", s->disclosed);
	v = df_jset_int(v, "opened", s->opened);
	v = df_jset(v, "opened_names", opened(r));
	v = df_jset_int(v, "p0", df_jv_int(in, "p0", 0));
	v = df_jset_int(v, "scenarios", df_jv_int(in, "scenarios", 0));
	jv_free(in);
	by = sealed(w->run);
	if (jv_get_kind(by) == JV_KIND_OBJECT)
		v = df_jset(v, "sealed", by);
	return df_jset_int(v, "shown", s->shown);
}

static jv
decision(const struct df_state *s)
{
	jv v;

	if (!df_run_terminal(s->status) || s->decision == DF_D_NONE)
		return jv_null();
	v = df_jset_str(jv_object(), "kind",
	    df_run_decision_name(s->decision));
	if (s->effective != s->decision)
		v = df_jset_str(v, "effective",
		    df_run_decision_name(s->effective));
	v = df_jset_bool(v, "self_approved", s->self_approved);
	return df_jset_int(v, "approvals", s->approvals);
}

static jv
run_json(const struct df_run *r)
{
	jv v = df_jset(jv_object(), "digest",
	    df_digest_json(&r->state.genesis));

	v = df_jset(v, "instance", df_jv_get(r->env, "instance"));
	return df_jset_str(v, "name", r->id);
}

static jv
make(struct df_making *w, struct df_err *e)
{
	struct df_run *r = w->run;
	const struct df_state *s = &r->state;
	jv v = jv_object(), list, valid, hold;
	char reason[300];

	list = df_report_attempts(w, e);
	valid = df_run_json(r, "validation.json", "validation", e);
	if (!jv_is_valid(list) || !jv_is_valid(valid)) {
		jv_free(v);
		jv_free(list);
		jv_free(valid);
		return jv_invalid();
	}
	advise_holdouts(w);
	v = df_jset(v, "component_name", df_jv_get(r->env, "component"));
	v = df_jset(v, "decision", decision(s));
	v = df_jset(v, "dispatches", list);
	v = df_jset(v, "head", df_head_json(&s->head, s->seq));
	hold = df_jv_get(w->in->holdout, "holdouts");
	v = df_jset(v, "holdouts", df_report_count(hold) ? jv_copy(hold) :
	    jv_array());
	jv_free(hold);
	v = df_jset(v, "isolation", df_jv_get(w->in->facts, "isolation"));
	v = df_jset(v, "matrix", jv_copy(w->in->matrix));
	v = df_jset(v, "package_id", df_jv_get(r->env, "package"));
	v = df_jset(v, "recommendations", jv_copy(w->advice));
	v = df_jset(v, "run", run_json(r));
	v = df_jset_str(v, "schema", "df.report/1");
	v = df_jset_str(v, "spec_dir", "spec.tree");
	v = df_jset_str(v, "status", df_run_status_name(s->status));
	v = df_jset(v, "suite", suite(w));
	v = df_jset_int(v, "total_cost_microusd", s->cost);
	v = df_jset_int(v, "total_duration_ms", s->updated > s->created ?
	    s->updated - s->created : 0);
	v = df_jset_int(v, "total_tokens", s->tokens);
	v = df_jset(v, "traces", jv_copy(w->traces));
	v = df_jset(v, "validation", valid);
	v = df_jset_str(v, "verdict", verdict(w, reason));
	return df_jset_str(v, "verdict_reason", reason);
}

jv
df_report_make(struct df_run *r, const struct df_report_in *in,
    struct df_err *e)
{
	struct df_making w = { r, in, jv_array(), jv_array() };
	jv v = make(&w, e);

	jv_free(w.traces);
	jv_free(w.advice);
	return v;
}
