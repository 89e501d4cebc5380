#include "base/df.h"

#include <stdlib.h>

#include "spec/scope-internal.h"

static size_t
kind_size(const struct df_xref *x, enum df_kind k)
{
	const struct df_spec *sp = x->sp;

	switch (k) {
	case DF_K_COMPONENT:
		return sp->d7.components;
	case DF_K_FILE:
		return x->files;
	case DF_K_ENTITY:
		return sp->d3.entities;
	case DF_K_ERRCODE:
		return sp->d4.errcodes;
	case DF_K_DOUBLE:
		return sp->d4.twins;
	case DF_K_RESEARCH:
		return sp->d5.nresearch;
	case DF_K_CLAR:
		return sp->d6.clars;
	case DF_K_GAP:
		return sp->d6.gaps;
	case DF_K_DEFERRED:
		return sp->d2.ndeferred;
	case DF_K_ACTIVE:
		return sp->d10.actives;
	case DF_K_ARTICLE:
		return sp->d1.articles;
	case DF_K_ALWAYS:
		return sp->d1.always.n;
	case DF_K_ASK:
		return sp->d1.ask_first.n;
	case DF_K_NEVER:
		return sp->d1.never.n;
	case DF_K_TOOLING:
		return sp->d1.tooling.rows;
	case DF_K_NOT:
		return sp->d2.is_not.n;
	case DF_K_PATTERN:
		return sp->d10.patterns.n;
	case DF_K_RULE:
		return sp->d10.rules;
	case DF_K_CONVENTION:
		return sp->d10.conventions.n;
	case DF_K_COMMAND:
		return sp->d10.commands;
	case DF_K_TESTING:
		return x->ntesting;
	case DF_K_DIAGRAM:
		return x->ndiagram;
	case DF_KINDS:
		break;
	}
	return 0;
}

static void
says_text(struct scope_build *b, const struct df_value *x)
{
	scope_says(b, x->s, x->n);
}

/* One unit's names, references and text. */
static void
add_unit(struct scope_build *b, enum df_kind kind, size_t i)
{
	const struct df_spec *sp = b->x->sp;
	const struct df_component *c;
	const struct df_article *a;
	size_t k;

	switch (kind) {
	case DF_K_COMPONENT:
		c = &sp->d7.component[i];
		scope_named(b, c->name);
		scope_named(b, c->file.s);
		scope_exposes(b, &c->exposes);
		scope_cites_refs(b, &c->refs);
		break;
	case DF_K_FILE:
		scope_called(b, b->x->file[i].base, strlen(b->x->file[i].base),
		    SCOPE_CALLED);
		break;
	case DF_K_ENTITY:
		scope_named(b, sp->d3.entity[i].item.title);
		scope_cites(b, &sp->d3.entity[i].source);
		break;
	case DF_K_ERRCODE:
		scope_named(b, sp->d4.errcode[i].code.s);
		scope_cites_like(b, sp->d4.errcode[i].code.s);
		break;
	case DF_K_ACTIVE:
		scope_named(b, sp->d10.active[i].name.s);
		scope_named(b, sp->d10.active[i].where.s);
		break;
	case DF_K_ARTICLE:
		a = &sp->d1.article[i];
		scope_says(b, a->item.title, strlen(a->item.title));
		says_text(b, &a->rule);
		says_text(b, &a->why);
		says_text(b, &a->test);
		break;
	case DF_K_ALWAYS:
		says_text(b, &sp->d1.always.v[i]);
		break;
	case DF_K_ASK:
		says_text(b, &sp->d1.ask_first.v[i]);
		break;
	case DF_K_NEVER:
		says_text(b, &sp->d1.never.v[i]);
		break;
	case DF_K_TOOLING:
		for (k = 0; k < sp->d1.tooling.cols; k++)
			says_text(b, &sp->d1.tooling.cell[i *
			    sp->d1.tooling.cols + k]);
		break;
	case DF_K_NOT:
		says_text(b, &sp->d2.is_not.v[i]);
		break;
	case DF_K_PATTERN:
		says_text(b, &sp->d10.patterns.v[i]);
		break;
	case DF_K_RULE:
		says_text(b, &sp->d10.rule[i].use);
		says_text(b, &sp->d10.rule[i].instead_of);
		says_text(b, &sp->d10.rule[i].why);
		break;
	case DF_K_CONVENTION:
		says_text(b, &sp->d10.conventions.v[i]);
		break;
	case DF_K_COMMAND:
		says_text(b, &sp->d10.command[i].label);
		says_text(b, &sp->d10.command[i].text);
		break;
	case DF_K_TESTING:
		scope_says(b, b->x->testing[i].s.s, b->x->testing[i].s.n);
		break;
	case DF_K_DIAGRAM:
		scope_says(b, b->x->diagram[i].s.s, b->x->diagram[i].s.n);
		break;
	default:	/* selected by their id alone */
		break;
	}
}

