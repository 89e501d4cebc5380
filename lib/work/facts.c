#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "run/ledger.h"
#include "work/facts.h"
#include "work/isolation.h"
#include "work/jq.h"

#define POLICY_MS 10000

/* ---- parts ---- */

static jv
run_facts(struct df_run *r)
{
	char s[DF_DIGEST_STR];
	jv v = jv_object(), origin;

	v = df_jset(v, "component", df_jv_get(r->env, "component"));
	v = df_jset_str(v, "digest", df_digest_str(&r->state.genesis, s));
	v = df_jset(v, "instance", df_jv_get(r->env, "instance"));
	v = df_jset_str(v, "name", r->id);
	v = df_jset(v, "package", df_jv_get(r->env, "package"));
	v = df_jset(v, "run_key", df_jv_get(r->env, "run_key"));
	origin = df_run_find(r, "origin/1/log.jsonl") ? jv_true() :
	    jv_false();
	return df_jset(v, "superseded", origin);
}

/* Warnings of the public documents and of D9, which only has counts. */
static int64_t
warnings(jv validation)
{
	static const char *const list[] = { "findings", "holdout_findings" };
	int64_t total = 0;
	const char *severity;
	jv all, one;
	size_t k;
	int i, n;

	for (k = 0; k < DF_LEN(list); k++) {
		all = df_jv_get(validation, list[k]);
		n = jv_get_kind(all) == JV_KIND_ARRAY ? jv_array_length(
		    jv_copy(all)) : 0;
		for (i = 0; i < n; i++) {
			one = jv_array_get(jv_copy(all), i);
			severity = df_jv_str(one, "severity");
			if (severity && strcmp(severity, "warning") == 0)
				total += df_jv_int(one, "count", 1);
			jv_free(one);
		}
		jv_free(all);
	}
	return total;
}

static jv
validation_facts(struct df_run *r, struct df_err *e)
{
	jv in = df_run_json(r, "validation.json", "validation", e), v;

	if (!jv_is_valid(in))
		return in;
	v = df_jset(jv_object(), "checks", df_jv_get(in, "checks"));
	v = df_jset(v, "status", df_jv_get(in, "status"));
	v = df_jset_int(v, "waived", df_jv_int(in, "waived", 0));
	v = df_jset_int(v, "warnings", warnings(in));
	jv_free(in);
	return v;
}

static const char *
task_status(const struct df_state *s, size_t t)
{
	const struct df_stage *st = df_state_dispatch(s, t);

	if (st == NULL)
		return "PENDING";
	switch (st->status) {
	case DF_STAGE_DONE:
		return "COMPLETED";
	case DF_STAGE_FAILED:
		return "FAILED";
	case DF_STAGE_OPEN:
		return "DISPATCHED";
	default:
		return "PENDING";
	}
}

/* What the attempt that counts says: the last one. */
static jv
attempt_facts(struct df_run *r, size_t t, jv v, struct df_err *e)
{
	const struct df_stage *st = df_state_dispatch(&r->state, t);
	char name[DF_NAME_MAX + 1];
	jv rec, host, o, m;

	snprintf(name, sizeof(name), "dispatch/%s/%u.json",
	    r->state.task[t].id, st->attempts);
	if (df_run_find(r, name) == NULL)	/* open, or lost */
		return df_jset_str(df_jset_str(v, "isolation", "UNKNOWN"),
		    "level", "");
	rec = df_run_json(r, name, "attempt", e);
	snprintf(name, sizeof(name), "dispatch/%s/%u.host.json",
	    r->state.task[t].id, st->attempts);
	host = df_run_json(r, name, "attempt-host", e);
	if (!jv_is_valid(rec) || !jv_is_valid(host)) {
		jv_free(v);
		jv_free(rec);
		jv_free(host);
		return jv_invalid();
	}
	v = df_jset_str(v, "isolation", df_isolation(host, NULL));
	v = df_jset_str(v, "level", df_jv_str(host, "level"));
	v = df_jset_str(v, "results_status", df_jv_str(rec,
	    "results_status"));
	m = df_jv_get(rec, "cached_from");
	v = df_jset_bool(v, "cached", jv_is_valid(m));
	jv_free(m);
	o = df_jv_get(rec, "result");
	v = df_jset_int(v, "setid", df_jv_int(o, "setid", 0));
	jv_free(o);
	o = df_jv_get(host, "after");
	m = df_jv_get(o, "survivors");
	v = df_jset_int(v, "survivors", df_jv_int(m, "count", 0));
	jv_free(m);
	m = df_jv_get(o, "outside");
	v = df_jset_int(v, "outside", df_jv_int(m, "count", 0));
	jv_free(m);
	jv_free(o);
	jv_free(rec);
	jv_free(host);
	return v;
}

