#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema-internal.h"
#include "base/text.h"

#define PATH_LIMIT 4096		/* bytes of a place in a schema */
#define MULTIPLE_EXP 400

/*
 * What reads a keyword's value, token t.  It gets the member of struct node
 * that the table names, or (at 0) the node.
 */
typedef int kw_fn(struct comp *c, void *at, uint32_t t);

static int
bad_value(struct comp *c, const char *why)
{
	return df_schema_bad(c, "schema.value", "%s", why);
}

/* The unescaped string of token t, kept. */
static struct str
keep(struct comp *c, uint32_t t)
{
	struct str s;

	df_buf_reset(&c->tmp);
	df_jtext(&c->j, t, &c->tmp);
	s.n = c->tmp.n;
	s.s = df_arena_str(&c->w->a, c->tmp.s, c->tmp.n);
	return s;
}

static struct df_pattern *
pattern(struct comp *c, struct str text)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_pattern *p;
	struct df_err e;

	p = df_pattern_new(c->w->patterns, text.s, text.n, &e);
	if (p)
		return p;
	df_text_foreign(&b, text.s, text.n, DF_TEXT_LINE, 0, 120);
	df_schema_bad(c, "schema.pattern", "%s%s%s", b.s, b.n ? ": " : "",
	    e.msg);
	df_buf_release(&b);
	return NULL;
}

/* An array of different strings, sorted. */
static struct str *
strings(struct comp *c, uint32_t t, size_t *count)
{
	uint32_t i, k, n = c->j.tok[t].n;
	struct str *v;

	if (c->j.tok[t].type != DF_JARRAY)
		goto bad;
	v = df_arena_alloc(&c->w->a, (n + (size_t)1) * sizeof(*v));
	for (i = 0, k = df_jfirst(&c->j, t); i < n;
	    i++, k = df_jnext(&c->j, k)) {
		if (c->j.tok[k].type != DF_JSTRING)
			goto bad;
		v[i] = keep(c, k);
	}
	qsort(v, n, sizeof(*v), df_schema_str_cmp);
	for (i = 1; i < n; i++)
		if (df_schema_str_cmp(&v[i - 1], &v[i]) == 0) {
			bad_value(c, "has a string twice");
			return NULL;
		}
	*count = n;
	return v;
bad:
	bad_value(c, "must be an array of strings");
	return NULL;
}

/* Compile what is at t below the name that is pushed, then pop the name. */
static struct node *
below(struct comp *c, uint32_t t, size_t pop)
{
	struct node *n = df_schema_node(c, t);

	if (n)
		df_buf_cut(&c->path, pop);
	return n;
}

static struct node *
member_schema(struct comp *c, struct str name, uint32_t t)
{
	size_t was = c->path.n;

	df_schema_pointer(&c->path, name.s, name.n);
	return below(c, t, was);
}

/* ---- keywords ---- */

static int
at_root(struct comp *c, const struct node *n)
{
	return n == c->all[0] ? 0 : df_schema_bad(c, "schema.keyword",
	    "is supported only at the root of a schema");
}

static int
kw_dialect(struct comp *c, void *at, uint32_t t)
{
	static const char dialect[] =
	    "https://json-schema.org/draft/2020-12/schema";

	if (at_root(c, at) < 0)
		return -1;
	return df_jis(&c->j, t, dialect) ? 0 : df_schema_bad(c,
	    "schema.dialect", "must be \"%s\"", dialect);
}

static int
kw_id(struct comp *c, void *at, uint32_t t)
{
	struct str s = { "", 0 };
	size_t i;

	if (at_root(c, at) < 0)
		return -1;
	if (c->j.tok[t].type == DF_JSTRING)
		s = keep(c, t);
	/* RFC 3986: scheme ":" ..., without a fragment */
	for (i = 0; i < s.n; i++)
		if (!((s.s[i] | 32) >= 'a' && (s.s[i] | 32) <= 'z') &&
		    (i == 0 || s.s[i] == '\0' ||
		    strchr("0123456789+-.", s.s[i]) == NULL))
			break;
	if (i == 0 || i + 1 >= s.n || s.s[i] != ':')
		return df_schema_bad(c, "schema.id", "must be an absolute URI");
	for (; i < s.n; i++)
		if (s.s[i] <= ' ' || s.s[i] >= 0x7f || s.s[i] == '#')
			return df_schema_bad(c, "schema.id",
			    "must be a URI without a fragment");
	c->w->id = s.s;
	return 0;
}

