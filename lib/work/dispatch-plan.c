/* What a task starts from, and the event that says so. */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/ids.h"
#include "work/dispatch-internal.h"

void
df_job_free(struct df_job_slot *j)
{
	if (j == NULL)
		return;
	df_attempt_release(&j->a);
	free(j->from);
	free(j->from_id);
	free(j);
}

static int
read_input(struct df_dispatch *d, const char *kind, const char *task,
    struct df_buf *b, struct df_digest *digest, struct df_err *e)
{
	struct df_run *r = &d->step->run;
	char name[DF_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s/%s.md", kind, task);
	if (df_run_get(r, name, DF_RUN_BLOB_MAX, b, e) < 0)
		return -1;
	*digest = df_run_find(r, name)->digest;
	return 0;
}

static void
name_plan(struct df_dispatch *d, struct df_job_slot *j)
{
	const struct df_run *r = &d->step->run;
	const struct df_stage *st = df_state_dispatch(&r->state, j->task);
	struct df_plan *p = &j->plan;
	char now[DF_TIME_STR];

	p->run = r->id;
	p->task = r->state.task[j->task].id;
	p->attempt = (st ? st->attempts : 0) + 1;
	snprintf(p->handoff_id, sizeof(p->handoff_id), "H-FACTORY-%03zu",
	    j->task + 1);
	snprintf(p->dispatched, sizeof(p->dispatched), "%s",
	    df_time_str(df_now_ms(), now));
	p->adapter = d->adapter_ref;
	p->level = df_level_name(d->session.level, d->adapter.net);
	p->net = d->adapter.net;
}

static int
fill_plan(struct df_dispatch *d, struct df_job_slot *j, struct df_err *e)
{
	struct df_plan *p = &j->plan;
	size_t i;

	if (read_input(d, "handoff", p->task, &j->a.handoff, &p->handoff, e) <
	    0 || read_input(d, "prompt", p->task, &j->a.prompt, &p->prompt, e)
	    < 0)
		return -1;
	p->start = *df_merger_tree(d->merger, j->node);
	j->a.start = p->start;
	j->a.task = p->task;
	j->from_id = df_calloc(j->nfrom, sizeof(*j->from_id));
	for (i = 0; i < j->nfrom; i++)
		j->from_id[i] = d->step->run.state.task[j->from[i]].id;
	p->from = j->from_id;
	p->nfrom = j->nfrom;
	(void)df_dispatch_id(p->run, &p->handoff, &p->prompt, p->attempt,
	    p->dispatch_id);
	df_plan_key(p, d->session.model);
	return 0;
}

static void
started_event(struct df_dispatch *d, const struct df_job_slot *j)
{
	const struct df_plan *p = &j->plan;
	char s[DF_DIGEST_STR], name[DF_NAME_MAX + 1];
	struct df_commit *c;

	c = df_dispatch_event(d, "stage.started", p->task, p->attempt);
	c->data = df_jset_str(c->data, "dispatch_id", p->dispatch_id);
	c->data = df_jset_str(c->data, "handoff_id", p->handoff_id);
	c->data = df_jset_str(c->data, "stage_key", p->stage_key);
	c->data = df_jset_str(c->data, "start", df_digest_str(&p->start, s));
	snprintf(name, sizeof(name), "handoff/%s.md", p->task);
	df_commit_input(c, name, &p->handoff);
	snprintf(name, sizeof(name), "prompt/%s.md", p->task);
	df_commit_input(c, name, &p->prompt);
}

int
df_dispatch_plan(struct df_dispatch *d, size_t t, struct df_job_slot **out,
    struct df_err *e)
{
	struct df_job_slot *j = df_calloc(1, sizeof(*j));
	int r;

	*out = NULL;
	j->task = t;
	df_attempt_init(&j->a, &d->session);
	name_plan(d, j);
	r = df_combine_start(d->combine, t, &j->node, &j->from, &j->nfrom,
	    &d->clash, e);
	if (r == 0)
		r = fill_plan(d, j, e);
	if (r == 0) {
		started_event(d, j);
		r = d->origins ? df_origins_adopt(d, j, e) : 0;
		if (r == 1) {
			df_job_free(j);
			return 0;
		}
	}
	if (r != 0) {
		df_job_free(j);
		return r;
	}
	*out = j;
	return 0;
}
