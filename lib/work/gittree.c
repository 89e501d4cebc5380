#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "work/git.h"
#include "work/gittree.h"

#define BATCH_BYTES ((uint64_t)64 << 20)	/* of blobs fetched at once */
#define ALONE ((uint64_t)8 << 20)	/* larger ones go through a pipe */
#define DEPTH 128

void
df_gitblobs_release(struct df_gitblobs *b)
{
	free(b->v);
	df_map_release(&b->by_digest);
	df_map_release(&b->by_oid);
	df_arena_release(&b->arena);
	memset(b, 0, sizeof(*b));
}

void
df_gitblobs_add(struct df_gitblobs *b, const struct df_digest *d,
    const struct df_git_oid *oid, uint64_t size)
{
	struct df_gitblob *x = df_arena_alloc(&b->arena, sizeof(*x));

	x->digest = *d;
	x->oid = *oid;
	x->size = size;
	DF_GROW(b->v, b->n, b->cap);
	(void)df_map_set(&b->by_digest, (const char *)x->digest.b,
	    sizeof(x->digest.b), b->n);
	(void)df_map_set(&b->by_oid, (const char *)x->oid.b,
	    sizeof(x->oid.b), b->n);
	b->v[b->n++] = x;
}

const struct df_gitblob *
df_gitblobs_digest(const struct df_gitblobs *b, const struct df_digest *d)
{
	size_t i = df_map_get(&b->by_digest, (const char *)d->b,
	    sizeof(d->b));

	return i == DF_MAP_NONE ? NULL : b->v[i];
}

static const struct df_gitblob *
by_oid(const struct df_gitblobs *b, const struct df_git_oid *o)
{
	size_t i = df_map_get(&b->by_oid, (const char *)o->b, sizeof(o->b));

	return i == DF_MAP_NONE ? NULL : b->v[i];
}

/* ---- git ls-tree ---- */

struct entry {
	const char *path;
	size_t len;
	int mode;
	uint64_t size;
	struct df_git_oid oid;
};

static int
unexpected(const char *what, struct df_err *e)
{
	return df_fail(e, DF_EXTERNAL, "git", "unexpected output of git %s",
	    what);
}

/* "100644 blob <oid>    1234\tpath\0" */
static int
parse_ls(const struct df_gitimport *g, const struct df_buf *ls,
    struct entry **v, size_t *n, struct df_err *e)
{
	const char *s, *end = ls->s + ls->n, *tab;
	size_t cap = 0, len;
	struct entry x;

	*v = NULL;
	*n = 0;
	for (s = ls->s; s < end; s += len + 1) {
		len = strlen(s);
		tab = memchr(s, '\t', len);
		if (tab == NULL || tab - s < 52)
			return unexpected("ls-tree", e);
		x.mode = (int)strtol(s, NULL, 8);
		x.path = tab + 1;
		x.len = len - (size_t)(tab + 1 - s);
		if (g->skip && g->skip(g->arg, x.path))
			continue;
		if (x.mode == 0160000) {
			(void)df_fail(e, DF_INPUT, "tree.entry",
			    "%s is a submodule", x.path);
			return df_hint(e, "give the content with --base DIR "
			    "--dirty");
		}
		if (df_unhex(x.oid.b, 20, s + 12, 40) < 0)
			return unexpected("ls-tree", e);
		x.size = strtoull(s + 52, NULL, 10);
		if (*n >= g->limit.entries)
			return df_fail(e, DF_INPUT, "tree.limit",
			    "more than %llu entries",
			    (unsigned long long)g->limit.entries);
		DF_GROW(*v, *n, cap);
		(*v)[(*n)++] = x;
	}
	return 0;
}

/*
 * Git sorts a directory as if its name ended in "/", the store by the bytes
 * of the name: in the order in which "/" comes before all other characters
 * directories are together and names are in order.
 */
static int
path_cmp(const void *a, const void *b)
{
	const unsigned char *x = (const unsigned char *)
	    ((const struct entry *)a)->path;
	const unsigned char *y = (const unsigned char *)
	    ((const struct entry *)b)->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return 0;
	if (*x == '\0' || *y == '\0')
		return *x ? 1 : -1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return *x < *y ? -1 : 1;
}

/* ---- blobs ---- */

/* "<oid> blob N\n" bytes "\n", again and again. */
static int
take_batch(const struct df_gitimport *g, const struct df_buf *out,
    struct df_err *e)
{
	const char *p = out->s, *end = out->s + out->n, *lf;
	struct df_git_oid oid;
	struct df_digest d;
	size_t size;

	while (p < end) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL || lf - p < 47 ||
		    df_unhex(oid.b, 20, p, 40) < 0)
			return unexpected("cat-file", e);
		size = strtoul(p + 46, NULL, 10);
		if ((size_t)(end - lf) < size + 2)
			return unexpected("cat-file", e);
		if (df_store_put(g->store, lf + 1, size, &d, e) < 0)
			return -1;
		df_gitblobs_add(g->known, &d, &oid, size);
		p = lf + 2 + size;
	}
	return 0;
}

static int
fetch_batch(const struct df_gitimport *g, struct df_buf *in,
    struct df_err *e)
{
	static const char *const args[] = { "cat-file", "--batch", NULL };
	struct df_buf out = DF_BUF_INIT;
	int r = 0;

	if (in->n)
		r = df_git_ok(g->gitdir, g->dir, args, in, &out, e);
	if (r == 0)
		r = take_batch(g, &out, e);
	df_buf_reset(in);
	df_buf_release(&out);
	return r < 0 ? -1 : 0;
}

