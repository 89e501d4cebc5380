/* Templates: the language, and that no value leaves its place. */
#include "base/df.h"

#include <time.h>

#include "base/mem.h"
#include "spec/template.h"
#include "tap.h"

/* Render text with the JSON value; the result or the error's text. */
static const char *
render(const char *text, const char *json, size_t max)
{
	static struct df_buf out = DF_BUF_INIT;
	struct df_template *t;
	struct df_err e = { 0 };

	df_buf_reset(&out);
	t = df_template_compile(text, strlen(text), "t", &e);
	if (t == NULL ||
	    df_template_render(t, df_json_parse(json, strlen(json), 0, "json",
	    &e), max, &out, &e) == -1) {
		if (out.n)
			return "output left behind by a failure";
		df_buf_fmt(&out, "%s: %s", e.code, e.msg);
	}
	df_template_free(t);
	return out.s;
}

static const struct {
	const char *text, *json, *want;
} cases[] = {
	/* names */
	{ "a {{x}}.", "{\"x\":\"b\"}", "a b." },
	{ "a {{ x }}.", "{\"x\":\"b\"}", "a b." },
	{ "a {{x.y.z}}.", "{\"x\":{\"y\":{\"z\":\"b\"}}}", "a b." },
	{ "{{n}}. {{m}}", "{\"n\":12,\"m\":-7}", "12. -7" },
	{ "a {{x}}", "{\"x\":null}", "a " },
	{ "<{{x}}>", "{\"x\":\"&<>\\\"\"}", "<&<>\">" },
	{ "no { tag }} here {", "{}", "no { tag }} here {" },
	{ "", "{}", "" },
	{ "\xc3\xa9 {{x}}", "{\"x\":\"\xe2\x80\x94\"}",
	    "\xc3\xa9 \xe2\x80\x94" },

	/* sections */
	{ "-{{#x}} {{.}}{{/x}}", "{\"x\":[\"a\",\"b\"]}", "- a b" },
	{ "-{{#x}} {{.}}{{/x}}", "{\"x\":[]}", "-" },
	{ "-{{#x}} {{.}}{{/x}}", "{\"x\":\"a\"}", "- a" },
	{ "-{{#x}} {{.}}{{/x}}", "{\"x\":\"\"}", "-" },
	{ "-{{#x}} y{{/x}}", "{\"x\":true}", "- y" },
	{ "-{{#x}} y{{/x}}", "{\"x\":0}", "- y" },
	{ "-{{#x}} y{{/x}}", "{\"x\":null}", "-" },
	{ "-{{#x}} {{y}}{{/x}}", "{\"x\":{\"y\":1}}", "- 1" },
	{ "-{{#x}} y{{/x}}", "{\"x\":{}}", "- y" },
	{ "-{{^x}} y{{/x}}", "{\"x\":[]}", "- y" },
	{ "-{{^x}} y{{/x}}", "{\"x\":false}", "- y" },
	{ "-{{^x}} {{y}}{{/x}}", "{\"x\":null,\"y\":\"z\"}", "- z" },
	{ "-{{^x}} y{{/x}}", "{\"x\":[1]}", "-" },
	{ "-{{#x}}{{#y}} {{.}}{{z}}{{/y}};{{/x}}",
	    "{\"z\":0,\"x\":[{\"y\":[1,2]},{\"y\":[],\"z\":1},"
	    "{\"y\":[3],\"z\":4}]}", "- 10 20;; 34;" },
	{ "-{{#x}}{{#.}}{{.}}{{/.}};{{/x}}", "{\"x\":[[1,2],[3]]}", "-12;3;" },
	{ "-{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":{\"c\":5}}}", "-5" },

	/* tags alone on a line */
	{ "a\n{{#x}}\nb\n{{/x}}\nc\n", "{\"x\":[1,2]}", "a\nb\nb\nc\n" },
	{ "a\n  {{#x}}  \n b\n\t{{/x}}\nc", "{\"x\":true}", "a\n b\nc" },
	{ "a\n{{! all\nof it }}\nb\n", "{}", "a\nb\n" },
	{ "{{! x }}\na", "{}", "a" },
	{ "a\n{{#x}}\n{{/x}}", "{\"x\":true}", "a\n" },
	{ "a {{! x }}\nb", "{}", "a \nb" },
	{ "{{#x}} a {{/x}}\n", "{\"x\":true}", " a \n" },
	{ "{{#x}}{{/x}}\n", "{\"x\":true}", "\n" },

	/* what a value cannot do */
	{ "a {{x}}\n", "{\"x\":\"b\\n## c\\td\"}", "a b ## c d\n" },
	{ "a {{x}}\n", "{\"x\":\"b\\u2028c\\u202ed\\u001b[0m\\u0085\"}",
	    "a b\\u{2028}c\\u{202e}d\\x1b[0m\\u{0085}\n" },
	{ "a {{x}}\n", "{\"x\":\"b\\rc\"}", "a b\\x0dc\n" },
	{ "|{{|x}}|\n", "{\"x\":\"a|b\\\\|c\\\\\\\\|d\\n|e\"}",
	    "|a\\|b\\|c\\\\\\|d \\|e|\n" },
	{ "> {{&x}}\nz", "{\"x\":\"a\\n## b\\n\\n```\\n\"}",
	    "> a\n> ## b\n>\n> ```\nz" },
	{ "a\n  > {{&x}}\nz", "{\"x\":\"\"}", "a\nz" },
	{ "> {{&x}}", "{\"x\":\"a\\tb\\r\\nc\\rd\"}", "> a\tb\n> c\\x0dd\n" },
	{ "{{~x}}sh\nz", "{\"x\":\"a\\n\\tb\"}", "```sh\na\n\tb\n```\nz" },
	{ "  {{~x}}\nz", "{\"x\":\"a\\n```\\n````x\\nb\\n\"}",
	    "  `````\n  a\n  ```\n  ````x\n  b\n  `````\nz" },
	{ "{{~x}}{{y}}\nz", "{\"x\":\"a\",\"y\":\"c++ `\\n# b\"}",
	    "```c++\na\n```\nz" },
	{ "{{~x}}{{y}}\nz", "{\"x\":\"\",\"y\":\"c\"}", "z" },
	{ "{{#a}}\n> {{&x}}\n{{/a}}\n", "{\"a\":[{\"x\":\"1\\n2\"},"
	    "{\"x\":\"3\"}]}", "> 1\n> 2\n> 3\n" },
	{ "{{x}}", "{\"x\":\"# a\"}",
	    "template.value: t:1: a text would begin a line: x" },
	{ "a\n  {{#x}}{{.}}{{/x}}", "{\"x\":[\"a\"]}",
	    "template.value: t:2: a text would begin a line: ." },
	{ "{{&x}}\n", "{\"x\":\"a\"}",
	    "template.syntax: t:1: nothing before it on its line: {{&x}}" },
	{ "a\n \t{{&x}}\n", "{\"x\":\"a\"}",
	    "template.syntax: t:2: nothing before it on its line: {{&x}}" },
	{ "{{x}} {{&x}}\n", "{\"x\":\"a\"}",
	    "template.syntax: t:1: a tag before it on its line: {{&x}}" },
	{ "> {{&x}} y\n", "{\"x\":\"a\"}",
	    "template.syntax: t:1: more behind it on its line: {{&x}}" },
	{ "{{~x}}a b\n", "{\"x\":\"a\"}",
	    "template.syntax: t:1: more behind it on its line: {{~x}}" },
	{ "{{~x}}{{#y}}{{/y}}\n", "{\"x\":\"a\"}",
	    "template.syntax: t:1: neither a word nor a name: {{#y}}" },

	/* errors, with their line */
	{ "a\n\n b {{x.y}}", "{\"x\":{}}",
	    "template.name: t:3: unknown name: x.y" },
	{ "a\n{{#x}}\n{{/x}}\n", "{}",
	    "template.name: t:2: unknown name: x" },
	{ "a {{x.y}}", "{\"x\":\"s\"}",
	    "template.name: t:1: unknown name: x.y" },
	{ "a {{x}}", "{\"x\":[1]}", "template.value: t:1: "
	    "neither a string nor an integer: x" },
	{ "a {{x}}", "{\"x\":1.5}", "template.value: t:1: "
	    "neither a string nor an integer: x" },
	{ "a {{x}}", "{\"x\":true}", "template.value: t:1: "
	    "neither a string nor an integer: x" },
	{ "a\n{{#x}}\nb", "{}",
	    "template.syntax: t:2: a section is not closed" },
	{ "a\n{{/x}}\nb", "{}", "template.syntax: t:2: "
	    "closes a section that is not open: x" },
	{ "{{#x}}{{#y}}\n{{/x}}{{/y}}", "{}",
	    "template.syntax: t:2: closes another section: x" },
	{ "{{#x.y}}{{/x.z}}", "{}",
	    "template.syntax: t:1: closes another section: x.z" },
	{ "{{#x.y}}{{/x}}", "{}",
	    "template.syntax: t:1: closes another section: x" },
	{ "a {{x", "{}", "template.syntax: t:1: a tag does not end: {{" },
	{ "a {{x}", "{}", "template.syntax: t:1: a tag does not end: {{" },
	{ "a {{}}", "{}", "template.syntax: t:1: not a name" },
	{ "a {{{x}}}", "{}", "template.syntax: t:1: not a name: {x" },
	{ "a {{> x}}", "{}", "template.syntax: t:1: not a name: > x" },
	{ "a {{x..y}}", "{}", "template.syntax: t:1: not a name: x..y" },
	{ "a {{x y}}", "{}", "template.syntax: t:1: not a name: x y" },
	{ "a\r\n", "{}",
	    "template.syntax: t: is not UTF-8 text with LF line ends" },
	{ "a\xff", "{}",
	    "template.syntax: t: is not UTF-8 text with LF line ends" },
	{ "{{! df-template a 1.0 }}\n", "{}",
	    "template.syntax: t:1: not a version: 1.0" },
};

/* A case's text as a test's name: on one line, without a "#". */
static const char *
shown(const char *text)
{
	static char b[200];
	size_t n = 0;

	for (; *text && n < sizeof(b) - 3; text++) {
		if (*text == '\n') {
			b[n++] = '\\';
			b[n++] = 'n';
		} else {
			b[n++] = *text == '#' || *text == '\r' ||
			    (unsigned char)*text >= 0x80 ? '*' : *text;
		}
	}
	b[n] = '\0';
	return n ? b : "nothing";
}

static void
name_and_version(void)
{
	static const char text[] = "{{! df-template hand-off2 10.0.3 }}\nx\n";
	struct df_template *t;
	struct df_err e;

	t = df_template_compile(text, sizeof(text) - 1, "t", &e);
	ok(t != NULL, "a first line with name and version compiles");
	is_str(df_template_name(t), "hand-off2", "its name");
	is_str(df_template_version(t), "10.0.3", "its version");
	df_template_free(t);
	t = df_template_compile("x", 1, "t", &e);
	ok(t != NULL && !*df_template_name(t) && !*df_template_version(t),
	    "none without such a line");
	df_template_free(t);
	ok(df_semver_ok("0.10.2"), "0.10.2 is a version");
	ok(!df_semver_ok("1.02.3") && !df_semver_ok("1.2") &&
	    !df_semver_ok("1.2.3.4") && !df_semver_ok("1.2.3-rc") &&
	    !df_semver_ok("1..3") && !df_semver_ok(""), "others are not");
}

static void
bounds(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	struct df_template *t;
	int i;

	for (i = 0; i < DF_TEMPLATE_DEPTH; i++)
		df_buf_str(&b, "{{#x}}");
	df_buf_str(&b, "y");
	for (i = 0; i < DF_TEMPLATE_DEPTH; i++)
		df_buf_str(&b, "{{/x}}");
	is_str(render(b.s, "{\"x\":true}", 0), "y", "sections may be nested");
	is_str(render("{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}"
	    "{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}", "{}", 0),
	    "template.syntax: t:1: sections are nested too deep",
	    "but not deeper");
	is_str(render("a{{#x}} b{{/x}}", "{\"x\":[1,2,3]}", 7), "a b b b",
	    "an output of exactly max bytes");
	is_str(render("a{{#x}} b{{/x}}", "{\"x\":[1,2,3]}", 6),
	    "template.size: t:1: the output is larger than allowed",
	    "one more fails");
	is_str(render("a\n> {{&x}}\n", "{\"x\":\"1\\n2\\n3\"}", 8),
	    "template.size: t:2: the output is larger than allowed",
	    "also in a block");

	df_buf_reset(&b);
	while (b.n <= DF_TEMPLATE_MAX)
		df_buf_str(&b, "0123456789abcdef");
	t = df_template_compile(b.s, b.n, "big", &e);
	ok(t == NULL, "a template beyond the bound is refused");
	is_str(e.code, "template.size", "with its code");
	df_buf_release(&b);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One line of nothing but tags: the worst case for who looks for line ends. */
static void
linear(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_template *t;
	struct df_err e;
	double a, c;
	size_t i;

	df_buf_str(&b, "x");
	for (i = 0; i < DF_TEMPLATE_MAX / 32; i++)
		df_buf_str(&b, "{{#a}}{{/a}}{{! }} {{a}}");
	a = seconds();
	t = df_template_compile(b.s, b.n, "tags", &e);
	c = seconds() - a;
	ok(t != NULL && c < 0.5, "a line of 32,768 tags compiles at once");
	df_template_free(t);
	df_buf_release(&b);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < DF_LEN(cases); i++)
		is_str(render(cases[i].text, cases[i].json, 0), cases[i].want,
		    shown(cases[i].text));
	name_and_version();
	bounds();
	linear();
	return tap_done();
}
