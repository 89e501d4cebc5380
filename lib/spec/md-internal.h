/*
 * md-internal.h - what md.c (lines) and md-text.c (one line's text) share.
 */
#ifndef DF_SPEC_MD_INTERNAL_H
#define DF_SPEC_MD_INTERNAL_H

#include "spec/md.h"

static inline int
md_blank(int c)
{
	return c == ' ' || c == '\t';
}

static inline int
md_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline int
md_alnum(int c)
{
	return (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 ||
	    (md_lower(c) >= 'a' && md_lower(c) <= 'z');
}

static inline size_t
md_run(struct df_str t, int c)
{
	size_t n = 0;

	while (n < t.n && t.s[n] == c)
		n++;
	return n;
}

#define MD_RUNS 32		/* longer runs of backquotes are plain text */

/* Where the last run of each length stands, so that looking for the end of a
   span never walks a line in vain. */
struct md_spans {
	size_t last[MD_RUNS];
	int any;
};

void md_spans_init(struct md_spans *sp, struct df_str t);
/*
 * t.s[i] is a backquote: the first byte behind the code span that begins
 * there, or behind the run when it begins none.
 */
size_t md_span_end(const struct md_spans *sp, struct df_str t, size_t i);

#endif
