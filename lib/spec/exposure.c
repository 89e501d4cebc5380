#include "base/df.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spec/exposure.h"
#include "spec/suite.h"

struct df_exposure {
	struct df_leak *leak;
	const char *place;
	struct df_buf path;
	int named;		/* the text is a name */
	int public, given;
	df_exposed_fn *fn;
	void *arg;
};

struct df_exposure *
df_exposure_new(const struct df_sealed *suite, struct df_err *e)
{
	struct df_exposure *x = df_calloc(1, sizeof(*x));

	x->leak = df_leak_new();
	df_buf_init(&x->path);
	if (df_suite_needles(suite, x->leak, e) == 0)
		return x;
	df_exposure_free(x);
	return NULL;
}

void
df_exposure_free(struct df_exposure *x)
{
	if (x == NULL)
		return;
	df_leak_free(x->leak);
	df_buf_release(&x->path);
	free(x);
}

static int
hit(void *arg, const struct df_leak_hit *h)
{
	struct df_exposure *x = arg;
	struct df_exposed out = { h->kind, h->item, x->place, x->named ? 0 :
	    h->line, 0 };

	if (x->public && h->kind != DF_LEAK_CANARY &&
	    h->kind != DF_LEAK_CODE) {
		out.shared = 1;
		df_leak_forget(x->leak, h->needle);
	}
	if (x->given)
		df_leak_forget(x->leak, h->needle);
	return x->fn ? x->fn(x->arg, &out) : 0;
}

void
df_exposure_given(struct df_exposure *x, int on)
{
	x->given = on;
}

int
df_exposure_text(struct df_exposure *x, const char *place, const char *s,
    size_t n, df_exposed_fn *fn, void *arg)
{
	x->place = place;
	x->fn = fn;
	x->arg = arg;
	return df_leak_scan(x->leak, s, n, hit, x);
}

int
df_exposure_public(struct df_exposure *x, const struct df_spec *sp,
    df_exposed_fn *fn, void *arg)
{
	const struct df_doc *d;
	size_t i;
	int r = 0;

	x->public = 1;
	for (i = 1; i < DF_DOCS && r == 0; i++) {
		d = &sp->doc[i];
		if (i != 9 && d->s)
			r = df_exposure_text(x, d->path, d->s, d->n, fn, arg);
	}
	x->public = 0;
	return r;
}

int
df_exposure_blob(struct df_exposure *x, const char *place, struct df_store *s,
    const struct df_digest *d, df_exposed_fn *fn, void *arg,
    struct df_err *e)
{
	struct df_leak_stream *st;
	char buf[65536];
	ssize_t n;
	int fd, r = 0;

	fd = df_store_fd(s, d, e);
	if (fd < 0)
		return -1;
	x->place = place;
	x->fn = fn;
	x->arg = arg;
	st = df_leak_begin(x->leak, hit, x);
	while (r == 0 && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n > 0)
			r = df_leak_feed(st, buf, (size_t)n);
		else if (errno != EINTR)
			r = df_fail_errno(e, DF_EXTERNAL, "store.read",
			    "cannot read a blob");
	}
	if (df_leak_end(st) && r == 0)
		r = 1;
	close(fd);
	return r;
}

struct walk {
	struct df_exposure *x;
	const char *place;
	struct df_store *s;
	df_exposed_fn *fn;
	void *arg;
	int stopped;
};

static int
entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct walk *w = arg;
	struct df_exposure *x = w->x;
	int r;

	df_buf_reset(&x->path);
	df_buf_fmt(&x->path, "%s: %s", w->place, t->path);
	x->named = 1;
	r = df_exposure_text(x, x->path.s, t->path, t->len, w->fn, w->arg);
	if (r == 0 && t->mode == DF_TREE_LINK)
		r = df_exposure_text(x, x->path.s, t->target,
		    strlen(t->target), w->fn, w->arg);
	x->named = 0;
	if (r == 0 && (t->mode == DF_TREE_FILE || t->mode == DF_TREE_EXEC)) {
		r = df_exposure_blob(x, x->path.s, w->s, &t->digest, w->fn,
		    w->arg, e);
		if (r < 0)
			return -1;
	}
	w->stopped = r != 0;
	return r;
}

int
df_exposure_tree(struct df_exposure *x, const char *place, struct df_store *s,
    const struct df_digest *root, df_exposed_fn *fn, void *arg,
    struct df_err *e)
{
	struct walk w = { x, place, s, fn, arg, 0 };
	int r = df_tree_walk(s, root, NULL, entry, &w, e);

	return w.stopped ? 1 : r;
}
