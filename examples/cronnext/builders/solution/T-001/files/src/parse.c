/*
 * parse.c - expressions as written
 *
 *	expression	= nickname | field field field field field
 *	field		= item { "," item }
 *	item		= ( "*" | value [ "-" value ] ) [ "/" number ]
 *	value		= number | name
 *
 * A step needs "*" or a range.  Fields are separated by blanks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cron.h"

enum { HUGE_NUMBER = 100000 };	/* larger ones are as wrong as this one */

static const struct field {
	const char *name;
	int lo, hi;
	const char *words;	/* the values' names from lo, 3 letters each */
} fields[FIELDS] = {
	{ "minute", 0, 59, NULL },
	{ "hour", 0, 23, NULL },
	{ "day of month", 1, 31, NULL },
	{ "month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec" },
	{ "day of week", 0, 7, "sunmontuewedthufrisat" },
};

static const struct {
	const char *name, *expression;
} nicknames[] = {
	{ "@hourly", "0 * * * *" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@monthly", "0 0 1 * *" },
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

struct reader {
	const char *text;
	const char *p;			/* the next byte to read */
	const struct field *field;	/* being read, or NULL */
	struct fault *fault;
};

/* Note a fault at p; always -1. */
__attribute__((format(printf, 3, 4))) static int
fail(struct reader *r, const char *p, const char *fmt, ...)
{
	size_t n = 0;
	va_list ap;

	r->fault->column = (size_t)(p - r->text) + 1;
	if (r->field != NULL)
		n = (size_t)snprintf(r->fault->text, sizeof(r->fault->text),
		    "%s: ", r->field->name);
	va_start(ap, fmt);
	vsnprintf(r->fault->text + n, sizeof(r->fault->text) - n, fmt, ap);
	va_end(ap);
	return -1;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_end(char c)
{
	return c == '\0' || c == ' ' || c == '\t';
}

static void
skip_blanks(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t')
		r->p++;
}

static int
read_number(struct reader *r, int *v)
{
	if (!is_digit(*r->p))
		return fail(r, r->p, "a number was expected");
	for (*v = 0; is_digit(*r->p); r->p++)
		if (*v < HUGE_NUMBER)
			*v = *v * 10 + (*r->p - '0');
	return 0;
}

static int
read_name(struct reader *r, int *v)
{
	const char *start = r->p, *word = r->field->words;

	while (is_letter(*r->p))
		r->p++;
	if (r->p - start == 3)
		for (*v = r->field->lo; *word != '\0'; ++*v, word += 3)
			if (strncasecmp(start, word, 3) == 0)
				return 0;
	return fail(r, start, "a number or a three-letter name was expected");
}

static int
read_value(struct reader *r, int *v)
{
	const char *start = r->p;
	int digits;

	if (r->field->words != NULL && !is_digit(*start))
		return read_name(r, v);
	if (read_number(r, v) != 0)
		return -1;
	if (*v >= r->field->lo && *v <= r->field->hi)
		return 0;
	digits = r->p - start > 10 ? 10 : (int)(r->p - start);
	return fail(r, start, "%.*s%s is not in %d-%d", digits, start,
	    r->p - start > digits ? "..." : "", r->field->lo, r->field->hi);
}

static int
read_item(struct reader *r, uint64_t *set)
{
	const char *start = r->p, *end;
	int lo, hi, step = 1, range = 1;

	if (*r->p == '*') {
		r->p++;
		lo = r->field->lo;
		hi = r->field->hi;
	} else {
		if (read_value(r, &lo) != 0)
			return -1;
		hi = lo;
		range = *r->p == '-';
		if (range) {
			end = ++r->p;
			if (read_value(r, &hi) != 0)
				return -1;
			/* "fri-sun" ends with the Sunday after Friday. */
			if (is_letter(*end) && hi == 0 && lo > 0)
				hi = 7;
			if (hi < lo)
				return fail(r, start,
				    "the range runs backwards");
		}
	}
	if (*r->p == '/') {
		if (!range)
			return fail(r, r->p, "a step needs a range or *");
		end = ++r->p;
		if (read_number(r, &step) != 0)
			return -1;
		if (step == 0)
			return fail(r, end, "a step must be 1 or more");
	}
	for (; lo <= hi; lo += step)
		*set |= (uint64_t)1 << lo;
	return 0;
}

static int
read_field(struct reader *r, uint64_t *set)
{
	if (*r->p == '\0')
		return fail(r, r->p, "missing");
	for (;;) {
		if (read_item(r, set) != 0)
			return -1;
		if (*r->p != ',')
			break;
		r->p++;
	}
	if (!is_end(*r->p))
		return fail(r, r->p, "unexpected character");
	return 0;
}

static int
read_fields(struct reader *r, struct schedule *s)
{
	int i;

	for (i = 0; i < FIELDS; i++) {
		skip_blanks(r);
		r->field = &fields[i];
		if (i == MDAY)
			s->mday_star = *r->p == '*';
		if (i == WDAY)
			s->wday_star = *r->p == '*';
		if (read_field(r, &s->in[i]) != 0)
			return -1;
	}
	r->field = NULL;
	s->in[WDAY] |= s->in[WDAY] >> 7;	/* 7 is Sunday too */
	s->in[WDAY] &= 0x7f;
	return 0;
}

static int
read_nickname(struct reader *r, struct schedule *s)
{
	const char *start = r->p;
	size_t i, n;

	while (!is_end(*r->p))
		r->p++;
	n = (size_t)(r->p - start);
	for (i = 0; i < sizeof(nicknames) / sizeof(nicknames[0]); i++)
		if (strlen(nicknames[i].name) == n &&
		    memcmp(nicknames[i].name, start, n) == 0)
			return schedule_parse(s, nicknames[i].expression, NULL,
			    r->fault);
	if (n == 7 && memcmp(start, "@reboot", n) == 0)
		return fail(r, start, "@reboot has no time");
	return fail(r, start, "unknown nickname");
}

int
schedule_parse(struct schedule *s, const char *text, const char **rest,
    struct fault *fault)
{
	struct reader r = { text, text, NULL, fault };

	memset(s, 0, sizeof(*s));
	skip_blanks(&r);
	if (*r.p == '@') {
		if (read_nickname(&r, s) != 0)
			return -1;
	} else {
		if (read_fields(&r, s) != 0)
			return -1;
	}
	skip_blanks(&r);
	if (rest != NULL)
		*rest = r.p;
	else if (*r.p != '\0')
		return fail(&r, r.p, "unexpected text after the expression");
	return 0;
}
