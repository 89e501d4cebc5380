/* How attempts end: completed, failed, lost. */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "work/dispatch-internal.h"

/* What became of an attempt. */
struct end {
	const char *code;	/* NULL: completed */
	char message[300];
	int infra;		/* not the agent's doing */
	int exit;
	char word[16];		/* of the results file, or "" */
};

static void
failed(struct end *x, const char *code, int exit, int infra, const char *fmt,
    ...) DF_PRINTF(5, 6);

static void
failed(struct end *x, const char *code, int exit, int infra, const char *fmt,
    ...)
{
	va_list ap;

	x->code = code;
	x->exit = exit;
	x->infra = infra;
	va_start(ap, fmt);
	vsnprintf(x->message, sizeof(x->message), fmt, ap);
	va_end(ap);
}

static void
look(struct df_dispatch *d, struct df_job_slot *j, struct end *x)
{
	const struct df_attempt *a = &j->a;
	char text[200] = "";
	int pass = 0;

	if (a->had_results)
		pass = d->outcome(&a->results, x->word, text);
	if (j->broken.exit)
		failed(x, j->broken.code, DF_EXTERNAL, 1, "%.280s",
		    j->broken.msg);
	else if (*d->stop && a->infra.exit)
		failed(x, "interrupted", DF_EXTERNAL, 1,
		    "df-dispatch was interrupted");
	else if (a->infra.exit)
		failed(x, a->infra.code, DF_EXTERNAL, 1, "%.280s",
		    a->infra.msg);
	else if (a->timeout)
		failed(x, "agent.timeout", DF_EXHAUSTED, 0,
		    "no end after %lld seconds",
		    (long long)(d->session.attempt_ms / 1000));
	else if (a->bad.exit)
		failed(x, a->bad.code, DF_NO, 0, "%.280s", a->bad.msg);
	else if (!a->had_results)
		failed(x, "results.missing", DF_NO, 0,
		    "the agent wrote no results file (exit status %d)",
		    a->exit);
	else if (!pass)
		failed(x, "results.status", DF_NO, 0,
		    "the results file says %s: %.200s", x->word, text);
}

static int
will_retry(struct df_dispatch *d, const struct df_job_slot *j,
    const struct end *x)
{
	const struct df_run *r = &d->step->run;
	const char *which = df_run_setting_str(r, "retry.failures",
	    "infrastructure");

	/* What this machine could not even start, it cannot a moment later:
	   the next df-dispatch tries again. */
	if (!j->started || j->a.child.failed.exit)
		return 0;
	if (*d->stop || (r->state.max_attempts && (uint64_t)j->plan.attempt >=
	    r->state.max_attempts))
		return 0;
	return strcmp(which, "all") == 0 ||
	    (x->infra && strcmp(which, "infrastructure") == 0);
}

/* ---- artifacts ---- */

static const char *
named(char out[DF_NAME_MAX + 1], const char *dir, const struct df_plan *p,
    const char *suffix)
{
	snprintf(out, DF_NAME_MAX + 1, "%s/%s/%lld.%s", dir, p->task,
	    (long long)p->attempt, suffix);
	return out;
}

static int
put_result(struct df_dispatch *d, struct df_commit *c,
    const struct df_job_slot *j, uint32_t node, struct df_err *e)
{
	const struct df_attempt *a = &j->a;
	struct df_buf patch = DF_BUF_INIT;
	char name[DF_NAME_MAX + 1];
	int r = 0;

	if (a->had_tree)
		r = df_commit_tree(d->step, c, named(name, "result", &j->plan,
		    "tree"), &a->tree, e);
	if (r == 0 && node != UINT32_MAX) {
		r = df_merger_patch(d->merger, j->node, node, 0, &patch, e);
		if (r == 0)
			r = df_commit_put(d->step, c, named(name, "result",
			    &j->plan, "patch"), DF_MEDIA_PATCH, patch.s,
			    patch.n, e);
	}
	if (r == 0 && a->log.n)
		r = df_commit_put(d->step, c, named(name, "result", &j->plan,
		    "log"), DF_MEDIA_TEXT, a->log.s, a->log.n, e);
	if (r == 0 && a->had_results)
		r = df_commit_put(d->step, c, named(name, "result", &j->plan,
		    "md"), DF_MEDIA_MD, a->results.s, a->results.n, e);
	df_buf_release(&patch);
	return r;
}

static int
put_records(struct df_dispatch *d, struct df_commit *c,
    const struct df_job_slot *j, const struct end *x, int retry,
    struct df_err *e)
{
	char name[DF_NAME_MAX + 1], now[DF_TIME_STR];
	jv v;

