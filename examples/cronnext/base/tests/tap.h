/*
 * tap.h - TAP for tests in C: call the checks, end with "return tap_end();"
 */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static int
tap_line(int good, const char *what, const char *file, int line)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, what);
	if (!good) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	return good;
}

static inline void
tap_string(const char *got, const char *want, const char *what,
    const char *file, int line)
{
	if (!tap_line(strcmp(got, want) == 0, what, file, line))
		printf("#  got: %s\n# want: %s\n", got, want);
}

static inline int
tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#define ok(good, what) tap_line((good) != 0, (what), __FILE__, __LINE__)
#define is(got, want, what) \
	tap_string((got), (want), (what), __FILE__, __LINE__)

#endif
