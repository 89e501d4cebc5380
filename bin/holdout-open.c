/*
 * df-holdout open - publish the key and the bytes of items of the suite, or of
 * a task's expected answers, so that anybody can check them against what was
 * committed to.  Nothing else leaves: no master key, no other item.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "evidence/opening.h"
#include "run/gate.h"
#include "run/select.h"
#include "work/unseal.h"
#include "holdout.h"

#define AT_ONCE 1000		/* in an event */

struct wanted {
	struct df_opening o;	/* of it n or task */
	char name[100];
	int held;		/* it was opened before */
};

struct opening {
	struct df_step step;
	struct df_ledger ledger;
	struct df_sealed suite;	/* once an item is opened */
	struct wanted *v;
	size_t n, cap;
	const char *why;
};

/* ---- what is wanted ---- */

static void
add(struct opening *w, const struct df_opening *o)
{
	struct wanted *x;

	DF_GROW(w->v, w->n, w->cap);
	x = &w->v[w->n++];
	memset(x, 0, sizeof(*x));
	x->o = *o;
	df_opening_name(o, x->name);
	x->held = df_run_find(&w->step.run, x->name) != NULL;
}

static int
unknown(const char *s, const char *why, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;

	df_text_foreign(&b, s, strlen(s), DF_TEXT_LINE, 0, 100);
	(void)df_fail(e, DF_INPUT, "select.unknown", "%s: %s", b.s, why);
	df_buf_release(&b);
	return -1;
}

/* An operand: the number of an item, the id of a task, or the name that
   either has when it is open. */
static int
want(struct opening *w, const char *s, size_t items, struct df_err *e)
{
	const struct df_state *st = &w->step.run.state;
	size_t n = strlen(s);
	struct df_opening o = { .n = -1 };
	char *id, name[DF_NAME_MAX + 1];
	int t;

	if (strncmp(s, "opened/", 7) == 0) {
		s += 7;
		n -= 7;
		if (n > 5 && strcmp(s + n - 5, ".json") == 0)
			n -= 5;
		if (n > 8 && strncmp(s + n - 8, ".answers", 8) == 0)
			n -= 8;
	}
	id = df_strndup(s, n);
	t = df_state_task(st, id, n);
	if (t >= 0)
		snprintf(o.task, sizeof(o.task), "%s", st->task[t].id);
	else if (df_number(id, 0, DF_SEAL_ITEMS, &o.n) < 0)
		o.n = -1;
	free(id);
	if (t < 0 && o.n < 0)
		return unknown(s, "it is neither the number of an item nor a "
		    "task of the run", e);
	if (t < 0 && (size_t)o.n >= items)
		return unknown(s, "the suite has no such item", e);
	if (t >= 0) {
		snprintf(name, sizeof(name), "prompt/%s.answers.age", o.task);
		if (df_run_find(&w->step.run, name) == NULL)
			return df_fail(e, DF_REFUSED, "pass.missing",
			    "%s has no prompt, and so no answers", o.task);
	}
	add(w, &o);
	return 0;
}

static int
select_items(struct opening *w, const struct df_list *names, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_commitment c;
	size_t i;
	int r;

	r = df_run_get(&w->step.run, "commitment.json", DF_RUN_BLOB_MAX, &b,
	    e);
	if (r == 0)
		r = df_commitment_read(&c, b.s, b.n, e);
	df_buf_release(&b);
	if (r < 0)
		return -1;
	for (i = 0; i < names->n && r == 0; i++)
		r = want(w, names->v[i], c.n, e);
	df_commitment_release(&c);
	return r;
}

/* ---- opening ---- */

static int
unseal(struct opening *w, struct df_err *e)
{
	struct df_buf age = DF_BUF_INIT, c = DF_BUF_INIT, plain = DF_BUF_INIT;
	int r;

	r = df_run_get(&w->step.run, "holdout.age", DF_RUN_BLOB_MAX, &age, e);
	if (r == 0)
		r = df_run_get(&w->step.run, "commitment.json",
		    DF_RUN_BLOB_MAX, &c, e);
	if (r == 0)
		r = df_unseal(&age, DF_ROLE_HOLDOUT, &plain, e);
	if (r == 0)
		r = df_sealed_take(&w->suite, &plain, c.s, c.n, e);
	df_buf_release(&age);
	df_buf_release(&c);
	df_buf_wipe(&plain);
	return r;
}

static int
write_item(struct opening *w, struct df_opening *o, struct df_buf *b,
    struct df_err *e)
{
	if (w->suite.n == 0 && unseal(w, e) < 0)
		return -1;
	df_item_key(w->suite.master, (uint32_t)o->n, o->key);
	o->item = w->suite.item[o->n].s;
	o->len = w->suite.item[o->n].n;
	df_opening_write(b, o);
	return 0;
}

static int
write_answers(struct opening *w, struct df_opening *o, struct df_buf *b,
    struct df_err *e)
{
	struct df_buf age = DF_BUF_INIT, plain = DF_BUF_INIT;
	struct df_buf item = DF_BUF_INIT;
	char name[DF_NAME_MAX + 1], hex[65], task[DF_TASK_STR];
	const char *c;
	jv prompt = jv_invalid();
	int r;

