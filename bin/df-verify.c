/*
 * df-verify - check a run or a bundle; no network, no factory, no key.
 *
 * Every digest, every link of the chain, every signature against its role,
 * every guard replayed, every record against its schema and the others, every
 * policy run again, the seal, the closed set.  The root comes from outside:
 * --root or the trust directory, never from what is checked.  With --replay
 * whatever follows from what the run holds is made again.
 */
#include "base/df.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/opt.h"
#include "base/out.h"
#include "evidence/seal.h"
#include "run/heads.h"
#include "run/prune.h"
#include "run/records.h"
#include "verify.h"
#include "work/bundle.h"
#include "work/oci.h"

static const char *o_root, *o_identity, *o_checkpoint, *o_checkpoint_key;
static int o_self, o_anchor, o_forget, o_revoked, o_replay,
    o_isolation;
static int64_t o_jobs = 1;

static const struct df_opt opts[] = {
	{ 0, "root", "FINGERPRINT", "the root that is trusted: SHA256:...",
	    DF_OPT_STR, &o_root, 0, 0 },
	{ 0, "self", NULL, "CONSISTENT is enough: exit 0", DF_OPT_FLAG,
	    &o_self, 0, 0 },
	{ 0, "anchor", NULL, "the factory's log has to know the run",
	    DF_OPT_FLAG, &o_anchor, 0, 0 },
	{ 0, "checkpoint", "FILE", "a checkpoint of the log that was kept",
	    DF_OPT_STR, &o_checkpoint, 0, 0 },
	{ 0, "checkpoint-key", "KEY", "who signed it: a verifier key, or a "
	    "file", DF_OPT_STR, &o_checkpoint_key, 0, 0 },
	{ 0, "forget", NULL, "forget the head that is remembered of RUN",
	    DF_OPT_FLAG, &o_forget, 0, 0 },
	{ 'i', "identity", "FILE", "unseal with this age identity and check "
	    "all of the suite", DF_OPT_STR, &o_identity, 0, 0 },
	{ 0, "revoked", NULL, "list the factory's runs that a revoked key "
	    "has signed in", DF_OPT_FLAG, &o_revoked, 0, 0 },
	{ 0, "replay", NULL, "take every deterministic step again, and "
	    "compare", DF_OPT_FLAG, &o_replay, 0, 0 },
	{ 'j', "jobs", "N", "of --replay: runs of scenarios at the same time",
	    DF_OPT_INT, &o_jobs, 1, 256 },
	{ 0, "isolation", NULL, "what each attempt could reach, by its "
	    "record", DF_OPT_FLAG, &o_isolation, 0, 0 },
	DF_ARG_RUN,
	{ 'F', "factory", "DIR", "the factory whose log anchors ($DF_FACTORY)",
	    DF_OPT_STR, &df_args.factory, 0, 0 },
	DF_ARG_TRUST, DF_ARG_JSON, DF_ARG_QUIET,
	DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-verify", "[options] [RUN|BUNDLE|LAYOUT]",
	"Check a run, a bundle or an OCI layout offline.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

static int
check(struct df_verify *w, const char *path, struct df_err *e)
{
	struct df_run *r = &w->run;
	struct df_blobset blobs = { 0 };
	int ret;

	if (df_run_open(r, path, DF_RUN_LINES, e) < 0 ||
	    df_gate_check(r, o_root, df_args.trust, &w->gate, e) < 0)
		return -1;
	if (*w->gate.why && w->gate.touched.voids == 0)
		df_warn("%s", w->gate.why);
	df_verify_touched(w);
	ret = df_gate_blobs(r, &blobs, e);
	if (ret == 0) {
		w->names = df_closed_check(r, &blobs, &w->bad, &w->notes, e);
		ret = w->names < 0 ? -1 : df_retain_check(r, &blobs, &w->bad,
		    &w->notes, e);
	}
	df_blobset_release(&blobs);
	return ret < 0 || df_seals_check(r, &w->bad, e) < 0 ||
	    df_records_check(r, &w->bad, &w->origins, e) < 0 ||
	    df_verify_holdouts(w, e) < 0 ||
	    df_verify_decisions(w, e) < 0 ||
	    (o_isolation && df_verify_isolation(w, e) < 0) ||
	    df_verify_anchor(w, o_anchor, e) < 0 ||
	    df_verify_checkpoint(w, o_checkpoint, o_checkpoint_key, e) < 0 ?
	    -1 : 0;
}

/* An error that says that the run is not what it should be. */
static int
broken(const struct df_err *e)
{
	static const char *const other[] = { "run.open", "run.which",
	    "factory.open", "heads.format", "age.nomatch" };
	size_t i;

	for (i = 0; i < DF_LEN(other); i++)
		if (strcmp(e->code, other[i]) == 0)
			return 0;
	return e->exit == DF_INTEGRITY || e->exit == DF_AUTH ||
	    e->exit == DF_REFUSED || e->exit == DF_INPUT ||
	    e->exit == DF_NO;
}

static int
verify(struct df_verify *w, const char *path)
{
	struct df_err e = { 0 };
	int r = check(w, path, &e), opened = w->run.state.seq > 0;

	if (r < 0 && (w->other || !broken(&e))) {
		df_err_print(&e);
		return e.exit;
	}
	if (r < 0 || w->bad.n) {
		if (df_args.json)
			df_verify_json(w, "BROKEN", &e);
		else
			df_out_row((const char *const[]) { "BROKEN" }, 1);
		if (r < 0 && !df_args.json)
			fprintf(stderr, "BROKEN: %s [%s]\n", e.msg, e.code);
		if (r < 0 && !df_args.json && *e.hint && (df_verbose ||
		    df_tty()))
			fprintf(stderr, "    hint: %s\n", e.hint);
		if (!df_args.json)
			df_verify_say(&w->bad, "BROKEN");
		return DF_INTEGRITY;
	}
	if (o_replay && df_replay_run(&w->replay, &w->run, &e) < 0) {
		df_err_print(&e);
		return e.exit;
	}
	if (!df_quiet && !df_args.json)
		df_verify_say(&w->notes, "note");
	if (!df_args.json)
		df_verify_say(&w->voids, "CONSISTENT");
	if (df_args.json)
		df_verify_json(w, df_trusted_name(w->gate.trusted), NULL);
	else if (opened)
		df_verify_text(w, df_trusted_name(w->gate.trusted));
	/* Who has a revoked key could have made another end than the true
	   one. */
	if (w->gate.touched.voids == 0)
		df_heads_remember(&w->run);
	if (o_replay && !df_args.json)
		df_replay_print(&w->replay);
	r = w->gate.trusted == DF_VERIFIED || o_self ? DF_OK : DF_AUTH;
	if (w->replay.count[DF_REPLAY_DIFFERS])
		r = df_exit_worst(r, DF_NO);
	if (o_isolation)
		r = df_exit_worst(r, df_verify_isolation_text(w));
	if (!w->unanchored)
		return r;
	df_fail(&e, DF_NO, "anchor.none",
	    "the factory's log has no anchor of this run");
	df_err_print(&e);
	return df_exit_worst(r, DF_NO);
}

int
main(int argc, char **argv)
{
	struct df_verify w = { .anchored = -1 };
	struct df_bundle b = { .fd = -1 };
	struct df_err e;
	struct stat st;
	const char *path;
	char **operand;
	size_t n;
	int r;

	operand = df_opt_parse(&tool, argc, argv, &n);
	if (n > 1)
		df_usage("one RUN, BUNDLE or LAYOUT");
	path = n ? operand[0] : df_args.run;
	if (o_root && (strncmp(o_root, "SHA256:", 7) != 0 ||
	    strlen(o_root) != 50))
		df_usage("--root is a fingerprint: SHA256: and 43 characters");
	if (o_checkpoint_key && !o_checkpoint)
		df_usage("--checkpoint-key is for --checkpoint FILE");
	if (o_revoked && n)
		df_usage("--revoked looks at all runs of a factory");
	if (o_revoked)
		return df_out_end(df_verify_revoked());
	w.run.env = w.isolation = jv_invalid();
	w.replay.jobs = (size_t)o_jobs;
	df_args.identity = o_identity;
	if (o_identity) {
		df_no_core();
		w.id = df_age_identity_file(o_identity, &w.nid, &e);
		if (w.id == NULL)
			df_die(&e);
	}
	if (path && stat(path, &st) == 0 && (S_ISREG(st.st_mode) ||
	    df_oci_is(path))) {
		if (df_bundle_open(&b, path, &e) < 0)
			df_die(&e);
		path = b.run;
	}
	r = o_forget ? df_verify_forget(path) : verify(&w, path);
	df_age_id_free(w.id, w.nid);
	df_findings_release(&w.bad);
	df_findings_release(&w.notes);
	df_findings_release(&w.voids);
	df_replay_release(&w.replay);
	jv_free(w.isolation);
	if (w.run.path)
		df_run_close(&w.run);
	df_bundle_close(&b);
	return df_out_end(r);
}
