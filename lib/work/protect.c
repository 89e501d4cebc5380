#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/text.h"
#include "evidence/trust.h"
#include "work/protect.h"

/*
 * Which mount holds the path, and what is it called there?  proc(5):
 * "ID PARENT MAJ:MIN ROOT POINT ...".  Not the longest POINT: one can be
 * hidden below another.
 */
static void
locate(struct df_protected *q)
{
	struct df_buf b = DF_BUF_INIT, root = DF_BUF_INIT;
	char *line, *save = NULL, *p, *f[5];
	struct statx st;
	size_t i;
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!df_read_fd(fd, &b, (size_t)64 << 20, "mountinfo", NULL);
		close(fd);
	}
	if (statx(AT_FDCWD, q->path, 0, STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID))
		df_buf_reset(&b);
	for (line = strtok_r(b.s, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		for (i = 0, p = line; i < DF_LEN(f) && (f[i] = strsep(&p,
		    " ")) != NULL; i++)
			;
		if (i < DF_LEN(f) || strtoull(f[0], NULL, 10) !=
		    st.stx_mnt_id)
			continue;
		df_text_unoctal(f[3]);
		df_text_unoctal(f[4]);
		if (!df_path_within(q->path, f[4]))
			break;
		snprintf(q->mount, sizeof(q->mount), "%s", f[2]);
		df_buf_fmt(&root, "%s%s", strcmp(f[3], "/") == 0 ? "" : f[3],
		    strcmp(f[4], "/") == 0 ? q->path : q->path +
		    strlen(f[4]));
		break;
	}
	q->fs = df_strdup(root.n ? root.s : "/");
	df_buf_release(&b);
	df_buf_release(&root);
}

void
df_protect_add(struct df_protect *p, const char *path, const char *why)
{
	char *real = path ? realpath(path, NULL) : NULL;
	struct stat st;
	size_t i;

	if (real == NULL)
		return;
	if (stat(real, &st) < 0) {
		free(real);
		return;
	}
	for (i = 0; i < p->n; i++)
		if (strcmp(p->v[i].path, real) == 0) {
			free(real);
			return;
		}
	DF_GROW(p->v, p->n, p->cap);
	p->v[p->n].path = real;
	p->v[p->n].why = df_strdup(why);
	p->v[p->n].dev = st.st_dev;
	p->v[p->n].ino = st.st_ino;
	p->v[p->n].mount[0] = '\0';
	locate(&p->v[p->n++]);
}

void
df_protect_git(struct df_protect *p, const char *path, const char *why)
{
	char *dir = path ? realpath(path, NULL) : NULL, *slash;
	struct df_buf git = DF_BUF_INIT;

	while (dir) {
		df_buf_reset(&git);
		df_buf_fmt(&git, "%s/.git", dir);
		if (access(git.s, F_OK) == 0) {
			df_protect_add(p, git.s, why);
			break;
		}
		slash = strrchr(dir, '/');
		if (slash == NULL || *dir == '\0')
			break;
		*slash = '\0';
	}
	free(dir);
	df_buf_release(&git);
}

void
df_protect_keys(struct df_protect *p)
{
	struct df_buf path = DF_BUF_INIT;

	df_keys_path(&path, ".");
	df_protect_add(p, path.s, "keys");
	df_protect_add(p, df_args.key, "key");
	df_protect_add(p, df_args.identity, "identity");
	df_protect_add(p, getenv("SSH_AUTH_SOCK"), "ssh-agent");
	df_buf_release(&path);
}

void
df_protect_release(struct df_protect *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->v[i].path);
		free(p->v[i].why);
		free(p->v[i].fs);
	}
	free(p->v);
	memset(p, 0, sizeof(*p));
}

