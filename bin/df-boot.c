/*
 * df-boot - resolve, check, seal, create: the first four steps of a run.
 *
 * Reads a specification, a base tree, a profile, a trust directory; refuses
 * what does not serve; seals D9 and its tests; makes the run directory, in
 * which line 1 of the log binds all of it, and prints its path.  The last
 * program that reads D9 in the clear.  A failure leaves no directory.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "spec/public.h"
#include "work/preflight.h"
#include "boot.h"
#include "refuse.h"

static const char *o_spec, *o_holdouts, *o_tests, *o_base, *o_profile;
static const char *o_out, *o_supersedes, *o_submission, *o_nonce;
static const char *o_waivers, *o_sealed;
static struct df_list o_set, o_policy;
static int o_dirty;

static const struct df_opt opts[] = {
	{ 0, "spec", "DIR", "the specification, D1 to D10", DF_OPT_STR,
	    &o_spec, 0, 0 },
	{ 0, "holdouts", "PATH", "D9 is this file, or in this directory",
	    DF_OPT_STR, &o_holdouts, 0, 0 },
	{ 0, "tests", "DIR", "programs that judge scenarios, sealed too",
	    DF_OPT_STR, &o_tests, 0, 0 },
	{ 0, "sealed", "DIR", "a suite that df-holdout seal made; no D9 here",
	    DF_OPT_STR, &o_sealed, 0, 0 },
	{ 0, "base", "DIR|REV:PATH", "the tree that builders start from",
	    DF_OPT_STR, &o_base, 0, 0 },
	{ 0, "dirty", NULL, "take the work tree of --base, not its HEAD",
	    DF_OPT_FLAG, &o_dirty, 0, 0 },
	{ 0, "profile", "NAME|FILE", "the profile (default: default)",
	    DF_OPT_STR, &o_profile, 0, 0 },
	{ 0, "set", "KEY=VALUE", "a setting; wins over environment and profile",
	    DF_OPT_LIST, &o_set, 0, 0 },
	{ 0, "policy", "NAME|FILE", "a further policy", DF_OPT_LIST,
	    &o_policy, 0, 0 },
	{ 'o', "output", "DIR", "make the run in DIR", DF_OPT_STR, &o_out,
	    0, 0 },
	{ 0, "supersedes", "RUN", "be the successor of a sealed run",
	    DF_OPT_STR, &o_supersedes, 0, 0 },
	{ 0, "submission", "FILE", "a run submission (SPEC-250)", DF_OPT_STR,
	    &o_submission, 0, 0 },
	{ 0, "waivers", "DIR", "signed waivers for findings (df-decide waive)",
	    DF_OPT_STR, &o_waivers, 0, 0 },
	{ 0, "nonce", "HEX", "32 digits instead of random ones: for tests",
	    DF_OPT_STR, &o_nonce, 0, 0 },
	DF_ARG_FACTORY, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_DRY, DF_ARG_JSON,
	DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};

static const struct df_tool tool = {
	"df-boot", "[options] --spec DIR",
	"Resolve, check, seal and create a run; print its directory.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

/* ---- what is wanted: submission, profile, specification ---- */

static int
read_submission(struct df_boot *b, struct df_err *e)
{
	struct df_json j = { 0 };
	const char *mode;
	int r;

	if (o_submission == NULL)
		return 0;
	r = df_read_file(AT_FDCWD, o_submission, &b->submission_text,
	    (size_t)1 << 20, e);
	if (r == 0)
		r = df_schema_scan(&j, b->submission_text.s,
		    b->submission_text.n, 0, "submission", o_submission, e);
	if (r == 0) {
		b->submission = df_json_jv(&j, 0);
		mode = df_jv_str(b->submission, "execution_mode");
		if (strcmp(mode, "local") != 0)
			r = df_fail(e, DF_REFUSED, "submission.mode",
			    "execution mode %s: only local runs here", mode);
	}
	df_json_release(&j);
	return r;
}

static int
load_adapter(struct df_boot *b, struct df_err *e)
{
	struct df_config *c;
	char *real, *slash;

	if (*b->profile.adapter == '\0')
		return 0;
	c = df_config_load(&b->profile.cfg, &b->factory, "adapter", "agents",
	    b->profile.adapter, ".json", "adapter", e);
	if (c == NULL || df_adapter_load(&b->adapter, jv_copy(c->json), e) <
	    0)
		return -1;
	/* What the run is made with is the adapter, not where it lay. */
	b->profile.settings = df_jset_str(b->profile.settings,
	    "agent.adapter", b->adapter.name);
	real = df_real_path(c->path, e);
	if (real == NULL)
		return -1;
	slash = strrchr(real, '/');
	*slash = '\0';
	b->adapter_host = df_adapter_resolve(&b->adapter, real, e);
	free(real);
	return jv_is_valid(b->adapter_host) ? 0 : -1;
}

