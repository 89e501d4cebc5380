/*
 * df-sign - keys, trust directories, signatures of files.
 *
 *	keygen	an OpenSSH Ed25519 key pair, or an age identity
 *	init	one key a role and a trust directory that lists them
 *	trust	sign a trust directory again after it was edited
 *	sign	FILE.sig, as `ssh-keygen -Y sign` makes it
 *	verify	a signature against allowed_signers
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "evidence/age.h"
#include "sign.h"

static const char *o_comment, *o_namespace, *o_person, *o_sig, *o_signers;
static int o_age;

/* ---- keygen ---- */

static int
split(const char *path, int *dir, const char **name, struct df_err *e)
{
	const char *slash = strrchr(path, '/');
	char *parent;

	*dir = -1;
	*name = slash ? slash + 1 : path;
	if (**name == '\0')
		return df_fail(e, DF_USAGE, "sign.file", "%s names no file",
		    path);
	parent = slash ? df_strndup(path, slash == path ? 1 :
	    (size_t)(slash - path)) : df_strdup(".");
	*dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		(void)df_fail_errno(e, DF_INPUT, "sign.file", "%s", parent);
	free(parent);
	return *dir < 0 ? -1 : 0;
}

static int
keygen(char **operand, size_t n)
{
	char text[DF_AGE_KEY_STR > DF_FP_STR ? DF_AGE_KEY_STR : DF_FP_STR];
	struct df_pubkey pub;
	struct df_err e;
	const char *name;
	int dir, r;

	if (n != 1)
		df_usage("keygen makes one key: which FILE?");
	if (split(operand[0], &dir, &name, &e) < 0)
		df_die(&e);
	if (o_age)
		r = df_age_identity_new(dir, name, text, &e);
	else
		r = df_key_generate(dir, name, o_comment, NULL, &pub, &e);
	close(dir);
	if (r < 0)
		df_die(&e);
	if (!o_age)
		(void)df_fingerprint(&pub, text);
	if (df_args.json)
		df_out_json(df_jset_str(df_jset_str(jv_object(), "file",
		    operand[0]), o_age ? "recipient" : "key", text));
	else
		df_out(text);
	return DF_OK;
}

/* ---- init ---- */

static const char *
person(void)
{
	const struct passwd *pw;

	if (o_person)
		return o_person;
	pw = getpwuid(getuid());
	return pw ? pw->pw_name : "me";
}

static void
say_root(const char *dir, const char *fp)
{
	if (df_args.json)
		df_out_json(df_jset_str(df_jset_str(jv_object(), "root", fp),
		    "trust", dir));
	else
		df_out(fp);
}

static void
trust_dir(struct df_buf *b)
{
	if (df_args.trust && *df_args.trust)
		df_buf_str(b, df_args.trust);
	else
		df_trust_path(b);
	while (b->n > 1 && b->s[b->n - 1] == '/')
		df_buf_cut(b, b->n - 1);
}

static int
init(char **operand, size_t n)
{
	struct df_buf trust = DF_BUF_INIT, keys = DF_BUF_INIT;
	char fp[DF_FP_STR];
	struct df_err e;

	(void)operand;
	if (n)
		df_usage("init takes no operand");
	trust_dir(&trust);
	df_keys_path(&keys, "");
	df_buf_cut(&keys, keys.n - 1);
	if (access(trust.s, F_OK) == 0) {
		(void)df_fail(&e, DF_CONFLICT, "sign.exists",
		    "%s exists already", trust.s);
		(void)df_hint(&e, "edit its files, then: df-sign trust");
		df_die(&e);
	}
	if (df_sign_init(trust.s, keys.s, person(), fp, &e) < 0)
		df_die(&e);
	df_note("keys in %s, trust directory %s", keys.s, trust.s);
	df_note("what others need to check your runs is the root's "
	    "fingerprint:");
	say_root(trust.s, fp);
	df_buf_release(&trust);
	df_buf_release(&keys);
	return DF_OK;
}

/* ---- trust ---- */

