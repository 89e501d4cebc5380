#include "base/df.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/schema.h"
#include "run/gate.h"
#include "run/head.h"
#include "run/origin.h"
#include "run/prune.h"

int
df_origin_open(struct df_origin *o, const char *path, struct df_err *e)
{
	struct df_gate g;

	if (df_run_open(&o->run, path, DF_RUN_LINES, e) < 0)
		return -1;
	if (!o->run.state.sealed) {
		(void)df_fail(e, DF_REFUSED, "origin.open",
		    "%s is not sealed: it can still be worked on", path);
		(void)df_hint(e, "df-freeze -C %s", path);
	} else if (df_gate_pass(&o->run, &g, e) == 0) {
		return 0;
	}
	df_run_close(&o->run);
	return -1;
}

void
df_origin_close(struct df_origin *o)
{
	df_run_close(&o->run);
}

/* Up to its head: what a torn write left behind it is not taken. */
static int
put_log(struct df_origin *o, struct df_store *s, struct df_digest *d,
    uint64_t *size, struct df_err *e)
{
	size_t n = (size_t)o->run.log.good;
	struct df_buf b = DF_BUF_INIT;
	ssize_t k;
	int r = 0;

	(void)df_buf_room(&b, n);
	while (b.n < n && r == 0) {
		k = pread(o->run.log.fd, b.s + b.n, n - b.n, (off_t)b.n);
		if (k > 0)
			b.n += (size_t)k;
		else if (k == 0 || errno != EINTR)
			r = df_fail_errno(e, DF_EXTERNAL, "origin.log",
			    "cannot read the log");
	}
	if (r == 0)
		r = df_store_put(s, b.s, b.n, d, e);
	*size = b.n;
	df_buf_release(&b);
	return r;
}

jv
df_origin_json(const struct df_origin *o)
{
	const struct df_state *s = &o->run.state;
	char str[DF_DIGEST_STR];
	jv v;

	v = df_jset(jv_object(), "head",
	    df_head_json(&s->head, s->seq));
	v = df_jset_str(v, "name", o->run.id);
	return df_jset_str(v, "run", df_digest_str(&s->genesis, str));
}

/* ---- copying ---- */

struct copy {
	struct df_run *run;
	struct df_store *from;
	struct df_step *to;
	struct df_commit *c;
};

static int
copy_blob(struct copy *c, const struct df_digest *d, struct df_err *e)
{
	struct df_digest got;
	uint64_t size;
	int fd, r;

	fd = df_store_fd(c->from, d, e);
	if (fd < 0)
		return -1;
	r = df_store_put_fd(&c->to->run.store, fd, DF_BLOB_MAX, "a blob",
	    &got, &size, e);
	close(fd);
	if (r == 0 && !df_digest_eq(&got, d))
		return df_fail(e, DF_INTEGRITY, "store.digest",
		    "a blob of the superseded run changed");
	return r;
}

static int
copy_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct copy *c = arg;

	return t->mode == DF_TREE_LINK ? 0 : copy_blob(c, &t->digest, e);
}

static int
copy_name(struct copy *c, const struct df_name *n, const char *as,
    struct df_err *e)
{
	if (df_pruned(c->run, &n->digest))
		return df_fail(e, DF_REFUSED, "origin.pruned",
		    "%s of the superseded run was removed: gc.swept, log line "
		    "%llu", n->name, (unsigned long long)df_prune_line(c->run,
		    &n->digest));
	if (copy_blob(c, &n->digest, e) < 0)
		return -1;
	if (strcmp(n->media, DF_TREE_MEDIA) == 0)
		return df_tree_walk(c->from, &n->digest, NULL, copy_entry, c,
		    e) < 0 ? -1 : df_commit_tree(c->to, c->c, as, &n->digest,
		    e);
	return df_commit_name(c->to, c->c, as, n->media, &n->digest, n->size,
	    e);
}

/* The attempt that a task was completed with. */
static int
copy_attempt(struct copy *c, const struct df_run *r, const char *task,
    uint32_t attempt, struct df_err *e)
{
	static const char *const kind[] = { "dispatch/%s/%u.json",
	    "dispatch/%s/%u.host.json", "result/%s/%u.tree",
	    "result/%s/%u.patch", "result/%s/%u.log", "result/%s/%u.md" };
	char name[DF_NAME_MAX + 1], as[DF_NAME_MAX + 12];
	const struct df_name *n;
	size_t i;

	for (i = 0; i < DF_LEN(kind); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(name, sizeof(name), kind[i], task, attempt);
#pragma GCC diagnostic pop
		n = df_run_find(r, name);
		snprintf(as, sizeof(as), "origin/1/%s", name);
		if (n && copy_name(c, n, as, e) < 0)
			return -1;
	}
	return 0;
}