static jv
task_facts(struct df_run *r, const char **isolation, struct df_err *e)
{
	const struct df_stage *st;
	jv list = jv_array(), v;
	size_t t;

	for (t = 0; t < r->state.ntask; t++) {
		st = df_state_dispatch(&r->state, t);
		v = df_jset_int(jv_object(), "attempts", st ? st->attempts :
		    0);
		v = df_jset_str(v, "id", r->state.task[t].id);
		v = df_jset_str(v, "status", task_status(&r->state, t));
		v = st ? attempt_facts(r, t, v, e) : df_jset_str(df_jset_str(
		    v, "isolation", "NONE"), "level", "");
		if (!jv_is_valid(v)) {
			jv_free(list);
			return v;
		}
		*isolation = df_isolation_worst(*isolation, df_jv_str(v,
		    "isolation"));
		list = jv_array_append(list, v);
	}
	return list;
}

static jv
one_holdout(jv in)
{
	static const char *const times[] = { "errored", "need", "passed",
	    "runs" };
	jv v = jv_object(), m;
	size_t i;

	for (i = 0; i < DF_LEN(times); i++)	/* of several runs */
		if (df_jv_int(in, times[i], -1) >= 0)
			v = df_jset_int(v, times[i], df_jv_int(in, times[i],
			    0));
	v = df_jset(v, "class", df_jv_get(in, "class"));
	m = df_jv_get(in, "failure");
	if (jv_is_valid(m))
		v = df_jset(v, "failure", m);
	else
		jv_free(m);
	v = df_jset(v, "id", df_jv_get(in, "holdout_id"));
	v = df_jset(v, "independent", df_jv_get(in, "independent"));
	v = df_jset(v, "priority", df_jv_get(in, "priority"));
	v = df_jset(v, "status", df_jv_get(in, "status"));
	return df_jset(v, "task", df_jv_get(in, "responsible_task"));
}

static jv
verdict_facts(struct df_run *r, const char **level, struct df_err *e)
{
	static const char *const same[] = { "errored", "evaluation", "failed",
	    "level", "p0_pass", "partial", "passed", "total", "tree" };
	jv in, v = jv_object(), list, out = jv_array(), one;
	char name[64];
	size_t i;
	int k, n;

	*level = "NONE";
	if (r->state.verdict == DF_V_NONE) {
		jv_free(v);
		jv_free(out);
		return jv_null();
	}
	snprintf(name, sizeof(name), "holdout/%u.json", r->state.evaluations);
	in = df_run_json(r, name, "holdout", e);
	if (!jv_is_valid(in)) {
		jv_free(v);
		jv_free(out);
		return in;
	}
	for (i = 0; i < DF_LEN(same); i++)
		v = df_jset(v, same[i], df_jv_get(in, same[i]));
	if (df_jv_int(in, "flaky", -1) >= 0)
		v = df_jset_int(v, "flaky", df_jv_int(in, "flaky", 0));
	list = df_jv_get(in, "holdouts");
	n = jv_array_length(jv_copy(list));
	for (k = 0; k < n; k++) {
		one = jv_array_get(jv_copy(list), k);
		out = jv_array_append(out, one_holdout(one));
		jv_free(one);
	}
	jv_free(list);
	jv_free(in);
	v = df_jset(v, "holdouts", out);
	v = df_jset_str(v, "verdict", df_run_verdict_name(r->state.verdict));
	*level = df_run_setting_str(r, "sandbox.level", "bwrap");
	return v;
}

