#define _GNU_SOURCE		/* wcwidth */
#include "base/df.h"

#include <locale.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/out.h"
#include "base/text.h"
#include "spec/diag.h"

#define WIDTH 70		/* columns of a line that are shown */
#define BEFORE 40		/* of them before the caret, at most */
#define TOKEN_MAX 200		/* bytes */

static void
foreign(struct df_buf *b, const char *s, size_t max)
{
	df_text_foreign(b, s, strlen(s), DF_TEXT_LINE, 0, max);
}

/* ---- the place in the line ---- */

static int
is_word(char ch)
{
	unsigned char c = (unsigned char)ch;

	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c >= 0x80 || c == '_' || c == '-' ||
	    c == '.' || c == '/';
}

/* The end of what begins at text[at]. */
static size_t
token_end(const char *text, size_t at, size_t n)
{
	static const char open[] = "[{(<`\"", close[] = "]})>`\"";
	const char *o, *e;
	size_t to = at;

	o = strchr(open, text[at]);
	if (o) {
		e = memchr(text + at + 1, close[o - open], n - at - 1);
		return e ? (size_t)(e - text) + 1 : at + 1;
	}
	if (text[at] != '-' && is_word(text[at])) {
		while (to < n && is_word(text[to]))
			to++;
		while (to > at + 1 && strchr("./-", text[to - 1]))
			to--;
		return to;
	}
	while (n > at + 1 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	return n;
}

int
df_diag_token(const struct df_diag *d, size_t *from, size_t *to)
{
	size_t i, n = d->ntext;
	uint32_t col = 1;

	if (d->text == NULL || d->line == 0 || d->col == 0 ||
	    d->col > DF_DIAG_COL_MAX)
		return 0;
	for (i = 0; i < n; i++) {
		if (((unsigned char)d->text[i] & 0xc0) == 0x80)
			continue;
		if (col == d->col)
			break;
		col++;
	}
	*from = *to = i;
	if (i == n)
		return 1;
	if (n > i + TOKEN_MAX)
		n = i + TOKEN_MAX;
	*to = token_end(d->text, i, n);
	while (*to < d->ntext && *to > i + 1 &&
	    ((unsigned char)d->text[*to] & 0xc0) == 0x80)
		--*to;
	return 1;
}

/* ---- line and caret ---- */

/*
 * Append the character at s as it is shown in column col; *k is its length.
 * Returns the number of columns.
 */
static size_t
one(struct df_buf *b, const char *s, size_t n, size_t col, size_t *k)
{
	size_t was = b->n;
	uint32_t c = 0;
	int w;

	*k = df_utf8(s, n, &c);
	if (*k == 0)
		*k = 1;
	if (c == '\t') {
		df_buf_fmt(b, "%*s", (int)(8 - col % 8), "");
		return 8 - col % 8;
	}
	df_text_foreign(b, s, *k, DF_TEXT_LINE, 0, 0);
	if (*k == 1 || b->n - was != *k || memcmp(b->s + was, s, *k) != 0)
		return b->n - was;
	w = wcwidth((wchar_t)c);
	return w < 0 ? 1 : (size_t)w;
}

static size_t
back(const char *s, size_t i)
{
	while (i && ((unsigned char)s[--i] & 0xc0) == 0x80)
		;
	return i;
}

/* Where to begin, so that from is seen and as much before it as is useful. */
static size_t
window(const struct df_diag *d, size_t from)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i, k, before, col = 0;

	for (i = 0; i < d->ntext && col <= WIDTH; i += k)
		col += one(&b, d->text + i, d->ntext - i, col, &k);
	if (col <= WIDTH) {
		df_buf_release(&b);
		return 0;
	}
	for (i = from, col = 0; i; i = before) {
		before = back(d->text, i);
		col += one(&b, d->text + before, i - before, 0, &k);
		if (col > BEFORE)
			break;
	}
	df_buf_release(&b);
	return i;
}

static void
draw(struct df_buf *b, const struct df_diag *d, size_t from, size_t to,
    int colour)
{
	size_t i = window(d, from), k, w, was, col = 0, caret = 0, end = 0;
	int dots = i > 0, seen = 0;

	df_buf_str(b, dots ? "    ..." : "    ");
	for (; i < d->ntext; i += k, col += w) {
		was = b->n;
		w = one(b, d->text + i, d->ntext - i, col, &k);
		if (col + w > WIDTH) {
			df_buf_cut(b, was);
			df_buf_str(b, "...");
			break;
		}
		if (i == from) {
			caret = col;
			seen = 1;
		}
		if (i < to)
			end = col + w;
	}
	if (!seen)
		caret = col;
	df_buf_fmt(b, "\n    %*s%s^", (int)caret + (dots ? 3 : 0), "",
	    colour ? "\033[1;32m" : "");
	while (++caret < end)
		df_buf_ch(b, '~');
	df_buf_str(b, colour ? "\033[0m\n" : "\n");
}

/* How wide characters are is known to a locale, whatever the user's is. */
static void
source(struct df_buf *b, const struct df_diag *d, int colour)
{
	locale_t utf8, was;
	size_t from, to;

	if (!df_diag_token(d, &from, &to))
		return;
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	was = utf8 ? uselocale(utf8) : (locale_t)0;
	draw(b, d, from, to, colour);
	if (utf8) {
		uselocale(was);
		freelocale(utf8);
	}
}

unsigned
df_diag_how(void)
{
	if (df_tty())
		return DF_DIAG_COLOUR;
	return !df_quiet && isatty(STDERR_FILENO) ? DF_DIAG_SOURCE : 0;
}

void
df_diag_text(struct df_buf *b, const struct df_diag *d, unsigned how)
{
	static const char *const sgr[3] = { "36", "35", "31" };
	int colour = (how & DF_DIAG_COLOUR) != 0;

	if (colour)
		df_buf_str(b, "\033[1m");
	foreign(b, *d->path ? d->path : "specification", 0);
	if (d->line)
		df_buf_fmt(b, ":%u", d->line);
	if (d->line && d->col)
		df_buf_fmt(b, ":%u", d->col);
	df_buf_str(b, colour ? ":\033[0m " : ": ");
	if (colour)
		df_buf_fmt(b, "\033[1;%sm", d->waived ? sgr[0] :
		    sgr[d->severity]);
	df_buf_str(b, d->waived ? "waived" : df_severity_name[d->severity]);
	df_buf_str(b, colour ? ":\033[0m " : ": ");
	foreign(b, d->msg, 1000);
	df_buf_fmt(b, " [%s]\n", d->rule->id);
	if (how)
		source(b, d, colour);
	if (*d->hint) {
		df_buf_str(b, "    hint: ");
		foreign(b, d->hint, 1000);
		df_buf_ch(b, '\n');
	}
	if (d->waived) {
		df_buf_str(b, "    reason: ");
		foreign(b, d->waived, 1000);
		df_buf_ch(b, '\n');
	}
}
