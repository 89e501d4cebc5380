/* Public vectors of what stands below our formats: SHA-256, HKDF, X25519,
   ChaCha20-Poly1305, RFC 8785.  Others are in age.c, dsse.c, schema.c and
   sign.c. */
#include "base/df.h"

#include <fcntl.h>
#include <sodium.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "tap.h"

static int
slurp(const char *below, struct df_buf *b)
{
	const char *path = tap_corpus(below);
	struct df_err e;

	df_buf_reset(b);
	if (path == NULL) {
		ok(1, "%s # SKIP no corpus", below);
		return -1;
	}
	if (df_read_file(AT_FDCWD, path, b, 8 << 20, &e) == 0)
		return 0;
	ok(0, "%s can be read", below);
	return -1;
}

/* A member of hexadecimal digits as bytes. */
static void
hex(struct df_buf *b, const struct df_json *j, uint32_t obj, const char *name)
{
	uint32_t t = df_jget(j, obj, name);
	size_t n = j->tok[t].end - j->tok[t].start;

	df_buf_reset(b);
	df_buf_room(b, n / 2 + 1);
	if (t == 0 || df_unhex((uint8_t *)b->s, n / 2, j->s + j->tok[t].start,
	    n) < 0)
		DF_BUG("hex in a vector");
	b->n = n / 2;
	b->s[b->n] = '\0';
}

/* ---- FIPS 180-4 ---- */

static void
nist(const char *file)
{
	struct df_buf b = DF_BUF_INIT, m = DF_BUF_INIT;
	struct df_digest d, want;
	size_t n = 0, wrong = 0, len = 0;
	const char *s;
	uint8_t *p;

	if (slurp(file, &b) < 0)
		return;
	for (s = b.s; s && *s; s = strchr(s, '\n'), s += s ? 1 : 0) {
		if (strncmp(s, "Len = ", 6) == 0) {
			len = strtoul(s + 6, NULL, 10) / 8;
		} else if (strncmp(s, "Msg = ", 6) == 0) {
			df_buf_reset(&m);
			p = (uint8_t *)df_buf_room(&m, len + 1);
			if (df_unhex(p, len, s + 6, 2 * len) < 0)
				DF_BUG("hex in a vector");
		} else if (strncmp(s, "MD = ", 5) == 0) {
			if (df_digest_parse_hex(&want, s + 5, 64) < 0)
				DF_BUG("digest in a vector");
			df_sha256(m.s, len, &d);
			wrong += !df_digest_eq(&d, &want);
			n++;
		}
	}
	ok(n > 60 && wrong == 0, "%s: %zu of %zu", file, n - wrong, n);
	df_buf_release(&b);
	df_buf_release(&m);
}

/* ---- Wycheproof ---- */

/* Returns 1 when a test holds, 0 when not, -1 when it asks for what ours
   cannot be asked. */
typedef int test_fn(const struct df_json *j, uint32_t t, uint32_t group);

static int
result(const struct df_json *j, uint32_t t, const char *is)
{
	return df_jis(j, df_jget(j, t, "result"), is);
}

static void
wycheproof(const char *file, test_fn *fn, size_t least)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	uint32_t groups, g, tests, t, i, k;
	size_t n = 0, wrong = 0, other = 0;
	struct df_err e;
	int r;

	if (slurp(file, &b) < 0)
		return;
	if (df_json_scan(&j, b.s, b.n, 0, file, &e) < 0)
		DF_BUG(e.msg);
	groups = df_jget(&j, 0, "testGroups");
	for (i = 0, g = df_jfirst(&j, groups); i < j.tok[groups].n;
	    i++, g = df_jnext(&j, g)) {
		tests = df_jget(&j, g, "tests");
		for (k = 0, t = df_jfirst(&j, tests); k < j.tok[tests].n;
		    k++, t = df_jnext(&j, t)) {
			r = fn(&j, t, g);
			n++;
			wrong += r == 0;
			other += r < 0;
		}
	}
	ok(n - other >= least && wrong == 0, "%s: %zu of %zu (%zu are not "
	    "for us)", file, n - wrong - other, n - other, other);
	df_json_release(&j);
	df_buf_release(&b);
}

static int
hkdf(const struct df_json *j, uint32_t t, uint32_t group)
{
	struct df_buf ikm = DF_BUF_INIT, salt = DF_BUF_INIT;
	struct df_buf info = DF_BUF_INIT, okm = DF_BUF_INIT;
	uint8_t out[8160];
	int64_t size;
	int r = -1;

	(void)group;
	hex(&ikm, j, t, "ikm");
	hex(&salt, j, t, "salt");
	hex(&info, j, t, "info");
	hex(&okm, j, t, "okm");
	/* info is text, and more than 8160 bytes there are not */
	if (strlen(info.s) == info.n && df_jint(j, df_jget(j, t, "size"), 1,
	    (int64_t)sizeof(out), &size) == 0) {
		df_hkdf_sha256(ikm.s, ikm.n, salt.s, salt.n, info.s, out,
		    (size_t)size);
		r = result(j, t, "valid") && okm.n == (size_t)size &&
		    memcmp(out, okm.s, okm.n) == 0;
	}
	df_buf_release(&ikm);
	df_buf_release(&salt);
	df_buf_release(&info);
	df_buf_release(&okm);
	return r;
}

