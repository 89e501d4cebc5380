#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/list.h"
#include "spec/speckit-internal.h"

/* Finding a feature's directory, and reading what is in it. */

struct load {
	struct df_speckit_file *file;
	struct df_buf *own;
	size_t n, cap, owncap;
};

static void
load_free(struct load *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free((char *)(uintptr_t)l->file[i].name);
		free((char *)(uintptr_t)l->file[i].path);
	}
	free(l->file);
}

static char *
join(const char *dir, const char *name)
{
	struct df_buf b = DF_BUF_INIT;
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	df_buf_add(&b, dir, n);
	if (n && dir[n - 1] != '/')
		df_buf_ch(&b, '/');
	df_buf_str(&b, name);
	return df_buf_detach(&b);
}

/* One file below the directory; a link may not leave it. */
static int
load_file(struct load *l, int dir, const char *name, const char *shown,
    int constitution, struct df_err *e)
{
	struct stat st;
	int fd = df_open_beneath(dir, name, O_RDONLY | O_NONBLOCK, 0), rc;

	if (fd == -1 && errno == EXDEV)
		return df_fail(e, DF_INPUT, "speckit.link",
		    "%s is a link that leads out of the directory", shown);
	if (fd == -1)
		return df_fail_errno(e, DF_INPUT, "speckit.directory",
		    "cannot read %s", shown);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return df_fail(e, DF_INPUT, "speckit.directory",
		    "%s is no regular file", shown);
	}
	if (l->n == DF_SK_FILES_MAX) {
		close(fd);
		return df_fail(e, DF_INPUT, "speckit.size",
		    "%s: more than %d files", shown, DF_SK_FILES_MAX);
	}
	DF_GROW(l->file, l->n, l->cap);
	DF_GROW(l->own, l->n, l->owncap);
	df_buf_init(&l->own[l->n]);
	l->file[l->n] = (struct df_speckit_file){ df_strdup(name),
	    df_strdup(shown), NULL, 0, constitution };
	rc = df_read_fd(fd, &l->own[l->n], DF_SK_FILE_MAX, shown, e);
	close(fd);
	l->n++;
	return rc;
}

static int
entry(struct load *l, int top, const char *at, const struct dirent *de,
    struct df_list *dirs, const char *shown, struct df_err *e)
{
	char *name = *at ? join(at, de->d_name) : df_strdup(de->d_name), *path;
	struct stat st;
	int rc = 0;

