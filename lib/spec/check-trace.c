#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"
#include "spec/graph.h"

/* The checks that D4 OUT-001 of the orchestrator's specification names. */

/* ---- documents ---- */

void
ck_documents(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	unsigned n, want = 0, have = 0;

	ck_ran(c, DF_CHECK_DOCUMENTS);
	for (n = 1; n < DF_DOCS; n++) {
		if (sp->withheld & DF_SPEC_BIT(n))
			continue;
		want++;
		if (sp->have & DF_SPEC_BIT(n)) {
			have++;
			continue;
		}
		c->out->blocked = 1;
		ck_add(c, "doc.missing", ck_doc(0), n == 9 ?
		    "D9 may be kept elsewhere: name it with --holdouts" : "",
		    "Missing required document: %s", df_spec_docname(n));
	}
	ck_say(c, DF_CHECK_DOCUMENTS, "%u/%u documents found", have, want);
}

/* ---- open items ---- */

static const char *
title_of(const struct df_gap *g)
{
	return *g->item.title ? g->item.title : g->question.n ?
	    g->question.s : g->need.s;
}

/* Adds "CLR-001 [title], CLR-002 [title]" of what is open; how many. */
static size_t
open_items(struct ck *c, const struct df_gap *g, size_t n, const char *rule,
    const char *what, struct df_buf *b)
{
	struct df_span at;
	size_t i, open = 0;

	for (i = 0; i < n; i++) {
		if (g[i].status == DF_STATUS_ASSUMED)
			ck_add(c, "d6.assumed", ck_at(c, g[i].status_text.at,
			    "ASSUMED"),
			    "a person decides whether to build on it",
			    "%s is ASSUMED: %s", g[i].item.id, title_of(&g[i]));
		if (g[i].status == DF_STATUS_NONE ||
		    g[i].status == DF_STATUS_OTHER)
			ck_add(c, "d6.unknown", ck_id(c, &g[i].item), "",
			    "%s says neither OPEN nor RESOLVED nor ASSUMED",
			    g[i].item.id);
		if (g[i].status != DF_STATUS_OPEN)
			continue;
		df_buf_fmt(b, "%s%s", open++ ? ", " : "", g[i].item.id);
		if (*title_of(&g[i]))
			df_buf_fmt(b, " [%s]", title_of(&g[i]));
		at = ck_at(c, g[i].status_text.at, "OPEN");
		if (at.off == g[i].item.at.off)
			at = ck_id(c, &g[i].item);	/* nothing says it */
		ck_add(c, rule, at, "", "%s is OPEN: %s%s%s", what,
		    g[i].item.id,
		    *title_of(&g[i]) ? " " : "", title_of(&g[i]));
	}
	return open;
}

static void
contradictions(struct ck *c, size_t open, size_t assumed)
{
	const struct df_d6 *d = &c->sp->d6;
	int64_t remaining = -1;
	size_t i;

	for (i = 0; i < d->sums; i++)
		if (d->sum[i].remaining >= 0)
			remaining = (remaining < 0 ? 0 : remaining) +
			    d->sum[i].remaining;
	if (d->total.category.n && d->total.remaining >= 0) {
		if (remaining >= 0 && d->total.remaining != remaining)
			ck_add(c, "d6.contradiction", d->total.category.at, "",
			    "the TOTAL row says %lld remaining, the rows above "
			    "it %lld", (long long)d->total.remaining,
			    (long long)remaining);
		remaining = d->total.remaining;
	}
	/* authors may count what is only assumed as remaining */
	if (remaining > (int64_t)(open + assumed))
		ck_add(c, "d6.contradiction", d->total.category.n ?
		    d->total.category.at : d->sum[0].category.at, "",
		    "the summary says %lld remaining, but %zu items are OPEN",
		    (long long)remaining, open);
	if (d->unresolved > (int64_t)(open + assumed))
		ck_add(c, "d6.contradiction",
		    ck_meta(c, 6, "unresolved"), "",
		    "the header says %lld unresolved, but %zu items are OPEN",
		    (long long)d->unresolved, open);
	if (d->gate == DF_GATE_FAIL && open == 0)
		ck_add(c, "d6.contradiction", d->gate_text.at, "",
		    "the gate verdict is FAIL, but no item is OPEN");
	if (d->gate == DF_GATE_PASS && open)
		ck_add(c, "d6.contradiction", d->gate_text.at, "",
		    "the gate verdict is PASS, but %zu items are OPEN", open);
	if (d->unresolved == 0 && open)
		ck_add(c, "d6.contradiction",
		    ck_meta(c, 6, "unresolved"), "",
		    "the header says 0 unresolved, but %zu items are OPEN",
		    open);
}

