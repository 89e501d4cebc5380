/*
 * df-dispatch - run agents over prompts, in dependency order, sandboxed; one
 * commit for each task; merge when all are done.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "run/select.h"
#include "spec/results.h"
#include "work/dispatch.h"

static int64_t o_jobs = 1;
static int o_fresh, o_keep, o_merge;

static const struct df_opt opts[] = {
	{ 'j', "jobs", "N", "attempts at the same time", DF_OPT_INT, &o_jobs,
	    1, 1000 },
	{ 0, "fresh", NULL, "take nothing over from the superseded run",
	    DF_OPT_FLAG, &o_fresh, 0, 0 },
	{ 0, "keep-ignored", NULL,
	    "keep what the base tree's ignore rules cover", DF_OPT_FLAG,
	    &o_keep, 0, 0 },
	{ 0, "merge", NULL, "dispatch nothing; merge what is COMPLETED",
	    DF_OPT_FLAG, &o_merge, 0, 0 },
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_DRY, DF_ARG_JSON, DF_ARG_QUIET,
	DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-dispatch", "[options] [TASK...|-]",
	"Run agents over prompts and merge their results.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXHAUSTED) | DF_EXIT(DF_EXTERNAL),
	NULL
};

#define SHOWN 20		/* lines of running tasks */

struct work {
	struct df_step step;
	struct df_selection sel;
	struct df_dispatch d;
	int tty, lines;			/* lines of progress on the screen */
	int64_t *since;			/* by task; 0: does not run */
	size_t done, failed, total;
};

static volatile int stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static sigset_t caught;

/* They come while df_children_wait() waits, and where they are asked for. */
static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

static int
stopped(void)
{
	sigprocmask(SIG_UNBLOCK, &caught, NULL);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	return stop;
}

/* ---- the results file ---- */

static int
outcome(const struct df_buf *b, char word[16], char text[200])
{
	struct df_results r;
	struct df_buf shown = DF_BUF_INIT;

	df_results_read(&r, b->s, b->n);
	snprintf(word, 16, "%s", df_outcome_name(r.outcome));
	if (r.outcome == DF_OUTCOME_UNREADABLE)
		df_buf_str(&shown, r.why);
	else
		df_text_foreign(&shown, r.text, strlen(r.text), DF_TEXT_LINE,
		    0, 150);
	snprintf(text, 200, "%s", shown.s);
	df_buf_release(&shown);
	return r.outcome == DF_OUTCOME_PASS;
}

/* ---- progress ---- */

static void
wipe(struct work *w)
{
	if (w->lines)
		fprintf(stderr, "\r\033[%dA\033[J", w->lines);
	w->lines = 0;
}

/* One line for each running task (as many as fit), then a summary. */
static void
draw(struct work *w)
{
	const struct df_state *s = &w->step.run.state;
	int64_t now = df_mono_ms();
	size_t i, running = 0;

	if (!w->tty)
		return;
	for (i = 0; i < s->ntask; i++) {
		if (w->since[i] == 0 || running++ >= SHOWN)
			continue;
		fprintf(stderr, "  %-12s %5llds\n", s->task[i].id,
		    (long long)((now - w->since[i]) / 1000));
		w->lines++;
	}
	fprintf(stderr, "%zu running, %zu done, %zu failed, %zu to do\n",
	    running, w->done, w->failed, w->total - w->done - w->failed -
	    running);
	w->lines++;
}

static void
print_task(struct work *w, size_t t)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_stage *st = df_state_dispatch(s, t);
	char name[DF_NAME_MAX + 1];

	if (st == NULL)
		return;
	snprintf(name, sizeof(name), "dispatch/%s/%u.json", s->task[t].id,
	    st->attempts);
	df_print_name(&w->step.run, name, s->task[t].id);
	snprintf(name, sizeof(name), "result/%s/%u.tree", s->task[t].id,
	    st->attempts);
	df_print_name(&w->step.run, name, s->task[t].id);
}

static void
tick(void *arg)
{
	wipe(arg);
	draw(arg);
}

static void
clash_text(const char *paths, struct df_buf *b)
{
	df_buf_str(b, "does not fit to the results before it: ");
	df_text_foreign(b, paths, strlen(paths), DF_TEXT_LINE, 0, 100);
}

static void
news(void *arg, enum df_news what, size_t t, const char *text)
{
	static const char *const word[] = { "started", "completed",
	    "taken over", "failed", "failed, once more", "lost", "opened again",
	    "merged" };
	struct work *w = arg;
	const char *id = w->step.run.state.task[t].id;
	struct df_buf b = DF_BUF_INIT;

	wipe(w);
	if (what == DF_NEWS_CLASH)
		clash_text(text, &b);
	else
		df_buf_str(&b, text);
	if (what == DF_NEWS_MERGED)
		df_progress("all results merged");
	else if (what == DF_NEWS_COMPLETED || what == DF_NEWS_ADOPTED ||
	    (what == DF_NEWS_STARTED && !w->tty))
		df_progress("%s %s%s%s", id, word[what], b.n ? ": " : "",
		    b.s);
	else if (what == DF_NEWS_FAILED)
		df_error("%s %s: %s", id, word[what], b.s);
	else if (what != DF_NEWS_STARTED)
		df_note("%s %s%s%s", id, word[what], b.n ? ": " : "", b.s);
	df_buf_release(&b);
	w->since[t] = what == DF_NEWS_STARTED ? df_mono_ms() : 0;
	if (what == DF_NEWS_COMPLETED || what == DF_NEWS_ADOPTED) {
		w->done++;
		print_task(w, t);
		df_out_flush();
	} else if (what == DF_NEWS_FAILED) {
		w->failed++;
	}
	draw(w);
}

