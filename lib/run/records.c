#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/par.h"
#include "base/schema.h"
#include "evidence/age.h"
#include "run/ids.h"
#include "run/origin.h"
#include "run/records.h"
#include "run/sealing.h"
#include "run/waiver.h"

/* ---- every record against its schema ---- */

/* In a pattern "*" is one component; what people wrote is not canonical. */
static const struct {
	const char *pattern, *schema;
	unsigned flags;
} record[] = {
	{ "run.json", "run", DF_JSON_CANON },
	{ "validation.json", "validation", DF_JSON_CANON },
	{ "commitment.json", "commitment", DF_JSON_CANON },
	{ "boot.host.json", "boot-host", DF_JSON_CANON },
	{ "submission.json", "submission", 0 },
	{ "config/profile/*.json", "profile", 0 },
	{ "config/pipeline/*.json", "pipeline", 0 },
	{ "config/adapter/*.json", "adapter", 0 },
	{ "config/contract/*.json", "contract", 0 },
	{ "handoff/*.json", "handoff", DF_JSON_CANON },
	{ "prompt/*.json", "prompt", DF_JSON_CANON },
	{ "dispatch/*/*.host.json", "attempt-host", DF_JSON_CANON },
	{ "dispatch/*/*.json", "attempt", DF_JSON_CANON },
	{ "holdout/*.json", "holdout", DF_JSON_CANON },
	{ "opened/*.json", "opening", DF_JSON_CANON },
	{ "decision/*.facts.json", "facts", DF_JSON_CANON },
	{ "decision/*.policy.json", "policy-result", DF_JSON_CANON },
	{ "decision/*.json", "decision", DF_JSON_CANON },
	{ "report.json", "report", DF_JSON_CANON },
	{ "seal/*.json", "seal", DF_JSON_CANON },
	{ "waiver/*.json", "waiver", DF_JSON_CANON },
	{ "suite/findings.json", "findings", DF_JSON_CANON },
};

static int
matches(const char *p, const char *s)
{
	const char *try;

	for (; *p; p++, s++) {
		if (*p == '*') {
			for (try = s; *try && *try != '/'; try++)
				if (try[1] == p[1] && matches(p + 1, try + 1))
					return 1;
			return 0;
		}
		if (*p != *s)
			return 0;
	}
	return *s == '\0';
}

const char *
df_record_schema(const char *name)
{
	size_t i;

	for (i = 0; i < DF_LEN(record); i++)
		if (matches(record[i].pattern, name))
			return record[i].schema;
	return NULL;
}

/* Runs beside itself: reads blobs, which were hashed before, as files. */
static int
check_one(struct df_run *r, const struct df_name *n, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	size_t i;
	int fd, ret;

	for (i = 0; i < DF_LEN(record); i++)
		if (matches(record[i].pattern, n->name))
			break;
	if (i == DF_LEN(record))
		return 0;
	fd = df_store_fd(&r->store, &n->digest, e);
	if (fd < 0)
		return -1;
	ret = df_read_fd(fd, &b, DF_RUN_BLOB_MAX, n->name, e);
	close(fd);
	if (ret == 0)
		ret = df_schema_scan(&j, b.s, b.n, record[i].flags,
		    record[i].schema, n->name, e);
	df_json_release(&j);
	df_buf_release(&b);
	return ret;
}

static int
check_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct df_run *r = arg;
	size_t i;

	for (i = from; i < to; i++)
		if (check_one(r, &r->name[i], e) < 0)
			return -1;
	return 0;
}

/* ---- agreement ---- */

/* Does the log have these bytes for the name? */
static void
same_digest(struct df_run *r, const char *name, const char *digest,
    const char *who, struct df_findings *bad)
{
	const struct df_name *n = df_run_find(r, name);
	char hex[DF_DIGEST_STR];

	if (n == NULL || digest == NULL || strcmp(digest, df_digest_str(
	    &n->digest, hex)) != 0)
		df_finding_add(bad, "record.digest", name,
		    "%s says another digest than the log", who);
}

static void
nested(struct df_run *r, jv o, const char *member, const char *sub,
    const char *name, const char *who, struct df_findings *bad)
{
	jv m = df_jv_get(o, member);

	same_digest(r, name, df_jv_str(m, sub), who, bad);
	jv_free(m);
}

