/* The sealed suite: known answers, tampering, single items. */
#include "base/df.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/text.h"
#include "evidence/seal.h"
#include "tap.h"

/* Computed with HMAC of another library over the master key 00 01 .. 1f. */
static const char *const item[] = { "{\"frame\":\"text\"}",
    "{\"id\":\"HS-001\",\"text\":\"echo one\"}", "{\"id\":\"HS-002\"}" };
static const char *const key_hex[] = {
    "ca8a52530b71a2031df8584a73931d77ce432985340ce5ef2e56d1b6f41eca64",
    "3136d75f93a3e97ec860e19f3fcfc9fe19558dedbba9b37e06d378fa92b7ec50",
    "8c6fce4b1bb7cfa1c588e2c77c42b158eeeb70a1ab31406fd6140a6aa42fa0b9" };
static const char *const commit_hex[] = {
    "4e935f0ef950b1fb6efa70ed6fe8cc94f2fecaba25a34a7a863427605f2be350",
    "4fd245ec443645c133d33f95fd8c78827b588cdcf483d2c53cb93f6a97d9a15b",
    "ebfff032edfc9aa3ec6d425dc2ef535d672cf894f4425ae78496f202bb4d712e" };
#define KEY_01020304 \
    "2da553da34b105b2d844b51cc5f4e5d3a32e2dcbd548d6f211b9a2469a23ddc8"

static void
suite(struct df_sealed *s)
{
	size_t i;

	df_sealed_init(s);
	for (i = 0; i < 32; i++)
		s->master[i] = (uint8_t)i;
	for (i = 0; i < DF_LEN(item); i++)
		if (df_sealed_add(s, item[i], strlen(item[i])) != i)
			DF_BUG("item number");
	s->p0 = 1;
}

static void
known(void)
{
	struct df_buf plain = DF_BUF_INIT, commitment = DF_BUF_INIT;
	struct df_sealed s, back;
	struct df_err e = { 0 };
	uint8_t key[32], c[32];
	char hex[65];
	size_t i;

	suite(&s);
	for (i = 0; i < DF_LEN(item); i++) {
		df_item_key(s.master, (uint32_t)i, key);
		df_hex_str(hex, key, 32);
		is_str(hex, key_hex[i], "item key");
		df_item_commit(key, item[i], strlen(item[i]), c);
		df_hex_str(hex, c, 32);
		is_str(hex, commit_hex[i], "item commitment");
	}
	df_item_key(s.master, 0x01020304, key);
	df_hex_str(hex, key, 32);
	is_str(hex, KEY_01020304, "the item number is big-endian");

	df_sealed_commitment(&s, &commitment);
	df_sealed_plain(&s, &plain);
	is_str(commitment.s, "{\"items\":["
	    "\"4e935f0ef950b1fb6efa70ed6fe8cc94"
	    "f2fecaba25a34a7a863427605f2be350\","
	    "\"4fd245ec443645c133d33f95fd8c7882"
	    "7b588cdcf483d2c53cb93f6a97d9a15b\","
	    "\"ebfff032edfc9aa3ec6d425dc2ef535d"
	    "672cf894f4425ae78496f202bb4d712e\"],"
	    "\"p0\":1,\"schema\":\"df.commitment/1\"}\n", "commitment.json");
	is_str(plain.s, "{\"items\":[{\"frame\":\"text\"},"
	    "{\"id\":\"HS-001\",\"text\":\"echo one\"},{\"id\":\"HS-002\"}],"
	    "\"master\":\"000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f\","
	    "\"schema\":\"df.sealed/1\"}\n", "the plaintext");
	ok(df_sealed_check(&s, &e) == 0, "it can be sealed");
	if (ok(df_sealed_open(&back, plain.s, plain.n, commitment.s,
	    commitment.n, &e) == 0, "it can be opened")) {
		ok(back.n == 3 && back.p0 == 1 &&
		    memcmp(back.master, s.master, 32) == 0,
		    "number of items, p0 and master key");
		for (i = 0; i < 3; i++)
			is_str(back.item[i].s, item[i], "item");
		df_sealed_release(&back);
	}
	df_sealed_release(&s);
	df_buf_release(&plain);
	df_buf_release(&commitment);
}

/* Opening must fail with that exit code and message. */
static void
refused(const char *plain, const char *commitment, int want, const char *msg,
    const char *what)
{
	struct df_sealed s;
	struct df_err e = { 0 };

	ok(df_sealed_open(&s, plain, strlen(plain), commitment,
	    strlen(commitment), &e) < 0 && e.exit == want && s.n == 0,
	    "refused: %s", what);
	if (msg)
		is_str(e.msg, msg, "and what is said");
	else
		ok(!strstr(e.msg, "echo") && !strstr(e.msg, "HS-"),
		    "nothing is quoted: %s", e.msg);
}

