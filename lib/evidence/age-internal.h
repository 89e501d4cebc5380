/*
 * age-internal.h - the reader of age files (age-read.c) for age.c: what is
 * armor and header, without any secret.
 */
#ifndef DF_EVIDENCE_AGE_INTERNAL_H
#define DF_EVIDENCE_AGE_INTERNAL_H

#include "evidence/age.h"

#define DF_AGE_VERSION "age-encryption.org/v1"

/* A file as bytes: those given, or what their armor holds. */
struct df_age_view {
	const uint8_t *p;
	size_t n;
	struct df_buf plain;	/* release it */
};
int df_age_view(struct df_age_view *v, const void *p, size_t n,
	struct df_err *e) DF_CHECK;

struct df_age_stanza {
	uint8_t share[32], body[32];
};

/* free(x), also after a failure. */
struct df_age_header {
	struct df_age_stanza *x;	/* those of type X25519, in order */
	size_t nx, cap, other;
	size_t covered;			/* bytes under the MAC */
	size_t size;			/* bytes in all */
	uint8_t mac[32];
};
int df_age_header(struct df_age_header *h, const struct df_age_view *v,
	struct df_err *e) DF_CHECK;

#endif
