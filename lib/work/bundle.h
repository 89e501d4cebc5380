/*
 * bundle.h - a sealed run as one file: pax tar, zstd, the same bytes for the
 * same run everywhere.
 *
 * libarchive is linked by one program of ours only, df-archive, which these
 * functions run.  Entries are in order of name bytes below one directory named
 * after the run; times are 0, owners 0 without names, modes those of a sealed
 * run.  Reading accepts exactly what a run may hold (log.jsonl, blobs, links of
 * the form that names have) and refuses everything else: other paths, types
 * and link targets, duplicate and case-colliding names, more entries or bytes
 * than allowed, a ratio that only a bomb has.
 */
#ifndef DF_WORK_BUNDLE_H
#define DF_WORK_BUNDLE_H

#include "base/err.h"
#include "run/gate.h"

/*
 * Write the run as it is in its log, durably, to path, which must not exist
 * (DF_CONFLICT).  Blobs that no event names are left out.
 */
int df_bundle_write(struct df_run *r, const char *path, struct df_err *e)
	DF_CHECK;
/*
 * An incremental bundle (since.h): of the blobs those that old has not, of the
 * log what is behind byte off, and record as since.json.
 */
int df_bundle_write_since(struct df_run *r, const char *path,
	const struct df_blobset *old, const struct df_buf *record,
	uint64_t off, struct df_err *e) DF_CHECK;
/*
 * Unpack a bundle, or an OCI image layout (oci.h), into the existing, empty
 * directory dir; the run's name goes
 * to name.  After a failure dir holds rubbish.
 */
int df_bundle_unpack(const char *path, const char *dir, char name[64],
	struct df_err *e) DF_CHECK;

/* A bundle in a scratch directory, to be looked at. */
struct df_bundle {
	char *run;		/* path of the run directory, or NULL */
	char *scratch, *name;
	int scratch_fd, fd;
};
int df_bundle_open(struct df_bundle *b, const char *path, struct df_err *e)
	DF_CHECK;
void df_bundle_close(struct df_bundle *b);	/* and removes it */

#endif
