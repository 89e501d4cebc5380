/*
 * The state machine: one function a kind of event, guard first, then the
 * change.  See state.h.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "run/state.h"

/* ---- stages and producers ---- */

static struct df_stage *
add_stage(struct df_state *s, const char *name)
{
	struct df_stage *st;
	int task;

	DF_GROW(s->stage, s->nstage, s->capstage);
	st = &s->stage[s->nstage];
	memset(st, 0, sizeof(*st));
	st->name = df_arena_str(&s->arena, name, strlen(name));
	(void)df_map_set(&s->stages, st->name, strlen(name), s->nstage);
	if (strncmp(name, "dispatch/", 9) == 0) {
		task = df_state_task(s, name + 9, strlen(name + 9));
		if (task >= 0)
			s->task[task].stage = (uint32_t)s->nstage;
	}
	s->nstage++;
	return st;
}

/* handoff, prompt and merge are free of the attempt budget. */
static int
budgeted(const char *name)
{
	return strcmp(name, "handoff") != 0 && strcmp(name, "prompt") != 0 &&
	    strcmp(name, "merge") != 0;
}

static void
add_producer(struct df_state *s, const char *who)
{
	const char *p;

	if (df_map_get(&s->producers, who, strlen(who)) != DF_MAP_NONE)
		return;
	p = df_arena_str(&s->arena, who, strlen(who));
	DF_GROW(s->producer, s->nproducer, s->capproducer);
	s->producer[s->nproducer++] = p;
	(void)df_map_set(&s->producers, p, strlen(p), 0);
}

/* ---- reading data ---- */

static uint32_t
get(const struct df_fact *f, const char *name)
{
	return df_jget(f->j, f->data, name);
}

static int
text(const struct df_fact *f, const char *name, char *out, size_t size)
{
	uint32_t t = get(f, name);
	struct df_buf b = DF_BUF_INIT;
	int r = -1;

	out[0] = '\0';
	if (t == 0 || f->j->tok[t].type != DF_JSTRING)
		return -1;
	df_jtext(f->j, t, &b);
	if (b.n < size && memchr(b.s, '\0', b.n) == NULL) {
		memcpy(out, b.s, b.n + 1);
		r = 0;
	}
	df_buf_release(&b);
	return r;
}

/* Present, a string, and more than white space. */
static int
said(const struct df_fact *f, const char *name)
{
	uint32_t t = get(f, name);
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (t == 0 || f->j->tok[t].type != DF_JSTRING)
		return 0;
	df_jtext(f->j, t, &b);
	r = strspn(b.s, " \t\r\n") < b.n;
	df_buf_release(&b);
	return r;
}

static int
is(const struct df_fact *f, const char *name, const char *value)
{
	uint32_t t = get(f, name);

	return t && df_jis(f->j, t, value);
}

static int
is_true(const struct df_fact *f, const char *name)
{
	uint32_t t = get(f, name);

	return t && f->j->tok[t].type == DF_JTRUE;
}

static int64_t
number(const struct df_fact *f, const char *name, int64_t def)
{
	uint32_t t = get(f, name);
	int64_t v;

	return t && df_jint(f->j, t, 0, DF_JSON_INT, &v) == 0 ? v : def;
}

static uint32_t
length(const struct df_fact *f, const char *name)
{
	uint32_t t = get(f, name);

	return t && f->j->tok[t].type == DF_JARRAY ? f->j->tok[t].n : 0;
}

/* ---- the state machine ---- */

static int
live(const struct df_state *s)
{
	return s->status != DF_ST_NONE && !df_run_terminal(s->status);
}

static int
needs(const struct df_state *s, const struct df_fact *f, const char *what,
    struct df_err *e)
{
	return df_fail(e, DF_REFUSED, "state.status",
	    "%s needs %s; the run is %s%s%s", f->type, what,
	    df_run_status_name(s->status), s->paused ? ", paused" : "",
	    s->sealed ? ", sealed" : "");
}