static int
trust(char **operand, size_t n)
{
	struct df_buf path = DF_BUF_INIT, key = DF_BUF_INIT;
	struct df_trust_files f;
	char fp[DF_FP_STR];
	struct df_err e;
	int dir;

	(void)operand;
	if (n)
		df_usage("trust takes no operand; --trust names the directory");
	trust_dir(&path);
	if (df_args.key && *df_args.key)
		df_buf_str(&key, df_args.key);
	else
		df_keys_path(&key, df_role_name(DF_ROLE_ROOT));
	df_trust_files_init(&f);
	dir = open(path.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		df_diex(DF_INPUT, "sign.trust", "%s is no directory", path.s);
	if (df_trust_files_read(&f, path.s, &e) < 0 ||
	    df_sign_trust(dir, &f.signers, &f.recipients, key.s, fp, &e) < 0)
		df_die(&e);
	close(dir);
	say_root(path.s, fp);
	df_trust_files_release(&f);
	df_buf_release(&path);
	df_buf_release(&key);
	return DF_OK;
}

/* ---- sign, verify ---- */

static int
sign_one(const char *path, struct df_key *k, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, sig = DF_BUF_INIT, out = DF_BUF_INIT;
	int r;

	r = df_read_file(AT_FDCWD, path, &b, DF_SIGN_MAX, e);
	if (r == 0 && strncmp(o_namespace, "df-", 3) == 0)
		r = df_sign_typed(path, &b, e);
	if (r == 0)
		r = df_sshsig_sign(k, o_namespace, b.s, b.n, &sig, e);
	df_buf_fmt(&out, "%s.sig", path);
	if (r == 0)
		r = df_create_file(AT_FDCWD, out.s, sig.s, sig.n, 0644, e);
	if (r == 0 && df_args.json)
		df_out_json(df_jset_str(jv_object(), "file", out.s));
	else if (r == 0)
		df_out(out.s);
	df_buf_release(&b);
	df_buf_release(&sig);
	df_buf_release(&out);
	return r;
}

static int
sign(char **operand, size_t n)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_key *k;
	struct df_err e;
	size_t i;
	int role;

	if (o_namespace == NULL)
		df_usage("sign needs -n NAMESPACE");
	if (n == 0)
		df_usage("sign which FILE?");
	role = df_role_parse(o_namespace, strlen(o_namespace));
	if (df_args.key && *df_args.key)
		df_buf_str(&path, df_args.key);
	else if (role >= 0)
		df_keys_path(&path, o_namespace);
	else
		df_usage("sign with which key? -k KEY");
	k = df_key_open(path.s, &e);
	if (k == NULL)
		df_die(&e);
	for (i = 0; i < n; i++)
		if (sign_one(operand[i], k, &e) < 0)
			df_die(&e);
	df_key_free(k);
	df_buf_release(&path);
	return DF_OK;
}

/* The roster: --signers FILE as it is, or the trust directory, which its root
   signed. */
static int
load_roster(struct df_trust *t, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_trust_files f;
	char fp[DF_FP_STR];
	int r;

	if (o_signers) {
		r = df_read_file(AT_FDCWD, o_signers, &b, (size_t)1 << 20, e);
		if (r == 0)
			r = df_trust_signers(t, b.s, b.n, o_signers, e);
		df_buf_release(&b);
		return r;
	}
	df_trust_files_init(&f);
	r = df_trust_usual(&f, t, fp, e);
	df_trust_files_release(&f);
	return r;
}

static int
verify(char **operand, size_t n)
{
	const struct df_signer *who = NULL;
	struct df_buf sig = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e;

	if (o_namespace == NULL)
		df_usage("verify needs -n NAMESPACE");
	if (n != 1)
		df_usage("verify one FILE");
	df_buf_fmt(&sig, "%s%s", o_sig ? o_sig : operand[0], o_sig ? "" :
	    ".sig");
	if (load_roster(&t, &e) < 0 ||
	    df_sign_check(operand[0], sig.s, o_namespace, &t, &who, &e) < 0)
		df_die(&e);
	if (df_args.json)
		df_out_json(df_jset_str(df_jset_str(jv_object(), "key",
		    who->fp), "principal", who->principal));
	else
		df_out(who->principal);
	df_trust_release(&t);
	df_buf_release(&sig);
	return DF_OK;
}

/* ---- the table ---- */

#define NAMESPACE { 'n', "namespace", "NS", "what the signature is for", \
	DF_OPT_STR, &o_namespace, 0, 0 }

static const struct df_opt keygen_opts[] = {
	{ 'c', "comment", "TEXT", "the key's comment", DF_OPT_STR, &o_comment,
	    0, 0 },
	{ 0, "age", NULL, "an age identity instead", DF_OPT_FLAG, &o_age, 0,
	    0 },
	DF_ARG_END
};
static const struct df_opt init_opts[] = {
	{ 0, "person", "NAME", "who the keys belong to (default: the user)",
	    DF_OPT_STR, &o_person, 0, 0 },
	DF_ARG_END
};
static const struct df_opt sign_opts[] = { NAMESPACE, DF_ARG_END };
static const struct df_opt verify_opts[] = {
	NAMESPACE,
	{ 's', "signature", "FILE", "the signature (default: FILE.sig)",
	    DF_OPT_STR, &o_sig, 0, 0 },
	{ 0, "signers", "FILE", "an allowed_signers file", DF_OPT_STR,
	    &o_signers, 0, 0 },
	DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "keygen", "[-c TEXT] [--age] FILE", "make a key pair", keygen_opts,
	    keygen },
	{ "init", "[--person NAME]",
	    "make a key for each role and a trust directory", init_opts,
	    init },
	{ "trust", "", "sign an edited trust directory", NULL, trust },
	{ "sign", "-n NS [-k KEY] FILE...", "write FILE.sig", sign_opts,
	    sign },
	{ "verify", "-n NS [-s SIG] [--signers FILE] FILE",
	    "check a signature and print who made it", verify_opts, verify },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE,
	DF_ARG_END
};
static const struct df_tool tool = {
	"df-sign", "VERB [options] [FILE...]",
	"Make keys and trust directories, sign and verify files.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) |
	    DF_EXIT(DF_CONFLICT) | DF_EXIT(DF_EXTERNAL),
	NULL
};

int
main(int argc, char **argv)
{
	return df_out_end(df_opt_run(&tool, argc, argv));
}
