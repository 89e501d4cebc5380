#include "base/df.h"

#include <string.h>

#include "base/text.h"
#include "run/head.h"
#include "spec/public.h"
#include "boot.h"

static jv
bytes_digest(const struct df_buf *b)
{
	struct df_digest d;

	df_sha256(b->s, b->n, &d);
	return df_digest_json(&d);
}

jv
df_boot_envelope(struct df_boot *b, const struct df_base *base,
    const struct df_digest *spec, jv documents)
{
	jv v = jv_object(), o;
	const char *s;

	o = df_jset_str(jv_object(), "source", base->source);
	if (base->commit[0])
		o = df_jset_str(o, "commit", base->commit);
	v = df_jset(v, "base", df_jset(o, "tree", df_digest_json(&base->tree)));
	v = df_jset(v, "commitment", bytes_digest(&b->commitment));
	v = df_jset_str(v, "component", b->spec.component);
	v = df_jset(v, "config", df_configs_json(&b->profile.cfg));
	v = df_jset(v, "dependencies", jv_copy(b->dependencies));
	v = df_jset_str(v, "execution_mode", "local");
	o = df_jset(jv_object(), "digest", bytes_digest(&b->age));
	if (b->sealed)
		o = df_jset_str(o, "inputs", DF_SEALING_NOT_SCANNED);
	o = df_jset_str(o, "kind", b->count.kind);
	o = df_jset_int(o, "p0", (int64_t)b->count.p0);
	o = df_jset(o, "recipients", jv_copy(b->recipients));
	v = df_jset(v, "holdout", df_jset_int(o, "scenarios",
	    (int64_t)b->count.scenarios));
	v = df_jset(v, "origins", jv_copy(b->profile.origins));
	v = df_jset_str(v, "package", b->spec.package);
	s = df_jv_str(b->submission, "priority");
	v = df_jset_str(v, "priority", s ? s : "standard");
	s = df_jv_str(b->submission, "requested_by");
	v = df_jset_str(v, "requested_by", s ? s : b->me->principal);
	v = df_jset_str(v, "schema", "df.run/1");
	v = df_jset(v, "settings", jv_copy(b->profile.settings));
	o = df_jset(jv_object(), "documents", documents);
	v = df_jset(v, "spec", df_jset(o, "tree", df_digest_json(spec)));
	if (b->submission_text.n) {
		o = df_jset(jv_object(), "digest",
		    bytes_digest(&b->submission_text));
		v = df_jset(v, "submission", df_jset_str(o, "run_id",
		    df_jv_str(b->submission, "run_id")));
	}
	v = df_jset(v, "tasks", df_public_tasks(&b->spec));
	v = df_jset(v, "tools", df_jset_str(jv_object(), "version",
	    DF_VERSION));
	o = df_jset(jv_object(), "recipients",
	    bytes_digest(&b->trust_files.recipients));
	o = df_jset_str(o, "root", b->root);
	if (b->trust.version) {
		o = df_jset(o, "record", df_digest_json(&b->trust.record));
		o = df_jset_int(o, "version", (int64_t)b->trust.version);
	}
	return df_jset(v, "trust", df_jset(o, "signers",
	    bytes_digest(&b->trust_files.signers)));
}

void
df_boot_run_key(struct df_boot *b, const struct df_base *base,
    const struct df_digest *spec)
{
	const struct df_config *c;
	jv v = jv_object(), o = jv_object();
	size_t i;

	for (i = 0; i < b->profile.cfg.n; i++) {
		c = &b->profile.cfg.v[i];
		o = df_jset(o, c->name, df_digest_json(&c->digest));
	}
	v = df_jset(v, "base", df_digest_json(&base->tree));
	v = df_jset(v, "config", o);
	v = df_jset(v, "settings", jv_copy(b->profile.settings));
	v = df_jset(v, "spec", df_digest_json(spec));
	(void)df_id_key(v, DF_TAG_RUN_KEY, b->key_hex);
}

jv
df_boot_host(const struct df_boot *b)
{
	jv v = df_jset(jv_object(), "adapter",
	    jv_is_valid(b->adapter_host) ? jv_copy(b->adapter_host) :
	    jv_null());

	v = df_jset(v, "protected", df_protect_json(&b->protect));
	return df_jset_str(v, "schema", "df.boot-host/1");
}

jv
df_boot_created(const struct df_boot *b)
{
	jv v = jv_object(), o;
	char nonce[33];

	v = df_jset(v, "commitment", bytes_digest(&b->commitment));
	o = df_jset(jv_object(), "digest", bytes_digest(&b->age));
	v = df_jset(v, "holdout", df_jset(o, "recipients",
	    jv_copy(b->recipients)));
	v = df_jset_int(v, "instance", b->instance);
	o = df_jset_int(jv_object(), "max_attempts",
	    df_jv_int(b->profile.settings, "limits.max_attempts", 3));
	v = df_jset(v, "limits", df_jset_int(o, "max_eval_attempts",
	    df_jv_int(b->profile.settings, "limits.max_eval_attempts", 2)));
	df_hex_str(nonce, b->nonce, sizeof(b->nonce));
	v = df_jset_str(v, "nonce", nonce);
	if (b->have_origin)
		v = df_jset(v, "origin", df_origin_json(&b->origin));
	v = df_jset_str(v, "run", b->name);
	v = df_jset_str(v, "run_key", b->key_hex);
	if (b->sealed)
		v = df_jset(v, "suite", df_jv_get(b->sealing.v, "suite"));
	else if (*b->suite_id)
		v = df_jset_str(v, "suite", b->suite_id);
	return df_jset_str(v, "status", "booting");
}
