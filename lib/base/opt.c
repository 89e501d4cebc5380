#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/text.h"

struct df_args df_args;

static const struct df_tool *tool;

static const char *const about_exit[] = {
	"yes: done, PASS, verified",
	"no: the check ran and the answer is no",
	"usage",
	"bad input: nothing was decided",
	"refused by a gate, a policy or the state",
	"not authorised",
	"integrity: digest, chain, seal",
	"conflict: exists with other content, or held by another",
	"exhausted: attempts, tokens, cost, time",
	"external failure: agent, sandbox, disk; a retry may help",
};

void
df_usage(const char *fmt, ...)
{
	struct df_err e = { .exit = DF_USAGE, .code = "usage" };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	if (tool)
		df_hint(&e, "%s --help", tool->name);
	df_die(&e);
}

/* ---- --help, --version, --df-options ---- */

static void
help_opts(struct df_buf *b, const struct df_opt *o)
{
	struct df_buf l = DF_BUF_INIT;

	for (; o && o->kind != DF_OPT_END; o++) {
		df_buf_reset(&l);
		if (o->ch)
			df_buf_fmt(&l, "-%c", o->ch);
		if (o->name)
			df_buf_fmt(&l, "%s--%s", o->ch ? ", " : "    ",
			    o->name);
		if (o->arg)
			df_buf_fmt(&l, " %s", o->arg);
		df_buf_fmt(b, "  %-24s %s\n", l.s, o->help);
	}
	df_buf_release(&l);
}

static void
finish(struct df_buf *b)
{
	if (fwrite(b->s, 1, b->n, stdout) != b->n || fflush(stdout) != 0)
		df_diex(DF_EXTERNAL, "stdout", "cannot write to stdout");
	exit(DF_OK);
}

static void
help(const struct df_tool *t)
{
	struct df_buf b = DF_BUF_INIT;
	const struct df_verb *v;
	unsigned i;

	df_buf_fmt(&b, "usage: %s %s\n%s\n\n", t->name,
	    t->args ? t->args : "VERB [options] ...", t->about);
	for (v = t->verbs; v && v->name; v++) {
		df_buf_fmt(&b, "  %s%s%s\n        %s\n", v->name,
		    *v->args ? " " : "", v->args, v->help);
		help_opts(&b, v->opts);
	}
	if (t->verbs)
		df_buf_ch(&b, '\n');
	help_opts(&b, t->opts);
	df_buf_fmt(&b, "  %-24s %s\n  %-24s %s\n\nexit status:\n",
	    "    --help", "this text", "    --version", "the version");
	for (i = 0; i < DF_LEN(about_exit); i++)
		if (t->exits & DF_EXIT(i))
			df_buf_fmt(&b, "  %u  %s\n", i, about_exit[i]);
	finish(&b);
}

static void
version(const struct df_tool *t)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_fmt(&b, "%s (darkfactory) %s\n", t->name, DF_VERSION);
	finish(&b);
}

static void
list_opts(struct df_buf *b, const char *verb, const struct df_opt *o)
{
	for (; o && o->kind != DF_OPT_END; o++) {
		df_buf_fmt(b, "opt\t%s\t", verb);
		if (o->ch)
			df_buf_fmt(b, "-%c", o->ch);
		df_buf_fmt(b, "\t%s%s\t%s\t%s\n", o->name ? "--" : "",
		    o->name ? o->name : "", o->arg ? o->arg : "", o->help);
	}
}

static void
list(const struct df_tool *t)
{
	struct df_buf b = DF_BUF_INIT;
	const struct df_verb *v;
	unsigned i;

	df_buf_fmt(&b, "tool\t%s\t%s\n", t->name, t->about);
	list_opts(&b, "", t->opts);
	for (v = t->verbs; v && v->name; v++) {
		df_buf_fmt(&b, "verb\t%s\t%s\t%s\n", v->name, v->args,
		    v->help);
		list_opts(&b, v->name, v->opts);
	}
	for (i = 0; i < DF_LEN(about_exit); i++)
		if (t->exits & DF_EXIT(i))
			df_buf_fmt(&b, "exit\t%u\t%s\n", i, about_exit[i]);
	finish(&b);
}

/* ---- parsing ---- */

static void
set(const struct df_opt *o, const char *given, const char *arg)
{
	switch (o->kind) {
	case DF_OPT_FLAG:
		*(int *)o->to = 1;
		if (o->to == &df_args.json)
			df_errors_json = 1;
		break;
	case DF_OPT_COUNT:
		++*(int *)o->to;
		break;
	case DF_OPT_STR:
		*(const char **)o->to = arg;
		break;
	case DF_OPT_INT:
		if (df_number(arg, o->min, o->max, o->to) < 0)
			df_usage("%s: '%s' is not a number from %lld to %lld",
			    given, arg, (long long)o->min, (long long)o->max);
		break;
	case DF_OPT_LIST:
		df_list_add(o->to, arg);
		break;
	case DF_OPT_END:
		break;
	}
}

