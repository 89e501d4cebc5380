#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "evidence/age-internal.h"

#define BEGIN_AGE "-----BEGIN AGE ENCRYPTED FILE-----"
#define END_AGE "-----END AGE ENCRYPTED FILE-----"
#define HEADER_MAX ((size_t)1 << 20)
#define STANZAS_MAX 4096
#define COLUMNS 64

/* ---- armor ---- */

static int
space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
bad_armor(size_t no, const char *why, struct df_err *e)
{
	return df_fail(e, DF_INPUT, "age.armor", "age armor, line %zu: %s",
	    no, why);
}

/* The next line without its LF or CRLF. */
static const char *
next_line(const char **at, const char *end, size_t *len)
{
	const char *s = *at, *eol = memchr(s, '\n', (size_t)(end - s));

	*at = eol ? eol + 1 : end;
	if (eol == NULL)
		eol = end;
	if (eol > s && eol[-1] == '\r')
		eol--;
	*len = (size_t)(eol - s);
	return s;
}

static int
is(const char *s, size_t n, const char *lit)
{
	return n == strlen(lit) && memcmp(s, lit, n) == 0;
}

/* s begins at the BEGIN line and ends behind the last visible byte. */
static int
dearmor(const char *s, const char *end, struct df_buf *out, struct df_err *e)
{
	const char *l;
	size_t len, no = 1;
	int last = 0;

	l = next_line(&s, end, &len);
	if (!is(l, len, BEGIN_AGE))
		return bad_armor(no, "not " BEGIN_AGE, e);
	df_buf_room(out, (size_t)(end - s) / 4 * 3);
	for (;;) {
		no++;
		if (s == end)
			return bad_armor(no, "no " END_AGE, e);
		l = next_line(&s, end, &len);
		if (is(l, len, END_AGE))
			break;
		if (last)
			return bad_armor(no, "a short line was not the last",
			    e);
		if (len == 0 || len > COLUMNS)
			return bad_armor(no, "not of 1 to 64 columns", e);
		if (df_unbase64(out, l, len) < 0)
			return bad_armor(no, "not canonical base64", e);
		last = len < COLUMNS || l[len - 1] == '=';
	}
	return s == end ? 0 : bad_armor(no + 1, "something follows", e);
}

int
df_age_view(struct df_age_view *v, const void *p, size_t n, struct df_err *e)
{
	const char *s = p, *end, *t;

	df_buf_init(&v->plain);
	v->p = n ? p : (const void *)"";
	v->n = n;
	if (n == 0)
		return 0;
	end = s + n;
	for (t = s; t < end && space(*t); t++)
		continue;
	if (end - t < 5 || memcmp(t, "-----", 5) != 0)
		return 0;
	while (space(end[-1]))
		end--;
	if (t > s && t[-1] != '\n')
		return bad_armor(1, "does not begin a line", e);
	if (dearmor(t, end, &v->plain, e) < 0) {
		df_buf_release(&v->plain);
		return -1;
	}
	v->p = (uint8_t *)v->plain.s;
	v->n = v->plain.n;
	return 0;
}

/* ---- header ---- */

struct reader {
	const char *s, *end;
	size_t no;
	struct df_err *e;
};

static int
bad(struct reader *r, const char *why)
{
	return df_fail(r->e, DF_INPUT, "age.header",
	    "age header, line %zu: %s", r->no, why);
}

static int
line(struct reader *r, const char **l, size_t *n)
{
	const char *eol = r->s == r->end ? NULL :
	    memchr(r->s, '\n', (size_t)(r->end - r->s));

	r->no++;
	if (eol == NULL)
		return bad(r, "the header ends early or is too long");
	*l = r->s;
	*n = (size_t)(eol - r->s);
	r->s = eol + 1;
	return 0;
}

static int
unbase64_32(const char *s, size_t n, uint8_t out[32])
{
	struct df_buf b = DF_BUF_INIT;
	int r = n == 43 && df_unbase64_nopad(&b, s, n) == 0 ? 0 : -1;

	if (r == 0)
		memcpy(out, b.s, 32);
	df_buf_release(&b);
	return r;
}

