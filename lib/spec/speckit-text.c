#include "base/df.h"

#include <stdarg.h>
#include <stdlib.h>

#include "spec/speckit-internal.h"

/* Texts of a feature directory: lines joined, titles, fields, lists. */

int
sk_take(struct skr *r, size_t n)
{
	r->used += n;
	if (r->used > DF_SK_ITEMS_MAX)
		r->full = 1;
	return !r->full;
}

void *
sk_keep(struct skr *r, void *p, size_t n)
{
	void *to = NULL;

	if (n) {
		to = df_arena_alloc(&r->sk->arena, n);
		memcpy(to, p, n);
	}
	free(p);
	return to;
}

const char *
sk_str(struct skr *r, struct df_str t)
{
	/* items may lie in each other, each with its own text */
	r->bytes += t.n;
	if (r->bytes > 4 * DF_SK_TOTAL_MAX)
		r->full = 1;
	return t.n && !r->full ? df_arena_str(&r->sk->arena, t.s, t.n) : "";
}

const char *
sk_fmt(struct skr *r, const char *fmt, ...)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	s = df_arena_str(&r->sk->arena, b.s, b.n);
	df_buf_release(&b);
	return s;
}

int
sk_clip(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n > max)
		for (n = max; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	return (int)n;
}

struct df_sktext
sk_none(void)
{
	struct df_sktext t = { "", 0, { 0, 0, 0 } };

	return t;
}

struct df_str
sk_s(const struct df_sktext *t)
{
	struct df_str s = { t->s, t->n };

	return s;
}

struct df_skplace
sk_at(struct skr *r, uint32_t line, struct df_str t)
{
	struct df_skplace at = { r->file, line + 1, 1 };
	const struct df_md_line *l = &r->md->line[line];
	const char *s = r->md->s + l->off, *p;

	/* a line out of which comments were cut is a copy */
	if (t.s < s || t.s > s + l->len) {
		at.col += l->indent;
		return at;
	}
	if (r->last.line != s || r->last.p > t.s) {
		r->last.line = r->last.p = s;
		r->last.col = 1;
	}
	for (p = r->last.p; p < t.s; p++)
		r->last.col += ((unsigned char)*p & 0xc0) != 0x80;
	r->last.p = t.s;
	at.col = r->last.col;
	return at;
}

struct df_sktext
sk_piece(struct skr *r, struct df_str t, struct df_skplace at)
{
	struct df_sktext x;

	x.s = sk_str(r, t);
	x.n = strlen(x.s);
	x.at = at;
	return x;
}

struct df_sktext
sk_text(struct skr *r, struct df_str t, uint32_t i)
{
	t = df_str_trim(t);
	return sk_piece(r, t, sk_at(r, i, t));
}

static int
joins(const struct df_md_line *l)
{
	return l->kind == DF_MD_TEXT && l->mark == 0;
}

struct df_sktext
sk_join(struct skr *r, struct df_str first, uint32_t a, uint32_t b)
{
	struct df_buf buf = DF_BUF_INIT;
	struct df_sktext x;
	uint32_t i;
	int open = 1;		/* may the next line join what is there? */

	if (a >= b && first.n == 0)
		return sk_none();
	first = df_str_trim(first);
	df_buf_add(&buf, first.s, first.n);
	for (i = a + 1; i < b; i++) {
		const struct df_md_line *l = &r->md->line[i];

		if (l->kind == DF_MD_COMMENT || l->kind == DF_MD_RULE)
			continue;
		if (l->kind == DF_MD_BLANK || l->kind == DF_MD_FENCE ||
		    l->kind == DF_MD_FENCE_END) {
			open = 0;
			continue;
		}
		if (buf.n)
			df_buf_ch(&buf, open && joins(l) ? ' ' : '\n');
		if (l->mark)
			df_buf_str(&buf, "- ");
		first = l->mark ? df_md_item(l) : sk_line(l);
		df_buf_add(&buf, first.s, first.n);
		open = l->kind == DF_MD_TEXT;
	}
	while (buf.n && (buf.s[buf.n - 1] == '\n' || buf.s[buf.n - 1] == ' '))
		df_buf_cut(&buf, buf.n - 1);
	x = sk_piece(r, (struct df_str){ buf.s, buf.n },
	    sk_at(r, a, (struct df_str){ r->md->line[a].s, 0 }));
	df_buf_release(&buf);
	return x;
}

