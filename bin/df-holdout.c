/*
 * df-holdout - unseal the suite, look for it in what builders saw and wrote,
 * run its scenarios on the merged result, speak TAP.
 *
 * Plaintext of the suite lives in this process, in the judge's memory files
 * and in its sandboxes, and nowhere else.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/gate.h"
#include "run/hold.h"
#include "run/select.h"
#include "run/step.h"
#include "spec/exposure.h"
#include "spec/public.h"
#include "spec/score.h"
#include "work/judge.h"
#include "work/unseal.h"

static int64_t o_jobs = 1;
static int o_partial;
static const char *o_message;

struct work {
	struct df_step step;
	struct df_hold hold;
	struct df_sealed suite;
	struct df_suite_frame frame;
	struct df_suite_item *item;	/* of the scenarios: item[0] is n 1 */
	struct df_judge judge;
	struct df_trial **trial;	/* NULL: not run */
	struct df_scored *scored;
	struct df_disclosed *seen;	/* its strings belong to the run */
	size_t nseen, capseen;
	struct df_digest tree, commitment;
	int64_t evaluation;
	/* while scanning */
	const char *place, *task;
};

/* ---- unsealing ---- */

static int
unseal(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	struct df_buf age = DF_BUF_INIT, c = DF_BUF_INIT, plain = DF_BUF_INIT;
	size_t i;
	int ret;

	ret = df_run_get(r, "holdout.age", DF_RUN_BLOB_MAX, &age, e);
	if (ret == 0)
		ret = df_run_get(r, "commitment.json", DF_RUN_BLOB_MAX, &c,
		    e);
	if (ret == 0)
		ret = df_unseal(&age, DF_ROLE_HOLDOUT, &plain, e);
	if (ret == 0)
		ret = df_sealed_open(&w->suite, plain.s, plain.n, c.s, c.n,
		    e);
	if (ret == 0) {
		df_sha256(c.s, c.n, &w->commitment);
		ret = df_suite_frame(&w->frame, &w->suite.item[0], e);
		w->item = df_calloc(w->suite.n, sizeof(*w->item));
	}
	for (i = 1; ret == 0 && i < w->suite.n; i++)
		ret = df_suite_item(&w->item[i - 1], &w->suite.item[i], e);
	df_buf_release(&age);
	df_buf_release(&c);
	df_buf_wipe(&plain);
	return ret;
}

/* ---- what builders saw and wrote ---- */

static int
on_exposed(void *arg, const struct df_exposed *x)
{
	struct work *w = arg;
	const char *kind = df_leak_kind_name(x->kind);
	struct df_disclosed *d;
	size_t i;

	/* An id is easily guessed, and says nothing. */
	if (x->shared || x->kind == DF_LEAK_ID)
		return 0;
	for (i = 0; i < w->nseen; i++) {
		d = &w->seen[i];
		if (d->n == x->item && strcmp(d->name, w->place) == 0 &&
		    strcmp(d->kind, kind) == 0)
			return 0;
	}
	if (w->nseen >= 1000)
		return 1;
	DF_GROW(w->seen, w->nseen, w->capseen);
	d = &w->seen[w->nseen++];
	d->n = x->item;
	d->kind = kind;
	d->name = w->place;
	d->task = w->task;
	d->line = x->line;
	return 0;
}

/* The task whose builder saw or wrote the artifact, or NULL for others. */
static const char *
builder_of(const struct df_run *r, const char *name)
{
	static const char *const dir[] = { "handoff/", "prompt/", "dispatch/",
	    "result/" };
	size_t i, n;
	int t;

	for (i = 0; i < DF_LEN(dir); i++) {
		n = strlen(dir[i]);
		if (strncmp(name, dir[i], n) != 0)
			continue;
		t = df_state_task(&r->state, name + n, strcspn(name + n,
		    "/."));
		return t < 0 ? NULL : r->state.task[t].id;
	}
	return NULL;
}

static int
scan_name(struct work *w, struct df_exposure *x, const struct df_name *n,
    struct df_err *e)
{
	struct df_run *r = &w->step.run;
	size_t len = strlen(n->name);

	w->place = n->name;
	w->task = builder_of(r, n->name);
	if (w->task == NULL || (len > 4 && strcmp(n->name + len - 4, ".age")
	    == 0))
		return 0;
	if (strcmp(n->media, DF_TREE_MEDIA) == 0)
		return df_exposure_tree(x, n->name, &r->store, &n->digest,
		    on_exposed, w, e);
	return df_exposure_blob(x, n->name, &r->store, &n->digest, on_exposed,
	    w, e);
}

