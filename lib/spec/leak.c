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
	size_t longest;		/* bytes of a needle */
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

/* What a byte of a word becomes; 0: it separates words. */
static unsigned char
letter(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c >= 0x80 ? c : 0;
}

#define ESCAPE 6		/* bytes of the longest escape */

/* How many bytes the separator at s has: an escape of JSON or C is one, with
   its letter. */
static size_t
gap(const char *s, size_t n)
{
	if (*s != '\\' || n < 2 || s[1] == '\0')
		return 1;
	if (strchr("nrtbfv0", s[1]))
		return 2;
	if (s[1] == 'u' && n >= ESCAPE &&
	    strspn(s + 2, "0123456789abcdefABCDEF") >= 4)
		return ESCAPE;
	return 1;
}

struct text {
	struct df_buf words;	/* separated by one space */
	size_t *at;		/* where each word begins in words */
	uint32_t *line;
	size_t n, capat, capline;
	uint32_t row;		/* of the next byte, from 1 */
	int in;			/* the last word may go on */
	size_t longest;		/* bytes of a word that are kept; 0: all */
};

static void
begin_word(struct text *t)
{
	if (t->words.n)
		df_buf_ch(&t->words, ' ');
	DF_GROW(t->at, t->n, t->capat);
	DF_GROW(t->line, t->n, t->capline);
	t->at[t->n] = t->words.n;
	t->line[t->n++] = t->row;
	t->in = 1;
}

/*
 * Append s; bytes behind it, up to s[n + more), may be looked at.  Returns how
 * many bytes were used: more than n when an escape ends behind it.
 */
static size_t
normalise(struct text *t, const char *s, size_t n, size_t more)
{
	size_t i = 0, k, room;
	unsigned char c;
	char *to;

	while (i < n) {
		if (letter((unsigned char)s[i]) == 0) {
			t->row += s[i] == '\n';
			t->in = 0;
			i += gap(s + i, n + more - i);
			continue;
		}
		if (!t->in)
			begin_word(t);
		for (k = i; k < n && letter((unsigned char)s[k]); k++)
			;
		room = k - i;
		if (t->longest && t->words.n - t->at[t->n - 1] + room >
		    t->longest)
			room = t->words.n - t->at[t->n - 1] > t->longest ? 0 :
			    t->longest - (t->words.n - t->at[t->n - 1]);
		to = df_buf_room(&t->words, room);
		for (; room; room--, i++) {
			c = letter((unsigned char)s[i]);
			*to++ = (char)c;
			t->words.n++;
		}
		t->words.s[t->words.n] = '\0';
		i = k;
	}
	return i;
}

static void
release_text(struct text *t)
{
	df_buf_wipe(&t->words);
	free(t->at);
	free(t->line);
}

void
df_leak_normal(struct df_buf *b, const char *s, size_t n)
{
	struct text t = { .words = DF_BUF_INIT, .row = 1 };

	(void)normalise(&t, s, n, 0);
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
	struct text t = { .words = DF_BUF_INIT, .row = 1 };
	struct df_map *m;
	struct needle *nd;
	size_t len, was, i;
	char *key;

	(void)normalise(&t, s, n, 0);
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
	if (nd->text.n > l->longest)
		l->longest = nd->text.n;
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
    df_leak_fn *fn, void *arg)
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

struct df_leak_stream {
	const struct df_leak *l;
	df_leak_fn *fn;
	void *arg;
	struct text t;
	struct df_buf raw;	/* bytes that may begin an escape */
	int r;
};

#define WINDOW ((size_t)1 << 18)	/* bytes of words at a time */

struct df_leak_stream *
df_leak_begin(const struct df_leak *l, df_leak_fn *fn, void *arg)
{
	struct df_leak_stream *s = df_calloc(1, sizeof(*s));

	s->l = l;
	s->fn = fn;
	s->arg = arg;
	df_buf_init(&s->t.words);
	df_buf_init(&s->raw);
	s->t.row = 1;
	s->t.longest = l->longest + 1;
	return s;
}

/* Look at the words that have enough behind them, and forget those. */
static void
look(struct df_leak_stream *s, int last)
{
	struct text *t = &s->t;
	size_t i, k, cut;

	for (i = 0; i < t->n && s->r == 0; i++) {
		if (!last && t->words.n - t->at[i] <= s->l->longest)
			break;
		s->r = try_at(s->l, &s->l->longs, LONG, t, i, s->fn, s->arg);
		if (s->r == 0)
			s->r = try_at(s->l, &s->l->shorts, SHORT, t, i, s->fn,
			    s->arg);
	}
	/* A word that may go on stays, whatever its length. */
	if (i == t->n && i > 0)
		i--;
	if (i == 0)
		return;
	cut = t->at[i];
	memmove(t->words.s, t->words.s + cut, t->words.n - cut);
	df_buf_cut(&t->words, t->words.n - cut);
	for (k = i; k < t->n; k++) {
		t->at[k - i] = t->at[k] - cut;
		t->line[k - i] = t->line[k];
	}
	t->n -= i;
}

int
df_leak_feed(struct df_leak_stream *s, const char *p, size_t n)
{
	size_t k, used;

	for (; n && s->r == 0 && s->l->live; p += k, n -= k) {
		k = n < WINDOW ? n : WINDOW;
		df_buf_add(&s->raw, p, k);
		if (s->raw.n < ESCAPE)
			continue;
		/* gap() may have to see what comes */
		used = normalise(&s->t, s->raw.s, s->raw.n - ESCAPE + 1,
		    ESCAPE - 1);
		memmove(s->raw.s, s->raw.s + used, s->raw.n - used);
		df_buf_cut(&s->raw, s->raw.n - used);
		if (s->t.words.n > WINDOW + s->l->longest)
			look(s, 0);
	}
	return s->r;
}

int
df_leak_end(struct df_leak_stream *s)
{
	int r;

	if (s->r == 0) {
		(void)normalise(&s->t, s->raw.s, s->raw.n, 0);
		look(s, 1);
	}
	r = s->r;
	release_text(&s->t);
	df_buf_wipe(&s->raw);
	free(s);
	return r;
}

int
df_leak_scan(const struct df_leak *l, const char *s, size_t n, df_leak_fn *fn,
    void *arg)
{
	struct df_leak_stream *st = df_leak_begin(l, fn, arg);

	(void)df_leak_feed(st, s, n);
	return df_leak_end(st);
}
