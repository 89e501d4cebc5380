/*
 * Fuzz the reader of TAP: a byte, the number of tests in the plan (0: that of
 * the output), and what a program said.
 *
 * PASS is said only where every test of the plan has its line "ok" and none
 * "not ok".  An answer that is no PASS has a reason.  A line that says that a
 * test failed, was skipped or that all was given up, behind whatever there is,
 * never leaves a PASS; a diagnostic changes nothing.  What passes by a plan of
 * its own passes by that plan when it is known, and is seen to be TAP.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/buf.h"
#include "work/judge.h"

static enum df_trial_status
judge(const char *s, size_t n, int64_t plan)
{
	enum df_trial_status r;
	char why[200];

	memset(why, 'x', sizeof(why));
	r = df_tap_judge(s, n, plan, why);
	must(memchr(why, '\0', sizeof(why)) != NULL);
	must((r == DF_TRIAL_PASS) == (why[0] == '\0'));
	return r;
}

static int
starts(const char *s, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && memcmp(s, word, len) == 0 &&
	    (n == len || s[len] == ' ' || s[len] == '\t' ||
	    (s[len] == '\r' && n == len + 1));
}

static enum df_trial_status
with(const char *s, size_t n, int64_t plan, const char *line)
{
	struct df_buf b = DF_BUF_INIT;
	enum df_trial_status r;
	char *p;

	df_buf_add(&b, s, n);
	df_buf_ch(&b, '\n');
	df_buf_str(&b, line);
	p = fuzz_copy(b.s, b.n);
	r = judge(p, b.n, plan);
	free(p);
	df_buf_release(&b);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p + 1, *at, *lf, *end;
	enum df_trial_status r;
	int64_t plan, ok = 0, bad = 0;

	if (n-- == 0)
		return 0;
	plan = p[0] % 21;
	r = judge(s, n, plan);
	for (at = s, end = s + n; at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (lf == NULL)
			lf = end;
		ok += starts(at, (size_t)(lf - at), "ok");
		bad += starts(at, (size_t)(lf - at), "not ok");
	}
	if (r == DF_TRIAL_PASS) {
		must((ok == plan || plan == 0) && ok > 0 && bad == 0);
		must(with(s, n, plan, "not ok 1\n") == DF_TRIAL_ERROR);
		must(plan || judge(s, n, ok) == DF_TRIAL_PASS);
		must(plan || df_tap_spoken(s, n));
	}
	must(with(s, n, plan, "not ok") != DF_TRIAL_PASS);
	must(with(s, n, plan, "ok # skip why") == DF_TRIAL_ERROR);
	must(plan || with(s, n, plan, "1..1\n1..1\n") == DF_TRIAL_ERROR);
	must(with(s, n, plan, "Bail out!\n") == DF_TRIAL_ERROR);
	must(plan == 0 || with(s, n, plan, "1..21\n") == DF_TRIAL_ERROR);
	must(with(s, n, plan, "# ok 1\n") == r);
	return 0;
}
