#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/schema.h"
#include "base/text.h"
#include "evidence/trust.h"

#define FILE_BYTES ((size_t)1 << 20)
#define SEEN_BYTES ((size_t)4 << 20)
#define NEXT "next.json"
#define RECORD "trust.json"
#define REVOKED "revoked"
#define TRIES 20

/* ---- the files ---- */

static const struct {
	const char *name;
	size_t off;
} file[DF_TRUST_FILES] = {
	{ "allowed_signers", offsetof(struct df_trust_files, signers) },
	{ "allowed_signers.sig", offsetof(struct df_trust_files,
	    signers_sig) },
	{ "recipients", offsetof(struct df_trust_files, recipients) },
	{ "recipients.sig", offsetof(struct df_trust_files, recipients_sig) },
	{ REVOKED, offsetof(struct df_trust_files, revoked) },
	{ RECORD ".sig", offsetof(struct df_trust_files, record_sig) },
	{ RECORD, offsetof(struct df_trust_files, record) },
};

const char *
df_trust_file_name(size_t i)
{
	return file[i].name;
}

struct df_buf *
df_trust_file(struct df_trust_files *f, size_t i)
{
	return (struct df_buf *)(void *)((char *)f + file[i].off);
}

void
df_trust_files_init(struct df_trust_files *f)
{
	size_t i;

	for (i = 0; i < DF_TRUST_FILES; i++)
		df_buf_init(df_trust_file(f, i));
}

void
df_trust_files_release(struct df_trust_files *f)
{
	size_t i;

	for (i = 0; i < DF_TRUST_FILES; i++)
		df_buf_release(df_trust_file(f, i));
}

/* A file that is not there is empty. */
static int
read_one(int dir, const char *name, struct df_buf *b, size_t max,
    struct df_err *e)
{
	df_buf_reset(b);
	if (faccessat(dir, name, F_OK, 0) < 0 && errno == ENOENT)
		return 0;
	return df_read_file(dir, name, b, max, e);
}

/* All files from the one that stands for them.  1, or 0: it is not there. */
static int
read_next(int dir, struct df_trust_files *f, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, *to;
	struct df_json j = { 0 };
	uint32_t t;
	size_t i;
	int r;

	r = read_one(dir, NEXT, &b, FILE_BYTES * 2 * DF_TRUST_FILES, e);
	if (r == 0 && b.n) {
		r = df_json_scan(&j, b.s, b.n, DF_JSON_CANON, NEXT, e);
		for (i = 0; r == 0 && i < DF_TRUST_FILES; i++) {
			to = df_trust_file(f, i);
			df_buf_reset(to);
			t = df_jget(&j, 0, file[i].name);
			if (t && df_unbase64(to, b.s + j.tok[t].start,
			    j.tok[t].end - j.tok[t].start) < 0)
				r = df_fail(e, DF_INPUT, "trust.next",
				    "%s: %s is no base64", NEXT, file[i].name);
		}
		if (r == 0)
			r = 1;
	}
	df_json_release(&j);
	df_buf_release(&b);
	return r;
}

/* Which record lies there: a new one is another file. */
static void
which(int dir, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	(void)fstatat(dir, RECORD, st, 0);
}

static int
same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_ctim.tv_sec ==
	    b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int
read_dir(int dir, struct df_trust_files *f, struct df_err *e)
{
	struct stat before, after;
	int i, tries, r;

	for (tries = 0; tries < TRIES; tries++) {
		which(dir, &before);
		r = read_next(dir, f, e);
		if (r)
			return r < 0 ? -1 : 0;
		for (i = 0; i < DF_TRUST_FILES; i++)
			if (read_one(dir, file[i].name, df_trust_file(f,
			    (size_t)i), FILE_BYTES, e) < 0)
				return -1;
		which(dir, &after);
		if (same(&before, &after) && faccessat(dir, NEXT, F_OK, 0) <
		    0)
			return 0;
	}
	return df_fail(e, DF_CONFLICT, "trust.busy",
	    "the trust directory changes while it is read");
}

int
df_trust_files_read(struct df_trust_files *f, const char *path,
    struct df_err *e)
{
	struct stat st;
	int dir, r;

	if (stat(path, &st) < 0)
		return df_fail_errno(e, DF_INPUT, "trust.open",
		    "cannot open trust directory %s", path);
	if (!S_ISDIR(st.st_mode))
		return df_fail(e, DF_INPUT, "trust.open",
		    "%s is not a trust directory", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_INPUT, "trust.open",
		    "cannot open trust directory %s", path);
	r = read_dir(dir, f, e);
	close(dir);
	return r;
}

