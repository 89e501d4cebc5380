/*
 * state.h - the fold: what a log says the state of its run is.
 *
 * State is never stored.  Every tool folds the whole log, event by event,
 * through df_state_apply(), which is the state machine and its guards at
 * once: it refuses an event that is not legal in the state before it and
 * leaves the state as it was.  So the guard that a writer asks before it
 * appends and the one that a verifier replays are the same code.
 *
 * A state is one of nine (status), two flags (paused, sealed) and facts.
 *
 *	queued -> booting -> executing <-> awaiting_human
 *	                     executing -> evaluating -> approved | rejected
 *	any of these live ones -> failed | canceled
 *	approved, rejected, failed, canceled: terminal; then sealed
 *
 * Stages are units that can be attempted on their own ("handoff",
 * "dispatch/T-001", "merge"); attempts are dense from 1; stages of different
 * tasks may be open at once.  The attempt budget counts for all stages but
 * handoff, prompt and merge, which have nothing to try again that differs.
 *
 * Refusals are DF_REFUSED (4), DF_AUTH (5), DF_EXHAUSTED (8) or DF_INPUT (3,
 * malformed data), each with its own code.
 */
#ifndef DF_RUN_STATE_H
#define DF_RUN_STATE_H

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "evidence/log.h"

enum df_run_status {
	DF_ST_NONE,		/* no event yet */
	DF_ST_QUEUED, DF_ST_BOOTING, DF_ST_EXECUTING, DF_ST_AWAITING,
	DF_ST_EVALUATING,
	DF_ST_APPROVED, DF_ST_REJECTED, DF_ST_FAILED, DF_ST_CANCELED
};
const char *df_run_status_name(enum df_run_status s);	/* "executing" */
#define df_run_terminal(s) ((s) >= DF_ST_APPROVED)

enum df_run_verdict { DF_V_NONE, DF_V_PASS, DF_V_FAIL, DF_V_ERROR };
const char *df_run_verdict_name(enum df_run_verdict v);	/* NULL for none */
enum df_run_decision { DF_D_NONE, DF_D_APPROVE, DF_D_REJECT };
const char *df_run_decision_name(enum df_run_decision d);

/* Where a line is: enough to read it again. */
struct df_at {
	uint64_t seq, off;
	uint32_t len;
	struct df_digest digest;
};

enum df_stage_status {
	DF_STAGE_NONE,		/* never tried, or open again */
	DF_STAGE_OPEN, DF_STAGE_DONE, DF_STAGE_FAILED
};

struct df_stage {
	const char *name;
	uint32_t attempts;	/* started so far */
	uint32_t failed;	/* of them */
	uint8_t status;		/* enum df_stage_status, of the last one */
	uint8_t retryable;	/* the last failure may be tried again */
	uint8_t rebase;		/* a merge conflict opened it again: it starts
				   from the merge of all tasks before it */
	char error[40];		/* code of the last failure */
	int64_t since;		/* ms: when the last attempt was started */
	struct df_at started, ended;	/* the last attempt's lines */
};

/* A task of the envelope, in D8 order. */
struct df_state_task {
	const char *id;
	uint32_t *dep;		/* indexes of the tasks it depends on */
	uint32_t ndep;
	uint32_t stage;		/* of dispatch/ID, or UINT32_MAX */
};

