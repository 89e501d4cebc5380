#include "base/df.h"

#include <pthread.h>

#include "base/pattern.h"
#include "tap.h"

/* What patterns mean is tested in schema.c; here is what schemas never do. */

#define PLENTY ((uint64_t)1 << 20)

static int
match(struct df_pattern *p, const char *s, size_t n, uint64_t work)
{
	return df_pattern_match(p, s, n, &work);
}

static void
sets(void)
{
	struct df_patterns *ps = df_patterns_new();
	struct df_pattern *a, *b;
	struct df_err e;
	char text[] = "^a+$";

	a = df_pattern_new(ps, text, 4, &e);
	memset(text, 'x', 4);
	b = df_pattern_new(ps, "^b+$", 4, &e);
	ok(a && b && a != b && df_pattern_new(ps, "^a+$", 4, &e) == a,
	    "the same text is the same pattern");
	ok(match(a, "aaa", 3, 0) == 1 && match(a, "aab", 3, 0) == 0 &&
	    match(b, "bb", 2, 0) == 1, "the text is not needed afterwards");
	ok(df_pattern_new(ps, "a\\d", 3, &e) == NULL && e.exit == DF_INPUT,
	    "not of the subset");
	is_str(e.code, "pattern", "its code");
	is_str(e.msg, "\\d is not supported (write [0-9]) at byte 2", "why");
	ok(df_pattern_new(ps, "(", 1, NULL) == NULL, "no error is wanted");
	df_patterns_free(ps);
	df_patterns_free(NULL);
}

/* Bytes that are not UTF-8 are refused, or are U+FFFD. */
static void
not_utf8(void)
{
	struct df_patterns *ps = df_patterns_new();
	struct df_pattern *p;
	struct df_err e;

	ok(df_pattern_new(ps, "ab\xff", 3, &e) == NULL, "a pattern");
	is_str(e.msg, "not UTF-8 at byte 3", "why");
	p = df_pattern_new(ps, "^.\\uFFFD{2}a$", 13, &e);
	if (!ok(p != NULL, "\\u in upper case"))
		return;
	ok(match(p, "\xff\x80\xc3" "a", 4, PLENTY) == 1, "a text");
	ok(match(p, "\xff\x80" "a", 3, PLENTY) == 0, "one byte less");
	ok(match(p, "a\xef\xbf\xbd\xf0\x9f", 6, PLENTY) == 0,
	    "a character that is cut");
	df_patterns_free(ps);
}

/* "b" 100 characters before the end: 2^100 states, were they all made. */
static void
work(void)
{
	struct df_patterns *ps = df_patterns_new();
	struct df_pattern *p;
	struct df_err e;
	char text[20001];
	uint64_t left = 10000, seed = 1;
	size_t i;

	for (i = 0; i < sizeof(text); i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		text[i] = seed >> 40 & 1 ? 'a' : 'b';
	}
	p = df_pattern_new(ps, "b.{100}c", 8, &e);
	ok(p && df_pattern_match(p, text, sizeof(text), &left) == -1,
	    "given up");
	is_int(left, 0, "nothing is left");
	left = PLENTY * 16;
	ok(df_pattern_match(p, text, sizeof(text), &left) == 0 && left > 0 &&
	    left < PLENTY * 16, "with more there is an answer");
	text[sizeof(text) - 1] = 'c';
	text[sizeof(text) - 102] = 'b';
	ok(df_pattern_match(p, text, sizeof(text), &left) == 1, "yes");
	text[sizeof(text) - 102] = 'a';
	ok(df_pattern_match(p, text, sizeof(text), &left) == 0, "no");
	df_patterns_free(ps);
}

/* Each thread compiles the same patterns, and matches while others compile. */
static void *
worker(void *arg)
{
	struct df_pattern *p;
	char re[32], text[32];
	size_t wrong = 0;
	int i, n;

	for (i = 0; i < 500; i++) {
		n = snprintf(re, sizeof(re), "^(a|b){%d}c$", i % 50);
		p = df_pattern_new(arg, re, (size_t)n, NULL);
		n = snprintf(text, sizeof(text), "%.*sc", i % 20,
		    "abababababababababab");
		wrong += p == NULL || match(p, text, (size_t)n, PLENTY) !=
		    (i % 50 == i % 20);
	}
	return wrong ? arg : NULL;
}

static void
threads(void)
{
	struct df_patterns *ps = df_patterns_new();
	pthread_t t[4];
	void *wrong;
	int i, bad = 0;

	for (i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, worker, ps))
			abort();
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &wrong);
		bad += wrong != NULL;
	}
	is_int(bad, 0, "four threads with one set");
	df_patterns_free(ps);
}

int
main(void)
{
	sets();
	not_utf8();
	work();
	threads();
	return tap_done();
}
