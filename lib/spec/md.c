#include "base/df.h"

#include <string.h>

#include "base/text.h"
#include "spec/md.h"

/* ---- slices ---- */

static int
blank(int c)
{
	return c == ' ' || c == '\t';
}

static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int
alnum(int c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
	    (unsigned char)c >= 0x80;
}

struct df_str
df_str(const char *s)
{
	struct df_str t = { s, strlen(s) };

	return t;
}

struct df_str
df_str_trim(struct df_str t)
{
	while (t.n && blank(t.s[0])) {
		t.s++;
		t.n--;
	}
	while (t.n && (blank(t.s[t.n - 1]) || t.s[t.n - 1] == '\r'))
		t.n--;
	return t;
}

int
df_str_eq(struct df_str t, const char *lit)
{
	return strlen(lit) == t.n && memcmp(t.s, lit, t.n) == 0;
}

static int
ieq(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return 0;
	return 1;
}

int
df_str_ieq(struct df_str t, const char *lit)
{
	return strlen(lit) == t.n && ieq(t.s, lit, t.n);
}

int
df_str_word(struct df_str t, const char *lit)
{
	size_t n = strlen(lit);

	return t.n >= n && ieq(t.s, lit, n) && (t.n == n || !alnum(t.s[n]));
}

const char *
df_str_find(struct df_str t, const char *needle)
{
	size_t n = strlen(needle);
	const char *p = t.s, *end = t.s + t.n;

	while ((size_t)(end - p) >= n &&
	    (p = memchr(p, needle[0], (size_t)(end - p) - n + 1)) != NULL) {
		if (memcmp(p, needle, n) == 0)
			return p;
		p++;
	}
	return NULL;
}

/* ---- code spans ---- */

#define RUNS 32		/* longer runs of backquotes are plain text */

/* Where the last run of each length stands, so that looking for the end of a
   span never walks a line in vain. */
struct spans {
	size_t last[RUNS];
	int any;
};

static void
spans_init(struct spans *sp, struct df_str t)
{
	size_t i, k;

	sp->any = 0;
	if (t.n == 0 || memchr(t.s, '`', t.n) == NULL)
		return;
	memset(sp, 0, sizeof(*sp));
	sp->any = 1;
	for (i = 0; i < t.n; i += k + 1) {
		for (k = 0; i + k < t.n && t.s[i + k] == '`'; k++)
			;
		if (k && k < RUNS)
			sp->last[k] = i;
	}
}

/*
 * t.s[i] is a backquote: the first byte behind the code span that begins
 * there, or behind the run when it begins none.
 */
static size_t
span_end(const struct spans *sp, struct df_str t, size_t i)
{
	size_t n, j, k;

	for (n = 0; i + n < t.n && t.s[i + n] == '`'; n++)
		;
	if (n >= RUNS || sp->last[n] <= i)
		return i + n;
	for (j = i + n; j < t.n; j += k + 1) {
		for (k = 0; j + k < t.n && t.s[j + k] == '`'; k++)
			;
		if (k == n)
			return j + n;
	}
	return i + n;
}

/* ---- lines ---- */

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

	while (t.n && blank(t.s[0])) {
		col += t.s[0] == '\t' ? 4 - col % 4 : 1;
		t.s++;
		t.n--;
	}
	t = df_str_trim(t);
	l->s = t.s;
	l->n = (uint32_t)t.n;
	l->indent = (uint8_t)(col > 255 ? 255 : col);
}

static size_t
run(struct df_str t, int c)
{
	size_t n = 0;

	while (n < t.n && t.s[n] == c)
		n++;
	return n;
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
		else if (!blank(t.s[i]))
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
		if (t.n == 1 || blank(t.s[1]))
			l->mark = (uint8_t)t.s[0];
		return;
	}
	while (i < t.n && i < 9 && t.s[i] >= '0' && t.s[i] <= '9')
		num = num * 10 + (uint32_t)(t.s[i++] - '0');
	if (i && i < t.n && (t.s[i] == '.' || t.s[i] == ')') &&
	    (i + 1 == t.n || blank(t.s[i + 1]))) {
		l->mark = '1';
		l->num = num;
	}
}

