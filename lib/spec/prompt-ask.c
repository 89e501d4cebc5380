#include "base/df.h"

#include <string.h>

#include "spec/prompt-internal.h"

#define IDS 10			/* ids named in a question */

/* ---- one question ---- */

void
ask_cite(struct ask *m, struct df_span at)
{
	if (at.line == 0 || (m->sources.n && m->cited.doc == at.doc &&
	    m->cited.line == at.line))
		return;
	m->cited = at;
	brief_next(&m->sources);
	df_buf_ch(&m->sources, '{');
	brief_source(&m->sources, at);
	df_buf_ch(&m->sources, '}');
}

void
ask_drop(struct ask *m)
{
	df_buf_reset(&m->text);
	df_buf_reset(&m->expected);
	df_buf_reset(&m->sources);
}

int
ask_take(struct ask *m)
{
	struct ask_question *q = &m->q[m->n];

	if (m->text.n == 0 || brief_other_task(m->t, m->text.s, m->text.n)) {
		ask_drop(m);
		return 0;
	}
	if (brief_blank(m->expected.s, m->expected.n)) {
		df_buf_reset(&m->expected);
		df_buf_str(&m->expected, "What the documents say there.");
	}
	df_buf_add(&q->text, m->text.s, m->text.n);
	df_buf_add(&q->expected, m->expected.s, m->expected.n);
	df_buf_add(&q->sources, m->sources.s, m->sources.n);
	m->n++;
	ask_drop(m);
	return 1;
}

/* The candidates in their order; the last one always serves. */
void
ask_first(struct ask *m, int (*const *from)(struct ask *))
{
	for (;; from++)
		if ((*from)(m) && ask_take(m))
			return;
		else
			ask_drop(m);	/* of what did not serve */
}

int
ask_quote(struct ask *m, struct df_buf *b, const struct df_value *v)
{
	size_t n = b->n;

	df_buf_ch(b, '"');
	if (!brief_sentences(b, m->t, v->s, v->n, ASK_QUOTE) ||
	    b->n - n > (size_t)ASK_QUOTE * 2) {
		df_buf_cut(b, n);
		return 0;
	}
	df_buf_str(b, strchr(".!?:", b->s[b->n - 1]) ? "\"" : "\".");
	return 1;
}

void
ask_stop(struct df_buf *b)
{
	if (b->n && !strchr(".!?:", b->s[b->n - 1]))
		df_buf_ch(b, '.');
}

/* "Key: value. " of a contract's field, and where it is. */
int
ask_field(struct ask *m, const struct df_fields *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0 && f->v[i].value.n)
			break;
	if (i == f->n)
		return 0;
	df_buf_fmt(&m->expected, "%s%s: %s", m->expected.n ? " " : "",
	    f->v[i].key, f->v[i].value.s);
	ask_stop(&m->expected);
	ask_cite(m, f->v[i].value.at);
	return 1;
}

/* What is in some other form than the expected one is quoted whole. */
void
ask_body(struct ask *m, const struct df_item *it)
{
	jv s = brief_body(m->sp, it);

	df_buf_str(&m->expected, jv_string_value(s));
	jv_free(s);
}

/* ---- the task ---- */

void
ask_component(struct ask *m, struct df_buf *b)
{
	brief_title(b, m->t, m->sp->component);
}

void
ask_subject(struct ask *m, struct df_buf *b)
{
	size_t n = b->n;

	df_buf_ch(b, '"');
	df_task_oneline(m->t, b);
	df_buf_ch(b, '"');
	if (b->n - n <= ASK_QUOTE)
		return;
	df_buf_cut(b, n);
	df_buf_str(b, m->t->item.id);
}

/* The file's name, or its path when another of the task's has that name. */
static const char *
short_name(const struct ask *m, uint32_t file)
{
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_xfile *f = &m->x->file[file], *g;
	size_t i;

	for (i = 0; i < p->n; i++) {
		g = &m->x->file[p->v[i].index];
		if (g != f && strcmp(g->base, f->base) == 0)
			return f->path;
	}
	return f->base;
}

/* The next of the files that are named, of n; some are not. */
static void
next_file(struct df_buf *b, const char *s, size_t len, size_t k, size_t n,
    size_t all)
{
	df_buf_fmt(b, "%s`%.*s`", k == 0 ? "" : k + 1 == n && n == all ?
	    " and " : ", ", (int)len, s);
}

/*
 * "`a.py`, `b.py` and 2 more" of the task's files: what is created or modified
 * before what is only there, and what D7 does not have behind both.  One that
 * is called like another task is only counted.  0 without any.
 */