/* origin/K/... becomes origin/K+1/..., without attempts and verdict. */
static int
copy_older(struct copy *c, const struct df_run *r, struct df_err *e)
{
	char as[DF_NAME_MAX + 12];
	const char *rest;
	unsigned level;
	size_t i;
	int at;

	for (i = 0; i < r->nname; i++) {
		at = 0;
		if (sscanf(r->name[i].name, "origin/%u/%n", &level, &at) != 1
		    || at == 0)
			continue;
		rest = r->name[i].name + at;
		if (strcmp(rest, "log.jsonl") != 0 && strcmp(rest, "run.json")
		    != 0 && strncmp(rest, "trust/", 6) != 0)
			continue;
		if (level >= DF_ORIGINS)
			return df_fail(e, DF_REFUSED, "origin.depth",
			    "more than %d runs superseded one another",
			    DF_ORIGINS);
		snprintf(as, sizeof(as), "origin/%u/%s", level + 1, rest);
		if (copy_name(c, &r->name[i], as, e) < 0)
			return -1;
	}
	return 0;
}

int
df_origin_put(struct df_origin *o, struct df_step *s, struct df_commit *cm,
    struct df_err *e)
{
	struct copy c = { &o->run, &o->run.store, s, cm };
	const struct df_run *r = &o->run;
	const struct df_stage *st;
	const struct df_name *n;
	char name[64];
	struct df_digest d;
	uint64_t size;
	size_t i;

	if (put_log(o, &s->run.store, &d, &size, e) < 0 ||
	    df_commit_name(s, cm, "origin/1/log.jsonl", DF_MEDIA_JSONL, &d,
	    size, e) < 0)
		return -1;
	for (i = 0; i <= DF_TRUST_FILES; i++) {
		snprintf(name, sizeof(name), "origin/1/%s%s", i <
		    DF_TRUST_FILES ? "trust/" : "run.json", i <
		    DF_TRUST_FILES ? df_trust_file_name(i) : "");
		n = df_run_find(r, name + strlen("origin/1/"));
		if (n == NULL && i >= DF_TRUST_ALWAYS && i < DF_TRUST_FILES)
			continue;
		if (n == NULL)
			return df_fail(e, DF_INTEGRITY, "origin.name",
			    "the superseded run has no %s", name +
			    strlen("origin/1/"));
		if (copy_name(&c, n, name, e) < 0)
			return -1;
	}
	snprintf(name, sizeof(name), "holdout/%u.json", r->state.evaluations);
	n = df_run_find(r, name);
	if (n && copy_name(&c, n, "origin/1/verdict.json", e) < 0)
		return -1;
	for (i = 0; i < r->state.ntask; i++) {
		st = df_state_dispatch(&r->state, i);
		if (st && st->status == DF_STAGE_DONE && copy_attempt(&c, r,
		    r->state.task[i].id, st->attempts, e) < 0)
			return -1;
	}
	return copy_older(&c, r, e);
}

/* ---- checking ---- */

struct check {
	struct df_trust trust;		/* of the level being checked */
	df_origin_fn *fn;
	void *arg;
	unsigned level;
	/* what this log has to be */
	struct df_digest run, head;
	uint64_t seq;
	/* what the next one has to be */
	int more;
	struct df_digest next_run, next_head;
	uint64_t next_seq;
};

static int
digest_at(const struct df_event *ev, uint32_t t, struct df_digest *d)
{
	return t ? df_digest_parse(d, ev->line + ev->j->tok[t].start,
	    ev->j->tok[t].end - ev->j->tok[t].start) : -1;
}

/* Line 1 may say which run it superseded. */
static int
read_origin(struct check *c, const struct df_event *ev, struct df_err *e)
{
	uint32_t o = df_jget(ev->j, ev->data, "origin"), h;
	int64_t seq;

	c->more = o != 0;
	if (o == 0)
		return 0;
	h = df_jget(ev->j, o, "head");
	if (digest_at(ev, df_jget(ev->j, o, "run"), &c->next_run) < 0 ||
	    digest_at(ev, df_jget(ev->j, h, "digest"), &c->next_head) < 0 ||
	    df_jint(ev->j, df_jget(ev->j, h, "seq"), 1, INT32_MAX, &seq) < 0)
		return df_fail(e, DF_INTEGRITY, "origin.record",
		    "line 1: the origin is malformed");
	c->next_seq = (uint64_t)seq;
	return 0;
}

