#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/closed.h"
#include "run/freeze.h"
#include "run/head.h"
#include "run/prune.h"

/* ---- before the seal ---- */

struct sweep {
	struct df_store *store;
	const struct df_blobset *blobs;
	size_t removed;
	struct df_err *e;
};

static int
drop_blob(void *arg, const char *name, const struct df_digest *d, int bad)
{
	struct sweep *s = arg;

	if (bad) {
		if (df_is_temp(name))
			(void)unlinkat(s->store->dir, name, 0);
		return 0;
	}
	if (df_blobset_has(s->blobs, d))
		return 0;
	s->removed++;
	return df_store_remove(s->store, d, s->e);
}

int
df_freeze_clean(struct df_run *r, struct df_err *e)
{
	struct df_findings bad = { 0 }, notes = { 0 };
	struct df_blobset blobs = { 0 };
	struct sweep s = { &r->store, &blobs, 0, e };
	size_t i, temps = 0;
	int ret;

	ret = df_gate_blobs(r, &blobs, e);
	if (ret == 0)
		ret = df_store_each(&r->store, drop_blob, &s, e);
	if (ret == 0)
		ret = df_remove_tree(r->dir, "work", e);
	if (ret == 0 && df_closed_check(r, &blobs, &bad, &notes, e) < 0)
		ret = -1;
	for (i = 0; i < notes.n && ret == 0; i++) {
		if (strcmp(notes.v[i].code, "closed.extra") != 0)
			continue;
		if (df_is_temp(notes.v[i].place))
			temps += unlinkat(r->dir, notes.v[i].place, 0) == 0;
		else
			df_finding_add(&bad, "closed.extra",
			    notes.v[i].place, "no event names this");
	}
	if (ret == 0 && bad.n) {
		ret = df_fail(e, DF_REFUSED, "freeze.extra",
		    "%.200s: %.300s", bad.v[0].place, bad.v[0].message);
		(void)df_hint(e, "a sealed run is a closed set: move it away");
	}
	/* A run that is sealed may not get back what was removed before. */
	if (ret == 0)
		ret = temps ? df_sync_fs(r->dir, r->path, e) :
		    df_sync_dir(r->dir, r->path, e);
	if (s.removed)
		df_debug("%zu blobs that no event names were removed",
		    s.removed);
	df_findings_release(&bad);
	df_findings_release(&notes);
	df_blobset_release(&blobs);
	return ret;
}

/* ---- the seal ---- */

static jv
seal_json(struct df_run *r, unsigned n)
{
	const struct df_state *s = &r->state;
	char hex[DF_DIGEST_STR], now[DF_TIME_STR];
	jv v = jv_object(), names = jv_object();
	size_t i;

	for (i = 0; i < r->nname; i++)
		names = df_jset_str(names, r->name[i].name,
		    df_digest_str(&r->name[i].digest, hex));
	v = df_jset(v, "head", df_head_json(&s->head, s->seq));
	v = df_jset_int(v, "n", n);
	v = df_jset(v, "names", names);
	v = df_jset_str(v, "run", df_digest_str(&s->genesis, hex));
	v = df_jset_str(v, "run_name", r->id);
	v = df_jset_str(v, "schema", "df.seal/1");
	v = df_jset_str(v, "status", df_run_status_name(s->status));
	return df_jset_str(v, "time", df_time_str(df_now_ms(), now));
}

int
df_freeze_seal(struct df_step *st, struct df_err *e)
{
	struct df_run *r = &st->run;
	struct df_buf text = DF_BUF_INIT, sig = DF_BUF_INIT;
	unsigned n = r->state.seals + 1;
	struct df_commit c;
	char name[64], signame[80];
	int ret;

	df_commit_init(&c, n == 1 ? "run.completed" : "run.resealed", NULL);
	c.data = df_jset_int(c.data, "n", n);
	if (n == 1)
		c.data = df_jset_str(c.data, "status",
		    df_run_status_name(r->state.status));
	snprintf(name, sizeof(name), "seal/%u.json", n);
	snprintf(signame, sizeof(signame), "%s.sig", name);
	ret = df_commit_record(st, &c, name, "seal", seal_json(r, n), e);
	if (ret == 0)
		ret = df_store_get(&r->store, &c.out[0].digest,
		    DF_RUN_BLOB_MAX, &text, e);
	if (ret == 0)
		ret = df_sshsig_sign(st->key, df_role_name(DF_ROLE_RUN),
		    text.s, text.n, &sig, e);
	if (ret == 0)
		ret = df_commit_put(st, &c, signame, DF_MEDIA_TEXT, sig.s,
		    sig.n, e);
	if (ret == 0)
		ret = df_step_commit(st, &c, 1, e);
	df_commit_release(&c);
	df_buf_release(&text);
	df_buf_release(&sig);
	return ret;
}

/* ---- after the seal ---- */

static int
set_mode(int dir, const char *path, mode_t mode, struct df_err *e)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ((st.st_mode & 07777) == mode || S_ISLNK(st.st_mode)))
		return 0;
	return fchmodat(dir, path, mode, 0) == 0 ? 0 : df_fail_errno(e,
	    DF_EXTERNAL, "freeze.mode", "cannot set the mode of %s", path);
}

struct modes {
	struct df_store *store;
	struct df_err *e;
};

static int
blob_mode(void *arg, const char *name, const struct df_digest *d, int bad)
{
	struct modes *m = arg;

	(void)d;
	return bad ? 0 : set_mode(m->store->dir, name, 0444, m->e);
}

/* The directories that a name is in. */
static int
dir_modes(struct df_run *r, const char *name, struct df_map *seen,
    struct df_err *e)
{
	const char *s;
	char *dir;
	int ret = 0;

	for (s = strchr(name, '/'); s && ret == 0; s = strchr(s + 1, '/')) {
		if (df_map_set(seen, name, (size_t)(s - name), 1) !=
		    DF_MAP_NONE)
			continue;
		dir = df_strndup(name, (size_t)(s - name));
		ret = set_mode(r->dir, dir, 0755, e);
		free(dir);
	}
	return ret;
}

int
df_freeze_tidy(struct df_run *r, struct df_err *e)
{
	struct modes m = { &r->store, e };
	struct df_artifact a;
	struct df_map seen = { 0 };
	struct stat st;
	const char *name;
	size_t i;
	int ret;

	ret = set_mode(r->dir, ".", 0755, e) < 0 ||
	    set_mode(r->dir, "blobs", 0755, e) < 0 ||
	    set_mode(r->dir, "blobs/sha256", 0755, e) < 0 ||
	    set_mode(r->dir, "log.jsonl", 0644, e) < 0 ? -1 : 0;
	for (i = 0; i < r->nname && ret == 0; i++) {
		name = r->name[i].name;
		if (fstatat(r->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode)) {
			ret = set_mode(r->dir, name, 0444, e);
		} else if (!df_pruned(r, &r->name[i].digest)) {
			snprintf(a.name, sizeof(a.name), "%s", name);
			a.digest = r->name[i].digest;
			ret = df_names_link(r->dir, &a, 1, e);
		}
		if (ret == 0)
			ret = dir_modes(r, name, &seen, e);
	}
	df_map_release(&seen);
	return ret < 0 ? -1 : df_store_each(&r->store, blob_mode, &m, e);
}
