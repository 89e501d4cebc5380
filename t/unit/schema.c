#include "base/df.h"

#include <fcntl.h>
#include <pthread.h>
#include <regex.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "base/text.h"
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
		ok(s == NULL && (strcmp(e.code, "schema.keyword") == 0 ||
		    strcmp(e.code, "schema.ref") == 0 ||
		    strcmp(e.code, "schema.dialect") == 0 ||
		    strcmp(e.code, "schema.pattern") == 0),
		    "%s: %s: refused: %s", file, name, s ? "" : e.msg);
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
		if (valid == (j->tok[df_jget(j, t, "valid")].type == DF_JTRUE))
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

/* ---- our own cases ---- */

/* What checking doc says, or "" when it is valid. */
static const char *
said(const struct df_schema *s, const char *doc, size_t n)
{
	static struct df_err e;
	struct df_json j = { 0 };

	memset(&e, 0, sizeof(e));
	if (df_json_scan(&j, doc, n, 0, "d", &e) == 0 &&
	    df_schema_check(s, &j, 0, "d", &e) < 0 &&
	    (e.exit != DF_INPUT || strcmp(e.code, "schema") != 0))
		snprintf(e.msg, sizeof(e.msg), "code %s", e.code);
	df_json_release(&j);
	return e.msg;
}

static void
says(int line, const char *schema, const char *doc, const char *want)
{
	struct df_err e;
	struct df_schema *s = df_schema_compile(schema, strlen(schema), "s",
	    &e);

	if (s == NULL)
		tap_ok(__FILE__, line, 0, "%s: %s", schema, e.msg);
	else
		tap_is_str(__FILE__, line, said(s, doc, strlen(doc)), want,
		    doc);
	df_schema_free(s);
}

static void
refuses(int line, const char *schema, const char *code, const char *msg)
{
	struct df_err e = { 0 };
	struct df_schema *s = df_schema_compile(schema, strlen(schema), "s",
	    &e);

	if (tap_ok(__FILE__, line, s == NULL && e.exit == DF_INPUT,
	    "refused: %s", schema)) {
		tap_is_str(__FILE__, line, e.code, code, "its code");
		if (msg)
			tap_is_str(__FILE__, line, e.msg, msg, "its message");
	}
	df_schema_free(s);
}

#define SAYS(schema, doc, want) says(__LINE__, (schema), (doc), (want))
#define VALID(schema, doc) SAYS(schema, doc, "")
#define REFUSES(schema, code, msg) refuses(__LINE__, (schema), (code), (msg))