/* ---- nothing to do, or nothing to be done ---- */

/* Does everything selected hold, the merge too if it is due? */
static int
holds(const struct work *w)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_stage *st;
	size_t i;

	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		if (w->sel.in[i] && (st == NULL || st->status !=
		    DF_STAGE_DONE))
			return 0;
	}
	st = df_state_stage(s, "merge");
	return s->done < s->ntask || (st && st->status == DF_STAGE_DONE);
}

static void
print_merged(struct work *w)
{
	const struct df_stage *st = df_state_stage(&w->step.run.state,
	    "merge");

	if (st == NULL || st->status != DF_STAGE_DONE)
		return;
	df_print_name(&w->step.run, "result/merged.tree", NULL);
	df_print_name(&w->step.run, "result/merged.patch", NULL);
}

static void
would_do(struct work *w)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_stage *st;
	char name[DF_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		if (!w->sel.in[i] || (st && st->status == DF_STAGE_DONE))
			continue;
		snprintf(name, sizeof(name), "dispatch/%s/%u.json",
		    s->task[i].id, (st ? st->attempts : 0) + 1);
		df_print_name(&w->step.run, name, s->task[i].id);
	}
}

/* Names what waits for a task that failed or was not asked for. */
static void
say_blocked(struct work *w)
{
	const struct df_state *s = &w->step.run.state;
	size_t i, on;

	for (i = 0; i < s->ntask; i++) {
		if (w->d.sched.job[i] != DF_JOB_WAIT)
			continue;
		on = df_schedule_waits_for(&w->d.sched, i);
		df_note("%s BLOCKED by %s", s->task[i].id, s->task[on].id);
		w->d.worst = df_exit_worst(w->d.worst,
		    w->d.sched.job[on] == DF_JOB_OUT ? DF_REFUSED : DF_NO);
	}
}

static int
dispatch(struct work *w, struct df_err *e)
{
	int again = 1;

	w->d.step = &w->step;
	w->d.selected = w->sel.in;
	w->d.jobs = (size_t)o_jobs;
	w->d.fresh = o_fresh;
	w->d.keep_ignored = o_keep;
	w->d.merge_only = o_merge;
	w->d.stop = &stop;
	w->d.outcome = outcome;
	w->d.news = news;
	w->d.tick = w->tty ? tick : NULL;
	w->d.arg = w;
	if (df_dispatch_open(&w->d, e) < 0)
		return -1;
	while (again && !stopped()) {
		if (!o_merge && df_dispatch_run(&w->d, e) < 0)
			return -1;
		if (stop)
			break;
		again = df_dispatch_merge(&w->d, o_merge, e);
		if (again < 0)
			return -1;
		if (o_merge && again)
			return df_fail(e, DF_NO, "merge.conflict",
			    "the results do not fit together");
	}
	wipe(w);
	if (stopped())
		w->d.worst = df_exit_worst(w->d.worst, DF_EXTERNAL);
	else if (!o_merge)
		say_blocked(w);
	return 0;
}

static void
print_held(struct work *w)
{
	const struct df_state *s = &w->step.run.state;
	const struct df_stage *st;
	size_t i;

	for (i = 0; i < s->ntask; i++) {
		st = df_state_dispatch(s, i);
		if (w->sel.in[i] && st && st->status == DF_STAGE_DONE)
			print_task(w, i);
	}
}

static int
work(struct work *w, struct df_err *e)
{
	int r = 0;

	catch_signals();
	if (!holds(w) || o_merge) {
		df_out_flush();
		r = dispatch(w, e);
		df_dispatch_close(&w->d);
	}
	return r;
}

int
main(int argc, char **argv)
{
	struct df_list names = { 0 };
	struct work w;
	struct df_err e;
	char **operand;
	size_t n, i;
	int r;

	operand = df_opt_parse(&tool, argc, argv, &n);
	memset(&w, 0, sizeof(w));
	w.tty = df_tty() && !df_verbose;
	if (df_operands(operand, n, &names, &e) < 0 ||
	    df_step_open(&w.step, DF_ROLE_BUILD, DF_RUN_BRIEF, &e) < 0 ||
	    df_select(&w.step.run.state, &names, &w.sel, &e) < 0)
		df_die(&e);
	w.since = df_calloc(w.step.run.state.ntask + 1, sizeof(*w.since));
	w.total = w.sel.n;
	print_held(&w);
	for (i = 0; i < w.step.run.state.ntask; i++)
		w.done += w.sel.in[i] && df_state_dispatch(&w.step.run.state,
		    i) && df_state_dispatch(&w.step.run.state, i)->status ==
		    DF_STAGE_DONE;
	if (df_args.dry) {
		would_do(&w);
	} else {
		r = work(&w, &e);
		if (r < 0) {
			wipe(&w);
			df_die(&e);
		}
		print_merged(&w);
	}
	df_selection_release(&w.sel);
	df_list_free(&names);
	free(w.since);
	df_step_close(&w.step);
	return df_out_end(w.d.worst);
}
