/*
 * sign-internal.h - what the files of this layer share and the tests look at:
 * libsodium's start, the wire encoding of SSH (RFC 4251, section 5), bare
 * Ed25519, and the agent's protocol.
 */
#ifndef DF_EVIDENCE_SIGN_INTERNAL_H
#define DF_EVIDENCE_SIGN_INTERNAL_H

#include "evidence/sign.h"

/* Initialise libsodium once; any thread, any number of times. */
void df_sodium_init(void);

/* What is left to read.  Each reader takes its item off the front, or returns
   -1 when it is not all there. */
struct df_wire {
	const uint8_t *p;
	size_t n;
};
int df_wire_u32(struct df_wire *w, uint32_t *v) DF_CHECK;
int df_wire_string(struct df_wire *w, struct df_wire *s) DF_CHECK;
int df_wire_eq(const struct df_wire *s, const char *lit);
/* A string that must be exactly lit. */
int df_wire_lit(struct df_wire *w, const char *lit) DF_CHECK;
/* A string of exactly n bytes, copied to out. */
int df_wire_bytes(struct df_wire *w, uint8_t *out, size_t n) DF_CHECK;
/* A string of 1 to size - 1 printable ASCII characters without space. */
int df_wire_word(struct df_wire *w, char *out, size_t size) DF_CHECK;
void df_wire_put_u32(struct df_buf *b, uint32_t v);
void df_wire_put(struct df_buf *b, const void *p, size_t n);
void df_wire_put_str(struct df_buf *b, const char *s);

/* RFC 8032 verification; 0 or -1.  A signature is 64 bytes. */
int df_ed25519_verify(const uint8_t pk[32], const void *m, size_t n,
	const uint8_t *sig, size_t siglen) DF_CHECK;

/*
 * The bytes that an SSHSIG over m under ns signs, and their length; 0 when
 * ns is no namespace (1 to 63 printable ASCII characters without space).
 */
#define DF_SSHSIG_DATA 192
size_t df_sshsig_data(uint8_t out[DF_SSHSIG_DATA], const char *ns,
	const void *m, size_t n);
/* 0 when the signature blob sig is k's over these bytes, else -1. */
int df_sigblob_check(const struct df_pubkey *k, const void *data, size_t n,
	const void *sig, size_t siglen) DF_CHECK;
/* "ssh-ed25519" or "sk-ssh-ed25519@openssh.com". */
const char *df_pubkey_type(const struct df_pubkey *k);
/* The text between two marker lines, wrapped at 70 columns. */
void df_ssh_armor(struct df_buf *b, const char *kind, const void *p,
	size_t n);

/*
 * The bare Ed25519 signature over data, which a role's key signs only if it is
 * DSSE PAE or a C2SP note: who calls this sees to that.  DF_REFUSED
 * "sign.hardware": a hardware key never signs bare data.
 */
int df_key_raw(struct df_key *k, const void *data, size_t n, uint8_t sig[64],
	struct df_err *e) DF_CHECK;

/* What df_key_open() does with a private key file of this text. */
struct df_key *df_key_parse(const char *s, size_t n, const char *what,
	struct df_err *e);

/* Does the agent hold k?  1 or 0; -1 (DF_AUTH) when there is no agent. */
int df_agent_has(const struct df_pubkey *k, struct df_err *e);
/* Call fn for each key of a type that we have; it returns 0 to go on. */
int df_agent_each(int (*fn)(void *arg, const struct df_pubkey *k), void *arg,
	struct df_err *e) DF_CHECK;
/* A key whose private half the agent holds. */
struct df_key *df_key_agent(const struct df_pubkey *k);
/* Append the agent's signature blob over data. */
int df_agent_sign(const struct df_pubkey *k, const void *data, size_t n,
	struct df_buf *sig, struct df_err *e) DF_CHECK;

#endif
