#include "base/df.h"

#include <string.h>

#include "base/clock.h"
#include "spec/attest.h"
#include "boot.h"

/* A suite that its evaluator sealed beforehand: D9 is never seen here. */

int
df_boot_sealed(struct df_boot *b, const char *dir, struct df_err *e)
{
	if (df_sealing_read(&b->sealing, dir, e) < 0 ||
	    df_sealing_check(&b->sealing, &b->trust, df_now_ms(), e) < 0)
		return -1;
	b->sealed = 1;
	df_attest_count(b->sealing.v, &b->count);
	df_buf_add(&b->age, b->sealing.age.s, b->sealing.age.n);
	df_buf_add(&b->commitment, b->sealing.commitment.s,
	    b->sealing.commitment.n);
	return 0;
}

int
df_boot_sealed_spec(struct df_boot *b, struct df_err *e)
{
	const struct df_doc *d9 = &b->spec.doc[9];

	if (d9->s) {
		(void)df_fail(e, DF_REFUSED, "sealed.d9", "the suite was "
		    "sealed beforehand, and here is a D9: %s", d9->path);
		return df_hint(e, "boot without --sealed, or where D9 is not");
	}
	b->spec.withheld |= DF_SPEC_BIT(9);
	return df_attest_documents(b->sealing.v, &b->spec, e);
}

int
df_boot_sealed_put(struct df_boot *b, struct df_step *s, struct df_commit *c,
    struct df_err *e)
{
	if (!b->sealed)
		return 0;
	return df_commit_put(s, c, "suite/findings.json", DF_MEDIA_JSON,
	    b->sealing.findings.s, b->sealing.findings.n, e) < 0 ||
	    df_commit_put(s, c, "suite/findings.json.sig", DF_MEDIA_TEXT,
	    b->sealing.sig.s, b->sealing.sig.n, e) < 0 ? -1 : 0;
}

jv
df_boot_validation(const struct df_boot *b)
{
	jv v = df_check_result(&b->check, &b->spec, DF_RESULT_PUBLIC);

	return b->sealed ? df_attest_validation(v, b->sealing.v) : v;
}
