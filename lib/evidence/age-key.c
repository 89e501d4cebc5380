#include "base/df.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "evidence/age.h"
#include "evidence/sign-internal.h"

#define FILE_BYTES ((size_t)64 << 10)	/* of identities */
#define CHARS 52			/* 32 bytes in groups of five bits */
#define CHECKSUM 6

/* ---- Bech32 (BIP 173), for exactly 32 bytes ---- */

static const char abc[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
polymod(uint32_t c, unsigned v)
{
	static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d,
	    0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = c >> 25;
	int i;

	c = (c & 0x1ffffff) << 5 ^ v;
	for (i = 0; i < 5; i++)
		if (top >> i & 1)
			c ^= generator[i];
	return c;
}

/* The checksum's state behind the human-readable part, in lower case. */
static uint32_t
prefix(const char *hrp)
{
	uint32_t c = 1;
	const char *s;

	for (s = hrp; *s; s++)
		c = polymod(c, (unsigned char)*s >> 5);
	c = polymod(c, 0);
	for (s = hrp; *s; s++)
		c = polymod(c, (unsigned char)*s & 31);
	return c;
}

static char *
encode(const char *hrp, const uint8_t p[32], char out[DF_AGE_KEY_STR])
{
	size_t n = strlen(hrp), i, bit;
	uint32_t c = prefix(hrp);
	unsigned v;

	memcpy(out, hrp, n);
	out[n++] = '1';
	for (i = 0; i < CHARS; i++) {
		bit = i * 5;
		v = (unsigned)p[bit / 8] << 8;
		if (bit / 8 + 1 < 32)
			v |= p[bit / 8 + 1];
		v = v >> (11 - bit % 8) & 31;
		c = polymod(c, v);
		out[n++] = abc[v];
	}
	for (i = 0; i < CHECKSUM; i++)
		c = polymod(c, 0);
	c ^= 1;
	for (i = 0; i < CHECKSUM; i++)
		out[n++] = abc[c >> 5 * (CHECKSUM - 1 - i) & 31];
	out[n] = '\0';
	return out;
}

/* s is all lower case. */
static int
decode(const char *hrp, const char *s, size_t n, uint8_t out[32])
{
	uint32_t c = prefix(hrp), acc = 0;
	size_t i, len = strlen(hrp), k = 0;
	unsigned bits = 0;
	const char *q;

	if (n != len + 1 + CHARS + CHECKSUM || memcmp(s, hrp, len) != 0 ||
	    s[len] != '1')
		return -1;
	s += len + 1;
	for (i = 0; i < CHARS + CHECKSUM; i++) {
		q = s[i] ? strchr(abc, s[i]) : NULL;
		if (q == NULL)
			return -1;
		c = polymod(c, (unsigned)(q - abc));
		if (i >= CHARS)
			continue;
		acc = acc << 5 | (uint32_t)(q - abc);
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[k++] = (uint8_t)(acc >> bits);
		}
	}
	return c == 1 && (acc & ((1u << bits) - 1)) == 0 ? 0 : -1;
}

/* ---- keys ---- */

int
df_age_recipient_parse(const char *s, size_t n, uint8_t pk[32],
    struct df_err *e)
{
	static const uint8_t any[32] = { 8 };
	uint8_t out[32];

	df_sodium_init();
	if (decode("age", s, n, pk) < 0)
		return df_fail(e, DF_INPUT, "age.recipient",
		    "not an age X25519 recipient");
	if (crypto_scalarmult(out, any, pk) != 0)
		return df_fail(e, DF_INPUT, "age.recipient",
		    "age recipient is a weak point");
	return 0;
}

char *
df_age_recipient_str(const uint8_t pk[32], char out[DF_AGE_KEY_STR])
{
	return encode("age", pk, out);
}

int
df_age_identity_parse(const char *s, size_t n, struct df_age_id *id,
    struct df_err *e)
{
	char low[DF_AGE_KEY_STR];
	size_t i;
	int r = -1;