static int
created(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	uint32_t t;
	int64_t v;

	if (s->status != DF_ST_NONE)
		return needs(s, f, "an empty log", e);
	if (is(f, "status", "queued"))
		s->status = DF_ST_QUEUED;
	else if (is(f, "status", "booting"))
		s->status = DF_ST_BOOTING;
	else
		return df_fail(e, DF_INPUT, "event.data",
		    "run.created: status is neither queued nor booting");
	t = get(f, "limits");
	if (t) {
		uint32_t k = df_jget(f->j, t, "max_attempts");

		if (k && df_jint(f->j, k, 1, INT32_MAX, &v) == 0)
			s->max_attempts = (uint32_t)v;
		k = df_jget(f->j, t, "max_eval_attempts");
		if (k && df_jint(f->j, k, 1, INT32_MAX, &v) == 0)
			s->max_evaluations = (uint32_t)v;
	}
	s->created = f->time;
	s->at_created = f->at;
	return 0;
}

static int
started(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	if (s->status != DF_ST_BOOTING)
		return needs(s, f, "booting", e);
	if (!is(f, "preflight", "PASS"))
		return df_fail(e, DF_REFUSED, "preflight.missing",
		    "run.started: preflight PASS required");
	s->status = DF_ST_EXECUTING;
	s->started = f->time;
	return 0;
}

static int
stage_started(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	char name[160], who[96];
	struct df_stage *st;
	int64_t n;
	uint32_t t;

	if (s->status != DF_ST_EXECUTING)
		return needs(s, f, "executing", e);
	if (s->paused)
		return df_fail(e, DF_REFUSED, "state.paused",
		    "stage.started: run is paused");
	n = number(f, "attempt", -1);
	if (text(f, "stage", name, sizeof(name)) < 0 || n < 1)
		return df_fail(e, DF_INPUT, "event.data",
		    "stage.started: no stage or attempt");
	st = df_state_stage(s, name);
	if (st && st->status == DF_STAGE_OPEN)
		return df_fail(e, DF_REFUSED, "attempt.open",
		    "%s: attempt %u is still open", name, st->attempts);
	if (n != (st ? (int64_t)st->attempts : 0) + 1)
		return df_fail(e, DF_REFUSED, "attempt.gap",
		    "%s: attempt numbers are dense: %u is next, not %lld",
		    name, (st ? st->attempts : 0) + 1, (long long)n);
	if (budgeted(name) && s->max_attempts && n > s->max_attempts)
		return df_fail(e, DF_EXHAUSTED, "budget.attempts",
		    "%s: retry budget exhausted (%u attempts)", name,
		    s->max_attempts);
	t = get(f, "inputs_pass");
	if (t && f->j->tok[t].type != DF_JTRUE)
		return df_fail(e, DF_REFUSED, "pass.missing",
		    "%s: an input has no PASS: no PASS, no read", name);
	if (st == NULL)
		st = add_stage(s, name);
	st->attempts++;
	st->status = DF_STAGE_OPEN;
	st->started = f->at;
	st->since = f->time;
	s->open++;
	s->last_stage = (uint32_t)(st - s->stage);
	if (n > 1)
		s->retries++;
	if (text(f, "producer", who, sizeof(who)) == 0)
		add_producer(s, who);
	else if (f->actor)
		add_producer(s, f->actor);
	return 0;
}

/*
 * stage.failed of merge: {"reopens":["T-003","T-005"]}, the first is the one
 * that conflicts, the others started from its tree.  None of them is done any
 * more, nor is what was merged from them.
 */
