#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "run/settings.h"

const struct df_setting df_settings[] = {
	{ "agent.adapter", DF_SET_TEXT, "", 0, 0, NULL,
	    "the adapter that runs agents" },
	{ "agent.model", DF_SET_TEXT, "", 0, 0, NULL,
	    "what {model} in an adapter's argv stands for" },
	{ "dependencies.allow", DF_SET_TEXT, "twin", 0, 0, NULL,
	    "external dependencies: twin, real, or MODE:NAME, by commas" },
	{ "judge.output_bytes", DF_SET_INT, "1048576", 4096, 67108864, NULL,
	    "output of a scenario that is kept" },
	{ "judge.processes", DF_SET_INT, "512", 16, 65536, NULL,
	    "processes of a scenario" },
	{ "judge.seconds", DF_SET_INT, "60", 1, 86400, NULL,
	    "time of a scenario" },
	{ "limits.attempt_seconds", DF_SET_INT, "1800", 1, 604800, NULL,
	    "time of one attempt of an agent" },
	{ "limits.cost_microusd", DF_SET_INT, "0", 0, DF_JSON_INT, NULL,
	    "cost of all attempts together, in 10^-6 USD; 0: no limit" },
	{ "limits.max_attempts", DF_SET_INT, "3", 1, 100, NULL,
	    "attempts of one task" },
	{ "limits.max_eval_attempts", DF_SET_INT, "2", 1, 100, NULL,
	    "evaluations of one run" },
	{ "limits.output_bytes", DF_SET_INT, "16777216", 4096, 1073741824,
	    NULL, "output of an agent that is kept" },
	{ "limits.processes", DF_SET_INT, "4096", 16, 1000000, NULL,
	    "processes of an agent" },
	{ "limits.run_seconds", DF_SET_INT, "0", 0, 31536000, NULL,
	    "time of all attempts together; 0: no limit" },
	{ "limits.tokens", DF_SET_INT, "0", 0, DF_JSON_INT, NULL,
	    "tokens of all attempts together; 0: no limit" },
	{ "limits.tree_bytes", DF_SET_INT, "2147483648", 1, DF_JSON_INT, NULL,
	    "bytes of a result tree" },
	{ "limits.tree_entries", DF_SET_INT, "100000", 1, 10000000, NULL,
	    "entries of a result tree" },
	{ "policy.allow_self_approval", DF_SET_BOOL, "false", 0, 0, NULL,
	    "who produced a run may approve it; it is recorded" },
	{ "policy.approvals", DF_SET_INT, "1", 1, 16, NULL,
	    "approvals by different persons that a decision needs" },
	{ "policy.max_disclosed", DF_SET_INT, "0", 0, 10000, NULL,
	    "items of the suite that may have been disclosed; 0: no limit" },
	{ "policy.max_suite_evaluations", DF_SET_INT, "0", 0, 1000000, NULL,
	    "evaluations of the suite, in all runs; 0: no limit" },
	{ "policy.max_waivers", DF_SET_INT, "0", 0, 1000, NULL,
	    "findings of df-validate that persons may have waived" },
	{ "policy.require_isolation", DF_SET_BOOL, "true", 0, 0, NULL,
	    "approve only what was built and judged in isolation" },
	{ "prompt.adversarial", DF_SET_WORD, "genesis", 0, 0,
	    "genesis|infrastructure", "the three adversarial questions" },
	{ "prompt.phases", DF_SET_INT, "1", 1, 2, NULL,
	    "1: answer and build; 2: answer, wait for review, build" },
	{ "retry.failures", DF_SET_WORD, "infrastructure", 0, 0,
	    "none|infrastructure|all",
	    "failures that are tried again without being asked" },
	{ "sandbox.allow_network", DF_SET_BOOL, "false", 0, 0, NULL,
	    "an adapter may ask for the host's network" },
	{ "sandbox.level", DF_SET_WORD, "bwrap", 0, 0, "bwrap|landlock|none",
	    "isolation of agents and scenarios" },
};
const size_t df_nsettings = DF_LEN(df_settings);

static const struct df_setting *
find(const char *key)
{
	size_t i;

	for (i = 0; i < df_nsettings; i++)
		if (strcmp(df_settings[i].key, key) == 0)
			return &df_settings[i];
	return NULL;
}

/* "DF_LIMITS_MAX_ATTEMPTS" for a key. */
static void
env_name(const char *key, struct df_buf *b)
{
	df_buf_str(b, "DF_");
	for (; *key; key++)
		df_buf_ch(b, *key == '.' ? '_' : *key >= 'a' && *key <= 'z' ?
		    *key - 'a' + 'A' : *key);
}

static int
unknown(const char *key, int exit, const char *where, struct df_err *e)
{
	const char *word[64], *near;
	size_t i;

	for (i = 0; i < df_nsettings && i < DF_LEN(word); i++)
		word[i] = df_settings[i].key;
	(void)df_fail(e, exit, "setting.unknown", "%s: unknown setting %.60s",
	    where, key);
	near = df_suggest(key, word, i);
	return near ? df_hint(e, "did you mean %s?", near) : -1;
}

static int
is_word(const char *words, const char *v)
{
	size_t n = strlen(v), k;

	for (; *words; words += k + (words[k] == '|')) {
		k = strcspn(words, "|");
		if (k == n && memcmp(words, v, n) == 0)
			return 1;
	}
	return 0;
}

