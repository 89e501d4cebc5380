/*
 * revalidate.h - a run's public documents checked again, against its
 * validation.json: for df-validate and df-verify.
 */
#ifndef DF_BIN_REVALIDATE_H
#define DF_BIN_REVALIDATE_H

#include "run/run.h"
#include "spec/check.h"
#include "spec/public.h"

struct df_revalidation {
	jv was, is;			/* schemas/validation.json */
	struct df_check check;
	struct df_findings bad;		/* waivers that do not hold */
	/* inside */
	struct df_public public;
	struct df_waivers waivers;
};
/* After a failure there is nothing to release. */
int df_revalidate(struct df_revalidation *v, struct df_run *r,
	struct df_err *e) DF_CHECK;
void df_revalidation_release(struct df_revalidation *v);
/*
 * Call fn for each row that can be seen without D9 and is not in both: which
 * check or rule, and what is wrong with it.  Returns how many.
 */
int df_revalidation_differences(struct df_revalidation *v,
	void (*fn)(void *arg, const char *row, const char *what), void *arg);

#endif