	snprintf(task, sizeof(task), "%s", o->task);
	snprintf(name, sizeof(name), "prompt/%s.answers.age", task);
	r = df_run_get(&w->step.run, name, DF_RUN_BLOB_MAX, &age, e);
	if (r == 0)
		r = df_unseal(&age, DF_ROLE_HOLDOUT, &plain, e);
	if (r == 0)
		r = df_answers_open(o, &plain, &item, e);
	if (r == 0) {
		snprintf(name, sizeof(name), "prompt/%s.json", task);
		prompt = df_run_json(&w->step.run, name, "prompt", e);
		r = jv_is_valid(prompt) ? 0 : -1;
	}
	if (r == 0) {
		c = df_jv_str(prompt, "answers");
		df_hex_str(hex, o->c, sizeof(o->c));
		if (c == NULL || strcmp(c, hex) != 0 || strcmp(o->task, task)
		    != 0)
			r = df_fail(e, DF_INTEGRITY, "seal.item",
			    "the answers of %s are not what was committed to",
			    task);
		else
			df_opening_write(b, o);
	}
	jv_free(prompt);
	df_buf_release(&age);
	df_buf_wipe(&plain);
	df_buf_wipe(&item);
	return r;
}

static int
put(struct opening *w, struct df_commit *c, struct wanted *x,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	r = x->o.n >= 0 ? write_item(w, &x->o, &b, e) : write_answers(w,
	    &x->o, &b, e);
	if (r == 0)
		r = df_commit_put(&w->step, c, x->name, DF_MEDIA_JSON, b.s,
		    b.n, e);
	df_buf_wipe(&b);
	return r;
}

/* One event of at most AT_ONCE, from *at on. */
static int
event(struct opening *w, struct df_commit *c, size_t *at, struct df_err *e)
{
	jv items = jv_array(), tasks = jv_array();
	size_t k = 0;
	int r = 0;

	df_commit_init(c, "holdout.opened", NULL);
	for (; *at < w->n && k < AT_ONCE && r == 0; ++*at) {
		if (w->v[*at].held)
			continue;
		k++;
		r = put(w, c, &w->v[*at], e);
		if (w->v[*at].o.n >= 0)
			items = jv_array_append(items, jv_number(
			    (double)w->v[*at].o.n));
		else
			tasks = jv_array_append(tasks, jv_string(
			    w->v[*at].o.task));
	}
	c->data = df_jset_str(c->data, "actor", w->step.me->principal);
	if (jv_array_length(jv_copy(items)))
		c->data = df_jset(c->data, "items", jv_copy(items));
	c->data = df_jset_str(c->data, "reason", w->why);
	if (jv_array_length(jv_copy(tasks)))
		c->data = df_jset(c->data, "tasks", jv_copy(tasks));
	jv_free(items);
	jv_free(tasks);
	return r;
}

static int
by_item(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->o.n != y->o.n)	/* answers, which have -1, behind */
		return (uint64_t)x->o.n < (uint64_t)y->o.n ? -1 : 1;
	return strcmp(x->o.task, y->o.task);
}

static int
tell_ledger(struct opening *w, struct df_err *e)
{
	uint32_t *item = df_calloc(w->n + 1, sizeof(*item));
	size_t i, n = 0;
	int r;

	for (i = 0; i < w->n; i++)
		if (!w->v[i].held && w->v[i].o.n >= 0)
			item[n++] = (uint32_t)w->v[i].o.n;
	r = n ? df_ledger_open(&w->ledger, &w->step.run, 0, e) : 0;
	if (r == 0 && n)
		r = df_ledger_disclosed(&w->ledger, "opened", item, n,
		    w->step.key, w->step.role, e);
	free(item);
	return r;
}

static int
publish(struct opening *w, size_t todo, struct df_err *e)
{
	size_t n = (todo + AT_ONCE - 1) / AT_ONCE, i, at = 0;
	struct df_commit *c = df_calloc(n, sizeof(*c));
	int r = 0;

	for (i = 0; i < n; i++) {
		if (r == 0)
			r = event(w, &c[i], &at, e);
		else
			df_commit_init(&c[i], "", NULL);
	}
	if (r == 0)
		r = tell_ledger(w, e);
	if (r == 0)
		r = df_step_commit(&w->step, c, n, e);
	for (i = 0; i < n; i++)
		df_commit_release(&c[i]);
	free(c);
	return r;
}

static int
open_all(struct opening *w, struct df_err *e)
{
	size_t i, k, todo = 0;

	qsort(w->v, w->n, sizeof(*w->v), by_item);
	for (i = k = 0; i < w->n; i++)
		if (k == 0 || by_item(&w->v[k - 1], &w->v[i]) != 0)
			w->v[k++] = w->v[i];
	w->n = k;
	for (i = 0; i < w->n; i++) {
		if (w->v[i].held)
			df_note("%s: opened before", w->v[i].name);
		else if (df_args.dry)
			df_note("%s would be published", w->v[i].name);
		todo += !w->v[i].held;
	}
	if (df_args.dry)
		return 0;
	if (todo && publish(w, todo, e) < 0)
		return -1;
	for (i = 0; i < w->n; i++)
		df_print_name(&w->step.run, w->v[i].name, NULL);
	return 0;
}

int
df_holdout_disclose(char **operand, size_t n, const char *why)
{
	struct opening w;
	struct df_list names = { 0 };
	struct df_gate g;
	struct df_err e;
	int r;

	memset(&w, 0, sizeof(w));
	w.ledger.factory.dir = w.ledger.factory.log.fd = -1;
	w.why = why;
	if (df_operands(operand, n, &names, &e) < 0 ||
	    df_step_open(&w.step, DF_ROLE_HOLDOUT, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&w.step.run, &g, &e) < 0)
		df_die(&e);
	r = select_items(&w, &names, &e);
	if (r == 0)
		r = open_all(&w, &e);
	if (w.suite.n)
		df_sealed_release(&w.suite);
	df_ledger_close(&w.ledger);
	free(w.v);
	df_list_free(&names);
	df_step_close(&w.step);
	if (r < 0)
		df_die(&e);
	return DF_OK;
}
