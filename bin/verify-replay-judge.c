/*
 * The validation, evaluations and reports, made again.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/schema.h"
#include "holdout.h"
#include "reporting.h"
#include "revalidate.h"
#include "verify-replay.h"

/* ---- evaluations ---- */

/* The run as it was lends itself to the evaluation, and comes back. */
static void
borrow(struct df_replay *r, struct df_evaluation *w)
{
	memset(w, 0, sizeof(*w));
	w->step.run = r->then;
	w->jobs = r->jobs;
	w->frame.j = jv_invalid();
	w->judge.scratch_fd = w->judge.own_fd = -1;
}

static void
give_back(struct df_replay *r, struct df_evaluation *w)
{
	df_holdout_release(w);
	r->then = w->step.run;
}

/* ---- the validation ---- */

struct rows {
	struct df_replay *r;
	struct df_buf text;		/* validation.json as it is there */
};

static void
other_row(void *arg, const char *row, const char *what)
{
	struct rows *x = arg;
	struct df_buf key = DF_BUF_INIT;
	const char *at;

	df_buf_fmt(&key, "\"%s\"", row);
	at = strstr(x->text.s, key.s);
	df_replay_differs(x->r, "validation.json", at ? at - x->text.s : -1,
	    "%s %s", row, what);
	df_buf_release(&key);
}

/* D9 as its items have it: what is outside of scenarios, then these. */
static void
join(const struct df_evaluation *w, struct df_buf *b)
{
	size_t i;

	df_buf_str(b, df_jv_str(w->frame.j, "frame"));
	for (i = 0; i + 1 < w->suite.n; i++)
		df_buf_fmt(b, "\n%s\n", w->item[i].text);
}

/* Of a suite that was sealed beforehand the rows of D9 are somebody's word. */
static int
are_taken(jv record)
{
	jv rows = df_jv_get(record, "checks"), one;
	int i, n = jv_array_length(jv_copy(rows)), taken = 0;

	for (i = 0; i < n && !taken; i++) {
		one = jv_array_get(jv_copy(rows), i);
		taken = df_jv_str(one, "source") != NULL;
		jv_free(one);
	}
	jv_free(rows);
	return taken;
}

/* The whole record, with D9; 1 when it is the same. */
static int
check_whole(struct df_revalidation *v, const struct df_buf *d9,
    struct df_err *e)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_buf was = DF_BUF_INIT, is = DF_BUF_INIT;
	struct df_check c;
	struct df_spec sp;
	size_t i;
	int same;

	for (i = 0; i < DF_DOCS; i++) {
		doc[i] = (struct df_spec_doc) { 0 };
		if (v->public.doc[i].n) {
			doc[i].s = v->public.doc[i].s;
			doc[i].n = v->public.doc[i].n;
		}
	}
	doc[9].s = d9->s;
	doc[9].n = d9->n;
	if (df_spec_read(&sp, doc, 0, 0, e) < 0)
		return -1;
	df_check_run(&c, &sp);
	df_check_waive(&c, &sp, &v->waivers);
	df_json_line(&is, df_check_result(&c, &sp, DF_RESULT_PUBLIC));
	df_json_line(&was, jv_copy(v->was));
	same = is.n == was.n && memcmp(is.s, was.s, is.n) == 0;
	df_buf_release(&was);
	df_buf_release(&is);
	df_check_release(&c);
	df_spec_release(&sp);
	return same;
}

/*
 * The rows of D9.  A suite has the text of D9 in another order, and may have
 * other tests: so that it does not give the same rows says nothing.
 */
static void
validate_d9(struct df_replay *r, struct df_revalidation *v)
{
	static const char step[] = "validation.json rows of D9";
	struct df_evaluation w;
	struct df_buf d9 = DF_BUF_INIT;
	struct df_err e;
	int same;

	if (are_taken(v->was)) {
		df_replay_not(r, step, "the word of who sealed the suite "
		    "beforehand");
		return;
	}
	if (!df_replay_may_open()) {
		df_replay_not(r, step, "no identity opens the suite");
		return;
	}
	borrow(r, &w);
	if (df_holdout_unseal(&w, &e) < 0) {
		df_replay_not(r, step, "%s", e.msg);
	} else {
		join(&w, &d9);
		same = check_whole(v, &d9, &e);
		if (same > 0)
			df_replay_same(r, step, 1);
		else
			df_replay_not(r, step, "what is sealed is not D9 as "
			    "it was written");
	}
	df_buf_wipe(&d9);
	give_back(r, &w);
}

