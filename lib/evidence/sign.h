/*
 * sign.h - OpenSSH Ed25519 keys and SSH signatures.
 *
 * A key is an unencrypted OpenSSH private key file ("openssh-key-v1",
 * PROTOCOL.key), or a public one whose private half an ssh-agent holds
 * ($SSH_AUTH_SOCK, draft-miller-ssh-agent); ssh-ed25519 and
 * sk-ssh-ed25519@openssh.com (PROTOCOL.u2f) only.  Private key files that
 * others can read are refused (DF_AUTH).
 *
 * What is signed is always SSHSIG data (PROTOCOL.sshsig) with hash sha512:
 * "SSHSIG" string(namespace) string("") string("sha512") string(SHA512(m)).
 * The namespace is the role, so a signature made in one role can never pass
 * in another.  A signature blob is string(algorithm) string(signature), for
 * hardware keys followed by flags and counter; verification of those demands
 * the user-presence flag.
 *
 * Ed25519 (RFC 8032) is libsodium's: it refuses small-order and
 * non-canonical points, which other libraries accept.
 */
#ifndef DF_EVIDENCE_SIGN_H
#define DF_EVIDENCE_SIGN_H

#include "base/buf.h"
#include "base/err.h"

#define DF_FP_STR 51		/* "SHA256:" + 43 base64 characters + NUL */
#define DF_SIGBLOB_MAX 256	/* bytes; larger signature blobs are refused */

struct df_pubkey {
	int sk;			/* sk-ssh-ed25519@openssh.com */
	uint8_t pk[32];
	char app[64];		/* sk: the application, "ssh:" */
};

/* Append the SSH wire form, as in the base64 of a .pub file. */
void df_pubkey_blob(const struct df_pubkey *k, struct df_buf *b);
/*
 * Exactly one key, nothing behind it.  DF_INPUT: another type, a weak point
 * (small order, not canonical, outside the prime-order group), or a hardware
 * key whose application does not begin with "ssh:": that is a browser's.
 */
int df_pubkey_parse_blob(struct df_pubkey *k, const void *p, size_t n,
	struct df_err *e) DF_CHECK;
/* "TYPE BASE64[ COMMENT]", at most one line (the final LF is optional), one
   space between the parts, no control characters. */
int df_pubkey_parse(struct df_pubkey *k, const char *s, size_t n,
	struct df_err *e) DF_CHECK;
/* "TYPE BASE64" without LF. */
void df_pubkey_str(const struct df_pubkey *k, struct df_buf *b);
int df_pubkey_eq(const struct df_pubkey *a, const struct df_pubkey *b);
/* As ssh-keygen -l prints it: SHA256:<43 characters>.  Returns out. */
char *df_fingerprint(const struct df_pubkey *k, char out[DF_FP_STR]);

/* ---- signing ---- */

/* A private key, here or in an agent.  Threads may share one: the agent is
   connected anew for each signature. */
struct df_key;

/*
 * Open the key in file path.  A public key file ("ssh-ed25519 AAAA...")
 * needs an agent that holds the private half (DF_AUTH when it does not, or
 * there is none; the hint says ssh-add); so does an encrypted private key, and
 * one of hardware.  DF_INPUT: no such file, or not
 * exactly what ssh-keygen writes: one key, halves that belong together,
 * nothing behind.
 */
struct df_key *df_key_open(const char *path, struct df_err *e);
/* Zeroes and frees.  NULL is allowed. */
void df_key_free(struct df_key *k);
const struct df_pubkey *df_key_pub(const struct df_key *k);
/*
 * Append the signature blob over message m under namespace ns, which is 1 to
 * 63 printable ASCII characters without space (DF_USAGE).  What an agent
 * returns is verified first.  DF_AUTH: the agent does not sign with the key;
 * DF_EXTERNAL: it cannot be talked to.
 */
int df_key_sign(struct df_key *k, const char *ns, const void *m, size_t n,
	struct df_buf *sig, struct df_err *e) DF_CHECK;

/*
 * Make a key pair: NAME (0600, openssh-key-v1, unencrypted) and NAME.pub
 * (0644) in directory dir, both durable; DF_CONFLICT when either exists.
 * comment may be NULL; DF_INPUT when it has control characters or more than
 * 1000 bytes.  seed is 32 random bytes, or NULL to draw them; the same seed
 * and comment give the same files.
 */
int df_key_generate(int dir, const char *name, const char *comment,
	const uint8_t *seed, struct df_pubkey *pub, struct df_err *e) DF_CHECK;

/* ---- verifying ---- */

/* 0 when sig is k's signature over m under ns; else DF_AUTH "sign.bad". */
int df_sig_verify(const struct df_pubkey *k, const char *ns, const void *m,
	size_t n, const void *sig, size_t siglen, struct df_err *e) DF_CHECK;

/*
 * Armored SSHSIG files, as `ssh-keygen -Y sign` writes them: version 1,
 * 70 columns, one LF at the end.  Reading demands that the text equals its
 * re-encoding (DF_INTEGRITY otherwise): an armor is malleable, ours is not.
 * DF_INPUT: no SSH signature, or one of another key type, hash or version.
 * Reading says nothing about who signed what: that is df_sig_verify()'s.
 */
struct df_sshsig {
	struct df_pubkey key;
	char ns[64];
	uint8_t sig[DF_SIGBLOB_MAX];
	size_t siglen;
};
void df_sshsig_write(struct df_buf *b, const struct df_sshsig *s);
int df_sshsig_read(struct df_sshsig *s, const char *text, size_t n,
	const char *what, struct df_err *e) DF_CHECK;
/* Sign m and append the armored file. */
int df_sshsig_sign(struct df_key *k, const char *ns, const void *m, size_t n,
	struct df_buf *armor, struct df_err *e) DF_CHECK;

#endif
