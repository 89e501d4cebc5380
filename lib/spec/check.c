#include "base/df.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "run/head.h"
#include "spec/check-internal.h"
#include "spec/found.h"

/* ---- findings ---- */

int
ck_have(const struct ck *c, unsigned docs)
{
	return (c->sp->have & docs) == docs;
}

struct df_span
ck_doc(unsigned doc)
{
	struct df_span at = { (uint8_t)doc, 0, 0, 0 };

	return at;
}

/* The column of a place, counted in characters. */
static uint32_t
column(struct ck *c, struct df_span at)
{
	const struct df_doc *d = &c->sp->doc[at.doc];
	uint32_t i, col = 1;

	if (at.line == 0 || d->md == NULL || at.line > d->md->lines)
		return 0;
	i = d->md->line[at.line - 1].off;
	if (at.off < i)
		return at.line == 1;	/* a byte order mark */
	if (at.off > i + d->md->line[at.line - 1].len)
		return 0;
	if (c->last.doc == at.doc && c->last.line == at.line &&
	    c->last.off <= at.off) {
		i = c->last.off;
		col = c->lastcol;
	}
	for (; i < at.off; i++)
		col += ((unsigned char)d->s[i] & 0xc0) != 0x80;
	c->last = at;
	c->lastcol = col;
	return col;
}

static const char *
line_of(const struct df_spec *sp, struct df_span at, size_t *n)
{
	const struct df_doc *d = &sp->doc[at.doc];

	*n = 0;
	if (at.line == 0 || d->md == NULL || at.line > d->md->lines)
		return NULL;
	*n = d->md->line[at.line - 1].len;
	return d->s + d->md->line[at.line - 1].off;
}

static int
by_offset(const void *a, const void *b)
{
	const struct df_item *const *x = a, *const *y = b;

	if ((*x)->at.doc != (*y)->at.doc)
		return (*x)->at.doc < (*y)->at.doc ? -1 : 1;
	if ((*x)->at.off != (*y)->at.off)
		return (*x)->at.off < (*y)->at.off ? -1 : 1;
	return 0;
}

