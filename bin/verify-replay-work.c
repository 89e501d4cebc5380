/*
 * What each task started from, the patch of each result, the merge of all:
 * made again by git, from the base and the results.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "verify-replay.h"
#include "work/combine.h"
#include "work/scratch.h"

/* Where the attempt of a task that is under way started. */
struct start {
	uint32_t node, *from;
	size_t n;
	int known;
};

struct df_replay_work {
	int scratch, dir;
	char *name;
	struct df_store made;		/* over the run's */
	struct df_merger *merger;
	struct df_combine *combine;
	struct start *start;		/* by task */
	char *stopped;			/* why no more is replayed, or NULL */
};

/* ---- open, close ---- */

static int
open_scratch(struct df_replay_work *w, const struct df_digest *base,
    struct df_replay *r, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	char *top = df_scratch(&w->scratch, e);

	if (top == NULL)
		return -1;
	w->name = df_scratch_new(w->scratch, &w->dir, e);
	if (w->name)
		df_buf_fmt(&path, "%s/%s", top, w->name);
	free(top);
	if (w->name == NULL || df_store_open(&w->made, w->dir, 1, e) < 0) {
		df_buf_release(&path);
		return -1;
	}
	w->made.under = &r->run->store;
	w->merger = df_merger_open(&w->made, w->dir, path.s, base);
	w->combine = df_combine_open(&r->then.state, w->merger);
	w->start = df_calloc(r->then.state.ntask + 1, sizeof(*w->start));
	df_buf_release(&path);
	return 0;
}

static int
work(struct df_replay *r, struct df_err *e)
{
	const struct df_name *base = df_run_find(r->run, "base.tree");
	struct df_replay_work *w = r->work;

	if (w)
		return 0;
	w = r->work = df_calloc(1, sizeof(*w));
	w->scratch = w->dir = w->made.dir = -1;
	return base ? open_scratch(w, &base->digest, r, e) : df_fail(e,
	    DF_INTEGRITY, "run.base", "the run has no base.tree");
}

void
df_replay_work_free(struct df_replay *r)
{
	struct df_replay_work *w = r->work;
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; w->start && i < r->then.state.ntask; i++)
		free(w->start[i].from);
	free(w->start);
	df_combine_free(w->combine);
	df_merger_close(w->merger);
	if (w->made.dir >= 0)
		df_store_close(&w->made);
	if (w->name)
		(void)!df_remove_tree(w->scratch, w->name, NULL);
	if (w->dir >= 0)
		close(w->dir);
	if (w->scratch >= 0)
		close(w->scratch);
	free(w->name);
	free(w->stopped);
	free(w);
	r->work = NULL;
}

/* ---- comparing ---- */

static int
same_tree(struct df_replay *r, const char *what, const struct df_digest *was,
    uint32_t node, struct df_err *e)
{
	struct df_replay_work *w = r->work;
	struct df_difference d;
	int ret = df_replay_equal_tree(&r->run->store, was, &w->made,
	    df_merger_tree(w->merger, node), &d, e);

	if (ret == 0)
		df_replay_differs(r, what, d.offset, "%s", d.text.s);
	df_buf_release(&d.text);
	return ret;
}

/* from and the patch give to, by git's own reckoning, and the patch is this
   one. */
static int
same_patch(struct df_replay *r, const struct df_artifact *a, uint32_t from,
    uint32_t to, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int ret = df_merger_patch(r->work->merger, from, to, 1, &b, e);

	if (ret == 0)
		ret = df_replay_compare(r, a->name, &a->digest, &b, e);
	df_buf_release(&b);
	return ret;
}

static void
clash(struct df_replay *r, const char *what, struct df_clash *c)
{
	df_replay_differs(r, what, -1, "%s does not fit to the tasks before "
	    "it, when it is merged again", r->then.state.task[c->task].id);
	df_buf_release(&c->paths);
}

/* ---- attempts ---- */

