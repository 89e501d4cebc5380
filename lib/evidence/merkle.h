/*
 * merkle.h - the Merkle tree hash of RFC 6962, section 2.1, while leaves come.
 *
 *	struct df_merkle m = { 0 };
 *
 *	df_merkle_add(&m, line, n);	any number of times
 *	df_merkle_root(&m, &root);	of the leaves so far; more may follow
 *
 * A leaf's hash is SHA-256(00 leaf), a node's SHA-256(01 left right); the root
 * of no leaves is SHA-256 of nothing.  Kept are the roots of the complete
 * subtrees only, one for each bit of the number of leaves.
 */
#ifndef DF_EVIDENCE_MERKLE_H
#define DF_EVIDENCE_MERKLE_H

#include "base/hash.h"

struct df_merkle {
	uint64_t n;			/* leaves */
	struct df_digest peak[64];	/* [i]: of 2^i leaves, if bit i of n */
};

void df_merkle_add(struct df_merkle *m, const void *leaf, size_t n);
void df_merkle_root(const struct df_merkle *m, struct df_digest *root);

#endif
