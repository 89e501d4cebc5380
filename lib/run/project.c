#include "base/df.h"

#include <string.h>

#include "base/clock.h"
#include "run/state.h"

/* ---- who may append what ---- */

#define RUN DF_ROLE_BIT(DF_ROLE_RUN)
#define BUILD DF_ROLE_BIT(DF_ROLE_BUILD)
#define HOLDOUT DF_ROLE_BIT(DF_ROLE_HOLDOUT)
#define APPROVE DF_ROLE_BIT(DF_ROLE_APPROVE)
#define ADMIN DF_ROLE_BIT(DF_ROLE_ADMIN)
#define STAGE 0x80000000u	/* depends on the stage */

static const struct {
	const char *type;
	unsigned roles;
} event[] = {
	{ "admin.action", ADMIN },
	{ "artifact.published", RUN },
	{ "artifact.stored", RUN },
	{ "checkpoint.saved", RUN },
	{ "decision.amended", APPROVE },
	{ "decision.invalid", APPROVE },
	{ "decision.recorded", APPROVE },
	{ "evidence.resolved", RUN | HOLDOUT | APPROVE | ADMIN },
	{ "gc.swept", ADMIN },
	{ "holdout.completed", HOLDOUT },
	{ "holdout.disclosed", HOLDOUT },
	{ "holdout.opened", HOLDOUT },
	{ "holdout.result", HOLDOUT },
	{ "holdout.shown", HOLDOUT | APPROVE },
	{ "holdout.started", HOLDOUT },
	{ "incident.linked", ADMIN },
	{ "policy.evaluated", APPROVE },
	{ "run.approved", APPROVE },
	{ "run.awaiting_human", RUN },
	{ "run.booting", RUN },
	{ "run.canceled", RUN | ADMIN },
	{ "run.completed", RUN },
	{ "run.created", RUN },
	{ "run.evaluating", HOLDOUT },
	{ "run.failed", RUN },
	{ "run.paused", RUN | ADMIN },
	{ "run.rejected", APPROVE },
	{ "run.resealed", RUN },
	{ "run.resumed", RUN | ADMIN },
	{ "run.started", RUN },
	{ "run.unpaused", RUN | ADMIN },
	{ "stage.completed", STAGE },
	{ "stage.failed", STAGE },
	{ "stage.started", STAGE },
};

static unsigned
roles(const char *type)
{
	size_t i;

	for (i = 0; i < DF_LEN(event); i++)
		if (strcmp(event[i].type, type) == 0)
			return event[i].roles;
	return 0;
}

int
df_event_known(const char *type)
{
	return roles(type) != 0;
}

int
df_event_role(const char *type, const char *stage, enum df_role r,
    struct df_err *e)
{
	unsigned may = roles(type);

	if (may == 0)
		return df_fail(e, DF_INPUT, "event.type",
		    "%s is no event of a run", type);
	if (may == STAGE) {
		if (strcmp(stage, "handoff") == 0 ||
		    strcmp(stage, "prompt") == 0)
			may = RUN;
		else if (strcmp(stage, "merge") == 0 ||
		    strncmp(stage, "dispatch/", 9) == 0)
			may = BUILD;
		else
			may = RUN | BUILD;
	}
	if (!(may & DF_ROLE_BIT(r)))
		return df_fail(e, DF_AUTH, "event.role",
		    "%s%s%s may not be signed in role %s", type,
		    *stage ? " of " : "", stage, df_role_name(r));
	return 0;
}

/* ---- projections ---- */

/* One row for each status, one column for each foreign vocabulary. */
enum { SPEC250, SR, MF, RO, RECOMP, BATCH, LEVEL4, OUTCOME, REPORT, COLUMNS };
static const char *const table[][COLUMNS] = {
	[DF_ST_QUEUED] = { "queued", "OPEN", "QUEUED", "PENDING", NULL,
	    "pending", NULL, NULL, NULL },
	[DF_ST_BOOTING] = { "running", "PLANNED", "RUNNING", "RUNNING", NULL,
	    "pending", NULL, NULL, NULL },
	[DF_ST_EXECUTING] = { "running", "EXECUTING", "RUNNING", "RUNNING",
	    NULL, "running", NULL, NULL, NULL },
	[DF_ST_AWAITING] = { "blocked", "EXECUTING", "RUNNING", "WAITING",
	    NULL, "needs_review", NULL, NULL, NULL },
	[DF_ST_EVALUATING] = { "running", "WAITING_EVIDENCE", "RUNNING",
	    "RUNNING", NULL, "running", NULL, NULL, NULL },
	[DF_ST_APPROVED] = { "succeeded", "VERIFYING", "PASS", "SUCCEEDED",
	    "passed", "passed", "approved", "success", "ACCEPT" },
	[DF_ST_REJECTED] = { "failed", "FAILED", "FAIL", "FAILED", "failed",
	    "failed", "rejected", "fail", "REJECT" },
	[DF_ST_FAILED] = { "failed", "FAILED", "FAIL", "FAILED", "failed",
	    "failed", "failed", "fail", "REJECT" },
	[DF_ST_CANCELED] = { "failed", "FAILED", "FAIL", "CANCELED",
	    "needs_review", "failed", NULL, "fail", "REJECT" },
};

