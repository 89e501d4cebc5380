/*
 * read-internal.h - inside the reader of specifications: what read*.c share.
 *
 * A document is worked on as ranges of lines: indexes [a, b) into its
 * df_md.line.  Growing lists are collected in a VEC and moved to the arena
 * with KEEP; nothing else is freed one by one.
 *
 * Bounds: whatever is counted (items, references, cells, fields) goes through
 * rd_take().  When it returns 0 the set is too large, and every loop ends soon
 * because r->full is set; df_spec_read() then fails.
 */
#ifndef DF_SPEC_READ_INTERNAL_H
#define DF_SPEC_READ_INTERNAL_H

#include <string.h>

#include "spec/spec.h"

#define VEC(type) struct { type *v; size_t n, cap; }
/* A zeroed new element at the end. */
#define PUSH(x) (DF_GROW((x).v, (x).n, (x).cap), \
	(void)memset(&(x).v[(x).n], 0, sizeof(*(x).v)), &(x).v[(x).n++])
/* Move the elements of VEC x to the arena: *to and *num. */
#define KEEP(r, x, to, num) \
	((void)(*(to) = rd_keep((r), (x).v, (x).n * sizeof(*(x).v))), \
	 (void)(*(num) = (x).n), (void)memset(&(x), 0, sizeof(x)))

struct rd {
	struct df_spec *sp;
	unsigned doc;			/* that is being read */
	const struct df_md *md;
	int full;			/* a bound was exceeded */
	struct df_buf tmp;
	struct df_map idmap;		/* identifiers seen, each stored once */
	VEC(struct rd_id) id;
	size_t stamp;			/* of the current reference list */
	VEC(struct df_refs) lists;	/* all lists, to be linked at the end */
};

struct rd_id {
	const char *s;
	size_t stamp;
};

/* The text of a line. */
static inline struct df_str
rd_line(const struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };

	return t;
}

int rd_take(struct rd *r, size_t n);
void *rd_keep(struct rd *r, void *p, size_t n);	/* frees p */
const char *rd_str(struct rd *r, struct df_str t);
void rd_remark(struct rd *r, const char *rule, struct df_span at,
	const char *fmt, ...) DF_PRINTF(4, 5);

/* ---- parts (read-part.c) ---- */

struct df_value rd_none(void);	/* what an absent text is */
struct df_span rd_span(struct rd *r, uint32_t a, uint32_t b);
/* Where a slice of line i's text stands. */
struct df_span rd_at(struct rd *r, struct df_str t, uint32_t i);
/* One line's slice as a text. */
struct df_value rd_text(struct rd *r, struct df_str t, uint32_t i);
/* A field's value: from t on line i on, to the end of its paragraph but not
   beyond line b; lines with a list marker indented more than indent belong. */
struct df_value rd_value(struct rd *r, struct df_str t, uint32_t i, uint32_t b,
	unsigned indent);
/* Everything in [a, b): code and tables too when all. */
struct df_value rd_block(struct rd *r, uint32_t a, uint32_t b, int all);

/* The table at line a (a row of it); returns the line behind it. */
uint32_t rd_table(struct rd *r, uint32_t a, uint32_t b, struct df_table *t);
/* The same for a header (on a line) that is not in the table. */
uint32_t rd_rows(struct rd *r, struct df_str head, uint32_t line, uint32_t a,
	uint32_t b, struct df_table *t);
/* All tables in [a, b), with captions. */
void rd_tables(struct rd *r, uint32_t a, uint32_t b, struct df_tables *t);
/* The first table in [a, b): 1 or 0. */
int rd_first_table(struct rd *r, uint32_t a, uint32_t b, struct df_table *t);
/* Column of a table whose title begins with the word(s), or -1. */
int rd_column(const struct df_table *t, const char *name);
/* A cell; an empty text when c is -1 or beyond. */
const struct df_value *rd_cell(const struct df_table *t, size_t row, int c);

