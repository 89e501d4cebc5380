#include "base/df.h"

#include <string.h>

#include "base/text.h"
#include "spec/md-internal.h"

struct scan {
	struct df_md *md;
	struct df_arena *a;
	char fence;		/* character of the open fence, or 0 */
	size_t fencelen;
	int comment;		/* inside <!-- */
	const char *noclose;	/* no --> before this place */
};

static void
where(const char *s, size_t off, uint32_t *line, uint32_t *col)
{
	size_t i;

	*line = *col = 1;
	for (i = 0; i < off; i++) {
		++*col;
		if (s[i] == '\n') {
			++*line;
			*col = 1;
		}
	}
}

/* Set the text of a line: indentation counted, both ends trimmed. */
static void
set_text(struct df_md_line *l, struct df_str t)
{
	unsigned col = 0;

	while (t.n && md_blank(t.s[0])) {
		col += t.s[0] == '\t' ? 4 - col % 4 : 1;
		t.s++;
		t.n--;
	}
	t = df_str_trim(t);
	l->s = t.s;
	l->n = (uint32_t)t.n;
	l->indent = (uint8_t)(col > 255 ? 255 : col);
}

static int
is_rule(struct df_str t)
{
	size_t i, n = 0;

	if (t.s[0] != '-' && t.s[0] != '*' && t.s[0] != '_')
		return 0;
	for (i = 0; i < t.n; i++) {
		if (t.s[i] == t.s[0])
			n++;
		else if (!md_blank(t.s[i]))
			return 0;
	}
	return n >= 3;
}

static void
set_mark(struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };
	size_t i = 0;
	uint32_t num = 0;

	if (t.s[0] == '-' || t.s[0] == '*' || t.s[0] == '+') {
		if (t.n == 1 || md_blank(t.s[1]))
			l->mark = (uint8_t)t.s[0];
		return;
	}
	while (i < t.n && i < 9 && t.s[i] >= '0' && t.s[i] <= '9')
		num = num * 10 + (uint32_t)(t.s[i++] - '0');
	if (i && i < t.n && (t.s[i] == '.' || t.s[i] == ')') &&
	    (i + 1 == t.n || md_blank(t.s[i + 1]))) {
		l->mark = '1';
		l->num = num;
	}
}

/* The heading's level, or 0; sets the text behind the #s. */
static unsigned
heading(struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };
	size_t n = md_run(t, '#'), k;

	if (l->indent > 3 || n == 0 || n > 6 || (n < t.n && !md_blank(t.s[n])))
		return 0;
	t.s += n;
	t.n -= n;
	t = df_str_trim(t);
	for (k = t.n; k && t.s[k - 1] == '#'; k--)
		;
	if (k == 0 || md_blank(t.s[k - 1]))
		t.n = k;
	t = df_str_trim(t);
	l->s = t.s;
	l->n = (uint32_t)t.n;
	return (unsigned)n;
}

/*
 * Take comments out of a line that does not begin with one.  A comment that
 * does not end on the line goes on only to the end of its paragraph.
 */
static void
inline_comments(struct scan *sc, struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };
	struct md_spans sp;
	struct df_buf b = DF_BUF_INIT;
	const char *end, *stop, *docend = sc->md->s + sc->md->n;
	size_t i, from = 0;
	int cut = 0;

	if (df_str_find(t, "<!--") == NULL)
		return;
	md_spans_init(&sp, t);
	for (i = 0; i < t.n; ) {
		if (t.s[i] == '`') {
			i = md_span_end(&sp, t, i);
			continue;
		}
		if (t.s[i] != '<' || t.n - i < 4 ||
		    memcmp(t.s + i, "<!--", 4) != 0) {
			i++;
			continue;
		}
		end = df_str_find((struct df_str){ t.s + i + 2,
		    t.n - i - 2 }, "-->");
		if (end == NULL) {
			const char *p = t.s + i;

			if (p < sc->noclose)
				break;
			for (stop = p; stop < docend; stop++)
				if (stop[0] == '\n' && (stop + 1 == docend ||
				    stop[1] == '\n' || stop[1] == '\r'))
					break;
			if (df_str_find((struct df_str){ p + 2,
			    (size_t)(stop - p) - 2 }, "-->") == NULL) {
				sc->noclose = stop;
				break;
			}
			sc->comment = 1;
			df_buf_add(&b, t.s + from, i - from);
			from = t.n;
			cut = 1;
			break;
		}
		df_buf_add(&b, t.s + from, i - from);
		from = i = (size_t)(end - t.s) + 3;
		cut = 1;
	}
	if (cut) {
		unsigned indent = l->indent;

		df_buf_add(&b, t.s + from, t.n - from);
		set_text(l, (struct df_str){ df_arena_str(sc->a, b.s, b.n),
		    b.n });
		l->indent = (uint8_t)indent;
	}
	df_buf_release(&b);
}

/* "bash", "c++", "objective-c": what stands behind a fence, no sentence. */
static int
is_language(struct df_str t)
{
	size_t i;

	for (i = 0; i < t.n; i++)
		if (!md_alnum(t.s[i]) && t.s[i] != '+' && t.s[i] != '-' &&
		    t.s[i] != '_')
			return 0;
	return t.n > 0;
}