static int
start(struct df_replay *r, const struct df_replay_line *l, size_t task,
    const char *what, struct df_err *e)
{
	struct df_replay_work *w = r->work;
	struct start *s = &w->start[task];
	const char *was = df_jv_str(l->data, "start");
	char step[DF_NAME_MAX + 8];
	struct df_digest d;
	struct df_clash c;
	int ret;

	snprintf(step, sizeof(step), "%s start", what);
	free(s->from);
	memset(s, 0, sizeof(*s));
	ret = df_combine_start(w->combine, task, &s->node, &s->from, &s->n,
	    &c, e);
	if (ret < 0)
		return -1;
	s->known = ret == 0;
	if (ret > 0) {
		clash(r, step, &c);
		return 0;
	}
	if (was == NULL || df_digest_parse(&d, was, strlen(was)) < 0)
		return df_fail(e, DF_INTEGRITY, "dispatch.start",
		    "%s does not say what it started from", what);
	ret = same_tree(r, step, &d, s->node, e);
	if (ret > 0)
		df_replay_same(r, step, 1);
	return ret < 0 ? -1 : 0;
}

/* Whose result is committed has its place in the graph and its patch. */
static int
completed(struct df_replay *r, const struct df_replay_line *l, size_t task,
    struct df_err *e)
{
	struct df_replay_work *w = r->work;
	const char *id = r->then.state.task[task].id;
	struct start *s = &w->start[task];
	const struct df_artifact *tree, *patch;
	char name[DF_NAME_MAX + 1];
	int ret;

	snprintf(name, sizeof(name), "result/%s/%lld.tree", id,
	    (long long)l->attempt);
	tree = df_replay_given(l, name);
	if (tree == NULL || !s->known)
		return 0;
	df_combine_add(w->combine, task, &tree->digest, s->from, s->n);
	snprintf(name, sizeof(name), "result/%s/%lld.patch", id,
	    (long long)l->attempt);
	patch = df_replay_given(l, name);
	if (patch == NULL)
		return 0;
	ret = same_patch(r, patch, s->node, df_combine_node(w->combine,
	    task), e);
	if (ret > 0)
		df_replay_same(r, name, 1);
	return ret < 0 ? -1 : 0;
}

static int
attempt(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	const char *id = l->stage + strlen("dispatch/");
	const char *type = l->ev->type;
	int t = df_state_task(&r->then.state, id, strlen(id));
	char what[DF_NAME_MAX + 1];
	jv from;

	if (t < 0)
		return df_fail(e, DF_INTEGRITY, "dispatch.task",
		    "%.100s is no task of the run", id);
	snprintf(what, sizeof(what), "%s/%lld", l->stage,
	    (long long)l->attempt);
	if (strcmp(type, "stage.started") == 0)
		return start(r, l, (size_t)t, what, e);
	from = df_jv_get(l->data, "cached_from");
	df_replay_not(r, what, "%s", jv_is_valid(from) ?
	    "taken over from the superseded run" : "an agent");
	jv_free(from);
	return strcmp(type, "stage.completed") == 0 ? completed(r, l,
	    (size_t)t, e) : 0;
}

/* ---- the merge ---- */

static int
merged(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	static const char name[] = "result/merged.tree";
	const struct df_artifact *tree = df_replay_given(l, name), *patch;
	struct df_replay_work *w = r->work;
	struct df_clash c;
	uint32_t node;
	int ret, both;

	patch = df_replay_given(l, "result/merged.patch");
	if (tree == NULL || patch == NULL) {
		df_replay_differs(r, "merge", -1, "it gave no tree, or no "
		    "patch");
		return 0;
	}
	ret = df_combine_all(w->combine, &node, &c, e);
	if (ret < 0)
		return -1;
	if (ret > 0) {
		clash(r, "merge", &c);
		return 0;
	}
	ret = same_tree(r, name, &tree->digest, node, e);
	if (ret < 0)
		return -1;
	both = ret;
	ret = same_patch(r, patch, 0, node, e);
	if (ret > 0 && both)
		df_replay_same(r, "merge", 2);
	return ret < 0 ? -1 : 0;
}

