/*
 * workspace.h - what an agent finds, and what it leaves.
 *
 * An agent finds its start tree as a git repository of one commit (no
 * history, remote or reflog), the handoff in .df/handoff.md and the prompt in
 * .df/prompt.md.  It writes a results file in .df/.  .df/ and every .git are
 * no part of the result, which is read from the file system, never through
 * git.
 */
#ifndef DF_WORK_WORKSPACE_H
#define DF_WORK_WORKSPACE_H

#include "base/mem.h"
#include "evidence/tree.h"
#include "work/secret.h"

#define DF_RESULTS_BYTES ((size_t)1 << 20)

struct df_workspace {
	struct df_store *store;
	const struct df_digest *tree;	/* NULL: an empty directory */
	const struct df_buf *handoff, *prompt;
	int git;			/* make it a repository */
	int plain;			/* the tree and no .df */
};

/*
 * Make the workspace in directory dir/name, which must not exist.  Runs in
 * the child, as the uid that the agent will have.
 */
int df_workspace_make(const struct df_workspace *w, int dir, const char *name,
	struct df_err *e) DF_CHECK;

/*
 * base's own ignore rules: those .gitignore files that the base tree has, not
 * what the agent made of them.
 */
struct df_ignore {
	char *dir;		/* a directory that holds only these files;
				   NULL when base has none */
	struct df_map names;	/* what base has is never ignored */
	struct df_arena arena;
};
/* Unpack them into scratch/ignore (path as git will be given it). */
int df_ignore_open(struct df_ignore *g, struct df_store *s,
	const struct df_digest *base, int scratch, const char *path,
	struct df_err *e) DF_CHECK;
void df_ignore_release(struct df_ignore *g);

/*
 * Stage what the agent left in dir as a tree: without .df, .git (any letter
 * case, any depth), empty directories, and what ignore (NULL: nothing)
 * covers (counted in st->skipped).  Errors in what it holds are DF_INPUT with
 * the path; a file, name or link that holds a secret is DF_INPUT
 * "secret.leak", and nothing of it is staged.
 */
int df_workspace_read(struct df_store *s, int dir,
	const struct df_tree_limits *limit, const struct df_ignore *ignore,
	const struct df_secrets *secrets, struct df_digest *tree,
	struct df_tree_stat *st, struct df_err *e) DF_CHECK;

/*
 * The results file, path below dir: bytes into b.  DF_NO when there is none,
 * DF_INPUT when it is no regular file or too large.
 */
int df_workspace_results(int dir, const char *path, struct df_buf *b,
	struct df_err *e) DF_CHECK;


#endif
