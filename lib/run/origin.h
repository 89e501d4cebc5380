/*
 * origin.h - what a successor takes over from the run that it supersedes.
 *
 * run.created of the successor names, below origin/1/, copies of the origin's
 * log, envelope, trust files, latest verdict, and of all blobs of its
 * COMPLETED attempts; below origin/2/ and so on those of the origin's own
 * origins without the attempts.  Nothing reads the origin afterwards.
 *
 *	origin/1/log.jsonl		the whole log
 *	origin/1/run.json
 *	origin/1/trust/allowed_signers ...
 *	origin/1/verdict.json		its last holdout/N.json, if any
 *	origin/1/dispatch/T-001/2.json, .host.json
 *	origin/1/result/T-001/2.tree, .patch, .log, .md
 */
#ifndef DF_RUN_ORIGIN_H
#define DF_RUN_ORIGIN_H

#include "run/step.h"

#define DF_ORIGINS 100		/* at most, one behind the other */

struct df_origin {
	struct df_run run;
};
/*
 * Open a sealed run that verifies: DF_REFUSED when it is not sealed; DF_AUTH
 * when it is not VERIFIED; DF_INTEGRITY.
 */
int df_origin_open(struct df_origin *o, const char *path, struct df_err *e)
	DF_CHECK;
void df_origin_close(struct df_origin *o);
/* data.origin of run.created: {head, name, run}. */
jv df_origin_json(const struct df_origin *o);
/* Stage the copies and name them in c. */
int df_origin_put(struct df_origin *o, struct df_step *s,
	struct df_commit *c, struct df_err *e) DF_CHECK;

/* The run that this one supersedes: 1 and *run (the digest of its line 1), 0
   when there is none. */
int df_origin_of(struct df_run *r, struct df_digest *run, struct df_err *e)
	DF_CHECK;
/*
 * Check the origins that a run carries: each log chains, every signature
 * holds under its trust files, whose root is the run's own, and first and
 * last line are what the log before it says.  Calls fn (which may be NULL) for
 * each event; level 1 is the run that was superseded.  *n is their number.
 */
typedef int df_origin_fn(void *arg, unsigned level, const struct df_event *ev,
	struct df_err *e);
int df_origins_check(struct df_run *r, df_origin_fn *fn, void *arg,
	unsigned *n, struct df_err *e) DF_CHECK;

#endif