	df_sodium_init();
	if (n < sizeof(low)) {
		for (i = 0; i < n; i++)
			low[i] = s[i] >= 'A' && s[i] <= 'Z' ?
			    (char)(s[i] | 32) :
			    s[i] >= 'a' && s[i] <= 'z' ? '?' : s[i];
		r = decode("age-secret-key-", low, n, id->sk);
		sodium_memzero(low, sizeof(low));
	}
	if (r < 0) {
		sodium_memzero(id, sizeof(*id));
		return df_fail(e, DF_INPUT, "age.identity",
		    "not an age X25519 identity");
	}
	crypto_scalarmult_base(id->pk, id->sk);
	return 0;
}

char *
df_age_identity_str(const struct df_age_id *id, char out[DF_AGE_KEY_STR])
{
	char *s;

	encode("age-secret-key-", id->sk, out);
	for (s = out; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s &= (char)~32;
	return out;
}

void
df_age_generate(struct df_age_id *id)
{
	df_sodium_init();
	randombytes_buf(id->sk, sizeof(id->sk));
	crypto_scalarmult_base(id->pk, id->sk);
}

void
df_age_id_free(struct df_age_id *id, size_t n)
{
	if (id)
		sodium_memzero(id, n * sizeof(*id));
	free(id);
}

/* ---- identity files ---- */

static struct df_age_id *
parse_file(const struct df_buf *b, const char *path, size_t *n,
    struct df_err *e)
{
	const char *s = b->s, *end = b->s + b->n, *eol;
	size_t no, lines = 1;
	struct df_age_id *id;

	for (eol = s; eol < end; eol++)
		lines += *eol == '\n';
	id = df_calloc(lines, sizeof(*id));
	*n = 0;
	for (no = 1; s < end; no++, s = eol + 1) {
		eol = memchr(s, '\n', (size_t)(end - s));
		if (eol == NULL)
			eol = end;
		if (s == eol || *s == '#')
			continue;
		if (df_age_identity_parse(s, (size_t)(eol - s), &id[*n],
		    e) < 0) {
			df_fail(e, DF_INPUT, "age.identity",
			    "%s:%zu: not an age X25519 identity", path, no);
			df_hint(e, "age-keygen -o FILE makes one");
			df_age_id_free(id, lines);
			return NULL;
		}
		++*n;
	}
	if (*n)
		return id;
	df_age_id_free(id, lines);
	(void)df_fail(e, DF_INPUT, "age.identity",
	    "%s holds no age identity", path);
	return NULL;
}

struct df_age_id *
df_age_identity_file(const char *path, size_t *n, struct df_err *e)
{
	struct df_age_id *id = NULL;
	struct df_buf b = DF_BUF_INIT;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		(void)df_fail_errno(e, DF_INPUT, "age.open",
		    "cannot open identity file %s", path);
		return NULL;
	}
	/* Room for all that a read can ask for: no copy is left behind. */
	df_buf_room(&b, FILE_BYTES + 2);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		(void)df_fail(e, DF_INPUT, "age.open",
		    "identity file %s is not a regular file", path);
	else if (df_private(fd, path, e) == 0 &&
	    df_read_fd(fd, &b, FILE_BYTES, path, e) == 0)
		id = parse_file(&b, path, n, e);
	close(fd);
	df_buf_wipe(&b);
	return id;
}

int
df_age_identity_new(int dir, const char *name, char recipient[DF_AGE_KEY_STR],
    struct df_err *e)
{
	char secret[DF_AGE_KEY_STR], now[DF_TIME_STR];
	struct df_buf b = DF_BUF_INIT;
	struct df_age_id id;
	int r;

	df_age_generate(&id);
	df_buf_fmt(&b, "# created: %s\n# public key: %s\n%s\n",
	    df_time_str(df_now_ms() / 1000 * 1000, now),
	    df_age_recipient_str(id.pk, recipient),
	    df_age_identity_str(&id, secret));
	r = df_create_file(dir, name, b.s, b.n, 0600, e);
	df_buf_wipe(&b);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(&id, sizeof(id));
	return r;
}