static void
check_config(struct df_run *r, struct df_findings *bad)
{
	jv list = df_jv_get(r->env, "config"), one;
	char file[DF_NAME_MAX + 1];
	const char *name, *ext;
	int i, n = jv_array_length(jv_copy(list));

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		name = df_jv_str(one, "name");
		ext = strncmp(name, "policy/", 7) == 0 ? ".jq" :
		    strncmp(name, "template/", 9) == 0 ? ".md" : ".json";
		snprintf(file, sizeof(file), "config/%s%s", name, ext);
		same_digest(r, file, df_jv_str(one, "digest"), "run.json",
		    bad);
		jv_free(one);
	}
	jv_free(list);
}

/* The run's key, from what run.json says it was made of. */
static void
check_key(struct df_run *r, struct df_findings *bad)
{
	jv v = jv_object(), cfg = jv_object(), list, one, o;
	const char *key = df_jv_str(r->env, "run_key");
	char hex[DF_KEY_STR], name[64];
	int i, n;

	list = df_jv_get(r->env, "config");
	n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		cfg = df_jset(cfg, df_jv_str(one, "name"), df_jv_get(one,
		    "digest"));
		jv_free(one);
	}
	jv_free(list);
	o = df_jv_get(r->env, "base");
	v = df_jset(v, "base", df_jv_get(o, "tree"));
	jv_free(o);
	v = df_jset(v, "config", cfg);
	v = df_jset(v, "settings", df_jv_get(r->env, "settings"));
	o = df_jv_get(r->env, "spec");
	v = df_jset(v, "spec", df_jv_get(o, "tree"));
	jv_free(o);
	(void)df_id_key(v, DF_TAG_RUN_KEY, hex);
	(void)df_run_name(hex, df_jv_int(r->env, "instance", 0), name);
	if (key == NULL || strcmp(key, hex) != 0 || strcmp(name, r->id) != 0)
		df_finding_add(bad, "record.key", "run.json",
		    "run_key or run do not follow from the inputs");
}

static void
check_envelope(struct df_run *r, struct df_findings *bad)
{
	jv env = r->env;

	same_digest(r, "commitment.json", df_jv_str(env, "commitment"),
	    "run.json", bad);
	nested(r, env, "holdout", "digest", "holdout.age", "run.json", bad);
	nested(r, env, "trust", "signers", "trust/allowed_signers",
	    "run.json", bad);
	nested(r, env, "trust", "recipients", "trust/recipients", "run.json",
	    bad);
	if (r->trust.version || df_run_find(r, "trust/trust.json"))
		nested(r, env, "trust", "record", "trust/trust.json",
		    "run.json", bad);
	nested(r, env, "spec", "tree", "spec.tree", "run.json", bad);
	nested(r, env, "base", "tree", "base.tree", "run.json", bad);
	check_config(r, bad);
	check_key(r, bad);
}

/* ---- line 1 ---- */

struct first {
	struct df_run *r;
	struct df_findings *bad;
	int64_t recipients;
};

static int
on_first(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct first *f = arg;
	jv data = df_json_jv(ev->j, ev->data), o, list;
	const char *s = df_jv_str(data, "run_key");
	const char *key = df_jv_str(f->r->env, "run_key");

	(void)e;
	same_digest(f->r, "commitment.json", df_jv_str(data, "commitment"),
	    "line 1", f->bad);
	nested(f->r, data, "holdout", "digest", "holdout.age", "line 1",
	    f->bad);
	if (s == NULL || key == NULL || strcmp(s, key) != 0)
		df_finding_add(f->bad, "record.key", "run.json",
		    "line 1 says another run_key");
	o = df_jv_get(data, "holdout");
	list = df_jv_get(o, "recipients");
	f->recipients = jv_array_length(jv_copy(list));
	jv_free(list);
	jv_free(o);
	jv_free(data);
	return 0;
}

/* The sealed file is for as many as line 1 says. */
static int
check_sealed(struct df_run *r, struct df_findings *bad, struct df_err *e)
{
	const struct df_at *at = &r->state.at_created;
	struct first f = { r, bad, 0 };
	struct df_buf b = DF_BUF_INIT;
	size_t x25519 = 0, other = 0;
	int ret;

	ret = df_log_reread(&r->log, at->off, at->len, &at->digest, on_first,
	    &f, e);
	if (ret == 0)
		ret = df_run_get(r, "holdout.age", DF_RUN_BLOB_MAX, &b, e);
	if (ret == 0 && (df_age_stanzas(b.s, b.n, &x25519, &other, NULL) < 0
	    || (int64_t)x25519 != f.recipients))
		df_finding_add(bad, "record.recipients", "holdout.age",
		    "it is not encrypted to as many as line 1 says");
	df_buf_release(&b);
	return ret;
}