static void
messages(void)
{
	static const char tasks[] = "{\"properties\":{\"tasks\":{\"items\":"
	    "{\"properties\":{\"id\":{\"pattern\":\"^T-[0-9]+$\"}}}}}}";
	static const char run[] = "{\"type\":\"object\","
	    "\"additionalProperties\":false,\"required\":[\"run\",\"task\"],"
	    "\"properties\":{\"run\":{},\"task\":{},"
	    "\"kind\":{\"enum\":[\"alpha\",\"beta\",3,null]}}}";
	static const char num[] = "{\"type\":[\"number\",\"null\"],"
	    "\"minimum\":1.50,\"exclusiveMaximum\":1e2,\"multipleOf\":0.25}";
	static const char count[] = "{\"minLength\":1,\"maxLength\":2,"
	    "\"minItems\":1,\"maxItems\":2,\"minProperties\":1,"
	    "\"maxProperties\":2}";
	static const char needs[] = "{\"dependentRequired\":{\"a\":[\"b\","
	    "\"c\"]},\"dependentSchemas\":{\"d\":{\"required\":[\"e\"]}}}";
	static const char names[] = "{\"propertyNames\":{\"pattern\":"
	    "\"^[a-z]+$\",\"maxLength\":3}}";
	struct df_schema *s;
	struct df_json j = { 0 };
	struct df_err e;

	SAYS(tasks, "{\"tasks\":[{},{},{},{\"id\":\"T 1\"}]}",
	    "d: /tasks/3/id: \"T 1\" does not match ^T-[0-9]+$");
	SAYS(tasks, "{\"tasks\":[{\"id\":\"\\u001b[2J\\u202e\"}]}",
	    "d: /tasks/0/id: \"\\x1b[2J\\u{202e}\" does not match "
	    "^T-[0-9]+$");
	SAYS(tasks, "{\"tasks\":[{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
	    "d: /tasks/0/id: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaa[... 12 bytes more]\" does not match "
	    "^T-[0-9]+$");
	SAYS(run, "[]", "d: must be an object, not an array");
	SAYS(run, "{\"task\":1}", "d: member \"run\" is missing");
	SAYS(run, "{\"run\":1,\"x/y~\":1}",
	    "d: member \"x/y~\" is not allowed");
	SAYS(run, "{\"kind\":7}",
	    "d: /kind: must be one of \"alpha\", \"beta\", 3, null");
	SAYS("{\"items\":{\"additionalProperties\":{\"const\":\"x\"}}}",
	    "[{\"a/b\":\"x\",\"~\":\"y\"}]", "d: /0/~0: must be \"x\"");
	SAYS("{\"const\":[1,{\"a\":2}]}", "[1]", "d: must be [1,{\"a\":2}]");
	SAYS("{\"enum\":[]}", "1", "d: no value is allowed");
	SAYS("{\"type\":\"integer\"}", "1.5", "d: must be an integer, not 1.5");
	SAYS("{\"type\":[\"string\",\"null\",\"integer\"]}", "[]",
	    "d: must be null, an integer or a string, not an array");
	SAYS("false", "1", "d: is not allowed");
	SAYS("{\"properties\":{\"a\":false}}", "{\"a\":1}",
	    "d: /a: is not allowed");

	SAYS(num, "1.49", "d: must be at least 1.50");
	SAYS(num, "100", "d: must be less than 1e2");
	SAYS(num, "1.6", "d: must be a multiple of 0.25");
	SAYS("{\"maximum\":3}", "4", "d: must be at most 3");
	SAYS("{\"exclusiveMinimum\":3}", "3", "d: must be greater than 3");
	VALID(num, "175e-2");
	VALID(num, "null");

	SAYS(count, "\"\"", "d: must not be empty");
	SAYS("{\"minLength\":2}", "\"a\"", "d: is shorter than 2 characters");
	SAYS(count, "\"abc\"", "d: is longer than 2 characters");
	SAYS(count, "[]", "d: has fewer than 1 item");
	SAYS(count, "[1,2,3]", "d: has more than 2 items");
	SAYS(count, "{}", "d: has fewer than 1 member");
	SAYS(count, "{\"a\":1,\"b\":2,\"c\":3}", "d: has more than 2 members");
	SAYS("{\"prefixItems\":[true,true],\"items\":false}", "[1,2,3]",
	    "d: has more than 2 items");
	SAYS("{\"contains\":{\"const\":1},\"minContains\":2}", "[1]",
	    "d: has fewer than 2 items matching \"contains\"");
	SAYS("{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]",
	    "d: has more than 1 item matching \"contains\"");
	SAYS(needs, "{\"a\":1,\"b\":1}",
	    "d: member \"c\" is missing, which \"a\" requires");
	SAYS(needs, "{\"d\":1}", "d: member \"e\" is missing");
	VALID(needs, "{\"b\":1,\"e\":2}");
	SAYS(names, "{\"A\":1}",
	    "d: member name \"A\" does not match ^[a-z]+$");
	SAYS(names, "{\"a\":1,\"abcd\":2}",
	    "d: member name \"abcd\": is longer than 3 characters");

	/* the place is counted from the root of the text */
	s = df_schema_compile("{\"type\":\"null\"}", 15, "s", &e);
	if (df_json_scan(&j, "{\"a\":[1,2]}", 11, 0, "d", &e) == 0 &&
	    ok(df_schema_check(s, &j, 4, "d", &e) < 0, "a part of a text"))
		is_str(e.msg, "d: /a/1: must be null, not 2", "its place");
	df_schema_free(s);

	s = df_schema_compile(run, strlen(run), "s", &e);
	ok(df_json_scan(&j, "{\"taks\":1}", 10, 0, "d", &e) == 0 &&
	    df_schema_check(s, &j, 0, "d", &e) < 0 &&
	    strcmp(e.hint, "did you mean \"task\"?") == 0,
	    "a name that is nearly right: %s", e.hint);
	ok(df_json_scan(&j, "{\"kind\":\"alpah\"}", 16, 0, "d", &e) == 0 &&
	    df_schema_check(s, &j, 0, "d", &e) < 0 &&
	    strcmp(e.hint, "did you mean \"alpha\"?") == 0,
	    "a value that is nearly right: %s", e.hint);
	ok(df_schema_check(s, &j, 0, "d", NULL) < 0, "no error is wanted");
	df_schema_free(s);
	df_json_release(&j);
}

static void
alternatives(void)
{
	static const char kinds[] = "{\"oneOf\":[{\"properties\":{\"kind\":"
	    "{\"const\":\"a\"},\"x\":{\"type\":\"integer\"}},\"required\":"
	    "[\"kind\",\"x\"]},{\"properties\":{\"kind\":{\"const\":\"b\"},"
	    "\"y\":{\"type\":\"integer\"}},\"required\":[\"kind\",\"y\"]}]}";
	static const char some[] = "{\"anyOf\":[{\"type\":[\"null\","
	    "\"boolean\"]},{\"$ref\":\"#/$defs/a\"},{\"title\":\"a digest\","
	    "\"type\":\"string\",\"pattern\":\"^sha256:\"},{\"required\":"
	    "[\"q\"],\"type\":\"object\"}],\"$defs\":{\"a\":{\"enum\":"
	    "[3,\"ab\"]}}}";
	static const char both[] = "{\"oneOf\":[{\"type\":\"integer\"},"
	    "{\"type\":\"number\",\"minimum\":3}]}";
	static const char deep[] = "{\"anyOf\":[{\"items\":{\"items\":"
	    "{\"const\":1}}},{\"maxItems\":0}]}";

	SAYS(kinds, "{\"kind\":\"a\"}", "d: member \"x\" is missing");
	SAYS(kinds, "{\"kind\":\"b\",\"x\":1}", "d: member \"y\" is missing");
	SAYS(kinds, "{\"kind\":\"b\",\"y\":\"1\"}",
	    "d: /y: must be an integer, not a string");
	SAYS(kinds, "{\"kind\":\"c\"}", "d: must be an object with \"kind\": "
	    "\"a\" or an object with \"kind\": \"b\"");
	VALID(kinds, "{\"kind\":\"b\",\"y\":1}");
	SAYS(some, "\"x\"", "d: \"x\" does not match ^sha256:");
	SAYS(some, "{}", "d: member \"q\" is missing");
	SAYS(some, "4", "d: must be null or a boolean, 3, \"ab\", a digest or "
	    "an object with \"q\"");
	SAYS(both, "5", "d: matches two alternatives that exclude each "
	    "other: an integer and a number");
	SAYS(both, "2.5", "d: must be at least 3");
	SAYS(both, "\"\"", "d: must be an integer or a number");
	SAYS(deep, "[[1],[1,2]]", "d: /1/1: must be 1");
	SAYS("{\"not\":{\"required\":[\"a\"]}}", "{\"a\":1}",
	    "d: must not be an object with \"a\"");
	SAYS("{\"not\":{}}", "1", "d: must not be what \"not\" describes");
	SAYS("{\"if\":{\"const\":1},\"then\":false,\"else\":{\"type\":"
	    "\"string\"}}", "2", "d: must be a string, not 2");
}

