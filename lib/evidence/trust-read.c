#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "evidence/age.h"
#include "evidence/trust.h"

#define FILE_BYTES ((size_t)1 << 20)
#define LINE_BYTES ((size_t)8 << 10)
#define ENTRIES_MAX 10000
#define PRINCIPAL_MAX 200

/* ---- lines ---- */

struct reader {
	const char *next, *end;		/* of the file */
	const char *s, *eol;		/* the line, without LF */
	size_t no;
	const char *what;
	struct df_err *e;
};

static int bad(struct reader *r, const char *fmt, ...) DF_PRINTF(2, 3);

static int
bad(struct reader *r, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return df_fail(r->e, DF_INPUT, "trust.syntax", "%s:%zu: %s", r->what,
	    r->no, why);
}

static int
open_text(struct reader *r, const char *s, size_t n, const char *what,
    struct df_err *e)
{
	memset(r, 0, sizeof(*r));
	r->next = s;
	r->end = s + n;
	r->what = what;
	r->e = e;
	if (n > FILE_BYTES)
		return df_fail(e, DF_INPUT, "trust.size",
		    "%s is larger than %zu bytes", what, FILE_BYTES);
	return 0;
}

/* 1: a line; 0: no more; -1: one that nobody may write. */
static int
line(struct reader *r)
{
	const char *p;

	if (r->next == r->end)
		return 0;
	r->no++;
	r->s = r->next;
	r->eol = memchr(r->s, '\n', (size_t)(r->end - r->s));
	if (r->eol == NULL)
		r->eol = r->end;
	r->next = r->eol == r->end ? r->end : r->eol + 1;
	if ((size_t)(r->eol - r->s) > LINE_BYTES)
		return bad(r, "line is longer than %zu bytes", LINE_BYTES);
	for (p = r->s; p < r->eol; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return bad(r, "%s in column %zu", *p == '\r' ?
			    "carriage return" : *p == '\t' ? "tab" :
			    *p == '\0' ? "NUL" : "control character",
			    (size_t)(p - r->s) + 1);
	return 1;
}

static int
comment(const struct reader *r)
{
	return r->s == r->eol || *r->s == '#';
}

/* How many lines are neither comments nor empty; errors are left for the
   second reading. */
static size_t
entries(struct reader r)
{
	struct df_err ignore;
	size_t n = 0;
	int k;

	r.e = &ignore;
	while ((k = line(&r)) != 0)
		if (k > 0 && !comment(&r))
			n++;
	return n;
}

/* The line of entry n, counted from 0. */
static size_t
line_of(struct reader r, size_t n)
{
	while (line(&r) > 0)
		if (!comment(&r) && n-- == 0)
			break;
	return r.no;
}

/* ---- the parts of a line ---- */

static int
word_ch(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* Why s is no principal: PERSON or PERSON+ROLE.  0 when it is one. */
static int
principal_fault(const char *s, size_t n, char why[200])
{
	const char *plus = n ? memchr(s, '+', n) : NULL;
	size_t i;

	*why = '\0';
	if (n == 0)
		snprintf(why, 200, "no principal at the start of the line");
	else if (s[0] == '-' || s[0] == '@' || s[0] == '.')
		snprintf(why, 200, "principal begins with %c", s[0]);
	else if (n > PRINCIPAL_MAX)
		snprintf(why, 200, "principal is longer than %d bytes",
		    PRINCIPAL_MAX);
	else if (plus == s || plus == s + n - 1)
		snprintf(why, 200, "principal is PERSON or PERSON+ROLE");
	for (i = 0; i < n && *why == '\0'; i++)
		if (!word_ch(s[i]) && s[i] != '+' && s[i] != '@')
			snprintf(why, 200, "\"%c\" in a principal: it is one "
			    "literal name of [A-Za-z0-9._-], @ and +", s[i]);
		else if (plus && s + i > plus && !word_ch(s[i]))
			snprintf(why, 200, "principal has more than one role "
			    "behind the person");
	return *why != '\0';
}

static int
principal(struct reader *r, const char *s, size_t n)
{
	char why[200];

	return principal_fault(s, n, why) ? bad(r, "%s", why) : 0;
}

int
df_principal_check(const char *s, struct df_err *e)
{
	char why[200];

	return principal_fault(s, strlen(s), why) ? df_fail(e, DF_INPUT,
	    "trust.syntax", "%s", why) : 0;
}

static int
namespaces(struct reader *r, const char *s, size_t n, unsigned *roles)
{
	const char *end = s + n, *q;
	int role;

	for (;;) {
		q = memchr(s, ',', (size_t)(end - s));
		if (q == NULL)
			q = end;
		role = df_role_parse(s, (size_t)(q - s));
		if (role < 0) {
			bad(r, "unknown role \"%.*s\" in namespaces",
			    (int)(q - s < 40 ? q - s : 40), s);
			return df_hint(r->e, "roles are df-run, df-build, "
			    "df-holdout, df-approve, df-admin and df-root, "
			    "without wildcards");
		}
		if (*roles & DF_ROLE_BIT(role))
			return bad(r, "role %s is named twice",
			    df_role_name((enum df_role)role));
		*roles |= DF_ROLE_BIT(role);
		if (q == end)
			return 0;
		s = q + 1;
	}
}

/* YYYYMMDDZ, YYYYMMDDhhmmZ or YYYYMMDDhhmmssZ. */
static int
instant(struct reader *r, const char *s, size_t n, int64_t *ms)
{
	static const char form[] = "YYYY-MM-DDThh:mm:ssZ";
	char t[sizeof(form)] = "0000-00-00T00:00:00Z";
	size_t i, k;

	if (n && s[n - 1] != 'Z') {
		bad(r, "time \"%.*s\" has no Z", (int)(n < 24 ? n : 24), s);
		return df_hint(r->e, "without Z it would mean another instant "
		    "on another machine");
	}
	if (n == 9 || n == 13 || n == 15) {
		for (i = k = 0; i < n - 1; i++, k++) {
			if (form[k] == '-' || form[k] == 'T' ||
			    form[k] == ':')
				k++;
			t[k] = s[i];
		}
		if (df_time_parse(t, sizeof(t) - 1, ms) == 0 && *ms > 0)
			return 0;
	}
	return bad(r, "\"%.*s\" is not a time", (int)(n < 24 ? n : 24), s);
}

static int
unknown_option(struct reader *r, const char *s, size_t n)
{
	static const char *const known[] = { "namespaces", "valid-after",
	    "valid-before" };
	char name[24];
	const char *near;

	snprintf(name, sizeof(name), "%.*s", (int)(n < 23 ? n : 23), s);
	if (strncmp(name, "ssh-", 4) == 0 || strncmp(name, "sk-", 3) == 0 ||
	    strncmp(name, "ecdsa-", 6) == 0) {
		bad(r, "no namespaces= before the key");
		return df_hint(r->e, "a key without namespaces= may sign as "
		    "anything; name its roles");
	}
	bad(r, "option \"%s\" is not allowed here", name);
	near = df_suggest(name, known, DF_LEN(known));
	if (near)
		return df_hint(r->e, "did you mean %s?", near);
	return -1;
}

/* name="value": step over it. */
static int
option(struct reader *r, const char **at, const char **name, size_t *len,
    const char **value, size_t *vlen)
{
	const char *s = *at;

	*name = s;
	while (s < r->eol && *s != '=' && *s != ',' && *s != ' ' && *s != '"')
		s++;
	*len = (size_t)(s - *name);
	if (s == r->eol || *s != '=')
		return unknown_option(r, *name, *len);
	if (++s == r->eol || *s != '"')
		return bad(r, "the value of an option is not quoted");
	*value = ++s;
	s = memchr(s, '"', (size_t)(r->eol - s));
	if (s == NULL)
		return bad(r, "quotation without end");
	*vlen = (size_t)(s - *value);
	*at = s + 1;
	return 0;
}

static int
is(const char *s, size_t n, const char *lit)
{
	return strlen(lit) == n && memcmp(s, lit, n) == 0;
}

/* The options at *at, up to what follows the space behind them; after and
   before may be NULL: no window is allowed. */
static int
options(struct reader *r, const char **at, unsigned *roles, int64_t *after,
    int64_t *before)
{
	const char *name = NULL, *value = NULL;
	size_t len = 0, vlen = 0;
	int64_t *t;

	for (;;) {
		if (option(r, at, &name, &len, &value, &vlen) < 0)
			return -1;
		if (is(name, len, "namespaces")) {
			if (*roles)
				return bad(r, "namespaces= occurs twice");
			if (namespaces(r, value, vlen, roles) < 0)
				return -1;
		} else if (after && (is(name, len, "valid-after") ||
		    is(name, len, "valid-before"))) {
			t = len == strlen("valid-after") ? after : before;
			if (*t)
				return bad(r, "%.*s= occurs twice", (int)len,
				    name);
			if (instant(r, value, vlen, t) < 0)
				return -1;
		} else {
			return unknown_option(r, name, len);
		}
		if (*at == r->eol || **at == ' ')
			break;
		if (**at != ',')
			return bad(r, "expected , or space behind an option");
		++*at;
	}
	if (*roles == 0)
		return bad(r, "no namespaces=");
	return 0;
}

/* ---- allowed_signers ---- */

static int
signer_line(struct reader *r, struct df_trust *t, struct df_signer *g)
{
	const char *s = r->s, *sp;
	struct df_err why;

	sp = memchr(s, ' ', (size_t)(r->eol - s));
	if (sp == NULL)
		return bad(r, "expected PRINCIPAL OPTIONS KEYTYPE KEY");
	if (principal(r, s, (size_t)(sp - s)) < 0)
		return -1;
	g->principal = df_arena_str(&t->arena, s, (size_t)(sp - s));
	s = sp + 1;
	if (options(r, &s, &g->roles, &g->after, &g->before) < 0)
		return -1;
	if (g->after && g->before && g->before <= g->after)
		return bad(r, "valid-before is not later than valid-after");
	if (g->before)
		g->before += 999;	/* all of the last second */
	if (s == r->eol)
		return bad(r, "no key behind the options");
	s++;
	if (df_pubkey_parse(&g->key, s, (size_t)(r->eol - s), &why) < 0)
		return bad(r, "%s", why.msg);
	df_fingerprint(&g->key, g->fp);
	return 0;
}

int
df_trust_signers(struct df_trust *t, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	struct reader r, start;
	struct df_signer *g;
	size_t count, was;
	int k;

	if (open_text(&r, s, n, what, e) < 0)
		return -1;
	start = r;
	count = entries(r);
	if (count > ENTRIES_MAX)
		return df_fail(e, DF_INPUT, "trust.size",
		    "%s has %zu keys; at most %d are read", what, count,
		    ENTRIES_MAX);
	t->signer = df_arena_alloc(&t->arena,
	    (count + 1) * sizeof(*t->signer));
	t->nsigner = 0;
	while ((k = line(&r)) > 0) {
		if (comment(&r))
			continue;
		g = &t->signer[t->nsigner];
		if (signer_line(&r, t, g) < 0)
			return -1;
		was = df_map_set(&t->by_fp, g->fp, strlen(g->fp),
		    t->nsigner++);
		if (was != DF_MAP_NONE)
			return bad(&r, "the key is already on line %zu",
			    line_of(start, was));
	}
	return k;
}

/* ---- recipients ---- */

/* "# PRINCIPAL namespaces="..."", the line before a key. */
static int
owner_line(struct reader *r, struct df_trust *t, struct df_recipient *g)
{
	const char *s = r->s + 2, *sp;

	if (r->eol - r->s < 2 || r->s[1] != ' ')
		return bad(r, "expected \"# PRINCIPAL namespaces=...\" before "
		    "a recipient");
	sp = memchr(s, ' ', (size_t)(r->eol - s));
	if (sp == NULL)
		sp = r->eol;
	if (principal(r, s, (size_t)(sp - s)) < 0)
		return -1;
	g->principal = df_arena_str(&t->arena, s, (size_t)(sp - s));
	if (sp == r->eol)
		return bad(r, "no namespaces=");
	s = sp + 1;
	if (options(r, &s, &g->roles, NULL, NULL) < 0)
		return -1;
	return s == r->eol ? 0 : bad(r, "something follows the namespaces");
}

int
df_trust_recipients(struct df_trust *t, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	struct reader r, start, owner = { 0 };
	struct df_map seen = { 0 };
	struct df_recipient *g;
	struct df_err why;
	size_t count, was;
	int k, ret = -1;

	if (open_text(&r, s, n, what, e) < 0)
		return -1;
	start = r;
	count = entries(r);
	if (count > ENTRIES_MAX)
		return df_fail(e, DF_INPUT, "trust.size",
		    "%s has %zu keys; at most %d are read", what, count,
		    ENTRIES_MAX);
	t->recipient = df_arena_alloc(&t->arena,
	    (count + 1) * sizeof(*t->recipient));
	t->nrecipient = 0;
	while ((k = line(&r)) > 0) {
		if (comment(&r)) {
			owner = r;
			continue;
		}
		g = &t->recipient[t->nrecipient];
		if (df_age_recipient_parse(r.s, (size_t)(r.eol - r.s), g->pk,
		    &why) < 0) {
			bad(&r, "%s", why.msg);
			goto out;
		}
		if (owner.s == NULL || owner.s == owner.eol ||
		    owner.no + 1 != r.no) {
			bad(&r, "no \"# PRINCIPAL namespaces=...\" on the "
			    "line before");
			goto out;
		}
		if (owner_line(&owner, t, g) < 0)
			goto out;
		was = df_map_set(&seen, (const char *)g->pk, sizeof(g->pk),
		    t->nrecipient++);
		if (was != DF_MAP_NONE) {
			bad(&r, "the recipient is already on line %zu",
			    line_of(start, was));
			goto out;
		}
	}
	ret = k;
out:
	df_map_release(&seen);
	return ret;
}
