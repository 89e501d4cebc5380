#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/schema.h"
#include "run/head.h"
#include "work/decide.h"
#include "work/facts.h"

void
df_decide_init(struct df_decide *w, struct df_step *step)
{
	memset(w, 0, sizeof(*w));
	w->step = step;
	w->facts = w->policy = jv_invalid();
	df_buf_init(&w->facts_text);
	df_buf_init(&w->policy_text);
}

void
df_decide_release(struct df_decide *w)
{
	df_buf_release(&w->facts_text);
	df_buf_release(&w->policy_text);
	jv_free(w->facts);
	jv_free(w->policy);
}

int
df_decide_collect(struct df_decide *w, struct df_err *e)
{
	struct df_run *r = &w->step->run;

	w->facts = df_facts(r, e);
	if (!jv_is_valid(w->facts) || df_schema_write(&w->facts_text,
	    jv_copy(w->facts), "facts", e) < 0)
		return -1;
	w->policy = df_policies(r, jv_copy(w->facts), e);
	if (!jv_is_valid(w->policy) || df_schema_write(
	    &w->policy_text, jv_copy(w->policy), "policy-result", e) < 0)
		return -1;
	w->pass = strcmp(df_jv_str(w->policy, "verdict"), "pass") == 0;
	return 0;
}

static jv
evidence_of(struct df_decide *w)
{
	static const char *const what[][2] = { { "patch",
	    "result/merged.patch" }, { "report", "report.json" },
	    { "tree", "result/merged.tree" },
	    { "validation", "validation.json" } };
	const struct df_run *r = &w->step->run;
	const struct df_name *n;
	struct df_digest d;
	char name[64];
	jv v = jv_object();
	size_t i;

	for (i = 0; i < DF_LEN(what); i++) {
		n = df_run_find(r, what[i][1]);
		if (n)
			v = df_jset(v, what[i][0], df_digest_json(&n->digest));
	}
	snprintf(name, sizeof(name), "holdout/%u.json", r->state.evaluations);
	n = df_run_find(r, name);
	if (n)
		v = df_jset(v, "verdict", df_digest_json(&n->digest));
	df_sha256(w->facts_text.s, w->facts_text.n, &d);
	v = df_jset(v, "facts", df_digest_json(&d));
	df_sha256(w->policy_text.s, w->policy_text.n, &d);
	return df_jset(v, "policy", df_digest_json(&d));
}

static jv
record(struct df_decide *w, const char *kind, const struct df_decided *d)
{
	const struct df_state *s = &w->step->run.state;
	char now[DF_TIME_STR];
	jv v = jv_object(), o;

	o = df_jset_str(jv_object(), "key", w->step->me->fp);
	v = df_jset(v, "actor", df_jset_str(o, "principal",
	    w->step->me->principal));
	v = df_jset(v, "head", df_head_json(&s->head, s->seq));
	v = df_jset_str(v, "kind", kind);
	v = df_jset_int(v, "n", s->decisions + 1);
	v = df_jset_str(v, "rationale", d->message);
	v = df_jset(v, "run", df_digest_json(&s->genesis));
	v = df_jset_str(v, "run_name", w->step->run.id);
	v = df_jset_str(v, "schema", "df.decision/1");
	return df_jset_str(v, "time", df_time_str(df_now_ms(), now));
}

static jv
decision(struct df_decide *w, int approve, const struct df_decided *d)
{
	jv v = record(w, approve ? "approve" : "reject", d), o, i;

	if (d->statement)
		v = df_jset_str(v, "behavior_statement", d->statement);
	v = df_jset(v, "evidence", evidence_of(w));
	i = df_jv_get(w->facts, "isolation");
	o = df_jset(jv_object(), "attempts", df_jv_get(i, "attempts"));
	o = df_jset(o, "judge", df_jv_get(i, "judge"));
	jv_free(i);
	v = df_jset(v, "levels", o);
	v = df_jset_bool(v, "self_approved", w->self);
	if (approve)
		return v;
	o = df_jset_str(jv_object(), "class", d->class);
	return df_jset(v, "remediation", df_jset_str(o, "text",
	    d->remediation));
}

static int
put(struct df_decide *w, struct df_commit *c, const char *suffix, jv v,
    const char *schema, struct df_err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "decision/%u.%s",
	    w->step->run.state.decisions + 1, suffix);
	return df_commit_record(w->step, c, name, schema, v, e);
}

static void
event_data(struct df_decide *w, struct df_commit *c, int approve,
    const struct df_decided *d)
{
	const struct df_state *s = &w->step->run.state;
	const struct df_name *tree = df_run_find(&w->step->run,
	    "result/merged.tree");
	const char *verdict = df_run_verdict_name(s->verdict);

	c->data = df_jset_str(c->data, "actor", w->step->me->principal);
	c->data = df_jset_int(c->data, "n", s->decisions + 1);
	c->data = df_jset_str(c->data, "policy", w->pass ? "pass" : "fail");
	c->data = df_jset_str(c->data, "rationale", d->message);
	c->data = df_jset_bool(c->data, "self_approved", w->self);
	if (tree)
		c->data = df_jset(c->data, "tree",
		    df_digest_json(&tree->digest));
	c->data = df_jset_str(c->data, "verdict", verdict);
	if (!approve)
		c->data = df_jset_str(c->data, "remediation", d->remediation);
}