static int
load_trust(struct df_boot *b, struct df_err *e)
{
	if (b->key)
		return 0;
	if (df_trust_usual(&b->trust_files, &b->trust, b->root, e) < 0)
		return -1;
	b->key = df_step_role_key(DF_ROLE_RUN, &b->trust, &b->me, e);
	return b->key ? 0 : -1;
}

/* What persons let stand stands. */
static int
waive(struct df_boot *b, struct df_err *e)
{
	jv set = b->profile.settings;
	size_t i;

	if (load_trust(b, e) < 0 || df_waivers_read(&b->waivers, o_waivers,
	    &b->trust, df_now_ms(), e) < 0)
		return -1;
	df_check_waive(&b->check, &b->spec, &b->waivers);
	for (i = 0; i < b->waivers.n; i++)
		if (!b->waivers.v[i].used)
			df_warn("a waiver for %s meets no finding",
			    df_jv_str(b->waivers.v[i].v, "rule"));
	return df_waivers_allowed(&b->waivers, df_jv_int(set,
	    "policy.max_waivers", 0), b->me, df_jv_bool(set,
	    "policy.allow_self_approval"), e);
}

static int
resolve_spec(struct df_boot *b, struct df_err *e)
{
	if (df_spec_load_dir(&b->spec, o_spec, o_holdouts, 0, e) < 0)
		return -1;
	if (b->sealed && df_boot_sealed_spec(b, e) < 0)
		return -1;
	if (df_suite_manifest(o_tests) && !(b->spec.have & DF_SPEC_BIT(9)))
		b->spec.withheld |= DF_SPEC_BIT(9);
	df_check_run(&b->check, &b->spec);
	if (o_waivers && waive(b, e) < 0)
		return -1;
	return df_refuse_spec(&b->check, o_spec, e);
}

/* ---- preflight ---- */

static void
protect(struct df_boot *b, const char *path, const char *why)
{
	char *real = path ? df_real_path(path, NULL) : NULL;

	if (real == NULL)
		return;
	df_protect_add(&b->protect, path, why);
	df_list_add(&b->exclude, real);
}

/* Where D9 was found.  The record of a run has no name of it: of a file its
   directory counts. */
static void
protect_holdouts(struct df_boot *b)
{
	const char *path = o_holdouts ? o_holdouts : b->spec.doc[9].path;
	char *real = path ? df_real_path(path, NULL) : NULL;
	struct df_buf dir = DF_BUF_INIT;
	const char *slash;
	struct stat st;

	if (real == NULL)
		return;
	df_buf_str(&dir, path);
	slash = strrchr(path, '/');
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		df_buf_reset(&dir);
		df_buf_add(&dir, slash ? path : ".", slash ?
		    (size_t)(slash - path) + 1 : 1);
	}
	df_protect_add(&b->protect, dir.s, "holdouts");
	df_protect_git(&b->protect, dir.s, "the holdouts' repository");
	df_list_add(&b->exclude, real);
	df_buf_release(&dir);
}

static void
collect_protected(struct df_boot *b)
{
	protect(b, o_spec, "specification");
	df_protect_git(&b->protect, o_spec, "the specification's repository");
	protect_holdouts(b);
	protect(b, o_tests, "tests");
	protect(b, o_sealed, "sealed suite");
	df_protect_git(&b->protect, o_tests, "the tests' repository");
	if (b->factory.dir >= 0)
		protect(b, b->factory.path, "factory");
	df_protect_add(&b->protect, o_supersedes, "superseded run");
	df_protect_keys(&b->protect);
}

static int
preflight(struct df_boot *b, struct df_err *e)
{
	jv set = b->profile.settings;
	jv commands = df_jv_get(b->profile.json, "commands");
	jv env = df_jv_get(b->profile.json, "environment");
	int r;

	r = df_preflight_commands(commands, e);
	jv_free(commands);
	if (r == 0)
		r = df_preflight_environment(env, e);
	jv_free(env);
	if (r == 0)
		r = df_preflight_git(e);
	if (r == 0)
		r = df_preflight_policies(&b->profile.cfg, e);
	if (r < 0)
		return -1;
	b->recipients = df_preflight_roles(&b->trust, e);
	if (!jv_is_valid(b->recipients))
		return -1;
	return df_preflight_agent(&b->adapter, b->adapter_host,
	    (enum df_level)df_level_parse(df_jv_str(set, "sandbox.level")),
	    df_jv_bool(set, "sandbox.allow_network"), &b->protect, e);
}

/* What can only be ERROR is said before it is sealed. */
static void
say_lacking(const struct df_suite_count *c)
{
	if (c->executable < c->scenarios)
		df_warn("%zu of %zu scenarios will be ERROR, nothing in them "
		    "can be executed%s%s [d9.behaviour]", c->scenarios -
		    c->executable, c->scenarios, *c->lacking ? ": " : "",
		    c->lacking);
}

