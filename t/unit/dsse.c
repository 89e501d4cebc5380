/* DSSE envelopes and minisign: vectors, the forms that others write, every
   damaged byte. */
#include "base/df.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "evidence/dsse.h"
#include "evidence/minisign.h"
#include "evidence/sign-internal.h"
#include "tap.h"

/* RFC 8032, 7.1, TEST 1 and TEST 2. */
static const uint8_t seed[2][32] = { { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd,
    0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
    0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
    0x7f, 0x60 }, { 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d,
    0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35,
    0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb } };

static struct df_key *
test_key(int i)
{
	char dir[] = "/tmp/df-dsse-XXXXXX";
	struct df_buf path = DF_BUF_INIT;
	struct df_pubkey pub;
	struct df_key *k;
	struct df_err e;
	int fd;

	if (mkdtemp(dir) == NULL || (fd = open(dir, O_RDONLY | O_DIRECTORY)) <
	    0 || df_key_generate(fd, "k", NULL, seed[i], &pub, &e) < 0)
		DF_BUG("test key");
	df_buf_fmt(&path, "%s/k", dir);
	k = df_key_open(path.s, &e);
	if (k == NULL || df_remove_tree(AT_FDCWD, dir, &e) < 0)
		DF_BUG("test key");
	close(fd);
	df_buf_release(&path);
	return k;
}

/* Is the text an envelope by k?  Its payload goes to p. */
static int
holds(const char *s, size_t n, const struct df_pubkey *k, struct df_buf *p,
    struct df_err *e)
{
	const struct df_pubkey *key[1] = { k };
	struct df_dsse d;
	const char *bytes;
	uint8_t by[1];
	size_t len;
	int yes = 0;

	if (df_dsse_read(&d, s, n, "t.dsse", e) == 0) {
		yes = df_dsse_signers(&d, key, 1, by, e) == 1 && by[0];
		bytes = df_dsse_payload(&d, &len);
		df_buf_reset(p);
		df_buf_add(p, bytes, len);
	}
	df_dsse_release(&d);
	return yes;
}

static void
pae(void)
{
	struct df_buf b = DF_BUF_INIT;

	df_dsse_pae(&b, "http://example.com/HelloWorld", "hello world", 11);
	is_str(b.s, "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
	    "the vector of DSSE's protocol.md");
	df_buf_reset(&b);
	df_dsse_pae(&b, "", "", 0);
	is_str(b.s, "DSSEv1 0  0 ", "nothing of no type");
	df_buf_release(&b);
}

static void
written(struct df_key *k)
{
	struct df_buf line = DF_BUF_INIT, p = DF_BUF_INIT;
	struct df_err e = { 0 };
	char type[DF_DSSE_TYPE + 2];
	size_t i, from, to, taken = 0, other = 0;
	char was;

	ok(df_dsse_sign(k, DF_DSSE_INTOTO, "{\"a\":1}", 7, &line, &e) == 0,
	    "sign");
	is_str(line.s, "{\"payload\":\"eyJhIjoxfQ==\",\"payloadType\":"
	    "\"application/vnd.in-toto+json\",\"signatures\":[{\"keyid\":"
	    "\"74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916"
	    "\",\"sig\":\"2vm7+xQozuwQMzcpZqpkk3CNNMr4n41e04Xj"
	    "Yo1vYPNQFgq2hBkLZDWb4fTGsF1PlrUcxFI9S26u3Ee8aYvfBQ==\"}]}\n",
	    "one line, with the signature of openssl");
	ok(holds(line.s, line.n, df_key_pub(k), &p, &e), "it holds");
	is_str(p.s, "{\"a\":1}", "and yields the payload");
	/* A byte of the keyid is a hint, and so is no harm. */
	from = (size_t)(strstr(line.s, "\"keyid\"") - line.s);
	to = (size_t)(strstr(line.s, "\",\"sig\":") - line.s);
	for (i = 0; i < line.n; i++) {
		was = line.s[i];
		line.s[i] ^= 1;
		if (holds(line.s, line.n, df_key_pub(k), &p, &e)) {
			if (i > from && i < to)
				taken++;
			else
				other++;
		}
		line.s[i] = was;
	}
	is_int(other, 0, "no changed byte beside the keyid is accepted");
	ok(taken > 60, "those of the keyid say nothing");
	memset(type, 'x', sizeof(type));
	type[sizeof(type) - 1] = '\0';
	ok(df_dsse_sign(k, type, "", 0, &line, &e) < 0, "a long type");
	ok(df_dsse_sign(k, "a b", "", 0, &line, &e) < 0, "one with a space");
	ok(df_dsse_sign(k, "", "", 0, &line, &e) < 0, "none");
	df_buf_release(&line);
	df_buf_release(&p);
}

