/*
 * opt.h - one table per tool: options, verbs, synopsis, exit codes.
 *
 * The table drives parsing, --help, --version, shell completion
 * (share/completions) and the lint that compares a tool with its man page;
 * --df-options prints it for the last two, one tab-separated record a line.
 *
 * Options come before operands and end at the first operand or at "--"
 * (POSIX guidelines 9 and 10).  Short options may be bundled; an argument is
 * attached or follows; a long option takes "=ARG" or the next word.  Long
 * names are never abbreviated: an abbreviation that works today is ambiguous
 * tomorrow.  A wrong invocation is said on stderr in one line and ends the
 * process with DF_USAGE.
 */
#ifndef DF_BASE_OPT_H
#define DF_BASE_OPT_H

#include "base/df.h"
#include "base/list.h"

enum df_opt_kind {
	DF_OPT_END = 0,
	DF_OPT_FLAG,		/* int *: set to 1 */
	DF_OPT_COUNT,		/* int *: incremented */
	DF_OPT_STR,		/* const char **: the argument */
	DF_OPT_INT,		/* int64_t *: a number in [min, max] */
	DF_OPT_LIST		/* struct df_list *: each argument appended */
};

struct df_opt {
	char ch;		/* short letter, or 0 */
	const char *name;	/* long name, or NULL */
	const char *arg;	/* name of the argument, NULL for a flag */
	const char *help;	/* one line */
	enum df_opt_kind kind;
	void *to;
	int64_t min, max;	/* DF_OPT_INT */
};

struct df_verb {
	const char *name;	/* one word, or two: "trust add" */
	const char *args;	/* synopsis behind the name */
	const char *help;
	const struct df_opt *opts;	/* DF_OPT_END-terminated, or NULL */
	int (*run)(char **operand, size_t n);	/* returns an exit code */
};

#define DF_EXIT(n) (1u << (n))

struct df_tool {
	const char *name;	/* "df-boot" */
	const char *args;	/* synopsis behind the name, or NULL */
	const char *about;	/* one sentence */
	const struct df_opt *opts;	/* DF_OPT_END-terminated */
	const struct df_verb *verbs;	/* name == NULL ends; or NULL */
	unsigned exits;		/* DF_EXIT() of every code it can give */
	/* What is done when no verb is given, or NULL: a verb is needed. */
	int (*run)(char **operand, size_t n);
};

/*
 * Parse; --help and --version answer and exit.  Returns the operands
 * (pointers into argv) and sets *n.
 */
char **df_opt_parse(const struct df_tool *t, int argc, char **argv, size_t *n);
/*
 * Parse the tool's own options, then the verb and its options, and run it.
 * The tool's options are accepted behind the verb too.
 */
int df_opt_run(const struct df_tool *t, int argc, char **argv);
/* Say what is wrong with the invocation and exit with DF_USAGE. */
void df_usage(const char *fmt, ...) DF_PRINTF(1, 2) DF_NORETURN;

/*
 * The shared argument language, df-args(7).  Tools that have one of these
 * options put its macro into their table.
 */
struct df_args {
	const char *run;	/* -C, $DF_RUN */
	const char *factory;	/* -F, $DF_FACTORY */
	const char *key;	/* -k, $DF_KEY */
	const char *trust;	/* --trust, $DF_TRUST */
	const char *identity;	/* -i, $DF_IDENTITY */
	int dry;		/* -n */
	int json;		/* --json */
};
extern struct df_args df_args;

#define DF_ARG_RUN { 'C', "run", "RUN", "the run directory ($DF_RUN)", \
	DF_OPT_STR, &df_args.run, 0, 0 }
#define DF_ARG_FACTORY { 'F', "factory", "DIR", \
	"the factory ($DF_FACTORY, or .factory found upwards)", \
	DF_OPT_STR, &df_args.factory, 0, 0 }
#define DF_ARG_KEY { 'k', "key", "KEY", \
	"signing key ($DF_KEY, or the role's name in $DF_KEYS)", \
	DF_OPT_STR, &df_args.key, 0, 0 }
#define DF_ARG_TRUST { 0, "trust", "DIR", "trust directory ($DF_TRUST)", \
	DF_OPT_STR, &df_args.trust, 0, 0 }
#define DF_ARG_IDENTITY { 'i', "identity", "FILE", \
	"age identity that unseals ($DF_IDENTITY)", \
	DF_OPT_STR, &df_args.identity, 0, 0 }
#define DF_ARG_DRY { 'n', "dry-run", NULL, \
	"say what would be done, and do nothing", \
	DF_OPT_FLAG, &df_args.dry, 0, 0 }
#define DF_ARG_JSON { 0, "json", NULL, \
	"one JSON object a line on stdout; errors as JSON", \
	DF_OPT_FLAG, &df_args.json, 0, 0 }
#define DF_ARG_QUIET { 'q', "quiet", NULL, "no progress, only errors", \
	DF_OPT_FLAG, &df_quiet, 0, 0 }
#define DF_ARG_VERBOSE { 'v', "verbose", NULL, "say more", \
	DF_OPT_COUNT, &df_verbose, 0, 0 }
#define DF_ARG_END { 0, NULL, NULL, NULL, DF_OPT_END, NULL, 0, 0 }

#endif
