/*
 * hold.h - a run's work/, and who is at work there.
 *
 *	df_hold_take(&h, &run, "dispatch", "the run's dispatcher", &e);
 *	... h.dir is work/ ...
 *	df_hold_drop(&h);
 *
 * A tool that goes on for long holds the lock work/NAME.lock, so that a second
 * one of its kind leaves at once; one that does not, so that a second one waits
 * and finds its work done.  An attempt that is open lives as long as its
 * dispatcher, which ends it otherwise.  work/ is no part of the run: df-freeze
 * removes it.
 */
#ifndef DF_RUN_HOLD_H
#define DF_RUN_HOLD_H

#include "run/run.h"

struct df_hold {
	int dir, lock;		/* -1: not held */
};
#define DF_HOLD_INIT { -1, -1 }

/* Take the lock, then fold what its last holder did.  When another process has
   it: DF_CONFLICT, naming who; with who NULL we wait for its end. */
int df_hold_take(struct df_hold *h, struct df_run *r, const char *name,
	const char *who, struct df_err *e) DF_CHECK;
void df_hold_drop(struct df_hold *h);
/* Is nobody at work there? */
int df_hold_free(const struct df_run *r, const char *name);

#endif
