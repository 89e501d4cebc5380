#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "evidence/age.h"
#include "run/factory.h"
#include "run/head.h"
#include "sign.h"

/* One change of the directory. */
struct change {
	const struct df_trust_args *a;
	struct df_trust_files f;	/* what is there */
	struct df_trust was;
	struct df_buf signers, recipients;	/* what is to be */
	struct df_revoked rev;
	size_t nrev;
	jv data;			/* of the event */
};

void
df_sign_trust_dir(struct df_buf *b)
{
	if (df_args.trust && *df_args.trust)
		df_buf_str(b, df_args.trust);
	else
		df_trust_path(b);
	while (b->n > 1 && b->s[b->n - 1] == '/')
		df_buf_cut(b, b->n - 1);
}

/* ---- which key ---- */

static int
read_pub(const char *path, struct df_pubkey *k, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err why;
	int r;

	r = df_read_file(AT_FDCWD, path, &b, 16384, e);
	if (r == 0 && df_pubkey_parse(k, b.s, b.n, &why) < 0)
		r = df_fail(e, DF_INPUT, why.code, "%s: %s", path, why.msg);
	df_buf_release(&b);
	return r;
}

/* The one key that a principal has. */
static const struct df_signer *
only_key(const struct df_trust *t, const char *principal, struct df_err *e)
{
	const struct df_signer *g = NULL;
	size_t i, n = 0;

	for (i = 0; i < t->nsigner; i++)
		if (strcmp(t->signer[i].principal, principal) == 0 &&
		    df_trust_revoked(t, t->signer[i].fp) == NULL) {
			g = &t->signer[i];
			n++;
		}
	if (n == 1)
		return g;
	if (n)
		(void)df_fail(e, DF_INPUT, "trust.ambiguous",
		    "%.200s has %zu keys: name one by its fingerprint",
		    principal, n);
	else
		(void)df_fail(e, DF_NO, "trust.unlisted",
		    "no file, and no principal of the trust directory, is "
		    "called %.200s", principal);
	return NULL;
}

/* A listed key: by its file, its fingerprint or its principal. */
static const struct df_signer *
listed(struct change *c, const char *s, struct df_err *e)
{
	const struct df_signer *g;
	struct df_pubkey k;
	char fp[DF_FP_STR];

	if (strncmp(s, "SHA256:", 7) != 0 && access(s, F_OK) != 0 &&
	    strchr(s, '/') == NULL)
		return only_key(&c->was, s, e);
	if (strncmp(s, "SHA256:", 7) == 0)
		snprintf(fp, sizeof(fp), "%s", s);
	else if (read_pub(s, &k, e) < 0)
		return NULL;
	else
		(void)df_fingerprint(&k, fp);
	g = df_trust_find(&c->was, fp);
	if (g == NULL)
		(void)df_fail(e, DF_NO, "trust.unlisted",
		    "the trust directory does not list key %s", fp);
	return g;
}

/* ---- lines of the files ---- */

/* Line by line: entry is the number of the line's entry, or -1 when it is a
   comment. */
struct lines {
	const char *at, *end;
	const char *s;
	size_t n;
	long entry, next;
};

static int
line(struct lines *l)
{
	const char *lf;

	if (l->at == l->end)
		return 0;
	l->s = l->at;
	lf = memchr(l->s, '\n', (size_t)(l->end - l->s));
	l->n = (size_t)((lf ? lf : l->end) - l->s);
	l->at = lf ? lf + 1 : l->end;
	l->entry = l->n == 0 || *l->s == '#' ? -1 : l->next++;
	return 1;
}

static struct lines
lines_of(const struct df_buf *b)
{
	return (struct lines){ .at = b->s, .end = b->s + b->n };
}

static void
put_line(struct df_buf *b, const char *s, size_t n)
{
	df_buf_add(b, s, n);
	df_buf_ch(b, '\n');
}

