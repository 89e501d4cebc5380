/*
 * spawn.h - child processes: start, capture, time out, reap; one poll loop.
 *
 * A child is forked, prepares itself in C (drops privileges, makes its
 * workspace), and execs.  The parent never blocks on one: df_children_wait()
 * polls the pipes and process descriptors of all of them and returns when at
 * least one has ended.
 *
 * A child has ended when its process is reaped, its pipes are at their end or
 * two seconds have passed since (a survivor holds them), and, in a sandbox,
 * the first process of its process namespace is gone, and with it all others.
 *
 * Where there is no such namespace (observed is set) the child is df-inside,
 * which ends what it started when it gets SIGTERM; after three seconds, or if
 * it was killed by others, its processes fall to us and are killed here.
 */
#ifndef DF_WORK_SPAWN_H
#define DF_WORK_SPAWN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* What a stream said: its beginning and its end when it was too long. */
struct df_capture {
	size_t max;		/* bytes kept at most */
	struct df_buf head;	/* the first max / 2 */
	struct df_buf tail;	/* a ring of the last max / 2 */
	size_t at;		/* where the ring goes on */
	uint64_t total;
};
void df_capture_init(struct df_capture *c, size_t max);
void df_capture_release(struct df_capture *c);
void df_capture_add(struct df_capture *c, const char *p, size_t n);
/* Append what was kept, with a line that says how much was not. */
void df_capture_get(const struct df_capture *c, struct df_buf *b);

enum { DF_CHILD_REPORT = 7, DF_CHILD_INFO = 8 };

struct df_child {
	/* set before df_child_start() */
	/*
	 * Runs in the child: prepares, and on success execs and does not
	 * return.  out and err are on 1 and 2, stdin is /dev/null;
	 * DF_CHILD_REPORT and DF_CHILD_INFO are the write ends for df-inside's
	 * report and bwrap's --info-fd.  On failure fills *e and returns -1.
	 */
	int (*run)(void *arg, struct df_err *e);
	void *arg;
	int light;		/* run() makes system calls and nothing else:
				   the child shares our memory until its exec */
	int observed;		/* no process namespace ends its processes */
	int64_t kill_after;	/* ms, then df_child_kill(); 0: never */

	/* results */
	struct df_capture out, err;
	struct df_buf report;	/* what df-inside said */
	struct df_err failed;	/* exit != 0: it did not get as far as exec */
	int status;		/* wait status of the outermost process */
	int killed;		/* kill_after was over */
	size_t orphans;		/* processes that fell to us and were killed */
	int ended;

	/* inside */
	pid_t pid;
	int pidfd, initfd;
	int fd[5];		/* out, err, report, info, error: read ends */
	struct df_buf info, error;
	int64_t kill_at, drain_at;
	int reaped, asked;
};

/* Zero the child, set run, arg, kill_after; the captures' bounds. */
void df_child_init(struct df_child *c, size_t max_output);
int df_child_start(struct df_child *c, struct df_err *e) DF_CHECK;
/*
 * Wait until at least one of the n children has ended (NULL entries and those
 * that ended before are passed over), a signal came, or ms are over (-1:
 * never).  Returns how many ended newly.  Signals that the caller blocks are
 * let through while it waits and only then, so that none is missed between a
 * look at what a handler has set and the wait.
 */
int df_children_wait(struct df_child **c, size_t n, int64_t ms);
/* End the whole sandbox: SIGKILL to the outermost process, or where that ends
   no others SIGTERM first. */
void df_child_kill(struct df_child *c);
void df_child_release(struct df_child *c);

/*
 * Run a program of ours to its end, in directory dir (-1: here), with exactly
 * the environment env.  stdin is in, or the descriptor infd, or (NULL, -1)
 * /dev/null; stdout goes into out, stderr into err (each may be NULL:
 * discarded).  Returns its exit status (128 + signal), or -1 when it could
 * not be run.
 */
int df_run_program(char *const argv[], char *const env[], int dir,
	const struct df_buf *in, int infd, struct df_buf *out,
	struct df_buf *err, struct df_err *e) DF_CHECK;

/* Start a program; its stdout is read from the returned descriptor, stdin is
   /dev/null, stderr ours.  The caller closes it and waits for *pid. */
int df_open_program(char *const argv[], char *const env[], int dir,
	long *pid, struct df_err *e) DF_CHECK;

/* The absolute path of a program in PATH (or of the usual directories when
   PATH is unset); malloc'd, NULL when there is none. */
char *df_find_program(const char *name);

#endif
