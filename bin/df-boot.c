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

#include "base/file.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "evidence/age.h"
#include "run/gate.h"
#include "run/ids.h"
#include "run/origin.h"
#include "run/place.h"
#include "run/profile.h"
#include "spec/check.h"
#include "spec/exposure.h"
#include "spec/public.h"
#include "spec/suite.h"
#include "work/basetree.h"
#include "work/preflight.h"

static const char *o_spec, *o_holdouts, *o_tests, *o_base, *o_profile;
static const char *o_out, *o_supersedes, *o_submission, *o_nonce;
static struct df_list o_set, o_policy;
static int o_dirty;

static const struct df_opt opts[] = {
	{ 0, "spec", "DIR", "the specification, D1 to D10", DF_OPT_STR,
	    &o_spec, 0, 0 },
	{ 0, "holdouts", "PATH", "D9 is this file, or in this directory",
	    DF_OPT_STR, &o_holdouts, 0, 0 },
	{ 0, "tests", "DIR", "programs that judge scenarios, sealed too",
	    DF_OPT_STR, &o_tests, 0, 0 },
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


struct boot {
	struct df_factory factory;
	struct df_profile profile;
	jv submission;			/* invalid: none */
	struct df_buf submission_text;
	struct df_spec spec;
	struct df_check check;
	jv dependencies;
	struct df_trust_files trust_files;
	struct df_trust trust;
	char root[DF_FP_STR];
	struct df_key *key;
	const struct df_signer *me;
	struct df_adapter adapter;
	jv adapter_host;		/* invalid: no adapter */
	struct df_protect protect;
	struct df_list exclude;		/* of base: malloc'd real paths */
	struct df_origin origin;
	int have_origin;

	struct df_sealed suite;
	struct df_suite_count count;
	struct df_buf commitment, age;
	jv recipients;			/* who may unseal */

	char *parent;			/* where the run goes */
	char key_hex[DF_KEY_STR], name[64];
	int64_t instance;
};

/* ---- what is wanted: submission, profile, specification ---- */

static int
read_submission(struct boot *b, struct df_err *e)
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
load_adapter(struct boot *b, struct df_err *e)
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

static void
say_findings(const struct boot *b)
{
	struct df_buf text = DF_BUF_INIT;
	size_t i;

	for (i = 0; i < b->check.n; i++)
		if (b->check.diag[i].severity == DF_ERROR || df_verbose)
			df_diag_text(&text, &b->spec, &b->check.diag[i],
			    df_tty());
	(void)!fwrite(text.s, 1, text.n, stderr);
	df_buf_release(&text);
}

/* Is all that is wrong that the suite stands in public documents? */
static int
only_leaks(const struct boot *b)
{
	int i;

	for (i = 0; i < DF_CHECKS; i++)
		if (i != DF_CHECK_LEAK && b->check.row[i].ran &&
		    !b->check.row[i].pass)
			return 0;
	return 1;
}

static int
resolve_spec(struct boot *b, struct df_err *e)
{
	if (df_spec_load_dir(&b->spec, o_spec, o_holdouts, 0, e) < 0)
		return -1;
	if (df_suite_manifest(o_tests) && !(b->spec.have & DF_SPEC_BIT(9)))
		b->spec.withheld |= DF_SPEC_BIT(9);
	df_check_run(&b->check, &b->spec);
	if (b->check.pass)
		return 0;
	say_findings(b);
	if (only_leaks(b))
		return df_fail(e, DF_REFUSED, "holdout.leak",
		    "%s: builders would read executable blocks of D9", o_spec);
	return df_fail(e, DF_NO, "spec.fail",
	    "%s: the specification does not pass: %zu errors", o_spec,
	    b->check.count[DF_ERROR]);
}

/* "twin,real:git": is a dependency of that mode and name allowed? */
static int
allowed(const char *list, const char *mode, const char *name)
{
	size_t n, m = strlen(mode), k = strlen(name);

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (strncmp(list, mode, m) != 0)
			continue;
		if (n == m || (n == m + 1 + k && list[m] == ':' &&
		    strncmp(list + m + 1, name, k) == 0))
			return 1;
	}
	return 0;
}

