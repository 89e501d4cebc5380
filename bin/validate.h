/*
 * validate.h - the parts of df-validate.  Each function says what it found
 * and returns the tool's exit code.
 *
 * What is found goes through df_validate_findings() and df_validate_error(),
 * in the format that was asked for: text on stderr, annotations of GitHub or
 * one SARIF document on stdout.  In JSON each part prints its own record on
 * stdout with df_validate_print(), and findings are text on stderr too.  Who
 * prints anything else on stdout asks df_validate_plain() first.
 */
#ifndef DF_BIN_VALIDATE_H
#define DF_BIN_VALIDATE_H

#include "base/err.h"
#include "spec/check.h"

/* validate-record.c; schema: the one a record follows, NULL when it says it */
int df_validate_suite(const char *dir);
int df_validate_file(const char *path, const char *schema);

/* validate-run.c */
int df_validate_run(const char *path);

/* validate-init.c: write an empty specification into dir */
int df_validate_init(const char *dir);

/* validate-explain.c: what a rule means; "all" lists them */
int df_validate_explain(const char *rule);

/* validate-speckit.c: a feature directory or project of Spec Kit; product:
   print the ProductSpec instead of the checks' results */
int df_validate_speckit(const char *dir, int product);

/* validate-show.c */

/* "text", "json", "github", "sarif"; 0, or -1 when there is no such format.
   Called before anything is shown. */
int df_validate_format(const char *name);
/* May the checks' results and other text go to stdout? */
int df_validate_plain(void);
/* All findings of a check of dir, in the format, and with how many; text ends
   with the line "dir: PASS, 0 errors, 2 warnings". */
void df_validate_findings(const struct df_check *c, const char *dir);
/* What kept path from being checked.  Returns e->exit. */
int df_validate_error(const char *path, const struct df_err *e);
/* What is wrong with a path that is no specification; e->code is the rule. */
void df_validate_wrong(const char *path, const struct df_err *e);
/* After the last operand: closes the SARIF document. */
void df_validate_end(void);
/* The result of each check on stdout: for who is plain. */
void df_validate_checks(const struct df_check *c);
/* A record on stdout, after its schema's check.  Eats v. */
int df_validate_print(jv v, const char *schema);

#endif
