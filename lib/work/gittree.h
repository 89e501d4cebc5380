/*
 * gittree.h - trees of git into trees of the store.
 *
 * Object names of git and of the store are kept side by side, so that a blob
 * that is known is fetched only once.
 */
#ifndef DF_WORK_GITTREE_H
#define DF_WORK_GITTREE_H

#include "evidence/tree.h"

/* A blob under both its names. */
struct df_gitblob {
	struct df_digest digest;
	struct df_git_oid oid;
	uint64_t size;
};
struct df_gitblobs {		/* zero before use */
	struct df_gitblob **v;	/* stable addresses: the maps point at them */
	size_t n, cap;
	struct df_arena arena;
	struct df_map by_digest, by_oid;
};
void df_gitblobs_release(struct df_gitblobs *b);
void df_gitblobs_add(struct df_gitblobs *b, const struct df_digest *d,
	const struct df_git_oid *oid, uint64_t size);
const struct df_gitblob *df_gitblobs_digest(const struct df_gitblobs *b,
	const struct df_digest *d);

struct df_gitimport {
	struct df_store *store;
	const char *gitdir;	/* or NULL */
	int dir;		/* where git runs, or -1 */
	const char *tree;	/* what git ls-tree takes */
	struct df_gitblobs *known;
	struct df_tree_limits limit;
	/* 1: leave out (paths as git ls-tree prints them there) */
	int (*skip)(void *arg, const char *path);
	void *arg;
};
/*
 * Stage the tree.  Submodules and links that leave the tree are DF_INPUT with
 * the path.
 */
int df_git_import(const struct df_gitimport *g, struct df_digest *d,
	struct df_tree_stat *st, struct df_err *e) DF_CHECK;

#endif