static int
check_dependencies(struct boot *b, struct df_err *e)
{
	const char *list = df_jv_str(b->profile.settings,
	    "dependencies.allow");
	const struct df_external *x;
	const char *mode;
	size_t i;

	b->dependencies = jv_array();
	for (i = 0; i < b->spec.d10.externals; i++) {
		x = &b->spec.d10.external[i];
		if (x->twin < 0)
			return df_fail(e, DF_REFUSED, "boot.dependency",
			    "D10: external dependency %s is declared neither "
			    "real nor twin", x->name.s);
		mode = x->twin ? "twin" : "real";
		if (!allowed(list, mode, x->name.s)) {
			(void)df_fail(e, DF_REFUSED, "boot.dependency",
			    "the profile does not allow the %s dependency %s",
			    mode, x->name.s);
			return df_hint(e, "dependencies.allow is \"%s\"",
			    list);
		}
		b->dependencies = jv_array_append(b->dependencies,
		    df_jset_str(df_jset_str(jv_object(), "mode", mode),
		    "name", x->name.s));
	}
	return 0;
}

/* ---- preflight ---- */

static int
load_trust(struct boot *b, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	int r;

	if (df_args.trust)
		df_buf_str(&path, df_args.trust);
	else
		df_trust_path(&path);
	r = df_trust_files_read(&b->trust_files, path.s, e);
	if (r == 0)
		r = df_trust_files_check(&b->trust_files, NULL, &b->trust,
		    b->root, e);
	if (r < 0 && e->hint[0] == '\0')
		(void)df_hint(e, "df-sign init makes keys and a trust "
		    "directory");
	df_buf_release(&path);
	if (r < 0)
		return -1;
	b->key = df_step_role_key(DF_ROLE_RUN, &b->trust, &b->me, e);
	return b->key ? 0 : -1;
}

/* Somebody has to be able to build, judge and approve. */
static int
check_roles(struct boot *b, struct df_err *e)
{
	static const enum df_role need[] = { DF_ROLE_BUILD, DF_ROLE_HOLDOUT,
	    DF_ROLE_APPROVE };
	char str[DF_AGE_KEY_STR];
	unsigned have = 0;
	size_t i;

	for (i = 0; i < b->trust.nsigner; i++)
		have |= b->trust.signer[i].roles;
	for (i = 0; i < DF_LEN(need); i++)
		if (!(have & DF_ROLE_BIT(need[i])))
			return df_fail(e, DF_REFUSED, "boot.role",
			    "nobody in allowed_signers has role %s",
			    df_role_name(need[i]));
	b->recipients = jv_array();
	for (i = 0; i < b->trust.nrecipient; i++)
		if (b->trust.recipient[i].roles &
		    DF_ROLE_BIT(DF_ROLE_HOLDOUT))
			b->recipients = jv_array_append(b->recipients,
			    jv_string(df_age_recipient_str(
			    b->trust.recipient[i].pk, str)));
	if (jv_array_length(jv_copy(b->recipients)) == 0)
		return df_fail(e, DF_REFUSED, "boot.recipient",
		    "nobody in recipients may open a suite (df-holdout)");
	return 0;
}

static void
protect(struct boot *b, const char *path, const char *why)
{
	char *real = path ? df_real_path(path, NULL) : NULL;

	if (real == NULL)
		return;
	df_protect_add(&b->protect, path, why);
	df_list_add(&b->exclude, real);
}

/* The record of a run has no name of D9: of a file its directory counts. */
static void
protect_holdouts(struct boot *b)
{
	struct df_buf dir = DF_BUF_INIT;
	struct stat st;
	const char *slash;

	if (o_holdouts == NULL)
		return;
	df_buf_str(&dir, o_holdouts);
	slash = strrchr(o_holdouts, '/');
	if (stat(o_holdouts, &st) == 0 && !S_ISDIR(st.st_mode)) {
		df_buf_reset(&dir);
		df_buf_add(&dir, slash ? o_holdouts : ".", slash ?
		    (size_t)(slash - o_holdouts) + 1 : 1);
	}
	df_protect_add(&b->protect, dir.s, "holdouts");
	df_protect_git(&b->protect, dir.s, "the holdouts' repository");
	df_buf_release(&dir);
}

