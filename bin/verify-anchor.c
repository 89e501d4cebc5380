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

int
df_verify_anchor(struct df_verify *w, int want, struct df_err *e)
{
	struct df_factory f;
	struct df_digest head;
	uint64_t seq;
	int r;

	r = open_factory(&f, want, e);
	if (r <= 0) {
		w->other = r < 0;
		return r;
	}
	r = df_factory_head(&f, &w->run.trust, &w->run.state.genesis, &seq,
	    &head, e);
	df_factory_close(&f);
	w->unanchored = want && r == 0;
	if (r <= 0)
		return r;
	if (seq > w->run.nline)
		df_finding_add(&w->bad, "anchor.length", "log.jsonl",
		    "the factory has seen line %llu; the log ends before",
		    (unsigned long long)seq);
	else if (!df_digest_eq(&head, &w->run.line[seq - 1].digest))
		df_finding_add(&w->bad, "anchor.head", "log.jsonl",
		    "the factory has seen another line %llu",
		    (unsigned long long)seq);
	else
		w->anchored = (int64_t)seq;
	return 0;
}