/* Lines of 64 columns and one shorter line, which may be empty. */
static int
stanza_body(struct reader *r, struct df_buf *body)
{
	const char *l = NULL;
	size_t n = 0;

	df_buf_reset(body);
	do {
		if (line(r, &l, &n) < 0)
			return -1;
		if (n > COLUMNS)
			return bad(r, "more than 64 columns");
		if (df_unbase64_nopad(body, l, n) < 0)
			return bad(r, "not canonical base64");
	} while (n == COLUMNS);
	return 0;
}

/* Arguments are visible ASCII, one space between them. */
static int
args_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((s[i] == ' ' && (i == 0 || s[i - 1] == ' ')) ||
		    s[i] < ' ' || s[i] > '~')
			return 0;
	return n && s[n - 1] != ' ';
}

static int
stanza(struct reader *r, struct df_age_header *h, const char *args, size_t n,
    struct df_buf *body, int *scrypt)
{
	static const char x25519[] = "X25519 ";
	const char *sp;
	struct df_age_stanza *x;

	if (h->nx + h->other == STANZAS_MAX)
		return bad(r, "too many stanzas");
	if (!args_ok(args, n))
		return bad(r, "malformed arguments");
	sp = memchr(args, ' ', n);
	if (is(args, sp ? (size_t)(sp - args) : n, "scrypt"))
		*scrypt = 1;
	if (!is(args, sp ? (size_t)(sp - args) : n, "X25519")) {
		h->other++;
		return stanza_body(r, body);
	}
	DF_GROW(h->x, h->nx, h->cap);
	x = &h->x[h->nx++];
	if (n < strlen(x25519) || unbase64_32(args + strlen(x25519),
	    n - strlen(x25519), x->share) < 0)
		return bad(r, "X25519 takes one share of 32 bytes");
	if (stanza_body(r, body) < 0)
		return -1;
	if (body->n != sizeof(x->body))
		return bad(r, "the body of X25519 is not of 32 bytes");
	memcpy(x->body, body->s, sizeof(x->body));
	return 0;
}

static int
parse_header(struct df_age_header *h, const struct df_age_view *v,
    struct df_buf *body, struct df_err *e)
{
	struct reader r = { .e = e };
	int scrypt = 0;
	const char *l;
	size_t n;

	r.s = (const char *)v->p;
	r.end = r.s + (v->n < HEADER_MAX ? v->n : HEADER_MAX);
	if (line(&r, &l, &n) < 0)
		return -1;
	if (!is(l, n, DF_AGE_VERSION))
		return bad(&r, "not " DF_AGE_VERSION);
	for (;;) {
		if (line(&r, &l, &n) < 0)
			return -1;
		if (n < 3 || memcmp(l, "-> ", 3) != 0)
			break;
		if (stanza(&r, h, l + 3, n - 3, body, &scrypt) < 0)
			return -1;
	}
	if (n < 4 || memcmp(l, "--- ", 4) != 0)
		return bad(&r, "neither a stanza nor the end of the header");
	if (unbase64_32(l + 4, n - 4, h->mac) < 0)
		return bad(&r, "malformed MAC");
	if (h->nx + h->other == 0)
		return bad(&r, "no stanza");
	if (scrypt && h->nx + h->other > 1)
		return bad(&r, "a passphrase among other recipients");
	h->covered = (size_t)(l - (const char *)v->p) + 3;
	h->size = (size_t)(r.s - (const char *)v->p);
	return 0;
}

int
df_age_header(struct df_age_header *h, const struct df_age_view *v,
    struct df_err *e)
{
	struct df_buf body = DF_BUF_INIT;
	int r;

	memset(h, 0, sizeof(*h));
	r = parse_header(h, v, &body, e);
	df_buf_release(&body);
	return r;
}

int
df_age_stanzas(const void *p, size_t n, size_t *x25519, size_t *other,
    struct df_err *e)
{
	struct df_age_header h;
	struct df_age_view v;
	int r;

	if (df_age_view(&v, p, n, e) < 0)
		return -1;
	r = df_age_header(&h, &v, e);
	*x25519 = h.nx;
	*other = h.other;
	free(h.x);
	df_buf_release(&v.plain);
	return r;
}