/* ---- the record ---- */

static int
listed(const struct df_json *j, const char *name, const struct df_buf *b,
    struct df_err *e)
{
	char hex[DF_DIGEST_STR];
	struct df_digest d;
	uint32_t t = df_jget(j, df_jget(j, 0, "files"), name);

	df_sha256(b->s, b->n, &d);
	if (t ? df_jis(j, t, df_digest_str(&d, hex)) : b->n == 0)
		return 0;
	(void)df_fail(e, DF_INTEGRITY, "trust.version",
	    "%s is not the one of this version of the trust directory", name);
	return df_hint(e, "df-sign trust signs an edited directory");
}

/* The keys of the file `revoked', in the order of the record. */
static int
revoked_key(struct df_trust *t, const char **at, const char *end,
    struct df_revoked *g, struct df_err *e)
{
	const char *s = *at, *lf = memchr(s, '\n', (size_t)(end - s));
	char fp[DF_FP_STR];
	struct df_err why;

	if (lf == NULL || df_pubkey_parse(&g->key, s, (size_t)(lf - s), &why)
	    < 0 || strcmp(df_fingerprint(&g->key, fp), g->fp) != 0)
		return df_fail(e, DF_INPUT, "trust.revoked",
		    "%s does not hold the keys that %s revokes", REVOKED,
		    RECORD);
	*at = lf + 1;
	if (df_map_set(&t->revoked_fp, g->fp, strlen(g->fp),
	    t->nrevoked++) != DF_MAP_NONE)
		return df_fail(e, DF_INPUT, "trust.revoked",
		    "%s revokes %s twice", RECORD, g->fp);
	return 0;
}

static void
copy_fp(const struct df_json *j, uint32_t t, char out[DF_FP_STR])
{
	if (t)
		snprintf(out, DF_FP_STR, "%.*s", (int)(j->tok[t].end -
		    j->tok[t].start), j->s + j->tok[t].start);
}

static int
read_revoked(const struct df_json *j, const struct df_buf *keys,
    struct df_trust *t, struct df_err *e)
{
	uint32_t list = df_jget(j, 0, "revoked"), k, i;
	const char *at = keys->s, *end = keys->s + keys->n;
	struct df_buf b = DF_BUF_INIT;
	struct df_revoked *g;
	int64_t from;
	int r = 0;

	t->revoked = df_arena_alloc(&t->arena, (j->tok[list].n + 1) *
	    sizeof(*t->revoked));
	for (i = 0, k = df_jfirst(j, list); r == 0 && i < j->tok[list].n;
	    i++, k = df_jnext(j, k)) {
		g = &t->revoked[t->nrevoked];
		copy_fp(j, df_jget(j, k, "fingerprint"), g->fp);
		copy_fp(j, df_jget(j, k, "replaced_by"), g->by);
		df_buf_reset(&b);
		df_jtext(j, df_jget(j, k, "reason"), &b);
		g->reason = df_arena_str(&t->arena, b.s, b.n);
		if (df_jint(j, df_jget(j, k, "suspect_from_seq"), 0,
		    INT32_MAX, &from) == 0)
			g->from = (uint64_t)from;
		r = revoked_key(t, &at, end, g, e);
	}
	df_buf_release(&b);
	if (r == 0 && at != end)
		r = df_fail(e, DF_INPUT, "trust.revoked",
		    "%s holds more than %s revokes", REVOKED, RECORD);
	return r;
}

int
df_trust_record(const struct df_trust_files *f, struct df_trust *t,
    struct df_err *e)
{
	struct df_json j = { 0 };
	int64_t version = 0;
	int r;

	if (f->record.n == 0)
		return f->revoked.n == 0 ? 0 : df_fail(e, DF_AUTH,
		    "trust.unsigned", "%s is not signed: there is no %s",
		    REVOKED, RECORD);
	r = df_schema_scan(&j, f->record.s, f->record.n, DF_JSON_CANON,
	    "trust", RECORD, e);
	if (r == 0)
		r = listed(&j, "allowed_signers", &f->signers, e);
	if (r == 0)
		r = listed(&j, "recipients", &f->recipients, e);
	if (r == 0)
		r = listed(&j, REVOKED, &f->revoked, e);
	if (r == 0)
		r = df_jint(&j, df_jget(&j, 0, "version"), 1, INT32_MAX,
		    &version);
	if (r == 0)
		r = read_revoked(&j, &f->revoked, t, e);
	t->version = (uint64_t)version;
	df_sha256(f->record.s, f->record.n, &t->record);
	df_json_release(&j);
	return r;
}

