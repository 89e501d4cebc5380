#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/schema.h"
#include "run/hold.h"
#include "run/records.h"
#include "status.h"

static const char *const systems[] = { "ro", "spec250", "sr", "mf", "recomp",
    "level4", "attractor", "batch", "darkfactorio", "factory_report" };

jv
df_status_when(int64_t ms)
{
	char t[DF_TIME_STR];

	return ms < 0 ? jv_null() : jv_string(df_time_str(ms, t));
}

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
	v = df_jset(v, "started_at", df_status_when(s->started));
	v = df_jset(v, "state", df_jv_get(p, "spec250.state"));
	v = df_jset(v, "updated_at", df_status_when(s->updated));
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
as_other(struct df_run *r, const char *system)
{
	jv all = df_state_project(&r->state), out = jv_object(), key;
	size_t n = strlen(system);
	int it;

	for (it = jv_object_iter(all); jv_object_iter_valid(all, it);
	    it = jv_object_iter_next(all, it)) {
		key = jv_object_iter_key(all, it);
		if (strncmp(jv_string_value(key), system, n) == 0 &&
		    jv_string_value(key)[n] == '.')
			out = jv_object_set(out, jv_copy(key),
			    jv_object_iter_value(all, it));
		jv_free(key);
	}
	jv_free(all);
	df_out_json(df_jset_str(out, "run", r->id));
	return 0;
}

int
df_status_system(const char *system)
{
	size_t i;

	for (i = 0; i < DF_LEN(systems); i++)
		if (strcmp(system, systems[i]) == 0)
			return 1;
	return 0;
}

int
df_status_as(struct df_run *r, const char *system, struct df_err *e)
{
	if (strcmp(system, "ro") == 0)
		return as_ro(r, e);
	if (strcmp(system, "spec250") == 0)
		return as_spec250(r, e);
	return as_other(r, system);
}
