#include "base/df.h"

#include "spec/speckit-internal.h"

/* Questions that are still open, and text of the templates. */

/* What the templates have in brackets. */
static const char *const exact[] = {
	"FEATURE NAME", "FEATURE", "DATE", "link", "Brief Title", "Title",
	"initial state", "action", "expected outcome", "boundary condition",
	"error scenario", "language", "framework", "endpoint", "Service",
	"user journey", "PROJECT_NAME", "REMOVE IF UNUSED", "CHECKLIST TYPE"
};

static const char *const prefix[] = {
	"###-", "e.g.,", "Describe ", "Explain ", "Extract from feature spec",
	"Document the selected structure", "Gates determined", "Entity 1",
	"Entity 2", "What it represents", "Add more user stories",
	"specific capability", "key interaction", "data requirement",
	"behavior, e.g.", "Measurable metric", "User satisfaction metric",
	"Business metric", "Assumption about", "Dependency on existing system",
	"if applicable, e.g.", "domain-specific, e.g.", "Brief description of"
};

/* PRINCIPLE_1_NAME */
static int
is_constant(struct df_str t)
{
	size_t i;
	int low = 0;

	for (i = 0; i < t.n; i++) {
		if (t.s[i] == '_')
			low = 1;
		else if (!(t.s[i] >= 'A' && t.s[i] <= 'Z') &&
		    !sk_digit(t.s[i]))
			return 0;
	}
	return low && t.n > 3 && t.s[0] != '_';
}

static int
is_template(struct df_str t)
{
	size_t i;

	for (i = 0; i < DF_LEN(exact); i++)
		if (df_str_eq(t, exact[i]))
			return 1;
	for (i = 0; i < DF_LEN(prefix); i++)
		if (t.n >= strlen(prefix[i]) && memcmp(t.s, prefix[i],
		    strlen(prefix[i])) == 0)
			return 1;
	return is_constant(t);
}

static void
found(struct skr *r, struct df_str t, uint32_t i, int marker)
{
	if (!sk_take(r, 1))
		return;
	if (marker)
		*SK_PUSH(r->markers) = sk_text(r, t, i);
	else
		*SK_PUSH(r->unfilled) = sk_text(r, t, i);
}

/*
 * "No [NEEDS CLARIFICATION] markers": a sentence about them.  Of the line
 * *looked bytes were looked at before; *quantified: what was found there.
 */
static int
is_about(struct df_str line, size_t at, struct df_str in, size_t *looked,
    int *quantified)
{
	line.n = at;
	for (; *looked < at && !*quantified; ++*looked)
		*quantified = sk_begins(line, *looked) &&
		    (df_str_word(sk_skip(line, *looked), "no") ||
		    df_str_word(sk_skip(line, *looked), "all") ||
		    df_str_word(sk_skip(line, *looked), "any"));
	return *quantified && memchr(in.s, ':', in.n) == NULL;
}

static void
scan_line(struct skr *r, uint32_t i)
{
	const struct df_md_line *l = &r->md->line[i];
	struct df_str t = sk_line(l), in;
	struct df_md_kv kv;
	const char *p;
	size_t k, j, looked = 0;
	int any = 0, quantified = 0;

	for (k = 0; k < t.n; k = j) {
		j = k + 1;
		if (t.s[k] == '`') {
			p = memchr(t.s + j, '`', t.n - j);
			/* a value may stand in code: `[###-name]` */
			if (p && !(t.s[j] == '[' && p[-1] == ']'))
				j = (size_t)(p - t.s) + 1;
			else if (p == NULL && memchr(t.s + j, '[', t.n - j) ==
			    NULL)
				return;
			continue;
		}
		if (t.s[k] == '$' && df_str_word(sk_skip(t, k), "$ARGUMENTS"))
			found(r, (struct df_str){ t.s + k, 10 }, i, 0);
		if (t.s[k] != '[')
			continue;
		while (j < t.n && t.s[j] != ']' && t.s[j] != '[')
			j++;
		if (j == t.n || t.s[j] == '[')
			continue;
		in.s = t.s + k + 1;
		in.n = j - k - 1;
		j++;
		if (df_str_word(in, "needs clarification")) {
			if (!is_about(t, k, in, &looked, &quantified)) {
				found(r, (struct df_str){ t.s + k, j - k }, i,
				    1);
				any = 1;
			}
		} else if (!(j < t.n && (t.s[j] == '(' || t.s[j] == '[')) &&
		    is_template(in))
			found(r, (struct df_str){ t.s + k, j - k }, i, 0);
	}
	if (!any && l->kind == DF_MD_TEXT && df_md_kv(t, &kv) && kv.bold &&
	    df_str_word(df_md_bare(kv.value), "NEEDS CLARIFICATION"))
		found(r, t, i, 1);
}

void
sk_scan(struct skr *r)
{
	const struct df_md *md = r->md;
	struct df_str raw;
	const char *p;
	uint32_t i;

	for (i = 0; i < md->lines && !r->full; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind == DF_MD_TEXT || l->kind == DF_MD_HEADING ||
		    l->kind == DF_MD_TABLE)
			scan_line(r, i);
		if (l->kind != DF_MD_COMMENT)
			continue;
		raw.s = md->s + l->off;
		raw.n = l->len;
		p = df_str_find(raw, "ACTION REQUIRED");
		if (p)
			found(r, (struct df_str){ p, 15 }, i, 0);
	}
}
