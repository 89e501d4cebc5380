/*
 * buf.h - a growing byte buffer.
 *
 * s is never NULL and always NUL-terminated at s[n]; the NUL is not counted.
 * A buffer starts as DF_BUF_INIT and needs no release until something was
 * added.  The caller owns the struct; the buffer owns the bytes.  Running
 * out of memory ends the process (mem.h).
 */
#ifndef DF_BASE_BUF_H
#define DF_BASE_BUF_H

#include <stdarg.h>

#include "base/df.h"

struct df_buf {
	char *s;
	size_t n;	/* bytes used */
	size_t cap;	/* bytes allocated; 0 while s is the empty literal */
};

extern char df_buf_empty[1];
#define DF_BUF_INIT { df_buf_empty, 0, 0 }

void df_buf_init(struct df_buf *b);
void df_buf_release(struct df_buf *b);
/* Forget the content, keep the memory. */
void df_buf_reset(struct df_buf *b);
/* Make room for more bytes and return where they go; n is unchanged. */
char *df_buf_room(struct df_buf *b, size_t more);
void df_buf_add(struct df_buf *b, const void *p, size_t n);
void df_buf_str(struct df_buf *b, const char *s);
void df_buf_ch(struct df_buf *b, int c);
void df_buf_fmt(struct df_buf *b, const char *fmt, ...) DF_PRINTF(2, 3);
void df_buf_vfmt(struct df_buf *b, const char *fmt, va_list ap)
	DF_PRINTF(2, 0);
/* Cut to n bytes. */
void df_buf_cut(struct df_buf *b, size_t n);
/* Hand the bytes over (free() them); the buffer is empty afterwards. */
char *df_buf_detach(struct df_buf *b);
/* Zero the bytes before they are freed: for secrets. */
void df_buf_wipe(struct df_buf *b);

#endif
