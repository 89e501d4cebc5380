/*
 * The status of results files: the forms that builders write, what must never
 * count as PASS, and every real file of the corpus.
 */
#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "spec/results.h"
#include "tap.h"

static struct df_results r;

/* What the test is called: the text on one line. */
static const char *
shown(const char *s)
{
	static char b[256];
	char *p;

	snprintf(b, sizeof(b), "%s", s);
	while ((p = strchr(b, '\n')) != NULL)
		*p = '/';
	return b;
}

static void
reads(const char *s, enum df_outcome want)
{
	df_results_read(&r, s, strlen(s));
	ok(r.outcome == want && (*r.why != '\0') ==
	    (want == DF_OUTCOME_UNREADABLE), "%s: %s", df_outcome_name(want),
	    shown(s));
	if (r.outcome != want)
		printf("# got %s (%s)\n", df_outcome_name(r.outcome), r.why);
}

static void
forms(void)
{
	reads("# Results\n## Status: PASS\n", DF_OUTCOME_PASS);
	reads("## Status: PASS (with pre-existing failures)\n",
	    DF_OUTCOME_PASS);
	reads("**Status**: PASS 28/28\n", DF_OUTCOME_PASS);
	reads("**Status:** COMPLETE\n", DF_OUTCOME_PASS);
	reads("**Status:** `COMPLETED`\n", DF_OUTCOME_PASS);
	reads("**Status**: ALL CHECKS PASS (13/13)\n", DF_OUTCOME_PASS);
	reads("- Status: PASS\n", DF_OUTCOME_PASS);
	reads("- **Status**: passed\n", DF_OUTCOME_PASS);
	reads("Status: PASS", DF_OUTCOME_PASS);
	reads("Status: PASS\r\nmore\r\n", DF_OUTCOME_PASS);
	reads("## Status\nPASS\n", DF_OUTCOME_PASS);
	reads("## Status\n\n<!-- so -->\n\n**PASS**\n", DF_OUTCOME_PASS);
	reads("Status: FAIL\n", DF_OUTCOME_FAIL);
	reads("status: failed, two tests\n", DF_OUTCOME_FAIL);
	reads("## Status: PARTIAL\n", DF_OUTCOME_PARTIAL);
	reads("## Status: PARTIAL (would PASS)\n", DF_OUTCOME_PARTIAL);
	reads("## Status: FAIL\n## Status: PASS\n", DF_OUTCOME_FAIL);
	reads("## Test status: FAIL\n## Status: PASS\n", DF_OUTCOME_PASS);
}

static void
unreadable(void)
{
	static const char nul[] = "Status: PASS\0\n";
	static const char bad[] = "Status: PASS \xff";
	static const char *const s[] = {
		"", "\n", "PASS\n", "All tests PASS.\n", "Status\nPASS\n",
		"## Status\n", "## Status\n## PASS\n", "Status:\n",
		"## Status: PASS | FAIL | PARTIAL\n", "Status: PASS/FAIL\n",
		"Status: [PASS|FAIL]\n", "Status: PASSING\n",
		"Status: INCOMPLETE\n", "Status: not PASS\n",
		"Status: NOT ALL PASS\n", "Status: ALL PASS but FAILED one\n",
		"Status: ALL CHECKS NOT PASS\n", "Status: done\n",
		"Status: ALL BYPASS\n",
		"```\nStatus: PASS\n```\n", "~~~\nStatus: PASS\n",
		"<!-- Status: PASS -->\n", "<!--\nStatus: PASS\n",
		"## Status\n```\nPASS\n```\n", "| Status: PASS |\n"
	};
	size_t i;

	for (i = 0; i < DF_LEN(s); i++)
		reads(s[i], DF_OUTCOME_UNREADABLE);
	df_results_read(&r, nul, sizeof(nul) - 1);
	ok(r.outcome == DF_OUTCOME_UNREADABLE, "a NUL is no text");
	df_results_read(&r, bad, sizeof(bad) - 1);
	ok(r.outcome == DF_OUTCOME_UNREADABLE, "nor is a byte 0xff");
}

