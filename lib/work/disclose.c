#include "base/df.h"

#include <stdio.h>

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

int
df_disclose_record(struct df_step *st, const char *name, const char *reason,
    struct df_err *e)
{
	struct df_commit c;
	int r;

	df_commit_init(&c, "holdout.shown", NULL);
	c.data = df_jset_str(c.data, "actor", st->me->principal);
	c.data = df_jset_str(c.data, "reason", reason);
	c.data = df_jset_str(c.data, "what", name);
	r = df_step_commit(st, &c, 1, e);
	df_commit_release(&c);
	return r;
}