static void
markers(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	size_t i;
	int answered = 0;

	for (i = 0; i < sp->d6.clars; i++)
		if (sp->d6.clar[i].status != DF_STATUS_OPEN &&
		    strstr(sp->d6.clar[i].found_during.s, "D2"))
			answered = 1;
	if (answered)
		return;
	for (i = 0; i < sp->d2.markers.n; i++)
		ck_add(c, "d2.marker", sp->d2.markers.v[i].at, "",
		    "no clarification of D6 answers this: %.120s",
		    sp->d2.markers.v[i].s);
}

void
ck_open(struct ck *c)
{
	const struct df_d6 *d = &c->sp->d6;
	struct df_buf clar = DF_BUF_INIT, gap = DF_BUF_INIT,
	    row = DF_BUF_INIT;
	size_t nc, ng, nr = 0, i, k;

	if (!ck_have(c, DF_SPEC_BIT(6)))
		return;
	ck_ran(c, DF_CHECK_OPEN);
	nc = open_items(c, d->clar, d->clars, "d6.open", "a clarification",
	    &clar);
	ng = open_items(c, d->gap, d->gaps, "d6.gap", "a gap", &gap);
	for (i = 0; i < d->categories; i++)
		for (k = 0; k < d->category[i].rows; k++) {
			const struct df_boundary *b = &d->category[i].row[k];

			if (b->status != DF_STATUS_OPEN)
				continue;
			df_buf_fmt(&row, "%s%s [%s]", nr++ ? ", " : "",
			    d->category[i].name, b->name.s);
			ck_add(c, "d6.row",
			    ck_at(c, b->status_text.at, "OPEN"), "",
			    "a boundary of %s is OPEN: %s",
			    d->category[i].name, b->name.s);
		}
	contradictions(c, nc + ng + nr, c->out->sum.assumed);
	if (d->gate == DF_GATE_NONE || d->gate == DF_GATE_OTHER)
		ck_add(c, "d6.no-verdict", d->gate ? d->gate_text.at :
		    ck_doc(6), "", "D6 has no gate verdict PASS or FAIL");
	markers(c);
	if (nc)
		ck_say(c, DF_CHECK_OPEN, "D6 has %zu OPEN clarification(s): "
		    "%s. Resolve before proceeding.", nc, clar.s);
	else if (ng)
		ck_say(c, DF_CHECK_OPEN, "D6 has %zu OPEN gap(s): %s. "
		    "Resolve before proceeding.", ng, gap.s);
	else if (nr)
		ck_say(c, DF_CHECK_OPEN, "D6 has %zu OPEN boundary(s): %s. "
		    "Resolve before proceeding.", nr, row.s);
	else if (c->out->row[DF_CHECK_OPEN].errors)
		ck_say(c, DF_CHECK_OPEN, "D6 contradicts itself about what "
		    "is open");
	else
		ck_say(c, DF_CHECK_OPEN, "0 OPEN clarifications");
	df_buf_release(&clar);
	df_buf_release(&gap);
	df_buf_release(&row);
}

/* ---- coverage ---- */

static void
mark(uint8_t *seen, const struct df_refs *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].to)
			seen[r->v[i].to->index] = 1;
}

