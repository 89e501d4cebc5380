/* The fold: the corpus' logs, its refusals, and guards that it lacks. */
#include "base/df.h"

#include <fcntl.h>

#include "tap.h"

#include "base/file.h"
#include "base/hash.h"
#include "run/state.h"

/* The corpus' exit codes, and ours (design: of contracts, 4, 5 -> 4 ...). */
static int
ours(int64_t theirs)
{
	static const int map[] = { 0, 1, 2, 3, 4, 4, 5, 7, 6, 8, 9 };

	return theirs >= 0 && theirs <= 10 ? map[theirs] : -1;
}

/* Fold one NDJSON line of a log without signatures. */
static int
fold_line(struct df_state *s, const char *p, size_t n, struct df_json *j,
    struct df_err *e)
{
	struct df_fact f = { .j = j };
	char type[64], prev[DF_DIGEST_STR];
	uint32_t t;
	int64_t seq;

	if (df_json_scan(j, p, n, DF_JSON_CANON, "event", e) < 0)
		return -1;
	t = df_jget(j, 0, "type");
	snprintf(type, sizeof(type), "%.*s",
	    (int)(j->tok[t].end - j->tok[t].start), p + j->tok[t].start);
	f.type = type;
	f.data = df_jget(j, 0, "data");
	t = df_jget(j, 0, "dfseq");
	if (t == 0 || df_jint(j, t, 1, 1000, &seq) < 0)
		return df_fail(e, DF_INPUT, "test", "dfseq");
	t = df_jget(j, 0, "dfprev");
	if (seq > 1 && !df_jis(j, t, df_digest_str(&s->head, prev)))
		return df_fail(e, DF_INTEGRITY, "test", "chain");
	f.at.seq = (uint64_t)seq;
	df_sha256(p, n, &f.at.digest);
	return df_state_step(s, &f, e);
}

static jv
get(jv obj, const char *name)
{
	return jv_object_get(jv_copy(obj), jv_string(name));
}

static int
same(jv a, jv b)
{
	return jv_equal(a, b);
}

/* Compare every member of want but the two times with got. */
static void
compare(const char *log, const char *what, jv got, jv want)
{
	const char *name;
	jv k, keys = jv_keys(jv_copy(want));
	int i, n = jv_array_length(jv_copy(keys));

	for (i = 0; i < n; i++) {
		k = jv_array_get(jv_copy(keys), i);
		name = jv_string_value(k);
		if (strcmp(name, "started") != 0 &&
		    strcmp(name, "updated") != 0)
			ok(same(get(got, name), get(want, name)),
			    "%s: %s %s", log, what, name);
		jv_free(k);
	}
	jv_free(keys);
	jv_free(got);
	jv_free(want);
}

static void
corpus_log(const char *name, jv want)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_state s;
	struct df_err e;
	char path[512];
	const char *p, *lf;
	int r = 0;

	snprintf(path, sizeof(path), "unified/vectors/%s.ndjson", name);
	df_state_init(&s);
	r = df_read_file(AT_FDCWD, tap_corpus(path), &b, 1 << 20, &e);
	for (p = b.s; r == 0 && (lf = strchr(p, '\n')) != NULL; p = lf + 1)
		r = fold_line(&s, p, (size_t)(lf - p) + 1, &j, &e);
	ok(r == 0, "%s folds%s%s", name, r ? ": " : "", r ? e.msg : "");
	compare(name, "fold", df_state_json(&s), get(want, "fold"));
	compare(name, "projection", df_state_project(&s),
	    get(want, "projections"));
	df_state_release(&s);
	df_json_release(&j);
	df_buf_release(&b);
	jv_free(want);
}

/* Step type with data (eaten); the fold keeps no pointer into it. */
static int
step(struct df_state *s, const char *type, jv data, const char *actor,
    struct df_err *e)
{
	struct df_fact f = { .type = type, .actor = actor };
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	int r;

	df_json_line(&b, data);
	r = df_json_scan(&j, b.s, b.n, 0, "data", e);
	f.j = &j;
	f.at.seq = s->seq + 1;
	if (r == 0)
		r = df_state_step(s, &f, e);
	df_json_release(&j);
	df_buf_release(&b);
	return r;
}

/* Where the corpus gives a reason, the code that says the same with us. */
static const struct {
	const char *name, *code;
} reason[] = {
	{ "amend_rejection_to_approval", "amend.rejection" },
	{ "approve_self", "auth.separation" },
	{ "approve_with_failures", "gate.scenarios" },
	{ "approve_without_policy", "gate.policy" },
	{ "approve_without_results", "gate.no_result" },
	{ "approved_without_record", "decision.missing" },
	{ "attempt_gap", "attempt.gap" },
	{ "cancel_without_reason", "actor.required" },
	{ "complete_live_run", "seal.state" },
	{ "double_complete", "seal.state" },
	{ "evaluate_with_open_stage", "stage.open" },
	{ "publish_rejected", "publish.state" },
	{ "publish_reversed", "publish.reversed" },
	{ "reject_without_remediation", "decision.remediation" },
	{ "reopen_terminal", "state.status" },
	{ "rerun_holdout_after_fail", "verdict.fixed" },
	{ "silent_retry", "budget.attempts" },
	{ "stage_in_queue", "state.status" },
	{ "stage_while_paused", "state.paused" },
	{ "stage_without_pass_inputs", "pass.missing" },
	{ "start_without_preflight", "preflight.missing" },
};