jv
df_facts(struct df_run *r, struct df_err *e)
{
	const struct df_state *s = &r->state;
	const char *isolation = "NONE", *judge;
	jv v = jv_object(), tasks, verdict, valid, o;

	tasks = task_facts(r, &isolation, e);
	verdict = verdict_facts(r, &judge, e);
	valid = validation_facts(r, e);
	if (!jv_is_valid(tasks) || !jv_is_valid(verdict) ||
	    !jv_is_valid(valid)) {
		jv_free(v);
		jv_free(tasks);
		jv_free(verdict);
		jv_free(valid);
		return jv_invalid();
	}
	v = df_jset_int(v, "cost_microusd", s->cost);
	o = df_jset_int(jv_object(), "found", s->disclosed);
	o = df_jset_int(o, "opened", s->opened);
	v = df_jset(v, "disclosures", df_jset_int(o, "shown", s->shown));
	v = df_jset_int(v, "evaluations", s->evaluations);
	v = df_jset_int(v, "interventions", s->interventions);
	o = df_jset_str(jv_object(), "attempts", isolation);
	v = df_jset(v, "isolation", df_jset_str(o, "judge", judge));
	v = df_jset_int(v, "retries", s->retries);
	v = df_jset(v, "run", run_facts(r));
	v = df_jset_str(v, "schema", "df.facts/1");
	v = df_jset(v, "settings", df_jv_get(r->env, "settings"));
	v = df_jset(v, "tasks", tasks);
	o = df_ledger_of(s);
	v = df_jset(v, "suite", jv_is_valid(o) ? o : jv_string("unknown"));
	v = df_jset_int(v, "tokens", s->tokens);
	v = df_jset_int(v, "torn_bytes", (int64_t)r->torn);
	v = df_jset(v, "validation", valid);
	return df_jset(v, "verdict", verdict);
}

/* ---- policies ---- */

/* One program of all: [{"policy":"default","checks":[(TEXT)]},...]. */
static int
program(struct df_run *r, struct df_buf *b, size_t *n, struct df_err *e)
{
	char file[DF_NAME_MAX + 1];
	jv list = df_jv_get(r->env, "config"), one;
	const char *name;
	int i, k = jv_array_length(jv_copy(list)), ret = 0;

	*n = 0;
	df_buf_ch(b, '[');
	for (i = 0; i < k && ret == 0; i++) {
		one = jv_array_get(jv_copy(list), i);
		name = df_jv_str(one, "name");
		if (strncmp(name, "policy/", 7) == 0) {
			df_buf_fmt(b, "%s{policy: ", *n ? ", " : "");
			df_text_json(b, name + 7, strlen(name + 7));
			df_buf_str(b, ", checks: [(");
			snprintf(file, sizeof(file), "config/%s.jq", name);
			ret = df_run_get(r, file, DF_RUN_BLOB_MAX, b, e);
			df_buf_str(b, "\n)]}");
			++*n;
		}
		jv_free(one);
	}
	df_buf_ch(b, ']');
	jv_free(list);
	return ret;
}

/* A check as a policy gives it; anything else is a failed one. */
static jv
one_check(const char *policy, jv in)
{
	const char *name = df_jv_str(in, "name");
	const char *status = df_jv_str(in, "status");
	const char *message = df_jv_str(in, "message");
	int good = jv_get_kind(in) == JV_KIND_OBJECT && name && *name &&
	    status && (strcmp(status, "PASS") == 0 ||
	    strcmp(status, "FAIL") == 0);
	jv v = jv_object();

	v = df_jset_str(v, "message", !good ? "the policy yields something "
	    "else than {name, status, message}" : message ? message : "");
	v = df_jset_str(v, "name", good ? name : "malformed");
	v = df_jset_str(v, "policy", policy);
	return df_jset_str(v, "status", good ? status : "FAIL");
}

