/*
 * name.h - what several tools write to stdout: the name of what there is now.
 */
#ifndef DF_BIN_NAME_H
#define DF_BIN_NAME_H

/* A line, or with --json {name}. */
void df_name_say(const char *name);

#endif
