/*
 * tree-internal.h - between the files of tree.h.
 */
#ifndef DF_EVIDENCE_TREE_INTERNAL_H
#define DF_EVIDENCE_TREE_INTERNAL_H

#include "evidence/tree.h"

/* Limits as the caller gave them (from may be NULL); 0 is the usual one. */
void df_tree_defaults(struct df_tree_limits *l,
	const struct df_tree_limits *from);

/* The order of entries: by bytes, a prefix first. */
int df_tree_name_cmp(const char *a, size_t na, const char *b, size_t nb);

#endif
