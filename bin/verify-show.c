#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "run/head.h"
#include "run/sealing.h"
#include "verify.h"

static jv
findings_json(const struct df_verify *w, const struct df_err *e)
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
	for (i = 0; i < w->voids.n; i++) {
		o = df_jset_str(jv_object(), "code", w->voids.v[i].code);
		o = df_jset_str(o, "message", w->voids.v[i].message);
		list = jv_array_append(list, df_jset_str(o, "place",
		    w->voids.v[i].place));
	}
	df_buf_release(&b);
	return list;
}

/* Names of people only under VERIFIED. */
static jv
decision_json(struct df_verify *w)
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

/* Whose findings a suite sealed beforehand came with: {by, id, key}. */
static jv
suite_json(struct df_verify *w)
{
	const struct df_signer *who;
	struct df_sealing s;
	struct df_err ignored;
	jv v;

	if (df_sealing_of(&w->run, &s, &ignored) <= 0)
		return jv_null();
	who = w->gate.trusted == DF_VERIFIED ? df_run_signer(&w->run, s.by) :
	    NULL;
	v = df_jset_str(jv_object(), "by", who ? who->principal : NULL);
	v = df_jset(v, "id", df_jv_get(s.v, "suite"));
	v = df_jset_str(v, "key", s.by);
	df_sealing_release(&s);
	return v;
}

/* {key, lines, void} of each revoked key that has signed in the run. */
static jv
touched_json(const struct df_verify *w)
{
	const struct df_touched *t = &w->gate.touched;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->v[i].window)
			continue;
		o = df_jset_str(jv_object(), "key", t->v[i].fp);
		if (t->v[i].level)
			o = df_jset_int(o, "origin", t->v[i].level);
		o = df_jset_str(o, "reason", t->v[i].reason);
		o = df_jset_str(o, "stands", t->v[i].stands);
		o = df_jset_int(o, "suspect_from_seq", (int64_t)t->v[i].from);
		list = jv_array_append(list, df_jset_str(o, "void",
		    t->v[i].voids));
	}
	return list;
}

/* What the windows of keys were compared with; NULL: no key has one. */
static const char *
time_word(const struct df_verify *w)
{
	const struct df_touched *t = &w->gate.touched;

	return !t->windows ? NULL : t->claimed ? "claimed" : "anchored";
}

void
df_verify_json(struct df_verify *w, const char *verdict, const struct df_err *e)
{
	const struct df_state *s = &w->run.state;
	char hex[DF_DIGEST_STR];
	jv v = jv_object(), c, h, suite;

	h = df_jset_bool(jv_object(), "all", w->holdouts.all);
	h = df_jset_int(h, "answers", (int64_t)w->holdouts.answers);
	h = df_jset_int(h, "items", (int64_t)w->holdouts.items);
	h = df_jset_int(h, "opened", (int64_t)w->holdouts.opened);
	h = df_jset_int(h, "opened_answers",
	    (int64_t)w->holdouts.opened_answers);
	c = df_jset_int(jv_object(), "blobs", (int64_t)w->gate.blobs);
	c = df_jset_int(c, "bytes", (int64_t)w->gate.bytes);
	c = df_jset_int(c, "guards", (int64_t)s->seq);
	c = df_jset_int(c, "lines", (int64_t)s->seq);
	c = df_jset_int(c, "names", w->names);
	c = df_jset_int(c, "origins", w->origins);
	c = df_jset_int(c, "policies", w->policies);
	c = df_jset_int(c, "pruned", (int64_t)w->gate.pruned);
	c = df_jset_int(c, "signatures", (int64_t)w->gate.signatures);
	v = df_jset_int(v, "after_seal", (int64_t)s->after_seal);
	v = df_jset(v, "anchored", w->anchored < 0 ? jv_null() :
	    jv_number((double)w->anchored));
	v = df_jset(v, "checks", c);
	if (s->seq)
		v = df_jset(v, "decision", decision_json(w));
	v = df_jset_int(v, "events", (int64_t)s->seq);
	v = df_jset(v, "findings", findings_json(w, e));
	if (jv_is_valid(w->isolation))
		v = df_jset(v, "isolation", jv_copy(w->isolation));
	v = df_jset(v, "head", df_head_json(&s->head, s->seq));
	v = df_jset(v, "holdouts", h);
	v = df_jset(v, "revocations", w->gate.known ? touched_json(w) :
	    jv_null());
	if (w->replay.run)
		v = df_jset(v, "replay", df_replay_json(&w->replay));
	v = df_jset_str(v, "root", w->gate.root);
	v = df_jset_str(v, "run", df_digest_str(&s->genesis, hex));
	v = df_jset_str(v, "run_name", w->run.id);
	v = df_jset_int(v, "sealed_at", s->sealed ? (int64_t)s->at_sealed.seq :
	    0);
	v = df_jset_str(v, "status", df_run_status_name(s->status));
	suite = s->seq ? suite_json(w) : jv_null();
	if (jv_get_kind(suite) == JV_KIND_OBJECT)
		v = df_jset(v, "suite", suite);
	v = df_jset_str(v, "time", time_word(w));
	v = df_jset_int(v, "torn_bytes", (int64_t)w->run.torn);
	v = df_jset_str(v, "verdict", verdict);
	df_out_json(v);
}

void
df_verify_text(struct df_verify *w, const char *verdict)
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
	df_buf_fmt(&b, "root      %s%s\n", w->gate.root, w->gate.rooted ?
	    "" : " (brought by the run itself)");
	if (time_word(w))
		df_buf_fmt(&b, "time      %s\n", time_word(w));
	if (!w->gate.known && w->gate.trusted == DF_VERIFIED)
		df_buf_str(&b, "revoked   unknown: no trust directory was "
		    "looked at\n");
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
	d = suite_json(w);
	if (jv_get_kind(d) == JV_KIND_OBJECT)
		df_buf_fmt(&b, "suite     %s, sealed beforehand; findings by "
		    "%s\n", df_jv_str(d, "id"), df_jv_str(d, "by") ?
		    df_jv_str(d, "by") : df_jv_str(d, "key"));
	jv_free(d);
	df_buf_fmt(&b, "holdouts  %zu items %s, %zu opened\n",
	    w->holdouts.items, w->holdouts.all ? "match the commitment" :
	    "committed", w->holdouts.opened);
	df_buf_fmt(&b, "answers   of %zu tasks %s, %zu opened\n",
	    w->holdouts.answers, w->holdouts.all ? "match the commitments" :
	    "committed", w->holdouts.opened_answers);
	df_buf_fmt(&b, "checked   %llu lines, %llu signatures, %llu blobs "
	    "(%llu bytes), %ld names, %lld decisions replayed, %u origins\n",
	    (unsigned long long)s->seq, (unsigned long long)
	    w->gate.signatures, (unsigned long long)w->gate.blobs,
	    (unsigned long long)w->gate.bytes, w->names,
	    (long long)w->policies, w->origins);
	if (w->gate.pruned)
		df_buf_fmt(&b, "pruned    %llu blobs, as gc.swept says\n",
		    (unsigned long long)w->gate.pruned);
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

void
df_verify_say(const struct df_findings *f, const char *what)
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
