/*
 * df-handoff - one builder handoff for each task; one commit for all of them.
 *
 * Reads the public documents and the contract and template that the run was
 * booted with, and nothing else, so two runs of the same inputs have the same
 * handoffs byte for byte.
 */
#include "base/df.h"

#include <stdlib.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "spec/handoff.h"
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

/* What a thread makes them in. */
struct own {
	struct df_buf json, md;
	struct df_json j;
};

static int
begin(struct df_maker *m, struct df_err *e)
{
	struct own *o = df_calloc(1, sizeof(*o));

	(void)e;
	df_buf_init(&o->json);
	df_buf_init(&o->md);
	m->own = o;
	return 0;
}

static void
end(struct df_maker *m)
{
	struct own *o = m->own;

	if (o == NULL)
		return;
	df_buf_release(&o->json);
	df_buf_release(&o->md);
	df_json_release(&o->j);
	free(o);
}

static int
make(struct df_maker *m, size_t task, struct df_err *e)
{
	struct df_handoff_in in = { .xref = m->xref, .contract = m->contract,
	    .tmpl = m->tmpl, .ordinal = (unsigned)task + 1 };
	const struct df_item *it = df_texts_task(m->t, task, e);
	struct own *o = m->own;

	if (it == NULL)
		return -1;
	df_buf_reset(&o->json);
	df_buf_reset(&o->md);
	return df_handoff_make(&m->t->public.spec, df_task_of(it), &in,
	    &o->json, &o->md, e) < 0 ||
	    df_schema_scan(&o->j, o->json.s, o->json.n, DF_JSON_CANON,
	    "handoff", it->id, e) < 0 || df_texts_put(m, 0, &o->json, e) < 0
	    || df_texts_put(m, 1, &o->md, e) < 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
	static const struct df_texts_how how = { begin, end, make, NULL };
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
	    (r > 0 && df_texts_make(&t, &how, &e) < 0))
		df_die(&e);
	df_selection_print(&t.step.run, &t.sel, kind.stage, kind.suffix,
	    t.nsuffix);
	df_list_free(&names);
	df_texts_release(&t);
	return df_out_end(DF_OK);
}
