/*
 * adapter.h - how an agent program is called: a declarative file.
 *
 * {"schema":"df.adapter/1","name":"claude","version":"1.0.0",
 *  "argv":["claude","-p","{prompt}"],	what is run
 *  "stdin":"none",			or "prompt"
 *  "env":{"NO_COLOR":"1"},		fixed values
 *  "pass_env":["ANTHROPIC_API_KEY"],	given from df-dispatch's environment
 *  "path":["~/.local/bin"],		in front of PATH
 *  "ro":["~/.local/share/claude"],	visible beyond the allow-list
 *  "home":[".claude/.credentials.json"],	copied from HOME
 *  "net":"host",			or "none"
 *  "workspace":"git",			or "tree", or "none": an empty one
 *  "results":".df/RESULTS.md",
 *  "usage":"..."}			a jq program, see below
 *
 * In argv {prompt}, {prompt_file}, {handoff_file}, {results_file}, {task},
 * {model} and {here} (the adapter file's directory) are replaced; other
 * braces stay.  In path and ro "~/" and {here} are.
 *
 * usage gets an array of the JSON values on the agent's stdout (other lines
 * are passed over) and yields an object with any of tokens, cost_microusd,
 * session, message.
 */
#ifndef DF_WORK_ADAPTER_H
#define DF_WORK_ADAPTER_H

#include "base/json.h"
#include "base/opt.h"

struct df_adapter {
	jv j;			/* the record, schema-checked */
	const char *name, *results, *usage, *workspace;
	int stdin_prompt, net;
};
/* Takes j. */
int df_adapter_load(struct df_adapter *a, jv j, struct df_err *e) DF_CHECK;
void df_adapter_release(struct df_adapter *a);

/*
 * What of it depends on the machine, resolved at boot and recorded apart:
 * {"here":DIR,"path":[...],"ro":[...],"home":[{"from":P,"to":P}]}.  here is the
 * directory of the adapter file.  A path or file that is missing is
 * DF_REFUSED.
 */
jv df_adapter_resolve(const struct df_adapter *a, const char *here,
	struct df_err *e);

struct df_adapter_vars {
	const char *prompt, *prompt_file, *handoff_file, *results_file;
	const char *task, *model, *here;
};
/* Append the command, each word malloc'd. */
void df_adapter_argv(const struct df_adapter *a,
	const struct df_adapter_vars *v, struct df_list *out);
/*
 * Append the environment ("NAME=value", malloc'd): PATH, HOME, LANG, TERM,
 * FACTORY_RESULTS_PATH, fixed and passed ones.  Values of passed ones are
 * appended to secrets, which must never reach a log.
 */
void df_adapter_env(const struct df_adapter *a, jv host, const char *home,
	const char *results, struct df_list *out, struct df_list *secrets);
/* Names in pass_env that are not set, by commas; 0 when there are none. */
int df_adapter_missing(const struct df_adapter *a, struct df_buf *names);

/* The usage record of what the agent wrote, or an empty object; a program
   that fails gives {"error":TEXT}. */
jv df_adapter_usage(const struct df_adapter *a, const struct df_buf *out);

#endif
