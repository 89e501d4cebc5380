#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/store.h"

#define CHUNK ((size_t)1 << 20)
#define RING 4
/* Up to this many blobs are synced one by one, more by one syncfs(2). */
#define SYNC_EACH 4
/* So many new blobs in a row, and the next is expected to be new too. */
#define FRESH 8

static void
blob_name(const struct df_digest *d, char name[65])
{
	char s[DF_DIGEST_STR];

	memcpy(name, df_digest_str(d, s) + 7, 65);
}

#define BLOB_WHAT 80

static const char *
blob_what(const struct df_digest *d, char what[BLOB_WHAT])
{
	memcpy(what, "blob ", 5);
	blob_name(d, what + 5);
	return what;
}

int
df_store_open(struct df_store *s, int at, int create, struct df_err *e)
{
	mode_t mask;

	memset(s, 0, sizeof(*s));
	s->dir = -1;
	if (create && df_mkdirs(at, "blobs/sha256", 1, 0755, e) < 0)
		return -1;
	s->dir = df_high_fd(df_open_beneath(at, "blobs/sha256", O_RDONLY |
	    O_DIRECTORY, 1));
	if (s->dir < 0)
		return df_fail_errno(e, errno == ENOENT || errno == ELOOP ||
		    errno == ENOTDIR ? DF_INTEGRITY : DF_EXTERNAL,
		    "store.open", "cannot open blobs/sha256");
	mask = umask(022);
	(void)umask(mask);
	s->fixmode = (mask & 0444) != 0;
	/* A child that is somebody else reads by this descriptor; who may come
	   so far is said by the directories above. */
	if (create && (mask & 0055) && fchmod(s->dir, 0755) < 0) {
		(void)df_fail_errno(e, DF_EXTERNAL, "store.open",
		    "cannot set the mode of blobs/sha256");
		df_store_close(s);
		return -1;
	}
	return 0;
}

void
df_store_close(struct df_store *s)
{
	if (s->dir >= 0)
		close(s->dir);
	df_map_release(&s->known);
	df_arena_release(&s->arena);
	free(s->todo);
	memset(s, 0, sizeof(*s));
	s->dir = -1;
}

static int
is_known(struct df_store *s, const struct df_digest *d)
{
	return df_map_get(&s->known, (const char *)d->b, sizeof(d->b)) !=
	    DF_MAP_NONE;
}

void
df_store_keep(struct df_store *s, const struct df_digest *d)
{
	char *key;

	if (is_known(s, d))
		return;
	key = df_arena_str(&s->arena, (const char *)d->b, sizeof(d->b));
	(void)df_map_set(&s->known, key, sizeof(d->b), 0);
	DF_GROW(s->todo, s->ntodo, s->captodo);
	s->todo[s->ntodo++] = *d;
}

/* ---- writing ---- */

#define TEMP 48

/* A name that no other process or thread uses. */
static void
temp_name(char tmp[TEMP])
{
	static unsigned count;

	snprintf(tmp, TEMP, ".tmp-%ld-%u", (long)getpid(),
	    __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
}

/*
 * A file without a name, or with a temporary one where the file system has
 * no O_TMPFILE (tmp[0] is then set).
 */
static int
open_temp(struct df_store *s, char tmp[TEMP], const char *what,
    struct df_err *e)
{
	int fd;

	tmp[0] = '\0';
	fd = openat(s->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0444);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == ENOENT)) {
		temp_name(tmp);
		(void)unlinkat(s->dir, tmp, 0);
		fd = openat(s->dir, tmp, O_CREAT | O_EXCL | O_WRONLY |
		    O_NOFOLLOW | O_CLOEXEC, 0444);
	}
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "store.write",
		    "cannot create %s", what);
	if (s->fixmode && fchmod(fd, 0444) < 0) {
		close(fd);
		return df_fail_errno(e, DF_EXTERNAL, "store.write",
		    "cannot set the mode of %s", what);
	}
	return fd;
}

static void
drop_temp(struct df_store *s, int fd, const char *tmp)
{
	close(fd);
	if (tmp[0])
		(void)unlinkat(s->dir, tmp, 0);
}

/* 1: the file has these bytes, 0: other bytes, -1: error. */
static int
right_bytes(struct df_store *s, const struct df_digest *d, uint64_t *size,
    struct df_err *e)
{
	struct df_digest got;
	struct df_sha256 h;
	uint64_t total = 0;
	char buf[65536];
	ssize_t n;
	int fd;

