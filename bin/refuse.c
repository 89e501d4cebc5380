#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "spec/diag.h"
#include "refuse.h"

static void
say(const struct df_check *c)
{
	struct df_buf text = DF_BUF_INIT;
	unsigned how = df_diag_how();
	size_t i;

	for (i = 0; i < c->n; i++)
		if ((c->diag[i].severity == DF_ERROR &&
		    c->diag[i].waived == NULL) || df_verbose)
			df_diag_text(&text, &c->diag[i], how);
	(void)!fwrite(text.s, 1, text.n, stderr);
	df_buf_wipe(&text);
}

/* Is all that is wrong that the suite stands in public documents? */
static int
only_leaks(const struct df_check *c)
{
	int i;

	for (i = 0; i < DF_CHECKS; i++)
		if (i != DF_CHECK_LEAK && c->row[i].ran && !c->row[i].pass)
			return 0;
	return 1;
}

int
df_refuse_spec(const struct df_check *c, const char *dir, struct df_err *e)
{
	if (c->pass)
		return 0;
	say(c);
	if (only_leaks(c))
		return df_fail(e, DF_REFUSED, "holdout.leak",
		    "%s: builders would read executable blocks of D9", dir);
	return df_fail(e, DF_NO, "spec.fail",
	    "%s: the specification does not pass: %zu error%s", dir,
	    c->count[DF_ERROR], c->count[DF_ERROR] == 1 ? "" : "s");
}

int
df_refuse_exposed(void *arg, const struct df_exposed *x)
{
	struct df_buf place = DF_BUF_INIT;

	df_text_foreign(&place, x->place, strlen(x->place), DF_TEXT_LINE, 0,
	    200);
	if (x->shared)
		df_debug("%s:%u: shares a %s with item %u of the suite",
		    place.s, x->line, df_leak_kind_name(x->kind), x->item);
	else
		(void)df_fail(arg, DF_REFUSED, "holdout.leak",
		    "%s:%u: builders would read %s %s of item %u of the suite",
		    place.s, x->line, x->kind == DF_LEAK_ID ? "an" : "a",
		    df_leak_kind_name(x->kind), x->item);
	df_buf_release(&place);
	return !x->shared;
}