static void
collect_protected(struct boot *b)
{
	char *real;

	protect(b, o_spec, "specification");
	df_protect_git(&b->protect, o_spec, "the specification's repository");
	protect_holdouts(b);
	real = o_holdouts ? df_real_path(o_holdouts, NULL) : NULL;
	if (real)
		df_list_add(&b->exclude, real);
	protect(b, o_tests, "tests");
	df_protect_git(&b->protect, o_tests, "the tests' repository");
	if (b->factory.dir >= 0)
		protect(b, b->factory.path, "factory");
	df_protect_add(&b->protect, o_supersedes, "superseded run");
	df_protect_keys(&b->protect);
}

static int
preflight(struct boot *b, struct df_err *e)
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
		r = check_roles(b, e);
	if (r == 0)
		r = df_preflight_agent(&b->adapter, b->adapter_host,
		    (enum df_level)df_level_parse(df_jv_str(set,
		    "sandbox.level")), df_jv_bool(set,
		    "sandbox.allow_network"), &b->protect, e);
	return r;
}

/* ---- the suite: scan, seal ---- */

static int
on_exposed(void *arg, const struct df_exposed *x)
{
	struct df_buf place = DF_BUF_INIT;

	df_text_foreign(&place, x->place, strlen(x->place), DF_TEXT_LINE, 0,
	    200);
	if (x->shared)
		df_debug("%s:%u: shares a %s with item %u of the suite",
		    place.s, x->line, df_leak_kind_name(x->kind), x->item);
	else
		(void)df_fail(arg, DF_REFUSED, "holdout.leak",
		    "%s:%u: builders would read a %s of item %u of the suite",
		    place.s, x->line, df_leak_kind_name(x->kind), x->item);
	df_buf_release(&place);
	return !x->shared;
}

/* The public inputs, with the plaintext at hand. */
static int
scan_inputs(struct boot *b, struct df_store *store,
    const struct df_digest *base, struct df_err *e)
{
	struct df_exposure *x = df_exposure_new(&b->suite, e);
	const struct df_config *c;
	size_t i;
	int r;

	if (x == NULL)
		return -1;
	r = df_exposure_public(x, &b->spec, on_exposed, e);
	for (i = 0; i < b->profile.cfg.n && r == 0; i++) {
		c = &b->profile.cfg.v[i];
		r = df_exposure_text(x, c->path, c->bytes.s, c->bytes.n,
		    on_exposed, e);
	}
	if (r == 0)
		r = df_exposure_tree(x, "base", store, base, on_exposed, e,
		    e);
	df_exposure_free(x);
	return r ? -1 : 0;
}

static int
seal_suite(struct boot *b, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT;
	int r;

	df_buf_reset(&b->commitment);
	df_buf_reset(&b->age);
	df_sealed_commitment(&b->suite, &b->commitment);
	df_sealed_plain(&b->suite, &plain);
	r = df_trust_encrypt(&b->trust, DF_ROLE_BIT(DF_ROLE_HOLDOUT),
	    plain.s, plain.n, &b->age, e);
	df_buf_wipe(&plain);
	return r;
}

/* ---- the records ---- */

static jv
digest_jv(const struct df_digest *d)
{
	char s[DF_DIGEST_STR];

	return jv_string(df_digest_str(d, s));
}

static jv
bytes_digest(const struct df_buf *b)
{
	struct df_digest d;

	df_sha256(b->s, b->n, &d);
	return digest_jv(&d);
}

