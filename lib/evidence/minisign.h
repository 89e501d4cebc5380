/*
 * minisign.h - minisign(1) public keys and signatures, of prehashed files.
 *
 * A signature is Ed25519 over the BLAKE2b-512 of the file ("ED"), and one over
 * that signature and the trusted comment.  The older kind, over the bytes of
 * the file themselves ("Ed"), is neither made nor taken: a file that is SSHSIG
 * data or DSSE PAE would be signed as such.  What is signed here is 64 bytes
 * without a type, so that the key must not be one that signs anything else:
 * who calls df_minisign_sign() sees to it that no roster lists it.
 *
 * The number of a key is the first 8 bytes of the SHA-256 of its public half,
 * so that a key has one number everywhere.
 */
#ifndef DF_EVIDENCE_MINISIGN_H
#define DF_EVIDENCE_MINISIGN_H

#include "evidence/sign.h"

#define DF_MINISIGN_COMMENT 1000	/* bytes of a trusted comment we make */

struct df_minisign_key {
	uint8_t num[8], pk[32];
};

/* Append a public key file: a comment with the number, the key. */
void df_minisign_pubkey(const struct df_pubkey *k, struct df_buf *b);
/* A public key file, or only its second line.  DF_INPUT. */
int df_minisign_key_read(struct df_minisign_key *k, const char *s, size_t n,
	const char *what, struct df_err *e) DF_CHECK;
/*
 * Sign what fd yields, and append the signature file.  comment is the trusted
 * one: text without control characters, but for tabs (DF_INPUT).  DF_REFUSED
 * for a hardware key.
 */
int df_minisign_sign(struct df_key *k, int fd, const char *what,
	const char *comment, struct df_buf *out, struct df_err *e) DF_CHECK;
/*
 * Check the signature file s[0..n), sigwhat in messages, against what fd
 * yields, and append its trusted comment.  DF_INPUT: malformed, or "Ed"
 * ("minisign.legacy"); DF_AUTH: by another key ("minisign.key"), or not over
 * these bytes or this comment ("sign.bad").
 */
int df_minisign_verify(const struct df_minisign_key *k, int fd,
	const char *what, const char *s, size_t n, const char *sigwhat,
	struct df_buf *comment, struct df_err *e) DF_CHECK;

#endif
