#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/closed.h"
#include "run/prune.h"

#define DEPTH 16		/* of directories below a run */

void
df_finding_add(struct df_findings *f, const char *code, const char *place,
    const char *fmt, ...)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_finding *x;
	va_list ap;

	DF_GROW(f->v, f->n, f->cap);
	x = &f->v[f->n++];
	x->code = df_strdup(code);
	x->place = df_strdup(place);
	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	x->message = df_buf_detach(&b);
}

void
df_findings_release(struct df_findings *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		free(f->v[i].code);
		free(f->v[i].place);
		free(f->v[i].message);
	}
	free(f->v);
	memset(f, 0, sizeof(*f));
}

struct closed {
	struct df_run *r;
	const struct df_blobset *blobs;
	struct df_findings *bad, *notes;
	struct df_map dirs;		/* directories that names are in */
	struct df_arena arena;
	uint8_t *seen;			/* by name */
	unsigned strange;		/* directories that we are in, and that
					   hold no name */
	size_t blobs_seen;
};

/* ---- modes ---- */

static void
check_mode(struct closed *c, const char *path, mode_t mode, mode_t want)
{
	if (c->r->state.sealed && (mode & 07777) != want)
		df_finding_add(c->bad, "closed.mode", path,
		    "mode is %04o and has to be %04o", (unsigned)mode & 07777,
		    (unsigned)want);
}

/* ---- names ---- */

static int
file_matches(struct closed *c, const char *path, const struct df_name *n,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;
	int r;

	r = df_read_file(c->r->dir, path, &b, (size_t)n->size + 1, e);
	if (r == 0) {
		df_sha256(b.s, b.n, &d);
		r = df_digest_eq(&d, &n->digest);
	}
	df_buf_release(&b);
	return r;
}

static void
check_link(struct closed *c, const char *path, const struct df_name *n)
{
	struct df_buf want = DF_BUF_INIT;
	char got[PATH_MAX];
	ssize_t k;

	df_name_target(&want, path, &n->digest);
	k = readlinkat(c->r->dir, path, got, sizeof(got));
	if (k < 0 || (size_t)k != want.n || memcmp(got, want.s, want.n) != 0)
		df_finding_add(c->r->state.sealed ? c->bad : c->notes,
		    "closed.link", path,
		    "the link is not the one that the log implies");
	df_buf_release(&want);
}

static int
is_name_link(const struct closed *c, const char *path, const struct stat *st)
{
	char got[PATH_MAX];
	struct df_digest d;
	const char *s;
	ssize_t k;

	if (!S_ISLNK(st->st_mode) || df_is_temp(path))
		return 0;
	k = readlinkat(c->r->dir, path, got, sizeof(got) - 1);
	if (k < 0)
		return 0;
	got[k] = '\0';
	s = strstr(got, "blobs/sha256/");
	return s && df_digest_parse_hex(&d, s + 13, strlen(s + 13)) == 0;
}

static void
check_entry(struct closed *c, const char *path, const struct stat *st)
{
	size_t i = df_map_get(&c->r->names, path, strlen(path));
	const struct df_name *n = i == DF_MAP_NONE ? NULL : &c->r->name[i];

	if (n == NULL) {
		/* Links are made after their event: the log has lost it. */
		if (is_name_link(c, path, st))
			df_finding_add(c->bad, "closed.lost", path,
			    "a name that no event of the log has given");
		else if (!c->strange)
			df_finding_add(c->r->state.sealed ? c->bad :
			    c->notes, "closed.extra", path,
			    "no event names this");
		return;
	}
	c->seen[i] = 1;
	if (S_ISLNK(st->st_mode)) {
		check_link(c, path, n);
	} else if (S_ISREG(st->st_mode) && file_matches(c, path, n, NULL) ==
	    1) {
		check_mode(c, path, st->st_mode, 0444);
		df_finding_add(c->notes, "closed.copy", path,
		    "a copy of the blob instead of a link to it");
	} else {
		df_finding_add(c->bad, "closed.name", path,
		    "neither the link nor the bytes that the log implies");
	}
}

/* ---- blobs ---- */

