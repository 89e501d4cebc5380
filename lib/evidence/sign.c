#include "base/df.h"

#include <sodium.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "evidence/sign-internal.h"

#define PLAIN "ssh-ed25519"
#define SK "sk-ssh-ed25519@openssh.com"
#define MAGIC "SSHSIG"
#define BEGIN_SIG "-----BEGIN SSH SIGNATURE-----"
#define END_SIG "-----END SSH SIGNATURE-----"
#define SSHSIG_MAX 4096		/* bytes of an armored file */
#define PUBKEY_MAX 8192		/* bytes of a .pub line */

/* ---- public keys ---- */

const char *
df_pubkey_type(const struct df_pubkey *k)
{
	return k->sk ? SK : PLAIN;
}

void
df_pubkey_blob(const struct df_pubkey *k, struct df_buf *b)
{
	df_wire_put_str(b, df_pubkey_type(k));
	df_wire_put(b, k->pk, sizeof(k->pk));
	if (k->sk)
		df_wire_put_str(b, k->app);
}

int
df_pubkey_parse_blob(struct df_pubkey *k, const void *p, size_t n,
    struct df_err *e)
{
	struct df_wire w = { p, n }, type;

	memset(k, 0, sizeof(*k));
	if (df_wire_string(&w, &type) < 0)
		return df_fail(e, DF_INPUT, "key.format",
		    "malformed public key");
	k->sk = df_wire_eq(&type, SK);
	if (!k->sk && !df_wire_eq(&type, PLAIN))
		return df_fail(e, DF_INPUT, "key.type",
		    "key is neither " PLAIN " nor " SK);
	if (df_wire_bytes(&w, k->pk, sizeof(k->pk)) < 0 ||
	    (k->sk && df_wire_word(&w, k->app, sizeof(k->app)) < 0) || w.n != 0)
		return df_fail(e, DF_INPUT, "key.format",
		    "malformed public key");
	/* A browser's credential has the origin of a web page here. */
	if (k->sk && strncmp(k->app, "ssh:", 4) != 0)
		return df_fail(e, DF_INPUT, "key.application",
		    "hardware key is not for an \"ssh:\" application");
	df_sodium_init();
	if (!crypto_core_ed25519_is_valid_point(k->pk))
		return df_fail(e, DF_INPUT, "key.weak",
		    "public key is a weak or invalid point");
	return 0;
}

int
df_pubkey_parse(struct df_pubkey *k, const char *s, size_t n,
    struct df_err *e)
{
	struct df_buf blob = DF_BUF_INIT;
	const char *type, *end, *q;
	size_t i;
	int r;

	memset(k, 0, sizeof(*k));
	if (n && s[n - 1] == '\n')
		n--;
	if (n > PUBKEY_MAX)
		return df_fail(e, DF_INPUT, "key.size",
		    "public key is longer than %d bytes", PUBKEY_MAX);
	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return df_fail(e, DF_INPUT, "key.format",
			    "public key is not one line of text");
	end = s + n;
	q = n ? memchr(s, ' ', n) : NULL;
	if (q == NULL)
		return df_fail(e, DF_INPUT, "key.format",
		    "public key is not of the form TYPE BASE64 COMMENT");
	if ((size_t)(q - s) == strlen(PLAIN) && memcmp(s, PLAIN,
	    strlen(PLAIN)) == 0)
		type = PLAIN;
	else if ((size_t)(q - s) == strlen(SK) && memcmp(s, SK,
	    strlen(SK)) == 0)
		type = SK;
	else
		return df_fail(e, DF_INPUT, "key.type",
		    "key is neither " PLAIN " nor " SK);
	s = q + 1;
	q = memchr(s, ' ', (size_t)(end - s));
	if (q == NULL)
		q = end;
	if (df_unbase64(&blob, s, (size_t)(q - s)) < 0)
		r = df_fail(e, DF_INPUT, "key.format",
		    "malformed base64 in a public key");
	else
		r = df_pubkey_parse_blob(k, blob.s, blob.n, e);
	if (r == 0 && strcmp(type, df_pubkey_type(k)) != 0)
		r = df_fail(e, DF_INPUT, "key.type",
		    "public key is not of the type that it names");
	df_buf_release(&blob);
	return r;
}

void
df_pubkey_str(const struct df_pubkey *k, struct df_buf *b)
{
	struct df_buf blob = DF_BUF_INIT;

	df_pubkey_blob(k, &blob);
	df_buf_fmt(b, "%s ", df_pubkey_type(k));
	df_base64(b, (uint8_t *)blob.s, blob.n);
	df_buf_release(&blob);
}

