/* What runs make of a scenario, scenarios of a suite, and lines of TAP. */
#include "base/df.h"

#include "base/schema.h"
#include "spec/score.h"
#include "work/judge.h"
#include "tap.h"

static const char head[] = "{\"class\":\"exec\",\"id\":\"HS-001\","
    "\"independent\":true,\"priority\":1,\"title\":\"It is so\"";

/* The code of the error for an item with those members too, or "". */
static const char *
item(struct df_suite_item *it, const char *more)
{
	static struct df_err e;
	struct df_buf b = DF_BUF_INIT;
	int r;

	memset(&e, 0, sizeof(e));
	df_buf_fmt(&b, "%s%s}", head, more);
	r = df_suite_item(it, &b, &e);
	df_buf_release(&b);
	return r < 0 ? e.code : "";
}

static void
items(void)
{
	static const char *const bad[] = { "\"runs\":0", "\"runs\":101",
	    "\"runs\":-1", "\"runs\":3,\"need\":0", "\"runs\":3,\"need\":4",
	    "\"need\":2" };
	struct df_suite_item it;
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	is_str(item(&it, ""), "", "an item that says nothing");
	ok(it.runs == 1 && it.need == 1 && it.plan == 0, "is judged once");
	df_suite_item_release(&it);
	is_str(item(&it, ",\"runs\":3,\"need\":2"), "", "one that does");
	ok(it.runs == 3 && it.need == 2, "as it says");
	df_suite_item_release(&it);
	is_str(item(&it, ",\"runs\":100"), "", "one without a threshold");
	is_int(it.need, 100, "needs all");
	df_suite_item_release(&it);
	for (i = 0; i < DF_LEN(bad); i++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, ",%s", bad[i]);
		is_str(item(&it, b.s), "suite.item", bad[i]);
		df_suite_item_release(&it);
	}
	df_buf_release(&b);
}

/* "PEF": a run each. */
static void
set_runs(struct df_scored *x, struct df_scored_run *r,
    const struct df_suite_item *it, const char *s)
{
	static const char *const failure[] = { "", "verify", "tap" };
	size_t i;

	memset(x, 0, sizeof(*x));
	x->item = it;
	x->n = 1;
	x->run = r;
	x->runs = strlen(s);
	for (i = 0; s[i]; i++) {
		memset(&r[i], 0, sizeof(r[i]));
		r[i].mark = s[i] == 'P' ? DF_MARK_PASS : s[i] == 'F' ?
		    DF_MARK_FAIL : DF_MARK_ERROR;
		r[i].failure = failure[r[i].mark];
		r[i].ms = 10;
		df_buf_init(&r[i].output);
	}
	df_score_runs(x);
}

/* All ways in which n runs can end, against what is said of them. */
static void
every(int64_t n)
{
	static const char mark[] = "PFE";
	struct df_suite_item it = { .runs = n };
	struct df_scored_run r[8];
	struct df_scored x;
	char s[8] = "";
	int64_t all = 1, way, left, i, p, e, bad = 0;
	enum df_mark want;

	for (i = 0; i < n; i++)
		all *= 3;
	for (way = 0; way < all; way++) {
		for (p = e = i = 0, left = way; i < n; i++, left /= 3) {
			s[i] = mark[left % 3];
			p += s[i] == 'P';
			e += s[i] == 'E';
		}
		for (it.need = 1; it.need <= n; it.need++) {
			set_runs(&x, r, &it, s);
			want = p >= it.need ? DF_MARK_PASS : n - p - e >
			    n - it.need ? DF_MARK_FAIL : DF_MARK_ERROR;
			bad += x.mark != want || x.passed != (size_t)p ||
			    x.errored != (size_t)e ||
			    r[x.as].mark != want || x.failure !=
			    r[x.as].failure || df_score_flaky(&x) !=
			    (p >= it.need && p < n);
		}
	}
	is_int(bad, 0, "every way that so many runs can end");
}

