/*
 * decide.h - the parts of df-decide.
 */
#ifndef DF_BIN_DECIDE_H
#define DF_BIN_DECIDE_H

#include <stddef.h>

struct df_waive_args {
	const char *message;		/* why */
	const char *spec, *holdouts;	/* as df-validate has them */
	const char *out;		/* directory for the waivers */
	const char *expires;		/* or NULL */
};

/*
 * decide-waive.c: sign a waiver for each finding that the operands, RULE or
 * RULE:ITEM, select.  Returns the exit code.
 */
int df_decide_waive(const struct df_waive_args *a, char **operand, size_t n);

#endif