int
df_pubkey_eq(const struct df_pubkey *a, const struct df_pubkey *b)
{
	return !a->sk == !b->sk &&
	    memcmp(a->pk, b->pk, sizeof(a->pk)) == 0 &&
	    (!a->sk || strcmp(a->app, b->app) == 0);
}

char *
df_fingerprint(const struct df_pubkey *k, char out[DF_FP_STR])
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;

	df_pubkey_blob(k, &b);
	df_sha256(b.s, b.n, &d);
	df_buf_reset(&b);
	df_buf_str(&b, "SHA256:");
	df_base64_nopad(&b, d.b, sizeof(d.b));
	memcpy(out, b.s, DF_FP_STR);
	df_buf_release(&b);
	return out;
}

/* ---- verifying ---- */

int
df_ed25519_verify(const uint8_t pk[32], const void *m, size_t n,
    const uint8_t *sig, size_t siglen)
{
	df_sodium_init();
	if (siglen != crypto_sign_BYTES)
		return -1;
	return crypto_sign_verify_detached(sig, m, n, pk);
}

size_t
df_sshsig_data(uint8_t out[DF_SSHSIG_DATA], const char *ns, const void *m,
    size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	uint8_t hash[64];
	size_t i, len = strlen(ns);

	if (len == 0 || len >= sizeof(((struct df_sshsig *)NULL)->ns))
		return 0;
	for (i = 0; i < len; i++)
		if (ns[i] <= 0x20 || ns[i] >= 0x7f)
			return 0;
	df_sha512(m, n, hash);
	df_buf_room(&b, DF_SSHSIG_DATA);
	df_buf_str(&b, MAGIC);
	df_wire_put(&b, ns, len);
	df_wire_put_str(&b, "");
	df_wire_put_str(&b, "sha512");
	df_wire_put(&b, hash, sizeof(hash));
	len = b.n;
	memcpy(out, b.s, len);
	df_buf_release(&b);
	return len;
}

/* A signature blob and, for hardware keys, its flags and counter. */
struct sigblob {
	uint8_t sig[64], flags;
	uint32_t counter;
};

static int
sigblob_parse(const struct df_pubkey *k, const void *p, size_t n,
    struct sigblob *s)
{
	struct df_wire w = { p, n };

	if (n > DF_SIGBLOB_MAX || df_wire_lit(&w, df_pubkey_type(k)) < 0 ||
	    df_wire_bytes(&w, s->sig, sizeof(s->sig)) < 0)
		return -1;
	if (k->sk) {
		if (w.n < 1)
			return -1;
		s->flags = *w.p++;
		w.n--;
		if (df_wire_u32(&w, &s->counter) < 0)
			return -1;
	}
	return w.n == 0 ? 0 : -1;
}

int
df_sigblob_check(const struct df_pubkey *k, const void *data, size_t n,
    const void *sig, size_t siglen)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest app, msg;
	struct sigblob s;
	int r;

	if (sigblob_parse(k, sig, siglen, &s) < 0)
		return -1;
	if (!k->sk)
		return df_ed25519_verify(k->pk, data, n, s.sig,
		    sizeof(s.sig));
	if (!(s.flags & 1))		/* nobody touched the key */
		return -1;
	df_sha256(k->app, strlen(k->app), &app);
	df_sha256(data, n, &msg);
	df_buf_add(&b, app.b, sizeof(app.b));
	df_buf_ch(&b, s.flags);
	df_wire_put_u32(&b, s.counter);
	df_buf_add(&b, msg.b, sizeof(msg.b));
	r = df_ed25519_verify(k->pk, b.s, b.n, s.sig, sizeof(s.sig));
	df_buf_release(&b);
	return r;
}

int
df_sig_verify(const struct df_pubkey *k, const char *ns, const void *m,
    size_t n, const void *sig, size_t siglen, struct df_err *e)
{
	uint8_t data[DF_SSHSIG_DATA];
	size_t len = df_sshsig_data(data, ns, m, n);
	char fp[DF_FP_STR];

	if (len && df_sigblob_check(k, data, len, sig, siglen) == 0)
		return 0;
	return df_fail(e, DF_AUTH, "sign.bad",
	    "signature is not by %s in role %s over these bytes",
	    df_fingerprint(k, fp), ns);
}

/* ---- armored files ---- */

