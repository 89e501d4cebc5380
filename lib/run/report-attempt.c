#include "base/df.h"

#include <stdarg.h>
#include <stdio.h>

#include "run/report-internal.h"

int
df_report_count(jv list)
{
	return jv_get_kind(list) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(list)) : 0;
}

void
df_report_advise(struct df_making *w, const char *what, const char *id,
    const char *fmt, ...)
{
	struct df_buf b = DF_BUF_INIT;
	va_list ap;
	jv v;

	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	v = df_jset_str(df_jset_str(jv_object(), what, id), "text", b.s);
	w->advice = jv_array_append(w->advice, v);
	df_buf_release(&b);
}

static void
trace(struct df_making *w, const char *task, int64_t attempt,
    const char *text)
{
	jv v = df_jset_int(jv_object(), "attempt", attempt);

	v = df_jset_str(v, "task_id", task);
	w->traces = jv_array_append(w->traces, df_jset_str(v, "text", text));
}

/* "N processes were left: a, b": what a list {count, names|paths} says. */
static void
trace_list(struct df_making *w, const char *task, int64_t attempt,
    jv after, const char *member, const char *names, const char *what)
{
	jv o = df_jv_get(after, member), list = df_jv_get(o, names), one;
	int64_t n = df_jv_int(o, "count", 0);
	struct df_buf b = DF_BUF_INIT;
	int i;

	if (n > 0) {
		df_buf_fmt(&b, "%lld %s:", (long long)n, what);
		for (i = 0; i < df_report_count(list); i++) {
			one = jv_array_get(jv_copy(list), i);
			df_buf_fmt(&b, "%s %s", i ? "," : "",
			    jv_get_kind(one) == JV_KIND_STRING ?
			    jv_string_value(one) : "?");
			jv_free(one);
		}
		trace(w, task, attempt, b.s);
	}
	df_buf_release(&b);
	jv_free(list);
	jv_free(o);
}

/* What the attempt left or tried, by its records. */
static void
traces_of(struct df_making *w, const char *task, int64_t attempt, jv rec,
    jv host)
{
	jv after = df_jv_get(host, "after"), result = df_jv_get(rec,
	    "result");
	const char *exposed = df_jv_str(host, "exposed");
	char text[160];

	trace_list(w, task, attempt, after, "survivors", "names",
	    "processes were still there and were killed");
	trace_list(w, task, attempt, after, "outside", "paths",
	    "files outside the workspace, now gone");
	if (exposed) {
		snprintf(text, sizeof(text), "could see %.120s", exposed);
		trace(w, task, attempt, text);
	}
	if (df_jv_int(result, "setid", 0) > 0)
		trace(w, task, attempt, "set-id bits, removed");
	if (df_jv_int(rec, "masked", 0) > 0)
		trace(w, task, attempt, "wrote a secret it was given; masked");
	jv_free(after);
	jv_free(result);
}

static jv
measured(jv host)
{
	static const char *const same[] = { "exposed", "isolation", "level",
	    "output_bytes", "wall_ms" };
	jv v = jv_object(), m;
	size_t i;

	for (i = 0; i < DF_LEN(same); i++) {
		m = df_jv_get(host, same[i]);
		if (jv_is_valid(m))
			v = df_jset(v, same[i], m);
		else
			jv_free(m);
	}
	return v;
}

static jv
one_attempt(struct df_making *w, size_t t, uint32_t n, int last,
    struct df_err *e)
{
	struct df_run *r = w->run;
	const char *task = r->state.task[t].id, *code;
	char name[DF_NAME_MAX + 1];
	jv rec, host;

	snprintf(name, sizeof(name), "dispatch/%s/%u.json", task, n);
	if (df_run_find(r, name) == NULL) {
		rec = df_jset_int(jv_object(), "attempt", n);
		rec = df_jset_str(rec, "status", last && df_state_dispatch(
		    &r->state, t)->status == DF_STAGE_OPEN ? "DISPATCHED" :
		    "FAILED");
		rec = df_jset_str(rec, "error", "no record: its dispatcher "
		    "did not close it");
		rec = df_jset_str(rec, "error_code", "lost");
		rec = df_jset_bool(rec, "last", last);
		return df_jset_str(rec, "task_id", task);
	}
	rec = df_run_json(r, name, "attempt", e);
	snprintf(name, sizeof(name), "dispatch/%s/%u.host.json", task, n);
	host = df_run_json(r, name, "attempt-host", e);
	if (!jv_is_valid(rec) || !jv_is_valid(host)) {
		jv_free(host);
		jv_free(rec);
		return jv_invalid();
	}
	traces_of(w, task, n, rec, host);
	code = df_jv_str(rec, "error_code");
	if (last && code)
		df_report_advise(w, "task", task, "%s: %s (%s); its "
		    "transcript is result/%s/%u.log", task, df_jv_str(rec,
		    "error"), code, task, n);
	rec = df_jset(rec, "measured", measured(host));
	jv_free(host);
	return df_jset_bool(rec, "last", last);
}

/* A task that was never tried: what it waits for. */
static jv
not_tried(struct df_making *w, size_t t)
{
	const struct df_state *s = &w->run->state;
	const struct df_state_task *task = &s->task[t];
	const struct df_stage *dep;
	jv v = df_jset_str(jv_object(), "task_id", task->id);
	const char *on = NULL;
	size_t i;

	for (i = 0; i < task->ndep && on == NULL; i++) {
		dep = df_state_dispatch(s, task->dep[i]);
		if (dep == NULL || dep->status != DF_STAGE_DONE)
			on = s->task[task->dep[i]].id;
	}
	v = df_jset_str(v, "status", on ? "BLOCKED" : "PENDING");
	v = df_jset_str(v, "blocked_by", on);
	return df_jset_bool(v, "last", 1);
}

jv
df_report_attempts(struct df_making *w, struct df_err *e)
{
	const struct df_state *s = &w->run->state;
	const struct df_stage *st;
	jv list = jv_array(), one;
	size_t t;
	uint32_t n;

	for (t = 0; t < s->ntask; t++) {
		st = df_state_dispatch(s, t);
		if (st == NULL)
			list = jv_array_append(list, not_tried(w, t));
		for (n = 1; st && n <= st->attempts; n++) {
			one = one_attempt(w, t, n, n == st->attempts, e);
			if (!jv_is_valid(one)) {
				jv_free(list);
				return one;
			}
			list = jv_array_append(list, one);
		}
	}
	return list;
}
