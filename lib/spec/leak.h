/*
 * leak.h - looking for a holdout suite where it must not be.
 *
 *	l = df_leak_new();
 *	df_leak_add(l, DF_LEAK_CODE, n, text, len);	pieces of the suite
 *	df_leak_scan(l, bytes, len, fn, arg);	any number of texts
 *
 * A needle is a piece of the suite, of one of these kinds:
 *
 *	canary	a value that the suite calls a canary
 *	code	a whole executable block
 *	title	a scenario's title, of 4 words and 20 characters at least
 *	text	a line of 6 words and 40 characters at least
 *	id	a scenario's id
 *
 * Both sides are normalised: letters in lower case, digits and non-ASCII
 * bytes stay, everything else (also the escapes of JSON) separates words.  So
 * quoting, indentation, wrapping and punctuation do not hide a piece.  A match
 * begins and ends at word boundaries.  Time is linear in the text: each word
 * costs two look-ups.
 *
 * What public documents share with the suite is no secret: df_leak_forget()
 * takes a needle out of later scans.
 */
#ifndef DF_SPEC_LEAK_H
#define DF_SPEC_LEAK_H

#include "base/buf.h"
#include "base/err.h"

enum df_leak_kind { DF_LEAK_CANARY, DF_LEAK_CODE, DF_LEAK_TITLE,
	DF_LEAK_TEXT, DF_LEAK_ID };
const char *df_leak_kind_name(enum df_leak_kind k);

struct df_leak;

struct df_leak_hit {
	enum df_leak_kind kind;
	uint32_t item;		/* which item of the suite */
	size_t needle;		/* for df_leak_forget() */
	uint32_t line;		/* in the text, from 1 */
};

struct df_leak *df_leak_new(void);
void df_leak_free(struct df_leak *l);	/* zeroes */
/* Add a piece; one that is too short for its kind is passed over. */
void df_leak_add(struct df_leak *l, enum df_leak_kind kind, uint32_t item,
	const char *s, size_t n);
/* Each line of a text as a piece of kind text. */
void df_leak_add_lines(struct df_leak *l, uint32_t item, const char *s,
	size_t n);
size_t df_leak_count(const struct df_leak *l);	/* needles in use */
void df_leak_forget(struct df_leak *l, size_t needle);

/*
 * Call fn for each hit, in order of place; fn returns 0 to go on.  Returns
 * fn's last value.
 */
typedef int df_leak_fn(void *arg, const struct df_leak_hit *h);
int df_leak_scan(const struct df_leak *l, const char *s, size_t n,
	df_leak_fn *fn, void *arg);
/* The same piece by piece, in memory that does not grow with the text. */
struct df_leak_stream;
struct df_leak_stream *df_leak_begin(const struct df_leak *l, df_leak_fn *fn,
	void *arg);
int df_leak_feed(struct df_leak_stream *s, const char *p, size_t n);
int df_leak_end(struct df_leak_stream *s);	/* frees s */

/* Append the normalised form. */
void df_leak_normal(struct df_buf *b, const char *s, size_t n);

#endif