struct df_sktext
sk_block(struct skr *r, uint32_t a, uint32_t b)
{
	struct df_str t = { "", 0 };
	const struct df_md_line *l;

	for (; a < b; a++) {
		l = &r->md->line[a];
		if (l->kind == DF_MD_TEXT || l->kind == DF_MD_HEADING ||
		    l->kind == DF_MD_TABLE || l->kind == DF_MD_CODE)
			break;
	}
	if (a >= b)
		return sk_none();
	l = &r->md->line[a];
	t = sk_line(l);
	return sk_join(r, t, a, b);
}

uint32_t
sk_item_end(const struct df_md *md, uint32_t i, uint32_t b)
{
	unsigned indent = md->line[i].indent;
	int listed = md->line[i].mark != 0, blank = 0;
	const struct df_md_line *l;
	uint32_t last = i + 1;

	for (i++; i < b; i++) {
		l = &md->line[i];
		if (l->kind == DF_MD_HEADING || l->kind == DF_MD_RULE)
			break;
		if (l->kind == DF_MD_BLANK || l->kind == DF_MD_COMMENT) {
			blank = 1;
			continue;
		}
		if (l->kind == DF_MD_CODE || l->kind == DF_MD_FENCE_END) {
			last = i + 1;
			continue;
		}
		/* behind a blank only what is indented more still belongs */
		if (blank && (!listed || l->indent <= indent))
			break;
		if (l->mark && l->indent <= indent)
			break;
		if (l->kind == DF_MD_TABLE && l->indent <= indent)
			break;
		last = i + 1;
		blank = 0;
	}
	return last;
}

uint32_t
sk_section_end(const struct df_md *md, uint32_t i, uint32_t b)
{
	unsigned level = md->line[i].level;

	for (i++; i < b; i++)
		if (md->line[i].kind == DF_MD_HEADING &&
		    md->line[i].level <= level)
			break;
	return i;
}

struct df_str
sk_unmarked(struct df_str t)
{
	while (t.n && (t.s[0] == '*' || t.s[0] == '_' || t.s[0] == ' ' ||
	    t.s[0] == '`'))
		t = sk_skip(t, 1);
	return t;
}

struct df_str
sk_past_sep(struct df_str t)
{
	for (;;) {
		if (t.n && strchr(" :.-*", t.s[0]))
			t = sk_skip(t, 1);
		else if (t.n >= 3 && (memcmp(t.s, "\xe2\x80\x94", 3) == 0 ||
		    memcmp(t.s, "\xe2\x80\x93", 3) == 0))
			t = sk_skip(t, 3);
		else
			return t;
	}
}

/* Does a line begin another field: "**Label**:", "**Label:** text"? */
static int
is_label(const struct df_md_line *l)
{
	struct df_md_kv kv;

	return l->kind == DF_MD_TEXT && l->s[0] == '*' &&
	    df_md_kv(sk_line(l), &kv) && kv.bold;
}

struct df_sktext
sk_field(struct skr *r, uint32_t a, uint32_t b, const char *name)
{
	const struct df_md *md = r->md;
	struct df_md_kv kv;
	uint32_t i, end;

	for (i = a; i < b; i++) {
		if (md->line[i].kind != DF_MD_TEXT ||
		    !df_md_kv(sk_line(&md->line[i]), &kv) || !kv.bold ||
		    !df_md_key(kv.key, name))
			continue;
		for (end = i + 1; end < b; end++)
			if (md->line[end].kind == DF_MD_BLANK ||
			    md->line[end].kind == DF_MD_HEADING ||
			    md->line[end].kind == DF_MD_RULE ||
			    is_label(&md->line[end]))
				break;
		return sk_join(r, kv.value, i, end);
	}
	return sk_none();
}

void
sk_list(struct skr *r, uint32_t a, uint32_t b, struct df_sktexts *out)
{
	const struct df_md *md = r->md;
	SK_VEC(struct df_sktext) v = { 0 };
	uint32_t i, end;
	int listed = 0;

	for (i = a; i < b; i++)
		listed |= md->line[i].kind == DF_MD_TEXT && md->line[i].mark;
	for (i = a; i < b; i = end) {
		const struct df_md_line *l = &md->line[i];

		end = i + 1;
		if (l->kind == DF_MD_TABLE) {
			if (df_md_delim(sk_line(l)) || (i + 1 < b &&
			    md->line[i + 1].kind == DF_MD_TABLE &&
			    df_md_delim(sk_line(&md->line[i + 1]))))
				continue;
		} else if (l->kind != DF_MD_TEXT || (listed && !l->mark))
			continue;
		else
			end = sk_item_end(md, i, b);
		if (!sk_take(r, 1))
			break;
		*SK_PUSH(v) = sk_join(r, df_md_item(l), i, end);
	}
	SK_KEEP(r, v, &out->v, &out->n);
}

