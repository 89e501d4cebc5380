#define _GNU_SOURCE
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "evidence/opening.h"
#include "spec/writer.h"

/* ---- the source ---- */

static int
input(struct df_source *s, const char *name, struct df_buf *b,
    struct df_err *e)
{
	df_list_add(&s->inputs, df_strdup(name));
	return df_run_get(s->run, name, DF_RUN_BLOB_MAX, b, e);
}

static int
load_verdict(struct df_source *s, struct df_err *e)
{
	static const char name[] = "origin/1/verdict.json";
	struct df_json j = { 0 };
	int r;

	if (df_run_find(s->run, name) == NULL)
		return 0;
	r = input(s, name, &s->verdict, e);
	if (r == 0)
		r = df_schema_scan(&j, s->verdict.s, s->verdict.n,
		    DF_JSON_CANON, "holdout", name, e);
	df_json_release(&j);
	return r;
}

static int
load(struct df_source *s, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	char name[80];
	int r;

	snprintf(name, sizeof(name), "config/contract/%s.json", s->kind);
	r = input(s, name, &s->contract, e);
	snprintf(name, sizeof(name), "config/template/%s.md", s->kind);
	if (r == 0)
		r = input(s, name, &s->tmpl, e);
	if (r == 0)
		r = input(s, "spec.tree", &b, e);
	df_buf_release(&b);
	if (r < 0 || df_public_read(&s->public, &s->run->store,
	    &df_run_find(s->run, "spec.tree")->digest, e) < 0)
		return -1;
	return strcmp(s->kind, "prompt") == 0 ? load_verdict(s, e) : 0;
}

int
df_source_load(struct df_source *s, struct df_run *r, const char *kind,
    struct df_err *e)
{
	memset(s, 0, sizeof(*s));
	s->run = r;
	s->kind = kind;
	df_buf_init(&s->contract);
	df_buf_init(&s->tmpl);
	df_buf_init(&s->verdict);
	s->adversarial = df_run_setting_str(r, "prompt.adversarial",
	    "genesis");
	s->phases = (unsigned)df_run_setting_int(r, "prompt.phases", 1);
	if (load(s, e) == 0)
		return 0;
	df_source_release(s);
	return -1;
}

void
df_source_release(struct df_source *s)
{
	df_buf_release(&s->contract);
	df_buf_release(&s->tmpl);
	df_buf_release(&s->verdict);
	df_list_free(&s->inputs);
	explicit_bzero(s->secret, sizeof(s->secret));
	if (s->public.spec.have)
		df_public_release(&s->public);
	memset(s, 0, sizeof(*s));
}

/* ---- a writer ---- */

static int
prepare(struct df_writer *w, struct df_err *e)
{
	const struct df_source *s = w->source;

	w->contract = df_json_parse(s->contract.s, s->contract.n, 0,
	    "the contract", e);
	if (!jv_is_valid(w->contract))
		return -1;
	w->tmpl = df_template_compile(s->tmpl.s, s->tmpl.n, "the template",
	    e);
	if (w->tmpl == NULL)
		return -1;
	w->xref = df_xref_new(&s->public.spec);
	if (s->verdict.n == 0)
		return 0;
	w->verdict = df_json_parse(s->verdict.s, s->verdict.n, 0,
	    "the old verdict", e);
	return jv_is_valid(w->verdict) ? 0 : -1;
}

struct df_writer *
df_writer_new(const struct df_source *s, struct df_err *e)
{
	struct df_writer *w = df_calloc(1, sizeof(*w));

	w->source = s;
	w->contract = w->verdict = jv_invalid();
	df_buf_init(&w->json);
	df_buf_init(&w->md);
	df_buf_init(&w->answers);
	df_buf_init(&w->handoff);
	if (prepare(w, e) == 0)
		return w;
	df_writer_free(w);
	return NULL;
}

void
df_writer_free(struct df_writer *w)
{
	if (w == NULL)
		return;
	df_buf_release(&w->json);
	df_buf_release(&w->md);
	df_buf_wipe(&w->answers);
	df_buf_release(&w->handoff);
	df_json_release(&w->record);
	df_json_release(&w->j);
	df_list_free(&w->owned);
	free(w->feedback);
	if (w->xref)
		df_xref_free(w->xref);
	df_template_free(w->tmpl);
	jv_free(w->contract);
	jv_free(w->verdict);
	free(w);
}

static const char *
task_id(const struct df_writer *w, size_t task)
{
	return w->source->run->state.task[task].id;
}

