/*
 * df-handoff - one builder handoff for each task; one commit for all of them.
 *
 * Reads the public documents and the contract and template that the run was
 * booted with, and nothing else, so two runs of the same inputs have the same
 * handoffs byte for byte.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>

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

static const char *const suffix[] = { "json", "md" };

static int
make(struct df_texts *t, struct df_handoff_in *in, size_t task,
    struct df_buf *json, struct df_buf *md, struct df_err *e)
{
	const char *id = t->step.run.state.task[task].id;
	const struct df_item *it = df_texts_task(t, id, e);
	struct df_json j = { 0 };
	int r;

	if (it == NULL)
		return -1;
	df_buf_reset(json);
	df_buf_reset(md);
	in->ordinal = (unsigned)task + 1;
	r = df_handoff_make(&t->public.spec, df_task_of(it), in, json, md, e);
	if (r == 0)
		r = df_schema_scan(&j, json->s, json->n, DF_JSON_CANON,
		    "handoff", id, e);
	df_json_release(&j);
	return r < 0 || df_texts_put(t, id, "json", DF_MEDIA_JSON, json, e) <
	    0 || df_texts_put(t, id, "md", DF_MEDIA_MD, md, e) < 0 ? -1 : 0;
}

static int
make_all(struct df_texts *t, struct df_err *e)
{
	struct df_handoff_in in = { .xref = t->xref, .contract = t->contract,
	    .tmpl = t->tmpl };
	struct df_buf json = DF_BUF_INIT, md = DF_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; i < t->step.run.state.ntask && r == 0; i++)
		if (t->sel.in[i] && !df_texts_hold(t, i))
			r = make(t, &in, i, &json, &md, e);
	df_buf_release(&json);
	df_buf_release(&md);
	return r;
}

int
main(int argc, char **argv)
{
	struct df_texts t;
	struct df_list names = { 0 };
	struct df_err e;
	char **operand;
	size_t n, missing;
	int r;

	operand = df_opt_parse(&tool, argc, argv, &n);
	if (df_operands(operand, n, &names, &e) < 0 ||
	    df_texts_open(&t, "handoff", suffix, DF_LEN(suffix), &names, &e) <
	    0 || (r = df_texts_begin(&t, &missing, &e)) < 0)
		df_die(&e);
	if (r > 0 && (make_all(&t, &e) < 0 || (!df_args.dry &&
	    df_texts_commit(&t, missing, &e) < 0)))
		df_die(&e);
	df_selection_print(&t.step.run, &t.sel, "handoff", suffix,
	    DF_LEN(suffix));
	df_list_free(&names);
	df_texts_release(&t);
	return df_out_end(DF_OK);
}
