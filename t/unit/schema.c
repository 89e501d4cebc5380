#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "tap.h"

/* In place of what embed.sh makes; "b" sorts before "b-x" as a name only. */
#define TEXT(name, s) { name, s, sizeof(s) - 1 }
const struct df_schema_text df_schema_text[] = {
	TEXT("b", "{\"type\":\"object\",\"required\":[\"run\"]}"),
	TEXT("b-x", "{\"$id\":\"urn:x:1\",\"type\":\"string\"}"),
	TEXT("c", "true"),
	{ NULL, NULL, 0 }
};

/* ---- the official suite ---- */

#define SUITE "vectors/json-schema/tests/draft2020-12/"

static const char *const suite_file[] = {
	"additionalProperties", "allOf", "anchor", "anyOf", "boolean_schema",
	"const", "contains", "content", "default", "defs",
	"dependentRequired", "dependentSchemas", "dynamicRef", "enum",
	"exclusiveMaximum", "exclusiveMinimum", "format", "if-then-else",
	"infinite-loop-detection", "items", "maxContains", "maxItems",
	"maxLength", "maxProperties", "maximum", "minContains", "minItems",
	"minLength", "minProperties", "minimum", "multipleOf", "not", "oneOf",
	"pattern", "patternProperties", "prefixItems", "properties",
	"propertyNames", "ref", "refRemote", "required", "type",
	"unevaluatedItems", "unevaluatedProperties", "uniqueItems",
	"vocabulary"
};

/* Groups that must not compile; "*" is every group of the file. */
static const struct {
	const char *file, *group;
} refused[] = {
	{ "anchor", "*" },
	{ "content", "*" },
	{ "defs", "validate definition against metaschema" },
	{ "dynamicRef", "*" },
	{ "not", "collect annotations inside a 'not', even if collection is "
	    "disabled" },
	{ "pattern", "pattern with Unicode property escape requires unicode "
	    "mode" },
	{ "patternProperties", "patternProperties with Unicode property "
	    "escape" },
	{ "ref", "remote ref, containing refs itself" },
	{ "ref", "Recursive references between schemas" },
	{ "ref", "ref creates new scope when adjacent to keywords" },
	{ "ref", "refs with relative uris and defs" },
	{ "ref", "relative refs with absolute uris and defs" },
	{ "ref", "$id must be resolved against nearest parent, not just "
	    "immediate parent" },
	{ "ref", "order of evaluation: $id and $ref" },
	{ "ref", "order of evaluation: $id and $anchor and $ref" },
	{ "ref", "order of evaluation: $id and $ref on nested schema" },
	{ "ref", "simple URN base URI with $ref via the URN" },
	{ "ref", "URN base URI with URN and JSON pointer ref" },
	{ "ref", "URN base URI with URN and anchor ref" },
	{ "ref", "URN ref with nested pointer ref" },
	{ "ref", "ref to if" },
	{ "ref", "ref to then" },
	{ "ref", "ref to else" },
	{ "ref", "ref with absolute-path-reference" },
	{ "refRemote", "*" },
	{ "unevaluatedItems", "*" },
	{ "unevaluatedProperties", "*" },
	{ "vocabulary", "*" },
};

static int
is_refused(const char *file, const char *group)
{
	size_t i;

	for (i = 0; i < DF_LEN(refused); i++)
		if (strcmp(refused[i].file, file) == 0 &&
		    (strcmp(refused[i].group, "*") == 0 ||
		    strcmp(refused[i].group, group) == 0))
			return 1;
	return 0;
}

static int suite_tests, suite_refused;

static void
suite_group(const struct df_json *j, uint32_t g, const char *file)
{
	char *name = df_jstr(j, df_jget(j, g, "description")), *what;
	uint32_t schema = df_jget(j, g, "schema"), i, t;
	uint32_t tests = df_jget(j, g, "tests");
	struct df_schema *s;
	struct df_err e;
	int bad = 0, valid;

	s = df_schema_compile(j->s + j->tok[schema].start,
	    j->tok[schema].end - j->tok[schema].start, file, &e);
	if (is_refused(file, name)) {
		ok(s == NULL, "%s: %s: refused", file, name);
		if (s == NULL)
			printf("#  %s\n", e.msg);
		suite_refused++;
		goto end;
	}
	if (s == NULL) {
		ok(0, "%s: %s: %s", file, name, e.msg);
		goto end;
	}
	for (i = 0, t = df_jfirst(j, tests); i < j->tok[tests].n;
	    i++, t = df_jnext(j, t)) {
		valid = df_schema_check(s, j, df_jget(j, t, "data"), file,
		    &e) == 0;
		suite_tests++;
		if (valid == df_jis(j, df_jget(j, t, "valid"), "") +
		    (j->tok[df_jget(j, t, "valid")].type == DF_JTRUE))
			continue;
		what = df_jstr(j, df_jget(j, t, "description"));
		printf("# %s: %s\n", what, valid ? "accepted" : e.msg);
		free(what);
		bad++;
	}
	ok(bad == 0, "%s: %s", file, name);
end:
	free(name);
	df_schema_free(s);
}

static void
suite(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_err e;
	char name[128];
	const char *path;
	uint32_t i, g;
	size_t f;

	if (tap_corpus(SUITE "type.json") == NULL) {
		ok(1, "official suite # SKIP the corpus is not there");
		return;
	}
	for (f = 0; f < DF_LEN(suite_file); f++) {
		snprintf(name, sizeof(name), SUITE "%s.json", suite_file[f]);
		path = tap_corpus(name);
		df_buf_reset(&b);
		if (path == NULL || df_read_file(AT_FDCWD, path, &b,
		    DF_JSON_MAX, &e) < 0 ||
		    df_json_scan(&j, b.s, b.n, 0, name, &e) < 0) {
			ok(0, "%s", name);
			continue;
		}
		for (i = 0, g = df_jfirst(&j, 0); i < j.tok[0].n;
		    i++, g = df_jnext(&j, g))
			suite_group(&j, g, suite_file[f]);
	}
	printf("# %d tests agree, %d groups are refused\n", suite_tests,
	    suite_refused);
	df_json_release(&j);
	df_buf_release(&b);
}

int
main(void)
{
	suite();
	return tap_done();
}
