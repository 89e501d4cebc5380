#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"

/*
 * Does D9 stand in a document that builders read?  Texts are compared word by
 * word, words being letters (of either case), digits and what is not ASCII, so
 * that wrapping, indentation and marks hide nothing.  All pieces are looked
 * for in one pass by the automaton of Aho and Corasick (CACM 18, 1975) with
 * words as its alphabet, so that time and memory are linear in both texts
 * whatever they have in common.  Of a piece that ends another one only the
 * longer is told.
 */

#define LINES_MIN 3	/* a shorter block is anybody's command line */
#define WORDS_MIN 4	/* a shorter title is anybody's phrase */
#define BYTES_MIN 20

/*
 * Nearly all words of the documents are in no piece, or cannot begin one: two
 * bits by a hash made on the way tell most of them without looking them up.
 */
#define FILTER 16384
#define SOMEWHERE 1
#define FIRST 2

struct edge {
	uint32_t state, word;
};

struct automaton {
	struct df_arena arena;
	struct df_map words;		/* word -> number */
	struct df_map moves;		/* struct edge -> its number */
	struct edge *edge;
	uint32_t *target, *child, *sibling;	/* by edge; first edge + 1 of a
						   state, next one + 1 */
	uint32_t *fail, *found;		/* by state; found: piece + 1 */
	uint32_t edges, states;
	uint8_t filter[FILTER];		/* by hash of a word: see below */
};

enum kind { CODE, TITLE, ID };

struct piece {
	struct df_str text;
	enum kind kind;
	uint32_t holdout;
	size_t words, bytes;
};

static void
init(struct automaton *a, size_t words)
{
	memset(a, 0, sizeof(*a));
	a->edge = df_calloc(words + 1, sizeof(*a->edge));
	a->target = df_calloc(words + 1, sizeof(*a->target));
	a->sibling = df_calloc(words + 1, sizeof(*a->sibling));
	a->child = df_calloc(words + 2, sizeof(*a->child));
	a->fail = df_calloc(words + 2, sizeof(*a->fail));
	a->found = df_calloc(words + 2, sizeof(*a->found));
}

static void
release(struct automaton *a)
{
	df_map_release(&a->words);
	df_map_release(&a->moves);
	df_arena_release(&a->arena);
	free(a->edge);
	free(a->target);
	free(a->sibling);
	free(a->child);
	free(a->fail);
	free(a->found);
}

static uint32_t
move(const struct automaton *a, uint32_t state, uint32_t word)
{
	struct edge e = { state, word };
	size_t i = df_map_get(&a->moves, (const char *)&e, sizeof(e));

	return i == DF_MAP_NONE ? UINT32_MAX : a->target[i];
}

static uint32_t
add_word(struct automaton *a, uint32_t state, struct df_str w)
{
	size_t n = df_map_get(&a->words, w.s, w.n);
	uint32_t e, to;

	if (n == DF_MAP_NONE) {
		n = a->words.n;
		df_map_set(&a->words, df_arena_str(&a->arena, w.s, w.n), w.n,
		    n);
	}
	to = move(a, state, (uint32_t)n);
	if (to != UINT32_MAX)
		return to;
	e = a->edges++;
	a->edge[e].state = state;
	a->edge[e].word = (uint32_t)n;
	a->target[e] = ++a->states;
	a->sibling[e] = a->child[state];
	a->child[state] = e + 1;
	df_map_set(&a->moves, (const char *)&a->edge[e], sizeof(a->edge[e]),
	    e);
	return a->states;
}

static uint32_t
step(const struct automaton *a, uint32_t state, uint32_t word)
{
	uint32_t to;

	for (;;) {
		to = move(a, state, word);
		if (to != UINT32_MAX)
			return to;
		if (state == 0)
			return 0;
		state = a->fail[state];
	}
}

static void
build(struct automaton *a)
{
	uint32_t *queue = df_calloc(a->states + 1, sizeof(*queue));
	uint32_t head = 0, tail = 0, e, s, to;

	queue[tail++] = 0;
	while (head < tail) {
		s = queue[head++];
		for (e = a->child[s]; e; e = a->sibling[e - 1]) {
			to = a->target[e - 1];
			a->fail[to] = s == 0 ? 0 :
			    step(a, a->fail[s], a->edge[e - 1].word);
			if (a->found[to] == 0)
				a->found[to] = a->found[a->fail[to]];
			queue[tail++] = to;
		}
	}
	free(queue);
}

/* ---- words ---- */

#define WORD_LONGEST 256	/* what is longer is cut: it is no word */

struct words {
	const char *s, *end;
	uint32_t line;		/* lines passed */
	size_t n;
	uint32_t hash;
	char word[WORD_LONGEST];	/* in small letters */
};

