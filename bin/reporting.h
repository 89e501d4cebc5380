/*
 * reporting.h - the report of a run as its log is: made by df-report, and
 * again by df-verify.
 */
#ifndef DF_BIN_REPORTING_H
#define DF_BIN_REPORTING_H

#include "run/report.h"
#include "spec/matrix.h"
#include "spec/public.h"

/* What a report is made of.  Zeroed but for facts and holdout, which are
   jv_invalid(), it may be released. */
struct df_reporting {
	struct df_public public;
	int have_public;
	jv facts, holdout;		/* holdout: the last record, or null */
	struct df_matrix *matrix;
};
int df_reporting_load(struct df_reporting *w, struct df_run *r,
	struct df_err *e) DF_CHECK;
void df_reporting_release(struct df_reporting *w);
/* schemas/report.json, or jv_invalid() with *e. */
jv df_reporting_make(struct df_reporting *w, struct df_run *r,
	struct df_err *e);

#endif
