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

static const struct df_texts_kind kind = {
	"prompt", { "json", "md", "answers.age", NULL },
	{ DF_MEDIA_JSON, DF_MEDIA_MD, DF_MEDIA_AGE }
};
#define PRINTED 2		/* of these names: not the answers */

/* What is the same for all prompts. */
struct all {
	const char *adversarial;
	unsigned phases;
	struct df_buf verdict;		/* of the origin, or empty */
};

/* What a thread makes them in. */
struct own {
	const struct df_spec *spec;
	jv verdict;			/* or invalid */
	/* of the task at hand */
	struct df_buf handoff, json, md, answers, age;
	struct df_json record, j;	/* the handoff's, ours */
	struct df_feedback *feedback;
	size_t nfeedback, capfeedback;
	struct df_list owned;		/* its strings */
};

/* ---- what they are made of ---- */

static int
load_verdict(struct df_texts *t, struct all *a, struct df_err *e)
{
	static const char name[] = "origin/1/verdict.json";
	struct df_json j = { 0 };
	int r;

	if (df_run_find(&t->step.run, name) == NULL)
		return 0;
	r = df_texts_input(t, name, &a->verdict, e);
	if (r == 0)
		r = df_schema_scan(&j, a->verdict.s, a->verdict.n,
		    DF_JSON_CANON, "holdout", name, e);
	df_json_release(&j);
	return r;
}

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

/* ---- feedback ---- */

static void
add_feedback(struct own *w, const char *id, const char *failure)
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
scenario_feedback(struct own *w, jv scenario, const char *task)
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
			if (df_spec_find(w->spec, jv_string_value(id),
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
feedback(struct own *w, const char *task)
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
begin(struct df_maker *m, struct df_err *e)
{
	const struct all *a = m->arg;
	struct own *o = df_calloc(1, sizeof(*o));

	m->own = o;
	o->spec = &m->t->public.spec;
	o->verdict = jv_invalid();
	df_buf_init(&o->handoff);
	df_buf_init(&o->json);
	df_buf_init(&o->md);
	df_buf_init(&o->answers);
	df_buf_init(&o->age);
	if (a->verdict.n == 0)
		return 0;
	o->verdict = df_json_parse(a->verdict.s, a->verdict.n, 0,
	    "the old verdict", e);
	return jv_is_valid(o->verdict) ? 0 : -1;
}

static void
end(struct df_maker *m)
{
	struct own *o = m->own;

	if (o == NULL)
		return;
	jv_free(o->verdict);
	df_buf_release(&o->handoff);
	df_buf_release(&o->json);
	df_buf_release(&o->md);
	df_buf_wipe(&o->answers);
	df_buf_release(&o->age);
	df_json_release(&o->record);
	df_json_release(&o->j);
	df_list_free(&o->owned);
	free(o->feedback);
	free(o);
}

static int
read_handoff(struct df_maker *m, struct own *o, size_t task,
    struct df_digest *d, struct df_err *e)
{
	struct df_run *r = &m->t->step.run;
	char name[DF_NAME_MAX + 1];

	handoff_name(m->t, task, name);
	*d = df_run_find(r, name)->digest;
	df_buf_reset(&o->handoff);
	return df_store_get(&r->store, d, DF_RUN_BLOB_MAX, &o->handoff, e) <
	    0 ? -1 : df_schema_scan(&o->record, o->handoff.s, o->handoff.n,
	    DF_JSON_CANON, "handoff", name, e);
}

/* The answers leave this function encrypted only. */
static int
put(struct df_maker *m, struct own *o, struct df_err *e)
{
	df_buf_reset(&o->age);
	return df_schema_scan(&o->j, o->json.s, o->json.n, DF_JSON_CANON,
	    "prompt", "prompt", e) < 0 ||
	    df_schema_scan(&o->j, o->answers.s, o->answers.n, DF_JSON_CANON,
	    "answers", "answers", e) < 0 ||
	    df_trust_encrypt(&m->t->step.run.trust, 0, o->answers.s,
	    o->answers.n, &o->age, e) < 0 ||
	    df_texts_put(m, 0, &o->json, e) < 0 ||
	    df_texts_put(m, 1, &o->md, e) < 0 ||
	    df_texts_put(m, 2, &o->age, e) < 0 ? -1 : 0;
}

static int
make(struct df_maker *m, size_t task, struct df_err *e)
{
	const struct all *a = m->arg;
	struct own *o = m->own;
	struct df_prompt_in in = { .xref = m->xref, .contract = m->contract,
	    .tmpl = m->tmpl, .adversarial = a->adversarial, .phases =
	    a->phases, .handoff = &o->record };
	const struct df_item *it = df_texts_task(m->t, task, e);

	if (it == NULL || read_handoff(m, o, task, &in.handoff_digest, e) <
	    0)
		return -1;
	feedback(o, it->id);
	in.feedback = o->feedback;
	in.nfeedback = o->nfeedback;
	df_buf_reset(&o->json);
	df_buf_reset(&o->md);
	df_buf_reset(&o->answers);
	return df_prompt_make(o->spec, df_task_of(it), &in, &o->json, &o->md,
	    &o->answers, e) < 0 ? -1 : put(m, o, e);
}

static int
make_all(struct df_texts *t, struct df_err *e)
{
	struct all a = { .verdict = DF_BUF_INIT };
	const struct df_texts_how how = { begin, end, make, &a };
	int r;

	a.adversarial = df_run_setting_str(&t->step.run, "prompt.adversarial",
	    "genesis");
	a.phases = (unsigned)df_run_setting_int(&t->step.run,
	    "prompt.phases", 1);
	r = load_verdict(t, &a, e);
	if (r == 0)
		r = need_handoffs(t, e);
	if (r == 0)
		r = df_texts_make(t, &how, e);
	df_buf_release(&a.verdict);
	return r;
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
	    (r > 0 && make_all(&t, &e) < 0))
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