/* The envelope, without what names the run (run, run_key, instance). */
static jv
envelope(struct boot *b, const struct df_base *base,
    const struct df_digest *spec, jv documents)
{
	jv v = jv_object(), o;
	const char *s;

	o = df_jset_str(jv_object(), "source", base->source);
	if (base->commit[0])
		o = df_jset_str(o, "commit", base->commit);
	v = df_jset(v, "base", df_jset(o, "tree", digest_jv(&base->tree)));
	v = df_jset(v, "commitment", bytes_digest(&b->commitment));
	v = df_jset_str(v, "component", b->spec.component);
	v = df_jset(v, "config", df_configs_json(&b->profile.cfg));
	v = df_jset(v, "dependencies", jv_copy(b->dependencies));
	v = df_jset_str(v, "execution_mode", "local");
	o = df_jset(jv_object(), "digest", bytes_digest(&b->age));
	o = df_jset_str(o, "kind", b->count.kind);
	o = df_jset_int(o, "p0", (int64_t)b->count.p0);
	o = df_jset(o, "recipients", jv_copy(b->recipients));
	v = df_jset(v, "holdout", df_jset_int(o, "scenarios",
	    (int64_t)b->count.scenarios));
	v = df_jset(v, "origins", jv_copy(b->profile.origins));
	v = df_jset_str(v, "package", b->spec.package);
	s = df_jv_str(b->submission, "priority");
	v = df_jset_str(v, "priority", s ? s : "standard");
	s = df_jv_str(b->submission, "requested_by");
	v = df_jset_str(v, "requested_by", s ? s : b->me->principal);
	v = df_jset_str(v, "schema", "df.run/1");
	v = df_jset(v, "settings", jv_copy(b->profile.settings));
	o = df_jset(jv_object(), "documents", documents);
	v = df_jset(v, "spec", df_jset(o, "tree", digest_jv(spec)));
	if (b->submission_text.n) {
		o = df_jset(jv_object(), "digest",
		    bytes_digest(&b->submission_text));
		v = df_jset(v, "submission", df_jset_str(o, "run_id",
		    df_jv_str(b->submission, "run_id")));
	}
	v = df_jset(v, "tasks", df_public_tasks(&b->spec));
	v = df_jset(v, "tools", df_jset_str(jv_object(), "version",
	    DF_VERSION));
	o = df_jset(jv_object(), "recipients",
	    bytes_digest(&b->trust_files.recipients));
	o = df_jset_str(o, "root", b->root);
	return df_jset(v, "trust", df_jset(o, "signers",
	    bytes_digest(&b->trust_files.signers)));
}

/* The public inputs only: the same ones give the same name. */
static void
make_run_key(struct boot *b, const struct df_base *base,
    const struct df_digest *spec)
{
	const struct df_config *c;
	jv v = jv_object(), o = jv_object();
	size_t i;

	for (i = 0; i < b->profile.cfg.n; i++) {
		c = &b->profile.cfg.v[i];
		o = df_jset(o, c->name, digest_jv(&c->digest));
	}
	v = df_jset(v, "base", digest_jv(&base->tree));
	v = df_jset(v, "config", o);
	v = df_jset(v, "settings", jv_copy(b->profile.settings));
	v = df_jset(v, "spec", digest_jv(spec));
	(void)df_id_key(v, DF_TAG_RUN_KEY, b->key_hex);
}

static jv
host_record(const struct boot *b)
{
	jv v = df_jset(jv_object(), "adapter",
	    jv_is_valid(b->adapter_host) ? jv_copy(b->adapter_host) :
	    jv_null());

	v = df_jset(v, "protected", df_protect_json(&b->protect));
	return df_jset_str(v, "schema", "df.boot-host/1");
}

