#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "work/adapter.h"
#include "work/jq.h"

#define USAGE_MS 5000
#define USAGE_VALUES 100000

int
df_adapter_load(struct df_adapter *a, jv j, struct df_err *e)
{
	const char *s;

	memset(a, 0, sizeof(*a));
	a->j = j;
	a->name = df_jv_str(j, "name");
	a->usage = df_jv_str(j, "usage");
	a->results = df_jv_str(j, "results");
	if (a->results == NULL)
		a->results = ".df/RESULTS.md";
	a->workspace = df_jv_str(j, "workspace");
	if (a->workspace == NULL)
		a->workspace = "git";
	s = df_jv_str(j, "stdin");
	a->stdin_prompt = s && strcmp(s, "prompt") == 0;
	s = df_jv_str(j, "net");
	a->net = s && strcmp(s, "host") == 0;
	if (strncmp(a->results, ".df/", 4) != 0 || !df_name_ok(a->results + 4,
	    strlen(a->results + 4)))
		return df_fail(e, DF_INPUT, "adapter.results",
		    "adapter %s: results must lie in .df/", a->name);
	return 0;
}

void
df_adapter_release(struct df_adapter *a)
{
	jv_free(a->j);
	memset(a, 0, sizeof(*a));
	a->j = jv_invalid();
}

/* ---- resolving ---- */

static void
expand(const char *s, const char *here, struct df_buf *b)
{
	const char *home = getenv("HOME");

	df_buf_reset(b);
	if (strncmp(s, "~/", 2) == 0)
		df_buf_fmt(b, "%s%s", home ? home : "", s + 1);
	else if (strncmp(s, "{here}", 6) == 0)
		df_buf_fmt(b, "%s%s", here, s + 6);
	else
		df_buf_str(b, s);
}

static jv
resolve_list(const struct df_adapter *a, const char *key, const char *here,
    struct df_err *e)
{
	jv list = df_jv_get(a->j, key), out = jv_array(), one;
	struct df_buf b = DF_BUF_INIT;
	char *real;
	int i, n = 0;

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		expand(jv_string_value(one), here, &b);
		jv_free(one);
		real = df_real_path(b.s, NULL);
		if (real == NULL) {
			(void)df_fail(e, DF_REFUSED, "adapter.missing",
			    "adapter %s: %s: %s does not exist", a->name, key,
			    b.s);
			jv_free(out);
			out = jv_invalid();
			break;
		}
		out = jv_array_append(out, jv_string(real));
		free(real);
	}
	jv_free(list);
	df_buf_release(&b);
	return out;
}

static jv
resolve_home(const struct df_adapter *a, struct df_err *e)
{
	jv list = df_jv_get(a->j, "home"), out = jv_array(), one, o;
	const char *home = getenv("HOME"), *s;
	struct df_buf b = DF_BUF_INIT;
	int i, n = 0;

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		s = jv_string_value(one);
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s/%s", home ? home : "", s);
		if (access(b.s, R_OK) < 0) {
			(void)df_fail(e, DF_REFUSED, "adapter.missing",
			    "adapter %s: home: cannot read %s", a->name, b.s);
			jv_free(one);
			jv_free(out);
			out = jv_invalid();
			break;
		}
		o = df_jset_str(jv_object(), "from", b.s);
		out = jv_array_append(out, df_jset_str(o, "to", s));
		jv_free(one);
	}
	jv_free(list);
	df_buf_release(&b);
	return out;
}

jv
df_adapter_resolve(const struct df_adapter *a, const char *here,
    struct df_err *e)
{
	jv o = df_jset_str(jv_object(), "here", here), v;
	static const char *const key[] = { "path", "ro" };
	size_t i;

	for (i = 0; i < DF_LEN(key); i++) {
		v = resolve_list(a, key[i], here, e);
		if (!jv_is_valid(v)) {
			jv_free(v);
			jv_free(o);
			return jv_invalid();
		}
		o = df_jset(o, key[i], v);
	}
	v = resolve_home(a, e);
	if (!jv_is_valid(v)) {
		jv_free(v);
		jv_free(o);
		return jv_invalid();
	}
	return df_jset(o, "home", v);
}

/* ---- the command ---- */

