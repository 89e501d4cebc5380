#define _GNU_SOURCE
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/leak.h"

const char *
df_leak_kind_name(enum df_leak_kind k)
{
	static const char *const name[] = { "canary", "code", "title",
	    "text", "id" };

	return name[k];
}

/* ---- words ---- */

#define R4(c) (c), (c) + 1, (c) + 2, (c) + 3
#define R16(c) R4(c), R4((c) + 4), R4((c) + 8), R4((c) + 12)

/*
 * What a byte is in a word: itself, a small letter, or 0 for a gap.  0xc2, 0xe2
 * and 0xef up begin the punctuation and the symbols of Unicode.
 */
static const unsigned char small[256] = {
	['0'] = R4('0'), R4('4'), '8', '9',
	['A'] = R16('a'), R4('q'), R4('u'), 'y', 'z',
	['a'] = R16('a'), R4('q'), R4('u'), 'y', 'z',
	[0x80] = R16(0x80), R16(0x90), R16(0xa0), R16(0xb0),
	[0xc0] = 0xc0, 0xc1, 0, 0xc3, R4(0xc4), R4(0xc8), R4(0xcc),
	    R16(0xd0),
	[0xe0] = 0xe0, 0xe1, 0, 0xe3, R4(0xe4), R4(0xe8), 0xec, 0xed, 0xee
};

/* Does a byte begin a word?  One that goes on in a character is what is left
   of a gap. */
static int
opens(char c)
{
	unsigned char b = (unsigned char)c;

	return small[b] && (b & 0xc0) != 0x80;
}

#define ESCAPE 6		/* bytes of the longest escape */

struct words {
	const char *p, *end;	/* what is to be read */
	char *word;		/* the last one; its bytes, at most max */
	size_t n, max;
	size_t most;		/* bytes that were ever in it */
	uint32_t hash;
	int whole;		/* it was handed out */
	size_t row;		/* lines ended before p */
	char escape[ESCAPE];	/* one that may be, as far as it was read */
	unsigned held;
};

static void
words_init(struct words *w, char *word, size_t max, const char *s, size_t n)
{
	memset(w, 0, sizeof(*w));
	w->word = word;
	w->max = max;
	w->p = s;
	w->end = s + n;
}

#define MIX(h, c) (((h) + (c)) * 0x9e3779b1u)

static void
put(struct words *w, unsigned c)
{
	if (w->n == w->max)
		return;
	w->word[w->n++] = (char)c;
	w->hash = MIX(w->hash, c);
}

/* Bytes that looked like an escape are a word after all. */
static void
replay(struct words *w)
{
	unsigned i;

	for (i = 1; i < w->held; i++)
		put(w, small[(unsigned char)w->escape[i]]);
	w->held = 0;
}

/* The letter that an escape stands for goes on in the word; 0: it is none. */
static int
letter(struct words *w)
{
	unsigned c = 0, i;
	char d;

	for (i = 2; i < ESCAPE; i++) {
		d = (char)small[(unsigned char)w->escape[i]];
		c = c * 16 + (unsigned)(d <= '9' ? d - '0' : d - 'a' + 10);
	}
	if (c < 0x80) {
		if (small[c])
			put(w, small[c]);
		return small[c] != 0;
	}
	if (c < 0xc0 || (c >= 0x2000 && c < 0x3000) || (c >= 0xd800 &&
	    c < 0xe000) || c >= 0xf000)
		return 0;
	if (c < 0x800) {
		put(w, 0xc0 | c >> 6);
	} else {
		put(w, 0xe0 | c >> 12);
		put(w, 0x80 | (c >> 6 & 0x3f));
	}
	put(w, 0x80 | (c & 0x3f));
	return 1;
}

enum escape { MORE, GAP, LETTER, NONE };

