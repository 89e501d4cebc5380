/*
 * diag.h - findings as they are shown.
 *
 * For people, as compilers do it: "path:line:col: error: text [rule]", then,
 * where it is wanted, the line of the document with a caret, then a hint; as
 * annotations of GitHub Actions; and as SARIF.  All of it but line and rule
 * may be foreign text and is escaped.
 *
 * Each costs as much as the text that it shows, however many findings stand in
 * one line: what lies beyond DF_DIAG_COL_MAX characters of a line is not
 * looked for.
 */
#ifndef DF_SPEC_DIAG_H
#define DF_SPEC_DIAG_H

#include "base/mem.h"
#include "spec/check.h"

#define DF_DIAG_COL_MAX 20000

enum {
	DF_DIAG_COLOUR = 1,	/* escape sequences, line and caret */
	DF_DIAG_SOURCE = 2	/* line and caret */
};

/* How standard error wants it: colour is for terminals that have it, line and
   caret for every terminal, unless -q is given. */
unsigned df_diag_how(void);

/*
 * Append a finding for people.  A long line is shown in part.  The caret is
 * under the place on a terminal that shows wide characters in two cells.
 */
void df_diag_text(struct df_buf *b, const struct df_diag *d, unsigned how);

/*
 * The text that a finding is about, as bytes of d->text: what its column
 * begins, up to the end of a word, of brackets, or, of a heading, a list item
 * or a field, of the line.  Returns 0 when there is none.
 */
int df_diag_token(const struct df_diag *d, size_t *from, size_t *to);

/*
 * Append a finding as a workflow command of GitHub Actions:
 * "::error file=PATH,line=1,col=2,title=RULE::text".  path: what GitHub finds
 * the file by, relative to the repository.  No text can begin a command of
 * its own.
 */
void df_diag_github(struct df_buf *b, const struct df_diag *d,
	const char *path);

/*
 * A SARIF 2.1.0 document (OASIS, errata 01) of one run, one line of canonical
 * JSON.  Only rules that spoke are described in it.
 *
 *	struct df_sarif s;
 *
 *	df_sarif_init(&s);
 *	df_sarif_add(&s, d, "d8_no_dependency_cycles", "spec/D8_TASKS.md");
 *	df_sarif_end(&s, b);		// appends it to b, and releases s
 *
 * A path that does not begin with "/" is relative to %SRCROOT%.  Of a finding
 * without a line the place is line 1, because consumers want one.  A line is
 * quoted when it is short and not of D9.  The fingerprint "df/v1" is made of
 * rule, document, item and message, so it stays when lines move; of equal ones
 * in a file each has a number.
 */
struct df_sarif {
	struct df_buf results, rules, notes;
	struct df_map rule, seen;
	struct df_arena arena;
	size_t n, nrules;
	int failed;		/* something could not be checked: set it */
};

void df_sarif_init(struct df_sarif *s);
/* check: the name of the rule's check, or NULL when it has none. */
void df_sarif_add(struct df_sarif *s, const struct df_diag *d,
	const char *check, const char *path);
/* What is to be said of the run itself. */
void df_sarif_note(struct df_sarif *s, const char *msg);
void df_sarif_end(struct df_sarif *s, struct df_buf *b);

#endif