int
df_replay_validation(struct df_replay *r, struct df_err *e)
{
	struct rows x = { r, DF_BUF_INIT };
	struct df_revalidation v;
	size_t i;
	int ret;

	ret = df_run_get(&r->then, "validation.json", DF_RUN_BLOB_MAX,
	    &x.text, e);
	if (ret == 0 && df_revalidate(&v, &r->then, e) < 0)
		ret = -1;
	if (ret == 0) {
		for (i = 0; i < v.bad.n; i++)
			df_replay_differs(r, "validation.json", -1, "%s: %s",
			    v.bad.v[i].place, v.bad.v[i].message);
		if (df_revalidation_differences(&v, other_row, &x) +
		    (int)v.bad.n == 0)
			df_replay_same(r, "validation.json public rows", 1);
		validate_d9(r, &v);
		df_revalidation_release(&v);
	}
	df_buf_release(&x.text);
	return ret;
}

/* ---- holdouts ---- */

static jv
holdout_of(jv record, int i)
{
	jv list = df_jv_get(record, "holdouts");

	return jv_array_get(list, i);
}

/* The statuses that are others now: one row each.  A full disk is nothing
   that the scenario said. */
static int
statuses(struct df_replay *r, const char *name, jv was, jv is)
{
	jv list = df_jv_get(was, "holdouts"), a, b;
	int i, n = jv_array_length(list), differ = 0;
	const char *sa, *sb, *why;

	for (i = 0; i < n; i++) {
		a = holdout_of(was, i);
		b = holdout_of(is, i);
		sa = df_jv_str(a, "status");
		sb = df_jv_str(b, "status");
		why = df_jv_str(b, "failure");
		if (why && strcmp(why, "sandbox") == 0 && strcmp(sa, sb) !=
		    0) {
			df_replay_not(r, name, "%s: its sandbox failed",
			    df_jv_str(a, "holdout_id"));
			differ++;
		} else if (sb == NULL || strcmp(sa, sb) != 0) {
			df_replay_differs(r, name, -1, "%s was %s, is %s now: "
			    "nondeterministic", df_jv_str(a, "holdout_id"),
			    sa, sb ? sb : "missing");
			differ++;
		}
		jv_free(a);
		jv_free(b);
	}
	return differ;
}

static int
compare_records(struct df_replay *r, const struct df_replay_line *l,
    const struct df_score *s, const char *stem, struct df_err *e)
{
	struct df_buf json = DF_BUF_INIT, tap = DF_BUF_INIT;
	char name[2][80];
	const struct df_artifact *a[2];
	size_t same = 0, i;
	int ret = 0;
	jv was, is = df_score_json(s, 0);

	snprintf(name[0], sizeof(name[0]), "%s.json", stem);
	snprintf(name[1], sizeof(name[1]), "%s.tap", stem);
	for (i = 0; i < 2; i++)
		a[i] = df_replay_given(l, name[i]);
	if (a[0] && df_store_get(&r->run->store, &a[0]->digest,
	    DF_RUN_BLOB_MAX, &json, e) < 0)
		ret = -1;
	was = ret == 0 && a[0] ? df_json_parse(json.s, json.n, 0, name[0], e)
	    : jv_invalid();
	df_buf_reset(&json);
	if (jv_is_valid(was) && statuses(r, stem, was, is) == 0) {
		df_score_tap(s, &tap);
		df_json_line(&json, jv_copy(is));
		for (i = 0; i < 2 && ret >= 0; i++) {
			if (a[i] == NULL)
				continue;
			ret = df_replay_compare(r, name[i], &a[i]->digest,
			    i ? &tap : &json, e);
			same += ret > 0;
		}
		if (same)
			df_replay_same(r, stem, same);
	}
	jv_free(was);
	jv_free(is);
	df_buf_release(&json);
	df_buf_release(&tap);
	return ret < 0 ? -1 : 0;
}

