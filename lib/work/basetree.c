#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "work/basetree.h"
#include "work/git.h"
#include "work/gittree.h"
#include "work/workspace.h"

struct filter {
	struct df_buf *root;	/* real path that names are below, with "/" */
	const struct df_list *exclude;
	struct df_map wanted;	/* with dirty: files and their directories */
	int only_wanted;
	struct df_map dirs;	/* directories seen: is it a run? */
	struct df_arena arena;
};

/* A run or a factory: a log beside a store. */
static int
is_run(struct filter *f, const char *path, size_t n)
{
	size_t v = df_map_get(&f->dirs, path, n);
	struct df_buf full = DF_BUF_INIT;
	size_t at;

	if (v != DF_MAP_NONE)
		return (int)v;
	df_buf_add(&full, f->root->s, f->root->n);
	df_buf_add(&full, path, n);
	at = full.n;
	df_buf_str(&full, "/blobs/sha256");
	v = access(full.s, F_OK) == 0;
	if (v) {
		df_buf_cut(&full, at);
		df_buf_str(&full, "/log.jsonl");
		v = access(full.s, F_OK) == 0;
	}
	(void)df_map_set(&f->dirs, df_arena_str(&f->arena, path, n), n, v);
	df_buf_release(&full);
	return (int)v;
}

/* Is path (below the root) excluded, or below or equal to something that is? */
static int
excluded(struct filter *f, const char *path)
{
	struct df_buf full = DF_BUF_INIT;
	const char *s;
	size_t i, n;
	int r = 0;

	for (s = path; s && !r; s = strchr(s, '/')) {
		s += *s == '/';
		n = strcspn(s, "/");
		r = (n == 4 && strncasecmp(s, ".git", 4) == 0) ||
		    (n == 8 && strncmp(s, ".factory", 8) == 0);
	}
	df_buf_add(&full, f->root->s, f->root->n);
	df_buf_str(&full, path);
	for (i = 0; i < f->exclude->n && !r; i++)
		r = df_path_within(full.s, f->exclude->v[i]);
	df_buf_release(&full);
	return r;
}

static int
skip_git(void *arg, const char *path)
{
	const char *s = path;

	while ((s = strchr(s, '/')) != NULL) {
		if (is_run(arg, path, (size_t)(s - path)))
			return 1;
		s++;
	}
	return excluded(arg, path);
}

static int
skip_file(void *arg, const char *path, int isdir, struct df_err *e)
{
	struct filter *f = arg;

	(void)e;
	if (excluded(f, path) || (isdir && is_run(f, path, strlen(path))))
		return 1;
	return f->only_wanted && df_map_get(&f->wanted, path, strlen(path)) ==
	    DF_MAP_NONE;
}

/* One word that git prints, without its newline; 1 when git says no. */
static int
ask(int dir, const char *const args[], struct df_buf *out, struct df_err *e)
{
	int r;

	df_buf_reset(out);
	r = df_git(NULL, dir, args, NULL, out, e);
	while (out->n && out->s[out->n - 1] == '\n')
		df_buf_cut(out, out->n - 1);
	return r;
}

static int
commit_of(int dir, const char *rev, struct df_base *b, struct df_err *e)
{
	struct df_buf name = DF_BUF_INIT, out = DF_BUF_INIT;
	const char *args[] = { "rev-parse", "--verify", "--quiet",
	    "--end-of-options", NULL, NULL };
	int r;

	df_buf_fmt(&name, "%s^{commit}", rev);
	args[4] = name.s;
	r = ask(dir, args, &out, e);
	if (r == 0 && out.n < sizeof(b->commit))
		memcpy(b->commit, out.s, out.n + 1);
	df_buf_release(&name);
	df_buf_release(&out);
	return r;
}

static int
from_git(struct df_store *s, int dir, const char *tree, struct filter *f,
    const struct df_tree_limits *l, struct df_base *b, struct df_err *e)
{
	struct df_gitimport g = { .store = s, .dir = dir, .tree = tree,
	    .skip = skip_git, .arg = f };

	if (l)
		g.limit = *l;
	b->source = "git";
	return df_git_import(&g, &b->tree, &b->stat, e);
}

/* The paths of the work tree that git tracks or would add. */
static int
list_wanted(int dir, struct filter *f, struct df_buf *names,
    struct df_err *e)
{
	static const char *const args[] = { "ls-files", "-z", "--cached",
	    "--others", "--exclude-standard", NULL };
	char *s, *p;

