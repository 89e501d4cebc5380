#include "base/df.h"

#include <stdlib.h>

#include "base/text.h"
#include "spec/speckit-internal.h"

/*
 * contracts/: one contract an operation, export or section; a file in which
 * none is found is one.  Files are opaque: lines are looked at, no language
 * is parsed.
 */

static const char *const method[] = {
	"get", "post", "put", "patch", "delete", "head", "options", "trace"
};

/* What JSON escapes may hide: a name is one line. */
static const char *
one_line(struct skr *r, struct df_str t)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s;
	size_t i;

	for (i = 0; i < t.n && t.s[i]; i++)
		df_buf_ch(&b, (unsigned char)t.s[i] < 0x20 ? ' ' : t.s[i]);
	s = sk_str(r, (struct df_str){ b.s, b.n });
	df_buf_release(&b);
	return s;
}

static struct df_skcontract *
contract(struct skr *r, enum df_skform form, struct df_str name,
    uint32_t line, uint32_t col)
{
	struct df_skcontract *c;

	if (name.n == 0 || name.n > 300 || !sk_take(r, 1))
		return NULL;
	c = SK_PUSH(r->contract);
	c->name = one_line(r, name);
	c->key = "";
	c->form = (uint8_t)form;
	c->text = sk_none();
	c->at.file = r->file;
	c->at.line = line + 1;
	c->at.col = col + 1;
	return c;
}

static int
is_method(struct df_str t)
{
	size_t i;

	for (i = 0; i < DF_LEN(method); i++)
		if (df_str_ieq(t, method[i]))
			return 1;
	return 0;
}

static const char *
operation_name(struct skr *r, struct df_str m, struct df_str path)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s;
	size_t i;

	for (i = 0; i < m.n; i++)
		df_buf_ch(&b, m.s[i] & ~32);
	df_buf_fmt(&b, " %.*s", (int)path.n, path.s);
	s = sk_str(r, (struct df_str){ b.s, b.n });
	df_buf_release(&b);
	return s;
}

/* ---- OpenAPI in YAML, by its lines ---- */

struct yaml {
	struct skr *r;
	const char *s, *end;	/* what is left */
	uint32_t line;
	unsigned skip;		/* lines indented more are a block scalar's */
	int skipping;
};

/* The next line with a key: its indentation, key and value. */
static int
yaml_next(struct yaml *y, unsigned *indent, struct df_str *key,
    struct df_str *value)
{
	while (y->s < y->end) {
		const char *nl = memchr(y->s, '\n', (size_t)(y->end - y->s)),
		    *p;
		struct df_str t = { y->s, (size_t)((nl ? nl : y->end) - y->s) };
		size_t n = 0;

		y->s = nl ? nl + 1 : y->end;
		y->line++;
		if (t.n && t.s[t.n - 1] == '\r')
			t.n--;
		while (n < t.n && t.s[n] == ' ')
			n++;
		t = sk_skip(t, n);
		if (t.n == 0 || (y->skipping && n > y->skip))
			continue;
		y->skipping = 0;
		if (t.s[0] == '#' || t.s[0] == '-')
			continue;
		*indent = (unsigned)(n > 1000 ? 1000 : n);
		if (t.s[0] == '"' || t.s[0] == '\'') {
			p = memchr(t.s + 1, t.s[0], t.n - 1);
			if (p == NULL)
				continue;
			key->s = t.s + 1;
			key->n = (size_t)(p - t.s) - 1;
			t = sk_skip(t, key->n + 2);
			if (t.n == 0 || t.s[0] != ':')
				continue;
		} else {
			for (p = t.s; p < t.s + t.n; p++)
				if (*p == ':' && (p + 1 == t.s + t.n ||
				    p[1] == ' '))
					break;
			if (p == t.s + t.n)
				continue;
			key->s = t.s;
			key->n = (size_t)(p - t.s);
			t = sk_skip(t, key->n);
		}
		*value = df_str_trim(sk_skip(t, 1));
		if (value->n && (value->s[0] == '|' || value->s[0] == '>')) {
			y->skipping = 1;
			y->skip = *indent;
		}
		return 1;
	}
	return 0;
}