static int
merge_failed(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	uint32_t list = get(f, "reopens"), t, i;
	const struct df_jtok *tok = f->j->tok;
	struct df_stage *st;
	int task, apply;

	if (list == 0)
		return 0;
	if (tok[list].type != DF_JARRAY)
		return df_fail(e, DF_INPUT, "event.data",
		    "stage.failed: reopens is no list");
	for (apply = 0; apply < 2; apply++)
		for (i = 0, t = df_jfirst(f->j, list); i < tok[list].n;
		    i++, t = df_jnext(f->j, t)) {
			task = tok[t].type != DF_JSTRING ? -1 :
			    df_state_task(s, f->j->s + tok[t].start,
			    tok[t].end - tok[t].start);
			st = task < 0 ? NULL : df_state_dispatch(s,
			    (size_t)task);
			if (st == NULL)
				return df_fail(e, DF_INPUT, "event.data",
				    "stage.failed: reopens names what was "
				    "never tried");
			if (!apply)
				continue;
			if (st->status == DF_STAGE_DONE) {
				st->status = DF_STAGE_NONE;
				s->done--;
			}
			st->rebase = 1;
		}
	return 0;
}

static int
stage_ended(struct df_state *s, const struct df_fact *f, int good,
    struct df_err *e)
{
	struct df_stage *st, *m;
	char name[160];
	uint32_t t, k;
	int64_t n = number(f, "attempt", -1);

	if (s->status != DF_ST_EXECUTING && s->status != DF_ST_AWAITING)
		return needs(s, f, "executing", e);
	st = text(f, "stage", name, sizeof(name)) == 0 ?
	    df_state_stage(s, name) : NULL;
	if (st == NULL || st->status != DF_STAGE_OPEN ||
	    n != (int64_t)st->attempts)
		return df_fail(e, DF_REFUSED, "attempt.open",
		    "%s: that attempt is not open", f->type);
	if (!good && strcmp(name, "merge") == 0 && merge_failed(s, f, e) < 0)
		return -1;
	st->ended = f->at;
	s->open--;
	s->tokens += number(f, "tokens", 0);
	s->cost += number(f, "cost_microusd", 0);
	if (strncmp(name, "dispatch/", 9) == 0 && f->time > st->since)
		s->busy += f->time - st->since;
	if (good) {
		st->status = DF_STAGE_DONE;
		st->rebase = 0;
		st->error[0] = '\0';
		if (strncmp(name, "dispatch/", 9) == 0) {
			s->done++;
			/* What was merged before lacks this one. */
			m = df_state_stage(s, "merge");
			if (m && m->status == DF_STAGE_DONE)
				m->status = DF_STAGE_NONE;
		}
		if (strcmp(name, "merge") == 0)
			s->at_merged = f->at;
		return 0;
	}
	st->status = DF_STAGE_FAILED;
	st->failed++;
	st->retryable = is(f, "outcome", "retry") != 0;
	snprintf(st->error, sizeof(st->error), "failed");
	t = get(f, "error");
	if (t && f->j->tok[t].type == DF_JOBJECT) {
		k = df_jget(f->j, t, "retryable");
		if (k)
			st->retryable = f->j->tok[k].type == DF_JTRUE;
		k = df_jget(f->j, t, "code");
		if (k && f->j->tok[k].type == DF_JSTRING && !f->j->tok[k].esc)
			snprintf(st->error, sizeof(st->error), "%.*s",
			    (int)(f->j->tok[k].end - f->j->tok[k].start),
			    f->j->s + f->j->tok[k].start);
	}
	return 0;
}

static int
evaluating(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	struct df_stage *m = df_state_stage(s, "merge");
	int partial = is_true(f, "partial");

	if (s->status != DF_ST_EXECUTING)
		return needs(s, f, "executing", e);
	if (s->paused)
		return df_fail(e, DF_REFUSED, "state.paused",
		    "run.evaluating: run is paused");
	if (s->open)
		return df_fail(e, DF_REFUSED, "stage.open",
		    "run.evaluating: %u stages still open", s->open);
	if (s->ntask && !partial && s->done < s->ntask)
		return df_fail(e, DF_REFUSED, "task.incomplete",
		    "%zu of %zu tasks are not COMPLETED", s->ntask - s->done,
		    s->ntask);
	if (s->ntask && (m == NULL || m->status != DF_STAGE_DONE))
		return df_fail(e, DF_REFUSED, "merge.missing",
		    "the tasks' results are not merged");
	s->status = DF_ST_EVALUATING;
	s->partial = partial;
	return 0;
}

