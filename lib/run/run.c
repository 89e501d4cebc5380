#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/schema.h"
#include "evidence/tree.h"
#include "run/prune.h"
#include "run/run.h"

#define ENV_MAX ((size_t)16 << 20)
#define TRUST_MAX ((size_t)1 << 20)

/* ---- folding ---- */

struct fold {
	struct df_run *r;
	const struct df_event *ev;
	char stage[160];
	int64_t n;
};

static int
find_env(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct df_run *r = arg;

	(void)e;
	if (strcmp(a->name, "run.json") != 0)
		return 0;
	r->env_digest = a->digest;
	return 1;
}

/* The tasks are the part of run.json that grows; the state has them. */
static jv
without_tasks(const struct df_json *j)
{
	jv v = jv_object(), name;
	uint32_t i, t;

	for (i = 0, t = df_jfirst(j, 0); i < j->tok[0].n;
	    i++, t = df_jnext(j, t + 1)) {
		name = df_json_jv(j, t);
		if (strcmp(jv_string_value(name), "tasks") == 0)
			jv_free(name);
		else
			v = jv_object_set(v, name, df_json_jv(j, t + 1));
	}
	return v;
}

/* Line 1 names the envelope, which has the tasks that guards ask for. */
static int
load_env(struct df_run *r, const struct df_event *ev, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	const char *id;
	int found;

	found = df_artifacts_each(ev->j, ev->data, &r->store, find_env, r, e);
	if (found < 0)
		return -1;
	if (found == 0)
		return df_fail(e, DF_INTEGRITY, "run.envelope",
		    "log line 1 names no run.json");
	found = df_store_get(&r->store, &r->env_digest, ENV_MAX, &b, e);
	if (found == 0)
		found = df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, "run",
		    "run.json", e);
	if (found == 0)
		found = df_state_tasks(&r->state, &j, e);
	if (found == 0) {
		jv_free(r->env);
		r->env = without_tasks(&j);
		id = df_jv_str(r->env, "run");
		snprintf(r->id, sizeof(r->id), "%s", id ? id : "");
		if (strncmp(ev->source, "/runs/", 6) != 0 ||
		    strcmp(ev->source + 6, r->id) != 0)
			found = df_fail(e, DF_INTEGRITY, "run.source",
			    "the log is of %s, run.json of %s", ev->source,
			    r->id);
	}
	df_json_release(&j);
	df_buf_release(&b);
	return found;
}

/* The number that names of this event have in them. */
static int64_t
ordinal(const struct df_state *s, const char *type, const char *stage)
{
	struct df_stage *st;

	if (strncmp(type, "stage.", 6) == 0) {
		st = df_state_stage(s, stage);
		return st ? st->attempts : 0;
	}
	if (strncmp(type, "holdout.", 8) == 0)
		return s->evaluations;
	if (strcmp(type, "run.completed") == 0 ||
	    strcmp(type, "run.resealed") == 0)
		return s->seals;
	return s->decisions;
}

/* Is the name one that is indexed? */
static int
wanted(const struct df_run *r, const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!(r->flags & (DF_RUN_BRIEF | DF_RUN_TEXTS)))
		return 1;
	if (strncmp(name, "dispatch/", 9) == 0 ||
	    strncmp(name, "result/", 7) == 0)
		return 0;
	if (!(r->flags & DF_RUN_BRIEF))
		return 1;
	if (strncmp(name, "handoff/", 8) == 0 ||
	    strncmp(name, "prompt/", 7) == 0)
		return dot && strcmp(dot, ".md") == 0;
	return 1;
}

/* There are few media types: keep each once. */
static const char *
media(struct df_run *r, const char *s)
{
	size_t i, n = r->nname < 8 ? r->nname : 8;

	for (i = 1; i <= n; i++)
		if (strcmp(r->name[r->nname - i].media, s) == 0)
			return r->name[r->nname - i].media;
	return df_arena_str(&r->arena, s, strlen(s));
}

