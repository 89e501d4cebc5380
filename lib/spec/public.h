/*
 * public.h - the public part of a specification, D1 to D8 and D10, as a run
 * has it: a tree of documents under their usual names.
 *
 * df-boot puts it there; every later tool reads it back, with D9 marked as
 * withheld.
 */
#ifndef DF_SPEC_PUBLIC_H
#define DF_SPEC_PUBLIC_H

#include "evidence/tree.h"
#include "spec/spec.h"

/*
 * Stage the public documents.  *tree is their tree; *documents, an array of
 * {digest, n, path}, is made in every case.
 */
int df_public_put(const struct df_spec *sp, struct df_store *s,
	struct df_digest *tree, jv *documents, struct df_err *e) DF_CHECK;

/* The same array of the public documents, and nothing staged. */
jv df_public_documents(const struct df_spec *sp);

/* What guards and schedules need of the tasks: {contracts, depends, id,
   phase, scenarios, title}, in D8 order. */
jv df_public_tasks(const struct df_spec *sp);

/*
 * The external dependencies that D10 declares, [{mode, name}], when list
 * ("twin,real:git": modes, or one dependency of a mode) allows each of them;
 * jv_invalid() with DF_REFUSED "boot.dependency".
 */
jv df_public_dependencies(const struct df_spec *sp, const char *list,
	struct df_err *e);

/* A specification that owns the documents it was read from. */
struct df_public {
	struct df_spec spec;
	struct df_buf doc[DF_DOCS];
};
/* DF_INTEGRITY when the tree holds anything but documents. */
int df_public_read(struct df_public *p, struct df_store *s,
	const struct df_digest *tree, struct df_err *e) DF_CHECK;
void df_public_release(struct df_public *p);

#endif
