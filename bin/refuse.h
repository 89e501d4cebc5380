/*
 * refuse.h - a specification that does not pass, and one that gives its suite
 * away: for the programs that seal.
 */
#ifndef DF_BIN_REFUSE_H
#define DF_BIN_REFUSE_H

#include "spec/check.h"
#include "spec/exposure.h"

/*
 * 0 when it passes.  Else the findings are said, and *e is DF_REFUSED
 * "holdout.leak" when all that is wrong is that the suite stands in public
 * documents, DF_NO "spec.fail" otherwise.
 */
int df_refuse_spec(const struct df_check *c, const char *dir,
	struct df_err *e) DF_CHECK;
/* A df_exposed_fn: what public documents share with the suite is said to
   whom wants to know, all else is DF_REFUSED "holdout.leak" in arg, a struct
   df_err, and ends the search. */
int df_refuse_exposed(void *arg, const struct df_exposed *x);

#endif