uint32_t
sk_heading(struct skr *r, uint32_t a, uint32_t b, const char *name)
{
	for (; a < b; a++)
		if (r->md->line[a].kind == DF_MD_HEADING &&
		    df_md_title(sk_line(&r->md->line[a]), name))
			return a;
	return DF_SK_NONE;
}

size_t
sk_number(struct df_str t)
{
	size_t n = 0;

	while (n < t.n && n < 9 && sk_digit(t.s[n]))
		n++;
	if (n == 0 || (n < t.n && sk_digit(t.s[n])))
		return 0;
	if (n < t.n && t.s[n] >= 'a' && t.s[n] <= 'z' &&
	    (n + 1 == t.n || !sk_alnum(t.s[n + 1])))
		n++;
	return n < t.n && sk_alnum(t.s[n]) ? 0 : n;
}

size_t
sk_story_id(struct df_str t, struct df_str *num)
{
	static const char *const word[] = { "user story", "user stories",
	    "story", "us" };
	size_t i, k, n;

	for (i = 0; i < DF_LEN(word); i++) {
		k = strlen(word[i]);
		if (t.n <= k || !df_str_ieq((struct df_str){ t.s, k },
		    word[i]))
			continue;
		while (k < t.n && (t.s[k] == ' ' || t.s[k] == '-' ||
		    t.s[k] == '#'))
			k++;
		n = sk_number(sk_skip(t, k));
		if (n == 0)
			continue;
		num->s = t.s + k;
		num->n = n;
		return k + n;
	}
	return 0;
}

int
sk_begins(struct df_str t, size_t i)
{
	return i == 0 || !(sk_alnum(t.s[i - 1]) || t.s[i - 1] == '_' ||
	    t.s[i - 1] == '-' || (unsigned char)t.s[i - 1] >= 0x80);
}

size_t
sk_word_at(struct df_str t, const char *word, size_t from)
{
	size_t i, n = strlen(word);

	for (i = from; i + n <= t.n; i++)
		if ((t.s[i] | 32) == (word[0] | 32) && sk_begins(t, i) &&
		    df_str_word(sk_skip(t, i), word))
			return i;
	return t.n;
}

/* "IV", "3" with "." or ")" or ":" behind it: its length, or 0. */
static size_t
label(struct df_str t)
{
	size_t n = 0;

	if (t.n && sk_digit(t.s[0]))
		n = sk_number(t);
	else
		while (n < t.n && n < 6 && strchr("IVXL", t.s[n]))
			n++;
	if (n == 0 || n == t.n || strchr(".):", t.s[n]) == NULL)
		return 0;
	return n;
}

struct df_str
sk_title(struct df_str t, struct df_str *num)
{
	struct df_str none = { "", 0 };
	size_t n, i;

	*num = none;
	t = df_md_bare(t);
	for (i = 0; i < 2; i++) {
		if (df_str_word(t, "article") || df_str_word(t, "entity"))
			n = df_str_word(t, "article") ? 7 : 6;
		else if (df_str_word(t, "principle"))
			n = 9;
		else
			break;
		/* "Entity" alone is a name, "Entity: Room" is not */
		if (n == t.n || (t.s[n] != ':' && t.s[n] != ' '))
			break;
		t = df_str_trim(sk_skip(t, n));
		if (t.n && t.s[0] == ':')
			t = df_str_trim(sk_skip(t, 1));
	}
	n = label(t);
	if (n) {
		num->s = t.s;
		num->n = n;
		t = df_str_trim(sk_skip(t, n + 1));
	}
	t = df_md_bare(t);
	if (t.n && t.s[t.n - 1] == ')') {
		for (i = t.n; i && t.s[i - 1] != '('; i--)
			;
		if (i > 1)
			t.n = i - 1;
	}
	return df_md_bare(df_str_trim(t));
}

uint32_t
sk_story(const struct skr *r, struct df_str num)
{
	size_t i;

	while (num.n > 1 && num.s[0] == '0' && sk_digit(num.s[1]))
		num = sk_skip(num, 1);
	i = df_map_get(&r->stories, num.s, num.n);
	return i == DF_MAP_NONE ? DF_SK_NONE : (uint32_t)i;
}
