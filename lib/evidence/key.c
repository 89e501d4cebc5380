#include "base/df.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "evidence/sign-internal.h"

#define BEGIN_KEY "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END_KEY "-----END OPENSSH PRIVATE KEY-----\n"
#define MAGIC "openssh-key-v1"		/* and its NUL */
#define KEY_MAX ((size_t)16 << 10)	/* bytes of a key file */
#define COMMENT_MAX 1000

struct df_key {
	struct df_pubkey pub;
	uint8_t *sk;		/* seed and public half; NULL: in the agent */
};

/* ---- private key files ---- */

static int
malformed(const char *path, struct df_err *e)
{
	return df_fail(e, DF_INPUT, "key.format",
	    "%s: malformed OpenSSH private key", path);
}

/* "FILE is ...", and what to do about it; unless the agent holds the key
   already. */
static int
needs_agent(const struct df_pubkey *k, const char *path, const char *why,
    struct df_err *e)
{
	if (df_agent_has(k, e) > 0)
		return 0;
	df_fail(e, DF_AUTH, "key.agent", "%s %s", path, why);
	return df_hint(e, "ssh-add %s", path);
}

/* The bytes between the markers; the lines may have any length but none. */
static int
unarmor(const char *s, size_t n, struct df_buf *blob)
{
	size_t i = strlen(BEGIN_KEY), end = strlen(END_KEY), from = i;
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (n < i + end || memcmp(s, BEGIN_KEY, i) != 0 ||
	    memcmp(s + n - end, END_KEY, end) != 0 || s[n - end - 1] != '\n')
		return -1;
	df_buf_room(&b, n);
	for (n -= end; i < n; i++) {
		if (s[i] != '\n')
			continue;
		if (i == from)
			break;
		df_buf_add(&b, s + from, i - from);
		from = i + 1;
	}
	df_buf_room(blob, n);
	r = from != n ? -1 : df_unbase64(blob, b.s, b.n);
	df_buf_wipe(&b);
	return r;
}

/* What the cipher, here none, has encrypted. */
static int
parse_secret(struct df_key *k, struct df_wire w)
{
	uint8_t derived[crypto_sign_SECRETKEYBYTES];
	struct df_wire comment;
	uint8_t pk[32];
	uint32_t a, b;
	size_t i;
	int r;

	if (w.n % 8 || df_wire_u32(&w, &a) < 0 || df_wire_u32(&w, &b) < 0 ||
	    a != b || df_wire_lit(&w, "ssh-ed25519") < 0 ||
	    df_wire_bytes(&w, pk, sizeof(pk)) < 0 ||
	    memcmp(pk, k->pub.pk, sizeof(pk)) != 0 ||
	    df_wire_bytes(&w, k->sk, crypto_sign_SECRETKEYBYTES) < 0 ||
	    df_wire_string(&w, &comment) < 0 || w.n > 7)
		return -1;
	for (i = 0; i < w.n; i++)
		if (w.p[i] != i + 1)
			return -1;
	/* Signing with a public half that is not the seed's gives the seed
	   away. */
	crypto_sign_seed_keypair(pk, derived, k->sk);
	r = memcmp(pk, k->pub.pk, sizeof(pk)) != 0 ||
	    sodium_memcmp(derived, k->sk, sizeof(derived)) != 0 ? -1 : 0;
	sodium_memzero(derived, sizeof(derived));
	return r;
}

static int
parse_private(struct df_key *k, struct df_wire w, const char *path,
    struct df_err *e)
{
	struct df_wire cipher, kdf, kdfopt, pub, secret;
	struct df_err why;
	uint32_t keys;

	if (w.n < sizeof(MAGIC) || memcmp(w.p, MAGIC, sizeof(MAGIC)) != 0)
		return malformed(path, e);
	w.p += sizeof(MAGIC);
	w.n -= sizeof(MAGIC);
	if (df_wire_string(&w, &cipher) < 0 || df_wire_string(&w, &kdf) < 0 ||
	    df_wire_string(&w, &kdfopt) < 0 || df_wire_u32(&w, &keys) < 0 ||
	    keys != 1 || df_wire_string(&w, &pub) < 0 ||
	    df_wire_string(&w, &secret) < 0)
		return malformed(path, e);
	if (df_pubkey_parse_blob(&k->pub, pub.p, pub.n, &why) < 0)
		return df_fail(e, DF_INPUT, why.code, "%s: %s", path, why.msg);
	if (!df_wire_eq(&cipher, "none"))
		return needs_agent(&k->pub, path, "is encrypted", e);
	if (!df_wire_eq(&kdf, "none") || kdfopt.n || w.n != 0)
		return malformed(path, e);
	if (k->pub.sk)
		return needs_agent(&k->pub, path, "is a hardware key", e);
	k->sk = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (k->sk == NULL)
		return df_fail_errno(e, DF_EXTERNAL, "memory",
		    "cannot protect memory for a key");
	return parse_secret(k, secret) < 0 ? malformed(path, e) : 0;
}