static int
holdout_started(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	if (s->status != DF_ST_EVALUATING)
		return needs(s, f, "evaluating", e);
	if (s->verdict == DF_V_PASS || s->verdict == DF_V_FAIL)
		return df_fail(e, DF_REFUSED, "verdict.fixed",
		    "the verdict is fixed already: %s",
		    df_run_verdict_name(s->verdict));
	if (s->decision != DF_D_NONE)
		return df_fail(e, DF_REFUSED, "decision.made",
		    "a decision is recorded already");
	if (s->max_evaluations && s->evaluations >= s->max_evaluations)
		return df_fail(e, DF_EXHAUSTED, "budget.evaluations",
		    "evaluation budget exhausted (%u)", s->max_evaluations);
	if (number(f, "evaluation", s->evaluations + 1) !=
	    (int64_t)s->evaluations + 1)
		return df_fail(e, DF_REFUSED, "attempt.gap",
		    "evaluation numbers are dense: %u is next",
		    s->evaluations + 1);
	/* One that a crash left open is closed by the next one. */
	s->evaluations++;
	s->evaluating = 1;
	return 0;
}

/* {"suite":{"disclosed":1,"evaluations":3,"runs":2}}, absent when nobody
   knows. */
static void
suite_uses(struct df_state *s, const struct df_fact *f)
{
	uint32_t t = get(f, "suite");
	struct df_fact in = *f;

	memset(&s->suite, 0, sizeof(s->suite));
	if (t == 0 || f->j->tok[t].type != DF_JOBJECT)
		return;
	in.data = t;
	s->suite.known = 1;
	s->suite.evaluations = number(&in, "evaluations", 0);
	s->suite.runs = number(&in, "runs", 0);
	s->suite.disclosed = number(&in, "disclosed", 0);
}

static int
holdout_completed(struct df_state *s, const struct df_fact *f,
    struct df_err *e)
{
	if (s->status != DF_ST_EVALUATING || !s->evaluating)
		return df_fail(e, DF_REFUSED, "evaluation.open",
		    "holdout.completed: no evaluation is open");
	if (number(f, "evaluation", s->evaluations) !=
	    (int64_t)s->evaluations)
		return df_fail(e, DF_REFUSED, "evaluation.open",
		    "holdout.completed: that evaluation is not open");
	if (is(f, "verdict", "pass")) {
		if (s->partial)
			return df_fail(e, DF_REFUSED, "verdict.partial",
			    "a partial evaluation cannot pass");
		s->verdict = DF_V_PASS;
	} else if (is(f, "verdict", "fail")) {
		s->verdict = DF_V_FAIL;
	} else if (is(f, "verdict", "error")) {
		s->verdict = DF_V_ERROR;
	} else {
		return df_fail(e, DF_INPUT, "event.data",
		    "holdout.completed: no verdict");
	}
	s->evaluating = 0;
	s->at_evaluated = f->at;
	suite_uses(s, f);
	return 0;
}

static int
policy(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	if (s->status != DF_ST_EVALUATING)
		return needs(s, f, "evaluating", e);
	if (s->decision != DF_D_NONE)
		return df_fail(e, DF_REFUSED, "decision.made",
		    "a decision is recorded already");
	if (is(f, "verdict", "pass"))
		s->policy = DF_V_PASS;
	else if (is(f, "verdict", "fail"))
		s->policy = DF_V_FAIL;
	else
		return df_fail(e, DF_INPUT, "event.data",
		    "policy.evaluated: no verdict");
	return 0;
}

