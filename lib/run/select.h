/*
 * select.h - which tasks the operands of a tool mean (df-args(7)).
 *
 * A task id ("T-001"), or the name of anything made for a task
 * ("handoff/T-001.json", "result/T-001/2.tree"); no operand means all tasks.
 */
#ifndef DF_RUN_SELECT_H
#define DF_RUN_SELECT_H

#include "base/list.h"
#include "run/run.h"

enum {
	DF_SELECTED = 1,
	DF_SELECTED_NEW		/* its links were made a moment ago */
};

struct df_selection {
	uint8_t *in;		/* by task: 0 when it is not selected */
	size_t n;		/* tasks that are */
	int all;		/* no operand was given */
};

/* DF_INPUT "select.unknown" for what names no task of the run. */
int df_select(const struct df_state *s, const struct df_list *names,
	struct df_selection *sel, struct df_err *e) DF_CHECK;
/*
 * Write the names DIR/TASK.SUFFIX that hold, of the selected tasks, to stdout;
 * their links get the time of now (or are made again).  With -n all of them,
 * and nothing is touched.
 */
void df_selection_print(struct df_run *r, const struct df_selection *sel,
	const char *dir, const char *const suffix[], size_t n);
/* For names that are not written: links that are missing or wrong are made
   again, and the others stay as they are. */
void df_selection_link(struct df_run *r, const struct df_selection *sel,
	const char *dir, const char *const suffix[], size_t n);
/*
 * One name: as a line, or with --json {digest, name, size, task}.  One that
 * the log does not have is passed over; in a run opened with DF_RUN_BRIEF the
 * caller knows, and the digest is that of the link.
 */
void df_print_name(struct df_run *r, const char *name, const char *task);
/* The link of a name gets the time of now, or is made again. */
void df_touch_name(struct df_run *r, const char *name);
void df_selection_release(struct df_selection *sel);

#endif
