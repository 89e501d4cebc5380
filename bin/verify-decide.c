#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/schema.h"
#include "verify.h"
#include "work/facts.h"

static void
compare(struct df_verify *w, const char *name, jv v, const char *schema,
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
	struct df_verify *w;
	unsigned n;
};

/* The facts as they were, the policies on them, the separation of duties. */
static int
replay(struct df_verify *w, unsigned n, const struct df_event *ev,
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

int
df_verify_decisions(struct df_verify *w, struct df_err *e)
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
