#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/age.h"
#include "run/head.h"
#include "spec/attest.h"
#include "spec/public.h"

static jv
file(const struct df_buf *b)
{
	struct df_digest d;
	jv o;

	df_sha256(b->s, b->n, &d);
	o = df_jset(jv_object(), "digest", df_digest_json(&d));
	return df_jset_int(o, "size", (int64_t)b->n);
}

/* The keys that df_trust_encrypt() encrypts to. */
static jv
recipients(const struct df_trust *t)
{
	char str[DF_AGE_KEY_STR];
	jv v = jv_array();
	size_t i;

	for (i = 0; i < t->nrecipient; i++)
		if (t->recipient[i].roles & DF_ROLE_BIT(DF_ROLE_HOLDOUT))
			v = jv_array_append(v, jv_string(df_age_recipient_str(
			    t->recipient[i].pk, str)));
	return v;
}

static jv
checks(const struct df_check *c)
{
	const struct df_check_row *r;
	jv list = jv_array(), o;
	unsigned k;

	for (k = 0; k < DF_CHECKS; k++) {
		r = &c->row[k];
		if (!r->d9 || !r->ran)
			continue;
		o = df_jset_str(jv_object(), "check_name", r->name);
		o = df_jset_str(o, "message", r->msg);
		o = df_jset_str(o, "status", r->pass ? "PASS" : "FAIL");
		o = df_jset_int(o, "warnings", (int64_t)r->warnings);
		list = jv_array_append(list, o);
	}
	return list;
}

/* ---- what the items are ---- */

struct tally {
	int64_t priority[4], programs, executable;
	uint8_t *covered;		/* scenarios of D2 */
};

static void
cover(struct tally *t, const struct df_spec *sp, const struct df_suite_item *it)
{
	jv list = df_jv_get(it->j, "validates"), one;
	int i, n = jv_array_length(jv_copy(list));
	const struct df_item *to;
	const char *id;

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		id = jv_string_value(one);
		to = df_spec_find(sp, id, strlen(id));
		if (to && to->family == DF_SC)
			t->covered[to->index] = 1;
		jv_free(one);
	}
	jv_free(list);
}

static int
count_items(struct tally *t, const struct df_sealed *s,
    const struct df_spec *sp, struct df_err *e)
{
	struct df_suite_item it;
	size_t i;

	memset(t, 0, sizeof(*t));
	t->covered = df_calloc(sp->d2.scenarios + 1, 1);
	for (i = 1; i < s->n; i++) {
		if (df_suite_item(&it, &s->item[i], e) < 0) {
			free(t->covered);
			return -1;
		}
		t->priority[it.priority & 3]++;
		t->programs += it.program.n != 0;
		t->executable += it.class != DF_CLASS_NONE;
		cover(t, sp, &it);
		df_suite_item_release(&it);
	}
	return 0;
}

static jv
coverage(const struct tally *t, const struct df_spec *sp)
{
	int64_t n = 0, covered = 0;
	size_t i;
	jv o;

	for (i = 0; i < sp->d2.scenarios; i++) {
		if (sp->d2.scenario[i].priority > 1)
			continue;
		n++;
		covered += t->covered[i];
	}
	o = df_jset_int(jv_object(), "covered", covered);
	return df_jset_int(o, "scenarios", n);
}

/* Into findings what can be counted again by whoever opens the suite. */
static jv
counts(jv v, struct tally *t, const struct df_sealed *s,
    const struct df_spec *sp)
{
	jv o = jv_object();
	char name[3];
	int i;

	v = df_jset(v, "coverage", coverage(t, sp));
	v = df_jset_int(v, "executable", t->executable);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "P%d", i);
		o = df_jset_int(o, name, t->priority[i]);
	}
	v = df_jset(v, "priorities", o);
	v = df_jset_int(v, "programs", t->programs);
	v = df_jset_int(v, "scenarios", (int64_t)s->n - 1);
	free(t->covered);
	return v;
}

jv
df_attest_make(const struct df_attest *a, struct df_err *e)
{
	struct tally t;
	jv v, all;

	if (count_items(&t, a->sealed, a->spec, e) < 0)
		return jv_invalid();
	v = counts(jv_object(), &t, a->sealed, a->spec);
	v = df_jset(v, "checks", checks(a->check));
	v = df_jset(v, "commitment", file(a->commitment));
	v = df_jset(v, "documents", df_public_documents(a->spec));
	v = df_jset(v, "holdout", file(a->age));
	all = df_check_result(a->check, a->spec, DF_RESULT_PUBLIC);
	v = df_jset(v, "holdout_findings", df_jv_get(all,
	    "holdout_findings"));
	jv_free(all);
	v = df_jset_str(v, "kind", a->count->kind);
	v = df_jset_int(v, "minimum", DF_HOLDOUTS_MIN);
	v = df_jset(v, "recipients", recipients(a->trust));
	v = df_jset_str(v, "schema", "df.findings/1");
	v = df_jset_str(v, "suite", a->suite);
	return df_jset(v, "tools", df_jset_str(jv_object(), "version",
	    DF_VERSION));
}