/* ---- opening ---- */

static int
open_public(struct df_key *k, const struct df_buf *b, const char *path,
    struct df_err *e)
{
	char private[400], fp[DF_FP_STR];
	struct df_err why;
	size_t n = strlen(path);
	int r;

	if (df_pubkey_parse(&k->pub, b->s, b->n, &why) < 0)
		return df_fail(e, DF_INPUT, why.code, "%s: %s", path, why.msg);
	if (n > 4 && strcmp(path + n - 4, ".pub") == 0)
		n -= 4;
	snprintf(private, sizeof(private), "%.*s", (int)(n < 300 ? n : 300),
	    path);
	r = df_agent_has(&k->pub, e);
	if (r > 0)
		return 0;
	if (r == 0)
		df_fail(e, DF_AUTH, "agent.key",
		    "ssh-agent does not hold %s (%s)", path,
		    df_fingerprint(&k->pub, fp));
	return df_hint(e, "ssh-add %s", private);
}

static int
parse_text(struct df_key *k, const char *s, size_t n, const char *path,
    struct df_err *e)
{
	struct df_buf blob = DF_BUF_INIT;
	int r;

	if (unarmor(s, n, &blob) < 0)
		r = malformed(path, e);
	else
		r = parse_private(k, (struct df_wire){ (uint8_t *)blob.s,
		    blob.n }, path, e);
	df_buf_wipe(&blob);
	return r;
}

struct df_key *
df_key_parse(const char *s, size_t n, const char *what, struct df_err *e)
{
	struct df_key *k = df_calloc(1, sizeof(*k));

	df_sodium_init();
	if (parse_text(k, s, n, what, e) == 0)
		return k;
	df_key_free(k);
	return NULL;
}

static int
open_key(struct df_key *k, int fd, struct df_buf *b, const char *path,
    struct df_err *e)
{
	static const char begin[] = "-----BEGIN ";

	/* Room for all that a read can ask for: no copy is left behind. */
	df_buf_room(b, KEY_MAX + 2);
	if (df_read_fd(fd, b, KEY_MAX, path, e) < 0)
		return -1;
	if (b->n < strlen(begin) || memcmp(b->s, begin, strlen(begin)) != 0)
		return open_public(k, b, path, e);
	if (df_private(fd, path, e) < 0)
		return -1;
	return parse_text(k, b->s, b->n, path, e);
}

struct df_key *
df_key_open(const char *path, struct df_err *e)
{
	struct df_key *k = df_calloc(1, sizeof(*k));
	struct df_buf b = DF_BUF_INIT;
	struct stat st;
	int fd, r;

	df_sodium_init();
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		r = df_fail_errno(e, DF_INPUT, "key.open",
		    "cannot open key %s", path);
	else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		r = df_fail(e, DF_INPUT, "key.open",
		    "key %s is not a regular file", path);
	else
		r = open_key(k, fd, &b, path, e);
	if (fd >= 0)
		close(fd);
	df_buf_wipe(&b);
	if (r < 0) {
		df_key_free(k);
		return NULL;
	}
	return k;
}

struct df_key *
df_key_agent(const struct df_pubkey *pub)
{
	struct df_key *k = df_calloc(1, sizeof(*k));

	df_sodium_init();
	k->pub = *pub;
	return k;
}

void
df_key_free(struct df_key *k)
{
	if (k == NULL)
		return;
	sodium_free(k->sk);
	free(k);
}

const struct df_pubkey *
df_key_pub(const struct df_key *k)
{
	return &k->pub;
}

/* ---- signing ---- */

/* Append the signature blob over data; what an agent returns is verified. */
static int
blob(struct df_key *k, const void *data, size_t n, struct df_buf *sig,
    struct df_err *e)
{
	uint8_t raw[crypto_sign_BYTES];
	size_t was = sig->n;

	if (k->sk) {
		crypto_sign_detached(raw, NULL, data, n, k->sk);
		df_wire_put_str(sig, df_pubkey_type(&k->pub));
		df_wire_put(sig, raw, sizeof(raw));
		return 0;
	}
	if (df_agent_sign(&k->pub, data, n, sig, e) < 0)
		return -1;
	if (df_sigblob_check(&k->pub, data, n, sig->s + was, sig->n - was) ==
	    0)
		return 0;
	df_buf_cut(sig, was);
	return df_fail(e, DF_AUTH, "agent.signature",
	    "ssh-agent returned a signature that does not verify");
}

