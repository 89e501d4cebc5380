#include "base/df.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "evidence/sign-internal.h"

static void
init(void)
{
	if (sodium_init() < 0)
		DF_BUG("libsodium");
}

void
df_sodium_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init);
}

int
df_wire_u32(struct df_wire *w, uint32_t *v)
{
	if (w->n < 4)
		return -1;
	*v = (uint32_t)w->p[0] << 24 | (uint32_t)w->p[1] << 16 |
	    (uint32_t)w->p[2] << 8 | w->p[3];
	w->p += 4;
	w->n -= 4;
	return 0;
}

int
df_wire_string(struct df_wire *w, struct df_wire *s)
{
	uint32_t n;

	if (df_wire_u32(w, &n) < 0 || n > w->n)
		return -1;
	s->p = w->p;
	s->n = n;
	w->p += n;
	w->n -= n;
	return 0;
}

int
df_wire_eq(const struct df_wire *s, const char *lit)
{
	return s->n == strlen(lit) && memcmp(s->p, lit, s->n) == 0;
}

int
df_wire_lit(struct df_wire *w, const char *lit)
{
	struct df_wire s;

	return df_wire_string(w, &s) < 0 || !df_wire_eq(&s, lit) ? -1 : 0;
}

int
df_wire_bytes(struct df_wire *w, uint8_t *out, size_t n)
{
	struct df_wire s;

	if (df_wire_string(w, &s) < 0 || s.n != n)
		return -1;
	memcpy(out, s.p, n);
	return 0;
}

int
df_wire_word(struct df_wire *w, char *out, size_t size)
{
	struct df_wire s;
	size_t i;

	if (df_wire_string(w, &s) < 0 || s.n == 0 || s.n >= size)
		return -1;
	for (i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return -1;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return 0;
}

void
df_wire_put_u32(struct df_buf *b, uint32_t v)
{
	uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 8), (uint8_t)v };

	df_buf_add(b, be, sizeof(be));
}

void
df_wire_put(struct df_buf *b, const void *p, size_t n)
{
	if (n > UINT32_MAX)
		DF_BUG("string of over 4 GiB");
	df_wire_put_u32(b, (uint32_t)n);
	df_buf_add(b, p, n);
}

void
df_wire_put_str(struct df_buf *b, const char *s)
{
	df_wire_put(b, s, strlen(s));
}

void
df_ssh_armor(struct df_buf *b, const char *kind, const void *p, size_t n)
{
	struct df_buf t = DF_BUF_INIT;
	size_t i, k;

	df_buf_room(&t, (n + 2) / 3 * 4);
	df_base64(&t, p, n);
	df_buf_room(b, t.n + t.n / 70 + 128);
	df_buf_fmt(b, "-----BEGIN %s-----\n", kind);
	for (i = 0; i < t.n; i += k) {
		k = t.n - i < 70 ? t.n - i : 70;
		df_buf_add(b, t.s + i, k);
		df_buf_ch(b, '\n');
	}
	df_buf_fmt(b, "-----END %s-----\n", kind);
	df_buf_wipe(&t);
}
