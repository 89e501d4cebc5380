#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "evidence/dsse.h"
#include "evidence/sign-internal.h"

#define WORK_MAX ((uint64_t)16 << 30)

void
df_dsse_pae(struct df_buf *b, const char *type, const void *p, size_t n)
{
	df_buf_fmt(b, "DSSEv1 %zu %s %zu ", strlen(type), type, n);
	df_buf_add(b, p, n);
}

char *
df_dsse_keyid(const struct df_pubkey *k, char out[DF_KEYID_STR])
{
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;

	df_buf_str(&b, "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"");
	df_hex(&b, k->pk, sizeof(k->pk));
	df_buf_str(&b, "\"},\"scheme\":\"ed25519\"}");
	df_sha256(b.s, b.n, &d);
	df_hex_str(out, d.b, sizeof(d.b));
	df_buf_release(&b);
	return out;
}

/* ---- writing ---- */

int
df_dsse_sign(struct df_key *k, const char *type, const void *p, size_t n,
    struct df_buf *line, struct df_err *e)
{
	struct df_buf pae = DF_BUF_INIT;
	char keyid[DF_KEYID_STR];
	uint8_t sig[64];
	const char *c;
	int r;

	for (c = type; *c > 0x20 && *c < 0x7f; c++)
		;
	if (*c || c == type || c - type > DF_DSSE_TYPE)
		return df_fail(e, DF_USAGE, "dsse.type",
		    "a payload's type is printable ASCII without space");
	df_dsse_pae(&pae, type, p, n);
	r = df_key_raw(k, pae.s, pae.n, sig, e);
	df_buf_release(&pae);
	if (r < 0)
		return -1;
	df_buf_str(line, "{\"payload\":\"");
	df_base64(line, p, n);
	df_buf_str(line, "\",\"payloadType\":");
	df_text_json(line, type, strlen(type));
	df_buf_fmt(line, ",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"",
	    df_dsse_keyid(df_key_pub(k), keyid));
	df_base64(line, sig, sizeof(sig));
	df_buf_str(line, "\"}]}\n");
	return 0;
}

/* ---- reading ---- */

/* Base64 of either alphabet, but not of both at once. */
static int
unbase64(struct df_buf *out, const struct df_json *j, uint32_t t)
{
	struct df_buf b = DF_BUF_INIT;
	int url = 0, std = 0, r;
	size_t i;

	if (t == 0 || j->tok[t].type != DF_JSTRING)
		return -1;
	df_jtext(j, t, &b);
	for (i = 0; i < b.n; i++) {
		url |= b.s[i] == '-' || b.s[i] == '_';
		std |= b.s[i] == '+' || b.s[i] == '/';
		if (b.s[i] == '-')
			b.s[i] = '+';
		else if (b.s[i] == '_')
			b.s[i] = '/';
	}
	r = url && std ? -1 : df_unbase64(out, b.s, b.n);
	df_buf_release(&b);
	return r;
}

static int
read_sig(struct df_dsse_sig *s, const struct df_json *j, uint32_t t)
{
	uint32_t id = df_jget(j, t, "keyid");
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (j->tok[t].type != DF_JOBJECT)
		return -1;
	s->keyid = id ? df_jstr(j, id) : df_strdup("");
	r = s->keyid ? unbase64(&b, j, df_jget(j, t, "sig")) : -1;
	s->ed25519 = r == 0 && b.n == sizeof(s->sig);
	if (s->ed25519)
		memcpy(s->sig, b.s, sizeof(s->sig));
	df_buf_release(&b);
	return r;
}

static int
read_sigs(struct df_dsse *d, const struct df_json *j, uint32_t t,
    const char *what, struct df_err *e)
{
	uint32_t i;

	if (t == 0 || j->tok[t].type != DF_JARRAY || j->tok[t].n == 0)
		return df_fail(e, DF_INPUT, "dsse.format",
		    "%s: no DSSE envelope: signatures is no list of them",
		    what);
	if (j->tok[t].n > DF_DSSE_SIGS)
		return df_fail(e, DF_INPUT, "dsse.format",
		    "%s: %u signatures, more than %d", what, j->tok[t].n,
		    DF_DSSE_SIGS);
	d->sig = df_calloc(j->tok[t].n, sizeof(*d->sig));
	for (i = df_jfirst(j, t); d->nsig < j->tok[t].n; i = df_jnext(j, i))
		if (read_sig(&d->sig[d->nsig++], j, i) < 0)
			return df_fail(e, DF_INPUT, "dsse.format",
			    "%s: signature %zu is no object with keyid and "
			    "sig in base64", what, d->nsig);
	return 0;
}

int
df_dsse_read(struct df_dsse *d, const char *s, size_t n, const char *what,
    struct df_err *e)
{
	struct df_buf payload = DF_BUF_INIT;
	struct df_json j = { 0 };
	uint32_t t;
	int r;

	memset(d, 0, sizeof(*d));
	df_buf_init(&d->pae);
	r = df_json_scan(&j, s, n, 0, what, e);
	if (r == 0 && j.tok[0].type != DF_JOBJECT)
		r = df_fail(e, DF_INPUT, "dsse.format",
		    "%s: no DSSE envelope: no object", what);
	if (r == 0) {
		t = df_jget(&j, 0, "payloadType");
		d->type = t ? df_jstr(&j, t) : NULL;
		if (d->type == NULL || *d->type == '\0' || strlen(d->type) >
		    DF_DSSE_TYPE)
			r = df_fail(e, DF_INPUT, "dsse.format",
			    "%s: no DSSE envelope: payloadType is no text of "
			    "1 to %d bytes", what, DF_DSSE_TYPE);
	}
	if (r == 0 && unbase64(&payload, &j, df_jget(&j, 0, "payload")) < 0)
		r = df_fail(e, DF_INPUT, "dsse.format",
		    "%s: no DSSE envelope: payload is no base64", what);
	if (r == 0)
		r = read_sigs(d, &j, df_jget(&j, 0, "signatures"), what, e);
	if (r == 0) {
		df_dsse_pae(&d->pae, d->type, payload.s, payload.n);
		d->payload = d->pae.n - payload.n;
	}
	df_buf_release(&payload);
	df_json_release(&j);
	return r;
}

void
df_dsse_release(struct df_dsse *d)
{
	size_t i;

	for (i = 0; i < d->nsig; i++)
		free(d->sig[i].keyid);
	free(d->sig);
	free(d->type);
	df_buf_release(&d->pae);
	memset(d, 0, sizeof(*d));
	df_buf_init(&d->pae);
}

const char *
df_dsse_payload(const struct df_dsse *d, size_t *n)
{
	*n = d->pae.n - d->payload;
	return d->pae.s + d->payload;
}

/* ---- verifying ---- */

long
df_dsse_signers(const struct df_dsse *d, const struct df_pubkey *const key[],
    size_t n, uint8_t *by, struct df_err *e)
{
	uint64_t work = 0;
	char keyid[DF_KEYID_STR];
	int hint, hinted;
	size_t i, s;
	long found = 0;

	memset(by, 0, n);
	/* First those that a keyid names: with honest hints that is all. */
	for (hint = 1; hint >= 0; hint--)
		for (i = 0; i < n; i++) {
			if (by[i] || key[i]->sk)
				continue;
			(void)df_dsse_keyid(key[i], keyid);
			for (s = 0; s < d->nsig && !by[i]; s++) {
				hinted = strcmp(keyid, d->sig[s].keyid) == 0;
				if (hinted != hint || !d->sig[s].ed25519)
					continue;
				work += d->pae.n;
				if (work > WORK_MAX)
					return df_fail(e, DF_INPUT,
					    "dsse.work", "too many signatures "
					    "and keys for a payload of %zu "
					    "bytes", d->pae.n - d->payload);
				by[i] = df_ed25519_verify(key[i]->pk,
				    d->pae.s, d->pae.n, d->sig[s].sig,
				    sizeof(d->sig[s].sig)) == 0;
				found += by[i];
			}
		}
	return found;
}
