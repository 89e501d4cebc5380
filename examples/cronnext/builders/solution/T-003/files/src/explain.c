/*
 * explain.c - a schedule in English
 *
 *	TIME [on DAYS] [, in MONTHS].
 *
 * The sets decide, not how they were written: "0,15,30,45" reads as "*" with
 * step 15 does.
 */
#include "cron.h"

enum { CLOCK_TIMES = 4 };	/* this many are written one by one */

struct unit {
	int lo, hi;
	const char *one, *many;
};

static const struct unit minutes = { 0, 59, "minute", "minutes" };
static const struct unit hours = { 0, 23, "hour", "hours" };
static const struct unit days = { 1, 31, "day", "days" };

static const char *const months[] = {
	"", "January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"
};
static const char *const weekdays[] = {
	"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
	"Sunday"
};

/* What there is to know about a set before it is put into words. */
struct shape {
	int n;			/* values */
	int first, last;
	int step;		/* between any two neighbours, or 0 */
};

static struct shape
look_at(uint64_t set)
{
	struct shape a = { 0, 0, 0, 0 };
	int v;

	for (v = 0; v < 64; v++) {
		if (!(set >> v & 1))
			continue;
		if (a.n == 0)
			a.first = v;
		else if (a.n == 1)
			a.step = v - a.last;
		else if (a.step != v - a.last)
			a.step = 0;
		a.last = v;
		a.n++;
	}
	return a;
}

static int
count(uint64_t set)
{
	return look_at(set).n;
}

/* All values, or three or more at even distances of 2 or more. */
static int
is_every(uint64_t set, const struct unit *u)
{
	struct shape a = look_at(set);

	return a.n == u->hi - u->lo + 1 || (a.n >= 3 && a.step >= 2);
}

/* What goes between the i-th of n things and the one before it. */
static const char *
separator(int i, int n, const char *last)
{
	if (i == 0)
		return "";
	return i < n - 1 ? ", " : last;
}

static void
write_value(FILE *out, int v, const char *const *names)
{
	if (names != NULL)
		fputs(names[v], out);
	else
		fprintf(out, "%d", v);
}

/*
 * Three or more values in a row, "4 through 7", and single ones, joined with
 * commas and, before the last, with last.
 */
static void
write_values(FILE *out, uint64_t set, const char *const *names,
    const char *last)
{
	struct { int from, to; } run[64];
	int n = 0, i, v;

	for (v = 0; v < 62; v++) {
		if (!(set >> v & 1))
			continue;
		run[n].from = v;
		if ((set >> v & 7) == 7)
			while (set >> (v + 1) & 1)
				v++;
		run[n++].to = v;
	}
	for (i = 0; i < n; i++) {
		fputs(separator(i, n, last), out);
		write_value(out, run[i].from, names);
		if (run[i].from == run[i].to)
			continue;
		fputs(" through ", out);
		write_value(out, run[i].to, names);
	}
}

static const char *
ordinal_suffix(int n)
{
	if (n / 10 != 1) {
		if (n % 10 == 1)
			return "st";
		if (n % 10 == 2)
			return "nd";
		if (n % 10 == 3)
			return "rd";
	}
	return "th";
}

/* "every minute", "every 2nd hour from 9 through 17", "days 1 and 15" */
static void
write_set(FILE *out, uint64_t set, const struct unit *u, const char *every)
{
	struct shape a = look_at(set);

	if (!is_every(set, u)) {
		fprintf(out, "%s ", a.n == 1 ? u->one : u->many);
		write_values(out, set, NULL, " and ");
	} else if (a.step == 1) {
		fprintf(out, "%s %s", every, u->one);
	} else {
		fprintf(out, "%s %d%s %s", every, a.step,
		    ordinal_suffix(a.step), u->one);
		if (a.first != u->lo || a.last + a.step <= u->hi)
			fprintf(out, " from %d through %d", a.first, a.last);
	}
}

static void
write_clock_times(FILE *out, uint64_t hour, uint64_t minute)
{
	int n = count(hour) * count(minute), i = 0, h, m;

	for (h = 0; h < 24; h++)
		for (m = 0; m < 60; m++)
			if (hour >> h & 1 && minute >> m & 1) {
				fprintf(out, "%s%02d:%02d",
				    separator(i, n, " and "), h, m);
				i++;
			}
}

static void
write_time(FILE *out, const struct schedule *s)
{
	uint64_t hour = s->in[HOUR], minute = s->in[MINUTE];

	if (count(hour) * count(minute) <= CLOCK_TIMES) {
		fputs("At ", out);
		write_clock_times(out, hour, minute);
		return;
	}
	if (!is_every(minute, &minutes))
		fputs("At ", out);
	write_set(out, minute, &minutes, "Every");
	if (count(hour) == 24 && count(minute) == 60)
		return;
	fputs(" of ", out);
	write_set(out, hour, &hours, "every");
}

static void
write_weekdays(FILE *out, uint64_t set, const char *last)
{
	/* A week begins on Monday here: Sunday is 7. */
	write_values(out, (set & ~(uint64_t)1) | (set & 1) << 7, weekdays,
	    last);
}

static void
write_days(FILE *out, const struct schedule *s)
{
	uint64_t mday = s->in[MDAY], wday = s->in[WDAY];
	int both_needed = s->mday_star || s->wday_star;
	int any_mday = count(mday) == 31, any_wday = count(wday) == 7;

	if (both_needed ? any_mday && any_wday : any_mday || any_wday)
		return;
	fputs(" on ", out);
	if (!any_mday) {
		write_set(out, mday, &days, "every");
		fputs(" of the month", out);
	}
	if (!any_mday && !any_wday)
		fputs(both_needed ? " if it is " : " or on ", out);
	if (!any_wday)
		write_weekdays(out, wday,
		    both_needed && !any_mday ? " or " : " and ");
}

void
schedule_explain(const struct schedule *s, FILE *out)
{
	write_time(out, s);
	write_days(out, s);
	if (count(s->in[MONTH]) < 12) {
		fputs(", in ", out);
		write_values(out, s->in[MONTH], months, " and ");
	}
	fputc('.', out);
}
