#include "base/df.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "evidence/minisign.h"
#include "evidence/sign-internal.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "
#define HASHED "ED"
#define PLAIN "Ed"
#define FILE_MAX ((size_t)16 << 10)	/* bytes of a signature file */

static void
number(const struct df_pubkey *k, uint8_t num[8])
{
	struct df_digest d;

	df_sha256(k->pk, sizeof(k->pk), &d);
	memcpy(num, d.b, 8);
}

/* As minisign says it: little endian, in hexadecimal. */
static void
say_number(struct df_buf *b, const uint8_t num[8])
{
	size_t i;

	for (i = 8; i > 0; i--)
		df_buf_fmt(b, "%02X", num[i - 1]);
}

static int
hash_file(int fd, const char *what, uint8_t out[64], struct df_err *e)
{
	crypto_generichash_state st;
	uint8_t buf[65536];
	ssize_t n;

	df_sodium_init();
	(void)crypto_generichash_init(&st, NULL, 0, 64);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return df_fail_errno(e, DF_EXTERNAL, "file.read",
			    "%s", what);
		(void)crypto_generichash_update(&st, buf, (size_t)n);
	}
	(void)crypto_generichash_final(&st, out, 64);
	return 0;
}

/* ---- keys ---- */

void
df_minisign_pubkey(const struct df_pubkey *k, struct df_buf *b)
{
	uint8_t raw[42];

	memcpy(raw, PLAIN, 2);		/* of keys there is one kind only */
	number(k, raw + 2);
	memcpy(raw + 10, k->pk, 32);
	df_buf_str(b, UNTRUSTED "minisign public key ");
	say_number(b, raw + 2);
	df_buf_ch(b, '\n');
	df_base64(b, raw, sizeof(raw));
	df_buf_ch(b, '\n');
}

/* Take the next line off s; -1 when there is none. */
static int
line(const char **s, size_t *n, const char **l, size_t *len)
{
	const char *lf = *n ? memchr(*s, '\n', *n) : NULL;
	size_t used = lf ? (size_t)(lf - *s) + 1 : *n;

	if (*n == 0)
		return -1;
	*l = *s;
	*len = lf ? used - 1 : used;
	if (*len && (*l)[*len - 1] == '\r')
		--*len;
	*s += used;
	*n -= used;
	return 0;
}

static int
begins(const char *l, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(l, with, strlen(with)) == 0;
}

/* A line of base64 that holds exactly want bytes. */
static int
bytes(const char *l, size_t len, uint8_t *out, size_t want)
{
	struct df_buf b = DF_BUF_INIT;
	int r = df_unbase64(&b, l, len);

	if (r == 0 && b.n != want)
		r = -1;
	if (r == 0)
		memcpy(out, b.s, want);
	df_buf_release(&b);
	return r;
}

int
df_minisign_key_read(struct df_minisign_key *k, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	uint8_t raw[42];
	const char *l = s;
	size_t len = 0;
	int r;

	memset(raw, 0, sizeof(raw));
	r = n > FILE_MAX ? -1 : line(&s, &n, &l, &len);
	if (r == 0 && begins(l, len, UNTRUSTED))
		r = line(&s, &n, &l, &len);
	if (r == 0)
		r = bytes(l, len, raw, sizeof(raw));
	if (r < 0 || n || memcmp(raw, PLAIN, 2) != 0)
		return df_fail(e, DF_INPUT, "minisign.format",
		    "%s: no minisign public key", what);
	memcpy(k->num, raw + 2, sizeof(k->num));
	memcpy(k->pk, raw + 10, sizeof(k->pk));
	df_sodium_init();
	if (!crypto_core_ed25519_is_valid_point(k->pk))
		return df_fail(e, DF_INPUT, "key.weak",
		    "%s: public key is a weak or invalid point", what);
	return 0;
}

/* ---- signatures ---- */

static int
comment_ok(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p && (*p >= 0x20 || *p == '\t') && *p != 0x7f; p++)
		;
	return *p == '\0' && (size_t)(p - (const unsigned char *)s) <=
	    DF_MINISIGN_COMMENT;
}

