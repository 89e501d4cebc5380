#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema-internal.h"

#define WORK_BASE ((uint64_t)1 << 24)
#define WORK_TOKEN 256

/* Here, so that it is compiled into lookup(); most names differ at once. */
int
df_schema_str_cmp(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	int r;

	if (x->n && y->n && *x->s != *y->s)
		return (unsigned char)*x->s < (unsigned char)*y->s ? -1 : 1;
	r = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
	return r ? r : (x->n > y->n) - (x->n < y->n);
}

struct check {
	const struct df_json *j;
	struct df_buf text, tmp, canon;
	uint64_t left;		/* work */
	int stop;		/* it is used up */
	/*
	 * A document is checked for yes or no first.  Only after a no is it
	 * checked again, with explain, to find the fault that says most.
	 */
	int explain;
	unsigned depth;
	struct fault fault;
};

static int check(struct check *, const struct node *, uint32_t);

static int
fault(struct check *c, enum rule rule, const struct node *n, uint32_t t,
    size_t a, size_t b)
{
	if (c->explain) {
		c->fault.rule = rule;
		c->fault.n = n;
		c->fault.t = t;
		c->fault.a = a;
		c->fault.b = b;
		c->fault.depth = c->depth;
	}
	return -1;
}

static int
spend(struct check *c, uint64_t work)
{
	if (c->left < work) {
		c->left = 0;
		c->stop = 1;
		return -1;
	}
	c->left -= work;
	return 0;
}

/* The unescaped string; good until the next call. */
static struct str
text(struct check *c, uint32_t t)
{
	const struct df_jtok *k = &c->j->tok[t];

	if (!k->esc)
		return (struct str){ c->j->s + k->start, k->end - k->start };
	df_buf_reset(&c->text);
	df_jtext(c->j, t, &c->text);
	return (struct str){ c->text.s, c->text.n };
}

/* The value of a member, or 0. */
static uint32_t
find(struct check *c, uint32_t obj, struct str name)
{
	const struct df_json *j = c->j;
	uint32_t i, m = df_jfirst(j, obj);
	struct str s;

	for (i = 0; i < j->tok[obj].n; i++, m = df_jnext(j, m + 1)) {
		s = text(c, m);
		if (s.n == name.n && memcmp(s.s, name.s, s.n) == 0)
			return m + 1;
	}
	return 0;
}

static int
sorted_has(const struct str *v, size_t n, const struct str *s)
{
	if (n == 1)
		return s->n == v->n && memcmp(s->s, v->s, s->n) == 0;
	return n && bsearch(s, v, n, sizeof(*v), df_schema_str_cmp);
}

static int
is_among(struct check *c, const struct values *v, uint32_t t)
{
	const struct df_jtok *k = &c->j->tok[t];
	struct str s;

	if ((v->types >> k->type & 1) == 0)
		return 0;
	if (k->type == DF_JSTRING) {
		s = text(c, t);
		return sorted_has(v->text, v->ntext, &s);
	}
	if (spend(c, k->next - t) < 0)
		return 0;
	df_buf_reset(&c->canon);
	df_schema_canon(c->j, t, &c->canon, &c->tmp);
	s = (struct str){ c->canon.s, c->canon.n };
	return sorted_has(v->other, v->nother, &s);
}

static void
read_number(struct check *c, uint32_t t, struct df_decimal *o)
{
	const struct df_jtok *k = &c->j->tok[t];

	df_decimal_read(o, c->j->s + k->start, k->end - k->start, &c->tmp);
}

static int
is_whole(struct check *c, uint32_t t)
{
	struct df_decimal x;

	if (!c->j->tok[t].esc)
		return 1;
	read_number(c, t, &x);
	return df_decimal_whole(&x);
}

static size_t
characters(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	return n;
}

static int
check_string(struct check *c, const struct node *n, uint32_t t)
{
	struct str s = text(c, t);
	size_t len;
	int r;

	/* a character has one to four bytes */
	if (s.n > n->max_length || (s.n + 3) / 4 < n->min_length) {
		len = characters(s);
		if (len < n->min_length)
			return fault(c, R_MIN_LENGTH, n, t, 0, 0);
		if (len > n->max_length)
			return fault(c, R_MAX_LENGTH, n, t, 0, 0);
	}
	if (n->pattern) {
		r = df_pattern_match(n->pattern, s.s, s.n, &c->left);
		if (r < 0)
			return spend(c, 1);
		if (r == 0)
			return fault(c, R_PATTERN, n, t, 0, 0);
	}
	return 0;
}

