/*
 * profile.h - what a run is made with: settings, policies, pipeline,
 * templates, contract texts, resolved from files, environment and defaults.
 *
 * df-boot does this once; what it read is in run.json and under config/ of
 * the run, and no later tool looks anywhere else.
 */
#ifndef DF_RUN_PROFILE_H
#define DF_RUN_PROFILE_H

#include "base/opt.h"
#include "run/config.h"

struct df_profile {
	struct df_configs cfg;	/* everything that was read, adapter too */
	jv json;		/* the profile */
	jv settings, origins;	/* settings.h */
	/*
	 * Name or path of the adapter; "" when there is none.  A path of the
	 * profile that begins with "./" or "../" counts from its directory.
	 */
	char *adapter;
};

void df_profile_init(struct df_profile *p);
void df_profile_release(struct df_profile *p);

/*
 * Load profile name and all that it names but the adapter; set and policy are
 * the options --set and --policy.  DF_REFUSED "compat.*" when its pipeline is
 * not one that these tools run, needs a capability that the profile does not
 * have, or does not take a suite of that kind ("d9", "tap").
 */
int df_profile_load(struct df_profile *p, const struct df_factory *f,
	const char *name, const struct df_list *set,
	const struct df_list *policy, const char *suite, struct df_err *e)
	DF_CHECK;

/* Write the effective settings and where each comes from to stdout: one
   "KEY=VALUE<tab>ORIGIN" a line, with --json one object. */
void df_profile_print(const struct df_profile *p);


#endif
