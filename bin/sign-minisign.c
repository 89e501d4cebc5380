#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "evidence/keyfind.h"
#include "evidence/minisign.h"
#include "sign.h"

#define SIG_MAX ((size_t)16 << 10)

/* ---- a key of its own ---- */

static int
refuse(const char *fp, const char *where, struct df_err *e)
{
	(void)df_fail(e, DF_REFUSED, "sign.rostered",
	    "key %s is %s: minisign signs bytes without a type", fp, where);
	return df_hint(e, "df-sign keygen FILE makes one of its own");
}

/* Keys that are there to be a role's, listed already or not. */
static int
among_keys(const struct df_pubkey *k, const char *fp, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_pubkey other;
	int role, r = 0;

	for (role = 0; r == 0 && role < DF_ROLES; role++) {
		df_buf_reset(&path);
		df_buf_reset(&b);
		df_keys_path(&path, df_role_name((enum df_role)role));
		df_buf_str(&path, ".pub");
		if (df_read_file(AT_FDCWD, path.s, &b, 16384, NULL) == 0 &&
		    df_pubkey_parse(&other, b.s, b.n, NULL) == 0 &&
		    df_pubkey_eq(&other, k))
			r = refuse(fp, df_role_name((enum df_role)role), e);
	}
	df_buf_release(&path);
	df_buf_release(&b);
	return r;
}

static int
unlisted(const struct df_pubkey *k, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_trust_files f;
	struct df_trust t = { 0 };
	char fp[DF_FP_STR], root[DF_FP_STR];
	int r = 0;

	(void)df_fingerprint(k, fp);
	if (df_args.trust && *df_args.trust)
		df_buf_str(&path, df_args.trust);
	else
		df_trust_path(&path);
	/* Without a trust directory there is no roster. */
	if (access(path.s, F_OK) == 0 || errno != ENOENT) {
		df_trust_files_init(&f);
		r = df_trust_usual(&f, &t, root, e);
		if (r == 0 && (df_trust_find(&t, fp) ||
		    df_trust_revoked(&t, fp) || strcmp(root, fp) == 0))
			r = refuse(fp, "in the roster", e);
		df_trust_files_release(&f);
		df_trust_release(&t);
	}
	df_buf_release(&path);
	return r < 0 ? -1 : among_keys(k, fp, e);
}

/* ---- signing ---- */

static int
open_file(const char *path, struct df_err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return df_fail_errno(e, DF_INPUT, "file.open", "%s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return df_fail(e, DF_INPUT, "file.type",
		    "%s is no regular file", path);
	}
	return fd;
}

static int
sign_one(struct df_key *k, const char *path, const char *comment,
    struct df_err *e)
{
	struct df_buf said = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_buf name = DF_BUF_INIT;
	const char *slash = strrchr(path, '/');
	int fd, r;

	if (comment)
		df_buf_str(&said, comment);
	else
		df_buf_fmt(&said, "file:%s\thashed", slash ? slash + 1 :
		    path);
	df_buf_fmt(&name, "%s.minisig", path);
	fd = open_file(path, e);
	r = fd < 0 ? -1 : df_minisign_sign(k, fd, path, said.s, &sig, e);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = df_create_file(AT_FDCWD, name.s, sig.s, sig.n, 0644, e);
	if (r == 0 && df_args.json)
		df_out_json(df_jset_str(jv_object(), "file", name.s));
	else if (r == 0)
		df_out(name.s);
	df_buf_release(&said);
	df_buf_release(&sig);
	df_buf_release(&name);
	return r;
}

int
df_sign_minisign(const char *key, const char *comment, char **file, size_t n,
    struct df_err *e)
{
	struct df_key *k = df_key_find(key, -1, NULL, e);
	size_t i;
	int r;

	if (k == NULL)
		return -1;
	r = unlisted(df_key_pub(k), e);
	for (i = 0; r == 0 && i < n; i++)
		r = sign_one(k, file[i], comment, e);
	df_key_free(k);
	return r;
}

/* ---- verifying ---- */

int
df_sign_minisign_check(const char *key, const char *path, const char *sigpath,
    struct df_err *e)
{
	struct df_buf pub = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_buf said = DF_BUF_INIT;
	struct df_minisign_key k;
	int fd = -1, r;

	r = df_read_file(AT_FDCWD, key, &pub, SIG_MAX, e);
	if (r == 0)
		r = df_minisign_key_read(&k, pub.s, pub.n, key, e);
	if (r == 0)
		r = df_read_file(AT_FDCWD, sigpath, &sig, SIG_MAX, e);
	if (r == 0)
		r = fd = open_file(path, e);
	if (r >= 0)
		r = df_minisign_verify(&k, fd, path, sig.s, sig.n, sigpath,
		    &said, e);
	if (fd >= 0)
		close(fd);
	if (r == 0 && df_args.json)
		df_out_json(df_jset_strn(jv_object(), "comment", said.s,
		    said.n));
	else if (r == 0)
		df_out(said.s);
	df_buf_release(&pub);
	df_buf_release(&sig);
	df_buf_release(&said);
	return r;
}
