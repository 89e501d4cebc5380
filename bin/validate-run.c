/*
 * A run's documents against its validation.json.
 */
#include "base/df.h"

#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "run/run.h"
#include "spec/public.h"
#include "validate.h"

/* The elements of a that b has not: each is said. */
static int
missing_from(jv a, jv b, const char *key, const char *what)
{
	int i, k, n = jv_array_length(jv_copy(a)), missing = 0;
	int m = jv_array_length(jv_copy(b)), found;
	jv x;

	for (i = 0; i < n; i++) {
		x = jv_array_get(jv_copy(a), i);
		for (k = 0, found = 0; k < m && !found; k++)
			found = jv_equal(jv_copy(x), jv_array_get(jv_copy(b),
			    k));
		if (!found)
			df_warn("%s %s", df_jv_str(x, key), what);
		missing += !found;
		jv_free(x);
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

static int
differences(jv was, jv is, const struct df_check *c)
{
	static const char *const part[][2] = { { "checks", "check_name" },
	    { "findings", "rule" } };
	int n = 0;
	size_t i;

	for (i = 0; i < DF_LEN(part); i++) {
		n += missing_from(without_d9(is, part[i][0], part[i][1], c),
		    without_d9(was, part[i][0], part[i][1], c), part[i][1],
		    "is not as validation.json has it");
		n += missing_from(without_d9(was, part[i][0], part[i][1], c),
		    without_d9(is, part[i][0], part[i][1], c), part[i][1],
		    "of validation.json is not found again");
	}
	return n;
}

/* What cannot be seen without D9 is somebody's word. */
static void
say_taken(jv was)
{
	jv all = df_jv_get(was, "checks"), one;
	int i, n = jv_array_length(jv_copy(all));

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(all), i);
		if (df_jv_str(one, "source"))
			df_note("not checked again, the word of %s: %s %s",
			    df_jv_str(one, "source"), df_jv_str(one,
			    "status"), df_jv_str(one, "check_name"));
		jv_free(one);
	}
	jv_free(all);
}

static int
recheck(struct df_run *r, struct df_err *e)
{
	const struct df_name *tree = df_run_find(r, "spec.tree");
	struct df_public p = { 0 };
	struct df_waivers w = { 0 };
	struct df_findings bad = { 0 };
	struct df_check c;
	size_t i;
	jv was, is;
	int n;

	if (tree == NULL)
		return df_fail(e, DF_INTEGRITY, "run.spec",
		    "the run has no spec.tree");
	was = df_run_json(r, "validation.json", "validation", e);
	if (!jv_is_valid(was) || df_run_trust(r, e) < 0 ||
	    df_waivers_run(&w, r, &bad, e) < 0 || df_public_read(&p,
	    &r->store, &tree->digest, e) < 0) {
		df_waivers_release(&w);
		df_findings_release(&bad);
		jv_free(was);
		return -1;
	}
	df_check_run(&c, &p.spec);
	for (i = 0; i < bad.n; i++)
		df_warn("%s: %s [%s]", bad.v[i].place, bad.v[i].message,
		    bad.v[i].code);
	if (bad.n == 0)
		df_check_waive(&c, &p.spec, &w);
	is = df_check_result(&c, &p.spec, DF_RESULT_PUBLIC);
	n = differences(was, is, &c);
	if (df_args.json)
		n += df_validate_print(jv_copy(is), "validation") != DF_OK;
	else if (!df_quiet)
		df_validate_checks(&c);
	say_taken(was);
	df_note("%s: %s", r->id, n ? "differs from validation.json" :
	    "as validation.json says");
	jv_free(was);
	jv_free(is);
	df_check_release(&c);
	df_public_release(&p);
	df_waivers_release(&w);
	df_findings_release(&bad);
	return n ? DF_NO : DF_OK;
}

int
df_validate_run(const char *path)
{
	struct df_run r;
	struct df_err e;
	int code = -1;

	if (df_run_open(&r, path, 0, &e) == 0) {
		code = recheck(&r, &e);
		df_run_close(&r);
	}
	if (code >= 0)
		return code;
	df_err_print(&e);
	return e.exit;
}
