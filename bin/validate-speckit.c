#include "base/df.h"

#include <stdlib.h>

#include "base/opt.h"
#include "spec/speckit.h"
#include "validate.h"

/* The result as ValidationResult, of a specification without documents. */
static jv
record(const struct df_check *c, const struct df_speckit *sk)
{
	struct df_spec none = { 0 };

	none.dir = sk->dir;
	none.component = sk->title;
	return df_check_result(c, &none, 0);
}

int
df_validate_speckit(const char *dir, int product)
{
	struct df_speckit sk;
	struct df_check c;
	struct df_err e;
	int code;

	if (df_speckit_load(&sk, dir, getenv("SPECIFY_FEATURE_DIRECTORY"),
	    &e) == -1)
		return df_validate_error(dir, &e);
	df_speckit_check(&c, &sk);
	code = c.pass ? DF_OK : DF_NO;
	df_validate_findings(&c, sk.dir);
	if (product)
		code = df_exit_worst(code, df_validate_print(
		    df_speckit_product(&sk), "speckit"));
	else if (df_args.json)
		code = df_exit_worst(code, df_validate_print(record(&c, &sk),
		    "validation"));
	else if (df_validate_plain())
		df_validate_checks(&c);
	df_check_release(&c);
	df_speckit_release(&sk);
	return code;
}
