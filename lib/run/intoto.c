#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "run/intoto.h"

#define STATEMENT "https://in-toto.io/Statement/v1"
#define TEST_RESULT "https://in-toto.io/attestation/test-result/v0.1"
#define PROVENANCE "https://slsa.dev/provenance/v1"
#define SUMMARY "https://slsa.dev/verification_summary/v1"
#define OURS "urn:df:predicate:"
#define RECORD_MAX ((size_t)16 << 20)

struct intoto {
	struct df_run *r;
	uint64_t from;
	df_statement_fn *fn;
	void *arg;
	struct df_map started;		/* attempts: index of their line */
	struct df_arena arena;
	char run[DF_DIGEST_STR];	/* the run's identity */
};

/* What is made of one event. */
struct event {
	struct intoto *x;
	const struct df_event *ev;
	struct df_artifact *art;	/* that it names, in order of name */
	size_t nart, cap;
	jv subject, predicate;
	const char *type;		/* of the predicate */
};

/* ---- parts ---- */

static jv
digest(const struct df_digest *d)
{
	char hex[DF_DIGEST_STR];

	return df_jset_str(jv_object(), "sha256", df_digest_str(d, hex) + 7);
}

/* ResourceDescriptor */
static jv
resource(const char *name, const struct df_digest *d)
{
	return df_jset(df_jset_str(jv_object(), "name", name), "digest",
	    digest(d));
}

static jv
urn(const char *kind, const char *what)
{
	return jv_string_fmt("urn:df:%s:%s", kind, what);
}

/* A member of a record of ours that is a digest. */
static int
member(jv record, const char *name, struct df_digest *d)
{
	const char *s = df_jv_str(record, name);

	return s && df_digest_parse(d, s, strlen(s)) == 0;
}

static jv
data_member(const struct df_event *ev, const char *name)
{
	uint32_t t = df_jget(ev->j, ev->data, name);

	return t ? df_json_jv(ev->j, t) : jv_null();
}

/* Which event it is, and who signed it. */
static jv
origin(const struct event *v)
{
	char hex[DF_DIGEST_STR];
	jv o;

	o = df_jset_str(jv_object(), "actor", v->ev->actor);
	o = df_jset_str(o, "digest", df_digest_str(&v->ev->digest, hex));
	o = df_jset_str(o, "role", df_role_name(v->ev->role));
	o = df_jset_str(o, "run", v->x->run);
	return df_jset_int(o, "seq", (int64_t)v->ev->seq);
}

static void
time_of(const struct df_event *ev, char out[DF_TIME_STR])
{
	(void)df_time_str(ev->time, out);
}

/* ---- artifacts and inputs ---- */

static int
on_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct event *v = arg;

	(void)e;
	DF_GROW(v->art, v->nart, v->cap);
	v->art[v->nart++] = *a;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct df_artifact *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static const struct df_artifact *
artifact(const struct event *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->nart; i++)
		if (strcmp(v->art[i].name, name) == 0)
			return &v->art[i];
	return NULL;
}

/* The record of that name among what the event names; jv_invalid() when it
   has none, or with *e. */
static jv
record(const struct event *v, const char *name, struct df_err *e)
{
	const struct df_artifact *a = artifact(v, name);
	struct df_buf b = DF_BUF_INIT;
	jv j;

	if (a == NULL) {
		(void)df_fail(e, DF_INTEGRITY, "intoto.record",
		    "log line %llu names no %s",
		    (unsigned long long)v->ev->seq, name);
		return jv_invalid();
	}
	if (df_store_get(&v->x->r->store, &a->digest, RECORD_MAX, &b, e) < 0)
		j = jv_invalid();
	else
		j = df_json_parse(b.s, b.n, DF_JSON_CANON, name, e);
	df_buf_release(&b);
	return j;
}

/* Is it what the stage makes, or what it says about the making? */
static int
is_result(const char *name)
{
	size_t n = strlen(name);

	return (n > 5 && strcmp(name + n - 5, ".tree") == 0) ||
	    (n > 6 && strcmp(name + n - 6, ".patch") == 0);
}

/* Those artifacts that are results, or those that are not, or all (-1). */
static jv
artifacts(const struct event *v, int results)
{
	jv l = jv_array();
	size_t i;

	for (i = 0; i < v->nart; i++)
		if (results < 0 || is_result(v->art[i].name) == results)
			l = jv_array_append(l, resource(v->art[i].name,
			    &v->art[i].digest));
	return l;
}

