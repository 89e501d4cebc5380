#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/schema.h"
#include "run/freeze.h"
#include "run/gate.h"
#include "run/head.h"
#include "run/prune.h"
#include "work/bundle.h"
#include "work/since.h"

#define RECORD "since.json"
#define TAIL "since.jsonl"
#define LOG "log.jsonl"
#define LOG_MAX ((size_t)2 << 30)	/* bytes of a log */

/* ---- writing ---- */

/* The line that head means, or 0. */
static uint64_t
find_head(const struct df_run *r, const char *head)
{
	const char *digest = strchr(head, ':');
	struct df_digest d;
	unsigned long long seq = 0;
	char *end;
	size_t i;

	if (*head >= '1' && *head <= '9') {
		seq = strtoull(head, &end, 10);
		if (*end == '\0')
			return seq <= r->nline ? seq : 0;
		if (*end != ':' || seq > r->nline)
			return 0;
		head = digest + 1;
	}
	if (df_digest_parse(&d, head, strlen(head)) < 0)
		return 0;
	for (i = 0; i < r->nline; i++)
		if (df_digest_eq(&r->line[i].digest, &d))
			return seq == 0 || seq == i + 1 ? i + 1 : 0;
	return 0;
}

/* The blobs that the run had already when its log had seq lines. */
static int
had(struct df_run *r, uint64_t seq, struct df_blobset *s, struct df_err *e)
{
	struct df_run then;
	int ret;

	if (df_run_open_at(&then, r->path, DF_RUN_LINES, seq, e) < 0)
		return -1;
	ret = df_gate_blobs(&then, s, e);
	df_run_close(&then);
	return ret;
}

int
df_since_write(struct df_run *r, const char *head, const char *path,
    struct df_err *e)
{
	uint64_t seq = find_head(r, head);
	struct df_blobset old = { 0 };
	struct df_buf text = DF_BUF_INIT;
	char hex[DF_DIGEST_STR];
	const struct df_at *at;
	int ret;
	jv v;

	if (seq == 0)
		return df_fail(e, DF_NO, "since.head",
		    "no line of the log is %.100s", head);
	at = &r->line[seq - 1];
	v = df_jset(jv_object(), "head", df_head_json(&at->digest, seq));
	v = df_jset_str(v, "run", df_digest_str(&r->state.genesis, hex));
	v = df_jset_str(v, "schema", "df.since/1");
	ret = df_schema_write(&text, v, "since", e);
	if (ret == 0)
		ret = had(r, seq, &old, e);
	if (ret == 0)
		ret = df_bundle_write_since(r, path, &old, &text, at->off +
		    at->len, e);
	df_blobset_release(&old);
	df_buf_release(&text);
	return ret;
}

/* ---- reading ---- */

int
df_since_is(int dir)
{
	return faccessat(dir, RECORD, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Where the copy's log has to go on, *off; its line is the record's head. */
static int
where(int dir, struct df_run *copy, uint64_t *off, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_digest run, head;
	const struct df_at *at;
	int64_t seq = 0;
	uint32_t t;
	int r;

	r = df_read_file(dir, RECORD, &b, 65536, e);
	if (r == 0)
		r = df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, "since",
		    RECORD, e);
	if (r == 0) {
		t = df_jget(&j, 0, "run");
		r = df_digest_parse(&run, b.s + j.tok[t].start, j.tok[t].end -
		    j.tok[t].start);
		t = df_jget(&j, 0, "head");
		if (r == 0)
			r = df_jint(&j, df_jget(&j, t, "seq"), 1, INT32_MAX,
			    &seq);
		t = df_jget(&j, t, "digest");
		if (r == 0)
			r = df_digest_parse(&head, b.s + j.tok[t].start,
			    j.tok[t].end - j.tok[t].start);
		if (r < 0)
			DF_BUG("since");
	}
	df_json_release(&j);
	df_buf_release(&b);
	if (r < 0)
		return -1;
	if (!df_digest_eq(&run, &copy->state.genesis))
		return df_fail(e, DF_REFUSED, "since.run",
		    "the bundle does not continue %s", copy->id);
	if ((uint64_t)seq > copy->nline) {
		(void)df_fail(e, DF_REFUSED, "since.gap",
		    "the bundle begins behind line %lld, and the log of %s "
		    "ends with line %zu", (long long)seq, copy->path,
		    copy->nline);
		return df_hint(e, "a bundle --since %zu fits", copy->nline);
	}
	at = &copy->line[seq - 1];
	if (!df_digest_eq(&head, &at->digest))
		return df_fail(e, DF_INTEGRITY, "since.forked",
		    "line %lld of %s is another one than the bundle continues",
		    (long long)seq, copy->path);
	*off = at->off + at->len;
	return 0;
}

/* The log's bytes up to off, or all of them. */
static int
log_bytes(struct df_run *r, uint64_t off, struct df_buf *b, struct df_err *e)
{
	size_t was = b->n;
	int fd = df_open_beneath(r->dir, LOG, O_RDONLY, 1), ret;

	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "since.log", "%s/" LOG,
		    r->path);
	ret = df_read_fd(fd, b, LOG_MAX, LOG, e);
	close(fd);
	if (ret == 0 && off && b->n - was > off)
		df_buf_cut(b, was + (size_t)off);
	return ret;
}

/* A blob of the copy: the same file where that can be. */
static int
take_blob(int dir, struct df_run *copy, const struct df_digest *d,
    struct df_store *to, struct df_err *e)
{
	char path[90], hex[DF_DIGEST_STR];
	struct df_digest got;
	uint64_t size;
	int fd, r;