static void
bind_name(struct df_run *r, const struct df_artifact *a,
    const struct df_event *ev)
{
	const char *type = media(r, a->media);
	size_t len = strlen(a->name), i, was;
	char *name;
	struct df_name *n;
	struct df_at *at;

	if (r->ngiver == 0 || r->giver[r->ngiver - 1].seq != ev->seq) {
		DF_GROW(r->giver, r->ngiver, r->capgiver);
		at = &r->giver[r->ngiver++];
		at->seq = ev->seq;
		at->off = ev->off;
		at->len = (uint32_t)ev->len;
		at->digest = ev->digest;
	}
	/* Most are new. */
	i = r->nname;
	name = df_arena_str(&r->arena, a->name, len);
	was = df_map_set(&r->names, name, len, i);
	if (was == DF_MAP_NONE) {
		DF_GROW(r->name, r->nname, r->capname);
		r->name[r->nname++].name = name;
	} else {
		(void)df_map_set(&r->names, name, len, was);
		i = was;
	}
	n = &r->name[i];
	n->media = type;
	n->digest = a->digest;
	n->size = a->size;
	n->giver = (uint32_t)r->ngiver - 1;
}

static void
note_blob(struct df_run *r, const struct df_digest *d, uint64_t size,
    int tree, int bulk)
{
	DF_GROW(r->named, r->nnamed, r->capnamed);
	r->named[r->nnamed].digest = *d;
	r->named[r->nnamed].size = size;
	r->named[r->nnamed].bulk = bulk;
	r->named[r->nnamed].pruned = 0;
	r->named[r->nnamed++].tree = tree;
}

static int
on_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct fold *f = arg;

	if (f->r->flags & DF_RUN_LINES)
		note_blob(f->r, &a->digest, a->size,
		    strcmp(a->media, DF_TREE_MEDIA) == 0,
		    df_prune_bulk(a->name));
	if (df_name_may(a->name, f->ev->type, f->stage, f->n, e) < 0)
		return -1;
	/* What was opened stays as it was opened. */
	if (strcmp(f->ev->type, "holdout.opened") == 0 &&
	    df_run_find(f->r, a->name))
		return df_fail(e, DF_CONFLICT, "name.given",
		    "%s was opened before", a->name);
	if (wanted(f->r, a->name))
		bind_name(f->r, a, f->ev);
	return 0;
}

/* No PASS, no read: what an event says it read, an event before it gave. */
static int
on_input(void *arg, const struct df_input *in, struct df_err *e)
{
	struct fold *f = arg;
	const struct df_name *n = df_run_find(f->r, in->name);

	if (!wanted(f->r, in->name))
		return 0;
	if (n && df_digest_eq(&n->digest, &in->digest))
		return 0;
	return df_fail(e, DF_REFUSED, "pass.missing",
	    "log line %llu: %s has not these bytes by an event before it: "
	    "no PASS, no read", (unsigned long long)f->ev->seq, in->name);
}

