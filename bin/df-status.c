/*
 * df-status - what a log says the state of its run is; one run, several, or
 * all of a factory; in our words or in those of other systems.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "run/factory.h"
#include "run/hold.h"
#include "run/ledger.h"
#include "status.h"

static const char *o_as;

static const struct df_opt opts[] = {
	{ 0, "as", "SYSTEM", "in the words of ro, spec250, sr, mf, recomp, "
	    "level4, attractor, batch, darkfactorio or factory_report",
	    DF_OPT_STR, &o_as, 0, 0 },
	DF_ARG_RUN, DF_ARG_FACTORY, DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE,
	DF_ARG_END
};
static const struct df_tool tool = {
	"df-status", "[options] [RUN...]",
	"Fold a run's log and say its state.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_EXTERNAL),
	NULL
};

/* ---- our words ---- */

static jv
word(const char *s)
{
	return s ? jv_string(s) : jv_null();
}

struct tasks {
	size_t done, failed, open, blocked;
};

static void
count_tasks(const struct df_state *s, struct tasks *c)
{
	uint8_t *blocked = df_calloc(s->ntask + 1, 1);
	const struct df_stage *st;
	size_t i;

	memset(c, 0, sizeof(*c));
	df_state_blocked(s, blocked);
	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		c->done += st && st->status == DF_STAGE_DONE;
		c->failed += st && st->status == DF_STAGE_FAILED;
		c->open += st && st->status == DF_STAGE_OPEN;
		c->blocked += blocked[i];
	}
	free(blocked);
}

static jv
status_json(const struct df_run *r)
{
	const struct df_state *s = &r->state;
	const struct df_stage *st = s->last_stage == UINT32_MAX ? NULL :
	    &s->stage[s->last_stage];
	char hex[DF_DIGEST_STR];
	struct tasks c;
	jv v = jv_object(), o;

	count_tasks(s, &c);
	v = df_jset_int(v, "after_seal", (int64_t)s->after_seal);
	v = df_jset(v, "current_stage", word(st ? st->name : NULL));
	v = df_jset(v, "decision", word(df_run_decision_name(s->decision)));
	v = df_jset_str(v, "digest", df_digest_str(&s->genesis, hex));
	v = df_jset(v, "effective_decision", word(df_run_decision_name(
	    s->effective)));
	v = df_jset_int(v, "evaluations", s->evaluations);
	v = df_jset(v, "failure_domain", word(s->domain));
	v = df_jset_str(v, "head", df_digest_str(&s->head, hex));
	v = df_jset_int(v, "interventions", s->interventions);
	v = df_jset_bool(v, "paused", s->paused);
	v = df_jset(v, "policy", word(df_run_verdict_name(s->policy)));
	v = df_jset(v, "projections", df_state_project(s));
	v = df_jset_int(v, "retries", s->retries);
	v = df_jset_str(v, "run", r->id);
	v = df_jset_bool(v, "sealed", s->sealed);
	v = df_jset_int(v, "seq", (int64_t)s->seq);
	v = df_jset_int(v, "stage_attempt", st ? st->attempts : 0);
	v = df_jset(v, "started_at", df_status_when(s->started));
	v = df_jset_str(v, "status", df_run_status_name(s->status));
	o = df_ledger_of(s);
	v = df_jset(v, "suite", jv_is_valid(o) ? o : jv_null());
	o = df_jset_int(jv_object(), "blocked", (int64_t)c.blocked);
	o = df_jset_int(o, "completed", (int64_t)c.done);
	o = df_jset_int(o, "failed", (int64_t)c.failed);
	o = df_jset_int(o, "open", (int64_t)c.open);
	v = df_jset(v, "tasks", df_jset_int(o, "total", (int64_t)s->ntask));
	v = df_jset(v, "updated_at", df_status_when(s->updated));
	return df_jset(v, "verdict", word(df_run_verdict_name(s->verdict)));
}

static void
status_line(const struct df_run *r)
{
	const struct df_state *s = &r->state;
	char status[64], tasks[64], verdict[32], decision[48];
	char t[DF_TIME_STR];
	const char *cell[] = { r->id, status, tasks, verdict, decision,
	    df_time_str(s->updated, t) };
	struct tasks c;

	count_tasks(s, &c);
	snprintf(status, sizeof(status), "%s%s%s",
	    df_run_status_name(s->status), s->paused ? ",paused" : "",
	    s->sealed ? ",sealed" : "");
	snprintf(tasks, sizeof(tasks), "%zu/%zu", c.done, s->ntask);
	snprintf(verdict, sizeof(verdict), "%s", s->verdict ?
	    df_run_verdict_name(s->verdict) : "-");
	snprintf(decision, sizeof(decision), "%s%s", s->effective ?
	    df_run_decision_name(s->effective) : "-", s->effective !=
	    s->decision && s->effective ? ",amended" : "");
	df_out_row(cell, DF_LEN(cell));
}