static int
is_answer(struct df_str t)
{
	return df_str_eq(t, "default") || (t.n == 3 && t.s[0] >= '1' &&
	    t.s[0] <= '5' && (sk_digit(t.s[1]) || t.s[1] == 'X'));
}

struct op {
	size_t at;		/* in r->contract; SIZE_MAX: none */
	SK_VEC(struct df_sktext) answer;
};

static void
end_op(struct skr *r, struct op *op)
{
	struct df_sktexts x;

	SK_KEEP(r, op->answer, &x.v, &x.n);
	if (op->at != SIZE_MAX)
		r->contract.v[op->at].answers = x;
	op->at = SIZE_MAX;
}

static struct df_str
unquoted(struct df_str t)
{
	size_t n;

	if (t.n > 1 && (t.s[0] == '"' || t.s[0] == '\'') &&
	    t.s[t.n - 1] == t.s[0])
		return (struct df_str){ t.s + 1, t.n - 2 };
	for (n = 0; n < t.n && t.s[n] != ' '; n++)
		;
	t.n = n;
	return t;
}

static void
read_yaml(struct skr *r, const struct df_skfile *f)
{
	struct yaml y = { r, f->s, f->s + f->n, UINT32_MAX, 0, 0 };
	struct df_str key, value, path = { "", 0 };
	struct df_skcontract *c;
	struct op op;
	unsigned indent, pathat = 0, opat = 0, answers = 0;
	int inside = 0;

	memset(&op, 0, sizeof(op));
	op.at = SIZE_MAX;
	while (yaml_next(&y, &indent, &key, &value) && !r->full) {
		if (indent == 0) {
			inside = df_str_eq(key, "paths");
			path.n = 0;
			end_op(r, &op);
			continue;
		}
		if (!inside)
			continue;
		if (key.n && key.s[0] == '/' && (path.n == 0 ||
		    indent <= pathat)) {
			end_op(r, &op);
			path = key;
			pathat = indent;
			continue;
		}
		if (path.n == 0 || indent <= pathat)
			continue;
		if (op.at == SIZE_MAX || indent <= opat) {
			end_op(r, &op);
			answers = 0;
			if (!is_method(key))
				continue;
			c = contract(r, DF_SK_OPERATION,
			    df_str(operation_name(r, key, path)), y.line,
			    indent);
			if (c)
				op.at = r->contract.n - 1;
			opat = indent;
			continue;
		}
		if (answers && indent <= answers)
			answers = 0;
		if (df_str_eq(key, "operationId") && answers == 0)
			r->contract.v[op.at].key = sk_str(r, unquoted(value));
		else if (df_str_eq(key, "responses") && answers == 0)
			answers = indent;
		else if (answers && is_answer(key) && sk_take(r, 1))
			*SK_PUSH(op.answer) = sk_piece(r, key,
			    (struct df_skplace){ r->file, y.line + 1,
			    indent + 1 });
	}
	end_op(r, &op);
}

/* ---- OpenAPI in JSON ---- */

static uint32_t
line_of(const char *s, size_t from, size_t to, uint32_t line)
{
	for (; from < to; from++)
		line += s[from] == '\n';
	return line;
}

