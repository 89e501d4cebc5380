/*
 * record.c - writes down what programs do to a file system; a library for
 * LD_PRELOAD.
 *
 *	DF_RECORD=FILE LD_PRELOAD=.../record.so ...
 *
 * Of programs whose name begins with "df-", calls that change files or make
 * them durable are appended to FILE, each when it has succeeded; powerloss.c
 * reads it.  A record is a line of words and, after W, so many bytes:
 *
 *	N INODE TYPE MODE		a new inode; TYPE f, d or l
 *	L DIR INODE NAME		it has a name there
 *	T INODE LENGTH TARGET		what a link says
 *	R DIR NAME DIR NAME		a name became another one
 *	U DIR NAME			a name is gone
 *	W INODE OFFSET LENGTH		bytes, which follow
 *	Z INODE LENGTH			a file was cut, or grew
 *	M INODE MODE			its mode
 *	F INODE				fsync, fdatasync
 *	S				syncfs
 *	E				a program has ended
 *
 * DIR is the directory's inode.  F and S are written before the call, for
 * what is written during it is not covered.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload.h"

static int file = -1;		/* what is recorded goes there */

__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("DF_RECORD"), *base;
	char exe[PATH_MAX];
	ssize_t k;
	long fd;

	k = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (path == NULL || k <= 0)
		return;
	exe[k] = '\0';
	base = strrchr(exe, '/');
	if (base == NULL || strncmp(base + 1, "df-", 3) != 0)
		return;
	fd = kernel(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);
	/* Out of the way of the programs, which know the low numbers. */
	file = fd < 0 ? -1 : fcntl((int)fd, F_DUPFD_CLOEXEC, 200);
	if (file < 0)
		_exit(126);
	(void)kernel(SYS_close, fd, 0, 0, 0);
}

/* A record is one write: those of other processes do not get into it. */
static void
put(const void *data, size_t n, const char *fmt, ...) DF_PRINTF(3, 4);

static void
put(const void *data, size_t n, const char *fmt, ...)
{
	char line[PATH_MAX + 200];
	struct iovec v[2];
	int was = errno, len;
	va_list ap;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	v[0].iov_base = line;
	v[0].iov_len = (size_t)len;
	v[1].iov_base = (void *)(uintptr_t)data;
	v[1].iov_len = n;
	if (kernel(SYS_writev, file, (long)v, n ? 2 : 1, 0) !=
	    (long)((size_t)len + n))
		_exit(126);
	errno = was;
}

static uint64_t
inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static int
is_regular(int fd)
{
	struct stat st;
	int was = errno, yes;

	yes = file >= 0 && fd > STDERR_FILENO && fd != file &&
	    fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	errno = was;
	return yes;
}

/* The directory that path below dir is in, and its name there. */
static uint64_t
parent(int dir, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char up[PATH_MAX];
	struct stat st;

	*name = slash ? slash + 1 : path;
	if (slash == NULL)
		snprintf(up, sizeof(up), ".");
	else
		snprintf(up, sizeof(up), "%.*s", (int)(slash == path ? 1 :
		    slash - path), path);
	return fstatat(dir, up, &st, 0) == 0 ? (uint64_t)st.st_ino : 0;
}

static int
look(int dir, const char *path, struct stat *st)
{
	int was = errno, r;

	r = file >= 0 && fstatat(dir, path, st, AT_SYMLINK_NOFOLLOW) == 0;
	errno = was;
	return r;
}

static void
linked(int dir, const char *path)
{
	const char *name;
	struct stat st;
	uint64_t d;

	if (!look(dir, path, &st))
		return;
	d = parent(dir, path, &name);
	put(NULL, 0, "L %llu %llu %s\n", (unsigned long long)d,
	    (unsigned long long)st.st_ino, name);
}

