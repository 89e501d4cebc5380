/*
 * schema.h - JSON Schema 2020-12, the keywords that our schemas use.
 *
 * Every record of ours is checked against its schema when it is written and
 * when it is read.  The schemas are schemas/NAME.json, compiled in at build
 * (so no environment can widen one) and parsed on first use.
 */
#ifndef DF_BASE_SCHEMA_H
#define DF_BASE_SCHEMA_H

#include "base/json.h"

/* Compiled in; ends with name == NULL, sorted by name. */
struct df_schema_text {
	const char *name;
	const char *text;
	size_t n;
};
extern const struct df_schema_text df_schema_text[];

struct df_schema;

/*
 * The compiled-in schema of that name (kept for the life of the process), or
 * NULL when there is none.  A schema of ours that does not compile is a bug.
 */
const struct df_schema *df_schema_get(const char *name);

/*
 * Compile a schema text.  Keywords that are not implemented fail (DF_INPUT,
 * "schema.keyword"): a schema never silently checks less than it says.
 */
struct df_schema *df_schema_compile(const char *text, size_t n,
	const char *what, struct df_err *e);
void df_schema_free(struct df_schema *s);
/* Its $id, or NULL.  Lives as long as the schema. */
const char *df_schema_id(const struct df_schema *s);

/*
 * Check token t of j.  Fails with DF_INPUT, code "schema", and a message
 * that has what, the place (a JSON Pointer, RFC 6901) and the rule:
 * "run.json: /tasks/3/id: does not match ^T-...$".
 */
int df_schema_check(const struct df_schema *s, const struct df_json *j,
	uint32_t t, const char *what, struct df_err *e) DF_CHECK;

/* Scan s[0..n) and check it against the compiled-in schema of that name. */
int df_schema_scan(struct df_json *j, const char *s, size_t n,
	unsigned flags, const char *name, const char *what, struct df_err *e)
	DF_CHECK;
/* The same for a jv that we are about to write: writes it canonically with
   LF into b, then checks.  Eats v. */
int df_schema_write(struct df_buf *b, jv v, const char *name,
	struct df_err *e) DF_CHECK;

#endif
