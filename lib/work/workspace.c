#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "work/git.h"
#include "work/workspace.h"

/* ---- making one ---- */

static int
put_text(int dir, const char *name, const struct df_buf *b, struct df_err *e)
{
	int fd, r;

	if (b == NULL)
		return 0;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0644);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace",
		    "cannot create %s", name);
	r = df_write_fd(fd, b->s, b->n, name, e);
	close(fd);
	return r;
}

/* One commit of what is there; its .df is excluded. */
static int
commit(int ws, struct df_err *e)
{
	/* Large files are streamed, and nothing is worth compressing. */
	static const char *const add[] = { "-c", "core.bigFileThreshold=1m",
	    "-c", "core.compression=0", "add", "--all", "--force", ".",
	    NULL };
	static const char *const save[] = { "commit", "--quiet",
	    "--allow-empty", "--no-verify", "--no-gpg-sign", "-m", "start",
	    NULL };

	if (df_git_skeleton(ws, ".git", 0, e) < 0 ||
	    df_git_ok(NULL, ws, add, NULL, NULL, e) < 0)
		return -1;
	return df_git_ok(NULL, ws, save, NULL, NULL, e) < 0 ? -1 : 0;
}

int
df_workspace_make(const struct df_workspace *w, int dir, const char *name,
    struct df_err *e)
{
	struct df_buf exclude = DF_BUF_INIT;
	int ws, r = 0;