/* The id of the item that a place lies in, "" when it lies in none. */
static const char *
item_at(struct ck *c, struct df_span at)
{
	size_t lo = 0, hi = c->sp->nitems, mid;
	const struct df_item *it;

	if (at.doc == 0 || at.line == 0 || hi == 0)
		return "";
	if (c->byplace == NULL) {
		c->byplace = df_calloc(hi, sizeof(*c->byplace));
		memcpy(c->byplace, c->sp->items, hi * sizeof(*c->byplace));
		qsort(c->byplace, hi, sizeof(*c->byplace), by_offset);
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		it = c->byplace[mid];
		if (it->at.doc < at.doc || (it->at.doc == at.doc &&
		    it->at.off <= at.off))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return "";
	it = c->byplace[lo - 1];
	return it->at.doc == at.doc && at.off - it->at.off < it->at.len ?
	    it->id : "";
}

void
ck_add(struct ck *c, const char *rule, struct df_span at, const char *hint,
    const char *fmt, ...)
{
	struct df_diag *d;
	va_list ap;

	va_start(ap, fmt);
	d = df_found_add(c->out, rule, fmt, ap);
	va_end(ap);
	if (d == NULL)
		return;
	d->path = at.doc ? c->sp->doc[at.doc].path : c->sp->dir;
	d->doc = at.doc;
	d->d9 = d->rule->d9 || at.doc == 9;
	d->line = at.line;
	d->col = column(c, at);
	d->text = at.doc ? line_of(c->sp, at, &d->ntext) : NULL;
	d->item = item_at(c, at);
	d->hint = hint ? hint : "";
}

void
ck_say(struct ck *c, enum df_check_id id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	df_found_say(c->out, id, fmt, ap);
	va_end(ap);
}

void
ck_ran(struct ck *c, enum df_check_id id)
{
	c->out->row[id].ran = 1;
}

const char *
ck_near(struct ck *c, const char *id, enum df_family f)
{
	const struct df_spec *sp = c->sp;
	const char **word, *near;
	size_t i, n = 0;

	word = df_calloc(sp->nitems + 1, sizeof(*word));
	for (i = 0; i < sp->nitems; i++)
		if (sp->items[i]->family == f)
			word[n++] = sp->items[i]->id;
	near = df_found_near(c->out, id, word, n);
	free(word);
	return near;
}

/* ---- the whole ---- */

/* What the reader remarked is a finding like any other. */
static void
remarks(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	size_t i;

	for (i = 0; i < sp->remarks; i++)
		ck_add(c, sp->remark[i].rule, sp->remark[i].at, "", "%s",
		    sp->remark[i].msg);
}

static void
count(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	struct df_check *o = c->out;
	unsigned n;
	size_t i;

	for (n = 1; n < DF_DOCS; n++)
		o->sum.documents += (sp->have & DF_SPEC_BIT(n)) != 0;
	o->sum.scenarios = sp->d2.scenarios;
	o->sum.contracts = sp->d4.contracts;
	o->sum.tasks = sp->d8.tasks;
	o->sum.holdouts = sp->d9.holdouts;
	for (i = 0; i < sp->d9.holdouts; i++) {
		o->sum.p0 += sp->d9.holdout[i].priority == 0;
		o->sum.p1 += sp->d9.holdout[i].priority == 1;
	}
	for (i = 0; i < sp->d6.gaps; i++)
		o->sum.assumed += sp->d6.gap[i].status == DF_STATUS_ASSUMED;
	for (i = 0; i < sp->d6.clars; i++)
		o->sum.assumed += sp->d6.clar[i].status == DF_STATUS_ASSUMED;
}

void
df_check_run(struct df_check *out, const struct df_spec *sp)
{
	struct ck c = { .out = out, .sp = sp };

	df_found_begin(out);
	count(&c);
	remarks(&c);
	ck_documents(&c);
	ck_open(&c);
	ck_scenarios(&c);
	ck_contracts(&c);
	ck_cycles(&c);
	ck_readable(&c);
	ck_filled(&c);
	ck_refs(&c);
	ck_mentions(&c);
	ck_constitution(&c);
	ck_research(&c);
	ck_tasks(&c);
	ck_agree(&c);
	if (sp->have & DF_SPEC_BIT(9)) {
		ck_holdouts(&c);
		ck_judge(&c);
		ck_coverage(&c);
		ck_leak(&c);
	}
	df_found_end(out, 0);
	free(c.byplace);
}

void
df_check_release(struct df_check *c)
{
	free(c->diag);
	df_arena_release(&c->arena);
	memset(c, 0, sizeof(*c));
}

/* ---- the record ---- */

const char *
df_diag_document(const struct df_diag *d)
{
	const char *p = strrchr(d->path, '/');

	return d->doc == 0 ? "" : p && p[1] ? p + 1 : d->path;
}

static jv
finding(const struct df_diag *d)
{
	jv f = jv_object();

	f = df_jset_str(f, "rule", d->rule->id);
	f = df_jset_str(f, "severity", df_severity_name[d->severity]);
	f = df_jset_str(f, "message", d->msg);
	if (d->doc)
		f = df_jset_str(f, "document", df_diag_document(d));
	if (d->line)
		f = df_jset_int(f, "line", d->line);
	if (d->col)
		f = df_jset_int(f, "column", d->col);
	if (*d->item)
		f = df_jset_str(f, "item", d->item);
	if (*d->hint)
		f = df_jset_str(f, "hint", d->hint);
	if (d->waived)
		f = df_jset(f, "waiver", df_digest_json(&d->waiver));
	return f;
}

/* Of D9 only how often each rule spoke. */
static jv
public_counts(const struct df_check *c)
{
	size_t *n = df_calloc(df_nrules, sizeof(*n)), i;
	jv a = jv_array(), f;

	for (i = 0; i < c->n; i++)
		if (c->diag[i].d9)
			n[c->diag[i].rule - df_rules]++;
	for (i = 0; i < df_nrules; i++) {
		if (n[i] == 0)
			continue;
		f = df_jset_str(jv_object(), "rule", df_rules[i].id);
		f = df_jset_str(f, "severity",
		    df_severity_name[df_rules[i].severity]);
		f = df_jset_int(f, "count", (int64_t)n[i]);
		a = jv_array_append(a, f);
	}
	free(n);
	return a;
}

static jv
check_jv(const struct df_check *c, const struct df_check_row *r, int public)
{
	jv x = df_jset_str(jv_object(), "check_name", r->name), d;
	size_t i;

	x = df_jset_str(x, "status", r->pass ? "PASS" : "FAIL");
	x = df_jset_str(x, "message", r->msg);
	if (r->details == 0)
		return x;
	d = jv_array();
	for (i = 0; i < c->n; i++) {
		const struct df_diag *g = &c->diag[i];

		if (g->severity == DF_ERROR && g->waived == NULL &&
		    &c->row[g->rule->check] == r && !(public && g->d9))
			d = jv_array_append(d, jv_string(g->msg));
	}
	return df_jset(x, "details", d);
}

static jv
assumed(const struct df_spec *sp)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < sp->d6.gaps; i++)
		if (sp->d6.gap[i].status == DF_STATUS_ASSUMED)
			a = jv_array_append(a,
			    jv_string(sp->d6.gap[i].item.id));
	for (i = 0; i < sp->d6.clars; i++)
		if (sp->d6.clar[i].status == DF_STATUS_ASSUMED)
			a = jv_array_append(a,
			    jv_string(sp->d6.clar[i].item.id));
	return a;
}