/* An envelope of the parts, signed over type and payload by k. */
static void
envelope(struct df_buf *out, struct df_key *k, const char *fmt,
    const char *type, const char *payload, size_t n, int url)
{
	struct df_buf m = DF_BUF_INIT, b = DF_BUF_INIT, s = DF_BUF_INIT;
	struct df_err e;
	uint8_t sig[64];
	const char *f;
	size_t i;

	df_dsse_pae(&m, type, payload, n);
	if (df_key_raw(k, m.s, m.n, sig, &e) < 0)
		DF_BUG(e.msg);
	df_base64(&b, (const uint8_t *)payload, n);
	df_base64(&s, sig, sizeof(sig));
	for (i = 0; url && i < b.n; i++)
		b.s[i] = b.s[i] == '+' ? '-' : b.s[i] == '/' ? '_' : b.s[i];
	for (i = 0; url && i < s.n; i++)
		s.s[i] = s.s[i] == '+' ? '-' : s.s[i] == '/' ? '_' : s.s[i];
	df_buf_reset(out);
	for (f = fmt; *f; f++)
		if (*f == '@')
			df_buf_str(out, b.s);
		else if (*f == '$')
			df_buf_str(out, s.s);
		else if (*f == '~')
			df_buf_str(out, type);
		else
			df_buf_ch(out, *f);
	df_buf_release(&m);
	df_buf_release(&b);
	df_buf_release(&s);
}

static void
forms(struct df_key *k)
{
	static const struct {
		const char *fmt, *what;
		int good;
	} form[] = {
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"sig\":\"$\",\"keyid\":\"\"}]}", "another order", 1 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"sig\":\"$\"}]}", "no keyid", 1 },
		{ "\n{ \"payloadType\" : \"~\",\n\"payload\":\"@\",\n "
		  "\"signatures\":\t[{\"sig\":\"$\",\"x\":1}],\"y\":{}}\r\n",
		  "white space and members that nobody knows", 1 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"sig\":\"AAAA\"},{\"sig\":\"$\",\"keyid\":\"x\"}]}",
		  "a signature of another kind before it", 1 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"payload\":\"@\","
		  "\"signatures\":[{\"sig\":\"$\"}]}", "two payloads", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"sig\":\"$\",\"sig\":\"$\"}]}", "two in one", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"sig\":\"$\"}]}{}", "something behind it", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[]}", "no signature", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "{\"sig\":\"$\"}}", "signatures that are no list", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[\"$\"]}", "a signature that is no object", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"keyid\":7,\"sig\":\"$\"}]}", "a keyid that is no text",
		  0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@\",\"signatures\":"
		  "[{\"keyid\":\"\"}]}", "a signature without sig", 0 },
		{ "{\"payloadType\":\"~\",\"payload\":\"@ \",\"signatures\":"
		  "[{\"sig\":\"$\"}]}", "a space in base64", 0 },
		{ "{\"payload\":\"@\",\"signatures\":[{\"sig\":\"$\"}]}",
		  "no type", 0 },
		{ "{\"payloadType\":\"\",\"payload\":\"@\",\"signatures\":"
		  "[{\"sig\":\"$\"}]}", "an empty type", 0 },
		{ "{\"payloadType\":\"~\",\"signatures\":[{\"sig\":\"$\"}]}",
		  "no payload", 0 },
		{ "[\"~\",\"@\",\"$\"]", "a list", 0 },
		{ "", "nothing", 0 },
	};
	static const char bytes[] = "\xfb\xff\xbf\0\1>>>???";
	struct df_buf b = DF_BUF_INIT, p = DF_BUF_INIT;
	struct df_err e = { 0 };
	size_t i;
	int url, good;

	for (i = 0; i < DF_LEN(form); i++)
		for (url = 0; url < 2; url++) {
			envelope(&b, k, form[i].fmt, "a/b", bytes,
			    sizeof(bytes), url);
			e.exit = 0;
			good = holds(b.s, b.n, df_key_pub(k), &p, &e);
			ok(good == form[i].good && (good ? p.n ==
			    sizeof(bytes) && memcmp(p.s, bytes, p.n) == 0 :
			    e.exit == DF_INPUT), "%s, %s alphabet: %s",
			    form[i].what, url ? "the other" : "one",
			    good ? "taken" : e.msg);
		}
	envelope(&b, k, form[0].fmt, "a/b", "\xfb\xff\xbf", 3, 0);
	memcpy(strstr(b.s, "+/+/"), "+/-_", 4);
	ok(!holds(b.s, b.n, df_key_pub(k), &p, &e) && e.exit == DF_INPUT,
	    "both alphabets at once");
	envelope(&b, k, form[0].fmt, "a/b", "\xfb\xff\xbf", 3, 0);
	memcpy(strstr(b.s, "a/b"), "a/c", 3);
	ok(!holds(b.s, b.n, df_key_pub(k), &p, &e), "another type");
	df_buf_release(&b);
	df_buf_release(&p);
}

