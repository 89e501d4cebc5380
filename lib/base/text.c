#include "base/df.h"

#include <string.h>

#include "base/text.h"

unsigned
df_utf8(const char *str, size_t n, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)str;
	uint32_t c;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4 || n < 2 || (s[1] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xe0) {
		*cp = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
		return 2;
	}
	if (n < 3 || (s[2] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xf0) {
		c = (uint32_t)(s[0] & 0x0f) << 12 |
		    (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
		if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*cp = c;
		return 3;
	}
	if (n < 4 || (s[3] & 0xc0) != 0x80)
		return 0;
	c = (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
	    (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
	if (c < 0x10000 || c > 0x10ffff)
		return 0;
	*cp = c;
	return 4;
}

size_t
df_utf8_bad(const char *s, size_t n)
{
	size_t i = 0;
	uint32_t cp;
	unsigned k;

	while (i < n) {
		if ((unsigned char)s[i] < 0x80) {
			i++;
			continue;
		}
		k = df_utf8(s + i, n - i, &cp);
		if (k == 0)
			return i;
		i += k;
	}
	return n;
}

/* Characters that change what a reader sees without being seen. */
static int
unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	    c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	    (c >= 0xe0000 && c <= 0xe0fff);
}

void
df_text_foreign(struct df_buf *b, const char *s, size_t n, enum df_text how,
    unsigned indent, size_t max)
{
	size_t i = 0, use = n;
	int start = how == DF_TEXT_BLOCK;
	unsigned k;
	uint32_t c;

	if (max && n > max)
		use = max;
	while (i < use) {
		if (start && s[i] != '\n')
			df_buf_fmt(b, "%*s", (int)indent, "");
		start = 0;
		k = df_utf8(s + i, n - i, &c);
		if (k && i + k > use)
			break;
		if (how == DF_TEXT_BLOCK && k == 1 && c == '\n') {
			df_buf_ch(b, '\n');
			start = 1;
		} else if (how == DF_TEXT_BLOCK && k == 1 && c == '\t') {
			df_buf_ch(b, '\t');
		} else if (k == 0) {
			df_buf_fmt(b, "\\x%02x", (unsigned char)s[i]);
			k = 1;
		} else if (unsafe(c)) {
			if (c < 0x80)
				df_buf_fmt(b, "\\x%02x", (unsigned)c);
			else
				df_buf_fmt(b, "\\u{%04x}", (unsigned)c);
		} else {
			df_buf_add(b, s + i, k);
		}
		i += k;
	}
	if (i < n) {
		if (start)
			df_buf_fmt(b, "%*s", (int)indent, "");
		df_buf_fmt(b, "[... %zu bytes more]", n - i);
		start = 0;
	}
	if (how == DF_TEXT_BLOCK && !start)
		df_buf_ch(b, '\n');
}

void
df_text_fence(struct df_buf *b, const char *s, size_t n, size_t max)
{
	size_t i, run = 0, longest = 2;

	for (i = 0; i < n; i++) {
		run = s[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	for (i = 0; i <= longest; i++)
		df_buf_ch(b, '`');
	df_buf_str(b, "text\n");
	df_text_foreign(b, s, n, DF_TEXT_BLOCK, 0, max);
	for (i = 0; i <= longest; i++)
		df_buf_ch(b, '`');
	df_buf_ch(b, '\n');
}

void
df_text_json(struct df_buf *b, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t i = 0, from;
	unsigned char c;
	uint32_t cp;
	unsigned k;

	df_buf_ch(b, '"');
	while (i < n) {
		for (from = i; i < n; i++) {
			c = (unsigned char)s[i];
			if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80)
				break;
		}
		df_buf_add(b, s + from, i - from);
		if (i == n)
			break;
		c = (unsigned char)s[i];
		if (c >= 0x80) {
			k = df_utf8(s + i, n - i, &cp);
			if (k)
				df_buf_add(b, s + i, k);
			else
				df_buf_str(b, "\xef\xbf\xbd");
			i += k ? k : 1;
			continue;
		}
		df_buf_ch(b, '\\');
		switch (c) {
		case '"':
		case '\\':
			df_buf_ch(b, c);
			break;
		case '\b':
			df_buf_ch(b, 'b');
			break;
		case '\f':
			df_buf_ch(b, 'f');
			break;
		case '\n':
			df_buf_ch(b, 'n');
			break;
		case '\r':
			df_buf_ch(b, 'r');
			break;
		case '\t':
			df_buf_ch(b, 't');
			break;
		default:
			df_buf_str(b, "u00");
			df_buf_ch(b, hex[c >> 4]);
			df_buf_ch(b, hex[c & 15]);
		}
		i++;
	}
	df_buf_ch(b, '"');
}

void
df_hex_str(char *out, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = hex[p[i] >> 4];
		*out++ = hex[p[i] & 15];
	}
	*out = '\0';
}

void
df_hex(struct df_buf *b, const uint8_t *p, size_t n)
{
	df_hex_str(df_buf_room(b, n * 2), p, n);
	b->n += n * 2;
}

/* By character: its value and 1; 32 more for an upper-case one; 0 is none. */
static const uint8_t hexdigit[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['a'] = 11, 12, 13, 14, 15, 16,
	['A'] = 32 + 11, 32 + 12, 32 + 13, 32 + 14, 32 + 15, 32 + 16,
};

static int
unhex(uint8_t *out, size_t n, const char *s, size_t len, int any)
{
	unsigned hi, lo, bad = 0;
	size_t i;

	if (len != n * 2)
		return -1;
	for (i = 0; i < n; i++) {
		hi = hexdigit[(uint8_t)s[i * 2]] - 1u;
		lo = hexdigit[(uint8_t)s[i * 2 + 1]] - 1u;
		bad |= hi | lo;		/* 0 - 1 has all bits */
		out[i] = (uint8_t)(hi << 4 | (lo & 15));
	}
	return bad & ~(any ? 63u : 15u) ? -1 : 0;
}

int
df_unhex(uint8_t *out, size_t n, const char *s, size_t len)
{
	return unhex(out, n, s, len, 0);
}

int
df_unhex_any(uint8_t *out, size_t n, const char *s, size_t len)
{
	return unhex(out, n, s, len, 1);
}

static void
base64(struct df_buf *b, const uint8_t *p, size_t n, int pad)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v;
	size_t i, k;
	char q[4];

	for (i = 0; i < n; i += 3) {
		k = n - i < 3 ? n - i : 3;
		v = (uint32_t)p[i] << 16;
		if (k > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (k > 2)
			v |= p[i + 2];
		q[0] = abc[v >> 18];
		q[1] = abc[v >> 12 & 63];
		q[2] = k > 1 ? abc[v >> 6 & 63] : '=';
		q[3] = k > 2 ? abc[v & 63] : '=';
		df_buf_add(b, q, pad ? 4 : k + 1);
	}
}

void
df_base64(struct df_buf *b, const uint8_t *p, size_t n)
{
	base64(b, p, n, 1);
}

void
df_base64_nopad(struct df_buf *b, const uint8_t *p, size_t n)
{
	base64(b, p, n, 0);
}

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

int
df_unbase64_nopad(struct df_buf *b, const char *s, size_t n)
{
	size_t i, was = b->n;
	uint32_t acc = 0;
	unsigned bits = 0;
	int v;

	if (n % 4 == 1)
		return -1;
	for (i = 0; i < n; i++) {
		v = sextet(s[i]);
		if (v < 0) {
			df_buf_cut(b, was);
			return -1;
		}
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			df_buf_ch(b, (int)(acc >> bits & 0xff));
		}
	}
	if (acc & ((1u << bits) - 1)) {		/* not canonical */
		df_buf_cut(b, was);
		return -1;
	}
	return 0;
}

int
df_unbase64(struct df_buf *b, const char *s, size_t n)
{
	if (n % 4)
		return -1;
	if (n && s[n - 1] == '=')
		n -= s[n - 2] == '=' ? 2 : 1;
	return df_unbase64_nopad(b, s, n);
}

void
df_text_unoctal(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			    (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

int
df_number(const char *s, int64_t min, int64_t max, int64_t *out)
{
	int neg = *s == '-';
	uint64_t v = 0;
	const char *p = s + neg;

	if (*p == '\0' || (*p == '0' && p[1]))
		return -1;
	for (; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		if (v > (uint64_t)INT64_MAX / 10)
			return -1;
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > (uint64_t)INT64_MAX)
			return -1;
	}
	*out = neg ? -(int64_t)v : (int64_t)v;
	return *out < min || *out > max ? -1 : 0;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Optimal string alignment distance; words over 31 bytes never match. */
static size_t
distance(const char *a, const char *b)
{
	size_t d[32][32], i, j, n = strlen(a), m = strlen(b);

	if (n > 31 || m > 31)
		return 99;
	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++) {
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m];
}

const char *
df_suggest(const char *s, const char *const *word, size_t n)
{
	size_t i, d, best = strlen(s) / 3;
	const char *found = NULL;

	for (i = 0; i < n; i++) {
		d = distance(s, word[i]);
		if (d < best || (d == best && d > 0 && found == NULL)) {
			best = d;
			found = word[i];
		}
	}
	return found;
}
