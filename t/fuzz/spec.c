/*
 * Fuzz target: the specification reader, its checks and records, and the
 * status of results files.
 *
 * The first byte says what the rest is: 1 to 10 that document alone, 11 a
 * results file, anything else several documents, each begun by the byte 0x1e
 * and its number as one byte ('1' to '9', ':').
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check.h"
#include "spec/diag.h"
#include "spec/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int good)
{
	if (!good)
		abort();
}

static void
in_document(const struct df_spec *sp, struct df_span at)
{
	must(at.doc >= 1 && at.doc <= 10);
	must((size_t)at.off + at.len <= sp->doc[at.doc].n);
	must(at.line <= sp->doc[at.doc].md->lines + 1);
}

/* Every byte of D9 is in the frame or in one scenario. */
static void
frame(const struct df_spec *sp)
{
	size_t i, n = 0;

	for (i = 0; i < sp->d9.frames; i++) {
		in_document(sp, sp->d9.frame[i]);
		n += sp->d9.frame[i].len;
	}
	for (i = 0; i < sp->d9.holdouts; i++)
		n += sp->d9.holdout[i].item.at.len;
	if (sp->have & DF_SPEC_BIT(9)) {
		/* the last line end is nobody's when there is no line */
		must(n == sp->doc[9].n || sp->doc[9].md->lines == 0);
	}
}

static void
whole_text(const struct df_spec *sp, const struct df_value *v)
{
	must(strlen(v->s) == v->n);
	if (v->at.line)
		in_document(sp, v->at);
}

static void
texts(const struct df_spec *sp, const struct df_values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		whole_text(sp, &v->v[i]);
}

/* What YAML says can be quoted and found again. */
static void
behaviour(const struct df_spec *sp)
{
	size_t i, k;

	for (i = 0; i < sp->d9.holdouts; i++) {
		const struct df_holdout *h = &sp->d9.holdout[i];
		const struct df_behaviour *b = &h->behaviour;

		whole_text(sp, &h->slug);
		whole_text(sp, &h->validates_text);
		whole_text(sp, &b->category);
		whole_text(sp, &b->setup);
		whole_text(sp, &b->action);
		whole_text(sp, &b->outcome);
		texts(sp, &b->preconditions);
		texts(sp, &b->steps);
		texts(sp, &b->negative);
		texts(sp, &b->evidence);
		for (k = 0; k < b->assertions; k++)
			whole_text(sp, &b->assertion[k].observable);
		for (k = 0; k < h->validates.n; k++)
			in_document(sp, h->validates.v[k].at);
	}
}

/* As they are shown: an annotation is a line, SARIF is JSON. */
static void
shown(const struct df_check *c)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_sarif sarif;
	struct df_err e;
	size_t i, was;

	df_sarif_init(&sarif);
	for (i = 0; i < c->n && i < 100; i++) {
		df_diag_text(&b, &c->diag[i], DF_DIAG_COLOUR);
		was = b.n;
		df_diag_github(&b, &c->diag[i], c->diag[i].path);
		must(memchr(b.s + was, '\n', b.n - was) == b.s + b.n - 1);
		df_sarif_add(&sarif, &c->diag[i], NULL, c->diag[i].path);
	}
	df_buf_reset(&b);
	df_sarif_end(&sarif, &b);
	must(df_json_scan(&j, b.s, b.n, DF_JSON_CANON, "sarif", &e) == 0);
	df_json_release(&j);
	df_buf_release(&b);
}

static void
records(const struct df_spec *sp)
{
	struct df_check c;
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	size_t i;

	df_check_run(&c, sp);
	for (i = 0; i < c.n; i++) {
		must(c.diag[i].msg[0] != 0);
		must(c.diag[i].doc != 9 || c.diag[i].d9);
	}
	shown(&c);
	must(df_json_write(&b, df_check_result(&c, sp, 0), &e) == 0);
	df_buf_reset(&b);
	must(df_json_write(&b, df_check_result(&c, sp, DF_RESULT_PUBLIC),
	    &e) == 0);
	df_buf_reset(&b);
	must(df_json_write(&b, df_spec_product(sp, 1), &e) == 0);
	df_check_release(&c);
	df_buf_reset(&b);
	for (i = 1; i < DF_DOCS; i++)
		if (sp->doc[i].sections)
			df_spec_text(sp, sp->doc[i].section[0].whole, &b);
	df_buf_release(&b);
}

static void
graph(const struct df_spec *sp)
{
	uint32_t *order = calloc(sp->d8.tasks + 1, sizeof(*order));

	must(order != NULL);
	(void)!df_spec_order(sp, order);
	free(order);
	if (sp->d2.scenarios)
		(void)df_spec_responsible(sp, &sp->d2.scenario[0].item);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_results r;
	struct df_spec sp;
	struct df_err e;
	const char *s = (const char *)data + 1, *end, *next;
	unsigned have;
	size_t i;

	if (n == 0)
		return 0;
	n--;
	if (data[0] == 11) {
		df_results_read(&r, s, n);
		must(strlen(r.text) < sizeof(r.text));
		(void)df_results_score(s, n, &have);
		return 0;
	}
	memset(doc, 0, sizeof(doc));
	if (data[0] >= 1 && data[0] <= 10) {
		doc[data[0]].s = s;
		doc[data[0]].n = n;
	} else {
		for (end = s + n; s < end; s = next) {
			next = memchr(s + 1, 0x1e, (size_t)(end - (s + 1)));
			if (next == NULL)
				next = end;
			if (*s != 0x1e || next - s < 2 || s[1] < '1' ||
			    s[1] > ':')
				continue;
			doc[s[1] - '0'].s = s + 2;
			doc[s[1] - '0'].n = (size_t)(next - (s + 2));
		}
	}
	if (df_spec_read(&sp, doc, 0, 0, &e) == -1) {
		must(e.exit == DF_INPUT && e.msg[0]);
		return 0;
	}
	for (i = 0; i < sp.nitems; i++) {
		in_document(&sp, sp.items[i]->at);
		must(df_spec_find(&sp, sp.items[i]->id,
		    strlen(sp.items[i]->id)) == sp.items[i]);
	}
	frame(&sp);
	graph(&sp);
	behaviour(&sp);
	records(&sp);
	df_spec_release(&sp);
	return 0;
}
