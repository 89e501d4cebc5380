/*
 * settings.h - what a profile can say, in one table.
 *
 * A setting has a key ("limits.max_attempts"), a type, a default and one line
 * of explanation.  Its value comes from, in this order: --set KEY=VALUE; the
 * environment, $DF_LIMITS_MAX_ATTEMPTS; the profile; the default.  df-boot
 * resolves all of them once and writes them into run.json; every later tool
 * reads them only there.
 */
#ifndef DF_RUN_SETTINGS_H
#define DF_RUN_SETTINGS_H

#include "base/json.h"
#include "base/opt.h"

enum df_setting_type { DF_SET_INT, DF_SET_BOOL, DF_SET_WORD, DF_SET_TEXT };

struct df_setting {
	const char *key;
	enum df_setting_type type;
	const char *def;		/* as text */
	int64_t min, max;		/* DF_SET_INT */
	const char *words;		/* DF_SET_WORD: "bwrap|landlock|none" */
	const char *about;
};
extern const struct df_setting df_settings[];
extern const size_t df_nsettings;

/*
 * Resolve every setting.  profile is the profile's "settings" object (or
 * invalid), name its name for origins, set the --set options.  *values and
 * *origins become objects with one member a setting.  Unknown keys and bad
 * values are DF_INPUT (profile), DF_USAGE (--set), with a suggestion.
 */
int df_settings_resolve(jv profile, const char *name,
	const struct df_list *set, jv *values, jv *origins, struct df_err *e)
	DF_CHECK;

#endif
