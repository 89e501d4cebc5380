/*
 * df-log - show, follow, export a log; append to it (plumbing, guarded); sign
 * a checkpoint of it.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "log.h"

static const char *o_output, *o_data, *o_subject, *o_role, *o_prefix;
static const char *o_origin;
static int64_t o_sig, o_from = 1;
static int o_batch, o_intoto, o_vkey;

/* ---- printing ---- */

/* "12  2026-..Z  stage.completed  dispatch/T-001  df-build" */
static void
print_event(const struct df_event *ev)
{
	char seq[24], when[DF_TIME_STR];
	const char *cell[6];
	struct df_buf what = DF_BUF_INIT;
	uint32_t t = df_jget(ev->j, ev->data, "stage");
	uint32_t a = df_jget(ev->j, ev->data, "attempt");

	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)ev->seq);
	if (t) {
		df_jtext(ev->j, t, &what);
		df_buf_fmt(&what, " %.*s", (int)(ev->j->tok[a].end -
		    ev->j->tok[a].start), ev->line + ev->j->tok[a].start);
	} else {
		df_buf_str(&what, ev->subject);
	}
	cell[0] = seq;
	cell[1] = df_time_str(ev->time, when);
	cell[2] = ev->type;
	cell[3] = what.s;
	cell[4] = df_role_name(ev->role);
	cell[5] = ev->actor;
	df_out_row(cell, DF_LEN(cell));
	df_buf_release(&what);
}

struct show {
	uint64_t from, to;
	int raw;
};

static int
on_show(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct show *s = arg;

	(void)e;
	if (ev->seq < s->from || ev->seq > s->to)
		return 0;
	if (s->raw)
		df_out_raw(ev->line, ev->len);
	else
		print_event(ev);
	return 0;
}