/* Values that are equal though written differently. */
static void
equality(void)
{
	static const char obj[] = "{\"const\":{\"a\":[1,\"\\u00e9\"],"
	    "\"b\":{\"c\":null,\"d\":0.10}}}";
	static const char uniq[] = "{\"uniqueItems\":true}";
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	VALID("{\"const\":1}", "1.0");
	VALID("{\"const\":-0}", "0e5");
	VALID("{\"const\":100}", "1E+2");
	VALID("{\"enum\":[12e-1]}", "1.2");
	SAYS("{\"const\":9007199254740993}", "9007199254740992",
	    "d: must be 9007199254740993");
	SAYS("{\"const\":1}", "true", "d: must be 1");
	SAYS("{\"const\":1}", "\"1\"", "d: must be 1");
	VALID("{\"const\":\"a\\u0000/\"}", "\"\\u0061\\u0000\\/\"");
	SAYS("{\"const\":\"a\\u0000b\"}", "\"a\\u0000c\"",
	    "d: must be \"a\\u0000b\"");
	VALID("{\"const\":\"\\ud83d\\ude00\"}", "\"\xf0\x9f\x98\x80\"");
	VALID(obj, "{\"b\":{\"\\u0064\":1e-1,\"c\":null},\"a\":[1.0,"
	    "\"\xc3\xa9\"]}");
	SAYS(obj, "{\"b\":{\"d\":1e-1},\"a\":[1,\"\xc3\xa9\"]}",
	    "d: must be {\"a\":[1,\"\\u00e9\"],\"b\":{\"c\":null,\"d\":0.10}}");

	VALID(uniq, "[1,true,\"1\",[1],[[1]],null,0,false,{},[],\"\","
	    "{\"a\":1},{\"a\":2},{\"b\":1},[1,2],[2,1],\"a\",\"b\",-1]");
	SAYS(uniq, "[0,1,2,1.0]", "d: items 1 and 3 are equal");
	SAYS(uniq, "[{\"a\":1,\"b\":2},{\"b\":2,\"\\u0061\":1e0}]",
	    "d: items 0 and 1 are equal");
	SAYS("{\"additionalProperties\":{\"uniqueItems\":true}}",
	    "{\"a\":[\"x\",\"\\u0078\"]}", "d: /a: items 0 and 1 are equal");
	/* more items than are compared one by one */
	df_buf_ch(&b, '[');
	for (i = 0; i < 1000; i++)
		df_buf_fmt(&b, "{\"b\":%zu,\"a\":\"%zu\"},", i, i * 7);
	df_buf_str(&b, "0]");
	VALID(uniq, b.s);
	df_buf_cut(&b, b.n - 2);
	df_buf_str(&b, "{\"a\":\"1736\",\"b\":248e0}]");
	SAYS(uniq, b.s, "d: items 248 and 1000 are equal");
	df_buf_release(&b);
}

static void
numbers(void)
{
	VALID("{\"type\":\"integer\"}", "1e300");
	VALID("{\"type\":\"integer\"}", "123456789012345678901234567890.000");
	SAYS("{\"type\":\"integer\"}", "123456789012345678901234567890.5",
	    "d: must be an integer, not 123456789012345678901234567890.5");
	SAYS("{\"type\":\"integer\"}", "1e-99999999999999999999",
	    "d: must be an integer, not 1e-99999999999999999999");
	VALID("{\"const\":0}", "0e99999999999999999999");
	SAYS("{\"maximum\":9007199254740992}", "9007199254740993",
	    "d: must be at most 9007199254740992");
	VALID("{\"minimum\":-1.5,\"maximum\":-0.5}", "-1.25");
	SAYS("{\"minimum\":-1.5}", "-1.51", "d: must be at least -1.5");
	VALID("{\"minimum\":0}", "-0.0");
	VALID("{\"multipleOf\":0.01}", "4.35");
	VALID("{\"multipleOf\":0.0000001}", "1e300");
	SAYS("{\"multipleOf\":0.01}", "4.351", "d: must be a multiple of 0.01");
	VALID("{\"multipleOf\":123456789012345678}",
	    "9876543120987654240000");
	SAYS("{\"multipleOf\":123456789012345678}", "9876543120987654240001",
	    "d: must be a multiple of 123456789012345678");
	VALID("{\"maxLength\":99999999999999999999,\"minItems\":2.0}",
	    "\"abc\"");
}