static void
new_inode(const struct stat *st)
{
	put(NULL, 0, "N %llu %c %o\n", (unsigned long long)st->st_ino,
	    S_ISDIR(st->st_mode) ? 'd' : S_ISLNK(st->st_mode) ? 'l' : 'f',
	    (unsigned)st->st_mode & 07777);
}

static void
created(int dir, const char *path)
{
	struct stat st;

	if (look(dir, path, &st)) {
		new_inode(&st);
		linked(dir, path);
	}
}

__attribute__((destructor)) static void
end(void)
{
	if (file >= 0)
		put(NULL, 0, "E\n");
}

/* ---- writing ---- */

static void
wrote(int fd, const void *p, ssize_t n, off_t off)
{
	if (n > 0)
		put(p, (size_t)n, "W %llu %lld %lld\n",
		    (unsigned long long)inode_of(fd), (long long)off,
		    (long long)n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	static __typeof__(&write) call;
	ssize_t k;

	if (call == NULL)
		call = REAL(write);
	k = call(fd, p, n);
	if (k > 0 && is_regular(fd))
		wrote(fd, p, k, lseek(fd, 0, SEEK_CUR) - k);
	return k;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t off)
{
	static __typeof__(&pwrite) call;
	ssize_t k;

	if (call == NULL)
		call = REAL(pwrite);
	k = call(fd, p, n, off);
	if (k > 0 && is_regular(fd))
		wrote(fd, p, k, off);
	return k;
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	static __typeof__(&writev) call;
	ssize_t k, left, one;
	off_t at;
	int i;

	if (call == NULL)
		call = REAL(writev);
	k = call(fd, v, n);
	if (k > 0 && is_regular(fd)) {
		at = lseek(fd, 0, SEEK_CUR) - k;
		for (left = k, i = 0; i < n && left > 0; i++, left -= one) {
			one = left < (ssize_t)v[i].iov_len ? left :
			    (ssize_t)v[i].iov_len;
			wrote(fd, v[i].iov_base, one, at);
			at += one;
		}
	}
	return k;
}

int
ftruncate(int fd, off_t n)
{
	static __typeof__(&ftruncate) call;
	int r;

	if (call == NULL)
		call = REAL(ftruncate);
	r = call(fd, n);
	if (r == 0 && is_regular(fd))
		put(NULL, 0, "Z %llu %lld\n", (unsigned long long)
		    inode_of(fd), (long long)n);
	return r;
}

/* ---- durable ---- */

#define SYNC(name, line) do {						\
	static __typeof__(&name) call;					\
									\
	if (call == NULL)						\
		call = REAL(name);					\
	if (file >= 0)							\
		line;							\
	return call(fd);						\
} while (0)

int
fsync(int fd)
{
	SYNC(fsync, put(NULL, 0, "F %llu\n", (unsigned long long)
	    inode_of(fd)));
}

int
fdatasync(int fd)
{
	SYNC(fdatasync, put(NULL, 0, "F %llu\n", (unsigned long long)
	    inode_of(fd)));
}

int
syncfs(int fd)
{
	SYNC(syncfs, put(NULL, 0, "S\n"));
}

/* ---- names ---- */

int
renameat2(int fromdir, const char *from, int todir, const char *to,
    unsigned flags)
{
	static __typeof__(&renameat2) call;
	const char *a, *b;
	uint64_t x, y;
	int r;

	if (call == NULL)
		call = REAL(renameat2);
	r = call(fromdir, from, todir, to, flags);
	if (r == 0 && file >= 0) {
		x = parent(fromdir, from, &a);
		y = parent(todir, to, &b);
		put(NULL, 0, "R %llu %s %llu %s\n", (unsigned long long)x, a,
		    (unsigned long long)y, b);
	}
	return r;
}

int
renameat(int fromdir, const char *from, int todir, const char *to)
{
	return renameat2(fromdir, from, todir, to, 0);
}

