/*
 * df-freeze - seal a finished run; write and read bundles.
 *
 * Report, seal, and what the directory may not hold any more goes before the
 * one line that says run.completed; modes after it.  A run that was sealed is
 * finished by the same command, and sealed again when events followed.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "run/closed.h"
#include "run/factory.h"
#include "run/freeze.h"
#include "run/outside.h"
#include "run/place.h"
#include "work/bundle.h"
#include "work/oci.h"
#include "work/since.h"
#include "work/spawn.h"
#include "name.h"

static const char *o_message, *o_bundle, *o_oci, *o_since, *o_thaw;
static const char *o_output;
static int o_cancel, o_failed;

static const struct df_opt opts[] = {
	{ 0, "cancel", NULL, "cancel a live run and seal it", DF_OPT_FLAG,
	    &o_cancel, 0, 0 },
	{ 0, "failed", NULL, "declare a live run failed and seal it",
	    DF_OPT_FLAG, &o_failed, 0, 0 },
	{ 'm', "message", "WHY", "the reason for --cancel or --failed",
	    DF_OPT_STR, &o_message, 0, 0 },
	{ 0, "bundle", "FILE", "write the sealed run as one file",
	    DF_OPT_STR, &o_bundle, 0, 0 },
	{ 0, "since", "HEAD", "only what the run has behind that line",
	    DF_OPT_STR, &o_since, 0, 0 },
	{ 0, "oci", "DIR", "write the sealed run as an OCI image layout",
	    DF_OPT_STR, &o_oci, 0, 0 },
	{ 0, "thaw", "FILE", "make a run directory of a bundle", DF_OPT_STR,
	    &o_thaw, 0, 0 },
	{ 'o', "output", "DIR", "where --thaw makes it (default: here)",
	    DF_OPT_STR, &o_output, 0, 0 },
	DF_ARG_RUN, DF_ARG_FACTORY, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_DRY,
	DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-freeze", "[options]",
	"Seal a decided run; write and read bundles.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

extern char **environ;

/* ---- before the seal ---- */

/* Nobody may be at work. */
static const char *const work_lock[][2] = { { "work/dispatch.lock",
    "the run's dispatcher" }, { "work/holdout.lock", "the run's judge" } };

static int
lock_work(struct df_run *r, int lock[2], struct df_err *e)
{
	size_t i;

	for (i = 0; i < DF_LEN(work_lock); i++) {
		lock[i] = df_open_beneath(r->dir, work_lock[i][0], O_RDWR, 1);
		if (lock[i] < 0 && errno != ENOENT)
			return df_fail_errno(e, DF_EXTERNAL, "freeze.lock",
			    "%s", work_lock[i][0]);
		if (lock[i] >= 0 && df_lock(lock[i], 0, work_lock[i][1], e) <
		    0)
			return -1;
	}
	return 0;
}

static const char *
domain(const struct df_state *s)
{
	switch (s->status) {
	case DF_ST_QUEUED:
	case DF_ST_BOOTING:
		return "BOOT_FAILURE";
	case DF_ST_EVALUATING:
		return "EVAL_FAILURE";
	default:
		return "EXEC_FAILURE";
	}
}

/*
 * A live run ends only when that is said, and one that ended otherwise cannot
 * end so; the command that was interrupted goes on.
 */
static int
may_end(const struct df_state *s, struct df_err *e)
{
	if (df_run_terminal(s->status))
		return (o_cancel && s->status != DF_ST_CANCELED) ||
		    (o_failed && s->status != DF_ST_FAILED) ? df_fail(e,
		    DF_REFUSED, "state.status", "the run is %s already",
		    df_run_status_name(s->status)) : 0;
	if (o_cancel || (o_failed && s->verdict != DF_V_PASS))
		return 0;
	if (o_failed)
		return df_fail(e, DF_REFUSED, "domain.phase",
		    "the scenarios passed: the run has not failed");
	(void)df_fail(e, DF_REFUSED, "state.status",
	    "the run is %s: nothing is decided yet",
	    df_run_status_name(s->status));
	return df_hint(e, "--cancel -m WHY or --failed -m WHY end a live run");
}

static int
end_live(struct df_step *st, struct df_err *e)
{
	struct df_state *s = &st->run.state;
	struct df_commit c;
	int r;

	if (df_run_terminal(s->status))
		return 0;
	df_commit_init(&c, o_cancel ? "run.canceled" : "run.failed", NULL);
	c.data = df_jset_str(c.data, "actor", st->me->principal);
	c.data = df_jset_str(c.data, "reason", o_message);
	if (o_failed)
		c.data = df_jset_str(c.data, "domain", domain(s));
	r = df_step_commit(st, &c, 1, e);
	df_commit_release(&c);
	return r;
}

