/*
 * The walk over the log, and the rows that it gives.
 */
#include "base/df.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "verify-replay.h"

static const char *const result_name[] = { "replayed", "differs",
    "not replayed" };

/* ---- rows ---- */

static struct df_replay_row *
add_row(struct df_replay *r, enum df_replay_result result, const char *what)
{
	struct df_replay_row *x;

	DF_GROW(r->row, r->n, r->cap);
	x = &r->row[r->n++];
	memset(x, 0, sizeof(*x));
	x->result = result;
	x->seq = r->seq;
	x->what = df_strdup(what);
	x->offset = -1;
	r->count[result]++;
	return x;
}

static char *
reason(const char *fmt, va_list ap) DF_PRINTF(1, 0);

static char *
reason(const char *fmt, va_list ap)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_vfmt(&b, fmt, ap);
	return df_buf_detach(&b);
}

void
df_replay_same(struct df_replay *r, const char *what, size_t files)
{
	add_row(r, DF_REPLAYED, what)->files = files;
}

void
df_replay_not(struct df_replay *r, const char *what, const char *fmt, ...)
{
	struct df_replay_row *x = add_row(r, DF_NOT_REPLAYED, what);
	va_list ap;

	va_start(ap, fmt);
	x->why = reason(fmt, ap);
	va_end(ap);
}

void
df_replay_differs(struct df_replay *r, const char *what, int64_t offset,
    const char *fmt, ...)
{
	struct df_replay_row *x = add_row(r, DF_REPLAY_DIFFERS, what);
	va_list ap;

	x->offset = offset;
	va_start(ap, fmt);
	x->why = reason(fmt, ap);
	va_end(ap);
}

const struct df_artifact *
df_replay_given(const struct df_replay_line *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->nout; i++)
		if (strcmp(l->out[i].name, name) == 0)
			return &l->out[i];
	return NULL;
}

int
df_replay_may_open(void)
{
	return df_args.identity && *df_args.identity;
}

int
df_replay_compare(struct df_replay *r, const char *name,
    const struct df_digest *was, const struct df_buf *is, struct df_err *e)
{
	struct df_difference d;
	int ret = df_replay_equal(&r->run->store, was, is, &d, e);

	if (ret == 0)
		df_replay_differs(r, name, d.offset, "%s", d.text.s);
	df_buf_release(&d.text);
	return ret;
}

/* ---- lines ---- */

/* The facts and policies of a decision were made again before: df-verify does
   that always. */
static void
decision(struct df_replay *r, const struct df_replay_line *l)
{
	char what[64];
	int k;

	snprintf(what, sizeof(what), "decision/%u", r->then.state.decisions +
	    1);
	k = strcmp(l->ev->type, "decision.amended") != 0;
	if (k)
		df_replay_same(r, what, 2);
	df_replay_not(r, what, "what a person said");
}

int
df_replay_pruned(const struct df_replay *r, struct df_err *e)
{
	if (r->run->prune == NULL || (strcmp(e->code, "store.missing") != 0 &&
	    strcmp(e->code, "store.pruned") != 0))
		return 0;
	(void)df_fail(e, DF_NO, "store.pruned",
	    "what it is made of was pruned");
	return 1;
}

/* What no step makes out of the run alone. */
static void
others(struct df_replay *r, const struct df_replay_line *l)
{
	size_t i;

	for (i = 0; i < l->nout; i++)
		if (strncmp(l->out[i].name, "seal/", 5) == 0)
			df_replay_not(r, l->out[i].name, "%s", strstr(
			    l->out[i].name, ".sig") ? "a signature" :
			    "checked with the log, not made");
		else
			df_replay_not(r, l->out[i].name,
			    "no step makes it of what is in the run");
}

static int
dispatch_line(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	const char *type = l->ev->type;

	if (strcmp(l->stage, "handoff") == 0 ||
	    strcmp(l->stage, "prompt") == 0)
		return df_replay_texts_line(r, l, e);
	if (strncmp(l->stage, "dispatch/", 9) == 0 ||
	    strcmp(l->stage, "merge") == 0)
		return df_replay_work_line(r, l, e);
	if (df_replay_given(l, "report.json"))
		return df_replay_report(r, l, e);
	if (strcmp(type, "holdout.completed") == 0)
		return df_replay_holdout(r, l, e);
	if (strcmp(type, "run.approved") == 0 ||
	    strcmp(type, "run.rejected") == 0 ||
	    strncmp(type, "decision.", 9) == 0)
		decision(r, l);
	else
		others(r, l);
	return 0;
}

static int
on_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct df_replay_line *l = arg;

	(void)e;
	DF_GROW(l->out, l->nout, l->cap);
	l->out[l->nout++] = *a;
	return 0;
}