	fd = df_store_fd(s, d, e);
	if (fd < 0)
		return -1;
	df_sha256_init(&h);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		df_sha256_add(&h, buf, (size_t)n);
		total += (uint64_t)n;
	}
	if (n < 0)
		df_fail_errno(e, DF_EXTERNAL, "store.read",
		    "cannot read a blob");
	close(fd);
	if (n < 0)
		return -1;
	df_sha256_end(&h, &got);
	if (size)
		*size = total;
	return df_digest_eq(&got, d);
}

/* linkat(2) of an open file; older kernels want a privilege for the short
   way, and say ENOENT. */
static int
link_fd(struct df_store *s, int fd, const char *name)
{
	char proc[40];

	if (!__atomic_load_n(&s->byproc, __ATOMIC_RELAXED)) {
		if (linkat(fd, "", s->dir, name, AT_EMPTY_PATH) == 0)
			return 0;
		if (errno != ENOENT && errno != EPERM)
			return -1;
		__atomic_store_n(&s->byproc, 1, __ATOMIC_RELAXED);
	}
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, s->dir, name, AT_SYMLINK_FOLLOW);
}

/* Give the written file its name, or find that the name is there already. */
static int
finish(struct df_store *s, int fd, const char *tmp, const struct df_digest *d,
    struct df_err *e)
{
	char name[65], fresh[TEMP];
	int r;

	blob_name(d, name);
	if (s->closed && df_sync_data(fd, name, e) < 0)
		return -1;
	if ((tmp[0] ? linkat(s->dir, tmp, s->dir, name, 0) :
	    link_fd(s, fd, name)) == 0) {
		__atomic_add_fetch(&s->fresh, 1, __ATOMIC_RELAXED);
		return 0;
	}
	if (errno != EEXIST)
		return df_fail_errno(e, DF_EXTERNAL, "store.write",
		    "cannot name blob %s", name);
	__atomic_store_n(&s->fresh, 0, __ATOMIC_RELAXED);
	r = is_known(s, d) ? 1 : right_bytes(s, d, NULL, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	/* A crash cut its first write short: put the right bytes there. */
	if (tmp[0] == '\0') {
		temp_name(fresh);
		(void)unlinkat(s->dir, fresh, 0);
		if (link_fd(s, fd, fresh) < 0)
			return df_fail_errno(e, DF_EXTERNAL, "store.write",
			    "cannot replace blob %s", name);
		tmp = fresh;
	}
	if (renameat(s->dir, tmp, s->dir, name) == 0)
		return 0;
	df_fail_errno(e, DF_EXTERNAL, "store.write", "cannot replace blob %s",
	    name);
	(void)unlinkat(s->dir, tmp, 0);
	return -1;
}

/*
 * Among blobs that are all new, linkat(2) is left to say that one is there:
 * a look before it would cost more than the rare file written in vain.
 */
int
df_store_write(struct df_store *s, const void *p, size_t n,
    struct df_digest *d, struct df_err *e)
{
	char tmp[TEMP], what[BLOB_WHAT];
	int fd, r;

