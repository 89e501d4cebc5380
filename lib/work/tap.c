/* Reading TAP that somebody else's program wrote. */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "work/judge.h"

struct tap {
	int64_t plan;		/* what the manifest says, or the output */
	int own;		/* the output: 1, and 2 where it said so */
	uint8_t *seen;
	int64_t count, next, failed;
	int64_t late;		/* tests that stood before its own plan */
	const char *error;	/* the first thing that is wrong */
	int64_t at;		/* the test it is about */
};

static void
wrong(struct tap *t, const char *what, int64_t at)
{
	if (t->error == NULL) {
		t->error = what;
		t->at = at;
	}
}

/* Is there a directive behind an unescaped "#"? */
static int
directive(const char *s, const char *end)
{
	for (; s < end; s++) {
		if (*s == '\\') {
			s++;
			continue;
		}
		if (*s != '#')
			continue;
		for (s++; s < end && (*s == ' ' || *s == '\t'); s++)
			;
		return end - s >= 4 && (strncasecmp(s, "skip", 4) == 0 ||
		    strncasecmp(s, "todo", 4) == 0);
	}
	return 0;
}

/* The decimal number at *s, which is moved behind it; -1 when there is none.
   One that is too large for any plan is INT32_MAX. */
static int64_t
number(const char **s, const char *end)
{
	int64_t n = -1;

	for (; *s < end && **s >= '0' && **s <= '9'; ++*s) {
		n = (n < 0 ? 0 : n) * 10 + (**s - '0');
		if (n > INT32_MAX)
			n = INT32_MAX;
	}
	return n;
}

static void
test_line(struct tap *t, const char *s, const char *end, int ok)
{
	int64_t n;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	n = number(&s, end);
	if (n < 0)
		n = t->next;
	if (directive(s, end))
		wrong(t, "is skipped or to do", n);
	if (n < 1 || n > t->plan)
		wrong(t, "is not in the plan", n);
	else if (t->seen[n]++)
		wrong(t, "is there twice", n);
	t->count++;
	t->failed += !ok;
	t->next = n + 1;
}

/* Behind "1..". */
static void
plan_line(struct tap *t, const char *s, const char *end)
{
	int64_t n = number(&s, end);

	if (t->own == 0) {
		if (n != t->plan)
			wrong(t, "its plan is not that of the manifest", 0);
		else if (directive(s, end))
			wrong(t, "its plan is skipped or to do", 0);
		return;
	}
	if (t->own == 2)
		wrong(t, "it has two plans", 0);
	else if (directive(s, end))
		wrong(t, "its plan is skipped or to do", 0);
	t->own = 2;
	t->late = t->count;
}

static void
line(struct tap *t, const char *s, const char *end)
{
	if (end - s >= 9 && strncmp(s, "Bail out!", 9) == 0)
		wrong(t, "it bailed out", 0);
	else if (end - s >= 3 && strncmp(s, "1..", 3) == 0)
		plan_line(t, s + 3, end);
	else if (end - s >= 2 && strncmp(s, "ok", 2) == 0 &&
	    (end - s == 2 || s[2] == ' ' || s[2] == '\t'))
		test_line(t, s + 2, end, 1);
	else if (end - s >= 6 && strncmp(s, "not ok", 6) == 0 &&
	    (end - s == 6 || s[6] == ' ' || s[6] == '\t'))
		test_line(t, s + 6, end, 0);
}

/* The line at s without its end; *next is where the next one begins. */
static const char *
line_end(const char *s, const char *end, const char **next)
{
	const char *lf = memchr(s, '\n', (size_t)(end - s));

	if (lf == NULL)
		lf = end;
	*next = lf < end ? lf + 1 : end;
	return lf > s && lf[-1] == '\r' ? lf - 1 : lf;
}

/* A plan: its number; -1 for any other line. */
static int64_t
plan_of(const char *s, const char *end)
{
	if (end - s < 4 || strncmp(s, "1..", 3) != 0)
		return -1;
	s += 3;
	return number(&s, end);
}

/* Is it a line that only TAP has: a version, a plan, a numbered test, a test
   that failed? */
static int
is_tap(const char *s, const char *end)
{
	size_t n = (size_t)(end - s);

	if (n >= 13 && strncmp(s, "TAP version ", 12) == 0)
		return 1;
	if (n >= 6 && strncmp(s, "not ok", 6) == 0)
		return n == 6 || s[6] == ' ' || s[6] == '\t';
	if (n >= 4 && strncmp(s, "ok ", 3) == 0)
		return s[3] >= '0' && s[3] <= '9';
	return plan_of(s, end) >= 0;
}

int
df_tap_spoken(const char *s, size_t n)
{
	const char *end = s + n, *next, *stop;

	for (; s < end; s = next) {
		stop = line_end(s, end, &next);
		if (is_tap(s, stop))
			return 1;
	}
	return 0;
}

/* The first plan that the output has; 0 without one. */
static int64_t
own_plan(const char *s, const char *end)
{
	const char *next, *stop;
	int64_t n;

	for (; s < end; s = next) {
		stop = line_end(s, end, &next);
		n = plan_of(s, stop);
		if (n >= 0)
			return n;
	}
	return 0;
}

static void
read_lines(struct tap *t, const char *s, const char *end)
{
	const char *next, *stop;
	int64_t i;

	for (; s < end; s = next) {
		stop = line_end(s, end, &next);
		line(t, s, stop);
	}
	if (t->own == 1)
		wrong(t, "it has no plan", 0);
	else if (t->own && t->late && t->late < t->count)
		wrong(t, "its plan stands between tests", 0);
	else if (t->plan == 0)
		wrong(t, "it plans no test", 0);
	for (i = 1; i <= t->plan; i++)
		if (t->seen[i] == 0)
			wrong(t, "is missing", i);
}

enum df_trial_status
df_tap_judge(const char *s, size_t n, int64_t plan, char why[200])
{
	struct tap t = { .plan = plan, .own = plan == 0, .next = 1 };

	if (t.own)
		t.plan = own_plan(s, s + n);
	if (t.plan > (int64_t)n) {	/* so many cannot be there */
		snprintf(why, 200, "%lld tests are planned, and most are "
		    "missing", (long long)t.plan);
		return DF_TRIAL_ERROR;
	}
	t.seen = df_calloc((size_t)t.plan + 1, 1);
	read_lines(&t, s, s + n);
	free(t.seen);
	why[0] = '\0';
	if (t.error && t.at)
		snprintf(why, 200, "test %lld %s", (long long)t.at, t.error);
	else if (t.error)
		snprintf(why, 200, "%s", t.error);
	else if (t.failed)
		snprintf(why, 200, "%lld of %lld tests failed",
		    (long long)t.failed, (long long)t.plan);
	return t.error ? DF_TRIAL_ERROR : t.failed ? DF_TRIAL_FAIL :
	    DF_TRIAL_PASS;
}
