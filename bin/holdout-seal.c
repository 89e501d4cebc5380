/*
 * df-holdout seal: check a specification, seal its suite, and sign what was
 * found, for runs that somebody else will boot.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/place.h"
#include "run/step.h"
#include "spec/attest.h"
#include "holdout.h"
#include "refuse.h"

static const char *o_spec, *o_holdouts, *o_tests, *o_waivers;
static const char *o_out = "sealed", *o_suite;

const struct df_opt df_holdout_seal_opts[] = {
	{ 0, "spec", "DIR", "the specification, D1 to D10", DF_OPT_STR,
	    &o_spec, 0, 0 },
	{ 0, "holdouts", "PATH", "D9 is this file, or in this directory",
	    DF_OPT_STR, &o_holdouts, 0, 0 },
	{ 0, "tests", "DIR", "programs that judge scenarios, sealed too",
	    DF_OPT_STR, &o_tests, 0, 0 },
	{ 0, "waivers", "DIR", "signed waivers for findings (df-decide waive)",
	    DF_OPT_STR, &o_waivers, 0, 0 },
	{ 'o', "output", "DIR", "make this directory (default: sealed)",
	    DF_OPT_STR, &o_out, 0, 0 },
	{ 0, "suite-id", "HEX", "32 digits instead of random ones: for tests",
	    DF_OPT_STR, &o_suite, 0, 0 },
	DF_ARG_END
};

struct sealer {
	struct df_trust_files files;
	struct df_trust trust;
	struct df_key *key;
	const struct df_signer *me;
	struct df_spec spec;
	struct df_check check;
	struct df_waivers waivers;	/* for findings in public documents */
	struct df_sealed suite;
	struct df_suite_count count;
	struct df_sealing out;
	char id[33];
};

static void
init(struct sealer *w)
{
	memset(w, 0, sizeof(*w));
	df_trust_files_init(&w->files);
	df_sealed_init(&w->suite);
	df_sealing_init(&w->out);
}

static void
release(struct sealer *w)
{
	df_sealing_release(&w->out);
	df_sealed_release(&w->suite);
	df_check_release(&w->check);
	df_waivers_release(&w->waivers);
	df_spec_release(&w->spec);
	df_key_free(w->key);
	df_trust_release(&w->trust);
	df_trust_files_release(&w->files);
}

static int
set_id(struct sealer *w, struct df_err *e)
{
	uint8_t id[16];

	if (o_suite) {
		if (df_unhex(id, sizeof(id), o_suite, strlen(o_suite)) < 0)
			return df_fail(e, DF_USAGE, "suite.id",
			    "--suite-id wants 32 lower-case hex digits");
	} else if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id)) {
		return df_fail_errno(e, DF_EXTERNAL, "suite.id", "getrandom");
	}
	df_hex_str(w->id, id, sizeof(id));
	return 0;
}

static int
load_trust(struct sealer *w, struct df_err *e)
{
	char root[DF_FP_STR];

	if (df_trust_usual(&w->files, &w->trust, root, e) < 0)
		return -1;
	w->key = df_step_role_key(DF_ROLE_HOLDOUT, &w->trust, &w->me, e);
	return w->key && df_trust_may(&w->trust, w->me->fp, DF_ROLE_HOLDOUT,
	    df_now_ms(), e) ? 0 : -1;
}

static int
check_spec(struct sealer *w, struct df_err *e)
{
	struct df_exposure *x;
	int r;

	if (df_spec_load_dir(&w->spec, o_spec, o_holdouts, 0, e) < 0)
		return -1;
	if (df_suite_manifest(o_tests) && !(w->spec.have & DF_SPEC_BIT(9)))
		w->spec.withheld |= DF_SPEC_BIT(9);
	df_check_run(&w->check, &w->spec);
	if (o_waivers) {
		if (df_waivers_read(&w->waivers, o_waivers, &w->trust,
		    df_now_ms(), e) < 0)
			return -1;
		df_check_waive(&w->check, &w->spec, &w->waivers);
	}
	if (df_refuse_spec(&w->check, o_spec, e) < 0 || df_suite_make(
	    &w->spec, o_tests, &w->suite, &w->count, e) < 0)
		return -1;
	x = df_exposure_new(&w->suite, e);
	r = x ? df_exposure_public(x, &w->spec, df_refuse_exposed, e) : -1;
	df_exposure_free(x);
	return r ? -1 : 0;
}