static void
one_line(struct scan *sc, struct df_md_line *l, struct df_str raw)
{
	struct df_str t;
	const char *end;
	size_t n;

	set_text(l, raw);
	t.s = l->s;
	t.n = l->n;
	if (sc->fence) {
		n = md_run(t, sc->fence);
		if (n >= sc->fencelen && n == t.n) {
			l->kind = DF_MD_FENCE_END;
			l->n = 0;
			sc->fence = 0;
			sc->md->open_fence = 0;
			return;
		}
		if (n >= sc->fencelen && sc->md->inner_fence == 0 &&
		    is_language((struct df_str){ t.s + n, t.n - n }))
			sc->md->inner_fence =
			    (uint32_t)(l - sc->md->line) + 1;
		l->kind = DF_MD_CODE;
		l->s = raw.s;
		l->n = (uint32_t)raw.n;
		return;
	}
	/* "<!-->" ends itself: looking from its second dash on finds that. */
	while (sc->comment || (t.n >= 4 && memcmp(t.s, "<!--", 4) == 0)) {
		size_t skip = sc->comment ? 0 : 2;

		if (!sc->comment && sc->md->open_comment == 0)
			sc->md->open_comment =
			    (uint32_t)(l - sc->md->line) + 1;
		end = df_str_find((struct df_str){ t.s + skip, t.n - skip },
		    "-->");
		if (end == NULL) {
			sc->comment = 1;
			l->kind = DF_MD_COMMENT;
			l->n = 0;
			return;
		}
		sc->comment = 0;
		sc->md->open_comment = 0;
		set_text(l, (struct df_str){ end + 3,
		    (size_t)(t.s + t.n - (end + 3)) });
		t.s = l->s;
		t.n = l->n;
		if (t.n == 0) {
			l->kind = DF_MD_COMMENT;
			return;
		}
	}
	if (t.n == 0)
		return;
	if (t.s[0] == '`' || t.s[0] == '~') {
		n = md_run(t, t.s[0]);
		if (n >= 3 && (t.s[0] == '~' ||
		    memchr(t.s + n, '`', t.n - n) == NULL)) {
			sc->fence = t.s[0];
			sc->fencelen = n;
			sc->md->open_fence =
			    (uint32_t)(l - sc->md->line) + 1;
			l->kind = DF_MD_FENCE;
			t = df_str_trim((struct df_str){ t.s + n, t.n - n });
			l->s = t.s;
			l->n = (uint32_t)t.n;
			return;
		}
	}
	inline_comments(sc, l);
	t.s = l->s;
	t.n = l->n;
	if (t.n == 0) {
		l->kind = DF_MD_COMMENT;
		return;
	}
	l->level = (uint8_t)heading(l);
	if (l->level)
		l->kind = DF_MD_HEADING;
	else if (t.s[0] == '|')
		l->kind = DF_MD_TABLE;
	else if (is_rule(t))
		l->kind = DF_MD_RULE;
	else {
		l->kind = DF_MD_TEXT;
		set_mark(l);
	}
}

int
df_md_read(struct df_md *md, struct df_arena *a, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	struct scan sc = { md, a, 0, 0, 0, s };
	const char *p, *nl, *end = s + n;
	uint32_t line, col, i;
	size_t lines = 0, bad;

	memset(md, 0, sizeof(*md));
	md->s = s;
	md->n = n;
	if ((bad = df_utf8_bad(s, n)) < n) {
		where(s, bad, &line, &col);
		return df_fail_at(e, "spec.encoding", what, line, col,
		    "not UTF-8: byte 0x%02x at offset %zu",
		    (unsigned char)s[bad], bad);
	}
	if (n && (p = memchr(s, 0, n)) != NULL) {
		where(s, (size_t)(p - s), &line, &col);
		return df_fail_at(e, "spec.encoding", what, line, col,
		    "a NUL byte at offset %zu", (size_t)(p - s));
	}
	if (n > UINT32_MAX / 2)
		return df_fail(e, DF_INPUT, "spec.size",
		    "%s: %zu bytes are too many", what, n);
	for (p = s; p < end; p = nl + 1) {
		lines++;
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			break;
	}
	if (lines > DF_MD_LINES_MAX)
		return df_fail(e, DF_INPUT, "spec.size",
		    "%s: %zu lines, at most %d are read", what, lines,
		    DF_MD_LINES_MAX);
	md->lines = (uint32_t)lines;
	md->line = df_arena_alloc(a, lines * sizeof(*md->line) + 1);
	p = s;
	for (i = 0; i < md->lines; i++) {
		struct df_md_line *l = &md->line[i];
		struct df_str raw;

		nl = memchr(p, '\n', (size_t)(end - p));
		raw.s = p;
		raw.n = (size_t)((nl ? nl : end) - p);
		if (raw.n && raw.s[raw.n - 1] == '\r')
			raw.n--;
		if (i == 0 && raw.n >= 3 &&
		    memcmp(raw.s, "\xef\xbb\xbf", 3) == 0) {
			raw.s += 3;
			raw.n -= 3;
		}
		l->off = (uint32_t)(raw.s - s);
		l->len = (uint32_t)raw.n;
		one_line(&sc, l, raw);
		p = nl ? nl + 1 : end;
	}
	return 0;
}

uint32_t
df_md_line_at(const struct df_md *md, size_t off)
{
	uint32_t lo = 0, hi = md->lines, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (md->line[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo + 1;
}
