/*
 * facts.h - what policies look at, and what they say of it.
 *
 * The facts document is a function of the run before the decision: its fold,
 * validation, verdict, attempts and disclosures; never of who decides or
 * when.  It and the policies' results are named in the decision's line, and
 * df-verify makes both again (a run opened up to the line before).
 */
#ifndef DF_WORK_FACTS_H
#define DF_WORK_FACTS_H

#include "run/run.h"

/* schemas/facts.json; jv_invalid() with *e. */
jv df_facts(struct df_run *r, struct df_err *e);

/*
 * Run the policies that the run was booted with, all as one program, on the
 * facts (eaten): schemas/policy-result.json.  A policy that yields nothing, or
 * not {name, status, message}, or raises an error, fails.  jv_invalid() with
 * *e when one cannot be run.
 */
jv df_policies(struct df_run *r, jv facts, struct df_err *e);

/*
 * Does a policy's text begin as one has to, and does it compile?  DF_INPUT
 * otherwise; what names it in the message.
 */
int df_policy_check(const char *s, size_t n, const char *what,
	struct df_err *e) DF_CHECK;

/*
 * Is the person of the key with that fingerprint one who produced what is
 * decided (stages of handoff to dispatch)?  By the roster that the run
 * carries.
 */
int df_is_producer(struct df_run *r, const char *fp);

#endif
