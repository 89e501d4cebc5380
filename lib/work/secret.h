/*
 * secret.h - values that we were given and that must reach no log or blob.
 *
 * A secret is looked for as it is and in base64 (any alignment, both
 * alphabets), hexadecimal (both cases), percent encoding and as a string of
 * JSON.  An agent that wants to can always transform it further; best is to
 * give it none.
 */
#ifndef DF_WORK_SECRET_H
#define DF_WORK_SECRET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"

struct df_secrets {
	struct df_buf *needle;
	size_t n, cap;
	size_t longest;
};
/* The needles of the given values (each at least 8 bytes). */
void df_secrets_init(struct df_secrets *s, const struct df_list *value);
void df_secrets_release(struct df_secrets *s);
/* Replace every occurrence in b by "[secret]"; returns how many. */
size_t df_secrets_mask(const struct df_secrets *s, struct df_buf *b);
/* Is there one in p[0..n)? */
int df_secrets_in(const struct df_secrets *s, const char *p, size_t n);
/* Is there one in what fd yields?  1, 0, or -1 with *e. */
int df_secrets_fd(const struct df_secrets *s, int fd, const char *what,
	struct df_err *e) DF_CHECK;

#endif
