/*
 * df-report - the FactoryReport (E-007): report.json, report.md, JUnit XML.
 *
 * The verdict, every attempt, every scenario, and for each requirement which
 * tasks claim it, which scenarios judged it, and what that is worth.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/outside.h"
#include "run/select.h"
#include "reporting.h"
#include "work/disclose.h"

static int o_full;
static const char *o_message, *o_output, *o_format = "md";

static const struct df_opt opts[] = {
	{ 0, "full", NULL, "with expected, actual, titles: a disclosure",
	    DF_OPT_FLAG, &o_full, 0, 0 },
	{ 'm', "message", "WHY", "the reason for --full; it is recorded",
	    DF_OPT_STR, &o_message, 0, 0 },
	{ 'o', "output", "FILE", "where --full goes (default: stdout)",
	    DF_OPT_STR, &o_output, 0, 0 },
	{ 0, "format", "FORMAT", "of --full: md, json or junit", DF_OPT_STR,
	    &o_format, 0, 0 },
	DF_ARG_RUN, DF_ARG_FACTORY, DF_ARG_KEY, DF_ARG_IDENTITY, DF_ARG_DRY,
	DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-report", "[options]",
	"Write report.json, report.md and report.xml of a run.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

struct work {
	struct df_step step;
	struct df_reporting reporting;
};

/* ---- the record ---- */

static int
load(struct work *w, struct df_err *e)
{
	return df_reporting_load(&w->reporting, &w->step.run, e);
}

static jv
report(struct work *w, struct df_err *e)
{
	return df_reporting_make(&w->reporting, &w->step.run, e);
}

static const char *const names_made[] = { "report.json", "report.md",
    "report.xml" };

static int
commit(struct work *w, jv v, struct df_err *e)
{
	struct df_buf md = DF_BUF_INIT, xml = DF_BUF_INIT;
	struct df_commit c;
	int r;

	if (df_args.dry)
		return 0;
	df_report_markdown(v, &md);
	df_report_junit(v, &xml);
	df_commit_init(&c, "artifact.stored", NULL);
	r = df_commit_record(&w->step, &c, names_made[0], "report",
	    jv_copy(v), e);
	if (r == 0)
		r = df_commit_put(&w->step, &c, names_made[1], DF_MEDIA_MD,
		    md.s, md.n, e);
	if (r == 0)
		r = df_commit_put(&w->step, &c, names_made[2], DF_MEDIA_XML,
		    xml.s, xml.n, e);
	if (r == 0)
		r = df_step_commit(&w->step, &c, 1, e);
	df_commit_release(&c);
	df_buf_release(&md);
	df_buf_release(&xml);
	return r;
}

/* Nothing has happened since the last report? */
static int
holds(const struct df_run *r)
{
	const struct df_name *n = df_run_find(r, names_made[0]);

	return n && (r->state.sealed || r->giver[n->giver].seq ==
	    r->state.seq);
}

/* ---- --full ---- */

static int
open_full(struct work *w, struct df_err *e)
{
	struct df_err first;

	/* An evaluator's key, else an approver's. */
	if (df_step_open(&w->step, DF_ROLE_HOLDOUT, 0, &first) == 0 ||
	    df_step_open(&w->step, DF_ROLE_APPROVE, 0, e) == 0)
		return 0;
	*e = first;
	return -1;
}

