#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "evidence/dsse.h"
#include "sign.h"

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define PEM_END "-----END PUBLIC KEY-----\n"

/* SubjectPublicKeyInfo (RFC 8410) up to the key's 32 bytes. */
static const uint8_t spki[12] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
	0x65, 0x70, 0x03, 0x21, 0x00 };

/* ---- public keys ---- */

void
df_sign_pem(const struct df_pubkey *k, struct df_buf *b)
{
	uint8_t der[sizeof(spki) + 32];

	memcpy(der, spki, sizeof(spki));
	memcpy(der + sizeof(spki), k->pk, 32);
	df_buf_str(b, PEM_BEGIN);
	df_base64(b, der, sizeof(der));
	df_buf_str(b, "\n" PEM_END);
}

static int
pem(struct df_pubkey *k, const struct df_buf *text, const char *path,
    struct df_err *e)
{
	const char *s = text->s + strlen(PEM_BEGIN);
	size_t n = strcspn(s, "\n");
	struct df_buf der = DF_BUF_INIT, blob = DF_BUF_INIT;
	int r = -1;

	if (df_unbase64(&der, s, n) == 0 && s[n] == '\n' && (strcmp(s + n + 1,
	    PEM_END) == 0) && der.n == sizeof(spki) + 32 && memcmp(der.s, spki,
	    sizeof(spki)) == 0) {
		/* by way of the one parser that looks at the point */
		memset(k, 0, sizeof(*k));
		memcpy(k->pk, der.s + sizeof(spki), 32);
		df_pubkey_blob(k, &blob);
		r = df_pubkey_parse_blob(k, blob.s, blob.n, e);
	} else {
		(void)df_fail(e, DF_INPUT, "key.type",
		    "%s: no public key of type Ed25519", path);
	}
	df_buf_release(&der);
	df_buf_release(&blob);
	return r;
}

int
df_sign_pubkey(struct df_pubkey *k, const char *path, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_key *key;
	struct df_err why;
	int r;

	r = df_read_file(AT_FDCWD, path, &b, 16384, e);
	if (r == 0 && strncmp(b.s, PEM_BEGIN, strlen(PEM_BEGIN)) == 0) {
		r = pem(k, &b, path, e);
	} else if (r == 0 && strncmp(b.s, "-----BEGIN", 10) == 0) {
		key = df_key_open(path, e);
		r = key ? 0 : -1;
		if (key)
			*k = *df_key_pub(key);
		df_key_free(key);
	} else if (r == 0 && df_pubkey_parse(k, b.s, b.n, &why) < 0) {
		r = df_fail(e, DF_INPUT, why.code, "%s: %s", path, why.msg);
	}
	df_buf_wipe(&b);
	return r;
}

/* ---- who has signed ---- */

struct signers {
	const struct df_pubkey **key;
	const char **name;		/* principal, or the key's file */
	uint8_t *by;
	struct df_pubkey *own;		/* of -p */
	size_t n;
};

static void
signers_init(struct signers *s, size_t n)
{
	s->key = df_calloc(n + 1, sizeof(*s->key));
	s->name = df_calloc(n + 1, sizeof(*s->name));
	s->by = df_calloc(n + 1, 1);
	s->own = df_calloc(n + 1, sizeof(*s->own));
	s->n = 0;
}

static void
signers_release(struct signers *s)
{
	free(s->key);
	free(s->name);
	free(s->by);
	free(s->own);
}

/* The keys of files, each once: a threshold counts keys. */
static int
of_files(struct signers *s, const struct df_list *l, struct df_err *e)
{
	size_t i, j;

	for (i = 0; i < l->n; i++) {
		if (df_sign_pubkey(&s->own[i], l->v[i], e) < 0)
			return -1;
		for (j = 0; j < s->n && !df_pubkey_eq(s->key[j], &s->own[i]);
		    j++)
			;
		if (j < s->n)
			continue;
		s->key[s->n] = &s->own[i];
		s->name[s->n++] = l->v[i];
	}
	return 0;
}

static void
of_roster(struct signers *s, const struct df_trust *t, int role)
{
	size_t i;

	for (i = 0; i < t->nsigner; i++) {
		if ((role >= 0 && !(t->signer[i].roles &
		    DF_ROLE_BIT(role))) || df_trust_revoked(t,
		    t->signer[i].fp))
			continue;
		s->key[s->n] = &t->signer[i].key;
		s->name[s->n++] = t->signer[i].principal;
	}
}

/* ---- what is said ---- */

