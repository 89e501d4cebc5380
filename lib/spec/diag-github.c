#include "base/df.h"

#include <string.h>

#include "base/text.h"
#include "spec/diag.h"

/*
 * Append foreign text as data of a workflow command, or as the value of one of
 * its properties.  "##[" begins a command of the old form in any place of a
 * line, for a runner that does not know the new one.
 */
static void
data(struct df_buf *b, const char *s, int property)
{
	struct df_buf t = DF_BUF_INIT;
	size_t i;

	df_text_foreign(&t, s, strlen(s), DF_TEXT_LINE, 0, 1000);
	for (i = 0; i < t.n; i++) {
		if (t.s[i] == '%')
			df_buf_str(b, "%25");
		else if (property && t.s[i] == ':')
			df_buf_str(b, "%3A");
		else if (property && t.s[i] == ',')
			df_buf_str(b, "%2C");
		else
			df_buf_ch(b, t.s[i]);
		if (t.s[i] == '#' && i && t.s[i - 1] == '#' &&
		    t.s[i + 1] == '[')
			df_buf_ch(b, ' ');
	}
	df_buf_release(&t);
}

void
df_diag_github(struct df_buf *b, const struct df_diag *d, const char *path)
{
	static const char *const command[3] = { "notice", "warning", "error" };

	df_buf_fmt(b, "::%s ", command[d->waived ? DF_NOTE : d->severity]);
	if (*path) {
		df_buf_str(b, "file=");
		data(b, path, 1);
		df_buf_ch(b, ',');
	}
	if (d->line)
		df_buf_fmt(b, "line=%u,", d->line);
	if (d->line && d->col)
		df_buf_fmt(b, "col=%u,", d->col);
	df_buf_str(b, "title=");
	data(b, d->rule->id, 1);
	df_buf_str(b, "::");
	data(b, d->msg, 0);
	if (*d->hint) {
		df_buf_str(b, "%0Ahint: ");
		data(b, d->hint, 0);
	}
	if (d->waived) {
		df_buf_str(b, "%0Awaived: ");
		data(b, d->waived, 0);
	}
	df_buf_ch(b, '\n');
}