jv
df_check_result(const struct df_check *c, const struct df_spec *sp,
    unsigned flags)
{
	int public = (flags & DF_RESULT_PUBLIC) != 0;
	jv v = jv_object(), a, s;
	size_t i;
	unsigned k;

	v = df_jset_str(v, "schema", "df.validation/1");
	v = df_jset_str(v, "status", c->pass ? "PASS" : "FAIL");
	v = df_jset_str(v, "outcome", c->pass ? "PASS" :
	    c->blocked ? "BLOCKED" : "FAIL");
	v = df_jset_str(v, "spec_dir", public ? "spec.tree" : sp->dir);
	if (*sp->component)
		v = df_jset_str(v, "component_name", sp->component);
	a = jv_array();
	for (k = 0; k < DF_CHECKS; k++)
		if (c->row[k].ran)
			a = jv_array_append(a, check_jv(c, &c->row[k], public));
	v = df_jset(v, "checks", a);
	a = jv_array();
	for (i = 0; i < c->n; i++)
		if (!(public && c->diag[i].d9))
			a = jv_array_append(a, finding(&c->diag[i]));
	v = df_jset(v, "findings", a);
	if (public)
		v = df_jset(v, "holdout_findings", public_counts(c));
	if (c->cut)
		v = df_jset_int(v, "findings_cut", (int64_t)c->cut);
	v = df_jset(v, "assumed", assumed(sp));
	if (c->waived)
		v = df_jset_int(v, "waived", (int64_t)c->waived);
	if (sp->withheld) {
		a = jv_array();
		for (k = 1; k < DF_DOCS; k++)
			if (sp->withheld & DF_SPEC_BIT(k))
				a = jv_array_append(a,
				    jv_string_fmt("D%u", k));
		v = df_jset(v, "withheld", a);
	}
	if (!c->pass)
		return df_jset(v, "summary", jv_null());
	s = df_jset_int(jv_object(), "documents", (int64_t)c->sum.documents);
	s = df_jset_int(s, "scenarios", (int64_t)c->sum.scenarios);
	s = df_jset_int(s, "tasks", (int64_t)c->sum.tasks);
	s = df_jset_int(s, "holdouts", (int64_t)c->sum.holdouts);
	return df_jset(v, "summary", s);
}
