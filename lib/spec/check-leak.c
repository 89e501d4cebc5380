#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"
#include "spec/leak.h"

/*
 * Does D9 stand in a document that builders read?  Its pieces are looked for
 * by leak.h; of one that ends another one only the longer is told, and each
 * once in a document.
 */

#define LINES_MIN 3	/* a shorter block is anybody's command line */
#define WORDS_MIN 4	/* a shorter title is anybody's phrase */
#define BYTES_MIN 20

/* Is a block or title long enough to mean something? */
static int
enough(enum df_leak_kind kind, const char *s, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i, words, lines = 0;

	df_leak_normal(&b, s, n);
	words = b.n != 0;
	for (i = 0; i < b.n; i++)
		words += b.s[i] == ' ';
	for (i = 1; i < n; i++)
		lines += s[i] == '\n' && s[i - 1] != '\n';
	n = b.n;
	df_buf_wipe(&b);
	return words >= WORDS_MIN && n >= BYTES_MIN &&
	    (kind != DF_LEAK_CODE || lines >= LINES_MIN);
}

static void
add(struct df_leak *l, enum df_leak_kind kind, size_t holdout, const char *s,
    size_t n)
{
	if (kind == DF_LEAK_ID || enough(kind, s, n))
		df_leak_add_any(l, kind, (uint32_t)holdout, s, n);
}

/* ---- findings ---- */

struct scan {
	struct ck *c;
	unsigned doc;
	uint8_t *said;		/* by needle */
};

static int
report(void *arg, const struct df_leak_hit *hit)
{
	struct scan *s = arg;
	struct ck *c = s->c;
	const struct df_item *h = &c->sp->d9.holdout[hit->item].item;
	const struct df_md_line *l;
	struct df_span at = { (uint8_t)s->doc, hit->last, 0, 0 };

	if (hit->inner || s->said[hit->needle])
		return 0;
	s->said[hit->needle] = 1;
	l = &c->sp->doc[s->doc].md->line[hit->last - 1];
	at.off = l->off;
	at.len = l->len;
	if (hit->kind == DF_LEAK_CODE)
		ck_add(c, "leak.block", at, "", "code of %s ends here", h->id);
	else if (hit->kind == DF_LEAK_TITLE)
		ck_add(c, "leak.title", at, "", "the title of %s ends here",
		    h->id);
	else
		ck_add(c, "leak.id", ck_at(c, at, h->id), "", "D%u, which "
		    "builders read, names %s", s->doc, h->id);
	return 0;
}

void
ck_leak(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	const struct df_d9 *d = &sp->d9;
	struct df_leak *l = df_leak_new();
	struct scan s = { .c = c };
	size_t i, k;

	ck_ran(c, DF_CHECK_LEAK);
	for (i = 0; i < d->holdouts; i++) {
		const struct df_holdout *h = &d->holdout[i];
		const struct df_block *b[] = { &h->setup, &h->execute,
		    &h->verify, &h->cleanup };

		for (k = 0; k < DF_LEN(b); k++)
			add(l, DF_LEAK_CODE, i, b[k]->code, b[k]->n);
		add(l, DF_LEAK_TITLE, i, h->item.title, strlen(h->item.title));
		add(l, DF_LEAK_ID, i, h->item.id, strlen(h->item.id));
	}
	for (s.doc = 1; s.doc < DF_DOCS; s.doc++) {
		if (s.doc == 9 || !(sp->have & DF_SPEC_BIT(s.doc)))
			continue;
		s.said = df_calloc(df_leak_count(l), 1);
		(void)df_leak_scan(l, sp->doc[s.doc].s, sp->doc[s.doc].n,
		    report, &s);
		free(s.said);
	}
	df_leak_free(l);
	ck_say(c, DF_CHECK_LEAK, "%zu blocks of holdouts in other documents",
	    c->out->row[DF_CHECK_LEAK].errors);
}
