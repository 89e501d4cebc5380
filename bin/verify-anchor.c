#include "base/df.h"

#include "base/opt.h"
#include "run/factory.h"
#include "verify.h"

int
df_verify_anchor(struct df_verify *w, struct df_err *e)
{
	struct df_factory f;
	struct df_digest head;
	uint64_t seq;
	int r;

	if (df_args.factory == NULL || *df_args.factory == '\0')
		return 0;
	r = df_factory_open(&f, df_args.factory, e);
	if (r <= 0)
		return r;
	r = df_factory_head(&f, &w->run.trust, &w->run.state.genesis, &seq,
	    &head, e);
	df_factory_close(&f);
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
