/*
 * dsse.h - DSSE envelopes (github.com/secure-systems-lab/dsse, 1.0.2) with
 * Ed25519 signatures.
 *
 * An envelope is one JSON object: payload and each signature in base64, the
 * payload's type in clear.  What is signed is the pre-authentication encoding
 * PAE, "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload, which is no
 * SSHSIG data and no C2SP note: a role's key may sign it.
 *
 *	df_dsse_read(&d, text, n, "build.dsse.json", &e);
 *	df_dsse_signers(&d, key, nkey, by, &e);
 *	... who is enough? by[i] says whether key[i] has signed ...
 *	df_dsse_payload(&d, &len)
 *	df_dsse_release(&d);
 *
 * Reading takes the base64 of either alphabet, padded, and passes over members
 * that it does not know; a member that is there twice, bytes behind the object
 * and more than 16 MiB are refused.  A keyid is a hint by nobody: it says which
 * key is tried first, never who signed.
 */
#ifndef DF_EVIDENCE_DSSE_H
#define DF_EVIDENCE_DSSE_H

#include "base/json.h"
#include "evidence/sign.h"

#define DF_DSSE_INTOTO "application/vnd.in-toto+json"
#define DF_DSSE_SIGS 256	/* signatures of an envelope at most */
#define DF_DSSE_TYPE 1024	/* bytes of a type at most */
#define DF_KEYID_STR 65

/*
 * Append PAE(type, payload).
 */
void df_dsse_pae(struct df_buf *b, const char *type, const void *p, size_t n);
/*
 * The keyid that securesystemslib computes: the SHA-256 of
 * {"keytype":"ed25519","keyval":{"public":"<hex>"},"scheme":"ed25519"}.
 */
char *df_dsse_keyid(const struct df_pubkey *k, char out[DF_KEYID_STR]);
/*
 * Sign the payload and append the envelope: one line, members in canonical
 * order, LF.  type is printable ASCII.  DF_REFUSED "sign.hardware": hardware
 * keys sign SSH data alone.  An agent takes some 260,000 bytes.
 */
int df_dsse_sign(struct df_key *k, const char *type, const void *p, size_t n,
	struct df_buf *line, struct df_err *e) DF_CHECK;

struct df_dsse_sig {
	char *keyid;		/* "" when there is none */
	uint8_t sig[64];
	int ed25519;		/* it is of that length; else of another kind */
};
/* Zero before use; df_dsse_release() also after a failure. */
struct df_dsse {
	char *type;
	struct df_buf pae;	/* the payload is its end */
	size_t payload;		/* offset in it */
	struct df_dsse_sig *sig;
	size_t nsig;
};
/* DF_INPUT when s is no envelope. */
int df_dsse_read(struct df_dsse *d, const char *s, size_t n, const char *what,
	struct df_err *e) DF_CHECK;
void df_dsse_release(struct df_dsse *d);
/* The bytes that are signed, no copy of them. */
const char *df_dsse_payload(const struct df_dsse *d, size_t *n);
/*
 * Set by[i] to whether one of the signatures is by key[i], of n keys that
 * differ.  Returns how many are.  DF_INPUT "dsse.work" when trying all
 * signatures with all keys would hash more than 16 GiB.
 */
long df_dsse_signers(const struct df_dsse *d,
	const struct df_pubkey *const key[], size_t n, uint8_t *by,
	struct df_err *e);

#endif
