/*
 * skprovider.c - a security key in software, for OpenSSH (PROTOCOL.u2f, the
 * middleware interface of sk-api.h, version 10): ssh-keygen -w, ssh-add -S.
 *
 * Its key handle is the seed of an Ed25519 key, so it keeps nothing.  Somebody
 * touches it whenever that is asked for; a key that was enrolled with -O
 * no-touch-required is not asked for, and its signatures say so.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 0x000a0000
#define ED25519 1		/* of the algorithms */
#define TOUCH 0x01		/* of the flags: a user was there */
#define GENERAL (-1)
#define UNSUPPORTED (-2)

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

struct sk_option;
struct sk_resident_key;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
	const char *application, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_enroll_response **out);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len,
	const char *application, const uint8_t *key_handle,
	size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **out);
int sk_load_resident_keys(const char *pin, struct sk_option **options,
	struct sk_resident_key ***keys, size_t *n);

uint32_t
sk_api_version(void)
{
	return VERSION;
}

static uint8_t *
copy(const void *p, size_t n)
{
	uint8_t *q = malloc(n);

	if (q)
		memcpy(q, p, n);
	return q;
}

int
sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
    const char *application, uint8_t flags, const char *pin,
    struct sk_option **options, struct sk_enroll_response **out)
{
	uint8_t seed[crypto_sign_SEEDBYTES], pk[32], sk[64], sig[64];
	struct sk_enroll_response *r;

	(void)application;
	(void)pin;
	(void)options;
	if (alg != ED25519)
		return UNSUPPORTED;
	if (sodium_init() < 0 || (r = calloc(1, sizeof(*r))) == NULL)
		return GENERAL;
	randombytes_buf(seed, sizeof(seed));
	crypto_sign_seed_keypair(pk, sk, seed);
	crypto_sign_detached(sig, NULL, challenge, challenge_len, sk);
	r->flags = flags;
	r->public_key = copy(pk, sizeof(pk));
	r->public_key_len = sizeof(pk);
	r->key_handle = copy(seed, sizeof(seed));
	r->key_handle_len = sizeof(seed);
	r->signature = copy(sig, sizeof(sig));
	r->signature_len = sizeof(sig);
	*out = r;
	return 0;
}

int
sk_sign(uint32_t alg, const uint8_t *data, size_t data_len,
    const char *application, const uint8_t *key_handle,
    size_t key_handle_len, uint8_t flags, const char *pin,
    struct sk_option **options, struct sk_sign_response **out)
{
	uint8_t m[32 + 1 + 4 + 32], pk[32], sk[64], sig[64];
	struct sk_sign_response *r;

	(void)pin;
	(void)options;
	if (alg != ED25519 || key_handle_len != crypto_sign_SEEDBYTES)
		return UNSUPPORTED;
	if (sodium_init() < 0 || (r = calloc(1, sizeof(*r))) == NULL)
		return GENERAL;
	crypto_sign_seed_keypair(pk, sk, key_handle);
	r->flags = flags & TOUCH;
	r->counter = 1;
	crypto_hash_sha256(m, (const uint8_t *)application,
	    strlen(application));
	m[32] = r->flags;
	memcpy(m + 33, "\0\0\0\1", 4);
	crypto_hash_sha256(m + 37, data, data_len);
	crypto_sign_detached(sig, NULL, m, sizeof(m), sk);
	r->sig_r = copy(sig, sizeof(sig));
	r->sig_r_len = sizeof(sig);
	*out = r;
	return 0;
}

int
sk_load_resident_keys(const char *pin, struct sk_option **options,
    struct sk_resident_key ***keys, size_t *n)
{
	(void)pin;
	(void)options;
	(void)keys;
	(void)n;
	return UNSUPPORTED;
}
