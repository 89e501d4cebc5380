/*
 * df-verify - check a run or a bundle; no network, no factory, no key.
 *
 * Every digest, every link of the chain, every signature against its role,
 * every guard replayed, every record against its schema and the others, every
 * policy run again, the seal, the closed set.  The root comes from outside:
 * --root or the trust directory, never from what is checked.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/factory.h"
#include "run/head.h"
#include "run/records.h"
#include "work/bundle.h"
#include "work/facts.h"

static const char *o_root;
static int o_self;

static const struct df_opt opts[] = {
	{ 0, "root", "FINGERPRINT", "the root that is trusted: SHA256:...",
	    DF_OPT_STR, &o_root, 0, 0 },
	{ 0, "self", NULL, "CONSISTENT is enough: exit 0", DF_OPT_FLAG,
	    &o_self, 0, 0 },
	DF_ARG_RUN,
	{ 'F', "factory", "DIR", "the factory whose log anchors ($DF_FACTORY)",
	    DF_OPT_STR, &df_args.factory, 0, 0 },
	DF_ARG_TRUST, DF_ARG_JSON, DF_ARG_QUIET,
	DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-verify", "[options] [RUN|BUNDLE]",
	"Check a run or a bundle offline.",
	opts, NULL,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_AUTH) | DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_EXTERNAL),
	NULL
};

struct work {
	struct df_run run;
	struct df_gate gate;
	struct df_findings bad, notes;
	long names;
	unsigned origins;
	int64_t policies;		/* decisions that were replayed */
	int64_t anchored;		/* -1: unanchored */
};

/* ---- decisions, made again ---- */

static void
compare(struct work *w, const char *name, jv v, const char *schema,
    const char *code)
{
	const struct df_name *n = df_run_find(&w->run, name);
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;
	struct df_err e;

	if (df_schema_write(&b, v, schema, &e) < 0)
		df_finding_add(&w->bad, code, name, "%s", e.msg);
	df_sha256(b.s, b.n, &d);
	if (n == NULL || !df_digest_eq(&n->digest, &d))
		df_finding_add(&w->bad, code, name,
		    "it is not what follows from the log before it");
	df_buf_release(&b);
}

struct decision {
	struct work *w;
	unsigned n;
};

/* The facts as they were, the policies on them, the separation of duties. */
static int
replay(struct work *w, unsigned n, const struct df_event *ev,
    struct df_err *e)
{
	uint32_t self = df_jget(ev->j, ev->data, "self_approved");
	uint32_t verdict = df_jget(ev->j, ev->data, "policy");
	struct df_run then;
	char name[64];
	int said, pass;
	jv facts, policy;

	if (df_run_open_at(&then, w->run.path, DF_RUN_LINES, ev->seq - 1, e) <
	    0)
		return -1;
	facts = df_facts(&then, e);
	policy = jv_is_valid(facts) ? df_policies(&then,
	    jv_copy(facts), e) : jv_invalid();
	said = self && ev->j->tok[self].type == DF_JTRUE;
	if (said != df_is_producer(&then, ev->actor))
		df_finding_add(&w->bad, "replay.separation", "log.jsonl",
		    "line %llu: self_approved is %s, and the roster says "
		    "otherwise", (unsigned long long)ev->seq, said ? "true" :
		    "false");
	df_run_close(&then);
	if (!jv_is_valid(facts) || !jv_is_valid(policy)) {
		jv_free(facts);
		jv_free(policy);
		return -1;
	}
	pass = strcmp(df_jv_str(policy, "verdict"), "pass") == 0;
	if (verdict && !df_jis(ev->j, verdict, pass ? "pass" : "fail"))
		df_finding_add(&w->bad, "replay.policy", "log.jsonl",
		    "line %llu: the policies say %s",
		    (unsigned long long)ev->seq, pass ? "pass" : "fail");
	snprintf(name, sizeof(name), "decision/%u.facts.json", n);
	compare(w, name, facts, "facts", "replay.facts");
	snprintf(name, sizeof(name), "decision/%u.policy.json", n);
	compare(w, name, policy, "policy-result", "replay.policy");
	w->policies++;
	return 0;
}

