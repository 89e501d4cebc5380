/*
 * Fuzz the JSON scanner and the canonical writer.
 *
 * What is accepted has tokens that lie within the text and in each other, and
 * the value that libjq's own parser finds.  What is accepted as canonical is
 * accepted without that too and is written again as it was read; what the
 * writer writes is accepted as canonical.  Each proper prefix of a canonical
 * object may be the beginning of one, and so may each prefix of what may.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/json.h"

static struct df_json j;

/* Token t and what is below it; returns the token behind it. */
static uint32_t
token(uint32_t t, uint32_t from, uint32_t to)
{
	const struct df_jtok *k = &j.tok[t];
	uint32_t i, c = df_jfirst(&j, t);

	must(t < j.ntok);
	must(from <= k->start && k->start <= k->end && k->end <= to);
	must(k->next > t && k->next <= j.ntok);
	if (k->type != DF_JARRAY && k->type != DF_JOBJECT) {
		must(k->next == t + 1);
		return k->next;
	}
	for (i = 0; i < k->n; i++) {
		if (k->type == DF_JOBJECT) {
			must(j.tok[c].type == DF_JSTRING);
			c = token(c, k->start, k->end);
		}
		c = token(c, k->start, k->end);
	}
	must(c == k->next);
	return c;
}

static int
prefix(const char *s, size_t n)
{
	return df_json_scan(&j, s, n, DF_JSON_CANON | DF_JSON_PREFIX, "prefix",
	    NULL) == 0;
}

/* The writer's form of v, if it has one.  Eats v. */
static void
rewrite(jv v, const char *s, size_t n, int canon)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;

	if (df_json_write(&b, v, &e) == 0) {
		df_buf_ch(&b, '\n');
		must(df_json_scan(&j, b.s, b.n, DF_JSON_CANON, "written", &e)
		    == 0);
		must(!canon || (b.n == n && memcmp(b.s, s, n) == 0));
	} else {
		must(!canon && e.exit == DF_INPUT && e.msg[0]);
	}
	df_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p;
	int strict, canon, object;
	struct df_err e;
	size_t i;
	jv v;

	canon = df_json_scan(&j, s, n, DF_JSON_CANON, "canonical", &e) == 0;
	must(canon || (e.exit == DF_INPUT && e.msg[0]));
	strict = df_json_scan(&j, s, n, 0, "text", &e) == 0;
	must(strict || (e.exit == DF_INPUT && e.msg[0]));
	must(strict || !canon);
	must((df_json_scan(&j, s, n, 0, "text", NULL) == 0) == strict);
	if (strict) {
		must(token(0, 0, (uint32_t)n) == j.ntok);
		object = j.tok[0].type == DF_JOBJECT;
		v = df_json_jv(&j, 0);
		must(jv_equal(jv_copy(v), jv_parse_sized(s, (int)n)));
		rewrite(v, s, n, canon);
		for (i = 0; canon && object && i + 1 < n; i += 1 + i / 64)
			must(prefix(s, i));
		must(!canon || !prefix(s, n));
	}
	if (prefix(s, n))
		for (i = n; i > 0; i -= 1 + i / 64)
			must(prefix(s, i - 1));
	return 0;
}