static int
on_input(void *arg, const struct df_input *i, struct df_err *e)
{
	jv *l = arg;

	(void)e;
	*l = jv_array_append(*l, resource(i->name, &i->digest));
	return 0;
}

/* data.inputs; the blob in its place when it is one. */
static int
inputs(struct df_run *r, const struct df_event *ev, jv *l, struct df_err *e)
{
	struct df_digest d;

	if (!df_list_blob(ev->j, ev->data, "inputs", &d))
		return df_inputs_each(ev->j, ev->data, &r->store, on_input, l,
		    e);
	*l = jv_array_append(*l, resource("inputs", &d));
	return 0;
}

/* What is needed of the line that started the stage. */
struct begun {
	struct df_run *r;
	jv inputs, start;
	char time[DF_TIME_STR];
};

static int
on_begun(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct begun *b = arg;

	time_of(ev, b->time);
	jv_free(b->start);
	b->start = data_member(ev, "start");
	return inputs(b->r, ev, &b->inputs, e);
}

/* "dispatch/T-001/1": the key of an attempt; its length. */
static size_t
attempt_key(const struct df_event *ev, struct df_buf *b)
{
	uint32_t s = df_jget(ev->j, ev->data, "stage");
	uint32_t a = df_jget(ev->j, ev->data, "attempt");

	df_jtext(ev->j, s, b);
	df_buf_fmt(b, "/%.*s", (int)(ev->j->tok[a].end -
	    ev->j->tok[a].start), ev->j->s + ev->j->tok[a].start);
	return b->n;
}

static int
begun(const struct event *v, const char *key, struct begun *b,
    struct df_err *e)
{
	struct df_run *r = v->x->r;
	size_t i = df_map_get(&v->x->started, key, strlen(key));

	b->r = r;
	b->inputs = jv_array();
	b->start = jv_null();
	if (i == DF_MAP_NONE)
		return df_fail(e, DF_INTEGRITY, "intoto.stage",
		    "log line %llu ends an attempt that did not begin",
		    (unsigned long long)v->ev->seq);
	return df_log_reread(&r->log, r->line[i].off, r->line[i].len,
	    &r->line[i].digest, on_begun, b, e);
}

/* ---- predicates ---- */

/* The specification was checked before the run was made. */
static int
validation(struct event *v, struct df_err *e)
{
	jv rec = record(v, "validation.json", e), checks, c, names[3];
	jv config = jv_array(), p;
	const struct df_artifact *a;
	size_t i;
	int n, k, bad, which, warned;

	if (!jv_is_valid(rec))
		return jv_free(rec), jv_free(config), -1;
	names[0] = jv_array();
	names[1] = jv_array();
	names[2] = jv_array();
	checks = df_jv_get(rec, "checks");
	n = jv_array_length(jv_copy(checks));
	for (k = 0; k < n; k++) {
		c = jv_array_get(jv_copy(checks), k);
		/* What the evaluator of a sealed suite found is another's
		   word. */
		which = df_jv_str(c, "source") ? 2 : strcmp(df_jv_str(c,
		    "status"), "PASS") != 0;
		names[which] = jv_array_append(names[which], df_jv_get(c,
		    "check_name"));
		jv_free(c);
	}
	jv_free(checks);
	warned = jv_array_length(df_jv_get(rec, "findings")) > 0;
	for (i = 0; i < v->nart; i++)
		if (strncmp(v->art[i].name, "config/", 7) == 0 ||
		    strcmp(v->art[i].name, "run.json") == 0)
			config = jv_array_append(config, resource(
			    v->art[i].name, &v->art[i].digest));
	bad = jv_array_length(jv_copy(names[1])) > 0;
	p = df_jset(jv_object(), "configuration", config);
	p = df_jset(p, "passedTests", names[0]);
	p = df_jset(p, "failedTests", names[1]);
	if (jv_array_length(jv_copy(names[2])) > 0)
		p = df_jset(p, "df_attested", names[2]);
	else
		jv_free(names[2]);
	v->predicate = df_jset_str(p, "result", bad ? "FAILED" : warned ?
	    "WARNED" : "PASSED");
	v->type = TEST_RESULT;
	a = artifact(v, "spec.tree");
	if (a)
		v->subject = jv_array_append(v->subject, resource(a->name,
		    &a->digest));
	jv_free(rec);
	return 0;
}

