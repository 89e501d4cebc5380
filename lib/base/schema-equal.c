#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema-internal.h"

#define TOKEN_MORE 16		/* bytes that canon() adds to a token's */
#define FEW 16

struct name {
	struct str s;
	uint32_t t;
};

static void
raw(struct df_buf *b, size_t v)
{
	uint32_t u = (uint32_t)v;

	df_buf_add(b, &u, sizeof(u));
}

/*
 * Is each name of the object greater than the one before, as it stands in
 * the text?
 */
static int
in_order(const struct df_json *j, uint32_t t)
{
	struct str a, b = { NULL, 0 };
	const struct df_jtok *k;
	uint32_t i, m = df_jfirst(j, t);

	for (i = 0; i < j->tok[t].n; i++, m = df_jnext(j, m + 1)) {
		k = &j->tok[m];
		a = b;
		b = (struct str){ j->s + k->start, k->end - k->start };
		if (k->esc || (i && df_schema_str_cmp(&a, &b) >= 0))
			return 0;
	}
	return 1;
}

/* The members of an object, sorted by name; the names are in b. */
static struct name *
sorted(const struct df_json *j, uint32_t t, struct df_buf *b)
{
	uint32_t i, n = j->tok[t].n, m = df_jfirst(j, t);
	struct name *v = df_calloc(n, sizeof(*v));
	size_t at;

	df_buf_room(b, j->tok[t].end - j->tok[t].start);
	for (i = 0; i < n; i++, m = df_jnext(j, m + 1)) {
		at = b->n;
		df_jtext(j, m, b);
		v[i].s = (struct str){ b->s + at, b->n - at };
		v[i].t = m;
	}
	qsort(v, n, sizeof(*v), df_schema_str_cmp);
	return v;
}

void
df_schema_canon(const struct df_json *j, uint32_t t, struct df_buf *b,
    struct df_buf *tmp)
{
	const struct df_jtok *k = &j->tok[t];
	struct df_buf names = DF_BUF_INIT;
	struct name *v = NULL;
	struct df_decimal x;
	uint32_t i, m;
	size_t at;

	df_buf_ch(b, k->type == DF_JNUMBER ? '#' : '0' + k->type);
	switch (k->type) {
	case DF_JNUMBER:
		df_decimal_read(&x, j->s + k->start, k->end - k->start, tmp);
		df_buf_ch(b, '1' + x.sign);
		df_buf_add(b, &x.mag, sizeof(x.mag));
		raw(b, x.n);
		df_buf_add(b, x.d, x.n);
		break;
	case DF_JSTRING:
		raw(b, 0);
		at = b->n;
		df_jtext(j, t, b);
		i = (uint32_t)(b->n - at);
		memcpy(b->s + at - sizeof(i), &i, sizeof(i));
		break;
	case DF_JARRAY:
		raw(b, k->n);
		for (i = 0, m = df_jfirst(j, t); i < k->n;
		    i++, m = df_jnext(j, m))
			df_schema_canon(j, m, b, tmp);
		break;
	case DF_JOBJECT:
		raw(b, k->n);
		if (!in_order(j, t))
			v = sorted(j, t, &names);
		for (i = 0, m = df_jfirst(j, t); i < k->n;
		    i++, m = df_jnext(j, m + 1)) {
			if (v)
				m = v[i].t;
			df_schema_canon(j, m, b, tmp);
			df_schema_canon(j, m + 1, b, tmp);
		}
		free(v);
		df_buf_release(&names);
		break;
	}
}

int
df_schema_twice(const struct df_json *j, uint32_t t, struct df_buf *b1,
    struct df_buf *b2, size_t *a, size_t *b)
{
	const struct df_jtok *k = &j->tok[t];
	uint32_t i, q, m = df_jfirst(j, t);
	struct df_map map = { 0 };
	size_t at[FEW + 1], was;

	/* this much room, so that what the map points to never moves */
	df_buf_reset(b1);
	df_buf_room(b1, k->end - k->start + (size_t)(k->next - t) * TOKEN_MORE);
	for (i = 0; i < k->n; i++, m = df_jnext(j, m)) {
		was = b1->n;
		df_schema_canon(j, m, b1, b2);
		*b = i;
		if (k->n > FEW) {
			*a = df_map_set(&map, b1->s + was, b1->n - was, i);
			if (*a != DF_MAP_NONE)
				break;
			continue;
		}
		at[i] = was;
		at[i + 1] = b1->n;
		for (q = 0; q < i; q++)
			if (at[q + 1] - at[q] == b1->n - was && memcmp(b1->s +
			    at[q], b1->s + was, b1->n - was) == 0)
				break;
		*a = q;
		if (q < i)
			break;
	}
	df_map_release(&map);
	return i < k->n;
}