/* ---- making a version ---- */

static jv
digest_of(const struct df_buf *b)
{
	char hex[DF_DIGEST_STR];
	struct df_digest d;

	df_sha256(b->s, b->n, &d);
	return jv_string(df_digest_str(&d, hex));
}

static jv
add_revoked(jv list, const struct df_revoked *g, struct df_buf *keys)
{
	char fp[DF_FP_STR];
	jv o = df_jset_str(jv_object(), "fingerprint", df_fingerprint(&g->key,
	    fp));

	o = df_jset_str(o, "reason", g->reason);
	if (g->by[0])
		o = df_jset_str(o, "replaced_by", g->by);
	o = df_jset_int(o, "suspect_from_seq", (int64_t)g->from);
	df_pubkey_str(&g->key, keys);
	df_buf_ch(keys, '\n');
	return jv_array_append(list, o);
}

/* The record and the list of keys of the version behind was. */
static int
make_record(struct df_trust_files *f, const struct df_trust *was,
    const struct df_revoked *rev, size_t nrev, struct df_err *e)
{
	jv v = jv_object(), files = jv_object(), list = jv_array();
	char hex[DF_DIGEST_STR];
	size_t i;

	df_buf_reset(&f->revoked);
	df_buf_reset(&f->record);
	for (i = 0; i < was->nrevoked; i++)
		list = add_revoked(list, &was->revoked[i], &f->revoked);
	for (i = 0; i < nrev; i++)
		list = add_revoked(list, &rev[i], &f->revoked);
	files = df_jset(files, "allowed_signers", digest_of(&f->signers));
	files = df_jset(files, "recipients", digest_of(&f->recipients));
	if (f->revoked.n)
		files = df_jset(files, REVOKED, digest_of(&f->revoked));
	v = df_jset(v, "files", files);
	v = df_jset(v, "previous", was->version ? jv_string(df_digest_str(
	    &was->record, hex)) : jv_null());
	v = df_jset(v, "revoked", list);
	v = df_jset_str(v, "schema", "df.trust/1");
	v = df_jset_int(v, "version", (int64_t)was->version + 1);
	return df_schema_write(&f->record, v, "trust", e);
}

static int
sign_all(struct df_trust_files *f, struct df_key *root, struct df_err *e)
{
	const char *ns = df_role_name(DF_ROLE_ROOT);

	df_buf_reset(&f->signers_sig);
	df_buf_reset(&f->recipients_sig);
	df_buf_reset(&f->record_sig);
	return df_sshsig_sign(root, ns, f->signers.s, f->signers.n,
	    &f->signers_sig, e) < 0 || df_sshsig_sign(root, ns,
	    f->recipients.s, f->recipients.n, &f->recipients_sig, e) < 0 ||
	    df_sshsig_sign(root, ns, f->record.s, f->record.n, &f->record_sig,
	    e) < 0 ? -1 : 0;
}

static int
put_files(int dir, struct df_trust_files *f, struct df_err *e)
{
	const struct df_buf *b;
	size_t i;

	for (i = 0; i < DF_TRUST_FILES; i++) {
		b = df_trust_file(f, i);
		if (b->n && df_replace_file(dir, file[i].name, b->s, b->n,
		    0644, e) < 0)
			return -1;
	}
	return 0;
}

/* All of them or none, whenever the machine stops. */
static int
publish(int dir, struct df_trust_files *f, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, text = DF_BUF_INIT;
	const struct df_buf *one;
	jv v = jv_object();
	size_t i;
	int r;

	for (i = 0; i < DF_TRUST_FILES; i++) {
		one = df_trust_file(f, i);
		df_buf_reset(&text);
		df_base64(&text, (const uint8_t *)one->s, one->n);
		v = df_jset_strn(v, file[i].name, text.s, text.n);
	}
	df_json_line(&b, v);
	r = df_replace_file(dir, NEXT, b.s, b.n, 0644, e);
	if (r == 0)
		r = put_files(dir, f, e);
	if (r == 0 && unlinkat(dir, NEXT, 0) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "trust.next",
		    "cannot remove %s", NEXT);
	if (r == 0)
		r = df_sync_dir(dir, "trust directory", e);
	df_buf_release(&b);
	df_buf_release(&text);
	return r;
}

/* A change that was cut short is made whole first. */
static int
finish(int dir, struct df_trust_files *f, struct df_err *e)
{
	int r = read_next(dir, f, e);

	if (r > 0)
		r = put_files(dir, f, e);
	if (r == 0 && faccessat(dir, NEXT, F_OK, 0) == 0 && unlinkat(dir,
	    NEXT, 0) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "trust.next",
		    "cannot remove %s", NEXT);
	return r;
}

