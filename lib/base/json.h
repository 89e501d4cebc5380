/*
 * json.h - strict JSON in, canonical JSON out, around libjq's jv.
 *
 * Reading.  df_json_scan() reads one JSON text (RFC 8259) strictly: UTF-8
 * without a byte order mark, no duplicate member names, no NaN or Infinity,
 * no number beyond a double's range, nothing behind the value but white
 * space, and bounds on size and depth.  libjq alone is none of that (it takes
 * the last of two members, repairs UTF-8, rounds 10^400).  The result is a
 * flat array of tokens over the caller's bytes; looking a member up walks the
 * object's tokens.  Nothing is copied, so a log line costs a few microseconds.
 *
 * DF-JSON/1, the canonical form in which everything of ours is written, is
 * RFC 8785 (JCS) restricted: member names are ASCII, numbers are integers of
 * magnitude at most 2^53 - 1, and one LF ends the text.  With DF_JSON_CANON
 * the scanner accepts exactly these bytes.
 *
 * jv.  A value that a program computes with is a jv; df_json_jv() makes one
 * of a token, df_json_write() writes one canonically.  Every jv function
 * eats its arguments except where its name says _get; only this header's
 * functions and <jv.h> touch a jv.
 */
#ifndef DF_BASE_JSON_H
#define DF_BASE_JSON_H

#include <jv.h>

#include "base/buf.h"
#include "base/err.h"

#define DF_JSON_MAX ((size_t)16 << 20)	/* bytes of one text */
#define DF_JSON_DEPTH 64
#define DF_JSON_INT 9007199254740991LL	/* 2^53 - 1 */

enum df_jtype {
	DF_JNULL = 1, DF_JFALSE, DF_JTRUE, DF_JNUMBER, DF_JSTRING,
	DF_JARRAY, DF_JOBJECT
};

struct df_jtok {
	uint8_t type;		/* enum df_jtype */
	uint8_t esc;		/* a string with a backslash in it; a number
				   that is no plain integer */
	uint32_t start, end;	/* bytes; of a string without the quotes */
	uint32_t next;		/* token behind this value */
	uint32_t n;		/* elements or members */
};

/*
 * A scanned text.  s is borrowed.  Token 0 is the value; an object's tokens
 * are its members' names and values alternately, in file order.  Zero the
 * struct before the first use; it may be used again for the next text and is
 * released once.
 */
struct df_json {
	const char *s;
	size_t n;		/* bytes of s */
	struct df_jtok *tok;
	size_t ntok, cap;
};

enum {
	DF_JSON_CANON = 1,	/* DF-JSON/1, one LF at the end included */
	DF_JSON_PREFIX = 2	/* with CANON: succeed when s could be the
				   beginning of a canonical object */
};

/*
 * Scan s[0..n).  what names the text in messages ("run.json").  Fails with
 * DF_INPUT and a message that has line and column.
 */
int df_json_scan(struct df_json *j, const char *s, size_t n, unsigned flags,
	const char *what, struct df_err *e) DF_CHECK;
/*
 * The same for a long array, of which never more than one element is in j: fn
 * is called for each, token t, as soon as it is scanned, when what is behind it
 * may still turn out to be no JSON.  It returns 0 to go on, or -1.  A text that
 * is no array is in j as a whole; of an array only token 0 is.
 */
typedef int df_json_fn(void *arg, const struct df_json *j, uint32_t t,
	struct df_err *e);
int df_json_each(struct df_json *j, const char *s, size_t n, unsigned flags,
	const char *what, df_json_fn *fn, void *arg, struct df_err *e)
	DF_CHECK;
void df_json_release(struct df_json *j);

/* The token of a member's value, or 0 when the object has none (or obj is no
   object): token 0 is never a member's value. */
uint32_t df_jget(const struct df_json *j, uint32_t obj, const char *name);
/* Iterate: first element or member name of t, then the next one. */
#define df_jfirst(j, t) ((t) + 1)
#define df_jnext(j, t) ((j)->tok[t].next)
/* Is token t a string equal to the literal? */
int df_jis(const struct df_json *j, uint32_t t, const char *lit);
/* Append the unescaped string. */
void df_jtext(const struct df_json *j, uint32_t t, struct df_buf *b);
/* A malloc'd copy of a string token, or NULL when t is no string or holds a
   NUL. */
char *df_jstr(const struct df_json *j, uint32_t t);
/* An integer token in [min, max]: 0, else -1. */
int df_jint(const struct df_json *j, uint32_t t, int64_t min, int64_t max,
	int64_t *out);
/* Token t and what is below it as a jv. */
jv df_json_jv(const struct df_json *j, uint32_t t);

/* Scan and convert in one step; jv_invalid() on failure. */
jv df_json_parse(const char *s, size_t n, unsigned flags, const char *what,
	struct df_err *e);

/*
 * Append v in canonical form, without the final LF.  Eats v.  Fails (DF_INPUT)
 * on what DF-JSON/1 does not have: fractions, large integers, names that are
 * not ASCII, invalid values.
 */
int df_json_write(struct df_buf *b, jv v, struct df_err *e) DF_CHECK;
/* The same plus LF; for values that we built, where failure is a bug. */
void df_json_line(struct df_buf *b, jv v);

/* Shorthand for building objects: each eats obj and v. */
jv df_jset(jv obj, const char *name, jv v);
jv df_jset_str(jv obj, const char *name, const char *s); /* NULL: leave */
jv df_jset_strn(jv obj, const char *name, const char *s, size_t n);
jv df_jset_int(jv obj, const char *name, int64_t v);
jv df_jset_bool(jv obj, const char *name, int v);
/* Reading a jv without eating it: NULL / def when absent or of other type.
   The string lives as long as the object. */
const char *df_jv_str(jv obj, const char *name);
int64_t df_jv_int(jv obj, const char *name, int64_t def);
int df_jv_bool(jv obj, const char *name);
/* A counted reference to the member, or jv_invalid(). */
jv df_jv_get(jv obj, const char *name);

#endif
