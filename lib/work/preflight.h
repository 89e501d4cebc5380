/*
 * preflight.h - is what a run will need there?  Asked at boot, before a run
 * exists: commands, git's version, environment names, the sandbox.
 */
#ifndef DF_WORK_PREFLIGHT_H
#define DF_WORK_PREFLIGHT_H

#include "base/json.h"
#include "work/sandbox.h"

/* Each name (an array of strings, or invalid) is a command in PATH:
   DF_REFUSED "boot.command" with all that are missing. */
int df_preflight_commands(jv names, struct df_err *e) DF_CHECK;
/* Each is set in the environment: DF_REFUSED "boot.environment". */
int df_preflight_environment(jv names, struct df_err *e) DF_CHECK;
/* git >= 2.38, for merge-tree --write-tree. */
int df_preflight_git(struct df_err *e) DF_CHECK;

#endif