static int
on_event(void *arg, const struct df_event *ev, struct df_err *e)
{
	static const char *const list[] = { "artifacts", "inputs" };
	struct df_run *r = arg;
	struct fold f = { .r = r, .ev = ev };
	const struct df_schema *schema;
	struct df_digest d;
	char what[80];
	uint32_t t;
	size_t i;

	/* What was removed is gone, whatever line is looked at. */
	if (r->upto && ev->seq > r->upto)
		return strcmp(ev->type, "gc.swept") == 0 ? df_prune_load(r,
		    ev, &d, e) : 0;
	schema = df_schema_def(df_schema_get("event"), ev->type);
	if (schema == NULL ||
	    df_schema_check(schema, ev->j, ev->data, "", NULL) < 0) {
		snprintf(what, sizeof(what), "log line %llu (%s)",
		    (unsigned long long)ev->seq, ev->type);
		return schema ? df_schema_check(schema, ev->j, ev->data, what,
		    e) : df_fail(e, DF_INPUT, "event.type",
		    "%s: not an event of a run", what);
	}
	t = df_jget(ev->j, ev->data, "stage");
	if (t)
		snprintf(f.stage, sizeof(f.stage), "%.*s",
		    (int)(ev->j->tok[t].end - ev->j->tok[t].start),
		    ev->line + ev->j->tok[t].start);
	if (df_inputs_each(ev->j, ev->data, &r->store, on_input, &f, e) < 0)
		return -1;
	if (df_state_apply(&r->state, ev, e) < 0)
		return -1;
	if (ev->seq == 1 && load_env(r, ev, e) < 0)
		return -1;
	f.n = ordinal(&r->state, ev->type, f.stage);
	if (df_artifacts_each(ev->j, ev->data, &r->store, on_artifact, &f, e)
	    < 0)
		return -1;
	if (strcmp(ev->type, "gc.swept") == 0) {
		if (df_prune_load(r, ev, &d, e) < 0)
			return -1;
		if (r->flags & DF_RUN_LINES)
			note_blob(r, &d, UINT64_MAX, 0, 0);
	}
	r->torn += ev->torn;
	if (r->flags & DF_RUN_LINES) {
		for (i = 0; i < DF_LEN(list); i++)
			if (df_list_blob(ev->j, ev->data, list[i], &d))
				note_blob(r, &d, UINT64_MAX, 0, 0);
		DF_GROW(r->line, r->nline, r->capline);
		r->line[r->nline].seq = ev->seq;
		r->line[r->nline].off = ev->off;
		r->line[r->nline].len = (uint32_t)ev->len;
		r->line[r->nline++].digest = ev->digest;
	}
	return 0;
}

/*
 * What a fold refuses in a log that is there is no refusal: it is broken.  And
 * what is wrong with what a line names is wrong with the line.
 */
int
df_run_refresh(struct df_run *r, struct df_err *e)
{
	struct df_err was;

	if (df_log_read(&r->log, on_event, r, e) == 0) {
		r->store.closed = r->state.sealed;
		return 0;
	}
	if (e && e->exit != DF_EXTERNAL)
		e->exit = DF_INTEGRITY;
	if (e && strncmp(e->msg, "log line ", 9) != 0) {
		was = *e;
		(void)df_fail(e, was.exit, was.code, "log line %llu: %s",
		    (unsigned long long)r->log.seq + 1, was.msg);
	}
	return -1;
}

df_event_fn *
df_run_fold(void)
{
	return on_event;
}

/* ---- open, close ---- */

static void
init(struct df_run *r, int dir, const char *path, int flags)
{
	memset(r, 0, sizeof(*r));
	r->dir = dir;
	r->path = df_strdup(path);
	r->flags = flags;
	r->store.dir = r->log.fd = -1;
	r->env = jv_invalid();
	df_state_init(&r->state);
	df_trust_files_init(&r->trust_files);
}

int
df_run_open(struct df_run *r, const char *path, int flags, struct df_err *e)
{
	return df_run_open_at(r, path, flags, 0, e);
}

int
df_run_open_at(struct df_run *r, const char *path, int flags, uint64_t upto,
    struct df_err *e)
{
	int dir;

	if (path == NULL || *path == '\0') {
		df_fail(e, DF_USAGE, "run.which", "which run?");
		return df_hint(e, "give -C RUN, or set DF_RUN");
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    DF_INPUT : DF_EXTERNAL, "run.open", "run %s", path);
	init(r, dir, path, flags);
	r->upto = upto;
	if (faccessat(dir, "log.jsonl", F_OK, 0) < 0) {
		df_run_close(r);
		return df_fail(e, DF_INPUT, "run.open",
		    "%s is not a run: no log.jsonl", path);
	}
	if (df_store_open(&r->store, dir, 0, e) < 0 ||
	    df_log_open(&r->log, dir, "log.jsonl",
	    faccessat(dir, "log.jsonl", W_OK, 0) == 0 ? DF_LOG_APPEND :
	    DF_LOG_READ, e) < 0 || df_run_refresh(r, e) < 0) {
		df_run_close(r);
		return -1;
	}
	if (r->state.status == DF_ST_NONE) {
		df_run_close(r);
		return df_fail(e, DF_INTEGRITY, "log.empty",
		    "%s: the log has no event", path);
	}
	return 0;
}

