/*
 * store.h - bytes named by their SHA-256, which never change.
 *
 * A store is a directory blobs/sha256 of files named by 64 hex digits, mode
 * 0444, raw bytes: sha256sum(1) in it is already an fsck.
 *
 *	df_store_open(&s, rundir, 0, &e);
 *	df_store_put(&s, bytes, n, &digest, &e);	... any number of blobs
 *	df_store_need(&s, &found, &e);			... and found ones
 *	df_store_barrier(&s, &e);
 *	append the event that names them		(log.h)
 *
 * Staging a blob makes it visible, not durable.  Before an event may name
 * blobs, one barrier covers every one of them, written now or found: a blob
 * that another process wrote a moment ago is as volatile as our own.  A found
 * blob is hashed again unless this process has already done so; one whose
 * bytes are not its name (a write that a crash cut short) is replaced.
 *
 * After a barrier has failed the store refuses every further barrier: the
 * kernel reports a lost write only once.
 */
#ifndef DF_EVIDENCE_STORE_H
#define DF_EVIDENCE_STORE_H

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define DF_BLOB_MAX ((uint64_t)1 << 40)	/* bytes of one blob */

struct df_store {
	int dir;		/* blobs/sha256, or -1 */
	const struct df_store *under;	/* looked in too, never written; or
				   NULL: set it after opening */
	int fixmode;		/* the umask would take bits of 0444 */
	int failed;		/* a barrier failed */
	int closed;		/* a blob gets its name when its bytes are on
				   disk: no others may be there, even when the
				   power goes away */
	int byproc;		/* unnamed files are linked by way of /proc */
	unsigned fresh;		/* blobs in a row that were not there yet */
	struct df_arena arena;
	struct df_map known;	/* digests that this process has hashed */
	struct df_digest *todo;	/* for the next barrier */
	size_t ntodo, captodo;
};

/* Open the store below directory at; make it when create is not 0. */
int df_store_open(struct df_store *s, int at, int create, struct df_err *e)
	DF_CHECK;
void df_store_close(struct df_store *s);

/* Stage p[0..n). */
int df_store_put(struct df_store *s, const void *p, size_t n,
	struct df_digest *d, struct df_err *e) DF_CHECK;
/*
 * Stage what fd yields up to its end, at most max bytes (DF_INPUT beyond).
 * Large files are hashed in a second thread while they are written.
 */
int df_store_put_fd(struct df_store *s, int fd, uint64_t max, const char *what,
	struct df_digest *d, uint64_t *size, struct df_err *e) DF_CHECK;
/*
 * The two halves of the above.  The first may be called in several threads at
 * once, while none calls anything else; the second, in one thread, makes the
 * next barrier cover what the first has written or found.
 */
int df_store_write(struct df_store *s, const void *p, size_t n,
	struct df_digest *d, struct df_err *e) DF_CHECK;
int df_store_write_fd(struct df_store *s, int fd, uint64_t max,
	const char *what, struct df_digest *d, uint64_t *size,
	struct df_err *e) DF_CHECK;
void df_store_keep(struct df_store *s, const struct df_digest *d);
/* The next barrier covers d too, which must be there (DF_INTEGRITY). */
int df_store_need(struct df_store *s, const struct df_digest *d,
	struct df_err *e) DF_CHECK;
int df_store_barrier(struct df_store *s, struct df_err *e) DF_CHECK;

/*
 * Append the blob's bytes and check that they have that digest: DF_INTEGRITY
 * when they do not or when it is missing ("store.missing"); DF_INPUT when it
 * is larger than max.
 */
int df_store_get(struct df_store *s, const struct df_digest *d, size_t max,
	struct df_buf *b, struct df_err *e) DF_CHECK;
/* Hash the blob in place.  size may be NULL. */
int df_store_check(struct df_store *s, const struct df_digest *d,
	uint64_t *size, struct df_err *e) DF_CHECK;
/* A descriptor for reading, unchecked; -1 with DF_INTEGRITY when missing. */
int df_store_fd(struct df_store *s, const struct df_digest *d,
	struct df_err *e) DF_CHECK;
/* Is there a file of that name?  Its bytes are not looked at. */
int df_store_has(struct df_store *s, const struct df_digest *d);
/* Remove a blob (df-freeze, for what no event names). */
int df_store_remove(struct df_store *s, const struct df_digest *d,
	struct df_err *e) DF_CHECK;

/*
 * Call fn for every name in the directory; name is the file's name, bad is
 * set when it is no digest.  fn returns 0 to go on.
 */
int df_store_each(struct df_store *s,
	int (*fn)(void *arg, const char *name, const struct df_digest *d,
	    int bad), void *arg, struct df_err *e) DF_CHECK;

#endif
