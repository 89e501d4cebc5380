/*
 * Fuzz the small readers of foreign text: numbers, times, digests, names,
 * hexadecimal, base64, UTF-8.  What is accepted is written again as it was
 * read.  Of any text the writer of foreign text makes one that is UTF-8, has
 * no control character and no line more than it may; a fence is closed by its
 * own end alone; a JSON string is read back as it was written.  Exact
 * decimals are in the order in which doubles are.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

static struct df_json j;

static void
same(const struct df_buf *b, const char *s, size_t n)
{
	must(b->n == n && memcmp(b->s, s, n) == 0);
}

static void
words(const char *s, size_t n)
{
	char digest[DF_DIGEST_STR], when[DF_TIME_STR], num[32], *z;
	struct df_digest d;
	int64_t v;

	if (df_digest_parse(&d, s, n) == 0) {
		df_digest_str(&d, digest);
		must(strlen(digest) == n && memcmp(digest, s, n) == 0);
	}
	if (df_digest_parse_hex(&d, s, n) == 0)
		must(n == 64 && memcmp(df_digest_str(&d, digest) + 7, s, n) ==
		    0);
	if (df_time_parse(s, n, &v) == 0) {
		df_time_str(v, when);
		must(strlen(when) == n && memcmp(when, s, n) == 0);
	}
	if (df_name_ok(s, n))
		must(n > 0 && n <= 200 && s[0] != '/' && s[0] != '.' &&
		    s[n - 1] != '/' && memchr(s, '\0', n) == NULL);
	z = df_strndup(s, n);
	if (df_name_ok(s, n))
		must(strstr(z, "//") == NULL && strstr(z, "/.") == NULL);
	if (df_number(z, -INT64_MAX, INT64_MAX, &v) == 0) {
		snprintf(num, sizeof(num), "%lld", (long long)v);
		must(strcmp(num, z) == 0 || strcmp(z, "-0") == 0);
		must((df_number(z, -5, 1000, &v) == 0) == (v >= -5 &&
		    v <= 1000));
	}
	free(z);
}

static void
encodings(const char *s, size_t n)
{
	struct df_buf b = DF_BUF_INIT, c = DF_BUF_INIT;
	uint8_t *raw = (uint8_t *)fuzz_copy(s, n);

	if (df_unbase64(&b, s, n) == 0) {
		df_base64(&c, (const uint8_t *)b.s, b.n);
		same(&c, s, n);
	} else {
		must(b.n == 0);
	}
	df_buf_reset(&b);
	df_buf_reset(&c);
	if (df_unbase64_nopad(&b, s, n) == 0) {
		df_base64_nopad(&c, (const uint8_t *)b.s, b.n);
		same(&c, s, n);
	} else {
		must(b.n == 0);
	}
	df_buf_reset(&b);
	df_buf_reset(&c);
	df_base64(&b, (const uint8_t *)s, n);
	must(df_unbase64(&c, b.s, b.n) == 0);
	same(&c, s, n);
	df_buf_reset(&b);
	if (df_unhex(raw, n / 2, s, n) == 0) {
		df_hex(&b, raw, n / 2);
		same(&b, s, n);
		must(df_unhex_any(raw, n / 2, s, n) == 0);
	}
	free(raw);
	df_buf_release(&b);
	df_buf_release(&c);
}

static void
clean(const struct df_buf *b, int block)
{
	size_t i;

	must(df_utf8_bad(b->s, b->n) == b->n);
	for (i = 0; i < b->n; i++)
		if ((unsigned char)b->s[i] < 0x20 || b->s[i] == 0x7f)
			must(block && (b->s[i] == '\n' || b->s[i] == '\t'));
}

/* The fence of the first line stands alone on the last, and only there. */
static void
fence(const struct df_buf *b)
{
	size_t ticks = strspn(b->s, "`"), i, n = 0;
	const char *s;

	must(ticks >= 3 && b->n && b->s[b->n - 1] == '\n');
	for (s = b->s; s < b->s + b->n; s = strchr(s, '\n') + 1) {
		i = strspn(s, "`");
		n += i >= ticks;
	}
	must(n == 2);
}

static void
foreign(const char *s, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	size_t max = n > 4 ? n / 2 : 0, bad = df_utf8_bad(s, n);
	struct df_err e;

	df_text_foreign(&b, s, n, DF_TEXT_LINE, 0, 0);
	clean(&b, 0);
	df_buf_reset(&b);
	df_text_foreign(&b, s, n, DF_TEXT_LINE, 0, max);
	clean(&b, 0);
	df_buf_reset(&b);
	df_text_foreign(&b, s, n, DF_TEXT_BLOCK, 2, max);
	clean(&b, 1);
	must(b.n == 0 || b.s[b.n - 1] == '\n');
	df_buf_reset(&b);
	df_text_fence(&b, s, n, max);
	clean(&b, 1);
	fence(&b);
	df_buf_reset(&b);
	df_text_json(&b, s, n);
	must(df_json_scan(&j, b.s, b.n, 0, "string", &e) == 0);
	df_buf_ch(&b, '\n');
	must(df_json_scan(&j, b.s, b.n, DF_JSON_CANON, "string", &e) == 0);
	if (bad == n) {
		struct df_buf back = DF_BUF_INIT;

		df_jtext(&j, 0, &back);
		same(&back, s, n);
		df_buf_release(&back);
	}
	df_buf_release(&b);
}

/* A part that is a number as JSON has it: 0, its digits in b. */
static int
decimal(struct df_decimal *x, double *v, const char *s, size_t n,
    struct df_buf *b)
{
	char *z;

	if (n == 0 || n > 40 || df_json_scan(&j, s, n, 0, "number", NULL) < 0
	    || j.tok[0].type != DF_JNUMBER || j.tok[0].start != 0 ||
	    j.tok[0].end != n)
		return -1;
	df_decimal_read(x, s, n, b);
	z = df_strndup(s, n);
	*v = strtod(z, NULL);
	free(z);
	must((x->sign == 0) == (x->n == 0));
	must(x->n == 0 || (x->d[0] != '0' && x->d[x->n - 1] != '0'));
	return 0;
}

static void
decimals(const char *s, size_t n)
{
	struct df_buf a = DF_BUF_INIT, b = DF_BUF_INIT;
	const char *t = s, *u;
	size_t len = fuzz_part(&t, &n), m;
	struct df_decimal x, y;
	uint32_t count;
	double v, w;
	int r;

	u = t;
	m = fuzz_part(&t, &n);
	if (decimal(&x, &v, s, len, &a) == 0 &&
	    decimal(&y, &w, u, m, &b) == 0) {
		r = df_decimal_cmp(&x, &y);
		must((r > 0) - (r < 0) == (df_decimal_cmp(&y, &x) < 0) -
		    (df_decimal_cmp(&y, &x) > 0));
		must(v < w ? r < 0 : v > w ? r > 0 : 1);
		must(df_decimal_cmp(&x, &x) == 0);
		if (df_decimal_count(&x, &count) == 0)
			must(v >= 0 && (v > 4e9 || (double)count == v));
		if (y.sign > 0 && y.n <= DF_DECIMAL_DIGITS && y.mag > -400 &&
		    y.mag < 400 && x.mag < 400)
			must(df_decimal_multiple(&x, &y) == 0 ||
			    x.sign == 0 || df_decimal_cmp(&x, &y) >= 0 ||
			    x.sign < 0);
	}
	df_buf_release(&a);
	df_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *s = fuzz_copy((const char *)p, n);

	words(s, n);
	encodings(s, n);
	foreign(s, n);
	decimals(s, n);
	free(s);
	return 0;
}
