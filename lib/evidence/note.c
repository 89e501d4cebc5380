#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "evidence/note.h"
#include "evidence/sign-internal.h"

#define DASH "\xe2\x80\x94 "		/* em dash and a space */
#define ED25519 1			/* the kind of a key */

/* ---- names and keys ---- */

/* Unicode's White_Space. */
static int
is_space(uint32_t c)
{
	return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 ||
	    c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static int
name_ok(const char *s, size_t n)
{
	uint32_t c;
	size_t i;
	unsigned k;

	for (i = 0; i < n; i += k) {
		k = df_utf8(s + i, n - i, &c);
		if (k == 0 || is_space(c) || c == '+' || c < 0x20 || c == 0x7f)
			return 0;
	}
	return n > 0;
}

static void
key_id(const char *name, size_t n, const struct df_pubkey *k, uint8_t id[4])
{
	static const uint8_t kind[] = { '\n', ED25519 };
	struct df_digest d;
	struct df_sha256 h;

	df_sha256_init(&h);
	df_sha256_add(&h, name, n);
	df_sha256_add(&h, kind, sizeof(kind));
	df_sha256_add(&h, k->pk, sizeof(k->pk));
	df_sha256_end(&h, &d);
	memcpy(id, d.b, 4);
}

void
df_vkey_write(struct df_buf *b, const char *name, const struct df_pubkey *k)
{
	uint8_t id[4], key[33] = { ED25519 };

	key_id(name, strlen(name), k, id);
	memcpy(key + 1, k->pk, sizeof(k->pk));
	df_buf_fmt(b, "%s+", name);
	df_hex(b, id, sizeof(id));
	df_buf_ch(b, '+');
	df_base64(b, key, sizeof(key));
}

int
df_vkey_parse(struct df_pubkey *k, size_t *nname, const char *s, size_t n,
    struct df_err *e)
{
	const char *plus = memchr(s, '+', n);
	struct df_buf b = DF_BUF_INIT, blob = DF_BUF_INIT;
	uint8_t id[4], want[4];
	size_t at = plus ? (size_t)(plus - s) : n;
	int ok;

	memset(k, 0, sizeof(*k));
	ok = plus && name_ok(s, at) && n > at + 10 && s[at + 9] == '+' &&
	    df_unhex(id, 4, s + at + 1, 8) == 0 &&
	    df_unbase64(&b, s + at + 10, n - at - 10) == 0 && b.n == 33 &&
	    b.s[0] == ED25519;
	if (ok) {
		memcpy(k->pk, b.s + 1, sizeof(k->pk));
		key_id(s, at, k, want);
		/* Weak points are refused as they are of every key. */
		df_pubkey_blob(k, &blob);
		ok = memcmp(id, want, sizeof(id)) == 0 &&
		    df_pubkey_parse_blob(k, blob.s, blob.n, NULL) == 0;
	}
	*nname = at;
	df_buf_release(&b);
	df_buf_release(&blob);
	return ok ? 0 : df_fail(e, DF_INPUT, "vkey.format",
	    "not a verifier key: NAME+8 hex digits+base64");
}

/* ---- notes ---- */

/* "DASH NAME BASE64", without LF. */
static int
parse_sig(struct df_note_sig *g, const char *s, size_t n)
{
	const size_t dash = sizeof(DASH) - 1;
	struct df_buf b = DF_BUF_INIT;
	const char *space;
	int r = -1;

	memset(g, 0, sizeof(*g));
	if (n < dash || memcmp(s, DASH, dash) != 0)
		return -1;
	s += dash;
	n -= dash;
	space = memchr(s, ' ', n);
	if (space == NULL || !name_ok(s, (size_t)(space - s)))
		return -1;
	g->name = s;
	g->nname = (size_t)(space - s);
	if (df_unbase64(&b, space + 1, n - g->nname - 1) == 0 && b.n > 4) {
		memcpy(g->id, b.s, 4);
		g->n = b.n - 4;
		if (g->n == sizeof(g->sig))
			memcpy(g->sig, b.s + 4, sizeof(g->sig));
		r = 0;
	}
	df_buf_release(&b);
	return r;
}

static int
malformed(const char *what, const char *why, struct df_err *e)
{
	return df_fail(e, DF_INPUT, "note.format", "%.300s: no signed note: "
	    "%s", what, why);
}

/* The empty line before the signatures is the last one. */
static size_t
text_end(const char *s, size_t n)
{
	size_t i;

	for (i = n; i > 1; i--)
		if (s[i - 1] == '\n' && s[i - 2] == '\n')
			return i - 1;
	return 0;
}

static int
text_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (((unsigned char)s[i] < 0x20 && s[i] != '\n') ||
		    s[i] == 0x7f)
			return 0;
	return df_utf8_bad(s, n) == n;
}

int
df_note_parse(struct df_note *n, const char *s, size_t len, const char *what,
    struct df_err *e)
{
	size_t at, cap = 0;
	const char *lf;