/* Guards of a record, in decision.recorded or in the deciding line itself. */
static int
decide(struct df_state *s, const struct df_fact *f, enum df_run_decision d,
    struct df_err *e)
{
	enum df_run_verdict pol = s->policy;
	char who[96];
	size_t i;

	if (s->status != DF_ST_EVALUATING)
		return needs(s, f, "evaluating", e);
	if (s->paused)
		return df_fail(e, DF_REFUSED, "state.paused",
		    "%s: run is paused", f->type);
	/* The first of several approvals settles nothing yet: one rejection
	   still does. */
	if (s->decision != DF_D_NONE && s->decision != d &&
	    strcmp(f->type, "run.rejected") != 0)
		return df_fail(e, DF_CONFLICT, "decision.made",
		    "another decision is recorded already");
	if (s->verdict == DF_V_NONE)
		return df_fail(e, DF_REFUSED, "gate.no_result",
		    "no scenario result, no decision");
	if (!said(f, "rationale"))
		return df_fail(e, DF_REFUSED, "decision.rationale",
		    "a decision needs a rationale");
	if (d == DF_D_REJECT) {
		if (!said(f, "remediation"))
			return df_fail(e, DF_REFUSED, "decision.remediation",
			    "reject needs a remediation path");
		return 0;
	}
	if (s->verdict != DF_V_PASS)
		return df_fail(e, DF_REFUSED, "gate.scenarios",
		    "unresolved scenario failures: the verdict is %s",
		    df_run_verdict_name(s->verdict));
	if (s->partial)
		return df_fail(e, DF_REFUSED, "gate.partial",
		    "a partial evaluation is never approved");
	if (is(f, "policy", "pass"))
		pol = DF_V_PASS;
	else if (is(f, "policy", "fail"))
		pol = DF_V_FAIL;
	if (pol != DF_V_PASS)
		return df_fail(e, DF_REFUSED, "gate.policy",
		    "policy checks not passed");
	if (text(f, "actor", who, sizeof(who)) < 0)
		snprintf(who, sizeof(who), "%s", f->actor ? f->actor : "");
	/* Producers are fingerprints, in logs without signatures names. */
	if (is_true(f, "self_approved") ? s->no_self : df_map_get(
	    &s->producers, who, strlen(who)) != DF_MAP_NONE || (f->actor &&
	    df_map_get(&s->producers, f->actor, strlen(f->actor)) !=
	    DF_MAP_NONE))
		return df_fail(e, DF_AUTH, "auth.separation",
		    "separation of duties: who approves must not have "
		    "produced what is approved");
	who[df_person_len(who)] = '\0';
	for (i = 0; i < s->napprover; i++)
		if (strcmp(s->approver[i], who) == 0)
			return df_fail(e, DF_CONFLICT, "decision.twice",
			    "this person has approved already");
	return 0;
}

static void
add_approver(struct df_state *s, const struct df_fact *f)
{
	char who[96];

	if (text(f, "actor", who, sizeof(who)) < 0)
		snprintf(who, sizeof(who), "%s", f->actor ? f->actor : "");
	DF_GROW(s->approver, s->napprover, s->capapprover);
	s->approver[s->napprover++] = df_arena_str(&s->arena, who,
	    df_person_len(who));
	s->approvals++;
	s->self_approved |= is_true(f, "self_approved");
}

static int
recorded(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	enum df_run_decision d;

	if (is(f, "decision", "approve"))
		d = DF_D_APPROVE;
	else if (is(f, "decision", "reject"))
		d = DF_D_REJECT;
	else
		return df_fail(e, DF_INPUT, "event.data",
		    "decision.recorded: neither approve nor reject");
	if (decide(s, f, d, e) < 0)
		return -1;
	s->decision = d;
	s->decisions++;
	if (d == DF_D_APPROVE)
		add_approver(s, f);
	return 0;
}

