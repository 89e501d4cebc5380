#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/schema.h"
#include "run/factory.h"
#include "run/head.h"

#define LOG "log.jsonl"

static char *
find_up(void)
{
	char *cwd = df_real_path(".", NULL), *slash;
	struct df_buf b = DF_BUF_INIT;

	while (cwd) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s/.factory", cwd);
		if (access(b.s, X_OK) == 0) {
			free(cwd);
			return df_buf_detach(&b);
		}
		slash = strrchr(cwd, '/');
		if (slash == NULL || cwd[1] == '\0')
			break;
		slash[slash == cwd] = '\0';
	}
	free(cwd);
	df_buf_release(&b);
	return NULL;
}

int
df_factory_open(struct df_factory *f, const char *path, struct df_err *e)
{
	memset(f, 0, sizeof(*f));
	f->dir = f->log.fd = -1;
	f->path = path ? df_strdup(path) : find_up();
	if (f->path == NULL)
		return 0;
	f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0) {
		(void)df_fail_errno(e, DF_INPUT, "factory.open",
		    "factory %s", f->path);
		df_factory_close(f);
		return -1;
	}
	return 1;
}

void
df_factory_close(struct df_factory *f)
{
	df_log_close(&f->log);
	if (f->dir >= 0)
		close(f->dir);
	free(f->path);
	memset(f, 0, sizeof(*f));
	f->dir = f->log.fd = -1;
}

/* ---- the log ---- */

struct scan {
	int (*fn)(void *arg, const char *name, const struct df_digest *run);
	int (*version)(void *arg, const struct df_digest *record);
	df_event_fn *each;
	void *arg;
};

/* What a factory's log may hold, and who signs it. */
static const struct {
	const char *type;
	unsigned roles;
} known[] = {
	{ "boot.failed", DF_ROLE_BIT(DF_ROLE_RUN) },
	{ "run.anchored", DF_ROLE_BIT(DF_ROLE_RUN) },
	{ "run.booted", DF_ROLE_BIT(DF_ROLE_RUN) },
	{ "suite.disclosed", DF_ROLE_BIT(DF_ROLE_HOLDOUT) |
	    DF_ROLE_BIT(DF_ROLE_APPROVE) },
	{ "suite.evaluated", DF_ROLE_BIT(DF_ROLE_HOLDOUT) },
	{ "trust.changed", DF_ROLE_BIT(DF_ROLE_ROOT) },
};

static int
digest_member(const struct df_event *ev, uint32_t obj, const char *name,
    struct df_digest *d)
{
	uint32_t t = df_jget(ev->j, obj, name);

	return t && df_digest_parse(d, ev->line + ev->j->tok[t].start,
	    ev->j->tok[t].end - ev->j->tok[t].start) == 0;
}

static int
on_event(void *arg, const struct df_event *ev, struct df_err *e)
{
	const struct df_schema *schema;
	struct scan *s = arg;
	struct df_digest d;
	char name[64];
	uint32_t t;
	size_t i;

	for (i = 0; i < DF_LEN(known); i++)
		if (strcmp(ev->type, known[i].type) == 0)
			break;
	if (i == DF_LEN(known))
		return df_fail(e, DF_INTEGRITY, "event.type",
		    "factory log line %llu: %s is no event of a factory",
		    (unsigned long long)ev->seq, ev->type);
	schema = df_schema_def(df_schema_get("event"), ev->type);
	if (df_schema_check(schema, ev->j, ev->data, "factory log", e) < 0)
		return -1;
	if (!(known[i].roles & DF_ROLE_BIT(ev->role)))
		return df_fail(e, DF_AUTH, "event.role",
		    "factory log line %llu: %s is signed in role %s",
		    (unsigned long long)ev->seq, ev->type,
		    df_role_name(ev->role));
	if (s && s->each)
		return s->each(s->arg, ev, e);
	if (s && s->version && ev->role == DF_ROLE_ROOT &&
	    digest_member(ev, ev->data, "digest", &d))
		return s->version(s->arg, &d);
	if (s == NULL || !digest_member(ev, ev->data, "run", &d))
		return 0;
	if (s->fn && strcmp(ev->type, "run.booted") == 0) {
		t = df_jget(ev->j, ev->data, "name");
		snprintf(name, sizeof(name), "%.*s",
		    (int)(ev->j->tok[t].end - ev->j->tok[t].start),
		    ev->line + ev->j->tok[t].start);
		return s->fn(s->arg, name, &d);
	}
	return 0;
}

