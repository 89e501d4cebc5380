/*
 * attest.h - what an evaluator attests of a suite that nobody else will read:
 * findings.json (run/sealing.h), made and taken over.
 *
 * It holds, of D9 and its test programs, numbers, priorities and the names of
 * rules and checks: no id, title, quotation, size or digest.
 */
#ifndef DF_SPEC_ATTEST_H
#define DF_SPEC_ATTEST_H

#include "run/sealing.h"
#include "spec/check.h"
#include "spec/suite.h"

struct df_attest {
	const char *suite;		/* its id, 32 hex digits */
	const struct df_check *check;	/* of the whole, which passes */
	const struct df_spec *spec;
	const struct df_sealed *sealed;
	const struct df_suite_count *count;
	const struct df_trust *trust;	/* whose evaluators can open it */
	const struct df_buf *age, *commitment;
};

/* The findings; jv_invalid() when an item cannot be read back. */
jv df_attest_make(const struct df_attest *a, struct df_err *e);

/* For whoever can open the suite of a run: when it was sealed beforehand, does
   it count as its findings say?  DF_INTEGRITY "sealed.findings". */
int df_attest_run(struct df_run *r, const struct df_sealed *s,
	struct df_err *e) DF_CHECK;
/* Were they made of these public documents?  DF_REFUSED "sealed.d2": D2 is
   the first that is another one, or is in one of them only. */
int df_attest_documents(jv findings, const struct df_spec *sp,
	struct df_err *e) DF_CHECK;
/* Of the findings what df_suite_make() counts; kind lives as long as they,
   and nothing lacking is named. */
void df_attest_count(jv findings, struct df_suite_count *count);
/* A ValidationResult of the public documents, with what the findings say of
   D9: each such row names its source.  Eats v. */
jv df_attest_validation(jv v, jv findings);

#endif
