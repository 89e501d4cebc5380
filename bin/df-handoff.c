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
#include "run/hold.h"
#include "run/select.h"
#include "run/step.h"
#include "spec/handoff.h"
#include "spec/public.h"

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

struct work {
	struct df_step step;
	struct df_hold hold;
	struct df_selection sel;
	struct df_public public;
	struct df_handoff_in in;
	jv contract;
	struct df_template *tmpl;
	struct df_commit commit[2];	/* stage.started, stage.completed */
};

static int
holds(const struct df_run *r, size_t task)
{
	char name[DF_NAME_MAX + 1];
	size_t k;

	for (k = 0; k < DF_LEN(suffix); k++) {
		snprintf(name, sizeof(name), "handoff/%s.%s",
		    r->state.task[task].id, suffix[k]);
		if (df_run_find(r, name) == NULL)
			return 0;
	}
	return 1;
}

static int
input(struct work *w, const char *name, struct df_buf *b, struct df_err *e)
{
	const struct df_name *n = df_run_find(&w->step.run, name);

	if (df_run_get(&w->step.run, name, DF_RUN_BLOB_MAX, b, e) < 0)
		return -1;
	df_commit_input(&w->commit[0], name, &n->digest);
	return 0;
}

/* What all handoffs of the run are made of. */
static int
load(struct work *w, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *name = "config/contract/handoff.json";
	const struct df_name *tree;
	int r;

	r = input(w, name, &b, e);
	if (r == 0) {
		w->contract = df_json_parse(b.s, b.n, 0, name, e);
		r = jv_is_valid(w->contract) ? 0 : -1;
	}
	df_buf_reset(&b);
	name = "config/template/handoff.md";
	if (r == 0)
		r = input(w, name, &b, e);
	if (r == 0) {
		w->tmpl = df_template_compile(b.s, b.n, name, e);
		r = w->tmpl ? 0 : -1;
	}
	df_buf_reset(&b);
	if (r == 0)
		r = input(w, "spec.tree", &b, e);
	df_buf_release(&b);
	if (r < 0)
		return -1;
	tree = df_run_find(&w->step.run, "spec.tree");
	if (df_public_read(&w->public, &w->step.run.store, &tree->digest, e)
	    < 0)
		return -1;
	w->in.xref = df_xref_new(&w->public.spec);
	w->in.contract = w->contract;
	w->in.tmpl = w->tmpl;
	return 0;
}

static int
put(struct work *w, const char *id, struct df_buf *json, struct df_buf *md,
    struct df_err *e)
{
	char name[DF_NAME_MAX + 1];
	struct df_json j = { 0 };
	int r;

	snprintf(name, sizeof(name), "handoff/%s.json", id);
	r = df_schema_scan(&j, json->s, json->n, DF_JSON_CANON, "handoff",
	    name, e);
	df_json_release(&j);
	if (r == 0)
		r = df_commit_put(&w->step, &w->commit[1], name,
		    DF_MEDIA_JSON, json->s, json->n, e);
	snprintf(name, sizeof(name), "handoff/%s.md", id);
	if (r == 0)
		r = df_commit_put(&w->step, &w->commit[1], name, DF_MEDIA_MD,
		    md->s, md->n, e);
	return r;
}

static int
make_all(struct work *w, size_t *made, struct df_err *e)
{
	const struct df_state *s = &w->step.run.state;
	struct df_buf json = DF_BUF_INIT, md = DF_BUF_INIT;
	const struct df_item *it;
	size_t i;
	int r = 0;

	for (i = 0; i < s->ntask && r == 0; i++) {
		if (!w->sel.in[i] || holds(&w->step.run, i))
			continue;
		it = df_spec_find(&w->public.spec, s->task[i].id,
		    strlen(s->task[i].id));
		if (it == NULL || it->family != DF_T) {
			r = df_fail(e, DF_INTEGRITY, "handoff.task",
			    "D8 of the run has no task %s", s->task[i].id);
			break;
		}
		df_buf_reset(&json);
		df_buf_reset(&md);
		w->in.ordinal = (unsigned)i + 1;
		r = df_handoff_make(&w->public.spec, df_task_of(it), &w->in,
		    &json, &md, e);
		if (r == 0)
			r = put(w, s->task[i].id, &json, &md, e);
		++*made;
	}
	df_buf_release(&json);
	df_buf_release(&md);
	return r;
}

static int
commit(struct work *w, size_t made, struct df_err *e)
{
	struct df_stage *st = df_state_stage(&w->step.run.state, "handoff");
	int64_t n = st ? st->attempts + 1 : 1;
	size_t i;

	for (i = 0; i < 2; i++) {
		w->commit[i].data = df_jset_int(w->commit[i].data, "attempt",
		    n);
		w->commit[i].data = df_jset_str(w->commit[i].data, "stage",
		    "handoff");
	}
	w->commit[1].data = df_jset_str(w->commit[1].data, "outcome",
	    "success");
	w->commit[1].data = df_jset_int(w->commit[1].data, "tasks",
	    (int64_t)made);
	return df_step_commit(&w->step, w->commit, 2, e);
}

static int
missing(const struct work *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->step.run.state.ntask; i++)
		n += w->sel.in[i] && !holds(&w->step.run, i);
	return n > 0;
}

static int
work(struct work *w, struct df_err *e)
{
	size_t made = 0;

	df_commit_init(&w->commit[0], "stage.started", NULL);
	df_commit_init(&w->commit[1], "stage.completed", NULL);
	if (!missing(w))
		return 0;
	if (w->step.run.state.status != DF_ST_EXECUTING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: no handoffs are made any more",
		    df_run_status_name(w->step.run.state.status));
	if (!df_args.dry && df_hold_take(&w->hold, &w->step.run, "handoff",
	    NULL, e) < 0)
		return -1;
	if (!missing(w))
		return 0;
	if (load(w, e) < 0 || make_all(w, &made, e) < 0)
		return -1;
	return df_args.dry ? 0 : commit(w, made, e);
}

static void
release(struct work *w)
{
	df_xref_free(w->in.xref);
	df_template_free(w->tmpl);
	jv_free(w->contract);
	if (w->public.spec.have)
		df_public_release(&w->public);
	df_commit_release(&w->commit[0]);
	df_commit_release(&w->commit[1]);
	df_selection_release(&w->sel);
	df_hold_drop(&w->hold);
	df_step_close(&w->step);
}

int
main(int argc, char **argv)
{
	struct work w;
	struct df_list names = { 0 };
	struct df_err e;
	char **operand;
	size_t n;

	operand = df_opt_parse(&tool, argc, argv, &n);
	memset(&w, 0, sizeof(w));
	w.hold.dir = w.hold.lock = -1;
	w.contract = jv_invalid();
	if (df_operands(operand, n, &names, &e) < 0 ||
	    df_step_open(&w.step, DF_ROLE_RUN, 0, &e) < 0 ||
	    df_select(&w.step.run.state, &names, &w.sel, &e) < 0 ||
	    work(&w, &e) < 0)
		df_die(&e);
	df_selection_print(&w.step.run, &w.sel, "handoff", suffix,
	    DF_LEN(suffix));
	df_list_free(&names);
	release(&w);
	return df_out_end(DF_OK);
}
