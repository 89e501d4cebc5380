/* explain.c - the English explanation */
#include <stdlib.h>

#include "cron.h"
#include "tap.h"

static void
says(const char *expression, const char *want)
{
	char *text = NULL;
	size_t size = 0;
	struct schedule s;
	struct fault fault;
	FILE *out;

	if (schedule_parse(&s, expression, NULL, &fault) != 0) {
		ok(0, expression);
		return;
	}
	out = open_memstream(&text, &size);
	schedule_explain(&s, out);
	fclose(out);
	is(text, want, expression);
	free(text);
}

int
main(void)
{
	/* times */
	says("* * * * *", "Every minute.");
	says("30 7 * * *", "At 07:30.");
	says("0,30 7,8 * * *", "At 07:00, 07:30, 08:00 and 08:30.");
	says("0,30 7,8,9 * * *", "At minutes 0 and 30 of hours 7 through 9.");
	says("30 * * * *", "At minute 30 of every hour.");
	says("*/10 * * * *", "Every 10th minute of every hour.");
	says("0,10,20,30,40,50 * * * *",
	    "Every 10th minute of every hour.");
	says("*/10 6 * * *", "Every 10th minute of hour 6.");
	says("2-59/10 * * * *", "Every 10th minute from 2 through 52 of every "
	    "hour.");
	says("0-40/10 5 * * *", "Every 10th minute from 0 through 40 of hour "
	    "5.");
	says("0 */3 * * *", "At minute 0 of every 3rd hour.");
	says("0 8-18/2 * * *", "At minute 0 of every 2nd hour from 8 through "
	    "18.");
	says("* 8-11 * * *", "Every minute of hours 8 through 11.");
	says("*/13 * * * *", "Every 13th minute of every hour.");
	says("1-45/22 * * * *", "Every 22nd minute from 1 through 45 of "
	    "every hour.");
	says("1,2,3,5,8,9 * * * *", "At minutes 1 through 3, 5, 8 and 9 of "
	    "every hour.");
	says("*/30 * * * *", "At minutes 0 and 30 of every hour.");

	/* days */
	says("30 7 4 * *", "At 07:30 on day 4 of the month.");
	says("30 7 4,8 * *", "At 07:30 on days 4 and 8 of the month.");
	says("30 7 */5 * *", "At 07:30 on every 5th day of the month.");
	says("30 7 * * 2", "At 07:30 on Tuesday.");
	says("30 7 * * tue-thu", "At 07:30 on Tuesday through Thursday.");
	says("30 7 * * 0,2", "At 07:30 on Tuesday and Sunday.");
	says("30 7 * * 7,6,5", "At 07:30 on Friday through Sunday.");
	says("30 7 4 * 2", "At 07:30 on day 4 of the month or on Tuesday.");
	says("30 7 4 * 2,4", "At 07:30 on day 4 of the month or on Tuesday "
	    "and Thursday.");
	says("30 7 */5 * 2,4", "At 07:30 on every 5th day of the month if it "
	    "is Tuesday or Thursday.");
	says("30 7 1-31 * 2", "At 07:30.");
	says("30 7 4 * 0-6", "At 07:30.");
	says("30 7 4 * */1", "At 07:30 on day 4 of the month.");

	/* months */
	says("30 7 * 3 *", "At 07:30, in March.");
	says("30 7 * 3,6 *", "At 07:30, in March and June.");
	says("30 7 * 3,6-8 2", "At 07:30 on Tuesday, in March and June through "
	    "August.");
	says("@yearly", "At 00:00 on day 1 of the month, in January.");
	return tap_end();
}
