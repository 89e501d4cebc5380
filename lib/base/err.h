/*
 * err.h - what went wrong, and how a tool says so.
 *
 * Library functions that can fail return 0 or a useful value on success and
 * -1 (or NULL) on failure, and fill a struct df_err that the caller owns.
 * They never exit and never print.  A caller that has nothing better to do
 * passes the error up unchanged.  Only the allocators of mem.h and the
 * functions of this header that are marked noreturn end the process.
 *
 * An error has the exit code that a tool will end with (one table for all
 * tools, see darkfactory(7)), a stable dotted code for machines, one line for
 * people, and sometimes a hint: what to do about it.  One that is about a place
 * in a file is a diagnostic: its message begins with "file:line:col: ".
 */
#ifndef DF_BASE_ERR_H
#define DF_BASE_ERR_H

#include <stdarg.h>

#include "base/df.h"

enum df_exit {
	DF_OK = 0,		/* yes: done, PASS, verified */
	DF_NO = 1,		/* the check ran and the answer is no */
	DF_USAGE = 2,		/* wrong invocation */
	DF_INPUT = 3,		/* malformed input; nothing was decided */
	DF_REFUSED = 4,		/* a gate, a policy or the state forbids it */
	DF_AUTH = 5,		/* signature, role, separation, root */
	DF_INTEGRITY = 6,	/* digest, chain, truncation, seal */
	DF_CONFLICT = 7,	/* exists with other content, or held */
	DF_EXHAUSTED = 8,	/* attempts, tokens, cost, time */
	DF_EXTERNAL = 9		/* agent, sandbox, disk; may be retried */
};

struct df_err {
	int exit;		/* enum df_exit */
	char code[48];		/* "log.chain" */
	char msg[768];		/* one line, no full stop, no newline */
	char hint[384];		/* one line, or empty */
	int at;			/* length of "file:line:col: " in msg, or 0 */
};

/* Fill e (which may be NULL) and return -1, so that `return df_fail(...)`. */
int df_fail(struct df_err *e, int exit, const char *code, const char *fmt, ...)
	DF_PRINTF(4, 5);
/* The same, with ": " and the text of errno appended.  Keeps errno. */
int df_fail_errno(struct df_err *e, int exit, const char *code,
	const char *fmt, ...) DF_PRINTF(4, 5);
/* The same, for a place in a file; line and col from 1. */
int df_fail_at(struct df_err *e, const char *code, const char *file,
	size_t line, size_t col, const char *fmt, ...) DF_PRINTF(6, 7);
/* Add a hint to an error that is already there.  Returns -1. */
int df_hint(struct df_err *e, const char *fmt, ...) DF_PRINTF(2, 3);

/* Of two exit codes, the one that a tool with several results ends with. */
int df_exit_worst(int a, int b);

/* ---- for tools only ---- */

extern const char *df_progname;	/* set by df_opt_parse() */
extern int df_errors_json;	/* errors as one JSON object a line */
extern int df_quiet;		/* df_note() says nothing */
extern int df_verbose;		/* df_debug() speaks, hints are said */

/*
 * Write the error to stderr: "df-foo: text", or of a diagnostic
 * "file:line:col: error: text [code]", which any editor finds.  The hint of a
 * diagnostic follows on a second line, that of another error only on a
 * terminal or when df_verbose is set.
 */
void df_err_print(const struct df_err *e);
void df_die(const struct df_err *e) DF_NORETURN;
void df_diex(int exit, const char *code, const char *fmt, ...)
	DF_PRINTF(3, 4) DF_NORETURN;
void df_warn(const char *fmt, ...) DF_PRINTF(1, 2);
/* A failure after which the program goes on: said with -q too. */
void df_error(const char *fmt, ...) DF_PRINTF(1, 2);
void df_note(const char *fmt, ...) DF_PRINTF(1, 2);
/* A note on the way, for who watches: only where df_tty() or df_verbose. */
void df_progress(const char *fmt, ...) DF_PRINTF(1, 2);
void df_debug(const char *fmt, ...) DF_PRINTF(1, 2);
/* A broken invariant of our own: says where and aborts. */
void df_bug(const char *file, int line, const char *what) DF_NORETURN;
#define DF_BUG(what) df_bug(__FILE__, __LINE__, what)

#endif