void
df_sshsig_write(struct df_buf *b, const struct df_sshsig *s)
{
	struct df_buf blob = DF_BUF_INIT, key = DF_BUF_INIT;

	df_pubkey_blob(&s->key, &key);
	df_buf_str(&blob, MAGIC);
	df_wire_put_u32(&blob, 1);
	df_wire_put(&blob, key.s, key.n);
	df_wire_put_str(&blob, s->ns);
	df_wire_put_str(&blob, "");
	df_wire_put_str(&blob, "sha512");
	df_wire_put(&blob, s->sig, s->siglen);
	df_ssh_armor(b, "SSH SIGNATURE", blob.s, blob.n);
	df_buf_release(&blob);
	df_buf_release(&key);
}

/*
 * Collect what is between the markers, white space left out, so that a file
 * that only was wrapped in another way can be told from garbage.
 */
static int
unarmor(const char *s, size_t n, struct df_buf *blob)
{
	size_t i = strlen(BEGIN_SIG), end = strlen(END_SIG);
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (n > SSHSIG_MAX || n < i || memcmp(s, BEGIN_SIG, i) != 0)
		return -1;
	for (; i < n && s[i] != '-'; i++)
		if (s[i] != '\n' && s[i] != '\r' && s[i] != ' ' &&
		    s[i] != '\t')
			df_buf_ch(&b, s[i]);
	r = n - i < end || memcmp(s + i, END_SIG, end) != 0 ? -1 :
	    df_unbase64(blob, b.s, b.n);
	df_buf_release(&b);
	return r;
}

static int
sshsig_parse(struct df_sshsig *s, struct df_wire w, const char *what,
    struct df_err *e)
{
	struct df_wire key, sig;
	struct sigblob parts;
	struct df_err why;
	uint32_t version;

	if (w.n < strlen(MAGIC) || memcmp(w.p, MAGIC, strlen(MAGIC)) != 0)
		goto malformed;
	w.p += strlen(MAGIC);
	w.n -= strlen(MAGIC);
	if (df_wire_u32(&w, &version) < 0)
		goto malformed;
	if (version != 1)
		return df_fail(e, DF_INPUT, "sign.version",
		    "%s: SSH signature of version %lu, not 1", what,
		    (unsigned long)version);
	if (df_wire_string(&w, &key) < 0)
		goto malformed;
	if (df_pubkey_parse_blob(&s->key, key.p, key.n, &why) < 0)
		return df_fail(e, DF_INPUT, why.code, "%s: %s", what,
		    why.msg);
	if (df_wire_word(&w, s->ns, sizeof(s->ns)) < 0)
		return df_fail(e, DF_INPUT, "sign.namespace",
		    "%s: the namespace is empty, too long or not plain text",
		    what);
	if (df_wire_lit(&w, "") < 0 || df_wire_lit(&w, "sha512") < 0)
		return df_fail(e, DF_INPUT, "sign.hash",
		    "%s: the hash is not sha512, or a reserved field is used",
		    what);
	if (df_wire_string(&w, &sig) < 0 || w.n != 0 ||
	    sigblob_parse(&s->key, sig.p, sig.n, &parts) < 0)
		goto malformed;
	memcpy(s->sig, sig.p, sig.n);
	s->siglen = sig.n;
	return 0;
malformed:
	return df_fail(e, DF_INPUT, "sign.format",
	    "%s: malformed SSH signature", what);
}

int
df_sshsig_read(struct df_sshsig *s, const char *text, size_t n,
    const char *what, struct df_err *e)
{
	struct df_buf blob = DF_BUF_INIT, again = DF_BUF_INIT;
	int r;

	memset(s, 0, sizeof(*s));
	if (unarmor(text, n, &blob) < 0)
		r = df_fail(e, DF_INPUT, "sign.armor",
		    "%s: not an armored SSH signature", what);
	else
		r = sshsig_parse(s, (struct df_wire){ (uint8_t *)blob.s,
		    blob.n }, what, e);
	if (r == 0) {
		df_sshsig_write(&again, s);
		if (again.n != n || memcmp(again.s, text, n) != 0)
			r = df_fail(e, DF_INTEGRITY, "sign.encoding",
			    "%s: the signature file is not as it was written",
			    what);
	}
	df_buf_release(&again);
	df_buf_release(&blob);
	return r;
}

int
df_sshsig_sign(struct df_key *k, const char *ns, const void *m, size_t n,
    struct df_buf *armor, struct df_err *e)
{
	struct df_buf sig = DF_BUF_INIT;
	struct df_sshsig s = { 0 };
	int r = df_key_sign(k, ns, m, n, &sig, e);

	if (r == 0) {
		s.key = *df_key_pub(k);
		memcpy(s.ns, ns, strlen(ns) + 1);
		memcpy(s.sig, sig.s, sig.n);
		s.siglen = sig.n;
		df_sshsig_write(armor, &s);
	}
	df_buf_release(&sig);
	return r;
}
