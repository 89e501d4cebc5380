/*
 * file.h - files: reading with bounds, confined opening, the durable write
 * path, locks.
 *
 * Nobody else calls rename, fsync or flock.  All functions fill *e with
 * DF_EXTERNAL and errno's text unless said otherwise, and return -1.
 * Descriptors are close-on-exec.
 */
#ifndef DF_BASE_FILE_H
#define DF_BASE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Read fd to its end and append to b; more than max bytes is DF_INPUT. */
int df_read_fd(int fd, struct df_buf *b, size_t max, const char *what,
	struct df_err *e) DF_CHECK;
/*
 * Read a regular file (symlinks are followed: for paths that the user gave).
 * ENOENT and a file that is no regular file are DF_INPUT.
 */
int df_read_file(int at, const char *path, struct df_buf *b, size_t max,
	struct df_err *e) DF_CHECK;
int df_write_fd(int fd, const void *p, size_t n, const char *what,
	struct df_err *e) DF_CHECK;

/*
 * Open path below directory dir: no component may be absolute, "..", a magic
 * link or (with nolinks) a symlink, and none may leave the directory
 * (openat2(2), RESOLVE_BENEATH).  What it creates has mode 0600.  Returns the
 * descriptor or -1 with errno only.
 */
int df_open_beneath(int dir, const char *path, int flags, int nolinks);

/*
 * A name inside a run: relative, components of [A-Za-z0-9._+-] that do not
 * begin with a dot, at most 200 bytes.  1 or 0.
 */
int df_name_ok(const char *name, size_t n);

/*
 * The descriptor as one of at least 10, which replaces it: whoever places
 * descriptors for a program that it starts takes those below.  -1 stays.
 */
int df_high_fd(int fd);

/* Create the directories of path below dir (not its last component when
   leaf is 0). */
int df_mkdirs(int dir, const char *path, int leaf, mode_t mode,
	struct df_err *e) DF_CHECK;

/*
 * Make name (below dir) a symlink to target, atomically replacing what is
 * there.  One that already points there gets the time of now: a link's time
 * is that of the last check, which make -L looks at.
 */
int df_replace_link(int dir, const char *name, const char *target,
	struct df_err *e) DF_CHECK;

/*
 * Create or replace a file durably: temporary file in the same directory,
 * fdatasync, rename, fsync of the directory.
 */
int df_replace_file(int dir, const char *name, const void *p, size_t n,
	mode_t mode, struct df_err *e) DF_CHECK;
/* The same, but fails with DF_CONFLICT when name exists. */
int df_create_file(int dir, const char *name, const void *p, size_t n,
	mode_t mode, struct df_err *e) DF_CHECK;

/* Rename from to to, which must not exist (DF_CONFLICT), and make it last. */
int df_rename_new(int fromdir, const char *from, int todir, const char *to,
	struct df_err *e) DF_CHECK;

/* fdatasync / fsync of a directory: an error is final, never retried. */
int df_sync_data(int fd, const char *what, struct df_err *e) DF_CHECK;
int df_sync_dir(int fd, const char *what, struct df_err *e) DF_CHECK;
/* Everything written to fd's file system since fd was opened. */
int df_sync_fs(int fd, const char *what, struct df_err *e) DF_CHECK;

/*
 * flock(2).  With wait == 0 a lock held by another is DF_CONFLICT.  The lock
 * belongs to the open file and goes with the process.
 */
int df_lock(int fd, int wait, const char *what, struct df_err *e) DF_CHECK;
/* 1 when nobody holds the lock on the file, 0 when somebody does.  It is taken
   for a moment: df_lock() looks more than once. */
int df_lock_free(int dir, const char *path);

/*
 * Remove path below dir with all that it holds.  Linear in the number of
 * entries, a constant number of descriptors, any depth; never follows a link
 * and never leaves the file system.  A path that is not there is success.
 */
int df_remove_tree(int dir, const char *path, struct df_err *e) DF_CHECK;

/* A file that a person or another tool of ours may read: no group or other
   permission bits (DF_AUTH otherwise), for private keys. */
int df_private(int fd, const char *what, struct df_err *e) DF_CHECK;

/*
 * Companions of the running program, found from /proc/self/exe so that a
 * build tree and an installation work alike: <dir>/../share/darkfactory/NAME
 * ($DF_SHARE overrides the directory), <dir>/../libexec/darkfactory/NAME, and
 * <dir>/NAME, another tool.  Append the path to b.
 */
void df_share_path(struct df_buf *b, const char *name);
void df_libexec_path(struct df_buf *b, const char *name);
void df_tool_path(struct df_buf *b, const char *name);
/* Is the last component of path a temporary name of this module's? */
int df_is_temp(const char *path);

/* An absolute path without symlinks, "." and ".." (realpath(3)); malloc'd,
   NULL with *e filled when it does not exist (DF_INPUT). */
char *df_real_path(const char *path, struct df_err *e);
/* Is path equal to dir or below it?  Both as df_real_path() gives them. */
int df_path_within(const char *path, const char *dir);

#endif