static int
bear_out(jv findings, const struct df_sealed *s, const struct df_spec *sp,
    struct df_err *e)
{
	struct tally t;
	jv v;

	if (count_items(&t, s, sp, e) < 0)
		return -1;
	v = counts(jv_copy(findings), &t, s, sp);
	return jv_equal(v, jv_copy(findings)) ? 0 : df_fail(e, DF_INTEGRITY,
	    "sealed.findings", "the suite is not what its findings say of it");
}

int
df_attest_run(struct df_run *r, const struct df_sealed *s, struct df_err *e)
{
	const struct df_name *tree = df_run_find(r, "spec.tree");
	struct df_sealing taken;
	struct df_public p;
	int ret = df_sealing_of(r, &taken, e);

	if (ret <= 0)
		return ret;
	ret = tree ? df_public_read(&p, &r->store, &tree->digest, e) :
	    df_fail(e, DF_INTEGRITY, "run.spec", "the run has no spec.tree");
	if (ret == 0) {
		ret = bear_out(taken.v, s, &p.spec, e);
		df_public_release(&p);
	}
	df_sealing_release(&taken);
	return ret;
}

/* ---- taking over ---- */

/* The digest that a list of documents has for one, or an invalid jv. */
static jv
digest_of(jv documents, unsigned n)
{
	int i, k = jv_array_length(jv_copy(documents));
	jv one, d = jv_invalid();

	for (i = 0; i < k && !jv_is_valid(d); i++) {
		one = jv_array_get(jv_copy(documents), i);
		if (df_jv_int(one, "n", 0) == (int64_t)n) {
			jv_free(d);
			d = df_jv_get(one, "digest");
		}
		jv_free(one);
	}
	return d;
}

int
df_attest_documents(jv findings, const struct df_spec *sp, struct df_err *e)
{
	jv was = df_jv_get(findings, "documents");
	jv is = df_public_documents(sp), a, b;
	char code[16];
	unsigned n;
	int same = 1;

	for (n = 1; n < DF_DOCS && same; n++) {
		a = digest_of(was, n);
		b = digest_of(is, n);
		same = jv_is_valid(a) == jv_is_valid(b) &&
		    (!jv_is_valid(a) || jv_equal(jv_copy(a), jv_copy(b)));
		if (!same) {
			snprintf(code, sizeof(code), "sealed.d%u", n);
			(void)df_fail(e, DF_REFUSED, code, !jv_is_valid(b) ?
			    "the suite was sealed with a D%u, and there is "
			    "none" : jv_is_valid(a) ? "D%u is another one than "
			    "the suite was sealed with" : "the suite was "
			    "sealed without a D%u", n);
		}
		jv_free(a);
		jv_free(b);
	}
	jv_free(was);
	jv_free(is);
	return same ? 0 : df_hint(e, "whoever sealed it can seal it again: "
	    "df-holdout seal");
}

void
df_attest_count(jv findings, struct df_suite_count *c)
{
	jv p = df_jv_get(findings, "priorities");

	memset(c, 0, sizeof(*c));
	c->scenarios = (size_t)df_jv_int(findings, "scenarios", 0);
	c->p0 = (size_t)df_jv_int(p, "P0", 0);
	c->executable = (size_t)df_jv_int(findings, "executable", 0);
	c->kind = df_jv_str(findings, "kind");
	jv_free(p);
}

jv
df_attest_validation(jv v, jv findings)
{
	jv rows = df_jv_get(v, "checks"), said = df_jv_get(findings,
	    "checks"), one, s;
	int i, n = jv_array_length(jv_copy(said));

	for (i = 0; i < n; i++) {
		one = jv_object_delete(jv_array_get(jv_copy(said), i),
		    jv_string("warnings"));
		rows = jv_array_append(rows, df_jset_str(one, "source",
		    "suite/findings.json"));
	}
	jv_free(said);
	v = df_jset(v, "checks", rows);
	v = df_jset(v, "holdout_findings", df_jv_get(findings,
	    "holdout_findings"));
	s = df_jv_get(v, "summary");
	return df_jset(v, "summary", df_jset_int(s, "holdouts", df_jv_int(
	    findings, "scenarios", 0)));
}