/* allowed_signers without entry i, or, with before, with that bound on it. */
static void
edit_signer(struct change *c, size_t i, const char *before)
{
	static const char option[] = "valid-before=\"";
	struct lines l = lines_of(&c->f.signers);
	const char *quote, *was, *end, *options, *stop;

	df_buf_reset(&c->signers);
	while (line(&l)) {
		if (l.entry != (long)i) {
			put_line(&c->signers, l.s, l.n);
			continue;
		}
		if (before == NULL)
			continue;
		end = l.s + l.n;
		options = memchr(l.s, ' ', l.n);
		stop = options ? memchr(options + 1, ' ', (size_t)(end -
		    options) - 1) : NULL;
		if (stop == NULL)
			DF_BUG("entry without options");
		was = memmem(options, (size_t)(stop - options), option,
		    strlen(option));
		if (was) {
			quote = was + strlen(option);
			df_buf_add(&c->signers, l.s, (size_t)(quote - l.s));
			quote = memchr(quote, '"', (size_t)(stop - quote));
			stop = quote ? quote + 1 : stop;
		} else {
			df_buf_add(&c->signers, l.s, (size_t)(stop - l.s));
			df_buf_fmt(&c->signers, ",%s", option);
		}
		df_buf_fmt(&c->signers, "%s\"", before);
		put_line(&c->signers, stop, (size_t)(end - stop));
	}
}

static int
add_signer(struct change *c, const char *principal, const char *roles,
    const struct df_pubkey *k, struct df_err *e)
{
	char fp[DF_FP_STR];

	if (df_trust_revoked(&c->was, df_fingerprint(k, fp)))
		return df_fail(e, DF_REFUSED, "trust.revoked",
		    "key %s is revoked", fp);
	if (df_trust_find(&c->was, fp))
		return df_fail(e, DF_CONFLICT, "trust.listed",
		    "key %s is listed already", fp);
	if (c->signers.n && c->signers.s[c->signers.n - 1] != '\n')
		df_buf_ch(&c->signers, '\n');
	df_buf_fmt(&c->signers, "%s namespaces=\"%s\"", principal, roles);
	if (c->a->after)
		df_buf_fmt(&c->signers, ",valid-after=\"%s\"", c->a->after);
	return 0;
}

static void
end_signer(struct change *c, const struct df_pubkey *k)
{
	df_buf_ch(&c->signers, ' ');
	df_pubkey_str(k, &c->signers);
	df_buf_ch(&c->signers, '\n');
}

/* ---- the event ---- */

static jv
roles_json(unsigned roles)
{
	jv list = jv_array();
	int r;

	for (r = 0; r < DF_ROLES; r++)
		if (roles & DF_ROLE_BIT(r))
			list = jv_array_append(list, jv_string(df_role_name(
			    (enum df_role)r)));
	return list;
}

static void
about(struct change *c, const char *principal, unsigned roles,
    const struct df_pubkey *k)
{
	struct df_buf b = DF_BUF_INIT;
	char fp[DF_FP_STR];

	df_pubkey_str(k, &b);
	c->data = df_jset_str(c->data, "fingerprint", df_fingerprint(k, fp));
	c->data = df_jset_strn(c->data, "key", b.s, b.n);
	c->data = df_jset_str(c->data, "principal", principal);
	c->data = df_jset(c->data, "roles", roles_json(roles));
	df_buf_release(&b);
}

static void
about_recipient(struct change *c, const char *principal, unsigned roles,
    const char *key)
{
	c->data = df_jset_str(c->data, "key", key);
	c->data = df_jset_str(c->data, "principal", principal);
	c->data = df_jset(c->data, "roles", roles_json(roles));
}

struct search {
	const struct df_digest *record;
	int found;
};

static int
on_changed(void *arg, const struct df_digest *record)
{
	struct search *s = arg;

	s->found = s->found || df_digest_eq(record, s->record);
	return 0;
}

/* Say it in the factory's log, unless it stands there. */
static int
tell_factory(struct change *c, const char *action, const struct df_trust *t,
    struct df_key *root, struct df_err *e)
{
	struct search s = { &t->record, 0 };
	struct df_factory f;
	int r = df_factory_open(&f, df_args.factory, e);
	jv data;

	if (r <= 0)
		return r;
	r = df_factory_versions(&f, on_changed, &s, e);
	if (r == 0 && !s.found) {
		data = df_jset_str(jv_copy(c->data), "action", action);
		data = df_jset(data, "digest", df_digest_json(&t->record));
		data = df_jset_int(data, "version", (int64_t)t->version);
		r = df_factory_append(&f, "trust.changed", data, root,
		    DF_ROLE_ROOT, e);
	}
	df_factory_close(&f);
	return r;
}

/* ---- the verbs ---- */