static int
resolve(struct df_boot *b, struct df_err *e)
{
	const char *kind = df_suite_manifest(o_tests) ? "tap" : "d9";

	if (o_sealed && (load_trust(b, e) < 0 || df_boot_sealed(b, o_sealed,
	    e) < 0))
		return -1;
	if (b->sealed && strcmp(b->count.kind, "tap") == 0)
		kind = "tap";
	if (read_submission(b, e) < 0 ||
	    df_profile_load(&b->profile, &b->factory, o_profile ? o_profile :
	    "default", &o_set, &o_policy, kind, e) < 0 ||
	    load_adapter(b, e) < 0 || resolve_spec(b, e) < 0)
		return -1;
	b->dependencies = df_public_dependencies(&b->spec, df_jv_str(
	    b->profile.settings, "dependencies.allow"), e);
	if (!jv_is_valid(b->dependencies) || load_trust(b, e) < 0 ||
	    (!b->sealed && df_suite_make(&b->spec, o_tests, &b->suite,
	    &b->count, e) < 0))
		return -1;
	say_lacking(&b->count);
	collect_protected(b);
	if (preflight(b, e) < 0)
		return -1;
	if (b->sealed) {
		jv_free(b->recipients);
		b->recipients = df_jv_get(b->sealing.v, "recipients");
	}
	if (o_supersedes && df_origin_open(&b->origin, o_supersedes, e) < 0)
		return -1;
	b->have_origin = o_supersedes != NULL;
	return 0;
}

/* ---- the run ---- */

static int
set_nonce(struct df_boot *b, struct df_err *e)
{
	ssize_t n = sizeof(b->nonce);

	if (o_nonce) {
		if (df_unhex(b->nonce, sizeof(b->nonce), o_nonce,
		    strlen(o_nonce)) < 0)
			return df_fail(e, DF_USAGE, "nonce",
			    "--nonce wants 32 lower-case hex digits");
	} else if (getrandom(b->nonce, sizeof(b->nonce), 0) != n) {
		return df_fail_errno(e, DF_EXTERNAL, "nonce", "getrandom");
	}
	return 0;
}

static void
print_run(const struct df_boot *b, const char *path)
{
	if (df_args.json)
		df_out_json(df_jset_str(df_jset_str(jv_object(), "path",
		    path), "run", b->name));
	else
		df_out(path);
}

static int
create(struct df_boot *b, struct df_err *e)
{
	struct df_buf p = DF_BUF_INIT;
	int r;

	if (o_out)
		df_buf_str(&p, o_out);
	else if (b->factory.dir >= 0)
		df_buf_fmt(&p, "%s/runs", b->factory.path);
	else
		df_buf_str(&p, "runs");
	r = df_boot_create(b, p.s, e);
	if (r == 0) {
		df_buf_fmt(&p, "/%s", b->name);
		print_run(b, p.s);
	}
	df_buf_release(&p);
	return r;
}

static void
print_dry(const struct df_boot *b)
{
	df_profile_print(&b->profile);
	df_note("%s: %zu tasks, %zu scenarios (%zu P0), adapter %s",
	    b->spec.component, b->spec.d8.tasks, b->count.scenarios,
	    b->count.p0, *b->profile.adapter ? b->profile.adapter : "none");
}

static int
boot(struct df_boot *b, struct df_err *e)
{
	if (set_nonce(b, e) < 0 ||
	    df_factory_open(&b->factory, df_args.factory, e) < 0)
		return -1;
	if (resolve(b, e) < 0)
		return -1;
	if (df_args.dry) {
		print_dry(b);
		return 0;
	}
	/* One that was sealed beforehand brings its own. */
	if (b->factory.dir >= 0 && !b->sealed && df_ledger_suite(&b->factory,
	    &b->suite, b->suite_id, e) < 0)
		return -1;
	return create(b, e);
}

/* A factory remembers failed boots too. */
static void
record_failure(struct df_boot *b, const struct df_err *e)
{
	struct df_err ignored;
	jv data;

	if (b->factory.dir < 0 || df_args.dry || (b->key == NULL &&
	    load_trust(b, &ignored) < 0))
		return;
	data = df_jset_str(jv_object(), "code", e->code);
	data = df_jset_int(data, "exit", e->exit);
	data = df_jset_str(data, "message", e->msg);
	(void)!df_factory_append(&b->factory, "boot.failed", data, b->key,
	    DF_ROLE_RUN, &ignored);
}

int
main(int argc, char **argv)
{
	struct df_boot b;
	struct df_err e = { 0 };
	size_t n;
	int r;

	(void)df_opt_parse(&tool, argc, argv, &n);
	if (n)
		df_usage("df-boot takes no operand");
	if (o_spec == NULL)
		df_usage("which specification? --spec DIR");
	if (o_sealed && (o_holdouts || o_tests))
		df_usage("--sealed names the whole suite: no --holdouts, no "
		    "--tests");
	df_no_core();
	df_boot_init(&b);
	b.base = o_base;
	b.dirty = o_dirty;
	r = boot(&b, &e);
	if (r < 0) {
		record_failure(&b, &e);
		df_err_print(&e);
		if (!df_errors_json)
			df_note("BOOT_FAILURE: no run was made");
	}
	df_boot_release(&b);
	return df_out_end(r < 0 ? e.exit : DF_OK);
}