void
ck_scenarios(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	size_t n = sp->d2.scenarios, i, bad = 0;
	uint8_t *seen;

	if (!ck_have(c, DF_SPEC_BIT(2)))
		return;
	for (i = 0; i < n; i++) {
		const struct df_scenario *s = &sp->d2.scenario[i];

		if (s->priority < 0)
			ck_add(c, "d2.priority", ck_id(c, &s->item), "",
			    "%s has no priority", s->item.id);
		if (s->given.n == 0 || s->when.n == 0 || s->then.n == 0)
			ck_add(c, "d2.gwt", ck_id(c, &s->item), "",
			    "%s lacks %s", s->item.id,
			    s->given.n == 0 ? "GIVEN" :
			    s->when.n == 0 ? "WHEN" : "THEN");
	}
	if (n == 0) {
		ck_add(c, "d2.no-scenarios", ck_doc(2), "",
		    "D2 defines no scenario");
		ck_say(c, DF_CHECK_SCENARIOS, "0 scenarios: D2 defines none");
		return;
	}
	if (!ck_have(c, DF_SPEC_BIT(8)))
		return;
	ck_ran(c, DF_CHECK_SCENARIOS);
	seen = df_calloc(n, 1);
	for (i = 0; i < sp->d8.tasks; i++)
		mark(seen, &sp->d8.task[i].scenarios);
	for (i = 0; i < n; i++)
		if (!seen[i]) {
			bad++;
			ck_add(c, "d2.uncovered",
			    ck_id(c, &sp->d2.scenario[i].item), "",
			    "D2 %s not covered by any D8 task",
			    sp->d2.scenario[i].item.id);
		}
	free(seen);
	if (bad)
		ck_say(c, DF_CHECK_SCENARIOS, "%zu scenario%s not covered by "
		    "D8", bad, bad == 1 ? "" : "s");
	else
		ck_say(c, DF_CHECK_SCENARIOS, "%zu/%zu scenarios covered by "
		    "D8", n, n);
}

void
ck_contracts(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	size_t n = sp->d4.contracts, i, bad = 0;
	uint8_t *seen;

	if (!ck_have(c, DF_SPEC_BIT(4)))
		return;
	for (i = 0; i < n; i++)
		if (sp->d4.contract[i].scenarios.n == 0)
			ck_add(c, "d4.no-scenario",
			    ck_id(c, &sp->d4.contract[i].item), "",
			    "%s names no scenario",
			    sp->d4.contract[i].item.id);
	if (n == 0) {
		ck_add(c, "d4.no-contracts", ck_doc(4), "",
		    "D4 defines no contract");
		ck_say(c, DF_CHECK_CONTRACTS, "0 contracts: D4 defines none");
		return;
	}
	if (!ck_have(c, DF_SPEC_BIT(8)))
		return;
	ck_ran(c, DF_CHECK_CONTRACTS);
	seen = df_calloc(n, 1);
	for (i = 0; i < sp->d8.tasks; i++)
		mark(seen, &sp->d8.task[i].contracts);
	for (i = 0; i < n; i++)
		if (!seen[i]) {
			bad++;
			ck_add(c, "d4.uncovered",
			    ck_id(c, &sp->d4.contract[i].item), "",
			    "D4 %s not assigned to any D8 task",
			    sp->d4.contract[i].item.id);
		}
	free(seen);
	if (bad)
		ck_say(c, DF_CHECK_CONTRACTS, "%zu contract%s not assigned "
		    "to D8 tasks", bad, bad == 1 ? "" : "s");
	else
		ck_say(c, DF_CHECK_CONTRACTS, "%zu/%zu contracts assigned to "
		    "D8 tasks", n, n);
}

/* ---- cycles ---- */

