/* parse.c - the expression parser */
#include "cron.h"
#include "tap.h"

/* The values of a field, "0 15 30 45", of an expression; or its fault. */
static const char *
values(const char *expression, int field)
{
	static char buf[256];
	struct schedule s;
	struct fault fault;
	size_t n = 0;
	int i;

	if (schedule_parse(&s, expression, NULL, &fault) != 0) {
		snprintf(buf, sizeof(buf), "%zu: %s", fault.column, fault.text);
		return buf;
	}
	buf[0] = '\0';
	for (i = 0; i < 64; i++)
		if (s.in[field] >> i & 1)
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%d",
			    n > 0 ? " " : "", i);
	return buf;
}

static void
test_items(void)
{
	is(values("7 * * * *", MINUTE), "7", "a number");
	is(values("007 * * * *", MINUTE), "7", "leading zeros");
	is(values("3,50,9 * * * *", MINUTE), "3 9 50", "a list");
	is(values("* 20-23 * * *", HOUR), "20 21 22 23", "a range");
	is(values("* 5-5 * * *", HOUR), "5", "a range of one");
	is(values("*/25 * * * *", MINUTE), "0 25 50", "a step from 0");
	is(values("* * */9 * *", MDAY), "1 10 19 28", "a step from 1");
	is(values("7-20/6 * * * *", MINUTE), "7 13 19",
	    "a step counts from the start of its range");
	is(values("*/90 * * * *", MINUTE), "0", "a step longer than the field");
	is(values("1-3,2-4,30 * * * *", MINUTE), "1 2 3 4 30",
	    "ranges in a list may overlap");
	is(values("* */8,3 * * *", HOUR), "0 3 8 16", "a step in a list");
	is(values(" \t8   9\t* * * ", HOUR), "9", "blanks around fields");
}

static void
test_names(void)
{
	is(values("* * * feb,NOV *", MONTH), "2 11", "months by name");
	is(values("* * * mar-jun/2 *", MONTH), "3 5", "a range of names");
	is(values("* * * * Tue,5", WDAY), "2 5", "weekdays by name and number");
	is(values("* * * * 7", WDAY), "0", "7 is Sunday");
	is(values("* * * * 4-7", WDAY), "0 4 5 6", "a range up to 7");
	is(values("* * * * 0-7", WDAY), "0 1 2 3 4 5 6", "all of it");
	is(values("* * * * thu-sun", WDAY), "0 4 5 6",
	    "a range may end with sun");
	is(values("* * * * sun-tue", WDAY), "0 1 2",
	    "a range may begin with sun");
	is(values("* * * * sun-sun", WDAY), "0", "sun-sun is Sunday");
	is(values("* * * * */3", WDAY), "0 3 6", "a step over the week");
}

static void
test_nicknames(void)
{
	is(values("@hourly", MINUTE), "0", "@hourly");
	is(values("@daily", HOUR), "0", "@daily");
	is(values("@midnight", HOUR), "0", "@midnight");
	is(values("@weekly", WDAY), "0", "@weekly");
	is(values(" @monthly ", MDAY), "1", "@monthly");
	is(values("@yearly", MONTH), "1", "@yearly");
	is(values("@annually", MONTH), "1", "@annually");
	is(values("@Daily", HOUR), "1: unknown nickname",
	    "nicknames are lower case");
	is(values("  @dailyx", HOUR), "3: unknown nickname", "a longer one");
	is(values("@reboot", HOUR), "1: @reboot has no time", "@reboot");
	is(values("@daily 5", HOUR),
	    "8: unexpected text after the expression", "text after it");
}

static void
test_stars(void)
{
	struct schedule s;
	struct fault fault;

	ok(schedule_parse(&s, "0 0 */2 * 1", NULL, &fault) == 0 &&
	    s.mday_star && !s.wday_star, "a step over * counts as *");
	ok(schedule_parse(&s, "0 0 1-31 * *", NULL, &fault) == 0 &&
	    !s.mday_star && s.wday_star, "the whole range does not");
	ok(schedule_parse(&s, "0 0 1,* * 5", NULL, &fault) == 0 &&
	    !s.mday_star && !s.wday_star, "nor does a * further on");
}

static void
test_faults(void)
{
	is(values("", MINUTE), "1: minute: missing", "nothing at all");
	is(values("9 8 7", MINUTE), "6: month: missing", "three fields");
	is(values("9 8 7 ", MINUTE), "7: month: missing",
	    "three fields and a blank");
	is(values("1 2 3 4 5 6", MINUTE),
	    "11: unexpected text after the expression", "six fields");
	is(values("60 * * * *", MINUTE), "1: minute: 60 is not in 0-59",
	    "too large");
	is(values("* * 0 * *", MDAY), "5: day of month: 0 is not in 1-31",
	    "too small");
	is(values("* * * 1,13 *", MONTH), "9: month: 13 is not in 1-12",
	    "the column is the value's");
	is(values("* * * * 5-9", WDAY), "11: day of week: 9 is not in 0-7",
	    "also at the end of a range");
	is(values("9999999999999 * * * *", MINUTE),
	    "1: minute: 9999999999... is not in 0-59", "a very large number");
	is(values("* 18-6 * * *", HOUR), "3: hour: the range runs backwards",
	    "backwards");
	is(values("* * * * 5-0", WDAY),
	    "9: day of week: the range runs backwards", "backwards to 0");
	is(values("* 4/3 * * *", HOUR), "4: hour: a step needs a range or *",
	    "a step without a range");
	is(values("* */0 * * *", HOUR), "5: hour: a step must be 1 or more",
	    "a step of 0");
	is(values("1,,2 * * * *", MINUTE), "3: minute: a number was expected",
	    "an empty item");
	is(values("1, * * * *", MINUTE), "3: minute: a number was expected",
	    "a comma at the end");
	is(values("* jan * * *", HOUR), "3: hour: a number was expected",
	    "a name where there are none");
	is(values("* * * * monday", WDAY),
	    "9: day of week: a number or a three-letter name was expected",
	    "a long name");
	is(values("* * * foo *", MONTH),
	    "7: month: a number or a three-letter name was expected",
	    "an unknown name");
	is(values("5x * * * *", MINUTE), "2: minute: unexpected character",
	    "a letter behind a number");
	is(values("*-5 * * * *", MINUTE), "2: minute: unexpected character",
	    "a range from *");
	is(values("* * * -3 *", MONTH),
	    "7: month: a number or a three-letter name was expected",
	    "a minus sign");
	is(values("*/ * * * *", MINUTE), "3: minute: a number was expected",
	    "a step without a number");
}

static void
test_rest(void)
{
	struct schedule s;
	struct fault fault;
	const char *rest;

	ok(schedule_parse(&s, "1 2 3 4 5 \t run it ", &rest, &fault) == 0,
	    "a command may follow");
	is(rest, "run it ", "and is found");
	ok(schedule_parse(&s, "@daily\trun", &rest, &fault) == 0,
	    "it may follow a nickname");
	is(rest, "run", "and is found");
	ok(schedule_parse(&s, "1 2 3 4 5", &rest, &fault) == 0 && *rest == '\0',
	    "it may be missing");
}

int
main(void)
{
	test_items();
	test_names();
	test_nicknames();
	test_stars();
	test_faults();
	test_rest();
	return tap_end();
}