static int
kw_ref(struct comp *c, void *at, uint32_t t)
{
	struct ref *r = df_arena_alloc(&c->w->a, sizeof(*r));

	r->from = at;
	r->to = keep(c, t);
	r->link = c->ref;
	c->ref = r;
	if (r->to.n == 0 || r->to.s[0] != '#' ||
	    (r->to.n > 1 && r->to.s[1] != '/'))
		return df_schema_bad(c, "schema.ref", "must be # or #/... : a "
		    "place in the same schema");
	return 0;
}

static int
kw_title(struct comp *c, void *at, uint32_t t)
{
	*(const char **)at = keep(c, t).s;
	return 0;
}

static int
kw_type(struct comp *c, void *at, uint32_t t)
{
	uint32_t i, k = t, count = 1;
	uint16_t *types = at;
	size_t w;

	if (c->j.tok[t].type == DF_JARRAY) {
		count = c->j.tok[t].n;
		k = df_jfirst(&c->j, t);
	}
	if (count == 0)
		return bad_value(c, "names no type");
	for (i = 0; i < count; i++, k = df_jnext(&c->j, k)) {
		for (w = 0; w < SCHEMA_TYPES; w++)
			if (df_jis(&c->j, k, df_schema_type[w].name))
				break;
		if (w == SCHEMA_TYPES)
			return bad_value(c, "is no type");
		if (*types & df_schema_type[w].bits)
			return bad_value(c, "has a type twice");
		*types = (uint16_t)(*types | df_schema_type[w].bits);
	}
	return 0;
}

/* The n values from token k on. */
static struct values *
values(struct comp *c, uint32_t k, uint32_t n)
{
	struct values *v = df_arena_alloc(&c->w->a, sizeof(*v));
	struct df_buf b = DF_BUF_INIT;
	const struct df_jtok *tok;
	size_t q;

	v->text = df_arena_alloc(&c->w->a, n * sizeof(*v->text) + 1);
	v->other = df_arena_alloc(&c->w->a, n * sizeof(*v->other) + 1);
	v->raw = df_arena_alloc(&c->w->a, n * sizeof(*v->raw) + 1);
	for (; v->nraw < n; k = df_jnext(&c->j, k)) {
		tok = &c->j.tok[k];
		q = tok->type == DF_JSTRING;
		v->types |= 1u << tok->type;
		v->raw[v->nraw].s = c->j.s + tok->start - q;
		v->raw[v->nraw++].n = tok->end - tok->start + 2 * q;
		if (q) {
			v->text[v->ntext++] = keep(c, k);
			continue;
		}
		df_buf_reset(&b);
		df_schema_canon(&c->j, k, &b, &c->tmp);
		v->other[v->nother].s = df_arena_str(&c->w->a, b.s, b.n);
		v->other[v->nother++].n = b.n;
	}
	df_buf_release(&b);
	qsort(v->text, v->ntext, sizeof(*v->text), df_schema_str_cmp);
	qsort(v->other, v->nother, sizeof(*v->other), df_schema_str_cmp);
	return v;
}

static int
kw_const(struct comp *c, void *at, uint32_t t)
{
	*(struct values **)at = values(c, t, 1);
	return 0;
}

static int
kw_enum(struct comp *c, void *at, uint32_t t)
{
	*(struct values **)at = values(c, df_jfirst(&c->j, t), c->j.tok[t].n);
	return 0;
}

static int
kw_limit(struct comp *c, void *at, uint32_t t)
{
	const struct df_jtok *k = &c->j.tok[t];
	struct limit *l = df_arena_alloc(&c->w->a, sizeof(*l));

	l->raw = (struct str){ c->j.s + k->start, k->end - k->start };
	df_decimal_read(&l->x, l->raw.s, l->raw.n, &c->tmp);
	l->x.d = df_arena_str(&c->w->a, l->x.d, l->x.n);
	*(struct limit **)at = l;
	return 0;
}

static int
kw_multiple(struct comp *c, void *at, uint32_t t)
{
	const struct df_decimal *x;

	kw_limit(c, at, t);
	x = &(*(struct limit **)at)->x;
	if (x->sign <= 0)
		return bad_value(c, "must be greater than 0");
	if (x->n > DF_DECIMAL_DIGITS || x->mag > MULTIPLE_EXP ||
	    x->mag < -MULTIPLE_EXP)
		return df_schema_bad(c, "schema.value", "must have at most %d "
		    "digits and lie between 1e-%d and 1e%d", DF_DECIMAL_DIGITS,
		    MULTIPLE_EXP, MULTIPLE_EXP);
	return 0;
}