	if (df_git_ok(NULL, dir, args, NULL, names, e) < 0)
		return -1;
	for (s = names->s; s < names->s + names->n; s += strlen(s) + 1) {
		(void)df_map_set(&f->wanted, s, strlen(s), 0);
		for (p = strchr(s, '/'); p; p = strchr(p + 1, '/'))
			(void)df_map_set(&f->wanted, s, (size_t)(p - s), 0);
	}
	f->only_wanted = 1;
	return 0;
}

static int
from_directory(struct df_store *s, int dir, const char *what,
    struct filter *f, const struct df_tree_limits *l, struct df_base *b,
    struct df_err *e)
{
	struct df_tree_opts o = { .prune = 1, .skip = skip_file, .arg = f };

	if (l)
		o.limit = *l;
	return df_tree_put(s, dir, what, &o, &b->tree, &b->stat, e);
}

/* REV:PATH of the repository around here. */
static int
from_rev(struct df_store *s, const char *what, struct filter *f,
    const struct df_tree_limits *l, struct df_base *b, struct df_err *e)
{
	static const char *const top[] = { "rev-parse", "--show-toplevel",
	    NULL };
	struct df_buf out = DF_BUF_INIT;
	const char *colon = strchr(what, ':');
	char *rev;
	int r;

	if (colon == NULL || colon == what)
		return df_fail(e, DF_INPUT, "base.missing",
		    "--base %s: no such directory", what);
	rev = df_strndup(what, (size_t)(colon - what));
	r = commit_of(-1, rev, b, e);
	if (r == 0)
		r = ask(-1, top, &out, e);
	if (r > 0)
		r = df_fail(e, DF_INPUT, "base.missing",
		    "--base %s: no such revision here", what);
	if (r == 0) {
		df_buf_fmt(f->root, "%s/%s%s", out.s, colon + 1,
		    colon[1] ? "/" : "");
		r = from_git(s, -1, what, f, l, b, e);
	}
	free(rev);
	df_buf_release(&out);
	return r;
}

static int
from_path(struct df_store *s, const char *what, int dir, int dirty,
    struct filter *f, const struct df_tree_limits *l, struct df_base *b,
    struct df_err *e)
{
	static const char *const inside[] = { "rev-parse",
	    "--is-inside-work-tree", NULL };
	struct df_buf out = DF_BUF_INIT, names = DF_BUF_INIT;
	int r, git;

	git = ask(dir, inside, &out, e) == 0 && strcmp(out.s, "true") == 0;
	df_buf_release(&out);
	if (git && !dirty) {
		r = commit_of(dir, "HEAD", b, e);
		if (r > 0)
			r = df_fail(e, DF_INPUT, "base.commit",
			    "--base %s: the repository has no commit", what);
		if (r == 0)
			r = from_git(s, dir, "HEAD", f, l, b, e);
		return r;
	}
	b->source = git ? "git-dirty" : "directory";
	r = git ? list_wanted(dir, f, &names, e) : 0;
	if (r == 0)
		r = from_directory(s, dir, what, f, l, b, e);
	df_buf_release(&names);
	return r;
}

int
df_base_take(struct df_store *s, const char *what, int dirty,
    const struct df_list *exclude, const struct df_tree_limits *l,
    struct df_base *b, struct df_err *e)
{
	struct df_buf root = DF_BUF_INIT;
	struct filter f = { .root = &root, .exclude = exclude };
	char *real;
	int dir, r;

	memset(b, 0, sizeof(*b));
	b->source = "empty";
	if (what == NULL)
		return df_store_put(s, "", 0, &b->tree, e);
	dir = open(what, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno != ENOENT && errno != ENOTDIR)
		return df_fail_errno(e, DF_INPUT, "base.missing",
		    "--base %s", what);
	if (dir < 0) {
		r = from_rev(s, what, &f, l, b, e);
	} else {
		real = df_real_path(what, e);
		if (real == NULL) {
			close(dir);
			return -1;
		}
		df_buf_fmt(&root, "%s/", strcmp(real, "/") == 0 ? "" : real);
		free(real);
		r = from_path(s, what, dir, dirty, &f, l, b, e);
		close(dir);
	}
	df_map_release(&f.wanted);
	df_map_release(&f.dirs);
	df_arena_release(&f.arena);
	df_buf_release(&root);
	return r;
}
