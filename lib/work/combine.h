/*
 * combine.h - the results of tasks as a graph: what a task starts from, what
 * does not fit together, what all of it is in the end.
 *
 *	c = df_combine_open(run.state, merger);
 *	df_combine_add(c, t, &tree, from, n);	a result, and whose results it
 *						started from
 *	df_combine_start(c, t, &node, from, &n, &conflict, &e);
 *	df_combine_all(c, &node, &conflict, &e);
 *
 * A task starts from the merge of its dependencies' results; one that a
 * conflict opened again from the merge of all results before it in D8 order.
 * Results are merged in D8 order.
 */
#ifndef DF_WORK_COMBINE_H
#define DF_WORK_COMBINE_H

#include "run/state.h"
#include "work/merge.h"

struct df_combine;

struct df_combine *df_combine_open(const struct df_state *s,
	struct df_merger *m);
void df_combine_free(struct df_combine *c);

/* The result of a task, which replaces a former one. */
void df_combine_add(struct df_combine *c, size_t task,
	const struct df_digest *tree, const uint32_t *from, size_t n);
/* The node of a task's result, or UINT32_MAX. */
uint32_t df_combine_node(const struct df_combine *c, size_t task);
void df_combine_forget(struct df_combine *c, size_t task);

/* Two results that could not be combined. */
struct df_clash {
	size_t task;		/* the later one in D8 order */
	struct df_buf paths;	/* a NUL after each */
	size_t n;
};
/*
 * The node that a task starts from, and the tasks whose results are in it
 * (*from, malloc'd).  Returns 0, 1 on a clash (release its paths), -1.
 */
int df_combine_start(struct df_combine *c, size_t task, uint32_t *node,
	uint32_t **from, size_t *n, struct df_clash *clash,
	struct df_err *e) DF_CHECK;
/* The merge of all results.  Likewise. */
int df_combine_all(struct df_combine *c, uint32_t *node,
	struct df_clash *clash, struct df_err *e) DF_CHECK;
/*
 * The tasks that have to be opened again with t, t first: whose results
 * started, directly or not, from that of t.  *out is malloc'd.
 */
size_t df_combine_reopens(const struct df_combine *c, size_t t,
	uint32_t **out);

#endif
