/*
 * judge.h - running one holdout scenario so that what is judged cannot steer
 * the judge.
 *
 *	df_judge_open(&j, &e);
 *	df_trial_init(&t, &j); set what it runs
 *	df_trial_start(&t, &e);
 *	df_children_wait() on &t.child
 *	df_trial_finish(&t);
 *	df_trial_release(&t);
 *
 * Each run of a scenario is in a new sandbox, on a copy of the judged tree, in
 * one bash that is an execute-only copy: the kernel lets nobody that it starts
 * read or trace it.  Its argv is a constant; the text comes from a memory file
 * that is closed before any of it runs; stdin is /dev/null; PATH is fixed and
 * read-only.  Setup, execute and verify share its state.
 *
 *	PASS	verify's status is 0, the shell's too, and the shell sent the
 *		128-bit nonce that came with the text
 *	FAIL	the shell ended otherwise while it was in verify
 *	ERROR	it did not get that far, ended early with status 0, ran out of
 *		time, or the sandbox failed
 *
 * Before verify what execute left is killed, where processes have a namespace:
 * all that is no descendant of the shell and was not there when setup ended.
 *
 * Cleanup runs afterwards in another shell and changes nothing.
 *
 * A program (class exec, tap) runs in the place of verify, read-only, and if
 * it is a script by an execute-only copy of its interpreter: what is judged can
 * neither change nor trace it.  The text of a script it can read while that
 * runs.  It finds the number of its run in DF_HOLDOUT_RUN.
 *
 * A TAP program (tap is set) passes when it ends with 0 and each test of its
 * plan is there once and is ok; SKIP, TODO, no test and no plan are ERROR, also
 * where it ends otherwise.  The plan is known beforehand, or is the output's.
 * A program that need not speak TAP is judged by its status, and when that is
 * 0 and a line of its output is TAP, by that too.  So TAP takes a PASS away
 * and never makes one: who writes to the program's output gains nothing
 * unless the program ends with 0 although a test failed.
 */
#ifndef DF_WORK_JUDGE_H
#define DF_WORK_JUDGE_H

#include "evidence/tree.h"
#include "work/sandbox.h"
#include "work/spawn.h"

struct df_judge {
	/* set before df_judge_open() */
	struct df_store *store;
	enum df_level level;
	int64_t ms, processes;		/* of one run of a scenario */
	size_t output;			/* bytes kept of each stream */
	struct df_list env;		/* further "NAME=value" */

	/* inside */
	char *scratch, *own;
	int scratch_fd, own_fd;
};
/* DF_EXTERNAL when no sandbox of the level starts. */
int df_judge_open(struct df_judge *j, struct df_err *e) DF_CHECK;
void df_judge_close(struct df_judge *j);
/*
 * Does the judge set that variable of the environment itself?  Then it is not
 * passed on: a PATH with "." in it would run what is judged in the place of
 * what the scenario calls.
 */
int df_judge_sets(const char *name);

enum df_trial_status { DF_TRIAL_PASS, DF_TRIAL_FAIL, DF_TRIAL_ERROR };
const char *df_trial_status_name(enum df_trial_status s);	/* "PASS" */

struct df_trial {
	struct df_judge *judge;
	/* in */
	struct df_digest tree;
	const char *setup, *execute, *verify, *cleanup;	/* or "" */
	const struct df_buf *program;	/* instead of verify, or NULL */
	int tap;			/* the program has to speak TAP */
	int64_t plan;			/* of its TAP; 0: its own */
	int64_t number;			/* of the run, from 1 */

	/* out, after df_trial_finish() */
	enum df_trial_status status;
	const char *failure;	/* class: "verify", "setup", "timeout" ... */
	char stage[16];		/* the last one that began, or "" */
	char why[200];
	int exit, signal;	/* of the shell; -1 */
	struct df_buf output;	/* stdout, then stderr */
	int64_t wall_ms;

	/* inside */
	struct df_child child;
	char nonce[33];
	int text, clean, marks, data;	/* memory files */
	struct df_list argv;		/* of the program */
	int mode;			/* and its file's */
	char *name, *ws, *home, *tmp, *tools;
	int fd;
	struct df_list environ, command;
	struct df_sandbox sandbox;
	int64_t t0;
};
void df_trial_init(struct df_trial *t, struct df_judge *j);
int df_trial_start(struct df_trial *t, struct df_err *e) DF_CHECK;
/* The child has ended: what became of it. */
void df_trial_finish(struct df_trial *t);
void df_trial_release(struct df_trial *t);

/* Is a line of it TAP: a version, a plan, a test with a number, "not ok"? */
int df_tap_spoken(const char *s, size_t n);
/*
 * What a TAP program said (TAP 12 to 14), against its plan (0: the one in the
 * output, before or behind all tests): PASS, FAIL, or ERROR with the reason in
 * why.
 */
enum df_trial_status df_tap_judge(const char *s, size_t n, int64_t plan,
	char why[200]);

#endif
