/*
 * verify-replay.h - df-verify --replay: every step that follows from what the
 * run holds is taken again, and its bytes are compared.
 *
 * The log is walked once, with the run as it was before each line (then).  A
 * part is told of each line and says, in rows, what came of it; texts, whose
 * making is worth all cores, are made when the walk is over.  Nothing is
 * written to the run.
 */
#ifndef DF_BIN_VERIFY_REPLAY_H
#define DF_BIN_VERIFY_REPLAY_H

#include "base/json.h"
#include "run/run.h"

enum df_replay_result { DF_REPLAYED, DF_REPLAY_DIFFERS, DF_NOT_REPLAYED };

struct df_replay_row {
	enum df_replay_result result;
	uint64_t seq;		/* of the line; rows are said in this order */
	char *what;		/* a step, or a name */
	size_t files;		/* DF_REPLAYED */
	int64_t offset;		/* DF_REPLAY_DIFFERS; -1: there is none */
	char *why;		/* or NULL */
};

struct df_replay_texts;
struct df_replay_work;

struct df_replay {
	struct df_run *run;		/* borrowed: the whole run */
	size_t jobs;			/* runs of scenarios at a time */
	struct df_run then;		/* before the line at hand */
	struct df_replay_row *row;
	size_t n, cap, count[3];
	uint64_t seq;			/* of the line at hand */
	struct df_replay_texts *texts;
	struct df_replay_work *work;
};

/* A line, and what it gave. */
struct df_replay_line {
	const struct df_event *ev;
	jv data;
	const char *stage;		/* or "" */
	int64_t attempt;
	struct df_artifact *out;
	size_t nout, cap;
};

/* Replay a run that was verified.  df_args.identity opens what is sealed. */
int df_replay_run(struct df_replay *r, struct df_run *run, struct df_err *e)
	DF_CHECK;
void df_replay_release(struct df_replay *r);
/* The rows: as lines, as {"made_by", "steps"}. */
void df_replay_print(const struct df_replay *r);
jv df_replay_json(const struct df_replay *r);

/* ---- for the parts ---- */

void df_replay_same(struct df_replay *r, const char *what, size_t files);
void df_replay_not(struct df_replay *r, const char *what, const char *fmt,
	...) DF_PRINTF(3, 4);
void df_replay_differs(struct df_replay *r, const char *what, int64_t offset,
	const char *fmt, ...) DF_PRINTF(4, 5);
/* Is that all that is wrong: what was pruned is not there?  Then e says so. */
int df_replay_pruned(const struct df_replay *r, struct df_err *e);
/* What the line gave, or NULL. */
const struct df_artifact *df_replay_given(const struct df_replay_line *l,
	const char *name);
/* May what is sealed be opened? */
int df_replay_may_open(void);

/* The first byte in which what is there and what was made differ. */
struct df_difference {
	int64_t offset;			/* -1: none is known */
	struct df_buf text;		/* the place, shortly; escaped */
};
void df_difference_bytes(struct df_difference *d, const char *was, size_t nwas,
	const char *is, size_t nis);
/*
 * Are these the bytes of the blob?  1; 0 with d filled (release its text);
 * -1.  May be called in several threads.
 */
int df_replay_equal(struct df_store *s, const struct df_digest *was,
	const struct df_buf *is, struct df_difference *d, struct df_err *e)
	DF_CHECK;
/* The same of two trees; those of is are in another store. */
int df_replay_equal_tree(struct df_store *s, const struct df_digest *was,
	struct df_store *made, const struct df_digest *is,
	struct df_difference *d, struct df_err *e) DF_CHECK;
/* Compare and add the row when it differs: 1, 0, -1. */
int df_replay_compare(struct df_replay *r, const char *name,
	const struct df_digest *was, const struct df_buf *is,
	struct df_err *e) DF_CHECK;

/* ---- the parts ---- */

/* Handoffs and prompts: -text.c.  finish() makes them. */
int df_replay_texts_line(struct df_replay *r, const struct df_replay_line *l,
	struct df_err *e) DF_CHECK;
int df_replay_texts_finish(struct df_replay *r, struct df_err *e) DF_CHECK;
void df_replay_texts_free(struct df_replay *r);

/* What tasks start from, patches, the merge: -work.c. */
int df_replay_work_line(struct df_replay *r, const struct df_replay_line *l,
	struct df_err *e) DF_CHECK;
void df_replay_work_free(struct df_replay *r);

/* Reports, the validation, evaluations: -judge.c. */
int df_replay_report(struct df_replay *r, const struct df_replay_line *l,
	struct df_err *e) DF_CHECK;
int df_replay_validation(struct df_replay *r, struct df_err *e) DF_CHECK;
int df_replay_holdout(struct df_replay *r, const struct df_replay_line *l,
	struct df_err *e) DF_CHECK;

#endif
