/*
 * scratch.h - directories for workspaces, judge copies and bundles: outside
 * every protected path, gone when their process is.
 */
#ifndef DF_WORK_SCRATCH_H
#define DF_WORK_SCRATCH_H

#include "base/err.h"

/*
 * The scratch directory ${DF_SCRATCH:-/var/tmp}/df-<uid>, made 0700 and ours
 * (DF_AUTH when somebody else's is there); malloc'd path, descriptor in *fd.
 */
char *df_scratch(int *fd, struct df_err *e);
/*
 * A new directory in it, named at random and locked while this process
 * lives: its name (malloc'd) and descriptor.
 */
char *df_scratch_new(int scratch, int *fd, struct df_err *e);
/* Remove those that no living process holds. */
void df_scratch_sweep(int scratch);

#endif
