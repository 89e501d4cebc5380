/*
 * records.h - do the records of a run fit their schemas and each other?
 *
 * Digests and signatures say that bytes are what somebody signed; this says
 * that what was signed agrees: envelope and line 1, envelope and trust,
 * configuration, commitment and the sealed file, verdicts and what was judged,
 * decisions and their evidence, attempts that were taken over and the log
 * they come from.  For a run that passed df_gate_check().
 */
#ifndef DF_RUN_RECORDS_H
#define DF_RUN_RECORDS_H

#include "run/closed.h"

/* The schema of the record that a name is given to ("handoff"), or NULL. */
const char *df_record_schema(const char *name);

/* What contradicts goes to bad.  *origins is the number of older logs that
   were checked.  -1 when something cannot be read. */
int df_records_check(struct df_run *r, struct df_findings *bad,
	unsigned *origins, struct df_err *e) DF_CHECK;

#endif
