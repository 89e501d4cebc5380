/*
 * scan RUN SPEC - look for SPEC's D9 in the handoffs and prompts of a run, as
 * df-holdout does before it judges.  Says how many texts and hits there were.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "run/run.h"
#include "spec/exposure.h"
#include "spec/suite.h"

static int
on_exposed(void *arg, const struct df_exposed *x)
{
	size_t *hits = arg;

	*hits += !x->shared;
	return 0;
}

static int
is_text(const char *name)
{
	size_t n = strlen(name);

	return (strncmp(name, "handoff/", 8) == 0 ||
	    strncmp(name, "prompt/", 7) == 0) &&
	    strcmp(name + n - 4, ".age") != 0;
}

int
main(int argc, char **argv)
{
	struct df_suite_count count;
	struct df_exposure *x;
	struct df_sealed suite;
	struct df_spec sp;
	struct df_run r;
	struct df_err e;
	size_t i, texts = 0, hits = 0;

	if (argc != 3)
		df_diex(DF_USAGE, "usage", "scan RUN SPEC");
	df_sealed_init(&suite);
	if (df_run_open(&r, argv[1], 0, &e) < 0 ||
	    df_spec_load_dir(&sp, argv[2], NULL, 0, &e) < 0 ||
	    df_suite_make(&sp, NULL, &suite, &count, &e) < 0)
		df_die(&e);
	x = df_exposure_new(&suite, &e);
	if (x == NULL)
		df_die(&e);
	if (df_exposure_public(x, &sp, on_exposed, &hits) < 0)
		df_diex(DF_NO, "scan", "the documents show D9");
	for (i = 0; i < r.nname; i++) {
		if (!is_text(r.name[i].name))
			continue;
		texts++;
		if (df_exposure_blob(x, r.name[i].name, &r.store,
		    &r.name[i].digest, on_exposed, &hits, &e) < 0)
			df_die(&e);
	}
	printf("%zu texts, %zu hits\n", texts, hits);
	df_exposure_free(x);
	df_sealed_release(&suite);
	df_spec_release(&sp);
	df_run_close(&r);
	return texts == 0;
}