static int
decided(struct df_state *s, const struct df_fact *f, enum df_run_decision d,
    struct df_err *e)
{
	if (s->status != DF_ST_EVALUATING)
		return needs(s, f, "evaluating", e);
	if (get(f, "rationale")) {
		/* The line is itself the record of the last approver. */
		if (decide(s, f, d, e) < 0)
			return -1;
		if (d == DF_D_APPROVE && s->approvals + 1 <
		    s->need_approvals)
			return df_fail(e, DF_REFUSED, "decision.quorum",
			    "%u approvals are needed, this is number %u",
			    s->need_approvals, s->approvals + 1);
		s->decisions++;
		if (d == DF_D_APPROVE)
			add_approver(s, f);
	} else if (s->decision != d) {
		return df_fail(e, DF_REFUSED, "decision.missing",
		    d == DF_D_APPROVE ? "no approving DecisionRecord" :
		    "no rejecting DecisionRecord");
	}
	if (is(f, "policy", "pass"))
		s->policy = DF_V_PASS;
	else if (is(f, "policy", "fail"))
		s->policy = DF_V_FAIL;
	s->decision = s->effective = d;
	s->status = d == DF_D_APPROVE ? DF_ST_APPROVED : DF_ST_REJECTED;
	s->at_decided = f->at;
	return 0;
}

static int
failed(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	static const char *const domain[] = { "BOOT_FAILURE", "EXEC_FAILURE",
	    "EVAL_FAILURE", "INTEGRITY_FAILURE" };
	size_t i;
	int fits = 0;

	if (!live(s))
		return needs(s, f, "a live run", e);
	for (i = 0; i < DF_LEN(domain) && !is(f, "domain", domain[i]); i++)
		;
	switch (i) {
	case 0:
		fits = s->status == DF_ST_QUEUED || s->status == DF_ST_BOOTING;
		break;
	case 1:
		fits = s->status == DF_ST_EXECUTING ||
		    s->status == DF_ST_AWAITING;
		break;
	case 2:
		fits = s->status == DF_ST_EVALUATING &&
		    s->verdict != DF_V_PASS;
		break;
	case 3:
		fits = 1;
		break;
	}
	if (!fits)
		return df_fail(e, DF_REFUSED, "domain.phase",
		    "run.failed: the domain does not fit a run that is %s",
		    df_run_status_name(s->status));
	s->domain = domain[i];
	s->status = DF_ST_FAILED;
	s->open = 0;
	return 0;
}

static int
canceled(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	if (!live(s))
		return needs(s, f, "a live run", e);
	if (!said(f, "reason") || (!said(f, "actor") && f->actor == NULL))
		return df_fail(e, DF_AUTH, "actor.required",
		    "run.canceled: actor and reason required");
	s->status = DF_ST_CANCELED;
	s->open = 0;
	return 0;
}

static int
sealed(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	if (!df_run_terminal(s->status) || s->sealed)
		return df_fail(e, DF_REFUSED, "seal.state",
		    "run.completed needs an unsealed terminal run; the run is "
		    "%s%s", df_run_status_name(s->status),
		    s->sealed ? ", sealed" : "");
	s->sealed = 1;
	s->seals = 1;
	s->after_seal = 0;
	s->at_sealed = f->at;
	return 0;
}

