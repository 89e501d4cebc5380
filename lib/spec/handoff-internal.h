/*
 * handoff-internal.h - what the parts of a handoff share.
 *
 * Two things are built side by side: view, a value that the template reads,
 * and the record, as text.  rec[X] is a member of the record; src[X] has the
 * places of its items.  What stands in the Markdown but in no list of the
 * record is in rec[HAND_CITED].
 *
 * The functions hand_NAME() at the end each make what one section needs.
 */
#ifndef DF_SPEC_HANDOFF_INTERNAL_H
#define DF_SPEC_HANDOFF_INTERNAL_H

#include "spec/brief.h"
#include "spec/handoff.h"

/* Members of the record, in canonical order. */
enum hand_member {
	HAND_ARCHITECTURE = 0, HAND_CITED, HAND_COMPONENT, HAND_CONTRACT,
	HAND_CONTRACTS, HAND_CONSTRAINTS, HAND_DEPENDENCIES,
	HAND_PRINCIPLES, HAND_ENTITIES, HAND_EXISTING, HAND_FILES,
	HAND_FOUNDATION, HAND_ID, HAND_STEPS, HAND_MISSION, HAND_OMITTED,
	HAND_OUTPUT, HAND_PACKAGE, HAND_PLAN, HAND_PHASE, HAND_SCENARIOS,
	HAND_SCHEMA, HAND_SIZE, HAND_SOURCES, HAND_TASK, HAND_TEMPLATE,
	HAND_TESTS, HAND_TITLE, HAND_COMMANDS,
	HAND_MEMBERS
};

struct hand {
	const struct df_spec *sp;
	const struct df_task *t;
	struct df_xref *x;
	struct df_scope sc;
	const struct df_handoff_max *max;
	jv contract;			/* borrowed */
	jv view;
	struct df_buf rec[HAND_MEMBERS], src[HAND_MEMBERS];
	struct df_buf b;
};

/* A string of the record, alone or as the next one of a list. */
void hand_set(struct hand *h, enum hand_member m, const char *s, size_t n);
void hand_add(struct hand *h, enum hand_member m, const char *s, size_t n,
	struct df_span at);
/* The place of the next item of a list whose items were written otherwise. */
void hand_at(struct hand *h, enum hand_member m, struct df_span at);
/* Something that stands in section in, and its place. */
void hand_cite(struct hand *h, const char *in, const char *what,
	struct df_span at);

/* Does section 7 show what the file's component offers? */
int hand_offered(const struct hand *h, const char *file);

void hand_view(struct hand *h, const char *name, jv v);
/* A list of the view, and has_NAME: is there something in it? */
void hand_list(struct hand *h, const char *name, jv v);
/* NAME_more of the view: null, or how many more there are, and where. */
void hand_more(struct hand *h, const char *name, size_t n, unsigned doc,
	const char *section);
/* What h->b holds, which is empty then. */
jv hand_buf(struct hand *h);

/* {key, line, block} of a value: one of line and block is "". */
jv hand_field(jv list, const char *key, const struct df_value *v);
/* The fields that have a value, those that fit; they are cited. */
jv hand_fields(struct hand *h, const struct df_fields *f, const char *in,
	struct df_limit max, size_t *left);
/* Of the picks of a kind those that fit; the kind's texts are v. */
size_t hand_fit(struct hand *h, enum df_kind kind, const struct df_values *v,
	struct df_limit max);
/* The texts that were picked, made once per index. */
jv hand_texts(struct hand *h, enum df_kind kind, const struct df_values *v);
/* What makes of a unit is worth a line: it is named, or has a score. */
void hand_scored(struct df_picks *p, size_t *left);
/* "named in step 2; implements SC-001, IN-003", into h->b. */
void hand_because(struct hand *h, const struct df_pick *p,
	const struct df_component *c);

void hand_constraints(struct hand *h);		/* 2 */
void hand_architecture(struct hand *h);		/* 3 */
void hand_steps(struct hand *h);		/* 4 */
void hand_files(struct hand *h);		/* 5, 9 */
void hand_tests(struct hand *h);		/* 6 */
void hand_existing(struct hand *h);		/* 7 */
void hand_commands(struct hand *h);		/* 8 */
void hand_principles(struct hand *h);		/* 10; after 2 */

#endif