void
df_log_of_args(struct df_log *l, int *dir)
{
	struct df_err e;

	if (df_args.run == NULL || *df_args.run == '\0')
		df_usage("which run? -C RUN, or DF_RUN");
	*dir = open(df_args.run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		df_diex(DF_INPUT, "run.open", "run %s: %s", df_args.run,
		    strerror(errno));
	if (df_log_open(l, *dir, "log.jsonl", DF_LOG_READ, &e) < 0) {
		if (e.exit == DF_INTEGRITY)
			e.exit = DF_INPUT;
		df_die(&e);
	}
}

/* ---- show ---- */

/* "7", "7..12", "7..": the lines that are wanted. */
static void
range(const char *s, struct show *w)
{
	const char *dots = strstr(s, "..");
	char *first = df_strndup(s, dots ? (size_t)(dots - s) : strlen(s));
	int64_t a, b = INT64_MAX;

	if (df_number(first, 1, INT32_MAX, &a) < 0 || (dots && dots[2] &&
	    df_number(dots + 2, 1, INT32_MAX, &b) < 0) || b < a)
		df_usage("%s is no range of lines: N, N..M or N..", s);
	w->from = (uint64_t)a;
	w->to = dots ? (uint64_t)b : (uint64_t)a;
	free(first);
}

static int
show(char **operand, size_t n)
{
	struct show w = { 1, UINT64_MAX, df_args.json };
	struct df_log l;
	struct df_err e;
	int dir;

	if (n > 1)
		df_usage("show one range of lines");
	if (o_sig)
		return df_log_sig((uint64_t)o_sig, o_output);
	if (n)
		range(operand[0], &w);
	df_log_of_args(&l, &dir);
	if (df_log_read(&l, on_show, &w, &e) < 0)
		df_die(&e);
	if (n && w.from > l.seq)
		df_diex(DF_NO, "log.line", "the log ends with line %llu",
		    (unsigned long long)l.seq);
	if (l.tail)
		df_note("%llu bytes of a torn write at the end",
		    (unsigned long long)l.tail);
	df_log_close(&l);
	close(dir);
	return DF_OK;
}

/* ---- follow ---- */

struct follow {
	struct show show;
	int end;
};

static int
on_follow(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct follow *f = arg;

	f->end |= strcmp(ev->type, "run.completed") == 0;
	return on_show(&f->show, ev, e);
}

/* Lines as they come, until the run is sealed. */
static int
follow(char **operand, size_t n)
{
	struct follow f = { { (uint64_t)o_from, UINT64_MAX, df_args.json },
	    0 };
	struct pollfd pf = { .events = POLLIN };
	char buf[4096];
	struct df_log l;
	struct df_err e;
	int dir;

	(void)operand;
	if (n)
		df_usage("follow takes no operand");
	df_log_of_args(&l, &dir);
	pf.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", l.fd);
	if (pf.fd < 0 || inotify_add_watch(pf.fd, buf, IN_MODIFY) < 0)
		df_diex(DF_EXTERNAL, "log.follow", "inotify: %s",
		    strerror(errno));
	while (!f.end) {
		if (df_log_read(&l, on_follow, &f, &e) < 0)
			df_die(&e);
		df_out_flush();
		if (f.end)
			break;
		/* Some file systems tell nothing: look once a second. */
		if (poll(&pf, 1, 1000) < 0 && errno != EINTR)
			df_diex(DF_EXTERNAL, "log.follow", "poll: %s",
			    strerror(errno));
		while (read(pf.fd, buf, sizeof(buf)) > 0)
			;
	}
	close(pf.fd);
	df_log_close(&l);
	close(dir);
	return DF_OK;
}

/* ---- export ---- */

struct export {
	size_t n;
};

static int
on_export(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct export *x = arg;
	struct df_buf b = DF_BUF_INIT, type = DF_BUF_INIT;
	jv v;

	(void)e;
	if (ev->seq < (uint64_t)o_from)
		return 0;
	v = df_json_jv(ev->j, 0);
	if (o_prefix) {
		/* Renamed, it is no longer what was signed. */
		df_buf_fmt(&type, "%s%s", o_prefix, ev->type);
		v = df_jset_str(v, "type", type.s);
		v = jv_object_delete(v, jv_string("dfsig"));
		v = jv_object_delete(v, jv_string("dfprev"));
	}
	df_json_line(&b, v);
	if (o_batch) {
		df_out_raw(x->n ? "," : "[", 1);
		df_out_raw(b.s, b.n - 1);
	} else {
		df_out_raw(b.s, b.n);
	}
	x->n++;
	df_buf_release(&b);
	df_buf_release(&type);
	return 0;
}

static int
export_log(char **operand, size_t n)
{
	struct export x = { 0 };
	struct df_log l;
	struct df_err e;
	int dir;

	(void)operand;
	if (n)
		df_usage("export takes no operand");
	if (o_intoto && (o_batch || o_prefix))
		df_usage("--intoto writes no CloudEvents");
	if (!o_intoto && (o_role || o_output))
		df_usage("--role and -o are for --intoto");
	if (o_intoto)
		return df_log_intoto((uint64_t)o_from, o_role, o_output);
	df_log_of_args(&l, &dir);
	if (df_log_read(&l, on_export, &x, &e) < 0)
		df_die(&e);
	if (o_batch)
		df_out_raw(x.n ? "]\n" : "[]\n", x.n ? 2 : 3);
	df_log_close(&l);
	close(dir);
	return DF_OK;
}

/* ---- append ---- */

static int
append(char **operand, size_t n)
{
	struct df_log_given g = { o_data, o_subject, o_role };

	if (n != 1)
		df_usage("append one TYPE, or - for many");
	if (strcmp(operand[0], "-") == 0 && (o_data || o_subject))
		df_usage("--data and --subject are for one TYPE");
	return strcmp(operand[0], "-") == 0 ? df_log_append_many(&g) :
	    df_log_append_one(operand[0], &g);
}

/* ---- checkpoint ---- */

static int
checkpoint(char **operand, size_t n)
{
	(void)operand;
	if (n)
		df_usage("checkpoint takes no operand");
	return df_log_checkpoint(o_origin, o_vkey, o_output);
}

/* ---- the table ---- */

static const struct df_opt show_opts[] = {
	{ 0, "sig", "N", "write line N's message and armored signature",
	    DF_OPT_INT, &o_sig, 1, INT32_MAX },
	{ 'o', "output", "DIR", "where --sig writes (default: here)",
	    DF_OPT_STR, &o_output, 0, 0 },
	DF_ARG_END
};
static const struct df_opt from_opts[] = {
	{ 0, "from", "N", "begin with line N", DF_OPT_INT, &o_from, 1,
	    INT32_MAX },
	DF_ARG_END
};
static const struct df_opt export_opts[] = {
	{ 0, "from", "N", "begin with line N", DF_OPT_INT, &o_from, 1,
	    INT32_MAX },
	{ 0, "batch", NULL, "one JSON array (CloudEvents batch)", DF_OPT_FLAG,
	    &o_batch, 0, 0 },
	{ 0, "type-prefix", "TEXT", "put TEXT before each type", DF_OPT_STR,
	    &o_prefix, 0, 0 },
	{ 0, "intoto", NULL, "in-toto statements in DSSE envelopes instead",
	    DF_OPT_FLAG, &o_intoto, 0, 0 },
	{ 0, "role", "ROLE", "--intoto: only of what that role did",
	    DF_OPT_STR, &o_role, 0, 0 },
	{ 'o', "output", "DIR", "--intoto: a file each, in DIR", DF_OPT_STR,
	    &o_output, 0, 0 },
	DF_ARG_TRUST,
	DF_ARG_END
};
static const struct df_opt append_opts[] = {
	{ 0, "data", "JSON", "the event's data", DF_OPT_STR, &o_data, 0, 0 },
	{ 0, "subject", "TEXT", "the event's subject", DF_OPT_STR, &o_subject,
	    0, 0 },
	{ 0, "role", "ROLE", "the role that signs", DF_OPT_STR, &o_role, 0,
	    0 },
	DF_ARG_DRY,
	DF_ARG_END
};
static const struct df_opt checkpoint_opts[] = {
	{ 'o', "output", "FILE", "write it there", DF_OPT_STR, &o_output, 0,
	    0 },
	{ 0, "origin", "NAME", "the log's name (default: darkfactory/HEX)",
	    DF_OPT_STR, &o_origin, 0, 0 },
	{ 0, "vkey", NULL, "write the verifier key instead", DF_OPT_FLAG,
	    &o_vkey, 0, 0 },
	DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "show", "[--sig N [-o DIR]] [N[..M]]", "write lines", show_opts,
	    show },
	{ "follow", "[--from N]", "write lines as they come", from_opts,
	    follow },
	{ "export", "[--batch|--intoto] [options] [--from N]",
	    "write CloudEvents, or statements", export_opts, export_log },
	{ "append", "[--data JSON] [--role ROLE] TYPE|-",
	    "append events, through every guard", append_opts, append },
	{ "checkpoint", "[-o FILE] [--origin NAME] [--vkey]",
	    "sign what the log is now, to keep elsewhere", checkpoint_opts,
	    checkpoint },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE,
	DF_ARG_END
};
static const struct df_tool tool = {
	"df-log", "show|follow|export|append|checkpoint [options]",
	"Show, follow, export and extend a run's log.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXHAUSTED) | DF_EXIT(DF_EXTERNAL),
	NULL
};

int
main(int argc, char **argv)
{
	return df_out_end(df_opt_run(&tool, argc, argv));
}
