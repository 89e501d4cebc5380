#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

int64_t
df_now_ms(void)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	struct timespec ts;
	int64_t t;

	if (s && *s) {
		if (df_number(s, 0, 253402300799, &t) < 0)
			df_diex(DF_USAGE, "clock",
			    "SOURCE_DATE_EPOCH is not a number of seconds");
		return t * 1000;
	}
	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		DF_BUG("clock_gettime");
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
df_mono_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		DF_BUG("clock_gettime");
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Civil date to day number and back, for years 0 to 9999: the year is taken
 * to begin in March, so that the leap day is its last.
 * Days count from 1970-01-01, in the proleptic Gregorian calendar.
 */
static int64_t
days(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (int64_t)(m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
civil(int64_t day, int64_t *y, int64_t *m, int64_t *d)
{
	int64_t era, doe, yoe, doy, mp;

	day += 719468;
	era = (day >= 0 ? day : day - 146096) / 146097;
	doe = day - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

char *
df_time_str(int64_t ms, char out[DF_TIME_STR])
{
	int64_t s, y, m, d, day, in;

	s = ms / 1000 - (ms % 1000 < 0);
	ms -= s * 1000;
	day = s / 86400 - (s % 86400 < 0);
	in = s - day * 86400;
	civil(day, &y, &m, &d);
	if (y < 0 || y > 9999)
		DF_BUG("year");
	snprintf(out, DF_TIME_STR, "%04d-%02d-%02dT%02d:%02d:%02d", (int)y,
	    (int)m, (int)d, (int)(in / 3600), (int)(in / 60 % 60),
	    (int)(in % 60));
	if (ms)
		snprintf(out + 19, DF_TIME_STR - 19, ".%03dZ", (int)ms);
	else
		snprintf(out + 19, DF_TIME_STR - 19, "Z");
	return out;
}

static int
two(const char *s, unsigned max, unsigned *out)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	*out = (unsigned)(s[0] - '0') * 10 + (unsigned)(s[1] - '0');
	return *out > max ? -1 : 0;
}

int
df_time_parse(const char *s, size_t n, int64_t *ms)
{
	unsigned c, y, mo, d, h, mi, se, f = 0;
	char back[DF_TIME_STR];

	if ((n != 20 && n != 24) || s[4] != '-' || s[7] != '-' ||
	    s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[n - 1] != 'Z')
		return -1;
	if (two(s, 99, &c) < 0 || two(s + 2, 99, &y) < 0 ||
	    two(s + 5, 12, &mo) < 0 || two(s + 8, 31, &d) < 0 ||
	    two(s + 11, 23, &h) < 0 || two(s + 14, 59, &mi) < 0 ||
	    two(s + 17, 59, &se) < 0 || mo == 0 || d == 0)
		return -1;
	if (n == 24) {
		if (s[19] != '.' || two(s + 20, 99, &f) < 0 || s[22] < '0' ||
		    s[22] > '9')
			return -1;
		f = f * 10 + (unsigned)(s[22] - '0');
	}
	*ms = ((days(c * 100 + y, mo, d) * 24 + h) * 60 + mi) * 60000 +
	    (int64_t)se * 1000 + f;
	/* 31 February and ".000" do not survive the way back. */
	return memcmp(df_time_str(*ms, back), s, n) == 0 && back[n] == '\0' ?
	    0 : -1;
}
