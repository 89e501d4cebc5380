/*
 * Handoffs and prompts, made again.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/par.h"
#include "evidence/opening.h"
#include "spec/writer.h"
#include "verify-replay.h"
#include "work/unseal.h"

#define THREADS_FROM 64		/* fewer texts are not worth a thread */
#define FILES 3

static const char *const stage[] = { "handoff", "prompt" };
static const char *const suffix[FILES] = { "json", "md", "answers.age" };

enum outcome { UNKNOWN, SAME, OTHER, IMPOSSIBLE, UNOPENED };

/* The texts of one task, as a line gave them. */
struct job {
	uint64_t seq;
	uint32_t task;
	uint8_t have;			/* of the files, as bits */
	uint8_t outcome[FILES];		/* enum outcome */
	struct df_digest file[FILES], handoff;
	int64_t offset[FILES];
	char *why[FILES];
};

struct kind {
	struct job *v;
	size_t n, cap;
};

struct df_replay_texts {
	struct df_digest *handoff;	/* by task: as it is now */
	uint8_t *known;
	struct kind kind[2];
};

/* ---- lines ---- */

static struct df_replay_texts *
texts(struct df_replay *r)
{
	size_t n = r->then.state.ntask;

	if (r->texts == NULL) {
		r->texts = df_calloc(1, sizeof(*r->texts));
		r->texts->handoff = df_calloc(n + 1,
		    sizeof(*r->texts->handoff));
		r->texts->known = df_calloc(n + 1, 1);
	}
	return r->texts;
}

/* "handoff/T-001.md": the task, and which file; -1 for others. */
static int
parse(const struct df_replay *r, const char *name, const char *dir,
    size_t *file)
{
	const char *s = name + strlen(dir) + 1, *dot = strchr(s, '.');
	size_t k;

	for (k = 0; dot && k < FILES; k++)
		if (strcmp(dot + 1, suffix[k]) == 0) {
			*file = k;
			return df_state_task(&r->then.state, s,
			    (size_t)(dot - s));
		}
	return -1;
}

static struct job *
job_of(struct df_replay *r, struct kind *k, uint32_t task, size_t from)
{
	struct job *j;

	/* The files of a task are given one behind the other. */
	if (k->n > from && k->v[k->n - 1].task == task)
		return &k->v[k->n - 1];
	DF_GROW(k->v, k->n, k->cap);
	j = &k->v[k->n++];
	memset(j, 0, sizeof(*j));
	j->seq = r->seq;
	j->task = task;
	return j;
}

int
df_replay_texts_line(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	struct df_replay_texts *t = texts(r);
	int prompts = strcmp(l->stage, stage[1]) == 0, task;
	struct kind *k = &t->kind[prompts];
	size_t i, file, from = k->n;
	struct job *j;

	(void)e;
	for (i = 0; i < l->nout; i++) {
		task = parse(r, l->out[i].name, l->stage, &file);
		if (task < 0) {
			df_replay_not(r, l->out[i].name,
			    "no step makes it of what is in the run");
			continue;
		}
		j = job_of(r, k, (uint32_t)task, from);
		j->have |= (uint8_t)(1u << file);
		j->file[file] = l->out[i].digest;
		if (!prompts && file == 0) {
			t->handoff[task] = l->out[i].digest;
			t->known[task] = 1;
		}
		if (prompts && t->known[task])
			j->handoff = t->handoff[task];
	}
	return 0;
}

/* ---- making them ---- */

struct making {
	struct df_replay *r;
	struct df_source source;
	struct kind *kind;
	int prompts;
};

static void
cannot(struct job *j, size_t file, enum outcome outcome, const char *why)
{
	j->outcome[file] = (uint8_t)outcome;
	j->offset[file] = -1;
	j->why[file] = df_strdup(why);
}

static int
look(struct making *m, struct job *j, size_t file, const struct df_buf *is,
    struct df_err *e)
{
	struct df_difference d;
	int same;

	if (!(j->have & 1u << file))
		return 0;
	same = df_replay_equal(&m->r->run->store, &j->file[file], is, &d, e);
	j->outcome[file] = same > 0 ? SAME : OTHER;
	if (same == 0) {
		j->offset[file] = d.offset;
		j->why[file] = df_strdup(d.text.s);
	}
	df_buf_release(&d.text);
	return same < 0 ? -1 : 0;
}

/* What was encrypted, without its key, is what would be. */
static int
same_answers(const struct df_buf *plain, const struct df_buf *is,
    struct df_err *e)
{
	struct df_buf item = DF_BUF_INIT;
	struct df_opening o;
	int same = df_answers_open(&o, plain, &item, e);

	if (same == 0)
		same = item.n + 1 == is->n && memcmp(item.s, is->s, item.n) ==
		    0;
	df_buf_wipe(&item);
	return same;
}

static int
look_answers(struct making *m, struct job *j, const struct df_buf *is,
    struct df_err *e)
{
	struct df_buf age = DF_BUF_INIT, plain = DF_BUF_INIT;
	int r;

