/*
 * age.h - age v1 files with X25519 recipients (age-encryption.org/v1, C2SP
 * age.md), binary and armored in, binary out.
 *
 * Stock age opens what is written here and the other way round.  Other
 * stanza types (scrypt, plugins, hybrid) are skipped when reading, as the
 * format demands, and never written.  Whole files in memory: what is sealed
 * here is text of at most a few megabytes.  A header has at most 1 MiB and
 * 4096 stanzas.
 */
#ifndef DF_EVIDENCE_AGE_H
#define DF_EVIDENCE_AGE_H

#include "base/buf.h"
#include "base/err.h"

#define DF_AGE_KEY_STR 80	/* enough for either Bech32 text and NUL */

struct df_age_id {
	uint8_t sk[32], pk[32];
};

/* "age1..." (Bech32, lower case).  -1: DF_INPUT, also for a weak point. */
int df_age_recipient_parse(const char *s, size_t n, uint8_t pk[32],
	struct df_err *e) DF_CHECK;
char *df_age_recipient_str(const uint8_t pk[32], char out[DF_AGE_KEY_STR]);
/* "AGE-SECRET-KEY-1..." (upper case). */
int df_age_identity_parse(const char *s, size_t n, struct df_age_id *id,
	struct df_err *e) DF_CHECK;
char *df_age_identity_str(const struct df_age_id *id,
	char out[DF_AGE_KEY_STR]);
void df_age_generate(struct df_age_id *id);

/*
 * The identities of a file as age-keygen(1) writes it: comments, empty lines,
 * one identity a line.  A file that others can read is refused (DF_AUTH);
 * DF_INPUT: no such file, no identity in it, or any other line.
 * Returns a malloc'd array, at least one long, and its length in *n.
 */
struct df_age_id *df_age_identity_file(const char *path, size_t *n,
	struct df_err *e);

/*
 * Make such a file with a new identity (0600, durable) in directory dir:
 * DF_CONFLICT when name exists.  Writes its recipient.
 */
int df_age_identity_new(int dir, const char *name,
	char recipient[DF_AGE_KEY_STR], struct df_err *e) DF_CHECK;
/* Zeroes and frees such an array.  NULL is allowed. */
void df_age_id_free(struct df_age_id *id, size_t n);

/* Append the encryption of p[0..n) to npk recipients (1 to 64). */
int df_age_encrypt(struct df_buf *out, const uint8_t (*pk)[32], size_t npk,
	const void *p, size_t n, struct df_err *e) DF_CHECK;
/*
 * Append the plaintext.  DF_INPUT: not an age file, or a malformed one
 * ("age.armor", "age.header").  DF_AUTH: none of the identities opens it
 * ("age.nomatch").  DF_INTEGRITY: header MAC ("age.mac") or payload
 * ("age.payload") do not hold.  After any failure out is as it was, and no
 * plaintext is left in its memory.
 */
int df_age_decrypt(struct df_buf *out, const struct df_age_id *id, size_t nid,
	const void *p, size_t n, struct df_err *e) DF_CHECK;
/* How many X25519 stanzas and how many of other types the header has. */
int df_age_stanzas(const void *p, size_t n, size_t *x25519, size_t *other,
	struct df_err *e) DF_CHECK;

#endif
