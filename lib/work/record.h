/*
 * record.h - the DispatchRecord (E-005) of an attempt, and the measured facts
 * that stand apart from it.
 */
#ifndef DF_WORK_RECORD_H
#define DF_WORK_RECORD_H

#include "work/attempt.h"

/* What is known of an attempt before its process starts. */
struct df_plan {
	const char *run;		/* "r-...-1" */
	const char *task;
	int64_t attempt;
	char handoff_id[24];
	char dispatch_id[40];		/* DF_UUID_STR */
	char stage_key[72];		/* DF_KEY_STR */
	char dispatched[32];		/* RFC 3339 */
	struct df_digest handoff, prompt, start;
	const char *const *from;	/* task ids */
	size_t nfrom;
	jv adapter;			/* {digest, name, version}; borrowed */
	const char *level;		/* as df_level_name() has it */
	int net;
};
/* Fills stage_key: all that the result depends on. */
void df_plan_key(struct df_plan *p, const char *model);

/* The record of a plan, status DISPATCHED. */
jv df_plan_json(const struct df_plan *p);
/* What the attempt adds; a is NULL when nothing is known of how it ended. */
jv df_record_ended(jv record, const struct df_attempt *a,
	const char *completed);
/* FAILED, and why. */
jv df_record_failed(jv record, const char *code, const char *message,
	int retryable);
/*
 * dispatch/TASK/N.host.json: wall time, what the first process inside saw, and
 * whether a protected path was among it.
 */
jv df_record_host(const struct df_attempt *a);

#endif
