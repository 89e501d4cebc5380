/*
 * list.h - a growing list of strings.
 *
 * A zeroed struct is an empty list.  Whether it owns its strings is the
 * caller's affair: df_list_free() frees them all, free(l.v) none.
 */
#ifndef DF_BASE_LIST_H
#define DF_BASE_LIST_H

#include "base/buf.h"

struct df_list {
	const char **v;
	size_t n, cap;
};

void df_list_add(struct df_list *l, const char *s);	/* not copied */
/* Append a formatted, malloc'd string. */
void df_list_addf(struct df_list *l, const char *fmt, ...) DF_PRINTF(2, 3);
void df_list_free(struct df_list *l);	/* of malloc'd strings */

#endif
