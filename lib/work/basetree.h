/*
 * basetree.h - the tree that a run starts from (df-boot --base).
 *
 *	DIR in a git work tree	the tracked files of HEAD below DIR
 *	DIR with dirty		the work tree's files, tracked or not ignored
 *	DIR elsewhere		all files
 *	REV:PATH		a tree of the repository around the current
 *				directory, "HEAD~2:", "main:src"
 *	NULL			nothing
 *
 * .git in any letter case and at any depth is never taken, nor are runs and
 * factories, nor the given real paths (specification, tests) and what is below
 * them.
 */
#ifndef DF_WORK_BASETREE_H
#define DF_WORK_BASETREE_H

#include "base/opt.h"
#include "evidence/tree.h"

struct df_base {
	struct df_digest tree;
	const char *source;	/* "empty", "directory", "git", "git-dirty" */
	char commit[65];	/* hex, or "" */
	struct df_tree_stat stat;
};
int df_base_take(struct df_store *s, const char *what, int dirty,
	const struct df_list *exclude, const struct df_tree_limits *l,
	struct df_base *b, struct df_err *e) DF_CHECK;

#endif
