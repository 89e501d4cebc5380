#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/opt.h"
#include "evidence/age.h"
#include "evidence/trust.h"

static const char *const role_name[DF_ROLES] = { "df-run", "df-build",
    "df-holdout", "df-approve", "df-admin", "df-root" };

const char *
df_role_name(enum df_role r)
{
	return role_name[r];
}

int
df_role_parse(const char *s, size_t n)
{
	int r;

	for (r = 0; r < DF_ROLES; r++)
		if (strlen(role_name[r]) == n &&
		    memcmp(role_name[r], s, n) == 0)
			return r;
	return -1;
}

size_t
df_person_len(const char *principal)
{
	return strcspn(principal, "+");
}

int
df_same_person(const char *a, const char *b)
{
	size_t n = df_person_len(a);

	return n == df_person_len(b) && memcmp(a, b, n) == 0;
}

void
df_trust_release(struct df_trust *t)
{
	df_map_release(&t->by_fp);
	df_map_release(&t->revoked_fp);
	df_arena_release(&t->arena);
	memset(t, 0, sizeof(*t));
}

/* ---- asking ---- */

const struct df_signer *
df_trust_find(const struct df_trust *t, const char *fp)
{
	size_t i = df_map_get(&t->by_fp, fp, strlen(fp));

	return i == DF_MAP_NONE ? NULL : &t->signer[i];
}

const struct df_revoked *
df_trust_revoked(const struct df_trust *t, const char *fp)
{
	size_t i = df_map_get(&t->revoked_fp, fp, strlen(fp));

	return i == DF_MAP_NONE ? NULL : &t->revoked[i];
}

const struct df_signer *
df_trust_may(const struct df_trust *t, const char *fp, enum df_role role,
    int64_t ms, struct df_err *e)
{
	const struct df_signer *g = df_trust_find(t, fp);
	char now[DF_TIME_STR], bound[DF_TIME_STR];

	if (g == NULL) {
		df_fail(e, DF_AUTH, "trust.unknown",
		    "key %.60s is not in allowed_signers", fp);
		return NULL;
	}
	if (df_trust_revoked(t, fp)) {
		df_fail(e, DF_AUTH, "trust.revoked", "key %s is revoked", fp);
		return NULL;
	}
	if (!(g->roles & DF_ROLE_BIT(role))) {
		df_fail(e, DF_AUTH, "trust.role",
		    "key %s may not sign as %s", fp, df_role_name(role));
		return NULL;
	}
	if (ms && g->after && ms < g->after) {
		df_fail(e, DF_AUTH, "trust.window",
		    "key %s is valid from %s, not at %s", fp,
		    df_time_str(g->after, bound), df_time_str(ms, now));
		return NULL;
	}
	if (ms && g->before && ms > g->before) {
		df_fail(e, DF_AUTH, "trust.window",
		    "key %s was valid until %s, not at %s", fp,
		    df_time_str(g->before - 999, bound),
		    df_time_str(ms, now));
		return NULL;
	}
	return g;
}

/* ---- whose the files are ---- */

/* Which key signed the file as root; the signature is checked. */
static int
signed_by(const struct df_buf *file, const struct df_buf *sig,
    const char *what, struct df_pubkey *key, struct df_err *e)
{
	const char *root = df_role_name(DF_ROLE_ROOT);
	struct df_buf name = DF_BUF_INIT;
	struct df_sshsig s;
	struct df_err why;
	int r;

	if (sig->n == 0)
		return df_fail(e, DF_AUTH, "trust.unsigned",
		    "%s is not signed", what);
	df_buf_fmt(&name, "%s.sig", what);
	r = df_sshsig_read(&s, sig->s, sig->n, name.s, e);
	df_buf_release(&name);
	if (r < 0)
		return -1;
	if (strcmp(s.ns, root) != 0)
		return df_fail(e, DF_AUTH, "trust.role",
		    "%s is signed as %s, not as %s", what, s.ns, root);
	if (df_sig_verify(&s.key, root, file->s, file->n, s.sig, s.siglen,
	    &why) < 0)
		return df_fail(e, DF_AUTH, why.code, "%s: %s", what, why.msg);
	*key = s.key;
	return 0;
}