/* Who has signed is counted by keys. */
static void
counted(struct df_key *a, struct df_key *b)
{
	struct df_buf one = DF_BUF_INIT, two = DF_BUF_INIT;
	struct df_buf all = DF_BUF_INIT;
	struct df_pubkey hard = *df_key_pub(a);
	const struct df_pubkey *key[3] = { df_key_pub(a), df_key_pub(b),
	    &hard };
	const char *sa, *sb;
	struct df_dsse d;
	struct df_err e;
	uint8_t by[3];
	int n;

	hard.sk = 1;
	if (df_dsse_sign(a, "t", "x", 1, &one, &e) < 0 ||
	    df_dsse_sign(b, "t", "x", 1, &two, &e) < 0)
		DF_BUG(e.msg);
	sa = strstr(one.s, "{\"keyid");
	sb = strstr(two.s, "{\"keyid");
	n = (int)strcspn(sa, "}") + 1;
	df_buf_fmt(&all, "%.*s%.*s,%.*s]}", (int)(sa - one.s), one.s, n, sa,
	    n, sa);
	ok(df_dsse_read(&d, all.s, all.n, "t", &e) == 0 &&
	    df_dsse_signers(&d, key, 3, by, &e) == 1 && by[0] && !by[1] &&
	    !by[2], "the same signature twice is one key");
	df_dsse_release(&d);
	df_buf_reset(&all);
	df_buf_fmt(&all, "%.*s%.*s,%.*s]}", (int)(sa - one.s), one.s, n, sb,
	    n, sa);
	ok(df_dsse_read(&d, all.s, all.n, "t", &e) == 0 &&
	    df_dsse_signers(&d, key, 3, by, &e) == 2 && by[0] && by[1],
	    "those of two keys are two");
	df_dsse_release(&d);
	df_buf_release(&one);
	df_buf_release(&two);
	df_buf_release(&all);
}

static void
interop(const char *dir, struct df_key *k)
{
	struct df_buf path = DF_BUF_INIT, want = DF_BUF_INIT;
	struct df_buf m = DF_BUF_INIT, got = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_minisign_key pub;
	char keyid[DF_KEYID_STR];
	struct df_err e;
	int fd;

#define READ(name, to) do { \
	df_buf_reset(&path); \
	df_buf_reset(to); \
	df_buf_fmt(&path, "%s/%s", dir, name); \
	if (df_read_file(AT_FDCWD, path.s, to, 1 << 20, &e) < 0) \
		DF_BUG(e.msg); \
	} while (0)

	READ("statement.json", &m);
	READ("statement.pae", &want);
	df_dsse_pae(&got, DF_DSSE_INTOTO, m.s, m.n);
	ok(got.n == want.n && memcmp(got.s, want.s, got.n) == 0,
	    "df-interop: the PAE");
	READ("keyid.txt", &want);
	df_buf_cut(&want, 64);
	is_str(df_dsse_keyid(df_key_pub(k), keyid), want.s, "the keyid");
	READ("statement.dsse.json", &want);
	df_buf_reset(&got);
	ok(df_dsse_sign(k, DF_DSSE_INTOTO, m.s, m.n, &got, &e) == 0 &&
	    strncmp(got.s, want.s, got.n - 1) == 0,
	    "the envelope, byte for byte");
	ok(holds(want.s, want.n, df_key_pub(k), &b, &e) && b.n == m.n &&
	    memcmp(b.s, m.s, m.n) == 0, "and it is read");

	READ("key/mini.pub", &want);
	df_buf_reset(&got);
	df_minisign_pubkey(df_key_pub(k), &got);
	is_str(strchr(got.s, '\n'), strchr(want.s, '\n'),
	    "the key of minisign");
	ok(df_minisign_key_read(&pub, want.s, want.n, "mini.pub", &e) == 0,
	    "it is read");
	READ("statement.json.minisig", &want);
	fd = open((df_buf_reset(&path), df_buf_fmt(&path, "%s/statement.json",
	    dir), path.s), O_RDONLY | O_CLOEXEC);
	df_buf_reset(&got);
	ok(df_minisign_sign(k, fd, "m", "timestamp:1700000000\t"
	    "file:statement.json\thashed", &got, &e) == 0, "sign");
	is_str(strchr(got.s, '\n'), strchr(want.s, '\n'),
	    "the signature of minisign, byte for byte");
	df_buf_reset(&b);
	ok(lseek(fd, 0, SEEK_SET) == 0 && df_minisign_verify(&pub, fd, "m",
	    want.s, want.n, "sig", &b, &e) == 0, "it is read and verified");
	is_str(b.s, "timestamp:1700000000\tfile:statement.json\thashed",
	    "with its comment");
	close(fd);
	df_buf_release(&path);
	df_buf_release(&want);
	df_buf_release(&m);
	df_buf_release(&got);
	df_buf_release(&b);
}

