/*
 * df-decide - the gate where a person decides.
 *
 * Refuses without passed validation, passed holdouts, clean policies and an
 * unbroken log whose root is trusted from outside; shows what is decided
 * before it signs; commits the decision in one line.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/gate.h"
#include "run/step.h"
#include "work/facts.h"

static const char *o_message, *o_statement, *o_remediation;
static const char *o_class = "implementation_defect", *o_effect;

struct work {
	struct df_step step;
	struct df_gate gate;
	jv facts, policy;		/* records */
	struct df_buf facts_text, policy_text;	/* canonical, with LF */
	int pass;			/* of the policies */
	int self;
};

/* ---- what is decided ---- */

/* Facts and policies, as records. */
static int
collect(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;

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

static void
digest_row(struct df_buf *b, const char *label, const struct df_run *r,
    const char *name)
{
	const struct df_name *n = df_run_find(r, name);
	char s[DF_DIGEST_STR];

	df_buf_fmt(b, "%-14s%s\n", label, n ? df_digest_str(&n->digest, s) :
	    "-");
}

static void
checks_text(struct df_buf *b, jv policy)
{
	jv list = df_jv_get(policy, "checks"), one;
	int i, n = jv_array_length(jv_copy(list));
	const char *message;

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		message = df_jv_str(one, "message");
		df_buf_fmt(b, "%-14s%s %s/%s: ", i ? "" : "policy",
		    df_jv_str(one, "status"), df_jv_str(one, "policy"),
		    df_jv_str(one, "name"));
		df_text_foreign(b, message, strlen(message), DF_TEXT_LINE, 0,
		    300);
		df_buf_ch(b, '\n');
		jv_free(one);
	}
	jv_free(list);
}

static void
verdict_text(struct df_buf *b, jv facts)
{
	jv v = df_jv_get(facts, "verdict"), i = df_jv_get(facts, "isolation");
	jv d = df_jv_get(facts, "disclosures");

	if (jv_get_kind(v) == JV_KIND_OBJECT)
		df_buf_fmt(b, "%-14s%s, %lld of %lld holdouts passed "
		    "(evaluation %lld%s)\n", "verdict", df_jv_str(v,
		    "verdict"), (long long)df_jv_int(v, "passed", 0),
		    (long long)df_jv_int(v, "total", 0),
		    (long long)df_jv_int(v, "evaluation", 0),
		    df_jv_bool(v, "partial") ? ", partial" : "");
	else
		df_buf_fmt(b, "%-14snone\n", "verdict");
	df_buf_fmt(b, "%-14sattempts %s, judge %s\n", "isolation",
	    df_jv_str(i, "attempts"), df_jv_str(i, "judge"));
	df_buf_fmt(b, "%-14sfound %lld, shown %lld, opened %lld\n",
	    "disclosures", (long long)df_jv_int(d, "found", 0),
	    (long long)df_jv_int(d, "shown", 0),
	    (long long)df_jv_int(d, "opened", 0));
	jv_free(v);
	jv_free(i);
	jv_free(d);
}

/* The summary that a person reads before the key is used. */
static void
summary(struct work *w, struct df_buf *b)
{
	const struct df_run *r = &w->step.run;
	const struct df_state *s = &r->state;
	char hex[DF_DIGEST_STR];

	df_buf_fmt(b, "%-14s%s %s\n", "run", r->id,
	    df_digest_str(&s->genesis, hex));
	df_buf_fmt(b, "%-14s%s, %zu of %zu tasks COMPLETED\n", "status",
	    df_run_status_name(s->status), s->done, s->ntask);
	verdict_text(b, w->facts);
	digest_row(b, "merged tree", r, "result/merged.tree");
	digest_row(b, "merged patch", r, "result/merged.patch");
	checks_text(b, w->policy);
	df_buf_fmt(b, "%-14s%u of %u\n", "approvals", s->approvals,
	    s->need_approvals);
	df_buf_fmt(b, "%-14s%s%s%s\n", "decision",
	    s->decision ? df_run_decision_name(s->decision) : "none",
	    s->effective && s->effective != s->decision ? ", now " : "",
	    s->effective && s->effective != s->decision ?
	    df_run_decision_name(s->effective) : "");
	df_buf_fmt(b, "%-14s%s, root %s\n", "log",
	    df_trusted_name(w->gate.trusted), w->gate.root);
}

static void
release(struct work *w)
{
	df_buf_release(&w->facts_text);
	df_buf_release(&w->policy_text);
	jv_free(w->facts);
	jv_free(w->policy);
	df_step_close(&w->step);
}

