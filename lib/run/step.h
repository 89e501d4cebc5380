/*
 * step.h - the shape of every tool that writes to a run.
 *
 *	struct df_step st;
 *	struct df_commit c;
 *
 *	df_step_open(&st, DF_ROLE_RUN, 0, &e);
 *		opens the run, folds the log, loads the role's key and sees
 *		that the run's roster lets it sign
 *	... ask st.run.state whether there is anything to do; read inputs
 *	    with df_run_get(); compute ...
 *	df_commit_init(&c, "stage.completed", NULL);
 *	df_commit_put(&st, &c, "handoff/T-001.json", media, p, n, &e);
 *	c.data = df_jset_int(c.data, "attempt", 1);
 *	df_step_commit(&st, &c, 1, &e);
 *		barrier over all that c names, lock, fold what others added,
 *		guard, one write, fdatasync, links
 *	df_step_close(&st);
 *
 * What remains in a tool's main() is what it computes.  Until
 * df_step_commit() returns 0 nothing has happened; when it does, all of it
 * has.  Several commits may share one call: they share its barrier and its
 * write (group commit).
 */
#ifndef DF_RUN_STEP_H
#define DF_RUN_STEP_H

#include "evidence/tree.h"
#include "run/run.h"

#define DF_MEDIA_JSON "application/json"
#define DF_MEDIA_JSONL "application/jsonl"
#define DF_MEDIA_MD "text/markdown; charset=utf-8"
#define DF_MEDIA_TEXT "text/plain; charset=utf-8"
#define DF_MEDIA_AGE "application/octet-stream"
#define DF_MEDIA_TAP "text/x-tap; charset=utf-8"
#define DF_MEDIA_PATCH "text/x-diff"
#define DF_MEDIA_XML "application/xml"

struct df_step {
	struct df_run run;
	enum df_role role;
	struct df_key *key;
	const struct df_signer *me;	/* by the run's roster */
};

/*
 * Open df_args.run with the role's key: -k, $DF_KEY, or the key named after
 * the role.  DF_AUTH when the roster does not let it sign in that role.
 */
int df_step_open(struct df_step *s, enum df_role role, int flags,
	struct df_err *e) DF_CHECK;
void df_step_close(struct df_step *s);
/*
 * The key that signs in a role (-k, $DF_KEY, or the role's name in $DF_KEYS)
 * and who it is by the roster t; NULL with DF_AUTH when the roster does not
 * let it.
 */
struct df_key *df_step_role_key(enum df_role role, const struct df_trust *t,
	const struct df_signer **me, struct df_err *e);
/* Only the key: for tools that open the run themselves. */
int df_step_key(struct df_step *s, enum df_role role, struct df_err *e)
	DF_CHECK;

/* One event to be. */
struct df_commit {
	char type[48], subject[256];
	jv data;		/* an object; artifacts and inputs are added */
	struct df_artifact *out;
	size_t nout, capout;
	struct df_input *in;
	size_t nin, capin;
};
void df_commit_init(struct df_commit *c, const char *type,
	const char *subject);	/* subject may be NULL */
void df_commit_release(struct df_commit *c);
/* Stage bytes and name them. */
int df_commit_put(struct df_step *s, struct df_commit *c, const char *name,
	const char *media, const void *p, size_t n, struct df_err *e)
	DF_CHECK;
/* Check a record against its schema, stage and name it.  Eats v. */
int df_commit_record(struct df_step *s, struct df_commit *c,
	const char *name, const char *schema, jv v, struct df_err *e)
	DF_CHECK;
/* Name a blob that is in the store, or was just staged. */
int df_commit_name(struct df_step *s, struct df_commit *c, const char *name,
	const char *media, const struct df_digest *d, uint64_t size,
	struct df_err *e) DF_CHECK;
/* Name a tree; the barrier covers everything below it too. */
int df_commit_tree(struct df_step *s, struct df_commit *c, const char *name,
	const struct df_digest *root, struct df_err *e) DF_CHECK;
/* What was read: a name that the log has. */
void df_commit_input(struct df_commit *c, const char *name,
	const struct df_digest *d);

/*
 * Commit n events, in order.  Their data is used up.  The names
 * of all of them are linked afterwards; a link that cannot be made is only a
 * warning, for the log restores it.
 */
int df_step_commit(struct df_step *s, struct df_commit *c, size_t n,
	struct df_err *e) DF_CHECK;

#endif