static jv
created_data(const struct boot *b, const char *nonce)
{
	jv v = jv_object(), o;

	v = df_jset(v, "commitment", bytes_digest(&b->commitment));
	o = df_jset(jv_object(), "digest", bytes_digest(&b->age));
	v = df_jset(v, "holdout", df_jset(o, "recipients",
	    jv_copy(b->recipients)));
	v = df_jset_int(v, "instance", b->instance);
	o = df_jset_int(jv_object(), "max_attempts",
	    df_jv_int(b->profile.settings, "limits.max_attempts", 3));
	v = df_jset(v, "limits", df_jset_int(o, "max_eval_attempts",
	    df_jv_int(b->profile.settings, "limits.max_eval_attempts", 2)));
	v = df_jset_str(v, "nonce", nonce);
	if (b->have_origin)
		v = df_jset(v, "origin", df_origin_json(&b->origin));
	v = df_jset_str(v, "run", b->name);
	v = df_jset_str(v, "run_key", b->key_hex);
	return df_jset_str(v, "status", "booting");
}

static int
make_nonce(char out[33], struct df_err *e)
{
	uint8_t rnd[16];

	if (o_nonce) {
		if (df_unhex(rnd, 16, o_nonce, strlen(o_nonce)) < 0)
			return df_fail(e, DF_USAGE, "nonce",
			    "--nonce wants 32 lower-case hex digits");
	} else if (getrandom(rnd, sizeof(rnd), 0) != (ssize_t)sizeof(rnd)) {
		return df_fail_errno(e, DF_EXTERNAL, "nonce", "getrandom");
	}
	df_hex_str(out, rnd, sizeof(rnd));
	return 0;
}

/* ---- the run ---- */

struct taken {
	const char *name;
	int yes;
};

static int
is_taken(void *arg, const char *name, const struct df_digest *run)
{
	struct taken *t = arg;

	(void)run;
	t->yes = t->yes || strcmp(name, t->name) == 0;
	return 0;
}

/* The next instance that is neither there nor in the factory's log. */
static int
choose_name(struct boot *b, int parent, struct df_err *e)
{
	struct taken t = { b->name, 1 };

	for (; t.yes; b->instance++) {
		(void)df_run_name(b->key_hex, b->instance, b->name);
		t.yes = faccessat(parent, b->name, F_OK,
		    AT_SYMLINK_NOFOLLOW) == 0;
		if (!t.yes && b->factory.dir >= 0 &&
		    df_factory_runs(&b->factory, is_taken, &t, e) < 0)
			return -1;
	}
	b->instance--;
	return 0;
}

static int
put_text(struct df_step *s, struct df_commit *c, const char *name,
    const char *media, const struct df_buf *b, struct df_err *e)
{
	return df_commit_put(s, c, name, media, b->s, b->n, e);
}

static int
put_config(struct boot *b, struct df_step *s, struct df_commit *c,
    struct df_err *e)
{
	const struct df_config *cf;
	size_t i, n;

	for (i = 0; i < b->profile.cfg.n; i++) {
		cf = &b->profile.cfg.v[i];
		n = strlen(cf->file);
		if (put_text(s, c, cf->file, n > 5 && strcmp(cf->file + n - 5,
		    ".json") == 0 ? DF_MEDIA_JSON : DF_MEDIA_TEXT, &cf->bytes,
		    e) < 0)
			return -1;
	}
	return put_text(s, c, "trust/allowed_signers", DF_MEDIA_TEXT,
	    &b->trust_files.signers, e) < 0 ||
	    put_text(s, c, "trust/allowed_signers.sig", DF_MEDIA_TEXT,
	    &b->trust_files.signers_sig, e) < 0 ||
	    put_text(s, c, "trust/recipients", DF_MEDIA_TEXT,
	    &b->trust_files.recipients, e) < 0 ||
	    put_text(s, c, "trust/recipients.sig", DF_MEDIA_TEXT,
	    &b->trust_files.recipients_sig, e) < 0 ? -1 : 0;
}

/* Everything that line 1 names, staged in the new run's store. */
static int
fill_run(struct boot *b, struct df_step *s, struct df_commit *c, int parent,
    struct df_err *e)
{
	struct df_tree_limits limit = { .entries = (uint64_t)df_jv_int(
	    b->profile.settings, "limits.tree_entries", 0), .bytes =
	    (uint64_t)df_jv_int(b->profile.settings, "limits.tree_bytes",
	    0) };
	struct df_base base;
	struct df_digest spec;
	jv documents, env;