static int
show(char **operand, size_t n)
{
	struct work w = { .facts = jv_invalid(), .policy = jv_invalid(),
	    .facts_text = DF_BUF_INIT, .policy_text = DF_BUF_INIT };
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	jv v;

	(void)operand;
	if (n)
		df_usage("show takes no operand");
	if (df_run_open(&w.step.run, df_args.run, DF_RUN_LINES, &e) < 0 ||
	    df_gate_check(&w.step.run, NULL, df_args.trust, &w.gate, &e) < 0
	    || collect(&w, &e) < 0)
		df_die(&e);
	if (df_args.json) {
		v = df_jset(jv_object(), "facts", jv_copy(w.facts));
		v = df_jset(v, "policy", jv_copy(w.policy));
		v = df_jset_str(v, "root", w.gate.root);
		df_out_json(df_jset_str(v, "trusted",
		    df_trusted_name(w.gate.trusted)));
	} else {
		summary(&w, &b);
		df_out_raw(b.s, b.n);
	}
	df_buf_release(&b);
	release(&w);
	return DF_OK;
}

/* ---- records ---- */

static jv
digest(const struct df_digest *d)
{
	char s[DF_DIGEST_STR];

	return jv_string(df_digest_str(d, s));
}

static jv
evidence_of(struct work *w)
{
	static const char *const what[][2] = { { "patch",
	    "result/merged.patch" }, { "report", "report.json" },
	    { "tree", "result/merged.tree" },
	    { "validation", "validation.json" } };
	const struct df_run *r = &w->step.run;
	const struct df_name *n;
	struct df_digest d;
	char name[64];
	jv v = jv_object();
	size_t i;

	for (i = 0; i < DF_LEN(what); i++) {
		n = df_run_find(r, what[i][1]);
		if (n)
			v = df_jset(v, what[i][0], digest(&n->digest));
	}
	snprintf(name, sizeof(name), "holdout/%u.json", r->state.evaluations);
	n = df_run_find(r, name);
	if (n)
		v = df_jset(v, "verdict", digest(&n->digest));
	df_sha256(w->facts_text.s, w->facts_text.n, &d);
	v = df_jset(v, "facts", digest(&d));
	df_sha256(w->policy_text.s, w->policy_text.n, &d);
	return df_jset(v, "policy", digest(&d));
}

static jv
record(struct work *w, const char *kind)
{
	const struct df_state *s = &w->step.run.state;
	char now[DF_TIME_STR];
	jv v = jv_object(), o;

	o = df_jset_str(jv_object(), "key", w->step.me->fp);
	v = df_jset(v, "actor", df_jset_str(o, "principal",
	    w->step.me->principal));
	o = df_jset(jv_object(), "digest", digest(&s->head));
	v = df_jset(v, "head", df_jset_int(o, "seq", (int64_t)s->seq));
	v = df_jset_str(v, "kind", kind);
	v = df_jset_int(v, "n", s->decisions + 1);
	v = df_jset_str(v, "rationale", o_message);
	v = df_jset(v, "run", digest(&s->genesis));
	v = df_jset_str(v, "run_name", w->step.run.id);
	v = df_jset_str(v, "schema", "df.decision/1");
	return df_jset_str(v, "time", df_time_str(df_now_ms(), now));
}

static jv
decision(struct work *w, int approve)
{
	jv v = record(w, approve ? "approve" : "reject"), o, i;

	if (o_statement)
		v = df_jset_str(v, "behavior_statement", o_statement);
	v = df_jset(v, "evidence", evidence_of(w));
	i = df_jv_get(w->facts, "isolation");
	o = df_jset(jv_object(), "attempts", df_jv_get(i, "attempts"));
	o = df_jset(o, "judge", df_jv_get(i, "judge"));
	jv_free(i);
	v = df_jset(v, "levels", o);
	v = df_jset_bool(v, "self_approved", w->self);
	if (approve)
		return v;
	o = df_jset_str(jv_object(), "class", o_class);
	return df_jset(v, "remediation", df_jset_str(o, "text",
	    o_remediation));
}

/* ---- committing ---- */

static int
put(struct work *w, struct df_commit *c, const char *suffix, jv v,
    const char *schema, struct df_err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "decision/%u.%s",
	    w->step.run.state.decisions + 1, suffix);
	return df_commit_record(&w->step, c, name, schema, v, e);
}

static void
event_data(struct work *w, struct df_commit *c, int approve)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_name *tree = df_run_find(&w->step.run,
	    "result/merged.tree");
	const char *verdict = df_run_verdict_name(s->verdict);

	c->data = df_jset_str(c->data, "actor", w->step.me->principal);
	c->data = df_jset_int(c->data, "n", s->decisions + 1);
	c->data = df_jset_str(c->data, "policy", w->pass ? "pass" : "fail");
	c->data = df_jset_str(c->data, "rationale", o_message);
	c->data = df_jset_bool(c->data, "self_approved", w->self);
	if (tree)
		c->data = df_jset(c->data, "tree", digest(&tree->digest));
	c->data = df_jset_str(c->data, "verdict", verdict);
	if (!approve)
		c->data = df_jset_str(c->data, "remediation", o_remediation);
}

