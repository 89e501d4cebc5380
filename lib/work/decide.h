/*
 * decide.h - a person's decision: what it is made on, its guards, its record.
 *
 *	struct df_decide w;
 *
 *	df_decide_init(&w, &step);
 *	df_decide_collect(&w, &e);	facts, policies
 *	df_decide_guard(&w, approve, &e);
 *	df_decide_commit(&w, approve, &given, &e);
 *	df_decide_release(&w);
 *
 * For a run that passed df_gate_pass().  The decision's record, the facts and
 * the policies' results are committed in the one line of the decision.  An
 * amendment needs neither facts nor policies: df_decide_amend() goes alone.
 */
#ifndef DF_WORK_DECIDE_H
#define DF_WORK_DECIDE_H

#include "run/step.h"

struct df_decide {
	struct df_step *step;		/* borrowed; to collect, of it only run
					   is used */
	jv facts, policy;		/* records; invalid before collect */
	struct df_buf facts_text, policy_text;	/* canonical, with LF */
	int pass;			/* of the policies */
	int self;			/* who decides is who produced it:
					   known after the guard */
};
void df_decide_init(struct df_decide *w, struct df_step *step);
void df_decide_release(struct df_decide *w);

/* What a person says. */
struct df_decided {
	const char *message;		/* the rationale */
	const char *statement;		/* or NULL */
	const char *remediation, *class;	/* of a rejection */
};

/* Facts and policies, as records. */
int df_decide_collect(struct df_decide *w, struct df_err *e) DF_CHECK;
/*
 * Approving needs a passed evaluation, clean policies and another person than
 * the producers; rejecting needs an evaluation.  DF_REFUSED, DF_AUTH.
 */
int df_decide_guard(struct df_decide *w, int approve, struct df_err *e)
	DF_CHECK;
/* The last approval that is needed, or a rejection, ends the run. */
int df_decide_commit(struct df_decide *w, int approve,
	const struct df_decided *d, struct df_err *e) DF_CHECK;
/*
 * Amend the decision of a sealed run; effect is "note", "reversed" or
 * "reinstated".  dry: only its guards.
 */
int df_decide_amend(struct df_decide *w, const char *effect,
	const struct df_decided *d, int dry, struct df_err *e) DF_CHECK;

#endif
