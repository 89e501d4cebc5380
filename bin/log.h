/*
 * log.h - the parts of df-log: the signature of a line, appending.
 *
 * They end the process when something fails, as the verbs of the tool do; what
 * they return is its exit code.
 */
#ifndef DF_BIN_LOG_H
#define DF_BIN_LOG_H

#include "evidence/log.h"

/* The log of -C, which may be a run's or a factory's; nothing is folded.  The
   caller closes both. */
void df_log_of_args(struct df_log *l, int *dir);

/*
 * Write what ssh-keygen -Y verify takes of line seq, event-SEQ.json and
 * event-SEQ.json.sig, to directory output (NULL: here).
 */
int df_log_sig(uint64_t seq, const char *output);

/*
 * Write statements of lines from on, in signed envelopes: to stdout, or to
 * files in directory output.  role: only what that role did, or NULL.
 */
int df_log_intoto(uint64_t from, const char *role, const char *output);

/*
 * Write a checkpoint of the run of -C under that origin (NULL: one that names
 * the run), or (vkey) the key that verifies it, to stdout or a file.
 */
int df_log_checkpoint(const char *origin, int vkey, const char *output);

/* What the command line gives of an event; each may be NULL. */
struct df_log_given {
	const char *data, *subject, *role;
};
/* One event. */
int df_log_append_one(const char *type, const struct df_log_given *g);
/* Many of one role from stdin, in one write: all or none. */
int df_log_append_many(const struct df_log_given *g);

#endif
