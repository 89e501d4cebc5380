/*
 * dispatch.h - agents over prompts: the loop that starts, waits, commits,
 * retries and merges.
 *
 *	struct df_dispatch d = { .step = &step, .selected = in, .jobs = 4,
 *	    .outcome = read_results, .news = tell };
 *
 *	df_dispatch_open(&d, &e);	locks, closes attempts that were lost
 *	df_dispatch_run(&d, &e);	until nothing more can start
 *	df_dispatch_merge(&d, partial, &e);
 *	df_dispatch_close(&d);
 *
 * In each turn of the loop, what ended is read and what can start is planned;
 * one commit has both; then the new processes start.  So an attempt is
 * DISPATCHED on disk before its process exists, and results that arrive
 * together share a barrier.
 */
#ifndef DF_WORK_DISPATCH_H
#define DF_WORK_DISPATCH_H

#include "run/hold.h"
#include "run/step.h"
#include "work/attempt.h"
#include "work/combine.h"
#include "work/record.h"
#include "work/schedule.h"

enum df_news {
	DF_NEWS_STARTED, DF_NEWS_COMPLETED,
	DF_NEWS_ADOPTED,	/* taken over from the superseded run */
	DF_NEWS_FAILED, DF_NEWS_AGAIN,	/* failed; AGAIN: a retry follows */
	DF_NEWS_LOST,		/* its dispatcher died; closed */
	DF_NEWS_CLASH,		/* does not fit; opened again */
	DF_NEWS_MERGED
};

struct df_job_slot;
struct df_news_item;
struct df_origins;

struct df_dispatch {
	/* set before df_dispatch_open() */
	struct df_step *step;
	const uint8_t *selected;	/* by task */
	size_t jobs;
	int fresh;			/* adopt nothing */
	int keep_ignored;
	int merge_only;			/* nothing will be run */
	const volatile int *stop;	/* not 0: kill, close, return */
	/*
	 * Read a results file: 1 when it says PASS.  word gets what it says,
	 * text the line or the reason.
	 */
	int (*outcome)(const struct df_buf *results, char word[16],
	    char text[200]);
	/* Something is on disk (STARTED: its process runs).  text is one line,
	   or "". */
	void (*news)(void *arg, enum df_news what, size_t task,
	    const char *text);
	/* Each second while agents run; or NULL. */
	void (*tick)(void *arg);
	void *arg;

	/* results */
	int worst;			/* enum df_exit of what failed */
	size_t running;

	/* inside */
	struct df_session session;
	struct df_adapter adapter;
	jv adapter_ref;
	struct df_schedule sched;
	struct df_merger *merger;
	struct df_combine *combine;
	struct df_origins *origins;
	struct df_job_slot **slot;	/* jobs of them; NULL: free */
	struct df_hold hold;
	char *work_path;
	int clashed, exhausted;
	struct df_clash clash;
	struct df_commit *commit;	/* of this turn */
	size_t ncommit, capcommit;
	int64_t tokens, cost, busy;	/* in these: not folded yet */
	int64_t flush_ms;		/* the last commit took */
	struct df_news_item *item;	/* to be told when they are on disk */
	size_t nitem, capitem;
};

/*
 * DF_CONFLICT when another dispatcher has the run; DF_REFUSED when the run is
 * not executing, has no adapter, or a selected task has no handoff or prompt.
 */
int df_dispatch_open(struct df_dispatch *d, struct df_err *e) DF_CHECK;
int df_dispatch_run(struct df_dispatch *d, struct df_err *e) DF_CHECK;
/*
 * Commit the stage merge when all tasks are COMPLETED (with partial: those
 * that are) and it does not hold.  Returns 0; 1 when it has to be: tasks were
 * opened again, df_dispatch_run() goes on; -1.
 */
int df_dispatch_merge(struct df_dispatch *d, int partial, struct df_err *e)
	DF_CHECK;
void df_dispatch_close(struct df_dispatch *d);

#endif
