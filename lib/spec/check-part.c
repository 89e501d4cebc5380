#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"

/* Checks of what single documents must say: D1 with D7, D5, D8, headers. */

static struct df_str
str(const struct df_value *v)
{
	struct df_str t = { v->s, v->n };

	return t;
}

/* ---- D1 and its check in D7 ---- */

static void
articles(struct ck *c)
{
	const struct df_d1 *d = &c->sp->d1;
	const struct {
		const char *name;
		const struct df_values *v;
	} list[] = {
		{ "ALWAYS", &d->always }, { "ASK FIRST", &d->ask_first },
		{ "NEVER", &d->never }
	};
	struct df_span at = ck_heading(c, 1, "boundary");
	size_t i;

	if (at.line == 0)
		at = ck_heading(c, 1, "boundaries");
	if (d->articles == 0)
		ck_add(c, "d1.no-articles", ck_doc(1), "",
		    "D1 defines no article");
	for (i = 0; i < d->articles; i++) {
		const struct df_article *a = &d->article[i];
		const char *lack = a->rule.n == 0 ? "Rule" :
		    a->why.n == 0 ? "Why" : a->test.n == 0 ? "Test" :
		    a->violations.n == 0 ? "Violations" : NULL;

		if (lack)
			ck_add(c, "d1.article", ck_id(c, &a->item), "",
			    "%s has no %s", a->item.id, lack);
	}
	for (i = 0; i < DF_LEN(list); i++)
		if (list[i].v->n == 0)
			ck_add(c, "d1.boundary", at, "",
			    "D1 lists nothing under %s", list[i].name);
}

static void
verdicts(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	const struct df_d7 *d = &sp->d7;
	size_t i;

	for (i = 0; i < d->verdicts; i++)
		if (d->verdict[i].yes == 0)
			ck_add(c, "d7.not-compliant",
			    d->verdict[i].compliant.at, "",
			    "the plan does not comply with %s",
			    d->verdict[i].article.s);
	for (i = 0; i < d->verdicts && i < sp->d1.articles; i++)
		if (d->verdict[i].number &&
		    d->verdict[i].number != sp->d1.article[i].number)
			ck_add(c, "d7.verdicts", d->verdict[i].article.at, "",
			    "row %zu of the constitution check is about "
			    "%.80s, not about %s", i + 1,
			    d->verdict[i].article.s,
			    sp->d1.article[i].item.id);
	if (ck_have(c, DF_SPEC_BIT(1)) && d->verdicts != sp->d1.articles)
		ck_add(c, "d7.verdicts", ck_heading(c, 7,
		    "constitution check"), "", "the constitution check has %zu "
		    "rows for %zu articles", d->verdicts, sp->d1.articles);
}

void
ck_constitution(struct ck *c)
{
	if (ck_have(c, DF_SPEC_BIT(1))) {
		ck_ran(c, DF_CHECK_CONSTITUTION);
		articles(c);
	}
	if (ck_have(c, DF_SPEC_BIT(7)))
		verdicts(c);
	ck_say(c, DF_CHECK_CONSTITUTION, "%zu articles, %zu of them checked "
	    "by D7", c->sp->d1.articles, c->sp->d7.verdicts);
}

/* ---- D5 ---- */

void
ck_research(struct ck *c)
{
	const struct df_d5 *d = &c->sp->d5;
	size_t i, blocking = 0, decided = 0;

	if (!ck_have(c, DF_SPEC_BIT(5)))
		return;
	ck_ran(c, DF_CHECK_RESEARCH);
	for (i = 0; i < d->nresearch; i++) {
		const struct df_research *q = &d->research[i];

		if (!q->blocking)
			continue;
		blocking++;
		if (q->decision.n)
			decided++;
		else
			ck_add(c, "d5.undecided", ck_id(c, &q->item), "",
			    "%s is Blocking and has no Decision", q->item.id);
	}
	ck_say(c, DF_CHECK_RESEARCH, "%zu/%zu blocking research questions "
	    "decided", decided, blocking);
}

/* ---- D8 ---- */