static int
scan(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	struct df_exposure *x = df_exposure_new(&w->suite, e);
	const struct df_name *spec = df_run_find(r, "spec.tree");
	struct df_public p;
	size_t i;
	int ret;

	if (x == NULL)
		return -1;
	ret = spec ? df_public_read(&p, &r->store, &spec->digest, e) :
	    df_fail(e, DF_INTEGRITY, "run.spec", "the run has no spec.tree");
	if (ret == 0) {
		(void)df_exposure_public(x, &p.spec, NULL, NULL);
		df_public_release(&p);
	}
	/* In the order of the log, so the first who had it is named. */
	for (i = 0; i < r->nname && ret == 0; i++)
		ret = scan_name(w, x, &r->name[i], e);
	df_exposure_free(x);
	return ret < 0 ? -1 : 0;
}

/* ---- judging ---- */

/* D9 declares variables without a default: is one of them missing here? */
static const char *
missing_variable(const struct work *w, const struct df_suite_item *it)
{
	const char *block[] = { it->setup, it->execute, it->verify }, *name;
	jv env = df_jv_get(w->frame.j, "env"), one;
	const char *found = NULL;
	int i, n = jv_array_length(jv_copy(env));
	size_t k;

	for (i = 0; i < n && found == NULL; i++) {
		one = jv_array_get(jv_copy(env), i);
		name = df_jv_str(one, "name");
		for (k = 0; k < DF_LEN(block) && found == NULL; k++)
			if (df_jv_str(one, "default") == NULL && !getenv(name)
			    && strstr(block[k], name))
				found = "environment";
		jv_free(one);
	}
	jv_free(env);
	return found;
}

/* What D9 declares and the profile allows: as it is here, or D9's default. */
static int
judge_environment(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	struct df_buf b = DF_BUF_INIT;
	jv lists[2], one, profile;
	const char *name, *value;
	size_t i, k;
	int n, m, ret = 0;

	lists[0] = df_jv_get(w->frame.j, "env");
	lists[1] = jv_array();
	for (i = 0; i < r->nname && ret == 0; i++) {
		if (strncmp(r->name[i].name, "config/profile/", 15) != 0)
			continue;
		ret = df_run_get(r, r->name[i].name, DF_RUN_BLOB_MAX, &b, e);
		profile = ret == 0 ? df_json_parse(b.s, b.n, 0,
		    r->name[i].name, e) : jv_invalid();
		one = df_jv_get(profile, "judge_environment");
		if (jv_get_kind(one) == JV_KIND_ARRAY) {
			jv_free(lists[1]);
			lists[1] = one;
		} else {
			jv_free(one);
		}
		jv_free(profile);
		break;
	}
	for (k = 0; k < 2 && ret == 0; k++) {
		n = jv_get_kind(lists[k]) == JV_KIND_ARRAY ?
		    jv_array_length(jv_copy(lists[k])) : 0;
		for (m = 0; m < n; m++) {
			one = jv_array_get(jv_copy(lists[k]), m);
			name = k == 0 ? df_jv_str(one, "name") :
			    jv_string_value(one);
			value = name ? getenv(name) : NULL;
			if (value == NULL && k == 0)
				value = df_jv_str(one, "default");
			if (name && value)
				df_list_addf(&w->judge.env, "%s=%s", name,
				    value);
			jv_free(one);
		}
	}
	jv_free(lists[0]);
	jv_free(lists[1]);
	df_buf_release(&b);
	return ret;
}

static struct df_trial *
make_trial(struct work *w, const struct df_suite_item *it)
{
	struct df_trial *t = df_calloc(1, sizeof(*t));

	df_trial_init(t, &w->judge);
	t->tree = w->tree;
	t->setup = it->setup;
	t->execute = it->execute;
	t->verify = it->verify;
	t->cleanup = it->cleanup;
	if (it->class == DF_CLASS_EXEC || it->class == DF_CLASS_TAP)
		t->program = &it->program;
	if (it->class == DF_CLASS_TAP)
		t->plan = it->plan;
	return t;
}

static void
mark(struct work *w, size_t i, enum df_mark m, const char *failure,
    const char *why)
{
	w->scored[i].mark = m;
	w->scored[i].failure = failure;
	w->scored[i].why = why;
}

