/*
 * scope-internal.h - what the index and the selection (scope.c) share.
 *
 * scope-index.c makes the index.  scope-words.c takes texts apart and finds
 * terms in them; scope-names.c enters what a unit is called, cites and says;
 * scope-units.c does that for every unit and settles the postings;
 * scope-files.c reads the files and the lines of D7.
 *
 * Units are numbered through all kinds: base[kind] + index in the kind.  A
 * term is a name or an identifier; its postings say which units have to do
 * with it, in the order of units.  Ordinary words have an index of their own,
 * for the score.
 */
#ifndef DF_SPEC_SCOPE_INTERNAL_H
#define DF_SPEC_SCOPE_INTERNAL_H

#include <string.h>

#include "base/buf.h"
#include "spec/scope.h"

#define VEC(type) struct { type *v; size_t n, cap; }
#define PUSH(x) (DF_GROW((x).v, (x).n, (x).cap), \
	(void)memset(&(x).v[(x).n], 0, sizeof(*(x).v)), &(x).v[(x).n++])

#define SCOPE_WORD_MIN 5
#define SCOPE_WORD_MAX 40
#define SCOPE_WORD_COMMON 12
#define SCOPE_PHRASE 6		/* words of a name */
#define SCOPE_TERMS 4		/* terms that one word can mean */

/* How a unit has to do with a term. */
enum scope_how {
	SCOPE_CALLED = 1,	/* the term is its name */
	SCOPE_EXPOSES,		/* it says that it exposes what is called so */
	SCOPE_SAYS,		/* its text has the name or id */
	SCOPE_CITES		/* a reference field of it has the id */
};

struct scope_post {
	uint32_t term, unit;
	uint8_t how;
};

struct scope_term {
	uint32_t first, n;	/* postings */
	uint8_t plain;		/* an ordinary word: needs code marks or "(" */
	uint8_t thing;		/* names a component or a file */
};

struct scope_phrase {		/* a name of several words */
	const char *s;		/* in lower case, one space between */
	uint32_t term, next;	/* next: with the same first word, or 0 */
};

/* A number and a member of its list, in any order; members keep theirs. */
struct scope_pair {
	uint32_t from, to;
};

/* Lists of numbers by number: those of i are v[first[i]..first[i + 1]). */
struct scope_lists {
	uint32_t *v, *first;
};

struct scope_mark {
	uint32_t stamp, score;
	uint16_t step;
	uint8_t by, own;
};

struct scope_files {		/* of a task, once they are known */
	uint32_t *v;
	size_t n;
	int known;
};

struct scope_text {
	jv text;
	struct df_template *t;
};

struct df_xref_in {
	struct df_arena arena;
	uint32_t base[DF_KINDS + 1];
	struct df_map names, words, starts;
	VEC(struct scope_term) term, word;
	VEC(struct scope_post) post, wpost;
	VEC(struct scope_phrase) phrase;	/* 0 is not used */
	struct scope_lists owns;	/* unit -> terms that it is called */
	struct scope_lists needs;	/* component -> components */
	struct scope_lists has;		/* component -> its files */
	struct scope_lists tests;	/* file -> files that test it */
	struct scope_lists children;	/* task -> tasks that depend on it */
	uint32_t *planned;	/* component of D10 -> its file, or none */
	jv *made;			/* by unit */
	VEC(struct scope_text) text;
	uint8_t *special;		/* unit: a text that names things */
	uint32_t *general[DF_KINDS];	/* units that name none, first ones */
	size_t ngeneral[DF_KINDS];	/* all of them */

	/* of the current selection */
	struct scope_files *files;	/* by task */
	struct scope_mark *mark;	/* by unit */
	uint32_t now;
	VEC(uint32_t) touched, queue;
	uint32_t *wordstamp, *fileof, *seen;	/* by word, file, task */
	uint32_t *scenario, *contract;	/* now * 2 + 1 of the task's, now * 2
					   of those mentioned */
	uint32_t seenow, filenow;
	VEC(const struct df_item *) item, carried, mention;
	VEC(struct df_pick) pick;
	VEC(struct df_given) given;
	VEC(struct df_unplanned) unplanned;
	struct df_buf tmp;
};

/* A word of a text: names, paths and identifiers are one word. */
struct scope_token {
	const char *s;
	size_t n;
	int code, call;		/* in code marks; "(" behind it */
};

struct scope_reader {
	const char *s, *end;
	int code;
};

/* A unit being entered into the index. */
struct scope_build {
	struct df_xref *x;
	struct df_xref_in *in;
	uint32_t unit;
	VEC(uint32_t) owns;
	int product;		/* what is named is the product itself */
};

/* ---- scope-words.c ---- */

int scope_alnum(char c);
/* What is behind the last c of the word; the word itself without one. */
const char *scope_behind(const char *s, size_t n, char c);
/* Append it in lower case. */
void scope_lower(struct df_buf *b, const char *s, size_t n);
/* Like a name of a program rather than a word of prose? */
int scope_programmed(const char *s, size_t n);
struct scope_reader scope_read(const char *s, size_t n);
int scope_token(struct scope_reader *r, struct scope_token *t);
/* The identifier of a document in the word, at *i or behind it: its length,
   *i its place; 0 when there is none. */
size_t scope_id(const struct scope_token *t, size_t *i);
/* The next ordinary word in it, lower case. */
int scope_word(const struct scope_token *t, size_t *i,
	char w[SCOPE_WORD_MAX], size_t *n);
/* A name without case and punctuation, in in->tmp: "\1ledgererror". */
void scope_squash(struct df_xref_in *in, const char *s);
/* The terms that a word (with what follows it) means. */
unsigned scope_terms(struct df_xref_in *in, const struct scope_reader *r,
	const struct scope_token *t, uint32_t v[SCOPE_TERMS + 1]);

/* Is one path the end of the other, at a "/"? */
int scope_same_file(const char *a, size_t n, const char *b, size_t m);

/* ---- scope-names.c: of the unit b->unit ---- */

/* The word is what it is called, or exposes. */
void scope_called(struct scope_build *b, const char *s, size_t n,
	enum scope_how how);
/* A name as people write it: a word, paths, several words. */
void scope_named(struct scope_build *b, const char *s);
/* "`Client.append(x) -> int`" exposes Client.append, append() and Client. */
void scope_exposes(struct scope_build *b, const struct df_value *x);
/* The ids in a text are cited; those of references; what is spelled like s. */
void scope_cites(struct scope_build *b, const struct df_value *x);
void scope_cites_refs(struct scope_build *b, const struct df_refs *f);
void scope_cites_like(struct scope_build *b, const char *s);
/* Its text: the terms and ids in it and, of what is no line of a diagram,
   words. */
void scope_says(struct scope_build *b, const char *s, size_t len);

/* ---- scope-files.c ---- */

/* Is the file there when the task of the current selection starts, may the
   component of D10 be?  Other kinds are not. */
int scope_is_there(const struct df_xref *x, int kind, uint32_t index);

/* ---- the index ---- */

/* Files, their tests, lines of the testing strategy and of diagrams. */
void scope_read_d7(struct df_xref *x);
/* All units, their terms and words; D7 is read. */
void scope_read_units(struct df_xref *x);
/* The lists of the numbers below of, from n pairs, in in's arena. */
struct scope_lists scope_lists_of(struct df_xref_in *in,
	const struct scope_pair *p, size_t n, size_t of);

#define SCOPE_LIST(l, i, k) \
	for ((k) = (l)->first[i]; (k) < (l)->first[(i) + 1]; (k)++)

#endif
