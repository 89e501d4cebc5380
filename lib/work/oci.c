#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/gate.h"
#include "run/place.h"
#include "run/prune.h"
#include "work/bundle.h"
#include "work/oci.h"

#define LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define INDEX "application/vnd.oci.image.index.v1+json"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define RUN "application/vnd.df.run.v1"
#define ENVELOPE "application/vnd.df.envelope.v1+json"
#define LOG "application/vnd.df.log.v1+jsonl"
#define BLOB "application/vnd.df.blob.v1"
#define BUNDLE "application/vnd.df.bundle.v1.tar+zstd"
#define TITLE "org.opencontainers.image.title"
#define REF "org.opencontainers.image.ref.name"
#define JSON_MAX ((size_t)4 << 20)	/* bytes of a manifest, as registries */
#define LOG_MAX ((size_t)1 << 30)
#define BYTES_MAX ((uint64_t)64 << 30)	/* of all blobs together */

/* ---- writing ---- */

static jv
descriptor(const char *media, const struct df_digest *d, uint64_t size)
{
	char hex[DF_DIGEST_STR];
	jv v;

	v = df_jset_str(jv_object(), "digest", df_digest_str(d, hex));
	v = df_jset_str(v, "mediaType", media);
	return df_jset_int(v, "size", (int64_t)size);
}

static jv
titled(jv v, const char *title)
{
	return df_jset(v, "annotations", df_jset_str(jv_object(), TITLE,
	    title));
}

/* One blob of the run into the layout, as the log says it is. */
static int
copy_blob(struct df_run *r, struct df_store *to, const struct df_digest *d,
    uint64_t *size, struct df_err *e)
{
	struct df_digest got;
	char hex[DF_DIGEST_STR];
	int fd, ret;

	fd = df_store_fd(&r->store, d, e);
	if (fd < 0)
		return -1;
	ret = df_store_put_fd(to, fd, DF_BLOB_MAX, df_digest_str(d, hex),
	    &got, size, e);
	close(fd);
	if (ret == 0 && !df_digest_eq(&got, d))
		ret = df_fail(e, DF_INTEGRITY, "store.digest",
		    "blob %s has other bytes", hex + 7);
	return ret;
}

/* The lines that were read: others may be appended meanwhile. */
static int
put_log(struct df_run *r, struct df_store *to, jv *layers, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;
	int fd, ret;

	fd = df_open_beneath(r->dir, "log.jsonl", O_RDONLY, 1);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "oci", "log.jsonl");
	ret = df_read_fd(fd, &b, LOG_MAX, "log.jsonl", e);
	close(fd);
	if (ret == 0 && b.n > r->log.good)
		df_buf_cut(&b, (size_t)r->log.good);
	if (ret == 0)
		ret = df_store_put(to, b.s, b.n, &d, e);
	if (ret == 0)
		*layers = jv_array_append(*layers, titled(descriptor(LOG, &d,
		    b.n), "log.jsonl"));
	df_buf_release(&b);
	return ret;
}

/* All blobs as one: what a bundle is. */
static int
put_bundle(struct df_run *r, struct df_store *to, const char *dir,
    jv *layers, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_digest d;
	uint64_t size;
	int fd, ret;

	df_buf_fmt(&path, "%s/bundle", dir);
	ret = df_bundle_write(r, path.s, e);
	fd = ret < 0 ? -1 : open(path.s, O_RDONLY | O_CLOEXEC);
	if (ret == 0 && fd < 0)
		ret = df_fail_errno(e, DF_EXTERNAL, "oci", "%s", path.s);
	if (ret == 0)
		ret = df_store_put_fd(to, fd, BYTES_MAX, path.s, &d, &size,
		    e);
	if (fd >= 0)
		close(fd);
	(void)unlink(path.s);
	if (ret == 0)
		*layers = jv_array_append(*layers, titled(descriptor(BUNDLE,
		    &d, size), "run.tar.zst"));
	df_buf_release(&path);
	return ret;
}