	path = join(shown, name);
	if (fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		rc = df_fail_errno(e, DF_EXTERNAL, "speckit.directory",
		    "cannot read %s", path);
	else if (S_ISDIR(st.st_mode)) {
		df_list_add(dirs, name);
		name = NULL;
	} else
		rc = load_file(l, top, name, path, 0, e);
	free(name);
	free(path);
	return rc;
}

/* All files below the directory: dirs is the queue of what to look at. */
static int
load_tree(struct load *l, int top, const char *shown, struct df_err *e)
{
	struct df_list dirs = { 0 };
	struct dirent *de;
	const char *s;
	size_t i, depth;
	DIR *d;
	int fd, rc = 0;

	df_list_add(&dirs, df_strdup(""));
	for (i = 0; i < dirs.n && rc == 0; i++) {
		for (depth = 0, s = dirs.v[i]; *s; s++)
			depth += *s == '/';
		if (depth >= DF_SK_DEPTH_MAX || dirs.n > DF_SK_FILES_MAX) {
			rc = df_fail(e, DF_INPUT, "speckit.size",
			    "%s: too many directories in %s", shown,
			    dirs.v[i]);
			break;
		}
		fd = df_open_beneath(top, i ? dirs.v[i] : ".",
		    O_RDONLY | O_DIRECTORY, 1);
		d = fd == -1 ? NULL : fdopendir(fd);
		if (d == NULL) {
			rc = df_fail_errno(e, DF_INPUT, "speckit.directory",
			    "cannot read the directory %s/%s", shown,
			    dirs.v[i]);
			if (fd != -1)
				close(fd);
			break;
		}
		while (rc == 0 && (errno = 0, de = readdir(d)) != NULL)
			if (strcmp(de->d_name, ".") != 0 &&
			    strcmp(de->d_name, "..") != 0)
				rc = entry(l, top, dirs.v[i], de, &dirs, shown,
				    e);
		if (rc == 0 && errno)
			rc = df_fail_errno(e, DF_EXTERNAL,
			    "speckit.directory",
			    "cannot read the directory %s/%s", shown,
			    dirs.v[i]);
		closedir(d);
	}
	df_list_free(&dirs);
	return rc;
}

/* ---- the constitution ---- */

static int
same_dir(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The directory above, as people would write it when that is the same. */
static char *
above(const char *shown, int fd)
{
	struct df_buf b = DF_BUF_INIT;
	const char *slash;
	size_t n = strlen(shown);

	while (n > 1 && shown[n - 1] == '/')
		n--;
	df_buf_add(&b, shown, n);
	slash = strrchr(b.s, '/');
	if (slash == NULL)
		df_buf_cut(&b, 0);
	else
		df_buf_cut(&b, slash == b.s ? 1 : (size_t)(slash - b.s));
	if (b.n == 0)
		df_buf_ch(&b, '.');
	if (!same_dir(fd, b.s)) {
		df_buf_reset(&b);
		df_buf_add(&b, shown, n);
		df_buf_str(&b, "/..");
	}
	return df_buf_detach(&b);
}

/*
 * Upwards from the feature: what the first directory has that has one.  The
 * search ends where the project does, at .specify or .git.
 */
static int
load_constitution(struct load *l, int feature, const char *shown,
    struct df_err *e)
{
	static const char *const place[] = {
		".specify/memory/constitution.md", "memory/constitution.md"
	};
	char *at = df_strdup(shown), *up, *path;
	int fd = dup(feature), next, rc = 0;
	struct stat here, there;
	size_t i;

	while (fd != -1) {
		for (i = 0; i < DF_LEN(place); i++) {
			if (fstatat(fd, place[i], &here, 0) == -1)
				continue;
			path = join(at, place[i]);
			rc = load_file(l, fd, place[i], path, 1, e);
			free(path);
			goto done;
		}
		if (fstatat(fd, ".specify", &here, 0) == 0 ||
		    fstatat(fd, ".git", &here, 0) == 0)
			break;
		next = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next == -1 || fstat(fd, &here) == -1 ||
		    fstat(next, &there) == -1 || (here.st_ino ==
		    there.st_ino && here.st_dev == there.st_dev)) {
			if (next != -1)
				close(next);
			break;
		}
		close(fd);
		fd = next;
		up = above(at, fd);
		free(at);
		at = up;
	}
done:
	if (fd != -1)
		close(fd);
	free(at);
	return rc;
}

/* ---- which feature ---- */

static int
has(const char *dir, const char *name, int directory)
{
	char *path = join(dir, name);
	struct stat st;
	int is = stat(path, &st) == 0 && (directory ? S_ISDIR(st.st_mode) :
	    S_ISREG(st.st_mode));

	free(path);
	return is;
}

static int
is_feature(const char *dir)
{
	return has(dir, "spec.md", 0) || has(dir, "plan.md", 0) ||
	    has(dir, "tasks.md", 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
choose(const char *root, char **out, struct df_err *e)
{
	char *specs = join(root, "specs"), *path;
	struct df_list l = { 0 };
	struct df_buf b = DF_BUF_INIT;
	struct dirent *de;
	DIR *d = opendir(specs);
	size_t i;
	int rc = 0;

	while (d && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		path = join(specs, de->d_name);
		if (is_feature(path))
			df_list_add(&l, path);
		else
			free(path);
	}
	if (d)
		closedir(d);
	if (l.n == 1)
		*out = df_strdup(l.v[0]);
	else if (l.n == 0) {
		df_fail(e, DF_INPUT, "speckit.feature",
		    "%s: no spec.md, and no feature in specs/", root);
		rc = -1;
	} else {
		qsort(l.v, l.n, sizeof(*l.v), by_name);
		for (i = 0; i < l.n && b.n < 500; i++)
			df_buf_fmt(&b, "%s%s", i ? ", " : "",
			    strrchr(l.v[i], '/') + 1);
		if (i < l.n)
			df_buf_fmt(&b, " and %zu more", l.n - i);
		df_fail(e, DF_INPUT, "speckit.feature",
		    "%s has %zu features and says not which: %s", root, l.n,
		    b.s);
		df_hint(e, "name its directory, or set "
		    "SPECIFY_FEATURE_DIRECTORY");
		rc = -1;
	}
	df_buf_release(&b);
	df_list_free(&l);
	free(specs);
	return rc;
}

/* What .specify/feature.json names: 1, 0 when it says nothing, -1. */
static int
stored(const char *root, char **out, struct df_err *e)
{
	char *path = join(root, ".specify/feature.json"), *name = NULL, *real,
	    *top;
	struct df_json j;
	struct df_buf b = DF_BUF_INIT;
	int rc = 0;

	memset(&j, 0, sizeof(j));
	if (!has(root, ".specify/feature.json", 0))
		goto done;
	rc = df_read_file(AT_FDCWD, path, &b, 65536, e);
	if (rc == 0)
		rc = df_json_scan(&j, b.s, b.n, 0, path, e);
	if (rc == -1)
		goto done;
	name = df_jstr(&j, df_jget(&j, 0, "feature_directory"));
	if (name == NULL || *name == 0)
		goto done;
	*out = *name == '/' ? df_strdup(name) : join(root, name);
	real = df_real_path(*out, e);
	top = real ? df_real_path(root, e) : NULL;
	if (top == NULL)
		rc = -1;
	else if (!df_path_within(real, top))
		rc = df_fail(e, DF_INPUT, "speckit.feature",
		    "%s names a directory outside the project: %.200s", path,
		    name);
	else
		rc = 1;
	free(real);
	free(top);
	if (rc == -1) {
		free(*out);
		*out = NULL;
	}
done:
	free(name);
	free(path);
	df_json_release(&j);
	df_buf_release(&b);
	return rc;
}

static char *
find(const char *dir, const char *active, struct df_err *e)
{
	char *out = NULL;
	int rc;

	if (is_feature(dir))
		return df_strdup(dir);
	if (!has(dir, ".specify", 1) && !has(dir, "specs", 1)) {
		df_fail(e, DF_INPUT, "speckit.feature", "%s is no feature "
		    "directory and no project: no spec.md, no specs/", dir);
		return NULL;
	}
	if (active && *active) {
		out = *active == '/' ? df_strdup(active) : join(dir, active);
		rc = 1;
	} else
		rc = stored(dir, &out, e);
	if (rc == 0)
		rc = choose(dir, &out, e);
	else if (rc == 1 && !is_feature(out)) {
		df_fail(e, DF_INPUT, "speckit.feature",
		    "%s holds no spec.md, plan.md or tasks.md", out);
		free(out);
		return NULL;
	}
	return rc == -1 ? NULL : out;
}

int
df_speckit_load(struct df_speckit *sk, const char *dir, const char *active,
    struct df_err *e)
{
	struct load l = { 0 };
	char *feature, *real = NULL;
	struct stat st;
	size_t i;
	int fd = -1, rc = -1;

	if (stat(dir, &st) == -1)
		return df_fail_errno(e, DF_INPUT, "speckit.directory",
		    "cannot read %s", dir);
	if (!S_ISDIR(st.st_mode))
		return df_fail(e, DF_INPUT, "speckit.directory",
		    "%s is no directory", dir);
	feature = find(dir, active, e);
	if (feature)
		real = df_real_path(feature, e);
	if (real)
		fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (real && fd == -1)
		df_fail_errno(e, DF_INPUT, "speckit.directory",
		    "cannot read the directory %s", feature);
	if (fd != -1)
		rc = load_tree(&l, fd, feature, e);
	if (rc == 0)
		rc = load_constitution(&l, fd, feature, e);
	for (i = 0; i < l.n; i++) {
		l.file[i].s = l.own[i].s;
		l.file[i].n = l.own[i].n;
	}
	if (rc == 0)
		rc = df_speckit_read(sk, l.file, l.n, e);
	if (rc == 0) {
		sk->own = l.own;
		sk->owns = l.n;
		sk->dir = df_arena_str(&sk->arena, feature, strlen(feature));
		sk->name = df_arena_str(&sk->arena, strrchr(real, '/') + 1,
		    strlen(strrchr(real, '/') + 1));
	} else {
		for (i = 0; i < l.n; i++)
			df_buf_release(&l.own[i]);
		free(l.own);
	}
	load_free(&l);
	if (fd != -1)
		close(fd);
	free(feature);
	free(real);
	return rc;
}
