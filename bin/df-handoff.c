/*
 * df-handoff - one builder handoff for each task; one commit for all of them.
 *
 * Reads the public documents and the contract and template that the run was
 * booted with, and nothing else, so two runs of the same inputs have the same
 * handoffs byte for byte.
 */
#include "base/df.h"

#include "base/opt.h"
#include "base/out.h"
#include "texts.h"

static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_DRY, DF_ARG_JSON, DF_ARG_QUIET,
	DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-handoff", "[options] [TASK...|-]",
	"Write the builder handoff of each task.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

static const struct df_texts_kind kind = {
	"handoff", { "json", "md", NULL }, { DF_MEDIA_JSON, DF_MEDIA_MD }
};

static int
make(struct df_maker *m, size_t task, struct df_err *e)
{
	struct df_writer *w = m->writer;

	return df_writer_handoff(w, task, e) < 0 ||
	    df_texts_put(m, 0, &w->json, e) < 0 ||
	    df_texts_put(m, 1, &w->md, e) < 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
	struct df_texts t;
	struct df_list names = { 0 };
	struct df_err e;
	char **operand;
	size_t n;
	int r;

	operand = df_opt_parse(&tool, argc, argv, &n);
	if (df_operands(operand, n, &names, &e) < 0 ||
	    df_texts_open(&t, &kind, &names, &e) < 0 ||
	    (r = df_texts_begin(&t, &e)) < 0 ||
	    (r > 0 && df_texts_make(&t, make, &e) < 0))
		df_die(&e);
	df_selection_print(&t.step.run, &t.sel, kind.stage, kind.suffix,
	    t.nsuffix);
	df_list_free(&names);
	df_texts_release(&t);
	return df_out_end(DF_OK);
}
