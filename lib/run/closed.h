/*
 * closed.h - what may lie in a run directory.
 *
 * A sealed run is a closed set: the log, the blobs that events name and what
 * their trees hold, the links of the names that the log has given, and the
 * directories between; files 0444 (the log 0644), directories 0755.  A link
 * that is missing, a blob that no event names but whose bytes are right, and
 * a name that is a regular file with the right bytes are said; anything else
 * breaks the set.  Bytes behind the last event of the log are said; in a
 * sealed run they break the set unless a write that was cut short leaves such.
 * In a run that is not sealed only what contradicts the log breaks it: work/
 * and blobs that are not named yet belong there.  A link of a name that the
 * log has not given always does: links are made after their event, so the log
 * has lost its end.
 */
#ifndef DF_RUN_CLOSED_H
#define DF_RUN_CLOSED_H

#include "run/gate.h"

struct df_finding {
	char *code;		/* "closed.extra" */
	char *place;		/* below the run; foreign text */
	char *message;
};
struct df_findings {
	struct df_finding *v;
	size_t n, cap;
};
void df_finding_add(struct df_findings *f, const char *code,
	const char *place, const char *fmt, ...) DF_PRINTF(4, 5);
void df_findings_release(struct df_findings *f);

/*
 * Compare the directory with the log.  What breaks the set goes to bad, what
 * is only said to notes.  Returns the number of names looked at, or -1 when
 * the directory cannot be read.
 */
long df_closed_check(struct df_run *r, const struct df_blobset *blobs,
	struct df_findings *bad, struct df_findings *notes, struct df_err *e);

/*
 * The seals of the run: each names the run, a line of the log, and every name
 * that the log had given up to it, and its signature is one of role df-run.
 */
int df_seals_check(struct df_run *r, struct df_findings *bad,
	struct df_err *e) DF_CHECK;

#endif