static int
on_decision(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct decision *d = arg;

	return strcmp(ev->type, "decision.amended") == 0 ? 0 :
	    replay(d->w, d->n, ev, e);
}

static int
replay_decisions(struct work *w, struct df_err *e)
{
	struct df_run *r = &w->run;
	struct decision d = { w, 0 };
	const struct df_name *n;
	const struct df_at *at;
	char name[64];
	unsigned i;

	for (i = 1; i <= r->state.decisions; i++) {
		snprintf(name, sizeof(name), "decision/%u.json", i);
		n = df_run_find(r, name);
		if (n == NULL)
			continue;	/* the records' check has said it */
		at = &r->giver[n->giver];
		d.n = i;
		if (df_log_reread(&r->log, at->off, at->len, &at->digest,
		    on_decision, &d, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- the anchor ---- */

static int
check_anchor(struct work *w, struct df_err *e)
{
	struct df_factory f;
	struct df_digest head;
	uint64_t seq;
	int r;

	if (df_args.factory == NULL || *df_args.factory == '\0')
		return 0;
	r = df_factory_open(&f, df_args.factory, e);
	if (r <= 0)
		return r;
	r = df_factory_head(&f, &w->run.trust, &w->run.state.genesis, &seq,
	    &head, e);
	df_factory_close(&f);
	if (r <= 0)
		return r;
	if (seq > w->run.nline)
		df_finding_add(&w->bad, "anchor.length", "log.jsonl",
		    "the factory has seen line %llu; the log ends before",
		    (unsigned long long)seq);
	else if (!df_digest_eq(&head, &w->run.line[seq - 1].digest))
		df_finding_add(&w->bad, "anchor.head", "log.jsonl",
		    "the factory has seen another line %llu",
		    (unsigned long long)seq);
	else
		w->anchored = (int64_t)seq;
	return 0;
}

/* ---- all of it ---- */

static int
check(struct work *w, const char *path, struct df_err *e)
{
	struct df_run *r = &w->run;
	struct df_blobset blobs = { 0 };
	int ret;

	if (df_run_open(r, path, DF_RUN_LINES, e) < 0 ||
	    df_gate_check(r, o_root, df_args.trust, &w->gate, e) < 0)
		return -1;
	if (*w->gate.why)
		df_warn("%s", w->gate.why);
	ret = df_gate_blobs(r, &blobs, e);
	if (ret == 0) {
		w->names = df_closed_check(r, &blobs, &w->bad, &w->notes, e);
		ret = w->names < 0 ? -1 : 0;
	}
	df_blobset_release(&blobs);
	return ret < 0 || df_seals_check(r, &w->bad, e) < 0 ||
	    df_records_check(r, &w->bad, &w->origins, e) < 0 ||
	    replay_decisions(w, e) < 0 || check_anchor(w, e) < 0 ? -1 : 0;
}

/* ---- saying it ---- */

static jv
findings_json(const struct work *w, const struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	jv list = jv_array(), o;
	size_t i;

	if (e && e->exit) {
		o = df_jset_str(jv_object(), "code", e->code);
		list = jv_array_append(list, df_jset_str(o, "message",
		    e->msg));
	}
	for (i = 0; i < w->bad.n; i++) {
		df_buf_reset(&b);
		df_text_foreign(&b, w->bad.v[i].place,
		    strlen(w->bad.v[i].place), DF_TEXT_LINE, 0, 300);
		o = df_jset_str(jv_object(), "code", w->bad.v[i].code);
		o = df_jset_str(o, "message", w->bad.v[i].message);
		list = jv_array_append(list, df_jset_strn(o, "place", b.s,
		    b.n));
	}
	df_buf_release(&b);
	return list;
}

/* Names of people only under VERIFIED. */
static jv
decision_json(struct work *w)
{
	const struct df_state *s = &w->run.state;
	char name[64];
	jv v, rec, actor, people;
	const char *who, *kind;
	unsigned i;

	if (s->decision == DF_D_NONE)
		return jv_null();
	people = jv_array();
	for (i = 1; i <= s->decisions && w->gate.trusted == DF_VERIFIED;
	    i++) {
		snprintf(name, sizeof(name), "decision/%u.json", i);
		rec = df_run_json(&w->run, name, "decision", NULL);
		actor = df_jv_get(rec, "actor");
		who = df_jv_str(actor, "principal");
		kind = df_jv_str(rec, "kind");
		if (who && kind && strcmp(kind, "amend") != 0)
			people = jv_array_append(people, jv_string(who));
		jv_free(actor);
		jv_free(rec);
	}
	v = df_jset(jv_object(), "by", people);
	v = df_jset_str(v, "decision", df_run_decision_name(s->decision));
	v = df_jset_str(v, "effective", df_run_decision_name(s->effective ?
	    s->effective : s->decision));
	return df_jset_bool(v, "self_approved", s->self_approved);
}

static void
print_json(struct work *w, const char *verdict, const struct df_err *e)
{
	const struct df_state *s = &w->run.state;
	char hex[DF_DIGEST_STR];
	jv v = jv_object(), c;

	c = df_jset_int(jv_object(), "blobs", (int64_t)w->gate.blobs);
	c = df_jset_int(c, "bytes", (int64_t)w->gate.bytes);
	c = df_jset_int(c, "guards", (int64_t)s->seq);
	c = df_jset_int(c, "lines", (int64_t)s->seq);
	c = df_jset_int(c, "names", w->names);
	c = df_jset_int(c, "origins", w->origins);
	c = df_jset_int(c, "policies", w->policies);
	c = df_jset_int(c, "signatures", (int64_t)w->gate.signatures);
	v = df_jset_int(v, "after_seal", (int64_t)s->after_seal);
	v = df_jset(v, "anchored", w->anchored < 0 ? jv_null() :
	    jv_number((double)w->anchored));
	v = df_jset(v, "checks", c);
	if (s->seq)
		v = df_jset(v, "decision", decision_json(w));
	v = df_jset_int(v, "events", (int64_t)s->seq);
	v = df_jset(v, "findings", findings_json(w, e));
	v = df_jset(v, "head", df_head_json(&s->head, s->seq));
	v = df_jset_str(v, "root", w->gate.root);
	v = df_jset_str(v, "run", df_digest_str(&s->genesis, hex));
	v = df_jset_str(v, "run_name", w->run.id);
	v = df_jset_int(v, "sealed_at", s->sealed ? (int64_t)s->at_sealed.seq :
	    0);
	v = df_jset_str(v, "status", df_run_status_name(s->status));
	v = df_jset_int(v, "torn_bytes", (int64_t)w->run.torn);
	v = df_jset_str(v, "verdict", verdict);
	df_out_json(v);
}

static void
print_text(struct work *w, const char *verdict)
{
	const struct df_state *s = &w->run.state;
	char hex[DF_DIGEST_STR], anchor[40] = "unanchored";
	struct df_buf b = DF_BUF_INIT;
	jv d, people, one;
	int i;

	if (w->anchored >= 0)
		snprintf(anchor, sizeof(anchor), "anchored:%lld",
		    (long long)w->anchored);
	df_buf_fmt(&b, "%s %s %s\n", verdict, anchor, w->run.id);
	df_buf_fmt(&b, "run       %s\n", df_digest_str(&s->genesis, hex));
	df_buf_fmt(&b, "head      %llu %s\n", (unsigned long long)s->seq,
	    df_digest_str(&s->head, hex));
	df_buf_fmt(&b, "root      %s%s\n", w->gate.root, w->gate.trusted ==
	    DF_VERIFIED ? "" : " (brought by the run itself)");
	if (s->sealed && s->after_seal)
		df_buf_fmt(&b, "status    %s, sealed at %llu, %llu events "
		    "after the seal\n", df_run_status_name(s->status),
		    (unsigned long long)s->at_sealed.seq,
		    (unsigned long long)s->after_seal);
	else if (s->sealed)
		df_buf_fmt(&b, "status    %s, sealed at %llu\n",
		    df_run_status_name(s->status),
		    (unsigned long long)s->at_sealed.seq);
	else
		df_buf_fmt(&b, "status    %s, not sealed\n",
		    df_run_status_name(s->status));
	d = decision_json(w);
	if (jv_get_kind(d) == JV_KIND_OBJECT) {
		people = df_jv_get(d, "by");
		df_buf_fmt(&b, "decision  %s", df_jv_str(d, "decision"));
		for (i = 0; i < jv_array_length(jv_copy(people)); i++) {
			one = jv_array_get(jv_copy(people), i);
			df_buf_fmt(&b, "%s %s", i ? "," : " by",
			    jv_string_value(one));
			jv_free(one);
		}
		df_buf_fmt(&b, "%s%s\n", df_jv_bool(d, "self_approved") ?
		    ", self-approved" : "", strcmp(df_jv_str(d, "decision"),
		    df_jv_str(d, "effective")) == 0 ? "" : ", amended");
		jv_free(people);
	}
	jv_free(d);
	df_buf_fmt(&b, "checked   %llu lines, %llu signatures, %llu blobs "
	    "(%llu bytes), %ld names, %lld decisions replayed, %u origins\n",
	    (unsigned long long)s->seq, (unsigned long long)
	    w->gate.signatures, (unsigned long long)w->gate.blobs,
	    (unsigned long long)w->gate.bytes, w->names,
	    (long long)w->policies, w->origins);
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

static void
say_findings(const struct df_findings *f, const char *what)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	for (i = 0; i < f->n; i++) {
		df_buf_reset(&b);
		df_text_foreign(&b, f->v[i].place, strlen(f->v[i].place),
		    DF_TEXT_LINE, 0, 300);
		fprintf(stderr, "%s: %s%s%s: %s [%s]\n", what, b.s, b.n ? ""
		    : "run", "", f->v[i].message, f->v[i].code);
	}
	df_buf_release(&b);
}

/* An error that says that the run is not what it should be. */
static int
broken(const struct df_err *e)
{
	return e->exit == DF_INTEGRITY || e->exit == DF_AUTH ||
	    e->exit == DF_REFUSED || e->exit == DF_INPUT ||
	    e->exit == DF_NO;
}

static int
verify(struct work *w, const char *path)
{
	struct df_err e = { 0 };
	int r = check(w, path, &e), opened = w->run.state.seq > 0;

	if (r < 0 && (!broken(&e) || strcmp(e.code, "run.open") == 0 ||
	    strcmp(e.code, "run.which") == 0 ||
	    strcmp(e.code, "factory.open") == 0)) {
		df_err_print(&e);
		return e.exit;
	}
	if (r < 0 || w->bad.n) {
		if (df_args.json)
			print_json(w, "BROKEN", &e);
		else
			df_out_row((const char *const[]) { "BROKEN" }, 1);
		if (r < 0 && !df_args.json)
			fprintf(stderr, "BROKEN: %s [%s]\n", e.msg, e.code);
		if (!df_args.json)
			say_findings(&w->bad, "BROKEN");
		return DF_INTEGRITY;
	}
	if (!df_quiet && !df_args.json)
		say_findings(&w->notes, "note");
	if (df_args.json)
		print_json(w, df_trusted_name(w->gate.trusted), NULL);
	else if (opened)
		print_text(w, df_trusted_name(w->gate.trusted));
	return w->gate.trusted == DF_VERIFIED || o_self ? DF_OK : DF_AUTH;
}

int
main(int argc, char **argv)
{
	struct work w = { .anchored = -1 };
	struct df_bundle b = { .fd = -1 };
	struct df_err e;
	struct stat st;
	const char *path;
	char **operand;
	size_t n;
	int r;

	operand = df_opt_parse(&tool, argc, argv, &n);
	if (n > 1)
		df_usage("one RUN or BUNDLE");
	path = n ? operand[0] : df_args.run;
	if (o_root && (strncmp(o_root, "SHA256:", 7) != 0 ||
	    strlen(o_root) != 50))
		df_usage("--root is a fingerprint: SHA256: and 43 characters");
	w.run.env = jv_invalid();
	if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		if (df_bundle_open(&b, path, &e) < 0)
			df_die(&e);
		path = b.run;
	}
	r = verify(&w, path);
	df_findings_release(&w.bad);
	df_findings_release(&w.notes);
	if (w.run.path)
		df_run_close(&w.run);
	df_bundle_close(&b);
	return df_out_end(r);
}
