/* Signatures: public vectors, SSHSIG files, every damaged byte. */
#include "base/df.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "evidence/sign-internal.h"
#include "tap.h"

/* The public half and the seed of RFC 8032, 7.1, TEST 1. */
#define BLOB "AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj" \
	"3B1Ea"
#define PUB "ssh-ed25519 " BLOB
static const uint8_t seed[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a,
    0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f,
    0x60 };

static int
slurp(const char *dir, const char *name, struct df_buf *b)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_err e;
	int r;

	df_buf_reset(b);
	df_buf_fmt(&path, "%s/%s", dir, name);
	r = df_read_file(AT_FDCWD, path.s, b, 8 << 20, &e);
	if (r < 0)
		printf("# %s\n", e.msg);
	df_buf_release(&path);
	return r;
}

static void
unhex(struct df_buf *b, const struct df_json *j, uint32_t t)
{
	size_t n = j->tok[t].end - j->tok[t].start;

	df_buf_reset(b);
	df_buf_room(b, n);
	if (df_unhex((uint8_t *)b->s, n / 2, j->s + j->tok[t].start, n) < 0)
		DF_BUG("hex in a vector");
	b->n = n / 2;
}

static struct df_key *
test_key(void)
{
	struct df_buf path = DF_BUF_INIT, dir = DF_BUF_INIT;
	struct df_pubkey pub;
	struct df_key *k;
	struct df_err e;
	int fd;

	df_buf_fmt(&dir, "%s/df-sign-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir.s) == NULL)
		DF_BUG("mkdtemp");
	fd = open(dir.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (df_key_generate(fd, "k", "c", seed, &pub, &e) < 0)
		DF_BUG(e.msg);
	close(fd);
	df_buf_fmt(&path, "%s/k", dir.s);
	k = df_key_open(path.s, &e);
	if (k == NULL)
		DF_BUG(e.msg);
	if (df_remove_tree(AT_FDCWD, dir.s, &e) < 0)
		DF_BUG(e.msg);
	df_buf_release(&path);
	df_buf_release(&dir);
	return k;
}

/* ---- public keys ---- */

static void
refused(const char *s, size_t n, const char *code, const char *what)
{
	struct df_pubkey k;
	struct df_err e = { 0 };
	int r = df_pubkey_parse(&k, s, n, &e);

	ok(r < 0 && e.exit == DF_INPUT && strcmp(e.code, code) == 0,
	    "refused: %s (%s)", what, e.code);
}

static void
blob_refused(const uint8_t pk[32], const char *app, const char *code,
    const char *what)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_pubkey k = { .sk = app != NULL }, got;
	struct df_err e = { 0 };

	memcpy(k.pk, pk, 32);
	if (app)
		memcpy(k.app, app, strlen(app) + 1);
	df_pubkey_blob(&k, &b);
	ok(df_pubkey_parse_blob(&got, b.s, b.n, &e) < 0 &&
	    e.exit == DF_INPUT && strcmp(e.code, code) == 0,
	    "refused: %s (%s)", what, e.code);
	df_buf_release(&b);
}

static void
pubkeys(void)
{
	static const uint8_t zero[32], one[32] = { 1 };
	static const char line[] = PUB " alice\n";
	struct df_buf b = DF_BUF_INIT;
	struct df_pubkey k, sk, back;
	struct df_err e;
	char fp[DF_FP_STR];
	uint8_t bad[32];
	size_t i, n;

	ok(df_pubkey_parse(&k, line, strlen(line), &e) == 0, "a .pub line");
	ok(df_pubkey_parse(&k, PUB, strlen(PUB), &e) == 0,
	    "without comment and LF");
	df_pubkey_str(&k, &b);
	is_str(b.s, PUB, "written as it was read");
	is_str(df_fingerprint(&k, fp),
	    "SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8",
	    "fingerprint as ssh-keygen -l prints it");
	refused("", 0, "key.format", "nothing");
	refused(PUB "\n\n", strlen(PUB) + 2, "key.format", "two line ends");
	refused(PUB "\r\n", strlen(PUB) + 2, "key.format", "CRLF");
	refused(PUB " a\0b", strlen(PUB) + 4, "key.format", "NUL");
	refused(" " PUB, strlen(PUB) + 1, "key.type", "leading space");
	refused("ssh-ed25519", 11, "key.format", "type alone");
	refused("ssh-ed25519 ", 12, "key.format", "no base64");
	refused(PUB "=", strlen(PUB) + 1, "key.format", "padding too much");
	refused(PUB "AAAA", strlen(PUB) + 4, "key.format",
	    "bytes behind the key");
	refused("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQC3", 40, "key.type",
	    "another algorithm");
	refused("sk-ssh-ed25519@openssh.com " BLOB,
	    strlen("sk-ssh-ed25519@openssh.com " BLOB), "key.type",
	    "a type that is not the key's");

	blob_refused(zero, NULL, "key.weak", "the point of order 4");
	blob_refused(one, NULL, "key.weak", "the identity point");
	memset(bad, 0xff, sizeof(bad));
	blob_refused(bad, NULL, "key.weak", "a non-canonical point");
	blob_refused(k.pk, "", "key.format", "hardware key without "
	    "application");
	blob_refused(k.pk, "https://example.org", "key.application",
	    "a browser's credential");
	blob_refused(k.pk, "ssh: x", "key.format", "space in the application");

	sk = k;
	sk.sk = 1;
	memcpy(sk.app, "ssh:", 5);
	df_buf_reset(&b);
	df_pubkey_str(&sk, &b);
	ok(df_pubkey_parse(&back, b.s, b.n, &e) == 0 &&
	    df_pubkey_eq(&sk, &back), "a hardware key");
	ok(!df_pubkey_eq(&sk, &k), "which is not the plain one");
	memcpy(back.app, "ssh:x", 6);
	ok(!df_pubkey_eq(&sk, &back), "nor that of another application");

	df_buf_reset(&b);
	df_pubkey_blob(&sk, &b);
	for (i = n = 0; i < b.n; i++)
		n += df_pubkey_parse_blob(&back, b.s, i, &e) == 0;
	is_int(n, 0, "no shortened key is taken");
	df_buf_release(&b);
}

/* ---- vectors ---- */

static void
wycheproof(const char *dir)
{
	struct df_buf text = DF_BUF_INIT, pk = DF_BUF_INIT;
	struct df_buf m = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_err e;
	uint32_t groups, g, tests, t, i, k;
	size_t n = 0, wrong = 0;
	int good;

	if (slurp(dir, "ed25519_test.json", &text) < 0 ||
	    df_json_scan(&j, text.s, text.n, 0, "wycheproof", &e) < 0) {
		ok(0, "wycheproof vectors can be read");
		return;
	}
	groups = df_jget(&j, 0, "testGroups");
	for (i = 0, g = groups + 1; i < j.tok[groups].n;
	    i++, g = df_jnext(&j, g)) {
		unhex(&pk, &j, df_jget(&j, df_jget(&j, g, "publicKey"),
		    "pk"));
		tests = df_jget(&j, g, "tests");
		for (k = 0, t = tests + 1; k < j.tok[tests].n;
		    k++, t = df_jnext(&j, t)) {
			unhex(&m, &j, df_jget(&j, t, "msg"));
			unhex(&sig, &j, df_jget(&j, t, "sig"));
			good = df_jis(&j, df_jget(&j, t, "result"), "valid");
			n++;
			if ((df_ed25519_verify((uint8_t *)pk.s, m.s, m.n,
			    (uint8_t *)sig.s, sig.n) == 0) != good)
				wrong++;
		}
	}
	is_int(n, 151, "wycheproof Ed25519 vectors");
	is_int(wrong, 0, "none differs");
	df_json_release(&j);
	df_buf_release(&text);
	df_buf_release(&pk);
	df_buf_release(&m);
	df_buf_release(&sig);
}

static int
has_flag(const struct df_json *j, uint32_t t, const char *flag)
{
	uint32_t flags = df_jget(j, t, "flags"), i, f;

	if (flags == 0 || j->tok[flags].type != DF_JARRAY)
		return 0;
	for (i = 0, f = flags + 1; i < j->tok[flags].n;
	    i++, f = df_jnext(j, f))
		if (df_jis(j, f, flag))
			return 1;
	return 0;
}

static void
cctv(const char *dir)
{
	struct df_buf text = DF_BUF_INIT, pk = DF_BUF_INIT;
	struct df_buf sig = DF_BUF_INIT, m = DF_BUF_INIT, blob = DF_BUF_INIT;
	size_t bare = 0, low = 0, admitted = 0, component = 0;
	struct df_pubkey key = { 0 };
	struct df_json j = { 0 };
	struct df_err e;
	uint32_t i, t;

	if (slurp(dir, "ed25519vectors.json", &text) < 0 ||
	    df_json_scan(&j, text.s, text.n, 0, "cctv", &e) < 0) {
		ok(0, "CCTV vectors can be read");
		return;
	}
	for (i = 0, t = 1; i < j.tok[0].n; i++, t = df_jnext(&j, t)) {
		unhex(&pk, &j, df_jget(&j, t, "key"));
		unhex(&sig, &j, df_jget(&j, t, "sig"));
		df_buf_reset(&m);
		df_jtext(&j, df_jget(&j, t, "msg"), &m);
		if (df_ed25519_verify((uint8_t *)pk.s, m.s, m.n,
		    (uint8_t *)sig.s, sig.n) < 0)
			continue;
		bare++;
		low += (size_t)(has_flag(&j, t, "low_order_A") ||
		    has_flag(&j, t, "non_canonical_A"));
		memcpy(key.pk, pk.s, 32);
		df_buf_reset(&blob);
		df_pubkey_blob(&key, &blob);
		if (df_pubkey_parse_blob(&key, blob.s, blob.n, &e) < 0)
			continue;
		admitted++;
		component += (size_t)has_flag(&j, t, "low_order_component_A");
	}
	is_int(j.tok[0].n, 914, "CCTV Ed25519 vectors");
	is_int(low, 0, "none with a low-order or non-canonical key verifies");
	is_int(bare, 43, "signatures that verify bare");
	is_int(component, 0, "no key with a low-order component is admitted");
	is_int(admitted, 1, "the regular one verifies under a key we admit");
	df_json_release(&j);
	df_buf_release(&text);
	df_buf_release(&pk);
	df_buf_release(&sig);
	df_buf_release(&m);
	df_buf_release(&blob);
}

static void
openssh(const char *dir)
{
	static const char *const mine[] = { "ed25519", "ed25519_sk" };
	static const char *const other[] = { "rsa", "ecdsa", "ecdsa_sk",
	    "ecdsa_sk_webauthn", "mldsa44-ed25519" };
	struct df_buf b = DF_BUF_INIT, m = DF_BUF_INIT;
	struct df_pubkey k;
	struct df_sshsig s;
	struct df_err e;
	char name[64];
	size_t i;

	if (slurp(dir, "signed-data", &m) < 0) {
		ok(0, "OpenSSH vectors can be read");
		return;
	}
	for (i = 0; i < DF_LEN(mine); i++) {
		snprintf(name, sizeof(name), "%s.pub", mine[i]);
		ok(slurp(dir, name, &b) == 0 &&
		    df_pubkey_parse(&k, b.s, b.n, &e) == 0, "%s", name);
		snprintf(name, sizeof(name), "%s.sig", mine[i]);
		if (slurp(dir, name, &b) < 0)
			continue;
		ok(df_sshsig_read(&s, b.s, b.n, name, &e) == 0 &&
		    df_pubkey_eq(&s.key, &k), "%s is by that key", name);
		is_str(s.ns, "unittest", "its namespace");
		ok(df_sig_verify(&k, "unittest", m.s, m.n, s.sig, s.siglen,
		    &e) == 0, "it verifies");
		ok(df_sig_verify(&k, "unittest", m.s, m.n - 1, s.sig,
		    s.siglen, &e) < 0 && e.exit == DF_AUTH &&
		    strcmp(e.code, "sign.bad") == 0, "not over other bytes");
		ok(df_sig_verify(&k, "unittesu", m.s, m.n, s.sig, s.siglen,
		    &e) < 0, "not under another namespace");
	}
	for (i = 0; i < DF_LEN(other); i++) {
		snprintf(name, sizeof(name), "%s.pub", other[i]);
		ok(slurp(dir, name, &b) == 0 &&
		    df_pubkey_parse(&k, b.s, b.n, &e) < 0 &&
		    e.exit == DF_INPUT, "%s is refused", name);
		snprintf(name, sizeof(name), "%s.sig", other[i]);
		ok(slurp(dir, name, &b) == 0 &&
		    df_sshsig_read(&s, b.s, b.n, name, &e) < 0 &&
		    e.exit == DF_INPUT, "%s is refused", name);
	}
	df_buf_release(&b);
	df_buf_release(&m);
}

static void
interop(const char *dir, struct df_key *key)
{
	struct df_buf want = DF_BUF_INIT, m = DF_BUF_INIT, got = DF_BUF_INIT;
	struct df_sshsig s;
	struct df_err e;

	if (slurp(dir, "statement.json", &m) < 0 ||
	    slurp(dir, "statement.json.sshsig", &want) < 0) {
		ok(0, "df-interop vectors can be read");
		return;
	}
	ok(df_sshsig_sign(key, "df-statement@v1", m.s, m.n, &got, &e) == 0,
	    "sign");
	is_str(got.s, want.s, "the signature of ssh-keygen, byte for byte");
	ok(df_sshsig_read(&s, want.s, want.n, "statement.json.sshsig", &e) ==
	    0 && df_sig_verify(&s.key, s.ns, m.s, m.n, s.sig, s.siglen, &e) ==
	    0, "it is read and verified");
	df_buf_release(&want);
	df_buf_release(&m);
	df_buf_release(&got);
}

/* ---- files ---- */

/* 0 only when the text is a signature by k over m in role df-run. */
static int
accept(const char *text, size_t n, const struct df_pubkey *k, const char *m,
    struct df_err *e)
{
	struct df_sshsig s;

	if (df_sshsig_read(&s, text, n, "t.sig", e) < 0)
		return -1;
	if (strcmp(s.ns, "df-run") != 0 || !df_pubkey_eq(&s.key, k))
		return -1;
	return df_sig_verify(&s.key, s.ns, m, strlen(m), s.sig, s.siglen, e);
}

static void
encoding(const struct df_buf *good, const struct df_pubkey *pub,
    const char *m, const char *from, const char *to, int want)
{
	struct df_buf b = DF_BUF_INIT;
	const char *at = strstr(good->s, from);
	struct df_err e = { 0 };

	df_buf_add(&b, good->s, (size_t)(at - good->s));
	df_buf_str(&b, to);
	df_buf_str(&b, at + strlen(from));
	ok(accept(b.s, b.n, pub, m, &e) < 0 && e.exit == want,
	    "an armor with other white space or markers: exit %d", e.exit);
	df_buf_release(&b);
}

static void
damage(struct df_key *key)
{
	static const char m[] = "what is signed\n";
	const struct df_pubkey *pub = df_key_pub(key);
	struct df_buf a = DF_BUF_INIT;
	struct df_err e;
	size_t i, taken = 0, tried = 0;
	unsigned v;
	char was;

	ok(df_sshsig_sign(key, "df-run", m, strlen(m), &a, &e) == 0 &&
	    accept(a.s, a.n, pub, m, &e) == 0, "a signature file");
	for (i = 0; i < a.n; i++) {
		was = a.s[i];
		for (v = 1; v < 256; v++) {
			a.s[i] = (char)(was ^ (int)v);
			tried++;
			taken += accept(a.s, a.n, pub, m, &e) == 0;
		}
		a.s[i] = was;
	}
	is_int(taken, 0, "no single changed byte is accepted");
	printf("# %zu changes tried\n", tried);
	for (i = taken = 0; i < a.n; i++)
		taken += accept(a.s, i, pub, m, &e) == 0;
	is_int(taken, 0, "no shortened file is accepted");
	encoding(&a, pub, m, "URE-----\n", "URE-----\r\n", DF_INTEGRITY);
	encoding(&a, pub, m, "URE-----\n", "URE-----", DF_INTEGRITY);
	encoding(&a, pub, m, "URE-----\n", "URE-----\n\n", DF_INTEGRITY);
	encoding(&a, pub, m, "-----BEGIN", "\n-----BEGIN", DF_INPUT);
	encoding(&a, pub, m, "-----END SSH", "\n-----END SSH", DF_INTEGRITY);
	encoding(&a, pub, m, "-----END SSH", "-----END PGP", DF_INPUT);
	df_buf_ch(&a, 'x');
	ok(accept(a.s, a.n, pub, m, &e) < 0 && e.exit == DF_INTEGRITY,
	    "a byte behind the end");
	df_buf_release(&a);
}

/* Well-formed files that no tool of this kind writes. */
static void
odd_files(struct df_key *key)
{
	static const struct {
		uint32_t version;
		const char *ns, *reserved, *hash;
		size_t extra;
		const char *code;
	} odd[] = {
		{ 1, "df-run", "", "sha512", 0, "" },
		{ 0, "df-run", "", "sha512", 0, "sign.version" },
		{ 2, "df-run", "", "sha512", 0, "sign.version" },
		{ 1, "", "", "sha512", 0, "sign.namespace" },
		{ 1, "df run", "", "sha512", 0, "sign.namespace" },
		{ 1, "df-run", "x", "sha512", 0, "sign.hash" },
		{ 1, "df-run", "", "sha256", 0, "sign.hash" },
		{ 1, "df-run", "", "sha512", 1, "sign.format" },
	};
	struct df_buf sig = DF_BUF_INIT, blob = DF_BUF_INIT;
	struct df_buf pub = DF_BUF_INIT, a = DF_BUF_INIT;
	struct df_sshsig s;
	struct df_err e;
	size_t i;

	if (df_key_sign(key, "df-run", "m", 1, &sig, &e) < 0)
		DF_BUG(e.msg);
	df_pubkey_blob(df_key_pub(key), &pub);
	for (i = 0; i < DF_LEN(odd); i++) {
		memset(&e, 0, sizeof(e));
		df_buf_reset(&blob);
		df_buf_str(&blob, "SSHSIG");
		df_wire_put_u32(&blob, odd[i].version);
		df_wire_put(&blob, pub.s, pub.n);
		df_wire_put_str(&blob, odd[i].ns);
		df_wire_put_str(&blob, odd[i].reserved);
		df_wire_put_str(&blob, odd[i].hash);
		df_wire_put(&blob, sig.s, sig.n);
		df_buf_add(&blob, "x", odd[i].extra);
		df_buf_reset(&a);
		df_ssh_armor(&a, "SSH SIGNATURE", blob.s, blob.n);
		ok(df_sshsig_read(&s, a.s, a.n, "t.sig", &e) ==
		    (odd[i].code[0] ? -1 : 0) &&
		    strcmp(e.code, odd[i].code) == 0, "file %zu: %s", i,
		    odd[i].code[0] ? e.msg : "as it should be");
	}
	df_buf_ch(&sig, 'x');
	ok(df_sig_verify(df_key_pub(key), "df-run", "m", 1, sig.s, sig.n - 1,
	    &e) == 0, "a signature blob");
	ok(df_sig_verify(df_key_pub(key), "df-run", "m", 1, sig.s, sig.n, &e)
	    < 0, "not with a byte behind it");
	df_buf_release(&sig);
	df_buf_release(&blob);
	df_buf_release(&pub);
	df_buf_release(&a);
}

static void
namespaces(struct df_key *key)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	char ns[65];
	size_t i, bad = 0;

	memset(ns, 'n', sizeof(ns));
	ns[64] = '\0';
	ok(df_key_sign(key, "", "m", 1, &b, &e) < 0 && e.exit == DF_USAGE,
	    "the empty namespace");
	ok(df_key_sign(key, ns, "m", 1, &b, &e) < 0, "one of 64 characters");
	ok(df_key_sign(key, "a b", "m", 1, &b, &e) < 0, "one with a space");
	is_int(b.n, 0, "nothing was appended");
	ok(df_sig_verify(df_key_pub(key), "", "m", 1, "", 0, &e) < 0 &&
	    e.exit == DF_AUTH, "nothing verifies under no namespace");
	/* all lengths of the last line of the armor */
	for (i = 1; i < 64; i++) {
		struct df_sshsig s;

		ns[i] = '\0';
		df_buf_reset(&b);
		if (df_sshsig_sign(key, ns, "", 0, &b, &e) < 0 ||
		    df_sshsig_read(&s, b.s, b.n, "t.sig", &e) < 0 ||
		    strcmp(s.ns, ns) != 0 || df_sig_verify(&s.key, ns, "", 0,
		    s.sig, s.siglen, &e) < 0)
			bad++;
		ns[i] = 'n';
	}
	is_int(bad, 0, "namespaces of 1 to 63 characters");
	df_buf_release(&b);
}