int
df_minisign_sign(struct df_key *k, int fd, const char *what,
    const char *comment, struct df_buf *out, struct df_err *e)
{
	struct df_buf all = DF_BUF_INIT;
	uint8_t hash[64], sig[74], global[64];
	int r;

	if (!comment_ok(comment))
		return df_fail(e, DF_INPUT, "minisign.comment",
		    "the trusted comment has control characters or more than "
		    "%d bytes", DF_MINISIGN_COMMENT);
	memcpy(sig, HASHED, 2);
	number(df_key_pub(k), sig + 2);
	r = hash_file(fd, what, hash, e);
	if (r == 0)
		r = df_key_raw(k, hash, sizeof(hash), sig + 10, e);
	if (r == 0) {
		df_buf_add(&all, sig + 10, 64);
		df_buf_str(&all, comment);
		r = df_key_raw(k, all.s, all.n, global, e);
	}
	if (r == 0) {
		df_buf_str(out, UNTRUSTED "signature by minisign key ");
		say_number(out, sig + 2);
		df_buf_ch(out, '\n');
		df_base64(out, sig, sizeof(sig));
		df_buf_fmt(out, "\n" TRUSTED "%s\n", comment);
		df_base64(out, global, sizeof(global));
		df_buf_ch(out, '\n');
	}
	df_buf_release(&all);
	return r;
}

struct parts {
	uint8_t sig[74], global[64];
	const char *comment;
	size_t len;
};

static int
read_parts(struct parts *p, const char *s, size_t n)
{
	const char *l;
	size_t len;

	if (n > FILE_MAX || line(&s, &n, &l, &len) < 0 ||
	    !begins(l, len, UNTRUSTED) || line(&s, &n, &l, &len) < 0 ||
	    bytes(l, len, p->sig, sizeof(p->sig)) < 0)
		return -1;
	if (memcmp(p->sig, HASHED, 2) != 0)
		return memcmp(p->sig, PLAIN, 2) == 0 ? 1 : -1;
	if (line(&s, &n, &l, &len) < 0 || !begins(l, len, TRUSTED))
		return -1;
	p->comment = l + strlen(TRUSTED);
	p->len = len - strlen(TRUSTED);
	return line(&s, &n, &l, &len) < 0 || bytes(l, len, p->global,
	    sizeof(p->global)) < 0 || n ? -1 : 0;
}

int
df_minisign_verify(const struct df_minisign_key *k, int fd, const char *what,
    const char *s, size_t n, const char *sigwhat, struct df_buf *comment,
    struct df_err *e)
{
	struct df_buf all = DF_BUF_INIT;
	uint8_t hash[64];
	struct parts p;
	int r;

	r = read_parts(&p, s, n);
	if (r > 0) {
		(void)df_fail(e, DF_INPUT, "minisign.legacy",
		    "%s: a signature of the older kind, over the bytes of the "
		    "file", sigwhat);
		return df_hint(e, "minisign -S -H signs a hash of the file");
	}
	if (r < 0)
		return df_fail(e, DF_INPUT, "minisign.format",
		    "%s: no minisign signature", sigwhat);
	if (memcmp(p.sig + 2, k->num, sizeof(k->num)) != 0)
		return df_fail(e, DF_AUTH, "minisign.key",
		    "%s: a signature by another key", sigwhat);
	if (hash_file(fd, what, hash, e) < 0)
		return -1;
	df_buf_add(&all, p.sig + 10, 64);
	df_buf_add(&all, p.comment, p.len);
	r = df_ed25519_verify(k->pk, hash, sizeof(hash), p.sig + 10, 64);
	if (r == 0)
		r = df_ed25519_verify(k->pk, all.s, all.n, p.global,
		    sizeof(p.global));
	df_buf_release(&all);
	if (r < 0)
		return df_fail(e, DF_AUTH, "sign.bad",
		    "%s: the signature is not by this key over %s", sigwhat,
		    what);
	df_buf_add(comment, p.comment, p.len);
	return 0;
}