	snprintf(path, sizeof(path), "blobs/sha256/%s", df_digest_str(d, hex) +
	    7);
	if (linkat(copy->dir, path, dir, path, 0) == 0 || errno == EEXIST)
		return 0;
	if (errno != EXDEV && errno != EMLINK && errno != EPERM)
		return df_fail_errno(e, errno == ENOENT ? DF_INTEGRITY :
		    DF_EXTERNAL, "since.blob", "%s/%s", copy->path, path);
	fd = df_store_fd(&copy->store, d, e);
	if (fd < 0)
		return -1;
	r = df_store_put_fd(to, fd, DF_BLOB_MAX, path, &got, &size, e);
	close(fd);
	if (r == 0 && !df_digest_eq(&got, d))
		r = df_fail(e, DF_INTEGRITY, "store.digest",
		    "%s/%s has other bytes", copy->path, path);
	return r;
}

static int
take_blobs(int dir, struct df_run *copy, struct df_err *e)
{
	struct df_blobset blobs = { 0 };
	struct df_store to;
	size_t i;
	int r;

	if (df_store_open(&to, dir, 1, e) < 0)
		return -1;
	r = df_gate_blobs(copy, &blobs, e);
	for (i = 0; i < blobs.n && r == 0; i++)
		if (!blobs.v[i].pruned || !df_pruned(copy,
		    &blobs.v[i].digest))
			r = take_blob(dir, copy, &blobs.v[i].digest, &to, e);
	df_blobset_release(&blobs);
	df_store_close(&to);
	return r;
}

int
df_since_stage(int dir, struct df_run *copy, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	uint64_t off = 0;
	int fd = -1, r;

	r = where(dir, copy, &off, e);
	if (r == 0)
		r = take_blobs(dir, copy, e);
	if (r == 0)
		r = log_bytes(copy, off, &b, e);
	if (r == 0)
		r = df_read_file(dir, TAIL, &b, LOG_MAX, e);
	if (r == 0) {
		fd = df_open_beneath(dir, LOG, O_WRONLY | O_CREAT | O_EXCL, 1);
		if (fd < 0 || fchmod(fd, 0644) < 0)
			r = df_fail_errno(e, errno == EEXIST ? DF_INPUT :
			    DF_EXTERNAL, "since.log", LOG);
	}
	if (r == 0)
		r = df_write_fd(fd, b.s, b.n, LOG, e);
	if (fd >= 0)
		close(fd);
	df_buf_release(&b);
	if (r == 0 && (unlinkat(dir, RECORD, 0) < 0 ||
	    unlinkat(dir, TAIL, 0) < 0))
		r = df_fail_errno(e, DF_EXTERNAL, "since.log", TAIL);
	return r;
}

/* ---- adding ---- */

/* What the copy's log lacks of the whole one: from *from on. */
static int
lacks(struct df_run *copy, const struct df_buf *whole, size_t *from,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	size_t n;
	int r = log_bytes(copy, 0, &b, e);

	n = b.n < whole->n ? b.n : whole->n;
	if (r == 0 && memcmp(b.s, whole->s, n) != 0)
		r = df_fail(e, DF_INTEGRITY, "since.forked",
		    "the log of %s went on otherwise than the bundle",
		    copy->path);
	*from = n;
	df_buf_release(&b);
	return r;
}

static int
add_blobs(struct df_run *copy, struct df_run *staged, struct df_err *e)
{
	struct df_blobset blobs = { 0 };
	const struct df_digest *d;
	struct df_digest got;
	uint64_t size;
	size_t i;
	int fd, r;

	r = df_gate_blobs(staged, &blobs, e);
	for (i = 0; i < blobs.n && r == 0; i++) {
		d = &blobs.v[i].digest;
		if (blobs.v[i].pruned && df_pruned(staged, d))
			continue;
		if (df_store_has(&copy->store, d)) {
			r = df_store_need(&copy->store, d, e);
			continue;
		}
		fd = df_store_fd(&staged->store, d, e);
		r = fd < 0 ? -1 : df_store_put_fd(&copy->store, fd,
		    DF_BLOB_MAX, "a blob", &got, &size, e);
		if (fd >= 0)
			close(fd);
	}
	df_blobset_release(&blobs);
	return r < 0 ? -1 : df_store_barrier(&copy->store, e);
}

/* The log is locked. */
static int
add(struct df_run *copy, struct df_run *staged, const struct df_buf *whole,
    struct df_err *e)
{
	size_t from;
	int fd, r;

	if (lacks(copy, whole, &from, e) < 0)
		return -1;
	if (from == whole->n)
		return 0;
	if (staged->state.sealed && !copy->state.sealed &&
	    df_freeze_clean(copy, e) < 0)
		return -1;
	if (add_blobs(copy, staged, e) < 0)
		return -1;
	fd = df_open_beneath(copy->dir, LOG, O_WRONLY | O_APPEND, 1);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "since.log", "%s/" LOG,
		    copy->path);
	r = df_write_fd(fd, whole->s + from, whole->n - from, LOG, e);
	if (r == 0)
		r = df_sync_data(fd, LOG, e);
	close(fd);
	return r < 0 ? -1 : 1;
}

int
df_since_apply(struct df_run *copy, struct df_run *staged, struct df_err *e)
{
	struct df_buf whole = DF_BUF_INIT;
	int r, did = -1;

	r = log_bytes(staged, 0, &whole, e);
	if (r == 0)
		r = df_log_lock(&copy->log, e);
	if (r == 0) {
		did = add(copy, staged, &whole, e);
		df_log_unlock(&copy->log);
	}
	df_buf_release(&whole);
	if (did < 0 || df_run_refresh(copy, e) < 0)
		return -1;
	r = copy->state.sealed ? df_freeze_tidy(copy, e) :
	    df_run_relink(copy, 0, NULL, e);
	return r < 0 ? -1 : did;
}
