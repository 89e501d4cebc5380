/*
 * cron.h - the inside of cronnext
 *
 * Five parts, each behind one to four functions:
 *
 *	parse.c		an expression as written -> struct schedule
 *	calendar.c	minutes since 1970 <-> dates as written
 *	next.c		a schedule and a minute -> the next minute it fires
 *	explain.c	a schedule -> English
 *	crontab.c	a crontab file -> the next times of its entries
 *
 * main.c joins them.  Time is a count of minutes since 1970-01-01T00:00 UTC;
 * there are no time zones and no seconds.  The calendar is the Gregorian one
 * and ends with the year 9999.
 */
#ifndef CRON_H
#define CRON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- schedules: parse.c -------------------------------------------------- */

enum { MINUTE, HOUR, MDAY, MONTH, WDAY, FIELDS };

/*
 * What an expression says.  Bit n of in[FIELD] is set if the schedule fires
 * in minute n (0-59), hour n (0-23), day n of the month (1-31), month n
 * (1-12) or on weekday n (0-6, Sunday is 0; a 7 has become 0).
 */
struct schedule {
	uint64_t in[FIELDS];
	int mday_star;		/* the field as written begins with '*' */
	int wday_star;
};

/* What is wrong with an expression, and where. */
struct fault {
	size_t column;		/* of the byte at fault, from 1 */
	char text[80];		/* "hour: 24 is not in 0-23" */
};

/*
 * Read the expression that text begins with: five fields or a nickname.  If
 * rest is NULL nothing but blanks may follow; otherwise *rest is set to what
 * follows the expression and the blanks behind it.  Returns 0, or -1 with
 * *fault filled.
 */
int schedule_parse(struct schedule *s, const char *text, const char **rest,
    struct fault *fault);

/* ---- the calendar: calendar.c -------------------------------------------- */

enum { YEAR_MIN = 1970, YEAR_MAX = 9999 };

struct date {
	int year, month, mday;	/* month and mday from 1 */
	int hour, minute;
	int wday;		/* 0 is Sunday; calendar_minute ignores it */
};

#define DATE_SIZE 21		/* of "2026-05-04T06:30 Mon" and its NUL */

int calendar_days(int year, int month);	/* days in that month */
int64_t calendar_minute(const struct date *d);
void calendar_date(int64_t minute, struct date *d);
/* Read YYYY-MM-DDTHH:MM, all of text.  -1 if it is not that or no date. */
int calendar_scan(const char *text, int64_t *minute);
/* Write YYYY-MM-DDTHH:MM and the weekday. */
void calendar_print(int64_t minute, char buf[DATE_SIZE]);

/* ---- the search: next.c -------------------------------------------------- */

/*
 * Find the first minute later than after, which lies in the calendar, in
 * which s fires.  Returns 0, or -1 if there is none before the calendar ends.
 */
int schedule_next(const struct schedule *s, int64_t after, int64_t *next);
/*
 * Write the next count times, a line each: the time and tail.  Returns 0, or
 * -1 if the calendar ended first, the times before that being written.
 */
int schedule_list(const struct schedule *s, int64_t after, long count,
    const char *tail, FILE *out);

/* ---- English: explain.c -------------------------------------------------- */

/*
 * Write one sentence, without a line feed.  It is made of the sets alone and
 * of whether both day fields count, so that expressions that mean the same
 * read the same.
 */
void schedule_explain(const struct schedule *s, FILE *out);

/* ---- crontab files: crontab.c -------------------------------------------- */

/*
 * Write the next count times of every entry of a crontab to out, and what is
 * wrong with it to standard error, where it is called name.  Returns 0, 1 if
 * an entry is wrong or fires no more, or 2 if the file cannot be read.
 */
int crontab_list(FILE *in, const char *name, int64_t after, long count,
    FILE *out);

#endif
