/*
 * df-log - show, follow, export a log; append to it (plumbing, guarded).
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
#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/records.h"
#include "run/step.h"

static const char *o_output, *o_data, *o_subject, *o_role, *o_prefix;
static int64_t o_sig, o_from = 1;
static int o_batch;

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

/* The log of -C, which may be a run's or a factory's; nothing is folded. */
static void
open_log(struct df_log *l, int *dir)
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

struct sig {
	uint64_t seq;
	int found;
	struct df_buf message, armor, ns;
};

/* What ssh-keygen -Y verify takes: the message, and the key with its
   signature in armor. */
static int
on_sig(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct sig *s = arg;
	struct df_buf blob = DF_BUF_INIT;
	int r;

	if (ev->seq != s->seq)
		return 0;
	s->found = 1;
	r = df_event_message(ev, &s->message, &blob, e);
	if (r == 0) {
		df_buf_str(&s->ns, df_role_name(ev->role));
		df_buf_add(&s->armor, blob.s, blob.n);
		df_buf_ch(&s->ns, '\n');
		df_buf_str(&s->ns, ev->actor);
	}
	df_buf_release(&blob);
	return r;
}

static int
write_sig(struct df_run *r, struct sig *s, struct df_err *e)
{
	char *fp = strchr(s->ns.s, '\n'), name[64], signame[80];
	const struct df_signer *who;
	struct df_buf armor = DF_BUF_INIT, out = DF_BUF_INIT;
	struct df_sshsig x;
	int dir, ret;

	*fp++ = '\0';
	who = df_run_signer(r, fp);
	if (who == NULL)
		return df_fail(e, DF_AUTH, "trust.unknown",
		    "the run's roster does not have key %s", fp);
	memset(&x, 0, sizeof(x));
	x.key = who->key;
	snprintf(x.ns, sizeof(x.ns), "%s", s->ns.s);
	if (s->armor.n > sizeof(x.sig))
		return df_fail(e, DF_INTEGRITY, "log.sig",
		    "the signature is too long");
	memcpy(x.sig, s->armor.s, s->armor.n);
	x.siglen = s->armor.n;
	df_sshsig_write(&armor, &x);
	dir = open(o_output ? o_output : ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_INPUT, "log.output", "%s",
		    o_output);
	snprintf(name, sizeof(name), "event-%llu.json",
	    (unsigned long long)s->seq);
	snprintf(signame, sizeof(signame), "%s.sig", name);
	ret = df_replace_file(dir, name, s->message.s, s->message.n, 0644, e);
	if (ret == 0)
		ret = df_replace_file(dir, signame, armor.s, armor.n, 0644,
		    e);
	close(dir);
	if (ret == 0) {
		df_buf_fmt(&out, "%s/%s", o_output ? o_output : ".", name);
		df_out(out.s);
		df_buf_reset(&out);
		df_buf_fmt(&out, "%s/%s", o_output ? o_output : ".", signame);
		df_out(out.s);
		df_note("ssh-keygen -Y verify -f %s/trust/allowed_signers "
		    "-n %s -I %s -s %s <%s", r->path, x.ns, who->principal,
		    out.s, name);
	}
	df_buf_release(&armor);
	df_buf_release(&out);
	return ret;
}

static int
show_sig(void)
{
	struct sig s = { .seq = (uint64_t)o_sig, .message = DF_BUF_INIT,
	    .armor = DF_BUF_INIT, .ns = DF_BUF_INIT };
	struct df_log l;
	struct df_run r;
	struct df_err e;
	int dir;

	open_log(&l, &dir);
	if (df_log_read(&l, on_sig, &s, &e) < 0)
		df_die(&e);
	df_log_close(&l);
	close(dir);
	if (!s.found)
		df_diex(DF_NO, "log.line", "the log has no line %lld",
		    (long long)o_sig);
	if (df_run_open(&r, df_args.run, DF_RUN_BRIEF, &e) < 0 ||
	    write_sig(&r, &s, &e) < 0)
		df_die(&e);
	df_run_close(&r);
	df_buf_release(&s.message);
	df_buf_release(&s.armor);
	df_buf_release(&s.ns);
	return DF_OK;
}

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
		return show_sig();
	if (n)
		range(operand[0], &w);
	open_log(&l, &dir);
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
	open_log(&l, &dir);
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
	open_log(&l, &dir);
	if (df_log_read(&l, on_export, &x, &e) < 0)
		df_die(&e);
	if (o_batch)
		df_out_raw(x.n ? "]\n" : "[]\n", x.n ? 2 : 3);
	df_log_close(&l);
	close(dir);
	return DF_OK;
}

/* ---- append ---- */

struct adding {
	struct df_step *step;
	struct df_commit *c;
};

/* Size and schema: what gates look at must not fail there first. */
static int
check_artifact(struct df_run *r, const struct df_artifact *a,
    struct df_err *e)
{
	const char *schema = df_record_schema(a->name);
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	uint64_t size;
	int ret;

