/*
 * orphan.h - processes that fell to us because what started them is gone.
 *
 * Where no process namespace ends an attempt, df-inside kills what its command
 * left.  If it is killed itself, they become our children, for we are a
 * subreaper; then this kills them.
 *
 *	df_orphans_open();		before the first child
 *	df_orphans_know(pid, 1);	a child that we started
 *	df_orphans_know(pid, 0);	it was waited for
 *	n = df_orphans_kill();
 *
 * Children that we had before df_orphans_open() are none of these.  Nothing
 * else may start a child in between.
 */
#ifndef DF_WORK_ORPHAN_H
#define DF_WORK_ORPHAN_H

#include <stddef.h>
#include <sys/types.h>

void df_orphans_open(void);
void df_orphans_know(pid_t pid, int alive);
/* Kill and reap until there is none; how many there were. */
size_t df_orphans_kill(void);

#endif
