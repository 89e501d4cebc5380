#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"
#include "spec/leak.h"

/* Does D9 stand in a document that builders read? */

#define LINES_MIN 3	/* a shorter block is anybody's command line */

struct scan {
	struct ck *c;
	unsigned doc;
	uint8_t *last;		/* by needle: the document it was found in */
};

static int
hit(void *arg, const struct df_leak_hit *h)
{
	struct scan *s = arg;
	const struct df_doc *d = &s->c->sp->doc[s->doc];
	const struct df_item *it = &s->c->sp->d9.holdout[h->item].item;
	struct df_span at = { (uint8_t)s->doc, h->line, 0, 0 };

	if (s->last[h->needle] == s->doc)
		return 0;
	s->last[h->needle] = (uint8_t)s->doc;
	at.off = d->md->line[h->line - 1].off;
	at.len = d->md->line[h->line - 1].len;
	switch (h->kind) {
	case DF_LEAK_CODE:
		ck_add(s->c, "leak.block", at, "",
		    "code of %s begins here", it->id);
		break;
	case DF_LEAK_TITLE:
		ck_add(s->c, "leak.title", at, "",
		    "the title of %s stands here", it->id);
		break;
	case DF_LEAK_CANARY:
	case DF_LEAK_TEXT:
	case DF_LEAK_ID:
		ck_add(s->c, "leak.id", at, "", "D%u, which builders read, "
		    "names %s", s->doc, it->id);
		break;
	}
	return 0;
}

static size_t
count_lines(const char *s, size_t n)
{
	size_t i, lines = 0;
	int text = 0;

	for (i = 0; i < n; i++) {
		if (s[i] != '\n' && s[i] != ' ')
			text = 1;
		else if (s[i] == '\n') {
			lines += text;
			text = 0;
		}
	}
	return lines + text;
}

void
ck_leak(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	const struct df_d9 *d = &sp->d9;
	struct df_leak *l = df_leak_new();
	struct scan s = { c, 0, NULL };
	size_t i, k;

	ck_ran(c, DF_CHECK_LEAK);
	for (i = 0; i < d->holdouts; i++) {
		const struct df_holdout *h = &d->holdout[i];
		const struct df_block *b[] = { &h->setup, &h->execute,
		    &h->verify, &h->cleanup };

		for (k = 0; k < DF_LEN(b); k++)
			if (count_lines(b[k]->code, b[k]->n) >= LINES_MIN)
				df_leak_add(l, DF_LEAK_CODE, (uint32_t)i,
				    b[k]->code, b[k]->n);
		df_leak_add(l, DF_LEAK_TITLE, (uint32_t)i, h->item.title,
		    strlen(h->item.title));
		df_leak_add(l, DF_LEAK_ID, (uint32_t)i, h->item.id,
		    strlen(h->item.id));
	}
	s.last = df_calloc(df_leak_count(l) + 1, 1);
	for (s.doc = 1; s.doc < DF_DOCS; s.doc++)
		if (s.doc != 9 && (sp->have & DF_SPEC_BIT(s.doc)))
			(void)df_leak_scan(l, sp->doc[s.doc].s,
			    sp->doc[s.doc].n, hit, &s);
	free(s.last);
	df_leak_free(l);
	ck_say(c, DF_CHECK_LEAK, "%zu blocks of holdouts in other documents",
	    c->out->row[DF_CHECK_LEAK].errors);
}