int
rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat(int fromdir, const char *from, int todir, const char *to, int flags)
{
	static __typeof__(&linkat) call;
	int r;

	if (call == NULL)
		call = REAL(linkat);
	r = call(fromdir, from, todir, to, flags);
	if (r == 0)
		linked(todir, to);
	return r;
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
symlinkat(const char *target, int dir, const char *path)
{
	static __typeof__(&symlinkat) call;
	struct stat st;
	int r;

	if (call == NULL)
		call = REAL(symlinkat);
	r = call(target, dir, path);
	if (r == 0 && look(dir, path, &st)) {
		new_inode(&st);
		put(NULL, 0, "T %llu %zu %s\n", (unsigned long long)st.st_ino,
		    strlen(target), target);
		linked(dir, path);
	}
	return r;
}

int
symlink(const char *target, const char *path)
{
	return symlinkat(target, AT_FDCWD, path);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	static __typeof__(&mkdirat) call;
	int r;

	if (call == NULL)
		call = REAL(mkdirat);
	r = call(dir, path, mode);
	if (r == 0)
		created(dir, path);
	return r;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
unlinkat(int dir, const char *path, int flags)
{
	static __typeof__(&unlinkat) call;
	const char *name;
	uint64_t d;
	int r;

	if (call == NULL)
		call = REAL(unlinkat);
	d = file >= 0 ? parent(dir, path, &name) : 0;
	r = call(dir, path, flags);
	if (r == 0 && file >= 0)
		put(NULL, 0, "U %llu %s\n", (unsigned long long)d, name);
	return r;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* ---- modes ---- */

int
fchmod(int fd, mode_t mode)
{
	static __typeof__(&fchmod) call;
	int r;

	if (call == NULL)
		call = REAL(fchmod);
	r = call(fd, mode);
	if (r == 0 && file >= 0)
		put(NULL, 0, "M %llu %o\n", (unsigned long long)inode_of(fd),
		    (unsigned)mode & 07777);
	return r;
}

int
fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	static __typeof__(&fchmodat) call;
	struct stat st;
	int r;

	if (call == NULL)
		call = REAL(fchmodat);
	r = call(dir, path, mode, flags);
	if (r == 0 && look(dir, path, &st))
		put(NULL, 0, "M %llu %o\n", (unsigned long long)st.st_ino,
		    (unsigned)mode & 07777);
	return r;
}

int
chmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, 0);
}

/* ---- creating ---- */

/* What an open made: was says whether the name was there before. */
static void
opened(int fd, int dir, const char *path, int flags, int was)
{
	struct stat st;
	int no = errno;

	if (fd < 0 || file < 0 || fstat(fd, &st) < 0)
		return;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		new_inode(&st);
	else if ((flags & O_CREAT) && !was)
		created(dir, path);
	else if (flags & O_TRUNC)
		put(NULL, 0, "Z %llu 0\n", (unsigned long long)st.st_ino);
	errno = no;
}

int
openat(int dir, const char *path, int flags, ...)
{
	static __typeof__(&openat) call;
	struct stat st;
	mode_t mode = 0;
	va_list ap;
	int fd, was;

	if (call == NULL)
		call = REAL(openat);
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	was = look(dir, path, &st);
	fd = call(dir, path, flags, mode);
	opened(fd, dir, path, flags, was);
	return fd;
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return openat(AT_FDCWD, path, flags, mode);
}

/* openat2(2) has no function of its own. */
long
syscall(long n, ...)
{
	static __typeof__(&syscall) call;
	const struct open_how *h;
	struct stat st;
	long a[6], r;
	va_list ap;
	size_t i;
	int was = 0;

	if (call == NULL)
		call = REAL(syscall);
	va_start(ap, n);
	for (i = 0; i < DF_LEN(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (n == SYS_openat2)
		was = look((int)a[0], (const char *)a[1], &st);
	r = call(n, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (n == SYS_openat2 && r >= 0) {
		h = (const struct open_how *)a[2];
		opened((int)r, (int)a[0], (const char *)a[1], (int)h->flags,
		    was);
	}
	return r;
}