/* The last report says what the decision was. */
static int
report(struct df_step *st, struct df_err *e)
{
	struct df_buf prog = DF_BUF_INIT, said = DF_BUF_INIT;
	char *argv[8];
	size_t n = 0, i;
	int r;

	df_tool_path(&prog, "df-report");
	argv[n++] = df_strdup(prog.s);
	argv[n++] = df_strdup("-q");
	argv[n++] = df_strdup("-C");
	argv[n++] = df_strdup(st->run.path);
	if (df_args.key && *df_args.key) {
		argv[n++] = df_strdup("-k");
		argv[n++] = df_strdup(df_args.key);
	}
	argv[n] = NULL;
	r = df_run_program(argv, environ, -1, NULL, -1, NULL, &said, e);
	if (r > DF_EXTERNAL)
		r = df_fail(e, DF_EXTERNAL, "freeze.report",
		    "df-report ended with status %d", r);
	else if (r > 0)
		r = df_fail(e, r, "freeze.report", "%.*s",
		    (int)strcspn(said.s, "\n"), said.s);
	for (i = 0; i < n; i++)
		free(argv[i]);
	df_buf_release(&prog);
	df_buf_release(&said);
	return r < 0 ? -1 : df_run_refresh(&st->run, e);
}

/* ---- after the seal ---- */

/* A factory that is there remembers the head. */
static void
anchor(struct df_step *st)
{
	struct df_factory f;
	struct df_err e;
	int r = df_factory_open(&f, df_args.factory, &e);

	if (r == 1) {
		r = df_factory_anchor(&f, &st->run, st->key, DF_ROLE_RUN, &e);
		df_factory_close(&f);
	}
	if (r < 0)
		df_warn("the factory has no anchor of this run: %s", e.msg);
}

static void
print_seal(const struct df_run *r)
{
	char name[64], hex[DF_DIGEST_STR];

	snprintf(name, sizeof(name), "seal/%u.json", r->state.seals);
	df_name_say(name);
	snprintf(name, sizeof(name), "seal/%u.json.sig", r->state.seals);
	df_name_say(name);
	df_note("%s: %s, head %llu %s", r->id,
	    df_run_status_name(r->state.status),
	    (unsigned long long)r->state.seq, df_digest_str(&r->state.head,
	    hex));
}

/* ---- the tool ---- */

static int
seal(struct df_step *st, struct df_err *e)
{
	struct df_run *r = &st->run;
	int lock[DF_LEN(work_lock)] = { -1, -1 }, ret;
	size_t i;

	ret = lock_work(r, lock, e);
	if (ret == 0 && !r->state.sealed)
		ret = end_live(st, e);
	if (ret == 0 && !r->state.sealed)
		ret = report(st, e);
	/* From here to run.completed nobody appends. */
	if (ret == 0)
		ret = df_log_lock(&r->log, e);
	if (ret == 0)
		ret = df_run_refresh(r, e);
	/* Another one of us may have done it meanwhile. */
	if (ret == 0 && (!r->state.sealed || r->state.after_seal)) {
		ret = df_freeze_clean(r, e);
		if (ret == 0)
			ret = df_freeze_seal(st, e);
	}
	df_log_unlock(&r->log);
	for (i = 0; i < DF_LEN(lock); i++)
		if (lock[i] >= 0)
			close(lock[i]);
	return ret;
}

/* A sealed run needs no key: there is nothing to sign. */
static int
open_run(struct df_step *st, struct df_err *e)
{
	struct df_gate g;

	memset(st, 0, sizeof(*st));
	if (df_run_open(&st->run, df_args.run, DF_RUN_LINES, e) < 0)
		return -1;
	if (df_gate_pass(&st->run, &g, e) == 0 &&
	    ((st->run.state.sealed && !st->run.state.after_seal) ||
	    df_step_key(st, DF_ROLE_RUN, e) == 0))
		return 0;
	df_step_close(st);
	return -1;
}

static int
freeze(struct df_err *e)
{
	struct df_step st;
	int r = 0;

	if (open_run(&st, e) < 0)
		return -1;
	if (o_bundle)
		r = df_outside_check(&st.run, o_bundle, "bundle.place",
		    "and a sealed run is a closed set", e);
	if (r == 0 && o_oci)
		r = df_outside_check(&st.run, o_oci, "bundle.place",
		    "and a sealed run is a closed set", e);
	if (r == 0)
		r = may_end(&st.run.state, e);
	if (r == 0 && df_args.dry) {
		df_note("%s", st.run.state.sealed && !st.run.state.after_seal
		    ? "the run is sealed" : "the run would be sealed");
	} else if (r == 0 && st.key) {
		r = seal(&st, e);
		if (r == 0)
			r = df_freeze_tidy(&st.run, e);
		if (r == 0)
			anchor(&st);
	} else if (r == 0) {
		r = df_freeze_tidy(&st.run, e);
	}
	if (r == 0 && st.run.state.sealed)
		print_seal(&st.run);
	if (r == 0 && o_bundle && !df_args.dry) {
		r = o_since ? df_since_write(&st.run, o_since, o_bundle, e) :
		    df_bundle_write(&st.run, o_bundle, e);
		if (r == 0)
			df_name_say(o_bundle);
	}
	if (r == 0 && o_oci && !df_args.dry) {
		r = df_oci_write(&st.run, o_oci, e);
		if (r == 0)
			df_name_say(o_oci);
	}
	df_step_close(&st);
	return r;
}

