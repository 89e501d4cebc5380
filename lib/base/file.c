#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

int
df_read_fd(int fd, struct df_buf *b, size_t max, const char *what,
    struct df_err *e)
{
	size_t from = b->n, want;
	struct stat st;
	ssize_t n;
	char *p;

	want = 16384;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		want = (size_t)st.st_size < max ? (size_t)st.st_size + 1 : max;
	for (;;) {
		if (want > max - (b->n - from) + 1)
			want = max - (b->n - from) + 1;
		p = df_buf_room(b, want);
		n = read(fd, p, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return df_fail_errno(e, DF_EXTERNAL, "file.read",
			    "cannot read %s", what);
		if (n == 0)
			return 0;
		b->n += (size_t)n;
		b->s[b->n] = '\0';
		if (b->n - from > max)
			return df_fail(e, DF_INPUT, "file.size",
			    "%s is larger than %zu bytes", what, max);
		/* the end is seen in the room that is left, if there is any */
		want = b->cap - b->n > 1 ? b->cap - b->n - 1 : 65536;
	}
}

int
df_read_file(int at, const char *path, struct df_buf *b, size_t max,
    struct df_err *e)
{
	struct stat st;
	int fd, r;

	fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return df_fail_errno(e, errno == ENOENT || errno == ENOTDIR ||
		    errno == EACCES ? DF_INPUT : DF_EXTERNAL, "file.open",
		    "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return df_fail(e, DF_INPUT, "file.type",
		    "%s is not a regular file", path);
	}
	r = df_read_fd(fd, b, max, path, e);
	close(fd);
	return r;
}

int
df_write_fd(int fd, const void *p, size_t n, const char *what,
    struct df_err *e)
{
	const char *s = p;
	ssize_t k;

	while (n) {
		k = write(fd, s, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return df_fail_errno(e, DF_EXTERNAL, "file.write",
			    "cannot write %s", what);
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

int
df_open_beneath(int dir, const char *path, int flags, int nolinks)
{
	struct open_how how = { 0 };

	how.flags = (unsigned)(flags | O_CLOEXEC);
	how.mode = flags & O_CREAT ? 0600 : 0;
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
	if (nolinks)
		how.resolve |= RESOLVE_NO_SYMLINKS;
	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int
df_high_fd(int fd)
{
	int high;

	if (fd < 0 || fd >= 10)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

int
df_name_ok(const char *name, size_t n)
{
	size_t i;
	char c;

	if (n == 0 || n > 200)
		return 0;
	for (i = 0; i < n; i++) {
		c = name[i];
		if ((i == 0 || name[i - 1] == '/') && (c == '.' || c == '/'))
			return 0;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '/' || c == '.' ||
		    c == '_' || c == '+' || c == '-'))
			return 0;
	}
	return name[n - 1] != '/';
}

int
df_mkdirs(int dir, const char *path, int leaf, mode_t mode, struct df_err *e)
{
	char *p = df_strdup(path), *s = p;
	int r = 0;

	for (;;) {
		s = strchr(s + 1, '/');
		if (s == NULL && !leaf)
			break;
		if (s)
			*s = '\0';
		if (*p && mkdirat(dir, p, mode) < 0 && errno != EEXIST) {
			r = df_fail_errno(e, DF_EXTERNAL, "file.mkdir",
			    "cannot make directory %s", p);
			break;
		}
		if (s == NULL)
			break;
		*s = '/';
	}
	free(p);
	return r;
}

/* A name in the same directory that no other process or thread uses. */
static void
temp_name(struct df_buf *b, const char *name)
{
	static unsigned count;
	const char *slash = strrchr(name, '/');

	df_buf_reset(b);
	if (slash)
		df_buf_add(b, name, (size_t)(slash - name) + 1);
	df_buf_fmt(b, ".tmp-%ld-%u", (long)getpid(),
	    __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
}

int
df_replace_link(int dir, const char *name, const char *target,
    struct df_err *e)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW },
	    { 0, UTIME_NOW } };
	struct df_buf tmp = DF_BUF_INIT;
	char was[PATH_MAX];
	ssize_t n;
	int r = 0;

	n = readlinkat(dir, name, was, sizeof(was));
	if (n < 0 && errno == ENOENT && symlinkat(target, dir, name) == 0)
		return 0;
	if (n >= 0 && (size_t)n == strlen(target) && memcmp(was, target,
	    (size_t)n) == 0 && utimensat(dir, name, now, AT_SYMLINK_NOFOLLOW)
	    == 0)
		return 0;
	temp_name(&tmp, name);
	(void)unlinkat(dir, tmp.s, 0);	/* of a killed process with our pid */
	if (symlinkat(target, dir, tmp.s) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "file.link",
		    "cannot make link %s", name);
	else if (renameat(dir, tmp.s, dir, name) < 0) {
		r = df_fail_errno(e, DF_EXTERNAL, "file.link",
		    "cannot make link %s", name);
		(void)unlinkat(dir, tmp.s, 0);
	}
	df_buf_release(&tmp);
	return r;
}

/* The directory that holds name, below dir. */
static int
open_parent(int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *p;
	int fd;

	if (slash == NULL)
		return openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p = df_strndup(name, slash == name ? 1 : (size_t)(slash - name));
	fd = openat(dir, p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(p);
	return fd;
}

static int
put_file(int dir, const char *name, const void *p, size_t n, mode_t mode,
    int create, struct df_err *e)
{
	struct df_buf tmp = DF_BUF_INIT;
	int fd, parent, r;

	temp_name(&tmp, name);
	(void)unlinkat(dir, tmp.s, 0);
	fd = openat(dir, tmp.s, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, mode & 0700);
	if (fd < 0) {
		df_buf_release(&tmp);
		return df_fail_errno(e, DF_EXTERNAL, "file.create",
		    "cannot create %s", name);
	}
	r = df_write_fd(fd, p, n, name, e);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "file.mode",
		    "cannot set the mode of %s", name);
	if (r == 0)
		r = df_sync_data(fd, name, e);
	if (close(fd) < 0 && r == 0)
		r = df_fail_errno(e, DF_EXTERNAL, "file.write",
		    "cannot write %s", name);
	if (r == 0 && create)
		r = df_rename_new(dir, tmp.s, dir, name, e);
	else if (r == 0 && renameat(dir, tmp.s, dir, name) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "file.rename",
		    "cannot create %s", name);
	if (r < 0) {
		(void)unlinkat(dir, tmp.s, 0);
	} else if (!create) {
		parent = open_parent(dir, name);
		if (parent < 0)
			r = df_fail_errno(e, DF_EXTERNAL, "file.sync",
			    "cannot sync the directory of %s", name);
		else
			r = df_sync_dir(parent, name, e);
		if (parent >= 0)
			close(parent);
	}
	df_buf_release(&tmp);
	return r;
}

int
df_replace_file(int dir, const char *name, const void *p, size_t n,
    mode_t mode, struct df_err *e)
{
	return put_file(dir, name, p, n, mode, 0, e);
}

int
df_create_file(int dir, const char *name, const void *p, size_t n,
    mode_t mode, struct df_err *e)
{
	return put_file(dir, name, p, n, mode, 1, e);
}

int
df_rename_new(int fromdir, const char *from, int todir, const char *to,
    struct df_err *e)
{
	int fd, r;

