/*
 * since.h - incremental bundles: what a run has behind a line of its log.
 *
 * One holds the blobs that no event up to that line, the head, names; the
 * bytes of the log behind it (since.jsonl); and since.json, {head, run,
 * schema}.  It continues a copy of the run whose log has the head: all that is
 * in the result is checked before anything is added to the copy, and then it
 * is added as every step does, blobs first, the log last.
 * Logs are read into memory, at most 2 GiB of each; blobs are not.
 *
 *	df_since_write(&run, "7", path, &e);
 *
 *	df_bundle_unpack(path, dirpath, name, &e);
 *	if (df_since_is(dir)) {
 *		df_since_stage(dir, &copy, &e);	dir is a whole run now
 *		... open it, df_gate_check() ...
 *		df_since_apply(&copy, &staged, &e);
 *	}
 */
#ifndef DF_WORK_SINCE_H
#define DF_WORK_SINCE_H

#include "run/run.h"

/*
 * The bundle of what is behind head: "SEQ", "SEQ:DIGEST" or "DIGEST" of a line
 * of the log.  DF_NO "since.head" when the log has no such line.  The run was
 * opened with DF_RUN_LINES.
 */
int df_since_write(struct df_run *r, const char *head, const char *path,
	struct df_err *e) DF_CHECK;

/* Is what was unpacked into directory dir an incremental bundle? */
int df_since_is(int dir);
/*
 * Complete it, in place, by what copy has: log, blobs.  copy was opened with
 * DF_RUN_LINES.  DF_REFUSED "since.run", "since.gap": it continues another run,
 * or one that is further; DF_INTEGRITY "since.forked": the copy went on
 * otherwise.
 */
int df_since_stage(int dir, struct df_run *copy, struct df_err *e) DF_CHECK;
/*
 * Add to copy what staged has and it has not, under the lock of its log: 1;
 * 0 when it has all of it already.
 */
int df_since_apply(struct df_run *copy, struct df_run *staged,
	struct df_err *e) DF_CHECK;

#endif