jv
df_protect_json(const struct df_protect *p)
{
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < p->n; i++) {
		char dev[40];

		snprintf(dev, sizeof(dev), "%u:%u", major(p->v[i].dev),
		    minor(p->v[i].dev));
		o = df_jset_str(jv_object(), "dev", dev);
		o = df_jset_str(o, "fs", p->v[i].fs);
		o = df_jset_int(o, "ino", (int64_t)p->v[i].ino);
		o = df_jset_str(o, "mount", p->v[i].mount);
		o = df_jset_str(o, "path", p->v[i].path);
		list = jv_array_append(list, df_jset_str(o, "why",
		    p->v[i].why));
	}
	return list;
}

int
df_protect_load(struct df_protect *p, jv list, struct df_err *e)
{
	const char *path, *why, *dev, *fs, *mount;
	unsigned maj, min;
	int i, n = jv_array_length(jv_copy(list));
	jv o;

	for (i = 0; i < n; i++) {
		o = jv_array_get(jv_copy(list), i);
		path = df_jv_str(o, "path");
		why = df_jv_str(o, "why");
		dev = df_jv_str(o, "dev");
		fs = df_jv_str(o, "fs");
		mount = df_jv_str(o, "mount");
		if (!path || !why || !dev || !fs || !mount ||
		    sscanf(dev, "%u:%u", &maj, &min) != 2) {
			jv_free(o);
			return df_fail(e, DF_INPUT, "protect",
			    "the list of protected paths is malformed");
		}
		DF_GROW(p->v, p->n, p->cap);
		p->v[p->n].path = df_strdup(path);
		p->v[p->n].why = df_strdup(why);
		p->v[p->n].dev = makedev(maj, min);
		p->v[p->n].fs = df_strdup(fs);
		snprintf(p->v[p->n].mount, sizeof(p->v[p->n].mount), "%s",
		    mount);
		p->v[p->n++].ino = (ino_t)df_jv_int(o, "ino", 0);
		jv_free(o);
	}
	return 0;
}

/* Does path, or a directory above it, have the identity of q? */
static int
same_file_above(const char *path, const struct df_protected *q)
{
	char *p = df_strdup(path), *slash;
	struct stat st;
	int found = 0;

	for (;;) {
		if (stat(*p ? p : "/", &st) == 0 && st.st_dev == q->dev &&
		    st.st_ino == q->ino)
			found = 1;
		slash = strrchr(p, '/');
		if (found || slash == NULL || *p == '\0')
			break;
		*slash = '\0';
	}
	free(p);
	return found;
}

/* Does a protected path, or a directory above it, have path's identity? */
static int
contains(const char *path, const struct df_protected *q)
{
	struct df_protected self;
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	self.dev = st.st_dev;
	self.ino = st.st_ino;
	return same_file_above(q->path, &self);
}

int
df_protect_check(const struct df_protect *p, const char *path,
    struct df_err *e)
{
	char *real = realpath(path, NULL);
	size_t i;
	int r = 0;

	if (real == NULL)
		return df_fail_errno(e, DF_INPUT, "protect", "%s", path);
	for (i = 0; i < p->n && r == 0; i++) {
		if (df_path_within(real, p->v[i].path) ||
		    df_path_within(p->v[i].path, real) ||
		    same_file_above(real, &p->v[i]) ||
		    contains(real, &p->v[i]))
			r = df_fail(e, DF_REFUSED, "protect",
			    "%s would show %s (%s) to the agent", real,
			    p->v[i].path, p->v[i].why);
	}
	free(real);
	return r;
}

char *
df_protect_mounts(const struct df_protect *p, jv mounts)
{
	int i, n = jv_array_length(jv_copy(mounts));
	const char *root, *dev;
	char *found = NULL;
	size_t k;
	jv m;

	for (i = 0; i < n && found == NULL; i++) {
		m = jv_array_get(jv_copy(mounts), i);
		root = df_jv_str(m, "root");
		dev = df_jv_str(m, "dev");
		for (k = 0; root && dev && k < p->n && !found; k++)
			if (strcmp(p->v[k].mount, dev) == 0 &&
			    (df_path_within(p->v[k].fs, root) ||
			    df_path_within(root, p->v[k].fs)))
				found = df_strdup(p->v[k].path);
		jv_free(m);
	}
	return found;
}
