/*
 * tree.h - directories as blobs.
 *
 * A tree is a Merkle tree: one blob per directory, one canonical JSON line
 * (DF-JSON/1) per entry, sorted by the bytes of the name:
 *
 *	{"mode":"100644","name":"main.c","sha256":"<64 hex>","size":812}
 *	{"mode":"100755","name":"run.sh","sha256":"<64 hex>","size":40}
 *	{"mode":"120000","name":"latest","target":"v1"}
 *	{"mode":"040000","name":"src","sha256":"<64 hex>","size":190}
 *
 * Only these four modes.  A name that is not UTF-8 is "name64" in base64, a
 * link target likewise "target64".  The empty directory is the empty blob.
 * A tree's digest is that of its root manifest, so a tree is a plain blob to
 * every other program.  Media type: application/vnd.df.tree.v1+jsonl.
 *
 * Both directions treat the other side as hostile.  Reading a directory goes
 * by descriptors, one component at a time, without following links or
 * crossing a mount; sockets, fifos, devices and links that are absolute or
 * could leave the tree (a ".." behind a name, or above the root) are errors
 * with the path; set-user-id, set-group-id and sticky bits are dropped and
 * counted; hard links become copies.  Reading a manifest accepts exactly the
 * canonical bytes.
 */
#ifndef DF_EVIDENCE_TREE_H
#define DF_EVIDENCE_TREE_H

#include "base/json.h"
#include "evidence/store.h"

#define DF_TREE_MEDIA "application/vnd.df.tree.v1+jsonl"

enum df_tree_mode {
	DF_TREE_FILE = 0100644,
	DF_TREE_EXEC = 0100755,
	DF_TREE_LINK = 0120000,
	DF_TREE_DIR = 0040000
};

struct df_tree_limits {
	uint64_t entries;	/* 0: 100,000 */
	uint64_t bytes;		/* 0: 2 GiB; counted as read, sparse or not */
	unsigned depth;		/* 0: 128 */
};

struct df_tree_stat {
	uint64_t entries, bytes;
	uint64_t skipped;	/* left out by the filter */
	uint64_t setid;		/* files whose set-id bits were dropped */
	uint64_t hardlinks;	/* files that had more than one name */
};

struct df_tree_opts {
	struct df_tree_limits limit;
	int prune;		/* leave out directories that hold nothing */
	/*
	 * Called before an entry is read, with its path below the root; returns
	 * 1 to leave it (and all below it) out, 0 to take it, -1 to fail.
	 */
	int (*skip)(void *arg, const char *path, int isdir, struct df_err *e);
	/*
	 * Called for each file before it is staged; bytes is NULL when it is
	 * too large to be held in memory: fd is at its beginning then.  And
	 * for each link, with its target.  For files it is called in several
	 * threads at once, never while skip is, and maybe after skip was for
	 * entries that follow.
	 */
	int (*file)(void *arg, const char *path, int fd, const char *bytes,
	    size_t n, struct df_err *e);
	void *arg;
};

/*
 * Stage the directory dirfd and everything below it, where there are many
 * files in several threads.  what names it in messages.  Errors in what it
 * holds are DF_INPUT with code "tree.entry", "tree.link" or "tree.limit"; of
 * several errors it is the first in the order of the tree.
 */
int df_tree_put(struct df_store *s, int dirfd, const char *what,
	const struct df_tree_opts *o, struct df_digest *d,
	struct df_tree_stat *st, struct df_err *e) DF_CHECK;

struct df_tree_entry {
	const char *path;	/* below the root, NUL-terminated */
	size_t len;
	int mode;		/* enum df_tree_mode */
	struct df_digest digest;	/* not of links */
	uint64_t size;
	const char *target;	/* of links */
};
/*
 * Call fn for every entry, directories before what they hold, in order of
 * name bytes per directory.  fn returns 0 to go on.  Each manifest is checked
 * against its digest and its size; files are not read.
 */
int df_tree_walk(struct df_store *s, const struct df_digest *root,
	const struct df_tree_limits *l,
	int (*fn)(void *arg, const struct df_tree_entry *t, struct df_err *e),
	void *arg, struct df_err *e) DF_CHECK;
/*
 * Write the tree into the empty directory dirfd: files 0644 or 0755,
 * directories 0755 (the umask does not matter), links last.  Two names that
 * the file system holds equal are DF_CONFLICT.
 */
int df_tree_checkout(struct df_store *s, const struct df_digest *root,
	int dirfd, const struct df_tree_limits *l, struct df_err *e) DF_CHECK;

/*
 * Building a manifest by hand (a tree that is not a directory yet): append
 * one entry; the caller keeps the order of name bytes.
 */
void df_tree_line(struct df_buf *b, int mode, const char *name, size_t len,
	const struct df_digest *d, uint64_t size, const char *target);
/* Is a link target allowed at a directory of that depth (root: 0)? */
int df_tree_target_ok(const char *target, unsigned depth);

#endif
