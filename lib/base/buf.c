#define _GNU_SOURCE
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

char df_buf_empty[1];

void
df_buf_init(struct df_buf *b)
{
	b->s = df_buf_empty;
	b->n = b->cap = 0;
}

void
df_buf_release(struct df_buf *b)
{
	if (b->cap)
		free(b->s);
	df_buf_init(b);
}

void
df_buf_reset(struct df_buf *b)
{
	b->n = 0;
	if (b->cap)
		b->s[0] = '\0';
}

char *
df_buf_room(struct df_buf *b, size_t more)
{
	size_t cap;

	if (more >= SIZE_MAX / 2 - b->n)
		df_diex(DF_EXTERNAL, "memory", "out of memory");
	if (b->n + more + 1 > b->cap) {
		cap = b->cap + b->cap / 2;
		if (cap < b->n + more + 1)
			cap = b->n + more + 1;
		if (cap < 64)
			cap = 64;
		b->s = df_realloc(b->cap ? b->s : NULL, cap, 1);
		b->cap = cap;
		b->s[b->n] = '\0';
	}
	return b->s + b->n;
}

void
df_buf_add(struct df_buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(df_buf_room(b, n), p, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void
df_buf_str(struct df_buf *b, const char *s)
{
	df_buf_add(b, s, strlen(s));
}

void
df_buf_ch(struct df_buf *b, int c)
{
	char *p = df_buf_room(b, 1);

	p[0] = (char)c;
	p[1] = '\0';
	b->n++;
}

void
df_buf_vfmt(struct df_buf *b, const char *fmt, va_list ap)
{
	va_list aq;
	int n;

	va_copy(aq, ap);
	n = vsnprintf(NULL, 0, fmt, aq);
	va_end(aq);
	if (n < 0)
		DF_BUG("format");
	vsnprintf(df_buf_room(b, (size_t)n), (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void
df_buf_fmt(struct df_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	df_buf_vfmt(b, fmt, ap);
	va_end(ap);
}

void
df_buf_cut(struct df_buf *b, size_t n)
{
	if (n < b->n) {
		b->n = n;
		b->s[n] = '\0';
	}
}

char *
df_buf_detach(struct df_buf *b)
{
	char *s;

	df_buf_room(b, 0);
	s = b->s;
	df_buf_init(b);
	return s;
}

void
df_buf_wipe(struct df_buf *b)
{
	if (b->cap)
		explicit_bzero(b->s, b->cap);
	df_buf_release(b);
}