/* Read on in an escape.  NONE stays that until replay(). */
static enum escape
escape(struct words *w, int last)
{
	for (; w->p < w->end; w->p++) {
		if (w->held == 1 && *w->p && strchr("nrtbfv0", *w->p)) {
			w->p++;
			w->held = 0;
			return GAP;
		}
		if (*w->p == '\0' || !strchr(w->held == 1 ? "u" :
		    "0123456789abcdefABCDEF", *w->p))
			return NONE;
		w->escape[w->held++] = *w->p;
		if (w->held == ESCAPE) {
			w->p++;
			w->held = 0;
			return letter(w) ? LETTER : GAP;
		}
	}
	return last ? NONE : MORE;
}

/* Read a gap when no word has begun, then a word to its end. */
static void
run(struct words *w)
{
	const char *p = w->p, *stop;
	unsigned char c;
	uint32_t h = w->hash;
	char *to = w->word + w->n;

	if (w->n == 0)
		for (; p < w->end && !opens(*p) && *p != '\\'; p++)
			w->row += *p == '\n';
	stop = (size_t)(w->end - p) > w->max - w->n ?
	    p + (w->max - w->n) : w->end;
	for (; p < stop && (c = small[(unsigned char)*p]) != 0; p++) {
		*to++ = (char)c;
		h = MIX(h, c);
	}
	for (; p < w->end && small[(unsigned char)*p]; p++)
		;
	w->p = p;
	w->n = (size_t)(to - w->word);
	w->hash = h;
}

/*
 * The next word: 0 when the bytes are used up before its end is seen.  It is
 * there after all when the bytes are the last.  One that is longer than max
 * has max bytes.
 */
static int
next_word(struct words *w, int last)
{
	enum escape k;

	if (w->whole) {
		w->whole = 0;
		w->n = 0;
		w->hash = 0;
	}
	for (;;) {
		if (w->held == 0) {
			run(w);
			if (w->p == w->end && !last)
				return 0;
			if (w->p == w->end || *w->p != '\\')
				break;
			w->p++;
			w->held = 1;
		}
		k = escape(w, last);
		if (k == MORE)
			return 0;
		if (k == LETTER)
			continue;
		if (w->n)
			break;
		if (k == NONE)
			replay(w);
	}
	if (w->n > w->most)
		w->most = w->n;
	w->whole = w->n != 0;
	return w->whole;
}

void
df_leak_normal(struct df_buf *b, const char *s, size_t n)
{
	struct words w;
	char *to = df_buf_room(b, n);

	words_init(&w, to, n, s, n);
	for (; next_word(&w, 1); w.word += w.n + 1)
		w.word[w.n] = ' ';
	b->n += (size_t)(w.word - to);
	df_buf_cut(b, b->n - (w.word != to));
	b->s[b->n] = '\0';
}

/* ---- the automaton ---- */

/*
 * Nearly all words of a text are in no needle, or cannot begin one: a bit by
 * a hash made on the way tells most of them without looking them up.
 */
#define FILTER 18		/* bits of the hash */

struct state {
	uint32_t word;		/* that leads to it */
	uint32_t child;		/* its first successor, 0: it has none */
	uint32_t sibling;	/* the next one of its predecessor, or 0 */
	uint32_t fail;		/* where its longest proper ending leads */
	uint32_t needle;	/* the first that ends here, + 1; 0: none */
	uint32_t out;		/* see ending() */
};

struct word {
	char *s;
	size_t n;
	uint32_t first;		/* where it leads from the start, or 0 */
};

struct branch {
	uint32_t state, word;
};

struct automaton {
	struct df_arena arena;
	struct df_map words;	/* -> index of word */
	struct df_map branches;	/* struct branch -> state, for those that
				   are not the first successor */
	struct word *word;
	size_t nword, capword;
	struct state *state;	/* 0: the start */
	size_t n, cap;
	size_t longest;		/* bytes of a word */
	int built;
	uint8_t any[1 << FILTER >> 3], first[1 << FILTER >> 3];
};

