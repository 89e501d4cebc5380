/*
 * isolation.h - what an attempt's measured facts say of its isolation.
 *
 * Derived from the record alone (dispatch/TASK/N.host.json): what the first
 * process inside reported, against the paths that were protected.  So anyone
 * who has the record comes to the same word, on the word of the df-build key.
 *
 *	ISOLATED	level bwrap: no protected path, no further descriptor
 *			and none but pipes, /dev/null and the prompt, no socket
 *			or pipe in what the adapter declares, no capability, no
 *			way to one, not the host's root, no variable that names
 *			an agent socket or our keys, and no network unless the
 *			level says so
 *	CONFINED	level landlock: the same, as far as Landlock goes; what
 *			it leaves open is in the record
 *	EXPOSED		one of these was there; why says which
 *	UNISOLATED	level none
 *	UNKNOWN		the sandbox did not report, or not all of it
 */
#ifndef DF_WORK_ISOLATION_H
#define DF_WORK_ISOLATION_H

#include "base/json.h"
#include "work/protect.h"

/* host is not eaten; what was exposed, or is not known, is appended to why
   (may be NULL). */
const char *df_isolation(jv host, struct df_buf *why);
/* Of two words, the one that describes both together. */
const char *df_isolation_worst(const char *a, const char *b);
/*
 * A protected path that was visible to who reported inside (its member of the
 * record, not eaten): through a mount, or where it was confined through a
 * rule.  NULL: none (malloc'd).
 */
char *df_isolation_path(const struct df_protect *p, jv inside);

#endif
