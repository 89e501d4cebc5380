#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "work/schedule.h"

/* ---- the heap: the smallest task number first ---- */

static void
push(struct df_schedule *sc, uint32_t t)
{
	size_t i = sc->nheap++, up;
	uint32_t *h = sc->heap;

	for (; i && h[up = (i - 1) / 2] > t; i = up)
		h[i] = h[up];
	h[i] = t;
}

static uint32_t
pop(struct df_schedule *sc)
{
	uint32_t *h = sc->heap, first = h[0], last = h[--sc->nheap];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < sc->nheap) {
		if (k + 1 < sc->nheap && h[k + 1] < h[k])
			k++;
		if (h[k] >= last)
			break;
		h[i] = h[k];
		i = k;
	}
	h[i] = last;
	return first;
}

static void
ready(struct df_schedule *sc, uint32_t t)
{
	sc->job[t] = DF_JOB_READY;
	push(sc, t);
}

/* ---- building ---- */

static void
link_users(struct df_schedule *sc)
{
	const struct df_state *s = sc->s;
	uint32_t *at;
	size_t i, k;

	sc->first = df_calloc(s->ntask + 2, sizeof(*sc->first));
	for (i = 0; i < s->ntask; i++)
		for (k = 0; k < s->task[i].ndep; k++)
			sc->first[s->task[i].dep[k] + 2]++;
	for (i = 2; i < s->ntask + 2; i++)
		sc->first[i] += sc->first[i - 1];
	sc->users = df_calloc(sc->first[s->ntask + 1] + 1,
	    sizeof(*sc->users));
	/* first[t + 1] is where the next user of t goes, and in the end where
	   those of t + 1 begin */
	at = sc->first + 1;
	for (i = 0; i < s->ntask; i++)
		for (k = 0; k < s->task[i].ndep; k++)
			sc->users[at[s->task[i].dep[k]]++] = (uint32_t)i;
}

static int
is_done(const struct df_state *s, size_t t)
{
	const struct df_stage *st = df_state_dispatch(s, t);

	return st && st->status == DF_STAGE_DONE;
}

void
df_schedule_init(struct df_schedule *sc, const struct df_state *s,
    const uint8_t *selected)
{
	size_t i, k;

	memset(sc, 0, sizeof(*sc));
	sc->s = s;
	sc->job = df_calloc(s->ntask, 1);
	sc->waits = df_calloc(s->ntask, sizeof(*sc->waits));
	sc->heap = df_calloc(s->ntask, sizeof(*sc->heap));
	link_users(sc);
	for (i = 0; i < s->ntask; i++)
		sc->job[i] = is_done(s, i) ? DF_JOB_DONE : selected[i] ?
		    DF_JOB_WAIT : DF_JOB_OUT;
	for (i = 0; i < s->ntask; i++) {
		for (k = 0; k < s->task[i].ndep; k++)
			sc->waits[i] += sc->job[s->task[i].dep[k]] !=
			    DF_JOB_DONE;
		if (sc->job[i] == DF_JOB_WAIT && sc->waits[i] == 0)
			ready(sc, (uint32_t)i);
	}
}

void
df_schedule_release(struct df_schedule *sc)
{
	free(sc->job);
	free(sc->waits);
	free(sc->users);
	free(sc->first);
	free(sc->heap);
	memset(sc, 0, sizeof(*sc));
}

/* ---- running ---- */

static int
rebased(const struct df_schedule *sc, size_t t)
{
	const struct df_stage *st = df_state_dispatch(sc->s, t);

	return st && st->rebase;
}

int
df_schedule_next(struct df_schedule *sc)
{
	uint32_t t;

	if (sc->nheap == 0 || (sc->running && rebased(sc, sc->heap[0])))
		return -1;
	t = pop(sc);
	sc->job[t] = DF_JOB_RUNNING;
	sc->running++;
	return (int)t;
}

void
df_schedule_done(struct df_schedule *sc, size_t t)
{
	uint32_t i, u;

	sc->running--;
	sc->job[t] = DF_JOB_DONE;
	for (i = sc->first[t]; i < sc->first[t + 1]; i++) {
		u = sc->users[i];
		if (--sc->waits[u] == 0 && sc->job[u] == DF_JOB_WAIT)
			ready(sc, u);
	}
}

void
df_schedule_failed(struct df_schedule *sc, size_t t)
{
	sc->running--;
	sc->job[t] = DF_JOB_FAILED;
}

void
df_schedule_again(struct df_schedule *sc, size_t t)
{
	sc->running--;
	ready(sc, (uint32_t)t);
}

size_t
df_schedule_waits_for(const struct df_schedule *sc, size_t t)
{
	const struct df_state_task *task = &sc->s->task[t];
	size_t k;

	for (k = 0; k < task->ndep; k++)
		if (sc->job[task->dep[k]] != DF_JOB_DONE)
			return task->dep[k];
	return t;
}
