/*
 * df-validate - check a specification, a suite, a policy, a template, any
 * record of ours.
 *
 * Findings go to stderr, the result of each check to stdout: of a
 * specification with --json the ValidationResult, one canonical line.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "spec/diag.h"
#include "spec/suite.h"
#include "validate.h"

static const char *holdouts, *explain, *schema, *run_path;
static int product;

static const struct df_opt opts[] = {
	{ 0, "holdouts", "PATH", "D9 is this file, or in this directory",
	    DF_OPT_STR, &holdouts, 0, 0 },
	{ 0, "product", NULL, "print the ProductSpec as JSON instead",
	    DF_OPT_FLAG, &product, 0, 0 },
	{ 0, "schema", "NAME", "the record's schema, if it does not name it",
	    DF_OPT_STR, &schema, 0, 0 },
	{ 'C', "run", "RUN", "check a run's documents against validation.json",
	    DF_OPT_STR, &run_path, 0, 0 },
	{ 0, "explain", "RULE", "say what a rule means; \"all\" lists them",
	    DF_OPT_STR, &explain, 0, 0 },
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
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_EXTERNAL),
	NULL
};

static void
wrapped(struct df_buf *b, const char *s)
{
	size_t col = 0, n;

	while (*s) {
		n = strcspn(s, " ");
		if (col && col + 1 + n > 76) {
			df_buf_ch(b, '\n');
			col = 0;
		}
		df_buf_str(b, col ? " " : "    ");
		df_buf_add(b, s, n);
		col += n + (col ? 1 : 4);
		s += n;
		s += *s == ' ';
	}
	df_buf_ch(b, '\n');
}

static int
explain_rule(void)
{
	const struct df_rule_def *r = df_rule_find(explain);
	struct df_buf b = DF_BUF_INIT;
	const char *word[256], *near;
	size_t i;

	if (strcmp(explain, "all") == 0)
		for (i = 0; i < df_nrules; i++)
			df_buf_fmt(&b, "%s\t%s\t%s\n", df_rules[i].id,
			    df_severity_name[df_rules[i].severity],
			    df_rules[i].about);
	else if (r) {
		df_buf_fmt(&b, "%s (%s%s): %s\n", r->id,
		    df_severity_name[r->severity], r->d9 ?
		    ", needs D9" : "", r->about);
		wrapped(&b, r->explain);
	} else {
		for (i = 0; i < df_nrules && i < DF_LEN(word); i++)
			word[i] = df_rules[i].id;
		near = df_suggest(explain, word, i);
		if (near)
			df_usage("no rule \"%s\"; did you mean %s?", explain,
			    near);
		df_usage("no rule \"%s\"; --explain all lists them", explain);
	}
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return DF_OK;
}

static void
print_findings(const struct df_check *c)
{
	struct df_buf b = DF_BUF_INIT;
	int colour = df_tty();
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->diag[i].severity < (df_quiet ? DF_ERROR :
		    df_verbose ? DF_NOTE : DF_WARNING))
			continue;
		df_diag_text(&b, &c->diag[i], colour);
		if (b.n > 65536) {
			fwrite(b.s, 1, b.n, stderr);
			df_buf_reset(&b);
		}
	}
	fwrite(b.s, 1, b.n, stderr);
	df_buf_release(&b);
	if (c->cut)
		df_warn("%zu more findings are not shown", c->cut);
}

void
df_validate_checks(const struct df_check *c)
{
	struct df_buf b = DF_BUF_INIT;
	unsigned k;

	for (k = 0; k < DF_CHECKS; k++) {
		if (!c->row[k].ran)
			continue;
		df_buf_fmt(&b, "%s %s: ", c->row[k].pass ? "PASS" : "FAIL",
		    c->row[k].name);
		df_text_foreign(&b, c->row[k].msg, strlen(c->row[k].msg),
		    DF_TEXT_LINE, 0, 2000);
		df_buf_ch(&b, '\n');
	}
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

int
df_validate_print(jv v, const char *name)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	int code = DF_OK;

	if (df_schema_write(&b, v, name, &e) == -1) {
		df_err_print(&e);
		code = e.exit;
	} else
		df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return code;
}

static int
validate_spec(const char *dir)
{
	struct df_spec sp;
	struct df_check c;
	struct df_err e;
	int code;

	if (df_spec_load_dir(&sp, dir, holdouts, 0, &e) == -1) {
		df_err_print(&e);
		return e.exit;
	}
	df_check_run(&c, &sp);
	code = c.pass ? DF_OK : DF_NO;
	print_findings(&c);
	if (product)
		code = df_exit_worst(code, df_validate_print(
		    df_spec_product(&sp, 1), "product-spec"));
	else if (df_args.json)
		code = df_exit_worst(code, df_validate_print(
		    df_check_result(&c, &sp, 0), "validation"));
	else if (!df_quiet)
		df_validate_checks(&c);
	df_note("%s: %s, %zu error%s, %zu warning%s", dir,
	    c.pass ? "PASS" : c.blocked ? "BLOCKED" : "FAIL",
	    c.count[DF_ERROR], c.count[DF_ERROR] == 1 ? "" : "s",
	    c.count[DF_WARNING], c.count[DF_WARNING] == 1 ? "" : "s");
	df_check_release(&c);
	df_spec_release(&sp);
	return code;
}

static int
validate(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return df_validate_file(path, schema);
	if (df_suite_manifest(path))
		return df_validate_suite(path);
	return validate_spec(path);
}

int
main(int argc, char **argv)
{
	char **operand;
	size_t n, i;
	int code = DF_OK;

	operand = df_opt_parse(&tool, argc, argv, &n);
	if (explain) {
		if (n)
			df_usage("--explain takes no operand");
		return df_out_end(explain_rule());
	}
	if (run_path && n)
		df_usage("either a run or operands");
	if (run_path == NULL && n == 0)
		run_path = df_args.run;
	if (run_path && *run_path && n == 0)
		return df_out_end(df_validate_run(run_path));
	if (n == 0)
		df_usage("no specification directory");
	if (holdouts && n > 1)
		df_usage("--holdouts belongs to one directory");
	for (i = 0; i < n; i++)
		code = df_exit_worst(code, validate(operand[i]));
	return df_out_end(code);
}
