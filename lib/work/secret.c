#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "work/secret.h"

static struct df_buf *
needle(struct df_secrets *s)
{
	DF_GROW(s->needle, s->n, s->cap);
	df_buf_init(&s->needle[s->n]);
	return &s->needle[s->n++];
}

/* The characters of base64 that depend on the secret alone. */
static void
add_base64(struct df_secrets *s, const char *v, size_t n, unsigned shift,
    int url)
{
	struct df_buf raw = DF_BUF_INIT, enc = DF_BUF_INIT, *b;
	size_t skip = (shift * 8 + 5) / 6, full = (shift + n) * 8 / 6, i;

	df_buf_add(&raw, "\0\0", shift);
	df_buf_add(&raw, v, n);
	df_base64_nopad(&enc, (const uint8_t *)raw.s, raw.n);
	if (url)
		for (i = 0; i < enc.n; i++)
			enc.s[i] = enc.s[i] == '+' ? '-' : enc.s[i] == '/' ?
			    '_' : enc.s[i];
	b = needle(s);
	df_buf_add(b, enc.s + skip, full - skip);
	df_buf_wipe(&raw);
	df_buf_wipe(&enc);
}

static void
add_hex(struct df_secrets *s, const char *v, size_t n, int upper)
{
	struct df_buf *b = needle(s);
	size_t i;

	df_hex(b, (const uint8_t *)v, n);
	for (i = 0; upper && i < b->n; i++)
		if (b->s[i] >= 'a')
			b->s[i] = (char)(b->s[i] - 'a' + 'A');
}

static void
add_percent(struct df_secrets *s, const char *v, size_t n, int upper)
{
	struct df_buf *b = needle(s);
	size_t i;
	char c;

	for (i = 0; i < n; i++) {
		c = v[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("-._~", c)))
			df_buf_ch(b, c);
		else
			df_buf_fmt(b, upper ? "%%%02X" : "%%%02x",
			    (unsigned char)c);
	}
}

/* As it stands in JSON, when that is something else. */
static void
add_json(struct df_secrets *s, const char *v, size_t n)
{
	struct df_buf q = DF_BUF_INIT;

	df_text_json(&q, v, n);
	if (q.n != n + 2)
		df_buf_add(needle(s), q.s + 1, q.n - 2);
	df_buf_wipe(&q);
}

void
df_secrets_init(struct df_secrets *s, const struct df_list *value)
{
	const char *v;
	size_t i, n;
	unsigned k;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < value->n; i++) {
		v = value->v[i];
		n = strlen(v);
		df_buf_add(needle(s), v, n);
		for (k = 0; k < 3; k++) {
			add_base64(s, v, n, k, 0);
			add_base64(s, v, n, k, 1);
		}
		add_hex(s, v, n, 0);
		add_hex(s, v, n, 1);
		add_percent(s, v, n, 0);
		add_percent(s, v, n, 1);
		add_json(s, v, n);
	}
	for (i = 0; i < s->n; i++)
		if (s->needle[i].n > s->longest)
			s->longest = s->needle[i].n;
}

void
df_secrets_release(struct df_secrets *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		df_buf_wipe(&s->needle[i]);
	free(s->needle);
	memset(s, 0, sizeof(*s));
}

size_t
df_secrets_mask(const struct df_secrets *s, struct df_buf *b)
{
	struct df_buf out = DF_BUF_INIT;
	size_t i, at, count = 0;
	char *p;

	for (i = 0; i < s->n; i++) {
		at = 0;
		df_buf_reset(&out);
		while ((p = memmem(b->s + at, b->n - at, s->needle[i].s,
		    s->needle[i].n)) != NULL) {
			df_buf_add(&out, b->s + at, (size_t)(p - b->s) - at);
			df_buf_str(&out, "[secret]");
			at = (size_t)(p - b->s) + s->needle[i].n;
			count++;
		}
		if (at == 0)
			continue;
		df_buf_add(&out, b->s + at, b->n - at);
		df_buf_reset(b);
		df_buf_add(b, out.s, out.n);
	}
	df_buf_release(&out);
	return count;
}

int
df_secrets_in(const struct df_secrets *s, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (memmem(p, n, s->needle[i].s, s->needle[i].n))
			return 1;
	return 0;
}

int
df_secrets_fd(const struct df_secrets *s, int fd, const char *what,
    struct df_err *e)
{
	size_t chunk = 65536 + s->longest, have = 0;
	char *buf;
	ssize_t n;
	int r = 0;

	if (s->n == 0)
		return 0;
	buf = df_malloc(chunk);
	while (r == 0 && (n = read(fd, buf + have, chunk - have)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = df_fail_errno(e, DF_EXTERNAL, "file.read",
			    "cannot read %s", what);
			break;
		}
		have += (size_t)n;
		r = df_secrets_in(s, buf, have);
		/* keep what could be the beginning of one */
		if (have >= s->longest) {
			memmove(buf, buf + have - (s->longest - 1),
			    s->longest - 1);
			have = s->longest - 1;
		}
	}
	free(buf);
	return r;
}
