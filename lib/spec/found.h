/*
 * found.h - collecting findings into a struct df_check (check.h).
 *
 *	df_found_begin(&check);
 *	d = df_found_add(&check, "d8.cycle", fmt, ap);
 *	if (d)
 *		... its place: path, doc, line, col, text, item; its hint ...
 *	df_found_say(&check, DF_CHECK_CYCLES, fmt, ap);
 *	df_found_end(&check, 0);
 *
 * All text goes to the check's arena.  Cannot fail; df_check_release() frees.
 */
#ifndef DF_SPEC_FOUND_H
#define DF_SPEC_FOUND_H

#include <stdarg.h>

#include "base/df.h"
#include "spec/check.h"

/* An empty check that passes; every row has its name and was not made. */
void df_found_begin(struct df_check *c);

/*
 * One more finding of a rule that there is: counted, and kept with its message
 * and no place yet.  NULL when DF_DIAGS_MAX are kept already.  A message is
 * cut, where a character ends, at 2,000 bytes.
 */
struct df_diag *df_found_add(struct df_check *c, const char *rule,
	const char *fmt, va_list ap) DF_PRINTF(3, 0);

/* What a check says (8,000 bytes).  That it was made is its row's ran. */
void df_found_say(struct df_check *c, enum df_check_id id, const char *fmt,
	va_list ap) DF_PRINTF(3, 0);

/*
 * "did you mean X?", or "": X is the one of n ids that id may be a slip of.
 * At most 100 times a check and of at most 2,000 ids, for each is a search.
 */
const char *df_found_near(struct df_check *c, const char *id,
	const char *const *word, size_t n);

/* Put the findings into the order of their documents, or of their paths, and
   then of their lines; make the rows' results of them. */
void df_found_end(struct df_check *c, int paths);

#endif
