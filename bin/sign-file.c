#include "base/df.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/schema.h"
#include "sign.h"

int
df_sign_typed(const char *path, const struct df_buf *b, struct df_err *e)
{
	static const char *const known[] = { "answers", "attempt",
	    "attempt-host", "boot-host", "commitment", "decision", "facts",
	    "findings", "handoff", "holdout", "holdout-full", "policy-result",
	    "prompt", "report", "run", "seal", "validation", "waiver" };
	struct df_json j = { 0 };
	struct df_buf id = DF_BUF_INIT;
	uint32_t t;
	size_t i;
	int r;

	r = df_json_scan(&j, b->s, b->n, DF_JSON_CANON, path, e);
	if (r == 0) {
		t = df_jget(&j, 0, "schema");
		if (t)
			df_jtext(&j, t, &id);
		for (i = 0; i < DF_LEN(known); i++)
			if (strncmp(id.s, "df.", 3) == 0 && strncmp(id.s + 3,
			    known[i], strlen(known[i])) == 0 &&
			    id.s[3 + strlen(known[i])] == '/')
				break;
		r = i < DF_LEN(known) ? df_schema_check(df_schema_get(
		    known[i]), &j, 0, path, e) : df_fail(e, DF_REFUSED,
		    "sign.record", "%s is no record of ours", path);
	}
	df_buf_release(&id);
	df_json_release(&j);
	if (r < 0)
		(void)df_hint(e, "namespaces df-* sign only records of ours");
	return r;
}

int
df_sign_check(const char *path, const char *sigpath, const char *ns,
    const struct df_trust *t, const struct df_signer **who, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, text = DF_BUF_INIT;
	struct df_sshsig s;
	char fp[DF_FP_STR];
	int role, r;

	r = df_read_file(AT_FDCWD, path, &b, DF_SIGN_MAX, e);
	if (r == 0)
		r = df_read_file(AT_FDCWD, sigpath, &text, 65536, e);
	if (r == 0)
		r = df_sshsig_read(&s, text.s, text.n, sigpath, e);
	if (r == 0 && strcmp(s.ns, ns) != 0)
		r = df_fail(e, DF_AUTH, "sign.namespace",
		    "%s is a signature in namespace %s", sigpath, s.ns);
	if (r == 0)
		r = df_sig_verify(&s.key, s.ns, b.s, b.n, s.sig, s.siglen, e);
	if (r == 0) {
		role = df_role_parse(s.ns, strlen(s.ns));
		(void)df_fingerprint(&s.key, fp);
		*who = role >= 0 ? df_trust_may(t, fp, (enum df_role)role, 0,
		    e) : df_trust_find(t, fp);
		if (*who == NULL && role < 0)
			(void)df_fail(e, DF_AUTH, "trust.unknown",
			    "nobody in the roster has key %s", fp);
		r = *who ? 0 : -1;
	}
	df_buf_release(&b);
	df_buf_release(&text);
	return r;
}