/* ---- verdicts and decisions ---- */

static int
check_verdicts(struct df_run *r, struct df_findings *bad, struct df_err *e)
{
	const struct df_name *tree = df_run_find(r, "result/merged.tree");
	char name[64], hex[DF_DIGEST_STR];
	const char *s;
	unsigned i;
	jv v;

	for (i = 1; i <= r->state.evaluations; i++) {
		snprintf(name, sizeof(name), "holdout/%u.json", i);
		if (df_run_find(r, name) == NULL)
			continue;	/* begun and never ended */
		v = df_run_json(r, name, "holdout", e);
		if (!jv_is_valid(v))
			return -1;
		same_digest(r, "commitment.json", df_jv_str(v, "commitment"),
		    name, bad);
		s = df_jv_str(v, "tree");
		if (tree == NULL || strcmp(s, df_digest_str(&tree->digest,
		    hex)) != 0)
			df_finding_add(bad, "record.tree", name,
			    "it judged another tree than the merged one");
		if (df_jv_int(v, "evaluation", 0) != i)
			df_finding_add(bad, "record.number", name,
			    "it is another evaluation");
		jv_free(v);
	}
	return 0;
}

static void
check_head(struct df_run *r, jv v, const char *name, struct df_findings *bad)
{
	jv head = df_jv_get(v, "head");
	int64_t seq = df_jv_int(head, "seq", 0);
	const char *digest = df_jv_str(head, "digest");
	char hex[DF_DIGEST_STR];

	if (seq < 1 || (uint64_t)seq > r->nline || digest == NULL ||
	    strcmp(digest, df_digest_str(&r->line[seq - 1].digest, hex)) != 0)
		df_finding_add(bad, "record.head", name,
		    "line %lld of the log is another one", (long long)seq);
	jv_free(head);
}

/* The evidence that a decision names, by the names it had then. */
static void
check_evidence(struct df_run *r, jv v, unsigned n, const char *name,
    struct df_findings *bad)
{
	static const char *const fixed[][2] = { { "patch",
	    "result/merged.patch" }, { "tree", "result/merged.tree" },
	    { "validation", "validation.json" } };
	jv ev = df_jv_get(v, "evidence");
	char other[64];
	size_t i;

	if (jv_get_kind(ev) == JV_KIND_OBJECT) {
		for (i = 0; i < DF_LEN(fixed); i++)
			if (df_jv_str(ev, fixed[i][0]))
				same_digest(r, fixed[i][1], df_jv_str(ev,
				    fixed[i][0]), name, bad);
		snprintf(other, sizeof(other), "decision/%u.facts.json", n);
		same_digest(r, other, df_jv_str(ev, "facts"), name, bad);
		snprintf(other, sizeof(other), "decision/%u.policy.json", n);
		same_digest(r, other, df_jv_str(ev, "policy"), name, bad);
		snprintf(other, sizeof(other), "holdout/%u.json",
		    r->state.evaluations);
		same_digest(r, other, df_jv_str(ev, "verdict"), name, bad);
	}
	jv_free(ev);
}

static int
check_decisions(struct df_run *r, struct df_findings *bad, struct df_err *e)
{
	const struct df_signer *who;
	char name[64], hex[DF_DIGEST_STR];
	const char *key, *principal;
	unsigned i;
	jv v, actor;

	for (i = 1; i <= r->state.decisions; i++) {
		snprintf(name, sizeof(name), "decision/%u.json", i);
		v = df_run_json(r, name, "decision", e);
		if (!jv_is_valid(v))
			return -1;
		if (strcmp(df_jv_str(v, "run"), df_digest_str(
		    &r->state.genesis, hex)) != 0 ||
		    df_jv_int(v, "n", 0) != i)
			df_finding_add(bad, "record.run", name,
			    "it is a decision on another run, or number");
		check_head(r, v, name, bad);
		check_evidence(r, v, i, name, bad);
		actor = df_jv_get(v, "actor");
		key = df_jv_str(actor, "key");
		principal = df_jv_str(actor, "principal");
		who = key ? df_run_signer(r, key) : NULL;
		if (who == NULL || strcmp(who->principal, principal) != 0)
			df_finding_add(bad, "record.actor", name,
			    "the roster does not have this key for this "
			    "principal");
		jv_free(actor);
		jv_free(v);
	}
	return 0;
}

/* ---- attempts that were taken over ---- */

