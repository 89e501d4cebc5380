/*
 * sign.h - the parts of df-sign: keys and the trust directory that lists them;
 * what may be signed, and whether it was.
 */
#ifndef DF_BIN_SIGN_H
#define DF_BIN_SIGN_H

#include "evidence/trust.h"

/*
 * Make in directory keys what is missing of a key a role (and an age identity,
 * where the role unseals), and a new trust directory that lists them under
 * person's name, signed by the root.  fp: the root's fingerprint.  DF_CONFLICT
 * when trust exists.
 */
int df_sign_init(const char *trust, const char *keys, const char *person,
	char fp[DF_FP_STR], struct df_err *e) DF_CHECK;
/* Write the rosters to directory dir, signed by the root key of file key. */
int df_sign_trust(int dir, const struct df_buf *signers,
	const struct df_buf *recipients, const char *key, char fp[DF_FP_STR],
	struct df_err *e) DF_CHECK;

#define DF_SIGN_MAX ((size_t)256 << 20)	/* bytes of a file */

/*
 * A role's namespace is for records of ours only: a signature in it must not
 * be had for arbitrary bytes.  DF_REFUSED when those of path are none.
 */
int df_sign_typed(const char *path, const struct df_buf *b, struct df_err *e)
	DF_CHECK;
/* Is sigpath a signature of the file path in namespace ns by somebody of the
   roster?  *who: by whom.  DF_AUTH. */
int df_sign_check(const char *path, const char *sigpath, const char *ns,
	const struct df_trust *t, const struct df_signer **who,
	struct df_err *e) DF_CHECK;

#endif
