#include "base/df.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/schema.h"
#include "base/text.h"
#include "evidence/opening.h"

/* ---- records ---- */

static void
put_hex(struct df_buf *b, const char *member, const uint8_t v[32])
{
	df_buf_fmt(b, "\"%s\":\"", member);
	df_hex(b, v, 32);
	df_buf_ch(b, '"');
}

void
df_opening_write(struct df_buf *b, const struct df_opening *o)
{
	uint8_t c[32];

	df_item_commit(o->key, o->item, o->len, c);
	df_buf_ch(b, '{');
	put_hex(b, "commitment", c);
	df_buf_str(b, ",\"item\":");
	df_buf_add(b, o->item, o->len);
	df_buf_ch(b, ',');
	put_hex(b, "key", o->key);
	if (o->n >= 0)
		df_buf_fmt(b, ",\"n\":%lld", (long long)o->n);
	df_buf_str(b, ",\"schema\":\"df.opening/1\"");
	if (o->n < 0) {
		df_buf_str(b, ",\"task\":");
		df_text_json(b, o->task, strlen(o->task));
	}
	df_buf_str(b, "}\n");
}

static int
hex_member(const struct df_json *j, const char *name, uint8_t out[32])
{
	uint32_t t = df_jget(j, 0, name);

	return t == 0 ? -1 : df_unhex(out, 32, j->s + j->tok[t].start,
	    j->tok[t].end - j->tok[t].start);
}

int
df_opening_read(struct df_opening *o, const struct df_json *j,
    struct df_err *e)
{
	uint32_t item = df_jget(j, 0, "item"), t = df_jget(j, 0, "task"), n;
	uint8_t got[32];

	memset(o, 0, sizeof(*o));
	o->n = -1;
	n = df_jget(j, 0, "n");
	if (item == 0 || hex_member(j, "key", o->key) < 0 ||
	    hex_member(j, "commitment", o->c) < 0 || (n ? df_jint(j, n, 0,
	    DF_SEAL_ITEMS, &o->n) < 0 : t == 0 || j->tok[t].end -
	    j->tok[t].start >= sizeof(o->task)))
		return df_fail(e, DF_INPUT, "opening.record",
		    "it is no df.opening/1 record");
	if (n == 0)
		snprintf(o->task, sizeof(o->task), "%.*s",
		    (int)(j->tok[t].end - j->tok[t].start),
		    j->s + j->tok[t].start);
	o->item = j->s + j->tok[item].start;
	o->len = j->tok[item].end - j->tok[item].start;
	df_item_commit(o->key, o->item, o->len, got);
	if (memcmp(got, o->c, sizeof(got)) != 0)
		return df_fail(e, DF_INTEGRITY, "opening.item",
		    "key and item do not give the commitment it says");
	return 0;
}

void
df_opening_name(const struct df_opening *o, char name[100])
{
	if (o->n >= 0)
		snprintf(name, 100, "opened/%lld.json", (long long)o->n);
	else
		snprintf(name, 100, "opened/%s.answers.json", o->task);
}

/* ---- answers ---- */

int
df_answers_secret(struct df_key *key, const char *run, const char *nonce,
    uint8_t secret[32], struct df_err *e)
{
	struct df_buf m = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_digest d;
	int r;

	df_buf_str(&m, "{\"nonce\":");
	df_text_json(&m, nonce, strlen(nonce));
	df_buf_str(&m, ",\"run\":");
	df_text_json(&m, run, strlen(run));
	df_buf_str(&m, ",\"schema\":\"df.answers-key/1\"}\n");
	r = df_key_sign(key, "df-answers-key", m.s, m.n, &sig, e);
	if (r == 0) {
		df_sha256(sig.s, sig.n, &d);
		memcpy(secret, d.b, 32);
		sodium_memzero(&d, sizeof(d));
	}
	df_buf_release(&m);
	df_buf_wipe(&sig);
	return r;
}

void
df_answers_key(const uint8_t secret[32], const char *task, uint8_t key[32])
{
	static const char label[] = "df-answers-key/1";	/* NUL included */
	struct df_buf b = DF_BUF_INIT;

	df_buf_add(&b, label, sizeof(label));
	df_buf_str(&b, task);
	df_hmac_sha256(secret, 32, b.s, b.n, key);
	df_buf_release(&b);
}

int
df_answers_open(struct df_opening *o, const struct df_buf *plain,
    struct df_buf *item, struct df_err *e)
{
	struct df_json j = { 0 };
	const char *task;
	jv v;
	int r;

	memset(o, 0, sizeof(*o));
	o->n = -1;
	/* What a message would quote is plaintext. */
	if (df_schema_scan(&j, plain->s, plain->n, DF_JSON_CANON, "answers",
	    "", NULL) < 0 || hex_member(&j, "key", o->key) < 0) {
		df_json_release(&j);
		return df_fail(e, DF_INPUT, "opening.answers",
		    "what was decrypted is no AnswerKey with a key");
	}
	v = df_json_jv(&j, 0);
	df_json_release(&j);
	task = df_jv_str(v, "task_id");
	snprintf(o->task, sizeof(o->task), "%s", task);
	r = df_json_write(item, jv_object_delete(v, jv_string("key")), e);
	o->item = item->s;
	o->len = item->n;
	df_item_commit(o->key, o->item, o->len, o->c);
	return r;
}
