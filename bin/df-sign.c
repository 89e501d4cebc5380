/*
 * df-sign - keys, trust directories, signatures of files.
 *
 *	keygen	an OpenSSH Ed25519 key pair, or an age identity
 *	init	one key a role and a trust directory that lists them
 *	trust	sign a trust directory again after it was edited; add, remove,
 *		rotate and revoke keys in it; show it
 *	pubkey	a key's public half, in the forms of others
 *	sign	FILE.sig, as `ssh-keygen -Y sign` makes it, or FILE.minisig
 *	verify	a signature against allowed_signers, a DSSE envelope, or one
 *		of minisign
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
#include "evidence/dsse.h"
#include "evidence/keyfind.h"
#include "evidence/minisign.h"
#include "sign.h"

static const char *o_comment, *o_namespace, *o_person, *o_sig, *o_signers;
static const char *o_type, *o_payload;
static struct df_list o_pub;
static int64_t o_threshold = 1;
static int o_age, o_dsse, o_keyid, o_minisign, o_pem;
static struct df_trust_args o_trust = { .suspect = -1 };

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

static int
init(char **operand, size_t n)
{
	struct df_buf trust = DF_BUF_INIT, keys = DF_BUF_INIT;
	char fp[DF_FP_STR];
	struct df_err e;

	(void)operand;
	if (n)
		df_usage("init takes no operand");
	df_sign_trust_dir(&trust);
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
change(const char *action, char **operand, size_t n, size_t min, size_t max,
    const char *what)
{
	struct df_err e;

	if (n < min || n > max)
		df_usage("%s", what);
	if (df_sign_change(action, &o_trust, operand, n, &e) < 0)
		df_die(&e);
	return DF_OK;
}

static int
trust(char **operand, size_t n)
{
	return change("signed", operand, n, 0, 0, "trust takes a verb (add, "
	    "remove, rotate, revoke, show) or nothing; --trust names the "
	    "directory");
}

static int
trust_add(char **operand, size_t n)
{
	return change("add", operand, n, 3, 3,
	    "trust add: whom?  PRINCIPAL ROLE[,ROLE] KEY.pub|age1...");
}

static int
trust_remove(char **operand, size_t n)
{
	return change("remove", operand, n, 1, 1,
	    "trust remove: which KEY?  a file, SHA256:..., a principal or "
	    "age1...");
}

static int
trust_rotate(char **operand, size_t n)
{
	return change("rotate", operand, n, 2, 2,
	    "trust rotate: OLD NEW.pub");
}

static int
trust_revoke(char **operand, size_t n)
{
	if (o_trust.message == NULL || o_trust.message[strspn(o_trust.message,
	    " \t\r\n")] == '\0')
		df_usage("a revocation needs a reason: -m WHY");
	if (df_utf8_bad(o_trust.message, strlen(o_trust.message)) !=
	    strlen(o_trust.message))
		df_diex(DF_INPUT, "text.utf8", "-m is no UTF-8");
	return change("revoke", operand, n, 1, 2,
	    "trust revoke: which KEY?  and perhaps NEW.pub in its place");
}

static int
trust_show(char **operand, size_t n)
{
	struct df_err e;

	(void)operand;
	if (n)
		df_usage("trust show takes no operand");
	if (df_sign_show(&e) < 0)
		df_die(&e);
	return DF_OK;
}

/* ---- pubkey ---- */

