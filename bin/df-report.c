/*
 * df-report - the FactoryReport (E-007): report.json, report.md, JUnit XML.
 *
 * The verdict, every attempt, every scenario, and for each requirement which
 * tasks claim it, which scenarios judged it, and what that is worth.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/report.h"
#include "run/select.h"
#include "run/step.h"
#include "spec/matrix.h"
#include "spec/public.h"
#include "work/facts.h"
#include "work/unseal.h"

static int o_full;
static const char *o_message, *o_output, *o_format = "md";

static const struct df_opt opts[] = {
	{ 0, "full", NULL, "with expected, actual, titles: a disclosure",
	    DF_OPT_FLAG, &o_full, 0, 0 },
	{ 'm', "message", "WHY", "the reason for --full; it is recorded",
	    DF_OPT_STR, &o_message, 0, 0 },
	{ 'o', "output", "FILE", "where --full goes (default: stdout)",
	    DF_OPT_STR, &o_output, 0, 0 },
	{ 0, "format", "FORMAT", "of --full: md, json or junit", DF_OPT_STR,
	    &o_format, 0, 0 },
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_IDENTITY, DF_ARG_DRY, DF_ARG_JSON,
	DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-report", "[options]",
	"Write report.json, report.md and report.xml of a run.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

struct work {
	struct df_step step;
	struct df_public public;
	int have_public;
	jv facts, holdout;		/* holdout: the last record, or null */
	jv traces, advice;		/* arrays that grow */
	struct df_matrix *matrix;
};

/* ---- helpers ---- */

static int
count(jv list)
{
	return jv_get_kind(list) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(list)) : 0;
}

static jv
digest(const struct df_digest *d)
{
	char s[DF_DIGEST_STR];

	return jv_string(df_digest_str(d, s));
}

static void
advise(struct work *w, const char *what, const char *id, const char *fmt, ...)
    DF_PRINTF(4, 5);

static void
advise(struct work *w, const char *what, const char *id, const char *fmt, ...)
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

/* ---- attempts ---- */

static void
trace(struct work *w, const char *task, int64_t attempt, const char *text)
{
	jv v = df_jset_int(jv_object(), "attempt", attempt);

	v = df_jset_str(v, "task_id", task);
	w->traces = jv_array_append(w->traces, df_jset_str(v, "text", text));
}

