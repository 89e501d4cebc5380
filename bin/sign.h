/*
 * sign.h - the parts of df-sign: keys and the trust directory that lists them;
 * what may be signed, and whether it was.
 */
#ifndef DF_BIN_SIGN_H
#define DF_BIN_SIGN_H

#include "base/list.h"
#include "evidence/trust.h"

/*
 * Make in directory keys what is missing of a key a role (and an age identity,
 * where the role unseals), and a new trust directory that lists them under
 * person's name, signed by the root.  fp: the root's fingerprint.  DF_CONFLICT
 * when trust exists.
 */
int df_sign_init(const char *trust, const char *keys, const char *person,
	char fp[DF_FP_STR], struct df_err *e) DF_CHECK;
/* Write the rosters to directory dir, signed by the root key of file key. */
int df_sign_trust(int dir, const struct df_buf *signers,
	const struct df_buf *recipients, const char *key, char fp[DF_FP_STR],
	struct df_err *e) DF_CHECK;

/* The key that signs in a role: -k, $DF_KEY, or the one named after it. */
struct df_key *df_sign_key(enum df_role role, struct df_err *e);

/* ---- df-sign trust ... (sign-trust.c) ---- */

/* What the options said. */
struct df_trust_args {
	const char *after, *before;	/* of a window; or NULL */
	const char *message;		/* why a key is revoked */
	int64_t suspect;	/* from this line of the factory's log on; -1:
				   from the first */
};
/* Append the trust directory: --trust, or the usual one. */
void df_sign_trust_dir(struct df_buf *b);
/*
 * A verb on it: "signed" (an edited directory), "add", "remove", "rotate",
 * "revoke".  Makes a version, says it on stdout, and appends trust.changed to
 * the factory's log if there is a factory.
 */
int df_sign_change(const char *action, const struct df_trust_args *a,
	char **operand, size_t n, struct df_err *e) DF_CHECK;
/* What it holds, on stdout. */
int df_sign_show(struct df_err *e) DF_CHECK;

#define DF_SIGN_MAX ((size_t)256 << 20)	/* bytes of a file */

/*
 * A role's namespace is for records of ours only: a signature in it must not
 * be had for arbitrary bytes.  DF_REFUSED when those of path are none.
 */
int df_sign_typed(const char *path, const struct df_buf *b, struct df_err *e)
	DF_CHECK;
/* Is sigpath a signature of the file path in namespace ns by somebody of the
   roster?  *who: by whom.  DF_AUTH. */
int df_sign_check(const char *path, const char *sigpath, const char *ns,
	const struct df_trust *t, const struct df_signer **who,
	struct df_err *e) DF_CHECK;

/*
 * The public key of a file: an OpenSSH key, public or private, or a PEM of
 * RFC 8410.  DF_INPUT when it is none, and none of Ed25519.
 */
int df_sign_pubkey(struct df_pubkey *k, const char *path, struct df_err *e)
	DF_CHECK;
/* Append the key as such a PEM. */
void df_sign_pem(const struct df_pubkey *k, struct df_buf *b);

/* df-sign verify --dsse */
struct df_sign_dsse {
	const char *path;		/* the envelope */
	const struct df_list *keys;	/* files of keys; empty: the roster */
	const struct df_trust *trust;
	int role;			/* that the roster's must have, or -1 */
	const char *type;		/* the payload must have, or NULL */
	const char *payload;		/* where it is written, or NULL */
	int64_t threshold;		/* so many keys must have signed */
};
int df_sign_dsse(const struct df_sign_dsse *w, struct df_err *e) DF_CHECK;

/*
 * Write FILE.minisig of each file by a key that is in no roster: DF_REFUSED
 * "sign.rostered" otherwise.  comment may be NULL.
 */
int df_sign_minisign(const char *key, const char *comment, char **file,
	size_t n, struct df_err *e) DF_CHECK;
/* Check one with the public key of file key, and write its comment. */
int df_sign_minisign_check(const char *key, const char *path,
	const char *sigpath, struct df_err *e) DF_CHECK;

#endif
