/*
 * Attempts of the superseded run whose inputs are the same: taken over, not
 * run again.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "run/origin.h"
#include "work/dispatch-internal.h"

struct old {
	uint32_t attempt;	/* 0: nothing was completed */
	uint64_t seq;		/* of its stage.completed */
};

struct df_origins {
	struct df_digest run;	/* the superseded run */
	struct old *of;		/* by task of this run */
};

/* origin/1/dispatch/T-001/2.json: attempt 2. */
static void
note_names(struct df_dispatch *d, struct df_origins *o)
{
	static const char prefix[] = "origin/1/dispatch/";
	const struct df_run *r = &d->step->run;
	const char *s, *slash;
	unsigned n;
	size_t i;
	int t, end;

	for (i = 0; i < r->nname; i++) {
		s = r->name[i].name;
		if (strncmp(s, prefix, sizeof(prefix) - 1) != 0)
			continue;
		s += sizeof(prefix) - 1;
		slash = strchr(s, '/');
		t = slash ? df_state_task(&r->state, s, (size_t)(slash - s)) :
		    -1;
		end = 0;
		if (t >= 0 && sscanf(slash + 1, "%u.json%n", &n, &end) == 1 &&
		    end && slash[1 + end] == '\0')
			o->of[t].attempt = n;
	}
}

struct search {
	const struct df_state *s;
	struct df_origins *o;
};

/* Which line of the old log completed the attempt? */
static int
on_line(void *arg, unsigned level, const struct df_event *ev,
    struct df_err *e)
{
	struct search *x = arg;
	uint32_t st;
	const char *s;
	int t;

	(void)e;
	if (level != 1 || strcmp(ev->type, "stage.completed") != 0)
		return 0;
	st = df_jget(ev->j, ev->data, "stage");
	s = ev->line + ev->j->tok[st].start;
	if (strncmp(s, "dispatch/", 9) != 0)
		return 0;
	t = df_state_task(x->s, s + 9, ev->j->tok[st].end -
	    ev->j->tok[st].start - 9);
	if (t >= 0)
		x->o->of[t].seq = ev->seq;
	return 0;
}

int
df_origins_open(struct df_dispatch *d, struct df_origins **out,
    struct df_err *e)
{
	struct df_run *r = &d->step->run;
	struct df_digest run;
	struct search x = { &r->state, NULL };
	unsigned n;
	int has;

	*out = NULL;
	has = df_origin_of(r, &run, e);
	if (has <= 0)
		return has;
	x.o = df_calloc(1, sizeof(*x.o));
	x.o->run = run;
	x.o->of = df_calloc(r->state.ntask, sizeof(*x.o->of));
	note_names(d, x.o);
	if (df_origins_check(r, on_line, &x, &n, e) < 0) {
		df_origins_free(x.o);
		return -1;
	}
	*out = x.o;
	return 0;
}

void
df_origins_free(struct df_origins *o)
{
	if (o == NULL)
		return;
	free(o->of);
	free(o);
}

static const struct df_name *
old_name(const struct df_run *r, const char *dir, const char *task,
    uint32_t attempt, const char *suffix)
{
	char name[DF_NAME_MAX + 1];

	snprintf(name, sizeof(name), "origin/1/%s/%s/%u.%s", dir, task,
	    attempt, suffix);
	return df_run_find(r, name);
}

/* Name the old blobs as those of the new attempt; tree comes first. */
static int
take_over(struct df_dispatch *d, struct df_commit *c,
    const struct df_plan *p, uint32_t attempt, struct df_err *e)
{
	static const struct { const char *dir, *suffix; } what[] = {
	    { "result", "tree" }, { "result", "patch" }, { "result", "log" },
	    { "result", "md" }, { "dispatch", "host.json" } };
	const struct df_name *n;
	char name[DF_NAME_MAX + 1];
	size_t i;
	int r = 0;

	for (i = 0; i < DF_LEN(what) && r == 0; i++) {
		n = old_name(&d->step->run, what[i].dir, p->task, attempt,
		    what[i].suffix);
		if (n == NULL)
			continue;
		snprintf(name, sizeof(name), "%s/%s/%lld.%s", what[i].dir,
		    p->task, (long long)p->attempt, what[i].suffix);
		r = i == 0 ? df_commit_tree(d->step, c, name, &n->digest, e) :
		    df_commit_name(d->step, c, name, n->media, &n->digest,
		    n->size, e);
	}
	return r;
}

static jv
new_record(const struct df_plan *p, jv old, jv from)
{
	static const char *const kept[] = { "agent", "masked", "result",
	    "results_status" };
	char now[DF_TIME_STR];
	jv v, m;
	size_t i;

	v = df_record_ended(df_plan_json(p), NULL, df_time_str(df_now_ms(),
	    now));
	for (i = 0; i < DF_LEN(kept); i++) {
		m = df_jv_get(old, kept[i]);
		if (jv_is_valid(m))
			v = df_jset(v, kept[i], m);
		else
			jv_free(m);
	}
	return df_jset(v, "cached_from", from);
}

static int
adopt(struct df_dispatch *d, struct df_job_slot *j, const struct old *o,
    jv old, struct df_err *e)
{
	const struct df_plan *p = &j->plan;
	const struct df_name *tree = old_name(&d->step->run, "result",
	    p->task, o->attempt, "tree");
	char name[DF_NAME_MAX + 1], hex[DF_DIGEST_STR];
	struct df_commit *c;
	jv from;

	if (tree == NULL)
		return 0;
	from = df_jset_str(jv_object(), "run", df_digest_str(
	    &d->origins->run, hex));
	from = df_jset_int(from, "seq", (int64_t)o->seq);
	c = df_dispatch_event(d, "stage.completed", p->task, p->attempt);
	c->data = df_jset_str(c->data, "outcome", "success");
	c->data = df_jset(c->data, "cached_from", jv_copy(from));
	snprintf(name, sizeof(name), "dispatch/%s/%lld.json", p->task,
	    (long long)p->attempt);
	if (df_commit_record(d->step, c, name, "attempt", new_record(p, old,
	    from), e) < 0 || take_over(d, c, p, o->attempt, e) < 0)
		return -1;
	df_combine_add(d->combine, j->task, &tree->digest, j->from,
	    j->nfrom);
	df_schedule_done(&d->sched, j->task);
	df_dispatch_tell(d, DF_NEWS_ADOPTED, j->task, "attempt %u of the "
	    "superseded run", o->attempt);
	return 1;
}

int
df_origins_adopt(struct df_dispatch *d, struct df_job_slot *j,
    struct df_err *e)
{
	const struct old *o = &d->origins->of[j->task];
	char name[DF_NAME_MAX + 1];
	const char *key, *status;
	int r = 0;
	jv old;

	if (o->attempt == 0 || o->seq == 0)
		return 0;
	snprintf(name, sizeof(name), "origin/1/dispatch/%s/%u.json",
	    j->plan.task, o->attempt);
	old = df_run_json(&d->step->run, name, "attempt", e);
	if (!jv_is_valid(old))
		return -1;
	key = df_jv_str(old, "stage_key");
	status = df_jv_str(old, "status");
	if (strcmp(key, j->plan.stage_key) == 0 &&
	    strcmp(status, "COMPLETED") == 0)
		r = adopt(d, j, o, old, e);
	jv_free(old);
	return r;
}