static void
mark(uint8_t *filter, uint32_t hash)
{
	hash >>= 32 - FILTER;
	filter[hash >> 3] |= (uint8_t)(1 << (hash & 7));
}

static int
marked(const uint8_t *filter, uint32_t hash)
{
	hash >>= 32 - FILTER;
	return filter[hash >> 3] >> (hash & 7) & 1;
}

/* Where a word leads, or 0. */
static uint32_t
move(const struct automaton *a, uint32_t state, size_t word)
{
	struct branch b = { state, (uint32_t)word };
	uint32_t c;
	size_t to;

	if (state == 0)
		return a->word[word].first;
	c = a->state[state].child;
	if (c == 0 || a->state[c].word == word)
		return c;
	if (a->state[c].sibling == 0)
		return 0;
	to = df_map_get(&a->branches, (const char *)&b, sizeof(b));
	return to == DF_MAP_NONE ? 0 : (uint32_t)to;
}

static uint32_t
step(const struct automaton *a, uint32_t state, size_t word)
{
	uint32_t to;

	while ((to = move(a, state, word)) == 0 && state)
		state = a->state[state].fail;
	return to;
}

static size_t
word_number(struct automaton *a, const struct words *w)
{
	size_t i = df_map_get(&a->words, w->word, w->n);
	struct word *d;

	if (i != DF_MAP_NONE)
		return i;
	DF_GROW(a->word, a->nword, a->capword);
	d = &a->word[a->nword];
	d->s = df_arena_str(&a->arena, w->word, w->n);
	d->n = w->n;
	d->first = 0;
	(void)df_map_set(&a->words, d->s, d->n, a->nword);
	mark(a->any, w->hash);
	if (d->n > a->longest)
		a->longest = d->n;
	return a->nword++;
}

static uint32_t
new_state(struct automaton *a, uint32_t from, size_t word)
{
	struct branch *b;
	struct state *p;
	uint32_t to;

	if (a->n == UINT32_MAX)
		DF_BUG("words of needles");
	DF_GROW(a->state, a->n, a->cap);
	to = (uint32_t)a->n++;
	memset(&a->state[to], 0, sizeof(a->state[to]));
	a->state[to].word = (uint32_t)word;
	p = &a->state[from];
	if (from == 0)
		a->word[word].first = to;
	else if (p->child) {
		b = df_arena_alloc(&a->arena, sizeof(*b));
		b->state = from;
		b->word = (uint32_t)word;
		(void)df_map_set(&a->branches, (const char *)b, sizeof(*b),
		    to);
	}
	if (p->child) {
		a->state[to].sibling = a->state[p->child].sibling;
		a->state[p->child].sibling = to;
	} else
		p->child = to;
	return to;
}

static uint32_t
add_word(struct automaton *a, uint32_t state, const struct words *w)
{
	size_t word = word_number(a, w);
	uint32_t to = move(a, state, word);

	if (state == 0)
		mark(a->first, w->hash);
	return to ? to : new_state(a, state, word);
}

static void
build(struct automaton *a)
{
	uint32_t *queue = df_calloc(a->n, sizeof(*queue)), s, c;
	size_t head = 0, tail = 1;
	struct state *st = a->state;

	while (head < tail) {
		s = queue[head++];
		for (c = st[s].child; c; c = st[c].sibling) {
			st[c].fail = s ? step(a, st[s].fail, st[c].word) : 0;
			st[c].out = st[c].needle ? c : st[st[c].fail].out;
			queue[tail++] = c;
		}
	}
	free(queue);
	a->built = 1;
}

/* ---- needles ---- */

struct needle {
	enum df_leak_kind kind;
	uint32_t item;
	uint32_t next;		/* of the same words, + 1; 0: none */
	int gone;
	size_t words;
};

struct df_leak {
	struct needle *v;
	size_t n, cap, live;
	size_t deepest;		/* words of a needle */
	struct automaton *a;
};

