/*
 * brief.h - inside handoffs and prompts: the same words for the same things.
 *
 * All functions append; text of the documents goes through as it is.
 */
#ifndef DF_SPEC_BRIEF_H
#define DF_SPEC_BRIEF_H

#include "base/json.h"
#include "spec/scope.h"

#define BRIEF_MISSION 1500	/* bytes of description, in whole sentences */
#define BRIEF_WHY 160		/* bytes of a reason, in whole sentences */
#define BRIEF_TITLES 6		/* items named with title; more: ids only */
#define BRIEF_SLUG 48		/* bytes of the words in a test's name */

/* A slice as a jv string, without blanks around it. */
jv brief_str(const char *s, size_t n);
jv brief_value(const struct df_value *v);
jv brief_buf(struct df_buf *b);		/* and empties it */

const char *brief_doc(unsigned doc);	/* "D4" */

/*
 * Records are written as text, members in the order of DF-JSON/1 (which the
 * check against the schema then proves): a jv of each would be made to be
 * thrown away.
 */
/* before, then s as a JSON string. */
void brief_put(struct df_buf *b, const char *before, const char *s, size_t n);
void brief_puts(struct df_buf *b, const char *before, const char *s);
void brief_putv(struct df_buf *b, const char *before,
	const struct df_value *v);
/* The next element of a list: "[" or ",". */
void brief_next(struct df_buf *b);
void brief_number(struct df_buf *b, size_t n);
/* "doc":"D4","line":12 - line 0: the document as a whole. */
void brief_source(struct df_buf *b, struct df_span at);
/* s without blanks around it; is there nothing else? */
void brief_trim(const char **s, size_t *n);
int brief_blank(const char *s, size_t n);

/* "SC-001, SC-002"; with titles "SC-001 (Validate)". */
void brief_item(struct df_buf *b, const struct df_item *it, int title);
void brief_refs(struct df_buf *b, const struct df_refs *f, int title);

/* Does the text name a task that is not t? */
int brief_other_task(const struct df_task *t, const char *s, size_t n);
/* s without ids of tasks other than t: "another task" stands there. */
void brief_title(struct df_buf *b, const struct df_task *t, const char *s);
/*
 * Whole sentences from s, on one line, at most max bytes and at least one
 * unless all name another task; those that name one are left out.  Returns 1
 * when something was appended.
 */
int brief_sentences(struct df_buf *b, const struct df_task *t,
	const char *s, size_t n, size_t max);

/* The same of any text: how many sentences did not fit.  The first does. */
size_t brief_first(struct df_buf *b, const char *s, size_t n, size_t max);

/* "sc_002_generate_handoffs": id and words of the title. */
void brief_test_name(struct df_buf *b, const char *id, const char *title);
/* Does a criterion say how many tests there must be? */
int brief_counts_tests(const char *s, size_t n);

/* Lines as they are, all moved as far to the left as the first one was not. */
jv brief_lines(const char *s, size_t n);

/* The body of an item as Markdown: no blank lines or rules around it. */
jv brief_body(const struct df_spec *sp, const struct df_item *it);

/* The package when it says more than the component; else NULL. */
const char *brief_package(const struct df_spec *sp);
/* "Component (package)". */
void brief_product(struct df_buf *b, const struct df_spec *sp);

/* "1, Generation", or "". */
void brief_phase(struct df_buf *b, const struct df_task *t);

#endif
