#include "base/df.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

const char *df_progname = "df";
int df_errors_json;
int df_quiet;
int df_verbose;

static void fill(struct df_err *e, int exit, const char *code,
    const char *fmt, va_list ap, int errnum) DF_PRINTF(4, 0);

static void
fill(struct df_err *e, int exit, const char *code, const char *fmt, va_list ap,
    int errnum)
{
	int n;

	if (e == NULL)
		return;
	memset(e, 0, sizeof(*e));
	e->exit = exit;
	snprintf(e->code, sizeof(e->code), "%s", code);
	n = vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(e->msg))
		n = (int)sizeof(e->msg) - 1;
	if (errnum)
		snprintf(e->msg + n, sizeof(e->msg) - (size_t)n, ": %s",
		    strerror(errnum));
}

int
df_fail(struct df_err *e, int exit, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, exit, code, fmt, ap, 0);
	va_end(ap);
	return -1;
}

int
df_fail_errno(struct df_err *e, int exit, const char *code, const char *fmt,
    ...)
{
	int errnum = errno;
	va_list ap;

	va_start(ap, fmt);
	fill(e, exit, code, fmt, ap, errnum);
	va_end(ap);
	errno = errnum;
	return -1;
}

int
df_fail_at(struct df_err *e, const char *code, const char *file, size_t line,
    size_t col, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (e == NULL)
		return -1;
	(void)df_fail(e, DF_INPUT, code, "%s:%zu:%zu: ", file, line, col);
	e->at = n = (int)strlen(e->msg);
	va_start(ap, fmt);
	vsnprintf(e->msg + n, sizeof(e->msg) - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

int
df_hint(struct df_err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}

int
df_exit_worst(int a, int b)
{
	static const int order[] = { DF_INTEGRITY, DF_AUTH, DF_INPUT,
	    DF_REFUSED, DF_CONFLICT, DF_EXHAUSTED, DF_EXTERNAL, DF_NO };
	size_t i;

	for (i = 0; i < DF_LEN(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a > b ? a : b;
}

/* One write(2) a message, so that lines of several processes do not mix. */
static void
emit(const struct df_buf *b)
{
	size_t off = 0;
	ssize_t n;

	while (off < b->n) {
		n = write(STDERR_FILENO, b->s + off, b->n - off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		off += (size_t)n;
	}
}

static void
line(const char *prefix, const char *text)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_fmt(&b, "%s: %s", df_progname, prefix);
	df_text_foreign(&b, text, strlen(text), DF_TEXT_LINE, 0, 0);
	df_buf_ch(&b, '\n');
	emit(&b);
	df_buf_release(&b);
}

static void
diagnostic(const struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;

	df_text_foreign(&b, e->msg, (size_t)e->at, DF_TEXT_LINE, 0, 0);
	df_buf_str(&b, "error: ");
	df_text_foreign(&b, e->msg + e->at, strlen(e->msg + e->at),
	    DF_TEXT_LINE, 0, 0);
	df_buf_fmt(&b, " [%s]\n", e->code);
	if (e->hint[0]) {
		df_buf_str(&b, "    hint: ");
		df_text_foreign(&b, e->hint, strlen(e->hint), DF_TEXT_LINE, 0,
		    0);
		df_buf_ch(&b, '\n');
	}
	emit(&b);
	df_buf_release(&b);
}

void
df_err_print(const struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;

	if (!df_errors_json) {
		if (e->at)
			diagnostic(e);
		else
			line("", e->msg);
		if (e->hint[0] && !e->at && (df_verbose ||
		    isatty(STDERR_FILENO)))
			line("hint: ", e->hint);
		return;
	}
	df_buf_str(&b, "{\"error\":{\"code\":");
	df_text_json(&b, e->code, strlen(e->code));
	df_buf_fmt(&b, ",\"exit\":%d", e->exit);
	if (e->hint[0]) {
		df_buf_str(&b, ",\"hint\":");
		df_text_json(&b, e->hint, strlen(e->hint));
	}
	df_buf_str(&b, ",\"message\":");
	df_text_json(&b, e->msg, strlen(e->msg));
	df_buf_str(&b, "}}\n");
	emit(&b);
	df_buf_release(&b);
}

void
df_die(const struct df_err *e)
{
	df_err_print(e);
	exit(e->exit);
}

void
df_diex(int exit, const char *code, const char *fmt, ...)
{
	struct df_err e;
	va_list ap;

	va_start(ap, fmt);
	fill(&e, exit, code, fmt, ap, 0);
	va_end(ap);
	df_die(&e);
}

static void say(const char *prefix, const char *fmt, va_list ap)
    DF_PRINTF(2, 0);

static void
say(const char *prefix, const char *fmt, va_list ap)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_vfmt(&b, fmt, ap);
	line(prefix, b.s);
	df_buf_release(&b);
}

void
df_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

void
df_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
df_note(const char *fmt, ...)
{
	va_list ap;

	if (df_quiet)
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
df_progress(const char *fmt, ...)
{
	va_list ap;

	if (df_quiet || !(df_verbose || isatty(STDERR_FILENO)))
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
df_debug(const char *fmt, ...)
{
	va_list ap;

	if (!df_verbose)
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
df_bug(const char *file, int lineno, const char *what)
{
	fprintf(stderr, "%s: bug: %s:%d: %s\n", df_progname, file, lineno,
	    what);
	abort();
}