	v = df_record_ended(df_plan_json(&j->plan), &j->a,
	    df_time_str(df_now_ms(), now));
	if (x->word[0])
		v = df_jset_str(v, "results_status", x->word);
	if (j->a.had_results)
		v = df_jset_str(v, "results_path", named(name, "result",
		    &j->plan, "md"));
	if (x->code)
		v = df_record_failed(v, x->code, x->message, retry);
	if (df_commit_record(d->step, c, named(name, "dispatch", &j->plan,
	    "json"), "attempt", v, e) < 0)
		return -1;
	return df_commit_record(d->step, c, named(name, "dispatch", &j->plan,
	    "host.json"), "attempt-host", df_record_host(&j->a), e);
}

static void
spent(struct df_dispatch *d, struct df_commit *c, const struct df_attempt *a)
{
	jv usage = a->usage;
	int64_t tokens = df_jv_int(usage, "tokens", 0);
	int64_t cost = df_jv_int(usage, "cost_microusd", 0);

	if (tokens > 0) {
		c->data = df_jset_int(c->data, "tokens", tokens);
		d->tokens += tokens;
	}
	if (cost > 0) {
		c->data = df_jset_int(c->data, "cost_microusd", cost);
		d->cost += cost;
	}
	d->busy += df_jv_int(a->record, "wall_ms", 0);
}

static jv
error_json(const struct end *x, int retry)
{
	struct df_buf b = DF_BUF_INIT;
	jv v = df_jset_str(jv_object(), "code", x->code);

	df_text_foreign(&b, x->message, strlen(x->message), DF_TEXT_LINE, 0,
	    0);
	v = df_jset_str(v, "domain", "EXEC_FAILURE");
	v = df_jset_strn(v, "message", b.s, b.n);
	df_buf_release(&b);
	return df_jset_bool(v, "retryable", retry);
}

/* ---- what follows ---- */

static void
follow(struct df_dispatch *d, const struct df_job_slot *j,
    const struct end *x, int retry)
{
	if (x->code == NULL) {
		df_schedule_done(&d->sched, j->task);
		df_dispatch_tell(d, DF_NEWS_COMPLETED, j->task, "%s",
		    j->a.exposed ? "a protected path was visible" : "");
	} else if (retry) {
		df_schedule_again(&d->sched, j->task);
		df_dispatch_tell(d, DF_NEWS_AGAIN, j->task, "%.230s",
		    x->message);
	} else {
		df_schedule_failed(&d->sched, j->task);
		d->worst = df_exit_worst(d->worst, x->exit);
		df_dispatch_tell(d, DF_NEWS_FAILED, j->task, "%.230s",
		    x->message);
	}
}

int
df_dispatch_ended(struct df_dispatch *d, struct df_job_slot *j,
    struct df_err *e)
{
	struct end x = { .code = NULL };
	uint32_t node = UINT32_MAX;
	struct df_commit *c;
	int retry;

	if (j->started && df_attempt_finish(&j->a, &j->broken) < 0 &&
	    j->broken.exit != DF_EXTERNAL) {
		*e = j->broken;
		return -1;
	}
	look(d, j, &x);
	retry = x.code && will_retry(d, j, &x);
	c = df_dispatch_event(d, x.code ? "stage.failed" : "stage.completed",
	    j->plan.task, j->plan.attempt);
	c->data = df_jset_str(c->data, "outcome", x.code == NULL ? "success" :
	    retry ? "retry" : "fail");
	if (x.code)
		c->data = df_jset(c->data, "error", error_json(&x, retry));
	spent(d, c, &j->a);
	if (x.code == NULL) {
		df_combine_add(d->combine, j->task, &j->a.tree, j->from,
		    j->nfrom);
		node = df_combine_node(d->combine, j->task);
	}
	if (put_records(d, c, j, &x, retry, e) < 0 ||
	    put_result(d, c, j, node, e) < 0)
		return -1;
	follow(d, j, &x, retry);
	return 0;
}

/* ---- lost ---- */

/* Everything is open again whose dispatcher died: we have its lock. */
int
df_dispatch_lost(struct df_dispatch *d, struct df_err *e)
{
	const struct df_state *s = &d->step->run.state;
	struct end x = { .code = "lost", .infra = 1, .exit = DF_EXTERNAL };
	const struct df_stage *st;
	struct df_commit *c;
	size_t i;

	snprintf(x.message, sizeof(x.message),
	    "the dispatcher of this attempt ended without closing it");
	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		if (st == NULL || st->status != DF_STAGE_OPEN)
			continue;
		c = df_dispatch_event(d, "stage.failed", s->task[i].id,
		    st->attempts);
		c->data = df_jset_str(c->data, "outcome", "retry");
		c->data = df_jset(c->data, "error", error_json(&x, 1));
		df_dispatch_tell(d, DF_NEWS_LOST, i, "attempt %u",
		    st->attempts);
	}
	return df_dispatch_flush(d, e);
}
