#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/schema.h"
#include "evidence/age.h"
#include "evidence/seal.h"
#include "run/sealing.h"

#define AGE_MAX (DF_SEAL_BYTES + ((size_t)2 << 20))
#define RECORD_MAX ((size_t)1 << 20)
#define SIG_MAX ((size_t)65536)

void
df_sealing_init(struct df_sealing *s)
{
	memset(s, 0, sizeof(*s));
	df_buf_init(&s->age);
	df_buf_init(&s->commitment);
	df_buf_init(&s->findings);
	df_buf_init(&s->sig);
	s->v = jv_invalid();
}

void
df_sealing_release(struct df_sealing *s)
{
	df_buf_release(&s->age);
	df_buf_release(&s->commitment);
	df_buf_release(&s->findings);
	df_buf_release(&s->sig);
	jv_free(s->v);
	s->v = jv_invalid();
}

int
df_sealing_read(struct df_sealing *s, const char *dir, struct df_err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return df_fail_errno(e, DF_INPUT, "sealed.open",
		    "cannot open the sealed suite %s", dir);
	r = df_read_file(fd, "findings.json", &s->findings, RECORD_MAX, e);
	if (r == 0 && faccessat(fd, "findings.json.sig", F_OK, 0) < 0 &&
	    errno == ENOENT)
		r = df_fail(e, DF_AUTH, "sealed.unsigned",
		    "%s: findings.json is not signed", dir);
	if (r == 0)
		r = df_read_file(fd, "findings.json.sig", &s->sig, SIG_MAX, e);
	if (r == 0)
		r = df_read_file(fd, "commitment.json", &s->commitment,
		    RECORD_MAX, e);
	if (r == 0)
		r = df_read_file(fd, "holdout.age", &s->age, AGE_MAX, e);
	close(fd);
	return r;
}

/* ---- the check ---- */

static int
check_signature(struct df_sealing *s, const struct df_trust *t, int64_t ms,
    struct df_err *e)
{
	const char *ns = df_role_name(DF_ROLE_HOLDOUT);
	struct df_sshsig sig;
	struct df_err why;

	if (df_sshsig_read(&sig, s->sig.s, s->sig.n, "findings.json.sig", e)
	    < 0)
		return -1;
	if (strcmp(sig.ns, ns) != 0)
		return df_fail(e, DF_AUTH, "sealed.role",
		    "findings.json is signed as %s, not as %s", sig.ns, ns);
	if (df_sig_verify(&sig.key, ns, s->findings.s, s->findings.n, sig.sig,
	    sig.siglen, &why) < 0)
		return df_fail(e, DF_AUTH, why.code, "findings.json: %s",
		    why.msg);
	(void)df_fingerprint(&sig.key, s->by);
	return df_trust_may(t, s->by, DF_ROLE_HOLDOUT, ms, e) ? 0 : -1;
}

static int
parse(struct df_sealing *s, struct df_err *e)
{
	struct df_json j = { 0 };
	int r;

	jv_free(s->v);
	s->v = jv_invalid();
	r = df_schema_scan(&j, s->findings.s, s->findings.n, DF_JSON_CANON,
	    "findings", "findings.json", e);
	if (r == 0)
		s->v = df_json_jv(&j, 0);
	df_json_release(&j);
	return r;
}

static int
check_bytes(const struct df_sealing *s, const char *member,
    const struct df_buf *b, const char *name, struct df_err *e)
{
	jv o = df_jv_get(s->v, member);
	char hex[DF_DIGEST_STR];
	struct df_digest d;
	int same;

	df_sha256(b->s, b->n, &d);
	same = strcmp(df_jv_str(o, "digest"), df_digest_str(&d, hex)) == 0 &&
	    df_jv_int(o, "size", -1) == (int64_t)b->n;
	jv_free(o);
	return same ? 0 : df_fail(e, DF_INTEGRITY, "sealed.digest",
	    "%s is not the one that findings.json names", name);
}