static int
roles_of(const char *s, unsigned *roles, struct df_err *e)
{
	const char *comma;
	size_t n;
	int r;

	for (*roles = 0; ; s += n + 1) {
		comma = strchr(s, ',');
		n = comma ? (size_t)(comma - s) : strlen(s);
		r = df_role_parse(s, n);
		if (r < 0) {
			(void)df_fail(e, DF_INPUT, "trust.role",
			    "unknown role \"%.*s\"", n < 40 ? (int)n : 40, s);
			return df_hint(e, "roles are df-run, df-build, "
			    "df-holdout, df-approve, df-admin and df-root");
		}
		*roles |= DF_ROLE_BIT(r);
		if (comma == NULL)
			return 0;
	}
}

static int
add_key(struct change *c, char **operand, struct df_err *e)
{
	uint8_t pk[32];
	struct df_pubkey k;
	unsigned roles;
	const char *key = operand[2];

	if (df_principal_check(operand[0], e) < 0 || roles_of(operand[1],
	    &roles, e) < 0)
		return -1;
	if (strncmp(key, "age1", 4) == 0) {
		if (df_age_recipient_parse(key, strlen(key), pk, e) < 0)
			return -1;
		if (c->a->after || c->a->before)
			return df_fail(e, DF_USAGE, "trust.window",
			    "a recipient has no window");
		if (c->recipients.n && c->recipients.s[c->recipients.n - 1] !=
		    '\n')
			df_buf_ch(&c->recipients, '\n');
		df_buf_fmt(&c->recipients, "# %s namespaces=\"%s\"\n%s\n",
		    operand[0], operand[1], key);
		about_recipient(c, operand[0], roles, key);
		return 0;
	}
	if (read_pub(key, &k, e) < 0 || add_signer(c, operand[0], operand[1],
	    &k, e) < 0)
		return -1;
	if (c->a->before)
		df_buf_fmt(&c->signers, ",valid-before=\"%s\"", c->a->before);
	end_signer(c, &k);
	about(c, operand[0], roles, &k);
	return 0;
}

/* The recipient and the line before it, which says whose it is. */
static int
remove_recipient(struct change *c, const char *key, struct df_err *e)
{
	struct lines l = lines_of(&c->f.recipients);
	const struct df_recipient *g;
	size_t from = 0, last = 0, found = 0;

	df_buf_reset(&c->recipients);
	while (line(&l)) {
		from = c->recipients.n;
		if (l.entry >= 0 && l.n == strlen(key) && memcmp(l.s, key,
		    l.n) == 0) {
			g = &c->was.recipient[l.entry];
			about_recipient(c, g->principal, g->roles, key);
			df_buf_cut(&c->recipients, last);
			found = 1;
			continue;
		}
		put_line(&c->recipients, l.s, l.n);
		last = from;
	}
	return found ? 0 : df_fail(e, DF_NO, "trust.unlisted",
	    "the trust directory does not list recipient %.80s", key);
}

static int
take_out(struct change *c, const char *key, struct df_err *e)
{
	const struct df_signer *g;

	if (strncmp(key, "age1", 4) == 0)
		return remove_recipient(c, key, e);
	g = listed(c, key, e);
	if (g == NULL)
		return -1;
	edit_signer(c, (size_t)(g - c->was.signer), NULL);
	about(c, g->principal, g->roles, &g->key);
	return 0;
}

/* A new key with the principal and the roles of g. */
static int
replace(struct change *c, const struct df_signer *g, const char *path,
    char fp[DF_FP_STR], struct df_err *e)
{
	struct df_buf roles = DF_BUF_INIT;
	struct df_pubkey k;
	int r, ret;

	for (r = 0; r < DF_ROLES; r++)
		if (g->roles & DF_ROLE_BIT(r))
			df_buf_fmt(&roles, "%s%s", roles.n ? "," : "",
			    df_role_name((enum df_role)r));
	ret = read_pub(path, &k, e);
	if (ret == 0)
		ret = add_signer(c, g->principal, roles.s, &k, e);
	if (ret == 0) {
		end_signer(c, &k);
		c->data = df_jset_str(c->data, "replaced_by",
		    df_fingerprint(&k, fp));
	}
	df_buf_release(&roles);
	return ret;
}

/* The roster's form of an instant: YYYYMMDDhhmmssZ. */
static void
compact(int64_t ms, char out[DF_TIME_STR])
{
	char t[DF_TIME_STR];
	size_t i, n = 0;

	(void)df_time_str(ms - ms % 1000, t);
	for (i = 0; t[i]; i++)
		if (strchr("-:T", t[i]) == NULL)
			out[n++] = t[i];
	out[n] = '\0';
}