static void
read_json(struct skr *r, const struct df_skfile *f)
{
	struct df_json j;
	struct df_buf b = DF_BUF_INIT;
	uint32_t paths, p, m, line = 0, t, id;
	size_t at = 0;

	memset(&j, 0, sizeof(j));
	if (df_json_scan(&j, f->s, f->n, 0, f->path, NULL) == -1)
		goto done;
	paths = df_jget(&j, 0, "paths");
	if (paths == 0 || j.tok[paths].type != DF_JOBJECT)
		goto done;
	for (p = df_jfirst(&j, paths); p < df_jnext(&j, paths) && !r->full;
	    p = df_jnext(&j, p + 1)) {
		if (j.tok[p + 1].type != DF_JOBJECT)
			continue;
		for (m = df_jfirst(&j, p + 1); m < df_jnext(&j, p + 1);
		    m = df_jnext(&j, m + 1)) {
			struct df_str name = { f->s + j.tok[m].start,
			    j.tok[m].end - j.tok[m].start };
			SK_VEC(struct df_sktext) answer = { 0 };
			struct df_skcontract *c;

			if (!is_method(name))
				continue;
			line = line_of(f->s, at, j.tok[m].start, line);
			at = j.tok[m].start;
			df_buf_reset(&b);
			df_jtext(&j, p, &b);
			c = contract(r, DF_SK_OPERATION, df_str(
			    operation_name(r, name, (struct df_str){ b.s,
			    b.n })), line, 0);
			if (c == NULL || j.tok[m + 1].type != DF_JOBJECT)
				continue;
			id = df_jget(&j, m + 1, "operationId");
			df_buf_reset(&b);
			if (id && j.tok[id].type == DF_JSTRING)
				df_jtext(&j, id, &b);
			c->key = one_line(r, (struct df_str){ b.s, b.n });
			t = df_jget(&j, m + 1, "responses");
			if (t == 0 || j.tok[t].type != DF_JOBJECT)
				continue;
			for (id = df_jfirst(&j, t); id < df_jnext(&j, t);
			    id = df_jnext(&j, id + 1)) {
				df_buf_reset(&b);
				df_jtext(&j, id, &b);
				if (is_answer((struct df_str){ b.s, b.n }) &&
				    sk_take(r, 1))
					*SK_PUSH(answer) = sk_piece(r,
					    (struct df_str){ b.s, b.n },
					    c->at);
			}
			SK_KEEP(r, answer, &c->answers.v, &c->answers.n);
		}
	}
done:
	df_json_release(&j);
	df_buf_release(&b);
}

/* ---- exports ---- */

static size_t
word(struct df_str t)
{
	size_t n = 0;

	while (n < t.n && (sk_alnum(t.s[n]) || t.s[n] == '_' ||
	    t.s[n] == '$'))
		n++;
	return n;
}

static int
export_name(struct df_str t, struct df_str *name)
{
	static const char *const before[] = { "default", "declare", "async",
	    "abstract", "const" };
	static const char *const kind[] = { "interface", "type", "class",
	    "function", "enum", "const", "let", "var", "namespace" };
	size_t i;

	if (!df_str_word(t, "export"))
		return 0;
	t = df_str_trim(sk_skip(t, 6));
	for (i = 0; i < DF_LEN(before); i++)
		if (df_str_word(t, before[i]) && (i < 4 || df_str_word(
		    df_str_trim(sk_skip(t, 5)), "enum")))
			t = df_str_trim(sk_skip(t, strlen(before[i])));
	for (i = 0; i < DF_LEN(kind); i++)
		if (df_str_word(t, kind[i]))
			break;
	if (i == DF_LEN(kind))
		return 0;
	t = df_str_trim(sk_skip(t, strlen(kind[i])));
	if (t.n && t.s[0] == '*')
		t = df_str_trim(sk_skip(t, 1));
	name->s = t.s;
	name->n = word(t);
	return name->n > 0;
}

static void
read_exports(struct skr *r, const struct df_skfile *f)
{
	const char *s = f->s, *end = f->s + f->n, *nl, *from = NULL;
	struct df_map seen = { 0 };
	struct df_skcontract *c;
	struct df_str t, name;
	uint32_t line = 0;
	int comment = 0;

	for (; s < end && !r->full; s = nl ? nl + 1 : end, line++) {
		nl = memchr(s, '\n', (size_t)(end - s));
		t.s = s;
		t.n = (size_t)((nl ? nl : end) - s);
		if (comment) {
			comment = df_str_find(t, "*/") == NULL;
			continue;
		}
		if ((from = df_str_find(t, "/*")) != NULL &&
		    df_str_find((struct df_str){ from, (size_t)(t.s + t.n -
		    from) }, "*/") == NULL)
			comment = 1;
		if (!export_name(t, &name) ||
		    df_map_get(&seen, name.s, name.n) != DF_MAP_NONE)
			continue;
		/* overloads are one */
		df_map_set(&seen, name.s, name.n, 1);
		c = contract(r, DF_SK_EXPORT, name, line,
		    (uint32_t)(name.s - s));
		if (c == NULL)
			break;
	}
	df_map_release(&seen);
}

