#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "work/git.h"
#include "work/preflight.h"
#include "work/spawn.h"

/* Append to missing those names that have fails for. */
static int
collect(jv names, int (*have)(const char *name), struct df_buf *missing)
{
	int i, n = 0;
	jv one;

	for (i = 0; jv_get_kind(names) == JV_KIND_ARRAY &&
	    i < jv_array_length(jv_copy(names)); i++) {
		one = jv_array_get(jv_copy(names), i);
		if (!have(jv_string_value(one)))
			df_buf_fmt(missing, "%s%s", n++ ? ", " : "",
			    jv_string_value(one));
		jv_free(one);
	}
	return n;
}

static int
have_command(const char *name)
{
	char *p = df_find_program(name);

	free(p);
	return p != NULL;
}

static int
have_variable(const char *name)
{
	return getenv(name) != NULL;
}

int
df_preflight_commands(jv names, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r = 0;

	if (collect(names, have_command, &b))
		r = df_fail(e, DF_REFUSED, "boot.command",
		    "commands that are not installed: %s", b.s);
	df_buf_release(&b);
	return r;
}

int
df_preflight_environment(jv names, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r = 0;

	if (collect(names, have_variable, &b))
		r = df_fail(e, DF_REFUSED, "boot.environment",
		    "environment variables that are not set: %s", b.s);
	df_buf_release(&b);
	return r;
}

int
df_preflight_agent(const struct df_adapter *a, jv host, enum df_level level,
    int network, const struct df_protect *p, struct df_err *e)
{
	struct df_buf names = DF_BUF_INIT;
	struct df_list ro = { 0 };
	jv list, one;
	int i, n, r = 0;

	if (!jv_is_valid(host))
		return df_sandbox_probe(level, 0, &ro, e);
	if (a->net && !network) {
		(void)df_fail(e, DF_REFUSED, "boot.network",
		    "adapter %s needs the host's network", a->name);
		return df_hint(e, "sandbox.allow_network=true allows it");
	}
	if (df_adapter_missing(a, &names)) {
		r = df_fail(e, DF_REFUSED, "boot.environment",
		    "adapter %s: environment variables that are not set: %s",
		    a->name, names.s);
		df_buf_release(&names);
		return r;
	}
	list = df_jv_get(host, "ro");
	n = jv_array_length(jv_copy(list));
	for (i = 0; r == 0 && i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		r = df_protect_check(p, jv_string_value(one), e);
		df_list_addf(&ro, "%s", jv_string_value(one));
		jv_free(one);
	}
	jv_free(list);
	if (r == 0)
		r = df_sandbox_probe(level, a->net, &ro, e);
	df_list_free(&ro);
	return r;
}

int
df_preflight_git(struct df_err *e)
{
	static const char *const args[] = { "version", NULL };
	struct df_buf b = DF_BUF_INIT;
	unsigned major = 0, minor = 0;
	int r;

	r = df_git_ok(NULL, -1, args, NULL, &b, e);
	if (r == 0 && (sscanf(b.s, "git version %u.%u", &major, &minor) != 2 ||
	    major < 2 || (major == 2 && minor < 38)))
		r = df_fail(e, DF_EXTERNAL, "boot.git",
		    "git 2.38 or later is needed, this is %.*s",
		    (int)strcspn(b.s, "\n"), b.s);
	df_buf_release(&b);
	return r < 0 ? -1 : 0;
}
