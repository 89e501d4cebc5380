#include "base/df.h"

#include <stdlib.h>

#include "base/text.h"
#include "spec/read-internal.h"

/* ---- technical context and constitution check ---- */

/* The section as a code block, a table, a list or one line with pipes. */
static void
read_context(struct rd *r)
{
	struct df_d7 *d = &r->sp->d7;
	const struct df_section *s = rd_section(r, "technical context");
	struct rd_range in = rd_whole(r, s);
	VEC(struct rd_field) v = { 0 };
	struct rd_fields f;
	struct df_md_kv kv;
	struct df_table t;
	uint32_t i;
	size_t k;

	if (s == NULL)
		return;
	d->context = rd_span(r, in.a, in.b);
	for (i = in.a; i < in.b && !r->full; i++) {
		const struct df_md_line *l = &r->md->line[i];
		struct rd_field *x;

		if (l->kind == DF_MD_TABLE) {
			i = rd_table(r, i, in.b, &t) - 1;
			for (k = 0; k < t.rows; k++) {
				x = PUSH(v);
				x->key = rd_textstr(rd_cell(&t, k, 0));
				x->value = rd_textstr(rd_cell(&t, k, 1));
				x->line = rd_cell(&t, k, 0)->at.line - 1;
				x->end = x->line + 1;
			}
		} else if (l->kind == DF_MD_TEXT &&
		    df_str_find(rd_line(l), " | ")) {
			rd_pipes(r, rd_line(l), i, &f);
			for (k = 0; k < f.n; k++)
				*PUSH(v) = f.v[k];
		} else if ((l->kind == DF_MD_TEXT || l->kind == DF_MD_CODE) &&
		    df_md_kv(rd_line(l), &kv) && rd_take(r, 1)) {
			x = PUSH(v);
			x->key = kv.key;
			x->note = kv.note;
			x->value = kv.value;
			x->line = i;
			x->end = i + 1;
		}
	}
	KEEP(r, v, &f.v, &f.n);
	rd_keepfields(r, &f, &d->context_fields);
}

static void
read_verdicts(struct rd *r)
{
	struct df_d7 *d = &r->sp->d7;
	struct rd_range in = rd_whole(r, rd_section(r, "constitution check"));
	struct df_verdict *v;
	struct df_table t;
	struct df_str s;
	size_t i, k;
	int c;

	if (!rd_first_table(r, in.a, in.b, &t) || t.rows == 0)
		return;
	d->verdicts = t.rows;
	d->verdict = df_arena_alloc(&r->sp->arena, t.rows * sizeof(*v));
	c = rd_column(&t, "compliant");
	for (i = 0; i < t.rows; i++) {
		v = &d->verdict[i];
		v->article = *rd_cell(&t, i, 0);
		v->principle = *rd_cell(&t, i, rd_column(&t, "principle"));
		v->compliant = *rd_cell(&t, i, c < 0 ? 2 : c);
		v->notes = *rd_cell(&t, i, rd_column(&t, "notes"));
		s = rd_textstr(&v->compliant);
		v->yes = df_str_word(s, "yes") ? 1 : df_str_ieq(s, "no") ||
		    (df_str_word(s, "no") && s.s[1] == 'O') ? 0 : -1;
		s = rd_textstr(&v->article);
		for (k = 0; k < s.n && (s.s[k] < '0' || s.s[k] > '9'); k++)
			;
		for (; k < s.n && s.s[k] >= '0' && s.s[k] <= '9' &&
		    v->number < 10000; k++)
			v->number = v->number * 10 + (unsigned)(s.s[k] - '0');
	}
}

/* ---- components ---- */

static const char *const component_keys[] = {
	"file", "responsibility", "implements", "depends on", "exposes", NULL
};

struct comp {
	struct df_str name, file;
	uint32_t line;
};

