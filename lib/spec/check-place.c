#include "base/df.h"

#include <string.h>

#include "spec/check-internal.h"

/* The place of a word, so that a finding points at what it is about. */

#define PLACE_MAX 4096	/* bytes that are looked through */

static int
part_of_word(int ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	    (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
}

struct df_span
ck_at(const struct ck *c, struct df_span in, const char *word)
{
	const struct df_doc *d = &c->sp->doc[in.doc];
	struct df_str t;
	const char *p;
	size_t n = strlen(word);

	if (d->s == NULL || in.line == 0)
		return in;
	t.s = d->s + in.off;
	t.n = in.len < PLACE_MAX ? in.len : PLACE_MAX;
	while ((p = df_str_find(t, word)) != NULL) {
		t.n -= (size_t)(p + n - t.s);
		t.s = p + n;
		if ((p > d->s && part_of_word(p[-1])) ||
		    (t.n && part_of_word(*t.s)))
			continue;
		in.off = (uint32_t)(p - d->s);
		in.len = (uint32_t)n;
		in.line = df_md_line_at(d->md, in.off);
		break;
	}
	return in;
}

struct df_span
ck_id(const struct ck *c, const struct df_item *it)
{
	const struct df_doc *d = &c->sp->doc[it->at.doc];
	struct df_span line = it->at;
	const struct df_md_line *l;

	if (d->md == NULL || line.line == 0 || line.line > d->md->lines)
		return line;
	l = &d->md->line[line.line - 1];
	line.off = l->off;
	line.len = l->len;
	return ck_at(c, line, it->id);
}

struct df_span
ck_heading(const struct ck *c, unsigned doc, const char *title)
{
	const struct df_doc *d = &c->sp->doc[doc];
	size_t i;

	for (i = 0; i < d->sections; i++)
		if (d->section[i].level > 1 &&
		    df_md_title(df_str(d->section[i].title), title))
			return d->section[i].head;
	return ck_doc(doc);
}

struct df_span
ck_meta(const struct ck *c, unsigned doc, const char *name)
{
	struct df_span at =
	    df_field_get(&c->sp->doc[doc].meta.fields, name)->at;

	return at.line ? at : ck_doc(doc);
}
