#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "base/text.h"
#include "evidence/opening.h"
#include "spec/attest.h"
#include "verify.h"

struct look {
	struct df_verify *w;
	struct df_commitment c;
};

/* ---- what was opened ---- */

/* The commitment to a task's answers, in 64 digits, from its prompt. */
static int
committed(struct df_run *r, const char *task, char hex[65], struct df_err *e)
{
	char name[DF_NAME_MAX + 1];
	const char *c;
	jv v;

	hex[0] = '\0';
	snprintf(name, sizeof(name), "prompt/%s.json", task);
	if (df_run_find(r, name) == NULL)
		return 0;
	v = df_run_json(r, name, "prompt", e);
	if (!jv_is_valid(v))
		return -1;
	c = df_jv_str(v, "answers");
	snprintf(hex, 65, "%s", c ? c : "");
	jv_free(v);
	return 0;
}

static int
check_opening(struct look *k, const char *name, const struct df_opening *o,
    struct df_err *e)
{
	struct df_verify *w = k->w;
	char want[100], hex[65], c[65];
	struct df_err why;

	df_opening_name(o, want);
	if (strcmp(want, name) != 0)
		df_finding_add(&w->bad, "opening.name", name,
		    "it is the opening of another one: %s", want);
	if (o->n >= 0) {
		w->holdouts.opened++;
		if (df_commitment_item(&k->c, (uint32_t)o->n, o->key, o->item,
		    o->len, &why) < 0)
			df_finding_add(&w->bad, "opening.item", name, "%s",
			    why.msg);
		return 0;
	}
	w->holdouts.opened_answers++;
	df_hex_str(hex, o->c, sizeof(o->c));
	if (committed(&w->run, o->task, c, e) < 0)
		return -1;
	if (strcmp(c, hex) != 0)
		df_finding_add(&w->bad, "opening.item", name,
		    "the answers of %s are not what was committed to",
		    o->task);
	return 0;
}

static int
check_opened(struct look *k, const char *name, struct df_err *e)
{
	struct df_verify *w = k->w;
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_opening o;
	struct df_err why;
	int r;

	r = df_run_get(&w->run, name, DF_RUN_BLOB_MAX, &b, e);
	if (r == 0) {
		if (df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, "opening",
		    name, &why) < 0 || df_opening_read(&o, &j, &why) < 0)
			df_finding_add(&w->bad, why.code, name, "%s",
			    why.msg);
		else
			r = check_opening(k, name, &o, e);
	}
	df_json_release(&j);
	df_buf_release(&b);
	return r;
}

static int
check_all_opened(struct look *k, struct df_err *e)
{
	struct df_run *r = &k->w->run;
	size_t i;

	for (i = 0; i < r->nname; i++)
		if (strncmp(r->name[i].name, "opened/", 7) == 0 &&
		    check_opened(k, r->name[i].name, e) < 0)
			return -1;
	if (k->w->holdouts.opened != r->state.opened ||
	    k->w->holdouts.opened_answers != r->state.opened_answers)
		df_finding_add(&k->w->bad, "opening.count", "log.jsonl",
		    "events say that %u items and the answers of %u tasks "
		    "are open", r->state.opened, r->state.opened_answers);
	return 0;
}

/* ---- all of it, unsealed ---- */

/* Append what the identity decrypts of a name.  1, or 0 and a finding. */
static int
decrypt(struct look *k, const char *name, struct df_buf *plain,
    struct df_err *e)
{
	struct df_buf age = DF_BUF_INIT;
	struct df_err why;
	int r;

	r = df_run_get(&k->w->run, name, DF_RUN_BLOB_MAX, &age, e);
	if (r == 0) {
		r = df_age_decrypt(plain, k->w->id, k->w->nid, age.s, age.n,
		    &why) == 0;
		/* Another's identity says nothing of the run. */
		if (!r && strcmp(why.code, "age.nomatch") == 0) {
			*e = why;
			r = -1;
		} else if (!r) {
			df_finding_add(&k->w->bad, why.code, name, "%s",
			    why.msg);
		}
	}
	df_buf_release(&age);
	return r;
}

/* Does a row of an evaluation say of its item what the item says? */
static void
check_row(struct look *k, const char *name, const struct df_sealed *s, jv row,
    uint8_t *seen)
{
	static const char *const priority[] = { "P0", "P1", "P2", "P3" };
	int64_t n = df_jv_int(row, "item", 0);
	const char *id = df_jv_str(row, "holdout_id");
	const char *class = df_jv_str(row, "class");
	const char *prio = df_jv_str(row, "priority");
	struct df_suite_item it;
	struct df_err why;

	if (n < 1 || (uint64_t)n >= s->n || seen[n]++) {
		df_finding_add(&k->w->bad, "holdout.item", name,
		    "item %lld is not one of the suite, or is there twice",
		    (long long)n);
		return;
	}
	if (df_suite_item(&it, &s->item[n], &why) < 0) {
		df_finding_add(&k->w->bad, why.code, name, "item %lld: %s",
		    (long long)n, why.msg);
		return;
	}
	if (id == NULL || prio == NULL || class == NULL || strcmp(id, it.id)
	    != 0 || strcmp(class, df_class_name(it.class)) != 0 ||
	    it.priority < 0 || it.priority > 3 ||
	    strcmp(prio, priority[it.priority]) != 0)
		df_finding_add(&k->w->bad, "holdout.item", name,
		    "item %lld of the suite has another id, priority or class",
		    (long long)n);
	df_suite_item_release(&it);
}

