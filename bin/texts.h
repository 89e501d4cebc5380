/*
 * texts.h - what df-handoff and df-prompt share: some texts for each selected
 * task; one commit for all of them.
 *
 *	df_texts_open(&t, &kind, &names, &e);
 *	switch (df_texts_begin(&t, &e)) {
 *	case 1:	df_texts_make(&t, make, &e);
 *	case 0:	there is nothing to do
 *	}
 *	df_texts_release(&t);
 *
 * Texts are made on all cores, with a writer in each thread.
 */
#ifndef DF_BIN_TEXTS_H
#define DF_BIN_TEXTS_H

#include "run/hold.h"
#include "run/select.h"
#include "run/step.h"
#include "spec/writer.h"

struct df_texts_kind {
	const char *stage;		/* "handoff": also the directory */
	const char *suffix[4];		/* of the names of a task; NULL ends */
	const char *media[4];
};

/* A text that is in the store: the blob and its size. */
struct df_text_made {
	struct df_digest digest;
	uint64_t size;
};

struct df_texts {
	const struct df_texts_kind *kind;
	size_t nsuffix;
	struct df_step step;
	struct df_hold hold;
	struct df_selection sel;
	struct df_commit commit[2];	/* stage.started, stage.completed */
	/* once df_texts_begin() said 1 */
	struct df_source source;
	uint32_t *todo;			/* tasks without their names */
	size_t ntodo;
	struct df_text_made *made;	/* [place in todo * nsuffix + k] */
};

/* What makes texts, one in each thread. */
struct df_maker {
	struct df_texts *t;
	struct df_writer *writer;
	struct df_buf age;		/* for make() */
	size_t at;			/* place in todo */
};
int df_texts_open(struct df_texts *t, const struct df_texts_kind *kind,
	const struct df_list *names, struct df_err *e) DF_CHECK;
void df_texts_release(struct df_texts *t);

/*
 * 1 when selected tasks lack their names, with everything loaded and the
 * stage's lock held (not with -n); 0 when none does; DF_REFUSED when the run
 * is not executing.
 */
int df_texts_begin(struct df_texts *t, struct df_err *e) DF_CHECK;
/*
 * Make the texts of all that lack them and commit them; with -n nothing is
 * written.  make() calls df_texts_put() once for each suffix.
 */
int df_texts_make(struct df_texts *t,
	int (*make)(struct df_maker *m, size_t task, struct df_err *e),
	struct df_err *e) DF_CHECK;
/* Text number k of the task at hand. */
int df_texts_put(struct df_maker *m, size_t k, const struct df_buf *b,
	struct df_err *e) DF_CHECK;

#endif
