/*
 * What is no specification: a suite, a policy, a template, any record.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "spec/suite.h"
#include "spec/template.h"
#include "validate.h"
#include "work/facts.h"

#define RECORD_MAX ((size_t)64 << 20)

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

	if (e && undecided(e))
		return df_validate_error(path, e);
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
			df_validate_wrong(path, e);
		df_buf_fmt(&b, "%s %s: ", e ? "FAIL" : "PASS", kind);
		df_text_foreign(&b, path, strlen(path), DF_TEXT_LINE, 0, 0);
		df_buf_ch(&b, '\n');
		if (df_validate_plain())
			df_out_raw(b.s, b.n);
	}
	df_buf_release(&b);
	return e ? DF_NO : DF_OK;
}

int
df_validate_suite(const char *dir)
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
check_record(const char *path, const struct df_buf *b, const char *schema,
    char name[64], struct df_err *e)
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

int
df_validate_file(const char *path, const char *schema)
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
		r = check_record(path, &b, schema, kind, &e);
	}
	df_buf_release(&b);
	return say_record(path, kind, r < 0 ? &e : NULL);
}
