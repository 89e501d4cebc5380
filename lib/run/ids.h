/*
 * ids.h - identifiers: digests and ordinals, never a clock or chance.
 *
 *	run_key		hex SHA-256 of the canonical public inputs
 *	run name	"r-" + 16 digits of run_key + "-" + instance
 *	stage_key	hex SHA-256 of what an attempt's result depends on
 *	dispatch_id	UUIDv8 (RFC 9562) from a SHA-256
 *
 * Each hashes one canonical JSON object (DF-JSON/1, LF included) with a type
 * tag "t", so that no two kinds of id share a pre-image.
 */
#ifndef DF_RUN_IDS_H
#define DF_RUN_IDS_H

#include "base/hash.h"
#include "base/json.h"

#define DF_KEY_STR 65		/* 64 hex digits and NUL */
#define DF_UUID_STR 37

/* hex SHA-256 of {"t":TAG, members of obj}; eats obj. */
char *df_id_key(jv obj, const char *tag, char out[DF_KEY_STR]);
#define DF_TAG_RUN_KEY "df.run-key/1"
#define DF_TAG_STAGE_KEY "df.stage-key/1"

/* "r-0123456789abcdef-1"; out has 64 bytes. */
char *df_run_name(const char *run_key, int64_t instance, char out[64]);
char *df_dispatch_id(const char *run, const struct df_digest *handoff,
	const struct df_digest *prompt, int64_t attempt,
	char out[DF_UUID_STR]);

#endif