/* ---- Markdown ---- */

/* "POST /rooms/{id}", with what emphasis and code there is: its parts. */
static int
endpoint(struct df_str t, struct df_str *m, struct df_str *path)
{
	size_t i, n;

	t = df_md_bare(df_md_unnumbered(df_md_bare(t)));
	for (i = 0; i < t.n && i < 64; i++) {
		if (!sk_begins(t, i))
			continue;
		n = word(sk_skip(t, i));
		if (n < 3 || i + n + 1 >= t.n)
			continue;
		m->s = t.s + i;
		m->n = n;
		if (!is_method(*m) || t.s[i] >= 'a')
			continue;
		*path = sk_skip(t, i + n);
		while (path->n && strchr(" `*", path->s[0]))
			*path = sk_skip(*path, 1);
		if (path->n < 1 || path->s[0] != '/')
			continue;
		for (n = 0; n < path->n && strchr(" `*", path->s[n]) == NULL;
		    n++)
			;
		path->n = n;
		return 1;
	}
	return 0;
}

static int
about_file(struct df_str t)
{
	static const char *const name[] = { "overview", "introduction",
	    "notes", "note", "summary", "changelog", "references",
	    "table of contents", "conventions", "purpose", "background",
	    "related", "scope", "status" };
	size_t i;

	for (i = 0; i < DF_LEN(name); i++)
		if (df_md_title(t, name[i]))
			return 1;
	return 0;
}

static void
read_sections(struct skr *r)
{
	const struct df_md *md = r->md;
	struct df_str m, path, num, t;
	struct df_skcontract *c;
	uint32_t i;
	int ops = 0;

	for (i = 0; i < md->lines && !ops; i++)
		ops = md->line[i].kind == DF_MD_HEADING &&
		    endpoint(sk_line(&md->line[i]), &m, &path);
	for (i = 0; i < md->lines && !r->full; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind != DF_MD_HEADING)
			continue;
		t = sk_title(sk_line(l), &num);
		if (ops ? !endpoint(sk_line(l), &m, &path) : l->level != 2 ||
		    about_file(t))
			continue;
		c = contract(r, ops ? DF_SK_OPERATION : DF_SK_SECTION, ops ?
		    df_str(operation_name(r, m, path)) : t, i, 0);
		if (c == NULL)
			continue;
		c->at = sk_at(r, i, sk_line(l));
		c->text = sk_block(r, i + 1,
		    sk_section_end(md, i, md->lines));
	}
}

static int
named(const char *name, const char *const *end, size_t n)
{
	size_t i, len = strlen(name), k;

	for (i = 0; i < n; i++) {
		k = strlen(end[i]);
		if (len > k && strcmp(name + len - k, end[i]) == 0)
			return 1;
	}
	return 0;
}

void
sk_contract(struct skr *r)
{
	static const char *const yaml[] = { ".yaml", ".yml" };
	static const char *const script[] = { ".ts", ".tsx", ".mts", ".js",
	    ".mjs" };
	const struct df_skfile *f = &r->sk->file[r->file];
	size_t before = r->contract.n;

	if (r->md)
		read_sections(r);
	else if (df_utf8_bad(f->s, f->n) < f->n)
		;	/* bytes of some other kind: one contract */
	else if (named(f->name, yaml, DF_LEN(yaml)))
		read_yaml(r, f);
	else if (named(f->name, script, DF_LEN(script)))
		read_exports(r, f);
	else if (strstr(f->name, ".json"))
		read_json(r, f);
	if (r->contract.n == before)
		contract(r, DF_SK_WHOLE, df_str(strrchr(f->name, '/') ?
		    strrchr(f->name, '/') + 1 : f->name), 0, 0);
}
