#include "base/df.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "evidence/age-internal.h"
#include "evidence/sign-internal.h"

#define X25519_INFO DF_AGE_VERSION "/X25519"
#define RECIPIENTS_MAX 64
#define CHUNK ((size_t)64 << 10)
#define TAG 16				/* Poly1305 */
#define FILE_KEY 16
#define NONCE 16

/* ---- keys ---- */

static void
header_mac(const uint8_t key[FILE_KEY], const void *p, size_t n,
    uint8_t mac[32])
{
	uint8_t k[32];

	df_hkdf_sha256(key, FILE_KEY, "", 0, "header", k, sizeof(k));
	df_hmac_sha256(k, sizeof(k), p, n, mac);
	sodium_memzero(k, sizeof(k));
}

/* The key under which a stanza wraps the file key; -1: a weak point. */
static int
wrap_key(const uint8_t sk[32], const uint8_t point[32],
    const uint8_t share[32], const uint8_t pk[32], uint8_t out[32])
{
	uint8_t secret[32], salt[64];
	int r = crypto_scalarmult(secret, sk, point);

	memcpy(salt, share, 32);
	memcpy(salt + 32, pk, 32);
	df_hkdf_sha256(secret, sizeof(secret), salt, sizeof(salt),
	    X25519_INFO, out, 32);
	sodium_memzero(secret, sizeof(secret));
	return r;
}

/* ---- payload: STREAM ---- */

static void
payload_key(const uint8_t key[FILE_KEY], const uint8_t nonce[NONCE],
    uint8_t out[32])
{
	df_hkdf_sha256(key, FILE_KEY, nonce, NONCE, "payload", out, 32);
}

static void
chunk_nonce(uint8_t nonce[12], uint64_t i, int last)
{
	int k;

	memset(nonce, 0, 12);
	for (k = 10; i; k--, i >>= 8)
		nonce[k] = (uint8_t)i;
	nonce[11] = (uint8_t)last;
}

static int
bad_payload(const char *why, struct df_err *e)
{
	return df_fail(e, DF_INTEGRITY, "age.payload", "age payload: %s", why);
}

static int
open_payload(struct df_buf *out, const uint8_t key[32], const uint8_t *p,
    size_t n, struct df_err *e)
{
	size_t k, was = out->n;
	uint8_t nonce[12];
	uint64_t i;
	int last;

	if (n == 0)
		return bad_payload("it is missing", e);
	/* All the room at once: a move would leave a copy behind. */
	df_buf_room(out, n);
	for (i = 0, last = 0; !last; i++, p += k, n -= k) {
		last = n <= CHUNK + TAG;
		k = last ? n : CHUNK + TAG;
		chunk_nonce(nonce, i, last);
		if (k < TAG || (k == TAG && i) ||
		    crypto_aead_chacha20poly1305_ietf_decrypt(
		    (uint8_t *)out->s + out->n, NULL, NULL, p, k, NULL, 0,
		    nonce, key) != 0) {
			sodium_memzero(out->s + was, out->n - was);
			df_buf_cut(out, was);
			out->s[was] = '\0';
			return bad_payload("it is damaged or cut short", e);
		}
		out->n += k - TAG;
	}
	out->s[out->n] = '\0';
	return 0;
}

/* ---- the whole ---- */

static int
unwrap(const struct df_age_header *h, const struct df_age_id *id, size_t nid,
    uint8_t key[FILE_KEY], struct df_err *e)
{
	static const uint8_t nonce[12];
	const struct df_age_stanza *x;
	uint8_t k[32];
	size_t i, j;
	int r = -1;

	for (i = 0; i < nid && r < 0; i++)
		for (j = 0; j < h->nx && r < 0; j++) {
			x = &h->x[j];
			if (wrap_key(id[i].sk, x->share, x->share, id[i].pk,
			    k) < 0) {
				sodium_memzero(k, sizeof(k));
				return df_fail(e, DF_INPUT, "age.header",
				    "age header: X25519 share %zu is a weak "
				    "point", j + 1);
			}
			r = crypto_aead_chacha20poly1305_ietf_decrypt(key,
			    NULL, NULL, x->body, sizeof(x->body), NULL, 0,
			    nonce, k);
		}
	sodium_memzero(k, sizeof(k));
	if (r < 0)
		return df_fail(e, DF_AUTH, "age.nomatch",
		    "no identity opens the age file (%zu X25519 recipients, "
		    "%zu others)", h->nx, h->other);
	return 0;
}

static int
decrypt(struct df_buf *out, const struct df_age_header *h,
    const struct df_age_id *id, size_t nid, const struct df_age_view *v,
    struct df_err *e)
{
	uint8_t key[FILE_KEY], k[32], mac[32];
	int r;