void
ck_tasks(struct ck *c)
{
	const struct df_d8 *d = &c->sp->d8;
	size_t i, none = 0;

	if (!ck_have(c, DF_SPEC_BIT(8)))
		return;
	ck_ran(c, DF_CHECK_TASKS);
	for (i = 0; i < d->tasks; i++) {
		const struct df_task *t = &d->task[i];

		if (t->criteria == 0) {
			none++;
			ck_add(c, "d8.criteria", ck_id(c, &t->item), "",
			    "%s has no acceptance criteria", t->item.id);
		}
		if (t->deps_text.at.line == 0 ||
		    t->contracts_text.at.line == 0)
			ck_add(c, "d8.field", ck_id(c, &t->item), "",
			    "%s has no %s", t->item.id,
			    t->deps_text.at.line == 0 ? "Dependency" :
			    "Contracts Implemented");
		if (t->scenarios.n == 0 && !t->foundation)
			ck_add(c, "d8.no-trace", t->scenarios_text.at.line ?
			    t->scenarios_text.at : ck_id(c, &t->item), "",
			    "%s satisfies no scenario", t->item.id);
		if (t->deps.n == 0 && t->deps_text.n &&
		    !df_str_word(str(&t->deps_text), "none") &&
		    !df_str_ieq(str(&t->deps_text), "n/a") &&
		    !df_str_eq(str(&t->deps_text), "-") &&
		    !df_str_eq(str(&t->deps_text), "\xe2\x80\x94"))
			ck_add(c, "d8.deps", t->deps_text.at, "",
			    "%s: \"%.80s\" names no task", t->item.id,
			    t->deps_text.s);
	}
	ck_say(c, DF_CHECK_TASKS, "%zu tasks, %zu without acceptance "
	    "criteria", d->tasks, none);
}

/* ---- documents agree ---- */

static void
mentions(struct ck *c, const struct df_refs *r, const char *where)
{
	const struct df_d8 *d = &c->sp->d8;
	uint8_t *seen;
	size_t i;

	if (r->n == 0)
		return;
	seen = df_calloc(d->tasks + 1, 1);
	for (i = 0; i < r->n; i++)
		if (r->v[i].to)
			seen[r->v[i].to->index] = 1;
		else if (!r->v[i].derived)
			ck_add(c, "d8.mention", r->v[i].at, "",
			    "the %s names %s, which D8 does not define",
			    where, r->v[i].id);
	for (i = 0; i < d->tasks; i++)
		if (!seen[i])
			ck_add(c, "d8.mention", ck_id(c, &d->task[i].item), "",
			    "%s is not in the %s", d->task[i].item.id, where);
	free(seen);
}

static int64_t
said(const struct df_spec *sp, unsigned doc, const char *name,
    struct df_span *at)
{
	const struct df_value *v =
	    df_field_get(&sp->doc[doc].meta.fields, name);
	int64_t n = -1;
	size_t i;

	*at = v->at;
	for (i = 0; i < v->n && i < 9 && v->s[i] >= '0' && v->s[i] <= '9'; i++)
		n = (n < 0 ? 0 : n * 10) + (v->s[i] - '0');
	return n;
}

/* The summary of D6: its TOTAL row, and each row in itself. */
static void
summary(struct ck *c)
{
	const struct df_d6 *d = &c->sp->d6;
	struct {
		const char *name;
		int64_t said, sum;
	} t[3] = {
		{ "found", d->total.found, 0 },
		{ "shared", d->total.shared, 0 },
		{ "resolved", d->total.resolved, 0 }
	};
	size_t i;

	for (i = 0; i < d->sums; i++) {
		const struct df_gapsum *s = &d->sum[i];

		t[0].sum += s->found > 0 ? s->found : 0;
		t[1].sum += s->shared > 0 ? s->shared : 0;
		t[2].sum += s->resolved > 0 ? s->resolved : 0;
		if (s->found >= 0 && s->resolved >= 0 && s->remaining >= 0 &&
		    s->found != s->resolved + s->remaining)
			ck_add(c, "total.gaps", s->category.at, "", "%.80s: "
			    "%lld found are not %lld resolved and %lld "
			    "remaining", s->category.s, (long long)s->found,
			    (long long)s->resolved, (long long)s->remaining);
	}
	if (d->total.category.n == 0 || d->sums == 0)
		return;
	for (i = 0; i < DF_LEN(t); i++)
		if (t[i].said >= 0 && t[i].said != t[i].sum)
			ck_add(c, "total.gaps", d->total.category.at, "",
			    "the TOTAL row says %lld %s, the rows above it "
			    "%lld", (long long)t[i].said, t[i].name,
			    (long long)t[i].sum);
}