int
df_trust_files_check(const struct df_trust_files *f, const char *root,
    struct df_trust *t, char rootfp[DF_FP_STR], struct df_err *e)
{
	struct df_pubkey a, b, c;
	int versioned = f->record.n || f->record_sig.n;

	if (signed_by(&f->signers, &f->signers_sig, "allowed_signers", &a,
	    e) < 0 ||
	    signed_by(&f->recipients, &f->recipients_sig, "recipients", &b,
	    e) < 0 || (versioned && signed_by(&f->record, &f->record_sig,
	    "trust.json", &c, e) < 0))
		return -1;
	df_fingerprint(&a, rootfp);
	if (!df_pubkey_eq(&a, &b) || (versioned && !df_pubkey_eq(&a, &c)))
		return df_fail(e, DF_AUTH, "trust.root",
		    "allowed_signers and %s are signed by different keys",
		    df_pubkey_eq(&a, &b) ? "trust.json" : "recipients");
	if (root && strcmp(root, rootfp) != 0)
		return df_fail(e, DF_AUTH, "trust.root",
		    "the trust files are signed by %s, not by %.60s", rootfp,
		    root);
	if (df_trust_signers(t, f->signers.s, f->signers.n,
	    "allowed_signers", e) < 0 ||
	    df_trust_recipients(t, f->recipients.s, f->recipients.n,
	    "recipients", e) < 0 || df_trust_record(f, t, e) < 0)
		return -1;
	if (root == NULL && df_trust_may(t, rootfp, DF_ROLE_ROOT, 0, e) ==
	    NULL)
		return -1;
	return 0;
}

int
df_trust_usual(struct df_trust_files *f, struct df_trust *t,
    char rootfp[DF_FP_STR], struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	int r;

	if (df_args.trust && *df_args.trust)
		df_buf_str(&path, df_args.trust);
	else
		df_trust_path(&path);
	r = df_trust_files_read(f, path.s, e);
	if (r == 0)
		r = df_trust_files_check(f, NULL, t, rootfp, e);
	if (r == 0)
		r = df_trust_seen(t, rootfp, e);
	if (r < 0 && e->hint[0] == '\0')
		(void)df_hint(e, "df-sign init makes keys and a trust "
		    "directory");
	df_buf_release(&path);
	return r;
}

/* ---- encrypting to recipients ---- */

int
df_trust_encrypt(const struct df_trust *t, unsigned roles, const void *p,
    size_t n, struct df_buf *out, struct df_err *e)
{
	uint8_t (*pk)[32] = df_calloc(t->nrecipient + 1, sizeof(*pk));
	size_t i, k = 0;
	int r;

	for (i = 0; i < t->nrecipient; i++)
		if (roles == 0 || (t->recipient[i].roles & roles))
			memcpy(pk[k++], t->recipient[i].pk, sizeof(*pk));
	if (k == 0)
		r = df_fail(e, DF_REFUSED, "trust.recipient",
		    "recipients names nobody who may open this");
	else
		r = df_age_encrypt(out, (const uint8_t (*)[32])pk, k, p, n, e);
	free(pk);
	return r;
}

/* ---- where they are ---- */

/* Never relative: what lies in the current directory trusts nobody. */
static void
config_path(struct df_buf *b, const char *name)
{
	const char *home = getenv("HOME");

	df_buf_fmt(b, "%s/.config/darkfactory/%s",
	    home && *home == '/' ? home : "", name);
}

void
df_trust_path(struct df_buf *b)
{
	const char *s = getenv("DF_TRUST");

	if (s && *s)
		df_buf_str(b, s);
	else
		config_path(b, "trust");
}

void
df_keys_path(struct df_buf *b, const char *name)
{
	const char *s = getenv("DF_KEYS");

	if (s && *s)
		df_buf_str(b, s);
	else
		config_path(b, "keys");
	df_buf_fmt(b, "/%s", name);
}
