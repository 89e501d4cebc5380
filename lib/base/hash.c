#define _GNU_SOURCE
#include "base/df.h"

#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

void
df_sha256_init(struct df_sha256 *h)
{
	sha256_init(&h->ctx);
}

void
df_sha256_add(struct df_sha256 *h, const void *p, size_t n)
{
	if (n)
		sha256_update(&h->ctx, n, p);
}

void
df_sha256_end(struct df_sha256 *h, struct df_digest *d)
{
	sha256_digest(&h->ctx, sizeof(d->b), d->b);
}

void
df_sha256(const void *p, size_t n, struct df_digest *d)
{
	struct df_sha256 h;

	df_sha256_init(&h);
	df_sha256_add(&h, p, n);
	df_sha256_end(&h, d);
}

int
df_digest_eq(const struct df_digest *a, const struct df_digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

char *
df_digest_str(const struct df_digest *d, char *out)
{
	memcpy(out, "sha256:", 7);
	df_hex_str(out + 7, d->b, sizeof(d->b));
	return out;
}

int
df_digest_parse_hex(struct df_digest *d, const char *s, size_t n)
{
	return df_unhex(d->b, sizeof(d->b), s, n);
}

int
df_digest_parse(struct df_digest *d, const char *s, size_t n)
{
	if (n != DF_DIGEST_STR - 1 || memcmp(s, "sha256:", 7) != 0)
		return -1;
	return df_digest_parse_hex(d, s + 7, n - 7);
}

void
df_sha512(const void *p, size_t n, uint8_t out[64])
{
	struct sha512_ctx ctx;

	sha512_init(&ctx);
	if (n)
		sha512_update(&ctx, n, p);
	sha512_digest(&ctx, 64, out);
}

void
df_hmac_sha256(const void *key, size_t keylen, const void *p, size_t n,
    uint8_t out[32])
{
	df_hmac_sha256_head(key, keylen, "", 0, p, n, out);
}

void
df_hmac_sha256_head(const void *key, size_t keylen, const void *head,
    size_t nhead, const void *p, size_t n, uint8_t out[32])
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, keylen, key);
	hmac_sha256_update(&ctx, nhead, head);
	hmac_sha256_update(&ctx, n, p);
	hmac_sha256_digest(&ctx, 32, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

void
df_hkdf_sha256(const void *ikm, size_t ikmlen, const void *salt,
    size_t saltlen, const char *info, void *out, size_t len)
{
	struct hmac_sha256_ctx ctx;
	uint8_t prk[32];

	hmac_sha256_set_key(&ctx, saltlen, salt);
	hkdf_extract(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
	    (nettle_hash_digest_func *)hmac_sha256_digest, sizeof(prk),
	    ikmlen, ikm, prk);
	hmac_sha256_set_key(&ctx, sizeof(prk), prk);
	hkdf_expand(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
	    (nettle_hash_digest_func *)hmac_sha256_digest, sizeof(prk),
	    strlen(info), (const uint8_t *)info, len, out);
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(prk, sizeof(prk));
}

void
df_git_hash_init(struct df_git_hash *h, uint64_t size)
{
	char head[32];
	int k;

	k = snprintf(head, sizeof(head), "blob %llu",
	    (unsigned long long)size);
	sha1_init(&h->ctx);
	sha1_update(&h->ctx, (size_t)k + 1, (const uint8_t *)head);
}

void
df_git_hash_add(struct df_git_hash *h, const void *p, size_t n)
{
	if (n)
		sha1_update(&h->ctx, n, p);
}

void
df_git_hash_end(struct df_git_hash *h, struct df_git_oid *o)
{
	sha1_digest(&h->ctx, sizeof(o->b), o->b);
}
