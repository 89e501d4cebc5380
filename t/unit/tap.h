/*
 * tap.h - TAP for unit tests in C: call the checks, end with tap_done().
 *
 * A check prints one line "ok N - what" or "not ok N - what" and returns
 * whether it held; a failed one says where.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

__attribute__((format(printf, 4, 5), unused)) static int
tap_ok(const char *file, int line, int good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!good) {
		tap_bad++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}
#define ok(cond, ...) tap_ok(__FILE__, __LINE__, !!(cond), __VA_ARGS__)

__attribute__((unused)) static int
tap_is_str(const char *file, int line, const char *got, const char *want,
    const char *what)
{
	int good = got && want ? strcmp(got, want) == 0 : got == want;

	tap_ok(file, line, good, "%s", what);
	if (!good)
		printf("#  got: %s\n# want: %s\n", got ? got : "NULL",
		    want ? want : "NULL");
	return good;
}
#define is_str(got, want, what) \
	tap_is_str(__FILE__, __LINE__, (got), (want), (what))

__attribute__((unused)) static int
tap_is_int(const char *file, int line, long long got, long long want,
    const char *what)
{
	tap_ok(file, line, got == want, "%s", what);
	if (got != want)
		printf("#  got: %lld\n# want: %lld\n", got, want);
	return got == want;
}
#define is_int(got, want, what) \
	tap_is_int(__FILE__, __LINE__, (long long)(got), (long long)(want), \
	    (what))

__attribute__((unused, noreturn)) static void
tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

__attribute__((unused)) static int
tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad ? 1 : 0;
}

/* Where the corpus of real inputs is; NULL when it is not there. */
__attribute__((unused)) static const char *
tap_corpus(const char *below)
{
	static char path[4096];
	const char *s = getenv("DF_CORPUS");
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s ? s : "../shared/corpus",
	    below);
	f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	fclose(f);
	return path;
}

#endif
