#include "base/df.h"

#include "spec/read-internal.h"

static int
is_known(const char *const *known, struct df_str key)
{
	for (; known && *known; known++)
		if (df_md_key(key, *known))
			return 1;
	return 0;
}

static int
is_clause(struct df_str key)
{
	return df_str_word(key, "GIVEN") || df_str_word(key, "WHEN") ||
	    df_str_word(key, "THEN") || df_str_word(key, "AND");
}

static int
capital(struct df_str key)
{
	return key.n && key.s[0] >= 'A' && key.s[0] <= 'Z';
}

struct labels {
	unsigned indent;	/* of the first label; 255: none yet */
	int listed, bold;	/* is the first one a list item, and bold */
	int list;		/* the last label is followed by a list that is
				   not its nested one */
	int empty;		/* the last label has no value on its line */
};

/* Is line i, which reads like a field, a label or text that looks so? */
static int
is_label(const struct df_md *md, uint32_t a, uint32_t i,
    const struct df_md_kv *kv, const struct labels *st, int known,
    uint32_t lastlabel)
{
	const struct df_md_line *l = &md->line[i], *prev;

	if (l->mark == '1' || (!known && is_clause(kv->key)))
		return 0;
	if (kv->listed) {
		if (st->indent == 255)
			return known || (capital(kv->key) && l->indent <= 1);
		/* what looks like the first one, and nothing else does */
		if (st->listed && st->bold && l->indent <= st->indent + 1) {
			if (kv->bold)
				return known || capital(kv->key);
			return known && !st->empty && !st->list;
		}
		if (!st->listed || st->list)
			return known && !st->list;
		if (l->indent > st->indent + 1)
			return 0;
		return known || capital(kv->key);
	}
	if (kv->bold)
		return l->indent <= 3 || known;
	if (known)
		return l->indent <= (st->indent == 255 ? 3 : st->indent + 3);
	if (l->indent > 1 || !capital(kv->key))
		return 0;
	if (i == a)
		return 1;
	prev = &md->line[i - 1];
	return prev->kind != DF_MD_TEXT || prev->mark || i - 1 == lastlabel;
}

void
rd_fields(struct rd *r, uint32_t a, uint32_t b, const char *const *known,
    struct rd_fields *out)
{
	VEC(struct rd_field) f = { 0 };
	struct labels st = { 255, 0, 0, 0, 0 };
	const struct df_md_line *l;
	struct df_md_kv kv;
	struct rd_field *now;
	uint32_t i, last = UINT32_MAX;
	int is;

	for (i = a; i < b; i++) {
		l = &r->md->line[i];
		memset(&kv, 0, sizeof(kv));
		if (l->kind == DF_MD_HEADING) {
			/* "##### Acceptance Criteria" is a label, any other
			   heading only ends what was before it */
			kv.key = df_md_bare(rd_line(l));
			if (kv.key.n && kv.key.s[kv.key.n - 1] == ':')
				kv.key.n--;
			if (f.n && f.v[f.n - 1].end == 0)
				f.v[f.n - 1].end = i;
			if (!is_known(known, kv.key))
				continue;
			if (st.indent == 255)
				st.indent = 0;
			st.list = 1;
		} else {
			if (l->kind != DF_MD_TEXT)
				continue;
			/* its list is nested: what is not belongs to others */
			if (l->mark && st.indent != 255 &&
			    l->indent > st.indent + 1)
				st.empty = 0;
			if (!df_md_kv(rd_line(l), &kv))
				continue;
			is = is_known(known, kv.key);
			if (!is_label(r->md, a, i, &kv, &st, is, last))
				continue;
			if (st.indent == 255) {
				st.indent = l->indent;
				st.listed = kv.listed;
				st.bold = kv.bold;
			}
			st.empty = kv.value.n == 0;
			st.list = !kv.listed && kv.value.n == 0;
		}
		if (!rd_take(r, 1))
			break;
		if (f.n && f.v[f.n - 1].end == 0)
			f.v[f.n - 1].end = i;
		now = PUSH(f);
		now->key = kv.key;
		now->note = kv.note;
		now->value = kv.value;
		now->line = i;
		now->indent = l->indent;
		now->listed = (uint8_t)kv.listed;
		last = i;
	}
	if (f.n && f.v[f.n - 1].end == 0)
		f.v[f.n - 1].end = b;
	KEEP(r, f, &out->v, &out->n);
}

const struct rd_field *
rd_field(const struct rd_fields *f, const char *names)
{
	char name[64];
	const char *p = names, *q;
	size_t i, n;

	for (;; p = q + 1) {
		q = strchr(p, '|');
		n = q ? (size_t)(q - p) : strlen(p);
		if (n >= sizeof(name))
			DF_BUG("field name");
		memcpy(name, p, n);
		name[n] = 0;
		for (i = 0; i < f->n; i++)
			if (df_md_key(f->v[i].key, name))
				return &f->v[i];
		if (q == NULL)
			return NULL;
	}
}

