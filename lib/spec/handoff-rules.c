#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/handoff-internal.h"

#define TOOLS_LEAST 60		/* bytes that a tooling constraint may need */

/* ---- 2 critical constraints ---- */

/* What the contract says to every handoff. */
static void
standing(struct hand *h)
{
	struct df_buf *src = &h->src[HAND_CONSTRAINTS];
	jv v = df_jv_get(h->contract, "constraints"), o;
	int i, n = jv_array_length(jv_copy(v));
	size_t name;

	df_buf_str(&h->b, df_jv_str(h->contract, "name"));
	df_buf_ch(&h->b, ' ');
	df_buf_str(&h->b, df_jv_str(h->contract, "version"));
	df_buf_ch(&h->b, ' ');
	name = h->b.n;
	for (i = 0; i < n; i++) {
		o = jv_array_get(jv_copy(v), i);
		brief_next(&h->rec[HAND_CONSTRAINTS]);
		brief_puts(&h->rec[HAND_CONSTRAINTS], "", df_jv_str(o,
		    "text"));
		df_buf_str(&h->b, df_jv_str(o, "id"));
		brief_next(src);
		brief_put(src, "{\"doc\":", h->b.s, h->b.n);
		df_buf_str(src, ",\"line\":0}");
		df_buf_cut(&h->b, name);
		jv_free(o);
	}
	df_buf_reset(&h->b);
	hand_view(h, "standing", v);
}

/* What h->b holds, as the next item of a list of the record. */
static void
add_buf(struct hand *h, enum hand_member m, struct df_span at)
{
	hand_add(h, m, h->b.s, h->b.n, at);
	df_buf_reset(&h->b);
}

static void
article_head(struct hand *h, const struct df_article *a)
{
	brief_item(&h->b, &a->item, 1);
	df_buf_str(&h->b, ": ");
}

/* {id, title, rule, why} of an article, made once. */
static jv
article(struct hand *h, uint32_t i)
{
	const struct df_article *a = &h->sp->d1.article[i];
	jv *made = df_xref_made(h->x, DF_K_ARTICLE, i), o;

	if (jv_is_valid(*made))
		return jv_copy(*made);
	o = df_jset_str(jv_object(), "id", a->item.id);
	o = df_jset_str(o, "title", a->item.title);
	o = df_jset(o, "rule", a->rule.n ? brief_value(&a->rule) :
	    brief_body(h->sp, &a->item));
	(void)brief_first(&h->b, a->why.s, a->why.n, BRIEF_WHY);
	*made = df_jset(o, "why", hand_buf(h));
	return jv_copy(*made);
}

static size_t
article_size(const void *arg, uint32_t i)
{
	const struct df_article *a = &((const struct df_d1 *)arg)->article[i];

	return strlen(a->item.title) + (a->rule.n ? a->rule.n :
	    a->item.body.len);
}

static void
boundary(struct hand *h, enum df_kind kind, const struct df_values *v,
    const char *name, const char *before, struct df_limit max)
{
	struct df_picks *p = &h->sc.kind[kind];
	size_t left = hand_fit(h, kind, v, max), i;

	for (i = 0; i < p->n; i++) {
		df_buf_str(&h->b, before);
		df_buf_str(&h->b, v->v[p->v[i].index].s);
		add_buf(h, HAND_CONSTRAINTS, v->v[p->v[i].index].at);
	}
	hand_list(h, name, hand_texts(h, kind, v));
	hand_more(h, name, left, 1, "Boundaries");
}

/* The same thing to use, whatever the marks and the case? */
static int
same_use(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '`' || *a == ' ')
			a++;
		while (*b == '`' || *b == ' ')
			b++;
		if ((*a | 32) != (*b | 32))
			return 0;
		if (*a == '\0')
			return 1;
	}
}

static jv
tool(struct hand *h, enum df_kind kind, uint32_t i, const struct df_value *use,
    const struct df_value *instead_of, const struct df_value *why)
{
	jv *made = df_xref_made(h->x, kind, i), o;

	hand_cite(h, "critical_constraints", "tools", use->at);
	if (jv_is_valid(*made))
		return jv_copy(*made);
	o = df_jset(jv_object(), "use", brief_value(use));
	o = df_jset(o, "instead_of", brief_value(instead_of));
	*made = df_jset(o, "why", brief_value(why));
	return jv_copy(*made);
}

