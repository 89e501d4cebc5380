#include "base/df.h"

#include <stdlib.h>

#include "spec/scope-internal.h"

struct scope_lists
scope_lists_of(struct df_xref_in *in, const struct scope_pair *p, size_t n,
    size_t of)
{
	struct scope_lists l;
	uint32_t *next;
	size_t i;

	l.first = df_arena_alloc(&in->arena, (of + 1) * sizeof(*l.first));
	l.v = df_arena_alloc(&in->arena, n * sizeof(*l.v) + 1);
	for (i = 0; i < n; i++)
		l.first[p[i].from + 1]++;
	for (i = 0; i < of; i++)
		l.first[i + 1] += l.first[i];
	next = df_malloc((of + 1) * sizeof(*next));
	memcpy(next, l.first, (of + 1) * sizeof(*next));
	for (i = 0; i < n; i++)
		l.v[next[p[i].from]++] = p[i].to;
	free(next);
	return l;
}

/* Which components a component says that it depends on. */
static void
read_needs(struct df_xref *x)
{
	const struct df_d7 *d = &x->sp->d7;
	struct df_xref_in *in = x->in;
	VEC(struct scope_pair) p = { 0 };
	const struct scope_term *term;
	struct scope_reader r;
	struct scope_token t;
	uint32_t v[SCOPE_TERMS + 1], i, j;
	struct scope_pair *q;
	unsigned k, m;

	for (i = 0; i < d->components; i++) {
		r = scope_read(d->component[i].depends.s,
		    d->component[i].depends.n);
		while (scope_token(&r, &t)) {
			m = scope_terms(in, &r, &t, v);
			for (k = 0; k < m; k++) {
				term = &in->term.v[v[k]];
				for (j = term->first; j < term->first +
				    term->n && in->post.v[j].unit <
				    in->base[DF_K_FILE]; j++) {
					if (in->post.v[j].how != SCOPE_CALLED)
						continue;
					q = PUSH(p);
					q->from = i;
					q->to = in->post.v[j].unit;
				}
			}
		}
	}
	in->needs = scope_lists_of(in, p.v, p.n, d->components);
	free(p.v);
}

static void
read_children(struct df_xref *x)
{
	const struct df_d8 *d = &x->sp->d8;
	VEC(struct scope_pair) p = { 0 };
	const struct df_ref *f;
	struct scope_pair *q;
	size_t i, k;

	for (i = 0; i < d->tasks; i++)
		for (k = 0; k < d->task[i].deps.n; k++) {
			f = &d->task[i].deps.v[k];
			if (f->to == NULL || f->family != DF_T)
				continue;
			q = PUSH(p);
			q->from = f->to->index;
			q->to = (uint32_t)i;
		}
	x->in->children = scope_lists_of(x->in, p.v, p.n, d->tasks);
	free(p.v);
}

struct df_xref *
df_xref_new(const struct df_spec *sp)
{
	struct df_xref *x = df_calloc(1, sizeof(*x));
	struct df_xref_in *in = df_calloc(1, sizeof(*in));

	x->sp = sp;
	x->in = in;
	x->base[0] = x->base[1] = jv_invalid();
	df_buf_init(&in->tmp);
	scope_read_d7(x);
	scope_read_units(x);
	read_needs(x);
	read_children(x);
	in->files = df_arena_alloc(&in->arena, (sp->d8.tasks + 1) *
	    sizeof(*in->files));
	in->seen = df_arena_alloc(&in->arena, (sp->d8.tasks + 1) *
	    sizeof(*in->seen));
	in->fileof = df_arena_alloc(&in->arena, (x->files + 1) *
	    sizeof(*in->fileof));
	in->scenario = df_arena_alloc(&in->arena, (sp->d2.scenarios + 1) *
	    sizeof(*in->scenario));
	in->contract = df_arena_alloc(&in->arena, (sp->d4.contracts + 1) *
	    sizeof(*in->contract));
	in->wordstamp = df_arena_alloc(&in->arena, (in->word.n + 1) *
	    sizeof(*in->wordstamp));
	return x;
}

jv *
df_xref_made(struct df_xref *x, enum df_kind kind, uint32_t index)
{
	return &x->in->made[x->in->base[kind] + index];
}

const struct df_template *
df_xref_template(struct df_xref *x, jv text, const char *what,
    struct df_err *e)
{
	struct df_xref_in *in = x->in;
	struct df_template *t;
	struct scope_text *k;
	size_t i;

	/* the same string, not an equal one: a reference is kept */
	for (i = 0; i < in->text.n; i++)
		if (jv_identical(jv_copy(in->text.v[i].text),
		    jv_copy(text))) {
			jv_free(text);
			return in->text.v[i].t;
		}
	t = df_template_compile(jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)), what, e);
	if (t == NULL) {
		jv_free(text);
		return NULL;
	}
	if (in->text.n == DF_XREF_COMMON) {
		jv_free(in->text.v[0].text);
		df_template_free(in->text.v[0].t);
		in->text.v[0] = in->text.v[--in->text.n];
	}
	k = PUSH(in->text);
	k->text = text;
	k->t = t;
	return t;
}

void
df_xref_free(struct df_xref *x)
{
	struct df_xref_in *in;
	uint32_t i;

	if (x == NULL)
		return;
	in = x->in;
	jv_free(x->base[0]);
	jv_free(x->base[1]);
	for (i = 0; i < in->base[DF_KINDS]; i++)
		jv_free(in->made[i]);
	free(in->made);
	for (i = 0; i < in->text.n; i++) {
		jv_free(in->text.v[i].text);
		df_template_free(in->text.v[i].t);
	}
	free(in->text.v);
	free(x->testing);
	free(x->diagram);
	df_map_release(&in->names);
	df_map_release(&in->words);
	df_map_release(&in->starts);
	free(in->term.v);
	free(in->word.v);
	free(in->post.v);
	free(in->wpost.v);
	free(in->phrase.v);
	free(in->owns.v);
	free(in->touched.v);
	free(in->queue.v);
	free(in->item.v);
	free(in->carried.v);
	free(in->mention.v);
	free(in->pick.v);
	free(in->given.v);
	free(in->unplanned.v);
	df_buf_release(&in->tmp);
	df_arena_release(&in->arena);
	free(in);
	free(x);
}
