/*
 * fault.c - makes a call of a program of ours fail, or kills the program at
 * it; a library for LD_PRELOAD.
 *
 *	DF_FAULT=PROGRAM:N:HOW DF_FAULT_LOG=FILE LD_PRELOAD=.../fault.so ...
 *
 * In the program of that name, and in what it forks, calls are counted that
 * change a file system or make it durable: write, pwrite and writev of regular
 * files other than the standard streams; fsync, fdatasync, syncfs; rename*,
 * link*, symlink*, mkdir*, unlink*; open, openat and openat2 with O_CREAT or
 * O_TMPFILE.  Calls that have nothing to do are left alone: mkdir, link and
 * symlink of what is there, unlink of what is not.  At the N-th call:
 *
 *	enospc	a write is half done, then the disk is full: the call fails,
 *		and so does from then on every call that needs space
 *	eio	a write is half done and the next one to that file fails;
 *		any other call fails, once
 *	kill	the process is killed, SIGKILL, before it
 *	after	the same behind it
 *	torn	a write is half done and the process killed; else as `after'
 *	count	nothing happens; FILE gets a line for every call
 *
 * Otherwise FILE gets one line, "N CALL PATH", when it happens.  Programs of
 * other names (agents, git, bwrap) are left alone.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload.h"

enum how { NONE, ENOSPC_, EIO_, KILL, AFTER, TORN, COUNT };

/* What the process and its forks share. */
struct shared {
	unsigned calls;
	unsigned full;		/* the disk is, from now on */
};

static struct shared *shared;
static unsigned at;
static enum how how;
static int due = -1;		/* the next write to it fails */

static int
is_ours(const char *name, size_t n)
{
	char exe[PATH_MAX];
	ssize_t k = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *base;

	if (k <= 0)
		return 0;
	exe[k] = '\0';
	base = strrchr(exe, '/');
	base = base ? base + 1 : exe;
	return strlen(base) == n && memcmp(base, name, n) == 0;
}

__attribute__((constructor)) static void
start(void)
{
	static const char *const name[] = { "", "enospc", "eio", "kill",
	    "after", "torn", "count" };
	const char *s = getenv("DF_FAULT"), *colon;
	char *end;
	size_t i;

	colon = s ? strchr(s, ':') : NULL;
	if (colon == NULL || !is_ours(s, (size_t)(colon - s)))
		return;
	at = (unsigned)strtoul(colon + 1, &end, 10);
	for (i = 1; i < DF_LEN(name); i++)
		if (*end == ':' && strcmp(end + 1, name[i]) == 0)
			how = (enum how)i;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (how == NONE || shared == MAP_FAILED)
		_exit(126);
}

static void
note(unsigned n, const char *call, int fd, const char *path)
{
	const char *file = getenv("DF_FAULT_LOG");
	char line[PATH_MAX + 80], proc[40], dir[PATH_MAX] = "";
	ssize_t k;
	int len;
	long out;

	if (file == NULL)
		return;
	if (fd >= 0) {
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
		k = readlink(proc, dir, sizeof(dir) - 1);
		dir[k < 0 ? 0 : k] = '\0';
	}
	len = snprintf(line, sizeof(line), "%u %s %s%s%s\n", n, call, dir,
	    path && *dir ? "/" : "", path ? path : "");
	if (len < 0 || (size_t)len >= sizeof(line))
		len = (int)sizeof(line) - 1;
	out = kernel(SYS_openat, AT_FDCWD, (long)file, O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);
	if (out < 0)
		return;
	(void)kernel(SYS_write, out, (long)line, len, 0);
	(void)kernel(SYS_close, out, 0, 0, 0);
}

