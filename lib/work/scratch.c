#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "work/sandbox.h"
#include "work/scratch.h"

char *
df_scratch(int *out, struct df_err *e)
{
	const char *base = getenv("DF_SCRATCH");
	struct df_buf b = DF_BUF_INIT;
	uid_t uid = df_sandbox_uid();
	struct stat st;
	int fd;

	df_buf_fmt(&b, "%s/df-%u", base && *base ? base : "/var/tmp",
	    (unsigned)uid);
	fd = mkdir(b.s, 0700) < 0 && errno != EEXIST ? -1 : open(b.s,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* New, or of one of us who died before it gave it away. */
	if (fd >= 0 && geteuid() == 0 && fstat(fd, &st) == 0 && st.st_uid ==
	    0 && !(st.st_mode & 077) && fchown(fd, uid, (gid_t)uid) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		(void)df_fail_errno(e, DF_EXTERNAL, "scratch", "%s", b.s);
		(void)df_hint(e, "DF_SCRATCH names another directory");
		df_buf_release(&b);
		return NULL;
	}
	if (fstat(fd, &st) < 0 || st.st_uid != uid || (st.st_mode & 077)) {
		(void)df_fail(e, DF_AUTH, "scratch",
		    "%s belongs to somebody else or is open to others", b.s);
		(void)df_hint(e, "remove it, or set DF_SCRATCH");
		close(fd);
		df_buf_release(&b);
		return NULL;
	}
	*out = fd;
	return df_buf_detach(&b);
}

/* Between mkdir and the lock on what it made nobody may sweep. */
static int
guard(int scratch, struct df_err *e)
{
	int fd = openat(scratch, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "scratch", "scratch");
	if (df_lock(fd, 1, "the scratch directory", e) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
make(int scratch, const char *name, int *out, struct df_err *e)
{
	uid_t uid = df_sandbox_uid();
	int fd;

	fd = mkdirat(scratch, name, 0700) < 0 ? -1 : df_high_fd(
	    openat(scratch, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC));
	if (fd < 0 || (geteuid() == 0 && fchown(fd, uid, (gid_t)uid) < 0)) {
		(void)df_fail_errno(e, DF_EXTERNAL, "scratch",
		    "cannot make scratch directory %s", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (df_lock(fd, 0, name, e) < 0) {
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

char *
df_scratch_new(int scratch, int *out, struct df_err *e)
{
	uint8_t rnd[8];
	char name[17];
	int lock, r;

	if (getrandom(rnd, sizeof(rnd), 0) != (ssize_t)sizeof(rnd)) {
		(void)df_fail_errno(e, DF_EXTERNAL, "scratch", "getrandom");
		return NULL;
	}
	df_hex_str(name, rnd, sizeof(rnd));
	lock = guard(scratch, e);
	if (lock < 0)
		return NULL;
	r = make(scratch, name, out, e);
	close(lock);
	return r < 0 ? NULL : df_strdup(name);
}

void
df_scratch_sweep(int scratch)
{
	struct dirent *d;
	int lock, fd;
	DIR *dir;

	lock = guard(scratch, NULL);
	if (lock < 0)
		return;
	fd = openat(scratch, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (d = readdir(dir)) != NULL)
		if (strlen(d->d_name) == 16 &&
		    strspn(d->d_name, "0123456789abcdef") == 16 &&
		    df_lock_free(scratch, d->d_name) == 1)
			(void)!df_remove_tree(scratch, d->d_name, NULL);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	close(lock);
}
