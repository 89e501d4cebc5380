#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/state.h"

const char *
df_run_status_name(enum df_run_status s)
{
	static const char *const name[] = { "none", "queued", "booting",
	    "executing", "awaiting_human", "evaluating", "approved",
	    "rejected", "failed", "canceled" };

	return name[s];
}

const char *
df_run_verdict_name(enum df_run_verdict v)
{
	static const char *const name[] = { NULL, "pass", "fail", "error" };

	return name[v];
}

const char *
df_run_decision_name(enum df_run_decision d)
{
	static const char *const name[] = { NULL, "approve", "reject" };

	return name[d];
}

void
df_state_init(struct df_state *s)
{
	memset(s, 0, sizeof(*s));
	s->created = s->started = s->updated = -1;
	s->last_stage = UINT32_MAX;
	s->need_approvals = 1;
}

void
df_state_release(struct df_state *s)
{
	free(s->stage);
	free(s->producer);
	free(s->approver);
	df_map_release(&s->stages);
	df_map_release(&s->tasks);
	df_map_release(&s->producers);
	df_arena_release(&s->arena);
	df_state_init(s);
}

/* ---- stages and tasks ---- */

int
df_state_task(const struct df_state *s, const char *id, size_t n)
{
	size_t i = df_map_get(&s->tasks, id, n);

	return i == DF_MAP_NONE ? -1 : (int)i;
}

struct df_stage *
df_state_stage(const struct df_state *s, const char *name)
{
	size_t i = df_map_get(&s->stages, name, strlen(name));

	return i == DF_MAP_NONE ? NULL : &s->stage[i];
}

struct df_stage *
df_state_dispatch(const struct df_state *s, size_t task)
{
	uint32_t k = s->task[task].stage;

	return k == UINT32_MAX ? NULL : &s->stage[k];
}

void
df_state_blocked(const struct df_state *s, uint8_t *blocked)
{
	size_t n = s->ntask, links = 0, head = 0, tail = 0, i, k, t;
	uint32_t *first, *on, *queue;
	const struct df_stage *st;

	memset(blocked, 0, n);
	for (i = 0; i < n; i++)
		links += s->task[i].ndep;
	/* on[first[i]] ... : the tasks that depend on task i */
	first = df_calloc(n + 2, sizeof(*first));
	on = df_calloc(links + 1, sizeof(*on));
	queue = df_calloc(n + 1, sizeof(*queue));
	for (i = 0; i < n; i++)
		for (k = 0; k < s->task[i].ndep; k++)
			first[s->task[i].dep[k] + 2]++;
	for (i = 2; i < n + 2; i++)
		first[i] += first[i - 1];
	for (i = 0; i < n; i++)
		for (k = 0; k < s->task[i].ndep; k++)
			on[first[s->task[i].dep[k] + 1]++] = (uint32_t)i;
	for (i = 0; i < n; i++) {
		st = df_state_dispatch(s, i);
		if (st && st->status == DF_STAGE_FAILED)
			queue[tail++] = (uint32_t)i;
	}
	while (head < tail) {
		t = queue[head++];
		for (k = first[t]; k < first[t + 1]; k++) {
			if (blocked[on[k]] || df_state_dispatch(s, on[k]))
				continue;
			blocked[on[k]] = 1;
			queue[tail++] = on[k];
		}
	}
	free(first);
	free(on);
	free(queue);
}

static void
policy_settings(struct df_state *s, const struct df_json *j)
{
	uint32_t set = df_jget(j, 0, "settings"), t;
	int64_t v;

	t = df_jget(j, set, "policy.approvals");
	if (t && df_jint(j, t, 1, 1000, &v) == 0)
		s->need_approvals = (uint32_t)v;
	t = df_jget(j, set, "policy.allow_self_approval");
	s->no_self = set && (t == 0 || j->tok[t].type != DF_JTRUE);
}

int
df_state_tasks(struct df_state *s, const struct df_json *j, struct df_err *e)
{
	uint32_t list = df_jget(j, 0, "tasks"), t, d, dep, i, k;
	struct df_state_task *task;
	int at;

	if (list == 0 || j->tok[list].type != DF_JARRAY)
		return df_fail(e, DF_INPUT, "run.tasks",
		    "run.json: no list of tasks");
	policy_settings(s, j);
	s->ntask = j->tok[list].n;
	s->task = df_arena_alloc(&s->arena, s->ntask * sizeof(*s->task));
	for (i = 0, t = df_jfirst(j, list); i < s->ntask;
	    i++, t = df_jnext(j, t)) {
		task = &s->task[i];
		k = df_jget(j, t, "id");
		if (k == 0 || j->tok[k].type != DF_JSTRING)
			return df_fail(e, DF_INPUT, "run.tasks",
			    "run.json: a task without id");
		task->id = df_arena_str(&s->arena, j->s + j->tok[k].start,
		    j->tok[k].end - j->tok[k].start);
		task->stage = UINT32_MAX;
		if (df_map_set(&s->tasks, task->id, strlen(task->id), i) !=
		    DF_MAP_NONE)
			return df_fail(e, DF_INPUT, "run.tasks",
			    "run.json: task %s twice", task->id);
	}
	for (i = 0, t = df_jfirst(j, list); i < s->ntask;
	    i++, t = df_jnext(j, t)) {
		task = &s->task[i];
		dep = df_jget(j, t, "depends");
		if (dep == 0 || j->tok[dep].type != DF_JARRAY)
			continue;
		task->dep = df_arena_alloc(&s->arena,
		    j->tok[dep].n * sizeof(*task->dep));
		for (k = 0, d = df_jfirst(j, dep); k < j->tok[dep].n;
		    k++, d = df_jnext(j, d)) {
			at = df_state_task(s, j->s + j->tok[d].start,
			    j->tok[d].end - j->tok[d].start);
			if (at < 0)
				return df_fail(e, DF_INPUT, "run.tasks",
				    "run.json: task %s depends on a task that "
				    "is not there", task->id);
			task->dep[task->ndep++] = (uint32_t)at;
		}
	}
	return 0;
}