static int
pubkey(char **operand, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	char keyid[DF_KEYID_STR];
	struct df_pubkey k;
	struct df_err e;

	if (n != 1)
		df_usage("pubkey of one KEY");
	if (o_pem + o_keyid + o_minisign > 1)
		df_usage("one of --keyid, --minisign and --pem");
	if (df_sign_pubkey(&k, operand[0], &e) < 0)
		df_die(&e);
	if (k.sk && o_pem + o_keyid + o_minisign)
		df_diex(DF_REFUSED, "sign.hardware",
		    "a hardware key signs SSH data only, nothing else");
	if (o_pem) {
		df_sign_pem(&k, &b);
	} else if (o_minisign) {
		df_minisign_pubkey(&k, &b);
	} else {
		if (o_keyid)
			df_buf_str(&b, df_dsse_keyid(&k, keyid));
		else
			df_pubkey_str(&k, &b);
		df_buf_ch(&b, '\n');
	}
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
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
sign_minisign(char **operand, size_t n)
{
	struct df_err e;

	if (o_namespace)
		df_usage("minisign has no namespaces");
	if (df_args.key == NULL || *df_args.key == '\0')
		df_usage("sign with which key? -k KEY, which is in no roster");
	if (df_sign_minisign(df_args.key, o_comment, operand, n, &e) < 0)
		df_die(&e);
	return DF_OK;
}

static int
sign(char **operand, size_t n)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_key *k;
	struct df_err e;
	size_t i;
	int role;

	if (n == 0)
		df_usage("sign which FILE?");
	if (o_minisign)
		return sign_minisign(operand, n);
	if (o_namespace == NULL)
		df_usage("sign needs -n NAMESPACE");
	if (o_comment)
		df_usage("-c is for --minisign");
	role = df_role_parse(o_namespace, strlen(o_namespace));
	if (role < 0 && (df_args.key == NULL || *df_args.key == '\0'))
		df_usage("sign with which key? -k KEY");
	if (df_args.key && *df_args.key) {
		k = df_key_find(df_args.key, role, NULL, &e);
	} else {
		df_keys_path(&path, o_namespace);
		k = df_key_open(path.s, &e);
	}
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
verify_dsse(const char *path)
{
	struct df_trust t = { 0 };
	struct df_sign_dsse w = { path, &o_pub, &t, -1, o_type, o_payload,
	    o_threshold };
	struct df_err e;

	if (o_sig)
		df_usage("an envelope holds its signatures: no -s");
	if (o_pub.n && (o_signers || o_namespace))
		df_usage("-p KEY, or a list with --signers and -n ROLE");
	if (o_namespace) {
		w.role = df_role_parse(o_namespace, strlen(o_namespace));
		if (w.role < 0)
			df_usage("with --dsse -n names a role");
	}
	if ((o_pub.n == 0 && load_roster(&t, &e) < 0) || df_sign_dsse(&w,
	    &e) < 0)
		df_die(&e);
	df_trust_release(&t);
	return DF_OK;
}

static int
verify_minisign(const char *path)
{
	struct df_buf sig = DF_BUF_INIT;
	struct df_err e;

	if (o_namespace || o_signers)
		df_usage("minisign has neither namespaces nor lists");
	if (o_pub.n != 1)
		df_usage("verify with which key? -p KEY");
	df_buf_fmt(&sig, "%s%s", o_sig ? o_sig : path, o_sig ? "" :
	    ".minisig");
	if (df_sign_minisign_check(o_pub.v[0], path, sig.s, &e) < 0)
		df_die(&e);
	df_buf_release(&sig);
	return DF_OK;
}

static int
verify(char **operand, size_t n)
{
	const struct df_signer *who = NULL;
	struct df_buf sig = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e;

	if (n != 1)
		df_usage("verify one FILE");
	if (o_dsse && o_minisign)
		df_usage("--dsse or --minisign, not both");
	if (!o_dsse && (o_type || o_payload || o_threshold != 1))
		df_usage("--type, --payload and --threshold are for --dsse");
	if (o_dsse)
		return verify_dsse(operand[0]);
	if (o_minisign)
		return verify_minisign(operand[0]);
	if (o_pub.n)
		df_usage("-p is for --dsse and --minisign");
	if (o_namespace == NULL)
		df_usage("verify needs -n NAMESPACE");
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
static const struct df_opt pubkey_opts[] = {
	{ 0, "keyid", NULL, "its keyid in DSSE envelopes", DF_OPT_FLAG,
	    &o_keyid, 0, 0 },
	{ 0, "minisign", NULL, "as minisign has it", DF_OPT_FLAG, &o_minisign,
	    0, 0 },
	{ 0, "pem", NULL, "as openssl has it", DF_OPT_FLAG, &o_pem, 0, 0 },
	DF_ARG_END
};
static const struct df_opt sign_opts[] = {
	NAMESPACE,
	{ 0, "minisign", NULL, "FILE.minisig, by a key that is in no roster",
	    DF_OPT_FLAG, &o_minisign, 0, 0 },
	{ 'c', "comment", "TEXT", "the trusted comment of --minisign",
	    DF_OPT_STR, &o_comment, 0, 0 },
	DF_ARG_END
};
static const struct df_opt verify_opts[] = {
	NAMESPACE,
	{ 0, "dsse", NULL, "FILE is a DSSE envelope", DF_OPT_FLAG, &o_dsse, 0,
	    0 },
	{ 0, "minisign", NULL, "the signature is minisign's", DF_OPT_FLAG,
	    &o_minisign, 0, 0 },
	{ 'p', "pub", "KEY", "a public key that is trusted (--dsse: may be "
	    "given again)", DF_OPT_LIST, &o_pub, 0, 0 },
	{ 0, "payload", "FILE", "--dsse: write what was signed to FILE, or -",
	    DF_OPT_STR, &o_payload, 0, 0 },
	{ 0, "threshold", "N", "--dsse: so many keys must have signed",
	    DF_OPT_INT, &o_threshold, 1, 10000 },
	{ 0, "type", "TYPE", "--dsse: the type that the payload must have",
	    DF_OPT_STR, &o_type, 0, 0 },
	{ 's', "signature", "FILE", "the signature (default: FILE.sig)",
	    DF_OPT_STR, &o_sig, 0, 0 },
	{ 0, "signers", "FILE", "an allowed_signers file", DF_OPT_STR,
	    &o_signers, 0, 0 },
	DF_ARG_END
};
#define AFTER { 0, "after", "TIME", \
	"the key signs from then on: YYYYMMDD[hhmm[ss]]Z", DF_OPT_STR, \
	&o_trust.after, 0, 0 }
#define FACTORY { 'F', "factory", "DIR", \
	"whose log says it ($DF_FACTORY, or .factory found upwards)", \
	DF_OPT_STR, &df_args.factory, 0, 0 }

