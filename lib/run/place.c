#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/place.h"

#define PREFIX ".df-new-"

/* A living maker holds a lock on its directory. */
static void
sweep(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (strncmp(de->d_name, PREFIX, strlen(PREFIX)) == 0 &&
		    df_lock_free(parent, de->d_name) == 1)
			(void)!df_remove_tree(parent, de->d_name, NULL);
	closedir(d);
}

static void
clear(struct df_place *p)
{
	memset(p, 0, sizeof(*p));
	p->dir = p->parent = -1;
}

static int
make(struct df_place *p, const char *parent, struct df_err *e)
{
	uint8_t rnd[8];
	char hex[17];

	if (getrandom(rnd, sizeof(rnd), 0) != (ssize_t)sizeof(rnd))
		return df_fail_errno(e, DF_EXTERNAL, "place", "getrandom");
	df_hex_str(hex, rnd, sizeof(rnd));
	snprintf(p->tmp, sizeof(p->tmp), PREFIX "%s", hex);
	if (mkdirat(p->parent, p->tmp, 0755) < 0) {
		p->tmp[0] = '\0';
		return df_fail_errno(e, DF_EXTERNAL, "place",
		    "cannot make a directory in %s", parent);
	}
	p->dir = openat(p->parent, p->tmp, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	if (p->dir < 0 || fchmod(p->dir, 0755) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "place", "%s/%s", parent,
		    p->tmp);
	return df_lock(p->dir, 0, p->tmp, e);
}

int
df_place_make(struct df_place *p, const char *parent, struct df_err *e)
{
	char *path = df_strdup(parent), *slash = NULL;
	size_t there;
	int r;

	/* How much of the path is there already? */
	while (access(path, F_OK) < 0 && (slash = strrchr(path, '/')) != NULL)
		*slash = '\0';
	there = slash || access(path, F_OK) == 0 ? strlen(path) : 0;
	free(path);
	r = df_mkdirs(AT_FDCWD, parent, 1, 0755, e);
	if (r == 0)
		r = df_place_open(p, parent, e);
	else
		clear(p);
	p->made = there < strlen(parent) ? df_strdup(parent) : NULL;
	p->there = there;
	if (r < 0)
		df_place_close(p);
	return r;
}

int
df_place_open(struct df_place *p, const char *parent, struct df_err *e)
{
	int guard, r;

	clear(p);
	p->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->parent < 0)
		return df_fail_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    DF_INPUT : DF_EXTERNAL, "place", "%s", parent);
	/* Nobody may sweep between mkdir and the lock on what it made. */
	guard = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (guard < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "place", "%s", parent);
	else
		r = df_lock(guard, 1, parent, e);
	if (r == 0) {
		sweep(p->parent);
		r = make(p, parent, e);
	}
	if (guard >= 0)
		close(guard);
	if (r < 0)
		df_place_close(p);
	return r;
}

/* The entries of the directories that hold log and blobs. */
static int
sync_inside(const struct df_place *p, struct df_err *e)
{
	int fd, r = 0;

	fd = openat(p->dir, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		r = df_sync_dir(fd, "blobs", e);
		close(fd);
	}
	return r < 0 ? -1 : df_sync_dir(p->dir, p->tmp, e);
}

int
df_place_publish(struct df_place *p, const char *name, struct df_err *e)
{
	struct df_err why = { 0 };

	if (sync_inside(p, e) < 0)
		return -1;
	if (df_rename_new(p->parent, p->tmp, p->parent, name, &why) < 0) {
		/* It is there, but nobody knows whether it will stay. */
		if (strcmp(why.code, "file.sync") == 0)
			(void)!df_remove_tree(p->parent, name, NULL);
		if (e)
			*e = why;
		return -1;
	}
	p->tmp[0] = '\0';
	free(p->made);
	p->made = NULL;
	return 0;
}

/* Those directories of its path that were not there before. */
static void
unmake(struct df_place *p)
{
	char *slash;

	while (strlen(p->made) > p->there && rmdir(p->made) == 0 &&
	    (slash = strrchr(p->made, '/')) != NULL)
		*slash = '\0';
	free(p->made);
}

void
df_place_close(struct df_place *p)
{
	if (p->tmp[0] && p->parent >= 0)
		(void)!df_remove_tree(p->parent, p->tmp, NULL);
	if (p->dir >= 0)
		close(p->dir);
	if (p->parent >= 0)
		close(p->parent);
	if (p->made)
		unmake(p);
	clear(p);
}
