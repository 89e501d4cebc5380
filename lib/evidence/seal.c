#include "base/df.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "evidence/seal.h"
#include "evidence/sign-internal.h"

#define COMMITMENT_MAX ((size_t)1 << 20)

/* ---- building ---- */

void
df_sealed_init(struct df_sealed *s)
{
	memset(s, 0, sizeof(*s));
	df_buf_init(&s->plain);
	df_sodium_init();
	randombytes_buf(s->master, sizeof(s->master));
}

void
df_sealed_release(struct df_sealed *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		df_buf_wipe(&s->item[i]);
	free(s->item);
	df_buf_wipe(&s->plain);
	sodium_memzero(s, sizeof(*s));
}

size_t
df_sealed_add(struct df_sealed *s, const char *json, size_t n)
{
	struct df_buf *b;

	DF_GROW(s->item, s->n, s->cap);
	b = &s->item[s->n];
	df_buf_init(b);
	df_buf_add(b, json, n);
	return s->n++;
}

/* ---- commitments ---- */

static void
be(struct df_buf *b, uint64_t v, int bytes)
{
	while (bytes--)
		df_buf_ch(b, (int)(v >> 8 * bytes & 0xff));
}

void
df_item_key(const uint8_t master[32], uint32_t n, uint8_t key[32])
{
	static const char label[] = "df-item-key/1";	/* NUL included */
	struct df_buf b = DF_BUF_INIT;

	df_buf_add(&b, label, sizeof(label));
	be(&b, n, 4);
	df_hmac_sha256(master, 32, b.s, b.n, key);
	df_buf_release(&b);
}

void
df_item_commit(const uint8_t key[32], const void *p, size_t len,
    uint8_t c[32])
{
	static const char label[] = "df-item/1";	/* NUL included */
	struct df_buf b = DF_BUF_INIT;

	df_buf_add(&b, label, sizeof(label));
	be(&b, len, 8);
	df_hmac_sha256_head(key, 32, b.s, b.n, p, len, c);
	df_buf_release(&b);
}

static void
commit(const struct df_sealed *s, size_t i, uint8_t c[32])
{
	uint8_t key[32];

	df_item_key(s->master, (uint32_t)i, key);
	df_item_commit(key, s->item[i].s, s->item[i].n, c);
	sodium_memzero(key, sizeof(key));
}

void
df_sealed_commitment(const struct df_sealed *s, struct df_buf *b)
{
	uint8_t c[32];
	size_t i;

	df_buf_str(b, "{\"items\":[");
	for (i = 0; i < s->n; i++) {
		commit(s, i, c);
		df_buf_str(b, i ? ",\"" : "\"");
		df_hex(b, c, sizeof(c));
		df_buf_ch(b, '"');
	}
	df_buf_fmt(b, "],\"p0\":%zu,\"schema\":\"df.commitment/1\"}\n",
	    s->p0);
}

static size_t
total(const struct df_sealed *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->item[i].n;
	return n;
}

void
df_sealed_plain(const struct df_sealed *s, struct df_buf *b)
{
	size_t i;

	/* All the room at once: a move would leave a copy behind. */
	df_buf_room(b, total(s) + s->n + 256);
	df_buf_str(b, "{\"items\":[");
	for (i = 0; i < s->n; i++) {
		if (i)
			df_buf_ch(b, ',');
		df_buf_add(b, s->item[i].s, s->item[i].n);
	}
	df_buf_str(b, "],\"master\":\"");
	df_hex(b, s->master, sizeof(s->master));
	df_buf_str(b, "\",\"schema\":\"df.sealed/1\"}\n");
}

/* ---- reading ---- */

void
df_commitment_release(struct df_commitment *c)
{
	free(c->c);
	memset(c, 0, sizeof(*c));
}

static int
commitment_json(struct df_commitment *c, const struct df_json *j,
    struct df_err *e)
{
	uint32_t items = df_jget(j, 0, "items"), p0 = df_jget(j, 0, "p0");
	uint32_t schema = df_jget(j, 0, "schema"), t;
	int64_t k;
	size_t i;

