/*
 * df-prompt - one agent prompt for each handoff; one commit for all of them.
 *
 * What a reviewer expects as answers is encrypted to evaluators and approvers
 * and never part of the prompt.  In a successor run the prompts of those tasks
 * that the old verdict holds responsible say so, in ids of the specification.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "spec/prompt.h"
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

static const char *const suffix[] = { "json", "md", "answers.age" };
static const char *const printed[] = { "json", "md" };

struct work {
	struct df_texts t;
	struct df_prompt_in in;
	jv verdict;			/* of the origin, or invalid */

	/* of the task at hand */
	struct df_buf handoff, json, md, answers;
	struct df_json record;		/* of the handoff, scanned */
	struct df_feedback *feedback;
	size_t nfeedback, capfeedback;
	struct df_list owned;		/* its strings */
};

static int
load(struct work *w, struct df_err *e)
{
	static const char name[] = "origin/1/verdict.json";
	struct df_run *run = &w->t.step.run;
	const struct df_name *n = df_run_find(run, name);

	if (n) {
		w->verdict = df_run_json(run, name, "holdout", e);
		if (!jv_is_valid(w->verdict))
			return -1;
		df_commit_input(&w->t.commit[0], name, &n->digest);
	}
	w->in.xref = w->t.xref;
	w->in.contract = w->t.contract;
	w->in.tmpl = w->t.tmpl;
	w->in.adversarial = df_run_setting_str(run, "prompt.adversarial",
	    "genesis");
	w->in.phases = (unsigned)df_run_setting_int(run, "prompt.phases", 1);
	return 0;
}

/* ---- feedback ---- */

static void
add_feedback(struct work *w, const char *id, const char *failure)
{
	struct df_feedback *f;
	size_t i;

	for (i = 0; i < w->nfeedback; i++)
		if (strcmp(w->feedback[i].id, id) == 0 &&
		    strcmp(w->feedback[i].failure, failure) == 0)
			return;
	DF_GROW(w->feedback, w->nfeedback, w->capfeedback);
	f = &w->feedback[w->nfeedback++];
	df_list_add(&w->owned, df_strdup(id));
	f->id = w->owned.v[w->owned.n - 1];
	df_list_add(&w->owned, df_strdup(failure));
	f->failure = w->owned.v[w->owned.n - 1];
}

/* The ids of D2 to D4 that a scenario looks at; without any, the task. */
static void
scenario_feedback(struct work *w, jv scenario, const char *task)
{
	static const char *const list[] = { "validates_scenarios",
	    "validates_contracts" };
	const char *failure = df_jv_str(scenario, "failure");
	size_t was = w->nfeedback, k;
	jv ids, id;
	int i, n;

	for (k = 0; k < DF_LEN(list); k++) {
		ids = df_jv_get(scenario, list[k]);
		n = jv_array_length(jv_copy(ids));
		for (i = 0; i < n; i++) {
			id = jv_array_get(jv_copy(ids), i);
			if (df_spec_find(&w->t.public.spec, jv_string_value(id),
			    strlen(jv_string_value(id))))
				add_feedback(w, jv_string_value(id), failure ?
				    failure : "failed");
			jv_free(id);
		}
		jv_free(ids);
	}
	if (w->nfeedback == was)
		add_feedback(w, task, failure ? failure : "failed");
}

/* Did the artifact do it, and not the judge or a scenario before it? */
static int
is_its_fault(jv scenario)
{
	static const char *const others[] = { "not-run", "environment",
	    "no-executable-verify", "program", "sandbox" };
	const char *status = df_jv_str(scenario, "status");
	const char *failure = df_jv_str(scenario, "failure");
	size_t i;

	for (i = 0; failure && i < DF_LEN(others); i++)
		if (strcmp(failure, others[i]) == 0)
			return 0;
	return strcmp(status, "PASS") != 0;
}

static void
feedback(struct work *w, const char *task)
{
	const char *who;
	jv list, one;
	int i, n;

	w->nfeedback = 0;
	df_list_free(&w->owned);
	if (!jv_is_valid(w->verdict))
		return;
	list = df_jv_get(w->verdict, "holdouts");
	n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		who = df_jv_str(one, "responsible_task");
		if (who && strcmp(who, task) == 0 && is_its_fault(one))
			scenario_feedback(w, one, task);
		jv_free(one);
	}
	jv_free(list);
	list = df_jv_get(w->verdict, "disclosed");
	n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		who = df_jv_str(one, "task");
		if (who && strcmp(who, task) == 0)
			add_feedback(w, task, "disclosed");
		jv_free(one);
	}
	jv_free(list);
}