/* "Name (`file.py`)": the two parts. */
static void
split_name(struct df_str t, struct comp *c)
{
	const char *open = memchr(t.s, '(', t.n);

	c->name = df_md_bare(t);
	c->file.s = "";
	c->file.n = 0;
	if (open && open > t.s && t.s[t.n - 1] == ')') {
		c->file.s = open + 1;
		c->file.n = (size_t)(t.s + t.n - c->file.s) - 1;
		c->file = df_md_bare(c->file);
		t.n = (size_t)(open - t.s);
		c->name = df_md_bare(t);
	}
}

/* "**name**", "**`a.py` + `b.py`** (added)": a component by its bold name. */
static int
bold_name(struct df_str t, struct df_str *name)
{
	struct df_md_kv kv;
	const char *end, *mark = rd_starts(t, "__") ? "__" : "**";

	if (t.n < 5 || !rd_starts(t, mark) || df_md_kv(t, &kv))
		return 0;
	name->s = t.s + 2;
	end = df_str_find(rd_advance(t, 2), mark);
	if (end == NULL || end == name->s)
		return 0;
	name->n = (size_t)(end - name->s);
	return 1;
}

static int
like_file(struct df_str t)
{
	return t.n && memchr(t.s, ' ', t.n) == NULL &&
	    (memchr(t.s, '/', t.n) || memchr(t.s, '.', t.n));
}

static struct df_value
field_or_note(struct rd *r, const struct rd_fields *f, const char *name)
{
	struct df_value t = rd_fieldtext(r, f, name);
	const struct rd_field *x = rd_field(f, name);

	if (t.n == 0 && x && x->note.n)
		t = rd_text(r, x->note, x->line);
	return t;
}

/* The field File, what stands in parentheses, or a name that is a path. */
static struct df_value
component_file(struct rd *r, const struct rd_fields *f, const struct comp *c)
{
	const struct rd_field *x = rd_field(f, "file");
	struct df_str t = c->name;
	const char *a, *b;

	if (x && x->value.n)
		return rd_text(r, x->value, x->line);
	if (c->file.n)
		return rd_text(r, c->file, c->line);
	if (like_file(df_md_bare(t)))
		return rd_text(r, t, c->line);
	/* "`a.py` + `b.py`": the first */
	if (t.n && (a = memchr(t.s, '`', t.n)) != NULL &&
	    (b = memchr(a + 1, '`', (size_t)(t.s + t.n - (a + 1))))) {
		t.s = a + 1;
		t.n = (size_t)(b - t.s);
		if (like_file(t))
			return rd_text(r, t, c->line);
	}
	return rd_none();
}

static void
read_component(struct rd *r, const struct comp *c, uint32_t end,
    struct df_component *to)
{
	VEC(struct rd_field) v = { 0 };
	struct rd_fields f, p;
	const struct df_md_line *l;
	struct df_str base;
	struct df_md_kv kv;
	const char *slash;
	uint32_t i;
	size_t k;

	/* a definition by "- File: x" is itself the first field */
	if (c->name.n == 0) {
		rd_fields(r, c->line, c->line + 1, component_keys, &f);
		for (k = 0; k < f.n; k++)
			*PUSH(v) = f.v[k];
	}
	rd_fields(r, c->line + 1, end, component_keys, &f);
	for (k = 0; k < f.n; k++)
		*PUSH(v) = f.v[k];
	for (i = c->line + 1; i < end; i++) {
		l = &r->md->line[i];
		if (l->kind != DF_MD_TEXT || df_str_find(df_md_item(l), " | ")
		    == NULL || (df_md_kv(rd_line(l), &kv) &&
		    !df_md_key(kv.key, "responsibility")))
			continue;
		rd_pipes(r, df_md_item(l), i, &p);
		for (k = 0; k < p.n; k++)
			*PUSH(v) = p.v[k];
	}
	KEEP(r, v, &f.v, &f.n);
	rd_keepfields(r, &f, &to->fields);
	to->at = rd_span(r, c->line, end);
	to->file = component_file(r, &f, c);
	to->name = rd_str(r, df_md_bare(c->name));
	if (c->name.n == 0) {
		base = rd_textstr(&to->file);
		while ((slash = memchr(base.s, '/', base.n)) &&
		    slash + 1 < base.s + base.n) {
			base.n -= (size_t)(slash + 1 - base.s);
			base.s = slash + 1;
		}
		to->name = rd_str(r, base);
	}
	to->responsibility = field_or_note(r, &f, "responsibility");
	to->implements = field_or_note(r, &f, "implements");
	to->depends = field_or_note(r, &f, "depends on|depends");
	to->exposes = field_or_note(r, &f, "exposes");
	rd_refs(r, rd_textstr(&to->implements), to->implements.at, ~0u, 0,
	    &to->refs, NULL);
}

