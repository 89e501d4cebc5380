#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"

/* Checks of D9: are there enough holdouts, and can they judge. */

void
ck_holdouts(struct ck *c)
{
	size_t n = c->sp->d9.holdouts;

	ck_ran(c, DF_CHECK_HOLDOUTS);
	if (n < DF_HOLDOUTS_MIN) {
		ck_add(c, "d9.few", ck_doc(9), "", "D9 has %zu holdout "
		    "scenarios, at least %d are required", n, DF_HOLDOUTS_MIN);
		ck_say(c, DF_CHECK_HOLDOUTS, "%zu holdout scenarios (< %d)",
		    n, DF_HOLDOUTS_MIN);
	} else
		ck_say(c, DF_CHECK_HOLDOUTS, "%zu holdout scenarios (>= %d)",
		    n, DF_HOLDOUTS_MIN);
}

/* ---- can it be judged ---- */

/* The next line of code that is no comment; 0 at the end. */
static int
next_command(struct df_str *code, struct df_str *line)
{
	const char *nl;

	while (code->n) {
		line->s = code->s;
		nl = memchr(code->s, '\n', code->n);
		line->n = nl ? (size_t)(nl - code->s) : code->n;
		code->s += line->n + (nl != NULL);
		code->n -= line->n + (nl != NULL);
		*line = df_str_trim(*line);
		if (line->n && line->s[0] != '#')
			return 1;
	}
	return 0;
}

static int
ends(struct df_str t, const char *lit)
{
	size_t n = strlen(lit);

	return t.n >= n && memcmp(t.s + t.n - n, lit, n) == 0;
}

/* Does the block succeed whatever happened? */
static int
is_vacuous(const struct df_block *b)
{
	struct df_str code = { b->code, b->n }, line, last = { "", 0 };
	int only = 1;

	while (next_command(&code, &line)) {
		last = line;
		if (!df_str_eq(line, "true") && !df_str_eq(line, ":") &&
		    !df_str_eq(line, "exit 0") && !df_str_word(line, "echo"))
			only = 0;
	}
	if (only)
		return 1;
	code.s = b->code;
	code.n = b->n;
	return (ends(last, "|| true") || ends(last, "|| :")) &&
	    df_str_find(code, "set -e") == NULL &&
	    df_str_find(code, "exit ") == NULL;
}

static void
blocks(struct ck *c, const struct df_holdout *h)
{
	const struct {
		const char *name;
		const struct df_block *b;
	} block[] = {
		{ "Setup", &h->setup }, { "Execute", &h->execute },
		{ "Verify", &h->verify }, { "Cleanup", &h->cleanup }
	};
	size_t i;

	for (i = 0; i < DF_LEN(block); i++) {
		const struct df_block *b = block[i].b;

		if (b->fences > 1)
			ck_add(c, "d9.fences", b->at, "", "%s of %s has %u "
			    "code blocks, which run one after the other",
			    block[i].name, h->item.id, b->fences);
		if (b->foreign)
			ck_add(c, "d9.foreign", b->at, "", "%s of %s has a "
			    "code block that is not bash and is not run",
			    block[i].name, h->item.id);
	}
	switch (h->how) {
	case DF_VERIFY_NONE:
		ck_add(c, "d9.no-verify", h->verify.there ? h->verify.at :
		    ck_id(c, &h->item), "", "%s has nothing to verify",
		    h->item.id);
		break;
	case DF_VERIFY_TABLE:
		ck_add(c, "d9.table", h->verify.at, "", "Verify of %s is only "
		    "a table: its result will be ERROR", h->item.id);
		break;
	case DF_VERIFY_CODE:
		if (is_vacuous(&h->verify))
			ck_add(c, "d9.vacuous", h->verify.at, "",
			    "Verify of %s always succeeds", h->item.id);
		break;
	}
}

static void
behaviour(struct ck *c, const struct df_holdout *h)
{
	const struct df_behaviour *b = &h->behaviour;
	const char *lack = b->category.n == 0 ? "category" :
	    b->setup.n == 0 && b->preconditions.n == 0 ? "setup" :
	    b->action.n == 0 && b->steps.n == 0 ? "action" :
	    b->assertions == 0 ? "expected_outcome.assertions" :
	    b->runs < 0 || b->need < 0 ? "pass_criteria" :
	    b->evidence.n == 0 ? "evidence_to_collect" : NULL;

	if (lack)
		ck_add(c, "d9.incomplete", b->yaml, "", "%s lacks %s",
		    h->item.id, lack);
	if (b->assertions == 0 && b->negative.n == 0 && b->outcome.n == 0)
		ck_add(c, "d9.no-verify", b->yaml, "",
		    "%s has nothing to verify", h->item.id);
}

