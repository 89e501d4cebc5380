/*
 * revoke.h - what revoked keys have signed, and whether it stands.
 *
 * Who revokes is the verifier's own trust directory.  A signature's position
 * is the line of a factory's log where the first anchor stands that covers it:
 * one (run.anchored) whose head is the signed line or a later one of the run's
 * chain.  A revoked key's signature stands when it has a position and that
 * lies before the key's suspect_from_seq; else it is void, whatever time it
 * says.  In a run count: each line, and what a name that ends in .sig holds,
 * at the line that gave it (trust files, seals, waivers); and each line of its
 * origins' logs, which have positions of their own.
 *
 * Whoever has the key could write another log like the factory's up to that
 * line.  So a position counts only before a line of it that a root of the
 * verifier's directory has signed and that knows of the revocation: a
 * trust.changed that revokes the key, or is about a version of the directory
 * that is not older than the verifier's.
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
	uint64_t *said;		/* by outside->revoked: the last line of a
				   root that knows of it, or 0 */
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
/* The anchors of a run: the first, or NULL, and *n. */
const struct df_anchor *df_anchors_of(const struct df_anchors *a,
	const struct df_digest *run, size_t *n);

/*
 * Who may have signed the lines of a factory's log:
 *
 *	df_signers_init(&g, outside, carried);
 *	df_factory_each(f, ...)		df_signers_see(&g, ev) of each event
 *	df_signers_read(&g, f, strict, &e)
 *	df_signers_check(&g, ev, &e)	of any event, again
 *	df_signers_release(&g);
 *
 * The trust directories have to live as long.  strict: a trust.changed that
 * nobody listed has signed is DF_AUTH; else it is passed over.
 */
struct df_removed {		/* a key that was listed, up to line seq */
	struct df_signer who;
	uint64_t seq;
};
struct df_signers {
	/* inside */
	const struct df_trust *trust;		/* outside, or NULL */
	struct df_trust outside, carried;	/* views; nothing is owned */
	int have_carried;
	uint64_t *said;
	struct df_removed *gone;
	size_t ngone, capgone;
	struct df_at *changed;			/* trust.changed lines */
	size_t nchanged, capchanged;
};
void df_signers_init(struct df_signers *g, const struct df_trust *outside,
	const struct df_trust *carried);
void df_signers_see(struct df_signers *g, const struct df_event *ev);
int df_signers_read(struct df_signers *g, struct df_factory *f, int strict,
	struct df_err *e) DF_CHECK;
int df_signers_check(const struct df_signers *g, const struct df_event *ev,
	struct df_err *e) DF_CHECK;
void df_signers_release(struct df_signers *g);

/* What one key has signed in a run. */
struct df_touch {
	char fp[DF_FP_STR];
	int window;		/* not revoked: outside its window by the time
				   of the anchor; void */
	const char *reason;	/* why it is revoked */
	uint64_t from;		/* suspect_from_seq */
	const char *stands, *voids;	/* lines: "3-7,9", or "" */
	uint64_t nstand, nvoid;	/* how many */
	unsigned level;		/* in the log of that origin; 0: the run's */
	int unsaid;		/* void as no root's line fixes the anchor */
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