static void
die(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

enum verdict { GO, FAIL, HALF, LAST };

/*
 * A counted call: let it GO; FAIL it, errno is set; do HALF of it; or do it
 * and die, as it was the LAST.
 */
static enum verdict
counted(const char *call, int fd, const char *path, int space, int is_write)
{
	unsigned n;

	if (how == NONE)
		return GO;
	n = __atomic_add_fetch(&shared->calls, 1, __ATOMIC_RELAXED);
	if (how == COUNT || n == at)
		note(n, call, fd, path);
	if (how == COUNT)
		return GO;
	if (n != at) {
		if (is_write && fd == due) {
			due = -1;
			errno = how == EIO_ ? EIO : ENOSPC;
			return FAIL;
		}
		errno = ENOSPC;
		return space && shared->full ? FAIL : GO;
	}
	switch (how) {
	case KILL:
		die();
		break;
	case TORN:
		return is_write ? HALF : LAST;
	case AFTER:
		return LAST;
	case ENOSPC_:
		shared->full = 1;
		errno = ENOSPC;
		return is_write ? HALF : FAIL;
	default:
		errno = EIO;
		if (is_write)
			due = fd;
		return is_write ? HALF : FAIL;
	}
	return GO;
}

/* ---- writing ---- */

static int
is_regular(int fd)
{
	struct stat st;

	return how != NONE && fd > STDERR_FILENO && fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	static __typeof__(&write) call;
	enum verdict v;
	ssize_t k;

	if (call == NULL)
		call = REAL(write);
	v = is_regular(fd) ? counted("write", fd, NULL, 1, 1) : GO;
	if (v == FAIL || (v == HALF && n < 2 && how != TORN)) {
		due = -1;
		return -1;
	}
	k = call(fd, p, v == HALF ? n / 2 : n);
	if (v == LAST || (v == HALF && how == TORN))
		die();
	return k;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t off)
{
	static __typeof__(&pwrite) call;
	enum verdict v;
	ssize_t k;

	if (call == NULL)
		call = REAL(pwrite);
	v = is_regular(fd) ? counted("pwrite", fd, NULL, 1, 1) : GO;
	if (v == FAIL || (v == HALF && n < 2 && how != TORN)) {
		due = -1;
		return -1;
	}
	k = call(fd, p, v == HALF ? n / 2 : n, off);
	if (v == LAST || (v == HALF && how == TORN))
		die();
	return k;
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	static __typeof__(&writev) call;
	enum verdict w;
	ssize_t k;

	if (call == NULL)
		call = REAL(writev);
	w = is_regular(fd) ? counted("writev", fd, NULL, 1, 1) : GO;
	if (w == FAIL || (w == HALF && n < 2 && how != TORN)) {
		due = -1;
		return -1;
	}
	k = call(fd, v, w == HALF ? n / 2 : n);
	if (w == LAST || (w == HALF && how == TORN))
		die();
	return k;
}

/* ---- the others ---- */

static int
is_there(int dir, const char *path)
{
	struct stat st;
	int was = errno, r;

	r = how != NONE && fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	errno = was;
	return r;
}

/* The body of name(), which works on path below fd when it does anything. */
#define CALL(name, does, fd, path, space, ...) do {			\
	static __typeof__(&name) call;					\
	enum verdict v = GO;						\
	int r;								\
									\
	if (call == NULL)						\
		call = REAL(name);					\
	if (does)							\
		v = counted(#name, fd, path, space, 0);			\
	if (v == FAIL)							\
		return -1;						\
	r = call(__VA_ARGS__);						\
	if (v == LAST)							\
		die();							\
	return r;							\
} while (0)

int
fsync(int fd)
{
	CALL(fsync, 1, fd, NULL, 0, fd);
}

int
fdatasync(int fd)
{
	CALL(fdatasync, 1, fd, NULL, 0, fd);
}

int
syncfs(int fd)
{
	CALL(syncfs, 1, fd, NULL, 0, fd);
}

int
rename(const char *from, const char *to)
{
	CALL(rename, 1, -1, to, 1, from, to);
}

int
renameat(int fromdir, const char *from, int todir, const char *to)
{
	CALL(renameat, 1, todir, to, 1, fromdir, from, todir, to);
}

int
renameat2(int fromdir, const char *from, int todir, const char *to,
    unsigned flags)
{
	CALL(renameat2, 1, todir, to, 1, fromdir, from, todir, to, flags);
}

int
link(const char *from, const char *to)
{
	CALL(link, !is_there(AT_FDCWD, to), -1, to, 1, from, to);
}

int
linkat(int fromdir, const char *from, int todir, const char *to, int flags)
{
	CALL(linkat, !is_there(todir, to), todir, to, 1, fromdir, from, todir,
	    to, flags);
}

int
symlink(const char *target, const char *path)
{
	CALL(symlink, !is_there(AT_FDCWD, path), -1, path, 1, target, path);
}

int
symlinkat(const char *target, int dir, const char *path)
{
	CALL(symlinkat, !is_there(dir, path), dir, path, 1, target, dir, path);
}

int
mkdir(const char *path, mode_t mode)
{
	CALL(mkdir, !is_there(AT_FDCWD, path), -1, path, 1, path, mode);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	CALL(mkdirat, !is_there(dir, path), dir, path, 1, dir, path, mode);
}

int
unlink(const char *path)
{
	CALL(unlink, is_there(AT_FDCWD, path), -1, path, 0, path);
}

int
unlinkat(int dir, const char *path, int flags)
{
	CALL(unlinkat, is_there(dir, path), dir, path, 0, dir, path, flags);
}

/* ---- creating ---- */

static int
creates(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

int
openat(int dir, const char *path, int flags, ...)
{
	static __typeof__(&openat) call;
	enum verdict v = GO;
	mode_t mode = 0;
	va_list ap;
	int r;

	if (call == NULL)
		call = REAL(openat);
	if (creates(flags)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		v = counted("openat", dir, path, 1, 0);
	}
	if (v == FAIL)
		return -1;
	r = call(dir, path, flags, mode);
	if (v == LAST)
		die();
	return r;
}

int
open(const char *path, int flags, ...)
{
	static __typeof__(&open) call;
	enum verdict v = GO;
	mode_t mode = 0;
	va_list ap;
	int r;

	if (call == NULL)
		call = REAL(open);
	if (creates(flags)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		v = counted("open", -1, path, 1, 0);
	}
	if (v == FAIL)
		return -1;
	r = call(path, flags, mode);
	if (v == LAST)
		die();
	return r;
}

/* openat2(2) has no function of its own. */
long
syscall(long n, ...)
{
	static __typeof__(&syscall) call;
	enum verdict v = GO;
	const struct open_how *h;
	long a[6], r;
	va_list ap;
	size_t i;

	if (call == NULL)
		call = REAL(syscall);
	va_start(ap, n);
	for (i = 0; i < DF_LEN(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (n == SYS_openat2) {
		h = (const struct open_how *)a[2];
		if (creates((int)h->flags))
			v = counted("openat2", (int)a[0],
			    (const char *)a[1], 1, 0);
	}
	if (v == FAIL)
		return -1;
	r = call(n, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (v == LAST)
		die();
	return r;
}
