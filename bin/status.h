/*
 * status.h - the parts of df-status: a run in the words of other systems.
 */
#ifndef DF_BIN_STATUS_H
#define DF_BIN_STATUS_H

#include "run/run.h"

/* Is there such a system: "ro", "spec250", ...? */
int df_status_system(const char *system);
/*
 * Write the run to stdout as the system sees it: with "ro" a line for each
 * ArtifactRef, JobAttemptRecord and ConfigVersionRef.  The run is open without
 * DF_RUN_BRIEF.  A record that its schema does not take ends the process.
 */
int df_status_as(struct df_run *r, const char *system, struct df_err *e)
	DF_CHECK;
/* A time in RFC 3339; below 0 null. */
jv df_status_when(int64_t ms);

#endif