/* "#/$defs/NAME" as a schema of its own. */
static void
definitions(void)
{
	static const char text[] = "{\"$id\":\"urn:x:1\",\"type\":\"object\","
	    "\"$defs\":{\"stage.started\":{\"required\":[\"stage\"],"
	    "\"properties\":{\"stage\":{\"$ref\":\"#/$defs/name\"},\"all\":"
	    "{\"$ref\":\"#\"}}},\"stage\":{\"$ref\":\"#/$defs/name\"},"
	    "\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z]+$\"},"
	    "\"\":{\"const\":1},\"a/b~\":{\"const\":2},\"\\u00e9\":false,"
	    "\"nul\\u0000\":true},\"properties\":{\"x\":{\"$defs\":"
	    "{\"inner\":true}}}}";
	static const char *const none[] = { "stag", "stage.", "stage.starte",
	    "stage.started2", "zzz", "inner", "nul", "a", "a~1b~0", "x" };
	struct df_err e;
	struct df_schema *s = df_schema_compile(text, strlen(text), "s", &e);
	const struct df_schema *d;
	struct df_buf b = DF_BUF_INIT;
	char name[16];
	size_t i, bad = 0;

	if (!ok(s != NULL, "a schema with definitions"))
		return;
	d = df_schema_def(s, "stage.started");
	ok(d != NULL && d == df_schema_def(s, "stage.started"),
	    "a definition");
	is_str(said(d, "{\"stage\":\"x\"}", 13), "", "what it allows");
	is_str(said(d, "{\"a\":1}", 7), "d: member \"stage\" is missing",
	    "what it does not");
	is_str(said(d, "{\"stage\":\"X\"}", 13),
	    "d: /stage: \"X\" does not match ^[a-z]+$", "its $ref");
	is_str(said(d, "{\"stage\":\"x\",\"all\":1}", 21),
	    "d: /all: must be an object, not 1", "and to the root");
	is_str(said(df_schema_def(s, "stage"), "1", 1),
	    "d: must be a string, not 1", "nothing but a $ref");
	is_str(said(df_schema_def(s, ""), "2", 1), "d: must be 1", "no name");
	is_str(said(df_schema_def(s, "a/b~"), "1", 1), "d: must be 2",
	    "a name as it is, not as in a pointer");
	is_str(said(df_schema_def(s, "\xc3\xa9"), "1", 1),
	    "d: is not allowed", "a name with an escape");
	is_str(df_schema_id(d), "urn:x:1", "the $id is the text's");
	ok(df_schema_def(d, "name") == df_schema_def(s, "name"),
	    "so are the definitions");
	for (i = 0; i < DF_LEN(none); i++)
		ok(df_schema_def(s, none[i]) == NULL, "none: %s", none[i]);
	df_schema_free(s);

	s = df_schema_compile("{}", 2, "s", &e);
	ok(df_schema_def(s, "") == NULL && df_schema_id(s) == NULL,
	    "a schema without definitions");
	df_schema_free(s);

	df_buf_str(&b, "{\"$defs\":{");
	for (i = 0; i < 1000; i++)
		df_buf_fmt(&b, "\"%zu\":{\"const\":%zu},", i * 7, i);
	df_buf_str(&b, "\"last\":true}}");
	s = df_schema_compile(b.s, b.n, "s", &e);
	for (i = 0; s && i < 7000; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		d = df_schema_def(s, name);
		snprintf(name, sizeof(name), "%zu", i / 7);
		bad += i % 7 ? d != NULL : d == NULL ||
		    said(d, name, strlen(name))[0] != '\0';
	}
	ok(s && bad == 0, "a thousand definitions");
	df_schema_free(s);
	df_buf_release(&b);
}

/* What the suite does not have a group for. */
static void
refusals(void)
{
	static const char *const unknown[] = { "$anchor", "$dynamicRef",
	    "$dynamicAnchor", "$recursiveRef", "$vocabulary", "definitions",
	    "dependencies", "unevaluatedItems", "unevaluatedProperties",
	    "additionalItems", "contentEncoding", "deprecated", "readOnly",
	    "minlength", "Type", "", "type\\u0000" };
	char text[128];
	size_t i;

	for (i = 0; i < DF_LEN(unknown); i++) {
		snprintf(text, sizeof(text),
		    "{\"properties\":{\"%s\":{\"%s\":true}}}", unknown[i],
		    unknown[i]);
		REFUSES(text, "schema.keyword", NULL);
	}
	REFUSES("{\"items\":{\"$anchor\":\"a\"}}", "schema.keyword",
	    "s: /items/$anchor: keyword is not supported");
	REFUSES("{\"items\":{\"$id\":\"urn:x:1\"}}", "schema.keyword", NULL);
	REFUSES("{\"$id\":\"x.json\"}", "schema.id", NULL);
	REFUSES("{\"$id\":\"urn:x:1#\"}", "schema.id", NULL);
	REFUSES("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
	    "schema.dialect", NULL);
	REFUSES("{\"$ref\":\"other.json\"}", "schema.ref", NULL);
	REFUSES("{\"$ref\":\"#name\"}", "schema.ref", NULL);
	REFUSES("{\"items\":{\"$ref\":\"#/$defs/a\"}}", "schema.ref",
	    "s: /items/$ref: #/$defs/a is no schema in this text");
	REFUSES("{\"$ref\":\"#/$defs\",\"$defs\":{}}", "schema.ref", NULL);
	REFUSES("{\"$ref\":\"#/examples/0\",\"examples\":[{}]}", "schema.ref",
	    NULL);
	REFUSES("{\"$ref\":\"#/allOf/00\",\"allOf\":[{}]}", "schema.ref",
	    NULL);
	REFUSES("{\"$ref\":\"#/$defs/%4\",\"$defs\":{\"%4\":{}}}",
	    "schema.ref", NULL);
	REFUSES("{\"$ref\":\"#\"}", "schema.loop",
	    "s: applies itself to the same value without end");
	REFUSES("{\"$defs\":{\"a\":{\"not\":{\"$ref\":\"#/$defs/b\"}},\"b\":"
	    "{\"if\":true,\"then\":{\"$ref\":\"#/$defs/a\"}}}}",
	    "schema.loop", NULL);
	REFUSES("{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}",
	    "schema.loop", NULL);
	REFUSES("{\"type\":\"strin\"}", "schema.value", "s: /type: is no type");
	REFUSES("{\"type\":[\"null\",\"null\"]}", "schema.value", NULL);
	REFUSES("{\"type\":[]}", "schema.value", NULL);
	REFUSES("{\"minLength\":-1}", "schema.value", NULL);
	REFUSES("{\"minLength\":1.5}", "schema.value", NULL);
	REFUSES("{\"minimum\":\"1\"}", "schema.value", NULL);
	REFUSES("{\"multipleOf\":0}", "schema.value", NULL);
	REFUSES("{\"multipleOf\":1e-500}", "schema.value", NULL);
	REFUSES("{\"multipleOf\":1234567890123456789}", "schema.value", NULL);
	REFUSES("{\"required\":[\"a\",\"\\u0061\"]}", "schema.value", NULL);
	REFUSES("{\"required\":[1]}", "schema.value", NULL);
	REFUSES("{\"dependentRequired\":{\"a\":1}}", "schema.value", NULL);
	REFUSES("{\"items\":[{}]}", "schema.value", NULL);
	REFUSES("{\"properties\":[]}", "schema.value", NULL);
	REFUSES("{\"anyOf\":[]}", "schema.value", NULL);
	REFUSES("{\"oneOf\":[1]}", "schema.value", NULL);
	REFUSES("{\"enum\":1}", "schema.value", NULL);
	REFUSES("{\"uniqueItems\":1}", "schema.value", NULL);
	REFUSES("{\"format\":1}", "schema.value", NULL);
	REFUSES("{\"examples\":1}", "schema.value", NULL);
	REFUSES("1", "schema.value", "s: a schema is an object or a boolean");
	REFUSES("{\"type\":\"null\",\"type\":\"null\"}", "json", NULL);
	VALID("{\"properties\":{\"$anchor\":{},\"$ref\":{},\"$id\":{}},"
	    "\"default\":{\"$anchor\":1},\"examples\":[{\"type\":2}],"
	    "\"const\":{\"$ref\":\"x\"}}", "{\"$ref\":\"x\"}");
}

