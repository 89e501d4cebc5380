#include "base/df.h"

#include <string.h>

#include "base/mem.h"
#include "spec/check.h"

/* Findings stand in the order of their places, so what was hashed last is
   often what is asked for next. */
void
df_finding_text(struct df_check *c, const struct df_spec *sp,
    const struct df_diag *d, struct df_digest *out)
{
	const struct df_doc *doc = &sp->doc[d->doc];
	const struct df_item *it = df_spec_find(sp, d->item, strlen(d->item));

	if (d->doc == 0 || doc->s == NULL) {
		df_sha256("", 0, out);
	} else if (it && it->at.doc == d->doc && it->at.off <= doc->n &&
	    it->at.len <= doc->n - it->at.off) {
		if (c->item != it->id)
			df_sha256(doc->s + it->at.off, it->at.len, &c->part);
		c->item = it->id;
		*out = c->part;
	} else {
		if (!(c->hashed & DF_SPEC_BIT(d->doc)))
			df_sha256(doc->s, doc->n, &c->whole[d->doc]);
		c->hashed |= DF_SPEC_BIT(d->doc);
		*out = c->whole[d->doc];
	}
}

void
df_finding_digest(struct df_check *c, const struct df_spec *sp,
    const struct df_diag *d, struct df_digest *out)
{
	struct df_digest text;

	df_finding_text(c, sp, d, &text);
	df_waiver_finding(df_diag_document(d), d->item, d->msg,
	    sp->package, d->rule->id, &text, out);
}

const char *
df_diag_unwaivable(const struct df_spec *sp, const struct df_diag *d)
{
	const struct df_item *it;

	if (d->d9)
		return "what concerns D9 cannot be waived";
	if (!df_rule_waivable(d->rule))
		return "what this rule finds cannot be waived";
	it = df_spec_find(sp, d->item, strlen(d->item));
	if (it && it->family == DF_SC && df_scenario_of(it)->priority == 0)
		return "what concerns a scenario of priority P0 cannot be "
		    "waived";
	return NULL;
}

static void
waive_one(struct df_check *c, struct df_diag *d, struct df_waiver *w)
{
	struct df_check_row *r = &c->row[d->rule->check];
	size_t i;

	d->waived = df_jv_str(w->v, "reason");
	d->waiver = w->digest;
	w->used++;
	c->waived++;
	c->count[d->severity]--;
	if (d->severity == DF_WARNING)
		r->warnings--;
	if (d->severity != DF_ERROR)
		return;
	r->errors--;
	r->pass = r->errors == 0;
	for (i = 0; i < r->details && r->detail[i] != d->msg; i++)
		;
	if (i < r->details)
		memmove(r->detail + i, r->detail + i + 1,
		    (--r->details - i) * sizeof(*r->detail));
}

void
df_check_waive(struct df_check *c, const struct df_spec *sp,
    struct df_waivers *w)
{
	struct df_map by_finding = { 0 };
	struct df_digest d;
	size_t i, k;

	for (i = 0; i < w->n; i++)
		(void)df_map_set(&by_finding, (const char *)
		    w->v[i].finding.b, sizeof(w->v[i].finding.b), i);
	for (i = 0; i < c->n && w->n; i++) {
		if (df_diag_unwaivable(sp, &c->diag[i]))
			continue;
		df_finding_digest(c, sp, &c->diag[i], &d);
		k = df_map_get(&by_finding, (const char *)d.b, sizeof(d.b));
		if (k != DF_MAP_NONE)
			waive_one(c, &c->diag[i], &w->v[k]);
	}
	df_map_release(&by_finding);
	c->pass = 1;
	for (i = 0; i < DF_CHECKS; i++)
		c->pass = c->pass && c->row[i].errors == 0;
}
