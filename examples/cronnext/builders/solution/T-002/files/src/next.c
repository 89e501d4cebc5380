/*
 * next.c - the search: month by month, day by day, then within the day
 *
 * Months are visited until the calendar ends; those that are not in the
 * schedule cost nothing.  So the search is exact and always ends, and no
 * gap is too long for it, not even the forty years from one 29 February
 * that is a Sunday to the next across 2100.
 */
#include "cron.h"

static int
has(const struct schedule *s, int field, int n)
{
	return (int)(s->in[field] >> n & 1);
}

/* A field that begins with '*' leaves the choice of the day to the other. */
static int
day_fires(const struct schedule *s, int mday, int wday)
{
	if (s->mday_star || s->wday_star)
		return has(s, MDAY, mday) && has(s, WDAY, wday);
	return has(s, MDAY, mday) || has(s, WDAY, wday);
}

/* Set d to the first minute of its day at or after the one it says. */
static int
find_in_day(const struct schedule *s, struct date *d)
{
	for (; d->hour < 24; d->hour++, d->minute = 0) {
		if (!has(s, HOUR, d->hour))
			continue;
		for (; d->minute < 60; d->minute++)
			if (has(s, MINUTE, d->minute))
				return 0;
	}
	return -1;
}

/* The same for its month.  If there is none, d is past the month's end. */
static int
find_in_month(const struct schedule *s, struct date *d)
{
	int days = calendar_days(d->year, d->month);

	while (d->mday <= days) {
		if (day_fires(s, d->mday, d->wday) && find_in_day(s, d) == 0)
			return 0;
		d->mday++;
		d->wday = (d->wday + 1) % 7;
		d->hour = d->minute = 0;
	}
	return -1;
}

static void
to_next_month(struct date *d)
{
	int left = calendar_days(d->year, d->month) + 1 - d->mday;

	d->wday = (d->wday + left) % 7;
	d->year += d->month == 12;
	d->month = d->month % 12 + 1;
	d->mday = 1;
	d->hour = d->minute = 0;
}

int
schedule_next(const struct schedule *s, int64_t after, int64_t *next)
{
	struct date d;

	for (calendar_date(after + 1, &d); d.year <= YEAR_MAX;) {
		if (has(s, MONTH, d.month) && find_in_month(s, &d) == 0) {
			*next = calendar_minute(&d);
			return 0;
		}
		to_next_month(&d);
	}
	return -1;
}

int
schedule_list(const struct schedule *s, int64_t after, long count,
    const char *tail, FILE *out)
{
	char buf[DATE_SIZE];

	for (; count > 0; count--) {
		if (schedule_next(s, after, &after) != 0)
			return -1;
		calendar_print(after, buf);
		fprintf(out, "%s%s\n", buf, tail);
	}
	return 0;
}
