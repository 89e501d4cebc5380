#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "holdout.h"

/* D9 declares variables without a default: is one of them missing here? */
static const char *
missing_variable(const struct df_evaluation *w, const struct df_suite_item *it)
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
make_trial(struct df_evaluation *w, const struct df_suite_item *it)
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
mark(struct df_evaluation *w, size_t i, enum df_mark m, const char *failure,
    const char *why)
{
	w->scored[i].mark = m;
	w->scored[i].failure = failure;
	w->scored[i].why = why;
}

static void
finish(struct df_evaluation *w, size_t i)
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
start(struct df_evaluation *w, size_t i)
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

/* Scenarios from..to, so many jobs at a time; a P0 failure stops. */
static void
judge_range(struct df_evaluation *w, size_t from, size_t to, int *stop)
{
	size_t *running = df_calloc(w->jobs, sizeof(*running));
	struct df_child **c = df_calloc(w->jobs, sizeof(*c));
	size_t next = from, n = 0, k, i;

	while (n || (next < to && !*stop)) {
		while (n < w->jobs && next < to && !*stop) {
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
