/*
 * check-internal.h - inside the checks: what check*.c share.
 *
 * Each ck_*() function looks at one subject and adds findings.  Which check a
 * finding fails is the rule's matter; what a check says when it holds is set
 * with ck_say().
 */
#ifndef DF_SPEC_CHECK_INTERNAL_H
#define DF_SPEC_CHECK_INTERNAL_H

#include "spec/check.h"

struct ck {
	struct df_check *out;
	const struct df_spec *sp;
	const struct df_item **byplace;	/* made when first needed */
	struct df_span last;	/* of the last finding, and its column: many */
	uint32_t lastcol;	/* in one line are counted once */
};

/* A finding at a place (line 0: the document, doc 0: the whole set). */
void ck_add(struct ck *c, const char *rule, struct df_span at,
	const char *hint, const char *fmt, ...) DF_PRINTF(5, 6);
/* What a check says; errors replace nothing of it. */
void ck_say(struct ck *c, enum df_check_id id, const char *fmt, ...)
	DF_PRINTF(3, 4);
/* The check was made.  Those whose documents are missing are not. */
void ck_ran(struct ck *c, enum df_check_id id);
/* Are all these documents there (DF_SPEC_BIT())? */
int ck_have(const struct ck *c, unsigned docs);
struct df_span ck_doc(unsigned doc);	/* a document as a place */
/* "did you mean X?" for an id of a family, or "". */
const char *ck_near(struct ck *c, const char *id, enum df_family f);

/* check-place.c: the whole of what they are given when nothing is found */
/* A word inside a place. */
struct df_span ck_at(const struct ck *c, struct df_span in, const char *word);
/* The id in the line that defines an item. */
struct df_span ck_id(const struct ck *c, const struct df_item *it);
/* The heading that begins with the words of title, and a field of the
   metadata; else the document. */
struct df_span ck_heading(const struct ck *c, unsigned doc,
	const char *title);
struct df_span ck_meta(const struct ck *c, unsigned doc, const char *name);

/* check-trace.c */
void ck_documents(struct ck *c);
void ck_open(struct ck *c);
void ck_scenarios(struct ck *c);
void ck_contracts(struct ck *c);
void ck_cycles(struct ck *c);
void ck_refs(struct ck *c);
/* check-items.c */
void ck_items(struct ck *c);
/* check-text.c */
void ck_readable(struct ck *c);
void ck_filled(struct ck *c);
void ck_mentions(struct ck *c);
/* check-part.c */
void ck_constitution(struct ck *c);
void ck_research(struct ck *c);
void ck_tasks(struct ck *c);
void ck_agree(struct ck *c);
/* check-d9.c */
void ck_holdouts(struct ck *c);
void ck_judge(struct ck *c);
void ck_coverage(struct ck *c);
void ck_leak(struct ck *c);

#endif
