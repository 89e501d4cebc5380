#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/gate.h"
#include "run/heads.h"
#include "run/place.h"
#include "spec/exposure.h"
#include "spec/public.h"
#include "boot.h"
#include "refuse.h"

/* ---- the suite: scan, seal ---- */

/* The run keeps what a person wrote in it. */
static int
scan_waiver(struct df_exposure *x, const struct df_waiver *w,
    struct df_err *e)
{
	struct df_buf place = DF_BUF_INIT;
	const char *reason = df_jv_str(w->v, "reason");
	int r;

	df_buf_fmt(&place, "the reason of the waiver for %s", df_jv_str(w->v,
	    "rule"));
	r = df_exposure_text(x, place.s, reason, strlen(reason),
	    df_refuse_exposed, e);
	df_buf_release(&place);
	return r;
}

/* The public inputs, with the plaintext at hand. */
static int
scan_inputs(struct df_boot *b, struct df_store *store,
    const struct df_digest *base, struct df_err *e)
{
	struct df_exposure *x;
	const struct df_config *c;
	size_t i;
	int r;

	/* Who has the plaintext does it, before judging. */
	if (b->sealed)
		return 0;
	x = df_exposure_new(&b->suite, e);
	if (x == NULL)
		return -1;
	r = df_exposure_public(x, &b->spec, df_refuse_exposed, e);
	for (i = 0; i < b->profile.cfg.n && r == 0; i++) {
		c = &b->profile.cfg.v[i];
		r = df_exposure_text(x, c->path, c->bytes.s, c->bytes.n,
		    df_refuse_exposed, e);
	}
	for (i = 0; i < b->waivers.n && r == 0; i++)
		if (b->waivers.v[i].used)
			r = scan_waiver(x, &b->waivers.v[i], e);
	if (r == 0)
		r = df_exposure_tree(x, "base", store, base,
		    df_refuse_exposed, e, e);
	df_exposure_free(x);
	return r ? -1 : 0;
}

static int
seal_suite(struct df_boot *b, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT;
	int r;

	if (b->sealed)
		return 0;
	df_buf_reset(&b->commitment);
	df_buf_reset(&b->age);
	df_sealed_commitment(&b->suite, &b->commitment);
	df_sealed_plain(&b->suite, &plain);
	r = df_trust_encrypt(&b->trust, DF_ROLE_BIT(DF_ROLE_HOLDOUT),
	    plain.s, plain.n, &b->age, e);
	df_buf_wipe(&plain);
	return r;
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
choose_name(struct df_boot *b, int parent, struct df_err *e)
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

/* The files that each version has, and of the others those that this has. */
static int
put_trust(struct df_boot *b, struct df_step *s, struct df_commit *c,
    struct df_err *e)
{
	const struct df_buf *text;
	char name[64];
	size_t i;

	for (i = 0; i < DF_TRUST_FILES; i++) {
		text = df_trust_file(&b->trust_files, i);
		snprintf(name, sizeof(name), "trust/%s",
		    df_trust_file_name(i));
		if ((i < DF_TRUST_ALWAYS || text->n) && put_text(s, c, name,
		    strcmp(name, "trust/trust.json") == 0 ? DF_MEDIA_JSON :
		    DF_MEDIA_TEXT, text, e) < 0)
			return -1;
	}
	return 0;
}

static int
put_config(struct df_boot *b, struct df_step *s, struct df_commit *c,
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
	return put_trust(b, s, c, e);
}

/* Everything that line 1 names, staged in the new run's store. */
static int
fill_run(struct df_boot *b, struct df_step *s, struct df_commit *c, int parent,
    struct df_err *e)
{
	struct df_tree_limits limit = { .entries = (uint64_t)df_jv_int(
	    b->profile.settings, "limits.tree_entries", 0), .bytes =
	    (uint64_t)df_jv_int(b->profile.settings, "limits.tree_bytes",
	    0) };
	struct df_base base;
	struct df_digest spec;
	jv documents, env;

	if (df_base_take(&s->run.store, b->base, b->dirty, &b->exclude, &limit,
	    &base, e) < 0 || scan_inputs(b, &s->run.store, &base.tree, e) < 0
	    || seal_suite(b, e) < 0)
		return -1;
	if (df_public_put(&b->spec, &s->run.store, &spec, &documents, e) <
	    0) {
		jv_free(documents);
		return -1;
	}
	env = df_boot_envelope(b, &base, &spec, documents);
	df_boot_run_key(b, &base, &spec);
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
	    df_boot_validation(b), e) < 0 ||
	    df_commit_record(s, c, "boot.host.json", "boot-host",
	    df_boot_host(b), e) < 0 ||
	    put_text(s, c, "commitment.json", DF_MEDIA_JSON, &b->commitment,
	    e) < 0 || put_text(s, c, "holdout.age", DF_MEDIA_AGE, &b->age, e)
	    < 0 || put_config(b, s, c, e) < 0 ||
	    df_commit_tree(s, c, "spec.tree", &spec, e) < 0 ||
	    df_commit_tree(s, c, "base.tree", &base.tree, e) < 0)
		return -1;
	if (b->submission_text.n && put_text(s, c, "submission.json",
	    DF_MEDIA_JSON, &b->submission_text, e) < 0)
		return -1;
	if (df_waivers_put(&b->waivers, s, c, e) < 0 ||
	    df_boot_sealed_put(b, s, c, e) < 0)
		return -1;
	return b->have_origin ? df_origin_put(&b->origin, s, c, e) : 0;
}