static const struct df_opt *
by_name(const struct df_opt *o, const char *name, size_t n)
{
	for (; o && o->kind != DF_OPT_END; o++)
		if (o->name && strlen(o->name) == n &&
		    memcmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static const struct df_opt *
by_letter(const struct df_opt *o, char ch)
{
	for (; o && o->kind != DF_OPT_END; o++)
		if (o->ch == ch)
			return o;
	return NULL;
}

static void
unknown(const char *given, const struct df_opt *a, const struct df_opt *b)
{
	const char *word[64], *near;
	size_t n = 0;

	if (strcmp(given, "--help") == 0)
		help(tool);
	if (strcmp(given, "--version") == 0)
		version(tool);
	for (; a && a->kind != DF_OPT_END && n < DF_LEN(word); a++)
		if (a->name)
			word[n++] = a->name;
	for (; b && b->kind != DF_OPT_END && n < DF_LEN(word); b++)
		if (b->name)
			word[n++] = b->name;
	near = strncmp(given, "--", 2) == 0 ? df_suggest(given + 2, word, n) :
	    NULL;
	if (near)
		df_usage("unknown option %s (did you mean --%s?)", given,
		    near);
	df_usage("unknown option %s", given);
}

/* A word that looks like an option among operands is a mistake. */
static void
options_first(char **operand, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (operand[i][0] == '-' && operand[i][1])
			df_usage("%s: options come before operands (-- ends "
			    "them)", operand[i]);
}

/* Parse from argv[*i] on; stops at the first operand.  last: no verb comes. */
static void
parse(int argc, char **argv, int *i, const struct df_opt *a,
    const struct df_opt *b, int last)
{
	const struct df_opt *o;
	const char *eq;
	char *w, given[3] = "-x";
	size_t n;

	for (; *i < argc; ++*i) {
		w = argv[*i];
		if (w[0] != '-' || w[1] == '\0') {
			if (last)
				options_first(argv + *i, argc - *i);
			return;
		}
		if (strcmp(w, "--") == 0) {
			++*i;
			return;
		}
		if (w[1] == '-') {
			eq = strchr(w, '=');
			n = eq ? (size_t)(eq - w) - 2 : strlen(w) - 2;
			o = by_name(a, w + 2, n);
			if (o == NULL)
				o = by_name(b, w + 2, n);
			if (o == NULL)
				unknown(w, a, b);
			if (o->arg == NULL && eq)
				df_usage("--%s takes no argument", o->name);
			if (o->arg && eq == NULL && *i + 1 >= argc)
				df_usage("--%s needs an argument: %s", o->name,
				    o->arg);
			set(o, w, o->arg == NULL ? NULL : eq ? eq + 1 :
			    argv[++*i]);
			continue;
		}
		for (w++; *w; w++) {
			given[1] = *w;
			o = by_letter(a, *w);
			if (o == NULL)
				o = by_letter(b, *w);
			if (o == NULL)
				unknown(given, a, b);
			if (o->arg == NULL) {
				set(o, given, NULL);
				continue;
			}
			if (w[1] == '\0' && *i + 1 >= argc)
				df_usage("-%c needs an argument: %s", *w,
				    o->arg);
			set(o, given, w[1] ? w + 1 : argv[++*i]);
			break;
		}
	}
}

static void
begin(const struct df_tool *t, int argc, char **argv)
{
	tool = t;
	df_progname = t->name;
	df_args.run = getenv("DF_RUN");
	df_args.factory = getenv("DF_FACTORY");
	df_args.key = getenv("DF_KEY");
	df_args.trust = getenv("DF_TRUST");
	df_args.identity = getenv("DF_IDENTITY");
	if (argc < 2)
		return;
	if (strcmp(argv[1], "--help") == 0)
		help(t);
	if (strcmp(argv[1], "--df-options") == 0)
		list(t);
	if (strcmp(argv[1], "--version") == 0)
		version(t);
}

char **
df_opt_parse(const struct df_tool *t, int argc, char **argv, size_t *n)
{
	int i = 1;

	begin(t, argc, argv);
	parse(argc, argv, &i, t->opts, NULL, 1);
	*n = (size_t)(argc - i);
	return argv + i;
}

/* The words of a verb's name, one or two, that argv begins with; or 0. */
static int
matches(const struct df_verb *v, int argc, char **argv)
{
	const char *sp = strchr(v->name, ' ');
	size_t n = sp ? (size_t)(sp - v->name) : strlen(v->name);

	if (strlen(argv[0]) != n || memcmp(argv[0], v->name, n) != 0)
		return 0;
	if (sp == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], sp + 1) == 0 ? 2 : 0;
}

int
df_opt_run(const struct df_tool *t, int argc, char **argv)
{
	const struct df_verb *v, *found = NULL;
	const char *word[32], *near;
	int i = 1, k, words = 0;
	size_t n = 0;

	begin(t, argc, argv);
	parse(argc, argv, &i, t->opts, NULL, 0);
	if (i >= argc && t->run)
		return t->run(argv + i, 0);
	if (i >= argc)
		df_usage("which verb?");
	for (v = t->verbs; v->name; v++) {
		k = matches(v, argc - i, argv + i);
		if (k > words) {
			words = k;
			found = v;
		}
		if (n < DF_LEN(word))
			word[n++] = v->name;
	}
	if (found == NULL) {
		near = df_suggest(argv[i], word, n);
		if (near)
			df_usage("unknown verb %s (did you mean %s?)", argv[i],
			    near);
		df_usage("unknown verb %s", argv[i]);
	}
	i += words;
	if (i < argc && strcmp(argv[i], "--help") == 0)
		help(t);
	parse(argc, argv, &i, found->opts, t->opts, 1);
	return found->run(argv + i, (size_t)(argc - i));
}