static int
put_blobs(struct df_run *r, struct df_store *to, const char *dir, jv *config,
    jv *layers, struct df_err *e)
{
	struct df_blobset blobs = { 0 };
	uint64_t size = 0;
	size_t i;
	int ret, env;

	ret = df_gate_blobs(r, &blobs, e);
	if (ret == 0 && blobs.n > DF_OCI_LAYERS) {
		ret = put_bundle(r, to, dir, layers, e);
		if (ret == 0)
			ret = copy_blob(r, to, &r->env_digest, &size, e);
		*config = ret < 0 ? jv_null() : descriptor(ENVELOPE,
		    &r->env_digest, size);
		df_blobset_release(&blobs);
		return ret;
	}
	for (i = 0; ret == 0 && i < blobs.n; i++) {
		if (blobs.v[i].pruned && df_pruned(r, &blobs.v[i].digest))
			continue;
		ret = copy_blob(r, to, &blobs.v[i].digest, &size, e);
		if (ret < 0)
			break;
		env = df_digest_eq(&blobs.v[i].digest, &r->env_digest);
		if (env)
			*config = descriptor(ENVELOPE, &r->env_digest, size);
		else
			*layers = jv_array_append(*layers, descriptor(BLOB,
			    &blobs.v[i].digest, size));
	}
	df_blobset_release(&blobs);
	return ret;
}

static int
put_manifest(struct df_run *r, struct df_store *to, int dir, jv config,
    jv layers, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;
	jv v;
	int ret;

	v = df_jset_str(jv_object(), "artifactType", RUN);
	v = df_jset(v, "config", config);
	v = df_jset(v, "layers", layers);
	v = df_jset_str(v, "mediaType", MANIFEST);
	df_json_line(&b, df_jset_int(titled(v, r->id), "schemaVersion", 2));
	ret = df_store_put(to, b.s, b.n, &d, e);
	v = df_jset_str(descriptor(MANIFEST, &d, b.n), "artifactType", RUN);
	v = df_jset(v, "annotations", df_jset_str(jv_object(), REF, r->id));
	v = df_jset(jv_object(), "manifests", jv_array_append(jv_array(), v));
	v = df_jset_str(v, "mediaType", INDEX);
	df_buf_reset(&b);
	df_json_line(&b, df_jset_int(v, "schemaVersion", 2));
	if (ret == 0)
		ret = df_create_file(dir, "index.json", b.s, b.n, 0644, e);
	if (ret == 0)
		ret = df_create_file(dir, "oci-layout", LAYOUT "\n",
		    strlen(LAYOUT) + 1, 0644, e);
	df_buf_release(&b);
	return ret;
}

/* The layout in directory fd, which is dir. */
static int
fill(struct df_run *r, int fd, const char *dir, struct df_err *e)
{
	struct df_store to;
	jv config = jv_null(), layers = jv_array();
	int ret;

	if (df_store_open(&to, fd, 1, e) < 0) {
		jv_free(layers);
		return -1;
	}
	ret = put_log(r, &to, &layers, e);
	if (ret == 0)
		ret = put_blobs(r, &to, dir, &config, &layers, e);
	if (ret == 0) {
		ret = put_manifest(r, &to, fd, config, layers, e);
	} else {
		jv_free(config);
		jv_free(layers);
	}
	if (ret == 0)
		ret = df_sync_fs(fd, dir, e);
	df_store_close(&to);
	return ret;
}