static int
seal(struct sealer *w, struct df_err *e)
{
	struct df_attest a = { w->id, &w->check, &w->spec, &w->suite,
	    &w->count, &w->trust, &w->out.age, &w->out.commitment };
	struct df_buf plain = DF_BUF_INIT;
	int r;
	jv v;

	df_sealed_commitment(&w->suite, &w->out.commitment);
	df_sealed_plain(&w->suite, &plain);
	r = df_trust_encrypt(&w->trust, DF_ROLE_BIT(DF_ROLE_HOLDOUT), plain.s,
	    plain.n, &w->out.age, e);
	df_buf_wipe(&plain);
	if (r < 0)
		return -1;
	v = df_attest_make(&a, e);
	if (!jv_is_valid(v) || df_schema_write(&w->out.findings, v,
	    "findings", e) < 0 || df_sshsig_sign(w->key, df_role_name(
	    DF_ROLE_HOLDOUT), w->out.findings.s, w->out.findings.n,
	    &w->out.sig, e) < 0)
		return -1;
	/* What nobody could boot with is not given away. */
	return df_sealing_check(&w->out, &w->trust, df_now_ms(), e);
}

/* The directory that it goes into, and its name there. */
static int
split(struct df_buf *parent, struct df_buf *name, struct df_err *e)
{
	const char *slash;
	size_t n = strlen(o_out);

	while (n > 1 && o_out[n - 1] == '/')
		n--;
	df_buf_add(parent, o_out, n);
	slash = strrchr(parent->s, '/');
	df_buf_str(name, slash ? slash + 1 : parent->s);
	if (name->n == 0 || strcmp(name->s, ".") == 0 ||
	    strcmp(name->s, "..") == 0)
		return df_fail(e, DF_USAGE, "sealed.output",
		    "-o %s does not name a new directory", o_out);
	n = slash ? (size_t)(slash - parent->s) : 0;
	df_buf_cut(parent, n ? n : slash != NULL);
	if (slash == NULL)
		df_buf_str(parent, ".");
	return 0;
}

static int
write_files(const struct df_sealing *s, int dir, struct df_err *e)
{
	return df_create_file(dir, "holdout.age", s->age.s, s->age.n, 0644, e)
	    < 0 || df_create_file(dir, "commitment.json", s->commitment.s,
	    s->commitment.n, 0644, e) < 0 || df_create_file(dir,
	    "findings.json", s->findings.s, s->findings.n, 0644, e) < 0 ||
	    df_create_file(dir, "findings.json.sig", s->sig.s, s->sig.n, 0644,
	    e) < 0 ? -1 : 0;
}

static int
publish(struct sealer *w, struct df_err *e)
{
	struct df_buf parent = DF_BUF_INIT, name = DF_BUF_INIT;
	struct df_place p;
	int r;

	r = split(&parent, &name, e);
	if (r == 0)
		r = df_place_make(&p, parent.s, e);
	if (r == 0) {
		r = write_files(&w->out, p.dir, e);
		if (r == 0)
			r = df_place_publish(&p, name.s, e);
		df_place_close(&p);
	}
	df_buf_release(&parent);
	df_buf_release(&name);
	return r;
}

static int
make(struct sealer *w, struct df_err *e)
{
	if (set_id(w, e) < 0 || load_trust(w, e) < 0 || check_spec(w, e) < 0
	    || seal(w, e) < 0)
		return -1;
	if (w->count.executable < w->count.scenarios)
		df_warn("%zu of %zu scenarios will be ERROR, nothing in them "
		    "can be executed: %s [d9.behaviour]", w->count.scenarios -
		    w->count.executable, w->count.scenarios,
		    w->count.lacking);
	if (df_args.dry) {
		df_note("%zu scenarios (%zu P0) would be sealed",
		    w->count.scenarios, w->count.p0);
		return 0;
	}
	if (publish(w, e) < 0)
		return -1;
	if (df_args.json)
		df_out_json(df_jset_str(df_jset_str(jv_object(), "path",
		    o_out), "suite", w->id));
	else
		df_out(o_out);
	return 0;
}

int
df_holdout_seal(char **operand, size_t n)
{
	struct sealer w;
	struct df_err e = { 0 };
	int r;

	(void)operand;
	if (n)
		df_usage("df-holdout seal takes no operand");
	if (o_spec == NULL)
		df_usage("which specification? --spec DIR");
	init(&w);
	r = make(&w, &e);
	release(&w);
	if (r < 0)
		df_die(&e);
	return DF_OK;
}
