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
#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "run/factory.h"
#include "run/hold.h"
#include "run/records.h"

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

static const char *const systems[] = { "ro", "spec250", "sr", "mf", "recomp",
    "level4", "attractor", "batch", "darkfactorio", "factory_report" };

/* ---- our words ---- */

static jv
word(const char *s)
{
	return s ? jv_string(s) : jv_null();
}

static jv
when(int64_t ms)
{
	char t[DF_TIME_STR];

	return ms < 0 ? jv_null() : jv_string(df_time_str(ms, t));
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
	v = df_jset(v, "started_at", when(s->started));
	v = df_jset_str(v, "status", df_run_status_name(s->status));
	o = df_jset_int(jv_object(), "blocked", (int64_t)c.blocked);
	o = df_jset_int(o, "completed", (int64_t)c.done);
	o = df_jset_int(o, "failed", (int64_t)c.failed);
	o = df_jset_int(o, "open", (int64_t)c.open);
	v = df_jset(v, "tasks", df_jset_int(o, "total", (int64_t)s->ntask));
	v = df_jset(v, "updated_at", when(s->updated));
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

/* ---- other words ---- */

static jv
artifact_ref(const struct df_name *n)
{
	const char *schema = df_record_schema(n->name);
	char hex[DF_DIGEST_STR], text[120];
	jv v = jv_object();

	(void)df_digest_str(&n->digest, hex);
	v = df_jset_str(v, "digest", hex);
	v = df_jset_str(v, "digest_alg", "sha256");
	v = df_jset_str(v, "media_type", n->media);
	v = df_jset_str(v, "name", n->name);
	snprintf(text, sizeof(text), "artifact://%s", hex);
	v = df_jset_str(v, "ref", text);
	if (schema) {
		snprintf(text, sizeof(text), "df.%s/1", schema);
		v = df_jset_str(v, "schema_version", text);
	}
	return df_jset_int(v, "size_bytes", (int64_t)n->size);
}

static void
record(const char *kind, const char *schema, jv v)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;

	if (df_schema_write(&b, jv_copy(v), schema, &e) < 0)
		df_die(&e);
	df_buf_release(&b);
	df_out_json(df_jset(jv_object(), kind, v));
}

/* An attempt that is over, from its record. */
static jv
ended_attempt(struct df_run *r, const struct df_name *n, struct df_err *e)
{
	jv in = df_run_json(r, n->name, "attempt", e), v = jv_object(), c;
	const char *status, *task, *code, *done;
	char id[200];

	if (!jv_is_valid(in)) {
		jv_free(v);
		return in;
	}
	status = df_jv_str(in, "status");
	task = df_jv_str(in, "task_id");
	code = df_jv_str(in, "error_code");
	done = df_jv_str(in, "timestamp_completed");
	snprintf(id, sizeof(id), "%s/%s", r->id, task);
	v = df_jset_str(v, "attempt_id", df_jv_str(in, "dispatch_id"));
	c = df_jset_str(jv_object(), "dispatch_id", df_jv_str(in,
	    "dispatch_id"));
	c = df_jset_str(c, "handoff_id", df_jv_str(in, "handoff_id"));
	c = df_jset_str(c, "run_id", r->id);
	v = df_jset(v, "correlation_ids", df_jset_str(c, "task_id", task));
	v = df_jset_str(v, "created_at_utc", df_jv_str(in,
	    "timestamp_dispatched"));
	v = df_jset_str(v, "error_code", code);
	v = df_jset_str(v, "job_id", id);
	if (code)
		v = df_jset_bool(v, "retryable", df_jv_bool(in,
		    "retryable"));
	v = df_jset_str(v, "status", strcmp(status, "COMPLETED") == 0 ?
	    "SUCCEEDED" : "FAILED");
	v = df_jset_str(v, "updated_at_utc", done ? done : df_jv_str(in,
	    "timestamp_dispatched"));
	jv_free(in);
	return v;
}

struct open_attempt {
	struct df_run *r;
	const char *task;
	int lost;
};

/* One that is open has only its line. */
static int
on_open(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct open_attempt *o = arg;
	jv in = df_json_jv(ev->j, ev->data), v = jv_object(), c;
	char id[200], t[DF_TIME_STR];

	(void)e;
	snprintf(id, sizeof(id), "%s/%s", o->r->id, o->task);
	v = df_jset_str(v, "attempt_id", df_jv_str(in, "dispatch_id"));
	c = df_jset_str(jv_object(), "dispatch_id", df_jv_str(in,
	    "dispatch_id"));
	c = df_jset_str(c, "handoff_id", df_jv_str(in, "handoff_id"));
	c = df_jset_str(c, "run_id", o->r->id);
	v = df_jset(v, "correlation_ids", df_jset_str(c, "task_id",
	    o->task));
	v = df_jset_str(v, "created_at_utc", df_time_str(ev->time, t));
	v = df_jset_str(v, "job_id", id);
	v = df_jset_str(v, "status", o->lost ? "FAILED" : "RUNNING");
	if (o->lost)
		v = df_jset_str(v, "error_code", "lost");
	v = df_jset_str(v, "updated_at_utc", t);
	jv_free(in);
	record("JobAttemptRecord", "job-attempt", v);
	return 0;
}