/* A schema that applies 2 n + 4 schemas to a value, and again to its "a". */
static void
chain(struct df_buf *b, int n)
{
	int i;

	df_buf_reset(b);
	df_buf_str(b, "{\"$defs\":{\"z\":{\"properties\":{\"a\":"
	    "{\"$ref\":\"#\"}}}");
	for (i = 0; i < n; i++)
		df_buf_fmt(b, ",\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"}]"
		    "}", i, i + 1);
	df_buf_fmt(b, ",\"%d\":{\"$ref\":\"#/$defs/z\"}},"
	    "\"$ref\":\"#/$defs/0\"}", n);
}

static void
bounds(void)
{
	/* twice the work at each level */
	static const char twice[] = "{\"anyOf\":[{\"required\":[\"b\"],"
	    "\"properties\":{\"a\":{\"$ref\":\"#\"}},\"type\":\"object\"},"
	    "{\"required\":[\"c\"],\"properties\":{\"a\":{\"$ref\":\"#\"}},"
	    "\"type\":\"object\"}]}";
	struct df_buf b = DF_BUF_INIT, doc = DF_BUF_INIT;
	struct df_schema *s;
	struct df_json j = { 0 };
	struct df_err e;
	int i;

	for (i = 0; i < 60; i++)
		df_buf_str(&doc, "{\"a\":");
	df_buf_str(&doc, "1");
	for (i = 0; i < 60; i++)
		df_buf_str(&doc, "}");
	SAYS(twice, doc.s, "code schema.work");
	SAYS("{\"not\":{\"not\":{\"properties\":{\"a\":{\"$ref\":\"#\"}},"
	    "\"type\":\"object\"}}}", doc.s,
	    "d: must not be what \"not\" describes");

	/* as deep as both may be, and one more */
	chain(&b, 14);
	VALID(b.s, doc.s);
	chain(&b, 15);
	REFUSES(b.s, "schema.depth", NULL);

	df_buf_reset(&b);
	df_buf_str(&b, "{\"properties\":{\"");
	for (i = 0; i < 5000; i++)
		df_buf_ch(&b, 'a');
	df_buf_str(&b, "\":{}}}");
	REFUSES(b.s, "schema.depth", NULL);

	/* a long name in a long place is cut */
	s = df_schema_compile("{\"additionalProperties\":false}", 30, "s", &e);
	df_buf_reset(&doc);
	df_buf_str(&doc, "{\"");
	for (i = 0; i < 5000; i++)
		df_buf_ch(&doc, 'a');
	df_buf_str(&doc, "\":1}");
	if (ok(s && df_json_scan(&j, doc.s, doc.n, 0, "d", &e) == 0 &&
	    df_schema_check(s, &j, 0, "d", &e) < 0, "a long name"))
		ok(strlen(e.msg) < 200, "a short message");
	df_schema_free(s);
	df_json_release(&j);
	df_buf_release(&b);
	df_buf_release(&doc);
}

/* ---- patterns ---- */

static struct df_schema *
compile_pattern(const char *re, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_schema *s;

	df_buf_str(&b, "{\"pattern\":");
	df_text_json(&b, re, strlen(re));
	df_buf_str(&b, "}");
	s = df_schema_compile(b.s, b.n, "s", e);
	df_buf_release(&b);
	return s;
}

/* Does the pattern match the bytes? */
static int
finds(const struct df_schema *s, const char *text, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	df_text_json(&b, text, n);
	r = said(s, b.s, b.n)[0] == '\0';
	df_buf_release(&b);
	return r;
}

static uint64_t seed = 88172645463325252u;

