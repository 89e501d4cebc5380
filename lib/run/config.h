/*
 * config.h - versioned configurations: profile, pipeline, adapters, policies,
 * templates, contract texts.
 *
 * df-boot loads each once from a file, records {name, version, digest} in
 * run.json and stores the bytes as they came under config/; every later tool
 * reads them only there.  A version stands in the file: member "version" of
 * JSON, "# df-policy NAME VERSION" on the first line of a policy,
 * "{{! df-template NAME VERSION }}" on that of a template.
 */
#ifndef DF_RUN_CONFIG_H
#define DF_RUN_CONFIG_H

#include "run/factory.h"

#define DF_CONFIG_MAX ((size_t)4 << 20)

struct df_config {
	char name[96];		/* "policy/default": as in run.json */
	char file[112];		/* "config/policy/default.jq": as in the run */
	char version[40];
	char *path;		/* where it was read */
	struct df_buf bytes;
	struct df_digest digest;
	jv json;		/* parsed, when it is JSON */
};
struct df_configs {
	struct df_config *v;
	size_t n, cap;
};

/*
 * Load one: kind "policy", its directory in share/ ("policy"), a name or path
 * (df_resource_path), the extension, and for JSON the schema that it must
 * fit.  The same name twice with other bytes is DF_CONFLICT.
 */
struct df_config *df_config_load(struct df_configs *c,
	const struct df_factory *f, const char *kind, const char *share,
	const char *name, const char *ext, const char *schema,
	struct df_err *e);
void df_configs_release(struct df_configs *c);
/* The list for run.json, sorted by name. */
jv df_configs_json(struct df_configs *c);

#endif