static void
totals(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	const struct df_d8 *d = &sp->d8;
	struct df_span at;
	size_t i, shared = 0, private = 0;
	int64_t n;

	if (d->total >= 0 && d->total != (int64_t)d->tasks)
		ck_add(c, "total.tasks", ck_meta(c, 8, "total tasks"),
		    "", "the header says %lld tasks, D8 defines %zu",
		    (long long)d->total, d->tasks);
	if (d->total_line >= 0 && d->total_line != (int64_t)d->tasks)
		ck_add(c, "total.tasks", d->total_at.at, "", "the summary says "
		    "%lld tasks, D8 defines %zu", (long long)d->total_line,
		    d->tasks);
	n = said(sp, 3, "shared entities", &at);
	for (i = 0; i < sp->d3.entities; i++)
		shared += df_str_word(str(&sp->d3.entity[i].scope), "shared");
	if (n >= 0 && n != (int64_t)shared)
		ck_add(c, "total.entities", at, "", "the header says %lld "
		    "shared entities, D3 defines %zu", (long long)n, shared);
	shared = 0;
	for (i = 0; i < sp->d6.gaps; i++) {
		shared += sp->d6.gap[i].shared == 1;
		private += sp->d6.gap[i].shared == 0;
	}
	n = said(sp, 6, "shared gaps", &at);
	if (n >= 0 && n != (int64_t)shared)
		ck_add(c, "total.gaps", at, "", "the header says %lld shared "
		    "gaps, D6 defines %zu", (long long)n, shared);
	n = said(sp, 6, "private gaps", &at);
	if (n >= 0 && n != (int64_t)private)
		ck_add(c, "total.gaps", at, "", "the header says %lld private "
		    "gaps, D6 defines %zu", (long long)n, private);
}

/* "0.1.0 (matches D2)": the version must be D2's. */
static void
version(struct ck *c, unsigned n)
{
	const struct df_spec *sp = c->sp;
	const struct df_fields *f = &sp->doc[n].meta.fields;
	const struct df_value *v = &sp->doc[n].meta.version,
	    *want = &sp->doc[2].meta.version;
	size_t i;

	if (v->n == 0 || want->n == 0 || strcmp(v->s, want->s) == 0)
		return;
	for (i = 0; i < f->n; i++)
		if (strstr(f->v[i].value.s, "matches D2") &&
		    strncmp(f->v[i].value.s, v->s, v->n) == 0)
			ck_add(c, "doc.version", v->at, "",
			    "D%u says it matches D2 and is %s, but D2 is %s",
			    n, v->s, want->s);
}

/* PKG-NAME-NNN, as E-001 wants it. */
static int
package_form(const char *s)
{
	size_t n = strlen(s), digits = 0;

	while (digits < n && s[n - 1 - digits] >= '0' &&
	    s[n - 1 - digits] <= '9')
		digits++;
	return strcmp(s, "TBD") == 0 || (strncmp(s, "PKG-", 4) == 0 &&
	    digits == 3 && n > 8 && s[n - 4] == '-');
}

static void
names(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	unsigned n;

	if (!package_form(sp->package))
		ck_add(c, "doc.package-form", sp->doc[2].meta.package.at, "",
		    "package %.80s is not of the form PKG-NAME-NNN",
		    sp->package);
	for (n = 1; n < DF_DOCS; n++) {
		const struct df_meta *m = &sp->doc[n].meta;

		if (n == 2 || !(sp->have & DF_SPEC_BIT(n)))
			continue;
		if (*sp->component && m->component.n &&
		    strcmp(sp->component, m->component.s) != 0)
			ck_add(c, "doc.component", m->component.at, "",
			    "D%u is about \"%.80s\", D2 about \"%.80s\"", n,
			    m->component.s, sp->component);
		if (m->package.n && strcmp(sp->package, "TBD") != 0 &&
		    strcmp(sp->package, m->package.s) != 0)
			ck_add(c, "doc.package", m->package.at, "",
			    "D%u says package %.80s, D2 says %.80s", n,
			    m->package.s, sp->package);
		version(c, n);
	}
}

void
ck_agree(struct ck *c)
{
	size_t n;

	ck_ran(c, DF_CHECK_AGREE);
	names(c);
	totals(c);
	summary(c);
	mentions(c, &c->sp->d8.graph, "dependency graph");
	mentions(c, &c->sp->d8.summary, "summary table");
	n = c->out->row[DF_CHECK_AGREE].warnings;
	ck_say(c, DF_CHECK_AGREE, "%zu difference%s", n, n == 1 ? "" : "s");
}
