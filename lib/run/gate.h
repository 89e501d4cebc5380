/*
 * gate.h - is the whole log true, and who says so?
 *
 * Gates (df-holdout, df-decide, df-freeze, df-verify, and df-boot for a run
 * that it supersedes) do not act on a run before df_gate_check() has seen
 * every signature of its log, and the bytes of every blob that any event
 * names.  The first word of the verdict says under whose root:
 *
 *	VERIFIED	a root that comes from outside: --root, the trust
 *			directory
 *	CONSISTENT	only under the roster that the run itself brought
 *	BROKEN		not even that
 *
 * A gate accepts VERIFIED only.
 *
 * What keys have signed that the trust directory revokes is void, unless the
 * log of the factory that df_args.factory names has anchored it in time
 * (revoke.h): the run is CONSISTENT then.
 */
#ifndef DF_RUN_GATE_H
#define DF_RUN_GATE_H

#include "run/revoke.h"

enum df_trusted { DF_BROKEN, DF_CONSISTENT, DF_VERIFIED };
const char *df_trusted_name(enum df_trusted t);

struct df_gate {
	enum df_trusted trusted;
	char why[512];		/* no root came from the trust directory, or
				   what is void: why; or "" */
	int rooted;		/* that root comes from outside */
	int known;		/* revocations are: a directory was read */
	struct df_touched touched;	/* what revoked keys have signed */
	char root[DF_FP_STR];	/* of the root that the run was made under */
	uint64_t signatures, blobs, bytes;
	uint64_t pruned;	/* blobs that were removed, and said to be */
};

/*
 * Check a run that was opened with DF_RUN_LINES.  root is a fingerprint, or
 * NULL: the df-root keys of the trust directory (trust, or the usual one).
 * What lies in the run or its factory is no trust directory.  Returns 0 and
 * g->trusted VERIFIED or CONSISTENT, or -1 with *e: the run is BROKEN.
 */
int df_gate_check(struct df_run *r, const char *root, const char *trust,
	struct df_gate *g, struct df_err *e) DF_CHECK;
/* The same, and CONSISTENT is DF_AUTH: "root not checked".  The head of a run
   that passes is remembered (heads.h). */
int df_gate_pass(struct df_run *r, struct df_gate *g, struct df_err *e)
	DF_CHECK;

/*
 * All blobs that the run may have: what events name, what their trees hold;
 * and what was pruned.
 * The index of a digest in *v by the map (keys point into *v).
 */
struct df_blobset {
	struct df_named *v;
	size_t n, cap;
	struct df_map map;
};
int df_gate_blobs(struct df_run *r, struct df_blobset *s, struct df_err *e)
	DF_CHECK;
void df_blobset_release(struct df_blobset *s);
const struct df_named *df_blobset_get(const struct df_blobset *s,
	const struct df_digest *d);
int df_blobset_has(const struct df_blobset *s, const struct df_digest *d);

#endif