/* in-toto: the predicate's type is what tells one statement from another. */
static void
predicate(const struct df_dsse *d, struct df_buf *b)
{
	struct df_json j = { 0 };
	struct df_err e;
	const char *p;
	uint32_t t;
	size_t n;

	p = df_dsse_payload(d, &n);
	if (strcmp(d->type, DF_DSSE_INTOTO) == 0 && df_json_scan(&j, p, n, 0,
	    "the payload", &e) == 0 && j.tok[0].type == DF_JOBJECT) {
		t = df_jget(&j, 0, "predicateType");
		if (t && j.tok[t].type == DF_JSTRING)
			df_jtext(&j, t, b);
	}
	df_json_release(&j);
}

static void
say(const struct df_dsse *d, const struct signers *s)
{
	struct df_buf what = DF_BUF_INIT;
	char fp[DF_FP_STR];
	jv all = jv_array(), v;
	size_t i;

	predicate(d, &what);
	if (!df_args.json) {
		df_out_row((const char *const[]) { "type", d->type }, 2);
		if (what.n)
			df_out_row((const char *const[]) { "predicate",
			    what.s }, 2);
	}
	for (i = 0; i < s->n; i++) {
		if (!s->by[i])
			continue;
		(void)df_fingerprint(s->key[i], fp);
		if (!df_args.json)
			df_out_row((const char *const[]) { "signer",
			    s->name[i], fp }, 3);
		v = df_jset_str(jv_object(), "key", fp);
		all = jv_array_append(all, df_jset_str(v, "name",
		    s->name[i]));
	}
	if (df_args.json) {
		v = df_jset(jv_object(), "signers", jv_copy(all));
		if (what.n)
			v = df_jset_str(v, "predicate", what.s);
		df_out_json(df_jset_str(v, "type", d->type));
	}
	jv_free(all);
	df_buf_release(&what);
}

/* ---- verify --dsse ---- */

static int
enough(const struct df_dsse *d, struct signers *s,
    const struct df_sign_dsse *w, struct df_err *e)
{
	long by = df_dsse_signers(d, s->key, s->n, s->by, e);

	if (by < 0)
		return -1;
	if (by == 0)
		return df_fail(e, DF_AUTH, "dsse.signature",
		    "%s: none of its %zu signatures is by one of the %zu keys",
		    w->path, d->nsig, s->n);
	if (by < w->threshold)
		return df_fail(e, DF_AUTH, "dsse.threshold",
		    "%s: signed by %ld of the keys, not by %lld", w->path, by,
		    (long long)w->threshold);
	if (w->type && strcmp(d->type, w->type) != 0)
		return df_fail(e, DF_AUTH, "dsse.type",
		    "%s: its payload is of another type than %s", w->path,
		    w->type);
	return 0;
}

/* One envelope: 0 when it holds, and then it is said. */
static int
one(const struct df_sign_dsse *w, struct signers *s, const char *text,
    size_t len, struct df_err *e)
{
	struct df_dsse d;
	const char *p;
	size_t n;
	int r;

	r = df_dsse_read(&d, text, len, w->path, e);
	if (r == 0)
		r = enough(&d, s, w, e);
	p = df_dsse_payload(&d, &n);
	if (r == 0 && w->payload && strcmp(w->payload, "-") == 0)
		df_out_raw(p, n);
	else if (r == 0 && w->payload)
		r = df_create_file(AT_FDCWD, w->payload, p, n, 0644, e);
	if (r == 0 && (w->payload == NULL || strcmp(w->payload, "-") != 0))
		say(&d, s);
	df_dsse_release(&d);
	return r;
}

/* Is it more than one, a line each?  An envelope may have many lines too. */
static int
many(const struct df_buf *b)
{
	const char *lf = memchr(b->s, '\n', b->n);
	struct df_json j = { 0 };
	struct df_err e;
	int r;

	if (lf == NULL || lf + 1 == b->s + b->n)
		return 0;
	r = df_json_scan(&j, b->s, (size_t)(lf - b->s), 0, "line 1", &e);
	df_json_release(&j);
	return r == 0;
}

static int
all(const struct df_sign_dsse *w, struct signers *s, const struct df_buf *b,
    struct df_err *e)
{
	const char *p = b->s, *end = b->s + b->n, *lf;

	if (!many(b))
		return one(w, s, b->s, b->n, e);
	if (w->payload)
		return df_fail(e, DF_USAGE, "dsse.many",
		    "%s holds more than one envelope: no --payload", w->path);
	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		if (one(w, s, p, (size_t)(lf - p), e) < 0)
			return -1;
	}
	return 0;
}

int
df_sign_dsse(const struct df_sign_dsse *w, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct signers s;
	int r;

	signers_init(&s, w->keys->n ? w->keys->n : w->trust->nsigner);
	r = df_read_file(AT_FDCWD, w->path, &b, DF_SIGN_MAX, e);
	if (r == 0 && w->keys->n)
		r = of_files(&s, w->keys, e);
	else if (r == 0)
		of_roster(&s, w->trust, w->role);
	if (r == 0)
		r = all(w, &s, &b, e);
	df_buf_release(&b);
	signers_release(&s);
	return r;
}