static void
records(void)
{
	struct df_suite_item it;
	struct df_suite_frame f = { .p1_need = -1, .percent = -1 };
	struct df_scored_run r[3];
	struct df_scored x;
	struct df_score s = { .v = &x, .n = 1, .evaluation = 1,
	    .level = "bwrap" };
	struct df_buf b = DF_BUF_INIT, out = DF_BUF_INIT;
	struct df_err e;
	size_t i, n;
	jv all, v;

	(void)item(&it, ",\"runs\":3,\"need\":2");
	set_runs(&x, r, &it, "FPP");
	df_score_verdict(&s, &f);
	ok(s.verdict == DF_MARK_PASS && s.flaky == 1, "a flake is a PASS");
	is_str(s.reason, "all 0 P0 and 1 of 1 other holdouts passed, 1 of "
	    "them not in every run", "and is said");
	df_score_tap(&s, &b);
	is_str(b.s, "TAP version 13\n1..1\nok 1 - HS-001 (flaky: 2/3)\n"
	    "  ---\n  class: exec\n  errored: 0\n  need: 2\n  passed: 2\n"
	    "  priority: P1\n  runs: 3\n  ...\n# ACCEPT: all 0 P0 and 1 of 1 "
	    "other holdouts passed, 1 of them not in every run\n", "TAP");
	for (i = 0; i < 70000; i++)
		df_buf_ch(&out, 'a' + (int)(i % 26));
	for (i = 0; i < 3; i++)
		df_score_output(&r[i], &out, &it, 1);
	ok(r[0].output.n == 65536 / 3 && r[0].output.s[r[0].output.n - 1] ==
	    out.s[out.n - 1], "of long output each run keeps its part");
	df_buf_reset(&b);
	for (i = 0; i < 70000; i++)
		df_buf_ch(&b, (int)(i % 7));
	for (i = 0; i < 3; i++) {
		df_buf_reset(&r[i].output);
		df_score_output(&r[i], &b, &it, 1000);
	}
	n = (size_t)24 * r[0].output.n * 1000;
	ok(n <= DF_JSON_MAX / 2 && n > DF_JSON_MAX / 2 - 24000 - 24000,
	    "what many scenarios wrote has its place in one record");
	for (i = 0; i < 3; i++) {
		df_buf_reset(&r[i].output);
		df_score_output(&r[i], &out, &it, 1);
	}
	df_buf_reset(&b);
	ok(df_schema_write(&b, df_score_json(&s, 0), "holdout", &e) == 0,
	    "the record follows its schema");
	ok(strstr(b.s, "\"errored\":0,\"evaluation\":1,\"failed\":0,"
	    "\"flaky\":1") != NULL, "it counts flakes");
	ok(strstr(b.s, "\"need\":2,\"passed\":2,\"priority\":\"P1\"") != NULL,
	    "it has what was needed and what passed");
	ok(strstr(b.s, "run_results") == NULL && strstr(b.s, "wxyz") == NULL,
	    "and no output");
	df_buf_reset(&b);
	ok(df_schema_write(&b, df_score_json(&s, 1), "holdout-full", &e) == 0,
	    "so does the whole one");
	all = df_json_parse(b.s, b.n, 0, "record", &e);
	v = jv_array_get(df_jv_get(all, "holdouts"), 0);
	is_int(df_jv_int(v, "duration_ms", 0), 30, "the time of all runs");
	is_int(jv_array_length(df_jv_get(v, "run_results")), 3, "each run");
	jv_free(v);
	jv_free(all);
	for (i = 0; i < 3; i++)
		df_buf_release(&r[i].output);
	it.need = 1;
	set_runs(&x, r, &it, "P");	/* as if it were judged once */
	df_buf_reset(&b);
	df_score_verdict(&s, &f);
	df_score_tap(&s, &b);
	ok(strstr(b.s, "runs") == NULL && strstr(b.s, "flaky") == NULL &&
	    strcmp(s.reason, "all 0 P0 and 1 of 1 other holdouts passed") ==
	    0, "of one run none of it is said");
	df_suite_item_release(&it);
	df_buf_release(&b);
	df_buf_release(&out);
}