static int
rotate_key(struct change *c, char **operand, struct df_err *e)
{
	const struct df_signer *g = listed(c, operand[0], e);
	char now[DF_TIME_STR], fp[DF_FP_STR];

	if (g == NULL)
		return -1;
	if (df_trust_revoked(&c->was, g->fp))
		return df_fail(e, DF_REFUSED, "trust.revoked",
		    "key %s is revoked", g->fp);
	compact(df_now_ms(), now);
	edit_signer(c, (size_t)(g - c->was.signer), c->a->before ?
	    c->a->before : now);
	about(c, g->principal, g->roles, &g->key);
	return replace(c, g, operand[1], fp, e);
}

static int
revoke_key(struct change *c, char **operand, size_t n, struct df_err *e)
{
	const struct df_signer *g;
	struct df_revoked *v = &c->rev;
	struct df_pubkey k;
	char fp[DF_FP_STR];

	/* A key that was removed can be revoked by its file. */
	if (strncmp(operand[0], "SHA256:", 7) != 0 && access(operand[0],
	    F_OK) == 0 && read_pub(operand[0], &k, e) == 0 &&
	    df_trust_find(&c->was, df_fingerprint(&k, fp)) == NULL) {
		g = NULL;
		v->key = k;
	} else {
		g = listed(c, operand[0], e);
		if (g == NULL)
			return -1;
		v->key = g->key;
	}
	if (df_trust_revoked(&c->was, df_fingerprint(&v->key, fp)))
		return df_fail(e, DF_CONFLICT, "trust.revoked",
		    "key %s is revoked already", fp);
	if (g)
		about(c, g->principal, g->roles, &g->key);
	else
		c->data = df_jset_str(c->data, "fingerprint", fp);
	v->reason = (char *)(uintptr_t)c->a->message;
	if (c->a->suspect < 0)
		df_note("nothing stands that key %s has signed; --suspect-from "
		    "SEQ keeps what the factory's log has anchored before", fp);
	v->from = c->a->suspect < 0 ? 0 : (uint64_t)c->a->suspect;
	c->nrev = 1;
	c->data = df_jset_str(c->data, "reason", v->reason);
	c->data = df_jset_int(c->data, "suspect_from_seq", (int64_t)v->from);
	if (n < 2)
		return 0;
	return g ? replace(c, g, operand[1], v->by, e) : df_fail(e, DF_NO,
	    "trust.unlisted", "key %s is not listed: nothing is in its place",
	    fp);
}

static int
apply(struct change *c, const char *action, char **operand, size_t n,
    struct df_err *e)
{
	char root[DF_FP_STR];

	df_buf_add(&c->signers, c->f.signers.s, c->f.signers.n);
	df_buf_add(&c->recipients, c->f.recipients.s, c->f.recipients.n);
	if (strcmp(action, "signed") == 0)
		return 0;
	if (df_trust_files_check(&c->f, NULL, &c->was, root, e) < 0 ||
	    df_trust_seen(&c->was, root, e) < 0) {
		if (e->hint[0] == '\0')
			(void)df_hint(e, "df-sign trust signs an edited "
			    "directory");
		return -1;
	}
	if (strcmp(action, "add") == 0)
		return add_key(c, operand, e);
	if (strcmp(action, "remove") == 0)
		return take_out(c, operand[0], e);
	if (strcmp(action, "rotate") == 0)
		return rotate_key(c, operand, e);
	return revoke_key(c, operand, n, e);
}

static void
say(const char *dir, const char *root, const struct df_trust *t)
{
	jv v;

	df_note("version %llu", (unsigned long long)t->version);
	if (!df_args.json) {
		df_out(root);
		return;
	}
	v = df_jset_str(df_jset_str(jv_object(), "root", root), "trust", dir);
	df_out_json(df_jset_int(v, "version", (int64_t)t->version));
}

static int
change_dir(struct change *c, const char *action, const char *path,
    char **operand, size_t n, struct df_err *e)
{
	struct df_trust t = { 0 };
	struct df_key *root;
	char fp[DF_FP_STR];
	int dir, r;

	root = df_sign_key(DF_ROLE_ROOT, e);
	if (root == NULL)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		r = df_fail_errno(e, DF_INPUT, "trust.open",
		    "cannot open trust directory %s", path);
	else
		r = df_lock(dir, 1, "trust directory", e);
	if (r == 0)
		r = df_trust_files_read(&c->f, path, e);
	if (r == 0)
		r = apply(c, action, operand, n, e);
	if (r == 0)
		r = df_trust_write(dir, &c->signers, &c->recipients, &c->rev,
		    c->nrev, root, &t, e);
	if (r == 0)
		r = tell_factory(c, action, &t, root, e);
	if (r == 0)
		say(path, df_fingerprint(df_key_pub(root), fp), &t);
	if (dir >= 0)
		close(dir);
	df_trust_release(&t);
	df_key_free(root);
	return r;
}