int
df_run_create(struct df_run *r, int dir, const char *path, const char *id,
    struct df_err *e)
{
	init(r, dir, path, 0);
	snprintf(r->id, sizeof(r->id), "%s", id);
	if (df_store_open(&r->store, dir, 1, e) < 0 ||
	    df_log_open(&r->log, dir, "log.jsonl", DF_LOG_CREATE, e) < 0) {
		df_run_close(r);
		return -1;
	}
	return 0;
}

void
df_run_close(struct df_run *r)
{
	df_log_close(&r->log);
	df_store_close(&r->store);
	if (r->dir >= 0)
		close(r->dir);
	df_state_release(&r->state);
	df_trust_release(&r->trust);
	df_trust_release(&r->outside);
	df_trust_files_release(&r->trust_files);
	df_map_release(&r->names);
	df_map_release(&r->verified);
	df_map_release(&r->pruned);
	df_arena_release(&r->arena);
	jv_free(r->env);
	free(r->name);
	free(r->giver);
	free(r->line);
	free(r->named);
	free(r->path);
	memset(r, 0, sizeof(*r));
	r->dir = r->store.dir = r->log.fd = -1;
	r->env = jv_invalid();
}

/* ---- names ---- */

const struct df_name *
df_run_find(const struct df_run *r, const char *name)
{
	size_t i = df_map_get(&r->names, name, strlen(name));

	return i == DF_MAP_NONE ? NULL : &r->name[i];
}

int
df_run_relink(struct df_run *r, int dry, void (*fn)(const char *name),
    struct df_err *e)
{
	struct df_artifact a;
	struct stat st;
	size_t i;
	int ret = 0;

	for (i = 0; i < r->nname && ret == 0; i++) {
		if (df_names_linked(r->dir, r->name[i].name, r->name[i].name,
		    &r->name[i].digest) || df_pruned(r, &r->name[i].digest))
			continue;
		snprintf(a.name, sizeof(a.name), "%s", r->name[i].name);
		a.digest = r->name[i].digest;
		if (fn)
			fn(a.name);
		if (dry)
			continue;
		/* A copy instead of the link is replaced; a directory is not
		   ours to remove. */
		if (fstatat(r->dir, a.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode))
			ret = df_fail(e, DF_CONFLICT, "name.directory",
			    "%s is a directory", a.name);
		else
			ret = df_names_link(r->dir, &a, 1, e);
	}
	return ret;
}

int
df_run_get(struct df_run *r, const char *name, size_t max, struct df_buf *b,
    struct df_err *e)
{
	const struct df_name *n = df_run_find(r, name);

	if (n == NULL)
		return df_fail(e, DF_NO, "name.unknown",
		    "the run has no %s", name);
	if (df_run_verify(r, &r->giver[n->giver], e) < 0)
		return -1;
	if (df_pruned(r, &n->digest))
		return df_fail(e, DF_NO, "store.pruned",
		    "%s was removed: gc.swept, log line %llu", name,
		    (unsigned long long)df_prune_line(r, &n->digest));
	return df_store_get(&r->store, &n->digest, max, b, e);
}

jv
df_run_json(struct df_run *r, const char *name, const char *schema,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	jv v = jv_invalid();

	if (df_run_get(r, name, DF_RUN_BLOB_MAX, &b, e) == 0 &&
	    df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, schema, name, e) == 0)
		v = df_json_jv(&j, 0);
	df_json_release(&j);
	df_buf_release(&b);
	return v;
}

/* ---- trust ---- */

