/*
 * texts.h - what df-handoff and df-prompt share: one text for each selected
 * task, made of the run's own specification, contract text and template; one
 * commit for all of them.
 *
 *	df_texts_open(&t, "handoff", suffix, n, &names, &e);
 *	switch (df_texts_begin(&t, &missing, &e)) {
 *	case 1:	for each task without df_texts_hold(): make it;
 *		df_texts_commit(&t, missing, &e);
 *	case 0:	there is nothing to do
 *	}
 *	df_texts_release(&t);
 */
#ifndef DF_BIN_TEXTS_H
#define DF_BIN_TEXTS_H

#include "run/hold.h"
#include "run/select.h"
#include "run/step.h"
#include "spec/public.h"
#include "spec/scope.h"
#include "spec/template.h"

struct df_texts {
	const char *stage;		/* "handoff", "prompt": the directory */
	const char *const *suffix;	/* of the names of a task */
	size_t nsuffix;
	struct df_step step;
	struct df_hold hold;
	struct df_selection sel;
	struct df_commit commit[2];	/* stage.started, stage.completed */
	/* once df_texts_begin() said 1 */
	struct df_public public;
	struct df_xref *xref;
	jv contract;
	struct df_template *tmpl;
};

int df_texts_open(struct df_texts *t, const char *stage,
	const char *const *suffix, size_t n, const struct df_list *names,
	struct df_err *e) DF_CHECK;
void df_texts_release(struct df_texts *t);

/* Are all names of that task there? */
int df_texts_hold(const struct df_texts *t, size_t task);
/*
 * 1 and the number of selected tasks without their names, with everything
 * loaded and the stage's lock held (not with -n); 0 when there is none;
 * DF_REFUSED when the run is not executing.
 */
int df_texts_begin(struct df_texts *t, size_t *missing, struct df_err *e)
	DF_CHECK;
/* Read a name and name it as an input of the stage. */
int df_texts_input(struct df_texts *t, const char *name, struct df_buf *b,
	struct df_err *e) DF_CHECK;
/* The task's item in D8; NULL with DF_INTEGRITY. */
const struct df_item *df_texts_task(struct df_texts *t, const char *id,
	struct df_err *e);
/* Stage DIR/TASK.SUFFIX and name it as an artifact. */
int df_texts_put(struct df_texts *t, const char *id, const char *suffix,
	const char *media, const struct df_buf *b, struct df_err *e) DF_CHECK;
int df_texts_commit(struct df_texts *t, size_t made, struct df_err *e)
	DF_CHECK;

#endif