/* "N processes were left: a, b": what a list {count, names|paths} says. */
static void
trace_list(struct work *w, const char *task, int64_t attempt, jv after,
    const char *member, const char *names, const char *what)
{
	jv o = df_jv_get(after, member), list = df_jv_get(o, names), one;
	int64_t n = df_jv_int(o, "count", 0);
	struct df_buf b = DF_BUF_INIT;
	int i;

	if (n > 0) {
		df_buf_fmt(&b, "%lld %s:", (long long)n, what);
		for (i = 0; i < count(list); i++) {
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
traces_of(struct work *w, const char *task, int64_t attempt, jv rec, jv host)
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
one_attempt(struct work *w, size_t t, uint32_t n, int last, struct df_err *e)
{
	struct df_run *r = &w->step.run;
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
		advise(w, "task", task, "%s: %s (%s); its transcript is "
		    "result/%s/%u.log", task, df_jv_str(rec, "error"), code,
		    task, n);
	rec = df_jset(rec, "measured", measured(host));
	jv_free(host);
	return df_jset_bool(rec, "last", last);
}

/* A task that was never tried: what it waits for. */
static jv
not_tried(struct work *w, size_t t)
{
	const struct df_state *s = &w->step.run.state;
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

static jv
dispatches(struct work *w, struct df_err *e)
{
	const struct df_state *s = &w->step.run.state;
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

/* ---- verdict, recommendations ---- */

static const char *
verdict(const struct work *w, char reason[300])
{
	const struct df_state *s = &w->step.run.state;
	const char *why = df_jv_str(w->holdout, "verdict_reason"), *missing;
	size_t i, failed = 0;

	for (i = 0; i < s->ntask; i++) {
		const struct df_stage *st = df_state_dispatch(s, i);

		failed += st && st->status == DF_STAGE_FAILED;
	}
	/* A failed task is critical when what it was to do is needed. */
	missing = failed ? df_matrix_uncovered(w->matrix) : NULL;
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
advise_holdouts(struct work *w)
{
	jv list = df_jv_get(w->holdout, "holdouts"), h, ids, one;
	const char *id, *task, *failure;
	struct df_buf b = DF_BUF_INIT;
	int i, k, n = count(list);

	for (i = 0; i < n; i++) {
		h = jv_array_get(jv_copy(list), i);
		id = df_jv_str(h, "holdout_id");
		task = df_jv_str(h, "responsible_task");
		failure = df_jv_str(h, "failure");
		df_buf_reset(&b);
		ids = df_jv_get(h, "validates_scenarios");
		for (k = 0; k < count(ids); k++) {
			one = jv_array_get(jv_copy(ids), k);
			df_buf_fmt(&b, "%s%s", k ? ", " : "",
			    jv_string_value(one));
			jv_free(one);
		}
		jv_free(ids);
		if (strcmp(df_jv_str(h, "status"), "FAIL") == 0)
			advise(w, "holdout", id, "%s (%s) failed: %s is not "
			    "met; %s is responsible. Reject, and let a "
			    "successor (df-boot --supersedes) do that task "
			    "again, or correct the scenario if it asks for "
			    "what D2 does not say", id, df_jv_str(h,
			    "priority"), b.n ? b.s : "its requirement",
			    task ? task : "no task");
		else if (strcmp(df_jv_str(h, "status"), "ERROR") == 0 &&
		    failure && strcmp(failure, "not-run") != 0)
			advise(w, "holdout", id, "%s could not be judged "
			    "(%s): mend the scenario or its environment and "
			    "evaluate again; df-holdout show has the details",
			    id, failure);
		jv_free(h);
	}
	df_buf_release(&b);
	jv_free(list);
}

/* ---- the whole ---- */

static jv
suite(struct work *w)
{
	const struct df_run *r = &w->step.run;
	const struct df_state *s = &r->state;
	jv in = df_jv_get(r->env, "holdout"), v = jv_object();

	v = df_jset(v, "commitment", df_jv_get(r->env, "commitment"));
	v = df_jset_str(v, "earlier", "unknown");
	v = df_jset_int(v, "evaluations", s->evaluations);
	v = df_jset_int(v, "found", s->disclosed);
	v = df_jset_int(v, "opened", s->opened);
	v = df_jset_int(v, "p0", df_jv_int(in, "p0", 0));
	v = df_jset_int(v, "scenarios", df_jv_int(in, "scenarios", 0));
	jv_free(in);
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
	jv v = df_jset(jv_object(), "digest", digest(&r->state.genesis));

	v = df_jset(v, "instance", df_jv_get(r->env, "instance"));
	return df_jset_str(v, "name", r->id);
}

static jv
head_json(const struct df_state *s)
{
	jv v = df_jset(jv_object(), "digest", digest(&s->head));

	return df_jset_int(v, "seq", (int64_t)s->seq);
}

static int
load(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	const struct df_name *n = df_run_find(r, "spec.tree");
	const struct df_stage *st;
	char name[64];
	size_t i;

	if (n == NULL)
		return df_fail(e, DF_INTEGRITY, "run.spec",
		    "the run has no spec.tree");
	if (df_public_read(&w->public, &r->store, &n->digest, e) < 0)
		return -1;
	w->have_public = 1;
	w->facts = df_facts(r, e);
	snprintf(name, sizeof(name), "holdout/%u.json", r->state.evaluations);
	if (r->state.verdict != DF_V_NONE)
		w->holdout = df_run_json(r, name, "holdout", e);
	else
		w->holdout = jv_null();
	if (!jv_is_valid(w->facts) ||
	    !jv_is_valid(w->holdout))
		return -1;
	w->matrix = df_matrix_new(&w->public.spec);
	for (i = 0; i < r->state.ntask; i++) {
		st = df_state_dispatch(&r->state, i);
		if (st && st->status == DF_STAGE_DONE)
			df_matrix_done(w->matrix, r->state.task[i].id);
	}
	df_matrix_judged(w->matrix, w->holdout);
	return 0;
}

static jv
report(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	const struct df_state *s = &r->state;
	jv v = jv_object(), list, valid, hold;
	char reason[300];

	list = dispatches(w, e);
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
	v = df_jset(v, "head", head_json(s));
	hold = df_jv_get(w->holdout, "holdouts");
	v = df_jset(v, "holdouts", count(hold) ? jv_copy(hold) : jv_array());
	jv_free(hold);
	v = df_jset(v, "isolation", df_jv_get(w->facts, "isolation"));
	v = df_jset(v, "matrix", df_matrix_json(w->matrix));
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

static const char *const names_made[] = { "report.json", "report.md",
    "report.xml" };

static int
commit(struct work *w, jv v, struct df_err *e)
{
	struct df_buf md = DF_BUF_INIT, xml = DF_BUF_INIT;
	struct df_commit c;
	int r;

	if (df_args.dry)
		return 0;
	df_report_markdown(v, &md);
	df_report_junit(v, &xml);
	df_commit_init(&c, "artifact.stored", NULL);
	r = df_commit_record(&w->step, &c, names_made[0], "report",
	    jv_copy(v), e);
	if (r == 0)
		r = df_commit_put(&w->step, &c, names_made[1], DF_MEDIA_MD,
		    md.s, md.n, e);
	if (r == 0)
		r = df_commit_put(&w->step, &c, names_made[2], DF_MEDIA_XML,
		    xml.s, xml.n, e);
	if (r == 0)
		r = df_step_commit(&w->step, &c, 1, e);
	df_commit_release(&c);
	df_buf_release(&md);
	df_buf_release(&xml);
	return r;
}

/* Nothing has happened since the last report? */
static int
holds(const struct df_run *r)
{
	const struct df_name *n = df_run_find(r, names_made[0]);

	return n && (r->state.sealed || r->giver[n->giver].seq ==
	    r->state.seq);
}

/* ---- --full ---- */

static int
open_full(struct work *w, struct df_err *e)
{
	struct df_err first;

	/* An evaluator's key, else an approver's. */
	if (df_step_open(&w->step, DF_ROLE_HOLDOUT, 0, &first) == 0 ||
	    df_step_open(&w->step, DF_ROLE_APPROVE, 0, e) == 0)
		return 0;
	*e = first;
	return -1;
}

static jv
full_holdouts(struct work *w, struct df_err *e)
{
	struct df_buf age = DF_BUF_INIT, plain = DF_BUF_INIT;
	struct df_run *r = &w->step.run;
	struct df_json j = { 0 };
	jv v = jv_invalid(), rec;
	char name[64];

	snprintf(name, sizeof(name), "holdout/%u.full.age",
	    r->state.evaluations);
	if (df_run_get(r, name, DF_RUN_BLOB_MAX, &age, e) == 0 &&
	    df_unseal(&age, w->step.role, &plain, e) == 0 &&
	    df_schema_scan(&j, plain.s, plain.n, DF_JSON_CANON,
	    "holdout-full", name, e) == 0) {
		rec = df_json_jv(&j, 0);
		jv_free(v);
		v = df_jv_get(rec, "holdouts");
		jv_free(rec);
	}
	df_json_release(&j);
	df_buf_release(&age);
	df_buf_wipe(&plain);
	return v;
}

/* It goes outside the run, to a file that is not there yet. */
static int
check_output(const struct df_run *r, struct df_err *e)
{
	const char *slash = o_output ? strrchr(o_output, '/') : NULL;
	char *dir, *to, *run = NULL;
	int ret = -1;

	if (o_output == NULL)
		return 0;
	dir = slash ? df_strndup(o_output, slash == o_output ? 1 :
	    (size_t)(slash - o_output)) : df_strdup(".");
	to = df_real_path(dir, e);
	if (to)
		run = df_real_path(r->path, e);
	if (run && df_path_within(to, run))
		(void)df_fail(e, DF_REFUSED, "report.place",
		    "%s is in the run, which everybody may read", o_output);
	else if (run && faccessat(AT_FDCWD, o_output, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0)
		(void)df_fail(e, DF_CONFLICT, "file.create",
		    "%s exists already", o_output);
	else if (run)
		ret = 0;
	free(dir);
	free(to);
	free(run);
	return ret;
}

static int
write_full(jv v, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r = 0;

	if (strcmp(o_format, "json") == 0)
		df_json_line(&b, jv_copy(v));
	else if (strcmp(o_format, "junit") == 0)
		df_report_junit(v, &b);
	else
		df_report_markdown(v, &b);
	if (o_output)
		r = df_create_file(AT_FDCWD, o_output, b.s, b.n, 0600, e);
	else
		df_out_raw(b.s, b.n);
	df_buf_wipe(&b);
	return r;
}

static int
full(struct work *w, struct df_err *e)
{
	struct df_commit c;
	char name[64];
	jv v, hold;
	int r;

	if (open_full(w, e) < 0 || check_output(&w->step.run, e) < 0 ||
	    load(w, e) < 0)
		return -1;
	hold = full_holdouts(w, e);
	if (!jv_is_valid(hold))
		return -1;
	v = report(w, e);
	if (!jv_is_valid(v)) {
		jv_free(hold);
		return -1;
	}
	v = df_jset(v, "full", hold);
	snprintf(name, sizeof(name), "holdout/%u.full.age",
	    w->step.run.state.evaluations);
	if (df_args.dry) {
		df_note("%s would be disclosed", name);
		jv_free(v);
		return 0;
	}
	df_commit_init(&c, "holdout.shown", NULL);
	c.data = df_jset_str(c.data, "actor", w->step.me->principal);
	c.data = df_jset_str(c.data, "reason", o_message);
	c.data = df_jset_str(c.data, "what", name);
	r = df_step_commit(&w->step, &c, 1, e);
	df_commit_release(&c);
	if (r == 0)
		r = write_full(v, e);
	jv_free(v);
	return r;
}

/* ---- the tool ---- */

static int
make(struct work *w, struct df_err *e)
{
	struct df_run *run = &w->step.run;
	size_t i;
	int r = 0;
	jv v;

	if (df_step_open(&w->step, DF_ROLE_RUN, 0, e) < 0)
		return -1;
	if (!holds(run)) {
		if (run->state.sealed)
			return df_fail(e, DF_REFUSED, "state.status",
			    "the run is sealed and has no report");
		if (load(w, e) < 0)
			return -1;
		v = report(w, e);
		if (!jv_is_valid(v))
			return -1;
		df_note("%s: %s", df_jv_str(v, "verdict"), df_jv_str(v,
		    "verdict_reason"));
		r = commit(w, v, e);
		jv_free(v);
	}
	for (i = 0; r == 0 && i < DF_LEN(names_made); i++)
		df_print_name(run, names_made[i], NULL);
	return r;
}

int
main(int argc, char **argv)
{
	struct work w = { .facts = jv_invalid(), .holdout = jv_invalid() };
	struct df_err e = { 0 };
	size_t n;
	int r;

	(void)df_opt_parse(&tool, argc, argv, &n);
	if (n)
		df_usage("df-report takes no operand");
	if (o_full && (o_message == NULL || o_message[strspn(o_message,
	    " \t\n")] == '\0'))
		df_usage("a disclosure needs a reason: --full -m WHY");
	if (o_message && df_utf8_bad(o_message, strlen(o_message)) !=
	    strlen(o_message))
		df_diex(DF_INPUT, "text.utf8", "-m is no UTF-8");
	if (strcmp(o_format, "md") != 0 && strcmp(o_format, "json") != 0 &&
	    strcmp(o_format, "junit") != 0)
		df_usage("--format is one of md, json, junit");
	w.traces = jv_array();
	w.advice = jv_array();
	r = o_full ? full(&w, &e) : make(&w, &e);
	if (r < 0)
		df_die(&e);
	jv_free(w.traces);
	jv_free(w.advice);
	jv_free(w.facts);
	jv_free(w.holdout);
	df_matrix_free(w.matrix);
	if (w.have_public)
		df_public_release(&w.public);
	df_step_close(&w.step);
	return df_out_end(DF_OK);
}
