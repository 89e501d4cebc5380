/*
 * holdout.h - the parts of df-holdout: one evaluation.
 *
 *	struct df_evaluation w;
 *
 *	... open the step ...
 *	df_holdout_unseal(&w, &e);	suite, frame, item
 *	df_holdout_scan(&w, &e);	what builders saw of the suite
 *	df_holdout_open(&w, &e);	the judge
 *	df_holdout_begin(&w, &e);	it counts from here
 *	df_holdout_judge(&w);
 *	df_holdout_score(&w, &score);	the verdict of it
 *	df_holdout_complete(&w, &score, &tap, &e);
 *	df_holdout_release(&w);		but for step and hold
 *
 * frame.j is jv_invalid(), and the judge's descriptors are -1, before.
 */
#ifndef DF_BIN_HOLDOUT_H
#define DF_BIN_HOLDOUT_H

#include "base/opt.h"
#include "run/hold.h"
#include "run/ledger.h"
#include "run/step.h"
#include "spec/score.h"
#include "work/judge.h"

struct df_evaluation {
	size_t jobs;			/* runs at the same time */
	int partial;
	struct df_step step;
	struct df_hold hold;
	struct df_ledger ledger;
	struct df_sealed suite;
	struct df_suite_frame frame;
	struct df_suite_item *item;	/* of the scenarios: item[0] is n 1 */
	struct df_judge judge;
	struct df_scored *scored;
	struct df_disclosed *seen;	/* its strings belong to the run */
	size_t nseen, capseen;
	struct df_digest tree, commitment;
	int64_t evaluation;
	/* while scanning */
	const char *place, *task;
};

int df_holdout_unseal(struct df_evaluation *w, struct df_err *e) DF_CHECK;
void df_holdout_release(struct df_evaluation *w);
/* What is in scored and seen makes of the evaluation; s is zeroed. */
void df_holdout_score(struct df_evaluation *w, struct df_score *s);

/* Look for the suite in what builders saw and wrote; fills seen. */
int df_holdout_scan(struct df_evaluation *w, struct df_err *e) DF_CHECK;

/* The judge as the run's settings, D9 and the profile have it. */
int df_holdout_open(struct df_evaluation *w, struct df_err *e) DF_CHECK;
/* P0 first; when one of them fails nothing else is begun.  Each that is begun
   has all its runs.  Fills scored. */
void df_holdout_judge(struct df_evaluation *w);

/* Commit holdout.started and what was found: the evaluation counts, and what
   is disclosed is on record, before anything of it is known. */
int df_holdout_begin(struct df_evaluation *w, struct df_err *e) DF_CHECK;
/* Commit the three records; the TAP goes to tap too. */
int df_holdout_complete(struct df_evaluation *w, const struct df_score *s,
	struct df_buf *tap, struct df_err *e) DF_CHECK;

/* df-holdout seal (run/sealing.h). */
extern const struct df_opt df_holdout_seal_opts[];
int df_holdout_seal(char **operand, size_t n);
/* df-holdout open: publish what the operands name.  Returns an exit code. */
int df_holdout_disclose(char **operand, size_t n, const char *why);

#endif
