#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/list.h"
#include "base/schema.h"
#include "run/waiver.h"

void
df_waiver_finding(const char *document, const char *item, const char *message,
    const char *package, const char *rule, struct df_digest *out)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	jv v = df_jset_str(jv_object(), "document", document);

	v = df_jset_str(v, "item", item);
	v = df_jset_str(v, "message", message);
	v = df_jset_str(v, "package", package);
	v = df_jset_str(v, "rule", rule);
	if (df_json_write(&b, v, &e) < 0)
		DF_BUG(e.msg);
	df_buf_ch(&b, '\n');
	df_sha256(b.s, b.n, out);
	df_buf_release(&b);
}

/* The record in w->json, and who signed it at time when (ms). */
static int
open_waiver(struct df_waiver *w, const char *what, const struct df_trust *t,
    int64_t when, struct df_err *e)
{
	struct df_json j = { 0 };
	struct df_sshsig s;
	struct df_digest d;
	const char *finding;
	char fp[DF_FP_STR];
	int r;

	r = df_json_scan(&j, w->json.s, w->json.n, DF_JSON_CANON, what, e);
	if (r == 0)
		r = df_schema_check(df_schema_get("waiver"), &j, 0, what, e);
	if (r == 0)
		r = df_sshsig_read(&s, w->sig.s, w->sig.n, what, e);
	if (r == 0 && strcmp(s.ns, df_role_name(DF_ROLE_APPROVE)) != 0)
		r = df_fail(e, DF_AUTH, "waiver.role",
		    "%s: a waiver is signed as df-approve, not as %s", what,
		    s.ns);
	if (r == 0)
		r = df_sig_verify(&s.key, s.ns, w->json.s, w->json.n, s.sig,
		    s.siglen, e);
	if (r == 0) {
		w->who = df_trust_may(t, df_fingerprint(&s.key, fp),
		    DF_ROLE_APPROVE, when, e);
		r = w->who ? 0 : -1;
	}
	if (r == 0) {
		w->v = df_json_jv(&j, 0);
		df_sha256(w->json.s, w->json.n, &w->digest);
		finding = df_jv_str(w->v, "finding");
		r = df_digest_parse(&w->finding, finding, strlen(finding));
		df_waiver_finding(df_jv_str(w->v, "document"),
		    df_jv_str(w->v, "item"), df_jv_str(w->v, "message"),
		    df_jv_str(w->v, "package"), df_jv_str(w->v, "rule"), &d);
		if (r < 0 || !df_digest_eq(&d, &w->finding))
			r = df_fail(e, DF_INPUT, "waiver.finding",
			    "%s: finding is not the digest of what it names",
			    what);
	}
	df_json_release(&j);
	return r;
}

static int
expired(const struct df_waiver *w, const char *what, int64_t now,
    struct df_err *e)
{
	const char *s = df_jv_str(w->v, "expires");
	int64_t end;

	if (s == NULL)
		return 0;
	if (df_time_parse(s, strlen(s), &end) < 0)
		return df_fail(e, DF_INPUT, "waiver.expires",
		    "%s: expires is no time in UTC", what);
	return now < end ? 0 : df_fail(e, DF_AUTH, "waiver.expired",
	    "%s: it expired at %s", what, s);
}

/* ---- a directory of them ---- */

static int
is_waiver(const char *name)
{
	size_t n = strlen(name);

	return *name != '.' && n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int
list(const char *path, struct df_list *l, struct df_err *e)
{
	DIR *d = opendir(path);
	struct dirent *de;

	if (d == NULL)
		return df_fail_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    DF_INPUT : DF_EXTERNAL, "waiver.directory",
		    "cannot read %s", path);
	while ((de = readdir(d)) != NULL && l->n <= DF_WAIVERS_MAX)
		if (is_waiver(de->d_name))
			df_list_add(l, df_strdup(de->d_name));
	(void)closedir(d);
	if (l->n > DF_WAIVERS_MAX)
		return df_fail(e, DF_INPUT, "waiver.many",
		    "%s: more than %d waivers", path, DF_WAIVERS_MAX);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	return 0;
}

int
df_waivers_read(struct df_waivers *w, const char *path,
    const struct df_trust *t, int64_t now, struct df_err *e)
{
	struct df_list l = { 0 };
	struct df_buf file = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_waiver *x;
	size_t i;
	int r;

	r = list(path, &l, e);
	for (i = 0; i < l.n && r == 0; i++) {
		DF_GROW(w->v, w->n, w->cap);
		x = &w->v[w->n++];
		memset(x, 0, sizeof(*x));
		x->v = jv_invalid();
		df_buf_reset(&file);
		df_buf_reset(&sig);
		df_buf_fmt(&file, "%s/%s", path, (const char *)l.v[i]);
		df_buf_fmt(&sig, "%s.sig", file.s);
		r = df_read_file(AT_FDCWD, file.s, &x->json, DF_WAIVER_BYTES,
		    e);
		if (r == 0 && access(sig.s, F_OK) < 0)
			r = df_fail(e, DF_AUTH, "waiver.unsigned",
			    "%s is not signed: there is no %s", file.s,
			    sig.s);
		if (r == 0)
			r = df_read_file(AT_FDCWD, sig.s, &x->sig,
			    DF_WAIVER_BYTES, e);
		if (r == 0)
			r = open_waiver(x, file.s, t, now, e);
		if (r == 0)
			r = expired(x, file.s, now, e);
	}
	df_buf_release(&file);
	df_buf_release(&sig);
	df_list_free(&l);
	return r;
}

