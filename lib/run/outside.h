/*
 * outside.h - is a file that is to be written outside the run?
 */
#ifndef DF_RUN_OUTSIDE_H
#define DF_RUN_OUTSIDE_H

#include "run/run.h"

/*
 * The directory of path must exist (DF_INPUT) and be neither the run's nor
 * below it: DF_REFUSED with that code and "PATH is in the run, WHY".
 */
int df_outside_check(const struct df_run *r, const char *path,
	const char *code, const char *why, struct df_err *e) DF_CHECK;

#endif