static int
check_evaluation(struct look *k, unsigned evaluation,
    const struct df_sealed *s, struct df_err *e)
{
	struct df_verify *w = k->w;
	uint8_t *seen;
	char name[64];
	int i, n;
	jv v, list, row;

	snprintf(name, sizeof(name), "holdout/%u.json", evaluation);
	if (df_run_find(&w->run, name) == NULL)
		return 0;		/* begun and never ended */
	v = df_run_json(&w->run, name, "holdout", e);
	if (!jv_is_valid(v))
		return -1;
	list = df_jv_get(v, "holdouts");
	n = jv_array_length(jv_copy(list));
	seen = df_calloc(s->n + 1, 1);
	for (i = 0; i < n; i++) {
		row = jv_array_get(jv_copy(list), i);
		check_row(k, name, s, row, seen);
		jv_free(row);
	}
	if ((size_t)n + 1 != s->n)
		df_finding_add(&w->bad, "holdout.items", name,
		    "it has %d scenarios, the suite %zu", n, s->n - 1);
	free(seen);
	jv_free(list);
	jv_free(v);
	return 0;
}

static int
check_suite(struct look *k, const struct df_buf *commitment,
    struct df_err *e)
{
	struct df_verify *w = k->w;
	struct df_buf plain = DF_BUF_INIT;
	struct df_sealed s;
	struct df_err why;
	unsigned i;
	int r;

	r = decrypt(k, "holdout.age", &plain, e);
	if (r == 1) {
		r = 0;
		if (df_sealed_take(&s, &plain, commitment->s,
		    commitment->n, &why) < 0) {
			df_finding_add(&w->bad, why.code, "holdout.age",
			    "%s", why.msg);
		} else {
			if (df_attest_run(&w->run, &s, &why) < 0)
				df_finding_add(&w->bad, why.code,
				    "suite/findings.json", "%s", why.msg);
			for (i = 1; i <= w->run.state.evaluations && r == 0;
			    i++)
				r = check_evaluation(k, i, &s, e);
			df_sealed_release(&s);
		}
	}
	df_buf_wipe(&plain);
	return r;
}

static int
check_answers(struct look *k, const char *task, struct df_err *e)
{
	struct df_buf plain = DF_BUF_INIT, item = DF_BUF_INIT;
	char name[DF_NAME_MAX + 1], hex[65], c[65];
	struct df_opening o;
	struct df_err why;
	int r;

	snprintf(name, sizeof(name), "prompt/%s.answers.age", task);
	if (df_run_find(&k->w->run, name) == NULL)
		return 0;
	k->w->holdouts.answers++;
	if (k->w->id == NULL)
		return 0;
	r = decrypt(k, name, &plain, e);
	if (r == 1) {
		r = committed(&k->w->run, task, c, e);
		if (r == 0 && df_answers_open(&o, &plain, &item, &why) < 0)
			df_finding_add(&k->w->bad, why.code, name, "%s",
			    why.msg);
		else if (r == 0) {
			df_hex_str(hex, o.c, sizeof(o.c));
			if (strcmp(hex, c) != 0 || strcmp(o.task, task) != 0)
				df_finding_add(&k->w->bad, "seal.item", name,
				    "the answers are not what was committed "
				    "to");
		}
	}
	df_buf_wipe(&plain);
	df_buf_wipe(&item);
	return r;
}

int
df_verify_holdouts(struct df_verify *w, struct df_err *e)
{
	struct look k = { .w = w };
	struct df_buf b = DF_BUF_INIT;
	size_t i;
	int r;

	r = df_run_get(&w->run, "commitment.json", DF_RUN_BLOB_MAX, &b, e);
	if (r == 0)
		r = df_commitment_read(&k.c, b.s, b.n, e);
	if (r == 0) {
		w->holdouts.items = k.c.n;
		r = check_all_opened(&k, e);
	}
	if (r == 0 && w->id)
		r = check_suite(&k, &b, e);
	for (i = 0; i < w->run.state.ntask && r == 0; i++)
		r = check_answers(&k, w->run.state.task[i].id, e);
	w->holdouts.all = r == 0 && w->id;
	df_commitment_release(&k.c);
	df_buf_release(&b);
	return r;
}