struct df_state {
	enum df_run_status status;
	int paused, sealed;
	enum df_run_verdict verdict;
	enum df_run_verdict policy;		/* pass, fail or none */
	enum df_run_decision decision;	/* what was recorded */
	enum df_run_decision effective;	/* after amendments */
	const char *domain;		/* failure domain, or NULL */
	int partial;			/* evaluated without all tasks */
	int self_approved;		/* by who produced it, and said so */
	int incident;			/* a critical one was linked */
	int published;
	uint32_t approvals;		/* approving records so far */
	uint32_t decisions;		/* records, amendments included */
	uint32_t evaluations;		/* started */
	int evaluating;			/* one is open */
	uint32_t disclosed;		/* items seen in what builders wrote */
	uint32_t shown, opened;		/* disclosures by people: times that
					   records were, items that are */
	uint32_t opened_answers;	/* of tasks */
	struct {
		int known;		/* by a factory's ledger: ledger.h */
		int64_t evaluations, runs, disclosed;
	} suite;			/* as the last evaluation had it */
	uint32_t interventions, retries, seals;
	int64_t tokens, cost;		/* of all attempts; cost in 10^-6 USD */
	int64_t busy;			/* ms of all attempts of agents */
	uint32_t max_attempts, max_evaluations;	/* 0: no limit said */
	uint32_t need_approvals;	/* by the envelope; else 1 */
	int no_self;			/* by the envelope: no self-approval */
	uint64_t seq;
	struct df_digest head, genesis;	/* genesis: of line 1 */
	int64_t created, started, updated;	/* ms; -1 when not yet */
	uint64_t after_seal;		/* events since the last seal */

	struct df_stage *stage;
	size_t nstage, capstage;
	uint32_t open;			/* stages with an open attempt */
	uint32_t last_stage;		/* last started, or UINT32_MAX */
	struct df_state_task *task;
	size_t ntask;
	size_t done;			/* tasks whose dispatch is DONE */

	/* Fingerprints (or, in logs without signatures, names) of those who
	   produced what is judged. */
	const char **producer;
	size_t nproducer, capproducer;

	/* Those who approved so far: persons, with what follows them cut. */
	const char **approver;
	size_t napprover, capapprover;

	struct df_at at_created, at_evaluated, at_decided, at_merged;
	struct df_at at_sealed;

	/* inside */
	struct df_arena arena;
	struct df_map stages, tasks, producers;
};

void df_state_init(struct df_state *s);
void df_state_release(struct df_state *s);

/*
 * Tell the state the run's tasks, from the envelope (run.json, already
 * checked): {"tasks":[{"depends":["T-001"],"id":"T-002"},...]}.
 */
int df_state_tasks(struct df_state *s, const struct df_json *env,
	struct df_err *e) DF_CHECK;

/*
 * What the state machine looks at of an event: type, data, who.  Of a log of
 * ours df_state_apply() makes it; other logs (without signatures) are folded
 * by filling it by hand.
 */
struct df_fact {
	const char *type;
	const struct df_json *j;
	uint32_t data;
	const char *actor;
	int64_t time;
	struct df_at at;
};
int df_state_step(struct df_state *s, const struct df_fact *f,
	struct df_err *e) DF_CHECK;
int df_state_apply(struct df_state *s, const struct df_event *ev,
	struct df_err *e) DF_CHECK;

/* The stage of that name, or NULL. */
struct df_stage *df_state_stage(const struct df_state *s, const char *name);
/* Index of a task, or -1. */
int df_state_task(const struct df_state *s, const char *id, size_t n);
/* The stage of a task's dispatch, or NULL when it was never tried. */
struct df_stage *df_state_dispatch(const struct df_state *s, size_t task);
/* Set blocked[task] for each that was never tried and depends, directly or
   not, on one that FAILED. */
void df_state_blocked(const struct df_state *s, uint8_t *blocked);

/* ---- roles ---- */

/*
 * May an event of that type (and stage, for stage.*) be signed in role r?
 * Unknown types may by nobody.  DF_AUTH otherwise.
 */
int df_event_role(const char *type, const char *stage, enum df_role r,
	struct df_err *e) DF_CHECK;
/* Is it a type of a run's log? */
int df_event_known(const char *type);

/* ---- projections ---- */

/*
 * What other systems call this state, computed and never stored: an object
 * with members such as "spec250.state", "ro.job_status", "sr.state".
 */
jv df_state_project(const struct df_state *s);
/* The fold itself as an object. */
jv df_state_json(const struct df_state *s);

#endif
