/*
 * head.h - digests and heads of logs as records write them.
 */
#ifndef DF_RUN_HEAD_H
#define DF_RUN_HEAD_H

#include "base/hash.h"
#include "base/json.h"

jv df_digest_json(const struct df_digest *d);
/* {digest, seq} of a log's last line. */
jv df_head_json(const struct df_digest *d, uint64_t seq);

#endif
