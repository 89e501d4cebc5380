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
#include "run/head.h"
#include "run/waiver.h"

void
df_waiver_finding(const char *document, const char *item, const char *message,
    const char *package, const char *rule, const struct df_digest *text,
    struct df_digest *out)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	jv v = df_jset_str(jv_object(), "document", document);

	v = df_jset_str(v, "item", item);
	v = df_jset_str(v, "message", message);
	v = df_jset_str(v, "package", package);
	v = df_jset_str(v, "rule", rule);
	v = df_jset(v, "text", df_digest_json(text));
	if (df_json_write(&b, v, &e) < 0)
		DF_BUG(e.msg);
	df_buf_ch(&b, '\n');
	df_sha256(b.s, b.n, out);
	df_buf_release(&b);
}

/* What w->v names, and that its digest is that of it. */
static int
read_finding(struct df_waiver *w, const char *what, struct df_err *e)
{
	const char *finding = df_jv_str(w->v, "finding");
	const char *text = df_jv_str(w->v, "text");
	struct df_digest d;

	if (df_digest_parse(&w->finding, finding, strlen(finding)) == 0 &&
	    df_digest_parse(&w->text, text, strlen(text)) == 0) {
		df_waiver_finding(df_jv_str(w->v, "document"),
		    df_jv_str(w->v, "item"), df_jv_str(w->v, "message"),
		    df_jv_str(w->v, "package"), df_jv_str(w->v, "rule"),
		    &w->text, &d);
		if (df_digest_eq(&d, &w->finding))
			return 0;
	}
	return df_fail(e, DF_INPUT, "waiver.finding",
	    "%s: finding is not the digest of what it names", what);
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

/* The record in w->json, who signed it, and that it holds at time when (ms). */
static int
open_waiver(struct df_waiver *w, const char *what, const struct df_trust *t,
    int64_t when, struct df_err *e)
{
	struct df_json j = { 0 };
	struct df_sshsig s;
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
		r = read_finding(w, what, e);
		if (r == 0)
			r = expired(w, what, when, e);
	}
	df_json_release(&j);
	return r;
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
	int r = 0;

	if (d == NULL)
		return df_fail_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    DF_INPUT : DF_EXTERNAL, "waiver.directory",
		    "cannot read %s", path);
	while (l->n <= DF_WAIVERS_MAX && (errno = 0, de = readdir(d)) != NULL)
		if (is_waiver(de->d_name))
			df_list_add(l, df_strdup(de->d_name));
	if (l->n <= DF_WAIVERS_MAX && errno)
		r = df_fail_errno(e, DF_EXTERNAL, "waiver.directory",
		    "cannot read %s", path);
	(void)closedir(d);
	if (r < 0)
		return -1;
	if (l->n > DF_WAIVERS_MAX)
		return df_fail(e, DF_INPUT, "waiver.many",
		    "%s: more than %d waivers", path, DF_WAIVERS_MAX);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	return 0;
}

int
df_waiver_read(struct df_waiver *w, const char *path,
    const struct df_trust *t, int64_t now, struct df_err *e)
{
	struct df_buf sig = DF_BUF_INIT;
	int r;

	w->v = jv_invalid();
	df_buf_fmt(&sig, "%s.sig", path);
	r = df_read_file(AT_FDCWD, path, &w->json, DF_WAIVER_BYTES, e);
	if (r == 0 && access(sig.s, F_OK) < 0)
		r = df_fail(e, DF_AUTH, "waiver.unsigned",
		    "%s is not signed: there is no %s", path, sig.s);
	if (r == 0)
		r = df_read_file(AT_FDCWD, sig.s, &w->sig, DF_WAIVER_BYTES,
		    e);
	if (r == 0)
		r = open_waiver(w, path, t, now, e);
	df_buf_release(&sig);
	return r;
}

int
df_waivers_read(struct df_waivers *w, const char *path,
    const struct df_trust *t, int64_t now, struct df_err *e)
{
	struct df_list l = { 0 };
	struct df_buf file = DF_BUF_INIT;
	size_t i;
	int r;

	r = list(path, &l, e);
	for (i = 0; i < l.n && r == 0; i++) {
		DF_GROW(w->v, w->n, w->cap);
		memset(&w->v[w->n], 0, sizeof(*w->v));
		df_buf_reset(&file);
		df_buf_fmt(&file, "%s/%s", path, (const char *)l.v[i]);
		r = df_waiver_read(&w->v[w->n++], file.s, t, now, e);
	}
	df_buf_release(&file);
	df_list_free(&l);
	return r;
}