/* handoff, prompt: what was made of what. */
static int
texts(struct event *v, const char *stage, struct df_err *e)
{
	struct df_buf key = DF_BUF_INIT;
	struct df_digest d;
	struct begun b;
	int r;

	(void)attempt_key(v->ev, &key);
	r = begun(v, key.s, &b, e);
	df_buf_release(&key);
	jv_free(b.start);
	if (r < 0)
		return jv_free(b.inputs), -1;
	v->type = strcmp(stage, "handoff") == 0 ? OURS "handoff:1" :
	    OURS "prompt:1";
	v->predicate = df_jset(jv_object(), "inputs", b.inputs);
	v->predicate = df_jset(v->predicate, "attempt", data_member(v->ev,
	    "attempt"));
	jv_free(v->subject);
	if (df_list_blob(v->ev->j, v->ev->data, "artifacts", &d))
		v->subject = jv_array_append(jv_array(), resource(
		    "artifacts", &d));
	else
		v->subject = artifacts(v, -1);
	return 0;
}

/* What the attempt's record says of agent and sandbox. */
static int
attempt(struct event *v, const char *task, jv *external, jv *internal,
    jv *deps, struct df_err *e)
{
	struct df_buf name = DF_BUF_INIT;
	struct df_digest d;
	jv rec, adapter;
	int64_t n = 0;

	(void)df_jint(v->ev->j, df_jget(v->ev->j, v->ev->data, "attempt"), 1,
	    INT32_MAX, &n);
	df_buf_fmt(&name, "dispatch/%s/%lld.json", task, (long long)n);
	rec = record(v, name.s, e);
	df_buf_release(&name);
	if (!jv_is_valid(rec))
		return jv_free(rec), -1;
	adapter = df_jv_get(rec, "adapter");
	*external = df_jset_str(*external, "adapter", df_jv_str(adapter,
	    "name"));
	*external = df_jset_str(*external, "handoff_id", df_jv_str(rec,
	    "handoff_id"));
	*internal = df_jset(*internal, "sandbox", df_jv_get(rec, "sandbox"));
	if (member(adapter, "digest", &d))
		*deps = jv_array_append(*deps, resource(df_jv_str(adapter,
		    "name"), &d));
	jv_free(adapter);
	jv_free(rec);
	return 0;
}

/* dispatch, merge: SLSA provenance. */
static int
provenance(struct event *v, const char *stage, struct df_err *e)
{
	const char *task = strncmp(stage, "dispatch/", 9) == 0 ? stage + 9 :
	    NULL;
	struct df_buf key = DF_BUF_INIT;
	char ended[DF_TIME_STR];
	struct df_digest d;
	jv external = jv_object(), internal = jv_object(), run, meta;
	struct begun b;
	int r;

	(void)attempt_key(v->ev, &key);
	r = begun(v, key.s, &b, e);
	if (r == 0 && jv_get_kind(b.start) == JV_KIND_STRING &&
	    df_digest_parse(&d, jv_string_value(b.start), (size_t)
	    jv_string_length_bytes(jv_copy(b.start))) == 0)
		b.inputs = jv_array_append(b.inputs, resource("start.tree",
		    &d));
	external = df_jset(external, "attempt", data_member(v->ev,
	    "attempt"));
	external = df_jset_str(external, "stage", stage);
	if (r == 0 && task)
		r = attempt(v, task, &external, &internal, &b.inputs, e);
	if (df_jget(v->ev->j, v->ev->data, "partial"))
		external = df_jset(external, "partial", data_member(v->ev,
		    "partial"));
	if (df_jget(v->ev->j, v->ev->data, "cached_from"))
		internal = df_jset(internal, "cached_from", data_member(
		    v->ev, "cached_from"));
	jv_free(b.start);
	if (r < 0) {
		jv_free(b.inputs);
		jv_free(external);
		jv_free(internal);
		df_buf_release(&key);
		return -1;
	}
	time_of(v->ev, ended);
	external = df_jset(df_jset(df_jset(df_jset(jv_object(), "buildType",
	    urn("build", task ? "dispatch:1" : "merge:1")),
	    "externalParameters", external), "internalParameters", internal),
	    "resolvedDependencies", b.inputs);
	meta = df_jset(jv_object(), "invocationId", jv_string_fmt(
	    "urn:df:run:%s:%s", v->x->run, key.s));
	meta = df_jset_str(meta, "startedOn", b.time);
	meta = df_jset_str(meta, "finishedOn", ended);
	run = df_jset(jv_object(), "builder", df_jset(jv_object(), "id",
	    urn("key", v->ev->actor)));
	run = df_jset(run, "metadata", meta);
	run = df_jset(run, "byproducts", artifacts(v, 0));
	v->predicate = df_jset(df_jset(jv_object(), "buildDefinition",
	    external), "runDetails", run);
	v->type = PROVENANCE;
	jv_free(v->subject);
	v->subject = artifacts(v, 1);
	df_buf_release(&key);
	return 0;
}

