/*
 * matrix.h - requirement x task x holdout: who claims what, what was judged,
 * and what that is worth.
 *
 *	m = df_matrix_new(&spec);
 *	df_matrix_done(m, "T-001");		each COMPLETED task
 *	df_matrix_judged(m, record);		a holdout record
 *	rows = df_matrix_json(m);
 *
 * A requirement is a scenario of D2 or a contract of D4.  Its evidence is the
 * strongest of:
 *
 *	failed	a scenario that validates it failed: outweighs everything
 *	judged	an independent scenario passed in the judge's own shell
 *	tested	a program passed, or a scenario that is not independent
 *	error	could not be judged
 *	claimed	only its builder says so: a task that names it is COMPLETED
 *	none
 *
 * Linear in the references of D8 and the record.
 */
#ifndef DF_SPEC_MATRIX_H
#define DF_SPEC_MATRIX_H

#include "base/json.h"
#include "spec/spec.h"

struct df_matrix;

struct df_matrix *df_matrix_new(const struct df_spec *sp);
void df_matrix_free(struct df_matrix *m);
/* Call for each COMPLETED task, then df_matrix_judged() at most once. */
void df_matrix_done(struct df_matrix *m, const char *task);
void df_matrix_judged(struct df_matrix *m, jv record);	/* not eaten */
/* [{evidence, holdouts, priority, requirement, tasks, title}, ...] */
jv df_matrix_json(struct df_matrix *m);
/* The first P0 or P1 scenario that no COMPLETED task covers, or NULL. */
const char *df_matrix_uncovered(const struct df_matrix *m);

#endif
