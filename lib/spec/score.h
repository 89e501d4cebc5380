/*
 * score.h - what an evaluation says: the verdict, the two records (E-006), TAP.
 *
 * The record in the run holds item numbers, ids, priorities, results,
 * responsible tasks, ids of the specification, a class of failure, and of a
 * scenario that is judged more than once how many runs passed and were ERROR.
 * Expected and actual, titles and captured output are only in the whole
 * record, which is encrypted.
 */
#ifndef DF_SPEC_SCORE_H
#define DF_SPEC_SCORE_H

#include "base/hash.h"
#include "spec/suite.h"

enum df_mark { DF_MARK_PASS, DF_MARK_FAIL, DF_MARK_ERROR };

/* One run of a scenario. */
struct df_scored_run {
	enum df_mark mark;
	const char *failure;		/* class: [a-z0-9-], "" for PASS */
	/* only in the whole record */
	char why[200], stage[16];	/* or "" */
	int exit, signal;		/* -1: not known */
	int64_t ms;
	struct df_buf output;		/* its end, see df_score_output() */
};

/* A judged scenario. */
struct df_scored {
	const struct df_suite_item *item;
	uint32_t n;			/* of the item, from 1 */
	enum df_mark mark;
	const char *failure, *why;	/* as above */
	struct df_scored_run *run;	/* in their order; whoever filled it
					   releases it */
	size_t runs;			/* that were made; 0: none */

	/* filled by df_score_runs() */
	size_t passed, errored;		/* of the runs */
	size_t as;			/* the first run that ended so */
};

/*
 * What the runs of a scenario make of it: PASS when as many passed as it
 * needs, ERROR when those that are ERROR decide that, else FAIL; failure is
 * that of the first run that ended so.
 */
void df_score_runs(struct df_scored *x);
/*
 * Keep of a run's output what goes into the record: its end, so that the runs
 * of a scenario together are at most 64 KiB, and those of so many scenarios as
 * JSON half of what one text of JSON may have.
 */
void df_score_output(struct df_scored_run *r, const struct df_buf *output,
	const struct df_suite_item *item, size_t scenarios);
/* Did it pass, but not in every run? */
int df_score_flaky(const struct df_scored *x);

/* Text of the suite in what builders saw or wrote. */
struct df_disclosed {
	uint32_t n;			/* item */
	const char *kind, *name;	/* leak kind, artifact */
	const char *task;		/* or NULL */
	uint32_t line;			/* 0: none */
};

struct df_score {
	struct df_scored *v;
	size_t n;
	struct df_disclosed *disclosed;
	size_t ndisclosed;
	int64_t evaluation;
	struct df_digest tree, commitment, run;
	const char *level;		/* "bwrap", "landlock", "none" */
	int partial;

	/* filled by df_score_verdict() */
	enum df_mark verdict;
	char reason[300];
	size_t passed, failed, errored, flaky, p0, p0_passed;
};

/*
 * Count, and decide: a P0 FAIL, text disclosed, or a threshold missed is FAIL;
 * what an ERROR leaves open is ERROR; no scenario is ERROR; else PASS, unless
 * the evaluation is partial, which is never more than ERROR.
 */
void df_score_verdict(struct df_score *s, const struct df_suite_frame *f);

/* The record: schemas/holdout.json, with full schemas/holdout-full.json. */
jv df_score_json(const struct df_score *s, int full);
/* TAP 13: plan first, YAML blocks, nothing skipped. */
void df_score_tap(const struct df_score *s, struct df_buf *b);

#endif