static jv
collect(jv results, int *pass)
{
	jv out = jv_array(), group, checks, one, c;
	const char *policy;
	int i, k, n, m;

	n = jv_array_length(jv_copy(results));
	for (i = 0; i < n; i++) {
		group = jv_array_get(jv_copy(results), i);
		policy = df_jv_str(group, "policy");
		checks = df_jv_get(group, "checks");
		m = jv_array_length(jv_copy(checks));
		if (m == 0)
			out = jv_array_append(out, one_check(policy,
			    jv_null()));
		for (k = 0; k < m; k++) {
			one = jv_array_get(jv_copy(checks), k);
			out = jv_array_append(out, one_check(policy, one));
			jv_free(one);
		}
		jv_free(checks);
		jv_free(group);
	}
	n = jv_array_length(jv_copy(out));
	*pass = n > 0;
	for (i = 0; i < n; i++) {
		c = jv_array_get(jv_copy(out), i);
		*pass = *pass && strcmp(df_jv_str(c, "status"), "PASS") == 0;
		jv_free(c);
	}
	return out;
}

/* A policy that raises an error says no: that can be replayed. */
static jv
raised(const char *why)
{
	struct df_buf b = DF_BUF_INIT;
	jv c = df_jset_str(jv_object(), "name", "policies"), v;

	df_text_foreign(&b, why, strlen(why), DF_TEXT_LINE, 0, 200);
	c = df_jset_strn(c, "message", b.s, b.n);
	c = df_jset_str(c, "status", "FAIL");
	df_buf_release(&b);
	v = df_jset(jv_object(), "checks", jv_array_append(jv_array(), c));
	v = df_jset_str(v, "schema", "df.policy-result/1");
	return df_jset_str(v, "verdict", "fail");
}

jv
df_policies(struct df_run *r, jv facts, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	jv all, results, v = jv_invalid();
	size_t n;
	int pass;

	if (program(r, &b, &n, e) < 0) {
		jv_free(facts);
	} else if (n == 0) {
		jv_free(facts);
		(void)df_fail(e, DF_REFUSED, "policy.none",
		    "the run was booted without a policy");
	} else {
		all = df_jq_run(b.s, facts, POLICY_MS, "policies", e);
		if (!jv_is_valid(all) && strcmp(e->code, "jq.run") == 0)
			v = raised(e->msg);
		if (jv_is_valid(all)) {
			results = jv_array_get(jv_copy(all), 0);
			v = df_jset(jv_object(), "checks", collect(results,
			    &pass));
			v = df_jset_str(v, "schema", "df.policy-result/1");
			v = df_jset_str(v, "verdict", pass ? "pass" :
			    "fail");
			jv_free(results);
		}
		jv_free(all);
	}
	df_buf_release(&b);
	return v;
}

int
df_policy_check(const char *s, size_t n, const char *what, struct df_err *e)
{
	static const char mark[] = "# df-policy ";
	struct df_buf b = DF_BUF_INIT;
	jv v;
	int r = -1;

	if (strlen(s) != n || strncmp(s, mark, sizeof(mark) - 1) != 0)
		return df_fail_at(e, "config.version", what, 1, 1,
		    "no \"%sNAME VERSION\"", mark);
	df_buf_fmt(&b, "if . then empty else (%s\n) end", s);
	v = df_jq_run(b.s, jv_true(), POLICY_MS, what, e);
	if (jv_is_valid(v))
		r = 0;
	jv_free(v);
	df_buf_release(&b);
	return r;
}

/* ---- separation ---- */

int
df_is_producer(struct df_run *r, const char *fp)
{
	const struct df_signer *me = df_run_signer(r, fp), *other;
	size_t i;

	for (i = 0; me && i < r->state.nproducer; i++) {
		other = df_run_signer(r, r->state.producer[i]);
		if (other && df_same_person(me->principal, other->principal))
			return 1;
	}
	return 0;
}