static char *
edit(const char *s, const char *from, const char *to)
{
	struct df_buf b = DF_BUF_INIT;
	const char *q = strstr(s, from);

	if (q == NULL)
		DF_BUG("fixture");
	df_buf_add(&b, s, (size_t)(q - s));
	df_buf_str(&b, to);
	df_buf_str(&b, q + strlen(from));
	return df_buf_detach(&b);
}

static void
tampering(void)
{
	static const struct {
		const char *from, *to;
		int want;
		const char *msg, *what;
	} plain_edit[] = {
		{ "\"frame\":\"text\"", "\"frame\":\"texu\"", DF_INTEGRITY,
		    "item 0 is not what was committed to", "item 0" },
		{ "echo one", "echo two", DF_INTEGRITY,
		    "item 1 is not what was committed to", "item 1" },
		{ "HS-002", "HS-003", DF_INTEGRITY,
		    "item 2 is not what was committed to", "item 2" },
		{ "000102", "000103", DF_INTEGRITY,
		    "item 0 is not what was committed to", "the master key" },
		{ ",{\"id\":\"HS-002\"}", "", DF_INTEGRITY, "the sealed suite "
		    "has 2 items, the commitment 3", "an item less" },
		{ "},{\"id\":\"HS-002\"", "},{},{\"id\":\"HS-002\"",
		    DF_INTEGRITY, "the sealed suite has 4 items, the "
		    "commitment 3", "an item more" },
		{ "{\"id\":\"HS-002\"}", "\"HS-002\"", DF_INPUT,
		    "sealed suite: item 2 is not an object", "a string" },
		{ "echo one", "echo\\u0020one", DF_INPUT, NULL,
		    "an escape that is not canonical" },
		{ "\"id\":\"HS-001\",", "\"id\": \"HS-001\",", DF_INPUT, NULL,
		    "white space" },
		{ "\"text\":\"echo one\"", "\"id\":\"echo one\"", DF_INPUT,
		    NULL, "a member twice" },
		{ "\"schema\":\"df.sealed/1\"", "\"schema\":\"df.sealed/2\"",
		    DF_INPUT, NULL, "another schema" },
		{ "\"schema\"", "\"run\":1,\"schema\"", DF_INPUT, NULL,
		    "one member more" },
		{ "000102", "00010G", DF_INPUT, NULL, "no hex" },
		{ "/1\"}\n", "/1\"}", DF_INPUT, NULL, "no LF" },
		{ "/1\"}\n", "/1\"}\n\n", DF_INPUT, NULL, "two LF" },
	}, commitment_edit[] = {
		{ "\"p0\":1", "\"p0\":3", DF_INPUT, NULL,
		    "more of P0 than scenarios" },
		{ "\"p0\":1", "\"p0\":-1", DF_INPUT, NULL, "negative p0" },
		{ "\"p0\":1,", "", DF_INPUT, NULL, "no p0" },
		{ "\"p0\":1,", "\"p0\":1,\"run\":1,", DF_INPUT, NULL,
		    "one member more" },
		{ "commitment/1", "commitment/2", DF_INPUT, NULL,
		    "another schema" },
		{ "4e93", "4E93", DF_INPUT, NULL, "upper-case hex" },
		{ "4e93", "4e9", DF_INPUT, NULL, "a short commitment" },
		{ "4e93", "4e94", DF_INTEGRITY,
		    "item 0 is not what was committed to", "c_0" },
		{ "ebff", "ebfe", DF_INTEGRITY,
		    "item 2 is not what was committed to", "c_2" },
		{ "}\n", "}", DF_INPUT, NULL, "no LF" },
	};
	struct df_buf plain = DF_BUF_INIT, commitment = DF_BUF_INIT;
	struct df_sealed s;
	size_t i, taken = 0;
	struct df_err e;
	char *t;

	suite(&s);
	df_sealed_commitment(&s, &commitment);
	df_sealed_plain(&s, &plain);
	df_sealed_release(&s);
	for (i = 0; i < DF_LEN(plain_edit); i++) {
		t = edit(plain.s, plain_edit[i].from, plain_edit[i].to);
		refused(t, commitment.s, plain_edit[i].want,
		    plain_edit[i].msg, plain_edit[i].what);
		free(t);
	}
	for (i = 0; i < DF_LEN(commitment_edit); i++) {
		t = edit(commitment.s, commitment_edit[i].from,
		    commitment_edit[i].to);
		refused(plain.s, t, commitment_edit[i].want,
		    commitment_edit[i].msg, commitment_edit[i].what);
		free(t);
	}
	refused("", commitment.s, DF_INPUT, NULL, "an empty plaintext");
	refused(plain.s, "", DF_INPUT, NULL, "an empty commitment");
	refused(commitment.s, plain.s, DF_INPUT, NULL, "the two exchanged");
	for (i = 0; i < plain.n; i++) {
		plain.s[i] ^= 1;
		if (df_sealed_open(&s, plain.s, plain.n, commitment.s,
		    commitment.n, &e) == 0) {
			taken++;
			df_sealed_release(&s);
		}
		plain.s[i] ^= 1;
	}
	is_int(taken, 0, "no changed byte of the plaintext is accepted");
	df_buf_release(&plain);
	df_buf_release(&commitment);
}

