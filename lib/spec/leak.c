#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/leak.h"

#define SHORT 5			/* bytes of a short needle that are hashed */
#define LONG 20			/* of one that has as many */

struct needle {
	struct df_buf text;	/* normalised */
	enum df_leak_kind kind;
	uint32_t item;
	int gone;
	size_t next;		/* with the same beginning; SIZE_MAX ends */
};

struct df_leak {
	struct needle *v;
	size_t n, cap, live;
	struct df_map shorts, longs;	/* beginning -> first needle */
	struct df_arena arena;
};

const char *
df_leak_kind_name(enum df_leak_kind k)
{
	static const char *const name[] = { "canary", "code", "title",
	    "text", "id" };

	return name[k];
}

struct df_leak *
df_leak_new(void)
{
	return df_calloc(1, sizeof(struct df_leak));
}

void
df_leak_free(struct df_leak *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		df_buf_wipe(&l->v[i].text);
	free(l->v);
	df_map_release(&l->shorts);
	df_map_release(&l->longs);
	df_arena_release(&l->arena);
	free(l);
}

/* ---- normalising ---- */

/* How many bytes at s are no part of a word; 0 when s begins one. */
static size_t
gap(const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;

	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c >= 0x80)
		return 0;
	/* An escape of JSON or C is a gap with its letter. */
	if (c == '\\' && n > 1 && s[1] && strchr("nrtbfv0", s[1]))
		return 2;
	if (c == '\\' && n > 5 && s[1] == 'u' &&
	    strspn(s + 2, "0123456789abcdefABCDEF") >= 4)
		return 6;
	return 1;
}

struct text {
	struct df_buf words;	/* separated by one space */
	size_t *at;		/* where each word begins in words */
	uint32_t *line;
	size_t n, capat, capline;
};

static void
normalise(const char *s, size_t n, struct text *t)
{
	size_t i = 0, k;
	uint32_t line = 1;
	int in = 0;
	char c;

	while (i < n) {
		k = gap(s + i, n - i);
		if (k) {
			if (s[i] == '\n')
				line++;
			in = 0;
			i += k;
			continue;
		}
		if (!in) {
			if (t->words.n)
				df_buf_ch(&t->words, ' ');
			DF_GROW(t->at, t->n, t->capat);
			DF_GROW(t->line, t->n, t->capline);
			t->at[t->n] = t->words.n;
			t->line[t->n++] = line;
			in = 1;
		}
		c = s[i++];
		df_buf_ch(&t->words, c >= 'A' && c <= 'Z' ? c - 'A' + 'a' :
		    (unsigned char)c);
	}
}

static void
release_text(struct text *t)
{
	df_buf_release(&t->words);
	free(t->at);
	free(t->line);
}

void
df_leak_normal(struct df_buf *b, const char *s, size_t n)
{
	struct text t = { .words = DF_BUF_INIT };

	normalise(s, n, &t);
	df_buf_add(b, t.words.s, t.words.n);
	release_text(&t);
}

/* ---- needles ---- */

static int
too_short(enum df_leak_kind kind, const struct text *t)
{
	switch (kind) {
	case DF_LEAK_CANARY:
		return t->words.n < 8;
	case DF_LEAK_CODE:
		return t->words.n < 24 || t->n < 4;
	case DF_LEAK_TITLE:
		return t->words.n < 20 || t->n < 4;
	case DF_LEAK_TEXT:
		return t->words.n < 40 || t->n < 6;
	case DF_LEAK_ID:
		break;
	}
	return t->words.n < SHORT;
}

void
df_leak_add(struct df_leak *l, enum df_leak_kind kind, uint32_t item,
    const char *s, size_t n)
{
	struct text t = { .words = DF_BUF_INIT };
	struct df_map *m;
	struct needle *nd;
	size_t len, was, i;
	char *key;

	normalise(s, n, &t);
	if (too_short(kind, &t)) {
		release_text(&t);
		return;
	}
	len = t.words.n >= LONG ? LONG : SHORT;
	m = len == LONG ? &l->longs : &l->shorts;
	was = df_map_get(m, t.words.s, len);
	for (i = was; i != DF_MAP_NONE; i = l->v[i].next)
		if (l->v[i].kind == kind && l->v[i].text.n == t.words.n &&
		    memcmp(l->v[i].text.s, t.words.s, t.words.n) == 0) {
			release_text(&t);
			return;
		}
	DF_GROW(l->v, l->n, l->cap);
	nd = &l->v[l->n];
	nd->text = t.words;
	df_buf_init(&t.words);
	nd->kind = kind;
	nd->item = item;
	nd->gone = 0;
	nd->next = was;
	key = df_arena_str(&l->arena, nd->text.s, len);
	(void)df_map_set(m, key, len, l->n);
	l->n++;
	l->live++;
	release_text(&t);
}

void
df_leak_add_lines(struct df_leak *l, uint32_t item, const char *s, size_t n)
{
	const char *end = s + n, *lf;

	for (; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		df_leak_add(l, DF_LEAK_TEXT, item, s, (size_t)(lf - s));
	}
}

size_t
df_leak_count(const struct df_leak *l)
{
	return l->live;
}

void
df_leak_forget(struct df_leak *l, size_t needle)
{
	if (!l->v[needle].gone)
		l->live--;
	l->v[needle].gone = 1;
}

/* ---- scanning ---- */

static int
try_at(const struct df_leak *l, const struct df_map *m, size_t len,
    const struct text *t, size_t word,
    int (*fn)(void *arg, const struct df_leak_hit *h), void *arg)
{
	size_t at = t->at[word], left = t->words.n - at, i;
	const struct needle *nd;
	struct df_leak_hit h;
	int r = 0;

	if (left < len)
		return 0;
	i = df_map_get(m, t->words.s + at, len);
	for (; i != DF_MAP_NONE && r == 0; i = nd->next) {
		nd = &l->v[i];
		if (nd->gone || nd->text.n > left ||
		    memcmp(nd->text.s, t->words.s + at, nd->text.n) != 0 ||
		    (nd->text.n < left && t->words.s[at + nd->text.n] != ' '))
			continue;
		h.kind = nd->kind;
		h.item = nd->item;
		h.needle = i;
		h.line = t->line[word];
		r = fn(arg, &h);
	}
	return r;
}

int
df_leak_scan(const struct df_leak *l, const char *s, size_t n,
    int (*fn)(void *arg, const struct df_leak_hit *h), void *arg)
{
	struct text t = { .words = DF_BUF_INIT };
	size_t i;
	int r = 0;

	if (l->live == 0)
		return 0;
	normalise(s, n, &t);
	for (i = 0; i < t.n && r == 0; i++) {
		r = try_at(l, &l->longs, LONG, &t, i, fn, arg);
		if (r == 0)
			r = try_at(l, &l->shorts, SHORT, &t, i, fn, arg);
	}
	release_text(&t);
	return r;
}
