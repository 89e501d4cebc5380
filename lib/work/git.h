/*
 * git.h - git as a program, never with anybody's configuration.
 *
 * Our git runs with no system or global configuration, no hooks, no prompt, a
 * fixed identity and date (1970-01-01, so that equal trees give equal
 * commits), and in repositories of our own whose info/attributes switch off
 * filters, text conversion, merge drivers and -diff.  git >= 2.38.
 */
#ifndef DF_WORK_GIT_H
#define DF_WORK_GIT_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Run git with the given arguments (those behind "git"; NULL ends) in
 * directory dir (-1: here).  gitdir, if not NULL, becomes GIT_DIR.  Returns
 * git's exit status, or -1 with *e filled.
 */
int df_git(const char *gitdir, int dir, const char *const args[],
	const struct df_buf *in, struct df_buf *out, struct df_err *e)
	DF_CHECK;
/* The same, and an exit status other than 0 is a failure (DF_EXTERNAL) with
   git's first line of complaint.  With _fd stdin is a descriptor. */
int df_git_ok(const char *gitdir, int dir, const char *const args[],
	const struct df_buf *in, struct df_buf *out, struct df_err *e)
	DF_CHECK;

int df_git_fd(const char *gitdir, int dir, const char *const args[],
	int infd, struct df_buf *out, struct df_err *e) DF_CHECK;

/* Start git and read its stdout from the returned descriptor; then
   df_git_wait(), which fails when its exit status is not 0. */
int df_git_open(const char *gitdir, int dir, const char *const args[],
	long *pid, struct df_err *e) DF_CHECK;
int df_git_wait(long pid, struct df_err *e) DF_CHECK;

/*
 * A git directory without running git: HEAD, config, objects, refs,
 * info/attributes.  name is relative to dir; bare or a work tree's .git.
 */
int df_git_skeleton(int dir, const char *name, int bare, struct df_err *e)
	DF_CHECK;

/* Append path as git fast-import quotes it. */
void df_git_quote(struct df_buf *b, const char *path, size_t n);

#endif
