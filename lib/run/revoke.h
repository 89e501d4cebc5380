/*
 * revoke.h - what revoked keys have signed, and whether it stands.
 *
 * Who revokes is the verifier's own trust directory.  A signature's position
 * is the line of a factory's log where the first anchor stands that covers it:
 * one (run.anchored) whose head is the signed line or a later one of the run's
 * chain.  A revoked key's signature stands when it has a position and that
 * lies before the key's suspect_from_seq; else it is void, whatever time it
 * says.  In a run count: each line, and what a name that ends in .sig holds,
 * at the line that gave it (trust files, seals, waivers).
 *
 * A key's window (valid-after=, valid-before=) is compared with the time of
 * the anchoring event; without one it is the event's own time, which is only
 * claimed.
 *
 * Anchors.  Every line of the factory's log is checked: its signer is listed
 * in the verifier's trust directory, or was until a later trust.changed line
 * says that it was removed, or is listed by the run.  An anchor does not count
 * when its key is revoked and its line does not lie before suspect_from_seq.
 */
#ifndef DF_RUN_REVOKE_H
#define DF_RUN_REVOKE_H

#include "run/factory.h"

struct df_anchor {
	struct df_digest run, head;
	uint64_t seq;		/* of the run's line */
	uint64_t at;		/* of the factory's line */
	int64_t time;
};
/* By run, then by at. */
struct df_anchors {
	struct df_anchor *v;
	size_t n, cap;
};
/*
 * Read all anchors of a factory's log.  outside is the verifier's trust
 * directory, carried a run's roster; one of them may be NULL.  DF_AUTH: a line
 * that nobody listed has signed.
 */
int df_anchors_read(struct df_factory *f, const struct df_trust *outside,
	const struct df_trust *carried, struct df_anchors *a,
	struct df_err *e) DF_CHECK;
void df_anchors_release(struct df_anchors *a);
/* The largest head of the run that is anchored, or NULL. */
const struct df_anchor *df_anchors_head(const struct df_anchors *a,
	const struct df_digest *run);

/* What one key has signed in a run. */
struct df_touch {
	char fp[DF_FP_STR];
	int window;		/* not revoked: outside its window by the time
				   of the anchor; void */
	const char *reason;	/* why it is revoked */
	uint64_t from;		/* suspect_from_seq */
	const char *stands, *voids;	/* lines: "3-7,9", or "" */
	uint64_t nstand, nvoid;	/* how many */
};
struct df_touched {
	struct df_touch *v;	/* in the run's arena */
	size_t n;
	uint64_t voids;		/* lines in all */
	int windows;		/* a key with a window has signed ... */
	int claimed;		/* ... what no anchor covers */
};
/* Is nothing revoked and has no key a window?  Then no anchor is needed.  The
   run's trust is loaded. */
int df_revoke_idle(const struct df_run *r, const struct df_trust *outside);
/*
 * Look at a run that was opened with DF_RUN_LINES.  a may be NULL: no anchors.
 */
int df_revoke_check(struct df_run *r, const struct df_trust *outside,
	const struct df_anchors *a, struct df_touched *t, struct df_err *e)
	DF_CHECK;
/* Append why what is void in t is void, one line. */
void df_revoke_why(const struct df_touch *t, struct df_buf *b);

#endif