static int
kw_count(struct comp *c, void *at, uint32_t t)
{
	const struct df_jtok *k = &c->j.tok[t];
	struct df_decimal x;

	df_decimal_read(&x, c->j.s + k->start, k->end - k->start, &c->tmp);
	return df_decimal_count(&x, at) == 0 ? 0 :
	    bad_value(c, "must be a whole number of at least 0");
}

static int
kw_pattern(struct comp *c, void *at, uint32_t t)
{
	struct node *n = at;

	n->pattern_text = keep(c, t);
	n->pattern = pattern(c, n->pattern_text);
	return n->pattern ? 0 : -1;
}

static int
kw_unique(struct comp *c, void *at, uint32_t t)
{
	*(int *)at = c->j.tok[t].type == DF_JTRUE;
	return 0;
}

static int
kw_schema(struct comp *c, void *at, uint32_t t)
{
	struct node **n = at;

	*n = df_schema_node(c, t);
	return *n ? 0 : -1;
}

static int
kw_list(struct comp *c, void *at, uint32_t t)
{
	uint32_t k, n = c->j.tok[t].n;
	size_t was = c->path.n;
	struct list *l = at;

	if (c->j.tok[t].type != DF_JARRAY || n == 0)
		return bad_value(c, "must be an array of at least one schema");
	l->v = df_arena_alloc(&c->w->a, n * sizeof(*l->v));
	for (k = df_jfirst(&c->j, t); l->n < n; k = df_jnext(&c->j, k)) {
		df_buf_fmt(&c->path, "/%zu", l->n);
		l->v[l->n] = below(c, k, was);
		if (l->v[l->n++] == NULL)
			return -1;
	}
	return 0;
}

/* Those at the root are kept; others are there for $ref alone. */
static int
kw_defs(struct comp *c, void *at, uint32_t t)
{
	uint32_t i, k, n = c->j.tok[t].n;
	struct def *def = df_arena_alloc(&c->w->a, n * sizeof(*def) + 1);

	for (i = 0, k = df_jfirst(&c->j, t); i < n;
	    i++, k = df_jnext(&c->j, k + 1)) {
		def[i].name = keep(c, k);
		def[i].schema.whole = c->w;
		def[i].schema.root = member_schema(c, def[i].name, k + 1);
		if (def[i].schema.root == NULL)
			return -1;
	}
	if (at == c->all[0]) {
		c->w->def = def;
		c->w->ndef = n;
	}
	return 0;
}

static int
kw_matching(struct comp *c, void *at, uint32_t t)
{
	uint32_t i, k, count = c->j.tok[t].n;
	size_t was = c->path.n;
	struct node *n = at;
	struct matching *m;
	struct str name;

	m = df_arena_alloc(&c->w->a, count * sizeof(*m) + 1);
	n->matching = m;
	n->nmatching = count;
	for (i = 0, k = df_jfirst(&c->j, t); i < count;
	    i++, k = df_jnext(&c->j, k + 1)) {
		name = keep(c, k);
		df_schema_pointer(&c->path, name.s, name.n);
		m[i].pattern = pattern(c, name);
		if (m[i].pattern == NULL)
			return -1;
		m[i].schema = below(c, k + 1, was);
		if (m[i].schema == NULL)
			return -1;
	}
	return 0;
}

/* dependentRequired and dependentSchemas, whose entries are kept together. */
static int
dependents(struct comp *c, struct node *n, uint32_t t, int schemas)
{
	uint32_t i, k, count = c->j.tok[t].n;
	struct dependent *v, *d;
	size_t was = c->path.n;

	v = df_arena_alloc(&c->w->a, (n->ndependent + count) * sizeof(*v) + 1);
	if (n->ndependent)
		memcpy(v, n->dependent, n->ndependent * sizeof(*v));
	n->dependent = v;
	for (i = 0, k = df_jfirst(&c->j, t); i < count;
	    i++, k = df_jnext(&c->j, k + 1)) {
		d = &v[n->ndependent++];
		d->name = keep(c, k);
		if (schemas) {
			d->schema = member_schema(c, d->name, k + 1);
			if (d->schema == NULL)
				return -1;
			continue;
		}
		df_schema_pointer(&c->path, d->name.s, d->name.n);
		d->needs = strings(c, k + 1, &d->n);
		if (d->needs == NULL)
			return -1;
		df_buf_cut(&c->path, was);
	}
	return 0;
}

