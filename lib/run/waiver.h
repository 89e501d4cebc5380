/*
 * waiver.h - findings of df-validate that persons let stand.
 *
 * A waiver is a record (schemas/waiver.json) that names one finding and says
 * why it may stand, with a signature file (SSHSIG, NAME.sig) of a key that the
 * trust directory has in role df-approve.  Without that it is nothing.
 *
 *	struct df_waivers w = { 0 };
 *
 *	df_waivers_read(&w, "waivers", &trust, df_now_ms(), &e)
 *	... df_check_waive() of spec/check.h ...
 *	df_waivers_put(&w, &step, &commit, &e)	those that were used
 *	df_waivers_release(&w);
 *
 * In a run they are waiver/N.json and waiver/N.json.sig, from 1, and the
 * findings of validation.json name the digest of the first.
 */
#ifndef DF_RUN_WAIVER_H
#define DF_RUN_WAIVER_H

#include "run/closed.h"
#include "run/step.h"

#define DF_WAIVERS_MAX 1000		/* files of a directory */
#define DF_WAIVER_BYTES ((size_t)65536)	/* of one file */

struct df_waiver {
	struct df_buf json, sig;
	jv v;				/* the record */
	struct df_digest digest;	/* of json */
	struct df_digest finding;	/* that it names */
	struct df_digest text;		/* of what the finding stands in */
	const struct df_signer *who;	/* belongs to the trust */
	size_t used;			/* findings it let stand */
};

struct df_waivers {
	struct df_waiver *v;		/* by file name */
	size_t n, cap;
};

/*
 * What a finding is named by: the digest of the canonical form of these, LF
 * included.  text is the digest of the text that it stands in.  So it stays
 * when lines move, and is another one when what was found, or what it is
 * about, differs.
 */
void df_waiver_finding(const char *document, const char *item,
	const char *message, const char *package, const char *rule,
	const struct df_digest *text, struct df_digest *out);

/*
 * Read one, path and path.sig; w is zero.  *e and release as below.
 */
int df_waiver_read(struct df_waiver *w, const char *path,
	const struct df_trust *t, int64_t now, struct df_err *e) DF_CHECK;
void df_waiver_release(struct df_waiver *w);

/*
 * Read all NAME.json of directory path, each with its NAME.json.sig.  One
 * that is no waiver is DF_INPUT, one whose signature does not hold, whose key
 * may not sign as df-approve at time now (ms), or which has expired, DF_AUTH:
 * then none counts.
 */
int df_waivers_read(struct df_waivers *w, const char *path,
	const struct df_trust *t, int64_t now, struct df_err *e) DF_CHECK;
void df_waivers_release(struct df_waivers *w);

/*
 * May the waivers that were used be used?  At most max findings in all
 * (DF_REFUSED "waiver.many"), and none by the person me unless self (DF_AUTH
 * "waiver.self").
 */
int df_waivers_allowed(const struct df_waivers *w, int64_t max,
	const struct df_signer *me, int self, struct df_err *e) DF_CHECK;

/* Stage the waivers that were used. */
int df_waivers_put(const struct df_waivers *w, struct df_step *s,
	struct df_commit *c, struct df_err *e) DF_CHECK;

/*
 * The waivers of a run, whose roster is loaded.  What does not hold under it
 * is added to *bad; the record of such a one may be invalid.
 */
int df_waivers_run(struct df_waivers *w, struct df_run *r,
	struct df_findings *bad, struct df_err *e) DF_CHECK;

/*
 * Does each waiver of a run hold under its own roster, on the day when the run
 * was made; does each waived finding of validation.json have one, and each
 * waiver a finding; and does the envelope allow so many, and by those persons?
 * What does not is added to *bad.
 */
int df_waivers_check(struct df_run *r, struct df_findings *bad,
	struct df_err *e) DF_CHECK;

#endif
