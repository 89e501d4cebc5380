/*
 * isolation.h - what an attempt's measured facts say of its isolation.
 *
 * Derived from the record alone (dispatch/TASK/N.host.json): the mounts that
 * the first process inside reported, against the paths that were protected;
 * the network interfaces; descriptors; capabilities.  So anyone who has the
 * record comes to the same word, on the word of the df-build key.
 *
 *	ISOLATED	no protected path, no further descriptor, no
 *			capability, and no network unless the level says so
 *	EXPOSED		one of these was there; why says which
 *	UNISOLATED	level none
 *	UNKNOWN		the sandbox did not report
 */
#ifndef DF_WORK_ISOLATION_H
#define DF_WORK_ISOLATION_H

#include "base/json.h"

/* host is not eaten; what was exposed is appended to why (may be NULL). */
const char *df_isolation(jv host, struct df_buf *why);
/* Of two words, the one that describes both together. */
const char *df_isolation_worst(const char *a, const char *b);

#endif