static void
finish(struct work *w, size_t i)
{
	static const enum df_mark as[] = { DF_MARK_PASS, DF_MARK_FAIL,
	    DF_MARK_ERROR };
	struct df_trial *t = w->trial[i];

	df_trial_finish(t);
	mark(w, i, as[t->status], t->failure, t->why);
	w->scored[i].stage = t->stage;
	w->scored[i].exit = t->exit;
	w->scored[i].signal = t->signal;
	w->scored[i].ms = t->wall_ms;
	w->scored[i].output = &t->output;
	df_progress("%s %s%s%s (%lld ms)", w->item[i].id,
	    df_trial_status_name(t->status), *t->failure ? " " : "",
	    t->failure, (long long)t->wall_ms);
}

/* 1 when it runs now, 0 when its result is known without. */
static int
start(struct work *w, size_t i)
{
	const struct df_suite_item *it = &w->item[i];
	const char *missing = missing_variable(w, it);
	struct df_err e;

	if (it->class == DF_CLASS_NONE) {
		mark(w, i, DF_MARK_ERROR, "no-executable-verify",
		    "nothing in the scenario can be executed");
		return 0;
	}
	if (missing) {
		mark(w, i, DF_MARK_ERROR, missing,
		    "a declared environment variable is not set");
		return 0;
	}
	w->trial[i] = make_trial(w, it);
	if (df_trial_start(w->trial[i], &e) == 0)
		return 1;
	df_note("%s: %s", it->id, e.msg);
	mark(w, i, DF_MARK_ERROR, strcmp(e.code, "judge.program") == 0 ?
	    "program" : "sandbox", "the judge did not start");
	return 0;
}

/* Scenarios from..to, o_jobs at a time; a P0 failure stops. */
static void
judge_range(struct work *w, size_t from, size_t to, int *stop)
{
	size_t *running = df_calloc((size_t)o_jobs, sizeof(*running));
	struct df_child **c = df_calloc((size_t)o_jobs, sizeof(*c));
	size_t next = from, n = 0, k, i;

	while (n || (next < to && !*stop)) {
		while (n < (size_t)o_jobs && next < to && !*stop) {
			if (start(w, next))
				running[n++] = next;
			next++;
		}
		if (n == 0)
			continue;
		for (k = 0; k < n; k++)
			c[k] = &w->trial[running[k]]->child;
		(void)df_children_wait(c, n, -1);
		for (k = 0; k < n; ) {
			i = running[k];
			if (!w->trial[i]->child.ended) {
				k++;
				continue;
			}
			finish(w, i);
			*stop |= w->item[i].priority == 0 &&
			    w->scored[i].mark == DF_MARK_FAIL;
			running[k] = running[--n];
		}
	}
	free(running);
	free(c);
}

static int
open_judge(struct work *w, struct df_err *e)
{
	const struct df_run *r = &w->step.run;

	w->judge.store = &w->step.run.store;
	w->judge.level = (enum df_level)df_level_parse(
	    df_run_setting_str(r, "sandbox.level", "bwrap"));
	w->judge.ms = df_run_setting_int(r, "judge.seconds", 60) * 1000;
	w->judge.processes = df_run_setting_int(r, "judge.processes", 512);
	w->judge.output = (size_t)df_run_setting_int(r, "judge.output_bytes",
	    1048576);
	return judge_environment(w, e) < 0 ? -1 : df_judge_open(&w->judge, e);
}

static void
judge(struct work *w)
{
	size_t n = w->suite.n - 1, p0 = 0, i;
	int stop = 0;

	for (i = 0; i < n; i++) {
		w->scored[i].item = &w->item[i];
		w->scored[i].n = (uint32_t)i + 1;
		w->scored[i].stage = "";
		w->scored[i].exit = w->scored[i].signal = -1;
		mark(w, i, DF_MARK_ERROR, "not-run",
		    "a P0 scenario failed before it");
		p0 += w->item[i].priority == 0;
	}
	judge_range(w, 0, p0, &stop);
	if (!stop)
		judge_range(w, p0, n, &stop);
}

/* ---- commits ---- */

static jv
digest(const struct df_digest *d)
{
	char s[DF_DIGEST_STR];

	return jv_string(df_digest_str(d, s));
}