/* What a byte is in a word: itself, a small letter, or 0 for a gap. */
static const unsigned char *
letters(void)
{
	static unsigned char t[256];
	unsigned c;

	if (t['a'] == 0)
		for (c = 0; c < 256; c++)
			t[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 :
			    (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c >= 0x80 ? c : 0);
	return t;
}

static int
next_word(struct words *w)
{
	const unsigned char *t = letters();
	const char *s = w->s;
	uint32_t h = 0;
	size_t n = 0;

	for (; s < w->end && t[(unsigned char)*s] == 0; s++)
		w->line += *s == '\n';
	for (; s < w->end && t[(unsigned char)*s]; s++)
		if (n < WORD_LONGEST) {
			w->word[n++] = (char)t[(unsigned char)*s];
			h = h * 31 + t[(unsigned char)*s];
		}
	w->s = s;
	w->n = n;
	w->hash = (h ^ h >> 16) % FILTER;
	return n != 0;
}

static void
words_of(struct words *w, const char *s, size_t n)
{
	w->s = s;
	w->end = s + n;
	w->line = 0;
}

/* Counts the words; 1 when the piece is long enough to mean something. */
static int
measure(struct piece *p)
{
	struct words w;
	size_t i, lines = 0;

	words_of(&w, p->text.s, p->text.n);
	for (p->words = p->bytes = 0; next_word(&w); p->words++)
		p->bytes += w.n + 1;
	for (i = 1; i < p->text.n; i++)
		lines += p->text.s[i] == '\n' && p->text.s[i - 1] != '\n';
	if (p->words == 0)
		return 0;
	return p->kind == ID || (p->words >= WORDS_MIN &&
	    p->bytes > BYTES_MIN && (p->kind != CODE || lines >= LINES_MIN));
}

static void
add_piece(struct automaton *a, const struct piece *p, uint32_t number)
{
	struct words w;
	uint32_t state = 0;

	words_of(&w, p->text.s, p->text.n);
	while (next_word(&w)) {
		a->filter[w.hash] |= state ? SOMEWHERE : SOMEWHERE | FIRST;
		state = add_word(a, state, (struct df_str){ w.word, w.n });
	}
	if (a->found[state] == 0)
		a->found[state] = number + 1;
}

/* ---- findings ---- */

static void
report(struct ck *c, unsigned doc, uint32_t line, const struct piece *p)
{
	const struct df_item *h = &c->sp->d9.holdout[p->holdout].item;
	const struct df_md_line *l = &c->sp->doc[doc].md->line[line];
	struct df_span at = { (uint8_t)doc, line + 1, l->off, l->len };

	switch (p->kind) {
	case CODE:
		ck_add(c, "leak.block", at, "", "code of %s ends here", h->id);
		break;
	case TITLE:
		ck_add(c, "leak.title", at, "", "the title of %s ends here",
		    h->id);
		break;
	case ID:
		ck_add(c, "leak.id", at, "", "D%u, which builders read, names "
		    "%s", doc, h->id);
		break;
	}
}

static void
scan(struct ck *c, const struct automaton *a, const struct piece *p, size_t n,
    unsigned doc)
{
	const struct df_doc *d = &c->sp->doc[doc];
	uint8_t *said = df_calloc(n + 1, 1);
	struct words w;
	uint32_t f, state = 0;
	size_t word;

	words_of(&w, d->s, d->n);
	while (next_word(&w)) {
		if (!(a->filter[w.hash] & (state ? SOMEWHERE : FIRST))) {
			state = 0;
			continue;
		}
		word = df_map_get(&a->words, w.word, w.n);
		state = word == DF_MAP_NONE ? 0 :
		    step(a, state, (uint32_t)word);
		f = a->found[state];
		if (f && !said[f - 1]) {
			said[f - 1] = 1;
			report(c, doc, w.line, &p[f - 1]);
		}
	}
	free(said);
}

void
ck_leak(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	const struct df_d9 *d = &sp->d9;
	struct piece *p = df_calloc(6 * d->holdouts + 1, sizeof(*p));
	struct automaton a;
	size_t i, k, n = 0, words = 0;
	unsigned doc;

	ck_ran(c, DF_CHECK_LEAK);
	for (i = 0; i < d->holdouts; i++) {
		const struct df_holdout *h = &d->holdout[i];
		const struct df_block *b[] = { &h->setup, &h->execute,
		    &h->verify, &h->cleanup };

		for (k = 0; k < DF_LEN(b) + 2; k++) {
			p[n].holdout = (uint32_t)i;
			p[n].words = 0;
			if (k < DF_LEN(b)) {
				p[n].kind = CODE;
				p[n].text.s = b[k]->code;
				p[n].text.n = b[k]->n;
			} else {
				p[n].kind = k == DF_LEN(b) ? TITLE : ID;
				p[n].text = df_str(p[n].kind == ID ?
				    h->item.id : h->item.title);
			}
			if (!measure(&p[n]))
				continue;
			words += p[n].words;
			n++;
		}
	}
	init(&a, words);
	for (i = 0; i < n; i++)
		add_piece(&a, &p[i], (uint32_t)i);
	build(&a);
	for (doc = 1; doc < DF_DOCS && n; doc++)
		if (doc != 9 && (sp->have & DF_SPEC_BIT(doc)))
			scan(c, &a, p, n, doc);
	release(&a);
	free(p);
	ck_say(c, DF_CHECK_LEAK, "%zu blocks of holdouts in other documents",
	    c->out->row[DF_CHECK_LEAK].errors);
}
