/*
 * schema-internal.h - what the files of the schema checker share.
 *
 *	schema-compile.c	the text of a schema -> nodes
 *	schema-link.c		$ref -> node; loops and depth
 *	schema-check.c		nodes and a value -> the first fault
 *	schema-equal.c		values as bytes that are the same when they
 *				are equal
 *	schema-say.c		messages
 *	schema.c		what is left of schema.h
 */
#ifndef DF_BASE_SCHEMA_INTERNAL_H
#define DF_BASE_SCHEMA_INTERNAL_H

#include "base/decimal.h"
#include "base/mem.h"
#include "base/pattern.h"
#include "base/schema.h"

#define SCHEMA_IN_PLACE 32	/* applied to one value, nested */

struct str {
	const char *s;
	size_t n;
};
/* For qsort() and bsearch() over what begins with a struct str. */
int df_schema_str_cmp(const void *a, const void *b);

/* ---- the compiled schema ---- */

enum { HAS_STRING = 1, HAS_NUMBER = 2, HAS_ARRAY = 4, HAS_OBJECT = 8,
	HAS_MORE = 16 };

/* Bits of a set of types. */
#define T_NULL (1 << DF_JNULL)
#define T_BOOLEAN (1 << DF_JTRUE | 1 << DF_JFALSE)
#define T_NUMBER (1 << DF_JNUMBER)
#define T_STRING (1 << DF_JSTRING)
#define T_ARRAY (1 << DF_JARRAY)
#define T_OBJECT (1 << DF_JOBJECT)
#define T_INTEGER (1 << (DF_JOBJECT + 1))
#define T_NEVER 1		/* of no value */

struct type {
	const char *name, *text;	/* "array", "an array" */
	unsigned bits;
};
#define SCHEMA_TYPES 7
extern const struct type df_schema_type[SCHEMA_TYPES];

/* The values of enum or const: strings apart, as text; all others in the form
   that df_schema_canon() writes.  Both are sorted. */
struct values {
	unsigned types;
	struct str *text, *other;
	size_t ntext, nother;
	struct str *raw;	/* as written, for messages */
	size_t nraw;
};

struct limit {
	struct df_decimal x;
	struct str raw;		/* as written, for messages */
};

struct list {
	struct node **v;
	size_t n;
};

struct member {
	struct str name;
	struct node *schema;	/* or NULL: only required */
	int required;
};

struct matching {
	struct df_pattern *pattern;
	struct node *schema;
};

struct dependent {
	struct str name;
	struct str *needs;
	size_t n;
	struct node *schema;
};

struct node {
	struct node *alias;	/* nothing but a $ref */
	struct values *only, *among;
	uint16_t types;		/* 0: any */
	uint8_t has;
	uint8_t never;		/* false */

	uint32_t min_length, max_length;
	struct df_pattern *pattern;

	struct limit *minimum, *maximum, *above, *below, *multiple;

	uint32_t min_items, max_items, min_contains, max_contains;
	int unique;
	struct list prefix;
	struct node *items, *contains;

	uint32_t min_members, max_members;
	struct member *member;	/* sorted by name */
	size_t nmember, nrequired;
	struct matching *matching;
	size_t nmatching;
	struct node *additional, *names;
	struct dependent *dependent;
	size_t ndependent;

	struct node *ref;
	struct list all, any, one;
	struct node *not, *test, *then, *otherwise;

	/* for messages */
	const char *title;
	struct str pattern_text;
	const char *place;	/* JSON Pointer in the schema */

	/* while it is compiled */
	uint32_t properties, required;	/* tokens of what member[] is of */
	int colour, height;
};

struct df_schema {
	struct node *root;
	struct whole *whole;
};

/* "#/$defs/NAME" */
struct def {
	struct str name;
	struct df_schema schema;
};

/* What the schemas of one text share. */
struct whole {
	struct df_arena a;
	struct df_patterns *patterns;
	struct df_schema root;
	const char *id;
	struct def *def;	/* sorted by length, then name */
	size_t ndef;
};

/* ---- compiling ---- */

struct ref {
	struct node *from;
	struct str to;		/* the text of $ref */
	struct ref *link;
};

struct comp {
	struct whole *w;
	struct df_json j;
	const char *what;
	struct df_err *e;
	struct df_buf path;	/* of the value at hand */
	struct df_buf tmp;
	struct node **all;
	size_t nall, cap;
	struct df_map node;	/* place -> index in all */
	struct ref *ref;
};

/* The schema at token t, c->path, and what is in it.  NULL on failure. */
struct node *df_schema_node(struct comp *c, uint32_t t);
/* When all nodes are there: $ref, loops, depth. */
int df_schema_link(struct comp *c) DF_CHECK;

/* ---- equality ---- */

/*
 * Append a form of token t that two values share when JSON Schema calls them
 * equal: numbers by value, strings unescaped, members in order.  tmp is used.
 */
void df_schema_canon(const struct df_json *j, uint32_t t, struct df_buf *b,
	struct df_buf *tmp);
/* Are two items of array t equal?  Returns 1 and sets *a and *b.  Uses b1 and
   b2. */
int df_schema_twice(const struct df_json *j, uint32_t t, struct df_buf *b1,
	struct df_buf *b2, size_t *a, size_t *b);

/* ---- faults, messages ---- */

enum rule {
	R_NEVER, R_TYPE, R_CONST, R_ENUM,
	R_MIN_LENGTH, R_MAX_LENGTH, R_PATTERN,
	R_MINIMUM, R_MAXIMUM, R_ABOVE, R_BELOW, R_MULTIPLE,
	R_MIN_ITEMS, R_MAX_ITEMS, R_TUPLE, R_UNIQUE, R_MIN_CONTAINS,
	R_MAX_CONTAINS,
	R_MIN_MEMBERS, R_MAX_MEMBERS, R_EXTRA, R_REQUIRED, R_NEEDS,
	R_ANY, R_ONE, R_BOTH, R_NOT
};

struct fault {
	enum rule rule;
	const struct node *n;
	uint32_t t;
	size_t a, b;		/* what the rule is about */
	unsigned depth;
};

/* Say what is wrong with the schema at c->path.  Returns -1. */
int df_schema_bad(struct comp *c, const char *code, const char *fmt, ...)
	DF_PRINTF(3, 4);
/* Say what is wrong with a value.  Returns -1. */
int df_schema_report(const struct df_json *j, const struct fault *f,
	const char *what, struct df_err *e);
/* Append one reference token to a JSON Pointer. */
void df_schema_pointer(struct df_buf *b, const char *s, size_t n);

#endif
