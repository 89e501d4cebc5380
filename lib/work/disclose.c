#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/schema.h"
#include "run/ledger.h"
#include "work/disclose.h"
#include "work/unseal.h"

int
df_disclose_read(struct df_step *st, int64_t n, char name[64],
    struct df_buf *plain, struct df_err *e)
{
	struct df_buf age = DF_BUF_INIT;
	int r;

	snprintf(name, 64, "holdout/%lld.full.age", (long long)n);
	r = df_run_get(&st->run, name, DF_RUN_BLOB_MAX, &age, e);
	if (r == 0)
		r = df_unseal(&age, st->role, plain, e);
	df_buf_release(&age);
	return r;
}

/* The items of the suite that the record of an evaluation is about. */
static int
tell_ledger(struct df_step *st, const struct df_buf *plain, struct df_err *e)
{
	struct df_json j = { 0 };
	struct df_ledger l;
	uint32_t list, t, i, n = 0, *item;
	int64_t k;
	int r;

	/* What a message would quote is plaintext. */
	if (df_schema_scan(&j, plain->s, plain->n, DF_JSON_CANON,
	    "holdout-full", "", NULL) < 0) {
		df_json_release(&j);
		return df_fail(e, DF_INPUT, "disclose.record",
		    "what was decrypted is no record of an evaluation");
	}
	list = df_jget(&j, 0, "holdouts");
	item = df_calloc(j.tok[list].n + 1, sizeof(*item));
	for (i = 0, t = df_jfirst(&j, list); i < j.tok[list].n;
	    i++, t = df_jnext(&j, t))
		if (df_jint(&j, df_jget(&j, t, "item"), 1, DF_SEAL_ITEMS, &k)
		    == 0)
			item[n++] = (uint32_t)k;
	df_json_release(&j);
	r = df_ledger_open(&l, &st->run, 0, e);
	if (r == 0) {
		r = df_ledger_disclosed(&l, "shown", item, n, st->key,
		    st->role, e);
		df_ledger_close(&l);
	}
	free(item);
	return r;
}

int
df_disclose_record(struct df_step *st, const char *name,
    const struct df_buf *plain, const char *reason, struct df_err *e)
{
	struct df_commit c;
	int r;

	if (tell_ledger(st, plain, e) < 0)
		return -1;
	df_commit_init(&c, "holdout.shown", NULL);
	c.data = df_jset_str(c.data, "actor", st->me->principal);
	c.data = df_jset_str(c.data, "reason", reason);
	c.data = df_jset_str(c.data, "what", name);
	r = df_step_commit(st, &c, 1, e);
	df_commit_release(&c);
	return r;
}