/* The evaluation counts before anything of it is known. */
static int
begin(struct work *w, struct df_err *e)
{
	const struct df_run *r = &w->step.run;
	struct df_commit c[2];
	size_t n = 0;
	int ret;

	w->evaluation = r->state.evaluations + 1;
	if (r->state.status == DF_ST_EXECUTING) {
		df_commit_init(&c[n], "run.evaluating", NULL);
		c[n].data = df_jset_bool(c[n].data, "partial", o_partial);
		c[n].data = df_jset(c[n].data, "tree", digest(&w->tree));
		df_commit_input(&c[n++], "result/merged.tree", &w->tree);
	}
	df_commit_init(&c[n], "holdout.started", NULL);
	c[n].data = df_jset(c[n].data, "commitment", digest(&w->commitment));
	c[n].data = df_jset_int(c[n].data, "evaluation", w->evaluation);
	c[n].data = df_jset_str(c[n].data, "level", df_run_setting_str(r,
	    "sandbox.level", "bwrap"));
	c[n].data = df_jset(c[n].data, "tree", digest(&w->tree));
	df_commit_input(&c[n++], "commitment.json", &w->commitment);
	ret = df_step_commit(&w->step, c, n, e);
	while (n--)
		df_commit_release(&c[n]);
	return ret;
}

static jv
disclosed_data(const struct work *w, const struct df_disclosed *d)
{
	jv v = jv_object(), p = df_jset_str(jv_object(), "name", d->name);

	if (d->line)
		p = df_jset_int(p, "line", d->line);
	v = df_jset_int(v, "evaluation", w->evaluation);
	v = df_jset_str(v, "kind", d->kind);
	v = df_jset_int(v, "n", d->n);
	v = df_jset(v, "place", p);
	return df_jset_str(v, "task", d->task);
}

static int
put_full(struct work *w, struct df_commit *c, const char *name,
    const struct df_score *s, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT, age = DF_BUF_INIT;
	int r;

	r = df_schema_write(&plain, df_score_json(s, 1), "holdout-full", e);
	if (r == 0)
		r = df_trust_encrypt(&w->step.run.trust, 0, plain.s, plain.n,
		    &age, e);
	if (r == 0)
		r = df_commit_put(&w->step, c, name, DF_MEDIA_AGE, age.s,
		    age.n, e);
	df_buf_wipe(&plain);
	df_buf_release(&age);
	return r;
}

static int
complete(struct work *w, const struct df_score *s, struct df_buf *tap,
    struct df_err *e)
{
	static const char *const verdict[] = { "pass", "fail", "error" };
	struct df_commit *c = df_calloc(w->nseen + 1, sizeof(*c)), *last;
	char name[64];
	size_t i;
	int r;

	for (i = 0; i < w->nseen; i++) {
		df_commit_init(&c[i], "holdout.disclosed", NULL);
		jv_free(c[i].data);
		c[i].data = disclosed_data(w, &w->seen[i]);
	}
	last = &c[w->nseen];
	df_commit_init(last, "holdout.completed", NULL);
	last->data = df_jset_int(last->data, "errored", (int64_t)s->errored);
	last->data = df_jset_int(last->data, "evaluation", w->evaluation);
	last->data = df_jset_int(last->data, "failed", (int64_t)s->failed);
	last->data = df_jset_int(last->data, "passed", (int64_t)s->passed);
	last->data = df_jset_int(last->data, "total", (int64_t)s->n);
	last->data = df_jset_str(last->data, "verdict", verdict[s->verdict]);
	df_score_tap(s, tap);
	snprintf(name, sizeof(name), "holdout/%lld.json",
	    (long long)w->evaluation);
	r = df_commit_record(&w->step, last, name, "holdout",
	    df_score_json(s, 0), e);
	snprintf(name, sizeof(name), "holdout/%lld.tap",
	    (long long)w->evaluation);
	if (r == 0)
		r = df_commit_put(&w->step, last, name, DF_MEDIA_TAP, tap->s,
		    tap->n, e);
	snprintf(name, sizeof(name), "holdout/%lld.full.age",
	    (long long)w->evaluation);
	if (r == 0)
		r = put_full(w, last, name, s, e);
	if (r == 0)
		r = df_step_commit(&w->step, c, w->nseen + 1, e);
	for (i = 0; i <= w->nseen; i++)
		df_commit_release(&c[i]);
	free(c);
	return r;
}

/* ---- the tool ---- */

