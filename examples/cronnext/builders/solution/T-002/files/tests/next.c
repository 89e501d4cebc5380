/* next.c - the calendar and the search for the next time */
#include <stdlib.h>

#include "cron.h"
#include "tap.h"

/* The next count times of an expression, joined with ", ". */
static const char *
times(const char *expression, const char *from, int count)
{
	static char buf[512];
	char one[DATE_SIZE];
	struct schedule s;
	struct fault fault;
	int64_t t;
	size_t n = 0;

	if (schedule_parse(&s, expression, NULL, &fault) != 0)
		return "no such expression";
	if (calendar_scan(from, &t) != 0)
		return "no such time";
	buf[0] = '\0';
	for (; count > 0; count--) {
		if (schedule_next(&s, t, &t) != 0)
			snprintf(one, sizeof(one), "never");
		else
			calendar_print(t, one);
		n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%s",
		    n > 0 ? ", " : "", one);
	}
	return buf;
}

static void
test_calendar(void)
{
	char buf[DATE_SIZE];
	struct date d, back;
	int64_t t, last;
	int good;

	ok(calendar_scan("1970-01-01T00:00", &t) == 0 && t == 0, "1970 is 0");
	ok(calendar_scan("2001-09-09T01:46", &t) == 0 && t == 16666666,
	    "a known time");
	calendar_print(t, buf);
	is(buf, "2001-09-09T01:46 Sun", "is written as it was read");
	ok(calendar_days(2000, 2) == 29, "2000 is a leap year");
	ok(calendar_days(2200, 2) == 28, "2200 is none");
	ok(calendar_days(2012, 2) == 29 && calendar_days(2013, 2) == 28,
	    "2012 is one, 2013 is none");
	ok(calendar_scan("2300-02-29T00:00", &t) != 0, "2300-02-29 is no date");
	ok(calendar_scan("2013-04-31T00:00", &t) != 0, "2013-04-31 is no date");
	ok(calendar_scan("2013-13-01T00:00", &t) != 0, "nor is month 13");
	ok(calendar_scan("2013-00-01T00:00", &t) != 0, "nor is month 0");
	ok(calendar_scan("2013-01-00T00:00", &t) != 0, "nor is day 0");
	ok(calendar_scan("2013-01-01T24:00", &t) != 0, "there is no hour 24");
	ok(calendar_scan("2013-01-01T00:60", &t) != 0, "there is no minute 60");
	ok(calendar_scan("1969-12-31T23:59", &t) != 0, "nothing before 1970");
	ok(calendar_scan("2013-1-01T00:00", &t) != 0, "all digits are needed");
	ok(calendar_scan("2013-01-01 00:00", &t) != 0, "and the T");
	ok(calendar_scan("2013-01-01T00:00Z", &t) != 0, "and nothing else");
	ok(calendar_scan("", &t) != 0, "an empty time is none");

	/* Every date there is, both ways. */
	calendar_scan("9999-12-31T23:59", &last);
	good = 1;
	for (t = 0; t <= last; t += 24 * 60 - 1) {
		calendar_date(t, &d);
		good &= calendar_minute(&d) == t && d.mday >= 1 &&
		    d.mday <= calendar_days(d.year, d.month);
	}
	ok(good, "minutes and dates agree up to 9999");
	calendar_date(last, &back);
	ok(back.year == 9999 && back.month == 12 && back.mday == 31 &&
	    back.hour == 23 && back.minute == 59, "the calendar ends at 9999");
	ok(back.wday == 5, "on a Friday");
}

