/*
 * Fuzz the leak scan: a byte that says how long pieces are, needles (each
 * begins with a byte that says its kind), and the text, the last part.
 *
 * What is found is what a plain search of the normalised text finds, each
 * place once; and it is found in the same order and lines when the text comes
 * piece by piece.  The normal form is its own.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/mem.h"
#include "spec/leak.h"

struct hits {
	struct df_leak_hit *v;
	size_t n, cap;
	size_t *of;		/* how many of each needle */
	size_t needles, lines;
};

static int
hit(void *arg, const struct df_leak_hit *h)
{
	struct hits *x = arg;

	must(h->needle < x->needles && h->line >= 1 && h->line <= h->last &&
	    h->last <= x->lines);
	DF_GROW(x->v, x->n, x->cap);
	x->v[x->n++] = *h;
	x->of[h->needle]++;
	return 0;
}

/* Places of needle in text, both normalised and with a space around. */
static size_t
places(const struct df_buf *text, const struct df_buf *needle)
{
	size_t i, n = 0;

	for (i = 0; i + needle->n <= text->n; i++)
		if (memcmp(text->s + i, needle->s, needle->n) == 0)
			n++;
	return n;
}

static void
spaced(struct df_buf *b, const char *s, size_t n)
{
	df_buf_ch(b, ' ');
	df_leak_normal(b, s, n);
	df_buf_ch(b, ' ');
}

static void
normal(const char *s, size_t n)
{
	struct df_buf a = DF_BUF_INIT, b = DF_BUF_INIT;

	df_leak_normal(&a, s, n);
	df_leak_normal(&b, a.s, a.n);
	must(a.n == b.n && memcmp(a.s, b.s, a.n) == 0);
	df_buf_release(&a);
	df_buf_release(&b);
}

static void
same(const struct hits *a, const struct hits *b)
{
	size_t i;

	must(a->n == b->n);
	for (i = 0; i < a->n; i++)
		must(a->v[i].kind == b->v[i].kind &&
		    a->v[i].item == b->v[i].item &&
		    a->v[i].needle == b->v[i].needle &&
		    a->v[i].line == b->v[i].line &&
		    a->v[i].last == b->v[i].last &&
		    a->v[i].inner == b->v[i].inner);
}

/* In pieces of 1 to k bytes. */
static void
pieces(const struct df_leak *l, const char *s, size_t n, size_t k,
    struct hits *x)
{
	struct df_leak_stream *st = df_leak_begin(l, hit, x);
	size_t i, len;
	char *p;

	for (i = 0; i < n; i += len) {
		len = 1 + (i * 7 + k) % k;
		if (len > n - i)
			len = n - i;
		p = fuzz_copy(s + i, len);
		must(df_leak_feed(st, p, len) == 0);
		free(p);
	}
	must(df_leak_end(st) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p, *part;
	struct hits once = { 0 }, piece = { 0 };
	struct df_buf text = DF_BUF_INIT, needle[16];
	struct df_leak *l;
	size_t i, k, len, used = 0;

	if (n == 0)
		return 0;
	k = 1 + (size_t)(unsigned char)*s % 40;
	s++;
	n--;
	l = df_leak_new();
	while (used < DF_LEN(needle) && memchr(s, FUZZ_SEPARATOR, n)) {
		part = s;
		len = fuzz_part(&s, &n);
		if (len == 0)
			continue;
		i = df_leak_count(l);
		df_leak_add(l, (enum df_leak_kind)((unsigned char)*part % 5),
		    (uint32_t)used, part + 1, len - 1);
		if (df_leak_count(l) == i)
			continue;
		df_buf_init(&needle[used]);
		spaced(&needle[used++], part + 1, len - 1);
	}
	normal(s, n);
	spaced(&text, s, n);
	once.needles = piece.needles = used;
	for (i = 0; i < n; i++)
		once.lines += s[i] == '\n';
	piece.lines = ++once.lines;
	once.of = df_calloc(used + 1, sizeof(*once.of));
	piece.of = df_calloc(used + 1, sizeof(*piece.of));
	must(df_leak_scan(l, s, n, hit, &once) == 0);
	for (i = 0; i < used; i++)
		must(once.of[i] == places(&text, &needle[i]));
	pieces(l, s, n, k, &piece);
	same(&once, &piece);
	if (used) {
		df_leak_forget(l, 0);
		must(df_leak_count(l) == used - 1);
		once.n = once.of[0] = 0;
		must(df_leak_scan(l, s, n, hit, &once) == 0);
		must(once.of[0] == 0 && once.n <= piece.n);
	}
	df_leak_free(l);
	for (i = 0; i < used; i++)
		df_buf_release(&needle[i]);
	df_buf_release(&text);
	free(once.v);
	free(once.of);
	free(piece.v);
	free(piece.of);
	return 0;
}