	if (renameat2(fromdir, from, todir, to, RENAME_NOREPLACE) < 0)
		return df_fail_errno(e, errno == EEXIST ? DF_CONFLICT :
		    DF_EXTERNAL, "file.rename", "cannot create %s", to);
	fd = open_parent(todir, to);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "file.sync",
		    "cannot sync the directory of %s", to);
	r = df_sync_dir(fd, to, e);
	close(fd);
	return r;
}

int
df_sync_data(int fd, const char *what, struct df_err *e)
{
	if (fdatasync(fd) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "file.sync",
		    "cannot sync %s", what);
	return 0;
}

int
df_sync_dir(int fd, const char *what, struct df_err *e)
{
	if (fsync(fd) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "file.sync",
		    "cannot sync the directory of %s", what);
	return 0;
}

int
df_sync_fs(int fd, const char *what, struct df_err *e)
{
	if (syncfs(fd) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "file.sync",
		    "cannot sync the file system of %s", what);
	return 0;
}

int
df_lock(int fd, int wait, const char *what, struct df_err *e)
{
	static const struct timespec moment = { 0, 2000000 };
	int looks = 5;

	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EINTR)
			continue;
		/* Perhaps somebody only asked whether it is free. */
		if (errno == EWOULDBLOCK && looks-- > 0) {
			(void)nanosleep(&moment, NULL);
			continue;
		}
		if (errno == EWOULDBLOCK)
			return df_fail(e, DF_CONFLICT, "file.lock",
			    "%s is locked by another process", what);
		return df_fail_errno(e, DF_EXTERNAL, "file.lock",
		    "cannot lock %s", what);
	}
	return 0;
}

int
df_lock_free(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return 1;
	r = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return r;
}

int
df_private(int fd, const char *what, struct df_err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "file.stat",
		    "cannot stat %s", what);
	if (st.st_mode & 077) {
		df_fail(e, DF_AUTH, "key.mode",
		    "%s can be read by others (mode %04o)", what,
		    (unsigned)st.st_mode & 07777);
		return df_hint(e, "chmod 600 %s", what);
	}
	return 0;
}

/* ---- removal ---- */

static int
is_dot(const char *s)
{
	return s[0] == '.' && (s[1] == '\0' || (s[1] == '.' && s[2] == '\0'));
}

#define DEPTH 64		/* of directories that are open at a time */
#define ROUNDS 1000		/* against somebody who makes new entries */

static int
cannot_remove(const char *name, struct df_err *e)
{
	return df_fail_errno(e, DF_EXTERNAL, "file.remove",
	    "cannot remove %s", name);
}

