#include "base/df.h"

#include <string.h>

#include "revalidate.h"

/* ---- checking ---- */

int
df_revalidate(struct df_revalidation *v, struct df_run *r, struct df_err *e)
{
	const struct df_name *tree = df_run_find(r, "spec.tree");

	memset(v, 0, sizeof(*v));
	if (tree == NULL)
		return df_fail(e, DF_INTEGRITY, "run.spec",
		    "the run has no spec.tree");
	v->was = df_run_json(r, "validation.json", "validation", e);
	if (!jv_is_valid(v->was) || df_run_trust(r, e) < 0 ||
	    df_waivers_run(&v->waivers, r, &v->bad, e) < 0 ||
	    df_public_read(&v->public, &r->store, &tree->digest, e) < 0) {
		df_waivers_release(&v->waivers);
		df_findings_release(&v->bad);
		jv_free(v->was);
		return -1;
	}
	df_check_run(&v->check, &v->public.spec);
	if (v->bad.n == 0)
		df_check_waive(&v->check, &v->public.spec, &v->waivers);
	v->is = df_check_result(&v->check, &v->public.spec,
	    DF_RESULT_PUBLIC);
	return 0;
}

void
df_revalidation_release(struct df_revalidation *v)
{
	jv_free(v->was);
	jv_free(v->is);
	df_check_release(&v->check);
	df_public_release(&v->public);
	df_waivers_release(&v->waivers);
	df_findings_release(&v->bad);
}

/* ---- comparing ---- */

struct compare {
	const struct df_check *check;
	void (*fn)(void *arg, const char *row, const char *what);
	void *arg;
};

/* The elements of a that b has not: each is said. */
static int
missing_from(struct compare *x, jv a, jv b, const char *key,
    const char *what)
{
	int i, k, n = jv_array_length(jv_copy(a)), missing = 0;
	int m = jv_array_length(jv_copy(b)), found;
	jv one;

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(a), i);
		for (k = 0, found = 0; k < m && !found; k++)
			found = jv_equal(jv_copy(one),
			    jv_array_get(jv_copy(b), k));
		if (!found)
			x->fn(x->arg, df_jv_str(one, key), what);
		missing += !found;
		jv_free(one);
	}
	jv_free(a);
	jv_free(b);
	return missing;
}

/* Only what can be seen without D9 is compared; messages count D9 too. */
static jv
without_d9(jv record, const char *list, const char *key,
    const struct df_check *c)
{
	jv a = df_jv_get(record, list), out = jv_array(), x;
	int i, n = jv_array_length(jv_copy(a)), keep;
	const struct df_rule_def *rule;
	unsigned k;

	for (i = 0; i < n; i++) {
		x = jv_array_get(jv_copy(a), i);
		rule = df_rule_find(df_jv_str(x, key));
		keep = rule && !rule->d9;
		for (k = 0; k < DF_CHECKS; k++)
			if (c->row[k].ran && !c->row[k].d9 && strcmp(
			    c->row[k].name, df_jv_str(x, key)) == 0)
				keep = 1;
		if (keep)
			out = jv_array_append(out, strcmp(list, "checks") ?
			    jv_copy(x) : jv_object_delete(jv_copy(x),
			    jv_string("message")));
		jv_free(x);
	}
	jv_free(a);
	return out;
}

int
df_revalidation_differences(struct df_revalidation *v,
    void (*fn)(void *arg, const char *row, const char *what), void *arg)
{
	static const char *const part[][2] = { { "checks", "check_name" },
	    { "findings", "rule" } };
	struct compare x = { &v->check, fn, arg };
	int n = 0;
	size_t i;

	for (i = 0; i < DF_LEN(part); i++) {
		const char *list = part[i][0], *key = part[i][1];

		n += missing_from(&x, without_d9(v->is, list, key, x.check),
		    without_d9(v->was, list, key, x.check), key,
		    "is not as validation.json has it");
		n += missing_from(&x, without_d9(v->was, list, key, x.check),
		    without_d9(v->is, list, key, x.check), key,
		    "of validation.json is not found again");
	}
	return n;
}
