/*
 * freeze.h - making a run that has ended the closed set of closed.h.
 *
 *	df_log_lock(&st.run.log, &e);	nobody appends from here
 *	df_run_refresh(&st.run, &e);
 *	df_freeze_clean(&st.run, &e);
 *	df_freeze_seal(&st, &e);
 *	df_log_unlock(&st.run.log);
 *	df_freeze_tidy(&st.run, &e);
 *
 * What the directory may not hold any more goes before the one line that says
 * run.completed; modes after it.  Each may be done again after it was
 * interrupted.  The run was opened with DF_RUN_LINES.
 */
#ifndef DF_RUN_FREEZE_H
#define DF_RUN_FREEZE_H

#include "run/step.h"

/*
 * Remove what no event names: blobs that were staged and never committed,
 * temporary files, work/.  Anything else that is in the way is DF_REFUSED.
 */
int df_freeze_clean(struct df_run *r, struct df_err *e) DF_CHECK;
/* Commit seal/N.json and its signature: run.completed, or run.resealed when
   there is a seal already. */
int df_freeze_seal(struct df_step *st, struct df_err *e) DF_CHECK;
/* Files 0444 but the log, directories 0755; links of every name. */
int df_freeze_tidy(struct df_run *r, struct df_err *e) DF_CHECK;

#endif