static int
verdict_exit(enum df_run_verdict v)
{
	return v == DF_V_PASS ? DF_OK : v == DF_V_FAIL ? DF_NO : DF_INPUT;
}

/* What is decided already is said again. */
static int
print_held(struct work *w, struct df_err *e)
{
	static const char *const kind[] = { "json", "tap", "full.age" };
	struct df_run *r = &w->step.run;
	struct df_buf b = DF_BUF_INIT;
	char name[64];
	size_t i;

	snprintf(name, sizeof(name), "holdout/%u.%s", r->state.evaluations,
	    df_args.json ? "json" : "tap");
	if (df_run_get(r, name, DF_RUN_BLOB_MAX, &b, e) < 0)
		return -1;
	for (i = 0; i < DF_LEN(kind); i++) {
		snprintf(name, sizeof(name), "holdout/%u.%s",
		    r->state.evaluations, kind[i]);
		df_touch_name(r, name);
	}
	df_note("evaluation %u holds: %s", r->state.evaluations,
	    df_run_verdict_name(r->state.verdict));
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return verdict_exit(r->state.verdict);
}

static int
may_evaluate(const struct work *w, struct df_err *e)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_stage *m = df_state_stage(s, "merge");

	if (s->status != DF_ST_EXECUTING && s->status != DF_ST_EVALUATING)
		return df_fail(e, DF_REFUSED, "state.status",
		    "the run is %s: nothing is judged any more",
		    df_run_status_name(s->status));
	if (s->status == DF_ST_EXECUTING && !o_partial && s->done < s->ntask)
		return df_fail(e, DF_REFUSED, "task.incomplete",
		    "%zu of %zu tasks are not COMPLETED", s->ntask - s->done,
		    s->ntask);
	if (m == NULL || m->status != DF_STAGE_DONE) {
		(void)df_fail(e, DF_REFUSED, "merge.missing",
		    "the tasks' results are not merged");
		return df_hint(e, "df-dispatch%s", o_partial ? " --merge" :
		    "");
	}
	if (s->max_evaluations && s->evaluations >= s->max_evaluations)
		return df_fail(e, DF_EXHAUSTED, "budget.evaluations",
		    "evaluation budget exhausted (%u)", s->max_evaluations);
	return 0;
}

static int
evaluate(struct work *w, struct df_err *e)
{
	const struct df_name *tree = df_run_find(&w->step.run,
	    "result/merged.tree");
	struct df_score s = { .level = df_run_setting_str(&w->step.run,
	    "sandbox.level", "bwrap") };
	struct df_buf tap = DF_BUF_INIT, json = DF_BUF_INIT;

	if (tree == NULL)
		return df_fail(e, DF_INTEGRITY, "merge.missing",
		    "the run has no result/merged.tree");
	w->tree = tree->digest;
	if (unseal(w, e) < 0 || scan(w, e) < 0)
		return -1;
	if (df_args.dry) {
		df_note("%zu scenarios would be judged on %zu tasks' results",
		    w->suite.n - 1, w->step.run.state.done);
		return DF_OK;
	}
	w->trial = df_calloc(w->suite.n, sizeof(struct df_trial *));
	w->scored = df_calloc(w->suite.n, sizeof(*w->scored));
	if (open_judge(w, e) < 0 || begin(w, e) < 0)
		return -1;
	judge(w);
	s.v = w->scored;
	s.n = w->suite.n - 1;
	s.disclosed = w->seen;
	s.ndisclosed = w->nseen;
	s.evaluation = w->evaluation;
	s.tree = w->tree;
	s.commitment = w->commitment;
	s.run = w->step.run.state.genesis;
	s.partial = o_partial || w->step.run.state.partial;
	df_score_verdict(&s, &w->frame);
	if (complete(w, &s, &tap, e) < 0)
		return -1;
	if (df_args.json) {
		df_json_line(&json, df_score_json(&s, 0));
		df_out_raw(json.s, json.n);
	} else {
		df_out_raw(tap.s, tap.n);
	}
	df_buf_release(&tap);
	df_buf_release(&json);
	return verdict_exit(s.verdict == DF_MARK_PASS ? DF_V_PASS : s.verdict
	    == DF_MARK_FAIL ? DF_V_FAIL : DF_V_ERROR);
}