static int
commit(struct work *w, int approve, struct df_err *e)
{
	const struct df_state *s = &w->step.run.state;
	int last = !approve || s->approvals + 1 >= s->need_approvals, r;
	struct df_commit c;

	df_commit_init(&c, !last ? "decision.recorded" : approve ?
	    "run.approved" : "run.rejected", NULL);
	event_data(w, &c, approve);
	if (!last)
		c.data = df_jset_str(c.data, "decision", "approve");
	else if (approve)
		c.data = df_jset_int(c.data, "approvals", s->approvals + 1);
	r = put(w, &c, "json", decision(w, approve), "decision", e);
	if (r == 0)
		r = put(w, &c, "facts.json", jv_copy(w->facts), "facts", e);
	if (r == 0)
		r = put(w, &c, "policy.json", jv_copy(w->policy),
		    "policy-result", e);
	if (r == 0)
		r = df_step_commit(&w->step, &c, 1, e);
	df_commit_release(&c);
	return r;
}

/* ---- guards ---- */

static int
failing(struct work *w, struct df_err *e)
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

static int
guard(struct work *w, int approve, struct df_err *e)
{
	const struct df_run *r = &w->step.run;

	if (r->state.status != DF_ST_EVALUATING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: there is nothing to decide",
		    df_run_status_name(r->state.status));
	if (r->state.verdict == DF_V_NONE)
		return df_fail(e, DF_REFUSED, "gate.no_result",
		    "no scenario result, no decision");
	w->self = df_is_producer(&w->step.run, w->step.me->fp);
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

/* What is recorded is what was said. */
static void
need_text(const char *option, const char *s)
{
	if (s && df_utf8_bad(s, strlen(s)) != strlen(s))
		df_diex(DF_INPUT, "text.utf8", "%s is no UTF-8", option);
}

static void
need_message(void)
{
	if (o_message == NULL || o_message[strspn(o_message, " \t\r\n")] ==
	    '\0')
		df_usage("a decision needs a rationale: -m WHY");
	need_text("-m", o_message);
}

static void
print_name(const char *name)
{
	if (df_args.json)
		df_out_json(df_jset_str(jv_object(), "name", name));
	else
		df_out(name);
}

static int
decide(int approve)
{
	enum df_run_decision want = approve ? DF_D_APPROVE : DF_D_REJECT;
	struct work w = { .facts = jv_invalid(), .policy = jv_invalid(),
	    .facts_text = DF_BUF_INIT, .policy_text = DF_BUF_INIT };
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	char name[64];

	need_message();
	need_text("--statement", o_statement);
	need_text("-r", o_remediation);
	if (df_step_open(&w.step, DF_ROLE_APPROVE, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&w.step.run, &w.gate, &e) < 0)
		df_die(&e);
	snprintf(name, sizeof(name), "decision/%u.json",
	    w.step.run.state.decisions + 1);
	if (df_run_terminal(w.step.run.state.status) &&
	    w.step.run.state.decision == want) {
		df_note("the run is %s already",
		    df_run_status_name(w.step.run.state.status));
		snprintf(name, sizeof(name), "decision/%u.json",
		    w.step.run.state.decisions);
	} else {
		if (collect(&w, &e) < 0 || guard(&w, approve, &e) < 0)
			df_die(&e);
		if (!df_quiet) {
			summary(&w, &b);
			(void)!fwrite(b.s, 1, b.n, stderr);
		}
		if (w.self)
			df_note("self-approved: %s produced what is decided",
			    w.step.me->principal);
		if (!df_args.dry && commit(&w, approve, &e) < 0)
			df_die(&e);
	}
	print_name(name);
	df_buf_release(&b);
	release(&w);
	return DF_OK;
}

static int
approve(char **operand, size_t n)
{
	(void)operand;
	if (n)
		df_usage("approve takes no operand");
	return decide(1);
}

static int
reject(char **operand, size_t n)
{
	static const char *const class[] = { "spec_ambiguity",
	    "implementation_defect", "environment", "scenario_gap" };
	size_t i;

	(void)operand;
	if (n)
		df_usage("reject takes no operand");
	if (o_remediation == NULL || o_remediation[strspn(o_remediation,
	    " \t\r\n")] == '\0')
		df_usage("reject needs a remediation: -r WHAT");
	for (i = 0; i < DF_LEN(class); i++)
		if (strcmp(o_class, class[i]) == 0)
			break;
	if (i == DF_LEN(class))
		df_usage("--class is one of spec_ambiguity, "
		    "implementation_defect, environment, scenario_gap");
	return decide(0);
}

/* ---- amendments, after the seal ---- */

/* What the state machine will say, before anything is written. */
static int
may_amend(const struct df_state *s, struct df_err *e)
{
	if (!s->sealed || s->effective == DF_D_NONE)
		return df_fail(e, DF_REFUSED, "amend.state",
		    "only the decision of a sealed run is amended");
	if (strcmp(o_effect, "note") != 0 && s->decision != DF_D_APPROVE)
		return df_fail(e, DF_REFUSED, "amend.rejection",
		    "a rejection is neither reversed nor reinstated: make a "
		    "new run");
	return 0;
}

/* The last record that is no amendment. */
static const struct df_name *
decided_record(struct work *w, struct df_err *e)
{
	const struct df_name *n, *found = NULL;
	char name[64];
	unsigned i;
	jv v;

	for (i = 1; i <= w->step.run.state.decisions; i++) {
		snprintf(name, sizeof(name), "decision/%u.json", i);
		n = df_run_find(&w->step.run, name);
		if (n == NULL)
			continue;
		v = df_run_json(&w->step.run, name, "decision", e);
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

static int
amend(char **operand, size_t n)
{
	struct work w = { .facts = jv_invalid(), .policy = jv_invalid(),
	    .facts_text = DF_BUF_INIT, .policy_text = DF_BUF_INIT };
	const struct df_name *was;
	struct df_commit c;
	struct df_err e;
	char name[64];
	jv v;

	(void)operand;
	if (n)
		df_usage("amend takes no operand");
	if (o_effect == NULL || (strcmp(o_effect, "note") != 0 &&
	    strcmp(o_effect, "reversed") != 0 && strcmp(o_effect,
	    "reinstated") != 0))
		df_usage("--effect is one of note, reversed, reinstated");
	need_message();
	if (df_step_open(&w.step, DF_ROLE_APPROVE, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&w.step.run, &w.gate, &e) < 0)
		df_die(&e);
	was = may_amend(&w.step.run.state, &e) == 0 ?
	    decided_record(&w, &e) : NULL;
	if (was == NULL)
		df_die(&e);
	df_commit_init(&c, "decision.amended", NULL);
	c.data = df_jset_str(c.data, "actor", w.step.me->principal);
	c.data = df_jset(c.data, "amends", digest(&was->digest));
	c.data = df_jset_str(c.data, "effect", o_effect);
	c.data = df_jset_int(c.data, "n", w.step.run.state.decisions + 1);
	c.data = df_jset_str(c.data, "rationale", o_message);
	v = record(&w, "amend");
	v = df_jset(v, "amends", digest(&was->digest));
	v = df_jset_str(v, "effect", o_effect);
	snprintf(name, sizeof(name), "decision/%u.json",
	    w.step.run.state.decisions + 1);
	if (df_args.dry)
		jv_free(v);
	else if (df_commit_record(&w.step, &c, name, "decision", v, &e) < 0 ||
	    df_step_commit(&w.step, &c, 1, &e) < 0)
		df_die(&e);
	df_commit_release(&c);
	print_name(name);
	df_step_close(&w.step);
	return DF_OK;
}

/* ---- the table ---- */

#define MESSAGE { 'm', "message", "WHY", "the rationale", DF_OPT_STR, \
	&o_message, 0, 0 }

static const struct df_opt approve_opts[] = {
	MESSAGE,
	{ 0, "statement", "TEXT", "what the product now does", DF_OPT_STR,
	    &o_statement, 0, 0 },
	DF_ARG_END
};
static const struct df_opt reject_opts[] = {
	MESSAGE,
	{ 'r', "remediation", "WHAT", "what has to happen", DF_OPT_STR,
	    &o_remediation, 0, 0 },
	{ 0, "class", "CLASS", "spec_ambiguity, implementation_defect, "
	    "environment or scenario_gap", DF_OPT_STR, &o_class, 0, 0 },
	DF_ARG_END
};
static const struct df_opt amend_opts[] = {
	MESSAGE,
	{ 0, "effect", "EFFECT", "note, reversed or reinstated", DF_OPT_STR,
	    &o_effect, 0, 0 },
	DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "approve", "-m WHY [--statement TEXT]", "approve the merged result",
	    approve_opts, approve },
	{ "reject", "-m WHY -r WHAT [--class CLASS]", "reject it",
	    reject_opts, reject },
	{ "amend", "-m WHY --effect EFFECT",
	    "amend the decision of a sealed run", amend_opts, amend },
	{ "show", "", "what is to be decided, and what the policies say",
	    NULL, show },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_DRY, DF_ARG_JSON,
	DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-decide", "approve|reject|amend|show [options]",
	"Approve or reject a judged run.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) |
	    DF_EXIT(DF_CONFLICT) | DF_EXIT(DF_EXHAUSTED) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

int
main(int argc, char **argv)
{
	return df_out_end(df_opt_run(&tool, argc, argv));
}