	if (df_base_take(&s->run.store, o_base, o_dirty, &b->exclude, &limit,
	    &base, e) < 0 || scan_inputs(b, &s->run.store, &base.tree, e) < 0
	    || seal_suite(b, e) < 0)
		return -1;
	if (df_public_put(&b->spec, &s->run.store, &spec, &documents, e) <
	    0) {
		jv_free(documents);
		return -1;
	}
	env = envelope(b, &base, &spec, documents);
	make_run_key(b, &base, &spec);
	if (choose_name(b, parent, e) < 0) {
		jv_free(env);
		return -1;
	}
	snprintf(s->run.id, sizeof(s->run.id), "%s", b->name);
	env = df_jset_int(env, "instance", b->instance);
	env = df_jset_str(env, "run", b->name);
	env = df_jset_str(env, "run_key", b->key_hex);
	if (df_commit_record(s, c, "run.json", "run", env, e) < 0 ||
	    df_commit_record(s, c, "validation.json", "validation",
	    df_check_result(&b->check, &b->spec, DF_RESULT_PUBLIC), e) < 0 ||
	    df_commit_record(s, c, "boot.host.json", "boot-host",
	    host_record(b), e) < 0 ||
	    put_text(s, c, "commitment.json", DF_MEDIA_JSON, &b->commitment,
	    e) < 0 || put_text(s, c, "holdout.age", DF_MEDIA_AGE, &b->age, e)
	    < 0 || put_config(b, s, c, e) < 0 ||
	    df_commit_tree(s, c, "spec.tree", &spec, e) < 0 ||
	    df_commit_tree(s, c, "base.tree", &base.tree, e) < 0)
		return -1;
	if (b->submission_text.n && put_text(s, c, "submission.json",
	    DF_MEDIA_JSON, &b->submission_text, e) < 0)
		return -1;
	return b->have_origin ? df_origin_put(&b->origin, s, c, e) : 0;
}

/* In a directory that is not there yet: lines 1 and 2. */
static int
write_run(struct boot *b, struct df_step *s, int parent, struct df_err *e)
{
	struct df_commit c[2];
	char nonce[33];
	int r;

	df_commit_init(&c[0], "run.created", NULL);
	df_commit_init(&c[1], "run.started", NULL);
	r = fill_run(b, s, &c[0], parent, e);
	if (r == 0)
		r = make_nonce(nonce, e);
	if (r == 0) {
		jv_free(c[0].data);
		c[0].data = created_data(b, nonce);
		c[1].data = df_jset_str(c[1].data, "preflight", "PASS");
		r = df_step_commit(s, c, 2, e);
	}
	df_commit_release(&c[0]);
	df_commit_release(&c[1]);
	return r;
}

/* A factory knows of a run before the run is there. */
static int
announce(struct boot *b, const struct df_run *r, struct df_err *e)
{
	char s[DF_DIGEST_STR];
	jv data;

	if (b->factory.dir < 0)
		return 0;
	data = df_jset_str(jv_object(), "name", b->name);
	data = df_jset_str(data, "run", df_digest_str(&r->state.genesis, s));
	return df_factory_append(&b->factory, "run.booted", data, b->key,
	    DF_ROLE_RUN, e);
}

static int
create(struct boot *b, struct df_err *e)
{
	struct df_step s = { .role = DF_ROLE_RUN, .key = b->key,
	    .me = b->me };
	struct df_place place;
	int dir, r;

	if (df_place_open(&place, b->parent, e) < 0)
		return -1;
	dir = fcntl(place.dir, F_DUPFD_CLOEXEC, 0);
	r = df_run_create(&s.run, dir, b->parent, "", e);
	if (r == 0) {
		r = write_run(b, &s, place.parent, e);
		if (r == 0)
			r = announce(b, &s.run, e);
		df_run_close(&s.run);
	}
	if (r == 0)
		r = df_place_publish(&place, b->name, e);
	df_place_close(&place);
	return r;
}

