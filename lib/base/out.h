/*
 * out.h - stdout is data: one record a line.
 *
 * A record is an artifact name, or with --json one object.  A tool writes
 * it only after the event that it stands for is on disk.
 */
#ifndef DF_BASE_OUT_H
#define DF_BASE_OUT_H

#include "base/json.h"
#include "base/list.h"

/* One line of text; foreign bytes are escaped. */
void df_out(const char *s);
/* One line of cells separated by a tab; tabs in them are escaped. */
void df_out_row(const char *const cell[], size_t n);
/* One canonical JSON line.  Eats v. */
void df_out_json(jv v);
/* Bytes as they are: a report, a blob. */
void df_out_raw(const void *p, size_t n);
/* What was written so far reaches the reader now: after each commit. */
void df_out_flush(void);
/*
 * Flush and close stdout.  Every tool ends with `return df_out_end(code)`: a
 * write error (a full disk; a closed pipe where SIGPIPE is ignored) turns
 * success into DF_EXTERNAL.
 */
int df_out_end(int code);

/* May stderr have colour and progress?  A terminal, no NO_COLOR, no -q. */
int df_tty(void);

/*
 * Operands, with "-" replaced by the names on stdin, one a line.  Called before
 * a run is opened: the producer in the pipeline has done its work when its
 * output ends.  End of input before the first name is DF_REFUSED: the producer
 * said no, and sh has no pipefail.  *out is a list of malloc'd strings.
 */
int df_operands(char **operand, size_t n, struct df_list *out,
	struct df_err *e) DF_CHECK;

#endif