/* The version that is there; allowed_signers and recipients may have been
   edited since. */
static int
present(const struct df_trust_files *f, struct df_trust *was,
    struct df_err *e)
{
	struct df_sshsig s;
	struct df_json j = { 0 };
	char fp[DF_FP_STR];
	int64_t version = 0;
	int r;

	if (f->record.n == 0)
		return 0;
	r = df_sshsig_read(&s, f->record_sig.s, f->record_sig.n, RECORD
	    ".sig", e);
	if (r == 0)
		r = df_sig_verify(&s.key, df_role_name(DF_ROLE_ROOT),
		    f->record.s, f->record.n, s.sig, s.siglen, e);
	if (r == 0)
		r = df_schema_scan(&j, f->record.s, f->record.n,
		    DF_JSON_CANON, "trust", RECORD, e);
	if (r == 0)
		r = df_jint(&j, df_jget(&j, 0, "version"), 1, INT32_MAX - 1,
		    &version);
	if (r == 0)
		r = listed(&j, REVOKED, &f->revoked, e);
	if (r == 0)
		r = read_revoked(&j, &f->revoked, was, e);
	was->version = (uint64_t)version;
	df_sha256(f->record.s, f->record.n, &was->record);
	df_json_release(&j);
	return r < 0 ? -1 : df_trust_seen(was, df_fingerprint(&s.key, fp), e);
}

static int
put_version(int dir, struct df_trust_files *f, const struct df_revoked *rev,
    size_t nrev, struct df_key *root, struct df_trust *t, struct df_err *e)
{
	struct df_trust was = { 0 };
	char fp[DF_FP_STR];
	int r = present(f, &was, e);

	if (r == 0)
		r = make_record(f, &was, rev, nrev, e);
	df_trust_release(&was);
	if (r == 0)
		r = sign_all(f, root, e);
	if (r == 0)
		r = df_trust_files_check(f, NULL, t, fp, e);
	if (r == 0)
		r = publish(dir, f, e);
	return r == 0 ? df_trust_seen(t, fp, e) : -1;
}

/* Is what is asked for what is there, by the same root? */
static int
unchanged(const struct df_trust_files *f, const struct df_key *root,
    size_t nrev, struct df_trust *t)
{
	char fp[DF_FP_STR], is[DF_FP_STR];

	if (nrev == 0 && f->record.n && df_trust_files_check(f, NULL, t, is,
	    NULL) == 0 && strcmp(is, df_fingerprint(df_key_pub(root), fp)) ==
	    0)
		return 1;
	df_trust_release(t);
	return 0;
}

static void
set(struct df_buf *to, const struct df_buf *b)
{
	df_buf_reset(to);
	df_buf_add(to, b->s, b->n);
}

int
df_trust_write(int dir, const struct df_buf *signers,
    const struct df_buf *recipients, const struct df_revoked *rev,
    size_t nrev, struct df_key *root, struct df_trust *t, struct df_err *e)
{
	struct df_trust_files f;
	int r;

	df_trust_files_init(&f);
	r = df_lock(dir, 1, "trust directory", e);
	if (r == 0)
		r = finish(dir, &f, e);
	if (r >= 0)
		r = read_dir(dir, &f, e);
	if (r == 0) {
		set(&f.signers, signers);
		set(&f.recipients, recipients);
		r = unchanged(&f, root, nrev, t) ? 0 : put_version(dir, &f,
		    rev, nrev, root, t, e);
	}
	df_trust_files_release(&f);
	return r;
}

/* ---- what was seen ---- */

struct seen {
	char fp[DF_FP_STR];
	uint64_t version;
	struct df_digest record;
};
struct memory {
	struct seen *v;
	size_t n, cap;
	int changed;
};