static int
check_number(struct check *c, const struct node *n, uint32_t t)
{
	struct df_decimal x;

	read_number(c, t, &x);
	if (n->minimum && df_decimal_cmp(&x, &n->minimum->x) < 0)
		return fault(c, R_MINIMUM, n, t, 0, 0);
	if (n->maximum && df_decimal_cmp(&x, &n->maximum->x) > 0)
		return fault(c, R_MAXIMUM, n, t, 0, 0);
	if (n->above && df_decimal_cmp(&x, &n->above->x) <= 0)
		return fault(c, R_ABOVE, n, t, 0, 0);
	if (n->below && df_decimal_cmp(&x, &n->below->x) >= 0)
		return fault(c, R_BELOW, n, t, 0, 0);
	if (n->multiple && !df_decimal_multiple(&x, &n->multiple->x))
		return fault(c, R_MULTIPLE, n, t, 0, 0);
	return 0;
}

static int
check_items(struct check *c, const struct node *n, uint32_t t)
{
	const struct df_json *j = c->j;
	const struct node *s;
	uint32_t i, m = df_jfirst(j, t);

	for (i = 0; i < j->tok[t].n; i++, m = df_jnext(j, m)) {
		s = i < n->prefix.n ? n->prefix.v[i] : n->items;
		if (s == NULL)
			break;
		if (s == n->items && s->never)
			return fault(c, R_TUPLE, n, t, 0, 0);
		if (check(c, s, m) < 0)
			return -1;
	}
	return 0;
}

/* How many items match, counted as far as it matters. */
static uint32_t
count_contains(struct check *c, const struct node *n, uint32_t t)
{
	uint32_t i, found = 0, m = df_jfirst(c->j, t);
	uint32_t enough = n->max_contains == UINT32_MAX ? n->min_contains :
	    n->max_contains + 1;

	for (i = 0; i < c->j->tok[t].n && found < enough && !c->stop;
	    i++, m = df_jnext(c->j, m))
		found += check(c, n->contains, m) == 0;
	return found;
}

static int
check_array(struct check *c, const struct node *n, uint32_t t)
{
	uint32_t count = c->j->tok[t].n, found;
	size_t a = 0, b = 0;
	int r;

	if (count < n->min_items)
		return fault(c, R_MIN_ITEMS, n, t, 0, 0);
	if (count > n->max_items)
		return fault(c, R_MAX_ITEMS, n, t, 0, 0);
	if (n->prefix.n || n->items) {
		c->depth++;
		r = check_items(c, n, t);
		c->depth--;
		if (r < 0)
			return -1;
	}
	if (n->contains) {
		c->depth++;
		found = count_contains(c, n, t);
		c->depth--;
		if (c->stop)
			return -1;
		if (found < n->min_contains)
			return fault(c, R_MIN_CONTAINS, n, t, 0, 0);
		if (found > n->max_contains)
			return fault(c, R_MAX_CONTAINS, n, t, 0, 0);
	}
	if (n->unique && count > 1) {
		if (spend(c, c->j->tok[t].next - t) < 0)
			return -1;
		if (df_schema_twice(c->j, t, &c->canon, &c->tmp, &a, &b))
			return fault(c, R_UNIQUE, n, t, a, b);
	}
	return 0;
}

/*
 * The entry of a name, or NULL.  Documents that we write have their names in
 * order, as the table has, so that the entry is mostly at *at or soon after.
 */
static const struct member *
lookup(const struct node *n, const struct str *name, size_t *at)
{
	size_t lo = 0, hi = n->nmember, k = *at;
	int r = 1;

	for (; k < n->nmember && k < *at + 3 && r > 0; k += r > 0) {
		r = df_schema_str_cmp(name, &n->member[k].name);
		if (r == 0) {
			*at = k + 1;
			return &n->member[k];
		}
	}
	if (k == 0 || (k > *at && (r < 0 || k == n->nmember))) {
		*at = k;
		return NULL;
	}
	while (lo < hi) {
		k = lo + (hi - lo) / 2;
		r = df_schema_str_cmp(name, &n->member[k].name);
		if (r == 0) {
			*at = k + 1;
			return &n->member[k];
		}
		if (r < 0)
			hi = k;
		else
			lo = k + 1;
	}
	*at = lo;
	return NULL;
}

