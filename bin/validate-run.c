/*
 * A run's documents against its validation.json.
 */
#include "base/df.h"

#include "base/opt.h"
#include "base/out.h"
#include "revalidate.h"
#include "validate.h"

static void
say(void *arg, const char *row, const char *what)
{
	(void)arg;
	df_warn("%s %s", row, what);
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
	struct df_revalidation v;
	size_t i;
	int n;

	if (df_revalidate(&v, r, e) < 0)
		return -1;
	for (i = 0; i < v.bad.n; i++)
		df_warn("%s: %s [%s]", v.bad.v[i].place, v.bad.v[i].message,
		    v.bad.v[i].code);
	n = df_revalidation_differences(&v, say, NULL);
	if (df_args.json)
		n += df_validate_print(jv_copy(v.is), "validation") != DF_OK;
	else if (!df_quiet)
		df_validate_checks(&v.check);
	say_taken(v.was);
	df_note("%s: %s", r->id, n ? "differs from validation.json" :
	    "as validation.json says");
	df_revalidation_release(&v);
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
