/*
 * crontab.c - crontab files: the next times of every entry
 *
 * A line is blank, a comment, a setting (NAME = value), an @reboot entry,
 * which has no time, or an entry: an expression and a command.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cron.h"

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* NAME = value; NAME may be quoted. */
static int
is_setting(const char *p)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz_"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char quote = *p == '"' || *p == '\'' ? *p++ : '\0';
	size_t n = strspn(p, name);

	if (n == 0 || (*p >= '0' && *p <= '9'))
		return 0;
	p += n;
	if (quote != '\0' && *p++ != quote)
		return 0;
	return *skip_blanks(p) == '=';
}

static int
is_reboot(const char *p)
{
	return strncmp(p, "@reboot", 7) == 0 && (p[7] == ' ' || p[7] == '\t');
}

/* What a crontab says goes to terminals: no tabs, no control characters. */
static char
printable(char c)
{
	if (c == '\t')
		return ' ';
	return (c > '\0' && c < ' ') || c == 0x7f ? '?' : c;
}

/* What stands behind a time: the number of the line and its command. */
static char *
make_tail(unsigned long line, const char *command)
{
	size_t size = strlen(command) + 32;
	char *tail = malloc(size), *p;

	if (tail == NULL)
		return NULL;
	p = tail + snprintf(tail, size, "\t%lu\t", line);
	while ((*p++ = printable(*command++)) != '\0')
		;
	return tail;
}

static int
list_entry(const char *text, const char *name, unsigned long line,
    int64_t after, long count, FILE *out)
{
	struct schedule s;
	struct fault fault;
	const char *command;
	char *tail;
	int ret;

	if (schedule_parse(&s, text, &command, &fault) != 0) {
		fprintf(stderr, "cronnext: %s:%lu:%zu: %s\n", name, line,
		    fault.column, fault.text);
		return 1;
	}
	if (*command == '\0') {
		fprintf(stderr, "cronnext: %s:%lu:%zu: command: missing\n",
		    name, line, strlen(text) + 1);
		return 1;
	}
	tail = make_tail(line, command);
	if (tail == NULL)
		return 2;
	ret = schedule_list(&s, after, count, tail, out);
	free(tail);
	if (ret == 0)
		return 0;
	fprintf(stderr, "cronnext: %s:%lu: never fires again before the year "
	    "%d\n", name, line, YEAR_MAX + 1);
	return 1;
}

/* One line of n bytes, without its line feed. */
static int
list_line(const char *text, size_t n, const char *name, unsigned long line,
    int64_t after, long count, FILE *out)
{
	const char *p = skip_blanks(text);

	if (strlen(text) != n) {
		fprintf(stderr, "cronnext: %s:%lu:%zu: a NUL byte\n", name,
		    line, strlen(text) + 1);
		return 1;
	}
	if (*p == '\0' || *p == '#' || is_setting(p) || is_reboot(p))
		return 0;
	return list_entry(text, name, line, after, count, out);
}

int
crontab_list(FILE *in, const char *name, int64_t after, long count, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	unsigned long line = 0;
	int status = 0, ret = 0;

	while (ret != 2 && (n = getline(&text, &size, in)) != -1) {
		if (text[n - 1] == '\n')
			text[--n] = '\0';
		ret = list_line(text, (size_t)n, name, ++line, after, count,
		    out);
		if (ret > status)
			status = ret;
	}
	if (ret == 2 || !feof(in)) {
		fprintf(stderr, "cronnext: %s: %s\n", name, strerror(errno));
		status = 2;
	}
	free(text);
	return status;
}