static int
kw_needs(struct comp *c, void *at, uint32_t t)
{
	return dependents(c, at, t, 0);
}

static int
kw_dependent(struct comp *c, void *at, uint32_t t)
{
	return dependents(c, at, t, 1);
}

/* For members(), when all keywords are read. */
static int
kw_later(struct comp *c, void *at, uint32_t t)
{
	(void)c;
	*(uint32_t *)at = t;
	return 0;
}

/* One table of what properties and required name. */
static int
members(struct comp *c, struct node *n)
{
	uint32_t i, k, np = n->properties ? c->j.tok[n->properties].n : 0;
	size_t was = c->path.n, nr = 0, m = 0, o;
	struct str *need = NULL;
	struct member *v;

	if (n->required) {
		df_buf_str(&c->path, "/required");
		need = strings(c, n->required, &nr);
		if (need == NULL)
			return -1;
		df_buf_cut(&c->path, was);
	}
	v = df_arena_alloc(&c->w->a, (np + nr) * sizeof(*v) + 1);
	if (np)
		df_buf_str(&c->path, "/properties");
	for (i = 0, k = df_jfirst(&c->j, n->properties); i < np;
	    i++, k = df_jnext(&c->j, k + 1)) {
		v[i].name = keep(c, k);
		v[i].schema = member_schema(c, v[i].name, k + 1);
		if (v[i].schema == NULL)
			return -1;
	}
	df_buf_cut(&c->path, was);
	for (o = 0; o < nr; o++) {
		v[np + o].name = need[o];
		v[np + o].required = 1;
	}
	qsort(v, np + nr, sizeof(*v), df_schema_str_cmp);
	for (o = 0; o < np + nr; o++) {
		if (m && df_schema_str_cmp(&v[m - 1].name, &v[o].name) == 0) {
			v[m - 1].required = 1;
			if (v[o].schema)
				v[m - 1].schema = v[o].schema;
		} else {
			v[m++] = v[o];
		}
	}
	n->member = v;
	n->nmember = m;
	n->nrequired = nr;
	return 0;
}

/* ---- schemas ---- */

#define AT(m) offsetof(struct node, m)

static const struct keyword {
	const char *name;
	kw_fn *read;		/* NULL: an annotation */
	size_t at;
	uint8_t wants;		/* types of its value; 0: read() looks */
	uint8_t has;
} keyword[] = {
	{ "$comment", NULL, 0, T_STRING, 0 },
	{ "$defs", kw_defs, 0, T_OBJECT, 0 },
	{ "$id", kw_id, 0, 0, 0 },
	{ "$ref", kw_ref, 0, T_STRING, HAS_MORE },
	{ "$schema", kw_dialect, 0, 0, 0 },
	{ "additionalProperties", kw_schema, AT(additional), 0, HAS_OBJECT },
	{ "allOf", kw_list, AT(all), 0, HAS_MORE },
	{ "anyOf", kw_list, AT(any), 0, HAS_MORE },
	{ "const", kw_const, AT(only), 0, 0 },
	{ "contains", kw_schema, AT(contains), 0, HAS_ARRAY },
	{ "default", NULL, 0, 0, 0 },
	{ "dependentRequired", kw_needs, 0, T_OBJECT, HAS_OBJECT },
	{ "dependentSchemas", kw_dependent, 0, T_OBJECT, HAS_OBJECT },
	{ "description", NULL, 0, T_STRING, 0 },
	{ "else", kw_schema, AT(otherwise), 0, HAS_MORE },
	{ "enum", kw_enum, AT(among), T_ARRAY, 0 },
	{ "examples", NULL, 0, T_ARRAY, 0 },
	{ "exclusiveMaximum", kw_limit, AT(below), T_NUMBER, HAS_NUMBER },
	{ "exclusiveMinimum", kw_limit, AT(above), T_NUMBER, HAS_NUMBER },
	{ "format", NULL, 0, T_STRING, 0 },
	{ "if", kw_schema, AT(test), 0, HAS_MORE },
	{ "items", kw_schema, AT(items), 0, HAS_ARRAY },
	{ "maxContains", kw_count, AT(max_contains), T_NUMBER, HAS_ARRAY },
	{ "maxItems", kw_count, AT(max_items), T_NUMBER, HAS_ARRAY },
	{ "maxLength", kw_count, AT(max_length), T_NUMBER, HAS_STRING },
	{ "maxProperties", kw_count, AT(max_members), T_NUMBER, HAS_OBJECT },
	{ "maximum", kw_limit, AT(maximum), T_NUMBER, HAS_NUMBER },
	{ "minContains", kw_count, AT(min_contains), T_NUMBER, HAS_ARRAY },
	{ "minItems", kw_count, AT(min_items), T_NUMBER, HAS_ARRAY },
	{ "minLength", kw_count, AT(min_length), T_NUMBER, HAS_STRING },
	{ "minProperties", kw_count, AT(min_members), T_NUMBER, HAS_OBJECT },
	{ "minimum", kw_limit, AT(minimum), T_NUMBER, HAS_NUMBER },
	{ "multipleOf", kw_multiple, AT(multiple), T_NUMBER, HAS_NUMBER },
	{ "not", kw_schema, AT(not), 0, HAS_MORE },
	{ "oneOf", kw_list, AT(one), 0, HAS_MORE },
	{ "pattern", kw_pattern, 0, T_STRING, HAS_STRING },
	{ "patternProperties", kw_matching, 0, T_OBJECT, HAS_OBJECT },
	{ "prefixItems", kw_list, AT(prefix), 0, HAS_ARRAY },
	{ "properties", kw_later, AT(properties), T_OBJECT, HAS_OBJECT },
	{ "propertyNames", kw_schema, AT(names), 0, HAS_OBJECT },
	{ "required", kw_later, AT(required), 0, HAS_OBJECT },
	{ "then", kw_schema, AT(then), 0, HAS_MORE },
	{ "title", kw_title, AT(title), T_STRING, 0 },
	{ "type", kw_type, AT(types), 0, 0 },
	{ "uniqueItems", kw_unique, AT(unique), T_BOOLEAN, HAS_ARRAY },
};

