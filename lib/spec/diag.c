#include "base/df.h"

#include <string.h>

#include "base/text.h"
#include "spec/diag.h"

#define SOURCE_MAX 400		/* bytes of a line that is worth showing */

static void
foreign(struct df_buf *b, const char *s, size_t max)
{
	df_text_foreign(b, s, strlen(s), DF_TEXT_LINE, 0, max);
}

/* The line, and a caret under the column. */
static void
source(struct df_buf *b, const struct df_diag *d)
{
	uint32_t col = 1;
	size_t i;

	if (d->text == NULL || d->col == 0 || d->ntext > SOURCE_MAX)
		return;
	df_buf_str(b, "    ");
	df_text_foreign(b, d->text, d->ntext, DF_TEXT_LINE, 0, 0);
	df_buf_str(b, "\n    ");
	for (i = 0; i < d->ntext && col < d->col; i++) {
		if (((unsigned char)d->text[i] & 0xc0) == 0x80)
			continue;
		df_buf_ch(b, ' ');
		col++;
	}
	df_buf_str(b, "\033[1;32m^\033[0m\n");
}

void
df_diag_text(struct df_buf *b, const struct df_diag *d, int colour)
{
	static const char *const sgr[3] = { "36", "35", "31" };

	if (colour)
		df_buf_str(b, "\033[1m");
	foreign(b, *d->path ? d->path : "specification", 0);
	if (d->line)
		df_buf_fmt(b, ":%u", d->line);
	if (d->line && d->col)
		df_buf_fmt(b, ":%u", d->col);
	df_buf_str(b, colour ? ":\033[0m " : ": ");
	if (colour)
		df_buf_fmt(b, "\033[1;%sm", sgr[d->severity]);
	df_buf_str(b, df_severity_name[d->severity]);
	df_buf_str(b, colour ? ":\033[0m " : ": ");
	foreign(b, d->msg, 1000);
	df_buf_fmt(b, " [%s]\n", d->rule->id);
	if (colour)
		source(b, d);
	if (*d->hint) {
		df_buf_str(b, "    hint: ");
		foreign(b, d->hint, 1000);
		df_buf_ch(b, '\n');
	}
}
