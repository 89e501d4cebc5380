/*
 * md.h - Markdown as specifications use it: lines, not a tree.
 *
 * df_md_read() gives each line of a document one kind, in one pass, with a
 * state machine for fences and HTML comments, so that nothing inside either
 * is ever taken for a heading, a table or a field.  All other functions look
 * at one line's text.  Everything is linear in the bytes looked at.
 *
 * What is CommonMark (0.30): fences (3.4.5 with two liberties: a fence may be
 * indented any depth, because lists are not parsed, and its end too), ATX
 * headings, thematic breaks, HTML blocks of type 2 (comments), code spans.
 * What is not: setext headings (a line of dashes is always a rule), lazy
 * continuation, indented code, block quotes, links.  A table is a run of lines
 * that begin with "|", and its first row is the header whether a delimiter
 * row follows or not.
 *
 * Slices (struct df_str) point into the document or its arena; no function
 * here allocates except df_md_read().
 */
#ifndef DF_SPEC_MD_H
#define DF_SPEC_MD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define DF_MD_LINES_MAX 500000	/* lines of one document */
#define DF_MD_CELLS_MAX 64	/* cells of one table row; the rest is one */

struct df_str {
	const char *s;
	size_t n;
};

enum df_md_kind {
	DF_MD_BLANK = 0,
	DF_MD_TEXT,		/* paragraph, list item, field */
	DF_MD_HEADING,
	DF_MD_RULE,		/* --- *** ___ */
	DF_MD_TABLE,		/* begins with | */
	DF_MD_FENCE,		/* opening fence */
	DF_MD_CODE,		/* between fences */
	DF_MD_FENCE_END,
	DF_MD_COMMENT		/* nothing on it but an HTML comment */
};

struct df_md_line {
	const char *s;		/* visible text: indentation, trailing space,
				   the #s of a heading and comments removed;
				   of a fence its info string; of code the
				   bytes as they are */
	uint32_t n;
	uint32_t off;		/* of the line in the document, behind a byte
				   order mark */
	uint32_t len;		/* its bytes without the line end */
	uint32_t num;		/* number of a "12." list marker */
	uint8_t kind;		/* enum df_md_kind */
	uint8_t level;		/* heading: 1 to 6 */
	uint8_t indent;		/* columns before the text, at most 255 */
	uint8_t mark;		/* list marker: '-' '*' '+', '1' for a number
				   with "." or ")"; 0 none */
};

struct df_md {
	const char *s;
	size_t n;
	struct df_md_line *line;	/* index 0 is line 1 */
	uint32_t lines;
	uint32_t open_fence;	/* line of a fence that is never closed; 0 */
	uint32_t open_comment;	/* the same for a comment */
	uint32_t inner_fence;	/* line of code that looks like the beginning
				   of code: the first one; 0 */
};

/*
 * Split s[0..n), which stays where it is, into lines.  A byte order mark is
 * skipped, CR LF ends a line like LF.  Fails with DF_INPUT when the bytes are
 * not UTF-8 or hold a NUL (message with line and column), or when there are
 * too many lines.  what names the document in messages.
 */
int df_md_read(struct df_md *md, struct df_arena *a, const char *s, size_t n,
	const char *what, struct df_err *e) DF_CHECK;

/* The document's line (from 1) that holds the byte at off. */
uint32_t df_md_line_at(const struct df_md *md, size_t off);

struct df_str df_str(const char *s);
struct df_str df_str_trim(struct df_str t);
int df_str_eq(struct df_str t, const char *lit);	/* exactly */
int df_str_ieq(struct df_str t, const char *lit);	/* ASCII case */
/* Does t begin with the word(s) of lit (ASCII case), and does the word end
   there? */
int df_str_word(struct df_str t, const char *lit);
/* The place of the first occurrence of needle, or NULL. */
const char *df_str_find(struct df_str t, const char *needle);

/* The text behind a list marker ("- x", "12. x"); the whole when none. */
struct df_str df_md_item(const struct df_md_line *l);
/* Remove emphasis or code marks that enclose the whole: **x**, *x*, `x`. */
struct df_str df_md_bare(struct df_str t);

/*
 * A field: optional list marker, optional **, KEY, optional (note), optional
 * **, ":", optional **, value.  KEY has at most 6 words of letters, digits and
 * _ / & + ' - ?, begins with a letter and holds no code.  1 or 0.
 */
struct df_md_kv {
	struct df_str key;	/* without marks */
	struct df_str note;	/* without parentheses; n 0 when none */
	struct df_str value;
	int bold, listed;	/* was it bold; has it a list marker */
};
int df_md_kv(struct df_str line, struct df_md_kv *kv);

/*
 * Does a key mean name?  Case does not matter and "_" is a space: "Spec_dir"
 * means "spec dir".
 */
int df_md_key(struct df_str key, const char *name);

/* A title without the number before it: "3. Persistence" is "Persistence". */
struct df_str df_md_unnumbered(struct df_str title);

/*
 * Does a title begin with the words of name?  "Boundaries (unlisted ...)",
 * "2. Boundaries - x" and "boundaries of it" mean "boundaries"; "Boundary"
 * does not.
 */
int df_md_title(struct df_str title, const char *name);

/*
 * Split a table row into cells, trimmed, on "|" that is neither escaped nor
 * in a code span; when that gives another number than want (not 0), and
 * splitting on every "|" gives exactly want, that.  Returns the number.
 */
unsigned df_md_cells(struct df_str row, unsigned want,
	struct df_str cell[DF_MD_CELLS_MAX]);
/* Is the row a delimiter row: cells of - : and spaces only? */
int df_md_delim(struct df_str row);

/* "P0", "**P1 (must)**": 0 to 3; -1 when it begins with none. */
int df_md_priority(struct df_str t);

#endif