static void
print_run(const struct boot *b)
{
	struct df_buf path = DF_BUF_INIT;

	df_buf_fmt(&path, "%s/%s", b->parent, b->name);
	if (df_args.json)
		df_out_json(df_jset_str(df_jset_str(jv_object(), "path",
		    path.s), "run", b->name));
	else
		df_out(path.s);
	df_buf_release(&path);
}

static int
choose_place(struct boot *b, struct df_err *e)
{
	struct df_buf p = DF_BUF_INIT;

	if (o_out)
		df_buf_str(&p, o_out);
	else if (b->factory.dir >= 0)
		df_buf_fmt(&p, "%s/runs", b->factory.path);
	else
		df_buf_str(&p, "runs");
	if (df_mkdirs(AT_FDCWD, p.s, 1, 0755, e) < 0) {
		df_buf_release(&p);
		return -1;
	}
	b->parent = df_buf_detach(&p);
	return 0;
}

static int
resolve(struct boot *b, struct df_err *e)
{
	const char *kind = df_suite_manifest(o_tests) ? "tap" : "d9";

	if (read_submission(b, e) < 0 ||
	    df_profile_load(&b->profile, &b->factory, o_profile ? o_profile :
	    "default", &o_set, &o_policy, kind, e) < 0 ||
	    load_adapter(b, e) < 0 || resolve_spec(b, e) < 0 ||
	    check_dependencies(b, e) < 0 || load_trust(b, e) < 0 ||
	    df_suite_make(&b->spec, o_tests, &b->suite, &b->count, e) < 0 ||
	    preflight(b, e) < 0)
		return -1;
	if (o_supersedes && df_origin_open(&b->origin, o_supersedes, e) < 0)
		return -1;
	b->have_origin = o_supersedes != NULL;
	return 0;
}

static int
boot(struct boot *b, struct df_err *e)
{
	int r;

	r = df_factory_open(&b->factory, df_args.factory, e);
	if (r < 0)
		return -1;
	collect_protected(b);
	if (resolve(b, e) < 0)
		return -1;
	if (df_args.dry) {
		df_profile_print(&b->profile);
		df_note("%s: %zu tasks, %zu scenarios (%zu P0), adapter %s",
		    b->spec.component, b->spec.d8.tasks, b->count.scenarios,
		    b->count.p0, *b->profile.adapter ? b->profile.adapter :
		    "none");
		return 0;
	}
	if (choose_place(b, e) < 0)
		return -1;
	/* Another boot may take the name first: then it is the next one. */
	for (b->instance = 1;; b->instance++) {
		r = create(b, e);
		if (r == 0 || e->exit != DF_CONFLICT ||
		    strcmp(e->code, "file.rename") != 0)
			break;
	}
	if (r == 0)
		print_run(b);
	return r;
}

/* A factory remembers failed boots too. */
static void
record_failure(struct boot *b, const struct df_err *e)
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
	struct boot b;
	struct df_err e = { 0 };
	size_t n;
	int r;

	(void)df_opt_parse(&tool, argc, argv, &n);
	if (n)
		df_usage("df-boot takes no operand");
	if (o_spec == NULL)
		df_usage("which specification? --spec DIR");
	df_no_core();
	memset(&b, 0, sizeof(b));
	df_profile_init(&b.profile);
	df_trust_files_init(&b.trust_files);
	df_sealed_init(&b.suite);
	df_buf_init(&b.submission_text);
	df_buf_init(&b.commitment);
	df_buf_init(&b.age);
	b.submission = b.dependencies = b.adapter_host = b.recipients =
	    b.adapter.j = jv_invalid();
	b.factory.dir = b.factory.log.fd = -1;
	r = boot(&b, &e);
	df_sealed_release(&b.suite);
	if (r < 0) {
		record_failure(&b, &e);
		df_err_print(&e);
		if (!df_errors_json)
			df_note("BOOT_FAILURE: no run was made");
	}
	df_key_free(b.key);
	return df_out_end(r < 0 ? e.exit : DF_OK);
}