/*
 * A directory of that file system, made accessible: -1 with errno, which stays
 * as it is when name is no directory.
 */
static int
open_to_remove(int dir, const char *name, dev_t dev)
{
	struct stat st;
	int fd, was = errno;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode) || st.st_dev != dev) {
		errno = S_ISDIR(st.st_mode) ? EXDEV : was;
		return -1;
	}
	if ((st.st_mode & 0700) != 0700)
		(void)!fchmodat(dir, name, 0700, 0);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	return fd;
}

/*
 * Remove what is in the open directory fd, which is closed.  A directory too
 * deep down is moved up into top, where it waits for the next round.
 */
static int
empty_dir(int top, int fd, unsigned depth, dev_t dev, struct df_err *e)
{
	static unsigned long seq;
	struct dirent *d;
	char up[40];
	DIR *dir;
	int sub, r = 0;

	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return cannot_remove("a directory", e);
	}
	while (r == 0 && (errno = 0, d = readdir(dir)) != NULL) {
		if (is_dot(d->d_name) || (d->d_type != DT_DIR &&
		    unlinkat(fd, d->d_name, 0) == 0) || errno == ENOENT)
			continue;
		if ((d->d_type == DT_DIR || errno == EISDIR) &&
		    unlinkat(fd, d->d_name, AT_REMOVEDIR) == 0)
			continue;
		sub = open_to_remove(fd, d->d_name, dev);
		if (sub < 0) {
			r = errno == ENOENT ? 0 : cannot_remove(d->d_name, e);
			continue;
		}
		if (depth < DEPTH) {
			r = empty_dir(top, sub, depth + 1, dev, e);
			if (r == 0 && unlinkat(fd, d->d_name, AT_REMOVEDIR) <
			    0 && errno != ENOTEMPTY && errno != EEXIST &&
			    errno != ENOENT)
				r = cannot_remove(d->d_name, e);
			continue;
		}
		close(sub);
		do
			snprintf(up, sizeof(up), ".df-rm-%lu",
			    __atomic_add_fetch(&seq, 1, __ATOMIC_RELAXED));
		while ((sub = renameat2(fd, d->d_name, top, up,
		    RENAME_NOREPLACE)) < 0 && errno == EEXIST);
		if (sub < 0)
			r = cannot_remove(d->d_name, e);
	}
	if (r == 0 && errno)
		r = cannot_remove("what is in a directory", e);
	closedir(dir);
	return r;
}

int
df_remove_tree(int at, const char *path, struct df_err *e)
{
	unsigned round;
	struct stat st;
	int fd, r = 0;

	if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : cannot_remove(path, e);
	if (!S_ISDIR(st.st_mode))
		return unlinkat(at, path, 0) == 0 || errno == ENOENT ? 0 :
		    cannot_remove(path, e);
	for (round = 0; r == 0 && round < ROUNDS; round++) {
		fd = open_to_remove(at, path, st.st_dev);
		if (fd < 0)
			return errno == ENOENT ? 0 : cannot_remove(path, e);
		r = empty_dir(fd, fcntl(fd, F_DUPFD_CLOEXEC, 3), 0, st.st_dev,
		    e);
		close(fd);
		if (r < 0 || unlinkat(at, path, AT_REMOVEDIR) == 0 ||
		    errno == ENOENT)
			return r;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return r < 0 ? -1 : cannot_remove(path, e);
}

/* ---- where we are ---- */

/* PREFIX of PREFIX/bin/df-x or PREFIX/libexec/darkfactory/df-x. */
static void
prefix(struct df_buf *b)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *s;

	if (n > 0) {
		exe[n] = '\0';
		s = strrchr(exe, '/');
		if (s) {
			*s = '\0';
			s = strstr(exe, "/libexec/darkfactory");
			if (s && s[20] == '\0')
				df_buf_add(b, exe, (size_t)(s - exe));
			else
				df_buf_fmt(b, "%s/..", exe);
			return;
		}
	}
	df_buf_str(b, "/usr/local");
}

void
df_share_path(struct df_buf *b, const char *name)
{
	const char *s = getenv("DF_SHARE");

	if (s && *s) {
		df_buf_fmt(b, "%s/%s", s, name);
	} else {
		prefix(b);
		df_buf_fmt(b, "/share/darkfactory/%s", name);
	}
}

void
df_libexec_path(struct df_buf *b, const char *name)
{
	prefix(b);
	df_buf_fmt(b, "/libexec/darkfactory/%s", name);
}

void
df_tool_path(struct df_buf *b, const char *name)
{
	prefix(b);
	df_buf_fmt(b, "/bin/%s", name);
}

int
df_is_temp(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, ".tmp-", 5) == 0;
}

char *
df_real_path(const char *path, struct df_err *e)
{
	char *p = realpath(path, NULL);

	if (p == NULL)
		(void)df_fail_errno(e, DF_INPUT, "file.path", "%s", path);
	return p;
}

int
df_path_within(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return 1;
	return strncmp(path, dir, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/');
}