static unsigned
dice(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

/* Texts of the pattern's own characters, so that some match. */
static size_t
random_text(char *out, size_t max, const char *abc)
{
	size_t i, n = dice((unsigned)max);

	for (i = 0; i < n; i++)
		out[i] = abc[dice((unsigned)strlen(abc))];
	out[n] = '\0';
	return n;
}

/* Change one byte, so that what matched does so only just no longer. */
static void
spoil(char *text, const char *abc)
{
	size_t n = strlen(text);

	if (n)
		text[dice((unsigned)n)] = abc[dice((unsigned)strlen(abc))];
}

static int
compare(const char *re, const char *text, const regex_t *posix,
    const struct df_schema *s, int *hits)
{
	int want = regexec(posix, text, 0, NULL, 0) == 0;
	int got = finds(s, text, strlen(text));

	*hits += want;
	if (got == want)
		return 0;
	printf("# %s: \"%s\": regexec %d, ours %d\n", re, text, want, got);
	return 1;
}

/* What our schemas use, on texts that match and on such that nearly do. */
static void
patterns_ours(void)
{
	static const struct {
		const char *re, *abc, *like;
	} p[] = {
		{ "^sha256:[0-9a-f]{64}$", "0af9g:", "sha256:0123456789abcdef"
		    "0123456789abcdef0123456789abcdef0123456789abcdef" },
		{ "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", "aZ0._-/",
		    "a.b-c_D0" },
		{ "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
		    "(\\.[0-9]{1,9})?Z$", "09-:TZ.",
		    "2026-11-20T03:04:05.123Z" },
		{ "^[0-9]{4}-[0-9]{2}-..Z$", "09-Zx", "2026-11-20Z" },
		{ "^/(runs/r-[0-9a-f]{16}-[1-9][0-9]*|factory)$", "r0f-1/",
		    "/runs/r-0123456789abcdef-10" },
		{ "^(profile|pipeline|suite|policy|tool)/[a-z]+$", "pile/",
		    "pipeline/a" },
		{ "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$", "0129.", "10.20" },
		{ "(^|/)\\.\\.?(/|$)", "./a", "a/../b" },
		{ "^(cas:[0-9a-f]{4}|run:[^:]+|res:[^:]+)$", "acrs:0nue",
		    "run:abc" },
		{ "a.{12}c", "abc", "abbbbbbbbbbbbc" },
		{ "(a|b)*abb(a|b){3,5}c?$", "abc", "ababbabac" },
		{ "^(a?){8}a{8}$", "a", "aaaaaaaaaaaa" },
		{ "x+x+y", "xy", "xxxxxxxxy" },
		{ "[^a-c]{2,3}(ab|cd)+", "abcdz", "zzabcdab" },
	};
	char text[160];
	struct df_schema *s;
	struct df_err e;
	regex_t posix;
	size_t i;
	int k, bad, hits;

	for (i = 0; i < DF_LEN(p); i++) {
		s = compile_pattern(p[i].re, &e);
		if (s == NULL || regcomp(&posix, p[i].re, REG_EXTENDED |
		    REG_NOSUB)) {
			ok(0, "%s", p[i].re);
			continue;
		}
		bad = hits = 0;
		bad += compare(p[i].re, "", &posix, s, &hits);
		bad += compare(p[i].re, p[i].like, &posix, s, &hits);
		for (k = 0; k < 1000; k++) {
			random_text(text, k % 10 ? 24 : sizeof(text),
			    p[i].abc);
			bad += compare(p[i].re, text, &posix, s, &hits);
			snprintf(text, sizeof(text), "%s", p[i].like);
			spoil(text, p[i].abc);
			if (k % 2)
				text[dice((unsigned)strlen(text))] = '\0';
			bad += compare(p[i].re, text, &posix, s, &hits);
		}
		ok(bad == 0 && hits > 0 && hits < 2002,
		    "%s: as regexec, %d of 2002 match", p[i].re, hits);
		regfree(&posix);
		df_schema_free(s);
	}
}

static void random_alt(struct df_buf *b, int depth);

static void
random_atom(struct df_buf *b, int depth)
{
	static const char *const atom[] = { "a", "b", "c", "-", "\\.", ".",
	    "[ab]", "[^a]", "[a-c]", "[^b-]", "[.c]" };

	if (depth < 3 && dice(4) == 0) {
		df_buf_ch(b, '(');
		random_alt(b, depth + 1);
		df_buf_ch(b, ')');
	} else {
		df_buf_str(b, atom[dice(DF_LEN(atom))]);
	}
	switch (dice(9)) {
	case 0:
		df_buf_ch(b, '*');
		break;
	case 1:
		df_buf_ch(b, '+');
		break;
	case 2:
		df_buf_ch(b, '?');
		break;
	case 3:
		df_buf_fmt(b, "{%u}", dice(4));
		break;
	case 4:
		df_buf_fmt(b, "{%u,}", dice(3));
		break;
	case 5:
		df_buf_fmt(b, "{%u,%u}", dice(3), 2 + dice(3));
		break;
	}
}

/* No ^ and $ in groups: regexec of glibc errs on (a$){2}. */
static void
random_alt(struct df_buf *b, int depth)
{
	unsigned i, k, n = 1 + (dice(3) == 0) + (dice(6) == 0), m;

	for (i = 0; i < n; i++) {
		if (i)
			df_buf_ch(b, '|');
		if (depth == 0 && dice(5) == 0)
			df_buf_ch(b, '^');
		m = 1 + dice(4);
		for (k = 0; k < m; k++)
			random_atom(b, depth);
		if (depth == 0 && dice(5) == 0)
			df_buf_ch(b, '$');
	}
}

static void
patterns_random(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_schema *s;
	struct df_err e;
	regex_t posix;
	char text[24];
	int i, k, bad = 0, hits = 0, refused_n = 0;

	for (i = 0; i < 2000; i++) {
		df_buf_reset(&b);
		random_alt(&b, 0);
		s = compile_pattern(b.s, &e);
		if (s == NULL || regcomp(&posix, b.s, REG_EXTENDED |
		    REG_NOSUB)) {
			printf("# %s: %s\n", b.s, s ? "regcomp" : e.msg);
			refused_n++;
			df_schema_free(s);
			continue;
		}
		for (k = 0; k < 20; k++) {
			random_text(text, k < 16 ? 10 : sizeof(text),
			    "aabbc-.d");
			bad += compare(b.s, text, &posix, s, &hits);
		}
		regfree(&posix);
		df_schema_free(s);
	}
	is_int(refused_n, 0, "random patterns compile");
	is_int(bad, 0, "and agree with regexec");
	ok(hits > 4000 && hits < 36000, "%d of 40000 match", hits);
	df_buf_release(&b);
}

static void
patterns_text(void)
{
	static const struct {
		const char *re;
		const char *text;
		size_t n;
		int match;
	} p[] = {
		/* one character, however many bytes */
		{ "^.$", "\xc3\xa9", 2, 1 },
		{ "^.$", "\xf0\x9f\x98\x80", 4, 1 },
		{ "^..$", "\xc3\xa9", 2, 0 },
		{ "^[^a]{2}$", "\xe2\x82\xac\xc3\xa9", 5, 1 },
		{ "^[\xc3\xa0-\xc3\xa9]$", "\xc3\xa3", 2, 1 },
		{ "^[\xc3\xa0-\xc3\xa9]$", "\xc3\xaa", 2, 0 },
		{ "\xc3\xa9+$", "a\xc3\xa9\xc3\xa9", 5, 1 },
		{ "^\\u00e9$", "\xc3\xa9", 2, 1 },
		{ "^[\\u0100-\\uffff]$", "\xe2\x82\xac", 3, 1 },
		{ "^[\\u0100-\\uffff]$", "\xf0\x9f\x98\x80", 4, 0 },
		{ "^[^\\u0000-\\uffff]$", "\xf0\x9f\x98\x80", 4, 1 },
		/* NUL is a character */
		{ "^a.b$", "a\0b", 3, 1 },
		{ "^[^\\u0000]*$", "a\0b", 3, 0 },
		{ "^[^\\u0000]*$", "ab", 2, 1 },
		{ "\\u0000", "a\0", 2, 1 },
		/* . is not a line terminator; $ is the very end */
		{ "^.$", "\n", 1, 0 },
		{ "^.$", "\r", 1, 0 },
		{ "^.$", "\xe2\x80\xa8", 3, 0 },
		{ "^[^a]$", "\n", 1, 1 },
		{ "^a$", "a\n", 2, 0 },
		{ "a$", "b\na", 3, 1 },
		{ "^a", "b\na", 3, 0 },
		/* what is special only outside a class, and escapes */
		{ "^[.*+?^$(){}|]$", "^", 1, 1 },
		{ "^[.*+?^$(){}|]$", "a", 1, 0 },
		{ "^[\\]\\[\\\\^-]+$", "[]\\^-", 5, 1 },
		{ "^[a\\-z]$", "b", 1, 0 },
		{ "^[-a]$", "-", 1, 1 },
		{ "^[^-a]$", "-", 1, 0 },
		{ "^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$",
		    "^$\\.*+?()[]{}|/", 15, 1 },
		{ "^a{0}$", "", 0, 1 },
		{ "^(a|b){2,}$", "aba", 3, 1 },
		{ "^(a*)*$", "aaab", 4, 0 },
		{ "$^", "", 0, 1 },
		{ "$^", "a", 1, 0 },
		{ "(^a|b$)", "cb", 2, 1 },
		{ "$", "a", 1, 1 },
	};
	static const char *const no[] = { "\\d", "[\\d]", "\\w", "\\s", "\\b",
	    "\\p{L}", "\\1", "\\k<a>", "\\cA", "\\0", "\\x41", "\\n", "\\-",
	    "\\u00e", "\\ud800", "\\u{61}", "\\", "(?=a)", "(?!a)", "(?:a)",
	    "(?<n>a)", "(?i)a", "a**", "a*?", "a++", "*a", "+", "?", "{1}",
	    "a{", "a{1", "a{1,", "a{2,1}", "a{,1}", "a{x}", "a{1}{2}",
	    "a{99999}", "(a{100}){100}", "^*", "$+", "()", "", "a|", "|a",
	    "(a|)", "a)", "(a", "[]", "[^]", "[a", "[a-", "[b-a]",
	    "[[:alpha:]]", "[a-c-e]", "a]", "a}", "[^\\u0000-\\ud7ff" };
	struct df_buf deep = DF_BUF_INIT;
	struct df_schema *s;
	struct df_err e;
	size_t i;

	for (i = 0; i < DF_LEN(p); i++) {
		s = compile_pattern(p[i].re, &e);
		ok(s && finds(s, p[i].text, p[i].n) == p[i].match,
		    "%s %s, %zu bytes", p[i].re, p[i].match ? "matches" :
		    "does not match", p[i].n);
		df_schema_free(s);
	}
	for (i = 0; i < DF_LEN(no); i++) {
		s = compile_pattern(no[i], &e);
		ok(s == NULL && strcmp(e.code, "schema.pattern") == 0,
		    "refused: %s: %s", no[i], s ? "" : e.msg);
		df_schema_free(s);
	}
	for (i = 0; i < 33; i++)
		df_buf_ch(&deep, '(');
	df_buf_ch(&deep, 'a');
	for (i = 0; i < 33; i++)
		df_buf_ch(&deep, ')');
	ok(compile_pattern(deep.s, &e) == NULL, "refused: 33 groups");
	for (i = 0; i < 5000; i++)
		df_buf_ch(&deep, 'a');
	ok(compile_pattern(deep.s + 67, &e) == NULL, "refused: 5000 bytes");
	df_buf_release(&deep);

	/* the text of a document, with escapes and without */
	VALID("{\"pattern\":\"^a/\\u00e9\\u0000$\"}",
	    "\"\\u0061\\/\xc3\xa9\\u0000\"");
	VALID("{\"pattern\":\"^.$\"}", "\"\\ud83d\\ude00\"");
	SAYS("{\"patternProperties\":{\"^a\":false,\"b$\":{\"type\":"
	    "\"null\"}},\"additionalProperties\":{\"const\":1}}",
	    "{\"c\":1,\"\\u0061b\":null}", "d: /ab: is not allowed");
	SAYS("{\"patternProperties\":{\"^x\":true,\"b$\":{\"type\":"
	    "\"null\"}},\"additionalProperties\":{\"const\":1}}",
	    "{\"c\":1,\"xb\":2}", "d: /xb: must be null, not 2");
}

/* A text of a million bytes takes a moment, however the pattern is made. */
static void
patterns_long(void)
{
	static const char *const re[] = { "^(a?){30}a{30}b$", "(a*)*b",
	    "(a|aa)+$b", "a.{40}b", "(x+x+)+y", "a.{1000}b" };
	struct df_buf b = DF_BUF_INIT;
	struct df_schema *s;
	struct df_json j = { 0 };
	struct df_err e;
	size_t i;

	df_buf_ch(&b, '"');
	for (i = 0; i < 1000000; i++)
		df_buf_ch(&b, i % 4 == 3 ? 'x' : 'a');
	df_buf_ch(&b, '"');
	if (df_json_scan(&j, b.s, b.n, 0, "d", &e) < 0)
		ok(0, "%s", e.msg);
	for (i = 0; i < DF_LEN(re); i++) {
		s = compile_pattern(re[i], &e);
		ok(s && df_schema_check(s, &j, 0, "d", &e) < 0 &&
		    (strcmp(e.code, "schema") == 0 ||
		    strcmp(e.code, "schema.work") == 0),
		    "%s: %s", re[i], e.code);
		df_schema_free(s);
	}
	df_json_release(&j);
	df_buf_release(&b);
}

/* ---- several threads, the compiled-in schemas ---- */

static void *
worker(void *arg)
{
	const struct df_schema *s = arg;
	size_t wrong = 0;
	char doc[64];
	unsigned i, k;

	for (i = 0; i < 2000; i++) {
		struct df_json j = { 0 };
		int want;

		/* every number of a's up to 40, b at the end or c */
		k = i * 7 % 41;
		memset(doc, 'a', sizeof(doc));
		doc[0] = '"';
		memcpy(doc + 1 + k, i % 2 ? "b\"" : "c\"", 3);
		want = i % 2 && k % 3 == 0;
		wrong += df_json_scan(&j, doc, strlen(doc), 0, "d", NULL) < 0 ||
		    (df_schema_check(s, &j, 0, "d", NULL) == 0) != want;
		wrong += df_schema_get("c") == NULL;
		df_json_release(&j);
	}
	return wrong ? arg : NULL;
}

static void
threads(void)
{
	struct df_err e;
	struct df_schema *s = compile_pattern("^(aaa)*b$", &e);
	pthread_t t[4];
	void *wrong;
	int i, bad = 0;

	for (i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, worker, s))
			abort();
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &wrong);
		bad += wrong != NULL;
	}
	is_int(bad, 0, "four threads with one schema");
	df_schema_free(s);
}