static void
read_components(struct rd *r)
{
	struct df_d7 *d = &r->sp->d7;
	struct rd_range in = rd_whole(r,
	    rd_section(r, "component responsibilities"));
	VEC(struct comp) c = { 0 };
	VEC(struct df_component) v = { 0 };
	const struct df_md_line *l;
	struct df_md_kv kv;
	struct df_str name;
	uint32_t i;
	size_t k;
	int byfile = 1, filed = 0;

	for (i = in.a; i < in.b && !r->full; i++) {
		struct comp *x;

		l = &r->md->line[i];
		if (l->kind == DF_MD_HEADING) {
			if (!rd_take(r, 5))
				break;
			x = PUSH(c);
			split_name(rd_line(l), x);
		} else if (l->kind == DF_MD_TEXT && l->mark == 0 &&
		    bold_name(rd_line(l), &name)) {
			if (!rd_take(r, 5))
				break;
			x = PUSH(c);
			x->name = name;
		} else if (l->kind == DF_MD_TEXT && l->indent <= 1 &&
		    df_md_kv(rd_line(l), &kv) && df_md_key(kv.key, "file") &&
		    (byfile || filed)) {
			if (!rd_take(r, 5))
				break;
			x = PUSH(c);
			x->line = i;
			continue;
		} else {
			if (l->kind == DF_MD_TEXT &&
			    df_md_kv(rd_line(l), &kv) &&
			    df_md_key(kv.key, "file"))
				filed = 1;
			continue;
		}
		x->line = i;
		byfile = filed = 0;
	}
	for (k = 0; k < c.n; k++)
		read_component(r, &c.v[k], k + 1 < c.n ? c.v[k + 1].line :
		    in.b, PUSH(v));
	free(c.v);
	KEEP(r, v, &d->component, &d->components);
}

/* ---- file creation order ---- */

#define PATH_LONGEST 1024

struct node {
	size_t col;
	size_t file;		/* place in the list */
};

/* Skip what draws the tree; the column where the name begins. */
static size_t
skip_drawing(struct df_str *t)
{
	size_t col = 0;
	uint32_t cp;
	unsigned n;

	while (t->n) {
		n = df_utf8(t->s, t->n, &cp);
		if (n == 0 || !(cp == ' ' || cp == '\t' || cp == '|' ||
		    cp == '`' || cp == '+' || cp == '\\' || cp == 0xa0 ||
		    (cp >= 0x2500 && cp <= 0x257f) ||
		    (cp == '-' && t->n > 1 && (t->s[1] == '-' ||
		    t->s[1] == ' '))))
			break;
		t->s += n;
		t->n -= n;
		col += cp == '\t' ? 4 - col % 4 : 1;
	}
	return col;
}

static struct df_str
tree_comment(struct df_str t)
{
	static const char *const mark[] = {
		"\xe2\x86\x90", "<-", "#", "//", "\xe2\x80\x94",
		"\xe2\x80\x93", "-", ":"
	};
	size_t i;

	t = df_str_trim(t);
	for (i = 0; i < DF_LEN(mark); i++)
		if (t.n >= strlen(mark[i]) &&
		    memcmp(t.s, mark[i], strlen(mark[i])) == 0) {
			t.s += strlen(mark[i]);
			t.n -= strlen(mark[i]);
			return df_str_trim(t);
		}
	return t;
}

