/*
 * preflight.h - is what a run will need there?  Asked at boot, before a run
 * exists: commands, git's version, environment names, roles, policies,
 * the sandbox.
 */
#ifndef DF_WORK_PREFLIGHT_H
#define DF_WORK_PREFLIGHT_H

#include "base/json.h"
#include "evidence/trust.h"
#include "run/config.h"
#include "work/adapter.h"
#include "work/protect.h"
#include "work/sandbox.h"

/* Each name (an array of strings, or invalid) is a command in PATH:
   DF_REFUSED "boot.command" with all that are missing. */
int df_preflight_commands(jv names, struct df_err *e) DF_CHECK;
/* Each is set in the environment: DF_REFUSED "boot.environment". */
int df_preflight_environment(jv names, struct df_err *e) DF_CHECK;
/*
 * The sandbox starts at that level, with what the adapter (host: as
 * df_adapter_resolve() made it; invalid: there is none) needs beyond the
 * allow-list, and shows no protected path.  network: the adapter may have the
 * host's.
 */
int df_preflight_agent(const struct df_adapter *a, jv host,
	enum df_level level, int network, const struct df_protect *p,
	struct df_err *e) DF_CHECK;
/*
 * Somebody may build, judge and approve, and somebody can open a suite: these
 * recipients, as strings.  jv_invalid() with DF_REFUSED "boot.role" or
 * "boot.recipient".
 */
jv df_preflight_roles(const struct df_trust *t, struct df_err *e);
/* Policies that are not ours compile: DF_INPUT with the place. */
int df_preflight_policies(const struct df_configs *cfg, struct df_err *e)
	DF_CHECK;
/* git >= 2.38, for merge-tree --write-tree. */
int df_preflight_git(struct df_err *e) DF_CHECK;

#endif
