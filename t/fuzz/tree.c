/*
 * Fuzz tree manifests.  The parts of an input are blobs; the last one is the
 * manifest of the root.  In each, "$3" stands for the name of part 3 (of those
 * before it, from 0) and "#3" for its size.
 *
 * A walk ends with entries or with an error of integrity or of a limit.  The
 * entries are the manifest's: written by df_tree_line() they are its bytes;
 * they are in order, none has a name that leads elsewhere, and no link leaves
 * the tree.  A tree that can be written into a directory, nothing beside it,
 * is the same tree when it is read from there.
 */
#include "base/df.h"

#include "fuzz.h"

#include <dirent.h>

#include "evidence/tree.h"

#define PARTS 8

struct seen {
	struct df_buf root;
	struct df_buf last;	/* the last name in the root */
	size_t n;
};

static char path[256];
static int tmp = -1;

static void
end(void)
{
	close(tmp);
	fuzz_tmp_end(path);
}

static int
see(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct seen *x = arg;
	const char *name = strrchr(t->path, '/');
	unsigned depth = 0;
	size_t i;

	(void)e;
	x->n++;
	must(strlen(t->path) == t->len);
	for (i = 0; i < t->len; i++)
		depth += t->path[i] == '/';
	must(t->path[0] != '/' && strstr(t->path, "//") == NULL);
	name = name ? name + 1 : t->path;
	must(*name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	must((t->mode == DF_TREE_LINK) == (t->target != NULL));
	if (t->target)
		must(df_tree_target_ok(t->target, depth));
	if (depth == 0) {
		must(x->last.n == 0 || strcmp(x->last.s, name) < 0);
		df_buf_reset(&x->last);
		df_buf_str(&x->last, name);
		df_tree_line(&x->root, t->mode, t->path, t->len, &t->digest,
		    t->size, t->target);
	}
	return 0;
}

static size_t
entries(void)
{
	DIR *d = fdopendir(openat(tmp, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));
	size_t n = 0;

	must(d != NULL);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
round_trip(struct df_store *s, const struct df_digest *root)
{
	struct df_tree_stat st;
	struct df_digest again;
	struct df_err e;
	size_t n = entries();
	int fd, r;

	must(mkdirat(tmp, "out", 0755) == 0);
	fd = openat(tmp, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0);
	r = df_tree_checkout(s, root, fd, NULL, &e);
	must(entries() == n + 1);
	if (r == 0) {
		if (df_tree_put(s, fd, "out", NULL, &again, &st, &e) < 0) {
			fprintf(stderr, "%s\n", e.msg);
			must(0);
		}
		must(df_digest_eq(root, &again));
	} else {
		must(e.exit == DF_INTEGRITY || e.exit == DF_CONFLICT ||
		    e.exit == DF_EXTERNAL);
	}
	close(fd);
	must(df_remove_tree(tmp, "out", &e) == 0);
}

/* The part's bytes, with names and sizes in their places. */
static void
expand(struct df_buf *b, const char *s, size_t n, const struct df_digest *d,
    const size_t *size, size_t parts)
{
	char name[DF_DIGEST_STR];
	size_t i, k;

	for (i = 0; i < n; i++) {
		k = i + 1 < n ? (size_t)(s[i + 1] - '0') : PARTS;
		if (k < parts && s[i] == '$') {
			df_buf_str(b, df_digest_str(&d[k], name) + 7);
			i++;
		} else if (k < parts && s[i] == '#') {
			df_buf_fmt(b, "%zu", size[k]);
			i++;
		} else {
			df_buf_ch(b, s[i]);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct df_tree_limits limit = { .entries = 300, .depth = 12 };
	struct seen x = { .root = DF_BUF_INIT, .last = DF_BUF_INIT };
	struct df_buf b = DF_BUF_INIT;
	const char *s = (const char *)p, *part;
	struct df_digest d[PARTS];
	struct df_store store;
	size_t size[PARTS], parts = 0, len, i;
	struct df_err e;

	if (tmp < 0) {
		tmp = fuzz_tmp(path);
		atexit(end);
	}
	must(df_store_open(&store, tmp, 1, &e) == 0);
	do {
		part = s;
		len = fuzz_part(&s, &n);
		df_buf_reset(&b);
		expand(&b, part, len, d, size, parts);
		size[parts] = b.n;
		must(df_store_put(&store, b.s, b.n, &d[parts], &e) == 0);
		parts++;
	} while (n > 0 && parts < PARTS);
	if (df_tree_walk(&store, &d[parts - 1], &limit, see, &x, &e) == 0) {
		must(x.root.n == b.n && memcmp(x.root.s, b.s, b.n) == 0);
		round_trip(&store, &d[parts - 1]);
	} else {
		must((e.exit == DF_INTEGRITY && e.msg[0]) ||
		    (e.exit == DF_INPUT && strcmp(e.code, "tree.limit") == 0));
	}
	for (i = 0; i < parts; i++)
		must(df_store_remove(&store, &d[i], &e) == 0);
	df_store_close(&store);
	df_buf_release(&x.root);
	df_buf_release(&x.last);
	df_buf_release(&b);
	return 0;
}