static const struct df_opt trust_opts[] = { FACTORY, DF_ARG_END };
static const struct df_opt add_opts[] = {
	AFTER,
	{ 0, "before", "TIME", "and until then", DF_OPT_STR, &o_trust.before,
	    0, 0 },
	FACTORY, DF_ARG_END
};
static const struct df_opt rotate_opts[] = {
	AFTER,
	{ 0, "before", "TIME", "the old key signs until then (default: now)",
	    DF_OPT_STR, &o_trust.before, 0, 0 },
	FACTORY, DF_ARG_END
};
static const struct df_opt revoke_opts[] = {
	{ 'm', "message", "WHY", "the reason", DF_OPT_STR, &o_trust.message,
	    0, 0 },
	{ 0, "suspect-from", "SEQ", "what the factory's log anchored before "
	    "this line stands", DF_OPT_INT, &o_trust.suspect, 0, INT32_MAX },
	FACTORY, DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "keygen", "[-c TEXT] [--age] FILE", "make a key pair", keygen_opts,
	    keygen },
	{ "init", "[--person NAME]",
	    "make a key for each role and a trust directory", init_opts,
	    init },
	{ "trust", "[-F FACTORY]", "sign an edited trust directory",
	    trust_opts, trust },
	{ "trust add", "[--after TIME] [--before TIME] PRINCIPAL "
	    "ROLE[,ROLE] KEY.pub|age1...", "list a key, or a recipient",
	    add_opts, trust_add },
	{ "trust remove", "KEY", "list it no more", trust_opts,
	    trust_remove },
	{ "trust rotate", "[--before TIME] [--after TIME] OLD NEW.pub",
	    "a new key in the place of an old one", rotate_opts,
	    trust_rotate },
	{ "trust revoke", "-m WHY [--suspect-from SEQ] KEY [NEW.pub]",
	    "trust a key no more", revoke_opts, trust_revoke },
	{ "trust show", "", "which version it is and whom it lists", NULL,
	    trust_show },
	{ "pubkey", "[--keyid|--minisign|--pem] KEY",
	    "write a key's public half", pubkey_opts, pubkey },
	{ "sign", "-n NS|--minisign [-k KEY] FILE...",
	    "write FILE.sig or FILE.minisig", sign_opts, sign },
	{ "verify", "-n NS|--dsse|--minisign [-p KEY] [-s SIG] "
	    "[--signers FILE] FILE",
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
