/*
 * Fuzz the readers of openings, commitments and sealed suites: whatever the
 * bytes, the answer is an error, or what was read is written the same way.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "evidence/opening.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
opening(const char *s, size_t n)
{
	struct df_buf b = DF_BUF_INIT, plain = DF_BUF_INIT;
	struct df_buf item = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_opening o;
	struct df_err e;

	if (df_schema_scan(&j, s, n, DF_JSON_CANON, "opening", "fuzz", &e) ==
	    0 && df_opening_read(&o, &j, &e) == 0) {
		df_opening_write(&b, &o);
		if (b.n != n || memcmp(b.s, s, n) != 0)
			abort();
	}
	df_buf_add(&plain, s, n);
	(void)!df_answers_open(&o, &plain, &item, &e);
	df_json_release(&j);
	df_buf_release(&b);
	df_buf_release(&plain);
	df_buf_release(&item);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char one[] = "{\"items\":[\"00\"],\"p0\":0,\"schema\":"
	    "\"df.commitment/1\"}\n";
	const char *s = (const char *)p, *lf = memchr(s, '\n', n);
	struct df_commitment c;
	struct df_sealed suite;
	struct df_err e;
	size_t k;

	opening(s, n);
	if (df_commitment_read(&c, s, n, &e) == 0)
		df_commitment_release(&c);
	if (df_sealed_open(&suite, s, n, one, strlen(one), &e) == 0)
		abort();
	if (lf) {	/* a commitment, and the suite behind it */
		k = (size_t)(lf - s) + 1;
		if (df_sealed_open(&suite, s + k, n - k, s, k, &e) == 0)
			df_sealed_release(&suite);
	}
	return 0;
}