static void
single(void)
{
	struct df_buf c = DF_BUF_INIT;
	struct df_commitment read;
	struct df_sealed s;
	struct df_err e = { 0 };
	uint8_t key[32];
	uint32_t n;

	suite(&s);
	df_sealed_commitment(&s, &c);
	for (n = 0; n < 3; n++) {
		df_item_key(s.master, n, key);
		ok(df_item_check(c.s, c.n, n, key, item[n], strlen(item[n]),
		    &e) == 0, "item %u opens alone", n);
	}
	ok(df_item_check(c.s, c.n, 1, key, item[2], strlen(item[2]), &e) < 0
	    && e.exit == DF_INTEGRITY, "not as another one");
	ok(df_item_check(c.s, c.n, 2, key, item[2], strlen(item[2]) - 1, &e)
	    < 0 && e.exit == DF_INTEGRITY, "not without its last byte");
	ok(df_item_check(c.s, c.n, 3, key, item[2], strlen(item[2]), &e) < 0
	    && e.exit == DF_INTEGRITY, "not as one that there is not");
	is_str(e.msg, "item 3: the commitment has 3 items", "which is said");
	key[31] ^= 1;
	ok(df_item_check(c.s, c.n, 2, key, item[2], strlen(item[2]), &e) < 0
	    && e.exit == DF_INTEGRITY, "not with another key");
	ok(df_item_check("{}\n", 3, 2, key, "", 0, &e) < 0 &&
	    e.exit == DF_INPUT, "not against no commitment");
	ok(df_commitment_read(&read, c.s, c.n, &e) == 0 && read.n == 3 &&
	    read.p0 == 1, "a commitment is read once");
	key[31] ^= 1;
	ok(df_commitment_item(&read, 2, key, item[2], strlen(item[2]), &e) ==
	    0, "and asked");
	df_commitment_release(&read);
	df_sealed_release(&s);
	df_buf_release(&c);
}

static void
checking(void)
{
	struct df_buf big = DF_BUF_INIT;
	struct df_sealed s, t;
	struct df_err e = { 0 };
	size_t i;

	df_sealed_init(&s);
	df_sealed_init(&t);
	ok(memcmp(s.master, t.master, 32) != 0, "master keys are random");
	df_sealed_release(&t);
	ok(df_sealed_check(&s, &e) < 0 && e.exit == DF_INPUT, "no items");
	df_sealed_add(&s, "{}", 2);
	ok(df_sealed_check(&s, &e) == 0, "a frame alone");
	s.p0 = 1;
	ok(df_sealed_check(&s, &e) < 0, "a frame is no scenario");
	s.p0 = 0;
	df_sealed_add(&s, "{}\n", 3);
	ok(df_sealed_check(&s, &e) < 0 && strstr(e.msg, "item 1"),
	    "an LF in an item: %s", e.msg);
	df_sealed_release(&s);

	df_sealed_init(&s);
	df_sealed_add(&s, "{},{}", 5);
	ok(df_sealed_check(&s, &e) < 0, "two items that pose as one");
	df_sealed_release(&s);

	df_sealed_init(&s);
	for (i = 0; i <= DF_SEAL_ITEMS; i++)
		df_sealed_add(&s, "{}", 2);
	ok(df_sealed_check(&s, &e) < 0 && e.exit == DF_INPUT,
	    "too many items: %s", e.msg);
	df_buf_release(&s.item[--s.n]);
	ok(df_sealed_check(&s, &e) == 0, "just as many as allowed");
	df_sealed_release(&s);

	df_sealed_init(&s);
	df_buf_str(&big, "{\"a\":\"");
	while (big.n < DF_SEAL_BYTES - 2)
		df_buf_ch(&big, 'x');
	df_buf_str(&big, "\"}");
	df_sealed_add(&s, big.s, big.n);
	ok(big.n == DF_SEAL_BYTES && df_sealed_check(&s, &e) == 0,
	    "just as many bytes as allowed");
	df_sealed_add(&s, "{}", 2);
	ok(df_sealed_check(&s, &e) < 0 && e.exit == DF_INPUT,
	    "too many bytes: %s", e.msg);
	df_sealed_release(&s);
	df_buf_release(&big);
}

int
main(void)
{
	struct rlimit l;

	known();
	tampering();
	single();
	checking();
	df_no_core();
	ok(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "not dumpable");
	ok(getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_cur == 0 &&
	    l.rlim_max == 0, "no core file");
	return tap_done();
}