/* In a directory that is not there yet: lines 1 and 2. */
static int
write_run(struct df_boot *b, struct df_step *s, int parent, struct df_err *e)
{
	struct df_commit c[2];
	int r;

	df_commit_init(&c[0], "run.created", NULL);
	df_commit_init(&c[1], "run.started", NULL);
	r = fill_run(b, s, &c[0], parent, e);
	if (r == 0) {
		jv_free(c[0].data);
		c[0].data = df_boot_created(b);
		c[1].data = df_jset_str(c[1].data, "preflight", "PASS");
		r = df_step_commit(s, c, 2, e);
	}
	df_commit_release(&c[0]);
	df_commit_release(&c[1]);
	return r;
}

/* A factory knows of a run before the run is there. */
static int
announce(struct df_boot *b, const struct df_run *r, struct df_err *e)
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
create(struct df_boot *b, const char *parent, struct df_err *e)
{
	struct df_step s = { .role = DF_ROLE_RUN, .key = b->key,
	    .me = b->me };
	struct df_digest genesis = { { 0 } };
	struct df_place place;
	struct df_err why;
	int dir, r;

	if (df_place_make(&place, parent, e) < 0)
		return -1;
	dir = fcntl(place.dir, F_DUPFD_CLOEXEC, 0);
	r = df_run_create(&s.run, dir, parent, "", e);
	if (r == 0) {
		r = write_run(b, &s, place.parent, e);
		if (r == 0)
			r = announce(b, &s.run, e);
		genesis = s.run.state.genesis;
		df_run_close(&s.run);
	}
	if (r == 0)
		r = df_place_publish(&place, b->name, e);
	/* Nobody will see the log whose head was remembered. */
	if (r < 0 && df_heads_forget(&genesis, &why) < 0)
		df_debug("%s", why.msg);
	df_place_close(&place);
	return r;
}

int
df_boot_create(struct df_boot *b, const char *parent, struct df_err *e)
{
	int r;

	/* Another boot may take the name first: then it is the next one. */
	for (b->instance = 1;; b->instance++) {
		r = create(b, parent, e);
		if (r == 0 || e->exit != DF_CONFLICT ||
		    strcmp(e->code, "file.rename") != 0)
			return r;
	}
}

void
df_boot_init(struct df_boot *b)
{
	memset(b, 0, sizeof(*b));
	df_profile_init(&b->profile);
	df_trust_files_init(&b->trust_files);
	df_sealing_init(&b->sealing);
	df_sealed_init(&b->suite);
	df_buf_init(&b->submission_text);
	df_buf_init(&b->commitment);
	df_buf_init(&b->age);
	b->submission = b->dependencies = b->adapter_host = b->recipients =
	    b->adapter.j = jv_invalid();
	b->factory.dir = b->factory.log.fd = -1;
}

void
df_boot_release(struct df_boot *b)
{
	df_sealing_release(&b->sealing);
	df_sealed_release(&b->suite);
	df_buf_release(&b->commitment);
	df_buf_release(&b->age);
	df_buf_release(&b->submission_text);
	jv_free(b->submission);
	jv_free(b->dependencies);
	jv_free(b->recipients);
	jv_free(b->adapter_host);
	if (jv_is_valid(b->adapter.j))
		df_adapter_release(&b->adapter);
	if (b->have_origin)
		df_origin_close(&b->origin);
	df_protect_release(&b->protect);
	df_list_free(&b->exclude);
	df_check_release(&b->check);
	df_waivers_release(&b->waivers);
	df_spec_release(&b->spec);
	df_key_free(b->key);
	df_trust_release(&b->trust);
	df_trust_files_release(&b->trust_files);
	df_profile_release(&b->profile);
	df_factory_close(&b->factory);
}