int
df_oci_write(struct df_run *r, const char *path, struct df_err *e)
{
	char *slash, *full = df_strdup(path);
	const char *parent = ".", *name = full;
	struct df_buf dir = DF_BUF_INIT;
	mode_t mask = umask(022);
	struct df_place p;
	size_t n = strlen(full);
	int ret;

	while (n > 1 && full[n - 1] == '/')
		full[--n] = '\0';
	slash = strrchr(full, '/');
	if (slash) {
		*slash = '\0';
		parent = slash == full ? "/" : full;
		name = slash + 1;
	}
	ret = df_place_open(&p, parent, e);
	if (ret == 0) {
		df_buf_fmt(&dir, "%s/%s", parent, p.tmp);
		if (faccessat(p.parent, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			ret = df_fail(e, DF_CONFLICT, "oci.exists",
			    "%s exists already", path);
		if (ret == 0)
			ret = fill(r, p.dir, dir.s, e);
		if (ret == 0)
			ret = df_place_publish(&p, name, e);
		df_place_close(&p);
	}
	(void)umask(mask);
	df_buf_release(&dir);
	free(full);
	return ret;
}

/* ---- reading ---- */

int
df_oci_is(const char *path)
{
	struct df_buf b = DF_BUF_INIT;
	struct stat st;
	int yes;

	df_buf_fmt(&b, "%s/oci-layout", path);
	yes = lstat(b.s, &st) == 0 && S_ISREG(st.st_mode);
	df_buf_release(&b);
	return yes;
}

/* A blob as a descriptor says it is. */
struct blob {
	struct df_digest digest;
	uint64_t size;
	char media[64];
};

struct layout {
	const char *path;
	int dir;
	struct df_json j;		/* the manifest */
	struct df_buf text;
	struct df_map seen;		/* digests, kept in arena */
	struct df_arena arena;
	uint64_t bytes;
	struct df_store to;
};

static int
no_layout(const struct layout *l, const char *why, struct df_err *e)
{
	return df_fail(e, DF_INPUT, "oci.format", "%s: no run in it: %s",
	    l->path, why);
}

static int
open_file(const struct layout *l, const char *name, struct df_err *e)
{
	struct stat st;
	int fd = df_open_beneath(l->dir, name, O_RDONLY | O_NONBLOCK, 1);

	if (fd < 0)
		return df_fail_errno(e, errno == ENOENT ? DF_INTEGRITY :
		    DF_INPUT, "oci.open", "%s/%s", l->path, name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return df_fail(e, DF_INPUT, "oci.open",
		    "%s/%s is no regular file", l->path, name);
	}
	return fd;
}

static int
open_blob(const struct layout *l, const struct blob *b, struct df_err *e)
{
	char name[96], hex[DF_DIGEST_STR];

	snprintf(name, sizeof(name), "blobs/sha256/%s", df_digest_str(
	    &b->digest, hex) + 7);
	return open_file(l, name, e);
}

static int
read_json(const struct layout *l, const char *name, struct df_json *j,
    struct df_buf *b, struct df_err *e)
{
	int fd = open_file(l, name, e), r;

	if (fd < 0)
		return -1;
	r = df_read_fd(fd, b, JSON_MAX, name, e);
	close(fd);
	if (r == 0)
		r = df_json_scan(j, b->s, b->n, 0, name, e);
	return r;
}

/* Descriptor t of j. */
static int
parse(const struct layout *l, const struct df_json *j, uint32_t t,
    struct blob *b, struct df_err *e)
{
	uint32_t d = df_jget(j, t, "digest"), m = df_jget(j, t, "mediaType");
	struct df_buf s = DF_BUF_INIT;
	int64_t size;

	memset(b, 0, sizeof(*b));
	if (m && j->tok[m].type == DF_JSTRING)
		df_jtext(j, m, &s);
	snprintf(b->media, sizeof(b->media), "%s", s.s);
	df_buf_reset(&s);
	if (d && j->tok[d].type == DF_JSTRING)
		df_jtext(j, d, &s);
	d = df_digest_parse(&b->digest, s.s, s.n) == 0;
	df_buf_release(&s);
	if (!d || df_jint(j, df_jget(j, t, "size"), 0, INT64_MAX, &size) < 0)
		return no_layout(l, "a descriptor without digest and size", e);
	b->size = (uint64_t)size;
	return 0;
}

/* The one manifest of ours that the index lists. */
static int
find(struct layout *l, struct blob *b, struct df_err *e)
{
	struct df_buf text = DF_BUF_INIT;
	struct df_json j = { 0 };
	uint32_t all, t, i, n = 0, only = 0;
	int r;

	r = read_json(l, "index.json", &j, &text, e);
	all = r == 0 ? df_jget(&j, 0, "manifests") : 0;
	if (r == 0 && (all == 0 || j.tok[all].type != DF_JARRAY))
		r = no_layout(l, "index.json has no manifests", e);
	for (i = 0, t = all ? df_jfirst(&j, all) : 0; r == 0 && i <
	    j.tok[all].n; i++, t = df_jnext(&j, t)) {
		/* Who copies a layout may leave the type out of the index. */
		if (df_jget(&j, t, "artifactType") && !df_jis(&j, df_jget(&j,
		    t, "artifactType"), RUN))
			continue;
		only = t;
		n++;
	}
	if (r == 0 && n != 1)
		r = no_layout(l, n ? "index.json lists more than one" :
		    "index.json lists none", e);
	if (r == 0)
		r = parse(l, &j, only, b, e);
	df_json_release(&j);
	df_buf_release(&text);
	return r;
}

static int
manifest(struct layout *l, const struct blob *b, char name[64],
    struct df_err *e)
{
	char file[96], hex[DF_DIGEST_STR];
	struct df_buf id = DF_BUF_INIT;
	struct df_digest d;
	uint32_t t;
	int r = 0;

	snprintf(file, sizeof(file), "blobs/sha256/%s", df_digest_str(
	    &b->digest, hex) + 7);
	if (read_json(l, file, &l->j, &l->text, e) < 0)
		return -1;
	df_sha256(l->text.s, l->text.n, &d);
	if (!df_digest_eq(&d, &b->digest) || l->text.n != b->size)
		return df_fail(e, DF_INTEGRITY, "oci.digest",
		    "%s/%s has other bytes", l->path, file);
	if (!df_jis(&l->j, df_jget(&l->j, 0, "artifactType"), RUN))
		return no_layout(l, "its manifest is not of type " RUN, e);
	t = df_jget(&l->j, df_jget(&l->j, 0, "annotations"), TITLE);
	if (t && l->j.tok[t].type == DF_JSTRING)
		df_jtext(&l->j, t, &id);
	if (id.n < 3 || id.n >= 64 || !df_name_ok(id.s, id.n) || strncmp(id.s,
	    "r-", 2) != 0 || strchr(id.s, '/'))
		r = no_layout(l, "its title is no name of a run", e);
	else
		memcpy(name, id.s, id.n + 1);
	df_buf_release(&id);
	return r;
}

/* What a layer adds: each once, and not without end. */
static int
account(struct layout *l, const struct blob *b, struct df_err *e)
{
	char hex[DF_DIGEST_STR];
	const char *key = df_arena_str(&l->arena, (const char *)b->digest.b,
	    sizeof(b->digest.b));

	if (df_map_set(&l->seen, key, sizeof(b->digest.b), 1) != DF_MAP_NONE)
		return df_fail(e, DF_INPUT, "oci.format",
		    "%s: its manifest lists %s twice", l->path,
		    df_digest_str(&b->digest, hex));
	l->bytes += b->size;
	if (b->size > BYTES_MAX || l->bytes > BYTES_MAX)
		return df_fail(e, DF_INPUT, "oci.size",
		    "%s: more than %llu bytes", l->path,
		    (unsigned long long)BYTES_MAX);
	return 0;
}

static int
differs(const struct layout *l, const struct blob *b, struct df_err *e)
{
	char hex[DF_DIGEST_STR];

	return df_fail(e, DF_INTEGRITY, "oci.digest",
	    "%s/blobs/sha256/%s has other bytes", l->path, df_digest_str(
	    &b->digest, hex) + 7);
}

static int
take_blob(struct layout *l, const struct blob *b, struct df_err *e)
{
	struct df_digest d;
	struct df_err why;
	uint64_t size;
	int fd, r;

	if (account(l, b, e) < 0)
		return -1;
	fd = open_blob(l, b, e);
	if (fd < 0)
		return -1;
	r = df_store_put_fd(&l->to, fd, b->size, l->path, &d, &size, &why);
	close(fd);
	if (r < 0 && why.exit != DF_INPUT) {
		*e = why;
		return -1;
	}
	return r < 0 || size != b->size || !df_digest_eq(&d, &b->digest) ?
	    differs(l, b, e) : 0;
}

static int
take_log(struct layout *l, const struct blob *b, int dir, struct df_err *e)
{
	struct df_buf text = DF_BUF_INIT;
	struct df_digest d;
	int fd, r;

	if (strcmp(b->media, LOG) != 0)
		return no_layout(l, "its first layer is no log", e);
	if (b->size > LOG_MAX)
		return no_layout(l, "its log is too long", e);
	if (account(l, b, e) < 0)
		return -1;
	fd = open_blob(l, b, e);
	if (fd < 0)
		return -1;
	r = df_read_fd(fd, &text, LOG_MAX, l->path, e);
	close(fd);
	if (r == 0) {
		df_sha256(text.s, text.n, &d);
		if (!df_digest_eq(&d, &b->digest) || text.n != b->size)
			r = differs(l, b, e);
	}
	if (r == 0)
		r = df_create_file(dir, "log.jsonl", text.s, text.n, 0644, e);
	df_buf_release(&text);
	return r;
}

static int
hash_fd(int fd, struct df_digest *d, uint64_t *size, struct df_err *e)
{
	struct df_sha256 h;
	char buf[65536];
	ssize_t n;

	df_sha256_init(&h);
	*size = 0;
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return df_fail_errno(e, DF_EXTERNAL, "oci.read",
			    "a bundle");
		df_sha256_add(&h, buf, (size_t)n);
		*size += (uint64_t)n;
	}
	df_sha256_end(&h, d);
	return 0;
}

static int
unpack_fd(struct layout *l, const struct blob *b, int fd, const char *dir,
    const char *name, struct df_err *e)
{
	char path[40], inside[64];
	struct df_digest d;
	uint64_t size;

	if (hash_fd(fd, &d, &size, e) < 0)
		return -1;
	if (size != b->size || !df_digest_eq(&d, &b->digest))
		return differs(l, b, e);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (df_bundle_unpack(path, dir, inside, e) < 0)
		return -1;
	return strcmp(inside, name) == 0 ? 0 : no_layout(l,
	    "its bundle is of another run", e);
}

/* A bundle in the place of the blobs; its log has to be the first layer. */
static int
take_bundle(struct layout *l, const struct blob *b, const struct blob *log,
    const char *dir, const char *name, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT, text = DF_BUF_INIT;
	struct df_digest d;
	int fd, r;

	if (account(l, b, e) < 0)
		return -1;
	fd = open_blob(l, b, e);
	if (fd < 0)
		return -1;
	r = unpack_fd(l, b, fd, dir, name, e);
	close(fd);
	df_buf_fmt(&path, "%s/log.jsonl", dir);
	if (r == 0)
		r = df_read_file(AT_FDCWD, path.s, &text, LOG_MAX, e);
	if (r == 0) {
		df_sha256(text.s, text.n, &d);
		if (!df_digest_eq(&d, &log->digest))
			r = df_fail(e, DF_INTEGRITY, "oci.log",
			    "%s: its bundle has another log", l->path);
	}
	df_buf_release(&path);
	df_buf_release(&text);
	return r;
}

static int
take(struct layout *l, const char *dir, int fd, const char *name,
    struct df_err *e)
{
	uint32_t all = df_jget(&l->j, 0, "layers"), t, i, n;
	struct blob env, log, b;

	if (all == 0 || l->j.tok[all].type != DF_JARRAY || (n =
	    l->j.tok[all].n) < 2 || n > DF_OCI_LAYERS + 1)
		return no_layout(l, "its manifest has no layers of one", e);
	t = df_jfirst(&l->j, all);
	if (parse(l, &l->j, df_jget(&l->j, 0, "config"), &env, e) < 0 ||
	    parse(l, &l->j, t, &log, e) < 0 ||
	    parse(l, &l->j, df_jnext(&l->j, t), &b, e) < 0)
		return -1;
	if (n == 2 && strcmp(b.media, BUNDLE) == 0)
		return take_bundle(l, &b, &log, dir, name, e);
	if (df_store_open(&l->to, fd, 1, e) < 0)
		return -1;
	if (take_log(l, &log, fd, e) < 0 || take_blob(l, &env, e) < 0)
		return -1;
	for (i = 1, t = df_jnext(&l->j, t); i < n; i++, t = df_jnext(&l->j,
	    t)) {
		if (parse(l, &l->j, t, &b, e) < 0)
			return -1;
		if (strcmp(b.media, BLOB) != 0)
			return no_layout(l, "a layer is no blob of a run", e);
		if (take_blob(l, &b, e) < 0)
			return -1;
	}
	return 0;
}

/* The names are not in it.  A log that is broken has none: who reads the run
   says what is wrong with it. */
static int
link_names(const char *dir, struct df_err *e)
{
	struct df_run r;
	int ret;

	if (df_run_open(&r, dir, 0, e) < 0)
		return e->exit == DF_EXTERNAL ? -1 : 0;
	ret = df_run_relink(&r, 0, NULL, e);
	df_run_close(&r);
	return ret;
}

static void
release(struct layout *l)
{
	df_map_release(&l->seen);
	df_arena_release(&l->arena);
	df_json_release(&l->j);
	df_buf_release(&l->text);
	df_store_close(&l->to);
	if (l->dir >= 0)
		close(l->dir);
}

int
df_oci_unpack(const char *path, const char *dir, char name[64],
    struct df_err *e)
{
	struct layout l = { .path = path, .to.dir = -1 };
	mode_t mask = umask(022);
	struct blob b;
	int fd, r = 0;

	df_buf_init(&l.text);
	l.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.dir < 0 || fd < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "oci.open", "%s", l.dir < 0
		    ? path : dir);
	if (r == 0)
		r = find(&l, &b, e);
	if (r == 0)
		r = manifest(&l, &b, name, e);
	if (r == 0)
		r = take(&l, dir, fd, name, e);
	if (r == 0)
		r = link_names(dir, e);
	release(&l);
	if (fd >= 0)
		close(fd);
	(void)umask(mask);
	return r;
}
