/*
 * Fuzz templates: a template, and the JSON of what it is rendered with.
 *
 * A failure is one of a template's and leaves the output as it was; the same
 * view gives the same bytes, and one byte less room none.  The output is
 * UTF-8 without control characters, but tabs and what the template has itself.
 * Values in lines and cells make no lines: with every text replaced by a word
 * there are as many.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/text.h"
#include "spec/template.h"

static size_t
lines(const char *s, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += s[i] == '\n';
	return k;
}

/* v with "x" in the place of every string but the empty one.  Eats v. */
static jv
plain(jv v)
{
	jv keys, key;
	int i, n;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		if (jv_string_length_bytes(jv_copy(v)) == 0)
			return v;
		jv_free(v);
		return jv_string("x");
	case JV_KIND_ARRAY:
		n = jv_array_length(jv_copy(v));
		for (i = 0; i < n; i++)
			v = jv_array_set(v, i, plain(jv_array_get(jv_copy(v),
			    i)));
		return v;
	case JV_KIND_OBJECT:
		keys = jv_keys(jv_copy(v));
		n = jv_array_length(jv_copy(keys));
		for (i = 0; i < n; i++) {
			key = jv_array_get(jv_copy(keys), i);
			v = jv_object_set(v, key, plain(jv_object_get(
			    jv_copy(v), jv_copy(key))));
		}
		jv_free(keys);
		return v;
	default:
		return v;
	}
}

static void
clean(const struct df_buf *out, const char *text, size_t n)
{
	size_t i;

	must(df_utf8_bad(out->s, out->n) == out->n);
	for (i = 0; i < out->n; i++)
		if ((unsigned char)out->s[i] < 0x20 || out->s[i] == 0x7f)
			must(out->s[i] == '\n' || out->s[i] == '\t' ||
			    (n && memchr(text, out->s[i], n)));
}

/* Has the text a tag that writes several lines? */
static int
several(const char *s, size_t n)
{
	size_t i;

	for (i = 2; i < n; i++)
		if (s[i - 2] == '{' && s[i - 1] == '{' &&
		    (s[i] == '&' || s[i] == '~'))
			return 1;
	return 0;
}

static void
render(const struct df_template *t, jv view, const char *text, size_t n)
{
	struct df_buf out = DF_BUF_INIT, again = DF_BUF_INIT;
	struct df_err e;

	df_buf_str(&again, "before\n");
	if (df_template_render(t, jv_copy(view), 0, &out, &e) < 0) {
		must(e.exit == DF_INPUT && e.msg[0] &&
		    strncmp(e.code, "template.", 9) == 0);
		must(df_template_render(t, jv_copy(view), 0, &again, &e) < 0);
		must(strcmp(again.s, "before\n") == 0 && again.n == 7);
	} else {
		clean(&out, text, n);
		must(df_template_render(t, jv_copy(view), 0, &again, &e) == 0);
		must(again.n == out.n + 7 &&
		    memcmp(again.s + 7, out.s, out.n) == 0);
		df_buf_cut(&again, 7);
		if (out.n > 1) {
			must(df_template_render(t, jv_copy(view), out.n - 1,
			    &again, &e) < 0);
			must(strcmp(e.code, "template.size") == 0);
			must(again.n == 7);
		}
		if (!several(text, n)) {
			df_buf_reset(&again);
			must(df_template_render(t, plain(jv_copy(view)), 0,
			    &again, &e) == 0);
			must(lines(again.s, again.n) == lines(out.s, out.n));
		}
	}
	jv_free(view);
	df_buf_release(&out);
	df_buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *text = (const char *)p, *s = text;
	size_t len = fuzz_part(&s, &n);
	struct df_template *t;
	struct df_err e;
	jv view;

	t = df_template_compile(text, len, "template", &e);
	if (t == NULL) {
		must(e.exit == DF_INPUT && e.msg[0] &&
		    strncmp(e.code, "template.", 9) == 0);
		return 0;
	}
	must(df_semver_ok(df_template_version(t)) ||
	    *df_template_version(t) == '\0');
	view = df_json_parse(s, n, 0, "view", &e);
	if (jv_is_valid(view))
		render(t, view, text, len);
	else
		jv_free(view);
	df_template_free(t);
	return 0;
}
