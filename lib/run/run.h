/*
 * run.h - a run directory, opened: store, log, fold, names, envelope, trust.
 *
 *	struct df_run run;
 *
 *	df_run_open(&run, path, 0, &e);		folds the whole log
 *	df_run_get(&run, "handoff/T-001.json", max, &buf, &e);
 *	df_run_close(&run);
 *
 * Everything below the directory is reached by descriptor.  A gate never
 * trusts a name in the file system: df_run_get() takes the digest from the
 * event that gave the name, checks that event's signature against the roster
 * that the run carries, and re-hashes the bytes.
 *
 * Trust.  The run carries the trust files it was made under; that proves
 * consistency, not identity.  df_run_gate() checks every signature of the
 * log and that those files are signed by a root that comes from outside.
 */
#ifndef DF_RUN_RUN_H
#define DF_RUN_RUN_H

#include "evidence/log.h"
#include "evidence/store.h"
#include "evidence/trust.h"
#include "run/names.h"
#include "run/state.h"

#define DF_RUN_BLOB_MAX ((size_t)64 << 20)	/* df_run_get's usual bound */

enum {
	DF_RUN_BRIEF = 1,	/* index only what a dispatcher reads, so that
				   memory stays small with many tasks: no
				   dispatch/, no result/T-*, of handoff/ and
				   prompt/ the .md */
	DF_RUN_LINES = 2,	/* for a gate: remember where each line is, and
				   every blob that any event names */
	DF_RUN_TEXTS = 4	/* index only what handoffs and prompts need:
				   no dispatch/, no result/ */
};

/* A name as the log has it now. */
struct df_name {
	const char *name;
	const char *media;
	struct df_digest digest;
	uint64_t size;
	uint32_t giver;		/* in df_run.giver: the event that gave it */
};

/* A blob that an event names, as an artifact or as a list. */
struct df_named {
	struct df_digest digest;
	uint64_t size;
	int tree;		/* DF_TREE_MEDIA: what is below it counts too */
	int bulk;		/* nothing names it but what may be pruned */
	int pruned;		/* in a df_blobset: and it was: need not be */
};

/* A blob that an event gc.swept lists (prune.h). */
struct df_prune {
	struct df_digest digest;
	uint64_t size, line;
	struct df_prune *next;
};

struct df_run {
	char *path;		/* as given */
	int dir;
	int flags;
	struct df_store store;
	struct df_log log;
	struct df_state state;
	char id[64];		/* "r-0123456789abcdef-1" */
	jv env;			/* run.json without its tasks (see state) */
	struct df_digest env_digest;

	struct df_trust trust;	/* what the run carries */
	int have_trust;
	struct df_trust_files trust_files;
	struct df_trust outside;	/* the verifier's own trust directory,
					   when a gate has read it */
	int have_outside;

	struct df_name *name;
	size_t nname, capname;
	struct df_map names;
	struct df_at *giver;	/* events that gave a name */
	size_t ngiver, capgiver;
	struct df_at *line;	/* DF_RUN_LINES: line[i] has seq i + 1 */
	size_t nline, capline;
	struct df_named *named;	/* DF_RUN_LINES */
	size_t nnamed, capnamed;
	struct df_prune *prune;
	struct df_map pruned;	/* digest -> line */
	uint64_t torn;		/* bytes of torn writes in the log */
	uint64_t upto;		/* not 0: later lines were not folded */

	struct df_map verified;	/* seq -> signature checked */
	struct df_arena arena;
};

/*
 * Open the run at path (NULL: usage error) and fold its log.  DF_INTEGRITY
 * when the log is broken, DF_INPUT when path is no run.
 */
int df_run_open(struct df_run *r, const char *path, int flags,
	struct df_err *e) DF_CHECK;
/* The run as it was when its log had that many lines: for replaying. */
int df_run_open_at(struct df_run *r, const char *path, int flags,
	uint64_t upto, struct df_err *e) DF_CHECK;
/* Fold what was appended since.  What the fold refuses in a log that is
   already there makes it broken: DF_INTEGRITY. */
int df_run_refresh(struct df_run *r, struct df_err *e) DF_CHECK;
/* The fold as df_log_append() wants it (arg: the run): guard, then change. */
df_event_fn *df_run_fold(void);
void df_run_close(struct df_run *r);
/* An empty run in directory dir (which is taken), before its first event. */
int df_run_create(struct df_run *r, int dir, const char *path, const char *id,
	struct df_err *e) DF_CHECK;

/* The name as the log has it, or NULL. */
const struct df_name *df_run_find(const struct df_run *r, const char *name);
/*
 * Make the links of names again that are not as the log has them; fn (which
 * may be NULL) is told of each first.  dry: nothing is made.  DF_CONFLICT when
 * a directory is in the place of one.
 */
int df_run_relink(struct df_run *r, int dry, void (*fn)(const char *name),
	struct df_err *e) DF_CHECK;
/* The bytes of a name: see above.  DF_NO "name.unknown" when there is none. */
int df_run_get(struct df_run *r, const char *name, size_t max,
	struct df_buf *b, struct df_err *e) DF_CHECK;
/* The same as a JSON value, checked against the schema of that name. */
jv df_run_json(struct df_run *r, const char *name, const char *schema,
	struct df_err *e);

/* The data of run.created: what line 1 says.  jv_invalid() with *e. */
jv df_run_created(struct df_run *r, struct df_err *e);

/* Load the roster that the run carries and check that its root signed it. */
int df_run_trust(struct df_run *r, struct df_err *e) DF_CHECK;
/* Check the signature of a line, once. */
int df_run_verify(struct df_run *r, const struct df_at *at, struct df_err *e)
	DF_CHECK;
/* The person behind a fingerprint, by the carried roster; NULL unknown. */
const struct df_signer *df_run_signer(struct df_run *r, const char *fp);

/* A setting of the envelope ("limits.max_attempts"), or def. */
int64_t df_run_setting_int(const struct df_run *r, const char *key,
	int64_t def);
const char *df_run_setting_str(const struct df_run *r, const char *key,
	const char *def);
int df_run_setting_bool(const struct df_run *r, const char *key);

#endif
