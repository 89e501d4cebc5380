/*
 * Fuzz the reader of results files.  What it says lies within the file; PASS
 * and PARTIAL are never said of a file that does not hold the words; the same
 * bytes give the same answer, with and without CR before each LF.
 */
#include "base/df.h"

#include "fuzz.h"

#include "base/buf.h"
#include "base/text.h"
#include "spec/results.h"

/* Does s hold the word, in any case of its letters? */
static int
holds(const char *s, size_t n, const char *word)
{
	size_t i, k, len = strlen(word);

	for (i = 0; i + len <= n; i++) {
		for (k = 0; k < len && (s[i + k] | 32) == word[k]; k++)
			;
		if (k == len)
			return 1;
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct df_buf crlf = DF_BUF_INIT;
	const char *s = (const char *)p;
	struct df_results r, again;
	unsigned have, score, k, bits = 0;
	size_t i, lines = 1;

	df_results_read(&r, s, n);
	must(memchr(r.text, '\0', sizeof(r.text)) != NULL);
	must(df_utf8_bad(r.text, strlen(r.text)) == strlen(r.text));
	for (i = 0; i < n; i++) {
		lines += s[i] == '\n' || s[i] == '\r';
		if (s[i] == '\n')
			df_buf_ch(&crlf, '\r');
		df_buf_ch(&crlf, s[i]);
	}
	must(r.line <= lines);
	must(*df_outcome_name(r.outcome));
	must((r.outcome == DF_OUTCOME_UNREADABLE) == (r.why[0] != '\0'));
	if (r.outcome != DF_OUTCOME_UNREADABLE)
		must(r.line > 0 && r.text[0] && holds(s, n, "status"));
	if (r.outcome == DF_OUTCOME_PASS)
		must(holds(r.text, strlen(r.text), "pass") ||
		    holds(r.text, strlen(r.text), "complete") ||
		    strlen(r.text) > 100);
	if (r.outcome == DF_OUTCOME_PARTIAL)
		must(holds(r.text, strlen(r.text), "partial"));
	if (memchr(s, '\r', n) == NULL && crlf.n <= DF_RESULTS_MAX) {
		df_results_read(&again, crlf.s, crlf.n);
		must(again.outcome == r.outcome && again.line == r.line &&
		    strcmp(again.text, r.text) == 0);
	}
	score = df_results_score(s, n, &have);
	for (k = 0; df_results_section[k]; k++)
		bits += have >> k & 1;
	must(have >> k == 0 && bits == score);
	df_buf_release(&crlf);
	return 0;
}
