#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "holdout.h"

#define RUN_FDS 12	/* descriptors that a run keeps open */
#define OTHER_FDS 64	/* all others, and those of a run that starts */

/* D9 declares variables without a default: is one of them missing here? */
static const char *
missing_variable(const struct df_evaluation *w, const struct df_suite_item *it)
{
	int program = it->class == DF_CLASS_EXEC || it->class == DF_CLASS_TAP;
	const char *block[] = { program ? it->program.s : it->setup,
	    program ? "" : it->execute, program ? "" : it->verify }, *name;
	jv env = df_jv_get(w->frame.j, "env"), one;
	const char *found = NULL;
	int i, n = jv_array_length(jv_copy(env));
	size_t k;

	for (i = 0; i < n && found == NULL; i++) {
		one = jv_array_get(jv_copy(env), i);
		name = df_jv_str(one, "name");
		for (k = 0; k < DF_LEN(block) && found == NULL; k++)
			if (df_jv_str(one, "default") == NULL && !getenv(name)
			    && !df_judge_sets(name) && strstr(block[k], name))
				found = "environment";
		jv_free(one);
	}
	jv_free(env);
	return found;
}

/* What D9 declares and the profile allows: as it is here, or D9's default. */
static int
judge_environment(struct df_evaluation *w, struct df_err *e)
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
			if (name && value && !df_judge_sets(name))
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

/* ---- runs ---- */

/* A run of a scenario that is at work. */
struct job {
	size_t scenario, run;
	struct df_trial trial;
};

static void
set_trial(struct df_evaluation *w, struct job *x)
{
	const struct df_suite_item *it = &w->item[x->scenario];
	struct df_trial *t = &x->trial;

	df_trial_init(t, &w->judge);
	t->tree = w->tree;
	t->number = (int64_t)x->run + 1;
	t->setup = it->setup;
	t->execute = it->execute;
	t->verify = it->verify;
	t->cleanup = it->cleanup;
	t->tap = it->class == DF_CLASS_TAP;
	if (t->tap || it->class == DF_CLASS_EXEC)
		t->program = &it->program;
	if (t->tap)
		t->plan = it->plan;
}

static void
mark(struct df_evaluation *w, size_t i, const char *failure, const char *why)
{
	w->scored[i].mark = DF_MARK_ERROR;
	w->scored[i].failure = failure;
	w->scored[i].why = why;
}

/* A run has its result; with the last one the scenario has.  1 when that is a
   failed P0. */
static int
count_run(struct df_evaluation *w, const struct job *x)
{
	static const char *const name[] = { "PASS", "FAIL", "ERROR" };
	struct df_scored *s = &w->scored[x->scenario];
	const struct df_scored_run *r = &s->run[x->run];
	size_t all = (size_t)s->item->runs;
	char number[32] = "";

	if (all > 1)
		snprintf(number, sizeof(number), " run %zu/%zu", x->run + 1,
		    all);
	df_progress("%s%s %s%s%s (%lld ms)", s->item->id, number,
	    name[r->mark], *r->failure ? " " : "", r->failure,
	    (long long)r->ms);
	if (++s->runs < all)
		return 0;
	df_score_runs(s);
	return s->item->priority == 0 && s->mark == DF_MARK_FAIL;
}

/* What the trial found is kept; its sandbox and copy of the tree are not. */
static int
finish(struct df_evaluation *w, struct job *x)
{
	static const enum df_mark as[] = { DF_MARK_PASS, DF_MARK_FAIL,
	    DF_MARK_ERROR };
	struct df_scored *s = &w->scored[x->scenario];
	struct df_scored_run *r = &s->run[x->run];
	struct df_trial *t = &x->trial;

	df_trial_finish(t);
	r->mark = as[t->status];
	r->failure = t->failure;
	snprintf(r->why, sizeof(r->why), "%s", t->why);
	snprintf(r->stage, sizeof(r->stage), "%s", t->stage);
	r->exit = t->exit;
	r->signal = t->signal;
	r->ms = t->wall_ms;
	df_score_output(r, &t->output, s->item, w->suite.n - 1);
	df_trial_release(t);
	return count_run(w, x);
}

/* 1 when it runs now; 0 when it ended before, which may set *stop. */
static int
start(struct df_evaluation *w, struct job *x, int *stop)
{
	struct df_scored *s = &w->scored[x->scenario];
	struct df_scored_run *r = &s->run[x->run];
	struct df_err e;

	set_trial(w, x);
	if (df_trial_start(&x->trial, &e) == 0)
		return 1;
	df_note("%s: %s", s->item->id, e.msg);
	r->mark = DF_MARK_ERROR;
	r->failure = strcmp(e.code, "judge.program") == 0 ? "program" :
	    "sandbox";
	snprintf(r->why, sizeof(r->why), "the judge did not start");
	df_trial_release(&x->trial);
	*stop |= count_run(w, x);
	return 0;
}