static void
test_times(void)
{
	is(times("* * * * *", "2026-05-05T05:05", 1), "2026-05-05T05:06 Tue",
	    "later than the given minute");
	is(times("5 5 * * *", "2026-05-05T05:05", 1), "2026-05-06T05:05 Wed",
	    "the given minute does not count");
	is(times("20,40 7 * * *", "2026-05-05T07:25", 3),
	    "2026-05-05T07:40 Tue, 2026-05-06T07:20 Wed, 2026-05-06T07:40 Wed",
	    "over midnight");
	is(times("0 0 31 * *", "2026-03-31T12:00", 3),
	    "2026-05-31T00:00 Sun, 2026-07-31T00:00 Fri, 2026-08-31T00:00 Mon",
	    "short months are left out");
	is(times("59 23 31 12 *", "2027-12-31T23:58", 2),
	    "2027-12-31T23:59 Fri, 2028-12-31T23:59 Sun", "over a year's end");
	is(times("0 12 29 2 *", "2025-01-01T00:00", 2),
	    "2028-02-29T12:00 Tue, 2032-02-29T12:00 Sun", "29 February");
	is(times("0 12 29 2 *", "2196-02-29T12:00", 1), "2204-02-29T12:00 Wed",
	    "eight years over 2200");
	is(times("0 12 29 2 */7", "2100-01-01T00:00", 1),
	    "2128-02-29T12:00 Sun", "29 February on a Sunday");
}

static void
test_days(void)
{
	is(times("0 9 10 * tue", "2026-05-05T10:00", 3),
	    "2026-05-10T09:00 Sun, 2026-05-12T09:00 Tue, 2026-05-19T09:00 Tue",
	    "two restricted day fields: either");
	is(times("0 9 * * tue", "2026-05-05T10:00", 2),
	    "2026-05-12T09:00 Tue, 2026-05-19T09:00 Tue", "the weekday alone");
	is(times("0 9 10 * *", "2026-05-05T10:00", 2),
	    "2026-05-10T09:00 Sun, 2026-06-10T09:00 Wed", "the day alone");
	is(times("0 9 */10 * tue", "2026-05-05T10:00", 2),
	    "2026-07-21T09:00 Tue, 2026-08-11T09:00 Tue",
	    "a day field with a star: both");
	is(times("0 9 10 * */6", "2026-05-05T10:00", 2),
	    "2026-05-10T09:00 Sun, 2026-10-10T09:00 Sat",
	    "a weekday field with a star: both");
	is(times("0 9 1-31 * tue", "2026-05-05T10:00", 1),
	    "2026-05-06T09:00 Wed", "a whole range is no star");
}

static void
test_never(void)
{
	is(times("0 0 30 2 *", "2026-01-01T00:00", 1), "never", "30 February");
	is(times("0 0 31 4,6,9,11 *", "2026-01-01T00:00", 1), "never",
	    "the 31st of short months");
	is(times("0 0 30 2 mon", "2026-01-01T00:00", 1),
	    "2026-02-02T00:00 Mon", "30 February or Mondays");
	is(times("0 0 1 1 *", "9999-06-01T00:00", 1), "never",
	    "the calendar ends");
	is(times("* * * * *", "9999-12-31T23:59", 1), "never",
	    "after its last minute");
}

static void
test_list(void)
{
	char *text = NULL;
	size_t size = 0;
	struct schedule s;
	struct fault fault;
	int64_t t;
	FILE *out;

	schedule_parse(&s, "0 0 1 1 *", NULL, &fault);
	calendar_scan("2026-06-01T00:00", &t);
	out = open_memstream(&text, &size);
	ok(schedule_list(&s, t, 2, " tail", out) == 0, "a list of two");
	fflush(out);
	is(text, "2027-01-01T00:00 Fri tail\n2028-01-01T00:00 Sat tail\n",
	    "is written, each line with its tail");
	calendar_scan("9998-06-01T00:00", &t);
	ok(schedule_list(&s, t, 2, "", out) != 0, "the calendar ends a list");
	fflush(out);
	ok(strstr(text, "\n9999-01-01T00:00") != NULL,
	    "what there is was written");
	fclose(out);
	free(text);
}

int
main(void)
{
	test_calendar();
	test_times();
	test_days();
	test_never();
	test_list();
	return tap_end();
}