/* Judged again, in sandboxes, on what was judged then. */
static int
judge(struct df_evaluation *w, jv data, struct df_score *s, struct df_err *e)
{
	const struct df_name *tree = df_run_find(&w->step.run,
	    "result/merged.tree");

	if (tree == NULL)
		return df_fail(e, DF_INTEGRITY, "merge.missing",
		    "the run has no result/merged.tree");
	w->tree = tree->digest;
	w->evaluation = df_jv_int(data, "evaluation", 0);
	if (df_holdout_unseal(w, e) < 0 || df_holdout_scan(w, e) < 0)
		return -1;
	w->scored = df_calloc(w->suite.n, sizeof(*w->scored));
	if (df_holdout_open(w, e) < 0)
		return -1;
	df_holdout_judge(w);
	df_holdout_score(w, s);
	return 0;
}

int
df_replay_holdout(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	struct df_score s = { 0 };
	struct df_evaluation w;
	char stem[64], full[80];
	int ret = 0;

	snprintf(stem, sizeof(stem), "holdout/%lld",
	    (long long)df_jv_int(l->data, "evaluation", 0));
	if (!df_replay_may_open()) {
		df_replay_not(r, stem, "no identity opens the suite");
		return 0;
	}
	borrow(r, &w);
	if (judge(&w, l->data, &s, e) == 0)
		ret = compare_records(r, l, &s, stem, e);
	else if (e->exit == DF_INTEGRITY)
		ret = -1;	/* what is sealed is not what was committed */
	else
		df_replay_not(r, stem, "%s", e->msg);
	give_back(r, &w);
	snprintf(full, sizeof(full), "%s.full.age", stem);
	df_replay_not(r, full, "it has durations and captured output");
	return ret;
}

/* ---- reports ---- */

static const char *const report_name[] = { "report.json", "report.md",
    "report.xml" };

/* The report of the run at its head, against what the line gave. */
static int
report_at(struct df_replay *r, struct df_run *at,
    const struct df_replay_line *l, struct df_err *e)
{
	struct df_reporting w = { .facts = jv_invalid(), .holdout =
	    jv_invalid() };
	struct df_buf b[3] = { DF_BUF_INIT, DF_BUF_INIT, DF_BUF_INIT };
	const struct df_artifact *a;
	size_t i, same = 0;
	int ret;
	jv v = jv_invalid();

	ret = df_reporting_load(&w, at, e);
	if (ret == 0)
		v = df_reporting_make(&w, at, e);
	if (jv_is_valid(v)) {
		df_json_line(&b[0], jv_copy(v));
		df_report_markdown(v, &b[1]);
		df_report_junit(v, &b[2]);
	} else {
		ret = -1;
	}
	for (i = 0; i < DF_LEN(report_name) && ret >= 0; i++) {
		a = df_replay_given(l, report_name[i]);
		if (a == NULL)
			continue;
		ret = df_replay_compare(r, a->name, &a->digest, &b[i], e);
		same += ret > 0;
	}
	if (same && ret >= 0)
		df_replay_same(r, "report", same);
	for (i = 0; i < 3; i++)
		df_buf_release(&b[i]);
	jv_free(v);
	df_reporting_release(&w);
	return ret < 0 ? -1 : 0;
}

/* What was appended while a report was made is not in it: it says up to which
   line it goes. */
static uint64_t
head_of(struct df_replay *r, const struct df_artifact *a)
{
	struct df_buf b = DF_BUF_INIT;
	uint64_t seq = 0;
	jv v = jv_invalid(), head;

	if (df_store_get(&r->run->store, &a->digest, DF_RUN_BLOB_MAX, &b,
	    NULL) == 0) {
		jv_free(v);
		v = df_json_parse(b.s, b.n, 0, a->name, NULL);
	}
	head = df_jv_get(v, "head");
	seq = (uint64_t)df_jv_int(head, "seq", 0);
	jv_free(head);
	jv_free(v);
	df_buf_release(&b);
	return seq >= 1 && seq < r->seq ? seq : r->seq - 1;
}

int
df_replay_report(struct df_replay *r, const struct df_replay_line *l,
    struct df_err *e)
{
	uint64_t seq = head_of(r, df_replay_given(l, report_name[0]));
	struct df_run then;
	int ret;

	if (seq == r->then.state.seq)
		return report_at(r, &r->then, l, e);
	if (df_run_open_at(&then, r->run->path, 0, seq, e) < 0)
		return -1;
	ret = report_at(r, &then, l, e);
	df_run_close(&then);
	return ret;
}
