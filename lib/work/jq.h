/*
 * jq.h - running a jq program that we did not write: policies, adapters.
 *
 * The program runs in a child process after clearenv(), without HOME, module
 * path, standard input or output, with limits on time, memory and output.
 * What would make its result depend on anything but its input (now, env,
 * $ENV, input, localtime, import ...) is an error.  Compiling costs 15 to 20
 * ms in libjq 1.6: compile one program, not several.
 */
#ifndef DF_WORK_JQ_H
#define DF_WORK_JQ_H

#include "base/json.h"

#define DF_JQ_OUTPUT ((size_t)4 << 20)

/*
 * All results of the program for input (eaten) as an array, or jv_invalid()
 * with *e: DF_INPUT "jq.compile" or "jq.run" (what names the program in the
 * message), DF_EXHAUSTED "jq.time" after ms milliseconds of CPU.
 */
jv df_jq_run(const char *program, jv input, int64_t ms, const char *what,
	struct df_err *e);

#endif
