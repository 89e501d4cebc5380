/*
 * Fuzz the schema compiler and checker: a schema and a document.
 *
 * What is refused is refused as input, with a code of its own.  A check finds
 * the same with and without a message, and the same on the document without
 * its white space; not turns its answer round, and a schema is one of two
 * that are itself.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/schema.h"

static struct df_json j;

static int
check(const struct df_schema *s, struct df_err *e)
{
	int r = df_schema_check(s, &j, 0, "document", e);

	if (r < 0 && e)
		must(e->exit == DF_INPUT && e->msg[0] &&
		    strncmp(e->code, "schema", 6) == 0);
	return r;
}

/* Check against before + schema + after. */
static void
inside(const char *before, const char *s, size_t n, const char *after,
    int want)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_schema *x;
	struct df_err e;

	df_buf_str(&b, before);
	df_buf_add(&b, s, n);
	df_buf_str(&b, after);
	x = df_schema_compile(b.s, b.n, "around", &e);
	if (x)
		must(check(x, &e) == want || strcmp(e.code, "schema.work") ==
		    0);
	else		/* one level more may be one too many */
		must(strcmp(e.code, "schema.depth") == 0 ||
		    strcmp(e.code, "json") == 0 ||
		    strcmp(e.code, "schema.value") == 0);
	df_schema_free(x);
	df_buf_release(&b);
}

/* Check the document as the canonical writer writes it, if it can. */
static void
rewritten(const struct df_schema *s, int want)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;

	if (df_json_write(&b, df_json_jv(&j, 0), &e) == 0) {
		must(df_json_scan(&j, b.s, b.n, 0, "document", &e) == 0);
		must(check(s, &e) == want);
	}
	df_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *doc = (const char *)p;
	size_t len = fuzz_part(&doc, &n);
	const char *text = (const char *)p;
	struct df_schema *s;
	struct df_err e;
	int r;

	s = df_schema_compile(text, len, "schema", &e);
	if (s == NULL) {
		must(e.exit == DF_INPUT && e.msg[0]);
		must(strcmp(e.code, "json") == 0 ||
		    strncmp(e.code, "json.", 5) == 0 ||
		    strncmp(e.code, "schema.", 7) == 0);
		return 0;
	}
	if (df_json_scan(&j, doc, n, 0, "document", &e) == 0) {
		r = check(s, &e);
		must(check(s, NULL) == r);
		if (r == 0 || strcmp(e.code, "schema.work") != 0) {
			/* $ref means another place when it is inside */
			if (memchr(text, '$', len) == NULL &&
			    memchr(text, '\\', len) == NULL) {
				inside("{\"not\":", text, len, "}",
				    r == 0 ? -1 : 0);
				inside("{\"anyOf\":[false,", text, len, "]}",
				    r);
			}
			rewritten(s, r);
		}
	}
	df_schema_free(s);
	return 0;
}