int
df_key_sign(struct df_key *k, const char *ns, const void *m, size_t n,
    struct df_buf *sig, struct df_err *e)
{
	uint8_t data[DF_SSHSIG_DATA];
	size_t len = df_sshsig_data(data, ns, m, n);

	if (len == 0)
		return df_fail(e, DF_USAGE, "sign.namespace",
		    "a namespace is 1 to 63 characters without space");
	return blob(k, data, len, sig, e);
}

int
df_key_raw(struct df_key *k, const void *data, size_t n, uint8_t sig[64],
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (k->pub.sk)
		return df_fail(e, DF_REFUSED, "sign.hardware",
		    "a hardware key signs SSH data only, nothing else");
	r = blob(k, data, n, &b, e);
	if (r == 0)
		memcpy(sig, b.s + b.n - 64, 64);
	df_buf_release(&b);
	return r;
}

/* ---- making ---- */

static void
private_blob(struct df_buf *b, const struct df_pubkey *pub,
    const uint8_t sk[64], const char *comment)
{
	struct df_buf key = DF_BUF_INIT, in = DF_BUF_INIT;
	struct df_digest d;
	size_t at;
	int i;

	df_buf_room(&in, 512 + strlen(comment));
	df_pubkey_blob(pub, &key);
	/* The check value only shows a failed decryption.  Taken from the
	   public half, the same seed gives the same file. */
	df_sha256(pub->pk, sizeof(pub->pk), &d);
	df_buf_add(&in, d.b, 4);
	df_buf_add(&in, d.b, 4);
	df_wire_put_str(&in, df_pubkey_type(pub));
	df_wire_put(&in, pub->pk, sizeof(pub->pk));
	df_wire_put(&in, sk, crypto_sign_SECRETKEYBYTES);
	df_wire_put_str(&in, comment);
	for (i = 1, at = in.n; at % 8; at++)
		df_buf_ch(&in, i++);

	df_buf_room(b, 512 + key.n + in.n);
	df_buf_add(b, MAGIC, sizeof(MAGIC));
	df_wire_put_str(b, "none");
	df_wire_put_str(b, "none");
	df_wire_put_str(b, "");
	df_wire_put_u32(b, 1);
	df_wire_put(b, key.s, key.n);
	df_wire_put(b, in.s, in.n);
	df_buf_wipe(&in);
	df_buf_release(&key);
}

static int
write_pair(int dir, const char *name, const struct df_buf *private,
    const struct df_buf *public, struct df_err *e)
{
	struct df_buf pub = DF_BUF_INIT;
	struct stat st;
	int r;

	df_buf_fmt(&pub, "%s.pub", name);
	if (fstatat(dir, pub.s, &st, AT_SYMLINK_NOFOLLOW) == 0)
		r = df_fail(e, DF_CONFLICT, "key.exists", "%s exists", pub.s);
	else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		r = df_fail(e, DF_CONFLICT, "key.exists", "%s exists", name);
	else
		r = df_create_file(dir, name, private->s, private->n, 0600, e);
	if (r == 0) {
		r = df_create_file(dir, pub.s, public->s, public->n, 0644, e);
		if (r < 0)
			(void)unlinkat(dir, name, 0);
	}
	df_buf_release(&pub);
	return r;
}

int
df_key_generate(int dir, const char *name, const char *comment,
    const uint8_t *seed, struct df_pubkey *pub, struct df_err *e)
{
	struct df_buf blob = DF_BUF_INIT, private = DF_BUF_INIT;
	struct df_buf public = DF_BUF_INIT;
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	size_t i, len = comment ? strlen(comment) : 0;
	int r;

	if (len > COMMENT_MAX)
		return df_fail(e, DF_INPUT, "key.comment",
		    "key comment is longer than %d bytes", COMMENT_MAX);
	for (i = 0; i < len; i++)
		if ((unsigned char)comment[i] < 0x20 || comment[i] == 0x7f)
			return df_fail(e, DF_INPUT, "key.comment",
			    "key comment has a control character");
	df_sodium_init();
	memset(pub, 0, sizeof(*pub));
	if (seed)
		crypto_sign_seed_keypair(pub->pk, sk, seed);
	else
		crypto_sign_keypair(pub->pk, sk);
	private_blob(&blob, pub, sk, len ? comment : "");
	df_ssh_armor(&private, "OPENSSH PRIVATE KEY", blob.s, blob.n);
	df_pubkey_str(pub, &public);
	df_buf_fmt(&public, "%s%s\n", len ? " " : "", len ? comment : "");
	r = write_pair(dir, name, &private, &public, e);
	sodium_memzero(sk, sizeof(sk));
	df_buf_wipe(&blob);
	df_buf_wipe(&private);
	df_buf_release(&public);
	return r;
}