	if (!items || !p0 || !schema || j->tok[0].n != 3 ||
	    !df_jis(j, schema, "df.commitment/1") ||
	    j->tok[items].type != DF_JARRAY)
		return df_fail(e, DF_INPUT, "seal.commitment",
		    "commitment is not a df.commitment/1 record");
	c->n = j->tok[items].n;
	if (c->n == 0 || c->n > DF_SEAL_ITEMS)
		return df_fail(e, DF_INPUT, "seal.commitment",
		    "commitment has %zu items; 1 to %d are allowed", c->n,
		    DF_SEAL_ITEMS);
	if (df_jint(j, p0, 0, (int64_t)c->n - 1, &k) < 0)
		return df_fail(e, DF_INPUT, "seal.commitment",
		    "commitment: p0 is not a number of scenarios");
	c->p0 = (size_t)k;
	c->c = df_calloc(c->n, sizeof(*c->c));
	for (i = 0, t = df_jfirst(j, items); i < c->n; i++,
	    t = df_jnext(j, t))
		if (j->tok[t].type != DF_JSTRING || df_unhex(c->c[i], 32,
		    j->s + j->tok[t].start,
		    j->tok[t].end - j->tok[t].start) < 0)
			return df_fail(e, DF_INPUT, "seal.commitment",
			    "commitment: item %zu is not 64 hex digits", i);
	return 0;
}

int
df_commitment_read(struct df_commitment *c, const char *s, size_t n,
    struct df_err *e)
{
	struct df_json j = { 0 };
	int r;

	memset(c, 0, sizeof(*c));
	if (n > COMMITMENT_MAX)
		return df_fail(e, DF_INPUT, "seal.commitment",
		    "commitment is larger than %zu bytes", COMMITMENT_MAX);
	r = df_json_scan(&j, s, n, DF_JSON_CANON, "commitment", e);
	if (r == 0)
		r = commitment_json(c, &j, e);
	if (r < 0)
		df_commitment_release(c);
	df_json_release(&j);
	return r;
}

int
df_commitment_item(const struct df_commitment *c, uint32_t n,
    const uint8_t key[32], const void *p, size_t len, struct df_err *e)
{
	uint8_t got[32];

	if (n >= c->n)
		return df_fail(e, DF_INTEGRITY, "seal.item",
		    "item %lu: the commitment has %zu items",
		    (unsigned long)n, c->n);
	df_item_commit(key, p, len, got);
	if (memcmp(got, c->c[n], sizeof(got)) != 0)
		return df_fail(e, DF_INTEGRITY, "seal.item",
		    "item %lu is not what was committed to",
		    (unsigned long)n);
	return 0;
}

int
df_item_check(const char *commitment, size_t ncommitment, uint32_t n,
    const uint8_t key[32], const void *p, size_t len, struct df_err *e)
{
	struct df_commitment c;
	int r;

	if (df_commitment_read(&c, commitment, ncommitment, e) < 0)
		return -1;
	r = df_commitment_item(&c, n, key, p, len, e);
	df_commitment_release(&c);
	return r;
}

static int
bad_plain(const char *why, struct df_err *e)
{
	return df_fail(e, DF_INPUT, "seal.plain", "sealed suite: %s", why);
}

/* Item text that stays where it is; what is behind it is needed no more. */
static void
add_in_place(struct df_sealed *s, char *text, size_t n)
{
	struct df_buf *b;

	DF_GROW(s->item, s->n, s->cap);
	b = &s->item[s->n++];
	df_buf_init(b);
	b->s = text;
	b->n = n;
	text[n] = '\0';
}

static int
plain_json(struct df_sealed *s, const struct df_json *j, struct df_err *e)
{
	uint32_t items = df_jget(j, 0, "items");
	uint32_t master = df_jget(j, 0, "master");
	uint32_t schema = df_jget(j, 0, "schema"), t, len;
	size_t i, n, bytes = 0;

	if (!items || !master || !schema || j->tok[0].n != 3 ||
	    !df_jis(j, schema, "df.sealed/1") ||
	    j->tok[items].type != DF_JARRAY)
		return bad_plain("not a df.sealed/1 record", e);
	if (j->tok[master].type != DF_JSTRING || df_unhex(s->master, 32,
	    j->s + j->tok[master].start,
	    j->tok[master].end - j->tok[master].start) < 0)
		return bad_plain("the master key is not 64 hex digits", e);
	n = j->tok[items].n;
	if (n == 0 || n > DF_SEAL_ITEMS)
		return df_fail(e, DF_INPUT, "seal.plain",
		    "sealed suite: %zu items; 1 to %d are allowed", n,
		    DF_SEAL_ITEMS);
	for (i = 0, t = df_jfirst(j, items); i < n; i++, t = df_jnext(j, t)) {
		if (j->tok[t].type != DF_JOBJECT)
			return df_fail(e, DF_INPUT, "seal.plain",
			    "sealed suite: item %zu is not an object", i);
		len = j->tok[t].end - j->tok[t].start;
		bytes += len;
		if (bytes > DF_SEAL_BYTES)
			return df_fail(e, DF_INPUT, "seal.plain",
			    "sealed suite: the items are more than %zu bytes",
			    DF_SEAL_BYTES);
		add_in_place(s, s->plain.s + j->tok[t].start, len);
	}
	return 0;
}

