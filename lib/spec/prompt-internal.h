/*
 * prompt-internal.h - what the prompt and its questions share.
 *
 * A question is made in text, expected and sources, and taken into q[] when it
 * serves; ask_*() do that.  What all questions need is in prompt-ask.c; the
 * questions are in prompt-scope.c (1 to 3), prompt-technical.c (4 to 6),
 * prompt-packaging.c (7, 8) and prompt-integration.c (9, 10).
 */
#ifndef DF_SPEC_PROMPT_INTERNAL_H
#define DF_SPEC_PROMPT_INTERNAL_H

#include "spec/brief.h"
#include "spec/prompt.h"

#define ASK_QUOTE 260		/* bytes quoted in a question */
#define ASK_FILES 4		/* files named in a question */
#define ASK_VERIFICATION 10

struct ask_question {
	struct df_buf text, expected;
	struct df_buf sources;		/* a JSON list, not closed */
};

struct ask {
	const struct df_spec *sp;
	const struct df_task *t;
	const struct df_prompt_in *in;
	struct df_xref *x;
	struct df_scope sc;
	struct ask_question q[DF_QUESTIONS];
	unsigned n;			/* questions made */
	struct df_buf text, expected, sources;	/* of the one being made */
	struct df_span cited;		/* last in sources */
	const struct df_contract *side;	/* kept for question 10 */
	int never_asked, end_asked;
	jv names;			/* what contract texts may name */
	struct ask_place {		/* and where that comes from */
		const char *name;
		struct df_span at;
	} place[5];
	size_t nplace;
	struct df_buf b;
};

/* A place that the expected answer comes from; the same one again is none. */
void ask_cite(struct ask *m, struct df_span at);
/* Take the question that was made: 1; 0 when it is empty or names another
   task, and is forgotten. */
int ask_take(struct ask *m);
/* Forget what was made of it. */
void ask_drop(struct ask *m);
/* Take one of the candidates, the first that serves; the last always does. */
void ask_first(struct ask *m, int (*const *from)(struct ask *));
/* The candidate behind all others: what always can be asked; 1. */
int ask_task(struct ask *m);

/* At most ASK_QUOTE bytes of a value in whole sentences, in quotes; 0: none. */
int ask_quote(struct ask *m, struct df_buf *b, const struct df_value *v);
/* Expect "Key: value." of a contract's field, and cite it; 0 without it. */
int ask_field(struct ask *m, const struct df_fields *f, const char *name);
/* Expect all that the item says: for one in another form than expected. */
void ask_body(struct ask *m, const struct df_item *it);
/* The task in a line, in quotes; the id of one that is long. */
void ask_subject(struct ask *m, struct df_buf *b);
/* The product, without ids of other tasks. */
void ask_component(struct ask *m, struct df_buf *b);
/* A full stop, where there is none. */
void ask_stop(struct df_buf *b);
/* "`a.py`, `b.py` and 2 more": its files; 0 without any. */
size_t ask_files(struct ask *m, struct df_buf *b);
/* "SC-001, IN-002"; of many only how many. */
void ask_ids(struct ask *m, struct df_buf *b);
/* The criterion that says most and can be quoted; SIZE_MAX without one. */
size_t ask_step(struct ask *m);
void ask_put_step(struct ask *m, struct df_buf *b, size_t i);
/* The number in the task's id: it decides among equals, so that tasks do not
   all get the same question. */
unsigned ask_number(const struct df_task *t);

/* Ask about a side effect. */
void ask_side(struct ask *m, const struct df_contract *c);

/* Make questions 1 to 10. */
void ask_verification(struct ask *m);
/* Of these 1 to 3; technical ones until there are upto; 7 and 8; 9 and 10. */
void ask_scope(struct ask *m);
void ask_technical(struct ask *m, unsigned upto);
void ask_packaging(struct ask *m);
void ask_integration(struct ask *m);

#endif