/* The log from its first line, whatever was read before. */
static int
fold(struct df_factory *f, struct scan *s, struct df_err *e)
{
	int r;

	df_log_close(&f->log);
	if (faccessat(f->dir, LOG, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return 0;
	r = df_log_open(&f->log, f->dir, LOG, faccessat(f->dir, LOG, W_OK,
	    0) == 0 ? DF_LOG_APPEND : DF_LOG_READ, e);
	return r < 0 ? -1 : df_log_read(&f->log, on_event, s, e);
}

int
df_factory_append(struct df_factory *f, const char *type, jv data,
    struct df_key *key, enum df_role role, struct df_err *e)
{
	struct df_event_new ev = { .type = type, .role = role, .key = key,
	    .data = data };
	int r;

	df_log_close(&f->log);
	r = df_log_open(&f->log, f->dir, LOG, DF_LOG_CREATE, e);
	if (r == 0)
		r = df_log_lock(&f->log, e);
	if (r == 0)
		r = df_log_read(&f->log, on_event, NULL, e);
	if (r == 0)
		r = df_log_append(&f->log, &ev, 1, "/factory", on_event, NULL,
		    e);
	else
		jv_free(data);
	df_log_unlock(&f->log);
	return r;
}

int
df_factory_anchor(struct df_factory *f, const struct df_run *r,
    struct df_key *key, enum df_role role, struct df_err *e)
{
	char s[DF_DIGEST_STR];
	jv data = jv_object();

	data = df_jset(data, "head", df_head_json(&r->state.head,
	    r->state.seq));
	data = df_jset_str(data, "name", r->id);
	data = df_jset_str(data, "run", df_digest_str(&r->state.genesis, s));
	data = df_jset_str(data, "status",
	    df_run_status_name(r->state.status));
	return df_factory_append(f, "run.anchored", data, key, role, e);
}

int
df_factory_runs(struct df_factory *f,
    int (*fn)(void *arg, const char *name, const struct df_digest *run),
    void *arg, struct df_err *e)
{
	struct scan s = { .fn = fn, .arg = arg };

	return fold(f, &s, e);
}

int
df_factory_versions(struct df_factory *f,
    int (*fn)(void *arg, const struct df_digest *record), void *arg,
    struct df_err *e)
{
	struct scan s = { .version = fn, .arg = arg };

	return fold(f, &s, e);
}

int
df_factory_each(struct df_factory *f, df_event_fn *fn, void *arg,
    struct df_err *e)
{
	struct scan s = { .each = fn, .arg = arg };

	return fold(f, &s, e);
}

/* ---- resources ---- */

static int
version_cmp(const char *a, const char *b)
{
	unsigned long x, y;
	char *p, *q;
	int i;

	for (i = 0; i < 3; i++) {
		x = strtoul(a, &p, 10);
		y = strtoul(b, &q, 10);
		if (x != y)
			return x < y ? -1 : 1;
		a = p + (*p == '.');
		b = q + (*q == '.');
	}
	return 0;
}

/* The highest version of a resource of the factory, or "". */
static void
highest(const struct df_factory *f, const char *kind, const char *name,
    const char *ext, char out[64])
{
	size_t n, x = strlen(ext);
	struct df_buf b = DF_BUF_INIT;
	struct dirent *d;
	DIR *dir;
	int fd;

	out[0] = '\0';
	df_buf_fmt(&b, "%s/%s", kind, name);
	fd = openat(f->dir, b.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	df_buf_release(&b);
	if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL) {
		n = strlen(d->d_name);
		if (n <= x || n - x >= 64 || d->d_name[0] < '0' ||
		    d->d_name[0] > '9' || strcmp(d->d_name + n - x, ext) != 0)
			continue;
		if (out[0] == '\0' || version_cmp(out, d->d_name) < 0)
			snprintf(out, 64, "%.*s", (int)(n - x), d->d_name);
	}
	closedir(dir);
}

int
df_resource_path(const struct df_factory *f, const char *kind,
    const char *share, const char *name, const char *ext,
    struct df_buf *path, struct df_err *e)
{
	size_t n = strlen(name), x = strlen(ext);
	const char *at = strchr(name, '@');
	char version[64] = "", *bare;
	struct df_buf rel = DF_BUF_INIT;
	int r = 0;

	if (strchr(name, '/') || (n > x && strcmp(name + n - x, ext) == 0)) {
		df_buf_str(path, name);
		return 0;
	}
	bare = df_strndup(name, at ? (size_t)(at - name) : n);
	if (at)
		snprintf(version, sizeof(version), "%s", at + 1);
	else if (f && f->dir >= 0)
		highest(f, kind, bare, ext, version);
	if (f && f->dir >= 0 && version[0]) {
		df_buf_fmt(path, "%s/%s/%s/%s%s", f->path, kind, bare,
		    version, ext);
		if (access(path->s, R_OK) < 0)
			df_buf_reset(path);
	}
	if (path->n == 0) {
		df_buf_fmt(&rel, "%s/%s%s", share, bare, ext);
		df_share_path(path, rel.s);
		if (access(path->s, R_OK) < 0)
			r = df_fail(e, DF_INPUT, "resource.missing",
			    "no %s %s (%s)", kind, name, path->s);
	}
	free(bare);
	df_buf_release(&rel);
	return r;
}