/* The directory of what is remembered, made; -1: nothing can be. */
static int
state_dir(int make)
{
	const char *s = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct df_buf b = DF_BUF_INIT;
	struct df_err why;
	int fd = -1;

	if (s && *s == '/')
		df_buf_fmt(&b, "%s/darkfactory", s);
	else if (home && *home == '/')
		df_buf_fmt(&b, "%s/.local/state/darkfactory", home);
	if (b.n && (!make || df_mkdirs(AT_FDCWD, b.s, 1, 0700, &why) == 0))
		fd = open(b.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	df_buf_release(&b);
	return fd;
}

static int
recall_line(struct memory *m, const char *s, size_t n)
{
	char line[200], *version, *digest;
	struct seen *g;
	int64_t v;

	if (n >= sizeof(line))
		return -1;
	memcpy(line, s, n);
	line[n] = '\0';
	version = strchr(line, ' ');
	digest = version ? strchr(version + 1, ' ') : NULL;
	if (digest == NULL || version - line != DF_FP_STR - 1)
		return -1;
	*version++ = *digest++ = '\0';
	DF_GROW(m->v, m->n, m->cap);
	g = &m->v[m->n];
	memcpy(g->fp, line, DF_FP_STR);
	if (df_number(version, 1, INT32_MAX, &v) < 0 ||
	    df_digest_parse(&g->record, digest, strlen(digest)) < 0)
		return -1;
	g->version = (uint64_t)v;
	m->n++;
	return 0;
}

static int
recall(int dir, struct memory *m, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s, *end, *lf;
	size_t no = 0;
	int r;

	m->n = 0;
	r = read_one(dir, "trust", &b, SEEN_BYTES, e);
	s = b.s;
	end = s + b.n;
	while (r == 0 && s < end) {
		no++;
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL || recall_line(m, s, (size_t)(lf - s)) < 0)
			r = df_fail(e, DF_INPUT, "trust.state",
			    "the file darkfactory/trust of XDG_STATE_HOME: "
			    "line %zu is not FINGERPRINT VERSION DIGEST", no);
		s = lf ? lf + 1 : end;
	}
	df_buf_release(&b);
	return r;
}

/* Under one root. */
static int
compare(struct memory *m, const char *fp, const struct df_trust *t,
    struct df_err *e)
{
	struct seen *g;
	size_t i;

	for (i = 0; i < m->n && strcmp(m->v[i].fp, fp) != 0; i++)
		;
	if (i == m->n) {
		if (t->version == 0)
			return 0;
		DF_GROW(m->v, m->n, m->cap);
		g = &m->v[m->n++];
		memcpy(g->fp, fp, DF_FP_STR);
		g->version = 0;
	}
	g = &m->v[i];
	if (t->version < g->version) {
		(void)df_fail(e, DF_INTEGRITY, "trust.old",
		    "the trust directory is version %llu; version %llu was "
		    "seen under root %s", (unsigned long long)t->version,
		    (unsigned long long)g->version, fp);
		return df_hint(e, "take the newer directory from whoever "
		    "keeps it");
	}
	if (t->version == g->version && !df_digest_eq(&g->record,
	    &t->record))
		return df_fail(e, DF_INTEGRITY, "trust.fork",
		    "another version %llu of the trust directory was seen "
		    "under root %s", (unsigned long long)t->version, fp);
	if (t->version > g->version) {
		g->version = t->version;
		g->record = t->record;
		m->changed = 1;
	}
	return 0;
}

static int
compare_all(struct memory *m, const struct df_trust *t, const char *rootfp,
    struct df_err *e)
{
	const struct df_signer *g;
	size_t i;

	m->changed = 0;
	if (compare(m, rootfp, t, e) < 0)
		return -1;
	for (i = 0; i < t->nsigner; i++) {
		g = &t->signer[i];
		if ((g->roles & DF_ROLE_BIT(DF_ROLE_ROOT)) &&
		    strcmp(g->fp, rootfp) != 0 && compare(m, g->fp, t, e) < 0)
			return -1;
	}
	return 0;
}

static void
remember(int dir, const struct memory *m)
{
	struct df_buf b = DF_BUF_INIT;
	char hex[DF_DIGEST_STR];
	struct df_err why;
	size_t i;

	for (i = 0; i < m->n; i++)
		df_buf_fmt(&b, "%s %llu %s\n", m->v[i].fp,
		    (unsigned long long)m->v[i].version,
		    df_digest_str(&m->v[i].record, hex));
	(void)!df_replace_file(dir, "trust", b.s, b.n, 0600, &why);
	df_buf_release(&b);
}

int
df_trust_seen(const struct df_trust *t, const char *rootfp, struct df_err *e)
{
	int dir = state_dir(t->version > 0), r;
	struct memory m = { 0 };
	struct df_err why;

	if (dir < 0)
		return 0;
	r = recall(dir, &m, e);
	if (r == 0)
		r = compare_all(&m, t, rootfp, e);
	if (r == 0 && m.changed && df_lock(dir, 1, "state", &why) == 0) {
		r = recall(dir, &m, e);
		if (r == 0)
			r = compare_all(&m, t, rootfp, e);
		if (r == 0 && m.changed)
			remember(dir, &m);
	}
	free(m.v);
	close(dir);
	return r;
}
