/*
 * leak.h - looking for a holdout suite where it must not be.
 *
 *	l = df_leak_new();
 *	df_leak_add(l, DF_LEAK_CODE, n, text, len);	pieces of the suite
 *	df_leak_scan(l, bytes, len, fn, arg);	any number of texts
 *	df_leak_free(l);
 *
 * A needle is a piece of the suite, of one of these kinds; a shorter one is
 * anybody's phrase or command and is passed over (characters are bytes of
 * the normal form below):
 *
 *	canary	a value that the suite calls a canary: 8 characters
 *	code	a whole executable block: 4 words and 24 characters on 3
 *		lines that are not blank, or else 12 words and 80 characters,
 *		so that a command line that documents show is none
 *	title	a scenario's title: 4 words and 20 characters
 *	text	a line: 6 words and 40 characters
 *	id	a scenario's id: 5 characters
 *
 * Both sides are normalised: letters in lower case, digits and the letters of
 * Unicode stay.  Everything else separates words: also its punctuation and
 * symbols (U+0080 to U+00BF, U+2000 to U+2FFF, U+F000 and up) and an escape of
 * JSON or C with its letter (\n \r \t \b \f \v \0); \u with four hexadecimal
 * digits is its character.  So quoting, indentation, wrapping, punctuation and
 * line numbers with an arrow do not hide a piece.  A match begins and ends at
 * word boundaries.
 *
 * Not undone: base64 and other encodings, \x and octal escapes, compression,
 * what parts words or puts others between them (colours of a terminal).
 *
 * All needles are looked for in one pass by the automaton of Aho and Corasick
 * (CACM 18, 1975) with words as its alphabet: time is linear in the needles,
 * the text and the hits, whatever they have in common, and memory in the
 * needles alone.  It is built by the first scan after needles were added.
 *
 * What public documents share with the suite is no secret: df_leak_forget()
 * takes a needle out of scans.  It stays out when it is added again.
 *
 * Needles may not be added while a stream is open, and one struct is for one
 * thread: const means that its needles stay as they are.
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
	uint32_t line, last;	/* of its first and last word, from 1 */
	int inner;		/* it ends where the hit before it does, and
				   so is the end of that one or all of it */
};

struct df_leak *df_leak_new(void);
void df_leak_free(struct df_leak *l);	/* zeroes */
/*
 * Add a piece.  What is equal, in kind and normal form, to one added before
 * is passed over; others are numbered from 0.
 */
void df_leak_add(struct df_leak *l, enum df_leak_kind kind, uint32_t item,
	const char *s, size_t n);
/* The same for one of any length that has a word. */
void df_leak_add_any(struct df_leak *l, enum df_leak_kind kind,
	uint32_t item, const char *s, size_t n);
/* Each line of a text as a piece of kind text. */
void df_leak_add_lines(struct df_leak *l, uint32_t item, const char *s,
	size_t n);
size_t df_leak_count(const struct df_leak *l);	/* needles in use */
/* At once, also for a scan that calls its function. */
void df_leak_forget(struct df_leak *l, size_t needle);

/*
 * Call fn for each needle at each place where it stands, also inside another
 * one: in order of where they end, of those that end together the longest
 * first, of equal ones as added.  fn returns 0 to go on.  Returns fn's last
 * value.
 */
typedef int df_leak_fn(void *arg, const struct df_leak_hit *h);
int df_leak_scan(const struct df_leak *l, const char *s, size_t n,
	df_leak_fn *fn, void *arg);
/* The same piece by piece. */
struct df_leak_stream;
struct df_leak_stream *df_leak_begin(const struct df_leak *l, df_leak_fn *fn,
	void *arg);
int df_leak_feed(struct df_leak_stream *s, const char *p, size_t n);
int df_leak_end(struct df_leak_stream *s);	/* frees s */

/* Append the normal form: words with one space between them. */
void df_leak_normal(struct df_buf *b, const char *s, size_t n);

#endif