/* All fenced blocks in [a, b); lang NULL: of any language. */
void rd_codes(struct rd *r, uint32_t a, uint32_t b, const char *lang,
	struct df_codes *c);

/* The items of the list in [a, b); with none, its paragraphs. */
void rd_list(struct rd *r, uint32_t a, uint32_t b, struct df_values *t);
/* Like it, for acceptance criteria: numbers and code are kept. */
void rd_criteria(struct rd *r, uint32_t a, uint32_t b,
	struct df_criterion **c, size_t *n);

/* A field of an item: its label line, and the lines up to the next one. */
struct rd_field {
	struct df_str key, note, value;
	uint32_t line, end;
	uint8_t indent, listed;
};
struct rd_fields {
	struct rd_field *v;
	size_t n;
};
/*
 * The fields in [a, b).  known (NULL-terminated, lower case) are the keys that
 * are fields wherever they stand; others only in the style of the first one.
 * Kept in the arena.
 */
void rd_fields(struct rd *r, uint32_t a, uint32_t b,
	const char *const *known, struct rd_fields *f);
const struct rd_field *rd_field(const struct rd_fields *f, const char *name);
/* The value of the first field that is there; names are separated by "|". */
struct df_value rd_fieldtext(struct rd *r, const struct rd_fields *f,
	const char *names);
/* All of them for the model. */
void rd_keepfields(struct rd *r, const struct rd_fields *f,
	struct df_fields *out);
/* "Need: x | Shared?: YES | Resolution: y" on one line. */
void rd_pipes(struct rd *r, struct df_str t, uint32_t line,
	struct rd_fields *f);

/* The section whose title is one of names ("a|b|c"), or NULL. */
const struct df_section *rd_section(struct rd *r, const char *names);
/* Lines of a section's body or of the whole; 0,0 for NULL. */
struct rd_range { uint32_t a, b; };
struct rd_range rd_lines(struct rd *r, struct df_span at);
struct rd_range rd_whole(struct rd *r, const struct df_section *s);

/*
 * The heading above a line, of a level less than level (0: any); never the
 * title.  Lines must be asked for in order, with one zeroed rd_path.
 */
struct rd_path {
	size_t next;
	const struct df_section *at[7];
};
const struct df_section *rd_above(struct rd *r, struct rd_path *p,
	uint32_t line, unsigned level);

/* ---- identifiers (read-def.c, read-ref.c) ---- */

static inline int
rd_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline int
rd_upper(int c)
{
	return c >= 'A' && c <= 'Z';
}

static inline int
rd_wordchar(int c)
{
	return rd_digit(c) || rd_upper(c) || (c >= 'a' && c <= 'z') || c == '_';
}

static inline struct df_str
rd_advance(struct df_str t, size_t n)
{
	t.s += n;
	t.n -= n;
	return t;
}

static inline struct df_str
rd_spaces(struct df_str t)
{
	while (t.n && (t.s[0] == ' ' || t.s[0] == '\t'))
		t = rd_advance(t, 1);
	return t;
}

/* Without marks of emphasis before it. */
static inline struct df_str
rd_unmarked(struct df_str t)
{
	while (t.n && (t.s[0] == '*' || t.s[0] == '_' || t.s[0] == ' '))
		t = rd_advance(t, 1);
	return t;
}

static inline int
rd_starts(struct df_str t, const char *lit)
{
	size_t n = strlen(lit);

	return t.n >= n && memcmp(t.s, lit, n) == 0;
}

/* The number of an identifier in this set of documents, storing it once. */
size_t rd_id_number(struct rd *r, const char *s, size_t n);

#define FAM(f) (1u << (f))
#define FAM_CONTRACT (FAM(DF_IN) | FAM(DF_OUT) | FAM(DF_SIDE) | FAM(DF_ERR))