/*
 * Postings by term (units are in order already), each unit once, without
 * those that more than max units of one kind share.
 */
static void
settle(const struct df_xref_in *in, struct scope_post **posts, size_t n,
    struct scope_term *term, size_t nterm, size_t max)
{
	struct scope_post *from = *posts, *to = df_calloc(n, sizeof(*to));
	struct scope_term *t;
	uint32_t i, j, k, w, end, kind, lim;

	for (i = 0; i < n; i++)
		term[from[i].term].n++;
	for (i = 0, w = 0; i < nterm; i++) {
		term[i].first = w;
		w += term[i].n;
		term[i].n = 0;
	}
	for (i = 0; i < n; i++) {
		t = &term[from[i].term];
		k = t->first + t->n;
		if (t->n && to[k - 1].unit == from[i].unit) {
			if (from[i].how < to[k - 1].how)
				to[k - 1].how = from[i].how;
			continue;
		}
		to[k] = from[i];
		t->n++;
	}
	for (t = term; t && t < term + nterm; t++) {
		w = k = t->first;
		end = k + t->n;
		for (kind = 0; k < end; k = j) {
			while (to[k].unit >= in->base[kind + 1])
				kind++;
			lim = in->base[kind + 1];
			for (j = k; j < end && to[j].unit < lim; j++)
				;
			if (j - k > max)
				continue;
			memmove(to + w, to + k, (j - k) * sizeof(*to));
			w += j - k;
		}
		t->n = w - t->first;
	}
	free(from);
	*posts = to;
}

void
scope_read_units(struct df_xref *x)
{
	struct df_xref_in *in = x->in;
	struct scope_build b = { .x = x, .in = in };
	size_t i, k, n, units;

	for (k = 0; k < DF_KINDS; k++)
		in->base[k + 1] = in->base[k] +
		    (uint32_t)kind_size(x, (enum df_kind)k);
	units = in->base[DF_KINDS];
	in->special = df_arena_alloc(&in->arena, units + 1);
	in->made = df_calloc(units, sizeof(*in->made));
	for (i = 0; i < units; i++)
		in->made[i] = jv_invalid();
	in->mark = df_arena_alloc(&in->arena, (units + 1) *
	    sizeof(*in->mark));
	in->owns.first = df_arena_alloc(&in->arena, (units + 1) *
	    sizeof(*in->owns.first));
	for (k = 0; k < DF_KINDS; k++) {
		n = in->base[k + 1] - in->base[k];
		if (k >= DF_K_NAMED)
			in->general[k] = df_arena_alloc(&in->arena,
			    DF_XREF_COMMON * sizeof(*in->general[k]));
		for (i = 0; i < n; i++) {
			b.unit = in->base[k] + (uint32_t)i;
			add_unit(&b, (enum df_kind)k, i);
			in->owns.first[b.unit + 1] = (uint32_t)b.owns.n;
			if (k < DF_K_NAMED || in->special[b.unit])
				continue;
			if (in->ngeneral[k] < DF_XREF_COMMON)
				in->general[k][in->ngeneral[k]] = b.unit;
			in->ngeneral[k]++;
		}
	}
	in->owns.v = b.owns.v;
	settle(in, &in->post.v, in->post.n, in->term.v, in->term.n,
	    DF_XREF_COMMON);
	settle(in, &in->wpost.v, in->wpost.n, in->word.v, in->word.n,
	    SCOPE_WORD_COMMON);
}
