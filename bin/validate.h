/*
 * validate.h - the parts of df-validate.  Each function says what it found
 * and returns the tool's exit code.
 */
#ifndef DF_BIN_VALIDATE_H
#define DF_BIN_VALIDATE_H

#include "spec/check.h"

/* validate-record.c; schema: the one a record follows, NULL when it says it */
int df_validate_suite(const char *dir);
int df_validate_file(const char *path, const char *schema);

/* validate-run.c */
int df_validate_run(const char *path);

/* df-validate.c: the result of each check on stdout */
void df_validate_checks(const struct df_check *c);
/* A record on stdout, after its schema's check.  Eats v. */
int df_validate_print(jv v, const char *schema);

#endif
