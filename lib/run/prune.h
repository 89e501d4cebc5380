/*
 * prune.h - what was removed of a sealed run, and what may be.
 *
 * Of a sealed run bulk may be removed: prompts, transcripts, results.  All
 * other names are kept for ever, and so is each blob that is also something
 * that is kept.  gc.swept names a list (schema gc) of the digests and sizes of
 * what goes; it is durable before the first file is gone, and is the
 * tombstone: a blob that is bulk and listed may be there or not (pruned), any
 * other has to be (missing).  The links of names whose blobs were pruned go
 * too; the log keeps the names.
 */
#ifndef DF_RUN_PRUNE_H
#define DF_RUN_PRUNE_H

#include "run/closed.h"
#include "run/step.h"

/* May the blob of that name be removed? */
int df_prune_bulk(const char *name);
/* Take the list that an event gc.swept names into r; *d is its digest. */
int df_prune_load(struct df_run *r, const struct df_event *ev,
	struct df_digest *d, struct df_err *e) DF_CHECK;
/* The line whose list has d, or 0. */
uint64_t df_prune_line(const struct df_run *r, const struct df_digest *d);
/* Is it listed, and gone? */
int df_pruned(struct df_run *r, const struct df_digest *d);

/* ---- retention ---- */

#define DF_RETAIN_DAYS 90		/* of what was not approved */
#define DF_RETAIN_APPROVED 365

/* The runs of a directory and which supersedes which. */
struct df_lineage {
	struct df_kin {
		char *path;
		struct df_digest run, origin;
		int has_origin, sealed;
	} *v;
	size_t n, cap;
	int worst;		/* exit code of what could not be read */
};
/* Read all runs in directory path; one that cannot be read is said. */
int df_lineage_read(struct df_lineage *l, const char *path, struct df_err *e)
	DF_CHECK;
void df_lineage_release(struct df_lineage *l);

struct df_retain {
	int64_t now;		/* ms */
	int unsuperseded;	/* what nothing supersedes may go too */
	const struct df_lineage *lineage;
};
/*
 * May the bulk of the run, which is sealed and passed the gate, be removed?
 * Returns the rule, "approved", "superseded" or "unsuperseded"; or NULL with
 * DF_REFUSED "gc.kept" and the reason, or another failure.
 */
const char *df_retain_rule(struct df_run *r, const struct df_retain *t,
	struct df_err *e);

/*
 * Commit gc.swept of the blobs v[i] of set that are bulk and there, if there
 * are any and rule is not NULL.
 */
int df_prune_commit(struct df_step *st, const struct df_blobset *set,
	const char *rule, const struct df_retain *t, const char *reason,
	struct df_err *e) DF_CHECK;
/*
 * Hold each gc.swept of the log against the rules, by what the log had before
 * it: only bulk is listed, the rule is that of such a run, the days had passed,
 * no hold was on it, it was not published.  A day that its own event had not
 * reached is said.  Whether something superseded the run is not in its log.
 */
int df_retain_check(struct df_run *r, const struct df_blobset *set,
	struct df_findings *bad, struct df_findings *notes, struct df_err *e)
	DF_CHECK;
/* Remove what is listed, bulk and still there; and links of what is gone. */
int df_prune_sweep(struct df_run *r, const struct df_blobset *set,
	struct df_err *e) DF_CHECK;

#endif
