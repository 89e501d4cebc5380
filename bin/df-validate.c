/*
 * df-validate - check a specification, a suite, a policy, a template, any
 * record of ours.
 *
 * Findings go to stderr, the result of each check to stdout: of a
 * specification with --json the ValidationResult, one canonical line.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/run.h"
#include "spec/check.h"
#include "spec/public.h"
#include "spec/suite.h"
#include "spec/template.h"
#include "work/facts.h"

#define RECORD_MAX ((size_t)64 << 20)

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
print_findings(const struct df_check *c, const struct df_spec *sp)
{
	struct df_buf b = DF_BUF_INIT;
	int colour = df_tty();
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->diag[i].severity < (df_quiet ? DF_ERROR :
		    df_verbose ? DF_NOTE : DF_WARNING))
			continue;
		df_diag_text(&b, sp, &c->diag[i], colour);
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

static void
print_checks(const struct df_check *c)
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

static int
print_record(jv v, const char *name)
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
	print_findings(&c, &sp);
	if (product)
		code = df_exit_worst(code, print_record(
		    df_spec_product(&sp, 1), "product-spec"));
	else if (df_args.json)
		code = df_exit_worst(code, print_record(
		    df_check_result(&c, &sp, 0), "validation"));
	else if (!df_quiet)
		print_checks(&c);
	df_note("%s: %s, %zu error%s, %zu warning%s", dir,
	    c.pass ? "PASS" : c.blocked ? "BLOCKED" : "FAIL",
	    c.count[DF_ERROR], c.count[DF_ERROR] == 1 ? "" : "s",
	    c.count[DF_WARNING], c.count[DF_WARNING] == 1 ? "" : "s");
	df_check_release(&c);
	df_spec_release(&sp);
	return code;
}

/* ---- what is no specification ---- */

/* Could it be told what it is?  Otherwise nothing was checked. */
static int
undecided(const struct df_err *e)
{
	return e->exit != DF_INPUT || strncmp(e->code, "file.", 5) == 0 ||
	    strcmp(e->code, "json") == 0 ||
	    strcmp(e->code, "record.schema") == 0;
}

static int
say_record(const char *path, const char *kind, const struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	jv v;

	if (e && undecided(e)) {
		df_err_print(e);
		return e->exit;
	}
	if (df_args.json) {
		v = df_jset_str(jv_object(), "path", path);
		v = df_jset_str(v, "kind", kind);
		v = df_jset_str(v, "status", e ? "FAIL" : "PASS");
		if (e) {
			v = df_jset_str(v, "rule", e->code);
			v = df_jset_str(v, "message", e->msg);
		}
		df_out_json(v);
	} else {
		if (e)
			df_err_print(e);
		df_buf_fmt(&b, "%s %s: ", e ? "FAIL" : "PASS", kind);
		df_text_foreign(&b, path, strlen(path), DF_TEXT_LINE, 0, 0);
		df_buf_ch(&b, '\n');
		if (!df_quiet)
			df_out_raw(b.s, b.n);
	}
	df_buf_release(&b);
	return e ? DF_NO : DF_OK;
}

static int
validate_suite(const char *dir)
{
	struct df_spec none;
	struct df_sealed s;
	struct df_suite_count count;
	struct df_err e;
	int r;

	memset(&none, 0, sizeof(none));
	df_sealed_init(&s);
	r = df_suite_make(&none, dir, &s, &count, &e);
	df_sealed_release(&s);
	return say_record(dir, "suite", r < 0 ? &e : NULL);
}

/* The schema that a record names: "df.adapter/1" is adapter. */
static void
schema_of(const struct df_json *j, char name[64])
{
	jv v = df_json_jv(j, 0);
	const char *s = df_jv_str(v, "schema"), *slash = s ? strchr(s, '/') :
	    NULL;

	*name = '\0';
	if (slash && strncmp(s, "df.", 3) == 0)
		snprintf(name, 64, "%.*s", (int)(slash - s - 3), s + 3);
	else if (df_jv_str(v, "specversion"))
		snprintf(name, 64, "event");
	jv_free(v);
}

static int
check_record(const char *path, const struct df_buf *b, char name[64],
    struct df_err *e)
{
	struct df_json j = { 0 };
	const struct df_schema *s;
	int r;

	r = df_json_scan(&j, b->s, b->n, 0, path, e);
	if (r == 0 && schema)
		snprintf(name, 64, "%s", schema);
	else if (r == 0)
		schema_of(&j, name);
	if (r == 0 && *name == '\0') {
		r = df_fail(e, DF_INPUT, "record.schema",
		    "%s does not say which schema it follows", path);
		(void)df_hint(e, "--schema NAME says it");
	}
	if (r == 0) {
		s = df_schema_get(name);
		r = s ? df_schema_check(s, &j, 0, path, e) : df_fail(e,
		    DF_INPUT, "record.schema", "%s: there is no schema %s",
		    path, name);
	}
	df_json_release(&j);
	return r;
}

static int
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static int
validate_file(const char *path)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_template *t;
	struct df_err e = { 0 };
	char kind[64] = "record";
	int r;

	r = df_read_file(AT_FDCWD, path, &b, RECORD_MAX, &e);
	if (r == 0 && ends_in(path, ".jq")) {
		snprintf(kind, sizeof(kind), "policy");
		r = df_policy_check(b.s, b.n, path, &e);
	} else if (r == 0 && ends_in(path, ".md")) {
		snprintf(kind, sizeof(kind), "template");
		t = df_template_compile(b.s, b.n, path, &e);
		r = t ? 0 : -1;
		df_template_free(t);
	} else if (r == 0) {
		r = check_record(path, &b, kind, &e);
	}
	df_buf_release(&b);
	return say_record(path, kind, r < 0 ? &e : NULL);
}

/* ---- a run's documents ---- */

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

static int
recheck(struct df_run *r, struct df_err *e)
{
	const struct df_name *tree = df_run_find(r, "spec.tree");
	struct df_public p = { 0 };
	struct df_check c;
	jv was, is;
	int n;

	if (tree == NULL)
		return df_fail(e, DF_INTEGRITY, "run.spec",
		    "the run has no spec.tree");
	was = df_run_json(r, "validation.json", "validation", e);
	if (!jv_is_valid(was) || df_public_read(&p, &r->store, &tree->digest,
	    e) < 0) {
		jv_free(was);
		return -1;
	}
	df_check_run(&c, &p.spec);
	is = df_check_result(&c, &p.spec, DF_RESULT_PUBLIC);
	n = differences(was, is, &c);
	if (df_args.json)
		n += print_record(jv_copy(is), "validation") != DF_OK;
	else if (!df_quiet)
		print_checks(&c);
	df_note("%s: %s", r->id, n ? "differs from validation.json" :
	    "as validation.json says");
	jv_free(was);
	jv_free(is);
	df_check_release(&c);
	df_public_release(&p);
	return n ? DF_NO : DF_OK;
}

static int
validate_run(const char *path)
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

static int
validate(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return validate_file(path);
	if (df_suite_manifest(path))
		return validate_suite(path);
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
		return df_out_end(validate_run(run_path));
	if (n == 0)
		df_usage("no specification directory");
	if (holdouts && n > 1)
		df_usage("--holdouts belongs to one directory");
	for (i = 0; i < n; i++)
		code = df_exit_worst(code, validate(operand[i]));
	return df_out_end(code);
}
