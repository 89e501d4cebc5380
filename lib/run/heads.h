/*
 * heads.h - the heads of logs that this user's tools have seen.
 *
 * A tool that appended to a run, or checked the whole of it, remembers its
 * head, as ssh does host keys: a log that later does not extend it has lost
 * its end, or is another one with the same beginning, and is refused.  A log
 * in which something is void (revoke.h) is not remembered.  It is a cheap
 * defence: no state directory, or one that cannot be written, is no error
 * (df_debug() says it).
 *
 * One file a run, heads/HEX below $XDG_STATE_HOME/darkfactory (without it
 * ~/.local/state/darkfactory), where HEX is of the digest of the run's line 1.
 * It holds one line, of a length that does not change:
 *
 *	sha256:<line 1> <seq> sha256:<line seq> <offset behind it> <name>
 *
 * with ten and fifteen digits, and is read and written under its lock in one
 * piece.  As a log only ever grows, that line is looked for where it was.  An
 * empty file (a machine that lost power) says nothing.
 */
#ifndef DF_RUN_HEADS_H
#define DF_RUN_HEADS_H

#include "run/run.h"

/*
 * Does the log extend the head that is remembered of it?  DF_INTEGRITY:
 * "heads.rewound" (it ends before), "heads.forked" (another line stands
 * there).  DF_INPUT "heads.format": the file is not what was written to it.
 */
int df_heads_check(struct df_run *r, struct df_err *e) DF_CHECK;
/* Remember the head that r has, unless a later one is. */
void df_heads_remember(const struct df_run *r);
/* 1 when a head was remembered, and is no more; 0 when there was none. */
int df_heads_forget(const struct df_digest *genesis, struct df_err *e)
	DF_CHECK;

#endif
