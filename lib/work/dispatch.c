#include "base/df.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/schema.h"
#include "work/dispatch-internal.h"

#define BATCH 128		/* events of one turn, more or less */
#define FLUSH_MS 20	/* so long an ended attempt waits for others at most */

struct df_news_item {
	enum df_news what;
	size_t task;
	char text[240];
};

/* ---- one turn's commits and what is told of them ---- */

struct df_commit *
df_dispatch_event(struct df_dispatch *d, const char *type, const char *task,
    int64_t attempt)
{
	struct df_commit *c;
	char stage[160];

	DF_GROW(d->commit, d->ncommit, d->capcommit);
	c = &d->commit[d->ncommit++];
	snprintf(stage, sizeof(stage), "dispatch/%s", task);
	df_commit_init(c, type, stage);
	c->data = df_jset_int(c->data, "attempt", attempt);
	c->data = df_jset_str(c->data, "stage", stage);
	return c;
}

void
df_dispatch_tell(struct df_dispatch *d, enum df_news what, size_t task,
    const char *fmt, ...)
{
	struct df_news_item *it;
	va_list ap;

	DF_GROW(d->item, d->nitem, d->capitem);
	it = &d->item[d->nitem++];
	it->what = what;
	it->task = task;
	va_start(ap, fmt);
	vsnprintf(it->text, sizeof(it->text), fmt, ap);
	va_end(ap);
}

int
df_dispatch_flush(struct df_dispatch *d, struct df_err *e)
{
	int64_t t0 = df_mono_ms();
	size_t i;
	int r = 0;

	if (d->ncommit)
		r = df_step_commit(d->step, d->commit, d->ncommit, e);
	d->flush_ms = df_mono_ms() - t0 > FLUSH_MS ? FLUSH_MS :
	    df_mono_ms() - t0;
	for (i = 0; i < d->ncommit; i++)
		df_commit_release(&d->commit[i]);
	d->ncommit = 0;
	d->tokens = d->cost = d->busy = 0;
	for (i = 0; i < d->nitem && r == 0; i++)
		d->news(d->arg, d->item[i].what, d->item[i].task,
		    d->item[i].text);
	d->nitem = 0;
	return r;
}

/* ---- opening ---- */

static int
lock_run(struct df_dispatch *d, struct df_err *e)
{
	struct df_run *r = &d->step->run;
	struct df_buf path = DF_BUF_INIT;

	if (df_hold_take(&d->hold, r, "dispatch", "the run's dispatcher", e) <
	    0)
		return -1;
	df_buf_fmt(&path, "%s/work", r->path);
	d->work_path = df_buf_detach(&path);
	return 0;
}

/* Its file is as its author wrote it, not canonical. */
static int
read_adapter(struct df_dispatch *d, const char *file, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	int r;

	r = df_run_get(&d->step->run, file, DF_RUN_BLOB_MAX, &b, e);
	if (r == 0)
		r = df_schema_scan(&j, b.s, b.n, 0, "adapter", file, e);
	if (r == 0)
		r = df_adapter_load(&d->adapter, df_json_jv(&j, 0), e);
	df_json_release(&j);
	df_buf_release(&b);
	return r;
}

static int
load_adapter(struct df_dispatch *d, struct df_err *e)
{
	jv list = df_jv_get(d->step->run.env, "config"), one;
	int i, n = jv_array_length(jv_copy(list));
	char file[DF_NAME_MAX + 1];
	const char *name = "";

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		name = df_jv_str(one, "name");
		if (strncmp(name, "adapter/", 8) == 0) {
			d->adapter_ref = one;
			break;
		}
		jv_free(one);
	}
	jv_free(list);
	if (i == n) {
		(void)df_fail(e, DF_REFUSED, "dispatch.adapter",
		    "the run was booted without an adapter");
		return df_hint(e, "df-boot --set agent.adapter=NAME");
	}
	snprintf(file, sizeof(file), "config/%s.json", name);
	return read_adapter(d, file, e);
}

static int
open_session(struct df_dispatch *d, struct df_err *e)
{
	struct df_run *r = &d->step->run;
	struct df_session *s = &d->session;
	const struct df_name *base = df_run_find(r, "base.tree");
	struct df_buf missing = DF_BUF_INIT;
	jv host, list;
	int ret;

	s->host = jv_invalid();
	s->scratch_fd = s->own_fd = -1;
	if (df_adapter_missing(&d->adapter, &missing)) {
		ret = df_fail(e, DF_REFUSED, "dispatch.environment",
		    "adapter %s: environment variables that are not set: %s",
		    d->adapter.name, missing.s);
		df_buf_release(&missing);
		return ret;
	}
	host = df_run_json(r, "boot.host.json", "boot-host", e);
	if (!jv_is_valid(host) || base == NULL)
		return -1;
	s->host = df_jv_get(host, "adapter");
	list = df_jv_get(host, "protected");
	ret = df_protect_load(&s->protect, list, e);
	jv_free(list);
	jv_free(host);
	if (ret < 0)
		return -1;
	df_protect_add(&s->protect, r->path, "run");
	df_protect_keys(&s->protect);
	s->store = &r->store;
	s->adapter = &d->adapter;
	s->level = (enum df_level)df_level_parse(df_run_setting_str(r,
	    "sandbox.level", "bwrap"));
	s->model = df_run_setting_str(r, "agent.model", "");
	s->attempt_ms = df_run_setting_int(r, "limits.attempt_seconds",
	    1800) * 1000;
	s->processes = df_run_setting_int(r, "limits.processes", 4096);
	s->output = (size_t)df_run_setting_int(r, "limits.output_bytes",
	    16777216);
	s->limit.entries = (uint64_t)df_run_setting_int(r,
	    "limits.tree_entries", 0);
	s->limit.bytes = (uint64_t)df_run_setting_int(r, "limits.tree_bytes",
	    0);
	s->keep_ignored = d->keep_ignored;
	return df_session_open(s, &base->digest, e);
}

