/*
 * dispatch-internal.h - inside dispatch.
 */
#ifndef DF_WORK_DISPATCH_INTERNAL_H
#define DF_WORK_DISPATCH_INTERNAL_H

#include "work/dispatch.h"

/* A task on its way: planned, running, or ended. */
struct df_job_slot {
	size_t task;
	struct df_plan plan;
	struct df_attempt a;
	uint32_t node;		/* where it starts */
	uint32_t *from;
	const char **from_id;	/* the state's strings */
	size_t nfrom;
	int started;		/* its process was forked */
	struct df_err broken;	/* exit != 0: it could not be */
};

struct df_commit *df_dispatch_event(struct df_dispatch *d, const char *type,
	const char *task, int64_t attempt);
/* The commits of this turn, if any. */
int df_dispatch_flush(struct df_dispatch *d, struct df_err *e) DF_CHECK;
void df_dispatch_tell(struct df_dispatch *d, enum df_news what, size_t task,
	const char *fmt, ...) DF_PRINTF(4, 5);

/* ---- dispatch-plan.c ---- */
/*
 * Plan task t: *job, or NULL when it was adopted (its events are in this
 * turn's commits).  Returns 1 when what it would start from clashes.
 */
int df_dispatch_plan(struct df_dispatch *d, size_t t,
	struct df_job_slot **job, struct df_err *e) DF_CHECK;
void df_job_free(struct df_job_slot *j);

/* ---- dispatch-adopt.c ---- */
/* NULL when the run supersedes none. */
int df_origins_open(struct df_dispatch *d, struct df_origins **o,
	struct df_err *e) DF_CHECK;
void df_origins_free(struct df_origins *o);
/* 1: adopted, 0: there is nothing to adopt. */
int df_origins_adopt(struct df_dispatch *d, struct df_job_slot *j,
	struct df_err *e) DF_CHECK;

/* ---- dispatch-end.c ---- */
/* An attempt has ended: its event, and what follows for the schedule. */
int df_dispatch_ended(struct df_dispatch *d, struct df_job_slot *j,
	struct df_err *e) DF_CHECK;
/* Close open attempts that nobody lives for. */
int df_dispatch_lost(struct df_dispatch *d, struct df_err *e) DF_CHECK;

/* ---- dispatch-merge.c ---- */
/* Read back the results that there are. */
int df_dispatch_lineage(struct df_dispatch *d, struct df_err *e) DF_CHECK;
/* Commit the clash and open the tasks again; nothing runs. */
int df_dispatch_clash(struct df_dispatch *d, struct df_err *e) DF_CHECK;

#endif