static void
corpus_refusal(const char *name, jv want)
{
	struct df_state s;
	struct df_err e = { 0 };
	jv steps = get(want, "steps"), one, type, ev = get(want, "event");
	jv code = get(want, "exit");
	int i, n = jv_array_length(jv_copy(steps)), r = 0;
	size_t k;

	df_state_init(&s);
	for (i = 0; i < n && r == 0; i++) {
		one = jv_array_get(jv_copy(steps), i);
		type = jv_array_get(jv_copy(one), 0);
		r = step(&s, jv_string_value(type),
		    jv_array_get(one, 1), NULL, &e);
		jv_free(type);
	}
	if (ok(r == 0, "%s: what comes before is legal", name)) {
		type = jv_array_get(jv_copy(ev), 0);
		r = step(&s, jv_string_value(type),
		    jv_array_get(jv_copy(ev), 1), NULL, &e);
		jv_free(type);
		ok(r < 0 && e.exit == ours((int64_t)jv_number_value(code)),
		    "%s: refused with %d (%d: %s)", name,
		    ours((int64_t)jv_number_value(code)), e.exit, e.msg);
		for (k = 0; k < DF_LEN(reason); k++)
			if (strcmp(reason[k].name, name) == 0)
				is_str(e.code, reason[k].code,
				    "and for the same reason");
	}
	df_state_release(&s);
	jv_free(code);
	jv_free(steps);
	jv_free(ev);
	jv_free(want);
}

static void
corpus(void)
{
	const char *path = tap_corpus("unified/vectors/expected.json");
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	jv all, part, keys, key;
	int i;

	if (path == NULL) {
		ok(1, "# SKIP no corpus");
		return;
	}
	if (df_read_file(AT_FDCWD, path, &b, 1 << 20, &e) < 0) {
		ok(0, "%s", e.msg);
		return;
	}
	all = df_json_parse(b.s, b.n, 0, "expected.json", &e);
	part = get(all, "logs");
	keys = jv_keys(jv_copy(part));
	for (i = 0; i < jv_array_length(jv_copy(keys)); i++) {
		key = jv_array_get(jv_copy(keys), i);
		corpus_log(jv_string_value(key),
		    jv_object_get(jv_copy(part), jv_copy(key)));
		jv_free(key);
	}
	jv_free(keys);
	jv_free(part);
	part = get(all, "refusals");
	keys = jv_keys(jv_copy(part));
	for (i = 0; i < jv_array_length(jv_copy(keys)); i++) {
		key = jv_array_get(jv_copy(keys), i);
		corpus_refusal(jv_string_value(key),
		    jv_object_get(jv_copy(part), jv_copy(key)));
		jv_free(key);
	}
	jv_free(keys);
	jv_free(part);
	jv_free(all);
	df_buf_release(&b);
}

/* ---- guards over tasks ---- */

static jv
J(const char *s)
{
	struct df_err e;
	jv v = df_json_parse(s, strlen(s), 0, "test", &e);

	if (!jv_is_valid(v))
		ok(0, "test data: %s", e.msg);
	return v;
}

static void
must(struct df_state *s, const char *type, const char *data)
{
	struct df_err e;
	int r = step(s, type, J(data), "SHA256:op", &e);

	ok(r == 0, "%s %s%s%s", type, data, r ? ": " : "", r ? e.msg : "");
}

static void
refuse(struct df_state *s, const char *type, const char *data, int code,
    const char *why)
{
	struct df_err e = { 0 };
	struct df_buf before = DF_BUF_INIT, after = DF_BUF_INIT;
	int r;

	df_json_line(&before, df_state_json(s));
	r = step(s, type, J(data), "SHA256:op", &e);
	df_json_line(&after, df_state_json(s));
	ok(r < 0 && e.exit == code && strcmp(e.code, why) == 0,
	    "%s %s is refused: %d %s (%s)", type, data, e.exit, e.code, e.msg);
	is_str(after.s, before.s, "and changes nothing");
	df_buf_release(&before);
	df_buf_release(&after);
}