static int
stage(struct event *v, struct df_err *e)
{
	uint32_t t = df_jget(v->ev->j, v->ev->data, "stage");
	struct df_buf name = DF_BUF_INIT;
	int r;

	df_jtext(v->ev->j, t, &name);
	if (strcmp(name.s, "handoff") == 0 || strcmp(name.s, "prompt") == 0)
		r = texts(v, name.s, e);
	else
		r = provenance(v, name.s, e);
	df_buf_release(&name);
	return r;
}

/* What was judged, by which commitment, and how it went: no scenario. */
static int
verdict(struct event *v, struct df_err *e)
{
	static const char *const count[] = { "errored", "failed", "passed",
	    "total" };
	jv rec, config = jv_array(), counts = jv_object(), p;
	char name[40];
	struct df_digest d;
	int64_t n = 0;
	size_t i;

	(void)df_jint(v->ev->j, df_jget(v->ev->j, v->ev->data, "evaluation"),
	    1, INT32_MAX, &n);
	snprintf(name, sizeof(name), "holdout/%lld.json", (long long)n);
	rec = record(v, name, e);
	if (!jv_is_valid(rec))
		return jv_free(rec), jv_free(config), jv_free(counts), -1;
	if (member(rec, "commitment", &d))
		config = jv_array_append(config, resource("commitment.json",
		    &d));
	if (member(rec, "tree", &d))
		v->subject = jv_array_append(v->subject, resource(
		    "result/merged.tree", &d));
	for (i = 0; i < DF_LEN(count); i++)
		counts = df_jset(counts, count[i], data_member(v->ev,
		    count[i]));
	p = df_jset(jv_object(), "configuration", config);
	p = df_jset(p, "df_counts", counts);
	p = df_jset(p, "df_level", df_jv_get(rec, "level"));
	p = df_jset_bool(p, "df_partial", df_jv_bool(rec, "partial"));
	v->predicate = df_jset_str(p, "result", df_jis(v->ev->j, df_jget(
	    v->ev->j, v->ev->data, "verdict"), "pass") ? "PASSED" : "FAILED");
	v->type = TEST_RESULT;
	jv_free(rec);
	return 0;
}

/* ---- decisions ---- */

/* What the decider looked at, each by its digest. */
static jv
evidence(jv rec, jv *subject)
{
	static const char *const of[] = { "facts", "policy", "report",
	    "validation", "verdict" };
	jv all = df_jv_get(rec, "evidence"), l = jv_array(), one;
	struct df_digest d;
	char hex[DF_DIGEST_STR];
	size_t i;

	for (i = 0; i < DF_LEN(of); i++)
		if (member(all, of[i], &d)) {
			one = df_jset(jv_object(), "digest", digest(&d));
			one = df_jset(one, "uri", urn("blob", df_digest_str(
			    &d, hex)));
			l = jv_array_append(l, one);
		}
	if (member(all, "patch", &d))
		*subject = jv_array_append(*subject, resource(
		    "result/merged.patch", &d));
	if (member(all, "tree", &d))
		*subject = jv_array_append(*subject, resource(
		    "result/merged.tree", &d));
	jv_free(all);
	return l;
}

/* The envelope says which policies there are, and what they may allow. */
static jv
policy(const struct df_run *r)
{
	char hex[DF_DIGEST_STR];

	return df_jset(df_jset(jv_object(), "digest", digest(&r->env_digest)),
	    "uri", urn("blob", df_digest_str(&r->env_digest, hex)));
}

