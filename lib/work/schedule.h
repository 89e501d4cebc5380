/*
 * schedule.h - which task next: dependencies, D8 order, what is blocked.
 *
 *	df_schedule_init(&sc, &run.state, selected);
 *	while ((t = df_schedule_next(&sc)) >= 0)
 *		... start task t ...
 *	df_schedule_done(&sc, t)	its result is there
 *	df_schedule_failed(&sc, t)	given up
 *	df_schedule_again(&sc, t)	it is to be tried again
 *
 * Ready tasks come in D8 order.  A task that a merge conflict opened again
 * starts from the merge of all tasks before it, so it waits until nothing
 * runs and everything before it has had its turn.  All operations together
 * take O((tasks + dependencies) log tasks).
 */
#ifndef DF_WORK_SCHEDULE_H
#define DF_WORK_SCHEDULE_H

#include "run/state.h"

enum df_job {
	DF_JOB_OUT,		/* not selected, not done */
	DF_JOB_WAIT,		/* for a dependency */
	DF_JOB_READY, DF_JOB_RUNNING, DF_JOB_DONE,
	DF_JOB_FAILED		/* given up */
};

struct df_schedule {
	const struct df_state *s;
	uint8_t *job;			/* enum df_job, by task */
	uint32_t *waits;		/* dependencies that are not done */
	uint32_t *users, *first;	/* users[first[t]..first[t + 1]) depend
					   on t */
	uint32_t *heap;
	size_t nheap, running;
};

void df_schedule_init(struct df_schedule *sc, const struct df_state *s,
	const uint8_t *selected);
void df_schedule_release(struct df_schedule *sc);
/* The next task to start, now RUNNING, or -1: none can start now. */
int df_schedule_next(struct df_schedule *sc);
void df_schedule_done(struct df_schedule *sc, size_t task);
void df_schedule_failed(struct df_schedule *sc, size_t task);
void df_schedule_again(struct df_schedule *sc, size_t task);
/* The first dependency of a waiting task that is not done. */
size_t df_schedule_waits_for(const struct df_schedule *sc, size_t task);

#endif
