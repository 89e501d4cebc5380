/*
 * entry.h - an event that comes as JSON from outside, made a commit.
 *
 *	df_commit_init(&c, type, subject);
 *	df_entry_data(&st, &c, text, n, "--data", &e);
 * or
 *	df_entry_line(&st, &c, line, n, "stdin:7", &e);
 * and then
 *	df_step_commit(&st, &c, 1, &e);
 *	df_commit_release(&c);
 *
 * What the data names as artifacts and inputs is taken out of it: the commit
 * puts it back, and its barrier covers it.  An artifact's bytes must be in the
 * store, be as many as it says, and fit the schema of the name.
 *
 * what names the text in messages.  What does not serve is DF_INPUT.
 */
#ifndef DF_RUN_ENTRY_H
#define DF_RUN_ENTRY_H

#include "run/step.h"

/* May it be a subject?  A commit takes at most 255 bytes of it. */
int df_entry_subject(const char *s, size_t n, const char *what,
	struct df_err *e) DF_CHECK;
/* c->data of a JSON object. */
int df_entry_data(struct df_step *st, struct df_commit *c, const char *s,
	size_t n, const char *what, struct df_err *e) DF_CHECK;
/* {"type":..,"subject":..,"data":{..}}, without the subject or with it.  c is
   made here, and released by the caller after a failure too. */
int df_entry_line(struct df_step *st, struct df_commit *c, const char *s,
	size_t n, const char *what, struct df_err *e) DF_CHECK;

#endif