static int
carried(struct df_run *r, size_t i, struct df_err *e)
{
	struct df_buf *b = df_trust_file(&r->trust_files, i);
	const struct df_name *n;
	char name[64];

	snprintf(name, sizeof(name), "trust/%s", df_trust_file_name(i));
	n = df_run_find(r, name);
	if (n == NULL && i >= DF_TRUST_ALWAYS)
		return 0;
	if (n == NULL || r->giver[n->giver].seq != 1)
		return df_fail(e, DF_INTEGRITY, "run.trust",
		    "the run carries no %s", name);
	return df_store_get(&r->store, &n->digest, TRUST_MAX, b, e);
}

int
df_run_trust(struct df_run *r, struct df_err *e)
{
	struct df_trust_files *f = &r->trust_files;
	char root[DF_FP_STR];
	const char *want;
	size_t i;
	jv t;
	int ret;

	if (r->have_trust)
		return 0;
	for (i = 0; i < DF_TRUST_FILES; i++)
		if (carried(r, i, e) < 0)
			return -1;
	t = df_jv_get(r->env, "trust");
	want = df_jv_str(t, "root");
	ret = df_trust_files_check(f, want, &r->trust, root, e);
	jv_free(t);
	if (ret < 0)
		return -1;
	r->have_trust = 1;
	return 0;
}

static int
verify_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	return df_event_verify(ev, arg, e) ? 0 : -1;
}

int
df_run_verify(struct df_run *r, const struct df_at *at, struct df_err *e)
{
	uint64_t *key, seq = at->seq;

	if (df_run_trust(r, e) < 0)
		return -1;
	if (df_map_get(&r->verified, (const char *)&seq, sizeof(seq)) !=
	    DF_MAP_NONE)
		return 0;
	if (df_log_reread(&r->log, at->off, at->len, &at->digest, verify_line,
	    &r->trust, e) < 0)
		return -1;
	key = df_arena_alloc(&r->arena, sizeof(*key));
	*key = seq;
	(void)df_map_set(&r->verified, (const char *)key, sizeof(*key), 1);
	return 0;
}

const struct df_signer *
df_run_signer(struct df_run *r, const char *fp)
{
	return df_run_trust(r, NULL) < 0 ? NULL : df_trust_find(&r->trust, fp);
}

/* ---- the envelope ---- */

static jv
setting(const struct df_run *r, const char *key)
{
	jv all = df_jv_get(r->env, "settings"), v = df_jv_get(all, key);

	jv_free(all);
	return v;
}

int64_t
df_run_setting_int(const struct df_run *r, const char *key, int64_t def)
{
	jv v = setting(r, key);

	if (jv_get_kind(v) == JV_KIND_NUMBER)
		def = (int64_t)jv_number_value(v);
	jv_free(v);
	return def;
}

const char *
df_run_setting_str(const struct df_run *r, const char *key, const char *def)
{
	jv v = setting(r, key);

	if (jv_get_kind(v) == JV_KIND_STRING)
		def = jv_string_value(v);	/* the envelope keeps it */
	jv_free(v);
	return def;
}

int
df_run_setting_bool(const struct df_run *r, const char *key)
{
	jv v = setting(r, key);
	int b = jv_get_kind(v) == JV_KIND_TRUE;

	jv_free(v);
	return b;
}

/* ---- line 1 ---- */

static int
on_created(void *arg, const struct df_event *ev, struct df_err *e)
{
	jv *v = arg;

	(void)e;
	jv_free(*v);
	*v = df_json_jv(ev->j, ev->data);
	return 0;
}

jv
df_run_created(struct df_run *r, struct df_err *e)
{
	const struct df_at *at = &r->state.at_created;
	jv v = jv_invalid();

	if (df_run_verify(r, at, e) < 0 || df_log_reread(&r->log, at->off,
	    at->len, &at->digest, on_created, &v, e) < 0) {
		jv_free(v);
		return jv_invalid();
	}
	return v;
}