static void
read_tree(struct rd *r)
{
	struct df_d7 *d = &r->sp->d7;
	struct rd_range in = rd_whole(r,
	    rd_section(r, "file creation order|file structure"));
	VEC(struct df_file) v = { 0 };
	VEC(struct node) open = { 0 };
	struct df_buf b = DF_BUF_INIT;
	const struct df_md_line *l;
	struct df_file *f;
	struct df_str t, name;
	uint32_t i, first = 0, last = 0;
	size_t col, n;

	for (i = in.a; i < in.b; i++) {
		l = &r->md->line[i];
		if (l->kind != DF_MD_CODE)
			continue;
		if (first == 0)
			first = i + 1;
		last = i + 1;
		t = rd_line(l);
		col = skip_drawing(&t);
		for (n = 0; n < t.n && t.s[n] != ' ' && t.s[n] != '\t'; n++)
			;
		name.s = t.s;
		name.n = n;
		t.s += n;
		t.n -= n;
		if (n == 0 || name.s[0] == '(' || name.s[0] == '#' ||
		    df_str_eq(name, "...") || df_str_eq(name, "\xe2\x80\xa6") ||
		    name.s[n - 1] == ':')
			continue;
		if (!rd_take(r, 2))
			break;
		while (open.n && open.v[open.n - 1].col >= col)
			open.n--;
		df_buf_reset(&b);
		if (open.n) {
			f = &v.v[open.v[open.n - 1].file];
			if (!f->dir) {
				/* it has children: a directory after all */
				df_buf_str(&b, f->path);
				df_buf_ch(&b, '/');
				f->path = df_arena_str(&r->sp->arena, b.s, b.n);
				f->dir = 1;
			} else
				df_buf_str(&b, f->path);
		}
		df_buf_add(&b, name.s, name.n);
		if (b.n > PATH_LONGEST) {
			rd_remark(r, "d7.path", rd_span(r, i, i + 1),
			    "a path of %zu bytes is left out", b.n);
			continue;
		}
		f = PUSH(v);
		f->path = df_arena_str(&r->sp->arena, b.s, b.n);
		f->dir = name.s[name.n - 1] == '/';
		f->comment = rd_str(r, tree_comment(t));
		f->at = rd_span(r, i, i + 1);
		*PUSH(open) = (struct node){ col, v.n - 1 };
	}
	free(open.v);
	df_buf_release(&b);
	if (first)
		d->tree = rd_span(r, first - 1, last);
	KEEP(r, v, &d->file, &d->files);
}

void
rd_d7(struct rd *r)
{
	struct df_d7 *d = &r->sp->d7;
	const struct df_section *s, *stop;
	struct rd_range in, x;

	in = rd_whole(r, rd_section(r, "summary"));
	d->summary = rd_block(r, in.a, in.b, 0);
	read_context(r);
	read_verdicts(r);
	s = rd_section(r, "architecture overview|architecture");
	if (s) {
		in = rd_whole(r, s);
		stop = rd_section(r, "component responsibilities|"
		    "file creation order|file structure|testing strategy|"
		    "complexity tracking|migration notes");
		if (stop && stop->head.line > s->head.line) {
			x = rd_lines(r, stop->head);
			if (x.a < in.b)
				in.b = x.a;
		}
		d->architecture = rd_span(r, in.a, in.b);
		rd_codes(r, in.a, in.b, NULL, &d->diagrams);
	}
	read_components(r);
	read_tree(r);
	s = rd_section(r, "testing strategy");
	in = rd_whole(r, s);
	d->testing_at = rd_span(r, in.a, in.b);
	d->testing = rd_block(r, in.a, in.b, 1);
}