/* The heading's level, or 0; sets the text behind the #s. */
static unsigned
heading(struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };
	size_t n = run(t, '#'), k;

	if (l->indent > 3 || n == 0 || n > 6 || (n < t.n && !blank(t.s[n])))
		return 0;
	t.s += n;
	t.n -= n;
	t = df_str_trim(t);
	for (k = t.n; k && t.s[k - 1] == '#'; k--)
		;
	if (k == 0 || blank(t.s[k - 1]))
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
	struct spans sp;
	struct df_buf b = DF_BUF_INIT;
	const char *end, *stop, *docend = sc->md->s + sc->md->n;
	size_t i, from = 0;
	int cut = 0;

	if (df_str_find(t, "<!--") == NULL)
		return;
	spans_init(&sp, t);
	for (i = 0; i < t.n; ) {
		if (t.s[i] == '`') {
			i = span_end(&sp, t, i);
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
		n = run(t, sc->fence);
		if (n >= sc->fencelen && n == t.n) {
			l->kind = DF_MD_FENCE_END;
			l->n = 0;
			sc->fence = 0;
			sc->md->open_fence = 0;
			return;
		}
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
		n = run(t, t.s[0]);
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
		return df_fail(e, DF_INPUT, "spec.encoding",
		    "%s:%u:%u: not UTF-8: byte 0x%02x at offset %zu", what,
		    line, col, (unsigned char)s[bad], bad);
	}
	if (n && (p = memchr(s, 0, n)) != NULL) {
		where(s, (size_t)(p - s), &line, &col);
		return df_fail(e, DF_INPUT, "spec.encoding",
		    "%s:%u:%u: a NUL byte at offset %zu", what, line, col,
		    (size_t)(p - s));
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
		l->off = (uint32_t)(p - s);
		l->len = (uint32_t)raw.n;
		if (i == 0 && raw.n >= 3 &&
		    memcmp(raw.s, "\xef\xbb\xbf", 3) == 0) {
			raw.s += 3;
			raw.n -= 3;
		}
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

/* ---- one line's text ---- */

struct df_str
df_md_item(const struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };
	size_t n = 1;

	if (l->mark == 0)
		return t;
	if (l->mark == '1')
		while (t.s[n - 1] != '.' && t.s[n - 1] != ')')
			n++;
	t.s += n;
	t.n -= n;
	return df_str_trim(t);
}

struct df_str
df_md_bare(struct df_str t)
{
	struct spans sp;
	size_t n, end;

	t = df_str_trim(t);
	for (;;) {
		if (t.n < 3)
			return t;
		if (t.s[0] == '`') {
			spans_init(&sp, t);
			n = run(t, '`');
			end = span_end(&sp, t, 0);
			if (end != t.n || end <= 2 * n)
				return t;
		} else if (t.s[0] == '*' || t.s[0] == '_') {
			char mark[3] = { t.s[0], t.s[0], 0 };

			n = run(t, t.s[0]) >= 2 ? 2 : 1;
			mark[n] = 0;
			if (t.n <= 2 * n || memcmp(t.s + t.n - n, mark, n) != 0)
				return t;
			/* "**a** and **b**" is not one emphasis */
			if (df_str_find((struct df_str){ t.s + n,
			    t.n - 2 * n }, mark) != NULL)
				return t;
		} else
			return t;
		t.s += n;
		t.n -= 2 * n;
		t = df_str_trim(t);
	}
}

static int
keychar(int c)
{
	return alnum(c) ? (unsigned char)c < 0x80 :
	    c != 0 && strchr(" _/&+'-?", c) != NULL;
}

static void
skip_blank(struct df_str *t)
{
	while (t->n && blank(t->s[0])) {
		t->s++;
		t->n--;
	}
}

static size_t
skip_mark(struct df_str *t, const char *mark)
{
	size_t n = strlen(mark);

	if (t->n < n || memcmp(t->s, mark, n) != 0)
		return 0;
	t->s += n;
	t->n -= n;
	return n;
}

/* Does "Shared? YES": a question as key, answered without a colon. */
static int
question(struct df_str key, struct df_str value)
{
	return key.n && key.s[key.n - 1] == '?' &&
	    memchr(key.s, ' ', key.n) == NULL &&
	    (df_str_word(value, "yes") || df_str_word(value, "no"));
}

int
df_md_kv(struct df_str t, struct df_md_kv *kv)
{
	size_t n, words = 1, depth;
	const char *mark = NULL;
	char first;

	memset(kv, 0, sizeof(*kv));
	t = df_str_trim(t);
	if (t.n > 2 && (t.s[0] == '-' || t.s[0] == '*' || t.s[0] == '+') &&
	    blank(t.s[1])) {
		kv->listed = 1;
		t.s++;
		t.n--;
		skip_blank(&t);
	} else if (t.n && t.s[0] >= '0' && t.s[0] <= '9') {
		for (n = 0; n < t.n && t.s[n] >= '0' && t.s[n] <= '9'; n++)
			;
		if (n > 9 || n + 1 >= t.n || (t.s[n] != '.' &&
		    t.s[n] != ')') || !blank(t.s[n + 1]))
			return 0;
		kv->listed = 1;
		t.s += n + 1;
		t.n -= n + 1;
		skip_blank(&t);
	}
	if (skip_mark(&t, "**"))
		mark = "**";
	else if (skip_mark(&t, "__"))
		mark = "__";
	else if (skip_mark(&t, "*"))
		mark = "*";
	kv->bold = mark != NULL;
	if (t.n == 0 || lower(t.s[0]) < 'a' || lower(t.s[0]) > 'z')
		return 0;
	first = t.s[0];
	kv->key.s = t.s;
	for (n = 0; n < t.n && keychar(t.s[n]); n++)
		if (t.s[n] == ' ' && n && t.s[n - 1] != ' ')
			words++;
	kv->key.n = n;
	kv->key = df_str_trim(kv->key);
	if (t.s[n - 1] == ' ')
		words--;
	t.s += n;
	t.n -= n;
	if (mark == NULL && (t.n == 0 || (t.s[0] != ':' && t.s[0] != '('))) {
		/* the key may end before a word: "Shared? YES - why" */
		const char *q = memchr(kv->key.s, '?', kv->key.n);

		if (q == NULL)
			return 0;
		n = (size_t)(q - kv->key.s) + 1;
		kv->value.s = q + 1;
		kv->value.n = (size_t)(t.s + t.n - (q + 1));
		kv->value = df_str_trim(kv->value);
		kv->key.n = n;
		return question(kv->key, kv->value);
	}
	if (words > 6 || kv->key.n > 64)
		return 0;
	if (mark && skip_mark(&t, mark))
		mark = NULL;
	skip_blank(&t);
	if (t.n && t.s[0] == '(') {
		for (n = 0, depth = 0; n < t.n; n++) {
			if (t.s[n] == '(')
				depth++;
			else if (t.s[n] == ')' && --depth == 0)
				break;
		}
		if (n == t.n)
			return 0;
		kv->note.s = t.s + 1;
		kv->note.n = n - 1;
		t.s += n + 1;
		t.n -= n + 1;
		skip_blank(&t);
		if (mark && skip_mark(&t, mark))
			mark = NULL;
		skip_blank(&t);
	}
	if (!skip_mark(&t, ":"))
		return 0;
	if (mark && skip_mark(&t, mark))
		mark = NULL;
	if (t.n && !blank(t.s[0]) && (t.s[0] == ':' || t.s[0] == '/' ||
	    (!kv->bold && !(first >= 'A' && first <= 'Z'))))
		return 0;
	t = df_str_trim(t);
	/* "**Gate verdict: PASS.**": the emphasis encloses key and value */
	if (mark && t.n >= strlen(mark) &&
	    memcmp(t.s + t.n - strlen(mark), mark, strlen(mark)) == 0)
		t.n -= strlen(mark);
	kv->value = df_str_trim(t);
	return 1;
}

int
df_md_key(struct df_str key, const char *name)
{
	size_t i = 0;

	while (key.n && key.s[key.n - 1] == '?')
		key.n--;
	for (; *name; name++) {
		if (i == key.n)
			return 0;
		if (*name == ' ') {
			if (key.s[i] != ' ' && key.s[i] != '_')
				return 0;
			while (i < key.n &&
			    (key.s[i] == ' ' || key.s[i] == '_'))
				i++;
		} else if (lower(key.s[i++]) != *name)
			return 0;
	}
	return i == key.n;
}

int
df_md_title(struct df_str title, const char *name)
{
	size_t i = 0;

	title = df_md_bare(title);
	for (; *name; name++) {
		if (i == title.n)
			return 0;
		if (*name == ' ') {
			if (!blank(title.s[i]) && title.s[i] != '-')
				return 0;
			while (i < title.n && (blank(title.s[i]) ||
			    title.s[i] == '-'))
				i++;
		} else if (lower(title.s[i++]) != lower(*name))
			return 0;
	}
	return i == title.n || !alnum(title.s[i]) ||
	    (unsigned char)title.s[i] >= 0x80;
}

static unsigned
split(struct df_str row, int naive, struct df_str *cell)
{
	struct spans sp;
	size_t i, from = 0;
	unsigned n = 0;

	spans_init(&sp, row);
	for (i = 0; i < row.n; ) {
		if (!naive && row.s[i] == '`')
			i = span_end(&sp, row, i);
		else if (row.s[i] == '\\' && i + 1 < row.n)
			i += 2;
		else if (row.s[i] == '|' && n < DF_MD_CELLS_MAX - 1) {
			cell[n].s = row.s + from;
			cell[n].n = i - from;
			n++;
			from = ++i;
		} else
			i++;
	}
	cell[n].s = row.s + from;
	cell[n].n = row.n - from;
	n++;
	for (i = 0; i < n; i++)
		cell[i] = df_str_trim(cell[i]);
	return n;
}

unsigned
df_md_cells(struct df_str row, unsigned want,
    struct df_str cell[DF_MD_CELLS_MAX])
{
	struct df_str other[DF_MD_CELLS_MAX];
	unsigned n;

	row = df_str_trim(row);
	if (row.n && row.s[0] == '|') {
		row.s++;
		row.n--;
	}
	if (row.n && row.s[row.n - 1] == '|' &&
	    (row.n < 2 || row.s[row.n - 2] != '\\'))
		row.n--;
	n = split(row, 0, cell);
	if (want && n != want && split(row, 1, other) == want) {
		memcpy(cell, other, want * sizeof(*cell));
		n = want;
	}
	return n;
}

int
df_md_delim(struct df_str row)
{
	size_t i, dashes = 0;

	for (i = 0; i < row.n; i++) {
		if (row.s[i] == '-')
			dashes++;
		else if (row.s[i] != '|' && row.s[i] != ':' &&
		    !blank(row.s[i]))
			return 0;
	}
	return dashes > 0;
}

int
df_md_priority(struct df_str t)
{
	while (t.n && (blank(t.s[0]) || t.s[0] == '*' || t.s[0] == '`' ||
	    t.s[0] == '"' || t.s[0] == '\'')) {
		t.s++;
		t.n--;
	}
	if (t.n >= 2 && lower(t.s[0]) == 'p' && t.s[1] >= '0' &&
	    t.s[1] <= '3' && (t.n == 2 || !alnum(t.s[2])))
		return t.s[1] - '0';
	return -1;
}