/* It goes outside the run, to a file that is not there yet. */
static int
check_output(const struct df_run *r, struct df_err *e)
{
	if (df_outside_check(r, o_output, "report.place",
	    "which everybody may read", e) < 0)
		return -1;
	return faccessat(AT_FDCWD, o_output, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ?
	    df_fail(e, DF_CONFLICT, "file.create", "%s exists already",
	    o_output) : 0;
}

static jv
full_holdouts(const char *name, const struct df_buf *plain,
    struct df_err *e)
{
	struct df_json j = { 0 };
	jv v = jv_invalid(), rec;

	if (df_schema_scan(&j, plain->s, plain->n, DF_JSON_CANON,
	    "holdout-full", name, e) == 0) {
		rec = df_json_jv(&j, 0);
		jv_free(v);
		v = df_jv_get(rec, "holdouts");
		jv_free(rec);
	}
	df_json_release(&j);
	return v;
}

static int
write_full(jv v, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r = 0;

	if (strcmp(o_format, "json") == 0)
		df_json_line(&b, jv_copy(v));
	else if (strcmp(o_format, "junit") == 0)
		df_report_junit(v, &b);
	else
		df_report_markdown(v, &b);
	if (o_output)
		r = df_create_file(AT_FDCWD, o_output, b.s, b.n, 0600, e);
	else
		df_out_raw(b.s, b.n);
	df_buf_wipe(&b);
	return r;
}

static int
full(struct work *w, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT;
	jv v, hold = jv_invalid();
	char name[64];
	int r = 0;

	if (open_full(w, e) < 0 || (o_output && check_output(&w->step.run,
	    e) < 0) || load(w, e) < 0)
		return -1;
	if (df_disclose_read(&w->step, w->step.run.state.evaluations, name,
	    &plain, e) == 0)
		hold = full_holdouts(name, &plain, e);
	v = jv_is_valid(hold) ? report(w, e) : jv_invalid();
	if (!jv_is_valid(v)) {
		jv_free(hold);
		df_buf_wipe(&plain);
		return -1;
	}
	v = df_jset(v, "full", hold);
	if (df_args.dry)
		df_note("%s would be disclosed", name);
	else
		r = df_disclose_record(&w->step, name, &plain, o_message, e);
	df_buf_wipe(&plain);
	if (r == 0 && !df_args.dry)
		r = write_full(v, e);
	jv_free(v);
	return r;
}

/* ---- the tool ---- */

static int
make(struct work *w, struct df_err *e)
{
	struct df_run *run = &w->step.run;
	size_t i;
	int r = 0;
	jv v;

	if (df_step_open(&w->step, DF_ROLE_RUN, 0, e) < 0)
		return -1;
	if (!holds(run)) {
		if (run->state.sealed)
			return df_fail(e, DF_REFUSED, "state.status",
			    "the run is sealed and has no report");
		if (load(w, e) < 0)
			return -1;
		v = report(w, e);
		if (!jv_is_valid(v))
			return -1;
		df_note("%s: %s", df_jv_str(v, "verdict"), df_jv_str(v,
		    "verdict_reason"));
		r = commit(w, v, e);
		jv_free(v);
	}
	for (i = 0; r == 0 && i < DF_LEN(names_made); i++)
		df_print_name(run, names_made[i], NULL);
	return r;
}

int
main(int argc, char **argv)
{
	struct work w = { .reporting = { .facts = jv_invalid(), .holdout =
	    jv_invalid() } };
	struct df_err e = { 0 };
	size_t n;
	int r;

	(void)df_opt_parse(&tool, argc, argv, &n);
	if (n)
		df_usage("df-report takes no operand");
	if (o_full && (o_message == NULL || o_message[strspn(o_message,
	    " \t\n")] == '\0'))
		df_usage("a disclosure needs a reason: --full -m WHY");
	if (o_message && df_utf8_bad(o_message, strlen(o_message)) !=
	    strlen(o_message))
		df_diex(DF_INPUT, "text.utf8", "-m is no UTF-8");
	if (strcmp(o_format, "md") != 0 && strcmp(o_format, "json") != 0 &&
	    strcmp(o_format, "junit") != 0)
		df_usage("--format is one of md, json, junit");
	r = o_full ? full(&w, &e) : make(&w, &e);
	if (r < 0)
		df_die(&e);
	df_reporting_release(&w.reporting);
	df_step_close(&w.step);
	return df_out_end(DF_OK);
}