static void
details(void)
{
	static const char text[] = "## Status: PASS\n**Issues**: none\n"
	    "```\n## Session Log\n```\n### 3. Notes for Reviewer\n";
	char big[512];
	unsigned have;

	reads("a\n\n## Status\n\n> b\nPASS\n", DF_OUTCOME_UNREADABLE);
	is_int(r.line, 5, "the line of the value, not of the key");
	is_str(r.text, "> b", "the value as it stands");
	memset(big, 'x', sizeof(big));
	memcpy(big, "Status: ", 8);
	big[8 + 158] = '\xc3';
	big[8 + 159] = '\xa4';
	df_results_read(&r, big, sizeof(big));
	is_int((long long)strlen(r.text), 158, "cut before a character");

	is_int(df_results_score(text, sizeof(text) - 1, &have), 3,
	    "sections that are there");
	is_int(have, 1 << 0 | 1 << 8 | 1 << 9, "and which");
}

/*
 * What each real file says, found by reading them: PASS, but for three that
 * say PARTIAL and four that have no status line at all.
 */
static const struct {
	const char *name;
	enum df_outcome is;
} real[] = {
	{ "BF_FMWK-001-ledger.md", DF_OUTCOME_PASS },
	{ "BF_FMWK-002-write-path.md", DF_OUTCOME_PASS },
	{ "BF_FMWK-900-sawmill-smoke.md", DF_OUTCOME_PASS },
	{ "RESULTS_FMWK008A.md", DF_OUTCOME_UNREADABLE },
	{ "RESULTS_FMWK009.md", DF_OUTCOME_UNREADABLE },
	{ "RESULTS_FMWK010.md", DF_OUTCOME_PASS },
	{ "RESULTS_FMWK011.md", DF_OUTCOME_UNREADABLE },
	{ "RESULTS_FOLLOWUP_18C.md", DF_OUTCOME_PASS },
	{ "RESULTS_HANDOFF_10.md", DF_OUTCOME_PARTIAL },
	{ "RESULTS_HANDOFF_11.md", DF_OUTCOME_PARTIAL },
	{ "RESULTS_HANDOFF_12.md", DF_OUTCOME_PARTIAL },
	{ "RESULTS_HANDOFF_31E2.md", DF_OUTCOME_UNREADABLE }
};
#define REAL 56

static void
corpus(void)
{
	const char *path = tap_corpus("results");
	DIR *d = path ? opendir(path) : NULL;
	const struct dirent *e;
	struct df_buf b = DF_BUF_INIT;
	enum df_outcome want;
	struct df_err err;
	size_t i, k, n = 0, named = 0;

	if (d == NULL) {
		printf("# no corpus: its results are not read\n");
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		df_buf_reset(&b);
		if (df_read_file(dirfd(d), e->d_name, &b, DF_RESULTS_MAX,
		    &err) == -1)
			continue;
		want = DF_OUTCOME_PASS;
		for (i = 0; i < DF_LEN(real); i++)
			if (strcmp(real[i].name, e->d_name) == 0) {
				want = real[i].is;
				named++;
			}
		df_results_read(&r, b.s, b.n);
		n++;
		/* the line that was taken says so itself */
		for (i = 0, k = 1; i < b.n && k < r.line; i++)
			k += b.s[i] == '\n';
		ok(r.outcome == want && (want == DF_OUTCOME_UNREADABLE ?
		    r.line == 0 : r.line && strstr(b.s + i, r.text) <
		    b.s + i + strcspn(b.s + i, "\n")), "%s: %s", e->d_name,
		    df_outcome_name(want));
		if (r.outcome != want)
			printf("# got %s \"%s\" (%s)\n",
			    df_outcome_name(r.outcome), r.text, r.why);
	}
	closedir(d);
	df_buf_release(&b);
	is_int(n, REAL, "real files");
	is_int(named, DF_LEN(real), "each that is named is there");
}

int
main(void)
{
	forms();
	unreadable();
	details();
	corpus();
	return tap_done();
}