static int
keyword_cmp(const void *name, const void *k)
{
	return strcmp(name, ((const struct keyword *)k)->name);
}

/* The keyword whose name is pushed, with the value at token t. */
static int
read_keyword(struct comp *c, struct node *n, struct str name, uint32_t t)
{
	const struct keyword *k = NULL;
	size_t i;

	if (memchr(name.s, '\0', name.n) == NULL)
		k = bsearch(name.s, keyword, DF_LEN(keyword),
		    sizeof(*keyword), keyword_cmp);
	if (k == NULL)
		return df_schema_bad(c, "schema.keyword",
		    "keyword is not supported");
	for (i = 0; i < SCHEMA_TYPES; i++)
		if (k->wants == df_schema_type[i].bits &&
		    (k->wants >> c->j.tok[t].type & 1) == 0)
			return df_schema_bad(c, "schema.value", "must be %s",
			    df_schema_type[i].text);
	n->has = (uint8_t)(n->has | k->has);
	return k->read ? k->read(c, (char *)n + k->at, t) : 0;
}

static struct node *
node(struct comp *c)
{
	struct node *n = df_arena_alloc(&c->w->a, sizeof(*n));

	n->place = df_arena_str(&c->w->a, c->path.s, c->path.n);
	DF_GROW(c->all, c->nall, c->cap);
	df_map_set(&c->node, n->place, c->path.n, c->nall);
	c->all[c->nall++] = n;
	n->max_length = n->max_items = n->max_contains = n->max_members =
	    UINT32_MAX;
	n->min_contains = 1;
	return n;
}

struct node *
df_schema_node(struct comp *c, uint32_t t)
{
	unsigned type = c->j.tok[t].type;
	size_t was = c->path.n;
	struct str name;
	struct node *n;
	uint32_t i, k;

	if (was > PATH_LIMIT) {
		df_buf_cut(&c->path, 0);
		df_schema_bad(c, "schema.depth", "a schema's place has more "
		    "than %d bytes", PATH_LIMIT);
		return NULL;
	}
	n = node(c);
	if (type == DF_JTRUE)
		return n;
	if (type == DF_JFALSE) {
		n->never = 1;
		n->types = T_NEVER;
		return n;
	}
	if (type != DF_JOBJECT) {
		bad_value(c, "a schema is an object or a boolean");
		return NULL;
	}
	for (i = 0, k = df_jfirst(&c->j, t); i < c->j.tok[t].n;
	    i++, k = df_jnext(&c->j, k + 1)) {
		name = keep(c, k);
		df_schema_pointer(&c->path, name.s, name.n);
		if (read_keyword(c, n, name, k + 1) < 0)
			return NULL;
		df_buf_cut(&c->path, was);
	}
	if ((n->properties || n->required) && members(c, n) < 0)
		return NULL;
	return n;
}