/* What was unpacked: a run that holds, and nothing else. */
static int
holds(struct df_run *r, const char *name, struct df_gate *g,
    struct df_err *e)
{
	struct df_findings bad = { 0 }, notes = { 0 };
	struct df_blobset blobs = { 0 };
	int ret;

	ret = df_gate_check(r, NULL, df_args.trust, g, e);
	if (ret == 0 && strcmp(r->id, name) != 0)
		ret = df_fail(e, DF_INTEGRITY, "bundle.name",
		    "the bundle is called %s and holds %s", name, r->id);
	if (ret == 0)
		ret = df_gate_blobs(r, &blobs, e);
	if (ret == 0 && (df_closed_check(r, &blobs, &bad, &notes, e) < 0 ||
	    df_seals_check(r, &bad, e) < 0))
		ret = -1;
	if (ret == 0 && bad.n)
		ret = df_fail(e, DF_INTEGRITY, bad.v[0].code,
		    "%.200s: %.300s", bad.v[0].place, bad.v[0].message);
	df_findings_release(&bad);
	df_findings_release(&notes);
	df_blobset_release(&blobs);
	return ret;
}

/* The run that an incremental bundle continues. */
static int
open_copy(struct df_run *copy, struct df_err *e)
{
	if (df_args.run == NULL || *df_args.run == '\0') {
		(void)df_fail(e, DF_USAGE, "since.copy",
		    "%s continues a run: name your copy of it", o_thaw);
		return df_hint(e, "-C RUN");
	}
	return df_run_open(copy, df_args.run, DF_RUN_LINES, e);
}

/* Nothing appears, and no copy grows, unless what results holds. */
static int
thaw_into(struct df_place *p, const char *path, struct df_run *copy,
    char name[64], struct df_gate *g, struct df_err *e)
{
	struct df_run r;
	int ret;

	ret = df_bundle_unpack(o_thaw, path, name, e);
	if (ret == 0 && df_since_is(p->dir))
		ret = open_copy(copy, e) < 0 || df_since_stage(p->dir, copy,
		    e) < 0 ? -1 : 0;
	if (ret == 0)
		ret = df_run_open(&r, path, DF_RUN_LINES, e);
	if (ret < 0)
		return -1;
	ret = holds(&r, name, g, e);
	if (ret == 0 && copy->path) {
		ret = df_since_apply(copy, &r, e);
		if (ret == 0)
			df_note("%s has it already", copy->path);
	}
	df_run_close(&r);
	return ret < 0 ? -1 : 0;
}

static int
thaw(struct df_err *e)
{
	const char *parent = o_output ? o_output : ".";
	struct df_run copy = { .path = NULL };
	struct df_buf path = DF_BUF_INIT;
	struct df_place p;
	struct df_gate g;
	char name[64];
	int ret;

	if (df_place_open(&p, parent, e) < 0)
		return -1;
	df_buf_fmt(&path, "%s/%s", parent, p.tmp);
	ret = thaw_into(&p, path.s, &copy, name, &g, e);
	df_buf_reset(&path);
	if (copy.path) {
		df_buf_str(&path, copy.path);
		df_run_close(&copy);
	} else if (ret == 0) {
		df_buf_fmt(&path, "%s/%s", parent, name);
		ret = df_sync_fs(p.dir, path.s, e);
		if (ret == 0)
			ret = df_place_publish(&p, name, e);
	}
	df_place_close(&p);
	if (ret == 0) {
		df_name_say(path.s);
		df_note("%s", df_trusted_name(g.trusted));
	}
	df_buf_release(&path);
	return ret;
}

int
main(int argc, char **argv)
{
	struct df_err e = { 0 };
	size_t n;

	(void)df_opt_parse(&tool, argc, argv, &n);
	if (n)
		df_usage("df-freeze takes no operand");
	if (o_cancel && o_failed)
		df_usage("--cancel or --failed, not both");
	if ((o_cancel || o_failed) && (o_message == NULL ||
	    o_message[strspn(o_message, " \t\n")] == '\0'))
		df_usage("a run ends early only for a reason: -m WHY");
	if (o_message && df_utf8_bad(o_message, strlen(o_message)) !=
	    strlen(o_message))
		df_diex(DF_INPUT, "text.utf8", "-m is no UTF-8");
	if (o_thaw && (o_bundle || o_oci || o_cancel || o_failed))
		df_usage("--thaw goes alone");
	if (o_since && o_bundle == NULL)
		df_usage("--since is for --bundle");
	if ((o_thaw ? thaw(&e) : freeze(&e)) < 0)
		df_die(&e);
	return df_out_end(DF_OK);
}