/* A hardware key, played by software (PROTOCOL.u2f). */
static void
hardware(void)
{
	static const char m[] = "approved\n";
	uint8_t sk[64], data[DF_SSHSIG_DATA], raw[64];
	struct df_buf t = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_pubkey k = { .sk = 1, .app = "ssh:" }, plain;
	struct df_digest d;
	struct df_err e;
	size_t len, i, taken = 0;
	int flags;

	crypto_sign_seed_keypair(k.pk, sk, seed);
	len = df_sshsig_data(data, "df-approve", m, strlen(m));
	for (flags = 0; flags < 6; flags += 5) {
		df_buf_reset(&t);
		df_sha256("ssh:", 4, &d);
		df_buf_add(&t, d.b, 32);
		df_buf_ch(&t, flags);
		df_wire_put_u32(&t, 7);
		df_sha256(data, len, &d);
		df_buf_add(&t, d.b, 32);
		crypto_sign_detached(raw, NULL, (uint8_t *)t.s, t.n, sk);
		df_buf_reset(&sig);
		df_wire_put_str(&sig, "sk-ssh-ed25519@openssh.com");
		df_wire_put(&sig, raw, sizeof(raw));
		df_buf_ch(&sig, flags);
		df_wire_put_u32(&sig, 7);
		ok((df_sig_verify(&k, "df-approve", m, strlen(m), sig.s,
		    sig.n, &e) == 0) == (flags & 1),
		    "hardware signature with flags %d", flags);
	}
	for (i = 0; i < sig.n; i++) {
		sig.s[i] ^= 1;
		taken += df_sig_verify(&k, "df-approve", m, strlen(m), sig.s,
		    sig.n, &e) == 0;
		sig.s[i] ^= 1;
	}
	is_int(taken, 0, "no changed byte of it is accepted");
	plain = k;
	plain.sk = 0;
	ok(df_sig_verify(&plain, "df-approve", m, strlen(m), sig.s, sig.n,
	    &e) < 0, "it is none of the plain key");
	memcpy(k.app, "ssh:x", 6);
	ok(df_sig_verify(&k, "df-approve", m, strlen(m), sig.s, sig.n, &e) <
	    0, "nor of another application");
	df_buf_release(&t);
	df_buf_release(&sig);
}

int
main(void)
{
	struct df_key *key = test_key();
	const char *dir;

	pubkeys();
	namespaces(key);
	odd_files(key);
	damage(key);
	hardware();
	dir = tap_corpus("vectors/wycheproof");
	if (dir)
		wycheproof(dir);
	else
		ok(1, "wycheproof # SKIP no corpus");
	dir = tap_corpus("vectors/cctv-ed25519");
	if (dir)
		cctv(dir);
	else
		ok(1, "CCTV # SKIP no corpus");
	dir = tap_corpus("vectors/openssh-sshsig/regress/unittests/sshsig/"
	    "testdata");
	if (dir)
		openssh(dir);
	else
		ok(1, "OpenSSH # SKIP no corpus");
	dir = tap_corpus("vectors/df-interop");
	if (dir)
		interop(dir, key);
	else
		ok(1, "interop # SKIP no corpus");
	df_key_free(key);
	return tap_done();
}