static int
blob_entry(struct closed *c, const char *name, const struct stat *st)
{
	struct df_buf path = DF_BUF_INIT;
	const struct df_named *v;
	struct df_digest d;
	int sealed = c->r->state.sealed;

	df_buf_fmt(&path, "blobs/sha256/%s", name);
	if (!S_ISREG(st->st_mode) || df_digest_parse_hex(&d, name,
	    strlen(name)) < 0) {
		if (sealed || !S_ISREG(st->st_mode))
			df_finding_add(c->bad, "closed.extra", path.s,
			    "is no blob");
	} else {
		check_mode(c, path.s, st->st_mode, 0444);
		v = df_blobset_get(c->blobs, &d);
		if (v) {
			c->blobs_seen++;
			if (v->pruned)
				df_finding_add(c->notes, "closed.swept",
				    path.s, "gc.swept lists it, and it is "
				    "still there (df-store gc removes it)");
		} else if (sealed) {
			if (df_store_check(&c->r->store, &d, NULL, NULL) < 0)
				df_finding_add(c->bad, "closed.blob", path.s,
				    "no event names it, and its bytes are "
				    "not those of its name");
			else
				df_finding_add(c->notes, "closed.debris",
				    path.s, "no event names this blob");
		}
	}
	df_buf_release(&path);
	return 0;
}

/* ---- walking ---- */

static int walk(struct closed *c, int dir, const char *path, unsigned depth,
    struct df_err *e);

static int
descend(struct closed *c, int parent, const char *path, const char *name,
    unsigned depth, struct df_err *e)
{
	int fd, r;

	if (depth >= DEPTH) {
		if (!c->strange)
			df_finding_add(c->bad, "closed.extra", path,
			    "deeper than any name");
		return 0;
	}
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd < 0)
		return c->strange ? 0 : df_fail_errno(e, DF_EXTERNAL,
		    "closed.read", "%s", path);
	r = walk(c, fd, path, depth + 1, e);
	close(fd);
	return r;
}

static int
known_dir(const struct closed *c, const char *path)
{
	return strcmp(path, "blobs") == 0 || strcmp(path, "blobs/sha256") == 0
	    || df_map_get(&c->dirs, path, strlen(path)) != DF_MAP_NONE;
}

static int
entry(struct closed *c, int dir, const char *path, const char *name,
    unsigned depth, struct df_err *e)
{
	struct stat st;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "closed.read", "%s",
		    path);
	if (strncmp(path, "blobs/sha256/", 13) == 0)
		return blob_entry(c, name, &st);
	if (S_ISDIR(st.st_mode) && known_dir(c, path)) {
		check_mode(c, path, st.st_mode, 0755);
		return descend(c, dir, path, name, depth, e);
	}
	if (strcmp(path, "log.jsonl") == 0 && S_ISREG(st.st_mode)) {
		check_mode(c, path, st.st_mode, 0644);
		return 0;
	}
	if (strcmp(path, "work") == 0 && S_ISDIR(st.st_mode) &&
	    !c->r->state.sealed)
		return 0;
	check_entry(c, path, &st);
	if (!S_ISDIR(st.st_mode) || c->r->state.sealed)
		return 0;
	/* The event that gave all names in it may be what is lost. */
	c->strange++;
	r = descend(c, dir, path, name, depth, e);
	c->strange--;
	return r;
}

/* Takes no ownership of dir. */
static int
walk(struct closed *c, int dir, const char *path, unsigned depth,
    struct df_err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct df_buf full = DF_BUF_INIT;
	struct dirent *de;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return df_fail_errno(e, DF_EXTERNAL, "closed.read", "%s",
		    *path ? path : "the run");
	}
	while (r == 0 && (errno = 0, de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		df_buf_reset(&full);
		df_buf_fmt(&full, "%s%s%s", path, *path ? "/" : "",
		    de->d_name);
		r = entry(c, dir, full.s, de->d_name, depth, e);
	}
	closedir(d);
	df_buf_release(&full);
	return r;
}

static void
note_dirs(struct closed *c)
{
	const char *s, *name;
	size_t i;

	for (i = 0; i < c->r->nname; i++) {
		name = c->r->name[i].name;
		for (s = strchr(name, '/'); s; s = strchr(s + 1, '/'))
			(void)df_map_set(&c->dirs, name, (size_t)(s - name),
			    0);
	}
}

long
df_closed_check(struct df_run *r, const struct df_blobset *blobs,
    struct df_findings *bad, struct df_findings *notes, struct df_err *e)
{
	struct closed c = { .r = r, .blobs = blobs, .bad = bad,
	    .notes = notes };
	size_t i;
	int ret;

	c.seen = df_calloc(r->nname, 1);
	note_dirs(&c);
	ret = walk(&c, r->dir, "", 0, e);
	if (r->log.tail)
		df_finding_add(r->state.sealed && !r->log.begun ? bad : notes,
		    "closed.tail", "log.jsonl", "%llu bytes behind the last "
		    "event, which no event commits to yet",
		    (unsigned long long)r->log.tail);
	for (i = 0; ret == 0 && i < r->nname; i++)
		if (!c.seen[i] && !df_pruned(r, &r->name[i].digest))
			df_finding_add(notes, "closed.missing",
			    r->name[i].name, "the link is not there "
			    "(df-store names makes it)");
	free(c.seen);
	df_map_release(&c.dirs);
	df_arena_release(&c.arena);
	return ret < 0 ? -1 : (long)r->nname;
}

