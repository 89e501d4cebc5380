/*
 * df-validate - check a specification, a suite, a policy, a template, any
 * record of ours.
 *
 * Findings go to stderr, the result of each check to stdout: of a
 * specification with --json the ValidationResult, one canonical line.  In the
 * other formats findings are what stdout has.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/out.h"
#include "spec/suite.h"
#include "validate.h"

static const char *holdouts, *explain, *schema, *run_path, *init;
static const char *format = "text", *profile = "d1-d10", *waivers;
static int product;

static const struct df_opt opts[] = {
	{ 0, "holdouts", "PATH", "D9 is this file, or in this directory",
	    DF_OPT_STR, &holdouts, 0, 0 },
	{ 0, "waivers", "DIR", "signed waivers for findings (df-decide waive)",
	    DF_OPT_STR, &waivers, 0, 0 },
	{ 0, "product", NULL, "print the ProductSpec as JSON instead",
	    DF_OPT_FLAG, &product, 0, 0 },
	{ 0, "schema", "NAME", "the record's schema, if it does not name it",
	    DF_OPT_STR, &schema, 0, 0 },
	{ 'C', "run", "RUN", "check a run's documents against validation.json",
	    DF_OPT_STR, &run_path, 0, 0 },
	{ 0, "explain", "RULE", "say what a rule means; \"all\" lists them",
	    DF_OPT_STR, &explain, 0, 0 },
	{ 0, "init", "DIR", "write an empty specification to fill",
	    DF_OPT_STR, &init, 0, 0 },
	{ 0, "profile", "NAME", "what a directory is: d1-d10 or speckit",
	    DF_OPT_STR, &profile, 0, 0 },
	{ 0, "format", "FORMAT", "text, json (as --json), github or sarif",
	    DF_OPT_STR, &format, 0, 0 },
	DF_ARG_TRUST,
	DF_ARG_JSON,
	DF_ARG_QUIET,
	DF_ARG_VERBOSE,
	DF_ARG_END
};

static const struct df_tool tool = {
	"df-validate", "[options] DIR|FILE...",
	"Check a product specification, D1 to D10, or any record.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) |
	    DF_EXIT(DF_CONFLICT) | DF_EXIT(DF_EXTERNAL),
	NULL
};

/* As df-boot would, whoever is going to boot. */
static int
read_waivers(struct df_waivers *w, struct df_trust *t, struct df_err *e)
{
	struct df_trust_files f;
	char root[DF_FP_STR];
	int r;

	if (waivers == NULL)
		return 0;
	df_trust_files_init(&f);
	r = df_trust_usual(&f, t, root, e);
	if (r == 0)
		r = df_waivers_read(w, waivers, t, df_now_ms(), e);
	df_trust_files_release(&f);
	if (r < 0)
		df_waivers_release(w);	/* one that does not hold: none does */
	return r;
}

static int
env_is_set(const char *name)
{
	return getenv(name) != NULL;
}

static int
validate_spec(const char *dir)
{
	struct df_waivers w = { 0 };
	struct df_trust t = { 0 };
	struct df_spec sp;
	struct df_check c;
	struct df_err e;
	int code = DF_OK;

	if (df_spec_load_dir(&sp, dir, holdouts, 0, &e) == -1)
		return df_validate_error(dir, &e);
	sp.env_is_set = env_is_set;
	df_check_run(&c, &sp);
	if (read_waivers(&w, &t, &e) < 0)
		code = df_validate_error(waivers, &e);
	df_check_waive(&c, &sp, &w);
	code = df_exit_worst(code, c.pass ? DF_OK : DF_NO);
	df_validate_findings(&c, dir);
	if (product)
		code = df_exit_worst(code, df_validate_print(
		    df_spec_product(&sp, 1), "product-spec"));
	else if (df_args.json)
		code = df_exit_worst(code, df_validate_print(
		    df_check_result(&c, &sp, 0), "validation"));
	else if (df_validate_plain())
		df_validate_checks(&c);
	df_check_release(&c);
	df_spec_release(&sp);
	df_waivers_release(&w);
	df_trust_release(&t);
	return code;
}

static int
validate(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return df_validate_file(path, schema);
	if (strcmp(profile, "speckit") == 0)
		return df_validate_speckit(path, product);
	if (df_suite_manifest(path))
		return df_validate_suite(path);
	return validate_spec(path);
}

/* In a format other than text and JSON there is one way to say a thing. */
static void
look_at_options(size_t n)
{
	int special;

	if (df_args.json && strcmp(format, "text") == 0)
		format = "json";
	if (df_validate_format(format) < 0)
		df_usage("--format is text, json, github or sarif");
	special = strcmp(format, "github") == 0 ||
	    strcmp(format, "sarif") == 0;
	if (df_args.json && special)
		df_usage("either --json or --format %s", format);
	if (strcmp(profile, "d1-d10") != 0 && strcmp(profile, "speckit") != 0)
		df_usage("--profile is d1-d10 or speckit");
	if (init && strcmp(profile, "d1-d10") != 0)
		df_usage("--init writes d1-d10");
	if (special && (product || init || explain))
		df_usage("--format %s is for findings", format);
	if ((init || explain) && n)
		df_usage("--%s takes no operand", init ? "init" : "explain");
	if (run_path && n)
		df_usage("either a run or operands");
	if (run_path == NULL && n == 0)
		run_path = df_args.run;
	if (special && run_path && *run_path && n == 0)
		df_usage("--format %s is for operands", format);
	if ((holdouts || waivers) && strcmp(profile, "speckit") == 0)
		df_usage("--%s belongs to the profile d1-d10", holdouts ?
		    "holdouts" : "waivers");
	if (holdouts && n > 1)
		df_usage("--holdouts belongs to one directory");
}

int
main(int argc, char **argv)
{
	char **operand;
	size_t n, i;
	int code = DF_OK;

	operand = df_opt_parse(&tool, argc, argv, &n);
	look_at_options(n);
	if (init)
		return df_out_end(df_validate_init(init));
	if (explain)
		return df_out_end(df_validate_explain(explain));
	if (run_path && *run_path && n == 0)
		return df_out_end(df_validate_run(run_path));
	if (n == 0)
		df_usage("no specification directory");
	for (i = 0; i < n; i++)
		code = df_exit_worst(code, validate(operand[i]));
	df_validate_end();
	return df_out_end(code);
}