	if (unwrap(h, id, nid, key, e) < 0)
		return -1;
	header_mac(key, v->p, h->covered, mac);
	if (sodium_memcmp(mac, h->mac, sizeof(mac)) != 0) {
		r = df_fail(e, DF_INTEGRITY, "age.mac",
		    "age header: the MAC does not match");
	} else if (v->n - h->size < NONCE) {
		r = df_fail(e, DF_INPUT, "age.header",
		    "age header: no nonce follows");
	} else {
		payload_key(key, v->p + h->size, k);
		r = open_payload(out, k, v->p + h->size + NONCE,
		    v->n - h->size - NONCE, e);
		sodium_memzero(k, sizeof(k));
	}
	sodium_memzero(key, sizeof(key));
	return r;
}

int
df_age_decrypt(struct df_buf *out, const struct df_age_id *id, size_t nid,
    const void *p, size_t n, struct df_err *e)
{
	struct df_age_header h;
	struct df_age_view v;
	int r;

	df_sodium_init();
	if (df_age_view(&v, p, n, e) < 0)
		return -1;
	r = df_age_header(&h, &v, e);
	if (r == 0)
		r = decrypt(out, &h, id, nid, &v, e);
	free(h.x);
	df_buf_release(&v.plain);
	return r;
}

static int
put_stanza(struct df_buf *b, const uint8_t pk[32],
    const uint8_t key[FILE_KEY])
{
	static const uint8_t nonce[12];
	uint8_t sk[32], share[32], k[32], body[FILE_KEY + TAG];
	int r;

	randombytes_buf(sk, sizeof(sk));
	crypto_scalarmult_base(share, sk);
	r = wrap_key(sk, pk, share, pk, k);
	crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, key, FILE_KEY,
	    NULL, 0, NULL, nonce, k);
	sodium_memzero(sk, sizeof(sk));
	sodium_memzero(k, sizeof(k));
	df_buf_str(b, "-> X25519 ");
	df_base64_nopad(b, share, sizeof(share));
	df_buf_ch(b, '\n');
	df_base64_nopad(b, body, sizeof(body));
	df_buf_ch(b, '\n');
	return r;
}

static void
seal_payload(struct df_buf *b, const uint8_t key[32], const uint8_t *p,
    size_t n)
{
	uint8_t nonce[12];
	uint64_t i;
	size_t k;
	int last;

	if (n == 0)
		p = key;		/* anything but NULL */
	df_buf_room(b, n + (n / CHUNK + 1) * TAG);
	for (i = 0, last = 0; !last; i++, p += k, n -= k) {
		last = n <= CHUNK;
		k = last ? n : CHUNK;
		chunk_nonce(nonce, i, last);
		crypto_aead_chacha20poly1305_ietf_encrypt(
		    (uint8_t *)b->s + b->n, NULL, p, k, NULL, 0, NULL, nonce,
		    key);
		b->n += k + TAG;
	}
	b->s[b->n] = '\0';
}

int
df_age_encrypt(struct df_buf *out, const uint8_t (*pk)[32], size_t npk,
    const void *p, size_t n, struct df_err *e)
{
	uint8_t key[FILE_KEY], nonce[NONCE], k[32], mac[32];
	size_t i, was = out->n;
	int r = 0;

	if (npk == 0 || npk > RECIPIENTS_MAX)
		return df_fail(e, DF_INPUT, "age.recipients",
		    "%zu recipients; 1 to %d can be sealed to", npk,
		    RECIPIENTS_MAX);
	df_sodium_init();
	randombytes_buf(key, sizeof(key));
	df_buf_str(out, DF_AGE_VERSION "\n");
	for (i = 0; i < npk && r == 0; i++)
		if (put_stanza(out, pk[i], key) < 0)
			r = df_fail(e, DF_INPUT, "age.recipient",
			    "age recipient %zu is a weak point", i + 1);
	if (r == 0) {
		df_buf_str(out, "---");
		header_mac(key, out->s + was, out->n - was, mac);
		df_buf_ch(out, ' ');
		df_base64_nopad(out, mac, sizeof(mac));
		df_buf_ch(out, '\n');
		randombytes_buf(nonce, sizeof(nonce));
		df_buf_add(out, nonce, sizeof(nonce));
		payload_key(key, nonce, k);
		seal_payload(out, k, p, n);
		sodium_memzero(k, sizeof(k));
	} else {
		df_buf_cut(out, was);
	}
	sodium_memzero(key, sizeof(key));
	return r;
}
