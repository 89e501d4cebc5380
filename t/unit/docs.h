/*
 * docs.h - documents in tests of the reader.
 */
#ifndef DOCS_H
#define DOCS_H

#include "spec/check.h"
#include "tap.h"

/* Read documents given as number, text, ... 0, in place of what sp had. */
__attribute__((unused)) static void
docs_read(struct df_spec *sp, int n, ...)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_err e;
	va_list ap;

	memset(doc, 0, sizeof(doc));
	df_spec_release(sp);
	va_start(ap, n);
	for (; n; n = va_arg(ap, int)) {
		doc[n].s = va_arg(ap, const char *);
		doc[n].n = strlen(doc[n].s);
	}
	va_end(ap);
	if (df_spec_read(sp, doc, 0, 0, &e) == -1) {
		ok(0, "read: %s", e.msg);
		exit(1);
	}
}

/* "SC-001 SC-002~": ~ for what was derived. */
__attribute__((unused)) static const char *
join(const struct df_refs *r)
{
	static char s[1024];
	size_t i;

	s[0] = 0;
	for (i = 0; i < r->n; i++)
		snprintf(s + strlen(s), sizeof(s) - strlen(s), "%s%s%s",
		    i ? " " : "", r->v[i].id, r->v[i].derived ? "~" : "");
	return s;
}

/* Spans of the frame and of the scenarios cover D9 once. */
__attribute__((unused)) static void
check_frame(const struct df_spec *sp, const char *dir)
{
	size_t n = 0, i;

	for (i = 0; i < sp->d9.frames; i++)
		n += sp->d9.frame[i].len;
	for (i = 0; i < sp->d9.holdouts; i++)
		n += sp->d9.holdout[i].item.at.len;
	is_int(n, sp->doc[9].n, dir);
}

#endif