struct df_leak *
df_leak_new(void)
{
	struct df_leak *l = df_calloc(1, sizeof(*l));
	struct automaton *a = df_calloc(1, sizeof(*a));

	l->a = a;
	DF_GROW(a->state, a->n, a->cap);
	memset(&a->state[a->n++], 0, sizeof(*a->state));
	return l;
}

void
df_leak_free(struct df_leak *l)
{
	struct automaton *a;
	size_t i;

	if (l == NULL)
		return;
	a = l->a;
	for (i = 0; i < a->nword; i++)
		explicit_bzero(a->word[i].s, a->word[i].n);
	df_map_release(&a->words);
	df_map_release(&a->branches);
	df_arena_release(&a->arena);
	free(a->word);
	free(a->state);
	explicit_bzero(a, sizeof(*a));
	free(a);
	free(l->v);
	free(l);
}

/* How much of it there is: in the normal form, but for lines. */
struct size {
	size_t words, bytes, lines;
};

static void
measure(struct size *z, struct words *w)
{
	const char *s = w->p;
	int blank = 1;

	memset(z, 0, sizeof(*z));
	for (; s < w->end; s++)
		if (*s == '\n')
			blank = 1;
		else if (blank && *s != ' ' && *s != '\t' && *s != '\r') {
			blank = 0;
			z->lines++;
		}
	for (; next_word(w, 1); z->words++)
		z->bytes += w->n + (z->words != 0);
}

static int
enough(enum df_leak_kind kind, const struct size *z)
{
	switch (kind) {
	case DF_LEAK_CANARY:
		return z->bytes >= 8;
	case DF_LEAK_CODE:
		return z->lines >= 3 ? z->words >= 4 && z->bytes >= 24 :
		    z->words >= 12 && z->bytes >= 80;
	case DF_LEAK_TITLE:
		return z->words >= 4 && z->bytes >= 20;
	case DF_LEAK_TEXT:
		return z->words >= 6 && z->bytes >= 40;
	case DF_LEAK_ID:
		break;
	}
	return z->bytes >= 5;
}

/* A needle that ends at a state, behind those that do. */
static void
add_needle(struct df_leak *l, uint32_t state, enum df_leak_kind kind,
    uint32_t item, size_t words)
{
	uint32_t *to = &l->a->state[state].needle;
	struct needle *nd;

	for (; *to; to = &l->v[*to - 1].next)
		if (l->v[*to - 1].kind == kind)
			return;
	*to = (uint32_t)l->n + 1;
	DF_GROW(l->v, l->n, l->cap);
	nd = &l->v[l->n++];
	nd->kind = kind;
	nd->item = item;
	nd->next = 0;
	nd->gone = 0;
	nd->words = words;
	l->live++;
	if (words > l->deepest)
		l->deepest = words;
	l->a->built = 0;
}

static void
add(struct df_leak *l, enum df_leak_kind kind, uint32_t item, const char *s,
    size_t n, int any)
{
	char *word = df_malloc(n);
	struct words w;
	struct size z;
	uint32_t state = 0;

	words_init(&w, word, n, s, n);
	measure(&z, &w);
	if (any ? z.words != 0 : enough(kind, &z)) {
		words_init(&w, word, n, s, n);
		while (next_word(&w, 1))
			state = add_word(l->a, state, &w);
		add_needle(l, state, kind, item, z.words);
	}
	explicit_bzero(word, n);
	free(word);
}

void
df_leak_add(struct df_leak *l, enum df_leak_kind kind, uint32_t item,
    const char *s, size_t n)
{
	add(l, kind, item, s, n, 0);
}

