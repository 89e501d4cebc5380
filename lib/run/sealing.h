/*
 * sealing.h - a suite that its evaluator sealed before any run was booted.
 *
 * A directory, made by `df-holdout seal':
 *
 *	holdout.age		the suite, encrypted (seal.h)
 *	commitment.json		what binds its items
 *	findings.json		what was found in it, without what it says
 *				(schemas/findings.json)
 *	findings.json.sig	SSHSIG over that, namespace df-holdout
 *
 *	struct df_sealing s;
 *
 *	df_sealing_init(&s);
 *	df_sealing_read(&s, "sealed", &e);
 *	df_sealing_check(&s, &trust, df_now_ms(), &e);
 *	... s.v, s.by ...
 *	df_sealing_release(&s);
 *
 * df-boot takes it without seeing D9; a run made of it has the four files,
 * the last two below suite/.  What the findings say is the evaluator's word:
 * whoever cannot open the suite can check only that the parts agree.
 */
#ifndef DF_RUN_SEALING_H
#define DF_RUN_SEALING_H

#include "run/closed.h"

#define DF_SEALING_NOT_SCANNED "not scanned at boot"

struct df_sealing {
	struct df_buf age, commitment, findings, sig;
	jv v;			/* the findings; invalid before the check */
	char by[DF_FP_STR];	/* the key that signed them */
};

void df_sealing_init(struct df_sealing *s);
void df_sealing_release(struct df_sealing *s);

/* DF_INPUT when a file is missing or too large; DF_AUTH "sealed.unsigned"
   when the signature is. */
int df_sealing_read(struct df_sealing *s, const char *dir, struct df_err *e)
	DF_CHECK;
/*
 * The signature is one of role df-holdout at that time (0: whenever), the
 * files are those that the findings name, commitment and counts agree, and it
 * is encrypted to exactly the recipients that the findings name, all of them
 * in t, one at least an evaluator's.  DF_AUTH: the signature; DF_INPUT: no
 * findings; DF_INTEGRITY "sealed.digest", "sealed.count",
 * "sealed.recipients"; DF_REFUSED "sealed.recipient".
 */
int df_sealing_check(struct df_sealing *s, const struct df_trust *t,
	int64_t ms, struct df_err *e) DF_CHECK;

/*
 * Of a run: 1 and *s read, but not checked, when its suite was sealed
 * beforehand, 0 when df-boot sealed it; -1 with *e.  To be released if 1.
 */
int df_sealing_of(struct df_run *r, struct df_sealing *s, struct df_err *e)
	DF_CHECK;
/* What a run has of it, checked, and against envelope, line 1 and
   validation.json. */
int df_sealing_records(struct df_run *r, struct df_findings *bad,
	struct df_err *e) DF_CHECK;

#endif