static void
tasks(void)
{
	static const char env[] = "{\"tasks\":["
	    "{\"depends\":[],\"id\":\"T-001\"},"
	    "{\"depends\":[\"T-001\"],\"id\":\"T-002\"}]}";
	struct df_json j = { 0 };
	struct df_state s;
	struct df_err e;

	df_state_init(&s);
	refuse(&s, "run.started", "{\"preflight\":\"PASS\"}", DF_REFUSED,
	    "state.status");
	must(&s, "run.created", "{\"limits\":{\"max_attempts\":2,"
	    "\"max_eval_attempts\":1},\"status\":\"booting\"}");
	ok(df_json_scan(&j, env, strlen(env), 0, "run.json", &e) == 0 &&
	    df_state_tasks(&s, &j, &e) == 0, "tasks are read");
	must(&s, "run.started", "{\"preflight\":\"PASS\"}");
	must(&s, "stage.started",
	    "{\"attempt\":1,\"stage\":\"dispatch/T-001\"}");
	refuse(&s, "stage.started",
	    "{\"attempt\":2,\"stage\":\"dispatch/T-001\"}", DF_REFUSED,
	    "attempt.open");
	refuse(&s, "run.evaluating", "{}", DF_REFUSED, "stage.open");
	must(&s, "stage.completed",
	    "{\"attempt\":1,\"outcome\":\"success\","
	    "\"stage\":\"dispatch/T-001\"}");
	is_int(s.done, 1, "one task is done");
	refuse(&s, "run.evaluating", "{}", DF_REFUSED, "task.incomplete");
	must(&s, "stage.started",
	    "{\"attempt\":1,\"stage\":\"dispatch/T-002\"}");
	must(&s, "stage.completed",
	    "{\"attempt\":1,\"outcome\":\"success\","
	    "\"stage\":\"dispatch/T-002\"}");
	refuse(&s, "run.evaluating", "{}", DF_REFUSED, "merge.missing");
	must(&s, "stage.started", "{\"attempt\":1,\"stage\":\"merge\"}");
	must(&s, "stage.failed", "{\"attempt\":1,\"outcome\":\"fail\","
	    "\"reopens\":[\"T-002\"],\"stage\":\"merge\"}");
	is_int(s.done, 1, "a conflict opens the later task again");
	is_int(df_state_dispatch(&s, 1)->rebase, 1,
	    "which starts from all before it");
	must(&s, "stage.started",
	    "{\"attempt\":2,\"stage\":\"dispatch/T-002\"}");
	must(&s, "stage.failed", "{\"attempt\":2,\"error\":{\"code\":\"lost\","
	    "\"retryable\":true},\"outcome\":\"retry\","
	    "\"stage\":\"dispatch/T-002\"}");
	refuse(&s, "stage.started",
	    "{\"attempt\":3,\"stage\":\"dispatch/T-002\"}", DF_EXHAUSTED,
	    "budget.attempts");
	must(&s, "stage.started", "{\"attempt\":2,\"stage\":\"merge\"}");
	must(&s, "stage.completed",
	    "{\"attempt\":2,\"outcome\":\"success\",\"stage\":\"merge\"}");
	must(&s, "run.evaluating", "{\"partial\":true}");
	must(&s, "holdout.started", "{\"evaluation\":1}");
	refuse(&s, "holdout.completed",
	    "{\"evaluation\":1,\"verdict\":\"pass\"}", DF_REFUSED,
	    "verdict.partial");
	must(&s, "holdout.completed",
	    "{\"evaluation\":1,\"verdict\":\"error\"}");
	refuse(&s, "holdout.started", "{\"evaluation\":2}", DF_EXHAUSTED,
	    "budget.evaluations");
	refuse(&s, "run.rejected",
	    "{\"rationale\":\" \\n\",\"remediation\":\"x\"}", DF_REFUSED,
	    "decision.rationale");
	refuse(&s, "run.failed", "{\"domain\":\"EXEC_FAILURE\"}", DF_REFUSED,
	    "domain.phase");
	must(&s, "run.rejected",
	    "{\"rationale\":\"no\",\"remediation\":\"build T-002 again\"}");
	must(&s, "run.completed", "{}");
	refuse(&s, "artifact.stored", "{}", DF_REFUSED, "state.status");
	refuse(&s, "stage.started", "{\"attempt\":1,\"stage\":\"x\"}",
	    DF_REFUSED, "state.status");
	must(&s, "holdout.shown", "{}");
	is_int(s.after_seal, 1, "one event after the seal");
	must(&s, "run.resealed", "{}");
	is_int(s.after_seal, 0, "none after the new seal");
	df_state_release(&s);
	df_json_release(&j);
}

static void
roles(void)
{
	struct df_err e;

	ok(df_event_role("stage.started", "dispatch/T-001", DF_ROLE_BUILD,
	    &e) == 0, "df-build dispatches");
	ok(df_event_role("stage.started", "handoff", DF_ROLE_BUILD, &e) < 0 &&
	    e.exit == DF_AUTH, "df-build makes no handoff");
	ok(df_event_role("run.approved", "", DF_ROLE_RUN, &e) < 0,
	    "df-run approves nothing");
	ok(df_event_role("no.such", "", DF_ROLE_RUN, &e) < 0 &&
	    e.exit == DF_INPUT, "an unknown type has no role");
}

int
main(void)
{
	tasks();
	roles();
	corpus();
	return tap_done();
}
