/*
 * hash.h - SHA-256 and what is built on it; the only file that includes
 * nettle.
 *
 * A digest is written "sha256:<64 hex>" and is the SHA-256 (FIPS 180-4) of
 * the bytes as stored, so that sha256sum(1) prints the same.
 */
#ifndef DF_BASE_HASH_H
#define DF_BASE_HASH_H

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/buf.h"
#include "base/err.h"

struct df_digest {
	uint8_t b[32];
};

#define DF_DIGEST_STR 72	/* bytes of "sha256:" + 64 hex + NUL */

struct df_sha256 {
	struct sha256_ctx ctx;
};

void df_sha256_init(struct df_sha256 *h);
void df_sha256_add(struct df_sha256 *h, const void *p, size_t n);
void df_sha256_end(struct df_sha256 *h, struct df_digest *d);
void df_sha256(const void *p, size_t n, struct df_digest *d);

int df_digest_eq(const struct df_digest *a, const struct df_digest *b);
/* Write "sha256:<hex>" into out[DF_DIGEST_STR]; returns out. */
char *df_digest_str(const struct df_digest *d, char *out);
/* Exactly "sha256:" and 64 lower-case hex digits, or -1. */
int df_digest_parse(struct df_digest *d, const char *s, size_t n);
/* The 64 hex digits only. */
int df_digest_parse_hex(struct df_digest *d, const char *s, size_t n);

void df_sha512(const void *p, size_t n, uint8_t out[64]);

/* RFC 2104 with SHA-256. */
void df_hmac_sha256(const void *key, size_t keylen, const void *p, size_t n,
	uint8_t out[32]);
/* Of head and p, one behind the other. */
void df_hmac_sha256_head(const void *key, size_t keylen, const void *head,
	size_t nhead, const void *p, size_t n, uint8_t out[32]);
/* RFC 5869 with SHA-256; len at most 8160. */
void df_hkdf_sha256(const void *ikm, size_t ikmlen, const void *salt,
	size_t saltlen, const char *info, void *out, size_t len);

/* Git's name of a blob: SHA-1 of "blob N\0" and the bytes (not a digest). */
struct df_git_oid {
	uint8_t b[20];
};
struct df_git_hash {
	struct sha1_ctx ctx;
};
void df_git_hash_init(struct df_git_hash *h, uint64_t size);
void df_git_hash_add(struct df_git_hash *h, const void *p, size_t n);
void df_git_hash_end(struct df_git_hash *h, struct df_git_oid *o);

#endif
