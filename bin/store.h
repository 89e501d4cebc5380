/*
 * store.h - the parts of df-store: garbage collection.
 */
#ifndef DF_BIN_STORE_H
#define DF_BIN_STORE_H

#include "base/df.h"

/*
 * Remove what retention lets go of the runs that are named, of df_args.run, or
 * of all of the factory.  now: RFC 3339, or NULL for the clock.  Returns the
 * exit code.
 */
int df_store_gc(char **run, size_t n, const char *now, int unsuperseded,
	const char *reason);

#endif