/* Does this merge clash at that task?  1, 0, -1. */
static int
clashes(struct df_replay *r, size_t with, int all, size_t at,
    struct df_err *e)
{
	struct df_replay_work *w = r->work;
	struct df_clash c;
	uint32_t node, *from = NULL;
	size_t n;
	int ret;

	ret = all ? df_combine_all(w->combine, &node, &c, e) :
	    df_combine_start(w->combine, with, &node, &from, &n, &c, e);
	free(from);
	if (ret > 0) {
		df_buf_release(&c.paths);
		return c.task == at;
	}
	return ret;
}

/* Every task that could have started then, and the merge of all. */
static int
find_clash(struct df_replay *r, size_t at, struct df_err *e)
{
	const struct df_state *s = &r->then.state;
	const struct df_stage *st;
	size_t t;
	int ret = 0;

	for (t = 0; t < s->ntask && ret == 0; t++) {
		st = df_state_dispatch(s, t);
		if (t != at && (st == NULL || st->status != DF_STAGE_DONE))
			ret = clashes(r, t, 0, at, e);
	}
	return ret ? ret : clashes(r, 0, 1, at, e);
}

/* Results that did not fit: they do not fit again, and the same tasks are
   open. */
static int
conflict(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	const struct df_state *s = &r->then.state;
	struct df_replay_work *w = r->work;
	jv c = df_jv_get(l->data, "conflict"), list, one;
	const char *task = df_jv_str(c, "task"), *id;
	int at = task ? df_state_task(s, task, strlen(task)) : -1;
	size_t n, i, same = 0;
	uint32_t *open;
	int ret;

	jv_free(c);
	if (at < 0)
		return 0;
	ret = find_clash(r, (size_t)at, e);
	if (ret < 0)
		return -1;
	n = df_combine_reopens(w->combine, (size_t)at, &open);
	list = df_jv_get(l->data, "reopens");
	for (i = 0; i < n && (int)i < jv_array_length(jv_copy(list)); i++) {
		one = jv_array_get(jv_copy(list), (int)i);
		id = s->task[open[i]].id;
		same += strcmp(jv_string_value(one), id) == 0;
		jv_free(one);
	}
	if (ret == 0)
		df_replay_differs(r, "merge", -1, "%s fits to the tasks "
		    "before it, when it is merged again", s->task[at].id);
	else if (same != n || jv_array_length(jv_copy(list)) != (int)n)
		df_replay_differs(r, "merge", -1,
		    "other tasks follow from %s", s->task[at].id);
	else
		df_replay_same(r, "merge conflict", 0);
	for (i = 0; i < n; i++)
		df_combine_forget(w->combine, open[i]);
	jv_free(list);
	free(open);
	return 0;
}

static int
one_line(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	const char *type = l->ev->type;

	if (work(r, e) < 0)
		return -1;
	if (strncmp(l->stage, "dispatch/", 9) == 0)
		return attempt(r, l, e);
	if (strcmp(type, "stage.completed") == 0)
		return merged(r, l, e);
	return strcmp(type, "stage.failed") == 0 ? conflict(r, l, e) : 0;
}

/* Without git, or room, or what was pruned, the rest is not replayed, and that
   is said. */
int
df_replay_work_line(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	char what[DF_NAME_MAX + 1];

	if (r->work && r->work->stopped) {
		snprintf(what, sizeof(what), "%s/%lld", l->stage,
		    (long long)l->attempt);
		if (strcmp(l->ev->type, "stage.started") != 0)
			df_replay_not(r, what, "%s", r->work->stopped);
		return 0;
	}
	if (one_line(r, l, e) == 0)
		return 0;
	if (r->work == NULL || (e->exit != DF_EXTERNAL && strcmp(e->code,
	    "scratch") != 0 && !df_replay_pruned(r, e)))
		return -1;
	r->work->stopped = df_strdup(e->msg);
	df_replay_not(r, l->stage, "%s", e->msg);
	return 0;
}
