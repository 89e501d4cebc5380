/*
 * ledger.h - what a factory knows of a suite: how often it judged, which of
 * its items somebody has seen.
 *
 *	struct df_ledger l;
 *
 *	df_ledger_open(&l, &run, evaluation, &e);
 *	if (l.known) ... l.evaluations, l.runs, l.disclosed ...
 *	df_ledger_evaluated(&l, key, role, &e);
 *	df_ledger_close(&l);
 *
 * A suite has an id that says nothing about it: 128 bits of HMAC-SHA256 of its
 * items under 32 random bytes of the factory ("suite.key", 0600, made when
 * first needed), so the same suite has the same id in each run of a factory,
 * and nobody without the key can test a guess; a suite that its evaluator
 * sealed has the random id that came with it.  run.created has it as
 * data.suite; of other suites a run that was booted without a factory has
 * none.
 *
 * The factory's log holds, each in its role:
 *
 *	suite.evaluated	{evaluation, name, run, suite}		df-holdout
 *	suite.disclosed	{items, kind, name, run, suite}		df-holdout,
 *								df-approve
 *
 * before the run's own event.  So what is killed in between is counted; an
 * evaluation is counted once, whatever the number of lines about it.  A line
 * counts whose signature is of a key that the reader's trust directory lists,
 * or listed, or the run does (revoke.h); of others there is a warning.
 */
#ifndef DF_RUN_LEDGER_H
#define DF_RUN_LEDGER_H

#include "evidence/seal.h"
#include "run/factory.h"

#define DF_SUITE_STR 33

/* The id of a suite in factory f. */
int df_ledger_suite(struct df_factory *f, const struct df_sealed *s,
	char id[DF_SUITE_STR], struct df_err *e) DF_CHECK;

struct df_ledger {
	int known;			/* else nothing below is */
	/* evaluations of the suite but this one; runs they were of; items
	   disclosed so far */
	int64_t evaluations, runs, disclosed;
	/* inside */
	struct df_run *reader;
	struct df_factory factory;
	char suite[DF_SUITE_STR], name[64];
	struct df_digest run;
	int64_t evaluation;
};

/*
 * The ledger of the run's suite: in the factory of df_args.factory, else the
 * one found upwards, else the one in whose runs/ the run lies.  It is not
 * known when the run has no suite id, there is no factory, or that one did not
 * boot the run.  evaluation is the run's that is at hand, or 0.  The run has to
 * live as long.
 */
int df_ledger_open(struct df_ledger *l, struct df_run *r, int64_t evaluation,
	struct df_err *e) DF_CHECK;
void df_ledger_close(struct df_ledger *l);
/* Count again. */
int df_ledger_read(struct df_ledger *l, struct df_err *e) DF_CHECK;

/* Append; nothing when the ledger is not known.  kind is "found", "opened" or
   "shown"; items ascend. */
int df_ledger_evaluated(struct df_ledger *l, struct df_key *key,
	enum df_role role, struct df_err *e) DF_CHECK;
int df_ledger_disclosed(struct df_ledger *l, const char *kind,
	const uint32_t *item, size_t n, struct df_key *key,
	enum df_role role, struct df_err *e) DF_CHECK;

/* {disclosed, evaluations, runs}; jv_invalid() when it is not known. */
jv df_ledger_json(const struct df_ledger *l);
/* The same of a run's fold, as its last evaluation had it. */
jv df_ledger_of(const struct df_state *s);
/* "evaluated 3 times before in 2 runs, 1 item disclosed", or "unknown", of
   what the two above give (eaten). */
void df_ledger_text(struct df_buf *b, jv uses);

#endif
