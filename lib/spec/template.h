/*
 * template.h - text from a template and a jv: a small Mustache.
 *
 *	t = df_template_compile(text, n, "handoff.md", &e);
 *	if (t == NULL || df_template_render(t, view, 0, &out, &e) == -1)
 *		df_die(&e);
 *	df_template_free(t);
 *
 * A template is Markdown.  What it writes is Markdown in which text of others
 * stands, so a tag says what kind of place it fills, and no value can leave
 * its place: not the line, not the table cell, not the quote, not the fence.
 *
 *	{{name}}	one line.  Line ends and tabs become a space; control,
 *			bidirectional and line separator characters are escaped
 *			(text.h).  Something that is not blank must stand before
 *			it on its line, unless the value is a number: so a value
 *			never begins a line, and what would be a heading, a
 *			fence or a list there is text.
 *	{{|name}}	one table cell: the same, and "|" becomes "\|".
 *	{{&name}}	lines.  What stands before the tag on its line (for
 *			example "> ") is repeated before each line of the
 *			value, and must not be blank.  The tag ends its line;
 *			an empty value leaves no line.
 *	{{~name}}info	a fenced code block: a fence longer than any run of
 *			backquotes in the value; what stands before the tag is
 *			repeated before each line.  info is nothing, a word or
 *			a {{name}}.  An empty value leaves nothing.
 *	{{#name}} ... {{/name}}
 *			a section: once for each element of an array; once for
 *			an object, a string, a number or true; not at all for
 *			null, false, "" and [].
 *	{{^name}} ... {{/name}}
 *			what a section of that name leaves out.
 *	{{! comment }}	nothing.
 *
 * Names are a letter or "_", then letters, digits, "_", joined by dots;
 * {{.}} is the value of the innermost section.  The first part of a name is
 * looked up in the objects of the sections around it, innermost first, then
 * in the root; the rest inside what was found.  A name that is not there is
 * an error, also in a section: absent is spelled null.  Values of {{name}},
 * {{|name}}, {{&name}} and {{~name}} are strings or integers; null is "".
 *
 * A section tag or comment that stands alone on a line takes the line with
 * it.  There is no HTML escaping, there are no partials, lambdas or other
 * delimiters: {{{ and {{> are errors.
 *
 * The first line is a comment with the template's name and version, which
 * records name: {{! df-template handoff 1.0.0 }}.
 *
 * Bounds: DF_TEMPLATE_MAX bytes, DF_TEMPLATE_DEPTH sections in each other,
 * max bytes of output.  Time is linear in template and output.  Errors are
 * DF_INPUT, "template.syntax", "template.name", "template.value" and
 * "template.size", with what and the line.
 */
#ifndef DF_SPEC_TEMPLATE_H
#define DF_SPEC_TEMPLATE_H

#include "base/json.h"

#define DF_TEMPLATE_MAX ((size_t)256 << 10)	/* bytes of a template */
#define DF_TEMPLATE_DEPTH 16
#define DF_TEMPLATE_OUT ((size_t)8 << 20)	/* bytes of output */

struct df_template;

/* The text is copied.  NULL on failure. */
struct df_template *df_template_compile(const char *s, size_t n,
	const char *what, struct df_err *e);
void df_template_free(struct df_template *t);

/* From the first line; "" when it names nothing. */
const char *df_template_name(const struct df_template *t);
const char *df_template_version(const struct df_template *t);

/*
 * Append to out; max is the number of bytes to append (0: DF_TEMPLATE_OUT).
 * Eats root.  On failure out is as it was.
 */
int df_template_render(const struct df_template *t, jv root, size_t max,
	struct df_buf *out, struct df_err *e) DF_CHECK;

/* 1 for MAJOR.MINOR.PATCH (semver.org 2.0.0, without labels). */
int df_semver_ok(const char *s);

#endif
