#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "evidence/tree.h"
#include "verify-replay.h"

#define SHOWN 40	/* bytes of each side */

static void
quote(struct df_buf *b, const char *s, size_t n, size_t at)
{
	if (at >= n) {
		df_buf_str(b, "the end");
		return;
	}
	df_buf_ch(b, '"');
	df_text_foreign(b, s + at, n - at < SHOWN ? n - at : SHOWN,
	    DF_TEXT_LINE, 0, 0);
	df_buf_ch(b, '"');
}

void
df_difference_bytes(struct df_difference *d, const char *was, size_t nwas,
    const char *is, size_t nis)
{
	size_t at = 0, min = nwas < nis ? nwas : nis, line = 1, i;

	while (at < min && was[at] == is[at])
		at++;
	for (i = 0; i < at; i++)
		line += was[i] == '\n';
	d->offset = (int64_t)at;
	df_buf_fmt(&d->text, "line %zu: ", line);
	quote(&d->text, was, nwas, at);
	df_buf_str(&d->text, " is there, ");
	quote(&d->text, is, nis, at);
	df_buf_str(&d->text, " was made again");
}

int
df_replay_equal(struct df_store *s, const struct df_digest *was,
    const struct df_buf *is, struct df_difference *d, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest got;
	int r;

	d->offset = -1;
	df_buf_init(&d->text);
	df_sha256(is->s, is->n, &got);
	if (df_digest_eq(&got, was))
		return 1;
	r = df_store_get(s, was, DF_RUN_BLOB_MAX, &b, e);
	if (r == 0)
		df_difference_bytes(d, b.s, b.n, is->s, is->n);
	df_buf_release(&b);
	return r;
}

/* ---- trees ---- */

struct flat {
	struct df_tree_entry *v;	/* path and target are malloc'd */
	size_t n, cap;
};

static int
on_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct flat *f = arg;

	(void)e;
	if (t->mode == DF_TREE_DIR)
		return 0;
	DF_GROW(f->v, f->n, f->cap);
	f->v[f->n] = *t;
	f->v[f->n].path = df_strdup(t->path);
	f->v[f->n++].target = t->target ? df_strdup(t->target) : NULL;
	return 0;
}

static void
release(struct flat *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		free((char *)f->v[i].path);
		free((char *)f->v[i].target);
	}
	free(f->v);
}

static int
same_entry(const struct df_tree_entry *a, const struct df_tree_entry *b)
{
	if (strcmp(a->path, b->path) != 0 || a->mode != b->mode)
		return 0;
	return a->mode == DF_TREE_LINK ? strcmp(a->target, b->target) == 0 :
	    df_digest_eq(&a->digest, &b->digest);
}

/* The same path in both, and something else there. */
static int
entries(struct df_store *s, const struct df_tree_entry *a,
    struct df_store *made, const struct df_tree_entry *b,
    struct df_difference *d, struct df_err *e)
{
	struct df_buf was = DF_BUF_INIT, is = DF_BUF_INIT;
	int r = 0;

	if (a->mode == DF_TREE_LINK && b->mode == DF_TREE_LINK) {
		df_difference_bytes(d, a->target, strlen(a->target),
		    b->target, strlen(b->target));
	} else if (a->mode != b->mode) {
		df_buf_fmt(&d->text, "mode %06o is there, %06o was made again",
		    (unsigned)a->mode, (unsigned)b->mode);
	} else {
		r = df_store_get(s, &a->digest, DF_RUN_BLOB_MAX, &was, e);
		if (r == 0)
			r = df_store_get(made, &b->digest, DF_RUN_BLOB_MAX,
			    &is, e);
		if (r == 0)
			df_difference_bytes(d, was.s, was.n, is.s, is.n);
	}
	df_buf_release(&was);
	df_buf_release(&is);
	return r;
}

int
df_replay_equal_tree(struct df_store *s, const struct df_digest *was,
    struct df_store *made, const struct df_digest *is,
    struct df_difference *d, struct df_err *e)
{
	struct flat a = { 0 }, b = { 0 };
	const char *path, *only = NULL;
	size_t i = 0;
	int r;

	d->offset = -1;
	df_buf_init(&d->text);
	if (df_digest_eq(was, is))
		return 1;
	r = df_tree_walk(s, was, NULL, on_entry, &a, e);
	if (r == 0)
		r = df_tree_walk(made, is, NULL, on_entry, &b, e);
	while (r == 0 && i < a.n && i < b.n && same_entry(&a.v[i], &b.v[i]))
		i++;
	if (r == 0) {
		if (i == a.n || (i < b.n && strcmp(b.v[i].path,
		    a.v[i].path) < 0))
			only = "was made again, and is not there";
		else if (i == b.n || strcmp(a.v[i].path, b.v[i].path) < 0)
			only = "is there, and was not made again";
		path = i == a.n || (only && only[0] == 'w') ? b.v[i].path :
		    a.v[i].path;
		df_text_foreign(&d->text, path, strlen(path), DF_TEXT_LINE,
		    0, 300);
		df_buf_fmt(&d->text, " %s", only ? only : "");
		if (only == NULL)
			r = entries(s, &a.v[i], made, &b.v[i], d, e);
	}
	release(&a);
	release(&b);
	return r;
}