/* ---- minisign ---- */

static int
temporary(const char *bytes)
{
	char name[] = "/tmp/df-dsse-XXXXXX";
	int fd = mkstemp(name);
	struct df_err e;

	if (fd < 0 || df_write_fd(fd, bytes, strlen(bytes), name, &e) < 0)
		DF_BUG("temporary file");
	(void)unlink(name);
	return fd;
}

static int
mini(const struct df_minisign_key *k, int fd, const char *s, size_t n,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (lseek(fd, 0, SEEK_SET) < 0)
		DF_BUG("lseek");
	r = df_minisign_verify(k, fd, "m", s, n, "m.minisig", &b, e);
	df_buf_release(&b);
	return r;
}

static void
minisign(struct df_key *k, struct df_key *other)
{
	struct df_minisign_key pub, wrong;
	struct df_buf b = DF_BUF_INIT, s = DF_BUF_INIT;
	int fd = temporary("what is signed\n"), fd2 = temporary("else\n");
	struct df_err e;
	size_t i, taken = 0, from;
	char was;

	df_minisign_pubkey(df_key_pub(other), &b);
	if (df_minisign_key_read(&wrong, b.s, b.n, "k", &e) < 0)
		DF_BUG(e.msg);
	df_buf_reset(&b);
	df_minisign_pubkey(df_key_pub(k), &b);
	from = (size_t)(strchr(b.s, '\n') - b.s) + 1;
	ok(df_minisign_key_read(&pub, b.s + from, b.n - from, "k", &e) == 0,
	    "a key without its comment");
	for (i = 0; i < b.n; i++)
		if (i != b.n - 1 && i != from)
			taken += df_minisign_key_read(&pub, b.s, i, "k", &e)
			    == 0;
	is_int(taken, 0, "no shortened key is taken");
	if (df_minisign_key_read(&pub, b.s, b.n, "k", &e) < 0)
		DF_BUG(e.msg);
	df_buf_ch(&b, 'x');
	ok(df_minisign_key_read(&pub, b.s, b.n, "k", &e) < 0,
	    "nor one with something behind it");

	ok(lseek(fd, 0, SEEK_SET) == 0 && df_minisign_sign(k, fd, "m",
	    "file:m", &s, &e) == 0 && mini(&pub, fd, s.s, s.n, &e) == 0,
	    "a signature");
	ok(mini(&pub, fd2, s.s, s.n, &e) < 0 && e.exit == DF_AUTH &&
	    strcmp(e.code, "sign.bad") == 0, "not over other bytes");
	ok(mini(&wrong, fd, s.s, s.n, &e) < 0 && e.exit == DF_AUTH &&
	    strcmp(e.code, "minisign.key") == 0, "not by another key");
	from = (size_t)(strchr(s.s, '\n') - s.s);
	for (i = from, taken = 0; i < s.n - 1; i++) {
		was = s.s[i];
		s.s[i] ^= 1;
		taken += mini(&pub, fd, s.s, s.n, &e) == 0;
		s.s[i] = was;
	}
	is_int(taken, 0, "no changed byte behind the first line is accepted");
	for (i = taken = 0; i < s.n - 1; i++)
		taken += mini(&pub, fd, s.s, i, &e) == 0;
	is_int(taken, 0, "no shortened file is");
	memcpy(s.s + from + 1, "RWQ", 3);	/* "Ed" */
	ok(mini(&pub, fd, s.s, s.n, &e) < 0 && e.exit == DF_INPUT &&
	    strcmp(e.code, "minisign.legacy") == 0, "the older kind: %s",
	    e.msg);
	ok(df_minisign_sign(k, fd, "m", "a\nb", &s, &e) < 0 && e.exit ==
	    DF_INPUT, "a comment of two lines");
	close(fd);
	close(fd2);
	df_buf_release(&b);
	df_buf_release(&s);
}

int
main(void)
{
	struct df_key *a = test_key(0), *b = test_key(1);
	const char *dir;

	pae();
	written(a);
	forms(a);
	counted(a, b);
	minisign(a, b);
	dir = tap_corpus("vectors/df-interop");
	if (dir)
		interop(dir, a);
	else
		ok(1, "interop # SKIP no corpus");
	df_key_free(a);
	df_key_free(b);
	return tap_done();
}