static int
fetch_alone(const struct df_gitimport *g, const struct entry *x,
    struct df_err *e)
{
	char hex[41];
	const char *args[] = { "cat-file", "blob", hex, NULL };
	struct df_digest d;
	uint64_t size;
	long pid;
	int fd, r;

	df_hex_str(hex, x->oid.b, sizeof(x->oid.b));
	fd = df_git_open(g->gitdir, g->dir, args, &pid, e);
	if (fd < 0)
		return -1;
	r = df_store_put_fd(g->store, fd, x->size, x->path, &d, &size, e);
	close(fd);
	if (df_git_wait(pid, e) < 0 || r < 0)
		return -1;
	df_gitblobs_add(g->known, &d, &x->oid, size);
	return 0;
}

static int
fetch(const struct df_gitimport *g, const struct entry *v, size_t n,
    struct df_err *e)
{
	struct df_buf in = DF_BUF_INIT;
	uint64_t bytes = 0;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		if (by_oid(g->known, &v[i].oid))
			continue;
		if (v[i].size > ALONE) {
			r = fetch_alone(g, &v[i], e);
			continue;
		}
		df_hex(&in, v[i].oid.b, sizeof(v[i].oid.b));
		df_buf_ch(&in, '\n');
		bytes += v[i].size;
		if (bytes > BATCH_BYTES) {
			r = fetch_batch(g, &in, e);
			bytes = 0;
		}
	}
	if (r == 0)
		r = fetch_batch(g, &in, e);
	df_buf_release(&in);
	return r;
}

/* ---- manifests ---- */

static int
put_link(const struct df_gitimport *g, const struct entry *x,
    const struct df_gitblob *b, unsigned depth, const char *name, size_t len,
    struct df_buf *out, struct df_err *e)
{
	struct df_buf target = DF_BUF_INIT;
	int r;

	r = df_store_get(g->store, &b->digest, 4096, &target, e);
	if (r == 0 && (strlen(target.s) != target.n ||
	    !df_tree_target_ok(target.s, depth)))
		r = df_fail(e, DF_INPUT, "tree.link",
		    "%s: link to \"%s\" leaves the tree or could", x->path,
		    target.s);
	if (r == 0)
		df_tree_line(out, DF_TREE_LINK, name, len, NULL, 0, target.s);
	df_buf_release(&target);
	return r;
}

/* The entries v[0..n) share a prefix of skip bytes: one directory. */
static int
put_dir(const struct df_gitimport *g, const struct entry *v, size_t n,
    size_t skip, unsigned depth, struct df_digest *d, uint64_t *size,
    struct df_err *e)
{
	struct df_buf out = DF_BUF_INIT;
	const char *name, *slash;
	const struct df_gitblob *b;
	struct df_digest sub;
	uint64_t subsize;
	size_t i, k, len;
	int r = 0;

	if (depth > DEPTH)
		return df_fail(e, DF_INPUT, "tree.limit",
		    "%s: deeper than %u directories", v[0].path, DEPTH);
	for (i = 0; i < n && r == 0; i = k) {
		name = v[i].path + skip;
		slash = strchr(name, '/');
		k = i + 1;
		if (slash) {
			len = (size_t)(slash - name);
			while (k < n && strncmp(v[k].path + skip, name,
			    len + 1) == 0)
				k++;
			r = put_dir(g, v + i, k - i, skip + len + 1,
			    depth + 1, &sub, &subsize, e);
			if (r == 0)
				df_tree_line(&out, DF_TREE_DIR, name, len,
				    &sub, subsize, NULL);
			continue;
		}
		b = by_oid(g->known, &v[i].oid);
		len = v[i].len - skip;
		if (b == NULL)
			r = df_fail(e, DF_EXTERNAL, "git",
			    "git has no blob for %s", v[i].path);
		else if (v[i].mode == DF_TREE_LINK)
			r = put_link(g, &v[i], b, depth, name, len, &out, e);
		else
			df_tree_line(&out, v[i].mode, name, len, &b->digest,
			    b->size, NULL);
	}
	*size = out.n;
	if (r == 0)
		r = df_store_put(g->store, out.s, out.n, d, e);
	df_buf_release(&out);
	return r;
}

int
df_git_import(const struct df_gitimport *in, struct df_digest *d,
    struct df_tree_stat *st, struct df_err *e)
{
	const char *args[] = { "ls-tree", "-r", "-l", "-z", in->tree, NULL };
	struct df_gitimport g = *in;
	struct df_gitblobs own = { 0 };
	struct df_buf ls = DF_BUF_INIT;
	struct entry *v = NULL;
	size_t n = 0, i;
	uint64_t size;
	int r;

	memset(st, 0, sizeof(*st));
	if (g.known == NULL)
		g.known = &own;
	if (g.limit.entries == 0)
		g.limit.entries = 100000;
	if (g.limit.bytes == 0)
		g.limit.bytes = (uint64_t)2 << 30;
	r = df_git_ok(g.gitdir, g.dir, args, NULL, &ls, e);
	if (r == 0)
		r = parse_ls(&g, &ls, &v, &n, e);
	for (i = 0; i < n && r == 0; i++) {
		st->entries++;
		st->bytes += v[i].size;
	}
	if (r == 0 && st->bytes > g.limit.bytes)
		r = df_fail(e, DF_INPUT, "tree.limit",
		    "more than %llu bytes", (unsigned long long)g.limit.bytes);
	if (r == 0 && n)
		qsort(v, n, sizeof(*v), path_cmp);
	if (r == 0)
		r = fetch(&g, v, n, e);
	if (r == 0)
		r = put_dir(&g, v, n, 0, 0, d, &size, e);
	free(v);
	df_buf_release(&ls);
	df_gitblobs_release(&own);
	return r < 0 ? -1 : 0;
}
