/*
 * report-internal.h - the parts of df_report_make().
 */
#ifndef DF_RUN_REPORT_INTERNAL_H
#define DF_RUN_REPORT_INTERNAL_H

#include "run/report.h"

struct df_making {
	struct df_run *run;
	const struct df_report_in *in;
	jv traces, advice;		/* arrays that grow */
};

/* Elements of an array; of anything else 0.  The list is not eaten. */
int df_report_count(jv list);
/* Append {what: id, "text"} to the recommendations. */
void df_report_advise(struct df_making *w, const char *what,
	const char *id, const char *fmt, ...) DF_PRINTF(4, 5);
/* Every attempt of every task, and the tasks that were never tried; fills
   traces and advice.  jv_invalid() with *e. */
jv df_report_attempts(struct df_making *w, struct df_err *e);

#endif
