#include "base/df.h"

#include "base/opt.h"
#include "base/out.h"
#include "name.h"

void
df_name_say(const char *name)
{
	if (df_args.json)
		df_out_json(df_jset_str(jv_object(), "name", name));
	else
		df_out(name);
}
