#include "base/df.h"

#include <string.h>

#include "base/schema-internal.h"
#include "base/text.h"

/* Undo %XX.  What remains is compared with places as they are written. */
static int
unpercent(const char *s, size_t n, struct df_buf *b)
{
	uint8_t v;
	size_t i;

	df_buf_reset(b);
	for (i = 0; i < n; i++) {
		if (s[i] != '%') {
			df_buf_ch(b, s[i]);
			continue;
		}
		if (n - i < 3 || df_unhex_any(&v, 1, s + i + 1, 2) < 0)
			return -1;
		df_buf_ch(b, v);
		i += 2;
	}
	return 0;
}

/* The node that a $ref names, or NULL. */
static struct node *
target(struct comp *c, const struct ref *r)
{
	size_t i;

	if (unpercent(r->to.s + 1, r->to.n - 1, &c->tmp) < 0)
		return NULL;
	i = df_map_get(&c->node, c->tmp.s, c->tmp.n);
	return i == DF_MAP_NONE ? NULL : c->all[i];
}

static int
link_ref(struct comp *c, const struct ref *r)
{
	struct df_buf b = DF_BUF_INIT;

	r->from->ref = target(c, r);
	if (r->from->ref)
		return 0;
	df_buf_reset(&c->path);
	df_buf_str(&c->path, r->from->place);
	df_buf_str(&c->path, "/$ref");
	df_text_foreign(&b, r->to.s, r->to.n, DF_TEXT_LINE, 0, 200);
	df_schema_bad(c, "schema.ref", "%s is no schema in this text", b.s);
	df_buf_release(&b);
	return -1;
}

enum { WHITE, GREY, BLACK };

static int height(struct comp *, struct node *, int);

static int
higher(struct comp *c, struct node *n, struct node *kid, int depth)
{
	int h;

	if (kid == NULL)
		return 0;
	h = height(c, kid, depth + 1);
	if (h >= n->height)
		n->height = h + 1;
	return h < 0 ? -1 : 0;
}

static int
higher_list(struct comp *c, struct node *n, const struct list *l, int depth)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (higher(c, n, l->v[i], depth) < 0)
			return -1;
	return 0;
}

/*
 * How many schemas are nested in place, that is applied to one value one
 * inside the other.  A circle among them would never end.
 */
static int
height(struct comp *c, struct node *n, int depth)
{
	size_t i;

	if (n->colour == BLACK && depth + n->height <= SCHEMA_IN_PLACE)
		return n->height;
	df_buf_reset(&c->path);
	df_buf_str(&c->path, n->place);
	if (n->colour == GREY)
		return df_schema_bad(c, "schema.loop",
		    "applies itself to the same value without end");
	if (depth > SCHEMA_IN_PLACE || n->colour == BLACK)
		return df_schema_bad(c, "schema.depth", "more than %d schemas "
		    "apply to one value, nested", SCHEMA_IN_PLACE);
	n->colour = GREY;
	if (higher(c, n, n->ref, depth) < 0 ||
	    higher(c, n, n->not, depth) < 0 ||
	    higher(c, n, n->test, depth) < 0 ||
	    higher(c, n, n->then, depth) < 0 ||
	    higher(c, n, n->otherwise, depth) < 0 ||
	    higher_list(c, n, &n->all, depth) < 0 ||
	    higher_list(c, n, &n->any, depth) < 0 ||
	    higher_list(c, n, &n->one, depth) < 0)
		return -1;
	for (i = 0; i < n->ndependent; i++)
		if (higher(c, n, n->dependent[i].schema, depth) < 0)
			return -1;
	n->colour = BLACK;
	return n->height;
}

/* A node that only refers to another is skipped when a value is checked. */
static void
alias(struct node *n)
{
	if (n->ref && n->has == HAS_MORE && n->types == 0 &&
	    n->only == NULL && n->among == NULL && n->all.n == 0 &&
	    n->any.n == 0 && n->one.n == 0 && n->not == NULL &&
	    n->test == NULL)
		n->alias = n->ref;
}

int
df_schema_link(struct comp *c)
{
	const struct ref *r;
	size_t i;

	for (r = c->ref; r; r = r->link)
		if (link_ref(c, r) < 0)
			return -1;
	for (i = 0; i < c->nall; i++)
		if (height(c, c->all[i], 0) < 0)
			return -1;
	for (i = 0; i < c->nall; i++)
		alias(c->all[i]);
	return 0;
}
