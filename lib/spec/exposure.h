/*
 * exposure.h - where a holdout suite must not stand: what a builder is given,
 * and what it wrote.
 *
 *	x = df_exposure_new(&suite, &e);
 *	df_exposure_public(x, &spec, fn, arg);
 *	df_exposure_text(x, "handoff/T-001.md", p, n, fn, arg);
 *	df_exposure_tree(x, "result/T-001/1.tree", &store, &d, fn, arg, &e);
 *
 * Public documents share words with the suite by nature.  Only a canary or a
 * whole executable block in them is an exposure; ids, titles and lines that
 * they share are looked for no longer afterwards.
 */
#ifndef DF_SPEC_EXPOSURE_H
#define DF_SPEC_EXPOSURE_H

#include "evidence/seal.h"
#include "evidence/tree.h"
#include "spec/leak.h"
#include "spec/spec.h"

struct df_exposed {
	enum df_leak_kind kind;
	uint32_t item;		/* of the suite */
	const char *place;	/* "T-001/1.tree: src/a.c": foreign text */
	uint32_t line;		/* 0: in the place's name */
	int shared;		/* in a public document, and harmless */
};
/* Returns 0 to go on, 1 to stop. */
typedef int df_exposed_fn(void *arg, const struct df_exposed *x);

struct df_exposure;

struct df_exposure *df_exposure_new(const struct df_sealed *suite,
	struct df_err *e);
void df_exposure_free(struct df_exposure *x);	/* zeroes */

/*
 * From now on (on: 1) texts are looked through that builders are given, later
 * (0) what they wrote.  A piece that was given is reported once; that it comes
 * back is no builder's doing.
 */
void df_exposure_given(struct df_exposure *x, int on);

/* 0, or 1 when fn stopped it, or -1 with *e when a blob cannot be read.  fn
   may be NULL for public documents. */
int df_exposure_public(struct df_exposure *x, const struct df_spec *sp,
	df_exposed_fn *fn, void *arg);
int df_exposure_text(struct df_exposure *x, const char *place, const char *s,
	size_t n, df_exposed_fn *fn, void *arg);
/* A blob, and the files of a tree with their names. */
int df_exposure_blob(struct df_exposure *x, const char *place,
	struct df_store *s, const struct df_digest *d, df_exposed_fn *fn,
	void *arg, struct df_err *e);
int df_exposure_tree(struct df_exposure *x, const char *place,
	struct df_store *s, const struct df_digest *root, df_exposed_fn *fn,
	void *arg, struct df_err *e);

#endif