static int
decision(struct event *v, struct df_err *e)
{
	struct df_run *r = v->x->r;
	int yes = strcmp(v->ev->type, "run.approved") == 0;
	char name[40], when[DF_TIME_STR];
	jv rec, seen, p;
	int64_t n = 0;

	(void)df_jint(v->ev->j, df_jget(v->ev->j, v->ev->data, "n"), 1,
	    INT32_MAX, &n);
	snprintf(name, sizeof(name), "decision/%lld.json", (long long)n);
	rec = record(v, name, e);
	if (!jv_is_valid(rec))
		return jv_free(rec), -1;
	seen = evidence(rec, &v->subject);
	/* Nothing was merged: it is the run that was turned down. */
	if (jv_array_length(jv_copy(v->subject)) == 0)
		v->subject = jv_array_append(v->subject, resource("run.json",
		    &r->env_digest));
	time_of(v->ev, when);
	if (strcmp(v->ev->type, "decision.recorded") == 0) {
		p = df_jset(jv_object(), "evidence", seen);
		p = df_jset(p, "decision", df_jv_get(rec, "kind"));
		p = df_jset_str(p, "time", when);
		v->type = OURS "approval:1";
	} else {
		p = df_jset(jv_object(), "inputAttestations", seen);
		p = df_jset(p, "policy", policy(r));
		p = df_jset(p, "resourceUri", urn("run", v->x->run));
		p = df_jset_str(p, "slsaVersion", "1.0");
		p = df_jset_str(p, "timeVerified", when);
		p = df_jset_str(p, "verificationResult", yes &&
		    r->state.effective == DF_D_APPROVE ? "PASSED" : "FAILED");
		/* no level of SLSA is claimed */
		p = df_jset(p, "verifiedLevels", jv_array());
		p = df_jset(p, "verifier", df_jset(jv_object(), "id", urn(
		    "key", v->ev->actor)));
		v->type = SUMMARY;
	}
	p = df_jset(p, "df_levels", df_jv_get(rec, "levels"));
	v->predicate = df_jset_bool(p, "df_self_approved", df_jv_bool(rec,
	    "self_approved"));
	jv_free(rec);
	return 0;
}

/* ---- all of them ---- */

static int
say(struct event *v, struct df_err *e)
{
	struct df_statement s = { v->ev->seq, v->ev->type, v->ev->role,
	    DF_BUF_INIT };
	jv st;
	int r;

	v->predicate = df_jset(v->predicate, "df_event", origin(v));
	st = df_jset_str(jv_object(), "_type", STATEMENT);
	st = df_jset(st, "predicate", jv_copy(v->predicate));
	st = df_jset_str(st, "predicateType", v->type);
	st = df_jset(st, "subject", jv_copy(v->subject));
	r = df_json_write(&s.text, st, e);
	if (r == 0 && s.text.n >= DF_STATEMENT_MAX)
		r = df_fail(e, DF_INPUT, "intoto.size", "the statement of log "
		    "line %llu would have %zu bytes, %d or more",
		    (unsigned long long)s.seq, s.text.n, DF_STATEMENT_MAX);
	if (r == 0)
		r = v->x->fn(v->x->arg, &s, e);
	df_buf_release(&s.text);
	return r;
}

static const struct {
	const char *type;
	int (*make)(struct event *v, struct df_err *e);
} table[] = {
	{ "run.created", validation },
	{ "stage.completed", stage },
	{ "holdout.completed", verdict },
	{ "decision.recorded", decision },
	{ "run.approved", decision },
	{ "run.rejected", decision },
};

static int
on_event(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct intoto *x = arg;
	struct event v = { .x = x, .ev = ev };
	struct df_buf key = DF_BUF_INIT;
	size_t i, n;
	int r;

	if (strcmp(ev->type, "stage.started") == 0) {
		n = attempt_key(ev, &key);
		(void)df_map_set(&x->started, df_arena_str(&x->arena, key.s,
		    n), n, (size_t)ev->seq - 1);
		df_buf_release(&key);
	}
	for (i = 0; i < DF_LEN(table) && strcmp(table[i].type, ev->type) != 0;
	    i++)
		;
	if (i == DF_LEN(table) || ev->seq < x->from)
		return 0;
	v.subject = jv_array();
	v.predicate = jv_null();
	r = df_artifacts_each(ev->j, ev->data, &x->r->store, on_artifact, &v,
	    e);
	if (v.nart)
		qsort(v.art, v.nart, sizeof(*v.art), by_name);
	if (r == 0)
		r = table[i].make(&v, e);
	/* A statement is about something: a stage may have made nothing. */
	if (r == 0 && jv_array_length(jv_copy(v.subject)) > 0)
		r = say(&v, e);
	jv_free(v.subject);
	jv_free(v.predicate);
	free(v.art);
	return r;
}

int
df_intoto_each(struct df_run *r, uint64_t from, df_statement_fn *fn,
    void *arg, struct df_err *e)
{
	struct intoto x = { .r = r, .from = from, .fn = fn, .arg = arg };
	size_t i;
	int ret = 0;

	(void)df_digest_str(&r->state.genesis, x.run);
	for (i = 0; ret == 0 && i < r->nline; i++)
		ret = df_log_reread(&r->log, r->line[i].off, r->line[i].len,
		    &r->line[i].digest, on_event, &x, e);
	df_map_release(&x.started);
	df_arena_release(&x.arena);
	return ret;
}
