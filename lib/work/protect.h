/*
 * protect.h - paths that no sandbox may show: specification, tests, runs,
 * factory, keys, agent sockets.
 *
 * df-boot collects and records them, df-dispatch checks every mount source
 * against them before it starts an agent, and what the first process inside
 * reports of its mounts afterwards.
 */
#ifndef DF_WORK_PROTECT_H
#define DF_WORK_PROTECT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/json.h"

/*
 * A path that no mount source may contain or lie in: by real path and by
 * device and inode.
 */
struct df_protected {
	char *path, *why;
	dev_t dev;
	ino_t ino;
	char *fs;		/* the same path from its file system's root */
	char mount[24];		/* that in mountinfo: "254:0"; "": not found */
};
struct df_protect {
	struct df_protected *v;
	size_t n, cap;
};
/* Add path when it exists; NULL is allowed. */
void df_protect_add(struct df_protect *p, const char *path, const char *why);
/* The git directory at or above path: it may hold path's history. */
void df_protect_git(struct df_protect *p, const char *path, const char *why);
/* Keys, identities and agent sockets that the tools would use. */
void df_protect_keys(struct df_protect *p);
void df_protect_release(struct df_protect *p);
/* The run's own (spec, run, keys, agent sockets ...), from its record. */
int df_protect_load(struct df_protect *p, jv list, struct df_err *e) DF_CHECK;
jv df_protect_json(const struct df_protect *p);
/* DF_REFUSED when path contains, is, or lies in a protected one. */
int df_protect_check(const struct df_protect *p, const char *path,
	struct df_err *e) DF_CHECK;
/*
 * The same for every mount that the first process inside reported: the
 * offending path, or NULL (malloc'd).
 */
char *df_protect_mounts(const struct df_protect *p, jv mounts);

#endif
