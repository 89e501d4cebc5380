/*
 * calendar.c - the Gregorian calendar, in minutes since 1970-01-01T00:00
 */
#include <string.h>

#include "cron.h"

enum { DAY = 24 * 60 };		/* minutes */

static int
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
calendar_days(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first of that year. */
static int64_t
days_before(int year)
{
	int64_t y = year - 1, leap_days = y / 4 - y / 100 + y / 400;

	return ((int64_t)year - 1970) * 365 + leap_days - 477;
}

int64_t
calendar_minute(const struct date *d)
{
	int64_t days = days_before(d->year) + d->mday - 1;
	int m;

	for (m = 1; m < d->month; m++)
		days += calendar_days(d->year, m);
	return days * DAY + d->hour * 60 + d->minute;
}

void
calendar_date(int64_t minute, struct date *d)
{
	int64_t day = minute / DAY;
	int rest = (int)(minute % DAY);

	d->hour = rest / 60;
	d->minute = rest % 60;
	d->wday = (int)((day + 4) % 7);		/* 1970 began on a Thursday */
	d->year = 1970 + (int)(day / 366);	/* at most a few too early */
	while (days_before(d->year + 1) <= day)
		d->year++;
	day -= days_before(d->year);
	for (d->month = 1; day >= calendar_days(d->year, d->month); d->month++)
		day -= calendar_days(d->year, d->month);
	d->mday = (int)day + 1;
}

/* The n digits at p, or -1. */
static int
digits(const char *p, int n)
{
	int v = 0;

	for (; n > 0; n--, p++) {
		if (*p < '0' || *p > '9')
			return -1;
		v = v * 10 + (*p - '0');
	}
	return v;
}

int
calendar_scan(const char *text, int64_t *minute)
{
	struct date d;

	if (strlen(text) != 16 || text[4] != '-' || text[7] != '-' ||
	    text[10] != 'T' || text[13] != ':')
		return -1;
	d.year = digits(text, 4);
	d.month = digits(text + 5, 2);
	d.mday = digits(text + 8, 2);
	d.hour = digits(text + 11, 2);
	d.minute = digits(text + 14, 2);
	if (d.year < YEAR_MIN || d.month < 1 || d.month > 12 || d.mday < 1 ||
	    d.mday > calendar_days(d.year, d.month) || d.hour < 0 ||
	    d.hour > 23 || d.minute < 0 || d.minute > 59)
		return -1;
	*minute = calendar_minute(&d);
	return 0;
}

void
calendar_print(int64_t minute, char buf[DATE_SIZE])
{
	static const char *const weekdays[] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
	};
	struct date d;

	calendar_date(minute, &d);
	snprintf(buf, DATE_SIZE, "%04d-%02d-%02dT%02d:%02d %s", d.year, d.month,
	    d.mday, d.hour, d.minute, weekdays[d.wday]);
}