size_t
ask_files(struct ask *m, struct df_buf *b)
{
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_unplanned *u = m->sc.unplanned;
	size_t all = p->n + m->sc.nunplanned, i, n = 0, k = 0;
	const char *s;
	int reuse;

	for (i = 0; i < p->n; i++) {
		s = short_name(m, p->v[i].index);
		n += !brief_other_task(m->t, s, strlen(s));
	}
	for (i = 0; i < m->sc.nunplanned; i++)
		n += !brief_other_task(m->t, u[i].path, u[i].n);
	if (n > ASK_FILES)
		n = ASK_FILES - 1;
	for (reuse = 0; reuse < 2; reuse++)
		for (i = 0; i < p->n && k < n; i++) {
			s = short_name(m, p->v[i].index);
			if ((p->v[i].action == DF_REUSE) == reuse &&
			    !brief_other_task(m->t, s, strlen(s)))
				next_file(b, s, strlen(s), k++, n, all);
		}
	for (i = 0; k < n; i++)
		if (!brief_other_task(m->t, u[i].path, u[i].n))
			next_file(b, u[i].path, u[i].n, k++, n, all);
	if (n && n < all)
		df_buf_fmt(b, " and %zu more", all - n);
	else if (n < all)
		df_buf_fmt(b, "its %zu file%s", all, all == 1 ? "" : "s");
	return all;
}

/* "SC-001, IN-002"; of many only how many. */
void
ask_ids(struct ask *m, struct df_buf *b)
{
	const struct df_refs *s = &m->t->scenarios, *c = &m->t->contracts;

	if (s->n + c->n > IDS) {
		df_buf_fmt(b, "its %zu scenarios and %zu contracts", s->n,
		    c->n);
		return;
	}
	brief_refs(b, s, 0);
	if (s->n && c->n)
		df_buf_str(b, ", ");
	brief_refs(b, c, 0);
	if (s->n + c->n == 0)
		df_buf_str(b, "the steps of section 4");
}

/* The number in a task's id: it decides among equals, so that tasks do not
   all get the same question. */
unsigned
ask_number(const struct df_task *t)
{
	const char *s = t->item.id;
	unsigned n = 0;

	for (; *s; s++)
		if (*s >= '0' && *s <= '9')
			n = n * 10 + (unsigned)(*s - '0');
	return n;
}

/* The criterion to ask about: longest that is not too long to quote. */
size_t
ask_step(struct ask *m)
{
	const struct df_task *t = m->t;
	size_t i, best = SIZE_MAX, len = 0, n;
	const char *lf;

	for (i = 0; i < t->criteria; i++) {
		lf = memchr(t->criterion[i].text.s, '\n',
		    t->criterion[i].text.n);
		n = lf ? (size_t)(lf - t->criterion[i].text.s) :
		    t->criterion[i].text.n;
		if (n > ASK_QUOTE || n <= len || brief_other_task(t,
		    t->criterion[i].text.s, n) ||
		    brief_counts_tests(t->criterion[i].text.s, n))
			continue;
		best = i;
		len = n;
	}
	return best;
}

void
ask_put_step(struct ask *m, struct df_buf *b, size_t i)
{
	const struct df_value *v;
	const char *lf;
	size_t n;

	if (i >= m->t->criteria) {
		ask_subject(m, b);
		return;
	}
	v = &m->t->criterion[i].text;
	lf = memchr(v->s, '\n', v->n);
	n = lf ? (size_t)(lf - v->s) : v->n;
	while (n && (v->s[n - 1] == ':' || v->s[n - 1] == ' '))
		n--;
	df_buf_add(b, v->s, n);
}

int
ask_task(struct ask *m)
{
	df_buf_fmt(&m->text, "Question %u of %s: what do you have to know "
	    "about ", m->n + 1, m->t->item.id);
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " that the specification does not say, and what "
	    "do you assume?");
	df_buf_str(&m->expected, "The documents say no more than: ");
	df_task_mission(m->sp, m->t, &m->expected);
	ask_cite(m, m->t->item.at);
	return 1;
}

/* ---- 1 to 10 ---- */

void
ask_verification(struct ask *m)
{
	const struct df_refs *f = &m->t->contracts;
	size_t i;

	for (i = 0; i < f->n && m->side == NULL; i++)
		if (f->v[i].to && f->v[i].family == DF_SIDE)
			m->side = df_contract_of(f->v[i].to);
	ask_scope(m);
	ask_technical(m, 6);
	ask_packaging(m);
	ask_integration(m);
}
