/*
 * unseal.h - opening what was encrypted to evaluators and approvers.
 *
 * With the identity of -i or $DF_IDENTITY; else with the command $DF_UNSEAL,
 * which reads the age file on stdin and writes the plaintext to stdout; else
 * with the identity of the role in $DF_KEYS ("df-holdout.age").
 */
#ifndef DF_WORK_UNSEAL_H
#define DF_WORK_UNSEAL_H

#include "evidence/trust.h"

/* Append the plaintext; wipe it after use.  DF_AUTH when none can open it. */
int df_unseal(const struct df_buf *age, enum df_role role,
	struct df_buf *plain, struct df_err *e) DF_CHECK;

#endif
