#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"

/* Checks that look at the documents' text, line by line. */

static struct df_str
line_text(const struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };

	return t;
}

static int
is_text(const struct df_md_line *l)
{
	return l->kind == DF_MD_TEXT || l->kind == DF_MD_HEADING ||
	    l->kind == DF_MD_TABLE;
}

static struct df_span
place(const struct df_spec *sp, unsigned doc, uint32_t i, const char *at,
    size_t n)
{
	const struct df_doc *d = &sp->doc[doc];
	struct df_span s = { (uint8_t)doc, i + 1, d->md->line[i].off,
	    (uint32_t)n };

	if (at >= d->s && at < d->s + d->n)
		s.off = (uint32_t)(at - d->s);
	return s;
}

/* ---- content ---- */

/* Is there anything but a title, headings and metadata? */
static int
has_content(const struct df_doc *d)
{
	uint32_t i;
	size_t k = 0;

	for (i = 0; i < d->md->lines; i++) {
		const struct df_md_line *l = &d->md->line[i];

		if (l->kind == DF_MD_TABLE || l->kind == DF_MD_CODE)
			return 1;
		if (l->kind != DF_MD_TEXT)
			continue;
		while (k < d->meta.fields.n &&
		    d->meta.fields.v[k].at.line < i + 1)
			k++;
		if (k < d->meta.fields.n &&
		    d->meta.fields.v[k].at.line == i + 1)
			continue;
		if (!df_str_word(line_text(l), "meta") &&
		    df_str_find(line_text(l), "CRITICAL:") == NULL)
			return 1;
	}
	return 0;
}

void
ck_readable(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	unsigned n;
	size_t i;

	ck_ran(c, DF_CHECK_READABLE);
	for (n = 1; n < DF_DOCS; n++)
		if ((sp->have & DF_SPEC_BIT(n)) && !has_content(&sp->doc[n]))
			ck_add(c, "doc.empty", ck_doc(n), "",
			    "D%u has no content", n);
	for (i = 0; i < sp->d3.entities; i++)
		if (sp->d3.entity[i].tables == 0 &&
		    sp->d3.entity[i].examples.n == 0)
			ck_add(c, "d3.table",
			    ck_id(c, &sp->d3.entity[i].item), "",
			    "%s has neither a field table nor an example",
			    sp->d3.entity[i].item.id);
	ck_say(c, DF_CHECK_READABLE, "%zu documents read",
	    c->out->sum.documents);
}

/* ---- placeholders ---- */

/* What the templates have in brackets, wherever it stands. */
static const char *const bracket[] = {
	"Component", "Component Name", "Component purpose paragraph",
	"IDs", "N", "N-N", "Name(s)", "PKG-XXXX-NNN", "PKG-XXXX-NNN or TBD",
	"X.Y.Z", "YYYY-MM-DD", "additional outcomes if needed", "capability",
	"failure or boundary precondition", "outcome", "precondition", "thing",
	"trigger"
};

/* What they have as a whole value, cell, item or title. */
static const char *const whole_bracket[] = {
	"Advantages", "Choice", "Cons", "Constraints", "Count",
	"Dependencies", "Description", "Disadvantages", "ERROR_CODE",
	"ERROR_CODE_NAME", "Invariant", "Name", "Notes", "Owner", "Pros",
	"Question", "Rationale", "Reason", "Reasoning", "Reference", "Source",
	"Summary", "Title", "Type", "explanation", "field_name", "file path",
	"function signature", "type", "version", "yes/no"
};

static const char *const brace[] = {
	"capability", "component", "more", "outcome", "precondition", "thing",
	"trigger"
};

static int
one_of(struct df_str t, const char *const *word, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (df_str_eq(t, word[i]))
			return 1;
	return 0;
}

/* Is t[i..j] all that stands between a label or a bar and the end or a bar? */
static int
is_whole(struct df_str t, size_t i, size_t j)
{
	static const char *const clause[] = { "GIVEN", "WHEN", "THEN", "AND" };
	size_t k;

	while (i && (t.s[i - 1] == ' ' || t.s[i - 1] == '"'))
		i--;
	if (i && t.s[i - 1] == '*') {
		while (i && (t.s[i - 1] == '*' || t.s[i - 1] == ' '))
			i--;
		for (k = 0; k < DF_LEN(clause); k++) {
			size_t n = strlen(clause[k]);

			if (i >= n && memcmp(t.s + i - n, clause[k], n) == 0)
				break;
		}
		if (k == DF_LEN(clause) && i && t.s[i - 1] != ':')
			return 0;
		i = 0;
	}
	if (i && strchr(":|-.]", t.s[i - 1]) == NULL)
		return 0;
	for (j++; j < t.n && strchr(" .*\"", t.s[j]); j++)
		;
	return j == t.n || t.s[j] == '|' || t.s[j] == '(';
}

static int
is_bracket(struct df_str t, size_t i, size_t j)
{
	struct df_str in = { t.s + i + 1, j - i - 1 };

	if (in.n == 0 || df_str_word(in, "NEEDS CLARIFICATION") ||
	    (j + 1 < t.n && (t.s[j + 1] == '(' || t.s[j + 1] == '[')) ||
	    (i && (t.s[i - 1] == '!' || t.s[i - 1] == ']')))
		return 0;
	if (i && t.s[i - 1] >= 'a' && t.s[i - 1] <= 'z')
		return 0;		/* list[type] */
	if (one_of(in, bracket, DF_LEN(bracket)))
		return 1;
	if (!is_whole(t, i, j))
		return 0;
	if (one_of(in, whole_bracket, DF_LEN(whole_bracket)) ||
	    df_str_find(in, " | ") || df_str_find(in, "e.g.") ||
	    df_str_find(in, " \xe2\x80\x94 "))
		return 1;
	return in.s[0] >= 'A' && in.s[0] <= 'Z' &&
	    (memchr(in.s, ' ', in.n) != NULL || memchr(in.s, '/', in.n));
}

