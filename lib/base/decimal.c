#include "base/df.h"

#include <string.h>

#include "base/decimal.h"

#define EXP_LIMIT ((int64_t)1 << 50)

static int64_t
exponent(const char *s, const char *end)
{
	int neg = *s == '-';
	int64_t v = 0;

	for (s += neg || *s == '+'; s < end && v < EXP_LIMIT; s++)
		v = v * 10 + (*s - '0');
	return neg ? -v : v;
}

void
df_decimal_read(struct df_decimal *x, const char *s, size_t n,
    struct df_buf *b)
{
	const char *end = s + n, *p, *dot = NULL;

	x->sign = *s == '-' ? -1 : 1;
	s += *s == '-';
	for (p = s; p < end && *p != 'e' && *p != 'E'; p++)
		if (*p == '.')
			dot = p;
	x->mag = (dot ? dot : p) - s;
	if (p < end)
		x->mag += exponent(p + 1, end);
	n = (size_t)(p - s);
	if (dot) {
		df_buf_reset(b);
		df_buf_add(b, s, (size_t)(dot - s));
		df_buf_add(b, dot + 1, (size_t)(p - dot - 1));
		s = b->s;
		n = b->n;
	}
	for (; n && *s == '0'; s++, n--)
		x->mag--;
	while (n && s[n - 1] == '0')
		n--;
	x->d = s;
	x->n = n;
	if (n == 0) {
		x->sign = 0;
		x->mag = 0;
	}
}

int
df_decimal_cmp(const struct df_decimal *a, const struct df_decimal *b)
{
	int r;

	if (a->sign != b->sign)
		return a->sign < b->sign ? -1 : 1;
	if (a->mag != b->mag)
		return a->mag < b->mag ? -a->sign : a->sign;
	r = memcmp(a->d, b->d, a->n < b->n ? a->n : b->n);
	if (r == 0)
		r = (a->n > b->n) - (a->n < b->n);
	return r < 0 ? -a->sign : r > 0 ? a->sign : 0;
}

int
df_decimal_whole(const struct df_decimal *x)
{
	return x->mag >= (int64_t)x->n;
}

int
df_decimal_count(const struct df_decimal *x, uint32_t *out)
{
	uint64_t v = 0;
	int64_t i;

	if (x->sign < 0 || !df_decimal_whole(x))
		return -1;
	for (i = 0; i < x->mag && v < UINT32_MAX; i++)
		v = v * 10 + (i < (int64_t)x->n ? (uint64_t)(x->d[i] - '0') :
		    0);
	*out = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
	return 0;
}

/* Neither digit string ends in a zero: an x with more decimal places than m
   is no multiple of it. */
int
df_decimal_multiple(const struct df_decimal *x, const struct df_decimal *m)
{
	int64_t k = (x->mag - (int64_t)x->n) - (m->mag - (int64_t)m->n);
	uint64_t of = 0, r = 0;
	size_t i;

	if (x->sign == 0)
		return 1;
	if (k < 0)
		return 0;
	for (i = 0; i < m->n; i++)
		of = of * 10 + (uint64_t)(m->d[i] - '0');
	for (i = 0; i < x->n; i++)
		r = (r * 10 + (uint64_t)(x->d[i] - '0')) % of;
	for (; r && k > 0; k--)
		r = r * 10 % of;
	return r == 0;
}