/* No PASS, no read: what is to be dispatched has a handoff and a prompt. */
static int
check_inputs(struct df_dispatch *d, struct df_err *e)
{
	static const char *const what[] = { "handoff", "prompt" };
	const struct df_run *r = &d->step->run;
	const struct df_stage *st;
	char name[DF_NAME_MAX + 1];
	size_t i, k;

	for (i = 0; i < r->state.ntask; i++) {
		st = df_state_dispatch(&r->state, i);
		if (!d->selected[i] || (st && st->status == DF_STAGE_DONE))
			continue;
		for (k = 0; k < DF_LEN(what); k++) {
			snprintf(name, sizeof(name), "%s/%s.md", what[k],
			    r->state.task[i].id);
			if (df_run_find(r, name))
				continue;
			(void)df_fail(e, DF_REFUSED, "pass.missing",
			    "%s has no %s: no PASS, no read",
			    r->state.task[i].id, what[k]);
			return df_hint(e, "df-%s %s", what[k],
			    r->state.task[i].id);
		}
	}
	return 0;
}

int
df_dispatch_open(struct df_dispatch *d, struct df_err *e)
{
	struct df_run *r = &d->step->run;
	const struct df_name *base;

	d->hold.dir = d->hold.lock = -1;
	d->adapter.j = d->adapter_ref = d->session.host = jv_invalid();
	d->session.scratch_fd = d->session.own_fd = -1;
	if (lock_run(d, e) < 0)
		return -1;
	if (r->state.status != DF_ST_EXECUTING || r->state.paused)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s%s: nothing is dispatched",
		    df_run_status_name(r->state.status),
		    r->state.paused ? ", paused" : "");
	base = df_run_find(r, "base.tree");
	if (base == NULL)
		return df_fail(e, DF_INTEGRITY, "run.base",
		    "the run has no base.tree");
	if (load_adapter(d, e) < 0 ||
	    (!d->merge_only && check_inputs(d, e) < 0) ||
	    open_session(d, e) < 0 || df_dispatch_lost(d, e) < 0)
		return -1;
	d->slot = df_calloc(d->jobs, sizeof(*d->slot));
	df_schedule_init(&d->sched, &r->state, d->selected);
	d->merger = df_merger_open(&r->store, d->hold.dir, d->work_path,
	    &base->digest);
	d->combine = df_combine_open(&r->state, d->merger);
	if (df_dispatch_lineage(d, e) < 0)
		return -1;
	return d->fresh ? 0 : df_origins_open(d, &d->origins, e);
}

void
df_dispatch_close(struct df_dispatch *d)
{
	size_t i;

	for (i = 0; d->slot && i < d->jobs; i++)
		if (d->slot[i])
			df_job_free(d->slot[i]);
	free(d->slot);
	for (i = 0; i < d->ncommit; i++)
		df_commit_release(&d->commit[i]);
	free(d->commit);
	free(d->item);
	df_origins_free(d->origins);
	df_combine_free(d->combine);
	df_merger_close(d->merger);
	if (d->sched.job)
		df_schedule_release(&d->sched);
	df_session_close(&d->session);
	df_adapter_release(&d->adapter);
	jv_free(d->adapter_ref);
	df_buf_release(&d->clash.paths);
	df_hold_drop(&d->hold);
	free(d->work_path);
}

/* ---- the loop ---- */

/* Is a budget of the whole run used up? */
static int
budget_gone(struct df_dispatch *d)
{
	const struct df_run *r = &d->step->run;
	int64_t tokens = df_run_setting_int(r, "limits.tokens", 0);
	int64_t seconds = df_run_setting_int(r, "limits.run_seconds", 0);
	int64_t cost = df_run_setting_int(r, "limits.cost_microusd", 0);
	const char *which = NULL;

	if (tokens && r->state.tokens + d->tokens >= tokens)
		which = "limits.tokens";
	else if (cost && r->state.cost + d->cost >= cost)
		which = "limits.cost_microusd";
	else if (seconds && r->state.busy + d->busy >= seconds * 1000)
		which = "limits.run_seconds";
	if (which == NULL)
		return 0;
	d->exhausted = 1;
	d->worst = df_exit_worst(d->worst, DF_EXHAUSTED);
	df_warn("%s is used up: no further attempt is started", which);
	return 1;
}

