#include "base/df.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema-internal.h"

/* By length first: most names are told apart without a look at them. */
static int
def_cmp(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->s, y->s, x->n);
}

static int
compile(struct comp *c, const char *text, size_t n)
{
	/* messages quote from it */
	text = df_arena_str(&c->w->a, text, n);
	if (df_json_scan(&c->j, text, n, 0, c->what, c->e) < 0)
		return -1;
	c->w->root.root = df_schema_node(c, 0);
	if (c->w->root.root == NULL)
		return -1;
	if (c->w->ndef)
		qsort(c->w->def, c->w->ndef, sizeof(*c->w->def), def_cmp);
	return df_schema_link(c);
}

struct df_schema *
df_schema_compile(const char *text, size_t n, const char *what,
    struct df_err *e)
{
	struct comp c = { .what = what, .e = e, .path = DF_BUF_INIT,
	    .tmp = DF_BUF_INIT };
	int r;

	c.w = df_calloc(1, sizeof(*c.w));
	c.w->root.whole = c.w;
	c.w->patterns = df_patterns_new();
	r = compile(&c, text, n);
	df_json_release(&c.j);
	df_buf_release(&c.path);
	df_buf_release(&c.tmp);
	df_map_release(&c.node);
	free(c.all);
	if (r == 0)
		return &c.w->root;
	df_schema_free(&c.w->root);
	return NULL;
}

void
df_schema_free(struct df_schema *s)
{
	struct whole *w;

	if (s == NULL)
		return;
	w = s->whole;
	df_patterns_free(w->patterns);
	df_arena_release(&w->a);
	free(w);
}

const char *
df_schema_id(const struct df_schema *s)
{
	return s->whole->id;
}

const struct df_schema *
df_schema_def(const struct df_schema *s, const char *name)
{
	const struct whole *w = s->whole;
	struct str key = { name, strlen(name) };
	const struct def *d = NULL;

	if (w->ndef)
		d = bsearch(&key, w->def, w->ndef, sizeof(*d), def_cmp);
	return d ? &d->schema : NULL;
}

static _Atomic(struct df_schema *) *built;	/* by index in the table */
static size_t nbuilt;

static void
built_init(void)
{
	while (df_schema_text[nbuilt].name)
		nbuilt++;
	built = df_calloc(nbuilt, sizeof(*built));
}

static int
text_cmp(const void *name, const void *t)
{
	return strcmp(name, ((const struct df_schema_text *)t)->name);
}

const struct df_schema *
df_schema_get(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const struct df_schema_text *t;
	struct df_schema *s, *mine;
	struct df_err e;
	size_t i;

	pthread_once(&once, built_init);
	t = bsearch(name, df_schema_text, nbuilt, sizeof(*t), text_cmp);
	if (t == NULL)
		return NULL;
	i = (size_t)(t - df_schema_text);
	s = atomic_load_explicit(&built[i], memory_order_acquire);
	if (s)
		return s;
	mine = df_schema_compile(t->text, t->n, name, &e);
	if (mine == NULL)
		DF_BUG(e.msg);
	if (atomic_compare_exchange_strong(&built[i], &s, mine))
		return mine;
	df_schema_free(mine);
	return s;
}

int
df_schema_scan(struct df_json *j, const char *s, size_t n, unsigned flags,
    const char *name, const char *what, struct df_err *e)
{
	const struct df_schema *schema;

	if (df_json_scan(j, s, n, flags, what, e) < 0)
		return -1;
	schema = df_schema_get(name);
	if (schema == NULL)
		return df_fail(e, DF_INPUT, "schema.unknown",
		    "%s: no schema is named %s", what, name);
	return df_schema_check(schema, j, 0, what, e);
}

int
df_schema_write(struct df_buf *b, jv v, const char *name, struct df_err *e)
{
	struct df_json j = { 0 };
	size_t was = b->n;
	int r;

	r = df_json_write(b, v, e);
	if (r == 0) {
		df_buf_ch(b, '\n');
		r = df_schema_scan(&j, b->s + was, b->n - was, DF_JSON_CANON,
		    name, name, e);
	}
	if (r < 0)
		df_buf_cut(b, was);
	df_json_release(&j);
	return r;
}