static void
compiled_in(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_err e = { 0 };
	const struct df_schema *s = df_schema_get("b");

	ok(s != NULL && s == df_schema_get("b"), "compiled once");
	ok(df_schema_get("no") == NULL && df_schema_get("") == NULL &&
	    df_schema_get("zzz") == NULL, "no such schema");
	ok(df_schema_id(s) == NULL, "no $id");
	is_str(df_schema_id(df_schema_get("b-x")), "urn:x:1", "its $id");

	ok(df_schema_scan(&j, "{\"run\":1}", 9, 0, "b", "x.json", &e) == 0,
	    "scan and check");
	ok(df_schema_scan(&j, "{}", 2, 0, "b", "x.json", &e) < 0, "refused");
	is_str(e.msg, "x.json: member \"run\" is missing", "why");
	ok(df_schema_scan(&j, "{\"run\":1}", 9, DF_JSON_CANON, "b", "x.json",
	    &e) < 0 && strcmp(e.code, "json") == 0, "not canonical");
	ok(df_schema_scan(&j, "{}", 2, 0, "no", "x.json", &e) < 0,
	    "no such schema");
	is_str(e.code, "schema.unknown", "its code");
	df_json_release(&j);

	df_buf_str(&b, "before\n");
	ok(df_schema_write(&b, df_jset_int(jv_object(), "run", 1), "b", &e) ==
	    0, "write");
	is_str(b.s, "before\n{\"run\":1}\n", "what");
	ok(df_schema_write(&b, df_jset_int(jv_object(), "r", 1), "b", &e) < 0,
	    "write what does not fit");
	is_str(e.msg, "b: member \"run\" is missing", "why");
	ok(df_schema_write(&b, jv_number(0.5), "c", &e) < 0,
	    "write what is not canonical");
	is_str(b.s, "before\n{\"run\":1}\n", "nothing was added");
	df_buf_release(&b);
}

int
main(void)
{
	messages();
	alternatives();
	equality();
	numbers();
	refusals();
	bounds();
	patterns_text();
	patterns_ours();
	patterns_random();
	patterns_long();
	threads();
	compiled_in();
	definitions();
	suite();
	return tap_done();
}
