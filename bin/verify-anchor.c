#include "base/df.h"

#include "base/opt.h"
#include "run/factory.h"
#include "verify.h"

/* Of a factory that is named; or that is found, when an anchor is wanted. */
static int
open_factory(struct df_factory *f, int want, struct df_err *e)
{
	const char *path = df_args.factory;
	int r;

	if (path && *path == '\0')
		path = NULL;
	if (path == NULL && !want)
		return 0;
	r = df_factory_open(f, path, e);
	if (r == 0) {
		df_fail(e, DF_INPUT, "factory.which", "which factory?  None is "
		    "here or above");
		r = df_hint(e, "give -F FACTORY, or set DF_FACTORY");
	}
	return r;
}

/* Each anchor has to be a line of this log: a later one that is excuses none
   that is not. */
static void
compare(struct df_verify *w, const struct df_anchor *x, size_t n)
{
	const struct df_run *r = &w->run;
	size_t i;

	for (i = 0; i < n; i++) {
		if (x[i].seq > r->nline)
			df_finding_add(&w->bad, "anchor.length", "log.jsonl",
			    "the factory has seen line %llu; the log ends "
			    "before", (unsigned long long)x[i].seq);
		else if (!df_digest_eq(&x[i].head, &r->line[x[i].seq -
		    1].digest))
			df_finding_add(&w->bad, "anchor.head", "log.jsonl",
			    "the factory has seen another line %llu",
			    (unsigned long long)x[i].seq);
		else if ((int64_t)x[i].seq > w->anchored)
			w->anchored = (int64_t)x[i].seq;
	}
}

int
df_verify_anchor(struct df_verify *w, int want, struct df_err *e)
{
	struct df_run *r = &w->run;
	const struct df_anchor *x;
	struct df_anchors a;
	struct df_factory f;
	size_t n = 0;
	int ret;

	ret = open_factory(&f, want, e);
	if (ret <= 0) {
		w->other = ret < 0;
		return ret;
	}
	ret = df_anchors_read(&f, r->have_outside ? &r->outside : NULL,
	    &r->trust, &a, e);
	df_factory_close(&f);
	if (ret == 0) {
		x = df_anchors_of(&a, &r->state.genesis, &n);
		w->unanchored = want && n == 0;
		compare(w, x, n);
	}
	df_anchors_release(&a);
	return ret;
}