static void
one_cycle(void *arg, const struct df_task *const *cycle, size_t n)
{
	struct ck *c = arg;
	struct df_span at = cycle[0]->deps_text.at;
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	df_cycle_path(&b, cycle, n);
	if (c->out->row[DF_CHECK_CYCLES].errors == 0)
		ck_say(c, DF_CHECK_CYCLES,
		    "Dependency cycle detected in D8: %s", b.s);
	/* the reference that leads on */
	for (i = 0; i < cycle[0]->deps.n; i++)
		if (cycle[0]->deps.v[i].to == &cycle[n > 1]->item)
			at = cycle[0]->deps.v[i].at;
	ck_add(c, "d8.cycle", at, "",
	    "Dependency cycle detected in D8: %s", b.s);
	df_buf_release(&b);
}

void
ck_cycles(struct ck *c)
{
	const struct df_spec *sp = c->sp;

	if (!ck_have(c, DF_SPEC_BIT(8)))
		return;
	ck_ran(c, DF_CHECK_CYCLES);
	if (sp->d8.tasks == 0) {
		ck_add(c, "d8.no-tasks", ck_doc(8), "", "D8 defines no task");
		ck_say(c, DF_CHECK_CYCLES, "0 tasks: D8 defines none");
	} else if (df_spec_cycles(sp, one_cycle, c) == 0)
		ck_say(c, DF_CHECK_CYCLES, "%zu tasks, 0 cycles",
		    sp->d8.tasks);
}

/* ---- identifiers and references ---- */

static void
dangling(struct ck *c, const char *from, const struct df_refs *r,
    const char *rule, const char *verb, size_t *n)
{
	const struct df_ref *x;
	size_t i;

	*n += r->n;
	for (i = 0; i < r->n; i++) {
		x = &r->v[i];
		if (x->to)
			continue;
		if (!ck_have(c, DF_SPEC_BIT(df_family_doc[x->family])))
			continue;	/* its document is missing anyway */
		if (x->derived)
			ck_add(c, "ref.range", x->at, "", "%s %s %s, which "
			    "D%u does not define", from, verb, x->id,
			    df_family_doc[x->family]);
		else
			ck_add(c, rule, x->at,
			    ck_near(c, x->id, (enum df_family)x->family),
			    "%s %s %s, which D%u does not define", from,
			    verb, x->id, df_family_doc[x->family]);
	}
}

void
ck_refs(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	size_t i, n = 0;

	ck_ran(c, DF_CHECK_REFS);
	ck_ran(c, DF_CHECK_IDS);
	ck_items(c);
	for (i = 0; i < sp->d4.contracts; i++)
		dangling(c, sp->d4.contract[i].item.id,
		    &sp->d4.contract[i].scenarios, "ref.dangling", "serves",
		    &n);
	for (i = 0; i < sp->d8.tasks; i++) {
		const struct df_task *t = &sp->d8.task[i];

		dangling(c, t->item.id, &t->deps, "ref.dangling", "depends on",
		    &n);
		dangling(c, t->item.id, &t->scenarios, "ref.dangling",
		    "satisfies", &n);
		dangling(c, t->item.id, &t->contracts, "ref.dangling",
		    "implements", &n);
		dangling(c, t->item.id, &t->others, "ref.other", "names", &n);
	}
	for (i = 0; i < sp->d7.components; i++)
		dangling(c, sp->d7.component[i].name,
		    &sp->d7.component[i].refs, "ref.other", "implements", &n);
	for (i = 0; i < sp->d9.holdouts; i++) {
		const struct df_holdout *h = &sp->d9.holdout[i];

		dangling(c, h->item.id, &h->validates, "ref.holdout",
		    "validates", &n);
		dangling(c, h->item.id, &h->contracts, "ref.holdout", "tests",
		    &n);
	}
	ck_say(c, DF_CHECK_REFS, "%zu references, %zu dangling", n,
	    c->out->row[DF_CHECK_REFS].errors);
	ck_say(c, DF_CHECK_IDS, "%zu identifiers, %zu defined twice",
	    sp->nitems, c->out->row[DF_CHECK_IDS].errors);
}