	ret = df_store_check(&r->store, &a->digest, &size, e);
	if (ret == 0 && size != a->size)
		ret = df_fail(e, DF_INPUT, "event.size",
		    "%s has %llu bytes, not %llu", a->name,
		    (unsigned long long)size, (unsigned long long)a->size);
	if (ret == 0 && schema)
		ret = df_store_get(&r->store, &a->digest, DF_RUN_BLOB_MAX, &b,
		    e);
	if (ret == 0 && schema)
		ret = df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, schema,
		    a->name, e);
	df_json_release(&j);
	df_buf_release(&b);
	return ret;
}

static int
add_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct adding *x = arg;

	if (check_artifact(&x->step->run, a, e) < 0)
		return -1;
	if (strcmp(a->media, DF_TREE_MEDIA) == 0)
		return df_commit_tree(x->step, x->c, a->name, &a->digest, e);
	return df_commit_name(x->step, x->c, a->name, a->media, &a->digest,
	    a->size, e);
}

static int
add_input(void *arg, const struct df_input *in, struct df_err *e)
{
	struct adding *x = arg;

	(void)e;
	df_commit_input(x->c, in->name, &in->digest);
	return 0;
}

/* Take what data names out of it: the commit puts it back, and covers it. */
static int
set_data(struct df_step *st, struct df_commit *c, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	struct adding x = { st, c };
	struct df_json j = { 0 };
	int r;

	r = df_json_scan(&j, s, n, 0, what, e);
	if (r == 0 && j.tok[0].type != DF_JOBJECT)
		r = df_fail(e, DF_INPUT, "event.data", "%s: no JSON object",
		    what);
	if (r == 0)
		r = df_artifacts_each(&j, 0, &st->run.store, add_artifact,
		    &x, e);
	if (r == 0)
		r = df_inputs_each(&j, 0, &st->run.store, add_input, &x, e);
	if (r < 0 && strcmp(e->code, "event.list") == 0)
		e->exit = DF_INPUT;	/* of a log it would be damage */
	if (r == 0) {
		jv_free(c->data);
		c->data = df_json_jv(&j, 0);
		c->data = jv_object_delete(c->data, jv_string("artifacts"));
		c->data = jv_object_delete(c->data, jv_string("inputs"));
	}
	df_json_release(&j);
	return r;
}

/* The role that signs such an event: --role, or the only one that may. */
static enum df_role
role_of(const char *type, const char *data)
{
	struct df_json j = { 0 };
	char stage[160] = "";
	int r, found = -1, many = 0;
	uint32_t t;

	if (o_role) {
		r = df_role_parse(o_role, strlen(o_role));
		if (r < 0)
			df_usage("--role %s: no such role", o_role);
		return (enum df_role)r;
	}
	if (df_json_scan(&j, data, strlen(data), 0, "data", NULL) == 0 &&
	    (t = df_jget(&j, 0, "stage")) != 0)
		snprintf(stage, sizeof(stage), "%.*s", (int)(j.tok[t].end -
		    j.tok[t].start), data + j.tok[t].start);
	df_json_release(&j);
	for (r = 0; r < DF_ROLES; r++)
		if (df_event_role(type, stage, (enum df_role)r, NULL) == 0) {
			many = found >= 0;
			found = r;
		}
	if (found < 0)
		df_diex(DF_INPUT, "event.type", "%s is no event of a run",
		    type);
	if (many)
		df_usage("several roles may sign %s: --role ROLE", type);
	return (enum df_role)found;
}

static void
print_appended(const struct df_step *st)
{
	char hex[DF_DIGEST_STR], seq[24];
	const char *cell[] = { seq, hex };

	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)
	    st->run.state.seq);
	(void)df_digest_str(&st->run.state.head, hex);
	if (df_args.json)
		df_out_json(df_jset_int(df_jset_str(jv_object(), "digest",
		    hex), "seq", (int64_t)st->run.state.seq));
	else
		df_out_row(cell, 2);
}

/* What the event is about; a commit takes at most 255 bytes of it. */
static int
check_subject(const char *s, size_t n, const char *what, struct df_err *e)
{
	if (n < sizeof(((struct df_commit *)0)->subject) && !memchr(s, '\0',
	    n) && df_utf8_bad(s, n) == n)
		return 0;
	return df_fail(e, DF_INPUT, "event.subject", "%s: the subject is "
	    "longer than 255 bytes, has a NUL, or is no UTF-8", what);
}

/* One event: TYPE and --data. */
static int
append_one(const char *type)
{
	const char *data = o_data ? o_data : "{}";
	struct df_commit c;
	struct df_step st;
	struct df_err e;

	if ((o_subject && check_subject(o_subject, strlen(o_subject),
	    "--subject", &e) < 0) || df_step_open(&st, role_of(type, data), 0,
	    &e) < 0)
		df_die(&e);
	df_commit_init(&c, type, o_subject);
	if (set_data(&st, &c, data, strlen(data), "--data", &e) < 0 ||
	    (!df_args.dry && df_step_commit(&st, &c, 1, &e) < 0))
		df_die(&e);
	if (!df_args.dry)
		print_appended(&st);
	df_commit_release(&c);
	df_step_close(&st);
	return DF_OK;
}