static void
release(struct work *w)
{
	size_t i;

	for (i = 0; w->trial && i < w->suite.n; i++)
		if (w->trial[i]) {
			df_trial_release(w->trial[i]);
			free(w->trial[i]);
		}
	for (i = 0; w->item && i + 1 < w->suite.n; i++)
		df_suite_item_release(&w->item[i]);
	free(w->trial);
	free(w->item);
	free(w->scored);
	free(w->seen);
	jv_free(w->frame.j);
	df_judge_close(&w->judge);
	if (w->suite.n)
		df_sealed_release(&w->suite);
	df_hold_drop(&w->hold);
	df_step_close(&w->step);
}

static int
run(char **operand, size_t n)
{
	struct work w;
	struct df_gate g;
	struct df_err e;
	int r;

	(void)operand;
	if (n)
		df_usage("df-holdout takes no operand");
	memset(&w, 0, sizeof(w));
	w.frame.j = jv_invalid();
	w.judge.scratch_fd = w.judge.own_fd = w.hold.dir = w.hold.lock = -1;
	if (df_step_open(&w.step, DF_ROLE_HOLDOUT, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&w.step.run, &g, &e) < 0)
		df_die(&e);
	if (w.step.run.state.verdict == DF_V_PASS ||
	    w.step.run.state.verdict == DF_V_FAIL)
		r = print_held(&w, &e);
	else
		r = df_hold_take(&w.hold, &w.step.run, "holdout",
		    "the run's judge", &e) < 0 || may_evaluate(&w, &e) < 0 ?
		    -1 : evaluate(&w, &e);
	release(&w);
	if (r < 0)
		df_die(&e);
	return r;
}

/* ---- show: a disclosure ---- */

/* Write what evaluators and approvers may see, after the event is on disk. */
static int
show(char **operand, size_t n)
{
	struct df_buf age = DF_BUF_INIT, plain = DF_BUF_INIT;
	struct df_step step;
	struct df_commit c;
	struct df_err e;
	char name[64];
	int64_t k;

	if (o_message == NULL || o_message[strspn(o_message, " \t\n")] == '\0')
		df_usage("a disclosure needs a reason: -m WHY");
	if (n > 1)
		df_usage("show one evaluation");
	if (df_step_open(&step, DF_ROLE_HOLDOUT, 0, &e) < 0)
		df_die(&e);
	k = step.run.state.evaluations;
	if (n && df_number(operand[0], 1, INT32_MAX, &k) < 0)
		df_usage("%s is no evaluation", operand[0]);
	snprintf(name, sizeof(name), "holdout/%lld.full.age", (long long)k);
	if (df_run_get(&step.run, name, DF_RUN_BLOB_MAX, &age, &e) < 0 ||
	    df_unseal(&age, DF_ROLE_HOLDOUT, &plain, &e) < 0)
		df_die(&e);
	if (df_args.dry) {
		df_note("%s would be shown and the disclosure recorded", name);
		df_buf_wipe(&plain);
		df_buf_release(&age);
		df_step_close(&step);
		return DF_OK;
	}
	df_commit_init(&c, "holdout.shown", NULL);
	c.data = df_jset_str(c.data, "actor", step.me->principal);
	c.data = df_jset_str(c.data, "reason", o_message);
	c.data = df_jset_str(c.data, "what", name);
	if (df_step_commit(&step, &c, 1, &e) < 0)
		df_die(&e);
	df_commit_release(&c);
	df_out_raw(plain.s, plain.n);
	df_buf_wipe(&plain);
	df_buf_release(&age);
	df_step_close(&step);
	return DF_OK;
}

static const struct df_opt show_opts[] = {
	{ 'm', "message", "WHY", "the reason; it is recorded", DF_OPT_STR,
	    &o_message, 0, 0 },
	DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "show", "-m WHY [N]",
	    "write the whole record of an evaluation: a disclosure",
	    show_opts, show },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	{ 'j', "jobs", "N", "scenarios at the same time", DF_OPT_INT, &o_jobs,
	    1, 256 },
	{ 0, "partial", NULL, "judge what is COMPLETED; never a PASS",
	    DF_OPT_FLAG, &o_partial, 0, 0 },
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_IDENTITY, DF_ARG_DRY,
	DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-holdout", "[options] | show -m WHY [N]",
	"Judge the merged result by the sealed scenarios.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXHAUSTED) | DF_EXIT(DF_EXTERNAL),
	run
};

int
main(int argc, char **argv)
{
	df_no_core();
	return df_out_end(df_opt_run(&tool, argc, argv));
}