void
df_waiver_release(struct df_waiver *w)
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
		df_waiver_release(&w->v[i]);
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
		n += (int64_t)w->v[i].used;
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

static const char *
member(jv v, const char *key)
{
	const char *s = df_jv_str(v, key);

	return s ? s : "";
}

/* The waiver that a finding of validation.json names, if it is for it. */
static struct df_waiver *
waiver_of(jv finding, const struct df_waivers *w)
{
	const char *s = member(finding, "waiver");
	struct df_digest named, d;
	size_t i;

	if (df_digest_parse(&named, s, strlen(s)) < 0)
		return NULL;
	for (i = 0; i < w->n; i++)
		if (jv_is_valid(w->v[i].v) &&
		    df_digest_eq(&named, &w->v[i].digest))
			break;
	if (i == w->n)
		return NULL;
	df_waiver_finding(member(finding, "document"), member(finding,
	    "item"), member(finding, "message"), member(w->v[i].v,
	    "package"), member(finding, "rule"), &w->v[i].text, &d);
	return df_digest_eq(&d, &w->v[i].finding) ? &w->v[i] : NULL;
}

/* Is there a waiver for each finding that is said to be waived? */
static void
check_findings(jv validation, const struct df_waivers *w,
    struct df_findings *bad)
{
	jv all = df_jv_get(validation, "findings"), one;
	int i, k = jv_get_kind(all) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(all)) : 0;
	struct df_waiver *x;

	for (i = 0; i < k; i++) {
		one = jv_array_get(jv_copy(all), i);
		x = df_jv_str(one, "waiver") ? waiver_of(one, w) : NULL;
		if (x)
			x->used++;
		else if (df_jv_str(one, "waiver"))
			df_finding_add(bad, "waiver.finding",
			    "validation.json", "a finding of %s is called "
			    "waived, and no waiver of the run is for it",
			    member(one, "rule"));
		jv_free(one);
	}
	jv_free(all);
}

static int
on_created(void *arg, const struct df_event *ev, struct df_err *e)
{
	(void)e;
	snprintf(arg, DF_FP_STR, "%s", ev->actor);
	return 0;
}

/* They are numbered from 1: no other is looked at, so there is no other. */
static void
check_names(struct df_run *r, const struct df_waivers *w,
    struct df_findings *bad)
{
	char name[48];
	size_t i, n = 0;

	for (i = 0; i < r->nname; i++)
		n += strncmp(r->name[i].name, "waiver/", 7) == 0;
	for (i = 1; i <= w->n; i++) {
		snprintf(name, sizeof(name), "waiver/%zu.json.sig", i);
		n -= 1 + (df_run_find(r, name) != NULL);
	}
	if (n)
		df_finding_add(bad, "waiver.extra", "waiver",
		    "%zu names are of no waiver", n);
}

/* What df-boot would have refused. */
static int
check_allowed(struct df_run *r, const struct df_waivers *w,
    struct df_findings *bad, struct df_err *e)
{
	const struct df_at *at = &r->state.at_created;
	const struct df_signer *maker;
	char name[48], actor[DF_FP_STR] = "";
	struct df_err why;
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (!jv_is_valid(w->v[i].v))
			continue;
		snprintf(name, sizeof(name), "waiver/%zu.json", i + 1);
		if (strcmp(member(w->v[i].v, "package"), member(r->env,
		    "package")) != 0)
			df_finding_add(bad, "waiver.package", name,
			    "it is for another package");
		if (w->v[i].used == 0)
			df_finding_add(bad, "waiver.unused", name,
			    "it is for no finding of validation.json");
	}
	if (df_log_reread(&r->log, at->off, at->len, &at->digest, on_created,
	    actor, e) < 0)
		return -1;
	maker = df_run_signer(r, actor);
	if (maker && df_waivers_allowed(w, df_run_setting_int(r,
	    "policy.max_waivers", 0), maker, df_run_setting_bool(r,
	    "policy.allow_self_approval"), &why) < 0)
		df_finding_add(bad, why.exit == DF_AUTH ? "waiver.self" :
		    "waiver.many", "waiver", "%s", why.msg);
	return 0;
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
	if (ret == 0) {
		check_names(r, &w, bad);
		check_findings(validation, &w, bad);
		ret = w.n ? check_allowed(r, &w, bad, e) : 0;
	}
	jv_free(validation);
	df_waivers_release(&w);
	return ret;
}