/* Member m (its name's token) of object t. */
static int
check_member(struct check *c, const struct node *n, uint32_t t, uint32_t m,
    size_t *at, size_t *required)
{
	struct str name = text(c, m);
	const struct member *e = NULL;
	int known = 0, r;
	size_t i;

	if (n->nmember)
		e = lookup(n, &name, at);
	if (e) {
		*required += (size_t)e->required;
		if (e->schema) {
			known = 1;
			if (check(c, e->schema, m + 1) < 0)
				return -1;
		}
	}
	for (i = 0; i < n->nmatching; i++) {
		name = text(c, m);
		r = df_pattern_match(n->matching[i].pattern, name.s, name.n,
		    &c->left);
		if (r < 0)
			return spend(c, 1);
		known |= r;
		if (r && check(c, n->matching[i].schema, m + 1) < 0)
			return -1;
	}
	if (!known && n->additional) {
		if (n->additional->never)
			return fault(c, R_EXTRA, n, t, m, 0);
		if (check(c, n->additional, m + 1) < 0)
			return -1;
	}
	return n->names ? check(c, n->names, m) : 0;
}

static int
check_dependent(struct check *c, const struct node *n, uint32_t t)
{
	const struct dependent *d;
	size_t i, k;

	for (i = 0; i < n->ndependent; i++) {
		d = &n->dependent[i];
		if (find(c, t, d->name) == 0)
			continue;
		for (k = 0; k < d->n; k++)
			if (find(c, t, d->needs[k]) == 0)
				return fault(c, R_NEEDS, n, t, i, k);
		if (d->schema && check(c, d->schema, t) < 0)
			return -1;
	}
	return 0;
}

static int
check_object(struct check *c, const struct node *n, uint32_t t)
{
	const struct df_json *j = c->j;
	uint32_t i, m = df_jfirst(j, t), count = j->tok[t].n;
	size_t at = 0, required = 0, k;
	int r = 0;

	if (count < n->min_members)
		return fault(c, R_MIN_MEMBERS, n, t, 0, 0);
	if (count > n->max_members)
		return fault(c, R_MAX_MEMBERS, n, t, 0, 0);
	if (n->nmember || n->nmatching || n->additional || n->names) {
		c->depth++;
		for (i = 0; i < count && r == 0; i++, m = df_jnext(j, m + 1))
			r = check_member(c, n, t, m, &at, &required);
		c->depth--;
		if (r < 0)
			return -1;
	}
	/* no name occurs twice: the scanner has seen to that */
	if (required < n->nrequired) {
		for (k = 0; c->explain && k < n->nmember; k++)
			if (n->member[k].required &&
			    find(c, t, n->member[k].name) == 0)
				break;
		return fault(c, R_REQUIRED, n, t, k, 0);
	}
	return n->ndependent ? check_dependent(c, n, t) : 0;
}

/* Does the value have one of the types of n? */
static int
has_type(struct check *c, const struct node *n, uint32_t t)
{
	unsigned type = c->j->tok[t].type;

	return n->types == 0 || n->types >> type & 1 ||
	    (type == DF_JNUMBER && n->types & T_INTEGER &&
	    is_whole(c, t));
}

/*
 * Is n meant for a value like this one?  Yes, when type and constants agree,
 * and for an object those of its members.
 */
static int
meant(struct check *c, const struct node *n, uint32_t t)
{
	const struct node *s;
	uint32_t v;
	size_t i;

	if (spend(c, 1) < 0 || !has_type(c, n, t) ||
	    (n->only && !is_among(c, n->only, t)) ||
	    (n->among && !is_among(c, n->among, t)) ||
	    (n->ref && !meant(c, n->ref, t)))
		return 0;
	for (i = 0; i < n->all.n; i++)
		if (!meant(c, n->all.v[i], t))
			return 0;
	if (c->j->tok[t].type != DF_JOBJECT)
		return 1;
	for (i = 0; i < n->nmember; i++) {
		for (s = n->member[i].schema; s && s->alias; s = s->alias)
			;
		if (s == NULL || (s->only == NULL && s->among == NULL))
			continue;
		v = find(c, t, n->member[i].name);
		if (v && ((s->only && !is_among(c, s->only, v)) ||
		    (s->among && !is_among(c, s->among, v))))
			return 0;
	}
	return 1;
}

