/* Results that are there, results that clash, the result of all. */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/schema.h"
#include "base/text.h"
#include "work/dispatch-internal.h"

/* ---- reading results back ---- */

struct find {
	char name[DF_NAME_MAX + 1];
	struct df_digest digest;
	int found;
	struct df_store *store;
};

static int
on_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct find *f = arg;

	(void)e;
	if (strcmp(a->name, f->name) != 0)
		return 0;
	f->digest = a->digest;
	f->found = 1;
	return 1;
}

static int
on_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct find *f = arg;

	return df_artifacts_each(ev->j, ev->data, f->store, on_artifact, f, e)
	    < 0 ? -1 : 0;
}

/* The record of the attempt that a task was completed with. */
static jv
record_of(struct df_dispatch *d, size_t t, struct df_err *e)
{
	struct df_run *r = &d->step->run;
	const struct df_stage *st = df_state_dispatch(&r->state, t);
	const struct df_at *at = &st->ended;
	struct find f = { .store = &r->store };
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	jv v = jv_invalid();

	snprintf(f.name, sizeof(f.name), "dispatch/%s/%u.json",
	    r->state.task[t].id, st->attempts);
	if (df_run_verify(r, at, e) < 0 || df_log_reread(&r->log, at->off,
	    at->len, &at->digest, on_line, &f, e) < 0)
		return v;
	if (!f.found) {
		(void)df_fail(e, DF_INTEGRITY, "dispatch.record",
		    "log line %llu names no %s", (unsigned long long)at->seq,
		    f.name);
		return v;
	}
	if (df_store_get(&r->store, &f.digest, DF_RUN_BLOB_MAX, &b, e) == 0 &&
	    df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, "attempt", f.name, e)
	    == 0) {
		jv_free(v);
		v = df_json_jv(&j, 0);
	}
	df_json_release(&j);
	df_buf_release(&b);
	return v;
}

static int
add_result(struct df_dispatch *d, size_t t, jv record, struct df_err *e)
{
	const struct df_state *s = &d->step->run.state;
	jv result = df_jv_get(record, "result"), from, id;
	const char *tree = df_jv_str(result, "tree");
	struct df_digest digest;
	uint32_t *list;
	int i, n, k, r = 0;

	from = df_jv_get(record, "from");
	n = jv_array_length(jv_copy(from));
	list = df_calloc((size_t)n, sizeof(*list));
	for (i = 0; i < n && r == 0; i++) {
		id = jv_array_get(jv_copy(from), i);
		k = df_state_task(s, jv_string_value(id),
		    strlen(jv_string_value(id)));
		jv_free(id);
		list[i] = (uint32_t)k;
		r = k < 0 ? -1 : 0;
	}
	if (r < 0 || tree == NULL || df_digest_parse(&digest, tree,
	    strlen(tree)) < 0)
		r = df_fail(e, DF_INTEGRITY, "dispatch.record",
		    "the record of %s says neither what it started from nor "
		    "what it made", s->task[t].id);
	else
		df_combine_add(d->combine, t, &digest, list, (size_t)n);
	free(list);
	jv_free(from);
	jv_free(result);
	return r;
}

struct done {
	size_t task;
	uint64_t seq;
};

static int
by_seq(const void *a, const void *b)
{
	uint64_t x = ((const struct done *)a)->seq;
	uint64_t y = ((const struct done *)b)->seq;

	return (x > y) - (x < y);
}

/* In an order in which each comes after what it started from. */
int
df_dispatch_lineage(struct df_dispatch *d, struct df_err *e)
{
	const struct df_state *s = &d->step->run.state;
	struct done *list = df_calloc(s->ntask, sizeof(*list));
	const struct df_stage *st;
	size_t i, n = 0;
	int r = 0;
	jv v;

	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		if (st && st->status == DF_STAGE_DONE) {
			list[n].task = i;
			list[n++].seq = st->ended.seq;
		}
	}
	qsort(list, n, sizeof(*list), by_seq);
	for (i = 0; i < n && r == 0; i++) {
		v = record_of(d, list[i].task, e);
		r = jv_is_valid(v) ? add_result(d, list[i].task, v,
		    e) : -1;
		jv_free(v);
	}
	free(list);
	return r;
}

/* ---- the stage merge ---- */

static int64_t
next_merge(const struct df_dispatch *d)
{
	const struct df_stage *st = df_state_stage(&d->step->run.state,
	    "merge");

	return (st ? st->attempts : 0) + 1;
}

static void
merge_events(struct df_dispatch *d, struct df_commit c[2], const char *end)
{
	int64_t n = next_merge(d);
	size_t i;

	df_commit_init(&c[0], "stage.started", "merge");
	df_commit_init(&c[1], end, "merge");
	for (i = 0; i < 2; i++) {
		c[i].data = df_jset_int(c[i].data, "attempt", n);
		c[i].data = df_jset_str(c[i].data, "stage", "merge");
	}
}

static jv
conflict_json(const struct df_dispatch *d, const char *task)
{
	const char *s = d->clash.paths.s, *end = s + d->clash.paths.n;
	struct df_buf b = DF_BUF_INIT;
	jv list = jv_array(), v;

	for (; s < end; s += strlen(s) + 1) {
		df_buf_reset(&b);
		df_text_foreign(&b, s, strlen(s), DF_TEXT_LINE, 0, 400);
		list = jv_array_append(list, jv_string(b.s));
	}
	df_buf_release(&b);
	v = df_jset(jv_object(), "paths", list);
	return df_jset_str(v, "task", task);
}

