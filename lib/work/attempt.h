/*
 * attempt.h - one run of an agent over one task.
 *
 *	df_attempt_init(&a); set what it needs
 *	df_attempt_start(&a, ...);	a child makes the workspace and execs
 *	df_children_wait() on &a.child
 *	df_attempt_finish(&a, ...);	reads what was left, when all is dead
 *	df_attempt_release(&a);		removes the scratch directory
 *
 * An agent's exit status is recorded and is never a verdict.
 */
#ifndef DF_WORK_ATTEMPT_H
#define DF_WORK_ATTEMPT_H

#include "work/adapter.h"
#include "work/protect.h"
#include "work/sandbox.h"
#include "work/spawn.h"
#include "work/workspace.h"

/* What all attempts of one df-dispatch share. */
struct df_session {
	struct df_store *store;
	const struct df_adapter *adapter;
	jv host;		/* df_adapter_resolve()'s record */
	enum df_level level;
	const char *model;
	int64_t attempt_ms, processes;
	size_t output;
	struct df_tree_limits limit;
	struct df_protect protect;
	struct df_ignore ignore;
	int keep_ignored;

	char *scratch;		/* path of the scratch directory */
	int scratch_fd;
	char *own;		/* our directory in it: tools, ignore rules */
	int own_fd;
};
/* Make scratch and tools; check every mount against protected paths. */
int df_session_open(struct df_session *s, const struct df_digest *base,
	struct df_err *e) DF_CHECK;
void df_session_close(struct df_session *s);

struct df_attempt {
	/* in */
	struct df_session *session;
	const char *task;
	struct df_digest start;		/* the tree it begins with */
	struct df_buf handoff, prompt;

	/* out, after df_attempt_finish() */
	struct df_err infra;	/* exit != 0: sandbox or spawn failed */
	struct df_err bad;	/* exit != 0: what it left is not acceptable */
	int timeout;
	int exit, signal;	/* of the agent; -1 */
	struct df_buf results;	/* the results file; had_results */
	int had_results;
	struct df_digest tree;	/* had_tree */
	int had_tree;
	struct df_tree_stat stat;
	struct df_buf log;	/* stdout, then stderr; secrets masked */
	size_t masked;
	jv usage;		/* what the adapter's program made of stdout */
	jv record;		/* measured: what df-inside reports, and more */
	char *exposed;		/* a protected path that was mounted, or NULL */

	/* inside */
	struct df_child child;
	char *name, *ws, *home, *tmp, *tools;
	int fd, closed;
	struct df_list argv, env, secrets;
	struct df_sandbox sandbox;
	struct df_list command;
	int64_t t0;
};
void df_attempt_init(struct df_attempt *a, struct df_session *s);
int df_attempt_start(struct df_attempt *a, struct df_err *e) DF_CHECK;
/* The child has ended.  Fails only for reasons of our own machine. */
int df_attempt_finish(struct df_attempt *a, struct df_err *e) DF_CHECK;
void df_attempt_release(struct df_attempt *a);

/*
 * Parse df-inside's two report lines: before and after are objects, or
 * invalid when it did not get that far.
 */
void df_inside_report(const struct df_buf *report, jv *before, jv *after);

#endif