	df_sha256(p, n, d);
	if (is_known(s, d))
		return 0;
	if (__atomic_load_n(&s->fresh, __ATOMIC_RELAXED) < FRESH &&
	    df_store_has(s, d)) {
		__atomic_store_n(&s->fresh, 0, __ATOMIC_RELAXED);
		r = right_bytes(s, d, NULL, e);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
	fd = open_temp(s, tmp, blob_what(d, what), e);
	if (fd < 0)
		return -1;
	r = df_write_fd(fd, p, n, what, e);
	if (r == 0)
		r = finish(s, fd, tmp, d, e);
	drop_temp(s, fd, tmp);
	return r;
}

int
df_store_put(struct df_store *s, const void *p, size_t n, struct df_digest *d,
    struct df_err *e)
{
	if (df_store_write(s, p, n, d, e) < 0)
		return -1;
	df_store_keep(s, d);
	return 0;
}

/*
 * Copying a large file: this thread reads and writes, a second one hashes
 * the same buffers.
 */
struct ring {
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	char *buf[RING];
	size_t len[RING];
	unsigned put, got;	/* buffers ever filled, ever hashed */
	int end;
	struct df_sha256 h;
};

static void *
hasher(void *arg)
{
	struct ring *g = arg;
	unsigned k;

	pthread_mutex_lock(&g->lock);
	for (;;) {
		while (g->got == g->put && !g->end)
			pthread_cond_wait(&g->more, &g->lock);
		if (g->got == g->put)
			break;
		k = g->got % RING;
		pthread_mutex_unlock(&g->lock);
		df_sha256_add(&g->h, g->buf[k], g->len[k]);
		pthread_mutex_lock(&g->lock);
		g->got++;
		pthread_cond_signal(&g->less);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

static ssize_t
read_full(int fd, char *p, size_t n)
{
	size_t got = 0;
	ssize_t k;

	while (got < n) {
		k = read(fd, p + got, n - got);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

static int
copy_threaded(int in, int out, const char *first, size_t nfirst, uint64_t max,
    const char *what, const char *blob, struct df_digest *d, uint64_t *size,
    struct df_err *e)
{
	struct ring g = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .more = PTHREAD_COND_INITIALIZER,
	    .less = PTHREAD_COND_INITIALIZER };
	pthread_t t;
	uint64_t total = 0;
	unsigned k;
	ssize_t n;
	int r = 0, hashing;

	df_sha256_init(&g.h);
	for (k = 0; k < RING; k++)
		g.buf[k] = df_malloc(CHUNK);
	hashing = pthread_create(&t, NULL, hasher, &g) == 0;
	if (!hashing)
		r = df_fail(e, DF_EXTERNAL, "thread", "cannot make a thread");
	while (r == 0) {
		pthread_mutex_lock(&g.lock);
		while (g.put - g.got == RING)
			pthread_cond_wait(&g.less, &g.lock);
		k = g.put % RING;
		pthread_mutex_unlock(&g.lock);
		if (nfirst) {
			memcpy(g.buf[k], first, nfirst);
			n = (ssize_t)nfirst;
			nfirst = 0;
		} else {
			n = read_full(in, g.buf[k], CHUNK);
		}
		if (n < 0)
			r = df_fail_errno(e, DF_EXTERNAL, "file.read",
			    "cannot read %s", what);
		else if ((total += (uint64_t)n) > max)
			r = df_fail(e, DF_INPUT, "file.size",
			    "%s is larger than %llu bytes", what,
			    (unsigned long long)max);
		if (r < 0 || n == 0)
			break;
		pthread_mutex_lock(&g.lock);
		g.len[k] = (size_t)n;
		g.put++;
		pthread_cond_signal(&g.more);
		pthread_mutex_unlock(&g.lock);
		/* The buffer stays as it is until put has gone round. */
		r = df_write_fd(out, g.buf[k], (size_t)n, blob, e);
		/* The disk begins now, not at the barrier. */
		(void)sync_file_range(out, (off_t)total - n, n,
		    SYNC_FILE_RANGE_WRITE);
	}
	pthread_mutex_lock(&g.lock);
	g.end = 1;
	pthread_cond_signal(&g.more);
	pthread_mutex_unlock(&g.lock);
	if (hashing)
		pthread_join(t, NULL);
	for (k = 0; k < RING; k++)
		free(g.buf[k]);
	df_sha256_end(&g.h, d);
	*size = total;
	return r;
}

int
df_store_write_fd(struct df_store *s, int in, uint64_t max, const char *what,
    struct df_digest *d, uint64_t *size, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, blob = DF_BUF_INIT;
	char tmp[TEMP];
	ssize_t n;
	int fd, r;

	n = read_full(in, df_buf_room(&b, CHUNK / 4), CHUNK / 4);
	if (n < 0) {
		df_buf_release(&b);
		return df_fail_errno(e, DF_EXTERNAL, "file.read",
		    "cannot read %s", what);
	}
	b.n = (size_t)n;
	if (b.n < CHUNK / 4) {
		*size = b.n;
		if (b.n > max)
			r = df_fail(e, DF_INPUT, "file.size",
			    "%s is larger than %llu bytes", what,
			    (unsigned long long)max);
		else
			r = df_store_write(s, b.s, b.n, d, e);
		df_buf_release(&b);
		return r;
	}
	df_buf_fmt(&blob, "the blob of %s", what);
	fd = open_temp(s, tmp, blob.s, e);
	r = fd < 0 ? -1 : copy_threaded(in, fd, b.s, b.n, max, what, blob.s,
	    d, size, e);
	df_buf_release(&b);
	df_buf_release(&blob);
	if (r == 0)
		r = finish(s, fd, tmp, d, e);
	if (fd >= 0)
		drop_temp(s, fd, tmp);
	return r;
}

int
df_store_put_fd(struct df_store *s, int in, uint64_t max, const char *what,
    struct df_digest *d, uint64_t *size, struct df_err *e)
{
	if (df_store_write_fd(s, in, max, what, d, size, e) < 0)
		return -1;
	df_store_keep(s, d);
	return 0;
}

/* ---- durability ---- */

int
df_store_need(struct df_store *s, const struct df_digest *d, struct df_err *e)
{
	if (is_known(s, d))
		return 0;
	if (df_store_check(s, d, NULL, e) < 0)
		return -1;
	df_store_keep(s, d);
	return 0;
}

/* All are on their way to the disk before the first is waited for. */
static int
sync_each(struct df_store *s, struct df_err *e)
{
	char what[BLOB_WHAT];
	int fd[SYNC_EACH], r = 0;
	size_t i, n;

	for (n = 0; n < s->ntodo; n++) {
		fd[n] = df_store_fd(s, &s->todo[n], e);
		if (fd[n] < 0)
			break;
		if (s->ntodo > 1)
			(void)sync_file_range(fd[n], 0, 0,
			    SYNC_FILE_RANGE_WRITE);
	}
	if (n < s->ntodo)
		r = -1;
	for (i = 0; i < n; i++) {
		if (r == 0)
			r = df_sync_data(fd[i], blob_what(&s->todo[i], what),
			    e);
		close(fd[i]);
	}
	return r < 0 ? -1 : df_sync_dir(s->dir, "blobs/sha256", e);
}

int
df_store_barrier(struct df_store *s, struct df_err *e)
{
	int r;

	if (s->failed)
		return df_fail(e, DF_EXTERNAL, "store.barrier",
		    "an earlier sync of the store failed");
	if (s->ntodo == 0)
		return 0;
	r = s->ntodo > SYNC_EACH ? df_sync_fs(s->dir, "blobs/sha256", e) :
	    sync_each(s, e);
	if (r < 0) {
		s->failed = 1;
		return -1;
	}
	s->ntodo = 0;
	return 0;
}

/* ---- reading ---- */

int
df_store_fd(struct df_store *s, const struct df_digest *d, struct df_err *e)
{
	char name[65];
	struct stat st;
	int fd;

	blob_name(d, name);
	fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && s->under)
		fd = openat(s->under->dir, name, O_RDONLY | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return df_fail_errno(e, errno == ENOENT || errno == ELOOP ?
		    DF_INTEGRITY : DF_EXTERNAL, errno == ENOENT ?
		    "store.missing" : "store.open", "blob %s", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return df_fail(e, DF_INTEGRITY, "store.type",
		    "blob %s is not a regular file", name);
	}
	return fd;
}

int
df_store_has(struct df_store *s, const struct df_digest *d)
{
	char name[65];

	blob_name(d, name);
	return faccessat(s->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    (s->under && faccessat(s->under->dir, name, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0);
}

int
df_store_get(struct df_store *s, const struct df_digest *d, size_t max,
    struct df_buf *b, struct df_err *e)
{
	size_t from = b->n;
	struct df_digest got;
	char name[65], what[80];
	int fd, r;

	fd = df_store_fd(s, d, e);
	if (fd < 0)
		return -1;
	blob_name(d, name);
	snprintf(what, sizeof(what), "blob %s", name);
	r = df_read_fd(fd, b, max, what, e);
	close(fd);
	if (r == 0) {
		df_sha256(b->s + from, b->n - from, &got);
		if (!df_digest_eq(&got, d))
			r = df_fail(e, DF_INTEGRITY, "store.digest",
			    "%s does not hold the bytes of its name", what);
	}
	if (r < 0)
		df_buf_cut(b, from);
	return r;
}

int
df_store_check(struct df_store *s, const struct df_digest *d, uint64_t *size,
    struct df_err *e)
{
	char name[65];
	int r = right_bytes(s, d, size, e);

	if (r == 0) {
		blob_name(d, name);
		return df_fail(e, DF_INTEGRITY, "store.digest",
		    "blob %s does not hold the bytes of its name", name);
	}
	return r < 0 ? -1 : 0;
}

int
df_store_remove(struct df_store *s, const struct df_digest *d,
    struct df_err *e)
{
	char name[65];

	blob_name(d, name);
	if (unlinkat(s->dir, name, 0) < 0 && errno != ENOENT)
		return df_fail_errno(e, DF_EXTERNAL, "store.remove",
		    "cannot remove blob %s", name);
	return 0;
}

int
df_store_each(struct df_store *s, int (*fn)(void *arg, const char *name,
    const struct df_digest *d, int bad), void *arg, struct df_err *e)
{
	struct df_digest digest;
	struct dirent *d;
	DIR *dir;
	int fd, r = 0, bad;

	fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return df_fail_errno(e, DF_EXTERNAL, "store.read",
		    "cannot read blobs/sha256");
	}
	while (r == 0 && (errno = 0, d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		bad = df_digest_parse_hex(&digest, d->d_name,
		    strlen(d->d_name)) < 0;
		r = fn(arg, d->d_name, &digest, bad);
	}
	if (r == 0 && errno)
		r = df_fail_errno(e, DF_EXTERNAL, "store.read",
		    "cannot read blobs/sha256");
	closedir(dir);
	return r;
}