/* The schedule anew; who was given up still is. */
static void
reschedule(struct df_dispatch *d)
{
	const struct df_state *s = &d->step->run.state;
	uint8_t *selected = df_malloc(s->ntask + 1), *job = d->sched.job;
	size_t i;

	d->sched.job = NULL;
	df_schedule_release(&d->sched);
	for (i = 0; i < s->ntask; i++)
		selected[i] = d->selected[i] && job[i] != DF_JOB_FAILED;
	df_schedule_init(&d->sched, s, selected);
	for (i = 0; i < s->ntask; i++)
		if (job[i] == DF_JOB_FAILED)
			d->sched.job[i] = DF_JOB_FAILED;
	free(job);
	free(selected);
}

/*
 * The later task in D8 order and what started from its result are open again;
 * they start from the merge of all before them.
 */
int
df_dispatch_clash(struct df_dispatch *d, struct df_err *e)
{
	struct df_state *s = &d->step->run.state;
	const char *task = s->task[d->clash.task].id;
	struct df_commit c[2];
	uint32_t *open;
	size_t n, i;
	jv list = jv_array(), error;
	int r;

	n = df_combine_reopens(d->combine, d->clash.task, &open);
	for (i = 0; i < n; i++)
		list = jv_array_append(list, jv_string(s->task[open[i]].id));
	merge_events(d, c, "stage.failed");
	c[1].data = df_jset(c[1].data, "conflict", conflict_json(d, task));
	error = df_jset_str(jv_object(), "code", "merge.conflict");
	error = df_jset_str(error, "domain", "EXEC_FAILURE");
	error = df_jset_str(error, "message", "its result does not fit to "
	    "those of the tasks before it");
	error = df_jset_bool(error, "retryable", 1);
	c[1].data = df_jset(c[1].data, "error", error);
	c[1].data = df_jset_str(c[1].data, "outcome", "retry");
	c[1].data = df_jset(c[1].data, "reopens", list);
	r = df_step_commit(d->step, c, 2, e);
	df_commit_release(&c[0]);
	df_commit_release(&c[1]);
	if (r == 0) {
		for (i = 0; i < n; i++)
			df_combine_forget(d->combine, open[i]);
		d->news(d->arg, DF_NEWS_CLASH, d->clash.task,
		    d->clash.paths.s);
		reschedule(d);
	}
	free(open);
	df_buf_release(&d->clash.paths);
	d->clashed = 0;
	return r;
}

static int
commit_merge(struct df_dispatch *d, uint32_t node, int partial,
    struct df_err *e)
{
	const struct df_state *s = &d->step->run.state;
	const struct df_digest *tree = df_merger_tree(d->merger, node);
	struct df_buf patch = DF_BUF_INIT;
	char hex[DF_DIGEST_STR], name[DF_NAME_MAX + 1];
	struct df_commit c[2];
	size_t i, n = 0;
	int r;

	merge_events(d, c, "stage.completed");
	for (i = 0; i < s->ntask; i++) {
		uint32_t k = df_combine_node(d->combine, i);

		if (k == UINT32_MAX)
			continue;
		snprintf(name, sizeof(name), "result/%s/%u.tree",
		    s->task[i].id, df_state_dispatch(s, i)->attempts);
		df_commit_input(&c[0], name, df_merger_tree(d->merger, k));
		n++;
	}
	r = df_merger_patch(d->merger, 0, node, 1, &patch, e);
	if (r == 0)
		r = df_commit_tree(d->step, &c[1], "result/merged.tree", tree,
		    e);
	if (r == 0)
		r = df_commit_put(d->step, &c[1], "result/merged.patch",
		    DF_MEDIA_PATCH, patch.s, patch.n, e);
	if (r == 0) {
		c[1].data = df_jset_str(c[1].data, "outcome", partial ?
		    "partial_success" : "success");
		c[1].data = df_jset_bool(c[1].data, "partial", partial);
		c[1].data = df_jset_int(c[1].data, "tasks", (int64_t)n);
		c[1].data = df_jset_str(c[1].data, "tree", df_digest_str(tree,
		    hex));
		r = df_step_commit(d->step, c, 2, e);
	}
	df_commit_release(&c[0]);
	df_commit_release(&c[1]);
	df_buf_release(&patch);
	if (r == 0)
		d->news(d->arg, DF_NEWS_MERGED, 0, "");
	return r;
}

int
df_dispatch_merge(struct df_dispatch *d, int partial, struct df_err *e)
{
	const struct df_state *s = &d->step->run.state;
	const struct df_stage *st = df_state_stage(s, "merge");
	uint32_t node;
	int r;

	if ((st && st->status == DF_STAGE_DONE) ||
	    (!partial && s->done < s->ntask))
		return 0;
	r = df_combine_all(d->combine, &node, &d->clash, e);
	if (r < 0)
		return -1;
	if (r > 0)
		return df_dispatch_clash(d, e) < 0 ? -1 : 1;
	return commit_merge(d, node, s->done < s->ntask, e);
}