void
df_leak_add_any(struct df_leak *l, enum df_leak_kind kind, uint32_t item,
    const char *s, size_t n)
{
	add(l, kind, item, s, n, 1);
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

struct df_leak_stream {
	const struct df_leak *l;
	df_leak_fn *fn;
	void *arg;
	struct words w;
	uint32_t state;
	uint32_t *line;		/* of the last words, mask + 1 of them */
	size_t mask, seen;	/* seen: words, modulo any power of 2 */
	int r;
};

static int
in_use(const struct df_leak *l, uint32_t state)
{
	uint32_t i = l->a->state[state].needle;

	while (i && l->v[i - 1].gone)
		i = l->v[i - 1].next;
	return i != 0;
}

/*
 * The state of the longest ending of what led to this one (or all of it)
 * that is a needle in use, or 0.  out is where to begin: nothing in use is
 * before that.  It is moved on behind forgotten needles, so that they are
 * passed once and not at every place.
 */
static uint32_t
ending(const struct df_leak *l, uint32_t state)
{
	struct state *st = l->a->state;
	uint32_t to, next;

	for (to = st[state].out; to && !in_use(l, to);
	    to = st[st[to].fail].out)
		;
	while ((next = st[state].out) != to) {
		st[state].out = to;
		state = st[next].fail;
	}
	return to;
}

static int
tell(struct df_leak_stream *s)
{
	const struct df_leak *l = s->l;
	struct df_leak_hit h = { .last = s->line[(s->seen - 1) & s->mask] };
	const struct needle *nd;
	uint32_t state = s->state, i;
	int r = 0;

	for (; r == 0 && (state = ending(l, state)) != 0;
	    state = l->a->state[state].fail)
		for (i = l->a->state[state].needle; i && r == 0;
		    i = nd->next) {
			nd = &l->v[i - 1];
			if (nd->gone)
				continue;
			h.kind = nd->kind;
			h.item = nd->item;
			h.needle = i - 1;
			h.line = s->line[(s->seen - nd->words) & s->mask];
			r = s->fn(s->arg, &h);
			h.inner = 1;
		}
	return r;
}

/* A word of the text. */
static int
look(struct df_leak_stream *s)
{
	const struct automaton *a = s->l->a;
	size_t word = DF_MAP_NONE;

	if (marked(s->state ? a->any : a->first, s->w.hash))
		word = df_map_get(&a->words, s->w.word, s->w.n);
	if (word == DF_MAP_NONE) {
		s->state = 0;
		return 0;
	}
	s->line[s->seen++ & s->mask] = s->w.row < UINT32_MAX ?
	    (uint32_t)s->w.row + 1 : UINT32_MAX;
	s->state = step(a, s->state, word);
	return a->state[s->state].out ? tell(s) : 0;
}

struct df_leak_stream *
df_leak_begin(const struct df_leak *l, df_leak_fn *fn, void *arg)
{
	struct df_leak_stream *s = df_calloc(1, sizeof(*s));
	size_t n = 1;

	if (!l->a->built)
		build(l->a);
	s->l = l;
	s->fn = fn;
	s->arg = arg;
	while (n < l->deepest)
		n *= 2;
	s->mask = n - 1;
	s->line = df_malloc(n * sizeof(*s->line));
	/* one byte more, so that a longer word is no needle's */
	n = l->a->longest + 1;
	words_init(&s->w, df_malloc(n), n, "", 0);
	return s;
}

static void
read_words(struct df_leak_stream *s, const char *p, size_t n, int last)
{
	if (!s->l->a->built)
		DF_BUG("a needle was added during a scan");
	s->w.p = p;
	s->w.end = p + n;
	while (s->r == 0 && s->l->live && next_word(&s->w, last))
		s->r = look(s);
}

int
df_leak_feed(struct df_leak_stream *s, const char *p, size_t n)
{
	if (n && s->r == 0)
		read_words(s, p, n, 0);
	return s->r;
}

int
df_leak_end(struct df_leak_stream *s)
{
	int r;

	if (s->r == 0)
		read_words(s, "", 0, 1);
	r = s->r;
	explicit_bzero(s->w.word, s->w.most);
	free(s->w.word);
	free(s->line);
	explicit_bzero(s, sizeof(*s));
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
