/*
 * pattern.h - regular expressions, matched in linear time.
 *
 *	ps = df_patterns_new();
 *	p = df_pattern_new(ps, "^T-[0-9]+$", 10, e);
 *	...
 *	work = 1 << 24;
 *	switch (df_pattern_match(p, s, n, &work)) {
 *	...
 *	df_patterns_free(ps);
 *
 * The subset.  What ECMA-262 (with the u flag, unanchored) and POSIX extended
 * regular expressions share, with ECMA-262's meaning where they differ:
 *
 *	c		a character; not one of  ^ $ \ . * + ? ( ) [ ] { } |
 *	\c		one of these, or /
 *	\uXXXX		a character of the basic plane, not a surrogate
 *	.		any character but LF, CR, U+2028 and U+2029
 *	[abc-f] [^a]	a class; in it \ is written \\, [ is \[, ] is \] and
 *			- is \- or stands first or last; \^, \uXXXX as above
 *	^ $		the beginning, the very end of the text
 *	(x) x|y		not empty; at most 32 groups inside each other
 *	* + ? {m} {m,} {m,n}	behind a character, a class or a group, once
 *
 * So no \d \w \s \b \p \1, no (?, no lazy quantifier, no [:alpha:].
 * Everything else is refused: a pattern means the same here and in a
 * validator that has the whole language.
 *
 * A text is a sequence of characters, whatever the locale; NUL is one of them
 * and is matched by \u0000 and by the dot.  A byte that is not UTF-8 counts
 * as U+FFFD.
 *
 * Limits.  A pattern has at most 4096 bytes, and as many instructions when
 * its {m,n} are written out (one for a character or class, one more where it
 * may be left out).
 *
 * Work.  An automaton is made while texts are matched, one transition at a
 * time, each once: reading it costs the same for every character, whatever
 * the pattern.  It has at most 65535 transitions.  Where a text would need
 * more, the rest of it is matched by following all alternatives at once, at a
 * cost of up to the number of instructions for each character; that cost is
 * taken from the caller's allowance.  Nothing ever goes back in the text.
 *
 * Threads.  Patterns may be compiled and matched by several threads at once.
 * A transition is made under the lock of the set, and read without one.
 */
#ifndef DF_BASE_PATTERN_H
#define DF_BASE_PATTERN_H

#include "base/err.h"

/* A set of patterns owns their memory. */
struct df_patterns;
struct df_pattern;

struct df_patterns *df_patterns_new(void);
void df_patterns_free(struct df_patterns *ps);	/* may be NULL */

/*
 * The pattern s[0..n), which lives as long as the set; the same text twice is
 * one pattern.  NULL and DF_INPUT, code "pattern", when it is not of the
 * subset; the message says what and where, not the pattern:
 * "\d is not supported (write [0-9]) at byte 2".
 */
struct df_pattern *df_pattern_new(struct df_patterns *ps, const char *s,
	size_t n, struct df_err *e);

/*
 * Does the pattern match somewhere in s[0..n)?  1 or 0; or -1, with *work 0,
 * when that would have taken more than *work steps.
 */
int df_pattern_match(struct df_pattern *p, const char *s, size_t n,
	uint64_t *work) DF_CHECK;

#endif
