/*
 * schema.h - JSON Schema 2020-12, the keywords that our schemas use.
 *
 * Every record of ours is checked against its schema when it is written and
 * when it is read.  The schemas are schemas/NAME.json, compiled in at build
 * (so no environment can widen one) and parsed on first use.
 *
 *	s = df_schema_get("event");
 *	if (df_json_scan(&j, line, n, DF_JSON_CANON, what, e) < 0 ||
 *	    df_schema_check(s, &j, 0, what, e) < 0)
 *		return -1;
 *
 * A part of a record is checked against a definition of the schema:
 *
 *	s = df_schema_def(df_schema_get("event"), "stage.completed");
 *	if (s == NULL || df_schema_check(s, &j, data, what, e) < 0)
 *
 * A compiled schema does not change and may be used by several threads at
 * once.  Checking is linear in the document, allocates nothing unless a
 * string has escapes or a value is compared as a whole, and takes less than
 * the scan before it.
 *
 * Keywords.  These, with the meaning that the 2020-12 core and validation
 * vocabularies give them:
 *
 *	$schema $id $ref $defs $comment
 *	type enum const
 *	minLength maxLength pattern format
 *	minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
 *	items prefixItems minItems maxItems uniqueItems
 *	contains minContains maxContains
 *	properties required additionalProperties patternProperties
 *	propertyNames minProperties maxProperties
 *	dependentRequired dependentSchemas
 *	allOf anyOf oneOf not if then else
 *	title description default examples
 *
 * and the schemas true and false.  Lengths are in characters (code points).
 * Numbers are exact decimals and equal by value: 1, 1.0 and 10e-1 are one
 * number, 2^53 and 2^53 + 1 are two.  format, like the last line of the list,
 * is an annotation and checks nothing, as 2020-12 has it by default.
 *
 * Where this is deliberately not the specification:
 *
 *   - Any other keyword fails compilation, where the specification has it
 *     ignored: a schema never silently checks less than it says, and a
 *     misspelt keyword is found.  That includes $anchor, $dynamicRef,
 *     $dynamicAnchor, $vocabulary, unevaluatedItems, unevaluatedProperties,
 *     content*, deprecated, readOnly and writeOnly.
 *   - $schema and $id stand only at the root.  $schema must be the 2020-12
 *     dialect's URI.  $id must be an absolute URI or a URN without a
 *     fragment; it is recorded and nothing is resolved against it: a schema
 *     is one text, and nothing is ever fetched.
 *   - $ref is "#" or "#/...", a JSON Pointer (RFC 6901) to a schema in the
 *     same text, written as the pointer of that place is (~0, ~1, and %XX
 *     for any byte).
 *   - A schema that applies itself to the same value ($ref, allOf, anyOf,
 *     oneOf, not, if, then, else, dependentSchemas) fails compilation even if
 *     no document would ever go that way; so do more than 32 schemas applied
 *     to one value, one inside the other.  Recursion into parts of a value is
 *     free, as deep as df_json_scan() lets a document be.
 *   - multipleOf has at most 18 digits and lies between 1e-400 and 1e400.
 *   - The place of a schema in its text has at most 4096 bytes.
 *   - A pattern is of the subset of pattern.h, else compilation fails.
 *
 * A check that takes more than 2^24 + 256 n steps on a document of n values
 * is given up ("schema.work"): with anyOf inside anyOf a schema can ask for
 * work that doubles at each level of the document.
 */
#ifndef DF_BASE_SCHEMA_H
#define DF_BASE_SCHEMA_H

#include "base/json.h"

/* Compiled in; ends with name == NULL, sorted by name (base/embed.sh). */
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
 * Compile a schema text, which is not needed afterwards; what names it in
 * messages.  NULL and DF_INPUT on failure, with the code "json" (no JSON),
 * "schema.keyword" (not supported, or not here), "schema.value" (a keyword's
 * value is not of its kind), "schema.dialect", "schema.id", "schema.ref",
 * "schema.pattern", "schema.loop" or "schema.depth", and a message that has
 * the place: "x.json: /properties/id/pattern: ^\d$: \d is not supported ...".
 */
struct df_schema *df_schema_compile(const char *text, size_t n,
	const char *what, struct df_err *e);
void df_schema_free(struct df_schema *s);
/* Its $id, or NULL.  Lives as long as the schema. */
const char *df_schema_id(const struct df_schema *s);
/*
 * The schema at "#/$defs/NAME", or NULL when there is none.  It is part of s:
 * compiled with it, freed with it (never alone), its $ref and its $id are
 * those of the same text, and so are its definitions.  A lookup takes some
 * tens of nanoseconds.
 */
const struct df_schema *df_schema_def(const struct df_schema *s,
	const char *name);

/*
 * Check token t of j.  Fails with DF_INPUT, code "schema", and a message
 * that has what, the place (a JSON Pointer, RFC 6901, from token 0 on; left
 * out for token 0 itself) and the rule:
 * "run.json: /tasks/3/id: "T 1" does not match ^T-...$".
 *
 * It is the first fault in the order of the document; for anyOf and oneOf
 * that of the alternative which type and constants say is meant, else of the
 * one that went deepest, else what the alternatives are.  The hint names a
 * member or value that was perhaps meant.  Quoted text is passed through
 * df_text_foreign() and cut.  e may be NULL, which is cheaper on failure.
 */
int df_schema_check(const struct df_schema *s, const struct df_json *j,
	uint32_t t, const char *what, struct df_err *e) DF_CHECK;

/*
 * Scan s[0..n) and check it against the compiled-in schema of that name
 * ("schema.unknown" when there is none).
 */
int df_schema_scan(struct df_json *j, const char *s, size_t n,
	unsigned flags, const char *name, const char *what, struct df_err *e)
	DF_CHECK;
/*
 * The same for a jv that we are about to write: writes it canonically with
 * LF into b, then checks.  On failure b is as it was, and messages begin with
 * the schema's name.  Eats v.
 */
int df_schema_write(struct df_buf *b, jv v, const char *name,
	struct df_err *e) DF_CHECK;

#endif