	if (mkdirat(dir, name, 0700) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace",
		    "cannot make %s", name);
	ws = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (ws < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace", "%s", name);
	if (w->tree)
		r = df_tree_checkout(w->store, w->tree, ws, NULL, e);
	if (r == 0 && w->git)
		r = commit(ws, e);
	if (r == 0 && w->git) {
		df_buf_str(&exclude, "/.df/\n");
		r = put_text(ws, ".git/info/exclude", &exclude, e);
	}
	if (r == 0 && !w->plain && mkdirat(ws, ".df", 0700) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "workspace",
		    "cannot make .df");
	if (r == 0)
		r = put_text(ws, ".df/handoff.md", w->handoff, e);
	if (r == 0)
		r = put_text(ws, ".df/prompt.md", w->prompt, e);
	df_buf_release(&exclude);
	close(ws);
	return r;
}

/* ---- ignore rules ---- */

struct rules {
	struct df_store *s;
	struct df_ignore *g;
	int dir;
	size_t n;
};

static int
rule_file(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct rules *r = arg;
	const char *base = strrchr(t->path, '/');
	struct df_buf b = DF_BUF_INIT;
	int ret;

	(void)df_map_set(&r->g->names, df_arena_str(&r->g->arena, t->path,
	    t->len), t->len, 0);
	base = base ? base + 1 : t->path;
	if (strcmp(base, ".gitignore") != 0 ||
	    (t->mode != DF_TREE_FILE && t->mode != DF_TREE_EXEC))
		return 0;
	ret = df_store_get(r->s, &t->digest, (size_t)1 << 20, &b, e);
	if (ret == 0)
		ret = df_mkdirs(r->dir, t->path, 0, 0700, e);
	if (ret == 0)
		ret = put_text(r->dir, t->path, &b, e);
	df_buf_release(&b);
	r->n++;
	return ret;
}

int
df_ignore_open(struct df_ignore *g, struct df_store *s,
    const struct df_digest *base, int scratch, const char *path,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct rules r = { .s = s, .g = g };
	int ret;

	memset(g, 0, sizeof(*g));
	if (mkdirat(scratch, "ignore", 0700) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace",
		    "cannot make ignore");
	r.dir = openat(scratch, "ignore", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace", "ignore");
	ret = df_tree_walk(s, base, NULL, rule_file, &r, e);
	if (ret == 0 && r.n) {
		ret = df_git_skeleton(r.dir, ".git", 0, e);
		df_buf_fmt(&b, "%s/ignore", path);
		g->dir = df_buf_detach(&b);
	}
	close(r.dir);
	return ret;
}

void
df_ignore_release(struct df_ignore *g)
{
	free(g->dir);
	df_map_release(&g->names);
	df_arena_release(&g->arena);
	memset(g, 0, sizeof(*g));
}

/* ---- reading a result ---- */

static int
is_dotgit(const char *path)
{
	const char *base = strrchr(path, '/');

	return strcasecmp(base ? base + 1 : path, ".git") == 0;
}

/*
 * A name that git takes for .git, because NTFS does: no index may have it, so
 * nobody could take the result.
 */
static int
is_ntfs_dotgit(const char *path)
{
	static const char *const name[] = { ".git", "git~1" };
	const char *s = strrchr(path, '/'), *end;
	size_t i, n;

	for (s = s ? s + 1 : path; s; s = strchr(s, '\\'), s = s ? s + 1 :
	    NULL)
		for (i = 0; i < DF_LEN(name); i++) {
			n = strlen(name[i]);
			if (strncasecmp(s, name[i], n) != 0)
				continue;
			end = s + n + strspn(s + n, ". ");
			if (*end == '\0' || *end == '\\' || *end == ':')
				return 1;
		}
	return 0;
}

struct read {
	const struct df_secrets *secrets;
	struct df_map ignored;	/* paths into list.s */
	struct df_buf list;	/* all paths, NUL after each */
	uint64_t count;		/* left out by base's rules */
};

static int
skip(void *arg, const char *path, int isdir, struct df_err *e)
{
	struct read *r = arg;

	(void)isdir;
	if (is_dotgit(path) || strcmp(path, ".df") == 0)
		return 1;
	if (is_ntfs_dotgit(path))
		return df_fail(e, DF_INPUT, "tree.entry",
		    "workspace: %s: git takes this name for .git", path);
	if (r->secrets && df_secrets_in(r->secrets, path, strlen(path)))
		return df_fail(e, DF_INPUT, "secret.leak",
		    "workspace: a name holds a secret that the agent was "
		    "given");
	if (df_map_get(&r->ignored, path, strlen(path)) == DF_MAP_NONE)
		return 0;
	r->count++;
	return 1;
}

static int
look(void *arg, const char *path, int fd, const char *bytes, size_t n,
    struct df_err *e)
{
	struct read *r = arg;
	const char *base = strrchr(path, '/');
	int found;

	if (fd < 0 && strcasecmp(base ? base + 1 : path, ".gitmodules") == 0)
		return df_fail(e, DF_INPUT, "tree.link",
		    "workspace: %s: git takes no link of this name", path);
	if (r->secrets == NULL || r->secrets->n == 0)
		return 0;
	found = bytes ? df_secrets_in(r->secrets, bytes, n) :
	    df_secrets_fd(r->secrets, fd, path, e);
	if (found > 0)
		return df_fail(e, DF_INPUT, "secret.leak",
		    "workspace: %s holds a secret that the agent was given",
		    path);
	return found;
}

/* Names only: a walk by descriptor that stages nothing. */
static int
list_names(struct read *r, int dir, struct df_buf *path, unsigned depth,
    const struct df_tree_limits *l, size_t *n, struct df_err *e)
{
	size_t len = path->n;
	struct dirent *d;
	struct stat st;
	DIR *dp;
	int fd, ret = 0;

	dp = fdopendir(dir);
	if (dp == NULL) {
		close(dir);
		return df_fail_errno(e, DF_EXTERNAL, "workspace.read", "%s",
		    path->s);
	}
	while (ret == 0 && (d = readdir(dp)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		df_buf_cut(path, len);
		if (len)
			df_buf_ch(path, '/');
		df_buf_str(path, d->d_name);
		if (is_dotgit(path->s) || strcmp(path->s, ".df") == 0)
			continue;
		if (fstatat(dirfd(dp), d->d_name, &st, AT_SYMLINK_NOFOLLOW)
		    < 0)
			continue;	/* df_tree_put() will say so */
		if (++*n > (l && l->entries ? l->entries : 100000) * 2)
			break;
		/* git takes what begins with a colon for a pattern. */
		if (path->s[0] == ':')
			df_buf_str(&r->list, "./");
		df_buf_add(&r->list, path->s, path->n + 1);
		if (!S_ISDIR(st.st_mode) || depth >= 128)
			continue;
		fd = openat(dirfd(dp), d->d_name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			ret = list_names(r, fd, path, depth + 1, l, n, e);
	}
	df_buf_cut(path, len);
	closedir(dp);
	return ret;
}

static int
find_ignored(struct read *r, int dir, const struct df_ignore *g,
    const struct df_tree_limits *l, struct df_buf *out, struct df_err *e)
{
	static const char *const args[] = { "check-ignore", "--no-index",
	    "--stdin", "-z", NULL };
	struct df_buf path = DF_BUF_INIT;
	const char *s, *end;
	size_t n = 0;
	int fd, ret;

	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace.read",
		    "workspace");
	ret = list_names(r, fd, &path, 0, l, &n, e);
	df_buf_release(&path);
	if (ret < 0 || r->list.n == 0)
		return ret;
	fd = open(g->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "workspace.read", "%s",
		    g->dir);
	ret = df_git(NULL, fd, args, &r->list, out, e);
	close(fd);
	if (ret > 1)
		ret = df_fail(e, DF_EXTERNAL, "git", "git check-ignore: %d",
		    ret);
	for (s = out->s, end = out->s + out->n; ret >= 0 && s < end;
	    s += strlen(s) + 1) {
		if (strncmp(s, "./:", 3) == 0)
			s += 2;
		if (df_map_get(&g->names, s, strlen(s)) == DF_MAP_NONE)
			(void)df_map_set(&r->ignored, s, strlen(s), 0);
	}
	return ret < 0 ? -1 : 0;
}

int
df_workspace_read(struct df_store *s, int dir,
    const struct df_tree_limits *limit, const struct df_ignore *ignore,
    const struct df_secrets *secrets, struct df_digest *tree,
    struct df_tree_stat *st, struct df_err *e)
{
	struct df_tree_opts o = { .prune = 1, .skip = skip, .file = look };
	struct read r = { .secrets = secrets, .list = DF_BUF_INIT };
	struct df_buf out = DF_BUF_INIT;
	int ret = 0;

	if (limit)
		o.limit = *limit;
	o.arg = &r;
	if (ignore && ignore->dir)
		ret = find_ignored(&r, dir, ignore, limit, &out, e);
	if (ret == 0)
		ret = df_tree_put(s, dir, "workspace", &o, tree, st, e);
	st->skipped = r.count;		/* .df and .git are no finding */
	df_map_release(&r.ignored);
	df_buf_release(&r.list);
	df_buf_release(&out);
	return ret;
}

int
df_workspace_results(int dir, const char *path, struct df_buf *b,
    struct df_err *e)
{
	struct stat st;
	int fd, r;

	fd = df_open_beneath(dir, path, O_RDONLY | O_NONBLOCK |
	    O_NOCTTY, 1);
	if (fd < 0)
		return df_fail_errno(e, errno == ENOENT ? DF_NO : DF_INPUT,
		    "results.missing", "no results file (%s)", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return df_fail(e, DF_INPUT, "results.type",
		    "%s is not a regular file", path);
	}
	r = df_read_fd(fd, b, DF_RESULTS_BYTES, path, e);
	close(fd);
	return r;
}