/* -v: one line a task. */
static void
task_lines(const struct df_run *r)
{
	static const char *const name[] = { "waiting", "running", "COMPLETED",
	    "FAILED" };
	const struct df_state *s = &r->state;
	const struct df_stage *st;
	uint8_t *blocked = df_calloc(s->ntask + 1, 1);
	int lost = df_hold_free(r, "dispatch");
	char attempts[32], state[64];
	const char *cell[4];
	size_t i;

	df_state_blocked(s, blocked);
	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		snprintf(state, sizeof(state), "%s%s", st ? name[st->status] :
		    blocked[i] ? "BLOCKED" : name[0], st && st->status ==
		    DF_STAGE_OPEN && lost ? " (lost)" : "");
		snprintf(attempts, sizeof(attempts), "%u", st ? st->attempts :
		    0);
		cell[0] = s->task[i].id;
		cell[1] = state;
		cell[2] = attempts;
		cell[3] = st ? st->error : "";
		df_out_row(cell, 4);
	}
	free(blocked);
}

/* And one for the suite, once it was used. */
static void
suite_line(const struct df_run *r)
{
	struct df_buf b = DF_BUF_INIT;

	if (r->state.verdict != DF_V_NONE) {
		df_ledger_text(&b, df_ledger_of(&r->state));
		df_out_row((const char *const[]) { "suite", b.s }, 2);
	}
	df_buf_release(&b);
}

/* ---- the tool ---- */

static int
one_run(const char *path, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_run r;
	int ret = 0;

	if (df_run_open(&r, path, o_as ? 0 : DF_RUN_BRIEF, e) < 0)
		return -1;
	if (o_as) {
		ret = df_status_as(&r, o_as, e);
	} else if (df_args.json) {
		ret = df_schema_write(&b, status_json(&r), "status", e);
		if (ret == 0)
			df_out_raw(b.s, b.n);
	} else {
		status_line(&r);
		if (df_verbose) {
			task_lines(&r);
			suite_line(&r);
		}
	}
	df_buf_release(&b);
	df_run_close(&r);
	return ret;
}

struct listing {
	struct df_list name, digest;
};

static int
on_run(void *arg, const char *name, const struct df_digest *run)
{
	struct listing *l = arg;
	char hex[DF_DIGEST_STR];

	df_list_addf(&l->name, "%s", name);
	df_list_addf(&l->digest, "%s", df_digest_str(run, hex));
	return 0;
}

/* A run that was announced and never appeared. */
static void
abandoned(const char *name, const char *digest)
{
	const char *cell[] = { name, "abandoned", "-", "-", "-", "-" };

	if (df_args.json || o_as)
		df_out_json(df_jset_str(df_jset_str(df_jset_str(jv_object(),
		    "digest", digest), "run", name), "status", "abandoned"));
	else
		df_out_row(cell, DF_LEN(cell));
}

static int
all_runs(struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	struct listing l = { { 0 }, { 0 } };
	struct df_factory f;
	int r, worst = DF_OK;
	size_t i;

	r = df_factory_open(&f, df_args.factory, e);
	if (r < 0)
		return -1;
	if (r == 0) {
		(void)df_fail(e, DF_USAGE, "status.which",
		    "which run? there is no factory here");
		return df_hint(e, "give RUN, -C RUN, or -F FACTORY");
	}
	r = df_factory_runs(&f, on_run, &l, e);
	for (i = 0; r == 0 && i < l.name.n; i++) {
		df_buf_reset(&path);
		df_buf_fmt(&path, "%s/runs/%s", f.path, l.name.v[i]);
		if (access(path.s, F_OK) < 0) {
			abandoned(l.name.v[i], l.digest.v[i]);
		} else if (one_run(path.s, e) < 0) {
			df_err_print(e);
			worst = df_exit_worst(worst, e->exit);
		}
	}
	df_list_free(&l.name);
	df_list_free(&l.digest);
	df_buf_release(&path);
	df_factory_close(&f);
	return r < 0 ? -1 : worst;
}

int
main(int argc, char **argv)
{
	struct df_err e;
	char **operand;
	size_t n, i;
	int worst = DF_OK;

	operand = df_opt_parse(&tool, argc, argv, &n);
	if (o_as && !df_status_system(o_as))
		df_usage("--as %s: no such system", o_as);
	/* A factory that was named wins over a run that was not. */
	if (n == 0 && df_args.factory && df_args.factory !=
	    getenv("DF_FACTORY") && df_args.run == getenv("DF_RUN"))
		df_args.run = NULL;
	if (n == 0 && (df_args.run == NULL || *df_args.run == '\0')) {
		worst = all_runs(&e);
		if (worst < 0)
			df_die(&e);
		return df_out_end(worst);
	}
	for (i = 0; i < (n ? n : 1); i++)
		if (one_run(n ? operand[i] : df_args.run, &e) < 0) {
			df_err_print(&e);
			worst = df_exit_worst(worst, e.exit);
		}
	return df_out_end(worst);
}
