/*
 * par.h - the same work on many items, on all cores.
 */
#ifndef DF_BASE_PAR_H
#define DF_BASE_PAR_H

#include "base/err.h"

/*
 * Call fn(arg, from, to, e) for consecutive ranges that together are [0, n),
 * each in a thread of its own (as many as there are cores, but at most n; one
 * when n is less than min).  fn returns 0, or -1 with *e filled; of several
 * failures the one of the lowest range is returned.  fn must be safe to run
 * beside itself.
 */
int df_parallel(size_t n, size_t min,
	int (*fn)(void *arg, size_t from, size_t to, struct df_err *e),
	void *arg, struct df_err *e) DF_CHECK;

#endif