struct taken {
	struct df_run *r;
	struct df_findings *bad;
	struct df_digest run;		/* the superseded one */
	const struct df_event *old;	/* its line, while it is looked at */
	/* per line of the old log that completed an attempt: its tree */
	struct done {
		uint64_t seq;
		struct df_digest tree, record;
		int have;
	} *v;
	size_t n, cap;
};

struct pick {
	struct done *d;
};

static int
pick_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct pick *p = arg;
	size_t n = strlen(a->name);

	(void)e;
	if (strncmp(a->name, "result/", 7) == 0 && n > 5 &&
	    strcmp(a->name + n - 5, ".tree") == 0) {
		p->d->tree = a->digest;
		p->d->have |= 1;
	} else if (strncmp(a->name, "dispatch/", 9) == 0 && n > 10 &&
	    strcmp(a->name + n - 10, ".host.json") != 0) {
		p->d->record = a->digest;
		p->d->have |= 2;
	}
	return 0;
}

static int
on_old(void *arg, unsigned level, const struct df_event *ev,
    struct df_err *e)
{
	struct taken *t = arg;
	struct pick p;

	if (level != 1 || strcmp(ev->type, "stage.completed") != 0)
		return 0;
	DF_GROW(t->v, t->n, t->cap);
	p.d = &t->v[t->n++];
	memset(p.d, 0, sizeof(*p.d));
	p.d->seq = ev->seq;
	/* Only what is in the line: an attempt's list always is. */
	return df_jget(ev->j, ev->data, "artifacts") && !df_list_blob(ev->j,
	    ev->data, "artifacts", &p.d->tree) ? df_artifacts_each(ev->j,
	    ev->data, &t->r->store, pick_artifact, &p, e) : 0;
}

static const struct done *
old_line(const struct taken *t, uint64_t seq)
{
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (t->v[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && t->v[lo].seq == seq ? &t->v[lo] : NULL;
}

/* A record with cached_from, against the line that it names. */
static int
check_taken(struct taken *t, const struct df_name *n, struct df_err *e)
{
	jv v = df_run_json(t->r, n->name, "attempt", e), from, result;
	const char *run, *tree;
	const struct done *d;
	char hex[DF_DIGEST_STR];

	if (!jv_is_valid(v))
		return -1;
	from = df_jv_get(v, "cached_from");
	if (jv_get_kind(from) == JV_KIND_OBJECT) {
		run = df_jv_str(from, "run");
		d = old_line(t, (uint64_t)df_jv_int(from, "seq", 0));
		result = df_jv_get(v, "result");
		tree = df_jv_str(result, "tree");
		if (strcmp(run, df_digest_str(&t->run, hex)) != 0 ||
		    d == NULL || !(d->have & 1) || tree == NULL ||
		    strcmp(tree, df_digest_str(&d->tree, hex)) != 0)
			df_finding_add(t->bad, "record.cached", n->name,
			    "the log of the superseded run does not have "
			    "this attempt");
		jv_free(result);
	}
	jv_free(from);
	jv_free(v);
	return 0;
}

static int
check_origins(struct df_run *r, struct df_findings *bad, unsigned *origins,
    struct df_err *e)
{
	struct taken t = { .r = r, .bad = bad };
	int has, ret = 0;
	size_t i;

	*origins = 0;
	has = df_origin_of(r, &t.run, e);
	if (has <= 0)
		return has;
	ret = df_origins_check(r, on_old, &t, origins, e);
	for (i = 0; ret == 0 && i < r->nname; i++)
		if (matches("dispatch/*/*.json", r->name[i].name) &&
		    !matches("dispatch/*/*.host.json", r->name[i].name))
			ret = check_taken(&t, &r->name[i], e);
	free(t.v);
	return ret;
}

int
df_records_check(struct df_run *r, struct df_findings *bad,
    unsigned *origins, struct df_err *e)
{
	struct df_err why;

	if (df_parallel(r->nname, 64, check_range, r, &why) < 0) {
		if (why.exit == DF_EXTERNAL) {
			*e = why;
			return -1;
		}
		df_finding_add(bad, "record.schema", "", "%s", why.msg);
	}
	check_envelope(r, bad);
	return check_sealed(r, bad, e) < 0 || check_verdicts(r, bad, e) < 0 ||
	    check_decisions(r, bad, e) < 0 ||
	    df_waivers_check(r, bad, e) < 0 ||
	    df_sealing_records(r, bad, e) < 0 ||
	    check_origins(r, bad, origins, e) < 0 ? -1 : 0;
}