/* ---- TAP ---- */

static const char *
judge(const char *s, int64_t plan)
{
	static char out[300];
	char why[200];
	enum df_trial_status r = df_tap_judge(s, strlen(s), plan, why);

	snprintf(out, sizeof(out), "%s%s%s", df_trial_status_name(r),
	    *why ? " " : "", why);
	return out;
}

static void
own_plans(void)
{
	static const char *const said[][2] = {
		{ "1..2\nok 1\nok 2\n", "PASS" },
		{ "ok 1\nok 2\n1..2\n", "PASS" },
		{ "TAP version 13\r\n1..1\r\nok 1\r\n", "PASS" },
		{ "1..1 # one\nok", "PASS" },
		{ "1..2\nnot ok 1\nok 2\n", "FAIL 1 of 2 tests failed" },
		{ "", "ERROR it has no plan" },
		{ "it is well\n", "ERROR it has no plan" },
		{ "1..0\n", "ERROR it plans no test" },
		{ "1..\nok 1\n", "ERROR test 1 is not in the plan" },
		{ "1..0 # skip all\n", "ERROR its plan is skipped or to do" },
		{ "1..1 # SKIP\nok 1\n",
		    "ERROR its plan is skipped or to do" },
		{ "1..1\nok 1\n1..1\n", "ERROR it has two plans" },
		{ "ok 1\n1..2\nok 2\n",
		    "ERROR its plan stands between tests" },
		{ "1..2\nok 1\n", "ERROR test 2 is missing" },
		{ "1..1\nok 1\nok 2\n", "ERROR test 2 is not in the plan" },
		{ "1..1\nok 1 # SKIP why\n",
		    "ERROR test 1 is skipped or to do" },
		{ "1..1\nBail out!\nok 1\n", "ERROR it bailed out" },
		{ "1..2000000000\nok 1\n", "ERROR 2000000000 tests are "
		    "planned, and most are missing" },
		{ "1..99999999999999999999\n", "ERROR 2147483647 tests are "
		    "planned, and most are missing" },
	};
	static const char *const tap[] = { "TAP version 13\n", "a\n1..3\n",
	    "1..3", "ok 1", "x\nok 12 - y", "not ok", "not ok\r\n",
	    "not ok - no" };
	static const char *const none[] = { "", "ok\n", "okay 1\n", "ok it\n",
	    " 1..3\n", "# 1..3\n", "1.. and on\n", "1.3\n", "not okay\n",
	    "x 1..3\n", "TAP\n", " ok 1\n" };
	size_t i;

	for (i = 0; i < DF_LEN(said); i++)
		is_str(judge(said[i][0], 0), said[i][1], said[i][1]);
	is_str(judge("1..1\nok 1\n1..1\n", 1), "PASS", "a plan that is known");
	is_str(judge("ok 1\n", 1), "PASS", "need not be there");
	is_str(judge("1..1 # SKIP all\nok 1\n", 1), "ERROR its plan is "
	    "skipped or to do", "and is not skipped");
	is_str(judge("ok 1\n", 2000000000), "ERROR 2000000000 tests are "
	    "planned, and most are missing", "and may be large");
	for (i = 0; i < DF_LEN(tap); i++)
		ok(df_tap_spoken(tap[i], strlen(tap[i])), "TAP: %zu", i);
	for (i = 0; i < DF_LEN(none); i++)
		ok(!df_tap_spoken(none[i], strlen(none[i])), "none: %zu", i);
}

int
main(void)
{
	items();
	every(1);
	every(2);
	every(3);
	every(5);
	records();
	own_plans();
	return tap_done();
}
