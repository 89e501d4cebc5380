#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "evidence/age.h"
#include "work/facts.h"
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

/* Inside, /usr/local is empty unless the adapter asks for some of it. */
static int
have_agent(jv host, enum df_level level, const struct df_list *ro,
    const char *name)
{
	static const char *const fixed[] = { "/usr/bin", "/bin",
	    "/usr/local/bin" };
	jv path = df_jv_get(host, "path"), one;
	int i, n = jv_array_length(jv_copy(path)), local, found = 0;
	struct df_buf b = DF_BUF_INIT;
	size_t k;

	if (*name == '/')
		found = access(name, X_OK) == 0;
	else if (strchr(name, '/'))
		found = 1;		/* in the workspace, which is not yet */
	for (i = 0; i < n && !found && !strchr(name, '/'); i++) {
		one = jv_array_get(jv_copy(path), i);
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s/%s", jv_string_value(one), name);
		found = access(b.s, X_OK) == 0;
		jv_free(one);
	}
	jv_free(path);
	local = level == DF_LEVEL_NONE;
	for (k = 0; k < ro->n && !local; k++)
		local = df_path_within(ro->v[k], "/usr/local") ||
		    df_path_within("/usr/local", ro->v[k]);
	for (k = 0; k < DF_LEN(fixed) - !local && !found &&
	    !strchr(name, '/'); k++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s/%s", fixed[k], name);
		found = access(b.s, X_OK) == 0;
	}
	df_buf_release(&b);
	return found;
}

static int
check_agent(const struct df_adapter *a, jv host, enum df_level level,
    const struct df_list *ro, struct df_err *e)
{
	struct df_adapter_vars v = { .here = df_jv_str(host, "here") };
	struct df_list argv = { 0 };
	int r = 0;

	df_adapter_argv(a, &v, &argv);
	if (argv.n && !have_agent(host, level, ro, argv.v[0])) {
		r = df_fail(e, DF_REFUSED, "adapter.missing",
		    "adapter %s: there is no program %s", a->name, argv.v[0]);
		(void)df_hint(e, "it is looked for in the adapter's \"path\" "
		    "and in /usr/bin");
	}
	df_list_free(&argv);
	return r;
}

/* As root, agents are somebody who is in no group: which of these paths can
   that one not reach?  NULL: none. */
static const char *
unreachable(const struct df_list *ro)
{
	struct stat st;
	const char *bad = NULL;
	char *p, *slash;
	size_t i;

	for (i = 0; geteuid() == 0 && i < ro->n && bad == NULL; i++) {
		p = df_strdup(ro->v[i]);
		while ((slash = strrchr(p, '/')) != NULL && slash > p) {
			*slash = '\0';
			if (stat(p, &st) == 0 && !(st.st_mode & S_IXOTH))
				bad = ro->v[i];
		}
		free(p);
	}
	return bad;
}

int
df_preflight_agent(const struct df_adapter *a, jv host, enum df_level level,
    int network, const struct df_protect *p, struct df_err *e)
{
	struct df_buf names = DF_BUF_INIT;
	struct df_list ro = { 0 };
	const char *bad;
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
		r = check_agent(a, host, level, &ro, e);
	bad = level == DF_LEVEL_NONE ? NULL : unreachable(&ro);
	if (r == 0 && bad) {
		r = df_fail(e, DF_REFUSED, "adapter.reach",
		    "adapter %s: %s lies where only root gets to", a->name,
		    bad);
		(void)df_hint(e, "as root, agents run as uid %u: install it "
		    "elsewhere, or be an ordinary user",
		    (unsigned)df_sandbox_uid());
	}
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

/* ---- roles ---- */

jv
df_preflight_roles(const struct df_trust *t, struct df_err *e)
{
	static const enum df_role need[] = { DF_ROLE_BUILD, DF_ROLE_HOLDOUT,
	    DF_ROLE_APPROVE };
	char str[DF_AGE_KEY_STR];
	unsigned have = 0;
	jv v = jv_array();
	size_t i;
	int n = 0;

	for (i = 0; i < t->nsigner; i++)
		have |= t->signer[i].roles;
	for (i = 0; i < DF_LEN(need); i++)
		if (!(have & DF_ROLE_BIT(need[i]))) {
			(void)df_fail(e, DF_REFUSED, "boot.role",
			    "nobody in allowed_signers has role %s",
			    df_role_name(need[i]));
			goto fail;
		}
	for (i = 0; i < t->nrecipient; i++)
		if (t->recipient[i].roles & DF_ROLE_BIT(DF_ROLE_HOLDOUT)) {
			v = jv_array_append(v, jv_string(df_age_recipient_str(
			    t->recipient[i].pk, str)));
			n++;
		}
	if (n)
		return v;
	(void)df_fail(e, DF_REFUSED, "boot.recipient",
	    "nobody in recipients may open a suite (df-holdout)");
fail:
	jv_free(v);
	return jv_invalid();
}

/* ---- policies ---- */

int
df_preflight_policies(const struct df_configs *cfg, struct df_err *e)
{
	struct df_buf share = DF_BUF_INIT;
	const struct df_config *c;
	size_t i;
	int r = 0;

	df_share_path(&share, "");
	for (i = 0; i < cfg->n && r == 0; i++) {
		c = &cfg->v[i];
		if (strncmp(c->name, "policy/", 7) == 0 &&
		    strncmp(c->path, share.s, share.n) != 0)
			r = df_policy_check(c->bytes.s, c->bytes.n, c->path,
			    e);
	}
	df_buf_release(&share);
	return r;
}
