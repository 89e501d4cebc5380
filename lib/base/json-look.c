#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* ---- looking at tokens ---- */

uint32_t
df_jget(const struct df_json *j, uint32_t obj, const char *name)
{
	size_t len = strlen(name);
	uint32_t t, i, n;

	if (j->tok[obj].type != DF_JOBJECT)
		return 0;
	n = j->tok[obj].n;
	for (i = 0, t = obj + 1; i < n; i++, t = j->tok[t + 1].next) {
		if (j->tok[t].esc) {
			if (df_jis(j, t, name))
				return t + 1;
		} else if (j->tok[t].end - j->tok[t].start == len &&
		    memcmp(j->s + j->tok[t].start, name, len) == 0) {
			return t + 1;
		}
	}
	return 0;
}

int
df_jis(const struct df_json *j, uint32_t t, const char *lit)
{
	const struct df_jtok *k = &j->tok[t];
	struct df_buf b = DF_BUF_INIT;
	size_t len = strlen(lit);
	int r;

	if (k->type != DF_JSTRING)
		return 0;
	if (!k->esc)
		return k->end - k->start == len &&
		    memcmp(j->s + k->start, lit, len) == 0;
	df_jtext(j, t, &b);
	r = b.n == len && memcmp(b.s, lit, len) == 0;
	df_buf_release(&b);
	return r;
}

static void
put_utf8(struct df_buf *b, uint32_t c)
{
	if (c < 0x80) {
		df_buf_ch(b, (int)c);
	} else if (c < 0x800) {
		df_buf_ch(b, (int)(0xc0 | c >> 6));
		df_buf_ch(b, (int)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		df_buf_ch(b, (int)(0xe0 | c >> 12));
		df_buf_ch(b, (int)(0x80 | (c >> 6 & 63)));
		df_buf_ch(b, (int)(0x80 | (c & 63)));
	} else {
		df_buf_ch(b, (int)(0xf0 | c >> 18));
		df_buf_ch(b, (int)(0x80 | (c >> 12 & 63)));
		df_buf_ch(b, (int)(0x80 | (c >> 6 & 63)));
		df_buf_ch(b, (int)(0x80 | (c & 63)));
	}
}

/* The scanner has checked it: four hex digits follow. */
static uint32_t
unhex4(const char *s)
{
	uint32_t v = 0;
	int k;

	for (k = 0; k < 4; k++) {
		v <<= 4;
		if (s[k] <= '9')
			v |= (uint32_t)(s[k] - '0');
		else
			v |= (uint32_t)((s[k] | 32) - 'a' + 10);
	}
	return v;
}

void
df_jtext(const struct df_json *j, uint32_t t, struct df_buf *b)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *s = j->s + j->tok[t].start, *end = j->s + j->tok[t].end;
	const char *q;
	uint32_t c;

	if (!j->tok[t].esc) {
		df_buf_add(b, s, (size_t)(end - s));
		return;
	}
	while (s < end) {
		q = memchr(s, '\\', (size_t)(end - s));
		if (q == NULL)
			q = end;
		df_buf_add(b, s, (size_t)(q - s));
		if (q == end)
			return;
		s = q + 2;
		if (q[1] == 'u') {
			c = unhex4(s);
			s += 4;
			if (c >= 0xd800 && c <= 0xdbff) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (unhex4(s + 2) - 0xdc00);
				s += 6;
			}
			put_utf8(b, c);
		} else if ((q = strchr(from, s[-1])) != NULL) {
			df_buf_ch(b, to[q - from]);
		} else {
			df_buf_ch(b, s[-1]);
		}
	}
}

char *
df_jstr(const struct df_json *j, uint32_t t)
{
	struct df_buf b = DF_BUF_INIT;

	if (j->tok[t].type != DF_JSTRING)
		return NULL;
	df_jtext(j, t, &b);
	if (memchr(b.s, '\0', b.n)) {
		df_buf_release(&b);
		return NULL;
	}
	return df_buf_detach(&b);
}

int
df_jint(const struct df_json *j, uint32_t t, int64_t min, int64_t max,
    int64_t *out)
{
	const struct df_jtok *k = &j->tok[t];
	const char *s = j->s + k->start, *end = j->s + k->end;
	int64_t v = 0;
	int neg;

	/* of what is no plain integer, and of what is too large, esc is set */
	if (k->type != DF_JNUMBER || k->esc)
		return -1;
	neg = *s == '-';
	for (s += neg; s < end; s++)
		v = v * 10 + (*s - '0');
	if (neg)
		v = -v;
	if (v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

jv
df_json_jv(const struct df_json *j, uint32_t t)
{
	const struct df_jtok *k = &j->tok[t];
	struct df_buf b = DF_BUF_INIT;
	uint32_t i, n, c;
	char tmp[64];
	jv v;

	switch (k->type) {
	case DF_JFALSE:
		return jv_false();
	case DF_JTRUE:
		return jv_true();
	case DF_JNUMBER:
		n = k->end - k->start;
		if (n < sizeof(tmp)) {
			memcpy(tmp, j->s + k->start, n);
			tmp[n] = '\0';
			return jv_number(strtod(tmp, NULL));
		}
		df_buf_add(&b, j->s + k->start, n);
		v = jv_number(strtod(b.s, NULL));
		df_buf_release(&b);
		return v;
	case DF_JSTRING:
		if (!k->esc)
			return jv_string_sized(j->s + k->start,
			    (int)(k->end - k->start));
		df_jtext(j, t, &b);
		v = jv_string_sized(b.s, (int)b.n);
		df_buf_release(&b);
		return v;
	case DF_JARRAY:
		v = jv_array_sized((int)k->n);
		for (i = 0, c = t + 1; i < k->n; i++, c = j->tok[c].next)
			v = jv_array_append(v, df_json_jv(j, c));
		return v;
	case DF_JOBJECT:
		v = jv_object();
		for (i = 0, c = t + 1; i < k->n; i++, c = j->tok[c + 1].next)
			v = jv_object_set(v, df_json_jv(j, c),
			    df_json_jv(j, c + 1));
		return v;
	}
	return jv_null();
}

jv
df_json_parse(const char *s, size_t n, unsigned flags, const char *what,
    struct df_err *e)
{
	struct df_json j = { 0 };
	jv v = jv_invalid();

	if (df_json_scan(&j, s, n, flags, what, e) == 0) {
		jv_free(v);
		v = df_json_jv(&j, 0);
	}
	df_json_release(&j);
	return v;
}