static const struct df_task *
find_task(const struct df_writer *w, size_t task, struct df_err *e)
{
	const char *id = task_id(w, task);
	const struct df_item *it = df_spec_find(&w->source->public.spec, id,
	    strlen(id));

	if (it && it->family == DF_T)
		return df_task_of(it);
	(void)df_fail(e, DF_INTEGRITY, "spec.task",
	    "D8 of the run has no task %s", id);
	return NULL;
}

int
df_writer_handoff(struct df_writer *w, size_t task, struct df_err *e)
{
	struct df_handoff_in in = { .xref = w->xref, .contract = w->contract,
	    .tmpl = w->tmpl, .ordinal = (unsigned)task + 1 };
	const struct df_task *t = find_task(w, task, e);

	df_buf_reset(&w->json);
	df_buf_reset(&w->md);
	return t == NULL || df_handoff_make(&w->source->public.spec, t, &in,
	    &w->json, &w->md, e) < 0 ? -1 : df_schema_scan(&w->j, w->json.s,
	    w->json.n, DF_JSON_CANON, "handoff", task_id(w, task), e);
}

/* ---- feedback ---- */

static void
add_feedback(struct df_writer *w, const char *id, const char *failure)
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
scenario_feedback(struct df_writer *w, jv scenario, const char *task)
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
			if (df_spec_find(&w->source->public.spec,
			    jv_string_value(id), strlen(jv_string_value(id))))
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
feedback(struct df_writer *w, const char *task)
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

/* ---- prompts ---- */

static int
read_handoff(struct df_writer *w, size_t task, const struct df_digest *d,
    struct df_err *e)
{
	df_buf_reset(&w->handoff);
	return df_store_get(&w->source->run->store, d, DF_RUN_BLOB_MAX,
	    &w->handoff, e) < 0 ? -1 : df_schema_scan(&w->record,
	    w->handoff.s, w->handoff.n, DF_JSON_CANON, "handoff",
	    task_id(w, task), e);
}

/* The commitment to a task's answers in the prompt that the run has, or "". */
static int
read_committed(const struct df_writer *w, const char *task, char c[65],
    struct df_err *e)
{
	struct df_run *r = w->source->run;
	struct df_buf b = DF_BUF_INIT;
	const struct df_name *n;
	char name[DF_NAME_MAX + 1];
	const char *s;
	int rc;
	jv v;

	c[0] = '\0';
	snprintf(name, sizeof(name), "prompt/%s.json", task);
	n = df_run_find(r, name);
	if (n == NULL)
		return 0;
	rc = df_store_get(&r->store, &n->digest, DF_RUN_BLOB_MAX, &b, e);
	v = rc == 0 ? df_json_parse(b.s, b.n, DF_JSON_CANON, name, e) :
	    jv_invalid();
	s = df_jv_str(v, "answers");
	if (s)
		snprintf(c, 65, "%s", s);
	df_buf_release(&b);
	if (!jv_is_valid(v))
		rc = -1;
	jv_free(v);
	return rc;
}

int
df_writer_prompt(struct df_writer *w, size_t task,
    const struct df_digest *handoff, struct df_err *e)
{
	const struct df_source *s = w->source;
	struct df_prompt_in in = { .xref = w->xref, .contract = w->contract,
	    .tmpl = w->tmpl, .adversarial = s->adversarial, .phases =
	    s->phases, .handoff = &w->record, .handoff_digest = *handoff };
	const struct df_task *t = find_task(w, task, e);
	char committed[65] = "";
	int rc;

	if (t == NULL || read_handoff(w, task, handoff, e) < 0 ||
	    (!s->have_secret && read_committed(w, task_id(w, task),
	    committed, e) < 0))
		return -1;
	if (s->have_secret)
		df_answers_key(s->secret, task_id(w, task), in.answers_key);
	in.committed = *committed ? committed : NULL;
	feedback(w, task_id(w, task));
	in.feedback = w->feedback;
	in.nfeedback = w->nfeedback;
	df_buf_reset(&w->json);
	df_buf_reset(&w->md);
	df_buf_reset(&w->answers);
	rc = df_prompt_make(&s->public.spec, t, &in, &w->json, &w->md,
	    &w->answers, e);
	explicit_bzero(in.answers_key, sizeof(in.answers_key));
	return rc < 0 || df_schema_scan(&w->j, w->json.s,
	    w->json.n, DF_JSON_CANON, "prompt", task_id(w, task), e) < 0 ? -1
	    : df_schema_scan(&w->j, w->answers.s, w->answers.n,
	    DF_JSON_CANON, "answers", "answers", e);
}