static int
check_counts(const struct df_sealing *s, struct df_err *e)
{
	static const char *const name[] = { "P0", "P1", "P2", "P3" };
	jv p = df_jv_get(s->v, "priorities");
	int64_t all = df_jv_int(s->v, "scenarios", -1), sum = 0;
	int64_t p0 = df_jv_int(p, "P0", -1);
	struct df_commitment c;
	size_t i;
	int same;

	for (i = 0; i < DF_LEN(name); i++)
		sum += df_jv_int(p, name[i], 0);
	jv_free(p);
	if (df_commitment_read(&c, s->commitment.s, s->commitment.n, e) < 0)
		return -1;
	same = (int64_t)c.n - 1 == all && (int64_t)c.p0 == p0 && sum == all &&
	    df_jv_int(s->v, "executable", -1) <= all &&
	    df_jv_int(s->v, "programs", -1) <= all;
	df_commitment_release(&c);
	return same ? 0 : df_fail(e, DF_INTEGRITY, "sealed.count",
	    "findings.json and commitment.json do not count the same "
	    "scenarios");
}

static const struct df_recipient *
recipient(const struct df_trust *t, const uint8_t pk[32])
{
	size_t i;

	for (i = 0; i < t->nrecipient; i++)
		if (memcmp(t->recipient[i].pk, pk, 32) == 0)
			return &t->recipient[i];
	return NULL;
}

/* A stanza does not say whom it is for, only how many there are. */
static int
check_recipients(const struct df_sealing *s, const struct df_trust *t,
    struct df_err *e)
{
	size_t x25519 = 0, other = 0;
	jv list = df_jv_get(s->v, "recipients"), one;
	int i, n = jv_array_length(jv_copy(list)), evaluator = 0, r;
	const struct df_recipient *who;
	uint8_t pk[32];

	r = df_age_stanzas(s->age.s, s->age.n, &x25519, &other, e);
	if (r == 0 && (x25519 != (size_t)n || other))
		r = df_fail(e, DF_INTEGRITY, "sealed.recipients",
		    "holdout.age is not encrypted to as many as "
		    "findings.json names");
	for (i = 0; i < n && r == 0; i++) {
		one = jv_array_get(jv_copy(list), i);
		r = df_age_recipient_parse(jv_string_value(one),
		    strlen(jv_string_value(one)), pk, e);
		who = r == 0 ? recipient(t, pk) : NULL;
		if (r == 0 && who == NULL)
			r = df_fail(e, DF_REFUSED, "sealed.recipient",
			    "the suite is encrypted to %s, whom recipients "
			    "does not name", jv_string_value(one));
		if (r == 0 && who->roles & DF_ROLE_BIT(DF_ROLE_HOLDOUT))
			evaluator = 1;
		jv_free(one);
	}
	jv_free(list);
	return r == 0 && !evaluator ? df_fail(e, DF_REFUSED,
	    "sealed.recipient", "the suite is encrypted to no evaluator") : r;
}

int
df_sealing_check(struct df_sealing *s, const struct df_trust *t, int64_t ms,
    struct df_err *e)
{
	return check_signature(s, t, ms, e) < 0 || parse(s, e) < 0 ||
	    check_bytes(s, "holdout", &s->age, "holdout.age", e) < 0 ||
	    check_bytes(s, "commitment", &s->commitment, "commitment.json", e)
	    < 0 || check_counts(s, e) < 0 || check_recipients(s, t, e) < 0 ?
	    -1 : 0;
}

/* ---- in a run ---- */

int
df_sealing_of(struct df_run *r, struct df_sealing *s, struct df_err *e)
{
	struct df_sshsig sig;

	if (df_run_find(r, "suite/findings.json") == NULL)
		return 0;
	df_sealing_init(s);
	if (df_run_get(r, "suite/findings.json", RECORD_MAX, &s->findings, e)
	    == 0 && df_run_get(r, "suite/findings.json.sig", SIG_MAX, &s->sig,
	    e) == 0 && df_run_get(r, "commitment.json", RECORD_MAX,
	    &s->commitment, e) == 0 && df_run_get(r, "holdout.age", AGE_MAX,
	    &s->age, e) == 0 && parse(s, e) == 0 && df_sshsig_read(&sig,
	    s->sig.s, s->sig.n, "suite/findings.json.sig", e) == 0) {
		(void)df_fingerprint(&sig.key, s->by);
		return 1;
	}
	df_sealing_release(s);
	return -1;
}

/* What of it stands elsewhere in the run. */
struct agree {
	struct df_run *r;
	const struct df_sealing *s;	/* NULL: df-boot sealed the suite */
	struct df_findings *bad;
};

static void
same(struct agree *a, jv one, jv two, const char *code, const char *what)
{
	if (!jv_equal(one, two))
		df_finding_add(a->bad, code, "suite/findings.json",
		    "it says another %s than the run", what);
}