int
df_sign_change(const char *action, const struct df_trust_args *a,
    char **operand, size_t n, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	struct change c = { .a = a, .signers = DF_BUF_INIT, .recipients =
	    DF_BUF_INIT, .data = jv_object() };
	int r;

	df_sign_trust_dir(&path);
	df_trust_files_init(&c.f);
	r = change_dir(&c, action, path.s, operand, n, e);
	jv_free(c.data);
	df_buf_release(&c.signers);
	df_buf_release(&c.recipients);
	df_trust_release(&c.was);
	df_trust_files_release(&c.f);
	df_buf_release(&path);
	return r;
}

/* ---- show ---- */

static const char *
time_or(int64_t ms, char out[DF_TIME_STR])
{
	return ms ? df_time_str(ms - ms % 1000, out) : "-";
}

static void
show_one(const struct df_trust *t, const struct df_signer *g, int64_t now)
{
	const struct df_revoked *v = df_trust_revoked(t, g->fp);
	const char *state = v ? "revoked" : g->before && now > g->before ?
	    "expired" : g->after && now < g->after ? "not yet" : "valid";
	char after[DF_TIME_STR], before[DF_TIME_STR], roles[128] = "";
	size_t n = 0;
	int r;
	jv o;

	for (r = 0; r < DF_ROLES; r++)
		if (g->roles & DF_ROLE_BIT(r))
			n += (size_t)snprintf(roles + n, sizeof(roles) - n,
			    "%s%s", n ? "," : "", df_role_name(
			    (enum df_role)r));
	if (!df_args.json) {
		df_out_row((const char *const[]) { g->fp, g->principal, roles,
		    time_or(g->after, after), time_or(g->before, before),
		    state }, 6);
		return;
	}
	o = df_jset_str(jv_object(), "fingerprint", g->fp);
	o = df_jset_str(o, "principal", g->principal);
	o = df_jset(o, "roles", roles_json(g->roles));
	if (g->after)
		o = df_jset_str(o, "after", time_or(g->after, after));
	if (g->before)
		o = df_jset_str(o, "before", time_or(g->before, before));
	df_out_json(df_jset_str(o, "state", state));
}

static void
show_revoked(const struct df_revoked *v)
{
	char seq[24];
	jv o;

	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)v->from);
	if (!df_args.json) {
		df_out_row((const char *const[]) { "revoked", v->fp, seq,
		    v->by[0] ? v->by : "-", v->reason }, 5);
		return;
	}
	o = df_jset_str(jv_object(), "reason", v->reason);
	o = df_jset_str(o, "revoked", v->fp);
	if (v->by[0])
		o = df_jset_str(o, "replaced_by", v->by);
	df_out_json(df_jset_int(o, "suspect_from_seq", (int64_t)v->from));
}

int
df_sign_show(struct df_err *e)
{
	struct df_trust_files f;
	struct df_trust t = { 0 };
	char root[DF_FP_STR], hex[DF_DIGEST_STR] = "-", version[24];
	int64_t now = df_now_ms();
	size_t i;
	int r;
	jv o;

	df_trust_files_init(&f);
	r = df_trust_usual(&f, &t, root, e);
	if (r == 0) {
		if (t.version)
			(void)df_digest_str(&t.record, hex);
		snprintf(version, sizeof(version), "%llu",
		    (unsigned long long)t.version);
		o = df_jset_str(jv_object(), "root", root);
		if (t.version)
			o = df_jset_str(o, "record", hex);
		o = df_jset_int(o, "version", (int64_t)t.version);
		if (df_args.json)
			df_out_json(jv_copy(o));
		else
			df_out_row((const char *const[]) { "version", version,
			    hex, root }, 4);
		jv_free(o);
		for (i = 0; i < t.nsigner; i++)
			show_one(&t, &t.signer[i], now);
		for (i = 0; i < t.nrevoked; i++)
			show_revoked(&t.revoked[i]);
	}
	df_trust_release(&t);
	df_trust_files_release(&f);
	return r;
}