static int
attempts_gone(struct df_dispatch *d, size_t t)
{
	const struct df_state *s = &d->step->run.state;
	const struct df_stage *st = df_state_dispatch(s, t);

	if (st == NULL || s->max_attempts == 0 ||
	    st->attempts < s->max_attempts)
		return 0;
	df_schedule_failed(&d->sched, t);
	d->worst = df_exit_worst(d->worst, DF_EXHAUSTED);
	df_dispatch_tell(d, DF_NEWS_FAILED, t, "all %u attempts are used up",
	    s->max_attempts);
	return 1;
}

static size_t
free_slot(const struct df_dispatch *d)
{
	size_t i;

	for (i = 0; i < d->jobs && d->slot[i]; i++)
		;
	return i;
}

static int
plan_some(struct df_dispatch *d, struct df_err *e)
{
	struct df_job_slot *j;
	size_t at;
	int t, r;

	while ((at = free_slot(d)) < d->jobs && d->ncommit < BATCH &&
	    !d->clashed && !d->exhausted && !*d->stop) {
		t = df_schedule_next(&d->sched);
		if (t < 0)
			break;
		if (attempts_gone(d, (size_t)t))
			continue;
		if (budget_gone(d)) {
			df_schedule_again(&d->sched, (size_t)t);
			break;
		}
		r = df_dispatch_plan(d, (size_t)t, &j, e);
		if (r < 0)
			return -1;
		if (r > 0) {
			/* Dealt with when nothing runs any more. */
			d->clashed = 1;
			df_schedule_again(&d->sched, (size_t)t);
			break;
		}
		if (j)
			d->slot[at] = j;
	}
	return 0;
}

static void
start_planned(struct df_dispatch *d)
{
	struct df_job_slot *j;
	size_t i;

	for (i = 0; i < d->jobs; i++) {
		j = d->slot[i];
		if (j == NULL || j->started || j->broken.exit)
			continue;
		if (df_attempt_start(&j->a, &j->broken) < 0)
			continue;
		j->started = 1;
		d->running++;
		d->news(d->arg, DF_NEWS_STARTED, j->task, "");
	}
}

static int
collect(struct df_dispatch *d, struct df_err *e)
{
	struct df_job_slot *j;
	size_t i;

	for (i = 0; i < d->jobs; i++) {
		j = d->slot[i];
		if (j == NULL || !(j->started ? j->a.child.ended :
		    j->broken.exit))
			continue;
		d->running -= j->started;
		d->slot[i] = NULL;
		if (df_dispatch_ended(d, j, e) < 0) {
			df_job_free(j);
			return -1;
		}
		df_job_free(j);
	}
	return 0;
}

static void
kill_all(struct df_dispatch *d)
{
	size_t i;

	for (i = 0; i < d->jobs; i++)
		if (d->slot[i] && d->slot[i]->started)
			df_child_kill(&d->slot[i]->a.child);
}

/* Until at least one has ended, or a signal came. */
static void
wait_for_one(struct df_dispatch *d)
{
	struct df_child **c = df_calloc(d->jobs, sizeof(struct df_child *));
	int64_t until, left;
	size_t i, n = 0;

	for (i = 0; i < d->jobs; i++)
		if (d->slot[i] && d->slot[i]->started)
			c[n++] = &d->slot[i]->a.child;
	if (n && df_children_wait(c, n, d->tick ? 1000 : -1) == 0) {
		if (d->tick)
			d->tick(d->arg);
	} else if (n > 1 && d->flush_ms > 0) {
		/* Who ends while a commit would take place shares it. */
		until = df_mono_ms() + d->flush_ms;
		while (!*d->stop && (left = until - df_mono_ms()) > 0 &&
		    df_children_wait(c, n, left) > 0)
			;
	}
	free(c);
}

static void
wait_for_all(struct df_dispatch *d)
{
	size_t i;

	for (i = 0; i < d->jobs; i++)
		while (d->slot[i] && d->slot[i]->started &&
		    !d->slot[i]->a.child.ended)
			wait_for_one(d);
}

static int
turn(struct df_dispatch *d, int *more, struct df_err *e)
{
	size_t had;

	if (collect(d, e) < 0 || plan_some(d, e) < 0)
		return -1;
	had = d->ncommit + d->nitem;
	if (df_dispatch_flush(d, e) < 0)
		return -1;
	start_planned(d);
	if (d->running == 0 && d->clashed && !*d->stop)
		return df_dispatch_clash(d, e);
	*more = had != 0;
	return 0;
}

int
df_dispatch_run(struct df_dispatch *d, struct df_err *e)
{
	int more = 1, killed = 0;

	while (more || d->running) {
		more = 1;
		if (turn(d, &more, e) < 0) {
			kill_all(d);
			wait_for_all(d);
			return -1;
		}
		if (*d->stop && !killed) {
			kill_all(d);
			killed = 1;
		}
		if (d->running)
			wait_for_one(d);
	}
	return 0;
}