static int
amended(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	if (!s->sealed || s->effective == DF_D_NONE)
		return df_fail(e, DF_REFUSED, "amend.state",
		    "decision.amended needs a sealed, decided run");
	if (!said(f, "rationale"))
		return df_fail(e, DF_REFUSED, "decision.rationale",
		    "an amendment needs a rationale");
	if (is(f, "effect", "reversed")) {
		if (s->decision != DF_D_APPROVE)
			return df_fail(e, DF_REFUSED, "amend.rejection",
			    "only an approval can be reversed");
		s->effective = DF_D_REJECT;
	} else if (is(f, "effect", "reinstated")) {
		if (s->decision != DF_D_APPROVE)
			return df_fail(e, DF_REFUSED, "amend.rejection",
			    "cannot turn a rejection into an approval; "
			    "create a new run");
		s->effective = DF_D_APPROVE;
	} else if (!is(f, "effect", "note")) {
		return df_fail(e, DF_INPUT, "event.data",
		    "decision.amended: effect is not note, reversed or "
		    "reinstated");
	}
	s->decisions++;
	return 0;
}

static int
published(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	(void)f;
	if (s->status != DF_ST_APPROVED || !s->sealed)
		return df_fail(e, DF_REFUSED, "publish.state",
		    "only sealed approved runs are published");
	if (s->effective != DF_D_APPROVE)
		return df_fail(e, DF_REFUSED, "publish.reversed",
		    "the approval was reversed");
	s->published = 1;
	return 0;
}

/* Events that change little, by what they need. */
static int
other(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	const char *t = f->type;

	if (strcmp(t, "run.booting") == 0) {
		if (s->status != DF_ST_QUEUED || s->paused)
			return needs(s, f, "a queued run", e);
		s->status = DF_ST_BOOTING;
	} else if (strcmp(t, "run.awaiting_human") == 0) {
		if (s->status != DF_ST_EXECUTING)
			return needs(s, f, "executing", e);
		s->status = DF_ST_AWAITING;
		s->interventions++;
	} else if (strcmp(t, "run.resumed") == 0) {
		if (s->status != DF_ST_AWAITING)
			return needs(s, f, "awaiting_human", e);
		if (!said(f, "actor") || !said(f, "reason"))
			return df_fail(e, DF_AUTH, "actor.required",
			    "run.resumed: actor and reason required");
		s->status = DF_ST_EXECUTING;
	} else if (strcmp(t, "run.paused") == 0) {
		if (!live(s) || s->paused)
			return needs(s, f, "a live run that is not paused", e);
		s->paused = 1;
	} else if (strcmp(t, "run.unpaused") == 0) {
		if (!live(s) || !s->paused)
			return needs(s, f, "a paused run", e);
		s->paused = 0;
	} else if (strcmp(t, "holdout.disclosed") == 0) {
		if (s->status != DF_ST_EVALUATING || !s->evaluating)
			return needs(s, f, "an open evaluation", e);
		s->disclosed++;
	} else if (strcmp(t, "holdout.result") == 0) {
		if (s->status != DF_ST_EVALUATING || !s->evaluating)
			return needs(s, f, "an open evaluation", e);
	} else if (strcmp(t, "holdout.shown") == 0) {
		s->shown++;
	} else if (strcmp(t, "holdout.opened") == 0) {
		s->opened += length(f, "items");
		s->opened_answers += length(f, "tasks");
	} else if (strcmp(t, "decision.invalid") == 0) {
		if (s->status != DF_ST_EVALUATING)
			return needs(s, f, "evaluating", e);
		s->domain = "DECISION_FAILURE";
	} else if (strcmp(t, "incident.linked") == 0) {
		if (!df_run_terminal(s->status))
			return needs(s, f, "a terminal run", e);
		if (is_true(f, "critical"))
			s->incident = 1;
	} else if (strcmp(t, "artifact.stored") == 0) {
		if (s->status == DF_ST_NONE || s->sealed)
			return needs(s, f, "an unsealed run", e);
	} else if (strcmp(t, "checkpoint.saved") == 0) {
		if (!live(s))
			return needs(s, f, "a live run", e);
	} else if (strcmp(t, "run.resealed") == 0) {
		if (!s->sealed)
			return needs(s, f, "a sealed run", e);
		s->seals++;
		s->after_seal = 0;
		s->at_sealed = f->at;
	} else if (strcmp(t, "gc.swept") == 0) {
		if (!s->sealed)
			return needs(s, f, "a sealed run", e);
	} else if (strcmp(t, "evidence.resolved") == 0 ||
	    strcmp(t, "admin.action") == 0) {
		if (s->sealed)
			return needs(s, f, "an unsealed run", e);
	} else {
		return df_fail(e, DF_INPUT, "event.type",
		    "%s is no event of a run", t);
	}
	return 0;
}

