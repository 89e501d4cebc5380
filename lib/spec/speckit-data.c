#include "base/df.h"

#include <stdlib.h>

#include "spec/speckit-internal.h"

/* data-model.md: entities and their fields. */

/* Headings that are part of what is above them, or about all entities. */
static const char *const part_title[] = {
	"fields", "properties", "attributes", "columns", "schema", "structure",
	"additional properties", "definition", "type definition"
};

static const char *const no_entity[] = {
	"overview", "relationships", "relationship", "entity relationship",
	"validation rules", "validation", "state transitions", "indexes",
	"migration", "migrations", "summary", "constraints", "notes", "note",
	"design decisions", "data flow", "domain model", "state management",
	"future", "key methods", "database mapping", "implementation",
	"examples", "example", "glossary", "references", "constraints summary",
	"data integrity", "lifecycle", "invariants", "enums", "entities",
	"entity definitions", "core entities"
};

static int
one_of(struct df_str t, const char *const *word, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (df_md_title(t, word[i]))
			return 1;
	return 0;
}

void
sk_entity(struct skr *r, struct df_str name, struct df_sktext text,
    struct df_skplace at)
{
	struct df_skentity *e;

	name = df_md_bare(name);
	if (name.n == 0 || name.n > 200 || !sk_take(r, 1))
		return;
	e = SK_PUSH(r->entity);
	e->name = sk_str(r, name);
	e->text = text;
	e->about = sk_none();
	e->at = at;
}

/* ---- fields ---- */

struct fields {
	struct df_skfield *v;
	size_t n, cap;
};

static int
is_field_table(const struct df_md_line *l)
{
	static const char *const head[] = { "field", "column", "property",
	    "attribute", "name", "key", "member" };
	struct df_str cell[DF_MD_CELLS_MAX];

	return l->kind == DF_MD_TABLE &&
	    df_md_cells(sk_line(l), 0, cell) >= 2 &&
	    one_of(df_md_bare(cell[0]), head, DF_LEN(head));
}

/* "- **id** (uuid): what", "- `id`: uuid", "- id: uuid" */
static int
list_field(const struct df_md_line *l, struct df_str *name,
    struct df_str *type, struct df_str *notes)
{
	struct df_str t = df_md_item(l);
	const char *p;

	type->s = notes->s = "";
	type->n = notes->n = 0;
	if (l->kind != DF_MD_TEXT || l->mark == 0 || l->mark == '1' ||
	    l->indent > 1 || t.n == 0)
		return 0;
	if (t.s[0] == '*' || t.s[0] == '`') {
		const char *mark = t.s[0] == '`' ? "`" : "**";

		if (t.n < 2 || (t.s[0] == '*' && t.s[1] != '*'))
			return 0;
		t = sk_skip(t, strlen(mark));
		p = df_str_find(t, mark);
		if (p == NULL)
			return 0;
		name->s = t.s;
		name->n = (size_t)(p - t.s);
		t = sk_skip(t, name->n + strlen(mark));
		if (name->n && name->s[name->n - 1] == ':')
			name->n--;
		else if (t.n == 0 || strchr(":( -\xe2", t.s[0]) == NULL)
			return 0;
	} else {
		p = memchr(t.s, ':', t.n);
		if (p == NULL)
			return 0;
		name->s = t.s;
		name->n = (size_t)(p - t.s);
		t = sk_skip(t, name->n);
	}
	*name = df_md_bare(*name);
	/* a field's name is a word */
	if (name->n == 0 || name->n > 64 || memchr(name->s, ' ', name->n))
		return 0;
	t = df_str_trim(t);
	if (t.n && t.s[0] == '(' && (p = memchr(t.s, ')', t.n)) != NULL) {
		type->s = t.s + 1;
		type->n = (size_t)(p - t.s) - 1;
		t = sk_skip(t, type->n + 2);
	}
	*notes = sk_past_sep(t);
	if (type->n == 0) {
		for (type->s = notes->s; type->n < notes->n &&
		    notes->s[type->n] != ' ' && notes->s[type->n] != ',' &&
		    notes->s[type->n] != ';'; type->n++)
			;
		*notes = sk_skip(*notes, type->n);
		while (notes->n && strchr(" ,;", notes->s[0]))
			*notes = sk_skip(*notes, 1);
	}
	return 1;
}