static size_t
tooling_size(const void *arg, uint32_t i)
{
	const struct df_table *t = arg;
	const struct df_value *c = &t->cell[(size_t)i * t->cols];

	return c[0].n + c[1].n + c[2].n;
}

static size_t
rule_size(const void *arg, uint32_t i)
{
	const struct df_rule *r = (const struct df_rule *)arg + i;

	return r->use.n + r->instead_of.n + r->why.n;
}

/* D10's tool rules and D1's tooling constraints that have to do with the
   task; what both have is shown once, with D10's reason. */
static void
tools(struct hand *h)
{
	const struct df_table *t = &h->sp->d1.tooling;
	struct df_picks *p = &h->sc.kind[DF_K_TOOLING];
	struct df_picks *r = &h->sc.kind[DF_K_RULE];
	const struct df_rule *rule = h->sp->d10.rule;
	struct df_limit max = h->max->tools;
	const struct df_value *c;
	jv v = jv_array();
	size_t i, k, n, left = 0;
	uint32_t at;

	hand_scored(r, &left);
	hand_scored(p, &left);
	left += df_picks_fit(r, max, rule_size, rule);
	for (k = 0; k < r->n; k++) {
		at = r->v[k].index;
		n = rule_size(rule, at);
		max.bytes -= n < max.bytes ? (unsigned)n : max.bytes;
		max.n--;
		v = jv_array_append(v, tool(h, DF_K_RULE, at, &rule[at].use,
		    &rule[at].instead_of, &rule[at].why));
	}
	for (i = n = 0; t->cols >= 3 && i < p->n; i++) {
		c = &t->cell[(size_t)p->v[i].index * t->cols];
		for (k = 0; k < r->n; k++)
			if (same_use(c[1].s, rule[r->v[k].index].use.s))
				break;
		if (k == r->n)
			p->v[n++] = p->v[i];
	}
	p->n = n;
	left += df_picks_fit(p, r->n && max.bytes < TOOLS_LEAST ?
	    (struct df_limit){ 0, 0 } : max, tooling_size, t);
	for (i = 0; i < p->n; i++) {
		at = p->v[i].index;
		c = &t->cell[(size_t)at * t->cols];
		v = jv_array_append(v, tool(h, DF_K_TOOLING, at, &c[1], &c[2],
		    &c[0]));
	}
	hand_list(h, "tools", v);
	hand_more(h, "tools", left, 10, "Tool Rules, and D1");
}

static size_t
title_size(const void *arg, uint32_t i)
{
	const struct df_d1 *d = arg;

	return strlen(d->article[i].item.title) + 2;
}

/* Those that the task names, and those that have most to do with it, with
   their rules; of the others that hold for it the titles. */
static void
articles(struct hand *h)
{
	struct df_picks *p = &h->sc.kind[DF_K_ARTICLE], rest = *p;
	struct df_limit max = h->max->articles;
	const struct df_article *a;
	size_t i, k, n = 0;
	jv v = jv_array(), o;

	rest.v = df_calloc(p->n, sizeof(*rest.v));
	if (p->n)
		memcpy(rest.v, p->v, p->n * sizeof(*rest.v));
	for (i = 0; i < p->n && max.n; i++)
		if (p->v[i].own & DF_OWN_TEXT) {
			/* never for want of room */
			p->v[i].score = UINT32_MAX;
			max.bytes += (unsigned)article_size(&h->sp->d1,
			    p->v[i].index);
		}
	(void)df_picks_fit(p, max, article_size, &h->sp->d1);
	for (i = k = 0; i < rest.n; i++)
		if (k < p->n && p->v[k].index == rest.v[i].index)
			k++;
		else
			rest.v[n++] = rest.v[i];
	rest.n = n;
	for (i = 0; i < p->n; i++) {
		a = &h->sp->d1.article[p->v[i].index];
		o = article(h, p->v[i].index);
		article_head(h, a);
		df_buf_str(&h->b, df_jv_str(o, "rule"));
		add_buf(h, HAND_CONSTRAINTS, a->item.at);
		v = jv_array_append(v, o);
	}
	hand_list(h, "articles", v);
	n = df_picks_fit(&rest, h->max->titles, title_size, &h->sp->d1);
	hand_more(h, "articles", n, 1, "Articles");
	for (i = 0; i < rest.n; i++) {
		a = &h->sp->d1.article[rest.v[i].index];
		hand_cite(h, "critical_constraints", a->item.id, a->item.at);
		df_buf_str(&h->b, i ? "; " : "");
		df_buf_str(&h->b, *a->item.title ? a->item.title : a->item.id);
	}
	hand_view(h, "other_articles", hand_buf(h));
	free(rest.v);
}