	memset(n, 0, sizeof(*n));
	if (len > DF_NOTE_MAX)
		return malformed(what, "it is too long", e);
	if (len == 0 || s[len - 1] != '\n' || !text_ok(s, len))
		return malformed(what, "it is not lines of UTF-8 text", e);
	n->text = s;
	n->n = at = text_end(s, len);
	if (at == 0 || at + 1 == len)
		return malformed(what, "no signature stands behind an empty "
		    "line", e);
	for (at++; at < len; at = (size_t)(lf - s) + 1) {
		lf = memchr(s + at, '\n', len - at);
		DF_GROW(n->sig, n->nsig, cap);
		if (n->nsig == DF_NOTE_SIGS || parse_sig(&n->sig[n->nsig++],
		    s + at, (size_t)(lf - s) - at) < 0) {
			df_note_release(n);
			return malformed(what, "a line of its signatures is "
			    "none", e);
		}
	}
	return 0;
}

void
df_note_release(struct df_note *n)
{
	free(n->sig);
	memset(n, 0, sizeof(*n));
}

int
df_note_verify(const struct df_note *n, const char *name, size_t nname,
    const struct df_pubkey *k)
{
	const struct df_note_sig *g;
	uint8_t id[4];
	size_t i;
	int found = 0;

	if (k->sk)
		return 0;
	key_id(name, nname, k, id);
	for (i = 0; i < n->nsig; i++) {
		g = &n->sig[i];
		if (g->nname != nname || memcmp(g->name, name, nname) != 0 ||
		    memcmp(g->id, id, sizeof(id)) != 0)
			continue;
		if (g->n != sizeof(g->sig) || df_ed25519_verify(k->pk,
		    n->text, n->n, g->sig, g->n) < 0)
			return -1;
		found = 1;
	}
	return found;
}

int
df_note_sign(struct df_buf *b, const struct df_buf *text, const char *name,
    struct df_key *k, struct df_err *e)
{
	uint8_t blob[4 + 64];

	if (!name_ok(name, strlen(name)) || text->n == 0 ||
	    text->s[text->n - 1] != '\n' || !text_ok(text->s, text->n))
		DF_BUG("note");
	if (df_key_raw(k, text->s, text->n, blob + 4, e) < 0)
		return -1;
	key_id(name, strlen(name), df_key_pub(k), blob);
	df_buf_add(b, text->s, text->n);
	df_buf_fmt(b, "\n" DASH "%s ", name);
	df_base64(b, blob, sizeof(blob));
	df_buf_ch(b, '\n');
	return 0;
}

/* ---- checkpoints ---- */

int
df_origin_check(const char *s, struct df_err *e)
{
	static const char *const not[] = { "SSHSIG", "DSSEv1" };
	size_t i, n = strlen(s);

	for (i = 0; i < DF_LEN(not); i++)
		if (strncmp(s, not[i], strlen(not[i])) == 0)
			return df_fail(e, DF_USAGE, "checkpoint.origin",
			    "an origin does not begin with %s: signatures of "
			    "that kind do", not[i]);
	return n <= DF_ORIGIN_MAX && name_ok(s, n) ? 0 : df_fail(e, DF_USAGE,
	    "checkpoint.origin", "an origin is 1 to %d bytes of UTF-8 without "
	    "space, control character and plus", DF_ORIGIN_MAX);
}

void
df_checkpoint_write(struct df_buf *b, const struct df_checkpoint *c)
{
	df_buf_fmt(b, "%.*s\n%llu\n", (int)c->norigin, c->origin,
	    (unsigned long long)c->size);
	df_base64(b, c->root.b, sizeof(c->root.b));
	df_buf_ch(b, '\n');
}

/* The line at *at, without LF; the text ends with one. */
static const char *
line(const struct df_note *n, size_t *at, size_t *len)
{
	const char *s = n->text + *at, *lf;

	if (*at == n->n)
		return NULL;
	lf = memchr(s, '\n', n->n - *at);
	*len = (size_t)(lf - s);
	*at += *len + 1;
	return s;
}

static int
parse_size(const char *s, size_t n, uint64_t *size)
{
	char buf[24];
	int64_t v;

	if (n >= sizeof(buf))
		return -1;
	memcpy(buf, s, n);
	buf[n] = '\0';
	if (df_number(buf, 0, INT64_MAX, &v) < 0)
		return -1;
	*size = (uint64_t)v;
	return 0;
}

int
df_checkpoint_parse(struct df_checkpoint *c, const struct df_note *n,
    const char *what, struct df_err *e)
{
	struct df_buf root = DF_BUF_INIT;
	size_t at = 0, len = 0;
	const char *s;
	int ok;

	memset(c, 0, sizeof(*c));
	c->origin = line(n, &at, &c->norigin);
	ok = c->norigin > 0;
	if (ok)
		ok = (s = line(n, &at, &len)) != NULL &&
		    parse_size(s, len, &c->size) == 0;
	if (ok)
		ok = (s = line(n, &at, &len)) != NULL && len == 44 &&
		    df_unbase64(&root, s, len) == 0 && root.n ==
		    sizeof(c->root.b);
	if (ok)
		memcpy(c->root.b, root.s, sizeof(c->root.b));
	while (ok && line(n, &at, &len) != NULL)
		ok = len > 0;		/* extensions */
	df_buf_release(&root);
	return ok ? 0 : df_fail(e, DF_INPUT, "checkpoint.format",
	    "%.300s: no checkpoint: origin, size and root are not its lines",
	    what);
}