static uint32_t
table_fields(struct skr *r, uint32_t i, uint32_t b, struct fields *v)
{
	struct df_str head[DF_MD_CELLS_MAX], cell[DF_MD_CELLS_MAX], t;
	struct df_skfield *f;
	unsigned cols = df_md_cells(sk_line(&r->md->line[i]), 0, head), n, k;
	unsigned type = 1;

	for (k = 1; k < cols; k++)
		if (df_md_title(head[k], "type"))
			type = k;
	for (i++; i < b && r->md->line[i].kind == DF_MD_TABLE; i++) {
		struct df_buf notes = DF_BUF_INIT;

		t = sk_line(&r->md->line[i]);
		if (df_md_delim(t))
			continue;
		n = df_md_cells(t, cols, cell);
		if (n < 2 || !sk_take(r, 1))
			continue;
		f = SK_PUSH(*v);
		f->name = sk_text(r, df_md_bare(cell[0]), i);
		f->type = n > type ? sk_text(r, df_md_bare(cell[type]), i) :
		    sk_none();
		for (k = 1; k < n; k++)
			if (k != type && cell[k].n)
				df_buf_fmt(&notes, "%s%.*s", notes.n ? "; " :
				    "", (int)cell[k].n, cell[k].s);
		f->notes = sk_piece(r, (struct df_str){ notes.s, notes.n },
		    f->name.at);
		df_buf_release(&notes);
	}
	return i;
}

/* The fields in [a, b), up to a heading that is no part of the entity. */
static void
read_fields(struct skr *r, uint32_t a, uint32_t b, struct df_skentity *e)
{
	const struct df_md *md = r->md;
	struct fields v = { 0 };
	struct df_str name, type, notes;
	struct df_skfield *f;
	uint32_t i;

	for (i = a; i < b && !r->full; ) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind == DF_MD_HEADING && !one_of(sk_line(l),
		    part_title, DF_LEN(part_title)))
			break;
		if (is_field_table(l)) {
			i = table_fields(r, i, b, &v);
			continue;
		}
		if (list_field(l, &name, &type, &notes) && sk_take(r, 1)) {
			f = SK_PUSH(v);
			f->name = sk_text(r, name, i);
			f->type = sk_text(r, type, i);
			f->notes = sk_text(r, notes, i);
		}
		i++;
	}
	SK_KEEP(r, v, &e->field, &e->fields);
}

/* ---- entities ---- */

/* Does the heading on line i have fields of its own? */
static int
has_fields(const struct df_md *md, uint32_t i)
{
	struct df_str name, type, notes;
	unsigned listed = 0;

	for (i++; i < md->lines; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind == DF_MD_HEADING && !one_of(sk_line(l),
		    part_title, DF_LEN(part_title)))
			break;
		if (is_field_table(l))
			return 1;
		listed += list_field(l, &name, &type, &notes);
	}
	return listed > 1;
}

/* The same name, with case, blanks and plural out of account. */
static const char *
fold(struct skr *r, const char *name, size_t *n)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s;

	for (; *name; name++)
		if (sk_alnum(*name))
			df_buf_ch(&b, *name | 32);
		else if ((unsigned char)*name >= 0x80)
			df_buf_ch(&b, *name);
	if (b.n > 3 && b.s[b.n - 1] == 's')
		df_buf_cut(&b, b.n - 1);
	*n = b.n;
	s = sk_str(r, (struct df_str){ b.s, b.n });
	df_buf_release(&b);
	return s;
}

/* What spec.md and data-model.md both have is one entity. */
static void
merge(struct skr *r, size_t mine)
{
	struct df_map seen = { 0 };
	const char *key;
	size_t i, k, n, to = 0;

	for (i = mine; i < r->entity.n; i++) {
		key = fold(r, r->entity.v[i].name, &n);
		if (df_map_get(&seen, key, n) == DF_MAP_NONE)
			df_map_set(&seen, key, n, i);
	}
	for (i = 0; i < r->entity.n; i++) {
		if (i < mine) {
			key = fold(r, r->entity.v[i].name, &n);
			k = df_map_get(&seen, key, n);
			if (k != DF_MAP_NONE) {
				if (r->entity.v[k].about.n == 0)
					r->entity.v[k].about =
					    r->entity.v[i].text;
				continue;
			}
		}
		r->entity.v[to++] = r->entity.v[i];
	}
	r->entity.n = to;
	df_map_release(&seen);
}

void
sk_data(struct skr *r)
{
	const struct df_md *md = r->md;
	size_t mine = r->entity.n;
	struct df_str num, t;
	uint32_t i, end;
	int under = 0;

	for (i = 0; i < md->lines && !r->full; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind != DF_MD_HEADING || l->level < 2 || l->level > 4)
			continue;
		t = sk_title(sk_line(l), &num);
		if (l->level == 2)
			under = df_md_title(t, "entities") ||
			    df_md_title(t, "entity definitions") ||
			    df_md_title(t, "core entities");
		if (one_of(t, no_entity, DF_LEN(no_entity)) ||
		    one_of(t, part_title, DF_LEN(part_title)))
			continue;
		if (!has_fields(md, i) && !(under && l->level == 3))
			continue;
		end = sk_section_end(md, i, md->lines);
		sk_entity(r, t, sk_block(r, i + 1, end),
		    sk_at(r, i, sk_line(l)));
		if (r->entity.n > mine && !r->full)
			read_fields(r, i + 1, end,
			    &r->entity.v[r->entity.n - 1]);
	}
	if (!r->full)
		merge(r, mine);
}
