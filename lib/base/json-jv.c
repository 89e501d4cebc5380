#include "base/df.h"


#include "base/json.h"
#include "base/text.h"

/* ---- writing ---- */

/* Borrows v. */
static int
write_object(struct df_buf *b, jv v, struct df_err *e)
{
	jv keys = jv_keys(jv_copy(v)), key;
	int i, n = jv_array_length(jv_copy(keys)), r = 0;
	const char *s;
	size_t k, len;

	df_buf_ch(b, '{');
	for (i = 0; i < n && r == 0; i++) {
		key = jv_array_get(jv_copy(keys), i);
		s = jv_string_value(key);
		len = (size_t)jv_string_length_bytes(jv_copy(key));
		for (k = 0; k < len; k++)
			if ((unsigned char)s[k] >= 0x80 ||
			    (unsigned char)s[k] < 0x20 || s[k] == '"' ||
			    s[k] == '\\')
				r = df_fail(e, DF_INPUT, "json.canonical",
				    "member name is not plain ASCII");
		if (i)
			df_buf_ch(b, ',');
		df_text_json(b, s, len);
		df_buf_ch(b, ':');
		if (r == 0)
			r = df_json_write(b, jv_object_get(jv_copy(v),
			    jv_copy(key)), e);
		jv_free(key);
	}
	df_buf_ch(b, '}');
	jv_free(keys);
	return r;
}

int
df_json_write(struct df_buf *b, jv v, struct df_err *e)
{
	int i, n, r = 0;
	double d;

	switch (jv_get_kind(v)) {
	case JV_KIND_NULL:
		df_buf_str(b, "null");
		break;
	case JV_KIND_FALSE:
		df_buf_str(b, "false");
		break;
	case JV_KIND_TRUE:
		df_buf_str(b, "true");
		break;
	case JV_KIND_NUMBER:
		d = jv_number_value(v);
		if (!(d >= -(double)DF_JSON_INT && d <= (double)DF_JSON_INT) ||
		    d != (double)(int64_t)d) {
			r = df_fail(e, DF_INPUT, "json.canonical",
			    "a number is not an integer of at most 2^53 - 1");
			break;
		}
		df_buf_fmt(b, "%lld", (long long)d);
		break;
	case JV_KIND_STRING:
		df_text_json(b, jv_string_value(v),
		    (size_t)jv_string_length_bytes(jv_copy(v)));
		break;
	case JV_KIND_ARRAY:
		df_buf_ch(b, '[');
		n = jv_array_length(jv_copy(v));
		for (i = 0; i < n && r == 0; i++) {
			if (i)
				df_buf_ch(b, ',');
			r = df_json_write(b, jv_array_get(jv_copy(v), i), e);
		}
		df_buf_ch(b, ']');
		break;
	case JV_KIND_OBJECT:
		r = write_object(b, v, e);
		break;
	case JV_KIND_INVALID:
		r = df_fail(e, DF_INPUT, "json.canonical", "invalid value");
		break;
	}
	jv_free(v);
	return r;
}

void
df_json_line(struct df_buf *b, jv v)
{
	struct df_err e;

	if (df_json_write(b, v, &e) < 0)
		DF_BUG(e.msg);
	df_buf_ch(b, '\n');
}

/* ---- jv shorthand ---- */

jv
df_jset(jv obj, const char *name, jv v)
{
	return jv_object_set(obj, jv_string(name), v);
}

jv
df_jset_str(jv obj, const char *name, const char *s)
{
	return s ? df_jset(obj, name, jv_string(s)) : obj;
}

jv
df_jset_strn(jv obj, const char *name, const char *s, size_t n)
{
	return df_jset(obj, name, jv_string_sized(s, (int)n));
}

jv
df_jset_int(jv obj, const char *name, int64_t v)
{
	return df_jset(obj, name, jv_number((double)v));
}

jv
df_jset_bool(jv obj, const char *name, int v)
{
	return df_jset(obj, name, jv_bool(v));
}

jv
df_jv_get(jv obj, const char *name)
{
	if (jv_get_kind(obj) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(obj), jv_string(name));
}

const char *
df_jv_str(jv obj, const char *name)
{
	jv v = df_jv_get(obj, name);
	const char *s = NULL;

	if (jv_get_kind(v) == JV_KIND_STRING)
		s = jv_string_value(v);		/* obj keeps it alive */
	jv_free(v);
	return s;
}

int64_t
df_jv_int(jv obj, const char *name, int64_t def)
{
	jv v = df_jv_get(obj, name);

	if (jv_get_kind(v) == JV_KIND_NUMBER)
		def = (int64_t)jv_number_value(v);
	jv_free(v);
	return def;
}

int
df_jv_bool(jv obj, const char *name)
{
	jv v = df_jv_get(obj, name);
	int r = jv_get_kind(v) == JV_KIND_TRUE;

	jv_free(v);
	return r;
}