static struct df_value
field_text(struct rd *r, const struct rd_field *f)
{
	struct df_value x = rd_value(r, f->value, f->line, f->end, f->indent);

	if (x.n == 0 && f->end > f->line + 1)
		x = rd_block(r, f->line + 1, f->end, 0);
	if (x.n == 0 && f->end > f->line + 1)
		x = rd_block(r, f->line + 1, f->end, 1);
	if (x.at.line == 0) {
		x.at.doc = (uint8_t)r->doc;
		x.at.line = f->line + 1;
		x.at.off = r->md->line[f->line].off;
		x.at.len = r->md->line[f->line].len;
	}
	return x;
}

struct df_value
rd_fieldtext(struct rd *r, const struct rd_fields *f, const char *names)
{
	const struct rd_field *x = rd_field(f, names);

	return x ? field_text(r, x) : rd_none();
}

void
rd_keepfields(struct rd *r, const struct rd_fields *f, struct df_fields *out)
{
	size_t i, k;

	memset(out, 0, sizeof(*out));
	if (f->n == 0)
		return;
	out->v = df_arena_alloc(&r->sp->arena, f->n * sizeof(*out->v));
	out->n = f->n;
	for (i = 0; i < f->n; i++) {
		const struct rd_field *x = &f->v[i];
		char *name = df_arena_str(&r->sp->arena, x->key.s, x->key.n);
		size_t n = 0;

		for (k = 0; k < x->key.n; k++) {
			char c = name[k] == '_' ? ' ' : name[k];

			if (c >= 'A' && c <= 'Z')
				c += 32;
			if (c == ' ' && n && name[n - 1] == ' ')
				continue;
			name[n++] = c;
		}
		while (n && name[n - 1] == '?')
			n--;
		name[n] = 0;
		out->v[i].key = rd_str(r, x->key);
		out->v[i].name = name;
		out->v[i].note = rd_str(r, x->note);
		out->v[i].value = field_text(r, x);
		out->v[i].at = rd_span(r, x->line, x->end);
	}
}

void
rd_pipes(struct rd *r, struct df_str t, uint32_t line, struct rd_fields *out)
{
	VEC(struct rd_field) f = { 0 };
	struct df_str cell[DF_MD_CELLS_MAX];
	struct df_md_kv kv;
	unsigned i, n = df_md_cells(t, 0, cell);
	const char *p;

	for (i = 0; i < n; i++) {
		struct rd_field *now;

		if (cell[i].n == 0 || !rd_take(r, 1))
			continue;
		if (!df_md_kv(cell[i], &kv)) {
			memset(&kv, 0, sizeof(kv));
			kv.key = cell[i];
			p = memchr(cell[i].s, '(', cell[i].n);
			if (p && cell[i].s[cell[i].n - 1] == ')') {
				kv.key.n = (size_t)(p - cell[i].s);
				kv.key = df_str_trim(kv.key);
				kv.note.s = p + 1;
				kv.note.n = (size_t)(cell[i].s + cell[i].n -
				    p) - 2;
			}
		}
		now = PUSH(f);
		now->key = kv.key;
		now->note = kv.note;
		now->value = kv.value;
		now->line = line;
		now->end = line + 1;
	}
	KEEP(r, f, &out->v, &out->n);
}

void
rd_defpipes(struct rd *r, const struct rd_def *d, struct rd_fields *f)
{
	struct df_value v;

	v = rd_value(r, d->title, d->line, d->end, 255);
	rd_pipes(r, v.n == d->title.n ? d->title : rd_textstr(&v), d->line, f);
}

/* ---- sections ---- */

const struct df_section *
rd_section(struct rd *r, const char *names)
{
	const struct df_doc *d = &r->sp->doc[r->doc];
	char name[64];
	const char *p, *q;
	size_t i, n;

	for (i = 0; i < d->sections; i++) {
		for (p = names; p; p = q ? q + 1 : NULL) {
			q = strchr(p, '|');
			n = q ? (size_t)(q - p) : strlen(p);
			if (n >= sizeof(name))
				DF_BUG("section name");
			memcpy(name, p, n);
			name[n] = 0;
			if (d->section[i].level > 1 &&
			    df_md_title(df_str(d->section[i].title), name))
				return &d->section[i];
		}
	}
	return NULL;
}

struct rd_range
rd_lines(struct rd *r, struct df_span at)
{
	struct rd_range x = { 0, 0 };

	if (at.line == 0 || at.len == 0)
		return x;
	x.a = at.line - 1;
	x.b = df_md_line_at(r->md, at.off + at.len - 1);
	return x;
}

struct rd_range
rd_whole(struct rd *r, const struct df_section *s)
{
	struct rd_range x = { 0, 0 };

	if (s == NULL)
		return x;
	x = rd_lines(r, s->whole);
	x.a++;		/* behind the heading */
	return x;
}

const struct df_section *
rd_above(struct rd *r, struct rd_path *p, uint32_t line, unsigned level)
{
	const struct df_doc *d = &r->sp->doc[r->doc];
	const struct df_section *x;
	unsigned k;

	while (p->next < d->sections &&
	    d->section[p->next].head.line < line) {
		x = &d->section[p->next++];
		p->at[x->level] = x;
		for (k = x->level + 1; k < DF_LEN(p->at); k++)
			p->at[k] = NULL;
	}
	for (k = level ? level : DF_LEN(p->at); k-- > 2; )
		if (p->at[k])
			return p->at[k];
	return NULL;
}