static int
on_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct df_replay *r = arg;
	struct df_replay_line l = { .ev = ev };
	int ret;

	l.data = df_json_jv(ev->j, ev->data);
	l.stage = df_jv_str(l.data, "stage");
	if (l.stage == NULL)
		l.stage = "";
	l.attempt = df_jv_int(l.data, "attempt", 0);
	ret = df_artifacts_each(ev->j, ev->data, &r->run->store, on_artifact,
	    &l, e) < 0 ? -1 : dispatch_line(r, &l, e);
	if (ret < 0 && df_replay_pruned(r, e)) {
		df_replay_not(r, *l.stage ? l.stage : ev->type, "%s", e->msg);
		ret = 0;
	}
	free(l.out);
	jv_free(l.data);
	return ret;
}

/* The run as it is behind line at, torn bytes before it included. */
static int
advance(struct df_replay *r, const struct df_at *at, uint64_t end,
    struct df_err *e)
{
	r->then.upto = at->seq;
	r->then.torn += at->off - end;
	return df_log_reread(&r->then.log, at->off, at->len, &at->digest,
	    df_run_fold(), &r->then, e);
}

static int
walk(struct df_replay *r, struct df_err *e)
{
	struct df_run *run = r->run;
	uint64_t end = run->line[0].off + run->line[0].len;
	const struct df_at *at;
	size_t i;

	r->seq = 1;
	if (df_replay_validation(r, e) < 0)
		return -1;
	df_replay_not(r, "run.json", "what the run was made of lies outside "
	    "of it");
	for (i = 1; i < run->nline; i++) {
		at = &run->line[i];
		r->seq = at->seq;
		if (df_log_reread(&run->log, at->off, at->len, &at->digest,
		    on_line, r, e) < 0 || advance(r, at, end, e) < 0)
			return -1;
		end = at->off + at->len;
	}
	return df_replay_texts_finish(r, e);
}

static int
by_seq(const void *a, const void *b)
{
	const struct df_replay_row *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq > y->seq ? 1 : -1;
	return x->result != y->result ? (int)x->result - (int)y->result :
	    strcmp(x->what, y->what);
}

int
df_replay_run(struct df_replay *r, struct df_run *run, struct df_err *e)
{
	int ret;

	r->run = run;
	if (df_run_open_at(&r->then, run->path, 0, 1, e) < 0)
		return -1;
	ret = walk(r, e);
	df_replay_texts_free(r);
	df_replay_work_free(r);
	df_run_close(&r->then);
	if (r->n)
		qsort(r->row, r->n, sizeof(*r->row), by_seq);
	return ret;
}

void
df_replay_release(struct df_replay *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->row[i].what);
		free(r->row[i].why);
	}
	free(r->row);
}

/* ---- saying it ---- */

/* The version of the tools that made the run. */
static jv
made_by(const struct df_replay *r)
{
	jv t = df_jv_get(r->run->env, "tools"), v = df_jv_get(t, "version");

	jv_free(t);
	return v;
}

void
df_replay_print(const struct df_replay *r)
{
	const struct df_replay_row *x;
	struct df_buf b = DF_BUF_INIT;
	jv v = made_by(r);
	size_t i;

	if (jv_get_kind(v) == JV_KIND_STRING && strcmp(jv_string_value(v),
	    DF_VERSION) != 0)
		df_note("the run was made by %s, this is %s",
		    jv_string_value(v), DF_VERSION);
	jv_free(v);
	for (i = 0; i < r->n; i++) {
		x = &r->row[i];
		df_buf_fmt(&b, "%s %s", result_name[x->result], x->what);
		if (x->result == DF_REPLAYED)
			df_buf_fmt(&b, " %zu file%s", x->files, x->files == 1
			    ? "" : "s");
		if (x->offset >= 0)
			df_buf_fmt(&b, " offset %lld", (long long)x->offset);
		if (x->why)
			df_buf_fmt(&b, ": %s", x->why);
		df_buf_ch(&b, '\n');
	}
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

jv
df_replay_json(const struct df_replay *r)
{
	const struct df_replay_row *x;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < r->n; i++) {
		x = &r->row[i];
		o = df_jset_str(jv_object(), "result",
		    result_name[x->result]);
		o = df_jset_str(o, "step", x->what);
		if (x->result == DF_REPLAYED)
			o = df_jset_int(o, "files", (int64_t)x->files);
		if (x->offset >= 0)
			o = df_jset_int(o, "offset", x->offset);
		if (x->why)
			o = df_jset_str(o, "reason", x->why);
		list = jv_array_append(list, o);
	}
	o = df_jset_str(jv_object(), "by", DF_VERSION);
	o = df_jset(o, "made_by", made_by(r));
	return df_jset(o, "steps", list);
}