/* What has no secret in it is refused: age demands it. */
static int
x25519(const struct df_json *j, uint32_t t, uint32_t group)
{
	static const uint8_t zero[32];
	struct df_buf pub = DF_BUF_INIT, priv = DF_BUF_INIT;
	struct df_buf shared = DF_BUF_INIT;
	uint8_t out[32];
	int r;

	(void)group;
	hex(&pub, j, t, "public");
	hex(&priv, j, t, "private");
	hex(&shared, j, t, "shared");
	if (memcmp(shared.s, zero, 32) == 0)
		r = crypto_scalarmult(out, (uint8_t *)priv.s,
		    (uint8_t *)pub.s) != 0;
	else
		r = crypto_scalarmult(out, (uint8_t *)priv.s,
		    (uint8_t *)pub.s) == 0 && memcmp(out, shared.s, 32) == 0;
	df_buf_release(&pub);
	df_buf_release(&priv);
	df_buf_release(&shared);
	return r;
}

static int
aead(const struct df_json *j, uint32_t t, uint32_t group)
{
	struct df_buf key = DF_BUF_INIT, iv = DF_BUF_INIT, aad = DF_BUF_INIT;
	struct df_buf msg = DF_BUF_INIT, ct = DF_BUF_INIT, tag = DF_BUF_INIT;
	struct df_buf out = DF_BUF_INIT;
	unsigned long long n;
	int64_t bits;
	int good, r = -1;

	hex(&key, j, t, "key");
	hex(&iv, j, t, "iv");
	hex(&aad, j, t, "aad");
	hex(&msg, j, t, "msg");
	hex(&ct, j, t, "ct");
	hex(&tag, j, t, "tag");
	/* a nonce has 96 bits */
	if (df_jint(j, df_jget(j, group, "ivSize"), 96, 96, &bits) == 0) {
		df_buf_add(&ct, tag.s, tag.n);
		(void)df_buf_room(&out, ct.n + 32);
		good = crypto_aead_chacha20poly1305_ietf_decrypt(
		    (uint8_t *)out.s, &n, NULL, (uint8_t *)ct.s, ct.n,
		    (uint8_t *)aad.s, aad.n, (uint8_t *)iv.s,
		    (uint8_t *)key.s) == 0;
		if (good)
			good = n == msg.n && memcmp(out.s, msg.s, msg.n) == 0;
		r = good == result(j, t, "valid");
		(void)crypto_aead_chacha20poly1305_ietf_encrypt(
		    (uint8_t *)out.s, &n, (uint8_t *)msg.s, msg.n,
		    (uint8_t *)aad.s, aad.n, NULL, (uint8_t *)iv.s,
		    (uint8_t *)key.s);
		if (result(j, t, "valid"))
			r &= n == ct.n && memcmp(out.s, ct.s, ct.n) == 0;
	}
	df_buf_release(&key);
	df_buf_release(&iv);
	df_buf_release(&aad);
	df_buf_release(&msg);
	df_buf_release(&ct);
	df_buf_release(&tag);
	df_buf_release(&out);
	return r;
}

/* ---- RFC 8785 ---- */

/*
 * DF-JSON/1 is RFC 8785 without fractions and with names in printable ASCII:
 * what it has is written as the RFC's vector says, what it has not is refused,
 * never written in another way.
 */
static void
jcs(const char *name, const char *why)
{
	struct df_buf path = DF_BUF_INIT, in = DF_BUF_INIT;
	struct df_buf want = DF_BUF_INIT, got = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_err e = { 0 };
	jv a, b;

	df_buf_fmt(&path, "vectors/jcs/input/%s.json", name);
	if (slurp(path.s, &in) < 0)
		goto out;
	df_buf_reset(&path);
	df_buf_fmt(&path, "vectors/jcs/output/%s.json", name);
	if (slurp(path.s, &want) < 0)
		goto out;
	a = df_json_parse(in.s, in.n, 0, name, &e);
	b = df_json_parse(want.s, want.n, 0, name, &e);
	ok(jv_is_valid(a) && jv_is_valid(b) && jv_equal(jv_copy(a),
	    jv_copy(b)), "%s: both texts are one value", name);
	jv_free(b);
	if (why == NULL) {
		ok(df_json_write(&got, a, &e) == 0 && got.n == want.n &&
		    memcmp(got.s, want.s, got.n) == 0,
		    "%s: written as the RFC says", name);
		df_buf_ch(&want, '\n');
		ok(df_json_scan(&j, want.s, want.n, DF_JSON_CANON, name, &e)
		    == 0, "%s: which is canonical", name);
	} else {
		ok(df_json_write(&got, a, &e) < 0 && e.exit == DF_INPUT,
		    "%s: not written, for it has %s: %s", name, why, e.msg);
		df_buf_ch(&want, '\n');
		ok(df_json_scan(&j, want.s, want.n, DF_JSON_CANON, name, &e) <
		    0, "%s: nor taken for canonical", name);
	}
	df_json_release(&j);
out:
	df_buf_release(&path);
	df_buf_release(&in);
	df_buf_release(&want);
	df_buf_release(&got);
}

int
main(void)
{
	if (sodium_init() < 0)
		DF_BUG("libsodium");
	nist("vectors/nist-sha2/SHA256ShortMsg.rsp");
	nist("vectors/nist-sha2/SHA256LongMsg.rsp");
	wycheproof("vectors/wycheproof/hkdf_sha256_test.json", hkdf, 80);
	wycheproof("vectors/wycheproof/x25519_test.json", x25519, 518);
	wycheproof("vectors/wycheproof/chacha20_poly1305_test.json", aead,
	    300);
	jcs("arrays", NULL);
	jcs("unicode", NULL);
	jcs("structures", "a name with a control character");
	jcs("french", "a name beyond ASCII");
	jcs("weird", "a name beyond ASCII");
	jcs("values", "fractions");
	return tap_done();
}