static int
check_members(const struct df_json *j, const char *what, struct df_err *e)
{
	uint32_t i, t;

	if (j->tok[0].type != DF_JOBJECT)
		return df_fail(e, DF_INPUT, "event.data",
		    "%s: no JSON object", what);
	for (i = 0, t = df_jfirst(j, 0); i < j->tok[0].n;
	    i++, t = df_jnext(j, t + 1))
		if (!df_jis(j, t, "type") && !df_jis(j, t, "subject") &&
		    !df_jis(j, t, "data"))
			return df_fail(e, DF_INPUT, "event.data",
			    "%s: only type, subject and data are given", what);
	return 0;
}

/* A line of stdin: {"type":..,"subject":..,"data":{..}}. */
static void
read_line(struct df_step *st, struct df_commit *c, const char *s, size_t n,
    size_t number, struct df_err *e)
{
	struct df_buf type = DF_BUF_INIT, subject = DF_BUF_INIT;
	struct df_json j = { 0 };
	char what[48];
	uint32_t t;
	int r;

	snprintf(what, sizeof(what), "stdin:%zu", number);
	r = df_json_scan(&j, s, n, 0, what, e);
	if (r == 0) {
		t = df_jget(&j, 0, "type");
		if (t && j.tok[t].type == DF_JSTRING)
			df_jtext(&j, t, &type);
		t = df_jget(&j, 0, "subject");
		if (t && j.tok[t].type == DF_JSTRING)
			df_jtext(&j, t, &subject);
		df_commit_init(c, type.s, subject.n ? subject.s : NULL);
		r = check_members(&j, what, e);
	}
	if (r == 0)
		r = check_subject(subject.s, subject.n, what, e);
	if (r == 0) {
		t = df_jget(&j, 0, "data");
		r = t == 0 ? df_fail(e, DF_INPUT, "event.data",
		    "%s: no data", what) : set_data(st, c, s +
		    j.tok[t].start, j.tok[t].end - j.tok[t].start, what, e);
	}
	df_json_release(&j);
	df_buf_release(&type);
	df_buf_release(&subject);
	if (r < 0)
		df_die(e);
}

/* Many events of one role in one write: all or none. */
static int
append_many(void)
{
	struct df_buf in = DF_BUF_INIT;
	struct df_commit *c = NULL;
	size_t n = 0, cap = 0, number = 0;
	const char *s, *lf, *end;
	struct df_step st;
	struct df_err e;
	int r;

	if (o_role == NULL)
		df_usage("append - needs --role ROLE");
	if (df_read_fd(STDIN_FILENO, &in, (size_t)256 << 20, "stdin", &e) < 0)
		df_die(&e);
	r = df_role_parse(o_role, strlen(o_role));
	if (r < 0)
		df_usage("--role %s: no such role", o_role);
	if (df_step_open(&st, (enum df_role)r, 0, &e) < 0)
		df_die(&e);
	end = in.s + in.n;
	for (s = in.s; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		number++;
		if (lf == s)
			continue;
		DF_GROW(c, n, cap);
		read_line(&st, &c[n++], s, (size_t)(lf - s), number, &e);
	}
	if (n == 0)
		df_diex(DF_REFUSED, "stdin.empty", "no event on stdin");
	if (!df_args.dry && df_step_commit(&st, c, n, &e) < 0)
		df_die(&e);
	if (!df_args.dry)
		print_appended(&st);
	while (n--)
		df_commit_release(&c[n]);
	free(c);
	df_buf_release(&in);
	df_step_close(&st);
	return DF_OK;
}

static int
append(char **operand, size_t n)
{
	if (n != 1)
		df_usage("append one TYPE, or - for many");
	if (strcmp(operand[0], "-") == 0 && (o_data || o_subject))
		df_usage("--data and --subject are for one TYPE");
	return strcmp(operand[0], "-") == 0 ? append_many() :
	    append_one(operand[0]);
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
static const struct df_verb verbs[] = {
	{ "show", "[--sig N [-o DIR]] [N[..M]]", "write lines", show_opts,
	    show },
	{ "follow", "[--from N]", "write lines as they come", from_opts,
	    follow },
	{ "export", "[--batch] [--type-prefix TEXT] [--from N]",
	    "write CloudEvents", export_opts, export_log },
	{ "append", "[--data JSON] [--role ROLE] TYPE|-",
	    "append events, through every guard", append_opts, append },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_KEY, DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE,
	DF_ARG_END
};
static const struct df_tool tool = {
	"df-log", "show|follow|export|append [options]",
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