/* ---- scenarios ---- */

/* 1 when there is something to run, 0 when the result is known without. */
static int
begin(struct df_evaluation *w, size_t i)
{
	const struct df_suite_item *it = &w->item[i];
	const char *missing = missing_variable(w, it);
	size_t k, all = (size_t)it->runs;
	struct df_scored_run *r;

	if (it->class == DF_CLASS_NONE) {
		mark(w, i, "no-executable-verify",
		    "nothing in the scenario can be executed");
		return 0;
	}
	if (missing) {
		mark(w, i, missing,
		    "a declared environment variable is not set");
		return 0;
	}
	r = w->scored[i].run = df_calloc(all, sizeof(*r));
	for (k = 0; k < all; k++) {
		r[k].exit = r[k].signal = -1;
		df_buf_init(&r[k].output);
	}
	return 1;
}

/* The next run of scenarios *i..to, of which *k runs were taken. */
static struct job *
next_job(struct df_evaluation *w, size_t *i, size_t to, size_t *k, int stop)
{
	struct job *x;

	while (*k == 0 && *i < to && !stop && !begin(w, *i))
		++*i;
	if (*i == to || (*k == 0 && stop))
		return NULL;
	x = df_calloc(1, sizeof(*x));
	x->scenario = *i;
	x->run = (*k)++;
	if (*k == (size_t)w->item[*i].runs) {
		*k = 0;
		++*i;
	}
	return x;
}

/* Wait until at least one of n has ended; how many are left. */
static size_t
reap(struct df_evaluation *w, struct job **x, size_t n, struct df_child **c,
    int *stop)
{
	size_t i;

	for (i = 0; i < n; i++)
		c[i] = &x[i]->trial.child;
	(void)df_children_wait(c, n, -1);
	for (i = 0; i < n; ) {
		if (!x[i]->trial.child.ended) {
			i++;
			continue;
		}
		*stop |= finish(w, x[i]);
		free(x[i]);
		x[i] = x[--n];
	}
	return n;
}

/* Scenarios from..to, so many runs at a time.  A P0 failure stops: none is
   begun after it, and those that are have all their runs. */
static void
judge_range(struct df_evaluation *w, size_t from, size_t to, int *stop)
{
	struct job **running = df_calloc(w->jobs, sizeof(struct job *)), *x;
	struct df_child **c = df_calloc(w->jobs, sizeof(struct df_child *));
	size_t next = from, k = 0, n = 0;

	for (;;) {
		while (n < w->jobs &&
		    (x = next_job(w, &next, to, &k, *stop)) != NULL)
			if (start(w, x, stop))
				running[n++] = x;
			else
				free(x);
		if (n == 0)
			break;
		n = reap(w, running, n, c, stop);
	}
	free(running);
	free(c);
}

/* That many runs at the same time, or as many as there are descriptors for. */
static size_t
affordable(size_t jobs)
{
	struct rlimit rl;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0 || rl.rlim_cur == RLIM_INFINITY)
		return jobs;
	n = rl.rlim_cur > OTHER_FDS ? (rl.rlim_cur - OTHER_FDS) / RUN_FDS : 0;
	return n < 1 ? 1 : n < jobs ? (size_t)n : jobs;
}

int
df_holdout_open(struct df_evaluation *w, struct df_err *e)
{
	const struct df_run *r = &w->step.run;

	w->judge.store = &w->step.run.store;
	w->judge.level = (enum df_level)df_level_parse(
	    df_run_setting_str(r, "sandbox.level", "bwrap"));
	w->judge.ms = df_run_setting_int(r, "judge.seconds", 60) * 1000;
	w->judge.processes = df_run_setting_int(r, "judge.processes", 512);
	w->judge.output = (size_t)df_run_setting_int(r, "judge.output_bytes",
	    1048576);
	w->jobs = affordable(w->jobs);
	return judge_environment(w, e) < 0 ? -1 : df_judge_open(&w->judge, e);
}

void
df_holdout_judge(struct df_evaluation *w)
{
	size_t n = w->suite.n - 1, p0 = 0, i;
	int stop = 0;

	for (i = 0; i < n; i++) {
		w->scored[i].item = &w->item[i];
		w->scored[i].n = (uint32_t)i + 1;
		mark(w, i, "not-run", "a P0 scenario failed before it");
		p0 += w->item[i].priority == 0;
	}
	judge_range(w, 0, p0, &stop);
	if (!stop)
		judge_range(w, p0, n, &stop);
}