static int
open_attempts(struct df_run *r, struct df_err *e)
{
	struct open_attempt o = { r, NULL, 0 };
	const struct df_stage *st;
	size_t i;

	for (i = 0; i < r->state.ntask; i++) {
		st = df_state_dispatch(&r->state, i);
		if (st == NULL || st->status != DF_STAGE_OPEN)
			continue;
		o.task = r->state.task[i].id;
		o.lost = df_hold_free(r, "dispatch");
		if (df_log_reread(&r->log, st->started.off, st->started.len,
		    &st->started.digest, on_open, &o, e) < 0)
			return -1;
	}
	return 0;
}

/* What a resource orchestrator knows: artifacts, attempts, configurations. */
static int
as_ro(struct df_run *r, struct df_err *e)
{
	jv list, one, v, d;
	char ref[120];
	size_t i;
	int k, n;

	for (i = 0; i < r->nname; i++)
		record("ArtifactRef", "artifact-ref", artifact_ref(
		    &r->name[i]));
	for (i = 0; i < r->nname; i++) {
		const char *schema = df_record_schema(r->name[i].name);

		if (schema == NULL || strcmp(schema, "attempt") != 0)
			continue;
		v = ended_attempt(r, &r->name[i], e);
		if (!jv_is_valid(v))
			return -1;
		record("JobAttemptRecord", "job-attempt", v);
	}
	if (open_attempts(r, e) < 0)
		return -1;
	list = df_jv_get(r->env, "config");
	n = jv_array_length(jv_copy(list));
	for (k = 0; k < n; k++) {
		one = jv_array_get(jv_copy(list), k);
		d = df_jv_get(one, "digest");
		snprintf(ref, sizeof(ref), "artifact://%s",
		    jv_string_value(d));
		v = df_jset_str(jv_object(), "config_name", df_jv_str(one,
		    "name"));
		v = df_jset_str(v, "config_version", df_jv_str(one,
		    "version"));
		v = df_jset(v, "digest", d);
		record("ConfigVersionRef", "config-version-ref",
		    df_jset_str(v, "ref", ref));
		jv_free(one);
	}
	jv_free(list);
	return 0;
}

static int
as_spec250(struct df_run *r, struct df_err *e)
{
	const struct df_state *s = &r->state;
	const struct df_stage *st = s->last_stage == UINT32_MAX ? NULL :
	    &s->stage[s->last_stage];
	jv v = jv_object(), list = jv_array(), sub, p;
	char hex[DF_DIGEST_STR], ref[120];
	struct df_buf b = DF_BUF_INIT;
	const char *id;
	size_t i;
	int ret;

	for (i = 0; i < r->nname; i++) {
		snprintf(ref, sizeof(ref), "artifact://%s", df_digest_str(
		    &r->name[i].digest, hex));
		list = jv_array_append(list, jv_string(ref));
	}
	p = df_state_project(s);
	sub = df_jv_get(r->env, "submission");
	id = df_jv_str(sub, "run_id");
	v = df_jset(v, "artifacts", list);
	v = df_jset_str(v, "current_stage", st ? st->name : "boot");
	v = df_jset_str(v, "run_id", id ? id : r->id);
	v = df_jset_int(v, "stage_attempt", st ? st->attempts : 0);
	v = df_jset(v, "started_at", when(s->started));
	v = df_jset(v, "state", df_jv_get(p, "spec250.state"));
	v = df_jset(v, "updated_at", when(s->updated));
	jv_free(sub);
	jv_free(p);
	ret = df_schema_write(&b, v, "spec250-status", e);
	if (ret == 0)
		df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return ret;
}

/* The members of the projection that belong to the system. */
static int
as_other(struct df_run *r)
{
	jv all = df_state_project(&r->state), out = jv_object(), key;
	size_t n = strlen(o_as);
	int it;

	for (it = jv_object_iter(all); jv_object_iter_valid(all, it);
	    it = jv_object_iter_next(all, it)) {
		key = jv_object_iter_key(all, it);
		if (strncmp(jv_string_value(key), o_as, n) == 0 &&
		    jv_string_value(key)[n] == '.')
			out = jv_object_set(out, jv_copy(key),
			    jv_object_iter_value(all, it));
		jv_free(key);
	}
	jv_free(all);
	df_out_json(df_jset_str(out, "run", r->id));
	return 0;
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
	if (o_as && strcmp(o_as, "ro") == 0) {
		ret = as_ro(&r, e);
	} else if (o_as && strcmp(o_as, "spec250") == 0) {
		ret = as_spec250(&r, e);
	} else if (o_as) {
		ret = as_other(&r);
	} else if (df_args.json) {
		ret = df_schema_write(&b, status_json(&r), "status", e);
		if (ret == 0)
			df_out_raw(b.s, b.n);
	} else {
		status_line(&r);
		if (df_verbose)
			task_lines(&r);
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
	for (i = 0; o_as && i < DF_LEN(systems); i++)
		if (strcmp(o_as, systems[i]) == 0)
			break;
	if (o_as && i == DF_LEN(systems))
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
