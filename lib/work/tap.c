/* Reading TAP that somebody else's program wrote. */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "work/judge.h"

struct tap {
	int64_t plan;		/* what the manifest says */
	uint8_t *seen;
	int64_t count, next, failed;
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

static void
line(struct tap *t, const char *s, const char *end)
{
	if (end - s >= 9 && strncmp(s, "Bail out!", 9) == 0)
		wrong(t, "it bailed out", 0);
	else if (end - s >= 3 && strncmp(s, "1..", 3) == 0) {
		s += 3;
		if (number(&s, end) != t->plan)
			wrong(t, "its plan is not that of the manifest", 0);
	} else if (end - s >= 2 && strncmp(s, "ok", 2) == 0 &&
	    (end - s == 2 || s[2] == ' ' || s[2] == '\t'))
		test_line(t, s + 2, end, 1);
	else if (end - s >= 6 && strncmp(s, "not ok", 6) == 0 &&
	    (end - s == 6 || s[6] == ' ' || s[6] == '\t'))
		test_line(t, s + 6, end, 0);
}

enum df_trial_status
df_tap_judge(const char *s, size_t n, int64_t plan, char why[200])
{
	const char *end = s + n, *lf;
	struct tap t = { .plan = plan, .next = 1 };
	int64_t i;

	t.seen = df_calloc((size_t)plan + 1, 1);
	for (; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		line(&t, s, lf > s && lf[-1] == '\r' ? lf - 1 : lf);
	}
	for (i = 1; i <= plan; i++)
		if (t.seen[i] == 0)
			wrong(&t, "is missing", i);
	free(t.seen);
	why[0] = '\0';
	if (t.error && t.at)
		snprintf(why, 200, "test %lld %s", (long long)t.at, t.error);
	else if (t.error)
		snprintf(why, 200, "%s", t.error);
	else if (t.failed)
		snprintf(why, 200, "%lld of %lld tests failed",
		    (long long)t.failed, (long long)plan);
	return t.error ? DF_TRIAL_ERROR : t.failed ? DF_TRIAL_FAIL :
	    DF_TRIAL_PASS;
}
