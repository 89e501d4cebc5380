/*
 * intoto.h - what a log says, as in-toto statements (Statement v1).
 *
 * A statement is about one event, and made of it and of the records that it
 * names; it has no time of its own, so that the same log gives the same bytes:
 * canonical JSON without an LF at the end.
 *
 *	event			predicate
 *	run.created		test-result v0.1: what was checked first
 *	stage.completed		handoff, prompt: urn:df:predicate:handoff:1,
 *				urn:df:predicate:prompt:1
 *				dispatch/T-001, merge: SLSA provenance v1
 *	holdout.completed	test-result v0.1: the verdict, no scenario
 *	decision.recorded	urn:df:predicate:approval:1
 *	run.approved,
 *	run.rejected		SLSA verification summary v1
 *
 * Other events, and stages that failed, have none: what is exported may only
 * add reasons to allow something, so that a statement that is kept back never
 * turns a no into a yes.  A decision that amendments have reversed is exported
 * as FAILED.
 *
 * Every predicate has df_event, the event it is of: run, seq, digest, role,
 * actor.  Subjects are in order of name; where the event's own list of
 * artifacts or inputs is a blob, that blob stands for it, so that a statement
 * stays below 250,000 bytes, which an ssh-agent can sign.
 *
 * Nobody owns a domain here: URIs of ours are URNs.
 */
#ifndef DF_RUN_INTOTO_H
#define DF_RUN_INTOTO_H

#include "run/run.h"

#define DF_STATEMENT_MAX 250000	/* bytes */

struct df_statement {
	uint64_t seq;
	const char *type;	/* of the event */
	enum df_role role;	/* that signed it */
	struct df_buf text;
};
typedef int df_statement_fn(void *arg, const struct df_statement *s,
	struct df_err *e);

/*
 * Call fn for each statement of lines from on of a run that was opened with
 * DF_RUN_LINES, in their order.  It returns 0 to go on, or -1.
 */
int df_intoto_each(struct df_run *r, uint64_t from, df_statement_fn *fn,
	void *arg, struct df_err *e) DF_CHECK;

#endif
