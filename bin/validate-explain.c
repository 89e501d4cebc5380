/*
 * What a rule means.
 */
#include "base/df.h"

#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "validate.h"

static void
wrapped(struct df_buf *b, const char *s)
{
	size_t col = 0, n;

	while (*s) {
		n = strcspn(s, " ");
		if (col && col + 1 + n > 76) {
			df_buf_ch(b, '\n');
			col = 0;
		}
		df_buf_str(b, col ? " " : "    ");
		df_buf_add(b, s, n);
		col += n + (col ? 1 : 4);
		s += n;
		s += *s == ' ';
	}
	df_buf_ch(b, '\n');
}

int
df_validate_explain(const char *name)
{
	const struct df_rule_def *r = df_rule_find(name);
	struct df_buf b = DF_BUF_INIT;
	const char *word[256], *near;
	size_t i;

	if (strcmp(name, "all") == 0)
		for (i = 0; i < df_nrules; i++)
			df_buf_fmt(&b, "%s\t%s\t%s\n", df_rules[i].id,
			    df_severity_name[df_rules[i].severity],
			    df_rules[i].about);
	else if (r) {
		df_buf_fmt(&b, "%s (%s%s): %s\n", r->id,
		    df_severity_name[r->severity], r->d9 ?
		    ", needs D9" : "", r->about);
		wrapped(&b, r->explain);
		df_buf_fmt(&b, "    It belongs to the check %s and may %sbe "
		    "waived.\n", df_check_name(r->check), df_rule_waivable(r)
		    ? "" : "not ");
	} else {
		for (i = 0; i < df_nrules && i < DF_LEN(word); i++)
			word[i] = df_rules[i].id;
		near = df_suggest(name, word, i);
		if (near)
			df_usage("no rule \"%s\"; did you mean %s?", name,
			    near);
		df_usage("no rule \"%s\"; --explain all lists them", name);
	}
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return DF_OK;
}
