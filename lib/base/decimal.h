/*
 * decimal.h - the numbers of JSON as exact decimals.
 *
 * 1, 1.0 and 10e-1 are one number, 2^53 and 2^53 + 1 are two.  Nothing is
 * rounded, however many digits a number has.
 *
 *	struct df_buf b = DF_BUF_INIT;
 *	struct df_decimal x, y;
 *
 *	df_decimal_read(&x, s, n, &b);
 *	if (df_decimal_cmp(&x, &y) > 0)
 */
#ifndef DF_BASE_DECIMAL_H
#define DF_BASE_DECIMAL_H

#include "base/buf.h"

/*
 * sign * 0.d[0]d[1].. * 10^mag; d has the characters '0' to '9' and neither
 * begins nor ends with a zero.  The number 0 has sign 0, mag 0 and no digits.
 */
struct df_decimal {
	int sign;
	int64_t mag;
	const char *d;
	size_t n;
};

/*
 * Read s[0..n), which must be a number as RFC 8259 writes it.  Its digits
 * stay in s, or go to b (whose content is lost) when there is a point between
 * them: copy them before b is used again.  An exponent beyond 2^50 counts as
 * one about there.
 */
void df_decimal_read(struct df_decimal *x, const char *s, size_t n,
	struct df_buf *b);
/* Less than, equal to or greater than 0, as a is to b. */
int df_decimal_cmp(const struct df_decimal *a, const struct df_decimal *b);
int df_decimal_whole(const struct df_decimal *x);
/*
 * A whole number of at least 0: returns 0 and sets *out, to UINT32_MAX for
 * all beyond that, which no text of ours has of anything.  Else -1.
 */
int df_decimal_count(const struct df_decimal *x, uint32_t *out);
/*
 * Is x a multiple of m, which is greater than 0 and has at most
 * DF_DECIMAL_DIGITS digits?  Takes time linear in the digits and exponents.
 */
#define DF_DECIMAL_DIGITS 18
int df_decimal_multiple(const struct df_decimal *x,
	const struct df_decimal *m);

#endif