/* The scanner says line and column, and no text; even so its message is not
   passed on. */
static int
read_plain(struct df_sealed *s, struct df_err *e)
{
	struct df_json j = { 0 };
	int r;

	if (df_json_scan(&j, s->plain.s, s->plain.n, DF_JSON_CANON, "", NULL)
	    < 0)
		r = bad_plain("not canonical JSON", e);
	else
		r = plain_json(s, &j, e);
	if (r < 0)
		df_sealed_release(s);
	df_json_release(&j);
	return r;
}

static int
compare(const struct df_sealed *s, const struct df_commitment *c,
    struct df_err *e)
{
	uint8_t got[32];
	size_t i;

	if (s->n != c->n)
		return df_fail(e, DF_INTEGRITY, "seal.items",
		    "the sealed suite has %zu items, the commitment %zu",
		    s->n, c->n);
	for (i = 0; i < s->n; i++) {
		commit(s, i, got);
		if (memcmp(got, c->c[i], sizeof(got)) != 0)
			return df_fail(e, DF_INTEGRITY, "seal.item",
			    "item %zu is not what was committed to", i);
	}
	return 0;
}

int
df_sealed_open(struct df_sealed *s, const char *plain, size_t n,
    const char *commitment, size_t ncommitment, struct df_err *e)
{
	struct df_buf copy = DF_BUF_INIT;

	df_buf_add(&copy, plain, n);
	return df_sealed_take(s, &copy, commitment, ncommitment, e);
}

int
df_sealed_take(struct df_sealed *s, struct df_buf *plain,
    const char *commitment, size_t ncommitment, struct df_err *e)
{
	struct df_commitment c;
	int r;

	memset(s, 0, sizeof(*s));
	s->plain = *plain;
	df_buf_init(plain);
	if (df_commitment_read(&c, commitment, ncommitment, e) < 0) {
		df_sealed_release(s);
		return -1;
	}
	r = read_plain(s, e);
	if (r == 0) {
		s->p0 = c.p0;
		r = compare(s, &c, e);
		if (r < 0)
			df_sealed_release(s);
	}
	df_commitment_release(&c);
	return r;
}

int
df_sealed_check(const struct df_sealed *s, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT, commitment = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_sealed again;
	size_t i;
	int r = 0;

	if (total(s) > DF_SEAL_BYTES)
		return df_fail(e, DF_INPUT, "seal.plain",
		    "the items are more than %zu bytes", DF_SEAL_BYTES);
	df_buf_room(&plain, total(s) + 1);
	for (i = 0; r == 0 && i < s->n; i++) {
		df_buf_reset(&plain);
		df_buf_add(&plain, s->item[i].s, s->item[i].n);
		df_buf_ch(&plain, '\n');
		if (df_json_scan(&j, plain.s, plain.n, DF_JSON_CANON, "",
		    NULL) < 0 || j.tok[0].type != DF_JOBJECT)
			r = df_fail(e, DF_INPUT, "seal.plain",
			    "item %zu is not a canonical JSON object", i);
	}
	df_buf_wipe(&plain);
	df_json_release(&j);
	if (r < 0)
		return -1;
	df_sealed_plain(s, &plain);
	df_sealed_commitment(s, &commitment);
	r = df_sealed_open(&again, plain.s, plain.n, commitment.s,
	    commitment.n, e);
	if (r == 0)
		df_sealed_release(&again);
	df_buf_wipe(&plain);
	df_buf_release(&commitment);
	return r;
}

void
df_no_core(void)
{
	struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}