static void
release(struct df_waiver *w)
{
	df_buf_release(&w->json);
	df_buf_release(&w->sig);
	jv_free(w->v);
}

void
df_waivers_release(struct df_waivers *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		release(&w->v[i]);
	free(w->v);
	memset(w, 0, sizeof(*w));
}

/* ---- in a run ---- */

int
df_waivers_allowed(const struct df_waivers *w, int64_t max,
    const struct df_signer *me, int self, struct df_err *e)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (!w->v[i].used)
			continue;
		n++;
		if (!self && df_same_person(w->v[i].who->principal,
		    me->principal))
			return df_fail(e, DF_AUTH, "waiver.self",
			    "who boots the run signed the waiver for a "
			    "finding of %s", df_jv_str(w->v[i].v, "rule"));
	}
	return n <= max ? 0 : df_fail(e, DF_REFUSED, "waiver.many",
	    "%lld findings are waived; policy.max_waivers is %lld",
	    (long long)n, (long long)max);
}

int
df_waivers_put(const struct df_waivers *w, struct df_step *s,
    struct df_commit *c, struct df_err *e)
{
	char name[48];
	unsigned k = 0;
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (!w->v[i].used)
			continue;
		snprintf(name, sizeof(name), "waiver/%u.json", ++k);
		if (df_commit_put(s, c, name, DF_MEDIA_JSON, w->v[i].json.s,
		    w->v[i].json.n, e) < 0)
			return -1;
		snprintf(name, sizeof(name), "waiver/%u.json.sig", k);
		if (df_commit_put(s, c, name, DF_MEDIA_TEXT, w->v[i].sig.s,
		    w->v[i].sig.n, e) < 0)
			return -1;
	}
	return 0;
}

/* Waiver number k of a run, which was made at time when. */
static int
check_one(struct df_run *r, unsigned k, int64_t when, struct df_waiver *w,
    struct df_findings *bad, struct df_err *e)
{
	struct df_err why;
	char name[48];

	w->v = jv_invalid();
	snprintf(name, sizeof(name), "waiver/%u.json.sig", k);
	if (df_run_find(r, name) == NULL) {
		df_finding_add(bad, "waiver.unsigned", name,
		    "the waiver has no signature");
		return 0;
	}
	if (df_run_get(r, name, DF_WAIVER_BYTES, &w->sig, e) < 0)
		return -1;
	snprintf(name, sizeof(name), "waiver/%u.json", k);
	if (df_run_get(r, name, DF_WAIVER_BYTES, &w->json, e) < 0)
		return -1;
	if (open_waiver(w, name, &r->trust, when, &why) < 0)
		df_finding_add(bad, "waiver.signature", name, "%s", why.msg);
	return 0;
}

int
df_waivers_run(struct df_waivers *w, struct df_run *r,
    struct df_findings *bad, struct df_err *e)
{
	struct df_waiver *x;
	char name[48];

	for (;;) {
		snprintf(name, sizeof(name), "waiver/%zu.json", w->n + 1);
		if (df_run_find(r, name) == NULL)
			return 0;
		DF_GROW(w->v, w->n, w->cap);
		x = &w->v[w->n++];
		memset(x, 0, sizeof(*x));
		if (check_one(r, (unsigned)w->n, r->state.created, x, bad,
		    e) < 0)
			return -1;
	}
}

/* Is there a waiver for each finding that is said to be waived? */
static void
check_findings(jv validation, const struct df_waivers *w,
    struct df_findings *bad)
{
	jv all = df_jv_get(validation, "findings"), one;
	int i, k = jv_get_kind(all) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(all)) : 0;
	struct df_digest d;
	const char *s;
	size_t m;

	for (i = 0; i < k; i++) {
		one = jv_array_get(jv_copy(all), i);
		s = df_jv_str(one, "waiver");
		for (m = 0; s && m < w->n; m++)
			if (df_digest_parse(&d, s, strlen(s)) == 0 &&
			    df_digest_eq(&d, &w->v[m].digest))
				break;
		if (s && (m == w->n || strcmp(df_jv_str(w->v[m].v, "rule"),
		    df_jv_str(one, "rule")) != 0 ||
		    strcmp(df_jv_str(w->v[m].v, "message"), df_jv_str(one,
		    "message")) != 0))
			df_finding_add(bad, "waiver.finding",
			    "validation.json", "a finding of %s is called "
			    "waived, and no waiver of the run is for it",
			    df_jv_str(one, "rule"));
		jv_free(one);
	}
	jv_free(all);
}

int
df_waivers_check(struct df_run *r, struct df_findings *bad, struct df_err *e)
{
	struct df_waivers w = { 0 };
	jv validation = jv_invalid();
	int ret;

	ret = df_waivers_run(&w, r, bad, e);
	if (ret == 0) {
		validation = df_run_json(r, "validation.json", "validation",
		    e);
		ret = jv_is_valid(validation) ? 0 : -1;
	}
	if (ret == 0)
		check_findings(validation, &w, bad);
	jv_free(validation);
	df_waivers_release(&w);
	return ret;
}
