/*
 * verify.h - the parts of df-verify: one check of a run, and what it found.
 */
#ifndef DF_BIN_VERIFY_H
#define DF_BIN_VERIFY_H

#include "evidence/age.h"
#include "run/closed.h"
#include "run/gate.h"
#include "verify-replay.h"

struct df_verify {
	struct df_run run;
	struct df_gate gate;
	struct df_findings bad, notes;	/* what breaks the run; what is said */
	struct df_findings voids;	/* why it is only CONSISTENT */
	long names;
	unsigned origins;
	int64_t policies;		/* decisions that were replayed */
	int64_t anchored;		/* -1: unanchored */
	int unanchored;			/* the anchor that was wanted */
	int other;			/* the error is none of the run */
	struct df_age_id *id;		/* unseal; or NULL */
	size_t nid;
	struct {
		size_t items, opened;	/* of the suite; frame included */
		size_t answers, opened_answers;	/* of tasks */
		int all;		/* each was unsealed and compared */
	} holdouts;
	struct df_replay replay;	/* run NULL: nothing was */
	jv isolation;			/* invalid, or what was found */
};

/* What each attempt's record says of its isolation, as v->isolation. */
int df_verify_isolation(struct df_verify *v, struct df_err *e) DF_CHECK;
/* The same for people, unless as JSON.  Returns the exit code. */
int df_verify_isolation_text(struct df_verify *v);

/*
 * Each item and each task's answers that were opened against its commitment;
 * with v->id all of them, opened or not, and the evaluations' records
 * against the items.  What does not match goes to v->bad.
 */
int df_verify_holdouts(struct df_verify *v, struct df_err *e) DF_CHECK;

/*
 * Make the facts and the policies' results of every decision again.  What is
 * not as it was goes to v->bad.
 */
int df_verify_decisions(struct df_verify *v, struct df_err *e) DF_CHECK;

/* Compare the log with the head that the factory's log fixes, if --factory
   names one; want: or one is found upwards (DF_INPUT if not). */
int df_verify_anchor(struct df_verify *v, int want, struct df_err *e)
	DF_CHECK;

/*
 * Compare the log with the checkpoint in a file (NULL: nothing is done), which
 * a df-run key of the run's roster has signed, or key: a verifier key, or the
 * file of one or of a public key.  DF_INPUT: it is none; DF_AUTH: nobody has.
 */
int df_verify_checkpoint(struct df_verify *v, const char *file,
	const char *key, struct df_err *e) DF_CHECK;

/* Forget the head that is remembered of a run: its directory, or the digest
   of its line 1.  Returns the exit code. */
int df_verify_forget(const char *path);

/* List every run of the factory that a revoked key has touched.  Returns the
   exit code. */
int df_verify_revoked(void);
/* What revoked keys have signed: void lines are findings, others notes. */
void df_verify_touched(struct df_verify *v);

/* The verdict, as one JSON object; e is the error that ended the check, or
   NULL. */
void df_verify_json(struct df_verify *v, const char *verdict,
	const struct df_err *e);
/* The verdict for people. */
void df_verify_text(struct df_verify *v, const char *verdict);
/* Findings, a line each, on stderr. */
void df_verify_say(const struct df_findings *f, const char *what);

#endif
