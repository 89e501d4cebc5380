/*
 * factory.h - an optional directory around many runs.
 *
 * A factory (.factory/, found upwards like .git) has blobs/ and log.jsonl
 * like a run, versioned resources (profile/NAME/1.0.0.json, pipeline/,
 * policy/, adapter/) and runs/.  An empty directory is an empty factory.
 *
 * Its log lists every boot and fixes heads of runs:
 *
 *	run.booted	{name, run}	before the run's directory appears; one
 *					that never appeared is abandoned
 *	boot.failed	{code, exit, message}
 *	run.anchored	{head, name, run, status}
 *	trust.changed	{action, digest, version, ..}
 *					a new version of the trust directory
 *
 * signed in role df-run, trust.changed in role df-root; and the uses of suites,
 * which ledger.h has.  run is the digest of the run's line 1.  A run needs no
 * factory.
 */
#ifndef DF_RUN_FACTORY_H
#define DF_RUN_FACTORY_H

#include "run/run.h"

struct df_factory {
	int dir;
	char *path;
	struct df_log log;
};

/*
 * The factory at path, or (NULL) the .factory in the current directory or
 * above.  Returns 1 and *f, 0 when there is none, -1 on failure.
 */
int df_factory_open(struct df_factory *f, const char *path,
	struct df_err *e) DF_CHECK;
void df_factory_close(struct df_factory *f);

/* Append one event; data is eaten. */
int df_factory_append(struct df_factory *f, const char *type, jv data,
	struct df_key *key, enum df_role role, struct df_err *e) DF_CHECK;
/* Append run.anchored for the run as it is folded. */
int df_factory_anchor(struct df_factory *f, const struct df_run *r,
	struct df_key *key, enum df_role role, struct df_err *e) DF_CHECK;

/* Call fn for each booted run: its name and genesis. */
int df_factory_runs(struct df_factory *f,
	int (*fn)(void *arg, const char *name, const struct df_digest *run),
	void *arg, struct df_err *e) DF_CHECK;

/* Call fn with the digest of each trust directory's version that the log
   has. */
int df_factory_versions(struct df_factory *f,
	int (*fn)(void *arg, const struct df_digest *record), void *arg,
	struct df_err *e) DF_CHECK;
/* Call fn for each event of the log; no signature is checked (run/revoke.h does
   that).  The log stays open for df_log_reread(). */
int df_factory_each(struct df_factory *f, df_event_fn *fn, void *arg,
	struct df_err *e) DF_CHECK;

/*
 * Append the path of a resource: a path as given when it holds a slash or
 * ends in the extension; else kind/NAME/VERSION+ext of the factory (NAME or
 * NAME@VERSION; the highest version when none is said), else
 * share/DIR/NAME+ext.  DF_INPUT when there is none.
 */
int df_resource_path(const struct df_factory *f, const char *kind,
	const char *share, const char *name, const char *ext,
	struct df_buf *path, struct df_err *e) DF_CHECK;

#endif