/* The value of text v for setting s. */
static int
parse(const struct df_setting *s, const char *v, int exit, const char *where,
    jv *out, struct df_err *e)
{
	int64_t n;

	switch (s->type) {
	case DF_SET_INT:
		if (df_number(v, s->min, s->max, &n) < 0)
			return df_fail(e, exit, "setting.value",
			    "%s: %s: '%.40s' is not a number from %lld to "
			    "%lld", where, s->key, v, (long long)s->min,
			    (long long)s->max);
		*out = jv_number((double)n);
		return 0;
	case DF_SET_BOOL:
		if (strcmp(v, "true") != 0 && strcmp(v, "false") != 0)
			return df_fail(e, exit, "setting.value",
			    "%s: %s: '%.40s' is neither true nor false",
			    where, s->key, v);
		*out = jv_bool(*v == 't');
		return 0;
	case DF_SET_WORD:
		if (!is_word(s->words, v))
			return df_fail(e, exit, "setting.value",
			    "%s: %s: '%.40s' is not one of %s", where, s->key,
			    v, s->words);
		break;
	case DF_SET_TEXT:
		if (df_utf8_bad(v, strlen(v)) != strlen(v))
			return df_fail(e, exit, "setting.value",
			    "%s: %s: not UTF-8", where, s->key);
		break;
	}
	*out = jv_string(v);
	return 0;
}

/* A JSON value of a profile, of the setting's own type. */
static int
typed(const struct df_setting *s, jv v, const char *where, jv *out,
    struct df_err *e)
{
	char num[32];
	double d;
	int r;

	if (jv_get_kind(v) == JV_KIND_STRING && (s->type == DF_SET_WORD ||
	    s->type == DF_SET_TEXT)) {
		r = parse(s, jv_string_value(v), DF_INPUT, where, out, e);
	} else if (jv_get_kind(v) == JV_KIND_NUMBER && s->type == DF_SET_INT) {
		d = jv_number_value(v);
		snprintf(num, sizeof(num), "%.0f", d);
		r = parse(s, d == (double)(int64_t)d ? num : "x", DF_INPUT,
		    where, out, e);
	} else if ((jv_get_kind(v) == JV_KIND_TRUE ||
	    jv_get_kind(v) == JV_KIND_FALSE) && s->type == DF_SET_BOOL) {
		*out = jv_copy(v);
		r = 0;
	} else {
		r = df_fail(e, DF_INPUT, "setting.value",
		    "%s: %s has a value of the wrong type", where, s->key);
	}
	jv_free(v);
	return r;
}

static const char *
given(const struct df_list *set, const char *key)
{
	size_t n = strlen(key), i;

	for (i = set->n; i > 0; i--)
		if (strncmp(set->v[i - 1], key, n) == 0 &&
		    set->v[i - 1][n] == '=')
			return set->v[i - 1] + n + 1;
	return NULL;
}

static int
resolve_one(const struct df_setting *s, jv profile, const char *name,
    const struct df_list *set, jv *value, struct df_buf *origin,
    struct df_err *e)
{
	struct df_buf env = DF_BUF_INIT;
	const char *v = given(set, s->key);
	int r;
	jv p;

	df_buf_reset(origin);
	env_name(s->key, &env);
	if (v) {
		df_buf_str(origin, "--set");
		r = parse(s, v, DF_USAGE, "--set", value, e);
	} else if ((v = getenv(env.s)) != NULL) {
		df_buf_fmt(origin, "$%s", env.s);
		r = parse(s, v, DF_USAGE, origin->s, value, e);
	} else {
		p = jv_get_kind(profile) == JV_KIND_OBJECT ?
		    df_jv_get(profile, s->key) : jv_invalid();
		if (jv_is_valid(p)) {
			df_buf_fmt(origin, "profile %s", name);
			r = typed(s, p, origin->s, value, e);
		} else {
			jv_free(p);
			df_buf_str(origin, "default");
			r = parse(s, s->def, DF_USAGE, "default", value, e);
		}
	}
	df_buf_release(&env);
	return r;
}

int
df_settings_resolve(jv profile, const char *name, const struct df_list *set,
    jv *values, jv *origins, struct df_err *e)
{
	struct df_buf origin = DF_BUF_INIT;
	size_t i, n;
	int r = 0, k;
	char key[64];
	jv v = jv_null(), keys, one;

	*values = jv_object();
	*origins = jv_object();
	for (i = 0; i < set->n; i++) {
		n = strcspn(set->v[i], "=");
		snprintf(key, sizeof(key), "%.*s", (int)n, set->v[i]);
		if (set->v[i][n] != '=')
			return df_fail(e, DF_USAGE, "setting.value",
			    "--set %.60s: not KEY=VALUE", set->v[i]);
		if (find(key) == NULL)
			return unknown(key, DF_USAGE, "--set", e);
	}
	if (jv_get_kind(profile) == JV_KIND_OBJECT) {
		keys = jv_keys(jv_copy(profile));
		for (k = 0; r == 0 && k < jv_array_length(jv_copy(keys));
		    k++) {
			one = jv_array_get(jv_copy(keys), k);
			if (find(jv_string_value(one)) == NULL)
				r = unknown(jv_string_value(one), DF_INPUT,
				    name, e);
			jv_free(one);
		}
		jv_free(keys);
	}
	for (i = 0; i < df_nsettings && r == 0; i++) {
		r = resolve_one(&df_settings[i], profile, name, set, &v,
		    &origin, e);
		if (r < 0)
			break;
		*values = df_jset(*values, df_settings[i].key, v);
		*origins = df_jset_str(*origins, df_settings[i].key,
		    origin.s);
	}
	df_buf_release(&origin);
	if (r < 0) {
		jv_free(*values);
		jv_free(*origins);
		*values = *origins = jv_invalid();
	}
	return r;
}