static int
first_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	return read_origin(arg, ev, e);
}

int
df_origin_of(struct df_run *r, struct df_digest *run, struct df_err *e)
{
	const struct df_at *at = &r->state.at_created;
	struct check c = { .more = 0 };

	if (df_log_reread(&r->log, at->off, at->len, &at->digest, first_line,
	    &c, e) < 0)
		return -1;
	*run = c.next_run;
	return c.more;
}

static int
origin_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	const struct df_schema *schema;
	struct check *c = arg;
	char what[80];

	schema = df_schema_def(df_schema_get("event"), ev->type);
	snprintf(what, sizeof(what), "origin %u, log line %llu", c->level,
	    (unsigned long long)ev->seq);
	if (schema == NULL || !df_event_known(ev->type))
		return df_fail(e, DF_INTEGRITY, "event.type",
		    "%s: not an event of a run", what);
	if (df_schema_check(schema, ev->j, ev->data, what, e) < 0 ||
	    df_event_verify(ev, &c->trust, e) == NULL)
		return -1;
	if (ev->seq == 1) {
		if (!df_digest_eq(&ev->digest, &c->run))
			return df_fail(e, DF_INTEGRITY, "origin.run",
			    "%s: this is another run", what);
		if (read_origin(c, ev, e) < 0)
			return -1;
	}
	return c->fn ? c->fn(c->arg, c->level, ev, e) : 0;
}

static int
get(struct df_run *r, unsigned level, const char *name, struct df_buf *b,
    struct df_err *e)
{
	char full[96];

	snprintf(full, sizeof(full), "origin/%u/%s", level, name);
	return df_run_get(r, full, (size_t)1 << 20, b, e);
}

static int
check_log(struct df_run *r, struct check *c, struct df_err *e)
{
	const struct df_name *n;
	struct df_log log;
	char name[64], hex[DF_DIGEST_STR];
	int ret;

	snprintf(name, sizeof(name), "origin/%u/log.jsonl", c->level);
	n = df_run_find(r, name);
	if (n == NULL)
		return df_fail(e, DF_INTEGRITY, "origin.log",
		    "the run carries no %s", name);
	if (df_log_open(&log, r->store.dir, df_digest_str(&n->digest, hex) + 7,
	    DF_LOG_READ, e) < 0)
		return -1;
	ret = df_log_read(&log, origin_line, c, e);
	if (ret == 0 && (log.seq != c->seq || log.tail ||
	    !df_digest_eq(&log.head, &c->head)))
		ret = df_fail(e, DF_INTEGRITY, "origin.head",
		    "%s: it does not end where the log after it says", name);
	df_log_close(&log);
	return ret;
}

static int
check_level(struct df_run *r, struct check *c, struct df_err *e)
{
	struct df_trust_files f;
	char root[DF_FP_STR], name[64], path[96];
	const char *want;
	size_t i;
	jv tr;
	int ret = 0;

	df_trust_files_init(&f);
	tr = df_jv_get(r->env, "trust");
	want = df_jv_str(tr, "root");
	for (i = 0; i < DF_TRUST_FILES && ret == 0; i++) {
		snprintf(name, sizeof(name), "trust/%s",
		    df_trust_file_name(i));
		snprintf(path, sizeof(path), "origin/%u/%s", c->level, name);
		if (i < DF_TRUST_ALWAYS || df_run_find(r, path))
			ret = get(r, c->level, name, df_trust_file(&f, i), e);
	}
	if (ret == 0)
		ret = df_trust_files_check(&f, want, &c->trust, root, e);
	jv_free(tr);
	if (ret == 0)
		ret = check_log(r, c, e);
	df_trust_release(&c->trust);
	df_trust_files_release(&f);
	return ret;
}

int
df_origins_check(struct df_run *r, df_origin_fn *fn, void *arg, unsigned *n,
    struct df_err *e)
{
	const struct df_at *at = &r->state.at_created;
	struct check c = { .fn = fn, .arg = arg };

	*n = 0;
	if (df_log_reread(&r->log, at->off, at->len, &at->digest, first_line,
	    &c, e) < 0)
		return -1;
	while (c.more) {
		c.run = c.next_run;
		c.head = c.next_head;
		c.seq = c.next_seq;
		c.level = ++*n;
		c.more = 0;
		if (c.level > DF_ORIGINS)
			return df_fail(e, DF_INTEGRITY, "origin.depth",
			    "more than %d origins", DF_ORIGINS);
		if (check_level(r, &c, e) < 0)
			return -1;
	}
	return 0;
}