struct rd_def {			/* where an item is defined */
	struct df_str id, title;
	struct df_str phase;	/* "Phase 0 Foundation" before the id */
	enum df_family family;
	uint32_t line, end;	/* label line; line behind the body */
	uint8_t level;		/* of the heading; 0: no heading */
	uint8_t mention;	/* nothing but a line that names it */
	uint8_t twice;		/* another one was first (holdouts only) */
};
struct rd_defs {
	struct rd_def *v;
	size_t n;
};
/* The items of the families in mask in this document; remarks duplicates,
   which are left out, but for holdouts: their code must stand somewhere. */
void rd_defs(struct rd *r, unsigned mask, struct rd_defs *d);
/* The fields of an item that is one line with pipes, or wraps over some. */
void rd_defpipes(struct rd *r, const struct rd_def *d, struct rd_fields *f);
/* Make the common head of an item from its definition. */
void rd_item(struct rd *r, const struct rd_def *d, struct df_item *it);
/* Put items into the index; call when the array is in its final place. */
void rd_index(struct rd *r, const struct df_item *it);

/*
 * References to the families in mask that t makes, those to other families in
 * others (may be NULL).  at is where t stands, or what it was made of.  whole:
 * "All ..." means every item of the families.
 */
void rd_refs(struct rd *r, struct df_str t, struct df_span at, unsigned mask,
	int whole, struct df_refs *refs, struct df_refs *others);
/* The same for the value of the first of the fields "a|b|c". */
void rd_fieldrefs(struct rd *r, const struct rd_fields *f, const char *names,
	unsigned mask, int whole, struct df_refs *refs,
	struct df_refs *others);
const char *rd_intern(struct rd *r, const char *s, size_t n);
struct df_str rd_textstr(const struct df_value *t);

/* ---- documents ---- */

void rd_d1(struct rd *r);
void rd_d2(struct rd *r);
void rd_d3(struct rd *r);
void rd_d4(struct rd *r);
void rd_d5(struct rd *r);
void rd_d6(struct rd *r);
void rd_d7(struct rd *r);
void rd_d8(struct rd *r);
void rd_d9(struct rd *r);
void rd_d10(struct rd *r);
void rd_protocol(struct rd *r);		/* of D9, and its environment */

/* ---- D9 (read-d9.c, read-d9part.c) ---- */

#define RD_NOLINE UINT32_MAX

struct rd_start {
	struct df_str id;	/* n 0: implied */
	struct df_str title;
	uint32_t line, end;
	uint32_t body;		/* first line behind a heading of its own */
	uint32_t yaml;		/* its opening fence; RD_NOLINE: none yet */
	uint8_t level;
	uint8_t twice;		/* its id was remarked already */
};

/*
 * Is line i the label of a block: "**Setup:**", "Setup:", "**Setup**",
 * "- Execute: prose", "#### Verify"?  0 to 3, or -1.  *rest gets what follows.
 */
int rd_block_label(const struct df_md *md, uint32_t i, struct df_str *rest);
/* The line of a fence's end, or behind the last line of its code. */
uint32_t rd_fence_end(const struct df_md *md, uint32_t i);
void rd_holdout(struct rd *r, const struct rd_start *x, struct df_holdout *h);

/* ---- YAML (read-yaml.c) ---- */

enum rd_ykind { RD_YNONE = 0, RD_YTEXT, RD_YLIST, RD_YMAP };

struct rd_ynode {
	enum rd_ykind kind;
	struct df_str key;
	struct df_value text;	/* its place, for all kinds */
	struct rd_ynode *child, *next;	/* in order */
};
/*
 * Read the lines [a, b) between the fences of a YAML block.  What libyaml
 * refuses is read all the same, with a remark: *strict gets 0 then.
 */
struct rd_ynode *rd_yaml(struct rd *r, uint32_t a, uint32_t b, int *strict);
const struct rd_ynode *rd_ychild(const struct rd_ynode *y, const char *key);

#endif