static void
substitute(const char *s, const struct df_adapter_vars *v, struct df_buf *b)
{
	const struct {
		const char *name, *value;
	} var[] = { { "{prompt}", v->prompt },
	    { "{prompt_file}", v->prompt_file },
	    { "{handoff_file}", v->handoff_file },
	    { "{results_file}", v->results_file }, { "{task}", v->task },
	    { "{model}", v->model }, { "{here}", v->here } };
	size_t i, n;

	while (*s) {
		for (i = 0; i < DF_LEN(var); i++) {
			n = strlen(var[i].name);
			if (strncmp(s, var[i].name, n) == 0)
				break;
		}
		if (i == DF_LEN(var)) {
			df_buf_ch(b, *s++);
			continue;
		}
		df_buf_str(b, var[i].value ? var[i].value : "");
		s += n;
	}
}

void
df_adapter_argv(const struct df_adapter *a, const struct df_adapter_vars *v,
    struct df_list *out)
{
	jv list = df_jv_get(a->j, "argv"), one;
	struct df_buf b = DF_BUF_INIT;
	int i, n = jv_array_length(jv_copy(list));

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		substitute(jv_string_value(one), v, &b);
		jv_free(one);
		df_list_add(out, df_buf_detach(&b));
	}
	jv_free(list);
}

static int
each_string(jv list, int i, const char **s, jv *hold)
{
	jv_free(*hold);
	*hold = jv_null();
	if (jv_get_kind(list) != JV_KIND_ARRAY ||
	    i >= jv_array_length(jv_copy(list)))
		return 0;
	*hold = jv_array_get(jv_copy(list), i);
	*s = jv_string_value(*hold);
	return 1;
}

void
df_adapter_env(const struct df_adapter *a, jv host, const char *home,
    const char *results, struct df_list *out, struct df_list *secrets)
{
	jv list = df_jv_get(host, "path"), hold = jv_null(), keys, v;
	struct df_buf b = DF_BUF_INIT;
	const char *s, *val;
	int i;

	df_buf_str(&b, "PATH=");
	for (i = 0; each_string(list, i, &s, &hold); i++)
		df_buf_fmt(&b, "%s:", s);
	df_buf_str(&b, "/usr/local/bin:/usr/bin:/bin");
	df_list_add(out, df_buf_detach(&b));
	jv_free(list);
	df_list_addf(out, "HOME=%s", home);
	df_list_addf(out, "LANG=C.UTF-8");
	df_list_addf(out, "TERM=dumb");
	df_list_addf(out, "FACTORY_RESULTS_PATH=%s", results);
	list = df_jv_get(a->j, "env");
	if (jv_get_kind(list) == JV_KIND_OBJECT) {
		keys = jv_keys(jv_copy(list));
		for (i = 0; each_string(keys, i, &s, &hold); i++) {
			v = df_jv_get(list, s);
			df_list_addf(out, "%s=%s", s, jv_string_value(v));
			jv_free(v);
		}
		jv_free(keys);
	}
	jv_free(list);
	list = df_jv_get(a->j, "pass_env");
	for (i = 0; each_string(list, i, &s, &hold); i++) {
		val = getenv(s);
		if (val == NULL)
			continue;
		df_list_addf(out, "%s=%s", s, val);
		if (strlen(val) >= 8)
			df_list_addf(secrets, "%s", val);
	}
	jv_free(list);
	jv_free(hold);
}

int
df_adapter_missing(const struct df_adapter *a, struct df_buf *names)
{
	jv list = df_jv_get(a->j, "pass_env"), hold = jv_null();
	const char *s;
	int i, n = 0;

	for (i = 0; each_string(list, i, &s, &hold); i++)
		if (getenv(s) == NULL) {
			df_buf_fmt(names, "%s%s", n ? ", " : "", s);
			n++;
		}
	jv_free(list);
	jv_free(hold);
	return n;
}

/* ---- usage ---- */

jv
df_adapter_usage(const struct df_adapter *a, const struct df_buf *out)
{
	const char *s = out->s, *end = out->s + out->n, *lf;
	jv list = jv_array(), v, r;
	struct df_err e = { .msg = "the result is no object" };
	int n = 0;

	if (a->usage == NULL || *a->usage == '\0') {
		jv_free(list);
		return jv_object();
	}
	for (; s < end && n < USAGE_VALUES; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		if (*s != '{' && *s != '[')
			continue;
		v = df_json_parse(s, (size_t)(lf - s), 0, "stdout", NULL);
		if (!jv_is_valid(v)) {
			jv_free(v);
			continue;
		}
		list = jv_array_append(list, v);
		n++;
	}
	r = df_jq_run(a->usage, list, USAGE_MS, "adapter usage", &e);
	v = jv_get_kind(r) == JV_KIND_ARRAY ? jv_array_get(r, 0) : r;
	if (jv_get_kind(v) == JV_KIND_OBJECT)
		return v;
	jv_free(v);
	return df_jset_str(jv_object(), "error", e.msg);
}