/* What may follow run.completed. */
static int
after_seal(const char *t)
{
	static const char *const may[] = { "decision.amended",
	    "incident.linked", "artifact.published", "gc.swept",
	    "holdout.opened", "holdout.shown", "run.resealed" };
	size_t i;

	for (i = 0; i < DF_LEN(may); i++)
		if (strcmp(t, may[i]) == 0)
			return 1;
	return 0;
}

static int
dispatch(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	const char *t = f->type;

	if (s->status == DF_ST_NONE && strcmp(t, "run.created") != 0)
		return needs(s, f, "run.created before it", e);
	if (strcmp(t, "run.created") == 0)
		return created(s, f, e);
	if (strcmp(t, "run.started") == 0)
		return started(s, f, e);
	if (strcmp(t, "stage.started") == 0)
		return stage_started(s, f, e);
	if (strcmp(t, "stage.completed") == 0)
		return stage_ended(s, f, 1, e);
	if (strcmp(t, "stage.failed") == 0)
		return stage_ended(s, f, 0, e);
	if (strcmp(t, "run.evaluating") == 0)
		return evaluating(s, f, e);
	if (strcmp(t, "holdout.started") == 0)
		return holdout_started(s, f, e);
	if (strcmp(t, "holdout.completed") == 0)
		return holdout_completed(s, f, e);
	if (strcmp(t, "policy.evaluated") == 0)
		return policy(s, f, e);
	if (strcmp(t, "decision.recorded") == 0)
		return recorded(s, f, e);
	if (strcmp(t, "run.approved") == 0)
		return decided(s, f, DF_D_APPROVE, e);
	if (strcmp(t, "run.rejected") == 0)
		return decided(s, f, DF_D_REJECT, e);
	if (strcmp(t, "run.failed") == 0)
		return failed(s, f, e);
	if (strcmp(t, "run.canceled") == 0)
		return canceled(s, f, e);
	if (strcmp(t, "run.completed") == 0)
		return sealed(s, f, e);
	if (strcmp(t, "decision.amended") == 0)
		return amended(s, f, e);
	if (strcmp(t, "artifact.published") == 0)
		return published(s, f, e);
	return other(s, f, e);
}

int
df_state_step(struct df_state *s, const struct df_fact *f, struct df_err *e)
{
	int was = s->sealed;

	if (dispatch(s, f, e) < 0)
		return -1;
	if (was && !after_seal(f->type))
		DF_BUG(f->type);	/* its own guard should have met it */
	if (was && strcmp(f->type, "run.resealed") != 0)
		s->after_seal++;
	s->seq = f->at.seq;
	s->head = f->at.digest;
	if (s->seq == 1)
		s->genesis = s->head;
	s->updated = f->time;
	return 0;
}

int
df_state_apply(struct df_state *s, const struct df_event *ev,
    struct df_err *e)
{
	struct df_fact f = { .type = ev->type, .j = ev->j, .data = ev->data,
	    .actor = ev->actor, .time = ev->time };
	char stage[160];
	struct df_err why;

	f.at.seq = ev->seq;
	f.at.off = ev->off;
	f.at.len = (uint32_t)ev->len;
	f.at.digest = ev->digest;
	(void)text(&f, "stage", stage, sizeof(stage));
	if (df_event_role(ev->type, stage, ev->role, e) < 0)
		return -1;
	if (df_state_step(s, &f, &why) < 0) {
		if (e)
			*e = why;
		return -1;
	}
	return 0;
}
