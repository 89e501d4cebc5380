/*
 * oci.h - a sealed run as an OCI image layout (image-spec 1.1), which skopeo
 * and registries carry.
 *
 *	oci-layout  index.json  blobs/sha256/<64 hex>
 *
 * One manifest, artifactType application/vnd.df.run.v1: its config is the
 * envelope, run.json; its first layer the log; then every blob of the run, a
 * layer each in order of digest, as it is.  Where those are more than 4,000 (a
 * registry takes manifests up to 4 MiB) one layer, the bundle of bundle.h,
 * stands for them.  The names of the run are not in it: they come from the
 * log.  The same run gives the same bytes.
 *
 * A layout that is read is hostile: only what its one manifest of ours names is
 * taken, every blob against its digest and size, as regular files below the
 * directory, nothing through a link.  What else lies there is not looked at:
 * a layout may hold other images.
 */
#ifndef DF_WORK_OCI_H
#define DF_WORK_OCI_H

#include "run/run.h"

#define DF_OCI_LAYERS 4000	/* blobs that are layers of their own */

/* Is path a directory with a file oci-layout?  1 or 0. */
int df_oci_is(const char *path);
/*
 * Write the run as it is in its log, durably, to directory path, which must not
 * exist (DF_CONFLICT) and appears whole or not at all.
 */
int df_oci_write(struct df_run *r, const char *path, struct df_err *e)
	DF_CHECK;
/*
 * Make a run directory of the layout at path in the existing, empty directory
 * dir; the run's name goes to name.  DF_INPUT: no layout of a run;
 * DF_INTEGRITY: a blob is missing or has other bytes.  After a failure dir
 * holds rubbish.
 */
int df_oci_unpack(const char *path, const char *dir, char name[64],
	struct df_err *e) DF_CHECK;

#endif
