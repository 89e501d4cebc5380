/*
 * speckit-internal.h - inside the reader of Spec Kit's directories: what
 * speckit-*.c share.
 *
 * A file is worked on as lines [a, b) of its df_md.  Growing lists are
 * collected in a SK_VEC and moved to the arena with SK_KEEP.  Whatever is
 * counted goes through sk_take(); when it returns 0 the feature is too large,
 * sk->full is set, and df_speckit_read() fails.
 */
#ifndef DF_SPEC_SPECKIT_INTERNAL_H
#define DF_SPEC_SPECKIT_INTERNAL_H

#include <string.h>

#include "spec/speckit.h"

#define SK_VEC(type) struct { type *v; size_t n, cap; }
#define SK_PUSH(x) (DF_GROW((x).v, (x).n, (x).cap), \
	(void)memset(&(x).v[(x).n], 0, sizeof(*(x).v)), &(x).v[(x).n++])
#define SK_KEEP(r, x, to, num) \
	((void)(*(to) = sk_keep((r), (x).v, (x).n * sizeof(*(x).v))), \
	 (void)(*(num) = (x).n), (void)memset(&(x), 0, sizeof(x)))

struct skr {
	struct df_speckit *sk;
	uint32_t file;			/* that is being read */
	const struct df_md *md;		/* of it */
	size_t used, bytes;
	int full;
	struct {			/* the last place whose column was */
		const char *line, *p;	/* counted: the next is mostly */
		uint32_t col;		/* behind it */
	} last;
	struct df_map stories;		/* "5a" -> index */
	SK_VEC(struct df_sktext) repeated, markers, unfilled, unnumbered,
	    dropped;
	SK_VEC(struct df_skentity) entity;
	SK_VEC(struct df_skscenario) scenario;
	SK_VEC(struct df_skcontract) contract;
	SK_VEC(struct df_sklist) checklist;
	SK_VEC(struct df_skrel) rel;
	SK_VEC(struct sk_said) said;	/* dependencies outside tasks */
};

/* "T004 depends on T001": a sentence that is no task. */
struct sk_said {
	struct df_str text;
	uint32_t line;
};

/* ---- text (speckit-text.c) ---- */

static inline struct df_str
sk_line(const struct df_md_line *l)
{
	struct df_str t = { l->s, l->n };

	return t;
}

static inline struct df_str
sk_skip(struct df_str t, size_t n)
{
	t.s += n;
	t.n -= n;
	return t;
}

static inline int
sk_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline int
sk_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline int
sk_alnum(int c)
{
	return sk_digit(c) || sk_alpha(c);
}

int sk_take(struct skr *r, size_t n);
void *sk_keep(struct skr *r, void *p, size_t n);	/* frees p */
const char *sk_str(struct skr *r, struct df_str t);
const char *sk_fmt(struct skr *r, const char *fmt, ...) DF_PRINTF(2, 3);
struct df_sktext sk_none(void);
struct df_str sk_s(const struct df_sktext *t);
struct df_skplace sk_at(struct skr *r, uint32_t line, struct df_str t);
/* How many bytes of s are at most max and end with a character: for "%.*s". */
int sk_clip(const char *s, size_t max);
/* A text that stands at a place; a slice of line i as a text. */
struct df_sktext sk_piece(struct skr *r, struct df_str t,
	struct df_skplace at);
struct df_sktext sk_text(struct skr *r, struct df_str t, uint32_t i);
/* first (a slice of line a), and the lines (a, b): see struct df_sktext. */
struct df_sktext sk_join(struct skr *r, struct df_str first, uint32_t a,
	uint32_t b);
/* All of the lines [a, b). */
struct df_sktext sk_block(struct skr *r, uint32_t a, uint32_t b);
/* The line behind a list item or paragraph that begins on line i. */
uint32_t sk_item_end(const struct df_md *md, uint32_t i, uint32_t b);
/* The line behind what belongs to a heading on line i. */
uint32_t sk_section_end(const struct df_md *md, uint32_t i, uint32_t b);
/* Without emphasis and list mark before it. */
struct df_str sk_unmarked(struct df_str t);
/* Past what parts an identifier from its title: blanks, colon, dashes. */
struct df_str sk_past_sep(struct df_str t);
/* The value of a field of that name ("why this priority") in [a, b). */
struct df_sktext sk_field(struct skr *r, uint32_t a, uint32_t b,
	const char *name);
/* The items of the lists in [a, b); without any, the paragraphs. */
void sk_list(struct skr *r, uint32_t a, uint32_t b, struct df_sktexts *out);
/* The first heading in [a, b) whose title begins so; DF_SK_NONE. */
uint32_t sk_heading(struct skr *r, uint32_t a, uint32_t b, const char *name);
/* A number with its suffix: "12a", "5": its length, or 0. */
size_t sk_number(struct df_str t);
/* "User Story 3", "US-3", "US3", "Story 3": the id "3", its end, or 0. */
size_t sk_story_id(struct df_str t, struct df_str *num);
/* Is the byte before t.s[i] no part of a word? */
int sk_begins(struct df_str t, size_t i);
/* Place of the word(s) in t, ASCII case, at or behind from; t.n: nowhere. */
size_t sk_word_at(struct df_str t, const char *word, size_t from);
/* A title without marks, number ("1.", "IV.") and what is in parentheses. */
struct df_str sk_title(struct df_str t, struct df_str *label);
/* The story of that id: "3", "5a"; DF_SK_NONE. */
uint32_t sk_story(const struct skr *r, struct df_str num);

/* ---- parts ---- */

/* speckit-spec.c */
void sk_spec(struct skr *r);
/* speckit-tasks.c */
void sk_tasks(struct skr *r);
/* speckit-plan.c */
void sk_constitution(struct skr *r);
void sk_plan(struct skr *r);
void sk_research(struct skr *r);
void sk_quickstart(struct skr *r);
void sk_checklist(struct skr *r);
/* speckit-data.c */
void sk_data(struct skr *r);
void sk_entity(struct skr *r, struct df_str name, struct df_sktext text,
	struct df_skplace at);
/* speckit-contract.c */
void sk_contract(struct skr *r);
/* speckit-link.c: relations and waves, when all files are read */
void sk_link(struct skr *r);
struct df_skrel *sk_relate(struct skr *r, enum df_skrelkind kind,
	enum df_evidence evidence, uint32_t from, uint32_t to,
	struct df_skplace at);
/* speckit-wait.c: what tasks and sentences say of the order; tasks has each
   id's index.  Then the waves, when sk->rel is sorted. */
void sk_wait(struct skr *r, const struct df_map *tasks);
void sk_waves(struct df_speckit *sk);
/* The tasks and what they say they depend on as a graph of graph.h; a is
   released by the caller, g needs no release. */
void sk_graph(const struct df_speckit *sk, struct df_arena *a,
	struct df_spec *g);
/* speckit-scan.c: markers and text of the templates in a file */
void sk_scan(struct skr *r);

#endif