static int
on_first(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct agree *a = arg;
	jv data = df_json_jv(ev->j, ev->data), o = df_jv_get(data, "holdout");

	(void)e;
	same(a, df_jv_get(data, "suite"), df_jv_get(a->s->v, "suite"),
	    "sealed.suite", "suite");
	same(a, df_jv_get(o, "recipients"), df_jv_get(a->s->v, "recipients"),
	    "sealed.recipients", "list of recipients");
	jv_free(o);
	jv_free(data);
	return 0;
}

static void
with_envelope(struct agree *a)
{
	jv o = df_jv_get(a->r->env, "holdout"), d, p;
	const char *inputs = df_jv_str(o, "inputs");

	if (a->s == NULL && inputs)
		df_finding_add(a->bad, "sealed.missing", "run.json",
		    "it says that the suite was sealed beforehand, but there "
		    "are no findings");
	if (a->s && inputs == NULL)
		df_finding_add(a->bad, "sealed.scan", "run.json",
		    "it does not say that inputs were not scanned at boot");
	if (a->s) {
		same(a, df_jv_get(o, "kind"), df_jv_get(a->s->v, "kind"),
		    "sealed.kind", "kind of suite");
		same(a, df_jv_get(o, "scenarios"), df_jv_get(a->s->v,
		    "scenarios"), "sealed.count", "number of scenarios");
		p = df_jv_get(a->s->v, "priorities");
		same(a, df_jv_get(o, "p0"), df_jv_get(p, "P0"),
		    "sealed.count", "number of P0 scenarios");
		jv_free(p);
		d = df_jv_get(a->r->env, "spec");
		same(a, df_jv_get(d, "documents"), df_jv_get(a->s->v,
		    "documents"), "sealed.documents", "specification");
		jv_free(d);
	}
	jv_free(o);
}

/* The rows of validation.json that are the evaluator's word, as there. */
static void
with_validation(struct agree *a, jv valid)
{
	jv all = df_jv_get(valid, "checks"), rows = jv_array(), want, one;
	int i, n = jv_array_length(jv_copy(all));

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(all), i);
		if (df_jv_str(one, "source"))
			rows = jv_array_append(rows, jv_object_delete(
			    jv_copy(one), jv_string("source")));
		jv_free(one);
	}
	jv_free(all);
	if (a->s == NULL) {
		if (jv_array_length(rows))
			df_finding_add(a->bad, "sealed.missing",
			    "validation.json", "it takes over findings that "
			    "are not there");
		return;
	}
	all = df_jv_get(a->s->v, "checks");
	n = jv_array_length(jv_copy(all));
	want = jv_array();
	for (i = 0; i < n; i++)
		want = jv_array_append(want, jv_object_delete(jv_array_get(
		    jv_copy(all), i), jv_string("warnings")));
	jv_free(all);
	same(a, rows, want, "sealed.checks", "result of a check");
	same(a, df_jv_get(valid, "holdout_findings"), df_jv_get(a->s->v,
	    "holdout_findings"), "sealed.checks", "number of findings");
}

int
df_sealing_records(struct df_run *r, struct df_findings *bad,
    struct df_err *e)
{
	const struct df_at *at = &r->state.at_created;
	struct agree a = { r, NULL, bad };
	struct df_sealing s;
	struct df_err why;
	int has, ret = 0;
	jv valid;

	has = df_sealing_of(r, &s, &why);
	if (has < 0) {
		if (why.exit == DF_EXTERNAL) {
			*e = why;
			return -1;
		}
		df_finding_add(bad, why.code, "suite/findings.json", "%s",
		    why.msg);
		return 0;
	}
	if (has) {
		a.s = &s;
		if (df_run_trust(r, e) < 0)
			ret = -1;
		else if (df_sealing_check(&s, &r->trust, r->state.created,
		    &why) < 0)
			df_finding_add(bad, why.code, "suite/findings.json",
			    "%s", why.msg);
		if (ret == 0)
			ret = df_log_reread(&r->log, at->off, at->len,
			    &at->digest, on_first, &a, e);
	}
	with_envelope(&a);
	valid = df_run_json(r, "validation.json", "validation", NULL);
	if (jv_is_valid(valid))
		with_validation(&a, valid);
	jv_free(valid);
	if (has)
		df_sealing_release(&s);
	return ret;
}
