#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "run/outside.h"

int
df_outside_check(const struct df_run *r, const char *path, const char *code,
    const char *why, struct df_err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir, *to, *run = NULL;
	int ret;

	dir = slash ? df_strndup(path, slash == path ? 1 :
	    (size_t)(slash - path)) : df_strdup(".");
	to = df_real_path(dir, e);
	if (to)
		run = df_real_path(r->path, e);
	ret = run ? 0 : -1;
	if (run && df_path_within(to, run))
		ret = df_fail(e, DF_REFUSED, code, "%s is in the run, %s",
		    path, why);
	free(dir);
	free(to);
	free(run);
	return ret;
}
