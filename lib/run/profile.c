#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/out.h"
#include "run/profile.h"
#include "run/settings.h"

void
df_profile_init(struct df_profile *p)
{
	memset(p, 0, sizeof(*p));
	p->json = p->settings = p->origins = jv_invalid();
	p->adapter = df_strdup("");
}

void
df_profile_release(struct df_profile *p)
{
	df_configs_release(&p->cfg);
	jv_free(p->json);
	jv_free(p->settings);
	jv_free(p->origins);
	free(p->adapter);
	memset(p, 0, sizeof(*p));
	p->json = p->settings = p->origins = jv_invalid();
}

static int
length(jv list)
{
	return jv_get_kind(list) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(list)) : 0;
}

static int
has(jv list, const char *s)
{
	int i, n = length(list), found = 0;
	jv one;

	for (i = 0; i < n && !found; i++) {
		one = jv_array_get(jv_copy(list), i);
		found = jv_get_kind(one) == JV_KIND_STRING &&
		    strcmp(jv_string_value(one), s) == 0;
		jv_free(one);
	}
	return found;
}

static int
load(struct df_profile *p, const struct df_factory *f, const char *kind,
    const char *share, const char *name, const char *ext, const char *schema,
    struct df_err *e)
{
	return df_config_load(&p->cfg, f, kind, share, name, ext, schema, e) ?
	    0 : -1;
}

static int
load_policies(struct df_profile *p, const struct df_factory *f,
    const struct df_list *more, struct df_err *e)
{
	jv list = df_jv_get(p->json, "policies"), one;
	int i, n = length(list), r = 0;
	size_t k;

	for (i = 0; i < n && r == 0; i++) {
		one = jv_array_get(jv_copy(list), i);
		r = load(p, f, "policy", "policy", jv_string_value(one),
		    ".jq", NULL, e);
		jv_free(one);
	}
	jv_free(list);
	for (k = 0; k < more->n && r == 0; k++)
		r = load(p, f, "policy", "policy", more->v[k], ".jq", NULL, e);
	return r;
}

static int
load_texts(struct df_profile *p, const struct df_factory *f,
    struct df_err *e)
{
	static const char *const text[] = { "handoff", "prompt" };
	size_t i;

	for (i = 0; i < DF_LEN(text); i++)
		if (load(p, f, "template", "templates", text[i], ".md", NULL,
		    e) < 0)
			return -1;
	for (i = 0; i < DF_LEN(text); i++)
		if (load(p, f, "contract", "contracts", text[i], ".json",
		    "contract", e) < 0)
			return -1;
	return 0;
}

/* ---- compatibility ---- */

static int
capabilities(jv need, jv have, struct df_err *e)
{
	int i, n = length(need), r = 0;
	jv one;

	if (jv_get_kind(have) != JV_KIND_ARRAY)
		return 0;
	for (i = 0; i < n && r == 0; i++) {
		one = jv_array_get(jv_copy(need), i);
		if (!has(have, jv_string_value(one)))
			r = df_fail(e, DF_REFUSED, "compat.capabilities",
			    "the pipeline needs capability %s, which the "
			    "profile does not have", jv_string_value(one));
		jv_free(one);
	}
	return r;
}

static int
suite_kind(jv pipeline, const char *suite, struct df_err *e)
{
	jv want = df_jv_get(pipeline, "suite"), kinds = df_jv_get(want,
	    "kind");
	int ok = length(kinds) == 0 || has(kinds, suite);

	jv_free(kinds);
	jv_free(want);
	return ok ? 0 : df_fail(e, DF_REFUSED, "compat.suite",
	    "the pipeline does not take a suite of kind %s", suite);
}

static int
load_pipeline(struct df_profile *p, const struct df_factory *f,
    const char *suite, struct df_err *e)
{
	const char *want = df_jv_str(p->json, "pipeline"), *name, *at;
	struct df_config *c;
	jv need, have;
	int r;

	if (want == NULL)
		want = "d1-d10@1.0.0";
	c = df_config_load(&p->cfg, f, "pipeline", "pipelines", want, ".json",
	    "pipeline", e);
	if (c == NULL)
		return -1;
	name = df_jv_str(c->json, "name");
	at = strchr(want, '@');
	if (at && strcmp(at + 1, c->version) != 0)
		return df_fail(e, DF_REFUSED, "compat.pipeline",
		    "the profile wants pipeline %s, there is %s@%s", want,
		    name, c->version);
	if (strcmp(name, "d1-d10") != 0 || strncmp(c->version, "1.", 2) != 0)
		return df_fail(e, DF_REFUSED, "compat.major",
		    "pipeline %s@%s is not one that these tools run", name,
		    c->version);
	need = df_jv_get(c->json, "capabilities");
	have = df_jv_get(p->json, "capabilities");
	r = capabilities(need, have, e);
	jv_free(need);
	jv_free(have);
	return r < 0 ? -1 : suite_kind(c->json, suite, e);
}

static void
find_adapter(struct df_profile *p, const char *path)
{
	const char *s = df_jv_str(p->settings, "agent.adapter");
	const char *from = df_jv_str(p->origins, "agent.adapter");
	const char *slash = strrchr(path, '/');
	struct df_buf b = DF_BUF_INIT;

	if (slash && strncmp(from, "profile", 7) == 0 &&
	    (strncmp(s, "./", 2) == 0 || strncmp(s, "../", 3) == 0))
		df_buf_add(&b, path, (size_t)(slash - path) + 1);
	df_buf_str(&b, s);
	free(p->adapter);
	p->adapter = df_buf_detach(&b);
}

int
df_profile_load(struct df_profile *p, const struct df_factory *f,
    const char *name, const struct df_list *set, const struct df_list *policy,
    const char *suite, struct df_err *e)
{
	struct df_config *c;
	jv values;
	int r;

	c = df_config_load(&p->cfg, f, "profile", "profiles", name, ".json",
	    "profile", e);
	if (c == NULL)
		return -1;
	p->json = jv_copy(c->json);
	values = df_jv_get(p->json, "settings");
	r = df_settings_resolve(values, strchr(c->name, '/') + 1, set,
	    &p->settings, &p->origins, e);
	jv_free(values);
	if (r < 0)
		return -1;
	find_adapter(p, c->path);
	if (load_policies(p, f, policy, e) < 0 || load_texts(p, f, e) < 0)
		return -1;
	return load_pipeline(p, f, suite, e);
}

/* ---- the effective policy ---- */

static void
print_one(const char *key, jv value, const char *origin)
{
	struct df_buf text = DF_BUF_INIT;
	const char *cell[2];

	df_buf_fmt(&text, "%s=", key);
	if (jv_get_kind(value) == JV_KIND_STRING) {
		df_buf_str(&text, jv_string_value(value));
		jv_free(value);
	} else {
		(void)!df_json_write(&text, value, NULL);
	}
	cell[0] = text.s;
	cell[1] = origin;
	df_out_row(cell, 2);
	df_buf_release(&text);
}

void
df_profile_print(const struct df_profile *p)
{
	jv all = jv_object(), value, o;
	const char *key, *origin;
	size_t i;

	for (i = 0; i < df_nsettings; i++) {
		key = df_settings[i].key;
		value = df_jv_get(p->settings, key);
		origin = df_jv_str(p->origins, key);
		if (!df_args.json) {
			print_one(key, value, origin);
			continue;
		}
		o = df_jset(jv_object(), "value", value);
		all = df_jset(all, key, df_jset_str(o, "origin", origin));
	}
	if (df_args.json)
		df_out_json(df_jset(jv_object(), "settings", all));
	else
		jv_free(all);
}