/* ---- seals ---- */

static int
seal_names(const struct df_run *r, jv seal, uint64_t head, const char *place,
    struct df_findings *bad)
{
	jv names = df_jv_get(seal, "names");
	const struct df_name *n;
	char hex[DF_DIGEST_STR];
	const char *s;
	size_t i, want = 0;
	int ok = 1;

	for (i = 0; i < r->nname; i++) {
		n = &r->name[i];
		if (r->giver[n->giver].seq > head)
			continue;
		want++;
		s = df_jv_str(names, n->name);
		if (s == NULL || strcmp(s, df_digest_str(&n->digest, hex)) !=
		    0) {
			df_finding_add(bad, "seal.names", place,
			    "it does not say what the log says of %s",
			    n->name);
			ok = 0;
		}
	}
	if (jv_get_kind(names) != JV_KIND_OBJECT ||
	    jv_object_length(jv_copy(names)) != (int)want) {
		df_finding_add(bad, "seal.names", place,
		    "it has not as many names as the log");
		ok = 0;
	}
	jv_free(names);
	return ok;
}

/* Is head the line of the log that the seal says? */
static uint64_t
seal_head(const struct df_run *r, jv seal, const char *place,
    struct df_findings *bad)
{
	jv head = df_jv_get(seal, "head");
	int64_t seq = df_jv_int(head, "seq", 0);
	const char *digest = df_jv_str(head, "digest");
	char hex[DF_DIGEST_STR];

	if (seq < 1 || (uint64_t)seq > r->nline || digest == NULL ||
	    strcmp(digest, df_digest_str(&r->line[seq - 1].digest, hex)) != 0)
	{
		df_finding_add(bad, "seal.head", place,
		    "line %lld of the log is another one", (long long)seq);
		seq = 0;
	}
	jv_free(head);
	return (uint64_t)seq;
}

static int
seal_signature(struct df_run *r, const char *name, const struct df_buf *text,
    struct df_findings *bad, struct df_err *e)
{
	struct df_buf sig = DF_BUF_INIT;
	struct df_err why;
	struct df_sshsig s;
	char signame[80], fp[DF_FP_STR];
	int ret;

	snprintf(signame, sizeof(signame), "%s.sig", name);
	ret = df_run_get(r, signame, 65536, &sig, e);
	if (ret == 0 && (df_sshsig_read(&s, sig.s, sig.n, signame, &why) < 0
	    || strcmp(s.ns, df_role_name(DF_ROLE_RUN)) != 0 ||
	    df_sig_verify(&s.key, s.ns, text->s, text->n, s.sig, s.siglen,
	    &why) < 0 || df_trust_may(&r->trust, df_fingerprint(&s.key, fp),
	    DF_ROLE_RUN, 0, &why) == NULL))
		df_finding_add(bad, "seal.signature", signame,
		    "it is no signature of the seal in role df-run");
	df_buf_release(&sig);
	return ret;
}

static int
check_seal(struct df_run *r, unsigned n, struct df_findings *bad,
    struct df_err *e)
{
	struct df_buf text = DF_BUF_INIT;
	struct df_json j = { 0 };
	char name[64], hex[DF_DIGEST_STR];
	uint64_t head;
	int ret;
	jv seal;

	snprintf(name, sizeof(name), "seal/%u.json", n);
	ret = df_run_get(r, name, DF_RUN_BLOB_MAX, &text, e);
	if (ret == 0)
		ret = df_schema_scan(&j, text.s, text.n, DF_JSON_CANON,
		    "seal", name, e);
	if (ret == 0)
		ret = seal_signature(r, name, &text, bad, e);
	if (ret == 0) {
		seal = df_json_jv(&j, 0);
		if (strcmp(df_jv_str(seal, "run"), df_digest_str(
		    &r->state.genesis, hex)) != 0 ||
		    df_jv_int(seal, "n", 0) != n)
			df_finding_add(bad, "seal.run", name,
			    "it is a seal of another run or number");
		head = seal_head(r, seal, name, bad);
		if (head)
			(void)seal_names(r, seal, head, name, bad);
		jv_free(seal);
	}
	df_json_release(&j);
	df_buf_release(&text);
	return ret;
}

int
df_seals_check(struct df_run *r, struct df_findings *bad, struct df_err *e)
{
	unsigned i;

	for (i = 1; i <= r->state.seals; i++)
		if (check_seal(r, i, bad, e) < 0)
			return -1;
	return 0;
}
