/*
 * df-decide - the gate where a person decides.
 *
 * Refuses without passed validation, passed holdouts, clean policies and an
 * unbroken log whose root is trusted from outside; shows what is decided
 * before it signs; commits the decision in one line.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "run/gate.h"
#include "run/ledger.h"
#include "run/step.h"
#include "work/decide.h"
#include "decide.h"
#include "name.h"

static const char *o_message, *o_statement, *o_remediation;
static const char *o_class = "implementation_defect", *o_effect;
static struct df_waive_args o_waive = { .out = "waivers" };

struct work {
	struct df_step step;
	struct df_gate gate;
	struct df_decide d;
};

/* ---- what is decided ---- */

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
validation_text(struct df_buf *b, jv facts)
{
	jv v = df_jv_get(facts, "validation");

	df_buf_fmt(b, "%-14s%s, %lld warnings, %lld findings waived\n",
	    "validation", df_jv_str(v, "status"), (long long)df_jv_int(v,
	    "warnings", 0), (long long)df_jv_int(v, "waived", 0));
	jv_free(v);
}

static void
verdict_text(struct df_buf *b, jv facts)
{
	jv v = df_jv_get(facts, "verdict"), i = df_jv_get(facts, "isolation");
	jv d = df_jv_get(facts, "disclosures");
	long long flaky = df_jv_int(v, "flaky", 0);
	char often[40] = "";

	if (flaky)
		snprintf(often, sizeof(often), ", %lld flaky", flaky);
	if (jv_get_kind(v) == JV_KIND_OBJECT)
		df_buf_fmt(b, "%-14s%s, %lld of %lld holdouts passed%s "
		    "(evaluation %lld%s)\n", "verdict", df_jv_str(v,
		    "verdict"), (long long)df_jv_int(v, "passed", 0),
		    (long long)df_jv_int(v, "total", 0), often,
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
	df_buf_fmt(b, "%-14s", "suite");
	df_ledger_text(b, df_jv_get(facts, "suite"));
	df_buf_ch(b, '\n');
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
	validation_text(b, w->d.facts);
	verdict_text(b, w->d.facts);
	digest_row(b, "merged tree", r, "result/merged.tree");
	digest_row(b, "merged patch", r, "result/merged.patch");
	checks_text(b, w->d.policy);
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
	df_decide_release(&w->d);
	df_step_close(&w->step);
}

static int
show(char **operand, size_t n)
{
	struct work w;
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	jv v;

	(void)operand;
	if (n)
		df_usage("show takes no operand");
	memset(&w, 0, sizeof(w));
	df_decide_init(&w.d, &w.step);
	if (df_run_open(&w.step.run, df_args.run, DF_RUN_LINES, &e) < 0 ||
	    df_gate_check(&w.step.run, NULL, df_args.trust, &w.gate, &e) < 0
	    || df_decide_collect(&w.d, &e) < 0)
		df_die(&e);
	if (df_args.json) {
		v = df_jset(jv_object(), "facts", jv_copy(w.d.facts));
		v = df_jset(v, "policy", jv_copy(w.d.policy));
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

/* ---- deciding ---- */

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

static int
decide(int approve)
{
	enum df_run_decision want = approve ? DF_D_APPROVE : DF_D_REJECT;
	struct work w;
	struct df_decided d = { o_message, o_statement, o_remediation,
	    o_class };
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	char name[64];

	need_message();
	need_text("--statement", o_statement);
	need_text("-r", o_remediation);
	memset(&w, 0, sizeof(w));
	df_decide_init(&w.d, &w.step);
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
		if (df_decide_collect(&w.d, &e) < 0 ||
		    df_decide_guard(&w.d, approve, &e) < 0)
			df_die(&e);
		if (!df_quiet) {
			summary(&w, &b);
			(void)!fwrite(b.s, 1, b.n, stderr);
		}
		if (w.d.self)
			df_note("self-approved: %s produced what is decided",
			    w.step.me->principal);
		if (!df_args.dry && df_decide_commit(&w.d, approve, &d,
		    &e) < 0)
			df_die(&e);
	}
	df_name_say(name);
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

static int
amend(char **operand, size_t n)
{
	struct work w;
	struct df_decided d = { .message = o_message };
	struct df_err e;
	char name[64];

	(void)operand;
	if (n)
		df_usage("amend takes no operand");
	if (o_effect == NULL || (strcmp(o_effect, "note") != 0 &&
	    strcmp(o_effect, "reversed") != 0 && strcmp(o_effect,
	    "reinstated") != 0))
		df_usage("--effect is one of note, reversed, reinstated");
	need_message();
	memset(&w, 0, sizeof(w));
	df_decide_init(&w.d, &w.step);
	if (df_step_open(&w.step, DF_ROLE_APPROVE, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&w.step.run, &w.gate, &e) < 0)
		df_die(&e);
	snprintf(name, sizeof(name), "decision/%u.json",
	    w.step.run.state.decisions + 1);
	if (df_decide_amend(&w.d, o_effect, &d, df_args.dry, &e) < 0)
		df_die(&e);
	df_name_say(name);
	release(&w);
	return DF_OK;
}

/* ---- before there is a run ---- */

static int
waive(char **operand, size_t n)
{
	if (n == 0)
		df_usage("which findings?  RULE or RULE:ITEM");
	if (o_waive.spec == NULL)
		df_usage("which specification? --spec DIR");
	need_message();
	o_waive.message = o_message;
	return df_decide_waive(&o_waive, operand, n);
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
static const struct df_opt waive_opts[] = {
	MESSAGE,
	{ 0, "spec", "DIR", "the specification", DF_OPT_STR, &o_waive.spec, 0,
	    0 },
	{ 0, "holdouts", "PATH", "D9 is this file, or in this directory",
	    DF_OPT_STR, &o_waive.holdouts, 0, 0 },
	{ 'o', "output", "DIR", "where waivers go (default: waivers)",
	    DF_OPT_STR, &o_waive.out, 0, 0 },
	{ 0, "expires", "TIME", "they hold until then (UTC)", DF_OPT_STR,
	    &o_waive.expires, 0, 0 },
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
	{ "waive", "-m WHY --spec DIR RULE[:ITEM]...",
	    "let findings of df-validate stand, before there is a run",
	    waive_opts, waive },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_DRY, DF_ARG_JSON,
	DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-decide", "approve|reject|amend|show|waive [options]",
	"Approve or reject a judged run; waive what df-validate found.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXHAUSTED) | DF_EXIT(DF_EXTERNAL),
	NULL
};

int
main(int argc, char **argv)
{
	return df_out_end(df_opt_run(&tool, argc, argv));
}
