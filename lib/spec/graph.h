/*
 * graph.h - the dependency graph of the tasks of D8.
 *
 * Dependencies on tasks that do not exist are left out; check.h reports them.
 * Everything is linear in tasks and dependencies and needs no recursion.
 */
#ifndef DF_SPEC_GRAPH_H
#define DF_SPEC_GRAPH_H

#include "spec/spec.h"

/*
 * Find cycles: for each strongly connected component with a cycle in it one
 * shortest cycle through the member that comes first in the document.  f gets
 * its tasks, n of them; the last depends on the first again.  Returns how many
 * there are.
 */
size_t df_spec_cycles(const struct df_spec *sp,
	void (*f)(void *arg, const struct df_task *const *cycle, size_t n),
	void *arg);

/* Append such a cycle as a path, "T-002 -> T-003 -> T-002" with arrows; of a
   long one the first 50 tasks. */
void df_cycle_path(struct df_buf *b, const struct df_task *const *cycle,
	size_t n);

/* Set df_scenario.responsible (df_spec_responsible()): for the reader. */
void df_spec_assign(struct df_spec *sp);

#endif