/* Whether a variable is set is asked only on behalf of who will run them. */
static void
environment(struct ck *c)
{
	const struct df_d9 *d = &c->sp->d9;
	size_t i;

	for (i = 0; i < d->envs; i++) {
		const struct df_envvar *v = &d->env[i];

		if (v->fallback)
			continue;
		if (c->sp->env_is_set && !c->sp->env_is_set(v->name))
			ck_add(c, "d9.unset", v->at, "", "%s is declared "
			    "without a default and is not set", v->name);
		else
			ck_add(c, "d9.env", v->at, "",
			    "%s must be set when the holdouts run", v->name);
	}
}

void
ck_judge(struct ck *c)
{
	const struct df_d9 *d = &c->sp->d9;
	size_t i, code = 0, table = 0, behavioural = 0;
	int traced = 0;
	struct df_span first = ck_doc(9);

	ck_ran(c, DF_CHECK_JUDGE);
	for (i = 0; i < d->holdouts; i++)
		traced |= d->holdout[i].contracts.n != 0;
	for (i = 0; i < d->holdouts; i++) {
		const struct df_holdout *h = &d->holdout[i];

		if (h->priority < 0)
			ck_add(c, "d9.priority", ck_id(c, &h->item), "",
			    "%s has no priority", h->item.id);
		if (h->validates.n == 0)
			ck_add(c, "d9.no-trace", ck_id(c, &h->item), "",
			    "%s validates no scenario of D2", h->item.id);
		if (traced && h->contracts.n == 0)
			ck_add(c, "d9.no-contract", ck_id(c, &h->item), "",
			    "%s names no contract of D4", h->item.id);
		if (h->unlabelled.line)
			ck_add(c, "d9.unlabelled", h->unlabelled, "",
			    "code of %s stands under no label and is not run",
			    h->item.id);
		/* code decides, also beside a behavioural block */
		if (h->behaviour.yaml.line && h->how == DF_VERIFY_NONE) {
			if (behavioural++ == 0)
				first = h->behaviour.yaml;
			behaviour(c, h);
			continue;
		}
		code += h->how == DF_VERIFY_CODE;
		table += h->how == DF_VERIFY_TABLE;
		blocks(c, h);
	}
	if (behavioural)
		ck_add(c, "d9.behaviour", first, "", "%zu behavioural "
		    "scenario%s: each needs a test program", behavioural,
		    behavioural == 1 ? "" : "s");
	if (d->stray)
		ck_add(c, "d9.stray", (struct df_span){ 9, d->stray,
		    c->sp->doc[9].md->line[d->stray - 1].off, 0 }, "",
		    "a block with code stands in no scenario");
	environment(c);
	ck_say(c, DF_CHECK_JUDGE, "%zu holdouts: %zu with code, %zu with only "
	    "a table, %zu behavioural", d->holdouts, code, table, behavioural);
}

/* ---- coverage ---- */

/* Which holdout says itself that it validates which scenario. */
struct pair {
	uint32_t holdout, scenario;
};

static struct pair *
pairs(const struct df_d9 *d, struct df_map *m)
{
	struct pair *p;
	size_t i, k, n = 0;

	for (i = 0; i < d->holdouts; i++)
		n += d->holdout[i].validates.n;
	p = df_calloc(n + 1, sizeof(*p));
	for (n = i = 0; i < d->holdouts; i++)
		for (k = 0; k < d->holdout[i].validates.n; k++) {
			const struct df_item *to =
			    d->holdout[i].validates.v[k].to;

			if (to == NULL)
				continue;
			p[n].holdout = (uint32_t)i;
			p[n].scenario = to->index;
			df_map_set(m, (const char *)&p[n], sizeof(p[n]), 1);
			n++;
		}
	return p;
}

