#include "base/df.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/out.h"
#include "base/text.h"

void
df_out_raw(const void *p, size_t n)
{
	if (n)
		(void)!fwrite(p, 1, n, stdout);	/* df_out_end() asks ferror */
}

void
df_out_row(const char *const cell[], size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			df_buf_ch(&b, '\t');
		df_text_foreign(&b, cell[i], strlen(cell[i]), DF_TEXT_LINE, 0,
		    0);
	}
	df_buf_ch(&b, '\n');
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

void
df_out(const char *s)
{
	df_out_row(&s, 1);
}

void
df_out_json(jv v)
{
	struct df_buf b = DF_BUF_INIT;

	df_json_line(&b, v);
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

void
df_out_flush(void)
{
	(void)!fflush(stdout);			/* df_out_end() asks ferror */
}

int
df_out_end(int code)
{
	struct df_err e;
	int bad = ferror(stdout);

	if (fclose(stdout) != 0 || bad) {
		df_fail_errno(&e, DF_EXTERNAL, "stdout",
		    "cannot write to stdout");
		df_err_print(&e);
		return code == DF_OK ? DF_EXTERNAL : code;
	}
	return code;
}

int
df_tty(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !df_quiet && !(no && *no) && term &&
	    strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO);
}

static int
read_names(struct df_list *out, struct df_err *e)
{
	size_t from = out->n, size = 0;
	char *line = NULL;
	ssize_t k;

	while ((k = getline(&line, &size, stdin)) > 0) {
		if (line[k - 1] == '\n')
			line[--k] = '\0';
		if (k == 0)
			continue;
		if (strlen(line) != (size_t)k) {
			free(line);
			return df_fail(e, DF_INPUT, "stdin.nul",
			    "NUL byte in a name on stdin");
		}
		df_list_add(out, df_strdup(line));
	}
	free(line);
	if (ferror(stdin))
		return df_fail_errno(e, DF_EXTERNAL, "stdin",
		    "cannot read stdin");
	if (out->n == from)
		return df_fail(e, DF_REFUSED, "stdin.empty",
		    "no name on stdin: the program before this one in the "
		    "pipeline refused or failed");
	return 0;
}

int
df_operands(char **operand, size_t n, struct df_list *out, struct df_err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(operand[i], "-") != 0)
			df_list_add(out, df_strdup(operand[i]));
		else if (read_names(out, e) < 0)
			return -1;
	return 0;
}