static jv
word(const char *s)
{
	return s ? jv_string(s) : jv_null();
}

jv
df_state_project(const struct df_state *s)
{
	const char *w[COLUMNS] = { NULL };
	int reversed;
	jv o = jv_object();

	if (s->status == DF_ST_NONE)
		return o;
	memcpy(w, table[s->status], sizeof(w));
	if (s->paused && !df_run_terminal(s->status)) {
		w[SPEC250] = "blocked";
		w[RO] = "PAUSED";
		w[BATCH] = "needs_review";
	}
	if (s->status == DF_ST_EVALUATING && s->verdict != DF_V_NONE) {
		w[SR] = "VERIFYING";
		w[MF] = s->decision == DF_D_APPROVE ? "PASS" : "EVAL_READY";
	}
	if (s->status == DF_ST_APPROVED && s->sealed) {
		w[SR] = "READY";
		w[MF] = s->published ? "PUBLISHED" : "PUBLISH_PENDING";
	}
	if (s->status == DF_ST_FAILED) {
		if (s->domain && strcmp(s->domain, "INTEGRITY_FAILURE") == 0) {
			w[SR] = "QUARANTINED";
			w[RECOMP] = "needs_review";
		} else if (s->retries) {
			w[RECOMP] = "exhausted";
		}
	}
	reversed = s->status == DF_ST_APPROVED &&
	    s->effective == DF_D_REJECT;
	o = df_jset(o, "attractor.outcome", word(w[OUTCOME]));
	o = df_jset(o, "batch.state", word(w[BATCH]));
	o = df_jset(o, "darkfactorio.status",
	    word(df_run_status_name(s->status)));
	o = df_jset(o, "factory_report.verdict", word(w[REPORT]));
	o = df_jset(o, "level4.decision", word(w[LEVEL4]));
	o = df_jset_bool(o, "level4.decision_reversed", reversed);
	o = df_jset(o, "mf.state", word(w[MF]));
	o = df_jset(o, "recomp.final_status", word(w[RECOMP]));
	o = df_jset(o, "ro.job_status", word(w[RO]));
	o = df_jset(o, "spec250.state", word(w[SPEC250]));
	return df_jset(o, "sr.state", word(w[SR]));
}

static jv
when(int64_t ms)
{
	char t[DF_TIME_STR];

	return ms < 0 ? jv_null() : jv_string(df_time_str(ms, t));
}

jv
df_state_json(const struct df_state *s)
{
	char d[DF_DIGEST_STR];
	jv o = jv_object(), list = jv_array();
	size_t i;

	for (i = 0; i < s->nproducer; i++)
		list = jv_array_append(list, jv_string(s->producer[i]));
	o = df_jset(o, "decision", word(df_run_decision_name(s->decision)));
	o = df_jset(o, "domain", word(s->domain));
	o = df_jset(o, "effective", word(df_run_decision_name(s->effective)));
	o = df_jset_int(o, "eval_attempts", s->evaluations);
	o = df_jset_str(o, "head", df_digest_str(&s->head, d));
	o = df_jset_bool(o, "incident", s->incident);
	o = df_jset_int(o, "interventions", s->interventions);
	o = df_jset_bool(o, "paused", s->paused);
	o = df_jset(o, "policy", word(df_run_verdict_name(s->policy)));
	o = df_jset(o, "producers", list);
	o = df_jset_bool(o, "published", s->published);
	o = df_jset_int(o, "retries", s->retries);
	o = df_jset_bool(o, "sealed", s->sealed);
	o = df_jset_int(o, "seq", (int64_t)s->seq);
	o = df_jset(o, "stage", s->last_stage == UINT32_MAX ? jv_null() :
	    jv_string(s->stage[s->last_stage].name));
	o = df_jset(o, "started", when(s->started));
	o = df_jset_str(o, "status", df_run_status_name(s->status));
	o = df_jset(o, "updated", when(s->updated));
	return df_jset(o, "verdict", word(df_run_verdict_name(s->verdict)));
}