void
hand_constraints(struct hand *h)
{
	const struct df_d1 *d = &h->sp->d1;

	standing(h);
	articles(h);
	boundary(h, DF_K_NEVER, &d->never, "never", "NEVER: ", h->max->never);
	boundary(h, DF_K_ASK, &d->ask_first, "ask_first", "ASK FIRST: ",
	    h->max->ask_first);
	boundary(h, DF_K_ALWAYS, &d->always, "always", "ALWAYS: ",
	    h->max->always);
	tools(h);
}

/* ---- 10 design principles ---- */

static size_t
pattern_size(const void *arg, uint32_t i)
{
	const struct df_values *v = arg;
	size_t n = v->v[i].n;

	return n < BRIEF_WHY ? n : BRIEF_WHY;
}

/* A pattern's first sentences, made once. */
static jv
pattern(struct hand *h, uint32_t i)
{
	const struct df_value *p = &h->sp->d10.patterns.v[i];
	jv *made = df_xref_made(h->x, DF_K_PATTERN, i);

	if (!jv_is_valid(*made)) {
		jv_free(*made);
		(void)brief_first(&h->b, p->s, p->n, BRIEF_WHY);
		*made = hand_buf(h);
	}
	return jv_copy(*made);
}

/* Why the articles of section 2 are there, and patterns that have to do with
   the task, one at least of either if there is room for two. */
static void
principles(struct hand *h)
{
	const struct df_value *pat = h->sp->d10.patterns.v;
	struct df_picks *p = &h->sc.kind[DF_K_ARTICLE];
	struct df_limit max = h->max->principles;
	const struct df_article *a;
	jv v = jv_array(), o;
	size_t i, n = 0, used = 0, left = 0;
	const char *why;

	for (i = 0; i < p->n; i++) {
		a = &h->sp->d1.article[p->v[i].index];
		if (a->why.n == 0)
			continue;
		if (n >= max.n / 2 + max.n % 2) {
			left++;
			continue;
		}
		o = article(h, p->v[i].index);
		why = df_jv_str(o, "why");
		used += strlen(why);
		if (n > 0 && used > max.bytes) {
			jv_free(o);
			left++;
			continue;
		}
		n++;
		article_head(h, a);
		df_buf_str(&h->b, why);
		add_buf(h, HAND_PRINCIPLES, a->why.at);
		v = jv_array_append(v, o);
	}
	hand_list(h, "principles", v);
	hand_more(h, "principles", left, 1, "Articles");
	p = &h->sc.kind[DF_K_PATTERN];
	left = 0;
	hand_scored(p, &left);
	max.n -= (unsigned)n;
	max.bytes -= used < max.bytes ? (unsigned)used : max.bytes;
	if (n && max.bytes < BRIEF_WHY)
		max.n = 0;
	left += df_picks_fit(p, max, pattern_size, &h->sp->d10.patterns);
	v = jv_array();
	for (i = 0; i < p->n; i++) {
		o = pattern(h, p->v[i].index);
		hand_add(h, HAND_PRINCIPLES, jv_string_value(o),
		    strlen(jv_string_value(o)), pat[p->v[i].index].at);
		v = jv_array_append(v, o);
	}
	hand_list(h, "patterns", v);
	hand_more(h, "patterns", left, 10, "Key Patterns");
}

void
hand_principles(struct hand *h)
{
	const struct df_values *said = &h->sp->d10.conventions;
	struct df_picks *p = &h->sc.kind[DF_K_CONVENTION];
	size_t i, left;

	principles(h);
	left = hand_fit(h, DF_K_CONVENTION, said, h->max->conventions);
	for (i = 0; i < p->n; i++)
		hand_cite(h, "existing_code_refs", "conventions",
		    said->v[p->v[i].index].at);
	hand_list(h, "conventions", hand_texts(h, DF_K_CONVENTION, said));
	hand_more(h, "conventions", left, 10, "Coding Conventions");
}