static void
matrix(struct ck *c, const uint8_t *seen)
{
	const struct df_d9 *d = &c->sp->d9;
	struct df_map says = { 0 };
	struct pair *all = pairs(d, &says), one;
	uint8_t *listed = df_calloc(c->sp->d2.scenarios + 1, 1);
	size_t i, k;

	for (i = 0; i < d->covers; i++) {
		const struct df_cover *x = &d->cover[i];
		int known = x->to.to && x->to.family == DF_SC, said;

		if (*x->to.id && x->to.to == NULL)
			ck_add(c, "d9.matrix", x->scenario.at, "", "the matrix "
			    "has a row for %s, which D%u does not define",
			    x->to.id, df_family_doc[x->to.family]);
		said = df_md_priority((struct df_str){ x->priority.s,
		    x->priority.n });
		if (known && said >= 0 &&
		    df_scenario_of(x->to.to)->priority >= 0 &&
		    said != df_scenario_of(x->to.to)->priority)
			ck_add(c, "d9.matrix", x->priority.at, "", "the matrix "
			    "says P%d for %s, D2 says P%d", said, x->to.id,
			    df_scenario_of(x->to.to)->priority);
		if (known)
			listed[x->to.to->index] = 1;
		if (known && x->holdouts.n == 0 && seen[x->to.to->index])
			ck_add(c, "d9.matrix", x->scenario.at, "", "the matrix "
			    "names no holdout for %s, but there is one",
			    x->to.id);
		for (k = 0; k < x->holdouts.n; k++) {
			const struct df_item *it = x->holdouts.v[k].to;

			if (it == NULL) {
				ck_add(c, "d9.matrix", x->coverage.at, "",
				    "the matrix names %s, which D9 does not "
				    "define", x->holdouts.v[k].id);
				continue;
			}
			if (!known)
				continue;
			one.holdout = it->index;
			one.scenario = x->to.to->index;
			if (df_map_get(&says, (const char *)&one,
			    sizeof(one)) == DF_MAP_NONE)
				ck_add(c, "d9.matrix", x->coverage.at, "",
				    "the matrix says %s covers %s, but it does "
				    "not say so itself", it->id, x->to.id);
		}
	}
	for (i = 0; d->covers && i < c->sp->d2.scenarios; i++)
		if (!listed[i])
			ck_add(c, "d9.matrix",
			    ck_id(c, &c->sp->d2.scenario[i].item), "",
			    "the matrix has no row for %s",
			    c->sp->d2.scenario[i].item.id);
	free(listed);
	df_map_release(&says);
	free(all);
}

static void
thresholds(struct ck *c)
{
	const struct df_protocol *p = &c->sp->d9.protocol;

	if (p->p0_total >= 0 && p->p0_total != (int64_t)c->out->sum.p0)
		ck_add(c, "total.holdouts", p->threshold.at, "", "the run "
		    "protocol counts %lld P0 holdouts, D9 has %zu",
		    (long long)p->p0_total, c->out->sum.p0);
	if (p->p1_total >= 0 && p->p1_total != (int64_t)c->out->sum.p1)
		ck_add(c, "total.holdouts", p->threshold.at, "", "the run "
		    "protocol counts %lld P1 holdouts, D9 has %zu",
		    (long long)p->p1_total, c->out->sum.p1);
}

void
ck_coverage(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	size_t i, k, n = 0, covered = 0;
	uint8_t *seen, *reason;

	thresholds(c);
	if (!ck_have(c, DF_SPEC_BIT(2)))
		return;
	ck_ran(c, DF_CHECK_COVERAGE);
	seen = df_calloc(sp->d2.scenarios + 1, 1);
	reason = df_calloc(sp->d2.scenarios + 1, 1);
	for (i = 0; i < sp->d9.holdouts; i++) {
		const struct df_refs *r = &sp->d9.holdout[i].validates;

		for (k = 0; k < r->n; k++)
			if (r->v[k].to)
				seen[r->v[k].to->index] = 1;
	}
	/* the matrix may give a reason why a scenario has none */
	for (i = 0; i < sp->d9.covers; i++) {
		const struct df_cover *x = &sp->d9.cover[i];

		if (x->to.to && x->to.family == DF_SC && x->notes.n > 3)
			reason[x->to.to->index] = 1;
	}
	for (i = 0; i < sp->d2.scenarios; i++) {
		const struct df_scenario *s = &sp->d2.scenario[i];

		if (s->priority > 1)
			continue;
		n++;
		covered += seen[i];
		if (!seen[i] && !reason[i])
			ck_add(c, "d9.uncovered", ck_id(c, &s->item), "",
			    "no holdout covers %s, which is %s", s->item.id,
			    s->priority == 0 ? "P0" : s->priority == 1 ?
			    "P1" : "of no stated priority");
	}
	matrix(c, seen);
	ck_say(c, DF_CHECK_COVERAGE, "%zu/%zu scenarios of P0 and P1 covered "
	    "by holdouts", covered, n);
	free(seen);
	free(reason);
}