/* ---- one prompt ---- */

static int
put(struct work *w, const char *id, struct df_err *e)
{
	static const char *const schema[] = { "prompt", "answers" };
	const struct df_buf *checked[] = { &w->json, &w->answers };
	struct df_buf age = DF_BUF_INIT;
	struct df_json j = { 0 };
	size_t k;
	int r = 0;

	for (k = 0; k < 2 && r == 0; k++)
		r = df_schema_scan(&j, checked[k]->s, checked[k]->n,
		    DF_JSON_CANON, schema[k], schema[k], e);
	df_json_release(&j);
	if (r == 0)
		r = df_texts_put(&w->t, id, "json", DF_MEDIA_JSON, &w->json,
		    e);
	if (r == 0)
		r = df_texts_put(&w->t, id, "md", DF_MEDIA_MD, &w->md, e);
	if (r == 0)
		r = df_trust_encrypt(&w->t.step.run.trust, 0, w->answers.s,
		    w->answers.n, &age, e);
	if (r == 0)
		r = df_texts_put(&w->t, id, "answers.age", DF_MEDIA_AGE, &age,
		    e);
	df_buf_release(&age);
	return r;
}

static int
make(struct work *w, const char *id, struct df_err *e)
{
	const struct df_item *it;
	char name[DF_NAME_MAX + 1];
	int r;

	snprintf(name, sizeof(name), "handoff/%s.json", id);
	if (df_run_find(&w->t.step.run, name) == NULL) {
		(void)df_fail(e, DF_REFUSED, "pass.missing",
		    "%s has no handoff: no PASS, no read", id);
		return df_hint(e, "df-handoff %s", id);
	}
	it = df_texts_task(&w->t, id, e);
	if (it == NULL)
		return -1;
	df_buf_reset(&w->handoff);
	df_buf_reset(&w->json);
	df_buf_reset(&w->md);
	df_buf_reset(&w->answers);
	feedback(w, id);
	w->in.feedback = w->feedback;
	w->in.nfeedback = w->nfeedback;
	r = df_texts_input(&w->t, name, &w->handoff, e);
	if (r == 0)
		r = df_schema_scan(&w->record, w->handoff.s, w->handoff.n,
		    DF_JSON_CANON, "handoff", name, e);
	if (r == 0) {
		df_sha256(w->handoff.s, w->handoff.n, &w->in.handoff_digest);
		w->in.handoff = &w->record;
		r = df_prompt_make(&w->t.public.spec, df_task_of(it), &w->in,
		    &w->json, &w->md, &w->answers, e);
	}
	return r < 0 ? -1 : put(w, id, e);
}

static int
work(struct work *w, struct df_err *e)
{
	const struct df_state *s = &w->t.step.run.state;
	size_t i, missing;
	int r = df_texts_begin(&w->t, &missing, e);

	if (r <= 0)
		return r;
	if (load(w, e) < 0)
		return -1;
	for (i = 0; i < s->ntask; i++)
		if (w->t.sel.in[i] && !df_texts_hold(&w->t, i) &&
		    make(w, s->task[i].id, e) < 0)
			return -1;
	return df_args.dry ? 0 : df_texts_commit(&w->t, missing, e);
}

static void
release(struct work *w)
{
	jv_free(w->verdict);
	df_json_release(&w->record);
	df_buf_release(&w->handoff);
	df_buf_release(&w->json);
	df_buf_release(&w->md);
	df_buf_wipe(&w->answers);
	df_list_free(&w->owned);
	free(w->feedback);
	df_texts_release(&w->t);
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
	w.verdict = jv_invalid();
	df_buf_init(&w.handoff);
	df_buf_init(&w.json);
	df_buf_init(&w.md);
	df_buf_init(&w.answers);
	if (df_operands(operand, n, &names, &e) < 0 ||
	    df_texts_open(&w.t, "prompt", suffix, DF_LEN(suffix), &names, &e)
	    < 0 || work(&w, &e) < 0)
		df_die(&e);
	df_selection_print(&w.t.step.run, &w.t.sel, "prompt", printed,
	    DF_LEN(printed));
	if (!df_args.dry)
		df_selection_link(&w.t.step.run, &w.t.sel, "prompt",
		    &suffix[2], 1);
	df_list_free(&names);
	release(&w);
	return df_out_end(DF_OK);
}