int
df_decide_commit(struct df_decide *w, int approve,
    const struct df_decided *d, struct df_err *e)
{
	const struct df_state *s = &w->step->run.state;
	int last = !approve || s->approvals + 1 >= s->need_approvals, r;
	struct df_commit c;

	df_commit_init(&c, !last ? "decision.recorded" : approve ?
	    "run.approved" : "run.rejected", NULL);
	event_data(w, &c, approve, d);
	if (!last)
		c.data = df_jset_str(c.data, "decision", "approve");
	else if (approve)
		c.data = df_jset_int(c.data, "approvals", s->approvals + 1);
	r = put(w, &c, "json", decision(w, approve, d), "decision", e);
	if (r == 0)
		r = put(w, &c, "facts.json", jv_copy(w->facts), "facts", e);
	if (r == 0)
		r = put(w, &c, "policy.json", jv_copy(w->policy),
		    "policy-result", e);
	if (r == 0)
		r = df_step_commit(w->step, &c, 1, e);
	df_commit_release(&c);
	return r;
}

static int
failing(struct df_decide *w, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	jv list = df_jv_get(w->policy, "checks"), one;
	int i, n = jv_array_length(jv_copy(list));

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		if (strcmp(df_jv_str(one, "status"), "PASS") != 0)
			df_buf_fmt(&b, "%s%s/%s", b.n ? ", " : "",
			    df_jv_str(one, "policy"), df_jv_str(one,
			    "name"));
		jv_free(one);
	}
	jv_free(list);
	(void)df_fail(e, DF_REFUSED, "gate.policy",
	    "policies do not allow it: %.600s", b.s);
	df_buf_release(&b);
	return -1;
}

int
df_decide_guard(struct df_decide *w, int approve, struct df_err *e)
{
	const struct df_run *r = &w->step->run;

	if (r->state.status != DF_ST_EVALUATING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: there is nothing to decide",
		    df_run_status_name(r->state.status));
	if (r->state.verdict == DF_V_NONE)
		return df_fail(e, DF_REFUSED, "gate.no_result",
		    "no scenario result, no decision");
	w->self = df_is_producer(&w->step->run, w->step->me->fp);
	if (!approve)
		return 0;
	if (r->state.verdict != DF_V_PASS)
		return df_fail(e, DF_REFUSED, "gate.scenarios",
		    "unresolved scenario failures: the verdict is %s",
		    df_run_verdict_name(r->state.verdict));
	if (!w->pass)
		return failing(w, e);
	if (w->self && !df_run_setting_bool(r, "policy.allow_self_approval")) {
		(void)df_fail(e, DF_AUTH, "auth.separation",
		    "separation of duties: who approves must not have "
		    "produced what is approved");
		return df_hint(e, "policy.allow_self_approval=true in the "
		    "profile allows and records it");
	}
	return 0;
}

/* What the state machine will say, before anything is written. */
static int
may_amend(const struct df_state *s, const char *effect, struct df_err *e)
{
	if (!s->sealed || s->effective == DF_D_NONE)
		return df_fail(e, DF_REFUSED, "amend.state",
		    "only the decision of a sealed run is amended");
	if (strcmp(effect, "note") != 0 && s->decision != DF_D_APPROVE)
		return df_fail(e, DF_REFUSED, "amend.rejection",
		    "a rejection is neither reversed nor reinstated: make a "
		    "new run");
	return 0;
}

/* The last record that is no amendment. */
static const struct df_name *
decided_record(struct df_decide *w, struct df_err *e)
{
	const struct df_name *n, *found = NULL;
	char name[64];
	unsigned i;
	jv v;

	for (i = 1; i <= w->step->run.state.decisions; i++) {
		snprintf(name, sizeof(name), "decision/%u.json", i);
		n = df_run_find(&w->step->run, name);
		if (n == NULL)
			continue;
		v = df_run_json(&w->step->run, name, "decision", e);
		if (!jv_is_valid(v))
			return NULL;
		if (strcmp(df_jv_str(v, "kind"), "amend") != 0)
			found = n;
		jv_free(v);
	}
	if (found == NULL)
		(void)df_fail(e, DF_REFUSED, "amend.state",
		    "the run has no decision to amend");
	return found;
}

int
df_decide_amend(struct df_decide *w, const char *effect,
    const struct df_decided *d, int dry, struct df_err *e)
{
	const struct df_name *was;
	struct df_commit c;
	int r = 0;
	jv v;

	was = may_amend(&w->step->run.state, effect, e) == 0 ?
	    decided_record(w, e) : NULL;
	if (was == NULL)
		return -1;
	df_commit_init(&c, "decision.amended", NULL);
	c.data = df_jset_str(c.data, "actor", w->step->me->principal);
	c.data = df_jset(c.data, "amends", df_digest_json(&was->digest));
	c.data = df_jset_str(c.data, "effect", effect);
	c.data = df_jset_int(c.data, "n", w->step->run.state.decisions + 1);
	c.data = df_jset_str(c.data, "rationale", d->message);
	v = record(w, "amend", d);
	v = df_jset(v, "amends", df_digest_json(&was->digest));
	v = df_jset_str(v, "effect", effect);
	if (dry)
		jv_free(v);
	else
		r = put(w, &c, "json", v, "decision", e);
	if (r == 0 && !dry)
		r = df_step_commit(w->step, &c, 1, e);
	df_commit_release(&c);
	return r;
}