static int
is_brace(struct df_str t, size_t i, size_t j, int header)
{
	struct df_str in = { t.s + i + 1, j - i - 1 };
	size_t k;

	if (one_of(in, brace, DF_LEN(brace)))
		return 1;
	if (memchr(in.s, ':', in.n) || memchr(in.s, '<', in.n))
		return 0;
	if (header)
		return 1;
	if (memchr(in.s, '|', in.n) == NULL)
		return 0;
	for (k = 0; k < in.n; k++)
		if (!(in.s[k] == '|' || in.s[k] == ' ' ||
		    (in.s[k] >= 'A' && in.s[k] <= 'Z') ||
		    (in.s[k] >= 'a' && in.s[k] <= 'z')))
			return 0;
	return 1;
}

/* "[Count]" is a list where D3 has an entity Count. */
static int
is_entity(const struct df_map *entity, struct df_str t, size_t i, size_t j)
{
	return df_map_get(entity, t.s + i + 1, j - i - 1) != DF_MAP_NONE;
}

static void
fill_line(struct ck *c, const struct df_map *entity, unsigned doc, uint32_t i,
    int header, int table)
{
	const struct df_spec *sp = c->sp;
	struct df_str t = line_text(&sp->doc[doc].md->line[i]);
	const char *p;
	size_t k, j;
	char close;

	if (memchr(t.s, '[', t.n) == NULL && memchr(t.s, '{', t.n) == NULL)
		return;
	for (k = 0; k < t.n; k++) {
		if (t.s[k] == '`' &&
		    (p = memchr(t.s + k + 1, '`', t.n - k - 1)) != NULL) {
			k = (size_t)(p - t.s);
			continue;
		}
		if (t.s[k] != '[' && t.s[k] != '{')
			continue;
		close = t.s[k] == '[' ? ']' : '}';
		for (j = k + 1; j < t.n && t.s[j] != close &&
		    t.s[j] != t.s[k]; j++)
			;
		if (j == t.n)
			break;
		if (t.s[j] != close) {
			k = j - 1;
			continue;
		}
		if (close == ']' ? is_bracket(t, k, j) &&
		    !is_entity(entity, t, k, j) : is_brace(t, k, j,
		    header && !table))
			ck_add(c, "fill.placeholder",
			    place(sp, doc, i, t.s + k, j - k + 1), "",
			    "unfilled placeholder: %.*s", (int)(j - k + 1),
			    t.s + k);
		k = j;
	}
}

void
ck_filled(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	struct df_map entity = { 0 };
	unsigned n;
	uint32_t i;
	int header;

	ck_ran(c, DF_CHECK_FILLED);
	for (i = 0; i < sp->d3.entities; i++)
		df_map_set(&entity, sp->d3.entity[i].item.title,
		    strlen(sp->d3.entity[i].item.title), i);
	for (n = 1; n < DF_DOCS; n++) {
		const struct df_md *md = sp->doc[n].md;

		header = 1;
		for (i = 0; md && i < md->lines; i++) {
			const struct df_md_line *l = &md->line[i];

			if (l->kind == DF_MD_HEADING && l->level > 1)
				header = 0;
			if (is_text(l))
				fill_line(c, &entity, n, i, header,
				    l->kind == DF_MD_TABLE);
		}
	}
	df_map_release(&entity);
	ck_say(c, DF_CHECK_FILLED, "%zu placeholders",
	    c->out->row[DF_CHECK_FILLED].errors);
}

/* ---- ids in running text ---- */

static int
boundary(int ch)
{
	return !((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	    (ch >= '0' && ch <= '9') || ch == '_' || ch == '-');
}

static void
mention_line(struct ck *c, unsigned doc, uint32_t i, struct df_map *seen)
{
	const struct df_spec *sp = c->sp;
	struct df_str t = line_text(&sp->doc[doc].md->line[i]);
	const char *dash;
	enum df_family f;
	size_t k = 0, n, end;

	/* the letters before each dash may be a family */
	for (; (dash = memchr(t.s + k, '-', t.n - k)) != NULL; k = end) {
		end = (size_t)(dash - t.s) + 1;
		for (n = end - 1; n > k && t.s[n - 1] >= 'A' &&
		    t.s[n - 1] <= 'Z'; n--)
			;
		k = n;
		if (k && !boundary(t.s[k - 1]))
			continue;
		n = df_spec_id(t.s + k, t.n - k, &f);
		if (n == 0)
			continue;
		end = k + n;
		if (df_spec_find(sp, t.s + k, n))
			continue;
		if (!ck_have(c, DF_SPEC_BIT(df_family_doc[f])))
			continue;
		/* once a document is enough */
		if (df_map_set(seen, t.s + k, n, doc) == doc)
			continue;
		ck_add(c, "ref.text", place(sp, doc, i, t.s + k, n), "",
		    "%.*s is defined nowhere in D%u", (int)n, t.s + k,
		    df_family_doc[f]);
	}
}

void
ck_mentions(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	struct df_map seen = { 0 };
	unsigned n;
	uint32_t i;

	for (n = 1; n < DF_DOCS; n++)
		for (i = 0; sp->doc[n].md && i < sp->doc[n].md->lines; i++)
			if (is_text(&sp->doc[n].md->line[i]))
				mention_line(c, n, i, &seen);
	df_map_release(&seen);
}