/*
 * anyOf, and oneOf as far as one must match.  When all fail, the fault is
 * that of the one alternative meant for such a value, or of the one that
 * went deepest, or that none matches.
 */
static int
check_alternatives(struct check *c, const struct node *n,
    const struct list *l, uint32_t t, int one)
{
	struct fault best = { .depth = 0 };
	size_t i, for_it = 0, first = l->n;

	for (i = 0; i < l->n; i++) {
		if (check(c, l->v[i], t) == 0) {
			if (!one)
				return 0;
			if (first < l->n)
				return fault(c, R_BOTH, n, t, first, i);
			first = i;
		} else if (c->stop) {
			return -1;
		} else if (c->explain && first == l->n) {
			struct fault f = c->fault;

			if (!meant(c, l->v[i], t))
				continue;
			if (for_it++ == 0 || f.depth > best.depth)
				best = f;
		}
	}
	if (first < l->n)
		return 0;
	if (c->explain && for_it && (for_it == 1 || best.depth > c->depth)) {
		c->fault = best;
		return -1;
	}
	return fault(c, one ? R_ONE : R_ANY, n, t, 0, 0);
}

/* What applies other schemas to the same value. */
static int
check_more(struct check *c, const struct node *n, uint32_t t)
{
	const struct node *branch;
	size_t i;

	if (n->ref && check(c, n->ref, t) < 0)
		return -1;
	for (i = 0; i < n->all.n; i++)
		if (check(c, n->all.v[i], t) < 0)
			return -1;
	if (n->any.n && check_alternatives(c, n, &n->any, t, 0) < 0)
		return -1;
	if (n->one.n && check_alternatives(c, n, &n->one, t, 1) < 0)
		return -1;
	if (n->not) {
		if (check(c, n->not, t) == 0)
			return fault(c, R_NOT, n, t, 0, 0);
		if (c->stop)
			return -1;
	}
	if (n->test && (n->then || n->otherwise)) {
		branch = check(c, n->test, t) == 0 ? n->then : n->otherwise;
		if (c->stop || (branch && check(c, branch, t) < 0))
			return -1;
	}
	return 0;
}

static int
check(struct check *c, const struct node *n, uint32_t t)
{
	unsigned type = c->j->tok[t].type;

	while (n->alias)
		n = n->alias;
	if (spend(c, 1) < 0)
		return -1;
	if (n->types && !has_type(c, n, t))
		return fault(c, n->never ? R_NEVER : R_TYPE, n, t, 0, 0);
	if (n->only && !is_among(c, n->only, t))
		return fault(c, R_CONST, n, t, 0, 0);
	if (n->among && !is_among(c, n->among, t))
		return fault(c, R_ENUM, n, t, 0, 0);
	if (n->has & HAS_STRING && type == DF_JSTRING &&
	    check_string(c, n, t) < 0)
		return -1;
	if (n->has & HAS_NUMBER && type == DF_JNUMBER &&
	    check_number(c, n, t) < 0)
		return -1;
	if (n->has & HAS_ARRAY && type == DF_JARRAY &&
	    check_array(c, n, t) < 0)
		return -1;
	if (n->has & HAS_OBJECT && type == DF_JOBJECT &&
	    check_object(c, n, t) < 0)
		return -1;
	return n->has & HAS_MORE ? check_more(c, n, t) : 0;
}

int
df_schema_check(const struct df_schema *s, const struct df_json *j, uint32_t t,
    const char *what, struct df_err *e)
{
	struct check c = { .j = j, .text = DF_BUF_INIT, .tmp = DF_BUF_INIT,
	    .canon = DF_BUF_INIT };
	uint64_t work = WORK_BASE + WORK_TOKEN * (uint64_t)(j->tok[t].next -
	    t);
	int r;

	c.left = work;
	r = check(&c, s->root, t);
	if (r < 0 && !c.stop && e) {
		c.left = 2 * work;
		c.explain = 1;
		check(&c, s->root, t);
	}
	df_buf_release(&c.text);
	df_buf_release(&c.tmp);
	df_buf_release(&c.canon);
	if (r == 0)
		return 0;
	if (c.stop)
		return df_fail(e, DF_INPUT, "schema.work", "%s: checking it "
		    "against its schema takes too long", what);
	return e ? df_schema_report(j, &c.fault, what, e) : -1;
}