	if (!(j->have & 1u << 2))
		return 0;
	if (!df_replay_may_open()) {
		j->outcome[2] = UNOPENED;
		return 0;
	}
	r = df_store_get(&m->r->run->store, &j->file[2], DF_RUN_BLOB_MAX,
	    &age, e);
	if (r == 0 && df_unseal(&age, DF_ROLE_HOLDOUT, &plain, e) < 0)
		j->outcome[2] = UNOPENED;
	else if (r == 0 && same_answers(&plain, is, e) > 0)
		j->outcome[2] = SAME;
	else if (r == 0)
		cannot(j, 2, OTHER, "other answers were encrypted");
	df_buf_release(&age);
	df_buf_wipe(&plain);
	return r;
}

static int
make_one(struct making *m, struct df_writer *w, struct job *j,
    struct df_err *e)
{
	size_t k;
	int r;

	r = m->prompts ? df_writer_prompt(w, j->task, &j->handoff, e) :
	    df_writer_handoff(w, j->task, e);
	if (r < 0 && e->exit == DF_EXTERNAL)
		return -1;
	if (r < 0) {
		for (k = 0; k < FILES; k++)
			if (j->have & 1u << k)
				cannot(j, k, IMPOSSIBLE, e->msg);
		return 0;
	}
	return look(m, j, 0, &w->json, e) < 0 || look(m, j, 1, &w->md, e) < 0
	    || look_answers(m, j, &w->answers, e) < 0 ? -1 : 0;
}

static int
make_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct making *m = arg;
	struct df_writer *w = df_writer_new(&m->source, e);
	int r = w ? 0 : -1;

	for (; from < to && r == 0; from++)
		r = make_one(m, w, &m->kind->v[from], e);
	df_writer_free(w);
	return r;
}

/* ---- what came of it ---- */

/* How many files are the same, and how many answers stayed closed. */
static void
say(struct df_replay *r, int prompts, const struct job *j, size_t *same,
    size_t *closed)
{
	char name[DF_NAME_MAX + 1];
	size_t k;

	for (k = 0; k < FILES; k++) {
		snprintf(name, sizeof(name), "%s/%s.%s", stage[prompts],
		    r->run->state.task[j->task].id, suffix[k]);
		if (j->outcome[k] == SAME)
			++*same;
		else if (j->outcome[k] == OTHER)
			df_replay_differs(r, name, j->offset[k], "%s",
			    j->why[k]);
		else if (j->outcome[k] == IMPOSSIBLE)
			df_replay_differs(r, name, -1,
			    "it cannot be made again: %s", j->why[k]);
		else if (j->outcome[k] == UNOPENED)
			++*closed;
	}
}

/* Nothing of the kind can be made: what stands in the way is in *e. */
static void
say_broken(struct df_replay *r, int prompts, const struct df_err *e)
{
	r->seq = r->texts->kind[prompts].v[0].seq;
	df_replay_differs(r, stage[prompts], -1,
	    "they cannot be made again: %s", e->msg);
}

static int
make_kind(struct df_replay *r, int prompts, struct df_err *e)
{
	struct kind *k = &r->texts->kind[prompts];
	struct making m = { .r = r, .kind = k, .prompts = prompts };
	size_t i, same = 0, closed = 0;
	int ret;

	if (k->n == 0)
		return 0;
	ret = df_source_load(&m.source, r->run, stage[prompts], e);
	if (ret == 0) {
		ret = df_parallel(k->n, THREADS_FROM, make_range, &m, e);
		df_source_release(&m.source);
	}
	if (ret < 0) {
		if (e->exit == DF_EXTERNAL)
			return -1;
		say_broken(r, prompts, e);
		return 0;
	}
	for (i = 0; i < k->n; i++) {
		r->seq = k->v[i].seq;
		say(r, prompts, &k->v[i], &same, &closed);
	}
	r->seq = k->v[0].seq;
	if (same)
		df_replay_same(r, stage[prompts], same);
	if (closed)
		df_replay_not(r, "prompt answers", "%s", df_replay_may_open()
		    ? "the identity does not open them" :
		    "they are encrypted");
	return 0;
}

int
df_replay_texts_finish(struct df_replay *r, struct df_err *e)
{
	return r->texts == NULL ? 0 : make_kind(r, 0, e) < 0 ? -1 :
	    make_kind(r, 1, e);
}

void
df_replay_texts_free(struct df_replay *r)
{
	struct df_replay_texts *t = r->texts;
	size_t i, k, f;

	if (t == NULL)
		return;
	for (k = 0; k < 2; k++) {
		for (i = 0; i < t->kind[k].n; i++)
			for (f = 0; f < FILES; f++)
				free(t->kind[k].v[i].why[f]);
		free(t->kind[k].v);
	}
	free(t->handoff);
	free(t->known);
	free(t);
	r->texts = NULL;
}
