#include "base/df.h"

#include <string.h>

#include "spec/md-internal.h"

/* ---- slices ---- */

struct df_str
df_str(const char *s)
{
	struct df_str t = { s, strlen(s) };

	return t;
}

struct df_str
df_str_trim(struct df_str t)
{
	while (t.n && md_blank(t.s[0])) {
		t.s++;
		t.n--;
	}
	while (t.n && (md_blank(t.s[t.n - 1]) || t.s[t.n - 1] == '\r'))
		t.n--;
	return t;
}

int
df_str_eq(struct df_str t, const char *lit)
{
	return strlen(lit) == t.n && (t.n == 0 || memcmp(t.s, lit, t.n) == 0);
}

static int
ieq(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (md_lower(a[i]) != md_lower(b[i]))
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

	return t.n >= n && ieq(t.s, lit, n) && (t.n == n || !md_alnum(t.s[n]));
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

void
md_spans_init(struct md_spans *sp, struct df_str t)
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
		if (k && k < MD_RUNS)
			sp->last[k] = i;
	}
}

size_t
md_span_end(const struct md_spans *sp, struct df_str t, size_t i)
{
	size_t n, j, k;

	for (n = 0; i + n < t.n && t.s[i + n] == '`'; n++)
		;
	if (n >= MD_RUNS || sp->last[n] <= i)
		return i + n;
	for (j = i + n; j < t.n; j += k + 1) {
		for (k = 0; j + k < t.n && t.s[j + k] == '`'; k++)
			;
		if (k == n)
			return j + n;
	}
	return i + n;
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
	struct md_spans sp;
	size_t n, end;

	t = df_str_trim(t);
	for (;;) {
		if (t.n < 3)
			return t;
		if (t.s[0] == '`') {
			md_spans_init(&sp, t);
			n = md_run(t, '`');
			end = md_span_end(&sp, t, 0);
			if (end != t.n || end <= 2 * n)
				return t;
		} else if (t.s[0] == '*' || t.s[0] == '_') {
			char mark[3] = { t.s[0], t.s[0], 0 };

			n = md_run(t, t.s[0]) >= 2 ? 2 : 1;
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
	return md_alnum(c) ? (unsigned char)c < 0x80 :
	    c != 0 && strchr(" _/&+'-?", c) != NULL;
}

static void
skip_blank(struct df_str *t)
{
	while (t->n && md_blank(t->s[0])) {
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
	    md_blank(t.s[1])) {
		kv->listed = 1;
		t.s++;
		t.n--;
		skip_blank(&t);
	} else if (t.n && t.s[0] >= '0' && t.s[0] <= '9') {
		for (n = 0; n < t.n && t.s[n] >= '0' && t.s[n] <= '9'; n++)
			;
		if (n > 9 || n + 1 >= t.n || (t.s[n] != '.' &&
		    t.s[n] != ')') || !md_blank(t.s[n + 1]))
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
	if (t.n == 0 || md_lower(t.s[0]) < 'a' || md_lower(t.s[0]) > 'z')
		return 0;
	first = t.s[0];
	kv->key.s = t.s;
	for (n = 0; n < t.n && keychar(t.s[n]); n++)
		if (t.s[n] == ' ' && n && t.s[n - 1] != ' ')
			words++;
	/* a mark of emphasis is no part of the key that it ends */
	while (mark && mark[0] == '_' && n && t.s[n - 1] == '_')
		n--;
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
	if (!skip_mark(&t, ":")) {
		/* "**Shared?** NO" */
		kv->value = df_str_trim(t);
		return kv->bold && mark == NULL &&
		    question(kv->key, kv->value);
	}
	if (mark && skip_mark(&t, mark))
		mark = NULL;
	if (t.n && !md_blank(t.s[0]) && (t.s[0] == ':' || t.s[0] == '/' ||
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
		} else if (md_lower(key.s[i++]) != *name)
			return 0;
	}
	return i == key.n;
}

struct df_str
df_md_unnumbered(struct df_str t)
{
	struct df_str s = t;
	size_t i = 0;

	while (i < s.n && i < 4 && s.s[i] >= '0' && s.s[i] <= '9')
		i++;
	if (i == 0 || i + 1 >= s.n || (s.s[i] != '.' && s.s[i] != ')') ||
	    (s.s[i + 1] >= '0' && s.s[i + 1] <= '9'))
		return t;
	s.s += i + 1;
	s.n -= i + 1;
	return df_str_trim(s);
}

int
df_md_title(struct df_str title, const char *name)
{
	size_t i = 0;

	title = df_md_bare(df_md_unnumbered(df_md_bare(title)));
	for (; *name; name++) {
		if (i == title.n)
			return 0;
		if (*name == ' ') {
			if (!md_blank(title.s[i]) && title.s[i] != '-')
				return 0;
			while (i < title.n && (md_blank(title.s[i]) ||
			    title.s[i] == '-'))
				i++;
		} else if (md_lower(title.s[i++]) != md_lower(*name))
			return 0;
	}
	return i == title.n || !md_alnum(title.s[i]) ||
	    (unsigned char)title.s[i] >= 0x80;
}

static unsigned
split(struct df_str row, int naive, struct df_str *cell)
{
	struct md_spans sp;
	size_t i, from = 0;
	unsigned n = 0;

	md_spans_init(&sp, row);
	for (i = 0; i < row.n; ) {
		if (!naive && row.s[i] == '`')
			i = md_span_end(&sp, row, i);
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
		    !md_blank(row.s[i]))
			return 0;
	}
	return dashes > 0;
}

int
df_md_priority(struct df_str t)
{
	while (t.n && (md_blank(t.s[0]) || t.s[0] == '*' || t.s[0] == '`' ||
	    t.s[0] == '"' || t.s[0] == '\'')) {
		t.s++;
		t.n--;
	}
	if (t.n >= 2 && md_lower(t.s[0]) == 'p' && t.s[1] >= '0' &&
	    t.s[1] <= '3' && (t.n == 2 || !md_alnum(t.s[2])))
		return t.s[1] - '0';
	return -1;
}
