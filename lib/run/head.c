#include "base/df.h"

#include "run/head.h"

jv
df_digest_json(const struct df_digest *d)
{
	char s[DF_DIGEST_STR];

	return jv_string(df_digest_str(d, s));
}

jv
df_head_json(const struct df_digest *d, uint64_t seq)
{
	jv v = df_jset(jv_object(), "digest", df_digest_json(d));

	return df_jset_int(v, "seq", (int64_t)seq);
}
