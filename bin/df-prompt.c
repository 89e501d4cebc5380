/*
 * df-prompt - one agent prompt for each handoff; one commit for all of them.
 *
 * What a reviewer expects as answers is encrypted to evaluators and approvers
 * and never part of the prompt.  In a successor run the prompts of those tasks
 * that the old verdict holds responsible say so, in ids of the specification.
 */
#include "base/df.h"

#include <stdio.h>

#include "base/opt.h"
#include "base/out.h"
#include "evidence/opening.h"
#include "texts.h"

static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_DRY, DF_ARG_JSON, DF_ARG_QUIET,
	DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-prompt", "[options] [TASK...|-]",
	"Write the agent prompt of each task that has a handoff.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

static const struct df_texts_kind kind = {
	"prompt", { "json", "md", "answers.age", NULL },
	{ DF_MEDIA_JSON, DF_MEDIA_MD, DF_MEDIA_AGE }
};
#define PRINTED 2		/* of these names: not the answers */

static void
handoff_name(const struct df_texts *t, size_t task, char name[DF_NAME_MAX + 1])
{
	snprintf(name, DF_NAME_MAX + 1, "handoff/%s.json",
	    t->step.run.state.task[task].id);
}

/* Every prompt has its handoff, and who gave that signed: the stage's
   inputs. */
static int
need_handoffs(struct df_texts *t, struct df_err *e)
{
	struct df_run *r = &t->step.run;
	const struct df_name *n;
	char name[DF_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < t->ntodo; i++) {
		handoff_name(t, t->todo[i], name);
		n = df_run_find(r, name);
		if (n == NULL) {
			(void)df_fail(e, DF_REFUSED, "pass.missing",
			    "%s has no handoff: no PASS, no read",
			    r->state.task[t->todo[i]].id);
			return df_hint(e, "df-handoff %s",
			    r->state.task[t->todo[i]].id);
		}
		if (df_run_verify(r, &r->giver[n->giver], e) < 0)
			return -1;
		df_commit_input(&t->commit[0], name, &n->digest);
	}
	return 0;
}

/* What the keys of the commitments to answers are made of. */
static int
make_secret(struct df_texts *t, struct df_err *e)
{
	jv first = df_run_created(&t->step.run, e);
	int r;

	if (!jv_is_valid(first))
		return -1;
	r = df_answers_secret(t->step.key, df_jv_str(first, "run"),
	    df_jv_str(first, "nonce"), t->source.secret, e);
	jv_free(first);
	t->source.have_secret = r == 0;
	return r;
}

/* The answers leave this function encrypted only. */
static int
make(struct df_maker *m, size_t task, struct df_err *e)
{
	struct df_run *r = &m->t->step.run;
	struct df_writer *w = m->writer;
	char name[DF_NAME_MAX + 1];

	handoff_name(m->t, task, name);
	df_buf_reset(&m->age);
	return df_writer_prompt(w, task, &df_run_find(r, name)->digest, e) <
	    0 || df_trust_encrypt(&r->trust, 0, w->answers.s, w->answers.n,
	    &m->age, e) < 0 || df_texts_put(m, 0, &w->json, e) < 0 ||
	    df_texts_put(m, 1, &w->md, e) < 0 ||
	    df_texts_put(m, 2, &m->age, e) < 0 ? -1 : 0;
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
	    (r > 0 && (need_handoffs(&t, &e) < 0 ||
	    make_secret(&t, &e) < 0 || df_texts_make(&t, make, &e) < 0)))
		df_die(&e);
	df_selection_print(&t.step.run, &t.sel, kind.stage, kind.suffix,
	    PRINTED);
	if (!df_args.dry)
		df_selection_link(&t.step.run, &t.sel, kind.stage,
		    &kind.suffix[PRINTED], 1);
	df_list_free(&names);
	df_texts_release(&t);
	return df_out_end(DF_OK);
}
