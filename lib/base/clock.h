/*
 * clock.h - the one place that reads a clock.
 *
 * Time is data: it is recorded in events and measured facts and never enters
 * an id.  Wall time honours SOURCE_DATE_EPOCH (seconds since 1970, decimal),
 * so that two runs can be compared byte for byte.
 */
#ifndef DF_BASE_CLOCK_H
#define DF_BASE_CLOCK_H

#include "base/df.h"

#define DF_TIME_STR 28		/* "2026-01-31T23:59:59.123Z" and NUL */

/* Milliseconds since 1970-01-01T00:00:00Z, SOURCE_DATE_EPOCH first. */
int64_t df_now_ms(void);
/* RFC 3339 in UTC; ".mmm" only when it is not zero.  Returns out. */
char *df_time_str(int64_t ms, char out[DF_TIME_STR]);
/* Exactly the forms that df_time_str() writes: 0, else -1. */
int df_time_parse(const char *s, size_t n, int64_t *ms);
/* Milliseconds of a clock that only goes forward: timeouts, durations. */
int64_t df_mono_ms(void);

#endif
