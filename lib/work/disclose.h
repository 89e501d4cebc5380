/*
 * disclose.h - showing the whole record of an evaluation: a disclosure.
 *
 *	df_disclose_read(&st, n, name, &plain, &e);
 *	df_disclose_record(&st, name, &plain, reason, &e);
 *	... and only then write what is in plain ...
 *	df_buf_wipe(&plain);
 *
 * The step was opened in the role whose identity unseals.
 */
#ifndef DF_WORK_DISCLOSE_H
#define DF_WORK_DISCLOSE_H

#include "run/step.h"

/* Append the record of evaluation n, holdout/N.full.age, to plain. */
int df_disclose_read(struct df_step *st, int64_t n, char name[64],
	struct df_buf *plain, struct df_err *e) DF_CHECK;
/* Tell the factory's ledger, if there is one, and commit holdout.shown: who
   saw which name, and why.  plain is what will be seen. */
int df_disclose_record(struct df_step *st, const char *name,
	const struct df_buf *plain, const char *reason, struct df_err *e)
	DF_CHECK;

#endif
