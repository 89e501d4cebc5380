/*
 * merge.h - combining results: a commit graph over trees of the store.
 *
 * Renames, deletes, modes and diamonds are git's business: results become
 * commits with their real parents in a private bare repository below the
 * run's work/, and `git merge-tree --write-tree` (git >= 2.38) combines them.
 * The graph is kept in memory and reaches git only when two different trees
 * have to be merged or compared; merging equal trees costs nothing.
 *
 * A node is a number: 0 is the base tree, df_merger_add() makes the others.
 */
#ifndef DF_WORK_MERGE_H
#define DF_WORK_MERGE_H

#include "evidence/tree.h"

#define DF_CONFLICT_PATHS 100

struct df_merger;

/* What could not be combined. */
struct df_conflict {
	size_t at;		/* index of the later node in the list */
	struct df_buf paths;	/* at most DF_CONFLICT_PATHS, NUL after each */
	size_t n;
};

/*
 * work is the run's work directory, path its path.  The repository
 * (work/merge.git) is made when it is first needed; one that is there from a
 * killed process is removed.
 */
struct df_merger *df_merger_open(struct df_store *s, int work,
	const char *path, const struct df_digest *base);
void df_merger_close(struct df_merger *m);

/* A new node: this tree, with these parents (n == 0: made from the base). */
uint32_t df_merger_add(struct df_merger *m, const struct df_digest *tree,
	const uint32_t *parent, size_t n);
const struct df_digest *df_merger_tree(const struct df_merger *m,
	uint32_t node);

/*
 * Merge n nodes in the order given (n == 0: the base) into *out.  Returns 0,
 * 1 when there is a conflict (*c is filled; release c->paths), -1 on failure.
 */
int df_merger_merge(struct df_merger *m, const uint32_t *node, size_t n,
	uint32_t *out, struct df_conflict *c, struct df_err *e) DF_CHECK;

/*
 * Append the patch from one node's tree to another's: binary, full index, no
 * external diff, no text conversion.  With check, base plus patch is applied
 * and must give the other tree (DF_INTEGRITY).
 */
int df_merger_patch(struct df_merger *m, uint32_t from, uint32_t to,
	int check, struct df_buf *b, struct df_err *e) DF_CHECK;

#endif
