/*
 * cronnext - when does this crontab line run next?
 *
 * Exit status: 0 done; 1 the schedule is wrong or fires no more; 2 wrong use,
 * or something could not be read or written.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cron.h"

enum { DONE, NO, TROUBLE };
enum { COUNT_MAX = 9999 };

static const char usage[] =
    "usage: cronnext [-x] [-n COUNT] [-f TIME] EXPRESSION\n"
    "       cronnext -h\n";

__attribute__((format(printf, 2, 3))) static int
complain(int status, const char *fmt, ...)
{
	va_list ap;

	fputs("cronnext: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

static int
wrong_use(const char *what)
{
	complain(TROUBLE, "%s", what);
	fputs(usage, stderr);
	return TROUBLE;
}

static int
read_count(const char *text, long *count)
{
	*count = 0;
	for (; *text >= '0' && *text <= '9' && *count <= COUNT_MAX; text++)
		*count = *count * 10 + (*text - '0');
	return *text == '\0' && *count >= 1 && *count <= COUNT_MAX ? 0 : -1;
}

static int
read_clock(int64_t *minute)
{
	time_t now = time(NULL);
	static const struct date end = { .year = YEAR_MAX + 1, .month = 1,
	    .mday = 1 };

	*minute = now / 60;
	return now < 0 || *minute >= calendar_minute(&end) ? -1 : 0;
}

/* Output that is lost must not look like success. */
static int
finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain(TROUBLE, "standard output: %s",
		    strerror(errno));
	return status;
}

static int
run_expression(const char *text, int explain, int64_t from, long count)
{
	struct schedule s;
	struct fault fault;

	if (schedule_parse(&s, text, NULL, &fault) != 0)
		return complain(NO, "column %zu: %s", fault.column, fault.text);
	if (explain) {
		schedule_explain(&s, stdout);
		putchar('\n');
	}
	if (schedule_list(&s, from, count, "", stdout) != 0)
		return complain(NO, "never fires again before the year %d",
		    YEAR_MAX + 1);
	return DONE;
}

int
main(int argc, char **argv)
{
	const char *start = NULL;
	int64_t from;
	long count = 0;
	int explain = 0, c;

	opterr = 0;
	while ((c = getopt(argc, argv, ":f:hn:x")) != -1) {
		switch (c) {
		case 'f':
			start = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return finish(DONE);
		case 'n':
			if (read_count(optarg, &count) != 0)
				return wrong_use(
				    "-n: a number from 1 to 9999 was expected");
			break;
		case 'x':
			explain = 1;
			break;
		case ':':
			return wrong_use("an option lacks its argument");
		default:
			return wrong_use("unknown option");
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 1)
		return wrong_use(argc == 0 ? "an expression was expected" :
		    "one expression was expected; quote it");
	if (count == 0 && !explain)
		count = 1;

	if (start == NULL && read_clock(&from) != 0)
		return complain(TROUBLE, "the clock is out of range");
	if (start != NULL && calendar_scan(start, &from) != 0)
		return wrong_use("-f: no such time "
		    "(YYYY-MM-DDTHH:MM, years 1970 to 9999)");
	return finish(run_expression(argv[0], explain, from, count));
}
