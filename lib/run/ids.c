#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "run/ids.h"

static void
hash(jv obj, const char *tag, struct df_digest *d)
{
	struct df_buf b = DF_BUF_INIT;

	df_json_line(&b, df_jset_str(obj, "t", tag));
	df_sha256(b.s, b.n, d);
	df_buf_release(&b);
}

char *
df_id_key(jv obj, const char *tag, char out[DF_KEY_STR])
{
	struct df_digest d;

	hash(obj, tag, &d);
	df_hex_str(out, d.b, sizeof(d.b));
	return out;
}

char *
df_run_name(const char *run_key, int64_t instance, char out[64])
{
	snprintf(out, 64, "r-%.16s-%lld", run_key, (long long)instance);
	return out;
}

char *
df_dispatch_id(const char *run, const struct df_digest *handoff,
    const struct df_digest *prompt, int64_t attempt, char out[DF_UUID_STR])
{
	char s[DF_DIGEST_STR], hex[33];
	struct df_digest d;
	jv o = jv_object();

	o = df_jset_int(o, "attempt", attempt);
	o = df_jset_str(o, "handoff", df_digest_str(handoff, s));
	o = df_jset_str(o, "prompt", df_digest_str(prompt, s));
	o = df_jset_str(o, "run_id", run);
	hash(o, "df.dispatch/1", &d);
	d.b[6] = (uint8_t)((d.b[6] & 0x0f) | 0x80);	/* version 8 */
	d.b[8] = (uint8_t)((d.b[8] & 0x3f) | 0x80);	/* variant 10 */
	df_hex_str(hex, d.b, 16);
	snprintf(out, DF_UUID_STR, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return out;
}
